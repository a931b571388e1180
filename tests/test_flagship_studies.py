"""The policy studies load against England, run end to end, and write what their READMEs promise."""

from __future__ import annotations

import importlib
import re
import runpy
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from pipeline_sim.errors import PipelineError
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.scenario.policies import load_policy

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
STUDIES = (
    "nhs_experience_threshold",
    "foundation_priority",
    "student_expansion_bottlenecks",
    "gp_24_months",
    "redistribution",
)
TINY = ["--reps", "2", "--years", "4", "--scale", "0.02"]
COLUMNS = ["arm", "kpi", "from_year", "to_year", "base", "policy", "difference", "low", "high", "reps"]


@pytest.fixture(scope="module", autouse=True)
def flagship() -> Iterator[ModuleType]:
    """The module that the studies share, for the time of this file."""
    sys.path.insert(0, str(EXPERIMENTS))
    try:
        yield importlib.import_module("flagship")
    finally:
        sys.path[:] = [each for each in sys.path if not each.startswith(str(EXPERIMENTS))]
        for name in ("flagship", "heat"):
            sys.modules.pop(name, None)


@pytest.fixture(params=STUDIES)
def folder(request: pytest.FixtureRequest) -> Path:
    return EXPERIMENTS / str(request.param)


def run(folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The study as from the command line."""
    monkeypatch.setattr(sys, "argv", ["study.py", *TINY, "--out", str(out)])
    runpy.run_path(str(folder / "study.py"), run_name="__main__")


def test_every_policy_file_loads_and_changes_england(folder: Path) -> None:
    england = load_scenario("england")
    for file in folder.glob("*.toml"):
        if file.name != "study.toml":
            policy = load_policy(str(file))
            assert policy.name == file.stem
            assert england.with_policy(policy).policy_notes(20) == []


def test_it_runs_and_writes_what_its_readme_shows(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(folder, tmp_path, monkeypatch)
    study = sys.modules["flagship"].Study.read(folder)
    table = pd.read_csv(tmp_path / "results.csv")
    assert list(table.columns) == COLUMNS
    assert set(table["arm"]) == {name for name, _, _ in study.arms}
    assert table.duplicated(["arm", "kpi", "from_year", "to_year"]).sum() == 0
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for picture in re.findall(r"\]\((\w+\.png)\)", readme):
        assert (tmp_path / picture).read_bytes()[:4] == b"\x89PNG"
    assert "<!-- results -->" in readme
    words = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert study.title in words and all(title in words for _, title, _ in study.arms)


def test_every_measure_is_one_that_england_has(flagship: ModuleType) -> None:
    """A slip in the name of a KPI would leave its row out without a word."""
    from pipeline_sim.results.kpis import REGISTRY

    known = {kpi.name for kpi in REGISTRY}
    own = {
        "overseas_accepts",
        "priority_doctors",
        "shortage_starts",
        "shortage_fill_rate",
        "stay_in_foundation_region",
        "posts_moved_so_far",
        "trainees_of_three",
        "ccts_of_three",
    }
    for name in STUDIES:
        study = flagship.Study.read(EXPERIMENTS / name)
        for kpi in (*study.measures, *study.panels):
            assert kpi.partition("[")[0] in known | own, f"{name}: {kpi}"


def test_words_with_a_field_that_is_not_there_are_refused(flagship: ModuleType, tmp_path: Path) -> None:
    study = replace(flagship.Study.read(EXPERIMENTS / "redistribution"), folder=tmp_path)
    (tmp_path / "words.md").write_text("It fell by {three: filrate}.", encoding="utf-8")
    with pytest.raises(PipelineError, match=r"found \{three: filrate\}, expected an arm and a measure"):
        flagship.told(study, None)


def test_a_table_goes_into_the_readme_between_its_marks(flagship: ModuleType, tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- results -->\nold\n<!-- /results -->\nafter\n", encoding="utf-8")
    for words in ("one", "two"):
        flagship._into_readme(readme, words)
    text = readme.read_text(encoding="utf-8")
    assert "old" not in text and "one" not in text and "two" in text
    assert text.startswith("before\n") and text.endswith("after\n")
