"""Posts held for trainees who are away, and the locally employed doctors who cover them meanwhile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.compiling import kernel, rule
from pipeline_sim.randomness import COVER, draw, happens

Ints = NDArray[np.int64]
LOTTERY = 1 << 16  # draws of the lottery, apart from those of step-outs


@rule
def wants_cover(key, person, count, share):
    """Whether the post held during someone's ``count``-th step-out is to be covered."""
    return happens(key, person, COVER, count, share)


@kernel
def draw_lots(key, people, month, lots):
    """Fill ``lots[i]`` with the lot of ``people[i]`` for a cover."""
    for i in range(people.shape[0]):
        lots[i] = draw(key, people[i], COVER, LOTTERY + month)


class Covers:
    """Held posts that are to be covered, and those that are, by region."""

    def __init__(self, wanted: Ints, until: Ints) -> None:
        """``wanted`` [region] posts; ``until`` [region, month] covers by the month in which they end."""
        self.wanted = wanted
        self.until = until

    def still_open(self, month: int) -> Ints:
        """Posts [region] to be covered from this month on.

        Where there are more covers than posts to cover, those that would end last go on.
        """
        latest_first = self.until[:, :month:-1]
        kept = np.minimum(np.cumsum(latest_first, axis=1), self.wanted[:, None])
        latest_first[...] = np.diff(kept, axis=1, prepend=0)
        return self.wanted - latest_first.sum(axis=1)  # type: ignore[no-any-return]


def win_covers(key: int, month: int, people: Ints, regions: Ints, still_open: Ints) -> NDArray[np.bool_]:
    """Who of those without a post covers one: in each region the lowest lots. ``regions`` -1: nowhere."""
    lots = np.empty(len(people), np.int64)
    draw_lots(key, people, month, lots)
    order = np.lexsort((people, lots))
    won = np.zeros(len(people), np.bool_)
    for region, posts in enumerate(still_open.tolist()):
        won[order[regions[order] == region][:posts]] = True
    return won
