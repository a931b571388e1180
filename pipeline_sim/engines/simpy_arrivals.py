"""Who is there at the start, and who comes in later: students, overseas doctors, overseas applicants.

People come in cohorts: those of one route, stream, level or specialty in one region. What a cohort's
people are like is drawn for all of them at once (``rules.arrivals``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline_sim import clock
from pipeline_sim.clock import ACADEMIC_YEAR_MONTH
from pipeline_sim.engines import rows, simpy_credit
from pipeline_sim.engines import simpy_lives as lives
from pipeline_sim.engines import simpy_practice as practice
from pipeline_sim.engines.common import (
    COURSE_YEARS,
    IN_SERVICE,
    LEVELS,
    STREAMS,
    TRAINED_GROUP_SPAN,
    is_uk_in_stock,
)
from pipeline_sim.engines.doctor import Doctor
from pipeline_sim.engines.logbook import place
from pipeline_sim.engines.simpy_step_outs import Seat, take_post
from pipeline_sim.identity import IdentityKind, person_identity
from pipeline_sim.rules import arrivals as rules
from pipeline_sim.rules.hours import FULL_TIME
from pipeline_sim.rules.medical_school import course_results
from pipeline_sim.scenario.blueprint import TRAINED_GROUPS
from pipeline_sim.vocabulary import WIDENING, State

if TYPE_CHECKING:
    from pipeline_sim.engines.simpy_engine import Simulation

UK, OVERSEAS = 0, 1


def cohort(kind: IdentityKind, month: int, group: int, region: int, count: int) -> NDArray[np.int64]:
    """The numbers of the people who come in together."""
    return np.asarray(person_identity(int(kind), month, group, region, np.arange(count, dtype=np.int64)))


class Arrivals:
    """Makes people: the starting stock once, then each month's arrivals."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim

    # each month ---------------------------------------------------------------------------------------

    def this_month(self) -> None:
        """Everyone who arrives this month."""
        sim, bp = self._sim, self._sim.bp
        if sim.calendar_month == ACADEMIC_YEAR_MONTH:
            for route in range(len(bp.routes)):
                for region in range(len(bp.regions)):
                    self._entrants(route, region, int(bp.intake[sim.year, route, region]))
        for stream in np.flatnonzero(bp.stream_month == sim.calendar_month).tolist():
            for region in range(len(bp.regions)):
                count = int(bp.arrivals[sim.year, stream, region])
                for stage in self._stream(stream, region, count, at_start=False):
                    sim.begin(stage)

    def _entrants(self, route: int, region: int, count: int) -> None:
        sim = self._sim
        people = cohort(IdentityKind.STUDENT_ENTRANT, sim.month, route, region, count)
        for doctor in self._students(people, route, region, 0):
            where = sim.in_region[region]
            sim.log.write(rows.ENTERED_MEDICAL_SCHOOL, doctor.id, where, doctor.school_detail)
            sim.begin(lives.medical_school(sim, doctor))

    def _students(self, people: NDArray, route: int, region: int, years_in: int) -> Iterator[Doctor]:
        sim, bp = self._sim, self._sim.bp
        traits = np.empty((len(people), 3), np.int64)
        widening_share = bp.route_widening[sim.year, route]
        rules.student_traits(sim.key, people, bp.route_female[route], widening_share, traits)
        course = slice(bp.route_first[route], bp.route_first[route] + bp.route_years[route])
        results = np.empty(len(people), np.int64)
        course_results(sim.key, people, bp.course_repeat[course], bp.course_leave[course], results)
        born = sim.month - 12 * (int(bp.route_entry_age[route]) + years_in)
        sim.alive += len(people)
        for person, (within, female, widening), ends in zip(
            people.tolist(), traits.tolist(), results.tolist(), strict=True
        ):
            doctor = Doctor(person, UK, region, born - within, female)
            doctor.enter_school(route, ends, route + WIDENING * widening)
            yield doctor

    def _stream(self, stream: int, region: int, count: int, at_start: bool) -> Iterator[lives.Stage | None]:
        """Lives of doctors from outside the English pipeline, who are told apart by where they begin."""
        sim, bp = self._sim, self._sim.bp
        group = int(bp.stream_group[stream])
        kind = IdentityKind.STARTING_UK if group == UK else IdentityKind.OVERSEAS
        month = 0 if at_start else sim.month + 1  # the starting stock came before month 0
        people = cohort(kind, month, STREAMS + stream, region, count)
        low, high = (12 * int(age) for age in bp.stream_age[stream])
        longest = int(bp.stream_nhs_months[stream]) if at_start else 0
        traits = np.empty((count, 5), np.int64)
        rules.stream_traits(
            sim.key, people, low, high + 11, bp.stream_female[stream], bp.stream_tier[stream], longest,
            bp.stream_ready[stream], traits,
        )  # fmt: skip
        state = int(bp.stream_state[stream])
        sim.alive += count
        for person, (age, female, tier, served, competence) in zip(
            people.tolist(), traits.tolist(), strict=True
        ):
            doctor = Doctor(person, group, region if group == UK else -1, sim.month - age, female)
            doctor.competence = competence
            if group == OVERSEAS:
                doctor.tier = tier
            if state not in (State.OVERSEAS_APPLICANT, State.FOUNDATION_WAITING):
                doctor.trained = region
            if state in IN_SERVICE:
                doctor.nhs_since = sim.month - served
                simpy_credit.served_before(doctor, state, served)
            self._announce(doctor, state, at_start)
            yield self._life_in(doctor, state, at_start)

    def _announce(self, doctor: Doctor, state: int, at_start: bool) -> None:
        write, where = self._sim.log.write, self._sim.in_region[doctor.trained]
        if at_start:
            write(rows.PRESENT_AT_START, doctor.id, where, state)
        elif state == State.FOUNDATION_WAITING:
            write(rows.ARRIVED_FOR_FOUNDATION, doctor.id)
        else:
            write(rows.ARRIVED_FROM_OVERSEAS, doctor.id, where, state)

    def _life_in(self, doctor: Doctor, state: int, at_start: bool) -> lives.Stage | None:
        sim = self._sim
        if state == State.FOUNDATION_WAITING:
            return lives.foundation(sim, doctor)
        if state in (State.CONSULTANT, State.GP):
            group = practice.GROUP_STATE.index(state)
            programme = int(rules.specialty_of_arrival(sim.key, doctor.id, sim.trained_specialty[group]))
            return practice.practice(sim, doctor, group, programme, doctor.trained)
        if state == State.SAS:
            return practice.start_sas(sim, doctor)
        if state == State.TRAINING_INITIATIVE:
            return lives.training_initiative(sim, doctor)
        if state == State.LOCALLY_EMPLOYED and at_start:
            return lives.employed_at_start(sim, doctor)
        sure = state == State.OVERSEAS_APPLICANT and not at_start
        return lives.outside(sim, doctor, state, months=0, sure=sure, told=True)

    # the start ----------------------------------------------------------------------------------------------

    def starting_stock(self) -> Iterator[lives.Stage | None]:
        """Everyone present on the eve of month 0: their lives, to begin when all are in place."""
        bp = self._sim.bp
        for region in range(len(bp.regions)):
            for route in range(len(bp.routes)):
                for year in range(int(bp.route_years[route])):
                    yield from self._present_students(route, year, region)
            for programme in range(len(bp.programmes)):
                for order in range(int(bp.level_count[programme])):
                    level = int(bp.level_first[programme]) + order
                    for ordinal in range(int(bp.trainee_stock[level, region])):
                        yield self._present_trainee(programme, order, level, region, ordinal)
            for stream in range(len(bp.streams)):
                yield from self._stream(stream, region, int(bp.outside_stock[stream, region]), at_start=True)
            for group in range(len(TRAINED_GROUPS)):
                for programme in range(len(bp.programmes)):
                    yield from self._present_trained(group, programme, region)

    def _present(self, doctor: Doctor, state: int, where: int) -> None:
        self._sim.log.write(rows.PRESENT_AT_START, doctor.id, where, state)

    def _present_students(self, route: int, year: int, region: int) -> Iterator[lives.Stage]:
        sim, bp = self._sim, self._sim.bp
        course = int(bp.route_first[route]) + year
        count = int(bp.student_stock[course, region])
        people = cohort(IdentityKind.STARTING_UK, 0, COURSE_YEARS + course, region, count)
        bundles = sim.placement_bundles(int(bp.course_stage[course]), region)
        held = bundles[0] if bundles else ()
        sim.pools.hold(held, times=count)
        last = year == bp.route_years[route] - 1
        ends_in = clock.TRAINING_YEAR_MONTH if last else ACADEMIC_YEAR_MONTH
        months_left = (ends_in - bp.start_month) % 12
        for doctor in self._students(people, route, region, year + 1):
            self._present(doctor, State.STUDENT, sim.in_region[region])
            yield lives.medical_school(sim, doctor, year, months_left, held)

    def _present_trainee(
        self, programme: int, order: int, level: int, region: int, ordinal: int
    ) -> lives.Stage:
        sim, bp = self._sim, self._sim.bp
        uk = is_uk_in_stock(ordinal, int(bp.stock_uk_share[programme]))
        kind = IdentityKind.STARTING_UK if uk else IdentityKind.OVERSEAS
        identity = person_identity(int(kind), 0, LEVELS + level, region, ordinal)
        youngest, oldest = (12 * int(age) for age in bp.stock_trainee_age)
        age = rules.trainee_age(sim.key, identity, youngest, oldest, order)
        female = int(rules.is_woman(sim.key, identity, int(bp.route_female[0])))
        doctor = Doctor(identity, UK if uk else OVERSEAS, -1, -age, female)
        doctor.tier = 1  # in a UK programme
        doctor.trained_here = 1
        doctor.trained = region
        doctor.nhs_since = -24 - 12 * order if programme else -12 * (order + 1)
        sim.alive += 1
        doctor.hours = wte = sim.wte_in_post(doctor, programme)
        progress, since_review = self._progress(doctor, programme, level, wte)
        state = State.TRAINING if programme else State.FOUNDATION
        self._present(doctor, state, place(programme, level, region, wte))
        held = sim.training_bundle(programme, level, region)
        sim.pools.hold(held, spared=FULL_TIME - wte)
        if programme == 0:
            return lives.foundation_years(sim, doctor, region, wte, order, progress, held)
        seat = Seat(programme, region, level, wte, held, began=-12 * (order + 1))
        seat.required = sim.level_wte[level]
        seat.progress, seat.since_review = progress, since_review
        take_post(sim, doctor, seat)
        return lives.present_in_training(sim, doctor, seat)

    def _progress(self, doctor: Doctor, programme: int, level: int, wte: int) -> tuple[int, int]:
        """(progress, months since review) in a level begun before the start.

        Foundation starts in August only, so there only those extended are off the cycle.
        """
        sim = self._sim
        share = sim.bp.off_cycle_share
        if programme == 0:
            share = int(sim.bp.foundation_extend[level - sim.level_first[0]])
        to_august = (clock.TRAINING_YEAR_MONTH - sim.bp.start_month) % 12
        return rules.progress_in_post(sim.key, doctor.id, sim.level_wte[level], wte, share, to_august)  # type: ignore[no-any-return]

    def _present_trained(self, group: int, programme: int, region: int) -> Iterator[lives.Stage]:
        sim, bp = self._sim, self._sim.bp
        count = int(bp.workforce[group, programme, region])
        span = TRAINED_GROUP_SPAN * group + programme
        people = cohort(IdentityKind.STARTING_WORKFORCE, 0, span, region, count)
        sim.alive += count
        for person, (age, female, tier, wte, change) in zip(
            people.tolist(), self._workforce_traits(people, group), strict=True
        ):
            overseas = group == practice.SAS
            doctor = Doctor(person, OVERSEAS if overseas else UK, region, -age, female)
            if overseas:
                doctor.tier = tier
                doctor.nhs_since = doctor.birth  # in service for longer than any threshold asks
                sim.careers.present_in_grade(doctor, programme, region)
                change = sim.next_change(doctor, group, programme, False)
                simpy_credit.served_before(doctor, int(State.SAS), -doctor.birth)
            self._present(doctor, practice.GROUP_STATE[group], place(programme, region=region, wte=wte))
            sim.workforce[group][programme][region] += wte
            yield practice.practice(sim, doctor, group, programme, region, wte, change)

    def _workforce_traits(self, people: NDArray, group: int) -> Any:
        sim, bp = self._sim, self._sim.bp
        traits = np.empty((len(people), 5), np.int64)
        rules.workforce_traits(
            sim.key, people, group, bp.workforce_female[group], bp.stock_sas_first_tier, bp.age_from[group],
            bp.age_cumulative[group], bp.practice_wte_percent[group], bp.practice_wte_cumulative[group],
            *sim.practice_changes[group][False], traits,
        )  # fmt: skip
        return traits.tolist()
