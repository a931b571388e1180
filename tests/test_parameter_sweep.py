"""Every parameter there is, changed alone: both engines agree, and it is known which change no event.

One cell of each column of each table, and each setting, gets another legal value. A parameter acts if some
such value changes the log. What cannot act, and what cannot be changed alone, is listed here and the lists
are exact: a parameter that does nothing by mistake is found, and so is a new one that nobody thought of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from itertools import islice

import numpy as np
import pytest
from same_log import assert_same_log, same
from scenarios import everything_happens

from pipeline_sim.engines import compiled_engine, simpy_engine
from pipeline_sim.errors import ScenarioError
from pipeline_sim.eventlog import EventLog
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.explain import path_of
from pipeline_sim.scenario.paths import NOT_EDITABLE
from pipeline_sim.scenario.schema import Column, setting_specs, table_specs
from pipeline_sim.scenario.schema_tables import APPLY_COLUMNS, LIST_COLUMNS
from pipeline_sim.scenario.table import Cell, Table

SCALE, YEARS, SEED = 0.2, 4, 3
MOST_RUNS = 60  # changes of one parameter tried before it counts as one that does not act
MOST_EDITS = 400  # likewise, with those that are refused or leave the blueprint as it was

#: Columns that reports use and no engine reads.
CHANGE_NO_EVENT = {
    "regions:title",
    "regions:population",
    "routes:title",
    "programmes:title",
    "streams:title",
    "supervision_groups:title",
    "plans:plan",
    "step_outs:title",
    "credentials:title",
    "credentials:multi_professional",
    "demand:wte",
    "demand_growth:rate",
    "demand_rules:growth",
    "costs:pounds",
    "level_grades:grade",
    "money:value",
}
#: Columns of which no single cell can be changed, mostly shares that add to 1: two cells are exchanged.
NOT_ALONE = {
    "programmes:completes",  # goes with the kind
    "levels:order",  # 1 to n
    "placement_mixes:share",
    "after_f2:share",
    "resignation_destinations:share",
    "age_profile:share",
    "practice_hours:share",
    "ltft_mix:share",
    "step_out_lengths:share",
    "ltft_reasons:share",
    *(f"applicant_groups:{column}" for column in (*APPLY_COLUMNS, *LIST_COLUMNS)),
}
#: Columns that act too seldom for so few people; their rule is tried by itself in test_credit.py.
SELDOM = {"recognised_experience:recency_months"}
#: Columns that say the same twice.
_CORE: dict[str, Cell] = {"programmes.cardiology:kind": "core", "programmes.cardiology:completes": "core"}
TOGETHER = {"programmes:kind": _CORE, "programmes:completes": _CORE}
_RELEASED: dict[str, Cell] = {"programmes:release": 0.4}
_RESIGNED: dict[str, Cell] = {"programmes:resignation": 0.3, "recognised_experience:uptake": 0}
#: Parameters that act only together with another.
CONTEXT: dict[str, dict[str, Cell]] = {
    **dict.fromkeys(("credit_transfer:satisfactory_exit", "credit_families:satisfactory_exit"), _RELEASED),
    **dict.fromkeys(
        ("credit_transfer:recency_months", "credit_families:recency_months", "credit_families:min_months"),
        _RESIGNED,
    ),
    "recognised_experience:recency_months": {"programmes:resignation": 0.3},
    "supervision.crowding_review": {"supervision.rule": "soft"},
    "supervision.crowding_resignation": {"supervision.rule": "soft"},
}
ABOUT_THE_SCENARIO = (
    "name",
    "title",
    "programme_titles",
    "step_out_titles",
    "credential_titles",
    "plan",
    "demand",
    "population",
    "need_weight",
    "price_year",
    "discount_rate",
    "level_grade",
    "costs",
    "sources",
    "digest",
)

TABLES = [name for name in table_specs() if name not in NOT_EDITABLE]
PARAMETERS = [f"{name}:{column.name}" for name in TABLES for column in table_specs()[name].values]
PARAMETERS += list(setting_specs())


@cache
def base(parameter: str) -> tuple[Scenario, Blueprint, EventLog]:
    """Scenario, blueprint and log that changes of a parameter are compared with."""
    if parameter in CONTEXT:
        scenario = base("")[0].with_values(CONTEXT[parameter])
    elif parameter:
        return base("")
    else:
        scenario = everything_happens().scaled(SCALE).with_years(YEARS)
    blueprint = scenario.blueprint()
    return scenario, blueprint, simpy_engine.run(blueprint, SEED)


def other_values(scenario: Scenario, column: Column, now: Cell) -> list[Cell]:
    """Other values a cell may have by its column's description; tables may still refuse them."""
    if column.kind == "choice":
        others: list[Cell] = [*column.choices, *([None] if column.may_be_blank else [])]
    elif column.kind in ("reference", "references"):
        table, _, name = column.refers_to.partition(".")
        others = [*dict.fromkeys(scenario.tables[table][name]), *([None] if column.may_be_blank else [])]
    elif column.kind in ("name", "text"):
        others = [f"{now}_x"]
    else:
        assert now is None or isinstance(now, (int, float))
        others = _other_numbers(column, 0 if now is None else now)
    return [value for value in dict.fromkeys(others) if value != now]


