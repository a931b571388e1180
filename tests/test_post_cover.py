"""Locally employed doctors who cover posts held for trainees away: worked by hand, replayed from the log."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from flexible_tables import kind
from hypothesis import given
from hypothesis import strategies as st
from same_log import assert_same_log, first_difference, same
from scenarios import everything_happens, ladder, rows_of, with_tables

from pipeline_sim.engines import compiled_engine, simpy_engine
from pipeline_sim.errors import ScenarioError
from pipeline_sim.eventlog import EventLog
from pipeline_sim.results.lives import read_lives
from pipeline_sim.rules.cover import Covers, wants_cover, win_covers
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.vocabulary import COVERING, KINDS, Event, State

E = Event
GP = "general_practice"
COVERS = int(State.LOCALLY_EMPLOYED) + COVERING
Rows = list[dict[str, object]]


def run(scenario: Scenario, years: int) -> tuple[Blueprint, EventLog]:
    """The log of both engines, which are the same."""
    blueprint = scenario.blueprint(years)
    log = simpy_engine.run(blueprint, 1)
    assert_same_log(log, compiled_engine.run(blueprint, 1), blueprint)
    return blueprint, log


def months_of(log: EventLog, event: Event, detail: int | None = None) -> list[int]:
    chosen = log.event == event
    return log.month[chosen if detail is None else chosen & (log.detail == detail)].tolist()


def cover(*dated: tuple[int, float]) -> dict[str, Rows]:
    return {"post_cover": [{"step_out": "leave", "year": year, "cover": share} for year, share in dated]}


def two_posts(months_away: int, post: str = "held", leave: float = 1) -> Scenario:
    """Two doctors fill the only two posts, in August 2025, and leave them for a while a year later.

    In August 2027 three more doctors look for a post, and in every August after it. Doctors outside
    training leave within a year, or if ``leave`` is 0 apply each August.
    """
    away = kind("leave", post=post, min_months=12, notice_months=12, final_year=0)
    lengths = {"step_out": "leave", "months": months_away, "share": 1, "returns": 1, "extension": 0}
    scenario = ladder(2, 0).with_values(
        {
            "intake.standard:students": 3,
            "student_stock.standard:students": 3,
            "trainee_stock.foundation.F1:trainees": 0,
            "trainee_stock.foundation.F2:trainees": 2,
            "outside:leave": leave,
            "outside:apply": 1 - leave,
        }
    )
    return with_tables(
        scenario,
        {
            "step_outs": [away],
            "step_out_lengths": [lengths],
            "step_out_rates": [
                {"step_out": "leave", "family": GP, "year": 2025, "female": 1, "male": 1}
            ],
            **cover((2025, 1)),
        },
    )  # fmt: skip


# by hand ------------------------------------------------------------------------------------------


def test_two_held_posts_are_covered_by_two_of_three_doctors_without_a_post():
    """Both trainees are away in August 2027, back in August 2028: then nobody covers any more."""
    blueprint, log = run(two_posts(12), 4)
    assert months_of(log, E.STARTED_LEVEL, 1)[:2] == [0, 0]
    out, back = months_of(log, E.STEPPED_OUT), months_of(log, E.STEPPED_IN)
    assert len(out) == len(back) == 2
    assert min(out) > 12 and max(out) < 24 < min(back) and max(back) < 36
    assert months_of(log, E.UNPLACED) == [24] * 3 + [36] * 3
    assert months_of(log, E.STARTED_OUTSIDE, COVERS) == [24, 24]
    assert months_of(log, E.STARTED_OUTSIDE, State.UNPLACED) == [24, 36, 36, 36]
    covering = log.event == E.STARTED_OUTSIDE
    assert set(log.region[covering].tolist()) == {0}
    lives = read_lives(log, blueprint)
    assert (
        lives.state[(lives.event == E.STARTED_OUTSIDE) & (lives.month == 24)] != State.UNPLACED
    ).sum() == 2


def test_a_post_whose_trainee_is_back_is_not_covered():
    """Away for a month each: both are due back by August 2027."""
    _, log = run(two_posts(1), 4)
    assert len(months_of(log, E.STEPPED_OUT)) == 2 and max(months_of(log, E.STEPPED_IN)) <= 24
    assert months_of(log, E.STARTED_OUTSIDE, COVERS) == []
    assert months_of(log, E.STARTED_OUTSIDE, State.UNPLACED)[:3] == [24, 24, 24]


def test_a_freed_post_is_filled_and_not_covered():
    """Two of the three are appointed to the posts of those away, and the third is unplaced."""
    _, log = run(two_posts(12, post="freed"), 3)
    assert months_of(log, E.STARTED_OUTSIDE, COVERS) == []
    assert months_of(log, E.STARTED_LEVEL, 1).count(24) < 3
    assert not same(log, run(two_posts(12), 3)[1])


def test_whoever_applies_again_from_a_cover_may_go_on_in_it():
    """Away for three years, and everyone applies each August: two of all those without a post cover."""
    _, log = run(two_posts(36, leave=0), 5)
    assert min(months_of(log, E.STEPPED_IN)) > 48
    assert months_of(log, E.UNPLACED) == [24] * 3 + [36] * 6 + [48] * 9
    assert months_of(log, E.STARTED_OUTSIDE, COVERS) == [24, 24, 36, 36, 48, 48]


def test_whoever_will_try_a_later_round_of_the_season_does_not_cover_before_it():
    """Everyone tries again in February, and then covers."""
    _, log = run(two_posts(12).with_value("rounds.february_reapplies", 1), 3)
    assert months_of(log, E.STARTED_OUTSIDE, State.UNPLACED)[:3] == [24, 24, 24]
    out, back = months_of(log, E.STEPPED_OUT), months_of(log, E.STEPPED_IN)
    still_away = sum(month <= 30 for month in out) - sum(month <= 30 for month in back)
    assert months_of(log, E.STARTED_OUTSIDE, COVERS) == [30] * still_away


@pytest.mark.parametrize(("dated", "covered"), [
    ([(2025, 1)], 2), ([(2026, 1)], 2), ([(2027, 1)], 0), ([(2025, 0)], 0), ([(2025, 1), (2026, 0)], 0),
])  # fmt: skip
def test_the_share_of_the_year_in_which_they_step_out_holds(dated, covered):
    """They go in the training year that begins in August 2026."""
    _, log = run(with_tables(two_posts(12), cover(*dated)), 3)
    assert len(months_of(log, E.STARTED_OUTSIDE, COVERS)) == covered


def test_covers_that_would_end_last_go_on_when_fewer_are_wanted():
    """Three covers end in months 4, 6 and 6. In month 4 the first is over; then one post is enough."""
    until = np.zeros((2, 11), np.int64)
    until[0, [4, 6]] = 1, 2
    covers = Covers(np.array([3, 1]), until)
    assert covers.still_open(3).tolist() == [0, 1]
    assert covers.still_open(4).tolist() == [1, 1]
    covers.wanted[0] = 1
    until[0, 9] = 1
    assert covers.still_open(4).tolist() == [0, 1]
    assert np.flatnonzero(until[0, 5:]).tolist() == [4] and until[0, 9] == 1
    covers.wanted[0] = 2
    assert covers.still_open(5).tolist() == [1, 1]
    assert covers.still_open(9).tolist() == [2, 1]


people = st.lists(st.tuples(st.integers(1, 10**9), st.integers(-1, 2)), unique_by=lambda p: p[0], max_size=30)


@given(people, st.lists(st.integers(0, 6), min_size=3, max_size=3), st.integers(0, 200), st.randoms())
def test_covers_are_won_by_as_many_as_there_are_whatever_the_order(those, posts, month, luck):
    def winners(doctors: list[tuple[int, int]]) -> set[int]:
        numbers, regions = (np.array(column, np.int64) for column in zip(*doctors, strict=True))
        won = win_covers(5, month, numbers, regions, np.array(posts, np.int64))
        for region in range(3):
            assert won[regions == region].sum() == min(posts[region], (regions == region).sum())
        assert not won[regions < 0].any()
        return set(numbers[won].tolist())

    if those:
        first = winners(those)
        luck.shuffle(those)
        assert winners(those) == first


# any run --------------------------------------------------------------------------------------------


@cache
def busy() -> tuple[Blueprint, EventLog, np.ndarray]:
    """A run in which every held post is to be covered, and how many are by [month, region] at the rounds."""
    edits = {
        "post_cover:cover": 1, "rounds.february_reapplies": 0.3,
        "step_out_rates.parental:female": 0.02, "step_out_rates.parental:male": 0.02,
    }  # fmt: skip
    blueprint, log = run(everything_happens().scaled(0.5).with_values(edits), 6)
    held = np.zeros((blueprint.months, len(blueprint.regions)), np.int64)
    for row in np.flatnonzero(log.event == E.STEPPED_OUT).tolist():
        planned, which = divmod(int(log.detail[row]), KINDS)
        month = int(log.month[row])
        held[month : month + planned, log.region[row]] += blueprint.post_cover[0, which] > 0
    return blueprint, log, held


def covers_begun(blueprint: Blueprint, log: EventLog) -> np.ndarray:
    begun = np.zeros((blueprint.months, len(blueprint.regions)), np.int64)
    chosen = (log.event == E.STARTED_OUTSIDE) & (log.detail == COVERS)
    np.add.at(begun, (log.month[chosen], log.region[chosen]), 1)
    return begun


def test_no_more_covers_begin_than_posts_are_held():
    blueprint, log, held = busy()
    begun = covers_begun(blueprint, log)
    assert begun.sum() > 50
    assert (begun <= held).all()


def test_in_the_first_august_all_held_posts_are_covered_where_somebody_is_left_without_a_post():
    blueprint, log, held = busy()
    later = log.person[(log.event == E.APPLIED) & (log.month > 0) & (log.month < 12)]
    left = (log.event == E.STARTED_OUTSIDE) & (log.detail == State.UNPLACED) & (log.month == 0)
    left &= ~np.isin(log.person, later)
    regions = np.unique(log.region[left])
    assert len(regions) and (held[0, regions] > 0).all()
    assert (covers_begun(blueprint, log)[0, regions] == held[0, regions]).all()


def test_whoever_covers_applied_without_success_and_does_not_apply_again_before_august():
    _, log, _ = busy()
    for row in np.flatnonzero((log.event == E.STARTED_OUTSIDE) & (log.detail == COVERS)).tolist():
        own = log.take(log.person == log.person[row])
        month = int(log.month[row])
        assert not ((own.event == E.ACCEPTED) & (own.month == month)).any()
        applied = own.month[own.event == E.APPLIED]
        assert not ((applied > month) & (applied < month // 12 * 12 + 12)).any()


def test_half_the_share_wants_half_the_posts_covered():
    wants = [wants_cover(7, person, 1, 1 << 31) for person in range(4000)]
    assert abs(sum(wants) - 2000) < 200


def test_without_the_table_or_with_no_share_the_log_is_as_if_there_were_none():
    scenario = everything_happens().scaled(0.3)
    bare = {name: table for name, table in scenario.tables.items() if name != "post_cover"}
    without = replace(scenario, tables=bare)
    _, plain = run(without, 4)
    assert same(plain, run(scenario.with_values({"post_cover:cover": 0}), 4)[1])
    assert same(plain, run(with_tables(scenario, cover_of("oopt")), 4)[1]), "a freed post is covered"
    covered = run(scenario, 4)[1]
    parts = first_difference(plain, covered)
    assert covered.event[parts] == E.STARTED_OUTSIDE and covered.detail[parts] == COVERS


def cover_of(step_out: str) -> dict[str, Rows]:
    return {"post_cover": [{"step_out": step_out, "year": 2025, "cover": 1}]}


def test_england_covers_no_post_until_posts_are_held():
    england = load_scenario("england")
    assert rows_of(england, "post_cover")
    assert not england.blueprint(1).post_cover.any()
    held = england.with_value("step_outs.parental_leave:post", "held").blueprint(2)
    assert (held.post_cover[:, held.step_outs.index("parental_leave")] == 1 << 31).all()
    assert (held.post_cover > 0).sum() == 2


# mistakes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "found"), [
    ([{"step_out": "parentl", "year": 2025, "cover": 1}], "parental"),
    ([{"step_out": "parental", "year": 2025, "cover": 1}] * 2, "2025"),
])  # fmt: skip
def test_a_mistake_in_the_table_is_told_with_its_place(rows, found):
    with pytest.raises(ScenarioError) as told:
        with_tables(everything_happens(), {"post_cover": rows})
    assert "post_cover.csv" in str(told.value) and found in str(told.value)


def test_a_share_above_one_is_refused():
    with pytest.raises(ScenarioError) as told:
        everything_happens().with_value("post_cover.parental.2025:cover", 1.5)
    assert "post_cover" in str(told.value) and "1.5" in str(told.value)


def test_cover_without_kinds_of_step_out_is_refused():
    scenario = everything_happens()
    others = {k: v for k, v in scenario.tables.items() if not k.startswith("step_out")}
    with pytest.raises(ScenarioError, match="step_outs"):
        with_tables(replace(scenario, tables=others), cover_of("parental"))
