"""Outside training: chances by length of service, straight SAS posts, and the Medical Training Initiative."""

from __future__ import annotations

import numpy as np
import pytest
from same_log import assert_same_log, same
from scenarios import WITHOUT_CHANCE, everything_happens, rows_of, teaching, with_more_rows, with_tables

from pipeline_sim.engines import compiled_engine, simpy_engine
from pipeline_sim.errors import ScenarioError
from pipeline_sim.eventlog import EventLog
from pipeline_sim.rules import outside as rules
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.vocabulary import Event, Leaving, State

ALWAYS = 1 << 32
YEARS = 6
NEW_TABLES = ("outside_by_service", "sas_after_training", "training_initiative")


def run(scenario: Scenario, years: int = YEARS) -> EventLog:
    """The log that both engines write."""
    blueprint = scenario.blueprint(years)
    log = simpy_engine.run(blueprint, 1)
    assert_same_log(log, compiled_engine.run(blueprint, 1), blueprint)
    return log


def quiet(stream: str = "", state: str = "locally_employed", month: int = 9) -> Scenario:
    """No chance; ten doctors of one stream at the start, five more in September 2025, all from overseas.

    They do nothing in ``outside``: whatever they do comes from the tables of this file.
    """
    scenario = teaching().with_values(
        {**WITHOUT_CHANCE, "outside:apply": 0, "after_f2.apply:share": 0, "after_f2.leave:share": 1}
    )
    more = {
        "streams": [
            {
                "stream": "newcomers", "state": state, "group": "overseas", "first_tier_share": 0,
                "female_share": 0.5, "youngest": 30, "oldest": 40, "nhs_months_max": 0, "month": month,
            }
        ],
        "outside_stock": [{"stream": "newcomers", "region": "middleshire", "people": 10}],
        "arrivals": [
            {"stream": "newcomers", "region": "middleshire", "year": year, "people": people}
            for year, people in ((2025, 5), (2026, 0))
        ],
    }  # fmt: skip
    return with_more_rows(scenario, {**more, **({stream: []} if stream else {})})


def by_service(*rows: tuple[int, int, float], state: str = "locally_employed") -> dict[str, list]:
    """Rows of (service, year, chance of applying)."""
    return {
        "outside_by_service": [
            {
                "state": state, "group": "overseas", "service_from": months, "year": year, "apply": apply,
                "leave": 0, "to_sas": 0, "to_locally_employed": 0,
            }
            for months, year, apply in rows
        ]
    }  # fmt: skip


def newcomers(log: EventLog) -> tuple[set[int], set[int]]:
    """Those there at the start and those who came later."""
    present = (log.event == Event.PRESENT_AT_START) & np.isin(
        log.detail, [State.LOCALLY_EMPLOYED, State.TRAINING_INITIATIVE]
    )
    came = log.event == Event.ARRIVED_FROM_OVERSEAS
    return set(log.person[present].tolist()), set(log.person[came].tolist())


def first_month(log: EventLog, people: set[int], event: Event) -> set[int]:
    """The months in which each of the people first has the event, -1 for those who never have."""
    chosen = log.event == event
    months: dict[int, int] = {}
    for person, month in zip(log.person[chosen].tolist(), log.month[chosen].tolist(), strict=True):
        months.setdefault(person, month)
    return {months.get(person, -1) for person in people}


# the rule --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "years"),
    [(36, 0), (35, 1), (24, 1), (23, 2), (0, 3), (-1, 4), (-12, 4), (600, 0)],
)
def test_a_move_is_looked_for_with_the_service_of_each_august(service: int, years: int) -> None:
    rates = np.zeros((3, 2, 5), np.int64)
    rates[:, 1, 0] = ALWAYS
    move = rules.next_move(7, 11, 2, 9, service, np.array([0, 36]), rates)
    assert move == years * rules.WAYS + rules.APPLY


