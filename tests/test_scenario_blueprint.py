"""The blueprint of a scenario: shapes, thresholds, years, scaling."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pipeline_sim.scenario.arrays import Years, cumulative, scaled_counts, weights
from pipeline_sim.scenario.blueprint import (
    AFTER_F2_DESTINATIONS,
    APPLICANT_GROUPS,
    MAX_AGE,
    OUTSIDE_STATES,
    PLACEMENT_SETTINGS,
    STAGES,
    THRESHOLD_ONE,
    TRAINED_GROUPS,
    Blueprint,
)
from pipeline_sim.scenario.build import listed
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.scenario.schema import setting_specs, table_specs
from pipeline_sim.scenario.shares import units_adding_up
from pipeline_sim.vocabulary import State


@pytest.fixture(scope="module")
def teaching():
    return load_scenario("teaching")


@pytest.fixture(scope="module")
def blueprint(teaching) -> Blueprint:
    return teaching.blueprint()


def test_arrays_have_the_shapes_they_declare(blueprint):
    b = blueprint
    years, regions, programmes = 10, 1, 4
    groups, states = len(APPLICANT_GROUPS), len(OUTSIDE_STATES)
    trained = len(TRAINED_GROUPS)
    shapes = {
        "route_first": (2,), "course_months": (9,), "intake": (years, 2, regions),
        "student_stock": (9, regions), "mix_first": (len(STAGES),), "mix_units": (4, len(PLACEMENT_SETTINGS)),
        "placement_units": (years, len(PLACEMENT_SETTINGS), regions),
        "foundation_places": (years, 3, regions), "foundation_rule": (years,), "foundation_extend": (2,),
        "level_first": (programmes,), "level_wte_hundredths": (11,), "programme_review": (programmes, 3),
        "posts": (years, programmes, regions), "trainee_stock": (11, regions),
        "practice_units": (years, regions),
        "round_programmes": (4, programmes), "application_cap": (years,), "taste": (groups, programmes),
        "applications": (2 * groups, 6), "regions_listed": (2 * groups, regions),
        "incentive_pounds": (years, programmes, regions), "outside_rates": (3, states, years, 1, 5),
        "after_f2_cumulative": (len(AFTER_F2_DESTINATIONS),), "stream_age": (3, 2), "stream_ready": (3, 1),
        "arrivals": (years, 3, regions), "outside_stock": (3, regions),
        "workforce": (trained, programmes, regions), "exit": (years, trained, MAX_AGE),
        "practice_return": (trained,), "practice_break_months": (2,), "practice_wte_percent": (trained, 2, 3),
        "join_months": (2, 3), "sas_programme_cumulative": (programmes,),
        "supervisor_units_per_wte": (years, 3, trained), "supervisor_fixed_units": (years, 3, regions),
    }  # fmt: skip
    assert {name: getattr(b, name).shape for name in shapes} == shapes


FOR_REPORTS_ALONE = ("demand", "population", "need_weight")


def test_every_array_is_of_whole_numbers_or_truths(blueprint):
    for field in dataclasses.fields(blueprint):
        value = getattr(blueprint, field.name)
        if isinstance(value, np.ndarray) and field.name not in FOR_REPORTS_ALONE:
            assert value.dtype in (np.int64, np.bool_), field.name


def test_every_blueprint_field_of_a_setting_exists():
    names = {field.name for field in dataclasses.fields(Blueprint)}
    assert {setting.field for setting in setting_specs().values()} <= names


def test_names_keep_the_order_of_the_tables(blueprint):
    assert blueprint.programmes == ("foundation", "general_practice", "core_medicine", "cardiology")
    assert blueprint.levels[:5] == ("F1", "F2", "ST1", "ST2", "ST3")
    assert blueprint.core_names == ("core_medicine",)
    assert blueprint.programme_parents.tolist() == [0, 0, 0, 1]
    assert blueprint.programme_core_bit.tolist() == [-1, -1, 0, -1]
    assert blueprint.level_first.tolist() == [0, 2, 5, 7]
    assert blueprint.level_count.tolist() == [2, 3, 2, 4]


def test_values_arrive_in_the_units_of_the_blueprint(blueprint):
    b = blueprint
    assert b.programme_resign.tolist() == [round(p * 2**32) for p in (0.01, 0.02, 0.02, 0.02)]
    assert b.level_wte_hundredths[0] == 1200
    assert b.level_practice_units[2:5].tolist() == [50, 50, 100]
    assert b.placement_units[0, :, 0].tolist() == [50000, 17000, 1000, 3000, 6000]
    assert b.mix_units.sum(axis=1).tolist() == [100] * 4
    assert (b.foundation_practice_units, b.home_weight, b.foundation_assistantship_effect) == (33, 200, 80)
    assert b.appointable_score[3] == round(-0.5 * 37837)
    assert b.stream_state.tolist() == [State.LOCALLY_EMPLOYED] * 2 + [State.OVERSEAS_APPLICANT]
    assert b.round_repeats.tolist() == [-1, 0, -1, -1]
    assert b.tier_stage.tolist() == [0] + [1] * 9
    assert b.plan == {"gp_acceptances": {2026: 100.0}}


def test_shares_that_add_to_one_end_in_certainty(blueprint):
    b = blueprint
    for array in (b.ltft_cumulative, b.after_f2_cumulative, b.resign_cumulative, b.applications,
                  b.regions_listed, b.age_cumulative, b.practice_wte_cumulative):  # fmt: skip
        assert (array[..., -1] == THRESHOLD_ONE).all()
        assert (np.diff(array, axis=-1) >= 0).all()
    assert (b.join_cumulative[:, -1] < THRESHOLD_ONE).all()


def test_exits_hold_from_the_first_age_of_their_band(blueprint):
    consultants = blueprint.exit[0, 0]
    assert consultants[24] == 0
    assert consultants[25] == consultants[54] == round(0.02 * 2**32)
    assert consultants[55] == round(0.08 * 2**32)
    assert consultants[99] == THRESHOLD_ONE


def test_a_horizon_counts_the_training_years_it_touches(teaching, blueprint):
    assert (blueprint.months, blueprint.intake.shape[0]) == (120, 10)
    october = dataclasses.replace(teaching, start="2025-10", years=1).blueprint()
    assert (october.months, october.intake.shape[0]) == (12, 2)


def test_a_row_holds_until_the_next_and_counts_are_zero_before_the_first(teaching):
    years = Years(2025, 5)
    table = teaching.with_value("intake.standard.middleshire.2027", 99).tables["intake"]
    index = ({"standard": 0, "graduate_entry": 1}, {"middleshire": 0})
    assert years.dense(table, "students", (2, 1), index)[:, 0, 0].tolist() == [160, 160, 99, 99, 99]
    later = table.with_cells("year", {0: 2026})
    assert years.dense(later, "students", (2, 1), index)[:, 0, 0].tolist() == [0, 160, 99, 99, 99]
    earlier = table.with_cells("year", {0: 2019})
    assert years.dense(earlier, "students", (2, 1), index)[:, 0, 0].tolist() == [160, 160, 99, 99, 99]


def test_rows_after_the_horizon_are_not_used(teaching):
    edited = teaching.with_value("posts.cardiology.middleshire.2040", 1)
    assert (edited.blueprint().posts == teaching.blueprint().posts).all()


def test_scaling_multiplies_every_count_and_nothing_else(teaching, blueprint):
    half = teaching.scaled(0.5).blueprint()
    for name in ("intake", "student_stock", "foundation_places", "posts", "trainee_stock", "practice_units",
                 "arrivals", "outside_stock", "workforce", "placement_units"):  # fmt: skip
        before, after = getattr(blueprint, name), getattr(half, name)
        unit = 100 if name.endswith("_units") else 1
        assert abs(after.sum() / before.sum() - 0.5) < 0.01, name
        assert (np.abs(after - before / 2) <= unit).all(), name
    for name in ("taste", "exit", "supervisor_units_per_wte", "level_wte_hundredths"):
        assert (getattr(half, name) == getattr(blueprint, name)).all(), name
    assert half.digest != blueprint.digest


def test_scaling_by_one_changes_nothing(teaching):
    assert teaching.scaled(1).digest == teaching.digest


def test_every_scaled_table_is_one_of_the_schemas_counts():
    for spec in table_specs().values():
        if spec.scaled:
            assert all(column.kind == "count" for column in spec.values), spec.name


def test_scaled_counts_keep_the_total_of_each_year():
    counts = np.array([[1, 1, 1, 1, 1, 1, 1], [10, 0, 0, 3, 0, 0, 1]])
    scaled = scaled_counts(counts, 0.3, by_year=True)
    assert scaled.sum(axis=1).tolist() == [2, 4]
    assert (scaled >= 0).all()
    assert (scaled[counts == 0] == 0).all()


def test_small_conversions():
    assert cumulative([0.25, 0.75, 0.0]).tolist() == [1 << 30, 1 << 32, 1 << 32]
    assert cumulative([0.25, 0.25], exactly=False).tolist() == [1 << 30, 1 << 31]
    assert units_adding_up([1 / 3, 1 / 3, 1 / 3]).tolist() == [33, 34, 33]
    assert weights([0, 1, 2]).tolist() == [0, 32768, 65536]
    assert weights([1e-9, 1]).tolist() == [1, 65536]
    assert listed([0.1, 0.2, 0.3, 0.4], 2) == pytest.approx([0.1, 0.9])
    assert listed([0.1, 0.2, 0.3, 0.4], 4) == [0.1, 0.2, 0.3, 0.4]


def test_the_digest_does_not_depend_on_names(teaching):
    assert dataclasses.replace(teaching, name="other", title="Other").digest == teaching.digest
    assert teaching.with_years(3).digest != teaching.digest
