"""Where two event logs of the same run part: the guard on engines that must live the same life."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from pipeline_sim.eventlog import EventLog
from pipeline_sim.identity import SYSTEM_PERSON


@dataclass(frozen=True)
class Difference:
    """The first place at which two logs are not the same."""

    row: int  # position in both logs
    columns: tuple[str, ...]  # columns that differ there; all of them where one log has ended
    rows: tuple[EventLog, EventLog]  # that row of each log, none where it has ended
    people: tuple[int, ...]  # the doctors concerned, without the system's own person


def first_difference(one: EventLog, other: EventLog) -> Difference | None:
    """The first row at which two logs differ, ``None`` if they are identical row for row."""
    names = [field.name for field in fields(EventLog)]
    shared = min(len(one), len(other))
    row = shared
    for name in names:
        differs = getattr(one, name)[:row] != getattr(other, name)[:row]
        if differs.any():
            row = int(np.argmax(differs))
    if row == len(one) == len(other):
        return None
    rows = one.take(np.arange(row, len(one))[:1]), other.take(np.arange(row, len(other))[:1])
    columns = [name for name in names if getattr(rows[0], name).tolist() != getattr(rows[1], name).tolist()]
    met = dict.fromkeys(int(person) for log in rows for person in log.person)
    people = tuple(person for person in met if person != SYSTEM_PERSON)
    return Difference(row, tuple(columns), rows, people)
