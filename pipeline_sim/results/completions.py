"""One row for each CCT or portfolio registration: the road that led there."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline_sim.results.labels import categories
from pipeline_sim.results.lives import FOUNDATION_PROGRAMME, Lives
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import Event, State

KINDS = ("cct", "portfolio")
_WAITING = (State.TRAINING_WAITING, State.FOUNDATION_WAITING, State.UNPLACED)


def final_foundation_level(blueprint: Blueprint) -> int:
    """Flattened level whose sign-off ends foundation (F2)."""
    first = int(blueprint.level_first[FOUNDATION_PROGRAMME])
    return first + int(blueprint.level_count[FOUNDATION_PROGRAMME]) - 1


def f2_sign_offs(lives: Lives, blueprint: Blueprint) -> NDArray[np.bool_]:
    """Rows that sign a doctor off F2."""
    level = final_foundation_level(blueprint)
    return (lives.event == Event.FOUNDATION_SIGNED_OFF) & (lives.own_level == level)


def completions_frame(lives: Lives, blueprint: Blueprint, rep: int = 0) -> pd.DataFrame:
    """Columns, one row a completion in order of month and person:

    ``rep, person, month, date, kind`` (cct or portfolio)``, programme, region``;
    ``entered_foundation, finished_f2, first_specialty_start, programme_start``: months of the
    simulation, missing when they did not happen within it;
    ``months_in_training, months_waiting, months_outside``: whole months between F2 sign-off and the
    completion (from when the person was first seen, if no sign-off was), which add up to
    ``f2_to_cct_months`` when that is known; missing for people of the starting stock whose training
    began before month 0;
    ``f2_to_cct_months``: missing unless the F2 sign-off lies in the run and the completion is a CCT;
    ``mean_wte``: percent, weighted by time in training; missing without any.
    """
    done = np.flatnonzero(
        (lives.event == Event.COMPLETED_TRAINING) | (lives.event == Event.PORTFOLIO_REGISTERED)
    )
    done = done[np.lexsort((lives.person[done], lives.month[done]))]
    signed_off = lives.latest(f2_sign_offs(lives, blueprint))[done]
    specialty = (lives.event == Event.STARTED_LEVEL) & (lives.programme != FOUNDATION_PROGRAMME)
    opening = lives.latest(specialty & (lives.detail == 1))[done]
    same = (opening >= 0) & (lives.programme[opening] == lives.programme[done])
    start = lives.start[done]
    first_specialty = lives.following(specialty)[start]
    first_specialty[first_specialty > done] = -1
    foundation = lives.following(lives.event == Event.FOUNDATION_STARTED)[start]
    foundation[foundation > done] = -1
    foundation[(foundation >= 0) & (lives.own_level[foundation] == final_foundation_level(blueprint))] = -1

    since = np.where(signed_off >= 0, signed_off, start)
    duration = lives.duration
    training = (lives.state == State.TRAINING) * duration
    waiting = np.isin(lives.state, [int(state) for state in _WAITING]) * duration
    in_training = _between(training, since, done)
    in_waiting = _between(waiting, since, done)
    wte_months = _between(training * lives.wte, since, done)
    month = lives.month.astype(np.int64)
    total = month[done] - month[since]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_wte = np.where(in_training > 0, wte_months / in_training, np.nan)
    known = ~_began_before(lives, signed_off, first_specialty, start)
    kind = (lives.event[done] == Event.PORTFOLIO_REGISTERED).astype(np.int8)
    return pd.DataFrame(
        {
            "rep": np.full(len(done), rep, dtype=np.int32),
            "person": lives.person[done],
            "month": lives.month[done],
            "date": month_dates(blueprint)[lives.month[done]],
            "kind": categories(kind, KINDS),
            "programme": categories(lives.programme[done], blueprint.programmes),
            "region": categories(lives.region[done], blueprint.regions),
            "entered_foundation": _month_or_missing(month, foundation),
            "finished_f2": _month_or_missing(month, signed_off),
            "first_specialty_start": _month_or_missing(month, first_specialty),
            "programme_start": _month_or_missing(month, np.where(same, opening, -1)),
            "months_in_training": _optional(in_training, known),
            "months_waiting": _optional(in_waiting, known),
            "months_outside": _optional(total - in_training - in_waiting, known),
            "f2_to_cct_months": _optional(total, (signed_off >= 0) & (kind == KINDS.index("cct"))),
            "mean_wte": mean_wte,
        }
    )


def _began_before(lives: Lives, signed_off: NDArray, specialty: NDArray, start: NDArray) -> NDArray[np.bool_]:
    """Whether the road to a completion began before month 0, so that its parts cannot be measured.

    So it did for a person present at the start whose F2 sign-off the run does not see, if they were in
    specialty training then, or did not start any before the completion.
    """
    stock = (lives.event[start] == Event.PRESENT_AT_START) & (signed_off < 0)
    training = np.isin(lives.state[start], [int(State.TRAINING), int(State.TRAINING_WAITING)])
    return stock & (training | (specialty < 0))


def month_dates(blueprint: Blueprint) -> NDArray[np.datetime64]:
    """First day of each month of the horizon."""
    start = np.datetime64(f"{blueprint.start_year:04d}-{blueprint.start_month:02d}", "M")
    return (start + np.arange(blueprint.months)).astype("datetime64[D]").astype("datetime64[s]")


def _between(amount: NDArray, since: NDArray, until: NDArray) -> NDArray[np.int64]:
    """Sum of each row's amount from row ``since`` up to, not including, row ``until``."""
    before = np.concatenate(([0], np.cumsum(amount, dtype=np.int64)))
    return before[until] - before[since]


def _month_or_missing(month: NDArray, row: NDArray) -> pd.array:
    return _optional(month[row] if len(month) else row, row >= 0)


def _optional(value: NDArray, known: NDArray) -> pd.array:
    return pd.arrays.IntegerArray(value.astype(np.int32), ~known)
