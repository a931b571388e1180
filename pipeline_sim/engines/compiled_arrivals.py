"""Who is there at the start and who comes in later, in the compiled engine: one cell of people at a time."""

from __future__ import annotations

from typing import Any

from numba import int64

from pipeline_sim import clock
from pipeline_sim.compiling import flow, inlined
from pipeline_sim.engines.compiled_careers import present_in_grade, without_career
from pipeline_sim.engines.compiled_credit import forget, live_differently, served
from pipeline_sim.engines.compiled_foundation import begin_foundation_spell
from pipeline_sim.engines.compiled_needs import FOUNDATION
from pipeline_sim.engines.compiled_outside import SAS, applies_at_start, go_outside
from pipeline_sim.engines.compiled_people import Comes
from pipeline_sim.engines.compiled_practice import CONSULTANT, GP, look_ahead, practice_wte
from pipeline_sim.engines.compiled_records import (
    ALIVE,
    ARRIVALS,
    NEVER,
    NO_BUNDLE,
    SURE,
    TOLD,
    Stage,
    exchange,
    may_study,
    note,
    push,
    schedule,
    spare,
)
from pipeline_sim.engines.compiled_school import placement_transition, school_detail
from pipeline_sim.engines.compiled_spells import FULL_TIME, take_post
from pipeline_sim.rules import arrivals as rules
from pipeline_sim.rules import outside as outside_rules
from pipeline_sim.rules import step_out as step_out_rules
from pipeline_sim.rules import training as training_rules
from pipeline_sim.rules.credentials import TRAINEE
from pipeline_sim.scenario.blueprint import APPLICANT_GROUPS
from pipeline_sim.vocabulary import Event, State

UK, OVERSEAS = APPLICANT_GROUPS.index("uk_graduate"), APPLICANT_GROUPS.index("overseas")


@flow
def come(t: Any, r: Any, key: Any, month: Any, first_cell: Any, end_cell: Any):
    """Make the people of some cells; ``month`` is 0 for the starting stock."""
    for number in range(first_cell, end_cell):
        cell = t.arrivals.cells[number]
        comes, of, also, region = cell.comes, cell.of, cell.also, cell.region
        r.counts[ALIVE] += cell.count
        for i in range(cell.first, cell.first + cell.count):
            _make(r.people[i], r.flex[i], t.arrivals.identity[i])
            without_career(r.flex[i])
            forget(r.flex[i])
            if comes == Comes.ENTRANT or comes == Comes.STUDENT:
                _student(t.school, r, key, month, i, of, also, region, comes == Comes.STUDENT)
            elif comes == Comes.UK_TRAINEE or comes == Comes.OVERSEAS_TRAINEE:
                _trainee(t.training, t.flexible, r, key, i, of, also, region, comes == Comes.UK_TRAINEE)
            elif comes == Comes.STREAM:
                _stream(t.arrivals, t.outside, r, key, month, i, of, region, also != 0)
            else:
                _trained(t.arrivals, t.practice, r, key, month, i, of, also, region)


@flow
def _make(person: Any, flex: Any, identity: Any):
    """A person without a past."""
    flex.credit = 0
    flex.assess = 0
    flex.returned = step_out_rules.LONG_AGO
    flex.steps = 0
    flex.kind = -1
    flex.satisfactory = 1
    flex.supported = 0
    flex.support = 0
    flex.promised = 0
    flex.hours = 0
    flex.trained_here = 0
    flex.priority_region = -1
    person.identity = identity
    person.competence = 0
    person.held = NO_BUNDLE
    person.nhs_since = NEVER
    person.entries = 0
    person.choices = 0
    person.spell = 0
    person.extended = 0
    person.programme = -1
    person.trained = -1
    person.working = 0
    person.route = -1
    person.state = 0
    person.stage = Stage.SETTLED


@flow
def _present(r: Any, i: Any, state: Any, programme: Any, level: Any, region: Any, wte: Any):
    note(r.log[ARRIVALS, r.counts[ARRIVALS]], i, Event.PRESENT_AT_START, programme, level, region, wte, state)
    r.counts[ARRIVALS] += 1


