"""Posts of a programme in a region: how many are taken, by heads or by whole-time equivalents."""

from __future__ import annotations

from pipeline_sim.compiling import rule


@rule
def posts_in_use(heads, spared, shared):
    """Whole posts that are not free, so that a post part of which is used counts.

    ``spared`` is what part-timers leave of the posts they hold, in hundredths of a post; ``shared`` is 1
    where that adds up to posts for others (WTE funding), 0 where a head fills a post (headcount funding).
    Numbers or arrays.
    """
    return heads - shared * (spared // 100)
