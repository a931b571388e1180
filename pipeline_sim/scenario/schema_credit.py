"""The tables of credit on starting a programme, transfer between programmes and the Enhance programme."""

from __future__ import annotations

from pipeline_sim.scenario.blueprint import EXPERIENCE_STATES
from pipeline_sim.scenario.schema import Column, TableSpec

CREDIT = "rules/credit.py"
PREFERENCES = "rules/preferences.py"
YEAR = Column("year", "year", "training year that starts in August of this year", "year", key=True)


def _key(name: str, refers_to: str, what: str) -> Column:
    return Column(name, "reference", what, key=True, refers_to=refers_to)


def _months(name: str, kind: str, what: str, unit: str, high: float) -> Column:
    return Column(name, kind, what, unit, low=0, high=high)  # type: ignore[arg-type]


CAP = _months("cap_months", "number", "most credit; 0 = none", "WTE months", 120)
RECENCY = _months("recency_months", "whole", "how long ago at most; later counts nothing", "months", 600)
UPTAKE = Column("uptake", "probability", "of those entitled, who ask for it and get it", "share")
TRANSFER_COLUMNS = (
    UPTAKE,
    CAP,
    Column("overlap", "probability", "part of what was done that counts", "share"),
    _months("min_months", "number", "least done for any credit", "WTE months", 120),
    RECENCY,
    _months("satisfactory_exit", "whole", "1 = nothing counts after a release", "0 or 1", 1),
)

SPECS = (
    TableSpec(
        "credit_transfer", "Credit for training in another programme; beats the row of its families.", CREDIT,
        (
            _key("from_programme", "programmes.programme", "programme left"),
            _key("to_programme", "programmes.programme", "programme started"),
            YEAR,
            *TRANSFER_COLUMNS,
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "credit_families", "Credit for training in another programme, by families of programmes.", CREDIT,
        (
            _key("from_family", "programmes.family", "family of the programme left"),
            _key("to_family", "programmes.family", "family of the programme started"),
            YEAR,
            *TRANSFER_COLUMNS,
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "recognised_experience", "Credit for experience outside training.", CREDIT,
        (
            Column("state", "choice", "where it was gained", key=True, choices=EXPERIENCE_STATES),
            _key("family", "programmes.family", "family of the programme started"),
            YEAR,
            UPTAKE,
            CAP,
            Column("rate", "probability", "credit for each month of experience", "WTE months a month"),
            _months("min_months", "whole", "least experience for any credit", "months", 600),
            RECENCY,
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "transfers", "Trainees who try for another programme without giving theirs up.", CREDIT,
        (
            _key("programme", "programmes.programme", "programme they are in"),
            YEAR,
            Column(
                "applies", "probability", "applies after a satisfactory review in August",
                "probability a year",
            ),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "enhance_places", "Places of the Enhance programme for doctors starting a foundation year.", CREDIT,
        (
            _key("region", "regions.region", "region"),
            YEAR,
            Column("places", "count", "places filled each August, by lot", "places a year"),
            _months("months", "count", "length", "months", 60),
        ),
        optional=True, carry="count", scaled=True,
    ),
    TableSpec(
        "enhance_effects", "What a place of the Enhance programme changes; no row, no effect.", CREDIT,
        (
            _key("programme", "programmes.programme", "programme chosen later"),
            YEAR,
            Column(
                "taste_weight", "number", "multiplies the taste for it; 1 = no effect", "ratio",
                low=0, high=100, reader=PREFERENCES,
            ),
            _months("credit_months", "number", "credit on starting it", "WTE months", 120),
        ),
        optional=True, carry="count",
    ),
)  # fmt: skip
