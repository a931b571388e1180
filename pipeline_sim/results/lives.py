"""The log read one life after another: who was in what state, from when until when.

Only events that bear on a person's state, hours or sign-off are kept; applications and offers, most of
the log, are not. Sorted once, then shared by everything that follows people.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.eventlog import EventLog
from pipeline_sim.identity import SYSTEM_PERSON
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import STATE_AFTER, STATE_IN_DETAIL, Event, PoolKind, State

FOUNDATION_PROGRAMME = 0

_STATE_OF = np.full(256, -1, dtype=np.int8)
for _event, _state in STATE_AFTER.items():
    _STATE_OF[_event] = _state
_IN_DETAIL = np.zeros(256, dtype=bool)
_IN_DETAIL[[int(event) for event in STATE_IN_DETAIL]] = True
_LIFE_EVENT = (_STATE_OF >= 0) | _IN_DETAIL
_LIFE_EVENT[[Event.CHANGED_HOURS, Event.FOUNDATION_SIGNED_OFF]] = True

WAITING_STATES = (
    State.STUDENT_WAITING,
    State.FOUNDATION_WAITING,
    State.TRAINING_WAITING,
    State.UNPLACED,
)


@dataclass(frozen=True)
class Lives:
    """Rows of the log that make up lives, ordered by person and then by position in the log.

    All arrays have one entry a row. ``programme``, ``level`` and ``region`` are those of the person's
    state after the row (of the row that last changed it); ``wte`` also follows changes of hours.
    ``cause`` is the ``PoolKind`` a waiting person waits for, 0 when not waiting or not recorded.
    """

    months: int  # horizon: open spells end here
    person: NDArray[np.int64]
    month: NDArray[np.int16]
    event: NDArray[np.uint8]
    own_level: NDArray[np.int16]  # of the row itself
    detail: NDArray[np.int32]
    first: NDArray[np.bool_]  # first row of a person
    state: NDArray[np.int8]
    programme: NDArray[np.int16]
    level: NDArray[np.int16]
    region: NDArray[np.int8]
    wte: NDArray[np.uint8]
    cause: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.person)

    @cached_property
    def start(self) -> NDArray[np.int64]:
        """Position of the first row of each row's person."""
        rows = np.arange(len(self))
        return np.maximum.accumulate(np.where(self.first, rows, 0))

    @cached_property
    def last(self) -> NDArray[np.bool_]:
        """Last row of a person."""
        return np.append(self.first[1:], True) if len(self) else self.first

    @cached_property
    def until(self) -> NDArray[np.int16]:
        """Month at which each row gives way to the person's next one; the horizon after the last."""
        following = np.append(self.month[1:], self.months).astype(np.int16)
        following[self.last] = self.months
        return following

    @cached_property
    def duration(self) -> NDArray[np.int64]:
        """Whole months between each row and the next of that person, or the horizon."""
        return self.until.astype(np.int64) - self.month

    def latest(self, marked: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Position of the person's latest marked row at or before each row; -1 if there is none."""
        rows = np.where(marked, np.arange(len(self)), -1)
        found = np.maximum.accumulate(rows) if len(self) else rows
        return np.where(found >= self.start, found, -1)

    def following(self, marked: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Position of the person's next marked row at or after each row; -1 if there is none."""
        if not len(self):
            return np.zeros(0, dtype=np.int64)
        rows = np.where(marked, np.arange(len(self)), len(self))
        found = np.minimum.accumulate(rows[::-1])[::-1]
        same = self.start[np.minimum(found, len(self) - 1)] == self.start
        return np.where((found < len(self)) & same, found, -1)


def read_lives(log: EventLog, blueprint: Blueprint) -> Lives:
    """Follow every person of ``log`` from their first event to the horizon.

    Two refinements of the vocabulary: a blocked foundation doctor (``BLOCKED`` with programme
    foundation) goes on waiting for foundation, and a graduate waits for a foundation place until
    something else is recorded as blocking them.
    """
    rows = np.flatnonzero(_LIFE_EVENT[log.event] & (log.person != SYSTEM_PERSON))
    person = log.person[rows]
    order = np.argsort(person, kind="stable")
    rows = rows[order]
    person = person[order]
    event = log.event[rows]
    detail = log.detail[rows]
    programme = log.programme[rows]
    first = np.ones(len(rows), dtype=bool)
    first[1:] = person[1:] != person[:-1]

    state = _STATE_OF[event]
    in_detail = _IN_DETAIL[event]
    state[in_detail] = detail[in_detail]
    blocked = event == Event.BLOCKED
    state[blocked & (programme == FOUNDATION_PROGRAMME)] = State.FOUNDATION_WAITING
    changes = state >= 0

    cause = np.zeros(len(rows), dtype=np.int8)
    cause[state == State.FOUNDATION_WAITING] = PoolKind.FOUNDATION_PLACE
    cause[state == State.UNPLACED] = PoolKind.TRAINING_POST
    recorded = blocked | (event == Event.PLACEMENT_BLOCKED)
    cause[recorded] = detail[recorded]

    own_level = log.level[rows]
    region = log.region[rows]
    level = own_level
    if len(rows):
        held = np.maximum.accumulate(np.where(changes | first, np.arange(len(rows)), 0))
        state = np.where(changes | ~first, state[held], np.int8(State.OUTSIDE)).astype(np.int8)
        state[state < 0] = State.OUTSIDE
        programme, level, region, cause = programme[held], own_level[held], region[held], cause[held]
    wte = log.wte[rows]
    hours = changes | (event == Event.CHANGED_HOURS) | first
    if len(rows):
        wte = wte[np.maximum.accumulate(np.where(hours, np.arange(len(rows)), 0))]
    return Lives(
        months=blueprint.months,
        person=person,
        month=log.month[rows],
        event=event,
        own_level=own_level,
        detail=detail,
        first=first,
        state=state,
        programme=programme,
        level=level,
        region=region,
        wte=wte,
        cause=cause,
    )
