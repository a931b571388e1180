"""Everything there is to know about a parameter: value, unit, source, status, and who reads it."""

from __future__ import annotations

from typing import Any

from pipeline_sim.errors import Problem, ScenarioError
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.paths import find_target, with_dated_row
from pipeline_sim.scenario.schema import Column, setting_specs
from pipeline_sim.scenario.table import Table


def explain(scenario: Scenario, path: str) -> list[dict[str, Any]]:
    """One dictionary for each value that ``path`` names, in file order.

    Keys: ``path`` (of this one value), ``value``, ``unit``, ``description``, ``source`` (key), ``citation``,
    ``url``, ``status``, ``low``, ``high``, ``note``, ``reader`` (the file that uses it, or
    ``schema.KEPT``) and ``place`` (file and line). Raises ``ScenarioError``, with the nearest valid path,
    if it names nothing. A year without a row has the value of the row that then holds.
    """
    target = find_target(with_dated_row(dict(scenario.tables), path), path)
    if isinstance(target, Problem):
        raise ScenarioError([target])
    sources = scenario.tables["sources"]
    citation = {key: (text, url) for key, text, url in sources.rows("source", "citation", "url")}
    return [
        _explained(target.table, row, column, citation) for row in target.rows for column in target.columns
    ]


def path_of(table: Table, row: int, column: Column) -> str:
    """The full path of one value."""
    if table.spec.name == "settings":
        return str(table["name"][row])
    keys = ".".join(str(part) for part in (table.spec.name, *table.keys[row]))
    return f"{keys}:{column.name}" if len(table.spec.values) > 1 else keys


def _explained(
    table: Table, row: int, column: Column, citation: dict[str, tuple[str, str | None]]
) -> dict[str, Any]:
    reader = column.reader or table.spec.reader
    if table.spec.name == "settings":
        reader = setting_specs()[table["name"][row]].reader
    source = table["source"][row]
    text, url = citation[source]
    return {
        "path": path_of(table, row, column),
        "value": table[column.name][row],
        "unit": column.unit,
        "description": column.description,
        "source": source,
        "citation": text,
        "url": url or "",
        "status": table["status"][row],
        "low": table["low"][row],
        "high": table["high"][row],
        "note": table["note"][row] or "",
        "reader": reader,
        "place": table.place(row, column.name),
    }
