"""A life in words: every event has its sentence, waits are counted, people are found."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipeline_sim.eventlog import EventLog
from pipeline_sim.identity import IdentityKind, person_identity
from pipeline_sim.report.trace import (
    CAUSE_WORDS,
    CREDIT_WORDS,
    KIND_WORDS,
    LEAVING_WORDS,
    OUTCOME_WORDS,
    SCHEME_WORDS,
    SENTENCES,
    STATE_WORDS,
    UNPLACED_WORDS,
    UnknownPerson,
    find_person,
    ordinal,
    region_words,
    tell,
)
from pipeline_sim.vocabulary import (
    COVERING,
    CREDIT_KIND,
    Credit,
    Event,
    Leaving,
    Outcome,
    PoolKind,
    Scheme,
    State,
    Unplaced,
)

STUDENT = person_identity(1, 1, 0, 1, 7)
FOUNDATION, GP, CARDIOLOGY = 0, 1, 2
F1, F2, ST1, ST2, ST4 = range(5)
LONDON, NORTH_WEST = 0, 1


def names(**changed: Any) -> Any:
    """The few fields of a blueprint that telling a life needs."""
    fields = {
        "start_year": 2025,
        "start_month": 8,
        "months": 240,
        "regions": ("london", "north_west"),
        "programmes": ("foundation", "gp", "cardiology"),
        "levels": ("F1", "F2", "ST1", "ST2", "ST4"),
        "routes": ("standard", "graduate_entry"),
        "rounds": ("round_1", "round_1_readvert"),
        "credentials": ("mechanical_thrombectomy", "pain"),
        "credential_titles": ("Mechanical thrombectomy", ""),
    }
    return SimpleNamespace(**{**fields, **changed})


def life(*rows: tuple[int, Event, dict[str, int]], person: int = STUDENT) -> EventLog:
    """A log of one person from (month, event, fields that are not the usual ones)."""

    def column(name: str, usual: int, kind: type) -> Any:
        return np.array([row[2].get(name, usual) for row in rows], dtype=kind)

    return EventLog(
        month=np.array([row[0] for row in rows], dtype=np.int16),
        phase=np.full(len(rows), 6, dtype=np.int8),
        person=np.full(len(rows), person, dtype=np.int64),
        event=np.array([row[1] for row in rows], dtype=np.uint8),
        programme=column("programme", -1, np.int16),
        level=column("level", -1, np.int16),
        region=column("region", -1, np.int8),
        wte=column("wte", 100, np.uint8),
        detail=column("detail", 0, np.int32),
    )


def told(*rows: tuple[int, Event, dict[str, int]]) -> list[str]:
    return tell(life(*rows), names())[1:-1]


def test_every_event_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Event)


@pytest.mark.parametrize("event", list(Event), ids=lambda event: event.name)
@pytest.mark.parametrize("placed", [True, False], ids=["with a place", "without a place"])
def test_a_sentence_is_complete_whatever_the_row_leaves_out(event: Event, placed: bool) -> None:
    place = {"programme": GP, "level": ST1, "region": LONDON} if placed else {}
    detail = CREDIT_KIND if event == Event.CREDIT_GRANTED else 1
    sentence = told((30, event, {**place, "detail": detail}))[0]
    assert sentence.startswith("February 2028: ") and sentence.endswith(".")
    assert "  " not in sentence and "None" not in sentence and "code" not in sentence


def test_every_word_of_the_vocabulary_is_told_in_plain_english() -> None:
    assert set(STATE_WORDS) == set(State)
    assert set(CAUSE_WORDS) == set(PoolKind)
    assert set(OUTCOME_WORDS) == set(Outcome)
    assert set(UNPLACED_WORDS) == set(Unplaced)
    assert set(LEAVING_WORDS) == set(Leaving)
    assert set(KIND_WORDS) == set(IdentityKind)
    assert set(CREDIT_WORDS) == set(Credit)
    assert set(SCHEME_WORDS) == set(Scheme)


def test_the_first_line_says_who_and_the_last_where_they_are() -> None:
    lines = tell(
        life(
            (1, Event.ENTERED_MEDICAL_SCHOOL, {"region": NORTH_WEST}),
            (72, Event.FOUNDATION_STARTED, {"programme": FOUNDATION, "level": F1, "region": LONDON}),
        ),
        names(),
    )
    assert lines[0] == f"Person {STUDENT}: new medical student, September 2025, the North West, number 8."
    assert lines[-1] == "At the end of the run, July 2045: foundation doctor (F1) in London."


def test_a_medical_year_is_told_with_its_number_and_place() -> None:
    assert told((25, Event.MEDICAL_YEAR_STARTED, {"region": NORTH_WEST, "detail": 3})) == [
        "September 2027: started year 3 of medical school in the North West."
    ]


def test_the_route_into_medicine_is_told() -> None:
    assert told(
        (1, Event.ENTERED_MEDICAL_SCHOOL, {"region": LONDON, "detail": 1}),
        (1, Event.ENTERED_MEDICAL_SCHOOL, {"region": LONDON, "detail": 100}),
    ) == [
        "September 2025: entered medical school in London, graduate entry course.",
        "September 2025: entered medical school in London, standard course, widening participation.",
    ]


def test_less_than_full_time_is_told_in_percent() -> None:
    row = {"programme": GP, "level": ST1, "region": LONDON, "wte": 80, "detail": 1}
    assert told((72, Event.STARTED_LEVEL, row)) == [
        "August 2031: started GP training at ST1 in London, working 80 % of full time."
    ]


def test_a_wait_says_why_and_when_it_ends_how_long_it_was() -> None:
    post = {"programme": CARDIOLOGY, "level": ST4, "region": LONDON}
    lines = told(
        (84, Event.BLOCKED, {**post, "detail": PoolKind.SUPERVISOR}),
        (86, Event.BLOCKED, {**post, "detail": PoolKind.PRACTICE_PLACE}),
        (89, Event.STARTED_LEVEL, {**post, "detail": 1}),
        (101, Event.STARTED_LEVEL, post),
    )
    assert lines == [
        "August 2032: could not start cardiology ST4 in London: no supervisor is free; waiting.",
        "October 2032: could not start cardiology ST4 in London: no practice place is free; "
        "still waiting after 2 months.",
        "January 2033: started cardiology training at ST4 in London, after waiting 5 months.",
        "January 2034: started cardiology ST4 in London.",
    ]


def test_stepping_out_and_coming_back_are_told_with_the_kind_and_the_wait() -> None:
    post = {"programme": CARDIOLOGY, "level": ST4, "region": LONDON}
    rows = [
        (72, Event.STARTED_LEVEL, {**post, "detail": 1}),
        (76, Event.STEPPED_OUT, {**post, "wte": 0, "detail": 1 + 100 * 12}),
        (88, Event.BLOCKED, {**post, "wte": 60, "detail": PoolKind.TRAINING_POST}),
        (90, Event.BLOCKED, {**post, "wte": 60, "detail": PoolKind.SUPERVISOR}),
    ]
    back = (91, Event.STEPPED_IN, {**post, "wte": 60, "detail": 1 + 100 * 15})
    flexible = names(step_outs=("oopr", "parental"), step_out_titles=("Research", "Parental leave"))
    assert tell(life(*rows, back), flexible)[2:] == [
        "December 2031: stepped out of cardiology training for 1 year (parental leave).",
        "December 2032: ready to return, but could not step back in to cardiology ST4 in London: no training "
        "post is free; waiting.",
        "February 2033: ready to return, but could not step back in to cardiology ST4 in London: no "
        "supervisor is free; still waiting after 2 months.",
        "March 2033: stepped back in to cardiology ST4 in London, working 60 % of full time, after 15 months "
        "away (parental leave), after waiting 3 months.",
        "At the end of the run, July 2045: in cardiology training at ST4 in London, working 60 % of full "
        "time.",
    ]
    closing = tell(life(*rows), flexible)[-1]
    assert "waiting to step back in to training (cardiology) in London" in closing
    assert closing.endswith("waiting for 151 months so far.")
    assert "OOPR" in tell(life((1, Event.STEPPED_OUT, {**post, "detail": 0})), names(step_outs=("oopr",)))[1]


def test_a_doctor_who_covers_a_held_post_is_told_so() -> None:
    cover = (76, Event.STARTED_OUTSIDE, {"region": LONDON, "detail": State.LOCALLY_EMPLOYED + COVERING})
    assert tell(life(cover), names())[1:] == [
        "December 2031: took a locally employed post in London, covering for a trainee who was away.",
        "At the end of the run, July 2045: locally employed doctor in London.",
    ]


def test_a_trainee_away_has_no_hours() -> None:
    out = (76, Event.STEPPED_OUT, {"programme": GP, "level": ST1, "region": LONDON, "wte": 60, "detail": 600})
    closing = tell(life(out), names())[-1]
    assert closing.endswith(": stepped out of training, expected back (GP) in London.")


def test_a_wait_after_a_transfer_is_one_to_start() -> None:
    left = {"programme": GP, "level": ST1, "region": LONDON}
    lines = told(
        (70, Event.STEPPED_OUT, {**left, "detail": 600}),
        (76, Event.TRANSFERRED, {**left, "detail": CARDIOLOGY}),
        (76, Event.BLOCKED, {"programme": CARDIOLOGY, "level": ST4, "detail": PoolKind.SUPERVISOR}),
    )
    assert lines[1] == "December 2031: left GP training for a post won in cardiology."
    assert lines[2].startswith("December 2031: could not start cardiology ST4")


def test_a_fellowship_is_named() -> None:
    row = (200, Event.FELLOWSHIP_STARTED, {"programme": GP, "region": LONDON, "detail": 2400})
    assert tell(life(row), names(fellowships=("primary_care",)))[1:] == [
        "April 2042: started a fellowship (primary care) in London of 2 years.",
        "At the end of the run, July 2045: in a fellowship after training (GP) in London.",
    ]


def test_a_wait_that_never_ends_is_in_the_closing_line() -> None:
    post = {"programme": CARDIOLOGY, "level": ST4, "region": LONDON, "detail": PoolKind.SUPERVISOR}
    assert tell(life((229, Event.BLOCKED, post)), names())[-1].endswith("waiting for 10 months so far.")


def test_an_application_elsewhere_does_not_move_the_applicant() -> None:
    lines = tell(
        life(
            (72, Event.FOUNDATION_STARTED, {"programme": FOUNDATION, "level": F1, "region": LONDON}),
            (80, Event.APPLIED, {"programme": GP, "region": NORTH_WEST, "detail": 1}),
            (90, Event.CHANGED_HOURS, {"wte": 60}),
        ),
        names(),
    )
    assert lines[-1].endswith("foundation doctor (F1) in London, working 60 % of full time.")


def test_packed_details_are_taken_apart() -> None:
    post = {"programme": GP, "level": ST1, "region": LONDON}
    assert told(
        (3, Event.FOUNDATION_ALLOCATED, {"region": LONDON, "detail": 102}),
        (4, Event.OFFERED, {**post, "detail": 10_102}),
        (4, Event.ACCEPTED, {**post, "detail": 20_003}),
        (4, Event.UNPLACED, {"detail": 103}),
    ) == [
        "November 2025: allocated a priority foundation place in London, the 2nd preference.",
        "December 2025: offered GP ST1 in London in a re-run of offers (2nd choice, round 1 readvert).",
        "December 2025: accepted GP ST1 in London (3rd choice, round 1).",
        "December 2025: no training post this season, first tried in round 1 readvert: "
        "appointable, but every post wanted went to others or was not advertised.",
    ]


def test_a_life_without_events_is_told_in_no_lines() -> None:
    assert tell(life(), names()) == []


def test_a_small_number_means_the_nth_new_medical_student() -> None:
    first, second = person_identity(1, 1, 0, 0, 5), person_identity(1, 13, 0, 0, 0)
    stock = person_identity(2, 0, 0, 0, 0)
    log = life(*[(0, Event.LEFT, {})] * 4)
    log.person[:] = [second, 0, stock, first]
    assert find_person(log, 1) == first
    assert find_person(log, 2) == second
    assert find_person(log, stock) == stock


def test_an_unknown_person_is_answered_with_the_nearest() -> None:
    log = life(*[(0, Event.LEFT, {})] * 2)
    log.person[1] = STUDENT + 9
    with pytest.raises(UnknownPerson, match=f"nearest are {STUDENT}, {STUDENT + 9}"):
        find_person(log, STUDENT + 3)
    with pytest.raises(UnknownPerson, match="the run has 2, counted from 1"):
        find_person(log, 3)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("london", "London"),
        ("North East", "the North East"),
        ("north_east_and_yorkshire", "North East and Yorkshire"),
        ("east_of_england", "the East of England"),
        ("midlands", "Midlands"),
        ("west_midlands", "the West Midlands"),
        ("yorkshire_and_the_humber", "Yorkshire and the Humber"),
    ],
)
def test_regions_read_as_they_are_spoken(key: str, words: str) -> None:
    assert region_words(key) == words


def test_ordinals() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th",
    ]  # fmt: skip
