"""What the KPIs are computed from: yearly counts and rows, worked out once and shared.

Tables have axes [year, programme + 1, region + 1] unless said otherwise; index 0 of programme and
region is "none".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline_sim.clock import MONTHS_PER_YEAR, TRAINING_YEAR_MONTH
from pipeline_sim.compiling import by_field
from pipeline_sim.eventlog import EventLog
from pipeline_sim.results.census import Census, mean_by_year, sum_by_year
from pipeline_sim.results.completions import completions_frame, final_foundation_level
from pipeline_sim.results.flows import Flows
from pipeline_sim.results.labels import kinds_up_to, step_out_names, year_count, year_of_month
from pipeline_sim.results.life_passes import (
    FOUNDATION_PROGRAMME,
    PRACTICE,
    SIGN_OFF,
    STEP_OUT,
    find_practice_after_cct,
    find_sign_offs,
    find_step_outs,
)
from pipeline_sim.results.lives import Lives
from pipeline_sim.results.log_passes import (
    count_by_label,
    first_applications,
    largest_of,
    people_without,
    sort_by_event,
)
from pipeline_sim.results.people import People
from pipeline_sim.scenario.blueprint import TRAINED_GROUPS, Blueprint
from pipeline_sim.vocabulary import KINDS, Event, Outcome, State, round_of

Table = NDArray[np.float64]
TRAINED = (State.CONSULTANT, State.GP)  # on the specialist or the GP register, and in post


@dataclass(frozen=True)
class Facts:
    """One run seen from the results' side."""

    log: EventLog
    blueprint: Blueprint
    people: People
    lives: Lives
    flows: Flows
    census: Census

    @property
    def years(self) -> int:
        return year_count(self.blueprint)

    @cached_property
    def year_of(self) -> NDArray[np.int64]:
        return year_of_month(self.blueprint)

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.years, len(self.blueprint.programmes) + 1, len(self.blueprint.regions) + 1

    @cached_property
    def specialty(self) -> NDArray[np.bool_]:
        """[programme + 1]: a programme after foundation."""
        chosen = np.ones(self.shape[1], dtype=bool)
        chosen[[0, FOUNDATION_PROGRAMME + 1]] = False
        return chosen

    @cached_property
    def general_practice(self) -> NDArray[np.bool_]:
        """[programme + 1]: trains general practitioners."""
        blueprint = self.blueprint
        gp = np.asarray(blueprint.programme_trained) == TRAINED_GROUPS.index("gp")
        return np.append(False, gp & (np.asarray(blueprint.level_count) > 0)) & self.specialty

    def named(self, *parts: str) -> NDArray[np.bool_]:
        """[programme + 1]: the programme's name contains one of the parts."""
        return np.array([any(part in name for part in parts) for name in ("", *self.blueprint.programmes)])

    def count(self, event: Event, level: int | None = None) -> Table:
        """How often the event happened, at one level or any."""
        if level is None:
            return self._counts[event].copy()
        return self._count(self.flows.level == level)[event]

    @cached_property
    def _counts(self) -> NDArray[np.float64]:
        return self._count(slice(None))

    def _count(self, chosen: NDArray[np.bool_] | slice) -> NDArray[np.float64]:
        """[event, year, programme, region]"""
        flows, shape = self.flows, (max(Event) + 1, *self.shape)
        place = flows.event, flows.year, flows.programme + 1, flows.region + 1
        key = np.ravel_multi_index(tuple(each[chosen] for each in place), shape)
        return np.bincount(key, flows.count[chosen], np.prod(shape)).astype(np.float64).reshape(shape)

    def rows(self, event: Event) -> NDArray[np.int32]:
        """Positions in the log of one event."""
        rows, begin = self._by_event
        return rows[begin[event] : begin[event + 1]]

    @cached_property
    def _by_event(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        return sort_by_event(self.log.event)

    def tabulate(self, rows: NDArray, chosen: Callable[[NDArray], NDArray[np.bool_]] | None = None) -> Table:
        """Rows of the log counted by year, programme and region; ``chosen`` says which details count."""

        def label(detail: NDArray) -> NDArray:
            return np.zeros(len(detail), int) if chosen is None else np.where(chosen(detail), 0, -1)

        return self.tabulate_by(rows, label, 1)[:, 0]

    def tabulate_by(self, rows: NDArray, label: Callable[[NDArray], NDArray], labels: int) -> Table:
        """As ``tabulate`` with an axis after the year: [year, label, programme, region].

        ``label`` gives that of each ``detail``; rows whose label is not below ``labels`` do not count.
        """
        log, (years, *places) = self.log, self.shape
        table = np.zeros((years, labels, *places))
        of_detail = self._labels(rows, label, labels)
        count_by_label(rows, of_detail, log.detail, log.month, log.programme, log.region, self.year_of, table)
        return table

    def _labels(self, rows: NDArray, label: Callable[[NDArray], NDArray], labels: int) -> NDArray[np.int64]:
        """The label of every detail from 0 to the largest of the rows; -1 for those not below ``labels``."""
        found = label(np.arange(largest_of(rows, self.log.detail) + 1))
        return np.where(found < labels, found, -1)

    def table_of(
        self, month: NDArray, programme: NDArray, region: NDArray, weight: NDArray | None = None
    ) -> Table:
        """What happened in these months at these places, counted or its ``weight`` summed."""
        years, programmes, regions = self.shape
        key = (self.year_of[month] * programmes + programme + 1) * regions + region + 1
        return np.bincount(key, weight, years * programmes * regions).astype(np.float64).reshape(self.shape)

    @cached_property
    def yearly_heads(self) -> Table:
        """Months' ends at which each cell of the census held people, times their number: [cell, year]."""
        return sum_by_year(self.census.heads, self.blueprint)

    @cached_property
    def yearly_wte(self) -> Table:
        """As ``yearly_heads``, percent of full time."""
        return sum_by_year(self.census.wte, self.blueprint)

    @cached_property
    def yearly_part_time(self) -> Table:
        """As ``yearly_heads``, those below full time."""
        return sum_by_year(self.census.part_time, self.blueprint)

    def headcount(self, *states: State, specialty_only: bool = False) -> Table:
        """Mean monthly headcount in the states."""
        return mean_by_year(
            self.census, self.blueprint, self._cells(states, specialty_only), self.yearly_heads
        )

    def whole_time(self, *states: State) -> Table:
        """Mean monthly whole-time equivalents in the states."""
        return mean_by_year(self.census, self.blueprint, self._cells(states), self.yearly_wte) / 100

    def part_time(self, *states: State) -> Table:
        """Mean monthly headcount below full time in the states."""
        return mean_by_year(self.census, self.blueprint, self._cells(states), self.yearly_part_time)

    def _cells(self, states: Iterable[State], specialty_only: bool = False) -> NDArray[np.bool_]:
        cells = self.census.in_states(states)
        if specialty_only:
            cells &= self.specialty[self.census.programme + 1]
        return cells

    def heads_of(self, cells: NDArray[np.bool_]) -> Table:
        """Mean monthly headcount in the marked cells of the census."""
        return mean_by_year(self.census, self.blueprint, cells, self.yearly_heads)

    @cached_property
    def trained_at_year_start(self) -> Table:
        """WTE of consultants and GPs in post at the end of each training year's first month in the run."""
        cells = self.census.in_states(TRAINED)
        first = np.flatnonzero(np.diff(self.year_of, prepend=-1))
        total = np.zeros((self.shape[1] * self.shape[2], len(first)))
        place = (self.census.programme[cells] + 1) * self.shape[2] + self.census.region[cells] + 1
        np.add.at(total, place, self.census.wte[cells][:, first])
        return total.T.reshape(self.shape) / 100

    @cached_property
    def trainees(self) -> Table:
        """Mean headcount in specialty programmes, core included: in training or waiting with a post."""
        return self.headcount(State.TRAINING, State.TRAINING_WAITING, specialty_only=True)

    @cached_property
    def programme_starts(self) -> Table:
        """Starts of the first level that a person does in a specialty programme."""
        started = self.tabulate(self.rows(Event.STARTED_LEVEL), lambda detail: detail == 1)
        return started * self.specialty[None, :, None]

    @cached_property
    def reviews(self) -> Table:
        """Yearly reviews: [year, outcome, programme, region]."""
        return self.tabulate_by(self.rows(Event.REVIEWED), lambda outcome: outcome, max(Outcome) + 1)

    # rounds: [year, round, programme + 1, region + 1] ---------------------------------------------

    def by_round(self, event: Event) -> Table:
        """Recruitment events by round."""
        whole = event in (Event.DECLINED, Event.OFFER_LAPSED)  # the detail is the round and no more
        label = (lambda detail: detail) if whole else round_of
        return self.tabulate_by(self.rows(event), label, len(self.blueprint.rounds))

    def posts_by_round(self, event: Event) -> Table:
        """Posts that the rows of a round are about."""
        rows, (years, programmes, regions) = self.rows(event), self.shape
        rounds = len(self.blueprint.rounds)
        key = self.year_of[self.log.month[rows]] * rounds + self.log.level[rows]
        key = (key * programmes + self.log.programme[rows] + 1) * regions + self.log.region[rows] + 1
        posts = np.bincount(key, self.log.detail[rows], years * rounds * programmes * regions)
        return posts.astype(np.float64).reshape(years, rounds, programmes, regions)

    @cached_property
    def advertised(self) -> Table:
        return self.posts_by_round(Event.POSTS_ADVERTISED)

    @cached_property
    def unfilled(self) -> Table:
        return self.posts_by_round(Event.POSTS_UNFILLED)

    @cached_property
    def accepted(self) -> Table:
        return self.by_round(Event.ACCEPTED)

    @cached_property
    def offered(self) -> Table:
        return self.by_round(Event.OFFERED)

    @cached_property
    def applied(self) -> Table:
        return self.by_round(Event.APPLIED)

    @cached_property
    def posts(self) -> tuple[Table, Table]:
        """Posts of the year, each once, and those still empty after the last round that had them.

        A post that stayed empty and is advertised again in any later round of the year is the same post;
        one that was vacated in between is another.
        """
        total, empty = np.zeros(self.shape), np.zeros(self.shape)
        for number in self.rounds_of_a_year:
            here = self.advertised[:, number]
            total += np.maximum(here - empty, 0)
            empty = np.where(here > 0, self.unfilled[:, number], empty)
        return total, empty

    @property
    def rounds_of_a_year(self) -> list[int]:
        """The rounds in the order in which a training year has them."""
        after = (np.asarray(self.blueprint.round_month) - TRAINING_YEAR_MONTH) % MONTHS_PER_YEAR
        return np.argsort(after, kind="stable").tolist()

    @property
    def main_rounds(self) -> NDArray[np.int64]:
        """August's own rounds: not those of other months, nor those that advertise another's posts again."""
        august = np.asarray(self.blueprint.round_month) == TRAINING_YEAR_MONTH
        return np.flatnonzero(august & (np.asarray(self.blueprint.round_repeats) < 0))

    @cached_property
    def budget(self) -> Table:
        """Pounds by [year, head, payer, programme, region]."""
        from pipeline_sim.results.budget import budget_table

        return budget_table(self)

    # people ----------------------------------------------------------------------------------------

    @cached_property
    def completions(self) -> pd.DataFrame:
        """The completions of this run, as replication 0."""
        return completions_frame(self.lives, self.people, self.blueprint)

    @cached_property
    def sign_offs(self) -> NDArray:
        """F2 sign-offs and what followed, of dtype ``SIGN_OFF``."""
        found = by_field(np.empty(self.lives.happened[Event.FOUNDATION_SIGNED_OFF], dtype=SIGN_OFF))
        level = final_foundation_level(self.blueprint)
        return found[: find_sign_offs(self.lives.rows, self.lives.begin, level, found)]

    @cached_property
    def step_outs(self) -> NDArray:
        """Step-outs from training and returns, of dtype ``STEP_OUT``."""
        happened = self.lives.happened[[Event.STEPPED_OUT, Event.STEPPED_IN]].sum()
        found = by_field(np.empty(happened, dtype=STEP_OUT))
        return found[: find_step_outs(self.lives.rows, self.lives.begin, found)] if happened else found

    @cached_property
    def step_out_kinds(self) -> tuple[str, ...]:
        """Names of the kinds of step-out, those of the scenario and any others that the log has."""
        events = (Event.STEPPED_OUT, Event.STEPPED_IN, Event.DID_NOT_RETURN)
        kinds = (self.log.detail[self.rows(event)] % KINDS for event in events)
        return kinds_up_to(max(int(kind.max(initial=-1)) for kind in kinds), step_out_names(self.blueprint))

    def practice_after_cct(self) -> NDArray:
        """Starts in practice after a CCT, of dtype ``PRACTICE``."""
        found = by_field(np.empty(self.lives.happened[Event.STARTED_PRACTICE], dtype=PRACTICE))
        return found[: find_practice_after_cct(self.lives.rows, self.lives.begin, found)]

    def applicants(self) -> tuple[Table, Table]:
        """People who applied, by year; and by year and round, once for each month."""
        rows, rounds = self.rows(Event.APPLIED), len(self.blueprint.rounds)
        number = self._labels(rows, round_of, rounds)[self.log.detail[rows]]
        people = self.people.at(rows, self.log)
        month = self.log.month[rows]
        return first_applications(number, month, people, len(self.people), self.year_of, rounds)

    def people_without_success(self) -> Table:
        """People who applied without success and accepted no post in the same year, by year."""
        failed, accepted = (
            (self.people.at(rows, self.log), self.year_of[self.log.month[rows]])
            for rows in (self.rows(Event.UNPLACED), self.rows(Event.ACCEPTED))
        )
        return people_without(*failed, *accepted, len(self.people), self.years)
