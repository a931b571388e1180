"""What the policy studies share: a folder's `study.toml` becomes a paired comparison, tables and pictures.

`study.toml` names the arms (each a list of policies, bundled or files of the folder), the base (a list too,
mostly empty), the horizon, the replications, and the measures that are told. A folder's `study.py` calls
`run_study`, and may add rows of its own to the KPIs and pictures of its own.
"""

from __future__ import annotations

import argparse
import math
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from pipeline_sim.errors import PipelineError
from pipeline_sim.report import figures_style as style
from pipeline_sim.report.comparison_figures import ARM_COLOURS
from pipeline_sim.report.comparison_numbers import Difference, signed, spread, value_text
from pipeline_sim.report.progress import ReplicationsProgress
from pipeline_sim.results.facts import Facts
from pipeline_sim.results.labels import year_labels
from pipeline_sim.scenario.load import Scenario, load_scenario
from pipeline_sim.studies.comparing import Arm, Comparison, compare_arms

FIELD = re.compile(r"\{([^{}]+)\}")
BEGIN, END = "<!-- results -->", "<!-- /results -->"
HIDDEN, SHOWN = str.maketrans("[=]", "(:)"), str.maketrans("(:)", "[=]")
COLUMNS = ["arm", "kpi", "from_year", "to_year", "base", "policy", "difference", "low", "high", "reps"]
WAY_IN = {"uk_graduates": "UK graduates", "overseas_graduates": "overseas graduates"}
Pictures = Callable[["Study", Comparison], dict[str, Figure]]
Options = argparse.Namespace  # reps, years, scale, seed, workers, out
Own = Callable[[Facts], pd.DataFrame]
Also = Callable[["Study", Options], list[str]]


@dataclass(frozen=True)
class Study:
    """A folder's `study.toml`."""

    folder: Path
    title: str
    scenario: str
    years: int
    reps: int
    base_title: str
    base: tuple[str, ...]
    arms: tuple[tuple[str, str, tuple[str, ...]], ...]  # name, title, policies
    measures: dict[str, str]  # KPI: words
    panels: dict[str, str]  # KPIs drawn year by year, and their short titles
    people: bool  # tell whose certificate comes earlier
    shown: tuple[int, ...] = field(default=())  # years of which the table tells, besides the last ones

    @staticmethod
    def read(folder: Path) -> Study:
        raw = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
        return Study(
            folder,
            raw["title"],
            raw.get("scenario", "england"),
            raw["years"],
            raw["reps"],
            raw["base"]["title"],
            tuple(raw["base"].get("policies", ())),
            tuple((arm["name"], arm["title"], tuple(arm["policies"])) for arm in raw["arm"]),
            raw["measures"],
            raw.get("panels", {}),
            raw.get("people", True),
            tuple(raw.get("shown", ())),
        )

    def scenarios(self, scale: float | None = None) -> tuple[Scenario, list[Arm]]:
        """The base and the arms."""
        scenario = load_scenario(self.scenario)
        if scale is not None:
            scenario = scenario.scaled(scale)
        base = scenario.with_policy(*self._found(self.base))
        return base, [
            Arm(name, title, scenario.with_policy(*self._found(policies)))
            for name, title, policies in self.arms
        ]

    def _found(self, policies: Sequence[str]) -> list[str]:
        return [str(self.folder / each) if each.endswith(".toml") else each for each in policies]

    def colours(self) -> dict[str, str]:
        return {arm[0]: ARM_COLOURS[at % len(ARM_COLOURS)] for at, arm in enumerate(self.arms)}


