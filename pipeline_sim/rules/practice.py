"""Trained doctors: when and where they start, cut their hours, leave, come back and retire."""

from __future__ import annotations

from pipeline_sim.compiling import rule
from pipeline_sim.randomness import (
    JOINING,
    PRACTICE_EXIT,
    PRACTICE_HOURS,
    PRACTICE_RETURN,
    PRACTICE_TIMING,
    REDUCED_HOURS,
    SETTLING,
    draw,
    draw_between,
    pick,
    pick_by_weight,
)

STAYS, LEAVES, CUTS_HOURS, REGISTERS, APPLIES = 0, 1, 2, 3, 4
DECIDES, MOVES_UP = 5, 6  # a portfolio application is decided; a SAS doctor takes a specialist post
WAYS = 8  # a change is coded as month * WAYS + way
GROUPS = 4  # trained groups a person can belong to
NEVER_JOINS = -1
NO_AGE = 1000  # for those who cut their hours before: nobody does so twice in a spell


@rule
def next_change(key, person, group, since, end, birth, year_offset, exit_by_year, reduce, reduce_age):
    """The next change in a practice spell and its month: ``8 * month + way``; STAYS at ``end`` if none.

    Each year of age has one draw for each kind of change and one for its month, in each trained group;
    what falls in or before ``since`` has been lived through already. ``exit_by_year[y, age]`` are yearly
    thresholds by training year and age; ``reduce[y]`` those of cutting hours, from ``reduce_age`` on.
    ``birth`` is the month of birth; ``year_offset`` turns a month into a training year. SAS doctors have
    more ways: see ``rules.careers.next_sas_change``.
    """
    last_year = exit_by_year.shape[0] - 1
    last_age = exit_by_year.shape[1] - 1
    birthday = since - (since - birth) % 12
    while birthday < end:
        age = min((birthday - birth) // 12, last_age)
        occurrence = age * GROUPS + group
        exits = draw(key, person, PRACTICE_EXIT, occurrence)
        # a year of age lies in two training years; when it is drawn only if something may happen in it
        early = max(0, min((birthday + year_offset) // 12, last_year))
        late = min(early + 1, last_year)
        likeliest = max(exit_by_year[early, age], exit_by_year[late, age])
        cuts = age >= reduce_age and draw(key, person, REDUCED_HOURS, occurrence) < max(
            reduce[early], reduce[late]
        )
        if exits < likeliest or cuts:
            at = birthday + 1 + ((draw(key, person, PRACTICE_TIMING, occurrence) * 12) >> 32)
            if at > since:
                year = max(0, min((at - 1 + year_offset) // 12, last_year))
                if exits < exit_by_year[year, age]:
                    return at * WAYS + LEAVES
                if cuts and draw(key, person, REDUCED_HOURS, occurrence) < reduce[year]:
                    return at * WAYS + CUTS_HOURS
        birthday += 12
    return end * WAYS + STAYS


@rule
def hours_percent(key, person, group, percents, cumulative):
    """Percent of full time worked on starting in a trained group."""
    return percents[pick(cumulative, draw(key, person, PRACTICE_HOURS, group))]


@rule
def fewer_hours(wte_percent, taken_off):
    """Percent of full time after a cut; someone on fewer hours than the cut keeps them."""
    return wte_percent - taken_off if wte_percent > taken_off else wte_percent


@rule
def months_to_join(key, person, group, delays, cumulative):
    """Months between completing training and the first trained post, or NEVER_JOINS."""
    index = pick(cumulative, draw(key, person, JOINING, group))
    if index >= delays.shape[0]:
        return NEVER_JOINS
    return delays[index]


@rule
def region_of_first_post(key, person, trained_in, stay, weights):
    """Where a doctor settles: the region of training, or a region drawn by weight."""
    if draw(key, person, SETTLING, 0) < stay:
        return trained_in
    region = pick_by_weight(weights, draw(key, person, SETTLING, 1))
    return trained_in if region < 0 else region


@rule
def break_months(key, person, occurrence, comes_back, shortest, longest):
    """Length of a break from practice, or 0 if the leaver does not come back."""
    if draw(key, person, PRACTICE_RETURN, 2 * occurrence) >= comes_back:
        return 0
    return draw_between(key, person, PRACTICE_RETURN, 2 * occurrence + 1, shortest, longest)
