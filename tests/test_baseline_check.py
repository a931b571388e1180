"""The baseline check runs, gives a number or a reason for every published figure, and judges by intervals."""

from __future__ import annotations

import importlib
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline_sim.catalogue.england import derive_common, derive_recruitment

FOLDER = Path(__file__).parents[1] / "experiments" / "baseline_check"
MODULES = ("check", "judging", "baseline_measures", "fit_recruitment")
SMALL = ["--years", "2", "--scale", "0.02", "--reps", "2"]


@pytest.fixture(scope="module", autouse=True)
def importable() -> Iterator[None]:
    """The folder's own modules, for the time of this file."""
    sys.path.insert(0, str(FOLDER))
    try:
        yield
    finally:
        sys.path.remove(str(FOLDER))
        for name in MODULES:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def judging(importable: None) -> ModuleType:
    return importlib.import_module("judging")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("baseline")


@pytest.fixture(scope="module")
def table(importable: None, folder: Path) -> pd.DataFrame:
    """The check on a fiftieth of England over two years, twice."""
    out = folder / "results.csv"
    made: pd.DataFrame = importlib.import_module("check").main([*SMALL, "--out", str(out)])
    written = pd.read_csv(out, dtype={"key": str, "year": str})
    assert len(written) == len(made)
    assert out.with_suffix(".md").read_text(encoding="utf-8").count("\n| ") >= len(made)
    return made


def test_every_published_figure_has_a_number_or_a_reason(table: pd.DataFrame) -> None:
    silent = table[table["model"].isna() & (table["not_produced"] == "")]
    assert silent[["measure", "key"]].to_numpy().tolist() == []


def test_most_figures_are_produced_even_when_small(table: pd.DataFrame) -> None:
    beyond = table["not_produced"].str.contains("beyond the years")
    assert table.loc[~beyond, "model"].notna().mean() > 0.9


def test_published_figures_are_complete(table: pd.DataFrame) -> None:
    assert table["published"].gt(0).all()
    assert set(table["kind"]) == {"base", "emergent"}
    assert set(table["status"]) <= {"sourced", "seed", "secondary", "derived", "background", "assumption"}
    assert table["source"].str.len().gt(0).all()
    assert not table.duplicated(["measure", "key", "year"]).any()


def test_wider_figures_are_brought_to_england(table: pd.DataFrame) -> None:
    counts = table[table["unit"].isin(["people", "posts", "places", "applications", "FTE"])]
    wider = counts[counts["geography"] != "England"]
    assert wider["england_share"].between(0.5, 1, inclusive="neither").all()
    assert wider["published"].to_numpy() == pytest.approx(
        (wider["value"] * wider["england_share"] * wider["to_2025"].fillna(1)).to_numpy()
    )


def test_the_newest_figure_is_the_one_judged(table: pd.DataFrame) -> None:
    judged = table[table["within"].isin(["yes", "uncertain", "no"])]
    assert not judged.duplicated(["measure", "key"]).any()


def test_an_interval_lies_about_the_mean_and_one_number_has_none(
    judging: ModuleType, table: pd.DataFrame
) -> None:
    found = table[table["model"].notna()]
    assert (found["model_low"] <= found["model"]).all() and (found["model"] <= found["model_high"]).all()
    assert judging.mean_interval([3.0]) == (3.0, 3.0)
    low, high = judging.mean_interval([1.0, 2.0, 3.0])
    assert (low, high) == pytest.approx((2 - 4.3027 / math.sqrt(3), 2 + 4.3027 / math.sqrt(3)))


@pytest.mark.parametrize("freedom", [1, 2, 5, 19, 29, 30, 31, 60, 199])
def test_quantiles_are_those_of_student(judging: ModuleType, freedom: int) -> None:
    """Area of the density between minus and plus the quantile; the table has four decimals."""
    at = np.linspace(0, judging.t_quantile(freedom), 200_001)
    constant = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2))
    density = constant / math.sqrt(freedom * math.pi) * (1 + at**2 / freedom) ** (-(freedom + 1) / 2)
    assert 2 * np.trapezoid(density, at) == pytest.approx(0.95, abs=5e-6)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (95, 105, "yes"),
        (90, 110, "yes"),
        (80, 89.9, "no"),
        (110.1, 120, "no"),
        (89, 91, "uncertain"),
        (109, 111, "uncertain"),
        (50, 150, "uncertain"),
        (100, 100, "yes"),
        (111, 111, "no"),
    ],
)
def test_only_an_interval_clear_of_the_band_is_a_miss(
    judging: ModuleType, low: float, high: float, expected: str
) -> None:
    assert judging.verdict(low, high, published=100, target=10) == expected


@pytest.mark.usefixtures("table")
def test_workers_change_no_byte(folder: Path) -> None:
    path = os.pathsep.join([str(FOLDER.parents[1]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(FOLDER / "check.py"), *SMALL, "--workers", "2"]
    command += ["--out", str(folder / "shared.csv")]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": path})
    for suffix in (".csv", ".md"):
        alone, shared = (folder / f"{name}{suffix}" for name in ("results", "shared"))
        assert shared.read_bytes() == alone.read_bytes()


@pytest.fixture
def fit(importable: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The fit of applicants, on a copy of the base."""
    module = importlib.import_module("fit_recruitment")
    for name in ("HERE", "PUBLISHED"):
        monkeypatch.setattr(derive_common, name, getattr(derive_common, name))
    copy = tmp_path / "england"
    shutil.copytree(module.BASE, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    yield module.Fit(copy)
    monkeypatch.undo()
    module.forget(derive_common, derive_recruitment)


def as_wanted(fit: Any) -> pd.DataFrame:
    """Counts of a run in which everything is as the fit wants it."""
    posts = pd.Series({name: derive_recruitment.august_posts(name) for name in fit.share.index})
    applied, accepted = fit.per_post * posts, fit.wanted * posts
    columns = {"applied_uk": fit.share * applied, "applied_overseas": (1 - fit.share) * applied}
    return pd.DataFrame(
        columns | {"accepted_uk": accepted, "accepted_overseas": posts - accepted, "posts": posts}
    )


def test_a_fit_that_is_met_moves_nothing(fit: Any) -> None:
    share, ready, bonus = fit.share.copy(), fit.ready_share.copy(), fit.bonus
    assert fit.correct(as_wanted(fit)) == pytest.approx(0, abs=1e-12)
    assert fit.share.to_numpy() == pytest.approx(share.to_numpy())
    assert fit.ready_share.to_numpy() == pytest.approx(ready.to_numpy())
    assert fit.bonus == pytest.approx(bonus)


def test_a_fit_moves_towards_what_is_missing(fit: Any) -> None:
    found = as_wanted(fit)
    found.loc["cardiology", ["accepted_uk", "accepted_overseas"]] = [30, 70]
    above = fit.parent.index[fit.parent == "core_psychiatry"]
    found.loc[above, ["applied_uk", "applied_overseas"]] *= 2
    share, ready = fit.share.copy(), fit.ready_share.copy()
    assert fit.correct(found) > 0
    assert fit.share["cardiology"] > share["cardiology"]
    of = fit.ready["programme"]
    assert (fit.ready_share < ready)[of == "core_psychiatry"].all()
    assert fit.ready_share[of == "core_surgery"].to_numpy() == pytest.approx(ready[of == "core_surgery"])
