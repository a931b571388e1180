"""Who gets what they ask for in the compiled engine: capacities of the month, queues, grants.

One list of the waiting for each queue, in the order (waiting since, person); a need whose head cannot
be met is not looked at again this month.
"""

from __future__ import annotations

from typing import Any

from numba import int64

from pipeline_sim import clock
from pipeline_sim.compiling import flow, inlined
from pipeline_sim.engines.compiled_needs import AT_ONCE, FOUNDATION, SETTINGS
from pipeline_sim.engines.compiled_records import (
    GRANTS,
    NO_BUNDLE,
    QUEUES,
    Stage,
    calendar_month,
    exchange,
    mark,
    note,
    people_marked,
    push,
    spare,
    training_year,
)
from pipeline_sim.prefetching import AHEAD, prefetch
from pipeline_sim.rules import supervision as rules
from pipeline_sim.rules.careers import supervision_left
from pipeline_sim.rules.hours import FULL_TIME
from pipeline_sim.rules.posts import posts_in_use
from pipeline_sim.vocabulary import Event, PoolKind


@flow
def set_capacities(t: Any, r: Any, month: Any):
    """Capacities of the month: places and posts as the year begins, supervisors every month."""
    setting, pools = t.setting[0], r.pools
    regions = setting.regions
    year = training_year(setting, month)
    if month == 0 or year != training_year(setting, month - 1):
        for region in range(regions):
            for k in range(SETTINGS):
                pools[k * regions + region].target = t.placement_units[year, k, region]
            for programme in range(setting.programmes):
                pool = setting.posts_from + programme * regions + region
                pools[pool].target = max(
                    0, t.posts[year, programme, region] + r.posts_moved[programme, region]
                )
                pools[pool].shared = t.posts_shared[year, programme]
            pools[setting.practice_from + region].target = t.practice_units[year, region]
            pools[setting.support_from + region].target = t.support_places[year, region]
    for region in range(regions):
        _set_supervisors(t, r, year, region)


@flow
def _set_supervisors(t: Any, r: Any, year: Any, region: Any):
    """Supervisor supply of a region from the workforce as it now is; foundation's comes from the others."""
    setting = t.setting[0]
    pledged = 0
    for group in range(setting.groups - 1, FOUNDATION - 1, -1):
        pool = r.pools[setting.supervisors_from + group * setting.regions + region]
        fixed = t.fixed_units[year, group, region]
        if group == FOUNDATION:
            pool.target = pledged + fixed
        else:
            consultants, gps, sas = 0, 0, 0
            for programme in range(setting.programmes):
                if t.programmes[programme].group == group:
                    consultants += r.workforce[0, programme, region]
                    gps += r.workforce[1, programme, region]
                    sas += r.workforce[2, programme, region]
            each = t.units_per_wte[year, group]
            units = rules.own_units(consultants, gps, sas, each[0], each[1], each[2], fixed)
            support = 0
            for applicant in range(r.applicants.shape[0]):
                load = t.portfolio[applicant, group, year].load
                support += r.applicants[applicant, group, region] * load
            units = supervision_left(units, support)
            part = rules.foundation_units(units, t.foundation_share[group])
            pledged += part
            pool.target = units - part
        if setting.supervision_soft:
            r.crowding[group, region] = rules.crowding_percent(pool.used, pool.target)


@flow
def first_lacking(pools: Any, items: Any, month: Any, bundle: Any, spared: Any):
    """Place in a bundle of the first pool without room, or kept for those ahead; -1 if there is none.

    ``spared`` is what the person would leave of a post, in hundredths.
    """
    for k in range(items.shape[1]):
        units = items[bundle, k].units
        if units == 0:
            break
        pool = pools[items[bundle, k].pool]
        if pool.unlimited == 0:
            used = posts_in_use(pool.used + units, pool.spared + spared, pool.shared)
            if pool.closed == month or used > pool.target:
                return k
    return -1


@flow
def _bundle_that_fits(q: Any, r: Any, month: Any, need: Any, spared: Any):
    """The first bundle of a need for which there is room, or -1."""
    for b in range(q.needs[need].count):
        if first_lacking(r.pools, r.items, month, q.bundles[need, b], spared) < 0:
            return b
    return -1


@flow
def _block(q: Any, r: Any, month: Any, number: Any, spared: Any):
    """Record what a need lacks, keep that pool for whoever waits, and decide who is told."""
    need, bundle = q.needs[number], q.bundles[number, 0]
    item = r.items[bundle, first_lacking(r.pools, r.items, month, bundle, spared)]
    pool = r.pools[item.pool]
    if item.units <= pool.target:
        pool.closed = month
    before = need.cause_before if need.touched == month else need.cause
    need.tell_all = int(pool.kind != before or need.september_only != 0)
    need.cause = pool.kind
    need.blocked = month


