"""Blueprint arrays of credentials; empty if the scenario has none."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline_sim.scenario.arrays import hundredths, index_of, threshold, whole
from pipeline_sim.scenario.context import Context
from pipeline_sim.scenario.schema_credentials import CREDENTIAL_GROUPS, OPEN_TO


def credential_fields(context: Context) -> dict[str, Any]:
    table = context.tables.get("credentials")
    if table is None:
        return _fields_of_none(context)
    credentials = index_of(table["credential"])
    chance, from_level = _eligibility(context, credentials)
    for column, groups in OPEN_TO.items():
        closed = np.flatnonzero(np.array(table[column], int) == 0)
        for group in groups:
            chance[:, CREDENTIAL_GROUPS.index(group), :, closed] = 0
    return {
        "credentials": tuple(credentials),
        "credential_titles": tuple(title or "" for title in table["title"]),
        "credential_month": whole(table["month"]),
        "credential_wte_months": whole(table["wte_months"]),
        "credential_units": hundredths(table["supervision_load"]),
        "credential_group": whole([context.groups[group] for group in table["supervision_group"]]),
        "credential_chance": chance,
        "credential_from_level": from_level,
        "credential_slots": context.yearly("credential_slots", "slots", credentials, context.regions),
    }


def _eligibility(context: Context, credentials: dict[Any, int]) -> tuple[Any, Any]:
    """[Y, 4, P, C] thresholds of applying, and [Y, P, C] first levels; a row holds until the next."""
    years, programmes = context.years, context.programmes
    chance = np.zeros((years.count, len(CREDENTIAL_GROUPS), len(programmes), len(credentials)), np.int64)
    from_level = np.zeros((years.count, len(programmes), len(credentials)), np.int64)
    table = context.tables.get("credential_eligibility")
    for span, (credential, programme, group), (level, apply) in years.dated(table, "from_level", "apply"):
        p, c = programmes[programme], credentials[credential]
        chance[span, CREDENTIAL_GROUPS.index(group), p, c] = threshold(apply)
        if group == "trainee":
            from_level[span, p, c] = level
    return chance, from_level


def _fields_of_none(context: Context) -> dict[str, Any]:
    years, programmes, regions = context.years.count, len(context.programmes), len(context.regions)
    nothing = np.zeros(0, np.int64)
    return {
        "credentials": (),
        "credential_titles": (),
        "credential_month": nothing,
        "credential_wte_months": nothing,
        "credential_units": nothing,
        "credential_group": nothing,
        "credential_chance": np.zeros((years, len(CREDENTIAL_GROUPS), programmes, 0), np.int64),
        "credential_from_level": np.zeros((years, programmes, 0), np.int64),
        "credential_slots": np.zeros((years, 0, regions), np.int64),
    }
