"""Credit on starting a programme, and trying for another from within one, in the compiled engine."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int64

from pipeline_sim import clock
from pipeline_sim.compiling import flow
from pipeline_sim.engines.compiled_records import APPLICANTS, STARTS, mark, next_august, note, training_year
from pipeline_sim.rules import credit as rules
from pipeline_sim.scenario.blueprint import EXPERIENCE_STATES, Blueprint
from pipeline_sim.vocabulary import CREDIT_KIND, Credit, Event, Outcome, State

LOCALLY_EMPLOYED, UNPLACED, SAS, TRAINING_INITIATIVE = range(len(EXPERIENCE_STATES))


@flow
def forget(flex: Any):
    """A person without a past."""
    flex.done = 0
    flex.credited = 0
    flex.last_programme = -1
    flex.left_programme = 0
    flex.lives_so_since = 0
    flex.experience_until = 0
    flex.locally_employed = 0
    flex.unplaced = 0
    flex.sas = 0
    flex.training_initiative = 0
    flex.credit_kind = 0
    flex.left_well = 0
    flex.keeps = 0
    flex.goes_on = 0
    flex.enhanced = 0


@flow
def served(flex: Any, state: Any, months: Any):
    """Add months of experience in a state; says whether that state counts."""
    if state == State.LOCALLY_EMPLOYED:
        flex.locally_employed += months
    elif state == State.UNPLACED:
        flex.unplaced += months
    elif state == State.SAS:
        flex.sas += months
    elif state == State.TRAINING_INITIATIVE:
        flex.training_initiative += months
    else:
        return False
    return True


@flow
def live_differently(r: Any, month: Any, i: Any):
    """Add up the experience of the life outside training that ends this month."""
    flex = r.flex[i]
    if served(flex, r.people[i].state, month - flex.lives_so_since):
        flex.experience_until = month
    flex.lives_so_since = month


@flow
def leave_programme(t: Any, r: Any, month: Any, i: Any, satisfactory: Any):
    """Remember what was done in a programme; progress is what reviews have confirmed."""
    flex, person = r.flex[i], r.people[i]
    before, needed = t.level_before[person.level], t.level_needs[person.level]
    flex.done = rules.months_done(before, int64(person.progress), needed, int64(flex.credited))
    flex.last_programme = person.programme
    flex.left_programme = month
    flex.left_well = satisfactory


@flow
def _of_state(t: Any, year: Any, state: Any, programme: Any, months: Any, away: Any, asks: Any):
    rule = t.experience[year, state, programme]
    return rules.experience_credit(
        int64(months), away, asks, rule.uptake, rule.rate, rule.cap, rule.least, rule.recency
    )


@flow
def _experience(t: Any, flex: Any, year: Any, month: Any, programme: Any, asks: Any):
    away = month - int64(flex.experience_until)
    total, most = 0, 0
    for state in range(len(EXPERIENCE_STATES)):
        months = int64(flex.locally_employed)
        if state == UNPLACED:
            months = int64(flex.unplaced)
        elif state == SAS:
            months = int64(flex.sas)
        elif state == TRAINING_INITIATIVE:
            months = int64(flex.training_initiative)
        credit = _of_state(t, year, state, programme, months, away, asks)
        total += credit
        if credit > 0:
            most = max(most, t.experience[year, state, programme].cap)
    return min(total, most)


@flow
def _transfer(t: Any, flex: Any, year: Any, month: Any, programme: Any, asks: Any):
    if flex.last_programme < 0:
        return 0
    rule = t.credit[year, flex.last_programme, programme]
    away = month - int64(flex.left_programme)
    return rules.transfer_credit(
        int64(flex.done), away, flex.left_well != 0, asks, rule.uptake, rule.cap, rule.overlap, rule.least,
        rule.recency, rule.satisfactory != 0,
    )  # fmt: skip


@flow
def start_level(t: Any, r: Any, key: Any, month: Any, i: Any, programme: Any):
    """Level, and progress in it, with which a programme starts, as the rule codes them."""
    live_differently(r, month, i)
    flex, year = r.flex[i], training_year(t.setting[0], month)
    asks = rules.wish(key, r.people[i].identity, int64(r.people[i].entries))
    of_kind = _transfer(t, flex, year, month, programme, asks) * rules.KINDS
    best = of_kind + rules.KINDS - Credit.TRANSFER.value
    of_kind = _experience(t, flex, year, month, programme, asks) * rules.KINDS
    best = max(best, of_kind + rules.KINDS - Credit.EXPERIENCE.value)
    of_kind = t.transfers[year, programme].enhance_credit * rules.KINDS if flex.enhanced else 0
    best = max(best, of_kind + rules.KINDS - Credit.ENHANCE.value)
    credit = rules.within_programme(best // rules.KINDS, t.programmes[programme].months)
    flex.credited = credit
    flex.credit_kind = rules.KINDS - best % rules.KINDS
    return rules.entry(credit, t.programmes[programme].first, t.programmes[programme].levels, t.level_needs)


@flow
def note_credit(r: Any, i: Any, row: Any):
    """The row of what was credited; says how many rows that is."""
    flex, person = r.flex[i], r.people[i]
    if flex.credited == 0:
        return 0
    detail = int64(flex.credited) + CREDIT_KIND * int64(flex.credit_kind)
    note(
        row, i, Event.CREDIT_GRANTED, person.programme, person.level, person.region, person.wte, detail
    )  # fmt: skip
    return 1


@flow
def tries_another(t: Any, r: Any, key: Any, month: Any, i: Any, outcome: Any, done: Any):
    """Whether a trainee just reviewed applies for another programme in this month's rounds, and does."""
    if outcome != Outcome.SATISFACTORY or next_august(t.setting[0], month) != month:
        return False
    person = r.people[i]
    yearly = t.transfers[training_year(t.setting[0], month), person.programme].applies
    if not rules.tries_another(key, person.identity, month, yearly):
        return False
    person.competence |= t.programmes[person.programme].parents  # it was needed to come here
    r.flex[i].keeps = person.programme + 1
    r.flex[i].goes_on = int(done)
    mark(r.bits[APPLICANTS], i)
    return True


