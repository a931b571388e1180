"""What the derive scripts share: reading published figures, apportioning counts, writing tables.

A published figure is one row of ``published/*.csv`` with the columns ``figure, item, year, value, unit,
geography, source, status, note``. Derived rows carry the source of the figure they rest on most, and
status ``assumption`` with a note that says how they were made.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
PUBLISHED = HERE / "published"
Row = dict[str, str]

REGIONS: dict[str, str] = {
    "north_east_and_yorkshire": "North East and Yorkshire",
    "north_west": "North West",
    "midlands": "Midlands",
    "east_of_england": "East of England",
    "london": "London",
    "south_east": "South East",
    "south_west": "South West",
}


@cache
def read(name: str) -> tuple[Row, ...]:
    """The rows of ``published/<name>.csv``."""
    with (PUBLISHED / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return tuple(csv.DictReader(handle))


@cache
def table(name: str) -> tuple[Row, ...]:
    """The rows of a finished table beside this script."""
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return tuple(csv.DictReader(handle))


def figures(name: str, figure: str, year: str | None = None) -> dict[str, Row]:
    """Rows of one figure by item. With several years the last row of the file wins unless one is named."""
    rows = [r for r in read(name) if r["figure"] == figure and (year is None or r["year"] == year)]
    if not rows:
        raise KeyError(f"published/{name}.csv has no figure {figure!r} for {year or 'any year'}")
    return {r["item"]: r for r in rows}


def value(name: str, figure: str, item: str, year: str | None = None) -> float:
    """One number."""
    return float(figures(name, figure, year)[item]["value"])


def by_year(name: str, figure: str, item: str) -> dict[int, float]:
    """A yearly series of one item."""
    return {
        int(r["year"]): float(r["value"]) for r in read(name) if r["figure"] == figure and r["item"] == item
    }


@cache
def catalogue() -> tuple[Row, ...]:
    """Programmes in table order with the keys that link them to published rates."""
    return read("programme_catalogue")


def apportion(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Split a whole number by weights with the largest-remainder method; ties go to the earlier key."""
    whole = sum(weights.values())
    if whole <= 0:
        raise ValueError("weights must add to more than nothing")
    exact = {k: total * w / whole for k, w in weights.items()}
    given = {k: math.floor(x + 1e-9) for k, x in exact.items()}
    order = sorted(weights, key=lambda k: (-(exact[k] - given[k]), list(weights).index(k)))
    for k in order[: total - sum(given.values())]:
        given[k] += 1
    return given


def areas_to_regions(amounts: Mapping[str, float]) -> dict[str, float]:
    """Amounts by foundation school or local office, added up by NHS England region."""
    result = dict.fromkeys(REGIONS, 0.0)
    for row in read("areas"):
        if row["area"] in amounts:
            result[row["region"]] += amounts[row["area"]] * float(row["share"])
    return result


def write(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table. Every row ends with source, status, low, high and note."""
    with (HERE / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow([*columns, "source", "status", "low", "high", "note"])
        for row in rows:
            cells = list(row) + [""] * (len(columns) + 5 - len(row))
            writer.writerow([f"{c:.10g}" if isinstance(c, float) else c for c in cells])
    table.cache_clear()
