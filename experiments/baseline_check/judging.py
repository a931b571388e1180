"""Whether the model agrees with the published figures: means over replications, intervals, verdicts.

Decides what counts as within target, what as a miss, and what the replications cannot tell apart. It knows
neither how a number is measured nor how it is shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev

import pandas as pd

TARGETS = {"base": 5.0, "emergent": 15.0}  # percent
KINDS = {"base": "inputs of the base", "emergent": "what emerges"}
VERDICTS = ("yes", "uncertain", "no")
Values = Sequence[Sequence[float | str]]
# Student t, two-sided 95 %, 1 to 30 degrees of freedom
T_95 = (
    *(12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281),
    *(2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860),
    *(2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423),
)


def t_quantile(freedom: int) -> float:
    """Two-sided 95 % point of Student's t: the table, and beyond it the series in 1 / ``freedom``."""
    if freedom <= len(T_95):
        return T_95[freedom - 1]
    z = NormalDist().inv_cdf(0.975)
    first = (z**3 + z) / (4 * freedom)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return z + first + second + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)


def mean_interval(numbers: Sequence[float]) -> tuple[float, float]:
    """95 % interval of the mean over replications; with one number there is none, and it is that number."""
    mean = fmean(numbers)
    if len(numbers) == 1:
        return mean, mean
    half = t_quantile(len(numbers) - 1) * stdev(numbers) / math.sqrt(len(numbers))
    return mean - half, mean + half


def verdict(low: float, high: float, published: float, target: float) -> str:
    """Inside the target band: ``yes``; outside: ``no``; across an edge of it: ``uncertain``."""
    lowest, highest = (published * (1 + sign * target / 100) for sign in (-1, 1))
    if lowest <= low and high <= highest:
        return "yes"
    return "no" if high < lowest or highest < low else "uncertain"


def compare(figures: pd.DataFrame, by_rep: Values) -> pd.DataFrame:
    """One row a figure: published, model over the replications, difference of the mean and verdict."""
    table = figures.copy()
    columns = list(zip(*by_rep, strict=True))
    numbers = [[value for value in column if not isinstance(value, str)] for column in columns]
    reasons = [next((value for value in column if isinstance(value, str)), "") for column in columns]
    nothing = (math.nan, math.nan)
    intervals = [mean_interval(found) if found else nothing for found in numbers]
    table["model"] = [fmean(found) if found else math.nan for found in numbers]
    table["model_low"], table["model_high"] = zip(*intervals, strict=True)
    table["model_min"] = [min(found, default=math.nan) for found in numbers]
    table["model_max"] = [max(found, default=math.nan) for found in numbers]
    table["difference"] = 100 * (table["model"] / table["published"] - 1)
    table["target"] = table["kind"].map(TARGETS)
    table["not_produced"] = [
        reason if not found else "" for reason, found in zip(reasons, numbers, strict=True)
    ]
    judged = table[["model_low", "model_high", "published", "target"]].itertuples(index=False, name=None)
    table["within"] = [verdict(*row) for row in judged]
    table.loc[table["older"], "within"] = "older"
    table.loc[table["model"].isna(), "within"] = "not produced"
    return table


def summary_lines(table: pd.DataFrame) -> list[str]:
    """How many are within target, by kind and, for each kind, by section."""
    judged = table[table["within"].isin(VERDICTS)]
    lines = []
    for kind, title in KINDS.items():
        found = judged.loc[judged["kind"] == kind, "within"]
        yes, uncertain, no = ((found == name).sum() for name in VERDICTS)
        lines.append(
            f"{title.capitalize()}: {yes} of {len(found)} within {TARGETS[kind]:.0f} %, "
            f"{uncertain} uncertain, {no} not."
        )
    sections = judged.groupby("section", sort=False)["within"]
    parts = [f"{section} {(within == 'yes').sum()}/{len(within)}" for section, within in sections]
    lines.append(f"Within target by section: {'; '.join(parts)}.")
    older, missing = ((table["within"] == name).sum() for name in ("older", "not produced"))
    lines.append(f"Not judged: {older} figures with a newer one in the table, {missing} not produced.")
    return lines
