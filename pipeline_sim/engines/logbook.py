"""The log as an engine writes it: rows appended in any order, put in their final order once at the end."""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.clock import TICKS_PER_MONTH
from pipeline_sim.eventlog import NONE, EventLog

_EVENT, _PROGRAMME, _LEVEL, _REGION, _WTE = 13, 19, 26, 36, 42  # first bit of each field; tick comes first


NOWHERE = 0


def place(programme: int = NONE, level: int = NONE, region: int = NONE, wte: int = 0) -> int:
    """Programme, level, region and percent of full time, packed once and logged many times."""
    return (programme + 1) << _PROGRAMME | (level + 1) << _LEVEL | (region + 1) << _REGION | wte << _WTE


class Logbook:
    """Collects rows: one at a time from lives, many at a time from rounds."""

    def __init__(self) -> None:
        self._packed = array("q")
        self._person = array("q")
        self._detail = array("q")
        self._chunks: list[tuple[NDArray, NDArray, NDArray]] = []
        self._rows_in_chunks = 0

    def __len__(self) -> int:
        return len(self._packed) + self._rows_in_chunks

    def write(self, tick: int, person: int, event: int, where: int = NOWHERE, detail: int = 0) -> None:
        """One row; ``where`` is a ``place``."""
        self._packed.append(tick | event << _EVENT | where)
        self._person.append(person)
        self._detail.append(detail)

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
        """Rows of one event; each column is an array or one value for all. Written after single rows of
        the same tick and person, so an engine must not write single rows in a tick of many."""
        count = len(person)
        if not count:
            return
        packed = np.zeros(count, np.int64) + (tick | event << _EVENT)
        for value, shift in ((programme, _PROGRAMME), (level, _LEVEL), (region, _REGION)):
            packed += (np.asarray(value, np.int64) + 1) << shift
        packed += np.asarray(wte, np.int64) << _WTE
        whole = np.zeros(count, np.int64)
        self._chunks.append((packed, np.asarray(person, np.int64), whole + detail))
        self._rows_in_chunks += count

    def close(self) -> EventLog:
        """All rows in their final order: month, phase, person, and as written within those."""
        single = tuple(np.frombuffer(c, np.int64) for c in (self._packed, self._person, self._detail))
        parts = [single, *self._chunks]
        packed, person, detail = (np.concatenate([part[k] for part in parts]) for k in range(3))
        tick = packed & ((1 << _EVENT) - 1)
        order = np.lexsort((person, tick))
        packed, person, detail, tick = packed[order], person[order], detail[order], tick[order]

        def field(first: int, last: int) -> NDArray:
            return (packed >> first) & ((1 << (last - first)) - 1)

        return EventLog(
            month=(tick // TICKS_PER_MONTH).astype(np.int16),
            phase=(tick % TICKS_PER_MONTH).astype(np.int8),
            person=person,
            event=field(_EVENT, _PROGRAMME).astype(np.uint8),
            programme=(field(_PROGRAMME, _LEVEL) - 1).astype(np.int16),
            level=(field(_LEVEL, _REGION) - 1).astype(np.int16),
            region=(field(_REGION, _WTE) - 1).astype(np.int8),
            wte=field(_WTE, _WTE + 8).astype(np.uint8),
            detail=detail.astype(np.int32),
        )