def test_each_year_has_its_own_chances_and_the_last_goes_on() -> None:
    rates = np.zeros((3, 1, 5), np.int64)
    rates[2, 0, 1] = ALWAYS
    assert rules.next_move(7, 11, 0, 9, 0, np.array([0]), rates) == 2 * rules.WAYS + rules.LEAVE
    assert rules.next_move(7, 11, 5, 9, 0, np.array([0]), rates) == rules.LEAVE
    assert rules.next_move(7, 11, 0, 1, 0, np.array([0]), rates) == 2 * rules.WAYS + rules.STAY


def test_service_begins_with_the_spell_for_those_who_have_none() -> None:
    assert rules.service_in(48, 40, 1 << 30, True) == 8
    assert rules.service_in(48, 40, 1 << 30, False) < 0
    assert rules.service_in(48, 40, -12, True) == 60


def test_only_overseas_doctors_are_former_trainees() -> None:
    assert [rules.kind_of_doctor(group, here) for group in (0, 1) for here in (0, 1)] == [0, 0, 1, 2]


# service ---------------------------------------------------------------------------------------------


def test_a_doctor_gets_other_chances_in_the_first_august_with_36_months_of_service() -> None:
    log = run(with_tables(quiet(), by_service((36, 2025, 1))))
    present, came = newcomers(log)
    assert first_month(log, came, Event.APPLIED) == {48}  # came in September 2025: 35 months in August 2028
    stock = first_month(log, present, Event.APPLIED)
    assert 36 in stock  # 36 months in August 2028; UK graduates of the stock never
    assert stock <= {36, -1}


def test_a_later_year_replaces_the_chances_from_then_on() -> None:
    log = run(with_tables(quiet(), by_service((0, 2027, 1))))
    present, came = newcomers(log)
    assert first_month(log, came, Event.APPLIED) == {24}
    assert first_month(log, present, Event.APPLIED) <= {24, -1}


def test_longer_service_counts_before_a_later_year() -> None:
    log = run(with_tables(quiet(), by_service((24, 2025, 0), (0, 2026, 1))))
    present, came = newcomers(log)
    assert first_month(log, came, Event.APPLIED) == {12}
    log = run(with_tables(quiet(), by_service((24, 2025, 0), (0, 2027, 1))))
    _, came = newcomers(log)
    assert first_month(log, came, Event.APPLIED) == {24}  # 23 months
    assert first_month(log, present, Event.APPLIED) == {-1}


def test_the_chances_of_outside_said_again_change_no_event() -> None:
    scenario = without(everything_happens())
    rows = [
        {**row, "service_from": months, "year": 2025}
        for row in rows_of(scenario, "outside")
        for months in (0, 30)
    ]
    again = with_tables(scenario, {"outside_by_service": rows})
    blueprints = [s.scaled(0.2).blueprint(4) for s in (scenario, again)]
    assert same(*(simpy_engine.run(blueprint, 3) for blueprint in blueprints))


def without(scenario: Scenario, *tables: str) -> Scenario:
    """The scenario as if its folder had none of the tables; without names, none of those tested here."""
    gone = tables or NEW_TABLES
    streams = [row for row in rows_of(scenario, "streams") if row["state"] != "training_initiative"]
    kept = {row["stream"] for row in streams}
    people = {
        name: [row for row in rows_of(scenario, name) if row["stream"] in kept]
        for name in ("arrivals", "outside_stock")
    }
    if "training_initiative" in gone:
        scenario = with_tables(scenario, {"streams": streams, **people})
    for name in gone:
        scenario.tables.pop(name, None)  # type: ignore[attr-defined]
    return scenario


# straight to a SAS post ----------------------------------------------------------------------------


def resigning(**straight: float) -> Scenario:
    scenario = teaching().with_values({"programmes:resignation": 0.2, "practice.sas_applies": 0}).scaled(0.5)
    return with_tables(scenario, {"sas_after_training": [{"year": 2025, **straight}]})


def straight_posts(log: EventLog) -> list[tuple[int, int, int]]:
    """(month, programme left, programme of the SAS post) of those who take one in the month they resign."""
    left = np.isin(log.event, [Event.RESIGNED, Event.RELEASED])
    started = (log.event == Event.STARTED_PRACTICE) & (log.detail == State.SAS)
    own = {
        (int(m), int(p)): int(q)
        for m, p, q in zip(log.month[left], log.person[left], log.programme[left], strict=True)
    }
    found = zip(log.month[started], log.person[started], log.programme[started], strict=True)
    return [(int(m), own[int(m), int(p)], int(q)) for m, p, q in found if (int(m), int(p)) in own]


