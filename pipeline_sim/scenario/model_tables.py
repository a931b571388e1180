"""Fills the parameter tables of docs/model.md from the england base.

The prose of the page is written by hand. What stands between two markers is made here and nowhere else:

    <!-- parameters: foundation.withdrawal, intake.students, exits.leave by group -->
    <!-- rows of streams: title, first_tier_share, arrivals.people -->
    <!-- end -->

``parameters`` gives one line a parameter: a setting, or a column of a table. A column is shown as its one
value, its range, or the total of its counts. ``where kind=core|gp`` keeps some rows, ``by kind`` splits the
summary. ``rows of`` gives the rows of a small table; a column of another table is summed up for the row.
``python -m pipeline_sim.scenario.model_tables`` rewrites the page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline_sim.errors import nearest
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.scenario.schema import Column, setting_specs, table_specs
from pipeline_sim.scenario.table import Cell, Table

BASE = "england"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "model.md"
END = "<!-- end -->"
BLOCK = re.compile(
    r"(?P<mark><!-- (?P<what>parameters|rows of \w+): (?P<items>.*?) -->\n)(?P<body>.*?)" + END, re.S
)
ITEM = re.compile(r"(?P<path>\w+\.\w+)(?: where (?P<key>\w+)=(?P<kept>[\w|]+))?(?: by (?P<by>\w+))?")
PARAMETERS_HEAD = ("parameter", "value", "unit", "status", "source")
MOST_YEARS = 3  # a longer series is shown by its ends
SOURCES_NAMED = 2
NUMBERS = ("whole", "number", "probability")


class PageError(ValueError):
    """A marker that cannot be filled; the message quotes it."""


@dataclass(frozen=True)
class Rows:
    """Some rows of a table, by row number."""

    table: Table
    numbers: tuple[int, ...]

    def cells(self, column: str) -> list[Cell]:
        """A column of these rows."""
        whole = self.table[column]
        return [whole[row] for row in self.numbers]

    def where(self, column: str, kept: Iterable[str]) -> Rows:
        """Those rows whose cell in ``column`` is one of ``kept``."""
        wanted, cells = set(kept), self.table[column]
        return Rows(self.table, tuple(row for row in self.numbers if str(cells[row]) in wanted))

    def split(self, column: str) -> dict[str, Rows]:
        """The rows by their cell in ``column``, in file order."""
        names = dict.fromkeys(str(cell) for cell in self.cells(column))
        return {name: self.where(column, [name]) for name in names}


def all_rows(table: Table) -> Rows:
    """Every row of a table."""
    return Rows(table, tuple(range(len(table))))


def filled(page: str, scenario: Scenario) -> str:
    """The page with every block between markers made anew.

    Raises ``PageError`` for a block that is not closed, or names what the scenario does not have.
    """

    def fill(block: re.Match[str]) -> str:
        if "<!--" in block["body"]:
            raise PageError(f"{block['mark'].strip()} is not closed by {END}")
        items = " ".join(block["items"].split())
        names = [item.strip() for item in items.split(",")]
        if block["what"] == "parameters":
            lines = parameter_lines(scenario, names)
        else:
            lines = row_lines(scenario, block["what"].removeprefix("rows of "), names)
        return block["mark"] + "\n" + "\n".join(lines) + "\n\n" + END

    done = BLOCK.sub(fill, page)
    opened = len(re.findall(r"^<!-- (?:parameters|rows of)\b", page, re.M))
    closed = len(BLOCK.findall(page))
    if opened != closed or page.count(END) != closed:
        found = f"{opened} tables are opened, {closed} could be read"
        raise PageError(f"{found} and {page.count(END)} are closed")
    return done


def is_parameter(path: str) -> bool:
    """Whether a path is a setting or a column of a table."""
    name, _, column = path.partition(".")
    return path in setting_specs() or (name in table_specs() and column in table_specs()[name].by_name)


# tables of the page ---------------------------------------------------------------------------------


def parameter_lines(scenario: Scenario, items: Sequence[str]) -> list[str]:
    """A table with one line a parameter."""
    lines = [_line(PARAMETERS_HEAD), "|---" * len(PARAMETERS_HEAD) + "|"]
    for item in items:
        found = ITEM.fullmatch(item)
        if found is None:
            raise PageError(f"{item!r} is not a parameter, or a parameter with `where` or `by`")
        path = found["path"]
        if not is_parameter(path):
            near = nearest(path, [*setting_specs(), *_columns()])
            raise PageError(f"{path} is no setting and no column" + (f"; {near}?" if near else ""))
        if path in setting_specs():
            lines.append(_line(_of_setting(scenario, path)))
        else:
            lines.append(_line(_of_column(scenario, found)))
    return lines


def row_lines(scenario: Scenario, name: str, columns: Sequence[str]) -> list[str]:
    """A table with the rows of a scenario table."""
    table = _table(scenario, name)
    keys = [column.name for column in table.spec.keys]
    head = [
        f"`{name}` by {_word(', '.join(keys))}",
        *(f"`{column}`" for column in columns),
        "status",
        "source",
    ]
    lines = [_line(head), "|---" * len(head) + "|"]
    for row in range(len(table)):
        here = Rows(table, (row,))
        cells = [", ".join(_cell(table, row, key) for key in table.spec.keys)]
        for column in columns:
            other, dot, wanted = column.rpartition(".")
            if dot:
                there = all_rows(_table(scenario, other)).where(keys[0], [str(table[keys[0]][row])])
                cells.append(_summary(there, _column(there.table, wanted)))
            else:
                cells.append(_cell(table, row, _column(table, column)))
        lines.append(_line([*cells, *_provenance(here)]))
    return lines


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _of_setting(scenario: Scenario, name: str) -> list[str]:
    row = Rows(scenario.tables["settings"], (scenario.tables["settings"].row_of[(name,)],))
    return [f"`{name}`", _word(row.cells("value")[0]), setting_specs()[name].unit, *_provenance(row)]


def _of_column(scenario: Scenario, item: re.Match[str]) -> list[str]:
    name, _, column_name = item["path"].partition(".")
    table = scenario.tables.get(name)
    if table is None:  # an optional table that the base does without
        return [f"`{item['path']}`", "none", table_specs()[name].by_name[column_name].unit, "", ""]
    rows, column = all_rows(table), _column(table, column_name)
    title = f"`{item['path']}`"
    if item["key"]:
        rows = rows.where(_column(table, item["key"]).name, item["kept"].split("|"))
        if item["key"] != item["by"]:
            title += f", {_word(item['kept'])}"
    if not rows.numbers:
        raise PageError(f"{item[0]}: no such rows in {table.file}")
    if item["by"]:
        parts = rows.split(_column(table, item["by"]).name)
        values = {part: _summary(some, column) for part, some in parts.items()}
        value = "; ".join(f"{_word(part)}: {text}" for part, text in values.items())
        if len(set(values.values())) == 1:
            value = values[next(iter(values))]
    else:
        value = _summary(rows, column)
    return [title, value, column.unit, *_provenance(rows)]


def _table(scenario: Scenario, name: str) -> Table:
    if name not in scenario.tables:
        raise PageError(f"{name} is no table of {scenario.name}")
    return scenario.tables[name]


def _column(table: Table, name: str) -> Column:
    if name not in table.spec.by_name:
        near = nearest(name, table.spec.by_name)
        raise PageError(f"{table.spec.name} has no column {name}" + (f"; {near}?" if near else ""))
    return table.spec.by_name[name]


def _columns() -> list[str]:
    return [f"{spec.name}.{column.name}" for spec in table_specs().values() for column in spec.own_columns]


# values ---------------------------------------------------------------------------------------------


def _summary(rows: Rows, column: Column) -> str:
    """One value, a total or series of totals for counts, a range for other numbers, or the words."""
    cells = rows.cells(column.name)
    if not cells:
        return "none"
    if column.kind == "count":
        return _totals(rows, column.name)
    if column.kind in NUMBERS:
        low, high = min(map(_number, cells)), max(map(_number, cells))
        return _word(low) if low == high else f"{_word(low)} to {_word(high)}"
    return ", ".join(dict.fromkeys(_word(cell) for cell in cells))


def _totals(rows: Rows, column: str) -> str:
    """The total over rows; by year where a row holds until the next of its key."""
    if "year" not in rows.table.spec.by_name:
        return _word(sum(map(_number, rows.cells(column))))
    years = sorted({int(_number(year)) for year in rows.cells("year")})
    series = {year: _word(_in_force(rows, column, year)) for year in years}
    if len(series) == 1:
        return f"{series[years[0]]} from {years[0]}"
    if len(series) > MOST_YEARS:
        return f"{series[years[0]]} ({years[0]}) to {series[years[-1]]} ({years[-1]})"
    return ", ".join(f"{total} ({year})" for year, total in series.items())


def _in_force(rows: Rows, column: str, year: int) -> float:
    """Total in a year over the newest row of each key."""
    newest: dict[tuple[Cell, ...], tuple[int, float]] = {}
    position = [key.name for key in rows.table.spec.keys].index("year")
    for row in rows.numbers:
        key = rows.table.keys[row]
        since, rest = key[position], (*key[:position], *key[position + 1 :])
        if since <= year and since >= newest.get(rest, (since, 0.0))[0]:
            newest[rest] = (since, _number(rows.table[column][row]))
    return sum(value for _, value in newest.values())


def _cell(table: Table, row: int, column: Column) -> str:
    """A cell as it stands in a row: names as users write them, choices as words."""
    cell = table[column.name][row]
    if column.kind in ("name", "reference") and cell is not None:
        return f"`{cell}`"
    return str(cell) if column.kind == "year" else _word(cell)


def _number(cell: Cell) -> float:
    assert isinstance(cell, int | float)
    return cell


def _word(cell: Cell) -> str:
    """A cell for people: thousands apart, no trailing zeros, names as words."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell.replace("_", " ").replace("|", ", ")
    return f"{cell:,.0f}" if cell == int(cell) else f"{cell:g}"


def _provenance(rows: Rows) -> list[str]:
    """Status and source of rows: the commonest first."""
    status = Counter(str(cell) for cell in rows.cells("status")).most_common()
    source = Counter(str(cell) for cell in rows.cells("source")).most_common()
    first = status[0][0]
    others = "".join(f", {name} ({count} of {len(rows.numbers)} rows)" for name, count in status[1:])
    named = ", ".join(f"`{name}`" for name, _ in source[:SOURCES_NAMED])
    left = len(source) - SOURCES_NAMED
    return [first + others, named + (f" and {left} more" if left > 0 else "")]


def main() -> None:
    """Rewrite docs/model.md of the project this file is in."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(filled(page, load_scenario(BASE)), encoding="utf-8")


if __name__ == "__main__":
    main()
