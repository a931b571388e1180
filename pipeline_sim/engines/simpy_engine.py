"""The SimPy engine: one process a person, one controller that takes each month through its phases.

SimPy's clock counts ticks, eight to a month (see ``pipeline_sim.clock``); everyone whose spell ends in
a month waits on one shared event in its endings phase. Decisions are rules; flow is here.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import simpy

from pipeline_sim import clock
from pipeline_sim.clock import Phase
from pipeline_sim.engines import simpy_lives as lives
from pipeline_sim.engines.common import trained_specialty_thresholds
from pipeline_sim.engines.doctor import Doctor
from pipeline_sim.engines.logbook import NOWHERE, Logbook
from pipeline_sim.engines.simpy_arrivals import Arrivals
from pipeline_sim.engines.simpy_pools import Bundle, Need, Pools
from pipeline_sim.engines.simpy_rounds import FoundationAllocation, Recruitment
from pipeline_sim.eventlog import EventLog
from pipeline_sim.identity import SYSTEM_PERSON
from pipeline_sim.randomness import FEBRUARY, happens, run_key
from pipeline_sim.rules import outside as outside_rules
from pipeline_sim.rules import practice as practice_rules
from pipeline_sim.rules import supervision as supervision_rules
from pipeline_sim.rules import training as training_rules
from pipeline_sim.scenario.blueprint import OUTSIDE_STATES, Blueprint
from pipeline_sim.vocabulary import Event, Leaving, PoolKind, State

POOL_CENSUS_MONTH = 11  # November: after the August and September changeovers
FOUNDATION_GROUP = 0
Progress = Callable[[int, int, int], None]


def run(blueprint: Blueprint, seed: int, rep: int = 0, progress: Progress | None = None) -> EventLog:
    """Live one replication and return its event log.

    ``progress(month, people alive, events so far)`` is called once a simulated month.
    """
    with _collector_at_rest(), np.errstate(over="ignore"):
        return Simulation(blueprint, run_key(seed, rep), progress).run()


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Python's cyclic collector costs half the time with this many small objects, and frees nothing."""
    was_on = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_on:
            gc.enable()


