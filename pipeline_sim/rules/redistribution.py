"""Redistribution of training posts: which vacated posts move to another region in an August.

Only empty posts move, so a sitting trainee never does, and a region gets one only where its supervisors
could look after it besides everyone who is, or could be, in the posts it has.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.scenario.shares import in_proportion

Ints = NDArray[np.int64]
ANY_NUMBER = 1 << 40  # more posts than there are: training that takes no supervisor


def most_that_leave(posts: Ints, pace: int) -> Ints:
    """Posts [region] that may leave in one August: the share ``pace`` (a threshold) of them, rounded up."""
    least = max(pace - 1, 0)  # a threshold is rounded: a tenth of 60 is 6, not a little more
    return (posts * least + (1 << 32) - 1) >> 32  # type: ignore[no-any-return]


def posts_that_move(posts: Ints, free: Ints, weights: Ints, pace: int, room: Ints) -> Ints:
    """Change of the posts [region] of one programme; adds to 0.

    ``free`` are posts that nobody has or is promised, ``weights`` the wanted spread and ``room`` the posts
    that the region's supervisors could look after besides. One at a time, from the region that has most
    above its target to the one that is most below; the first region of equals.
    """
    change = np.zeros(len(posts), np.int64)
    if pace == 0 or not weights.any():
        return change
    above = posts - in_proportion(int(posts.sum()), weights)
    gives = np.minimum(np.minimum(above, free), most_that_leave(posts, pace))
    takes = np.minimum(-above, room)
    while (gives > 0).any() and (takes > 0).any():
        giver = int(np.argmax(np.where(gives > 0, above, -ANY_NUMBER)))
        taker = int(np.argmax(np.where(takes > 0, -above, -ANY_NUMBER)))
        for region, one in ((giver, -1), (taker, 1)):
            change[region] += one
            above[region] += one
        gives[giver] -= 1
        takes[taker] -= 1
    return change


def moves(bp: Any, year: int, posts: Ints, free: Ints, people: Ints, capacity: Ints, in_use: Ints) -> Ints:
    """Change of the posts [programme, region] in the August of a training year.

    ``posts`` and ``free`` are posts and those nobody has or is promised, ``people`` those in post or
    promised one; ``capacity`` and ``in_use`` are units of the supervisors [group, region].
    """
    change = np.zeros(posts.shape, np.int64)
    groups, load = bp.programme_group.tolist(), supervision_of_a_post(bp)
    needed = np.zeros(capacity.shape, np.int64)  # by all who are, or could be, in post
    for programme, group in enumerate(groups):
        needed[group] += load[programme] * (people[programme] + np.maximum(free[programme], 0))
    for programme in np.flatnonzero(bp.redistribution_pace[year]).tolist():
        group, units = groups[programme], load[programme]
        room = np.maximum(capacity[group] - np.maximum(needed[group], in_use[group]), 0)
        change[programme] = posts_that_move(
            posts[programme],
            free[programme],
            bp.redistribution_weight[year, programme],
            int(bp.redistribution_pace[year, programme]),
            room // units if units else np.full(len(room), ANY_NUMBER),
        )
        needed[group] += units * change[programme]
    return change


def supervision_of_a_post(bp: Any) -> list[int]:
    """Units of a supervisor that a post of each programme takes, a mean over its levels, rounded up."""
    result = []
    for first, count in zip(bp.level_first.tolist(), bp.level_count.tolist(), strict=True):
        months = bp.level_wte_hundredths[first : first + count]
        units = int((months * bp.level_supervisor_units[first : first + count]).sum())
        result.append(-(-units // max(int(months.sum()), 1)))
    return result
