"""The arms of the study: which mechanisms each has on, and the parameters that make it so."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline_sim.clock import MONTHS_PER_YEAR, TRAINING_YEAR_MONTH
from pipeline_sim.scenario.load import Scenario

NONE, ALL = "none", "all"
DATE = "DATE"


@dataclass(frozen=True)
class Mechanism:
    """A mechanism that the scenario has, and the parameters that switch it off."""

    name: str
    title: str
    on: str
    without: str
    off: dict[str, Any]


@dataclass(frozen=True)
class Variant:
    """Parameters that are changed with every mechanism on."""

    name: str
    title: str
    what: str
    set: dict[str, Any]


@dataclass(frozen=True)
class Arm:
    """A form of the scenario: mechanisms not in ``on`` are off; ``also`` is changed besides."""

    name: str
    title: str
    on: tuple[str, ...]
    also: dict[str, Any] = field(default_factory=dict)


def read_comparisons(file: Path) -> tuple[int, list[Mechanism], list[Variant]]:
    """The year in whose August the edits begin, the mechanisms, and what is tried besides."""
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    mechanisms = [Mechanism(**entry) for entry in content["mechanism"]]
    return content["date"], mechanisms, [Variant(**entry) for entry in content.get("variant", [])]


def arms_of(mechanisms: Sequence[Mechanism], variants: Sequence[Variant] = ()) -> list[Arm]:
    """None of the mechanisms, each alone, all together, and the variants."""
    names = tuple(mechanism.name for mechanism in mechanisms)
    alone = [Arm(mechanism.name, mechanism.title, (mechanism.name,)) for mechanism in mechanisms]
    more = [Arm(variant.name, variant.title, names, variant.set) for variant in variants]
    return [Arm(NONE, "None of the six", ()), *alone, Arm(ALL, "All six", names), *more]


def alone_of(arms: Sequence[Arm]) -> list[Arm]:
    """The arms that have one mechanism."""
    return [arm for arm in arms if arm.name not in (NONE, ALL) and not arm.also]


def undated_of(arm: Arm, mechanisms: Sequence[Mechanism]) -> frozenset[str]:
    """What an arm changes from the start of the run: only arms alike in it are the same before the date."""
    off = (mechanism for mechanism in mechanisms if mechanism.name not in arm.on)
    paths = [path for mechanism in off for path in mechanism.off] + list(arm.also)
    return frozenset(path for path in paths if DATE not in path)


def edits_of(arm: Arm, mechanisms: Sequence[Mechanism], date: int) -> dict[str, Any]:
    """Every parameter of an arm that is not as in the scenario, with ``date`` for its ``DATE``."""
    off = [mechanism.off for mechanism in mechanisms if mechanism.name not in arm.on]
    changes = [change for each in (*off, arm.also) for change in each.items()]
    return {path.replace(DATE, str(date)): value for path, value in changes}


def months_before(scenario: Scenario, date: int) -> int:
    """Months of the run before August of ``date``."""
    return (date - scenario.start_year) * MONTHS_PER_YEAR + TRAINING_YEAR_MONTH - scenario.start_month