def _other_numbers(column: Column, now: float) -> list[Cell]:
    low, high = (edge if edge is not None else now for edge in column.range)
    if column.kind == "probability":
        return [0.5 if now < 0.3 else now / 2, 1 - now, 0.0, 1.0]
    near = [now * 2, now + 1, now - 1, now / 2, 0, 1, now + 12, -now]
    if column.kind in ("count", "whole", "year"):
        near = [int(value) for value in near]
    return [value for value in (*near, low, high) if low <= value <= high]


def edits_of(parameter: str) -> Iterator[dict[str, Cell]]:
    """Changes to try: each cell alone, row by row; then exchanges of two cells, which keep sums."""
    scenario = base(parameter)[0]
    if parameter in setting_specs():
        for value in other_values(scenario, setting_specs()[parameter].column, scenario.settings[parameter]):
            yield {parameter: value}
        return
    name, _, column_name = parameter.partition(":")
    table = scenario.tables[name]
    column = table.spec.by_name[column_name]
    for row in range(len(table)):
        for value in other_values(scenario, column, table[column_name][row]):
            yield {path_of(table, row, column): value}
    if parameter in TOGETHER:
        yield TOGETHER[parameter]
    yield from _exchanges(table, column)


def _exchanges(table: Table, column: Column) -> Iterator[dict[str, Cell]]:
    cells = table[column.name]
    for row in range(len(table)):
        for other in range(row + 1, len(table)):
            if cells[row] != cells[other]:
                yield {path_of(table, row, column): cells[other], path_of(table, other, column): cells[row]}
        for sibling in table.spec.values:
            there = table[sibling.name][row]
            if sibling.kind == column.kind == "probability" and there != cells[row]:
                yield {path_of(table, row, column): there, path_of(table, row, sibling): cells[row]}


def differs(a: Blueprint, b: Blueprint) -> bool:
    """Whether two blueprints differ in anything that an engine could read."""
    read = (field.name for field in fields(Blueprint) if field.name not in ABOUT_THE_SCENARIO)
    return any(not np.array_equal(getattr(a, name), getattr(b, name)) for name in read)


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_one_parameter_changed_gives_the_same_log_in_both_engines(parameter):
    scenario, unchanged, log = base(parameter)
    alone = acts = False
    runs = 0
    for edits in islice(edits_of(parameter), MOST_EDITS):
        try:
            blueprint = scenario.with_values(edits).blueprint()
        except ScenarioError:
            continue
        alone |= len(edits) == 1
        if not differs(blueprint, unchanged):
            continue
        assert parameter not in CHANGE_NO_EVENT, f"{edits} changes what engines read"
        changed = simpy_engine.run(blueprint, SEED)
        assert_same_log(changed, compiled_engine.run(blueprint, SEED), blueprint)
        acts = not same(changed, log)
        runs += 1
        if acts or runs == MOST_RUNS:
            break
    if parameter not in SELDOM:
        assert acts != (parameter in CHANGE_NO_EVENT), f"{parameter} {'acts' if acts else 'changes no event'}"
    assert alone != (parameter in NOT_ALONE), f"{parameter} can{'' if alone else 'not'} be changed alone"


def test_the_lists_name_parameters_that_exist():
    assert set(PARAMETERS) >= CHANGE_NO_EVENT | NOT_ALONE | SELDOM | set(CONTEXT)
    assert len(PARAMETERS) == len(set(PARAMETERS))
    assert all(name in base("")[0].tables for name in TABLES)  # rows to change in every table
