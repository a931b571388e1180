"""From the tables of credit and transfer to blueprint fields."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline_sim.scenario.arrays import Years, index_of, percent, threshold
from pipeline_sim.scenario.blueprint import EXPERIENCE_STATES, Ints
from pipeline_sim.scenario.checks_training import parents_of
from pipeline_sim.scenario.table import Table

OF_TRANSFER = ("uptake", "cap_months", "overlap", "min_months", "recency_months", "satisfactory_exit")
OF_EXPERIENCE = ("uptake", "cap_months", "rate", "min_months", "recency_months")


def credit_fields(context: Any) -> dict[str, Any]:
    """Rules of credit by pair of programmes and by state, and yearly thresholds of trying elsewhere."""
    years, programmes, tables = context.years, context.programmes, context.tables
    count = len(programmes)
    families: dict[str, list[int]] = {}
    for number, family in enumerate(tables["programmes"]["family"]):
        families.setdefault(family, []).append(number)
    rules = np.zeros((years.count, count, count, 6), np.int64)
    for name, members in (("credit_families", families), ("credit_transfer", None)):
        for (old, new, year), (uptake, cap, overlap, least, recency, satisfactory) in _dated(
            tables, name, *OF_TRANSFER
        ):
            since = _since(years, year)
            value = (threshold(uptake), percent(cap), percent(overlap), percent(least), recency, satisfactory)
            for a in members[old] if members else [programmes[old]]:
                for b in members[new] if members else [programmes[new]]:
                    rules[since:, a, b] = value
    _drop_required_routes(context, rules)
    states = index_of(EXPERIENCE_STATES)
    experience = np.zeros((years.count, len(states), count, 5), np.int64)
    for (state, family, year), (uptake, cap, rate, least, recency) in _dated(
        tables, "recognised_experience", *OF_EXPERIENCE
    ):
        since = _since(years, year)
        experience[since:, states[state], families[family]] = (
            threshold(uptake),
            percent(cap),
            percent(rate),
            least,
            recency,
        )
    applies = np.zeros((years.count, count), np.int64)
    for (programme, year), (probability,) in _dated(tables, "transfers", "applies"):
        applies[_since(years, year) :, programmes[programme]] = threshold(probability)
    return {
        "credit_rules": rules,
        "experience_rules": experience,
        "transfer_applies": applies,
        "enhance_places": context.yearly("enhance_places", "places", context.regions),
        "enhance_months": _enhance_months(context),
        **_enhance_effects(context),
    }


def _enhance_months(context: Any) -> Ints:
    months = np.zeros((context.years.count, len(context.regions)), np.int64)
    for (region, year), (length,) in _dated(context.tables, "enhance_places", "months"):
        months[_since(context.years, year) :, context.regions[region]] = length
    return months


def _enhance_effects(context: Any) -> dict[str, Ints]:
    shape = (context.years.count, len(context.programmes))
    taste, credit = np.full(shape, 100, np.int64), np.zeros(shape, np.int64)
    for (programme, year), (weight, months) in _dated(
        context.tables, "enhance_effects", "taste_weight", "credit_months"
    ):
        where = (slice(_since(context.years, year), None), context.programmes[programme])
        taste[where], credit[where] = percent(weight), percent(months)
    return {"enhance_taste": taste, "enhance_credit": credit}


def _drop_required_routes(context: Any, rules: Ints) -> None:
    """A core programme is the way into its higher ones: it takes nothing off them."""
    for programme, cell in context.tables["programmes"].rows("programme", "parents"):
        for parent in parents_of(cell):
            rules[:, context.programmes[parent], context.programmes[programme]] = 0


def _dated(tables: Any, name: str, *columns: str) -> list[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """Rows of an optional table, earliest first: (key, values)."""
    if name not in tables:
        return []
    table: Table = tables[name]
    return sorted(zip(table.keys, table.rows(*columns), strict=True), key=lambda row: row[0][-1])


def _since(years: Years, year: int) -> int:
    """First year of the run in which a row of a calendar year holds; past the last if never."""
    return min(max(year - years.first, 0), years.count)
