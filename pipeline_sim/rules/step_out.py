"""Stepping out of a programme and back in: who may go, for how long, who returns, what counts.

Kinds of step-out are rows of step_outs.csv; the numbers of a kind come to these functions as they are.
"""

from __future__ import annotations

from pipeline_sim.compiling import rule
from pipeline_sim.randomness import (
    STEP_OUT_CREDIT,
    STEP_OUT_KIND,
    STEP_OUT_LENGTH,
    STEP_OUT_RETURN,
    STEP_OUT_STOCK,
    SUPPORT,
    draw,
    draw_between,
    happens,
    pick,
)

GUARANTEED, PRIORITY, COMPETE = 0, 1, 2
NOTHING, PROSPECTIVE, ASSESSED, REVIEWED = 0, 1, 2, 3
LONG_AGO = -30000  # a month before any return
LEFT_BEFORE = -1  # the month in which those who are away at the start had gone at the latest
LEAST_LEFT = 100  # credit never takes the last WTE month of a level


@rule
def interruption_month(key, person, purpose, occurrence, months, yearly):
    """Month of a spell (1 to ``months`` - 1) in which something interrupts it, or 0.

    The yearly threshold is spread evenly: a spell of n months carries n/12 of it.
    """
    if yearly == 0 or months < 2:
        return 0
    threshold = yearly * months // 12
    u = draw(key, person, purpose, occurrence)
    if u >= threshold:
        return 0
    return 1 + u * (months - 1) // threshold


@rule
def age_band(ages, years):
    """The last band whose first age is not above ``years``."""
    band = 0
    while band + 1 < ages.shape[0] and ages[band + 1] <= years:
        band += 1
    return band


@rule
def kind_of_step_out(key, person, occurrence, cumulative):
    """Kind, drawn in proportion to the yearly thresholds whose running sums are given.

    The number of kinds where all are 0: nobody steps out any more since the spell began.
    """
    total = cumulative[cumulative.shape[0] - 1]
    return pick(cumulative, (draw(key, person, STEP_OUT_KIND, occurrence) * total) >> 32)


@rule
def may_step_out(
    in_programme, final, satisfactory, since_return, least_months, final_year, only_satisfactory, notice
):
    """Whether the gates of a kind let a trainee go.

    Months since the programme began and since the last return (or the beginning), whether in the final
    level, whether the last review was satisfactory; then what the kind asks of each.
    """
    if in_programme < least_months or since_return < notice:
        return False
    return (final_year or not final) and (satisfactory or not only_satisfactory)


@rule
def length_of_step_out(key, person, count, cumulative):
    """Which of a kind's lengths, for a person's ``count``-th step-out."""
    return pick(cumulative, draw(key, person, STEP_OUT_LENGTH, count))


@rule
def comes_back(key, person, count, returns, uplift):
    """Whether someone returns when due; ``uplift`` is what supported return adds."""
    return draw(key, person, STEP_OUT_RETURN, count) < returns + uplift


@rule
def wants_support(key, person, count, months, least_months, uptake):
    """Whether a returner is eligible for supported return and takes it up."""
    return months >= least_months and happens(key, person, SUPPORT, count, uptake)


@rule
def supernumerary_weeks(months, weeks_a_year, most):
    """Weeks of supernumerary time after an absence; each year begun counts."""
    return min(most, weeks_a_year * ((months + 11) // 12))


@rule
def step_out_credit(key, person, count, counts, months, rate, cap, no_credit, allowance, extension):
    """WTE months x 100 of a step-out that count towards the programme.

    ``rate`` is hundredths a month, ``cap`` and ``allowance`` hundredths. Agreed in advance or assessed:
    rate x months up to the cap; assessed, nothing with chance ``no_credit``. A reviewed absence costs
    what exceeds the allowance if the review extends training (chance ``extension``), otherwise nothing.
    """
    if counts == NOTHING:
        return 0
    if counts == REVIEWED:
        extends = happens(key, person, STEP_OUT_CREDIT, count, extension)
        return min(allowance, 100 * months) if extends else 100 * months
    if counts == ASSESSED and happens(key, person, STEP_OUT_CREDIT, count, no_credit):
        return 0
    return min(cap, rate * months)


@rule
def credit_usable(required, progress, credit):
    """How much of a credit the level in hand can take, its last month left."""
    return max(0, min(credit, required - progress - LEAST_LEFT))


@rule
def away_at_start(key, person, cumulative):
    """Kind of step-out a trainee of the starting stock is on, or the number of kinds for none."""
    return pick(cumulative, draw(key, person, STEP_OUT_STOCK, 0))


@rule
def months_still_away(key, person, months):
    """What is left of an absence at the start."""
    return draw_between(key, person, STEP_OUT_STOCK, 1, 1, months)


@rule
def done_when_left(so_far):
    """Progress, or months since review, of someone who is away at the start: they left half-way."""
    return so_far // 2


@rule
def gap_row(months_from, months):
    """Row of the return rules for an absence; -1 if it is shorter than the first."""
    row = -1
    while row + 1 < months_from.shape[0] and months_from[row + 1] <= months:
        row += 1
    return row
