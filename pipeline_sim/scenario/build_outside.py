"""Blueprint arrays of what doctors outside training do, by kind and service."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline_sim.scenario.arrays import Years, threshold
from pipeline_sim.scenario.blueprint import OUTSIDE_KINDS, OUTSIDE_MOVES, OUTSIDE_STATES, Ints
from pipeline_sim.scenario.context import Context
from pipeline_sim.scenario.table import Table

LOCALLY_EMPLOYED = OUTSIDE_STATES.index("locally_employed")


def outside_chances(context: Context) -> dict[str, Any]:
    """The fields on moves from outside training, on straight SAS posts and on the MTI."""
    tables, years = context.tables, context.years
    service, rates = _rates(
        tables["outside"], tables.get("outside_by_service"), tables.get("portfolio_outside"), years
    )
    leave = OUTSIDE_MOVES.index("leave")
    leaving = np.zeros_like(rates[:, LOCALLY_EMPLOYED])
    leaving[..., leave] = rates[:, LOCALLY_EMPLOYED, ..., leave]
    return {
        "outside_service": service,
        "outside_rates": rates,
        "applicant_rates": leaving,
        "sas_after_training": years.numbers(tables.get("sas_after_training"), ("share", "min_nhs_months")),
        "initiative": years.numbers(tables.get("training_initiative"), ("months", "leave", "apply")),
    }


def _rates(
    outside: Table, by_service: Table | None, portfolio: Table | None, years: Years
) -> tuple[Ints, Ints]:
    """Where bands of service begin, and thresholds [kind, state, year, band, move].

    ``outside.csv`` holds where no row of ``outside_by_service.csv`` has begun, by service and by year; a
    former trainee is as any overseas doctor there. The last move is to begin a portfolio application.
    """
    # by service, then year: longer service overwrites from where it begins, later years from theirs
    later = sorted(years.dated(by_service, *OUTSIDE_MOVES), key=lambda row: row[1][2])
    starts = years.dated(portfolio, "min_nhs_months", "start")
    bands = sorted(
        {0, *(service for _, (_, _, service), _ in later), *(months for _, _, (months, _) in starts)}
    )
    shape = (len(OUTSIDE_KINDS), len(OUTSIDE_STATES), years.count, len(bands), len(OUTSIDE_MOVES) + 1)
    rates = np.zeros(shape, np.int64)
    moves = rates[..., :-1]
    for state, group, *chances in outside.rows("state", "group", *OUTSIDE_MOVES):
        for kind in _kinds(group):
            moves[kind, OUTSIDE_STATES.index(state)] = [threshold(chance) for chance in chances]
    for span, (state, group, service), yearly in later:
        place = OUTSIDE_KINDS.index(group), OUTSIDE_STATES.index(state)
        moves[(*place, span, slice(bands.index(service), None))] = [threshold(chance) for chance in yearly]
    for span, (group,), (service, start) in starts:
        chance = np.where(np.array(bands) >= service, threshold(start), 0)
        rates[_kinds(group), LOCALLY_EMPLOYED, span, :, -1] = chance
    return np.array(bands, np.int64), rates


def _kinds(group: str) -> list[int]:
    """The kinds of doctor of a group of applicants."""
    return [0] if group == OUTSIDE_KINDS[0] else [1, 2]
