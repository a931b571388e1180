"""Credentials: who applies, who is allotted a start, and how long it takes.

A credential is rows in tables; nothing here knows one by name.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.compiling import rule
from pipeline_sim.randomness import CREDENTIAL_APPLIES, CREDENTIAL_LOTTERY, draw

MOST = 60  # credentials: those that someone holds are bits of one number
TRAINEE = 3  # the group after the trained groups
NO_LEVEL = 127  # beyond every level: doctors who are not in training
NO_LIMIT = 1 << 40  # room where supervision may go over capacity
PAIRS = 100  # a credential and a training year are one occurrence


@rule
def applies_for(key, person, year, month_of_year, held, order, chances, from_level, months):
    """The first credential of this calendar month that someone applies for, or -1.

    ``held`` is the bit mask of credentials held, ``order`` the place of a trainee's level in the programme
    (1 = first) or NO_LEVEL. By credential: ``chances`` are yearly thresholds, ``from_level`` the first
    level that may apply, ``months`` the calendar month of its starts.
    """
    for credential in range(chances.shape[0]):
        if months[credential] != month_of_year or chances[credential] == 0:
            continue
        if order < from_level[credential] or (held >> credential) & 1:
            continue
        if draw(key, person, CREDENTIAL_APPLIES, year * PAIRS + credential) < chances[credential]:
            return credential
    return -1


@rule
def may_apply(key, people, year, highest, answer):
    """Fill ``answer[i]`` with whether ``people[i]`` would apply if they had the highest chance there is.

    ``highest[credential]`` is the highest yearly threshold of anyone, 0 without starts this month. Few would;
    what they are need be known of those alone.
    """
    answer[:] = False
    for credential in range(highest.shape[0]):
        if highest[credential] > 0:
            for i in range(people.shape[0]):
                u = draw(key, people[i], CREDENTIAL_APPLIES, year * PAIRS + credential)
                answer[i] |= u < highest[credential]


@rule
def applications(key, people, year, month_of_year, held, orders, chances, from_level, months, answer):
    """Fill ``answer[i]`` with what ``people[i]`` apply for, all of one group and programme."""
    for i in range(people.shape[0]):
        answer[i] = applies_for(
            key, people[i], year, month_of_year, held[i], orders[i], chances, from_level, months
        )


@rule
def lottery_number(key, person, credential, year):
    """An applicant's place in the lottery of a credential: the lowest start."""
    return draw(key, person, CREDENTIAL_LOTTERY, year * PAIRS + credential)


@rule
def months_to_finish(wte_months, wte_percent):
    """Calendar months that whole-time months take at a percent of full time, rounded up."""
    return -((-100 * wte_months) // wte_percent)


def allot(
    key: int,
    year: int,
    person: NDArray[np.int64],
    credential: NDArray[np.int64],
    region: NDArray[np.int64],
    slots: NDArray[np.int64],
    units: NDArray[np.int64],
    group: NDArray[np.int64],
    room: NDArray[np.int64],
) -> list[int]:
    """Positions of the applicants who start, credential by credential, region by region, by lottery.

    ``slots[c, r]`` are the starts of the year, ``units[c]`` the supervision that one takes from ``group[c]``
    while it lasts, ``room[g, r]`` the supervision that is free.
    """
    number = [
        lottery_number(key, who, what, year)
        for who, what in zip(person.tolist(), credential.tolist(), strict=True)
    ]
    slots, room = slots.copy(), room.copy()
    starting = []
    for position in np.lexsort((person, np.array(number, np.int64), region, credential)).tolist():
        what, where = credential[position], region[position]
        supervised = units[what] == 0 or room[group[what], where] >= units[what]
        if slots[what, where] > 0 and supervised:
            slots[what, where] -= 1
            room[group[what], where] -= units[what]
            starting.append(position)
    return starting
