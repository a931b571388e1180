"""A doctor's life on SimPy, stage by stage: each stage is a generator that returns the next.

Read it with a finger: ``medical_school`` -> ``foundation`` -> ``after_foundation`` -> ``training`` ->
``practice``, with ``outside`` in between. Every decision is a rule (``pipeline_sim.rules``); here is
only who waits for what, and what is written in the log. A stage whose next step lies beyond the
horizon returns None: the doctor stays where they are. A step that waits for nothing is a plain function.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

from pipeline_sim import randomness as chance
from pipeline_sim.engines import rows, simpy_credit
from pipeline_sim.engines.doctor import Doctor
from pipeline_sim.engines.logbook import place
from pipeline_sim.engines.simpy_pools import SITTING, STARTING, Bundle
from pipeline_sim.engines.simpy_practice import CONSULTANT, joining, practice, start_sas
from pipeline_sim.engines.simpy_step_outs import (
    BACK,
    GAVE_UP,
    Seat,
    ask_for_hours,
    assess_time_away,
    end_support,
    hours_after_asking,
    hours_on_starting,
    kind_allowed,
    kind_at_start,
    leave_post,
    register,
    spell_of,
    step_out,
    take_post,
    yearly_request,
)
from pipeline_sim.rules import medical_school as school_rules
from pipeline_sim.rules import outside as outside_rules
from pipeline_sim.rules import training as training_rules
from pipeline_sim.rules.hours import FULL_TIME
from pipeline_sim.scenario.blueprint import AFTER_F2_DESTINATIONS
from pipeline_sim.vocabulary import COVERING, FoundationKind, Leaving, Outcome, State

if TYPE_CHECKING:
    from pipeline_sim.engines.simpy_engine import Simulation

Stage = Generator[Any, Any, Any]

COMPLETION = int(Outcome.COMPLETION)
# states as plain numbers: comparing members of an enumeration is slow
LOCALLY_EMPLOYED, UNPLACED, ABROAD = int(State.LOCALLY_EMPLOYED), int(State.UNPLACED), int(State.ABROAD)
TEACHING_RESEARCH, BREAK = int(State.TEACHING_RESEARCH), int(State.BREAK)
OVERSEAS_APPLICANT, TRAINING = int(State.OVERSEAS_APPLICANT), int(State.TRAINING)
TRAINING_INITIATIVE = int(State.TRAINING_INITIATIVE)

DESTINATION_STATE = {
    "locally_employed": LOCALLY_EMPLOYED,
    "abroad": ABROAD,
    "teaching_research": TEACHING_RESEARCH,
    "break": BREAK,
}
NHS_STATES = (LOCALLY_EMPLOYED, UNPLACED)
GOES_ON = (training_rules.STEPS_OUT, training_rules.ASKS_FOR_HOURS, training_rules.SUPPORT_ENDS)
STATES_TO_GO_BACK_TO = (OVERSEAS_APPLICANT, ABROAD, BREAK, TEACHING_RESEARCH, LOCALLY_EMPLOYED)


class Life(simpy.Process):
    """One person's process: it lives one stage after another.

    Unlike SimPy's own it takes its first step at once, goes on with the stage that a stage returns, and
    ends quietly, since nobody waits for the end of a life: no event is scheduled for any of these.
    """

    def __init__(self, env: simpy.Environment, stage: Stage) -> None:
        self.env = env
        self.callbacks: Any = []
        self._generator = stage
        self._resume(None)

    def _resume(self, event: simpy.Event | None) -> None:
        while True:
            try:
                awaited = self._generator.send(None)
            except StopIteration as end:
                if end.value is None:
                    self._ok, self._value, self.callbacks = True, None, None
                    return
                self._generator = end.value
                continue
            if awaited.callbacks is not None:  # else it has happened: go on
                awaited.callbacks.append(self._resume)
                return


# medical school ------------------------------------------------------------------------------------


def medical_school(
    sim: Simulation, doctor: Doctor, year: int = 0, months_left: int = -1, held: Bundle = ()
) -> Stage:
    """From a year of the course to graduation; ``months_left`` >= 0 in a year begun before the start."""
    write, person = sim.log.write, doctor.id
    where = sim.in_region[doctor.home]
    years = len(sim.course_months[doctor.route])
    sat = 0  # times that this year of the course was sat before
    begun = months_left >= 0
    while year < years:
        if not begun:
            need = sim.course_needs[doctor.route][doctor.home][year]
            if need is not None:
                request = sim.pools.ask(need, school_rules.queue(year, years), sim.month, doctor, where)
                yield request
                held = need.bundles[request.granted]
            write(rows.MEDICAL_YEAR_STARTED, person, where, year + 1)
            months_left = sim.course_months[doctor.route][year]
        begun = False
        due = sim.month + months_left
        if due >= sim.horizon:
            return None
        yield sim.endings[due]
        if held:
            sim.pools.release(held)
            held = ()
        result = sim.school_result(doctor, year, sat)
        if result == school_rules.LEAVE:
            write(rows.LEFT_MEDICAL_SCHOOL, person, where, year + 1)
            sim.alive -= 1
            return None
        if result == school_rules.REPEAT:
            write(rows.MEDICAL_YEAR_REPEATED, person, where, year + 1)
            sat += 1
            september = sim.month + sim.months_to_september()
            if september >= sim.horizon:
                return None
            yield sim.endings[september]  # a failed final year ends before everyone else's
            continue
        write(rows.MEDICAL_YEAR_PASSED, person, where, year + 1)
        year, sat = year + 1, 0
    doctor.trained = doctor.home
    write(rows.GRADUATED, person, where, doctor.school_detail)
    applies = sim.route_applies[doctor.route]
    if not chance.happens(sim.key, person, chance.GRADUATE_APPLIES, 0, applies):
        sim.leave(doctor, Leaving.AFTER_GRADUATION)
        return None
    return foundation(sim, doctor)


# foundation ------------------------------------------------------------------------------------------


def foundation(sim: Simulation, doctor: Doctor) -> Stage:
    """Apply for foundation, each August until placed; returns the foundation years."""
    august = sim.next_august(sim.month)
    while august < sim.horizon:
        sim.foundation.register(doctor, august)
        yield sim.answers[august]
        if doctor.answer is not None:
            kind, region = doctor.answer
            doctor.answer = None
            wte = hours_on_starting(sim, doctor, 0, region)
            if kind == FoundationKind.PRIORITY:
                doctor.priority_region = region
            return foundation_years(sim, doctor, region, wte)
        reapplies = sim.bp.foundation_reserve_reapplies
        if not chance.happens(sim.key, doctor.id, chance.FOUNDATION_REAPPLIES, sim.year, reapplies):
            sim.leave(doctor, Leaving.AFTER_GRADUATION)
            return None
        august = sim.next_august(sim.month + 1)
    return None


def foundation_years(
    sim: Simulation,
    doctor: Doctor,
    region: int,
    wte: int,
    year: int = 0,
    progress: int = -1,
    held: Bundle = (),
) -> Stage:
    """F1 and F2 in one region. ``progress`` >= 0 for a year already begun at the start."""
    write, person = sim.log.write, doctor.id
    doctor.trained = region
    doctor.trained_here = 1
    doctor.programme = 0
    sim.serve_nhs(doctor)
    while year < 2:
        level = sim.level_first[0] + year
        where = place(0, level, region, wte)
        if progress < 0:
            progress = 0
            with_practice = year == 1 and chance.happens(
                sim.key, person, chance.PRACTICE_PLACEMENT, 0, sim.bp.foundation_practice_share
            )
            wanted = sim.foundation_bundles(year, region, with_practice)
            taken = yield from move_on(sim, doctor, held, wanted, SITTING if year else STARTING, where)
            held = wanted[taken]
            write(rows.FOUNDATION_STARTED, person, where, int(with_practice and taken == 0))
            sim.enhance.consider(doctor, region)
        required = sim.level_wte[level]
        extended, spell = False, 0
        while True:
            spell += 1
            resign, extend, release = sim.foundation_hazards[year][sim.had_assistantship(doctor)]
            end = training_rules.foundation_spell_end(
                sim.key, person, doctor.entries, level, spell, required - progress, wte, resign, extend,
                release, extended, yearly_request(sim, doctor, level, wte),
            )  # fmt: skip
            months, way = divmod(end, training_rules.WAYS)
            due = sim.month + months
            if due >= sim.horizon:
                return None
            yield sim.endings[due]
            if way == training_rules.RESIGNS:
                sim.pools.release(held)
                write(rows.FOUNDATION_RESIGNED, person, where)
                return after_resigning(sim, doctor)
            progress += months * wte
            if way == training_rules.ASKS_FOR_HOURS:
                wte = hours_after_asking(sim, doctor, 0, level, region, spell, wte)
                where = place(0, level, region, wte)
                continue
            if way != training_rules.EXTENDED:
                break
            extended = True
            extra = sim.bp.foundation_extension_months
            required += 100 * extra
            write(rows.FOUNDATION_EXTENDED, person, where, extra)
        if way == training_rules.NOT_SIGNED_OFF:
            sim.pools.release(held)
            write(rows.FOUNDATION_RELEASED, person, where)
            sim.alive -= 1
            return None
        write(rows.FOUNDATION_SIGNED_OFF, person, where)
        year, progress = year + 1, -1
    sim.pools.release(held)
    doctor.tier = 1  # through a UK foundation programme
    return after_foundation(sim, doctor)


def move_on(
    sim: Simulation, doctor: Doctor, held: Bundle, wanted: tuple[Bundle, ...], priority: int, where: int
) -> Stage:
    """Go from what is held to the first of the ``wanted`` bundles that fits; returns its index."""
    move = sim.pools.move(held, wanted)
    sim.pools.release(move.freed)
    if move.need is None:
        return 0
    request = sim.pools.ask(move.need, priority, sim.month, doctor, where)
    yield request
    sim.pools.release(move.surplus[request.granted])
    return request.granted


# outside training ---------------------------------------------------------------------------------------


def after_foundation(sim: Simulation, doctor: Doctor) -> Stage | None:
    """After F2: apply at once, or a spell doing something else."""
    choice = outside_rules.destination_after_f2(sim.key, doctor.id, sim.bp.after_f2_cumulative)
    name = AFTER_F2_DESTINATIONS[choice]
    if name == "leave":
        sim.leave(doctor, Leaving.AFTER_FOUNDATION)
        return None
    if name == "apply":
        if sim.is_august:
            return apply_for_training(sim, doctor, sim.month)
        return outside(sim, doctor, LOCALLY_EMPLOYED, months=0, sure=True)
    return spell_away(sim, doctor, choice)


def after_resigning(sim: Simulation, doctor: Doctor) -> Stage | None:
    """After resigning or release: another destination, later perhaps another programme."""
    doctor.choices += 1
    if sim.goes_straight_to_sas(doctor):
        return start_sas(sim, doctor, doctor.programme)
    choice = outside_rules.destination_after_resigning(
        sim.key, doctor.id, doctor.choices, sim.bp.resign_cumulative
    )
    if AFTER_F2_DESTINATIONS[choice] == "leave":
        sim.leave(doctor, Leaving.LEFT_MEDICINE)
        return None
    return spell_away(sim, doctor, choice)


def spell_away(sim: Simulation, doctor: Doctor, choice: int) -> Stage | None:
    """A chosen spell outside training, with its drawn length before the first decision."""
    doctor.choices += 1
    months = outside_rules.months_away(
        sim.key, doctor.id, doctor.choices, sim.away_min[choice], sim.away_max[choice]
    )
    return outside(sim, doctor, DESTINATION_STATE[AFTER_F2_DESTINATIONS[choice]], months)


def live_as(sim: Simulation, doctor: Doctor, state: int) -> None:
    """Take up a life outside training; in the NHS, service begins, in a region."""
    simpy_credit.live_differently(sim, doctor)
    doctor.state = state
    if state in NHS_STATES:
        sim.serve_nhs(doctor)
        if doctor.trained < 0:
            doctor.trained = outside_rules.region_of_first_job(sim.key, doctor.id, sim.bp.attraction)


def outside(
    sim: Simulation,
    doctor: Doctor,
    state: int,
    months: int,
    sure: bool = False,
    told: bool = False,
    covers: bool = False,
) -> Stage | None:
    """Live outside training until an August brings an application or another move; returns either.

    The first decision falls in the first August at least ``months`` ahead; ``sure`` makes it an
    application. ``told`` when the log already says where this doctor is; ``covers`` in a post held for a
    trainee who is away, until that move. Whoever would apply at once does so without stepping out first.
    """
    decision = sim.next_august(sim.month + months)
    way = outside_rules.APPLY
    if not sure:
        years, way = divmod(sim.next_move(doctor, state, decision), outside_rules.WAYS)
        decision += 12 * years
    if way == outside_rules.APPLY and decision == sim.month and not told:
        return apply_for_training(sim, doctor, decision)
    if doctor.state != state:
        live_as(sim, doctor, state)
    if not told:
        detail = state + COVERING * covers
        sim.log.write(rows.STARTED_OUTSIDE, doctor.id, sim.in_region[doctor.trained], detail)
    if covers:
        until = sim.horizon if way == outside_rules.STAY else min(decision, sim.horizon)
        sim.covers.until[doctor.trained, until] += 1
    if way == outside_rules.STAY or decision >= sim.horizon:
        return None
    if way == outside_rules.APPLY:
        return apply_for_training(sim, doctor, decision)
    return move_away(sim, doctor, way, decision)


def move_away(sim: Simulation, doctor: Doctor, way: int, month: int) -> Stage:
    """In a month ahead, leave for good, take a SAS post or a locally employed one."""
    yield sim.endings[month]
    if way == outside_rules.LEAVE:
        never_came = doctor.state == OVERSEAS_APPLICANT
        sim.leave(doctor, Leaving.NEVER_CAME if never_came else Leaving.FROM_OUTSIDE_TRAINING)
        return None
    if way == outside_rules.TO_SAS:
        return start_sas(sim, doctor)
    if way == outside_rules.APPLY_FROM_POST:
        return outside(sim, doctor, LOCALLY_EMPLOYED, months=0, sure=True)
    if way == outside_rules.PORTFOLIO:
        programme, region = sim.sas_specialty(doctor), doctor.trained
        where = place(programme, region=region)
        sim.careers.begin_portfolio(doctor, programme, region, where, 1 + doctor.group)
        return portfolio_application(sim, doctor, programme)
    return outside(sim, doctor, LOCALLY_EMPLOYED, months=1)


def portfolio_application(sim: Simulation, doctor: Doctor, programme: int) -> Stage | None:
    """A portfolio application beside a locally employed post, from now to its end or the horizon."""
    month, way = sim.end_of_application(doctor)
    return portfolio_decision(sim, doctor, programme, month, way) if month < sim.horizon else None


def portfolio_decision(sim: Simulation, doctor: Doctor, programme: int, month: int, way: int) -> Stage:
    """In a month ahead, leave for good, or the decision: a consultant's post, or on as before."""
    yield sim.endings[month]
    region, applicant = doctor.trained, 1 + doctor.group
    where = place(programme, region=region)
    if way == outside_rules.LEAVE:
        sim.careers.end_portfolio(doctor, programme, region, applicant)
        sim.leave(doctor, Leaving.FROM_OUTSIDE_TRAINING)
        return None
    if sim.careers.portfolio_granted(doctor, programme, region, applicant):
        sim.log.write(rows.PORTFOLIO_REGISTERED, doctor.id, where)
        return practice(sim, doctor, CONSULTANT, programme, region)
    sim.log.write(rows.PORTFOLIO_REFUSED, doctor.id, where)
    return outside(sim, doctor, LOCALLY_EMPLOYED, months=1, told=True)


