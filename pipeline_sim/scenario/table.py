"""A checked table in memory: typed columns, and the file line each row came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pipeline_sim.scenario.schema import TableSpec

#: What a cell may hold; blank cells are None.
Cell = int | float | str | None


@dataclass(frozen=True)
class Table:
    """Rows of one table. Treat it as read-only: editing goes through ``Scenario.with_value``.

    ``columns`` has every column of the schema; one that the file leaves out is all None.
    """

    spec: TableSpec
    file: str  # as shown to the user
    columns: Mapping[str, tuple[Cell, ...]]
    lines: tuple[int, ...]  # line in the file; the header is line 1

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, column: str) -> tuple[Any, ...]:
        return self.columns[column]

    def rows(self, *columns: str) -> Iterator[tuple[Any, ...]]:
        """Rows as tuples of the named columns."""
        return zip(*(self.columns[column] for column in columns), strict=True)

    def place(self, row: int, column: str = "") -> str:
        """``posts.csv:12 column region`` for a message about row number ``row`` (from 0)."""
        where = f"{self.file}:{self.lines[row]}"
        return f"{where} column {column}" if column else where

    @cached_property
    def keys(self) -> tuple[tuple[Any, ...], ...]:
        """Key of every row."""
        names = [column.name for column in self.spec.keys]
        return tuple(zip(*(self.columns[name] for name in names), strict=True))

    @cached_property
    def row_of(self) -> dict[tuple[Any, ...], int]:
        """Row number by key."""
        return {key: row for row, key in enumerate(self.keys)}

    def with_cells(self, column: str, cells: Mapping[int, Cell]) -> Table:
        """A copy with some cells of a column replaced, by row number."""
        changed = list(self.columns[column])
        for row, value in cells.items():
            changed[row] = value
        return replace(self, columns={**self.columns, column: tuple(changed)})

    def with_only(self, rows: Sequence[int]) -> Table:
        """A copy with some of the rows."""
        columns = {name: tuple(cells[row] for row in rows) for name, cells in self.columns.items()}
        return replace(self, columns=columns, lines=tuple(self.lines[row] for row in rows))

    def with_rows_like(self, rows: Sequence[tuple[int, Mapping[str, Cell]]]) -> Table:
        """A copy with more rows at the end: each like a row number, with some cells changed."""
        if not rows:
            return self
        columns = {
            name: (*cells, *(changed.get(name, cells[row]) for row, changed in rows))
            for name, cells in self.columns.items()
        }
        return replace(self, columns=columns, lines=(*self.lines, *(self.lines[row] for row, _ in rows)))

    def frame(self) -> Any:
        """The table as a new pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame({name: list(cells) for name, cells in self.columns.items()})
