"""Means over replications, differences between arms replication by replication, and their intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from comparing import ALL, NONE, Arm, alone_of
from measures import MEASURES, Key, Values
from numpy.typing import NDArray

from pipeline_sim.studies.paired import mean_interval, share_better

BETTER = {"more": 1, "fewer": -1, "": 0}
SUM, INTERACTION = "sum", "interaction"
COLUMNS = ["arm", "measure", "breakdown", "period", "unit", "mean", "low", "high"]
COLUMNS += ["difference", "difference_low", "difference_high", "better", "share_better", "replications"]


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
    sign = 0 if np.isnan(difference).any() else BETTER[measure.better]
    share = float(share_better(difference[:, None], [sign])[0])
    return [*told, measure.better, share, len(difference)]
