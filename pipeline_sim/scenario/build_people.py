"""Blueprint arrays of doctors outside training, streams from outside, and the trained workforce."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline_sim.scenario.arrays import (
    counts,
    cumulative,
    grouped,
    index_of,
    threshold,
    thresholds,
    weights,
    whole,
)
from pipeline_sim.scenario.blueprint import (
    AFTER_F2_DESTINATIONS,
    APPLICANT_GROUPS,
    MAX_AGE,
    THRESHOLD_ONE,
    TRAINED_GROUPS,
    Ints,
)
from pipeline_sim.scenario.build_outside import outside_chances
from pipeline_sim.scenario.context import Context
from pipeline_sim.scenario.schema_tables import SEXES
from pipeline_sim.vocabulary import State

LAST_BAND_YEARS = 5


def outside_fields(context: Context) -> dict[str, Any]:
    after, resign = context.tables["after_f2"], context.tables["resignation_destinations"]
    rows = [after.row_of[(destination,)] for destination in AFTER_F2_DESTINATIONS]
    resigned = dict(resign.rows("destination", "share"))
    return {
        **outside_chances(context),
        "after_f2_cumulative": cumulative([after["share"][row] for row in rows]),
        "after_f2_min_months": whole([after["min_months"][row] for row in rows]),
        "after_f2_max_months": whole([after["max_months"][row] for row in rows]),
        "resign_cumulative": cumulative([resigned.get(d, 0.0) for d in AFTER_F2_DESTINATIONS]),
    }


def stream_fields(context: Context) -> dict[str, Any]:
    table = context.tables["streams"]
    ready = np.zeros((len(context.streams), len(context.cores)))
    for stream, programme, share in context.tables["stream_ready"].rows("stream", "programme", "share"):
        ready[context.streams[stream], context.cores[programme]] = share
    shape = (len(context.streams), len(context.regions))
    stock = counts(context.tables["outside_stock"], "people", shape, (context.streams, context.regions))
    return {
        "streams": tuple(context.streams),
        "stream_state": whole([State[state.upper()] for state in table["state"]]),
        "stream_group": whole([APPLICANT_GROUPS.index(group) for group in table["group"]]),
        "stream_tier": thresholds(table["first_tier_share"]),
        "stream_female": thresholds(table["female_share"]),
        "stream_age": np.stack([whole(table["youngest"]), whole(table["oldest"])], axis=1),
        "stream_nhs_months": whole(table["nhs_months_max"]),
        "stream_ready": np.stack([cumulative(shares, exactly=False) for shares in ready]),
        "arrivals": context.yearly("arrivals", "people", context.streams, context.regions),
        "stream_month": whole(table["month"]),
        "outside_stock": context.scaled(stock, by_year=False),
    }


def practice_fields(context: Context) -> dict[str, Any]:
    groups = index_of(TRAINED_GROUPS)
    shape = (len(groups), len(context.programmes), len(context.regions))
    indexes = (groups, context.programmes, context.regions)
    heads = counts(context.tables["workforce_stock"], "doctors", shape, indexes)
    ages, age_shares = _age_bands(context)
    hours, hour_shares = _hours(context)
    delays, joined = _delays(context)
    return {
        "workforce": context.scaled(heads, by_year=False),
        "age_from": ages,
        "age_cumulative": age_shares,
        "exit": exit_by_age(context),
        "practice_wte_percent": hours,
        "practice_wte_cumulative": hour_shares,
        "join_months": delays,
        "join_cumulative": joined,
        "settle_weight": weights(context.tables["regions"]["settle"]),
        "sas_programme_cumulative": sas_specialties(context, heads),
    }


def sas_specialties(context: Context, heads: Ints) -> Ints:
    """Specialty of a new SAS doctor: as those in post are spread; any that makes consultants if none is."""
    in_post = heads[TRAINED_GROUPS.index("sas")].sum(axis=1).astype(float)
    if not in_post.any():
        trained = context.tables["programmes"].rows("completes", "trained_group")
        in_post = np.array([float(cct == "cct" and group == "consultant") for cct, group in trained])
    if not in_post.any():
        in_post = np.ones(len(in_post))
    return cumulative(list(in_post / in_post.sum()))


def _age_bands(context: Context) -> tuple[Ints, Ints]:
    """Bands by group, padded: after a group's last band comes its end, which is never drawn."""
    bands = grouped(context.tables["age_profile"], "group", "age_from", "share")
    width = max(len(rows) for rows in bands.values()) + 1
    ages = np.zeros((len(TRAINED_GROUPS), width), np.int64)
    shares = np.full((len(TRAINED_GROUPS), width), THRESHOLD_ONE, np.int64)
    for g, group in enumerate(TRAINED_GROUPS):
        rows = sorted(bands[group])
        ages[g] = rows[-1][0] + LAST_BAND_YEARS
        ages[g, : len(rows)] = [age for age, _ in rows]
        shares[g, : len(rows)] = cumulative([share for _, share in rows])
    return ages, shares


def exit_by_age(context: Context) -> Ints:
    """[Y, 3, age] thresholds: a band's rate holds from its first age to the next band."""
    result = np.zeros((context.years.count, len(TRAINED_GROUPS), MAX_AGE), np.int64)
    rows = sorted(context.tables["exits"].rows("group", "age_from", "year", "leave"))
    for y in range(context.years.count):
        year = context.years.first + y
        # Sorted by group, age and year: later ages overwrite from their first age, later years the band.
        for group, age_from, since, leave in rows:
            if since <= year:
                result[y, TRAINED_GROUPS.index(group), age_from:] = threshold(leave)
    return result


def _hours(context: Context) -> tuple[Ints, Ints]:
    table = context.tables["practice_hours"]
    mixes: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for group, sex, wte, share in table.rows("group", "sex", "wte_percent", "share"):
        mixes.setdefault((group, sex), []).append((wte, share))
    width = max(len(mix) for mix in mixes.values())
    percents = np.zeros((len(TRAINED_GROUPS), len(SEXES), width), np.int64)
    shares = np.full(percents.shape, THRESHOLD_ONE, np.int64)
    for g, group in enumerate(TRAINED_GROUPS):
        for s, sex in enumerate(SEXES):
            mix = mixes[group, sex]
            percents[g, s] = mix[-1][0]
            percents[g, s, : len(mix)] = [wte for wte, _ in mix]
            shares[g, s, : len(mix)] = cumulative([share for _, share in mix])
    return percents, shares


def _delays(context: Context) -> tuple[Ints, Ints]:
    """Delays before a post; padding repeats the last, so that no one more joins."""
    delays_of = grouped(context.tables["after_cct"], "group", "months", "share")
    width = max(len(rows) for rows in delays_of.values())
    months = np.zeros((2, width), np.int64)
    shares = np.zeros((2, width), np.int64)
    for g, group in enumerate(TRAINED_GROUPS[:2]):
        rows = sorted(delays_of[group])
        reached = cumulative([share for _, share in rows], exactly=False)
        months[g], shares[g] = rows[-1][0], reached[-1]
        months[g, : len(rows)] = [delay for delay, _ in rows]
        shares[g, : len(rows)] = reached
    return months, shares
