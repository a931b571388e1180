"""Makes a folder of a user's own from a bundled scenario. It appears complete or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from pipeline_sim.errors import Problem, ScenarioError, nearest
from pipeline_sim.scenario.header import BASE_FILE, SCENARIO_FILE, BaseHeader, read_header
from pipeline_sim.scenario.load import CATALOGUE, bundled_names
from pipeline_sim.scenario.reference import folder_guide
from pipeline_sim.scenario.schema import table_specs

HEADER = """\
name = "{name}"
title = "{title}"
base = "{base}"

# Left out, these are as in the base.
# start = "{start}"
# years = {years}
# policies = []  # names of bundled policies, or .toml files in this folder: see `pipeline-sim list`

# Single values, by path. The tables beside this file can be edited as well.
[set]
# "supervision.rule" = "soft"
"""


def new_scenario(folder: str | Path, base: str) -> Path:
    """Write an editable copy of the bundled scenario ``base`` to ``folder`` and return the folder.

    Raises ``ScenarioError`` if the base is unknown, or the folder is a file, has something in it, or
    cannot be written.
    """
    target = Path(folder)
    names = bundled_names()
    if base not in names:
        raise ScenarioError([Problem("base", base, "one of " + ", ".join(names), nearest(base, names))])
    try:
        if target.resolve() == Path.cwd() and not any(target.iterdir()):
            raise ScenarioError([Problem(str(folder), "the current folder", "a folder inside it")])
        if target.is_dir() and any(target.iterdir()):
            raise ScenarioError([Problem(str(folder), "a folder with files in it", "a new or empty folder")])
        if target.exists() and not target.is_dir():
            raise ScenarioError([Problem(str(folder), "a file", "a new or empty folder")])
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as beside:
            draft = Path(beside) / "scenario"
            draft.mkdir()
            _write(draft, _plain_name(target), base)
            if target.is_dir():
                target.rmdir()
            os.replace(draft, target)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        problem = Problem(str(folder), f"a folder that cannot be written ({reason})", "a writable place")
        raise ScenarioError([problem]) from error
    return target


def _write(draft: Path, name: str, base: str) -> None:
    problems: list[Problem] = []
    header = read_header(CATALOGUE / base / BASE_FILE, BASE_FILE, BaseHeader, problems)
    if header is None:
        raise ScenarioError(problems)
    title = f"{header.title or base} (copy)"
    quoted = title.replace("\\", "\\\\").replace('"', '\\"')
    head = HEADER.format(name=name, title=quoted, base=base, start=header.start, years=header.years)
    (draft / SCENARIO_FILE).write_text(head, encoding="utf-8")
    (draft / "README.md").write_text(folder_guide(title, base), encoding="utf-8")
    for spec in table_specs().values():
        source = CATALOGUE / base / spec.file
        if source.exists():
            shutil.copyfile(source, draft / spec.file)


def _plain_name(folder: Path) -> str:
    """The folder's own name as a scenario name."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in folder.resolve().name)
    return kept.strip("_") or "scenario"
