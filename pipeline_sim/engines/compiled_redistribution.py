"""Training posts that move to other regions, on the compiled engine's pools: in August, before the rounds."""

from __future__ import annotations

from pipeline_sim.engines.compiled_layout import Ints
from pipeline_sim.engines.compiled_needs import PoolNumbers
from pipeline_sim.engines.compiled_tables import Run
from pipeline_sim.rules.redistribution import moves
from pipeline_sim.scenario.blueprint import Blueprint


def move_posts(bp: Blueprint, numbers: PoolNumbers, run: Run, year: int, free: Ints) -> None:
    """Move posts this August; ``free`` [programme, region] are those that nobody has or is promised."""
    pools, shape = run.pools, (-1, numbers.regions)
    posts = slice(numbers.post(0, 0), numbers.supervisor(0, 0))
    supervisors = slice(numbers.supervisor(0, 0), numbers.practice(0))
    target, used = pools["target"], pools["used"]
    change = moves(
        bp,
        year,
        target[posts].reshape(shape),
        free,
        used[posts].reshape(shape) + run.committed,
        target[supervisors].reshape(shape),
        used[supervisors].reshape(shape),
    )
    target[posts] += change.reshape(-1)
    run.posts_moved[...] = target[posts].reshape(shape) - bp.posts[year]
