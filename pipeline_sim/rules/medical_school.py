"""Medical school: how a year of the course ends."""

from __future__ import annotations

from pipeline_sim.compiling import rule
from pipeline_sim.randomness import MEDICAL_YEAR, draw

PASS, REPEAT, LEAVE = 0, 1, 2


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
