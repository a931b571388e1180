"""From a checked scenario to the blueprint an engine reads. Nothing is decided or checked here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from pipeline_sim.clock import ACADEMIC_YEAR_MONTH, MONTHS_PER_YEAR, TRAINING_YEAR_MONTH
from pipeline_sim.scenario import (
    build_careers,
    build_credentials,
    build_credit,
    build_demand,
    build_flexible,
    build_money,
    build_people,
    build_redistribution,
)
from pipeline_sim.scenario.arrays import (
    counts,
    cumulative,
    hundredths,
    index_of,
    percent,
    score_units,
    threshold,
    thresholds,
    weights,
    whole,
)
from pipeline_sim.scenario.blueprint import (
    APPLICANT_GROUPS,
    APPLICANT_TRACKS,
    FOUNDATION_KINDS,
    FOUNDATION_RULES,
    OVERSUBSCRIPTION_RULES,
    PLACEMENT_SETTINGS,
    ROUND_TRACKS,
    STAGES,
    TIER_STAGES,
    TRAINED_GROUPS,
    UNITS,
    Blueprint,
)
from pipeline_sim.scenario.checks_training import parents_of
from pipeline_sim.scenario.context import Context
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.policies import Policy
from pipeline_sim.scenario.schema import Transform, setting_specs
from pipeline_sim.scenario.schema_tables import APPLY_COLUMNS, LIST_COLUMNS
from pipeline_sim.scenario.shares import units_adding_up
from pipeline_sim.scenario.table import Table


def build_blueprint(scenario: Scenario) -> Blueprint:
    """The blueprint of a scenario over its horizon, with those that take over from it during the run."""
    dated = scenario.dated
    first = _build(scenario, dated.tables)
    tables, eras = dated.tables, []
    for month, changed in dated.eras:
        if month < first.months:
            tables = {**tables, **changed}
            eras.append((month, _build(scenario, tables)))
    by_entry = _by_entry(first, eras)
    return replace(first, eras=tuple((month, replace(era, **by_entry)) for month, era in eras), **by_entry)


def _by_entry(first: Blueprint, eras: list[tuple[int, Blueprint]]) -> dict[str, Any]:
    """What stays with students all along: as it is in the September in which they enter."""
    widening = first.route_widening.copy()
    since_august = (first.start_month - TRAINING_YEAR_MONTH) % MONTHS_PER_YEAR
    for month, era in eras:
        autumn = month + since_august - (ACADEMIC_YEAR_MONTH - TRAINING_YEAR_MONTH)
        widening[-(-autumn // MONTHS_PER_YEAR) :] = era.route_widening[0]
    return {"route_widening": widening}


def _build(scenario: Scenario, tables: Mapping[str, Table]) -> Blueprint:
    context = Context(scenario, tables)
    fields: dict[str, Any] = {
        "name": scenario.name,
        "title": scenario.title,
        "start_year": scenario.start_year,
        "start_month": scenario.start_month,
        "months": context.months,
        "digest": scenario.digest,
        "sources": sources_used(tables, scenario.policies),
        **setting_fields(context.settings),
        **school_fields(context),
        **foundation_fields(context),
        **programme_fields(context),
        **recruitment_fields(context),
        **build_people.outside_fields(context),
        **build_people.stream_fields(context),
        **build_people.practice_fields(context),
        **supervision_fields(context),
        **build_flexible.flexible_fields(context),
        **build_credentials.credential_fields(context),
        **build_careers.career_fields(context),
        **build_credit.credit_fields(context),
        **build_redistribution.redistribution_fields(context),
        **build_demand.demand_fields(context),
        **build_demand.population_fields(context),
        "plan": plans(tables.get("plans"), scenario.scale),
        **build_money.money_fields(context),
    }
    return Blueprint(**fields)


def sources_used(tables: Mapping[str, Table], policies: Iterable[Policy] = ()) -> dict[str, str]:
    """Citation of every source that a row names, or a policy."""
    citation = dict(tables["sources"].rows("source", "citation"))
    used = {key for t in tables.values() if t.spec.provenance for key in t["source"]}
    used |= {key for policy in policies for key in policy.source if key in citation}
    return {key: citation[key] for key in sorted(used)}


def plans(table: Table | None, scale: float) -> dict[str, dict[int, float]]:
    """Planned figure by KPI and year."""
    planned: dict[str, dict[int, float]] = {}
    for kpi, year, plan in table.rows("kpi", "year", "plan") if table else ():
        planned.setdefault(kpi, {})[year] = plan * scale
    return planned


def setting_value(transform: Transform, value: Any) -> Any:
    """A setting's value as the blueprint holds it."""
    if transform == "is_soft":
        return value == "soft"
    if transform == "threshold":
        return threshold(value)
    if transform == "percent":
        return percent(value)
    if transform == "months_of_year":
        return round(UNITS * value / MONTHS_PER_YEAR)
    return value


