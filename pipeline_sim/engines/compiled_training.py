"""Specialty training in the compiled engine: levels begin, spells end in reviews, programmes end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int64

from pipeline_sim.compiling import flow, inlined
from pipeline_sim.engines.compiled_credit import leave_programme, note_credit, start_level, tries_another
from pipeline_sim.engines.compiled_outside import go_outside
from pipeline_sim.engines.compiled_queues import move_on, transition_up
from pipeline_sim.engines.compiled_records import (
    APPLICANTS,
    ENDINGS,
    NEVER,
    SITTING,
    STARTING,
    STARTS,
    SURE,
    Stage,
    calendar_month,
    expect,
    mark,
    may_study,
    note,
    push,
    schedule,
)
from pipeline_sim.engines.compiled_spells import (
    ask_for_hours,
    begin_training_spell,
    end_support,
    hours_on_starting,
    leave_post,
    take_post,
    use_credit,
)
from pipeline_sim.engines.compiled_step_outs import assess_time_away, kind_allowed, kind_at_start, step_out
from pipeline_sim.prefetching import AHEAD
from pipeline_sim.rules import training as rules
from pipeline_sim.rules.credentials import TRAINEE
from pipeline_sim.rules.credit import REST
from pipeline_sim.vocabulary import Event, Outcome, State

#: Ways a spell ends without a review.
GOES_ON = (rules.STEPS_OUT, rules.ASKS_FOR_HOURS, rules.SUPPORT_ENDS)


@flow
def opens(t: Any, competence: Any, month_of_year: Any):
    """Whether a round of that calendar month has a programme that this competence opens."""
    if competence == 0:
        return t.openings[month_of_year - 1].entry != 0
    return t.openings[month_of_year - 1].parents & competence != 0


@flow
def set_hazards(t: Any, r: Any):
    """What resignations and reviews are where supervision is as crowded as it now is."""
    setting = t.setting[0]
    for number in range(setting.programmes):
        programme = t.programmes[number]
        for region in range(setting.regions):
            crowding = r.crowding[programme.group, region]
            hazard = r.hazards[number, region]
            hazard.resign = rules.worsened(programme.resign, crowding, setting.crowding_resign_percent)
            hazard.development = programme.development
            hazard.extra_time = rules.worsened(
                programme.extra_time, crowding, setting.crowding_review_percent
            )
            hazard.release = programme.release


@flow
def worsen_hazards(t: Any, r: Any):
    """The hazards of a month; they change only under the soft rule of supervision."""
    if t.setting[0].supervision_soft:
        set_hazards(t, r)


@inlined
def start_training(t: Any, f: Any, r: Any, key: Any, month: Any, i: Any, programme: Any, region: Any):
    """Go to an accepted post: ask for post, supervisor and practice place together."""
    person, flex = r.people[i], r.flex[i]
    start = start_level(t, r, key, month, i, programme)
    person.state = State.TRAINING
    person.entries += 1
    person.tier = 1  # on a UK programme
    r.flex[i].trained_here = 1
    person.nhs_since = min(person.nhs_since, month)
    level = start // REST
    person.progress = start % REST
    person.began = NEVER  # until it has
    person.programme = programme
    person.region = region
    person.level = level
    person.wte = hours_on_starting(t, f, r, key, month, i)
    flex.hours = person.wte
    flex.credit = 0
    flex.assess = 0
    flex.satisfactory = 1
    flex.supported = 0
    person.asks = t.setting[0].enter + level * t.setting[0].regions + region
    person.stage = Stage.LEVEL_BEGINS
    mark(r.bits[STARTING], i)


@flow
def level_begins(t: Any, f: Any, r: Any, key: Any, month: Any):
    """A level starts, all it needs in hand."""
    inbox, starts, started = r.inbox[Stage.LEVEL_BEGINS], r.log[STARTS], r.counts[STARTS]
    for k in range(r.inbox_count[Stage.LEVEL_BEGINS]):
        expect(r, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        programme, level, region = person.programme, person.level, person.region
        first = person.began == NEVER
        if first:
            r.committed[programme, region] -= 1
            person.trained = region
            person.began = month
            person.extended = 0
            take_post(r, person)
            may_study(t, r, i, TRAINEE)
            started += note_credit(r, i, starts[started])
        note(starts[started], i, Event.STARTED_LEVEL, programme, level, region, person.wte, int(first))
        started += 1
        person.spell = 0
        person.required = t.levels[level].wte_hundredths
        person.progress = rules.done_on_starting(int64(person.progress), int64(person.required))
        use_credit(r, i)
        schedule(r.calendar, month + begin_training_spell(f, r, key, month, i, 0), i)
    r.inbox_count[Stage.LEVEL_BEGINS] = 0
    r.counts[STARTS] = started


@flow
def seated_trainees_begin(t: Any, f: Any, r: Any, key: Any):
    """The spells of trainees in post at the start; some of them are away."""
    inbox, kinds = r.inbox[Stage.TRAINING], f.setting[0].kinds
    for k in range(r.inbox_count[Stage.TRAINING]):
        expect(r, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        away = kind_at_start(t, f, r, key, i) if kinds > 0 else -1
        if away >= 0:
            step_out(t, f, r, key, 0, i, away, True)
        else:
            schedule(r.calendar, begin_training_spell(f, r, key, 0, i, int64(person.months)), i)
    r.inbox_count[Stage.TRAINING] = 0


@flow
def training_spell_ends(t: Any, f: Any, r: Any, key: Any, month: Any):
    """Resignation or review; then more of the level, the next level, or the end of the programme."""
    inbox, endings = r.inbox[Stage.TRAINING], r.log[ENDINGS]
    for k in range(r.inbox_count[Stage.TRAINING]):
        expect(r, inbox[k + AHEAD])
        i = inbox[k]
        person = r.people[i]
        if person.way == rules.RESIGNS:
            end_support(t, r, i)
            leave_post(r, person)
            _note_ending(r, i, Event.RESIGNED, 0)
            leave_programme(t, r, month, i, 1)
            push(r.inbox, r.inbox_count, Stage.RESIGNED, i)
            continue
        end_support(t, r, i)
        if person.way == rules.STEPS_OUT:
            kind = kind_allowed(t, f, r, key, month, i)
            if kind >= 0:
                step_out(t, f, r, key, month, i, kind, False)
                continue
        elif person.way == rules.ASKS_FOR_HOURS:
            ask_for_hours(t, f, r, key, month, i)
        if person.way in GOES_ON:
            schedule(r.calendar, month + begin_training_spell(f, r, key, month, i, int64(person.months)), i)
            continue
        programme, level = person.programme, person.level
        outcome = int(person.way)
        further = 0
        if outcome == Outcome.EXTRA_TIME:
            further = rules.extension_granted(
                person.extended, t.programmes[programme].extension, t.programmes[programme].extension_cap
            )
            if further == 0:
                outcome = Outcome.RELEASE.value
        done = person.progress >= person.required + 100 * further
        last = level == t.programmes[programme].first + t.programmes[programme].levels - 1
        if done and last and outcome != Outcome.RELEASE:
            outcome = Outcome.COMPLETION.value
        _note_ending(r, i, Event.REVIEWED, outcome)
        r.flex[i].supported = 0
        r.flex[i].satisfactory = int(outcome == Outcome.SATISFACTORY)
        if outcome == Outcome.RELEASE:
            leave_post(r, person)
            _note_ending(r, i, Event.RELEASED, 0)
            leave_programme(t, r, month, i, 0)
            push(r.inbox, r.inbox_count, Stage.RESIGNED, i)
            continue
        if further:
            person.extended += further
            person.required += 100 * further
            _note_ending(r, i, Event.EXTENDED, further)
        assess_time_away(r, i)
        if not done:
            use_credit(r, i)
        if tries_another(t, r, key, month, i, outcome, done):
            continue
        if not done:
            schedule(r.calendar, month + begin_training_spell(f, r, key, month, i, 0), i)
        elif last:
            leave_post(r, person)
            leave_programme(t, r, month, i, 1)
            _complete(t, r, month, i, endings[r.counts[ENDINGS]])
            r.counts[ENDINGS] += 1
        else:
            next_level(t, r, i)
    r.inbox_count[Stage.TRAINING] = 0


@flow
def _note_ending(r: Any, i: Any, event: Any, detail: Any):
    """A row about the level that someone is in."""
    person, row = r.people[i], r.log[ENDINGS, r.counts[ENDINGS]]
    note(row, i, event, person.programme, person.level, person.region, person.wte, detail)
    r.counts[ENDINGS] += 1


@flow
def next_level(t: Any, r: Any, i: Any):
    """Go to the level after one that is done."""
    person = r.people[i]
    person.progress -= person.required
    person.level += 1
    move_on(t, r, i, transition_up(t, person, 0), SITTING, Stage.LEVEL_BEGINS)


@flow
def goes_on(t: Any, f: Any, r: Any, key: Any, month: Any, i: Any):
    """Training goes on as it would have, after trying for another programme in vain."""
    r.flex[i].keeps = 0
    if r.flex[i].goes_on:
        next_level(t, r, i)
    else:
        schedule(r.calendar, month + begin_training_spell(f, r, key, month, i, 0), i)


@flow
def _complete(t: Any, r: Any, month: Any, i: Any, row: Any):
    """The end of a programme: higher training after a core programme, practice after a CCT."""
    person = r.people[i]
    programme, level, region, wte = person.programme, person.level, person.region, person.wte
    bit = t.programmes[programme].core_bit
    if bit < 0:
        note(row, i, Event.COMPLETED_TRAINING, programme, level, region, wte, month - person.began)
        push(r.inbox, r.inbox_count, Stage.JOINS, i)
        return
    person.competence |= np.int64(1) << bit
    person.tier = 1  # through a UK training programme
    note(row, i, Event.COMPLETED_CORE, programme, level, region, wte, 0)
    if opens(t, person.competence, calendar_month(t.setting[0].start_month, month)):
        mark(r.bits[APPLICANTS], i)
    else:
        go_outside(r, i, State.LOCALLY_EMPLOYED, 0, SURE)
