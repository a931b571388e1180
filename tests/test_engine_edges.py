"""Corners of a scenario that validation allows: rounds, horizons, spells and bundles at their limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from same_log import same
from scenarios import everything_happens, teaching
from test_engine_invariants import (
    assert_lives_are_legal,
    assert_people_are_conserved,
    run_watching_pools,
)

from pipeline_sim.engines.simpy_engine import run
from pipeline_sim.errors import ScenarioError
from pipeline_sim.vocabulary import Event


def assert_every_invariant(blueprint, seed=1):
    log = run_watching_pools(blueprint, seed)
    assert_lives_are_legal(log, blueprint)
    assert_people_are_conserved(log, blueprint)
    return log


def test_nobody_is_twice_in_a_round_when_no_round_is_in_august():
    log = run(teaching().with_value("rounds:month", 2).scaled(0.2).blueprint(4), 1)
    chosen = log.event == Event.UNPLACED
    people = np.stack([log.month[chosen], log.person[chosen]])
    assert np.unique(people, axis=1).shape == people.shape


def test_a_repeat_that_begins_after_the_horizon_is_not_logged():
    scenario = teaching().with_values(
        {
            "route_years.standard.1:months": 11,
            "route_years.standard.1:repeat": 0.5,
            "route_years.standard.5:months": 12,
        }
    )
    scenario = replace(scenario.scaled(0.3), start="2025-09")
    short, long = run(scenario.blueprint(2), 1), run(scenario.blueprint(4), 1)
    assert same(short, long.take(long.month < 24))


def test_a_level_shorter_than_a_month_is_refused_as_it_could_be_over_before_it_starts():
    with pytest.raises(ScenarioError, match=r"months: found 0\.5, expected a number from 1"):
        teaching().with_value("levels.general_practice.ST2:months", 0.5)


def test_levels_of_a_month_that_wait_for_a_place():
    scenario = teaching().with_values(
        {
            "levels.general_practice.ST2:months": 1,
            "levels.general_practice.ST3:months": 1,
            "levels.general_practice.ST2:supervision_load": 2,
            "practice_places:places": 10,
            "programmes.general_practice:ltft_share": 1,
            "stock.off_cycle_share": 0.9,
        }
    )
    assert_every_invariant(scenario.scaled(0.2).blueprint(6))


def test_trained_doctors_arrive_in_a_group_that_nobody_is_in():
    scenario = everything_happens()
    log = run(scenario.with_value("workforce_stock:doctors", 0).scaled(0.2).blueprint(2), 1)
    assert (log.event == Event.STARTED_PRACTICE).any()


def test_whoever_steps_out_and_is_accepted_in_one_month_waits_for_the_post():
    scenario = everything_happens().with_values(
        {"after_f2:min_months": 0, "after_f2:max_months": 0, "practice_places:places": 20}
    )
    assert_every_invariant(scenario.scaled(0.3).blueprint(4))


def test_a_foundation_level_in_practice_is_refused_as_that_is_a_placement():
    with pytest.raises(ScenarioError, match=r"levels\.csv.*practice_share"):
        everything_happens().with_value("levels.foundation.F2:practice_share", 0.5)