@inlined
def _student(
    t: Any, r: Any, key: Any, month: Any, i: Any, route: Any, course: Any, region: Any, at_start: Any
):
    person = r.people[i]
    identity = person.identity
    years_in = course - t.routes[route].first + 1 if at_start else 0
    within = rules.months_past_birthday(key, identity)
    person.birth = month - 12 * (t.routes[route].entry_age + years_in) - within
    person.female = rules.is_woman(key, identity, t.routes[route].female)
    person.group = UK
    person.tier = 1
    person.home = region
    person.route = route
    person.level = course
    if not at_start:
        detail = school_detail(t, key, identity, route)
        row = r.log[ARRIVALS, r.counts[ARRIVALS]]
        note(row, i, Event.ENTERED_MEDICAL_SCHOOL, -1, -1, region, 0, detail)
        r.counts[ARRIVALS] += 1
        push(r.inbox, r.inbox_count, Stage.SCHOOL_BEGINS, i)
        return
    _present(r, i, State.STUDENT, -1, -1, region, 0)
    person.held = t.taken[placement_transition(t, course, region), 0].held
    exchange(r.pools, r.items, person.held, 1)
    last = years_in == t.routes[route].years
    ends_in = clock.TRAINING_YEAR_MONTH if last else clock.ACADEMIC_YEAR_MONTH
    person.stage = Stage.SCHOOL_YEAR
    schedule(r.calendar, (ends_in - t.setting[0].start_month) % 12, i)


@inlined
def _trainee(t: Any, f: Any, r: Any, key: Any, i: Any, programme: Any, level: Any, region: Any, uk: Any):
    setting, person = t.setting[0], r.people[i]
    identity = person.identity
    order = level - t.programmes[programme].first
    youngest, oldest = setting.youngest_trainee, setting.oldest_trainee
    person.birth = -rules.trainee_age(key, identity, youngest, oldest, order)
    person.female = rules.is_woman(key, identity, t.routes[0].female)
    person.group = UK if uk else OVERSEAS
    person.tier = 1  # in a UK programme
    r.flex[i].trained_here = 1
    person.home = -1
    person.trained = region
    person.nhs_since = -24 - 12 * order if programme else -12 * (order + 1)
    share = t.ltft_stock[programme, person.female]
    wte = training_rules.starting_wte(key, identity, programme, share, t.ltft_percent, t.ltft_cumulative)
    person.wte = wte
    r.flex[i].hours = wte
    person.programme = programme
    person.level = level
    person.region = region
    state = State.TRAINING.value if programme else State.FOUNDATION.value
    _present(r, i, state, programme, level, region, wte)
    transition = setting.levels_from + level * setting.regions + region
    person.held = t.transitions[transition].seat
    exchange(r.pools, r.items, person.held, 1)
    spare(r.pools, r.items, person.held, FULL_TIME - wte)
    person.required = t.levels[level].wte_hundredths
    person.began = -12 * (order + 1)
    person.months = _set_progress(t, person, key)
    if programme == FOUNDATION:
        months = begin_foundation_spell(t, f, person, key, 0)
        schedule(r.calendar, months, i)
    else:
        take_post(r, person)
        may_study(t, r, i, TRAINEE)
        push(r.inbox, r.inbox_count, Stage.TRAINING, i)


@flow
def _set_progress(t: Any, person: Any, key: Any):
    """Progress in a level begun before the start; returns months since review.

    Foundation starts in August only, so there only those extended are off the cycle.
    """
    setting = t.setting[0]
    share = setting.off_cycle_share
    if person.programme == FOUNDATION:
        share = t.foundation_years[person.level - t.programmes[FOUNDATION].first].extend
    to_august = (clock.TRAINING_YEAR_MONTH - setting.start_month) % 12
    progress, since_review = rules.progress_in_post(
        key, person.identity, person.required, person.wte, share, to_august
    )
    person.progress = progress
    return since_review


