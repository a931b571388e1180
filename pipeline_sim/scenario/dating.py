"""What a scenario's policies make of its tables: which values hold, and from which month.

A table with a year key takes an edit as rows of its years. Every other table and every setting is
replaced at the month in which an edit begins, ends or takes a step of its ramp: an *era* of the run.
For each value the latest-begun ``set`` counts first, then every ``multiply``, then every ``add``, so the
order in which policies are named never matters. Whole numbers that an edit shares out keep their sum.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline_sim.clock import MONTHS_PER_YEAR, TRAINING_YEAR_MONTH
from pipeline_sim.errors import Problem, nearest
from pipeline_sim.scenario.cells import WHOLE_KINDS, out_of_range, parse_cell, shown, text_of
from pipeline_sim.scenario.paths import find_target, the_column
from pipeline_sim.scenario.policies import Edit, Policy
from pipeline_sim.scenario.schema import KEPT, Column
from pipeline_sim.scenario.table import Cell, Table

Key = tuple[Any, ...]
NUMBERS = ("number", "probability", *WHOLE_KINDS)
#: Tables that say who is there when a run starts, or what reports compare with.
AT_THE_START = (
    "student_stock", "trainee_stock", "outside_stock", "workforce_stock", "age_profile", "plans",
)  # fmt: skip
#: Columns and settings that say what there is rather than how much or how likely.
STRUCTURE = {
    "regions": ("title",),
    "routes": ("title",),
    "route_years": ("stage",),
    "programmes": (
        "title", "family", "kind", "supervision_group", "trained_group", "parents", "completes", "uk_share",
    ),
    "levels": ("order",),
    "rounds": ("order", "month", "track", "repeats"),
    "streams": ("title", "state", "group", "nhs_months_max", "month"),
    "supervision_groups": ("title",),
    "credentials": (
        "title", "multi_professional", "supervision_load", "supervision_group", "month", "after_cct",
        "sas_doctors", "late_trainees",
    ),
    "level_grades": ("grade",),
    "money": ("value",),
    "settings": (
        "supervision.rule", "stock.trainee_youngest", "stock.trainee_oldest", "stock.female_consultant",
        "stock.female_gp", "stock.female_sas", "stock.sas_first_tier", "stock.off_cycle_share",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One edit, looked up in a scenario: the column and the keys (without the year) that it changes."""

    edit: Edit
    policy: str
    number: int
    table: str
    column: Column
    keys: tuple[Key, ...]
    value: Cell
    years: frozenset[int] | None  # of those it is limited to
    begins: float  # months since year 0; minus infinity = from the start
    ends: float

    @property
    def order(self) -> tuple[float, str, int]:
        return (self.begins, self.policy, self.number)

    @property
    def place(self) -> str:
        """Where it is written, for messages."""
        return self.edit.place or f"policy {self.policy} edit {self.number + 1}"

    @property
    def content(self) -> tuple[Any, ...]:
        """What it sets, and how."""
        return (self.value, self.edit.ramp_months, self.edit.in_total, self.ends)

    def share(self, month: float) -> float:
        """How much of the change holds in a month: 0, 1, or a step of the ramp."""
        if not self.begins <= month < self.ends:
            return 0.0
        if self.years is not None and _year(month) not in self.years:
            return 0.0
        if self.edit.ramp_months <= MONTHS_PER_YEAR:
            return 1.0
        steps = (month - self.begins) // MONTHS_PER_YEAR + 1
        return min(1.0, steps * MONTHS_PER_YEAR / self.edit.ramp_months)

    def months(self) -> list[int]:
        """Months in which what holds of it may change."""
        found = [self.begins, self.ends]
        if math.isfinite(self.begins):
            steps = math.ceil(self.edit.ramp_months / MONTHS_PER_YEAR)
            found += [self.begins + MONTHS_PER_YEAR * k for k in range(steps)]
        for year in self.years or ():
            found += [_august(year), _august(year + 1)]
        return [int(month) for month in found if math.isfinite(month)]


@dataclass(frozen=True)
class Dated:
    """Tables of a scenario with its policies in force.

    ``tables`` hold from the start of the run; ``eras`` are the months since the start, ascending, with
    the tables that then replace others. ``first_change`` is the month since the start in which a value
    first differs from what it would have been, None if none ever does.
    """

    tables: dict[str, Table]
    eras: tuple[tuple[int, dict[str, Table]], ...]
    first_change: int | None


