"""Outside training in the compiled engine: after F2 or resigning, spells, decisions, other rounds."""

from __future__ import annotations

from typing import Any

from numba import int64

from pipeline_sim.compiling import flow
from pipeline_sim.engines.compiled_careers import (
    begin_portfolio,
    end_portfolio,
    portfolio_at_start,
    portfolio_granted,
)
from pipeline_sim.engines.compiled_credit import live_differently
from pipeline_sim.engines.compiled_records import (
    APPLICANTS,
    COVERS,
    ENDINGS,
    STARTS,
    SURE,
    TOLD,
    Stage,
    expect,
    leave,
    mark,
    next_august,
    note,
    push,
    schedule,
    training_year,
)
from pipeline_sim.prefetching import AHEAD, prefetch
from pipeline_sim.rules import outside as rules
from pipeline_sim.scenario.blueprint import AFTER_F2_DESTINATIONS, TRAINED_GROUPS
from pipeline_sim.vocabulary import COVERING, Event, Leaving, State

APPLY, LEAVE = AFTER_F2_DESTINATIONS.index("apply"), AFTER_F2_DESTINATIONS.index("leave")
CONSULTANT, SAS = TRAINED_GROUPS.index("consultant"), TRAINED_GROUPS.index("sas")
DRAWN = -1  # no specialty of their own


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
    """Put a person down for a spell outside; ``how`` is 0 or a sum of SURE, TOLD and COVERS."""
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
def _takes_sas_post(t: Any, r: Any, key: Any, i: Any, own: Any):
    person = r.people[i]
    person.programme = rules.specialty_of_sas_post(key, person.identity, own, t.sas_specialties)
    person.region = max(person.trained, 0)
    person.level = SAS
    push(r.inbox, r.inbox_count, Stage.PRACTICE_BEGINS, i)