def test_those_who_leave_a_specialty_take_a_sas_post_in_it() -> None:
    scenario = resigning(share=1, min_nhs_months=0)
    log = run(scenario)
    posts = straight_posts(log)
    assert len(posts) == np.isin(log.event, [Event.RESIGNED, Event.RELEASED]).sum() > 20
    cardiology = scenario.blueprint(1).programmes.index("cardiology")
    assert {there for _, left, there in posts if left == cardiology} == {cardiology}
    assert not {left for _, left, there in posts if left == there} - {cardiology}


def test_without_the_service_asked_for_nobody_goes_straight_to_a_sas_post() -> None:
    log = run(resigning(share=1, min_nhs_months=600))
    assert straight_posts(log) == []
    asked = run(resigning(share=1, min_nhs_months=60))
    assert 0 < len(straight_posts(asked)) < np.isin(asked.event, [Event.RESIGNED, Event.RELEASED]).sum()


def test_a_share_of_nothing_is_as_no_table() -> None:
    off = resigning(share=0, min_nhs_months=0)
    log = run(off)
    assert straight_posts(log) == []
    off.tables.pop("sas_after_training")  # type: ignore[attr-defined]
    assert same(log, run(off))


def test_straight_sas_posts_begin_with_their_year() -> None:
    scenario = resigning(share=1, min_nhs_months=0).with_value("sas_after_training:share", 0)
    later = [{"year": 2025, "share": 0, "min_nhs_months": 0}, {"year": 2028, "share": 1, "min_nhs_months": 0}]
    log = run(with_tables(scenario, {"sas_after_training": later}))
    before = run(scenario)
    assert same(log.take(log.month < 36), before.take(before.month < 36))
    assert {month >= 36 for month, _, _ in straight_posts(log)} == {True}


# the Medical Training Initiative ---------------------------------------------------------------------


def initiative(leave: float, apply: float, months: int = 24) -> Scenario:
    """The rows are checked together, so the table comes first."""
    row = {"year": 2025, "months": months, "leave": leave, "apply": apply}
    base = teaching().with_values(
        {**WITHOUT_CHANCE, "outside:apply": 0, "after_f2.apply:share": 0, "after_f2.leave:share": 1}
    )
    stream = {
        "stream": "initiative", "state": "training_initiative", "group": "overseas", "first_tier_share": 0,
        "female_share": 0.5, "youngest": 30, "oldest": 40, "nhs_months_max": 0, "month": 9,
    }  # fmt: skip
    where = {"stream": "initiative", "region": "middleshire"}
    return with_tables(
        base,
        {
            "training_initiative": [row],
            "streams": [*rows_of(base, "streams"), stream],
            "outside_stock": [{**where, "people": 10}],
            "arrivals": [{**where, "year": 2025, "people": 5}, {**where, "year": 2026, "people": 0}],
        },
    )


def test_a_stay_ends_after_24_months() -> None:
    log = run(initiative(leave=1, apply=0))
    present, came = newcomers(log)
    assert (len(present), len(came)) == (10, 5)
    assert first_month(log, present, Event.LEFT) == {24}
    assert first_month(log, came, Event.LEFT) == {25}
    left = (log.event == Event.LEFT) & np.isin(log.person, sorted(present | came))
    assert set(log.detail[left].tolist()) == {Leaving.FROM_OUTSIDE_TRAINING}


def test_those_who_apply_do_so_in_the_next_august_and_those_who_stay_are_locally_employed() -> None:
    log = run(initiative(leave=0, apply=1))
    present, came = newcomers(log)
    assert first_month(log, present, Event.APPLIED) == {24}
    assert first_month(log, came, Event.APPLIED) == {36}
    assert first_month(log, came, Event.STARTED_OUTSIDE) == {25}
    log = run(initiative(leave=0, apply=0))
    assert first_month(log, present | came, Event.APPLIED) == {-1}
    assert first_month(log, present, Event.STARTED_OUTSIDE) == {24}
    chosen = (log.event == Event.STARTED_OUTSIDE) & np.isin(log.person, sorted(present | came))
    assert set(log.detail[chosen].tolist()) == {State.LOCALLY_EMPLOYED}


