"""Money: exact costs of small logs, a budget that adds up, and honest comparisons of paired runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from results_examples import (
    CARDIOLOGY,
    CORE,
    F1,
    F2,
    FOUNDATION,
    GP,
    LEVEL_FIRST,
    example_log,
    log_of,
    overseas,
    row,
    small_blueprint,
    student,
)
from scenarios import everything_happens, rows_of, teaching, with_tables

from pipeline_sim.engines import simpy_engine
from pipeline_sim.errors import ScenarioError
from pipeline_sim.eventlog import EventLog
from pipeline_sim.results import kpis_money, money
from pipeline_sim.results.budget import budget_table, units_used
from pipeline_sim.results.bundle import Results, gather_facts, summarise
from pipeline_sim.results.facts import Facts
from pipeline_sim.results.output import write_outputs
from pipeline_sim.results.path_costs import path_costs
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.scenario.explain import explain
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.scenario.new import new_scenario
from pipeline_sim.scenario.policies import Edit, Policy
from pipeline_sim.scenario.schema_money import ANY, HEADS, ITEMS, PAYERS, PIPELINE_HEADS
from pipeline_sim.vocabulary import Event, PoolKind, Scheme, State

ST3 = int(LEVEL_FIRST[CARDIOLOGY])
GRADES = ("f", "junior", "senior")
MONEY = {kpi.name for kpi in kpis_money.KPIS}
EDUCATION, EMPLOYERS, OTHER = range(3)


def priced(months: int = 12, costs: dict[str, list[float]] | None = None, **changes: Any) -> Blueprint:
    """The small scenario with costs of the education budget: pounds by kind, the last one any."""
    years = -(-months // 12) + 1

    def table(pounds: list[float]) -> np.ndarray:
        result = np.zeros((years, len(PAYERS), len(pounds)))
        result[:, EDUCATION] = pounds
        return result

    values = {
        "price_year": 2025,
        "discount_rate": 0.035,
        "level_grade": np.array([0, 0, 1, 1, 2, 1, 1, 2, 2, 1, 1]),
        "level_supervisor_units": np.full(11, 100),
        "incentive_pounds": np.zeros((years, 5, 2), np.int64),
        "eras": (),
        "costs": {item: table(pounds) for item, pounds in (costs or {}).items()},
    }
    return small_blueprint(months, **(values | changes))


def spent(log: EventLog, blueprint: Blueprint) -> dict[tuple[str, int], float]:
    """Pounds by head and year."""
    budget = summarise(log, blueprint).budget
    return budget.groupby(["head", "year"], observed=True)["pounds"].sum().to_dict()


# exact --------------------------------------------------------------------------------------------


def test_a_trainee_at_60_percent_costs_her_hours_her_head_and_a_whole_supervisor():
    log = log_of(row(0, overseas(1), Event.PRESENT_AT_START, CARDIOLOGY, ST3, 1, 60, detail=State.TRAINING))
    costs = {
        "training_wte_month": [1, 10, 1000, 7],
        "training_month": [1, 10, 100, 7],
        "part_time_month": [0, 0, 0, 50],
        "supervision_month": [1, 1, 400, 1],
    }
    assert spent(log, priced(costs=costs | {"part_time_month": [50, 50, 50, 50]})) == {
        ("specialty_training", 2025): 12 * (0.6 * 1000 + 100 + 50),
        ("supervision", 2025): 12 * 400,
    }


def test_a_student_costs_each_month_until_she_graduates():
    log = log_of(
        row(1, student(1), Event.ENTERED_MEDICAL_SCHOOL),
        row(6, student(1), Event.PLACEMENT_BLOCKED, detail=PoolKind.HOSPITAL_PLACEMENT),
        row(9, student(1), Event.GRADUATED, phase=2),
    )
    assert spent(log, priced(costs={"student_month": [300]})) == {("students", 2025): 8 * 300}


def test_the_three_doctors_of_the_example_cost_what_their_months_say():
    costs = {
        "student_month": [1.0],
        "training_wte_month": [1000, 2000, 3000, 9],
        "training_month": [10, 20, 30, 9],
        "supervision_month": [100, 200, 300, 9],
    }
    heads = spent(example_log(), priced(36, costs))
    bob = {2026: (6 * 0.8 + 3 * 0.6, 9), 2027: (3 * 0.6 + 3 * 0.6, 6)}  # WTE months and months as ST3-4
    assert heads == pytest.approx(
        {
            ("students", 2025): 1,  # Ann, month 1
            ("foundation", 2025): 12 * 1010,  # Bob
            ("foundation", 2026): 12 * 1010,  # Ann
            ("foundation", 2027): 12 * 1010,
            ("specialty_training", 2025): 6 * (0.5 * 3000 + 30),  # Cat
            ("specialty_training", 2026): bob[2026][0] * 3000 + bob[2026][1] * 30,
            ("specialty_training", 2027): bob[2027][0] * 3000 + bob[2027][1] * 30,
            ("supervision", 2025): 12 * 100 + 6 * 200,
            ("supervision", 2026): 12 * 100 + 9 * 300,
            ("supervision", 2027): 12 * 100 + 6 * 300,
        }
    )


def test_nobody_is_paid_as_a_trainee_who_waits_for_a_supervisor():
    log = log_of(
        row(0, overseas(1), Event.BLOCKED, CARDIOLOGY, ST3, 0, detail=PoolKind.SUPERVISOR),
        row(4, overseas(1), Event.STARTED_LEVEL, CARDIOLOGY, ST3, 0, detail=1),
    )
    assert spent(log, priced(costs={"training_month": [0, 0, 10, 0]})) == {("specialty_training", 2025): 80}


def test_placements_cost_their_use_at_the_yearly_reading_in_every_month():
    log = log_of(
        row(3, 0, Event.POOL_CAPACITY, level=PoolKind.HOSPITAL_PLACEMENT, region=1, wte=0, detail=900),
        row(3, 0, Event.POOL_IN_USE, level=PoolKind.HOSPITAL_PLACEMENT, region=1, wte=0, detail=250),
        row(3, 0, Event.POOL_IN_USE, level=PoolKind.TECHNOLOGY_PLACEMENT, region=1, wte=0, detail=50),
        row(3, 0, Event.POOL_IN_USE, CARDIOLOGY, PoolKind.TRAINING_POST, 1, 0, 700),
        row(0, overseas(1), Event.APPLIED, GP, detail=1),
    )
    costs = {"placement_month": [100, 1, 1, 1, 20, 1]}
    assert spent(log, priced(costs=costs)) == {("placements", 2025): 12 * (2.5 * 100 + 0.5 * 20)}
    # a last year that ends before its reading
    assert spent(log, priced(14, costs=costs))[("placements", 2026)] == 2 * (2.5 * 100 + 0.5 * 20)


def test_time_out_is_paid_by_kind_and_support_by_return():
    who = overseas(1)
    log = log_of(
        row(0, who, Event.PRESENT_AT_START, CARDIOLOGY, ST3, 0, 80, detail=State.TRAINING),
        row(2, who, Event.STEPPED_OUT, CARDIOLOGY, ST3, 0, 80, detail=1 + 100 * 5),
        row(7, who, Event.STEPPED_IN, CARDIOLOGY, ST3, 0, 80, detail=1 + 100 * 5),
        row(7, who, Event.SUPPORTED_RETURN, CARDIOLOGY, ST3, 0, 80, detail=2),
    )
    costs = {
        "time_out_month": [10, 2000, 0],
        "supported_return": [2500],
        "training_wte_month": [0, 0, 1000, 0],
    }
    heads = spent(log, priced(costs=costs, step_outs=("oopr", "parental_leave")))
    assert heads == pytest.approx(
        {
            ("time_out", 2025): 5 * 2000,
            ("supported_return", 2025): 2500,
            ("specialty_training", 2025): 7 * 0.8 * 1000,
        }
    )


def test_a_payment_is_made_to_everyone_who_starts_the_programme_there():
    log = log_of(
        row(0, overseas(1), Event.STARTED_LEVEL, GP, int(LEVEL_FIRST[GP]), 1, detail=1),
        row(0, overseas(2), Event.STARTED_LEVEL, GP, int(LEVEL_FIRST[GP]), 0, detail=1),
        row(0, overseas(3), Event.STARTED_LEVEL, GP, int(LEVEL_FIRST[GP]) + 1, 1, detail=0),
    )
    paid = np.zeros((2, 5, 2), np.int64)
    paid[0, GP, 1] = 20_000
    blueprint = priced(costs={"student_month": [1]}, incentive_pounds=paid)
    assert spent(log, blueprint) == {("incentives", 2025): 20_000}


def test_the_retainer_costs_its_planned_months_in_the_years_they_fall_in():
    log = log_of(
        row(9, overseas(1), Event.SCHEME_STARTED, GP, detail=Scheme.RETAINER + 100 * 8),
        row(9, overseas(2), Event.SCHEME_STARTED, GP, detail=Scheme.INDUCTION_REFRESHER + 100 * 8),
        row(20, overseas(3), Event.SCHEME_STARTED, GP, detail=Scheme.RETAINER + 100 * 60),
    )
    heads = spent(log, priced(24, costs={"retainer_month": [100]}))
    assert heads == {("return_and_retention", 2025): 300, ("return_and_retention", 2026): 500 + 400}


def test_doctors_outside_training_fellows_and_seniors_cost_what_their_kind_does():
    def present(number: int, state: State, wte: int = 100) -> tuple[int, ...]:
        return row(0, overseas(number), Event.PRESENT_AT_START, CORE, region=1, wte=wte, detail=state)

    states = (State.LOCALLY_EMPLOYED, State.UNPLACED, State.TRAINING_INITIATIVE, State.TEACHING_RESEARCH)
    log = log_of(
        *(present(number, state, 0) for number, state in enumerate(states, 1)),
        present(5, State.FELLOWSHIP, 80),
        present(6, State.CONSULTANT, 70),
        present(7, State.ABROAD),
        present(8, State.RETURN_SCHEME, 50),
    )
    costs = {
        "outside_month": [1, 2, 4, 8, 0],
        "fellowship_wte_month": [100],
        "workforce_wte_month": [1000, 0, 0, 0],
        "return_scheme_month": [3500],
    }
    assert spent(log, priced(costs=costs)) == pytest.approx(
        {
            ("locally_employed", 2025): 12 * 15,
            ("fellowships", 2025): 12 * 80,
            ("trained_workforce", 2025): 12 * 700,
            ("return_and_retention", 2025): 12 * 3500,
        }
    )


def test_credentials_and_enhance_places_are_paid_when_they_begin():
    log = log_of(
        row(0, overseas(1), Event.CREDENTIAL_STARTED, CARDIOLOGY, detail=1),
        row(0, overseas(2), Event.ENHANCE_JOINED, FOUNDATION, F1, detail=12),
    )
    costs = {"credential": [1, 5000, 9], "enhance_place": [800]}
    blueprint = priced(
        costs=costs,
        credentials=("pain", "rural"),
        credential_titles=("", ""),
        credential_slots=np.zeros((2, 2, 2), np.int64),
    )
    assert spent(log, blueprint) == {("credentials", 2025): 5000, ("enhance", 2025): 800}


def test_costs_of_a_later_year_hold_from_then_on():
    scenario = teaching(**{"costs.training_month.any.education_budget.2027:pounds": 900})
    assert scenario.blueprint(4).costs["training_month"][:, EDUCATION, -1].tolist() == [100, 100, 900, 900]


def test_any_stands_for_every_kind_and_payer_without_a_row():
    costs = load_scenario("teaching").blueprint(1).costs
    assert costs["placement_month"][0, EDUCATION].tolist() == [3000, 3000, 3000, 3000, 2000, 3000]
    grades = ["foundation", "junior", "senior", ANY]
    assert costs["training_wte_month"][0, EMPLOYERS].tolist() == [3500, 5000, 5000, 5000], grades
    assert costs["outside_month"][0].tolist() == [[0] * 5, [7000] * 3 + [0, 7000], [0, 0, 0, 7000, 0]]


def test_a_policy_changes_costs_by_year_and_supervision_by_month():
    def edit(parameter: str, begins: str, value: float) -> Edit:
        return Edit(parameter, "multiply", value, begins=begins)

    policy = Policy(
        "dearer",
        "Dearer",
        (edit("costs.training_month:pounds", "2026-08", 3), edit("levels:supervision_load", "2026-02", 0.5)),
    )
    blueprint = load_scenario("teaching").with_policy(policy).blueprint(2)
    assert blueprint.costs["training_month"][:, EDUCATION, -1].tolist() == [100, 300]
    log = log_of(row(0, overseas(1), Event.PRESENT_AT_START, 3, 7, detail=State.TRAINING))
    kept = {item: blueprint.costs[item] for item in ("training_month", "supervision_month")}
    heads = spent(log, replace(blueprint, costs=kept))
    assert heads[("specialty_training", 2026)] == 3 * heads[("specialty_training", 2025)] == 12 * 300
    assert heads[("supervision", 2025)] == (6 + 6 * 0.5) * 400
    assert heads[("supervision", 2026)] == 12 * 0.5 * 400


def test_a_price_year_does_not_change_during_a_run():
    policy = Policy("later", "Later", (Edit("money.discount_rate", "set", 0.01, begins="2027-08"),))
    with pytest.raises(ScenarioError, match="a value that can change during a run"):
        load_scenario("teaching").with_policy(policy)


# adding up ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run() -> tuple[EventLog, Blueprint, Results]:
    blueprint = everything_happens().scaled(0.3).blueprint(4)
    log = simpy_engine.run(blueprint, 3)
    return log, blueprint, summarise(log, blueprint)


def kpi(results: Results, name: str) -> pd.Series:
    rows = results.kpis[results.kpis["kpi"] == name]
    return rows.set_index("year")["value"]


def test_the_budget_adds_up_to_the_kpis(run):
    _, _, results = run
    budget = results.budget
    total = budget.groupby("year")["pounds"].sum()
    pd.testing.assert_series_equal(
        kpi(results, "cost_total"), total, check_names=False, check_index_type=False
    )
    for part in ("head", "payer", "programme", "region"):
        parts = budget.groupby(["year", part], observed=True)["pounds"].sum()
        for (year, name), pounds in parts.items():
            if name:
                assert kpi(results, f"cost_total[{part}={name}]")[year] == pytest.approx(pounds)
    pipeline = budget[budget["head"].isin(PIPELINE_HEADS)].groupby("year")["pounds"].sum()
    assert kpi(results, "cost_pipeline").to_numpy() == pytest.approx(pipeline.to_numpy())
    per_cct = pipeline / kpi(results, "ccts")
    assert kpi(results, "cost_per_cct").to_numpy() == pytest.approx(per_cct.to_numpy())
    shares = [kpi(results, f"cost_per_cct[payer={payer}]") for payer in PAYERS]
    assert sum(share.fillna(0) for share in shares).to_numpy() == pytest.approx(per_cct.to_numpy())
    heads = [kpi(results, f"cost_per_cct[head={head}]").reindex(per_cct.index) for head in PIPELINE_HEADS]
    assert sum(one.fillna(0) for one in heads).to_numpy() == pytest.approx(per_cct.to_numpy())


def test_no_pound_is_lost_between_the_census_and_the_budget(run):
    """Units of doctors in post are those of the month-end census."""
    log, blueprint, results = run
    facts = gather_facts(log, blueprint)
    census = results.census
    in_post = census[census["state"].isin(["foundation", "training"])]
    assert units_used(facts, "training_month").sum() == in_post["headcount"].sum()
    assert units_used(facts, "training_wte_month").sum() == pytest.approx(in_post["wte"].sum())
    assert units_used(facts, "student_month").sum() == (
        census[census["state"].isin(["student", "student_waiting"])]["headcount"].sum()
    )
    away = census[census["state"] == "stepped_out"]["headcount"].sum()
    everything = {item: np.ones((5, 3, n)) for item, n in (("time_out_month", 1 + len(blueprint.step_outs)),)}
    facts = gather_facts(log, replace(blueprint, costs=everything))
    assert units_used(facts, "time_out_month").sum() == away > 0


def every_item(blueprint: Blueprint, factor: float = 1.0) -> Blueprint:
    """Every item costs something, different for each kind and payer."""
    kinds = {
        "placement_month": 5,
        "training_wte_month": 3,
        "training_month": 3,
        "part_time_month": 3,
        "supervision_month": len(blueprint.supervision_groups),
        "time_out_month": len(blueprint.step_outs),
        "outside_month": 4,
        "credential": len(blueprint.credentials),
        "workforce_wte_month": 3,
    }
    costs = {
        item: factor * (1 + np.arange(4 * 3 * (kinds.get(item, 0) + 1)).reshape(4, 3, -1) % 7)
        for item in ITEMS
    }
    return replace(blueprint, costs=costs)


def test_every_item_and_every_head_can_cost_something(run):
    log, blueprint, _ = run
    table = budget_table(gather_facts(log, every_item(blueprint)))
    assert set(np.flatnonzero(table.sum(axis=(0, 2, 3, 4)))) == set(range(len(HEADS)))


@pytest.fixture(scope="module")
def facts(run) -> Facts:
    return gather_facts(*run[:2])


@given(factor=st.floats(0, 1e6), share=st.floats(0, 1))
def test_the_budget_is_linear_in_every_cost(facts, factor, share):
    blueprint = facts.blueprint
    paid = replace(every_item(blueprint), incentive_pounds=np.zeros_like(blueprint.incentive_pounds))
    whole = budget_table(replace(facts, blueprint=paid))
    more = {item: factor * pounds for item, pounds in paid.costs.items()}
    np.testing.assert_allclose(
        budget_table(replace(facts, blueprint=replace(paid, costs=more))),
        factor * whole,
        rtol=1e-9,
        atol=1e-6,
    )
    parts = [{k: each * v for k, v in paid.costs.items()} for each in (share, 1 - share)]
    halves = [budget_table(replace(facts, blueprint=replace(paid, costs=part))) for part in parts]
    np.testing.assert_allclose(halves[0] + halves[1], whole, rtol=1e-9, atol=1e-6)


# absent ---------------------------------------------------------------------------------------------


def test_without_costs_there_is_no_budget_no_kpi_and_the_same_life(tmp_path: Path):
    scenario = load_scenario("teaching").scaled(0.2).with_years(3)
    bare = replace(
        scenario,
        tables={k: v for k, v in scenario.tables.items() if k not in ("costs", "level_grades", "money")},
    )
    blueprints = scenario.blueprint(), bare.blueprint()
    logs = [simpy_engine.run(blueprint, 1) for blueprint in blueprints]
    for column in ("month", "person", "event", "detail"):
        np.testing.assert_array_equal(getattr(logs[0], column), getattr(logs[1], column))
    with_money, without = (summarise(log, bp) for log, bp in zip(logs, blueprints, strict=True))
    assert without.budget.empty and list(without.budget.columns) == list(with_money.budget.columns)
    names = with_money.kpis["kpi"].str.partition("[")[0]
    pd.testing.assert_frame_equal(
        with_money.kpis[~names.isin(MONEY)].reset_index(drop=True), without.kpis.reset_index(drop=True)
    )
    assert set(names) >= MONEY
    for results, bp, written in ((with_money, blueprints[0], True), (without, blueprints[1], False)):
        folder = write_outputs(tmp_path / f"{written}", [results], bp, {"seed": 1})
        assert (folder / "budget.csv").exists() == written
    budget = pd.read_csv(tmp_path / "True" / "budget.csv", keep_default_na=False)
    assert budget["pounds"].sum() == pytest.approx(with_money.budget["pounds"].sum(), abs=len(budget) * 0.005)


def test_costs_are_not_scaled_with_people():
    costs = load_scenario("teaching").scaled(0.1).blueprint(1).costs
    assert costs["student_month"][0, 0].tolist() == [300]


# input ----------------------------------------------------------------------------------------------


def problems_with(**tables: list[dict[str, object]]) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        with_tables(load_scenario("teaching"), tables)
    return [str(problem) for problem in caught.value.problems]


def costs_with(**changes: object) -> list[dict[str, object]]:
    first, *rest = rows_of(load_scenario("teaching"), "costs")
    return [{**first, **changes}, *rest]


def test_an_unknown_kind_is_told_with_the_nearest_one():
    found = problems_with(costs=costs_with(item="training_wte_month", kind="jnuior"))
    assert found == [
        "costs.csv:2 column kind: found jnuior for training_wte_month, expected one of any, foundation, "
        "junior, senior (nearest: junior)"
    ]
    (told,) = problems_with(costs=costs_with(item="student_month", kind="hospital"))
    assert told == "costs.csv:2 column kind: found hospital for student_month, expected any"
    (told,) = problems_with(costs=costs_with(item="time_out_month", kind="oopr"))
    assert told.endswith("expected any")  # the teaching base has no step-outs


@pytest.mark.parametrize(
    ("item", "value", "expected"),
    [
        ("price_year", 2025.5, "a year from 1948 to 2200"),
        ("price_year", 0.035, "a year from 1948 to 2200"),
        ("discount_rate", 3.5, "a rate below 1, such as 0.035"),
    ],
)
def test_a_price_year_and_a_rate_that_cannot_be_are_told(item, value, expected):
    rows = [{**row, "value": value} if row["item"] == item else row for row in rows_of(teaching(), "money")]
    (told,) = problems_with(money=rows)
    assert told.endswith(f"found {value:g}, expected {expected}")


def test_costs_without_a_price_year_are_refused():
    (told,) = problems_with(money=rows_of(teaching(), "money")[1:])
    assert told == "money.csv column item: found no row for price_year, expected a row for price_year"
    scenario = load_scenario("teaching")
    tables = {name: table for name, table in scenario.tables.items() if name != "money"}
    with pytest.raises(ScenarioError, match=r"costs\.csv: found no money\.csv"):
        replace(scenario, tables=tables).with_value("costs.student_month:pounds", 1)


def test_a_grade_is_of_a_level_and_is_not_called_any():
    rows = rows_of(teaching(), "level_grades")
    found = problems_with(level_grades=[{**rows[0], "level": "F3"}, {**rows[1], "grade": ANY}, *rows[2:]])
    assert found[0].startswith("level_grades.csv:2 column level: found F3")
    assert "level_grades.csv:3 column grade: found any" in found[1]


@pytest.mark.parametrize("pounds", [-1, float("nan"), float("inf"), 1e12, "£5", "1,000"])
def test_an_amount_that_is_none_is_refused(pounds):
    with pytest.raises(ScenarioError):
        load_scenario("teaching").with_value("costs.student_month:pounds", pounds)


def test_costs_are_explained_and_edited_like_any_parameter():
    path = "costs.training_wte_month.st3_5.education_budget.2025"
    (told,) = explain(load_scenario("england"), path)
    assert (told["path"], told["unit"], told["reader"]) == (path, "pounds", "results/budget.py")
    assert told["citation"].startswith("Resident doctor pay")
    changed = load_scenario("england").with_value("costs.training_wte_month.st3_5", 1.0)
    costs = changed.blueprint(1).costs["training_wte_month"]
    assert (costs[0, :2] == 1).all(axis=0).sum() == 1  # this grade, for both who pay
    assert (
        load_scenario("england").with_value("money.discount_rate", 0.015).blueprint(1).discount_rate == 0.015
    )


def test_a_folder_with_broken_tables_of_money_is_told_all_at_once(tmp_path: Path):
    folder = new_scenario(tmp_path / "mine", "teaching")
    (folder / "costs.csv").write_text(
        "item,kind,payer,year,pounds,source,status\n"
        "student_months,any,education_budget,2025,1,teaching,assumption\n"
        "student_month,any,nobody,2025,x,teaching,assumption\n"
        "student_month,any,employers,2025,1,teaching,assumption\n"
        "student_month,any,employers,2025,2,teaching,assumption\n",
        encoding="utf-8",
    )
    with pytest.raises(ScenarioError) as caught:
        load_scenario(folder)
    places = {problem.where for problem in caught.value.problems}
    assert {"costs.csv:2 column item", "costs.csv:3 column payer", "costs.csv:3 column pounds"} <= places


# comparing ------------------------------------------------------------------------------------------

RATES = st.floats(-0.5, 0.5)
AMOUNTS = st.dictionaries(st.integers(2020, 2060), st.floats(-1e9, 1e9), min_size=1, max_size=12)


def series(amounts: dict[int, float]) -> pd.Series:
    return pd.Series(amounts, dtype=float).sort_index()


def test_present_values_are_those_of_the_green_book():
    amounts = series({2025: 100, 2026: 100, 2035: 100})
    assert money.present_value(amounts, 0.035, 2025) == pytest.approx(100 + 100 / 1.035 + 100 / 1.035**10)
    middle = money.present_value(amounts, 0.035, 2025, "middle")
    assert middle == pytest.approx(money.present_value(amounts, 0.035, 2025) / 1.035**0.5)


@given(AMOUNTS)
def test_at_a_rate_of_nought_a_present_value_is_the_sum(amounts):
    assert money.present_value(series(amounts), 0, 2025) == pytest.approx(sum(amounts.values()), abs=1e-3)


@given(AMOUNTS, RATES, st.integers(2000, 2050), st.integers(-20, 20))
def test_another_base_year_changes_every_present_value_alike(amounts, rate, base, later):
    one, other = (money.present_value(series(amounts), rate, year) for year in (base, base + later))
    scale = money.present_value(series(amounts).abs(), rate, base + later)
    assert other == pytest.approx(one * (1 + rate) ** later, rel=1e-9, abs=1e-9 * scale)


def test_an_impossible_rate_or_timing_is_refused():
    with pytest.raises(ValueError, match="rate"):
        money.discount_factors([2025], -1, 2025)
    with pytest.raises(ValueError, match="rate"):
        money.discount_factors([2025], float("nan"), 2025)
    with pytest.raises(ValueError, match="timing"):
        money.discount_factors([2025], 0, 2025, "end")


def frames(pounds: float, wte: float, years: int = 3, reps: int = 2) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A budget and KPIs by hand: the same every year, one more each replication."""
    cells = [(rep, 2025 + year) for rep in range(reps) for year in range(years)]
    budget = pd.DataFrame(
        [
            (rep, year, head, payer, "", "", part * (pounds + rep))
            for rep, year in cells
            for head, payer, part in (("students", PAYERS[0], 0.25), ("foundation", PAYERS[1], 0.75))
        ],
        columns=["rep", "year", "head", "payer", "programme", "region", "pounds"],
    )
    kpis = pd.DataFrame(
        [
            (rep, year, name, part * (wte + rep))
            for rep, year in cells
            for name, part in (("consultants_wte", 0.5), ("gps_wte", 0.5), ("ccts", 9))
        ],
        columns=["rep", "year", "kpi", "value"],
    )
    return budget, kpis


