"""Replications shared among processes: the same bytes, in order, and nothing left behind."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import CommandLine

from pipeline_sim import load_scenario, multiple_replications, single_run
from pipeline_sim.errors import PipelineError
from pipeline_sim.report.progress import ReplicationsProgress
from pipeline_sim.studies.replicating import WorkerError, map_replications, most_workers
from pipeline_sim.studies.runs import RunResult, simulate
from pipeline_sim.studies.spool import spool

ROOT = Path(__file__).parent.parent
PROGRAM = [sys.executable, "-m", "pipeline_sim"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
SHORT = ("teaching", "--years", "2", "--scale", "0.2", "--reps", "5")
NEVER_ENDING = ("run", "teaching", "--years", "3", "--reps", "100000", "--events", "--out", "deep/out")
TIMING = {"wall_seconds", "peak_memory_mib", "finished", "workers"}

needs_joblib = pytest.mark.skipif(importlib.util.find_spec("joblib") is None, reason="needs joblib")


def contents(folder: Path) -> dict[str, bytes]:
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items()}


def rep_and_people(run: RunResult) -> tuple[int, int]:
    return run.rep, int(run.blueprint.months + len(run.log))


def failing_at_two(run: RunResult) -> int:
    if run.rep == 2:
        raise PipelineError("replication 2 did not like it")
    return run.rep


def process_of(run: RunResult) -> int:
    return os.getpid()


def dying_while_handing_over_two(run: RunResult) -> int:
    """Replication 2 kills its worker when half of the result is written."""
    if run.rep == 2:

        def half(connection: Connection, message: bytes) -> None:
            os.write(connection.fileno(), message[: len(message) // 2])
            os.kill(os.getpid(), signal.SIGKILL)

        Connection._send = half
    return run.rep


# the same whatever the number of workers ----------------------------------------------------------
@needs_joblib
def test_every_file_has_the_same_bytes_whatever_the_number_of_workers(
    pipeline: CommandLine, tmp_path: Path
) -> None:
    held = {}
    for workers in (1, 2, 3):
        shown = pipeline("run", *SHORT, "--events", "--workers", str(workers), "--out", f"out{workers}")
        assert shown.exit_code == 0, shown.output
        held[workers] = contents(tmp_path / f"out{workers}")
    manifests = {workers: json.loads(files.pop("manifest.json")) for workers, files in held.items()}
    assert set(held[1]) >= {"kpis.csv", "events.parquet", "census.parquet"}
    assert any(name.startswith("figures/") for name in held[1])
    assert held[1] == held[2] == held[3]
    assert [manifests[workers]["workers"] for workers in (1, 2, 3)] == [1, 2, 3]
    plain = [{k: v for k, v in record.items() if k not in TIMING} for record in manifests.values()]
    assert plain[0] == plain[1] == plain[2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out1", "out2", "out3"]


@needs_joblib
def test_replications_come_back_in_order_with_one_line_each(pipeline: CommandLine, tmp_path: Path) -> None:
    shown = pipeline("run", *SHORT, "--workers", "2", "--out", "out")
    lines = [line for line in shown.stderr.splitlines() if line.startswith("teaching: ")]
    assert lines[0] == "teaching: 5 replications on 2 processes"
    assert [line.split(" done")[0] for line in lines[1:]] == [
        f"teaching: replication {rep} of 5" for rep in range(1, 6)
    ]
    assert list(pd.read_csv(tmp_path / "out" / "kpis.csv")["rep"].unique()) == [0, 1, 2, 3, 4]


@needs_joblib
def test_no_more_processes_are_used_than_there_are_replications(
    pipeline: CommandLine, tmp_path: Path
) -> None:
    assert pipeline("run", *SHORT[:-2], "--workers", "4", "--out", "out").exit_code == 0
    record = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert (record["reps"], record["workers"]) == (1, 1)


@needs_joblib
def test_what_is_made_of_a_run_is_made_in_the_workers() -> None:
    made = list(map_replications(rep_and_people, "teaching", 4, seed=3, years=1, workers=2, ahead=2))
    assert made == list(map_replications(rep_and_people, "teaching", 4, seed=3, years=1))
    processes = set(map_replications(process_of, "teaching", 4, years=1, workers=2))
    assert os.getpid() not in processes
    assert len(processes) <= 2


@needs_joblib
def test_the_table_of_replications_is_the_same_in_parallel_for_each_engine() -> None:
    for engine in ("compiled", "simpy"):
        arguments = {"scenario": "teaching", "reps": 3, "seed": 3, "years": 2, "engine": engine}
        pd.testing.assert_frame_equal(
            multiple_replications(**arguments), multiple_replications(**arguments, workers=2)
        )


def test_a_log_set_aside_comes_back_as_it_was_and_its_file_is_gone(tmp_path: Path) -> None:
    log = simulate(load_scenario("teaching").blueprint(1), 1)
    kept = spool(log, tmp_path / "0.npz")
    back = kept.take()
    for name, column in vars(log).items():
        assert getattr(back, name).dtype == column.dtype
        np.testing.assert_array_equal(getattr(back, name), column)
    assert list(tmp_path.iterdir()) == []


# what cannot be -----------------------------------------------------------------------------------
@pytest.mark.parametrize("workers", ["0", "-1", "1000000", "two"])
def test_a_number_of_workers_that_cannot_be_is_exit_2(
    pipeline: CommandLine, tmp_path: Path, workers: str
) -> None:
    shown = pipeline("run", *SHORT, "--workers", workers)
    assert shown.exit_code == 2
    assert "--workers" in shown.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("workers", [0, -1, 1_000_000])
def test_a_number_of_workers_that_cannot_be_is_named_in_the_error(workers: int) -> None:
    with pytest.raises(
        PipelineError, match=rf"workers .*: found {workers}, expected .* 1 to {most_workers()}"
    ):
        multiple_replications("teaching", reps=2, workers=workers)


def test_without_joblib_the_user_is_told_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "joblib.py").write_text("raise ImportError('not here')", encoding="utf-8")
    done = subprocess.run(
        [*PROGRAM, "run", *SHORT, "--workers", "2", "--out", "out"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == "Error: workers above 1 need joblib: pip install 'pipeline-sim[studies]'\n"
    assert not (tmp_path / "out").exists()


# ending early -------------------------------------------------------------------------------------
@needs_joblib
def test_a_failure_in_a_worker_is_raised_here_and_the_next_study_works() -> None:
    with pytest.raises(PipelineError, match="replication 2 did not like it"):
        list(map_replications(failing_at_two, "teaching", 6, years=1, workers=2))
    assert list(map_replications(failing_at_two, "teaching", 2, years=1, workers=2)) == [0, 1]


@needs_joblib
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_an_interrupted_study_ends_its_processes_and_leaves_nothing(
    tmp_path: Path, number: signal.Signals
) -> None:
    """The signal goes to the whole group, as Ctrl-C on a terminal does."""
    running = start_two_workers(tmp_path)
    os.killpg(running.pid, number)
    _, told = running.communicate(timeout=60)  # ends when no worker holds stderr any more
    assert running.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    assert "Traceback" not in told and "Warning" not in told
    assert ("interrupted" in told) == (number == signal.SIGINT)
    assert list(tmp_path.iterdir()) == []


@needs_joblib
def test_workers_do_not_outlive_a_program_that_was_killed(tmp_path: Path) -> None:
    running = start_two_workers(tmp_path)
    running.kill()
    running.communicate(timeout=60)  # ends when no worker holds stderr any more


@needs_joblib
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_a_worker_that_is_killed_is_told_as_such(tmp_path: Path) -> None:
    running = start_two_workers(tmp_path)
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text(encoding="utf-8").split()
    named = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
    workers = [pid for pid, name in named.items() if b"LokyProcess" in name]
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    _, told = running.communicate(timeout=60)  # ends when no worker holds stderr any more
    assert running.returncode == 1
    assert told.endswith("try fewer workers\n")
    assert list(tmp_path.iterdir()) == []


@needs_joblib
def test_a_worker_killed_with_nothing_to_do_is_told_when_there_is_work_again() -> None:
    stream = map_replications(process_of, "teaching", 100, years=1, workers=2, ahead=2)
    idle = [next(stream), next(stream)]
    os.kill(idle[0], signal.SIGKILL)
    time.sleep(1)  # so that its death is known before there is work
    with pytest.raises(WorkerError, match="try fewer workers"):
        next(stream)
    assert list(map_replications(failing_at_two, "teaching", 2, years=1, workers=2)) == [0, 1]


@needs_joblib
@pytest.mark.skipif(os.name != "posix", reason="results go through pipes")
@pytest.mark.parametrize(
    ("taking", "told"),
    [
        ("list(stream)", "WorkerError: a worker process was ended"),
        ("with suppress(WorkerError):\n    next(stream), time.sleep(3)", ""),  # a slow first comes too late
    ],
    ids=["all are awaited", "the rest is not wanted"],
)
def test_a_worker_killed_while_it_hands_over_holds_nothing_up(taking: str, told: str) -> None:
    """In a program of its own: if it were held up, it could not be stopped from within."""
    program = f"""
