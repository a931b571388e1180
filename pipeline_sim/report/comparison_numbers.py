"""A difference with its interval, and how numbers of a comparison are written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from pipeline_sim.results.directions import NEITHER, SIGNS

MINUS = "\N{MINUS SIGN}"
MOST_DECIMALS = 6


@dataclass(frozen=True)
class Difference:
    """A mean difference and its 95 % interval (NaN where there is none)."""

    difference: float
    low: float
    high: float
    reps: int
    differs: bool  # any replication has any difference
    base: float = math.nan
    policy: float = math.nan
    better: str = NEITHER
    share_better: float = math.nan
    unit: str = ""

    @staticmethod
    def of_row(row: pd.Series) -> Difference:
        """A row of the tables of a comparison."""
        return Difference(
            **{name: row[name] for name in ("difference", "low", "high", "reps", "base", "policy")},
            differs=bool(row["differs"]),
            better=str(row.get("better", NEITHER)),
            share_better=float(row.get("share_better", math.nan)),
            unit=str(row.get("unit", "")),
        )

    @staticmethod
    def of_mean(row: pd.Series, column: str) -> Difference:
        """A column of a row that has nothing else but its interval."""
        mean = row[column]
        return Difference(mean, row["low"], row["high"], int(row["reps"]), bool(mean))

    @property
    def clear(self) -> bool:
        """The interval does not hold 0; without an interval nothing is clear."""
        return self.low > 0 or self.high < 0

    @property
    def verdict(self) -> int:
        """1 for clearly better, -1 for clearly worse, 0 for neither."""
        return SIGNS[self.better] * (int(self.difference > 0) - int(self.difference < 0)) if self.clear else 0

    @property
    def relative(self) -> float:
        """Size of the difference against the larger of the two values."""
        largest = max(abs(self.base), abs(self.policy))
        return abs(self.difference) / largest if largest > 0 else 0.0

    def __neg__(self) -> Difference:
        return replace(self, difference=-self.difference, low=-self.high, high=-self.low)


def decimals(scale: float, figures: int) -> int:
    """Decimals that show so many figures of a number of this size."""
    if not math.isfinite(scale) or scale == 0:
        return 0
    return min(MOST_DECIMALS, max(0, figures - 1 - math.floor(math.log10(scale))))


def value_text(value: float, beside: Difference | None = None) -> str:
    """A number to three figures, or with as many decimals as show two of the interval ``beside`` it."""
    if math.isnan(value):
        return "no value"
    number = decimals(abs(value), 3) if beside is None else decimals(_scale(beside), 2)
    text = f"{value:,.{number}f}"
    if beside is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", MINUS) if float(text.replace(",", "")) else text.replace("-", "")


def signed(value: float, beside: Difference | None = None) -> str:
    """A difference with its sign; 0 has none."""
    text = value_text(abs(value), beside)
    if math.isnan(value) or not any(digit in text for digit in "123456789"):
        return text
    return ("+" if value > 0 else MINUS) + text


def spread(each: Difference) -> str:
    """The interval: ``+12 to +56``."""
    if math.isnan(each.low):
        return "no interval"
    return f"{signed(each.low, each)} to {signed(each.high, each)}"


def count_text(each: Difference) -> str:
    """How many, with the interval if there is one."""
    if math.isnan(each.low) or each.low == each.high:
        return value_text(each.difference)
    low = max(each.low, 0.0)  # of a count
    return f"{value_text(each.difference, each)} ({value_text(low, each)} to {value_text(each.high, each)})"


def counted(each: Difference, one: str, many: str, plain: bool = False) -> str:
    """How many, and the word for one or for any other number; ``plain`` leaves the interval out."""
    text = value_text(each.difference) if plain else count_text(each)
    return f"{text} {one if text == '1' else many}"


def among(share: float, number: int) -> str:
    """``12 of 30``."""
    return f"{round(share * number)} of {number}"


def listed(parts: Sequence[str]) -> str:
    """``a, b and c``; ``a; b; and c`` where a part holds a comma."""
    if len(parts) < 2:
        return "".join(parts)
    if any("," in part for part in parts):
        return f"{'; '.join(parts[:-1])}; and {parts[-1]}"
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _scale(each: Difference) -> float:
    known = [abs(value) for value in (each.low, each.high) if not math.isnan(value)]
    return max(known) if known else abs(each.difference)


# pounds ----------------------------------------------------------------------------------------------
def pounds(value: float) -> str:
    """An amount to three figures: ``£1.23 billion``, ``£45,600``."""
    for unit, size in (("billion", 1e9), ("million", 1e6)):
        if abs(value) >= size:
            return f"£{value_text(value / size)} {unit}".replace(f"£{MINUS}", f"{MINUS}£")
    shown = float(f"{value:.3g}")
    return f"£{shown:,.0f}".replace("£-", f"{MINUS}£")


def pounds_signed(each: Difference) -> str:
    return _pounds_signed(each.difference)


def pounds_spread(each: Difference) -> str:
    if math.isnan(each.low):
        return "no interval"
    return f"{_pounds_signed(each.low)} to {_pounds_signed(each.high)}"


def pounds_size(each: Difference) -> str:
    """A clear difference and its interval without their signs."""
    flipped = each if each.difference >= 0 else -each
    return f"{pounds(flipped.difference)} ({pounds(flipped.low)} to {pounds(flipped.high)})"


def _pounds_signed(value: float) -> str:
    text = pounds(abs(value))
    return text if value == 0 else ("+" if value > 0 else MINUS) + text
