"""Who people are when they come in: sex, age, what they bring, how far they have got.

Scalar rules first; then kernels that apply them to a cohort at once, whose people share a route, a stream
or a trained group in one region, and fill one row of ``traits`` a person. Ages are in months.
"""

from __future__ import annotations

from pipeline_sim.compiling import kernel, rule
from pipeline_sim.identity import KIND_UNIT, MONTH_UNIT
from pipeline_sim.randomness import (
    ASSISTANTSHIP,
    ENTRY_AGE,
    SAS_SPECIALTY,
    SEX,
    STOCK_AGE,
    STOCK_PROGRESS,
    STREAM_AGE,
    STREAM_READY,
    STREAM_SERVICE,
    STREAM_TIER,
    WIDENING_PARTICIPATION,
    draw,
    draw_between,
    happens,
    pick,
)
from pipeline_sim.rules.practice import hours_percent, next_change

FULL_TIME = 100
YEAR = 12 * FULL_TIME  # WTE months x 100


@rule
def month_of_entry(person):
    """Month in which a medical student came; 0 for one who was there at the start."""
    return person % KIND_UNIT // MONTH_UNIT


@rule
def is_woman(key, person, share):
    """Whether a person of a cohort with this share of women (a threshold) is one."""
    return happens(key, person, SEX, 0, share)


@rule
def months_past_birthday(key, person):
    """Months since the last birthday of a student on entry."""
    return draw_between(key, person, ENTRY_AGE, 0, 0, 11)


@rule
def has_assistantship(key, person, share):
    """Whether a student does the six-month final-year assistantship."""
    return happens(key, person, ASSISTANTSHIP, 0, share)


@rule
def widens_participation(key, person, share):
    """Whether a student is a widening-participation entrant."""
    return happens(key, person, WIDENING_PARTICIPATION, 0, share)


@rule
def age_from_outside(key, person, youngest, oldest):
    """Age of someone who comes from outside the English pipeline."""
    return draw_between(key, person, STREAM_AGE, 0, youngest, oldest)


@rule
def in_first_tier(key, person, share):
    """Whether a doctor qualified overseas is in the first tier of applicants whatever the service."""
    return happens(key, person, STREAM_TIER, 0, share)


@rule
def months_served(key, person, longest):
    """Months of NHS service of a doctor who is there at the start."""
    return draw_between(key, person, STREAM_SERVICE, 0, 0, longest)


@rule
def competence_brought(key, person, ready):
    """Bit of the core programme that someone counts as having completed, as a mask; 0 for none.

    ``ready`` holds cumulative thresholds by core bit.
    """
    bit = pick(ready, draw(key, person, STREAM_READY, 0))
    return 1 << bit if bit < ready.shape[0] else 0


@rule
def trainee_age(key, person, youngest, oldest, order):
    """Age of a trainee in post at the start, in the ``order``-th level of the programme (0 first)."""
    return draw_between(key, person, STOCK_AGE, 0, youngest, oldest) + 12 * order


@rule
def trained_doctor_age(key, person, age_from, age_cumulative):
    """Age of a trained doctor in post at the start; ``age_from`` are the first years of age of bands."""
    band = min(pick(age_cumulative, draw(key, person, STOCK_AGE, 0)), age_from.shape[0] - 2)
    low = 12 * age_from[band]
    return draw_between(key, person, STOCK_AGE, 1, low, max(low, 12 * age_from[band + 1] - 1))


@rule
def specialty_of_arrival(key, person, cumulative):
    """Programme of a trained doctor who comes from outside, drawn as those in post are spread."""
    return pick(cumulative, draw(key, person, SAS_SPECIALTY, 0))


@rule
def progress_in_post(key, person, required, wte_percent, off_cycle, to_august):
    """(progress, months since review) of a trainee in a level begun before the start.

    A full-timer on the August cycle has just done the year; anyone else is anywhere in the level.
    ``off_cycle`` is the threshold of not being on the cycle, ``to_august`` the months until it turns.
    """
    adrift = happens(key, person, STOCK_PROGRESS, 0, off_cycle)
    if wte_percent == FULL_TIME and required == YEAR and not adrift:
        return required - to_august * FULL_TIME, 12 - to_august
    done = draw_between(key, person, STOCK_PROGRESS, 1, 0, (required - 1) // wte_percent)
    return done * wte_percent, done % 12


@kernel
def student_traits(key, people, female, widening, traits):
    """[months past the birthday on entry, female, widening participation] a student."""
    for i in range(people.shape[0]):
        traits[i, 0] = months_past_birthday(key, people[i])
        traits[i, 1] = is_woman(key, people[i], female)
        traits[i, 2] = widens_participation(key, people[i], widening)


@kernel
def stream_traits(key, people, youngest, oldest, female, tier, longest_service, ready, traits):
    """[age, female, prioritised, months of NHS service, competence mask] of someone from outside.

    ``ready`` holds cumulative thresholds of counting as having completed each core programme.
    """
    for i in range(people.shape[0]):
        traits[i, 0] = age_from_outside(key, people[i], youngest, oldest)
        traits[i, 1] = is_woman(key, people[i], female)
        traits[i, 2] = in_first_tier(key, people[i], tier)
        traits[i, 3] = months_served(key, people[i], longest_service)
        traits[i, 4] = competence_brought(key, people[i], ready)


@kernel
def workforce_traits(
    key,
    people,
    group,
    female,
    tier,
    age_from,
    age_cumulative,
    percents,
    cumulative,
    end,
    year_offset,
    exit_by_year,
    reduce,
    reduce_age,
    traits,
):
    """[age, female, prioritised, percent of full time, next change] of a trained doctor at the start.

    ``percents``, ``cumulative`` and ``reduce`` have a row for men and one for women; the next change is
    coded as ``rules.practice.next_change`` returns it.
    """
    for i in range(people.shape[0]):
        age = trained_doctor_age(key, people[i], age_from, age_cumulative)
        woman = is_woman(key, people[i], female)
        traits[i, 0] = age
        traits[i, 1] = woman
        traits[i, 2] = in_first_tier(key, people[i], tier)
        sex = 1 if woman else 0
        traits[i, 3] = hours_percent(key, people[i], group, percents[sex], cumulative[sex])
        traits[i, 4] = next_change(
            key,
            people[i],
            group,
            0,
            end,
            -age,
            year_offset,
            exit_by_year,
            reduce[sex],
            reduce_age,
        )
