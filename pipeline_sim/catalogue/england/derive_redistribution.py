"""Posts that may move between regions, contestable school places and payments for posts, all without effect.

*Redistribution* began in 2022 with cardiology, haematology, and obstetrics and gynaecology; the other
specialties were to follow within seven years. The base takes the posts of 2025 as they are and moves none:
targets follow people weighted by need (``population.csv``) and the pace is 0 until a policy sets it.

*Contestable places* are a proposal: the share is 0. *Payments* of 20,000 pounds for training in general
practice where doctors are hard to recruit ended in 2025.
"""

from __future__ import annotations

from .derive_common import REGIONS, figures, table, write

YEAR = 2025
MOVE_KINDS = ("higher", "run_through")
POSTED = ("gp", "core", *MOVE_KINDS)
PERIOD = 3
JUDGED = ("model_judgement", "assumption", "", "")


def programmes(*kinds: str) -> list[str]:
    return [r["programme"] for r in table("programmes") if r["kind"] in kinds]


def write_targets() -> None:
    people = {
        r["region"]: float(r["people"]) * float(r["need_weight"])
        for r in table("population")
        if r["year"] == str(YEAR)
    }
    whole = sum(people.values())
    note = "percent of people x need (population)"
    write(
        "redistribution_targets", ["programme", "region", "year", "weight"],
        [[name, region, YEAR, round(100 * people[region] / whole, 2), *JUDGED, note]
         for name in programmes(*MOVE_KINDS) for region in REGIONS],
    )  # fmt: skip


def write_pace() -> None:
    limit = figures("geography", "annual_turnover_limit")["donor_posts"]
    note = f"moves begin with a policy; at most {limit['value']}% of a donor's posts a year was judged"
    write(
        "redistribution_pace", ["programme", "year", "pace"],
        [[name, YEAR, 0, *JUDGED, note] for name in programmes(*MOVE_KINDS)],
    )  # fmt: skip


def write_contestable() -> None:
    note = "no school places are contestable; the criterion is for policies"
    write(
        "contestable", ["year", "share", "period_years", "criterion"],
        [[YEAR, 0, PERIOD, "under_doctored", *JUDGED, note]],
    )  # fmt: skip


def write_incentives() -> None:
    """Programmes short of applicants, so that a policy can pay for their posts."""
    paid = figures("geography", "ters_payment", "2022")["general_practice"]
    ended = figures("geography", "ters_places", "2025")["general_practice"]
    rows: list[list[object]] = []
    short = {r["programme"] for r in table("programmes") if r["shortage"] == "1"}
    for name in programmes(*POSTED):
        if name not in short:
            continue
        source, status, note = "model_judgement", "assumption", "none known"
        if name == "general_practice":
            source, status = ended["source"], ended["status"]
            note = f"{float(paid['value']):,.0f} pounds until 2024; not funded from 2025"
        rows += [[name, region, YEAR, 0, 0, source, status, "", "", note] for region in REGIONS]
    write("incentives", ["programme", "region", "year", "pounds", "more_stay"], rows)


def write_all() -> None:
    write_targets()
    write_pace()
    write_contestable()
    write_incentives()
