"""KPIs of specialty training: trainees, reviews, completions and the time they take."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.identity import is_uk_graduate
from pipeline_sim.results.facts import Facts
from pipeline_sim.results.registry import Kpi, Measure, percent
from pipeline_sim.results.sources import DEFINED_HERE, business_plan
from pipeline_sim.vocabulary import Event, Outcome, State

PROGRAMME, REGION = ("programme",), ("region",)
DOCTORS_IN_TRAINING = (State.FOUNDATION, State.TRAINING)
STANDARD_OUTCOMES = (Outcome.SATISFACTORY, Outcome.COMPLETION)
#: Part of a year's CCTs by UK graduates whose F2 must lie in the run; the slowest weigh on the decile.
FOLLOWED_BACK, FOLLOWED_BACK_P90 = 0.9, 0.99
CANCER_AND_DIAGNOSTICS = ("radiology", "oncology", "histopathology")  # parts of programme names


def trainees(facts: Facts) -> Measure:
    return Measure(facts.trainees)


def trainees_in_post(facts: Facts) -> Measure:
    return Measure(facts.headcount(State.TRAINING, specialty_only=True))


def ltft(facts: Facts) -> Measure:
    return Measure(facts.part_time(*DOCTORS_IN_TRAINING), facts.headcount(*DOCTORS_IN_TRAINING))


def ccts(facts: Facts) -> Measure:
    return Measure(facts.count(Event.COMPLETED_TRAINING))


def ccts_gp(facts: Facts) -> Measure:
    return Measure(facts.count(Event.COMPLETED_TRAINING) * facts.general_practice[None, :, None])


def ccts_specialist(facts: Facts) -> Measure:
    return Measure(facts.count(Event.COMPLETED_TRAINING) * ~facts.general_practice[None, :, None])


def portfolio_registrations(facts: Facts) -> Measure:
    return Measure(facts.count(Event.PORTFOLIO_REGISTERED))


def ccts_of_trainees(facts: Facts) -> Measure:
    return Measure(facts.count(Event.COMPLETED_TRAINING), facts.trainees)


def training_starts(facts: Facts) -> Measure:
    return Measure(facts.programme_starts)


def cancer_and_diagnostics_starts(facts: Facts) -> Measure:
    chosen = facts.named(*CANCER_AND_DIAGNOSTICS)
    return Measure(facts.programme_starts * chosen[None, :, None])


def non_standard_outcomes(facts: Facts) -> Measure:
    others = [outcome for outcome in range(max(Outcome) + 1) if outcome not in STANDARD_OUTCOMES]
    return Measure(facts.reviews[:, others].sum(axis=1), facts.count(Event.REVIEWED))


def arcp_outcome_share(facts: Facts) -> Measure:
    labels = max(Outcome) + 1
    by_outcome = facts.reviews.sum(axis=(2, 3))
    everyone = np.repeat(by_outcome.sum(axis=1, keepdims=True), labels, axis=1)
    names = [""] * labels
    for outcome in Outcome:
        names[outcome] = str(int(outcome))
    return Measure(by_outcome, everyone, ("outcome",), {"outcome": tuple(names)})


def extensions(facts: Facts) -> Measure:
    return Measure(facts.count(Event.EXTENDED), facts.trainees)


def resignations(facts: Facts) -> Measure:
    return Measure(facts.count(Event.RESIGNED), facts.trainees)


def releases(facts: Facts) -> Measure:
    return Measure(facts.count(Event.RELEASED), facts.trainees)


def _f2_to_cct(facts: Facts, percentile: float, enough: float) -> Measure:
    """Percentile of the months from F2 to CCT, where ``enough`` of the year's CCTs can be followed back."""
    frame = facts.completions
    frame = frame.loc[frame["kind"] == "cct", ["person", "month", "programme", "region", "f2_to_cct_months"]]
    known = frame["f2_to_cct_months"].notna().to_numpy()
    months = frame["f2_to_cct_months"].to_numpy(dtype=np.int64, na_value=0)
    year = facts.year_of[frame["month"].to_numpy()]
    expected = is_uk_graduate(frame["person"].to_numpy()) | known
    longest = max(facts.blueprint.months, 1)

    def of_place(place: NDArray, places: int, axes: tuple[str, ...]) -> Measure:
        cell = year * places + place
        counts = np.bincount(cell[known] * longest + months[known], minlength=facts.years * places * longest)
        wanted = np.bincount(cell[expected], minlength=facts.years * places)
        shape = (facts.years, *([places] if axes else []))
        return _followed(counts.reshape(*shape, longest), wanted.reshape(shape), axes, percentile, enough)

    names = {"programme": facts.blueprint.programmes, "region": facts.blueprint.regions}
    breakdowns = {}
    for axis, named in names.items():
        column, known_names = frame[axis].array, ("", *named)
        number = np.array([known_names.index(name) for name in column.categories])[column.codes]
        breakdowns[(axis,)] = of_place(number, len(known_names), (axis,))
    whole = of_place(np.zeros(len(year), np.int64), 1, ())
    return dataclasses.replace(whole, breakdowns=breakdowns)