def employed_at_start(sim: Simulation, doctor: Doctor) -> Stage | None:
    """A locally employed doctor of the starting stock, perhaps with an application under way."""
    programme = sim.sas_specialty(doctor)
    if not sim.careers.applies_at_start(doctor, programme):
        return outside(sim, doctor, LOCALLY_EMPLOYED, months=0, told=True)
    live_as(sim, doctor, LOCALLY_EMPLOYED)
    return portfolio_application(sim, doctor, programme)


def training_initiative(sim: Simulation, doctor: Doctor) -> Stage | None:
    """A stay on the Medical Training Initiative, to its end or the horizon."""
    simpy_credit.live_differently(sim, doctor)
    doctor.state = TRAINING_INITIATIVE
    month, way = sim.end_of_initiative(doctor)
    return move_away(sim, doctor, way, month) if month < sim.horizon else None


def take_up_post(sim: Simulation, doctor: Doctor) -> Stage | None:
    """Go to the accepted post, or withdraw before the start (None) and leave it empty."""
    assert doctor.answer is not None
    programme, region = doctor.answer
    doctor.answer = None
    withdraws = sim.bp.withdraw_before_start
    if not chance.happens(sim.key, doctor.id, chance.WITHDRAWAL, sim.month, withdraws):
        return start_training(sim, doctor, programme, region)
    sim.recruitment.committed[programme][region] -= 1
    sim.log.write(rows.WITHDREW, doctor.id, place(programme, region=region))
    return None


