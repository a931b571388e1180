"""From the tables of credit and transfer to blueprint fields."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline_sim.scenario.arrays import index_of, percent, threshold
from pipeline_sim.scenario.blueprint import EXPERIENCE_STATES, Ints
from pipeline_sim.scenario.checks_training import parents_of
from pipeline_sim.scenario.context import Context

OF_TRANSFER = ("uptake", "cap_months", "overlap", "min_months", "recency_months", "satisfactory_exit")
OF_EXPERIENCE = ("uptake", "cap_months", "rate", "min_months", "recency_months")


def credit_fields(context: Context) -> dict[str, Any]:
    """Rules of credit by pair of programmes and by state, and yearly thresholds of trying elsewhere."""
    years, programmes, tables = context.years, context.programmes, context.tables
    count = len(programmes)
    families: dict[str, list[int]] = {}
    for number, family in enumerate(tables["programmes"]["family"]):
        families.setdefault(family, []).append(number)
    rules = np.zeros((years.count, count, count, 6), np.int64)
    for name, members in (("credit_families", families), ("credit_transfer", None)):
        for span, (old, new), cells in years.dated(tables.get(name), *OF_TRANSFER):
            uptake, cap, overlap, least, recency, satisfactory = cells
            value = (threshold(uptake), percent(cap), percent(overlap), percent(least), recency, satisfactory)
            for a in members[old] if members else [programmes[old]]:
                for b in members[new] if members else [programmes[new]]:
                    rules[span, a, b] = value
    _drop_required_routes(context, rules)
    states = index_of(EXPERIENCE_STATES)
    experience = np.zeros((years.count, len(states), count, 5), np.int64)
    for span, (state, family), cells in years.dated(tables.get("recognised_experience"), *OF_EXPERIENCE):
        uptake, cap, rate, least, recency = cells
        experience[span, states[state], families[family]] = (
            threshold(uptake), percent(cap), percent(rate), least, recency,
        )  # fmt: skip
    applies = np.zeros((years.count, count), np.int64)
    for span, (programme,), (probability,) in years.dated(tables.get("transfers"), "applies"):
        applies[span, programmes[programme]] = threshold(probability)
    return {
        "credit_rules": rules,
        "experience_rules": experience,
        "transfer_applies": applies,
        "enhance_places": context.yearly("enhance_places", "places", context.regions),
        "enhance_months": _enhance_months(context),
        **_enhance_effects(context),
    }


def _enhance_months(context: Context) -> Ints:
    months = np.zeros((context.years.count, len(context.regions)), np.int64)
    for span, (region,), (length,) in context.years.dated(context.tables.get("enhance_places"), "months"):
        months[span, context.regions[region]] = length
    return months


def _enhance_effects(context: Context) -> dict[str, Ints]:
    shape = (context.years.count, len(context.programmes))
    taste, credit = np.full(shape, 100, np.int64), np.zeros(shape, np.int64)
    table = context.tables.get("enhance_effects")
    for span, (programme,), (weight, months) in context.years.dated(table, "taste_weight", "credit_months"):
        where = span, context.programmes[programme]
        taste[where], credit[where] = percent(weight), percent(months)
    return {"enhance_taste": taste, "enhance_credit": credit}


def _drop_required_routes(context: Context, rules: Ints) -> None:
    """A core programme is the way into its higher ones: it takes nothing off them."""
    for programme, cell in context.tables["programmes"].rows("programme", "parents"):
        for parent in parents_of(cell):
            rules[:, context.programmes[parent], context.programmes[programme]] = 0
