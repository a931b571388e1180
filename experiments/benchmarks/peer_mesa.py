"""The reduced ladder on Mesa: an agent a person, a step a month.

Written as Mesa's own examples are: the model's step lets every agent step, and an agent to whom nothing
happens this month returns at once. What is scarce is counted by the model, which grants it in queues.
"""

from __future__ import annotations

from collections import deque

import mesa
from ladder import AUGUST, NOWHERE, SEPTEMBER, SLOT, YEAR, Ladder, Row, Step, next_month

SCHOOL, FOUNDATION, OUTSIDE, TRAINING, JOINING, PRACTICE = range(6)


class Person(mesa.Agent):
    """A student or doctor. ``due`` is the month in which the present spell ends."""

    def __init__(self, model: MesaLadder, life: int, region: int, stage: int = 0, due: int = -1) -> None:
        super().__init__(model)
        self.life = life
        self.region = region
        self.stage = stage  # year of course, foundation year or level
        self.due = due
        self.programme = NOWHERE
        self.ability = model.random.random()
        self.repeated = False
        self.place: int | None = None  # year of course whose placement is held
        self.sure = False  # will apply at the next decision
        self.state = "locally_employed"
        self.spell = YEAR
        self.resigns = False

    def step(self) -> None:
        """End the spell that ends this month, if it does."""
        if self.due != self.model.month:
            return
        self.due = -1
        ENDINGS[self.life](self)

    def record(self, step: Step) -> None:
        where = self.region
        if self.life >= TRAINING:
            where = self.programme * self.model.ladder.regions + self.region
        self.model.record(step, self.unique_id, where)

    # endings -----------------------------------------------------------------------------------------

    def end_school_year(self) -> None:
        model, ladder = self.model, self.model.ladder
        if self.place is not None:
            model.places[self.place][self.region] += 1
            self.place = None
        luck = model.random.random()
        leave, repeat = ladder.course_leave[self.stage], ladder.course_repeat[self.stage]
        if luck < leave or (luck < leave + repeat and self.repeated):
            self.record(Step.LEFT_SCHOOL)
            self.remove()
            return
        self.repeated = luck < leave + repeat
        if self.repeated:
            self.record(Step.YEAR_REPEATED)
        else:
            self.record(Step.YEAR_PASSED)
            self.stage += 1
        if self.stage < len(ladder.course_months):
            model.ask_for_school_year(self)
            return
        self.record(Step.GRADUATED)
        if ladder.applies_for_foundation:
            model.graduates.append(self)
        else:
            self.remove()

    def end_foundation_year(self) -> None:
        model = self.model
        self.record(Step.FOUNDATION_SIGNED_OFF)
        self.stage += 1
        if self.stage < 2:
            self.start_foundation_year()
            return
        model.foundation_supervision[self.region] += SLOT
        self.life = OUTSIDE
        if model.random.random() >= model.ladder.apply_after_f2:
            self.go_outside()
        elif model.month % YEAR == AUGUST:
            model.applicants.append(self)
        else:
            self.record(Step.STARTED_OUTSIDE)
            self.sure = True
            self.due = next_month(model.month, AUGUST)

    def end_spell_outside(self) -> None:
        model = self.model
        leave = model.ladder.leave[self.state]
        luck = model.random.random()
        if self.sure or leave <= luck < leave + model.ladder.apply[self.state]:
            self.sure = False
            model.applicants.append(self)
        elif luck < leave:
            model.record(Step.LEFT, self.unique_id, NOWHERE)
            self.remove()
        else:
            self.due = model.month + YEAR

    def end_training_spell(self) -> None:
        model, ladder, p = self.model, self.model.ladder, self.programme
        if self.resigns:
            self.resigns = False
            self.record(Step.RESIGNED)
            self.give_back()
            self.life = OUTSIDE
            self.go_outside()
            return
        self.record(Step.REVIEWED)
        if model.random.random() < ladder.extra_time[p] * self.spell / YEAR:
            self.record(Step.EXTENDED)
            self.start_training_spell(ladder.extension_months[p])
            return
        self.stage += 1
        if self.stage < ladder.levels[p]:
            self.record(Step.LEVEL_STARTED)
            self.start_training_spell(YEAR)
            return
        self.record(Step.COMPLETED)
        self.give_back()
        self.life = JOINING
        self.due = model.month + ladder.join_months

    def join_practice(self) -> None:
        self.record(Step.STARTED_PRACTICE)
        self.model.doctors_now[self.programme][self.region] += 1
        self.settle()

    def leave_practice(self) -> None:
        self.record(Step.LEFT_PRACTICE)
        self.model.doctors_now[self.programme][self.region] -= 1
        self.remove()

    # beginnings ----------------------------------------------------------------------------------------

    def start_school_year(self) -> None:
        self.record(Step.YEAR_STARTED)
        self.due = self.model.month + self.model.ladder.course_months[self.stage]

    def start_foundation_year(self) -> None:
        self.life = FOUNDATION
        self.record(Step.FOUNDATION_STARTED)
        self.due = self.model.month + YEAR

    def go_outside(self) -> None:
        model = self.model
        self.record(Step.STARTED_OUTSIDE)
        self.state = "locally_employed"
        self.due = next_month(model.month + model.random.randint(*model.ladder.months_away), AUGUST)

    def start_training(self) -> None:
        self.life = TRAINING
        self.record(Step.LEVEL_STARTED)
        self.start_training_spell(YEAR)

    def start_training_spell(self, months: int) -> None:
        model = self.model
        self.spell = months
        self.resigns = model.random.random() < model.ladder.resignation[self.programme] * months / YEAR
        self.due = model.month + (model.random.randint(1, months) if self.resigns else months)

    def give_back(self) -> None:
        self.model.posts[self.programme][self.region] += 1
        self.model.supervision[self.programme][self.region] += SLOT

    def settle(self) -> None:
        """Practice until a year's chance of leaving comes true, in any month of that year of age."""
        model = self.model
        self.life = PRACTICE
        birthday = model.month - model.random.randrange(YEAR)
        while birthday < model.ladder.months:
            month = birthday + model.random.randint(1, YEAR)
            if month > model.month and model.random.random() < model.ladder.exit:
                self.due = month
                return
            birthday += YEAR


