"""The result folder of a run: where it is, and opened before anything is simulated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pipeline_sim.cli.failures import WrongInput
from pipeline_sim.results.output import OutputError, OutputFolder
from pipeline_sim.scenario.blueprint import Blueprint


def default_folder(scenario_name: str) -> Path:
    """Where the results of a scenario go unless the user says otherwise."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", scenario_name).strip("-.")
    return Path("results") / (safe or "scenario")


@contextmanager
def result_folder(folder: Path, blueprint: Blueprint) -> Iterator[OutputFolder]:
    """An ``OutputFolder`` in use; what cannot be used is refused on entry.

    If the block fails, parent folders that were made for it are taken away again.

    Raises:
        WrongInput: ``folder`` holds something else, holds the current folder, or cannot be written.
    """
    made: list[Path] = []
    try:
        str(folder).encode()
    except UnicodeEncodeError as failure:
        raise WrongInput(f"--out {str(folder)!a}: not a name that UTF-8 can write") from failure
    try:
        with ExitStack() as stack:
            try:
                made = _absent_parents(folder)
                output = stack.enter_context(OutputFolder(folder, blueprint))
            except (OutputError, OSError, RuntimeError) as failure:
                raise WrongInput(f"--out {folder}: {failure}") from failure
            yield output
    except BaseException:
        with suppress(OSError):  # one that holds something stays, and so do those above it
            for parent in made:
                parent.rmdir()
        raise


def _absent_parents(folder: Path) -> list[Path]:
    """Folders that have to be made to hold ``folder``, the innermost first."""
    target = folder.expanduser().resolve()
    here = Path.cwd()
    if target.is_dir() and (target == here or target in here.parents):
        raise WrongInput(f"--out {folder} holds the current folder; name a folder inside it, such as results")
    return [parent for parent in target.parents if not parent.exists()]
