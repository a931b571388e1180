"""The base scenario against published figures, in one table.

``python experiments/baseline_check/check.py`` writes ``results.csv`` and ``results.md`` beside this file and
the summary into ``README.md``; with ``--out``, the two tables elsewhere and the README is left alone.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
from baseline_measures import MEASURES, NotProducedError, Run
from rich.console import Console
from rich.table import Table

from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.studies.replicating import replications

HERE = Path(__file__).parent
PUBLISHED = HERE / "published.csv"
README = HERE / "README.md"
MARK = "<!-- results -->"
TARGETS = {"base": 5.0, "emergent": 15.0}  # percent
KINDS = {"base": "inputs of the base", "emergent": "what emerges"}
COUNTS = {"people", "places", "posts", "applications", "FTE"}  # units that grow with the scale
SHOWN = ["measure", "key", "year", "unit", "published", "model", "difference", "target", "within", "status"]
Values = list[list[float | str]]


def published_figures() -> pd.DataFrame:
    """The published figures, with the England equivalent and whether a newer one replaces it."""
    table = pd.read_csv(PUBLISHED, dtype={"key": str, "year": str}).fillna({"note": "", "url": ""})
    table["published"] = table["value"] * table["england_share"].fillna(1) * table["to_2025"].fillna(1)
    newest = table.groupby(["measure", "key"])["year"].transform("max")
    table["older"] = table["year"] != newest
    return table


def model_values(run: Run, figures: pd.DataFrame, scale: float) -> list[float | str]:
    """The model's number for each figure at full size, or the reason there is none."""
    values: list[float | str] = []
    for measure, key, unit in zip(figures["measure"], figures["key"], figures["unit"], strict=True):
        try:
            value = MEASURES[measure](run, key)
            values.append(value / scale if unit in COUNTS else value)
        except NotProducedError as reason:
            values.append(str(reason))
    return values


def runs_of(scenario: Scenario, reps: int, seed: int) -> Iterator[Run]:
    """Replications of the scenario, one at a time."""
    for result in replications(scenario, reps, seed=seed):
        yield Run(result.log, result.blueprint)


def compare(figures: pd.DataFrame, by_rep: Values) -> pd.DataFrame:
    """One row a figure: published, model over the replications, difference and whether within target."""
    table = figures.copy()
    numbers = [[row[i] for row in by_rep if not isinstance(row[i], str)] for i in range(len(table))]
    reasons = [
        next((str(row[i]) for row in by_rep if isinstance(row[i], str)), "") for i in range(len(table))
    ]
    table["model"] = [math.fsum(found) / len(found) if found else math.nan for found in numbers]
    table["model_min"] = [min(found, default=math.nan) for found in numbers]
    table["model_max"] = [max(found, default=math.nan) for found in numbers]
    table["difference"] = 100 * (table["model"] / table["published"] - 1)
    table["target"] = table["kind"].map(TARGETS)
    table["not_produced"] = [
        reason if not found else "" for reason, found in zip(reasons, numbers, strict=True)
    ]
    table["within"] = (table["difference"].abs() <= table["target"]).map({True: "yes", False: "no"})
    table.loc[table["older"], "within"] = "older"
    table.loc[table["model"].isna(), "within"] = "not produced"
    return table


def summary_lines(table: pd.DataFrame) -> list[str]:
    """How many are within target, by kind and, for each kind, by section."""
    judged = table[table["within"].isin(["yes", "no"])]
    lines = []
    for kind, title in KINDS.items():
        rows = judged[judged["kind"] == kind]
        met = (rows["within"] == "yes").sum()
        lines.append(f"{title.capitalize()}: {met} of {len(rows)} within {TARGETS[kind]:.0f} %.")
    sections = judged.groupby("section", sort=False)["within"]
    parts = [f"{section} {(within == 'yes').sum()}/{len(within)}" for section, within in sections]
    lines.append(f"By section: {'; '.join(parts)}.")
    older, missing = ((table["within"] == name).sum() for name in ("older", "not produced"))
    lines.append(f"Not judged: {older} figures with a newer one in the table, {missing} not produced.")
    return lines


def number(value: float) -> str:
    """A number as it is shown: whole above 100, otherwise with decimals."""
    if math.isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")


