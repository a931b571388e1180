"""Who is there at the start, and who comes in later: students, overseas doctors, overseas applicants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_sim import clock
from pipeline_sim import randomness as chance
from pipeline_sim.clock import ACADEMIC_YEAR_MONTH, Phase
from pipeline_sim.engines import simpy_lives as lives
from pipeline_sim.engines import simpy_practice as practice
from pipeline_sim.engines.common import (
    COURSE_YEARS,
    LEVELS,
    STREAMS,
    TRAINED_GROUP_SPAN,
    is_uk_in_stock,
)
from pipeline_sim.engines.doctor import Doctor
from pipeline_sim.engines.logbook import place
from pipeline_sim.identity import IdentityKind, person_identity
from pipeline_sim.scenario.blueprint import TRAINED_GROUPS
from pipeline_sim.vocabulary import WIDENING, Event, State

if TYPE_CHECKING:
    from pipeline_sim.engines.simpy_engine import Simulation

UK, OVERSEAS = 0, 1
FULL_TIME = 100


class Arrivals:
    """Makes people: the starting stock once, then each month's arrivals."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        bp = sim.bp
        self._stream_month = bp.stream_month.tolist()
        self._age_from = bp.age_from.tolist()

    def _is_female(self, identity: int, share: int) -> int:
        return int(chance.happens(self._sim.key, identity, chance.SEX, 0, share))

    # each month ---------------------------------------------------------------------------------------

    def this_month(self) -> None:
        """Everyone who arrives this month."""
        sim, bp = self._sim, self._sim.bp
        year = sim.training_year(sim.month)
        calendar_month = sim.calendar_month()
        if calendar_month == ACADEMIC_YEAR_MONTH:
            for route in range(len(bp.routes)):
                for region in range(len(bp.regions)):
                    for ordinal in range(int(bp.intake[year, route, region])):
                        self._student(route, region, ordinal)
        for stream, month in enumerate(self._stream_month):
            if month == calendar_month:
                for region in range(len(bp.regions)):
                    for ordinal in range(int(bp.arrivals[year, stream, region])):
                        self._stream(stream, region, ordinal, at_start=False)

    def _student(self, route: int, region: int, ordinal: int) -> None:
        sim = self._sim
        identity = person_identity(int(IdentityKind.STUDENT_ENTRANT), sim.month, route, region, ordinal)
        doctor = self._new_student(identity, route, region, 0)
        detail = self.school_detail(doctor)
        sim.write(Phase.ARRIVALS, doctor, Event.ENTERED_MEDICAL_SCHOOL, place(region=region), detail)
        sim.begin(doctor, lives.medical_school(sim, doctor))

    def _new_student(self, identity: int, route: int, region: int, years_in: int) -> Doctor:
        sim, bp = self._sim, self._sim.bp
        age = 12 * (int(bp.route_entry_age[route]) + years_in)
        within = chance.draw_between(sim.key, identity, chance.ENTRY_AGE, 0, 0, 11)
        female = self._is_female(identity, int(bp.route_female[route]))
        doctor = Doctor(identity, UK, region, sim.month - age - within, female)
        doctor.route = route
        share = int(bp.route_assistantship[route])
        doctor.assistantship = chance.happens(sim.key, identity, chance.ASSISTANTSHIP, 0, share)
        sim.alive += 1
        return doctor

    def school_detail(self, doctor: Doctor) -> int:
        """Route, plus WIDENING for a widening-participation entrant."""
        share = int(self._sim.bp.route_widening[doctor.route])
        entrant = chance.happens(self._sim.key, doctor.id, chance.WIDENING_PARTICIPATION, 0, share)
        return doctor.route + WIDENING * int(entrant)

    def _stream(self, stream: int, region: int, ordinal: int, at_start: bool) -> None:
        sim, bp = self._sim, self._sim.bp
        group = int(bp.stream_group[stream])
        kind = IdentityKind.STARTING_UK if group == UK else IdentityKind.OVERSEAS
        month = 0 if at_start else sim.month + 1  # the starting stock came before month 0
        identity = person_identity(int(kind), month, STREAMS + stream, region, ordinal)
        low, high = (12 * int(age) for age in bp.stream_age[stream])
        age = chance.draw_between(sim.key, identity, chance.STREAM_AGE, 0, low, high + 11)
        female = self._is_female(identity, int(bp.stream_female[stream]))
        doctor = Doctor(identity, group, region if group == UK else -1, sim.month - age, female)
        doctor.competence = self._ready(stream, identity)
        tier = int(bp.stream_tier[stream])
        if group == OVERSEAS and chance.happens(sim.key, identity, chance.STREAM_TIER, 0, tier):
            doctor.tier = 1
        sim.alive += 1
        state = State(int(bp.stream_state[stream]))
        if state not in (State.OVERSEAS_APPLICANT, State.FOUNDATION_WAITING):
            doctor.trained = region
        if state in lives.NHS_STATES:
            longest = int(bp.stream_nhs_months[stream]) if at_start else 0
            served = chance.draw_between(sim.key, identity, chance.STREAM_SERVICE, 0, 0, longest)
            doctor.nhs_since = sim.month - served
        self._announce(doctor, state, at_start)
        sim.begin(doctor, self._life_in(doctor, state, at_start))

    def _announce(self, doctor: Doctor, state: State, at_start: bool) -> None:
        sim = self._sim
        if at_start:
            self._present(doctor, state, place(region=doctor.trained))
        elif state == State.FOUNDATION_WAITING:
            sim.write(Phase.ARRIVALS, doctor, Event.ARRIVED_FOR_FOUNDATION)
        else:
            where = place(region=doctor.trained)
            sim.write(Phase.ARRIVALS, doctor, Event.ARRIVED_FROM_OVERSEAS, where, state)

    def _ready(self, stream: int, identity: int) -> int:
        """Competence mask of someone who counts as having completed a core programme, else 0."""
        ready = self._sim.bp.stream_ready[stream]
        bit = chance.pick(ready, chance.draw(self._sim.key, identity, chance.STREAM_READY, 0))
        return 1 << int(bit) if bit < len(ready) else 0

    def _life_in(self, doctor: Doctor, state: State, at_start: bool) -> lives.Stage | None:
        sim = self._sim
        if state == State.FOUNDATION_WAITING:
            return _later(sim, lives.foundation(sim, doctor))
        if state in (State.CONSULTANT, State.GP):
            group = practice.GROUP_STATE.index(state)
            u = chance.draw(sim.key, doctor.id, chance.SAS_SPECIALTY, 0)
            programme = int(chance.pick(sim.trained_specialty[group], u))
            return practice.practice(sim, doctor, group, programme, doctor.trained)
        sure = state == State.OVERSEAS_APPLICANT and not at_start
        return lives.outside(sim, doctor, state, months=0, sure=sure, told=True)

    # the start ----------------------------------------------------------------------------------------------

    def starting_stock(self) -> None:
        """Everyone present on the eve of month 0."""
        bp = self._sim.bp
        for region in range(len(bp.regions)):
            for route in range(len(bp.routes)):
                first = int(bp.route_first[route])
                for course in range(first, first + int(bp.route_years[route])):
                    for ordinal in range(int(bp.student_stock[course, region])):
                        self._present_student(route, course - first, course, region, ordinal)
            for programme in range(len(bp.programmes)):
                first = int(bp.level_first[programme])
                for level in range(first, first + int(bp.level_count[programme])):
                    for ordinal in range(int(bp.trainee_stock[level, region])):
                        self._present_trainee(programme, level, region, ordinal)
            for stream in range(len(bp.streams)):
                for ordinal in range(int(bp.outside_stock[stream, region])):
                    self._stream(stream, region, ordinal, at_start=True)
            for group in range(len(TRAINED_GROUPS)):
                for programme in range(len(bp.programmes)):
                    for ordinal in range(int(bp.workforce[group, programme, region])):
                        self._present_trained(group, programme, region, ordinal)

    def _present(self, doctor: Doctor, state: State, where: int) -> None:
        self._sim.log.write(0, doctor.id, Event.PRESENT_AT_START, where, state)

    def _present_student(self, route: int, year: int, course: int, region: int, ordinal: int) -> None:
        sim = self._sim
        identity = person_identity(int(IdentityKind.STARTING_UK), 0, COURSE_YEARS + course, region, ordinal)
        doctor = self._new_student(identity, route, region, year + 1)
        self._present(doctor, State.STUDENT, place(region=region))
        bundles = sim.placement_bundles(sim.course_stage[course], region)
        held = bundles[0] if bundles else ()
        sim.pools.hold(held)
        last = year == sim.route_years[route] - 1
        ends_in = clock.TRAINING_YEAR_MONTH if last else ACADEMIC_YEAR_MONTH
        months_left = (ends_in - sim.bp.start_month) % 12
        sim.begin(doctor, lives.medical_school(sim, doctor, year, months_left, held))

    def _present_trainee(self, programme: int, level: int, region: int, ordinal: int) -> None:
        sim, bp = self._sim, self._sim.bp
        uk = is_uk_in_stock(ordinal, int(bp.stock_uk_share[programme]))
        kind = IdentityKind.STARTING_UK if uk else IdentityKind.OVERSEAS
        identity = person_identity(int(kind), 0, LEVELS + level, region, ordinal)
        order = level - sim.level_first[programme]
        youngest, oldest = (12 * int(age) for age in bp.stock_trainee_age)
        age = chance.draw_between(sim.key, identity, chance.STOCK_AGE, 0, youngest, oldest) + 12 * order
        female = self._is_female(identity, int(bp.route_female[0]))
        doctor = Doctor(identity, UK if uk else OVERSEAS, -1, -age, female)
        doctor.tier = 1  # in a UK programme
        doctor.trained = region
        doctor.nhs_since = -24 - 12 * order if programme else -12 * (order + 1)
        sim.alive += 1
        wte = sim.starting_wte(doctor, programme, in_post=True)
        progress, since_review = self._progress(doctor, programme, level, wte)
        state = State.TRAINING if programme else State.FOUNDATION
        self._present(doctor, state, place(programme, level, region, wte))
        held = sim.training_bundle(programme, level, region)
        sim.pools.hold(held)
        if programme == 0:
            stage = lives.foundation_years(sim, doctor, region, order, progress, wte, held)
        else:
            stage = lives.training(
                sim, doctor, programme, region, level, wte, held, -12 * (order + 1), progress,
                since_review, seated=True,
            )  # fmt: skip
        sim.begin(doctor, stage)

    def _progress(self, doctor: Doctor, programme: int, level: int, wte: int) -> tuple[int, int]:
        """(progress, months since review) in a level begun before the start.

        A full-timer on the August cycle has just done the year; anyone else is anywhere in the level.
        Foundation starts in August only, so there only those extended are off the cycle.
        """
        sim = self._sim
        required = sim.level_wte[level]
        share = sim.bp.off_cycle_share
        if programme == 0:
            share = int(sim.bp.foundation_extend[level - sim.level_first[0]])
        off_cycle = chance.happens(sim.key, doctor.id, chance.STOCK_PROGRESS, 0, share)
        if wte == FULL_TIME and required == 12 * FULL_TIME and not off_cycle:
            to_august = (clock.TRAINING_YEAR_MONTH - sim.bp.start_month) % 12
            return required - to_august * FULL_TIME, 12 - to_august
        months = (required - 1) // wte
        done = chance.draw_between(sim.key, doctor.id, chance.STOCK_PROGRESS, 1, 0, months)
        return int(done) * wte, int(done) % 12

    def _present_trained(self, group: int, programme: int, region: int, ordinal: int) -> None:
        sim, bp = self._sim, self._sim.bp
        identity = person_identity(
            int(IdentityKind.STARTING_WORKFORCE),
            0,
            TRAINED_GROUP_SPAN * group + programme,
            region,
            ordinal,
        )
        female = self._is_female(identity, int(bp.workforce_female[group]))
        origin = OVERSEAS if group == practice.SAS else UK
        doctor = Doctor(identity, origin, region, self._birth(identity, group), female)
        if origin == OVERSEAS:
            tier = bp.stock_sas_first_tier
            doctor.tier = int(chance.happens(sim.key, identity, chance.STREAM_TIER, 0, tier))
            doctor.nhs_since = doctor.birth  # in service for longer than any threshold asks
        wte = sim.practice_wte(doctor, group)
        sim.alive += 1
        where = place(programme, region=region, wte=wte)
        self._present(doctor, practice.GROUP_STATE[group], where)
        sim.workforce[group][programme][region] += wte
        sim.begin(doctor, practice.practice(sim, doctor, group, programme, region, wte))

    def _birth(self, identity: int, group: int) -> int:
        sim, bp = self._sim, self._sim.bp
        u = chance.draw(sim.key, identity, chance.STOCK_AGE, 0)
        ages = self._age_from[group]
        band = min(int(chance.pick(bp.age_cumulative[group], u)), len(ages) - 2)
        low, high = 12 * ages[band], 12 * ages[band + 1] - 1
        return -int(chance.draw_between(sim.key, identity, chance.STOCK_AGE, 1, low, max(low, high)))


def _later(sim: Simulation, stage: lives.Stage) -> lives.Stage:
    """Begin a stage in the endings phase of this month, when applications are made."""
    yield sim.ending(sim.month)
    return stage
