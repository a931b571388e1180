"""Compiled passes over lives: from rows of the log to states, and from states to counts and roads.

A life is a run of rows ``LIFE`` of one person; ``begin`` tells where each person's begin, with one more
at the end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.compiling import kernel
from pipeline_sim.results.log_passes import place_of
from pipeline_sim.vocabulary import COVERING, CREDIT_KIND, KINDS, Event, PoolKind, State

FOUNDATION_PROGRAMME = 0
FULL_TIME = 100  # percent
RETURNING = int(max(PoolKind)) + 1  # added to the cause of waiting of someone who waits to step back in

#: A row of a life; what each part means is told by ``Lives``.
LIFE = np.dtype(
    [
        ("detail", np.int32),
        ("month", np.int16),
        ("own_level", np.int16),
        ("programme", np.int16),
        ("level", np.int16),
        ("event", np.uint8),
        ("wte", np.uint8),
        ("region", np.int8),
        ("state", np.int8),
        ("cause", np.int8),
        ("first", np.bool_),
    ],
    align=True,
)
#: A CCT or portfolio registration, and the road to it. Months are those of the simulation, -1 where the
#: run did not see it; ``since`` is the F2 sign-off, or the first row of the person without one.
COMPLETION = np.dtype(
    [
        ("person", np.int32),  # position
        ("in_training", np.int32),  # months since ``since``, as are those waiting
        ("waiting", np.int32),
        ("wte_months", np.int32),  # percent x months in training
        ("less_than_full_time", np.int32),  # months in training, since ``since``
        ("stepped_out", np.int32),  # months
        ("credit", np.int32),  # WTE months x 100
        ("step_outs", np.int16),
        ("since", np.int16),
        ("month", np.int16),
        ("programme", np.int16),
        ("signed_off", np.int16),
        ("foundation", np.int16),  # entered F1
        ("specialty", np.int16),  # first started a specialty level
        ("opening", np.int16),  # started this programme
        ("region", np.int8),
        ("portfolio", np.bool_),
        ("began_before", np.bool_),  # the road began before month 0
    ],
    align=True,
)
#: An F2 sign-off, and the month of the next start in specialty training, -1 for none.
SIGN_OFF = np.dtype(
    [("month", np.int16), ("programme", np.int16), ("start", np.int16), ("region", np.int8)], align=True
)
#: The start of a doctor in practice after a CCT of their own.
PRACTICE = np.dtype(
    [("month", np.int16), ("programme", np.int16), ("region", np.int8), ("wte", np.uint8)], align=True
)
#: A step-out and the return from it. ``out`` is -1 when the run did not see it begin, ``back`` while or
#: where the doctor does not return; ``waited`` are months from the first refusal until the return.
STEP_OUT = np.dtype(
    [
        ("out", np.int16),
        (
            "until",
            np.int16,
        ),  # month in which they gave up, were back or began to wait for it; -1 not in the run
        ("back", np.int16),
        ("waited", np.int16),
        ("programme", np.int16),
        ("region", np.int8),
        ("kind", np.int8),
    ],
    align=True,
)

_LAST_STATE, _LAST_CAUSE = int(max(State)), int(max(PoolKind))
_OUTSIDE = int(State.OUTSIDE)
_FOUNDATION_WAITING, _UNPLACED = int(State.FOUNDATION_WAITING), int(State.UNPLACED)
_TRAINING, _TRAINING_WAITING = int(State.TRAINING), int(State.TRAINING_WAITING)
_BLOCKED, _PLACEMENT_BLOCKED = int(Event.BLOCKED), int(Event.PLACEMENT_BLOCKED)
_CHANGED_HOURS, _STARTED_LEVEL = int(Event.CHANGED_HOURS), int(Event.STARTED_LEVEL)
_PRESENT_AT_START, _FOUNDATION_STARTED = int(Event.PRESENT_AT_START), int(Event.FOUNDATION_STARTED)
_SIGNED_OFF, _CERTIFIED = int(Event.FOUNDATION_SIGNED_OFF), int(Event.COMPLETED_TRAINING)
_PORTFOLIO, _STARTED_PRACTICE = int(Event.PORTFOLIO_REGISTERED), int(Event.STARTED_PRACTICE)
_CONSULTANT, _GP = int(State.CONSULTANT), int(State.GP)
_AWAY = int(State.STEPPED_OUT)
_STARTED_OUTSIDE = int(Event.STARTED_OUTSIDE)
_COVERED = COVERING + int(State.LOCALLY_EMPLOYED)
_STEPPED_OUT, _STEPPED_IN = int(Event.STEPPED_OUT), int(Event.STEPPED_IN)
_CREDIT_GRANTED = int(Event.CREDIT_GRANTED)
_FOUNDATION_PLACE, _TRAINING_POST = int(PoolKind.FOUNDATION_PLACE), int(PoolKind.TRAINING_POST)


@kernel
def count_rows(
    ends: NDArray, shift: NDArray, event: NDArray, person: NDArray, kept: NDArray, people: int
) -> NDArray:
    """Where each person's rows begin, if only the kept events are kept. For stretches see ``People``."""
    begin = np.zeros(people + 1, np.int32)
    row = 0
    for stretch in range(len(ends)):
        for at in range(row, ends[stretch]):
            if kept[event[at]]:
                begin[person[at] - shift[stretch] + 1] += 1
        row = ends[stretch]
    begin[0] = 0  # no system row is kept
    for position in range(people):
        begin[position + 1] += begin[position]
    return begin


