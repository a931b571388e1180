"""Blueprint arrays of flexible training: step-outs, returns, supported return, less than full time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.clock import MONTHS_PER_YEAR
from pipeline_sim.scenario.arrays import Years, cumulative, grouped, hundredths, index_of, percent, threshold
from pipeline_sim.scenario.blueprint import STEP_OUT_RULES, THRESHOLD_ONE, Ints
from pipeline_sim.scenario.schema_flexible import COUNTS, FUNDING, POST_WHILE_AWAY, RETURN_RULES, SEXES
from pipeline_sim.scenario.table import Table

if TYPE_CHECKING:
    from pipeline_sim.scenario.build import Context

YOUNGEST = 0


def flexible_fields(context: Context) -> dict[str, Any]:
    """Every field of the blueprint that flexible training adds."""
    return {
        **_step_outs(context),
        **_returns(context),
        **_hours(context),
        "posts_shared": _posts_shared(context),
    }


def _rows_by_year(years: Years, table: Table | None) -> list[list[dict[str, Any]]]:
    """For each training year the rows in force, as dictionaries."""
    if table is None:
        return [[] for _ in range(years.count)]
    names = [column.name for column in table.spec.own_columns]
    at = names.index("year")
    keys = [names.index(column.name) for column in table.spec.keys if column.name != "year"]
    rows = sorted(table.rows(*names), key=lambda row: row[at])
    in_force = []
    for y in range(years.count):
        latest = {tuple(row[k] for k in keys): row for row in rows if row[at] <= years.first + y}
        in_force.append([dict(zip(names, row, strict=True)) for row in latest.values()])
    return in_force


def _step_outs(context: Context) -> dict[str, Any]:
    table = context.tables.get("step_outs")
    kinds = index_of(table["step_out"]) if table else {}
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
    ages, rates = _yearly(context, kinds)
    mean_years = np.array([
        sum(months * share for months, share, _, _ in lengths[kind]) / MONTHS_PER_YEAR for kind in kinds
    ])  # fmt: skip
    return {
        "step_outs": tuple(kinds),
        "step_out_titles": tuple(table["title"]) if table else (),
        "step_out_rules": _rules_of_kinds(table),
        "step_out_lengths": of_kind,
        "step_out_ages": ages,
        "step_out_yearly": _running_sums(rates),
        "step_out_stock": _running_sums(_away_at_start(rates[0] * mean_years)),
    }


def _rules_of_kinds(table: Table | None) -> Ints:
    """[K, len(STEP_OUT_RULES)]."""
    if table is None:
        return np.zeros((0, len(STEP_OUT_RULES)), np.int64)
    columns = (
        [COUNTS.index(word) for word in table["counts"]],
        hundredths(table["credit_rate"]),
        hundredths(table["credit_cap_months"]),
        [threshold(share) for share in table["no_credit_share"]],
        hundredths(table["allowance_months"]),
        [POST_WHILE_AWAY.index(word) for word in table["post"]],
        [RETURN_RULES.index(word) for word in table["return_rule"]],
        table["min_months"],
        table["final_year"],
        table["satisfactory"],
        table["notice_months"],
        hundredths(table["ltft_multiplier"]),
    )
    return np.array(columns, np.int64).T.copy()


def _yearly(context: Context, kinds: dict[Any, int]) -> tuple[Ints, NDArray[np.float64]]:
    """(first ages of bands, [Y, P, sex, band, kind] yearly probabilities)."""
    bands = context.tables.get("step_out_ages")
    ages = sorted({YOUNGEST, *(bands["age_from"] if bands else ())})
    effect = np.ones((len(kinds), len(ages)))
    for kind, age, multiplier in sorted(bands.rows("step_out", "age_from", "multiplier") if bands else ()):
        effect[kinds[kind], ages.index(age) :] = multiplier
    families = context.tables["programmes"]["family"]
    rates = np.zeros((context.years.count, len(families), len(SEXES), len(kinds)))
    for y, rows in enumerate(_rows_by_year(context.years, context.tables.get("step_out_rates"))):
        for row in rows:
            of_family = [p for p, family in enumerate(families) if family == row["family"]]
            for s, sex in enumerate(SEXES):
                rates[y, of_family, s, kinds[row["step_out"]]] = row[sex]
    rates[:, 0] = 0  # foundation doctors do not step out
    return np.array(ages, np.int64), np.minimum(rates[:, :, :, None, :] * effect.T[None, None, None], 1.0)


def _away_at_start(for_each_in_post: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part of trainees who are away by each kind, from how many are away for each one in post.

    Each kind is taken by itself, since the gates of others may be shut for a trainee.
    """
    return for_each_in_post / (1 + for_each_in_post)