def _followed(
    counts: NDArray, wanted: NDArray, axes: tuple[str, ...], percentile: float, enough: float
) -> Measure:
    """Percentile of months counted along the last axis; missing where too few of those wanted are known.

    The first years of a run see the F2 sign-off only of the fastest: their median would be far too low.
    """
    known = counts.sum(axis=-1)
    value = np.where((known > 0) & (known >= enough * wanted), percentile_of(counts, percentile), np.nan)
    return Measure(np.full(known.shape, np.nan), known.astype(np.float64), axes, value=value)


def percentile_of(counts: NDArray, percentile: float) -> NDArray[np.float64]:
    """``np.percentile`` of whole numbers counted along the last axis; without meaning where none are."""
    number, up_to = counts.sum(axis=-1), counts.cumsum(axis=-1)
    position = (number - 1) * (percentile / 100)
    before = np.floor(position)
    part = position - before
    after = np.minimum(before + 1, number - 1)
    low, high = ((up_to <= at[..., None]).sum(axis=-1) for at in (before, after))
    return np.where(part < 0.5, low + (high - low) * part, high - (high - low) * (1 - part))


def f2_to_cct_median(facts: Facts) -> Measure:
    return _f2_to_cct(facts, 50, FOLLOWED_BACK)


def f2_to_cct_p90(facts: Facts) -> Measure:
    return _f2_to_cct(facts, 90, FOLLOWED_BACK_P90)


def wte_per_cct(facts: Facts) -> Measure:
    started = facts.practice_after_cct()
    wte = facts.table_of(started["month"], started["programme"], started["region"], started["wte"] / 100)
    return Measure(wte, facts.count(Event.COMPLETED_TRAINING))