def apply_for_training(sim: Simulation, doctor: Doctor, month: int) -> Stage:
    """Apply in the rounds of a month, this one or later; returns training or life outside."""
    while True:
        sim.recruitment.register(doctor, month)
        yield sim.answers[month]
        if doctor.answer is not None:
            training_stage = take_up_post(sim, doctor)
            if training_stage is not None:
                return training_stage
            back = doctor.state if doctor.state in STATES_TO_GO_BACK_TO else LOCALLY_EMPLOYED
            return outside(sim, doctor, back, months=1, told=back == doctor.state)
        if doctor.covers:
            doctor.covers = False
            return outside(sim, doctor, LOCALLY_EMPLOYED, months=1, covers=True)
        state = OVERSEAS_APPLICANT if doctor.state == OVERSEAS_APPLICANT else UNPLACED
        told = doctor.state == state
        month, doctor.tries_again = doctor.tries_again, -1
        if month < 0:
            return outside(sim, doctor, state, months=1, told=told)
        if not told:
            live_as(sim, doctor, state)
            sim.log.write(rows.STARTED_OUTSIDE, doctor.id, sim.in_region[doctor.trained], state)


# training -----------------------------------------------------------------------------------------------


def start_training(sim: Simulation, doctor: Doctor, programme: int, region: int) -> Stage:
    """Take post, supervisor and practice place together, then train."""
    level, progress = simpy_credit.start_level(sim, doctor, programme)
    doctor.state = TRAINING
    doctor.entries += 1
    doctor.tier = 1  # on a UK programme
    doctor.trained_here = 1
    sim.serve_nhs(doctor)
    wte = hours_on_starting(sim, doctor, programme, region)
    held = sim.training_bundle(programme, level, region)
    where = place(programme, level, region, wte)
    yield sim.pools.ask(sim.pools.need(held), STARTING, sim.month, doctor, where, FULL_TIME - wte)
    sim.recruitment.committed[programme][region] -= 1
    seat = Seat(programme, region, level, wte, held, began=sim.month)
    seat.progress = progress
    take_post(sim, doctor, seat)
    simpy_credit.log_credit(sim, doctor, where)
    return training(sim, doctor, seat)


