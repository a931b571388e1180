"""The figures of a comparison: what changes, when, for whom, and where the waiting moved."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline_sim.report import figures_style as style
from pipeline_sim.report.comparison_numbers import MINUS, Difference, signed, value_text
from pipeline_sim.report.comparison_words import (
    HEADLINE,
    WAYS_IN,
    WaitKey,
    cause_text,
    comparison_programmes,
    cost_heads,
    find_kpi,
    people_of,
    waits_of,
)
from pipeline_sim.studies.comparing import Arm, Comparison
from pipeline_sim.studies.comparison_tables import ALL
from pipeline_sim.studies.extra_costs import CostTables

BETTER, WORSE, EITHER, UNDECIDED = style.BLUE, style.VERMILION, style.PURPLE, style.GREY
ARM_COLOURS = (style.BLUE, style.VERMILION, style.GREEN, style.ORANGE, style.PURPLE, style.SKY, style.BROWN)
PANELS_ACROSS = 3
MOST_PROGRAMMES = 12
MILLION = 1e6
OPEN_DOTS = "open: cannot be told apart from no effect"
LONGEST_TITLE = 34  # characters of a line of a policy's title
LEGEND_COLUMNS, LONGEST_LEGEND = 4, 144  # entries beside one another, characters of their titles
LONGEST_PROGRAMME = 44
SHORT = {
    "ccts": "CCTs a year",
    "consultants_wte": "Consultants, WTE",
    "gps_wte": "GPs, WTE",
    "trainees": "Trainees",
    "f2_to_cct_months_median": "F2 to CCT, median months",
    "fill_rate": "Posts filled, %",
    "f2_direct_entry_percent": "F2 doctors straight into training, %",
    "unplaced": "Applied, got no post",
    "ltft_percent": "Less than full time, %",
    "resignations_percent": "Resignations, % of trainees",
    "back_within_24_months_percent": "Back within 24 months, %",
    "waits": "Waiting, person-months a year",
    "vacancy_percent": "Vacancies for trained doctors, %",
    "trained_theil_between_regions": "Unevenness between regions (Theil)",
}
PARTS = (  # of the doctors with a CCT in either run: measure, side, colour, words
    ("later", -1, "#F2B48C", "CCT later"),
    ("only_without", -1, style.VERMILION, "CCT only without the policy"),
    ("earlier", 1, style.SKY, "CCT earlier"),
    ("only_with", 1, style.BLUE, "CCT only with the policy"),
)


def draw_comparison(comparison: Comparison) -> dict[str, bytes]:
    """All figures as PNG by name."""
    figures = {
        "effects": effects(comparison),
        "over_years": over_years(comparison),
        "waits": where_waiting_moved(comparison),
    }
    if comparison.money is not None:
        figures["costs"] = costs(comparison, comparison.money)
    for arm in comparison.arms:
        figures[f"who_{arm.name}" if len(comparison.arms) > 1 else "who"] = who(comparison, arm)
    return {name: style.to_png(figure) for name, figure in figures.items()}


def source_line(comparison: Comparison) -> str:
    """Which runs the numbers come from."""
    reps = "1 replication" if comparison.reps == 1 else f"{comparison.reps} replications"
    interval = "no interval" if comparison.reps == 1 else "intervals: 95 %, paired by replication"
    return (
        f"Source: pipeline_sim, scenario {comparison.base.name}, {reps}, seed {comparison.seed}; {interval}"
    )


def window_text(comparison: Comparison) -> str:
    """The last years as ``2040/41 to 2044/45``."""
    first, last = (style.training_year_text(year) for year in comparison.window)
    return first if first == last else f"{first} to {last}"


def _headlines(comparison: Comparison) -> list[str]:
    """Headline KPIs that have a value, and are not 0 throughout."""
    shown = []
    for kpi in HEADLINE:
        found = [find_kpi(comparison, arm.name, kpi) for arm in comparison.arms]
        if any(each is not None and (each.base or each.policy) for each in found):
            shown.append(kpi)
    return shown


# what changes ----------------------------------------------------------------------------------------
def effects(comparison: Comparison) -> Figure:
    """A panel a headline KPI, a row an arm: mean difference and interval in the last years."""
    kpis, arms = _headlines(comparison), comparison.arms
    down = max(1, -(-len(kpis) // PANELS_ACROSS))
    names = [_two_lines(arm.title) if len(arms) > 1 else "" for arm in arms]
    step = 0.34 if any("\n" in name for name in names) else 0.27
    row = step * len(arms) + 0.58
    height = 1.35 + row * down
    figure = style.new_figure(
        _title("What changes", comparison),
        f"Difference from the scenario without it, mean of {window_text(comparison)}",
        source_line(comparison),
        height,
    )
    if not kpis:
        return style.note_nothing(figure, "headline indicators")
    left = style.room_for(figure, [line for name in names for line in name.splitlines()]) + 0.01
    for at, kpi in enumerate(kpis):
        axes = _grid_axes(figure, at, left, row, height, step * len(arms))
        _forest(axes, [find_kpi(comparison, arm.name, kpi) for arm in arms])
        axes.set_yticks(range(len(arms)), names if at % PANELS_ACROSS == 0 else [""] * len(arms))
        axes.set_title(SHORT[kpi], fontsize=style.SMALL, color=style.INK, loc="left", pad=4)
    handles = [
        Line2D([], [], color=colour, marker="o", markersize=4, linewidth=1.4, label=label)
        for colour, label in (
            (BETTER, "better"),
            (WORSE, "worse"),
            (EITHER, "changed, neither better nor worse"),
            (UNDECIDED, "cannot be told apart from no effect"),
        )
    ]
    _legend(figure, handles, height)
    return figure


def _two_lines(title: str) -> str:
    """A title as a label beside a row."""
    return "\n".join(textwrap.wrap(title, LONGEST_TITLE, max_lines=2, placeholder=" ..."))


def _title(text: str, comparison: Comparison) -> str:
    return f"{text}: {comparison.arms[0].title}" if len(comparison.arms) == 1 else text


def _grid_axes(figure: Figure, at: int, left: float, row: float, height: float, tall: float) -> Axes:
    gap = 0.03
    width = (0.975 - left - gap * (PANELS_ACROSS - 1)) / PANELS_ACROSS
    down, across = divmod(at, PANELS_ACROSS)
    bottom = 1 - (0.90 + row * down + tall) / height
    axes = figure.add_axes((left + across * (width + gap), bottom, width, tall / height))
    style.tidy(axes)
    return axes


def _forest(axes: Axes, found: Sequence[Difference | None]) -> None:
    reach = 0.0
    for at, each in enumerate(found):
        if each is None or np.isnan(each.difference):
            axes.annotate("no value", (0.0, at), fontsize=6.5, color=style.QUIET, va="center", ha="center")
            continue
        colour = _colour(each)
        if not np.isnan(each.low):
            axes.plot([each.low, each.high], [at, at], color=colour, linewidth=1.5, solid_capstyle="butt")
            reach = max(reach, abs(each.low), abs(each.high))
        axes.plot(each.difference, at, "o", color=colour, markersize=4)
        reach = max(reach, abs(each.difference))
        text = signed(each.difference, each) if each.differs else "no change"
        axes.annotate(
            text,
            (each.difference, at),
            xytext=(0, 3),
            textcoords="offset points",
            fontsize=6.5,
            color=style.INK,
            va="bottom",
            ha="center",
            annotation_clip=False,
        )
    reach = reach or 1.0
    axes.set_xlim(-1.4 * reach, 1.4 * reach)
    axes.set_ylim(len(found) - 0.6, -0.7)
    axes.axvline(0, color=style.QUIET, linewidth=0.9, zorder=0)
    _differences_across(axes, 3)


def _colour(each: Difference) -> str:
    if not each.clear:
        return UNDECIDED
    return {1: BETTER, -1: WORSE, 0: EITHER}[each.verdict]


def _differences_across(axes: Axes, most: int) -> None:
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color=style.FAINT, linewidth=0.6)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=most, symmetric=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))
    axes.tick_params(axis="x", labelsize=6.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _tick(value: float) -> str:
    text = f"{abs(value):,.8f}".rstrip("0").rstrip(".")
    return text if value == 0 else ("+" if value > 0 else MINUS) + text


def _legend_of_arms(figure: Figure, arms: Sequence[Arm], height: float, **line: Any) -> None:
    """What the colour of each arm is, if there are several; long titles are cut to fit beside one another."""
    if len(arms) < 2:
        return
    longest = LONGEST_LEGEND // min(len(arms), LEGEND_COLUMNS)
    titles = [_cut(arm.title, longest) for arm in arms]
    handles = [
        Line2D([], [], color=arm_colour(arm, number), label=title, **line)
        for number, (arm, title) in enumerate(zip(arms, titles, strict=True))
    ]
    _legend(figure, handles, height)


def _cut(title: str, longest: int) -> str:
    return "".join(textwrap.wrap(title, longest, max_lines=1, placeholder=" ...", break_on_hyphens=False))


def _legend(figure: Figure, handles: Sequence[Line2D | Patch], height: float) -> None:
    figure.legend(
        handles=list(handles),
        loc="lower center",
        ncol=LEGEND_COLUMNS,
        fontsize=style.SMALL,
        frameon=False,
        bbox_to_anchor=(0.5, 0.17 / height),
        handlelength=1.6,
        columnspacing=1.6,
    )


# when ------------------------------------------------------------------------------------------------
def over_years(comparison: Comparison) -> Figure:
    """A panel a headline KPI: the difference in each training year, with its interval as a band."""
    kpis, arms = _headlines(comparison), comparison.arms
    down = max(1, -(-len(kpis) // PANELS_ACROSS))
    row = 1.62
    height = 1.4 + row * down
    figure = style.new_figure(
        _title("When it changes", comparison),
        "Difference from the scenario without it in each training year (August to July); band: 95 % interval",
        source_line(comparison),
        height,
    )
    if not kpis:
        return style.note_nothing(figure, "headline indicators")
    table = comparison.differences
    table = table[table["kpi"].isin(kpis)]
    for at, kpi in enumerate(kpis):
        axes = _year_axes(figure, at, row, height)
        for number, arm in enumerate(arms):
            rows = table[(table["kpi"] == kpi) & (table["arm"] == arm.name)].sort_values("year")
            _band(axes, rows, arm_colour(arm, number))
        axes.axhline(0, color=style.QUIET, linewidth=0.9, zorder=1)
        axes.set_title(SHORT[kpi], fontsize=style.SMALL, color=style.INK, loc="left", pad=4)
        _year_ticks(axes, comparison)
    _legend_of_arms(figure, arms, height, linewidth=1.6)
    return figure


def arm_colour(arm: Arm, number: int) -> str:
    """All together in black, every arm alone in a colour of its own."""
    return style.INK if arm.parts else ARM_COLOURS[number % len(ARM_COLOURS)]


def _year_axes(figure: Figure, at: int, row: float, height: float) -> Axes:
    left, gap = 0.072, 0.065
    width = (0.985 - left - gap * (PANELS_ACROSS - 1)) / PANELS_ACROSS
    down, across = divmod(at, PANELS_ACROSS)
    bottom = 1 - (0.90 + row * down + row - 0.5) / height
    axes = figure.add_axes((left + across * (width + gap), bottom, width, (row - 0.5) / height))
    style.tidy(axes)
    return axes


def _band(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    year = rows["year"].to_numpy()
    low, high = rows["low"].to_numpy(dtype=float), rows["high"].to_numpy(dtype=float)
    axes.fill_between(year, low, high, color=colour, alpha=0.18, linewidth=0)
    axes.plot(year, rows["difference"], color=colour, linewidth=1.4, marker="o" if len(rows) == 1 else None)


def _year_ticks(axes: Axes, comparison: Comparison) -> None:
    first, last = comparison.first_year, comparison.last_year
    axes.set_xlim(first - 0.3, max(last, first + 1) + 0.3)
    step = max(1, -(-(last - first + 1) // 4))
    ticks = list(range(first, last + 1, step))
    axes.set_xticks(ticks, [style.training_year_text(year) for year in ticks])
    axes.tick_params(labelsize=6.5)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, min_n_ticks=2))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))
    if not _moves(axes):
        axes.set_ylim(-1, 1)


def _moves(axes: Axes) -> bool:
    return any(np.nan_to_num(np.asarray(line.get_ydata(), dtype=float)).any() for line in axes.lines)


# who -------------------------------------------------------------------------------------------------
def who(comparison: Comparison, arm: Arm) -> Figure:
    """Of the doctors of each group with a CCT in either run: who has it earlier, later, or in one only."""
    found = people_of(comparison, arm.name)
    groups = _groups(comparison, found)
    height = 1.75 + 0.2 * (len(groups) + sum(not label for _, _, label in groups) * 0.2)
    figure = style.new_figure(
        f"Who gains and who loses: {arm.title}",
        "The same doctors with and without it, over the whole run; percent of those with a CCT in either",
        source_line(comparison),
        height,
    )
    if not groups:
        return style.note_nothing(figure, "CCT")
    labels = [label for _, _, label in groups]
    left = style.room_for(figure, labels) + 0.01
    axes = style.plot_area(figure, left=left, right=0.80, bottom=0.85, top=0.85)
    reach = 0.0
    for at, (by, group, label) in enumerate(groups):
        if not label:
            continue
        numbers = {name: found[by, group, name].difference for name, *_ in PARTS}
        doctors = found[by, group, "certified_without"].difference + numbers["only_with"]
        base = {-1: 0.0, 1: 0.0}
        for name, side, colour, _ in PARTS:
            share = 100 * numbers[name] / doctors if doctors else 0.0
            axes.barh(at, side * share, left=side * base[side], height=0.66, color=colour)
            base[side] += share
        reach = max(reach, *base.values())
        gains = numbers["earlier"] + numbers["only_with"]
        losses = numbers["later"] + numbers["only_without"]
        text = f"{_people(gains)} gain, {_people(losses)} lose"
        axes.annotate(
            text, (1.02, at), xycoords=("axes fraction", "data"), fontsize=6.5, color=style.INK, va="center"
        )
    reach = reach * 1.06 or 1.0
    axes.set_xlim(-reach, reach)
    axes.set_ylim(len(groups) - 0.4, -0.6)
    shown = [at for at, label in enumerate(labels) if label]
    axes.set_yticks(shown, [labels[at] for at in shown])
    axes.axvline(0, color=style.QUIET, linewidth=0.9)
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color=style.FAINT, linewidth=0.6)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, symmetric=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{abs(value):g} %"))
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    handles = [Patch(color=colour, label=label) for _, _, colour, label in PARTS]
    _legend(figure, handles, height)
    return figure


def _groups(
    comparison: Comparison, found: dict[tuple[str, str, str], Difference]
) -> list[tuple[str, str, str]]:
    """Everyone, ways in, regions, and the programmes in which most doctors fare otherwise; blanks between."""
    titles = comparison_programmes(comparison)

    def moved(by: str, group: str) -> float:
        return sum(found[by, group, name].difference for name, *_ in PARTS)

    def of(by: str) -> list[str]:
        return [group for kind, group, name in found if kind == by and name == "earlier"]

    if (
        not found
        or not found[ALL, ALL, "certified_without"].difference + found[ALL, ALL, "only_with"].difference
    ):
        return []
    programmes = sorted(of("programme"), key=lambda name: -moved("programme", name))[:MOST_PROGRAMMES]
    chosen = [(ALL, ALL, "All doctors")]
    labelled = {
        "way_in": {name: _sentence(WAYS_IN[name]) for name in of("way_in")},
        "region": {name: style.region_label(name) for name in of("region")},
        "programme": {name: _programme(name, titles) for name in programmes},
    }
    for by, labels in labelled.items():
        if labels:
            chosen += [(by, "", ""), *((by, name, label) for name, label in labels.items())]
    return chosen


def _programme(name: str, titles: dict[str, str]) -> str:
    return textwrap.shorten(titles.get(name, style.plain(name)), LONGEST_PROGRAMME, placeholder=" ...")


def _people(count: float) -> str:
    return value_text(round(count) if count >= 10 else count)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


# waits -----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class WaitPanel:
    """A panel of differences in waiting: the keys of its rows, and which part of a key they are about."""

    title: str
    part: int  # 0 cause, 1 programme, 2 region
    rows: list[WaitKey]
    label: Callable[[str], str]

    @property
    def labels(self) -> list[str]:
        return [self.label(row[self.part]) for row in self.rows]


def where_waiting_moved(comparison: Comparison) -> Figure:
    """Differences in person-months of waiting by cause, by region and by programme, a colour an arm."""
    found = [waits_of(comparison, arm.name) for arm in comparison.arms]
    panels = _wait_panels(comparison, found)
    step = 0.2 + 0.09 * max(0, len(comparison.arms) - 1)
    tall = [step * len(panel.rows) + 0.05 for panel in panels]
    height = 1.35 + sum(tall) + 0.58 * len(panels)
    figure = style.new_figure(
        _title("Where the waiting moves", comparison),
        f"Difference in person-months of waiting a year, mean of {window_text(comparison)}; {OPEN_DOTS}",
        source_line(comparison),
        max(height, 2.5),
    )
    if not panels:
        return style.note_nothing(figure, "waiting")
    left = style.room_for(figure, [label for panel in panels for label in panel.labels]) + 0.01
    top = 0.86
    for panel, inches in zip(panels, tall, strict=True):
        axes = figure.add_axes((left, 1 - (top + 0.2 + inches) / height, 0.955 - left, inches / height))
        style.tidy(axes)
        _dots(axes, found, panel.rows, comparison.arms)
        axes.set_yticks(range(len(panel.rows)), panel.labels)
        axes.set_title(panel.title, fontsize=style.NORMAL, color=style.INK, loc="left", pad=4)
        top += inches + 0.58
    _legend_of_arms(figure, comparison.arms, height, marker="o", markersize=4)
    return figure


def _wait_panels(comparison: Comparison, found: Sequence[dict[WaitKey, Difference]]) -> list[WaitPanel]:
    """By cause, region and programme, but those without a difference."""
    titles = comparison_programmes(comparison)
    changed_most = [row for row in _wait_rows(found, 1, MOST_PROGRAMMES) if row[1]]
    panels = (
        WaitPanel("By what is waited for", 0, _wait_rows(found, 0), lambda name: _sentence(cause_text(name))),
        WaitPanel(
            "By region",
            2,
            _wait_rows(found, 2),
            lambda name: style.region_label(name) if name else "No region yet",
        ),
        WaitPanel(
            f"By programme, where one is held (the {MOST_PROGRAMMES} that change most, if there are more)",
            1,
            changed_most,
            lambda name: _programme(name, titles),
        ),
    )
    return [panel for panel in panels if panel.rows]


def _wait_rows(
    found: Sequence[dict[WaitKey, Difference]], part: int, most: int | None = None
) -> list[WaitKey]:
    """Keys cut by one part, the largest difference of any arm first; those that never differ are left out."""
    rest = [at for at in range(3) if at != part]
    sizes: dict[WaitKey, float] = {}
    for rows in found:
        for key, each in rows.items():
            if key[part] != ALL and all(key[at] == ALL for at in rest) and each.differs:
                sizes[key] = max(sizes.get(key, 0.0), abs(each.difference))
    return sorted(sizes, key=lambda key: -sizes[key])[:most]


def _dots(
    axes: Axes,
    found: Sequence[dict[WaitKey, Difference]],
    rows: Sequence[WaitKey],
    arms: Sequence[Arm],
) -> None:
    span = 0.56 if len(arms) > 1 else 0.0
    for number, (arm, of_arm) in enumerate(zip(arms, found, strict=True)):
        shift = span * (number / max(1, len(arms) - 1) - 0.5)
        colour = arm_colour(arm, number)
        for at, key in enumerate(rows):
            each = of_arm.get(key)
            if each is None:
                continue
            if not np.isnan(each.low):
                axes.plot([each.low, each.high], [at + shift] * 2, color=colour, linewidth=1.3)
            face = colour if each.clear or np.isnan(each.low) else "white"
            axes.plot(each.difference, at + shift, "o", color=colour, markersize=4, markerfacecolor=face)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.axvline(0, color=style.QUIET, linewidth=0.9, zorder=0)
    _differences_across(axes, 6)
    axes.margins(x=0.06)


# costs -----------------------------------------------------------------------------------------------
def costs(comparison: Comparison, money: CostTables) -> Figure:
    """Differences in pounds a year by head of the budget, a colour an arm."""
    found = [cost_heads(money, arm.name, comparison.window) for arm in comparison.arms]
    largest = {
        head: max(abs(of_arm[head].difference) for of_arm in found if head in of_arm)
        for head in dict.fromkeys(head for of_arm in found for head in of_arm)
    }
    shown = sorted((head for head in largest if largest[head] > 0), key=lambda head: -largest[head])
    step = 0.26 + 0.09 * max(0, len(comparison.arms) - 1)
    height = max(2.5, 1.75 + step * len(shown))
    figure = style.new_figure(
        _title("What it costs more or less, by head of the budget", comparison),
        f"£ million a year, mean of {window_text(comparison)}, prices of {money.price_year}; {OPEN_DOTS}",
        source_line(comparison),
        height,
    )
    if not shown:
        return style.note_nothing(figure, "difference in costs")
    labels = [style.plain(head) for head in shown]
    axes = style.plot_area(figure, left=style.room_for(figure, labels) + 0.01, bottom=0.85, top=0.8)
    rows = [(head, ALL, ALL) for head in shown]
    millions = [{(head, ALL, ALL): in_millions(each) for head, each in of_arm.items()} for of_arm in found]
    _dots(axes, millions, rows, comparison.arms)
    axes.set_yticks(range(len(shown)), labels)
    _legend_of_arms(figure, comparison.arms, height, marker="o", markersize=4)
    return figure


def in_millions(each: Difference) -> Difference:
    return replace(
        each, difference=each.difference / MILLION, low=each.low / MILLION, high=each.high / MILLION
    )
