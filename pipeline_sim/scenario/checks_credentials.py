"""Checks of credentials: trainees apply from a level of their programme, and only trainees from a level."""

from __future__ import annotations

from collections import Counter

from pipeline_sim.scenario.checks import A_PROGRAMME_WITH_POSTS, WITH_POSTS, Check, Tables
from pipeline_sim.scenario.validate import Findings

TABLE = "credential_eligibility"


def levels_are_those_of_trainees(tables: Tables, findings: Findings) -> None:
    table = tables[TABLE]
    levels = Counter(tables["levels"]["programme"])
    kind_of = dict(tables["programmes"].rows("programme", "kind"))
    for row, (programme, group, level) in enumerate(table.rows("programme", "group", "from_level")):
        if group != "trainee":
            if level is not None:
                findings.add(table.place(row, "from_level"), f"{level} for a {group}", "blank")
        elif kind_of[programme] not in WITH_POSTS:
            found = f"{programme}, of kind {kind_of[programme]}, for trainees"
            findings.add(table.place(row, "programme"), found, A_PROGRAMME_WITH_POSTS)
        elif level is None or level > levels[programme]:
            found = "blank for trainees" if level is None else f"{level}"
            findings.add(
                table.place(row, "from_level"), found, f"a level of {programme}, 1 to {levels[programme]}"
            )


def credentials_are_defined(tables: Tables, findings: Findings) -> None:
    """Rows about credentials need the table that defines them."""
    for name in (TABLE, "credential_slots"):
        if name in tables and len(tables[name]) and "credentials" not in tables:
            findings.add(tables[name].file, "no credentials.csv", "the credentials that it names")


CHECKS = (
    Check((), credentials_are_defined),
    Check(
        (
            *(f"{TABLE}.{column}" for column in ("programme", "group", "from_level")),
            "programmes.programme",
            "programmes.kind",
            "levels.programme",
        ),
        levels_are_those_of_trainees,
    ),
)
