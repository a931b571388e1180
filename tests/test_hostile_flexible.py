"""Tables of flexible training that nobody means well by: each mistake is told with its place, all at once."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from same_log import assert_same_log
from scenarios import everything_happens, rows_of, teaching, with_tables

from pipeline_sim.engines import compiled_engine, simpy_engine
from pipeline_sim.errors import ScenarioError
from pipeline_sim.report.figures import draw_figures
from pipeline_sim.results.bundle import summarise
from pipeline_sim.scenario.blueprint import UNITS
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.scenario.new import new_scenario
from pipeline_sim.scenario.schema import Column, table_specs
from pipeline_sim.vocabulary import Event, PoolKind

ENGLAND = load_scenario("england").tables
TABLES = [
    name
    for name, spec in table_specs().items()
    if spec.optional and name in ENGLAND and name not in ("incentives", "plans", "supervisor_extra")
]
NUMBERS = ("number", "whole", "count", "probability", "year")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return new_scenario(tmp_path / "mine", "england")


def change(folder: Path, edit: Callable[[str, list[list[str]]], list[list[str]]]) -> None:
    """Rewrite every table of flexible training, given as its name and rows with the header."""
    for name in TABLES:
        path = folder / f"{name}.csv"
        rows = edit(name, list(csv.reader(path.read_text(encoding="utf-8").splitlines())))
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


def places(folder: Path) -> set[str]:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(folder)
    return {problem.where for problem in caught.value.problems}


def columns(wanted: Callable[[Column], bool]) -> dict[str, list[str]]:
    return {name: [c.name for c in table_specs()[name].own_columns if wanted(c)] for name in TABLES}


def test_the_tables_of_flexible_training_are_all_here():
    assert len(TABLES) >= 25


@pytest.mark.parametrize(
    "value", ["x", "-1", "nan", "inf", "1e999", "", "9223372036854775808", "1,5", "\u0663\u066b\u0665x"]
)
def test_every_number_that_is_none_is_told_with_its_place(folder: Path, value: str) -> None:
    numbers = columns(lambda c: c.kind in NUMBERS and not (value == "" and c.may_be_blank))

    def edit(name: str, rows: list[list[str]]) -> list[list[str]]:
        for column in numbers[name]:
            rows[1][rows[0].index(column)] = value
        return rows

    change(folder, edit)
    expected = {f"{name}.csv:2 column {column}" for name in TABLES for column in numbers[name]}
    assert expected <= places(folder)


def test_every_unknown_name_is_told_with_its_place(folder: Path) -> None:
    names = columns(lambda c: c.kind in ("reference", "choice"))

    def edit(name: str, rows: list[list[str]]) -> list[list[str]]:
        for column in names[name]:
            rows[1][rows[0].index(column)] = "\u202ezzz\u4e2d"
        return rows

    change(folder, edit)
    expected = {f"{name}.csv:2 column {column}" for name in TABLES for column in names[name]}
    assert expected <= places(folder)


def test_every_row_that_is_there_twice_is_told(folder: Path) -> None:
    lines = {name: len(rows_of(load_scenario("england"), name)) + 2 for name in TABLES}
    change(folder, lambda _, rows: [*rows, rows[1]])
    told = places(folder)
    for name, line in lines.items():
        assert any(place.startswith(f"{name}.csv:{line} column") for place in told), name


@pytest.mark.parametrize("which", [0, -1], ids=["first", "last"])
def test_every_missing_column_is_told(folder: Path, which: int) -> None:
    needed = {
        name: names[which] for name, names in columns(lambda c: c.key or c.kind in NUMBERS).items() if names
    }

    def edit(name: str, rows: list[list[str]]) -> list[list[str]]:
        at = rows[0].index(needed[name])
        return [row[:at] + row[at + 1 :] for row in rows]

    change(folder, edit)
    with pytest.raises(ScenarioError) as caught:
        load_scenario(folder)
    told = "\n".join(map(str, caught.value.problems))
    for name, column in needed.items():
        assert any(f"{name}.csv" in line and column in line for line in told.splitlines()), name


def test_a_title_of_any_signs_is_only_a_title() -> None:
    signs = ("$\\frac{$", "[red]x[/nope]", "$x$ _^ % # {", "\u202eabc", "")
    tables = {
        name: [{**row, "title": signs[k % 5]} for k, row in enumerate(rows_of(everything_happens(), name))]
        for name in ("step_outs", "programmes")
    }
    blueprint = with_tables(everything_happens(), tables).scaled(0.2).blueprint(2)
    results = [summarise(compiled_engine.run(blueprint, 1), blueprint)]
    assert "flexible_training" in draw_figures(results, blueprint)


def test_tables_without_a_row_switch_everything_off(folder: Path) -> None:
    change(folder, lambda name, rows: rows if name == "training_initiative" else rows[:1])
    blueprint = load_scenario(folder).scaled(0.01).blueprint(2)
    log = simpy_engine.run(blueprint, 1)
    off = (
        Event.STEPPED_OUT, Event.LTFT_REFUSED, Event.CREDIT_GRANTED, Event.TRANSFERRED, Event.ENHANCE_JOINED,
        Event.CREDENTIAL_STARTED, Event.PORTFOLIO_STARTED, Event.FELLOWSHIP_STARTED, Event.SCHEME_STARTED,
        Event.SPECIALIST_GRADE, Event.SUPPORTED_RETURN,
    )  # fmt: skip
    assert not np.isin(log.event, off).any()


@pytest.mark.parametrize("table", ["support_places", "credential_slots", "enhance_places"])
def test_more_places_than_can_be_simulated_are_refused(table: str) -> None:
    column = "slots" if table == "credential_slots" else "places"
    scenario = everything_happens().with_value(f"{table}:{column}", 6_000_000)
    with pytest.raises(ScenarioError, match=rf"{table}\.csv region middleshire.*at most 5,000,000"):
        scenario.blueprint(1)


@pytest.mark.parametrize(
    ("edits", "kind", "units"),
    [
        ({"practice_places:places": 4_900_000}, PoolKind.PRACTICE_PLACE, UNITS),
        ({"placements:places": 4_900_000, "placements:background": 0}, PoolKind.HOSPITAL_PLACEMENT, UNITS),
        ({"posts:posts": 4_900_000}, PoolKind.TRAINING_POST, 1),
    ],
)
def test_a_pool_of_millions_is_logged_in_full(edits: dict[str, object], kind: PoolKind, units: int) -> None:
    blueprint = teaching().with_values(edits).blueprint(1)
    log = simpy_engine.run(blueprint, 1)
    assert_same_log(log, compiled_engine.run(blueprint, 1), blueprint)
    capacity = log.detail[(log.event == Event.POOL_CAPACITY) & (log.level == kind)]
    assert set(capacity.tolist()) == {4_900_000 * units}


def test_regions_of_fellowships_need_fellowships() -> None:
    row = {"fellowship": "extra_year", "region": "middleshire", "weight": 1}
    with pytest.raises(ScenarioError, match=r"fellowship_regions\.csv: found no fellowships\.csv"):
        with_tables(teaching(), {"fellowship_regions": [row]})


def test_chances_of_stepping_out_that_add_to_more_than_one_keep_their_proportions() -> None:
    rates = rows_of(everything_happens(), "step_out_rates")
    always = [{**row, "female": 1, "male": 0.1} for row in rates]
    scenario = with_tables(everything_happens(), {"step_out_rates": always, "step_out_ages": []})
    sums = scenario.blueprint(1).step_out_yearly[0, 1, :, 0] / 2**32
    kinds = len(scenario.blueprint(1).step_outs)
    assert sums[1].tolist() == pytest.approx([(k + 1) / kinds for k in range(kinds)])
    assert sums[0].tolist() == pytest.approx([(k + 1) / 10 for k in range(kinds)])


@pytest.mark.parametrize(("left", "held"), [(0.0, [0.3, 0.3, 1]), (None, None)])
def test_a_reason_holds_until_a_later_row_of_its_own(left: float | None, held: list[float] | None) -> None:
    """A new reason needs its share taken from the others; otherwise the year has too many."""
    scenario = everything_happens()
    shares = {"caring": 0.3, "study": 0.7} | ({} if left is None else {"choice": left})
    later = [
        {"reason": reason, "family": "medicine", "year": 2027, "share": share, "open": 1, "always": 0}
        for reason, share in shares.items()
    ]
    tables = {"ltft_reasons": [*rows_of(scenario, "ltft_reasons"), *later]}
    if held is None:
        with pytest.raises(ScenarioError, match=r"shares of medicine adding to 1\.6 in 2027"):
            with_tables(scenario, tables)
        return
    blueprint = with_tables(scenario, tables).blueprint(4)
    medicine = blueprint.programmes.index("core_medicine")
    reached = blueprint.ltft_reasons[:, medicine, :, 0] / 2**32  # caring, choice, study
    assert reached[1].tolist() == pytest.approx([0.4, 1, 1])
    assert reached[2].tolist() == pytest.approx(held)


@pytest.mark.parametrize("kind", ["step_outs", "credentials", "return_support"])
def test_what_a_table_needs_beside_it_is_told(kind: str) -> None:
    scenario = everything_happens()
    without = replace(scenario, tables={k: t for k, t in scenario.tables.items() if k != kind})
    with pytest.raises(ScenarioError, match=rf"no {kind}\.csv"):
        with_tables(without, {})
