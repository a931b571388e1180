"""Posts funded by heads or by whole-time equivalents: worked by hand, and replayed from the log."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from flexible_tables import flexible_tables, kind
from hypothesis import given
from hypothesis import strategies as st
from same_log import assert_same_log, same
from scenarios import everything_happens, ladder, rows_of, with_tables

from pipeline_sim.engines import compiled_engine, simpy_engine
from pipeline_sim.engines.simpy_engine import Simulation
from pipeline_sim.errors import ScenarioError
from pipeline_sim.eventlog import EventLog
from pipeline_sim.randomness import run_key
from pipeline_sim.results.bundle import summarise
from pipeline_sim.rules.posts import posts_in_use
from pipeline_sim.rules.step_out import GUARANTEED
from pipeline_sim.scenario.blueprint import STEP_OUT_RULES, Blueprint
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.vocabulary import KINDS, Event, PoolKind, State

E = Event
GP = "general_practice"
Rows = list[dict[str, object]]
LEAVES = (E.RESIGNED, E.RELEASED, E.COMPLETED_CORE, E.COMPLETED_TRAINING, E.TRANSFERRED, E.DID_NOT_RETURN)


def funded(*dated: tuple[int, str]) -> dict[str, Rows]:
    return {"post_funding": [{"family": GP, "year": year, "funding": funding} for year, funding in dated]}


def requests(**chances: float) -> dict[str, Rows]:
    """Who asks to train part-time in general practice: nobody, but for the chances given."""
    never = dict.fromkeys(("start_female", "start_male", "ask_female", "ask_male", "back", "change"), 0)
    return {"ltft_requests": [{"family": GP, "order_from": 1, "year": 2025, **never, **chances}]}


ALL_AT_HALF = {
    "ltft_mix": [{"wte_percent": 50, "share": 1}],
    **requests(start_female=1, start_male=1),
}


def run(scenario: Scenario, years: int) -> tuple[Blueprint, EventLog]:
    """The log of both engines, which are the same."""
    blueprint = scenario.blueprint(years)
    log = simpy_engine.run(blueprint, 1)
    assert_same_log(log, compiled_engine.run(blueprint, 1), blueprint)
    return blueprint, log


def starts(log: EventLog) -> list[int]:
    """Months in which someone starts general practice."""
    return log.month[(log.event == E.STARTED_LEVEL) & (log.programme == 1) & (log.detail == 1)].tolist()


# by hand ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("heads", "spared", "by_head", "by_wte"), [
    (2, 0, 2, 2), (2, 99, 2, 2), (2, 100, 2, 1), (3, 150, 3, 2), (0, 0, 0, 0),
])  # fmt: skip
def test_a_post_of_which_a_part_is_used_is_not_free(heads, spared, by_head, by_wte):
    assert posts_in_use(heads, spared, 0) == by_head
    assert posts_in_use(heads, spared, 1) == by_wte


@given(st.lists(st.integers(1, 100), max_size=40), st.integers(0, 40))
def test_posts_in_use_hold_everyone_and_waste_less_than_one(hours, posts):
    """What is free beside a group of trainees never takes them over their posts."""
    used = posts_in_use(len(hours), sum(100 - wte for wte in hours), 1)
    assert 100 * (used - 1) < sum(hours) <= 100 * used
    assert (used <= posts) == (sum(hours) <= 100 * posts)


def test_two_half_timers_share_a_post_so_that_three_train_in_two_posts():
    """Two posts, everyone at 50 %. Two start; a year later the post they leave together takes a third."""
    two_posts = with_tables(ladder(2, 0), ALL_AT_HALF)
    _, by_head = run(with_tables(two_posts, funded((2025, "headcount"))), 5)
    assert starts(by_head) == [0, 0]
    _, by_wte = run(with_tables(two_posts, funded((2025, "wte"))), 5)
    assert starts(by_wte) == [0, 0, 12]


def test_the_half_that_is_left_goes_to_a_half_timer_who_comes_back():
    """One post: a half-timer is away for a year without it, and another half-timer and they share it.

    With headcount funding the first waits until the second has finished.
    """
    away = kind("oope", min_months=12, notice_months=12, final_year=0, return_rule="compete")
    tables: dict[str, Rows] = {
        **ALL_AT_HALF,
        "step_outs": [away],
        "step_out_lengths": [{"step_out": "oope", "months": 12, "share": 1, "returns": 1, "extension": 0}],
        "step_out_rates": [
            {"step_out": "oope", "family": GP, "year": year, "female": chance, "male": chance}
            for year, chance in ((2025, 1), (2026, 1), (2027, 0))
        ],
    }
    scenario = with_tables(ladder(1, 0), tables)
    for funding, waits in (("wte", False), ("headcount", True)):
        _, log = run(with_tables(scenario, funded((2025, funding))), 8)
        out, back = (log.month[log.event == event].tolist() for event in (E.STEPPED_OUT, E.STEPPED_IN))
        assert len(out) == 1 and len(starts(log)) == 2
        no_post = log.month[(log.event == E.BLOCKED) & (log.detail == PoolKind.TRAINING_POST)].tolist()
        if waits:
            assert no_post == [out[0] + 12] and all(month > no_post[0] for month in back)
        else:
            assert no_post == [] and back == [out[0] + 12]


def test_who_goes_back_to_full_time_keeps_the_post_and_nothing_is_advertised_meanwhile():
    """Ten posts. Ten start at 50 %, then five, then two, who work full time; within a year the fifteen all
    go back to full time. Seventeen fill ten posts until they finish, and then ten start.
    """
    half, full = ALL_AT_HALF["ltft_requests"][0], requests(back=1)["ltft_requests"][0]
    tables = {**ALL_AT_HALF, "ltft_requests": [half, {**full, "year": 2027}], **funded((2025, "wte"))}
    blueprint, log = run(with_tables(ladder(10, 0), tables), 7)
    assert starts(log) == [0] * 10 + [12] * 5 + [24] * 2 + [60] * 10
    back = log.month[log.event == E.CHANGED_HOURS]
    assert len(back) == 15 and back.min() > 24 and back.max() < 36
    assert log.month[log.event == E.COMPLETED_TRAINING].min() > 48
    advertised = (log.event == E.POSTS_ADVERTISED) & (log.programme == 1)
    assert set(log.month[advertised].tolist()) == {0, 6, 12, 18, 24, 54, 60}
    kpis = summarise(log, blueprint).kpis
    vacancy = kpis[kpis.kpi == f"post_vacancy_percent[programme={GP}]"].set_index("year").value
    assert (
        vacancy[2025] == 50 and vacancy[2026] == 20
    )  # half of the ten; then the whole posts free: 2.5 down to 2
    assert vacancy[2028] == -70


@pytest.mark.parametrize("funding", ["headcount", "wte"])
def test_full_timers_fill_posts_alike_however_these_are_funded(funding):
    plain = ladder(30, 10)
    _, log = run(with_tables(plain, funded((2025, funding))), 6)
    assert same(log, simpy_engine.run(plain.blueprint(6), 1))


def test_a_switch_counts_those_in_post_by_their_hours_from_that_august():
    """Ten half-timers in ten posts by head; from 2028 they fill five, and five more start that August."""
    scenario = with_tables(ladder(10, 0), ALL_AT_HALF)
    _, log = run(with_tables(scenario, funded((2025, "headcount"), (2028, "wte"))), 5)
    assert starts(log) == [0] * 10 + [36] * 5 + [48] * 2


def test_headcount_rows_are_no_table_at_all():
    scenario = everything_happens().scaled(0.3).with_values({"post_funding:funding": "headcount"})
    without = {name: table for name, table in scenario.tables.items() if name != "post_funding"}
    log = compiled_engine.run(scenario.blueprint(4), 2)
    assert same(log, compiled_engine.run(replace(scenario, tables=without).blueprint(4), 2))


def test_foundation_has_no_post_to_fund():
    scenario = everything_happens()
    rows: Rows = [{"family": "foundation", "year": 2025, "funding": "wte"}]
    with pytest.raises(ScenarioError, match="a family of specialty programmes"):
        with_tables(scenario, {"post_funding": rows})


# replayed from the log ----------------------------------------------------------------------------


def replay(blueprint: Blueprint, log: EventLog) -> tuple[dict[tuple[int, int], np.ndarray], dict]:
    """(hours held [heads, percent of full time, month's excuse] by pool and month) from the log alone.

    The excuse is the percent of full time that came in above the posts, if need be: hours that rose and
    guaranteed returns.
    """
    held_kind = blueprint.step_out_rules[..., STEP_OUT_RULES.index("held")] != 0
    guaranteed = blueprint.step_out_rules[..., STEP_OUT_RULES.index("claim")] == GUARANTEED
    changes: dict[tuple[int, int], np.ndarray] = defaultdict(lambda: np.zeros((blueprint.months, 3), int))
    holds: dict[int, tuple[int, int, int]] = {}  # person: programme, region, hours
    due: dict[int, tuple[int, tuple[int, int, int]]] = {}  # who is away: month of the post, and which

    def take(person, month, post, excused=False):
        holds[person] = post
        changes[post[:2]][month] += (1, post[2], post[2] if excused else 0)

    def leave(person, month):
        post = holds.pop(person)
        changes[post[:2]][month] -= (1, post[2], 0)

    columns = (log.month, log.person, log.event, log.programme, log.region, log.wte, log.detail)
    for month, person, event, programme, region, wte, detail in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        post = (programme, region, wte)
        if event == E.PRESENT_AT_START and detail == State.TRAINING:
            take(person, 0, post)
        elif event == E.STARTED_LEVEL and detail == 1:
            take(person, month, post)
        elif event == E.STEPPED_OUT:
            away = detail % KINDS
            if held_kind[month // 12, away]:
                continue
            leave(person, month)
            since = month + detail // KINDS
            if since < blueprint.months and guaranteed[since // 12, away]:
                due[person] = (since, post)
        elif event == E.CHANGED_HOURS and person in holds:
            before = holds[person]
            holds[person] = post
            changes[before[:2]][month] += (0, wte - before[2], max(0, wte - before[2]))
        elif event == E.STEPPED_IN:
            if person in due:
                since, was = due.pop(person)
                take(person, since, was, excused=True)
            elif person not in holds:
                take(person, month, post)
        elif event in LEAVES and (person in holds or person in due):
            due.pop(person, None)
            if person in holds:
                leave(person, month)
    for person, (since, was) in due.items():
        if since < blueprint.months and any((log.person == person) & (log.event == E.BLOCKED)
                                            & (log.month == since)):  # fmt: skip
            take(person, since, was, excused=True)
    levels = {pool: np.cumsum(change[:, :2], axis=0) for pool, change in changes.items()}
    return levels, {pool: change[:, 2] for pool, change in changes.items()}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("start", ["headcount", "wte"])
def test_pools_hold_what_the_log_says_and_only_returns_and_more_hours_exceed_the_posts(seed, start):
    scenario = everything_happens().scaled(0.5)
    rows = [{**row, "funding": start if row["year"] == 2025 else "wte"}
            for row in rows_of(scenario, "post_funding")]  # fmt: skip
    quarter = with_tables(scenario, {"post_funding": rows}).with_value("posts.general_practice:posts", 80)
    blueprint = quarter.blueprint(6)
    seen: dict[tuple[int, int], list[tuple[int, int, int, int]]] = defaultdict(list)

    def watch(month: int, alive: int, events: int) -> None:
        pools = simulation.pools
        for programme, of_programme in enumerate(simulation.post_pool):
            for region, k in enumerate(of_programme):
                hours = 100 * pools.used[k] - pools.spared[k]
                seen[programme, region].append((pools.used[k], hours, pools.target[k], pools.shared[k]))

    simulation = Simulation(blueprint, run_key(seed, 0), watch)
    levels, excuses = replay(blueprint, simulation.run())
    above = shared = 0
    for pool, level in levels.items():
        for month, (heads, hours, target, by_wte) in enumerate(seen[pool]):
            assert (heads, hours) == tuple(level[month]), (pool, month)
            assert posts_in_use(heads, 100 * heads - hours, by_wte) >= -(-hours // 100)
            if not by_wte:
                continue
            shared += heads > target
            before = level[month - 1, 1] if month else hours
            if hours > 100 * target:
                above += 1
                assert hours <= max(before, 100 * target) + excuses[pool][month], (pool, month)
    assert shared and above


def test_kpis_of_posts_count_whole_posts_that_are_free():
    """The vacancy of a programme funded by WTE is what is free of its posts, as the rounds see it."""
    scenario = everything_happens().scaled(0.5).with_values({"post_funding:funding": "wte"})
    blueprint, log = run(scenario, 4)
    chosen = (log.level == PoolKind.TRAINING_POST) & (log.person == 0)
    of_pool = {}
    for event in (E.POOL_CAPACITY, E.POOL_IN_USE):
        rows = np.flatnonzero(chosen & (log.event == event))
        places = (log.programme[rows].tolist(), log.region[rows].tolist(), log.month[rows].tolist())
        of_pool[event] = dict(zip(zip(*places, strict=True), log.detail[rows].tolist(), strict=True))
    levels, _ = replay(blueprint, log)
    assert of_pool[E.POOL_IN_USE]
    fewer = 0
    for (programme, region, month), in_use in of_pool[E.POOL_IN_USE].items():
        heads, hours = levels[programme, region][month]
        assert in_use == -(-hours // 100)
        fewer += in_use < heads
    assert fewer
    assert set(flexible_tables(scenario)["post_funding"][0]) == {"family", "year", "funding"}