def in_force(
    tables: Mapping[str, Table], start: str, policies: Sequence[Policy], problems: list[Problem]
) -> Dated:
    """The tables of a scenario that starts in the month ``start``, with ``policies``.

    What cannot be looked up, or be ordered, is added to ``problems``.
    """
    origin = int(start[:4]) * MONTHS_PER_YEAR + int(start[5:]) - 1
    changes = [
        change
        for policy in policies
        for number, edit in enumerate(policy.edits)
        for change in _looked_up(tables, edit, policy.name, number, origin, problems)
    ]
    by_table: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_table[change.table].append(change)
    _report_ties(changes, problems)
    if problems:
        return Dated(dict(tables), (), None)
    now, eras = dict(tables), defaultdict[int, dict[str, Table]](dict)
    seen: list[int] = []
    for name, of_table in by_table.items():
        if tables[name].spec.carry:
            now[name] = _with_years(tables[name], of_table, seen, problems)
            continue
        for month, table in _by_month(tables[name], of_table, origin, problems):
            seen.append(month)
            if month == origin:
                now[name] = table
            else:
                eras[month - origin][name] = table
    problems[:] = dict.fromkeys(problems)
    first = max(min(seen) - origin, 0) if seen else None
    return Dated(now, tuple(sorted(eras.items())), first)


def policy_notes(
    tables: Mapping[str, Table], start: str, policies: Sequence[Policy], months: int
) -> list[str]:
    """What a user should know of policies that have no effect in a run of ``months``: a line each."""
    notes = []
    for policy in policies:
        first = in_force(tables, start, [policy], []).first_change
        if first is None:
            ended = all(_month(edit.ends, math.inf) <= _month(start, 0) for edit in policy.edits)
            why = "it ends before the run begins" if ended else "all that it sets already holds"
            notes.append(f"{policy.name} changes nothing: {why}")
        elif first >= months:
            notes.append(f"{policy.name} changes nothing in this run: it begins after the run has ended")
    return notes


# looking up -----------------------------------------------------------------------------------------
def _looked_up(
    tables: Mapping[str, Table], edit: Edit, policy: str, number: int, origin: int, problems: list[Problem]
) -> list[Change]:
    """The change that an edit is; none, with problems, if it names nothing or cannot be made."""
    place = edit.place or f"policy {policy} edit {number + 1}"
    path = f"{place} key parameter"
    if _names_a_year(tables, edit.parameter):
        problems.append(Problem(path, f"a year in {edit.parameter}", "the year in the key from"))
        return []
    target = find_target(tables, edit.parameter, path)
    if isinstance(target, Problem):
        problems.append(target)
        return []
    column = the_column(target, edit.parameter, path)
    if isinstance(column, Problem):
        problems.append(column)
        return []
    table, before = target.table, len(problems)
    rows, years = _selected(tables, target.table, target.rows, edit, place, problems)
    dated = bool(table.spec.carry)
    begins, ends = _month(edit.begins, -math.inf), _month(edit.ends, math.inf)
    if dated:
        for key, month in (("from", edit.begins), ("until", edit.ends)):
            if month and int(month[5:]) != TRAINING_YEAR_MONTH:
                expected = f"August, in which a year of {table.spec.name} begins: {month[:4]}-08"
                problems.append(Problem(f"{place} key {key}", month, expected))
    elif begins > origin:
        fixed = STRUCTURE.get(table.spec.name, ())
        what = edit.parameter if table.spec.name == "settings" else column.name
        if table.spec.name in AT_THE_START or what in fixed:
            found = f"{edit.parameter}, which describes the start of a run or its structure"
            problems.append(Problem(f"{place} key parameter", found, "a value that can change during a run"))
    if (column.reader or table.spec.reader) == KEPT:
        problems.append(Problem(path, f"{edit.parameter}, which no calculation uses", "a value that is used"))
    value = _value(column, edit, place, problems)
    _report_blank(table, column, rows, edit, place, problems)
    if len(problems) > before:
        return []
    return [
        Change(edit, policy, number, table.spec.name, column, _keys(table, rows), value, years, begins, ends)
    ]


def _report_blank(
    table: Table, column: Column, rows: Iterable[int], edit: Edit, place: str, problems: list[Problem]
) -> None:
    """Report the first blank cell from which an edit would have to go on."""
    whole = edit.operation == "set" and not edit.in_total and edit.ramp_months <= MONTHS_PER_YEAR
    blank = [row for row in rows if column.kind in NUMBERS and table[column.name][row] is None]
    if blank and not whole:
        name = ".".join(str(part) for part in (table.spec.name, *table.keys[blank[0]]))
        expected = "a number there, or a set without ramp_months and in_total"
        problems.append(Problem(f"{place} key {edit.operation}", f"{name}:{column.name} is blank", expected))