@inlined
def _stream(
    t: Any, outside: Any, r: Any, key: Any, month: Any, i: Any, stream: Any, region: Any, at_start: Any
):
    person = r.people[i]
    identity, group = person.identity, t.streams[stream].group
    youngest, oldest = t.streams[stream].youngest, t.streams[stream].oldest
    person.birth = month - rules.age_from_outside(key, identity, youngest, oldest)
    person.female = rules.is_woman(key, identity, t.streams[stream].female)
    person.group = group
    person.home = region if group == UK else -1
    person.tier = 1
    if group == OVERSEAS:
        person.tier = rules.in_first_tier(key, identity, t.streams[stream].tier)
    person.competence = rules.competence_brought(key, identity, t.stream_ready[stream])
    state = t.streams[stream].state
    if state != State.OVERSEAS_APPLICANT and state != State.FOUNDATION_WAITING:
        person.trained = region
    if (
        state == State.LOCALLY_EMPLOYED
        or state == State.UNPLACED
        or state == State.SAS
        or state == State.TRAINING_INITIATIVE
    ):
        longest = t.streams[stream].nhs_months if at_start else 0
        person.nhs_since = month - rules.months_served(key, identity, longest)
        served(r.flex[i], state, month - person.nhs_since)
    _announce(r, i, state, at_start)
    if state == State.FOUNDATION_WAITING:
        person.stage = Stage.FOUNDATION_APPLIES
        schedule(r.calendar, month, i)
    elif state == State.TRAINING_INITIATIVE:
        live_differently(r, month, i)
        person.state = state
        end = outside_rules.end_of_initiative(
            key, identity, int64(person.nhs_since), month, t.setting[0].year_offset, t.initiative
        )
        person.stage = Stage.OUTSIDE
        person.way = end % outside_rules.WAYS
        schedule(r.calendar, end // outside_rules.WAYS, i)
    elif state == State.CONSULTANT or state == State.GP or state == State.SAS:
        person.level = GP if state == State.GP else CONSULTANT if state == State.CONSULTANT else SAS
        person.programme = rules.specialty_of_arrival(key, identity, t.trained_specialty[person.level])
        person.region = person.trained
        push(r.inbox, r.inbox_count, Stage.PRACTICE_BEGINS, i)
    elif state != State.LOCALLY_EMPLOYED or not at_start or not applies_at_start(outside, r, key, i):
        sure = state == State.OVERSEAS_APPLICANT and not at_start
        go_outside(r, i, state, 0, TOLD + SURE if sure else TOLD)


@flow
def _announce(r: Any, i: Any, state: Any, at_start: Any):
    trained = r.people[i].trained
    if at_start:
        _present(r, i, state, -1, -1, trained, 0)
        return
    row = r.log[ARRIVALS, r.counts[ARRIVALS]]
    if state == State.FOUNDATION_WAITING:
        note(row, i, Event.ARRIVED_FOR_FOUNDATION, -1, -1, -1, 0, 0)
    else:
        note(row, i, Event.ARRIVED_FROM_OVERSEAS, -1, -1, trained, 0, state)
    r.counts[ARRIVALS] += 1


@inlined
def _trained(
    t: Any, practice: Any, r: Any, key: Any, month: Any, i: Any, group: Any, programme: Any, region: Any
):
    person = r.people[i]
    identity = person.identity
    person.birth = -rules.trained_doctor_age(key, identity, t.age_from[group], t.age_cumulative[group])
    person.female = rules.is_woman(key, identity, practice.groups[group].female)
    person.group = OVERSEAS if group == SAS else UK
    person.tier = 1
    person.home = region
    if group == SAS:
        tier = t.setting[0].stock_sas_first_tier
        person.tier = rules.in_first_tier(key, identity, tier)
        person.nhs_since = person.birth  # in service for longer than any threshold asks
        served(r.flex[i], State.SAS.value, -person.birth)
    wte = practice_wte(practice, key, identity, group, person.female)
    person.wte = wte
    person.level = group
    person.programme = programme
    person.region = region
    person.trained = region
    person.state = practice.groups[group].state
    _present(r, i, person.state, programme, -1, region, wte)
    r.workforce[group, programme, region] += wte
    r.people[i].working = 1
    may_study(practice, r, i, group)
    if group == SAS:
        of = practice.programmes[programme].group
        present_in_grade(practice.careers, r, key, i, of, region, t.age_from[SAS, 0])
    look_ahead(practice, r, key, month, i)
