"""Figures: six are always drawn, whatever the run holds, and the same run gives the same picture."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from results_examples import F2, FOUNDATION, GP, example_log, log_of, row, small_blueprint, student
from synthetic_log import national_blueprint, synthetic_log

from pipeline_sim.report import figures
from pipeline_sim.report.figures_flexible import _label, flexible_training
from pipeline_sim.report.figures_flow import cohort_flow
from pipeline_sim.report.figures_style import plain, spread
from pipeline_sim.results.bundle import summarise
from pipeline_sim.vocabulary import Event, State

NAMES = ["people_by_stage", "cohort_flow", "fill_rates", "waiting_by_cause", "f2_to_cct", "supervisors"]
PNG = b"\x89PNG\r\n\x1a\n"
BLUEPRINT = small_blueprint()


def words(figure: object) -> str:
    from matplotlib.text import Text

    return "\n".join(text.get_text() for text in figure.findobj(Text))


@pytest.mark.parametrize("months", [1, 7, 36])
def test_all_six_are_drawn_for_a_run_without_events(months: int) -> None:
    blueprint = small_blueprint(months)
    drawn = figures.draw_figures([summarise(log_of(), blueprint)], blueprint)
    assert list(drawn) == NAMES
    assert all(image.startswith(PNG) for image in drawn.values())


def test_an_empty_figure_says_that_there_is_nothing() -> None:
    empty = summarise(log_of(), BLUEPRINT)
    assert "No waiting in this run" in words(figures.waiting_by_cause(empty.waits, BLUEPRINT, "source"))
    assert "No people in this run" in words(figures.people_by_stage(empty.census, BLUEPRINT, "source"))


def test_all_six_are_drawn_for_one_replication_and_for_several() -> None:
    results = [summarise(example_log(), BLUEPRINT, rep) for rep in range(2)]
    assert list(figures.draw_figures(results[:1], BLUEPRINT, seed=7)) == NAMES
    assert list(figures.draw_figures(results, BLUEPRINT, seed=7)) == NAMES


def test_the_same_run_gives_the_same_bytes() -> None:
    blueprint = national_blueprint(months=120, programmes=6)
    results = [summarise(synthetic_log(blueprint, 2000), blueprint)]
    assert figures.draw_figures(results, blueprint) == figures.draw_figures(results, blueprint)


def test_every_figure_tells_where_its_numbers_come_from() -> None:
    results = [summarise(example_log(), BLUEPRINT, rep) for rep in (3, 4)]
    assert figures.source_line(results[:1], BLUEPRINT, 42).endswith("scenario small, seed 42, replication 3")
    assert figures.source_line(results, BLUEPRINT, None).endswith("scenario small, mean of 2 replications")


def test_the_heat_map_marks_cells_without_posts_and_gives_rates_and_posts() -> None:
    results = summarise(example_log(), BLUEPRINT)
    text = words(figures.fill_rates(results.kpis, BLUEPRINT, "source"))
    assert "none" in text
    assert "25 (1.3)" in text  # 1 of 4 posts in three years


@pytest.mark.parametrize("programmes", [4, 40])
def test_long_names_of_programmes_stay_on_the_canvas(programmes: int) -> None:
    long = ("Community sexual and reproductive health", "Obstetrics and gynaecology", "W" * 29)
    blueprint = national_blueprint(months=24, programmes=programmes)
    titles = ("Foundation", *long, *blueprint.programme_titles[4:])
    blueprint = dataclasses.replace(blueprint, programme_titles=titles)
    results = summarise(synthetic_log(blueprint, 50), blueprint)
    figure = figures.fill_rates(results.kpis, blueprint, "source")
    figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    labels = [*figure.axes[0].get_yticklabels(), *figure.axes[0].get_xticklabels()]
    assert "Community sexual and\nreproductive health" in [label.get_text() for label in labels]
    for label in labels:
        box = label.get_window_extent()
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height


def test_everyone_alive_is_in_one_stage() -> None:
    staged = [state for _, states in figures.STAGES.values() for state in states]
    assert sorted(staged) == sorted(state.name.lower() for state in State if state != State.OUTSIDE)


def test_the_time_to_cct_is_of_years_that_can_be_followed_back() -> None:
    early = [row(3, student(0, 0), Event.COMPLETED_TRAINING, GP, 4)]  # F2 before the run
    seen = [
        row(1, student(1, 0), Event.FOUNDATION_SIGNED_OFF, FOUNDATION, F2),
        row(4, student(1, 0), Event.COMPLETED_TRAINING, GP, 4),
        row(1, student(2, 0), Event.FOUNDATION_SIGNED_OFF, FOUNDATION, F2),
        row(25, student(2, 0), Event.COMPLETED_TRAINING, GP, 4),
    ]
    results = summarise(log_of(*early, *seen), BLUEPRINT)
    text = words(figures.time_to_cct(results.completions, results.kpis, ""))
    assert "1 CCTs of 2027/28, when" in text and "Median 2.0 years" in text and "90% done by" in text
    without_decile = results.kpis.copy()
    without_decile.loc[without_decile["kpi"] == "f2_to_cct_months_p90", "value"] = np.nan
    assert "90% done" not in words(figures.time_to_cct(results.completions, without_decile, ""))
    results = summarise(log_of(*early, *seen[:2]), BLUEPRINT)
    text = words(figures.time_to_cct(results.completions, results.kpis, ""))
    assert "No training year whose CCTs can be followed back" in text


def test_a_cause_that_cannot_be_seen_in_the_last_bar_has_no_label() -> None:
    waits = pd.DataFrame(
        [(2026, "supervisor", 50), (2027, "training_post", 1000), (2027, "supervisor", 4)],
        columns=["year", "blocked_by", "person_months"],
    )
    text = words(figures.waiting_by_cause(waits, BLUEPRINT, ""))
    assert "Training post" in text and "Supervisor" not in text


def test_the_road_of_an_intake_is_labelled_with_people() -> None:
    flow = pd.DataFrame(
        [
            (0, 2025, 1, "entered", "graduated", 900),
            (0, 2025, 1, "entered", "left", 100),
            (0, 2025, 2, "graduated", "started F1", 900),
        ],
        columns=["rep", "intake", "step", "origin", "destination", "people"],
    )
    text = words(cohort_flow(flow, "source", "July 2045"))
    assert "entered\n1,000" in text
    assert "left\n100 (10%)" in text
    assert "by July 2045" in text and "percentages are of entrants" in text


def test_trainees_away_are_drawn_by_kind_when_there_are_any() -> None:
    blueprint = small_blueprint()
    for name, value in {
        "step_outs": ("oope", "parental"),
        "step_out_titles": (None, "Parental leave"),
    }.items():
        object.__setattr__(blueprint, name, value)
    log = log_of(
        row(0, student(1, 0), Event.PRESENT_AT_START, GP, 2, 0, 80, State.TRAINING),
        row(12, student(1, 0), Event.STEPPED_OUT, GP, 2, 0, 0, 1 + 2400),
        row(2, student(2, 0), Event.STEPPED_OUT, GP, 2, 0, 0, 1200),
        row(14, student(2, 0), Event.STEPPED_IN, GP, 2, 0, 60, 1200),
    )
    results = summarise(log, blueprint)
    assert list(figures.draw_figures([results], blueprint)) == [*NAMES, "flexible_training"]
    text = words(flexible_training(results.kpis, blueprint, "source"))
    assert "Parental leave 1" in text and "100%" in text
    assert flexible_training(summarise(example_log(), BLUEPRINT).kpis, BLUEPRINT, "source") is None


def test_kinds_beyond_the_colours_are_drawn_together() -> None:
    kinds = tuple(f"kind_{number}" for number in range(12))
    rows = [(0, 2025, f"stepped_out[kind={kind}]", 10.0 + at) for at, kind in enumerate(kinds)]
    kpis = pd.DataFrame([*rows, (0, 2025, "ltft_percent", np.nan)], columns=["rep", "year", "kpi", "value"])
    text = words(flexible_training(kpis, BLUEPRINT, "source"))
    assert "Other 60" in text and "Kind 11 21" in text and "Kind 4" not in text


def test_axes_begin_at_zero() -> None:
    blueprint = national_blueprint(months=240, programmes=6)
    results = summarise(synthetic_log(blueprint, 2000), blueprint)
    for figure in (
        figures.people_by_stage(results.census, blueprint, ""),
        figures.waiting_by_cause(results.waits, blueprint, ""),
        figures.time_to_cct(results.completions, results.kpis, ""),
    ):
        assert figure.axes[0].get_ylim()[0] == 0


@pytest.mark.parametrize("positions", [[5.0], [1.0, 1.0, 1.0], [0.0, 9.9, 10.0], [3.0, 2.0, 2.5, 9.0]])
def test_labels_are_moved_apart_and_keep_their_order(positions: list[float]) -> None:
    placed = spread(positions, 1.0, 0.0, 10.0)
    order = np.argsort(positions, kind="stable")
    assert (np.diff(np.array(placed)[order]) > 0.98).all()
    assert min(placed) >= -1e-9
    assert max(placed) <= 10 + 1e-9


def test_names_of_tables_become_words() -> None:
    assert plain("general_practice") == "General practice"
    assert plain("gp_hospital") == "GP hospital"


def test_kinds_of_time_out_whose_titles_begin_alike_are_told_apart() -> None:
    assert [
        _label(*kind)
        for kind in (
            ("oopc", "Out of programme for a career break"),
            ("oopp", "Out of programme pause"),
            ("long_name_of_a_kind", "Some title that is much too long for a label"),
        )
    ] == ["OOPC, a career break", "Out of programme pause", "Long name of a kind"]
