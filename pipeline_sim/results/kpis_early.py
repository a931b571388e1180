"""KPIs of medical school and foundation, up to the end of F2 and where it leads."""

from __future__ import annotations

import numpy as np

from pipeline_sim.results.facts import Facts, Table
from pipeline_sim.results.life_passes import FOUNDATION_PROGRAMME
from pipeline_sim.results.registry import Kpi, Measure, percent
from pipeline_sim.results.sources import DEFINED_HERE, business_plan, plan_figures
from pipeline_sim.scenario.blueprint import FOUNDATION_KINDS
from pipeline_sim.vocabulary import WIDENING, Event, State, lowest_part

REGION = ("region",)
STUDENT_STATES = (State.STUDENT, State.STUDENT_WAITING)


def students(facts: Facts) -> Measure:
    return Measure(facts.headcount(*STUDENT_STATES))


def clinical_starts(facts: Facts) -> Measure:
    return Measure(facts.count(Event.ENTERED_MEDICAL_SCHOOL))


def clinical_starts_against_plan(facts: Facts) -> Measure:
    starts = facts.count(Event.ENTERED_MEDICAL_SCHOOL).sum(axis=(1, 2))
    return Measure(starts, plan_figures(facts, "clinical_starts"), axes=())


def attrition(facts: Facts) -> Measure:
    return Measure(facts.count(Event.LEFT_MEDICAL_SCHOOL), facts.headcount(*STUDENT_STATES))


def graduates(facts: Facts) -> Measure:
    return Measure(facts.count(Event.GRADUATED))


def deferred_years(facts: Facts) -> Measure:
    return Measure(facts.count(Event.PLACEMENT_BLOCKED))


def _widening(facts: Facts, event: Event) -> Measure:
    return Measure(facts.tabulate(facts.rows(event), lambda detail: detail >= WIDENING), facts.count(event))


def widening_entrants(facts: Facts) -> Measure:
    return _widening(facts, Event.ENTERED_MEDICAL_SCHOOL)


def widening_graduates(facts: Facts) -> Measure:
    return _widening(facts, Event.GRADUATED)


def foundation_applicants(facts: Facts) -> Measure:
    return Measure(facts.count(Event.FOUNDATION_APPLIED))


def _funded_places(facts: Facts) -> Table:
    """[year, kind, region]"""
    return np.asarray(facts.blueprint.foundation_places, dtype=np.float64)[: facts.years]


def foundation_places(facts: Facts) -> Measure:
    places = _funded_places(facts)
    names = {"kind": FOUNDATION_KINDS, "region": facts.blueprint.regions}
    return Measure(places, axes=("kind", "region"), names=names)


def foundation_oversubscription(facts: Facts) -> Measure:
    applicants = facts.count(Event.FOUNDATION_APPLIED).sum(axis=1)
    places = np.zeros_like(applicants)
    places[:, 1:] = _funded_places(facts).sum(axis=1)
    return Measure(applicants, places, REGION)


def foundation_first_preference(facts: Facts) -> Measure:
    rows = facts.rows(Event.FOUNDATION_ALLOCATED)
    first = facts.tabulate(rows, lambda detail: lowest_part(detail) == 1)
    return Measure(first, facts.count(Event.FOUNDATION_ALLOCATED))


def foundation_placeholders(facts: Facts) -> Measure:
    return Measure(facts.count(Event.FOUNDATION_PLACEHOLDER))


def foundation_reserves(facts: Facts) -> Measure:
    return Measure(facts.count(Event.FOUNDATION_RESERVE))


def foundation_starts(facts: Facts) -> Measure:
    first_level = int(facts.blueprint.level_first[FOUNDATION_PROGRAMME])
    return Measure(facts.count(Event.FOUNDATION_STARTED, level=first_level))


def foundation_extensions(facts: Facts) -> Measure:
    return Measure(facts.count(Event.FOUNDATION_EXTENDED), facts.count(Event.FOUNDATION_SIGNED_OFF))


def f2_completers(facts: Facts) -> Measure:
    signed = facts.sign_offs
    return Measure(facts.table_of(signed["month"], signed["programme"], signed["region"]))


def _in_training_within(facts: Facts, months: int) -> Measure:
    """F2 sign-offs followed by a specialty level in less than ``months``, of those followed that long."""
    signed = facts.sign_offs
    signed = signed[signed["month"].astype(np.int64) + months <= facts.blueprint.months]
    entered = signed[(signed["start"] >= 0) & (signed["start"] - signed["month"] < months)]
    entered, signed = (
        facts.table_of(each["month"], each["programme"], each["region"]) for each in (entered, signed)
    )
    return Measure(entered, signed)


def f2_direct_entry(facts: Facts) -> Measure:
    return _in_training_within(facts, 2)


