"""KPIs of credentials: starts against the slots, awards, and doctors who hold one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipeline_sim.results.credentials import by_credential, holders
from pipeline_sim.results.facts import Facts, Table
from pipeline_sim.results.registry import Kpi, Measure, percent
from pipeline_sim.results.sources import DEFINED_HERE, business_plan
from pipeline_sim.vocabulary import Event

CREDENTIAL, PROGRAMME, REGION = ("credential",), ("programme",), ("region",)
AXES = ("credential", "programme", "region")
WORDING = "Number of upskilling starts against plan"


def _counted(table: Callable[[Facts], Table]) -> Callable[[Facts], Measure]:
    return lambda facts: Measure(
        table(facts), axes=AXES, names={"credential": tuple(facts.blueprint.credentials)}
    )


def starts_against_slots(facts: Facts) -> Measure:
    """Starts over slots; every year's slots count, whether or not its month was reached."""
    slots = np.asarray(facts.blueprint.credential_slots, float)[: facts.years]
    nowhere = np.zeros((*slots.shape[:2], 1))
    return Measure(
        by_credential(facts, Event.CREDENTIAL_STARTED).sum(axis=2),
        np.concatenate((nowhere, slots), axis=2),
        ("credential", "region"),
        {"credential": tuple(facts.blueprint.credentials)},
    )


BREAKDOWNS = (CREDENTIAL, PROGRAMME, REGION, ("credential", "region"))

KPIS = (
    Kpi(
        "credential_starts",
        "Doctors who start a credential",
        "people",
        "starts of credentials in the year",
        business_plan("Cancer and Diagnostics", 2, WORDING),
        _counted(lambda facts: by_credential(facts, Event.CREDENTIAL_STARTED)),
        BREAKDOWNS,
    ),
    percent(
        "credential_starts_against_plan",
        "Starts of credentials against plan",
        "starts of credentials / slots for them (`credential_slots`), which are the plan",
        business_plan("Cancer and Diagnostics", 2, WORDING),
        starts_against_slots,
        (CREDENTIAL, REGION, ("credential", "region")),
    ),
    Kpi(
        "credentials_awarded",
        "Credentials awarded",
        "credentials",
        "credentials completed in the year",
        DEFINED_HERE,
        _counted(lambda facts: by_credential(facts, Event.CREDENTIAL_AWARDED)),
        BREAKDOWNS,
    ),
    Kpi(
        "credential_holders",
        "Credentials held",
        "credentials",
        "credentials awarded in the run to doctors who have not retired or left, as the year ends; by the "
        "specialty and region of the award. Credentials of the time before the run are not known",
        DEFINED_HERE,
        _counted(holders),
        (*BREAKDOWNS, ("credential", "programme"), ("programme", "region")),
    ),
)
