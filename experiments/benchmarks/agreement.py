"""Whether the implementations of the benchmark tell the same story: a comparison of means over seeds.

Implementations draw their own random numbers, so that they agree within sampling error or not at all. The
spread between replications is pooled over implementations, since five replications of one say little.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ladder import STAGES, Step

LIMIT = 4.0  # of some 460 comparisons one in thirty times by chance
BY_YEAR = ("completed", "accepted", "unplaced", "graduated", "year_started")
CENSUS = (*STAGES, "practice")
Results = Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Comparison:
    """One measure of one implementation against all others together; ``z`` is a normal deviate."""

    measure: str
    implementation: str
    mean: float
    others: float
    z: float


def measures(results: Results) -> dict[str, float]:
    """Steps over the whole run, some of them by year, and people by stage at half time and at the end."""
    last = len(results["entered"]) - 1
    found: dict[str, float] = {
        f"{step.name.lower()}, all years": sum(results[step.name.lower()]) for step in Step
    }
    for name in BY_YEAR:
        found |= {f"{name}, year {year + 1}": count for year, count in enumerate(results[name])}
    for name in results:
        if " in programme " in name:
            found[f"{name}, all years"] = sum(results[name])
    for year in sorted({last // 2, last}):
        found |= {f"{name}, end of year {year + 1}": results[name][year] for name in CENSUS}
    return found


def compare(runs: Mapping[str, Sequence[Results]]) -> list[Comparison]:
    """Every measure of every implementation against the others; empty with fewer than two of either."""
    table = {name: [measures(found) for found in several] for name, several in runs.items()}
    if len(table) < 2 or min(map(len, table.values())) < 2:
        return []
    comparisons = []
    for measure in next(iter(table.values()))[0]:
        values = {name: [found[measure] for found in several] for name, several in table.items()}
        spread = _pooled_deviation(list(values.values()))
        degrees = sum(len(own) - 1 for own in values.values())
        for name, own in values.items():
            rest = [value for other, several in values.items() if other != name for value in several]
            mean, others = _mean(own), _mean(rest)
            error = spread * math.sqrt(1 / len(own) + 1 / len(rest))
            t = (mean - others) / error if error else math.copysign(math.inf, mean - others)
            z = 0.0 if mean == others else normal_deviate(t, degrees)
            comparisons.append(Comparison(measure, name, mean, others, z))
    return comparisons


def normal_deviate(t: float, degrees: int) -> float:
    """The normal deviate that is as unlikely as a Student's t (Wallace's approximation)."""
    if math.isinf(t):
        return t
    size = math.sqrt(degrees * math.log1p(t * t / degrees)) * (8 * degrees + 1) / (8 * degrees + 3)
    return math.copysign(size, t)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _pooled_deviation(groups: Sequence[Sequence[float]]) -> float:
    squares = math.fsum((value - _mean(group)) ** 2 for group in groups for value in group)
    return math.sqrt(squares / sum(len(group) - 1 for group in groups))
