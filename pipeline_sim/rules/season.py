"""What a recruitment season offers, and what applicants know of the last: posts, weights of choices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.rules.preferences import place_weights, programme_weights

Ints = NDArray[np.int64]


def posts_advertised(free: Ints, share_percent: Ints) -> Ints:
    """Posts [programme, region] that a round advertises: its share [programme] of those now free."""
    running = np.cumsum(np.maximum(free, 0), axis=1)
    rounded = (running * share_percent[:, None] + 50) // 100  # rounded down the regions: none is lost
    return np.diff(rounded, axis=1, prepend=0)


class Competition:
    """Applications a post of the main rounds, as applicants remember them from one August to the next."""

    def __init__(self, programmes: int) -> None:
        self._now, self._reference = np.zeros(programmes), np.zeros(programmes)

    def weights(self, bp: Any, year: int) -> tuple[Ints, Ints]:
        """Weights of specialties [group, programme] and of places [programme, region] in a training year.

        ``bp`` is the blueprint in force.
        """
        programmes = programme_weights(
            bp.taste.astype(float), self._now, self._reference, bp.competition_elasticity
        )
        pounds = bp.incentive_pounds[year].astype(float)
        return programmes, place_weights(bp.attraction.astype(float), pounds, bp.incentive_effect)

    def remember(self, applied: NDArray, posts: NDArray) -> None:
        """After an August: applications and posts by programme; the first ratio seen is the reference."""
        ratio = np.divide(applied, posts, out=np.zeros(len(posts)), where=posts > 0)
        self._now = np.where(ratio > 0, ratio, self._now)
        self._reference = np.where(self._reference > 0, self._reference, ratio)
