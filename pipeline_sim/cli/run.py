"""``pipeline-sim run``: simulate, write the result folder, print a short table."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
from rich.console import Console

from pipeline_sim.cli.folders import default_folder, result_folder
from pipeline_sim.cli.options import Simulation, possible_workers
from pipeline_sim.eventlog import EventLog
from pipeline_sim.report.figures import draw_figures
from pipeline_sim.report.progress import ReplicationsProgress, RunProgress
from pipeline_sim.report.tables import kpi_table
from pipeline_sim.results.bundle import Results
from pipeline_sim.results.kpis import HEADLINE, REGISTRY
from pipeline_sim.results.output import OutputFolder
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.studies.replicating import map_replications
from pipeline_sim.studies.runs import RunResult, manifest, peak_memory_mib, single_run
from pipeline_sim.studies.spool import SpooledLog, spool

AHEAD = 2  # logs that may lie on disk, for each worker


@dataclass(frozen=True)
class Plan:
    """What to simulate, as the user asked for it."""

    scenario: Scenario
    years: int | None
    months: int
    seed: int
    reps: int
    engine: str
    workers: int
    events: bool


@dataclass(frozen=True)
class Finished:
    """What is kept of a replication; its log only as long as it takes to write it."""

    results: Results
    events: int
    log: EventLog | SpooledLog | None
    memory_mib: float | None  # of the process that made it


def run_and_write(
    simulation: Simulation,
    reps: int,
    workers: int,
    engine: str,
    events: bool,
    out: Path | None,
) -> None:
    """Everything that can be wrong with the input is found before the first month is simulated."""
    workers = possible_workers(workers, reps)
    chosen, years = simulation.chosen(), simulation.years
    blueprint, seed = chosen.blueprint(years), simulation.seed_for(chosen)
    folder = default_folder(chosen.name) if out is None else out
    plan = Plan(chosen, years, blueprint.months, seed, reps, engine, workers, events)
    began = time.perf_counter()
    results: list[Results] = []
    event_count = 0
    memory: list[float] = []
    with result_folder(folder, blueprint) as output, closing(_finished(plan, output)) as stream:
        for rep, finished in enumerate(stream):
            results.append(finished.results)
            event_count += finished.events
            if finished.memory_mib is not None:
                memory.append(finished.memory_mib)
            if finished.log is not None:
                log = finished.log
                output.append_events(log.take() if isinstance(log, SpooledLog) else log, rep)
                del log
            del finished  # one log at a time
        record = manifest(
            blueprint,
            seed=seed,
            reps=reps,
            engine=engine,
            seconds=time.perf_counter() - began,
            events=event_count,
            workers=workers,
            workers_memory_mib=max(memory, default=None),
            edits=simulation.edits,
            policies=[policy.name for policy in chosen.policies],
            scale=simulation.scale,
        )
        output.write(results, record, draw_figures(results, blueprint, seed))
    _show(results, blueprint.title, folder)


def _finished(plan: Plan, output: OutputFolder) -> Generator[Finished, None, None]:
    """Replications in order; close it to stop early."""
    return _from_workers(plan, output.target) if plan.workers > 1 else _one_by_one(plan)


def _one_by_one(plan: Plan) -> Generator[Finished, None, None]:
    chosen = plan.scenario
    for rep in range(plan.reps):
        label = chosen.name if plan.reps == 1 else f"{chosen.name} {rep + 1}/{plan.reps}"
        with RunProgress((chosen.start_year, chosen.start_month), plan.months, label) as progress:
            run = single_run(chosen, plan.seed, rep, plan.years, plan.engine, progress)
        yield Finished(run.results, len(run.log), run.log if plan.events else None, peak_memory_mib())


def _from_workers(plan: Plan, target: Path) -> Generator[Finished, None, None]:
    """Logs come by way of a scratch folder beside the results, where there is room for them."""
    progress = ReplicationsProgress(plan.scenario.name, plan.reps, plan.workers)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.logs-", dir=target.parent) as scratch:
        stream = map_replications(
            partial(_hand_over, Path(scratch) if plan.events else None),
            plan.scenario,
            plan.reps,
            plan.seed,
            plan.years,
            plan.engine,
            plan.workers,
            ahead=AHEAD * plan.workers if plan.events else None,
        )
        with closing(stream):
            for finished in stream:
                progress(finished.events)
                yield finished


def _hand_over(scratch: Path | None, run: RunResult) -> Finished:
    """Called in a worker: what goes back to the process that writes."""
    log = None if scratch is None else spool(run.log, scratch / f"{run.rep}.npz")
    return Finished(run.results, len(run.log), log, peak_memory_mib())


def _show(results: list[Results], title: str, folder: Path) -> None:
    titles = {kpi.name: kpi.title for kpi in REGISTRY}
    kpis = pd.concat([result.kpis for result in results], ignore_index=True)
    console = Console()
    console.print(kpi_table(kpis, {name: titles[name] for name in HEADLINE}, title))
    console.print(f"Results are in {folder}", markup=False, highlight=False, soft_wrap=True)
