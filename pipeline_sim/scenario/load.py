"""Finds and reads scenarios: bundled bases, and users' folders or TOML files that build on one.

A user's tables replace the base's tables of the same name; ``sources.csv`` adds to the base's.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from pipeline_sim.errors import Problem, ScenarioError, described, nearest
from pipeline_sim.scenario.definition import Scenario, table_problems
from pipeline_sim.scenario.header import (
    BASE_FILE,
    SCENARIO_FILE,
    BaseHeader,
    ScenarioHeader,
    first_training_year,
    read_header,
)
from pipeline_sim.scenario.paths import edit_tables
from pipeline_sim.scenario.policies import load_policy
from pipeline_sim.scenario.schema import table_specs
from pipeline_sim.scenario.table import Table
from pipeline_sim.scenario.table_reader import expanded, read_table
from pipeline_sim.scenario.validate import Findings, type_table

__all__ = ["Scenario", "list_scenarios", "load_scenario"]

CATALOGUE = Path(__file__).resolve().parent.parent / "catalogue"


def list_scenarios() -> list[tuple[str, str]]:
    """Name and title of every bundled scenario, by name."""
    found = []
    for name in bundled_names():
        problems: list[Problem] = []
        header = read_header(CATALOGUE / name / BASE_FILE, BASE_FILE, BaseHeader, problems)
        found.append((name, header.title if header else ""))
    return found


def bundled_names() -> list[str]:
    """Names of the bundled scenarios."""
    return sorted(file.parent.name for file in CATALOGUE.glob(f"*/{BASE_FILE}"))


def as_scenario(given: Scenario | str | Path) -> Scenario:
    """A scenario, or the one of that name or path."""
    return given if isinstance(given, Scenario) else load_scenario(given)


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Load a bundled scenario by name, or a user's folder or TOML file by path.

    Raises ``ScenarioError`` with everything that is wrong, not just the first thing.
    """
    if not isinstance(name_or_path, str | Path) or not str(name_or_path).strip():
        raise ScenarioError([Problem("scenario", described(name_or_path), "a name or a path")])
    text = str(name_or_path)
    if text in bundled_names():
        return _load_base(CATALOGUE / text)
    path = expanded(name_or_path)
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError):  # too long for a file name, or a NUL in it
        is_folder = is_file = False
    if is_folder and (path / SCENARIO_FILE).exists():
        return _load_user(path / SCENARIO_FILE, whole_folder=True)
    if is_folder and (path / BASE_FILE).exists():
        return _load_base(path)
    if is_folder:
        raise ScenarioError([Problem(text, "a folder without scenario.toml", SCENARIO_FILE)])
    if is_file and path.suffix.lower() == ".toml":
        return _load_user(path, whole_folder=path.name == SCENARIO_FILE)
    expected = "a bundled scenario (" + ", ".join(bundled_names()) + "), a scenario folder or a .toml file"
    if is_file:
        raise ScenarioError([Problem(text, f"a {path.suffix or 'nameless'} file", expected)])
    raise ScenarioError([Problem(text, "nothing of that name", expected, nearest(text, bundled_names()))])


def _load_base(folder: Path) -> Scenario:
    findings = Findings()
    header = read_header(folder / BASE_FILE, BASE_FILE, BaseHeader, findings.problems)
    tables = _read_tables(folder, "", findings)
    _report_unknown_tables(folder, findings)
    _report_missing_tables(tables, findings, folder.name)
    table_problems(tables, first_training_year(header.start) if header else 0, findings)
    if header is None or findings.problems:
        raise ScenarioError(findings.problems)
    return Scenario(
        header.name, header.title or header.name, header.name, header.start, header.years, tables,
        header.description, header.default_seed,
    )  # fmt: skip


