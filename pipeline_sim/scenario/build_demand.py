"""Demand, people and need of each year, which results compare the workforce with. No engine reads them.

Demand is the row in force times the growth since the first row of its programme and region. So the first
row is what is wanted in its own year, a later row changes what growth starts from, and one that repeats
what holds changes nothing. Growth compounds year by year at the rate of the family on the path chosen.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline_sim.scenario.arrays import Years
from pipeline_sim.scenario.blueprint import Reals
from pipeline_sim.scenario.context import Context


def demand_fields(context: Context) -> dict[str, Any]:
    years, table = context.years, context.tables.get("demand")
    wanted = np.zeros((years.count, len(context.programmes), len(context.regions)))
    if table is None or not len(table):
        return {"demand": wanted}
    first_row: dict[tuple[Any, Any], int] = {}
    for programme, region, year in table.keys:
        first_row[programme, region] = min(year, first_row.get((programme, region), year))
    since = min(years.first, *first_row.values())
    sizes = growth_since(context, Years(since, years.first + years.count - since))
    family_of = dict(context.tables["programmes"].rows("programme", "family"))
    for held, (programme, region), (wte,) in years.dated(table, "wte"):
        size, base = sizes[family_of[programme]], first_row[programme, region] - since
        if base < len(size):
            grown = size[years.first - since :] / size[base]
            wanted[held, context.programmes[programme], context.regions[region]] = (wte * grown)[held]
    return {"demand": wanted * context.scenario.scale}


def growth_since(context: Context, years: Years) -> dict[str, Reals]:
    """Size of the demand of each family in each year, 1 in the first."""
    families = dict.fromkeys(context.tables["programmes"]["family"])
    rates = np.zeros((years.count, len(families)))
    rules = years.in_force(context.tables.get("demand_rules"), "growth")
    chosen = [held[()][0] for held in rules if held]
    if chosen:
        chosen = [chosen[0]] * (years.count - len(chosen)) + chosen  # before the first rule, its path
        for at, growth in enumerate(years.in_force(context.tables.get("demand_growth"), "rate")):
            for n, family in enumerate(families):
                rates[at, n] = growth.get((chosen[at], family), (0.0,))[0]
    rates[0] = 0.0
    sizes: Reals = np.cumprod(1 + rates, axis=0, dtype=np.float64)
    return {family: sizes[:, n] for n, family in enumerate(families)}


def population_fields(context: Context) -> dict[str, Any]:
    shape = context.years.count, len(context.regions)
    people, need = np.zeros(shape), np.zeros(shape)
    for held, (region,), (heads, weight) in context.years.dated(
        context.tables.get("population"), "people", "need_weight"
    ):
        people[held, context.regions[region]] = heads
        need[held, context.regions[region]] = weight
    return {"population": people * context.scenario.scale, "need_weight": need}
