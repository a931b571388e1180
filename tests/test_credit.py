"""Credit on starting a programme, trying for another from within one, and Enhance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from same_log import assert_same_log
from scenarios import WITHOUT_CHANCE, credit_tables, everything_happens, rows_of, with_tables

from pipeline_sim.engines import compiled_engine, simpy_engine
from pipeline_sim.errors import ScenarioError
from pipeline_sim.rules import credit as rules
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.vocabulary import CREDIT_KIND, Credit, Event, Outcome

months = st.integers(0, 12_000)
flags = st.booleans()
ALWAYS = 1 << 32
GP = 1


# rules -----------------------------------------------------------------------------------------------


@given(done=months, away=st.integers(0, 200), good=flags, cap=months, overlap=st.integers(0, 100),
       least=months, recency=st.integers(0, 200), must=flags)  # fmt: skip
def test_credit_is_never_above_the_cap_or_what_was_done(done, away, good, cap, overlap, least, recency, must):
    credit = rules.transfer_credit(done, away, good, 0, ALWAYS, cap, overlap, least, recency, must)
    assert 0 <= credit <= min(cap, done)
    entitled = away <= recency and done >= least and (good or not must)
    assert credit == (min(cap, done * overlap // 100) if entitled else 0)
    assert rules.transfer_credit(done, away, good, 0, 0, cap, overlap, least, recency, must) == 0
    assert rules.transfer_credit(done, away, good, 0, ALWAYS, cap, 0, least, recency, must) == 0


@given(a=months, b=months, cap=months, overlap=st.integers(0, 100))
def test_who_did_more_is_credited_as_much_or_more(a, b, cap, overlap):
    less, more = (
        rules.transfer_credit(done, 0, True, 0, ALWAYS, cap, overlap, 0, 0, True) for done in sorted((a, b))
    )
    assert less <= more


@given(spent=st.integers(0, 600), away=st.integers(0, 200), rate=st.integers(0, 100), cap=months,
       least=st.integers(0, 100), recency=st.integers(0, 200))  # fmt: skip
def test_experience_counts_by_its_rate_up_to_the_cap(spent, away, rate, cap, least, recency):
    credit = rules.experience_credit(spent, away, 0, ALWAYS, rate, cap, least, recency)
    assert credit == (min(cap, spent * rate) if spent >= least and away <= recency else 0)


@given(needed=st.lists(st.integers(1, 60).map(lambda m: 100 * m), min_size=1, max_size=8), wanted=months)
def test_credit_leaves_a_year_to_train_and_nothing_is_lost_on_the_way(needed, wanted):
    levels = np.array([1200, *needed], np.int64)  # a programme after a level of another
    whole = sum(needed)
    credit = rules.within_programme(wanted, whole)
    assert 0 <= credit <= wanted
    assert credit == 0 or whole - credit >= rules.ALWAYS_TRAINED
    level, progress = divmod(rules.entry(credit, 1, len(needed), levels), rules.REST)
    assert levels[1:level].sum() + progress == credit
    assert progress < levels[level] or level == len(needed)


@given(before=months, progress=months, needed=months, credited=months)
def test_only_what_was_trained_here_counts_as_done(before, progress, needed, credited):
    done = rules.months_done(before, progress, needed, credited)
    assert done == max(0, before + min(progress, needed) - credited)


@given(st.integers(0, 40), st.lists(st.integers(0, 5), min_size=1, max_size=3))
def test_enhance_places_go_by_lot_and_never_beyond_the_places(count, open_places):
    people, places = np.arange(1, count + 1), np.array(open_places)
    regions = people % len(places)
    won = rules.win_places(7, 3, people, regions, places)
    for region, there in enumerate(places):
        assert (regions[won] == region).sum() == min(there, (regions == region).sum())


# a worked example -------------------------------------------------------------------------------------


def _runs(scenario, seed=1):
    blueprint = scenario.blueprint()
    log = simpy_engine.run(blueprint, seed)
    assert_same_log(log, compiled_engine.run(blueprint, seed), blueprint)
    return blueprint, log


def _gp_after_core(overlap: float, cap: float):
    """Nobody is unlucky and everyone in core medicine tries for general practice each August."""
    rule = {"uptake": 1, "cap_months": cap, "overlap": overlap, "min_months": 12, "recency_months": 60}
    scenario = load_scenario("teaching").with_years(6).scaled(0.3).with_values(WITHOUT_CHANCE)
    pair = {"from_programme": "core_medicine", "to_programme": "general_practice", "year": 2025}
    return with_tables(
        scenario,
        {
            "credit_transfer": [{**pair, **rule, "satisfactory_exit": 1}],
            "transfers": [{"programme": "core_medicine", "year": 2025, "applies": 1}],
        },
    )


def test_six_months_of_credit_bring_the_certificate_thirty_months_after_the_start():
    _, log = _runs(_gp_after_core(overlap=0.5, cap=6))
    granted = np.flatnonzero(log.event == Event.CREDIT_GRANTED)
    assert len(granted) > 0
    assert set(log.detail[granted].tolist()) == {600 + CREDIT_KIND * Credit.TRANSFER}
    assert (log.programme[granted] == GP).all()
    finished = 0
    for row in granted.tolist():
        own = np.flatnonzero(log.person == log.person[row])
        done = own[(log.event[own] == Event.COMPLETED_TRAINING) & (own > row)]
        if log.month[row] + 30 < log.month.max():
            assert log.month[done].tolist() == [log.month[row] + 30]
            assert log.detail[done].tolist() == [30]
            finished += 1
    assert finished > 0


def test_credit_of_a_year_and_a_half_starts_at_the_second_level():
    blueprint, log = _runs(_gp_after_core(overlap=1, cap=18))
    granted = np.flatnonzero(log.event == Event.CREDIT_GRANTED)
    credit = log.detail[granted] % CREDIT_KIND
    assert credit.max() <= 1800
    first = int(blueprint.level_first[GP])
    for row, hundredths in zip(granted.tolist(), credit.tolist(), strict=True):
        assert log.level[row] == first + hundredths // 1200
        started = (log.person == log.person[row]) & (log.event == Event.STARTED_LEVEL)
        started &= (log.month == log.month[row]) & (log.programme == GP)
        assert log.detail[started].tolist() == [1]  # the first level of this person
        assert log.level[started].tolist() == [log.level[row]]


def test_without_overlap_nothing_is_credited():
    _, log = _runs(_gp_after_core(overlap=0, cap=6))
    assert (log.event == Event.TRANSFERRED).any()
    assert not (log.event == Event.CREDIT_GRANTED).any()


# trying for another programme --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def full():
    return _runs(everything_happens().scaled(0.3).with_years(8))


def test_who_tries_for_another_programme_never_applies_for_their_own(full):
    _, log = full
    moved = np.flatnonzero(log.event == Event.TRANSFERRED)
    assert len(moved) > 0
    assert (log.detail[moved] != log.programme[moved]).all()
    august = log.month[moved] % 12 == 0
    assert august.all()
    for row in moved.tolist():
        same_month = (log.person == log.person[row]) & (log.month == log.month[row])
        reviews = log.detail[same_month & (log.event == Event.REVIEWED)]
        assert reviews.tolist() == [Outcome.SATISFACTORY]
        applied = same_month & (log.event == Event.APPLIED)
        assert log.programme[row] not in log.programme[applied]


def test_who_tries_in_vain_goes_on_in_the_same_programme(full):
    _, log = full
    satisfied = (log.event == Event.REVIEWED) & (log.detail == Outcome.SATISFACTORY)
    ways: dict[Event, set[tuple[int, int]]] = {
        event: set(zip(log.person[rows].tolist(), log.month[rows].tolist(), strict=True))
        for event in (
            Event.REVIEWED, Event.APPLIED, Event.ACCEPTED, Event.UNPLACED, Event.STARTED_OUTSIDE,
            Event.TRANSFERRED, Event.WITHDREW,
        )
        for rows in ((satisfied if event == Event.REVIEWED else log.event == event),)
    }  # fmt: skip
    tried = ways[Event.REVIEWED] & ways[Event.APPLIED]
    in_vain = tried - ways[Event.ACCEPTED]
    assert in_vain
    assert not in_vain & (ways[Event.TRANSFERRED] | ways[Event.STARTED_OUTSIDE])
    assert not tried & ways[Event.UNPLACED]  # they hold a post all the time
    assert tried & ways[Event.WITHDREW]


# Enhance -------------------------------------------------------------------------------------------------


def test_enhance_places_are_filled_each_august_and_nobody_takes_two(full):
    blueprint, log = full
    joined = log.event == Event.ENHANCE_JOINED
    assert len(np.unique(log.person[joined])) == joined.sum() > 0
    for month in np.unique(log.month[joined]):
        year = month // 12
        taken = np.bincount(log.region[joined & (log.month == month)], minlength=len(blueprint.regions))
        assert (taken <= blueprint.enhance_places[year]).all()


# switches and mistakes --------------------------------------------------------------------------------------


def test_tables_with_nothing_in_them_change_no_event():
    scenario = load_scenario("teaching").scaled(0.2).with_years(4)
    off = {
        name: [
            {**row, **dict.fromkeys({"uptake", "applies", "places", "credit_months"} & set(row), 0)}
            for row in rows
        ]
        for name, rows in credit_tables().items()
    }
    (_, plain), (blueprint, log) = _runs(scenario), _runs(with_tables(scenario, off))
    assert_same_log(plain, log, blueprint)


def test_a_dated_row_changes_nothing_before_its_year():
    scenario = _gp_after_core(overlap=0.5, cap=6)
    rows = [{**row, "year": 2028} for row in rows_of(scenario, "credit_transfer")]
    _, log = _runs(with_tables(scenario, {"credit_transfer": rows}))
    granted = log.month[log.event == Event.CREDIT_GRANTED]
    assert len(granted) > 0
    assert granted.min() == 36


def test_the_required_route_can_give_no_credit():
    row = {
        "from_programme": "core_medicine", "to_programme": "cardiology", "year": 2025, "uptake": 1,
        "cap_months": 6, "overlap": 1, "min_months": 0, "recency_months": 60, "satisfactory_exit": 1,
    }  # fmt: skip
    with pytest.raises(ScenarioError, match="required route into cardiology"):
        with_tables(load_scenario("teaching"), {"credit_transfer": [row]})
    family = {k: v for k, v in row.items() if not k.endswith("programme")}
    families = [{**family, "from_family": "medicine", "to_family": "medicine"}]
    blueprint = with_tables(load_scenario("teaching"), {"credit_families": families}).blueprint()
    core, cardiology = (blueprint.programmes.index(p) for p in ("core_medicine", "cardiology"))
    assert not blueprint.credit_rules[:, core, cardiology].any()
    assert blueprint.credit_rules[:, cardiology, core].any()


def test_a_pair_beats_its_families():
    blueprint = everything_happens().blueprint()
    core = blueprint.programmes.index("core_medicine")
    assert blueprint.credit_rules[:2, GP, core, 1].tolist() == [1400, 1200]
