"""What is installed: the version in one place, light imports, data in the package."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import pipeline_sim

ROOT = Path(__file__).parent.parent
HEAVY = ("numpy", "pandas", "numba", "matplotlib", "simpy", "pyarrow", "pydantic", "rich")


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout.strip()


def best_of_three(command: list[str]) -> float:
    """Seconds of the fastest of three runs: the one the machine disturbed least."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
        times.append(time.perf_counter() - began)
    return min(times)


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = f"import sys, pipeline_sim; print([m for m in {HEAVY} if m in sys.modules])"
    assert python(code) == "[]"


def test_importing_the_package_takes_less_than_a_tenth_of_a_second() -> None:
    code = "import time; t = time.perf_counter(); import pipeline_sim; print(time.perf_counter() - t)"
    assert min(float(python(code)) for _ in range(3)) < 0.1


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom pipeline_sim.cli import cli\n"
        "try: cli.main(['run', '--help'])\nexcept SystemExit: pass\n"
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    assert python(code).splitlines()[-1] == "[]"


def test_help_takes_less_than_half_a_second() -> None:
    assert best_of_three([sys.executable, "-m", "pipeline_sim", "--help"]) < 0.5


def test_every_exported_name_is_there_and_is_listed() -> None:
    for name in pipeline_sim.__all__:
        assert getattr(pipeline_sim, name) is not None
        assert name in dir(pipeline_sim)


def test_a_name_that_is_not_exported_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        pipeline_sim.nonsense  # noqa: B018


def test_the_version_is_the_same_wherever_it_is_written() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    assert setup["metadata"]["version"] == "attr: pipeline_sim.__version__"
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {pipeline_sim.__version__}\n" in citation
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {pipeline_sim.__version__}\n" in changelog


def test_every_core_requirement_has_a_lower_bound() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    for line in setup["options"]["install_requires"].split("\n"):
        assert not line or re.search(r">=\d", line), line


def test_every_data_file_of_the_catalogue_is_packaged() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    packaged = {Path(pattern).suffix for pattern in setup["options.package_data"]["pipeline_sim"].split("\n")}
    data = [p for p in (ROOT / "pipeline_sim" / "catalogue").rglob("*") if p.is_file()]
    kept = [p for p in data if "__pycache__" not in p.parts and p.suffix != ".py"]
    assert {p.suffix for p in kept} <= packaged


def test_the_ci_script_can_be_executed_and_runs_the_tests() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!") and "set -euo pipefail" in text and "make test" in text
