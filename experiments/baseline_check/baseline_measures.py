"""The model's side of the check: one number for each measure and key of ``published.csv``.

Every measure takes a ``Run`` and a key, and gives the number at the scale of the run; ``values_of`` brings
counts to full size. What a run cannot give raises ``NotProducedError`` with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.eventlog import EventLog
from pipeline_sim.identity import is_uk_graduate
from pipeline_sim.results.bundle import gather_facts
from pipeline_sim.results.facts import Facts, Table
from pipeline_sim.results.kpis import kpi_frame
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.studies.runs import RunResult
from pipeline_sim.vocabulary import TIER, Event, State, round_of

FIRST = 0  # index of the first training year, the one published figures are compared with
MAIN_ROUNDS = ("round_1", "round_1_readvert", "round_2")
ENTRY_ROUNDS = ("round_1", "round_1_readvert")
ROUND_GROUPS = {
    "all": MAIN_ROUNDS,
    "rounds_1_and_2": MAIN_ROUNDS,
    "round_1": ENTRY_ROUNDS,
    "round_2": ("round_2",),
}
LEVEL_GROUPS = {"CT1/ST1": ("CT1", "ST1", "IMT1"), "ST3": ("ST3",), "ST4": ("ST4",)}
ONCOLOGY = ("clinical_oncology", "medical_oncology")
PATHOLOGY = ("histopathology", "chemical_pathology")
STOCK_GROUPS: dict[str, tuple[str, ...]] = {
    "anaesthetics": ("core_anaesthetics", "anaesthetics", "intensive_care"),
    "oncology": ONCOLOGY,
    "pathology": PATHOLOGY,
    "public_health": ("public_health", "gp_public_health"),
    "psychiatry": (
        "core_psychiatry",
        "general_psychiatry",
        "child_adolescent_psychiatry",
        "old_age_psychiatry",
        "forensic_psychiatry",
        "learning_disability_psychiatry",
    ),
}
PRIORITISED = 1
#: Published counts have the Medical Training Initiative among locally employed doctors.
LOCALLY_EMPLOYED = (State.LOCALLY_EMPLOYED, State.UNPLACED, State.TRAINING_INITIATIVE)
COUNTS = {"people", "places", "posts", "applications", "FTE"}  # units that grow with the scale


class NotProducedError(Exception):
    """The run does not give this number; the message says why."""


@dataclass(frozen=True)
class Run:
    """One replication, read once."""

    log: EventLog
    blueprint: Blueprint

    @cached_property
    def facts(self) -> Facts:
        return gather_facts(self.log, self.blueprint)

    @cached_property
    def kpis(self) -> dict[tuple[str, int], float]:
        frame = kpi_frame(self.facts, 0)
        return {(kpi, int(year)): float(value) for kpi, year, value in frame[["kpi", "year", "value"]].values}

    def kpi(self, name: str, year: int = 0) -> float:
        """A KPI in a training year; the first if not given."""
        value = self.kpis.get((name, year or self.blueprint.start_year), float("nan"))
        if np.isnan(value):
            raise NotProducedError(f"{name} has no value in {year or self.blueprint.start_year} of this run")
        return value

    def columns(self, programmes: tuple[str, ...]) -> NDArray[np.int64]:
        """Positions of programmes on the programme axis of the tables."""
        missing = set(programmes) - set(self.blueprint.programmes)
        if missing:
            raise NotProducedError(f"no programme {', '.join(sorted(missing))} in the scenario")
        return np.array([self.blueprint.programmes.index(name) + 1 for name in programmes])

    def entering_at(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Programmes by the name of their first level."""
        blueprint = self.blueprint
        return tuple(
            name
            for name, first, count in zip(
                blueprint.programmes, blueprint.level_first, blueprint.level_count, strict=True
            )
            if count and blueprint.levels[first] in names
        )

    def rounds(self, names: tuple[str, ...]) -> list[int]:
        return [self.blueprint.rounds.index(name) for name in names if name in self.blueprint.rounds]

    def rows(self, event: Event, rounds: tuple[str, ...] = MAIN_ROUNDS) -> NDArray[np.int64]:
        """Rows of a recruitment event in the rounds, in the first training year."""
        rows = self.facts.rows(event)
        rows = rows[self.facts.year_of[self.log.month[rows]] == FIRST]
        return rows[np.isin(round_of(self.log.detail[rows]), self.rounds(rounds))]

    def people(self, event: Event, rounds: tuple[str, ...] = MAIN_ROUNDS) -> NDArray[np.int64]:
        """People with the event in the rounds of the first training year, each once."""
        return np.unique(self.log.person[self.rows(event, rounds)])

    def at_start(self, *states: State) -> tuple[float, float]:
        """Heads and whole-time equivalents of the starting stock."""
        present = self.log.event == Event.PRESENT_AT_START
        rows = np.flatnonzero(present & np.isin(self.log.detail, [int(state) for state in states]))
        return float(len(rows)), float(self.log.wte[rows].sum()) / 100


