"""After training in the compiled engine: joining, working, cutting hours, breaks, retirement, SAS doctors.

Only a change makes an entry in the calendar: the rule looks years ahead.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline_sim.compiling import flow
from pipeline_sim.engines.compiled_careers import (
    ENDS_FELLOWSHIP,
    ENDS_REFRESHER,
    ENDS_RETAINER,
    SAS_APPLICANT,
    begin_portfolio,
    begin_refresher,
    begin_retainer,
    end_portfolio,
    enter_grade,
    go_back_to_hours,
    portfolio_granted,
    refresher_for,
    retained_for,
    take_fellowship,
)
from pipeline_sim.engines.compiled_credit import live_differently
from pipeline_sim.engines.compiled_outside import SAS
from pipeline_sim.engines.compiled_records import (
    ALIVE,
    APPLICANTS,
    ENDINGS,
    STARTS,
    Stage,
    expect,
    leave,
    mark,
    may_study,
    next_august,
    note,
    push,
    schedule,
    training_year,
)
from pipeline_sim.prefetching import AHEAD
from pipeline_sim.rules import careers as career_rules
from pipeline_sim.rules import practice as rules
from pipeline_sim.scenario.blueprint import TRAINED_GROUPS
from pipeline_sim.vocabulary import Event, Leaving

CONSULTANT, GP = TRAINED_GROUPS.index("consultant"), TRAINED_GROUPS.index("gp")


@flow
def joins(t: Any, r: Any, key: Any, month: Any):
    """From the certificate to the first trained post, if ever."""
    inbox, starts, started = r.inbox[Stage.JOINS], r.log[STARTS], r.counts[STARTS]
    year = training_year(t.setting[0], month)
    for k in range(r.inbox_count[Stage.JOINS]):
        expect(r, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        group = t.programmes[person.programme].trained
        person.level = group
        taken = career_rules.fellowship_taken(key, person.identity, t.careers.taken[year, group])
        if taken < t.careers.taken.shape[2]:
            take_fellowship(t.careers, r, key, month, year, i, taken, starts[started])
            started += 1
            continue
        delay = rules.months_to_join(
            key, person.identity, group, t.join_months[group], t.join_cumulative[group]
        )
        if delay == rules.NEVER_JOINS:
            leave(starts[started], r.counts, i, Leaving.NEVER_JOINED_PRACTICE)
            started += 1
            continue
        trained = max(np.int64(person.trained), 0)
        person.region = rules.region_of_first_post(
            key, person.identity, trained, t.stay[year, person.programme, trained], t.settle
        )
        if delay:
            person.stage = Stage.PRACTICE_BEGINS
            schedule(r.calendar, month + delay, i)
        else:
            push(r.inbox, r.inbox_count, Stage.PRACTICE_BEGINS, i)
    r.inbox_count[Stage.JOINS] = 0
    r.counts[STARTS] = started


@flow
def look_ahead(t: Any, r: Any, key: Any, month: Any, i: Any):
    """Put a trained doctor down for the next change of their practice spell, if there is one."""
    setting, person = t.setting[0], r.people[i]
    group = np.int64(person.level)
    birth, reduce = np.int64(person.birth), t.reduce[group, person.female]
    reduce_age = rules.NO_AGE if person.extended else setting.reduce_hours_age
    if group == SAS:
        flex = r.flex[i]
        change = career_rules.next_sas_change(
            key,
            person.identity,
            group,
            month,
            setting.months,
            birth,
            setting.year_offset,
            t.exit[group],
            reduce,
            reduce_age,
            setting.sas_applies,
            np.int64(flex.before),
            np.int64(flex.portfolio_due),
            np.int64(flex.specialist),
            t.careers.start[t.programmes[person.programme].group],
            t.careers.grade,
        )
    else:
        change = rules.next_change(
            key,
            person.identity,
            group,
            month,
            setting.months,
            birth,
            setting.year_offset,
            t.exit[group],
            reduce,
            reduce_age,
        )
    way = change % rules.WAYS
    person.stage = Stage.SETTLED
    if way != rules.STAYS:
        person.stage = Stage.PRACTICE
        person.way = way
        schedule(r.calendar, change // rules.WAYS, i)


@flow
def practice_wte(t: Any, key: Any, identity: Any, group: Any, female: Any):
    """Percent of full time on starting in a trained group."""
    percents, cumulative = t.percents[group, female], t.cumulative[group, female]
    return rules.hours_percent(key, identity, group, percents, cumulative)


@flow
def practice_begins(t: Any, r: Any, key: Any, month: Any):
    """A trained doctor takes up a post in a group and region."""
    inbox, starts, started = r.inbox[Stage.PRACTICE_BEGINS], r.log[STARTS], r.counts[STARTS]
    for k in range(r.inbox_count[Stage.PRACTICE_BEGINS]):
        expect(r, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        group, programme, region = person.level, person.programme, person.region
        state, wte = t.groups[group].state, practice_wte(t, key, person.identity, group, person.female)
        if group == SAS:
            enter_grade(r.flex[i], month)
        elif r.flex[i].more_hours > 0:
            wte = career_rules.more_hours(wte, np.int64(r.flex[i].more_hours))
            r.flex[i].more_hours = 0
        live_differently(r, month, i)
        person.trained = region
        person.state = state
        person.wte = wte
        person.extended = 0
        note(starts[started], i, Event.STARTED_PRACTICE, programme, -1, region, wte, state)
        started += 1
        r.workforce[group, programme, region] += wte
        person.working = 1
        may_study(t, r, i, np.int64(group))
        look_ahead(t, r, key, month, i)
    r.inbox_count[Stage.PRACTICE_BEGINS] = 0
    r.counts[STARTS] = started


@flow
def practice_goes_on(t: Any, r: Any, key: Any, month: Any):
    """SAS doctors whose application came to nothing, and doctors back from a break."""
    inbox = r.inbox[Stage.PRACTICE_GOES_ON]
    for k in range(r.inbox_count[Stage.PRACTICE_GOES_ON]):
        expect(r, inbox[k + AHEAD])
        look_ahead(t, r, key, month, inbox[k])
    r.inbox_count[Stage.PRACTICE_GOES_ON] = 0


@flow
def practice_break_ends(t: Any, r: Any, key: Any, month: Any):
    """Back in practice, with the hours of before; a GP long away goes through a scheme first."""
    terms = t.careers.schemes[training_year(t.setting[0], month)]
    inbox, starts, started = r.inbox[Stage.PRACTICE_BREAK], r.log[STARTS], r.counts[STARTS]
    for k in range(r.inbox_count[Stage.PRACTICE_BREAK]):
        expect(r, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        group, programme, region, wte = person.level, person.programme, person.region, person.wte
        if group == GP and person.way != ENDS_REFRESHER:
            months = refresher_for(terms, key, month, person, r.flex[i].away_since)
            if months > 0:
                begin_refresher(r, month, i, months, starts[started], starts[started + 1])
                started += 2
                continue
        state = t.groups[group].state
        note(starts[started], i, Event.RETURNED_TO_PRACTICE, programme, -1, region, wte, state)
        started += 1
        r.workforce[group, programme, region] += wte
        r.people[i].working = 1
        push(r.inbox, r.inbox_count, Stage.PRACTICE_GOES_ON, i)
    r.inbox_count[Stage.PRACTICE_BREAK] = 0
    r.counts[STARTS] = started


@flow
def sas_applies(t: Any, r: Any):
    """A SAS doctor applies for training, with the specialty's core competence recognised for good."""
    inbox = r.inbox[Stage.PRACTICE_APPLIES]
    for k in range(r.inbox_count[Stage.PRACTICE_APPLIES]):
        expect(r, inbox[k + AHEAD])
        person = r.people[inbox[k]]
        person.competence |= t.programmes[person.programme].parents
        mark(r.bits[APPLICANTS], inbox[k])
    r.inbox_count[Stage.PRACTICE_APPLIES] = 0


