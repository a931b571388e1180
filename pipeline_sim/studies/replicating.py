"""Replications of a scenario, one after another or shared among processes, always in their order.

What is wanted of each run is made where it is simulated, so that only that travels between processes:
whatever the number of workers, the same is made of the same runs.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from pipeline_sim import compiling
from pipeline_sim.engines.choice import DEFAULT_ENGINE, SECONDS_TO_COMPILE
from pipeline_sim.errors import PipelineError, whole_number
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.scenario.load import Scenario, as_scenario
from pipeline_sim.studies.runs import LAST_REP, RunResult, checked_seed, run_replication
from pipeline_sim.studies.worker_deaths import current_executor, deaths_told, lost_a_worker

Made = TypeVar("Made")
SECONDS_ORPHANED = 2  # after which a worker ends whose program was killed
_blueprints: dict[tuple[str | int | None, ...], list[Blueprint]] = {}  # of a worker: those it works on


class WorkerError(PipelineError):
    """Processes that share the work cannot be had, or one of them died."""


def replications(
    scenario: Scenario | str | Path,
    reps: int,
    seed: int | None = None,
    years: int | None = None,
    engine: str = DEFAULT_ENGINE,
) -> Generator[RunResult, None, None]:
    """Replications 0 to ``reps - 1``, one after another; see ``single_run`` for the arguments."""
    return map_replications(_itself, scenario, reps, seed, years, engine)


def multiple_replications(
    scenario: Scenario | str | Path,
    reps: int,
    seed: int | None = None,
    years: int | None = None,
    engine: str = DEFAULT_ENGINE,
    year: int | None = None,
    workers: int = 1,
) -> pd.DataFrame:
    """Headline figures of several replications: one row a replication, one column a KPI.

    The figures are totals for the whole country in training year ``year`` (2030 is August 2030 to July
    2031), the last simulated one if not given; the full tables of each replication come from
    ``single_run``. The index is ``rep``, from 0. With ``workers`` above 1 the replications share that
    many processes, which needs the ``studies`` extra; the numbers are the same.
    """
    headline = partial(_headline, year=year)
    rows = list(map_replications(headline, scenario, reps, seed, years, engine, workers))
    return pd.DataFrame(rows, index=pd.RangeIndex(len(rows), name="rep"))


def map_replications(
    make: Callable[[RunResult], Made],
    scenario: Scenario | str | Path,
    reps: int,
    seed: int | None = None,
    years: int | None = None,
    engine: str = DEFAULT_ENGINE,
    workers: int = 1,
    ahead: int | None = None,
) -> Generator[Made, None, None]:
    """What ``make`` makes of each replication, in order of ``rep``, as soon as it is there.

    With ``workers`` above 1, ``make`` is called in another process: it and what it returns must be
    picklable. ``ahead`` limits how many replications are under way or not yet taken by the caller.
    Close the iterator to stop early; the processes then end at once.

    Raises:
        ScenarioError: the scenario cannot be used.
        PipelineError: an argument is not possible, or a worker died.
    """
    chosen = as_scenario(scenario)
    seed = checked_seed(chosen, seed, engine)
    one_run = partial(_of_one_run, make, chosen, seed, engine)
    return map_blueprints(one_run, [chosen], reps, years, engine, workers, ahead)


def map_blueprints(
    make: Callable[[Sequence[Blueprint], int], Made],
    scenarios: Sequence[Scenario],
    reps: int,
    years: int | None = None,
    engine: str = DEFAULT_ENGINE,
    workers: int = 1,
    ahead: int | None = None,
) -> Generator[Made, None, None]:
    """What ``make`` makes of the scenarios' blueprints and each number of a replication, in order.

    It is for ``make`` to run them: so several scenarios can be run and compared in one place, one log at a
    time. The rest is as in ``map_replications``.
    """
    reps = whole_number("reps", reps, 1, LAST_REP + 1)
    workers = min(check_workers(workers), reps)
    compiling.announce_if_cold(engine, SECONDS_TO_COMPILE[engine])
    if workers > 1:
        digests = [scenario.digest for scenario in scenarios]
        call = partial(_in_worker, os.getpid(), make, list(scenarios), digests, years)
        return _shared(call, reps, workers, ahead or reps)
    return _one_by_one(make, [scenario.blueprint(years) for scenario in scenarios], reps)


def most_workers() -> int:
    """More processes than this on one machine are taken for a slip of the hand."""
    return max(32, 4 * (os.cpu_count() or 1))


def check_workers(workers: int) -> int:
    """``workers``, if so many processes can be had.

    Raises ``ScenarioError`` if not, and ``WorkerError`` if more than one is asked for without joblib.
    """
    workers = whole_number(
        f"workers (this machine has {os.cpu_count()} processors)", workers, 1, most_workers()
    )
    if workers > 1:
        _joblib()
    return workers


def _joblib() -> Any:
    try:
        import joblib
    except ImportError as missing:
        raise WorkerError("workers above 1 need joblib: pip install 'pipeline-sim[studies]'") from missing
    return joblib


def _itself(run: RunResult) -> RunResult:
    return run


def _headline(run: RunResult, year: int | None) -> dict[str, float]:
    """Every KPI of one year of one run, without its breakdowns by programme or region."""
    years = run.kpis["year"]
    wanted = int(years.max()) if year is None else year
    totals = ~run.kpis["kpi"].astype(str).str.contains("[", regex=False)
    of_year = run.kpis[(years == wanted) & totals]
    if of_year.empty:
        raise PipelineError(f"year: found {wanted}, expected {years.min()} to {years.max()}")
    return dict(zip(of_year["kpi"].astype(str), of_year["value"].astype(float), strict=True))


def _of_one_run(
    make: Callable[[RunResult], Made],
    scenario: Scenario,
    seed: int,
    engine: str,
    blueprints: Sequence[Blueprint],
    rep: int,
) -> Made:
    return make(run_replication(scenario, blueprints[0], seed, rep, engine))


def _one_by_one(
    make: Callable[[Sequence[Blueprint], int], Made], blueprints: Sequence[Blueprint], reps: int
) -> Generator[Made, None, None]:
    for rep in range(reps):
        yield make(blueprints, rep)


# processes ----------------------------------------------------------------------------------------
def _in_worker(
    program: int,
    make: Callable[[Sequence[Blueprint], int], Made],
    scenarios: Sequence[Scenario],
    digests: Sequence[str],
    years: int | None,
    rep: int,
) -> Made:
    """One replication in a worker of the process ``program``. It builds the blueprints itself, once.

    Built arrays have the memory layout that the cache was compiled for; sent ones might not.
    """
    _serve(program)
    key = (*digests, years)
    if key not in _blueprints:
        _blueprints.clear()
        _blueprints[key] = [scenario.blueprint(years) for scenario in scenarios]
    return make(_blueprints[key], rep)


@cache
def _serve(program: int) -> None:
    """Leave Ctrl-C to ``program``, and end soon after it; else a worker waits for ever to hand over."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == program:
            time.sleep(SECONDS_ORPHANED)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _shared(call: Callable[[int], Made], reps: int, workers: int, ahead: int) -> Generator[Made, None, None]:
    joblib = _joblib()
    work = joblib.Parallel(
        n_jobs=workers,
        backend="loky",
        return_as="generator",
        batch_size=1,
        max_nbytes=None,
    )
    made: Generator[Made, None, None] | None = None
    with deaths_told():
        try:
            for first in range(0, reps, ahead):
                before = current_executor()
                with _interrupts_held_back():
                    made = work(joblib.delayed(call)(rep) for rep in range(first, min(first + ahead, reps)))
                if first > 0 and lost_a_worker(before):
                    raise BrokenProcessPool
                for one in made:  # noqa: UP028 (with "yield from" an early end would not be ours to handle)
                    yield one
        except BaseException as failure:
            _end_workers(made)
            if isinstance(failure, BrokenProcessPool):
                raise WorkerError(
                    "a worker process was ended from outside, often because memory ran out: try fewer workers"
                ) from failure
            raise


def _end_workers(under_way: Generator[Any, None, None] | None) -> None:
    """End all worker processes now, whatever they are doing."""
    from joblib.externals.loky import get_reusable_executor

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joblib tells that tasks were cancelled
        if under_way is not None:
            under_way.close()
    get_reusable_executor(kill_workers=True).shutdown(wait=True, kill_workers=True)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Ctrl-C takes effect after this block; processes started in it, busy starting, do not hear of it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # when it starts, it lets interrupts through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