@kernel
def gather_rows(
    ends: NDArray,
    shift: NDArray,
    person: NDArray,
    month: NDArray,
    event: NDArray,
    programme: NDArray,
    level: NDArray,
    region: NDArray,
    wte: NDArray,
    detail: NDArray,
    kept: NDArray,
    begin: NDArray,
    lives: NDArray,
) -> None:
    """Copy the kept rows of the log into ``lives``, by person and then as in the log."""
    following = begin.copy()
    row = 0
    for stretch in range(len(ends)):
        for at in range(row, ends[stretch]):
            position = person[at] - shift[stretch]
            if kept[event[at]] and position >= 0:
                life = lives[following[position]]
                following[position] += 1
                life.detail = detail[at]
                life.month = month[at]
                life.own_level = level[at]
                life.programme = programme[at]
                life.level = level[at]
                life.event = event[at]
                life.wte = wte[at]
                life.region = region[at]
        row = ends[stretch]


@kernel
def follow_states(
    lives: NDArray,
    begin: NDArray,
    state_after: NDArray,
    in_detail: NDArray,
    shape: tuple[int, int, int],
    slot: NDArray,
    used: NDArray,
    happened: NDArray,
) -> None:
    """Fill in ``state``, ``cause`` and ``first``, and carry place and hours over rows that leave them.

    Marks in ``used`` [slot of the place, state, cause] where people are, and counts rows by event in
    ``happened``.
    """
    for person in range(len(begin) - 1):
        state, cause, wte = _OUTSIDE, 0, 0
        programme, level, region = 0, 0, 0
        for at in range(begin[person], begin[person + 1]):
            life = lives[at]
            event, first = life.event, at == begin[person]
            happened[event] += 1
            entered = int(state_after[event])
            if in_detail[event]:
                covers = event == _STARTED_OUTSIDE and life.detail == _COVERED
                entered = int(life.detail) - COVERING * covers
            elif event == _BLOCKED and life.programme == FOUNDATION_PROGRAMME:
                entered = _FOUNDATION_WAITING
            if entered >= 0 or first:
                away = state == _AWAY or (state == _TRAINING_WAITING and cause >= RETURNING)
                returning = away and event == _BLOCKED and life.programme == programme
                programme, level, region = life.programme, life.level, life.region
                state, cause = max(entered, _OUTSIDE), 0
                if event in (_BLOCKED, _PLACEMENT_BLOCKED):
                    cause = life.detail
                elif entered == _FOUNDATION_WAITING:
                    cause = _FOUNDATION_PLACE
                elif entered == _UNPLACED:
                    cause = _TRAINING_POST
                if state > _LAST_STATE or not 0 <= cause <= _LAST_CAUSE:
                    raise ValueError("the detail of an event is no state and no cause of waiting")
                if state == _AWAY and event == _STEPPED_OUT:
                    cause = 1 + int(life.detail) % KINDS
                    if cause >= used.shape[2]:
                        raise ValueError("the detail of an event is no kind of step-out")
                elif returning:
                    cause += RETURNING
                used[slot[place_of(programme, level, region, shape)], state, cause] = True
            if entered >= 0 or first or event == _CHANGED_HOURS:
                wte = 0 if state == _AWAY else int(life.wte)
            life.programme, life.level, life.region = programme, level, region
            life.state, life.cause, life.wte, life.first = state, cause, wte, first


