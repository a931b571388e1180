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
        with self.path.open("rb") as file:
            log = EventLog(*(np.load(file) for _ in fields(EventLog)))
        self.path.unlink()
        return log


def spool(log: EventLog, path: Path) -> SpooledLog:
    """Write a log into a new file, one column after another.

    Not as a zip file: one that Ctrl-C finds half open complains when it is collected.
    """
    with path.open("xb") as file:
        for field in fields(log):
            np.save(file, getattr(log, field.name))
    return SpooledLog(path)