def fill_enhance_places(blueprint: Blueprint, run: Any, key: int, month: int) -> None:
    """The Enhance programme: each August, places by lot among those who started a foundation year."""
    if clock.calendar_month(blueprint.start_month, month) != clock.TRAINING_YEAR_MONTH:
        return
    year = clock.training_year(blueprint.start_month, month)
    places, months = blueprint.enhance_places[year], blueprint.enhance_months[year]
    if not places.any():
        return
    starts, count = run.log[STARTS], int(run.counts[STARTS])
    who, people, where = (np.empty(count, np.int64) for _ in range(3))
    may = may_enhance(run, who, people, where)
    won = rules.win_places(key, month, people[:may], where[:may], places)
    who, where = who[won], where[won]
    run.flex["enhanced"][who] = 1
    rows = starts[count : count + len(who)]
    rows["event"], rows["programme"], rows["level"], rows["wte"] = Event.ENHANCE_JOINED, -1, -1, 0
    rows["person"], rows["region"], rows["detail"] = who, where, months[where]
    run.counts[STARTS] = count + len(who)


@flow
def may_enhance(r: Any, who: Any, identity: Any, region: Any):
    """List those who started a foundation year this month and had no place before; returns how many."""
    found, starts = 0, r.log[STARTS]
    for k in range(r.counts[STARTS]):
        row = starts[k]
        if row.event == Event.FOUNDATION_STARTED and r.flex[row.person].enhanced == 0:
            who[found] = row.person
            identity[found] = r.people[row.person].identity
            region[found] = row.region
            found += 1
    return found
