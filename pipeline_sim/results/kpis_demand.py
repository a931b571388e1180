"""KPIs of demand: trained doctors wanted, those in post, vacancies, and when supply meets demand.

Supply and demand are compared as a training year begins. Programmes without any demand in a year are left
out on both sides.
"""

from __future__ import annotations

import numpy as np

from pipeline_sim.results.facts import Facts, Table
from pipeline_sim.results.labels import year_labels
from pipeline_sim.results.registry import Kpi, Measure, percent
from pipeline_sim.results.sources import DEFINED_HERE
from pipeline_sim.scenario.blueprint import Blueprint

PROGRAMME, REGION, BOTH = ("programme",), ("region",), ("programme", "region")
SUPPLY = (
    "WTE of consultants and GPs in post at the end of the training year's first month (August) in programmes "
    "that have demand"
)


def has_demand(blueprint: Blueprint) -> bool:
    return bool(np.any(blueprint.demand))


def wanted(facts: Facts) -> Table:
    """Demand by [year, programme + 1, region + 1]."""
    table = np.zeros(facts.shape)
    table[:, 1:, 1:] = facts.blueprint.demand[: facts.years]
    return table


def in_post(facts: Facts) -> Table:
    """Supply, in programmes that have demand in the year."""
    return facts.trained_at_year_start * wanted(facts).any(axis=2, keepdims=True)


def demand(facts: Facts) -> Measure:
    return Measure(wanted(facts))


def supply(facts: Facts) -> Measure:
    return Measure(in_post(facts))


def unmet_need(facts: Facts) -> Measure:
    return Measure(np.maximum(wanted(facts) - in_post(facts), 0))


def beyond_demand(facts: Facts) -> Measure:
    return Measure(np.maximum(in_post(facts) - wanted(facts), 0))


def vacancy(facts: Facts) -> Measure:
    return Measure(np.maximum(wanted(facts) - in_post(facts), 0), wanted(facts))


def supply_of_demand(facts: Facts) -> Measure:
    return Measure(in_post(facts), wanted(facts))


def year_of_balance(facts: Facts) -> Measure:
    """The first year so far whose supply is at least its demand."""
    whole = _first_year_met(facts, ())
    breakdowns = {kept: _first_year_met(facts, kept) for kept in (PROGRAMME, REGION)}
    return Measure(whole.numerator, whole.denominator, (), value=whole.value, breakdowns=breakdowns)


def _first_year_met(facts: Facts, kept: tuple[str, ...]) -> Measure:
    gone = tuple(at for at, axis in enumerate(BOTH, start=1) if axis not in kept)
    have, want = in_post(facts).sum(axis=gone), wanted(facts).sum(axis=gone)
    met = np.logical_or.accumulate((want > 0) & (have >= want), axis=0)
    first = year_labels(facts.blueprint)[np.argmax(met, axis=0)]
    return Measure(have, want, kept, value=np.where(met, first, np.nan))


KPIS = (
    Kpi(
        "demand_wte",
        "Trained doctors wanted",
        "WTE",
        "WTE of consultants and GPs wanted as the training year begins: the scenario's `demand` and its "
        "growth since (`demand_growth`, on the path of `demand_rules`)",
        DEFINED_HERE,
        demand,
        (PROGRAMME, REGION, BOTH),
        given=has_demand,
    ),
    Kpi(
        "supply_wte",
        "Trained doctors in post, where doctors are wanted",
        "WTE",
        SUPPLY,
        DEFINED_HERE,
        supply,
        (PROGRAMME, REGION),
        given=has_demand,
    ),
    Kpi(
        "unmet_need_wte",
        "Trained doctors missing",
        "WTE",
        "sum over programmes and regions of demand - supply where demand is larger: too many doctors in one "
        "specialty or region fill no post in another",
        DEFINED_HERE,
        unmet_need,
        (PROGRAMME, REGION),
        given=has_demand,
    ),
    Kpi(
        "beyond_demand_wte",
        "Trained doctors beyond those wanted",
        "WTE",
        "sum over programmes and regions of supply - demand where supply is larger; supply = demand - "
        "`unmet_need_wte` + this",
        DEFINED_HERE,
        beyond_demand,
        (PROGRAMME, REGION),
        given=has_demand,
    ),
    percent(
        "vacancy_percent",
        "Vacancies for trained doctors",
        "`unmet_need_wte` / `demand_wte`",
        DEFINED_HERE,
        vacancy,
        (PROGRAMME, REGION, BOTH),
        given=has_demand,
    ),
    percent(
        "supply_of_demand_percent",
        "Trained doctors in post for each hundred wanted",
        "`supply_wte` / `demand_wte`; above 100 where more are in post than wanted, which makes up for "
        "missing ones elsewhere in the total",
        DEFINED_HERE,
        supply_of_demand,
        (PROGRAMME, REGION),
        given=has_demand,
    ),
    Kpi(
        "year_supply_meets_demand",
        "Year in which supply first meets demand",
        "year",
        "first training year up to this one in which `supply_wte` is at least `demand_wte`; missing until "
        "then, so the last year's row tells whether and when it happens in the run. A total compares "
        "totals: of a programme over all regions, and so on. Numerator and denominator are supply and demand",
        DEFINED_HERE,
        year_of_balance,
        (PROGRAMME, REGION),
        given=has_demand,
    ),
)
