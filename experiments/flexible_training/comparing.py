"""The arms of the study: which mechanisms each has on, and the parameters that make it so."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_sim.clock import MONTHS_PER_YEAR, TRAINING_YEAR_MONTH
from pipeline_sim.scenario.load import Scenario
from pipeline_sim.scenario.schema import setting_specs

NONE, ALL = "none", "all"
DATE, ANY = "DATE", "*"


@dataclass(frozen=True)
class Mechanism:
    """A mechanism that the scenario has, and the parameters that switch it off."""

    name: str
    title: str
    on: str
    without: str
    off: dict[str, Any]

    @property
    def dated(self) -> bool:
        """Whether switching it off changes nothing before the date."""
        return all(DATE in path for path in self.off)


@dataclass(frozen=True)
class Arm:
    """A variant of the scenario: the mechanisms in ``on`` work, the others are off."""

    name: str
    title: str
    on: tuple[str, ...]


def read_comparisons(file: Path) -> tuple[int, list[Mechanism]]:
    """The year in whose August the edits begin, and the mechanisms."""
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    return content["date"], [Mechanism(**entry) for entry in content["mechanism"]]


def arms_of(mechanisms: list[Mechanism]) -> list[Arm]:
    """None of the mechanisms, each alone, and all together."""
    names = tuple(mechanism.name for mechanism in mechanisms)
    alone = [Arm(mechanism.name, mechanism.title, (mechanism.name,)) for mechanism in mechanisms]
    return [Arm(NONE, "None of the six", ()), *alone, Arm(ALL, "All six", names)]


def edits_of(arm: Arm, mechanisms: list[Mechanism], scenario: Scenario, date: int) -> dict[str, Any]:
    """Every parameter of an arm that is not as in the scenario."""
    edits: dict[str, Any] = {}
    for mechanism in mechanisms:
        if mechanism.name not in arm.on:
            for path, value in mechanism.off.items():
                edits |= dict.fromkeys(spelt_out(path, scenario, date), value)
    return edits


def spelt_out(path: str, scenario: Scenario, date: int) -> list[str]:
    """The paths that a path with ``*`` and ``DATE`` stands for."""
    if path in setting_specs():
        return [path]
    place, colon, column = path.replace(DATE, str(date)).partition(":")
    table, *keys = place.split(".")
    if ANY not in keys or table not in scenario.tables:
        return [place + colon + column]
    known = [[str(key) for key in row] for row in scenario.tables[table].keys]
    fixed = [at for at, key in enumerate(keys) if key != ANY and key != str(date)]
    rows = [row for row in known if all(row[at] == keys[at] for at in fixed)]
    seen = dict.fromkeys(tuple(key if key != ANY else row[at] for at, key in enumerate(keys)) for row in rows)
    return [".".join((table, *each)) + colon + column for each in seen]


def months_before(scenario: Scenario, date: int) -> int:
    """Months of the run before August of ``date``."""
    return (date - scenario.start_year) * MONTHS_PER_YEAR + TRAINING_YEAR_MONTH - scenario.start_month
