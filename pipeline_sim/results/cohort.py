"""What became of one intake: how many went from each step of the road to the next.

The intake is the first that the run sees enter medical school.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline_sim.results.completions import f2_sign_offs
from pipeline_sim.results.labels import first_year, year_of_month
from pipeline_sim.results.lives import FOUNDATION_PROGRAMME, Lives
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import Event, State

STEPS = ("medical school", "graduated", "foundation", "after F2", "specialty training", "outcome")
ENTERED = "entered"
GRADUATED, LEFT, STILL_STUDYING = "graduated", "left", "studying"
STARTED_F1, NO_FOUNDATION = "started F1", "waiting for F1"
COMPLETED_F2, IN_FOUNDATION = "completed F2", "in foundation"
WITHIN_YEAR, LATER, NOT_YET = "within 12 months", "later", "not in training"
CCT, IN_TRAINING, OUTSIDE_TRAINING = "CCT", "in training", "outside training"
_SOON = 12  # months; fewer than this, as in the KPI


def cohort_frame(lives: Lives, blueprint: Blueprint, rep: int = 0) -> pd.DataFrame:
    """Columns ``rep, intake, step, origin, destination, people``.

    ``step`` is the column of the destination (1 to 5, see ``STEPS``). Those who have left or have not
    got further at the horizon are carried no further.
    """
    entered = np.flatnonzero(lives.event == Event.ENTERED_MEDICAL_SCHOOL)
    year = year_of_month(blueprint)[lives.month[entered]]
    if len(entered):
        entered = entered[year == year.min()]
    else:
        return _frame([], rep, 0)

    ends = np.append(np.flatnonzero(lives.first)[1:], len(lives)) - 1
    last = ends[np.searchsorted(ends, entered)]

    def reached(marked: NDArray) -> NDArray[np.int64]:
        return lives.following(marked)[entered]

    specialty = (lives.event == Event.STARTED_LEVEL) & (lives.programme != FOUNDATION_PROGRAMME)
    graduated = reached(lives.event == Event.GRADUATED)
    foundation = reached(lives.event == Event.FOUNDATION_STARTED)
    signed_off = reached(f2_sign_offs(lives, blueprint))
    training = reached(specialty)
    certified = reached(lives.event == Event.COMPLETED_TRAINING)
    final = lives.state[last]
    gone = final == State.OUTSIDE
    soon = (training >= 0) & (lives.month[training] - lives.month[signed_off] < _SOON)

    def either(done: NDArray, yes: str | NDArray, waiting: str | NDArray) -> NDArray:
        return np.where(done, yes, np.where(gone, LEFT, waiting)).astype(object)

    where = [
        np.full(len(entered), ENTERED, dtype=object),
        either(graduated >= 0, GRADUATED, STILL_STUDYING),
        either(foundation >= 0, STARTED_F1, NO_FOUNDATION),
        either(signed_off >= 0, COMPLETED_F2, IN_FOUNDATION),
        either(training >= 0, np.where(soon, WITHIN_YEAR, LATER), NOT_YET),
        either(
            certified >= 0,
            CCT,
            np.where(np.isin(final, (State.TRAINING, State.TRAINING_WAITING)), IN_TRAINING, OUTSIDE_TRAINING),
        ),
    ]
    onward = [
        np.ones(len(entered), dtype=bool),
        graduated >= 0,
        foundation >= 0,
        signed_off >= 0,
        training >= 0,
    ]
    rows = []
    going = np.ones(len(entered), dtype=bool)
    for step in range(1, len(where)):
        going = going & onward[step - 1]
        pairs = pd.Series(list(zip(where[step - 1][going], where[step][going], strict=True)), dtype=object)
        rows += [
            (step, origin, goal, people) for (origin, goal), people in sorted(pairs.value_counts().items())
        ]
    return _frame(rows, rep, first_year(blueprint) + int(year.min()))


def _frame(rows: list[tuple[int, str, str, int]], rep: int, intake: int) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["step", "origin", "destination", "people"])
    frame.insert(0, "intake", intake)
    frame.insert(0, "rep", rep)
    return frame
