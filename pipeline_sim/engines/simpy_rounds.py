"""Recruitment seasons and foundation allocation on SimPy: who applies, what the rules decide, what is logged.

Doctors register in the endings phase; the rounds phase runs the rules on arrays; answers are read
in the grants phase.
"""

from __future__ import annotations

from itertools import chain
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline_sim import clock
from pipeline_sim import randomness as chance
from pipeline_sim.clock import Phase, tick
from pipeline_sim.engines.doctor import Doctor
from pipeline_sim.identity import SYSTEM_PERSON
from pipeline_sim.rules import cover as cover_rules
from pipeline_sim.rules import foundation as foundation_rules
from pipeline_sim.rules import outside as outside_rules
from pipeline_sim.rules.matching import DECLINES, NO_RESPONSE
from pipeline_sim.rules.recruitment import (
    ELIGIBLE,
    NOT_APPOINTABLE,
    Applicants,
    RoundResult,
    run_round,
)
from pipeline_sim.rules.season import Competition, posts_advertised
from pipeline_sim.scenario.blueprint import ROUND_TRACKS
from pipeline_sim.vocabulary import (
    KIND_OF_PLACE,
    RERUN,
    ROUND,
    TIER,
    Event,
    FoundationKind,
    PoolKind,
    State,
    Unplaced,
)

if TYPE_CHECKING:
    from pipeline_sim.engines.simpy_engine import Simulation

PER_MONTH = 8  # rounds a month can hold
_TRAITS = attrgetter(
    "id",
    "group",
    "tier",
    "nhs_since",
    "home",
    "trained",
    "priority_region",
    "competence",
    "state",
    "keeps",
    "enhanced",
)
_COLUMNS = 11
ENTRY, HIGHER, ANY = (ROUND_TRACKS.index(name) for name in ("entry", "higher", "any"))


class FoundationAllocation:
    """The yearly allocation to foundation places."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._applicants: list[list[Doctor]] = [[] for _ in range(sim.horizon)]

    def register(self, doctor: Doctor, august: int) -> None:
        """Apply in the allocation of an August, this month's or a later one."""
        self._applicants[august].append(doctor)

    def run(self) -> None:
        """Allocate, log, and leave each doctor their answer: (kind, region) or None."""
        sim, bp = self._sim, self._sim.bp
        doctors = sorted(self._applicants[sim.month], key=attrgetter("id"))
        self._applicants[sim.month] = []
        people = np.array([d.id for d in doctors], np.int64)
        homes = np.array([d.home for d in doctors], np.int64)
        tier = np.array([d.tier for d in doctors], np.int64)
        year = sim.year
        result = foundation_rules.allocate(bp, sim.key, year, people, homes, tier)
        at = tick(sim.month, Phase.ROUNDS)
        placed = result.kind >= 0
        detail = result.rank + 1 + KIND_OF_PLACE * np.maximum(result.kind, 0)
        log = sim.log.write_many
        log(at, people, Event.FOUNDATION_APPLIED, region=result.preference[:, 0])
        log(
            at, people[placed], Event.FOUNDATION_ALLOCATED, region=result.region[placed],
            detail=detail[placed],
        )  # fmt: skip
        log(at, people[result.withdrew], Event.FOUNDATION_WITHDREW, region=result.region[result.withdrew])
        guaranteed = result.placeholder
        log(at, people[guaranteed], Event.FOUNDATION_PLACEHOLDER, region=result.region[guaranteed])
        log(at, people[~placed & ~guaranteed], Event.FOUNDATION_RESERVE)
        regions = np.arange(len(bp.regions))
        funded = bp.foundation_places[year].sum(axis=0)
        used = funded - result.places_left.sum(axis=0)
        system = np.full(len(regions), SYSTEM_PERSON, np.int64)
        kind = int(PoolKind.FOUNDATION_PLACE)
        log(at, system, Event.POOL_CAPACITY, level=kind, region=regions, detail=funded)
        log(at, system, Event.POOL_IN_USE, level=kind, region=regions, detail=used)
        starts = (placed & ~result.withdrew) | guaranteed
        kinds = np.where(placed, result.kind, int(FoundationKind.MAIN))[starts].tolist()
        places = zip(kinds, result.region[starts].tolist(), strict=True)
        for k, answer in zip(np.flatnonzero(starts).tolist(), places, strict=True):
            doctors[k].answer = answer