class Simulation:
    """One run: its clock, pools, rounds, workforce and log."""

    def __init__(self, blueprint: Blueprint, key: int, progress: Progress | None = None) -> None:
        self.bp = blueprint
        self.key = key
        self.env = simpy.Environment()
        self.log = Logbook()
        self._log_row = self.log.write
        self.month = 0
        self.horizon = blueprint.months
        self.alive = 0
        self._progress = progress
        self._endings: dict[int, simpy.Event] = {}
        self._opened: dict[tuple[int, int], bool] = {}
        self._bundles: dict[tuple[int, int, int], Bundle] = {}
        self.answers: simpy.Event = self.env.event()
        self._read_tables()
        self._open_pools()
        self.foundation = FoundationAllocation(self)
        self.recruitment = Recruitment(self)
        self.arrivals = Arrivals(self)

    # plain lists for the tables that lives read: indexing an array from Python costs five times more
    def _read_tables(self) -> None:
        bp = self.bp
        self.route_first = bp.route_first.tolist()
        self.route_years = bp.route_years.tolist()
        self.route_applies = bp.route_applies.tolist()
        self.course_stage = bp.course_stage.tolist()
        self.course_months = bp.course_months.tolist()
        self.course_repeat = bp.course_repeat.tolist()
        self.course_leave = bp.course_leave.tolist()
        self.level_first = bp.level_first.tolist()
        self.level_count = bp.level_count.tolist()
        self.level_wte = bp.level_wte_hundredths.tolist()
        self.resign = bp.programme_resign.tolist()
        self.review = bp.programme_review.tolist()
        self.extension = bp.programme_extension.tolist()
        self.extension_cap = bp.programme_extension_cap.tolist()
        self.core_bit = bp.programme_core_bit.tolist()
        self.trained_group = bp.programme_trained.tolist()
        self.foundation_release = bp.foundation_release.tolist()
        self._foundation_extend = bp.foundation_extend.tolist()
        self._ltft = bp.programme_ltft.tolist()
        self._ltft_in_post = bp.programme_ltft_stock.tolist()
        self.away_min = bp.after_f2_min_months.tolist()
        self.away_max = bp.after_f2_max_months.tolist()
        self._outside = [
            [bp.outside_apply[g].tolist(), bp.outside_leave[g].tolist(), bp.outside_to_sas[g].tolist(),
             bp.outside_to_led[g].tolist()]
            for g in range(len(bp.outside_apply))
        ]  # fmt: skip
        self._exit = [np.ascontiguousarray(bp.exit[:, g]) for g in range(bp.exit.shape[1])]
        self._reduce = bp.reduce_hours.tolist()
        self.practice_return = bp.practice_return.tolist()
        self.practice_break = bp.practice_break_months.tolist()
        self.trained_specialty = trained_specialty_thresholds(bp)
        self._year_offset = (bp.start_month - clock.TRAINING_YEAR_MONTH) % 12
        self._last_year = clock.training_year(bp.start_month, self.horizon)
        self._side_months = sorted({int(m) for m in bp.round_month} - {clock.TRAINING_YEAR_MONTH})

    # pools ---------------------------------------------------------------------------------------------

    def _open_pools(self) -> None:
        bp = self.bp
        regions = range(len(bp.regions))
        self.pools = pools = Pools(self.env)
        self.placement_pool = [[pools.open(PoolKind(k + 1)) for _ in regions] for k in range(5)]
        self.post_pool = [[pools.open(PoolKind.TRAINING_POST) for _ in regions] for _ in bp.programmes]
        self.supervisor_pool = [
            [pools.open(PoolKind.SUPERVISOR, unlimited=bp.supervision_soft) for _ in regions]
            for _ in bp.supervision_groups
        ]
        self.posts = frozenset(pool for row in self.post_pool for pool in row)
        self.practice_pool = [pools.open(PoolKind.PRACTICE_PLACE) for _ in regions]
        self._group = bp.programme_group.tolist()
        self._practice_units = bp.level_practice_units.tolist()
        self._supervisor_units = bp.level_supervisor_units.tolist()
        self._crowding = [[0 for _ in regions] for _ in bp.supervision_groups]
        self.workforce = [[[0 for _ in regions] for _ in bp.programmes] for _ in range(3)]
        self._placement_needs: dict[tuple[int, int], Need | None] = {}

    def placement_bundles(self, stage: int, region: int) -> tuple[Bundle, ...]:
        """Ways of placing a student of a stage in a region, best first; empty if none is needed."""
        first, count = int(self.bp.mix_first[stage]), int(self.bp.mix_count[stage])
        return tuple(
            tuple(
                (self.placement_pool[k][region], units)
                for k, units in enumerate(self.bp.mix_units[row].tolist())
                if units
            )
            for row in range(first, first + count)
        )

    def placement_need(self, stage: int, region: int) -> Need | None:
        """The need of a year of that stage, or None."""
        key = (stage, region)
        if key not in self._placement_needs:
            bundles = self.placement_bundles(stage, region)
            self._placement_needs[key] = self.pools.need(*bundles, september_only=True) if bundles else None
        return self._placement_needs[key]

    def training_bundle(self, programme: int, level: int, region: int) -> Bundle:
        """Post, supervisor and practice place of a level; foundation has no post pool of its own."""
        key = (programme, level, region)
        if key in self._bundles:
            return self._bundles[key]
        group = self._group[programme]
        wanted = [] if programme == 0 else [(self.post_pool[programme][region], 1)]
        if self._supervisor_units[level]:
            wanted.append((self.supervisor_pool[group][region], self._supervisor_units[level]))
        if self._practice_units[level]:
            wanted.append((self.practice_pool[region], self._practice_units[level]))
        self._bundles[key] = tuple(wanted)
        return self._bundles[key]

    def foundation_bundles(self, year: int, region: int, with_practice: bool) -> tuple[Bundle, ...]:
        """A foundation year; with a practice placement if there is room, otherwise in hospital."""
        plain = self.training_bundle(0, self.level_first[0] + year, region)
        units = self.bp.foundation_practice_units
        if not with_practice or not units:
            return (plain,)
        return ((*plain, (self.practice_pool[region], units)), plain)

    def crowding(self, programme: int, region: int) -> int:
        """Percent by which supervision is over capacity, as the month began."""
        return self._crowding[self._group[programme]][region]

    def _set_capacities(self) -> None:
        bp, pools = self.bp, self.pools
        year = self.training_year(self.month)
        if self.month == 0 or year != self.training_year(self.month - 1):
            for r in range(len(bp.regions)):
                for k in range(5):
                    pools.target[self.placement_pool[k][r]] = int(bp.placement_units[year, k, r])
                for p in range(len(bp.programmes)):
                    pools.target[self.post_pool[p][r]] = int(bp.posts[year, p, r])
                pools.target[self.practice_pool[r]] = int(bp.practice_units[year, r])
        self._set_supervisors(year)

    def _set_supervisors(self, year: int) -> None:
        """Supervisor supply from the workforce as it now is."""
        bp, pools = self.bp, self.pools
        per_wte = bp.supervisor_units_per_wte[year].tolist()
        fixed = bp.supervisor_fixed_units[year].tolist()
        shares = bp.foundation_share.tolist()
        for r in range(len(bp.regions)):
            wte = [[0, 0, 0] for _ in bp.supervision_groups]
            for t in range(3):
                for p, group in enumerate(self._group):
                    wte[group][t] += self.workforce[t][p][r]
            pledged = 0
            for g in range(len(bp.supervision_groups)):
                if g == FOUNDATION_GROUP:
                    continue
                units = supervision_rules.own_units(*wte[g], *per_wte[g], fixed[g][r])
                part = supervision_rules.foundation_units(units, shares[g])
                pledged += part
                pools.target[self.supervisor_pool[g][r]] = units - part
            pools.target[self.supervisor_pool[FOUNDATION_GROUP][r]] = pledged + fixed[FOUNDATION_GROUP][r]
            for g in range(len(bp.supervision_groups)):
                pool = self.supervisor_pool[g][r]
                self._crowding[g][r] = (
                    supervision_rules.crowding_percent(pools.used[pool], pools.target[pool])
                    if bp.supervision_soft
                    else 0
                )

    # time -----------------------------------------------------------------------------------------------

    def run(self) -> EventLog:
        """All months, then the log in its final order."""
        self.arrivals.starting_stock()
        self._set_capacities()
        self.env.process(self._months())
        self.env.run()
        return self.log.close()

    def _months(self) -> Generator[simpy.Event, Any, None]:
        env = self.env
        for month in range(self.horizon):
            yield env.timeout(clock.tick(month, Phase.POLICY) - env.now)
            self.month = month
            self.answers = env.event()
            self._set_capacities()
            yield env.timeout(Phase.ARRIVALS - Phase.POLICY)
            self.arrivals.this_month()
            yield env.timeout(Phase.ROUNDS - Phase.ARRIVALS)
            self._run_rounds()
            yield env.timeout(Phase.GRANTS - Phase.ROUNDS)
            yield self.answers.succeed()
            granted = self._serve()
            yield env.timeout(Phase.STARTS - Phase.GRANTS)
            for request in granted:
                request.succeed()
            yield env.timeout(Phase.CENSUS - Phase.STARTS)
            self._census()

    def _run_rounds(self) -> None:
        if self.is_august():
            self.foundation.run()
        if any(int(m) == self.calendar_month() for m in self.bp.round_month):
            self.recruitment.run()

    def _serve(self) -> list[simpy.Event]:
        granted, blocked = self.pools.serve(self.calendar_month() == clock.ACADEMIC_YEAR_MONTH)
        for request, cause in blocked:
            event = Event.BLOCKED
            if cause <= PoolKind.TECHNOLOGY_PLACEMENT:
                event = Event.PLACEMENT_BLOCKED
            self.write(Phase.GRANTS, request.person, event, request.where, cause)
        return list(granted)

    def _census(self) -> None:
        self._endings.pop(self.month, None)
        if self.calendar_month() == POOL_CENSUS_MONTH:
            self._log_pools()
        if self._progress is not None:
            self._progress(self.month, self.alive, len(self.log))

    def _log_pools(self) -> None:
        at = clock.tick(self.month, Phase.CENSUS)
        rows = [
            (k + 1, -1, r, pool) for k, row in enumerate(self.placement_pool) for r, pool in enumerate(row)
        ]
        for kind, table in (
            (PoolKind.TRAINING_POST, self.post_pool),
            (PoolKind.SUPERVISOR, self.supervisor_pool),
        ):
            rows += [(kind, k, r, pool) for k, row in enumerate(table) for r, pool in enumerate(row)]
        rows += [(PoolKind.PRACTICE_PLACE, -1, r, pool) for r, pool in enumerate(self.practice_pool)]
        kinds, owner, region, pool = (np.array(column, np.int64) for column in zip(*rows, strict=True))
        capacity = np.array([self.pools.target[k] for k in pool.tolist()], np.int64)
        used = np.array([self.pools.used[k] for k in pool.tolist()], np.int64)
        kept = (capacity > 0) | (used > 0)
        person = np.full(len(pool), SYSTEM_PERSON, np.int64)
        for event, units in ((Event.POOL_CAPACITY, capacity), (Event.POOL_IN_USE, used)):
            self.log.write_many(
                at, person[kept], event, programme=owner[kept], level=kinds[kept], region=region[kept],
                detail=units[kept],
            )  # fmt: skip

    def ending(self, month: int) -> simpy.Event:
        """The shared event of a month's endings phase."""
        event = self._endings.get(month)
        if event is None:
            event = self.env.timeout(clock.tick(month, Phase.ENDINGS) - self.env.now)
            self._endings[month] = event
        return event

    def calendar_month(self) -> int:
        """Calendar month, 1-12."""
        return clock.calendar_month(self.bp.start_month, self.month)

    def is_august(self) -> bool:
        """Whether foundation and specialty posts change hands this month."""
        return self.calendar_month() == clock.TRAINING_YEAR_MONTH

    def next_august(self, month: int) -> int:
        """The first August in or after a month."""
        return month + (-(month + self._year_offset)) % 12

    def months_to_september(self) -> int:
        """Months to the next September; 0 in September."""
        return (clock.ACADEMIC_YEAR_MONTH - self.calendar_month()) % 12

    def training_year(self, month: int) -> int:
        """Training years begun since the first."""
        return (month + self._year_offset) // 12

    # what lives ask ---------------------------------------------------------------------------------------

    def write(
        self, phase: Phase, doctor: Doctor, event: Event, where: int = NOWHERE, detail: int = 0
    ) -> None:
        """Log what happened to a doctor this month."""
        self._log_row(self.month * clock.TICKS_PER_MONTH + phase, doctor.id, event, where, detail)

    def leave(self, doctor: Doctor, reason: Leaving) -> None:
        """Take a doctor out of the modelled workforce for good."""
        self.write(Phase.STARTS, doctor, Event.LEFT, detail=reason)
        self.alive -= 1

    def serve_nhs(self, doctor: Doctor) -> None:
        """Service counts from the first month in the NHS."""
        doctor.nhs_since = min(doctor.nhs_since, self.month)

    def begin(self, doctor: Doctor, stage: lives.Stage | None) -> None:
        """Set a life going."""
        if stage is not None:
            self.env.process(lives.life(stage))

    def starting_wte(self, doctor: Doctor, programme: int, in_post: bool = False) -> int:
        """Percent of full time a trainee works in a programme; ``in_post`` for the starting stock."""
        bp = self.bp
        ltft = (self._ltft_in_post if in_post else self._ltft)[programme]
        wte = training_rules.starting_wte(
            self.key, doctor.id, programme, ltft, bp.ltft_percent, bp.ltft_cumulative
        )
        return int(wte)

    def foundation_extension_threshold(self, doctor: Doctor, year: int) -> int:
        """Chance of an extension; lower in F1 after a final-year assistantship."""
        threshold = self._foundation_extend[year]
        if year == 0 and doctor.assistantship:
            threshold = threshold * self.bp.foundation_assistantship_effect // 100
        return threshold

    def next_move(self, doctor: Doctor, state: State, august: int) -> tuple[int, int]:
        """(way, years after ``august``) of an outside doctor's next move."""
        row = OUTSIDE_STATES.index(State(state).name.lower())
        apply, leave, to_sas, to_led = (table[row] for table in self._outside[doctor.group])
        move = outside_rules.next_move(
            self.key, doctor.id, self.training_year(august), self._last_year, apply, leave, to_sas, to_led
        )
        return move % outside_rules.WAYS, move // outside_rules.WAYS

    def recruits_higher_now(self, doctor: Doctor) -> bool:
        """Whether a round this month has a programme that this doctor's competence opens."""
        return self._opens(doctor, self.calendar_month())

    def _opens(self, doctor: Doctor, calendar_month: int) -> bool:
        key = (doctor.competence, calendar_month)
        if key not in self._opened:
            bp = self.bp
            rounds = bp.round_programmes[bp.round_month == calendar_month].any(axis=0)
            parents = bp.programme_parents[rounds]
            entry = not doctor.competence and (parents == 0).any()
            self._opened[key] = bool(entry or ((parents & doctor.competence) != 0).any())
        return self._opened[key]

    def next_side_round(self, doctor: Doctor) -> int:
        """Month of a round before next August that an unplaced doctor will try, or -1."""
        if not self.is_august():
            return -1
        ahead = (
            clock.months_until(self.bp.start_month, self.month, calendar_month)
            for calendar_month in self._side_months
        )
        for month in sorted(self.month + months for months in ahead):
            calendar_month = clock.calendar_month(self.bp.start_month, month)
            if not self._opens(doctor, calendar_month):
                continue
            if happens(self.key, doctor.id, FEBRUARY, month, self.bp.february_reapplies):
                return month if month < self.horizon else -1
        return -1

    def practice_wte(self, doctor: Doctor, group: int) -> int:
        """Percent of full time on starting in a trained group."""
        percents = self.bp.practice_wte_percent[group, doctor.female]
        cumulative = self.bp.practice_wte_cumulative[group, doctor.female]
        return int(practice_rules.hours_percent(self.key, doctor.id, group, percents, cumulative))

    def next_change(self, doctor: Doctor, group: int, since: int, cut: bool) -> int:
        """The next change in a practice spell, coded as the rule returns it."""
        bp = self.bp
        sas = group == 2
        return practice_rules.next_change(
            self.key,
            doctor.id,
            group,
            since,
            self.horizon,
            doctor.birth,
            self._year_offset,
            self._exit[group],
            0 if cut else self._reduce[group],
            bp.reduce_hours_age,
            bp.portfolio if sas else 0,
            bp.sas_applies if sas else 0,
        )

    def apply_from_sas(self, doctor: Doctor, programme: int) -> lives.Stage:
        """A SAS doctor applies this August; returns the training stage if placed, else None."""
        doctor.competence |= int(self.bp.programme_parents[programme])
        self.recruitment.register(doctor)
        yield self.answers
        return None if doctor.answer is None else lives.take_up_post(self, doctor)
