"""A doctor's life on SimPy, stage by stage: each stage is a generator that returns the next.

Read it with a finger: ``medical_school`` -> ``foundation`` -> ``after_foundation`` -> ``training`` ->
``practice``, with ``outside`` in between. Every decision is a rule (``pipeline_sim.rules``); here is
only who waits for what, and what is written in the log. A stage whose next step lies beyond the
horizon returns None: the doctor stays where they are.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from pipeline_sim import randomness as chance
from pipeline_sim.clock import Phase
from pipeline_sim.engines.doctor import Doctor
from pipeline_sim.engines.logbook import place
from pipeline_sim.engines.simpy_pools import SITTING, STARTING, Bundle, Need
from pipeline_sim.engines.simpy_practice import joining, start_sas
from pipeline_sim.rules import medical_school as school_rules
from pipeline_sim.rules import outside as outside_rules
from pipeline_sim.rules import training as training_rules
from pipeline_sim.scenario.blueprint import AFTER_F2_DESTINATIONS
from pipeline_sim.vocabulary import Event, FoundationKind, Leaving, Outcome, State

if TYPE_CHECKING:
    from pipeline_sim.engines.simpy_engine import Simulation

Stage = Generator[Any, Any, Any]

DESTINATION_STATE = {
    "locally_employed": State.LOCALLY_EMPLOYED,
    "abroad": State.ABROAD,
    "teaching_research": State.TEACHING_RESEARCH,
    "break": State.BREAK,
}
NHS_STATES = (State.LOCALLY_EMPLOYED, State.UNPLACED)
STATES_TO_GO_BACK_TO = (
    State.OVERSEAS_APPLICANT,
    State.ABROAD,
    State.BREAK,
    State.TEACHING_RESEARCH,
    State.LOCALLY_EMPLOYED,
)


def life(stage: Stage | None) -> Stage:
    """A whole life: run each stage and go on with the one it returns."""
    while stage is not None:
        stage = yield from stage


def wait_for(sim: Simulation, doctor: Doctor, need: Need, priority: int, where: int) -> Stage:
    """Wait until a need is met, to start ``where``; returns the index of the bundle taken."""
    request = sim.pools.ask(need, priority, sim.month, doctor, where)
    yield request
    return request.granted


# medical school ------------------------------------------------------------------------------------


def medical_school(
    sim: Simulation, doctor: Doctor, year: int = 0, months_left: int = -1, held: Bundle = ()
) -> Stage:
    """From a year of the course to graduation; ``months_left`` >= 0 in a year begun before the start."""
    route = doctor.route
    first, years = sim.route_first[route], sim.route_years[route]
    repeated, sat = False, 0
    begun = months_left >= 0
    where = place(region=doctor.home)
    while year < years:
        course = first + year
        if not begun:
            need = sim.placement_need(sim.course_stage[course], doctor.home)
            if need is not None:
                held = need.bundles[(yield from wait_for(sim, doctor, need, SITTING, where))]
            sim.write(Phase.STARTS, doctor, Event.MEDICAL_YEAR_STARTED, where, year + 1)
            months_left = sim.course_months[course]
        begun = False
        due = sim.month + months_left
        if due >= sim.horizon:
            return None
        yield sim.ending(due)
        sim.pools.release(held)
        held = ()
        result = school_rules.year_result(
            sim.key,
            doctor.id,
            year * 4 + sat,
            sim.course_repeat[course],
            sim.course_leave[course],
            repeated,
        )
        if result == school_rules.LEAVE:
            sim.write(Phase.ENDINGS, doctor, Event.LEFT_MEDICAL_SCHOOL, where, year + 1)
            sim.alive -= 1
            return None
        if result == school_rules.REPEAT:
            sim.write(Phase.ENDINGS, doctor, Event.MEDICAL_YEAR_REPEATED, where, year + 1)
            repeated, sat = True, sat + 1
            yield from _until_september(sim)
            continue
        sim.write(Phase.ENDINGS, doctor, Event.MEDICAL_YEAR_PASSED, where, year + 1)
        repeated, sat, year = False, 0, year + 1
    doctor.trained = doctor.home
    sim.write(Phase.ENDINGS, doctor, Event.GRADUATED, where, sim.arrivals.school_detail(doctor))
    applies = sim.route_applies[route]
    if not chance.happens(sim.key, doctor.id, chance.GRADUATE_APPLIES, 0, applies):
        sim.leave(doctor, Leaving.AFTER_GRADUATION)
        return None
    return foundation(sim, doctor)


def _until_september(sim: Simulation) -> Stage:
    """A failed final year ends in August; the repeat starts with everyone else's in September."""
    wait = sim.months_to_september()
    if wait:
        yield sim.ending(sim.month + wait)


