"""Who is where at each month's end: headcount and whole-time equivalents, by state and place.

The census is taken after everything else in the month. It is the running total of people entering
each cell less people leaving it, so it costs one pass over the changes of state.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline_sim.results.labels import (
    STATE_NAMES,
    categories,
    months_in_year,
    year_count,
    year_of_month,
)
from pipeline_sim.results.lives import Lives
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import PoolKind, State

_STATES = max(State) + 1
_CAUSES = max(PoolKind) + 1
FULL_TIME = 100  # percent


@dataclass(frozen=True)
class Census:
    """Cells that were ever occupied, and what each held at each month's end.

    ``heads``, ``wte`` (percent) and ``part_time`` (heads below full time) have shape [cells, months].
    """

    state: NDArray[np.int64]
    cause: NDArray[np.int64]
    programme: NDArray[np.int64]
    level: NDArray[np.int64]
    region: NDArray[np.int64]
    heads: NDArray[np.int32]
    wte: NDArray[np.int64]
    part_time: NDArray[np.int32]

    def in_states(self, states: Iterable[State]) -> NDArray[np.bool_]:
        """Which cells are of one of the states."""
        return np.isin(self.state, [int(state) for state in states])


def take_census(lives: Lives, blueprint: Blueprint) -> Census:
    """Count everyone, at the end of every month of the horizon."""
    levels, regions = len(blueprint.levels) + 1, len(blueprint.regions) + 1
    spans = np.flatnonzero((lives.state != State.OUTSIDE) & (lives.duration > 0))
    place = (lives.programme[spans].astype(np.int64) + 1) * levels + (lives.level[spans] + 1)
    place = place * regions + (lives.region[spans] + 1)
    places, place = _compact(place, (len(blueprint.programmes) + 1) * levels * regions)
    cell = (place * _STATES + lives.state[spans]) * _CAUSES + lives.cause[spans]
    cells, cell = _compact(cell, max(len(places), 1) * _STATES * _CAUSES)

    width = blueprint.months + 1
    begin = cell * width + lives.month[spans]
    end = cell * width + lives.until[spans]
    size = len(cells) * width

    def running(begin: NDArray, end: NDArray, weight: NDArray | None, dtype: type) -> NDArray:
        changes = np.bincount(begin, weight, size) - np.bincount(end, weight, size)
        return np.cumsum(changes.reshape(len(cells), width)[:, :-1], axis=1).astype(dtype)

    wte = lives.wte[spans]
    part = wte < FULL_TIME
    rest, cause = np.divmod(cells, _CAUSES)
    position, state = np.divmod(rest, _STATES)
    where = places[position] if len(places) else position
    return Census(
        state=state,
        cause=cause,
        programme=where // (levels * regions) - 1,
        level=where // regions % levels - 1,
        region=where % regions - 1,
        heads=running(begin, end, None, np.int32),
        wte=running(begin, end, wte.astype(np.float64), np.int64),
        part_time=running(begin[part], end[part], None, np.int32),
    )


def census_frame(census: Census, blueprint: Blueprint, rep: int = 0) -> pd.DataFrame:
    """Columns ``rep, month, state, programme, level, region, headcount, wte``; no empty cells.

    What a waiting person waits for is not a column here but in the waits.
    """
    blocks = np.stack([census.state, census.programme, census.level, census.region])
    order = np.lexsort(blocks[::-1])
    blocks = blocks[:, order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (blocks[:, 1:] != blocks[:, :-1]).any(axis=0)
    starts = np.flatnonzero(new)
    heads, wte = census.heads[order], census.wte[order]
    if len(starts):
        heads = np.add.reduceat(heads, starts, axis=0)
        wte = np.add.reduceat(wte, starts, axis=0)
    state, programme, level, region = blocks[:, starts]
    month, cell = np.nonzero(heads.T)
    return pd.DataFrame(
        {
            "rep": np.full(len(cell), rep, dtype=np.int32),
            "month": month.astype(np.int16),
            "state": categories(state[cell], STATE_NAMES),
            "programme": categories(programme[cell], blueprint.programmes),
            "level": categories(level[cell], blueprint.levels),
            "region": categories(region[cell], blueprint.regions),
            "headcount": heads[cell, month].astype(np.int64),
            "wte": wte[cell, month] / FULL_TIME,
        }
    )


def mean_by_year(
    census: Census, blueprint: Blueprint, cells: NDArray[np.bool_], amount: NDArray
) -> NDArray[np.float64]:
    """Mean of ``amount`` over the months of each training year, for the marked cells.

    Shape [year, programme + 1, region + 1]; index 0 of the last two is "none".
    """
    total = person_months(census, blueprint, cells, amount)
    return total / months_in_year(blueprint)[:, None, None]


def person_months(
    census: Census, blueprint: Blueprint, cells: NDArray[np.bool_], amount: NDArray
) -> NDArray[np.float64]:
    """Sum of ``amount`` over the months of each training year, shaped as in ``mean_by_year``."""
    years = year_count(blueprint)
    by_year = sum_by_year(amount[cells], blueprint)
    total = np.zeros((len(blueprint.programmes) + 1, len(blueprint.regions) + 1, years))
    np.add.at(total, (census.programme[cells] + 1, census.region[cells] + 1), by_year)
    return np.moveaxis(total, 2, 0)


def sum_by_year(amount: NDArray, blueprint: Blueprint) -> NDArray[np.float64]:
    """[cells, months] summed over the months of each training year: [cells, years]."""
    year = year_of_month(blueprint)
    starts = np.flatnonzero(np.diff(year, prepend=-1))
    return np.add.reduceat(amount.astype(np.float64), starts, axis=1)


def stock_and_flow(census: pd.DataFrame, lives: Lives) -> pd.DataFrame:
    """Whether the census of one replication moves exactly by what the lives say.

    Columns ``month, state, headcount, entries, exits, difference``: by month and state, the census,
    the people who entered and left the state in the month, and ``headcount - headcount of the month
    before - entries + exits``, which is 0 everywhere.
    """
    held = np.zeros((lives.months, _STATES), dtype=np.int64)
    state = census["state"].map({name: code for code, name in enumerate(STATE_NAMES)}).to_numpy(np.int64)
    np.add.at(held, (census["month"].to_numpy(), state), census["headcount"].to_numpy())
    now = lives.state.astype(np.int64)
    before = np.where(lives.first, np.int64(State.OUTSIDE), np.roll(now, 1))
    moved = now != before
    month = lives.month.astype(np.int64)[moved]
    shape = (lives.months, _STATES)
    entries = np.bincount(month * _STATES + now[moved], minlength=held.size).reshape(shape)
    exits = np.bincount(month * _STATES + before[moved], minlength=held.size).reshape(shape)
    held[:, State.OUTSIDE] = 0
    entries[:, State.OUTSIDE] = exits[:, State.OUTSIDE] = 0
    change = np.diff(held, axis=0, prepend=0)
    months, states = np.indices(shape)
    return pd.DataFrame(
        {
            "month": months.ravel(),
            "state": categories(states.ravel(), STATE_NAMES),
            "headcount": held.ravel(),
            "entries": entries.ravel(),
            "exits": exits.ravel(),
            "difference": (change - entries + exits).ravel(),
        }
    )


def _compact(key: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The keys in use, ascending, and each key's position among them."""
    seen = np.zeros(size, dtype=bool)
    seen[key] = True
    used = np.flatnonzero(seen)
    slot = np.zeros(size, dtype=np.int64)
    slot[used] = np.arange(len(used))
    return used, slot[key]
