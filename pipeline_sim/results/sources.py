"""Where KPI definitions come from, and the plan figures they are held against."""

from __future__ import annotations

import numpy as np

from pipeline_sim.results.facts import Facts, Table
from pipeline_sim.results.labels import year_labels

BUSINESS_PLAN = "HEE Business Plan 2022/23"
DEFINED_HERE = "defined here"


def business_plan(group: str, number: int, wording: str) -> str:
    """A KPI of the business plan with its exact wording."""
    return f"{BUSINESS_PLAN}, {group} KPI {number}: “{wording}”"


def plan_figures(facts: Facts, kpi: str) -> Table:
    """The scenario's planned number of each year; missing where the plan gives none."""
    plan = facts.blueprint.plan.get(kpi, {})
    return np.array([float(plan.get(int(year), np.nan)) for year in year_labels(facts.blueprint)])
