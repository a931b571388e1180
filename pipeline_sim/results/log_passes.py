"""Compiled passes over the log: who each row is about, where each event is, and counts.

Loops of plain numbers; what is counted, and why, is decided where they are called.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.compiling import kernel
from pipeline_sim.identity import ORDINAL_SPAN


@kernel
def runs_of_families(person: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Stretches of rows whose people differ in their ordinals alone.

    Returns for each stretch the row after it, the least number that its people could have (ordinal 0)
    and its largest ordinal.
    """
    ends = [0 for _ in range(0)]
    lowest = [0 for _ in range(0)]
    largest = [0 for _ in range(0)]
    low = highest = 0
    for row in range(len(person)):
        own = person[row]
        if own < low or own >= low + ORDINAL_SPAN:
            ends.append(row)
            lowest.append(low)
            largest.append(highest - low)
            low = highest = own - own % ORDINAL_SPAN
        highest = max(highest, own)
    ends.append(len(person))
    lowest.append(low)
    largest.append(highest - low)
    return np.array(ends), np.array(lowest), np.array(largest)


@kernel
def positions(rows: NDArray, person: NDArray, ends: NDArray, shift: NDArray) -> NDArray:
    """The person of each of some ascending rows less the ``shift`` of its stretch."""
    result = np.empty(len(rows), np.int32)
    stretch = 0
    for at in range(len(rows)):
        while rows[at] >= ends[stretch]:
            stretch += 1
        result[at] = person[rows[at]] - shift[stretch]
    return result


@kernel
def sort_by_event(event: NDArray) -> tuple[NDArray, NDArray]:
    """Rows ordered by event, then as in the log; and where each event's begin (one more at the end)."""
    begin = np.zeros(257, np.int64)
    for row in range(len(event)):
        begin[int(event[row]) + 1] += 1
    begin = np.cumsum(begin)
    following = begin.copy()
    rows = np.empty(len(event), np.int32)
    for row in range(len(event)):
        rows[following[event[row]]] = row
        following[event[row]] += 1
    return rows, begin


@kernel
def place_of(programme: int, level: int, region: int, shape: tuple[int, int, int]) -> int:
    """Programme, level and region in one number; ``shape`` is how many there can be, none included."""
    return ((int(programme) + 1) * shape[1] + int(level) + 1) * shape[2] + int(region) + 1


@kernel
def mark_places(
    ends: NDArray,
    system: NDArray,
    programme: NDArray,
    level: NDArray,
    region: NDArray,
    shape: tuple[int, int, int],
    named: NDArray,
) -> None:
    """Mark in ``named`` the places that people's rows name: those of stretches not of the ``system``."""
    begin = 0
    for stretch in range(len(ends)):
        if not system[stretch]:
            for row in range(begin, ends[stretch]):
                named[place_of(programme[row], level[row], region[row], shape)] = True
        begin = ends[stretch]


@kernel
def count_by_place(
    ends: NDArray,
    system: NDArray,
    month: NDArray,
    event: NDArray,
    programme: NDArray,
    level: NDArray,
    region: NDArray,
    shape: tuple[int, int, int],
    year: NDArray,
    slot: NDArray,
    counts: NDArray,
) -> None:
    """Add people's rows to ``counts`` [year, event, slot of the place]; ``year`` is that of each month."""
    begin = 0
    for stretch in range(len(ends)):
        if not system[stretch]:
            for row in range(begin, ends[stretch]):
                place = place_of(programme[row], level[row], region[row], shape)
                counts[year[month[row]], event[row], slot[place]] += 1
        begin = ends[stretch]


@kernel
def largest_of(rows: NDArray, detail: NDArray) -> int:
    """The largest detail of some rows, 0 if there are none; ``ValueError`` if one is negative."""
    smallest = largest = 0
    for row in rows:
        smallest, largest = min(smallest, detail[row]), max(largest, detail[row])
    if smallest < 0:
        raise ValueError("the detail of an event is negative")
    return largest


@kernel
def count_by_label(
    rows: NDArray,
    label: NDArray,
    detail: NDArray,
    month: NDArray,
    programme: NDArray,
    region: NDArray,
    year: NDArray,
    table: NDArray,
) -> None:
    """Add the rows to ``table`` [year, label, programme + 1, region + 1].

    ``label`` is that of each ``detail``, -1 for one that does not count.
    """
    for row in rows:
        own = label[detail[row]]
        if own >= 0:
            table[year[month[row]], own, programme[row] + 1, region[row] + 1] += 1


@kernel
def first_applications(
    number: NDArray, month: NDArray, person: NDArray, people: int, year: NDArray, rounds: int
) -> tuple[NDArray, NDArray]:
    """People who applied, by year, and by year and round: once a month for each of their rounds.

    ``number`` is the round of each application, -1 for one that does not count.
    """
    by_year = np.zeros(year[-1] + 1)
    by_round = np.zeros((year[-1] + 1, rounds))
    counted = np.full(people, -1, np.int16)  # the latest year in which the person applied
    latest = np.full((rounds, 2), -1, np.int64)  # person and month of the round's latest application
    for at in range(len(number)):
        own, who, when = number[at], person[at], year[month[at]]
        if own < 0:
            continue
        if latest[own, 0] != who or latest[own, 1] != month[at]:
            latest[own, 0], latest[own, 1] = who, month[at]
            by_round[when, own] += 1
        if counted[who] != when:
            counted[who] = when
            by_year[when] += 1
    return by_year, by_round


@kernel
def people_without(
    failed: NDArray, failed_in: NDArray, accepted: NDArray, accepted_in: NDArray, people: int, years: int
) -> NDArray:
    """People who failed, by year, and did not accept anything in the same year.

    Given are the people who failed and who accepted, and the years, ascending, in which they did.
    """
    by_year = np.zeros(years)
    settled = np.full(people, -1, np.int16)  # the latest year in which the person accepted or was counted
    following = 0
    for at in range(len(failed)):
        while following < len(accepted) and accepted_in[following] <= failed_in[at]:
            settled[accepted[following]] = accepted_in[following]
            following += 1
        if settled[failed[at]] != failed_in[at]:
            settled[failed[at]] = failed_in[at]
            by_year[failed_in[at]] += 1
    return by_year
