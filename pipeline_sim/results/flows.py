"""How many of each event happened: by training year, event, programme, level and region.

System rows (posts, pools) are not people's events and are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline_sim.eventlog import EventLog
from pipeline_sim.results.labels import EVENT_NAMES, categories, year_count, year_labels, year_of_month
from pipeline_sim.results.log_passes import count_by_place
from pipeline_sim.results.people import People
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import Event

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


def count_flows(log: EventLog, people: People, blueprint: Blueprint) -> Flows:
    """Count every person's events."""
    counts = np.zeros((year_count(blueprint), _EVENTS, len(people.places)), dtype=np.int32)
    count_by_place(
        people.ends,
        people.system,
        log.month,
        log.event,
        log.programme,
        log.level,
        log.region,
        people.shape,
        year_of_month(blueprint),
        people.slot,
        counts,
    )
    year, event, position = np.nonzero(counts)
    programme, level, region = np.unravel_index(people.places[position], people.shape)
    return Flows(
        year=year,
        event=event,
        programme=programme - 1,
        level=level - 1,
        region=region - 1,
        count=counts[year, event, position].astype(np.int64),
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
        },
        copy=False,
    )
