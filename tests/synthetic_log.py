"""A large made-up log with the shape of a national run, to time results and look at figures.

Lives are plausible, not modelled: each person goes through the stages at drawn times.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from results_examples import small_blueprint

from pipeline_sim.clock import Phase
from pipeline_sim.eventlog import NONE, EventLog
from pipeline_sim.identity import IdentityKind, person_identity
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import Event, PoolKind, State

REGIONS = (
    "east_of_england", "london", "midlands", "north_east_and_yorkshire", "north_west", "south_east",
    "south_west",
)  # fmt: skip
GROUPS = (
    "foundation", "primary_care", "medicine", "surgery", "anaesthetics", "psychiatry", "paediatrics",
    "obstetrics_gynaecology", "radiology", "pathology",
)  # fmt: skip


def national_blueprint(months: int = 240, programmes: int = 65) -> Blueprint:
    """Seven regions and many programmes of five levels each after foundation."""
    names = ("foundation", "general_practice", *(f"specialty_{n:02d}" for n in range(2, programmes)))
    first = np.array([0, *range(2, 2 + 5 * (programmes - 1), 5)])
    levels = ("F1", "F2", *(f"{name}_ST{n}" for name in names[1:] for n in range(1, 6)))
    years = months // 12 + 1
    return small_blueprint(
        months,
        name="synthetic",
        regions=REGIONS,
        programmes=names,
        programme_titles=names,
        levels=levels,
        supervision_groups=GROUPS,
        level_first=first,
        level_count=np.array([2, *[5] * (programmes - 1)]),
        programme_trained=np.array([0, 1, *[0] * (programmes - 2)]),
        programme_group=np.arange(programmes) % len(GROUPS),
        foundation_places=np.full((years, 3, len(REGIONS)), 400),
        posts=np.full((years, programmes, len(REGIONS)), 100),
    )


def synthetic_log(blueprint: Blueprint, people: int, applications: int = 12, seed: int = 1) -> EventLog:
    """``people`` students over the horizon, each with up to ``applications`` applications."""
    rng = np.random.default_rng(seed)
    parts = list(_lives(blueprint, people, applications, rng)) + list(_system(blueprint, rng))
    columns = [np.concatenate([part[at] for part in parts]) for at in range(9)]
    keep = (columns[0] >= 0) & (columns[0] < blueprint.months)
    columns = [column[keep] for column in columns]
    order = np.lexsort((columns[2], columns[1], columns[0]))
    types = (np.int16, np.int8, np.int64, np.uint8, np.int16, np.int16, np.int8, np.uint8, np.int32)
    return EventLog(*(column[order].astype(kind) for column, kind in zip(columns, types, strict=True)))


def _lives(
    blueprint: Blueprint, people: int, applications: int, rng: np.random.Generator
) -> Iterator[list[NDArray]]:
    years = blueprint.months // 12
    number = np.arange(people)
    begun = (number % (years + 12) - 12) * 12 + 1  # some entered before the run and are seen part-way
    region = rng.integers(0, len(blueprint.regions), people)
    person = person_identity(IdentityKind.STUDENT_ENTRANT, np.maximum(begun, 0), 0, region, number % 100_000)
    person = person + (number // 100_000) * 10**7
    popular = rng.dirichlet(np.full(len(blueprint.programmes) - 1, 0.8))
    programme = 1 + rng.choice(len(popular), people, p=popular)
    wte = rng.choice([100, 100, 100, 80, 60], people)
    first = np.asarray(blueprint.level_first)[programme]
    inside = np.ones(people, dtype=bool)

    def rows(month, event, programme=NONE, level=NONE, wte=100, detail=0, phase=Phase.STARTS, of=None):
        of = inside if of is None else of & inside
        given = (month, phase, person, event, programme, level, region, wte, detail)
        return [np.broadcast_to(np.asarray(each), people)[of] for each in given]

    yield rows(begun, Event.ENTERED_MEDICAL_SCHOOL, detail=100 * (number % 9 == 0), phase=Phase.ARRIVALS)
    blocked = rng.random(people) < 0.04
    yield rows(begun + 24, Event.PLACEMENT_BLOCKED, detail=rng.integers(1, 3, people), of=blocked)
    yield rows(begun + 30, Event.MEDICAL_YEAR_STARTED, detail=3, of=blocked)
    left = rng.random(people) < 0.05
    yield rows(begun + 12, Event.LEFT_MEDICAL_SCHOOL, detail=1, of=left & ~blocked)
    inside &= ~(left & ~blocked)
    month = begun + 58
    yield rows(month, Event.GRADUATED, detail=100 * (number % 9 == 0), phase=Phase.ENDINGS)
    month = begun + 59
    yield rows(month, Event.FOUNDATION_APPLIED, phase=Phase.ROUNDS)
    rank = np.where(rng.random(people) < 0.8, 1, 2)
    yield rows(month, Event.FOUNDATION_ALLOCATED, detail=rank, phase=Phase.ROUNDS)
    yield rows(month, Event.FOUNDATION_STARTED, 0, 0)
    yield rows(month + 12, Event.FOUNDATION_SIGNED_OFF, 0, 0, phase=Phase.ENDINGS)
    yield rows(month + 12, Event.FOUNDATION_STARTED, 0, 1)
    month = month + 24
    yield rows(month, Event.FOUNDATION_SIGNED_OFF, 0, 1, phase=Phase.ENDINGS)
    for order in range(1, applications + 1):
        chosen = 1 + (programme + order * order) % (len(blueprint.programmes) - 1)
        yield rows(month, Event.APPLIED, chosen, detail=order % 100, phase=Phase.ROUNDS)
    direct = rng.random(people) < 0.4
    gap = np.where(direct, 0, 12 * rng.integers(1, 4, people))
    state = rng.choice([State.LOCALLY_EMPLOYED, State.UNPLACED, State.ABROAD], people)
    yield rows(month, Event.STARTED_OUTSIDE, detail=state, of=~direct)
    gone = rng.random(people) < 0.08
    yield rows(month + 6, Event.LEFT, detail=2, of=~direct & gone)
    inside &= ~(~direct & gone)
    month = month + gap
    yield rows(month, Event.OFFERED, programme, first, detail=1, phase=Phase.ROUNDS)
    yield rows(month, Event.ACCEPTED, programme, first, detail=10_001, phase=Phase.ROUNDS)
    for year in range(5):
        wait = rng.random(people) < 0.1
        cause = rng.choice([PoolKind.SUPERVISOR, PoolKind.PRACTICE_PLACE], people)
        yield rows(month, Event.BLOCKED, programme, first + year, wte, cause, Phase.GRANTS, of=wait)
        month = month + np.where(wait, rng.integers(1, 6, people), 0)
        yield rows(month, Event.STARTED_LEVEL, programme, first + year, wte, year == 0)
        away = rng.random(people) < 0.05
        length = rng.choice([4, 12, 24], people)
        kind = rng.integers(0, 5, people)
        late = np.where(rng.random(people) < 0.2, rng.integers(1, 6, people), 0)
        yield rows(month, Event.STEPPED_OUT, programme, first + year, 0, kind + 100 * length, of=away)
        back = month + length
        yield rows(
            back, Event.BLOCKED, programme, first + year, wte, cause, Phase.GRANTS, of=away & (late > 0)
        )
        back = back + late
        yield rows(
            back, Event.STEPPED_IN, programme, first + year, wte, kind + 100 * (length + late), of=away
        )
        month = np.where(away, back, month)
        month = month + np.rint(1200 / wte).astype(np.int64)
        yield rows(month, Event.REVIEWED, programme, first + year, wte, 1, Phase.ENDINGS)
    yield rows(month, Event.COMPLETED_TRAINING, programme, first + 4, wte, 60, Phase.ENDINGS)
    trained = np.where(programme == 1, State.GP, State.CONSULTANT)
    yield rows(month + 3, Event.STARTED_PRACTICE, programme, wte=wte, detail=trained)


def _system(blueprint: Blueprint, rng: np.random.Generator) -> Iterator[list[NDArray]]:
    years, regions = blueprint.months // 12, len(blueprint.regions)

    def rows(event, grid, level, detail):
        year, programme, region = (axis.ravel() for axis in grid)
        zero = np.zeros(len(year), dtype=np.int64)
        return [
            year * 12, zero + Phase.ROUNDS, zero, zero + event, programme, zero + level, region, zero,
            np.asarray(detail),
        ]  # fmt: skip

    grid = np.meshgrid(
        np.arange(years), np.arange(1, len(blueprint.programmes)), np.arange(regions), indexing="ij"
    )
    posts = rng.integers(0, 12, grid[0].size) * (rng.random(grid[0].size) < 0.9)
    unfilled = rng.binomial(posts, 0.4 * (grid[1].ravel() % 7) / 6)
    yield rows(Event.POSTS_ADVERTISED, grid, 0, posts)
    yield rows(Event.POSTS_UNFILLED, grid, 0, unfilled)
    grid = np.meshgrid(
        np.arange(years), np.arange(len(blueprint.supervision_groups)), np.arange(regions), indexing="ij"
    )
    room = 100 * (40 + 30 * (grid[1] % 4) + grid[0] * (1 + grid[1] % 3)).ravel()
    used = np.minimum(room, 100 * (20 + 25 * (grid[1] % 4) + 4 * grid[0]).ravel())
    yield rows(Event.POOL_CAPACITY, grid, PoolKind.SUPERVISOR, room)
    yield rows(Event.POOL_IN_USE, grid, PoolKind.SUPERVISOR, used)
