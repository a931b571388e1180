"""England at full size, and the statistics of chance: slow, run by ``make verify``."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np
import pytest
from test_engine_invariants import (
    assert_lives_are_legal,
    assert_people_are_conserved,
    run_watching_pools,
)

from pipeline_sim import randomness as chance
from pipeline_sim.scenario.load import load_scenario

pytestmark = pytest.mark.verify

WIDE = 4.9  # standard deviations: one honest run in a million falls outside


@pytest.mark.parametrize(("engine", "seconds", "mebibytes"), [("compiled", 20, 1024), ("simpy", 60, 1536)])
def test_twenty_years_of_england_with_tables_and_figures_stay_within(engine, seconds, mebibytes, tmp_path):
    """Bounds of the whole command on a machine of 2 cores, compiled before; read with ``docs/speed.md``."""
    run = [sys.executable, "-m", "pipeline_sim", "run", "england", "--engine", engine]
    warm = [*run, "--scale", "0.01", "--years", "1", "--out", str(tmp_path / "warm")]
    subprocess.run(warm, check=True, capture_output=True)
    began = time.perf_counter()
    subprocess.run([*run, "--out", str(tmp_path / "england")], check=True, capture_output=True)
    took = time.perf_counter() - began
    peak = json.loads((tmp_path / "england" / "manifest.json").read_text())["peak_memory_mib"]
    assert took <= seconds, f"{took:.0f} s"
    assert peak <= mebibytes, f"{peak:.0f} MiB"


def test_england_keeps_every_invariant():
    blueprint = load_scenario("england").with_years(6).blueprint()
    log = run_watching_pools(blueprint, seed=7)
    assert_lives_are_legal(log, blueprint)
    assert_people_are_conserved(log, blueprint)


@pytest.mark.parametrize("purpose", [chance.SEX, chance.REVIEW, chance.SPECIALTY])
@pytest.mark.parametrize("along", ["person", "occurrence", "seed"])
def test_draws_are_uniform_and_uncorrelated(purpose, along):
    """Means, spread and neighbouring draws, along people, occurrences and seeds."""
    count = 200_000
    key = chance.run_key(1, 0)
    base = 10**14 + 10**10
    if along == "person":
        draws = [chance.draw(key, base + k, purpose, 0) for k in range(count)]
    elif along == "occurrence":
        draws = [chance.draw(key, base, purpose, k) for k in range(count)]
    else:
        draws = [chance.draw(chance.run_key(k, 0), base, purpose, 0) for k in range(count)]
    u = np.array(draws) / 2.0**32
    sd = 1 / np.sqrt(12)
    assert abs(u.mean() - 0.5) < WIDE * sd / np.sqrt(count)
    assert abs(u.var() - sd**2) < WIDE * np.sqrt(1 / 180 / count)
    assert abs(np.corrcoef(u[1:], u[:-1])[0, 1]) < WIDE / np.sqrt(count)
    cells = np.bincount((u * 256).astype(int), minlength=256)
    chi_square = ((cells - count / 256) ** 2 / (count / 256)).sum()
    assert abs(chi_square - 255) < WIDE * np.sqrt(2 * 255)
