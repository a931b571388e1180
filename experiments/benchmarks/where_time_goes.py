"""Where the time of a compiled run goes: England, 20 years, each part of a month timed on its own.

``python experiments/benchmarks/where_time_goes.py`` lives one replication whole, to have the total, and
one in which the loop over a month's lists is Python, so that each list's loop can be timed. Prints
milliseconds of processor time of each part, and the rows of the log it wrote.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from pipeline_sim.engines import compiled_engine as engine
from pipeline_sim.engines.compiled_credentials import Credentials
from pipeline_sim.engines.compiled_log import Book
from pipeline_sim.engines.compiled_records import ALIVE
from pipeline_sim.engines.compiled_rounds import Rounds
from pipeline_sim.scenario.load import load_scenario

#: Parts of a month: name -> functions of the engine. The loops over lists are timed one by one.
LISTS = (
    "come", "school_year_ends", "school_year_asks", "school_year_begins", "applies_to_foundation",
    "foundation_spell_ends", "foundation_ends", "foundation_year_begins", "training_spell_ends",
    "level_begins", "outside_begins", "outside_decides", "resigned", "joins", "practice_begins",
    "practice_changes", "practice_break_ends", "practice_goes_on", "sas_applies", "people_marked",
    "_put_on_lists", "set_capacities", "worsen_hazards", "serve", "hand_over",
    "foundation_answers", "recruitment_answers",
)  # fmt: skip
IN_PYTHON = ("_live_on", "_begin", "_until_rounds", "_grants_and_starts")


class Clock:
    """Processor time and rows of the log by part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.rows: dict[str, int] = defaultdict(int)

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            counts = next((a.counts for a in arguments if hasattr(a, "counts")), None)
            before = 0 if counts is None else int(counts[:ALIVE].sum())
            began = time.process_time()
            result = function(*arguments, **named)
            self.seconds[name] += time.process_time() - began
            self.rows[name] += 0 if counts is None else int(counts[:ALIVE].sum()) - before
            return result

        return call


def whole_run(simulation: engine.CompiledEngine) -> tuple[float, int]:
    """Seconds of processor time and events of one replication as it is always lived."""
    began = time.process_time()
    events = len(simulation.run(1, rep=1))
    return time.process_time() - began, events


def taken_apart(simulation: engine.CompiledEngine) -> Clock:
    """The same replication with its parts timed."""
    clock = Clock()
    for name in LISTS:
        setattr(engine, name, clock.timed(name, getattr(engine, name)))
    for name in IN_PYTHON:
        setattr(engine, name, getattr(engine, name).py_func)
    for kind, method, name in (
        (Rounds, "recruit", "rounds of recruitment"),
        (Rounds, "allocate_foundation", "foundation allocation"),
        (Credentials, "end_month", "credentials"),
        (Book, "append", "putting the log in order"),
    ):
        setattr(kind, method, clock.timed(name, getattr(kind, method)))
    with np.errstate(over="ignore"):
        simulation.run(1, rep=1)
    return clock


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--years", type=int, default=20)
    options = parser.parse_args(arguments)
    scenario = load_scenario("england")
    blueprint = (scenario if options.scale == 1 else scenario.scaled(options.scale)).blueprint(options.years)
    simulation = engine.CompiledEngine(blueprint)
    simulation.run(1)
    seconds, events = min(whole_run(simulation) for _ in range(3))
    clock = taken_apart(simulation)
    table = Table(title=f"{events:,} events in {seconds:.2f} s: {1e9 * seconds / events:.0f} ns an event")
    for name in ("part", "ms", "share", "rows of the log", "ns a row"):
        table.add_column(name, justify="left" if name == "part" else "right")
    total = sum(clock.seconds.values())
    for name, spent in sorted(clock.seconds.items(), key=lambda item: -item[1]):
        rows = clock.rows[name]
        each = f"{1e9 * spent / rows:.0f}" if rows > 1000 else ""
        table.add_row(name, f"{1e3 * spent:.1f}", f"{spent / total:.1%}", f"{rows:,}" if rows else "", each)
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
