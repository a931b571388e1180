"""Matching applicants to posts: deferred acceptance, then replies, recycling and upgrades.

Within a round, applicants propose down their lists and each pool of posts holds the best it has room
for. Offers are then answered: some decline or stay silent and drop out, some accept and close their
application, others accept and stay in line for a post they prefer. The match is run again without
those who left, so that their posts pass down the list, until nobody new declines.

``merit`` ranks applications: higher is better, all different within a programme, negative where the
applicant was not interviewed or not appointable.
"""

from __future__ import annotations

import numpy as np

from pipeline_sim.compiling import kernel

ACCEPTS, ACCEPTS_WITH_UPGRADES, DECLINES, NO_RESPONSE = 0, 1, 2, 3
PERSON_BITS = 24  # a round holds at most 2**24 applicants
_PERSON_MASK = (1 << PERSON_BITS) - 1
_SCORE_OFFSET = 1 << 21
_SCORE_BITS = 22


@kernel
def merit_of(tier, score, position):
    """Rank key: first tier first, then score, then the earlier position in the round."""
    return (((tier << _SCORE_BITS) + score + _SCORE_OFFSET) << PERSON_BITS) + _PERSON_MASK - position


@kernel
def _sift_up(heap, base, k):
    while k > 0:
        parent = (k - 1) // 2
        if heap[base + parent] <= heap[base + k]:
            break
        heap[base + parent], heap[base + k] = heap[base + k], heap[base + parent]
        k = parent


@kernel
def _sift_down(heap, base, size):
    k = 0
    while True:
        child = 2 * k + 1
        if child >= size:
            break
        if child + 1 < size and heap[base + child + 1] < heap[base + child]:
            child += 1
        if heap[base + k] <= heap[base + child]:
            break
        heap[base + k], heap[base + child] = heap[base + child], heap[base + k]
        k = child


@kernel
def deferred_acceptance(active, first, choice_pool, merit, capacity, match):
    """Applicant-optimal stable match of the active applicants; ``match[i]`` is a choice or -1."""
    pools = capacity.shape[0]
    base = np.zeros(pools + 1, np.int64)
    for p in range(pools):
        base[p + 1] = base[p] + capacity[p]
    heap = np.empty(base[pools], np.int64)
    size = np.zeros(pools, np.int64)
    people = active.shape[0]
    nxt = first[:people].copy()
    for start in range(people):
        match[start] = -1
    for start in range(people):
        if not active[start]:
            continue
        i = start
        while i >= 0:
            if nxt[i] == first[i + 1]:
                match[i] = -1
                break
            c = nxt[i]
            nxt[i] += 1
            pool = choice_pool[c]
            if merit[c] < 0 or capacity[pool] == 0:
                continue
            if size[pool] < capacity[pool]:
                heap[base[pool] + size[pool]] = merit[c]
                size[pool] += 1
                _sift_up(heap, base[pool], size[pool] - 1)
                match[i] = c
                break
            worst = heap[base[pool]]
            if worst < merit[c]:
                heap[base[pool]] = merit[c]
                _sift_down(heap, base[pool], size[pool])
                match[i] = c
                i = _PERSON_MASK - (worst & _PERSON_MASK)
                match[i] = -1


@kernel
def match_with_replies(first, choice_pool, merit, capacity, reply, accepted, offer_choice, offer_pass):
    """Run a round to its end; returns the number of offers recorded.

    ``reply[i]`` is how a person answers a first offer. ``accepted[i]`` becomes the choice held at the
    end, or -1. Each first offer and each upgrade is recorded in ``offer_choice`` (the choice) with the
    pass of the match in ``offer_pass`` (0 = first). ``capacity`` ends as the posts left empty.
    """
    people = reply.shape[0]
    active = np.ones(people, np.bool_)
    match = np.full(people, -1, np.int64)
    offers = 0
    passes = 0
    for i in range(people):
        accepted[i] = -1
    while True:
        deferred_acceptance(active, first, choice_pool, merit, capacity, match)
        somebody_left = False
        for i in range(people):
            if not active[i] or match[i] < 0 or match[i] == accepted[i]:
                continue
            offer_choice[offers] = match[i]
            offer_pass[offers] = passes
            offers += 1
            if accepted[i] >= 0 or reply[i] == ACCEPTS_WITH_UPGRADES:
                accepted[i] = match[i]
            elif reply[i] == ACCEPTS:
                accepted[i] = match[i]
                active[i] = False
                capacity[choice_pool[match[i]]] -= 1
            else:
                active[i] = False
                somebody_left = True
        passes += 1
        if not somebody_left:
            break
    for i in range(people):
        if active[i] and accepted[i] >= 0:
            capacity[choice_pool[accepted[i]]] -= 1
    return offers
