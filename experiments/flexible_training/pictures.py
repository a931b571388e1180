"""The pictures: effects with intervals, people by year, waits by cause, time to the certificate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from comparing import ALL, NONE, Arm, alone_of
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from paired import SUM

from pipeline_sim.report import figures_style as style

COLOURS = (
    *(style.BLUE, style.VERMILION, style.GREEN, style.ORANGE, style.SKY, style.PURPLE),
    *(style.BROWN, style.YELLOW, style.GREY),
)
EFFECTS = (
    ("ccts", "all", "end", "CCTs a year"),
    ("f2_to_cct_mean", "all", "end", "Months from F2 to CCT, mean"),
    ("f2_cohort_cct", "", "", "F2 cohort with a CCT, points"),
    ("leavers", "all", "end", "Leaving without a CCT, a year"),
    ("wte", "all", "end", "WTE at work: trained and trainees"),
    ("waits_to_start", "training_post", "end", "Waits for a post, months a year"),
)
PLACES = (
    ("training", "In post"),
    ("stepped_out", "Stepped out"),
    ("outside training", "Outside training"),
)


def draw_all(table: pd.DataFrame, arms: Sequence[Arm], source: str, folder: Path) -> None:
    """Write the four pictures."""
    figures = {
        "effects": effects(table, arms, source),
        "people": people(table, arms, source),
        "waits": waits(table, arms, source),
        "time_to_cct": time_to_cct(table, arms, source),
    }
    for name, figure in figures.items():
        (folder / f"{name}.png").write_bytes(style.to_png(figure))


def effects(table: pd.DataFrame, arms: Sequence[Arm], source: str) -> Figure:
    """Differences from none, a panel a measure, a row an arm."""
    figure = style.new_figure(
        "What each mechanism changes, against none of the six",
        "Paired differences, mean and 95 % interval, last five years (cohort: at the end of follow-up)",
        source,
        6.2,
    )
    alone = alone_of(arms)
    rest = [arm for arm in arms[1:] if arm not in alone]
    rows = [*_named(alone), (SUM, "Sum of the six"), *_named(rest)]
    left = style.room_for(figure, [title for _, title in rows])
    for at, (measure, breakdown, period, title) in enumerate(EFFECTS):
        axes = _panel(figure, at, 2, 3, left, top=0.95)
        found = _of(table, measure, breakdown, period)
        _forest(axes, found, rows, len(alone))
        axes.set_title(title, fontsize=style.SMALL, color=style.INK, loc="left", pad=5)
        if at % 3:
            axes.set_yticklabels([])
    return figure


def _named(arms: Sequence[Arm]) -> list[tuple[str, str]]:
    return [(arm.name, arm.title) for arm in arms]


def _forest(axes: Axes, found: pd.DataFrame, rows: Sequence[tuple[str, str]], alone: int) -> None:
    for at, (name, _) in enumerate(rows):
        if name not in found.index or np.isnan(found.loc[name, "difference"]):
            continue
        mean, low, high = found.loc[name, ["difference", "difference_low", "difference_high"]].astype(float)
        colour = style.BLUE if at < alone else style.INK
        if not np.isnan(low):
            axes.plot([low, high], [at, at], color=colour, linewidth=1.4)
        axes.plot(
            mean, at, "o", color=colour, markersize=4, markerfacecolor="white" if name == SUM else colour
        )
    axes.axvline(0, color=style.GREY, linewidth=0.8, zorder=0)
    axes.axhline(alone - 0.5, color=style.FAINT, linewidth=0.8)
    _rows_downwards(axes, [title for _, title in rows])
    _numbers_across(axes, 4)


def people(table: pd.DataFrame, arms: Sequence[Arm], source: str) -> Figure:
    """Doctors in post, away and outside training by year: differences from none."""
    figure = style.new_figure(
        "In training and out of it, against none of the six",
        "Difference in doctors after F2, mean of each training year; band: 95 % interval",
        source,
        4.6,
    )
    for at, (place, title) in enumerate(PLACES):
        axes = _panel(figure, at, 1, 3, 0.075, bottom=1.02, gap=0.075)
        for arm, colour, line in _lines([arm for arm in arms if not arm.also]):
            rows = table[
                (table["arm"] == arm.name) & (table["measure"] == "people") & (table["breakdown"] == place)
            ]
            rows = rows[rows["period"].str.fullmatch(r"\d{4}")]
            _band(axes, rows["period"].astype(int), rows, colour, line, arm.title)
        axes.axhline(0, color=style.GREY, linewidth=0.8, zorder=0)
        axes.set_title(title, fontsize=style.NORMAL, color=style.INK, loc="left", pad=5)
        years = sorted({int(period) for period in table["period"] if period.isdigit()})
        ticks = years[:: max(1, -(-len(years) // 4))]
        axes.set_xticks(ticks, [style.training_year_text(year) for year in ticks])
    _legend(figure, axes)
    return figure


def waits(table: pd.DataFrame, arms: Sequence[Arm], source: str) -> Figure:
    """Waits by cause: those to come back as they are, those to start as differences."""
    figure = style.new_figure(
        "Waits by cause",
        "Person-months a year, all training years since the changes; line: 95 % interval",
        source,
        4.6,
    )
    rows = _named(arms)
    left = style.room_for(figure, [title for _, title in rows])
    back = _panel(figure, 0, 1, 2, left, bottom=1.02, gap=0.05)
    _stack(back, _after(table, "waits_to_return", "mean"), rows)
    back.set_title("Waiting to come back", fontsize=style.NORMAL, color=style.INK, loc="left", pad=5)
    start = _panel(figure, 1, 1, 2, left, bottom=1.02, gap=0.05)
    _stack(start, _after(table, "waits_to_start", "difference"), rows)
    whole = _of(table, "waits_to_start", "all", "after")
    for at, (name, _) in enumerate(rows):
        if name in whole.index and not np.isnan(whole.loc[name, "difference_low"]):
            ends = whole.loc[name, ["difference_low", "difference_high"]].astype(float)
            start.plot(ends, [at, at], color=style.INK, linewidth=1.2)
    start.axvline(0, color=style.GREY, linewidth=0.8, zorder=0)
    start.set_yticklabels([])
    start.set_title(
        "Waiting to start, against none of the six", fontsize=style.NORMAL, color=style.INK, loc="left", pad=5
    )
    _legend(figure, start, back)
    return figure


def _after(table: pd.DataFrame, measure: str, column: str) -> pd.DataFrame:
    """By arm and cause."""
    rows = table[(table["measure"] == measure) & (table["period"] == "after") & (table["breakdown"] != "all")]
    return rows.pivot(index="arm", columns="breakdown", values=column)


WORTH_NAMING = 0.005  # of the largest amount
CAUSES = {
    "training_post": style.BLUE,
    "supervisor": style.VERMILION,
    "practice_place": style.ORANGE,
    "support_place": style.PURPLE,
    "foundation_place": style.GREEN,
    "clinical_placement": style.SKY,
}


def _stack(axes: Axes, amounts: pd.DataFrame, rows: Sequence[tuple[str, str]]) -> None:
    """Bars across, causes one after another, those below zero to the left; the smallest are not named."""
    largest = amounts.abs().max()
    shown = set(largest.index[largest > WORTH_NAMING * largest.max()])
    for at, (name, _) in enumerate(rows):
        above = below = 0.0
        for cause, colour in CAUSES.items():
            amount = float(amounts.loc[name, cause]) if cause in amounts and name in amounts.index else 0.0
            base = above if amount >= 0 else below
            label = style.plain(cause) if at == 0 and cause in shown else None
            axes.barh(at, amount, left=base, height=0.62, color=colour, label=label)
            above, below = above + max(amount, 0.0), below + min(amount, 0.0)
    _rows_downwards(axes, [title for _, title in rows])
    _numbers_across(axes, 5)


def time_to_cct(table: pd.DataFrame, arms: Sequence[Arm], source: str) -> Figure:
    """How many of the F2 cohort have a certificate so many months after F2."""
    figure = style.new_figure(
        "From F2 to CCT: the F2 cohort",
        "Who finishes F2 in four training years, from a year after the changes on; all followed equally long",
        source,
        4.6,
    )
    curve = table[table["measure"] == "f2_cohort_curve"]
    level = _panel(figure, 0, 1, 2, 0.075, bottom=1.02, gap=0.085)
    ends = {NONE: style.GREY, ALL: style.INK}
    for arm in (arm for arm in arms if arm.name in ends):
        rows = curve[curve["arm"] == arm.name]
        level.plot(
            rows["breakdown"].astype(int) / 12,
            rows["mean"],
            color=ends[arm.name],
            linewidth=1.6,
            label=arm.title,
        )
    level.set_ylim(0, None)
    level.set_title("With a CCT, percent", fontsize=style.NORMAL, color=style.INK, loc="left", pad=5)
    change = _panel(figure, 1, 1, 2, 0.075, bottom=1.02, gap=0.085)
    for arm, colour, line in _lines(arms):
        rows = curve[curve["arm"] == arm.name]
        _band(change, rows["breakdown"].astype(int) / 12, rows, colour, line, arm.title)
    change.axhline(0, color=style.GREY, linewidth=0.8, zorder=0)
    change.set_title(
        "Against none of the six, points", fontsize=style.NORMAL, color=style.INK, loc="left", pad=5
    )
    for axes in (level, change):
        axes.set_xlabel("Years since F2", fontsize=style.SMALL, color=style.INK)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    _legend(figure, level, change)
    return figure


# parts ------------------------------------------------------------------------------------------------


def _of(table: pd.DataFrame, measure: str, breakdown: str, period: str) -> pd.DataFrame:
    """The rows of a measure, by arm."""
    keys = (table["measure"] == measure) & (table["breakdown"] == breakdown) & (table["period"] == period)
    return table[keys].set_index("arm")


def _panel(
    figure: Figure,
    at: int,
    down: int,
    across: int,
    left: float,
    top: float = 0.85,
    bottom: float = 0.55,
    gap: float = 0.035,
) -> Axes:
    """One of ``down`` x ``across`` panels; ``top`` and ``bottom`` are inches kept free."""
    height = figure.get_figheight()
    width = (0.975 - left - gap * (across - 1)) / across
    between = 0.62 / height
    tall = (1 - (top + bottom) / height - between * (down - 1)) / down
    row, column = divmod(at, across)
    place = (
        left + column * (width + gap),
        bottom / height + (down - 1 - row) * (tall + between),
        width,
        tall,
    )
    axes = figure.add_axes(place)
    style.tidy(axes)
    return axes


def _rows_downwards(axes: Axes, titles: Sequence[str]) -> None:
    axes.set_yticks(range(len(titles)), titles)
    axes.set_ylim(len(titles) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color=style.FAINT, linewidth=0.6)


def _numbers_across(axes: Axes, most: int) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(nbins=most))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def _lines(arms: Sequence[Arm]) -> Iterator[tuple[Arm, str, str]]:
    """Every arm but the first, with its colour and its line."""
    for at, arm in enumerate(alone_of(arms)):
        yield arm, COLOURS[at % len(COLOURS)], "-"
    for arm in arms[1:]:
        if arm.name == ALL or arm.also:
            yield arm, style.INK, "--" if arm.also else "-"


def _band(axes: Axes, across: pd.Series, rows: pd.DataFrame, colour: str, line: str, label: str) -> None:
    axes.plot(across, rows["difference"], line, color=colour, linewidth=1.3, label=label)
    axes.fill_between(
        across, rows["difference_low"], rows["difference_high"], color=colour, alpha=0.15, linewidth=0
    )


def _legend(figure: Figure, *of: Axes) -> None:
    """One legend for all panels, below them."""
    found: dict[str, Artist] = {}
    for axes in of:
        handles, labels = axes.get_legend_handles_labels()
        found |= dict(zip(labels, handles, strict=True))
    if found:
        height = figure.get_figheight()
        figure.legend(
            list(found.values()),
            list(found),
            loc="lower center",
            ncol=-(-len(found) // 2),
            fontsize=style.SMALL,
            frameon=False,
            bbox_to_anchor=(0.5, 0.2 / height),
        )
