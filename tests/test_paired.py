"""Paired statistics: worked out by hand, by Student's own table, and whatever the replications hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline_sim.studies.paired import estimate, mean_interval, share_better, t_quantile

VALUES = st.floats(-1e6, 1e6) | st.just(math.nan)


@pytest.mark.parametrize(
    ("freedom", "expected"), [(1, 12.7062), (2, 4.3027), (3, 3.1824), (29, 2.0452), (120, 1.9799)]
)
def test_quantiles_are_those_of_student(freedom: int, expected: float) -> None:
    assert t_quantile(freedom) == pytest.approx(expected, abs=5e-5)


def test_an_interval_is_the_one_worked_out_by_hand() -> None:
    half = 4.302653 * 1 / math.sqrt(3)  # mean 1, standard deviation 1
    assert mean_interval(np.array([1.0, 2.0, 0.0])) == pytest.approx((1, 1 - half, 1 + half))


def test_one_replication_has_no_interval_and_a_lack_is_told() -> None:
    mean, low, high = mean_interval(np.array([3.0]))
    assert mean == 3
    assert math.isnan(low)
    assert math.isnan(high)
    assert all(math.isnan(value) for value in mean_interval(np.array([1.0, np.nan])))
    assert all(math.isnan(value) for value in mean_interval(np.array([])))


def test_replications_without_a_value_are_left_out_and_not_counted() -> None:
    found = estimate([[1.0, 5.0, math.nan], [math.nan, 5.0, math.nan], [3.0, 5.0, math.nan]])
    assert found.reps.tolist() == [2, 3, 0]
    assert found.mean[:2].tolist() == [2.0, 5.0]
    assert found.low[0] == pytest.approx(2 - 12.7062 * 1, abs=1e-3)
    assert (found.low[1], found.high[1]) == (5.0, 5.0)
    assert np.isnan([found.mean[2], found.low[2], found.high[2]]).all()


def test_a_share_is_of_the_replications_with_a_value_and_nothing_without_a_direction() -> None:
    differences = [[1.0, 1.0, 1.0, math.nan], [-1.0, -1.0, -1.0, math.nan], [0.0, 2.0, math.nan, math.nan]]
    assert share_better(differences, [1, 1, -1, 1])[:3].tolist() == [1 / 3, 2 / 3, 0.5]
    assert math.isnan(share_better(differences, [1, 1, -1, 1])[3])
    assert np.isnan(share_better(differences, 0)).all()


@given(arrays(float, st.tuples(st.integers(1, 6), st.integers(0, 4)), elements=VALUES))
def test_turning_every_difference_round_turns_its_interval_round(values: np.ndarray) -> None:
    there, back = estimate(values), estimate(-values)
    np.testing.assert_array_equal(back.mean, -there.mean)
    np.testing.assert_array_equal(back.low, -there.high)
    np.testing.assert_array_equal(back.high, -there.low)
    known = there.reps > 1
    assert (there.low[known] <= there.mean[known]).all()
    assert (there.mean[known] <= there.high[known]).all()


@given(st.floats(-1e9, 1e9), st.integers(2, 40))
def test_equal_values_have_an_interval_of_no_width(value: float, reps: int) -> None:
    found = estimate(np.full((reps, 1), value))
    assert found.low[0] == found.high[0] == found.mean[0]
