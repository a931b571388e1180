"""Turns raw tables into typed ones and reports everything in them that breaks the schema.

Columns, types, ranges, keys and references are checked here from the schema alone. What ties several
rows or tables together is in ``checks``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline_sim.errors import Problem, nearest
from pipeline_sim.scenario.cells import parse_cell, shown
from pipeline_sim.scenario.schema import Column, TableSpec, setting_specs
from pipeline_sim.scenario.table import Cell, Table
from pipeline_sim.scenario.table_reader import RawTable


@dataclass
class Findings:
    """Problems so far, and the columns ("table.column") that later checks cannot rely on."""

    problems: list[Problem] = field(default_factory=list)
    spoilt: set[str] = field(default_factory=set)

    def add(self, where: str, found: str, expected: str, near: str = "") -> None:
        self.problems.append(Problem(where, found, expected, near))

    def spoil_column(self, spec: TableSpec, column: str) -> None:
        """The whole column is unknown; with the values of settings.csv goes every setting."""
        self.spoilt.add(f"{spec.name}.{column}")
        if (spec.name, column) == ("settings", "value"):
            self.spoilt.update(f"settings.{name}" for name in setting_specs())

    def spoil_table(self, spec: TableSpec) -> None:
        for column in spec.columns:
            self.spoil_column(spec, column.name)

    def usable(self, *columns: str) -> bool:
        """True if none of the "table.column" names is spoilt."""
        return self.spoilt.isdisjoint(columns)


def type_table(spec: TableSpec, raw: RawTable, findings: Findings) -> Table:
    """Typed copy of a raw table. A cell that is wrong is reported, and None in the result."""
    position = {name: i for i, name in enumerate(raw.header)}
    for name in raw.header:
        if name not in spec.by_name:
            missing = [column for column in spec.by_name if column not in position]
            near = nearest(name, missing) or nearest(name, spec.by_name)
            findings.add(
                f"{raw.file}:1 column {name}", f"the unknown column {shown(name)}",
                "one of " + ", ".join(spec.by_name), near,
            )  # fmt: skip
    columns: dict[str, tuple[Cell, ...]] = {}
    for column in spec.columns:
        if column.name in position:
            texts = [row[position[column.name]] for row in raw.rows]
            if spec.name == "settings" and column.name == "value":
                columns[column.name] = _setting_values(raw, position, findings)
            else:
                columns[column.name] = _column_values(spec, column, raw, texts, findings)
        else:
            columns[column.name] = (None,) * len(raw.rows)
            if not column.may_be_absent:
                near = nearest(column.name, [name for name in raw.header if name not in spec.by_name])
                findings.add(f"{raw.file}:1 column {column.name}", "no such column", column.name, near)
                findings.spoil_column(spec, column.name)
    if raw.complete and not raw.rows and not spec.may_be_empty:
        findings.add(raw.file, "no rows", "at least one row")
        findings.spoil_table(spec)
    if not raw.complete:
        findings.spoil_table(spec)
    return Table(spec, raw.file, columns, raw.lines)


def _column_values(
    spec: TableSpec, column: Column, raw: RawTable, texts: list[str], findings: Findings
) -> tuple[Cell, ...]:
    """Parsed cells of a column; equal texts are parsed once."""
    parsed: dict[str, Cell | Problem] = {}
    values: list[Cell] = []
    for line, text in zip(raw.lines, texts, strict=True):
        if text not in parsed:
            parsed[text] = parse_cell(column, text, "")
        value = parsed[text]
        if isinstance(value, Problem):
            where = f"{raw.file}:{line} column {column.name}"
            findings.add(where, value.found, value.expected, value.nearest)
            findings.spoilt.add(f"{spec.name}.{column.name}")
            value = None
        values.append(value)
    return tuple(values)


def _setting_values(raw: RawTable, position: Mapping[str, int], findings: Findings) -> tuple[Cell, ...]:
    """The value column of settings.csv: each row has the type of its own setting."""
    settings = setting_specs()
    values: list[Cell] = []
    for line, row in zip(raw.lines, raw.rows, strict=True):
        name = row[position["name"]] if "name" in position else ""
        value: Cell | Problem = None
        if name in settings:
            where = f"{raw.file}:{line} column value"
            value = parse_cell(settings[name].column, row[position["value"]], where)
            if isinstance(value, Problem):
                findings.problems.append(value)
                findings.spoilt.update(("settings.value", f"settings.{name}"))
        values.append(None if isinstance(value, Problem) else value)
    return tuple(values)


def check_keys(table: Table, findings: Findings) -> None:
    """Report rows whose key occurred before."""
    first: dict[tuple[object, ...], int] = {}
    names = [column.name for column in table.spec.keys]
    for row, key in enumerate(table.keys):
        if None in key:
            continue
        if key in first:
            shown_key = ", ".join(str(part) for part in key)
            findings.add(
                table.place(row, names[-1] if len(names) == 1 else "+".join(names)),
                f"the key {shown(shown_key)} again (first in line {table.lines[first[key]]})",
                "each key once",
            )
            findings.spoilt.update(f"{table.spec.name}.{name}" for name in names)
        else:
            first[key] = row


def check_references(tables: Mapping[str, Table], table: Table, findings: Findings) -> None:
    """Report names that the table they refer to does not have."""
    for column in table.spec.columns:
        if column.kind not in ("reference", "references"):
            continue
        home, _, home_column = column.refers_to.partition(".")
        if home not in tables or not findings.usable(column.refers_to):
            continue
        known = set(tables[home][home_column])
        checked: set[str] = set()
        for row, cell in enumerate(table[column.name]):
            if cell is None or cell in checked:
                continue
            names = cell.split("|") if column.kind == "references" else [cell]
            unknown = [name for name in names if name not in known]
            if not unknown:
                checked.add(cell)
            for name in unknown:
                near = nearest(name, sorted(known))
                findings.add(table.place(row, column.name), shown(name), column.expected, near)
                findings.spoilt.add(f"{table.spec.name}.{column.name}")


def check_settings(table: Table, findings: Findings) -> None:
    """Report settings that do not exist and settings that have no row."""
    settings = setting_specs()
    present = set(table["name"])
    for row, name in enumerate(table["name"]):
        if name is not None and name not in settings:
            missing = [known for known in settings if known not in present]
            near = nearest(name, missing) or nearest(name, settings)
            findings.add(table.place(row, "name"), f"the unknown setting {shown(name)}", "a setting", near)
    if findings.usable("settings.name"):
        for name in settings:
            if name not in present:
                near = nearest(name, [str(n) for n in present if n not in settings])
                findings.add(table.file, f"no row for the setting {name}", f"a row named {name}", near)
                findings.spoilt.update(("settings.value", f"settings.{name}"))