def run_study(
    file: str,
    more: Own | None = None,
    pictures: Pictures | None = None,
    also: Also | None = None,
    drawn: Sequence[str] = (),
    given: Sequence[str] | None = None,
) -> Comparison:
    """Run the study of the folder of `file` and write `results.csv`, `results.md` and the pictures.

    `more` makes rows that are compared as the KPIs are, `pictures` figures of the comparison, which use the
    KPIs `drawn` too, and `also` lines for the report from runs of its own. Without `--out` everything is
    written into the folder itself, and the tables into its README.
    """
    study = Study.read(Path(file).resolve().parent)
    options = _options(study, given)
    base, arms = study.scenarios(options.scale)
    for note in dict.fromkeys(note for arm in arms for note in arm.scenario.policy_notes(options.years)):
        print(f"note: {note}")
    progress = ReplicationsProgress(study.title, options.reps, options.workers)
    comparison = compare_arms(
        base,
        arms,
        options.reps,
        options.seed,
        options.years,
        workers=options.workers,
        progress=progress,
        more=partial(_kept, frozenset({*study.measures, *study.panels, *drawn}), more),
    )
    comparison = _with_names_back(comparison)
    out = options.out or study.folder
    out.mkdir(parents=True, exist_ok=True)
    rows(study, comparison).to_csv(out / "results.csv", index=False, float_format="%.6g", lineterminator="\n")
    words = told(study, comparison) + report(study, comparison, options.scale)
    if also is not None:
        words += "\n" + "\n".join(also(study, options)) + "\n"
    (out / "results.md").write_text(f"# {study.title}\n\n{words}", encoding="utf-8")
    figures = {"over_years": over_years(study, comparison)} if study.panels else {}
    figures |= pictures(study, comparison) if pictures is not None else {}
    for name, figure in figures.items():
        (out / f"{name}.png").write_bytes(style.to_png(figure))
    if options.out is None:
        _into_readme(study.folder / "README.md", words)
    print(words)
    return comparison


