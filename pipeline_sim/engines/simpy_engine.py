"""The SimPy engine: one process a person, one controller that takes each month through its phases.

SimPy's clock counts ticks, eight to a month (see ``pipeline_sim.clock``); everyone who waits for the
same phase of the same month waits for one shared event. Decisions are rules; flow is here.
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
from pipeline_sim.engines import rows
from pipeline_sim.engines import simpy_lives as lives
from pipeline_sim.engines import simpy_practice as practice
from pipeline_sim.engines.common import (
    levels_before,
    own_sas_specialty,
    programme_months,
    trained_specialty_thresholds,
)
from pipeline_sim.engines.doctor import Doctor
from pipeline_sim.engines.logbook import NOWHERE, Logbook, place
from pipeline_sim.engines.simpy_arrivals import Arrivals
from pipeline_sim.engines.simpy_careers import Careers
from pipeline_sim.engines.simpy_credentials import Credentials
from pipeline_sim.engines.simpy_credit import Enhance
from pipeline_sim.engines.simpy_pools import Bundle, Need, Pools, Request
from pipeline_sim.engines.simpy_redistribution import PostMoves
from pipeline_sim.engines.simpy_rounds import FoundationAllocation, Recruitment
from pipeline_sim.eventlog import EventLog
from pipeline_sim.identity import SYSTEM_PERSON
from pipeline_sim.randomness import run_key
from pipeline_sim.rules import arrivals as arrival_rules
from pipeline_sim.rules import cover as cover_rules
from pipeline_sim.rules import hours as hours_rules
from pipeline_sim.rules import medical_school as school_rules
from pipeline_sim.rules import outside as outside_rules
from pipeline_sim.rules import practice as practice_rules
from pipeline_sim.rules import supervision as supervision_rules
from pipeline_sim.rules import training as training_rules
from pipeline_sim.scenario.blueprint import OUTSIDE_STATES, STEP_OUT_RULES, Blueprint
from pipeline_sim.vocabulary import Event, Leaving, PoolKind, State

POOL_CENSUS_MONTH = 11  # November: after the August and September changeovers
FOUNDATION_GROUP = 0
_OUTSIDE_ROW = {int(State[name.upper()]): row for row, name in enumerate(OUTSIDE_STATES)}
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
        self.horizon = blueprint.months
        self.alive = 0
        self._progress = progress
        self.endings = self._monthly(Phase.ENDINGS)  # everyone whose spell ends in a month waits for one
        self.answers = self._monthly(Phase.GRANTS)  # everyone who applies in its rounds waits for one
        self._opened: dict[tuple[int, int], bool] = {}
        self._bundles: dict[tuple[int, int], Bundle] = {}  # equal ones are one object
        self._same: dict[Bundle, Bundle] = {}
        self._eras = dict(blueprint.eras)
        self._school_changed = False
        self._read_tables()
        self._open_pools()
        self.post_moves = PostMoves(self)
        self._read_needs()
        self.part_timers = [[0] * len(blueprint.regions) for _ in blueprint.programmes]
        regions = len(blueprint.regions)
        self.covers = cover_rules.Covers(
            np.zeros(regions, np.int64), np.zeros((regions, self.horizon + 1), np.int64)
        )
        self.careers = Careers(self)
        self._turn_to(0)
        self.credentials = Credentials(self)
        self.foundation = FoundationAllocation(self)
        self.recruitment = Recruitment(self)
        self.enhance = Enhance(self)
        self.arrivals = Arrivals(self)

    def _begin_era(self, blueprint: Blueprint) -> None:
        """Values without a year change; who holds or has asked for something keeps what that was."""
        for share in ("course_repeat", "course_leave"):
            self._school_changed |= not np.array_equal(getattr(self.bp, share), getattr(blueprint, share))
        self.bp = blueprint
        self._opened.clear()
        self._bundles.clear()
        self._read_tables()
        self._read_needs()
        self.careers.read_tables()

    def school_result(self, doctor: Doctor, year: int, sat: int) -> int:
        """How a year of the course ends; drawn on entry, and again once an era has changed the chances."""
        if not self._school_changed:
            return school_rules.result_in(doctor.results, year, sat)
        course = int(self.bp.route_first[doctor.route]) + year
        chances = int(self.bp.course_repeat[course]), int(self.bp.course_leave[course])
        return int(school_rules.sitting(self.key, doctor.id, year, sat, *chances))

    def had_assistantship(self, doctor: Doctor) -> int:
        """1 after a final-year assistantship in an English medical school."""
        if doctor.route < 0:
            return 0
        share = int(self.bp.route_assistantship[doctor.route])
        return int(arrival_rules.has_assistantship(self.key, doctor.id, share))

    # plain lists for the tables that lives read: indexing an array from Python costs five times more
    def _read_tables(self) -> None:
        bp = self.bp
        self.route_applies = bp.route_applies.tolist()
        self.course_months = [
            bp.course_months[first : first + years].tolist()
            for first, years in zip(bp.route_first, bp.route_years, strict=True)
        ]
        self.level_first = bp.level_first.tolist()
        self.level_count = bp.level_count.tolist()
        self.level_wte = bp.level_wte_hundredths.tolist()
        self.level_before = levels_before(bp).tolist()
        self.programme_months = programme_months(bp).tolist()
        self.transfer_applies = bp.transfer_applies.tolist()
        self.extension = bp.programme_extension.tolist()
        self.extension_cap = bp.programme_extension_cap.tolist()
        self.core_bit = bp.programme_core_bit.tolist()
        self.trained_group = bp.programme_trained.tolist()
        self.in_region = [place(region=region) for region in range(len(bp.regions))] + [NOWHERE]
        self.foundation_hazards = [
            [(bp.programme_resign[0].item(), self._extend(year, helped), bp.foundation_release[year].item())
             for helped in (0, 1)]
            for year in (0, 1)
        ]  # fmt: skip
        self._ltft_in_post = bp.programme_ltft_stock.tolist()
        self.away_min = bp.after_f2_min_months.tolist()
        self.away_max = bp.after_f2_max_months.tolist()
        self._outside = [
            {state: table[row].copy() for state, row in _OUTSIDE_ROW.items()} for table in bp.outside_rates
        ]
        self._read_flexible_tables()
        self._straight_sas = bp.sas_after_training.tolist()
        self._own_sas_specialty = own_sas_specialty(bp).tolist()
        self.practice_return = bp.practice_return.tolist()
        self.practice_break = bp.practice_break_months.tolist()
        self.trained_specialty = trained_specialty_thresholds(bp)
        self._year_offset = (bp.start_month - clock.TRAINING_YEAR_MONTH) % 12
        self.practice_changes = [
            [self._practice_changes(group, cut) for cut in (False, True)] for group in range(bp.exit.shape[1])
        ]
        self._last_year = clock.training_year(bp.start_month, self.horizon)

    def _read_flexible_tables(self) -> None:
        bp = self.bp
        self.kinds = len(bp.step_outs)
        self.step_out_rules = [
            {name: column.tolist() for name, column in zip(STEP_OUT_RULES, of_year.T, strict=True)}
            for of_year in bp.step_out_rules
        ]
        self.step_out_lengths = bp.step_out_lengths.tolist()
        self.step_out_yearly = bp.step_out_yearly.tolist()
        self.post_cover = bp.post_cover.tolist()
        self.gap_months = np.ascontiguousarray(bp.return_gaps[:, 0])
        self.return_support = bp.return_support.tolist()
        self._support_units = int(bp.return_support[:, -1].max(initial=0))
        self.ltft_requests = bp.ltft_requests.tolist()
        self.ltft_rules = bp.ltft_rules.tolist()
        self.ltft_reasons = [
            [tuple(np.ascontiguousarray(column) for column in own.T) for own in year]
            for year in bp.ltft_reasons
        ]

    def _practice_changes(self, group: int, cut: bool) -> tuple[Any, ...]:
        """What the next change in a trained group depends on; nobody cuts their hours twice in a spell."""
        bp = self.bp
        return (
            self.horizon,
            self._year_offset,
            np.ascontiguousarray(bp.exit[:, group]),
            bp.reduce_hours_by_year[group],
            practice_rules.NO_AGE if cut else bp.reduce_hours_age,
        )

    def _extend(self, year: int, assistantship: int) -> int:
        """Threshold of a foundation extension, without (0) or with (1) a final-year assistantship."""
        extend, effect = int(self.bp.foundation_extend[year]), self.bp.foundation_assistantship_effect
        return int(training_rules.foundation_extension(extend, year, assistantship, effect))

    # pools ---------------------------------------------------------------------------------------------

    def _open_pools(self) -> None:
        bp = self.bp
        regions = range(len(bp.regions))
        self.pools = pools = Pools()
        self.placement_pool = [[pools.open(PoolKind(k + 1)) for _ in regions] for k in range(5)]
        self.post_pool = [[pools.open(PoolKind.TRAINING_POST) for _ in regions] for _ in bp.programmes]
        self.supervisor_pool = [
            [pools.open(PoolKind.SUPERVISOR, unlimited=bp.supervision_soft) for _ in regions]
            for _ in bp.supervision_groups
        ]
        self.practice_pool = [pools.open(PoolKind.PRACTICE_PLACE) for _ in regions]
        self.support_pool = [pools.open(PoolKind.SUPPORT_PLACE) for _ in regions]
        self.workforce = [[[0 for _ in regions] for _ in bp.programmes] for _ in range(3)]

    def _read_needs(self) -> None:
        bp = self.bp
        regions = range(len(bp.regions))
        self._group = bp.programme_group.tolist()
        self._practice_units = bp.level_practice_units.tolist()
        self._supervisor_units = bp.level_supervisor_units.tolist()
        self.course_needs = [
            [[self._placement_need(stage, region) for stage in bp.course_stage[first : first + years]]
             for region in regions]
            for first, years in zip(bp.route_first, bp.route_years, strict=True)
        ]  # fmt: skip
        self.hazards = [
            [(resign, *reviews) for _ in regions]
            for resign, reviews in zip(
                bp.programme_resign.tolist(), bp.programme_review.tolist(), strict=True
            )
        ]  # [programme][region], yearly: resignation, development, extra time, release

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

    def _placement_need(self, stage: int, region: int) -> Need | None:
        """The need of a year of that stage, or None."""
        bundles = self.placement_bundles(stage, region)
        return self.pools.need(*bundles, september_only=True) if bundles else None

    def training_bundle(self, programme: int, level: int, region: int) -> Bundle:
        """Post, supervisor and practice place of a level; foundation has no post pool of its own."""
        key = (level, region)
        if key in self._bundles:
            return self._bundles[key]
        group = self._group[programme]
        wanted = [] if programme == 0 else [(self.post_pool[programme][region], 1)]
        if self._supervisor_units[level]:
            wanted.append((self.supervisor_pool[group][region], self._supervisor_units[level]))
        if self._practice_units[level]:
            wanted.append((self.practice_pool[region], self._practice_units[level]))
        bundle = tuple(wanted)
        self._bundles[key] = self._same.setdefault(bundle, bundle)
        return self._bundles[key]

    def supported_bundle(self, programme: int, level: int, region: int) -> Bundle:
        """The same with a place of supported return and the supervision it takes besides."""
        supervisor = self.supervisor_pool[self._group[programme]][region]
        more = dict(self.training_bundle(programme, level, region))
        more[supervisor] = more.get(supervisor, 0) + self._support_units
        return tuple((pool, units) for pool, units in more.items() if units) + (
            (self.support_pool[region], 1),
        )

    def foundation_bundles(self, year: int, region: int, with_practice: bool) -> tuple[Bundle, ...]:
        """A foundation year; with a practice placement if there is room, otherwise in hospital."""
        plain = self.training_bundle(0, self.level_first[0] + year, region)
        units = self.bp.foundation_practice_units
        if not with_practice or not units:
            return (plain,)
        return ((*plain, (self.practice_pool[region], units)), plain)

    def _set_capacities(self) -> None:
        bp, pools = self.bp, self.pools
        year = self.year
        posts = self.post_moves.posts(year)
        if self.month == 0 or year != self.training_year(self.month - 1):
            for r in range(len(bp.regions)):
                for k in range(5):
                    pools.target[self.placement_pool[k][r]] = int(bp.placement_units[year, k, r])
                for p in range(len(bp.programmes)):
                    pools.target[self.post_pool[p][r]] = posts[p][r]
                    pools.shared[self.post_pool[p][r]] = int(bp.posts_shared[year, p])
                pools.target[self.practice_pool[r]] = int(bp.practice_units[year, r])
                pools.target[self.support_pool[r]] = int(bp.support_places[year, r])
        self._set_supervisors(year)
        self._count_part_timers(posts)

    def _count_part_timers(self, posts: list[list[int]]) -> None:
        """Where, as the month begins, as many train less than full time as may."""
        capacity = self.ltft_rules[self.year][0]
        self.part_time_full = [
            [bool(hours_rules.too_many(*counts, capacity)) for counts in zip(*rows, strict=True)]
            for rows in zip(self.part_timers, posts, strict=True)
        ]
        self.part_time_full[0] = [False] * len(self.bp.regions)  # foundation has no posts to fill

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
                units = self.careers.supervision_left(units, g, r)
                part = supervision_rules.foundation_units(units, shares[g])
                pledged += part
                pools.target[self.supervisor_pool[g][r]] = units - part
            pools.target[self.supervisor_pool[FOUNDATION_GROUP][r]] = pledged + fixed[FOUNDATION_GROUP][r]
            if bp.supervision_soft:
                self._worsen(r)

    def _worsen(self, region: int) -> None:
        """What resignations and reviews become where supervision is over capacity, as the month begins."""
        bp, pools = self.bp, self.pools
        for p, group in enumerate(self._group):
            pool = self.supervisor_pool[group][region]
            crowding = supervision_rules.crowding_percent(pools.used[pool], pools.target[pool])
            development, extra_time, release = bp.programme_review[p].tolist()
            self.hazards[p][region] = (
                training_rules.worsened(int(bp.programme_resign[p]), crowding, bp.crowding_resign_percent),
                development,
                training_rules.worsened(extra_time, crowding, bp.crowding_review_percent),
                release,
            )

    # time -----------------------------------------------------------------------------------------------

    def run(self) -> EventLog:
        """All months, then the log in its final order."""
        stages = list(self.arrivals.starting_stock())
        self._set_capacities()
        for stage in stages:
            self.begin(stage)
        self.env.process(self._months())
        self.env.run()
        return self.log.close()

    def _months(self) -> Generator[simpy.Event, Any, None]:
        env = self.env
        for month in range(self.horizon):
            yield env.timeout(clock.tick(month, Phase.POLICY) - env.now)
            self._turn_to(month)
            if month in self._eras:
                self._begin_era(self._eras[month])
            self._set_capacities()
            yield env.timeout(Phase.ARRIVALS - Phase.POLICY)
            self.arrivals.this_month()
            yield env.timeout(Phase.ROUNDS - Phase.ARRIVALS)
            self._run_rounds()
            yield env.timeout(Phase.GRANTS - Phase.ROUNDS)
            starts = env.timeout(Phase.STARTS - Phase.GRANTS)
            for request in self._serve():
                starts.callbacks += request.callbacks
            yield starts
            yield env.timeout(Phase.CENSUS - Phase.STARTS)
            self._census()

    def _monthly(self, phase: Phase) -> list[simpy.Event]:
        """The shared event of a phase of every month."""
        return [self.env.timeout(clock.tick(month, phase)) for month in range(self.horizon)]

    def _turn_to(self, month: int) -> None:
        self.month = month
        self.calendar_month = clock.calendar_month(self.bp.start_month, month)
        self.is_august = self.calendar_month == clock.TRAINING_YEAR_MONTH  # posts change hands
        self.year = self.training_year(month)
        self.log.turn_to(month)

    def _run_rounds(self) -> None:
        if self.is_august:
            self.post_moves.happen()
            self.foundation.run()
        if self.calendar_month in self.bp.round_month:
            self.recruitment.run()
        else:
            self.recruitment.turn_away()

    def _serve(self) -> list[Request]:
        granted, blocked = self.pools.serve(self.calendar_month == clock.ACADEMIC_YEAR_MONTH)
        for request, cause in blocked:
            placement = cause <= PoolKind.TECHNOLOGY_PLACEMENT
            happening = rows.PLACEMENT_BLOCKED if placement else rows.BLOCKED
            self.log.write(happening, request.person.id, request.where, cause)
        return granted

    def _census(self) -> None:
        self.enhance.fill_places()
        self.credentials.end_month()
        if self.calendar_month == POOL_CENSUS_MONTH:
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
        for kind, pools in (
            (PoolKind.PRACTICE_PLACE, self.practice_pool),
            (PoolKind.SUPPORT_PLACE, self.support_pool),
        ):
            rows += [(kind, -1, r, pool) for r, pool in enumerate(pools)]
        kinds, owner, region, pool = (np.array(column, np.int64) for column in zip(*rows, strict=True))
        capacity = np.array([self.pools.target[k] for k in pool.tolist()], np.int64)
        used = np.array([self.pools.in_use(k) for k in pool.tolist()], np.int64)
        kept = (capacity > 0) | (used > 0)
        person = np.full(len(pool), SYSTEM_PERSON, np.int64)
        for event, units in ((Event.POOL_CAPACITY, capacity), (Event.POOL_IN_USE, used)):
            self.log.write_many(
                at, person[kept], event, programme=owner[kept], level=kinds[kept], region=region[kept],
                detail=units[kept],
            )  # fmt: skip

    def next_august(self, month: int) -> int:
        """The first August in or after a month."""
        return month + (-(month + self._year_offset)) % 12

    def months_to_september(self) -> int:
        """Months to the next September; 0 in September."""
        return (clock.ACADEMIC_YEAR_MONTH - self.calendar_month) % 12

    def training_year(self, month: int) -> int:
        """Training years begun since the first."""
        return (month + self._year_offset) // 12

    # what lives ask ---------------------------------------------------------------------------------------

    def leave(self, doctor: Doctor, reason: Leaving) -> None:
        """Take a doctor out of the modelled workforce for good."""
        self.log.write(rows.LEFT, doctor.id, detail=reason)
        self.alive -= 1

    def serve_nhs(self, doctor: Doctor) -> None:
        """Service counts from the first month in the NHS."""
        if doctor.nhs_since > self.month:
            doctor.nhs_since = self.month

    def begin(self, stage: lives.Stage | None) -> None:
        """Set a life going, if anything more happens in it."""
        if stage is not None:
            lives.Life(self.env, stage)

    def wte_in_post(self, doctor: Doctor, programme: int) -> int:
        """Percent of full time that a trainee of the starting stock works."""
        bp = self.bp
        ltft = self._ltft_in_post[programme][doctor.female]
        wte = training_rules.starting_wte(
            self.key, doctor.id, programme, ltft, bp.ltft_percent, bp.ltft_cumulative
        )
        return int(wte)

    def next_move(self, doctor: Doctor, state: int, august: int) -> int:
        """An outside doctor's next move, counted from an August and coded as the rule returns it."""
        kind = outside_rules.kind_of_doctor(doctor.group, doctor.trained_here)
        in_nhs = state in lives.NHS_STATES
        return outside_rules.next_move(
            self.key,
            doctor.id,
            (august + self._year_offset) // 12,
            self._last_year,
            outside_rules.service_in(august, self.month, doctor.nhs_since, in_nhs),
            self.bp.outside_service,
            self._outside[kind][state],
        )

    def end_of_application(self, doctor: Doctor) -> tuple[int, int]:
        """Month and way in which the portfolio application of a locally employed doctor ends."""
        august = self.next_august(self.month + 1)
        kind = outside_rules.kind_of_doctor(doctor.group, doctor.trained_here)
        end = outside_rules.end_of_application(
            self.key, doctor.id, doctor.portfolio_due, august, self.training_year(august),
            august - doctor.nhs_since, self.bp.outside_service, self.bp.applicant_rates[kind],
        )  # fmt: skip
        month, way = divmod(int(end), outside_rules.WAYS)
        return month, way

    def goes_straight_to_sas(self, doctor: Doctor) -> bool:
        """Whether a doctor who just left a programme unfinished takes a SAS post."""
        share, asked = self._straight_sas[self.year]
        return bool(
            outside_rules.goes_straight_to_sas(
                self.key, doctor.id, doctor.choices, self._own_sas_specialty[doctor.programme] > -2,
                self.month - doctor.nhs_since, share, asked,
            )
        )  # fmt: skip

    def sas_specialty(self, doctor: Doctor, programme: int = 0) -> int:
        """Programme of a new SAS doctor, who may come from training in one."""
        own = self._own_sas_specialty[programme]
        drawn = self.bp.sas_programme_cumulative
        return int(outside_rules.specialty_of_sas_post(self.key, doctor.id, own, drawn))

    def end_of_initiative(self, doctor: Doctor) -> tuple[int, int]:
        """Month and way in which a stay on the Medical Training Initiative ends."""
        end = outside_rules.end_of_initiative(
            self.key, doctor.id, doctor.nhs_since, self.month, self._year_offset, self.bp.initiative
        )
        month, way = divmod(int(end), outside_rules.WAYS)
        return month, way

    def recruits_higher_now(self, doctor: Doctor) -> bool:
        """Whether a round this month has a programme that this doctor's competence opens."""
        return self.opens(doctor.competence, self.calendar_month)

    def opens(self, competence: int, calendar_month: int) -> bool:
        """Whether a round of that month has a programme that a competence opens."""
        key = (competence, calendar_month)
        if key not in self._opened:
            bp = self.bp
            rounds = bp.round_programmes[bp.round_month == calendar_month].any(axis=0)
            parents = bp.programme_parents[rounds]
            entry = not competence and (parents == 0).any()
            self._opened[key] = bool(entry or ((parents & competence) != 0).any())
        return self._opened[key]

    def practice_wte(self, doctor: Doctor, group: int) -> int:
        """Percent of full time on starting in a trained group."""
        percents = self.bp.practice_wte_percent[group, doctor.female]
        cumulative = self.bp.practice_wte_cumulative[group, doctor.female]
        return int(practice_rules.hours_percent(self.key, doctor.id, group, percents, cumulative))

    def next_change(self, doctor: Doctor, group: int, programme: int, cut: bool) -> int:
        """The next change in a practice spell after this month, coded as the rule returns it."""
        end, offset, exits, reduce, *ages = self.practice_changes[group][cut]
        chances = (offset, exits, reduce[doctor.female], *ages)
        if group == practice.SAS:
            return self.careers.next_change(doctor, programme, chances, end)
        return practice_rules.next_change(self.key, doctor.id, group, self.month, end, doctor.birth, *chances)

    def apply_from_sas(self, doctor: Doctor, programme: int) -> lives.Stage:
        """A SAS doctor applies this August; returns the training stage if placed, else None."""
        doctor.competence |= int(self.bp.programme_parents[programme])
        self.recruitment.register(doctor, self.month)
        yield self.answers[self.month]
        return None if doctor.answer is None else lives.take_up_post(self, doctor)
