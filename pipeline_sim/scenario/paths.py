"""Parameter paths: how a user names one value, or several, of a scenario.

``supervision.rule`` is a setting. ``posts.cardiology.london.2025`` is a row of a table, by its keys in
column order; ``*`` stands for every key in its place, and trailing keys may be left out, which means
every row that matches: ``posts.*.london``. ``:column`` names the value column where a table has several:
``programmes.cardiology:resignation``. ``levels.months`` is short for ``levels:months``, unless ``months``
is a first key of the table too. When a value is set, a year without a row gets one, which holds from then
on: ``posts.cardiology.london.2031``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline_sim.errors import Problem, nearest
from pipeline_sim.scenario.cells import parse_cell, shown, text_of
from pipeline_sim.scenario.schema import Column, setting_specs, table_specs
from pipeline_sim.scenario.table import Cell, Table

EVERY = "*"
#: Tables whose cells are not parameters.
NOT_EDITABLE = ("sources", "settings")


@dataclass(frozen=True)
class Target:
    """What a path names: rows (from 0) of a table, and the value columns (one when it is to be set)."""

    table: Table
    rows: tuple[int, ...]
    columns: tuple[Column, ...]


def edit_tables(
    tables: Mapping[str, Table], edits: Mapping[str, tuple[str, object]], problems: list[Problem]
) -> dict[str, Table]:
    """Tables with each edit (path -> (place for messages, value)) applied in order.

    A path that names nothing, or a value of the wrong kind, is added to ``problems``.
    """
    edited = dict(tables)
    for path, (where, value) in edits.items():
        edited = with_dated_row(edited, path)
        target = find_target(edited, path, where)
        if isinstance(target, Problem):
            problems.append(target)
            continue
        column = the_column(target, path, where)
        if isinstance(column, Problem):
            problems.append(column)
            continue
        cell = parse_cell(column, text_of(value, column), where)
        if isinstance(cell, Problem):
            problems.append(cell)
            continue
        changed: dict[int, Cell] = dict.fromkeys(target.rows, cell)
        edited[target.table.spec.name] = target.table.with_cells(column.name, changed)
    return edited


def with_dated_row(tables: dict[str, Table], path: str) -> dict[str, Table]:
    """Tables in which ``path`` may name a year of its own.

    ``posts.cardiology.london.2031`` with no row for 2031 gets one, a copy of the row in force in 2031, so
    that an edit can say from when it holds; ``posts.*.london.2031`` gets one for each programme. Any other
    path leaves the tables as they are.
    """
    name, *keys = path.strip().partition(":")[0].split(".")
    table = tables.get(name)
    if table is None or not table.spec.carry or len(keys) != len(table.spec.keys):
        return tables
    year = parse_cell(table.spec.by_name["year"], keys[-1], "")
    if not isinstance(year, int):
        return tables
    in_force: dict[tuple[object, ...], tuple[int, int]] = {}  # latest row up to that year, of each key
    for row, (*key, known) in enumerate(table.keys):
        if known <= year and all(
            wanted in (EVERY, str(part)) for wanted, part in zip(keys, key, strict=False)
        ):
            in_force[tuple(key)] = max(in_force.get(tuple(key), (known, row)), (known, row))
    added = [(row, {"year": year}) for known, row in in_force.values() if known < year]
    return {**tables, name: table.with_rows_like(added)} if added else tables


def the_column(target: Target, path: str, where: str) -> Column | Problem:
    """The one value column of a target, or the problem that the path leaves it open."""
    if len(target.columns) == 1:
        return target.columns[0]
    names = [column.name for column in target.columns]
    if not names:
        return Problem(where, f"{path}, a table without values", "a parameter")
    expected = f"{path}:COLUMN with one of " + ", ".join(names)
    return Problem(where, f"{path} without a column", expected, f"{path}:{names[0]}")


def find_target(tables: Mapping[str, Table], path: str, where: str = "") -> Target | Problem:
    """The rows and columns that ``path`` names, or a problem that tells the nearest valid path."""
    where = where or path or "a blank path"
    path = path.strip()
    settings = setting_specs()
    if path in settings:
        table = tables["settings"]
        return Target(table, (table.row_of[(path,)],), (settings[path].column,))
    keys_text, colon, column_name = path.partition(":")
    name, *keys = keys_text.split(".")
    specs = table_specs()
    if name not in specs or name in NOT_EDITABLE:
        return _unknown_start(path, name, where)
    if name not in tables:
        return Problem(where, f"{name}, a table this scenario does not have", "a table of the scenario")
    table = tables[name]
    columns = table.spec.values
    if not colon and len(keys) == 1 and _is_column(table, keys[0]):
        column_name, keys = keys[0], []
        columns = (table.spec.by_name[column_name],)
    elif colon:
        columns = tuple(column for column in columns if column.name == column_name)
        if not columns:
            names = [column.name for column in table.spec.values]
            near = nearest(column_name, names)
            expected = "one of " + ", ".join(names)
            found = f"the unknown column {shown(column_name)}"
            return Problem(where, found, expected, near and f"{keys_text}:{near}")
    rows = _matching_rows(table, path, keys, where)
    return rows if isinstance(rows, Problem) else Target(table, rows, columns)


def _is_column(table: Table, word: str) -> bool:
    """Whether the second part of ``table.word`` is a value column; a key of that name wins."""
    if word not in {column.name for column in table.spec.values}:
        return False
    return all(str(cell) != word for cell in table[table.spec.keys[0].name])


def _unknown_start(path: str, name: str, where: str) -> Problem:
    """The problem of a path that starts with neither a setting nor a table."""
    settings, tables = setting_specs(), [n for n in table_specs() if n not in NOT_EDITABLE]
    near_setting = nearest(path, settings)
    near_table = nearest(name, tables)
    rest = path[len(name) :]
    if name in {setting.partition(".")[0] for setting in settings} or not near_table:
        near = near_setting
    else:
        near = near_table + rest
    found = f"{shown(path)}, which names no setting and no table"
    return Problem(where, found, "a setting or TABLE.KEY:COLUMN", near)


def _matching_rows(table: Table, path: str, keys: list[str], where: str) -> tuple[int, ...] | Problem:
    """Rows whose first keys are ``keys``."""
    key_columns = table.spec.keys
    if len(keys) > len(key_columns):
        shape = ".".join((table.spec.name, *(column.name.upper() for column in key_columns)))
        return Problem(where, f"{len(keys)} keys in {shown(path)}", f"{len(key_columns)} or fewer: {shape}")
    rows: Iterable[int] = range(len(table))
    used = table.spec.name
    for column, key in zip(key_columns, keys, strict=False):
        cells = table[column.name]
        kept = [row for row in rows if key in (EVERY, str(cells[row]))]
        if not kept:
            known = list(dict.fromkeys(str(cells[row]) for row in rows))
            # A first key may be the rest of a setting's name: rounds is a table, rounds.decline a setting.
            others = [column.name for column in table.spec.values] if len(keys) == 1 else []
            near = nearest(f"{used}.{key}", [f"{used}.{w}" for w in (*known, *others)] + [*setting_specs()])
            expected = f"one of {', '.join(known[:12])}" + (", ..." if len(known) > 12 else "")
            found = f"no {column.name} {shown(key)} in {used}"
            return Problem(where, found, expected, near)
        rows = kept
        used = f"{used}.{key}"
    return tuple(rows)
