"""Counted capacity on SimPy events: take every pool of a need at once, or none.

SimPy's own resources cannot take a post *and* a supervisor together; two nested requests hold one
while waiting for the other. Here a request names a *need*: one or more bundles of (pool, units), best
first. Requests are served in the order (priority, waiting since, person), and a need that cannot be
met records the first pool that had no room.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import simpy

from pipeline_sim.rules.posts import posts_in_use
from pipeline_sim.vocabulary import PoolKind

Bundle = tuple[tuple[int, int], ...]

SITTING, STARTING = 0, 1  # priorities: those in programme before those about to start


@dataclass(eq=False)
class Need:
    """What a kind of request takes: the first of ``bundles`` that fits. Equal needs share one queue."""

    bundles: tuple[Bundle, ...]
    september_only: bool = False
    queue: list[Request] = field(default_factory=list)
    cause: int = 0  # kind of pool that blocked the head of the queue when last served

    def most_wanted(self) -> list[tuple[int, int]]:
        """(pool, units) that the whole queue takes at most, whichever bundles it gets."""
        most: dict[int, int] = {}
        for bundle in self.bundles:
            for pool, units in bundle:
                most[pool] = max(units, most.get(pool, 0))
        return [(pool, units * len(self.queue)) for pool, units in most.items()]


@dataclass(frozen=True)
class Move:
    """How to go from one bundle to the first of some others that fits."""

    freed: Bundle = ()  # given back at once
    need: Need | None = None  # what is asked for then; None if nothing more is needed
    surplus: tuple[Bundle, ...] = ()  # given back when that bundle of the need is taken


class Request(simpy.Event):
    """Happens with the starts of the month in which its need is met: they share one event."""

    def __init__(self, person: Any, where: int, priority: int, since: int, spared: int) -> None:
        self.callbacks: list[Any] = []
        self.person = person
        self.where = where  # what they wait to start: a place of the log
        self.turn = (priority, since, person.id)
        self.spared = spared  # hundredths of a post that they will leave of it
        self.granted = 0  # index of the bundle taken
        self.noticed = False  # whether the log says that they wait, or need not say it


class Pools:
    """All pools of a run, numbered in the order they were opened."""

    def __init__(self) -> None:
        self.kind: list[PoolKind] = []
        self.target: list[int] = []
        self.used: list[int] = []
        self.unlimited: list[bool] = []
        self.spared: list[int] = []  # of training posts, left by part-timers, in hundredths
        self.shared: list[int] = []  # 1 = and it adds up to posts for others
        self._needs: dict[tuple[tuple[Bundle, ...], bool], Need] = {}
        self._moves: dict[tuple[Bundle, tuple[Bundle, ...]], Move] = {}
        self._waiting: set[Need] = set()

    def open(self, kind: PoolKind, unlimited: bool = False) -> int:
        """A new, empty pool; its number. An unlimited pool is counted but never full."""
        self.kind.append(kind)
        self.target.append(0)
        self.used.append(0)
        self.unlimited.append(unlimited)
        self.spared.append(0)
        self.shared.append(0)
        return len(self.kind) - 1

    def need(self, *bundles: Bundle, september_only: bool = False) -> Need:
        """The need for the first of these bundles that fits."""
        key = (bundles, september_only)
        if key not in self._needs:
            self._needs[key] = Need(bundles, september_only)
        return self._needs[key]

    def move(self, held: Bundle, wanted: tuple[Bundle, ...]) -> Move:
        """How to go from what is held to the first of the ``wanted`` bundles.

        Nobody who needs nothing more, in one of the bundles, waits: they keep what they have and ask for
        the rest. Anyone else keeps only the post and asks for all the others together: holding half a
        place while waiting for the other half could block everybody.
        """
        key = (held, wanted)
        if key not in self._moves:
            self._moves[key] = self._plan(held, wanted)
        return self._moves[key]

    def _plan(self, held: Bundle, wanted: tuple[Bundle, ...]) -> Move:
        if held == wanted[0]:
            return Move()
        kept = {pool: min([units, *(dict(bundle).get(pool, 0) for bundle in wanted)]) for pool, units in held}

        def more() -> tuple[Bundle, ...]:
            return tuple(
                tuple(
                    (pool, units - kept.get(pool, 0)) for pool, units in bundle if units > kept.get(pool, 0)
                )
                for bundle in wanted
            )

        if all(more()):
            kept = {pool: units for pool, units in kept.items() if self.kind[pool] == PoolKind.TRAINING_POST}
        freed = tuple((pool, units - kept.get(pool, 0)) for pool, units in held if units > kept.get(pool, 0))
        if not more()[0]:
            return Move(freed)
        surplus = tuple(
            tuple(
                (pool, units - dict(bundle).get(pool, 0))
                for pool, units in kept.items()
                if units > dict(bundle).get(pool, 0)
            )
            for bundle in wanted
        )
        return Move(freed, self.need(*more()), surplus)

    def hold(self, bundle: Bundle, times: int = 1, spared: int = 0) -> None:
        """Take a bundle whatever the room: people already in place, or whose turn it is."""
        for pool, units in bundle:
            self.used[pool] += units * times
        self.spare(bundle, spared)

    def release(self, bundle: Bundle, spared: int = 0) -> None:
        """Give a bundle back."""
        for pool, units in bundle:
            self.used[pool] -= units
        self.spare(bundle, -spared)

    def spare(self, bundle: Bundle, hundredths: int) -> None:
        """Someone leaves so much of the post in a bundle, if there is one."""
        if hundredths:
            for pool, _ in bundle:
                if self.kind[pool] == PoolKind.TRAINING_POST:
                    self.spared[pool] += hundredths

    def in_use(self, pool: int) -> int:
        """Units of a pool that are not free."""
        return int(posts_in_use(self.used[pool], self.spared[pool], self.shared[pool]))

    def ask(self, need: Need, priority: int, since: int, person: Any, where: int, spared: int = 0) -> Request:
        """Join the queue of a need; the request is served in this month's grants phase or later."""
        request = Request(person, where, priority, since, spared)
        need.queue.append(request)
        self._waiting.add(need)
        return request

    def lacking(self, bundle: Bundle, spared: int, closed: Collection[int] = ()) -> int:
        """The first pool of a bundle without room, or closed to those further back; -1 if there is none."""
        for pool, units in bundle:
            if self.unlimited[pool]:
                continue
            used = self.used[pool] + units
            if self.shared[pool]:
                used = posts_in_use(used, self.spared[pool] + spared, 1)
            if pool in closed or used > self.target[pool]:
                return pool
        return -1

    def serve(self, september: bool) -> tuple[list[Request], list[tuple[Request, int]]]:
        """Grant what can be granted; returns (granted, newly blocked with the kind of pool).

        Where there is room for everyone who waits, nobody's turn matters. Elsewhere they are served in
        turn, and a pool that lacks room for someone is kept for them: nobody further back takes from
        it, so a large need is met in its turn.
        """
        needs = [need for need in self._waiting if september or not need.september_only]
        granted, contested = self._grant_where_all_fit(needs)
        in_turn, blocked = self._serve_in_turn(contested)
        for need in needs:
            if not need.queue:
                need.cause = 0
                self._waiting.discard(need)
        return granted + in_turn, blocked

    def _grant_where_all_fit(self, needs: list[Need]) -> tuple[list[Request], list[Need]]:
        """Grant the needs whose pools have room for everyone; returns (granted, the other needs)."""
        room = [target - self.in_use(pool) for pool, target in enumerate(self.target)]
        for need in needs:
            for pool, units in need.most_wanted():
                room[pool] -= units
        granted: list[Request] = []
        contested: list[Need] = []
        for need in needs:
            best = need.bundles[0]
            if all(room[pool] >= 0 or self.unlimited[pool] for pool, _ in best):
                self.hold(best, len(need.queue), sum(request.spared for request in need.queue))
                granted += need.queue
                need.queue.clear()
            else:
                contested.append(need)
        return granted, contested

    def _serve_in_turn(self, needs: list[Need]) -> tuple[list[Request], list[tuple[Request, int]]]:
        granted: list[Request] = []
        blocked: list[tuple[Request, int]] = []
        for need in needs:
            need.queue.sort(key=attrgetter("turn"), reverse=True)  # next in turn last
        heads = [(need.queue[-1].turn, k, need) for k, need in enumerate(needs)]
        heapq.heapify(heads)
        closed: set[int] = set()  # pools that someone further ahead waits for
        while heads:
            _, k, need = heapq.heappop(heads)
            next_turn = heads[0][0] if heads else None
            while need.queue and (next_turn is None or need.queue[-1].turn < next_turn):
                spared = need.queue[-1].spared
                fits = self._first_that_fits(need.bundles, spared, closed)
                if fits < 0:
                    lacking = self.lacking(need.bundles[0], spared, closed)
                    if dict(need.bundles[0])[lacking] <= self.target[lacking]:
                        closed.add(lacking)
                    blocked += self._notice(need, int(self.kind[lacking]))
                    break
                request = need.queue.pop()
                self.hold(need.bundles[fits], spared=spared)
                request.granted = fits
                granted.append(request)
            else:
                if need.queue:
                    heapq.heappush(heads, (need.queue[-1].turn, k, need))
        return granted, blocked

    def _first_that_fits(self, bundles: tuple[Bundle, ...], spared: int, closed: Collection[int]) -> int:
        for k, bundle in enumerate(bundles):
            if self.lacking(bundle, spared, closed) < 0:
                return k
        return -1

    def _notice(self, need: Need, cause: int) -> list[tuple[Request, int]]:
        """Whose wait is to be logged: everyone's if the cause changed or the chance comes but once a
        year, otherwise the newcomers'."""
        everyone = cause != need.cause or need.september_only
        affected = [request for request in need.queue if everyone or not request.noticed]
        need.cause = cause
        for request in affected:
            request.noticed = True
        return [(request, cause) for request in affected]
