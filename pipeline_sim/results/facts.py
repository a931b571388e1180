"""What the KPIs are computed from: yearly counts and rows, worked out once and shared.

Tables have axes [year, programme + 1, region + 1] unless said otherwise; index 0 of programme and
region is "none".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline_sim.clock import MONTHS_PER_YEAR, TRAINING_YEAR_MONTH
from pipeline_sim.eventlog import EventLog
from pipeline_sim.results.census import Census, mean_by_year
from pipeline_sim.results.completions import completions_frame
from pipeline_sim.results.flows import Flows
from pipeline_sim.results.labels import year_count, year_of_month
from pipeline_sim.results.lives import FOUNDATION_PROGRAMME, Lives
from pipeline_sim.scenario.blueprint import TRAINED_GROUPS, Blueprint
from pipeline_sim.vocabulary import Event, State, round_of

Table = NDArray[np.float64]


@dataclass(frozen=True)
class Facts:
    """One run seen from the results' side."""

    log: EventLog
    blueprint: Blueprint
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

    def count(self, *events: Event) -> Table:
        """How often the events happened."""
        flows = self.flows
        chosen = np.isin(flows.event, [int(event) for event in events])
        table = np.zeros(self.shape)
        where = (flows.year[chosen], flows.programme[chosen] + 1, flows.region[chosen] + 1)
        np.add.at(table, where, flows.count[chosen])
        return table

    def rows(self, event: Event) -> NDArray[np.int64]:
        """Positions in the log of one event."""
        if event not in self._rows:
            self._rows[event] = np.flatnonzero(self.log.event == event)
        return self._rows[event]

    @cached_property
    def _rows(self) -> dict[Event, NDArray[np.int64]]:
        return {}

    def tabulate(self, rows: NDArray, weight: NDArray | None = None) -> Table:
        """Rows of the log counted, or their ``weight`` summed, by year, programme and region."""
        return self.tabulate_by(rows, np.zeros(len(rows), dtype=np.int64), 1, weight)[:, 0]

    def tabulate_by(self, rows: NDArray, label: NDArray, labels: int, weight: NDArray | None = None) -> Table:
        """As ``tabulate`` with an axis of ``labels`` after the year: [year, label, programme, region]."""
        years, programmes, regions = self.shape
        key = self.year_of[self.log.month[rows]] * labels + label
        key = (key * programmes + self.log.programme[rows] + 1) * regions + self.log.region[rows] + 1
        size = years * labels * programmes * regions
        return np.bincount(key, weight, size).astype(np.float64).reshape(years, labels, programmes, regions)

    def life_table(self, rows: NDArray, weight: NDArray | None = None, at: NDArray | None = None) -> Table:
        """Rows of the lives counted by year, and by the programme and region of row ``at`` (themselves)."""
        lives, at = self.lives, rows if at is None else at
        years, programmes, regions = self.shape
        key = self.year_of[lives.month[rows]] * programmes + lives.programme[at] + 1
        key = key * regions + lives.region[at] + 1
        return np.bincount(key, weight, years * programmes * regions).astype(np.float64).reshape(self.shape)

    def headcount(self, *states: State, specialty_only: bool = False) -> Table:
        """Mean monthly headcount in the states."""
        return mean_by_year(
            self.census, self.blueprint, self._cells(states, specialty_only), self.census.heads
        )

    def whole_time(self, *states: State) -> Table:
        """Mean monthly whole-time equivalents in the states."""
        return mean_by_year(self.census, self.blueprint, self._cells(states), self.census.wte) / 100

    def part_time(self, *states: State) -> Table:
        """Mean monthly headcount below full time in the states."""
        return mean_by_year(self.census, self.blueprint, self._cells(states), self.census.part_time)

    def _cells(self, states: Iterable[State], specialty_only: bool = False) -> NDArray[np.bool_]:
        cells = self.census.in_states(states)
        if specialty_only:
            cells &= self.specialty[self.census.programme + 1]
        return cells

    @cached_property
    def trainees(self) -> Table:
        """Mean headcount in specialty programmes, core included: in training or waiting with a post."""
        return self.headcount(State.TRAINING, State.TRAINING_WAITING, specialty_only=True)

    # rounds: [year, round, programme + 1, region + 1] ---------------------------------------------

    def by_round(self, event: Event) -> Table:
        """Recruitment events by round; for the posts of a round, their number."""
        rows = self.rows(event)
        detail = self.log.detail[rows]
        label: NDArray
        weight = None
        if event in (Event.POSTS_ADVERTISED, Event.POSTS_UNFILLED):
            label, weight = self.log.level[rows], detail.astype(np.float64)
        elif event in (Event.DECLINED, Event.OFFER_LAPSED):
            label = detail
        else:
            label = round_of(detail)
        return self.tabulate_by(rows, label, len(self.blueprint.rounds), weight)

    @cached_property
    def advertised(self) -> Table:
        return self.by_round(Event.POSTS_ADVERTISED)

    @cached_property
    def unfilled(self) -> Table:
        return self.by_round(Event.POSTS_UNFILLED)

    @cached_property
    def accepted(self) -> Table:
        return self.by_round(Event.ACCEPTED)

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

    # people ----------------------------------------------------------------------------------------

    @cached_property
    def completions(self) -> pd.DataFrame:
        """The completions of this run, as replication 0."""
        return completions_frame(self.lives, self.blueprint)

    def first_per_round(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of the log that are a person's first application of a month in a round, and the round."""
        rows = self.rows(Event.APPLIED)
        number = round_of(self.log.detail[rows])
        kept = []
        for wanted in range(len(self.blueprint.rounds)):
            chosen = rows[number == wanted]
            person, month = self.log.person[chosen], self.log.month[chosen]
            new = np.ones(len(chosen), dtype=bool)
            new[1:] = (person[1:] != person[:-1]) | (month[1:] != month[:-1])
            kept.append(chosen[new])
        rounds = [np.full(len(chosen), wanted) for wanted, chosen in enumerate(kept)]
        none = np.zeros(0, dtype=np.int64)
        return np.concatenate([none, *kept]), np.concatenate([none, *rounds])