def setting_fields(settings: dict[str, Any]) -> dict[str, Any]:
    """Blueprint fields that come from settings; those that share a field become one array."""
    fields: dict[str, Any] = {}
    arrays: dict[str, dict[int, int]] = {}
    for name, setting in setting_specs().items():
        value = setting_value(setting.transform, settings[name])
        if setting.index is None:
            fields[setting.field] = value
        else:
            arrays.setdefault(setting.field, {})[setting.index] = value
    for field, values in arrays.items():
        fields[field] = whole([values[i] for i in range(len(values))])
    return fields


def school_fields(context: Context) -> dict[str, Any]:
    routes, years = context.tables["routes"], context.tables["route_years"]
    rows = [years.row_of[key] for key in context.courses]
    of_route = [sum(key[0] == route for key in context.courses) for route in context.routes]
    mix_table = context.tables["placement_mixes"]
    mixes = sorted({(STAGES.index(stage), mix) for stage, mix, _ in mix_table.keys})
    shares = np.zeros((len(mixes), len(PLACEMENT_SETTINGS)))
    for stage, mix, setting, share in mix_table.rows("stage", "mix", "setting", "share"):
        shares[mixes.index((STAGES.index(stage), mix)), PLACEMENT_SETTINGS.index(setting)] = share
    mix_count = [sum(stage == s for stage, _ in mixes) for s in range(len(STAGES))]
    settings = index_of(PLACEMENT_SETTINGS)
    shape = (len(settings), len(context.regions))
    placements = context.tables["placements"]
    net = context.years.dense(placements, "places", shape, (settings, context.regions))
    net -= context.years.dense(placements, "background", shape, (settings, context.regions))
    course_of = counts(
        context.tables["student_stock"], "students", (len(routes), 12, len(context.regions)),
        (context.routes, {year: year - 1 for year in range(1, 13)}, context.regions),
    )  # fmt: skip
    stock = np.array([course_of[context.routes[route], year - 1] for route, year in context.courses])
    return {
        "routes": tuple(context.routes),
        "route_first": np.cumsum([0, *of_route[:-1]]).astype(np.int64),
        "route_years": whole(of_route),
        "route_widening": np.tile(thresholds(routes["widening_share"]), (context.years.count, 1)),
        "route_female": thresholds(routes["female_share"]),
        "route_assistantship": thresholds(routes["assistantship_share"]),
        "route_applies": thresholds(routes["applies_for_foundation"]),
        "route_entry_age": whole(routes["entry_age"]),
        "course_months": whole([years["months"][row] for row in rows]),
        "course_stage": whole([STAGES.index(years["stage"][row]) for row in rows]),
        "course_repeat": thresholds([years["repeat"][row] for row in rows]),
        "course_leave": thresholds([years["leave"][row] for row in rows]),
        "intake": build_redistribution.with_awards(
            context, context.yearly("intake", "students", context.routes, context.regions)
        ),
        "student_stock": context.scaled(stock, by_year=False),
        "mix_first": np.cumsum([0, *mix_count[:-1]]).astype(np.int64),
        "mix_count": whole(mix_count),
        "mix_units": np.array([units_adding_up(row) for row in shares]).reshape(-1, len(settings)),
        "placement_units": context.scaled(net, by_year=True) * UNITS,
    }


def foundation_fields(context: Context) -> dict[str, Any]:
    rules = context.tables["foundation_rules"]
    over = context.years.of_rule(rules, "oversubscription")
    return {
        "regions": tuple(context.regions),
        "foundation_places": context.yearly(
            "foundation_places", "places", index_of(FOUNDATION_KINDS), context.regions
        ),
        "foundation_rule": whole([FOUNDATION_RULES.index(r) for r in context.years.of_rule(rules, "rule")]),
        "foundation_oversubscription": whole([OVERSUBSCRIPTION_RULES.index(rule) for rule in over]),
        "foundation_attraction": weights(context.tables["regions"]["foundation_attraction"]),
    }


def programme_fields(context: Context) -> dict[str, Any]:
    table, levels = context.tables["programmes"], context.tables["levels"]
    rows = [levels.row_of[key] for key in context.levels]
    of_programme = [sum(key[0] == name for key in context.levels) for name in context.programmes]
    masks = [sum(1 << context.cores[parent] for parent in set(parents_of(cell))) for cell in table["parents"]]
    trainees = np.zeros((len(rows), len(context.regions)), np.int64)
    for programme, level, region, heads in context.tables["trainee_stock"].rows(
        "programme", "level", "region", "trainees"
    ):
        trainees[context.levels[programme, level], context.regions[region]] = heads
    mix = context.tables["ltft_mix"]
    mean_ltft = sum(p * s for p, s in mix.rows("wte_percent", "share")) / 100
    reviews = [thresholds(table[column]) for column in ("development", "extra_time", "release")]
    return {
        "programmes": tuple(context.programmes),
        "programme_titles": tuple(table["title"]),
        "levels": tuple(level for _, level in context.levels),
        "level_first": np.cumsum([0, *of_programme[:-1]]).astype(np.int64),
        "level_count": whole(of_programme),
        "level_wte_hundredths": hundredths([levels["months"][row] for row in rows]),
        "level_practice_units": hundredths([levels["practice_share"][row] for row in rows]),
        "level_supervisor_units": hundredths([levels["supervision_load"][row] for row in rows]),
        "programme_group": whole([context.groups.get(group, 0) for group in table["supervision_group"]]),
        "programme_trained": whole([TRAINED_GROUPS.index(g or "consultant") for g in table["trained_group"]]),
        "programme_parents": whole(masks),
        "programme_core_bit": whole([context.cores.get(name, -1) for name in context.programmes]),
        "programme_shortage": np.array(table["shortage"], bool),
        "programme_resign": thresholds(table["resignation"]),
        "programme_review": np.stack(reviews, axis=1),
        "programme_extension": whole(table["extension_months"]),
        "programme_extension_cap": whole(table["extension_cap_months"]),
        "programme_ltft": thresholds([starting_share(share, mean_ltft) for share in table["ltft_share"]]),
        "stock_uk_share": thresholds(table["uk_share"]),
        "programme_ltft_stock": build_flexible.share_by_sex(context, table["ltft_share"]),
        "ltft_percent": whole(mix["wte_percent"]),
        "ltft_cumulative": cumulative(mix["share"]),
        "posts": context.yearly("posts", "posts", context.programmes, context.regions),
        "trainee_stock": context.scaled(trainees, by_year=False),
        "practice_units": context.yearly("practice_places", "places", context.regions) * UNITS,
        "core_names": tuple(context.cores),
        "appointable_score": score_units(table["appointable_z"]),
        "interviews_per_post": hundredths(table["interviews_per_post"]),
    }


