"""Later careers in the compiled engine: the portfolio route, fellowships, schemes for GPs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pipeline_sim.compiling import flow
from pipeline_sim.engines.compiled_layout import Ints, Records, records, whole
from pipeline_sim.engines.compiled_records import Stage, note, schedule
from pipeline_sim.rules import careers as rules
from pipeline_sim.scenario.blueprint import PORTFOLIO_APPLICANTS, SCHEMES, TRAINED_GROUPS, Blueprint
from pipeline_sim.vocabulary import KINDS, Event, Scheme, State

SAS_APPLICANT = PORTFOLIO_APPLICANTS.index("sas")
SAS = TRAINED_GROUPS.index("sas")
#: Ways of a person beyond those of ``rules.practice``: what ends in the month they are due.
ENDS_RETAINER, ENDS_FELLOWSHIP, ENDS_REFRESHER = 20, 21, 22


class CareerTables(NamedTuple):
    group: Records  # [G]
    portfolio: Records  # [3, G, Y] by PORTFOLIO_APPLICANTS
    stock: Ints  # [3, G] thresholds of an application under way at the start
    service: Ints  # [2] months of NHS service it takes outside the SAS grade
    start: Ints  # [G, Y, 2]
    grade: Ints  # [Y, 3]
    fellowship: Records  # [Y, 2, F]
    taken: Ints  # [Y, 2, F] cumulative thresholds
    held_in: Ints  # [F, R] weights
    schemes: Records  # [Y]


def career_tables(bp: Blueprint) -> CareerTables:
    """The tables of a scenario."""
    regions = len(bp.regions)
    return CareerTables(
        records(process=bp.portfolio_process),
        _columns(bp.portfolio_terms, ("shortest", "longest", "success", "load")),
        whole(bp.portfolio_stock),
        whole(bp.portfolio_service),
        whole(bp.portfolio_start),
        whole(bp.specialist_grade),
        _columns(bp.fellowship_terms, ("months", "percent", "stay", "added")),
        whole(bp.fellowship_cumulative),
        whole(bp.fellowship_weight).reshape(-1, regions),
        _columns(bp.schemes, SCHEMES),
    )


def _columns(array: Ints, names: tuple[str, ...]) -> Records:
    """The last axis of an array as the fields of records."""
    return records(**{name: array[..., k] for k, name in enumerate(names)})


@flow
def without_career(flex: Any):
    """Nothing of later careers has happened to a person yet."""
    flex.before = 0
    flex.portfolio_due = 0
    flex.specialist = 0
    flex.more_hours = 0


# SAS doctors -------------------------------------------------------------------------------------------
@flow
def enter_grade(flex: Any, month: Any):
    """Someone becomes a SAS doctor this month."""
    flex.before = month
    flex.portfolio_due = 0
    flex.specialist = 0


@flow
def present_in_grade(c: Any, r: Any, key: Any, i: Any, group: Any, region: Any, youngest: Any):
    """A SAS doctor of the starting stock, perhaps with an application under way."""
    person, flex = r.people[i], r.flex[i]
    flex.before = rules.sas_since(key, person.identity, np.int64(person.birth), youngest)
    portfolio_at_start(c, r, key, i, SAS_APPLICANT, group, region)


# the portfolio route -------------------------------------------------------------------------------------
# ``applicant`` is which of PORTFOLIO_APPLICANTS someone is
@flow
def portfolio_at_start(c: Any, r: Any, key: Any, i: Any, applicant: Any, group: Any, region: Any):
    """Whether someone of the starting stock has an application under way; its decision falls when due."""
    terms, share = c.portfolio[applicant, group, 0], c.stock[applicant, group]
    due = rules.portfolio_in_stock(key, r.people[i].identity, share, terms.shortest, terms.longest)
    r.flex[i].portfolio_due = due
    if due > 0:
        r.applicants[applicant, group, region] += 1
    return due > 0


@flow
def begin_portfolio(
    c: Any, r: Any, key: Any, month: Any, year: Any, i: Any, applicant: Any, group: Any
):  # fmt: skip
    """Start to gather the evidence for the specialist register; returns the months it takes."""
    person, terms = r.people[i], c.portfolio[applicant, group, year]
    months = rules.portfolio_months(key, person.identity, month, terms.shortest, terms.longest)
    r.flex[i].portfolio_due = month + months
    r.applicants[applicant, group, person.region] += 1
    return months


@flow
def portfolio_granted(c: Any, r: Any, key: Any, month: Any, year: Any, i: Any, applicant: Any, group: Any):
    """The decision on an application; whether it is granted."""
    end_portfolio(r, i, applicant, group)
    success = c.portfolio[applicant, group, year].success
    return rules.portfolio_succeeds(key, r.people[i].identity, month, success)


@flow
def end_portfolio(r: Any, i: Any, applicant: Any, group: Any):
    """No application is under way any more, if one was."""
    if r.flex[i].portfolio_due:
        r.flex[i].portfolio_due = 0
        r.applicants[applicant, group, r.people[i].region] -= 1


# after training ----------------------------------------------------------------------------------------
@flow
def take_fellowship(c: Any, r: Any, key: Any, month: Any, year: Any, i: Any, taken: Any, row: Any):
    """Take up a fellowship, to end in a month to come."""
    person, flex = r.people[i], r.flex[i]
    terms = c.fellowship[year, person.level, taken]
    trained_in = max(np.int64(person.trained), 0)
    person.region = rules.fellowship_region(key, person.identity, trained_in, c.held_in[taken])
    detail = taken + KINDS * terms.months
    note(row, i, Event.FELLOWSHIP_STARTED, person.programme, -1, person.region, terms.percent, detail)
    flex.fellowship = taken
    flex.away_since = month
    flex.more_hours = terms.added
    person.stage = Stage.PRACTICE
    person.way = ENDS_FELLOWSHIP
    schedule(r.calendar, month + terms.months, i)


# schemes for GPs ---------------------------------------------------------------------------------------
@flow
def retained_for(terms: Any, key: Any, identity: Any, age: Any):
    """Months on the retainer of a GP about to leave, or 0 for one who leaves."""
    return rules.retainer_months(
        key, identity, age, terms.retainer_share, terms.retainer_shortest, terms.retainer_longest
    )


@flow
def begin_retainer(r: Any, month: Any, i: Any, months: Any, percent: Any, row: Any, next_row: Any):
    """A GP about to leave works few hours instead, for some months."""
    person, flex = r.people[i], r.flex[i]
    programme, region, before = person.programme, person.region, np.int64(person.wte)
    wte = min(before, percent)
    r.workforce[person.level, programme, region] += wte - before
    flex.before = before
    person.wte = wte
    note(row, i, Event.SCHEME_STARTED, programme, -1, region, wte, Scheme.RETAINER.value + KINDS * months)
    note(next_row, i, Event.CHANGED_HOURS, programme, -1, region, wte, 0)
    person.stage = Stage.PRACTICE
    person.way = ENDS_RETAINER
    schedule(r.calendar, month + months, i)


@flow
def go_back_to_hours(r: Any, i: Any, row: Any):
    """The retainer ends and a GP works as before it."""
    person, before = r.people[i], np.int64(r.flex[i].before)
    programme, region = person.programme, person.region
    r.workforce[person.level, programme, region] += before - np.int64(person.wte)
    person.wte = before
    note(row, i, Event.CHANGED_HOURS, programme, -1, region, before, 0)


@flow
def refresher_for(terms: Any, key: Any, month: Any, person: Any, away_since: Any):
    """Months of induction and refresher for a GP back from a break; 0 for one who needs none."""
    return rules.refresher_months(
        key,
        person.identity,
        (month - person.birth) // 12,
        month - away_since,
        terms.refresher_share,
        terms.refresher_over,
        terms.refresher_shortest,
        terms.refresher_longest,
    )


@flow
def begin_refresher(r: Any, month: Any, i: Any, months: Any, row: Any, next_row: Any):
    """Back from a break, a GP goes through induction and refresher first."""
    person = r.people[i]
    programme, region, wte = person.programme, person.region, person.wte
    state, detail = State.RETURN_SCHEME.value, Scheme.INDUCTION_REFRESHER.value + KINDS * months
    note(row, i, Event.RETURNED_TO_PRACTICE, programme, -1, region, wte, state)
    note(next_row, i, Event.SCHEME_STARTED, programme, -1, region, wte, detail)
    person.stage = Stage.PRACTICE_BREAK
    person.way = ENDS_REFRESHER
    schedule(r.calendar, month + months, i)
