"""One small run kept under review: a change of its numbers is a change of the model.

If it is meant: ``python tests/test_golden.py`` rewrites the record; read the difference, and add a line that
says **numbers** to CHANGELOG.md.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from pipeline_sim.engines.simpy_engine import run
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.vocabulary import Event

RECORD = Path(__file__).parent / "golden" / "teaching.json"
COLUMNS = ("month", "phase", "person", "event", "programme", "level", "region", "wte", "detail")
YEARS, SEED = 4, 1


def measured() -> dict[str, object]:
    """Yearly counts of every event, and a hash of the whole log, of ``teaching``."""
    log = run(load_scenario("teaching").with_years(YEARS).blueprint(), SEED)
    digest = hashlib.sha256()
    for column in COLUMNS:
        digest.update(np.ascontiguousarray(getattr(log, column)).tobytes())
    year = log.month // 12
    counts = {
        event.name.lower(): np.bincount(year[log.event == event], minlength=YEARS).tolist() for event in Event
    }
    return {"scenario": "teaching", "years": YEARS, "seed": SEED, "events": counts, "log": digest.hexdigest()}


def test_the_small_run_is_what_it_was():
    assert measured() == json.loads(RECORD.read_text(encoding="utf-8"))


if __name__ == "__main__":
    RECORD.write_text(json.dumps(measured(), indent=1) + "\n", encoding="utf-8")