def ratio(numerator: float, denominator: float, what: str) -> float:
    """A ratio; without a denominator, not produced."""
    if not denominator:
        raise NotProducedError(f"no {what} in this run")
    return float(numerator) / float(denominator)


def percentage(numerator: float, denominator: float, what: str) -> float:
    return 100 * ratio(numerator, denominator, what)


def programmes_of(run: Run, key: str) -> tuple[str, ...]:
    """The programmes a key of a recruitment measure stands for: all, a first level or one programme."""
    if key == "all":
        return run.entering_at(tuple(name for group in LEVEL_GROUPS.values() for name in group))
    return run.entering_at(LEVEL_GROUPS[key]) if key in LEVEL_GROUPS else (key,)


def posts_and_unfilled(run: Run, programmes: tuple[str, ...]) -> tuple[float, float]:
    """Posts of rounds 1 and 2, each once, and those empty after the re-advert if there was one."""
    columns = run.columns(programmes)
    advertised, unfilled = run.facts.advertised[FIRST], run.facts.unfilled[FIRST]
    first, higher = (run.rounds((name,)) for name in ("round_1", "round_2"))
    posts = advertised[first + higher][:, columns].sum()
    left: Table = unfilled[first + higher].sum(axis=0)
    for again in run.rounds(("round_1_readvert",)):
        left = np.where(advertised[again] > 0, unfilled[again], left)
    return float(posts), float(left[columns].sum())


def posts(run: Run, key: str) -> float:
    name = "round_1" if key == "round_1" else "round_2"
    return float(run.facts.advertised[FIRST, run.rounds((name,))].sum())


def gp_posts(run: Run, key: str) -> float:
    """Posts of the year: August and February starts, as the published count."""
    rounds = run.rounds(("round_1", "round_3"))
    return float(run.facts.advertised[FIRST, rounds][:, run.columns(("general_practice",))].sum())


def unique_applicants(run: Run, key: str) -> float:
    return float(len(run.people(Event.APPLIED, ROUND_GROUPS[key])))


def applicants_of_group(uk: bool) -> Callable[[Run, str], float]:
    def count(run: Run, key: str) -> float:
        people = run.people(Event.APPLIED, ROUND_GROUPS[key])
        return float((is_uk_graduate(people) == uk).sum())

    return count


def offer_rate(uk: bool) -> Callable[[Run, str], float]:
    def share(run: Run, key: str) -> float:
        applied = run.people(Event.APPLIED, ROUND_GROUPS[key])
        applied = applied[is_uk_graduate(applied) == uk]
        offered = np.isin(applied, run.people(Event.OFFERED, ROUND_GROUPS[key]))
        return percentage(offered.sum(), len(applied), "applicants of the group")

    return share


def applications(run: Run, key: str) -> float:
    return float(len(run.rows(Event.APPLIED, ROUND_GROUPS[key])))


def applications_per_post(run: Run, key: str) -> float:
    """Applications in rounds 1 and 2, re-advert left out as in the published ratios, per post."""
    programmes = programmes_of(run, key)
    rounds = run.rounds(("round_1", "round_2"))
    made = run.facts.applied[FIRST, rounds][:, run.columns(programmes)].sum()
    return ratio(made, posts_and_unfilled(run, programmes)[0], "posts advertised")


def fill_rate(run: Run, key: str) -> float:
    available, left = posts_and_unfilled(run, programmes_of(run, key))
    return percentage(available - left, available, "posts advertised")


def accepted_rows(run: Run, key: str) -> NDArray[np.int64]:
    """Acceptances of a round, of one programme or of all."""
    rows = run.rows(Event.ACCEPTED, ROUND_GROUPS.get(key, MAIN_ROUNDS))
    if key in ROUND_GROUPS:
        return rows
    return rows[np.isin(run.log.programme[rows] + 1, run.columns((key,)))]


