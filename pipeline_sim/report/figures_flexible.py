"""The figure of flexible training: who is away from a programme, and who trains less than full time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline_sim.report import figures_style as style
from pipeline_sim.results.labels import step_out_names, step_out_titles
from pipeline_sim.scenario.blueprint import Blueprint

COLOURS = (
    *(style.BLUE, style.VERMILION, style.GREEN, style.ORANGE),
    *(style.SKY, style.PURPLE, style.BROWN, style.YELLOW),
)
OTHER = "other"
GAP, LOWER = 0.62, 0.36  # inches between the panels; part of the height that the lower one takes
LABELS_FROM = 0.77
LONGEST = 23  # characters of a name


def flexible_training(kpis: pd.DataFrame, blueprint: Blueprint, source: str) -> Figure | None:
    """Trainees away, by kind, above the share of doctors less than full time; None if nobody is away."""
    away = kpis[kpis["kpi"].str.startswith("stepped_out[kind=")]
    parts = away["kpi"].str.extract(r"^stepped_out\[kind=([^,]+)\]$")[0]
    away = away.assign(kind=parts).dropna(subset=["kind"])
    if away.empty or not away["value"].sum() > 0:
        return None
    reps = kpis["rep"].nunique()
    years = sorted(set(kpis["year"]))
    table = away.groupby(["year", "kind"])["value"].sum().unstack(fill_value=0).reindex(years, fill_value=0)
    subtitle = "Means over the months of each training year (August to July)"
    figure = style.new_figure("Trainees away, and trainees less than full time", subtitle, source, 5.6)
    height = figure.get_figheight()
    room = height - 0.62 - 0.85 - GAP
    lower = style.plot_area(figure, right=LABELS_FROM, top=height - 0.62 - LOWER * room)
    upper = style.plot_area(figure, right=LABELS_FROM, bottom=0.62 + LOWER * room + GAP, top=0.85)
    _stack(upper, table / reps, dict(zip(step_out_names(blueprint), step_out_titles(blueprint), strict=True)))
    share = kpis[kpis["kpi"] == "ltft_percent"].groupby("year")["value"].mean().reindex(years)
    _line(lower, share)
    for axes, title in (
        (upper, "Trainees stepped out of a programme, by kind"),
        (lower, "Doctors in training who train less than full time, percent"),
    ):
        axes.set_xlim(years[0] - 0.6, years[-1] + 0.5)
        axes.set_title(title, fontsize=style.NORMAL, color=style.INK, loc="left", pad=5)
        ticks = years[:: max(1, -(-len(years) // 8))]
        axes.set_xticks(ticks, [style.training_year_text(year) for year in ticks])
    return figure


def _stack(axes: Axes, table: pd.DataFrame, titles: dict[str, str]) -> None:
    base = np.zeros(len(table))
    ends = []
    for kind, name, colour in _shown(table, titles):
        amount = table[kind].sum(axis=1).to_numpy()
        axes.bar(table.index, amount, bottom=base, width=0.82, color=colour, linewidth=0.3, edgecolor="white")
        if amount[-1] > 0:
            ends.append(
                (table.index[-1] + 0.41, base[-1] + amount[-1] / 2, f"{name} {amount[-1]:,.0f}", colour)
            )
        base = base + amount
    axes.set_ylim(0, max(base.max() * 1.05, 1))
    axes.set_ylabel("People", fontsize=style.NORMAL, color=style.INK)
    style.label_ends(axes, ends, table.index[-1] + 0.5 + 0.03 * (len(table) + 0.1))


def _shown(table: pd.DataFrame, titles: dict[str, str]) -> list[tuple[list[str], str, str]]:
    """Kinds in the scenario's order with label and colour; the smallest together if they are too many."""
    kinds = [kind for kind in (*titles, *sorted(set(table.columns) - set(titles))) if kind in table.columns]
    kinds = [kind for kind in kinds if table[kind].sum() > 0]
    most = sorted(kinds, key=lambda kind: -table[kind].sum())
    kept = most if len(most) <= len(COLOURS) else most[: len(COLOURS) - 1]
    shown = [
        ([kind], _label(kind, titles.get(kind, kind)), COLOURS[at])
        for at, kind in enumerate(kind for kind in kinds if kind in kept)
    ]
    rest: Sequence[str] = [kind for kind in kinds if kind not in kept]
    return [*shown, (list(rest), style.plain(OTHER), style.GREY)] if rest else shown


def _label(kind: str, title: str) -> str:
    """The title if it is short, otherwise the name and what it is for: several titles may begin alike."""
    words = style.plain(title if len(title) <= LONGEST else kind)
    purpose = title.rpartition(" for ")[2]
    if title not in (words, purpose) and len(words) + len(purpose) + 2 <= LONGEST:
        words = f"{words}, {purpose}"
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def _line(axes: Axes, share: pd.Series) -> None:
    marker = "o" if share.notna().sum() == 1 else None
    axes.plot(share.index, share.to_numpy(), color=style.INK, linewidth=1.6, marker=marker)
    axes.set_ylim(0, max(float(share.max()) * 1.15, 1) if share.notna().any() else 1)
    axes.set_ylabel("Percent", fontsize=style.NORMAL, color=style.INK)
    known = share.dropna()
    if len(known):
        year, value = known.index[-1], known.iloc[-1]
        label = [(year + 0.05, value, f"{value:.0f}%", style.INK)]
        style.label_ends(axes, label, share.index[-1] + 0.5 + 0.03 * (len(share) + 0.1))
