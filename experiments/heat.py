"""A heat map by year: rows are pools or queues, blocks the arms of a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from flagship import Study, source_line
from matplotlib.colors import LinearSegmentedColormap, Normalize, SymLogNorm
from matplotlib.figure import Figure

from pipeline_sim.report import figures_style as style
from pipeline_sim.studies.comparing import Comparison

COLOURS = LinearSegmentedColormap.from_list(
    "full", ["#FFFFFF", "#FDE0C5", "#F2A07B", style.VERMILION, "#7A2E00"]
)


@dataclass(frozen=True)
class Row:
    """A KPI as a row; its value is divided by ``by``."""

    kpi: str
    title: str
    by: float = 1


def heat_map(
    study: Study,
    comparison: Comparison,
    rows: Sequence[Row],
    title: str,
    subtitle: str,
    lowest: float,
    highest: float | None,
) -> Figure:
    """The base and every arm one above the other; without `highest` colours tell the order of size."""
    blocks = [study.base_title, *(arm[1] for arm in study.arms)]
    values = [_block(comparison, rows, name) for name in (None, *(arm[0] for arm in study.arms))]
    line, head = 0.185, 0.26
    height = 1.05 + len(blocks) * (head + line * len(rows)) + 0.45
    figure = style.new_figure(title, subtitle, source_line(study, comparison), height)
    largest = max(float(np.nanmax(block, initial=1)) for block in values)
    norm = Normalize(lowest, highest) if highest is not None else SymLogNorm(100, vmin=lowest, vmax=largest)
    years = range(comparison.first_year, comparison.last_year + 1)
    for at, (name, block) in enumerate(zip(blocks, values, strict=True)):
        top = 0.72 + at * (head + line * len(rows)) + head
        axes = figure.add_axes(
            (0.255, 1 - (top + line * len(rows)) / height, 0.735, line * len(rows) / height)
        )
        axes.imshow(block, aspect="auto", cmap=COLOURS, norm=norm, interpolation="none")
        axes.set_yticks(range(len(rows)), [row.title for row in rows], fontsize=6.5)
        axes.set_xticks(
            range(len(years)), [f"{year % 100:02d}/{(year + 1) % 100:02d}" for year in years], fontsize=6
        )
        axes.tick_params(length=0, labelbottom=at == len(blocks) - 1)
        for side in axes.spines.values():
            side.set_visible(False)
        axes.set_title(name, fontsize=style.SMALL, weight="bold", color=style.INK, loc="left", pad=3)
        for y, x in np.ndindex(block.shape):
            value = block[y, x]
            if not np.isnan(value):
                dark = norm(value) > 0.62
                axes.text(
                    x,
                    y,
                    _short(value),
                    ha="center",
                    va="center",
                    fontsize=5.5,
                    color="white" if dark else style.INK,
                )
    return figure


def _block(comparison: Comparison, rows: Sequence[Row], arm: str | None) -> np.ndarray:
    """[row, year]; of the base without an arm."""
    years = range(comparison.first_year, comparison.last_year + 1)
    name = comparison.arms[0].name if arm is None else arm
    column = "base" if arm is None else "policy"
    table = comparison.differences[comparison.differences["arm"] == name]
    laid = []
    for row in rows:
        of_kpi = table[table["kpi"] == row.kpi].set_index("year")[column]
        if not len(of_kpi) and row.kpi.startswith("waits["):
            of_kpi = pd.Series(0.0, index=years)
        laid.append(of_kpi.reindex(years).to_numpy(dtype=float) / row.by)
    return np.array(laid)


def _short(value: float) -> str:
    return f"{value / 1000:.1f}k" if value >= 9999.5 else f"{value:,.0f}"
