"""Flexible training of the England base: kinds of step-out, who goes, who returns, part-time training.

Rules of each kind are published; how many go and come back rests on judged shares of trainees away, which
are marked as assumptions. The starting stock is raised so that those in post are as many as before.
"""

from __future__ import annotations

from functools import cache

from .derive_common import REGIONS, Row, apportion, figures, table, value, write

YEAR = 2025
#: Family -> item of the published entry rate out of programme; others take the mean of two.
ENTRY_RATE_OF = {
    "general_practice": "GP", "medicine": "higher_medicine", "surgery": "surgery", "psychiatry": "psychiatry",
    "anaesthetics": "anaesthetics", "emergency_medicine": "emergency_medicine", "paediatrics": "paediatrics",
    "diagnostics": "radiology",
}  # fmt: skip
OTHER_ENTRY_RATE = 0.05
#: months: (share, comes back, a review extends training)
LENGTHS: dict[str, dict[int, tuple[float, float, float]]] = {
    "oopt": {6: (0.2, 0.99, 0), 12: (0.7, 0.99, 0), 24: (0.1, 0.98, 0)},
    "oopr": {12: (0.05, 0.98, 0), 24: (0.2, 0.97, 0), 36: (0.65, 0.97, 0), 48: (0.1, 0.94, 0)},
    "oope": {12: (0.85, 0.93, 0), 24: (0.15, 0.9, 0)},
    "oopc": {12: (0.6, 0.88, 0), 24: (0.4, 0.8, 0)},
    "oopp": {6: (0.2, 0.95, 0), 12: (0.8, 0.93, 0)},
    "parental_leave": {6: (0.1, 0.99, 0.9), 9: (0.2, 0.99, 0.9), 11: (0.4, 0.98, 0.9), 12: (0.3, 0.98, 0.9)},
    "sickness": {1: (0.35, 0.99, 0.4), 3: (0.3, 0.97, 0.9), 6: (0.2, 0.92, 0.9), 12: (0.15, 0.85, 0.9)},
}
TITLES = {
    "oopt": "Out of programme for training", "oopr": "Out of programme for research",
    "oope": "Out of programme for experience", "oopc": "Out of programme for a career break",
    "oopp": "Out of programme pause", "parental_leave": "Parental leave", "sickness": "Sickness absence",
}  # fmt: skip
OOP = ("oopt", "oopr", "oope", "oopc", "oopp")
#: kind: counts, credit rate, credit cap, chance that nothing is found to count
CREDIT = {
    "oopt": ("prospective", 1.0, 12, 0.0), "oopr": ("prospective", 0.15, 6, 0.0),
    "oope": ("none", 0.0, 0, 0.0), "oopc": ("none", 0.0, 0, 0.0), "oopp": ("assessed", 0.5, 6, 1 / 3),
}  # fmt: skip
PARENTAL_AGES = {18: 0.3, 28: 0.8, 32: 1.47, 36: 0.8, 40: 0.3, 44: 0.05}
LONG_PATERNITY = 0.1  # of fathers take three months or more
#: reason: share of requests, always granted
REASONS = {"caring_or_health": (0.5, 1), "unique_opportunity": (0.1, 1), "any_other": (0.4, 0)}
CHANGE_OF_HOURS = 0.1


def families() -> list[str]:
    """Families of programmes that train specialists, in table order."""
    names = dict.fromkeys(r["family"] for r in table("programmes") if r["kind"] != "workforce_only")
    return [name for name in names if name != "foundation"]


def mean_months(kind: str) -> float:
    return sum(months * share for months, (share, _, _) in LENGTHS[kind].items())


def yearly_rate(kind: str, family: str, sex: str) -> float:
    """Step-outs of a kind a year, a trainee of a family and sex."""
    if kind == "parental_leave":
        rate = value("flexible", "parental_leave_yearly", sex)
        return rate if sex == "female" else rate * LONG_PATERNITY
    if kind == "sickness":
        return value("flexible", "prevalence", "long_term_sick") * 12 / mean_months(kind)
    away = value("flexible", "prevalence", kind.upper())
    return away * 12 / mean_months(kind) * entry_rate(family) / mean_entry_rate() / may_go(family)


def entry_rate(family: str) -> float:
    """Time out of programme of any kind a year: says how families differ, not how many go in all."""
    item = ENTRY_RATE_OF.get(family)
    return value("flexible", "oop_entry_rate", item) if item else OTHER_ENTRY_RATE


@cache
def mean_entry_rate() -> float:
    """Over the trainees of all families."""
    heads = dict.fromkeys(families(), 0)
    for r in table("trainee_stock"):
        if (family := programme_family()[r["programme"]]) in heads:
            heads[family] += int(r["trainees"])
    return sum(n * entry_rate(family) for family, n in heads.items()) / sum(heads.values())


