"""The base scenario against published figures, in one table.

``python experiments/baseline_check/check.py`` writes ``results.csv`` and ``results.md`` beside this file and
the summary into ``README.md``; with ``--out``, the two tables elsewhere and the README is left alone.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
from baseline_measures import values_of
from judging import compare, summary_lines
from rich.console import Console
from rich.table import Table

from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.studies.replicating import map_replications

HERE = Path(__file__).parent
PUBLISHED = HERE / "published.csv"
README = HERE / "README.md"
MARK = "<!-- results -->"
SHOWN = ["measure", "key", "year", "unit", "published", "model", "95 % interval", "lowest to highest"]
SHOWN += ["difference", "target", "within", "status"]
NUMERIC = {"published", "model", "95 % interval", "lowest to highest", "difference", "target"}


def published_figures() -> pd.DataFrame:
    """The published figures, with the England equivalent and whether a newer one replaces it."""
    table = pd.read_csv(PUBLISHED, dtype={"key": str, "year": str}).fillna({"note": "", "url": ""})
    table["published"] = table["value"] * table["england_share"].fillna(1) * table["to_2025"].fillna(1)
    newest = table.groupby(["measure", "key"])["year"].transform("max")
    table["older"] = table["year"] != newest
    return table


def number(value: float) -> str:
    """A number as it is shown: whole above 100, otherwise with decimals."""
    if math.isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")


def between(low: float, high: float) -> str:
    """A range as it is shown; none where there is one number only."""
    return "" if math.isnan(low) or low == high else f"{number(low)} to {number(high)}"


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
                f"- ({row['not_produced']})" if row["not_produced"] else number(row["model"]),
                between(row["model_low"], row["model_high"]),
                between(row["model_min"], row["model_max"]),
                difference,
                f"{row['target']:.0f} %",
                row["within"],
                row["status"],
            ],
        )


def print_table(table: pd.DataFrame, lines: Sequence[str]) -> None:
    """The table on the terminal, a rule between sections."""
    console = Console(width=None if sys.stdout.isatty() else 200)
    shown = Table(title="Published (England equivalent) and model", title_justify="left")
    for name in SHOWN:
        shown.add_column(name, justify="right" if name in NUMERIC else "left", overflow="fold")
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
    columns = ["section", "measure", "key", "year", "unit", "published"]
    columns += ["model", "model_low", "model_high", "model_min", "model_max"]
    columns += ["difference", "target", "within", "status", "kind"]
    columns += ["value", "geography", "england_share", "to_2025", "not_produced", "source", "url", "note"]
    csv.parent.mkdir(parents=True, exist_ok=True)
    table[columns].round(4).to_csv(csv, index=False, lineterminator="\n")
    csv.with_suffix(".md").write_text(markdown(table, lines, title), encoding="utf-8")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare the England base with published figures.")
    parser.add_argument("--years", type=int, default=5, help="years to simulate")
    parser.add_argument("--reps", type=int, default=20, help="replications")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the replications")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the people and places to simulate")
    parser.add_argument("--out", type=Path, help="the csv to write; the page goes beside it")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> pd.DataFrame:
    """Run, compare, print and write; gives the table."""
    options = parse(arguments)
    scenario = load_scenario("england").with_years(options.years).scaled(options.scale)
    figures = published_figures()
    asked = list(figures[["measure", "key", "unit"]].itertuples(index=False, name=None))
    make = partial(values_of, asked=asked, scale=options.scale)
    by_rep = list(map_replications(make, scenario, options.reps, options.seed, workers=options.workers))
    table = compare(figures, by_rep)
    lines = summary_lines(table)
    title = (
        f"`england`, {options.years} years, {options.reps} replications, seed {options.seed}, "
        f"scale {options.scale:g}."
    )
    write_results(table, lines, title, options.out or HERE / "results.csv")
    if options.out is None:
        fill_readme(lines, title)
    print_table(table, lines)
    return table


if __name__ == "__main__":
    main()
