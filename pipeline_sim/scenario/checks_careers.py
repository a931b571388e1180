"""Checks of later careers: portfolio route, fellowships, schemes for GPs."""

from __future__ import annotations

from pipeline_sim.scenario.checks import SHARE_TOLERANCE, Check, Tables
from pipeline_sim.scenario.checks_workforce import ordered
from pipeline_sim.scenario.schema_careers import TRAINS_FOR
from pipeline_sim.scenario.validate import Findings


def shares_of_fellowships(tables: Tables, findings: Findings) -> None:
    """In no year do the fellowships of a group take more than everyone."""
    table = tables["fellowships"]
    for group in TRAINS_FOR:
        now: dict[str, float] = {}
        rows = [row for row in range(len(table)) if table["group"][row] == group]
        for year in sorted({table["year"][row] for row in rows}):
            dated = [row for row in rows if table["year"][row] == year]
            now |= {table["fellowship"][row]: table["share"][row] for row in dated}
            if sum(now.values()) > 1 + SHARE_TOLERANCE:
                findings.add(
                    table.place(dated[-1], "share"),
                    f"shares of {group} in {year} adding to {sum(now.values()):.6g}",
                    "shares adding to 1 or less",
                )


def regions_of_fellowships_known(tables: Tables, findings: Findings) -> None:
    """Regions make sense only beside the fellowships that are held in them."""
    table = tables["fellowship_regions"]
    if len(table) and "fellowships" not in tables:
        findings.add(table.file, "no fellowships.csv", "the fellowships that it names")


CHECKS = (
    Check(("fellowship_regions.fellowship",), regions_of_fellowships_known),
    ordered("portfolio", "shortest", "longest"),
    ordered("portfolio_outside", "shortest", "longest"),
    ordered("schemes", "retainer_shortest", "retainer_longest"),
    ordered("schemes", "refresher_shortest", "refresher_longest"),
    Check(
        tuple(f"fellowships.{name}" for name in ("fellowship", "group", "year", "share")),
        shares_of_fellowships,
    ),
)
