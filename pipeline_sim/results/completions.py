"""One row for each CCT or portfolio registration: the road that led there."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline_sim.compiling import by_field
from pipeline_sim.results.labels import categories
from pipeline_sim.results.life_passes import COMPLETION, FOUNDATION_PROGRAMME, find_completions
from pipeline_sim.results.lives import Lives
from pipeline_sim.results.people import People
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import Event

KINDS = ("cct", "portfolio", "credential")


def final_foundation_level(blueprint: Blueprint) -> int:
    """Flattened level whose sign-off ends foundation (F2)."""
    first = int(blueprint.level_first[FOUNDATION_PROGRAMME])
    return first + int(blueprint.level_count[FOUNDATION_PROGRAMME]) - 1


def completions_frame(lives: Lives, people: People, blueprint: Blueprint, rep: int = 0) -> pd.DataFrame:
    """Columns, one row a completion in order of month and person:

    ``rep, person, month, date, kind`` (cct or portfolio)``, programme, region``;
    ``entered_foundation, finished_f2, first_specialty_start, programme_start``: months of the
    simulation, missing when they did not happen within it;
    ``months_in_training, months_waiting, months_stepped_out, months_outside``: whole months between F2
    sign-off and the completion (from when the person was first seen, if no sign-off was), which add up to
    ``f2_to_cct_months`` when that is known; missing for people of the starting stock whose training
    began before month 0, as are the next three;
    ``months_ltft``: those of the months in training that were less than full time;
    ``step_outs``: how often the doctor stepped out of training;
    ``credit_months``: WTE months of earlier training or experience that were credited;
    ``f2_to_cct_months``: missing unless the F2 sign-off lies in the run and the completion is a CCT;
    ``mean_wte``: percent, weighted by time in training; missing without any.
    """
    number = lives.happened[[Event.COMPLETED_TRAINING, Event.PORTFOLIO_REGISTERED]].sum()
    done = by_field(np.empty(number, dtype=COMPLETION))
    find_completions(lives.rows, lives.begin, lives.months, final_foundation_level(blueprint), done)
    done = done[np.argsort(done["month"], kind="stable")]
    in_training, waiting = done["in_training"], done["waiting"]
    away = done["stepped_out"]
    total = done["month"] - done["since"]
    known = ~done["began_before"]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_wte = np.where(in_training > 0, done["wte_months"] / in_training, np.nan)
    return pd.DataFrame(
        {
            "rep": np.full(number, rep, dtype=np.int32),
            "person": people.number[done["person"]],
            "month": done["month"],
            "date": month_dates(blueprint)[done["month"]],
            "kind": categories(done["portfolio"], KINDS),
            "programme": categories(done["programme"], blueprint.programmes),
            "region": categories(done["region"], blueprint.regions),
            "entered_foundation": _month_or_missing(done["foundation"]),
            "finished_f2": _month_or_missing(done["signed_off"]),
            "first_specialty_start": _month_or_missing(done["specialty"]),
            "programme_start": _month_or_missing(done["opening"]),
            "months_in_training": _optional(in_training, known),
            "months_waiting": _optional(waiting, known),
            "months_stepped_out": _optional(away, known),
            "months_outside": _optional(total - in_training - waiting - away, known),
            "months_ltft": _optional(done["less_than_full_time"], known),
            "step_outs": _optional(done["step_outs"], known),
            "credit_months": np.where(known, done["credit"] / 100, np.nan),
            "f2_to_cct_months": _optional(total, (done["signed_off"] >= 0) & ~done["portfolio"]),
            "mean_wte": mean_wte,
        }
    )


def month_dates(blueprint: Blueprint) -> NDArray[np.datetime64]:
    """First day of each month of the horizon."""
    start = np.datetime64(f"{blueprint.start_year:04d}-{blueprint.start_month:02d}", "M")
    return (start + np.arange(blueprint.months)).astype("datetime64[D]").astype("datetime64[s]")


def _month_or_missing(month: NDArray) -> pd.array:
    return _optional(month, month >= 0)


def _optional(value: NDArray, known: NDArray) -> pd.array:
    return pd.arrays.IntegerArray(value.astype(np.int32), ~known)