def test_paired_runs_give_the_discounted_cost_of_each_doctor_gained():
    (base, base_kpis), (policy, policy_kpis) = frames(1000, 50), frames(1500, 60)
    found = money.cost_and_effect(base, policy, base_kpis, policy_kpis, 0.1)
    factor = 1 + 1 / 1.1 + 1 / 1.21
    assert found.index.tolist() == [0, 1]
    assert found["cost"].tolist() == pytest.approx([500 * factor] * 2)
    assert found["wte_years"].tolist() == pytest.approx([10 * factor] * 2)
    assert found["wte_at_end"].tolist() == [10, 10]
    ratio = money.cost_per_effect(found["cost"].mean(), found["wte_years"].mean())
    assert (ratio.quadrant, ratio.pounds) == ("costs_more_gains", pytest.approx(50))
    only = money.cost_and_effect(base, policy, base_kpis, policy_kpis, 0, payer=PAYERS[0])
    assert only["cost"].tolist() == [375, 375]


def test_incremental_cost_is_by_year_and_any_part():
    (base, _), (policy, _) = frames(1000, 1), frames(1400, 1)
    without_students = policy[policy["head"] != "students"]
    found = money.incremental_cost(base, without_students).set_index(["rep", "year", "head"])
    assert found.loc[(0, 2025, "students")].tolist() == [250, 0, -250]
    assert found.loc[(1, 2027, "foundation"), "difference"] == pytest.approx(300)
    total = money.incremental_cost(base, policy, by=())
    assert total["difference"].tolist() == [400] * 6
    with pytest.raises(ValueError, match="by: found 'year'"):
        money.incremental_cost(base, policy, by=("year",))


