"""Credit for earlier training and experience, trying for another programme, and the Enhance programme.

*Credit* is what the Royal College of General Practitioners publishes for its own programme (usually 6 months,
after at least 12 within five years); between other programmes it is a judgement by pair, and by family where
there is no pair. *Enhance* had 150 learners in 2022, 38 of them in the East of England; the others are spread
over the other regions by foundation places.
"""

from __future__ import annotations

from itertools import product

from .derive_common import REGIONS, apportion, read, table, write

YEAR = 2023
RECENCY = 60
TRAINING_KINDS = ("gp", "core", "run_through", "higher")
EXPERIENCE = ("locally_employed", "unplaced", "sas", "training_initiative")
GENERALIST = (
    "general_practice", "internal_medicine", "acute_internal_medicine", "geriatric_medicine", "public_health",
)  # fmt: skip
CAP_RANGE = "low and high: range of the cap; uptake judged"
OF_TRANSFER = ("uptake", "cap_months", "overlap", "min_months", "recency_months", "satisfactory_exit")


def training_programmes() -> list[str]:
    return [r["programme"] for r in table("programmes") if r["kind"] in TRAINING_KINDS]


def families() -> list[str]:
    """Families with training, in table order."""
    return list(dict.fromkeys(r["family"] for r in table("programmes") if r["kind"] in TRAINING_KINDS))


def figure(item: str) -> dict[str, str]:
    return next(r for r in read("credit") if r["figure"] == "credit" and r["item"] == item)


def number(item: str) -> float:
    return float(figure(item)["value"])


def write_credit() -> None:
    uptake = number("uptake_transfer")
    judged = ("model_judgement", "assumption", "", "", "")
    pairs: list[tuple[object, ...]] = []
    for r in read("credit"):
        if r["figure"] == "pair":
            old, new = r["item"].split(">")
            least = 12 if new == "general_practice" else 6
            note = "cap published, the rest judged" if r["status"] == "sourced" else ""
            rule = (uptake, float(r["value"]), 0.5, least, RECENCY, 1)
            pairs.append((old, new, YEAR, *rule, r["source"], r["status"], "", "", note))
    write("credit_transfer", ("from_programme", "to_programme", "year", *OF_TRANSFER), pairs)
    gp, cap, least_gp = figure("gp_usual_cap"), number("gp_usual_cap"), number("gp_least")
    rows: list[tuple[object, ...]] = []
    for old, new in product(families(), families()):
        if new == "general_practice" and old != new:
            rule = (uptake, cap, cap / least_gp, int(least_gp), RECENCY, 1)
            rows.append((old, new, YEAR, *rule, gp["source"], gp["status"], 3, 12, CAP_RANGE))
        else:
            overlap = number("overlap_within_family" if old == new else "overlap_across_families")
            rows.append((old, new, YEAR, uptake, number("family_cap"), overlap, 6, RECENCY, 1, *judged))
    write("credit_families", ("from_family", "to_family", "year", *OF_TRANSFER), rows)


def write_experience() -> None:
    gp, cap, least = figure("experience_cap"), number("experience_cap"), int(number("experience_least"))
    uptake = number("uptake_experience")
    rows: list[tuple[object, ...]] = []
    for state, family in product(EXPERIENCE, families()):
        if family == "general_practice":
            rule = (uptake, cap, cap / least, least, RECENCY)
            rows.append((state, family, YEAR, *rule, gp["source"], gp["status"], 3, 12, CAP_RANGE))
        else:
            note = "not recognised: raise the rate to try it"
            rule = (uptake, 12.0, 0.0, 12, RECENCY)
            rows.append((state, family, YEAR, *rule, "model_judgement", "assumption", "", "", note))
    columns = ("uptake", "cap_months", "rate", "min_months", "recency_months")
    write("recognised_experience", ("state", "family", "year", *columns), rows)


def write_transfers() -> None:
    yearly = float(figure("tries_another")["value"])
    source = (
        "model_judgement",
        "assumption",
        0,
        0.03,
        "no published figure: seldom, since a post must be won",
    )
    rows = [(programme, YEAR, yearly, *source) for programme in training_programmes()]
    write("transfers", ("programme", "year", "applies"), rows)


def write_enhance() -> None:
    all_places, own = figure("enhance_learners"), figure("enhance_east_of_england")
    fixed = "east_of_england"
    f1 = {k: 0.0 for k in REGIONS if k != fixed}
    for r in table("foundation_places"):
        if r["year"] == "2025" and r["region"] in f1:
            f1[r["region"]] += float(r["places"])
    places = apportion(int(all_places["value"]) - int(own["value"]), f1) | {fixed: int(own["value"])}
    note = "150 learners less 38 in the East of England, by foundation places; open to several professions"
    rows = [
        (
            region, 2022, places[region], 12, (own if region == fixed else all_places)["source"],
            "sourced" if region == fixed else "assumption", "", "", "" if region == fixed else note,
        )
        for region in REGIONS
    ]  # fmt: skip
    write("enhance_places", ("region", "year", "places", "months"), rows)
    uplift = 1 + float(figure("enhance_uplift")["value"])
    effects = [
        (
            name, 2022, uplift, 0.0, "model_judgement", "assumption", 1, 1.3,
            "low and high: of the taste; no evaluation found",
        )
        for name in GENERALIST
    ]  # fmt: skip
    write("enhance_effects", ("programme", "year", "taste_weight", "credit_months"), effects)


def write_all() -> None:
    write_credit()
    write_experience()
    write_transfers()
    write_enhance()
