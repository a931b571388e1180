"""Training posts that move between regions, as blueprint fields; awards of contestable school places."""

from __future__ import annotations

import numpy as np

from pipeline_sim.scenario.arrays import counts, index_of, threshold, weights
from pipeline_sim.scenario.blueprint import TRAINED_GROUPS, Ints, Reals
from pipeline_sim.scenario.context import Context
from pipeline_sim.scenario.schema_redistribution import CRITERIA
from pipeline_sim.scenario.shares import in_proportion

UNDER_DOCTORED = CRITERIA.index("under_doctored")


def redistribution_fields(context: Context) -> dict[str, Ints]:
    """Wanted spread and pace of the posts that move between regions."""
    years, tables = context.years, context.tables
    count, programmes, regions = years.count, context.programmes, context.regions
    spread = np.zeros((count, len(programmes), len(regions)))
    for span, (programme, region), (weight,) in years.dated(tables.get("redistribution_targets"), "weight"):
        spread[span, programmes[programme], regions[region]] = weight
    pace = years.numbers(tables.get("redistribution_pace"), ("pace",), programmes)[..., 0]
    more_stay = np.zeros(spread.shape, np.int64)
    for span, (programme, region), (added,) in years.dated(tables.get("incentives"), "more_stay"):
        more_stay[span, programmes[programme], regions[region]] = threshold(added or 0)
    return {
        "redistribution_weight": np.array([[weights(row) for row in of_year] for of_year in spread]),
        "redistribution_pace": pace,
        "stay_after_training": np.minimum(stay_by_region(context)[:, None] + more_stay, threshold(1)),
    }


def stay_by_region(context: Context) -> Ints:
    """[Y, R] threshold of staying in the region of training: its own, or that of the setting."""
    regions = context.regions
    everywhere = threshold(context.settings["practice.stay_in_region"])
    stay = np.full((context.years.count, len(regions)), everywhere, np.int64)
    for span, (region,), (own,) in context.years.dated(context.tables.get("settlement"), "stay"):
        stay[span, regions[region]] = threshold(own)
    return stay


def with_awards(context: Context, intake: Ints) -> Ints:
    """School places [year, route, region] after the awards of the contestable ones.

    In the first year with a share, and every ``period_years`` after, that share of each region's places of
    a route is pooled and shared out over the regions with a medical school. What a region wins or loses
    stays with it in later years.
    """
    table = context.tables.get("contestable")
    if table is None:
        return intake
    result, moved, since = intake.copy(), np.zeros(intake.shape[1:], np.int64), -1
    for year, held in enumerate(context.years.in_force(table, "share", "period_years", "criterion")):
        for route, places in enumerate(result[year]):
            places[:] = _with_moved(places, moved[route])
        share, period, criterion = held.get((), (0.0, 1, CRITERIA[0]))
        if share <= 0:
            since = -1
            continue
        since = year if since < 0 else since
        if (year - since) % period == 0:
            wanted = _need(context, year, CRITERIA.index(criterion))
            need = weights(np.where(result[year].any(axis=0), wanted, 0))
            for route, places in enumerate(result[year]):
                if need.any():
                    pooled = (places * threshold(share) + (1 << 31)) >> 32
                    places += in_proportion(int(pooled.sum()), need) - pooled
                    moved[route] = places - intake[year, route]
    return result


def _with_moved(places: Ints, moved: Ints) -> Ints:
    """Places after earlier awards; if a region has too few left to lose, the greatest winners win less."""
    total, now = int(places.sum()), np.maximum(places + moved, 0)
    while now.sum() > total:
        now[np.argmax(now - places)] -= 1
    return now


def _need(context: Context, year: int, criterion: int) -> Reals:
    """Need [region] that awards go by: people times need, or the doctors a region is short of."""
    regions = context.regions
    people = np.zeros((context.years.count, len(regions)))
    population = context.tables.get("population")
    for span, (region,), (heads, need) in context.years.dated(population, "people", "need_weight"):
        people[span, regions[region]] = heads * need
    weighted = people[year]
    if criterion != UNDER_DOCTORED or not weighted.any():
        return weighted
    indexes = (index_of(TRAINED_GROUPS), context.programmes, regions)
    shape = tuple(len(index) for index in indexes)
    doctors = counts(context.tables["workforce_stock"], "doctors", shape, indexes).sum(axis=(0, 1))
    short = np.maximum(doctors.sum() * weighted / weighted.sum() - doctors, 0)
    return short if short.any() else weighted
