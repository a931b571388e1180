"""Checks of the tables of redistribution and of contestable school places."""

from __future__ import annotations

from pipeline_sim.scenario.checks import A_PROGRAMME_WITH_POSTS, WITH_POSTS, Check, Tables, programmes_of_kind
from pipeline_sim.scenario.validate import Findings


def targets_beside_the_pace(tables: Tables, findings: Findings) -> None:
    """A programme whose posts may move has targets."""
    table = tables["redistribution_pace"]
    known = (
        set(tables["redistribution_targets"]["programme"]) if "redistribution_targets" in tables else set()
    )
    for row, programme in enumerate(table["programme"]):
        if programme not in known:
            found, expected = f"{programme}, without targets", "its rows in redistribution_targets.csv"
            findings.add(table.place(row, "programme"), found, expected)


def people_beside_the_awards(tables: Tables, findings: Findings) -> None:
    """Awards go by people and need."""
    if "population" not in tables:
        findings.add(
            tables["contestable"].file, "no population.csv beside it", "population.csv with its rows"
        )


CHECKS = (
    programmes_of_kind("redistribution_targets", WITH_POSTS, A_PROGRAMME_WITH_POSTS),
    programmes_of_kind("redistribution_pace", WITH_POSTS, A_PROGRAMME_WITH_POSTS),
    Check(("redistribution_pace.programme",), targets_beside_the_pace),
    Check(("contestable.year",), people_beside_the_awards),
)
