"""Means over replications, differences between arms replication by replication, and their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd
from comparing import ALL, NONE, Arm, alone_of
from measures import MEASURES, Key, Values
from numpy.typing import NDArray

CONFIDENCE = 0.95
SUM, INTERACTION = "sum", "interaction"
COLUMNS = ["arm", "measure", "breakdown", "period", "unit", "mean", "low", "high"]
COLUMNS += ["difference", "difference_low", "difference_high", "better", "share_better", "replications"]


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


def mean_interval(values: NDArray) -> tuple[float, float, float]:
    """Mean and 95 % interval; no interval from one replication, nothing where a replication lacks it."""
    if not len(values) or np.isnan(values).any():
        return math.nan, math.nan, math.nan
    mean = float(np.mean(values))
    if len(values) == 1:
        return mean, math.nan, math.nan
    half = t_quantile(len(values) - 1) * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return mean, mean - half, mean + half


def share_better(differences: NDArray, better: str) -> float:
    """Share of replications in which the difference is for the better; none where neither way is."""
    if better == "" or np.isnan(differences).any():
        return math.nan
    return float(np.mean(differences > 0 if better == "more" else differences < 0))


def table_of(by_arm: dict[str, list[Values]], arms: Sequence[Arm]) -> pd.DataFrame:
    """One row an arm, measure, breakdown and period: the mean and the paired difference from ``none``.

    The arm ``SUM`` is not simulated: its difference is the sum of the differences of the mechanisms alone,
    and ``INTERACTION`` is what all together do beyond it; neither is given by year.
    """
    keys = dict.fromkeys(key for runs in by_arm.values() for values in runs for key in values)
    known = {
        arm.name: {key: np.array([values.get(key, 0.0) for values in by_arm[arm.name]]) for key in keys}
        for arm in arms
    }
    alone = [arm.name for arm in alone_of(arms)]
    rows = []
    for key in keys:
        base = known[NONE][key]
        differences = {arm.name: known[arm.name][key] - base for arm in arms}
        differences[SUM] = np.sum([differences[name] for name in alone], axis=0)
        differences[INTERACTION] = differences[ALL] - differences[SUM]
        for name, difference in differences.items():
            if name not in known and key[2].isdigit():
                continue
            level = known[name][key] if name in known else np.full(len(base), np.nan)
            rows.append(_row(name, key, level, difference))
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(arm: str, key: Key, level: NDArray, difference: NDArray) -> list[object]:
    measure = MEASURES[key[0]]
    told = [arm, *key, measure.unit, *mean_interval(level), *mean_interval(difference)]
    return [*told, measure.better, share_better(difference, measure.better), len(difference)]
