"""Flows, census, waits and completions, against lives worked out by hand and random ones."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from results_examples import (
    CARDIOLOGY,
    CORE,
    F1,
    F2,
    FOUNDATION,
    GP,
    LEVEL_FIRST,
    example_log,
    log_of,
    overseas,
    row,
    small_blueprint,
    student,
)
from synthetic_log import national_blueprint, synthetic_log

from pipeline_sim.eventlog import EventLog
from pipeline_sim.identity import IdentityKind, describe, is_uk_graduate, person_identity
from pipeline_sim.results.bundle import gather_facts, summarise
from pipeline_sim.results.census import census_frame, stock_and_flow, take_census
from pipeline_sim.results.lives import read_lives
from pipeline_sim.results.people import find_people
from pipeline_sim.results.waits import waits_frame
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import CREDIT_KIND, Event, PoolKind, State

BLUEPRINT = small_blueprint()


def census_of(log: EventLog, blueprint: Blueprint = BLUEPRINT) -> pd.DataFrame:
    return census_frame(take_census(read_lives(log, blueprint), blueprint), blueprint)


def waits_of(log: EventLog, blueprint: Blueprint = BLUEPRINT) -> list[tuple]:
    waits = summarise(log, blueprint).waits
    return list(waits.drop(columns="rep").itertuples(index=False, name=None))


# identity ---------------------------------------------------------------------------------------


def test_a_person_number_can_be_taken_apart() -> None:
    number = person_identity(IdentityKind.OVERSEAS, 239, 12, 6, 4711)
    identity = describe(number)
    assert (identity.kind, identity.month, identity.group) == (IdentityKind.OVERSEAS, 239, 12)
    assert (identity.region, identity.ordinal) == (6, 4711)


def test_a_number_of_no_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="kind is 0"):
        describe(5)


def test_uk_graduates_are_students_and_the_uk_part_of_the_stock() -> None:
    kinds = np.array([1, 2, 3, 4])
    assert is_uk_graduate(person_identity(kinds, 0, 0, 0, 1)).tolist() == [True, True, False, False]


# people -----------------------------------------------------------------------------------------


def test_everyone_in_a_log_has_a_position_in_the_order_of_their_numbers() -> None:
    blueprint = national_blueprint(months=60, programmes=5)
    log = synthetic_log(blueprint, 500)
    people = find_people(log, blueprint)
    rows = np.flatnonzero(log.person != 0)
    assert np.array_equal(people.number[people.at(rows, log)], log.person[rows])
    assert (np.diff(people.number) > 0).all()


@pytest.mark.parametrize("column", ["month", "programme", "level", "region"])
def test_a_log_of_another_scenario_is_refused(column: str) -> None:
    log = example_log()
    beyond = getattr(log, column).copy()
    beyond[3] = 100
    with pytest.raises(ValueError, match=f"a {column} that the scenario does not have"):
        summarise(dataclasses.replace(log, **{column: beyond}), BLUEPRINT)


def test_a_state_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no state"):
        summarise(log_of(row(0, student(1), Event.PRESENT_AT_START, detail=77)), BLUEPRINT)


# flows ------------------------------------------------------------------------------------------


def test_flows_count_every_event_of_a_person_and_no_system_row() -> None:
    log = example_log()
    flows = summarise(log, BLUEPRINT).flows
    assert flows["count"].sum() == (log.person != 0).sum()
    assert not set(flows["event"]) & {"posts_advertised", "pool_capacity"}


def test_flows_name_year_event_and_place() -> None:
    flows = summarise(example_log(), BLUEPRINT, rep=3).flows
    starts = flows[flows["event"] == "started_level"].drop(columns=["rep", "event"])
    assert starts.to_numpy().tolist() == [
        [2026, "cardiology", "ST3", "south", 1],
        [2027, "cardiology", "ST4", "south", 1],
    ]
    assert set(flows["rep"]) == {3}


# census -----------------------------------------------------------------------------------------


def test_the_census_of_a_month_is_taken_after_its_last_event() -> None:
    census = census_of(
        log_of(
            row(2, student(1), Event.ENTERED_MEDICAL_SCHOOL),
            row(5, student(1), Event.GRADUATED),
            row(5, student(1), Event.FOUNDATION_STARTED, FOUNDATION, F1, region=1),
            row(7, student(1), Event.LEFT),
        )
    )
    seen = census[["month", "state", "level", "region", "headcount"]].to_numpy().tolist()
    assert seen == [
        [2, "student", "", "north", 1],
        [3, "student", "", "north", 1],
        [4, "student", "", "north", 1],
        [5, "foundation", "F1", "south", 1],
        [6, "foundation", "F1", "south", 1],
    ]


def test_a_change_of_hours_changes_wte_and_nothing_else() -> None:
    census = census_of(
        log_of(
            row(0, overseas(1), Event.PRESENT_AT_START, GP, 3, 1, 100, State.TRAINING),
            row(2, overseas(1), Event.CHANGED_HOURS, wte=60),
            row(3, overseas(1), Event.REVIEWED, GP, 3, 1, 100, 1),
        ),
        small_blueprint(4),
    )
    assert census["wte"].tolist() == [1.0, 1.0, 0.6, 0.6]
    assert set(zip(census["programme"], census["level"], census["region"], strict=True)) == {
        ("gp", "ST2", "south")
    }


def test_a_review_or_an_offer_leaves_a_person_where_they_are() -> None:
    start = row(0, overseas(1), Event.PRESENT_AT_START, GP, 3, 1, 80, State.TRAINING)
    plain = census_of(log_of(start))
    busy = census_of(
        log_of(
            start,
            row(4, overseas(1), Event.REVIEWED, GP, 3, 1, 80, 2),
            row(5, overseas(1), Event.EXTENDED, GP, 3, 1, 80, 6),
            row(6, overseas(1), Event.OFFERED, CARDIOLOGY, 7, 0, 100, 1),
        )
    )
    pd.testing.assert_frame_equal(plain, busy)


def test_a_run_without_events_has_empty_tables() -> None:
    results = summarise(log_of(), BLUEPRINT)
    assert results.census.empty
    assert results.flows.empty
    assert results.waits.empty
    assert results.completions.empty
    assert results.cohort.empty
    assert not np.isinf(results.kpis["value"]).any()


# waits ------------------------------------------------------------------------------------------


def test_a_wait_is_split_exactly_over_training_years() -> None:
    blocked = PoolKind.HOSPITAL_PLACEMENT
    log = log_of(
        row(1, student(1), Event.ENTERED_MEDICAL_SCHOOL),
        row(9, student(1), Event.PLACEMENT_BLOCKED, detail=blocked),
        row(26, student(1), Event.MEDICAL_YEAR_STARTED, detail=3),
    )
    assert waits_of(log) == [
        (2025, "hospital_placement", "", "north", 3),
        (2026, "hospital_placement", "", "north", 12),
        (2027, "hospital_placement", "", "north", 2),
    ]


def test_a_wait_within_a_month_is_no_wait() -> None:
    log = log_of(
        row(3, student(1), Event.GRADUATED, phase=3),
        row(3, student(1), Event.FOUNDATION_STARTED, FOUNDATION, F1),
    )
    assert waits_of(log) == []


def test_whoever_waits_at_the_horizon_has_waited_until_it() -> None:
    log = log_of(row(30, student(1), Event.BLOCKED, CORE, 5, detail=PoolKind.SUPERVISOR))
    assert waits_of(log) == [(2027, "supervisor", "core_medicine", "north", 6)]


def test_a_new_blocking_row_changes_the_cause_from_then_on() -> None:
    log = log_of(
        row(0, student(1), Event.BLOCKED, GP, 2, detail=PoolKind.SUPERVISOR),
        row(4, student(1), Event.BLOCKED, GP, 2, detail=PoolKind.PRACTICE_PLACE),
        row(6, student(1), Event.STARTED_LEVEL, GP, 2, detail=1),
    )
    assert waits_of(log) == [
        (2025, "supervisor", "gp", "north", 4),
        (2025, "practice_place", "gp", "north", 2),
    ]


def test_a_graduate_waits_for_a_place_until_something_else_blocks_them() -> None:
    log = log_of(
        row(0, student(1), Event.GRADUATED),
        row(3, student(1), Event.BLOCKED, FOUNDATION, F1, 1, detail=PoolKind.SUPERVISOR),
        row(5, student(1), Event.FOUNDATION_STARTED, FOUNDATION, F1, 1),
    )
    assert waits_of(log) == [
        (2025, "foundation_place", "", "north", 3),
        (2025, "supervisor", "foundation", "south", 2),
    ]
    assert set(census_of(log)["state"]) == {"foundation_waiting", "foundation"}


def test_doctors_still_trying_after_an_unsuccessful_round_wait_for_a_training_post() -> None:
    log = log_of(
        row(10, overseas(1), Event.STARTED_OUTSIDE, region=1, detail=State.UNPLACED),
        row(14, overseas(1), Event.STARTED_OUTSIDE, region=1, detail=State.LOCALLY_EMPLOYED),
    )
    assert waits_of(log) == [
        (2025, "training_post", "", "south", 2),
        (2026, "training_post", "", "south", 2),
    ]


# completions ------------------------------------------------------------------------------------


def test_a_cct_tells_the_road_that_led_there() -> None:
    completions = summarise(example_log(), BLUEPRINT).completions
    cat, bob = completions.to_dict("records")
    assert bob["month"] == 33
    assert str(bob["date"])[:10] == "2028-05-01"
    assert (bob["kind"], bob["programme"], bob["region"]) == ("cct", "cardiology", "south")
    assert (bob["finished_f2"], bob["first_specialty_start"], bob["programme_start"]) == (12, 15, 15)
    assert (bob["months_in_training"], bob["months_waiting"], bob["months_outside"]) == (15, 6, 0)
    assert bob["f2_to_cct_months"] == 21
    assert bob["mean_wte"] == (6 * 80 + 6 * 60 + 3 * 60) / 15
    assert pd.isna(bob["entered_foundation"])  # was in F2 at the start
    assert pd.isna(cat["f2_to_cct_months"])
    assert (cat["month"], cat["mean_wte"]) == (6, 50.0)
    for part in ("months_in_training", "months_waiting", "months_outside"):
        assert pd.isna(cat[part])  # her training began before month 0


def test_a_road_that_began_before_the_run_is_not_measured() -> None:
    trainee, sas, newcomer = overseas(1), overseas(2), overseas(3)
    log = log_of(
        row(0, trainee, Event.PRESENT_AT_START, CORE, 5, detail=State.TRAINING),
        row(12, trainee, Event.STARTED_LEVEL, CARDIOLOGY, 7, detail=1),
        row(24, trainee, Event.COMPLETED_TRAINING, CARDIOLOGY, 8),
        row(0, sas, Event.PRESENT_AT_START, CARDIOLOGY, detail=State.SAS),
        row(25, sas, Event.PORTFOLIO_REGISTERED, CARDIOLOGY),
        row(0, newcomer, Event.PRESENT_AT_START, detail=State.LOCALLY_EMPLOYED),
        row(12, newcomer, Event.STARTED_LEVEL, GP, 2, detail=1),
        row(26, newcomer, Event.COMPLETED_TRAINING, GP, 4),
    )
    done = summarise(log, BLUEPRINT).completions
    parts = done[["months_in_training", "months_waiting", "months_outside"]]
    assert parts.isna().all(axis=1).tolist() == [True, True, False]
    assert parts.iloc[2].tolist() == [14, 0, 12]


def test_time_outside_training_after_f2_is_counted() -> None:
    doctor = student(1, 0)
    log = log_of(
        row(0, doctor, Event.FOUNDATION_STARTED, FOUNDATION, F1),
        row(1, doctor, Event.FOUNDATION_SIGNED_OFF, FOUNDATION, F1),
        row(1, doctor, Event.FOUNDATION_STARTED, FOUNDATION, F2),
        row(2, doctor, Event.FOUNDATION_SIGNED_OFF, FOUNDATION, F2),
        row(2, doctor, Event.STARTED_OUTSIDE, detail=State.ABROAD),
        row(7, doctor, Event.STARTED_LEVEL, CORE, LEVEL_FIRST[CORE], detail=1),
        row(10, doctor, Event.STARTED_OUTSIDE, detail=State.SAS),
        row(20, doctor, Event.PORTFOLIO_REGISTERED, CARDIOLOGY),
    )
    (done,) = summarise(log, BLUEPRINT).completions.to_dict("records")
    assert done["kind"] == "portfolio"
    assert (done["entered_foundation"], done["finished_f2"], done["first_specialty_start"]) == (0, 2, 7)
    assert pd.isna(done["programme_start"])
    assert pd.isna(done["f2_to_cct_months"])  # not a CCT
    assert (done["months_in_training"], done["months_waiting"], done["months_outside"]) == (3, 0, 15)


def test_time_since_f2_is_training_waiting_and_outside_together() -> None:
    done = summarise(example_log(), BLUEPRINT).completions
    known = done[done["f2_to_cct_months"].notna()]
    parts = known[["months_in_training", "months_waiting", "months_outside"]].sum(axis=1)
    assert (parts == known["f2_to_cct_months"]).all()


# cohort -----------------------------------------------------------------------------------------


def test_the_first_intake_is_followed_step_by_step() -> None:
    cohort = summarise(example_log(), BLUEPRINT).cohort
    steps = cohort[["step", "origin", "destination", "people"]].to_numpy().tolist()
    assert steps == [
        [1, "entered", "graduated", 1],
        [2, "graduated", "started F1", 1],
        [3, "started F1", "in foundation", 1],
    ]


@pytest.mark.parametrize(("months", "reached"), [(11, "within 12 months"), (12, "later")])
def test_a_start_twelve_months_after_f2_is_not_within_them(months: int, reached: str) -> None:
    doctor = student(1)
    log = log_of(
        row(1, doctor, Event.ENTERED_MEDICAL_SCHOOL),
        row(2, doctor, Event.GRADUATED),
        row(3, doctor, Event.FOUNDATION_STARTED, FOUNDATION, F1),
        row(5, doctor, Event.FOUNDATION_SIGNED_OFF, FOUNDATION, F2),
        row(5, doctor, Event.STARTED_OUTSIDE, detail=State.ABROAD),
        row(5 + months, doctor, Event.STARTED_LEVEL, GP, 2, detail=1),
    )
    cohort = summarise(log, BLUEPRINT).cohort
    assert cohort.loc[cohort["step"] == 4, "destination"].tolist() == [reached]


def test_who_resigned_from_foundation_is_not_in_it_for_ever() -> None:
    doctor = student(1)
    log = log_of(
        row(1, doctor, Event.ENTERED_MEDICAL_SCHOOL),
        row(2, doctor, Event.GRADUATED),
        row(3, doctor, Event.FOUNDATION_STARTED, FOUNDATION, F1),
        row(5, doctor, Event.FOUNDATION_RESIGNED, FOUNDATION, F1),
        row(5, doctor, Event.STARTED_OUTSIDE, detail=State.ABROAD),
        row(9, doctor, Event.STARTED_LEVEL, GP, 2, detail=1),
    )
    assert summarise(log, BLUEPRINT).cohort["destination"].tolist() == ["graduated", "started F1", "resigned"]


# conservation -----------------------------------------------------------------------------------

_MOVES = {
    Event.STARTED_OUTSIDE: [State.ABROAD, State.UNPLACED, State.LOCALLY_EMPLOYED, State.SAS],
    Event.STARTED_LEVEL: [0, 1],
    Event.BLOCKED: [PoolKind.SUPERVISOR, PoolKind.PRACTICE_PLACE],
    Event.REVIEWED: [1, 3],
    Event.CHANGED_HOURS: [0],
    Event.STARTED_PRACTICE: [State.CONSULTANT, State.GP],
    Event.STARTED_BREAK: [6],
    Event.RETURNED_TO_PRACTICE: [State.GP],
    Event.STEPPED_OUT: [600, 1201],
    Event.STEPPED_IN: [601],
    Event.TRANSFERRED: [CORE],
    Event.FELLOWSHIP_STARTED: [1200],
    Event.CREDIT_GRANTED: [CREDIT_KIND + 600],
}
_LEAVING = [Event.LEFT, Event.RETIRED]


@st.composite
def _a_life(draw: st.DrawFn) -> list[tuple]:
    """Months from entry, events and places of one person; the last event may be leaving."""
    months = sorted(draw(st.lists(st.integers(0, 35), min_size=1, max_size=6)))
    life = []
    for at, month in enumerate(months):
        last = at == len(months) - 1 and at > 0
        moves = list(_MOVES) + (_LEAVING if last else [])
        event = Event.ARRIVED_FROM_OVERSEAS if at == 0 else draw(st.sampled_from(moves))
        detail = State.OVERSEAS_APPLICANT if at == 0 else draw(st.sampled_from(_MOVES.get(event, [1])))
        programme = draw(st.sampled_from([GP, CORE, CARDIOLOGY]))
        level = int(LEVEL_FIRST[programme]) + draw(st.integers(0, 1))
        wte = draw(st.sampled_from([60, 80, 100]))
        life.append((month, event, programme, level, draw(st.integers(0, 1)), wte, int(detail)))
    return life


def log_of_lives(lives: list[list[tuple]]) -> EventLog:
    return log_of(
        *(
            row(month, overseas(number), event, programme, level, region, wte, detail)
            for number, life in enumerate(lives)
            for month, event, programme, level, region, wte, detail in life
        )
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(_a_life(), max_size=8))
def test_the_census_holds_everyone_who_entered_and_has_not_left(lives: list[list[tuple]]) -> None:
    log = log_of_lives(lives)
    followed = read_lives(log, BLUEPRINT)
    census = census_of(log)
    for month in range(BLUEPRINT.months):
        entered = sum(life[0][0] <= month for life in lives)
        left = sum(life[-1][1] in _LEAVING and life[-1][0] <= month for life in lives)
        assert census.loc[census["month"] == month, "headcount"].sum() == entered - left
    assert (stock_and_flow(census, followed)["difference"] == 0).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(_a_life(), max_size=8))
def test_waits_are_the_census_of_waiting_people_summed_over_months(lives: list[list[tuple]]) -> None:
    taken = take_census(read_lives(log_of_lives(lives), BLUEPRINT), BLUEPRINT)
    census = census_frame(taken, BLUEPRINT)
    waiting = census["state"].isin(["unplaced", "training_waiting"])
    waited = waits_frame(taken, BLUEPRINT)["person_months"].sum()
    assert waited == census.loc[waiting, "headcount"].sum()


def test_stock_and_flow_finds_a_census_that_does_not_follow_from_the_lives() -> None:
    lives = read_lives(example_log(), BLUEPRINT)
    census = census_frame(take_census(lives, BLUEPRINT), BLUEPRINT)
    assert (stock_and_flow(census, lives)["difference"] == 0).all()
    census.loc[5, "headcount"] += 1
    assert (stock_and_flow(census, lives)["difference"] != 0).any()


def test_summarising_leaves_the_log_as_it_was() -> None:
    log, untouched = example_log(), example_log()
    gather_facts(log, BLUEPRINT)
    summarise(log, BLUEPRINT)
    for name in ("month", "person", "event", "programme", "level", "region", "wte", "detail"):
        assert np.array_equal(getattr(log, name), getattr(untouched, name))
