"""The figures of a run: people by stage, one intake's road, fill rates, waits, time to CCT, supervisors.

Where trainees step out of their programmes, another shows who is away; where demand, people or costs are
told, others show vacancies, doctors for people weighted by need, and the budget. Drawn from the results
alone. With several replications a figure shows their mean.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline_sim.clock import TRAINING_YEAR_MONTH, date_of
from pipeline_sim.report import figures_style as style
from pipeline_sim.report.figures_demand import vacancies
from pipeline_sim.report.figures_flexible import flexible_training
from pipeline_sim.report.figures_flow import cohort_flow
from pipeline_sim.report.figures_geography import doctors_and_need
from pipeline_sim.report.figures_money import yearly_budget
from pipeline_sim.results.bundle import Results
from pipeline_sim.results.labels import year_labels
from pipeline_sim.scenario.blueprint import Blueprint

STAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "Students": (style.BLUE, ("student", "student_waiting")),
    "Foundation": (style.SKY, ("foundation", "foundation_waiting")),
    "Specialty training": (style.GREEN, ("training", "training_waiting")),
    "Stepped out of training": (style.YELLOW, ("stepped_out",)),
    "Outside training": (
        style.ORANGE,
        (
            *("locally_employed", "unplaced", "abroad", "break", "teaching_research"),
            "training_initiative",
        ),
    ),
    "Applying from abroad": (style.GREY, ("overseas_applicant",)),
    "SAS doctors": (style.PURPLE, ("sas",)),
    "Trained, not in post": (style.BROWN, ("post_cct", "practice_break", "fellowship", "return_scheme")),
    "Consultants": (style.BLACK, ("consultant",)),
    "GPs": (style.VERMILION, ("gp",)),
}
CAUSES = {
    "training_post": ("Training post", style.VERMILION),
    "supervisor": ("Supervisor", style.BLUE),
    "practice_place": ("Practice place", style.GREEN),
    "foundation_place": ("Foundation place", style.SKY),
    "hospital_placement": ("Hospital placement", style.ORANGE),
    "primary_care_placement": ("Primary care placement", style.YELLOW),
    "private_placement": ("Private placement", style.PURPLE),
    "voluntary_placement": ("Voluntary placement", style.BROWN),
    "technology_placement": ("Technology placement", style.BLACK),
    "support_place": ("Supported return", "#88ccaa"),
    "credential_slot": ("Credential", "#332288"),
    "enhance_place": ("Enhance place", "#aa4466"),
    "not_recorded": ("Not recorded", style.GREY),
}
PANELS_ACROSS = 4
HEAT_ROW, TALL_HEAT_ROW = 0.19, 0.30  # inches; the tall one for few programmes
FEW_PROGRAMMES = 12
LONGEST_LINE = 30  # characters of a programme's name
INVISIBLE = 0.005  # of a bar


def draw_figures(
    results: Sequence[Results], blueprint: Blueprint, seed: int | None = None
) -> dict[str, bytes]:
    """All figures as PNG by name, in the order in which a reader wants them."""
    source = source_line(results, blueprint, seed)
    kpis = _together(results, "kpis")
    figures = {
        "people_by_stage": people_by_stage(_together(results, "census"), blueprint, source),
        "cohort_flow": cohort_flow(_together(results, "cohort"), source, last_month(blueprint)),
        "fill_rates": fill_rates(kpis, blueprint, source),
        "waiting_by_cause": waiting_by_cause(_together(results, "waits"), blueprint, source, len(results)),
        "f2_to_cct": time_to_cct(_together(results, "completions"), kpis, source),
        "supervisors": supervisors(kpis, source),
    }
    further = {
        "flexible_training": flexible_training(kpis, blueprint, source),
        "vacancies": vacancies(kpis, blueprint, source),
        "doctors_and_need": doctors_and_need(kpis, blueprint, source),
        "budget": yearly_budget(_together(results, "budget"), blueprint, source, len(results)),
    }
    figures |= {name: figure for name, figure in further.items() if figure is not None}
    return {name: style.to_png(figure) for name, figure in figures.items()}


def source_line(results: Sequence[Results], blueprint: Blueprint, seed: int | None) -> str:
    """Which run the numbers come from."""
    parts = [f"Source: pipeline_sim, scenario {blueprint.name}"]
    if seed is not None:
        parts.append(f"seed {seed}")
    if len(results) > 1:
        parts.append(f"mean of {len(results)} replications")
    elif results[0].rep:
        parts.append(f"replication {results[0].rep}")
    return ", ".join(parts)


def last_month(blueprint: Blueprint) -> str:
    """The last month of the run, as ``July 2045``."""
    return f"{date_of(blueprint.start_year, blueprint.start_month, blueprint.months - 1):%B %Y}"


def people_by_stage(census: pd.DataFrame, blueprint: Blueprint, source: str) -> Figure:
    """Headcount in each stage at every month's end."""
    subtitle = "Headcount at each month's end; students dip in August, between graduation and the new intake"
    figure = style.new_figure("People by stage", subtitle, source)
    if census.empty:
        return style.note_nothing(figure, "people")
    axes = style.plot_area(figure, right=0.77)
    stage_of = {state: stage for stage, (_, states) in STAGES.items() for state in states}
    stage = census["state"].map(stage_of)
    heads = census["headcount"].groupby([stage, census["month"]], observed=True).sum().unstack(fill_value=0)
    heads = heads.reindex(columns=range(blueprint.months), fill_value=0) / census["rep"].nunique()
    ends = []
    when = blueprint.start_year + (blueprint.start_month - 1 + np.arange(blueprint.months)) / 12
    for name, (colour, _) in STAGES.items():
        if name in heads.index:
            count = heads.loc[name].to_numpy()
            axes.plot(when, count, color=colour, linewidth=1.6)
            ends.append((when[-1], count[-1], f"{name} {count[-1]:,.0f}", colour))
    axes.set_xlim(when[0], max(when[-1], when[0] + 1 / 12))
    axes.set_ylim(0, max(float(heads.to_numpy().max()) * 1.05, 1))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axes.set_ylabel("People", fontsize=style.NORMAL, color=style.INK)
    explained = f"Calendar year; figures at the right are for {last_month(blueprint)}"
    axes.set_xlabel(explained, fontsize=style.NORMAL, color=style.INK)
    style.label_ends(axes, ends, when[-1] + (when[-1] - when[0] + 1 / 12) * 0.03)
    return figure


