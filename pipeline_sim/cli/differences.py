"""``pipeline-sim diff-engines``: live a scenario on both engines and show where they part, if they do."""

from __future__ import annotations

import click

from pipeline_sim.cli.failures import FAILED
from pipeline_sim.cli.options import Simulation
from pipeline_sim.engines.choice import ENGINES
from pipeline_sim.eventlog import EventLog
from pipeline_sim.report.differences import tell_difference
from pipeline_sim.report.progress import RunProgress
from pipeline_sim.studies.differences import first_difference
from pipeline_sim.studies.runs import simulate


def compare_engines(simulation: Simulation, rep: int) -> None:
    """Say that the logs are identical, or show the first difference and end with exit code 1."""
    chosen = simulation.chosen()
    blueprint, seed = chosen.blueprint(simulation.years), simulation.seed_for(chosen)
    start = (blueprint.start_year, blueprint.start_month)

    def live(engine: str) -> EventLog:
        with RunProgress(start, blueprint.months, label=f"{chosen.name} ({engine})") as progress:
            return simulate(blueprint, seed, rep, engine, progress)

    logs = live(ENGINES[0]), live(ENGINES[1])
    found = first_difference(*logs)
    if found is None:
        click.echo(f"identical: {len(logs[0]):,} events")
        return
    for line in tell_difference(found, ENGINES, logs, blueprint):
        click.echo(line)
    raise click.exceptions.Exit(FAILED)