@flow
def _sas_change(t: Any, r: Any, key: Any, month: Any, year: Any, i: Any, row: Any):
    """A portfolio application begins or is decided, or a specialist post; returns whether registered."""
    person, careers = r.people[i], t.careers
    group = t.programmes[person.programme].group
    event, detail, registers = Event.SPECIALIST_GRADE.value, 0, False
    if person.way == rules.MOVES_UP:
        r.flex[i].specialist = 1
    elif person.way == rules.REGISTERS and careers.group[group].process:
        event = Event.PORTFOLIO_STARTED.value
        detail = begin_portfolio(careers, r, key, month, year, i, SAS_APPLICANT, group)
    else:
        event, registers = Event.PORTFOLIO_REGISTERED.value, True
        if person.way == rules.DECIDES:
            registers = portfolio_granted(careers, r, key, month, year, i, SAS_APPLICANT, group)
            if not registers:
                event = Event.PORTFOLIO_REFUSED.value
    note(row, i, event, person.programme, -1, person.region, person.wte, detail)
    return registers


@flow
def _fellowship_ends(t: Any, r: Any, key: Any, i: Any):
    """Whether a fellow takes a post, and in which region."""
    person, flex, group = r.people[i], r.flex[i], np.int64(r.people[i].level)
    if (
        rules.months_to_join(key, person.identity, group, t.join_months[group], t.join_cumulative[group])
        == rules.NEVER_JOINS
    ):
        return False
    began = training_year(t.setting[0], np.int64(flex.away_since))
    terms = t.careers.fellowship[began, group, flex.fellowship]
    person.region = rules.region_of_first_post(
        key, person.identity, np.int64(person.region), terms.stay, t.settle
    )
    return True


