"""Blueprint fields of money: pounds by item, grades of levels; empty if the scenario has no costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.scenario.arrays import index_of, whole
from pipeline_sim.scenario.context import Context
from pipeline_sim.scenario.schema_money import ANY, DISCOUNT_RATE, ITEMS, PAYERS, PRICE_YEAR
from pipeline_sim.scenario.table import Table


def kinds_of(item: str, tables: Mapping[str, Table]) -> tuple[str, ...]:
    """The kinds that a scenario has of an item, in the order of its tables; ``any`` apart."""
    kinds = ITEMS[item].kinds
    if isinstance(kinds, tuple):
        return kinds
    table, _, column = kinds.partition(".")
    return tuple(dict.fromkeys(tables[table][column])) if table in tables else ()


def money_fields(context: Context) -> dict[str, Any]:
    tables = context.tables
    grades = kinds_of("training_wte_month", tables)
    grade_of = {}
    if "level_grades" in tables:
        rows = tables["level_grades"].rows("programme", "level", "grade")
        grade_of = {(programme, level): grades.index(grade) for programme, level, grade in rows}
    numbers = dict(tables["money"].rows("item", "value")) if "money" in tables else {}
    return {
        "price_year": int(numbers.get(PRICE_YEAR, 0)),
        "discount_rate": float(numbers.get(DISCOUNT_RATE, 0)),
        "level_grade": whole([grade_of.get(level, -1) for level in context.levels]),
        "costs": _costs(context),
    }


def _costs(context: Context) -> dict[str, NDArray[np.float64]]:
    """[Y, payer, kind + 1] pounds of each item; the last kind is any. Items without a row are left out."""
    years = context.years
    costs: dict[str, NDArray[np.float64]] = {}
    given: dict[str, NDArray[np.bool_]] = {}
    for span, (item, kind, payer), (pounds,) in years.dated(context.tables.get("costs"), "pounds"):
        kinds = index_of(kinds_of(item, context.tables))
        shape = years.count, len(PAYERS), len(kinds) + 1
        table = costs.setdefault(item, np.zeros(shape))
        at = len(kinds) if kind == ANY else kinds[kind]
        table[span, PAYERS.index(payer), at] = pounds
        given.setdefault(item, np.zeros(shape, bool))[span, PAYERS.index(payer), at] = True
    return {item: np.where(given[item], table, table[..., -1:]) for item, table in costs.items()}
