"""Whatever is in a cell or a file, loading ends in a scenario or in a ScenarioError."""

from __future__ import annotations

import csv
import io
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline_sim.errors import ScenarioError
from pipeline_sim.scenario.load import CATALOGUE, load_scenario
from pipeline_sim.scenario.schema import table_specs

TABLES = sorted(name for name in table_specs() if (CATALOGUE / "teaching" / f"{name}.csv").exists())
AWKWARD = (
    "|nan|-inf|1e400|-1|0|1|2|0.5|1e9|1_000|\u0663|2024|9999|\0|\ud800|teaching|cardiology|core_medicine"
    "|foundation|middleshire|standard|final|gp|hard"
).split("|")
CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from([*AWKWARD, "|", "core_medicine|", "core_medicine|core_medicine"]),
    st.integers().map(str),
    st.floats().map(str),
)
EDITS = st.one_of(CELLS, st.integers(), st.floats(), st.booleans(), st.none())
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mine")
    for file in (CATALOGUE / "teaching").glob("*.csv"):
        shutil.copyfile(file, folder / file.name)
    (folder / "scenario.toml").write_text('name = "mine"\nbase = "teaching"\nyears = 2\n')
    return folder


def refusal_of(action) -> ScenarioError | None:
    """The error that refuses the action, or None if it is done. Any other exception passes through."""
    try:
        action()
    except ScenarioError as error:
        return error
    return None


def is_done_or_refused(action) -> bool:
    """A refusal must name at least one problem, each with its place, and be printable."""
    error = refusal_of(action)
    return error is None or bool(
        error.problems and all(p.where and p.expected for p in error.problems) and str(error)
    )


@quick
@given(data=st.data())
def test_one_corrupt_cell_is_accepted_or_refused_but_never_a_crash(folder, data):
    table = data.draw(st.sampled_from(TABLES))
    file = folder / f"{table}.csv"
    original = file.read_bytes()
    rows = list(csv.reader(io.StringIO(original.decode())))
    line = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(0, len(rows[line]) - 1))
    rows[line][column] = data.draw(CELLS)
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    try:
        file.write_bytes(text.getvalue().encode("utf-8", "surrogatepass"))
        assert is_done_or_refused(lambda: load_scenario(folder).blueprint())
    finally:
        file.write_bytes(original)


@quick
@given(data=st.data())
def test_damaged_bytes_are_accepted_or_refused_but_never_a_crash(folder, data):
    name = data.draw(st.sampled_from([*(f"{table}.csv" for table in TABLES), "scenario.toml"]))
    file = folder / name
    original = file.read_bytes()
    start = data.draw(st.integers(0, len(original)))
    end = data.draw(st.integers(start, min(len(original), start + 30)))
    try:
        file.write_bytes(original[:start] + data.draw(st.binary(max_size=12)) + original[end:])
        assert is_done_or_refused(lambda: load_scenario(folder).blueprint())
    finally:
        file.write_bytes(original)


@quick
@given(data=st.data())
def test_a_lost_or_repeated_row_is_accepted_or_refused_but_never_a_crash(folder, data):
    file = folder / f"{data.draw(st.sampled_from(TABLES))}.csv"
    original = file.read_bytes()
    lines = original.splitlines(keepends=True)
    line = data.draw(st.integers(0, len(lines) - 1))
    times = data.draw(st.sampled_from([0, 2]))
    try:
        file.write_bytes(b"".join(lines[:line] + lines[line : line + 1] * times + lines[line + 1 :]))
        assert is_done_or_refused(lambda: load_scenario(folder).blueprint())
    finally:
        file.write_bytes(original)


@quick
@given(path=st.text(max_size=40), value=EDITS)
def test_any_edit_is_accepted_or_refused_but_never_a_crash(path, value):
    assert is_done_or_refused(lambda: load_scenario("teaching").with_value(path, value))


@quick
@given(data=st.data())
def test_an_edit_of_a_real_parameter_is_accepted_or_refused_but_never_a_crash(data):
    scenario = load_scenario("teaching")
    name = data.draw(st.sampled_from([name for name in TABLES if name != "sources"]))
    table = scenario.tables[name]
    key = data.draw(st.sampled_from(table.keys))
    column = data.draw(st.sampled_from([column.name for column in table.spec.values] or ["none"]))
    path = ".".join(str(part) for part in (name, *key)) + f":{column}"
    if name == "settings":
        path = str(key[0])
    value = data.draw(EDITS)
    assert is_done_or_refused(lambda: scenario.with_value(path, value).blueprint(1))
