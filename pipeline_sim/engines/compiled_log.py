"""The log of the compiled engine: a month's rows put in order and spread into the final columns."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np
from numba import int64
from numpy.typing import NDArray

from pipeline_sim.compiling import by_field, flow
from pipeline_sim.eventlog import EventLog
from pipeline_sim.identity import SYSTEM_PERSON

_SMALLEST = 1 << 16
_GROWTH = 3  # half as much again
_OURS = 3  # references to an array that only the shelf knows: the tuple, the loop and the count itself


class Columns(NamedTuple):
    """The columns of an ``EventLog`` with room for more rows."""

    month: NDArray[np.int16]
    phase: NDArray[np.int8]
    person: NDArray[np.int64]
    event: NDArray[np.uint8]
    programme: NDArray[np.int16]
    level: NDArray[np.int16]
    region: NDArray[np.int8]
    wte: NDArray[np.uint8]
    detail: NDArray[np.int32]


KINDS = {
    "month": np.int16, "phase": np.int8, "person": np.int64, "event": np.uint8, "programme": np.int16,
    "level": np.int16, "region": np.int8, "wte": np.uint8, "detail": np.int32,
}  # fmt: skip


@flow
def _tally(rows: Any, count: Any, bits: Any, low: Any, high: Any):
    """Count the low and the high digits of person + 1; returns whether the rows are in order already."""
    mask = low.shape[0] - 1
    low[:] = 0
    high[:] = 0
    in_order, last = True, rows[0].person
    for k in range(count):
        person = rows[k].person
        in_order &= person >= last
        last = person
        low[(person + 1) & mask] += 1
        high[(person + 1) >> bits] += 1
    return in_order


@flow
def _first_places(tally: Any):
    """Turn counts into where each digit's first entry goes."""
    at = 0
    for k in range(tally.shape[0]):
        here = tally[k]
        tally[k] = at
        at += here


@flow
def _spread(row: Any, c: Any, at: Any):
    c.event[at] = row.event
    c.programme[at] = row.programme
    c.level[at] = row.level
    c.region[at] = row.region
    c.wte[at] = row.wte
    c.detail[at] = row.detail


@flow
def put_in_order(
    rows: Any,
    count: Any,
    month: Any,
    phase: Any,
    identity: Any,
    columns: Any,
    at: Any,
    scratch: Any,
    tally: Any,
):
    """Append a phase's rows by person, each person's as written: a stable radix sort in two passes.

    What is sorted is (person, row) in 64 bits. ``scratch`` [2, >= count]; ``tally`` [2, 2**bits], enough
    that two digits hold any person.
    """
    bits = 0
    while tally.shape[1] >> bits > 1:
        bits += 1
    low, high, mask = tally[0], tally[1], tally.shape[1] - 1
    in_order = _tally(rows, count, bits, low, high)
    _first_places(low)
    _first_places(high)
    pairs, in_turn = scratch[0], scratch[1]
    if not in_order:
        for k in range(count):
            person = int64(rows[k].person) + 1
            digit = person & mask
            pairs[low[digit]] = (person << 32) | k
            low[digit] += 1
        for k in range(count):
            digit = pairs[k] >> (32 + bits)
            in_turn[high[digit]] = pairs[k]
            high[digit] += 1
    if in_order:
        for k in range(count):
            row = rows[k]
            columns.person[at + k] = identity[row.person] if row.person >= 0 else SYSTEM_PERSON
            _spread(row, columns, at + k)
    else:
        for k in range(count):
            person = (in_turn[k] >> 32) - 1
            columns.person[at + k] = identity[person] if person >= 0 else SYSTEM_PERSON
        for k in range(count):
            _spread(rows[in_turn[k] & 0xFFFFFFFF], columns, at + k)
    columns.month[at : at + count] = month
    columns.phase[at : at + count] = phase


class Shelf:
    """Room for logs, kept from run to run: fresh memory costs as much as filling it."""

    def __init__(self, identity: NDArray[np.int64]) -> None:
        self.identity = identity
        self._columns = _room(_SMALLEST)
        self.scratch = np.empty((2, _SMALLEST), np.int64)
        digits = (int(len(identity) + 1).bit_length() + 1) // 2
        self.tally = np.zeros((2, 1 << digits), np.int64)

    def take(self, expected: int) -> Columns:
        """The columns of the last log if nobody holds any of them any more, otherwise new ones."""
        columns, self._columns = self._columns, _room(0)
        if len(columns.month) >= expected and all(sys.getrefcount(array) <= _OURS for array in columns):
            return columns
        return _room(expected)

    def put_back(self, columns: Columns) -> None:
        self._columns = columns


class Book:
    """Collects the log of one run, month by month."""

    def __init__(self, shelf: Shelf, expected: int) -> None:
        self._shelf = shelf
        self._columns = shelf.take(max(_SMALLEST, expected))
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    def append(self, rows: NDArray, count: int, month: int, phase: int) -> None:
        """Add the rows of a phase, written in any order of people."""
        if not count:
            return
        shelf = self._shelf
        if self._rows + count > len(self._columns.month):
            self._columns = _grown(self._columns, self._rows, count)
        if count > shelf.scratch.shape[1]:
            shelf.scratch = np.empty((2, _GROWTH * count // 2), np.int64)
        put_in_order(
            by_field(rows),
            count,
            month,
            phase,
            shelf.identity,
            self._columns,
            self._rows,
            shelf.scratch,
            shelf.tally,
        )
        self._rows += count

    def close(self) -> EventLog:
        """The log, complete."""
        self._shelf.put_back(self._columns)
        return EventLog(**{name: getattr(self._columns, name)[: self._rows] for name in KINDS})


def _room(rows: int) -> Columns:
    return Columns(**{name: np.empty(rows, kind) for name, kind in KINDS.items()})


def _grown(columns: Columns, used: int, more: int) -> Columns:
    larger = _room(max(_GROWTH * len(columns.month) // 2, used + more))
    for name in KINDS:
        getattr(larger, name)[:used] = getattr(columns, name)[:used]
    return larger