@cache
def may_go(family: str) -> float:
    """Part of a family's trainees who are in neither their first nor their last level."""
    levels = [r for r in table("levels") if programme_family()[r["programme"]] == family]
    last = {
        r["programme"]: max(int(x["order"]) for x in levels if x["programme"] == r["programme"])
        for r in levels
    }
    between = {(r["programme"], r["level"]) for r in levels if 1 < int(r["order"]) < last[r["programme"]]}
    heads = [
        (r, int(r["trainees"]))
        for r in table("trainee_stock")
        if programme_family()[r["programme"]] == family
    ]
    return sum(n for r, n in heads if (r["programme"], r["level"]) in between) / sum(n for _, n in heads)


@cache
def share_of_women() -> float:
    """Among the trainees of the starting stock, as the engine draws their sex."""
    return float(table("routes")[0]["female_share"])


def programme_family() -> dict[str, str]:
    return {r["programme"]: r["family"] for r in table("programmes")}


def away_share(family: str, first: bool, last: bool) -> float:
    """Part of the trainees of a level who are away, as the engine will draw it at the start."""
    kinds = [kind for kind in LENGTHS if not (kind in OOP and (first or last))]
    share, women = 0.0, share_of_women()
    for sex, part in (("female", women), ("male", 1 - women)):
        for_each_in_post = [yearly_rate(kind, family, sex) * mean_months(kind) / 12 for kind in kinds]
        share += part * sum(x / (1 + x) for x in for_each_in_post)
    return share


def raise_stock() -> None:
    """``trainee_stock.csv`` with those away added to those in post."""
    levels = {(r["programme"], r["level"]): int(r["order"]) for r in table("levels")}
    last = {p: max(order for (q, _), order in levels.items() if q == p) for p, _ in levels}
    family = programme_family()
    rows: list[list[object]] = []
    stock = list(table("trainee_stock"))
    for (programme, level), order in levels.items():
        own = {r["region"]: r for r in stock if (r["programme"], r["level"]) == (programme, level)}
        if not own:
            continue
        counts = {k: int(r["trainees"]) for k, r in own.items()}
        in_post = sum(counts.values())
        if programme != "foundation" and in_post:
            away = away_share(family[programme], order == 1, order == last[programme])
            total = round(in_post / (1 - away))
            counts = apportion(total, {k: max(n, 1e-9) for k, n in counts.items()})
        for k, r in own.items():
            note = r["note"] + (
                "" if programme == "foundation" else "; with those out of programme or on leave"
            )
            rows.append([programme, level, k, counts[k], r["source"], r["status"], r["low"], r["high"], note])
    write("trainee_stock", ["programme", "level", "region", "trainees"], rows)


def write_step_outs() -> None:
    rules, gates = "time_out_of_programme_hee_2024", "oop_guidance_hee_east_2014"
    rows: list[list[object]] = []
    months_before = int(value("flexible", "min_months_in_programme_before", "all"))
    notice = int(value("flexible", "notice_months", "all"))
    for kind in LENGTHS:
        if kind in OOP:
            counts, rate, cap, nothing = CREDIT[kind]
            final = int(value("flexible", "final_year_allowed", "all"))
            row = [counts, rate, cap, nothing, 0, "freed", "guaranteed", months_before, final,
                   int(kind == "oopp"), notice, 1]  # fmt: skip
            note = f"gates as in {gates}; the number is kept; how much counts is judged"
            rows.append([kind, YEAR, TITLES[kind], *row, rules, "assumption", "", "", note])
        else:
            boost = 2 if kind == "parental_leave" else 1
            row = ["reviewed", 0, 0, 0, 0.46, "freed", "guaranteed", 0, 1, 0, 0, boost]
            note = "14 days a year pass without review; beyond that a review may add the time"
            rows.append(
                [kind, YEAR, TITLES[kind], *row, "gmc_time_out_of_training_2012", "assumption", "", "", note]
            )
    columns = (
        "step_out year title counts credit_rate credit_cap_months no_credit_share allowance_months post "
        "return_rule min_months final_year satisfactory notice_months ltft_multiplier"
    ).split()
    write("step_outs", columns, rows)
    write(
        "step_out_lengths", ["step_out", "months", "share", "returns", "extension"],
        [[kind, months, *numbers, "model_judgement", "assumption"]
         for kind, lengths in LENGTHS.items() for months, numbers in lengths.items()],
    )  # fmt: skip
    write(
        "step_out_rates", ["step_out", "family", "year", "female", "male"],
        [[kind, family, YEAR, *(round(yearly_rate(kind, family, sex), 5) for sex in ("female", "male")),
          "model_judgement", "assumption"] for kind in LENGTHS for family in families()],
    )  # fmt: skip
    write(
        "step_out_ages", ["step_out", "age_from", "multiplier"],
        [["parental_leave", age, effect, "model_judgement", "assumption", "", "",
          "against the mean of ages 28 to 40"] for age, effect in PARENTAL_AGES.items()],
    )  # fmt: skip