@flow
def resigned(t: Any, r: Any, key: Any, month: Any):
    """After resigning or release: another destination, later perhaps another programme."""
    year = training_year(t.setting[0], month)
    inbox, starts, started = r.inbox[Stage.RESIGNED], r.log[STARTS], r.counts[STARTS]
    for k in range(r.inbox_count[Stage.RESIGNED]):
        expect(r, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        person.choices += 1
        own = t.own_sas[person.programme]
        if rules.goes_straight_to_sas(
            key,
            person.identity,
            int64(person.choices),
            own > -2,
            month - int64(person.nhs_since),
            t.straight_sas[year, 0],
            t.straight_sas[year, 1],
        ):
            _takes_sas_post(t, r, key, i, own)
            continue
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
        expect(r, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        how, state = person.way, person.level
        decision = next_august(setting, month + person.months)
        way = rules.APPLY
        if not how & SURE:
            kind = rules.kind_of_doctor(int64(person.group), r.flex[i].trained_here)
            in_nhs = state == State.LOCALLY_EMPLOYED or state == State.UNPLACED
            move = rules.next_move(
                key,
                person.identity,
                training_year(setting, decision),
                setting.last_year,
                rules.service_in(decision, month, int64(person.nhs_since), in_nhs),
                t.service,
                t.rates[kind, state],
            )
            way = move % rules.WAYS
            decision += 12 * (move // rules.WAYS)
        if way == rules.APPLY and decision == month and not how & TOLD:
            mark(r.bits[APPLICANTS], i)  # without stepping out first
            continue
        live_differently(r, month, i)
        live_as(person, state, key, month, t.attraction)
        if not how & TOLD:
            detail = state + COVERING if how & COVERS else state
            note(starts[started], i, Event.STARTED_OUTSIDE, -1, -1, person.trained, 0, detail)
            started += 1
        if how & COVERS:
            until = setting.months if way == rules.STAY else min(decision, setting.months)
            r.cover_until[person.trained, until] += 1
        person.stage = Stage.SETTLED
        if way != rules.STAY:
            person.stage = Stage.OUTSIDE
            person.way = way
            schedule(r.calendar, decision, i)
    r.inbox_count[Stage.OUTSIDE_BEGINS] = 0
    r.counts[STARTS] = started


@flow
def applies_at_start(t: Any, r: Any, key: Any, i: Any):
    """Whether a locally employed doctor of the starting stock has a portfolio application under way."""
    person = r.people[i]
    if -int64(person.nhs_since) < t.careers.service[person.group]:
        return False
    programme = rules.specialty_of_sas_post(key, person.identity, DRAWN, t.sas_specialties)
    group, region = t.group_of[programme], person.trained
    if not portfolio_at_start(t.careers, r, key, i, 1 + person.group, group, region):
        return False
    person.programme = programme
    person.region = region
    live_differently(r, 0, i)
    live_as(person, State.LOCALLY_EMPLOYED.value, key, 0, t.attraction)
    _await_decision(t, r, key, 0, i)
    return True


@flow
def _await_decision(t: Any, r: Any, key: Any, month: Any, i: Any):
    """A portfolio application is under way: put its end down."""
    setting, person, flex = t.setting[0], r.people[i], r.flex[i]
    august = next_august(setting, month + 1)
    end = rules.end_of_application(
        key,
        person.identity,
        int64(flex.portfolio_due),
        august,
        training_year(setting, august),
        august - int64(person.nhs_since),
        t.service,
        t.leaving[rules.kind_of_doctor(int64(person.group), flex.trained_here)],
    )
    person.stage = Stage.OUTSIDE
    person.way = end % rules.WAYS
    schedule(r.calendar, end // rules.WAYS, i)


@flow
def _begin_application(t: Any, r: Any, key: Any, month: Any, i: Any, row: Any):
    """A locally employed doctor begins a portfolio application, in the specialty of a SAS post."""
    person = r.people[i]
    programme = rules.specialty_of_sas_post(key, person.identity, DRAWN, t.sas_specialties)
    person.programme = programme
    person.region = person.trained
    group, year = t.group_of[programme], training_year(t.setting[0], month)
    months = begin_portfolio(t.careers, r, key, month, year, i, 1 + person.group, group)
    note(row, i, Event.PORTFOLIO_STARTED, programme, -1, person.region, 0, months)
    _await_decision(t, r, key, month, i)


@flow
def _decide_application(t: Any, r: Any, key: Any, month: Any, i: Any, row: Any):
    """The decision on an application: a consultant's post, or on as a locally employed doctor."""
    person = r.people[i]
    programme, region, applicant = person.programme, person.region, 1 + person.group
    group, year = t.group_of[programme], training_year(t.setting[0], month)
    if portfolio_granted(t.careers, r, key, month, year, i, applicant, group):
        note(row, i, Event.PORTFOLIO_REGISTERED, programme, -1, region, 0, 0)
        person.level = CONSULTANT
        push(r.inbox, r.inbox_count, Stage.PRACTICE_BEGINS, i)
    else:
        note(row, i, Event.PORTFOLIO_REFUSED, programme, -1, region, 0, 0)
        go_outside(r, i, State.LOCALLY_EMPLOYED, 1, TOLD)


@flow
def outside_decides(t: Any, r: Any, key: Any, month: Any):
    """A decision falls: apply, leave, a SAS post, a locally employed one, the portfolio route."""
    inbox, starts, started = r.inbox[Stage.OUTSIDE], r.log[STARTS], r.counts[STARTS]
    endings, ended = r.log[ENDINGS], r.counts[ENDINGS]
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
            if r.flex[i].portfolio_due:
                end_portfolio(r, i, 1 + person.group, t.group_of[person.programme])
            leave(starts[started], r.counts, i, reason)
            started += 1
        elif way == rules.PORTFOLIO:
            _begin_application(t, r, key, month, i, endings[ended])
            ended += 1
        elif way == rules.DECIDES:
            _decide_application(t, r, key, month, i, endings[ended])
            ended += 1
        elif way == rules.TO_SAS:
            _takes_sas_post(t, r, key, i, DRAWN)
        elif way == rules.APPLY_FROM_POST:
            go_outside(r, i, State.LOCALLY_EMPLOYED, 0, SURE)
        else:
            go_outside(r, i, State.LOCALLY_EMPLOYED, 1, 0)
    r.inbox_count[Stage.OUTSIDE] = 0
    r.counts[STARTS], r.counts[ENDINGS] = started, ended
