"""Credentials on SimPy: who is in a post that may lead to one, who studies, who holds which.

Once a month has been lived, credentials that end are awarded; in a credential's own month the lottery is
held and the new ones start. Whoever is no longer in the post in which they began gives it up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pipeline_sim.clock import Phase, tick
from pipeline_sim.engines import rows
from pipeline_sim.engines.logbook import place
from pipeline_sim.identity import SYSTEM_PERSON
from pipeline_sim.rules import credentials as rules
from pipeline_sim.scenario.blueprint import TRAINED_GROUPS
from pipeline_sim.vocabulary import KINDS, Event, PoolKind

if TYPE_CHECKING:
    from pipeline_sim.engines.simpy_engine import Simulation

GROUPS = len(TRAINED_GROUPS) + 1
_REGION, _ORDER = 8, 16  # first bit of each part of a packed post; percent of full time comes first
_PART = 255


class Register:
    """Doctors in post in one group and programme, with their region, hours and place of their level."""

    def __init__(self) -> None:
        self.posts: dict[int, int] = {}

    def take(self, person: int, region: int, wte: int, order: int = rules.NO_LEVEL) -> None:
        """Take up the post, or go on in it with other hours or at another level."""
        self.posts[person] = wte | region << _REGION | order << _ORDER

    def leave(self, person: int) -> None:
        del self.posts[person]

    def holds(self, person: int, region: int) -> bool:
        post = self.posts.get(person)
        return post is not None and post >> _REGION & _PART == region


class NobodyAsks(Register):
    """The register of a group and programme that no credential is open to."""

    def take(self, person: int, region: int, wte: int, order: int = rules.NO_LEVEL) -> None:
        pass

    def leave(self, person: int) -> None:
        pass


class Study(NamedTuple):
    credential: int
    programme: int
    region: int
    where: int  # place of the log
    months: int
    due: int


class Credentials:
    """All credentials of a run."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        bp = sim.bp
        open_to = np.asarray(bp.credential_chance.any(axis=(0, 1, 3)))
        ignored = NobodyAsks()
        self.registers = [
            [Register() if followed else ignored for followed in open_to.tolist()] for _ in range(GROUPS)
        ]
        self._months = set(bp.credential_month.tolist())
        self._studies: dict[int, Study] = {}
        self._held: dict[int, int] = {}  # bit mask by person

    def end_month(self) -> None:
        """Awards of the month, then new starts."""
        self._award()
        if self._sim.calendar_month in self._months:
            self._start()

    def _award(self) -> None:
        month = self._sim.month
        for person, study in list(self._studies.items()):
            in_post = any(
                register[study.programme].holds(person, study.region) for register in self.registers
            )
            if in_post and month < study.due:
                continue
            del self._studies[person]
            self._supervise(study, -1)
            if in_post:
                self._held[person] = self._held.get(person, 0) | 1 << study.credential
                detail = study.credential + KINDS * study.months
                self._sim.log.write(rows.CREDENTIAL_AWARDED, person, study.where, detail)

    def _supervise(self, study: Study, sign: int) -> None:
        """Take (+1) or give back (-1) the supervision of a credential."""
        bp, sim = self._sim.bp, self._sim
        pool = sim.supervisor_pool[int(bp.credential_group[study.credential])][study.region]
        sim.pools.used[pool] += sign * int(bp.credential_units[study.credential])

    def _start(self) -> None:
        bp, sim = self._sim.bp, self._sim
        person, credential, programme, post = self._applicants()
        region = post >> _REGION & _PART
        slots = bp.credential_slots[sim.year] * (bp.credential_month == sim.calendar_month)[:, None]
        room = np.array([[self._room(pool) for pool in pools] for pools in sim.supervisor_pool], np.int64)
        starting = rules.allot(
            sim.key, sim.year, person, credential, region, slots, bp.credential_units, bp.credential_group,
            room,
        )  # fmt: skip
        for k in starting:
            what, where, wte = int(credential[k]), int(region[k]), int(post[k]) & _PART
            months = rules.months_to_finish(int(bp.credential_wte_months[what]), wte)
            study = Study(
                what,
                int(programme[k]),
                where,
                place(int(programme[k]), region=where, wte=wte),
                months,
                sim.month + months,
            )
            self._studies[int(person[k])] = study
            self._supervise(study, 1)
            sim.log.write(rows.CREDENTIAL_STARTED, int(person[k]), study.where, what)
        self._log_slots(slots.sum(axis=0), np.bincount(region[starting], minlength=len(bp.regions)))

    def _room(self, pool: int) -> int:
        pools = self._sim.pools
        return rules.NO_LIMIT if pools.unlimited[pool] else pools.target[pool] - pools.used[pool]

    def _applicants(self) -> tuple[np.ndarray, ...]:
        """(person, credential, programme, packed post) of everyone who applies this month."""
        bp, sim = self._sim.bp, self._sim
        found = [np.zeros((4, 0), np.int64)]
        studying = np.array(sorted(self._studies), np.int64)
        for group in range(GROUPS):
            for programme, register in enumerate(self.registers[group]):
                chances = bp.credential_chance[sim.year, group, programme]
                if not chances.any() or not register.posts:
                    continue
                count = len(register.posts)
                person = np.fromiter(register.posts.keys(), np.int64, count)
                post = np.fromiter(register.posts.values(), np.int64, count)
                answer = np.empty(count, np.int64)
                rules.applications(
                    sim.key, person, sim.year, sim.calendar_month, self._held_by(person), post >> _ORDER,
                    chances, bp.credential_from_level[sim.year, programme], bp.credential_month, answer,
                )  # fmt: skip
                free = (answer >= 0) & ~np.isin(person, studying)
                of = np.full(free.sum(), programme, np.int64)
                found.append(np.stack((person[free], answer[free], of, post[free])))
        return tuple(np.concatenate(found, axis=1))

    def _held_by(self, person: np.ndarray) -> np.ndarray:
        """Bit mask of the credentials that each of these people holds."""
        if not self._held:
            return np.zeros(len(person), np.int64)
        holders = np.array(sorted(self._held), np.int64)
        masks = np.array([self._held[holder] for holder in holders.tolist()], np.int64)
        at = np.minimum(np.searchsorted(holders, person), len(holders) - 1)
        return np.where(holders[at] == person, masks[at], 0)

    def _log_slots(self, capacity: np.ndarray, started: np.ndarray) -> None:
        """Slots of the month and those taken, by region."""
        kept = np.flatnonzero(capacity)
        for event, units in ((Event.POOL_CAPACITY, capacity), (Event.POOL_IN_USE, started)):
            self._sim.log.write_many(
                tick(self._sim.month, Phase.CENSUS), np.full(len(kept), SYSTEM_PERSON, np.int64), event,
                level=int(PoolKind.CREDENTIAL_SLOT), region=kept, detail=units[kept],
            )  # fmt: skip
