"""The figure of the budget: what each training year costs, by head."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pipeline_sim.report import figures_style as style
from pipeline_sim.results.budget import has_costs
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.scenario.schema_money import HEADS

COLOURS = {
    "students": style.SKY,
    "placements": style.BLUE,
    "foundation": style.YELLOW,
    "specialty_training": style.GREEN,
    "supervision": style.VERMILION,
    "time_out": style.PURPLE,
    "supported_return": "#88ccaa",
    "incentives": "#332288",
    "enhance": "#aa4466",
    "locally_employed": style.ORANGE,
    "fellowships": style.BROWN,
    "credentials": "#44aa99",
    "return_and_retention": style.GREY,
    "trained_workforce": style.BLACK,
}
MILLION, BILLION = 1e6, 1e9
SHOWN = 0.002  # of the last year's budget: smaller heads are added together
OTHER = "Other heads"
BESIDE = "a CCT's cost leaves out locally employed doctors and fellows"
LABELS_FROM = 0.73


def yearly_budget(budget: pd.DataFrame, blueprint: Blueprint, source: str, reps: int = 1) -> Figure | None:
    """Pounds of each training year, stacked by head; None if the scenario has no costs."""
    if not has_costs(blueprint):
        return None
    prices = style.training_year_text(blueprint.price_year)
    subtitle = f"Pounds a training year, {prices} prices; {BESIDE}"
    figure = style.new_figure("What training costs", subtitle, source)
    if budget.empty:
        return style.note_nothing(figure, "spending")
    axes = style.plot_area(figure, right=LABELS_FROM)
    table = budget.groupby(["year", "head"], observed=True)["pounds"].sum().unstack(fill_value=0)
    table = table.reindex(range(int(table.index.min()), int(table.index.max()) + 1), fill_value=0) / max(
        reps, 1
    )
    unit, word = (BILLION, "bn") if table.sum(axis=1).max() >= BILLION else (MILLION, "m")
    base = np.zeros(len(table))
    ends = []
    for name, amount, colour in _shown(table / unit):
        axes.bar(table.index, amount, bottom=base, width=0.82, color=colour, linewidth=0.3, edgecolor="white")
        label = f"{name} £{amount[-1]:,.2f}{word}"
        ends.append((table.index[-1] + 0.41, base[-1] + amount[-1] / 2, label, colour))
        base = base + amount
    axes.set_xlim(table.index[0] - 0.6, table.index[-1] + 0.5)
    axes.set_ylim(0, max(base.max() * 1.05, 1e-9))
    ticks = list(table.index)[:: max(1, -(-len(table) // 8))]
    axes.set_xticks(ticks, [style.training_year_text(year) for year in ticks])
    axes.set_ylabel(f"Pounds ({'thousand million' if word == 'bn' else 'million'})", fontsize=style.NORMAL)
    style.label_ends(axes, ends, table.index[-1] + 0.5 + 0.03 * (len(table) + 0.1))
    return figure


def _shown(table: pd.DataFrame) -> list[tuple[str, np.ndarray, str]]:
    """Heads in their order with label, yearly amounts and colour; those too small to see together."""
    least = SHOWN * table.sum(axis=1).max()
    kept = [head for head in HEADS if head in table.columns and table[head].max() >= least]
    shown = [(style.plain(head), table[head].to_numpy(float), COLOURS[head]) for head in kept]
    rest = [head for head in table.columns if head not in kept]
    small = table[rest].sum(axis=1).to_numpy(float)
    return [*shown, (OTHER, small, "#dddddd")] if small.sum() > 0 else shown
