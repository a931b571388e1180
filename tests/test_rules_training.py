"""Training, foundation and practice rules: exact cases by hand, and bounds for all inputs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_sim.randomness import run_key
from pipeline_sim.rules import medical_school, outside, practice, supervision, training
from pipeline_sim.scenario.blueprint import THRESHOLD_ONE

KEY = run_key(1, 0)
people = st.integers(1, 4 * 10**14)
thresholds = st.integers(0, THRESHOLD_ONE)


@pytest.mark.parametrize(
    ("remaining", "wte", "months"),
    [(1200, 100, 12), (1200, 60, 20), (1200, 80, 15), (1200, 70, 18), (100, 50, 2), (1, 100, 1), (0, 80, 0)],
)
def test_months_needed_are_exact(remaining, wte, months):
    assert training.months_needed(remaining, wte) == months


@given(st.integers(1, 6000), st.integers(1, 100))
def test_progress_passes_what_is_required_by_less_than_a_month(remaining, wte):
    months = training.months_needed(remaining, wte)
    assert remaining <= months * wte < remaining + wte


def test_a_spell_ends_at_the_review_or_at_the_level():
    assert training.spell_months(1200, 60, 0) == 12
    assert training.spell_months(1200 - 720, 60, 0) == 8
    assert training.spell_months(300, 100, 11) == 1


@given(people, st.integers(0, 500), st.integers(1, 12), thresholds)
def test_a_resignation_falls_within_the_spell(person, occurrence, months, yearly):
    gone = training.resignation_month(KEY, person, occurrence, months, yearly)
    assert 0 <= gone <= months
    if yearly == THRESHOLD_ONE and months == 12:
        assert gone >= 1


def test_the_share_of_resignations_is_the_yearly_threshold():
    yearly = THRESHOLD_ONE // 5
    gone = np.array([training.resignation_month(KEY, p, 1, 6, yearly) for p in range(1, 40_001)])
    expected, sd = 0.1, np.sqrt(0.1 * 0.9 / 40_000)  # half a year of 20 %
    assert abs((gone > 0).mean() - expected) < 4.9 * sd
    by_month = np.bincount(gone[gone > 0], minlength=7)[1:]
    assert abs(by_month / by_month.sum() - 1 / 6).max() < 4.9 * np.sqrt(1 / 6 / by_month.sum())


def test_review_outcomes_come_in_their_shares():
    development, extra, release = (round(p * THRESHOLD_ONE) for p in (0.06, 0.04, 0.01))
    seen = np.bincount(
        [training.review_outcome(KEY, p, 3, 12, development, extra, release) for p in range(1, 40_001)],
        minlength=5,
    )
    for outcome, p in ((training.DEVELOPMENT, 0.06), (training.EXTRA_TIME, 0.04), (training.RELEASE, 0.01)):
        assert abs(seen[outcome] / 40_000 - p) < 4.9 * np.sqrt(p * (1 - p) / 40_000)


def test_an_extension_never_passes_the_cap():
    assert training.extension_granted(0, 6, 12) == 6
    assert training.extension_granted(6, 6, 12) == 6
    assert training.extension_granted(9, 6, 12) == 3
    assert training.extension_granted(12, 6, 12) == 0
    assert training.extension_granted(0, 6, 0) == 0


def test_crowding_worsens_a_threshold_in_proportion():
    assert training.worsened(1000, 0, 50) == 1000
    assert training.worsened(1000, 20, 100) == 1200
    assert training.worsened(1000, 20, 50) == 1100
    assert training.worsened(THRESHOLD_ONE, 500, 100) == THRESHOLD_ONE


def test_foundation_is_extended_at_most_once():
    always = THRESHOLD_ONE
    assert training.foundation_result(KEY, 7, 0, always, 0, False) == training.EXTENDED
    assert training.foundation_result(KEY, 7, 0, always, 0, True) == training.SIGNED_OFF
    assert training.foundation_result(KEY, 7, 0, 0, always, False) == training.NOT_SIGNED_OFF


def test_a_medical_year_can_be_repeated_once():
    always = THRESHOLD_ONE
    assert medical_school.year_result(KEY, 7, 0, always, 0, False) == medical_school.REPEAT
    assert medical_school.year_result(KEY, 7, 0, always, 0, True) == medical_school.LEAVE
    assert medical_school.year_result(KEY, 7, 0, 0, 0, True) == medical_school.PASS


def test_the_next_move_outside_looks_year_by_year():
    def move(*rates):
        """From the third of 20 years; yearly rates to apply, leave, take a SAS post or another."""
        return outside.next_move(KEY, 7, 3, 20, 0, np.zeros(1, np.int64), np.array([[rates]], np.int64))

    always = THRESHOLD_ONE
    assert move(always, 0, 0, 0) == outside.APPLY
    assert move(always, always, 0, 0) == outside.LEAVE
    assert move(0, 0, 0, 0) == 18 * 8 + outside.STAY
    assert move(0, 0, 0, always) == outside.TO_LOCALLY_EMPLOYED


NO_CUTS = np.zeros(3, np.int64)


@given(people, st.integers(0, 600), st.integers(1, 240), st.integers(0, 1100), st.integers(0, 2))
def test_a_change_in_practice_comes_after_the_start(person, since, length, age, group):
    exits = np.full((3, 100), THRESHOLD_ONE // 10)
    change = practice.next_change(
        KEY, person, group, since, since + length, since - age, 0, exits, NO_CUTS, 0
    )
    month, way = change // 8, change % 8
    assert way in (practice.STAYS, practice.LEAVES)
    assert since < month < since + length + 12


@given(people, st.integers(0, 400), st.integers(1, 200))
def test_looking_again_later_finds_the_same_change(person, since, later):
    """Someone who cuts their hours, or comes back, meets the luck they would have met anyway."""
    exits = np.full((3, 100), THRESHOLD_ONE // 12)
    birth = since - 45 * 12 - 5
    first = practice.next_change(KEY, person, 0, since, 600, birth, 0, exits, NO_CUTS, 0)
    then = practice.next_change(KEY, person, 0, since + later, 600, birth, 0, exits, NO_CUTS, 0)
    if first // 8 > since + later and first % 8 == practice.LEAVES:
        assert then == first
    else:
        assert then // 8 > since + later


def test_someone_certain_to_leave_leaves_within_the_year_of_age():
    exits = np.full((1, 100), THRESHOLD_ONE)
    change = practice.next_change(KEY, 7, 0, 24, 240, 24 - 40 * 12, 0, exits, NO_CUTS, 0)
    assert change % 8 == practice.LEAVES and 25 <= change // 8 <= 36


def test_hours_are_cut_but_not_away():
    assert practice.fewer_hours(100, 20) == 80
    assert practice.fewer_hours(20, 20) == 20
    assert practice.fewer_hours(10, 20) == 10


def test_supervisor_units_follow_the_workforce():
    assert supervision.own_units(1000, 0, 0, 56, 10, 5, 0) == 560  # ten whole-time consultants
    assert supervision.own_units(1000, 200, 300, 56, 10, 5, 100) == 560 + 20 + 15 + 100
    assert supervision.foundation_units(560, 25) == 140
    assert supervision.crowding_percent(120, 100) == 20
    assert supervision.crowding_percent(90, 100) == 0
    assert supervision.crowding_percent(1, 0) == 100
