"""Later careers: the portfolio route, the specialist grade, fellowships, and schemes for GPs."""

from __future__ import annotations

from pipeline_sim.compiling import rule
from pipeline_sim.randomness import (
    FELLOWSHIP,
    FELLOWSHIP_REGION,
    PORTFOLIO,
    PORTFOLIO_DECISION,
    PORTFOLIO_LENGTH,
    PORTFOLIO_STOCK,
    PRACTICE_TIMING,
    REFRESHER,
    RETAINER,
    SAS_APPLIES,
    SAS_SERVICE,
    SPECIALIST_GRADE,
    draw,
    draw_between,
    pick,
    pick_by_weight,
)
from pipeline_sim.rules.practice import (
    APPLIES,
    DECIDES,
    GROUPS,
    MOVES_UP,
    REGISTERS,
    STAYS,
    WAYS,
    next_change,
)
from pipeline_sim.scenario.blueprint import MAX_AGE

FULL_TIME = 100


# SAS doctors -------------------------------------------------------------------------------------------
@rule
def next_sas_change(
    key, person, group, since, end, birth, year_offset, exit_by_year, reduce, reduce_age, apply, sas_since,
    due, specialist, portfolio, grade,
):  # fmt: skip
    """The next change of a SAS doctor, coded as ``next_change`` returns it.

    Besides what every trained doctor does: begin a portfolio application, whose decision falls in ``due``
    (0 = none under way); move to a specialist post, unless already a ``specialist``; apply for training.
    ``portfolio`` [Y, 2] has the yearly threshold and the months as a SAS doctor it takes, counted from
    ``sas_since``; ``grade`` [Y, 3] the yearly threshold, the age and the months in the specialty.
    A year of age has one month for all of these, the one drawn for leaving and for fewer hours.
    """
    change = next_change(key, person, group, since, end, birth, year_offset, exit_by_year, reduce, reduce_age)
    first = change // WAYS
    last_year = portfolio.shape[0] - 1
    birthday = since - (since - birth) % 12
    while birthday < first:
        occurrence = min((birthday - birth) // 12, MAX_AGE - 1) * GROUPS + group
        at = birthday + 1 + ((draw(key, person, PRACTICE_TIMING, occurrence) * 12) >> 32)
        if since < at < first:
            year = max(0, min((at - 1 + year_offset) // 12, last_year))
            way = STAYS
            if draw(key, person, SAS_APPLIES, occurrence) < apply:
                way = APPLIES
            moves_up = draw(key, person, SPECIALIST_GRADE, occurrence) < grade[year, 0]
            old_enough = at - birth >= grade[year, 1] and at - sas_since >= grade[year, 2]
            if moves_up and old_enough and specialist == 0:
                way = MOVES_UP
            registers = draw(key, person, PORTFOLIO, occurrence) < portfolio[year, 0]
            if registers and due == 0 and at - sas_since >= portfolio[year, 1]:
                way = REGISTERS
            if way != STAYS:
                change = at * WAYS + way
                first = at
        birthday += 12
    if 0 < due < first:
        return max(due, since + 1) * WAYS + DECIDES
    return change


@rule
def sas_since(key, person, birth, youngest):
    """Month, before the start, in which a SAS doctor of the stock became one, at ``youngest`` or later."""
    return draw_between(key, person, SAS_SERVICE, 0, min(birth + 12 * youngest, -1), -1)


@rule
def portfolio_in_stock(key, person, in_progress, shortest, longest):
    """Months until the decision on an application under way at the start; 0 if there is none."""
    if draw(key, person, PORTFOLIO_STOCK, 0) >= in_progress:
        return 0
    months = draw_between(key, person, PORTFOLIO_STOCK, 1, shortest, longest)
    return draw_between(key, person, PORTFOLIO_STOCK, 2, 1, months)


@rule
def portfolio_months(key, person, month, shortest, longest):
    """Months from beginning to gather evidence to the decision."""
    return draw_between(key, person, PORTFOLIO_LENGTH, month, shortest, longest)


@rule
def portfolio_succeeds(key, person, month, success):
    """Whether an application decided in a month succeeds."""
    return draw(key, person, PORTFOLIO_DECISION, month) < success


@rule
def supervision_left(units, support):
    """Units of supervision left after support for portfolio applicants; never below 0."""
    return max(0, units - support)


# after training ----------------------------------------------------------------------------------------
@rule
def fellowship_taken(key, person, cumulative):
    """Number of the fellowship taken after completing training; the number there are if none."""
    return pick(cumulative, draw(key, person, FELLOWSHIP, 0))


@rule
def fellowship_region(key, person, trained_in, weights):
    """Region of a fellowship: drawn by weight, or that of training if no region has any."""
    region = pick_by_weight(weights, draw(key, person, FELLOWSHIP_REGION, 0))
    return trained_in if region < 0 else region


@rule
def more_hours(wte_percent, added):
    """Percent of full time with hours added, up to full time."""
    return max(wte_percent, min(wte_percent + added, FULL_TIME))


# schemes for GPs ---------------------------------------------------------------------------------------
@rule
def retainer_months(key, person, age, share, shortest, longest):
    """Months on the retainer of a GP about to leave, or 0 for one who leaves."""
    if draw(key, person, RETAINER, 3 * age) >= share:
        return 0
    return draw_between(key, person, RETAINER, 3 * age + 1, shortest, longest)


@rule
def stays_after_retainer(key, person, age, stays):
    """Whether a GP goes back to the hours of before when the retainer ends, instead of leaving."""
    return draw(key, person, RETAINER, 3 * age + 2) < stays


@rule
def refresher_months(key, person, age, away, share, over, shortest, longest):
    """Months of induction and refresher for a GP back from a break; 0 for one who needs none."""
    if away <= over or draw(key, person, REFRESHER, 2 * age) >= share:
        return 0
    return draw_between(key, person, REFRESHER, 2 * age + 1, shortest, longest)