ENDINGS = {
    SCHOOL: Person.end_school_year,
    FOUNDATION: Person.end_foundation_year,
    OUTSIDE: Person.end_spell_outside,
    TRAINING: Person.end_training_spell,
    JOINING: Person.join_practice,
    PRACTICE: Person.leave_practice,
}


class MesaLadder(mesa.Model):
    """One run; ``log`` has a row a step."""

    def __init__(self, ladder: Ladder, seed: int) -> None:
        super().__init__(seed=seed)
        self.ladder = ladder
        self.month = 0
        self.log: list[Row] = []
        regions, programmes = range(ladder.regions), range(len(ladder.levels))
        self.places = [list(row) if row else [] for row in ladder.places]
        self.school_queue: list[list[deque[Person]]] = [[deque() for _ in regions] for _ in ladder.places]
        self.posts = [[ladder.free_posts(p, r) for r in regions] for p in programmes]
        self.supervision = [[ladder.free_supervision(p, r) for r in regions] for p in programmes]
        self.queue: list[list[deque[Person]]] = [[deque() for _ in regions] for _ in programmes]
        self.foundation_supervision = [ladder.free_foundation_supervision(r) for r in regions]
        self.foundation_queue: list[deque[Person]] = [deque() for _ in regions]
        self.doctors_now = [list(row) for row in ladder.doctors]
        self.doctors_counted = [list(row) for row in ladder.doctors]
        self.graduates: list[Person] = []
        self.applicants: list[Person] = []
        self.starting_stock()

    def starting_stock(self) -> None:
        ladder = self.ladder
        last = len(ladder.students) - 1
        for region in range(ladder.regions):
            for year, row in enumerate(ladder.students):
                for _ in range(row[region]):
                    Person(self, SCHOOL, region, year, AUGUST if year == last else SEPTEMBER)
            for year, row in enumerate(ladder.foundation_doctors):
                for _ in range(row[region]):
                    Person(self, FOUNDATION, region, year, AUGUST)
            for p, levels in enumerate(ladder.trainees):
                for level, row in enumerate(levels):
                    for _ in range(row[region]):
                        Person(self, TRAINING, region, level, AUGUST).programme = p
                for _ in range(ladder.doctors[p][region]):
                    person = Person(self, PRACTICE, region)
                    person.programme = p
                    person.settle()

    def record(self, step: Step, person: int, where: int) -> None:
        self.log.append((self.month, step, person, where))

    def run(self) -> list[Row]:
        """All months."""
        while self.month < self.ladder.months:
            self.step()
            self.month += 1
        return self.log

    def step(self) -> None:
        """One month: supervision, entrants, endings, rounds, grants."""
        self.count_supervision()
        if self.month % YEAR == SEPTEMBER:
            self.enter()
        self.agents.do("step")
        if self.month % YEAR == AUGUST:
            self.allocate_foundation()
            self.recruit()
        if self.month % YEAR == SEPTEMBER:
            self.start_school_years()
        self.grant_supervisors()

    def count_supervision(self) -> None:
        """Supervision follows the doctors in practice as the month begins."""
        ladder = self.ladder
        for p, row in enumerate(self.doctors_now):
            for r, heads in enumerate(row):
                more = heads - self.doctors_counted[p][r]
                self.supervision[p][r] += more * ladder.supervision[p]
                self.foundation_supervision[r] += more * ladder.foundation_supervision[p]
                self.doctors_counted[p][r] = heads

    def enter(self) -> None:
        for region, count in enumerate(self.ladder.intake):
            for _ in range(count):
                person = Person(self, SCHOOL, region)
                person.record(Step.ENTERED)
                self.ask_for_school_year(person)

    def ask_for_school_year(self, person: Person) -> None:
        self.school_queue[person.stage][person.region].append(person)

    def start_school_years(self) -> None:
        for year, queues in enumerate(self.school_queue):
            needs_place = self.ladder.places[year] is not None
            for region, queue in enumerate(queues):
                while queue and (not needs_place or self.places[year][region] > 0):
                    person = queue.popleft()
                    if needs_place:
                        self.places[year][region] -= 1
                        person.place = year
                    person.start_school_year()

    def grant_supervisors(self) -> None:
        for region, waiting in enumerate(self.foundation_queue):
            while waiting and self.foundation_supervision[region] >= SLOT:
                self.foundation_supervision[region] -= SLOT
                waiting.popleft().start_foundation_year()
        for p, queues in enumerate(self.queue):
            for region, waiting in enumerate(queues):
                while waiting and self.supervision[p][region] >= SLOT:
                    self.supervision[p][region] -= SLOT
                    waiting.popleft().start_training()

    def in_order_of_wish(self, weights: list[float]) -> list[int]:
        """A random order, drawn by weight without replacement (a race of exponentials)."""
        wait = [self.random.expovariate(weight) if weight else float("inf") for weight in weights]
        return sorted(range(len(weights)), key=wait.__getitem__)

    def allocate_foundation(self) -> None:
        """First preferences in random order, then the best preference left; the rest wait a year."""
        ladder = self.ladder
        left = list(ladder.foundation_places)
        self.random.shuffle(self.graduates)
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
                person.region = region
                person.stage = 0
                person.record(Step.FOUNDATION_ALLOCATED)
                self.foundation_queue[region].append(person)
            waiting = unplaced
        self.graduates = [person for person, _ in waiting]

    def recruit(self) -> None:
        """The ablest first, each takes the best post left."""
        ladder = self.ladder
        applicants, self.applicants = self.applicants, []
        for person in sorted(applicants, key=lambda each: each.ability, reverse=True):
            weights = list(ladder.attraction)
            weights[person.region] *= ladder.trained_weight
            wishes = (
                (p, r) for p in self.in_order_of_wish(ladder.taste) for r in self.in_order_of_wish(weights)
            )
            post = next(((p, r) for p, r in wishes if self.posts[p][r] > 0), None)
            if post is None:
                person.record(Step.UNPLACED)
                person.state = "unplaced"
                person.due = next_month(self.month + 1, AUGUST)
                continue
            person.programme, person.region = post
            person.life, person.stage = TRAINING, 0
            self.posts[post[0]][post[1]] -= 1
            person.record(Step.ACCEPTED)
            self.queue[post[0]][post[1]].append(person)


def run(ladder: Ladder, seed: int) -> list[Row]:
    """One run; the log."""
    return MesaLadder(ladder, seed).run()
