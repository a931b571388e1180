"""The reduced ladder as every implementation of the benchmark sees it: its parameters, its steps, its log.

Needs nothing but the standard library, so that a peer's process holds only that peer. The rules are told
on the page beside this file; what a peer does with the parameters is its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

YEAR = 12
AUGUST, SEPTEMBER = 0, 1  # months of a training year; month 0 of a run is an August
SLOT = 100  # units of supervision that one trainee uses
NOWHERE = -1


class Step(IntEnum):
    """One change in a person's life: what is counted as an event, in every implementation alike."""

    ENTERED = 1
    YEAR_STARTED = 2
    YEAR_PASSED = 3
    YEAR_REPEATED = 4
    LEFT_SCHOOL = 5
    GRADUATED = 6
    FOUNDATION_ALLOCATED = 7
    FOUNDATION_STARTED = 8
    FOUNDATION_SIGNED_OFF = 9
    STARTED_OUTSIDE = 10  # a locally employed post, after F2 or after resigning
    LEFT = 11
    ACCEPTED = 12
    UNPLACED = 13
    LEVEL_STARTED = 14
    REVIEWED = 15
    EXTENDED = 16
    RESIGNED = 17
    COMPLETED = 18
    STARTED_PRACTICE = 19
    LEFT_PRACTICE = 20


#: Where people of each stage are found by their last step; people in practice are counted by their flows.
STAGES = {
    "between school years or waiting": (Step.ENTERED, Step.YEAR_PASSED, Step.YEAR_REPEATED),
    "in a school year": (Step.YEAR_STARTED,),
    "waiting for foundation": (Step.GRADUATED, Step.FOUNDATION_ALLOCATED),
    "foundation": (Step.FOUNDATION_STARTED,),
    "outside training": (Step.STARTED_OUTSIDE, Step.UNPLACED, Step.RESIGNED),
    "waiting for a supervisor": (Step.ACCEPTED,),
    "training": (Step.LEVEL_STARTED, Step.REVIEWED, Step.EXTENDED),
    "between certificate and post": (Step.COMPLETED,),
}

Row = tuple[int, int, int, int]  # month, step, person, where (region, or programme x regions + region)


@dataclass(frozen=True)
class Ladder:
    """Parameters. Lists run over regions unless said; probabilities are plain numbers."""

    months: int
    regions: int
    # medical school
    intake: list[int]  # entrants each September
    students: list[list[int]]  # [year of course][region] present at the start, in a year about to end
    course_months: list[int]  # [year of course]; the last year ends in August
    course_repeat: list[float]  # [year of course], once each
    course_leave: list[float]  # [year of course]
    places: list[list[int] | None]  # [year of course][region]; None where no placement is needed
    applies_for_foundation: bool
    # foundation
    foundation_places: list[int]  # F1 starts a year
    foundation_attraction: list[float]
    foundation_home_weight: float
    foundation_doctors: list[list[int]]  # [F1, F2][region] at the start, about to finish the year
    # training; [p] is a programme
    levels: list[int]  # [p] levels of a year each
    posts: list[list[int]]  # [p][region]
    trainees: list[list[list[int]]]  # [p][level][region] at the start, about to finish the level
    taste: list[float]  # [p]
    attraction: list[float]
    trained_weight: float
    resignation: list[float]  # [p] a year
    extra_time: list[float]  # [p] a year
    extension_months: list[int]  # [p]
    # outside training
    apply_after_f2: float
    months_away: tuple[int, int]  # shortest and longest spell before the first decision
    leave: dict[str, float]  # a year, by state: locally_employed, unplaced
    apply: dict[str, float]  # a year, by state
    # practice
    doctors: list[list[int]]  # [p][region] at the start
    join_months: int
    exit: float  # a year
    # units of supervision that a doctor of programme p gives to its trainees, and to foundation doctors
    supervision: list[int]
    foundation_supervision: list[int]

    def free_foundation_supervision(self, region: int) -> int:
        """Units of foundation supervision free at the start; below 0 if more are in use than there are."""
        given = sum(
            units * heads[region]
            for units, heads in zip(self.foundation_supervision, self.doctors, strict=True)
        )
        return given - SLOT * sum(row[region] for row in self.foundation_doctors)

    def free_supervision(self, programme: int, region: int) -> int:
        """Units of a programme's supervision free at the start; below 0 likewise."""
        return self.supervision[programme] * self.doctors[programme][region] - SLOT * self.in_post(
            programme, region
        )

    def free_posts(self, programme: int, region: int) -> int:
        """Posts empty at the start."""
        return self.posts[programme][region] - self.in_post(programme, region)

    def in_post(self, programme: int, region: int) -> int:
        """Trainees at the start."""
        return sum(level[region] for level in self.trainees[programme])

    def people_at_start(self) -> int:
        """Everyone present on the eve of month 0."""
        trainees = [level for programme in self.trainees for level in programme]
        return sum(sum(row) for row in (*self.students, *self.foundation_doctors, *trainees, *self.doctors))

    def write(self, path: Path) -> None:
        """Save, for the processes that run the peers."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Ladder:
        """What ``write`` saved."""
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return cls(**content | {"months_away": tuple(content["months_away"])})


def next_month(month: int, calendar: int) -> int:
    """The first August or September in or after a month."""
    return month + (calendar - month) % YEAR


def results(rows: Sequence[Row] | Any, ladder: Ladder) -> dict[str, list[int]]:
    """What a log says, year by year: how often each step was taken, and people by stage at the year's end.

    Steps of training are also counted by programme. ``rows`` is a list of rows, or an array of them.
    """
    import numpy as np

    table = np.asarray(rows, np.int64).reshape(-1, 4)
    month, step, person, where = table[np.argsort(table[:, 0], kind="stable")].T
    years = -(-ladder.months // YEAR)

    def yearly(chosen: Any) -> list[int]:
        return [int(n) for n in np.bincount(month[chosen] // YEAR, minlength=years)]

    found = {kind.name.lower(): yearly(step == kind) for kind in Step}
    for kind in (Step.ACCEPTED, Step.COMPLETED):
        for programme in range(len(ladder.levels)):
            chosen = (step == kind) & (where // ladder.regions == programme)
            found[f"{kind.name.lower()} in programme {programme}"] = yearly(chosen)
    census: dict[str, list[int]] = {name: [] for name in STAGES}
    for year in range(years):
        past = int(np.searchsorted(month, YEAR * (year + 1)))
        _, latest = np.unique(person[:past][::-1], return_index=True)
        last = step[:past][::-1][latest]
        if not ladder.applies_for_foundation:
            last = last[last != Step.GRADUATED]  # they are gone
        for name, steps in STAGES.items():
            census[name].append(int(np.isin(last, steps).sum()))
    joined = np.cumsum(found["started_practice"]) - np.cumsum(found["left_practice"])
    at_start = sum(sum(row) for row in ladder.doctors)
    return found | census | {"practice": [at_start + int(n) for n in joined]}
