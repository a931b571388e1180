"""Both engines live the same life: equal logs, row for row, and so equal results, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import EXPLORING
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_scenarios import random_scenario
from same_log import assert_same_log
from scenarios import everything_happens, rows_of, with_tables

from pipeline_sim.engines import compiled_engine, simpy_engine
from pipeline_sim.eventlog import EventLog
from pipeline_sim.results.bundle import summarise
from pipeline_sim.results.output import OutputFolder
from pipeline_sim.scenario.blueprint import (
    FOUNDATION_RULES,
    OVERSUBSCRIPTION_RULES,
    ROUND_TRACKS,
    TIER_STAGES,
    Blueprint,
)
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.vocabulary import Event, PoolKind

SMALL = 0.2
YEARS = 4
MONTHS = [f"{2025 + (month < 8)}-{month:02}" for month in (8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 7)]


def small() -> Scenario:
    return everything_happens().scaled(SMALL).with_years(YEARS)


def changed(edits: Mapping[str, object]) -> Scenario:
    return small().with_values(edits)


def agreed_log(blueprint: Blueprint, seed: int = 1, rep: int = 0) -> EventLog:
    """The log that both engines write; fails if there are two."""
    log = simpy_engine.run(blueprint, seed, rep)
    assert_same_log(log, compiled_engine.run(blueprint, seed, rep), blueprint)
    return log


def count(log: EventLog, event: Event) -> int:
    return int((log.event == event).sum())


# the bundled bases -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 2**40])
def test_teaching(seed):
    agreed_log(load_scenario("teaching").blueprint(), seed)


@pytest.mark.parametrize(("scale", "years", "seed"), [(0.02, 6, 1), (0.05, 2, 2)])
def test_england_in_small(scale, years, seed):
    agreed_log(load_scenario("england").scaled(scale).blueprint(years), seed)


def test_another_replication():
    blueprint = small().blueprint()
    first, second = agreed_log(blueprint, 1, rep=0), agreed_log(blueprint, 1, rep=1)
    assert len(first) != len(second)


def written(log: EventLog, blueprint: Blueprint, folder: Path) -> dict[str, bytes]:
    with OutputFolder(folder, blueprint) as output:
        output.append_events(log, 0)
        output.write([summarise(log, blueprint)], {}, {})
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize(("name", "scale", "years"), [("teaching", 1, 10), ("england", 0.02, 4)])
def test_the_files_of_both_engines_have_the_same_bytes(name, scale, years, tmp_path):
    blueprint = load_scenario(name).scaled(scale).blueprint(years)
    files = [
        written(engine.run(blueprint, 5), blueprint, tmp_path / str(k))
        for k, engine in enumerate((simpy_engine, compiled_engine))
    ]
    assert {"events.parquet", "kpis.csv", "flows.parquet", "census.parquet"} < set(files[0])
    assert [name for name in files[0] if files[0][name] != files[1][name]] == []


def test_both_tell_the_same_progress():
    told: list[list[tuple[int, int, int]]] = []
    for engine in (simpy_engine, compiled_engine):
        calls: list[tuple[int, int, int]] = []
        engine.run(small().blueprint(), 1, 0, lambda *now, calls=calls: calls.append(now))
        told.append(calls)
    assert told[0] == told[1]
    assert len(told[0]) == 12 * YEARS


def test_one_run_leaves_nothing_behind_for_the_next():
    """Buffers may be reused from run to run; what is in them may not."""
    large, little = load_scenario("teaching").blueprint(3), small().blueprint()
    for blueprint in (little, large, little):
        agreed_log(blueprint)


# rules ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("oversubscription", OVERSUBSCRIPTION_RULES)
@pytest.mark.parametrize("rule", FOUNDATION_RULES)
def test_foundation_rules(rule, oversubscription):
    scenario = changed(
        {
            "foundation_rules:rule": rule,
            "foundation_rules:oversubscription": oversubscription,
            "foundation_places.main:places": 60,
        }
    )
    log = agreed_log(scenario.blueprint())
    beyond = Event.FOUNDATION_PLACEHOLDER if oversubscription == "placeholder" else Event.FOUNDATION_RESERVE
    assert count(log, beyond)


@pytest.mark.parametrize("rule", ["hard", "soft"])
def test_supervision_rules_when_supervisors_are_few(rule):
    scenario = changed(
        {
            "supervision.rule": rule,
            "supervision_groups.general_practice:gp_units": 10,
            "supervision_groups.medicine:consultant_units": 30,
        }
    )
    log = agreed_log(scenario.blueprint())
    assert (log.detail[log.event == Event.BLOCKED] == PoolKind.SUPERVISOR).any() == (rule == "hard")


@pytest.mark.parametrize("months", [0, 24])
@pytest.mark.parametrize("stage", TIER_STAGES)
def test_tiers_of_applicants(stage, months):
    scenario = changed({"recruitment_rules:tier_stage": stage, "recruitment_rules:tier_nhs_months": months})
    agreed_log(scenario.blueprint())


@pytest.mark.parametrize("track", ROUND_TRACKS)
@pytest.mark.parametrize("name", ["round_1", "round_2", "round_3"])
def test_tracks_of_rounds(name, track):
    agreed_log(changed({f"rounds.{name}:track": track}).blueprint())


@pytest.mark.parametrize("month", [1, 3, 7, 9, 12])
def test_side_rounds_in_any_month(month):
    scenario = changed({"rounds.round_3:month": month, "rounds.february_reapplies": 1})
    agreed_log(scenario.blueprint())


def test_no_round_but_those_of_august():
    scenario = small()
    tables = {
        name: [row for row in rows_of(scenario, name) if row["round"] != "round_3"]
        for name in ("rounds", "round_programmes")
    }
    log = agreed_log(with_tables(scenario, tables).blueprint())
    assert set(log.month[log.event == Event.APPLIED] % 12) == {0}


# starts and horizons -------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", MONTHS)
def test_a_start_in_any_month(start):
    scenario = replace(everything_happens().scaled(SMALL), start=start)
    agreed_log(scenario.blueprint(2))


@pytest.mark.parametrize("years", [1, 25])
def test_short_and_long_horizons(years):
    agreed_log(everything_happens().scaled(0.1).blueprint(years))


# capacities --------------------------------------------------------------------------------------------

FEW = {
    "posts:posts": 60,
    "practice_places:places": 45,
    "placements:places": 120,
    "placements:background": 0,
    "placements.hospital:places": 200,
    "foundation_places:places": 30,
    "supervision_groups.general_practice:gp_units": 18,
    "supervision_groups.medicine:consultant_units": 60,
}
NOTHING = dict.fromkeys(FEW, 0) | {"posts:posts": 1}
MANY = dict.fromkeys(FEW, 5000) | {"placements:background": 0}


def test_everything_scarce():
    log = agreed_log(changed(FEW | {"foundation_rules:oversubscription": "placeholder"}).blueprint(8))
    causes = set(log.detail[np.isin(log.event, [Event.BLOCKED, Event.PLACEMENT_BLOCKED])].tolist())
    assert {PoolKind.HOSPITAL_PLACEMENT, PoolKind.SUPERVISOR, PoolKind.PRACTICE_PLACE} <= causes
    assert count(log, Event.COMPLETED_TRAINING)


def test_no_capacity_at_all():
    log = agreed_log(changed(NOTHING).blueprint())
    assert count(log, Event.PLACEMENT_BLOCKED)


def test_everything_abundant():
    log = agreed_log(changed(MANY).blueprint())
    assert not count(log, Event.BLOCKED) and not count(log, Event.PLACEMENT_BLOCKED)


def test_capacity_that_comes_and_goes():
    dated: dict[str, object] = {}
    for region in ("middleshire", "northshire"):
        for programme in ("general_practice", "core_medicine", "cardiology"):
            for year, posts in ((2026, 0), (2027, 400), (2028, 20)):
                dated[f"posts.{programme}.{region}.{year}"] = posts
        for year, places in ((2026, 0), (2028, 90)):
            dated[f"practice_places.{region}.{year}"] = places
    agreed_log(changed(dated).blueprint(6))


# people --------------------------------------------------------------------------------------------------

ARRIVING = {"arrivals:people": 0, "intake:students": 0}
PRESENT = {
    "student_stock:students": 0,
    "trainee_stock:trainees": 0,
    "outside_stock:people": 0,
    "workforce_stock:doctors": 0,
}


def test_nobody_arrives():
    agreed_log(changed(ARRIVING).blueprint(8))


def test_nobody_is_there_at_the_start():
    nobody = {
        **PRESENT,
        "streams.overseas_consultants:state": "abroad",
        "streams.overseas_gps:state": "break",
    }
    agreed_log(changed(nobody).blueprint(12))


def test_nobody_at_all():
    log = agreed_log(changed({**ARRIVING, **PRESENT}).blueprint())
    assert set(log.person.tolist()) == {0}


def test_one_programme():
    scenario = load_scenario("teaching")
    kept = ("foundation", "general_practice")
    tables = {
        name: [row for row in rows_of(scenario, name) if row["programme"] in kept]
        for name, table in scenario.tables.items()
        if "programme" in table.columns
    }
    growth = rows_of(scenario, "demand_growth")
    tables["demand_growth"] = [row for row in growth if row["family"] in kept]
    log = agreed_log(with_tables(scenario, tables).scaled(0.4).blueprint(6))
    assert set(log.programme[log.event == Event.STARTED_LEVEL].tolist()) == {1}


# chances at their extremes -------------------------------------------------------------------------------

HAZARDS = (
    "route_years:repeat", "route_years:leave", "routes:applies_for_foundation", "programmes:resignation",
    "programmes:development", "programmes:extra_time", "programmes:release", "outside:apply",
    "outside:leave", "outside:to_sas", "outside:to_locally_employed", "exits:leave",
    "streams:first_tier_share", "foundation.withdrawal", "foundation.f1_extension",
    "foundation.f1_release", "foundation.f2_extension", "foundation.practice_share",
    "foundation.priority_opt_in", "foundation.reserve_reapplies", "rounds.decline", "rounds.no_response",
    "rounds.upgrade_opt_in", "rounds.withdraw_before_start", "rounds.readvert_reapplies",
    "rounds.february_reapplies", "rounds.higher_first", "practice.portfolio", "practice.sas_applies",
    "stock.off_cycle_share",
)  # fmt: skip


@pytest.mark.parametrize("hazard", HAZARDS)
def test_what_always_happens_and_what_never_does(hazard):
    for chance in (0, 1):
        agreed_log(changed({hazard: chance}).blueprint())


@pytest.mark.parametrize("chance", [0, 1])
def test_all_hazards_at_once(chance):
    agreed_log(changed(dict.fromkeys(HAZARDS, chance)).blueprint())


@pytest.mark.parametrize("percent", [1, 33, 99])
def test_everyone_part_time(percent):
    scenario = changed({"programmes:ltft_share": 1})
    mixed = with_tables(scenario, {"ltft_mix": [{"wte_percent": percent, "share": 1}]})
    agreed_log(mixed.blueprint(8 if percent == 33 else YEARS))


def test_nobody_part_time():
    agreed_log(changed({"programmes:ltft_share": 0}).blueprint())


LENGTHS: dict[str, dict[str, object]] = {
    "levels of a month": {"levels:months": 1},
    "levels of uneven length": {"levels:months": 7.77},
    "long levels": {"levels:months": 31},
    "no extension": {"programmes:extension_months": 0, "foundation.extension_months": 0},
    "long extensions": {"programmes:extension_months": 24, "programmes:extension_cap_months": 60},
    "breaks of a month": {"practice.break_min_months": 1, "practice.break_max_months": 1},
    "moves at once": {"after_f2:min_months": 0, "after_f2:max_months": 0},
    "heavy supervision": {"levels:supervision_load": 2},
    "no supervision": {"levels:supervision_load": 0},
    "all training in practices": {"levels.general_practice:practice_share": 1},
}


@pytest.mark.parametrize("lengths", list(LENGTHS))
def test_lengths_and_loads(lengths):
    agreed_log(changed(LENGTHS[lengths]).blueprint())


# generated scenarios ----------------------------------------------------------------------------------


@settings(
    max_examples=400 if EXPLORING else 60,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # another number is another scenario
)
@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_random_scenarios(number, seed):
    agreed_log(random_scenario(number).blueprint(), seed)


# at full size -----------------------------------------------------------------------------------------


@pytest.mark.verify
def test_twenty_years_of_england_row_for_row():
    log = agreed_log(load_scenario("england").blueprint(20), 1)
    assert len(log) > 10**7


@pytest.mark.verify
@pytest.mark.parametrize("start", ["2025-10", "2026-04"])
def test_a_quarter_of_england_from_other_months(start):
    scenario = replace(load_scenario("england").scaled(0.25), start=start)
    agreed_log(scenario.blueprint(8), 3)
