"""Errors that a user of the package can cause, told as place, finding, expectation and nearest name.

Arguments are positional and the text is built in ``__str__``: SimPy re-raises an exception of a
process as ``type(error)(*error.args)``.
"""

from __future__ import annotations

import difflib
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class PipelineError(Exception):
    """Base of every error this package raises on purpose."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the input.

    ``where`` is a place (``posts.csv:12 column region``), ``nearest`` the closest valid name or "".
    """

    where: str
    found: str
    expected: str
    nearest: str = ""

    def __str__(self) -> str:
        hint = f" (nearest: {self.nearest})" if self.nearest else ""
        return f"{self.where}: found {self.found}, expected {self.expected}{hint}"


class ScenarioError(PipelineError):
    """A scenario or an argument that cannot be used. ``problems`` holds everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return str(self.problems[0])
        lines = [f"{len(self.problems)} problems:"]
        lines += [f"  {problem}" for problem in self.problems]
        return "\n".join(lines)


def nearest(name: str, choices: Iterable[str]) -> str:
    """The choice most like ``name``, or "" if none is at all alike."""
    options = {choice.casefold(): choice for choice in choices}
    found = difflib.get_close_matches(name.casefold(), list(options), n=1, cutoff=0.5)
    return options[found[0]] if found else ""


def whole_number(name: str, value: Any, least: int, most: int) -> int:
    """An argument that is a whole number, of NumPy's kinds too, as an ``int``; else ``ScenarioError``."""
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or not least <= number <= most:
        expected = f"a whole number from {least:,} to {most:,}"
        raise ScenarioError([Problem(name, described(value), expected)])
    return number


def described(value: object) -> str:
    """What someone gave for an argument, short enough for a message."""
    try:
        text = repr(value)
    except ValueError:  # a whole number of thousands of digits
        text = f"a very large {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
