"""The England base: its derived tables are what the script makes, and every row has a source and a status."""

from __future__ import annotations

import shutil
from itertools import permutations
from pathlib import Path

import pytest

import pipeline_sim.catalogue.england.derive as derive
from pipeline_sim.catalogue.england import derive_common, derive_recruitment
from pipeline_sim.scenario.load import load_scenario

BASE = Path(derive_common.__file__).parent


def test_the_derived_tables_are_what_the_script_makes(tmp_path, monkeypatch):
    copy = tmp_path / "england"
    shutil.copytree(BASE, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr(derive_common, "HERE", copy)
    monkeypatch.setattr(derive_common, "PUBLISHED", copy / "published")
    for path in copy.glob("*.csv"):
        assert path.read_bytes() == (BASE / path.name).read_bytes()
    derive.main()
    changed = [p.name for p in copy.glob("*.csv") if p.read_bytes() != (BASE / p.name).read_bytes()]
    assert changed == []


def test_every_specialty_has_posts_trainees_and_somebody_to_supervise_them():
    blueprint = load_scenario("england").with_years(1).blueprint()
    training = blueprint.level_count > 0
    training[0] = False  # foundation has places, not posts
    assert (blueprint.posts[0].sum(axis=1)[training] > 0).all()
    for programme in training.nonzero()[0]:
        first, count = blueprint.level_first[programme], blueprint.level_count[programme]
        assert blueprint.trainee_stock[first : first + count].sum() > 0
        group = blueprint.programme_group[programme]
        assert blueprint.supervisor_units_per_wte[0, group].sum() > 0
    assert (blueprint.posts[0].sum(axis=0) > 0).all()  # every region
    assert blueprint.intake[0].sum() == 8126  # the OfS target of 2025/26
    assert blueprint.workforce[1].sum() == 38124  # GPs, September 2024


def test_expected_applications_are_those_of_drawing_without_replacement():
    weights = {"a": 0.5, "b": 0.3, "c": 0.15, "d": 0.05}
    for k in range(1, 4):
        expected = dict.fromkeys(weights, 0.0)
        for order in permutations(weights, k):
            chance, left = 1.0, 1.0
            for name in order:
                chance, left = chance * weights[name] / left, left - weights[name]
            for name in order:
                expected[name] += chance
        only_k = [float(number == k) for number in range(1, 7)]
        assert derive_recruitment.inclusion(weights, only_k) == pytest.approx(expected, abs=1e-9)


def test_solved_weights_make_the_wanted_applications():
    wanted = {"a": 300.0, "b": 300.0, "c": 100.0, "d": 20.0, "e": 1.0}
    shares = [0.6, 0.25, 0.15, 0.0, 0.0, 0.0]
    made = derive_recruitment.inclusion(derive_recruitment.solve_weights(wanted, shares), shares)
    mean = 0.6 + 2 * 0.25 + 3 * 0.15
    assert made == pytest.approx({k: mean * v / 721 for k, v in wanted.items()}, rel=1e-9)


def test_the_mix_of_applicants_is_fitted_wherever_a_share_of_accepted_offers_is_known():
    own = ("uk_graduate_share", "img_share")
    known = {name for figure in own for name in derive_common.figures("applications", figure)}
    fitted = derive_common.figures("recruitment_fit", "uk_share_of_applications")
    assert set(fitted) == known
    assert {row["status"] for row in fitted.values()} == {"assumption"}
