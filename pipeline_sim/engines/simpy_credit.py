"""Credit on starting a programme, and trying for another programme from within one, on SimPy."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline_sim.engines import rows
from pipeline_sim.engines.doctor import Doctor
from pipeline_sim.rules import credit as rules
from pipeline_sim.scenario.blueprint import EXPERIENCE_STATES
from pipeline_sim.vocabulary import CREDIT_KIND, Credit, State

if TYPE_CHECKING:
    from pipeline_sim.engines.simpy_engine import Simulation

COUNTED = {int(State[name.upper()]): k for k, name in enumerate(EXPERIENCE_STATES)}
TRANSFER, EXPERIENCE, ENHANCE = int(Credit.TRANSFER), int(Credit.EXPERIENCE), int(Credit.ENHANCE)


def live_differently(sim: Simulation, doctor: Doctor) -> None:
    """Add up the experience of the life outside training that ends this month."""
    counted = COUNTED.get(doctor.state)
    if counted is not None:
        doctor.experience[counted] += sim.month - doctor.lives_so_since
        doctor.experience_until = sim.month
    doctor.lives_so_since = sim.month


def served_before(doctor: Doctor, state: int, months: int) -> None:
    """Experience gained before the start of the run."""
    if state in COUNTED:
        doctor.experience[COUNTED[state]] += months


def leave_programme(
    sim: Simulation, doctor: Doctor, programme: int, level: int, progress: int, well: bool = True
) -> None:
    """Remember what was done in a programme, left well or released from."""
    doctor.last_programme = programme
    doctor.done = int(
        rules.months_done(sim.level_before[level], progress, sim.level_wte[level], doctor.credited)
    )
    doctor.left_programme = sim.month
    doctor.left_well = well


def start_level(sim: Simulation, doctor: Doctor, programme: int) -> tuple[int, int]:
    """(level, progress) with which a programme starts; the credit is kept with its kind."""
    live_differently(sim, doctor)
    best = max(
        _transfer(sim, doctor, programme) * rules.KINDS + rules.KINDS - TRANSFER,
        _experience(sim, doctor, programme) * rules.KINDS + rules.KINDS - EXPERIENCE,
        _enhance(sim, doctor, programme) * rules.KINDS + rules.KINDS - ENHANCE,
    )
    first, levels = sim.level_first[programme], sim.level_count[programme]
    credit = rules.within_programme(best // rules.KINDS, sim.programme_months[programme])
    doctor.credited = int(credit)
    doctor.credit_kind = rules.KINDS - best % rules.KINDS
    level, progress = divmod(rules.entry(credit, first, levels, sim.bp.level_wte_hundredths), rules.REST)
    return int(level), int(progress)


def _transfer(sim: Simulation, doctor: Doctor, programme: int) -> int:
    if doctor.last_programme < 0:
        return 0
    rule = sim.bp.credit_rules[sim.year, doctor.last_programme, programme].tolist()
    uptake, cap, overlap, least, recency, satisfactory = rule
    asks = rules.wish(sim.key, doctor.id, doctor.entries)
    away = sim.month - doctor.left_programme
    credit = rules.transfer_credit(
        doctor.done, away, doctor.left_well, asks, uptake, cap, overlap, least, recency, satisfactory
    )
    return int(credit)


def _experience(sim: Simulation, doctor: Doctor, programme: int) -> int:
    away, total, most = sim.month - doctor.experience_until, 0, 0
    asks = rules.wish(sim.key, doctor.id, doctor.entries)
    for months, rule in zip(
        doctor.experience, sim.bp.experience_rules[sim.year, :, programme].tolist(), strict=True
    ):
        uptake, cap, rate, least, recency = rule
        credit = int(rules.experience_credit(months, away, asks, uptake, rate, cap, least, recency))
        total += credit
        most = max(most, cap if credit else 0)
    return min(total, most)


def _enhance(sim: Simulation, doctor: Doctor, programme: int) -> int:
    return int(sim.bp.enhance_credit[sim.year, programme]) if doctor.enhanced else 0


def log_credit(sim: Simulation, doctor: Doctor, where: int) -> None:
    """What was credited, as the programme starts."""
    if doctor.credited:
        detail = doctor.credited + CREDIT_KIND * doctor.credit_kind
        sim.log.write(rows.CREDIT_GRANTED_ON_STARTING, doctor.id, where, detail)


def tries_another(sim: Simulation, doctor: Doctor, programme: int) -> bool:
    """Whether a trainee with a satisfactory review applies for another programme in this month's rounds."""
    if not sim.is_august:
        return False
    yearly = sim.transfer_applies[sim.year][programme]
    return bool(rules.tries_another(sim.key, doctor.id, sim.month, yearly))


def apply_for_another(sim: Simulation, doctor: Doctor, programme: int) -> Generator[Any, Any, None]:
    """Apply in this month's rounds with the post kept; a post won is the doctor's answer."""
    doctor.competence |= int(sim.bp.programme_parents[programme])  # it was needed to come here
    doctor.keeps = programme + 1
    sim.recruitment.register(doctor, sim.month)
    yield sim.answers[sim.month]
    doctor.keeps, doctor.tries_again = 0, -1


def transfer(
    sim: Simulation, doctor: Doctor, programme: int, level: int, progress: int, where: int, new: int
) -> None:
    """Leave a programme for a post won in another."""
    sim.log.write(rows.TRANSFERRED, doctor.id, where, new)
    leave_programme(sim, doctor, programme, level, progress)


class Enhance:
    """The Enhance programme: each August, places by lot among those who start a foundation year."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._started: list[tuple[Doctor, int]] = []

    def consider(self, doctor: Doctor, region: int) -> None:
        """A foundation year starts this month."""
        if self._sim.is_august and not doctor.enhanced:
            self._started.append((doctor, region))

    def fill_places(self) -> None:
        """At the end of August, when everyone has started."""
        sim, started, self._started = self._sim, self._started, []
        places = sim.bp.enhance_places[sim.year]
        if not started or not places.any():
            return
        people = np.array([doctor.id for doctor, _ in started], np.int64)
        regions = np.array([region for _, region in started], np.int64)
        for won in rules.win_places(sim.key, sim.month, people, regions, places).tolist():
            doctor, region = started[won]
            doctor.enhanced = True
            months = int(sim.bp.enhance_months[sim.year, region])
            sim.log.write(rows.ENHANCE_JOINED, doctor.id, sim.in_region[region], months)