def fill_rates(kpis: pd.DataFrame, blueprint: Blueprint, source: str) -> Figure:
    """Share of advertised posts filled over the whole run, by programme and region."""
    title = "Fill rate of advertised training posts"
    cells = _named(kpis, "fill_rate[programme=")
    parts = cells["kpi"].str.extract(r"^fill_rate\[programme=(.+),region=(.+)\]$")
    cells = cells.assign(programme=parts[0], region=parts[1]).dropna(subset=["programme", "region"])
    cells = cells.groupby(["programme", "region"])[["numerator", "denominator"]].sum().reset_index()
    shown = [name for name in blueprint.programmes if name in set(cells["programme"])]
    titles = dict(zip(blueprint.programmes, blueprint.programme_titles, strict=True))
    if not shown:
        return style.note_nothing(style.new_figure(title, "", source), "advertised posts")
    height = 1.85 + (TALL_HEAT_ROW if len(shown) <= FEW_PROGRAMMES else HEAT_ROW) * (len(shown) + 1)
    subtitle = "Percent of posts filled, all years together; in brackets, posts advertised a year"
    figure = style.new_figure(title, subtitle, source, height)
    names = ["All programmes", *(textwrap.fill(titles[name], LONGEST_LINE) for name in shown)]
    left = style.room_for(figure, names)
    axes = style.plot_area(figure, left=left, right=0.985, bottom=0.85, top=1.0)
    small = style.SMALL if len(shown) <= FEW_PROGRAMMES else 6.0
    years = kpis["year"].nunique() * kpis["rep"].nunique()
    row_of = {name: at for at, name in enumerate(("", *shown))}
    column_of = {name: at for at, name in enumerate((*blueprint.regions, ""))}
    filled = np.zeros((len(row_of), len(column_of)))
    posts = np.zeros_like(filled)
    at = (cells["programme"].map(row_of).to_numpy(), cells["region"].map(column_of).to_numpy())
    filled[at], posts[at] = cells["numerator"], cells["denominator"]
    for table in (filled, posts):
        table[0] = table.sum(axis=0)
        table[:, -1] = table.sum(axis=1)
    _draw_heat(axes, filled, posts, years, small)
    axes.set_yticks(np.arange(len(row_of)) + 0.5, names, linespacing=0.9)
    for label in axes.get_yticklabels():
        if "\n" in label.get_text():
            label.set_fontsize(6.0)
    across = [*(_two_lines(style.region_label(name)) for name in blueprint.regions), "All regions"]
    axes.set_xticks(np.arange(len(column_of)) + 0.5, across)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    _heat_key(figure, height, left)
    return figure


