"""Demand and equity: what tables make of it, vacancies and Theil's index by hand, and hostile tables."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from results_examples import CARDIOLOGY, GP, example_log, log_of, row, small_blueprint, student

from pipeline_sim import load_scenario
from pipeline_sim.errors import ScenarioError
from pipeline_sim.report import figures
from pipeline_sim.results.bundle import summarise
from pipeline_sim.results.kpis_demand import KPIS as DEMAND_KPIS
from pipeline_sim.results.kpis_equity import KPIS as EQUITY_KPIS
from pipeline_sim.results.kpis_equity import theil
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.table import Table
from pipeline_sim.vocabulary import Event, State

TABLES = ("demand", "demand_growth", "demand_rules", "population")
YEARS, PROGRAMMES, REGIONS = 4, 5, 2
PATH = [{"year": 2025, "growth": "path"}]
KPIS = tuple(kpi.name for kpi in (*DEMAND_KPIS, *EQUITY_KPIS))


def teaching(**tables: list[dict]) -> Scenario:
    """The teaching base with these rows in place of a table's own."""
    scenario = load_scenario("teaching")
    changed = dict(scenario.tables)
    for name, rows in tables.items():
        spec = scenario.tables[name].spec
        rows = [{"source": "teaching", "status": "assumption", **row} for row in rows]
        columns = {column.name: tuple(row.get(column.name) for row in rows) for column in spec.columns}
        changed[name] = Table(spec, spec.file, columns, tuple(range(2, len(rows) + 2)))
    return replace(scenario, tables=changed)


def wanted(**rows: float) -> list[dict]:
    return [
        {"programme": "cardiology", "region": "middleshire", "year": int(year[1:]), "wte": wte}
        for year, wte in rows.items()
    ]


def rates(**by_path: float) -> list[dict]:
    return [
        {"growth": path, "family": "medicine", "year": 2025, "rate": rate} for path, rate in by_path.items()
    ]


def cardiology(scenario: Scenario, years: int = 4) -> list[float]:
    return scenario.blueprint(years).demand[:, 3, 0].tolist()


def kpis_of(blueprint: Blueprint, log=None) -> pd.DataFrame:
    return summarise(example_log() if log is None else log, blueprint).kpis.set_index(["kpi", "year"])


def with_demand(cells: dict[tuple[int, int], float], **changes) -> Blueprint:
    """Demand of (programme, region) in every year."""
    demand = np.zeros((YEARS, PROGRAMMES, REGIONS))
    for (programme, region), wte in cells.items():
        demand[:, programme, region] = wte
    return small_blueprint(36, demand=demand, **changes)


def consultants(*doctors: tuple[int, int, int, int]) -> object:
    """Trained doctors (month, programme, region, wte) in post from a month on."""
    events = []
    for number, (month, programme, region, wte) in enumerate(doctors):
        state = State.GP if programme == GP else State.CONSULTANT
        event = Event.STARTED_PRACTICE if month else Event.PRESENT_AT_START
        events.append(row(month, student(number, 0), event, programme, -1, region, wte, state))
    return log_of(*events)


# tables -------------------------------------------------------------------------------------------------


def test_demand_grows_from_its_first_row_at_the_rate_of_the_path():
    scenario = teaching(
        demand=wanted(y2025=100),
        demand_growth=rates(slow=0.1, fast=0.5),
        demand_rules=[{"year": 2025, "growth": "slow"}],
    )
    assert cardiology(scenario) == pytest.approx([100, 110, 121, 133.1])
    assert cardiology(scenario.with_value("demand_rules.2025:growth", "fast"), 2) == [100, 150]
    later = scenario.with_value("demand_rules.2027:growth", "fast")
    assert cardiology(later) == pytest.approx([100, 110, 165, 247.5])


def test_a_row_that_repeats_what_holds_changes_nothing_and_another_is_taken_with_growth():
    scenario = teaching(
        demand=wanted(y2025=100),
        demand_growth=rates(path=0.1),
        demand_rules=PATH,
    )
    assert cardiology(scenario.with_value("demand.cardiology.middleshire.2027", 100)) == cardiology(scenario)
    doubled = scenario.with_value("demand.cardiology.middleshire.2027", 200)
    assert cardiology(doubled) == pytest.approx([100, 110, 242, 266.2])