def write_returns() -> None:
    restart = 12 * int(value("flexible", "gap_restart_years", "all"))
    extra = int(value("flexible", "gap_2_to_5_years_months", "all"))
    gaps = figures("flexible", "gap_restart_years")["all"]["source"]
    write(
        "return_gaps", ["months_from", "extra_months", "restart"],
        [[25, extra, 0, gaps, "sourced", "", "", "a gap of two to five years"],
         [restart + 1, 0, 1, gaps, "sourced", "", "", "a gap of more than five years"]],
    )  # fmt: skip
    least = int(value("flexible", "support_eligibility_min_absence_months", "all"))
    weeks = int(value("flexible", "support_enhanced_supervision_weeks", "all"))
    uplift = value("flexible", "support_effect_on_return_probability", "all")
    columns = (
        "year min_months uptake months weeks_a_year weeks_cap return_uplift extra_time_effect supervision"
    ).split()
    write(
        "return_support", columns,
        [[YEAR, least, 0.8, 3, weeks, 12, uplift, 0.5, 0.25, "supported_return_east_midlands_2017",
          "assumption", "", "", "eligibility is published; uptake and effects are judged"]],
    )  # fmt: skip
    places = round(value("flexible", "support_eligible_returners_per_year", "all") * 3 / 12)
    by_region = {r["region"]: int(r["population"]) for r in table("regions")}
    write(
        "support_places", ["region", "year", "places"],
        [[k, YEAR, n, "model_judgement", "assumption", "", "",
          "room for every eligible returner of the year, three months each, by population"]
         for k, n in apportion(places, {k: by_region[k] for k in REGIONS}).items()],
    )  # fmt: skip


def _share_of_family(family: str, stock: tuple[Row, ...]) -> float:
    """Trainees of a family in post who train less than full time."""
    heads = {r["programme"]: 0 for r in stock}
    for r in stock:
        heads[r["programme"]] += int(r["trainees"])
    own = [r for r in table("programmes") if r["family"] == family and heads.get(r["programme"])]
    return sum(float(r["ltft_share"]) * heads[r["programme"]] for r in own) / sum(
        heads[r["programme"]] for r in own
    )


def write_hours() -> None:
    """Requests by family: starters at half the share in post, the others in the course of training."""
    stock = table("trainee_stock")
    by_sex = {sex: value("flexible", "ltft_share_by_sex", sex) for sex in ("female", "male")}
    women = share_of_women()
    mean = women * by_sex["female"] + (1 - women) * by_sex["male"]
    back = value("flexible", "ltft_yearly_return", "all")
    rows: list[list[object]] = []
    for family in ["foundation", *families()]:
        scale = _share_of_family(family, stock) / mean
        at_start = 1.0 if family == "foundation" else 0.5
        start = [round(min(0.9, at_start * scale * by_sex[sex]), 4) for sex in ("female", "male")]
        asked, changes, note = [0.0, 0.0], [0.0, 0.0], "two years are short: hours are kept as they began"
        if family != "foundation":
            changes, note = [back, CHANGE_OF_HOURS], "yearly requests scaled to the family's share in post"
            asked = [
                round(min(0.5, scale * value("flexible", "ltft_yearly_request", sex)), 4)
                for sex in ("female", "male")
            ]
        rows.append(
            [family, 1, YEAR, *start, *asked, *changes, "model_judgement", "assumption", "", "", note]
        )
    columns = ("family order_from year start_female start_male ask_female ask_male back change").split()
    write("ltft_requests", columns, rows)
    write(
        "ltft_programmes", ["programme", "year", "multiplier"],
        [[row["programme"], YEAR, 1, "model_judgement", "assumption", "", "", "as its family: to be edited"]
         for row in table("programmes") if row["kind"] != "workforce_only"],
    )  # fmt: skip
    write(
        "ltft_reasons", ["reason", "family", "year", "share", "open", "always"],
        [[reason, family, YEAR, share, 1, always, "delivering_greater_flexibility_hee_2022", "assumption", "",
          "", "any well-founded reason since August 2022; shares are judged"]
         for reason, (share, always) in REASONS.items() for family in ["foundation", *families()]],
    )  # fmt: skip
    write(
        "ltft_rules", ["year", "capacity", "persists", "boost_months"],
        [[YEAR, 1, 0.8, 12, "delivering_greater_flexibility_hee_2022", "assumption", "", "",
          "no general limit is published; keeping one's hours and the year after leave are judged"]],
    )  # fmt: skip
