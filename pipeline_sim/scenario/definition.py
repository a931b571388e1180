"""The ``Scenario``: checked tables and settings, frozen. Editing makes a new one."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_sim.clock import MONTHS_PER_YEAR, MOST_YEARS
from pipeline_sim.errors import Problem, ScenarioError, described, whole_number
from pipeline_sim.scenario.checks import run_checks
from pipeline_sim.scenario.header import first_training_year
from pipeline_sim.scenario.schema import table_specs
from pipeline_sim.scenario.table import Table
from pipeline_sim.scenario.validate import Findings, check_keys, check_references, check_settings

if TYPE_CHECKING:
    from pipeline_sim.scenario.blueprint import Blueprint
    from pipeline_sim.scenario.dating import Dated
    from pipeline_sim.scenario.policies import Policy

MOST_PATHS_TOLD = 3  # of the edits that led to a problem
LARGEST_SCALE = 1_000_000


@dataclass(frozen=True)
class Scenario:
    """Everything a run needs, as the user wrote it.

    ``start`` is the month of month 0 (``"2025-08"``), ``years`` the default horizon, ``scale`` a factor
    on every count. ``tables`` is by name and to be treated as read-only; ``dated`` has the policies in it.
    """

    name: str
    title: str
    base: str  # the bundled base it is made from; its own name for a base
    start: str
    years: int
    tables: Mapping[str, Table] = field(repr=False)
    description: str = ""
    default_seed: int = 1
    scale: float = 1.0
    policies: tuple[Policy, ...] = ()  # by name; their order never matters

    @property
    def start_year(self) -> int:
        return int(self.start[:4])

    @property
    def start_month(self) -> int:
        return int(self.start[5:])

    @property
    def first_training_year(self) -> int:
        """Calendar year in which the training year that holds month 0 began."""
        return first_training_year(self.start)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Value of every setting by name."""
        return dict(self.tables["settings"].rows("name", "value"))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all inputs: equal for equal tables, settings, start, horizon and scale."""
        content: dict[str, Any] = {
            "start": self.start,
            "years": self.years,
            "scale": self.scale,
            "tables": {
                name: {column: list(cells) for column, cells in sorted(table.columns.items())}
                for name, table in sorted(self.tables.items())
            },
        }
        if self.policies:
            content["policies"] = [policy.content() for policy in self.policies]
        text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    @property
    def dated(self) -> Dated:
        """The tables with the policies in force, and those that replace them during the run."""
        return self._in_force[0]

    @cached_property
    def _in_force(self) -> tuple[Dated, tuple[Problem, ...]]:
        """``dated``, and what kept the policies from being looked up or ordered."""
        from pipeline_sim.scenario.dating import in_force

        problems: list[Problem] = []
        return in_force(self.tables, self.start, self.policies, problems), tuple(problems)

    def with_policy(self, *policies: Policy | str | Path) -> Scenario:
        """A copy with policies besides those it has, each bundled, in a file, or a ``Policy``.

        Raises ``ScenarioError`` if one names nothing real, cannot be ordered or breaks a check.
        """
        from pipeline_sim.scenario.policies import as_policies

        named = as_policies((*self.policies, *policies))
        chosen = replace(self, policies=tuple(named[name] for name in sorted(named)))
        problems = chosen.policy_problems()
        if problems:
            raise ScenarioError(problems)
        return chosen

    def policy_problems(self) -> list[Problem]:
        """What is wrong with the tables once the policies are in force."""
        dated, found_before = self._in_force
        problems = list(found_before)
        if problems or not self.policies:
            return problems
        label = "with " + ", ".join(policy.name for policy in self.policies)
        tables = dated.tables
        for month, changed in ((0, {}), *dated.eras):
            tables = {**tables, **changed}
            found = table_problems(tables, self.first_training_year)
            when = f" in month {month}" if month else ""
            problems += [replace(problem, where=f"{label}{when}: {problem.where}") for problem in found]
        return list(dict.fromkeys(problems))

    def policy_notes(self, years: int | None = None) -> list[str]:
        """A line for each policy that has no effect in a run of ``years``."""
        from pipeline_sim.scenario.dating import policy_notes

        months = (years or self.years) * MONTHS_PER_YEAR
        return policy_notes(self.tables, self.start, self.policies, months)

    def with_value(self, path: str, value: object) -> Scenario:
        """A copy with one parameter changed; see ``paths`` for what a path is.

        Raises ``ScenarioError`` if the path names nothing or the value breaks a check.
        """
        if not isinstance(path, str):
            raise ScenarioError([Problem("path", described(path), "a text such as rounds.decline")])
        return self.with_values({path: value})

    def with_values(self, edits: Mapping[str, object]) -> Scenario:
        """A copy with several parameters changed together, checked once at the end."""
        from pipeline_sim.scenario.paths import edit_tables

        if not isinstance(edits, Mapping) or not all(isinstance(path, str) for path in edits):
            raise ScenarioError([Problem("edits", described(edits), "values by path, each path a text")])
        problems: list[Problem] = []
        tables = edit_tables(self.tables, {path: (path, value) for path, value in edits.items()}, problems)
        if not problems:
            found = table_problems(tables, self.first_training_year)
            label = ", ".join(list(edits)[:MOST_PATHS_TOLD])
            if len(edits) > MOST_PATHS_TOLD:
                label += f" and {len(edits) - MOST_PATHS_TOLD} more"
            problems = [replace(problem, where=f"{label}: {problem.where}") for problem in found]
        changed = replace(self, tables=tables)
        if problems := problems or changed.policy_problems():
            raise ScenarioError(problems)
        return changed

    def scaled(self, factor: float) -> Scenario:
        """A copy in which every count of people and places is multiplied by ``factor`` (above 0)."""
        try:
            number = float(factor)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not (number > 0 and 0 < self.scale * number <= LARGEST_SCALE):
            expected = f"a finite number above 0, at most {LARGEST_SCALE:,}"
            raise ScenarioError([Problem("scale", described(factor), expected)])
        return replace(self, scale=self.scale * number)

    def with_years(self, years: int) -> Scenario:
        """A copy with another horizon, in whole years."""
        return replace(self, years=whole_number("years", years, 1, MOST_YEARS))

    def blueprint(self, years: int | None = None) -> Blueprint:
        """The scenario as the arrays an engine reads, over its own horizon or ``years``.

        Raises ``ScenarioError`` if it is too large to be simulated.
        """
        from pipeline_sim.scenario.build import build_blueprint
        from pipeline_sim.scenario.limits import check_size

        blueprint = build_blueprint(self if years is None else self.with_years(years))
        check_size(blueprint)
        return blueprint


def table_problems(
    tables: Mapping[str, Table], first_year: int, findings: Findings | None = None
) -> list[Problem]:
    """Everything wrong with typed tables taken together; ``findings`` may hold what is known already."""
    findings = findings or Findings()
    for name, spec in table_specs().items():
        if name not in tables:
            continue
        table = tables[name]
        if findings.usable(*(f"{name}.{column.name}" for column in spec.keys)):
            check_keys(table, findings)
    if "settings" in tables:
        check_settings(tables["settings"], findings)
    for table in tables.values():
        check_references(tables, table, findings)
    run_checks(tables, first_year, findings)
    return findings.problems
