"""``pipeline-sim compare`` and ``pipeline_sim.compare``, from end to end on the teaching scenario."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from conftest import CommandLine

from pipeline_sim import compare, load_scenario, single_run
from pipeline_sim.errors import PipelineError, ScenarioError
from pipeline_sim.studies.comparing import Arm, compare_arms, policy_arms
from pipeline_sim.studies.reducing import first_certificates
from pipeline_sim.studies.runs import simulate

SHORT = ("compare", "teaching", "--years", "3", "--scale", "0.5")
TIMING = {"wall_seconds", "peak_memory_mib", "finished", "workers"}
TABLES = {"differences.csv", "summary.csv", "people.csv", "waits.csv"}
DECLINED = """\
name = "more-declined"
title = "More offers declined"
from = "2026-08"
[[edit]]
parameter = "rounds.decline"
set = 0.4
"""
RESIGNED = """\
name = "more-resign"
title = "More resign"
[[edit]]
parameter = "programmes:resignation"
multiply = 2
"""
LATE = DECLINED.replace("2026-08", "2050-08").replace("more-declined", "too-late")

needs_joblib = pytest.mark.skipif(importlib.util.find_spec("joblib") is None, reason="needs joblib")


@pytest.fixture
def policies(tmp_path: Path) -> dict[str, str]:
    """Policy files in the current folder, by name."""
    files = {}
    for name, text in (("declined", DECLINED), ("resign", RESIGNED), ("late", LATE)):
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
        files[name] = str(tmp_path / f"{name}.toml")
    return files


def contents(folder: Path) -> dict[str, bytes]:
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items()}


def test_a_comparison_writes_its_folder_and_prints_its_summary(
    pipeline: CommandLine, tmp_path: Path, policies: dict[str, str]
) -> None:
    arguments = ("--policy", "declined.toml", "--policy", "resign.toml", "--reps", "3", "--out", "deep/out")
    result = pipeline(*SHORT, *arguments)
    assert result.exit_code == 0, result.output
    folder = tmp_path / "deep" / "out"
    held = set(contents(folder))
    assert held >= TABLES | {"additivity.csv", "summary.md", "manifest.json", "figures/effects.png"}
    assert {f"figures/who_{arm}.png" for arm in ("more-declined", "more-resign", "together")} < held
    assert (folder / "summary.md").read_text(encoding="utf-8").strip() in result.output
    assert "Results are in deep/out" in result.output
    assert "replication 3 of 3 done" in result.stderr
    record = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert [arm["arm"] for arm in record["compared"]] == ["more-declined", "more-resign", "together"]
    assert record["compared"][2]["policies"] == ["more-declined", "more-resign"]
    assert set(record["files"]) == held
    found = pd.read_csv(folder / "differences.csv")
    columns = [
        "arm",
        "kpi",
        "year",
        "base",
        "policy",
        "difference",
        "low",
        "high",
        "better",
        "share_better",
        "reps",
    ]
    assert list(found.columns)[:11] == columns
    assert set(found["reps"]) <= {1, 2, 3}
    declined = found.query("arm == 'more-declined' and kpi == 'offers_declined_percent'").set_index("year")
    assert declined.loc[2025, "difference"] == 0, "the policy begins in August 2026"
    assert declined.loc[2026, "low"] > 0
    assert pipeline(*SHORT, *arguments).exit_code == 0, "earlier results are replaced"


def test_an_arm_says_what_it_is_and_what_to_look_at() -> None:
    scenario = load_scenario("england")
    (arm,) = policy_arms(scenario, ["more-rounds"])
    (policy,) = arm.scenario.policies
    assert arm.about == f"{policy.description} Look at: {policy.look_at}"
    (bare,) = policy_arms(scenario, [replace(policy, look_at="")])
    assert bare.about == policy.description


@needs_joblib
def test_every_file_has_the_same_bytes_whatever_the_number_of_workers(
    pipeline: CommandLine, tmp_path: Path, policies: dict[str, str]
) -> None:
    held = {}
    for workers in ("1", "2"):
        arguments = (
            "--policy",
            "declined.toml",
            "--reps",
            "3",
            "--workers",
            workers,
            "--out",
            f"out{workers}",
        )
        shown = pipeline(*SHORT, *arguments)
        assert shown.exit_code == 0, shown.output
        held[workers] = contents(tmp_path / f"out{workers}")
    records = [json.loads(files.pop("manifest.json")) for files in held.values()]
    assert held["1"] == held["2"]
    plain = [{key: value for key, value in record.items() if key not in TIMING} for record in records]
    assert plain[0] == plain[1]


def test_a_policy_without_effect_is_told_and_compared_as_nothing(
    pipeline: CommandLine, tmp_path: Path, policies: dict[str, str]
) -> None:
    result = pipeline(*SHORT, "--policy", "late.toml", "--reps", "1")
    assert result.exit_code == 0, result.output
    assert "too-late" in result.stderr
    assert "Changes nothing" in result.output
    found = pd.read_csv(tmp_path / "results" / "teaching-compared" / "differences.csv")
    assert set(found["difference"]) == {0}
    assert found["low"].isna().all()


def test_policies_that_contradict_one_another_are_compared_alone(
    pipeline: CommandLine, tmp_path: Path, policies: dict[str, str]
) -> None:
    other = DECLINED.replace("more-declined", "most-declined").replace("0.4", "0.6")
    (tmp_path / "most.toml").write_text(other, encoding="utf-8")
    arguments = ("--policy", "declined.toml", "--policy", "most.toml", "--reps", "1", "--out", "out")
    result = pipeline(*SHORT, *arguments)
    assert result.exit_code == 0, result.output
    assert "cannot be in force together" in result.stderr
    assert set(pd.read_csv(tmp_path / "out" / "differences.csv")["arm"]) == {"more-declined", "most-declined"}
    assert not (tmp_path / "out" / "additivity.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--reps", "3"), "--policy"),
        (("--policy", "no-such-policy"), "no-such-policy"),
        (("--policy", "declined.toml", "--reps", "0"), "--reps"),
        (("--policy", "declined.toml", "--workers", "100000"), "--workers"),
        (("--policy", "declined.toml", "--set", "rounds.declin=1"), "rounds.decline"),
        (("--policy", "declined.toml", "--out", "declined.toml"), "--out"),
    ],
)
def test_what_cannot_be_compared_is_exit_2_and_leaves_nothing(
    pipeline: CommandLine, tmp_path: Path, policies: dict[str, str], arguments: tuple[str, ...], said: str
) -> None:
    before = contents(tmp_path)
    result = pipeline("compare", "teaching", *arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output
    assert contents(tmp_path) == before


def test_compare_tells_the_difference_of_single_runs(policies: dict[str, str]) -> None:
    scenario = load_scenario("teaching").scaled(0.5)
    found = compare(scenario, [policies["declined"]], reps=2, seed=5, years=3)
    assert [arm.name for arm in found.arms] == ["more-declined"]
    other = scenario.with_policy(policies["declined"])
    runs = [[single_run(each, 5, rep, 3) for each in (scenario, other)] for rep in range(2)]
    values = [[run.kpis.set_index(["kpi", "year"])["value"]["offers", 2027] for run in pair] for pair in runs]
    row = found.differences.set_index(["kpi", "year"]).loc["offers", 2027]
    assert row["difference"] == pytest.approx(sum(policy - base for base, policy in values) / 2)
    waited = [[run.waits.query("year == 2027")["person_months"].sum() for run in pair] for pair in runs]
    whole = found.waits.query("from_year == 2027 and to_year == 2027 and blocked_by == 'all'").iloc[-1]
    assert whole["difference"] == pytest.approx(sum(policy - base for base, policy in waited) / 2)
    ccts = [[set(first_certificates(run.completions).person.tolist()) for run in pair] for pair in runs]
    people = found.people.query("by == 'all'").set_index("measure")["mean"]
    assert people["only_with"] == sum(len(policy - base) for base, policy in ccts) / 2
    assert people["only_without"] == sum(len(base - policy) for base, policy in ccts) / 2
    assert found.events == sum(len(run.log) for pair in runs for run in pair)


def test_any_forms_of_a_scenario_can_be_compared_and_exchanged() -> None:
    one = load_scenario("teaching").scaled(0.3).with_years(3)
    other = one.with_value("rounds.decline", 0.5)
    there = compare_arms(one, [Arm("x", "X", other), Arm("same", "The same", one)], 2)
    back = compare_arms(other, [Arm("x", "X", one)], 2)
    assert there.unchanged("same")
    assert not there.unchanged("x")
    a, b = there.lasting.query("arm == 'x'").set_index("kpi"), back.lasting.set_index("kpi")
    pd.testing.assert_series_equal(a["difference"], -b["difference"])
    pd.testing.assert_series_equal(a["low"], -b["high"], check_names=False)


def test_arms_that_cannot_be_laid_side_by_side_are_refused() -> None:
    base = load_scenario("teaching")
    arm = Arm("x", "X", base)
    with pytest.raises(PipelineError, match="more than once"):
        compare_arms(base, [arm, arm], 2)
    with pytest.raises(PipelineError, match="arms: found none"):
        compare_arms(base, [], 2)
    with pytest.raises(PipelineError, match="years"):
        compare_arms(base, [Arm("x", "X", base.with_years(2))], 2)
    with pytest.raises(PipelineError, match="is no arm"):
        compare_arms(base, [Arm("x", "X", base, ("y",))], 2)
    with pytest.raises(PipelineError, match="reps: found 0"):
        compare_arms(base, [arm], 0)
    with pytest.raises(PipelineError, match="policies: found none"):
        compare("teaching", [], 2)
    with pytest.raises(ScenarioError, match="no-such"):
        compare("teaching", ["no-such"], 2)


def test_the_same_policy_twice_is_one_arm(policies: dict[str, str]) -> None:
    base = load_scenario("teaching")
    assert [arm.name for arm in policy_arms(base, [policies["declined"]] * 2)] == ["more-declined"]
    together = policy_arms(base, [policies["resign"], policies["declined"]])[-1]
    assert (together.name, together.parts) == ("together", ("more-resign", "more-declined"))
    assert simulate(together.scenario.scaled(0.2).blueprint(1), 1) is not None
