"""Running a scenario once or many times, and the record of what was run.

Replication ``rep`` of a seed is the same run whether it is made alone or among others. Nothing here
writes files or draws figures.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from typing import Any

import pandas as pd

from pipeline_sim import __version__
from pipeline_sim.clock import MONTHS_PER_YEAR
from pipeline_sim.errors import PipelineError
from pipeline_sim.eventlog import EventLog
from pipeline_sim.results.bundle import Results, summarise
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.scenario.load import Scenario, load_scenario

Progress = Callable[[int, int, int], None]
ENGINES = ("simpy",)
RECORDED_VERSIONS = ("numpy", "pandas", "simpy", "numba", "pyarrow")


@dataclass(frozen=True)
class RunResult:
    """One replication of one scenario: its tables, its log and how long it took.

    ``flows``, ``census``, ``waits``, ``completions`` and ``kpis`` are DataFrames with a ``rep``
    column; ``events`` is made from ``log`` when first asked for.
    """

    scenario: Scenario
    blueprint: Blueprint
    log: EventLog
    results: Results
    seed: int
    rep: int
    engine: str
    seconds: float  # wall clock, from a ready blueprint to the tables

    @property
    def flows(self) -> pd.DataFrame:
        return self.results.flows

    @property
    def census(self) -> pd.DataFrame:
        return self.results.census

    @property
    def waits(self) -> pd.DataFrame:
        return self.results.waits

    @property
    def completions(self) -> pd.DataFrame:
        return self.results.completions

    @property
    def kpis(self) -> pd.DataFrame:
        return self.results.kpis

    @cached_property
    def events(self) -> pd.DataFrame:
        """One row an event, with names and dates: what ``events.parquet`` holds."""
        from pipeline_sim.results.events import events_table

        return events_table(self.log, self.blueprint, self.rep)


def single_run(
    scenario: Scenario | str,
    seed: int | None = None,
    rep: int = 0,
    years: int | None = None,
    engine: str = "simpy",
    progress: Progress | None = None,
) -> RunResult:
    """Simulate one replication.

    Args:
        scenario: a scenario, or the name or path of one.
        seed: 0 to 2**63 - 1, the scenario's own if not given; with ``rep`` it fixes every draw.
        rep: replication number, from 0.
        years: years to simulate; the scenario's own horizon if not given.
        engine: "simpy".
        progress: called with ``(month, people, events)`` at most once a simulated month.

    Raises:
        ScenarioError: the scenario cannot be used.
        PipelineError: ``engine``, ``seed`` or ``rep`` is not possible.
    """
    chosen = load_scenario(scenario) if isinstance(scenario, str) else scenario
    seed = _checked_seed(chosen, seed, rep, engine)
    return _run(chosen, chosen.blueprint(years), seed, rep, engine, progress)


def replications(
    scenario: Scenario | str,
    reps: int,
    seed: int | None = None,
    years: int | None = None,
    engine: str = "simpy",
    progress: Progress | None = None,
) -> Iterator[RunResult]:
    """Replications 0 to ``reps - 1``, one after another; see ``single_run`` for the arguments."""
    if reps < 1:
        raise _too_few(reps)
    chosen = load_scenario(scenario) if isinstance(scenario, str) else scenario
    seed = _checked_seed(chosen, seed, 0, engine)
    blueprint = chosen.blueprint(years)
    for rep in range(reps):
        yield _run(chosen, blueprint, seed, rep, engine, progress)


def multiple_replications(
    scenario: Scenario | str,
    reps: int,
    seed: int | None = None,
    years: int | None = None,
    engine: str = "simpy",
    year: int | None = None,
    workers: int = 1,
) -> pd.DataFrame:
    """Headline figures of several replications: one row a replication, one column a KPI.

    The figures are totals for the whole country in training year ``year`` (2030 is August 2030 to July
    2031), the last simulated one if not given; the full tables of each replication come from
    ``single_run``. The index is ``rep``, from 0. With ``workers`` above 1 the replications share that
    many processes, which needs the ``studies`` extra; the numbers are the same.
    """
    if workers == 1:
        rows = [_headline(run, year) for run in replications(scenario, reps, seed, years, engine)]
    else:
        if reps < 1:
            raise _too_few(reps)
        rows = _in_parallel(scenario, reps, seed, years, engine, year, workers)
    return pd.DataFrame(rows, index=pd.RangeIndex(len(rows), name="rep"))


def manifest(
    blueprint: Blueprint,
    *,
    seed: int,
    reps: int,
    engine: str,
    seconds: float,
    events: int,
    edits: Sequence[tuple[str, Any]] = (),
    scale: float | None = None,
) -> dict[str, Any]:
    """The record of a run: what was simulated, with what, on what, and from which sources.

    ``events`` counts those of all replications, ``seconds`` is wall clock. Every value is plain JSON.
    """
    return {
        "program": "pipeline_sim",
        "scenario": {
            "name": blueprint.name,
            "title": blueprint.title,
            "digest": blueprint.digest,
            "edits": [{"path": path, "value": value} for path, value in edits],
            "scale": scale,
        },
        "start": f"{blueprint.start_year}-{blueprint.start_month:02d}",
        "years": blueprint.months // MONTHS_PER_YEAR,
        "seed": seed,
        "reps": reps,
        "engine": engine,
        "events": events,
        "wall_seconds": round(seconds, 3),
        "peak_memory_mib": peak_memory_mib(),
        "finished": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "machine": {
            "platform": platform.platform(),
            "machine": platform.machine(),
            "cpus": os.cpu_count(),
        },
        "sources": dict(sorted(blueprint.sources.items())),
    }


def versions() -> dict[str, str]:
    """Versions of this package, Python and the libraries that numbers depend on."""
    return {
        "pipeline_sim": __version__,
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in RECORDED_VERSIONS},
    }


def peak_memory_mib() -> float | None:
    """Largest resident memory of this process so far; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bytes_in_unit = 1 if sys.platform == "darwin" else 1024
    return round(peak * bytes_in_unit / 2**20, 1)


