"""Every KPI, declared once; their values for one run.

A KPI is written as a yearly total under its name and, broken down, under names such as
``fill_rate[programme=cardiology]`` and ``fill_rate[programme=cardiology,region=london]``.
"""

from __future__ import annotations

import pandas as pd

from pipeline_sim.results import (
    kpis_credentials,
    kpis_demand,
    kpis_early,
    kpis_equity,
    kpis_flexible,
    kpis_money,
    kpis_recruitment,
    kpis_redistribution,
    kpis_training,
    kpis_workforce,
)
from pipeline_sim.results.facts import Facts
from pipeline_sim.results.registry import Kpi, kpi_table

REGISTRY: tuple[Kpi, ...] = (
    *kpis_early.KPIS,
    *kpis_recruitment.KPIS,
    *kpis_training.KPIS,
    *kpis_flexible.KPIS,
    *kpis_workforce.KPIS,
    *kpis_credentials.KPIS,
    *kpis_redistribution.KPIS,
    *kpis_demand.KPIS,
    *kpis_equity.KPIS,
    *kpis_money.KPIS,
)

#: The few that a short table shows.
HEADLINE = (
    "students",
    "graduates",
    "foundation_oversubscription",
    "f2_direct_entry_percent",
    "applications_per_post",
    "fill_rate",
    "trainees",
    "ltft_percent",
    "ccts",
    "ccts_as_percent_of_trainees",
    "f2_to_cct_months_median",
    "gp_acceptances",
    "waits",
    "consultants_wte",
    "gps_wte",
    "vacancy_percent",
    "trained_theil_between_regions",
    "cost_per_cct",
)


def kpi_frame(facts: Facts, rep: int = 0) -> pd.DataFrame:
    """Columns ``rep, year, kpi, value, numerator, denominator, unit``, in the registry's order.

    ``value`` is missing where a ratio has nothing below the line; ``denominator`` is missing for counts,
    ``numerator`` for medians and deciles. KPIs of tables that the scenario does not have are left out.
    """
    return kpi_table(REGISTRY, facts, rep)
