"""Small blueprints and hand-made logs for the tests of results; no test lives here."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from pipeline_sim.clock import Phase
from pipeline_sim.eventlog import NONE, EventLog
from pipeline_sim.identity import IdentityKind, person_identity
from pipeline_sim.scenario.blueprint import STEP_OUT_RULES, Blueprint
from pipeline_sim.vocabulary import Event, PoolKind, State

PROGRAMMES = ("foundation", "gp", "core_medicine", "cardiology", "obstetrics_gynaecology")
LEVELS = (
    "F1", "F2",
    "ST1", "ST2", "ST3",
    "CT1", "CT2",
    "ST3", "ST4",
    "ST1", "ST2",
)  # fmt: skip
FOUNDATION, GP, CORE, CARDIOLOGY, OBSTETRICS = range(5)
LEVEL_FIRST = np.array([0, 2, 5, 7, 9])
LEVEL_COUNT = np.array([2, 3, 2, 2, 2])
F1, F2 = 0, 1
RESULT_FILES = {
    "manifest.json",
    "kpis.csv",
    "flows.parquet",
    "census.parquet",
    "waits.parquet",
    "completions.parquet",
}
ROUND_1, READVERT, ROUND_2, ROUND_3 = range(4)


def small_blueprint(months: int = 36, **changes: Any) -> Blueprint:
    """A scenario of two regions and five programmes; fields that results never read are None."""
    years = -(-months // 12) + 1
    values: dict[str, Any] = {field.name: None for field in fields(Blueprint)}
    values |= {
        "name": "small",
        "title": "A small scenario",
        "start_year": 2025,
        "start_month": 8,
        "months": months,
        "regions": ("north", "south"),
        "programmes": PROGRAMMES,
        "programme_titles": PROGRAMMES,
        "levels": LEVELS,
        "routes": ("standard",),
        "streams": ("overseas",),
        "rounds": ("round_1", "readvert", "round_2", "round_3"),
        "supervision_groups": ("foundation", "primary_care", "medicine"),
        "level_first": LEVEL_FIRST,
        "level_count": LEVEL_COUNT,
        "programme_trained": np.array([0, 1, 0, 0, 0]),
        "programme_group": np.array([0, 1, 2, 2, 2]),
        "foundation_places": np.full((years, 3, 2), 2),
        "posts": np.full((years, 5, 2), 3),
        "round_month": np.array([8, 8, 8, 2]),
        "round_repeats": np.array([-1, 0, -1, -1]),
        "plan": {"gp_acceptances": {2025: 4.0}, "clinical_starts": {2025: 2.0}},
        "credentials": (),
        "credential_titles": (),
        "credential_slots": np.zeros((years, 0, len(changes.get("regions", "NS"))), np.int64),
        "demand": np.zeros(
            (years, len(changes.get("programmes", PROGRAMMES)), len(changes.get("regions", "NS")))
        ),
        "population": np.zeros((years, len(changes.get("regions", "NS")))),
        "need_weight": np.zeros((years, len(changes.get("regions", "NS")))),
        "step_out_rules": np.zeros((years, 9, len(STEP_OUT_RULES)), np.int64),
        "redistribution_pace": np.zeros((years, 5), np.int64),
        "redistribution_weight": np.ones((years, 5, 2), np.int64),
        "sources": {},
        "digest": "0" * 8,
    }
    return Blueprint(**(values | changes))


def student(ordinal: int, month: int = 1) -> int:
    return int(person_identity(IdentityKind.STUDENT_ENTRANT, month, 0, 0, ordinal))


def overseas(ordinal: int) -> int:
    return int(person_identity(IdentityKind.OVERSEAS, 0, 0, 0, ordinal))


def row(
    month: int,
    person: int,
    event: Event,
    programme: int = NONE,
    level: int = NONE,
    region: int = 0,
    wte: int = 100,
    detail: int = 0,
    phase: int = Phase.STARTS,
) -> tuple[int, ...]:
    """One row of a log, in the order of its columns."""
    return (month, phase, person, event, programme, level, region, wte, detail)


def log_of(*rows: tuple[int, ...]) -> EventLog:
    """The rows as a log: by month, phase and person, otherwise as given."""
    types = (np.int16, np.int8, np.int64, np.uint8, np.int16, np.int16, np.int8, np.uint8, np.int32)
    table = np.array(rows, dtype=np.int64).reshape(-1, len(types))
    order = np.lexsort((table[:, 2], table[:, 1], table[:, 0]))
    return EventLog(*(table[order, at].astype(kind) for at, kind in enumerate(types)))


def example_log() -> EventLog:
    """Three doctors over 36 months, with the rounds and pools around them.

    Ann graduates in month 2 and waits for F1 from then to month 12 (10 months over the turn of the year
    at month 12). Bob is an F2 doctor at the start, signed off in month 12, unplaced until month 15, CT1
    at 80% from month 15 (80% to month 21, then 60%), waits for a supervisor in months 27-30 and
    has a CCT in month 33. Cat is a GP trainee from overseas at the start and has a CCT in month 6.
    """
    ann, bob, cat = student(1, month=1), student(2, month=0), overseas(1)
    gp3 = int(LEVEL_FIRST[GP]) + 2
    st3 = int(LEVEL_FIRST[CARDIOLOGY])
    return log_of(
        row(1, ann, Event.ENTERED_MEDICAL_SCHOOL, detail=100, phase=Phase.ARRIVALS),
        row(2, ann, Event.GRADUATED, detail=100, phase=Phase.ENDINGS),
        row(12, ann, Event.FOUNDATION_APPLIED, phase=Phase.ROUNDS),
        row(12, ann, Event.FOUNDATION_ALLOCATED, detail=1, phase=Phase.ROUNDS),
        row(12, ann, Event.FOUNDATION_STARTED, FOUNDATION, F1),
        row(0, bob, Event.PRESENT_AT_START, FOUNDATION, F2, 1, detail=State.FOUNDATION),
        row(12, bob, Event.FOUNDATION_SIGNED_OFF, FOUNDATION, F2, 1, phase=Phase.ENDINGS),
        row(12, bob, Event.APPLIED, CARDIOLOGY, region=1, detail=1, phase=Phase.ROUNDS),
        row(12, bob, Event.APPLIED, GP, region=1, detail=2, phase=Phase.ROUNDS),
        row(12, bob, Event.UNPLACED, region=1, detail=3, phase=Phase.ROUNDS),
        row(12, bob, Event.STARTED_OUTSIDE, region=1, detail=State.UNPLACED),
        row(15, bob, Event.APPLIED, CARDIOLOGY, region=1, detail=101, phase=Phase.ROUNDS),
        row(15, bob, Event.OFFERED, CARDIOLOGY, st3, 1, detail=10_101, phase=Phase.ROUNDS),
        row(15, bob, Event.ACCEPTED, CARDIOLOGY, st3, 1, detail=10_101, phase=Phase.ROUNDS),
        row(15, bob, Event.STARTED_LEVEL, CARDIOLOGY, st3, 1, 80, detail=1),
        row(21, bob, Event.CHANGED_HOURS, region=1, wte=60),
        row(27, bob, Event.BLOCKED, CARDIOLOGY, st3 + 1, 1, 60, detail=PoolKind.SUPERVISOR),
        row(30, bob, Event.STARTED_LEVEL, CARDIOLOGY, st3 + 1, 1, 60),
        row(33, bob, Event.COMPLETED_TRAINING, CARDIOLOGY, st3 + 1, 1, 60, 18, Phase.ENDINGS),
        row(34, bob, Event.STARTED_PRACTICE, CARDIOLOGY, region=1, wte=60, detail=State.CONSULTANT),
        row(0, cat, Event.PRESENT_AT_START, GP, gp3, 0, 50, detail=State.TRAINING),
        row(3, cat, Event.REVIEWED, GP, gp3, 0, 50, detail=3, phase=Phase.ENDINGS),
        row(6, cat, Event.REVIEWED, GP, gp3, 0, 50, detail=6, phase=Phase.ENDINGS),
        row(6, cat, Event.COMPLETED_TRAINING, GP, gp3, 0, 50, 30, Phase.ENDINGS),
        row(6, cat, Event.LEFT, detail=6),
        row(12, 0, Event.POSTS_ADVERTISED, CARDIOLOGY, ROUND_1, 1, 0, 3, Phase.ROUNDS),
        row(12, 0, Event.POSTS_UNFILLED, CARDIOLOGY, ROUND_1, 1, 0, 3, Phase.ROUNDS),
        row(15, 0, Event.POSTS_ADVERTISED, CARDIOLOGY, READVERT, 1, 0, 4, Phase.ROUNDS),
        row(15, 0, Event.POSTS_UNFILLED, CARDIOLOGY, READVERT, 1, 0, 3, Phase.ROUNDS),
        row(12, 0, Event.POOL_CAPACITY, 2, PoolKind.SUPERVISOR, 1, 0, 400, Phase.CENSUS),
        row(12, 0, Event.POOL_IN_USE, 2, PoolKind.SUPERVISOR, 1, 0, 100, Phase.CENSUS),
        row(12, 0, Event.POOL_CAPACITY, CARDIOLOGY, PoolKind.TRAINING_POST, 1, 0, 500, Phase.CENSUS),
        row(12, 0, Event.POOL_IN_USE, CARDIOLOGY, PoolKind.TRAINING_POST, 1, 0, 200, Phase.CENSUS),
    )