def _too_few(reps: int) -> PipelineError:
    return PipelineError(f"reps: found {reps}, expected 1 or more")


def _checked_seed(scenario: Scenario, seed: int | None, rep: int, engine: str) -> int:
    if engine not in ENGINES:
        raise PipelineError(f"engine: found {engine!r}, expected one of {', '.join(ENGINES)}")
    if seed is None:
        seed = scenario.default_seed
    if not 0 <= seed < 2**63:
        raise PipelineError(f"seed: found {seed}, expected 0 to 2**63 - 1")
    if rep < 0:
        raise PipelineError(f"rep: found {rep}, expected 0 or more")
    return seed


def _run(
    scenario: Scenario, blueprint: Blueprint, seed: int, rep: int, engine: str, progress: Progress | None
) -> RunResult:
    from pipeline_sim.engines import simpy_engine

    began = time.perf_counter()
    log = simpy_engine.run(blueprint, seed, rep, progress=progress)
    results = summarise(log, blueprint, rep)
    seconds = time.perf_counter() - began
    return RunResult(scenario, blueprint, log, results, seed, rep, engine, seconds)


def _headline(run: RunResult, year: int | None) -> dict[str, float]:
    """Every KPI of one year of one run, without its breakdowns by programme or region."""
    years = run.kpis["year"]
    wanted = int(years.max()) if year is None else year
    totals = ~run.kpis["kpi"].astype(str).str.contains("[", regex=False)
    of_year = run.kpis[(years == wanted) & totals]
    if of_year.empty:
        raise PipelineError(f"year: found {wanted}, expected {years.min()} to {years.max()}")
    return dict(zip(of_year["kpi"].astype(str), of_year["value"].astype(float), strict=True))


def _one_of_many(
    scenario: Scenario | str, seed: int | None, rep: int, years: int | None, engine: str, year: int | None
) -> dict[str, float]:
    return _headline(single_run(scenario, seed, rep, years, engine), year)


def _in_parallel(
    scenario: Scenario | str,
    reps: int,
    seed: int | None,
    years: int | None,
    engine: str,
    year: int | None,
    workers: int,
) -> list[dict[str, float]]:
    try:
        from joblib import Parallel, delayed
    except ImportError as missing:
        raise PipelineError("workers above 1 need joblib: pip install 'pipeline-sim[studies]'") from missing
    call = delayed(_one_of_many)
    tasks = (call(scenario, seed, rep, years, engine, year) for rep in range(reps))
    return list(Parallel(n_jobs=workers)(tasks))
