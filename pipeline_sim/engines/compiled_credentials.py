"""Credentials in the compiled engine: one pass over those in post in the month of a lottery, then arrays.

Few people study for a credential at a time: they are a short list, gone through each month.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline_sim import clock
from pipeline_sim.compiling import by_field, flow
from pipeline_sim.engines.compiled_records import (
    DUE,
    MAY_STUDY,
    NO_BUNDLE,
    ROW,
    Stage,
    calendar_month,
    note,
    people_marked,
    training_year,
)
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
def credential_applicants(t: Any, r: Any, key: Any, month: Any, count: Any, held: Any, applies: Any):
    """Keep in ``r.found`` those of its first ``count`` who apply for a credential of this month.

    Returns how many. What each of them applies for is left in ``applies``; ``held`` are bit masks of the
    credentials people have.
    """
    setting = t.setting[0]
    year, month_of_year = training_year(setting, month), calendar_month(setting.start_month, month)
    found = 0
    for k in range(count):
        i = r.found[k]
        person = r.people[i]
        if not in_post(person):
            continue
        group, order, programme = np.int64(person.level), np.int64(rules.NO_LEVEL), person.programme
        if not person.working:
            order = group - t.programmes[programme].first + 1
            group = np.int64(rules.TRAINEE)
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


@flow
def in_post(person: Any):
    """Whether someone is in post as a trainee or a trained doctor."""
    if person.working:
        return True
    in_level = person.stage == Stage.TRAINING or person.stage == Stage.LEVEL_BEGINS
    return in_level and person.held != NO_BUNDLE


@flow
def studies_end(t: Any, r: Any, month: Any, studies: Any, held: Any, rows: Any):
    """Award what is finished, and drop it and the studies of those who left their post.

    Returns how many studies are left in ``studies`` and how many awards in ``rows``.
    """
    left, awards = 0, 0
    for n in range(studies.shape[0]):
        study = studies[n]
        who, region = study.who, study.region
        person = r.people[who]
        stays = in_post(person) and person.programme == study.programme and person.region == region
        if stays and study.due > month:
            studies[left] = study
            left += 1
            continue
        credential = study.credential
        pool = t.setting[0].supervisors_from + t.group[credential] * t.setting[0].regions + region
        r.pools[pool].used -= t.units[credential]
        if stays:
            held[who] |= np.int64(1) << credential
            detail = credential + KINDS * study.months
            note(
                rows[awards], who, Event.CREDENTIAL_AWARDED, study.programme, -1, region, study.wte, detail
            )  # fmt: skip
            awards += 1
    return left, awards


class Credentials:
    """All credentials of a run."""

    def __init__(self, blueprint: Blueprint, tables: Tables, run: Run, key: int) -> None:
        self._run, self._key = run, key
        self.read(blueprint, tables)
        self._studies = by_field(np.zeros(0, STUDY))
        self._held = np.zeros(len(run.people), np.int64)  # bit mask of credentials by person
        self._applies = np.empty(len(run.people), np.int8)
        self._identity = tables.arrivals.identity
        self._first_pool = int(tables.supply.setting["supervisors_from"][0])
        self._months = set(blueprint.credential_month.tolist())

    def read(self, blueprint: Blueprint, tables: Tables) -> None:
        """From now on these tables hold."""
        self._bp, self._t = blueprint, tables

    def end_month(self, month: int) -> NDArray:
        """Awards of the month, then new starts: their rows of the log."""
        rows = [self._award(month)] if len(self._studies) else []
        if clock.calendar_month(self._bp.start_month, month) in self._months:
            rows += self._start(month)
        return np.concatenate(rows) if rows else np.empty(0, ROW)

    def _award(self, month: int) -> NDArray:
        rows = by_field(np.zeros(len(self._studies), ROW))
        left, awards = studies_end(self._t.credentials, self._run, month, self._studies, self._held, rows)
        self._studies = self._studies[:left]
        return rows[:awards]

    def _start(self, month: int) -> list[NDArray]:
        bp, run, t = self._bp, self._run, self._t
        count = self._find_who_may_apply(month)
        count = credential_applicants(t.credentials, run, self._key, month, count, self._held, self._applies)
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
        of = studies["credential"]
        pool = self._first_pool + bp.credential_group[of] * len(bp.regions) + studies["region"]
        np.add.at(run.pools["used"], pool, bp.credential_units[of])
        self._studies = by_field(np.concatenate((self._studies, studies)))
        started = np.bincount(studies["region"], minlength=len(bp.regions))
        return [
            _rows(Event.CREDENTIAL_STARTED, studies, studies["credential"]),
            *_slot_rows(slots.sum(axis=0), started),
        ]

    def _find_who_may_apply(self, month: int) -> int:
        """List in ``found`` those whose draws would be low enough in some post; returns how many."""
        bp, run = self._bp, self._run
        year = clock.training_year(bp.start_month, month)
        starts = bp.credential_month == clock.calendar_month(bp.start_month, month)
        highest = self._t.credentials.chance[year].max(axis=(0, 1)) * starts
        run.bits[DUE] = run.bits[MAY_STUDY]
        may_study = run.found[: people_marked(run.bits[DUE], run.found)]
        low_enough = np.empty(len(may_study), np.bool_)
        rules.may_apply(self._key, self._identity[may_study], year, highest, low_enough)
        chosen = may_study[low_enough]
        run.found[: len(chosen)] = chosen
        return len(chosen)

    def _room(self) -> NDArray[np.int64]:
        """[G, R] supervision that is free."""
        bp, pools = self._bp, self._run.pools
        shape = len(bp.supervision_groups), len(bp.regions)
        supervisors = slice(self._first_pool, self._first_pool + shape[0] * shape[1])
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
