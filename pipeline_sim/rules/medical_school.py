"""Medical school: how a year of the course ends."""

from __future__ import annotations

from pipeline_sim.compiling import kernel, rule
from pipeline_sim.randomness import MEDICAL_YEAR, draw

PASS, REPEAT, LEAVE = 0, 1, 2
TIMES = 2  # a year can be sat twice
OCCURRENCES = 4  # draws set aside for a year
BITS = 2  # of a result among packed ones: so 15 years of course at most


FIRST_SCHOOL_QUEUE, SCHOOL_QUEUES = 2, 6  # after those of training, whose pools are others


@rule
def queue(year, years):
    """The queue for placements: whoever has fewer years to go (``year`` 0 is the first) is served first."""
    return FIRST_SCHOOL_QUEUE + min(years - 1 - year, SCHOOL_QUEUES - 1)


@rule
def year_result(key, person, occurrence, repeat, leave, already_repeated):
    """PASS, REPEAT or LEAVE at the end of a year; a year can be repeated once.

    ``occurrence`` numbers the years this student has sat; ``repeat`` and ``leave`` are thresholds.
    """
    u = draw(key, person, MEDICAL_YEAR, occurrence)
    if u < leave:
        return LEAVE
    if u < leave + repeat:
        return LEAVE if already_repeated else REPEAT
    return PASS


@rule
def sitting(key, person, year, sat, repeat, leave):
    """The result of a year of the course (0 first) sat ``sat`` times before."""
    return year_result(key, person, year * OCCURRENCES + sat, repeat, leave, sat > 0)


@kernel
def course_results(key, people, repeat, leave, results):
    """Fill ``results[i]`` with how every year of the course ends for ``people[i]``; see ``result_in``.

    ``repeat`` and ``leave`` are thresholds by year of the course.
    """
    for i in range(people.shape[0]):
        packed = 0
        for year in range(repeat.shape[0]):
            for sat in range(TIMES):
                result = sitting(key, people[i], year, sat, repeat[year], leave[year])
                packed |= result << (year * TIMES + sat) * BITS
        results[i] = packed


def result_in(results: int, year: int, sat: int) -> int:
    """The result of a year of the course (0 first) sat ``sat`` times before, from packed ``results``."""
    return results >> (year * TIMES + sat) * BITS & (1 << BITS) - 1