def test_a_run_against_itself_differs_in_nothing(run):
    _, _, results = run
    found = money.cost_and_effect(results.budget, results.budget, results.kpis, results.kpis, 0.035)
    assert found.to_numpy().tolist() == [[0, 0, 0]]
    assert (money.incremental_cost(results.budget, results.budget)["difference"] == 0).all()
    assert money.cost_per_effect(0, 0).quadrant == "no_difference"


def test_a_scenario_without_costs_compares_as_nothing_spent(run):
    _, _, results = run
    empty = results.budget.iloc[:0]
    found = money.cost_and_effect(empty, empty, results.kpis, results.kpis, 0.035)
    assert found["cost"].tolist() == [0]
    assert money.incremental_cost(empty, empty).empty
    assert money.yearly_cost(empty).empty


@pytest.mark.parametrize(
    ("cost", "effect", "word", "pounds"),
    [
        (100, 4, "costs more and gains", 25),
        (-100, -4, "saved for each", 25),
        (-100, 4, "dominates", None),
        (100, -4, "dominated", None),
        (100, 0, "dominated", None),
        (-100, 0, "dominates", None),
        (0, 4, "dominates", None),
        (0, -4, "dominated", None),
        (0, 0, "no difference", None),
        (float("nan"), 4, "not known", None),
        (100, float("inf"), "not known", None),
    ],
)
def test_only_a_price_is_given_as_a_ratio(cost, effect, word, pounds):
    found = money.cost_per_effect(cost, effect)
    assert word in found.words
    assert found.pounds == pounds


