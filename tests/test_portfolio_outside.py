"""The portfolio route beside a locally employed post: who begins, how long it takes, and what follows."""

from __future__ import annotations

import numpy as np
import pytest
from same_log import assert_same_log, same
from scenarios import everything_happens, teaching, with_more_rows

from pipeline_sim.engines import compiled_engine, simpy_engine
from pipeline_sim.errors import ScenarioError
from pipeline_sim.results.completions import completions_frame
from pipeline_sim.results.lives import read_lives
from pipeline_sim.results.people import find_people
from pipeline_sim.vocabulary import Event, Leaving, PoolKind, State

#: Nobody moves by themselves. 60 UK and 60 overseas doctors are locally employed at the start, in August.
STILL = {
    "outside:apply": 0,
    "outside:leave": 0,
    "outside:to_sas": 0,
    "outside:to_locally_employed": 0,
    "arrivals:people": 0,
    "practice.sas_applies": 0,
    "practice.portfolio": 0,
    "exits:leave": 0,
}
SURE = {
    "year": 2025, "start": 1, "min_nhs_months": 0, "shortest": 30, "longest": 30, "success": 1,
    "supervision_load": 0, "in_progress": 0,
}  # fmt: skip
ENDS = (Event.PORTFOLIO_REGISTERED, Event.PORTFOLIO_REFUSED)


def applying(*rows, **edits):
    """Teaching with nobody moving but by the portfolio route; a row without a group is for both."""
    table = [
        {**SURE, "group": group, **row}
        for row in rows or ({},)
        for group in ([row["group"]] if "group" in row else ["uk_graduate", "overseas"])
    ]
    return with_more_rows(teaching(), {"portfolio_outside": table}).with_values({**STILL, **edits})


def agreed(scenario, years):
    blueprint = scenario.blueprint(years)
    log = simpy_engine.run(blueprint, 1)
    assert_same_log(log, compiled_engine.run(blueprint, 1), blueprint)
    return log


def rows(log, *events):
    return log.take(np.isin(log.event, [int(event) for event in events]))


def stock(log):
    """Locally employed doctors of the starting stock."""
    present = rows(log, Event.PRESENT_AT_START)
    return present.person[present.detail == State.LOCALLY_EMPLOYED]


def of_stock(log, event):
    """Rows of an event, of locally employed doctors of the starting stock."""
    found = rows(log, event)
    return found.take(np.isin(found.person, stock(log)))


def months(log):
    return dict(zip(log.person.tolist(), log.month.tolist(), strict=True))


def test_an_application_by_hand():
    """Begun in August 2025, decided 30 months later, in February 2028: a consultant the same month."""
    log = agreed(applying(), 4)
    one = int(stock(log)[0])
    life = log.take((log.person == one) & (log.month <= 30))
    story = [
        (month, Event(event), programme, detail)
        for month, event, programme, detail in zip(
            life.month.tolist(),
            life.event.tolist(),
            life.programme.tolist(),
            life.detail.tolist(),
            strict=True,
        )
    ]
    cardiology = teaching().blueprint(1).programmes.index("cardiology")
    assert story == [
        (0, Event.PRESENT_AT_START, -1, State.LOCALLY_EMPLOYED),
        (0, Event.PORTFOLIO_STARTED, cardiology, 30),
        (30, Event.PORTFOLIO_REGISTERED, cardiology, 0),
        (30, Event.STARTED_PRACTICE, cardiology, State.CONSULTANT),
    ]
    assert (life.region == 0).all()
    for event, month in ((Event.PORTFOLIO_STARTED, 0), (Event.PORTFOLIO_REGISTERED, 30)):
        assert months(of_stock(log, event)) == dict.fromkeys(stock(log).tolist(), month)


def test_who_is_refused_goes_on_and_may_begin_again_from_the_next_august():
    log = agreed(applying({"success": 0}), 4)
    assert months(of_stock(log, Event.PORTFOLIO_REFUSED)) == dict.fromkeys(stock(log).tolist(), 30)
    begun = of_stock(log, Event.PORTFOLIO_STARTED)
    assert sorted(begun.month.tolist()) == [0] * 120 + [36] * 120
    assert not len(of_stock(log, Event.LEFT)) and not len(rows(log, Event.PORTFOLIO_REGISTERED))


def test_nobody_begins_before_the_service_it_takes():
    """Those of the stock served up to 48 months, so the first August with 60 is that of a year to come."""
    begun = of_stock(agreed(applying({"min_nhs_months": 60, "longest": 60}), 6), Event.PORTFOLIO_STARTED)
    assert len(begun) == 120 and set(begun.month.tolist()) == {12, 24, 36, 48, 60}
    assert set(begun.detail.tolist()) == set(range(30, 61))
    assert not len(rows(agreed(applying({"min_nhs_months": 600}), 3), Event.PORTFOLIO_STARTED))


