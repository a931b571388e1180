"""What the compiled engine reads and writes: a scenario's tables, and the buffers of a run.

Both are named tuples of arrays of records, passed whole to a kernel; a kernel is given the tables of its
own subject, because the compiler's work grows with the number of arrays. The tables are made once for a
blueprint; the buffers are made once and used again by each run.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline_sim import clock
from pipeline_sim.compiling import by_field
from pipeline_sim.engines.common import levels_before, programme_months, trained_specialty_thresholds
from pipeline_sim.engines.compiled_needs import NeedTables, PoolNumbers
from pipeline_sim.engines.compiled_people import Everyone, everyone
from pipeline_sim.engines.compiled_records import FLEX, PERSON, ROW, STAGES
from pipeline_sim.prefetching import AHEAD
from pipeline_sim.scenario.blueprint import (
    AFTER_F2_DESTINATIONS,
    EXPERIENCE_RULE,
    OUTSIDE_STATES,
    TRAINED_GROUPS,
    TRANSFER_RULE,
    Blueprint,
)
from pipeline_sim.vocabulary import PoolKind, State

Ints = NDArray[np.int64]
Records = NDArray[Any]

SETTINGS = (
    "start_month", "months", "foundation_reserve_reapplies", "foundation_extension_months",
    "foundation_assistantship_effect", "foundation_practice_share", "off_cycle_share",
    "withdraw_before_start", "february_reapplies", "higher_first", "stock_sas_first_tier", "retire_age",
    "reduce_hours_age", "reduced_percent", "portfolio", "sas_applies", "stay_in_region", "supervision_soft",
    "crowding_review_percent", "crowding_resign_percent",
)  # fmt: skip
DESTINATION_STATE = {
    "locally_employed": State.LOCALLY_EMPLOYED,
    "abroad": State.ABROAD,
    "teaching_research": State.TEACHING_RESEARCH,
    "break": State.BREAK,
}


class SchoolTables(NamedTuple):
    setting: Records  # [1]
    routes: Records  # [Q]
    courses: Records  # [V]
    transitions: Records  # [X] before, need, seat: see compiled_needs
    taken: Records  # [X, M] after, held


class TrainingTables(NamedTuple):
    """Foundation and specialty training."""

    setting: Records
    routes: Records
    programmes: Records  # [P]
    levels: Records  # [T]
    foundation_years: Records  # [2]
    ltft_percent: Ints
    ltft_cumulative: Ints
    transitions: Records
    taken: Records
    openings: Records  # [12] what the rounds of a calendar month open
    after_august: Ints  # months from August to the rounds before the next, ascending
    level_needs: Ints  # [T] WTE months x 100
    level_before: Ints  # [T] of the levels before in the programme
    credit: Records  # [Y, P, P] from one programme to another
    experience: Records  # [Y, X, P]
    transfers: Records  # [Y, P] trying for another programme, and what Enhance brings


class OutsideTables(NamedTuple):
    setting: Records
    states: Records  # [A, State] yearly thresholds
    destinations: Records  # [6]
    after_f2: Ints  # [6] cumulative thresholds
    resign: Ints  # [6] cumulative thresholds
    attraction: Ints  # [R]
    sas_specialties: Ints  # [P] cumulative thresholds


class PracticeTables(NamedTuple):
    setting: Records
    programmes: Records
    groups: Records  # [3] trained groups
    exit: Ints  # [3, Y, age]
    percents: Ints  # [3, 2, W2]
    cumulative: Ints  # [3, 2, W2]
    join_months: Ints  # [2, J]
    join_cumulative: Ints  # [2, J]
    settle: Ints  # [R]


class ArrivalTables(NamedTuple):
    setting: Records
    identity: Ints  # [N]
    cells: Records  # [C]
    streams: Records  # [S]
    stream_ready: Ints  # [S, K]
    age_from: Ints  # [3, B]
    age_cumulative: Ints  # [3, B]
    trained_specialty: Ints  # [3, P]


class SupplyTables(NamedTuple):
    """Capacities by training year."""

    setting: Records
    programmes: Records
    posts: Ints  # [Y, P, R]
    placement_units: Ints  # [Y, 5, R]
    practice_units: Ints  # [Y, R]
    units_per_wte: Ints  # [Y, G, 3]
    fixed_units: Ints  # [Y, G, R]
    foundation_share: Ints  # [G]


class Tables(NamedTuple):
    school: SchoolTables
    training: TrainingTables
    outside: OutsideTables
    practice: PracticeTables
    arrivals: ArrivalTables
    supply: SupplyTables
    cell_of_month: Ints


class Run(NamedTuple):
    """The buffers of a run. N people, W words of a bit a person."""

    people: Records  # [N]
    flex: Records  # [N]
    calendar: NDArray[np.uint64]  # [months, W] who is due
    bits: NDArray[np.uint64]  # [4, W] who asks this month, by priority; graduates and others who apply
    inbox: NDArray[np.int32]  # [STAGES, N] people to be dealt with in each stage
    inbox_count: Ints  # [STAGES]
    log: Records  # [4, 4 N] rows of this month, by phase
    counts: Ints  # [5] rows of each phase; people alive
    pools: Records  # [pools]
    items: Records  # [B, K] pool and units of each bundle
    crowding: Ints  # [G, R] percent over capacity
    hazards: Records  # [P, R] yearly thresholds of a trainee
    workforce: Ints  # [3, P, R] percent of full time
    committed: Ints  # [P, R] accepted posts not yet started
    found: NDArray[np.int32]  # [N] scratch


class Queue(NamedTuple):
    """Who waits for what."""

    needs: Records  # [D]
    bundles: Ints  # [D, M] bundles of each need, best first
    waiting: Records  # [2, N] by priority, in the order in which they are served
    waiting_count: Ints  # [2]
    granted: Records  # [N]


POOL = np.dtype([(name, np.int64) for name in ("kind", "unlimited", "target", "used", "closed")])
NEED = np.dtype(
    [
        (name, np.int64)
        for name in (
            "count", "september_only", "cause", "cause_before", "touched", "blocked", "tell_all"
        )
    ]
)  # fmt: skip
HAZARD = np.dtype([(name, np.int64) for name in ("resign", "development", "extra_time", "release")])
WAITING = np.dtype([("person", np.int32), ("need", np.int32), ("since", np.int32)])
GRANTED = np.dtype([("person", np.int32), ("bundle", np.int32)])


def blank(shape: Any, kind: np.dtype) -> Records:
    """Records of nothing but zeros."""
    return by_field(np.zeros(shape, kind))  # type: ignore[no-any-return]


def records(**columns: Any) -> Records:
    """Columns of one shape as an array of records, whole numbers all."""
    arrays = {name: np.asarray(column, np.int64) for name, column in columns.items()}
    shape = next(iter(arrays.values())).shape
    table = blank(shape, np.dtype([(name, np.int64) for name in arrays]))
    for name, column in arrays.items():
        table[name] = column
    return table


def whole(array: Any) -> Ints:
    """One memory layout for every scenario: otherwise the kernels would be compiled anew."""
    return np.array(array, np.int64, order="C")


def _credit(bp: Blueprint) -> tuple[Records, Records, Records]:
    """Rules of credit, of recognised experience, and of trying for another programme."""
    rules, experience = np.moveaxis(bp.credit_rules, -1, 0), np.moveaxis(bp.experience_rules, -1, 0)
    return (
        records(**dict(zip(TRANSFER_RULE, rules, strict=True))),
        records(**dict(zip(EXPERIENCE_RULE, experience, strict=True))),
        records(applies=bp.transfer_applies, enhance_credit=bp.enhance_credit),
    )


def make_tables(blueprint: Blueprint, numbers: PoolNumbers, needs: NeedTables) -> Tables:
    """The tables of a scenario."""
    bp = blueprint
    people = everyone(bp)
    setting = _settings(bp, numbers, needs)
    transitions = records(before=needs.before, need=needs.need, seat=needs.seat)
    taken = records(after=needs.after, held=needs.result)
    routes, programmes = _routes(bp), _programmes(bp)
    return Tables(
        school=SchoolTables(setting, routes, _courses(bp), transitions, taken),
        training=TrainingTables(
            setting,
            routes,
            programmes,
            records(wte_hundredths=bp.level_wte_hundredths),
            records(extend=bp.foundation_extend, release=bp.foundation_release),
            whole(bp.ltft_percent),
            whole(bp.ltft_cumulative),
            transitions,
            taken,
            _openings(bp),
            whole(sorted({(int(month) - clock.TRAINING_YEAR_MONTH) % 12 for month in bp.round_month} - {0})),
            whole(bp.level_wte_hundredths),
            whole(levels_before(bp)),
            *_credit(bp),
        ),
        outside=OutsideTables(
            setting,
            _outside_states(bp),
            _destinations(bp),
            whole(bp.after_f2_cumulative),
            whole(bp.resign_cumulative),
            whole(bp.attraction),
            whole(bp.sas_programme_cumulative),
        ),
        practice=PracticeTables(
            setting,
            programmes,
            _groups(bp),
            whole(np.moveaxis(bp.exit, 1, 0)),
            whole(bp.practice_wte_percent),
            whole(bp.practice_wte_cumulative),
            whole(bp.join_months),
            whole(bp.join_cumulative),
            whole(bp.settle_weight),
        ),
        arrivals=ArrivalTables(
            setting,
            people.identity,
            _cells(people),
            _streams(bp),
            whole(bp.stream_ready),
            whole(bp.age_from),
            whole(bp.age_cumulative),
            whole(trained_specialty_thresholds(bp)),
        ),
        supply=SupplyTables(
            setting,
            programmes,
            whole(bp.posts),
            whole(bp.placement_units),
            whole(bp.practice_units),
            whole(bp.supervisor_units_per_wte),
            whole(bp.supervisor_fixed_units),
            whole(bp.foundation_share),
        ),
        cell_of_month=whole(people.cell_of_month),
    )


def _settings(bp: Blueprint, numbers: PoolNumbers, needs: NeedTables) -> Records:
    values = {name: int(getattr(bp, name)) for name in SETTINGS}
    derived = {
        "year_offset": (bp.start_month - clock.TRAINING_YEAR_MONTH) % clock.MONTHS_PER_YEAR,
        "last_year": clock.training_year(bp.start_month, bp.months),
        "regions": len(bp.regions),
        "programmes": len(bp.programmes),
        "groups": len(bp.supervision_groups),
        "posts_from": numbers.post(0, 0),
        "supervisors_from": numbers.supervisor(0, 0),
        "enter": needs.enter,
        "practice_from": numbers.practice(0),
        "youngest_trainee": 12 * int(bp.stock_trainee_age[0]),
        "oldest_trainee": 12 * int(bp.stock_trainee_age[1]),
        "shortest_break": int(bp.practice_break_months[0]),
        "longest_break": int(bp.practice_break_months[1]),
    }
    return records(**{name: [value] for name, value in (values | derived).items()})


def _routes(bp: Blueprint) -> Records:
    return records(
        first=bp.route_first,
        years=bp.route_years,
        widening=bp.route_widening,
        female=bp.route_female,
        assistantship=bp.route_assistantship,
        applies=bp.route_applies,
        entry_age=bp.route_entry_age,
    )


def _courses(bp: Blueprint) -> Records:
    return records(
        months=bp.course_months, stage=bp.course_stage, repeats=bp.course_repeat, leave=bp.course_leave
    )


def _programmes(bp: Blueprint) -> Records:
    return records(
        first=bp.level_first,
        levels=bp.level_count,
        group=bp.programme_group,
        trained=bp.programme_trained,
        parents=bp.programme_parents,
        core_bit=bp.programme_core_bit,
        resign=bp.programme_resign,
        development=bp.programme_review[:, 0],
        extra_time=bp.programme_review[:, 1],
        release=bp.programme_review[:, 2],
        extension=bp.programme_extension,
        extension_cap=bp.programme_extension_cap,
        ltft=bp.programme_ltft,
        months=programme_months(bp),
        ltft_stock=bp.programme_ltft_stock,
    )


def _openings(bp: Blueprint) -> Records:
    """By calendar month: whether its rounds have entry programmes, and which competences they ask for."""
    of_month = [bp.round_programmes[bp.round_month == month + 1].any(axis=0) for month in range(12)]
    parents = [bp.programme_parents[chosen] for chosen in of_month]
    return records(
        entry=[int((masks == 0).any()) for masks in parents],
        parents=[np.bitwise_or.reduce(masks, initial=0) for masks in parents],
    )


def _outside_states(bp: Blueprint) -> Records:
    columns = {
        "apply": bp.outside_apply,
        "leave": bp.outside_leave,
        "to_sas": bp.outside_to_sas,
        "to_led": bp.outside_to_led,
    }
    states = [State[name.upper()] for name in OUTSIDE_STATES]
    table = {name: np.zeros((len(values), max(State) + 1), np.int64) for name, values in columns.items()}
    for name, values in columns.items():
        table[name][:, states] = values
    return records(**table)


def _destinations(bp: Blueprint) -> Records:
    return records(
        state=[DESTINATION_STATE.get(name, State.OUTSIDE) for name in AFTER_F2_DESTINATIONS],
        min_months=bp.after_f2_min_months,
        max_months=bp.after_f2_max_months,
    )


def _groups(bp: Blueprint) -> Records:
    return records(
        state=[State[name.upper()] for name in TRAINED_GROUPS],
        female=bp.workforce_female,
        practice_return=bp.practice_return,
        reduce_hours=bp.reduce_hours,
    )


def _cells(people: Everyone) -> Records:
    return records(
        comes=people.comes,
        of=people.of,
        also=people.also,
        region=people.region,
        first=people.first,
        count=people.count,
    )


def _streams(bp: Blueprint) -> Records:
    return records(
        state=bp.stream_state,
        group=bp.stream_group,
        tier=bp.stream_tier,
        female=bp.stream_female,
        youngest=12 * bp.stream_age[:, 0],
        oldest=12 * bp.stream_age[:, 1] + 11,
        nhs_months=bp.stream_nhs_months,
    )


def make_run(tables: Tables, needs: NeedTables) -> Run:
    """Empty buffers for runs with these tables. Memory counts when it is first touched."""
    setting = tables.supply.setting[0]
    people = len(tables.arrivals.identity)
    words = people // 64 + 1
    regions, programmes, groups = (int(setting[name]) for name in ("regions", "programmes", "groups"))
    pools = blank(len(needs.pool_kind), POOL)
    pools["kind"] = needs.pool_kind
    pools["unlimited"] = (needs.pool_kind == PoolKind.SUPERVISOR) & bool(setting["supervision_soft"])
    return Run(
        people=blank(people + 1, PERSON),
        flex=blank(people + 1, FLEX),
        calendar=np.zeros((int(setting["months"]), words), np.uint64),
        bits=np.zeros((4, words), np.uint64),
        inbox=np.zeros((STAGES, people + AHEAD), np.int32),
        inbox_count=np.zeros(STAGES, np.int64),
        log=blank((4, 4 * people + 4), ROW),
        counts=np.zeros(5, np.int64),
        pools=pools,
        items=records(pool=needs.pools, units=needs.units),
        crowding=np.zeros((groups, regions), np.int64),
        hazards=blank((programmes, regions), HAZARD),
        workforce=np.zeros((3, programmes, regions), np.int64),
        committed=np.zeros((programmes, regions), np.int64),
        found=np.zeros(people + AHEAD, np.int32),
    )


def make_queue(needs: NeedTables, people: int) -> Queue:
    """Empty queues for as many people."""
    table = blank(len(needs.need_count), NEED)
    table["count"], table["september_only"] = needs.need_count, needs.september_only
    return Queue(
        needs=table,
        bundles=whole(needs.need_bundles),
        waiting=blank((2, people + 1), WAITING),
        waiting_count=np.zeros(2, np.int64),
        granted=blank(people + AHEAD, GRANTED),
    )


def clear(run: Run, queue: Queue) -> None:
    """Make the buffers ready for another run; the rest is written before it is read."""
    for array in (
        run.calendar, run.bits, run.inbox_count, run.counts, run.crowding, run.workforce, run.committed,
        queue.waiting_count,
    ):  # fmt: skip
        array[...] = 0
    run.pools["target"] = run.pools["used"] = queue.needs["cause"] = 0
    run.pools["closed"] = queue.needs["touched"] = queue.needs["blocked"] = -1
