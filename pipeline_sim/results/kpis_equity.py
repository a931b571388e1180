"""KPIs of equity between regions: doctors for people weighted by need, and how unevenly they are spread.

Unevenness is Theil's index against need: 0 where every region has the part of the doctors that it has of
the need. For doctors of all specialties it splits exactly in two, between regions (have they as many
doctors as their need asks?) and within regions (is their mix of specialties that of the country?).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.results.facts import TRAINED, Facts, Table
from pipeline_sim.results.registry import Kpi, Measure
from pipeline_sim.results.sources import DEFINED_HERE
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import State

PROGRAMME, REGION = ("programme",), ("region",)
IN_TRAINING = (State.FOUNDATION, State.TRAINING)
HEADS = 100_000
PER_HEADS = "WTE per 100,000"


def has_people(blueprint: Blueprint) -> bool:
    return bool(np.any(blueprint.population * blueprint.need_weight))


def weighted_heads(facts: Facts) -> Table:
    """People times their need by [year, region + 1]."""
    blueprint = facts.blueprint
    heads = np.zeros((facts.years, facts.shape[2]))
    heads[:, 1:] = (blueprint.population * blueprint.need_weight)[: facts.years]
    return heads


def _doctors(facts: Facts, states: tuple[State, ...]) -> Table:
    """WTE by [year, programme + 1, region + 1] where there are people; doctors elsewhere are left out."""
    return facts.whole_time(*states) * (weighted_heads(facts) > 0)[:, None, :]


def _per_heads(*states: State) -> Callable[[Facts], Measure]:
    return lambda facts: Measure(
        _doctors(facts, states).sum(axis=1), weighted_heads(facts) / HEADS, ("region",)
    )


def entropy(part: NDArray, against: NDArray, whole: NDArray) -> NDArray[np.float64]:
    """``part / whole * log(part / against)`` for each, 0 where there is no part; missing without a whole.

    The three have one shape or broadcast to it; ``against`` is above 0 wherever ``part`` is.
    """
    part, against, whole = np.broadcast_arrays(part, against, whole)
    value = np.where(whole > 0, 0.0, np.nan)
    some = (part > 0) & (whole > 0)
    value[some] = part[some] / whole[some] * np.log(part[some] / against[some])
    return value


def theil(doctors: NDArray, heads: NDArray) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Theil's index of [year, programme, region] doctors against [year, region] weighted heads.

    For each year the index between regions; within regions and its part for each region; and the index
    of each programme between regions.
    """
    whole = doctors.sum(axis=(1, 2), keepdims=True)
    of_region = doctors.sum(axis=1, keepdims=True)
    of_programme = doctors.sum(axis=2, keepdims=True)
    need = (heads / np.where(heads.sum(axis=1) > 0, heads.sum(axis=1), 1.0)[:, None])[:, None, :]
    between = entropy(of_region, need * whole, whole).sum(axis=(1, 2))
    nation = of_programme * of_region / np.where(whole > 0, whole, 1.0)
    within = entropy(doctors, nation, of_region).sum(axis=1)
    share = of_region[:, 0] / np.where(whole > 0, whole, 1.0)[:, 0]
    all_within = np.where(whole[:, 0, 0] > 0, np.nansum(share * within, axis=1), np.nan)
    programmes = entropy(doctors, need * of_programme, of_programme).sum(axis=2)
    return between, all_within, within, programmes


def _measure(value: NDArray, axes: tuple[str, ...], doctors: NDArray) -> Measure:
    """An index over so many whole-time doctors."""
    return Measure(np.full(value.shape, np.nan), doctors, axes, value=value)


def _between(states: tuple[State, ...]) -> Callable[[Facts], Measure]:
    def measure(facts: Facts) -> Measure:
        doctors = _doctors(facts, states)
        return _measure(theil(doctors, weighted_heads(facts))[0], (), doctors.sum(axis=(1, 2)))

    return measure


def trained_theil(facts: Facts) -> Measure:
    doctors = _doctors(facts, TRAINED)
    between, all_within, _, programmes = theil(doctors, weighted_heads(facts))
    of_programme = _measure(programmes, PROGRAMME, doctors.sum(axis=2))
    whole = _measure(between + all_within, (), doctors.sum(axis=(1, 2)))
    return Measure(whole.numerator, whole.denominator, (), None, whole.value, {PROGRAMME: of_programme})


def trained_theil_within(facts: Facts) -> Measure:
    doctors = _doctors(facts, TRAINED)
    _, all_within, within, _ = theil(doctors, weighted_heads(facts))
    of_region = _measure(within, REGION, doctors.sum(axis=1))
    whole = _measure(all_within, (), doctors.sum(axis=(1, 2)))
    return Measure(whole.numerator, whole.denominator, (), None, whole.value, {REGION: of_region})


_PEOPLE = (
    "mean over the months of the year, for each 100,000 people, every person counted by the need of the "
    "region (`population`: people x need_weight)"
)
KPIS = (
    Kpi(
        "trained_wte_per_100k",
        "Trained doctors for people weighted by need",
        PER_HEADS,
        f"WTE of consultants and GPs in post, {_PEOPLE}",
        DEFINED_HERE,
        _per_heads(*TRAINED),
        (REGION,),
        given=has_people,
    ),
    Kpi(
        "training_wte_per_100k",
        "Doctors in training for people weighted by need",
        PER_HEADS,
        f"WTE of doctors in foundation and specialty training, {_PEOPLE}",
        DEFINED_HERE,
        _per_heads(*IN_TRAINING),
        (REGION,),
        given=has_people,
    ),
    Kpi(
        "trained_theil",
        "Unevenness of trained doctors over need, specialty by specialty",
        "index",
        "Theil's index of WTE of consultants and GPs (means over the months of the year) against need. Of a "
        "programme: T = sum over regions of s ln(s / p), s the region's part of its doctors, p of the people "
        "weighted by need; 0 = as need asks. In total the mean of the programmes' T, weighted by their "
        "doctors; it is `trained_theil_between_regions` + `trained_theil_within_regions`. The denominator is "
        "the WTE",
        DEFINED_HERE,
        trained_theil,
        (PROGRAMME,),
        given=has_people,
    ),
    Kpi(
        "trained_theil_between_regions",
        "Unevenness of trained doctors between regions",
        "index",
        "sum over regions of s ln(s / p), s the region's part of the WTE of all consultants and GPs, p of "
        "the people weighted by need",
        DEFINED_HERE,
        _between(TRAINED),
        given=has_people,
    ),
    Kpi(
        "trained_theil_within_regions",
        "Unevenness of trained doctors within regions, across specialties",
        "index",
        "of a region: sum over programmes of q ln(q / n), q the programme's part of the region's doctors, n "
        "of the nation's; 0 = the nation's mix. In total their mean, weighted by the regions' doctors",
        DEFINED_HERE,
        trained_theil_within,
        (REGION,),
        given=has_people,
    ),
    Kpi(
        "training_theil_between_regions",
        "Unevenness of doctors in training between regions",
        "index",
        "as `trained_theil_between_regions`, of the WTE of doctors in foundation and specialty training",
        DEFINED_HERE,
        _between(IN_TRAINING),
        given=has_people,
    ),
)
