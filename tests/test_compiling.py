"""Compiled code is kept, never stale, and never needed: every start gives the same numbers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline_sim import compiling
from pipeline_sim.compiling import CACHES_KEPT, SECONDS_KEPT, clear_old_caches, compiled_sources

PACKAGE = Path(compiling.__file__).parent
ANNOUNCED = "Compiling the engine"
SMALL = """
import hashlib, sys, warnings
warnings.simplefilter("error")
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.studies.runs import simulate
log = simulate(load_scenario("teaching").scaled(0.1).blueprint(3), 1, engine=sys.argv[1])
print(len(log), hashlib.sha256(b"".join(column.tobytes() for column in vars(log).values())).hexdigest())
"""
TABLES = """
import hashlib
import pandas as pd
from pipeline_sim import load_scenario, single_run
run = single_run(load_scenario("teaching").scaled(0.05), years=5)
tables = run.kpis, run.flows, run.census, run.waits, run.completions, run.results.budget
print([int(pd.util.hash_pandas_object(table.astype(str)).sum()) for table in tables])
"""
PASSES = """
from pipeline_sim import compiling
from pipeline_sim.rules.medical_school import year_result
compiling.announce_if_cold("one rule", 1)
with compiling.first_use("one rule"):
    print(year_result(1, 2, 0, 0, 0, False), compiling.cache_key())
"""


def start(code: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """A fresh Python that finds this package, unless ``PYTHONPATH`` says otherwise."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={
            **os.environ,
            "PYTHONPATH": str(PACKAGE.parent),
            "PYTHONSAFEPATH": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def python(code: str, *arguments: str, **environment: str) -> tuple[str, str]:
    """What it printed on stdout and on stderr."""
    running = start(code, *arguments, **environment)
    shown, told = running.communicate(timeout=600)
    assert running.returncode == 0, told
    return shown.strip(), told


def copy_of_package(folder: Path) -> Path:
    return shutil.copytree(PACKAGE, folder / "pipeline_sim", ignore=shutil.ignore_patterns("__pycache__"))


def files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


