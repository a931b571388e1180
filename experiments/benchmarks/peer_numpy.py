"""The reduced ladder as a table of people stepped through the months with NumPy.

One column a trait and one row a person; each month, everyone whose spell ends is picked out by a mask and
handled together, one kind of life at a time. Only the rounds go person by person: each choice there
depends on those before it.
"""

from __future__ import annotations

import numpy as np
from ladder import AUGUST, NOWHERE, SEPTEMBER, SLOT, YEAR, Ladder, Step
from numpy.typing import NDArray

Ints = NDArray[np.int64]
SCHOOL, FOUNDATION, OUTSIDE, TRAINING, JOINING, PRACTICE = range(6)
LOCALLY_EMPLOYED, UNPLACED, SURE = range(3)  # kinds of spell outside; after the last one all apply
NEVER = 30_000
UNLIMITED = 1 << 40
NOBODY = np.empty(0, np.int64)


def next_month(month: Ints | int, calendar: int) -> Ints:
    """The first August or September in or after each month."""
    return np.asarray(month + (calendar - month) % YEAR)


class NumPyLadder:
    """One run; ``log`` collects arrays of rows."""

    def __init__(self, ladder: Ladder, seed: int) -> None:
        self.ladder = ladder
        self.rng = np.random.default_rng(seed)
        self.month = 0
        self.log: list[Ints] = []
        years = -(-ladder.months // YEAR)
        most = ladder.people_at_start() + years * sum(ladder.intake)
        self.life = np.zeros(most, np.int8)
        self.region = np.zeros(most, np.int8)
        self.programme = np.full(most, NOWHERE, np.int8)
        self.stage = np.zeros(most, np.int8)
        self.due = np.full(most, NEVER, np.int16)
        self.repeated = np.zeros(most, bool)
        self.holds_place = np.zeros(most, bool)
        self.spell = np.full(most, YEAR, np.int8)
        self.resigns = np.zeros(most, bool)
        self.outside = np.zeros(most, np.int8)
        self.ability = self.rng.random(most)
        self.people = 0
        self.course_leave = np.array(ladder.course_leave)
        self.course_repeat = np.array(ladder.course_repeat)
        self.course_months = np.array(ladder.course_months)
        self.levels = np.array(ladder.levels)
        self.resignation = np.array(ladder.resignation)
        self.extra_time = np.array(ladder.extra_time)
        self.extension = np.array(ladder.extension_months)
        self.leave = np.array([ladder.leave["locally_employed"], ladder.leave["unplaced"], 0])
        self.apply = np.array([ladder.apply["locally_employed"], ladder.apply["unplaced"], 1])
        # what is free, by pool: year of course x regions + region, or programme x regions + region
        regions, programmes = range(ladder.regions), range(len(ladder.levels))
        self.needs_place = np.array([row is not None for row in ladder.places])
        self.places = np.array(
            [[UNLIMITED] * ladder.regions if row is None else row for row in ladder.places]
        )
        self.places = self.places.ravel()
        self.posts = np.array([ladder.free_posts(p, r) for p in programmes for r in regions])
        self.supervision = np.array([ladder.free_supervision(p, r) for p in programmes for r in regions])
        self.foundation_supervision = np.array([ladder.free_foundation_supervision(r) for r in regions])
        self.doctors = np.zeros(
            (len(ladder.levels), ladder.regions), np.int64
        )  # joined less left, not counted yet
        # who waits for what, in turn
        self.for_year, self.for_foundation, self.for_training = NOBODY, NOBODY, NOBODY
        self.graduates, self.applicants = NOBODY, NOBODY
        self.starting_stock()

    def starting_stock(self) -> None:
        ladder = self.ladder
        last = len(ladder.students) - 1
        for region in range(ladder.regions):
            for year, row in enumerate(ladder.students):
                self.add(row[region], SCHOOL, region, year, AUGUST if year == last else SEPTEMBER)
            for year, row in enumerate(ladder.foundation_doctors):
                self.add(row[region], FOUNDATION, region, year, AUGUST)
            for p, levels in enumerate(ladder.trainees):
                for level, row in enumerate(levels):
                    self.programme[self.add(row[region], TRAINING, region, level, AUGUST)] = p
                doctors = self.add(ladder.doctors[p][region], PRACTICE, region)
                self.programme[doctors] = p
                self.settle(doctors)

    def add(self, count: int, life: int, region: int, stage: int = 0, due: int = NEVER) -> Ints:
        who = np.arange(self.people, self.people + count)
        self.people += count
        self.life[who], self.region[who], self.stage[who], self.due[who] = life, region, stage, due
        return who

    def pool(self, who: Ints) -> Ints:
        return self.programme[who].astype(np.int64) * self.ladder.regions + self.region[who]

    def record(self, step: Step, who: Ints, where: Ints | int | None = None) -> None:
        if len(who):
            rows = np.empty((len(who), 4), np.int64)
            rows[:, 0], rows[:, 1], rows[:, 2] = self.month, step, who
            rows[:, 3] = self.region[who] if where is None else where
            self.log.append(rows)

    def run(self) -> Ints:
        """All months; the rows in one array."""
        while self.month < self.ladder.months:
            self.step()
            self.month += 1
        return np.concatenate(self.log)

    def step(self) -> None:
        """One month: supervision, entrants, endings, rounds, grants."""
        per_doctor = np.array(self.ladder.supervision)[:, None]
        pledged = np.array(self.ladder.foundation_supervision)[:, None]
        self.supervision += (self.doctors * per_doctor).ravel()
        self.foundation_supervision += (self.doctors * pledged).sum(axis=0)
        self.doctors[:] = 0
        calendar = self.month % YEAR
        if calendar == SEPTEMBER:
            for region, count in enumerate(self.ladder.intake):
                entrants = self.add(count, SCHOOL, region)
                self.record(Step.ENTERED, entrants)
                self.for_year = np.concatenate([self.for_year, entrants])
        due = np.flatnonzero(self.due[: self.people] == self.month)
        self.due[due] = NEVER
        life = self.life[due]
        self.end_school_years(due[life == SCHOOL])
        self.end_foundation_years(due[life == FOUNDATION])
        self.end_spells_outside(due[life == OUTSIDE])
        self.end_training_spells(due[life == TRAINING])
        self.join(due[life == JOINING])
        self.leave_practice(due[life == PRACTICE])
        if calendar == AUGUST:
            self.allocate_foundation()
            self.recruit()
        self.grant(calendar == SEPTEMBER)

    # endings -----------------------------------------------------------------------------------------

    def end_school_years(self, who: Ints) -> None:
        year = self.stage[who]
        held = who[self.holds_place[who]]
        np.add.at(self.places, self.stage[held] * self.ladder.regions + self.region[held], 1)
        self.holds_place[held] = False
        luck = self.rng.random(len(who))
        fails = luck < self.course_leave[year] + self.course_repeat[year]
        leaves = (luck < self.course_leave[year]) | (fails & self.repeated[who])
        repeats = fails & ~leaves
        self.record(Step.LEFT_SCHOOL, who[leaves])
        self.record(Step.YEAR_REPEATED, who[repeats])
        self.record(Step.YEAR_PASSED, who[~fails])
        self.repeated[who] = repeats
        self.stage[who[~fails]] += 1
        stays = who[~leaves]
        done = self.stage[stays] == len(self.course_months)
        self.record(Step.GRADUATED, stays[done])
        if self.ladder.applies_for_foundation:
            self.graduates = np.concatenate([self.graduates, stays[done]])
        self.for_year = np.concatenate([self.for_year, stays[~done]])

    def end_foundation_years(self, who: Ints) -> None:
        self.record(Step.FOUNDATION_SIGNED_OFF, who)
        self.stage[who] += 1
        on, done = who[self.stage[who] < 2], who[self.stage[who] == 2]
        self.record(Step.FOUNDATION_STARTED, on)
        self.due[on] = self.month + YEAR
        np.add.at(self.foundation_supervision, self.region[done], SLOT)
        self.life[done] = OUTSIDE
        applies = self.rng.random(len(done)) < self.ladder.apply_after_f2
        self.go_outside(done[~applies])
        if self.month % YEAR == AUGUST:
            self.applicants = np.concatenate([self.applicants, done[applies]])
        else:
            self.record(Step.STARTED_OUTSIDE, done[applies])
            self.outside[done[applies]] = SURE
            self.due[done[applies]] = next_month(self.month, AUGUST)

    def go_outside(self, who: Ints) -> None:
        self.record(Step.STARTED_OUTSIDE, who)
        self.life[who] = OUTSIDE
        self.outside[who] = LOCALLY_EMPLOYED
        shortest, longest = self.ladder.months_away
        months = self.rng.integers(shortest, longest, len(who), endpoint=True)
        self.due[who] = next_month(self.month + months, AUGUST)

    def end_spells_outside(self, who: Ints) -> None:
        kind = self.outside[who]
        luck = self.rng.random(len(who))
        leaves = luck < self.leave[kind]
        applies = ~leaves & (luck < self.leave[kind] + self.apply[kind])
        self.record(Step.LEFT, who[leaves], NOWHERE)
        self.applicants = np.concatenate([self.applicants, who[applies]])
        self.due[who[~leaves & ~applies]] = self.month + YEAR

    def end_training_spells(self, who: Ints) -> None:
        gone, stays = who[self.resigns[who]], who[~self.resigns[who]]
        self.resigns[gone] = False
        self.record(Step.RESIGNED, gone, self.pool(gone))
        self.give_back(gone)
        self.go_outside(gone)
        self.record(Step.REVIEWED, stays, self.pool(stays))
        p = self.programme[stays]
        longer = self.rng.random(len(stays)) < self.extra_time[p] * self.spell[stays] / YEAR
        extended, on = stays[longer], stays[~longer]
        self.record(Step.EXTENDED, extended, self.pool(extended))
        self.start_training_spells(extended, self.extension[self.programme[extended]])
        self.stage[on] += 1
        done = self.stage[on] == self.levels[self.programme[on]]
        up, completed = on[~done], on[done]
        self.record(Step.LEVEL_STARTED, up, self.pool(up))
        self.start_training_spells(up, YEAR)
        self.record(Step.COMPLETED, completed, self.pool(completed))
        self.give_back(completed)
        self.life[completed] = JOINING
        self.due[completed] = self.month + self.ladder.join_months

    def start_training_spells(self, who: Ints, months: Ints | int) -> None:
        self.spell[who] = months
        spell = self.spell[who]
        resigns = self.rng.random(len(who)) < self.resignation[self.programme[who]] * spell / YEAR
        self.resigns[who] = resigns
        when = self.rng.integers(1, spell, endpoint=True) if len(who) else spell
        self.due[who] = self.month + np.where(resigns, when, spell)

    def give_back(self, who: Ints) -> None:
        np.add.at(self.posts, self.pool(who), 1)
        np.add.at(self.supervision, self.pool(who), SLOT)

    def join(self, who: Ints) -> None:
        self.record(Step.STARTED_PRACTICE, who, self.pool(who))
        np.add.at(self.doctors, (self.programme[who], self.region[who]), 1)
        self.settle(who)

    def settle(self, who: Ints) -> None:
        """Practice until a year's chance of leaving comes true, in any month of that year of age."""
        self.life[who] = PRACTICE
        birthday = self.month - self.rng.integers(0, YEAR, len(who))
        while len(who):
            month = birthday + self.rng.integers(1, YEAR, len(who), endpoint=True)
            leaves = (month > self.month) & (self.rng.random(len(who)) < self.ladder.exit)
            self.due[who[leaves]] = month[leaves]
            birthday = birthday + YEAR
            more = ~leaves & (birthday < self.ladder.months)
            who, birthday = who[more], birthday[more]

    def leave_practice(self, who: Ints) -> None:
        self.record(Step.LEFT_PRACTICE, who, self.pool(who))
        np.add.at(self.doctors, (self.programme[who], self.region[who]), -1)

    # rounds and grants ---------------------------------------------------------------------------------

    def in_order_of_wish(self, weights: NDArray[np.float64]) -> Ints:
        """Random orders, one a row, drawn by weight without replacement (a race of exponentials)."""
        with np.errstate(divide="ignore"):
            return np.argsort(self.rng.exponential(size=weights.shape) / weights, axis=1)

    def allocate_foundation(self) -> None:
        """First preferences in random order, then the best preference left; the rest wait a year."""
        ladder = self.ladder
        who = self.rng.permutation(self.graduates)
        weights = np.tile(np.array(ladder.foundation_attraction), (len(who), 1))
        weights[np.arange(len(who)), self.region[who]] *= ladder.foundation_home_weight
        wishes = self.in_order_of_wish(weights)
        left = list(ladder.foundation_places)
        given = _in_turn(wishes[:, :1].tolist(), left)
        rest = [k for k, region in enumerate(given) if region == NOWHERE]
        for k, region in zip(rest, _in_turn(wishes[rest].tolist(), left), strict=True):
            given[k] = region
        region = np.array(given, np.int64)
        placed = who[region != NOWHERE]
        self.region[placed] = region[region != NOWHERE]
        self.stage[placed] = 0
        self.record(Step.FOUNDATION_ALLOCATED, placed)
        self.for_foundation = np.concatenate([self.for_foundation, placed])
        self.graduates = who[region == NOWHERE]

    def recruit(self) -> None:
        """The ablest first, each takes the best post left."""
        ladder = self.ladder
        who = self.applicants[np.argsort(-self.ability[self.applicants])]
        self.applicants = NOBODY
        programmes = self.in_order_of_wish(np.tile(np.array(ladder.taste), (len(who), 1)))
        weights = np.tile(np.array(ladder.attraction), (len(who), 1))
        weights[np.arange(len(who)), self.region[who]] *= ladder.trained_weight
        wishes = np.concatenate(
            [
                programmes[:, [k]] * ladder.regions + self.in_order_of_wish(weights)
                for k in range(programmes.shape[1])
            ],
            axis=1,
        )
        left = self.posts.tolist()
        pool = np.array(_in_turn(wishes.tolist(), left), np.int64)
        self.posts[:] = left
        placed, unplaced = who[pool != NOWHERE], who[pool == NOWHERE]
        pool = pool[pool != NOWHERE]
        self.record(Step.UNPLACED, unplaced)
        self.outside[unplaced] = UNPLACED
        self.due[unplaced] = next_month(self.month + 1, AUGUST)
        self.programme[placed], self.region[placed] = pool // ladder.regions, pool % ladder.regions
        self.stage[placed] = 0
        self.record(Step.ACCEPTED, placed, pool)
        self.for_training = np.concatenate([self.for_training, placed])

    def grant(self, september: bool) -> None:
        """Placements, in September, and supervisors for those who wait, in turn."""
        regions = self.ladder.regions
        if september:
            pool = self.stage[self.for_year].astype(np.int64) * regions + self.region[self.for_year]
            who, self.for_year = _first_in_turn(self.for_year, pool, self.places, 1)
            self.holds_place[who] = self.needs_place[self.stage[who]]
            self.record(Step.YEAR_STARTED, who)
            self.due[who] = self.month + self.course_months[self.stage[who]]
        who, self.for_foundation = _first_in_turn(
            self.for_foundation, self.region[self.for_foundation], self.foundation_supervision, SLOT
        )
        self.life[who] = FOUNDATION
        self.record(Step.FOUNDATION_STARTED, who)
        self.due[who] = self.month + YEAR
        who, self.for_training = _first_in_turn(
            self.for_training, self.pool(self.for_training), self.supervision, SLOT
        )
        self.life[who] = TRAINING
        self.record(Step.LEVEL_STARTED, who, self.pool(who))
        self.start_training_spells(who, YEAR)


def _in_turn(wishes: list[list[int]], left: list[int]) -> list[int]:
    """What each takes in turn: the first of their wishes that is left, or NOWHERE. ``left`` is used up."""
    given = []
    for row in wishes:
        taken = NOWHERE
        for wish in row:
            if left[wish] > 0:
                left[wish] -= 1
                taken = wish
                break
        given.append(taken)
    return given


def _first_in_turn(queue: Ints, pool: Ints, free: Ints, units: int) -> tuple[Ints, Ints]:
    """Who of a queue is served, and who still waits; ``free`` is reduced by ``units`` a person."""
    order = np.argsort(pool, kind="stable")
    sorted_pool = pool[order]
    turn = np.arange(len(queue)) - np.searchsorted(sorted_pool, sorted_pool)
    served = np.zeros(len(queue), bool)
    served[order] = (turn + 1) * units <= free[sorted_pool]
    np.subtract.at(free, pool[served], units)
    return queue[served], queue[~served]


def run(ladder: Ladder, seed: int) -> Ints:
    """One run; the log as an array of rows."""
    return NumPyLadder(ladder, seed).run()
