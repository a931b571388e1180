"""The log read one life after another: who was in what state, from when until when.

Only events that bear on a person's state, hours or sign-off are kept; applications and offers, most of
the log, are not. Sorted once, then shared by everything that follows people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.compiling import by_field
from pipeline_sim.eventlog import EventLog
from pipeline_sim.results.labels import step_out_names
from pipeline_sim.results.life_passes import (
    LIFE,
    RETURNING,
    count_rows,
    follow_states,
    gather_rows,
)
from pipeline_sim.results.people import People, find_people
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import STATE_AFTER, STATE_IN_DETAIL, Event, State

_STATE_OF = np.full(256, -1, dtype=np.int8)
for _event, _state in STATE_AFTER.items():
    _STATE_OF[_event] = _state
_IN_DETAIL = np.zeros(256, dtype=bool)
_IN_DETAIL[[int(event) for event in STATE_IN_DETAIL]] = True
_LIFE_EVENT = (_STATE_OF >= 0) | _IN_DETAIL
_LIFE_EVENT[[Event.CHANGED_HOURS, Event.FOUNDATION_SIGNED_OFF, Event.CREDIT_GRANTED]] = True

WAITING_STATES = (
    State.STUDENT_WAITING,
    State.FOUNDATION_WAITING,
    State.TRAINING_WAITING,
    State.UNPLACED,
)


@dataclass(frozen=True)
class Lives:
    """Rows of the log that make up lives, ordered by person and then by position in the log.

    ``rows`` has one entry a row. ``event``, ``month``, ``detail`` and ``own_level`` are the row's own;
    ``programme``, ``level`` and ``region`` are those of the person's state after the row (of the row
    that last changed it); ``wte`` also follows changes of hours and is 0 while stepped out of training.
    ``cause`` is the ``PoolKind`` a waiting person waits for, with ``RETURNING`` added if they wait to step
    back in to their programme, and 1 + the kind of step-out of someone away from training; otherwise, and
    when not recorded, 0. ``first`` marks the first row of a person.
    """

    months: int  # horizon: open spells end here
    people: People
    rows: NDArray  # of dtype LIFE
    begin: NDArray[np.int32]  # where the rows of each person begin, and one more
    used: NDArray[np.bool_]  # where anyone is: [place among those of ``People``, state, cause]
    happened: NDArray[np.int64]  # rows by event

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def event(self) -> NDArray[np.uint8]:
        return self.rows["event"]

    @property
    def month(self) -> NDArray[np.int16]:
        return self.rows["month"]

    @property
    def state(self) -> NDArray[np.int8]:
        return self.rows["state"]

    @property
    def first(self) -> NDArray[np.bool_]:
        return self.rows["first"]

    @property
    def until(self) -> NDArray[np.int16]:
        """Month at which each row gives way to the person's next one; the horizon after the last."""
        following = np.append(self.month[1:], self.months)[: len(self)].astype(np.int16)
        following[np.append(self.first[1:], True)[: len(self)]] = self.months
        return following

    @property
    def duration(self) -> NDArray[np.int64]:
        """Whole months between each row and the next of that person, or the horizon."""
        return self.until.astype(np.int64) - self.month

    def following(self, marked: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Position of the person's next marked row at or after each row; -1 if there is none."""
        positions = np.where(marked, np.arange(len(self)), len(self))
        found = np.minimum.accumulate(positions[::-1])[::-1] if len(self) else positions
        end = np.repeat(self.begin[1:], np.diff(self.begin))
        return np.where(found < end, found, -1)

    def of(self, people: NDArray) -> Lives:
        """The lives of some people, given by ascending position."""
        length = np.diff(self.begin)[people]
        begin = np.concatenate(([0], np.cumsum(length)))
        rows = self.rows[np.arange(begin[-1]) + np.repeat(self.begin[people] - begin[:-1], length)]
        happened = np.bincount(rows["event"], minlength=len(self.happened))
        return Lives(self.months, self.people, rows, begin, self.used, happened)


def read_lives(log: EventLog, blueprint: Blueprint, people: People | None = None) -> Lives:
    """Follow every person of ``log`` from their first event to the horizon.

    Two refinements of the vocabulary: a blocked foundation doctor (``BLOCKED`` with programme
    foundation) goes on waiting for foundation, and a graduate waits for a foundation place until
    something else is recorded as blocking them. ``people`` saves finding them if that was done.
    """
    people = find_people(log, blueprint) if people is None else people
    begin = count_rows(people.ends, people.shift, log.event, log.person, _LIFE_EVENT, len(people))
    rows = by_field(np.empty(begin[-1], dtype=LIFE))
    gather_rows(
        people.ends,
        people.shift,
        log.person,
        log.month,
        log.event,
        log.programme,
        log.level,
        log.region,
        log.wte,
        log.detail,
        _LIFE_EVENT,
        begin,
        rows,
    )
    causes = max(2 * RETURNING, len(step_out_names(blueprint)) + 1)
    used = np.zeros((len(people.places), max(State) + 1, causes), dtype=bool)
    happened = np.zeros(256, dtype=np.int64)
    follow_states(rows, begin, _STATE_OF, _IN_DETAIL, people.shape, people.slot, used, happened)
    return Lives(blueprint.months, people, rows, begin, used, happened)