# foundation ------------------------------------------------------------------------------------------


def foundation(sim: Simulation, doctor: Doctor) -> Stage:
    """Apply for foundation, each August until placed; returns the foundation years."""
    while True:
        if not sim.is_august():
            august = sim.next_august(sim.month)
            if august >= sim.horizon:
                return None
            yield sim.ending(august)
        sim.foundation.register(doctor)
        yield sim.answers
        if doctor.answer is not None:
            kind, region = doctor.answer
            doctor.answer = None
            if kind == FoundationKind.PRIORITY:
                doctor.priority_region = region
            return foundation_years(sim, doctor, region)
        season = sim.training_year(sim.month)
        reapplies = sim.bp.foundation_reserve_reapplies
        if not chance.happens(sim.key, doctor.id, chance.FOUNDATION_REAPPLIES, season, reapplies):
            sim.leave(doctor, Leaving.AFTER_GRADUATION)
            return None
        august = sim.next_august(sim.month + 1)
        if august >= sim.horizon:
            return None
        yield sim.ending(august)


def foundation_years(
    sim: Simulation,
    doctor: Doctor,
    region: int,
    year: int = 0,
    progress: int = -1,
    wte: int = 0,
    held: Bundle = (),
) -> Stage:
    """F1 and F2 in one region. ``progress`` >= 0 for a year already begun at the start."""
    doctor.trained = region
    sim.serve_nhs(doctor)
    wte = wte or sim.starting_wte(doctor, 0)
    while year < 2:
        level = sim.level_first[0] + year
        required = sim.level_wte[level]
        where = place(0, level, region, wte)
        if progress < 0:
            progress = 0
            with_practice = year == 1 and chance.happens(
                sim.key, doctor.id, chance.PRACTICE_PLACEMENT, 0, sim.bp.foundation_practice_share
            )
            wanted = sim.foundation_bundles(year, region, with_practice)
            priority = SITTING if year else STARTING
            taken, held = yield from move_on(sim, doctor, held, wanted, priority, where)
            in_practice = int(with_practice and taken == 0)
            sim.write(Phase.STARTS, doctor, Event.FOUNDATION_STARTED, where, in_practice)
        extended, spell = False, 0
        while True:
            months = training_rules.months_needed(required - progress, wte)
            spell += 1
            luck = training_rules.occurrence(doctor.entries, level, spell)
            gone = training_rules.resignation_month(sim.key, doctor.id, luck, months, sim.resign[0])
            due = sim.month + (gone or months)
            if due >= sim.horizon:
                return None
            yield sim.ending(due)
            if gone:
                sim.pools.release(held)
                sim.write(Phase.ENDINGS, doctor, Event.FOUNDATION_RESIGNED, where)
                return after_resigning(sim, doctor)
            progress += months * wte
            result = training_rules.foundation_result(
                sim.key,
                doctor.id,
                luck,
                sim.foundation_extension_threshold(doctor, year),
                sim.foundation_release[year],
                extended,
            )
            if result != training_rules.EXTENDED:
                break
            extended = True
            extra = sim.bp.foundation_extension_months
            required += 100 * extra
            sim.write(Phase.ENDINGS, doctor, Event.FOUNDATION_EXTENDED, where, extra)
        if result == training_rules.NOT_SIGNED_OFF:
            sim.pools.release(held)
            sim.write(Phase.ENDINGS, doctor, Event.FOUNDATION_RELEASED, where)
            sim.alive -= 1
            return None
        sim.write(Phase.ENDINGS, doctor, Event.FOUNDATION_SIGNED_OFF, where)
        year, progress = year + 1, -1
    sim.pools.release(held)
    doctor.tier = 1  # through a UK foundation programme
    return after_foundation(sim, doctor)


def move_on(
    sim: Simulation,
    doctor: Doctor,
    held: Bundle,
    wanted: tuple[Bundle, ...],
    priority: int,
    where: int,
) -> Stage:
    """Go from what is held to the first of the ``wanted`` bundles; returns (index taken, now held).

    Nobody who needs nothing more, in one of the bundles, waits: they keep what they have and ask for the
    rest. Anyone else keeps only the post and asks for all the others together: holding half a place
    while waiting for the other half could block everybody.
    """
    if held == wanted[0]:
        return 0, held
    holding = dict(held)
    least = {
        pool: min([units, *(dict(bundle).get(pool, 0) for bundle in wanted)])
        for pool, units in holding.items()
    }
    sim.pools.release(tuple((pool, holding[pool] - units) for pool, units in least.items()))
    more = tuple(
        tuple((pool, units - least.get(pool, 0)) for pool, units in bundle if units > least.get(pool, 0))
        for bundle in wanted
    )
    if not more[0]:
        return 0, wanted[0]
    if all(more):
        sim.pools.release(tuple((pool, units) for pool, units in least.items() if pool not in sim.posts))
        least = {pool: units for pool, units in least.items() if pool in sim.posts}
        more = tuple(tuple((p, units) for p, units in bundle if p not in least) for bundle in wanted)
    taken = yield from wait_for(sim, doctor, sim.pools.need(*more), priority, where)
    kept = dict(wanted[taken])
    sim.pools.release(
        tuple((pool, units - kept.get(pool, 0)) for pool, units in least.items() if units > kept.get(pool, 0))
    )
    return taken, wanted[taken]


