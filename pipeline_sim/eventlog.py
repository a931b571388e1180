"""The event log of one run, as columns in their final order: month, phase, person.

What an engine hands over and all that results are computed from.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

NONE = -1  # no programme, level or region


@dataclass(frozen=True)
class EventLog:
    """One row an event; every column has the same length.

    ``programme``, ``level`` and ``region`` index the blueprint's names (-1 for none; ``level`` is the
    flattened level). System rows (person 0) use ``level`` for the round or the kind of pool, and
    ``programme`` for the supervision group of a supervisor pool. ``wte`` is in percent. The meaning of
    ``detail`` is given beside each event in ``pipeline_sim.vocabulary``.
    """

    month: NDArray[np.int16]
    phase: NDArray[np.int8]
    person: NDArray[np.int64]
    event: NDArray[np.uint8]
    programme: NDArray[np.int16]
    level: NDArray[np.int16]
    region: NDArray[np.int8]
    wte: NDArray[np.uint8]
    detail: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.month)

    def take(self, rows: NDArray) -> EventLog:
        """The rows of an index or a mask, in that order."""
        return EventLog(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def part(self, rows: slice) -> EventLog:
        """Some rows in a row, as views."""
        return EventLog(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def history(self, person: int) -> EventLog:
        """Everything that happened to one person."""
        return self.take(np.flatnonzero(self.person == person))
