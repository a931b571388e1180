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
    year_of_month,
)
from pipeline_sim.results.life_passes import FULL_TIME, RETURNING, count_heads
from pipeline_sim.results.lives import Lives
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import State

_STATES = max(State) + 1


@dataclass(frozen=True)
class Census:
    """Cells that people were in, and what each held at each month's end.

    ``heads``, ``wte`` (percent) and ``part_time`` (heads below full time) have shape [cells, months].
    ``returning`` marks cells of those who wait to step back in to training; ``step_out`` is the kind of
    absence of those stepped out, -1 elsewhere or if not known.
    """

    state: NDArray[np.int64]
    cause: NDArray[np.int64]
    programme: NDArray[np.int64]
    level: NDArray[np.int64]
    region: NDArray[np.int64]
    heads: NDArray[np.int32]
    wte: NDArray[np.int32]
    part_time: NDArray[np.int32]
    returning: NDArray[np.bool_]
    step_out: NDArray[np.int64]

    def in_states(self, states: Iterable[State]) -> NDArray[np.bool_]:
        """Which cells are of one of the states."""
        return np.isin(self.state, [int(state) for state in states])


def take_census(lives: Lives, blueprint: Blueprint) -> Census:
    """Count everyone, at the end of every month of the horizon."""
    people, used = lives.people, lives.used.copy()
    used[:, State.OUTSIDE] = False
    place, state, cause = np.nonzero(used)
    cells = np.cumsum(used, dtype=np.int32).reshape(used.shape) - 1
    held = np.zeros((len(place), blueprint.months, 3), dtype=np.int32)
    count_heads(lives.rows, lives.begin, people.shape, people.slot, cells, held)
    programme, level, region = np.unravel_index(people.places[place], people.shape)
    heads, wte, part_time = (np.ascontiguousarray(amount) for amount in np.moveaxis(held, 2, 0))
    away = state == State.STEPPED_OUT
    return Census(
        state=state,
        cause=np.where(away, 0, cause % RETURNING),
        programme=programme - 1,
        level=level - 1,
        region=region - 1,
        heads=heads,
        wte=wte,
        part_time=part_time,
        returning=~away & (cause >= RETURNING),
        step_out=np.where(away, cause - 1, -1),
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
        heads, wte = (np.add.reduceat(amount, starts, axis=0) for amount in (heads, wte))
    heads, wte = heads.T.ravel(), wte.T.ravel()
    held = np.flatnonzero(heads)
    month, cell = np.divmod(held.astype(np.int32), max(len(starts), 1))
    state, programme, level, region = blocks[:, starts]
    return pd.DataFrame(
        {
            "rep": np.full(len(cell), rep, dtype=np.int32),
            "month": month.astype(np.int16),
            "state": categories(state, STATE_NAMES)[cell],
            "programme": categories(programme, blueprint.programmes)[cell],
            "level": categories(level, blueprint.levels)[cell],
            "region": categories(region, blueprint.regions)[cell],
            "headcount": heads[held].astype(np.int64),
            "wte": wte[held] / FULL_TIME,
        },
        copy=False,
    )


def mean_by_year(
    census: Census, blueprint: Blueprint, cells: NDArray[np.bool_], amount: NDArray
) -> NDArray[np.float64]:
    """Mean over the months of each training year for the marked cells; ``amount`` as from ``sum_by_year``.

    Shape [year, programme + 1, region + 1]; index 0 of the last two is "none".
    """
    total = person_months(census, blueprint, cells, amount)
    return total / months_in_year(blueprint)[:, None, None]


def person_months(
    census: Census, blueprint: Blueprint, cells: NDArray[np.bool_], amount: NDArray
) -> NDArray[np.float64]:
    """Sum over the months of each training year, shaped as in ``mean_by_year``."""
    shape = len(blueprint.programmes) + 1, len(blueprint.regions) + 1
    total = np.zeros((shape[0] * shape[1], amount.shape[1]))
    np.add.at(total, (census.programme[cells] + 1) * shape[1] + census.region[cells] + 1, amount[cells])
    return total.T.reshape(-1, *shape)


def sum_by_year(amount: NDArray, blueprint: Blueprint) -> NDArray[np.float64]:
    """[cells, months] summed over the months of each training year: [cells, years]."""
    year = year_of_month(blueprint)
    starts = np.flatnonzero(np.diff(year, prepend=-1))
    return np.add.reduceat(amount, starts, axis=1, dtype=np.float64)


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
