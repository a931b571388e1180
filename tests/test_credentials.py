"""Credentials: a lottery for slots and supervision, studied in post, held for good."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from same_log import assert_same_log, same
from scenarios import WITHOUT_CHANCE, Row, credential_tables, everything_happens, rows_of, with_tables

from pipeline_sim.engines import compiled_engine, simpy_engine
from pipeline_sim.engines.simpy_engine import Simulation
from pipeline_sim.errors import ScenarioError
from pipeline_sim.eventlog import EventLog
from pipeline_sim.randomness import run_key
from pipeline_sim.results.bundle import summarise
from pipeline_sim.rules import credentials as rules
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.vocabulary import KINDS, Event, PoolKind, State

TABLES = ("credentials", "credential_eligibility", "credential_slots")
#: Ends of the post in which a credential began; after a CCT or a portfolio registration it may be another's.
POST_ENDS = (
    Event.RETIRED, Event.LEFT, Event.STARTED_BREAK, Event.RESIGNED, Event.RELEASED, Event.ACCEPTED,
    Event.COMPLETED_TRAINING, Event.STEPPED_OUT, Event.TRANSFERRED,
)  # fmt: skip
SEED = 1


def both(scenario: Scenario, seed: int = SEED) -> EventLog:
    """The log that both engines write."""
    blueprint = scenario.blueprint()
    log = simpy_engine.run(blueprint, seed)
    assert_same_log(log, compiled_engine.run(blueprint, seed), blueprint)
    return log


def rows(log: EventLog, event: Event) -> EventLog:
    return log.take(log.event == event)


def small() -> Scenario:
    return everything_happens().scaled(0.2).with_years(5)


def one_credential(*, slots: int, apply: float, consultants: int, **cells: object) -> Scenario:
    """The teaching base without chance; cardiology consultants may gain one credential each August."""
    base = load_scenario("teaching").with_values(
        WITHOUT_CHANCE | {"workforce_stock.consultant:doctors": consultants}
    )
    row: Row = {
        "credential": "pain", "title": "Pain medicine", "multi_professional": 0, "wte_months": 12,
        "supervision_load": 0, "supervision_group": "medicine", "month": 8, "after_cct": 1, "sas_doctors": 1,
        "late_trainees": 1, **cells,
    }  # fmt: skip
    who: Row = {"credential": "pain", "programme": "cardiology", "group": "consultant", "year": 2025}
    where: Row = {"credential": "pain", "region": "middleshire", "year": 2025, "slots": slots}
    tables = {
        "credentials": [row],
        "credential_eligibility": [{**who, "apply": apply}],
        "credential_slots": [where],
    }
    return with_tables(base, tables).with_years(3)


# by hand ----------------------------------------------------------------------------------------------


def test_of_two_applicants_for_one_slot_the_first_of_the_lottery_starts():
    scenario = one_credential(slots=1, apply=1, consultants=2)
    log = both(scenario)
    started = rows(log, Event.CREDENTIAL_STARTED)
    present = rows(log, Event.PRESENT_AT_START)
    in_post = present.person[present.detail == State.CONSULTANT].tolist()
    key = run_key(SEED, 0)
    first, _ = sorted(in_post, key=lambda person: rules.lottery_number(key, person, 0, 0))
    assert started.person[started.month == 0].tolist() == [first]
    assert len(set(started.person.tolist())) == len(started)


def test_whoever_applies_is_among_those_who_may():
    key, people, year, month = run_key(SEED, 0), np.arange(2000, dtype=np.int64), 3, 8
    chances, months = np.array([1 << 28, 0, 1 << 29, 1 << 30]), np.array([8, 8, 8, 2])
    held, orders, from_level = np.zeros(2000, np.int64), np.ones(2000, np.int64), np.zeros(4, np.int64)
    applied, may = np.empty(2000, np.int64), np.ones(2000, np.bool_)
    rules.applications(key, people, year, month, held, orders, chances, from_level, months, applied)
    rules.may_apply(key, people, year, chances * (months == month), may)
    assert 0 < may.sum() < 1000
    assert ((applied >= 0) == may).all()


@pytest.mark.parametrize(
    ("whole_time", "wte", "months"), [(12, 60, 20), (12, 100, 12), (1, 80, 2), (24, 80, 30)]
)
def test_fewer_hours_take_longer(whole_time, wte, months):
    assert rules.months_to_finish(whole_time, wte) == months


def test_an_award_comes_when_the_months_at_the_hours_worked_are_over():
    scenario = one_credential(slots=50, apply=1, consultants=60)
    log = both(scenario)
    start_of = dict(
        zip(*(getattr(rows(log, Event.CREDENTIAL_STARTED), c) for c in ("person", "month")), strict=True)
    )
    awarded = rows(log, Event.CREDENTIAL_AWARDED)
    assert {12, 15, 20} <= set((awarded.detail // KINDS).tolist())  # at 100, 80 and 60 percent
    for person, month, wte, detail in zip(
        awarded.person, awarded.month, awarded.wte, awarded.detail, strict=True
    ):
        assert month - start_of[person] == detail // KINDS == -(-1200 // int(wte))


def test_supervision_limits_starts_and_is_free_again_at_the_end():
    key, people = run_key(1, 0), np.arange(10) + 5
    zeros = np.zeros(10, np.int64)
    start = rules.allot(
        key, 0, people, zeros, zeros, np.array([[8]]), np.array([100]), np.array([0]), np.array([[250]])
    )
    assert len(start) == 2
    lottery = [rules.lottery_number(key, person, 0, 0) for person in people.tolist()]
    assert start == np.argsort(lottery)[:2].tolist()


def test_all_supervision_is_given_back():
    soft = {
        "supervision.rule": "soft",
        "supervision.crowding_review": 0,
        "supervision.crowding_resignation": 0,
    }
    slots = [
        {**row, "slots": 20 if row["year"] == 2025 else 0} for row in rows_of(small(), "credential_slots")
    ]
    dated = with_tables(small().with_values(soft), {"credential_slots": slots})
    without = replace(dated, tables={k: t for k, t in dated.tables.items() if k not in TABLES})
    used = []
    for scenario in (dated, without):
        sim = Simulation(scenario.blueprint(), run_key(SEED, 0))
        log = sim.run()
        used.append(sim.pools.used)
        assert (scenario is dated) == bool(len(rows(log, Event.CREDENTIAL_STARTED)))
    assert used[0] == used[1]


# whatever happens -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_starts_keep_to_the_slots_and_nobody_studies_twice_or_two_at_once(seed):
    scenario = small()
    blueprint, log = scenario.blueprint(), both(scenario, seed)
    started, awarded = rows(log, Event.CREDENTIAL_STARTED), rows(log, Event.CREDENTIAL_AWARDED)
    count = Counter(
        zip((started.month // 12).tolist(), started.detail.tolist(), started.region.tolist(), strict=True)
    )
    assert all(number <= blueprint.credential_slots[place] for place, number in count.items())
    held = list(zip(awarded.person.tolist(), (awarded.detail % KINDS).tolist(), strict=True))
    assert len(held) == len(set(held)) > 0
    ends = dict(zip(held, awarded.month.tolist(), strict=True))
    ended = log.take(np.isin(log.event, POST_ENDS))
    for person in np.unique(started.person).tolist():
        mine = started.take(started.person == person)
        left = ended.month[ended.person == person]
        for month, what, wte, following in zip(
            mine.month.tolist(), mine.detail.tolist(), mine.wte.tolist(),
            [*mine.month[1:].tolist(), blueprint.months], strict=True,
        ):  # fmt: skip
            due = month + rules.months_to_finish(int(blueprint.credential_wte_months[what]), wte)
            if (person, what) in ends and ends[person, what] == due:
                assert due <= following
            else:  # unfinished, or given up
                assert due >= blueprint.months or ((month <= left) & (left <= due)).any()


def test_credentials_held_only_become_more_while_their_holders_stay():
    scenario = small()
    log = both(scenario)
    kpis = summarise(log, scenario.blueprint()).kpis.set_index(["kpi", "year"])["value"]
    awarded, held = kpis["credentials_awarded"], kpis["credential_holders"]
    assert (held <= awarded.cumsum()).all()
    assert held.iloc[-1] > 0
    assert (kpis["credential_starts_against_plan"].dropna() <= 100).all()
    completions = summarise(log, scenario.blueprint()).completions
    assert (completions["kind"] == "credential").sum() == awarded.sum()


def test_slots_and_starts_are_logged_as_a_pool():
    scenario = small()
    blueprint, log = scenario.blueprint(), both(scenario)
    for event, expected in ((Event.POOL_CAPACITY, "slots"), (Event.POOL_IN_USE, "starts")):
        found = rows(log, event)
        units = int(found.detail[found.level == PoolKind.CREDENTIAL_SLOT].sum())
        starts = len(rows(log, Event.CREDENTIAL_STARTED))
        assert units == (blueprint.credential_slots[:5].sum() if expected == "slots" else starts)


# switches ---------------------------------------------------------------------------------------------


def test_without_slots_the_log_is_that_of_a_scenario_without_credentials():
    off = small().with_values({"credential_slots:slots": 0})
    without = replace(off, tables={name: t for name, t in off.tables.items() if name not in TABLES})
    assert same(both(off), both(without))


@pytest.mark.parametrize(
    "edits",
    [
        {"credential_eligibility:apply": 0},
        {f"credentials:{column}": 0 for column in ("after_cct", "sas_doctors", "late_trainees")},
    ],
)
def test_switched_off_nobody_starts(edits):
    assert not len(rows(both(small().with_values(edits)), Event.CREDENTIAL_STARTED))


def test_a_credential_can_begin_and_end_in_later_years():
    tables = credential_tables(("middleshire", "northshire"))
    later = [{**row, "year": 2027} for row in tables["credential_slots"] if row["year"] == 2025]
    ended = [{**row, "year": 2028, "slots": 0} for row in later]
    log = both(with_tables(small(), {"credential_slots": [*later, *ended]}))
    assert set((rows(log, Event.CREDENTIAL_STARTED).month // 12).tolist()) == {2}


@pytest.mark.parametrize("start", ["2025-09", "2026-01", "2026-07"])
def test_other_starts_of_the_run(start):
    assert len(rows(both(replace(small(), start=start)), Event.CREDENTIAL_STARTED))


# mistakes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"group": "consultant", "from_level": 2}, "from_level: found 2 for a consultant, expected blank"),
        ({"group": "trainee"}, "from_level: found blank for trainees, expected a level of cardiology"),
        ({"group": "trainee", "from_level": 20}, "found 20, expected a level of cardiology, 1 to"),
        ({"programme": "cardiologie"}, "nearest: cardiology|did you mean cardiology|cardiology"),
    ],
)
def test_a_mistake_says_where_it_is(cells, told):
    row = {
        "credential": "pain",
        "programme": "cardiology",
        "group": "gp",
        "year": 2025,
        "apply": 0.1,
        **cells,
    }
    scenario = one_credential(slots=1, apply=1, consultants=2)
    with pytest.raises(ScenarioError, match=told):
        with_tables(scenario, {"credential_eligibility": [row]})


def test_rows_about_credentials_need_credentials():
    scenario = one_credential(slots=1, apply=1, consultants=2)
    without = replace(scenario, tables={k: t for k, t in scenario.tables.items() if k != "credentials"})
    with pytest.raises(ScenarioError, match=r"no credentials\.csv"):
        with_tables(without, {})
