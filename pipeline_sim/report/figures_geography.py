"""The figure of equity: doctors of each region for people weighted by need, first year to last."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pipeline_sim.report import figures_style as style
from pipeline_sim.scenario.blueprint import Blueprint

PANELS = (
    ("trained_wte_per_100k", "Consultants and GPs", style.BLUE, "trained_theil_between_regions"),
    ("training_wte_per_100k", "Doctors in training", style.VERMILION, "training_theil_between_regions"),
)
ROW, GAP = 0.34, 0.05  # inches of a region; part of the width between the panels
EVERYWHERE = "All regions"
MARK = 5.5  # points


def doctors_and_need(kpis: pd.DataFrame, blueprint: Blueprint, source: str) -> Figure | None:
    """A row a region, most trained doctors first; None where people are told of fewer than two regions."""
    tables = [_by_region(kpis, name, blueprint) for name, _, _, _ in PANELS]
    if len(tables[0]) < 2:
        return None
    order = tables[0].iloc[:, -1].sort_values(kind="stable").index
    years = list(tables[0].columns)
    height = 2.1 + ROW * (len(order) + 1)
    subtitle = "WTE for each 100,000 people, each person counted by the need of their region"
    figure = style.new_figure("Doctors and the need of regions", subtitle, source, height)
    names = [EVERYWHERE, *(style.region_label(region) for region in order)]
    left = style.room_for(figure, names)
    width = (0.97 - left - GAP) / 2
    for at, (table, (name, title, colour, theil)) in enumerate(zip(tables, PANELS, strict=True)):
        begin = left + at * (width + GAP)
        axes = style.plot_area(figure, left=begin, right=begin + width, bottom=0.95, top=0.92)
        whole = kpis[kpis["kpi"] == name].groupby("year")["value"].mean().reindex(years)
        dumbbells(axes, [whole.to_numpy(), *(table.loc[region].to_numpy() for region in order)], colour)
        axes.set_yticks(range(len(names)), names if at == 0 else [""] * len(names))
        axes.set_title(title, fontsize=style.NORMAL, color=style.INK, loc="left", pad=5)
        axes.set_xlabel(_unevenness(kpis, theil, years), fontsize=style.SMALL, color=style.QUIET)
    key(figure, years, height, left)
    return figure


def _by_region(kpis: pd.DataFrame, name: str, blueprint: Blueprint) -> pd.DataFrame:
    """Mean over the replications, a row a region and a column a year; regions without people are left out."""
    rows = kpis[kpis["kpi"].str.startswith(f"{name}[region=")]
    region = rows["kpi"].str.extract(r"\[region=(.+)\]$")[0]
    table = rows.assign(region=region).groupby(["region", "year"])["value"].mean().unstack()
    return table.reindex([name for name in blueprint.regions if name in table.index])


def dumbbells(axes: Axes, rows: list[np.ndarray], colour: str, least: float = np.inf) -> None:
    """A row for each series, from below: its first value hollow, its last filled; the first row is all.

    The axis reaches down to ``least``.
    """
    everything = np.concatenate(rows)
    low, high = min(np.nanmin(everything), least), np.nanmax(everything)
    room = max(high - low, 0.1 * high) or 1.0
    axes.set_xlim(low - 0.16 * room, high + 0.15 * room)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.grid(visible=False)
    axes.grid(axis="x", color=style.FAINT, linewidth=0.6)
    axes.axhline(0.5, color=style.GREY, linewidth=0.6)
    if not np.isnan(rows[0][-1]):
        axes.axvline(rows[0][-1], color=style.GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    axes.tick_params(axis="y", length=0)
    for at, values in enumerate(rows):
        shade = style.INK if at == 0 else colour
        first, last = values[0], values[-1]
        axes.plot([first, last], [at, at], color=shade, linewidth=1.4, alpha=0.45)
        axes.plot([first], [at], "o", color=shade, markerfacecolor="white", markersize=MARK)
        axes.plot([last], [at], "o", color=shade, markersize=MARK)
        for here, there, ink, weight in (
            (first, last, style.QUIET, "normal"),
            (last, first, style.INK, "bold"),
        ):
            if np.isnan(here):
                continue
            side = 1 if here > there or (here == there and weight == "bold") else -1
            axes.annotate(
                _number(here),
                (here, at),
                (side * 5, 0),
                textcoords="offset points",
                fontsize=style.SMALL,
                color=ink,
                weight=weight,
                ha="left" if side > 0 else "right",
                va="center",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
            )


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 10 or value == 0 else f"{value:.1f}"


def _unevenness(kpis: pd.DataFrame, name: str, years: list[int]) -> str:
    """Theil's index in the first and last year, or nothing where it was not measured."""
    index = kpis[kpis["kpi"] == name].groupby("year")["value"].mean()
    ends = [index.get(year, np.nan) for year in (years[0], years[-1])]
    if np.isnan(ends).any():
        return ""
    return f"Theil's index between regions: {ends[0]:.4f}, then {ends[1]:.4f}"


def key(
    figure: Figure, years: list[int], height: float, left: float, everything: str = "all regions"
) -> None:
    """What the marks of ``dumbbells`` stand for, at the foot."""
    first, last = (style.training_year_text(year) for year in (years[0], years[-1]))
    marks = [
        Line2D([], [], color=style.INK, marker="o", markerfacecolor="white", linestyle="none", label=first),
        Line2D([], [], color=style.INK, marker="o", linestyle="none", label=last),
        Line2D([], [], color=style.GREY, linestyle=(0, (4, 3)), label=f"{everything} {last}"),
    ]
    figure.legend(
        handles=marks, loc="lower left", bbox_to_anchor=(left, 0.27 / height), ncols=3, frameon=False,
        fontsize=style.SMALL, borderpad=0, handletextpad=0.5, columnspacing=1.6,
    )  # fmt: skip
