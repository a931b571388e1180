"""What a scenario is made of: every table with its columns, and every setting.

This is the one description that loading, checking, building, editing, explaining and the reference
page all read. The tables are listed in ``schema_tables`` and the settings in ``schema_settings``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Kind = Literal[
    "text",  # anything, for people
    "name",  # letters, digits, _ and -: a name that other tables refer to
    "count",  # whole number, 0 or more
    "whole",  # whole number within low and high
    "number",  # finite number within low and high
    "probability",  # 0 to 1
    "year",  # calendar year in which a training year starts
    "choice",  # one of a fixed list
    "reference",  # a name defined in a key column of another table
    "references",  # such names joined by |, or blank
]
Carry = Literal["", "count", "rule"]

#: Tables that may have a header and no rows, besides the optional ones.
MAY_BE_EMPTY = (
    "arrivals",
    "outside_stock",
    "stream_ready",
    "student_stock",
    "trainee_stock",
    "workforce_stock",
)

LARGEST_COUNT = 100_000_000
FIRST_YEAR, LAST_YEAR = 1948, 2200
#: Reader of a column that no calculation uses.
KEPT = "nothing in this version: kept for reports"
STATUSES = ("sourced", "secondary", "background", "seed", "assumption")


@dataclass(frozen=True)
class Column:
    """One column of a table. ``low`` and ``high`` are inclusive."""

    name: str
    kind: Kind
    description: str
    unit: str = ""
    key: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    refers_to: str = ""  # "table.column" for references
    may_be_blank: bool = False
    may_be_absent: bool = False
    reader: str = ""  # the file that uses it, or KEPT; blank = the table's reader

    @property
    def expected(self) -> str:
        """What a cell of this column may hold, in words."""
        if self.kind == "text":
            return "text"
        if self.kind == "name":
            return "a name of letters, digits, _ and -"
        if self.kind == "probability":
            return "a number from 0 to 1"
        if self.kind == "year":
            return f"a year from {FIRST_YEAR} to {LAST_YEAR}"
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind == "reference":
            table, _, column = self.refers_to.partition(".")
            return f"a {column} of {table}.csv"
        if self.kind == "references":
            table, _, column = self.refers_to.partition(".")
            return f"names of {table}.csv joined by |, or blank"
        return expected_number("a number" if self.kind == "number" else "a whole number", *self.range)

    @property
    def range(self) -> tuple[float | None, float | None]:
        """Lowest and highest value allowed (None = no limit)."""
        if self.kind == "count":
            return (0, LARGEST_COUNT if self.high is None else self.high)
        if self.kind == "probability":
            return (0, 1)
        if self.kind == "year":
            return (FIRST_YEAR, LAST_YEAR)
        return (self.low, self.high)


def expected_number(what: str, low: float | None, high: float | None) -> str:
    """ "a number from 0 to 5", "a whole number, 0 or more" and so on."""
    if low is not None and high is not None:
        if high == LARGEST_COUNT:
            return f"{what}, {low:g} or more"
        return f"{what} from {low:g} to {high:g}"
    if low is not None:
        return f"{what}, {low:g} or more"
    if high is not None:
        return f"{what}, {high:g} or less"
    return what


#: Columns that end every table of parameters.
PROVENANCE = (
    Column("source", "reference", "where the row comes from", refers_to="sources.source"),
    Column("status", "choice", "how well the row is grounded", choices=STATUSES),
    Column("low", "number", "lowest plausible value", may_be_blank=True, may_be_absent=True),
    Column("high", "number", "highest plausible value", may_be_blank=True, may_be_absent=True),
    Column("note", "text", "anything a reader should know", may_be_blank=True, may_be_absent=True),
)


@dataclass(frozen=True)
class TableSpec:
    """One CSV table.

    ``carry`` tells what a table with a ``year`` key means between its rows: the latest earlier row
    holds; before the first row a "count" is 0 and a "rule" is an error.
    """

    name: str
    description: str
    reader: str  # the file that uses it; a column may name one of its own
    own_columns: tuple[Column, ...]
    optional: bool = False
    carry: Carry = ""
    scaled: bool = False  # counts that ``Scenario.scaled`` multiplies
    provenance: bool = True

    @property
    def file(self) -> str:
        return f"{self.name}.csv"

    @property
    def may_be_empty(self) -> bool:
        """A header without rows says that there are none of these, and nothing else is missing then."""
        return self.optional or self.name in MAY_BE_EMPTY

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return self.own_columns + (PROVENANCE if self.provenance else ())

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @cached_property
    def keys(self) -> tuple[Column, ...]:
        return tuple(column for column in self.own_columns if column.key)

    @cached_property
    def values(self) -> tuple[Column, ...]:
        """Columns that are neither key nor provenance."""
        return tuple(column for column in self.own_columns if not column.key)


SettingKind = Literal["choice", "probability", "number", "whole"]
#: How a setting's value becomes a blueprint number.
Transform = Literal["is_soft", "threshold", "percent", "whole", "float", "months_of_year"]


@dataclass(frozen=True)
class Setting:
    """One scalar parameter: a row of settings.csv and a field of the blueprint."""

    name: str
    kind: SettingKind
    unit: str
    description: str
    reader: str
    field: str
    transform: Transform
    index: int | None = None  # position, when several settings share one blueprint array
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    @cached_property
    def column(self) -> Column:
        """The setting's value seen as a table column, for parsing and messages."""
        return Column(
            "value", self.kind, self.description, self.unit,
            low=self.low, high=self.high, choices=self.choices,
        )  # fmt: skip


def table_specs() -> dict[str, TableSpec]:
    """Every table by name, in reading order."""
    from pipeline_sim.scenario.schema_tables import TABLES

    return TABLES


def setting_specs() -> dict[str, Setting]:
    """Every setting by name."""
    from pipeline_sim.scenario.schema_settings import SETTINGS

    return SETTINGS