def starting_share(share_in_post: float, mean_wte: float) -> float:
    """Share of starters who train less than full time, given the share of those in post.

    Part-timers stay 1 / ``mean_wte`` times as long, so they are fewer among starters than in post.
    """
    return share_in_post * mean_wte / (1 - share_in_post + share_in_post * mean_wte)


def recruitment_fields(context: Context) -> dict[str, Any]:
    rounds, rules = context.tables["rounds"], context.tables["recruitment_rules"]
    rows = [rounds.row_of[(name,)] for name in context.rounds]
    offered = np.zeros((len(context.rounds), len(context.programmes)), np.int64)
    for round_name, programme, share in context.tables["round_programmes"].rows(
        "round", "programme", "share"
    ):
        offered[context.rounds[round_name], context.programmes[programme]] = round(100 * share)
    taste = np.zeros((len(APPLICANT_GROUPS), len(context.programmes)))
    for group, programme, weight in context.tables["specialty_taste"].rows("group", "programme", "weight"):
        taste[APPLICANT_GROUPS.index(group), context.programmes[programme]] = weight
    groups = context.tables["applicant_groups"]
    of_group = [groups.row_of[group, track] for group in APPLICANT_GROUPS for track in APPLICANT_TRACKS]
    shape = (len(context.programmes), len(context.regions))
    pounds = np.zeros((context.years.count, *shape), np.int64)
    if "incentives" in context.tables:  # money is not scaled with people
        indexes = (context.programmes, context.regions)
        pounds = context.years.dense(context.tables["incentives"], "pounds", shape, indexes)
    tiers = context.years.of_rule(rules, "tier_stage")
    return {
        "rounds": tuple(context.rounds),
        "round_month": whole([rounds["month"][row] for row in rows]),
        "round_track": whole([ROUND_TRACKS.index(rounds["track"][row]) for row in rows]),
        "round_repeats": whole([context.rounds.get(rounds["repeats"][row], -1) for row in rows]),
        "round_programmes": offered > 0,
        "round_share": offered,
        "application_cap": whole(context.years.of_rule(rules, "application_cap")),
        "tier_stage": whole([TIER_STAGES.index(stage) for stage in tiers]),
        "tier_nhs_months": whole(context.years.of_rule(rules, "tier_nhs_months")),
        "taste": np.stack([weights(row) for row in taste]),
        "applications": np.stack(
            [cumulative([groups[column][row] for column in APPLY_COLUMNS]) for row in of_group]
        ),
        "regions_listed": np.stack(
            [
                cumulative(listed([groups[column][row] for column in LIST_COLUMNS], len(context.regions)))
                for row in of_group
            ]
        ),
        "score_bonus": score_units([groups["score_bonus"][row] for row in of_group]),
        "attraction": weights(context.tables["regions"]["attraction"]),
        "incentive_pounds": pounds,
    }


def listed(shares: list[float], regions: int) -> list[float]:
    """Shares of applicants who list 1, 2, 3 and all regions, as shares for each number of regions."""
    result = [0.0] * regions
    for wanted, share in zip((1, 2, 3, regions), shares, strict=True):
        result[min(wanted, regions) - 1] += share
    return result


def supervision_fields(context: Context) -> dict[str, Any]:
    table = context.tables["supervision_groups"]
    each = np.stack([whole(table[f"{group}_units"]) for group in TRAINED_GROUPS], axis=1)
    return {
        "supervision_groups": tuple(context.groups),
        "supervisor_units_per_wte": np.repeat(each[None], context.years.count, axis=0),
        "supervisor_fixed_units": context.yearly("supervisor_extra", "slots", context.groups, context.regions)
        * UNITS,
        "foundation_share": hundredths(table["foundation_share"]),
    }