def _load_user(file: Path, whole_folder: bool) -> Scenario:
    findings = Findings()
    header = read_header(file, file.name, ScenarioHeader, findings.problems)
    own = _read_tables(file.parent, "", findings)
    if whole_folder:
        _report_unknown_tables(file.parent, findings)
    if header is None:
        raise ScenarioError(findings.problems)
    if header.base not in bundled_names():
        where = header.place("base")
        expected = "one of " + ", ".join(bundled_names())
        findings.add(where, header.base, expected, nearest(header.base, bundled_names()))
        raise ScenarioError(findings.problems)
    base_folder = CATALOGUE / header.base
    base_label = f"{header.base}/{BASE_FILE}"
    base_header = read_header(base_folder / BASE_FILE, base_label, BaseHeader, findings.problems)
    base_tables = _read_tables(base_folder, f"{header.base}/", findings, leave_out=set(own) - {"sources"})
    if base_header is None:
        raise ScenarioError(findings.problems)
    tables = _without_strangers({**base_tables, **own}, own)
    if "sources" in own and "sources" in base_tables:
        tables["sources"] = _joined_sources(base_tables["sources"], own["sources"])
    _report_missing_tables(tables, findings, header.base)
    start = header.start or base_header.start
    years = header.years or base_header.years
    if header.set and not findings.problems:
        edits = {path: (header.place("set", path), value) for path, value in header.set.items()}
        tables = edit_tables(tables, edits, findings.problems)
    table_problems(tables, first_training_year(start), findings)
    if findings.problems:
        raise ScenarioError(findings.problems)
    scenario = Scenario(
        header.name, header.title or header.name, header.base, start, years, tables,
        header.description, header.default_seed or base_header.default_seed,
    )  # fmt: skip
    return scenario.with_policy(*(load_policy(name, file.parent) for name in header.policies))


def _without_strangers(tables: dict[str, Table], own: Collection[str]) -> dict[str, Table]:
    """Without the rows of the base's optional tables about names that the user's own tables do not have.

    Whoever writes other programmes or regions is not asked what the base's costs or demand say of its own.
    """
    for name, table in list(tables.items()):
        if name in own or not table.spec.optional:
            continue
        for column in table.spec.keys:
            home, _, home_column = column.refers_to.partition(".")
            if home in own:
                known = set(tables[home][home_column])
                table = table.with_only([row for row, cell in enumerate(table[column.name]) if cell in known])
        tables[name] = table
    return tables


def _read_tables(
    folder: Path, prefix: str, findings: Findings, leave_out: set[str] | None = None
) -> dict[str, Table]:
    """Typed tables of a folder; a file that cannot be used is reported and its columns are spoilt."""
    tables: dict[str, Table] = {}
    for name, spec in table_specs().items():
        path = folder / spec.file
        # a link that leads nowhere is a mistake to tell, not a table left to the base
        if not os.path.lexists(path) or name in (leave_out or ()):
            continue
        raw = read_table(path, prefix + spec.file, findings.problems)
        if raw is None:
            findings.spoil_table(spec)
            tables[name] = Table(spec, prefix + spec.file, {c.name: () for c in spec.columns}, ())
        else:
            tables[name] = type_table(spec, raw, findings)
    return tables


def _report_missing_tables(tables: dict[str, Table], findings: Findings, base: str) -> None:
    for name, spec in table_specs().items():
        if name not in tables and not spec.optional:
            findings.add(spec.file, "no such file", f"a table of the base {base}: {spec.description}")


def _report_unknown_tables(folder: Path, findings: Findings) -> None:
    files = [spec.file for spec in table_specs().values()]
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() == ".csv" and path.name not in files:
            expected = "one of " + ", ".join(files)
            findings.add(path.name, "an unknown table", expected, nearest(path.name, files))


def _joined_sources(base: Table, own: Table) -> Table:
    """The base's sources and the user's; where both have a key, the user's row counts."""
    kept = base.with_only([row for row, key in enumerate(base["source"]) if key not in set(own["source"])])
    columns = {name: (*cells, *own[name]) for name, cells in kept.columns.items()}
    return Table(own.spec, own.file, columns, kept.lines + own.lines)
