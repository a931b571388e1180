"""Which engine lives a scenario: chosen by name, imported when it is used.

Every engine is a function ``run(blueprint, seed, rep, progress)`` and all give the same event log.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from pipeline_sim.errors import PipelineError

if TYPE_CHECKING:
    from pipeline_sim.eventlog import EventLog

ENGINES = ("compiled", "simpy")
DEFAULT_ENGINE = "compiled"
SECONDS_TO_COMPILE = {"compiled": 95, "simpy": 15}  # roughly, what the first start is announced with


def check_engine(name: str) -> None:
    """``PipelineError`` unless there is an engine of that name."""
    if name not in ENGINES:
        raise PipelineError(f"engine: found {name!r}, expected one of {', '.join(ENGINES)}")


def release_buffers(name: str) -> None:
    """Give back what an engine keeps for another run of the same blueprint, if it keeps anything."""
    release = getattr(import_module(f"pipeline_sim.engines.{name}_engine"), "release", None)
    if release is not None:
        release()


def engine_named(name: str) -> Callable[..., EventLog]:
    """The ``run`` function of an engine."""
    check_engine(name)
    run: Callable[..., EventLog] = import_module(f"pipeline_sim.engines.{name}_engine").run
    return run
