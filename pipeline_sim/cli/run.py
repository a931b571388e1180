"""``pipeline-sim run``: simulate, write the result folder, print a short table."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
from rich.console import Console

from pipeline_sim.cli.folders import default_folder, result_folder
from pipeline_sim.cli.options import chosen_scenario
from pipeline_sim.report.figures import draw_figures
from pipeline_sim.report.progress import RunProgress
from pipeline_sim.report.tables import kpi_table
from pipeline_sim.results.bundle import Results
from pipeline_sim.results.kpis import HEADLINE, REGISTRY
from pipeline_sim.studies.runs import manifest, single_run


def run_and_write(
    scenario: str,
    years: int | None,
    seed: int | None,
    scale: float | None,
    edits: tuple[tuple[str, str], ...],
    reps: int,
    engine: str,
    events: bool,
    out: Path | None,
) -> None:
    """Everything that can be wrong with the input is found before the first month is simulated."""
    chosen = chosen_scenario(scenario, edits, scale)
    blueprint = chosen.blueprint(years)
    seed = chosen.default_seed if seed is None else seed
    start = (blueprint.start_year, blueprint.start_month)
    folder = default_folder(chosen.name) if out is None else out
    began = time.perf_counter()
    results: list[Results] = []
    event_count = 0
    with result_folder(folder, blueprint) as output:
        for rep in range(reps):
            label = chosen.name if reps == 1 else f"{chosen.name} {rep + 1}/{reps}"
            with RunProgress(start, blueprint.months, label) as progress:
                run = single_run(chosen, seed, rep, years, engine, progress)
            results.append(run.results)
            event_count += len(run.log)
            if events:
                output.append_events(run.log, rep)
            del run  # one log at a time
        record = manifest(
            blueprint,
            seed=seed,
            reps=reps,
            engine=engine,
            seconds=time.perf_counter() - began,
            events=event_count,
            edits=edits,
            scale=scale,
        )
        output.write(results, record, draw_figures(results, blueprint, seed))
    _show(results, blueprint.title, folder)


def _show(results: list[Results], title: str, folder: Path) -> None:
    titles = {kpi.name: kpi.title for kpi in REGISTRY}
    kpis = pd.concat([result.kpis for result in results], ignore_index=True)
    console = Console()
    console.print(kpi_table(kpis, {name: titles[name] for name in HEADLINE}, title))
    console.print(f"Results are in {folder}", markup=False, highlight=False, soft_wrap=True)
