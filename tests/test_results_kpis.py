"""KPIs against numbers worked out by hand, and the page that lists them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from results_examples import (
    CARDIOLOGY,
    CORE,
    F2,
    FOUNDATION,
    GP,
    LEVEL_FIRST,
    READVERT,
    ROUND_1,
    ROUND_2,
    ROUND_3,
    example_log,
    log_of,
    overseas,
    row,
    small_blueprint,
    student,
)

from pipeline_sim.eventlog import EventLog
from pipeline_sim.results.bundle import summarise
from pipeline_sim.results.kpi_document import kpi_markdown
from pipeline_sim.results.kpis import HEADLINE, REGISTRY
from pipeline_sim.results.kpis_training import percentile_of
from pipeline_sim.results.registry import COLUMNS
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import Event, PoolKind, State

BLUEPRINT = small_blueprint()
PAGE = Path(__file__).parent.parent / "docs" / "kpis.md"


def kpis_of(log: EventLog, blueprint: Blueprint = BLUEPRINT) -> pd.DataFrame:
    return summarise(log, blueprint).kpis.set_index(["kpi", "year"])


@pytest.fixture(scope="module")
def example() -> pd.DataFrame:
    return kpis_of(example_log())


@pytest.mark.parametrize(
    ("kpi", "year", "numerator", "denominator", "value"),
    [
        ("offers_rerun_percent", 2026, 1, 1, 100),
        ("clinical_starts_against_plan", 2025, 1, 2, 50),
        ("widening_participation_share", 2025, 1, 1, 100),
        ("foundation_oversubscription", 2026, 1, 12, 100 / 12),
        ("foundation_first_preference_percent", 2026, 1, 1, 100),
        ("f2_direct_entry_percent", 2026, 0, 1, 0),
        ("f2_in_training_within_12_months_percent", 2026, 1, 1, 100),
        ("fill_rate", 2026, 1, 4, 25),
        ("fill_rate[programme=cardiology,region=south]", 2026, 1, 4, 25),
        ("fill_rate[round=round_1]", 2026, 0, 3, 0),
        ("fill_rate[round=readvert]", 2026, 1, 4, 25),
        ("applications_per_post", 2026, 2, 3, 2 / 3),
        ("applications_per_post[programme=cardiology]", 2026, 1, 3, 1 / 3),
        ("applications_per_post[round=readvert]", 2026, 1, 4, 0.25),
        ("uk_graduate_share_of_accepts", 2026, 1, 1, 100),
        ("prioritised_share_of_accepts", 2026, 1, 1, 100),
        ("ltft_percent", 2026, 9 / 12, 9 / 12 + 1, 100 * 9 / 21),
        ("ccts_as_percent_of_trainees", 2027, 1, 9 / 12, 400 / 3),
        ("ccts_as_percent_of_trainees[programme=gp]", 2025, 1, 6 / 12, 200),
        ("arcp_non_standard_percent", 2025, 1, 2, 50),
        ("arcp_outcome_share[outcome=3]", 2025, 1, 2, 50),
        ("wte_per_cct", 2027, 0.6, 1, 0.6),
        ("pool_utilisation[kind=supervisor]", 2026, 100, 400, 25),
        ("pool_utilisation[kind=supervisor,group=medicine]", 2026, 100, 400, 25),
        ("post_vacancy_percent[programme=cardiology]", 2026, 300, 500, 60),
    ],
)
def test_a_ratio_is_its_numerator_over_its_denominator(
    example: pd.DataFrame, kpi: str, year: int, numerator: float, denominator: float, value: float
) -> None:
    found = example.loc[(kpi, year)]
    assert found["numerator"] == pytest.approx(numerator, rel=1e-12)
    assert found["denominator"] == pytest.approx(denominator, rel=1e-12)
    assert found["value"] == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("kpi", "year", "value"),
    [
        ("clinical_starts", 2025, 1),
        ("graduates", 2025, 1),
        ("foundation_applicants", 2026, 1),
        ("foundation_places", 2026, 12),
        ("foundation_places[kind=priority]", 2026, 4),
        ("foundation_starts", 2026, 1),
        ("f2_completers", 2026, 1),
        ("applications", 2026, 3),
        ("applications[programme=cardiology]", 2026, 2),
        ("unique_applicants", 2026, 1),
        ("unique_applicants[round=readvert]", 2026, 1),
        ("posts_advertised", 2026, 4),
        ("posts_unfilled", 2026, 3),
        ("unplaced", 2026, 0),  # Bob is placed later in the year
        ("unplaced[reason=no_post]", 2026, 1),
        ("training_starts", 2026, 1),
        ("ccts", 2025, 1),
        ("ccts_gp", 2025, 1),
        ("ccts_specialist", 2025, 0),
        ("f2_to_cct_months_median", 2027, 21),
        ("f2_to_cct_months_median[programme=cardiology]", 2027, 21),
        ("f2_to_cct_months_p90", 2027, 21),
        ("waits[cause=foundation_place]", 2025, 10),
        ("waits[cause=training_post]", 2026, 3),
        ("waits[cause=supervisor,programme=cardiology]", 2027, 3),
        ("trainees[programme=cardiology]", 2027, 0.75),
        ("trainees_in_post[programme=cardiology]", 2027, 0.5),
        ("locally_employed", 2026, 0.25),
        ("consultants", 2027, 2 / 12),
        ("consultants_wte", 2027, 0.1),
    ],
)
def test_a_count_is_what_happened(example: pd.DataFrame, kpi: str, year: int, value: float) -> None:
    assert example.loc[(kpi, year), "value"] == pytest.approx(value, rel=1e-12)


def test_a_ratio_with_nothing_below_the_line_has_no_value(example: pd.DataFrame) -> None:
    rate = example.loc[("fill_rate", 2025)]
    assert (rate["numerator"], rate["denominator"]) == (0, 0)
    assert np.isnan(rate["value"])
    assert not np.isinf(example[["value", "numerator", "denominator"]].to_numpy()).any()


def test_a_year_without_a_plan_has_no_share_of_it(example: pd.DataFrame) -> None:
    assert np.isnan(example.loc[("gp_acceptances_against_plan", 2026), "value"])
    assert example.loc[("gp_acceptances_against_plan", 2025), "value"] == 0


def test_a_post_that_is_filled_given_back_and_stays_empty_is_not_filled() -> None:
    log = log_of(
        row(12, 0, Event.POSTS_ADVERTISED, GP, ROUND_1, 0, 0, 10),
        row(12, 0, Event.POSTS_UNFILLED, GP, ROUND_1, 0, 0, 4),
        row(12, 0, Event.POSTS_ADVERTISED, GP, READVERT, 0, 0, 5),  # 4 left over, 1 given back
        row(12, 0, Event.POSTS_UNFILLED, GP, READVERT, 0, 0, 2),
    )
    rate = kpis_of(log).loc[("fill_rate", 2026)]
    assert (rate["numerator"], rate["denominator"]) == (9, 11)


def test_a_post_left_empty_in_august_is_not_counted_again_in_february() -> None:
    log = log_of(
        row(12, 0, Event.POSTS_ADVERTISED, GP, ROUND_1, 0, 0, 10),
        row(12, 0, Event.POSTS_UNFILLED, GP, ROUND_1, 0, 0, 4),
        row(12, 0, Event.POSTS_ADVERTISED, CORE, ROUND_2, 0, 0, 3),  # another programme, left as it is
        row(12, 0, Event.POSTS_UNFILLED, CORE, ROUND_2, 0, 0, 1),
        row(18, 0, Event.POSTS_ADVERTISED, GP, ROUND_3, 0, 0, 6),  # 4 left over, 2 vacated since
        row(18, 0, Event.POSTS_UNFILLED, GP, ROUND_3, 0, 0, 3),
        row(24, 0, Event.POSTS_ADVERTISED, GP, ROUND_1, 0, 0, 5),  # another year: all new
        row(24, 0, Event.POSTS_UNFILLED, GP, ROUND_1, 0, 0, 0),
    )
    kpis = kpis_of(log)
    of_gp = kpis.loc[("fill_rate[programme=gp]", 2026)]
    assert (of_gp["numerator"], of_gp["denominator"]) == (9, 12)
    assert kpis.loc[("posts_advertised", 2026), "value"] == 15
    assert kpis.loc[("posts_unfilled", 2026), "value"] == 4
    assert kpis.loc[("posts_advertised[round=round_3]", 2026), "value"] == 6
    assert kpis.loc[("posts_advertised", 2027), "value"] == 5


def test_the_headline_of_competition_is_of_augusts_own_rounds() -> None:
    log = log_of(
        *(row(12, overseas(k), Event.APPLIED, GP, detail=1) for k in range(4)),
        row(12, overseas(0), Event.APPLIED, GP, detail=101),
        row(12, overseas(9), Event.APPLIED, CARDIOLOGY, detail=201),
        row(18, overseas(0), Event.APPLIED, GP, detail=301),
        row(12, 0, Event.POSTS_ADVERTISED, GP, ROUND_1, 0, 0, 2),
        row(12, 0, Event.POSTS_ADVERTISED, GP, READVERT, 0, 0, 1),
        row(12, 0, Event.POSTS_ADVERTISED, CARDIOLOGY, ROUND_2, 0, 0, 1),
        row(18, 0, Event.POSTS_ADVERTISED, GP, ROUND_3, 0, 0, 1),
    )
    kpis = kpis_of(log)["value"]
    assert kpis[("applications_per_post", 2026)] == 5 / 3
    assert kpis[("applications_per_post[programme=gp]", 2026)] == 2
    assert kpis[("applications_per_post[round=round_3]", 2026)] == 1


def test_a_doctor_is_unplaced_once_a_year_and_only_without_any_post() -> None:
    fails, placed_later, placed_before = overseas(1), overseas(2), overseas(3)
    log = log_of(
        row(12, fails, Event.UNPLACED, detail=3),
        row(18, fails, Event.UNPLACED, detail=301),
        row(12, placed_later, Event.UNPLACED, detail=3),
        row(18, placed_later, Event.ACCEPTED, GP, detail=301),
        row(6, placed_before, Event.ACCEPTED, GP, detail=301),  # of the year before
        row(12, placed_before, Event.UNPLACED, detail=3),
    )
    kpis = kpis_of(log)["value"]
    assert kpis[("unplaced", 2026)] == 2
    assert kpis[("unplaced[round=round_1]", 2026)] == 3
    assert kpis[("unplaced[round=round_3]", 2026)] == 1
    assert kpis[("unplaced[reason=no_post]", 2026)] == 3


def test_only_doctors_with_a_cct_of_their_own_are_gained_for_it() -> None:
    trained, portfolio, arrival = student(1, 0), overseas(1), overseas(2)
    log = log_of(
        row(0, trained, Event.COMPLETED_TRAINING, CARDIOLOGY, 8),
        row(3, trained, Event.STARTED_PRACTICE, CARDIOLOGY, wte=80, detail=State.CONSULTANT),
        row(5, trained, Event.STARTED_BREAK, CARDIOLOGY),
        row(7, trained, Event.STARTED_PRACTICE, CARDIOLOGY, wte=60, detail=State.CONSULTANT),
        row(0, portfolio, Event.PORTFOLIO_REGISTERED, CARDIOLOGY),
        row(2, portfolio, Event.STARTED_PRACTICE, CARDIOLOGY, detail=State.CONSULTANT),
        row(2, arrival, Event.STARTED_PRACTICE, GP, detail=State.GP),
    )
    found = kpis_of(log).loc[("wte_per_cct", 2025)]
    assert (found["numerator"], found["denominator"]) == (0.8, 1)


def test_supervisors_of_a_group_in_which_nobody_trains_are_not_in_the_total() -> None:
    blueprint = small_blueprint(supervision_groups=("foundation", "primary_care", "medicine", "unused"))
    rows = [
        row(12, 0, event, group, PoolKind.SUPERVISOR, 0, 0, units)
        for group in (0, 2, 3)
        for event, units in ((Event.POOL_CAPACITY, 400), (Event.POOL_IN_USE, 100))
    ]
    kpis = kpis_of(log_of(*rows), blueprint)
    assert kpis.loc[("pool_utilisation[kind=supervisor]", 2026), "denominator"] == 800
    assert kpis.loc[("pool_utilisation[kind=supervisor,group=unused]", 2026), "denominator"] == 400


def test_f2_doctors_whom_the_run_does_not_follow_long_enough_are_not_judged() -> None:
    rows = []
    for number, month in enumerate((22, 25)):  # followed for 12 months from 22 only
        doctor = student(number, 0)
        rows.append(row(month, doctor, Event.FOUNDATION_SIGNED_OFF, FOUNDATION, F2))
        rows.append(row(month + 1, doctor, Event.STARTED_LEVEL, CORE, LEVEL_FIRST[CORE], detail=1))
    kpis = kpis_of(log_of(*rows))
    assert kpis.loc[("f2_in_training_within_12_months_percent", 2026), "denominator"] == 1
    assert kpis.loc[("f2_in_training_within_12_months_percent", 2027), "denominator"] == 0
    assert kpis.loc[("f2_direct_entry_percent", 2027), "value"] == 100


def test_a_start_in_the_next_augusts_intake_is_not_within_a_year_of_f2() -> None:
    rows = []
    for number, months_later in enumerate((0, 11, 12)):
        doctor = student(number, 0)
        rows.append(row(12, doctor, Event.FOUNDATION_SIGNED_OFF, FOUNDATION, F2))
        rows.append(row(12 + months_later, doctor, Event.STARTED_LEVEL, CORE, LEVEL_FIRST[CORE], detail=1))
    kpis = kpis_of(log_of(*rows))
    within = kpis.loc[("f2_in_training_within_12_months_percent", 2026)]
    assert (within["numerator"], within["denominator"]) == (2, 3)
    assert kpis.loc[("f2_direct_entry_percent", 2026), "numerator"] == 1


def test_a_doctor_who_applies_in_two_rounds_is_one_applicant() -> None:
    rows = [
        row(12, overseas(1), Event.APPLIED, GP, detail=1),
        row(12, overseas(2), Event.APPLIED, GP, detail=1),
        row(12, overseas(2), Event.APPLIED, CORE, detail=2),
        row(12, overseas(2), Event.APPLIED, CARDIOLOGY, detail=201),
        row(18, overseas(2), Event.APPLIED, GP, detail=101),
    ]
    kpis = kpis_of(log_of(*rows))["value"]
    assert kpis[("unique_applicants", 2026)] == 2
    assert kpis[("unique_applicants[round=round_1]", 2026)] == 2
    assert kpis[("unique_applicants[round=readvert]", 2026)] == 1
    assert kpis[("unique_applicants[round=round_2]", 2026)] == 1


def test_a_year_that_sees_only_the_fastest_gives_no_median() -> None:
    rows = [row(0, student(k, 0), Event.COMPLETED_TRAINING, GP, 4) for k in (1, 2)]  # F2 before the run
    rows.append(row(2, student(0, 0), Event.FOUNDATION_SIGNED_OFF, FOUNDATION, F2))
    rows.append(row(6, student(0, 0), Event.COMPLETED_TRAINING, GP, 4))
    kpis = kpis_of(log_of(*rows))
    value, known = kpis.loc[("f2_to_cct_months_median", 2025), ["value", "denominator"]]
    assert np.isnan(value) and known == 1


def test_the_ninth_decile_needs_nearly_everyone_followed_back() -> None:
    rows = [row(8, student(0, 0), Event.COMPLETED_TRAINING, GP, 4)]  # F2 before the run
    for number in range(1, 20):
        rows.append(row(2, student(number, 0), Event.FOUNDATION_SIGNED_OFF, FOUNDATION, F2))
        rows.append(row(8, student(number, 0), Event.COMPLETED_TRAINING, GP, 4))
    kpis = kpis_of(log_of(*rows))["value"]
    assert kpis[("f2_to_cct_months_median", 2025)] == 6
    assert np.isnan(kpis[("f2_to_cct_months_p90", 2025)])


def test_median_and_ninth_decile_are_of_the_years_ccts() -> None:
    rows = []
    for number, months in enumerate((4, 6, 8, 10, 20)):
        doctor = student(number, 0)
        rows.append(row(2, doctor, Event.FOUNDATION_SIGNED_OFF, FOUNDATION, F2))
        rows.append(row(2, doctor, Event.STARTED_LEVEL, GP, 2, detail=1))
        rows.append(row(2 + months, doctor, Event.COMPLETED_TRAINING, GP, 4))
    kpis = kpis_of(log_of(*rows))
    assert kpis.loc[("f2_to_cct_months_median", 2025), ["value", "denominator"]].tolist() == [6, 3]
    assert kpis.loc[("f2_to_cct_months_p90", 2026), "value"] == pytest.approx(10 + 0.9 * 10)


def test_pool_readings_of_a_year_are_averaged() -> None:
    rows = [
        row(month, 0, event, 2, PoolKind.SUPERVISOR, 1, 0, units)
        for month, event, units in (
            (12, Event.POOL_CAPACITY, 400), (12, Event.POOL_IN_USE, 100),
            (18, Event.POOL_CAPACITY, 600), (18, Event.POOL_IN_USE, 500),
        )
    ]  # fmt: skip
    kpi = kpis_of(log_of(*rows)).loc[("pool_utilisation[kind=supervisor]", 2026)]
    assert (kpi["numerator"], kpi["denominator"], kpi["value"]) == (300, 500, 60)


def test_a_short_last_year_is_averaged_over_the_months_there_are() -> None:
    log = log_of(row(0, overseas(1), Event.PRESENT_AT_START, detail=State.SAS))
    kpis = kpis_of(log, small_blueprint(15))["value"]
    assert (kpis[("sas", 2025)], kpis[("sas", 2026)]) == (1, 1)


def test_columns_are_those_that_scripts_rely_on() -> None:
    assert tuple(summarise(example_log(), BLUEPRINT).kpis.columns) == COLUMNS


def test_every_kpi_is_declared_once_and_written_each_year(example: pd.DataFrame) -> None:
    names = [kpi.name for kpi in REGISTRY]
    assert len(names) == len(set(names))
    assert not example.index.duplicated().any()
    for kpi in REGISTRY:
        if kpi.total and (kpi.given is None or kpi.given(BLUEPRINT)):
            assert [year for name, year in example.index if name == kpi.name] == [2025, 2026, 2027]
    assert set(HEADLINE) <= set(names)


def test_the_page_of_kpis_is_written_from_the_registry() -> None:
    assert PAGE.read_text(encoding="utf-8") == kpi_markdown(), (
        "write it anew: python -m pipeline_sim.results.kpi_document docs/kpis.md"
    )


@given(st.lists(st.integers(0, 90), min_size=1, max_size=40), st.sampled_from([0, 10, 50, 90, 99, 100]))
def test_a_percentile_of_counts_is_that_of_the_numbers_counted(months: list[int], percentile: int) -> None:
    counts = np.bincount(months, minlength=91)
    assert percentile_of(counts, percentile) == np.percentile(months, percentile)
