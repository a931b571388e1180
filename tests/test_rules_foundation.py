"""Foundation allocation: capacity, order and the three rules; preference lists follow their weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenarios import teaching

from pipeline_sim.randomness import run_key
from pipeline_sim.rules import allocation, foundation, preferences

KEY = run_key(3, 0)


@pytest.fixture(scope="module")
def small():
    """Three regions; 6 main, 2 priority and 1 specialised place; nobody withdraws."""
    base = teaching().with_years(1).blueprint()
    return replace(
        base,
        regions=("a", "b", "c"),
        foundation_places=np.array([[[3, 2, 1], [0, 0, 2], [1, 0, 0]]]),
        foundation_attraction=np.array([4, 2, 1]),
        foundation_withdrawal=0,
        foundation_rule=np.array([foundation.PIA]),
        foundation_oversubscription=np.array([foundation.PLACEHOLDER]),
    )


def allocate(blueprint, count, tier=None, key=KEY):
    people = np.arange(1, count + 1) * 1000 + 10**14
    tier = np.ones(count, np.int64) if tier is None else np.asarray(tier, np.int64)
    return foundation.allocate(blueprint, key, 0, people, np.full(count, -1), tier)


@settings(max_examples=40, deadline=None)
@given(
    count=st.integers(0, 30),
    rule=st.sampled_from([foundation.MERIT, foundation.PIA, foundation.PRIORITISED]),
    reserve=st.booleans(),
    withdrawal=st.integers(0, 2**32),
    seed=st.integers(0, 2**32),
)
def test_no_region_is_over_filled_and_everyone_has_one_answer(small, count, rule, reserve, withdrawal, seed):
    blueprint = replace(
        small,
        foundation_rule=np.array([rule]),
        foundation_oversubscription=np.array([0 if reserve else 1]),
        foundation_withdrawal=withdrawal,
    )
    result = allocate(blueprint, count, tier=np.arange(count) % 2, key=run_key(seed, 0))
    holds = (result.kind >= 0) & ~result.withdrew
    for kind in range(3):
        here = np.bincount(result.region[holds & (result.kind == kind)], minlength=3)
        assert (here + result.places_left[kind] == blueprint.foundation_places[0, kind]).all()
    assert not (result.placeholder & (result.kind >= 0)).any()
    if reserve:
        assert not result.placeholder.any()
    left = result.places_left.sum()
    unplaced = (result.kind < 0).sum()
    assert left == 0 or unplaced == 0  # every region is listed, so a place is empty only if nobody waits


def test_preference_informed_allocation_gives_most_first_preferences():
    """Two passes never give fewer first preferences than the single pass in the same order."""
    rng = np.random.default_rng(1)
    for _ in range(50):
        wants = np.array([rng.permutation(4) for _ in range(20)])
        places = rng.integers(0, 9, 4)
        order = rng.permutation(20)
        once, twice = np.full(20, -1), np.full(20, -1)
        allocation.serial_dictatorship(order, wants, places.copy(), once)
        left = places.copy()
        allocation.first_preferences(order, wants, left, twice)
        allocation.serial_dictatorship(order, wants, left, twice)
        assert (twice == 0).sum() >= (once == 0).sum()
        assert (twice >= 0).sum() == (once >= 0).sum()
        assert (twice == 0).sum() == np.minimum(np.bincount(wants[:, 0], minlength=4), places).sum()


def test_serial_dictatorship_by_hand():
    wants = np.array([[0, 1], [0, 1], [0, 1]])
    placed = np.full(3, -1)
    allocation.serial_dictatorship(np.array([2, 0, 1]), wants, np.array([1, 1]), placed)
    assert placed.tolist() == [1, -1, 0]


def test_the_first_tier_is_placed_before_all_others(small):
    blueprint = replace(small, foundation_rule=np.array([foundation.PRIORITISED]))
    tier = np.array([0, 1] * 10)
    result = allocate(blueprint, 20, tier)
    assert (result.kind[tier == 1] >= 0).sum() == 9  # all nine funded places
    assert not (result.kind[tier == 0] >= 0).any()
    assert result.placeholder[tier == 1].sum() == 1
    assert not result.placeholder[tier == 0].any()  # only the first tier is guaranteed one


def test_merit_places_the_best_and_the_lottery_does_not(small):
    count = 200
    people = np.arange(1, count + 1) * 1000 + 10**14
    merit, random, special = (np.empty(count, np.int64) for _ in range(3))
    foundation._ranks(KEY, 0, people, merit, random, special)
    plain = replace(small, foundation_priority_opt_in=0, foundation_specialised_opt_in=0)
    by_merit = allocate(replace(plain, foundation_rule=np.array([foundation.MERIT])), count)
    by_lottery = allocate(plain, count)
    best = np.argsort(-merit)[:9]  # priority and specialised places nobody asked for pass down too
    assert set(np.flatnonzero(by_merit.kind >= 0)) == set(best)
    assert set(np.flatnonzero(by_lottery.kind >= 0)) != set(best)


def test_choices_are_drawn_in_proportion_to_weight():
    weights = np.array([5, 3, 2])
    firsts = np.zeros(3)
    count = 30_000
    for k in range(count):
        u = (k * 2654435761) % 2**32  # evenly spread
        firsts[preferences.take(weights.copy(), u)] += 1
    assert abs(firsts / count - weights / 10).max() < 0.002


def test_nothing_left_to_take_is_minus_one():
    weights = np.array([0, 7, 0])
    assert preferences.take(weights, 0) == 1
    assert preferences.take(weights, 2**32 - 1) == -1


def test_competition_seen_last_year_lowers_a_taste():
    taste = np.array([[2.0, 2.0, 0.0]])
    now, reference = np.array([8.0, 4.0, 0.0]), np.array([4.0, 4.0, 0.0])
    weights = preferences.programme_weights(taste, now, reference, -0.5)
    assert weights[0, 0] / weights[0, 1] == pytest.approx(2**-0.5, abs=1e-4)
    assert weights[0, 2] == 0


def test_a_payment_raises_the_weight_of_its_place():
    weights = preferences.place_weights(np.array([1.0, 1.0]), np.array([[0.0, 20_000.0]]), 0.3)
    assert weights[0, 1] / weights[0, 0] == pytest.approx(np.exp(0.6), abs=1e-3)
