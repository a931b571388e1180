"""The fast round equals the slow, obvious one of ``slow_rounds``, field by field."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace

import numpy as np
import slow_rounds
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_sim.rules import foundation, preferences
from pipeline_sim.rules.recruitment import Applicants, run_round

CORES = 3
ONE = 1 << 32


def cumulative(rng, rows, columns):
    """Cumulative thresholds of a random mix in every row, mostly of the higher numbers."""
    return np.sort((rng.random((rows, columns)) ** 3 * ONE).astype(np.int64), axis=1)


def a_market(seed, people, programmes, regions):
    """Random (arguments of ``run_round``): few posts, odd percentages, programmes nobody may enter."""
    rng = np.random.default_rng(seed)

    def some(low, high, *shape):
        return rng.integers(low, high, shape)

    core_bit = np.full(programmes, -1)
    core_bit[: min(CORES, programmes)] = range(min(CORES, programmes))
    percents = (0, 50, 100, 150, 333)
    blueprint = SimpleNamespace(
        regions=tuple("abcdefghijklmn"[:regions]),
        application_cap=np.array([some(1, 8).item()]),
        round_programmes=rng.random((4, programmes)) < 0.8,
        programme_parents=np.where(rng.random(programmes) < 0.2, some(1, 1 << CORES, programmes), 0),
        programme_core_bit=core_bit,
        programme_shortage=rng.random(programmes) < 0.4,
        priority_shortage_weight=int(rng.choice(percents)),
        enhance_taste=some(50, 300, 1, programmes),
        home_weight=int(rng.choice(percents)),
        trained_weight=int(rng.choice(percents)),
        priority_region_weight=int(rng.choice(percents)),
        applications=cumulative(rng, 4, 6),
        regions_listed=cumulative(rng, 4, regions),
        interviews_per_post=some(0, 900, programmes) * (rng.random(programmes) < 0.5),
        tier_stage=np.array([some(0, 3).item()]),
        score_bonus=some(-20_000, 20_000, 4),
        noise_percent=int(rng.choice((0, 60, 150))),
        appointable_score=some(-90_000, 30_000, programmes),
        decline=int(some(0, ONE // 2)),
        no_response=int(some(0, ONE // 3)),
        upgrade_opt_in=int(some(ONE // 2, ONE + 1)),
    )
    group = some(0, 2, people)
    applicants = Applicants(
        person=np.sort(some(10**14, 10**15, people)),
        group=group,
        profile=2 * group + some(0, 2, people),
        tier=some(0, 2, people),
        home=some(-1, regions, people),
        trained=some(-1, regions, people),
        priority=some(-1, regions, people),
        competence=some(0, 1 << CORES, people),
        own=some(0, programmes + 1, people),
        enhanced=some(0, 2, people),
    )
    weights = some(0, 1000, 2, programmes) * (rng.random((2, programmes)) < 0.8)
    places = some(0, 1000, programmes, regions) * (rng.random((programmes, regions)) < 0.9)
    posts = some(0, 6, programmes, regions) * (rng.random((programmes, regions)) < rng.random())
    round_number, season, key = int(some(0, 4)), int(some(0, 300)), int(some(0, 2**62))
    return blueprint, key, 0, season, round_number, applicants, weights, places, posts


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    people=st.integers(0, 60),
    programmes=st.integers(1, 9),
    regions=st.integers(1, 14),
)
def test_a_round_is_that_of_the_slow_and_obvious_way(seed, people, programmes, regions):
    market = a_market(seed, people, programmes, regions)
    fast, slow = run_round(*market), slow_rounds.run_round(*market)
    for field in fields(fast):
        assert getattr(fast, field.name).tolist() == getattr(slow, field.name).tolist(), field.name


def test_random_markets_have_upgrades_and_posts_passed_down():
    """Guards the test above: its markets are not trivial."""
    results = [run_round(*a_market(seed, 60, 6, 3)) for seed in range(40)]
    assert sum(len(r.offer_person) for r in results) > 300
    assert sum((~r.offer_is_first).sum() for r in results) > 20
    assert max(r.offer_pass.max(initial=0) for r in results) > 3
    assert {int(s) for r in results for s in r.application_standing} == {0, 1, 2}


def test_a_table_row_that_two_kinds_of_applicants_share_is_filled_for_each():
    """More kinds of applicants than rows, so that rows change hands all the time."""
    cores = 12
    blueprint, *rest, applicants, weights, places, posts = a_market(5, 400, 14, 2)
    rng = np.random.default_rng(6)
    blueprint.programme_core_bit = np.array([*range(cores), -1, -1])
    blueprint.programme_parents = np.zeros(14, np.int64)
    blueprint.applications = np.zeros((4, 6), np.int64)
    applicants = applicants._replace(competence=rng.integers(0, 1 << cores, 400))
    weights = rng.integers(1, 1000, (2, 14))
    market = blueprint, *rest, applicants, weights, places, posts
    fast, slow = run_round(*market), slow_rounds.run_round(*market)
    assert len(np.unique(applicants.competence)) > preferences.KINDS
    for field in fields(fast):
        assert getattr(fast, field.name).tolist() == getattr(slow, field.name).tolist(), field.name


@settings(max_examples=200, deadline=None)
@given(weights=st.lists(st.integers(0, 70_000), max_size=14), u=st.integers(0, ONE - 1))
def test_taking_by_weight_is_that_of_the_slow_and_obvious_way(weights, u):
    fast, slow = np.array(weights, np.int64), list(weights)
    chosen = slow_rounds.take(slow, u)
    assert preferences.take(fast, u) == (-1 if chosen is None else chosen)
    assert fast.tolist() == slow


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 1), st.one_of(st.integers(0, 3), st.integers(0, ONE - 1)))),
)
def test_foundation_order_is_by_tier_then_value_then_identity(rows):
    tier, value = (np.array([row[k] for row in rows], np.int64) for k in range(2))
    expected = np.lexsort((np.arange(len(rows)), value, -tier))
    assert foundation._order(tier, value).tolist() == expected.tolist()
