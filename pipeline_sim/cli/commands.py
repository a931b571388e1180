"""The commands and their options. What each one does is imported when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pipeline_sim import __version__
from pipeline_sim.cli.failures import GuardedGroup
from pipeline_sim.cli.options import (
    debug_option,
    replication_option,
    replication_options,
    simulation_options,
)


@click.group(cls=GuardedGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pipeline-sim")
@debug_option
def cli() -> None:
    """Simulate how England trains doctors, one doctor at a time.

    SCENARIO is the name of a bundled scenario (see `pipeline-sim list`) or the path of a scenario
    folder of your own (see `pipeline-sim new`).
    """


@cli.command()
@click.argument("scenario", default="england")
@simulation_options
@replication_options(1, "Replications.")
@click.option("--events", is_flag=True, help="Also write every event (events.parquet).")
@click.option(
    "--out",
    type=click.Path(file_okay=True, path_type=Path),
    help="Folder to write; results/<scenario> if not given.",
)
@debug_option
def run(**options: Any) -> None:
    """Simulate SCENARIO and write its results."""
    from pipeline_sim.cli.run import run_and_write

    run_and_write(**options)


@cli.command()
@click.argument("scenario", default="england")
@simulation_options
@replication_options(30, "Replications; differences have intervals from 2 on.")
@click.option(
    "--out",
    type=click.Path(file_okay=True, path_type=Path),
    help="Folder to write; results/<scenario>-compared if not given.",
)
@debug_option
def compare(**options: Any) -> None:
    """Compare SCENARIO with itself under each --policy, and under all of them together."""
    from pipeline_sim.cli.compare import compare_and_write

    compare_and_write(**options)


@cli.command()
@click.argument("scenario")
@click.option(
    "--person",
    type=click.IntRange(min=1),
    required=True,
    help="A person's number in events.parquet; or a small N for the N-th new medical student.",
)
@simulation_options
@replication_option
@debug_option
def trace(**options: Any) -> None:
    """Tell one doctor's life in SCENARIO, in words."""
    from pipeline_sim.cli.trace import tell_a_life

    tell_a_life(**options)


@cli.command(name="diff-engines")
@click.argument("scenario")
@simulation_options
@replication_option
@debug_option
def diff_engines(**options: Any) -> None:
    """Run SCENARIO on both engines and show the first event that differs, if one does."""
    from pipeline_sim.cli.differences import compare_engines

    compare_engines(**options)


@cli.command(name="list")
@debug_option
def list_() -> None:
    """List the bundled scenarios and policies."""
    from pipeline_sim.cli.scenarios import show_catalogue

    show_catalogue()


@cli.command()
@click.argument("scenario")
@debug_option
def validate(scenario: str) -> None:
    """Check SCENARIO and report every problem found."""
    from pipeline_sim.cli.scenarios import check_scenario

    check_scenario(scenario)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--base", default="england", show_default=True, help="The bundled scenario to copy from.")
@debug_option
def new(folder: Path, base: str) -> None:
    """Make FOLDER a scenario of your own: a copy of a bundled one, to edit."""
    from pipeline_sim.cli.scenarios import make_scenario

    make_scenario(folder, base)


@cli.command()
@click.argument("parameter")
@click.option("--scenario", default="england", show_default=True, help="Scenario to look it up in.")
@debug_option
def explain(parameter: str, scenario: str) -> None:
    """Explain PARAMETER: its value, unit, source, status and who uses it."""
    from pipeline_sim.cli.scenarios import explain_parameter

    explain_parameter(parameter, scenario)