# outside training ---------------------------------------------------------------------------------------


def after_foundation(sim: Simulation, doctor: Doctor) -> Stage | None:
    """After F2: apply at once, or a spell doing something else."""
    choice = outside_rules.destination_after_f2(sim.key, doctor.id, sim.bp.after_f2_cumulative)
    name = AFTER_F2_DESTINATIONS[choice]
    if name == "leave":
        sim.leave(doctor, Leaving.AFTER_FOUNDATION)
        return None
    if name == "apply":
        if sim.is_august():
            return apply_for_training(sim, doctor)
        return outside(sim, doctor, State.LOCALLY_EMPLOYED, months=0, sure=True)
    return spell_away(sim, doctor, choice)


def after_resigning(sim: Simulation, doctor: Doctor) -> Stage | None:
    """After resigning or release: another destination, later perhaps another programme."""
    doctor.choices += 1
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


def live_as(sim: Simulation, doctor: Doctor, state: State) -> None:
    """Take up a life outside training; in the NHS, service begins, in a region."""
    doctor.state = state
    if state in NHS_STATES:
        sim.serve_nhs(doctor)
        if doctor.trained < 0:
            doctor.trained = outside_rules.region_of_first_job(sim.key, doctor.id, sim.bp.attraction)


def outside(
    sim: Simulation, doctor: Doctor, state: State, months: int, sure: bool = False, told: bool = False
) -> Stage:
    """Live outside training until an August brings an application or another move.

    The first decision falls in the first August at least ``months`` ahead; ``sure`` makes it an
    application. ``told`` when the log already says where this doctor is.
    """
    while True:
        live_as(sim, doctor, state)
        if not told:
            sim.write(Phase.STARTS, doctor, Event.STARTED_OUTSIDE, place(region=doctor.trained), state)
        told = False
        decision = sim.next_august(sim.month + months)
        way = outside_rules.APPLY
        if not sure:
            way, years = sim.next_move(doctor, state, decision)
            decision += 12 * years
        if way == outside_rules.STAY or decision >= sim.horizon:
            return None
        yield sim.ending(decision)
        sure, months = False, 1
        if way == outside_rules.APPLY:
            return apply_for_training(sim, doctor)
        if way == outside_rules.LEAVE:
            never_came = state == State.OVERSEAS_APPLICANT
            sim.leave(doctor, Leaving.NEVER_CAME if never_came else Leaving.FROM_OUTSIDE_TRAINING)
            return None
        if way == outside_rules.TO_SAS:
            return start_sas(sim, doctor)
        state = State.LOCALLY_EMPLOYED


def take_up_post(sim: Simulation, doctor: Doctor) -> Stage | None:
    """Go to the accepted post, or withdraw before the start (None) and leave it empty."""
    assert doctor.answer is not None
    programme, region = doctor.answer
    doctor.answer = None
    withdraws = sim.bp.withdraw_before_start
    if not chance.happens(sim.key, doctor.id, chance.WITHDRAWAL, sim.month, withdraws):
        return start_training(sim, doctor, programme, region)
    sim.recruitment.committed[programme][region] -= 1
    sim.write(Phase.STARTS, doctor, Event.WITHDREW, place(programme, region=region))
    return None


def apply_for_training(sim: Simulation, doctor: Doctor) -> Stage:
    """Apply in this month's rounds; returns training, another try, or life outside."""
    while True:
        sim.recruitment.register(doctor)
        yield sim.answers
        if doctor.answer is not None:
            training_stage = take_up_post(sim, doctor)
            if training_stage is not None:
                return training_stage
            back = doctor.state if doctor.state in STATES_TO_GO_BACK_TO else State.LOCALLY_EMPLOYED
            return outside(sim, doctor, State(back), months=1, told=back == doctor.state)
        abroad = doctor.state == State.OVERSEAS_APPLICANT
        state = State.OVERSEAS_APPLICANT if abroad else State.UNPLACED
        told = doctor.state == state
        february = sim.next_side_round(doctor)
        if february < 0:
            return outside(sim, doctor, state, months=1, told=told)
        if not told:
            live_as(sim, doctor, state)
            sim.write(Phase.STARTS, doctor, Event.STARTED_OUTSIDE, place(region=doctor.trained), state)
        yield sim.ending(february)


