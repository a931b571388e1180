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
from typing import Any

import simpy

from pipeline_sim.vocabulary import PoolKind

Bundle = tuple[tuple[int, int], ...]

SITTING, STARTING = 0, 1  # priorities: those in programme before those about to start


@dataclass(eq=False)
class Need:
    """What a kind of request takes: the first of ``bundles`` that fits. Equal needs share one queue."""

    bundles: tuple[Bundle, ...]
    september_only: bool = False
    queue: list[tuple[int, int, int, Request]] = field(default_factory=list)
    cause: int = 0  # kind of pool that blocked the head of the queue when last served
    unnoticed: list[Request] = field(default_factory=list)


class Request(simpy.Event):
    """Succeeds in the starts phase of the month in which its need is met."""

    def __init__(self, env: simpy.Environment, person: Any, where: int) -> None:
        super().__init__(env)
        self.person = person
        self.where = where  # what they wait to start: a place of the log
        self.granted = -1  # index of the bundle taken


class Pools:
    """All pools of a run, numbered in the order they were opened."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self.kind: list[PoolKind] = []
        self.target: list[int] = []
        self.used: list[int] = []
        self.unlimited: list[bool] = []
        self._needs: dict[tuple[tuple[Bundle, ...], bool], Need] = {}
        self._waiting: set[Need] = set()

    def open(self, kind: PoolKind, unlimited: bool = False) -> int:
        """A new, empty pool; its number. An unlimited pool is counted but never full."""
        self.kind.append(kind)
        self.target.append(0)
        self.used.append(0)
        self.unlimited.append(unlimited)
        return len(self.kind) - 1

    def need(self, *bundles: Bundle, september_only: bool = False) -> Need:
        """The need for the first of these bundles that fits."""
        key = (bundles, september_only)
        if key not in self._needs:
            self._needs[key] = Need(bundles, september_only)
        return self._needs[key]

    def hold(self, bundle: Bundle) -> None:
        """Take a bundle whatever the room: people already in place at the start."""
        for pool, units in bundle:
            self.used[pool] += units

    def release(self, bundle: Bundle) -> None:
        """Give a bundle back."""
        for pool, units in bundle:
            self.used[pool] -= units

    def ask(self, need: Need, priority: int, since: int, person: Any, where: int) -> Request:
        """Join the queue of a need; the request is served in this month's grants phase or later."""
        request = Request(self._env, person, where)
        heapq.heappush(need.queue, (priority, since, person.id, request))
        need.unnoticed.append(request)
        self._waiting.add(need)
        return request

    def lacking(self, bundle: Bundle, closed: Collection[int] = ()) -> int:
        """The first pool of a bundle without room, or closed to those further back; -1 if there is none."""
        for pool, units in bundle:
            if self.unlimited[pool]:
                continue
            if pool in closed or self.used[pool] + units > self.target[pool]:
                return pool
        return -1

    def serve(self, september: bool) -> tuple[list[Request], list[tuple[Request, int]]]:
        """Grant what can be granted; returns (granted, newly blocked with the kind of pool).

        A pool that lacks room for someone is kept for them: nobody further back takes from it, so a
        large need is met in its turn.
        """
        granted: list[Request] = []
        blocked: list[tuple[Request, int]] = []
        heads = [
            (*need.queue[0][:3], k, need)
            for k, need in enumerate(self._waiting)
            if september or not need.september_only
        ]
        heapq.heapify(heads)
        closed: set[int] = set()  # pools that someone further ahead waits for
        while heads:
            *_, k, need = heapq.heappop(heads)
            fits = next((b for b, bundle in enumerate(need.bundles) if self.lacking(bundle, closed) < 0), -1)
            if fits < 0:
                lacking = self.lacking(need.bundles[0], closed)
                if dict(need.bundles[0])[lacking] <= self.target[lacking]:
                    closed.add(lacking)
                blocked += self._notice(need, int(self.kind[lacking]))
                continue
            request = heapq.heappop(need.queue)[3]
            self.hold(need.bundles[fits])
            request.granted = fits
            granted.append(request)
            if need.queue:
                heapq.heappush(heads, (*need.queue[0][:3], k, need))
            else:
                need.cause = 0
                need.unnoticed.clear()
                self._waiting.discard(need)
        return granted, blocked

    def _notice(self, need: Need, cause: int) -> list[tuple[Request, int]]:
        """Whose wait is to be logged: everyone's if the cause changed or the chance comes but once a
        year, otherwise the newcomers'."""
        if cause != need.cause or need.september_only:
            affected = [entry[3] for entry in need.queue]
        else:
            affected = [request for request in need.unnoticed if request.granted < 0]
        need.cause = cause
        need.unnoticed.clear()
        return [(request, cause) for request in affected]
