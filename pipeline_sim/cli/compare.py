"""``pipeline-sim compare``: a scenario with and without policies, written as tables, figures and words."""

from __future__ import annotations

import time
from pathlib import Path

import click
import pandas as pd

from pipeline_sim.cli.failures import WrongInput
from pipeline_sim.cli.folders import default_folder, result_folder
from pipeline_sim.cli.options import Simulation, possible_workers
from pipeline_sim.report.comparison_figures import draw_comparison
from pipeline_sim.report.comparison_words import summary
from pipeline_sim.report.progress import ReplicationsProgress
from pipeline_sim.results.output import OutputFolder
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.studies.comparing import Arm, Comparison, compare_arms, contradictions, policy_arms
from pipeline_sim.studies.runs import manifest

TABLES = {
    "differences.csv": "differences",
    "summary.csv": "lasting",
    "additivity.csv": "additivity",
    "people.csv": "people",
    "waits.csv": "waits",
}


def compare_and_write(
    simulation: Simulation,
    reps: int,
    workers: int,
    engine: str,
    out: Path | None,
) -> None:
    """Everything that can be wrong with the input is found before the first month is simulated."""
    policies, years = simulation.policies, simulation.years
    if not policies:
        raise WrongInput("--policy: found none, expected one or more; `pipeline-sim list` names them")
    workers = possible_workers(workers, reps)
    base = simulation.without_policies()
    arms = policy_arms(base, policies)
    _tell_notes(base, arms, policies, years)
    blueprint = base.blueprint(years)
    folder = default_folder(f"{base.name}-compared") if out is None else out
    began = time.perf_counter()
    with result_folder(folder, blueprint) as output:
        progress = ReplicationsProgress(_label(base, arms), reps, workers)
        comparison = compare_arms(base, arms, reps, simulation.seed, years, engine, workers, progress)
        record = manifest(
            blueprint,
            seed=comparison.seed,
            reps=reps,
            engine=engine,
            seconds=time.perf_counter() - began,
            events=comparison.events,
            workers=workers,
            workers_memory_mib=comparison.memory_mib,
            edits=simulation.edits,
            scale=simulation.scale,
        )
        words = summary(comparison)
        _write(output, comparison, words)
        output.finish({**record, "compared": _arms_record(comparison)}, draw_comparison(comparison))
    click.echo(words)
    click.echo(f"Results are in {folder}")


def _tell_notes(base: Scenario, arms: list[Arm], policies: tuple[str, ...], years: int | None) -> None:
    """Policies without effect or that contradict one another are told before anything is simulated."""
    notes = dict.fromkeys(note for arm in arms for note in arm.scenario.policy_notes(years))
    if len(arms) > 1 and not arms[-1].parts:
        why = "; ".join(str(problem) for problem in contradictions(base, policies))
        notes[f"the policies cannot be in force together, so each is compared alone ({why})"] = None
    for note in notes:
        click.echo(f"note: {note}", err=True)


def _label(base: Scenario, arms: list[Arm]) -> str:
    return f"{base.name} and {len(arms)} {'policy' if len(arms) == 1 else 'arms'}"


def _write(output: OutputFolder, comparison: Comparison, words: str) -> None:
    output.add("summary.md", words.encode("utf-8"))
    tables: dict[str, pd.DataFrame] = {file: getattr(comparison, name) for file, name in TABLES.items()}
    if comparison.money is not None:
        tables |= {"costs.csv": comparison.money.costs, "cost_effects.csv": comparison.money.effects}
    for file, table in tables.items():
        if len(table):
            text = table.to_csv(index=False, lineterminator="\n", float_format="%.8g")
            output.add(file, text.encode("utf-8"))


def _arms_record(comparison: Comparison) -> list[dict[str, object]]:
    return [
        {
            "arm": arm.name,
            "title": arm.title,
            "policies": [policy.name for policy in arm.scenario.policies],
            "digest": arm.scenario.digest,
        }
        for arm in comparison.arms
    ]
