"""Credentials in the compiled engine: one pass over everyone in the month of a lottery, then arrays.

Few people study for a credential at a time: they are a short list, gone through each month.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline_sim import clock
from pipeline_sim.compiling import by_field, flow
from pipeline_sim.engines.compiled_records import NO_BUNDLE, ROW, Stage, calendar_month, training_year
from pipeline_sim.engines.compiled_rounds import system_rows
from pipeline_sim.engines.compiled_tables import Run, Tables
from pipeline_sim.rules import credentials as rules
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import KINDS, Event, PoolKind

#: Someone studying: what for, since when in which post, and the month of the award.
STUDY = np.dtype(
    [(name, np.int64) for name in ("who", "credential", "programme", "region", "wte", "months", "due")]
)


@flow
def credential_applicants(t: Any, r: Any, key: Any, month: Any, cells: Any, held: Any, applies: Any):
    """List everyone who applies for a credential of this month in ``r.found``; returns how many.

    What each of them applies for is left in ``applies``. ``held`` are bit masks of the credentials people
    have; the first ``cells`` cells of people have arrived.
    """
    setting = t.setting[0]
    year, month_of_year = training_year(setting, month), calendar_month(setting.start_month, month)
    found = 0
    for number in range(cells):
        cell = t.cells[number]
        for i in range(cell.first, cell.first + cell.count):
            person = r.people[i]
            group, order = np.int64(person.level), np.int64(rules.NO_LEVEL)
            if not person.working:
                if person.held == NO_BUNDLE:
                    continue
                if person.stage != Stage.TRAINING and person.stage != Stage.LEVEL_BEGINS:
                    continue
                order = group - t.programmes[person.programme].first + 1
                group = np.int64(rules.TRAINEE)
            programme = person.programme
            if t.open_to[year, group, programme] == 0:
                continue
            credential = rules.applies_for(
                key,
                person.identity,
                year,
                month_of_year,
                held[i],
                order,
                t.chance[year, group, programme],
                t.from_level[year, programme],
                t.months,
            )
            if credential >= 0:
                r.found[found] = i
                applies[found] = credential
                found += 1
    return found


class Credentials:
    """All credentials of a run."""

    def __init__(self, blueprint: Blueprint, tables: Tables, run: Run, key: int) -> None:
        self._bp, self._t, self._run, self._key = blueprint, tables, run, key
        self._studies = np.zeros(0, STUDY)
        self._held = np.zeros(len(run.people), np.int64)  # bit mask of credentials by person
        self._applies = np.empty(len(run.people), np.int8)
        self._months = set(blueprint.credential_month.tolist())

    def end_month(self, month: int) -> NDArray:
        """Awards of the month, then new starts: their rows of the log."""
        rows = [self._award(month)] if len(self._studies) else []
        if clock.calendar_month(self._bp.start_month, month) in self._months:
            rows += self._start(month)
        return np.concatenate(rows) if rows else np.empty(0, ROW)

    def _award(self, month: int) -> NDArray:
        studies = self._studies
        in_post = self._in_post(studies)
        ends = ~in_post | (studies["due"] <= month)
        awarded = studies[ends & in_post]
        self._supervise(studies[ends], -1)
        self._studies = studies[~ends]
        self._held[awarded["who"]] |= np.int64(1) << awarded["credential"]
        detail = awarded["credential"] + KINDS * awarded["months"]
        return _rows(Event.CREDENTIAL_AWARDED, awarded, detail)

    def _in_post(self, studies: NDArray) -> NDArray[np.bool_]:
        """Whether they are still in the post in which they began, at another level perhaps."""
        people, who = self._run.people, studies["who"]
        stage = people["stage"][who]
        training = (people["held"][who] != NO_BUNDLE) & (
            (stage == Stage.TRAINING) | (stage == Stage.LEVEL_BEGINS)
        )
        there = (people["programme"][who] == studies["programme"]) & (
            people["region"][who] == studies["region"]
        )
        return (training | (people["working"][who] != 0)) & there

    def _supervise(self, studies: NDArray, sign: int) -> None:
        """Take (+1) or give back (-1) the supervision of credentials."""
        bp = self._bp
        of, first = studies["credential"], int(self._t.supply.setting["supervisors_from"][0])
        pool = first + bp.credential_group[of] * len(bp.regions) + studies["region"]
        np.add.at(self._run.pools["used"], pool, sign * bp.credential_units[of])

    def _start(self, month: int) -> list[NDArray]:
        bp, run, t = self._bp, self._run, self._t
        cells = int(t.cell_of_month[month + 2])
        count = credential_applicants(t.credentials, run, self._key, month, cells, self._held, self._applies)
        who, credential = run.found[:count].astype(np.int64), self._applies[:count].astype(np.int64)
        free = ~np.isin(who, self._studies["who"])
        who, credential = who[free], credential[free]
        people = run.people
        region = people["region"][who].astype(np.int64)
        year = clock.training_year(bp.start_month, month)
        month_of_year = clock.calendar_month(bp.start_month, month)
        slots = bp.credential_slots[year] * (bp.credential_month == month_of_year)[:, None]
        starting = rules.allot(
            self._key, year, people["identity"][who], credential, region, slots, bp.credential_units,
            bp.credential_group, self._room(),
        )  # fmt: skip
        studies = np.zeros(len(starting), STUDY)
        studies["who"], studies["credential"] = who[starting], credential[starting]
        studies["region"], studies["wte"] = region[starting], people["wte"][who[starting]]
        studies["programme"] = people["programme"][who[starting]]
        whole_time = bp.credential_wte_months[studies["credential"]].tolist()
        studies["months"] = [
            rules.months_to_finish(months, wte)
            for months, wte in zip(whole_time, studies["wte"].tolist(), strict=True)
        ]
        studies["due"] = month + studies["months"]
        self._supervise(studies, 1)
        self._studies = np.concatenate((self._studies, studies))
        started = np.bincount(studies["region"], minlength=len(bp.regions))
        return [
            _rows(Event.CREDENTIAL_STARTED, studies, studies["credential"]),
            *_slot_rows(slots.sum(axis=0), started),
        ]

    def _room(self) -> NDArray[np.int64]:
        """[G, R] supervision that is free."""
        bp, pools = self._bp, self._run.pools
        shape = len(bp.supervision_groups), len(bp.regions)
        first = int(self._t.supply.setting["supervisors_from"][0])
        supervisors = slice(first, first + shape[0] * shape[1])
        room = np.where(pools["unlimited"] != 0, rules.NO_LIMIT, pools["target"] - pools["used"])
        return room[supervisors].reshape(shape)


def _rows(event: Event, studies: NDArray, detail: NDArray) -> NDArray:
    rows = by_field(np.zeros(len(studies), ROW))
    rows["event"], rows["level"] = event, -1
    rows["person"], rows["detail"] = studies["who"], detail
    for name in ("programme", "region", "wte"):
        rows[name] = studies[name]
    return rows


def _slot_rows(capacity: NDArray, started: NDArray) -> list[NDArray]:
    """Slots of the month and those taken, by region."""
    kept = np.flatnonzero(capacity)
    return [
        system_rows(event, -1, int(PoolKind.CREDENTIAL_SLOT), kept, units[kept])
        for event, units in ((Event.POOL_CAPACITY, capacity), (Event.POOL_IN_USE, started))
    ]
