"""The tables of credentials: what they are, who may apply, and how many start."""

from __future__ import annotations

from pipeline_sim.scenario.blueprint import TRAINED_GROUPS
from pipeline_sim.scenario.schema import KEPT, Column, TableSpec

CREDENTIAL_GROUPS = (*TRAINED_GROUPS, "trainee")
#: Columns of credentials.csv that open a credential to groups.
OPEN_TO = {"after_cct": ("consultant", "gp"), "sas_doctors": ("sas",), "late_trainees": ("trainee",)}
RULES = "rules/credentials.py"

_CREDENTIAL = Column("credential", "reference", "credential", key=True, refers_to="credentials.credential")
_YEAR = Column("year", "year", "training year that starts in August of this year", "year", key=True)


def _flag(name: str, what: str, reader: str = "") -> Column:
    return Column(name, "whole", what, "1 = yes", low=0, high=1, reader=reader)


SPECS = (
    TableSpec(
        "credentials",
        "Credentials that doctors may gain besides or after training. Someone who would apply for several of "
        "one month applies for the first in the file.",
        RULES,
        (
            Column("credential", "name", "short name of the credential", key=True),
            Column(
                "title", "text", "name of the credential for people", may_be_blank=True,
                reader="report/trace.py",
            ),
            _flag("multi_professional", "also taken by other professions, who are not modelled", KEPT),
            Column("wte_months", "whole", "length", "months of whole-time work", low=1, high=60),
            Column(
                "supervision_load", "number", "supervision held while it lasts", "supervisor slots",
                low=0, high=10,
            ),
            Column(
                "supervision_group", "reference", "supervision group that gives it",
                refers_to="supervision_groups.group",
            ),
            Column("month", "whole", "calendar month of the starts", "month", low=1, high=12),
            _flag("after_cct", "open to consultants and GPs"),
            _flag("sas_doctors", "open to SAS doctors"),
            _flag("late_trainees", "open to trainees late in their programme"),
        ),
        optional=True,
    ),
    TableSpec(
        "credential_eligibility",
        "Who may apply for a credential, and how many of them do.",
        RULES,
        (
            _CREDENTIAL,
            Column("programme", "reference", "programme", key=True, refers_to="programmes.programme"),
            Column("group", "choice", "group of doctors", key=True, choices=CREDENTIAL_GROUPS),
            _YEAR,
            Column(
                "from_level", "whole", "first level of a trainee who may apply, 1 = the programme's first; "
                "blank for other groups", "level", low=1, high=20, may_be_blank=True,
            ),
            Column("apply", "probability", "applies in the credential's month", "probability a year"),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "credential_slots",
        "Doctors who can start a credential in a year.",
        RULES,
        (
            _CREDENTIAL,
            Column("region", "reference", "region", key=True, refers_to="regions.region"),
            _YEAR,
            Column("slots", "count", "starts", "starts a year"),
        ),
        optional=True, carry="count", scaled=True,
    ),
)  # fmt: skip
