"""Foundation years in the compiled engine: answers of the allocation, F1, F2, sign-off."""

from __future__ import annotations

from typing import Any

from numba import int64

from pipeline_sim.compiling import flow
from pipeline_sim.engines.compiled_needs import FOUNDATION
from pipeline_sim.engines.compiled_queues import move_on, transition_up
from pipeline_sim.engines.compiled_records import (
    ALIVE,
    ENDINGS,
    SITTING,
    STARTING,
    STARTS,
    Stage,
    give_back,
    leave,
    next_august,
    note,
    push,
    schedule,
    training_year,
)
from pipeline_sim.engines.compiled_spells import ask_for_hours, hours_on_starting, yearly_request
from pipeline_sim.prefetching import AHEAD, prefetch
from pipeline_sim.randomness import FOUNDATION_REAPPLIES, PRACTICE_PLACEMENT, happens
from pipeline_sim.rules import hours as hours_rules
from pipeline_sim.rules import training as rules
from pipeline_sim.rules.arrivals import has_assistantship
from pipeline_sim.vocabulary import Event, FoundationKind, Leaving


@flow
def begin_foundation_spell(t: Any, f: Any, person: Any, key: Any, month: Any):
    """Decide how the spell that begins ends; returns its length in months."""
    wte, level, route = int64(person.wte), int64(person.level), person.route
    year = level - t.programmes[FOUNDATION].first
    helped = route >= 0 and has_assistantship(key, person.identity, t.routes[route].assistantship)
    effect = t.setting[0].foundation_assistantship_effect
    person.spell += 1
    person.stage = Stage.FOUNDATION_YEAR
    end = rules.foundation_spell_end(
        key,
        person.identity,
        int64(person.entries),
        level,
        int64(person.spell),
        int64(person.required - person.progress),
        wte,
        t.programmes[FOUNDATION].resign,
        rules.foundation_extension(t.foundation_years[year].extend, year, helped, effect),
        t.foundation_years[year].release,
        person.extended != 0,
        yearly_request(f, person, month, hours_rules.FULL_TIME),
    )
    months = end // rules.WAYS
    person.way = end % rules.WAYS
    if person.way != rules.RESIGNS:
        person.progress += months * wte
    return months


@flow
def foundation_answers(
    t: Any, f: Any, r: Any, key: Any, month: Any, applicants: Any, starting: Any, kind: Any, region: Any
):
    """Those with a place go to it; the others try again next year or leave."""
    setting, starts, started = t.setting[0], r.log[STARTS], r.counts[STARTS]
    season = training_year(setting, month)
    august = next_august(setting, month + 1)
    for k in range(applicants.shape[0]):
        i = applicants[k]
        person = r.people[i]
        if starting[k]:
            if kind[k] == FoundationKind.PRIORITY:
                r.flex[i].priority_region = region[k]
            person.trained = region[k]
            r.flex[i].trained_here = 1
            person.region = region[k]
            person.nhs_since = min(person.nhs_since, month)
            person.programme = FOUNDATION
            person.level = t.programmes[FOUNDATION].first
            r.counts[STARTS] = started
            person.wte = hours_on_starting(t, f, r, key, month, i)
            r.flex[i].hours = person.wte
            started = r.counts[STARTS]
            person.way = 0
            transition = setting.levels_from + person.level * setting.regions + person.region
            move_on(t, r, i, transition, STARTING, Stage.FOUNDATION_BEGINS)
        elif happens(
            key, person.identity, FOUNDATION_REAPPLIES, season, setting.foundation_reserve_reapplies
        ):
            person.stage = Stage.FOUNDATION_APPLIES
            schedule(r.calendar, august, i)
        else:
            leave(starts[started], r.counts, i, Leaving.AFTER_GRADUATION)
            started += 1
    r.counts[STARTS] = started


@flow
def foundation_year_begins(t: Any, f: Any, r: Any, key: Any, month: Any):
    """A foundation year starts, all it needs in hand."""
    inbox, starts, started = r.inbox[Stage.FOUNDATION_BEGINS], r.log[STARTS], r.counts[STARTS]
    for k in range(r.inbox_count[Stage.FOUNDATION_BEGINS]):
        prefetch(r.people, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        level = person.level
        in_practice = person.way
        note(
            starts[started], i, Event.FOUNDATION_STARTED, FOUNDATION, level, person.region, person.wte,
            in_practice,
        )  # fmt: skip
        started += 1
        person.progress = 0
        person.required = t.levels[level].wte_hundredths
        person.extended = 0
        person.spell = 0
        months = begin_foundation_spell(t, f, person, key, month)
        schedule(r.calendar, month + months, i)
    r.inbox_count[Stage.FOUNDATION_BEGINS] = 0
    r.counts[STARTS] = started


@flow
def foundation_spell_ends(t: Any, f: Any, r: Any, key: Any, month: Any):
    """Resignation, other hours, extension, release or sign-off; then F2, or the end of foundation."""
    setting, inbox = t.setting[0], r.inbox[Stage.FOUNDATION_YEAR]
    endings, ended = r.log[ENDINGS], r.counts[ENDINGS]
    first = t.programmes[FOUNDATION].first
    for k in range(r.inbox_count[Stage.FOUNDATION_YEAR]):
        prefetch(r.people, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        level, region, wte = person.level, person.region, person.wte
        if person.way == rules.RESIGNS:
            give_back(r, person)
            note(endings[ended], i, Event.FOUNDATION_RESIGNED, FOUNDATION, level, region, wte, 0)
            ended += 1
            push(r.inbox, r.inbox_count, Stage.RESIGNED, i)
            continue
        if person.way == rules.ASKS_FOR_HOURS:
            r.counts[ENDINGS] = ended
            ask_for_hours(t, f, r, key, month, i)
            ended = r.counts[ENDINGS]
            months = begin_foundation_spell(t, f, person, key, month)
            schedule(r.calendar, month + months, i)
        elif person.way == rules.EXTENDED:
            extra = setting.foundation_extension_months
            person.extended = 1
            person.required += 100 * extra
            note(endings[ended], i, Event.FOUNDATION_EXTENDED, FOUNDATION, level, region, wte, extra)
            ended += 1
            months = begin_foundation_spell(t, f, person, key, month)
            schedule(r.calendar, month + months, i)
        elif person.way == rules.NOT_SIGNED_OFF:
            give_back(r, person)
            note(endings[ended], i, Event.FOUNDATION_RELEASED, FOUNDATION, level, region, wte, 0)
            ended += 1
            r.counts[ALIVE] -= 1
        else:
            note(endings[ended], i, Event.FOUNDATION_SIGNED_OFF, FOUNDATION, level, region, wte, 0)
            ended += 1
            if level == first:
                person.level = level + 1
                share = setting.foundation_practice_share
                person.way = int64(happens(key, person.identity, PRACTICE_PLACEMENT, 0, share))
                move_on(t, r, i, transition_up(t, person, person.way), SITTING, Stage.FOUNDATION_BEGINS)
            else:
                give_back(r, person)
                person.tier = 1  # through a UK foundation programme
                push(r.inbox, r.inbox_count, Stage.FOUNDATION_ENDS, i)
    r.inbox_count[Stage.FOUNDATION_YEAR] = 0
    r.counts[ENDINGS] = ended
