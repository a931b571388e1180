"""How many of each event happened: by training year, event, programme, level and region.

System rows (posts, pools) are not people's events and are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline_sim.eventlog import EventLog
from pipeline_sim.identity import SYSTEM_PERSON
from pipeline_sim.results.labels import EVENT_NAMES, categories, year_count, year_labels, year_of_month
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import Event

_CHUNK = 1 << 20  # rows counted at a time: keeps the working set small
_EVENTS = max(Event) + 1


@dataclass(frozen=True)
class Flows:
    """Counts that are not zero, one entry each: year index, event, programme, level, region, count."""

    year: NDArray[np.int64]
    event: NDArray[np.int64]
    programme: NDArray[np.int64]
    level: NDArray[np.int64]
    region: NDArray[np.int64]
    count: NDArray[np.int64]


def count_flows(log: EventLog, blueprint: Blueprint) -> Flows:
    """Count every person's events."""
    levels, regions = len(blueprint.levels) + 1, len(blueprint.regions) + 1
    places = (len(blueprint.programmes) + 1) * levels * regions
    years = year_count(blueprint)
    year_of = year_of_month(blueprint)

    def place(rows: slice, people: NDArray[np.bool_]) -> NDArray[np.int64]:
        combined = (log.programme[rows][people].astype(np.int64) + 1) * levels
        combined += log.level[rows][people] + 1
        return combined * regions + (log.region[rows][people] + 1)

    chunks = [slice(at, at + _CHUNK) for at in range(0, len(log), _CHUNK)]
    people = [log.person[rows] != SYSTEM_PERSON for rows in chunks]
    seen = np.zeros(places, dtype=bool)
    for rows, mask in zip(chunks, people, strict=True):
        seen[place(rows, mask)] = True
    used = np.flatnonzero(seen)
    slot = np.zeros(places, dtype=np.int64)
    slot[used] = np.arange(len(used))
    counts = np.zeros(years * _EVENTS * max(len(used), 1), dtype=np.int64)
    for rows, mask in zip(chunks, people, strict=True):
        key = year_of[log.month[rows][mask]] * _EVENTS + log.event[rows][mask]
        counts += np.bincount(key * len(used) + slot[place(rows, mask)], minlength=len(counts))
    filled = np.flatnonzero(counts)
    rest, position = np.divmod(filled, max(len(used), 1))
    where = used[position] if len(used) else position
    return Flows(
        year=rest // _EVENTS,
        event=rest % _EVENTS,
        programme=where // (levels * regions) - 1,
        level=where // regions % levels - 1,
        region=where % regions - 1,
        count=counts[filled],
    )


def flows_frame(flows: Flows, blueprint: Blueprint, rep: int = 0) -> pd.DataFrame:
    """Columns ``rep, year, event, programme, level, region, count``; only combinations that occurred."""
    return pd.DataFrame(
        {
            "rep": np.full(len(flows.count), rep, dtype=np.int32),
            "year": year_labels(blueprint)[flows.year].astype(np.int32),
            "event": categories(flows.event, EVENT_NAMES),
            "programme": categories(flows.programme, blueprint.programmes),
            "level": categories(flows.level, blueprint.levels),
            "region": categories(flows.region, blueprint.regions),
            "count": flows.count,
        }
    )
