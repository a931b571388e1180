"""Blueprint arrays of flexible training: step-outs, returns, supported return, less than full time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.clock import MONTHS_PER_YEAR
from pipeline_sim.scenario.arrays import cumulative, grouped, index_of, percent, threshold
from pipeline_sim.scenario.blueprint import STEP_OUT_RULES, THRESHOLD_ONE, Ints
from pipeline_sim.scenario.context import Context
from pipeline_sim.scenario.schema_flexible import COUNTS, FUNDING, POST_WHILE_AWAY, RETURN_RULES, SEXES

YOUNGEST = 0
UNKNOWN_REASON = (0.0, 1, 0)  # share, accepted, always granted


def flexible_fields(context: Context) -> dict[str, Any]:
    """Every field of the blueprint that flexible training adds."""
    return {
        **_step_outs(context),
        **_returns(context),
        **_hours(context),
        "posts_shared": _posts_shared(context),
    }


def _step_outs(context: Context) -> dict[str, Any]:
    table = context.tables.get("step_outs")
    kinds = index_of(dict.fromkeys(table["step_out"])) if table else {}
    lengths = grouped(context.tables["step_out_lengths"], "step_out", "months", "share", "returns",
                      "extension") if kinds else {}  # fmt: skip
    width = max((len(lengths[kind]) for kind in kinds), default=1)
    of_kind = np.zeros((len(kinds), width, 4), np.int64)
    for kind, k in kinds.items():
        rows = sorted(lengths[kind])
        ends = cumulative([share for _, share, _, _ in rows])
        for n in range(width):
            months, _, returns, extension = rows[min(n, len(rows) - 1)]
            reached = int(ends[n]) if n < len(rows) else THRESHOLD_ONE
            of_kind[k, n] = months, reached, threshold(returns), threshold(extension)
    titles = dict(sorted(table.rows("step_out", "title"), key=lambda row: kinds[row[0]])) if table else {}
    ages, rates = _yearly(context, kinds)
    rules = _rules_of_kinds(context, kinds)
    mean_years = np.array([
        sum(months * share for months, share, _, _ in lengths[kind]) / MONTHS_PER_YEAR for kind in kinds
    ])  # fmt: skip
    return {
        "step_outs": tuple(kinds),
        "step_out_titles": tuple(titles.values()),
        "step_out_rules": rules,
        "step_out_lengths": of_kind,
        "step_out_ages": ages,
        "step_out_yearly": _running_sums(rates),
        "step_out_stock": _running_sums(_away_at_start(rates[0] * mean_years)),
        "post_cover": _post_cover(context, kinds, rules),
    }


def _rules_of_kinds(context: Context, kinds: dict[Any, int]) -> Ints:
    """[Y, K, len(STEP_OUT_RULES)]."""
    rules = np.zeros((context.years.count, len(kinds), len(STEP_OUT_RULES)), np.int64)
    for span, (kind,), cells in context.years.dated(
        context.tables.get("step_outs"), "counts", "credit_rate", "credit_cap_months", "no_credit_share",
        "allowance_months", "post", "return_rule", "min_months", "final_year", "satisfactory",
        "notice_months", "ltft_multiplier",
    ):  # fmt: skip
        counts, rate, cap, nothing, allowance, post, claim, least, final, satisfactory, notice, hours = cells
        rules[span, kinds[kind]] = (
            COUNTS.index(counts), percent(rate), percent(cap), threshold(nothing), percent(allowance),
            POST_WHILE_AWAY.index(post), RETURN_RULES.index(claim), least, final, satisfactory, notice,
            percent(hours),
        )  # fmt: skip
    return rules


def _yearly(context: Context, kinds: dict[Any, int]) -> tuple[Ints, NDArray[np.float64]]:
    """(first ages of bands, [Y, P, sex, band, kind] yearly probabilities)."""
    bands = context.tables.get("step_out_ages")
    ages = sorted({YOUNGEST, *(bands["age_from"] if bands else ())})
    effect = np.ones((len(kinds), len(ages)))
    for kind, age, multiplier in sorted(bands.rows("step_out", "age_from", "multiplier") if bands else ()):
        effect[kinds[kind], ages.index(age) :] = multiplier
    families = context.tables["programmes"]["family"]
    rates = np.zeros((context.years.count, len(families), len(SEXES), len(kinds)))
    for span, (kind, family), of_sex in context.years.dated(context.tables.get("step_out_rates"), *SEXES):
        for p in _programmes_of(family, families):
            rates[span, p, :, kinds[kind]] = of_sex
    rates[:, 0] = 0  # foundation doctors do not step out
    return np.array(ages, np.int64), np.minimum(rates[:, :, :, None, :] * effect.T[None, None, None], 1.0)


def _post_cover(context: Context, kinds: dict[Any, int], rules: Ints) -> Ints:
    """[Y, K] thresholds; a post that is freed is not covered."""
    cover = np.zeros((context.years.count, len(kinds)), np.int64)
    for span, (kind,), (share,) in context.years.dated(context.tables.get("post_cover"), "cover"):
        cover[span, kinds[kind]] = threshold(share)
    held: Ints = rules[..., STEP_OUT_RULES.index("held")]
    return cover * held


def _away_at_start(for_each_in_post: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part of trainees who are away by each kind, from how many are away for each one in post.

    Each kind is taken by itself, since the gates of others may be shut for a trainee.
    """
    return for_each_in_post / (1 + for_each_in_post)