def _options(study: Study, given: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(description=study.title)
    parser.add_argument("--reps", type=int, default=study.reps)
    parser.add_argument("--years", type=int, default=study.years)
    parser.add_argument("--scale", type=float)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument(
        "--out", type=Path, help="folder to write; the study's own, and its README, if not given"
    )
    return parser.parse_args(given)


def _kept(wanted: frozenset[str], more: Own | None, facts: Facts, kpis: pd.DataFrame) -> pd.DataFrame:
    """The study's own rows and its KPIs, under names that hide that they are breakdowns.

    A comparison leaves out what a breakdown does not change, and breakdowns of breakdowns.
    """
    names = kpis["kpi"].astype(str)
    frame = kpis[names.isin(wanted) & names.str.contains("[", regex=False)]
    if more is not None:
        frame = pd.concat([frame, more(facts)], ignore_index=True)
    return frame.assign(kpi=frame["kpi"].astype(str).str.translate(HIDDEN))


def _with_names_back(comparison: Comparison) -> Comparison:
    frames = {}
    for name in ("differences", "lasting"):
        frame = getattr(comparison, name)
        hidden = frame["kpi"].str.contains("(", regex=False)
        twice = frame["kpi"].isin(set(frame["kpi"][hidden].str.translate(SHOWN)))
        frames[name] = frame[~twice].assign(kpi=frame["kpi"].str.translate(SHOWN))
    return replace(comparison, **frames)


# tables -----------------------------------------------------------------------------------------------
def rows(study: Study, comparison: Comparison) -> pd.DataFrame:
    """The study's measures: means of the last years and every year; waits by cause; whose CCT moved."""
    kpis = [*dict.fromkeys([*study.measures, *study.panels])]
    lasting, yearly = comparison.lasting, comparison.differences
    yearly = yearly.assign(from_year=yearly["year"], to_year=yearly["year"])
    waits = comparison.waits
    waits = waits[(waits["programme"] == "all") & (waits["region"] == "all")]
    waits = waits.assign(kpi="waits[cause=" + waits["blocked_by"].astype(str) + "]")
    frames = [frame[frame["kpi"].isin(kpis)][COLUMNS] for frame in (lasting, yearly)]
    frames.append(waits[~waits["kpi"].isin(kpis)][COLUMNS])
    if study.people:
        people = comparison.people[comparison.people["by"].isin(("all", "way_in"))]
        people = people.assign(
            kpi=people["measure"] + "[" + people["by"] + "=" + people["group"] + "]",
            from_year=comparison.first_year,
            to_year=comparison.last_year,
            base=np.nan,
            policy=np.nan,
            difference=people["mean"],
        )
        frames.append(people[COLUMNS])
    return pd.concat(frames, ignore_index=True).drop_duplicates(COLUMNS[:4])


def report(study: Study, comparison: Comparison, scale: float | None = None) -> str:
    """Tables of what the arms change, with intervals."""
    first, last = comparison.window
    size = "" if scale is None else f", scale {scale:g}"
    text = [
        f"{comparison.reps} replications, August {comparison.first_year} to July {comparison.last_year + 1}, "
        f"seed {comparison.seed}{size}. Differences are paired by replication; in brackets the 95 % "
        "interval of the mean difference, **bold** where it does not hold 0.",
        "",
        f"Mean of the last years, {style.training_year_text(first)} to {style.training_year_text(last)}:",
        "",
        *_table(study, comparison.lasting),
    ]
    for year in study.shown:
        if first <= year <= last and comparison.first_year == year == last:
            continue
        of_year = comparison.differences[comparison.differences["year"] == year]
        if len(of_year):
            text += ["", f"{style.training_year_text(year)}:", "", *_table(study, of_year)]
    if study.people:
        text += ["", "The same doctors, over the whole run:", "", *_people(study, comparison)]
    return "\n".join(text) + "\n"


def told(study: Study, comparison: Comparison) -> str:
    """The folder's `words.md`, its fields filled in.

    `{arm: KPI}` is the difference of the last years with its interval, `{arm: KPI: base}` and
    `{arm: KPI: policy}` the levels; `KPI @ 2035` is of that year.
    """
    file = study.folder / "words.md"
    if not file.exists():
        return ""
    return FIELD.sub(partial(_filled, study, comparison), file.read_text(encoding="utf-8")) + "\n"


def _filled(study: Study, comparison: Comparison, field: re.Match[str]) -> str:
    arm, kpi, *what = (part.strip() for part in field[1].split(": "))
    kpi, _, year = (part.strip() for part in kpi.partition("@"))
    if arm not in {name for name, _, _ in study.arms} or kpi not in study.measures:
        raise PipelineError(f"words.md: found {field[0]}, expected an arm and a measure of study.toml")
    table = comparison.differences if year else comparison.lasting
    table = table[(table["arm"] == arm) & (table["kpi"] == kpi)]
    if year:
        table = table[table["year"] == int(year)]
    if not len(table):
        return "no value"
    if what:
        return value_text(float(table[what[0]].iloc[0]))
    return _cell(table).replace("**", "")


def _table(study: Study, frame: pd.DataFrame) -> list[str]:
    lines = [f"| | {study.base_title} | " + " | ".join(arm[1] for arm in study.arms) + " |"]
    lines.append("|---|---:|" + "---:|" * len(study.arms))
    for kpi, words in study.measures.items():
        of_kpi = frame[frame["kpi"] == kpi]
        if not len(of_kpi):
            continue
        cells = [_cell(of_kpi[of_kpi["arm"] == arm[0]]) for arm in study.arms]
        lines.append(f"| {words} | {value_text(float(of_kpi['base'].iloc[0]))} | {' | '.join(cells)} |")
    return lines


def _cell(found: pd.DataFrame) -> str:
    if not len(found):
        return "no value"
    each = Difference.of_row(found.iloc[0])
    if not each.differs:
        return "no change"
    text = signed(each.difference, each)
    text = text if math.isnan(each.low) else f"{text} ({spread(each)})"
    return f"**{text}**" if each.clear else text


def _people(study: Study, comparison: Comparison) -> list[str]:
    lines = ["| | " + " | ".join(arm[1] for arm in study.arms) + " |", "|---|" + "---:|" * len(study.arms)]
    wanted = {
        "only_with": "with a CCT only with the change",
        "only_without": "with a CCT only without it",
        "months_gained": "months by which the CCT of the others comes earlier",
    }
    for group, title in WAY_IN.items():
        for measure, words in wanted.items():
            table = comparison.people
            table = table[(table["group"] == group) & (table["measure"] == measure)]
            table = table.assign(difference=table["mean"], differs=True)
            cells = [
                _plain_cell(table[table["arm"] == arm[0]], signs=measure == "months_gained")
                for arm in study.arms
            ]
            lines.append(f"| {title} {words} | " + " | ".join(cells) + " |")
    return lines


def _plain_cell(found: pd.DataFrame, signs: bool) -> str:
    if not len(found):
        return "0"
    row = found.iloc[0]
    each = Difference(row["difference"], row["low"], row["high"], int(row["reps"]), True)
    if signs:
        return _cell(found.assign(base=np.nan, policy=np.nan))
    text = value_text(each.difference, each)
    if math.isnan(each.low):
        return text
    return f"{text} ({value_text(max(each.low, 0.0), each)} to {value_text(each.high, each)})"


def _into_readme(readme: Path, words: str) -> None:
    text = readme.read_text(encoding="utf-8")
    before, found, rest = text.partition(BEGIN)
    if found:
        after = rest.partition(END)[2]
        readme.write_text(f"{before}{BEGIN}\n\n{words}\n{END}{after}", encoding="utf-8")


# pictures ---------------------------------------------------------------------------------------------
def source_line(study: Study, comparison: Comparison) -> str:
    return (
        f"Source: pipeline_sim, scenario {study.scenario}, {comparison.reps} replications, "
        f"seed {comparison.seed}; intervals: 95 %, paired by replication"
    )


def over_years(study: Study, comparison: Comparison, across: int = 3) -> Figure:
    """A panel a measure: the difference from the base in each training year, with its interval."""
    down = -(-len(study.panels) // across)
    row = 1.75
    height = 1.2 + 0.17 * -(-len(study.arms) // 2) + row * down
    figure = style.new_figure(
        study.title,
        f"Difference from “{study.base_title}” in each training year (August to July); band: 95 % interval",
        source_line(study, comparison),
        height,
    )
    colours, left, gap = study.colours(), 0.07, 0.065
    width = (0.985 - left - gap * (across - 1)) / across
    for at, (kpi, title) in enumerate(study.panels.items()):
        y, x = divmod(at, across)
        bottom = 1 - (0.95 + row * y + row - 0.5) / height
        axes = figure.add_axes((left + x * (width + gap), bottom, width, (row - 0.55) / height))
        style.tidy(axes)
        axes.axhline(0, color=style.QUIET, linewidth=0.9, zorder=1)
        for name, colour in colours.items():
            of = yearly(comparison, name, kpi)
            axes.fill_between(of["year"], of["low"], of["high"], color=colour, alpha=0.18, linewidth=0)
            axes.plot(of["year"], of["difference"], color=colour, linewidth=1.5)
        year_axis(axes, comparison)
        axes.set_title(title, fontsize=style.SMALL, color=style.INK, loc="left", pad=4)
    legend(figure, study, height)
    return figure


def yearly(comparison: Comparison, arm: str, kpi: str) -> pd.DataFrame:
    """The rows of a KPI by year; of the cause of a wait too."""
    table = comparison.differences
    return table[(table["arm"] == arm) & (table["kpi"] == kpi)].sort_values("year")


def year_axis(axes: Axes, comparison: Comparison, ticks: int = 5) -> None:
    first, last = comparison.first_year, comparison.last_year
    step = max(1, -(-(last - first + 1) // ticks))
    years = list(range(first, last + 1, step))
    axes.set_xticks(years, [style.training_year_text(year) for year in years])
    axes.set_xlim(first - 0.3, max(last, first + 1) + 0.3)
    axes.tick_params(labelsize=6.5)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, min_n_ticks=3))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "\N{MINUS SIGN}"))
    )