def uk_graduate_share(run: Run, key: str) -> float:
    rows = accepted_rows(run, key)
    return percentage(is_uk_graduate(run.log.person[rows]).sum(), len(rows), "acceptances")


def prioritised(run: Run, key: str) -> tuple[int, int]:
    """Acceptances of the prioritised tier, and all acceptances."""
    rows = accepted_rows(run, key)
    return int((run.log.detail[rows] // TIER == PRIORITISED).sum()), len(rows)


def prioritised_share(run: Run, key: str) -> float:
    return percentage(*prioritised(run, key), "acceptances")


def accepts_not_prioritised(run: Run, key: str) -> float:
    first, everyone = prioritised(run, key)
    return float(everyone - first)


def trainees_in_post(run: Run, key: str) -> float:
    """Mean headcount of the first year in the programmes of a group, core included where it names one."""
    higher = {"medicine_higher": "internal_medicine", "surgery_higher": "core_surgery"}
    groups = dict(STOCK_GROUPS)
    for name, family in higher.items():
        groups[name] = _same_supervision(run, family, name)
    chosen = groups.get(key, (key,))
    return float(run.facts.trainees[FIRST, run.columns(chosen)].sum())


def _same_supervision(run: Run, core: str, group: str) -> tuple[str, ...]:
    """Specialties of the core's supervision group, without the core; oncology is a group of its own."""
    blueprint = run.blueprint
    of = np.asarray(blueprint.programme_group)
    wanted = of[blueprint.programmes.index(core)]
    left_out = {core, *(ONCOLOGY if group == "medicine_higher" else ())}
    names = zip(blueprint.programmes, of, blueprint.level_count, strict=True)
    return tuple(n for n, number, count in names if number == wanted and count and n not in left_out)


def of_kpi(name: str) -> Callable[[Run, str], float]:
    """A KPI in the first training year, whatever the key."""
    return lambda run, key: run.kpi(name)


def growth(name: str) -> Callable[[Run, str], float]:
    """Percent by which a KPI is above the year before; the key is the year."""

    def share(run: Run, key: str) -> float:
        year = int(key)
        if year >= run.blueprint.start_year + run.facts.years:
            raise NotProducedError(f"{year} is beyond the years of this run")
        return percentage(run.kpi(name, year) - run.kpi(name, year - 1), run.kpi(name, year - 1), name)

    return share


def joiners_from_overseas(run: Run, key: str) -> float:
    """Doctors qualified abroad who come in the year of the key, applicants from abroad included."""
    year = int(key) - run.blueprint.start_year
    rows = np.concatenate(
        [run.facts.rows(event) for event in (Event.ARRIVED_FROM_OVERSEAS, Event.ARRIVED_FOR_FOUNDATION)]
    )
    rows = rows[run.facts.year_of[run.log.month[rows]] == year]
    return float((~is_uk_graduate(run.log.person[rows])).sum())


def heads_at_start(*states: State) -> Callable[[Run, str], float]:
    return lambda run, key: run.at_start(*states)[0]


def fte_at_start(*states: State) -> Callable[[Run, str], float]:
    return lambda run, key: run.at_start(*states)[1]


def entrants(run: Run, key: str) -> float:
    return float(run.facts.count(Event.ENTERED_MEDICAL_SCHOOL)[FIRST].sum())


def ccts(run: Run, key: str) -> float:
    return run.kpi("ccts" if key == "all" else f"ccts_{key}")


def gp_acceptances(run: Run, key: str) -> float:
    """Acceptances of the first year; the plan is compared with the same number."""
    return run.kpi("gp_acceptances")


def gp_trainees_in_practice(run: Run, key: str) -> float:
    raise NotProducedError("practice places are counted as capacity units in use, not as trainees")


def f2_entry_delay(run: Run, key: str) -> float:
    """F2 doctors of the first year by whole years until their first specialty level; the key is years."""
    signed = run.facts.sign_offs
    signed = signed[run.facts.year_of[signed["month"]] == FIRST]
    longest = 12 * (int(key.removesuffix("+")) + 1)
    if run.blueprint.months < longest + 12:
        raise NotProducedError(f"F2 doctors of the first year are not followed for {longest} months")
    delay = np.where(signed["start"] >= 0, (signed["start"] - signed["month"]) // 12, run.blueprint.months)
    waited = delay >= int(key[:-1]) if key.endswith("+") else delay == int(key)
    return percentage(waited.sum(), len(signed), "F2 sign-offs")


def ltft_growth(run: Run, key: str) -> float:
    """Percentage points a year, between the first and the last year of the key."""
    first, last = (int(year) for year in key.split("-"))
    return (run.kpi("ltft_percent", last) - run.kpi("ltft_percent", first)) / (last - first)


def stepped_out_share(run: Run, key: str) -> float:
    """Part of trainees, those away among them, who are away by a kind of step-out; or by any."""
    if key == "all":
        return run.kpi("stepped_out_percent")
    part = ratio(run.kpi(f"stepped_out[kind={key}]"), run.kpi("stepped_out"), "trainee stepped out")
    return part * run.kpi("stepped_out_percent")


def step_out_returns(run: Run, key: str) -> float:
    """Part of those due to return in the second year, when those who went are the model's own, who do."""
    return 100 - run.kpi("did_not_return_percent", run.blueprint.start_year + 1)


def non_standard_reviews(run: Run, key: str) -> float:
    return run.kpi("arcp_non_standard_percent" + ("" if key == "all" else f"[programme={key}]"))


MEASURES: dict[str, Callable[[Run, str], float]] = {
    "medical_entrants": entrants,
    "graduates": of_kpi("graduates"),
    "foundation_applicants": of_kpi("foundation_applicants"),
    "foundation_places": of_kpi("foundation_places"),
    "first_preference_share": of_kpi("foundation_first_preference_percent"),
    "foundation_stock": heads_at_start(State.FOUNDATION),
    "f2_direct_entry": of_kpi("f2_direct_entry_percent"),
    "f2_in_training_within_12_months": of_kpi("f2_in_training_within_12_months_percent"),
    "posts": posts,
    "unique_applicants": unique_applicants,
    "uk_graduate_applicants": applicants_of_group(uk=True),
    "overseas_applicants": applicants_of_group(uk=False),
    "applications": applications,
    "applications_per_post": applications_per_post,
    "fill_rate": fill_rate,
    "prioritised_share_of_accepts": prioritised_share,
    "accepts_not_prioritised": accepts_not_prioritised,
    "offer_rate_uk_graduates": offer_rate(uk=True),
    "offer_rate_overseas": offer_rate(uk=False),
    "uk_graduate_share_of_accepts": uk_graduate_share,
    "gp_posts": gp_posts,
    "gp_acceptances": gp_acceptances,
    "gp_trainees": lambda run, key: trainees_in_post(run, "general_practice"),
    "gp_trainees_in_practice": gp_trainees_in_practice,
    "ccts": ccts,
    "trainees_in_post": trainees_in_post,
    "ltft_share": of_kpi("ltft_percent"),
    "f2_entry_delay": f2_entry_delay,
    "ltft_growth": ltft_growth,
    "stepped_out_share": stepped_out_share,
    "step_out_returns": step_out_returns,
    "arcp_non_standard_share": non_standard_reviews,
    "arcp_extra_time_share": of_kpi("arcp_outcome_share[outcome=3]"),
    "consultants_fte": fte_at_start(State.CONSULTANT),
    "consultants_fte_growth": growth("consultants_wte"),
    "gps_heads": heads_at_start(State.GP),
    "gps_fte": fte_at_start(State.GP),
    "gps_heads_growth": growth("gps"),
    "gps_fte_growth": growth("gps_wte"),
    "sas_fte": fte_at_start(State.SAS),
    "sas_heads_growth": growth("sas"),
    "locally_employed_heads": heads_at_start(*LOCALLY_EMPLOYED),
    "sas_and_locally_employed_heads": heads_at_start(State.SAS, *LOCALLY_EMPLOYED),
    "joiners_from_overseas": joiners_from_overseas,
}


def values_of(result: RunResult, asked: Sequence[tuple[str, str, str]], scale: float) -> list[float | str]:
    """The number at full size for each asked (measure, key, unit), or the reason there is none."""
    run = Run(result.log, result.blueprint)
    values: list[float | str] = []
    for measure, key, unit in asked:
        try:
            value = MEASURES[measure](run, key)
            values.append(value / scale if unit in COUNTS else value)
        except NotProducedError as reason:
            values.append(str(reason))
    return values
