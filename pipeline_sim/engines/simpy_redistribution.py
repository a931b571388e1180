"""Training posts that move to other regions, on SimPy's pools: in August, before the rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.rules.redistribution import moves

if TYPE_CHECKING:
    from pipeline_sim.engines.simpy_engine import Simulation


class PostMoves:
    """What each region has won or lost of every programme's posts since the start."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._moved = np.zeros(sim.bp.posts.shape[1:], np.int64)

    def posts(self, year: int) -> list[list[int]]:
        """Posts [programme][region] of a training year, after the moves so far."""
        return np.maximum(self._sim.bp.posts[year] + self._moved, 0).tolist()  # type: ignore[no-any-return]

    def happen(self) -> None:
        """Move posts this August."""
        sim, pools = self._sim, self._sim.pools
        if not sim.bp.redistribution_pace[sim.year].any():
            return

        def of(numbers: list[int], numbered: list[list[int]]) -> NDArray[np.int64]:
            return np.array([[numbers[pool] for pool in row] for row in numbered], np.int64)

        posts = of(pools.target, sim.post_pool)
        people = of(pools.used, sim.post_pool) + np.array(sim.recruitment.committed, np.int64)
        change = moves(
            sim.bp, sim.year, posts, sim.recruitment.free_posts(), people,
            of(pools.target, sim.supervisor_pool), of(pools.used, sim.supervisor_pool),
        )  # fmt: skip
        self._moved = posts + change - sim.bp.posts[sim.year]
        for programme, region in zip(*map(np.ndarray.tolist, np.nonzero(change)), strict=True):
            pools.target[sim.post_pool[programme][region]] += int(change[programme, region])
