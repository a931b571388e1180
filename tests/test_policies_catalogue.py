"""The bundled policies: the list is whole, each can be taken in, and each changes what it is meant to change.

Directions are tried on a small England with the same luck for the same doctors, so that a difference is the
policy's. They say that a lever is connected and pulls the right way, not how far.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from same_log import COLUMNS, assert_same_log

from pipeline_sim import single_run
from pipeline_sim.engines import compiled_engine, simpy_engine
from pipeline_sim.eventlog import EventLog
from pipeline_sim.results.kpis import REGISTRY
from pipeline_sim.scenario.blueprint import FOUNDATION_KINDS
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.scenario.policies import Edit, Policy, list_policies, load_policy
from pipeline_sim.scenario.policy_document import policies_page
from pipeline_sim.studies.runs import RunResult
from pipeline_sim.vocabulary import Event

PAGE = Path(__file__).parents[1] / "docs" / "policies.md"
ENGLAND = load_scenario("england")
SEED = 1
SCALE, YEARS = 0.05, 12
"""Of the runs whose directions are compared."""
UP, DOWN = 1, -1
EARLIEST = "2026-08"

Measure = str | Callable[[RunResult], "pd.Series[float]"]


def kpi(result: RunResult, name: str) -> pd.Series[float]:
    """A KPI by training year; years without one count 0."""
    rows = result.kpis[result.kpis["kpi"] == name].set_index("year")["value"]
    years = range(ENGLAND.first_training_year, ENGLAND.first_training_year + YEARS)
    return rows.reindex(years).fillna(0).astype(float)


def in_priority_places(result: RunResult) -> pd.Series[float]:
    """Applicants allocated to a priority foundation programme, by training year."""
    log = result.log
    kind = FOUNDATION_KINDS.index("priority")
    return by_year(result, (log.event == Event.FOUNDATION_ALLOCATED) & (log.detail // 100 == kind))


def first_choices(result: RunResult, regions: tuple[str, ...]) -> pd.Series[float]:
    """Applications for general practice whose first choice is in the regions, by training year."""
    log, blueprint = result.log, result.blueprint
    programme = blueprint.programmes.index("general_practice")
    there = np.isin(log.region, [blueprint.regions.index(region) for region in regions])
    return by_year(result, (log.event == Event.APPLIED) & (log.programme == programme) & there)


def stayed(result: RunResult, regions: tuple[str, ...]) -> pd.Series[float]:
    """GPs who take a trained post in the one of the regions in which they completed training, by year."""
    log, blueprint = result.log, result.blueprint
    of = log.programme == blueprint.programmes.index("general_practice")
    there = of & np.isin(log.region, [blueprint.regions.index(region) for region in regions])
    done = there & (log.event == Event.COMPLETED_TRAINING)
    trained = dict(zip(log.person[done].tolist(), log.region[done].tolist(), strict=True))
    same = [trained.get(person) == region for person, region in zip(log.person, log.region, strict=True)]
    return by_year(result, there & (log.event == Event.STARTED_PRACTICE) & np.array(same))


def by_year(result: RunResult, rows: np.ndarray) -> pd.Series[float]:
    """Rows of the log by training year."""
    years = np.bincount(result.log.month[rows] // 12, minlength=YEARS)
    return pd.Series(years, index=ENGLAND.first_training_year + np.arange(YEARS), dtype=float)


HARD_TO_RECRUIT = ("north_east_and_yorkshire", "midlands", "east_of_england", "south_west")
GP_TRAINEES = "[programme=general_practice]"
#: What a policy is meant to change, which way, and the first training year that counts.
DIRECTIONS: dict[str, list[tuple[Measure, int, int]]] = {
    # medical school
    "more-student-places": [("clinical_starts", UP, 2027), ("graduates", UP, 2033)],
    "widening-access": [
        ("widening_participation_share", UP, 2027),
        ("widening_participation_share_of_graduates", UP, 2031),
    ],
    "placement-networks": [
        (f"pool_utilisation[kind={setting}_placement]", DOWN, 2027)
        for setting in ("primary_care", "private", "voluntary")
    ],
    "final-year-internship": [("foundation_extensions_percent", DOWN, 2031)],
    "generalist-school": [
        (f"applications{GP_TRAINEES}", UP, 2029),
        (f"uk_graduate_share_of_accepts{GP_TRAINEES}", UP, 2029),
    ],
    # foundation
    "foundation-priority": [(in_priority_places, UP, 2027)],
    "foundation-preference-informed": [
        ("foundation_first_preference_percent", UP, 2027),
        ("foundation_reserves", DOWN, 2027),
    ],
    "clinical-academia": [
        ("step_outs[kind=oopr]", UP, 2027),
        ("foundation_places[kind=specialised]", UP, 2027),
    ],
    "enhance-generalist": [("enhance_joiners", UP, 2027)],
    # recruitment
    "uk-graduate-prioritisation": [("uk_graduate_share_of_accepts", UP, 2028)],
    "nhs-experience-threshold": [
        ("prioritised_share_of_accepts", UP, 2027),
        ("uk_graduate_share_of_accepts", DOWN, 2027),
    ],
    "more-rounds": [
        ("accepts[round=round_3]", UP, 2027),
        ("post_vacancy_percent", DOWN, 2027),
        ("withdrawn_before_start_percent", DOWN, 2027),
    ],
    # specialty training
    "imt-expansion": [("training_starts[programme=internal_medicine]", UP, 2027)],
    "core-psychiatry": [
        ("training_starts[programme=core_psychiatry]", UP, 2027),
        ("applications[programme=core_psychiatry]", UP, 2027),
    ],
    "diagnostics-academies": [("cancer_and_diagnostics_starts", UP, 2027)],
    "shortage-posts": [("posts_advertised", UP, 2026), ("training_starts", UP, 2026)],
    # general practice
    "gp-expansion": [("gp_acceptances", UP, 2027), ("ccts_gp", UP, 2031)],
    "gp-24-months": [("pool_utilisation[kind=practice_place]", UP, 2028)],
    "training-hubs": [
        ("pool_utilisation[kind=practice_place]", DOWN, 2027),
        ("pool_utilisation[kind=supervisor,group=general_practice]", DOWN, 2027),
    ],
    "gp-training-estate": [("pool_utilisation[kind=practice_place]", DOWN, 2027)],
    "gp-retainer": [("gp_retainer_starts", UP, 2027), ("gps", UP, 2028)],
    "gp-return": [("induction_refresher_starts", UP, 2027), ("gps", UP, 2028)],
    "primary-care-fellowship": [
        ("fellowship_starts[fellowship=primary_care_fellowship]", UP, 2027),
    ],
    "post-cct-year": [("fellowship_starts[fellowship=extra_year_hard_to_recruit]", UP, 2027)],
    # flexible training
    "flexible-ltft": [
        ("ltft_percent", UP, 2027),
        ("wte_per_doctor_in_training", DOWN, 2027),
        ("training_starts", UP, 2027),
    ],
    "oop-pause": [
        ("step_outs[kind=oopp]", UP, 2027),
        ("credit_months[kind=step_out]", UP, 2028),
    ],
    "step-out-step-in": [
        ("step_outs[kind=oope]", UP, 2027),
        ("step_outs[kind=oopc]", UP, 2027),
        ("did_not_return_percent[kind=oopc]", DOWN, 2028),
    ],
    "recognise-experience": [("experience_credit_months", UP, 2027)],
    "credit-transfer": [("transfers_out", UP, 2027), ("credit_months[kind=transfer]", UP, 2027)],
    "specialty-families": [("credit_months[kind=transfer]", UP, 2027)],
    "supported-return": [("supported_returns", UP, 2027), ("supported_return_percent", UP, 2027)],
    "working-lives": [("resignations_percent", DOWN, 2027), ("step_outs[kind=sickness]", DOWN, 2027)],
    # outside training
    "quality-trust-posts": [("experience_credit_months", UP, 2027), ("unique_applicants", UP, 2027)],
    "sas-reform": [
        ("specialist_grade_moves", UP, 2027),
        ("portfolio_registrations", UP, 2027),
        ("pool_utilisation[kind=supervisor]", DOWN, 2027),
    ],
    "overseas-entry": [("unique_applicants", UP, 2027), ("locally_employed", UP, 2028)],
    # supervision and the trained workforce
    "supervisor-time": [("pool_utilisation[kind=supervisor]", DOWN, 2027)],
    "alternative-supervision": [("pool_utilisation[kind=supervisor]", DOWN, 2027)],
    "retain-seniors": [("consultants", UP, 2028), ("gps", UP, 2028)],
    "credentials-rollout": [("credential_starts", UP, 2027)],
    # geography
    "contestable-places": [
        ("clinical_starts[region=east_of_england]", UP, 2027),
        ("clinical_starts[region=london]", DOWN, 2027),
    ],
    "targeted-incentive": [
        (partial(first_choices, regions=HARD_TO_RECRUIT), UP, 2027),
        (partial(first_choices, regions=("london", "south_east", "north_west")), DOWN, 2027),
        (partial(stayed, regions=HARD_TO_RECRUIT), UP, 2030),
    ],
    "post-redistribution": [
        ("posts_redistributed", UP, 2027),
        ("posts_won[region=london]", DOWN, 2027),
    ],
}
SLUGS = sorted(DIRECTIONS)
POLICIES = {policy.name: policy for policy in list_policies()}


def run(scenario: Scenario) -> RunResult:
    return single_run(scenario, seed=SEED, years=YEARS)


@pytest.fixture(scope="module")
def base() -> RunResult:
    return run(ENGLAND.scaled(SCALE))


def values(result: RunResult, measure: Measure, year: int) -> pd.Series[float]:
    series = kpi(result, measure) if isinstance(measure, str) else measure(result)
    return series[series.index >= year]


# the files ------------------------------------------------------------------------------------------
def test_every_action_of_the_plans_is_a_policy_and_nothing_else_is() -> None:
    assert sorted(POLICIES) == SLUGS
    assert len(SLUGS) == 42


@pytest.mark.parametrize("slug", SLUGS)
def test_a_policy_says_what_it_is_and_where_it_comes_from(slug: str) -> None:
    policy = POLICIES[slug]
    sources = ENGLAND.tables["sources"].row_of
    assert policy.title and policy.group and policy.description and policy.look_at
    assert policy.source and all((name,) in sources for name in policy.source)
    assert all(edit.note for edit in policy.edits)
    quoted = {
        word for edit in policy.edits for word in re.findall(r"\b[a-z]+(?:_[a-z0-9]+)*_\d{4}\b", edit.note)
    }
    assert all((name,) in sources for name in quoted)
    assert policy.begins is not None and policy.begins >= EARLIEST


@pytest.mark.parametrize("slug", SLUGS)
def test_a_policy_names_kpis_tables_and_policies_that_exist(slug: str) -> None:
    known = (
        {k.name for k in REGISTRY}
        | {event.name.lower() for event in Event}
        | set(ENGLAND.tables)
        | set(ENGLAND.settings)
        | set(POLICIES)
    )
    columns = {c.name for table in ENGLAND.tables.values() for c in table.spec.columns}
    for word in re.findall(r"`([^`]+)`", POLICIES[slug].look_at):
        assert word in known, word
    for word in re.findall(r"`([^`= ]+)`", POLICIES[slug].description):
        assert word in known | columns, word


@pytest.mark.parametrize("slug", SLUGS)
def test_a_policy_begins_with_a_change_of_the_base(slug: str) -> None:
    policy = POLICIES[slug]
    first = ENGLAND.with_policy(slug).dated.first_change
    start = dt.date(ENGLAND.start_year, ENGLAND.start_month, 1)
    begins = dt.date(int(str(policy.begins)[:4]), int(str(policy.begins)[5:]), 1)
    assert first == (begins.year - start.year) * 12 + begins.month - start.month


def test_all_policies_can_hold_together() -> None:
    assert ENGLAND.with_policy(*SLUGS).dated.eras


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == policies_page()


# what they do ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("slug", SLUGS)
def test_a_policy_changes_what_it_is_meant_to_and_nothing_before(slug: str, base: RunResult) -> None:
    result = run(ENGLAND.scaled(SCALE).with_policy(slug))
    month = ENGLAND.with_policy(slug).dated.first_change
    assert month is not None
    assert_same_before(base.log, result.log, month)
    for measure, direction, year in DIRECTIONS[slug]:
        before, after = values(base, measure, year), values(result, measure, year)
        told = f"{measure}:\n{pd.DataFrame({'base': before, slug: after})}"
        assert (after.sum() - before.sum()) * direction > 0, told


def assert_same_before(expected: EventLog, actual: EventLog, month: int) -> None:
    """Fail if two logs differ in a row before a month."""
    ends = [int(np.searchsorted(log.month, month)) for log in (expected, actual)]
    assert ends[0] == ends[1] > 0
    for name in COLUMNS:
        assert np.array_equal(getattr(expected, name)[: ends[0]], getattr(actual, name)[: ends[0]]), name


def test_the_rank_by_merit_gave_fewer_their_first_preference() -> None:
    """The policy that the reform of 2024 took the place of."""
    merit = Policy("merit", "By merit", (Edit("foundation_rules:rule", "set", "merit", begins="2027-08"),))
    small = ENGLAND.scaled(SCALE)
    share = "foundation_first_preference_percent"
    by_merit, informed = (run(small.with_policy(p)) for p in (merit, "foundation-preference-informed"))
    assert values(by_merit, share, 2027).mean() < values(informed, share, 2027).mean()


BROAD_FAMILIES = (
    ("medicine", "anaesthetics", "emergency_medicine"),
    ("general_practice", "psychiatry", "paediatrics", "public_health"),
    ("surgery", "obstetrics_gynaecology", "ophthalmology"),
)


def credit_in_force(slug: str) -> tuple[list[tuple[int, int, int]], list[tuple[str, str]]]:
    """Uptake, longest credit and overlap of each pair of programmes that gives credit, and their families."""
    blueprint = ENGLAND.with_policy(slug).blueprint(3)
    family = dict(ENGLAND.tables["programmes"].rows("programme", "family"))
    rules = blueprint.credit_rules[-1]
    pairs = [(a, b) for a, b in np.argwhere(rules.any(axis=2)) if a != b]
    names = blueprint.programmes
    families = [(family[names[a]], family[names[b]]) for a, b in pairs]
    return [tuple(int(cell) for cell in rules[pair][:3]) for pair in pairs], families


def test_a_broad_family_holds_for_pairs_that_have_a_rule_of_their_own() -> None:
    rules, families = credit_in_force("specialty-families")
    inside = [
        (cap, overlap)
        for (_, cap, overlap), pair in zip(rules, families, strict=True)
        if any(set(pair) <= set(broad) for broad in BROAD_FAMILIES)
    ]
    assert len(inside) > 500
    assert min(cap for cap, _ in inside) == 1800
    assert {overlap for _, overlap in inside} == {75}


def test_credit_transfer_doubles_the_longest_credit_of_every_pair_but_intensive_care() -> None:
    blueprints = [scenario.blueprint(3) for scenario in (ENGLAND, ENGLAND.with_policy("credit-transfer"))]
    before, after = (blueprint.credit_rules[-1, :, :, 1] for blueprint in blueprints)
    kept = before[:, blueprints[0].programmes.index("intensive_care")]
    assert np.all(after[(before > 0) & (before != 2400)] >= 2 * before[(before > 0) & (before != 2400)])
    assert np.sum(before == 2400) == np.sum(kept == 2400) == 1


# the two engines ------------------------------------------------------------------------------------
@pytest.mark.parametrize("slug", SLUGS)
def test_both_engines_live_a_policy_alike(slug: str) -> None:
    """On a tiny England, until three years after most policies begin."""
    blueprint = ENGLAND.scaled(0.003).with_policy(slug).blueprint(6)
    assert_same_log(simpy_engine.run(blueprint, SEED), compiled_engine.run(blueprint, SEED), blueprint)


def test_both_engines_live_all_policies_together_alike() -> None:
    blueprint = ENGLAND.scaled(0.008).with_policy(*SLUGS).blueprint(10)
    assert_same_log(simpy_engine.run(blueprint, SEED), compiled_engine.run(blueprint, SEED), blueprint)


def test_a_policy_can_be_loaded_by_its_name() -> None:
    assert load_policy("gp-expansion") == POLICIES["gp-expansion"]
