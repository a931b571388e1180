"""Time away from a programme in the compiled engine: going, coming back or not, supported return."""

from __future__ import annotations

from typing import Any

from numba import int64

from pipeline_sim.compiling import flow
from pipeline_sim.engines.compiled_credit import leave_programme
from pipeline_sim.engines.compiled_queues import move_on
from pipeline_sim.engines.compiled_records import (
    ENDINGS,
    NO_BUNDLE,
    SITTING,
    STARTING,
    STARTS,
    Stage,
    exchange,
    expect,
    note,
    push,
    schedule,
    spare,
    training_year,
)
from pipeline_sim.engines.compiled_spells import (
    FULL_TIME,
    begin_training_spell,
    leave_post,
    luck_of_spell,
    take_post,
    use_credit,
)
from pipeline_sim.prefetching import AHEAD
from pipeline_sim.rules import cover as cover_rules
from pipeline_sim.rules import step_out as rules
from pipeline_sim.vocabulary import CREDIT_KIND, KINDS, Credit, Event

CREDITED = CREDIT_KIND * int(Credit.STEP_OUT)


@flow
def kind_allowed(t: Any, f: Any, r: Any, key: Any, month: Any, i: Any):
    """The kind of step-out that was drawn for this month, or -1 where its gates are shut."""
    person, setting = r.people[i], f.setting[0]
    year = training_year(setting, month)
    band = rules.age_band(f.ages, (month - person.birth) // 12)
    kind = rules.kind_of_step_out(
        key,
        person.identity,
        luck_of_spell(person),
        f.away[year, person.programme, person.female, band],
    )
    return kind if kind < setting.kinds and _may_go(t, f, r, month, i, kind) else -1


@flow
def kind_at_start(t: Any, f: Any, r: Any, key: Any, i: Any):
    """The kind of step-out on which a trainee of the starting stock is, or -1."""
    person = r.people[i]
    band = rules.age_band(f.ages, -person.birth // 12)
    kind = rules.away_at_start(key, person.identity, f.stock[person.programme, person.female, band])
    return kind if kind < f.setting[0].kinds and _may_go(t, f, r, rules.LEFT_BEFORE, i, kind) else -1


@flow
def _may_go(t: Any, f: Any, r: Any, month: Any, i: Any, kind: Any):
    person, flex = r.people[i], r.flex[i]
    gate = f.kinds[training_year(f.setting[0], max(month, 0)), kind]
    programme = t.programmes[person.programme]
    return rules.may_step_out(
        month - person.began,
        person.level == programme.first + programme.levels - 1,
        flex.satisfactory != 0,
        month - max(int64(flex.returned), int64(person.began)),
        gate.min_months,
        gate.final_year != 0,
        gate.satisfactory != 0,
        gate.notice,
    )


@flow
def step_out(t: Any, f: Any, r: Any, key: Any, month: Any, i: Any, kind: Any, at_start: Any):
    """Leave the programme for a while, with the post or without it."""
    person, flex = r.people[i], r.flex[i]
    flex.steps += 1
    length = rules.length_of_step_out(key, person.identity, int64(flex.steps), f.length_edges[kind])
    months = f.lengths[kind, length].months
    if at_start:
        months = rules.months_still_away(key, person.identity, months)
        person.progress = rules.done_when_left(person.progress)
        person.months = rules.done_when_left(person.months)
    flex.kind = kind
    flex.length = length
    flex.since_review = person.months
    flex.away_since = month
    leave_post(r, person)
    if f.kinds[training_year(f.setting[0], month), kind].held != 0:
        _hold_post(t, r, person)
    r.cover_wanted[person.region] += _wants_cover(f, r, key, i)
    note(
        r.log[ENDINGS, r.counts[ENDINGS]], i, Event.STEPPED_OUT, person.programme, person.level,
        person.region, person.wte, kind + KINDS * months,
    )  # fmt: skip
    r.counts[ENDINGS] += 1
    person.stage = Stage.AWAY
    schedule(r.calendar, month + months, i)


@flow
def _wants_cover(f: Any, r: Any, key: Any, i: Any):
    """1 if the post of someone who stepped out is to be covered by another doctor."""
    flex = r.flex[i]
    share = f.cover[training_year(f.setting[0], int64(flex.away_since)), flex.kind]
    return int64(cover_rules.wants_cover(key, r.people[i].identity, int64(flex.steps), share))


@flow
def _hold_post(t: Any, r: Any, person: Any):
    setting = t.setting[0]
    person.held = t.transitions[
        setting.posts_alone_from + person.programme * setting.regions + person.region
    ].seat
    exchange(r.pools, r.items, person.held, 1)
    spare(r.pools, r.items, person.held, FULL_TIME - int64(person.wte))


@flow
def away_ends(t: Any, f: Any, r: Any, key: Any, month: Any):
    """Those due back give the programme up, or ask for what their level needs."""
    setting, inbox = t.setting[0], r.inbox[Stage.AWAY]
    year = training_year(setting, month)
    for k in range(r.inbox_count[Stage.AWAY]):
        expect(r, inbox[k + AHEAD])
        i = inbox[k]
        person, flex = r.people[i], r.flex[i]
        kind, length, support = flex.kind, f.lengths[flex.kind, flex.length], f.support[year]
        months = month - int64(flex.away_since)
        r.cover_wanted[person.region] -= _wants_cover(f, r, key, i)
        offered = support.months > 0 and f.support_places[year, person.region] > 0
        supported = offered and rules.wants_support(
            key, person.identity, int64(flex.steps), months, support.min_months, support.uptake
        )
        uplift = support.uplift if supported else 0
        if not rules.comes_back(key, person.identity, int64(flex.steps), length.returns, uplift):
            exchange(r.pools, r.items, person.held, -1)
            spare(r.pools, r.items, person.held, int64(person.wte) - FULL_TIME)
            person.held = NO_BUNDLE
            row = r.log[ENDINGS, r.counts[ENDINGS]]
            note(
                row, i, Event.DID_NOT_RETURN, person.programme, person.level, person.region, person.wte, kind
            )
            r.counts[ENDINGS] += 1
            leave_programme(t, r, month, i, 1)
            push(r.inbox, r.inbox_count, Stage.RESIGNED, i)
            continue
        flex.away = months
        _enter_after_gap(t, f, r, i, months)
        claim = f.kinds[year, kind].claim
        if claim == rules.GUARANTEED and person.held == NO_BUNDLE:
            _hold_post(t, r, person)
        has_post = person.held != NO_BUNDLE
        flex.promised = int64(not has_post and claim == rules.PRIORITY)
        if flex.promised:
            r.committed[person.programme, person.region] += 1
        person.way = int64(supported)
        variant = 2 * int64(has_post) + int64(supported)
        transition = setting.returns_from + 4 * (person.level * setting.regions + person.region) + variant
        priority = STARTING if claim == rules.COMPETE else SITTING
        move_on(t, r, i, transition, priority, Stage.RETURNS)
    r.inbox_count[Stage.AWAY] = 0


@flow
def _enter_after_gap(t: Any, f: Any, r: Any, i: Any, months: Any):
    """After a long absence, time that does not count is added, or the programme begins again."""
    person = r.people[i]
    row = rules.gap_row(f.gap_months, months)
    if row < 0:
        return
    if f.gaps[row].restart != 0:
        person.level = t.programmes[person.programme].first
        person.required = t.levels[person.level].wte_hundredths
        person.progress = 0
        person.entries += 1
        r.flex[i].since_review = 0
        r.flex[i].credited = 0
        return
    extra = f.gaps[row].extra_months
    if extra > 0:
        person.required += 100 * extra
        row_of = r.log[ENDINGS, r.counts[ENDINGS]]
        note(row_of, i, Event.EXTENDED, person.programme, person.level, person.region, person.wte, extra)
        r.counts[ENDINGS] += 1


@flow
def steps_in(f: Any, r: Any, key: Any, month: Any):
    """Back in the programme, with all the level needs in hand."""
    inbox = r.inbox[Stage.RETURNS]
    year = training_year(f.setting[0], month)
    for k in range(r.inbox_count[Stage.RETURNS]):
        expect(r, inbox[k + AHEAD])
        i = inbox[k]
        person, flex = r.people[i], r.flex[i]
        programme, level, region, wte = person.programme, person.level, person.region, person.wte
        kind = int64(flex.kind)
        gate, length, support = f.kinds[year, kind], f.lengths[kind, flex.length], f.support[year]
        if flex.promised:
            r.committed[programme, region] -= 1
            flex.promised = 0
        take_post(r, person)
        starts = r.log[STARTS]
        months = month - int64(flex.away_since)
        note(
            starts[r.counts[STARTS]],
            i,
            Event.STEPPED_IN,
            programme,
            level,
            region,
            wte,
            kind + KINDS * months,
        )
        r.counts[STARTS] += 1
        flex.support = person.way
        flex.supported = person.way
        flex.returned = month
        if person.way:
            weeks = rules.supernumerary_weeks(months, support.weeks_a_year, support.weeks_cap)
            note(starts[r.counts[STARTS]], i, Event.SUPPORTED_RETURN, programme, level, region, wte, weeks)
            r.counts[STARTS] += 1
        credit = rules.step_out_credit(
            key, person.identity, int64(flex.steps), gate.counts, int64(flex.away), gate.rate, gate.cap,
            gate.no_credit,
            gate.allowance, length.extension,
        )  # fmt: skip
        if gate.counts == rules.PROSPECTIVE and credit > 0:
            note(
                starts[r.counts[STARTS]], i, Event.CREDIT_GRANTED, programme, level, region, wte,
                CREDITED + credit,
            )  # fmt: skip
            r.counts[STARTS] += 1
            flex.credit += credit
        elif gate.counts != rules.PROSPECTIVE:
            flex.assess += credit
        use_credit(r, i)
        schedule(r.calendar, month + begin_training_spell(f, r, key, month, i, int64(flex.since_review)), i)
    r.inbox_count[Stage.RETURNS] = 0


@flow
def assess_time_away(r: Any, i: Any):
    """At the first review after a return, what the time away counts for is granted."""
    person, flex = r.people[i], r.flex[i]
    if flex.assess > 0:
        row = r.log[ENDINGS, r.counts[ENDINGS]]
        note(
            row, i, Event.CREDIT_GRANTED, person.programme, person.level, person.region, person.wte,
            CREDITED + flex.assess,
        )  # fmt: skip
        r.counts[ENDINGS] += 1
        flex.credit += flex.assess
        flex.assess = 0