def test_an_applicant_may_leave_each_august_and_applies_for_no_training():
    moves = {"outside.locally_employed:leave": 0.2, "outside.locally_employed:apply": 0.3}
    log = agreed(applying(**moves), 4)
    begun = of_stock(log, Event.PORTFOLIO_STARTED)
    first = begun.take(begun.month == 0)
    assert 40 < len(first) < 80
    left = rows(log, Event.LEFT)
    left = left.take(np.isin(left.person, first.person) & (left.month < 30))
    assert set(left.month.tolist()) == {12, 24} and set(left.detail.tolist()) == {
        Leaving.FROM_OUTSIDE_TRAINING
    }
    granted = of_stock(log, Event.PORTFOLIO_REGISTERED)
    granted = granted.take(granted.month == 30)
    assert sorted([*left.person.tolist(), *granted.person.tolist()]) == first.person.tolist()
    applied = rows(log, Event.APPLIED)
    assert not np.isin(applied.person[applied.month <= 30], first.person).any()


def test_applicants_take_the_supervision_of_their_specialty():
    """120 applicants of half a slot, as the first November's supervisors are counted."""
    none, some = (agreed(applying({"supervision_load": load}), 1) for load in (0, 0.5))

    def capacity(log):
        pool = (log.event == Event.POOL_CAPACITY) & (log.level == PoolKind.SUPERVISOR) & (log.month == 3)
        return int(log.detail[pool].sum())

    under_way = int((rows(none, Event.PORTFOLIO_STARTED).month < 3).sum())
    assert under_way >= 120 and capacity(none) - capacity(some) == 50 * under_way


def test_supervision_comes_back_when_an_application_ends():
    ended = {"longest": 2, "shortest": 2, "supervision_load": 0.5, "start": 0, "in_progress": 1}
    with_load, without = (agreed(applying({**ended, **load}), 1) for load in ({}, {"supervision_load": 0}))
    assert same(with_load, without)


def test_applications_under_way_at_the_start_are_decided_without_having_begun():
    log = agreed(applying({"start": 0, "in_progress": 1}), 3)
    assert not len(rows(log, Event.PORTFOLIO_STARTED))
    assert sorted(rows(log, Event.PORTFOLIO_REGISTERED).person.tolist()) == sorted(stock(log).tolist())
    assert 1 <= rows(log, Event.PORTFOLIO_REGISTERED).month.min() < 8
    nobody_served = applying({"start": 0, "in_progress": 1, "min_nhs_months": 49})
    assert not len(rows(agreed(nobody_served, 3), Event.PORTFOLIO_REGISTERED))


def test_the_route_can_be_opened_and_closed_by_year_and_group():
    scenario = applying({"start": 0}).with_values(
        {"portfolio_outside.overseas.2027:start": 0.5, "portfolio_outside.overseas.2028:start": 0}
    )
    log = agreed(scenario, 5)
    begun = of_stock(log, Event.PORTFOLIO_STARTED)
    assert set(begun.month.tolist()) == {24} and 15 < len(begun) < 45


def test_nobody_begins_with_a_chance_of_zero_or_without_the_table():
    plain = teaching().with_values(STILL)
    closed = applying({"start": 0})
    logs = [simpy_engine.run(scenario.blueprint(4), 1) for scenario in (plain, closed)]
    assert same(*logs) and not len(rows(logs[0], Event.PORTFOLIO_STARTED))


def test_with_everything_else_at_work_each_begun_application_ends_once():
    scenario = everything_happens().with_values({"portfolio:start": 0, "practice.portfolio": 0})
    log = agreed(scenario.scaled(0.3), 6)
    begun = rows(log, Event.PORTFOLIO_STARTED)
    assert len(begun) > 30 and set(begun.programme.tolist()) != {-1}
    for person in np.unique(begun.person).tolist():
        own = log.take(log.person == person)
        waits = 0
        for event in own.event.tolist():
            waits += event == Event.PORTFOLIO_STARTED
            if waits == 0:
                continue
            assert waits == 1 and event not in (Event.APPLIED, Event.STARTED_OUTSIDE, Event.STARTED_LEVEL)
            if event in (*ENDS, Event.LEFT):
                waits = 0


def test_results_follow_an_applicant():
    """In a locally employed post, of no specialty, until the specialist register; then a completion."""
    scenario = applying({"success": 0.5})
    blueprint = scenario.blueprint(4)
    log = agreed(scenario, 4)
    people = find_people(log, blueprint)
    lives = read_lives(log, blueprint, people)
    employed = lives.rows[lives.state == State.LOCALLY_EMPLOYED]
    assert (employed["programme"] == -1).all()
    done = completions_frame(lives, people, blueprint)
    done = done[done["kind"] == "portfolio"]
    granted = rows(log, Event.PORTFOLIO_REGISTERED)
    assert sorted(done["person"]) == sorted(granted.person.tolist()) and 30 < len(done) < 90
    assert set(done["programme"]) == {"cardiology"} and set(done["region"]) == {"middleshire"}


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ({"portfolio_outside.overseas:shortest": 31}, "at most longest, 30"),
        ({"portfolio_outside.oversea:start": 1}, "overseas"),
        ({"portfolio_outside.overseas:start": 1.5}, "1.5"),
        ({"portfolio_outside.overseas:min_nhs_months": -1}, "-1"),
    ],
)
def test_cells_that_make_no_sense_are_refused(edits, words):
    with pytest.raises(ScenarioError, match=words) as refused:
        applying().with_values(edits)
    assert "portfolio_outside" in str(refused.value)
