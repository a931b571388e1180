"""What is measured of one run: a number for every measure, breakdown and year.

Yearly measures are of training years. ``after`` is a mean over the training years since the date, ``end`` one
over the last five. Cohorts are of people who finished F2 in the four training years from a year after the
date on, or first started a programme after it in the four from the date on; all are followed equally long.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline_sim.clock import MONTHS_PER_YEAR
from pipeline_sim.eventlog import EventLog
from pipeline_sim.results.completions import final_foundation_level
from pipeline_sim.results.life_passes import FOUNDATION_PROGRAMME
from pipeline_sim.results.lives import read_lives
from pipeline_sim.studies.runs import RunResult
from pipeline_sim.vocabulary import Event, State

Key = tuple[str, str, str]  # measure, breakdown, period: a training year, "after", "end" or ""
Values = dict[Key, float]

LAST_YEARS = 5
COHORT_YEARS = 4
CURVE_STEP = 6  # months between the points of the curve of a cohort
WEEKS_PER_YEAR = 52
HELD = ("training", "stepped_out", "training_waiting")
AT_WORK_TRAINED = ("consultants", "gps")
OUTSIDE = ("unplaced", "locally_employed", "abroad", "break", "teaching_research")
LEAVERS = ("resigned", "released", "did_not_return")


@dataclass(frozen=True)
class Measure:
    """How a measure is told: unit, and whether more or fewer of it is better ("" for neither)."""

    title: str
    unit: str
    better: str = ""


MEASURES = {
    "f2_to_cct_median": Measure("F2 to CCT, median, CCTs of the last five years", "months", "fewer"),
    "f2_to_cct_p90": Measure("F2 to CCT, ninth decile, CCTs of the last five years", "months", "fewer"),
    "f2_to_cct_mean": Measure("F2 to CCT, mean, CCTs of the last five years", "months", "fewer"),
    "f2_cohort_people": Measure("Doctors of the F2 cohort", "people"),
    "f2_cohort_cct": Measure("F2 cohort: with a CCT when followed up", "percent", "more"),
    "f2_cohort_median": Measure("F2 cohort: F2 to CCT, median of those with one", "months", "fewer"),
    "f2_cohort_p90": Measure("F2 cohort: F2 to CCT, ninth decile of those with one", "months", "fewer"),
    "f2_cohort_without": Measure("F2 cohort: mean months without a CCT while followed", "months", "fewer"),
    "f2_cohort_curve": Measure("F2 cohort: with a CCT so many months after F2", "percent", "more"),
    "entry_cohort_people": Measure("Doctors of the entry cohort", "people"),
    "entry_cohort_cct": Measure("Entry cohort: with a CCT when followed up", "percent", "more"),
    "entry_cohort_still": Measure("Entry cohort: in training, or away from it", "percent"),
    "entry_cohort_left": Measure("Entry cohort: out of training without a CCT", "percent", "fewer"),
    "entry_cohort_median": Measure("Entry cohort: start to CCT, median of those with one", "months", "fewer"),
    "entry_cohort_p90": Measure(
        "Entry cohort: start to CCT, ninth decile of those with one", "months", "fewer"
    ),
    "ccts": Measure("CCTs a year", "people", "more"),
    "starts": Measure("Programme starts a year", "people", "more"),
    "wte": Measure("Whole-time equivalents at work", "WTE", "more"),
    "people": Measure("Doctors after F2, by where they are", "people"),
    "leavers": Measure("Leaving training without a CCT, a year", "people", "fewer"),
    "leavers_percent": Measure("Leaving training without a CCT, of those in it or away", "percent", "fewer"),
    "waits_to_start": Measure("Waits to start, a year", "person-months", "fewer"),
    "waits_to_return": Measure("Waits to come back, a year", "person-months", "fewer"),
    "ltft_percent": Measure("Doctors in training less than full time", "percent"),
    "cost": Measure("Trainee-months a year", "person-months"),
    "months_in_post_per_cct": Measure("Months in post for each CCT", "person-months", "fewer"),
}


def measure_run(run: RunResult, before: int) -> tuple[str, Values]:
    """A fingerprint of the first ``before`` months, and every measure of the run."""
    return fingerprint(run.log, before), values_of(run, before)


def fingerprint(log: EventLog, months: int) -> str:
    """Equal for two runs in which the same happened to the same people in the first months."""
    end = int(np.searchsorted(log.month, months))
    made = hashlib.sha256()
    for field in fields(log):
        made.update(np.ascontiguousarray(getattr(log, field.name)[:end]).tobytes())
    return made.hexdigest()


def values_of(run: RunResult, before: int) -> Values:
    """Every measure of the run, the date being ``before`` months after its start."""
    values: Values = {}
    yearly = _yearly(run)
    first = run.blueprint.start_year + before // MONTHS_PER_YEAR
    last = max(int(year) for _, _, year in yearly)
    for name, breakdown in dict.fromkeys((name, breakdown) for name, breakdown, _ in yearly):
        series = [yearly.get((name, breakdown, str(year)), 0.0) for year in range(first, last + 1)]
        values[name, breakdown, "after"] = float(np.mean(series))
        values[name, breakdown, "end"] = float(np.mean(series[-LAST_YEARS:]))
    values |= yearly
    for period in ("after", "end"):
        certified = values["ccts", "all", period]
        in_post = values["cost", "in post", period]
        values["months_in_post_per_cct", "", period] = in_post / certified if certified else math.nan
    return values | _times(run) | _f2_cohort(run, before) | _entry_cohort(run, before)


# by year ----------------------------------------------------------------------------------------------


def _yearly(run: RunResult) -> Values:
    """Everything that is measured every training year."""
    kpis = run.kpis
    years = [str(year) for year in sorted(set(kpis["year"]))]
    names = kpis["kpi"].astype(str)
    plain = kpis[~names.str.contains("[", regex=False) | names.str.fullmatch(rf"{_PLACE}\[place=[a-z_]+\]")]
    of_kpi = {str(name): table for name, table in plain.groupby(plain["kpi"].astype(str))}
    values: Values = {(name, part, year): 0.0 for name, part in _PARTS for year in years}

    def take(name: str, breakdown: str, kpi: str, times: float = 1.0) -> None:
        table = of_kpi.get(kpi)
        if table is not None:
            for year, value in zip(table["year"], table["value"], strict=True):
                values[name, breakdown, str(year)] = float(value) * times

    take("ccts", "all", "ccts")
    take("ccts", "general practice", "ccts_gp")
    take("ccts", "other specialties", "ccts_specialist")
    take("starts", "all", "training_starts")
    for group in AT_WORK_TRAINED:
        take("wte", group, f"{group}_wte")
    take("ltft_percent", "", "ltft_percent")
    for place in OUTSIDE:
        take("people", place, f"{_PLACE}[place={place}]")
    take("cost", "away", "stepped_out", MONTHS_PER_YEAR)
    take("cost", "credited", "credit_months")
    _from_census(run, values)
    _from_flows(run, values)
    _from_waits(run, values)
    _supernumerary(run, values)
    for year in years:
        values["wte", "all", year] = sum(values["wte", part, year] for part in (*AT_WORK_TRAINED, "trainees"))
        values["people", "outside training", year] = sum(values["people", place, year] for place in OUTSIDE)
        leavers = sum(values["leavers", way, year] for way in LEAVERS)
        values["leavers", "all", year] = leavers
        held = sum(values["people", state, year] for state in HELD)
        values["leavers_percent", "", year] = 100 * leavers / held if held else math.nan
    return values


_STUDENTS_CAUSE = r"^.*_placement$"
_PLACE = "doctors_in_and_out_of_training"
_PARTS = (
    *(("ccts", part) for part in ("all", "general practice", "other specialties")),
    ("starts", "all"),
    *(("wte", part) for part in ("all", *AT_WORK_TRAINED, "trainees")),
    *(("people", place) for place in (*HELD, "outside training", *OUTSIDE)),
    *(("leavers", way) for way in ("all", *LEAVERS)),
    ("leavers_percent", ""),
    ("waits_to_start", "all"),
    ("waits_to_return", "all"),
    ("ltft_percent", ""),
    *(("cost", part) for part in ("in post", "whole-time in post", "away", "waiting to return")),
    *(("cost", part) for part in ("supernumerary", "credited")),
)


def _from_census(run: RunResult, values: Values) -> None:
    """Doctors who hold a training number, and the months that they spend in post."""
    census = run.census
    rows = census[census["state"].isin(HELD) & (census["programme"] != run.blueprint.programmes[0])]
    year = _training_year(run, rows["month"].to_numpy())
    sums = rows.groupby([rows["state"].astype(str), year])[["headcount", "wte"]].sum()
    for (state, of), months in sums.iterrows():
        values["people", state, str(of)] = months["headcount"] / MONTHS_PER_YEAR
        if state == "training":
            values["cost", "in post", str(of)] = float(months["headcount"])
            values["cost", "whole-time in post", str(of)] = float(months["wte"])
            values["wte", "trainees", str(of)] = months["wte"] / MONTHS_PER_YEAR


def _from_flows(run: RunResult, values: Values) -> None:
    flows = run.flows
    rows = flows[flows["event"].isin(LEAVERS)]
    for (event, year), count in (
        rows.groupby([rows["event"].astype(str), rows["year"]])["count"].sum().items()
    ):
        values["leavers", str(event), str(year)] = float(count)


def _from_waits(run: RunResult, values: Values) -> None:
    """Person-months by cause: those to come back are told apart by an indicator of their own."""
    waits = run.waits
    kpis = run.kpis
    parts = kpis["kpi"].astype(str).str.extract(r"^waits_to_return\[cause=([^,]+)\]$")[0]
    back = kpis.assign(cause=parts).dropna(subset=["cause"])
    for year, cause, months in zip(back["year"], back["cause"], back["value"], strict=True):
        values["waits_to_return", cause, str(year)] = float(months)
        values["waits_to_return", "all", str(year)] += float(months)
        values["cost", "waiting to return", str(year)] += float(months)
    causes = waits["blocked_by"].astype(str).str.replace(_STUDENTS_CAUSE, "clinical_placement", regex=True)
    sums = waits.groupby([causes, waits["year"]])["person_months"].sum()
    for (cause, year), months in sums.items():
        returning = values.get(("waits_to_return", cause, str(year)), 0.0)
        values["waits_to_start", cause, str(year)] = float(months) - returning
        values["waits_to_start", "all", str(year)] += float(months) - returning


def _supernumerary(run: RunResult, values: Values) -> None:
    rows = run.log.event == Event.SUPPORTED_RETURN
    weeks = pd.Series(run.log.detail[rows]).groupby(_training_year(run, run.log.month[rows])).sum()
    for year, total in weeks.items():
        values["cost", "supernumerary", str(year)] = float(total) * MONTHS_PER_YEAR / WEEKS_PER_YEAR


def _training_year(run: RunResult, month: NDArray) -> NDArray[np.int64]:
    months = (
        run.blueprint.start_year * MONTHS_PER_YEAR + run.blueprint.start_month - 8 + month.astype(np.int64)
    )
    return months // MONTHS_PER_YEAR


# from F2 and from the first start to the certificate ----------------------------------------------------


def _times(run: RunResult) -> Values:
    """Months from F2 to CCT, of the CCTs of the last years that the run can follow back to F2."""
    done = run.completions
    late = done["month"] >= run.blueprint.months - LAST_YEARS * MONTHS_PER_YEAR
    chosen = done[(done["kind"] == "cct") & late & done["f2_to_cct_months"].notna()]
    general = chosen["programme"] == "general_practice"
    values: Values = {}
    groups = {"all": chosen, "general practice": chosen[general], "other specialties": chosen[~general]}
    for breakdown, rows in groups.items():
        months = rows["f2_to_cct_months"].to_numpy(dtype=np.float64)
        values["f2_to_cct_median", breakdown, "end"] = percentile(months, 50)
        values["f2_to_cct_p90", breakdown, "end"] = percentile(months, 90)
        values["f2_to_cct_mean", breakdown, "end"] = _over(np.mean, months)
    return values


def percentile(months: NDArray, percent: float) -> float:
    """Percentile, linear between neighbours; nothing of nobody."""
    return _over(lambda known: np.percentile(known, percent), months)


def _over(function: Callable[[NDArray], float], months: NDArray) -> float:
    return float(function(months)) if len(months) else math.nan


def _f2_cohort(run: RunResult, before: int) -> Values:
    """The doctors who finished F2 in the cohort's years."""
    log = run.log
    rows = (log.event == Event.FOUNDATION_SIGNED_OFF) & (log.level == final_foundation_level(run.blueprint))
    months, follow = _window(run, before + MONTHS_PER_YEAR)
    people, since = _first_in(log, rows, months)
    taken = _months_to_cct(run, people, since)
    certified = taken <= follow
    values: Values = {("f2_cohort_people", "", ""): float(len(people))}
    values["f2_cohort_cct", "", ""] = _over(lambda each: 100 * np.mean(each), certified)
    values["f2_cohort_median", "", ""] = percentile(taken[certified], 50)
    values["f2_cohort_p90", "", ""] = percentile(taken[certified], 90)
    values["f2_cohort_without", "", ""] = _over(np.mean, np.minimum(taken, follow))
    for month in range(0, max(follow, 0) + 1, CURVE_STEP):
        share = _over(lambda each: 100 * np.mean(each), taken <= month)
        values["f2_cohort_curve", str(month), ""] = share
    return values