def present_in_training(sim: Simulation, doctor: Doctor, seat: Seat) -> Stage:
    """A trainee of the starting stock: in post, or away for some months yet."""
    doctor.programme = seat.programme
    away = kind_at_start(sim, doctor, seat)
    if away >= 0:
        end = yield from step_out(sim, doctor, seat, away, at_start=True)
        if end != BACK:
            return after_resigning(sim, doctor) if end == GAVE_UP else None
    return training(sim, doctor, seat, seated=True)


def training(sim: Simulation, doctor: Doctor, seat: Seat, seated: bool = False) -> Stage:
    """The levels of a programme to its end. ``seated`` in a level already begun."""
    write, person, programme = sim.log.write, doctor.id, seat.programme
    doctor.trained = seat.region
    doctor.programme = programme
    last = sim.level_first[programme] + sim.level_count[programme] - 1
    entering = not seated
    while True:
        if not seated:
            write(rows.STARTED_LEVEL, person, seat.where, int(entering))
            seat.spell = 0
            seat.required = sim.level_wte[seat.level]
            seat.progress = int(training_rules.done_on_starting(seat.progress, seat.required))
            seat.use_credit()
        seated = entering = False
        while True:
            months, way = spell_of(sim, doctor, seat)
            due = sim.month + months
            if due >= sim.horizon:
                return None
            yield sim.endings[due]
            end_support(sim, seat)
            if way == training_rules.RESIGNS:
                leave_post(sim, doctor, seat)
                write(rows.RESIGNED, person, seat.where)
                simpy_credit.leave_programme(sim, doctor, programme, seat.level, seat.progress)
                return after_resigning(sim, doctor)
            seat.progress += months * seat.wte
            seat.since_review += months
            if way == training_rules.STEPS_OUT:
                kind = kind_allowed(sim, doctor, seat)
                if kind >= 0:
                    end = yield from step_out(sim, doctor, seat, kind)
                    if end != BACK:
                        return after_resigning(sim, doctor) if end == GAVE_UP else None
            elif way == training_rules.ASKS_FOR_HOURS:
                ask_for_hours(sim, doctor, seat)
            if way in GOES_ON:
                continue
            done, released = review(sim, doctor, seat, way, last)
            if released:
                leave_post(sim, doctor, seat)
                write(rows.RELEASED, person, seat.where)
                simpy_credit.leave_programme(sim, doctor, programme, seat.level, seat.progress, well=False)
                return after_resigning(sim, doctor)
            if seat.satisfactory and simpy_credit.tries_another(sim, doctor, programme):
                stage = yield from another_programme(sim, doctor, seat)
                if stage is not None:
                    return stage
            if done:
                break
        if seat.level == last:
            leave_post(sim, doctor, seat)
            simpy_credit.leave_programme(sim, doctor, programme, seat.level, seat.progress)
            return completion(sim, doctor, programme, seat.where, seat.began)
        seat.progress -= seat.required
        seat.level += 1
        seat.turn()
        register(sim, doctor, seat)
        wanted = sim.training_bundle(programme, seat.level, seat.region)
        if wanted is not seat.held:
            yield from move_on(sim, doctor, seat.held, (wanted,), SITTING, seat.where)
            seat.held = wanted


