"""Posts that move between regions and school places awarded anew: by hand, and in both engines' logs."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from same_log import assert_same_log, same
from scenarios import Row, everything_happens, ladder, rows_of, with_second_region, with_tables

from pipeline_sim.engines import compiled_engine, simpy_engine
from pipeline_sim.errors import ScenarioError
from pipeline_sim.eventlog import EventLog
from pipeline_sim.results.bundle import summarise
from pipeline_sim.rules.redistribution import (
    most_that_leave,
    moves,
    posts_that_move,
    supervision_of_a_post,
)
from pipeline_sim.scenario.arrays import threshold
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.scenario.build_redistribution import _with_moved
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.scenario.shares import in_proportion
from pipeline_sim.vocabulary import Event, PoolKind, State

GP = "general_practice"
SOUTH, NORTH = "middleshire", "northshire"
ANYONE = [100, 100]


def array(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def moved(posts, free, weights, pace, room) -> list[int]:
    arguments = (array(*numbers) for numbers in (posts, free, weights))
    return posts_that_move(*arguments, threshold(pace), array(*room)).tolist()


# the rule by hand ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "weights", "parts"), [(10, (1, 1), [5, 5]), (10, (1, 2), [3, 7]), (1, (1, 1, 1), [0, 1, 0])]
)
def test_a_number_is_shared_out_like_the_weights(total, weights, parts):
    assert in_proportion(total, array(*weights)).tolist() == parts


@given(st.integers(0, 10**8), st.lists(st.integers(0, 65_536), min_size=1, max_size=14).filter(any))
def test_no_part_of_a_number_shared_out_is_lost_or_negative(total, weights):
    parts = in_proportion(total, array(*weights))
    assert parts.sum() == total
    assert (parts >= 0).all()
    assert (abs(parts - total * np.array(weights) / sum(weights)) < 1.01).all()


def test_a_vacated_post_moves_to_where_it_is_wanted():
    assert moved([60, 40], [3, 0], [1, 1], 1, ANYONE) == [-3, 3]


def test_a_post_that_someone_sits_in_does_not_move():
    assert moved([60, 40], [0, 0], [1, 1], 1, ANYONE) == [0, 0]
    assert moved([60, 40], [-2, 5], [1, 1], 1, ANYONE) == [0, 0]


def test_no_more_move_than_are_wanted():
    assert moved([60, 40], [30, 0], [1, 1], 1, ANYONE) == [-10, 10]


def test_no_more_move_than_supervisors_could_look_after():
    assert moved([60, 40], [30, 0], [1, 1], 1, [0, 4]) == [-4, 4]
    assert moved([60, 40], [30, 0], [1, 1], 1, [50, 0]) == [0, 0]


def test_the_pace_is_a_share_of_the_region_that_loses_rounded_up():
    assert moved([60, 40], [30, 0], [1, 1], 0.05, ANYONE) == [-3, 3]
    assert most_that_leave(array(60, 61, 1, 0), threshold(0.05)).tolist() == [3, 4, 1, 0]


def test_without_pace_or_targets_nothing_moves():
    assert moved([60, 40], [30, 0], [1, 1], 0, ANYONE) == [0, 0]
    assert moved([60, 40], [30, 0], [0, 0], 1, ANYONE) == [0, 0]


def test_the_farthest_from_their_target_give_and_get_first():
    # targets 40 each: surpluses 20 and 10, shortages 25 and 5
    assert moved([60, 50, 15, 35], [9, 9, 0, 0], [1, 1, 1, 1], 0.1, [9, 9, 8, 9]) == [-6, -5, 8, 3]


numbers = st.lists(st.integers(0, 60), min_size=4, max_size=4)


@given(numbers, st.lists(st.integers(-5, 30), min_size=4, max_size=4), numbers, st.floats(0, 1), numbers)
def test_moves_keep_the_total_and_every_limit(posts, free, weights, pace, room):
    change = np.array(moved(posts, free, weights, pace, room))
    assert change.sum() == 0
    assert (change >= -np.maximum(free, 0)).all()
    assert (change <= room).all()
    assert (-change <= most_that_leave(np.array(posts), threshold(pace))).all()
    if change.any():
        target = in_proportion(sum(posts), array(*weights))
        assert (abs(posts + change - target) <= abs(posts - target)).all()


def one_programme(load: int = 100) -> SimpleNamespace:
    """Programme 1 of group 1, whose trainees take ``load`` units of a supervisor; programme 2 beside it."""
    return SimpleNamespace(
        programme_group=array(0, 1, 1),
        level_first=array(0, 1, 2),
        level_count=array(1, 1, 1),
        level_supervisor_units=array(100, load, 100),
        level_wte_hundredths=array(1200, 1200, 1200),
        redistribution_pace=np.array([[0, 1 << 32, 0]]),
        redistribution_weight=np.array([[[0, 0], [1, 1], [0, 0]]]),
    )


def change_of_a(blueprint: SimpleNamespace, free, people, capacity, in_use) -> list[int]:
    """Of programme 1, with 60 and 40 posts; programme 2 has 10 in each region, all taken."""
    posts = np.array([[0, 0], [60, 40], [10, 10]])
    table = [[0, 0], free, [0, 0]]
    heads = [[0, 0], people, [10, 10]]
    supervisors = np.array([[0, 0], capacity]), np.array([[0, 0], in_use])
    return moves(blueprint, 0, posts, np.array(table), np.array(heads), *supervisors)[1].tolist()


def test_room_is_what_is_left_when_every_post_of_the_group_has_a_trainee():
    # northshire: 38 in post, 2 posts free, 10 of the other programme = 50 supervisors
    for capacity, change in ((5400, 4), (5000, 0), (5399, 3), (9900, 10)):
        assert change_of_a(one_programme(), [12, 2], [48, 38], [9000, capacity], [0, 0]) == [-change, change]


def test_supervisors_in_use_for_others_leave_no_room():
    assert change_of_a(one_programme(), [12, 2], [48, 38], [9000, 9900], [0, 9700]) == [-2, 2]


def test_training_that_takes_no_supervisor_moves_freely():
    assert change_of_a(one_programme(load=0), [12, 2], [48, 38], [0, 0], [0, 0]) == [-10, 10]


def test_a_post_takes_the_mean_of_its_levels():
    levels = SimpleNamespace(
        level_first=array(0, 2), level_count=array(2, 0), level_supervisor_units=array(50, 100),
        level_wte_hundredths=array(2400, 1200),
    )  # fmt: skip
    assert supervision_of_a_post(levels) == [67, 0]


# in both engines ----------------------------------------------------------------------------------


def run(scenario: Scenario, years: int) -> tuple[Blueprint, EventLog]:
    """The log of both engines, which are the same."""
    blueprint = scenario.blueprint(years)
    log = simpy_engine.run(blueprint, 1)
    assert_same_log(log, compiled_engine.run(blueprint, 1), blueprint)
    return blueprint, log


def towards_north(pace: float, *later: tuple[int, float], weight: float = 3) -> dict[str, list[Row]]:
    """General practice is to have as many posts in the north as ``weight`` to one."""
    return {
        "redistribution_targets": [
            {"programme": GP, "region": region, "year": 2025, "weight": w}
            for region, w in ((SOUTH, 1), (NORTH, weight))
        ],
        "redistribution_pace": [
            {"programme": GP, "year": year, "pace": share} for year, share in ((2025, pace), *later)
        ],
    }


def two_regions(gp_posts: int = 60, gp_stock: int = 20) -> Scenario:
    """The ladder in two equal regions: a third of the trainees finish each August."""
    return with_second_region(ladder(gp_posts=gp_posts, gp_stock=gp_stock))


def capacity(log: EventLog, region: int, kind: PoolKind = PoolKind.TRAINING_POST) -> list[int]:
    """Posts of general practice, or units of another kind, at each November's reading."""
    chosen = (log.event == Event.POOL_CAPACITY) & (log.level == kind) & (log.programme == 1)
    return log.detail[chosen & (log.region == region)].tolist()