def _entry_cohort(run: RunResult, before: int) -> Values:
    """The doctors who first started a programme after F2 in the cohort's years."""
    log = run.log
    rows = (log.event == Event.STARTED_LEVEL) & (log.programme != FOUNDATION_PROGRAMME)
    months, follow = _window(run, before)
    people, since = _first_in(log, rows, months)
    held_at_start = np.isin(log.detail, (State.TRAINING, State.TRAINING_WAITING, State.STEPPED_OUT))
    known = (log.event == Event.PRESENT_AT_START) & held_at_start & (log.programme > FOUNDATION_PROGRAMME)
    new = ~np.isin(people, log.person[known])
    people, since = people[new], since[new]
    taken = _months_to_cct(run, people, since)
    certified = taken <= follow
    states = _states_after(run, people, since + follow)
    still = np.isin(states, (State.TRAINING, State.TRAINING_WAITING, State.STEPPED_OUT)) & ~certified
    values: Values = {("entry_cohort_people", "", ""): float(len(people))}
    for name, chosen in (("cct", certified), ("still", still), ("left", ~certified & ~still)):
        values[f"entry_cohort_{name}", "", ""] = _over(lambda each: 100 * np.mean(each), chosen)
    values["entry_cohort_median", "", ""] = percentile(taken[certified], 50)
    values["entry_cohort_p90", "", ""] = percentile(taken[certified], 90)
    return values