class Recruitment:
    """Specialty recruitment: the rounds dated each month, in order."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._applicants: list[list[Doctor]] = [[] for _ in range(sim.horizon)]
        programmes, regions = len(sim.bp.programmes), len(sim.bp.regions)
        self.committed = [[0] * regions for _ in range(programmes)]  # accepted posts not yet started
        self._competition = Competition(programmes)
        self._covering = bool(sim.bp.post_cover.any())

    def register(self, doctor: Doctor, month: int) -> None:
        """Apply in the rounds of a month, this one or later, for entry or higher posts."""
        self._applicants[month].append(doctor)

    def turn_away(self) -> None:
        """A month without rounds: whoever would have applied may try a later one of this season."""
        doctors = sorted(self._applicants[self._sim.month], key=attrgetter("id"))
        self._applicants[self._sim.month] = []
        if doctors or self._covering:
            people, _ = self._applicant_arrays(doctors)
            self._try_again(doctors, people, np.zeros(len(doctors), np.bool_))

    def run(self) -> None:
        """Run this month's rounds and leave each doctor their answer: (programme, region) or None;
        without a post, also the month in which they try again."""
        sim, bp = self._sim, self._sim.bp
        rounds = [n for n in range(len(bp.rounds)) if bp.round_month[n] == sim.calendar_month]
        doctors = sorted(self._applicants[sim.month], key=attrgetter("id"))
        self._applicants[sim.month] = []
        people, track = self._applicant_arrays(doctors)
        count = len(doctors)
        placed = np.zeros(count, np.bool_)
        out = np.zeros(count, np.bool_)  # declined or silent: no further round this month
        reason = np.full(count, int(Unplaced.NO_POST), np.int64)
        first_round = np.full(count, -1, np.int64)
        year = sim.year
        weights, places = self._competition.weights(bp, year)
        applied, posts = np.zeros(len(bp.programmes)), np.zeros(len(bp.programmes))
        for n in rounds:
            wanted = int(bp.round_track[n])
            entitled = ~placed & ~out & ((track == wanted) | (wanted == ANY))
            if bp.round_repeats[n] >= 0:
                again = np.zeros(count, np.bool_)
                occurrence = sim.month * PER_MONTH + n
                chance.happens_to_each(
                    sim.key, people.person, chance.READVERT, occurrence, bp.readvert_reapplies, again
                )
                entitled &= again
            rows = np.flatnonzero(entitled)
            first_round[rows] = np.where(first_round[rows] < 0, n, first_round[rows])
            advertised = self._advertised(n)
            result = run_round(
                bp, sim.key, year, sim.month, n, people.take(rows), weights, places, advertised
            )
            self._log(n, people.person[rows], people.tier[rows], result, advertised)
            self._answer(doctors, rows, result, placed)
            out[rows] |= result.had_offer & (result.accepted_pool < 0)
            applied_now = np.flatnonzero(np.bincount(result.application_person, minlength=len(rows)))
            reason[rows[applied_now]] = self._reasons(len(rows), result)[applied_now]
            if bp.round_repeats[n] < 0:
                applied += np.bincount(result.application_programme, minlength=len(applied))
                posts += advertised.sum(axis=1)
        detail = reason + ROUND * np.maximum(first_round, 0)
        unplaced = ~placed & (people.own == 0)  # who tried from within a programme goes on in it
        sim.log.write_many(
            tick(sim.month, Phase.ROUNDS), people.person[unplaced], Event.UNPLACED, detail=detail[unplaced]
        )
        self._try_again(doctors, people, placed)
        if sim.is_august:
            self._competition.remember(applied, posts)

    def _applicant_arrays(self, doctors: list[Doctor]) -> tuple[Applicants, NDArray[np.int64]]:
        """The applicants as columns, and the track of each."""
        flat = np.fromiter(chain.from_iterable(map(_TRAITS, doctors)), np.int64, _COLUMNS * len(doctors))
        person, group, tier, served, home, trained, priority, competence, state, own, enhanced = flat.reshape(
            -1, _COLUMNS
        ).T
        sim = self._sim
        track = self._tracks(person, competence, state)
        enough = int(sim.bp.tier_nhs_months[sim.year])
        if enough > 0:
            tier = tier | (sim.month - served >= enough)
        columns = (
            person,
            group,
            2 * group + (track == HIGHER),
            tier,
            home,
            trained,
            priority,
            competence,
            own,
            enhanced,
        )
        people = Applicants.room_for(len(doctors))
        for k, column in enumerate(columns):
            people[k][:] = column
        return people, track

    def _tracks(self, person: NDArray, competence: NDArray, state: NDArray) -> NDArray[np.int64]:
        """Entry posts, or higher ones for those whose competence opens them and who try there first."""
        sim = self._sim
        higher = competence != 0
        if sim.is_august:
            undecided = higher & (state != 0) & (state != State.TRAINING)
            first = np.empty(len(person), np.bool_)
            chance.happens_to_each(sim.key, person, chance.TRACK, sim.month, sim.bp.higher_first, first)
            higher &= ~undecided | first
        return np.where(higher, HIGHER, ENTRY)

    def _try_again(self, doctors: list[Doctor], people: Applicants, placed: NDArray[np.bool_]) -> None:
        """Tell those without a post in which later round of this season they try again, if any."""
        without = np.flatnonzero(~placed)
        again = self._later_rounds(people.person[without], people.competence[without])
        tries = again >= 0
        for k, month in zip(without[tries].tolist(), again[tries].tolist(), strict=True):
            doctors[k].tries_again = month
        if self._covering:
            self._cover_posts([doctors[k] for k in without[~tries].tolist()])

    def _cover_posts(self, doctors: list[Doctor]) -> None:
        """Held posts to be covered go by lottery to those who would now be unplaced in their region."""
        sim = self._sim
        doctors = [d for d in doctors if not d.keeps and d.state not in (State.SAS, State.OVERSEAS_APPLICANT)]
        people = np.array([d.id for d in doctors], np.int64)
        regions = np.array([self._works_in(d) for d in doctors], np.int64)
        won = cover_rules.win_covers(sim.key, sim.month, people, regions, sim.covers.still_open(sim.month))
        for k in np.flatnonzero(won).tolist():
            doctors[k].covers = True

    def _works_in(self, doctor: Doctor) -> int:
        """Region of a doctor who is locally employed."""
        if doctor.trained >= 0:
            return doctor.trained
        return int(outside_rules.region_of_first_job(self._sim.key, doctor.id, self._sim.bp.attraction))

    def _later_rounds(self, person: NDArray, competence: NDArray) -> NDArray[np.int64]:
        """Month of the round before next August that each of these will try, or -1."""
        sim = self._sim
        months = np.full(len(person), -1)
        if not sim.is_august:
            return months
        undecided = np.ones(len(person), np.bool_)
        tries = np.empty(len(person), np.bool_)
        competences, held = np.unique(competence, return_inverse=True)
        for calendar_month, month in self._side_rounds():
            opens = np.array([sim.opens(c, calendar_month) for c in competences.tolist()], np.bool_)
            chance.happens_to_each(sim.key, person, chance.FEBRUARY, month, sim.bp.february_reapplies, tries)
            tries &= undecided & opens[held]
            months[tries] = month if month < sim.horizon else -1
            undecided &= ~tries
        return months

    def _side_rounds(self) -> list[tuple[int, int]]:
        """(calendar month, month of the run) of the rounds before next August, in order."""
        sim = self._sim
        months = (
            (calendar_month, sim.month + clock.months_until(sim.bp.start_month, sim.month, calendar_month))
            for calendar_month in {int(month) for month in sim.bp.round_month} - {clock.TRAINING_YEAR_MONTH}
        )
        return sorted(months, key=itemgetter(1))

    def _advertised(self, n: int) -> NDArray[np.int64]:
        """Posts [programme, region] that a round advertises: its share of those now free."""
        return posts_advertised(self.free_posts(), self._sim.bp.round_share[n])

    def free_posts(self) -> NDArray[np.int64]:
        """Posts [programme, region] nobody holds or is promised; below 0 where there are too many people."""
        pools = self._sim.pools
        posts = self._sim.post_pool
        free = [
            [
                pools.target[pool] - pools.in_use(pool) - taken
                for pool, taken in zip(row, committed, strict=True)
            ]
            for row, committed in zip(posts, self.committed, strict=True)
        ]
        return np.array(free, np.int64)

    def _answer(
        self,
        doctors: list[Doctor],
        rows: NDArray,
        result: RoundResult,
        placed: NDArray[np.bool_],
    ) -> None:
        regions = len(self._sim.bp.regions)
        took = np.flatnonzero(result.accepted_pool >= 0)
        programmes, where = np.divmod(result.accepted_pool[took], regions)
        posts = zip(programmes.tolist(), where.tolist(), strict=True)
        for k, post in zip(rows[took].tolist(), posts, strict=True):
            doctors[k].answer = post
            self.committed[post[0]][post[1]] += 1
        placed[rows[took]] = True

    @staticmethod
    def _reasons(count: int, result: RoundResult) -> NDArray[np.int64]:
        """Why each person has no post (meaningful for those who have none)."""
        best = np.full(count, int(Unplaced.NO_POST), np.int64)
        standing = np.full(count, -1, np.int64)
        order = {ELIGIBLE: 3, NOT_APPOINTABLE: 2}
        strength = np.array([order.get(s, 1) for s in range(3)], np.int64)
        np.maximum.at(standing, result.application_person, strength[result.application_standing])
        best[standing == 2] = int(Unplaced.NOT_APPOINTABLE)
        best[standing == 1] = int(Unplaced.NOT_INTERVIEWED)
        best[result.had_offer] = int(Unplaced.DECLINED)
        return best

    def _log(
        self, n: int, person: NDArray, tier: NDArray, result: RoundResult, posts: NDArray[np.int64]
    ) -> None:
        bp, at = self._sim.bp, tick(self._sim.month, Phase.ROUNDS)
        regions = len(bp.regions)
        log = self._sim.log.write_many
        log(
            at, person[result.application_person], Event.APPLIED, programme=result.application_programme,
            region=result.application_first_region, detail=result.application_order + ROUND * n,
        )  # fmt: skip
        rerun = (result.offer_pass > 0) | (bp.round_repeats[n] >= 0)
        for event, chosen in (
            (Event.OFFERED, result.offer_is_first),
            (Event.UPGRADED, ~result.offer_is_first),
        ):
            log(
                at, person[result.offer_person[chosen]], event,
                programme=result.offer_pool[chosen] // regions, region=result.offer_pool[chosen] % regions,
                detail=(result.offer_rank + ROUND * n + RERUN * rerun)[chosen],
            )  # fmt: skip
        first_pool = np.full(len(person), -1, np.int64)
        first_pool[result.offer_person[result.offer_is_first]] = result.offer_pool[result.offer_is_first]
        for event, reply in ((Event.DECLINED, DECLINES), (Event.OFFER_LAPSED, NO_RESPONSE)):
            said = result.had_offer & (result.reply == reply)
            log(
                at, person[said], event, programme=first_pool[said] // regions,
                region=first_pool[said] % regions, detail=n,
            )  # fmt: skip
        took = result.accepted_pool >= 0
        log(
            at, person[took], Event.ACCEPTED, programme=result.accepted_pool[took] // regions,
            region=result.accepted_pool[took] % regions,
            detail=(result.accepted_rank + ROUND * n + TIER * tier.astype(np.int64))[took],
        )  # fmt: skip
        open_posts = posts.reshape(-1)
        advertised = np.flatnonzero(open_posts)
        system = np.full(len(advertised), SYSTEM_PERSON, np.int64)
        for event, count in ((Event.POSTS_ADVERTISED, open_posts), (Event.POSTS_UNFILLED, result.unfilled)):
            log(
                at, system, event, programme=advertised // regions, level=n, region=advertised % regions,
                detail=count[advertised],
            )  # fmt: skip