def test_posts_move_at_the_pace_as_trainees_finish_and_no_faster():
    _, log = run(with_tables(two_regions(), towards_north(0.1)), 4)
    assert capacity(log, 0) == [54, 48, 43, 38]  # a tenth of 60, 54, 48 and 43, rounded up
    assert capacity(log, 1) == [66, 72, 77, 82]


def test_nobody_who_trains_is_moved():
    _, log = run(with_tables(two_regions(), towards_north(1)), 4)
    assert capacity(log, 0) == [40, 30, 30, 30]  # twenty finish in the first August, the rest stay
    assert capacity(log, 1) == [80, 90, 90, 90]
    first: dict[int, int] = {}
    for person, region in zip(log.person[_starts(log)], log.region[_starts(log)], strict=True):
        assert first.setdefault(person, region) == region


def _starts(log: EventLog) -> np.ndarray:
    return (log.event == Event.STARTED_LEVEL) & (log.programme == 1)


def test_posts_in_which_everyone_stays_do_not_move():
    scenario = with_tables(two_regions(), towards_north(1))
    _, log = run(scenario.with_values({"levels.general_practice:months": 60}), 2)
    in_post = (log.event == Event.PRESENT_AT_START) & (log.detail == State.TRAINING)
    assert in_post.any()
    assert capacity(log, 0)[0] >= int((log.region[in_post] == 0).sum()) - 60  # all that nobody sat in
    used = (log.event == Event.POOL_IN_USE) & (log.level == PoolKind.TRAINING_POST) & (log.programme == 1)
    assert (log.detail[used] <= np.array(capacity(log, 0) + capacity(log, 1)).max()).all()


