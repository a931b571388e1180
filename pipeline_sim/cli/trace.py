"""``pipeline-sim trace``: live a scenario again and tell one doctor's life."""

from __future__ import annotations

import click

from pipeline_sim.cli.failures import WrongInput
from pipeline_sim.cli.options import Simulation
from pipeline_sim.identity import describe
from pipeline_sim.report.progress import RunProgress
from pipeline_sim.report.trace import SMALL_NUMBERS, UnknownPerson, find_person, tell
from pipeline_sim.studies.runs import simulate


def tell_a_life(simulation: Simulation, person: int, rep: int) -> None:
    """Print the life of ``person``; a number that can be nobody is refused before simulating."""
    if person >= SMALL_NUMBERS:
        try:
            describe(person)
        except ValueError as wrong:
            raise WrongInput(f"--person: {wrong}") from wrong
    chosen = simulation.chosen()
    blueprint, seed = chosen.blueprint(simulation.years), simulation.seed_for(chosen)
    start = (blueprint.start_year, blueprint.start_month)
    with RunProgress(start, blueprint.months, label=chosen.name) as progress:
        log = simulate(blueprint, seed, rep, engine="simpy", progress=progress)
    try:
        found = find_person(log, person)
    except UnknownPerson as unknown:
        raise WrongInput(f"--person: {unknown}") from unknown
    for line in tell(log.history(found), blueprint):
        click.echo(line)