# England --------------------------------------------------------------------------------------------


def test_england_costs_what_is_published_where_anything_is():
    """Bursaries and placements of students: 1,043 million pounds in 2025/26."""
    blueprint = load_scenario("england").scaled(0.1).blueprint(1)
    budget = summarise(simpy_engine.run(blueprint, 1), blueprint).budget
    spent = budget[budget["head"].isin(["students", "placements"])]["pounds"].sum() / 0.1
    assert spent == pytest.approx(1_043_399_691, rel=0.05)


def test_the_path_of_a_cct_holder_costs_her_own_hours_supervision_and_leave():
    who = student(3, month=0)
    log = log_of(
        row(1, who, Event.FOUNDATION_STARTED, FOUNDATION, F1),
        row(13, who, Event.FOUNDATION_SIGNED_OFF, FOUNDATION, F1, phase=2),
        row(13, who, Event.STARTED_OUTSIDE, detail=State.LOCALLY_EMPLOYED),
        row(15, who, Event.STARTED_LEVEL, CARDIOLOGY, ST3, 1, 80, detail=1),
        row(20, who, Event.CHANGED_HOURS, region=1, wte=100),
        row(25, who, Event.STEPPED_OUT, CARDIOLOGY, ST3, 1, detail=1),
        row(30, who, Event.BLOCKED, CARDIOLOGY, ST3, 1, detail=PoolKind.SUPERVISOR),
        row(31, who, Event.STEPPED_IN, CARDIOLOGY, ST3, 1, detail=1),
        row(33, who, Event.COMPLETED_TRAINING, CARDIOLOGY, ST3, 1, phase=2),
        # of the starting stock, and an F1 doctor of it: not followed
        row(0, student(4, month=0), Event.PRESENT_AT_START, FOUNDATION, F1, detail=State.FOUNDATION),
        row(1, student(4, month=0), Event.FOUNDATION_STARTED, FOUNDATION, F2),
        row(9, student(4, month=0), Event.STARTED_LEVEL, GP, int(LEVEL_FIRST[GP])),
        row(20, student(4, month=0), Event.COMPLETED_TRAINING, GP, int(LEVEL_FIRST[GP]), phase=2),
        row(0, overseas(1), Event.PRESENT_AT_START, CARDIOLOGY, ST3, 1, detail=State.TRAINING),
        row(33, overseas(1), Event.COMPLETED_TRAINING, CARDIOLOGY, ST3, 1, phase=2),
    )
    costs = {
        "training_wte_month": [1000, 0, 2000, 0],
        "training_month": [10, 0, 20, 0],
        "part_time_month": [0, 0, 100, 0],
        "supervision_month": [300, 0, 400, 0],
        "time_out_month": [1, 500, 2],
    }
    blueprint = priced(36, costs, step_outs=("oopr", "leave"))
    expected = 12 * (1000 + 10 + 300)
    expected += (5 * 0.8 + 5 + 2) * 2000 + 12 * (20 + 400) + 5 * 100 + 5 * 500
    kpis = summarise(log, blueprint).kpis.set_index(["kpi", "year"])
    for name in ("cost_of_own_training", "cost_of_own_training[programme=cardiology]"):
        found = kpis.loc[(name, 2027)]
        assert found["value"] == found["numerator"] == pytest.approx(expected)
        assert found["denominator"] == 1


def test_whoever_is_followed_to_a_cct_costs_less_than_everyone():
    blueprint = load_scenario("teaching").scaled(0.2).blueprint(9)
    facts = gather_facts(simpy_engine.run(blueprint, 1), blueprint)
    cost, followed, wanted = path_costs(facts)
    heads = [HEADS.index(head) for head in ("foundation", "specialty_training", "supervision", "time_out")]
    assert 0 < cost.sum() < facts.budget[:, heads].sum()
    assert (followed <= wanted).all()
