"""Matching applicants to posts: deferred acceptance, then replies, recycling and upgrades.

Within a round, applicants propose down their lists and each pool of posts holds the best it has room
for. Offers are then answered: some decline or stay silent and drop out, some accept and close their
application, others accept and stay in line for a post they prefer. The match is run again without
those who left, so that their posts pass down the list, until nobody new declines.

``merit`` ranks applications: higher is better, all different within a programme, never negative.

The match does not depend on the order in which people propose. They do so in line, the likeliest to
succeed first, because then a post seldom changes hands. Most applications are turned down by one
comparison with the lowest bar of the programme's pools, before it matters which regions they list.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import int64
from numpy.typing import NDArray

from pipeline_sim.compiling import kernel, rule
from pipeline_sim.randomness import REGION, draw
from pipeline_sim.rules.preferences import PER_APPLICATION, Empty, next_region

Ints = NDArray[np.int64]
Small = NDArray[np.int32]

ACCEPTS, ACCEPTS_WITH_UPGRADES, DECLINES, NO_RESPONSE = 0, 1, 2, 3
PERSON_BITS = 24  # a round holds at most 2**24 applicants
_PERSON_MASK = (1 << PERSON_BITS) - 1
_SCORE_OFFSET = 1 << 21
_SCORE_BITS = 22
_ROOM = -1  # bar of a pool with posts left
_CLOSED = (1 << 63) - 1  # bar of a pool without posts
NOT_DRAWN = -1  # a choice whose region nobody has had to know yet
_BLOCK = 64  # people looked at together when offers are put in order


@rule
def merit_of(tier, score, position):
    """Rank key: first tier first, then score, then the earlier position in the round."""
    return (((tier << _SCORE_BITS) + score + _SCORE_OFFSET) << PERSON_BITS) + _PERSON_MASK - position


@rule
def position_of(merit):
    """Position in the round of the person whose merit this is."""
    return _PERSON_MASK - (merit & _PERSON_MASK)


class Line(NamedTuple):
    """People who may be offered posts, likeliest first, and their eligible applications."""

    person: Small  # [line] position among the applicants
    first: Small  # [line + 1] first entry of each
    merit: Ints  # [entries] of one person's applications, favourite first
    programme: Small  # [entries]
    order: Small  # [entries] 1 = favourite specialty of all, eligible or not
    above: Small  # [entries] choices in the person's list above those of the application
    choice: Small  # [entries + 1] first choice of each application
    region: NDArray[np.int8]  # [choices] or NOT_DRAWN

    @classmethod
    def room_for(cls, people: int, entries: int, choices: int, empty: Empty = np.empty) -> Line:
        """A line of so many people."""
        person, first = empty(people, np.int32), empty(people + 1, np.int32)
        programme, order, above = (empty(entries, np.int32) for _ in range(3))
        choice = empty(entries + 1, np.int32)
        region = empty(choices, np.int8)
        return cls(person, first, empty(entries, np.int64), programme, order, above, choice, region)


class Offers(NamedTuple):
    """Offers of a round as they are made: pass by pass, in the order of people."""

    person: Ints  # position among the applicants
    pool: Ints
    rank: Ints  # 1 = top of the person's list
    passes: Ints  # 0 = first run of the match, later = a re-run offer
    is_first: NDArray[np.bool_]  # False = an upgrade

    @classmethod
    def room_for(cls, count: int, empty: Empty = np.empty) -> Offers:
        """Room for ``count`` offers; what is not written is never touched."""
        person, pool, rank, passes = (empty(count, np.int64) for _ in range(4))
        return cls(person, pool, rank, passes, empty(count, np.bool_))

    def cut(self, count: int) -> Offers:
        """The first ``count`` offers."""
        return Offers._make(column[:count] for column in self)


class Outcome(NamedTuple):
    """How the round ended. One entry a person."""

    pool: Ints  # accepted; -1 none
    rank: Ints  # of the accepted post in the person's list; 0 none
    had_offer: NDArray[np.bool_]

    @classmethod
    def room_for(cls, people: int, empty: Empty = np.empty) -> Outcome:
        """Room for an outcome each."""
        return cls(empty(people, np.int64), empty(people, np.int64), empty(people, np.bool_))


@rule
def _sift_down(heap, base, size, k):
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


@rule
def _lowest_bar(bar, p, regions):
    lowest = bar[p * regions]
    for q in range(p * regions + 1, (p + 1) * regions):
        lowest = min(lowest, bar[q])
    return lowest


@rule
def _seat(heap, base, size, room, merit):
    """Give a post of a pool to a merit; returns the merit that loses it, _ROOM if none does."""
    if size == room:
        displaced = heap[base]
        heap[base] = merit
        _sift_down(heap, base, size, 0)
        return displaced
    heap[base + size] = merit
    if size + 1 == room:
        for j in range(room // 2 - 1, -1, -1):
            _sift_down(heap, base, room, j)
    return _ROOM


@kernel
def deferred_acceptance(key, active, line, place_in_line, applicants, wishes, capacity, held, entry):
    """Applicant-optimal stable match of the active people of the line.

    ``held[k]`` becomes the choice that the k-th of the line holds, or -1, and ``entry[k]`` the entry of
    the line it belongs to. Choices whose region is not yet known are drawn on the way. Returns
    (heap, base, size): the merits held by each pool.
    """
    people, home, trained = applicants.person, applicants.home, applicants.trained
    priority, place = applicants.priority, wishes.place
    person, first, merit_of_entry, programme_of = line.person, line.first, line.merit, line.programme
    order_of, choice_of, region_of = line.order, line.choice, line.region
    regions = place.shape[1]
    pools = capacity.shape[0]
    base = np.zeros(pools + 1, np.int64)
    bar = np.empty(pools, np.int64)  # the merit to be beaten
    for q in range(pools):
        base[q + 1] = base[q] + capacity[q]
        bar[q] = _ROOM if capacity[q] > 0 else _CLOSED
    lowest = np.empty(pools // regions, np.int64)
    for p in range(lowest.shape[0]):
        lowest[p] = _lowest_bar(bar, p, regions)
    heap = np.empty(base[pools], np.int64)
    size = np.zeros(pools, np.int64)
    here = np.empty(regions, np.int64)
    for start in active:
        k = int64(start)
        e = int64(first[k])
        c = int64(-1)  # -1: at the top of the application
        while e < first[k + 1]:
            merit = merit_of_entry[e]
            p = int64(programme_of[e])
            if merit <= lowest[p]:
                e += 1
                c = int64(-1)
                continue
            top, end = int64(choice_of[e]), int64(choice_of[e + 1])
            c = max(c, top)
            q = 0
            while c < end:
                if region_of[c] == NOT_DRAWN:
                    i = person[k]
                    occurrence = (wishes.base + order_of[e] - 1) * PER_APPLICATION + c - top
                    u = draw(key, people[i], REGION, occurrence)
                    region_of[c] = next_region(
                        place, p, region_of, top, c - top, here, home[i], trained[i], priority[i], u
                    )
                q = p * regions + region_of[c]
                if merit > bar[q]:
                    break
                c += 1
            if c == end:
                e += 1
                c = int64(-1)
                continue
            held[k] = c
            entry[k] = e
            displaced = _seat(heap, base[q], size[q], capacity[q], merit)
            if displaced == _ROOM:
                size[q] += 1
            if size[q] == capacity[q]:
                bar[q] = heap[base[q]]
                lowest[p] = _lowest_bar(bar, p, regions)
            if displaced == _ROOM:
                break
            k = int64(place_in_line[position_of(displaced)])
            e = int64(entry[k])
            c = held[k] + 1
            held[k] = -1
    return heap, base, size


@kernel
def _find_news(heap, base, size, place_in_line, held, accepted, fresh, fresh_block):
    """Mark the people who hold something else than they have accepted."""
    for q in range(size.shape[0]):
        for h in range(base[q], base[q] + size[q]):
            i = position_of(heap[h])
            k = place_in_line[i]
            if held[k] != accepted[k]:
                fresh[i] = True
                fresh_block[i // _BLOCK] = True


@kernel
def _still_there(active, gone):
    """The active people who have not gone, in line."""
    stay = 0
    for k in active:
        active[stay] = k
        stay += not gone[k]
    return active[:stay]


@kernel
def match_with_replies(key, line, applicants, wishes, reply, capacity, offers, outcome):
    """Run a round to its end; returns the number of offers recorded.

    ``reply[i]`` is how a person answers a first offer. ``capacity`` ends as the posts left empty.
    """
    person, programme, above = line.person, line.programme, line.above
    choice, region, regions = line.choice, line.region, wishes.place.shape[1]
    people, waiting = reply.shape[0], person.shape[0]
    place_in_line = np.empty(people, np.int32)
    for k in range(waiting):
        place_in_line[person[k]] = k
    active = np.arange(waiting)
    held = np.full(waiting, -1, np.int64)
    entry = np.empty(waiting, np.int32)
    accepted = np.full(waiting, -1, np.int64)
    gone = np.zeros(waiting, np.bool_)
    fresh = np.zeros(people, np.bool_)
    fresh_block = np.zeros(people // _BLOCK + 1, np.bool_)
    outcome.pool[:] = -1
    outcome.rank[:] = 0
    outcome.had_offer[:] = False
    count = 0
    passes = 0
    somebody_left = waiting > 0
    while somebody_left:
        heap, base, size = deferred_acceptance(
            key, active, line, place_in_line, applicants, wishes, capacity, held, entry
        )
        _find_news(heap, base, size, place_in_line, held, accepted, fresh, fresh_block)
        somebody_left = False
        for block in np.flatnonzero(fresh_block):
            fresh_block[block] = False
            for i in range(block * _BLOCK, min((block + 1) * _BLOCK, people)):
                if not fresh[i]:
                    continue
                fresh[i] = False
                k = int64(place_in_line[i])
                e = int64(entry[k])
                pool = programme[e] * regions + region[held[k]]
                rank = above[e] + held[k] - choice[e] + 1
                offers.person[count] = i
                offers.pool[count] = pool
                offers.rank[count] = rank
                offers.passes[count] = passes
                offers.is_first[count] = not outcome.had_offer[i]
                count += 1
                outcome.had_offer[i] = True
                if accepted[k] < 0 and reply[i] >= DECLINES:
                    gone[k] = True
                    somebody_left = True
                    continue
                if accepted[k] < 0 and reply[i] == ACCEPTS:
                    gone[k] = True
                    capacity[pool] -= 1
                accepted[k] = held[k]
                outcome.pool[i] = pool
                outcome.rank[i] = rank
        active = _still_there(active, gone)
        held[:] = -1
        passes += 1
    for k in active:
        if accepted[k] >= 0:
            capacity[outcome.pool[person[k]]] -= 1
    return count