def review(sim: Simulation, doctor: Doctor, seat: Seat, outcome: int, last: int) -> tuple[bool, bool]:
    """The yearly review; (the level is done, released), with what it adds written down."""
    write, person = sim.log.write, doctor.id
    seat.since_review = 0
    further = 0
    if outcome == training_rules.EXTRA_TIME:
        further = training_rules.extension_granted(
            seat.extended, sim.extension[seat.programme], sim.extension_cap[seat.programme]
        )
        if not further:
            outcome = training_rules.RELEASE
    done = seat.progress >= seat.required + 100 * further
    if done and seat.level == last and outcome != training_rules.RELEASE:
        outcome = COMPLETION
    write(rows.REVIEWED, person, seat.where, outcome)
    seat.supported = 0
    seat.satisfactory = outcome == training_rules.SATISFACTORY
    if outcome == training_rules.RELEASE:
        return done, True
    if further:
        seat.extended += further
        seat.required += 100 * further
        write(rows.EXTENDED, person, seat.where, further)
    assess_time_away(sim, doctor, seat)
    if not done:
        seat.use_credit()
    return done, False


def another_programme(sim: Simulation, doctor: Doctor, seat: Seat) -> Stage:
    """Try for a post in another programme; returns training there, or None to go on here."""
    yield from simpy_credit.apply_for_another(sim, doctor, seat.programme)
    if doctor.answer is None:
        return None
    new = doctor.answer[0]
    stage = take_up_post(sim, doctor)
    if stage is not None:
        leave_post(sim, doctor, seat)
        simpy_credit.transfer(sim, doctor, seat.programme, seat.level, seat.progress, seat.where, new)
    return stage


def completion(sim: Simulation, doctor: Doctor, programme: int, where: int, began: int) -> Stage | None:
    """The end of a programme: higher training after a core programme, practice after a CCT."""
    bit = sim.core_bit[programme]
    if bit >= 0:
        doctor.competence |= 1 << bit
        doctor.tier = 1  # through a UK training programme
        sim.log.write(rows.COMPLETED_CORE, doctor.id, where)
        if sim.recruits_higher_now(doctor):
            return apply_for_training(sim, doctor, sim.month)
        return outside(sim, doctor, LOCALLY_EMPLOYED, months=0, sure=True)
    sim.log.write(rows.COMPLETED_TRAINING, doctor.id, where, sim.month - began)
    return joining(sim, doctor, programme)
