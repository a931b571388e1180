"""Running a scenario once, and the record of what was run.

Replication ``rep`` of a seed is the same run whether it is made alone or among others. Nothing here
writes files or draws figures.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline_sim import __version__, compiling
from pipeline_sim.clock import MONTHS_PER_YEAR
from pipeline_sim.engines.choice import (
    DEFAULT_ENGINE,
    SECONDS_TO_COMPILE,
    check_engine,
    engine_named,
    release_buffers,
)
from pipeline_sim.errors import whole_number
from pipeline_sim.eventlog import EventLog
from pipeline_sim.results.bundle import Results, summarise
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.scenario.load import Scenario, as_scenario

Progress = Callable[[int, int, int], None]
LAST_REP = 2**31 - 2  # as the tables hold it
LARGEST_SEED = 2**63 - 1
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
    scenario: Scenario | str | Path,
    seed: int | None = None,
    rep: int = 0,
    years: int | None = None,
    engine: str = DEFAULT_ENGINE,
    progress: Progress | None = None,
) -> RunResult:
    """Simulate one replication.

    Args:
        scenario: a scenario, or the name or path of one.
        seed: 0 to 2**63 - 1, the scenario's own if not given; with ``rep`` it fixes every draw.
        rep: replication number, from 0.
        years: years to simulate; the scenario's own horizon if not given.
        engine: "compiled" or "simpy"; the numbers are the same.
        progress: called with ``(month, people, events)`` at most once a simulated month.

    Raises:
        ScenarioError: the scenario cannot be used.
        PipelineError: ``engine``, ``seed`` or ``rep`` is not possible.
    """
    chosen = as_scenario(scenario)
    seed, rep = checked_seed(chosen, seed, engine), whole_number("rep", rep, 0, LAST_REP)
    compiling.announce_if_cold(engine, SECONDS_TO_COMPILE[engine])
    return run_replication(chosen, chosen.blueprint(years), seed, rep, engine, progress, more_to_come=False)


def manifest(
    blueprint: Blueprint,
    *,
    seed: int,
    reps: int,
    engine: str,
    seconds: float,
    events: int,
    workers: int = 1,
    workers_memory_mib: float | None = None,
    edits: Sequence[tuple[str, Any]] = (),
    policies: Sequence[str] = (),
    scale: float | None = None,
) -> dict[str, Any]:
    """The record of a run: what was simulated, with what, on what, and from which sources.

    ``events`` counts those of all replications, ``seconds`` is wall clock, ``workers`` how many processes
    shared the replications, and ``workers_memory_mib`` the most that one of them held. The peak of memory
    is that of the largest process. Every value is plain JSON.
    """
    return {
        "program": "pipeline_sim",
        "scenario": {
            "name": blueprint.name,
            "title": blueprint.title,
            "digest": blueprint.digest,
            "edits": [{"path": path, "value": value} for path, value in edits],
            "policies": list(policies),
            "scale": scale,
        },
        "start": f"{blueprint.start_year}-{blueprint.start_month:02d}",
        "years": blueprint.months // MONTHS_PER_YEAR,
        "seed": seed,
        "reps": reps,
        "engine": engine,
        "workers": workers,
        "events": events,
        "wall_seconds": round(seconds, 3),
        "peak_memory_mib": max(filter(None, (peak_memory_mib(), workers_memory_mib)), default=None),
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
    """Largest resident memory of this process so far; None where the system does not tell.

    Linux's ``ru_maxrss`` begins with that of the process which started this one, so its own peak is read
    where there is one.
    """
    with suppress(OSError, ValueError, IndexError):
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return round(int(status.split("VmHWM:")[1].split()[0]) / 1024, 1)
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bytes_in_unit = 1 if sys.platform == "darwin" else 1024
    return round(peak * bytes_in_unit / 2**20, 1)


def checked_seed(scenario: Scenario, seed: int | None, engine: str) -> int:
    """The seed to run with; ``PipelineError`` if it or ``engine`` cannot be."""
    check_engine(engine)
    return scenario.default_seed if seed is None else whole_number("seed", seed, 0, LARGEST_SEED)


def run_replication(
    scenario: Scenario,
    blueprint: Blueprint,
    seed: int,
    rep: int,
    engine: str,
    progress: Progress | None = None,
    more_to_come: bool = True,
) -> RunResult:
    """One replication of a scenario whose blueprint is built and whose arguments are checked.

    ``more_to_come``: other replications of this blueprint will follow in this process.
    """
    run = engine_named(engine)
    began = time.perf_counter()
    with compiling.first_use(engine):
        log = run(blueprint, seed, rep, progress=progress)
        if not more_to_come:
            release_buffers(engine)
        results = summarise(log, blueprint, rep)
    seconds = time.perf_counter() - began
    return RunResult(scenario, blueprint, log, results, seed, rep, engine, seconds)


def simulate(
    blueprint: Blueprint,
    seed: int,
    rep: int = 0,
    engine: str = DEFAULT_ENGINE,
    progress: Progress | None = None,
) -> EventLog:
    """The event log of one replication, and nothing made of it."""
    compiling.announce_if_cold(engine, SECONDS_TO_COMPILE[engine])
    return simulate_next(blueprint, seed, rep, engine, progress)


def simulate_next(
    blueprint: Blueprint,
    seed: int,
    rep: int,
    engine: str,
    progress: Progress | None = None,
) -> EventLog:
    """As ``simulate``, of several runs whose arguments are checked and announced already."""
    run = engine_named(engine)
    with compiling.first_use(engine):
        return run(blueprint, seed, rep, progress=progress)
