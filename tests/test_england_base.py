"""The England base: its derived tables are what the script makes, and every row has a source and a status."""

from __future__ import annotations

import shutil
from pathlib import Path

import pipeline_sim.catalogue.england.derive as derive
from pipeline_sim.catalogue.england import derive_common
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