@flow
def practice_changes(t: Any, r: Any, key: Any, month: Any):
    """Fewer hours, registration, an application to come, a break, leaving or retirement."""
    setting, inbox = t.setting[0], r.inbox[Stage.PRACTICE]
    year = training_year(setting, month)
    terms = t.careers.schemes[year]
    endings, ended = r.log[ENDINGS], r.counts[ENDINGS]
    starts, started = r.log[STARTS], r.counts[STARTS]
    for k in range(r.inbox_count[Stage.PRACTICE]):
        expect(r, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        group, programme, region = np.int64(person.level), person.programme, person.region
        wte = np.int64(person.wte)
        if person.way == rules.CUTS_HOURS:
            fewer = rules.fewer_hours(wte, setting.reduced_percent)
            person.extended = 1
            person.wte = fewer
            r.workforce[group, programme, region] += fewer - wte
            note(endings[ended], i, Event.CHANGED_HOURS, programme, -1, region, fewer, 0)
            ended += 1
            look_ahead(t, r, key, month, i)
            continue
        if person.way == rules.APPLIES:
            person.stage = Stage.PRACTICE_APPLIES
            schedule(r.calendar, next_august(setting, month + 1), i)
            continue
        if person.way == ENDS_FELLOWSHIP:
            if _fellowship_ends(t, r, key, i):
                push(r.inbox, r.inbox_count, Stage.PRACTICE_BEGINS, i)
            else:
                leave(starts[started], r.counts, i, Leaving.NEVER_JOINED_PRACTICE)
                started += 1
            continue
        if group == SAS and person.way != rules.LEAVES:
            registers = _sas_change(t, r, key, month, year, i, endings[ended])
            ended += 1
            if registers:
                r.people[i].working = 0
                r.workforce[group, programme, region] -= wte
                person.level = CONSULTANT
                push(r.inbox, r.inbox_count, Stage.PRACTICE_BEGINS, i)
            else:
                look_ahead(t, r, key, month, i)
            continue
        age = (month - person.birth) // 12
        if person.way == ENDS_RETAINER:
            if career_rules.stays_after_retainer(key, person.identity, age, terms.retainer_stays):
                go_back_to_hours(r, i, endings[ended])
                ended += 1
                look_ahead(t, r, key, month, i)
                continue
        elif group == GP and age < setting.retire_age:
            months = retained_for(terms, key, person.identity, age)
            if months > 0:
                percent = terms.retainer_percent
                begin_retainer(r, month, i, months, percent, endings[ended], endings[ended + 1])
                ended += 2
                continue
        r.workforce[group, programme, region] -= wte
        r.people[i].working = 0
        if group == SAS:
            end_portfolio(r, i, SAS_APPLICANT, t.programmes[programme].group)
        if age >= setting.retire_age:
            note(endings[ended], i, Event.RETIRED, programme, -1, region, 0, 0)
            ended += 1
            r.counts[ALIVE] -= 1
            continue
        away = rules.break_months(
            key,
            person.identity,
            age,
            t.groups[group].practice_return,
            setting.shortest_break,
            setting.longest_break,
        )
        if away == 0:
            leave(starts[started], r.counts, i, Leaving.FROM_PRACTICE)
            started += 1
            continue
        note(endings[ended], i, Event.STARTED_BREAK, programme, -1, region, 0, away)
        ended += 1
        r.flex[i].away_since = month
        person.stage = Stage.PRACTICE_BREAK
        schedule(r.calendar, month + away, i)
    r.inbox_count[Stage.PRACTICE] = 0
    r.counts[ENDINGS], r.counts[STARTS] = ended, started
