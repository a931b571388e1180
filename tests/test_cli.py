"""The command line: what it prints, what it leaves behind, and the code it ends with."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pytest
from conftest import CommandLine
from results_examples import RESULT_FILES

from pipeline_sim import multiple_replications, single_run
from pipeline_sim.cli.failures import report_failure
from pipeline_sim.cli.folders import default_folder
from pipeline_sim.errors import PipelineError, Problem, ScenarioError
from pipeline_sim.report.progress import RunProgress
from pipeline_sim.report.tables import kpi_table, number_text, years_to_show

ROOT = Path(__file__).parent.parent
PROGRAM = [sys.executable, "-m", "pipeline_sim"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
SHORT = ("teaching", "--years", "2")


def program(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=300
    )


# options ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--years", "0"),
        ("--years", "61"),
        ("--years", "1.5"),
        ("--reps", "0"),
        ("--reps", "-1"),
        ("--seed", "-1"),
        ("--seed", "9223372036854775808"),
        ("--seed", "lucky"),
        ("--scale", "0"),
        ("--scale", "-1"),
        ("--scale", "nan"),
        ("--scale", "inf"),
        ("--scale", "much"),
        ("--set", "rounds.decline"),
        ("--set", "=1"),
        ("--set", "rounds.decline="),
        ("--engine", "steam"),
    ],
)
def test_a_value_that_an_option_cannot_take_is_exit_2(
    pipeline: CommandLine, tmp_path: Path, option: str, value: str
) -> None:
    result = pipeline("run", "teaching", option, value)
    assert result.exit_code == 2
    assert option in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["nonsense"], ["run", "--policy", "x"], ["trace", "teaching"]])
def test_a_command_line_that_makes_no_sense_is_exit_2(pipeline: CommandLine, arguments: list[str]) -> None:
    assert pipeline(*arguments).exit_code == 2


@pytest.mark.parametrize(
    "command", ["run", "compare", "trace", "diff-engines", "list", "validate", "new", "explain"]
)
def test_every_command_explains_itself(pipeline: CommandLine, command: str) -> None:
    result = pipeline(command, "--help")
    assert result.exit_code == 0
    assert "--debug" in result.output


def test_the_version_is_printed(pipeline: CommandLine) -> None:
    result = pipeline("--version")
    assert result.exit_code == 0
    assert re.search(r"\d+\.\d+\.\d+", result.output)


# scenarios ----------------------------------------------------------------------------------------
def test_list_names_the_bundled_scenarios(pipeline: CommandLine) -> None:
    result = pipeline("list")
    assert result.exit_code == 0
    assert "england" in result.output
    assert "teaching" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "teachin"],
        ["validate", "teachin"],
        ["trace", "teachin", "--person", "1"],
        ["diff-engines", "teachin"],
        ["explain", "rounds.decline", "--scenario", "teachin"],
        ["new", "mine", "--base", "teachin"],
    ],
)
def test_a_misspelt_scenario_is_exit_2_with_the_nearest_name(
    pipeline: CommandLine, arguments: list[str]
) -> None:
    result = pipeline(*arguments)
    assert result.exit_code == 2
    assert "nearest: teaching" in result.output
    assert "Traceback" not in result.output


def test_a_misspelt_parameter_is_exit_2_with_the_nearest_name(pipeline: CommandLine) -> None:
    for arguments in (
        ["run", *SHORT, "--set", "choices.home_weigth=2"],
        ["explain", "choices.home_weigth", "--scenario", "teaching"],
    ):
        result = pipeline(*arguments)
        assert result.exit_code == 2
        assert "nearest: choices.home_weight" in result.output


def test_a_value_that_a_parameter_cannot_take_is_exit_2(pipeline: CommandLine) -> None:
    result = pipeline("run", *SHORT, "--set", "rounds.decline=1.5")
    assert result.exit_code == 2
    assert "1.5" in result.output


def test_explain_gives_value_unit_source_status_and_reader(pipeline: CommandLine) -> None:
    result = pipeline("explain", "rounds.decline", "--scenario", "teaching")
    assert result.exit_code == 0
    for word in ("rounds.decline", "probability", "source", "rules/"):
        assert word in result.output


def test_explain_gives_each_value_of_a_row_its_own_meaning(pipeline: CommandLine) -> None:
    lines = pipeline("explain", "programmes.cardiology", "--scenario", "teaching").output.splitlines()
    (resignation,) = [line for line in lines if "programmes.cardiology:resignation" in line]
    assert re.search(r"= 0.02 probability a year +resigns$", resignation)
    assert not any(line.lstrip().startswith("meaning") for line in lines)
    for word in ("status", "source", "used by"):
        assert sum(line.startswith(f"  {word} ") for line in lines) == 1


def test_explain_takes_a_table_and_a_column(pipeline: CommandLine) -> None:
    result = pipeline("explain", "levels.months", "--scenario", "teaching")
    assert result.exit_code == 0
    assert "levels.cardiology.ST3:months = 12 WTE months" in result.output
    assert result.output.count("progress needed") == 1


def test_a_new_scenario_is_valid_and_is_not_overwritten(pipeline: CommandLine, tmp_path: Path) -> None:
    assert pipeline("new", "mine", "--base", "teaching").exit_code == 0
    assert pipeline("validate", "mine").exit_code == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "mine").iterdir()}
    assert pipeline("new", "mine", "--base", "teaching").exit_code == 2
    assert {path.name: path.read_bytes() for path in (tmp_path / "mine").iterdir()} == before


def test_validate_reports_every_problem_with_its_place(pipeline: CommandLine, tmp_path: Path) -> None:
    pipeline("new", "mine", "--base", "teaching")
    settings = tmp_path / "mine" / "settings.csv"
    lines = settings.read_text(encoding="utf-8").splitlines()
    broken = []
    for number, line in enumerate(lines):
        if line.startswith(("rounds.decline,", "rounds.no_response,")):
            name, _, *rest = line.split(",")
            lines[number] = ",".join([name, "7", *rest])
            broken.append(number + 1)
    settings.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = pipeline("validate", "mine")
    assert result.exit_code == 2
    assert len(broken) == 2
    for number in broken:
        assert f"settings.csv:{number}" in result.output


# run ----------------------------------------------------------------------------------------------
def test_a_run_writes_its_folder_and_prints_a_table(pipeline: CommandLine, tmp_path: Path) -> None:
    result = pipeline("run", *SHORT, "--reps", "2", "--seed", "3", "--out", "deep/results")
    assert result.exit_code == 0, result.output
    folder = tmp_path / "deep" / "results"
    assert {path.name for path in folder.iterdir()} == RESULT_FILES | {"figures", "budget.csv"}
    assert list(folder.glob("figures/*.png"))
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["results"]
    kpis = pd.read_csv(folder / "kpis.csv")
    assert list(kpis.columns) == ["rep", "year", "kpi", "value", "numerator", "denominator", "unit"]
    assert set(kpis["rep"]) == {0, 1}
    assert "mean of 2 replications" in result.output
    assert "deep/results" in result.output


def test_the_manifest_says_what_was_run_with_what(pipeline: CommandLine, tmp_path: Path) -> None:
    arguments = ("run", *SHORT, "--seed", "3", "--set", "rounds.decline=0.2", "--scale", "0.5")
    assert pipeline(*arguments, "--out", "out").exit_code == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["scenario"]["name"] == "teaching"
    assert manifest["scenario"]["edits"] == [{"path": "rounds.decline", "value": "0.2"}]
    assert manifest["scenario"]["scale"] == 0.5
    assert (manifest["seed"], manifest["reps"], manifest["years"]) == (3, 1, 2)
    assert manifest["events"] > 0
    assert manifest["sources"]
    for key in ("versions", "machine", "wall_seconds", "peak_memory_mib", "engine", "start"):
        assert manifest[key]


def test_events_are_written_only_when_asked_for(pipeline: CommandLine, tmp_path: Path) -> None:
    assert pipeline("run", *SHORT, "--events").exit_code == 0
    events = pd.read_parquet(tmp_path / "results" / "teaching" / "events.parquet")
    assert list(events.columns) == [
        "rep", "month", "date", "person", "event", "programme", "level", "region", "wte", "detail",
    ]  # fmt: skip
    assert pipeline("run", *SHORT).exit_code == 0
    assert not (tmp_path / "results" / "teaching" / "events.parquet").exists()


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(
    pipeline: CommandLine, tmp_path: Path
) -> None:
    for folder, seed in (("a", "5"), ("b", "5"), ("c", "6")):
        assert pipeline("run", *SHORT, "--seed", seed, "--out", folder).exit_code == 0
    a, b, c = ((tmp_path / name / "kpis.csv").read_bytes() for name in "abc")
    assert a == b
    assert a != c


# the same from Python -----------------------------------------------------------------------------
def test_a_run_from_python_gives_the_numbers_of_the_command_line(
    pipeline: CommandLine, tmp_path: Path
) -> None:
    assert pipeline("run", *SHORT, "--seed", "3", "--out", "out").exit_code == 0
    written = pd.read_csv(tmp_path / "out" / "kpis.csv")
    run = single_run("teaching", seed=3, years=2)
    assert list(written["kpi"]) == list(run.kpis["kpi"])
    assert written["value"].to_numpy() == pytest.approx(run.kpis["value"].to_numpy(), nan_ok=True)
    assert len(run.events) == len(run.log)


def test_replications_are_one_row_each_and_the_same_alone_or_together() -> None:
    table = multiple_replications("teaching", reps=3, seed=3, years=2)
    assert list(table.index) == [0, 1, 2]
    assert table.index.name == "rep"
    assert not any("[" in name for name in table.columns)
    alone = single_run("teaching", seed=3, rep=2, years=2).kpis.set_index(["kpi", "year"])["value"]
    assert table.loc[2, "students"] == alone["students", 2026]
    assert table["students"].nunique() > 1
    first_year = multiple_replications("teaching", reps=1, seed=3, years=2, year=2025)
    assert (
        first_year.loc[0, "graduates"]
        == single_run("teaching", seed=3, years=1).kpis.set_index("kpi")["value"]["graduates"]
    )


def test_replications_shared_among_processes_are_the_same() -> None:
    pytest.importorskip("joblib")
    arguments = {"scenario": "teaching", "reps": 3, "seed": 3, "years": 2}
    pd.testing.assert_frame_equal(
        multiple_replications(**arguments), multiple_replications(**arguments, workers=2)
    )


@pytest.mark.parametrize(
    "wrong", [{"seed": -1}, {"seed": 2**63}, {"rep": -1}, {"engine": "steam"}], ids=lambda wrong: str(wrong)
)
def test_an_argument_that_cannot_be_is_named_in_the_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(PipelineError, match=next(iter(wrong))):
        single_run("teaching", years=1, **wrong)


def test_no_replications_and_a_year_outside_the_run_are_errors() -> None:
    with pytest.raises(PipelineError, match="reps: found 0"):
        multiple_replications("teaching", reps=0)
    with pytest.raises(PipelineError, match="expected 2025 to 2025"):
        multiple_replications("teaching", reps=1, years=1, year=2040)


# result folders -----------------------------------------------------------------------------------
def test_a_folder_that_holds_something_else_is_not_touched(pipeline: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work", encoding="utf-8")
    result = pipeline("run", *SHORT, "--out", "thesis")
    assert result.exit_code == 2
    assert "preparing" not in result.output
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter.txt"]


def test_a_file_cannot_be_a_result_folder(pipeline: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("text", encoding="utf-8")
    assert pipeline("run", *SHORT, "--out", "notes.txt").exit_code == 2
    assert pipeline("run", *SHORT, "--out", "notes.txt/below").exit_code == 2


def test_the_current_folder_cannot_be_replaced(pipeline: CommandLine) -> None:
    result = pipeline("run", *SHORT, "--out", ".")
    assert result.exit_code == 2
    assert "current folder" in result.output


def test_a_place_that_cannot_be_written_is_refused_before_simulating(pipeline: CommandLine) -> None:
    result = pipeline("run", *SHORT, "--out", "/proc/pipeline-results")
    assert result.exit_code == 2
    assert "preparing" not in result.output


def test_a_name_too_long_for_the_disk_is_refused(pipeline: CommandLine) -> None:
    assert pipeline("run", *SHORT, "--out", "x" * 300).exit_code == 2


@pytest.mark.parametrize(
    ("name", "folder"), [("england", "england"), ("My plan/2", "My-plan-2"), ("..", "scenario")]
)
def test_the_default_folder_stays_below_results(name: str, folder: str) -> None:
    assert default_folder(name) == Path("results") / folder


# trace --------------------------------------------------------------------------------------------
def test_trace_tells_the_life_of_the_first_new_student(pipeline: CommandLine) -> None:
    result = pipeline("trace", *SHORT, "--person", "1")
    assert result.exit_code == 0, result.output
    assert "new medical student" in result.stdout
    assert "entered medical school" in result.stdout
    assert "At the end of the run" in result.stdout.splitlines()[-1]


def test_trace_tells_the_person_whose_number_is_in_the_events(pipeline: CommandLine, tmp_path: Path) -> None:
    pipeline("run", *SHORT, "--events", "--out", "out")
    events = pd.read_parquet(tmp_path / "out" / "events.parquet")
    person = int(events.loc[events["person"] > 0, "person"].iloc[-1])
    result = pipeline("trace", *SHORT, "--person", str(person))
    assert result.exit_code == 0
    told = result.stdout.splitlines()[1:-1]
    assert len(told) == int((events["person"] == person).sum())


@pytest.mark.parametrize("person", ["0", "999999", "100000000099999", "999999999999999999", "one"])
def test_a_person_who_does_not_exist_is_exit_2(pipeline: CommandLine, person: str) -> None:
    result = pipeline("trace", *SHORT, "--person", person)
    assert result.exit_code == 2
    assert "--person" in result.output


# failures -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        (ScenarioError([Problem("posts.csv:3", "-1", "0 or more")]), 2, "posts.csv:3"),
        (click.UsageError("no such option"), 2, "no such option"),
        (PipelineError("year: found 1"), 1, "year: found 1"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.Abort(), 130, "interrupted"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "disk is full"),
        (MemoryError(), 1, "memory"),
        (BrokenPipeError(), 1, ""),
        (ZeroDivisionError("division by zero"), 1, "--debug"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_failure_becomes_a_message_and_a_code(
    failure: BaseException, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report_failure(failure) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert words in shown.err
    assert "Traceback" not in shown.err
    if not words:
        assert shown.err == ""


def test_debug_shows_the_traceback_before_or_after_the_command(tmp_path: Path) -> None:
    for arguments in (["--debug", "validate", "nowhere"], ["validate", "nowhere", "--debug"]):
        done = program(tmp_path, *arguments)
        assert done.returncode == 2
        assert "Traceback" in done.stderr
    assert "Traceback" not in program(tmp_path, "validate", "nowhere").stderr


def test_exit_codes_reach_the_shell(tmp_path: Path) -> None:
    assert program(tmp_path, "list").returncode == 0
    assert program(tmp_path, "run", "nowhere").returncode == 2


def test_a_reader_that_went_away_is_no_drama(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*PROGRAM, "list"], cwd=tmp_path, env=ENVIRONMENT, stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_finds_the_disk_full_says_so(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "list"], cwd=tmp_path, env=ENVIRONMENT, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert "disk is full" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupted_run_leaves_nothing_behind(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [*PROGRAM, "run", "teaching", "--years", "60", "--reps", "1000", "--out", "deep/out"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    for line in running.stderr:
        if "year 1 of" in line:
            break
    running.send_signal(signal.SIGINT)
    _, shown = running.communicate(timeout=120)
    assert running.returncode == 130
    assert "interrupted" in shown
    assert "Traceback" not in shown
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    """A limit on file size stands in for a full disk: writing fails half-way."""
    command = " ".join([*PROGRAM, "run", *SHORT, "--events", "--out", "out"])
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f 8; exec {command}"],
        cwd=tmp_path,
        env={**ENVIRONMENT, "NUMBA_DISABLE_CACHING": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    assert "Nothing half-written" in done.stderr
    assert list(tmp_path.iterdir()) == []


# progress and tables ------------------------------------------------------------------------------
def test_without_a_terminal_progress_is_one_line_a_simulated_year() -> None:
    stream = io.StringIO()
    with RunProgress((2025, 8), 36, label="teaching", stream=stream) as progress:
        for month in range(36):
            progress(month, 1000 + month, 50 * month)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 4
    assert lines[0] == "teaching: preparing"
    assert lines[1].startswith("teaching: Jul 2026, year 1 of 3: 1,011 people, 550 events")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_progress_shows_date_people_and_events() -> None:
    stream = Terminal()
    with RunProgress((2025, 8), 36, label="teaching", stream=stream) as progress:
        progress(35, 1234, 56789)
    assert "Jul 2028" in stream.getvalue()
    assert "1,234 people, 56,789 events" in stream.getvalue()


def test_the_table_shows_the_first_fifth_tenth_and_last_year() -> None:
    assert years_to_show(range(2025, 2045)) == [2025, 2029, 2034, 2044]
    assert years_to_show([2025, 2026]) == [2025, 2026]
    assert years_to_show([]) == []


def test_a_figure_is_short_enough_to_read() -> None:
    shown = [number_text(value) for value in (12345.6, 7.0, 41.26, 0.333, float("nan"), None)]
    assert shown == ["12,346", "7", "41.3", "0.33", "-", "-"]


def test_the_table_holds_the_mean_of_the_replications_in_the_order_asked_for() -> None:
    kpis = pd.DataFrame(
        {
            "rep": [0, 1, 0, 1],
            "year": [2025, 2025, 2025, 2025],
            "kpi": ["fill_rate", "fill_rate", "ccts", "ccts"],
            "value": [90.0, 92.0, 10.0, 20.0],
            "unit": ["percent", "percent", "people", "people"],
        }
    )
    table = kpi_table(kpis, {"ccts": "CCTs", "fill_rate": "fill rate", "none": "never measured"})
    cells = [list(column.cells) for column in table.columns]
    assert cells == [["CCTs", "fill rate"], ["15", "91"], ["people", "percent"]]