def _colours() -> Colormap:
    from matplotlib import colormaps

    return colormaps["cividis"]


def _draw_heat(axes: Axes, filled: np.ndarray, posts: np.ndarray, years: int, size: float) -> None:
    axes.set_xlim(0, posts.shape[1])
    axes.set_ylim(posts.shape[0], 0)
    axes.grid(visible=False)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    rate = np.full(posts.shape, np.nan)
    np.divide(100 * filled, posts, out=rate, where=posts > 0)
    axes.pcolormesh(
        np.ma.masked_invalid(rate), cmap=_colours(), vmin=0, vmax=100, edgecolors="white", linewidth=0.8
    )
    for row, column in np.ndindex(*posts.shape):
        if posts[row, column] > 0:
            share, yearly = rate[row, column], posts[row, column] / years
            count = f"{yearly:,.0f}" if yearly >= 9.5 else f"{yearly:.1f}"
            text, colour = f"{share:.0f} ({count})", "white" if share < 50 else "black"
        else:
            text, colour = "none", style.GREY
            hatch = Rectangle((column, row), 1, 1, facecolor="#f4f4f4", edgecolor="white", linewidth=0.8)
            axes.add_patch(hatch)
        axes.text(column + 0.5, row + 0.52, text, fontsize=size, color=colour, ha="center", va="center")


def _heat_key(figure: Figure, height: float, left: float) -> None:
    key = figure.add_axes((left, 0.52 / height, 0.30, 0.10 / height))
    key.imshow(np.linspace(0, 100, 101)[None, :], aspect="auto", cmap=_colours(), extent=(0, 100, 0, 1))
    key.set_yticks([])
    key.set_xticks([0, 50, 100], ["0%", "50%", "100% filled"])
    key.tick_params(labelsize=6.5, length=2, colors=style.INK)
    for spine in key.spines.values():
        spine.set_visible(False)
    figure.text(
        left + 0.35, 0.57 / height, "none: no post advertised", fontsize=6.5, color=style.QUIET, va="center"
    )


def _two_lines(name: str) -> str:
    words = name.split()
    if len(name) <= 11 or len(words) < 2:
        return name
    best = min(
        range(1, len(words)), key=lambda at: abs(len(" ".join(words[:at])) - len(" ".join(words[at:])))
    )
    return " ".join(words[:best]) + "\n" + " ".join(words[best:])