def test_posts_do_not_go_where_nobody_could_supervise():
    scenario = with_tables(two_regions(), towards_north(1))
    edits = {f"workforce_stock.gp.{GP}.{NORTH}:doctors": 0}
    _, log = run(scenario.with_values(edits), 3)
    assert capacity(log, 1)[0] == 60


def test_a_dated_pace_acts_from_its_august_and_stops_at_another():
    _, log = run(with_tables(two_regions(), towards_north(0, (2026, 0.1), (2028, 0))), 5)
    assert capacity(log, 0) == [60, 54, 48, 48, 48]


def test_without_pace_the_log_is_as_without_the_tables():
    plain, still = two_regions(), with_tables(two_regions(), towards_north(0))
    assert same(run(plain, 3)[1], run(still, 3)[1])


def test_posts_cut_below_what_has_left_do_not_become_negative():
    scenario = with_tables(two_regions(), towards_north(1))
    posts = [*rows_of(scenario, "posts"), {"programme": GP, "region": SOUTH, "year": 2027, "posts": 10}]
    _, log = run(with_tables(scenario, {"posts": posts}), 4)
    assert capacity(log, 0)[1] == 30 and min(capacity(log, 0)[2:], default=0) >= 0
    assert all(north > 0 for north in capacity(log, 1))


