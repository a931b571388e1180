"""From the text of a cell to its value, or to a sentence that says what is wrong with it."""

from __future__ import annotations

import math
import re

from pipeline_sim.errors import Problem, nearest
from pipeline_sim.scenario.schema import LARGEST_COUNT, Column
from pipeline_sim.scenario.table import Cell

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = {"nan", "inf", "infinity"}
WHOLE_KINDS = ("count", "whole", "year")


def shown(text: str) -> str:
    """A found value as a message shows it: short and visible."""
    if not text:
        return "blank"
    return text if len(text) <= 60 else text[:57] + "..."


def parse_cell(column: Column, text: str, where: str) -> Cell | Problem:
    """Value of a cell. References are checked elsewhere: here any name will do.

    Blank is None where the column allows it.
    """
    if not text:
        return None if column.may_be_blank else Problem(where, "blank", column.expected)
    if column.kind in ("text", "references"):
        return text
    if column.kind == "name":
        if _NAME.fullmatch(text):
            return text
        return Problem(where, shown(text), column.expected, re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_"))
    if column.kind == "reference":
        return text
    if column.kind == "choice":
        if text in column.choices:
            return text
        return Problem(where, shown(text), column.expected, nearest(text, column.choices))
    return _parse_number(column, text, where)


def _parse_number(column: Column, text: str, where: str) -> Cell | Problem:
    if text.lstrip("+-").casefold() in _NOT_FINITE:
        return Problem(where, shown(text), f"{column.expected} (finite)")
    if not _NUMBER.fullmatch(text):
        return Problem(where, shown(text), column.expected)
    number = float(text)
    if expected := out_of_range(column, number):
        return Problem(where, shown(text), expected)
    if column.kind in WHOLE_KINDS:
        if number != math.floor(number):
            return Problem(where, shown(text), column.expected)
        return int(number)
    return number + 0.0  # never minus zero


def out_of_range(column: Column, number: float) -> str:
    """What is expected in place of a number that the column does not allow, "" if it does."""
    low, high = column.range
    if not math.isfinite(number):
        return f"{column.expected} (finite)"
    if high is not None and number > high:
        return f"{column.expected}, up to {LARGEST_COUNT:,}" if high == LARGEST_COUNT else column.expected
    return column.expected if low is not None and number < low else ""


def text_of(value: object, column: Column) -> str:
    """A Python value as the cell text a user would have typed. True is 1 only where there is 0 and 1."""
    if isinstance(value, bool):
        return str(int(value)) if column.range == (0, 1) else str(value).lower()
    if value is None:
        return ""
    try:
        return str(value).strip()
    except ValueError:  # a whole number of thousands of digits
        return "inf"
