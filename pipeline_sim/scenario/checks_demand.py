"""Checks of demand: it is for specialties that have trained doctors, and its growth is chosen and defined."""

from __future__ import annotations

from pipeline_sim.errors import nearest
from pipeline_sim.scenario.checks import Check, Tables, programmes_of_kind
from pipeline_sim.scenario.validate import Findings

WITH_TRAINED_DOCTORS = ("higher", "run_through", "gp", "workforce_only")


def growth_is_chosen_from_what_is_there(tables: Tables, findings: Findings) -> None:
    """Paths of growth and the choice between them come together."""
    rules, growth = tables.get("demand_rules"), tables.get("demand_growth")
    if rules is not None and len(rules) and growth is None:
        findings.add(rules.file, "no demand_growth.csv", "the paths of growth that it chooses from")
    if growth is not None and len(growth) and not (rules is not None and len(rules)):
        findings.add(growth.file, "no rows of demand_rules.csv", "the path of growth that demand takes")


def families_wanted_grow_on_every_path(tables: Tables, findings: Findings) -> None:
    """A family that is wanted has a rate on each path that is chosen, from the first choice on."""
    growth = tables["demand_growth"]
    family_of = dict(tables["programmes"].rows("programme", "family"))
    wanted = dict.fromkeys(family_of[programme] for programme in tables["demand"]["programme"])
    known = set(growth.rows("growth", "family"))
    for row, path in enumerate(tables["demand_rules"]["growth"]):
        missing = [family for family in wanted if (path, family) not in known]
        if missing:
            others = [str(family) for known_path, family in known if known_path == path]
            findings.add(
                tables["demand_rules"].place(row, "growth"),
                f"{path}, which has no rate for {', '.join(missing)}",
                f"rows of {growth.file} for every family with demand (0 = no growth)",
                nearest(missing[0], sorted(others)),
            )


CHECKS = (
    Check((), growth_is_chosen_from_what_is_there),
    programmes_of_kind(
        "demand", WITH_TRAINED_DOCTORS, "a programme with consultants or GPs: higher, run-through, GP or "
        "workforce only",
    ),
    Check(
        (
            *("programmes.programme", "programmes.family", "demand.programme"),
            *("demand_growth.growth", "demand_growth.family", "demand_rules.growth"),
        ),
        families_wanted_grow_on_every_path,
    ),
)  # fmt: skip
