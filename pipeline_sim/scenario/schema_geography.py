"""The table of who lives where, which equity is measured by and contested places go by."""

from __future__ import annotations

from pipeline_sim.scenario.schema import Column, TableSpec

LARGEST_NEED = 100

SPECS = (
    TableSpec(
        "population",
        "People who live in a region, and how much care they need. A scaled scenario serves a part of them.",
        "results/kpis_equity.py",
        (
            Column("region", "reference", "region", key=True, refers_to="regions.region"),
            Column("year", "year", "training year that starts in August of this year", "year", key=True),
            Column("people", "count", "people who live there", "people"),
            Column(
                "need_weight", "number", "need of a person there against the average person's",
                "1 = average", low=0, high=LARGEST_NEED,
            ),
        ),
        optional=True, carry="count",
    ),
)  # fmt: skip