# never stale --------------------------------------------------------------------------------------
def test_an_edited_rule_takes_effect(tmp_path: Path) -> None:
    package = copy_of_package(tmp_path)
    places = {"PYTHONPATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    before, key = python(PASSES, **places)[0].split()
    rule = package / "rules" / "medical_school.py"
    text = rule.read_text(encoding="utf-8")
    assert "    return PASS\n" in text
    rule.write_text(text.replace("    return PASS\n", "    return LEAVE\n"), encoding="utf-8")
    after, new_key = python(PASSES, **places)[0].split()
    assert (before, after) == ("0", "2")
    assert key != new_key


def test_an_edited_constant_that_a_rule_only_imports_takes_effect(tmp_path: Path) -> None:
    package = copy_of_package(tmp_path)
    (package / "numbers_of_a_rule.py").write_text("ANSWER = 41\n", encoding="utf-8")
    (package / "rules" / "asking.py").write_text(
        "from pipeline_sim.compiling import (\n    kernel,\n)\n"
        "from pipeline_sim.numbers_of_a_rule import ANSWER\n\n\n"
        "@kernel\ndef answer():\n    return ANSWER\n",
        encoding="utf-8",
    )
    places = {"PYTHONPATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    ask = "from pipeline_sim.rules.asking import answer; print(answer())"
    assert python(ask, **places)[0] == "41"
    (package / "numbers_of_a_rule.py").write_text("ANSWER = 42\n", encoding="utf-8")
    assert python(ask, **places)[0] == "42"


def test_the_key_covers_every_file_that_compiles_and_nothing_of_the_front_of_house() -> None:
    covered = {path.relative_to(PACKAGE).as_posix() for path in compiled_sources()}
    assert {"compiling.py", "randomness.py"} <= covered
    uses = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if any(line.startswith(("@rule", "@kernel")) for line in path.read_text("utf-8").splitlines())
    }
    assert uses <= covered
    assert not [name for name in covered if name.split("/")[0] in ("cli", "report", "studies", "catalogue")]


def test_reading_scenarios_and_making_tables_are_no_part_of_the_key() -> None:
    """So an edit of a message or of a KPI does not have the engine compiled again."""
    covered = {path.relative_to(PACKAGE).as_posix() for path in compiled_sources()}
    assert {name for name in covered if name.startswith("scenario/")} == {
        "scenario/blueprint.py",
        "scenario/shares.py",
    }
    assert {name for name in covered if name.startswith("results/")} == {
        "results/cost_passes.py",
        "results/life_passes.py",
        "results/log_passes.py",
    }


def test_files_that_compile_import_by_full_names_so_that_the_key_can_follow_them() -> None:
    for path in compiled_sources():
        assert "\nfrom ." not in path.read_text(encoding="utf-8"), path


# kept, and announced once -------------------------------------------------------------------------
def test_the_first_start_says_that_it_compiles_and_later_ones_do_not(tmp_path: Path) -> None:
    first, told = python(PASSES, XDG_CACHE_HOME=str(tmp_path))
    assert told == f"{ANNOUNCED} for this machine, once (about 1 s)...\n"
    kept = {path: path.stat().st_mtime_ns for path in files_below(tmp_path)}
    assert any(path.suffix == ".nbc" for path in kept)
    again, told = python(PASSES, XDG_CACHE_HOME=str(tmp_path))
    assert told == ""
    assert first == again
    assert {path: path.stat().st_mtime_ns for path in files_below(tmp_path)} == kept


def test_a_first_start_that_fails_leaves_the_next_one_a_first_start(tmp_path: Path) -> None:
    failing = PASSES.replace("print(", "raise SystemExit(0)\n    print(")
    for code in (failing, PASSES):
        assert ANNOUNCED in python(code, XDG_CACHE_HOME=str(tmp_path))[1]


def test_several_first_starts_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    running = [start(PASSES, XDG_CACHE_HOME=str(tmp_path)) for _ in range(4)]
    answers = [process.communicate(timeout=600) for process in running]
    assert [process.returncode for process in running] == [0] * 4, answers
    assert len({shown for shown, _ in answers}) == 1
    assert python(PASSES, XDG_CACHE_HOME=str(tmp_path))[1] == ""


# where nothing can be written ---------------------------------------------------------------------
def test_without_a_home_that_can_be_written_a_temporary_folder_serves(tmp_path: Path) -> None:
    places = {"HOME": "/dev/null", "XDG_CACHE_HOME": "", "TMPDIR": str(tmp_path)}
    where = "from pipeline_sim import compiling; print(compiling.CACHE)"
    folder = Path(python(where, **places)[0])
    assert folder.is_relative_to(tmp_path)
    assert folder.parent.stat().st_mode & 0o077 == 0
    assert python(PASSES, **places)[0].split()[0] == "0"
    assert any(path.suffix == ".nbc" for path in files_below(folder))


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs owners of files")
def test_a_temporary_folder_that_others_can_write_is_not_trusted(tmp_path: Path) -> None:
    planted = tmp_path / f"pipeline_sim-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    places = {"HOME": "/dev/null", "XDG_CACHE_HOME": "", "TMPDIR": str(tmp_path)}
    assert python("from pipeline_sim import compiling; print(compiling.CACHE)", **places)[0] == "None"


def test_where_nothing_can_be_kept_the_numbers_are_the_same_and_the_user_is_told(tmp_path: Path) -> None:
    nowhere = tmp_path / "file"
    nowhere.write_text("", encoding="utf-8")
    (tmp_path / f"pipeline_sim-{os.getuid()}").write_text("", encoding="utf-8")
    places = {"HOME": str(nowhere), "XDG_CACHE_HOME": str(nowhere), "TMPDIR": str(tmp_path)}
    shown, told = python(PASSES, **places)
    assert shown == python(PASSES)[0]
    assert "each time, as no cache folder can be written" in told


def test_a_program_that_was_installed_read_only_writes_nothing_beside_itself(tmp_path: Path) -> None:
    package = copy_of_package(tmp_path)
    before = files_below(tmp_path)
    for path in (*package.rglob("*"), package):
        path.chmod(path.stat().st_mode & ~0o222)
    places = {"PYTHONPATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    try:
        assert python(PASSES, **places)[0].split()[0] == "0"
        assert files_below(package) == before
    finally:
        for path in (package, *package.rglob("*")):
            path.chmod(path.stat().st_mode | 0o200)


# without compiling --------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ["compiled", "simpy"])
def test_with_compilation_switched_off_the_numbers_are_the_same(engine: str, tmp_path: Path) -> None:
    shown, told = python(SMALL, engine, NUMBA_DISABLE_JIT="1", XDG_CACHE_HOME=str(tmp_path))
    assert shown == python(SMALL, engine)[0]
    assert told == ""
    assert files_below(tmp_path) == set()


def test_with_compilation_switched_off_the_tables_are_the_same(tmp_path: Path) -> None:
    shown, _ = python(TABLES, NUMBA_DISABLE_JIT="1", XDG_CACHE_HOME=str(tmp_path))
    assert shown == python(TABLES)[0]


def test_code_compiled_for_an_optimised_python_is_kept_apart() -> None:
    code = "from pipeline_sim import compiling; print(compiling.cache_key())"
    assert python(code)[0] != python(code, PYTHONOPTIMIZE="2")[0]


def test_compiling_leaves_the_users_own_numba_cache_where_it_is() -> None:
    code = "import numba, pipeline_sim.rules.training; print(numba.config.CACHE_DIR)"
    assert python(code, NUMBA_CACHE_DIR="/somewhere")[0] == "/somewhere"


# clearing away ------------------------------------------------------------------------------------
def test_old_caches_are_cleared_away_but_not_the_newest_nor_those_of_today(tmp_path: Path) -> None:
    now = time.time()
    folders = [tmp_path / f"{number:016x}" for number in range(CACHES_KEPT + 5)]
    for age, folder in enumerate(folders):
        folder.mkdir()
        (folder / "code.nbc").write_text("", encoding="utf-8")
        days = 0 if age <= CACHES_KEPT + 1 else 2
        os.utime(folder, (now - age - days * SECONDS_KEPT,) * 2)
    (tmp_path / "notes").mkdir()
    clear_old_caches(folders[0])
    assert {path.name for path in tmp_path.iterdir()} == {
        "notes",
        *(folder.name for folder in folders[: CACHES_KEPT + 2]),
    }
