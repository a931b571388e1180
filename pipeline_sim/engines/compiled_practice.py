"""After training in the compiled engine: joining, working, cutting hours, breaks, retirement, SAS doctors.

Only a change makes an entry in the calendar: the rule looks years ahead.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline_sim.compiling import flow
from pipeline_sim.engines.compiled_credit import live_differently
from pipeline_sim.engines.compiled_outside import SAS
from pipeline_sim.engines.compiled_records import (
    ALIVE,
    APPLICANTS,
    ENDINGS,
    STARTS,
    Stage,
    leave,
    mark,
    next_august,
    note,
    push,
    schedule,
)
from pipeline_sim.prefetching import AHEAD, prefetch
from pipeline_sim.rules import practice as rules
from pipeline_sim.scenario.blueprint import TRAINED_GROUPS
from pipeline_sim.vocabulary import Event, Leaving

CONSULTANT, GP = TRAINED_GROUPS.index("consultant"), TRAINED_GROUPS.index("gp")


@flow
def joins(t: Any, r: Any, key: Any, month: Any):
    """From the certificate to the first trained post, if ever."""
    inbox, starts, started = r.inbox[Stage.JOINS], r.log[STARTS], r.counts[STARTS]
    for k in range(r.inbox_count[Stage.JOINS]):
        prefetch(r.people, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        group = t.programmes[person.programme].trained
        delay = rules.months_to_join(
            key, person.identity, group, t.join_months[group], t.join_cumulative[group]
        )
        if delay == rules.NEVER_JOINS:
            leave(starts[started], r.counts, i, Leaving.NEVER_JOINED_PRACTICE)
            started += 1
            continue
        person.level = group
        person.region = rules.region_of_first_post(
            key, person.identity, max(person.trained, 0), t.setting[0].stay_in_region, t.settle
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
    change = rules.next_change(
        key,
        person.identity,
        group,
        month,
        setting.months,
        np.int64(person.birth),
        setting.year_offset,
        t.exit[group],
        0 if person.extended else t.groups[group].reduce_hours,
        setting.reduce_hours_age,
        setting.portfolio if group == SAS else 0,
        setting.sas_applies if group == SAS else 0,
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
        prefetch(r.people, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        group, programme, region = person.level, person.programme, person.region
        state, wte = t.groups[group].state, practice_wte(t, key, person.identity, group, person.female)
        live_differently(r, month, i)
        person.trained = region
        person.state = state
        person.wte = wte
        person.extended = 0
        note(starts[started], i, Event.STARTED_PRACTICE, programme, -1, region, wte, state)
        started += 1
        r.workforce[group, programme, region] += wte
        look_ahead(t, r, key, month, i)
    r.inbox_count[Stage.PRACTICE_BEGINS] = 0
    r.counts[STARTS] = started


@flow
def practice_goes_on(t: Any, r: Any, key: Any, month: Any):
    """SAS doctors whose application came to nothing, and doctors back from a break."""
    inbox = r.inbox[Stage.PRACTICE_GOES_ON]
    for k in range(r.inbox_count[Stage.PRACTICE_GOES_ON]):
        look_ahead(t, r, key, month, inbox[k])
    r.inbox_count[Stage.PRACTICE_GOES_ON] = 0


@flow
def practice_break_ends(t: Any, r: Any):
    """Back in practice, with the hours of before."""
    inbox, starts, started = r.inbox[Stage.PRACTICE_BREAK], r.log[STARTS], r.counts[STARTS]
    for k in range(r.inbox_count[Stage.PRACTICE_BREAK]):
        prefetch(r.people, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        group, programme, region, wte = person.level, person.programme, person.region, person.wte
        state = t.groups[group].state
        note(starts[started], i, Event.RETURNED_TO_PRACTICE, programme, -1, region, wte, state)
        started += 1
        r.workforce[group, programme, region] += wte
        push(r.inbox, r.inbox_count, Stage.PRACTICE_GOES_ON, i)
    r.inbox_count[Stage.PRACTICE_BREAK] = 0
    r.counts[STARTS] = started


@flow
def sas_applies(t: Any, r: Any):
    """A SAS doctor applies for training, with the specialty's core competence recognised for good."""
    inbox = r.inbox[Stage.PRACTICE_APPLIES]
    for k in range(r.inbox_count[Stage.PRACTICE_APPLIES]):
        person = r.people[inbox[k]]
        person.competence |= t.programmes[person.programme].parents
        mark(r.bits[APPLICANTS], inbox[k])
    r.inbox_count[Stage.PRACTICE_APPLIES] = 0


@flow
def practice_changes(t: Any, r: Any, key: Any, month: Any):
    """Fewer hours, registration, an application to come, a break, leaving or retirement."""
    setting, inbox = t.setting[0], r.inbox[Stage.PRACTICE]
    endings, ended = r.log[ENDINGS], r.counts[ENDINGS]
    starts, started = r.log[STARTS], r.counts[STARTS]
    for k in range(r.inbox_count[Stage.PRACTICE]):
        prefetch(r.people, inbox[k + AHEAD])
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
        r.workforce[group, programme, region] -= wte
        if person.way == rules.REGISTERS:
            note(endings[ended], i, Event.PORTFOLIO_REGISTERED, programme, -1, region, wte, 0)
            ended += 1
            person.level = CONSULTANT
            push(r.inbox, r.inbox_count, Stage.PRACTICE_BEGINS, i)
            continue
        age = (month - person.birth) // 12
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
        person.stage = Stage.PRACTICE_BREAK
        schedule(r.calendar, month + away, i)
    r.inbox_count[Stage.PRACTICE] = 0
    r.counts[ENDINGS], r.counts[STARTS] = ended, started