def test_growth_before_the_start_counts_and_rows_after_the_horizon_do_not():
    scenario = teaching(
        demand=wanted(y2023=100),
        demand_growth=rates(path=0.1),
        demand_rules=PATH,
    )
    # the rate holds from 2025 on, the first year is 2025
    assert cardiology(scenario) == pytest.approx([110, 121, 133.1, 146.41])
    after = teaching(
        demand=wanted(y2099=100),
        demand_growth=rates(path=0.1),
        demand_rules=PATH,
    )
    assert cardiology(after) == [0, 0, 0, 0]
    inside = teaching(
        demand=wanted(y2027=100),
        demand_growth=rates(path=0.1),
        demand_rules=PATH,
    )
    assert cardiology(inside) == pytest.approx([0, 0, 100, 110])


def test_a_scaled_scenario_wants_and_holds_its_part():
    scenario = load_scenario("teaching")
    whole, tenth = scenario.blueprint(3), scenario.scaled(0.1).blueprint(3)
    assert tenth.demand == pytest.approx(whole.demand / 10)
    assert tenth.population == pytest.approx(whole.population / 10)
    assert (tenth.need_weight == whole.need_weight).all()


def test_without_the_tables_only_these_kpis_are_missing_and_no_other_array_changes():
    scenario = load_scenario("teaching")
    bare = replace(scenario, tables={n: t for n, t in scenario.tables.items() if n not in TABLES})
    with_tables, without = scenario.blueprint(3), bare.blueprint(3)
    for field in fields(Blueprint):
        if field.name not in ("demand", "population", "need_weight", "digest", "costs"):
            assert np.array_equal(getattr(with_tables, field.name), getattr(without, field.name))
    log = log_of()
    told, untold = (summarise(log, blueprint).kpis for blueprint in (with_tables, without))
    names = told["kpi"].str.partition("[")[0]
    assert set(names[~names.isin(untold["kpi"].str.partition("[")[0])]) == set(KPIS)
    assert told[~names.isin(KPIS)].reset_index(drop=True).equals(untold)


@pytest.mark.parametrize(
    ("tables", "found"),
    [
        ({"demand_rules": [{"year": 2025, "growth": "fast"}]}, "fast"),
        ({"demand_rules": [{"year": 2026, "growth": "high"}]}, "2026 as the first year of a rule"),
        ({"demand_growth": []}, "found central, expected a growth of demand_growth.csv"),
        ({"demand_rules": []}, "demand_growth.csv: found no rows of demand_rules.csv"),
        ({"demand_growth": rates(central=0.1, high=0.2)}, "central, which has no rate for general_practice"),
        (
            {
                "demand": wanted(y2025=1),
                "demand_growth": [{**rates(central=0.1)[0], "family": "medcine"}],
            },
            "central, which has no rate for medicine",
        ),
        ({"demand": [{**wanted(y2025=1)[0], "programme": "core_medicine"}]}, "core_medicine, of kind core"),
        ({"demand": [{**wanted(y2025=1)[0], "programme": "foundation"}]}, "of kind foundation"),
        ({"demand": [{**wanted(y2025=1)[0], "region": "middleshore"}]}, "middleshore"),
        ({"demand": [*wanted(y2025=1), *wanted(y2025=2)]}, "again"),
        ({"population": [{"region": "norht", "year": 2025, "people": 1, "need_weight": 1}]}, "norht"),
    ],
)
def test_tables_that_cannot_be_are_refused_with_what_was_found(tables, found):
    with pytest.raises(ScenarioError) as error:
        teaching(**tables).with_values({})
    assert found in str(error.value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("demand.cardiology.middleshire.2025", -1),
        ("demand.cardiology.middleshire.2025", 1.5),
        ("demand.cardiology.middleshire.2025", "nan"),
        ("demand_growth:rate", 0.6),
        ("demand_growth:rate", "inf"),
        ("demand_rules:growth", "hgih"),
        ("population:need_weight", -0.1),
        ("population:people", "many"),
    ],
)
def test_values_that_cannot_be_are_refused(path, value):
    with pytest.raises(ScenarioError):
        load_scenario("teaching").with_value(path, value)


# vacancies ----------------------------------------------------------------------------------------------


