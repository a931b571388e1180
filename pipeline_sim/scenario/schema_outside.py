"""Tables of doctors outside training: chances by length of service, straight SAS posts, the MTI."""

from __future__ import annotations

from pipeline_sim.scenario.blueprint import OUTSIDE_KINDS, OUTSIDE_STATES
from pipeline_sim.scenario.schema import Column, TableSpec

RULES = "rules/outside.py"
YEAR = Column("year", "year", "training year that starts in August of this year", "year", key=True)


def _chance(name: str, what: str, unit: str = "probability a year") -> Column:
    return Column(name, "probability", what, unit)


SPECS = (
    TableSpec(
        "outside_by_service",
        "Chances of a year that replace those of outside.csv, by kind of doctor and NHS service.",
        RULES,
        (
            Column("state", "choice", "where they are", key=True, choices=OUTSIDE_STATES),
            Column(
                "group", "choice", "kind of doctor; former_trainee = overseas doctor who trained here",
                key=True, choices=OUTSIDE_KINDS,
            ),
            Column(
                "service_from", "whole", "NHS service from which the row holds", "months", key=True,
                low=0, high=600,
            ),
            YEAR,
            _chance("apply", "applies for training"),
            _chance("leave", "leaves for good"),
            _chance("to_sas", "takes a SAS post"),
            _chance("to_locally_employed", "takes a locally employed post"),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "sas_after_training",
        "Doctors who go straight to a SAS post when they resign or are released from a programme.", RULES,
        (
            YEAR,
            _chance("share", "those with the service who do; others: resignation_destinations", "share"),
            Column(
                "min_nhs_months", "whole", "NHS service that a SAS post asks for", "months", low=0, high=600
            ),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "training_initiative", "The Medical Training Initiative: how long doctors stay, and what then.",
        RULES,
        (
            YEAR,
            Column("months", "whole", "stay of those who arrive in the year", "months", low=1, high=120),
            _chance("leave", "leaves the country at the end", "share"),
            _chance("apply", "applies for training; the rest take a locally employed post", "share"),
        ),
        optional=True, carry="count",
    ),
)  # fmt: skip
