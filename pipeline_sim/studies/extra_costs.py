"""What a policy costs more than the base, and for each doctor gained: only where the scenario has costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline_sim.results.money import (
    TRAINED,
    CostPerEffect,
    cost_and_effect,
    cost_per_effect,
    incremental_cost,
)
from pipeline_sim.studies.paired import estimate
from pipeline_sim.studies.reducing import ReducedRun

ALL = "all"
PAY_OF_THE_TRAINED = "trained_workforce"  # the pay of the doctors gained: not what it costs to gain them
COST, COST_OF_TRAINING = "extra_cost", "extra_cost_without_trained_workforce"
WTE_YEARS, WTE_AT_END = "extra_wte_years", "extra_wte_at_end"
EFFECTS = (COST, COST_OF_TRAINING, WTE_YEARS, WTE_AT_END)


@dataclass(frozen=True)
class ExtraCost:
    """One replication of an arm against that of the base."""

    by_head: pd.DataFrame  # year, head, payer, base, policy: pounds, not discounted
    effects: tuple[float, ...]  # in the order of EFFECTS; but for the last, discounted to the first year
    discount_rate: float
    price_year: int


@dataclass(frozen=True)
class CostTables:
    """Costs of every arm.

    ``costs``: columns ``arm, from_year, to_year, by, group, base, policy, difference, low, high, reps``,
    pounds a year in prices of ``price_year``, not discounted, in all, by head and by payer.
    ``effects``: columns ``arm, measure, mean, low, high, reps``; measures as in EFFECTS, over the whole run
    and discounted, but for ``extra_wte_at_end``, which is of the last year.
    """

    costs: pd.DataFrame
    effects: pd.DataFrame
    price_year: int
    discount_rate: float

    def ratio(self, arm: str) -> CostPerEffect:
        """Pounds for each extra whole-time year of a trained doctor, the pay of those doctors left out.

        Both are means over the replications and discounted: a ratio of means, never a mean of ratios.
        """
        means = self.effects[self.effects["arm"] == arm].set_index("measure")["mean"]
        return cost_per_effect(float(means[COST_OF_TRAINING]), float(means[WTE_YEARS]))


def extra_cost(base: ReducedRun, policy: ReducedRun) -> ExtraCost | None:
    """What the policy's run costs more; None unless both scenarios have costs."""
    if base.budget is None or policy.budget is None:
        return None
    one, other = base.budget.table, policy.budget.table
    rate = base.budget.discount_rate
    kpis = (_trained(base), _trained(policy))
    whole = cost_and_effect(one, other, *kpis, rate).iloc[0]
    one, other = (frame[frame["head"] != PAY_OF_THE_TRAINED] for frame in (one, other))
    of_training = cost_and_effect(one, other, *kpis, rate).iloc[0]
    effects = whole["cost"], of_training["cost"], whole["wte_years"], whole["wte_at_end"]
    by_head = incremental_cost(one, other, by=("head", "payer")).drop(columns=["rep", "difference"])
    return ExtraCost(by_head, tuple(float(each) for each in effects), rate, base.budget.price_year)


def _trained(run: ReducedRun) -> pd.DataFrame:
    """The KPIs of trained doctors at work, as rows of replication 0."""
    grid = run.kpis
    frames = [
        pd.DataFrame(
            {"rep": 0, "year": grid.years, "kpi": name, "value": grid.values[grid.names.index(name)]}
        )
        for name in TRAINED
    ]
    return pd.concat(frames, ignore_index=True)


def cost_tables(
    arms: Sequence[str], found: Sequence[Sequence[ExtraCost | None]], window: tuple[int, int]
) -> CostTables | None:
    """The tables of every arm's replications, given in the order of ``arms``; None without costs."""
    costs, effects, known = [], [], None
    for arm, replications in zip(arms, found, strict=True):
        runs = [each for each in replications if each is not None]
        if len(runs) < len(replications):
            continue
        known = runs[0]
        costs.append(_by_group(arm, runs, window))
        values = estimate([each.effects for each in runs])
        columns = {"mean": values.mean, "low": values.low, "high": values.high, "reps": values.reps}
        effects.append(pd.DataFrame({"arm": arm, "measure": EFFECTS, **columns}))
    if known is None:
        return None
    of_costs, of_effects = (pd.concat(frames, ignore_index=True) for frames in (costs, effects))
    return CostTables(of_costs, of_effects, known.price_year, known.discount_rate)


def _by_group(arm: str, runs: Sequence[ExtraCost], window: tuple[int, int]) -> pd.DataFrame:
    rows = pd.concat([run.by_head.assign(rep=rep) for rep, run in enumerate(runs)], ignore_index=True)
    years = sorted({int(year) for year in rows["year"]})
    spans = [
        (window, ((ALL,), ("head",), ("payer",))),
        *(((year, year), ((ALL,), ("head",))) for year in years),
    ]
    rows[ALL] = ALL
    frames = []
    for (first, last), cuts in spans:
        inside = rows[(rows["year"] >= first) & (rows["year"] <= last)]
        for (cut,) in cuts:
            sums = inside.groupby(["rep", cut])[["base", "policy"]].sum() / (last - first + 1)
            groups = [ALL] if cut == ALL else sorted(inside[cut].unique())
            base, policy = (
                sums[side]
                .unstack(cut, fill_value=0.0)
                .reindex(index=range(len(runs)), columns=groups, fill_value=0.0)
                .to_numpy(dtype=float)
                for side in ("base", "policy")
            )
            found = estimate(policy - base)
            frames.append(
                pd.DataFrame(
                    {
                        "arm": arm, "from_year": first, "to_year": last, "by": cut, "group": groups,
                        "base": np.mean(base, axis=0), "policy": np.mean(policy, axis=0),
                        "difference": found.mean, "low": found.low, "high": found.high, "reps": found.reps,
                    }
                )
            )  # fmt: skip
    return pd.concat(frames, ignore_index=True)