def test_both_engines_move_the_same_posts_when_everything_happens():
    blueprint = everything_happens().scaled(0.2).blueprint(5)
    for seed in (1, 2):
        log = simpy_engine.run(blueprint, seed)
        assert_same_log(log, compiled_engine.run(blueprint, seed), blueprint)
        moved = (log.event == Event.POOL_CAPACITY) & (log.level == PoolKind.TRAINING_POST)
        assert (
            log.detail[moved]
            != blueprint.posts[log.month[moved] // 12, log.programme[moved], log.region[moved]]
        ).any()


# settling -------------------------------------------------------------------------------------------


def settled(tables: dict[str, list[Row]]) -> tuple[int, int]:
    """First GP posts in the region of training and elsewhere, of those who completed in the south."""
    scenario = two_regions().with_values({"after_cct:share": 0, "after_cct.gp.0:share": 1})
    _, log = run(with_tables(scenario, tables), 3)
    done = (log.event == Event.COMPLETED_TRAINING) & (log.region == 0) & (log.month >= 12)
    post = (log.event == Event.STARTED_PRACTICE) & np.isin(log.person, log.person[done])
    return int((log.region[post] == 0).sum()), int((log.region[post] == 1).sum())


def test_a_region_can_keep_all_whom_it_trained_from_a_year_on():
    kept, left = settled({"settlement": [{"region": SOUTH, "year": 2026, "stay": 1}]})
    assert kept > 0 and left == 0


def test_a_region_can_lose_them_to_where_the_pull_is():
    regions = [dict(row, settle=float(row["region"] == NORTH)) for row in rows_of(two_regions(), "regions")]
    tables: dict[str, list[Row]] = {"regions": regions}
    kept, left = settled(tables | {"settlement": [{"region": SOUTH, "year": 2025, "stay": 0}]})
    assert kept == 0 and left > 0
    kept, left = settled(tables)
    assert kept > 0 and left > 0


def test_who_was_paid_stays_where_they_trained_and_others_settle_as_before():
    regions = [dict(row, settle=float(row["region"] == NORTH)) for row in rows_of(two_regions(), "regions")]
    tables: dict[str, list[Row]] = {
        "regions": regions, "settlement": [{"region": SOUTH, "year": 2025, "stay": 0}],
    }  # fmt: skip

    def paid(programme: str, region: str, year: int, more_stay: float | None) -> tuple[int, int]:
        row: Row = {"programme": programme, "region": region, "year": year, "pounds": 0}
        return settled(tables | {"incentives": [{**row, "more_stay": more_stay}]})

    nobody = paid(GP, SOUTH, 2025, None)
    assert nobody[0] == 0 and nobody[1] > 0
    assert paid(GP, SOUTH, 2025, 1) == nobody[::-1]
    assert paid(GP, NORTH, 2025, 1) == paid("cardiology", SOUTH, 2025, 1) == nobody
    some = paid(GP, SOUTH, 2026, 0.5)
    assert 0 < some[0] < nobody[1] and sum(some) == nobody[1]


# indicators ---------------------------------------------------------------------------------------


def test_the_indicators_count_the_moves():
    blueprint, log = run(with_tables(two_regions(), towards_north(0.1)), 4)
    kpis = summarise(log, blueprint).kpis.set_index(["kpi", "year"])["value"]
    assert [kpis["posts_redistributed", year] for year in range(2025, 2029)] == [6, 6, 5, 5]
    assert kpis[f"posts_redistributed[programme={GP},region={NORTH}]", 2027] == 5
    assert kpis[f"posts_won[region={SOUTH}]", 2028] == -22
    assert kpis[f"posts_won[programme={GP},region={NORTH}]", 2028] == 22


def test_without_targets_there_is_no_indicator():
    blueprint, log = run(two_regions(), 2)
    assert not summarise(log, blueprint).kpis["kpi"].str.startswith("posts_redistributed").any()


def test_where_no_post_moves_the_indicator_is_0():
    blueprint, log = run(with_tables(two_regions(), towards_north(0)), 2)
    kpis = summarise(log, blueprint).kpis
    assert (kpis[kpis["kpi"] == "posts_redistributed"]["value"] == 0).all()
    assert not kpis["kpi"].str.startswith("posts_won").any()


# contestable school places -------------------------------------------------------------------------


def awarded(
    *rules: tuple[int, float, int, str], people=(500_000, 500_000), doctors=(100, 100), intake=(100, 100)
) -> list[list[int]]:
    """Places of one route by year in two regions."""
    scenario = two_regions()
    edits: dict[str, object] = {"workforce_stock:doctors": 0}
    for region, count, places in zip((SOUTH, NORTH), doctors, intake, strict=True):
        edits[f"workforce_stock.gp.{GP}.{region}:doctors"] = count
        edits[f"intake.standard.{region}:students"] = places
    tables: dict[str, list[Row]] = {
        "population": [
            {"region": region, "year": 2025, "people": count, "need_weight": 1}
            for region, count in zip((SOUTH, NORTH), people, strict=True)
        ],
        "contestable": [
            dict(zip(("year", "share", "period_years", "criterion"), rule, strict=True)) for rule in rules
        ],
    }
    return with_tables(scenario.with_values(edits), tables).blueprint(7).intake[:, 0].tolist()


def test_places_go_to_the_people_every_so_many_years():
    made = awarded((2026, 0.1, 3, "population"), people=(200_000, 600_000))
    assert made[0] == [100, 100]
    assert made[1:4] == [[95, 105]] * 3  # of 20 places 5 and 15
    assert made[4:7] == [[90, 110]] * 3  # of 10 and 11 (10.5 rounded) again 5 and 15, and one more


def test_places_go_to_the_region_that_is_short_of_doctors():
    made = awarded((2025, 0.1, 10, "under_doctored"), doctors=(300, 100))
    assert made == [[90, 110]] * 7


def test_regions_equally_served_share_by_people():
    assert awarded((2025, 0.1, 10, "under_doctored"), people=(1, 3), doctors=(100, 300))[0] == [95, 105]


def test_a_region_without_a_medical_school_gets_no_places():
    edits = awarded((2025, 0.5, 1, "population"), intake=(100, 0))
    assert edits == [[100, 0]] * 7


def test_awards_begin_when_the_share_does_and_end_with_it():
    made = awarded((2025, 0, 2, "population"), (2027, 0.2, 2, "population"), (2029, 0, 2, "population"),
                   people=(0, 1))  # fmt: skip
    assert made == [[100, 100]] * 2 + [[80, 120]] * 5  # not back, and no more


@given(st.lists(st.integers(0, 50), min_size=3, max_size=3), st.integers(-60, 60), st.integers(-60, 60))
def test_what_was_won_never_leaves_a_region_with_less_than_nothing(places, a, b):
    now = _with_moved(np.array(places), np.array([a, b, -a - b]))
    assert now.sum() == sum(places)
    assert (now >= 0).all()


def test_awards_change_who_studies_where_in_both_engines():
    scenario = everything_happens().scaled(0.2)
    without = with_tables(scenario, {"contestable": []}).blueprint(3)
    blueprint, log = run(scenario, 3)
    assert (blueprint.intake.sum(axis=2) == without.intake.sum(axis=2)).all()
    entered = (log.event == Event.ENTERED_MEDICAL_SCHOOL) & (log.month >= 12)
    by_region = np.bincount(log.region[entered])
    assert by_region.tolist() == blueprint.intake[1:3].sum(axis=(0, 1)).tolist()
    assert (blueprint.intake[1] != without.intake[1]).any()


# mistakes -----------------------------------------------------------------------------------------


def problems(tables: dict[str, list[Row]]) -> list[str]:
    scenario = load_scenario("teaching")
    others = {name: table for name, table in scenario.tables.items() if name != "population"}
    with pytest.raises(ScenarioError) as caught:
        with_tables(replace(scenario, tables=others), tables)
    return [str(problem) for problem in caught.value.problems]


def test_mistakes_are_told_with_their_place():
    target = {"region": SOUTH, "year": 2025, "weight": 1}
    told = problems(
        {
            "redistribution_targets": [{"programme": "foundation", **target}],
            "redistribution_pace": [{"programme": "cardiology", "year": 2025, "pace": 0.1}],
            "contestable": [{"year": 2025, "share": 0.1, "period_years": 3, "criterion": "population"}],
        }
    )
    assert any("redistribution_targets.csv:2 column programme" in line for line in told)
    assert any("redistribution_pace.csv:2" in line and "without targets" in line for line in told)
    assert any("contestable.csv" in line and "population.csv" in line for line in told)
