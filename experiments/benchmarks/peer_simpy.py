"""The reduced ladder on plain SimPy: a process a person, Resource and Container for what is scarce.

Written as SimPy's own examples are: capacities are resources, waiting is a request, chance is one
``random.Random``. Rounds are a process that wakes each August, half a month after spells have ended.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import Any

import simpy
from ladder import AUGUST, NOWHERE, SEPTEMBER, SLOT, YEAR, Ladder, Row, Step, next_month
from simpy.resources.container import ContainerGet
from simpy.resources.resource import SortedQueue

Process = Generator[simpy.Event, Any, None]
AFTER_ENDINGS = 0.5  # of a month


class Supply(simpy.Container):
    """Units of supervision; those withdrawn by a leaving doctor go before any trainee who waits."""

    GetQueue = SortedQueue


class Take(ContainerGet):
    """Units for a trainee (in turn), or withdrawn (first)."""

    def __init__(self, supply: Supply, units: int, withdrawn: bool = False) -> None:
        self.key = (not withdrawn, supply._env.now)
        super().__init__(supply, units)


class SimPyLadder:
    """One run; ``log`` has a row a step."""

    def __init__(self, ladder: Ladder, seed: int) -> None:
        self.ladder = ladder
        self.env = env = simpy.Environment()
        self.rng = random.Random(seed)
        self.log: list[Row] = []
        self.people = 0
        regions, programmes = range(ladder.regions), range(len(ladder.levels))
        self.places = [
            None if row is None else [simpy.Resource(env, capacity) for capacity in row]
            for row in ladder.places
        ]
        self.posts = [
            [simpy.Container(env, init=ladder.free_posts(p, r)) for r in regions] for p in programmes
        ]
        self.supervisors = [[self.supply(ladder.free_supervision(p, r)) for r in regions] for p in programmes]
        self.foundation_supervisors = [self.supply(ladder.free_foundation_supervision(r)) for r in regions]
        self.graduates: list[tuple[int, int, simpy.Event]] = []
        self.applicants: list[tuple[float, int, int, simpy.Event]] = []

    def supply(self, units: int) -> Supply:
        supply = Supply(self.env, init=max(units, 0))
        if units < 0:
            Take(supply, -units, withdrawn=True)
        return supply

    def run(self) -> list[Row]:
        """Everyone who is there at the start, then all months."""
        ladder, start = self.ladder, self.env.process
        for region in range(ladder.regions):
            for year, row in enumerate(ladder.students):
                for _ in range(row[region]):
                    start(self.school(self.new_person(), region, year, present=True))
            for year, row in enumerate(ladder.foundation_doctors):
                for _ in range(row[region]):
                    start(self.foundation_years(self.new_person(), region, year, present=True))
            for p, levels in enumerate(ladder.trainees):
                for level, row in enumerate(levels):
                    for _ in range(row[region]):
                        start(self.training(self.new_person(), self.rng.random(), p, region, level, True))
                for _ in range(ladder.doctors[p][region]):
                    start(self.practice(self.new_person(), p, region, present=True))
        start(self.entrants())
        start(self.rounds())
        self.env.run(until=ladder.months)
        return self.log

    def new_person(self) -> int:
        self.people += 1
        return self.people

    def record(self, step: Step, person: int, where: int = NOWHERE) -> None:
        self.log.append((self.month(), step, person, where))

    def month(self) -> int:
        return int(self.env.now)

    def until(self, month: int) -> simpy.Event:
        return self.env.timeout(month - self.env.now)

    # lives -----------------------------------------------------------------------------------------

    def entrants(self) -> Process:
        yield self.env.timeout(SEPTEMBER)
        while True:
            for region, count in enumerate(self.ladder.intake):
                for _ in range(count):
                    person = self.new_person()
                    self.record(Step.ENTERED, person, region)
                    self.env.process(self.school(person, region, 0))
            yield self.env.timeout(YEAR)

    def school(self, person: int, region: int, year: int, present: bool = False) -> Process:
        ladder, rng = self.ladder, self.rng
        repeated = False
        while year < len(ladder.course_months):
            last = year == len(ladder.course_months) - 1
            if present:
                present = False
                yield self.until(AUGUST if last else SEPTEMBER)
            else:
                yield self.until(next_month(self.month(), SEPTEMBER))
                places = self.places[year]
                request = places[region].request() if places else None
                if places and request:
                    yield request
                    # a place that a final year gives back in August is taken up in September
                    yield self.until(next_month(self.month(), SEPTEMBER))
                self.record(Step.YEAR_STARTED, person, region)
                yield self.env.timeout(ladder.course_months[year])
                if places and request:
                    places[region].release(request)
            luck = rng.random()
            if luck < ladder.course_leave[year]:
                self.record(Step.LEFT_SCHOOL, person, region)
                return
            if luck < ladder.course_leave[year] + ladder.course_repeat[year]:
                if repeated:
                    self.record(Step.LEFT_SCHOOL, person, region)
                    return
                repeated = True
                self.record(Step.YEAR_REPEATED, person, region)
            else:
                repeated = False
                year += 1
                self.record(Step.YEAR_PASSED, person, region)
        self.record(Step.GRADUATED, person, region)
        if ladder.applies_for_foundation:
            allocated = self.env.event()
            self.graduates.append((person, region, allocated))
            region = yield allocated
            yield Take(self.foundation_supervisors[region], SLOT)
            yield from self.foundation_years(person, region, 0)

    def foundation_years(self, person: int, region: int, year: int, present: bool = False) -> Process:
        while year < 2:
            if not present:
                self.record(Step.FOUNDATION_STARTED, person, region)
                yield self.until(self.month() + YEAR)
            present = False
            self.record(Step.FOUNDATION_SIGNED_OFF, person, region)
            year += 1
        self.foundation_supervisors[region].put(SLOT)
        ability = self.rng.random()
        if self.rng.random() >= self.ladder.apply_after_f2:
            yield from self.locally_employed(person, ability, region)
        elif self.month() % YEAR == AUGUST:
            yield from self.apply(person, ability, region)
        else:
            self.record(Step.STARTED_OUTSIDE, person, region)
            yield self.until(next_month(self.month(), AUGUST))
            yield from self.apply(person, ability, region)

    def locally_employed(self, person: int, ability: float, region: int) -> Process:
        self.record(Step.STARTED_OUTSIDE, person, region)
        away = self.rng.randint(*self.ladder.months_away)
        yield from self.outside(person, ability, region, "locally_employed", away)

    def outside(self, person: int, ability: float, region: int, state: str, months: int) -> Process:
        leave, apply = self.ladder.leave[state], self.ladder.apply[state]
        decision = next_month(self.month() + months, AUGUST)
        while True:
            yield self.until(decision)
            luck = self.rng.random()
            if luck < leave:
                self.record(Step.LEFT, person)
                return
            if luck < leave + apply:
                break
            decision += YEAR
        yield from self.apply(person, ability, region)

    def apply(self, person: int, ability: float, region: int) -> Process:
        answer = self.env.event()
        self.applicants.append((ability, person, region, answer))
        post = yield answer
        if post is None:
            self.record(Step.UNPLACED, person, region)
            yield from self.outside(person, ability, region, "unplaced", 1)
        else:
            programme, region = post
            yield Take(self.supervisors[programme][region], SLOT)
            yield from self.training(person, ability, programme, region, 0)

    def training(
        self, person: int, ability: float, p: int, region: int, level: int, present: bool = False
    ) -> Process:
        ladder, rng, where = self.ladder, self.rng, p * self.ladder.regions + region
        while level < ladder.levels[p]:
            spell = YEAR
            if not present:
                self.record(Step.LEVEL_STARTED, person, where)
            while True:
                if not present:
                    if rng.random() < ladder.resignation[p] * spell / YEAR:
                        yield self.until(self.month() + rng.randint(1, spell))
                        self.record(Step.RESIGNED, person, where)
                        self.give_back(p, region)
                        yield from self.locally_employed(person, ability, region)
                        return
                    yield self.until(self.month() + spell)
                present = False
                self.record(Step.REVIEWED, person, where)
                if rng.random() >= ladder.extra_time[p] * spell / YEAR:
                    break
                self.record(Step.EXTENDED, person, where)
                spell = ladder.extension_months[p]
            level += 1
        self.record(Step.COMPLETED, person, where)
        self.give_back(p, region)
        yield self.env.timeout(ladder.join_months)
        yield from self.practice(person, p, region)

    def give_back(self, p: int, region: int) -> None:
        self.posts[p][region].put(1)
        self.supervisors[p][region].put(SLOT)

    def practice(self, person: int, p: int, region: int, present: bool = False) -> Process:
        ladder, where = self.ladder, p * self.ladder.regions + region
        leaves = self.leaving_month()
        both = (
            (self.supervisors[p][region], ladder.supervision[p]),
            (self.foundation_supervisors[region], ladder.foundation_supervision[p]),
        )
        if not present:
            self.record(Step.STARTED_PRACTICE, person, where)
            yield self.env.timeout(1)  # supervision counts from the month after
            for supply, units in both:
                supply.put(units)
        if leaves >= ladder.months:
            return
        yield self.until(leaves)
        self.record(Step.LEFT_PRACTICE, person, where)
        yield self.env.timeout(1)
        for supply, units in both:
            Take(supply, units, withdrawn=True)

    def leaving_month(self) -> int:
        """A chance each year of age, in any of its months; birthdays are anywhere in the year."""
        now, rng = self.month(), self.rng
        birthday = now - rng.randrange(YEAR)
        while birthday < self.ladder.months:
            month = birthday + rng.randint(1, YEAR)
            if month > now and rng.random() < self.ladder.exit:
                return month
            birthday += YEAR
        return self.ladder.months

    # rounds ----------------------------------------------------------------------------------------

    def rounds(self) -> Process:
        yield self.env.timeout(AFTER_ENDINGS)
        while True:
            self.allocate_foundation()
            self.recruit()
            yield self.env.timeout(YEAR)

    def in_order_of_wish(self, weights: list[float]) -> list[int]:
        """A random order, drawn by weight without replacement (a race of exponentials)."""
        wait = [self.rng.expovariate(weight) if weight else float("inf") for weight in weights]
        return sorted(range(len(weights)), key=wait.__getitem__)

    def allocate_foundation(self) -> None:
        """First preferences in random order, then the best preference left; the rest wait a year."""
        ladder = self.ladder
        left = list(ladder.foundation_places)
        waiting = []
        self.rng.shuffle(self.graduates)
        for person, home, event in self.graduates:
            weights = list(ladder.foundation_attraction)
            weights[home] *= ladder.foundation_home_weight
            waiting.append((person, home, event, self.in_order_of_wish(weights)))
        for choices in (1, ladder.regions):
            still_waiting = []
            for person, home, event, wishes in waiting:
                region = next((r for r in wishes[:choices] if left[r]), None)
                if region is None:
                    still_waiting.append((person, home, event, wishes))
                else:
                    left[region] -= 1
                    self.record(Step.FOUNDATION_ALLOCATED, person, region)
                    event.succeed(region)
            waiting = still_waiting
        self.graduates = [(person, home, event) for person, home, event, _ in waiting]

    def recruit(self) -> None:
        """The ablest first, each takes the best post left."""
        ladder = self.ladder
        applicants, self.applicants = self.applicants, []
        for _, person, trained, event in sorted(applicants, key=lambda entry: entry[0], reverse=True):
            weights = list(ladder.attraction)
            weights[trained] *= ladder.trained_weight
            wishes = (
                (p, r) for p in self.in_order_of_wish(ladder.taste) for r in self.in_order_of_wish(weights)
            )
            post = next(((p, r) for p, r in wishes if self.posts[p][r].level), None)
            if post is not None:
                self.posts[post[0]][post[1]].get(1)
                self.record(Step.ACCEPTED, person, post[0] * ladder.regions + post[1])
            event.succeed(post)


def run(ladder: Ladder, seed: int) -> list[Row]:
    """One run; the log."""
    return SimPyLadder(ladder, seed).run()
