"""KPIs as a short table for the terminal. What a KPI means is decided in ``results``, not here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

SHOWN_YEARS = (1, 5, 10)  # and the last
WIDEST_UNIT = 13  # characters
MISSING = "-"


def years_to_show(years: Iterable[int]) -> list[int]:
    """The first, fifth, tenth and last of the years that there are."""
    ordered = sorted(set(years))
    if not ordered:
        return []
    chosen = {ordered[n - 1] for n in SHOWN_YEARS if n <= len(ordered)}
    return sorted(chosen | {ordered[-1]})


def kpi_table(kpis: pd.DataFrame, headline: Mapping[str, str], title: str = "") -> Table:
    """Rows are the ``headline`` KPIs (name -> words) that were measured, columns a few years.

    ``kpis`` has columns ``rep, year, kpi, value, unit``; with several replications a cell is their mean.
    """
    years = years_to_show(kpis["year"])
    reps = kpis["rep"].nunique()
    table = Table(
        title=Text(title), caption=f"mean of {reps} replications" if reps > 1 else None,
        box=SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1),
    )  # fmt: skip
    table.add_column("KPI")
    for year in years:
        table.add_column(str(year), justify="right", no_wrap=True)
    table.add_column("unit", max_width=WIDEST_UNIT)
    measured = kpis[kpis["kpi"].isin(headline)]
    means = measured.groupby(["kpi", "year"])["value"].mean()
    units = measured.groupby("kpi")["unit"].first()
    for name, words in headline.items():
        if name in units.index:
            cells = [number_text(means.get((name, year))) for year in years]
            table.add_row(words, *cells, str(units[name]))
    return table


def number_text(value: float | None) -> str:
    """A figure short enough to read: whole above 1,000, otherwise at most two decimals; more near 0."""
    if value is None or pd.isna(value):
        return MISSING
    if abs(value) >= 1000 or float(value).is_integer():
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.2g}"
