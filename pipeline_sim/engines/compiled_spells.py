"""Spells of specialty training in the compiled engine: how one will end, and the hours worked in it."""

from __future__ import annotations

from typing import Any

from numba import int64

from pipeline_sim.compiling import flow
from pipeline_sim.engines.compiled_records import (
    ENDINGS,
    STARTS,
    Stage,
    exchange,
    give_back,
    note,
    spare,
    training_year,
)
from pipeline_sim.rules import hours as rules
from pipeline_sim.rules import step_out as step_out_rules
from pipeline_sim.rules import training as training_rules
from pipeline_sim.vocabulary import Event

FULL_TIME = rules.FULL_TIME


@flow
def count_part_timers(f: Any, r: Any, posts: Any, month: Any):
    """Where, as the month begins, as many train less than full time as may."""
    setting = f.setting[0]
    capacity = f.rules[training_year(setting, month)].capacity
    for programme in range(1, r.part_timers.shape[0]):  # foundation has no posts to fill
        for region in range(r.part_timers.shape[1]):
            r.part_time_full[programme, region] = rules.too_many(
                r.part_timers[programme, region],
                max(
                    0,
                    posts[training_year(setting, month), programme, region]
                    + r.posts_moved[programme, region],
                ),
                capacity,
            )


@flow
def take_post(r: Any, person: Any):
    """A trainee begins to fill a post."""
    if person.wte != FULL_TIME:
        r.part_timers[person.programme, person.region] += 1


@flow
def leave_post(r: Any, person: Any):
    """A trainee gives back the post and all else they hold."""
    if person.wte != FULL_TIME:
        r.part_timers[person.programme, person.region] -= 1
        spare(r.pools, r.items, person.held, int64(person.wte) - FULL_TIME)
    give_back(r, person)


@flow
def luck_of_spell(person: Any):
    """What makes the draws of a person's spell in training its own."""
    return training_rules.occurrence(int64(person.entries), int64(person.level), int64(person.spell))


@flow
def end_support(t: Any, r: Any, i: Any):
    """Give back the place of supported return, if one is held."""
    person, flex = r.people[i], r.flex[i]
    if flex.support != 0:
        flex.support = 0
        give_back(r, person)
        setting = t.setting[0]
        transition = setting.levels_from + person.level * setting.regions + person.region
        person.held = t.transitions[transition].seat
        exchange(r.pools, r.items, person.held, 1)


@flow
def yearly_request(f: Any, person: Any, month: Any, boost: Any):
    """Yearly threshold of a trainee's asking for other hours; ``boost`` is in percent."""
    if f.setting[0].asked == 0:
        return 0
    asked = f.requests[training_year(f.setting[0], month), person.level, person.female]
    return rules.yearly_wish(int64(person.wte), asked.ask, asked.back, asked.change, boost)


@flow
def begin_training_spell(f: Any, r: Any, key: Any, month: Any, i: Any, since_review: Any):
    """Decide how the spell that begins ends; returns its length in months."""
    person, flex, setting = r.people[i], r.flex[i], f.setting[0]
    wte = int64(person.wte)
    hazard = r.hazards[person.programme, person.region]
    year = training_year(setting, month)
    leave, extra_time, support = 0, hazard.extra_time, training_rules.NO_LIMIT
    if setting.kinds > 0:
        band = step_out_rules.age_band(f.ages, (month - person.birth) // 12)
        leave = f.leave[year, person.programme, person.female, band]
        if flex.supported != 0:
            extra_time = extra_time * f.support[year].extra_time_percent // 100
        if flex.support != 0:
            support = f.support[year].months
    boost = FULL_TIME
    if flex.kind >= 0 and month - flex.returned < f.rules[year].boost_months:
        boost = f.kinds[year, flex.kind].ltft_percent
    ask = yearly_request(f, person, month, boost)
    person.spell += 1
    person.stage = Stage.TRAINING
    end = training_rules.spell_end(
        key,
        person.identity,
        int64(person.entries),
        int64(person.level),
        int64(person.spell),
        int64(person.required - person.progress),
        wte,
        since_review,
        hazard.resign,
        hazard.development,
        extra_time,
        hazard.release,
        leave,
        ask,
        support,
    )
    months = end // training_rules.WAYS
    person.way = end % training_rules.WAYS
    person.months = since_review + months
    if person.way != training_rules.RESIGNS:
        person.progress += months * wte
    return months


@flow
def use_credit(r: Any, i: Any):
    """Count what is left of a credit towards the level in hand."""
    person, flex = r.people[i], r.flex[i]
    if flex.credit > 0:
        used = step_out_rules.credit_usable(
            int64(person.required), int64(person.progress), int64(flex.credit)
        )
        flex.credit -= used
        person.progress += used


@flow
def _approved(f: Any, r: Any, key: Any, year: Any, person: Any, occurrence: Any):
    programme = person.programme
    return rules.hours_approved(
        key,
        person.identity,
        occurrence,
        f.reasons[year, programme],
        f.reason_open[year, programme],
        f.reason_always[year, programme],
        r.part_time_full[programme, person.region] != 0,
    )


@flow
def hours_on_starting(t: Any, f: Any, r: Any, key: Any, month: Any, i: Any):
    """Percent of full time in the programme that a person goes to; a refusal is logged."""
    person = r.people[i]
    programme = int64(person.programme)
    if f.setting[0].asked == 0:
        return training_rules.starting_wte(
            key, person.identity, programme, t.programmes[programme].ltft, t.ltft_percent, t.ltft_cumulative
        )
    year = training_year(f.setting[0], month)
    first = t.programmes[programme].first
    share = f.requests[year, first, person.female].start
    before = int64(r.flex[i].hours)
    wished = rules.starting_hours(
        key, person.identity, programme, before, share, f.rules[year].persists, t.ltft_percent,
        t.ltft_cumulative,
    )  # fmt: skip
    if wished == FULL_TIME or _approved(
        f, r, key, year, person, rules.STARTING_OCCASION + int64(person.entries)
    ):
        return wished
    note(
        r.log[STARTS, r.counts[STARTS]], i, Event.LTFT_REFUSED, programme, first, person.region,
        FULL_TIME, wished,
    )  # fmt: skip
    r.counts[STARTS] += 1
    return FULL_TIME


@flow
def ask_for_hours(t: Any, f: Any, r: Any, key: Any, month: Any, i: Any):
    """A trainee asks for other hours: granted, refused, or the same as before."""
    person = r.people[i]
    year, luck = training_year(f.setting[0], month), luck_of_spell(person)
    asked = f.requests[year, person.level, person.female]
    wte = int64(person.wte)
    wished = rules.hours_wished(
        key, person.identity, luck, wte, asked.ask, asked.back, asked.change, t.ltft_percent,
        t.ltft_cumulative,
    )  # fmt: skip
    if wished == wte:
        return
    row = r.log[ENDINGS, r.counts[ENDINGS]]
    if wte == FULL_TIME and not _approved(f, r, key, year, person, luck):
        note(row, i, Event.LTFT_REFUSED, person.programme, person.level, person.region, wte, wished)
    else:
        change = int64(wished != FULL_TIME) - int64(wte != FULL_TIME)
        r.part_timers[person.programme, person.region] += change
        spare(r.pools, r.items, person.held, wte - wished)
        person.wte = wished
        r.flex[i].hours = wished
        note(row, i, Event.CHANGED_HOURS, person.programme, person.level, person.region, wished, 0)
    r.counts[ENDINGS] += 1