def _names_a_year(tables: Mapping[str, Table], parameter: str) -> bool:
    """Whether a path of a table by year has a year in it."""
    name, *keys = parameter.partition(":")[0].split(".")
    if name not in tables or not tables[name].spec.carry:
        return False
    named = dict(zip((column.name for column in tables[name].spec.keys), keys, strict=False))
    return named.get("year", "").isdigit()


def _value(column: Column, edit: Edit, place: str, problems: list[Problem]) -> Cell:
    """The number or text of an edit, as the column holds it."""
    where = f"{place} key {edit.operation}"
    if edit.operation == "set" and not edit.in_total:
        cell = parse_cell(column, text_of(edit.value, column), where)
        if isinstance(cell, Problem):
            problems.append(cell)
            return None
        if edit.ramp_months > MONTHS_PER_YEAR and column.kind not in NUMBERS:
            problems.append(
                Problem(f"{place} key ramp_months", f"a ramp of {column.name}", "a number to be changed")
            )
        return cell
    if column.kind not in NUMBERS:
        problems.append(Problem(where, f"{edit.operation} of {column.name}, which is no number", "set"))
    elif isinstance(edit.value, bool | str) or not math.isfinite(edit.value):
        problems.append(Problem(where, shown(str(edit.value)), "a finite number"))
    elif edit.operation == "multiply" and edit.value < 0:
        problems.append(Problem(where, f"{edit.value}", "a number, 0 or more"))
    if edit.in_total and (column.kind != "count" or edit.operation == "multiply"):
        found = f"{edit.operation} of {column.name} in total"
        problems.append(Problem(f"{place} key in_total", found, "set or add of a count of people or places"))
    return edit.value


def _selected(
    tables: Mapping[str, Table],
    table: Table,
    rows: Iterable[int],
    edit: Edit,
    place: str,
    problems: list[Problem],
) -> tuple[list[int], frozenset[int] | None]:
    """Rows that ``where`` leaves, and the years it names."""
    years: frozenset[int] | None = None
    kept = list(rows)
    for key, wanted in edit.where:
        cells = _cells_of(tables, table, key)
        where = f"{place} key where.{key}"
        if cells is None:
            names = _selectors(tables, table)
            expected = (
                f"a key of {table.spec.name}: " + ", ".join(names) if names else "no where: it has no key"
            )
            problems.append(Problem(where, f"the unknown key {shown(key)}", expected, nearest(key, names)))
            continue
        if key == "year" and table.spec.carry:
            parsed = [parse_cell(table.spec.by_name["year"], word, where) for word in wanted]
            problems += [each for each in parsed if isinstance(each, Problem)]
            years = frozenset(each for each in parsed if isinstance(each, int))
            continue
        known = {str(cell) for row in rows for cell in str(cells(row)).split("|")}
        for word in wanted:
            if word not in known:
                expected = "one of " + ", ".join(sorted(known)[:12]) + (", ..." if len(known) > 12 else "")
                problems.append(Problem(where, shown(word), expected, nearest(word, sorted(known))))
        kept = [row for row in kept if set(str(cells(row)).split("|")) & set(wanted)]
    if not kept and not any(problem.where.startswith(place) for problem in problems):
        found = "selectors that no row of the table meets together"
        problems.append(Problem(f"{place} key where", found, f"rows of {table.spec.name}"))
    return kept, years


def _cells_of(tables: Mapping[str, Table], table: Table, key: str) -> Callable[[int], Cell] | None:
    """The cell of each row by which a selector selects: its own, or that of the row its keys refer to."""
    own = table.spec.by_name.get(key)
    if own is not None and (own.key or key in _described_by(table)):
        return lambda row: table[key][row]
    for column in table.spec.keys:
        home_name, _, home_column = column.refers_to.partition(".")
        home = tables.get(home_name)
        if home is None or [c.name for c in home.spec.keys] != [home_column] or key not in home.spec.by_name:
            continue
        if key in _described_by(home):
            return lambda row, home=home, name=column.name: home[key][home.row_of[(table[name][row],)]]  # type: ignore[misc]
    return None


def _described_by(home: Table) -> list[str]:
    """Columns of a table by which whatever refers to its rows can be selected."""
    return [
        column.name
        for column in home.spec.values
        if column.kind in ("name", "choice", "reference", "references", "whole")
    ]


