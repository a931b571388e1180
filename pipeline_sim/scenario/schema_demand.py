"""The tables of demand: trained doctors wanted, and how their number grows."""

from __future__ import annotations

from pipeline_sim.scenario.schema import Column, TableSpec

READER = "scenario/build_demand.py"
FASTEST_GROWTH = 0.5  # a year, up or down

_YEAR = Column("year", "year", "training year that starts in August of this year", "year", key=True)

SPECS = (
    TableSpec(
        "demand",
        "Consultants and GPs wanted as a training year begins, before the growth of `demand_growth` since "
        "the first row of the programme and region.",
        READER,
        (
            Column("programme", "reference", "programme", key=True, refers_to="programmes.programme"),
            Column("region", "reference", "region", key=True, refers_to="regions.region"),
            _YEAR,
            Column("wte", "count", "trained doctors wanted", "WTE"),
        ),
        optional=True, carry="count", scaled=True,
    ),
    TableSpec(
        "demand_growth", "Growth of demand on the year before, by family of programmes.", READER,
        (
            Column("growth", "name", "name of the path of growth", key=True),
            Column("family", "name", "family of programmes; one without programmes is no mistake", key=True),
            _YEAR,
            Column(
                "rate", "number", "growth on the year before", "ratio a year",
                low=-FASTEST_GROWTH, high=FASTEST_GROWTH,
            ),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "demand_rules", "Which path of growth demand takes.", READER,
        (
            _YEAR,
            Column(
                "growth", "reference", "path of growth in force", refers_to="demand_growth.growth"
            ),
        ),
        optional=True, carry="rule",
    ),
)  # fmt: skip
