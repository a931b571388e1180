"""Medical school in the compiled engine: years begin, wait for placements, end; graduates go on."""

from __future__ import annotations

from typing import Any

from pipeline_sim import clock
from pipeline_sim.compiling import flow
from pipeline_sim.engines.compiled_queues import move_on
from pipeline_sim.engines.compiled_records import (
    ALIVE,
    ENDINGS,
    GRADUATES,
    STARTS,
    Stage,
    calendar_month,
    give_back,
    leave,
    mark,
    next_august,
    note,
    push,
    schedule,
    training_year,
)
from pipeline_sim.prefetching import AHEAD, prefetch
from pipeline_sim.randomness import GRADUATE_APPLIES, happens
from pipeline_sim.rules import medical_school as rules
from pipeline_sim.rules.arrivals import month_of_entry, widens_participation
from pipeline_sim.vocabulary import WIDENING, Event, Leaving


@flow
def school_detail(t: Any, key: Any, identity: Any, route: Any):
    """Route, plus WIDENING for a widening-participation entrant."""
    share = t.widening[training_year(t.setting[0], month_of_entry(identity)), route]
    return route + WIDENING * int(widens_participation(key, identity, share))


@flow
def placement_transition(t: Any, course: Any, region: Any):
    """Transition into a year of the course in a region."""
    regions = t.setting[0].regions
    return t.setting[0].placements_from + t.courses[course].stage * regions + region


@flow
def school_year_ends(t: Any, r: Any, key: Any, month: Any):
    """Pass, repeat or leave; the last pass is graduation."""
    setting, people, inbox = t.setting[0], r.people, r.inbox[Stage.SCHOOL_YEAR]
    endings, starts = r.log[ENDINGS], r.log[STARTS]
    ended, started = r.counts[ENDINGS], r.counts[STARTS]
    this = calendar_month(setting.start_month, month)
    to_september = (clock.ACADEMIC_YEAR_MONTH - this) % 12
    for k in range(r.inbox_count[Stage.SCHOOL_YEAR]):
        prefetch(r.people, inbox[k + AHEAD])
        i = inbox[k]
        person = people[i]
        give_back(r, person)
        course, home, identity = person.level, person.home, person.identity
        first = t.routes[person.route].first
        year = course - first
        result = rules.year_result(
            key,
            identity,
            year * rules.OCCURRENCES + person.spell,
            t.courses[course].repeats,
            t.courses[course].leave,
            person.extended != 0,
        )
        if result == rules.LEAVE:
            note(endings[ended], i, Event.LEFT_MEDICAL_SCHOOL, -1, -1, home, 0, year + 1)
            ended += 1
            r.counts[ALIVE] -= 1
            continue
        if result == rules.REPEAT:
            note(endings[ended], i, Event.MEDICAL_YEAR_REPEATED, -1, -1, home, 0, year + 1)
            ended += 1
            person.extended = 1
            person.spell += 1
            if to_september:
                person.stage = Stage.SCHOOL_BEGINS
                schedule(r.calendar, month + to_september, i)
            else:
                push(r.inbox, r.inbox_count, Stage.SCHOOL_BEGINS, i)
            continue
        note(endings[ended], i, Event.MEDICAL_YEAR_PASSED, -1, -1, home, 0, year + 1)
        ended += 1
        person.extended = 0
        person.spell = 0
        if year + 1 < t.routes[person.route].years:
            person.level = course + 1
            push(r.inbox, r.inbox_count, Stage.SCHOOL_BEGINS, i)
            continue
        person.trained = home
        route = person.route
        detail = school_detail(t, key, identity, route)
        note(endings[ended], i, Event.GRADUATED, -1, -1, home, 0, detail)
        ended += 1
        if happens(key, identity, GRADUATE_APPLIES, 0, t.routes[route].applies):
            push(r.inbox, r.inbox_count, Stage.FOUNDATION_APPLIES, i)
        else:
            leave(starts[started], r.counts, i, Leaving.AFTER_GRADUATION)
            started += 1
    r.inbox_count[Stage.SCHOOL_YEAR] = 0
    r.counts[ENDINGS], r.counts[STARTS] = ended, started


@flow
def school_year_asks(t: Any, r: Any):
    """Those about to begin a year ask for a placement, or begin at once if the year needs none."""
    inbox = r.inbox[Stage.SCHOOL_BEGINS]
    for k in range(r.inbox_count[Stage.SCHOOL_BEGINS]):
        prefetch(r.people, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        transition = placement_transition(t, person.level, person.home)
        route = t.routes[person.route]
        queue = rules.queue(person.level - route.first, route.years)
        move_on(t, r, i, transition, queue, Stage.SCHOOL_PLACED)
    r.inbox_count[Stage.SCHOOL_BEGINS] = 0


@flow
def school_year_begins(t: Any, r: Any, month: Any):
    """A year of the course begins."""
    inbox, starts, started = r.inbox[Stage.SCHOOL_PLACED], r.log[STARTS], r.counts[STARTS]
    for k in range(r.inbox_count[Stage.SCHOOL_PLACED]):
        prefetch(r.people, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        course = person.level
        year = course - t.routes[person.route].first + 1
        note(starts[started], i, Event.MEDICAL_YEAR_STARTED, -1, -1, person.home, 0, year)
        started += 1
        person.stage = Stage.SCHOOL_YEAR
        schedule(r.calendar, month + t.courses[course].months, i)
    r.inbox_count[Stage.SCHOOL_PLACED] = 0
    r.counts[STARTS] = started


@flow
def applies_to_foundation(t: Any, r: Any, month: Any):
    """Graduates apply this August, or wait for the next."""
    setting, inbox = t.setting[0], r.inbox[Stage.FOUNDATION_APPLIES]
    august = next_august(setting, month)
    for k in range(r.inbox_count[Stage.FOUNDATION_APPLIES]):
        i = inbox[k]
        if august == month:
            mark(r.bits[GRADUATES], i)
        else:
            r.people[i].stage = Stage.FOUNDATION_APPLIES
            schedule(r.calendar, august, i)
    r.inbox_count[Stage.FOUNDATION_APPLIES] = 0
