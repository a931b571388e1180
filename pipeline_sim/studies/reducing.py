"""What a comparison keeps of one run: its KPIs as a grid, its waits, and who was certified when.

The log goes as soon as this is made. Everything is keyed by names and by people's own numbers, so that runs
of different scenarios can be laid side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline_sim.clock import MONTHS_PER_YEAR
from pipeline_sim.eventlog import EventLog
from pipeline_sim.results.budget import budget_frame, has_costs
from pipeline_sim.results.bundle import gather_facts
from pipeline_sim.results.facts import Facts
from pipeline_sim.results.kpis import kpi_frame
from pipeline_sim.results.labels import months_in_year, year_labels
from pipeline_sim.results.waits import waits_frame
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import State

More = Callable[[Facts, pd.DataFrame], pd.DataFrame]  # rows as of kpi_frame
IN_TRAINING = (State.TRAINING, State.TRAINING_WAITING, State.STEPPED_OUT)
WAIT_KEYS = ("year", "blocked_by", "programme", "region")


@dataclass(frozen=True)
class KpiGrid:
    """Values of KPIs, totals and those broken down one way, by year; missing ones are NaN."""

    names: tuple[str, ...]
    years: tuple[int, ...]
    values: NDArray[np.float64]  # [name, year]
    counts: frozenset[str]  # KPIs that count: nothing written means 0


@dataclass(frozen=True)
class Certified:
    """Doctors with a CCT in the run, ascending by number; of a second CCT nothing is kept."""

    person: NDArray[np.int64]
    month: NDArray[np.int64]
    programme: NDArray[np.str_]
    region: NDArray[np.str_]


@dataclass(frozen=True)
class Budget:
    """What a run cost: columns ``rep`` (0)``, year, head, payer, pounds``, and how it is discounted."""

    table: pd.DataFrame
    discount_rate: float
    price_year: int


@dataclass(frozen=True)
class ReducedRun:
    """One run, reduced."""

    kpis: KpiGrid
    waits: dict[tuple[int, str, str, str], int]  # person-months by WAIT_KEYS
    certified: Certified
    everyone: NDArray[np.int64]  # who is in the run at any time, ascending
    in_training: NDArray[np.int64]  # who has a post or training number when the run ends, ascending
    events: int
    budget: Budget | None = None  # None: the scenario has no costs


def reduce_run(log: EventLog, blueprint: Blueprint, more: More | None = None) -> ReducedRun:
    """All that a comparison needs of a run; ``more`` makes rows of its facts and KPIs, compared as KPIs."""
    facts = gather_facts(log, blueprint)
    kpis = kpi_frame(facts)
    if more is not None:
        kpis = pd.concat([kpis, more(facts, kpis)], ignore_index=True)
    lives, numbers = facts.lives, facts.people.number
    present = np.flatnonzero(np.diff(lives.begin))
    last = lives.state[lives.begin[present + 1] - 1]
    held = np.isin(last, [int(state) for state in IN_TRAINING])
    return ReducedRun(
        kpi_grid(kpis),
        _waits(facts),
        first_certificates(facts.completions),
        numbers[present],
        numbers[present[held]],
        len(log),
        _budget(facts),
    )


def whole_years(blueprint: Blueprint) -> tuple[int, ...]:
    """Training years that lie wholly inside the horizon; all of them if none does."""
    years, months = year_labels(blueprint), months_in_year(blueprint)
    whole = years[months == MONTHS_PER_YEAR]
    return tuple(int(year) for year in (whole if len(whole) else years))


def kpi_grid(kpis: pd.DataFrame) -> KpiGrid:
    """The rows of ``kpis`` (columns as of ``kpi_frame``) with at most one breakdown, by name and year."""
    code, found = pd.factorize(kpis["kpi"])
    names = [str(name) for name in found]
    kept = np.array([name.count("=") <= 1 for name in names], dtype=bool)
    place = np.cumsum(kept) - 1
    first, last = int(kpis["year"].min()), int(kpis["year"].max())
    values = np.full((int(kept.sum()), last - first + 1), np.nan)
    rows = kept[code]
    values[place[code[rows]], kpis["year"].to_numpy()[rows] - first] = kpis["value"].to_numpy()[rows]
    counting = kpis["denominator"].isna().to_numpy() & kpis["numerator"].notna().to_numpy()
    counts = frozenset(base_name(names[at]) for at in np.unique(code[counting]))
    return KpiGrid(
        tuple(name for name, keep in zip(names, kept, strict=True) if keep),
        tuple(range(first, last + 1)),
        values,
        counts,
    )


def base_name(kpi: str) -> str:
    """``fill_rate[region=london]`` -> ``fill_rate``."""
    return kpi.partition("[")[0]


def first_certificates(completions: pd.DataFrame) -> Certified:
    """The first CCT of each doctor."""
    rows = completions[completions["kind"] == "cct"]
    person, month = rows["person"].to_numpy(np.int64), rows["month"].to_numpy(np.int64)
    order = np.lexsort((month, person))
    order = order[np.diff(person[order], prepend=-1) != 0]
    programme, region = (rows[column].astype(str).to_numpy(dtype=str) for column in ("programme", "region"))
    return Certified(person[order], month[order], programme[order], region[order])


def _waits(facts: Facts) -> dict[tuple[int, str, str, str], int]:
    frame = waits_frame(facts.census, facts.blueprint)
    keys = zip(*(frame[column].tolist() for column in WAIT_KEYS), strict=True)
    return dict(zip(keys, frame["person_months"].tolist(), strict=True))


def _budget(facts: Facts) -> Budget | None:
    blueprint = facts.blueprint
    if not has_costs(blueprint):
        return None
    rows = budget_frame(facts.budget, blueprint).astype({"head": "str", "payer": "str"})
    table = rows.groupby(["rep", "year", "head", "payer"], as_index=False)["pounds"].sum()
    return Budget(table, blueprint.discount_rate, blueprint.price_year)