def _selectors(tables: Mapping[str, Table], table: Table) -> list[str]:
    names = [column.name for column in table.spec.keys] if table.spec.name != "settings" else []
    for column in table.spec.keys:
        home = tables.get(column.refers_to.partition(".")[0])
        if home is not None and home is not table and len(home.spec.keys) == 1:
            names += _described_by(home)
    return list(dict.fromkeys(names))


def _keys(table: Table, rows: Iterable[int]) -> tuple[Key, ...]:
    """Keys of rows, without the year, each once."""
    at = [k for k, column in enumerate(table.spec.keys) if column.name != "year" or not table.spec.carry]
    return tuple(dict.fromkeys(tuple(table.keys[row][k] for k in at) for row in rows))


def _month(month: str | None, otherwise: float) -> float:
    return int(month[:4]) * MONTHS_PER_YEAR + int(month[5:]) - 1 if month else otherwise


def _year(month: float) -> int:
    """The training year that holds a month since year 0."""
    return int(month - TRAINING_YEAR_MONTH + 1) // MONTHS_PER_YEAR


def _august(year: int) -> int:
    return year * MONTHS_PER_YEAR + TRAINING_YEAR_MONTH - 1


def _report_ties(changes: Sequence[Change], problems: list[Problem]) -> None:
    """Report values that two edits set from the same month: there is no order between them."""
    first: dict[tuple[Any, ...], Change] = {}
    told: set[tuple[str, str]] = set()
    for change in changes:
        if change.edit.operation != "set":
            continue
        for key in change.keys:
            for year in sorted(change.years or {-1}):
                cell = (change.table, change.column.name, key, change.begins, year)
                other = first.setdefault(cell, change)
                if other.content == change.content or (change.place, other.place) in told:
                    continue
                told.add((change.place, other.place))
                name = ".".join(map(str, (change.table, *key)))
                found = f"{change.edit.value} for {name}, which is {other.edit.value} in {other.place}"
                expected = "one value, or another month to begin: the later then counts"
                problems.append(Problem(change.place, found, expected))


# composing ------------------------------------------------------------------------------------------
def _by_month(
    table: Table, changes: Sequence[Change], origin: int, problems: list[Problem]
) -> Iterator[tuple[int, Table]]:
    """A table without years, as it is from each month in which it is no longer as before."""
    months = {max(month, origin) for change in changes for month in change.months()}
    rows = dict(table.row_of)
    held = table
    for month in sorted(months | {origin}):
        changed = table
        for name, cells in _cells_in(table, rows, changes, month, problems).items():
            changed = changed.with_cells(name, {rows[key]: cell for key, cell in cells.items()})
        if changed.columns != held.columns:
            yield month, changed
            held = changed


def _with_years(table: Table, changes: Sequence[Change], seen: list[int], problems: list[Problem]) -> Table:
    """A table by year with rows for what changes; ``seen`` takes in the month of every change."""
    rows_of = _rows_by_year(table, {key for change in changes for key in change.keys})
    years = {year for of_key in rows_of.values() for year in of_key}
    years |= {_year(month) for change in changes for month in change.months()}
    columns = list(dict.fromkeys(change.column.name for change in changes))
    held: dict[Key, dict[str, Cell]] = {}
    own: dict[str, dict[int, Cell]] = {name: {} for name in columns}
    added: list[tuple[int, dict[str, Cell]]] = []
    for year in sorted(years):
        rows = {key: of_key[max(known)] for key, of_key in rows_of.items() if (known := _up_to(of_key, year))}
        made = _cells_in(table, rows, changes, _august(year), problems)
        if any(made.values()):
            seen.append(_august(year))
        for key, row in rows.items():
            full = {name: made[name].get(key, table[name][row]) for name in columns}
            if rows_of[key].get(year) == row:
                for name, cell in full.items():
                    own[name][row] = cell
            elif full != held[key]:
                added.append((row, {**full, "year": year}))
            held[key] = full
    for name, cells in own.items():
        table = table.with_cells(name, cells)
    return table.with_rows_like(added)


def _rows_by_year(table: Table, keys: set[Key]) -> dict[Key, dict[int, int]]:
    """Row of each year of these keys (without the year)."""
    at = [column.name for column in table.spec.keys].index("year")
    rows_of: dict[Key, dict[int, int]] = defaultdict(dict)
    for row, key in enumerate(table.keys):
        without = key[:at] + key[at + 1 :]
        if without in keys:
            rows_of[without][key[at]] = row
    return rows_of


