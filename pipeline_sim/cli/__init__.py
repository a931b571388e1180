"""The command line: ``pipeline-sim``.

Each command is a module of its own and is imported only when it is called, so ``--help`` is quick.
How a failure becomes a message and an exit code is in ``failures``.
"""

from __future__ import annotations

from pipeline_sim.cli.commands import cli

__all__ = ["cli", "main"]


def main() -> None:
    """Entry point of the ``pipeline-sim`` program."""
    cli.main(prog_name="pipeline-sim")