def _running_sums(probabilities: NDArray[np.float64]) -> Ints:
    """Cumulative thresholds along the last axis."""
    sums = np.minimum(np.cumsum(probabilities, axis=-1), 1.0)
    return np.rint(sums * THRESHOLD_ONE).astype(np.int64)


def _returns(context: Context) -> dict[str, Any]:
    gaps = context.tables.get("return_gaps")
    support = context.tables.get("return_support")
    rules = np.zeros((context.years.count, 8), np.int64)
    for y, rows in enumerate(_rows_by_year(context.years, support)):
        for row in rows:
            rules[y] = (
                row["min_months"], threshold(row["uptake"]), row["months"], row["weeks_a_year"],
                row["weeks_cap"], threshold(row["return_uplift"]), percent(row["extra_time_effect"]),
                percent(row["supervision"]),
            )  # fmt: skip
    in_order = sorted(gaps.rows("months_from", "extra_months", "restart")) if gaps else []
    return {
        "return_gaps": np.array(in_order, np.int64).reshape(-1, 3),
        "return_support": rules,
        "support_places": context.yearly("support_places", "places", context.regions),
    }


def _hours(context: Context) -> dict[str, Any]:
    families = context.tables["programmes"]["family"]
    levels = context.tables["levels"]
    order_of = dict(zip(levels.keys, levels["order"], strict=True))
    programmes = {name: p for p, name in enumerate(context.programmes)}
    requests = np.zeros((context.years.count, len(context.levels), 2, 4), np.int64)
    for y, rows in enumerate(_rows_by_year(context.years, context.tables.get("ltft_requests"))):
        for row in sorted(rows, key=lambda row: row["order_from"]):
            for key, at in context.levels.items():
                if families[programmes[key[0]]] != row["family"] or order_of[key] < row["order_from"]:
                    continue
                for s, sex in enumerate(SEXES):
                    numbers = (row[f"start_{sex}"], row[f"ask_{sex}"], row["back"], row["change"])
                    requests[y, at, s] = [threshold(number) for number in numbers]
    reasons = context.tables.get("ltft_reasons")
    names = index_of(dict.fromkeys(reasons["reason"])) if reasons else {}
    accepted = np.zeros((context.years.count, len(families), len(names), 3), np.int64)
    for y, rows in enumerate(_rows_by_year(context.years, reasons)):
        for p, family in enumerate(families):
            own = {row["reason"]: row for row in rows if row["family"] == family}
            shares = [own[name]["share"] if name in own else 0.0 for name in names]
            if not any(shares):
                shares = [1.0, *[0.0] * (len(names) - 1)][: len(names)]
            accepted[y, p, :, 0] = cumulative(shares)
            for n, name in enumerate(names):
                accepted[y, p, n, 1] = own[name]["open"] if name in own else 1
                accepted[y, p, n, 2] = own[name]["always"] if name in own else 0
    rules = np.zeros((context.years.count, 3), np.int64)
    rules[:, 0] = 100
    for y, rows in enumerate(_rows_by_year(context.years, context.tables.get("ltft_rules"))):
        for row in rows:
            rules[y] = percent(row["capacity"]), threshold(row["persists"]), row["boost_months"]
    return {
        "ltft_asked": "ltft_requests" in context.tables,
        "ltft_requests": requests,
        "ltft_reasons": accepted,
        "ltft_rules": rules,
    }


def _posts_shared(context: Context) -> Ints:
    """[Y, P] 1 where posts are funded by WTE."""
    families = context.tables["programmes"]["family"]
    shared = np.zeros((context.years.count, len(families)), np.int64)
    for y, rows in enumerate(_rows_by_year(context.years, context.tables.get("post_funding"))):
        funding = {row["family"]: FUNDING.index(row["funding"]) for row in rows}
        shared[y] = [funding.get(family, 0) for family in families]
    return shared


def share_by_sex(context: Context, shares: Any) -> Ints:
    """[P, sex] thresholds of training less than full time at the start.

    The shares are of all; where requests are modelled, women and men differ as they do on starting.
    """
    table = context.tables.get("ltft_requests")
    families = context.tables["programmes"]["family"]
    women = context.tables["routes"]["female_share"][0]
    asks = {row["family"]: (row["start_male"], row["start_female"])
            for row in _rows_by_year(context.years, table)[0] if row["order_from"] == 1}  # fmt: skip
    result = np.zeros((len(families), len(SEXES)), np.int64)
    for p, (family, share) in enumerate(zip(families, shares, strict=True)):
        of_sex = asks.get(family, (1.0, 1.0))
        mean = (1 - women) * of_sex[0] + women * of_sex[1] or 1.0
        result[p] = [threshold(min(1.0, share * (one / mean if sum(of_sex) else 1.0))) for one in of_sex]
    return result
