"""Small conversions from table cells to blueprint arrays: thresholds, percents, shares, years, scaling."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.scenario.blueprint import THRESHOLD_ONE, Ints
from pipeline_sim.scenario.table import Table

SCORE_UNITS_PER_SD = 37837  # see randomness.bell
GOLDEN_RATIO = 0.6180339887498949  # its multiples are the most evenly spread fractions
LARGEST_WEIGHT = 1 << 16

Index = dict[Any, int]
Key = tuple[Any, ...]
Cells = tuple[Any, ...]
Numbers = Sequence[float] | NDArray[np.float64]


def index_of(names: Iterable[Hashable]) -> Index:
    """Position of each name."""
    return {name: position for position, name in enumerate(names)}


def threshold(probability: float) -> int:
    """A probability as the 32-bit threshold that draws are compared with."""
    return round(probability * THRESHOLD_ONE)


def thresholds(probabilities: Sequence[float]) -> Ints:
    return np.array([threshold(p) for p in probabilities], np.int64)


def cumulative(shares: Numbers, exactly: bool = True) -> Ints:
    """Cumulative thresholds; the last is one if the shares are known to add to 1."""
    sums = np.minimum(np.cumsum(np.asarray(shares, float)), 1.0)
    result = np.rint(sums * THRESHOLD_ONE).astype(np.int64)
    if exactly and len(result):
        # Every position after the last positive share is a certainty, so that none of them is drawn.
        positive = np.flatnonzero(np.asarray(shares, float) > 0)
        result[positive[-1] if len(positive) else -1 :] = THRESHOLD_ONE
    return result


def percent(multiplier: float) -> int:
    """A ratio or share in hundredths."""
    return round(100 * multiplier)


def hundredths(numbers: Sequence[float]) -> Ints:
    return np.array([percent(number) for number in numbers], np.int64)


def whole(numbers: Sequence[int]) -> Ints:
    return np.array(numbers, np.int64)


def score_units(standard_deviations: Sequence[float]) -> Ints:
    """Differences of ability in the units of ``randomness.bell``."""
    return np.array([round(z * SCORE_UNITS_PER_SD) for z in standard_deviations], np.int64)


def weights(numbers: Numbers) -> Ints:
    """Weights as whole numbers, the largest 65,536, and none above 0 lost."""
    values = np.asarray(numbers, float)
    if values.max() <= 0:
        return np.zeros(len(values), np.int64)
    scaled = np.rint(values * (LARGEST_WEIGHT / values.max())).astype(np.int64)
    return np.where(values > 0, np.maximum(scaled, 1), 0)


def scaled_counts(counts: Ints, factor: float, by_year: bool) -> Ints:
    """Counts times a factor, each rounded by itself: an edit of one cell changes no other.

    A cell is rounded up with a fixed threshold of its own, the same every year, and the thresholds are
    spread evenly over the cells, so that many small counts do not all vanish and totals stay close.
    """
    if factor == 1:
        return counts
    flat = counts.reshape(counts.shape[0] if by_year else 1, -1)
    threshold = (np.arange(1, flat.shape[1] + 1) * GOLDEN_RATIO) % 1
    return np.floor(flat * factor + threshold).astype(np.int64).reshape(counts.shape)


@dataclass(frozen=True)
class Years:
    """The training years of a run: ``count`` of them from calendar year ``first``."""

    first: int
    count: int

    def dense(self, table: Table, value: str, shape: tuple[int, ...], indexes: Sequence[Index]) -> Ints:
        """[year, ...] whole-number values of a table, each row holding until the next of its key.

        ``indexes`` translate the keys other than ``year``, in column order; before its first row a key
        is 0. Rows after the horizon are not used.
        """
        result = np.zeros((self.count, *shape), np.int64)
        for years, key, (cell,) in self.dated(table, value):
            where: tuple[Any, ...] = (years, *(index[k] for index, k in zip(indexes, key, strict=True)))
            result[where] = cell
        return result

    def dated(self, table: Table | None, *columns: str) -> list[tuple[slice, Key, Cells]]:
        """Rows of a dated table, earliest first: the years from each on, its key without the year, its cells.

        Written in this order over an array, each row holds until the next of its key. A table that is
        absent has no rows.
        """
        if table is None:
            return []
        at = [column.name for column in table.spec.keys].index("year")
        rows = sorted(zip(table.keys, table.rows(*columns), strict=True), key=lambda row: row[0][at])
        return [
            (slice(max(key[at] - self.first, 0), None), key[:at] + key[at + 1 :], cells)
            for key, cells in rows
        ]

    def numbers(self, table: Table | None, columns: Sequence[str], *indexes: Index) -> Ints:
        """[year, ..., column]: each row holds until the next of its key, and before the first all is 0.

        Probabilities become thresholds, other numbers with a fraction hundredths; ``indexes`` are as for
        :meth:`dense`.
        """
        shape = (self.count, *(len(index) for index in indexes), len(columns))
        result = np.zeros(shape, np.int64)
        for years, key, cells in self.dated(table, *columns):
            where = tuple(index[part] for index, part in zip(indexes, key, strict=True))
            for k, (column, value) in enumerate(zip(columns, cells, strict=True)):
                kind = table.spec.by_name[column].kind if table else ""
                if kind == "probability":
                    value = threshold(value)
                elif kind == "number":
                    value = percent(value)
                place: tuple[Any, ...] = (years, *where, k)
                result[place] = value
        return result

    def in_force(self, table: Table | None, *columns: str) -> list[dict[Key, Cells]]:
        """For each year the cells that hold, by key without the year, in the order of :meth:`dated`."""
        held: list[dict[Key, Cells]] = [{} for _ in range(self.count)]
        for years, key, cells in self.dated(table, *columns):
            for of_year in held[years]:
                of_year[key] = cells
        return held

    def of_rule(self, table: Table, value: str) -> list[Any]:
        """Value of each year of a table keyed by year alone."""
        return [cells[()][0] for cells in self.in_force(table, value)]


def grouped(table: Table, group: str, *columns: str) -> dict[Any, list[tuple[Any, ...]]]:
    """Rows of ``columns`` by the value of ``group``, in file order."""
    rows: dict[Any, list[tuple[Any, ...]]] = defaultdict(list)
    for key, *rest in table.rows(group, *columns):
        rows[key].append(tuple(rest))
    return rows


def counts(table: Table, value: str, shape: tuple[int, ...], indexes: Sequence[Index]) -> Ints:
    """[...] whole-number values of a table by its keys; 0 where there is no row."""
    result = np.zeros(shape, np.int64)
    for key, cell in zip(table.keys, table[value], strict=True):
        result[tuple(index[part] for index, part in zip(indexes, key, strict=True))] = cell
    return result