def test_vacancies_by_hand():
    # cardiology: 1.6 of 2 in the north, 1 of 0.5 in the south; GPs: 0.8 of 4 in the south
    blueprint = with_demand({(CARDIOLOGY, 0): 2, (CARDIOLOGY, 1): 0.5, (GP, 1): 4})
    doctors = consultants(
        (0, CARDIOLOGY, 0, 100), (0, CARDIOLOGY, 0, 60), (0, CARDIOLOGY, 1, 100), (0, GP, 1, 80)
    )
    kpis = kpis_of(blueprint, doctors)
    year = 2026
    assert kpis.loc[("demand_wte", year), "value"] == 6.5
    assert kpis.loc[("supply_wte", year), "value"] == pytest.approx(3.4)
    assert kpis.loc[("unmet_need_wte", year), "value"] == pytest.approx(0.4 + 3.2)
    assert kpis.loc[("beyond_demand_wte", year), "value"] == pytest.approx(0.5)
    assert kpis.loc[("vacancy_percent", year), "value"] == pytest.approx(100 * 3.6 / 6.5)
    for place, value in {
        "programme=cardiology": 100 * 0.4 / 2.5,
        "programme=gp": 80,
        "region=north": 20,
        "region=south": 100 * 3.2 / 4.5,
        "programme=cardiology,region=north": 20,
        "programme=cardiology,region=south": 0,
    }.items():
        assert kpis.loc[(f"vacancy_percent[{place}]", year), "value"] == pytest.approx(value), place
    assert kpis.loc[("supply_of_demand_percent[programme=cardiology]", year), "value"] == pytest.approx(104)


def test_supply_is_counted_as_the_training_year_begins():
    blueprint = with_demand({(CARDIOLOGY, 0): 2})
    kpis = kpis_of(
        blueprint, consultants((0, CARDIOLOGY, 0, 100), (12, CARDIOLOGY, 0, 100), (13, CARDIOLOGY, 0, 100))
    )
    assert [kpis.loc[("supply_wte", year), "value"] for year in (2025, 2026, 2027)] == [1, 2, 3]
    begun = replace(blueprint, start_month=1, start_year=2026)  # the year has seven months left
    kpis = kpis_of(begun, consultants((0, CARDIOLOGY, 0, 100), (7, CARDIOLOGY, 0, 50)))
    assert [kpis.loc[("supply_wte", year), "value"] for year in (2025, 2026)] == [1, 1.5]


def test_the_year_in_which_supply_meets_demand_is_the_first_and_stays():
    blueprint = with_demand({(CARDIOLOGY, 0): 2, (GP, 0): 1})
    blueprint.demand[2] = 9  # demand runs away again
    log = consultants((0, CARDIOLOGY, 0, 100), (12, CARDIOLOGY, 0, 100), (12, CARDIOLOGY, 1, 100))
    kpis = kpis_of(blueprint, log)
    name = "year_supply_meets_demand"

    def years(kpi: str) -> list[float]:
        return [kpis.loc[(kpi, year), "value"] for year in (2025, 2026, 2027)]

    assert years(f"{name}[programme=cardiology]") == pytest.approx([np.nan, 2026, 2026], nan_ok=True)
    assert years(f"{name}[programme=gp]") == pytest.approx([np.nan] * 3, nan_ok=True)
    assert years(name) == pytest.approx([np.nan, 2026, 2026], nan_ok=True)  # 3 of 3 altogether
    assert kpis.loc[(name, 2026), ["numerator", "denominator"]].tolist() == [3, 3]


def test_a_programme_without_demand_is_compared_with_nothing():
    kpis = kpis_of(with_demand({(CARDIOLOGY, 0): 1}), consultants((0, GP, 0, 100)))
    assert kpis.loc[("supply_wte", 2025), "value"] == 0
    assert ("supply_wte[programme=gp]", 2025) not in kpis.index
    nothing = kpis_of(small_blueprint(36, demand=np.zeros((YEARS, PROGRAMMES, REGIONS))))
    assert not nothing.index.get_level_values(0).str.startswith("vacancy").any()


def test_demand_that_ends_leaves_no_ratio():
    blueprint = with_demand({(CARDIOLOGY, 0): 1})
    blueprint.demand[1:] = 0
    kpis = kpis_of(blueprint, consultants((0, CARDIOLOGY, 0, 100)))
    assert kpis.loc[("vacancy_percent", 2025), "value"] == 0
    assert np.isnan(kpis.loc[("vacancy_percent", 2026), "value"])
    assert kpis.loc[("year_supply_meets_demand", 2027), "value"] == 2025


