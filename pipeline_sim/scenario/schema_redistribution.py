"""The tables of training posts that move, contestable school places, and who stays where they trained."""

from __future__ import annotations

from pipeline_sim.scenario.schema import Column, TableSpec

BUILD = "scenario/build_redistribution.py"
REDISTRIBUTION = "rules/redistribution.py"
#: How contestable places are shared out over the regions.
CRITERIA = ("under_doctored", "population")
YEAR = Column("year", "year", "training year that starts in August of this year", "year", key=True)
REGION = Column("region", "reference", "region", key=True, refers_to="regions.region")
PROGRAMME = Column("programme", "reference", "programme", key=True, refers_to="programmes.programme")

SPECS = (
    TableSpec(
        "redistribution_targets", "Where the training posts of a programme should be.", REDISTRIBUTION,
        (
            PROGRAMME,
            REGION,
            YEAR,
            Column(
                "weight", "number", "its posts in all regions are to be spread like these weights", "weight",
                low=0, high=1_000_000,
            ),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "redistribution_pace", "How fast vacated training posts move to other regions.", REDISTRIBUTION,
        (
            PROGRAMME,
            YEAR,
            Column(
                "pace", "probability", "most of a region's posts that may leave it; 0 = none move",
                "share a year",
            ),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "settlement", "Regions that keep more or fewer of the doctors they trained.", "rules/practice.py",
        (
            REGION,
            YEAR,
            Column(
                "stay", "probability", "first trained post is there, instead of practice.stay_in_region"
            ),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "contestable", "School places that are awarded anew every few years.", BUILD,
        (
            YEAR,
            Column("share", "probability", "part of each region's entrants; 0 = none", "share"),
            Column("period_years", "whole", "years from one award to the next", "years", low=1, high=50),
            Column("criterion", "choice", "what the awards go by", choices=CRITERIA),
        ),
        optional=True, carry="count",
    ),
)  # fmt: skip
