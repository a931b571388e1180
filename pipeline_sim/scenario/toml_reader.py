"""Reads TOML files, and finds the line on which a key is set. What the keys mean is not decided here."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pipeline_sim.errors import Problem
from pipeline_sim.scenario.table_reader import read_text


def read_toml(path: Path, label: str, problems: list[Problem]) -> tuple[str, dict[str, Any]] | None:
    """The text of a file and what it says; None, with a problem, if it is no TOML."""
    text = read_text(path, label, problems)
    if text is None:
        return None
    try:
        return text, tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        place = f"{label}:{line[1]}" if line else label
        problems.append(Problem(place, f"broken TOML ({error})", "valid TOML"))
        return None


def key_place(label: str, text: str, keys: tuple[str, ...]) -> str:
    """``scenario.toml:7 key years``; without the line if it cannot be found."""
    line = key_line(text, keys)
    dotted = ".".join(keys)
    return f"{label}:{line} key {dotted}" if line else f"{label} key {dotted}"


def key_line(text: str, keys: tuple[str, ...]) -> int | None:
    """Line of the file on which a key is set, or None. Quotes and table headers are understood."""
    wanted = ".".join(keys)
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if header := re.fullmatch(r"\[([^\[\]]+)\]\s*(#.*)?", stripped):
            section = _plain(header[1]) + "."
            if section[:-1] == wanted:
                return number
        elif "=" in stripped and not stripped.startswith("#"):
            quoted = re.match(r"""("[^"]*"|'[^']*'|[^="'])+(?==)""", stripped)
            if quoted and section + _plain(quoted[0]) == wanted:
                return number
    return None


def _plain(key: str) -> str:
    """A dotted key without quotes and blanks."""
    return re.sub(r"""["'\s]""", "", key)