@given(
    arrays(np.float64, (YEARS, PROGRAMMES, REGIONS), elements=st.integers(0, 500).map(lambda wte: wte / 10)),
    st.lists(
        st.tuples(
            st.integers(0, 30), st.sampled_from([GP, CARDIOLOGY]), st.integers(0, 1), st.integers(1, 100)
        ),
        max_size=6,
    ),
)
def test_demand_less_what_is_missing_and_with_what_is_beyond_is_supply(demand, doctors):
    kpis = kpis_of(small_blueprint(36, demand=demand), consultants(*doctors))
    if not demand.any():
        return
    for year in (2025, 2026, 2027):
        have, want, missing, beyond = (
            kpis.loc[(name, year), "value"]
            for name in ("supply_wte", "demand_wte", "unmet_need_wte", "beyond_demand_wte")
        )
        assert have == pytest.approx(want - missing + beyond)
        assert missing >= 0 and beyond >= 0


# equity -------------------------------------------------------------------------------------------------


def one_year(doctors: list[list[float]], heads: list[float]) -> list[float]:
    found = theil(np.array([doctors], float), np.array([heads], float))
    return [float(part[0]) for part in found[:2]]


def test_doctors_spread_as_need_asks_have_index_0():
    assert one_year([[2, 4], [3, 6]], [10, 20]) == pytest.approx([0, 0])
    assert one_year([[5, 5]], [1, 1]) == pytest.approx([0, 0])


def test_two_regions_by_hand():
    # three in four doctors where half of the need is
    between, within = one_year([[3, 1]], [1, 1])
    assert between == pytest.approx(0.75 * np.log(1.5) + 0.25 * np.log(0.5))
    assert within == pytest.approx(0)
    # all doctors in one of two equal regions, and each specialty in a region of its own
    assert one_year([[1, 0]], [1, 1]) == pytest.approx([np.log(2), 0])
    assert one_year([[1, 0], [0, 1]], [1, 1]) == pytest.approx([0, np.log(2)])


@given(
    arrays(np.float64, (2, 3, 4), elements=st.floats(0, 1000).map(lambda wte: round(wte, 2))),
    arrays(np.float64, (2, 4), elements=st.floats(1, 1e6)),
)
def test_between_and_within_regions_add_up_to_the_mean_of_the_specialties(doctors, heads):
    between, all_within, within, programmes = theil(doctors, heads)
    for year in range(2):
        whole = doctors[year].sum()
        if whole == 0:
            assert np.isnan([between[year], all_within[year]]).all()
            continue
        share = doctors[year].sum(axis=1) / whole
        mean = np.nansum(share * programmes[year])
        assert between[year] + all_within[year] == pytest.approx(mean, abs=1e-12)
        assert min(between[year], all_within[year], np.nanmin(programmes[year])) >= -1e-12
        assert between[year] <= np.log(heads[year].sum() / heads[year].min()) + 1e-12
        of_regions = doctors[year].sum(axis=0) / whole
        assert np.nansum(of_regions * within[year]) == pytest.approx(all_within[year], abs=1e-12)


def with_people(people: list[float], need: list[float], months: int = 36) -> Blueprint:
    return small_blueprint(
        months,
        population=np.tile(np.array(people, float), (YEARS, 1)),
        need_weight=np.tile(np.array(need, float), (YEARS, 1)),
    )


def test_doctors_for_weighted_people_by_hand():
    log = consultants((0, CARDIOLOGY, 0, 100), (0, GP, 0, 50), (0, GP, 1, 100))
    kpis = kpis_of(with_people([100_000, 50_000], [1.5, 1]), log)
    assert kpis.loc[("trained_wte_per_100k[region=north]", 2025), "value"] == pytest.approx(1)
    assert kpis.loc[("trained_wte_per_100k[region=south]", 2025), "value"] == pytest.approx(2)
    assert kpis.loc[("trained_wte_per_100k", 2025), "value"] == pytest.approx(2.5 / 2)
    expected = 0.6 * np.log(0.6 / 0.75) + 0.4 * np.log(0.4 / 0.25)
    assert kpis.loc[("trained_theil_between_regions", 2025), "value"] == pytest.approx(expected)
    gps = 1 / 3 * np.log((1 / 3) / 0.75) + 2 / 3 * np.log((2 / 3) / 0.25)
    assert kpis.loc[("trained_theil[programme=gp]", 2025), "value"] == pytest.approx(gps)
    assert kpis.loc[("trained_theil[programme=cardiology]", 2025), "value"] == pytest.approx(-np.log(0.75))
    whole = kpis.loc[("trained_theil", 2025), "value"]
    assert whole == pytest.approx(0.6 * gps + 0.4 * -np.log(0.75))
    within = kpis.loc[("trained_theil_within_regions", 2025), "value"]
    assert whole == pytest.approx(expected + within)


