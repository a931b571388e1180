"""Arguments in Python that nobody means well by: each is told or works, as on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline_sim.errors import PipelineError, ScenarioError
from pipeline_sim.scenario.load import Scenario, load_scenario
from pipeline_sim.scenario.policies import Edit, Policy, load_policy
from pipeline_sim.studies.comparing import compare, policy_arms
from pipeline_sim.studies.replicating import multiple_replications
from pipeline_sim.studies.runs import simulate, single_run

POLICY = """
name = "{name}"
title = "More"
[[edit]]
parameter = "posts"
multiply = {factor}
"""
DIGITS = pytest.param(10**5000, id="digits")
NOT_NAMES: list[Any] = [None, b"teaching", 5, ["teaching"], {}]


@pytest.fixture(scope="module")
def small() -> Scenario:
    return load_scenario("teaching").scaled(0.02)


def policy_file(folder: Path, file: str, name: str = "more", factor: float = 1.5) -> Path:
    path = folder / file
    path.write_text(POLICY.format(name=name, factor=factor), encoding="utf-8")
    return path


# kinds of argument --------------------------------------------------------------------------------
@pytest.mark.parametrize("given", NOT_NAMES, ids=repr)
def test_what_is_no_name_and_no_path_is_refused(small: Scenario, given: Any) -> None:
    with pytest.raises(ScenarioError, match="expected a name or a path"):
        load_scenario(given)
    with pytest.raises(ScenarioError, match="expected a name or a path"):
        multiple_replications(given, reps=1, years=1)
    with pytest.raises(ScenarioError, match="expected a name, a path or a Policy"):
        load_policy(given)
    with pytest.raises(ScenarioError, match="expected a name, a path or a Policy"):
        small.with_policy(given)
    with pytest.raises(ScenarioError, match="expected a name, a path or a Policy"):
        policy_arms(small, [given])


@pytest.mark.parametrize("given", ["", " "])
def test_a_blank_name_is_not_taken_for_the_current_folder(given: str) -> None:
    with pytest.raises(ScenarioError, match=r"scenario: found '.*', expected a name or a path"):
        load_scenario(given)


def test_one_policy_in_place_of_a_list_is_told() -> None:
    with pytest.raises(ScenarioError, match="found 'oop-pause', expected a list of policies"):
        compare("teaching", "oop-pause", reps=1)  # type: ignore[arg-type]


def test_a_scenario_and_a_policy_may_be_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('name = "mine"\nbase = "teaching"\n', encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    policy = policy_file(tmp_path, "more.TOML")
    arms = policy_arms(load_scenario(mine).scaled(0.02), [policy, Path("~/more.TOML")])
    assert [arm.name for arm in arms] == ["more"]
    done = compare(mine, [policy], reps=1, years=1)
    assert done.base.name == load_scenario("~/mine.toml").name == "mine"


def test_a_number_of_numpy_is_a_number(small: Scenario) -> None:
    whole = np.int64
    run = single_run(small, whole(3), whole(1), whole(1), "simpy")
    assert (type(run.seed), type(run.rep)) == (int, int)
    same = simulate(small.blueprint(1), 3, 1, "simpy")
    assert all(
        np.array_equal(one, other)
        for one, other in zip(vars(run.log).values(), vars(same).values(), strict=True)
    )
    assert len(multiple_replications(small, whole(1), np.uint8(1), whole(1), "simpy")) == 1


@pytest.mark.parametrize("value", ["1", 1.0, 1.5, None, True, [1], -1, 2**70, DIGITS])
@pytest.mark.parametrize("name", ["rep", "reps", "workers"])
def test_what_is_no_whole_number_is_refused(small: Scenario, name: str, value: Any) -> None:
    call, others = (single_run, {}) if name == "rep" else (multiple_replications, {"reps": 1, "years": 1})
    with pytest.raises(PipelineError, match=rf"^{name}\b.*found .*, expected a whole number from"):
        call(small, **{**others, name: value})


@pytest.mark.parametrize("seed", ["1", 1.0, True, -1, 2**63], ids=repr)
def test_a_seed_that_is_none_is_refused(small: Scenario, seed: Any) -> None:
    with pytest.raises(PipelineError, match=r"seed: found .*, expected a whole number from 0 to"):
        single_run(small, seed=seed)


@pytest.mark.parametrize("factor", [None, "a tenth", [1], 10**400, 1e-323], ids=str)
def test_a_scale_that_is_no_number_is_refused(small: Scenario, factor: Any) -> None:
    with pytest.raises(ScenarioError, match=r"scale: found .*, expected a finite number above 0"):
        small.scaled(factor)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        pytest.param("posts", 10**5000, "posts: found inf, expected a whole number", id="digits"),
        ("posts", True, "posts: found true, expected a whole number"),
        (5, 5, "path: found 5, expected a text"),
        (["posts"], 5, "path: found .*, expected a text"),
    ],
)
def test_a_value_of_the_wrong_kind_is_told(small: Scenario, path: Any, value: Any, expected: str) -> None:
    with pytest.raises(ScenarioError, match=expected):
        small.with_value(path, value)


@pytest.mark.parametrize("edits", [None, [("posts", 5)], {5: 5}])
def test_values_that_are_not_by_path_are_told(small: Scenario, edits: Any) -> None:
    with pytest.raises(ScenarioError, match=r"edits: found .*, expected values by path"):
        small.with_values(edits)


# policies -----------------------------------------------------------------------------------------
def test_two_policies_of_a_name_are_never_taken_for_one(tmp_path: Path, small: Scenario) -> None:
    files = policy_file(tmp_path, "a.toml"), policy_file(tmp_path, "b.toml", factor=2)
    with pytest.raises(ScenarioError, match=r"policy more: .* \(a\.toml:4 edit 1 and b\.toml:4 edit 1\)"):
        policy_arms(small, files)


def test_a_policy_that_is_called_as_all_of_them_are_is_told(tmp_path: Path, small: Scenario) -> None:
    together, more = policy_file(tmp_path, "a.toml", "together"), policy_file(tmp_path, "b.toml")
    assert len(policy_arms(small, [together])) == 1
    with pytest.raises(ScenarioError, match=r"policy together: found that name .*, expected another name"):
        policy_arms(small, [together, more])


def test_a_whole_number_of_thousands_of_digits_is_broken_toml(tmp_path: Path) -> None:
    path = policy_file(tmp_path, "a.toml")
    path.write_text(path.read_text(encoding="utf-8").replace("1.5", "9" * 5000), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"a\.toml: found broken TOML"):
        load_policy(path)
    with pytest.raises(ScenarioError, match=r"a\.toml: found broken TOML"):
        load_scenario(path)


@pytest.mark.parametrize(
    ("operation", "value", "expected"),
    [
        ("multiply", 1e308, r"found inf for posts\.general_practice.*0 or more \(finite\)"),
        ("add", -1e308, r"found -inf for posts\.general_practice.*0 or more \(finite\)"),
        ("multiply", 1e9, r"found .* for posts\.general_practice.*, up to 100,000,000"),
    ],
)
def test_a_policy_that_leads_beyond_all_numbers_is_told(
    small: Scenario, operation: str, value: float, expected: str
) -> None:
    edit = Edit("posts", operation, value)
    with pytest.raises(ScenarioError, match=expected):
        small.with_policy(Policy("much", "Much", (edit, edit)))


def test_a_number_that_one_policy_blanks_is_left_blank_by_another() -> None:
    blanks = Policy("blanks", "Blanks", (Edit("incentives:more_stay", "set", ""),))
    adds = Policy("adds", "Adds", (Edit("incentives:more_stay", "add", 0.1),))
    dated = load_scenario("england").with_policy(blanks, adds).dated
    assert set(dated.tables["incentives"]["more_stay"]) == {None}


def test_a_policy_that_ended_before_the_run_is_said_to(small: Scenario) -> None:
    over = Policy("over", "Over", (Edit("posts", "multiply", 2, ends="2020-08"),))
    assert small.with_policy(over).policy_notes(5) == ["over changes nothing: it ends before the run begins"]


def test_a_scenario_too_small_to_cost_anything_is_compared(tmp_path: Path) -> None:
    nobody = load_scenario("teaching").scaled(1e-4)
    done = compare(nobody, [policy_file(tmp_path, "more.toml")], reps=2, years=3, engine="simpy")
    assert done.money is not None
    assert set(done.money.costs["base"]) == {0.0}
    assert done.unchanged("more")
