"""Outside training: where doctors go after F2 or after resigning, and what they do next.

Decisions fall in August, when posts change hands. Failing to get a post is not drawn here: it
emerges from the rounds.
"""

from __future__ import annotations

from pipeline_sim.compiling import rule
from pipeline_sim.randomness import (
    AFTER_F2,
    AFTER_F2_LENGTH,
    INITIATIVE_ENDS,
    OUTSIDE,
    OVERSEAS_REGION,
    RESIGNATION_DESTINATION,
    SAS_AFTER_TRAINING,
    SAS_SPECIALTY,
    draw,
    draw_between,
    happens,
    pick,
    pick_by_weight,
)

STAY, APPLY, LEAVE, TO_SAS, TO_LOCALLY_EMPLOYED, APPLY_FROM_POST, PORTFOLIO, DECIDES = range(8)
FORMER_TRAINEE = 2
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
def kind_of_doctor(group, trained_here):
    """Index into OUTSIDE_KINDS: UK graduate, overseas, or overseas and a former trainee."""
    return FORMER_TRAINEE if group and trained_here else group


@rule
def service_in(august, month, nhs_since, in_nhs):
    """Months of NHS service in an August of a doctor whose spell begins in ``month``; below 0 for none."""
    return august - (min(nhs_since, month) if in_nhs else nhs_since)


@rule
def next_move(key, person, first_year, last_year, service, service_from, rates):
    """What an outside doctor does next, and in how many Augusts: ``8 * years + way``.

    One draw a training year, keyed by the year; thresholds are yearly and exclusive, in the order
    leave, apply, SAS post, locally employed post, portfolio application. ``rates[year, band]`` are those
    to apply, leave, take a SAS post and a locally employed one, and begin a portfolio application; a band
    begins at ``service_from`` months of NHS service, which is ``service`` in the first August and grows.
    Years past ``last_year`` are not looked at.
    """
    year, band = first_year, 0
    while year <= last_year:
        while band + 1 < service_from.shape[0] and service >= service_from[band + 1]:
            band += 1
        now = min(year, rates.shape[0] - 1)
        u = draw(key, person, OUTSIDE, year)
        if u < rates[now, band, 1]:
            return (year - first_year) * WAYS + LEAVE
        u -= rates[now, band, 1]
        if u < rates[now, band, 0]:
            return (year - first_year) * WAYS + APPLY
        u -= rates[now, band, 0]
        if u < rates[now, band, 2]:
            return (year - first_year) * WAYS + TO_SAS
        u -= rates[now, band, 2]
        if u < rates[now, band, 3]:
            return (year - first_year) * WAYS + TO_LOCALLY_EMPLOYED
        u -= rates[now, band, 3]
        if u < rates[now, band, 4]:
            return (year - first_year) * WAYS + PORTFOLIO
        year += 1
        service += 12
    return (year - first_year) * WAYS + STAY


@rule
def end_of_application(key, person, due, august, first_year, service, service_from, rates):
    """How the portfolio application of a locally employed doctor ends: ``8 * month + way``.

    The decision falls in ``due``; each August before it, from the next one on, the doctor may leave.
    """
    last_year = first_year + (due - 1 - august) // 12
    move = next_move(key, person, first_year, last_year, service, service_from, rates)
    if move % WAYS == STAY:
        return due * WAYS + DECIDES
    return (august + 12 * (move // WAYS)) * WAYS + move % WAYS


@rule
def goes_straight_to_sas(key, person, occurrence, in_specialty, service, share, asked):
    """Whether someone who resigned or was released takes a SAS post at once.

    Foundation doctors (not ``in_specialty``) and those with less NHS ``service`` than ``asked`` cannot.
    """
    return in_specialty and service >= asked and happens(key, person, SAS_AFTER_TRAINING, occurrence, share)


@rule
def specialty_of_sas_post(key, person, own, cumulative):
    """Programme of a new SAS doctor: the ``own`` one, or if below 0 drawn as SAS posts are spread."""
    return own if own >= 0 else pick(cumulative, draw(key, person, SAS_SPECIALTY, 0))


@rule
def end_of_initiative(key, person, since, month, year_offset, years):
    """How a stay on the Medical Training Initiative that began in ``since`` ends: ``8 * month + way``.

    ``years`` has a row a training year: months of stay of those who arrive in it, thresholds to leave
    and to apply of those whose stay ends in it. Who applies takes a locally employed post until August.
    """
    last = years.shape[0] - 1
    arrived = max(0, min((since + year_offset) // 12, last))
    end = max(month, since + years[arrived, 0])
    year = min((end + year_offset) // 12, last)
    u = draw(key, person, INITIATIVE_ENDS, 0)
    if u < years[year, 1]:
        return end * WAYS + LEAVE
    if u - years[year, 1] < years[year, 2]:
        return end * WAYS + APPLY_FROM_POST
    return end * WAYS + TO_LOCALLY_EMPLOYED
