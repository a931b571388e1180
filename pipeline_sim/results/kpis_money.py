"""KPIs of money: what a year costs, by head and payer, and what a CCT costs. See docs/money.md."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline_sim.results.budget import has_costs
from pipeline_sim.results.facts import Facts, Table
from pipeline_sim.results.kpis_training import FOLLOWED_BACK
from pipeline_sim.results.path_costs import path_costs
from pipeline_sim.results.registry import Kpi, Measure
from pipeline_sim.results.sources import DEFINED_HERE
from pipeline_sim.scenario.schema_money import HEADS, PAYERS, PIPELINE_HEADS
from pipeline_sim.vocabulary import Event

HEAD, PAYER, PROGRAMME, REGION = ("head",), ("payer",), ("programme",), ("region",)
AXES = ("head", "payer", "programme", "region")
NAMES = {"head": HEADS, "payer": PAYERS}
POUNDS = "pounds"
_PIPELINE = np.isin(HEADS, PIPELINE_HEADS)


def cost_total(facts: Facts) -> Measure:
    return Measure(facts.budget, axes=AXES, names=NAMES)


def cost_pipeline(facts: Facts) -> Measure:
    pipeline = facts.budget[:, _PIPELINE].sum(axis=1)
    return Measure(pipeline, axes=AXES[1:], names=NAMES)


def cost_per_cct(facts: Facts) -> Measure:
    """The cost of the pipeline over the CCTs of the year, whatever place or payer the cost has."""
    pipeline = facts.budget[:, _PIPELINE].sum(axis=(3, 4))
    ccts = facts.count(Event.COMPLETED_TRAINING).sum(axis=(1, 2))
    by_payer, by_head = pipeline.sum(axis=1), pipeline.sum(axis=2)

    def over_ccts(cost: np.ndarray, axis: str, names: tuple[str, ...]) -> Measure:
        return Measure(cost, np.broadcast_to(ccts[:, None], cost.shape), (axis,), {axis: names})

    return Measure(
        by_payer.sum(axis=1),
        ccts,
        (),
        breakdowns={
            PAYER: over_ccts(by_payer, "payer", PAYERS),
            HEAD: over_ccts(by_head, "head", PIPELINE_HEADS),
        },
    )


def cost_of_own_training(facts: Facts) -> Measure:
    """Mean over the year's CCTs; missing where fewer than nine in ten can be followed back."""
    cost, followed, wanted = path_costs(facts)

    def mean(cost: Table, followed: Table, wanted: Table, axes: tuple[str, ...]) -> Measure:
        enough = (followed > 0) & (followed >= FOLLOWED_BACK * wanted)
        value = np.divide(cost, followed, out=np.full(cost.shape, np.nan), where=enough)
        return Measure(cost, followed, axes, value=value)

    whole = mean(cost.sum(axis=1), followed.sum(axis=1), wanted.sum(axis=1), ())
    return replace(whole, breakdowns={PROGRAMME: mean(cost, followed, wanted, PROGRAMME)})


KPIS = (
    Kpi(
        "cost_total",
        "Cost of everything counted",
        POUNDS,
        "units used x pounds a unit (`costs`), payments included (`incentives`), all heads; in prices of "
        "the price year, not discounted",
        DEFINED_HERE,
        cost_total,
        (HEAD, PAYER, PROGRAMME, REGION, ("head", "payer")),
        given=has_costs,
    ),
    Kpi(
        "cost_pipeline",
        "Public cost of the training pipeline",
        POUNDS,
        f"the heads {', '.join(PIPELINE_HEADS)}",
        DEFINED_HERE,
        cost_pipeline,
        (PAYER, REGION),
        given=has_costs,
    ),
    Kpi(
        "cost_per_cct",
        "Public cost for each CCT",
        "pounds per CCT",
        "`cost_pipeline` of the year / CCTs of the year. A year's CCTs began long before: while the pipeline "
        "grows the ratio is above what their own training cost",
        DEFINED_HERE,
        cost_per_cct,
        (PAYER, HEAD),
        given=has_costs,
    ),
    Kpi(
        "cost_of_own_training",
        "Cost of a CCT holder's own training since F1",
        "pounds per CCT",
        "of the year's CCTs whose F1 began in the run: pay, placement fee, study budget and supervision in "
        "post, and pay while stepped out, from F1 to the CCT, all payers / their number. Missing while fewer "
        "than nine in ten CCTs by UK graduates can be followed back to F1. The first values may still rise",
        DEFINED_HERE,
        cost_of_own_training,
        (PROGRAMME,),
        given=has_costs,
    ),
)