def f2_in_training_within_12_months(facts: Facts) -> Measure:
    return _in_training_within(facts, 12)


KPIS = (
    Kpi(
        "students",
        "Medical students",
        "people",
        "mean over the months of the year of students in or waiting for a year of their course",
        DEFINED_HERE,
        students,
        (REGION,),
    ),
    Kpi(
        "clinical_starts",
        "Students starting medical school",
        "people",
        "entrants to medical school in the year",
        business_plan("Clinical", 1, "Total clinical starts against plan (METIP)"),
        clinical_starts,
        (REGION,),
    ),
    percent(
        "clinical_starts_against_plan",
        "Medical school starts against plan",
        "entrants to medical school / the scenario's planned number",
        business_plan("Clinical", 1, "Total clinical starts against plan (METIP)"),
        clinical_starts_against_plan,
    ),
    Kpi(
        "graduates",
        "Medical graduates",
        "people",
        "students who graduate in the year",
        business_plan(
            "Clinical",
            2,
            "The number of clinical students who complete their studies in 2022/23 "
            "(against an October 21 baseline)",
        ),
        graduates,
        (REGION,),
    ),
    percent(
        "medical_school_attrition",
        "Students who leave medical school in a year",
        "students who leave in the year / mean number of students",
        DEFINED_HERE,
        attrition,
        (REGION,),
    ),
    Kpi(
        "clinical_years_deferred",
        "Clinical years deferred for want of a placement",
        "student years",
        "times a year of the course could not start because a placement was missing",
        DEFINED_HERE,
        deferred_years,
        (REGION,),
    ),
    percent(
        "widening_participation_share",
        "Widening-participation entrants among new students",
        "entrants from widening-participation backgrounds / entrants",
        DEFINED_HERE,
        widening_entrants,
        (REGION,),
    ),
    percent(
        "widening_participation_share_of_graduates",
        "Widening-participation entrants among graduates",
        "graduates who were widening-participation entrants / graduates",
        DEFINED_HERE,
        widening_graduates,
        (REGION,),
    ),
    Kpi(
        "foundation_applicants",
        "Applicants for foundation",
        "people",
        "applications to the yearly foundation allocation (one a person); by region, those who put it first",
        DEFINED_HERE,
        foundation_applicants,
        (REGION,),
    ),
    Kpi(
        "foundation_places",
        "Funded foundation places",
        "places",
        "F1 starts funded in the year, by the scenario",
        DEFINED_HERE,
        foundation_places,
        (("kind",), REGION),
    ),
    percent(
        "foundation_oversubscription",
        "Foundation applicants for each hundred places",
        "applicants for foundation / funded places (100 is one applicant a place); by region, applicants who "
        "put it first / its places",
        DEFINED_HERE,
        foundation_oversubscription,
        (REGION,),
    ),
    percent(
        "foundation_first_preference_percent",
        "Foundation doctors allocated their first preference",
        "allocations to the first preference / allocations",
        DEFINED_HERE,
        foundation_first_preference,
        (REGION,),
    ),
    Kpi(
        "foundation_placeholders",
        "Foundation placeholders",
        "people",
        "applicants guaranteed a place beyond the funded ones",
        DEFINED_HERE,
        foundation_placeholders,
    ),
    Kpi(
        "foundation_reserves",
        "Applicants on the foundation reserve list",
        "people",
        "applicants left for the next year's allocation",
        DEFINED_HERE,
        foundation_reserves,
    ),
    Kpi(
        "foundation_starts",
        "Doctors starting F1",
        "people",
        "starts of the first foundation year",
        DEFINED_HERE,
        foundation_starts,
        (REGION,),
    ),
    percent(
        "foundation_extensions_percent",
        "Foundation years extended",
        "extensions of F1 and F2 / sign-offs of F1 and F2",
        DEFINED_HERE,
        foundation_extensions,
    ),
    Kpi(
        "f2_completers",
        "Doctors completing F2",
        "people",
        "F2 sign-offs",
        DEFINED_HERE,
        f2_completers,
        (REGION,),
    ),
    percent(
        "f2_direct_entry_percent",
        "F2 doctors who go straight into specialty training",
        "F2 sign-offs of the year followed by a core or specialty level within 1 month / F2 sign-offs, "
        "of those the run follows for that long",
        DEFINED_HERE,
        f2_direct_entry,
        (REGION,),
    ),
    percent(
        "f2_in_training_within_12_months_percent",
        "F2 doctors in specialty training within a year",
        "F2 sign-offs of the year followed by a core or specialty level less than 12 months later "
        "(a start in the next August's intake does not count) / F2 sign-offs, of those the run follows "
        "for 12 months",
        DEFINED_HERE,
        f2_in_training_within_12_months,
        (REGION,),
    ),
)