def test_doctors_where_nobody_lives_are_left_out():
    log = consultants((0, GP, 0, 100), (0, GP, 1, 100))
    for people, need in (([1000, 0], [1, 1]), ([1000, 1000], [1, 0])):
        kpis = kpis_of(with_people(people, need), log)
        assert kpis.loc[("trained_wte_per_100k", 2025), "value"] == pytest.approx(100)
        assert ("trained_wte_per_100k[region=south]", 2025) not in kpis.index
        assert kpis.loc[("trained_theil_between_regions", 2025), "value"] == pytest.approx(0)
    nobody = kpis_of(with_people([0, 0], [1, 1]), log)
    assert not nobody.index.get_level_values(0).str.startswith("trained_").any()


def test_people_without_doctors_give_0_a_head_and_no_index():
    kpis = kpis_of(with_people([1000, 1000], [1, 1]), log_of())
    assert kpis.loc[("trained_wte_per_100k[region=north]", 2025), "value"] == 0
    for name in ("trained_theil", "trained_theil_between_regions", "trained_theil_within_regions"):
        assert np.isnan(kpis.loc[(name, 2025), "value"])


# figures ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("months", [1, 36])
def test_the_figures_are_drawn_where_there_is_something_to_draw(months: int) -> None:
    people = with_people([1000, 2000], [1, 1], months)
    demand, ending = np.ones((2, YEARS, PROGRAMMES, REGIONS))
    ending[1:], ending[:, GP] = 0, 0.5
    for blueprint, named in (
        (people, {"doctors_and_need"}),
        (small_blueprint(months, demand=demand), {"vacancies"}),
        (replace(people, demand=demand), {"doctors_and_need", "vacancies"}),
        (with_people([1000, 0], [1, 1], months), set()),
        (small_blueprint(months, demand=ending), {"vacancies"}),
        (small_blueprint(months, demand=ending / 1000), {"vacancies"}),
        (small_blueprint(months), set()),
    ):
        for log in (log_of(), consultants((0, GP, 0, 100))):
            drawn = figures.draw_figures([summarise(log, blueprint, rep) for rep in range(2)], blueprint)
            assert {"doctors_and_need", "vacancies"} & set(drawn) == named


# England ------------------------------------------------------------------------------------------------


def test_england_starts_with_the_published_vacancies():
    scenario = load_scenario("england")
    blueprint = scenario.blueprint(2)
    hours = {}
    for group, sex, percent, share in scenario.tables["practice_hours"].rows(
        "group", "sex", "wte_percent", "share"
    ):
        women = scenario.settings[f"stock.female_{group}"]
        part = women if sex == "female" else 1 - women
        hours[group] = hours.get(group, 0) + percent * share * part / 100
    wanted_wte = dict.fromkeys(scenario.tables["programmes"]["family"], 0.0)
    have = dict.fromkeys(wanted_wte, 0.0)
    family = dict(scenario.tables["programmes"].rows("programme", "family"))
    for n, programme in enumerate(blueprint.programmes):
        wanted_wte[family[programme]] += blueprint.demand[0, n].sum()
    asked = {blueprint.programmes[n] for n in np.flatnonzero(blueprint.demand[0].any(axis=1))}
    for group, programme, doctors in scenario.tables["workforce_stock"].rows("group", "programme", "doctors"):
        if group != "sas" and programme in asked:
            have[family[programme]] += doctors * hours[group]
    assert 1 - have["psychiatry"] / wanted_wte["psychiatry"] == pytest.approx(0.158, abs=0.001)
    assert 1 - have["general_practice"] / wanted_wte["general_practice"] == pytest.approx(0.085, abs=0.001)
    specialists = [name for name in wanted_wte if name != "general_practice"]
    vacant = 1 - sum(have[name] for name in specialists) / sum(wanted_wte[name] for name in specialists)
    assert vacant == pytest.approx(0.054, abs=0.001)


def test_england_can_choose_between_paths_of_growth():
    scenario = load_scenario("england")
    totals = {
        path: scenario.with_value("demand_rules.2025:growth", path).blueprint(11).demand[10].sum()
        for path in ("none", "low", "central", "high")
    }
    assert totals["none"] < totals["low"] < totals["central"] < totals["high"]
    assert totals["none"] == scenario.blueprint(1).demand[0].sum()