def _running_sums(probabilities: NDArray[np.float64]) -> Ints:
    """Cumulative thresholds along the last axis; what adds to more than 1 is cut in proportion."""
    sums = np.cumsum(probabilities, axis=-1)
    sums /= np.maximum(sums[..., -1:], 1.0)
    return np.rint(sums * THRESHOLD_ONE).astype(np.int64)


def _returns(context: Context) -> dict[str, Any]:
    gaps = context.tables.get("return_gaps")
    rules = np.zeros((context.years.count, 8), np.int64)
    for span, _, (least, uptake, months, weeks, cap, uplift, effect, load) in context.years.dated(
        context.tables.get("return_support"), "min_months", "uptake", "months", "weeks_a_year", "weeks_cap",
        "return_uplift", "extra_time_effect", "supervision",
    ):  # fmt: skip
        rules[span] = (
            least, threshold(uptake), months, weeks, cap, threshold(uplift), percent(effect), percent(load),
        )  # fmt: skip
    in_order = sorted(gaps.rows("months_from", "extra_months", "restart")) if gaps else []
    return {
        "return_gaps": np.array(in_order, np.int64).reshape(-1, 3),
        "return_support": rules,
        "support_places": context.yearly("support_places", "places", context.regions),
    }


def _hours(context: Context) -> dict[str, Any]:
    rules = np.zeros((context.years.count, 3), np.int64)
    rules[:, 0] = 100
    for span, _, (capacity, persists, boost) in context.years.dated(
        context.tables.get("ltft_rules"), "capacity", "persists", "boost_months"
    ):
        rules[span] = percent(capacity), threshold(persists), boost
    return {
        "ltft_asked": "ltft_requests" in context.tables,
        "ltft_requests": _requests(context),
        "ltft_reasons": _reasons(context),
        "ltft_rules": rules,
    }


def _requests(context: Context) -> Ints:
    """[Y, L, sex, 4] thresholds of starting part-time, asking, going back and changing.

    In a year the row of the highest order not above a level's holds; its programme multiplies the first two.
    """
    tables, years = context.tables, context.years
    families = dict(tables["programmes"].rows("programme", "family"))
    order_of = dict(zip(tables["levels"].keys, tables["levels"]["order"], strict=True))
    columns = (*(f"{when}_{sex}" for when in ("start", "ask") for sex in SEXES), "back", "change")
    chances = np.zeros((years.count, len(context.levels), len(columns)))
    for y, rows in enumerate(years.in_force(tables.get("ltft_requests"), *columns)):
        for (family, first), cells in sorted(rows.items(), key=lambda row: row[0][1]):
            here = [families[level[0]] == family and order_of[level] >= first for level in context.levels]
            chances[y, here] = cells
    times = np.ones((years.count, len(context.programmes)))
    for since, (programme,), multiplier in years.dated(tables.get("ltft_programmes"), "multiplier"):
        times[since, context.programmes[programme]] = multiplier
    of_level = times[:, [context.programmes[programme] for programme, _ in context.levels]]
    chances[..., : 2 * len(SEXES)] *= of_level[..., None]
    of_sex = [[s, len(SEXES) + s, -2, -1] for s in range(len(SEXES))]
    return np.rint(np.minimum(chances[..., of_sex], 1.0) * THRESHOLD_ONE).astype(np.int64)


def _reasons(context: Context) -> Ints:
    """[Y, P, reason, 3] cumulative share, whether accepted, whether always granted."""
    families = context.tables["programmes"]["family"]
    table = context.tables.get("ltft_reasons")
    names = index_of(dict.fromkeys(table["reason"])) if table else {}
    reasons = np.zeros((context.years.count, len(families), len(names), 3), np.int64)
    for y, rows in enumerate(context.years.in_force(table, "share", "open", "always")):
        for p, family in enumerate(families):
            own = [rows.get((name, family), UNKNOWN_REASON) for name in names]
            if names and not any(share for share, _, _ in own):
                own[0] = (1.0, *own[0][1:])
            shares, is_open, always = zip(*own, strict=True) if own else ((), (), ())
            reasons[y, p] = np.stack([cumulative(shares), is_open, always], axis=-1)
    return reasons


def _posts_shared(context: Context) -> Ints:
    """[Y, P] 1 where posts are funded by WTE."""
    families = context.tables["programmes"]["family"]
    shared = np.zeros((context.years.count, len(families)), np.int64)
    for span, (family,), (funding,) in context.years.dated(context.tables.get("post_funding"), "funding"):
        shared[span, _programmes_of(family, families)] = FUNDING.index(funding)
    return shared


def _programmes_of(family: str, families: Sequence[str]) -> list[int]:
    return [p for p, of_programme in enumerate(families) if of_programme == family]


def share_by_sex(context: Context, shares: Any) -> Ints:
    """[P, sex] thresholds of training less than full time at the start.

    The shares are of all; where requests are modelled, women and men differ as they do on starting.
    """
    table = context.tables.get("ltft_requests")
    families = context.tables["programmes"]["family"]
    women = context.tables["routes"]["female_share"][0]
    first_year = context.years.in_force(table, "start_male", "start_female")[0]
    asks = {family: of_sex for (family, order_from), of_sex in first_year.items() if order_from == 1}
    result = np.zeros((len(families), len(SEXES)), np.int64)
    for p, (family, share) in enumerate(zip(families, shares, strict=True)):
        of_sex = asks.get(family, (1.0, 1.0))
        mean = (1 - women) * of_sex[0] + women * of_sex[1] or 1.0
        result[p] = [threshold(min(1.0, share * (one / mean if sum(of_sex) else 1.0))) for one in of_sex]
    return result
