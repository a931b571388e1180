"""The tables of later careers: portfolio route, specialist grade, fellowships, schemes for GPs."""

from __future__ import annotations

from pipeline_sim.scenario.blueprint import APPLICANT_GROUPS, TRAINED_GROUPS
from pipeline_sim.scenario.schema import Column, TableSpec

_RULES = "rules/careers.py"
_YEARLY = "probability a year"
LONGEST_MONTHS = 240
TRAINS_FOR = ("consultant", "gp")
SEXES = ("male", "female")

_YEAR = Column("year", "year", "training year that starts in August of this year", "year", key=True)


def _probability(name: str, what: str, unit: str = "probability") -> Column:
    return Column(name, "probability", what, unit)


def _whole(name: str, what: str, unit: str, low: float, high: float) -> Column:
    return Column(name, "whole", what, unit, low=low, high=high)


def _months(name: str, what: str, low: int = 1) -> Column:
    return _whole(name, what, "months", low, LONGEST_MONTHS)


SPECS = (
    TableSpec(
        "portfolio",
        "The portfolio route to the specialist register, for SAS doctors by supervision group; a group "
        "without rows has `practice.portfolio` instead: registered at once.",
        _RULES,
        (
            Column(
                "group", "reference", "supervision group of the specialty", key=True,
                refers_to="supervision_groups.group",
            ),
            _YEAR,
            _probability("start", "a SAS doctor begins an application", _YEARLY),
            _whole("after_years", "years as a SAS doctor before that", "years", 0, 60),
            _months("shortest", "shortest time to the decision: evidence and processing"),
            _months("longest", "longest time to the decision"),
            _probability("success", "a decided application is granted"),
            Column(
                "supervision_load", "number", "supervision an applicant takes from trainees", "slots",
                low=0, high=10,
            ),
            _probability("in_progress", "SAS doctors at the start with an application under way", "share"),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "portfolio_outside",
        "The portfolio route for locally employed doctors, in a specialty drawn as SAS posts are spread.",
        "rules/outside.py",
        (
            Column("group", "choice", "group of applicants", key=True, choices=APPLICANT_GROUPS),
            _YEAR,
            _probability("start", "begins an application, of those who would else stay as before", _YEARLY),
            _whole("min_nhs_months", "NHS service before that", "months", 0, 600),
            _months("shortest", "shortest time to the decision: evidence and processing"),
            _months("longest", "longest time to the decision"),
            _probability("success", "a decided application is granted"),
            Column(
                "supervision_load", "number", "supervision of the specialty an applicant takes from trainees",
                "slots", low=0, high=10,
            ),
            _probability(
                "in_progress", "those at the start with that service who have an application under way",
                "share",
            ),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "specialist_grade", "SAS doctors who move to a specialist post.", _RULES,
        (
            _YEAR,
            _probability("start", "an eligible SAS doctor takes a specialist post", _YEARLY),
            _whole("graduation_age", "age at graduation: postgraduate years count from it", "years", 20, 60),
            _whole("postgraduate_years", "postgraduate years it takes", "years", 0, 60),
            _whole("specialty_years", "years in the specialty as a SAS doctor it takes", "years", 0, 60),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "fellowships", "Fellowships and extra years between completing training and the first post.", _RULES,
        (
            Column("fellowship", "name", "short name of the fellowship", key=True),
            Column("group", "choice", "who takes it: those trained as", key=True, choices=TRAINS_FOR),
            _YEAR,
            _probability("share", "of those completing training take it", "share"),
            _months("months", "how long it lasts"),
            _whole("wte_percent", "hours as a fellow", "percent of whole time", 1, 100),
            _probability("stay", "first post in the region of the fellowship"),
            _whole("hours_added", "hours added to those of the first post", "percentage points", 0, 100),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "fellowship_regions",
        "Regions that hold a fellowship; one without rows is held in the region of training.",
        _RULES,
        (
            Column(
                "fellowship", "reference", "fellowship", key=True, refers_to="fellowships.fellowship"
            ),
            Column("region", "reference", "region", key=True, refers_to="regions.region"),
            Column("weight", "number", "part of the fellows who go there", "weight", low=0, high=1_000_000),
        ),
        optional=True,
    ),
    TableSpec(
        "reduced_hours",
        "Trained doctors who cut their hours; a group and sex without rows has `practice.reduce_hours_...`.",
        "rules/practice.py",
        (
            Column("group", "choice", "group of the trained workforce", key=True, choices=TRAINED_GROUPS),
            Column("sex", "choice", "sex", key=True, choices=SEXES),
            _YEAR,
            _probability("cut", "cuts their hours, from `practice.reduce_hours_age` on", _YEARLY),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "schemes", "Schemes that keep GPs or bring them back.", _RULES,
        (
            _YEAR,
            _probability("retainer_share", "GPs about to leave who go on the retainer instead", "share"),
            _whole("retainer_percent", "hours on the retainer", "percent of whole time", 1, 100),
            _months("retainer_shortest", "shortest time on the retainer"),
            _months("retainer_longest", "longest time on the retainer"),
            _probability("retainer_stays", "goes back to the hours of before afterwards, else leaves"),
            _probability("refresher_share", "returners after a long break who need the scheme", "share"),
            _months("refresher_over", "longest break that needs no induction and refresher", 0),
            _months("refresher_shortest", "shortest time on induction and refresher"),
            _months("refresher_longest", "longest time on induction and refresher"),
        ),
        optional=True, carry="count",
    ),
)  # fmt: skip
