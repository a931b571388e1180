"""What holds in every run, whatever the scenario: conservation, legal lives, pools, luck, waits."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import EXPLORING
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_scenarios import random_scenario
from same_log import same
from scenarios import teaching
from training_replay import assert_training_adds_up

from pipeline_sim.engines.simpy_engine import Simulation, run
from pipeline_sim.identity import SYSTEM_PERSON, IdentityKind, person_identity
from pipeline_sim.randomness import run_key
from pipeline_sim.results.bundle import summarise
from pipeline_sim.results.census import stock_and_flow
from pipeline_sim.results.lives import read_lives
from pipeline_sim.rules.step_out import GUARANTEED
from pipeline_sim.scenario.blueprint import STEP_OUT_RULES
from pipeline_sim.vocabulary import WIDENING, Event, PoolKind, State

E, S = Event, State

ARRIVING = {E.PRESENT_AT_START, E.ENTERED_MEDICAL_SCHOOL, E.ARRIVED_FOR_FOUNDATION, E.ARRIVED_FROM_OVERSEAS}
OUT_OF_TRAINING = {
    S.LOCALLY_EMPLOYED,
    S.UNPLACED,
    S.ABROAD,
    S.BREAK,
    S.TEACHING_RESEARCH,
    S.OVERSEAS_APPLICANT,
    S.TRAINING_INITIATIVE,
}
TRAINED = {S.CONSULTANT, S.GP, S.SAS}
LEGAL: dict[Event, set[State]] = {
    **{event: {S.OUTSIDE} for event in ARRIVING},
    E.PLACEMENT_BLOCKED: {S.STUDENT, S.STUDENT_WAITING},
    E.MEDICAL_YEAR_STARTED: {S.STUDENT, S.STUDENT_WAITING},
    E.LEFT_MEDICAL_SCHOOL: {S.STUDENT},
    E.GRADUATED: {S.STUDENT},
    E.FOUNDATION_STARTED: {S.FOUNDATION_WAITING, S.FOUNDATION},
    E.FOUNDATION_RELEASED: {S.FOUNDATION},
    E.STARTED_OUTSIDE: {S.FOUNDATION, S.TRAINING, S.STEPPED_OUT, *OUT_OF_TRAINING},
    E.LEFT: {
        S.STEPPED_OUT,
        S.FOUNDATION,
        S.FOUNDATION_WAITING,
        S.TRAINING,
        S.POST_CCT,
        S.FELLOWSHIP,
        *OUT_OF_TRAINING,
        *TRAINED,
    },
    E.BLOCKED: {
        S.STEPPED_OUT,
        S.FOUNDATION_WAITING,
        S.FOUNDATION,
        S.TRAINING,
        S.TRAINING_WAITING,
        S.SAS,
        *OUT_OF_TRAINING,
    },
    E.STARTED_LEVEL: {S.FOUNDATION, S.TRAINING, S.TRAINING_WAITING, S.SAS, *OUT_OF_TRAINING},
    E.COMPLETED_TRAINING: {S.TRAINING},
    E.PORTFOLIO_REGISTERED: {S.SAS, S.LOCALLY_EMPLOYED},
    E.STARTED_PRACTICE: {S.POST_CCT, S.FELLOWSHIP, S.TRAINING, S.STEPPED_OUT, *TRAINED, *OUT_OF_TRAINING},
    E.STEPPED_OUT: {S.TRAINING},
    E.STEPPED_IN: {S.STEPPED_OUT, S.TRAINING_WAITING},
    E.DID_NOT_RETURN: {S.STEPPED_OUT},
    E.STARTED_BREAK: TRAINED,
    E.RETURNED_TO_PRACTICE: {S.PRACTICE_BREAK, S.RETURN_SCHEME},
    E.PORTFOLIO_STARTED: {S.SAS, S.LOCALLY_EMPLOYED},
    E.PORTFOLIO_REFUSED: {S.SAS, S.LOCALLY_EMPLOYED},
    E.SPECIALIST_GRADE: {S.SAS},
    E.FELLOWSHIP_STARTED: {S.POST_CCT},
    E.SCHEME_STARTED: {S.GP, S.RETURN_SCHEME},
    E.RETIRED: TRAINED,
}


def assert_lives_are_legal(log, blueprint):
    """Every change of state comes from a state it may come from, and nobody acts after leaving."""
    lives = read_lives(log, blueprint)
    before = np.where(lives.first, int(S.OUTSIDE), np.roll(lives.state, 1))
    for event, allowed in LEGAL.items():
        rows = lives.event == event
        seen = {State(s) for s in np.unique(before[rows])}
        assert seen <= allowed, f"{event.name} after {seen - allowed}"
    assert set(np.unique(lives.event[lives.first])) <= {int(e) for e in ARRIVING}


def assert_people_are_conserved(log, blueprint):
    """Each month: entered so far less gone so far = counted in the census; stock and flow agree."""
    results = summarise(log, blueprint)
    lives = read_lives(log, blueprint)
    check = stock_and_flow(results.census, lives)
    assert (check["difference"] == 0).all()
    entered = np.bincount(lives.month[lives.first], minlength=blueprint.months)
    gone = np.bincount(lives.month[(lives.state == S.OUTSIDE) & ~lives.first], minlength=blueprint.months)
    counted = results.census.groupby("month")["headcount"].sum()
    counted = counted.reindex(range(blueprint.months), fill_value=0).to_numpy()
    assert (counted == np.cumsum(entered - gone)).all()


def run_watching_pools(blueprint, seed):
    """Run month by month; after each, every pool is within its capacity and never grew beyond it.

    Posts may, where a return to training is guaranteed: a returner is supernumerary if need be. So may
    those funded by WTE where part-timers go back to full time: see test_post_funding.
    """
    seen: dict[int, int] = {}
    supernumerary = (blueprint.step_out_rules[..., STEP_OUT_RULES.index("claim")] == GUARANTEED).any() or (
        blueprint.ltft_asked and blueprint.posts_shared.any()
    )

    def watch(month: int, alive: int, events: int) -> None:
        pools = simulation.pools
        for pool in range(len(pools.used)):
            used = pools.in_use(pool)
            assert used >= 0, PoolKind(pools.kind[pool]).name
            if not pools.unlimited[pool] and not (
                supernumerary and pools.kind[pool] == PoolKind.TRAINING_POST
            ):
                assert used <= max(pools.target[pool], seen.get(pool, used)), month
            seen[pool] = used
        for row in simulation.recruitment.committed:
            assert min(row) >= 0

    simulation = Simulation(blueprint, run_key(seed, 0), watch)
    return simulation.run()


@pytest.mark.parametrize("rule", ["hard", "soft"])
@pytest.mark.parametrize("allocation", ["merit", "pia", "prioritised"])
def test_conservation_legal_lives_and_pools(rule, allocation):
    scenario = teaching(supervision__rule=rule).with_value("foundation_rules:rule", allocation)
    blueprint = scenario.with_years(6).blueprint()
    log = run_watching_pools(blueprint, seed=11)
    assert_lives_are_legal(log, blueprint)
    assert_people_are_conserved(log, blueprint)


@settings(
    max_examples=400 if EXPLORING else 60,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # another number is another scenario
)
@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_random_scenarios_keep_every_invariant(number, seed):
    blueprint = random_scenario(number).blueprint()
    log = run_watching_pools(blueprint, seed)
    assert_lives_are_legal(log, blueprint)
    assert_people_are_conserved(log, blueprint)
    assert_training_adds_up(log, blueprint)


def test_same_seed_same_log_and_other_seeds_differ():
    blueprint = teaching().with_years(3).blueprint()
    first = run(blueprint, seed=5)
    assert same(first, run(blueprint, seed=5))
    assert not same(first, run(blueprint, seed=6))
    assert not same(first, run(blueprint, seed=5, rep=1))


def test_the_log_is_ordered_by_month_phase_and_person():
    log = run(teaching().with_years(2).blueprint(), seed=1)
    key = np.stack([log.month.astype(np.int64) * 8 + log.phase, log.person])
    later = (key[0, 1:] > key[0, :-1]) | ((key[0, 1:] == key[0, :-1]) & (key[1, 1:] >= key[1, :-1]))
    assert later.all()


def test_one_added_entrant_changes_nobody_elses_luck():
    """With room for everyone, all others live exactly the same life."""
    roomy = teaching().with_values(
        {
            "foundation_places:places": 5000,
            "posts:posts": 5000,
            "practice_places:places": 5000,
            "placements:places": 50_000,
            "programmes:interviews_per_post": 0,
            "choices.competition_elasticity": 0,
            "supervision_groups.general_practice:gp_units": 1000,
            "supervision_groups.medicine:consultant_units": 1000,
        }
    )
    entrants = int(roomy.blueprint().intake[0, 0, 0])
    blueprint = roomy.blueprint()
    log = run(blueprint, seed=2)
    more = run(
        roomy.with_value("intake.standard.middleshire.2025:students", entrants + 1).blueprint(), seed=2
    )
    added = {
        person_identity(int(IdentityKind.STUDENT_ENTRANT), 1 + 12 * year, 0, 0, entrants)
        for year in range(10)
    }
    assert added <= set(more.person.tolist())
    others = more.take(~np.isin(more.person, [*added, SYSTEM_PERSON]))
    assert same(others, log.take(log.person != SYSTEM_PERSON))


def test_littles_law_on_waits():
    """Person-months waiting counted person by person equal the area under the queue."""
    scenario = teaching().with_values(
        {
            "placements.hospital:places": 400,
            "practice_places:places": 120,
            "foundation_places.main:places": 100,
        }
    )
    blueprint = scenario.with_years(8).blueprint()
    log = run(blueprint, seed=4)
    results = summarise(log, blueprint)
    waiting = [S.STUDENT_WAITING, S.FOUNDATION_WAITING, S.TRAINING_WAITING, S.UNPLACED]
    names = [state.name.lower() for state in waiting]
    area = results.census.loc[results.census["state"].isin(names), "headcount"].sum()
    lives = read_lives(log, blueprint)
    one_by_one = int(lives.duration[np.isin(lives.state, [int(s) for s in waiting])].sum())
    assert area == one_by_one == results.waits["person_months"].sum()
    assert {"hospital_placement", "practice_place", "training_post"} <= set(results.waits["blocked_by"])


def test_a_year_of_blocked_placements_is_a_year_deferred():
    """Clinical years begin in September only: who finds no placement waits twelve months."""
    blueprint = teaching().with_value("placements.hospital:places", 400).with_years(4).blueprint()
    log = run(blueprint, seed=1)
    lives = read_lives(log, blueprint)
    waited = lives.duration[(lives.state == S.STUDENT_WAITING) & (lives.until < blueprint.months)]
    assert len(waited) and (waited % 12 == 0).all()


def test_whoever_has_fewer_years_to_go_is_placed_first():
    """A lack of placements holds up those who come to their first clinical year, and nobody after them."""
    blueprint = teaching().with_value("placements.hospital:places", 420).with_years(6).blueprint()
    log = run(blueprint, seed=1)
    held_up = log.take(log.event == E.PLACEMENT_BLOCKED)
    first_clinical = np.array([3, 2])  # by route
    years = log.take(log.event == E.MEDICAL_YEAR_PASSED)
    came = log.take(log.event == E.ENTERED_MEDICAL_SCHOOL)
    route_of = dict(zip(came.person.tolist(), (came.detail % WIDENING).tolist(), strict=True))
    assert len(held_up) > 20
    for person, month in zip(held_up.person.tolist(), held_up.month.tolist(), strict=True):
        passed = years.detail[(years.person == person) & (years.month <= month)]
        if person in route_of and len(passed):
            assert passed.max() + 1 == first_clinical[route_of[person]]


def test_soft_supervision_never_blocks_and_crowding_costs():
    scarce = {
        "supervision_groups.general_practice:gp_units": 5,
        "supervision_groups.medicine:consultant_units": 20,
    }
    hard = run(teaching().with_values(scarce).with_years(5).blueprint(), seed=1)
    soft_scenario = teaching(supervision__rule="soft").with_values(scarce).with_years(5)
    soft = run(soft_scenario.blueprint(), seed=1)
    assert (hard.event == E.BLOCKED).sum() > 0
    assert (soft.detail[soft.event == E.BLOCKED] != PoolKind.SUPERVISOR).all()
    gentle = soft_scenario.with_values(
        {"supervision.crowding_review": 0, "supervision.crowding_resignation": 0}
    )
    calm = run(gentle.blueprint(), seed=1)
    assert (soft.event == E.RESIGNED).sum() > (calm.event == E.RESIGNED).sum()
    assert (soft.event == E.EXTENDED).sum() > (calm.event == E.EXTENDED).sum()


def test_a_shorter_run_is_the_start_of_a_longer_one():
    """With many SAS doctors, who may wait for an August past the horizon."""
    scenario = teaching().with_values(
        {"workforce_stock.sas:doctors": 2000, "practice.sas_applies": 0.3, "practice.portfolio": 0.1}
    )
    long = run(scenario.with_years(6).blueprint(), seed=9)
    short_blueprint = scenario.with_years(3).blueprint()
    short = run(short_blueprint, seed=9)
    assert same(short, long.take(long.month < short_blueprint.months))


@pytest.mark.parametrize("places", [40, 60, 100, 200])
def test_scarce_practice_places_slow_training_and_never_stop_it(places):
    """Nobody holds half a place while waiting for the other half: completions go on."""
    blueprint = teaching().with_value("practice_places:places", places).with_years(16).blueprint()
    log = run(blueprint, seed=1)
    gp = (log.event == E.COMPLETED_TRAINING) & (log.programme == 1)
    later = np.bincount(log.month[gp] // 12, minlength=16)[6:]
    assert (later[:-1] + later[1:] > 0).all(), later  # never two years without a completion
    most = places / 2  # three years take two places for a year each
    assert 0.5 * min(most, 90) <= later.mean() <= most + 5


def test_a_start_in_january_keeps_the_august_cycle():
    from dataclasses import replace as changed

    august = teaching().with_years(4)
    january = changed(august, start="2026-01")
    for scenario, first_august in ((august, 0), (january, 7)):
        log = run(scenario.blueprint(), seed=1)
        signed = np.bincount(log.month[log.event == E.FOUNDATION_SIGNED_OFF], minlength=48)
        assert signed[first_august::12].min() > 200  # nearly everyone, every August
        assert np.delete(signed, np.arange(first_august, 48, 12)).max() < 40