@kernel
def count_heads(
    lives: NDArray, begin: NDArray, shape: tuple[int, int, int], slot: NDArray, cells: NDArray, held: NDArray
) -> None:
    """Fill ``held`` [cell, month, 3], which is all zero, with what each cell holds at each month's end.

    ``cells`` numbers what ``follow_states`` marked. The three amounts are heads, percent of full time in
    all, and heads below full time.
    """
    for person in range(len(begin) - 1):
        cell, wte = -1, np.uint8(0)
        for at in range(begin[person], begin[person + 1]):
            life = lives[at]
            if at + 1 < begin[person + 1] and lives[at + 1].month == life.month:
                continue  # gone on before the month's end
            entered = -1
            if life.state != _OUTSIDE:
                place = place_of(life.programme, life.level, life.region, shape)
                entered = cells[slot[place], life.state, life.cause]
            if entered == cell and life.wte == wte:
                continue
            if cell >= 0:
                _change(held[cell, life.month], -1, wte)
            if entered >= 0:
                _change(held[entered, life.month], 1, life.wte)
            cell, wte = entered, life.wte
    for cell in range(held.shape[0]):
        for month in range(1, held.shape[1]):
            for amount in range(held.shape[2]):
                held[cell, month, amount] += held[cell, month - 1, amount]


@kernel
def _change(held: NDArray, heads: int, wte: int) -> None:
    held[0] += heads
    held[1] += heads * np.int64(wte)
    held[2] += heads * (wte < FULL_TIME)


@kernel
def find_completions(lives: NDArray, begin: NDArray, months: int, final_level: int, found: NDArray) -> None:
    """Fill ``found`` (COMPLETION) with one row a completion, by person."""
    number = 0
    for person in range(len(begin) - 1):
        first = begin[person]
        since = signed_off = foundation = specialty = opening = np.int16(-1)
        opened = np.int16(-1)
        final_start = False
        in_training = waiting = wte_months = part_time = away = credit = step_outs = 0
        for at in range(first, begin[person + 1]):
            life = lives[at]
            event, month = life.event, life.month
            if at == first:
                since = month
            if event == _SIGNED_OFF and life.own_level == final_level:
                since = signed_off = month
                in_training = waiting = wte_months = part_time = away = credit = step_outs = 0
            elif event == _STARTED_LEVEL and life.programme != FOUNDATION_PROGRAMME:
                if specialty < 0:
                    specialty = month
                if life.detail == 1:
                    opening, opened = month, life.programme
            elif event == _FOUNDATION_STARTED and foundation < 0 and not final_start:
                final_start = life.own_level == final_level
                if not final_start:
                    foundation = month
            elif event in (_CERTIFIED, _PORTFOLIO):
                done = found[number]
                number += 1
                done.person = person
                done.in_training, done.waiting, done.wte_months = in_training, waiting, wte_months
                done.less_than_full_time, done.stepped_out = part_time, away
                done.credit, done.step_outs = credit, step_outs
                done.since, done.month, done.signed_off = since, month, signed_off
                done.foundation, done.specialty = foundation, specialty
                done.programme, done.region = life.programme, life.region
                done.opening = opening if opened == life.programme else np.int16(-1)
                done.portfolio = event == _PORTFOLIO
                stock = lives[first].event == _PRESENT_AT_START and signed_off < 0
                at_start = lives[first].state
                trained = at_start in (_TRAINING, _TRAINING_WAITING)
                done.began_before = stock and (trained or specialty < 0)
            elif event == _CREDIT_GRANTED:
                credit += int(life.detail) % CREDIT_KIND
            elif event == _STEPPED_OUT:
                step_outs += 1
            until = months if at + 1 == begin[person + 1] else int(lives[at + 1].month)
            spent = until - int(month)
            if life.state == _TRAINING:
                in_training += spent
                wte_months += spent * int(life.wte)
                if life.wte < FULL_TIME:
                    part_time += spent
            elif life.state == _AWAY:
                away += spent
            elif (
                life.state == _TRAINING_WAITING
                or life.state == _FOUNDATION_WAITING
                or life.state == _UNPLACED
            ):
                waiting += spent


