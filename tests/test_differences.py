"""Two logs of one run: identical, or the first event at which they part, told for a reader."""

from __future__ import annotations

import sys
from dataclasses import fields, replace
from types import ModuleType

import numpy as np
import pytest
from conftest import CommandLine

from pipeline_sim import load_scenario
from pipeline_sim.eventlog import EventLog
from pipeline_sim.report.differences import tell_difference
from pipeline_sim.report.trace import tell
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.studies.differences import Difference, first_difference
from pipeline_sim.studies.runs import simulate
from pipeline_sim.vocabulary import Event

NAMES = ("compiled", "simpy")


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    return load_scenario("teaching").scaled(0.2).blueprint(6)


@pytest.fixture(scope="module")
def log(blueprint: Blueprint) -> EventLog:
    return simulate(blueprint, 1, engine="simpy")


def row_of(log: EventLog, event: Event) -> int:
    """A row in the middle of those of an event."""
    rows = np.flatnonzero(log.event == event)
    return int(rows[len(rows) // 2])


def altered(log: EventLog, column: str, row: int, by: int = 1) -> EventLog:
    values = getattr(log, column).copy()
    values[row] += by
    return replace(log, **{column: values})


def without(log: EventLog, row: int) -> EventLog:
    return log.take(np.delete(np.arange(len(log)), row))


def found(one: EventLog, other: EventLog) -> Difference:
    difference = first_difference(one, other)
    assert difference is not None
    return difference


# where they part ----------------------------------------------------------------------------------
def test_a_log_does_not_differ_from_its_copy(log: EventLog) -> None:
    assert first_difference(log, log.take(np.arange(len(log)))) is None
    nothing = log.take(np.arange(0))
    assert first_difference(nothing, nothing) is None


@pytest.mark.parametrize("column", [field.name for field in fields(EventLog)])
def test_one_altered_number_is_found_in_any_column(log: EventLog, column: str) -> None:
    row = row_of(log, Event.OFFERED)
    difference = found(log, altered(log, column, row))
    assert (difference.row, difference.columns) == (row, (column,))
    assert difference.people[0] == log.person[row]
    assert len(difference.people) == (2 if column == "person" else 1)


def test_the_first_of_several_differences_is_found(log: EventLog) -> None:
    other = altered(altered(altered(log, "month", 900), "detail", 700), "wte", 800)
    assert found(log, other).row == 700


def test_a_missing_event_is_a_difference_even_at_the_end(log: EventLog) -> None:
    row = row_of(log, Event.OFFERED)
    assert found(log, without(log, row)).row == row
    last = len(log) - 1
    for one, other in ((log, without(log, last)), (without(log, last), log)):
        difference = found(one, other)
        assert difference.row == last
        assert sorted(map(len, difference.rows)) == [0, 1]
        assert len(difference.columns) == len(fields(EventLog))


# how it is told -----------------------------------------------------------------------------------
def told(log: EventLog, other: EventLog, blueprint: Blueprint) -> list[str]:
    return list(tell_difference(found(log, other), NAMES, (log, other), blueprint))


def test_a_difference_is_told_with_both_lives_after_what_they_share(
    log: EventLog, blueprint: Blueprint
) -> None:
    row = row_of(log, Event.OFFERED)
    lines = told(log, without(log, row), blueprint)
    life = tell(log.history(int(log.person[row])), blueprint)
    offer = next(line for line in life if ": offered " in line)
    split = life.index(offer)
    assert lines[0].startswith(f"The engines part at event {row + 1:,} of {len(log):,} (compiled) and ")
    assert "event offered" in lines[1]
    assert "compiled:" in lines[1] and "simpy:" in lines[2]
    assert lines[4 : 4 + split] == life[:split]
    assert lines[4 + split] == "  compiled goes on:"
    assert lines[5 + split] == f"    {offer}"
    assert "  simpy goes on:" in lines
    assert not any(line.strip() == offer for line in lines[lines.index("  simpy goes on:") :])


def test_a_doctor_whom_only_one_engine_knows_is_told_as_such(log: EventLog, blueprint: Blueprint) -> None:
    stranger = int(log.person[row_of(log, Event.PRESENT_AT_START)])
    other = log.take(np.flatnonzero(log.person != stranger))
    lines = told(log, other, blueprint)
    assert "    (is not in this run)" in lines


def test_a_difference_in_a_pool_names_the_pool(log: EventLog, blueprint: Blueprint) -> None:
    row = row_of(log, Event.POOL_IN_USE)
    lines = told(log, altered(log, "detail", row), blueprint)
    assert "event pool_in_use" in lines[1]
    assert "whole system" in lines[-1]


def test_even_a_log_that_makes_no_sense_is_told(log: EventLog, blueprint: Blueprint) -> None:
    row = row_of(log, Event.STARTED_OUTSIDE)
    nowhere = altered(log, "programme", row, by=999)
    assert any(f"programme {nowhere.programme[row]}" in line for line in told(log, nowhere, blueprint))
    astray = altered(log, "detail", row, by=9999)
    assert any(f"detail {astray.detail[row]}" in line for line in told(log, astray, blueprint))
    unknown = altered(log, "event", row, by=200 - int(log.event[row]))
    assert any("event 200" in line for line in told(log, unknown, blueprint))


# the command --------------------------------------------------------------------------------------
COMMAND = ("diff-engines", "teaching", "--years", "2", "--scale", "0.3", "--seed", "5")


def test_engines_that_live_the_same_life_are_identical(pipeline: CommandLine) -> None:
    result = pipeline(*COMMAND, "--set", "rounds.decline=0.3")
    assert result.exit_code == 0, result.output
    events = len(
        simulate(load_scenario("teaching").with_value("rounds.decline", 0.3).scaled(0.3).blueprint(2), 5)
    )
    assert result.stdout == f"identical: {events:,} events\n"


def test_an_engine_that_goes_astray_is_exit_1_with_the_event(
    pipeline: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline_sim.engines import simpy_engine

    astray = ModuleType("astray")

    def run(blueprint: Blueprint, seed: int, rep: int = 0, progress: object = None) -> EventLog:
        log = simpy_engine.run(blueprint, seed, rep)
        return altered(log, "detail", row_of(log, Event.OFFERED))

    astray.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pipeline_sim.engines.compiled_engine", astray)
    result = pipeline(*COMMAND)
    assert result.exit_code == 1
    assert result.stdout.startswith("The engines part at event ")
    assert "simpy goes on:" in result.stdout
    assert "Traceback" not in result.output
