"""What holds in the whole log of flexible training: time and posts add up, switches and dates are kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from same_log import first_difference
from scenarios import everything_happens, rows_of, with_tables
from training_replay import assert_training_adds_up, replay_training

from pipeline_sim.engines import compiled_engine
from pipeline_sim.eventlog import EventLog
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.scenario.schema import table_specs
from pipeline_sim.vocabulary import COVERING, CREDIT_KIND, KINDS, Credit, Event, Scheme, State

SEED = 5
BEFORE_2027 = 24  # months of a run from August 2025
FULL_TIME = 100

E = Event


@cache
def small() -> Scenario:
    return everything_happens().scaled(0.4).with_years(6)


@cache
def plain() -> EventLog:
    return compiled_engine.run(small().blueprint(), SEED)


def run(scenario: Scenario) -> EventLog:
    return compiled_engine.run(scenario.blueprint(), SEED)


# progress, posts and credit -------------------------------------------------------------------------


@cache
def full() -> tuple[Blueprint, EventLog]:
    blueprint = everything_happens().with_years(10).blueprint()
    return blueprint, compiled_engine.run(blueprint, SEED)


def test_every_level_takes_its_time_and_every_post_has_its_holder():
    """Each finished level has what it requires and less than one month more; see ``training_replay``."""
    blueprint, log = full()
    replay = assert_training_adds_up(log, blueprint)
    assert len(replay.ends) > 3000
    carried = {end.excess for end in replay.ends}
    assert len(carried) > 20  # part-timers carry what is beyond a level into the next
    kinds = log.detail[log.event == E.CREDIT_GRANTED] // CREDIT_KIND
    assert set(kinds.tolist()) == {int(kind) for kind in Credit}
    for event in (E.STEPPED_IN, E.DID_NOT_RETURN, E.EXTENDED, E.TRANSFERRED, E.SUPPORTED_RETURN):
        assert (log.event == event).any()


def test_all_training_in_england_adds_up():
    blueprint = load_scenario("england").scaled(0.04).blueprint(10)
    assert len(assert_training_adds_up(compiled_engine.run(blueprint, SEED), blueprint).ends) > 7000


@pytest.mark.parametrize(
    ("event", "spoil"),
    [
        (E.CHANGED_HOURS, {"wte": lambda wte: np.where(wte == FULL_TIME, 50, FULL_TIME)}),
        (E.STEPPED_OUT, {"detail": lambda detail: detail + KINDS}),
        (E.STEPPED_IN, {"event": lambda event: event * 0 + E.REVIEWED}),
        (E.STEPPED_OUT, {"event": lambda event: event * 0 + E.REVIEWED}),
        (E.EXTENDED, {"detail": lambda detail: detail + 6}),
        (E.CREDIT_GRANTED, {"detail": lambda detail: detail + 1500}),
        (E.STARTED_LEVEL, {"month": lambda month: month + 1}),
        (E.POOL_IN_USE, {"detail": lambda detail: detail + 1}),
    ],
)
def test_a_spoilt_log_does_not_add_up(event, spoil):
    """The replay finds what is wrong, so that its silence means something."""
    blueprint, log = full()
    rows = log.event == event
    changed = log.take(np.ones(len(log), np.bool_))
    for column, change in spoil.items():
        cells = getattr(changed, column)
        cells[rows] = change(cells[rows])
    with pytest.raises(AssertionError):
        assert_training_adds_up(changed, blueprint)


def test_nobody_holds_a_post_of_a_programme_after_the_last_has_left_it():
    """Where nobody is trained any more no post is taken: what is counted in is counted out."""
    scenario = small().with_values({"posts:posts": 0, "posts.general_practice:posts": 1})
    blueprint = scenario.blueprint()
    replay = replay_training(compiled_engine.run(blueprint, SEED), blueprint)
    assert (replay.in_post >= 0).all()
    assert not replay.faults


# switches -----------------------------------------------------------------------------------------------

Rows = NDArray[np.bool_]


def of(*events: Event) -> Callable[[EventLog], Rows]:
    return lambda log: np.isin(log.event, events)


def entering(state: State) -> Callable[[EventLog], Rows]:
    events = (E.PRESENT_AT_START, E.ARRIVED_FROM_OVERSEAS, E.STARTED_OUTSIDE, E.STARTED_PRACTICE)
    return lambda log: np.isin(log.event, events) & (log.detail == state)


def credit(kind: Credit) -> Callable[[EventLog], Rows]:
    return lambda log: (log.event == E.CREDIT_GRANTED) & (log.detail // CREDIT_KIND == kind)


def scheme(kind: Scheme) -> Callable[[EventLog], Rows]:
    return lambda log: (log.event == E.SCHEME_STARTED) & (log.detail % KINDS == kind)


def part_time_trainees(log: EventLog) -> Rows:
    training = np.isin(log.event, [E.STARTED_LEVEL, E.FOUNDATION_STARTED, E.CHANGED_HOURS, E.LTFT_REFUSED])
    return training & (log.level >= 0) & ((log.wte != FULL_TIME) | (log.event == E.LTFT_REFUSED))


def trained_doctors_cut_hours(log: EventLog) -> Rows:
    return (log.event == E.CHANGED_HOURS) & (log.level < 0)


def straight_to_sas(log: EventLog) -> Rows:
    """SAS posts taken in the month of leaving a programme."""
    left = np.isin(log.event, [E.RESIGNED, E.RELEASED, E.DID_NOT_RETURN])
    when = log.person * 1000 + log.month
    return (log.event == E.STARTED_PRACTICE) & (log.detail == State.SAS) & np.isin(when, when[left])


def step_out_of(name: str) -> Callable[[EventLog], Rows]:
    kind = small().blueprint(1).step_outs.index(name)
    events = [E.STEPPED_OUT, E.STEPPED_IN, E.DID_NOT_RETURN]
    return lambda log: np.isin(log.event, events) & (log.detail % KINDS == kind)


def asking(column: str) -> str:
    return f"ltft_requests:{column}"


NO_REQUESTS = dict.fromkeys(
    map(asking, ("start_female", "start_male", "ask_female", "ask_male", "back", "change")), 0
)
SWITCHES: dict[str, tuple[dict[str, object], Callable[[EventLog], Rows]]] = {
    "training less than full time": (
        {**NO_REQUESTS, "programmes:ltft_share": 0}, part_time_trainees,
    ),
    "changes of hours in training": (
        {**NO_REQUESTS, asking("start_female"): 1}, lambda log: of(E.CHANGED_HOURS)(log) & (log.level >= 0),
    ),
    "refusals": ({"ltft_rules:capacity": 1, "ltft_reasons:open": 1}, of(E.LTFT_REFUSED)),
    "stepping out": (
        {"step_out_rates:female": 0, "step_out_rates:male": 0},
        of(E.STEPPED_OUT, E.STEPPED_IN, E.DID_NOT_RETURN, E.SUPPORTED_RETURN),
    ),
    **{
        f"stepping out by {name}": (
            {f"step_out_rates.{name}:female": 0, f"step_out_rates.{name}:male": 0}, step_out_of(name),
        )
        for name in small().tables["step_outs"]["step_out"]
    },
    "cover of held posts": (
        {"post_cover:cover": 0}, lambda log: of(E.STARTED_OUTSIDE)(log) & (log.detail >= COVERING),
    ),
    "giving up while away": ({"step_out_lengths:returns": 1}, of(E.DID_NOT_RETURN)),
    "places of supported return": ({"support_places:places": 0}, of(E.SUPPORTED_RETURN)),
    "wishes for supported return": ({"return_support:uptake": 0}, of(E.SUPPORTED_RETURN)),
    "credit for time away": ({"step_outs:counts": "none"}, credit(Credit.STEP_OUT)),
    "credit of no size for time away": (
        {"step_outs:credit_rate": 0, "step_outs:allowance_months": 0, "step_out_lengths:extension": 1},
        credit(Credit.STEP_OUT),
    ),
    "credit for training elsewhere": (
        {"credit_families:uptake": 0, "credit_transfer:uptake": 0}, credit(Credit.TRANSFER),
    ),
    "credit without overlap": (
        {"credit_families:overlap": 0, "credit_transfer:overlap": 0}, credit(Credit.TRANSFER),
    ),
    "credit up to nothing": (
        {"credit_families:cap_months": 0, "credit_transfer:cap_months": 0}, credit(Credit.TRANSFER),
    ),
    "recognised experience": ({"recognised_experience:rate": 0}, credit(Credit.EXPERIENCE)),
    "credit for Enhance": ({"enhance_effects:credit_months": 0}, credit(Credit.ENHANCE)),
    "Enhance": ({"enhance_places:places": 0}, of(E.ENHANCE_JOINED)),
    "another programme": ({"transfers:applies": 0}, of(E.TRANSFERRED)),
    "credentials without slots": (
        {"credential_slots:slots": 0}, of(E.CREDENTIAL_STARTED, E.CREDENTIAL_AWARDED),
    ),
    "credentials without applicants": (
        {"credential_eligibility:apply": 0}, of(E.CREDENTIAL_STARTED, E.CREDENTIAL_AWARDED),
    ),
    "the portfolio route": (
        {
            "portfolio:start": 0, "portfolio:in_progress": 0, "practice.portfolio": 0,
            "portfolio_outside:start": 0, "portfolio_outside:in_progress": 0,
        },
        of(E.PORTFOLIO_STARTED, E.PORTFOLIO_REFUSED, E.PORTFOLIO_REGISTERED),
    ),
    "the specialist grade": ({"specialist_grade:start": 0}, of(E.SPECIALIST_GRADE)),
    "fellowships": ({"fellowships:share": 0}, of(E.FELLOWSHIP_STARTED)),
    "the retainer": ({"schemes:retainer_share": 0}, scheme(Scheme.RETAINER)),
    "induction and refresher": ({"schemes:refresher_share": 0}, scheme(Scheme.INDUCTION_REFRESHER)),
    "fewer hours after training": (
        {
            "reduced_hours:cut": 0, "schemes:retainer_share": 0, "practice.reduce_hours_gp": 0,
            "practice.reduce_hours_consultant": 0, "practice.reduce_hours_sas": 0,
        },
        trained_doctors_cut_hours,
    ),
    "from a programme straight to a SAS post": (
        {"sas_after_training:share": 0, "outside:to_sas": 0, "outside_by_service:to_sas": 0},
        straight_to_sas,
    ),
    "the Medical Training Initiative": (
        {"arrivals.initiative:people": 0, "outside_stock.initiative:people": 0},
        entering(State.TRAINING_INITIATIVE),
    ),
    "arrivals from overseas": (
        {"arrivals:people": 0}, of(E.ARRIVED_FROM_OVERSEAS, E.ARRIVED_FOR_FOUNDATION),
    ),
}  # fmt: skip


@pytest.mark.parametrize("mechanism", SWITCHES)
def test_what_is_switched_off_leaves_no_event_of_its_kind(mechanism):
    edits, its_rows = SWITCHES[mechanism]
    assert its_rows(plain()).any()
    assert not its_rows(run(small().with_values(edits))).any()


# dates --------------------------------------------------------------------------------------------------

#: For each dated table what rows of 2027 say otherwise.
FROM_2027: dict[str, dict[str, object]] = {
    "step_out_rates": {"female": 0.5, "male": 0.5},
    "return_support": {"uptake": 0.1, "months": 1},
    "support_places": {"places": 0},
    "ltft_requests": {"ask_female": 0.5, "back": 0.6},
    "ltft_programmes": {"multiplier": 0.1},
    "ltft_reasons": {"open": 0},
    "ltft_rules": {"capacity": 1},
    "credit_transfer": {"cap_months": 3},
    "credit_families": {"cap_months": 3},
    "recognised_experience": {"rate": 0.1},
    "transfers": {"applies": 0.9},
    "enhance_places": {"places": 3},
    "enhance_effects": {"taste_weight": 20},
    "credential_eligibility": {"apply": 0.9},
    "credential_slots": {"slots": 2},
    "portfolio": {"start": 0.9},
    "specialist_grade": {"start": 0.9},
    "fellowships": {"share": 0.02},
    "reduced_hours": {"cut": 0.7},
    "schemes": {"retainer_share": 0},
    "outside_by_service": {"apply": 0.7},
    "sas_after_training": {"share": 0},
    "training_initiative": {"apply": 0.6},
    "post_funding": {"funding": "headcount"},
    "post_cover": {"cover": 0.1},
    "step_outs": {"post": "held", "return_rule": "priority"},
    "portfolio_outside": {"start": 0.9},
}
TRIED = [table for table in FROM_2027 if table in small().tables]
#: Optional and dated, but not of flexible training.
OTHERS = {"incentives", "plans", "supervisor_extra"}
OTHERS |= {"costs", "demand", "demand_growth", "demand_rules", "population"}
OTHERS |= {"redistribution_targets", "redistribution_pace", "contestable", "settlement"}


def test_every_dated_table_is_tried():
    dated = {
        name
        for name, spec in table_specs().items()
        if spec.optional and any(column.name == "year" for column in spec.keys)
    }
    assert dated - OTHERS == set(TRIED)


@pytest.mark.parametrize("table", TRIED)
def test_a_row_of_a_later_year_changes_nothing_before_it(table):
    rows = rows_of(small(), table)
    names = [column.name for column in table_specs()[table].keys if column.name != "year"]
    latest = {tuple(row[name] for name in names): row for row in sorted(rows, key=lambda row: row["year"])}
    later = [{**row, **FROM_2027[table], "year": 2027} for row in latest.values()]
    kept = [row for row in rows if row["year"] != 2027]
    log = run(with_tables(small(), {table: [*kept, *later]}))
    parts = first_difference(plain(), log)
    assert parts < len(plain()), "it changes nothing at all"
    assert plain().month[parts] >= BEFORE_2027
    assert log.month[parts] >= BEFORE_2027


@pytest.mark.parametrize("table", ["step_out_rates", "ltft_requests"])
def test_a_switch_turned_off_later_stops_at_once(table):
    """Even for those whose year in training began before."""
    rows = rows_of(small(), table)
    columns = [column.name for column in table_specs()[table].own_columns if column.kind == "probability"]
    off = [{**row, **dict.fromkeys(columns, 0), "year": 2027} for row in rows if row["year"] == 2025]
    log = run(with_tables(small(), {table: [row for row in rows if row["year"] != 2027] + off}))
    for event in (E.STEPPED_OUT,) if table == "step_out_rates" else (E.CHANGED_HOURS,):
        months = log.month[(log.event == event) & (log.level >= 0)]
        assert months.max() < BEFORE_2027