import time
from contextlib import suppress
from test_replicating import WorkerError, dying_while_handing_over_two, map_replications
stream = map_replications(dying_while_handing_over_two, "teaching", 6, years=1, workers=2)
{taking}
stream.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True, timeout=120
    )
    assert told in done.stderr
    assert done.returncode == (1 if told else 0), done.stderr


def start_two_workers(folder: Path) -> subprocess.Popen[str]:
    """A study of a hundred thousand replications in a process group of its own, two of them done."""
    running = subprocess.Popen(
        [*PROGRAM, *NEVER_ENDING, "--workers", "2"],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert running.stderr is not None
    for line in running.stderr:
        if "replication 2 of" in line:
            break
    return running


@needs_joblib
def test_taking_only_some_replications_ends_the_rest_at_once() -> None:
    began = time.monotonic()
    stream = map_replications(rep_and_people, "teaching", 10_000, years=5, workers=2)
    assert next(stream)[0] == 0
    stream.close()
    assert time.monotonic() - began < 60
    assert single_run("teaching", years=1).rep == 0


def test_progress_counts_replications_that_are_done(capsys: pytest.CaptureFixture[str]) -> None:
    progress = ReplicationsProgress("teaching", 2, 2)
    progress(1234)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "teaching: 2 replications on 2 processes"
    assert lines[1].startswith("teaching: replication 1 of 2 done: 1,234 events, ")