def model_text(row: pd.Series) -> str:
    """The model's mean, with its range if the replications differ."""
    if row["not_produced"]:
        return f"- ({row['not_produced']})"
    if row["model_min"] == row["model_max"]:
        return number(row["model"])
    return f"{number(row['model'])} ({number(row['model_min'])} to {number(row['model_max'])})"


def shown_rows(table: pd.DataFrame) -> Iterator[tuple[str, list[str]]]:
    """The section and the shown cells of each row."""
    for _, row in table.iterrows():
        difference = "-" if math.isnan(row["difference"]) else f"{row['difference']:+.1f} %"
        yield (
            row["section"],
            [
                row["measure"],
                row["key"],
                row["year"],
                row["unit"],
                number(row["published"]),
                model_text(row),
                difference,
                f"{row['target']:.0f} %",
                row["within"],
                row["status"],
            ],
        )


def print_table(table: pd.DataFrame, lines: Sequence[str]) -> None:
    """The table on the terminal, a rule between sections."""
    console = Console(width=None if sys.stdout.isatty() else 170)
    shown = Table(title="Published (England equivalent) and model", title_justify="left")
    for name in SHOWN:
        numeric = name in ("published", "model", "difference", "target")
        shown.add_column(name, justify="right" if numeric else "left", overflow="fold")
    before = ""
    for section, cells in shown_rows(table):
        if section != before:
            shown.add_section()
            shown.add_row(f"[bold]{section}[/bold]")
        shown.add_row(*cells)
        before = section
    console.print(shown)
    for line in lines:
        console.print(line)


def markdown(table: pd.DataFrame, lines: Sequence[str], title: str) -> str:
    """The table as a page, with the source of every figure."""
    parts = ["# Published figures and model", "", title, "", *(f"- {line}" for line in lines)]
    head = [*SHOWN, "source"]
    before = ""
    for (section, cells), (_, row) in zip(shown_rows(table), table.iterrows(), strict=True):
        if section != before:
            parts += ["", f"## {section}", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
        source = f"[{row['source']}]({row['url']})" if row["url"] else row["source"]
        note = f"; {row['note']}" if row["note"] else ""
        share = row["england_share"]
        share_text = "" if math.isnan(share) else f"; {number(row['value'])} {row['geography']} x {share:g}"
        parts.append(f"| {' | '.join([*cells, source + share_text + note])} |")
        before = section
    return "\n".join(parts) + "\n"


def fill_readme(lines: Sequence[str], title: str) -> None:
    """Put the summary after the marker of the README, up to the next heading."""
    text = README.read_text(encoding="utf-8")
    before, _, after = text.partition(MARK)
    rest = after[after.index("\n## ") :] if "\n## " in after else ""
    body = "\n".join(["", title, "", *(f"- {line}" for line in lines), ""])
    README.write_text(before + MARK + "\n" + body + rest, encoding="utf-8")


def write_results(table: pd.DataFrame, lines: Sequence[str], title: str, csv: Path) -> None:
    """``csv`` and the page of the same name beside it."""
    columns = [
        "section",
        *SHOWN,
        "kind",
        "model_min",
        "model_max",
        "value",
        "geography",
        "england_share",
        "to_2025",
    ]
    columns += ["not_produced", "source", "url", "note"]
    csv.parent.mkdir(parents=True, exist_ok=True)
    table[columns].round(4).to_csv(csv, index=False, lineterminator="\n")
    csv.with_suffix(".md").write_text(markdown(table, lines, title), encoding="utf-8")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare the England base with published figures.")
    parser.add_argument("--years", type=int, default=5, help="years to simulate")
    parser.add_argument("--reps", type=int, default=1, help="replications")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the people and places to simulate")
    parser.add_argument("--out", type=Path, help="the csv to write; the page goes beside it")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> pd.DataFrame:
    """Run, compare, print and write; gives the table."""
    options = parse(arguments)
    scenario = load_scenario("england").with_years(options.years).scaled(options.scale)
    figures = published_figures()
    by_rep = [
        model_values(run, figures, options.scale) for run in runs_of(scenario, options.reps, options.seed)
    ]
    table = compare(figures, by_rep)
    lines = summary_lines(table)
    title = (
        f"`england`, {options.years} years, {options.reps} replication(s), seed {options.seed}, "
        f"scale {options.scale:g}."
    )
    write_results(table, lines, title, options.out or HERE / "results.csv")
    if options.out is None:
        fill_readme(lines, title)
    print_table(table, lines)
    return table


if __name__ == "__main__":
    main()
