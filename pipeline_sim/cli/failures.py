"""What the user sees when something goes wrong, and the exit code the program ends with.

0 done; 2 the user's input is wrong; 1 anything else; 130 interrupted; 143 told to stop (SIGTERM).
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from pipeline_sim.errors import PipelineError, ScenarioError

DONE, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130
DEBUG_FLAG = "--debug"
NO_ROOM = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "a file would be larger than allowed",
}


class WrongInput(click.ClickException):
    """The user asked for something that cannot be; the message says what and what would do."""

    exit_code = WRONG_INPUT


class GuardedGroup(click.Group):
    """A command group that ends in a documented exit code and shows no traceback unless asked."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> NoReturn:
        arguments = sys.argv[1:] if args is None else list(args)
        extra["standalone_mode"] = False
        try:
            code = super().main(arguments, *rest, **extra)
            sys.stdout.flush()
        except BaseException as failure:
            if DEBUG_FLAG in arguments and not isinstance(failure, click.exceptions.Exit):
                traceback.print_exc()
            code = report_failure(failure)
            _let_go_of_stdout()
            sys.exit(code)
        sys.exit(code if isinstance(code, int) else DONE)


def report_failure(failure: BaseException) -> int:
    """Tell the user about ``failure`` on stderr and return the exit code it ends with."""
    if isinstance(failure, click.exceptions.Exit):
        return failure.exit_code
    if isinstance(failure, SystemExit):
        return failure.code if isinstance(failure.code, int) else FAILED
    if isinstance(failure, click.ClickException):
        failure.show()
        return failure.exit_code
    if isinstance(failure, (KeyboardInterrupt, click.Abort)):
        _say("interrupted: no results were written")
        return INTERRUPTED
    if isinstance(failure, BrokenPipeError):
        return FAILED
    if isinstance(failure, ScenarioError):
        _say(str(failure))
        return WRONG_INPUT
    if isinstance(failure, PipelineError):
        _say(f"Error: {failure}")
        return FAILED
    if isinstance(failure, OSError) and failure.errno in NO_ROOM:
        _say(f"Error: {NO_ROOM[failure.errno]}. Nothing half-written was left behind; free some space.")
        return FAILED
    if isinstance(failure, MemoryError):
        _say("Error: not enough memory. Try fewer --years or a smaller --scale.")
        return FAILED
    _say(f"Error: {type(failure).__name__}: {failure}\nRun the command again with --debug to see where.")
    return FAILED


def _say(message: str) -> None:
    click.echo(message, err=True)


def _let_go_of_stdout() -> None:
    """If stdout can no longer be written, let Python's own flush at exit go nowhere."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