@kernel
def find_sign_offs(lives: NDArray, begin: NDArray, final_level: int, found: NDArray) -> int:
    """Fill ``found`` (SIGN_OFF) with the F2 sign-offs, by person; how many there are."""
    number = 0
    for person in range(len(begin) - 1):
        for at in range(begin[person], begin[person + 1]):
            life = lives[at]
            if life.event == _SIGNED_OFF and life.own_level == final_level:
                signed = found[number]
                number += 1
                signed.month, signed.start = life.month, -1
                signed.programme, signed.region = life.programme, life.region
                for later in range(at + 1, begin[person + 1]):
                    start = lives[later]
                    if start.event == _STARTED_LEVEL and start.programme != FOUNDATION_PROGRAMME:
                        signed.start = start.month
                        break
    return number


@kernel
def find_practice_after_cct(lives: NDArray, begin: NDArray, found: NDArray) -> int:
    """Fill ``found`` (PRACTICE) with starts as a consultant or GP after a CCT, by person; how many."""
    number = 0
    for person in range(len(begin) - 1):
        certified = False
        for at in range(begin[person], begin[person + 1]):
            life = lives[at]
            if life.event == _STARTED_PRACTICE:
                if certified and (life.state == _CONSULTANT or life.state == _GP):
                    start = found[number]
                    number += 1
                    start.month, start.wte = life.month, life.wte
                    start.programme, start.region = life.programme, life.region
                certified = False
            elif life.event == _CERTIFIED:
                certified = True
            elif life.event == _PORTFOLIO:
                certified = False
    return number


@kernel
def find_step_outs(lives: NDArray, begin: NDArray, found: NDArray) -> int:
    """Fill ``found`` (STEP_OUT) with step-outs and returns, by person; how many there are.

    Stepping out again before coming back continues the absence: the return ends both.
    """
    number = 0
    for person in range(len(begin) - 1):
        opened, refused = -1, -1
        for at in range(begin[person], begin[person + 1]):
            life = lives[at]
            if life.event == _STEPPED_OUT or (life.event == _STEPPED_IN and opened < 0):
                if opened < 0:
                    opened = number
                spell = found[number]
                number += 1
                spell.out = life.month if life.event == _STEPPED_OUT else np.int16(-1)
                spell.until, spell.back, spell.waited = -1, -1, 0
                spell.kind = life.detail % KINDS
                spell.programme, spell.region = life.programme, life.region
            if opened >= 0 and life.state != _AWAY:
                for earlier in range(opened, number):
                    if found[earlier].until < 0:
                        found[earlier].until = life.month
            if life.event == _STEPPED_IN:
                for earlier in range(opened, number):
                    found[earlier].back = life.month
                if refused >= 0:
                    found[number - 1].waited = life.month - refused
                opened, refused = -1, -1
            elif life.state == _TRAINING_WAITING and life.cause >= RETURNING:
                if refused < 0:
                    refused = int(life.month)
            elif life.state != _AWAY:
                opened, refused = -1, -1
    return number
