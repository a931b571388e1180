"""Later careers: the portfolio route, the specialist grade, fellowships, the retainer, coming back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from same_log import assert_same_log, same
from scenarios import CAREERS, ladder, teaching, with_more_rows

from pipeline_sim.engines import compiled_engine, simpy_engine
from pipeline_sim.errors import ScenarioError
from pipeline_sim.vocabulary import KINDS, Event, Leaving, PoolKind, Scheme, State

OFF = {
    "practice.sas_applies": 0,
    "exits:leave": 0,
    "practice.reduce_hours_gp": 0,
    "practice.reduce_hours_sas": 0,
    "practice.reduce_hours_consultant": 0,
}


def agreed(scenario, years):
    blueprint = scenario.blueprint(years)
    log = simpy_engine.run(blueprint, 1)
    assert_same_log(log, compiled_engine.run(blueprint, 1), blueprint)
    return log


def rows(log, event):
    return log.take(log.event == event)


def with_career(name, scenario=None, **changes):
    rows_of_table = [{**row, **changes} for row in CAREERS[name]]
    return with_more_rows(scenario or teaching().with_values(OFF), {name: rows_of_table})


def per_year(log, event, years):
    return np.bincount((rows(log, event).month - 1) // 12, minlength=years).tolist()


# portfolio -----------------------------------------------------------------------------------------------


def sure_portfolio(**changes):
    sure = {"start": 1, "after_years": 0, "shortest": 10, "longest": 10, "success": 1, "in_progress": 0}
    return with_career("portfolio", **(sure | changes))


def test_every_application_is_decided_after_the_months_it_was_said_to_take():
    log = agreed(sure_portfolio(), 4)
    started, granted = rows(log, Event.PORTFOLIO_STARTED), rows(log, Event.PORTFOLIO_REGISTERED)
    assert len(started) > 35 and (started.detail == 10).all()
    due = dict(zip(started.person.tolist(), (started.month + started.detail).tolist(), strict=True))
    assert len(due) == len(started)  # nobody begins again while one is under way
    assert {p: m for p, m in due.items() if m < 48} == dict(
        zip(granted.person.tolist(), granted.month.tolist(), strict=True)
    )
    assert not (log.event == Event.PORTFOLIO_REFUSED).any()
    consultants = rows(log, Event.STARTED_PRACTICE)
    assert set(granted.person.tolist()) <= set(consultants.person[consultants.detail == State.CONSULTANT])


def test_a_refused_doctor_stays_and_may_begin_again():
    log = agreed(sure_portfolio(success=0), 4)
    assert not (log.event == Event.PORTFOLIO_REGISTERED).any()
    started = rows(log, Event.PORTFOLIO_STARTED).person
    assert len(np.unique(started)) < len(started)


def test_nobody_begins_before_the_years_it_takes():
    scenario = sure_portfolio(after_years=60)
    assert not (agreed(scenario, 3).event == Event.PORTFOLIO_STARTED).any()


def test_applications_under_way_at_the_start_are_decided_without_having_begun():
    log = agreed(sure_portfolio(start=0, in_progress=1), 1)
    assert len(rows(log, Event.PORTFOLIO_REGISTERED)) == 40
    assert rows(log, Event.PORTFOLIO_REGISTERED).month.max() <= 10


def test_the_route_can_be_opened_and_closed_by_year():
    scenario = sure_portfolio(start=0).with_values(
        {"portfolio.medicine.2027:start": 1, "portfolio.medicine.2028:start": 0}
    )
    years = per_year(agreed(scenario, 5), Event.PORTFOLIO_STARTED, 5)
    assert years[2] > 0 and years[:2] + years[3:] == [0] * 4


def test_without_the_table_the_setting_registers_at_once():
    scenario = teaching().with_values({"practice.portfolio": 1})
    log = agreed(scenario, 2)
    assert (log.event == Event.PORTFOLIO_REGISTERED).any()
    assert not (log.event == Event.PORTFOLIO_STARTED).any()


def test_applicants_take_supervision():
    none, some = (agreed(sure_portfolio(supervision_load=load), 2) for load in (0, 0.5))

    def capacity(log):
        """Of the first November, in all groups; supervisors were counted as the month began."""
        pool = (log.event == Event.POOL_CAPACITY) & (log.level == PoolKind.SUPERVISOR) & (log.month == 3)
        return log.detail[pool].sum()

    under_way = ((none.event == Event.PORTFOLIO_STARTED) & (none.month < 3)).sum()
    assert under_way > 0 and capacity(none) - capacity(some) == 50 * under_way


# specialist grade ----------------------------------------------------------------------------------------


def test_a_sas_doctor_moves_up_once_and_not_before_age_and_service():
    at_once = {"start": 1, "postgraduate_years": 0, "specialty_years": 0}
    log = agreed(with_career("specialist_grade", **at_once), 3)
    moved = rows(log, Event.SPECIALIST_GRADE)
    assert len(moved) >= 40 and len(np.unique(moved.person)) == len(moved)
    for never in ({"postgraduate_years": 60}, {"specialty_years": 60}, {"start": 0}):
        assert not (
            agreed(with_career("specialist_grade", **(at_once | never)), 3).event == Event.SPECIALIST_GRADE
        ).any()


# fellowships ---------------------------------------------------------------------------------------------


def fellows(**changes):
    row = {**CAREERS["fellowships"][0], "share": 1, "months": 24, "stay": 1} | changes
    return with_more_rows(ladder(400, 100), {"fellowships": [row]})


def test_every_gp_takes_the_fellowship_and_then_a_post_at_once():
    scenario = fellows(hours_added=100)
    log = agreed(scenario, 4)
    completed, taken = rows(log, Event.COMPLETED_TRAINING), rows(log, Event.FELLOWSHIP_STARTED)
    assert len(completed) == len(taken) and (completed.month == taken.month).all()
    assert (taken.detail == 0 + KINDS * 24).all() and (taken.wte == 80).all()
    begun = rows(log, Event.STARTED_PRACTICE)
    left = rows(log, Event.LEFT)
    assert (left.detail == Leaving.NEVER_JOINED_PRACTICE).all()
    after = {
        p: m + 24 for p, m in zip(taken.person.tolist(), taken.month.tolist(), strict=True) if m + 24 < 48
    }
    ended = zip([*begun.person, *left.person], [*begun.month, *left.month], strict=True)
    assert {int(p): int(m) for p, m in ended} == after
    assert (begun.wte == 100).all()


def test_a_fellowship_of_another_group_or_of_share_nothing_changes_nothing():
    base = agreed(ladder(400, 100), 3)
    for changes in ({"group": "consultant"}, {"share": 0}):
        assert same(agreed(fellows(**changes), 3), base)


def test_fellowships_of_a_year_may_not_take_more_than_everyone():
    with pytest.raises(ScenarioError, match=r"fellowships\.csv.*adding to 1\.2.*adding to 1 or less"):
        with_career("fellowships", share=0.6)


# retainer, induction and refresher -----------------------------------------------------------------------


def leaving(**changes):
    """Every GP about to leave goes on the retainer for a year, every returner through the scheme."""
    scheme = {
        "retainer_share": 1, "retainer_percent": 40, "retainer_shortest": 12, "retainer_longest": 12,
        "retainer_stays": 1, "refresher_share": 1, "refresher_over": 0, "refresher_shortest": 3,
        "refresher_longest": 3,
    }  # fmt: skip
    scenario = teaching().with_values(
        {"exits:leave": 0.3, "practice.return_gp": 1, "practice.reduce_hours_gp": 0}
    )
    return with_career("schemes", scenario, **(scheme | changes))


def test_a_retained_gp_works_less_for_a_year_and_then_as_before():
    log = agreed(leaving(), 5)
    retained = rows(log, Event.SCHEME_STARTED)
    assert (retained.detail == Scheme.RETAINER + KINDS * 12).all() and (retained.wte <= 40).all()
    gps = log.take(np.isin(log.person, retained.person))
    assert not np.isin(gps.event, [Event.STARTED_BREAK, Event.LEFT]).any()
    one = log.take(log.person == retained.person[retained.month < 30][0])
    hours = one.take(one.event == Event.CHANGED_HOURS)
    assert hours.month[1] - hours.month[0] == 12
    assert hours.wte[1] == one.wte[0]


def test_a_retained_gp_may_leave_after_all():
    log = agreed(leaving(retainer_stays=0), 5)
    assert (log.event == Event.STARTED_BREAK).any()


def test_a_gp_long_away_comes_back_by_the_scheme():
    log = agreed(leaving(retainer_share=0), 6)
    back = rows(log, Event.RETURNED_TO_PRACTICE)
    scheme = rows(log, Event.SCHEME_STARTED)
    assert (scheme.detail == Scheme.INDUCTION_REFRESHER + KINDS * 3).all()
    assert len(scheme) == (back.detail == State.RETURN_SCHEME).sum() > 0
    person = scheme.person[0]
    dates = back.month[back.person == person][:2]
    assert dates[1] - dates[0] == 3
    assert back.detail[back.person == person][:2].tolist() == [State.RETURN_SCHEME, State.GP]


def test_short_breaks_need_no_scheme_and_places_can_be_closed():
    for changes in ({"refresher_over": 240}, {"refresher_share": 0}):
        log = agreed(leaving(retainer_share=0, **changes), 4)
        assert not (log.event == Event.SCHEME_STARTED).any()


def test_nothing_is_changed_by_tables_in_which_nothing_happens():
    plain = teaching()
    scenario = with_more_rows(
        plain,
        {
            "specialist_grade": [{**CAREERS["specialist_grade"][0], "start": 0}],
            "fellowships": [{**row, "share": 0} for row in CAREERS["fellowships"]],
            "schemes": [{**CAREERS["schemes"][0], "retainer_share": 0, "refresher_share": 0}],
        },
    )
    blueprint = replace(scenario, name=plain.name).blueprint(5)
    assert same(simpy_engine.run(blueprint, 1), simpy_engine.run(plain.blueprint(5), 1))


# fewer hours ---------------------------------------------------------------------------------------------


def test_hours_are_cut_by_group_sex_and_year():
    row = {"group": "gp", "sex": "female", "year": 2027, "cut": 1}
    plain = teaching().with_values(OFF | {"practice.reduce_hours_age": 18})
    scenario = with_more_rows(plain, {"reduced_hours": [row]})
    log = agreed(scenario, 4)
    cut = rows(log, Event.CHANGED_HOURS)
    assert per_year(log, Event.CHANGED_HOURS, 4)[:2] == [0, 0]
    assert len(cut) > 500 and (cut.programme == 1).all() and len(np.unique(cut.person)) == len(cut)
    assert not (agreed(plain, 4).event == Event.CHANGED_HOURS).any()