def waiting_by_cause(waits: pd.DataFrame, blueprint: Blueprint, source: str, reps: int = 1) -> Figure:
    """Person-months of waiting in each training year, stacked by what was waited for."""
    subtitle = (
        "Person-months in each training year; for a post: mostly doctors who applied in vain and will "
        "apply again"
    )
    figure = style.new_figure("Waiting, by what for", subtitle, source)
    if waits.empty:
        return style.note_nothing(figure, "waiting")
    axes = style.plot_area(figure, right=0.77)
    table = waits.groupby(["year", "blocked_by"], observed=True)["person_months"].sum().unstack(fill_value=0)
    table = table.reindex(year_labels(blueprint), fill_value=0) / max(reps, 1)
    base = np.zeros(len(table))
    ends = []
    for cause, (label, colour) in CAUSES.items():
        if cause in table.columns and table[cause].sum() > 0:
            amount = table[cause].to_numpy(dtype=float)
            axes.bar(
                table.index, amount, bottom=base, width=0.82, color=colour, linewidth=0.3, edgecolor="white"
            )
            if amount[-1] >= INVISIBLE * table.iloc[-1].sum() and amount[-1] > 0:
                ends.append((table.index[-1] + 0.41, base[-1] + amount[-1] / 2, label, colour))
            base = base + amount
    axes.set_xlim(table.index[0] - 0.6, table.index[-1] + 0.5)
    axes.set_ylim(0, max(base.max() * 1.05, 1))
    step = max(1, -(-len(table) // 10))
    ticks = list(table.index)[::step]
    axes.set_xticks(ticks, [style.training_year_text(year) for year in ticks])
    axes.set_ylabel("Person-months", fontsize=style.NORMAL, color=style.INK)
    style.label_ends(axes, ends, table.index[-1] + 0.5 + 0.03 * (len(table) + 0.1))
    return figure


def time_to_cct(completions: pd.DataFrame, kpis: pd.DataFrame, source: str) -> Figure:
    """How long doctors took from F2 sign-off to CCT, in the years whose median every replication gives."""
    title = "Time from the end of F2 to CCT"
    reps = max(kpis["rep"].nunique(), 1)

    def years_with(kpi: str) -> list[int]:
        given = kpis[(kpis["kpi"] == kpi) & kpis["value"].notna()].groupby("year")["rep"].nunique()
        return [int(year) for year in given.index[given == reps]]

    shown = years_with("f2_to_cct_months_median")
    if not shown:
        nothing = "training year whose CCTs can be followed back to F2 (nine in ten)"
        return style.note_nothing(style.new_figure(title, "", source), nothing)
    date = completions["date"].dt
    year = date.year - (date.month < TRAINING_YEAR_MONTH)
    known = (completions["kind"] == "cct") & completions["f2_to_cct_months"].notna()
    years = completions.loc[known & year.isin(shown), "f2_to_cct_months"].to_numpy(dtype=float) / 12
    median, late = np.percentile(years, [50, 90])
    subtitle = (
        f"{len(years) / reps:,.0f} CCTs of {_years_text(shown)}, when at least nine in ten can be followed "
        "back to F2"
    )
    figure = style.new_figure(title, subtitle, source)
    axes = style.plot_area(figure)
    edges = np.arange(0, np.ceil(years.max() * 2 + 1e-9) / 2 + 0.51, 0.5)
    counts, _ = np.histogram(years, edges)
    axes.bar(edges[:-1], counts / reps, width=0.46, align="edge", color=style.BLUE)
    wide = max(edges[-1] + 0.2, late * 1.25)  # room for the labels
    axes.set_xlim(0, wide)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=11, integer=True))
    axes.set_ylim(0, counts.max() / reps * 1.22)
    top = axes.get_ylim()[1]
    beside = late - median < wide * 0.2
    marks = [(median, "Median", style.VERMILION, 0.985)]
    if years_with("f2_to_cct_months_p90") == shown:  # it asks for more than the median
        marks.append((late, "90% done by", style.ORANGE, 0.915 if beside else 0.985))
    for at, name, colour, height in marks:
        axes.axvline(at, ymax=height - 0.01, color=colour, linewidth=1.4)
        text = f"{name} {at:.1f} years"
        axes.text(at + wide * 0.008, top * height, text, fontsize=style.SMALL, color=style.INK, va="top")
    axes.set_xlabel("Years from F2 sign-off to CCT (bars of six months)", fontsize=style.NORMAL)
    axes.set_ylabel("CCTs", fontsize=style.NORMAL, color=style.INK)
    return figure


