"""What each mechanism of flexible training does, alone and all together, against none of them.

``python experiments/flexible_training/study.py`` writes ``results.csv``, ``results.md`` and the pictures
beside this file and the summary into ``README.md``; with ``--out``, elsewhere, and the README is left alone.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd
from comparing import Arm, Mechanism, arms_of, edits_of, months_before, read_comparisons, undated_of
from findings import page, summary
from measures import COHORT_YEARS, Values, measure_run
from paired import table_of
from pictures import draw_all

from pipeline_sim.clock import MONTHS_PER_YEAR
from pipeline_sim.errors import PipelineError
from pipeline_sim.scenario.load import Scenario, load_scenario
from pipeline_sim.studies.replicating import map_replications

HERE = Path(__file__).parent
COMPARISONS = HERE / "comparisons.toml"
README = HERE / "README.md"
MARK = "<!-- results -->"


def run_arms(
    scenario: Scenario,
    arms: Sequence[Arm],
    mechanisms: Sequence[Mechanism],
    date: int,
    reps: int,
    seed: int,
    workers: int,
) -> dict[str, list[Values]]:
    """Every measure of every replication of each arm.

    Raises:
        PipelineError: arms that differ by dated parameters only differ before the date.
    """
    before = months_before(scenario, date)
    found: dict[str, list[Values]] = {}
    prints: dict[tuple[frozenset[str], int], str] = {}
    for arm in arms:
        began = time.perf_counter()
        variant = scenario.with_values(edits_of(arm, mechanisms, date))
        found[arm.name] = []
        made = map_replications(partial(measure_run, before=before), variant, reps, seed, workers=workers)
        for rep, (fingerprint, values) in enumerate(made):
            same = prints.setdefault((undated_of(arm, mechanisms), rep), fingerprint)
            if same != fingerprint:
                raise PipelineError(f"{arm.name}, replication {rep}: something differs before August {date}")
            found[arm.name].append(values)
        print(f"{arm.title}: {reps} replications, {time.perf_counter() - began:.0f} s", file=sys.stderr)
    return found


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Evaluate the mechanisms of flexible training.")
    parser.add_argument(
        "--scenario", default="england", help="a scenario with the tables of flexible training"
    )
    parser.add_argument("--years", type=int, default=20, help="years to simulate")
    parser.add_argument("--reps", type=int, default=30, help="replications of every arm")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the replications")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the people and places to simulate")
    parser.add_argument("--comparisons", type=Path, default=COMPARISONS, help="what to compare")
    parser.add_argument("--out", type=Path, help="the folder to write to, the README of this one left alone")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> pd.DataFrame:
    """Run, compare and write; gives the table."""
    options = parse(arguments)
    date, mechanisms, variants = read_comparisons(options.comparisons)
    scenario = load_scenario(options.scenario).with_years(options.years).scaled(options.scale)
    arms = arms_of(mechanisms, variants)
    least = months_before(scenario, date) // MONTHS_PER_YEAR + COHORT_YEARS + 2
    if options.years < least:
        raise SystemExit(f"--years: found {options.years}, expected {least} or more, to follow the cohorts")
    by_arm = run_arms(scenario, arms, mechanisms, date, options.reps, options.seed, options.workers)
    table = table_of(by_arm, arms)
    title = (
        f"`{options.scenario}`, {options.years} years, {options.reps} replications of {len(arms)} arms, "
        f"seed {options.seed}, scale {options.scale:g}; changes from August {date}."
    )
    folder = options.out or HERE
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / "results.csv", index=False, lineterminator="\n", float_format="%.5g")
    (folder / "results.md").write_text(page(table, arms, [*mechanisms, *variants], title), encoding="utf-8")
    draw_all(table, arms, title.replace("`", ""), folder)
    if options.out is None:
        README.write_text(
            filled(README.read_text(encoding="utf-8"), summary(table, arms, title)), encoding="utf-8"
        )
    return table


def filled(text: str, body: str) -> str:
    """A page with the summary after its marker, up to the next heading."""
    before, _, after = text.partition(MARK)
    return f"{before}{MARK}\n\n{body}\n{after[after.index(chr(10) + '## ') :]}"


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        raise SystemExit(str(error)) from None
