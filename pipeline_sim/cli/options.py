"""Options that several commands share, and the kinds of value they take."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pipeline_sim.cli.failures import DEBUG_FLAG, WrongInput
from pipeline_sim.clock import MOST_YEARS
from pipeline_sim.engines.choice import DEFAULT_ENGINE, ENGINES

if TYPE_CHECKING:
    from pipeline_sim.scenario.definition import Scenario

MAX_SEED = 2**63 - 1
Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Simulation:
    """What a user asks to have simulated: the argument SCENARIO and ``simulation_options``."""

    scenario: str  # a name or a path
    years: int | None  # the scenario's own if None, as is the seed
    seed: int | None
    scale: float | None
    edits: tuple[tuple[str, str], ...]  # path and value
    policies: tuple[str, ...]  # names or paths

    def chosen(self) -> Scenario:
        """The scenario with the ``--set`` edits, then the policies, then scaled.

        A policy without effect in the run is told on standard error.
        """
        return self._with_policies(self.policies)

    def without_policies(self) -> Scenario:
        """As ``chosen``, but for the policies on the command line."""
        return self._with_policies(())

    def _with_policies(self, policies: Sequence[str]) -> Scenario:
        from pipeline_sim.scenario.load import load_scenario

        scenario = load_scenario(self.scenario)
        if self.edits:
            scenario = scenario.with_values(_by_path(self.edits))
        if policies:
            scenario = scenario.with_policy(*policies)
        for note in scenario.policy_notes(self.years):
            click.echo(f"note: {note}", err=True)
        return scenario if self.scale is None else scenario.scaled(self.scale)

    def seed_for(self, scenario: Scenario) -> int:
        """The seed that was asked for, else the scenario's own."""
        return scenario.default_seed if self.seed is None else self.seed


class PositiveNumber(click.ParamType):
    """A finite number above zero."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and number > 0):
            self.fail(f"{value!r} is not a finite number above 0.", param, ctx)
        return number


class Edit(click.ParamType):
    """``PATH=VALUE``: one parameter of a scenario and the value it takes."""

    name = "PATH=VALUE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        path, equals, text = str(value).partition("=")
        if not (equals and path.strip() and text.strip()):
            self.fail(f"{value!r} is not PATH=VALUE, for example rounds.decline=0.2", param, ctx)
        return path.strip(), text.strip()


def _by_path(edits: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Values by path, in the order given; two values for one path are refused."""
    values: dict[str, str] = {}
    for path, value in edits:
        if values.setdefault(path, value) != value:
            raise WrongInput(f"--set {path}: found {values[path]} and {value}, expected one value")
    return values


def possible_workers(workers: int, reps: int) -> int:
    """How many processes share ``reps`` replications, if so many as ``--workers`` says can be had."""
    from pipeline_sim.studies.replicating import check_workers, most_workers

    if workers > most_workers():
        raise WrongInput(f"--workers: found {workers}, expected 1 to {most_workers()} on this machine")
    return min(check_workers(workers), reps)


def debug_option(command: Command) -> Command:
    """``--debug``: read by the command group itself, accepted before or after the command's name."""
    return click.option(DEBUG_FLAG, is_flag=True, expose_value=False, help="Show the traceback of an error.")(
        command
    )


def replication_options(reps: int, about_reps: str) -> Callable[[Command], Command]:
    """Options of a command that runs replications, ``reps`` if not told."""

    def add(command: Command) -> Command:
        for option in (
            click.option("--engine", type=click.Choice(ENGINES), default=DEFAULT_ENGINE, show_default=True),
            click.option(
                "--workers",
                type=click.IntRange(min=1),
                default=1,
                show_default=True,
                help="Processes that share the replications; the results are the same.",
            ),
            click.option(
                "--reps", type=click.IntRange(min=1), default=reps, show_default=True, help=about_reps
            ),
        ):
            command = option(command)
        return command

    return add


def replication_option(command: Command) -> Command:
    """``--rep``: the one replication that a command lives again."""
    return click.option(
        "--rep", type=click.IntRange(min=0), default=0, show_default=True, help="Which replication, from 0."
    )(command)


def simulation_options(command: Command) -> Callable[..., Any]:
    """Options that decide what is simulated; with SCENARIO they reach the command as one ``Simulation``."""

    @wraps(command)
    def gathered(**options: Any) -> Any:
        asked = Simulation(**{field.name: options.pop(field.name) for field in fields(Simulation)})
        return command(simulation=asked, **options)

    decorated: Callable[..., Any] = gathered
    for option in (
        click.option(
            "--policy",
            "policies",
            metavar="NAME",
            multiple=True,
            help="A policy from `pipeline-sim list`, or a .toml file of your own; may be repeated.",
        ),
        click.option(
            "--set",
            "edits",
            type=Edit(),
            multiple=True,
            help="Change one parameter, e.g. rounds.decline=0.3; may be repeated. `pipeline-sim explain "
            "PARAMETER` tells its name and value.",
        ),
        click.option("--scale", type=PositiveNumber(), help="Multiply every count, e.g. 0.1 for a tenth."),
        click.option(
            "--seed",
            type=click.IntRange(0, MAX_SEED),
            help="Random seed; the scenario's own if not given.",
        ),
        click.option(
            "--years",
            type=click.IntRange(1, MOST_YEARS),
            help="Simulated years; the scenario's own if not given.",
        ),
    ):
        decorated = option(decorated)
    return decorated