# training -----------------------------------------------------------------------------------------------


def start_training(sim: Simulation, doctor: Doctor, programme: int, region: int) -> Stage:
    """Take post, supervisor and practice place together, then train."""
    doctor.state = State.TRAINING
    doctor.entries += 1
    doctor.tier = 1  # on a UK programme
    sim.serve_nhs(doctor)
    level = sim.level_first[programme]
    wanted = sim.training_bundle(programme, level, region)
    wte = sim.starting_wte(doctor, programme)
    where = place(programme, level, region, wte)
    yield from wait_for(sim, doctor, sim.pools.need(wanted), STARTING, where)
    sim.recruitment.committed[programme][region] -= 1
    return training(sim, doctor, programme, region, level, wte, wanted, began=sim.month)


def training(
    sim: Simulation,
    doctor: Doctor,
    programme: int,
    region: int,
    level: int,
    wte: int,
    held: Bundle,
    began: int,
    progress: int = 0,
    since_review: int = 0,
    seated: bool = False,
) -> Stage:
    """The levels of a programme to its end. ``seated`` in a level already begun at the start."""
    doctor.trained = region
    last = sim.level_first[programme] + sim.level_count[programme] - 1
    extended = 0
    where = place(programme, level, region, wte)
    while True:
        if not seated:
            first_level = int(level == sim.level_first[programme])
            sim.write(Phase.STARTS, doctor, Event.STARTED_LEVEL, where, first_level)
        seated = False
        spell = 0
        required = sim.level_wte[level]
        while True:
            crowding = sim.crowding(programme, region)
            months = training_rules.spell_months(required - progress, wte, since_review)
            spell += 1
            luck = training_rules.occurrence(doctor.entries, level, spell)
            gone = training_rules.resignation_month(
                sim.key,
                doctor.id,
                luck,
                months,
                training_rules.worsened(sim.resign[programme], crowding, sim.bp.crowding_resign_percent),
            )
            due = sim.month + (gone or months)
            if due >= sim.horizon:
                return None
            yield sim.ending(due)
            if gone:
                sim.pools.release(held)
                sim.write(Phase.ENDINGS, doctor, Event.RESIGNED, where)
                return after_resigning(sim, doctor)
            progress += months * wte
            since_review += months
            development, extra_time, release = sim.review[programme]
            outcome = training_rules.review_outcome(
                sim.key,
                doctor.id,
                luck,
                since_review,
                development,
                training_rules.worsened(extra_time, crowding, sim.bp.crowding_review_percent),
                release,
            )
            since_review = 0
            further = 0
            if outcome == Outcome.EXTRA_TIME:
                further = training_rules.extension_granted(
                    extended, sim.extension[programme], sim.extension_cap[programme]
                )
                if not further:
                    outcome = Outcome.RELEASE
            done = progress >= required + 100 * further
            if done and level == last and outcome != Outcome.RELEASE:
                outcome = Outcome.COMPLETION
            sim.write(Phase.ENDINGS, doctor, Event.REVIEWED, where, outcome)
            if outcome == Outcome.RELEASE:
                sim.pools.release(held)
                sim.write(Phase.ENDINGS, doctor, Event.RELEASED, where)
                return after_resigning(sim, doctor)
            if further:
                extended += further
                required += 100 * further
                sim.write(Phase.ENDINGS, doctor, Event.EXTENDED, where, further)
            if done:
                break
        if level == last:
            sim.pools.release(held)
            return completion(sim, doctor, programme, where, began)
        progress -= required
        level += 1
        wanted = sim.training_bundle(programme, level, region)
        where = place(programme, level, region, wte)
        _, held = yield from move_on(sim, doctor, held, (wanted,), SITTING, where)


def completion(sim: Simulation, doctor: Doctor, programme: int, where: int, began: int) -> Stage | None:
    """The end of a programme: higher training after a core programme, practice after a CCT."""
    bit = sim.core_bit[programme]
    if bit >= 0:
        doctor.competence |= 1 << bit
        doctor.tier = 1  # through a UK training programme
        sim.write(Phase.ENDINGS, doctor, Event.COMPLETED_CORE, where)
        if sim.recruits_higher_now(doctor):
            return apply_for_training(sim, doctor)
        return outside(sim, doctor, State.LOCALLY_EMPLOYED, months=0, sure=True)
    sim.write(Phase.ENDINGS, doctor, Event.COMPLETED_TRAINING, where, sim.month - began)
    return joining(sim, doctor, programme)