@inlined
def transition_up(t: Any, person: Any, with_practice: Any):
    """The transition into someone's level from what they hold for the one below.

    That may be what the level asked for in an earlier era.
    """
    setting = t.setting[0]
    row = person.level * setting.regions + person.region
    below = row - setting.regions
    if with_practice:
        row = t.levels.shape[0] * setting.regions + person.region
    if setting.need_eras > 1:
        for era in range(1, setting.need_eras):
            if t.transitions[era * setting.transitions + below].seat == person.held:
                return setting.other_eras_from + (era - 1) * setting.other_eras + row
    return setting.levels_from + row


@flow
def move_on(t: Any, r: Any, i: Any, transition: Any, priority: Any, begins: Any):
    """Give back what a transition gives back first, then ask, or go straight on to what ``begins``."""
    person, step = r.people[i], t.transitions[transition]
    if step.before != NO_BUNDLE:
        exchange(r.pools, r.items, step.before, -1)
    if step.need == AT_ONCE:
        person.held = t.taken[transition, 0].held
        push(r.inbox, r.inbox_count, begins, i)
    else:
        person.asks = transition
        person.stage = begins
        mark(r.bits[priority], i)


@flow
def _join(t: Any, q: Any, r: Any, priority: Any, month: Any):
    """Those who asked this month go to the end of the list, by person; returns how many wait."""
    count = q.waiting_count[priority]
    for k in range(people_marked(r.bits[priority], r.found)):
        prefetch(r.people, r.found[k + AHEAD])
        ticket = q.waiting[priority, count]
        ticket.person = r.found[k]
        ticket.need = t.transitions[r.people[r.found[k]].asks].need
        ticket.spared = FULL_TIME - int64(r.people[r.found[k]].wte)
        ticket.since = month
        count += 1
    return count


@flow
def serve(t: Any, q: Any, r: Any, month: Any):
    """Grant what can be granted, in the order of the queues; log who is newly blocked, and by what."""
    september = calendar_month(t.setting[0].start_month, month) == clock.ACADEMIC_YEAR_MONTH
    granted, told = 0, r.counts[GRANTS]
    for priority in range(QUEUES):
        waiting, kept = q.waiting[priority], 0
        for k in range(_join(t, q, r, priority, month)):
            ticket = waiting[k]
            need = q.needs[ticket.need]
            if september or need.september_only == 0:
                if need.blocked != month:
                    spared = int64(ticket.spared)
                    b = _bundle_that_fits(q, r, month, ticket.need, spared)
                    if b >= 0:
                        exchange(r.pools, r.items, q.bundles[ticket.need, b], 1)
                        if spared != 0:
                            spare(r.pools, r.items, q.bundles[ticket.need, b], spared)
                        if need.touched != month:
                            need.touched = month
                            need.cause_before = need.cause
                            need.cause = 0
                        q.granted[granted].person = ticket.person
                        q.granted[granted].bundle = b
                        granted += 1
                        continue
                    _block(q, r, month, ticket.need, spared)
                if need.tell_all or ticket.since == month:
                    _note_blocked(r.log[GRANTS, told], r.people[ticket.person], ticket.person, need.cause)
                    told += 1
            waiting[kept] = ticket
            kept += 1
        q.waiting_count[priority] = kept
    r.counts[GRANTS] = told
    return granted


@flow
def _note_blocked(row: Any, person: Any, i: Any, cause: Any):
    event = Event.BLOCKED.value
    if cause <= PoolKind.TECHNOLOGY_PLACEMENT:
        event = Event.PLACEMENT_BLOCKED.value
    if person.stage == Stage.SCHOOL_PLACED:
        note(row, i, event, -1, -1, person.home, 0, cause)
    else:
        note(row, i, event, person.programme, person.level, person.region, person.wte, cause)


@flow
def hand_over(t: Any, q: Any, r: Any, granted: Any):
    """Those granted hold what they were given and go to the list of what begins."""
    for k in range(granted):
        prefetch(r.people, q.granted[k + AHEAD].person)
        i, b = q.granted[k].person, q.granted[k].bundle
        person = r.people[i]
        taken = t.taken[person.asks, b]
        if taken.after != NO_BUNDLE:
            exchange(r.pools, r.items, taken.after, -1)
        person.held = taken.held
        if b > 0 and (person.stage == Stage.FOUNDATION_BEGINS or person.stage == Stage.RETURNS):
            person.way = 0  # no room in practice, or for support: the plain form of it
        push(r.inbox, r.inbox_count, person.stage, i)
