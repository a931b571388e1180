"""What dated edits do to a run: both engines alike, the past as it was, and nothing where nothing changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from same_log import assert_same_log, same
from scenarios import everything_happens

from pipeline_sim.engines import compiled_engine, simpy_engine
from pipeline_sim.eventlog import EventLog
from pipeline_sim.scenario.dating import AT_THE_START, NUMBERS, STRUCTURE
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.policies import Edit, Policy
from pipeline_sim.scenario.schema import setting_specs

YEARS, SEED = 6, 3
SCENARIO = everything_happens()
MONTH = "2027-11"  # 27 months after the start
ADD_TO_ONE = ("share", "apply_", "list_")  # columns whose cells do: half of them breaks a check


def undated(kinds: tuple[str, ...] = NUMBERS) -> list[str]:
    """Every number without a year that the scenario has and a policy may change during a run."""
    settings = {name: setting.column for name, setting in setting_specs().items()}
    columns = {
        f"{name}:{column.name}": column
        for name, table in SCENARIO.tables.items()
        if name not in (*AT_THE_START, "settings", "sources") and not table.spec.carry
        for column in table.spec.values
        if column.name not in STRUCTURE.get(name, ()) and not column.name.startswith(ADD_TO_ONE)
    }
    return sorted(
        name
        for name, column in (settings | columns).items()
        if column.kind in kinds and name not in STRUCTURE["settings"]
    )


def halved(name: str, begins: str = MONTH) -> Edit:
    """Half of what it is, or one less where half is not whole."""
    return Edit(name, "multiply", 0.5, begins=begins)


def both(scenario: Scenario) -> EventLog:
    """The log of a scenario, once both engines have told it alike."""
    blueprint = scenario.blueprint(YEARS)
    log = compiled_engine.run(blueprint, SEED)
    assert_same_log(simpy_engine.run(blueprint, SEED), log, blueprint)
    return log


def before(log: EventLog, month: int) -> EventLog:
    return log.part(slice(0, int(np.searchsorted(log.month, month))))


@pytest.fixture(scope="module")
def base() -> EventLog:
    return compiled_engine.run(SCENARIO.blueprint(YEARS), SEED)


def applicable(names: list[str]) -> Policy:
    """A policy that halves each of these, but those whose half breaks a check."""
    edits = tuple(halved(name) for name in names if not problems([halved(name)]))
    return Policy("halves", "Halves", edits)


def problems(edits: list[Edit]) -> bool:
    from pipeline_sim.errors import ScenarioError

    try:
        SCENARIO.with_policy(Policy("one", "One", tuple(edits)))
    except ScenarioError:
        return True
    return False


@pytest.mark.parametrize("part", range(4))
def test_both_engines_change_every_value_in_the_same_month(part: int, base: EventLog) -> None:
    names = undated()[part::4]
    policy = applicable(names)
    assert len(policy.edits) > 0.8 * len(names)
    log = both(SCENARIO.with_policy(policy))
    assert same(before(base, 27), before(log, 27))
    assert not same(base, log)


SHARES = ("after_f2", "resignation_destinations", "ltft_mix")


def test_shares_may_change_places_at_a_date(base: EventLog) -> None:
    edits = []
    for name in SHARES:
        table = SCENARIO.tables[name]
        shares = table["share"]
        for key, share in zip(table.keys, (*shares[1:], shares[0]), strict=True):
            edits.append(Edit(f"{name}.{key[0]}:share", "set", share, begins=MONTH))
    log = both(SCENARIO.with_policy(Policy("swap", "Swap", tuple(edits))))
    assert same(before(base, 27), before(log, 27))
    assert not same(base, log)


SEATS = st.lists(
    st.builds(
        Edit,
        st.sampled_from(["levels:practice_share", "levels:supervision_load", "foundation.practice_months"]),
        st.just("multiply"),
        st.sampled_from([0.0, 0.4, 0.75, 1.0]),
        begins=st.sampled_from(["2026-10", "2027-08", "2028-01", "2029-08"]),
        ends=st.sampled_from([None, "2030-02"]),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=5, deadline=None)
@given(SEATS)
def test_seats_of_any_number_of_eras_go_back_to_the_pools_they_came_from(edits: list[Edit]) -> None:
    both(SCENARIO.with_policy(Policy("seats", "Seats", tuple(edits))))


def test_a_policy_that_changes_nothing_changes_no_row(base: EventLog) -> None:
    late = Policy("late", "Late", (halved("programmes:resignation", "2090-01"), halved("posts", "2090-08")))
    same_value = SCENARIO.settings["rounds.decline"]
    idle = Policy("idle", "Idle", (Edit("rounds.decline", "set", same_value, begins=MONTH),))
    for policy in (late, idle):
        assert same(base, compiled_engine.run(SCENARIO.with_policy(policy).blueprint(YEARS), SEED))


def test_from_the_start_is_the_same_as_another_base() -> None:
    name = "programmes:resignation"
    policy = Policy("start", "Start", (Edit(name, "multiply", 0.5),))
    other = SCENARIO
    table = SCENARIO.tables["programmes"]
    for programme, chance in table.rows("programme", "resignation"):
        other = other.with_value(f"programmes.{programme}:resignation", chance * 0.5)
    logs = [compiled_engine.run(s.blueprint(YEARS), SEED) for s in (SCENARIO.with_policy(policy), other)]
    assert same(*logs)


def test_an_edit_that_ends_leaves_the_values_as_they_were() -> None:
    policy = Policy("ends", "Ends", (Edit("rounds.decline", "set", 0.9, begins=MONTH, ends="2028-11"),))
    blueprint = SCENARIO.with_policy(policy).blueprint(YEARS)
    assert [month for month, _ in blueprint.eras] == [27, 39]
    assert blueprint.eras[1][1].decline == blueprint.decline
