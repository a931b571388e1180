"""The same command gives the same files, the files give the same indicators, and a life reads as one."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import CommandLine

from pipeline_sim import load_scenario, single_run
from pipeline_sim.report.trace import find_person, tell
from pipeline_sim.results.bundle import summarise
from pipeline_sim.results.events import read_events
from pipeline_sim.studies.runs import RunResult

RUN = ("run", "teaching", "--events")
DIFFERS_EVERY_TIME = {"wall_seconds", "peak_memory_mib", "finished"}
STUDENTS = range(1, 61)


@pytest.fixture(scope="module")
def teaching_run() -> RunResult:
    return single_run("teaching")


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_the_same_run_writes_the_same_bytes(pipeline: CommandLine, tmp_path: Path) -> None:
    for folder in ("first", "second"):
        assert pipeline(*RUN, "--out", folder).exit_code == 0
    first, second = contents(tmp_path / "first"), contents(tmp_path / "second")
    records = [json.loads(files.pop("manifest.json")) for files in (first, second)]
    assert len(first) > 6
    assert first == second
    for record in records:
        for key in DIFFERS_EVERY_TIME:
            del record[key]
    assert records[0] == records[1]


def test_the_indicators_can_be_computed_again_from_the_written_events(
    pipeline: CommandLine, tmp_path: Path
) -> None:
    assert pipeline(*RUN, "--out", "out").exit_code == 0
    blueprint = load_scenario("teaching").blueprint()
    again = summarise(read_events(tmp_path / "out" / "events.parquet", blueprint), blueprint).kpis
    written = pd.read_csv(tmp_path / "out" / "kpis.csv")
    assert again["value"].notna().sum() > 100
    pd.testing.assert_frame_equal(
        again.reset_index(drop=True), written, check_dtype=False, check_categorical=False, check_exact=True
    )


# a life, read from its sentences -------------------------------------------------------------------
NOWHERE, SCHOOL, GRADUATE, FOUNDATION, OUTSIDE = "nowhere", "school", "graduate", "foundation", "outside"
TRAINING, REGISTER, PRACTICE, AWAY, GONE = "training", "register", "practice", "away", "gone"
AS_BEFORE = ""
#: What a sentence begins with, where the person may be before it, and where they are after it.
STEPS = (
    ("entered medical school", {NOWHERE}, SCHOOL),
    ("(started|passed|has to repeat) year", {SCHOOL}, SCHOOL),
    ("the clinical year", {SCHOOL}, SCHOOL),
    ("left medical school", {SCHOOL}, GONE),
    ("graduated", {SCHOOL}, GRADUATE),
    ("(applied for|allocated a|given a|no|gave back the) .*foundation", {GRADUATE}, GRADUATE),
    ("started F1", {GRADUATE}, FOUNDATION),
    ("started F2", {FOUNDATION}, FOUNDATION),
    ("(signed off|F1 extended|F2 extended|resigned from foundation)", {FOUNDATION}, FOUNDATION),
    ("released from foundation", {FOUNDATION}, GONE),
    ("could not start", {GRADUATE, FOUNDATION, OUTSIDE, TRAINING, PRACTICE}, AS_BEFORE),
    ("now outside training", {FOUNDATION, OUTSIDE, TRAINING}, OUTSIDE),
    (
        "(applied for|offered|declined|did not answer|moved up|accepted|withdrew from|no training post)",
        {FOUNDATION, OUTSIDE, TRAINING, PRACTICE},
        AS_BEFORE,
    ),
    ("completed .* \\(CCT\\)", {TRAINING}, REGISTER),
    ("(completed|yearly review|training in|resigned from|released from)", {TRAINING}, TRAINING),
    ("took a post", {OUTSIDE, REGISTER, PRACTICE}, PRACTICE),
    ("changed hours", {TRAINING, PRACTICE}, AS_BEFORE),
    ("stepped away", {PRACTICE}, AWAY),
    ("came back", {AWAY}, PRACTICE),
    ("retired", {PRACTICE, AWAY}, GONE),
    ("left the modelled workforce", {GRADUATE, FOUNDATION, OUTSIDE, TRAINING, REGISTER, PRACTICE}, GONE),
    ("started ", {FOUNDATION, OUTSIDE, TRAINING, PRACTICE}, TRAINING),
)
CLOSING = {
    SCHOOL: "medical student",
    GRADUATE: "graduate waiting for a foundation place",
    FOUNDATION: "foundation doctor",
    TRAINING: "(in .* training|waiting for)",
    REGISTER: "on the register",
    PRACTICE: "(consultant|general practitioner|specialty or specialist)",
    AWAY: "trained doctor on a break",
    GONE: "no longer in the modelled workforce",
    OUTSIDE: "(locally employed|working or travelling|on a break|in teaching|waiting for)",
}


def assert_is_a_complete_legal_life(lines: list[str]) -> None:
    """Dates run on, every step follows from the one before, and the end is where the steps lead."""
    assert re.match(r"Person \d+: new medical student, ", lines[0])
    place, day, course_year, repeats = NOWHERE, dt.datetime.min, 0, False
    for line in lines[1:-1]:
        when, _, sentence = line.partition(": ")
        assert sentence.endswith(".")
        day, before = dt.datetime.strptime(when, "%B %Y"), day
        assert day >= before, line
        step = next((step for step in STEPS if re.match(step[0], sentence)), None)
        assert step is not None, f"no step of a life: {line}"
        assert place in step[1], f"{line} (from {place})"
        place = step[2] or place
        if begun := re.match(r"started year (\d)", sentence):
            assert int(begun[1]) == course_year + (not repeats), line
            course_year, repeats = int(begun[1]), False
        repeats = repeats or sentence.startswith("has to repeat")
    end = re.match(r"At the end of the run, July 2035: (.*)\.$", lines[-1])
    assert end is not None, lines[-1]
    assert re.match(CLOSING[place], end[1]), f"{place}: {lines[-1]}"


def test_the_lives_of_new_students_read_as_complete_and_legal(teaching_run: RunResult) -> None:
    log, blueprint = teaching_run.log, teaching_run.blueprint
    lives = [tell(log.history(find_person(log, number)), blueprint) for number in STUDENTS]
    for life in lives:
        assert_is_a_complete_legal_life(life)
    told = "\n".join(line for life in lives for line in life)
    for part in ("graduated", "signed off F2", "training at ST1", "yearly review", "no training post"):
        assert part in told, f"none of {len(STUDENTS)} lives has: {part}"


def test_the_command_tells_the_same_life(pipeline: CommandLine, teaching_run: RunResult) -> None:
    result = pipeline("trace", "teaching", "--person", "1")
    assert result.exit_code == 0, result.output
    log = teaching_run.log
    assert result.stdout.splitlines() == tell(log.history(find_person(log, 1)), teaching_run.blueprint)
    assert_is_a_complete_legal_life(result.stdout.splitlines())


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell")
def test_peak_memory_is_a_process_s_own_and_not_that_of_the_one_that_started_it():
    ballast = np.ones(400 * 2**17)  # 400 MiB
    code = "from pipeline_sim.studies.runs import peak_memory_mib; print(peak_memory_mib())"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ballast.nbytes > 2**20 * float(done.stdout)
