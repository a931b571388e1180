"""The log as an engine writes it: rows appended in any order, put in their final order once at the end."""

from __future__ import annotations

from array import array
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.clock import TICKS_PER_MONTH
from pipeline_sim.eventlog import NONE, EventLog

# first bit of each field of a packed row; the phase comes first, and the month is kept apart
_EVENT, _PROGRAMME, _LEVEL, _REGION, _WTE, _DETAIL = 3, 9, 16, 26, 32, 40
_DETAILS = 1 << (63 - _DETAIL)  # a packed row holds details below this; the units of a large pool are more

NOWHERE = 0
NEXT_LEVEL = 1 << _LEVEL  # added to a place, the same place one level up


def happening(phase: int, event: int) -> int:
    """An event in its phase of the month, packed once and logged many times."""
    return int(phase) | int(event) << _EVENT


def place(programme: int = NONE, level: int = NONE, region: int = NONE, wte: int = 0) -> int:
    """Programme, level, region and percent of full time, packed once and logged many times."""
    return (programme + 1) << _PROGRAMME | (level + 1) << _LEVEL | (region + 1) << _REGION | wte << _WTE


def _writer(packed: array[int], person: array[int]) -> Callable[..., None]:
    """``write(happening, person, where=NOWHERE, detail=0)``: one row of this month, where (a ``place``)
    and with a detail. It is called millions of times, so what it needs is bound once."""
    add_packed, add_person = packed.append, person.append

    def write(happening: int, person: int, where: int = NOWHERE, detail: int = 0) -> None:
        add_packed(happening | where | detail << _DETAIL)
        add_person(person)

    return write


class Logbook:
    """Collects rows: one at a time from lives, many at a time from rounds."""

    def __init__(self) -> None:
        self._month = 0
        self._packed = array("q")  # this month's single rows
        self._person = array("q")
        self.write = _writer(self._packed, self._person)
        self._pieces: list[tuple[int, NDArray, NDArray]] = []  # (month, packed, person)
        self._beyond: dict[int, NDArray] = {}  # by piece: the part of its details that is not packed
        self._rows_in_pieces = 0

    def __len__(self) -> int:
        return self._rows_in_pieces + len(self._packed)

    def turn_to(self, month: int) -> None:
        """Single rows are of this month from now on."""
        self._add(self._month, np.array(self._packed, np.int64), np.array(self._person, np.int64))
        del self._packed[:], self._person[:]
        self._month = month

    def _add(self, month: int, packed: NDArray, person: NDArray) -> None:
        self._pieces.append((month, packed, person))
        self._rows_in_pieces += len(packed)

    def write_many(
        self,
        tick: int,
        person: NDArray,
        event: int,
        programme: NDArray | int = NONE,
        level: NDArray | int = NONE,
        region: NDArray | int = NONE,
        wte: NDArray | int = 0,
        detail: NDArray | int = 0,
    ) -> None:
        """Rows of one event; each column is an array or one value for all. Their order among single rows
        of the same tick and person is open, so an engine must not write single rows in a tick of many."""
        count = len(person)
        month, phase = divmod(tick, TICKS_PER_MONTH)
        packed = np.full(count, happening(phase, event), np.int64)
        for value, shift in ((programme, _PROGRAMME), (level, _LEVEL), (region, _REGION)):
            packed += (np.asarray(value, np.int64) + 1) << shift
        packed += np.asarray(wte, np.int64) << _WTE
        details = np.broadcast_to(np.asarray(detail, np.int64), count)
        if details.max(initial=0) >= _DETAILS:
            self._beyond[len(self._pieces)] = details // _DETAILS * _DETAILS
        packed += details % _DETAILS << _DETAIL
        self._add(month, packed, np.asarray(person, np.int64))

    def close(self) -> EventLog:
        """All rows in their final order: month, phase, person, and as written within those."""
        self.turn_to(self._month)
        months: dict[int, list[int]] = {}
        for piece, (month, _, _) in enumerate(self._pieces):
            months.setdefault(month, []).append(piece)
        log = _empty(len(self))
        first = 0
        for month in sorted(months):  # month by month: what is sorted fits in the cache
            pieces = [self._pieces[piece][1:] for piece in months[month]]
            packed, person = (np.concatenate(column) for column in zip(*pieces, strict=True))
            phase = (packed & (TICKS_PER_MONTH - 1)).astype(np.uint8)
            order = np.lexsort((person, phase))
            last = first + len(order)
            _fill(log, slice(first, last), month, packed[order], person[order])
            if any(piece in self._beyond for piece in months[month]):
                beyond = [self._beyond.get(n, np.zeros(len(self._pieces[n][1]))) for n in months[month]]
                log.detail[first:last] += np.concatenate(beyond)[order].astype(np.int32)
            first = last
        return log


def _empty(rows: int) -> EventLog:
    return EventLog(
        month=np.empty(rows, np.int16),
        phase=np.empty(rows, np.int8),
        person=np.empty(rows, np.int64),
        event=np.empty(rows, np.uint8),
        programme=np.empty(rows, np.int16),
        level=np.empty(rows, np.int16),
        region=np.empty(rows, np.int8),
        wte=np.empty(rows, np.uint8),
        detail=np.empty(rows, np.int32),
    )


def _fill(log: EventLog, rows: slice, month: int, packed: NDArray, person: NDArray) -> None:
    """Unpack rows of a month into a slice of the log."""

    def field(first: int, last: int) -> NDArray:
        return (packed >> first) & ((1 << (last - first)) - 1)

    log.month[rows] = month
    log.phase[rows] = field(0, _EVENT)
    log.person[rows] = person
    log.event[rows] = field(_EVENT, _PROGRAMME)
    log.programme[rows] = field(_PROGRAMME, _LEVEL) - 1
    log.level[rows] = field(_LEVEL, _REGION) - 1
    log.region[rows] = field(_REGION, _WTE) - 1
    log.wte[rows] = field(_WTE, _DETAIL)
    log.detail[rows] = packed >> _DETAIL
