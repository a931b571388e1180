"""Credit for earlier time on starting a programme, and trying for another programme from within one.

Credit counts in WTE months x 100. What was done in the last programme counts by an overlap, up to a cap,
if it was left in good standing and not too long ago; recognised experience counts by a rate for each
month. The best of them counts, never all together, and a year of the programme is always left to do.
"""

from __future__ import annotations

import numpy as np

from pipeline_sim.compiling import kernel, rule
from pipeline_sim.randomness import ASKS_FOR_CREDIT, ENHANCE_LOTTERY, TRANSFER, draw, happens

ALWAYS_TRAINED = 1200  # WTE months x 100 that no credit replaces
KINDS = 8  # credit with its kind is coded as credit * KINDS + kind
REST = 1 << 20  # a level with progress in it is coded as level * REST + progress


@rule
def months_done(before, progress, needed, credited):
    """WTE months x 100 trained in a programme: whole levels ``before``, then this level without extensions.

    ``credited`` is what was credited on starting: it was not trained here.
    """
    return max(0, before + min(progress, needed) - credited)


@rule
def wish(key, person, entries):
    """How keen someone is to have earlier time credited: less than the uptake is keen enough."""
    return draw(key, person, ASKS_FOR_CREDIT, entries)


@rule
def transfer_credit(done, away, satisfactory, asks, uptake, cap, overlap, least, recency, must_satisfy):
    """Credit for ``done`` in the last programme, left ``away`` months ago; ``overlap`` is in percent."""
    if asks >= uptake or away > recency or done < least or (must_satisfy and not satisfactory):
        return 0
    return min(cap, done * overlap // 100)


@rule
def experience_credit(months, away, asks, uptake, rate, cap, least, recency):
    """Credit for months in one state outside training, the last ``away`` months ago; ``rate`` in percent."""
    if asks >= uptake or away > recency or months < least:
        return 0
    return min(cap, months * rate)


@rule
def within_programme(credit, whole):
    """Credit that leaves a year of a programme of ``whole`` WTE months x 100 to be trained."""
    return max(0, min(credit, whole - ALWAYS_TRAINED))


@rule
def entry(credit, first, levels, needed):
    """Where credit lets someone start: ``level * REST + progress``; levels it covers are skipped."""
    level = first
    while level + 1 < first + levels and credit >= needed[level]:
        credit -= needed[level]
        level += 1
    return level * REST + credit


@rule
def tries_another(key, person, month, yearly):
    """Whether a trainee with a satisfactory review applies for another programme this August."""
    return yearly > 0 and happens(key, person, TRANSFER, month, yearly)


@kernel
def draw_lots(key, people, month, lots):
    """Fill ``lots[i]`` with the lot of ``people[i]`` for a place of the Enhance programme."""
    for i in range(people.shape[0]):
        lots[i] = draw(key, people[i], ENHANCE_LOTTERY, month)


def win_places(key, month, people, regions, places):
    """Positions of those who get a place of the Enhance programme: in each region the lowest lots."""
    lots = np.empty(len(people), np.int64)
    draw_lots(key, people, month, lots)
    won = [np.zeros(0, np.int64)]
    for region, open_places in enumerate(places.tolist()):
        here = np.flatnonzero(regions == region)
        if 0 < open_places < len(here):
            highest = np.partition(lots[here], open_places - 1)[open_places - 1]
            here = here[lots[here] <= highest]  # few more than the places: then in order
            here = here[np.lexsort((people[here], lots[here]))]
        won.append(here[:open_places])
    return np.sort(np.concatenate(won))
