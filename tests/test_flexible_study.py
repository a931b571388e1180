"""The study of flexible training runs, pairs its arms person by person, and counts right."""

from __future__ import annotations

import importlib
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from pipeline_sim.errors import PipelineError
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.studies.runs import single_run

FOLDER = Path(__file__).parents[1] / "experiments" / "flexible_training"
MODULES = ("study", "comparing", "measures", "paired", "findings", "pictures")
PICTURES = {"effects.png", "people.png", "waits.png", "time_to_cct.png"}
ALONE = ["ltft", "pause", "return", "experience", "credit", "support"]
NEUTRAL = """
date = 2026
[[mechanism]]
name = "same"
title = "The same"
on = "as it is"
without = "as it is"
[mechanism.off]
"return_support.DATE:uptake" = 0.8
[[mechanism]]
name = "unused"
title = "Not used"
on = "as it is"
without = "as it is"
[mechanism.off]
"enhance_effects.*.DATE:credit_months" = 0
"""


@pytest.fixture(scope="module", autouse=True)
def modules() -> Iterator[dict[str, ModuleType]]:
    """The folder's own modules, for the time of this file."""
    sys.path.insert(0, str(FOLDER))
    try:
        yield {name: importlib.import_module(name) for name in MODULES}
    finally:
        sys.path.remove(str(FOLDER))
        for name in MODULES:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def small() -> list[str]:
    """The options of the quick look that the README gives."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    command = re.search(r"study\.py (--reps .*) --out look", text)
    assert command
    return command[1].split()


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="module")
def table(modules: dict[str, ModuleType], small: list[str], out: Path) -> pd.DataFrame:
    made: pd.DataFrame = modules["study"].main([*small, "--out", str(out)])
    return made


def test_every_arm_has_every_measure(modules: dict[str, ModuleType], table: pd.DataFrame, out: Path) -> None:
    written = pd.read_csv(out / "results.csv", keep_default_na=False, dtype={"period": str})
    assert len(written) == len(table)
    rows = table[~table["period"].str.isdigit()].groupby("arm").size()
    assert set(rows.index) == {"none", *ALONE, "sum", "all", "interaction", "all_by_wte"}
    assert rows.nunique() == 1
    assert set(table["measure"]) == set(modules["measures"].MEASURES)
    simulated = table[~table["arm"].isin(["sum", "interaction"])]
    for measure in ("ccts", "people", "leavers", "waits_to_start", "cost", "wte"):
        assert simulated.loc[simulated["measure"] == measure, "mean"].notna().all(), measure


def test_the_page_and_the_pictures_are_there(out: Path) -> None:
    page = (out / "results.md").read_text(encoding="utf-8")
    for title in ("LTFT uptake", "Guaranteed return", "Sum of the six", "Together, beyond the sum"):
        assert page.count(f"| {title} |") >= 8, title
    assert {picture.name for picture in out.glob("*.png")} == PICTURES


def test_a_year_of_people_adds_up(table: pd.DataFrame) -> None:
    rows = table[(table["arm"] == "all") & (table["period"] == "2030")].set_index(["measure", "breakdown"])
    mean = rows["mean"]
    parts = ("unplaced", "locally_employed", "abroad", "break", "teaching_research")
    outside = sum(mean["people", part] for part in parts)
    assert mean["people", "outside training"] == pytest.approx(outside)
    assert mean["cost", "in post"] == pytest.approx(12 * mean["people", "training"])
    leavers = sum(mean["leavers", way] for way in ("resigned", "released", "did_not_return"))
    assert mean["leavers", "all"] == pytest.approx(leavers)


def test_the_sum_and_what_goes_beyond_it_make_all(table: pd.DataFrame) -> None:
    rows = table[(table["measure"] == "ccts") & (table["period"] == "after") & (table["breakdown"] == "all")]
    difference = rows.set_index("arm")["difference"]
    assert difference["sum"] == pytest.approx(difference[ALONE].sum())
    assert difference["all"] == pytest.approx(difference["sum"] + difference["interaction"])


def test_arms_that_do_not_reach_foundation_have_the_same_people_finish_it(table: pd.DataFrame) -> None:
    rows = table[table["measure"] == "f2_cohort_people"].set_index("arm")["difference"]
    assert rows[["pause", "return", "experience", "credit", "support"]].eq(0).all()


def test_mechanisms_that_are_on_and_off_alike_change_nothing_at_all(
    modules: dict[str, ModuleType], small: list[str], tmp_path: Path
) -> None:
    england = load_scenario("england")
    assert set(england.tables["return_support"]["uptake"]) == {0.8}
    assert set(england.tables["enhance_effects"]["credit_months"]) == {0}
    file = tmp_path / "neutral.toml"
    file.write_text(NEUTRAL, encoding="utf-8")
    table = modules["study"].main([*small, "--comparisons", str(file), "--out", str(tmp_path)])
    known = table["difference"].dropna()
    assert len(known) > 500
    assert known.eq(0).all()


def test_dated_changes_leave_everybody_as_they_were_before_the_date(modules: dict[str, ModuleType]) -> None:
    comparing, fingerprint = modules["comparing"], modules["measures"].fingerprint
    england = load_scenario("england").with_years(3).scaled(0.02)
    date, mechanisms, _ = comparing.read_comparisons(FOLDER / "comparisons.toml")
    none = comparing.arms_of(mechanisms)[0]
    assert not comparing.undated_of(none, mechanisms)
    without = single_run(england.with_values(comparing.edits_of(none, mechanisms, date)))
    unchanged = single_run(england)
    before = comparing.months_before(england, date)
    assert before == 12
    assert fingerprint(without.log, before) == fingerprint(unchanged.log, before)
    assert fingerprint(without.log, 36) != fingerprint(unchanged.log, 36)


def test_a_change_that_works_before_its_date_is_told(
    modules: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    comparing = modules["comparing"]
    early = comparing.Mechanism("early", "Early", "", "", {"return_support.DATE:uptake": 0})
    england = load_scenario("england").with_years(2).scaled(0.02)
    arms = comparing.arms_of([early])
    run_arms = modules["study"].run_arms
    monkeypatch.setattr(modules["study"], "months_before", lambda scenario, date: 12)
    with pytest.raises(PipelineError, match="differs before August 2025"):
        run_arms(england, arms, [early], 2025, 1, 1, 1)


def test_what_is_off_is_off_for_everyone_from_the_date_on(modules: dict[str, ModuleType]) -> None:
    comparing, england = modules["comparing"], load_scenario("england")
    date, mechanisms, _ = comparing.read_comparisons(FOLDER / "comparisons.toml")
    none = comparing.arms_of(mechanisms)[0]
    changed = england.with_values(comparing.edits_of(none, mechanisms, date)).tables
    kinds = len(set(england.tables["step_outs"]["step_out"]))
    rules = changed["step_outs"].rows("year", "return_rule")
    assert [rule for year, rule in rules if year == date] == ["compete"] * kinds
    rates = changed["step_out_rates"].rows("step_out", "year", "male")
    assert [rate for kind, year, rate in rates if (kind, year) == ("oopp", date)] == [0] * 11


def test_the_f2_cohort_is_that_of_the_table_of_completions(modules: dict[str, ModuleType]) -> None:
    run = single_run(load_scenario("england").with_years(10).scaled(0.02))
    values = modules["measures"].values_of(run, 12)
    begins, follow = 24, 120 - 72
    done = run.completions[run.completions["kind"] == "cct"].dropna(subset=["finished_f2"])
    inside = done["finished_f2"].between(begins, begins + 47)
    soon = done["month"] - done["finished_f2"] <= follow
    expected = (inside & soon).sum()
    assert expected > 20
    people = values["f2_cohort_people", "", ""]
    assert values["f2_cohort_cct", "", ""] * people / 100 == pytest.approx(expected)
    kpis = run.kpis.set_index(["kpi", "year"])["value"]
    assert people == sum(kpis["f2_completers", year] for year in range(2027, 2031))
    resigned = 100 * values["leavers", "resigned", "2030"] / kpis["trainees", 2030]
    assert resigned == pytest.approx(kpis["resignations_percent", 2030])


def test_intervals_are_those_worked_out_by_hand(modules: dict[str, ModuleType]) -> None:
    comparing, paired = modules["comparing"], modules["paired"]
    arms = comparing.arms_of([comparing.Mechanism("one", "One", "", "", {})])
    key = ("ccts", "all", "end")
    by_arm = {
        "none": [{key: value} for value in (10.0, 20.0, 30.0)],
        "one": [{key: value} for value in (11.0, 22.0, 30.0)],
        "all": [{key: value} for value in (11.0, 22.0, 30.0)],
    }
    found = paired.table_of(by_arm, arms).set_index("arm")
    one = found.loc["one"]
    half = 4.302653 * 1 / math.sqrt(3)  # differences 1, 2, 0: mean 1, standard deviation 1
    assert one["mean"] == 21
    assert one["difference"] == 1
    assert one["difference_low"] == pytest.approx(1 - half)
    assert one["difference_high"] == pytest.approx(1 + half)
    assert one["share_better"] == pytest.approx(2 / 3)
    assert found.loc["interaction", "difference"] == 0


def test_too_short_a_run_is_refused_in_words(modules: dict[str, ModuleType], small: list[str]) -> None:
    with pytest.raises(SystemExit, match="--years: found 5, expected 7 or more"):
        modules["study"].main([*small, "--years", "5"])


def test_the_summary_fills_only_its_own_section(modules: dict[str, ModuleType]) -> None:
    page = "# T\n\n<!-- results -->\n\nold\n\n## Next\n\nkept\n"
    assert modules["study"].filled(page, "new") == "# T\n\n<!-- results -->\n\nnew\n\n## Next\n\nkept\n"
