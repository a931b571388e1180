"""The peers of the benchmark live the same reduced ladder as this project's engines."""

from __future__ import annotations

import csv
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / "experiments" / "benchmarks"
WITHOUT_CHANCE: dict[str, dict[str, object]] = {
    "tandem": {"route_years:leave": 0},
    "ladder": {
        "route_years:leave": 0,
        "route_years:repeat": 0,
        "programmes:resignation": 0,
        "programmes:extra_time": 0,
        "after_f2.apply:share": 1,
        "after_f2.locally_employed:share": 0,
        "outside:apply": 1,
        "outside:leave": 0,
        "exits:leave": 0,
        # nobody leaves, so fewer slots a doctor: at first there are more trainees than slots
        "supervision_groups.general_practice:gp_units": 35,
        "supervision_groups.medicine:consultant_units": 45,
    },
}
PLAYED = [
    *((scenario, peer) for scenario in WITHOUT_CHANCE for peer in ("simpy", "numpy", "mesa", "salabim")),
    ("tandem", "ciw"),
]


@pytest.fixture(scope="module")
def bench() -> Iterator[Any]:
    """``bench("ladder")`` imports a module of the benchmark's folder."""
    before = set(sys.modules)
    sys.path.insert(0, str(FOLDER))

    def module(name: str) -> ModuleType:
        return importlib.import_module(name)

    yield module
    sys.path.remove(str(FOLDER))
    for name in set(sys.modules) - before:
        if str(FOLDER) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture(scope="module")
def certain(bench: Any) -> dict[str, Any]:
    """Each scenario without chance at a tenth of its size, and what our SimPy engine makes of it."""
    pipeline = bench("pipeline")
    found = {}
    for name, edits in WITHOUT_CHANCE.items():
        blueprint = pipeline.scenario(name, 0.1).with_values(edits).blueprint()
        ladder = pipeline.ladder_of(blueprint)
        log = pipeline.engine("simpy")(blueprint, 1)
        expected = bench("ladder").results(pipeline.rows_of(log, ladder.regions), ladder)
        found[name] = (blueprint, ladder, log, expected)
    return found


@pytest.mark.parametrize(("scenario", "peer"), PLAYED)
def test_without_chance_a_peer_agrees_to_the_last_person(
    bench: Any, certain: dict[str, Any], scenario: str, peer: str
) -> None:
    if not importlib.util.find_spec(peer):
        pytest.skip(f"{peer} is not installed")
    _, ladder, _, expected = certain[scenario]
    rows = bench(f"peer_{peer}").run(ladder, 5)
    assert bench("ladder").results(rows, ladder) == expected


@pytest.mark.parametrize("scenario", WITHOUT_CHANCE)
def test_the_compiled_engine_writes_the_same_log(bench: Any, certain: dict[str, Any], scenario: str) -> None:
    pipeline = bench("pipeline")
    try:
        compiled = pipeline.engine("compiled")
    except ImportError:
        pytest.skip("this version has no compiled engine")
    for blueprint in (certain[scenario][0], pipeline.scenario(scenario, 0.1).blueprint()):
        log = pipeline.engine("simpy")(blueprint, 1)
        assert pipeline.fingerprint(compiled(blueprint, 1)) == pipeline.fingerprint(log)


def test_without_chance_the_ladder_still_makes_people_wait(certain: dict[str, Any]) -> None:
    *_, found = certain["ladder"]
    assert sum(found["unplaced"]) > 0
    assert sum(found["completed"]) > 0
    for stage in ("waiting for a supervisor", "waiting for foundation", "between school years or waiting"):
        assert max(found[stage]) > 0, stage
    assert max(certain["tandem"][3]["between school years or waiting"]) > 0


def test_the_ladder_loses_nobody(bench: Any, certain: dict[str, Any]) -> None:
    stages = bench("agreement").CENSUS
    for _, ladder, _, found in certain.values():
        leavers = ["left", "left_school", "left_practice"]
        if not ladder.applies_for_foundation:
            leavers.append("graduated")
        for year in range(ladder.months // 12):
            entered = ladder.people_at_start() + sum(found["entered"][: year + 1])
            gone = sum(sum(found[step][: year + 1]) for step in leavers)
            assert sum(found[stage][year] for stage in stages) == entered - gone


def test_agreement_finds_a_difference_and_no_other(bench: Any, certain: dict[str, Any]) -> None:
    agreement = bench("agreement")
    *_, found = certain["ladder"]
    noisy = [found | {"left": [10 + seed % 3 for _ in found["left"]]} for seed in range(6)]
    assert not any(each.z for each in agreement.compare({"one": noisy, "other": noisy[::-1]}))
    shifted = [each | {"left": [count + 4 for count in each["left"]]} for each in noisy]
    beyond = [
        each for each in agreement.compare({"one": noisy, "other": shifted}) if abs(each.z) > agreement.LIMIT
    ]
    assert {each.measure for each in beyond} == {"left, all years"}


@pytest.mark.parametrize(
    ("t", "degrees", "z"), [(2.776, 4, 1.96), (2.064, 24, 1.96), (-4.604, 4, -2.576), (0, 4, 0)]
)
def test_a_t_statistic_is_brought_to_the_normal_scale(bench: Any, t: float, degrees: int, z: float) -> None:
    assert bench("agreement").normal_deviate(t, degrees) == pytest.approx(z, abs=0.02)


def test_one_command_runs_all_side_by_side(bench: Any, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "results.csv"
    wanted = ["pipeline_sim, SimPy", "SimPy", "NumPy, monthly steps"]
    arguments = [
        "--runs",
        "2",
        "--scale",
        "0.05",
        "--scenarios",
        "tandem",
        "--only",
        *wanted,
        "--out",
        str(out),
    ]
    assert bench("benchmark").main(arguments) == 0
    printed = capsys.readouterr().out
    with out.open(encoding="utf-8") as file:
        runs = list(csv.DictReader(file))
    interleaved = [run["implementation"] for run in runs]
    assert sorted(interleaved[:3]) == sorted(wanted)
    assert interleaved[3:] == interleaved[:3]
    assert all(float(run["seconds"]) > 0 and float(run["memory_peak"]) > 0 for run in runs)
    assert "0 beyond z = 4" in printed
    for name in wanted:
        assert f"| {name} |" in printed
    assert printed.strip() in out.with_suffix(".md").read_text(encoding="utf-8")
