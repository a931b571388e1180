"""Input nobody means well by: each ends in a message that says where, or works; never half an output."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import CommandLine

from pipeline_sim.errors import ScenarioError
from pipeline_sim.results.output import PROGRAM
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.scenario.new import new_scenario
from pipeline_sim.scenario.schema import MAY_BE_EMPTY

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-m", "pipeline_sim"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
SHORT = ("teaching", "--years", "1")
NOBODY = (
    "intake:students",
    "student_stock:students",
    "trainee_stock:trainees",
    "workforce_stock:doctors",
    "outside_stock:people",
    "arrivals:people",
)


def edits(*pairs: str) -> list[str]:
    return [word for pair in pairs for word in ("--set", pair)]


# numbers ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "place", "expected"),
    [
        (edits("posts:posts=1000000000000"), "posts:posts", "up to 100,000,000"),
        (edits("posts:posts=100000000"), "posts.csv region middleshire", "at most 5,000,000"),
        (edits("practice_places:places=6000000"), "practice_places.csv region", "at most 5,000,000"),
        (edits("intake:students=10000000"), "intake.csv region middleshire", "at most 100,000"),
        (["--scale", "1e6"], "student_stock.csv region middleshire", "at most 100,000"),
        (["--scale", "1e300"], "scale", "at most 1,000,000"),
        (edits("posts:posts=0"), "regions.csv:2", "at least one post"),
        (edits("posts=１２"), "posts", "a whole number"),  # full-width digits
    ],
)
def test_a_number_beyond_what_can_be_simulated_is_refused_with_its_place(
    pipeline: CommandLine, tmp_path: Path, arguments: list[str], place: str, expected: str
) -> None:
    result = pipeline("run", *SHORT, *arguments)
    assert result.exit_code == 2, result.output
    assert place in result.output
    assert expected in result.output
    assert "preparing" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_too_many_people_over_all_years_are_refused() -> None:
    many = load_scenario("teaching").with_value("intake:students", 99_999).with_years(60)
    with pytest.raises(ScenarioError, match=r"intake\.csv.*expected at most 20,000,000"):
        many.with_values({"arrivals:people": 99_999, "workforce_stock:doctors": 99_999}).blueprint()


@pytest.mark.parametrize(
    "arguments",
    [
        edits(*(f"{path}=0" for path in NOBODY)),
        edits("intake:students=0", "student_stock:students=0"),
        edits("foundation_places:places=0"),
        edits("placements:background=0", "placements:places=0"),
        edits("practice_places:places=0"),
        edits("workforce_stock:doctors=0"),
        ["--scale", "1e-9"],
    ],
    ids=lambda arguments: " ".join(arguments[1::2])[:60],
)
def test_nobody_at_all_or_nowhere_to_go_is_simulated_to_the_end(
    pipeline: CommandLine, tmp_path: Path, arguments: list[str]
) -> None:
    result = pipeline("run", *SHORT, *arguments, "--out", "out")
    assert result.exit_code == 0, result.output
    assert PROGRAM in (tmp_path / "out" / "manifest.json").read_text(encoding="utf-8")


def test_two_values_for_one_path_are_refused(pipeline: CommandLine, tmp_path: Path) -> None:
    result = pipeline("run", *SHORT, *edits("rounds.decline=0.1", "posts=50", " rounds.decline = 0.2"))
    assert result.exit_code == 2
    assert "--set rounds.decline: found 0.1 and 0.2, expected one value" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_policy_taken_for_a_scenario_is_told_how_to_run_it(pipeline: CommandLine, tmp_path: Path) -> None:
    text = 'name = "more"\ntitle = "More"\n[[edit]]\nparameter = "posts"\nmultiply = 2\n'
    (tmp_path / "more.toml").write_text(text, encoding="utf-8")
    result = pipeline("validate", "more.toml")
    assert result.exit_code == 2
    assert "more.toml: found a policy, which has edits, expected a scenario" in result.output
    assert "--policy more.toml" in result.output


def test_a_folder_in_place_of_a_policy_is_told(pipeline: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    result = pipeline("compare", *SHORT, "--policy", "plans")
    assert result.exit_code == 2
    assert "policy plans: found a folder, expected" in result.output


# scenario folders ---------------------------------------------------------------------------------
@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return new_scenario(tmp_path / "mine", "teaching")


def test_a_scenario_of_foundation_and_one_programme_runs(pipeline: CommandLine, folder: Path) -> None:
    for table in folder.glob("*.csv"):
        header, *rows = csv.reader(table.read_text(encoding="utf-8").splitlines())
        if "programme" in header:
            at = header.index("programme")
            rows = [row for row in rows if row[at] in ("foundation", "general_practice")]
            with table.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\n").writerows([header, *rows])
    assert (folder / "stream_ready.csv").read_text(encoding="utf-8").count("\n") == 1
    result = pipeline("run", str(folder), "--years", "3", "--out", "out")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("table", MAY_BE_EMPTY)
def test_a_table_of_people_may_have_no_rows(folder: Path, table: str) -> None:
    file = folder / f"{table}.csv"
    file.write_text(file.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    load_scenario(folder).blueprint(years=1)


@pytest.mark.parametrize("target", ["nowhere.csv", "posts.csv"], ids=["dangling", "a loop"])
def test_a_link_that_leads_nowhere_is_not_taken_for_the_bases_table(folder: Path, target: str) -> None:
    (folder / "posts.csv").unlink()
    (folder / "posts.csv").symlink_to(target)
    with pytest.raises(ScenarioError, match=r"posts\.csv: found a file that cannot be read"):
        load_scenario(folder)


def test_a_table_named_in_capitals_is_not_passed_over(folder: Path) -> None:
    (folder / "posts.csv").rename(folder / "posts.CSV")
    with pytest.raises(ScenarioError, match=r"posts\.CSV: found an unknown table.*nearest: posts\.csv"):
        load_scenario(folder)


def test_a_folder_named_like_a_table_is_told(folder: Path) -> None:
    (folder / "x.csv").mkdir()
    with pytest.raises(ScenarioError, match=r"x\.csv: found an unknown table"):
        load_scenario(folder)


@pytest.mark.parametrize("base", [".", "mine", "../mine"])
def test_a_scenario_cannot_build_on_itself(folder: Path, base: str) -> None:
    (folder / "scenario.toml").write_text(f'name = "mine"\nbase = "{base}"\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"scenario\.toml:2 key base"):
        load_scenario(folder)


def test_a_path_of_thousands_of_parts_is_told_with_its_line(folder: Path) -> None:
    text = 'name = "mine"\nbase = "teaching"\n[set]\n' + "a." * 3000 + "b = 1\n"
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"scenario\.toml:3 key set: found a path of too many parts"):
        load_scenario(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.replace(b"\n", b"\r"),
        lambda text: text.rstrip(b"\n"),
    ],
    ids=["byte-order mark", "CRLF", "CR", "no last line end"],
)
def test_however_an_editor_ends_lines_the_scenario_is_the_same(folder: Path, change: object) -> None:
    as_it_was = load_scenario(folder).digest
    for file in folder.glob("*.csv"):
        file.write_bytes(change(file.read_bytes()))  # type: ignore[operator]
    assert load_scenario(folder).digest == as_it_was


@pytest.mark.parametrize("title", ["[red]x[/nope]", "$\\frac{$", "日本 ∂", "$x$ _^ % # {"])
def test_a_title_of_any_signs_is_only_a_title(pipeline: CommandLine, folder: Path, title: str) -> None:
    text = f"""name = "england"\nbase = "teaching"\ntitle = '{title}'\n"""
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    result = pipeline("run", str(folder), "--years", "1", "--out", "out")
    assert result.exit_code == 0, result.output
    assert title[:4] in result.output


# places to write ----------------------------------------------------------------------------------
def test_a_name_that_is_no_text_is_refused(pipeline: CommandLine, tmp_path: Path) -> None:
    result = pipeline("run", *SHORT, "--out", os.fsdecode(b"o\xff"))
    assert result.exit_code == 2
    assert "--out" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_a_parent_folder_is_named(pipeline: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("", encoding="utf-8")
    result = pipeline("run", *SHORT, "--out", "notes/deep/out")
    assert result.exit_code == 2
    assert f"{tmp_path / 'notes'} is a file" in result.output


@pytest.mark.parametrize(("folder", "typed"), [("my plans", "'my plans'"), ("-x", "./-x")])
def test_the_command_told_for_a_new_folder_can_be_typed(
    pipeline: CommandLine, folder: str, typed: str
) -> None:
    result = pipeline("new", "--base", "teaching", "--", folder)
    assert result.exit_code == 0
    assert result.output.endswith(f"pipeline-sim validate {typed}\n")


def test_the_current_folder_is_not_replaced_by_a_new_scenario(pipeline: CommandLine, tmp_path: Path) -> None:
    result = pipeline("new", ".", "--base", "teaching")
    assert result.exit_code == 2
    assert "current folder" in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_run_whose_output_is_closed_still_writes_its_results(tmp_path: Path, closed: str) -> None:
    command = " ".join([*COMMAND, "run", *SHORT, "--out", "out"])
    done = subprocess.run(["bash", "-c", f"{command} {closed}"], cwd=tmp_path, env=ENVIRONMENT, check=False)
    assert done.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_takes_away_what_it_had_written(tmp_path: Path, number: signal.Signals) -> None:
    running = subprocess.Popen(
        [*COMMAND, "run", "teaching", "--years", "60", "--reps", "1000", "--events", "--out", "deep/out"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    for line in running.stderr:
        if "2/1000" in line:  # the first replication's events are on disk
            break
    assert list(tmp_path.glob("deep/.out.partial-*/events.parquet"))
    running.send_signal(number)
    _, shown = running.communicate(timeout=60)
    assert running.returncode == 128 + number
    assert "Traceback" not in shown
    assert list(tmp_path.iterdir()) == []
