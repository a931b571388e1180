"""The baseline check runs, and gives a number or a reason for every published figure."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).parents[1] / "experiments" / "baseline_check"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The check on a fiftieth of England over two years."""
    out = tmp_path_factory.mktemp("baseline") / "results.csv"
    sys.path.insert(0, str(FOLDER))
    try:
        check = importlib.import_module("check")
        made = check.main(["--years", "2", "--scale", "0.02", "--out", str(out)])
    finally:
        sys.path.remove(str(FOLDER))
        sys.modules.pop("check", None)
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
    judged = table[table["within"].isin(["yes", "no"])]
    assert not judged.duplicated(["measure", "key"]).any()
