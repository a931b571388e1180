"""KPIs of training posts that moved to another region."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.results.facts import Facts, Table
from pipeline_sim.results.registry import Kpi, Measure
from pipeline_sim.results.sources import DEFINED_HERE, business_plan
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import Event, PoolKind

BY = (("programme",), ("region",), ("programme", "region"))


def won_by_november(facts: Facts) -> Table:
    """Posts won since the start less those lost: what the yearly reading shows beyond the scenario's posts.

    A year without a reading is like the one before.
    """
    result = np.zeros(facts.shape)
    planned: NDArray[np.int64] = facts.blueprint.posts
    if not facts.blueprint.redistribution_pace.any():
        return result
    log, rows = facts.log, facts.rows(Event.POOL_CAPACITY)
    rows = rows[log.level[rows] == PoolKind.TRAINING_POST]
    month = log.month[rows].astype(np.int64)
    read = np.unique(facts.year_of[month])
    shown = facts.table_of(month, log.programme[rows], log.region[rows], log.detail[rows])
    result[read, 1:, 1:] = shown[read, 1:, 1:] - planned[read]
    for year in np.setdiff1d(np.arange(1, facts.years), read):
        result[year] = result[year - 1]
    return result


def posts_redistributed(facts: Facts) -> Measure:
    return Measure(np.maximum(np.diff(won_by_november(facts), axis=0, prepend=0), 0))


def posts_won(facts: Facts) -> Measure:
    return Measure(won_by_november(facts))


def has_targets(blueprint: Blueprint) -> bool:
    return bool(blueprint.redistribution_weight.any())


KPIS = (
    Kpi(
        "posts_redistributed",
        "Training posts that moved to another region",
        "posts",
        "training posts that came to a region from another since the last yearly reading (November), by the "
        "region that got them",
        business_plan(
            "Education reform",
            3,
            "Redistribution of specialty training posts (cardiology, haematology and obstetrics and "
            "gynaecology)",
        ),
        posts_redistributed,
        BY,
        given=has_targets,
    ),
    Kpi(
        "posts_won",
        "Training posts won from other regions since the start, less those lost",
        "posts",
        "training posts at the yearly reading (November) - the posts that the scenario gives the region; "
        "below 0 where it lost posts. Over all regions it is 0",
        DEFINED_HERE,
        posts_won,
        BY[1:],
        total=False,
        given=has_targets,
    ),
)
