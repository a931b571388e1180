"""Money of two paired runs: what a policy costs more, discounted, and for each doctor gained.

Pure functions of the frames ``budget`` and ``kpis`` of a base run and a policy run, matched by ``rep``.
Present values follow the Treasury's Green Book: constant prices, and a year's amount divided by
``(1 + rate) ** (year - base_year)``, so that the base year itself is not discounted (``timing="start"``).
With ``timing="middle"`` every year counts as half a year later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

TIMINGS = ("start", "middle")
PARTS = ("head", "payer", "programme", "region")
#: KPIs that add up to the trained doctors at work: consultants and GPs, whole-time equivalents.
TRAINED = ("consultants_wte", "gps_wte")
NOTHING = 1e-9  # pounds or doctors: differences below it are rounding


def discount_factors(
    years: Sequence[int] | pd.Index, rate: float, base_year: int, timing: str = "start"
) -> NDArray[np.float64]:
    """What a pound of each year is worth in the base year. ``ValueError`` for a rate of -1 or less."""
    if timing not in TIMINGS:
        raise ValueError(f"timing: found {timing!r}, expected one of {', '.join(TIMINGS)}")
    if not rate > -1:
        raise ValueError(f"rate: found {rate}, expected a number above -1, such as 0.035")
    later = np.asarray(years, dtype=float) - base_year + (0.5 if timing == "middle" else 0.0)
    return np.power(1 + rate, -later)


def present_value(amounts: pd.Series, rate: float, base_year: int, timing: str = "start") -> float:
    """Yearly amounts, indexed by year, as one amount of the base year."""
    return float(amounts.to_numpy(float) @ discount_factors(amounts.index, rate, base_year, timing))


def yearly_cost(
    budget: pd.DataFrame, head: str | Iterable[str] | None = None, payer: str | Iterable[str] | None = None
) -> pd.DataFrame:
    """Pounds by replication (index ``rep``) and year (columns), 0 where nothing was spent."""
    chosen = budget
    for column, names in (("head", head), ("payer", payer)):
        if names is not None:
            chosen = chosen[chosen[column].isin([names] if isinstance(names, str) else list(names))]
    table = chosen.pivot_table("pounds", "rep", "year", "sum", fill_value=0.0)
    reps, years = (pd.Index(sorted(set(budget[name])), name=name) for name in ("rep", "year"))
    return table.reindex(index=reps, columns=years, fill_value=0.0)


def incremental_cost(
    base_budget: pd.DataFrame, policy_budget: pd.DataFrame, by: Sequence[str] = ("head",)
) -> pd.DataFrame:
    """What the policy costs more: columns ``rep, year, *by, base, policy, difference``, not discounted.

    ``by`` names any of head, payer, programme and region; with none of them the total of each year.
    """
    if strange := [name for name in by if name not in PARTS]:
        raise ValueError(f"by: found {strange[0]!r}, expected any of {', '.join(PARTS)}")
    keys = ["rep", "year", *by]

    def summed(budget: pd.DataFrame) -> pd.Series:
        plain = budget.astype(dict.fromkeys(by, "str"))
        return plain.groupby(keys)["pounds"].sum()

    both = pd.concat({"base": summed(base_budget), "policy": summed(policy_budget)}, axis=1)
    both = both.fillna(0.0).sort_index().reset_index()
    return both.assign(difference=both["policy"] - both["base"])


def trained_wte(kpis: pd.DataFrame) -> pd.DataFrame:
    """Consultants and GPs, whole-time equivalents, by replication (index ``rep``) and year (columns)."""
    rows = kpis[kpis["kpi"].isin(TRAINED)]
    return rows.pivot_table("value", "rep", "year", "sum", fill_value=0.0)


def cost_and_effect(
    base_budget: pd.DataFrame,
    policy_budget: pd.DataFrame,
    base_kpis: pd.DataFrame,
    policy_kpis: pd.DataFrame,
    rate: float,
    base_year: int | None = None,
    timing: str = "start",
    payer: str | Iterable[str] | None = None,
) -> pd.DataFrame:
    """What each pair of runs costs more and gains; the index is ``rep``.

    ``cost``: extra pounds, discounted. ``wte_years``: extra whole-time years of trained doctors at work,
    discounted at the same rate. ``wte_at_end``: extra whole-time doctors in the last year, as they are.
    ``base_year`` is that of the first results if not given; ``payer`` keeps the costs of some payers.
    Only replications that both sides have are compared.
    """
    effect = trained_wte(policy_kpis) - trained_wte(base_kpis)
    effect = effect.dropna(how="all")
    if effect.empty:
        return pd.DataFrame(columns=["cost", "wte_years", "wte_at_end"], index=pd.Index([], name="rep"))
    first = int(effect.columns[0]) if base_year is None else base_year
    spent = [
        yearly_cost(budget, payer=payer).reindex(
            index=effect.index, columns=effect.columns, fill_value=0.0
        )
        for budget in (base_budget, policy_budget)
    ]  # fmt: skip
    factors = discount_factors(effect.columns, rate, first, timing)
    return pd.DataFrame(
        {
            "cost": (spent[1] - spent[0]).to_numpy(float) @ factors,
            "wte_years": effect.to_numpy(float) @ factors,
            "wte_at_end": effect.iloc[:, -1].to_numpy(float),
        },
        index=effect.index,
    )


@dataclass(frozen=True)
class CostPerEffect:
    """A ratio of cost to effect, where there is an honest one, and what it means."""

    quadrant: str
    words: str
    pounds: float | None = None


def cost_per_effect(cost: float, effect: float) -> CostPerEffect:
    """Extra cost for each unit of extra effect, or why there is no such number.

    Only where a policy costs more and gains more (or saves and gives up) is the ratio a price. Otherwise one
    side is better in both respects and says so: "dominates" or "dominated".
    """
    if not (np.isfinite(cost) and np.isfinite(effect)):
        return CostPerEffect("not_known", "not known")
    dearer, better = (0 if abs(value) < NOTHING else int(np.sign(value)) for value in (cost, effect))
    quadrant, words = _QUADRANTS[dearer, better]
    return CostPerEffect(quadrant, words, cost / effect if dearer * better > 0 else None)


_QUADRANTS = {
    (1, 1): ("costs_more_gains", "costs more and gains doctors"),
    (-1, 1): ("saves_and_gains", "dominates: costs less and gains doctors"),
    (1, -1): ("costs_more_loses", "dominated: costs more and loses doctors"),
    (-1, -1): ("saves_and_loses", "costs less and loses doctors: pounds saved for each one given up"),
    (0, 1): ("no_cost", "dominates: gains doctors at no cost"),
    (0, -1): ("no_cost", "dominated: loses doctors and saves nothing"),
    (1, 0): ("no_effect", "dominated: costs more and gains no doctors"),
    (-1, 0): ("no_effect", "dominates: costs less and loses no doctors"),
    (0, 0): ("no_difference", "no difference"),
}
