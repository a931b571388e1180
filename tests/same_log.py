"""Two logs of one run compared row by row; where they part is told in the names of the scenario."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from pipeline_sim.clock import Phase, date_of
from pipeline_sim.eventlog import EventLog
from pipeline_sim.identity import SYSTEM_PERSON, describe
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import Event, PoolKind

COLUMNS = tuple(field.name for field in fields(EventLog))
ROWS_BEFORE = 5  # of the same person, shown before the difference
POST_EVENTS = (Event.POSTS_ADVERTISED, Event.POSTS_UNFILLED)


def same(a: EventLog, b: EventLog) -> bool:
    """Whether two logs are equal, column for column and type for type."""
    return all(
        getattr(a, name).dtype == getattr(b, name).dtype
        and np.array_equal(getattr(a, name), getattr(b, name))
        for name in COLUMNS
    )


def first_difference(a: EventLog, b: EventLog) -> int:
    """The first row in which two logs differ, or the length of the shorter one."""
    common = min(len(a), len(b))
    differs = np.zeros(common, np.bool_)
    for name in COLUMNS:
        differs |= getattr(a, name)[:common] != getattr(b, name)[:common]
    return int(differs.argmax()) if differs.any() else common


def assert_same_log(expected: EventLog, actual: EventLog, blueprint: Blueprint) -> None:
    """Fail with the first differing row of both logs, in names, and what its people did before."""
    if not same(expected, actual):
        raise AssertionError(_difference(expected, actual, blueprint))


def _difference(expected: EventLog, actual: EventLog, blueprint: Blueprint) -> str:
    row = first_difference(expected, actual)
    lines = [f"the logs of {blueprint.name} have {len(expected):,} and {len(actual):,} rows"]
    for name in COLUMNS:
        types = [getattr(log, name).dtype for log in (expected, actual)]
        if types[0] != types[1]:
            lines.append(f"column {name} is {types[0]} in the one and {types[1]} in the other")
    if row == len(expected) == len(actual):
        return "\n".join([*lines, "every row is equal"])
    lines.append(f"and first differ in row {row:,}:")
    people = []
    for which, log in (("expected", expected), ("actual", actual)):
        lines.append(f"  {which}: {_told(log, row, blueprint) if row < len(log) else 'no more rows'}")
        if row < len(log):
            people.append(int(log.person[row]))
    for person in dict.fromkeys(people):
        for which, log in (("expected", expected), ("actual", actual)):
            before = np.flatnonzero(log.person[:row] == person)[-ROWS_BEFORE:]
            after = row + np.flatnonzero(log.person[row:] == person)[:2]
            lines.append(f"  {_who(person, blueprint)}, {which}:")
            lines += [f"    {_told(log, int(k), blueprint)}" for k in (*before, *after)]
    return "\n".join(lines)


def _who(person: int, blueprint: Blueprint) -> str:
    if person == SYSTEM_PERSON:
        return "person 0 (posts and pools)"
    who = describe(person)
    region = blueprint.regions[who.region]
    return f"person {person} ({who.kind.name.lower()}, group {who.group}, {region}, number {who.ordinal})"


def _told(log: EventLog, row: int, blueprint: Blueprint) -> str:
    """One row in words."""
    month, event = int(log.month[row]), Event(int(log.event[row]))
    phase = Phase(int(log.phase[row])).name.lower() if log.phase[row] else "before"
    date = date_of(blueprint.start_year, blueprint.start_month, month)
    programme, level, region = (int(getattr(log, c)[row]) for c in ("programme", "level", "region"))
    parts = [f"month {month} ({date:%Y-%m}) {phase}: {_who(int(log.person[row]), blueprint)}", event.name]
    if event in POST_EVENTS:
        parts.append(f"{blueprint.programmes[programme]} {blueprint.rounds[level]}")
    elif log.person[row] == SYSTEM_PERSON:
        parts.append(f"{PoolKind(level).name.lower()} of group or programme {programme}")
    else:
        parts += [blueprint.programmes[programme]] if programme >= 0 else []
        parts += [blueprint.levels[level]] if level >= 0 else []
    parts += [blueprint.regions[region]] if region >= 0 else []
    return f"{', '.join(parts)}, wte {log.wte[row]}, detail {log.detail[row]}"
