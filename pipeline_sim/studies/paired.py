"""Statistics of paired replications: means, intervals by Student's t, how often it is for the better.

The same replication of two arms meets the same luck, so the difference is taken replication by replication
and the interval is that of the mean of the differences. One replication has no interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

CONFIDENCE = 0.95
ROUNDING = 1e-12  # of the largest value: an interval no wider than this is that of equal numbers


def t_cdf(t: float, freedom: int) -> float:
    """Chance that Student's t lies below ``t``, by the finite series for whole degrees of freedom.

    Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
    """
    angle = math.atan2(t, math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = term if freedom > 1 else 0.0
    for k in range(2 + odd, freedom - 1, 2):
        term *= (k - 1) / k * cosine**2
        total += term
    inside = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return 0.5 + inside / 2


@cache
def t_quantile(freedom: int) -> float:
    """How many standard errors the 95 % interval of a mean reaches to each side."""
    low, high = 0.0, 13.0  # that of one degree of freedom is 12.7
    while high - low > 1e-10:
        middle = (low + high) / 2
        low, high = (middle, high) if t_cdf(middle, freedom) < (1 + CONFIDENCE) / 2 else (low, middle)
    return (low + high) / 2


@dataclass(frozen=True)
class Estimates:
    """Means over replications and their 95 % intervals, one of each for every column."""

    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    reps: NDArray[np.int64]  # replications that have a value


def estimate(values: ArrayLike) -> Estimates:
    """Mean and interval of each column of ``values`` [replication, ...], of the replications that have one.

    From a single replication there is a mean and no interval, from none neither.
    """
    values = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(values)
    reps = known.sum(axis=0)
    filled = np.where(known, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = filled.sum(axis=0) / reps
        squares = np.where(known, (values - mean) ** 2, 0.0).sum(axis=0)
        error = np.sqrt(squares / (reps - 1) / reps)
    error[error <= ROUNDING * np.abs(filled).max(axis=0, initial=0)] = 0.0
    reach = np.full(int(reps.max(initial=0)) + 1, np.nan)
    for number in np.unique(reps[reps > 1]):
        reach[number] = t_quantile(int(number) - 1)
    half = np.where(reps > 1, reach[reps] * error, np.nan)
    return Estimates(mean, mean - half, mean + half, reps)


def mean_interval(values: NDArray) -> tuple[float, float, float]:
    """Mean and 95 % interval; no interval from one replication, nothing where a replication lacks it."""
    if not len(values) or np.isnan(values).any():
        return math.nan, math.nan, math.nan
    found = estimate(np.asarray(values)[:, None])
    return float(found.mean[0]), float(found.low[0]), float(found.high[0])


def share_better(differences: ArrayLike, better: ArrayLike) -> NDArray[np.float64]:
    """Share of the replications that have a value in which the difference is for the better, by column.

    ``better`` is 1 where more is better, -1 where less is, and 0 where neither is: there is no share then.
    A difference of 0 is not for the better.
    """
    differences = np.asarray(differences, dtype=np.float64)
    better = np.asarray(better)
    known = (~np.isnan(differences)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (differences * better > 0).sum(axis=0) / known
    return np.where((better != 0) & (known > 0), share, np.nan)
