"""After training on SimPy: joining, working, cutting hours, breaks, retirement; and SAS doctors.

Only a change makes an event: the rule looks years ahead, and a doctor who changes nothing before the
horizon costs nothing.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from pipeline_sim.engines import rows, simpy_credit
from pipeline_sim.engines.doctor import Doctor
from pipeline_sim.engines.logbook import place
from pipeline_sim.randomness import SAS_SPECIALTY, draw, pick
from pipeline_sim.rules import practice as rules
from pipeline_sim.scenario.blueprint import TRAINED_GROUPS
from pipeline_sim.vocabulary import Leaving, State

if TYPE_CHECKING:
    from pipeline_sim.engines.simpy_engine import Simulation

Stage = Generator[Any, Any, Any]

CONSULTANT, GP, SAS = (TRAINED_GROUPS.index(name) for name in ("consultant", "gp", "sas"))
GROUP_STATE = (int(State.CONSULTANT), int(State.GP), int(State.SAS))


def joining(sim: Simulation, doctor: Doctor, programme: int) -> Stage:
    """From the certificate to the first trained post, if ever."""
    group = sim.trained_group[programme]
    delay = rules.months_to_join(
        sim.key, doctor.id, group, sim.bp.join_months[group], sim.bp.join_cumulative[group]
    )
    if delay == rules.NEVER_JOINS:
        sim.leave(doctor, Leaving.NEVER_JOINED_PRACTICE)
        return None
    if sim.month + delay >= sim.horizon:
        return None
    if delay:
        yield sim.endings[sim.month + delay]
    region = rules.region_of_first_post(
        sim.key, doctor.id, max(doctor.trained, 0), sim.bp.stay_in_region, sim.bp.settle_weight
    )
    return practice(sim, doctor, group, programme, region)


def start_sas(sim: Simulation, doctor: Doctor) -> Stage:
    """A locally employed doctor takes a SAS post in a specialty drawn as SAS posts are spread."""
    programme = pick(sim.bp.sas_programme_cumulative, draw(sim.key, doctor.id, SAS_SPECIALTY, 0))
    return practice(sim, doctor, SAS, programme, max(doctor.trained, 0))


def practice(
    sim: Simulation,
    doctor: Doctor,
    group: int,
    programme: int,
    region: int,
    wte: int = 0,
    change: int = 0,
) -> Stage:
    """A working life in one trained group, to the next group, retirement or the horizon.

    ``wte`` > 0, with the next ``change``, for someone in post at the start: already counted in the
    workforce, not logged as starting.
    """
    write = sim.log.write
    doctor.trained = region
    simpy_credit.live_differently(sim, doctor)
    doctor.state = GROUP_STATE[group]
    workforce = sim.workforce[group][programme]
    cut = False
    if not wte:
        wte = sim.practice_wte(doctor, group)
        change = sim.next_change(doctor, group, cut)
        write(rows.STARTED_PRACTICE, doctor.id, place(programme, region=region, wte=wte), GROUP_STATE[group])
        workforce[region] += wte
    where = place(programme, region=region)
    working = place(programme, region=region, wte=wte)
    while True:
        month, way = divmod(change, rules.WAYS)
        if way == rules.STAYS or month >= sim.horizon:
            return None
        yield sim.endings[month]
        if way == rules.CUTS_HOURS:
            cut = True
            fewer = rules.fewer_hours(wte, sim.bp.reduced_percent)
            workforce[region] += fewer - wte
            wte = fewer
            working = place(programme, region=region, wte=wte)
            write(rows.CHANGED_HOURS, doctor.id, working)
            change = sim.next_change(doctor, group, cut)
            continue
        if way == rules.REGISTERS:
            workforce[region] -= wte
            write(rows.PORTFOLIO_REGISTERED, doctor.id, working)
            return practice(sim, doctor, CONSULTANT, programme, region)
        if way == rules.APPLIES:
            august = sim.next_august(month + 1)
            if august >= sim.horizon:
                return None
            yield sim.endings[august]
            accepted = yield from sim.apply_from_sas(doctor, programme)
            if accepted is not None:
                workforce[region] -= wte
                return accepted
            change = sim.next_change(doctor, group, cut)
            continue
        workforce[region] -= wte
        age = (month - doctor.birth) // 12
        if age >= sim.bp.retire_age:
            write(rows.RETIRED, doctor.id, where)
            sim.alive -= 1
            return None
        away = rules.break_months(sim.key, doctor.id, age, sim.practice_return[group], *sim.practice_break)
        if not away:
            sim.leave(doctor, Leaving.FROM_PRACTICE)
            return None
        write(rows.STARTED_BREAK, doctor.id, where, away)
        if month + away >= sim.horizon:
            return None
        yield sim.endings[month + away]
        write(rows.RETURNED_TO_PRACTICE, doctor.id, working, GROUP_STATE[group])
        workforce[region] += wte
        change = sim.next_change(doctor, group, cut)
