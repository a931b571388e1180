"""The reduced ladder on salabim: a component a person, Resource for what people queue for.

Written as salabim's own examples are, with ``yield`` (its other mode needs greenlets and a stack a person).
Monitors are off, as its manual advises for speed. Rounds are a component that wakes each August, half a
month after spells have ended.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import Any

import salabim as sim
from ladder import AUGUST, NOWHERE, SEPTEMBER, SLOT, YEAR, Ladder, Row, Step, next_month

Process = Generator[Any, Any, None]
AFTER_ENDINGS = 0.5  # of a month


class Person(sim.Component):
    """A student or doctor, who begins with the named part of a life."""

    def setup(self, model: SalabimLadder, begin: str, region: int, details: tuple = ()) -> None:
        self.model = model
        self.begin, self.details = begin, details
        self.region = region
        self.number = model.new_person()
        self.ability = model.rng.random()
        self.answer: Any = None
        self.status.monitor(False)
        self.mode.monitor(False)

    def process(self) -> Process:
        yield from getattr(self, self.begin)(*self.details)

    def month(self) -> int:
        return int(self.model.env.now())

    def record(self, step: Step, where: int | None = None) -> None:
        self.model.log.append((self.month(), step, self.number, self.region if where is None else where))

    def in_school(self, year: int, present: bool = False) -> Process:
        model, ladder, rng = self.model, self.model.ladder, self.model.rng
        repeated = False
        while year < len(ladder.course_months):
            if present:
                present = False
                last = year == len(ladder.course_months) - 1
                yield self.hold(till=AUGUST if last else SEPTEMBER)
            else:
                yield self.hold(till=next_month(self.month(), SEPTEMBER))
                place = model.places[year][self.region] if model.places[year] else None
                if place:
                    yield self.request(place)
                    # a place that a final year gives back in August is taken up in September
                    yield self.hold(till=next_month(self.month(), SEPTEMBER))
                self.record(Step.YEAR_STARTED)
                yield self.hold(ladder.course_months[year])
                if place:
                    self.release(place)
            luck = rng.random()
            leave, repeat = ladder.course_leave[year], ladder.course_repeat[year]
            if luck < leave or (luck < leave + repeat and repeated):
                self.record(Step.LEFT_SCHOOL)
                return
            repeated = luck < leave + repeat
            if repeated:
                self.record(Step.YEAR_REPEATED)
            else:
                year += 1
                self.record(Step.YEAR_PASSED)
        self.record(Step.GRADUATED)
        if ladder.applies_for_foundation:
            model.graduates.append(self)
            yield self.passivate()
            self.region = self.answer
            yield self.request((model.foundation_supervisors[self.region], SLOT))
            yield from self.in_foundation(0)

    def in_foundation(self, year: int, present: bool = False) -> Process:
        model = self.model
        while year < 2:
            if not present:
                self.record(Step.FOUNDATION_STARTED)
                yield self.hold(till=self.month() + YEAR)
            present = False
            self.record(Step.FOUNDATION_SIGNED_OFF)
            year += 1
        model.foundation_supervisors[self.region].release(SLOT)
        if model.rng.random() >= model.ladder.apply_after_f2:
            yield from self.locally_employed()
            return
        if self.month() % YEAR != AUGUST:
            self.record(Step.STARTED_OUTSIDE)
            yield self.hold(till=next_month(self.month(), AUGUST))
        yield from self.applying()

    def locally_employed(self) -> Process:
        self.record(Step.STARTED_OUTSIDE)
        yield from self.outside("locally_employed", self.model.rng.randint(*self.model.ladder.months_away))

    def outside(self, state: str, months: int) -> Process:
        leave, apply = self.model.ladder.leave[state], self.model.ladder.apply[state]
        decision = next_month(self.month() + months, AUGUST)
        while True:
            yield self.hold(till=decision)
            luck = self.model.rng.random()
            if luck < leave:
                self.record(Step.LEFT, NOWHERE)
                return
            if luck < leave + apply:
                break
            decision += YEAR
        yield from self.applying()

    def applying(self) -> Process:
        self.model.applicants.append(self)
        yield self.passivate()
        if self.answer is None:
            self.record(Step.UNPLACED)
            yield from self.outside("unplaced", 1)
        else:
            programme, self.region = self.answer
            yield self.request((self.model.supervisors[programme][self.region], SLOT))
            yield from self.in_training(programme, 0)

    def in_training(self, p: int, level: int, present: bool = False) -> Process:
        ladder, rng = self.model.ladder, self.model.rng
        where = p * ladder.regions + self.region
        while level < ladder.levels[p]:
            spell = YEAR
            if not present:
                self.record(Step.LEVEL_STARTED, where)
            while True:
                if not present:
                    if rng.random() < ladder.resignation[p] * spell / YEAR:
                        yield self.hold(till=self.month() + rng.randint(1, spell))
                        self.record(Step.RESIGNED, where)
                        self.give_back(p)
                        yield from self.locally_employed()
                        return
                    yield self.hold(till=self.month() + spell)
                present = False
                self.record(Step.REVIEWED, where)
                if rng.random() >= ladder.extra_time[p] * spell / YEAR:
                    break
                self.record(Step.EXTENDED, where)
                spell = ladder.extension_months[p]
            level += 1
        self.record(Step.COMPLETED, where)
        self.give_back(p)
        yield self.hold(ladder.join_months)
        yield from self.in_practice(p)

    def give_back(self, p: int) -> None:
        self.model.posts[p][self.region] += 1
        self.model.supervisors[p][self.region].release(SLOT)

    def in_practice(self, p: int, present: bool = False) -> Process:
        model, where = self.model, p * self.model.ladder.regions + self.region
        leaves = model.leaving_month(self.month())
        if not present:
            self.record(Step.STARTED_PRACTICE, where)
            yield self.hold(1)  # supervision counts from the month after
            model.supervise(p, self.region, 1)
        if leaves < model.ladder.months:
            yield self.hold(till=leaves)
            self.record(Step.LEFT_PRACTICE, where)
            yield self.hold(1)
            model.supervise(p, self.region, -1)


class Entrants(sim.Component):
    """New students each September."""

    def setup(self, model: SalabimLadder) -> None:
        self.model = model

    def process(self) -> Process:
        yield self.hold(SEPTEMBER)
        while True:
            for region, count in enumerate(self.model.ladder.intake):
                for _ in range(count):
                    person = Person(model=self.model, begin="in_school", region=region, details=(0,))
                    person.record(Step.ENTERED)
            yield self.hold(YEAR)


class Rounds(sim.Component):
    """Foundation allocation and recruitment each August."""

    def setup(self, model: SalabimLadder) -> None:
        self.model = model

    def process(self) -> Process:
        yield self.hold(AFTER_ENDINGS)
        while True:
            self.model.allocate_foundation()
            self.model.recruit()
            yield self.hold(YEAR)


class SalabimLadder:
    """One run; ``log`` has a row a step."""

    def __init__(self, ladder: Ladder, seed: int) -> None:
        sim.yieldless(False)
        self.ladder = ladder
        self.env = sim.Environment(trace=False, random_seed=seed)
        self.rng = random.Random(seed)
        self.log: list[Row] = []
        self.people = 0
        regions, programmes = range(ladder.regions), range(len(ladder.levels))
        self.places = [
            [sim.Resource(capacity=places, monitor=False) for places in row] if row else []
            for row in ladder.places
        ]
        self.posts = [[ladder.free_posts(p, r) for r in regions] for p in programmes]
        self.supervisors = [
            [_supply(ladder.free_supervision(p, r), ladder.in_post(p, r)) for r in regions]
            for p in programmes
        ]
        self.foundation_supervisors = [
            _supply(ladder.free_foundation_supervision(r), sum(row[r] for row in ladder.foundation_doctors))
            for r in regions
        ]
        self.graduates: list[Person] = []
        self.applicants: list[Person] = []

    def run(self) -> list[Row]:
        """Everyone who is there at the start, then all months."""
        ladder = self.ladder
        for region in range(ladder.regions):
            for year, row in enumerate(ladder.students):
                self.present(row[region], "in_school", region, (year, True))
            for year, row in enumerate(ladder.foundation_doctors):
                self.present(row[region], "in_foundation", region, (year, True))
            for p, levels in enumerate(ladder.trainees):
                for level, row in enumerate(levels):
                    self.present(row[region], "in_training", region, (p, level, True))
                self.present(ladder.doctors[p][region], "in_practice", region, (p, True))
        Entrants(model=self)
        Rounds(model=self)
        self.env.run(till=ladder.months - AFTER_ENDINGS / 2)
        return self.log

    def present(self, count: int, begin: str, region: int, details: tuple) -> None:
        for _ in range(count):
            Person(model=self, begin=begin, region=region, details=details)

    def new_person(self) -> int:
        self.people += 1
        return self.people

    def supervise(self, p: int, region: int, doctors: int) -> None:
        """More or fewer doctors who supervise; below what is in use, the supply runs off."""
        for supply, units in (
            (self.supervisors[p][region], self.ladder.supervision[p]),
            (self.foundation_supervisors[region], self.ladder.foundation_supervision[p]),
        ):
            supply.set_capacity(supply.capacity() + doctors * units)

    def leaving_month(self, now: int) -> int:
        """A chance each year of age, in any of its months; birthdays are anywhere in the year."""
        birthday = now - self.rng.randrange(YEAR)
        while birthday < self.ladder.months:
            month = birthday + self.rng.randint(1, YEAR)
            if month > now and self.rng.random() < self.ladder.exit:
                return month
            birthday += YEAR
        return self.ladder.months

    def in_order_of_wish(self, weights: list[float]) -> list[int]:
        """A random order, drawn by weight without replacement (a race of exponentials)."""
        wait = [self.rng.expovariate(weight) if weight else float("inf") for weight in weights]
        return sorted(range(len(weights)), key=wait.__getitem__)

    def allocate_foundation(self) -> None:
        """First preferences in random order, then the best preference left; the rest wait a year."""
        ladder = self.ladder
        left = list(ladder.foundation_places)
        self.rng.shuffle(self.graduates)
        waiting = []
        for person in self.graduates:
            weights = list(ladder.foundation_attraction)
            weights[person.region] *= ladder.foundation_home_weight
            waiting.append((person, self.in_order_of_wish(weights)))
        for choices in (1, ladder.regions):
            unplaced = []
            for person, wishes in waiting:
                region = next((r for r in wishes[:choices] if left[r]), None)
                if region is None:
                    unplaced.append((person, wishes))
                    continue
                left[region] -= 1
                person.answer = region
                person.record(Step.FOUNDATION_ALLOCATED, region)
                person.activate()
            waiting = unplaced
        self.graduates = [person for person, _ in waiting]

    def recruit(self) -> None:
        """The ablest first, each takes the best post left. Nobody queues for a post, so it is a number."""
        ladder = self.ladder
        applicants, self.applicants = self.applicants, []
        for person in sorted(applicants, key=lambda each: each.ability, reverse=True):
            weights = list(ladder.attraction)
            weights[person.region] *= ladder.trained_weight
            wishes = (
                (p, r) for p in self.in_order_of_wish(ladder.taste) for r in self.in_order_of_wish(weights)
            )
            person.answer = next(((p, r) for p, r in wishes if self.posts[p][r] > 0), None)
            if person.answer is not None:
                p, r = person.answer
                self.posts[p][r] -= 1
                person.record(Step.ACCEPTED, p * ladder.regions + r)
            person.activate()


def _supply(free: int, trainees: int) -> sim.Resource:
    """Units of supervision, used by the trainees there are and with ``free`` to spare; served in turn."""
    used = SLOT * trainees
    return sim.Resource(
        capacity=used + free,
        initial_claimed_quantity=used,
        anonymous=True,
        honor_only_first=True,
        monitor=False,
    )


def run(ladder: Ladder, seed: int) -> list[Row]:
    """One run; the log."""
    return SalabimLadder(ladder, seed).run()