def _up_to(years: Iterable[int], last: int) -> list[int]:
    return [year for year in years if year <= last]


def _cells_in(
    table: Table,
    rows: Mapping[Key, int],
    changes: Sequence[Change],
    month: int,
    problems: list[Problem],
) -> dict[str, dict[Key, Cell]]:
    """Cells that are changed in a month, by column and key; ``rows`` are those in force."""
    made: dict[str, dict[Key, Cell]] = {change.column.name: {} for change in changes}
    for column in dict.fromkeys(change.column for change in changes):
        of_column = [change for change in changes if change.column == column]
        base = {key: table[column.name][row] for key, row in rows.items()}
        made[column.name].update(_composed(base, of_column, month, problems))
    return made


def _composed(
    base: Mapping[Key, Cell], changes: Sequence[Change], month: int, problems: list[Problem]
) -> dict[Key, Cell]:
    """Values that are changed in a month, by key: sets in the order they began, then multiply, then add."""
    active = [(change, change.share(month)) for change in sorted(changes, key=lambda change: change.order)]
    active = [(change, share) for change, share in active if share > 0]
    if not active:
        return {}
    column = active[0][0].column
    values: dict[Key, Any] = dict(base)
    by: dict[Key, list[Change]] = defaultdict(list)
    for operation in ("set", "multiply", "add"):
        before = dict(values)
        for change, share in active:
            if change.edit.operation != operation:
                continue
            over_blank = operation == "set" and share == 1  # a blank cell is not multiplied or added to
            keys = [key for key in change.keys if key in values and (over_blank or values[key] is not None)]
            for key, value in _applied(change, share, keys, values, before).items():
                values[key] = value
                by[key].append(change)
    made = {key: values[key] for key in by}
    numbers = {key: value for key, value in made.items() if value is not None}
    if column.kind in WHOLE_KINDS and math.isfinite(sum(numbers.values())):
        made |= _whole(numbers, {key: by[key] for key in numbers}, column)
    _report_out_of_range(made, by, column, problems)
    return {key: value for key, value in made.items() if value != base[key]}


def _applied(
    change: Change, share: float, keys: Sequence[Key], values: Mapping[Key, Any], before: Mapping[Key, Any]
) -> dict[Key, Any]:
    """Values of the changed keys after one change, a ramp's share of it."""
    value: Any = change.value
    if change.edit.in_total:
        total = sum(before[key] for key in keys)
        part = {key: before[key] / total if total else 1 / len(keys) for key in keys}
        if change.edit.operation == "set":
            return {key: values[key] + (value * part[key] - values[key]) * share for key in keys}
        return {key: values[key] + value * part[key] * share for key in keys}
    if change.edit.operation == "multiply":
        return {key: values[key] * (1 + (value - 1) * share) for key in keys}
    if change.edit.operation == "add":
        return {key: values[key] + value * share for key in keys}
    if share == 1:
        return dict.fromkeys(keys, value)
    return {key: values[key] + (value - values[key]) * share for key in keys}


def _whole(made: Mapping[Key, Any], by: Mapping[Key, Sequence[Change]], column: Column) -> dict[Key, Any]:
    """Whole numbers: counts changed by the same edits keep their sum, by the largest remainders."""
    groups: dict[tuple[tuple[str, int], ...], list[Key]] = defaultdict(list)
    for key, changes in by.items():
        alone = () if column.kind == "count" else (("", len(groups)),)
        groups[*((change.policy, change.number) for change in changes), *alone].append(key)
    result: dict[Key, Any] = {}
    for keys in groups.values():
        total = math.floor(sum(made[key] for key in keys) + 0.5)
        floors = {key: math.floor(made[key] + 1e-9) for key in keys}
        left = total - sum(floors.values())
        order = sorted(keys, key=lambda key: (floors[key] - made[key], str(key)))
        more = set(order[: max(left, 0)])
        for key in keys:
            result[key] = floors[key] + (key in more)
    return result


def _report_out_of_range(
    made: Mapping[Key, Any], by: Mapping[Key, Sequence[Change]], column: Column, problems: list[Problem]
) -> None:
    if column.kind not in NUMBERS:
        return
    for key, value in made.items():
        if value is not None and (expected := out_of_range(column, value)):
            change = by[key][-1]
            name = ".".join(str(part) for part in (change.table, *key))
            problems.append(Problem(change.place, f"{value:g} for {name}:{column.name}", expected))
            return
