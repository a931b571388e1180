"""The tables of a comparison, from the paired replications.

``base`` and ``policy`` are means over the replications that have a value in both; ``difference``, ``low`` and
``high`` are the mean of the paired differences and its 95 % interval (missing with one replication), ``reps``
how many pairs there are. ``differs``: in any pair there is any difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline_sim.results.directions import SIGNS, direction
from pipeline_sim.results.kpis import REGISTRY
from pipeline_sim.studies.paired import Estimates, estimate, share_better
from pipeline_sim.studies.pairing import PairedRuns
from pipeline_sim.studies.reducing import KpiGrid, base_name
from pipeline_sim.studies.same_doctors import COUNTS

ALL = "all"
MONTHS_GAINED, NET_EARLIER, NET_GAINED = "months_gained", "earlier_less_later", "with_less_without"
WAIT_CUTS = ((0,), (1,), (2,), (0, 1), (0, 2))  # of cause, programme and region
UNITS = {kpi.name: kpi.unit for kpi in REGISTRY}
ORDER = {kpi.name: position for position, kpi in enumerate(REGISTRY)}


@dataclass(frozen=True)
class KpiCube:
    """Every value of every KPI: ``base`` [replication, name, year], and the same of each arm."""

    names: tuple[str, ...]
    years: tuple[int, ...]
    base: NDArray[np.float64]
    arms: dict[str, NDArray[np.float64]]


# KPIs -------------------------------------------------------------------------------------------------
def kpi_cube(arms: Sequence[str], replications: Sequence[PairedRuns]) -> KpiCube:
    """KPIs side by side. What counts is 0 where a run has no row; a ratio has no value there."""
    grids = [[each.base_kpis, *(each.arms[name].kpis for name in arms)] for each in replications]
    every = [grid for of_rep in grids for grid in of_rep]
    met = {name for grid in every for name in grid.names}
    names = tuple(sorted(met, key=lambda name: (ORDER.get(base_name(name), len(ORDER)), name)))
    years = tuple(sorted({year for grid in every for year in grid.years}))
    counts = frozenset().union(*(grid.counts for grid in every))
    empty = np.array([0.0 if base_name(name) in counts else np.nan for name in names])
    place = {name: at for at, name in enumerate(names)}
    laid = [
        np.stack([_lay_out(of_rep[at], place, years, empty) for of_rep in grids])
        for at in range(len(grids[0]))
    ]
    return KpiCube(names, years, laid[0], dict(zip(arms, laid[1:], strict=True)))


def _lay_out(
    grid: KpiGrid, place: Mapping[str, int], years: Sequence[int], empty: NDArray
) -> NDArray[np.float64]:
    laid = np.repeat(empty[:, None], len(years), axis=1)
    rows = np.array([place[name] for name in grid.names], dtype=np.intp)
    first = years.index(grid.years[0])
    laid[rows, first : first + len(grid.years)] = np.where(
        np.isnan(grid.values), empty[rows, None], grid.values
    )
    return laid


def yearly_differences(cube: KpiCube) -> pd.DataFrame:
    """Columns ``arm, kpi, year, base, policy, difference, low, high, better, share_better, reps, unit,
    differs``; a row for every KPI and year that has a value in both in any replication.

    A breakdown that is the same in every replication of an arm is left out.
    """
    frames = []
    for arm, values in cube.arms.items():
        frame = _compared(cube.base, values, _signs(cube.names)[:, None])
        frame.insert(0, "arm", arm)
        frame.insert(1, "kpi", np.repeat(np.array(cube.names, dtype=object), len(cube.years)))
        frame.insert(2, "year", np.tile(np.array(cube.years), len(cube.names)))
        frames.append(_without_idle_breakdowns(frame))
    return _finished(frames)


def lasting_differences(cube: KpiCube, window: tuple[int, int]) -> pd.DataFrame:
    """As ``yearly_differences``, with ``from_year, to_year`` for the year: means of the years of the window.

    They are of the years that have a value in both runs of the pair.
    """
    frames = []
    for arm, values in cube.arms.items():
        base, policy = _window_means(cube, cube.base, values, window)
        frame = _compared(base, policy, _signs(cube.names))
        frame.insert(0, "arm", arm)
        frame.insert(1, "kpi", np.array(cube.names, dtype=object))
        frames.append(_with_window(_without_idle_breakdowns(frame), window, 2))
    return _finished(frames)


def additivity(cube: KpiCube, window: tuple[int, int], parts: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Columns ``arm, kpi, from_year, to_year, together, sum, beyond, low, high, reps, unit``.

    Of KPIs in total: what an arm changes, what its parts change alone added up, and the difference.
    """
    total = np.array(["[" not in name for name in cube.names], dtype=bool)
    names = np.array(cube.names, dtype=object)[total]
    frames = []
    for arm, alone in parts.items():
        changes = {}
        for name in (arm, *alone):
            base, policy = _window_means(cube, cube.base[:, total], cube.arms[name][:, total], window)
            changes[name] = policy - base
        added = np.sum([changes[name] for name in alone], axis=0)
        beyond = estimate(changes[arm] - added)
        frame = pd.DataFrame({"arm": arm, "kpi": names})
        frame["together"] = estimate(changes[arm] + 0 * added).mean
        frame["sum"] = estimate(added + 0 * changes[arm]).mean
        frame = frame.assign(beyond=beyond.mean, low=beyond.low, high=beyond.high, reps=beyond.reps)
        frame["unit"] = _units(frame["kpi"])
        frames.append(_with_window(frame[frame["reps"] > 0], window, 2))
    columns = [
        "arm",
        "kpi",
        "from_year",
        "to_year",
        "together",
        "sum",
        "beyond",
        "low",
        "high",
        "reps",
        "unit",
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def _window_means(
    cube: KpiCube, base: NDArray, policy: NDArray, window: tuple[int, int]
) -> tuple[NDArray, NDArray]:
    inside = (np.array(cube.years) >= window[0]) & (np.array(cube.years) <= window[1])
    base, policy = base[..., inside], policy[..., inside]
    both = ~np.isnan(base) & ~np.isnan(policy)
    number = both.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = [np.where(both, values, 0.0).sum(axis=-1) / number for values in (base, policy)]
    return means[0], means[1]


def _compared(base: NDArray, policy: NDArray, signs: NDArray) -> pd.DataFrame:
    """One row a cell of [replication, ...], in order."""
    difference = policy - base
    found = estimate(difference)
    pairs = np.isnan(difference)
    frame = pd.DataFrame(
        {
            "base": estimate(np.where(pairs, np.nan, base)).mean.ravel(),
            "policy": estimate(np.where(pairs, np.nan, policy)).mean.ravel(),
            **_columns(found),
        }
    )
    frame.insert(5, "share_better", share_better(difference, signs).ravel())
    frame["differs"] = (np.nan_to_num(difference) != 0).any(axis=0).ravel()
    return frame


def _columns(found: Estimates) -> dict[str, NDArray]:
    return {
        "difference": found.mean.ravel(),
        "low": found.low.ravel(),
        "high": found.high.ravel(),
        "reps": found.reps.ravel(),
    }


def _without_idle_breakdowns(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["differs"] | ~frame["kpi"].str.contains("[", regex=False)]


def _finished(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    frame = pd.concat(frames, ignore_index=True)
    frame = frame[frame["reps"] > 0].reset_index(drop=True)
    base = frame["kpi"].map(base_name)
    frame.insert(frame.columns.get_loc("share_better"), "better", base.map(direction))
    frame.insert(frame.columns.get_loc("differs"), "unit", base.map(UNITS).fillna(""))
    return frame


def _with_window(frame: pd.DataFrame, window: tuple[int, int], at: int) -> pd.DataFrame:
    frame.insert(at, "from_year", window[0])
    frame.insert(at + 1, "to_year", window[1])
    return frame


def _signs(names: Sequence[str]) -> NDArray[np.int64]:
    return np.array([SIGNS[direction(name)] for name in names])


def _units(kpis: pd.Series) -> pd.Series:
    return kpis.map(base_name).map(UNITS).fillna("")


# people -----------------------------------------------------------------------------------------------
def people_table(arms: Sequence[str], replications: Sequence[PairedRuns]) -> pd.DataFrame:
    """Columns ``arm, by, group, measure, mean, low, high, reps``; measures as in ``same_doctors.COUNTS``, and

    ``earlier_less_later`` and ``with_less_without``: differences of two of those; ``months_gained``: how much
    earlier the CCT comes on average, of the doctors who have one in both.
    """
    frames = []
    for arm in arms:
        runs = [each.arms[arm].people for each in replications]
        groups = sorted(dict.fromkeys(group for run in runs for group in run), key=_group_order)
        nothing = np.zeros(len(COUNTS), dtype=np.int64)
        counts = np.array([[run.get(group, nothing) for group in groups] for run in runs], dtype=np.float64)
        of = dict(zip(COUNTS, np.moveaxis(counts, -1, 0), strict=True))
        months = of.pop("months")
        with np.errstate(invalid="ignore", divide="ignore"):
            gained = months / (of["earlier"] + of["later"] + of["same_month"])
        of[NET_EARLIER] = of["earlier"] - of["later"]
        of[NET_GAINED] = of["only_with"] - of["only_without"]
        of[MONTHS_GAINED] = gained
        found, measures = estimate(np.stack(list(of.values()), axis=-1)), list(of)
        frame = pd.DataFrame(
            {
                "arm": arm,
                "by": np.repeat(np.array([by for by, _ in groups], dtype=object), len(measures)),
                "group": np.repeat(np.array([group for _, group in groups], dtype=object), len(measures)),
                "measure": np.tile(np.array(measures, dtype=object), len(groups)),
                **_columns(found),
            }
        )
        frames.append(frame.rename(columns={"difference": "mean"}))
    return pd.concat(frames, ignore_index=True)


def _group_order(group: tuple[str, str]) -> tuple[int, str]:
    return ("all", "way_in", "programme", "region").index(group[0]), group[1]


# waits ------------------------------------------------------------------------------------------------
def waits_table(
    arms: Sequence[str],
    replications: Sequence[PairedRuns],
    years: Sequence[int],
    window: tuple[int, int],
) -> pd.DataFrame:
    """Columns ``arm, from_year, to_year, blocked_by, programme, region, base, policy, difference, low, high,
    reps, differs``: person-months of waiting a year, ``all`` where summed over, an empty name for none.

    By cause for every year; as means over the window also by programme, by region, and cause by either.
    """
    frames = []
    for arm in arms:
        pairs = [(each.base_waits, each.arms[arm].waits) for each in replications]
        keys = sorted({key for pair in pairs for waits in pair for key in waits})
        cells = np.array([[[waits.get(key, 0) for key in keys] for waits in pair] for pair in pairs], float)
        cells = cells.reshape(len(pairs), 2, len(keys))
        year = np.array([key[0] for key in keys], dtype=np.int64)
        places = [key[1:] for key in keys]
        inside = (year >= window[0]) & (year <= window[1])
        length = window[1] - window[0] + 1
        for cut in ((), *WAIT_CUTS):
            frames.append(_waits_by(arm, window, cells[..., inside] / length, _cut(places, inside, cut)))
        for each in years:
            now = year == each
            for cut in ((), WAIT_CUTS[0]):
                frames.append(_waits_by(arm, (each, each), cells[..., now], _cut(places, now, cut)))
    return pd.concat([frame for frame in frames if len(frame)], ignore_index=True)


def _cut(places: Sequence[tuple[str, ...]], chosen: NDArray, cut: Sequence[int]) -> list[tuple[str, ...]]:
    """The places of the chosen cells, ``all`` in the parts that are not cut by."""
    return [
        tuple(part if at in cut else ALL for at, part in enumerate(place))
        for place, is_chosen in zip(places, chosen, strict=True)
        if is_chosen
    ]


def _waits_by(arm: str, span: tuple[int, int], cells: NDArray, places: list[tuple[str, ...]]) -> pd.DataFrame:
    groups = list(dict.fromkeys(places)) or [(ALL, ALL, ALL)]
    at = {group: position for position, group in enumerate(groups)}
    sums = np.zeros((*cells.shape[:2], len(groups)))
    for cell, group in enumerate(places):
        sums[..., at[group]] += cells[..., cell]
    frame = _compared(sums[:, 0], sums[:, 1], np.zeros(len(groups)))
    frame = frame.drop(columns="share_better")
    for position, name in enumerate(("blocked_by", "programme", "region")):
        frame.insert(position, name, np.array([group[position] for group in groups], dtype=object))
    frame.insert(0, "arm", arm)
    return _with_window(frame, span, 1)
