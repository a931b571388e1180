"""Progress on stderr: of a run, a bar on a terminal and one plain line a simulated year elsewhere; of runs
shared among processes, a line for each that is done.

An engine calls the object with ``(month, alive, events)``; this module decides what is shown.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pipeline_sim.clock import MONTHS_PER_YEAR, date_of


class RunProgress:
    """Shows the simulated date, people alive and events so far. Use as a context manager.

    Args:
        start: year and calendar month of month 0.
        months: months to simulate.
        label: shown in front, e.g. the scenario's name.
        stream: where to write; stderr if not given.
    """

    def __init__(
        self, start: tuple[int, int], months: int, label: str = "", stream: TextIO | None = None
    ) -> None:
        self._start = start
        self._months = months
        self._label = label
        self._stream = sys.stderr if stream is None else stream
        self._years_shown = 0
        self._began = 0.0
        self._bar: Progress | None = None
        self._task = TaskID(0)

    def __enter__(self) -> RunProgress:
        self._began = time.monotonic()
        if self._stream.isatty():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[counts]}"),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                console=Console(file=self._stream),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(f"{self._label} preparing", total=self._months, counts="")
        else:
            self._line(f"{self._label}: preparing")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, month: int, alive: int, events: int) -> None:
        """``month`` has been simulated; ``alive`` people are in the model, ``events`` have happened."""
        when = f"{date_of(*self._start, month):%b %Y}"
        counts = f"{alive:,} people, {events:,} events"
        if self._bar is not None:
            self._bar.update(
                self._task, completed=month + 1, description=f"{self._label} {when}", counts=counts
            )
            return
        years = (month + 1) // MONTHS_PER_YEAR
        if years > self._years_shown:
            self._years_shown = years
            total = -(-self._months // MONTHS_PER_YEAR)
            elapsed = time.monotonic() - self._began
            self._line(f"{self._label}: {when}, year {years} of {total}: {counts}, {elapsed:.0f} s")

    def _line(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


class ReplicationsProgress:
    """One line for each replication that has come back from the processes that share them."""

    def __init__(self, label: str, reps: int, workers: int, stream: TextIO | None = None) -> None:
        self._label = label
        self._reps = reps
        self._stream = sys.stderr if stream is None else stream
        self._done = 0
        self._began = time.monotonic()
        runs = "1 replication" if reps == 1 else f"{reps} replications"
        self._line(f"{runs} on {workers} {'process' if workers == 1 else 'processes'}")

    def __call__(self, events: int) -> None:
        """The next replication is there; ``events`` have happened in it."""
        self._done += 1
        elapsed = time.monotonic() - self._began
        self._line(f"replication {self._done} of {self._reps} done: {events:,} events, {elapsed:.1f} s")

    def _line(self, text: str) -> None:
        print(f"{self._label}: {text}", file=self._stream, flush=True)