def test_months_on_the_initiative_are_nhs_service() -> None:
    scenario = with_tables(initiative(leave=0, apply=0), by_service((36, 2025, 1)))
    log = run(scenario)
    present, came = newcomers(log)
    assert first_month(log, present, Event.APPLIED) == {36}
    assert first_month(log, came, Event.APPLIED) == {48}  # 35 months in August 2028


def test_nobody_comes_when_the_initiative_is_closed() -> None:
    log = run(initiative(leave=1, apply=0).with_values({"arrivals:people": 0, "outside_stock:people": 0}))
    assert not (log.detail[log.event == Event.ARRIVED_FROM_OVERSEAS] == State.TRAINING_INITIATIVE).any()
    assert not (log.detail[log.event == Event.PRESENT_AT_START] == State.TRAINING_INITIATIVE).any()


def test_an_arrival_for_a_sas_post_starts_in_a_specialty() -> None:
    log = run(quiet(state="sas"))
    came = log.event == Event.ARRIVED_FROM_OVERSEAS
    started = (log.event == Event.STARTED_PRACTICE) & np.isin(log.person, log.person[came])
    assert came.sum() == started.sum() == 5
    assert (log.programme[started] >= 0).all()


# mistakes ------------------------------------------------------------------------------------------------


def test_a_stream_of_the_initiative_needs_its_table() -> None:
    with pytest.raises(ScenarioError, match=r"streams\.csv.*state: found training_initiative, and no"):
        quiet(state="training_initiative")


def test_nobody_both_leaves_and_applies_after_the_initiative() -> None:
    with pytest.raises(ScenarioError, match=r"apply: found 0\.6, expected at most 0\.5"):
        initiative(leave=0.5, apply=0.6)


# editing -------------------------------------------------------------------------------------------------


def test_an_edit_may_say_from_when_it_holds() -> None:
    scenario = with_tables(quiet(), by_service((12, 2025, 0)))
    log = run(scenario.with_value("outside_by_service.locally_employed.overseas.12.2028:apply", 1))
    _, came = newcomers(log)
    assert first_month(log, came, Event.APPLIED) == {36}
    before = run(scenario)
    assert same(log.take(log.month < 36), before.take(before.month < 36))


def test_an_edit_after_the_horizon_changes_no_event() -> None:
    scenario = everything_happens().scaled(0.2)
    late = scenario.with_values(
        {
            "outside_by_service.locally_employed.overseas.36.2031:apply": 1,
            "sas_after_training.2031:share": 1,
            "training_initiative.2031:leave": 0,
        }
    )
    assert same(*(simpy_engine.run(s.blueprint(4), 3) for s in (scenario, late)))


def test_england_keeps_its_mean_chance_of_applying_and_the_initiative_is_closed() -> None:
    scenario = load_scenario("england")
    chance = {
        service: apply
        for state, group, service, apply in scenario.tables["outside_by_service"].rows(
            "state", "group", "service_from", "apply"
        )
        if (state, group) == ("locally_employed", "overseas")
    }
    outside = scenario.tables["outside"]
    recent = outside["apply"][outside.row_of["locally_employed", "overseas"]]
    people = dict.fromkeys(("led_recent", "led_career", "training_initiative"), 0)
    for stream, count in scenario.tables["outside_stock"].rows("stream", "people"):
        if stream in people:
            people[stream] += count
    career = people["led_career"]
    mean = (people["led_recent"] * recent + career * chance[36]) / (people["led_recent"] + career)
    assert mean == pytest.approx(0.45, abs=0.03)
    blueprint = scenario.with_years(3).blueprint()
    came = blueprint.arrivals[:, blueprint.streams.index("training_initiative")].sum(axis=1)
    assert came.tolist() == [840, 0, 0]
