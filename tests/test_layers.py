"""The rooms of the package: one-way imports, files short enough to read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "pipeline_sim"
LAYERS = ["base", "catalogue", "scenario", "rules", "engines", "results", "studies", "report", "cli"]
BASE_MODULES = {
    "clock",
    "compiling",
    "errors",
    "eventlog",
    "identity",
    "prefetching",
    "randomness",
    "vocabulary",
}
FRONT = {"__init__", "__main__"}  # the package's door: lazy names and ``python -m``
LONGEST_FILE = 600
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(parts: tuple[str, ...]) -> str:
    """The layer of a module given its path below the package, e.g. ("rules", "training")."""
    first = parts[0]
    if first in BASE_MODULES:
        return "base"
    if first in FRONT:
        return "front"
    assert first in LAYERS, f"{'.'.join(parts)} is in no known layer"
    return first


def imports_of(path: Path) -> set[tuple[str, ...]]:
    """Modules of this package that a file imports anywhere, even inside a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = ("pipeline_sim", *path.relative_to(PACKAGE).parts)[: -node.level]
            module = ".".join([*(above if node.level else ()), *filter(None, [node.module])])
            # ``from pipeline_sim import x`` may name a room; deeper down the module says enough
            names = (
                [f"{module}.{a.name}" for a in node.names]
                if module in ("pipeline_sim", "pipeline_sim.rules")
                else [module]
            )
        else:
            continue
        for name in names:
            package, *rest = name.split(".")
            if package == "pipeline_sim" and rest and rest[0] != "__version__":
                found.add(tuple(rest))
    return found


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_its_own_layer_or_a_lower_one(path: Path) -> None:
    own = room_of(path.relative_to(PACKAGE).with_suffix("").parts)
    if own == "front":
        return
    for target in imports_of(path):
        room = room_of(target)
        assert room != "front" and LAYERS.index(room) <= LAYERS.index(own), (
            f"{name_of(path)} ({own}) imports pipeline_sim.{'.'.join(target)} ({room})"
        )


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_file_is_longer_than_600_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_first_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), name_of(path)


@pytest.mark.parametrize("path", sorted((PACKAGE / "engines").glob("*.py")), ids=name_of)
def test_engines_know_no_tables_and_no_files(path: Path) -> None:
    for target in imports_of(path):
        assert target[:2] not in {("scenario", "load"), ("scenario", "schema")}, target
        assert target[0] != "catalogue"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    roots = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [a.name for a in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not roots & {"csv", "pandas", "pyarrow", "pydantic", "pandera"}
