"""Whole numbers shared out in proportion. Rules use it too, so it knows no table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.scenario.blueprint import Ints


def in_proportion(total: int, weights: Ints) -> Ints:
    """A whole number shared out like these weights (not all 0), each share rounded down the line."""
    running, whole = np.cumsum(weights), int(weights.sum())
    return np.diff((2 * total * running + whole) // (2 * whole), prepend=0)


def units_adding_up(shares: Sequence[float] | NDArray[np.float64]) -> Ints:
    """Shares of one place as units that add to 100 when the shares add to 1."""
    ends = np.rint(np.cumsum(np.asarray(shares, float)) * 100).astype(np.int64)
    return np.diff(ends, prepend=0)
