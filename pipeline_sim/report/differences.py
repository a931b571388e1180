"""How two engines part, told for a reader: the events that differ, and the lives that led there."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline_sim.clock import Phase
from pipeline_sim.eventlog import EventLog
from pipeline_sim.report.trace import tell
from pipeline_sim.results.events import events_table
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.studies.differences import Difference

PHASES = {int(phase): phase.name.lower() for phase in Phase}


def tell_difference(
    found: Difference, names: tuple[str, str], logs: tuple[EventLog, EventLog], blueprint: Blueprint
) -> Iterator[str]:
    """Lines: where the logs part, that event in each, and the life of each doctor it names in each."""
    width = max(map(len, names)) + 1
    lengths = " and ".join(f"{len(log):,} ({name})" for name, log in zip(names, logs, strict=True))
    yield f"The engines part at event {found.row + 1:,} of {lengths}; different: {', '.join(found.columns)}."
    for name, row in zip(names, found.rows, strict=True):
        yield f"  {name + ':':{width}} {_event(row, blueprint)}"
    for person in found.people:
        yield ""
        yield from _two_lives(names, [_life(log.history(person), blueprint) for log in logs])
    if not found.people:
        yield "It is an event of the whole system (a pool or a round), so there is no life to tell."


def _event(row: EventLog, blueprint: Blueprint) -> str:
    """One row with the names that ``events.parquet`` gives it."""
    if not len(row):
        return "no more events"
    try:
        named = events_table(row, blueprint).iloc[0]
    except (IndexError, KeyError, ValueError):  # codes that mean nothing in this scenario
        return ", ".join(f"{column} {values[0]}" for column, values in vars(row).items())
    known = [
        f"{column} {value}"
        for column in ("person", "event", "programme", "level", "region", "wte", "detail")
        if (value := named[column]) is not None and value == value  # missing names are NaN
    ]
    phase = PHASES.get(int(row.phase[0]), str(row.phase[0]))
    return f"{named['date']:%B %Y}, phase {phase}, {', '.join(known)}"


def _life(history: EventLog, blueprint: Blueprint) -> list[str]:
    """A life as ``trace`` tells it; what it cannot tell, because it is no possible life, row by row."""
    if not len(history):
        return ["(is not in this run)"]
    try:
        return tell(history, blueprint)
    except (IndexError, KeyError, ValueError):
        return [_event(history.take(np.array([at])), blueprint) for at in range(len(history))]


def _two_lives(names: tuple[str, str], lives: list[list[str]]) -> Iterator[str]:
    """What both engines tell, once; then how it goes on in each."""
    one, other = lives
    same = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    yield from one[:same]
    for name, life in zip(names, lives, strict=True):
        yield f"  {name} goes on:" if same else f"  {name}:"
        yield from (f"    {line}" for line in life[same:] or ["(nothing more)"])