def _window(run: RunResult, begins: int) -> tuple[tuple[int, int], int]:
    """First month of the cohort and the one after its last; for how long every member can be followed."""
    ends = begins + COHORT_YEARS * MONTHS_PER_YEAR
    return (begins, ends), run.blueprint.months - ends


def _first_in(log: EventLog, rows: NDArray, months: tuple[int, int]) -> tuple[NDArray, NDArray]:
    """People, ascending, whose first of the marked rows lies in the window; its month."""
    people, first = np.unique(log.person[rows], return_index=True)
    month = log.month[rows][first].astype(np.int64)
    chosen = (month >= months[0]) & (month < months[1])
    return people[chosen], month[chosen]


def _months_to_cct(run: RunResult, people: NDArray, since: NDArray) -> NDArray[np.float64]:
    """Months to each person's first certificate; infinite without one."""
    certified = run.log.event == Event.COMPLETED_TRAINING
    person, first = np.unique(run.log.person[certified], return_index=True)
    month = run.log.month[certified][first]
    taken = np.full(len(people), np.inf)
    if len(person):
        at = np.minimum(np.searchsorted(person, people), len(person) - 1)
        found = person[at] == people
        taken[found] = (month[at] - since)[found]
    return taken


def _states_after(run: RunResult, people: NDArray, month: NDArray) -> NDArray[np.int8]:
    """The state of each person as a month of their own begins."""
    lives = read_lives(run.log, run.blueprint)
    longest = run.blueprint.months + 1
    person = np.repeat(np.arange(len(lives.begin) - 1), np.diff(lives.begin))
    position = np.searchsorted(lives.people.number, people)
    last = np.searchsorted(person * longest + lives.month, position * longest + month) - 1
    return lives.state[last]
