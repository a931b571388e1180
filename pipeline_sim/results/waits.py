"""How long people waited, and what for: person-months by training year and cause.

A wait counts one month for every month's end it lasts over, in the training year of that month, so a
wait across a first of August is split exactly. Whoever still waits at the horizon has waited until it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline_sim.results.census import Census, sum_by_year
from pipeline_sim.results.labels import CAUSE_NAMES, categories, year_labels
from pipeline_sim.results.lives import WAITING_STATES
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import PoolKind


def waits_frame(census: Census, blueprint: Blueprint, rep: int = 0) -> pd.DataFrame:
    """Columns ``rep, year, blocked_by, programme, region, person_months``; only waits that happened.

    ``blocked_by`` is the pool that had no room: a placement for students, a foundation place for
    graduates until something else is recorded, what the log records for those who hold a post, and a
    training post for those still trying after an unsuccessful application.
    """
    waiting = census.in_states(WAITING_STATES)
    programmes, regions = len(blueprint.programmes) + 1, len(blueprint.regions) + 1
    months = sum_by_year(census.heads[waiting], blueprint)
    total = np.zeros((max(PoolKind) + 1, programmes, regions, months.shape[1]))
    place = (census.cause[waiting], census.programme[waiting] + 1, census.region[waiting] + 1)
    np.add.at(total, place, months)
    total = np.moveaxis(total, 3, 0)
    year, cause, programme, region = np.nonzero(total)
    return pd.DataFrame(
        {
            "rep": np.full(len(year), rep, dtype=np.int32),
            "year": year_labels(blueprint)[year].astype(np.int32),
            "blocked_by": categories(cause, CAUSE_NAMES),
            "programme": categories(programme - 1, blueprint.programmes),
            "region": categories(region - 1, blueprint.regions),
            "person_months": total[year, cause, programme, region].astype(np.int64),
        }
    )
