"""How cost grows with people and years: the compiled engine on England, a process for each size.

``python experiments/benchmarks/scaling.py`` writes ``scaling.csv`` and ``scaling.png`` beside this file,
prints the table, and says how far the seconds are from a straight line through the origin.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
SCALES = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
YEARS = (5, 10, 20, 30, 40)
COLUMNS = ("scale", "years", "people", "events", "seconds", "first_seconds", "ns_per_event", "peak_mib")
RUNS = 3


def one_size(scale: float, years: int) -> dict[str, float]:
    """Several replications in this process; seconds are the least of those after the first."""
    from pipeline_sim.engines import compiled_engine
    from pipeline_sim.scenario.load import load_scenario
    from pipeline_sim.studies.runs import peak_memory_mib

    compiled_engine.run(load_scenario("england").scaled(0.01).blueprint(1), 1)  # loads what was compiled
    scenario = load_scenario("england")
    blueprint = (scenario if scale == 1 else scenario.scaled(scale)).blueprint(years)
    spent, events, alive = [], 0, 0

    def count(_month: int, people: int, _events: int) -> None:
        nonlocal alive
        alive = people

    for rep in range(RUNS):
        began = time.process_time()
        events = len(compiled_engine.run(blueprint, 1, rep, count))
        spent.append(time.process_time() - began)
    best = min(spent[1:])
    figures = (scale, years, alive, events, best, spent[0], 1e9 * best / events, peak_memory_mib() or np.nan)
    return dict(zip(COLUMNS, figures, strict=True))


def in_own_process(scale: float, years: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", str(scale), str(years)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(zip(COLUMNS, map(float, done.stdout.split()[-len(COLUMNS) :]), strict=True))


def off_the_line(sizes: pd.Series, seconds: pd.Series) -> float:
    """Largest distance, in percent, of seconds from the line through the origin that fits them best."""
    slope = (sizes * seconds / seconds**2).sum() / (sizes**2 / seconds**2).sum()
    return float((100 * (seconds / (slope * sizes) - 1)).abs().max())


def draw(table: pd.DataFrame, path: Path) -> None:
    """Seconds against scale and against years, with proportional lines."""
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    by_scale, by_years = table[table["years"] == 20], table[table["scale"] == 1]
    for axis, part, column, title in (
        (axes[0], by_scale, "scale", "20 years, by scale (1 = England)"),
        (axes[1], by_years, "years", "England, by simulated years"),
    ):
        part = part.sort_values(column)
        one = part[part[column] == (1 if column == "scale" else 20)]["seconds"].iloc[0]
        reach = np.array([0, part[column].max()])
        unit = 1 if column == "scale" else 20
        axis.plot(reach, one * reach / unit, color="0.75", label=f"in proportion to {column} {unit}")
        axis.plot(part[column], part["seconds"], "o-", color="#005eb8", label="measured")
        axis.set(
            title=title, xlabel=column, ylabel="seconds of processor time", ylim=(0, None), xlim=(0, None)
        )
        axis.legend(frameon=False)
    figure.savefig(path, dpi=120)


def show(table: pd.DataFrame) -> None:
    shown = Table(title="Compiled engine, England: one replication", title_justify="left")
    for name in COLUMNS:
        shown.add_column(name, justify="right")
    for row in table.itertuples():
        shown.add_row(
            f"{row.scale:g}", f"{row.years:.0f}", f"{row.people:,.0f}", f"{row.events:,.0f}",
            f"{row.seconds:.2f}", f"{row.first_seconds:.2f}", f"{row.ns_per_event:.0f}",
            f"{row.peak_mib:,.0f}",
        )  # fmt: skip
    console = Console(width=110)
    console.print(shown)
    for column, fixed, value in (("scale", "years", 20), ("years", "scale", 1)):
        part = table[table[fixed] == value]
        console.print(
            f"By {column}: at most {off_the_line(part[column], part['seconds']):.0f} % off proportional; "
            f"by events: {off_the_line(part['events'], part['seconds']):.0f} %."
        )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--one", nargs=2, type=float, metavar=("SCALE", "YEARS"), help="measure one size only"
    )
    parser.add_argument(
        "--out", type=Path, default=HERE / "scaling.csv", help="the csv; the picture goes beside it"
    )
    options = parser.parse_args(arguments)
    if options.one:
        print(*one_size(options.one[0], int(options.one[1])).values())
        return
    sizes = sorted({(scale, 20) for scale in SCALES} | {(1.0, years) for years in YEARS})
    table = pd.DataFrame([in_own_process(scale, years) for scale, years in sizes])
    table.round(4).to_csv(options.out, index=False, lineterminator="\n")
    draw(table, options.out.with_suffix(".png"))
    show(table)


if __name__ == "__main__":
    main()
