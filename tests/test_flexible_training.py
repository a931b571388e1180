"""Stepping out, stepping in, hours and credit: worked to the month, and held to their rules in any run."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from flexible_tables import flexible_tables, kind
from hypothesis import given
from hypothesis import strategies as st
from same_log import assert_same_log
from scenarios import everything_happens, ladder, with_tables

from pipeline_sim.engines import compiled_engine, simpy_engine
from pipeline_sim.eventlog import EventLog
from pipeline_sim.rules import step_out as rules
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.vocabulary import CREDIT_KIND, KINDS, Event, PoolKind

THRESHOLD_ONE = 1 << 32
GP = "general_practice"


def roomy() -> Scenario:
    """A hundred GP trainees a year, with posts, supervisors and practice places for all."""
    return ladder(2000, 0).with_values(
        {"practice_places:places": 3000, "supervision_groups.general_practice:gp_units": 400}
    )


def only_kind(row: dict[str, object], months: int, gate: int = 12) -> dict[str, list[dict[str, object]]]:
    """Every GP trainee steps out once, by this kind and for so long, in the second of three levels."""
    gates = {"min_months": gate, "final_year": 0, "notice_months": gate}
    return {
        "step_outs": [{**row, **gates}],
        "step_out_lengths": [
            {"step_out": row["step_out"], "months": months, "share": 1, "returns": 1, "extension": 1}
        ],
        "step_out_rates": [{"step_out": row["step_out"], "family": GP, "year": 2025, "female": 1, "male": 1}],
    }


def all_at(percent: int) -> dict[str, list[dict[str, object]]]:
    """Everyone asks to train at one fraction from the start, and keeps to it."""
    request = {"start_female": 1, "start_male": 1, "ask_female": 0, "ask_male": 0, "back": 0, "change": 0}
    return {
        "ltft_mix": [{"wte_percent": percent, "share": 1}],
        "ltft_requests": [{"family": GP, "order_from": 1, "year": 2025, **request}],
    }


def those_who_started(scenario: Scenario, years: int = 10) -> tuple[EventLog, list[int]]:
    """What both engines log of GP training, and who started it once in the run and finished it."""
    blueprint = scenario.blueprint(years)
    log = simpy_engine.run(blueprint, 1)
    assert_same_log(log, compiled_engine.run(blueprint, 1), blueprint)
    log = log.take(log.programme == blueprint.programmes.index(GP))
    started, times = np.unique(
        log.person[(log.event == Event.STARTED_LEVEL) & (log.detail == 1)], return_counts=True
    )
    done = log.person[log.event == Event.COMPLETED_TRAINING]
    both = np.intersect1d(started[times == 1], done).tolist()
    assert both
    return log, both


def months_to_certificate(scenario: Scenario, years: int = 10) -> set[int]:
    """Months from starting GP to the certificate, of those who started in the run, in both engines."""
    log, people = those_who_started(scenario, years)
    done = (log.event == Event.COMPLETED_TRAINING) & np.isin(log.person, people)
    return set(log.detail[done].tolist())


def hours_and_months(scenario: Scenario) -> list[tuple[list[tuple[int, int]], int]]:
    """Of each who started and finished: hours as (months since the start, percent), and months in all."""
    log, people = those_who_started(scenario)
    found = []
    for person in people:
        own = log.take(log.person == person)
        began = int(own.month[own.event == Event.STARTED_LEVEL][0])
        rows = np.isin(own.event, [Event.STARTED_LEVEL, Event.CHANGED_HOURS])
        rows &= (own.event == Event.CHANGED_HOURS) | (own.detail == 1)
        hours = list(zip((own.month[rows] - began).tolist(), own.wte[rows].tolist(), strict=True))
        found.append((hours, int(own.detail[own.event == Event.COMPLETED_TRAINING][0])))
    return found


def test_three_years_at_sixty_percent_take_five():
    assert months_to_certificate(with_tables(roomy(), all_at(60))) == {60}


def test_a_year_of_experience_out_of_programme_takes_a_year_longer():
    assert months_to_certificate(with_tables(roomy(), only_kind(kind("oope"), 12))) == {48}


def test_a_pause_assessed_at_six_months_takes_six_months_longer():
    pause = kind("oopp", counts="assessed", credit_rate=0.5, credit_cap_months=6)
    assert months_to_certificate(with_tables(roomy(), only_kind(pause, 12))) == {42}


def test_training_agreed_in_advance_counts_in_full():
    away = kind("oopt", counts="prospective", credit_rate=1, credit_cap_months=12)
    # each level keeps its last month: whoever left with one to go in the second has one month too many
    assert months_to_certificate(with_tables(roomy(), only_kind(away, 12))) == {36, 37}


def test_parental_leave_costs_what_exceeds_the_fourteen_days():
    leave = kind("parental", counts="reviewed", allowance_months=0.46, post="held")
    assert months_to_certificate(with_tables(roomy(), only_kind(leave, 11))) == {47}


def test_parental_leave_and_then_sixty_percent():
    """All take 12 months of leave, and then ask for 60 %: a months at 1.0 before and c after the leave.

    By hand: a + 12 + c months, and then 36 - a - c WTE months at 0.6.

    ====  ====  ==========================  ==============================
    a     c     left, in months at 0.6      certificate after
    ====  ====  ==========================  ==============================
    13    5     36 - 13 -  5 = 18 -> 30     13 + 12 +  5 + 30 = 60 months
    15    6     36 - 15 -  6 = 15 -> 25     15 + 12 +  6 + 25 = 58 months
    17    3     36 - 17 -  3 = 16 -> 27     17 + 12 +  3 + 27 = 59 months
    ====  ====  ==========================  ==============================
    """
    by_hand = {(13, 5): {60}, (15, 6): {58}, (17, 3): {59}}
    leave = only_kind(kind("parental", post="held", ltft_multiplier=100), 12)
    asked = {"ask_female": 0.01, "ask_male": 0.01}
    tables = {
        **leave,
        "ltft_mix": [{"wte_percent": 60, "share": 1}],
        "ltft_requests": asking_by_level(asked, asked, asked),
        "ltft_rules": [{"year": 2025, "capacity": 1, "persists": 0, "boost_months": 12}],
    }
    found: dict[tuple[int, int], set[int]] = {}
    log, people = those_who_started(with_tables(roomy(), tables))
    for person in people:
        own = log.take(log.person == person)
        month = {event: own.month[own.event == event] for event in (Event.STEPPED_OUT, Event.CHANGED_HOURS)}
        began, out, asks = own.month[own.event == Event.STARTED_LEVEL][0], *month.values()
        if len(out) == len(asks) == 1 and asks[0] > out[0]:
            times = int(out[0] - began), int(asks[0] - out[0]) - 12
            found.setdefault(times, set()).add(int(own.detail[own.event == Event.COMPLETED_TRAINING][0]))
    assert {times: found.get(times) for times in by_hand} == by_hand
    for (a, c), months in found.items():
        assert months == {a + 12 + c + -(-(360 - 10 * a - 10 * c) // 6)}


def test_leave_and_then_sixty_percent_are_counted_one_after_the_other():
    leave = only_kind(kind("parental", post="held"), 12, gate=24)  # a gate of two years shuts for some
    assert months_to_certificate(with_tables(roomy(), {**leave, **all_at(60)}), 12) == {60, 72}


def test_a_restart_after_five_years_begins_the_programme_again():
    tables = only_kind(kind("career_break"), 60)
    tables["return_gaps"] = [{"months_from": 60, "extra_months": 0, "restart": 1}]
    tables["step_out_rates"] += [{**tables["step_out_rates"][0], "year": 2028, "female": 0, "male": 0}]
    found = months_to_certificate(with_tables(roomy(), tables), 12)
    # from 13 to 23 months of training are lost, and those who start late never step out
    assert found == {36, *range(13 + 60 + 36, 24 + 60 + 36)}


def asking_by_level(*asked: dict[str, float]) -> list[dict[str, object]]:
    """Requests of GP trainees in their first, second, third level; nobody starts part-time."""
    never = dict.fromkeys(("start_female", "start_male", "ask_female", "ask_male", "back", "change"), 0.0)
    return [
        {"family": GP, "order_from": order, "year": 2025, **never, **own}
        for order, own in enumerate(asked, 1)
    ]


def test_full_time_then_eighty_then_fifty_percent():
    """All ask once in the first level and may change in the second, to 80 % or 50 %.

    By hand, for a months at 1.0, then b at 0.8, of 36 WTE months 36 - a - 0.8 b are left at 0.5:

    ====  ====  ==============================  =========================
    a     b     left, in months at 0.5          certificate after
    ====  ====  ==============================  =========================
    7     14    36 -  7 - 11.2 = 17.8 -> 36      7 + 14 + 36 = 57 months
    10    14    36 - 10 - 11.2 = 14.8 -> 30     10 + 14 + 30 = 54 months
    11    12    36 - 11 -  9.6 = 15.4 -> 31     11 + 12 + 31 = 54 months
    ====  ====  ==============================  =========================
    """
    tables = {
        "ltft_mix": [{"wte_percent": percent, "share": 0.5} for percent in (80, 50)],
        "ltft_requests": asking_by_level({"ask_female": 1, "ask_male": 1}, {"change": 1}, {}),
    }
    by_hand = {(7, 14): {57}, (10, 14): {54}, (11, 12): {54}}
    found: dict[tuple[int, int], set[int]] = {}
    for changes, months in hours_and_months(with_tables(roomy(), tables)):
        if [wte for _, wte in changes] == [100, 80, 50]:
            (at_80, _), (at_50, _) = changes[1:]
            found.setdefault((at_80, at_50 - at_80), set()).add(months)
    assert {times: found.get(times) for times in by_hand} == by_hand
    for (a, b), months in found.items():
        left = 360 - 10 * a - 8 * b  # tenths of a WTE month
        assert months == {a + b + -(-left // 5)}


def foundation_hours(year_1: dict[str, float], year_2: dict[str, float], **rules: float) -> Scenario:
    """Part-time is 60 %; what foundation doctors ask for in each year, and the national rules."""
    rows = asking_by_level(year_1, year_2)
    national = {"year": 2025, "capacity": 1, "persists": 0, "boost_months": 0, **rules}
    tables = {
        "ltft_mix": [{"wte_percent": 60, "share": 1}],
        "ltft_requests": [{**row, "family": "foundation"} for row in rows],
        "ltft_rules": [national],
    }
    return with_tables(roomy(), tables)


def test_foundation_doctors_change_hours_and_their_years_take_as_long_as_it_needs():
    """All ask for 60 % in F1, after a months, and to go back in F2, after b: the rest at the new hours."""
    ask = {"ask_female": 1, "ask_male": 1}
    blueprint = foundation_hours(ask, {"back": 1}).blueprint(7)
    log = simpy_engine.run(blueprint, 1)
    assert_same_log(log, compiled_engine.run(blueprint, 1), blueprint)
    log = log.take(log.programme == 0)
    found = set()
    for person in np.unique(log.person[log.event == Event.CHANGED_HOURS]).tolist():
        own = log.take(log.person == person)
        began, signed, asks = (
            own.month[own.event == event]
            for event in (Event.FOUNDATION_STARTED, Event.FOUNDATION_SIGNED_OFF, Event.CHANGED_HOURS)
        )
        if len(began) == len(signed) == len(asks) == 2 and not (own.event == Event.FOUNDATION_EXTENDED).any():
            a, b = (asks - began).tolist()
            assert own.wte[own.event == Event.CHANGED_HOURS].tolist() == [60, 100]
            assert (signed - began).tolist() == [a - (-(120 - 10 * a) // 6), b + 12 - (6 * b) // 10]
            found.add((a, b))
    assert len(found) > 10


def test_a_capacity_of_posts_does_not_keep_foundation_doctors_from_part_time_work():
    """They have places and no posts: what a programme may hold is no limit there, as its reasons are."""
    wish = foundation_hours({"start_female": 1, "start_male": 1}, {}, capacity=0.5)
    log = compiled_engine.run(wish.blueprint(3), 1)
    assert set(log.wte[(log.event == Event.FOUNDATION_STARTED) & (log.level == 0)].tolist()) == {60}
    assert not (log.event == Event.LTFT_REFUSED).any()


def test_a_programme_asks_so_much_oftener_than_its_family_from_a_year_on():
    scenario = everything_happens()
    family = scenario.tables["programmes"]["family"]
    p = next(n for n in range(1, len(family)) if family.count(family[n]) > 1)
    name = scenario.tables["programmes"]["programme"][p]
    level = scenario.blueprint(1).level_first[p]
    tables = {"ltft_programmes": [{"programme": name, "year": 2025, "multiplier": 1}]}
    plain = with_tables(scenario, tables)
    changed = plain.with_value(f"ltft_programmes.{name}.2027:multiplier", 0.5).blueprint(4).ltft_requests
    before = plain.blueprint(4).ltft_requests
    expected = before.copy()
    levels = plain.blueprint(1).level_count[p]
    expected[2:, level : level + levels, :, :2] = before[2:, level : level + levels, :, :2] // 2
    assert (abs(changed - expected) <= 1).all()
    assert (expected != before).any()


def test_an_extension_of_six_months_at_eighty_percent_takes_seven_and_a_half():
    """36 WTE months at 0.8 are 45 months; with an extension of six, 42 / 0.8 = 52.5, so 53."""
    extended = with_tables(roomy(), all_at(80)).with_values(
        {
            "programmes.general_practice:extra_time": 0.2, "programmes.general_practice:extension_months": 6,
            "programmes.general_practice:extension_cap_months": 6,
        }
    )  # fmt: skip
    log, people = those_who_started(extended)
    months: dict[bool, set[int]] = {False: set(), True: set()}
    for person in people:
        own = log.take(log.person == person)
        extensions = own.detail[own.event == Event.EXTENDED].tolist()
        assert extensions in ([], [6])
        months[bool(extensions)] |= set(own.detail[own.event == Event.COMPLETED_TRAINING].tolist())
    assert months == {False: {45}, True: {53}}


@cache
def run() -> tuple[Blueprint, EventLog]:
    blueprint = everything_happens().with_years(8).blueprint()
    return blueprint, compiled_engine.run(blueprint, 5)


@cache
def stays() -> list[tuple[int, int, int, int, list[int]]]:
    """(person, kind, months planned, months away or -1, causes of waiting) of every step-out."""
    _, log = run()
    chosen = np.isin(log.event, [Event.STEPPED_OUT, Event.STEPPED_IN, Event.DID_NOT_RETURN, Event.BLOCKED])
    away: dict[int, tuple[int, int, list[int]]] = {}
    found = []
    for person, event, detail in zip(
        log.person[chosen].tolist(), log.event[chosen].tolist(), log.detail[chosen].tolist(), strict=True
    ):
        if event == Event.STEPPED_OUT:
            assert person not in away
            away[person] = (detail % KINDS, detail // KINDS, [])
        elif event == Event.BLOCKED:
            if person in away:
                away[person][2].append(detail)
        else:
            kind_out, planned, causes = away.pop(person)  # every returner was away
            assert detail % KINDS == kind_out
            months = detail // KINDS if event == Event.STEPPED_IN else -1
            found.append((person, kind_out, planned, months, causes))
    return found


def test_nobody_comes_back_early_and_whoever_is_late_was_told_why():
    late = 0
    for _, _, planned, months, causes in stays():
        if months >= 0:
            assert months >= planned
            assert (months > planned) == bool(causes)
            late += months > planned
    assert late


def test_a_return_waits_four_months_for_a_supervisor():
    """With too few supervisors, whoever is back after a year waits until some are free.

    36 months in the programme, 12 away and 4 of waiting: the certificate after 52.
    """
    scarce = with_tables(roomy(), only_kind(kind("oope"), 12)).with_values(
        {"supervision_groups.general_practice:gp_units": 6}
    )
    log, people = those_who_started(scarce, 8)
    back = (log.event == Event.STEPPED_IN) & (log.detail // KINDS == 12 + 4)
    told = (log.event == Event.BLOCKED) & (log.detail == PoolKind.SUPERVISOR)
    since = set(zip(log.person[told].tolist(), log.month[told].tolist(), strict=True))
    assert back.any()
    for person, month in zip(log.person[back].tolist(), log.month[back].tolist(), strict=True):
        assert (person, month - 4) in since
    waited_once = []
    for person in np.intersect1d(log.person[back], people).tolist():
        own = log.take(log.person == person)
        if (own.event == Event.BLOCKED).sum() == 1:
            waited_once += own.detail[own.event == Event.COMPLETED_TRAINING].tolist()
    assert set(waited_once) == {52}


def test_a_guaranteed_return_never_waits_for_a_post():
    blueprint, _ = run()
    guaranteed = (blueprint.step_out_rules[..., 6] == rules.GUARANTEED).all(axis=0)  # in every year
    assert guaranteed.any()
    for _, kind_out, _, _, causes in stays():
        if guaranteed[kind_out]:
            assert int(PoolKind.TRAINING_POST) not in causes


def test_credit_of_a_step_out_is_at_most_its_cap():
    blueprint, log = run()
    granted = log.detail[log.event == Event.CREDIT_GRANTED]
    own = granted[granted // CREDIT_KIND == 1] % CREDIT_KIND
    assert len(own) and own.min() > 0
    assert own.max() <= 100 * blueprint.step_out_lengths[:, :, 0].max()


@pytest.mark.parametrize(
    ("edits", "gone"),
    [
        ({"step_out_rates:female": 0, "step_out_rates:male": 0}, (Event.STEPPED_OUT, Event.STEPPED_IN)),
        ({"support_places:places": 0}, (Event.SUPPORTED_RETURN,)),
        ({"return_support:uptake": 0}, (Event.SUPPORTED_RETURN,)),
        ({"step_out_lengths:returns": 1}, (Event.DID_NOT_RETURN,)),
    ],
)
def test_what_is_switched_off_leaves_no_event_of_its_kind(edits, gone):
    scenario = everything_happens().scaled(0.3).with_years(4).with_values(edits)
    log = compiled_engine.run(scenario.blueprint(), 2)
    assert not np.isin(log.event, gone).any()


def test_a_capacity_of_nothing_lets_only_pressing_reasons_through():
    scenario = everything_happens().scaled(0.3).with_years(4)
    closed = scenario.with_values({"ltft_rules:capacity": 0, "ltft_reasons:always": 0})
    log = compiled_engine.run(closed.blueprint(), 2)
    less = (log.event == Event.CHANGED_HOURS) & (log.programme > 0) & (log.level >= 0)
    before = {}
    for person, wte in zip(log.person[less].tolist(), log.wte[less].tolist(), strict=True):
        assert before.get(person, 0) != 100 or wte == 100
        before[person] = wte
    assert (log.event == Event.LTFT_REFUSED).any()


def test_without_the_tables_nobody_steps_out_or_changes_hours():
    scenario = everything_happens().scaled(0.3).with_years(3)
    names = set(flexible_tables(scenario)) - {"ltft_mix"}
    tables = {name: table for name, table in scenario.tables.items() if name not in names}
    log = compiled_engine.run(replace(scenario, tables=tables).blueprint(), 2)
    assert not np.isin(log.event, [Event.STEPPED_OUT, Event.LTFT_REFUSED, Event.SUPPORTED_RETURN]).any()
    assert not ((log.event == Event.CHANGED_HOURS) & (log.level >= 0)).any()


@given(
    required=st.integers(100, 6000),
    progress=st.integers(0, 6000),
    credit=st.integers(0, 6000),
)
def test_credit_never_takes_the_last_month_of_a_level(required, progress, credit):
    used = rules.credit_usable(required, progress, credit)
    assert 0 <= used <= credit
    assert used == 0 or progress + used <= required - 100


@given(
    months=st.integers(1, 60), rate=st.integers(0, 100), cap=st.integers(0, 4800),
    counts=st.sampled_from([rules.NOTHING, rules.PROSPECTIVE, rules.ASSESSED]),
    person=st.integers(0, 1 << 40), nothing=st.integers(0, THRESHOLD_ONE),
)  # fmt: skip
def test_time_away_never_counts_for_more_than_its_cap_or_itself(months, rate, cap, counts, person, nothing):
    credit = rules.step_out_credit(7, person, 1, counts, months, rate, cap, nothing, 0, 0)
    assert 0 <= credit <= min(cap, 100 * months)
    if counts == rules.NOTHING or rate == 0:
        assert credit == 0


@given(months=st.integers(1, 12), yearly=st.integers(0, THRESHOLD_ONE), person=st.integers(0, 1 << 40))
def test_an_interruption_falls_inside_its_spell(months, yearly, person):
    at = rules.interruption_month(7, person, 53, 3, months, yearly)
    assert at == 0 or 1 <= at < months


@pytest.mark.parametrize(
    "edit", ["return_rule=guaranteed", "post=held", "min_months=120", "ltft_multiplier=0"]
)
def test_a_rule_of_a_kind_changes_from_a_year_on_and_not_before(edit: str) -> None:
    column, value = edit.split("=")
    before = everything_happens()
    after = before.with_value(f"step_outs.oopt.2027:{column}", int(value) if value.isdigit() else value)
    logs = [compiled_engine.run(scenario.blueprint(6), 3) for scenario in (before, after)]
    dated = 12 * (2027 - before.first_training_year)
    assert_same_log(*(log.take(log.month < dated) for log in logs), before.blueprint(6))
    assert len(logs[0]) != len(logs[1]) or (logs[0].event != logs[1].event).any()


def test_nobody_is_kept_by_support_that_is_not_to_be_had() -> None:
    """The uplift of the chance of coming back is for those who are offered supported return and want it."""
    keen = {"return_support:return_uplift": 1, "return_support:min_months": 1, "step_out_lengths:returns": 0}
    scenario = everything_happens().with_values(keen)

    def who_returned(edits: dict[str, object]) -> int:
        log = compiled_engine.run(scenario.with_values(edits).blueprint(6), 1)
        return int((log.event == Event.STEPPED_IN).sum())

    assert who_returned({"return_support:uptake": 1, "support_places:places": 5}) > 0
    assert who_returned({"return_support:uptake": 0, "support_places:places": 5}) == 0
    assert who_returned({"return_support:uptake": 1, "support_places:places": 0}) == 0


def test_a_reason_is_closed_from_a_year_on_by_one_row() -> None:
    """The other reasons of the family keep the shares and answers of their latest rows."""
    scenario = everything_happens()
    family = scenario.tables["ltft_reasons"]["family"][0]
    closed = scenario.with_value(f"ltft_reasons.choice.{family}.2028:open", 0).blueprint(6)
    p = list(scenario.tables["programmes"]["family"]).index(family)
    before, after = scenario.blueprint(6).ltft_reasons[:, p], closed.ltft_reasons[:, p]
    assert (before[:3] == after[:3]).all()
    assert (after[3:, :, 0] == before[3:, :, 0]).all()
    assert after[3:, :, 1].tolist() == [[1, 0]] * 3
