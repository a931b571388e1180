"""What the SimPy engine does for many at once is what it would do one by one."""

from __future__ import annotations

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from pipeline_sim import randomness as chance
from pipeline_sim.engines.logbook import NEXT_LEVEL, Logbook, happening, place
from pipeline_sim.engines.simpy_lives import Life
from pipeline_sim.engines.simpy_pools import Pools
from pipeline_sim.rules import arrivals, medical_school, step_out, training
from pipeline_sim.vocabulary import PoolKind

KEY = 987654321
PEOPLE = np.arange(10**15, 10**15 + 300, dtype=np.int64)
THIRD = 2**32 // 3


def test_a_cohort_of_students_gets_the_results_each_would_get_alone():
    repeat, leave = np.full(5, THIRD), np.full(5, THIRD // 2)
    packed = np.empty(len(PEOPLE), np.int64)
    medical_school.course_results(KEY, PEOPLE, repeat, leave, packed)
    for person, results in zip(PEOPLE.tolist(), packed.tolist(), strict=True):
        for year in range(5):
            for sat in (0, 1):
                alone = medical_school.year_result(KEY, person, 4 * year + sat, THIRD, THIRD // 2, sat > 0)
                assert medical_school.result_in(results, year, sat) == alone


def test_a_cohort_of_students_gets_the_traits_each_would_get_alone():
    traits = np.empty((len(PEOPLE), 3), np.int64)
    arrivals.student_traits(KEY, PEOPLE, THIRD, THIRD, traits)
    for person, row in zip(PEOPLE.tolist(), traits.tolist(), strict=True):
        purposes = (chance.SEX, chance.WIDENING_PARTICIPATION)
        age = chance.draw_between(KEY, person, chance.ENTRY_AGE, 0, 0, 11)
        assert row == [age, *(chance.happens(KEY, person, purpose, 0, THIRD) for purpose in purposes)]


@pytest.mark.parametrize("person", PEOPLE[:40].tolist())
@pytest.mark.parametrize(("leave", "ask"), [(0, 0), (THIRD, THIRD // 2)])
def test_a_spell_in_training_ends_as_its_rules_say_one_by_one(person, leave, ask):
    yearly = (THIRD, THIRD // 2, THIRD // 3)
    end = training.spell_end(KEY, person, 1, 7, 2, 900, 80, 3, THIRD, *yearly, leave, ask, training.NO_LIMIT)
    luck = training.occurrence(1, 7, 2)
    planned = training.spell_months(900, 80, 3)
    whole = planned + 1  # of two in one month resigning comes first, then stepping out
    firsts = [
        (training.resignation_month(KEY, person, luck, planned, THIRD) or whole, 0, training.RESIGNS),
        (
            step_out.interruption_month(KEY, person, chance.STEP_OUT, luck, planned, leave) or whole,
            1,
            training.STEPS_OUT,
        ),
        (
            step_out.interruption_month(KEY, person, chance.HOURS, luck, planned, ask) or whole,
            2,
            training.ASKS_FOR_HOURS,
        ),
    ]
    month, _, way = min(firsts)
    if month == whole:
        month = planned
        way = training.review_outcome(KEY, person, luck, 3 + planned, *yearly)
    assert divmod(end, training.WAYS) == (month, way)


def test_a_spell_with_supported_return_ends_with_it_unless_a_review_is_due():
    no_chance = (0, 0, 0, 0, 0, 0)
    assert divmod(training.spell_end(KEY, 1, 1, 7, 2, 900, 80, 3, *no_chance, 3), training.WAYS) == (
        3, training.SUPPORT_ENDS,
    )  # fmt: skip
    assert divmod(training.spell_end(KEY, 1, 1, 7, 2, 900, 80, 10, *no_chance, 3), training.WAYS) == (
        2, training.SATISFACTORY,
    )  # fmt: skip


class Person:
    def __init__(self, identity):
        self.id = identity


QUEUES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(0, 3)), max_size=25)


@given(QUEUES, st.lists(st.integers(0, 12), min_size=3, max_size=3))
def test_who_is_granted_does_not_depend_on_the_short_way_through_pools_with_room(queue, room):
    def served(short_way):
        pools = Pools()
        for target in room:
            pools.target[pools.open(PoolKind.SUPERVISOR)] = target
        needs = [
            pools.need(((0, 1),)),
            pools.need(((0, 2), (1, 1))),
            pools.need(((1, 1),), ((2, 2),)),
            pools.need(((2, 1),), ((0, 1),)),
            pools.need(((2, 3),)),
        ]
        for identity, (need, priority, since) in enumerate(queue):
            pools.ask(needs[need], priority, since, Person(identity), 0)
        if not short_way:
            pools._grant_where_all_fit = lambda needs: ([], needs)
        granted, blocked = pools.serve(september=True)
        return (
            sorted((request.person.id, request.granted) for request in granted),
            sorted((request.person.id, cause) for request, cause in blocked),
            pools.used,
        )

    assert served(short_way=True) == served(short_way=False)


def test_a_life_is_one_simpy_process_through_all_its_stages():
    env = simpy.Environment()
    seen = []

    def stage(name, then=None):
        seen.append((env.now, name))
        yield env.timeout(2)
        return then

    life = Life(env, stage("first", stage("second")))
    assert isinstance(life, simpy.Process)
    assert seen == [(0, "first")]  # begun at once
    env.run()
    assert seen == [(0, "first"), (2, "second")]
    assert not life.is_alive


def test_the_log_gives_back_what_was_written_by_month_phase_and_person():
    book = Logbook()
    book.write(happening(3, 20), 5, place(1, 2, 3, 80) + NEXT_LEVEL, 40)
    book.turn_to(2)
    book.write(happening(6, 21), 9, detail=7)
    book.write(happening(3, 22), 4)
    book.write_many(2 * 8 + 4, np.array([8, 1]), 23, region=np.array([0, 6]), detail=3)
    log = book.close()
    rows = zip(log.month, log.phase, log.person, log.event, log.programme, log.level, log.region, log.wte,
               log.detail, strict=True)  # fmt: skip
    assert [tuple(int(value) for value in row) for row in rows] == [
        (0, 3, 5, 20, 1, 3, 3, 80, 40),
        (2, 3, 4, 22, -1, -1, -1, 0, 0),
        (2, 4, 1, 23, -1, -1, 6, 0, 3),
        (2, 4, 8, 23, -1, -1, 0, 0, 3),
        (2, 6, 9, 21, -1, -1, -1, 0, 7),
    ]