def _years_text(years: Sequence[int]) -> str:
    """Training years, those in a row together: ``2038/39, 2040/41 to 2044/45``."""
    runs: list[list[int]] = []
    for year in years:
        if runs and runs[-1][-1] == year - 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    ends = (dict.fromkeys((run[0], run[-1])) for run in runs)
    return ", ".join(" to ".join(style.training_year_text(year) for year in pair) for pair in ends)


def supervisors(kpis: pd.DataFrame, source: str) -> Figure:
    """Capacity for supervision and its use at each year's reading, a panel a group."""
    title = "Supervisors against trainees, by supervision group"
    pools = _named(kpis, "pool_utilisation[kind=supervisor,group=")
    group = pools["kpi"].str.extract(r"^pool_utilisation\[kind=supervisor,group=(.+)\]$")[0]
    pools = pools.assign(group=group).dropna(subset=["group"])
    if pools.empty:
        return style.note_nothing(style.new_figure(title, "", source), "supervisor readings")
    pools = pools.groupby(["group", "year"], sort=False)[["numerator", "denominator"]].mean() / 100
    used_by = pools.groupby("group")["numerator"].max()
    groups = [name for name in dict.fromkeys(pools.index.get_level_values("group")) if used_by[name] > 0]
    if not groups:
        return style.note_nothing(style.new_figure(title, "", source), "trainees under supervision")
    years = sorted(set(pools.index.get_level_values("year")))
    across = min(PANELS_ACROSS, len(groups))
    down = -(-len(groups) // across)
    height = max(style.HEIGHT, 1.25 + 1.45 * down)
    figure = style.new_figure(
        title,
        "Supervisor slots (one F1 doctor takes one): how many there are, and how many are taken",
        source,
        height,
    )
    grid = figure.add_gridspec(
        down, across, left=0.065, right=0.975, bottom=0.55 / height, top=1 - 1.05 / height,
        hspace=0.62, wspace=0.34,
    )  # fmt: skip
    for number, name in enumerate(groups):
        axes = figure.add_subplot(grid[number // across, number % across])
        style.tidy(axes)
        readings = pools.loc[name].reindex(years, fill_value=0)
        room, used = readings["denominator"], readings["numerator"]
        shown = years if len(years) > 1 else [years[0] - 0.4, years[0] + 0.4]  # a single reading: a bar
        room, used = (np.resize(line.to_numpy(), len(shown)) for line in (room, used))
        axes.fill_between(shown, 0, used, color=style.SKY, alpha=0.6, linewidth=0)
        axes.plot(shown, room, color=style.INK, linewidth=1.3)
        axes.set_ylim(0, max(room.max(), used.max(), 1) * 1.12)
        axes.set_xlim(shown[0], shown[-1])
        axes.set_title(style.plain(name), fontsize=style.SMALL, color=style.INK, loc="left", pad=3)
        axes.tick_params(labelsize=6.5)
        axes.set_xticks(sorted({years[0], years[-1]}))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    key = figure.add_axes((0.02, 1 - 0.76 / height, 0.6, 0.14 / height))
    key.set_axis_off()
    key.set_xlim(0, 10)
    key.set_ylim(0, 1)
    key.plot([0, 0.4], [0.5, 0.5], color=style.INK, linewidth=1.3)
    key.text(0.5, 0.45, "capacity", fontsize=style.SMALL, va="center")
    key.add_patch(Rectangle((2.0, 0.1), 0.4, 0.8, color=style.SKY, alpha=0.6, linewidth=0))
    key.text(2.5, 0.45, "taken", fontsize=style.SMALL, va="center")
    return figure


def _named(kpis: pd.DataFrame, start: str) -> pd.DataFrame:
    """The few of many rows whose KPI begins so."""
    return kpis[kpis["kpi"].str.startswith(start)]


def _together(results: Sequence[Results], table: str) -> pd.DataFrame:
    return pd.concat([getattr(result, table) for result in results], ignore_index=True)
