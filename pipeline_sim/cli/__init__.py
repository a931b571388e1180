"""The command line: ``pipeline-sim``.

Each command is a module of its own and is imported only when it is called, so ``--help`` is quick.
How a failure becomes a message and an exit code is in ``failures``.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from pipeline_sim.cli.commands import cli

__all__ = ["cli", "main"]


def main() -> None:
    """Entry point of the ``pipeline-sim`` program."""
    for ending in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, ending):
            signal.signal(getattr(signal, ending), _stop)
    # closed by whoever called: what would be said there goes nowhere
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    cli.main(prog_name="pipeline-sim")


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    """End as a signal asks, but tidily: half-written results are taken away on the way out."""
    sys.exit(128 + number)
