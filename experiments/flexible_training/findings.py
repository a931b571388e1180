"""The results as a page: sentences made by rules from the table, and the table itself by subject."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from comparing import ALL, NONE, Arm, Mechanism, Variant, alone_of
from measures import MEASURES
from paired import INTERACTION, SUM

END, AFTER = "end", "after"
COSTS = ("in post", "whole-time in post", "away", "waiting to return", "supernumerary", "credited")


@dataclass(frozen=True)
class Found:
    """One row of the table."""

    mean: float
    difference: float
    low: float
    high: float
    share: float

    @property
    def clear(self) -> bool:
        """The interval of the difference does not hold 0."""
        return self.low > 0 or self.high < 0


class Table:
    """The table of results, looked up by arm, measure, breakdown and period."""

    def __init__(self, table: pd.DataFrame) -> None:
        columns = ["mean", "difference", "difference_low", "difference_high", "share_better"]
        keys = table[["arm", "measure", "breakdown", "period"]].itertuples(index=False, name=None)
        numbers = table[columns].itertuples(index=False, name=None)
        self._rows = {key: Found(*row) for key, row in zip(keys, numbers, strict=True)}
        self.replications = int(table["replications"].max())

    def find(self, arm: str, measure: str, breakdown: str, period: str) -> Found:
        nothing = Found(math.nan, math.nan, math.nan, math.nan, math.nan)
        return self._rows.get((arm, measure, breakdown, period), nothing)

    def breakdowns(self, measure: str, period: str) -> list[str]:
        """Breakdowns of a measure of which any arm has anything."""
        return list(
            dict.fromkeys(
                breakdown
                for (_, name, breakdown, of), found in self._rows.items()
                if (name, of) == (measure, period) and found.mean > 0
            )
        )


def summary(table: pd.DataFrame, arms: Sequence[Arm], title: str) -> str:
    """The headlines, for the page that explains the study."""
    found = Table(table)
    lines = [f"- {line}" for line in (*_together(found), *_costs(found, arms))]
    return "\n".join([title, "", *_HEADLINE_NOTE, "", *_headlines(found, arms), "", *lines])


def page(
    table: pd.DataFrame, arms: Sequence[Arm], compared: Sequence[Mechanism | Variant], title: str
) -> str:
    """The whole of ``results.md``."""
    found = Table(table)
    parts = ["# Flexible training: results", "", title, "", "## What it shows", ""]
    parts += [f"- {line}" for line in sentences(found, arms)]
    parts += ["", "## In one table", "", *_HEADLINE_NOTE, "", *_headlines(found, arms)]
    parts += ["", "## What each mechanism is", "", "| mechanism | on | off |", "|---|---|---|"]
    for each in compared:
        told = (each.on, each.without) if isinstance(each, Mechanism) else (each.what, "as it is")
        parts.append(f"| {each.title} | {told[0]} | {told[1]} |")
    parts += ["", *_LEGEND]
    for heading, note, columns in _subjects(found):
        parts += ["", f"## {heading}", "", *([note, ""] if note else []), *_grid(found, arms, columns)]
    parts += ["", "## In training and out of it, by year", "", *_years(table, arms)]
    return "\n".join(parts) + "\n"


_LEGEND = (
    "In the tables below the row *None of the six* is the level without them; every other row is the paired "
    "difference from it: mean (95 % interval; percent of the replications in which it is for the better). "
    "*Sum of the six* adds the differences of each alone; *Together, beyond the sum* is what all six do more "
    "than that.",
)


# sentences --------------------------------------------------------------------------------------------

_TOLD = (
    ("ccts", "all", END, "CCTs a year"),
    ("f2_to_cct_mean", "all", END, "mean months from F2 to CCT"),
    ("f2_cohort_cct", "", "", "F2 cohort with a CCT, in points"),
    ("leavers", "all", END, "leaving without a CCT a year"),
    ("waits_to_start", "training_post", END, "person-months a year of waiting for a post"),
    ("waits_to_return", "all", END, "person-months a year of waiting to come back"),
    ("wte", "all", END, "WTE of consultants, GPs and trainees"),
)


def sentences(found: Table, arms: Sequence[Arm]) -> list[str]:
    """A line for every arm, what they do together, and what they cost."""
    lines = []
    for arm in arms[1:]:
        clear, unclear = [], []
        for *where, words in _TOLD:
            each = found.find(arm.name, *where)
            if each.clear:
                clear.append(f"{words} {signed(each.difference)} ({interval(each)})")
            elif not math.isnan(each.difference):
                unclear.append(words)
        text = "; ".join(clear) if clear else "nothing that can be told from chance"
        rest = f". No clear change: {', '.join(unclear)}" if unclear and clear else ""
        lines.append(f"**{arm.title}**: {text}{rest}.")
    return [*lines, *_together(found), *_costs(found, arms)]


def _together(found: Table) -> Iterator[str]:
    both, added = (found.find(arm, "ccts", "all", END) for arm in (ALL, SUM))
    beyond = found.find(INTERACTION, "ccts", "all", END)
    if math.isnan(beyond.difference):
        return
    adds_up = "the effects add up, as far as chance lets one tell"
    yield (
        f"**Together or added up**: all six change CCTs by {signed(both.difference)} a year, the sum of each "
        f"alone by {signed(added.difference)}; beyond it {signed(beyond.difference)} ({interval(beyond)}): "
        f"{'they change each other' if beyond.clear else adds_up}."
    )


def _costs(found: Table, arms: Sequence[Arm]) -> Iterator[str]:
    """What a CCT gained costs, and what would make up for CCTs lost."""
    level, leaving = (found.find(NONE, measure, "all", END).mean for measure in ("ccts", "leavers"))
    for arm in arms[1:]:
        ccts = found.find(arm.name, "ccts", "all", END)
        spent = found.find(arm.name, "cost", "supernumerary", END)
        per_cct = found.find(arm.name, "months_in_post_per_cct", "", END)
        if not ccts.clear or arm.also:
            continue
        if ccts.difference > 0 and spent.clear and spent.difference > 0:
            yield (
                f"**{arm.title}, cost**: {number(spent.difference)} supernumerary months a year, "
                f"{number(spent.difference / ccts.difference)} for each CCT gained."
            )
        if ccts.difference < 0 < leaving:
            dearer = f"a CCT takes {signed(per_cct.difference)} months in post; " if per_cct.clear else ""
            yield (
                f"**{arm.title}, break-even**: {100 * ccts.difference / level:.1f} % of all CCTs; {dearer}"
                f"to make up for them, {100 * -ccts.difference / leaving:.0f} in 100 of those who leave "
                "without a CCT would have to stay and finish. No such effect is in the model."
            )


# tables -----------------------------------------------------------------------------------------------

_HEADLINE_NOTE = (
    "The level without any of the six, and what each changes (last five years; waits and cost: all years "
    "since the changes). **Bold**: the 95 % interval does not hold 0.",
)
_HEADLINES = (
    ("ccts", "all", END, "CCTs a year"),
    ("f2_to_cct_median", "all", END, "F2 to CCT, median months"),
    ("f2_to_cct_p90", "all", END, "ninth decile"),
    ("f2_cohort_cct", "", "", "F2 cohort with a CCT, %"),
    ("leavers", "all", END, "leave without a CCT, a year"),
    ("wte", "all", END, "WTE at work"),
    ("waits_to_start", "training_post", AFTER, "waits for a post, person-months a year"),
    ("waits_to_return", "all", AFTER, "waits to come back"),
    ("people", "training", END, "people in post"),
    ("people", "outside training", END, "people outside training"),
    ("cost", "supernumerary", AFTER, "supernumerary months a year"),
    ("months_in_post_per_cct", "", AFTER, "months in post for a CCT"),
)


def _headlines(found: Table, arms: Sequence[Arm]) -> list[str]:
    lines = [
        f"| | {' | '.join(heading for *_, heading in _HEADLINES)} |",
        "|---|" + "---:|" * len(_HEADLINES),
    ]
    for name, title in _named(arms):
        cells = []
        for *where, _ in _HEADLINES:
            each = found.find(name, *where)
            text = number(each.mean) if name == NONE else signed(each.difference)
            cells.append(f"**{text}**" if each.clear and name != NONE else text)
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


def _named(arms: Sequence[Arm]) -> list[tuple[str, str]]:
    """Name and title of every row of a table."""
    titles = {arm.name: arm.title for arm in arms}
    plain = [NONE, *(arm.name for arm in alone_of(arms))]
    titles |= {SUM: "Sum of the six", INTERACTION: "Together, beyond the sum"}
    variants = [arm.name for arm in arms if arm.also]
    return [(name, titles[name]) for name in (*plain, SUM, ALL, INTERACTION, *variants)]


Column = tuple[str, str, str, str]  # measure, breakdown, period, heading


def _subjects(found: Table) -> Iterator[tuple[str, str, list[Column]]]:
    def columns(measure: str, period: str, *parts: tuple[str, str]) -> list[Column]:
        return [(measure, breakdown, period, heading) for breakdown, heading in parts]

    yield (
        "Time from F2 to CCT, months",
        "CCTs of the last five years, of those whose F2 the run saw.",
        [
            ("f2_to_cct_median", "all", END, "median"),
            ("f2_to_cct_p90", "all", END, "ninth decile"),
            ("f2_to_cct_mean", "all", END, "mean"),
            ("f2_to_cct_mean", "general practice", END, "mean, general practice"),
            ("f2_to_cct_mean", "other specialties", END, "mean, other specialties"),
        ],
    )
    yield (
        "What becomes of a cohort",
        "F2 cohort: who finished F2 in four years; entry cohort: who first started a programme in four.",
        [
            ("f2_cohort_cct", "", "", "F2 cohort: with a CCT, %"),
            ("f2_cohort_without", "", "", "F2 cohort: mean months without a CCT"),
            ("entry_cohort_cct", "", "", "entry cohort: with a CCT, %"),
            ("entry_cohort_still", "", "", "still in training or away, %"),
            ("entry_cohort_left", "", "", "out without a CCT, %"),
            ("entry_cohort_median", "", "", "start to CCT, median months"),
            ("entry_cohort_p90", "", "", "ninth decile"),
        ],
    )
    yield (
        "CCTs and starts a year",
        "Last five years; the last column is the mean of all years since the changes.",
        [
            *columns(
                "ccts", END, ("all", "CCTs"), ("general practice", "GP"), ("other specialties", "other")
            ),
            ("starts", "all", END, "programme starts"),
            ("ccts", "all", AFTER, "CCTs, all years"),
        ],
    )
    yield (
        "Whole-time equivalents at work",
        "Mean of the last five years.",
        columns(
            "wte",
            END,
            ("all", "all"),
            ("consultants", "consultants"),
            ("gps", "GPs"),
            ("trainees", "trainees"),
        ),
    )
    yield (
        "Leaving training without a CCT",
        "A year, last five years. Someone who leaves may come back later.",
        [
            *columns("leavers", END, ("all", "people"), ("resigned", "resigned"), ("released", "released")),
            ("leavers", "did_not_return", END, "did not come back"),
            ("leavers_percent", "", END, "% of trainees"),
        ],
    )
    waits = [
        ("waits_to_start", breakdown, AFTER, words(breakdown))
        for breakdown in found.breakdowns("waits_to_start", AFTER)
    ]
    yield ("Waits to start by cause, person-months a year", "All years since the changes.", waits)
    back = [
        ("waits_to_return", breakdown, AFTER, words(breakdown))
        for breakdown in found.breakdowns("waits_to_return", AFTER)
    ]
    if back:
        yield ("Waits to come back by cause, person-months a year", "All years since the changes.", back)
    yield (
        "Doctors after F2, by where they are",
        "Mean of the last five years.",
        columns(
            "people",
            END,
            ("training", "in post"),
            ("training_waiting", "waiting with a post or to return"),
            ("stepped_out", "stepped out"),
            ("outside training", "outside training"),
            ("unplaced", "of these unplaced"),
        ),
    )
    yield (
        "Cost in trainee-months a year",
        "All years since the changes. Supernumerary months are part of those in post; credited are saved.",
        [
            *(("cost", part, AFTER, part) for part in COSTS),
            ("months_in_post_per_cct", "", AFTER, "in post for each CCT"),
        ],
    )
    yield (
        "Less than full time",
        "Percent of doctors in training, last five years.",
        [("ltft_percent", "", END, "less than full time, %")],
    )


def _grid(found: Table, arms: Sequence[Arm], columns: Sequence[Column]) -> list[str]:
    lines = [f"| | {' | '.join(heading for *_, heading in columns)} |", "|---|" + "---:|" * len(columns)]
    for name, title in _named(arms):
        cells = [_cell(found.find(name, *where), name, MEASURES[where[0]].better) for *where, _ in columns]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


def _cell(found: Found, arm: str, better: str) -> str:
    if arm == NONE:
        return number(found.mean)
    if math.isnan(found.difference):
        return "-"
    if found.difference == 0 and found.low == found.high:
        return "0"
    share = (
        f"; {100 * found.share:.0f} %"
        if better and not math.isnan(found.share) and arm != INTERACTION
        else ""
    )
    return f"{signed(found.difference)} ({interval(found)}{share})"


def _years(table: pd.DataFrame, arms: Sequence[Arm]) -> list[str]:
    """Doctors in post, away and outside training in every third year, without and with everything."""
    places = {"training": "in post", "stepped_out": "stepped out", "outside training": "outside training"}
    rows = table[(table["measure"] == "people") & table["period"].str.fullmatch(r"\d{4}")]
    years = sorted(set(rows["period"]))[::3]
    names = {arm.name: arm.title for arm in arms if arm.name in (NONE, ALL) or arm.also}
    lines = [f"| | {' | '.join(years)} |", "|---|" + "---:|" * len(years)]
    for place, heading in places.items():
        for name, title in names.items():
            chosen = rows[(rows["arm"] == name) & (rows["breakdown"] == place)].set_index("period")["mean"]
            cells = [number(float(chosen.get(year, math.nan))) for year in years]
            lines.append(f"| {heading}: {title} | {' | '.join(cells)} |")
    return lines


# numbers ----------------------------------------------------------------------------------------------


def number(value: float) -> str:
    """Whole above 100, otherwise three figures; nothing as a dash."""
    if math.isnan(value):
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    shown = f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return shown.rstrip("0").rstrip(".").replace("-0", "0", 1) if float(shown) == 0 else shown


def signed(value: float) -> str:
    """A difference with its sign."""
    shown = number(abs(value))
    return shown if float(shown.replace(",", "")) == 0 else ("+" if value > 0 else "-") + shown


def interval(found: Found) -> str:
    """The interval of a difference."""
    return "no interval" if math.isnan(found.low) else f"{signed(found.low)} to {signed(found.high)}"


def words(name: str) -> str:
    return name.replace("_", " ")
