"""Event logs set aside on disk, on their way from the process that made them to the one that wants them.

A log is too large to be sent between processes, or to be held while others are awaited.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from pipeline_sim.eventlog import EventLog


@dataclass(frozen=True)
class SpooledLog:
    """A log in a file of its own, to be taken once."""

    path: Path

    def take(self) -> EventLog:
        """The log as it was, each column with its type; the file is gone afterwards."""
        with np.load(self.path) as held:
            log = EventLog(**{name: held[name] for name in held.files})
        self.path.unlink()
        return log


def spool(log: EventLog, path: Path) -> SpooledLog:
    """Write a log into a new file, uncompressed."""
    with path.open("xb") as file:
        np.savez(file, **{field.name: getattr(log, field.name) for field in fields(log)})
    return SpooledLog(path)
