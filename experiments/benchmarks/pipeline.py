"""This project's side of the benchmark: the scenario as the reduced ladder's parameters, and both engines.

The only module here that knows pipeline_sim; peers never import it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import numpy as np
from ladder import SLOT, Ladder, Step
from numpy.typing import NDArray

from pipeline_sim.eventlog import EventLog
from pipeline_sim.scenario.blueprint import AFTER_F2_DESTINATIONS, OUTSIDE_STATES, TRAINED_GROUPS, Blueprint
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.vocabulary import Event, Leaving, State

FOLDER = Path(__file__).parent
ONE = float(1 << 32)

#: Events of the log that are steps of the reduced ladder as they stand; four more need their detail.
STEP_OF = {
    Event.ENTERED_MEDICAL_SCHOOL: Step.ENTERED,
    Event.MEDICAL_YEAR_STARTED: Step.YEAR_STARTED,
    Event.MEDICAL_YEAR_PASSED: Step.YEAR_PASSED,
    Event.MEDICAL_YEAR_REPEATED: Step.YEAR_REPEATED,
    Event.LEFT_MEDICAL_SCHOOL: Step.LEFT_SCHOOL,
    Event.GRADUATED: Step.GRADUATED,
    Event.FOUNDATION_ALLOCATED: Step.FOUNDATION_ALLOCATED,
    Event.FOUNDATION_STARTED: Step.FOUNDATION_STARTED,
    Event.FOUNDATION_SIGNED_OFF: Step.FOUNDATION_SIGNED_OFF,
    Event.ACCEPTED: Step.ACCEPTED,
    Event.UNPLACED: Step.UNPLACED,
    Event.STARTED_LEVEL: Step.LEVEL_STARTED,
    Event.REVIEWED: Step.REVIEWED,
    Event.EXTENDED: Step.EXTENDED,
    Event.RESIGNED: Step.RESIGNED,
    Event.COMPLETED_TRAINING: Step.COMPLETED,
    Event.STARTED_PRACTICE: Step.STARTED_PRACTICE,
    Event.RETIRED: Step.LEFT_PRACTICE,
}


def scenario(name: str, scale: float = 1.0, years: int | None = None) -> Scenario:
    """One of the scenario folders beside this file, at a scale and for a number of years."""
    loaded = load_scenario(FOLDER / name).scaled(scale)
    return loaded.with_years(years) if years else loaded


def ladder_of(blueprint: Blueprint) -> Ladder:
    """What the peers need to know of a scenario that stays within the reduced ladder."""
    bp = blueprint
    programmes = range(1, len(bp.programmes))
    led = AFTER_F2_DESTINATIONS.index("locally_employed")
    group = [int(g) for g in bp.programme_group]
    per_doctor = [int(bp.supervisor_units_per_wte[0, group[p], bp.programme_trained[p]]) for p in programmes]
    pledged = [
        units * int(bp.foundation_share[group[p]]) for units, p in zip(per_doctor, programmes, strict=True)
    ]
    assert not bp.workforce.any() or not any(part % SLOT for part in pledged), "units that do not divide"
    states = {name: OUTSIDE_STATES.index(name) for name in ("locally_employed", "unplaced")}
    first = bp.level_first.tolist()
    return Ladder(
        months=bp.months,
        regions=len(bp.regions),
        intake=bp.intake[0, 0].tolist(),
        students=bp.student_stock.tolist(),
        course_months=bp.course_months.tolist(),
        course_repeat=(bp.course_repeat / ONE).tolist(),
        course_leave=(bp.course_leave / ONE).tolist(),
        places=[_places(bp, int(stage)) for stage in bp.course_stage],
        applies_for_foundation=bool(bp.route_applies[0]),
        foundation_places=bp.foundation_places[0].sum(axis=0).tolist(),
        foundation_attraction=bp.foundation_attraction.astype(float).tolist(),
        foundation_home_weight=bp.foundation_home_weight / 100,
        foundation_doctors=bp.trainee_stock[first[0] : first[0] + 2].tolist(),
        levels=[int(bp.level_count[p]) for p in programmes],
        posts=[bp.posts[0, p].tolist() for p in programmes],
        trainees=[bp.trainee_stock[first[p] :][: int(bp.level_count[p])].tolist() for p in programmes],
        taste=[float(bp.taste[0, p]) for p in programmes],
        attraction=bp.attraction.astype(float).tolist(),
        trained_weight=bp.trained_weight / 100,
        resignation=[float(bp.programme_resign[p] / ONE) for p in programmes],
        extra_time=[float(bp.programme_review[p, 1] / ONE) for p in programmes],
        extension_months=[int(bp.programme_extension[p]) for p in programmes],
        apply_after_f2=float(bp.after_f2_cumulative[0] / ONE),
        months_away=(int(bp.after_f2_min_months[led]), int(bp.after_f2_max_months[led])),
        leave={name: float(bp.outside_rates[0, row, 0, 0, 1] / ONE) for name, row in states.items()},
        apply={name: float(bp.outside_rates[0, row, 0, 0, 0] / ONE) for name, row in states.items()},
        doctors=[bp.workforce[bp.programme_trained[p], p].tolist() for p in programmes],
        join_months=int(bp.join_months[0, 0]),
        exit=float(bp.exit[0, TRAINED_GROUPS.index("gp"), 40] / ONE),
        supervision=[units - part // SLOT for units, part in zip(per_doctor, pledged, strict=True)],
        foundation_supervision=[part // SLOT for part in pledged],
    )  # fmt: skip


def _places(bp: Blueprint, stage: int) -> list[int] | None:
    """Places of the one setting that a stage needs, or None."""
    if not bp.mix_count[stage]:
        return None
    setting = int(np.flatnonzero(bp.mix_units[bp.mix_first[stage]])[0])
    return (bp.placement_units[0, setting] // 100).tolist()


def rows_of(log: EventLog, regions: int) -> NDArray[np.int64]:
    """The steps of the reduced ladder in a log, as rows of month, step, person, where."""
    step_of = np.zeros(256, np.int64)
    for event, step in STEP_OF.items():
        step_of[event] = step
    step = step_of[log.event]
    outside = (log.event == Event.STARTED_OUTSIDE) & (log.detail == State.LOCALLY_EMPLOYED)
    step[outside] = Step.STARTED_OUTSIDE
    left = log.event == Event.LEFT
    step[left & (log.detail == Leaving.FROM_OUTSIDE_TRAINING)] = Step.LEFT
    step[left & (log.detail == Leaving.FROM_PRACTICE)] = Step.LEFT_PRACTICE
    where = np.where(log.programme > 0, (log.programme - 1) * regions + log.region, log.region)
    kept = step > 0
    columns = (log.month[kept], step[kept], log.person[kept], where[kept])
    return np.stack([column.astype(np.int64) for column in columns], axis=1)


def fingerprint(log: EventLog) -> str:
    """SHA-256 of every column of a log: equal for equal logs."""
    digest = hashlib.sha256()
    for field in fields(log):
        digest.update(np.ascontiguousarray(getattr(log, field.name)).tobytes())
    return digest.hexdigest()


def engine(name: str) -> Callable[[Blueprint, int], EventLog]:
    """``simpy`` or ``compiled``; ``ImportError`` if this version does not have it."""
    module: ModuleType
    if name == "simpy":
        from pipeline_sim.engines import simpy_engine as module
    else:
        from pipeline_sim.engines import compiled_engine as module  # type: ignore[attr-defined,no-redef]
    run: Callable[[Blueprint, int], EventLog] = module.run
    return run
