"""A pipeline without chance, worked out by hand to the last person and month."""

from __future__ import annotations

import numpy as np
import pytest
from scenarios import ladder

from pipeline_sim.engines.simpy_engine import run
from pipeline_sim.identity import IdentityKind, person_identity
from pipeline_sim.vocabulary import Event, Leaving

E = Event


def yearly(log, event, years):
    return np.bincount(log.month[log.event == event] // 12, minlength=years).tolist()


@pytest.fixture(scope="module")
def balanced():
    """300 posts for 100 GP entrants a year: nobody ever waits."""
    blueprint = ladder(gp_posts=300, gp_stock=100).with_years(12).blueprint()
    return blueprint, run(blueprint, seed=1)


def test_every_year_moves_one_hundred_people_through_every_join(balanced):
    _, log = balanced
    for event in (
        E.GRADUATED,
        E.FOUNDATION_APPLIED,
        E.FOUNDATION_ALLOCATED,
        E.ACCEPTED,
        E.COMPLETED_TRAINING,
    ):
        assert yearly(log, event, 12) == [100] * 12, event.name
    assert yearly(log, E.ENTERED_MEDICAL_SCHOOL, 12) == [100] * 12
    assert yearly(log, E.FOUNDATION_STARTED, 12) == [200] * 12
    assert yearly(log, E.STARTED_LEVEL, 12) == [300] * 12
    assert yearly(log, E.MEDICAL_YEAR_STARTED, 12) == [500] * 12  # 400 go on a year, 100 enter
    assert set(log.detail[log.event == E.LEFT]) <= {Leaving.NEVER_JOINED_PRACTICE}
    for event in (E.UNPLACED, E.BLOCKED, E.PLACEMENT_BLOCKED, E.RESIGNED, E.EXTENDED):
        assert not (log.event == event).any(), event.name


def test_the_first_student_reaches_the_certificate_ten_years_after_entry(balanced):
    _, log = balanced
    student = person_identity(int(IdentityKind.STUDENT_ENTRANT), 1, 0, 0, 0)
    life = log.history(student)
    seen = [(int(m), E(e).name) for m, e in zip(life.month, life.event, strict=True)]
    years = [(1 + 12 * k, "MEDICAL_YEAR_STARTED") for k in range(5)]
    passes = [(13 + 12 * k, "MEDICAL_YEAR_PASSED") for k in range(4)] + [(60, "MEDICAL_YEAR_PASSED")]
    expected = [(1, "ENTERED_MEDICAL_SCHOOL"), *years, *passes]
    expected += [(60, "GRADUATED"), (60, "FOUNDATION_APPLIED"), (60, "FOUNDATION_ALLOCATED")]
    expected += [(60, "FOUNDATION_STARTED"), (72, "FOUNDATION_SIGNED_OFF"), (72, "FOUNDATION_STARTED")]
    expected += [(84, "FOUNDATION_SIGNED_OFF"), (84, "APPLIED"), (84, "OFFERED"), (84, "ACCEPTED")]
    expected += [(84 + 12 * k, "STARTED_LEVEL") for k in range(3)]
    expected += [(96 + 12 * k, "REVIEWED") for k in range(3)]
    expected += [(120, "COMPLETED_TRAINING")]
    assert sorted(e for e in seen if e[1] != "STARTED_PRACTICE") == sorted(expected)
    assert life.detail[life.event == E.COMPLETED_TRAINING].tolist() == [36]
    assert [d for e, d in zip(life.event, life.detail, strict=True) if e == E.REVIEWED] == [1, 1, 6]


def test_with_sixty_posts_a_year_forty_more_wait_every_year():
    blueprint = ladder(gp_posts=180, gp_stock=60).with_years(8).blueprint()
    log = run(blueprint, seed=3)
    assert yearly(log, E.ACCEPTED, 8) == [60] * 8
    assert yearly(log, E.UNPLACED, 8) == [40 * (k + 1) for k in range(8)]
    applicants = [
        len(np.unique(log.person[(log.event == E.APPLIED) & (log.month == 12 * k)])) for k in range(8)
    ]
    assert applicants == [100 + 40 * k for k in range(8)]
    assert yearly(log, E.COMPLETED_TRAINING, 8) == [60] * 8


def test_less_than_full_time_takes_exactly_the_wte_months():
    scenario = ladder(gp_posts=1000, gp_stock=0).with_values(
        {
            "programmes.general_practice:ltft_share": 1,
            "ltft_mix:share": 0,
            "ltft_mix.60:share": 1,
            "practice_places:places": 1000,
        }
    )
    log = run(scenario.with_years(8).blueprint(), seed=1)
    done = log.event == E.COMPLETED_TRAINING
    assert set(log.detail[done].tolist()) == {60}  # 36 WTE months at 0.6
    person = log.person[done][0]
    life = log.history(person)
    begun = life.month[(life.event == E.STARTED_LEVEL)]
    assert np.diff(begun).tolist() == [20, 20]
    reviews = life.month[life.event == E.REVIEWED] - begun[0]
    assert reviews.tolist() == [12, 20, 32, 40, 52, 60]
