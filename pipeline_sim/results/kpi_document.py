"""The page that lists every KPI, written from the registry.

``python -m pipeline_sim.results.kpi_document docs/kpis.md`` writes it.
"""

from __future__ import annotations

import sys
from pathlib import Path

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
from pipeline_sim.results.sources import BUSINESS_PLAN

_CHAPTERS = (
    ("Medical school and foundation", kpis_early.KPIS),
    ("Specialty recruitment", kpis_recruitment.KPIS),
    ("Specialty training", kpis_training.KPIS),
    ("Flexible training", kpis_flexible.KPIS),
    ("Workforce, waits and capacity", kpis_workforce.KPIS),
    ("Credentials", kpis_credentials.KPIS),
    ("Geography", kpis_redistribution.KPIS),
    ("Demand and vacancies", kpis_demand.KPIS),
    ("Doctors and the need of regions", kpis_equity.KPIS),
    ("Money", kpis_money.KPIS),
)

_NOT_HERE = (
    (
        "Postgraduate 2",
        "Number of complaints raised by trainees and the % upheld",
        "no complaints in the model",
    ),
    ("Postgraduate 4", "Number (and %) of late revalidations", "no revalidation in the model"),
    (
        "Undergraduate 1",
        "% of medical schools that sign up to the undergraduate tariff accountability agreement",
        "about agreements, not doctors",
    ),
    ("other professions", "nursing, midwifery, allied health, associates, mental health", "not doctors"),
)

_INTRODUCTION = f"""\
# KPIs

*Written from the registry in `pipeline_sim/results/` by `python -m pipeline_sim.results.kpi_document`;
edit there.*

`kpis.csv` has one row a KPI and year: `rep, year, kpi, value, numerator, denominator, unit`.

- A **year** is a training year, August to July, named by its August: 2025 is August 2025 to July 2026.
  The last year of a run may be short; counts are then of the months there are.
- A **breakdown** is in the name: `fill_rate[programme=cardiology]`,
  `fill_rate[programme=cardiology,region=london]`. Rows with nothing in them are left out.
- A **ratio** with a denominator of zero has no value; numerator and denominator are still written.
- Counts have no denominator. Medians and deciles have no numerator; their denominator is how many people.
- Where a scenario has none of something (step-outs, credit, fellowships ...), its counts are 0 and its
  shares have no value. Without a table of demand, population or costs, the KPIs of its chapter have no rows.
- "Mean over the months" is the mean of the month-end census.

KPIs of the {BUSINESS_PLAN} are quoted word for word.
"""


def kpi_markdown() -> str:
    """The whole page."""
    parts = [_INTRODUCTION]
    for title, kpis in _CHAPTERS:
        parts.append(f"## {title}\n")
        for kpi in kpis:
            cuts = ", ".join(" x ".join(cut) for cut in kpi.by) or "none"
            parts.append(
                f"### `{kpi.name}`\n\n{kpi.title}.\n\n- Unit: {kpi.unit}\n- Formula: {kpi.formula}\n"
                f"- Breakdowns: {cuts}{'' if kpi.total else ' (no total)'}\n- Source: {kpi.source}\n"
            )
    parts.append(f"## KPIs of the {BUSINESS_PLAN} that are not here\n")
    rows = "\n".join(f"| {number} | {wording} | {why} |" for number, wording, why in _NOT_HERE)
    parts.append(f"| KPI | wording | why |\n|---|---|---|\n{rows}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(kpi_markdown(), encoding="utf-8")
