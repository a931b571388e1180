"""The compiled engine: the same lives as the SimPy engine, on records and counters.

Each month goes through the phases of ``pipeline_sim.clock``. People due this month are sorted onto lists
by what they are due for, and each list is one pass of a compiled function; rounds run on arrays. Every
decision is a rule of ``pipeline_sim.rules``, as in the other engine; the two logs are identical.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline_sim import clock
from pipeline_sim.clock import Phase
from pipeline_sim.compiling import flow
from pipeline_sim.engines.compiled_arrivals import come
from pipeline_sim.engines.compiled_credentials import Credentials
from pipeline_sim.engines.compiled_credit import fill_enhance_places
from pipeline_sim.engines.compiled_foundation import (
    foundation_answers,
    foundation_spell_ends,
    foundation_year_begins,
)
from pipeline_sim.engines.compiled_log import Book, Shelf
from pipeline_sim.engines.compiled_needs import SETTINGS, PoolNumbers, what_is_asked, work_out_needs
from pipeline_sim.engines.compiled_outside import foundation_ends, outside_begins, outside_decides, resigned
from pipeline_sim.engines.compiled_people import everyone
from pipeline_sim.engines.compiled_practice import (
    joins,
    practice_begins,
    practice_break_ends,
    practice_changes,
    practice_goes_on,
    sas_applies,
)
from pipeline_sim.engines.compiled_queues import hand_over, serve, set_capacities
from pipeline_sim.engines.compiled_records import (
    ALIVE,
    APPLICANTS,
    ARRIVALS,
    DUE,
    ENDINGS,
    GRANTS,
    STARTS,
    Stage,
    mark,
    people_due,
    people_marked,
    push,
)
from pipeline_sim.engines.compiled_redistribution import move_posts
from pipeline_sim.engines.compiled_rounds import (
    RoundRows,
    Rounds,
    cover_posts,
    recruitment_answers,
    system_rows,
)
from pipeline_sim.engines.compiled_school import (
    applies_to_foundation,
    school_year_asks,
    school_year_begins,
    school_year_ends,
)
from pipeline_sim.engines.compiled_spells import count_part_timers
from pipeline_sim.engines.compiled_step_outs import away_ends, steps_in
from pipeline_sim.engines.compiled_tables import Tables, clear, make_queue, make_run, make_tables
from pipeline_sim.engines.compiled_training import (
    level_begins,
    seated_trainees_begin,
    set_hazards,
    training_spell_ends,
    worsen_hazards,
)
from pipeline_sim.eventlog import EventLog
from pipeline_sim.prefetching import AHEAD, prefetch
from pipeline_sim.randomness import run_key
from pipeline_sim.rules.posts import posts_in_use
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import Event

POOL_CENSUS_MONTH = 11  # November: after the August and September changeovers
ROWS_A_PERSON = 24  # expected; the log grows if there are more
Progress = Callable[[int, int, int], None]
_idle: list[CompiledEngine] = []  # the engine of the last run: the next is often one of the same blueprint


def run(blueprint: Blueprint, seed: int, rep: int = 0, progress: Progress | None = None) -> EventLog:
    """Live one replication and return its event log.

    ``progress(month, people alive, events so far)`` is called once a simulated month.
    """
    engine = _idle.pop() if _idle else None
    if engine is None or engine.blueprint is not blueprint:
        engine = None  # its buffers go before others come
        engine = CompiledEngine(blueprint)
    try:
        return engine.run(seed, rep, progress)
    finally:
        _idle[:] = [engine]


def release() -> None:
    """Give back the buffers kept for another run of the same blueprint."""
    _idle.clear()


@flow
def _live_on(t: Any, r: Any, key: Any, month: Any):
    """Deal with everyone on the lists; whoever is put on one by an earlier is dealt with too."""
    school_year_ends(t.school, r, key, month)
    school_year_asks(t.school, r)
    applies_to_foundation(t.school, r, month)
    foundation_spell_ends(t.training, t.flexible, r, key, month)
    training_spell_ends(t.training, t.flexible, r, key, month)
    away_ends(t.training, t.flexible, r, key, month)
    practice_changes(t.practice, r, key, month)
    practice_break_ends(t.practice, r, key, month)
    practice_goes_on(t.practice, r, key, month)
    sas_applies(t.practice, r)
    joins(t.practice, r, key, month)
    outside_decides(t.outside, r, key, month)
    foundation_ends(t.outside, r, key, month)
    resigned(t.outside, r, key, month)
    outside_begins(t.outside, r, key, month)
    practice_begins(t.practice, r, key, month)
    _begin(t, r, key, month)


@flow
def _begin(t: Any, r: Any, key: Any, month: Any):
    """Start what those on the lists have all they need for."""
    school_year_begins(t.school, r, month)
    foundation_year_begins(t.training, t.flexible, r, key, month)
    level_begins(t.training, t.flexible, r, key, month)
    steps_in(t.flexible, r, key, month)


@flow
def _start(t: Any, r: Any, key: Any, month: Any):
    """The starting stock, and what it does on the eve of the first month."""
    come(t, r, key, month, t.cell_of_month[0], t.cell_of_month[1])
    set_capacities(t.supply, r, month)
    set_hazards(t.training, r)
    seated_trainees_begin(t.training, t.flexible, r, key)
    outside_begins(t.outside, r, key, month)
    practice_begins(t.practice, r, key, month)


@flow
def _put_on_lists(r: Any, due: Any):
    """Everyone due this month goes on the list of what they are due for."""
    for k in range(due):
        prefetch(r.people, r.found[k + AHEAD])
        i = r.found[k]
        stage = r.people[i].stage
        if stage == Stage.APPLIES_AGAIN:
            mark(r.bits[APPLICANTS], i)
        else:
            push(r.inbox, r.inbox_count, stage, i)


@flow
def _until_rounds(t: Any, r: Any, key: Any, month: Any):
    """Policy, arrivals and endings of a month."""
    set_capacities(t.supply, r, month)
    count_part_timers(t.flexible, r, t.supply.posts, month)
    worsen_hazards(t.training, r)
    come(t, r, key, month, t.cell_of_month[month + 1], t.cell_of_month[month + 2])
    _live_on(t, r, key, month)
    while True:
        due = people_due(r.calendar, month, r.bits[DUE], r.found)
        if due == 0:
            break
        _put_on_lists(r, due)
        _live_on(t, r, key, month)


@flow
def _grants_and_starts(t: Any, q: Any, r: Any, key: Any, month: Any):
    """What answers led to, then grants and starts of a month."""
    outside_begins(t.outside, r, key, month)
    practice_goes_on(t.practice, r, key, month)
    _begin(t, r, key, month)
    hand_over(t.school, q, r, serve(t.school, q, r, month))
    _begin(t, r, key, month)


class CompiledEngine:
    """Runs of one blueprint. The buffers serve run after run; each log is its own."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        numbers, people = PoolNumbers.of(blueprint), everyone(blueprint)
        self._numbers = numbers
        asked: dict[Any, Blueprint] = {}
        for _, era in ((0, blueprint), *blueprint.eras):
            asked.setdefault(what_is_asked(era), era)
        needs = work_out_needs(list(asked.values()), numbers)
        numbered = {what: number for number, what in enumerate(asked)}

        def tables(era: Blueprint) -> Tables:
            return make_tables(era, numbers, needs, people, numbered[what_is_asked(era)], len(asked))

        self._tables = tables(blueprint)
        self._eras = {month: (era, tables(era)) for month, era in blueprint.eras}
        self._run = make_run(self._tables, needs)
        self._queue = make_queue(needs, len(self._tables.arrivals.identity))
        self._shelf = Shelf(self._tables.arrivals.identity)
        self._round_rows = RoundRows()

    def run(self, seed: int, rep: int = 0, progress: Progress | None = None) -> EventLog:
        """Live one replication and return its event log."""
        bp, t, r = self.blueprint, self._tables, self._run
        key = run_key(seed, rep)
        clear(r, self._queue)
        self._round_rows.count = 0  # a run may have been interrupted
        book = Book(self._shelf, ROWS_A_PERSON * len(self._shelf.identity))
        rounds = Rounds(bp, t, r, key, self._round_rows)
        credentials = Credentials(bp, t, r, key)
        _start(t, r, key, 0)
        self._log(book, 0, ARRIVALS, 0)
        for month in range(bp.months):
            if month in self._eras:
                bp, t = self._eras[month]
                rounds.read(bp, t)
                credentials.read(bp, t)
                set_hazards(t.training, r)
            _until_rounds(t, r, key, month)
            self._log(book, month, ARRIVALS, Phase.ARRIVALS)
            self._log(book, month, ENDINGS, Phase.ENDINGS)
            self._hold_rounds(book, rounds, bp, t, key, month)
            _grants_and_starts(t, self._queue, r, key, month)
            fill_enhance_places(bp, r, key, month)
            self._log(book, month, GRANTS, Phase.GRANTS)
            self._log(book, month, STARTS, Phase.STARTS)
            rows = credentials.end_month(month)
            if clock.calendar_month(bp.start_month, month) == POOL_CENSUS_MONTH:
                rows = np.concatenate((rows, self._pool_rows()))
            book.append(rows, len(rows), month, int(Phase.CENSUS))
            if progress is not None:
                progress(month, int(r.counts[ALIVE]), len(book))
        return book.close()

    def _log(self, book: Book, month: int, which: int, phase: int) -> None:
        """Move the rows of a phase to the book."""
        run = self._run
        book.append(run.log[which], int(run.counts[which]), month, int(phase))
        run.counts[which] = 0

    def _hold_rounds(
        self, book: Book, rounds: Rounds, bp: Blueprint, t: Tables, key: int, month: int
    ) -> None:
        """Foundation allocation and recruitment of a month, and their answers."""
        run = self._run
        month_of_year = clock.calendar_month(bp.start_month, month)
        if month_of_year == clock.TRAINING_YEAR_MONTH:
            year = clock.training_year(bp.start_month, month)
            if bp.redistribution_pace[year].any():
                move_posts(bp, self._numbers, run, year, self._free_posts())
            applicants, answers = rounds.allocate_foundation(year)
            foundation_answers(t.training, t.flexible, run, key, month, applicants, *answers)
        if (bp.round_month == month_of_year).any():
            applicants, accepted = rounds.recruit(month, self._free_posts())
        else:
            count = people_marked(run.bits[APPLICANTS], run.found)
            applicants, accepted = run.found[:count].copy(), np.full(count, -1, np.int64)
        covers, attraction = np.zeros(len(applicants), np.bool_), t.outside.attraction
        if bp.post_cover.any():
            covers = cover_posts(t.training, attraction, run, key, month, applicants, accepted)
        if len(applicants):
            recruitment_answers(
                t.training, t.flexible, attraction, run, key, month, applicants, accepted, covers
            )
        rows = self._round_rows
        book.append(rows.rows, rows.count, month, int(Phase.ROUNDS))
        rows.count = 0

    def _free_posts(self) -> NDArray[np.int64]:
        """Posts [programme, region] nobody holds or is promised; below 0 where there are too many people."""
        run, shape = self._run, self._run.committed.shape
        first = int(self._tables.supply.setting["posts_from"][0])
        posts = slice(first, first + run.committed.size)
        return (run.pools["target"] - self._units_in_use())[posts].reshape(shape) - run.committed

    def _units_in_use(self) -> NDArray[np.int64]:
        """Units of each pool that are not free."""
        pools = self._run.pools
        return posts_in_use(pools["used"], pools["spared"], pools["shared"])  # type: ignore[no-any-return]

    def _pool_rows(self) -> NDArray:
        """Capacity and use of every pool that has either."""
        bp, run = self.blueprint, self._run
        regions = len(bp.regions)
        nobody = [-1] * SETTINGS
        owners = [*nobody, *range(len(bp.programmes)), *range(len(bp.supervision_groups)), -1, -1]
        owner = np.repeat(np.array(owners, np.int64), regions)
        region = np.tile(np.arange(regions), len(owners))
        target, kind = run.pools["target"], run.pools["kind"]
        used = self._units_in_use()
        kept = (target > 0) | (used > 0)
        return np.concatenate(
            [
                system_rows(event, owner[kept], kind[kept], region[kept], units[kept])
                for event, units in ((Event.POOL_CAPACITY, target), (Event.POOL_IN_USE, used))
            ]
        )
