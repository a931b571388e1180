"""The parts of the compiled engine that equal logs do not show: its buffers, its order, its tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from same_log import same
from scenarios import teaching

from pipeline_sim.compiling import by_field
from pipeline_sim.engines import compiled_engine
from pipeline_sim.engines.compiled_log import Book, Shelf
from pipeline_sim.engines.compiled_needs import AT_ONCE, PoolNumbers, work_out_needs
from pipeline_sim.engines.compiled_people import everyone
from pipeline_sim.engines.compiled_records import PERSON, ROW, mark, people_marked
from pipeline_sim.scenario.load import load_scenario


@pytest.fixture(scope="module")
def blueprint():
    return teaching().scaled(0.1).blueprint(3)


def test_a_person_fits_a_cache_line():
    assert PERSON.itemsize == 64
    assert ROW.itemsize == 16


# the log and its memory ---------------------------------------------------------------------------


def test_a_log_that_is_held_survives_the_next_runs(blueprint):
    first = compiled_engine.run(blueprint, 1)
    kept = {name: column.copy() for name, column in vars(first).items()}
    for seed in (2, 3):
        compiled_engine.run(blueprint, seed)
    assert all((getattr(first, name) == column).all() for name, column in kept.items())


def test_a_single_column_that_is_held_survives_the_next_runs(blueprint):
    detail = compiled_engine.run(blueprint, 1).detail
    kept = detail.copy()
    for seed in (2, 3):
        compiled_engine.run(blueprint, seed)
    assert (detail == kept).all()


def test_the_memory_of_a_log_that_nobody_holds_is_used_again(blueprint):
    engine = compiled_engine.CompiledEngine(blueprint)
    engine.run(1)  # the first run takes new memory
    where = engine.run(2).person.__array_interface__["data"]
    assert engine.run(3).person.__array_interface__["data"] == where


def test_a_run_after_an_interrupted_one_is_as_ever(blueprint):
    engine = compiled_engine.CompiledEngine(blueprint)
    expected = engine.run(1)

    def stop(month, _people, _events):
        if month == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.run(1, progress=stop)
    assert same(engine.run(1), expected)


@given(
    st.integers(1, 3000).flatmap(
        lambda people: st.tuples(st.just(people), st.lists(st.integers(-1, people - 1), max_size=300))
    )
)
def test_rows_are_put_in_order_of_person_and_otherwise_stay(case):
    people, written = case
    identity = 10**14 + 7 * np.arange(people)
    rows = by_field(np.zeros(len(written), ROW))
    rows["person"], rows["detail"] = written, np.arange(len(written))
    book = Book(Shelf(identity), 0)
    book.append(rows, len(rows), 5, 3)
    log = book.close()
    expected = sorted(range(len(written)), key=lambda k: written[k])
    assert log.detail.tolist() == expected
    assert log.person.tolist() == [int(identity[written[k]]) if written[k] >= 0 else 0 for k in expected]
    assert (log.month == 5).all() and (log.phase == 3).all()


def test_a_log_grows_beyond_what_was_expected():
    rows = by_field(np.zeros(50_000, ROW))
    book = Book(Shelf(np.arange(1, 3)), 0)
    for month in range(5):
        rows["detail"] = month
        book.append(rows, len(rows), month, 1)
    log = book.close()
    assert len(log) == 250_000
    assert (log.month == np.repeat(np.arange(5), 50_000)).all() and (log.detail == log.month).all()


# people --------------------------------------------------------------------------------------------


@given(st.sets(st.integers(0, 400)))
def test_people_marked_come_out_in_order_once(people):
    bits, found = np.zeros(401 // 64 + 1, np.uint64), np.zeros(500, np.int32)
    for person in people:
        mark(bits, person)
    assert found[: people_marked(bits, found)].tolist() == sorted(people)
    assert people_marked(bits, found) == 0


def test_everyone_is_numbered_by_identity_and_comes_once():
    blueprint = load_scenario("teaching").blueprint(4)
    people = everyone(blueprint)
    assert (np.diff(people.identity) > 0).all()
    numbers = np.concatenate(
        [np.arange(first, first + count) for first, count in zip(people.first, people.count, strict=True)]
    )
    assert sorted(numbers.tolist()) == list(range(len(people.identity)))
    assert people.cell_of_month[0] == 0 and people.cell_of_month[-1] == len(people.count)


# transitions ------------------------------------------------------------------------------------------


def test_moving_up_with_equal_needs_waits_for_nothing_and_more_keeps_only_the_post():
    """GP in the teaching base: post and supervisor all through, a practice place from one level on."""
    blueprint = teaching().blueprint(2)
    numbers = PoolNumbers.of(blueprint)
    needs = work_out_needs([blueprint], numbers)
    gp = blueprint.programmes.index("general_practice")
    first, regions = int(blueprint.level_first[gp]), len(blueprint.regions)

    def items(bundle):
        return {
            int(pool): int(units)
            for pool, units in zip(needs.pools[bundle], needs.units[bundle], strict=True)
            if units
        }

    def place(level):
        group = int(blueprint.programme_group[gp])
        wanted = {
            numbers.post(gp, 0): 1,
            numbers.supervisor(group, 0): int(blueprint.level_supervisor_units[level]),
            numbers.practice(0): int(blueprint.level_practice_units[level]),
        }
        return {pool: units for pool, units in wanted.items() if units}

    for level in range(first + 1, first + int(blueprint.level_count[gp])):
        transition = level * regions
        before, after = place(level - 1), place(level)
        if before == after:
            assert needs.need[transition] == AT_ONCE and items(needs.before[transition]) == {}
        elif any(units > before.get(pool, 0) for pool, units in after.items()):
            asked = items(needs.need_bundles[needs.need[transition], 0])
            post = numbers.post(gp, 0)
            assert asked == {pool: units for pool, units in after.items() if pool != post}
            assert items(needs.before[transition]) == {
                pool: units for pool, units in before.items() if pool != post
            }
        else:
            assert needs.need[transition] == AT_ONCE
        assert items(needs.result[transition, 0]) == after
    start = first * regions
    assert items(needs.need_bundles[needs.need[start], 0]) == place(first)