def legend(
    figure: Figure, study: Study, height: float, extra: Sequence[Line2D] = (), marker: str | None = None
) -> None:
    handles = [
        *extra,
        *(
            Line2D([], [], color=colour, marker=marker, markersize=4, linewidth=1.8, label=arm[1])
            for arm, colour in zip(study.arms, study.colours().values(), strict=True)
        ),
    ]
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.05, 0.26 / height),
        ncols=3 if len(handles) == 3 or sum(len(each.get_label()) for each in handles) < 75 else 2,
        fontsize=style.SMALL,
        frameon=False,
        borderaxespad=0,
    )


# rows of a study's own --------------------------------------------------------------------------------
def counted(facts: Facts, kpi: str, year: NDArray) -> pd.DataFrame:
    """How many of ``year`` (0 for the first training year) fall into each year, as rows of a KPI."""
    number = np.bincount(year, minlength=facts.years)[: facts.years].astype(np.float64)
    return _rows_of_kpi(facts, kpi, number, number, np.full(facts.years, np.nan))


def shared(facts: Facts, kpi: str, year: NDArray, chosen: NDArray) -> pd.DataFrame:
    """What percentage is ``chosen`` in each year, as rows of a KPI; nothing where nobody is asked."""
    whole = np.bincount(year, minlength=facts.years)[: facts.years].astype(np.float64)
    part = np.bincount(year[chosen], minlength=facts.years)[: facts.years].astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return _rows_of_kpi(facts, kpi, 100 * part / whole, part, whole)


def valued(facts: Facts, kpi: str, value: NDArray) -> pd.DataFrame:
    """A value for each training year, as rows of a KPI that counts."""
    return _rows_of_kpi(facts, kpi, value, value, np.full(facts.years, np.nan))


def _rows_of_kpi(
    facts: Facts, kpi: str, value: NDArray, numerator: NDArray, denominator: NDArray
) -> pd.DataFrame:
    year = year_labels(facts.blueprint)
    frame = pd.DataFrame({"rep": 0, "year": year, "kpi": kpi, "value": value, "numerator": numerator})
    return frame.assign(denominator=denominator, unit="")
