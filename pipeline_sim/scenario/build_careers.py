"""Blueprint arrays of later careers: portfolio route, specialist grade, fellowships, schemes for GPs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline_sim.clock import MONTHS_PER_YEAR
from pipeline_sim.scenario.arrays import Index, cumulative, index_of, threshold, weights
from pipeline_sim.scenario.blueprint import (
    APPLICANT_GROUPS,
    PORTFOLIO_APPLICANTS,
    SCHEMES,
    TRAINED_GROUPS,
    Ints,
)
from pipeline_sim.scenario.context import Context
from pipeline_sim.scenario.schema_careers import SEXES, TRAINS_FOR

PORTFOLIO_TERMS = ("shortest", "longest", "success", "supervision_load")


def career_fields(context: Context) -> dict[str, Any]:
    return {
        **_portfolio(context),
        "specialist_grade": _specialist_grade(context),
        **_fellowships(context),
        "schemes": _by_year(context, "schemes", SCHEMES),
        "reduce_hours_by_year": _reduced_hours(context),
    }


def _portfolio(context: Context) -> dict[str, Any]:
    groups, years = context.groups, context.years.count
    start = _by_year(context, "portfolio", ("start", "after_years"), groups)
    of_sas = _by_year(context, "portfolio", PORTFOLIO_TERMS, groups)
    of_others = _by_year(context, "portfolio_outside", PORTFOLIO_TERMS, index_of(APPLICANT_GROUPS))
    terms = np.zeros((len(PORTFOLIO_APPLICANTS), len(groups), years, len(PORTFOLIO_TERMS)), np.int64)
    terms[0] = np.moveaxis(of_sas, 1, 0)
    terms[1:] = np.moveaxis(of_others, 1, 0)[:, None]
    start[..., 1] *= MONTHS_PER_YEAR
    process = np.zeros(len(groups), np.int64)
    stock = np.zeros((len(PORTFOLIO_APPLICANTS), len(groups)), np.int64)
    at_start = _by_year(
        context, "portfolio_outside", ("in_progress", "min_nhs_months"), index_of(APPLICANT_GROUPS)
    )[0]
    stock[1:] = at_start[:, :1]
    for span, (group,), (share,) in context.years.dated(context.tables.get("portfolio"), "in_progress"):
        process[groups[group]] = 1
        if span.start == 0:
            stock[0, groups[group]] = threshold(share)
    start[:, process == 0, 0] = threshold(context.settings["practice.portfolio"])
    assert start.shape == (years, len(groups), 2)
    return {
        "portfolio_process": process,
        "portfolio_start": np.ascontiguousarray(np.moveaxis(start, 1, 0)),
        "portfolio_terms": terms,
        "portfolio_stock": stock,
        "portfolio_service": np.ascontiguousarray(at_start[:, 1]),
    }


def _specialist_grade(context: Context) -> Ints:
    start, graduation, postgraduate, specialty = np.moveaxis(
        _by_year(
            context, "specialist_grade", ("start", "graduation_age", "postgraduate_years", "specialty_years")
        ),
        -1,
        0,
    )
    return np.stack(
        [start, MONTHS_PER_YEAR * (graduation + postgraduate), MONTHS_PER_YEAR * specialty], axis=1
    )


def _reduced_hours(context: Context) -> Ints:
    settings = context.settings
    groups, sexes = index_of(TRAINED_GROUPS), index_of(SEXES)
    result = _by_year(context, "reduced_hours", ("cut",), groups, sexes)[..., 0]
    table = context.tables.get("reduced_hours")
    dated = set(table.rows("group", "sex")) if table else set()
    for group, sex in itertools.product(groups, sexes):
        if (group, sex) not in dated:
            setting = settings[f"practice.reduce_hours_{group}"]
            result[:, groups[group], sexes[sex]] = threshold(setting)
    return np.ascontiguousarray(np.moveaxis(result, 0, -1))


def _fellowships(context: Context) -> dict[str, Any]:
    table = context.tables.get("fellowships")
    names = index_of(dict.fromkeys(table["fellowship"] if table else ()))
    trained = index_of(TRAINS_FOR)
    terms = _by_year(context, "fellowships", ("months", "wte_percent", "stay", "hours_added"), names, trained)
    shares = np.zeros((context.years.count, len(names), len(trained)))
    for span, (fellowship, group), (share,) in context.years.dated(table, "share"):
        shares[span, names[fellowship], trained[group]] = share
    region_weights = np.zeros((len(names), len(context.regions)))
    if names and "fellowship_regions" in context.tables:
        rows = context.tables["fellowship_regions"].rows("fellowship", "region", "weight")
        for fellowship, region, weight in rows:
            region_weights[names[fellowship], context.regions[region]] = weight
    reached = [[cumulative(shares[y, :, g], exactly=False) for g in range(2)] for y in range(len(shares))]
    return {
        "fellowships": tuple(names),
        "fellowship_cumulative": np.array(reached, np.int64).reshape(len(shares), 2, len(names)),
        "fellowship_terms": np.ascontiguousarray(np.moveaxis(terms, 1, 2)),
        "fellowship_weight": np.array([weights(row) for row in region_weights], np.int64).reshape(
            len(names), len(context.regions)
        ),
    }


def _by_year(context: Context, name: str, columns: Sequence[str], *indexes: Index) -> Ints:
    return context.years.numbers(context.tables.get(name), columns, *indexes)
