"""Everyone a run can hold, in the order of their identity: who is there at the start and who comes when.

How many come, from where and when is in the blueprint, so all people are numbered before the first month.
A *cell* is one row of a table: people who share kind, month, group and region.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline_sim import clock
from pipeline_sim.engines.common import COURSE_YEARS, LEVELS, STREAMS, TRAINED_GROUP_SPAN, is_uk_in_stock
from pipeline_sim.identity import IdentityKind, person_identity
from pipeline_sim.scenario.blueprint import TRAINED_GROUPS, Blueprint

UK = 0


class Comes(IntEnum):
    """As what a person comes in; what ``of`` and ``also`` of the cell mean."""

    ENTRANT = 0  # route, first year of the course
    STUDENT = 1  # route, year among all courses'
    UK_TRAINEE = 2  # programme, level
    OVERSEAS_TRAINEE = 3  # programme, level
    STREAM = 4  # stream, 1 if there at the start
    TRAINED = 5  # trained group, programme


class Cell(NamedTuple):
    """People of one kind, month, group and region; sorts as their identities do."""

    kind: int
    month: int  # of the identity
    group: int
    region: int
    comes: Comes
    of: int
    also: int
    arrives: int  # month, -1 for the starting stock
    ordinals: NDArray[np.int64]


@dataclass(frozen=True)
class Everyone:
    """All people of a run. C cells, N people."""

    identity: NDArray[np.int64]  # [N] ascending
    comes: NDArray[np.int64]  # [C] by month of arrival, then identity
    of: NDArray[np.int64]  # [C]
    also: NDArray[np.int64]  # [C]
    region: NDArray[np.int64]  # [C]
    first: NDArray[np.int64]  # [C] number of the cell's first person
    count: NDArray[np.int64]  # [C]
    cell_of_month: NDArray[np.int64]  # [months + 2] first cell of each month; the stock's are the first


def everyone(blueprint: Blueprint) -> Everyone:
    """Number everyone who is there at the start or comes before the horizon."""
    cells = sorted(
        (cell for cell in _cells(blueprint) if len(cell.ordinals)), key=lambda cell: tuple(cell[:4])
    )
    sizes = np.array([len(cell.ordinals) for cell in cells], np.int64)
    identities = [
        person_identity(cell.kind, cell.month, cell.group, cell.region, cell.ordinals) for cell in cells
    ]
    arrives = np.array([cell.arrives for cell in cells], np.int64)
    order = np.argsort(arrives, kind="stable")

    def column(name: str) -> NDArray[np.int64]:
        return np.array([getattr(cell, name) for cell in cells], np.int64)[order]

    return Everyone(
        identity=np.concatenate([np.zeros(0, np.int64), *identities]),
        comes=column("comes"),
        of=column("of"),
        also=column("also"),
        region=column("region"),
        first=(np.cumsum(sizes) - sizes)[order],
        count=sizes[order],
        cell_of_month=np.searchsorted(arrives[order], np.arange(-1, blueprint.months + 1)),
    )


def _cells(blueprint: Blueprint) -> Iterator[Cell]:
    for region in range(len(blueprint.regions)):
        yield from _students(blueprint, region)
        yield from _trainees(blueprint, region)
        yield from _streams_at_start(blueprint, region)
        yield from _trained(blueprint, region)
        for month in range(blueprint.months):
            yield from _arrivals(blueprint, region, month)


def _students(blueprint: Blueprint, region: int) -> Iterator[Cell]:
    kind = int(IdentityKind.STARTING_UK)
    for route in range(len(blueprint.routes)):
        first = int(blueprint.route_first[route])
        for course in range(first, first + int(blueprint.route_years[route])):
            people = np.arange(blueprint.student_stock[course, region])
            yield Cell(kind, 0, COURSE_YEARS + course, region, Comes.STUDENT, route, course, -1, people)


def _trainees(blueprint: Blueprint, region: int) -> Iterator[Cell]:
    for programme in range(len(blueprint.programmes)):
        first = int(blueprint.level_first[programme])
        share = int(blueprint.stock_uk_share[programme])
        for level in range(first, first + int(blueprint.level_count[programme])):
            people = np.arange(blueprint.trainee_stock[level, region])
            uk = is_uk_in_stock(people, share)
            for kind, comes, own in (
                (IdentityKind.STARTING_UK, Comes.UK_TRAINEE, uk),
                (IdentityKind.OVERSEAS, Comes.OVERSEAS_TRAINEE, ~uk),
            ):
                yield Cell(int(kind), 0, LEVELS + level, region, comes, programme, level, -1, people[own])


def _stream_kind(blueprint: Blueprint, stream: int) -> int:
    uk = int(blueprint.stream_group[stream]) == UK
    return int(IdentityKind.STARTING_UK if uk else IdentityKind.OVERSEAS)


def _streams_at_start(blueprint: Blueprint, region: int) -> Iterator[Cell]:
    for stream in range(len(blueprint.streams)):
        people = np.arange(blueprint.outside_stock[stream, region])
        kind = _stream_kind(blueprint, stream)
        yield Cell(kind, 0, STREAMS + stream, region, Comes.STREAM, stream, 1, -1, people)


def _trained(blueprint: Blueprint, region: int) -> Iterator[Cell]:
    kind = int(IdentityKind.STARTING_WORKFORCE)
    for trained in range(len(TRAINED_GROUPS)):
        for programme in range(len(blueprint.programmes)):
            people = np.arange(blueprint.workforce[trained, programme, region])
            group = TRAINED_GROUP_SPAN * trained + programme
            yield Cell(kind, 0, group, region, Comes.TRAINED, trained, programme, -1, people)


def _arrivals(blueprint: Blueprint, region: int, month: int) -> Iterator[Cell]:
    year = clock.training_year(blueprint.start_month, month)
    calendar_month = clock.calendar_month(blueprint.start_month, month)
    if calendar_month == clock.ACADEMIC_YEAR_MONTH:
        kind = int(IdentityKind.STUDENT_ENTRANT)
        for route in range(len(blueprint.routes)):
            people = np.arange(blueprint.intake[year, route, region])
            first = int(blueprint.route_first[route])
            yield Cell(kind, month, route, region, Comes.ENTRANT, route, first, month, people)
    for stream in np.flatnonzero(blueprint.stream_month == calendar_month).tolist():
        people = np.arange(blueprint.arrivals[year, stream, region])
        kind = _stream_kind(blueprint, stream)
        # the starting stock came before month 0, so identities count months from 1
        yield Cell(kind, month + 1, STREAMS + stream, region, Comes.STREAM, stream, 0, month, people)
