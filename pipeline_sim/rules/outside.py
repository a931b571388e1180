"""Outside training: where doctors go after F2 or after resigning, and what they do next.

Decisions fall in August, when posts change hands. Failing to get a post is not drawn here: it
emerges from the rounds.
"""

from __future__ import annotations

from pipeline_sim.compiling import rule
from pipeline_sim.randomness import (
    AFTER_F2,
    AFTER_F2_LENGTH,
    OUTSIDE,
    OVERSEAS_REGION,
    RESIGNATION_DESTINATION,
    draw,
    draw_between,
    pick,
    pick_by_weight,
)

STAY, APPLY, LEAVE, TO_SAS, TO_LOCALLY_EMPLOYED = 0, 1, 2, 3, 4
WAYS = 8  # a move is coded as years * WAYS + way


@rule
def region_of_first_job(key, person, weights):
    """Region, drawn by weight, in which a doctor from overseas takes a first locally employed post."""
    return max(0, pick_by_weight(weights, draw(key, person, OVERSEAS_REGION, 0)))


@rule
def destination_after_f2(key, person, cumulative):
    """Index into AFTER_F2_DESTINATIONS for a doctor signed off from foundation."""
    return pick(cumulative, draw(key, person, AFTER_F2, 0))


@rule
def destination_after_resigning(key, person, occurrence, cumulative):
    """Index into AFTER_F2_DESTINATIONS for a trainee who resigned or was released."""
    return pick(cumulative, draw(key, person, RESIGNATION_DESTINATION, occurrence))


@rule
def months_away(key, person, occurrence, shortest, longest):
    """Length of a chosen spell outside training, in months, before the first decision."""
    return draw_between(key, person, AFTER_F2_LENGTH, occurrence, shortest, longest)


@rule
def next_move(key, person, first_year, last_year, apply, leave, to_sas, to_led):
    """What an outside doctor does next, and in how many Augusts: ``8 * years + way``.

    One draw a training year, keyed by the year; thresholds are yearly and exclusive, in the order
    leave, apply, SAS post, locally employed post. Years past ``last_year`` are not looked at.
    """
    year = first_year
    while year <= last_year:
        u = draw(key, person, OUTSIDE, year)
        if u < leave:
            return (year - first_year) * WAYS + LEAVE
        u -= leave
        if u < apply:
            return (year - first_year) * WAYS + APPLY
        u -= apply
        if u < to_sas:
            return (year - first_year) * WAYS + TO_SAS
        u -= to_sas
        if u < to_led:
            return (year - first_year) * WAYS + TO_LOCALLY_EMPLOYED
        year += 1
    return (year - first_year) * WAYS + STAY
