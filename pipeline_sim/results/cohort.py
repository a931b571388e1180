"""What became of one intake: how many went from each step of the road to the next.

The intake is the first that the run sees enter medical school.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline_sim.results.completions import final_foundation_level
from pipeline_sim.results.facts import Facts
from pipeline_sim.results.labels import first_year
from pipeline_sim.results.life_passes import FOUNDATION_PROGRAMME
from pipeline_sim.results.lives import Lives
from pipeline_sim.vocabulary import Event, State

STEPS = ("medical school", "graduated", "foundation", "after F2", "specialty training", "outcome")
ENTERED = "entered"
GRADUATED, LEFT, STILL_STUDYING = "graduated", "left", "studying"
STARTED_F1, NO_FOUNDATION = "started F1", "waiting for F1"
COMPLETED_F2, IN_FOUNDATION, RESIGNED = "completed F2", "in foundation", "resigned"
WITHIN_YEAR, LATER, NOT_YET = "within 12 months", "later", "not in training"
CCT, IN_TRAINING, AWAY, OUTSIDE_TRAINING = "CCT", "in training", "stepped out", "outside training"
_PLACES = (
    *(ENTERED, GRADUATED, LEFT, STILL_STUDYING, STARTED_F1, NO_FOUNDATION, COMPLETED_F2, IN_FOUNDATION),
    RESIGNED,
    *(WITHIN_YEAR, LATER, NOT_YET, CCT, IN_TRAINING, AWAY, OUTSIDE_TRAINING),
)
_CODE = {name: code for code, name in enumerate(_PLACES)}
Step = tuple[int, str, str, int]  # step, origin, destination, people
_SOON = 12  # months; fewer than this, as in the KPI


def cohort_frame(facts: Facts, rep: int = 0) -> pd.DataFrame:
    """Columns ``rep, intake, step, origin, destination, people``.

    ``step`` is the column of the destination (1 to 5, see ``STEPS``). Those who have left or have not
    got further at the horizon are carried no further, nor are those who resigned from foundation,
    whatever they did later.
    """
    arrivals = facts.rows(Event.ENTERED_MEDICAL_SCHOOL)
    if not len(arrivals):
        return _frame([], rep, 0)
    year = facts.year_of[facts.log.month[arrivals]]
    intake = int(year.min())
    lives = facts.lives.of(np.unique(facts.people.at(arrivals[year == intake], facts.log)))
    entered = np.flatnonzero(lives.event == Event.ENTERED_MEDICAL_SCHOOL)
    entered = entered[facts.year_of[lives.month[entered]] == intake]
    roads = _roads(lives, entered, final_foundation_level(facts.blueprint))
    return _frame(_steps(*roads), rep, first_year(facts.blueprint) + intake)


def _roads(lives: Lives, entered: NDArray, final_level: int) -> tuple[list[NDArray], list[NDArray[np.bool_]]]:
    """Of each entrant (a row of ``lives``): where they are at each of STEPS, and whether they go on from it.

    From the last step nobody goes on.
    """

    def reached(marked: NDArray) -> NDArray[np.int64]:
        return lives.following(marked)[entered]

    def code(chosen: NDArray[np.bool_], yes: str, no: str) -> NDArray:
        return np.where(chosen, _CODE[yes], _CODE[no])

    graduated = reached(lives.event == Event.GRADUATED)
    foundation = reached(lives.event == Event.FOUNDATION_STARTED)
    signed_off = reached(
        (lives.event == Event.FOUNDATION_SIGNED_OFF) & (lives.rows["own_level"] == final_level)
    )
    specialty = (lives.event == Event.STARTED_LEVEL) & (lives.rows["programme"] != FOUNDATION_PROGRAMME)
    training = reached(specialty)
    certified = reached(lives.event == Event.COMPLETED_TRAINING)
    soon = (training >= 0) & (lives.month[training] - lives.month[signed_off] < _SOON)
    at_end = lives.state[lives.begin[np.searchsorted(lives.begin, entered, side="right")] - 1]
    gone = at_end == State.OUTSIDE
    in_foundation = np.isin(at_end, (State.FOUNDATION, State.FOUNDATION_WAITING))
    not_certified = np.select(
        [np.isin(at_end, (State.TRAINING, State.TRAINING_WAITING)), at_end == State.STEPPED_OUT],
        [_CODE[IN_TRAINING], _CODE[AWAY]],
        _CODE[OUTSIDE_TRAINING],
    )

    def either(done: NDArray, yes: NDArray | str, waiting: NDArray | str) -> NDArray:
        reached_it, not_yet = (_CODE[each] if isinstance(each, str) else each for each in (yes, waiting))
        return np.where(done, reached_it, np.where(gone, _CODE[LEFT], not_yet))

    goes_on = [
        np.ones(len(entered), bool),
        *(at >= 0 for at in (graduated, foundation, signed_off, training)),
    ]
    where = [
        np.full(len(entered), _CODE[ENTERED]),
        either(graduated >= 0, GRADUATED, STILL_STUDYING),
        either(foundation >= 0, STARTED_F1, NO_FOUNDATION),
        either(signed_off >= 0, COMPLETED_F2, code(in_foundation, IN_FOUNDATION, RESIGNED)),
        either(training >= 0, code(soon, WITHIN_YEAR, LATER), NOT_YET),
        either(certified >= 0, CCT, not_certified),
    ]
    return where, goes_on


def _steps(where: list[NDArray], goes_on: list[NDArray[np.bool_]]) -> list[Step]:
    """How many went from each place of a step to each of the next, of those who went on from all before."""
    rows: list[Step] = []
    going = np.ones(len(where[0]), dtype=bool)
    for step in range(1, len(where)):
        going = going & goes_on[step - 1]
        pairs = where[step - 1][going] * len(_PLACES) + where[step][going]
        counts = np.bincount(pairs, minlength=len(_PLACES) ** 2)
        found = [(pair, *divmod(int(pair), len(_PLACES))) for pair in np.flatnonzero(counts)]
        rows += sorted(
            (step, _PLACES[origin], _PLACES[goal], int(counts[pair])) for pair, origin, goal in found
        )
    return rows


def _frame(rows: list[Step], rep: int, intake: int) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["step", "origin", "destination", "people"])
    frame.insert(0, "intake", intake)
    frame.insert(0, "rep", rep)
    return frame