KPIS = (
    Kpi(
        "trainees",
        "Trainees in specialty programmes",
        "people",
        "mean over the months of the year of doctors who hold a training post, core included; those who have "
        "stepped out count from when they are ready to return",
        DEFINED_HERE,
        trainees,
        (PROGRAMME, REGION),
    ),
    Kpi(
        "trainees_in_post",
        "Trainees at work in their programme",
        "people",
        "trainees less those who wait to start or to return",
        DEFINED_HERE,
        trainees_in_post,
        (PROGRAMME, REGION),
    ),
    percent(
        "ltft_percent",
        "Doctors in training less than full time",
        "doctors in foundation and specialty training below 100% WTE / doctors in foundation and "
        "specialty training, both as means over the months of the year",
        business_plan("Education reform", 1, "% of doctors in training who are training LTFT"),
        ltft,
        (PROGRAMME, REGION),
    ),
    Kpi(
        "training_starts",
        "Doctors starting a specialty programme",
        "people",
        "starts of the first level that a doctor does in a programme, core included",
        DEFINED_HERE,
        training_starts,
        (PROGRAMME, REGION),
    ),
    Kpi(
        "cancer_and_diagnostics_starts",
        "Doctors starting a cancer or diagnostic programme",
        "people",
        "programme starts in radiology, oncology and histopathology",
        business_plan(
            "Cancer and Diagnostics",
            1,
            "Training programme starts against plan (medics and science)",
        ),
        cancer_and_diagnostics_starts,
        (PROGRAMME,),
    ),
    Kpi(
        "ccts",
        "Certificates of completion of training",
        "people",
        "CCTs in the year",
        DEFINED_HERE,
        ccts,
        (PROGRAMME, REGION),
    ),
    Kpi(
        "ccts_gp",
        "CCTs in general practice",
        "people",
        "CCTs in programmes that train GPs",
        DEFINED_HERE,
        ccts_gp,
    ),
    Kpi(
        "ccts_specialist",
        "CCTs in other specialties",
        "people",
        "CCTs less those in general practice",
        DEFINED_HERE,
        ccts_specialist,
    ),
    percent(
        "ccts_as_percent_of_trainees",
        "CCTs as a share of trainees",
        "CCTs in the year / mean number of trainees in the programme over the months of the year",
        business_plan("Postgraduate", 3, "Number of CCTs as a % of trainees in the programme per year"),
        ccts_of_trainees,
        (PROGRAMME, REGION),
    ),
    Kpi(
        "portfolio_registrations",
        "Specialist registrations without a CCT",
        "people",
        "doctors who join the specialist register by the portfolio route",
        DEFINED_HERE,
        portfolio_registrations,
        (PROGRAMME,),
    ),
    Kpi(
        "f2_to_cct_months_median",
        "Time from F2 to CCT: median",
        "months",
        "median of the months between F2 sign-off and CCT, of the year's CCTs whose F2 the run saw; the "
        "denominator is their number. Missing while fewer than nine in ten CCTs by UK graduates can be "
        "followed back to F2: the first years see only the fastest. The first values may still rise while "
        "slow paths complete",
        DEFINED_HERE,
        f2_to_cct_median,
        (PROGRAMME, REGION),
    ),
    Kpi(
        "f2_to_cct_months_p90",
        "Time from F2 to CCT: ninth decile",
        "months",
        "90th percentile of the months between F2 sign-off and CCT, as for the median, but missing while "
        "fewer than 99 in 100 CCTs by UK graduates can be followed back: the slowest weigh most on it",
        DEFINED_HERE,
        f2_to_cct_p90,
        (PROGRAMME, REGION),
    ),
    Kpi(
        "wte_per_cct",
        "Whole-time doctors gained for each CCT",
        "WTE per CCT",
        "WTE of doctors who start as a consultant or GP in the year after a CCT of their own / CCTs in the "
        "year; specialists by the portfolio route, arrivals from overseas and doctors who return do not "
        "count. By region, that of the post started and that of the CCT",
        DEFINED_HERE,
        wte_per_cct,
        (PROGRAMME, REGION),
    ),
    percent(
        "arcp_non_standard_percent",
        "Yearly reviews that did not find plain progress",
        "reviews with an outcome other than 1 or 6, that is 2, 3 or 4 / reviews",
        DEFINED_HERE,
        non_standard_outcomes,
        (PROGRAMME, REGION),
    ),
    percent(
        "arcp_outcome_share",
        "Yearly reviews by outcome",
        "reviews with the outcome / reviews",
        DEFINED_HERE,
        arcp_outcome_share,
        (("outcome",),),
        total=False,
    ),
    percent(
        "extensions_percent",
        "Extensions of training",
        "extensions in the year / mean number of trainees",
        DEFINED_HERE,
        extensions,
        (PROGRAMME,),
    ),
    percent(
        "resignations_percent",
        "Resignations from training",
        "resignations in the year / mean number of trainees",
        DEFINED_HERE,
        resignations,
        (PROGRAMME, REGION),
    ),
    percent(
        "releases_percent",
        "Releases from training",
        "trainees released by review in the year / mean number of trainees",
        DEFINED_HERE,
        releases,
        (PROGRAMME,),
    ),
)
