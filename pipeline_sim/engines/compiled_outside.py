"""Outside training in the compiled engine: after F2 or resigning, spells, decisions, other rounds."""

from __future__ import annotations

from typing import Any

from pipeline_sim.compiling import flow
from pipeline_sim.engines.compiled_credit import live_differently
from pipeline_sim.engines.compiled_records import (
    APPLICANTS,
    STARTS,
    SURE,
    TOLD,
    Stage,
    leave,
    mark,
    next_august,
    note,
    push,
    schedule,
    training_year,
)
from pipeline_sim.prefetching import AHEAD, prefetch
from pipeline_sim.randomness import SAS_SPECIALTY, draw, pick
from pipeline_sim.rules import outside as rules
from pipeline_sim.scenario.blueprint import AFTER_F2_DESTINATIONS, TRAINED_GROUPS
from pipeline_sim.vocabulary import Event, Leaving, State

APPLY, LEAVE = AFTER_F2_DESTINATIONS.index("apply"), AFTER_F2_DESTINATIONS.index("leave")
SAS = TRAINED_GROUPS.index("sas")


@flow
def live_as(person: Any, state: Any, key: Any, month: Any, attraction: Any):
    """Take up a life outside training; in the NHS, service begins, in a region."""
    person.state = state
    if state == State.LOCALLY_EMPLOYED or state == State.UNPLACED:
        person.nhs_since = min(person.nhs_since, month)
        if person.trained < 0:
            person.trained = rules.region_of_first_job(key, person.identity, attraction)


@flow
def go_outside(r: Any, i: Any, state: Any, months: Any, how: Any):
    """Put a person down for a spell outside; ``how`` is 0 or a sum of SURE and TOLD."""
    person = r.people[i]
    person.level = state
    person.months = months
    person.way = how
    push(r.inbox, r.inbox_count, Stage.OUTSIDE_BEGINS, i)


@flow
def _spell_away(t: Any, r: Any, key: Any, i: Any, choice: Any):
    """A chosen spell outside training, with its drawn length before the first decision."""
    person = r.people[i]
    person.choices += 1
    months = rules.months_away(
        key,
        person.identity,
        person.choices,
        t.destinations[choice].min_months,
        t.destinations[choice].max_months,
    )
    go_outside(r, i, t.destinations[choice].state, months, 0)


@flow
def foundation_ends(t: Any, r: Any, key: Any, month: Any):
    """After F2: apply at once, a spell doing something else, or leave."""
    inbox, starts, started = r.inbox[Stage.FOUNDATION_ENDS], r.log[STARTS], r.counts[STARTS]
    august = next_august(t.setting[0], month) == month
    for k in range(r.inbox_count[Stage.FOUNDATION_ENDS]):
        prefetch(r.people, inbox[k + AHEAD])
        i = inbox[k]
        choice = rules.destination_after_f2(key, r.people[i].identity, t.after_f2)
        if choice == LEAVE:
            leave(starts[started], r.counts, i, Leaving.AFTER_FOUNDATION)
            started += 1
        elif choice != APPLY:
            _spell_away(t, r, key, i, choice)
        elif august:
            mark(r.bits[APPLICANTS], i)
        else:
            go_outside(r, i, State.LOCALLY_EMPLOYED, 0, SURE)
    r.inbox_count[Stage.FOUNDATION_ENDS] = 0
    r.counts[STARTS] = started


@flow
def resigned(t: Any, r: Any, key: Any):
    """After resigning or release: another destination, later perhaps another programme."""
    inbox, starts, started = r.inbox[Stage.RESIGNED], r.log[STARTS], r.counts[STARTS]
    for k in range(r.inbox_count[Stage.RESIGNED]):
        i = inbox[k]
        person = r.people[i]
        person.choices += 1
        choice = rules.destination_after_resigning(key, person.identity, person.choices, t.resign)
        if choice == LEAVE:
            leave(starts[started], r.counts, i, Leaving.LEFT_MEDICINE)
            started += 1
        else:
            _spell_away(t, r, key, i, choice)
    r.inbox_count[Stage.RESIGNED] = 0
    r.counts[STARTS] = started


@flow
def outside_begins(t: Any, r: Any, key: Any, month: Any):
    """A spell outside training begins, or goes on after a fruitless application."""
    setting, inbox = t.setting[0], r.inbox[Stage.OUTSIDE_BEGINS]
    starts, started = r.log[STARTS], r.counts[STARTS]
    for k in range(r.inbox_count[Stage.OUTSIDE_BEGINS]):
        prefetch(r.people, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        how, state = person.way, person.level
        decision = next_august(setting, month + person.months)
        way = rules.APPLY
        if not how & SURE:
            group = person.group
            move = rules.next_move(
                key,
                person.identity,
                training_year(setting, decision),
                setting.last_year,
                t.states[group, state].apply,
                t.states[group, state].leave,
                t.states[group, state].to_sas,
                t.states[group, state].to_led,
            )
            way = move % rules.WAYS
            decision += 12 * (move // rules.WAYS)
        if way == rules.APPLY and decision == month and not how & TOLD:
            mark(r.bits[APPLICANTS], i)  # without stepping out first
            continue
        live_differently(r, month, i)
        live_as(person, state, key, month, t.attraction)
        if not how & TOLD:
            note(starts[started], i, Event.STARTED_OUTSIDE, -1, -1, person.trained, 0, state)
            started += 1
        person.stage = Stage.SETTLED
        if way != rules.STAY:
            person.stage = Stage.OUTSIDE
            person.way = way
            schedule(r.calendar, decision, i)
    r.inbox_count[Stage.OUTSIDE_BEGINS] = 0
    r.counts[STARTS] = started


@flow
def outside_decides(t: Any, r: Any, key: Any):
    """A decision falls: apply, leave, a SAS post or a locally employed one."""
    inbox, starts, started = r.inbox[Stage.OUTSIDE], r.log[STARTS], r.counts[STARTS]
    for k in range(r.inbox_count[Stage.OUTSIDE]):
        prefetch(r.people, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        way = person.way
        if way == rules.APPLY:
            mark(r.bits[APPLICANTS], i)
        elif way == rules.LEAVE:
            reason = Leaving.FROM_OUTSIDE_TRAINING.value
            if person.state == State.OVERSEAS_APPLICANT:
                reason = Leaving.NEVER_CAME.value
            leave(starts[started], r.counts, i, reason)
            started += 1
        elif way == rules.TO_SAS:
            specialty = draw(key, person.identity, SAS_SPECIALTY, 0)
            person.programme = pick(t.sas_specialties, specialty)
            person.region = max(person.trained, 0)
            person.level = SAS
            push(r.inbox, r.inbox_count, Stage.PRACTICE_BEGINS, i)
        else:
            go_outside(r, i, State.LOCALLY_EMPLOYED, 1, 0)
    r.inbox_count[Stage.OUTSIDE] = 0
    r.counts[STARTS] = started
