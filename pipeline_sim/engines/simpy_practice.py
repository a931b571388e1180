"""After training on SimPy: joining, working, cutting hours, breaks, retirement; and SAS doctors.

Only a change makes an event: the rule looks years ahead, and a doctor who changes nothing before the
horizon costs nothing.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from pipeline_sim.engines import rows, simpy_credit
from pipeline_sim.engines import simpy_careers as careers
from pipeline_sim.engines.doctor import Doctor
from pipeline_sim.engines.logbook import place
from pipeline_sim.rules import careers as career_rules
from pipeline_sim.rules import practice as rules
from pipeline_sim.scenario.blueprint import TRAINED_GROUPS
from pipeline_sim.vocabulary import KINDS, Leaving, Scheme, State

if TYPE_CHECKING:
    from pipeline_sim.engines.simpy_engine import Simulation

Stage = Generator[Any, Any, Any]

CONSULTANT, GP, SAS = (TRAINED_GROUPS.index(name) for name in ("consultant", "gp", "sas"))
GROUP_STATE = (int(State.CONSULTANT), int(State.GP), int(State.SAS))


def joining(sim: Simulation, doctor: Doctor, programme: int) -> Stage:
    """From the certificate to the first trained post, if ever."""
    group = sim.trained_group[programme]
    taken = sim.careers.fellowship(doctor, group)
    if taken is not None:
        return (yield from fellowship(sim, doctor, group, programme, *taken))
    delay = _months_to_join(sim, doctor, group)
    if delay == rules.NEVER_JOINS:
        sim.leave(doctor, Leaving.NEVER_JOINED_PRACTICE)
        return None
    trained = max(doctor.trained, 0)
    stay = int(sim.bp.stay_after_training[sim.year, programme, trained])
    region = rules.region_of_first_post(sim.key, doctor.id, trained, stay, sim.bp.settle_weight)
    if sim.month + delay >= sim.horizon:
        return None
    if delay:
        yield sim.endings[sim.month + delay]
    return practice(sim, doctor, group, programme, region)


def _months_to_join(sim: Simulation, doctor: Doctor, group: int) -> int:
    months, cumulative = sim.bp.join_months[group], sim.bp.join_cumulative[group]
    return int(rules.months_to_join(sim.key, doctor.id, group, months, cumulative))


def fellowship(
    sim: Simulation, doctor: Doctor, group: int, programme: int, taken: int, terms: list[int]
) -> Stage:
    """A fellowship after the certificate, then at once the first trained post, if there is ever one."""
    region = sim.careers.start_fellowship(doctor, programme, max(doctor.trained, 0), taken, terms)
    end = sim.month + terms[careers.MONTHS]
    if end >= sim.horizon:
        return None
    yield sim.endings[end]
    if _months_to_join(sim, doctor, group) == rules.NEVER_JOINS:
        sim.leave(doctor, Leaving.NEVER_JOINED_PRACTICE)
        return None
    settled = rules.region_of_first_post(
        sim.key, doctor.id, region, terms[careers.STAY], sim.bp.settle_weight
    )
    return practice(sim, doctor, group, programme, settled, more_hours=terms[careers.ADDED])


def start_sas(sim: Simulation, doctor: Doctor, programme: int = 0) -> Stage:
    """Take a SAS post: in the specialty of the ``programme`` just left, or in one drawn."""
    return practice(sim, doctor, SAS, sim.sas_specialty(doctor, programme), max(doctor.trained, 0))


def practice(
    sim: Simulation,
    doctor: Doctor,
    group: int,
    programme: int,
    region: int,
    wte: int = 0,
    change: int = 0,
    more_hours: int = 0,
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
    register = sim.credentials.registers[group][programme]
    cut = False
    if not wte:
        if group == SAS:
            sim.careers.enter_grade(doctor)
        wte = career_rules.more_hours(sim.practice_wte(doctor, group), more_hours)
        change = sim.next_change(doctor, group, programme, cut)
        write(rows.STARTED_PRACTICE, doctor.id, place(programme, region=region, wte=wte), GROUP_STATE[group])
        workforce[region] += wte
    register.take(doctor.id, region, wte)
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
            register.take(doctor.id, region, wte)
            working = place(programme, region=region, wte=wte)
            write(rows.CHANGED_HOURS, doctor.id, working)
            change = sim.next_change(doctor, group, programme, cut)
            continue
        if way == rules.REGISTERS and sim.careers.takes_time(programme):
            sim.careers.begin_portfolio(doctor, programme, region, working)
            change = sim.next_change(doctor, group, programme, cut)
            continue
        if way == rules.MOVES_UP:
            doctor.specialist = 1
            write(rows.SPECIALIST_GRADE, doctor.id, working)
            change = sim.next_change(doctor, group, programme, cut)
            continue
        if way == rules.DECIDES and not sim.careers.portfolio_granted(doctor, programme, region):
            write(rows.PORTFOLIO_REFUSED, doctor.id, working)
            change = sim.next_change(doctor, group, programme, cut)
            continue
        if way in (rules.REGISTERS, rules.DECIDES):
            workforce[region] -= wte
            register.leave(doctor.id)
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
                register.leave(doctor.id)
                sim.careers.end_portfolio(doctor, programme, region)
                return accepted
            change = sim.next_change(doctor, group, programme, cut)
            continue
        age = (month - doctor.birth) // 12
        if group == GP and age < sim.bp.retire_age:
            retained, percent = sim.careers.retained_for(doctor, age)
            if retained:
                before, wte = wte, min(wte, percent)
                workforce[region] += wte - before
                register.take(doctor.id, region, wte)
                working = place(programme, region=region, wte=wte)
                write(rows.RETAINER_STARTED, doctor.id, working, Scheme.RETAINER + KINDS * retained)
                write(rows.CHANGED_HOURS, doctor.id, working)
                month += retained
                if month >= sim.horizon:
                    return None
                yield sim.endings[month]
                age = (month - doctor.birth) // 12
                if sim.careers.stays_after_retainer(doctor, age):
                    workforce[region] += before - wte
                    wte = before
                    register.take(doctor.id, region, wte)
                    working = place(programme, region=region, wte=wte)
                    write(rows.CHANGED_HOURS, doctor.id, working)
                    change = sim.next_change(doctor, group, programme, cut)
                    continue
        workforce[region] -= wte
        register.leave(doctor.id)
        if group == SAS:
            sim.careers.end_portfolio(doctor, programme, region)
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
        if group == GP:
            refreshing = sim.careers.refresher(doctor, away, working)
            if refreshing:
                if sim.month + refreshing >= sim.horizon:
                    return None
                yield sim.endings[sim.month + refreshing]
        write(rows.RETURNED_TO_PRACTICE, doctor.id, working, GROUP_STATE[group])
        workforce[region] += wte
        register.take(doctor.id, region, wte)
        change = sim.next_change(doctor, group, programme, cut)
