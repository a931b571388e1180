"""Whole months, their phases, and calendar dates.

The engines count ticks: eight to a month, one for each phase, so that everything in a phase has
happened before the next begins. Academic years are counted from the August in which they start.
"""

from __future__ import annotations

import datetime as dt
from enum import IntEnum

TICKS_PER_MONTH = 8
MONTHS_PER_YEAR = 12
MOST_YEARS = 60  # longest horizon
TRAINING_YEAR_MONTH = 8  # August: foundation and specialty posts change hands
ACADEMIC_YEAR_MONTH = 9  # September: medical schools take their intake


class Phase(IntEnum):
    """The order of things inside a month (the tick within the month)."""

    POLICY = 1
    ARRIVALS = 2
    ENDINGS = 3
    ROUNDS = 4
    GRANTS = 5
    STARTS = 6
    CENSUS = 7


def tick(month: int, phase: Phase) -> int:
    """The tick of a phase of a month."""
    return month * TICKS_PER_MONTH + phase


def calendar_month(start_month: int, month: int) -> int:
    """Calendar month 1-12 of simulation month ``month`` when month 0 is ``start_month``."""
    return (start_month - 1 + month) % MONTHS_PER_YEAR + 1


def training_year(start_month: int, month: int) -> int:
    """Training years (August to July) that have begun since the one that holds month 0."""
    offset = (start_month - TRAINING_YEAR_MONTH) % MONTHS_PER_YEAR
    return (month + offset) // MONTHS_PER_YEAR


def months_until(start_month: int, month: int, target: int) -> int:
    """Months from ``month`` to the next calendar month ``target`` strictly after it (1-12)."""
    ahead = (target - calendar_month(start_month, month)) % MONTHS_PER_YEAR
    return ahead or MONTHS_PER_YEAR


def date_of(start_year: int, start_month: int, month: int) -> dt.date:
    """First day of simulation month ``month``."""
    years, index = divmod(start_month - 1 + month, MONTHS_PER_YEAR)
    return dt.date(start_year + years, index + 1, 1)
