"""What the compiled engine reads and writes: a scenario's tables, and the buffers of a run.

Both are named tuples of arrays of records, passed whole to a kernel; a kernel is given the tables of its
own subject, because the compiler's work grows with the number of arrays. The tables are made once for a
blueprint; the buffers are made once and used again by each run.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline_sim import clock
from pipeline_sim.engines.common import (
    levels_before,
    own_sas_specialty,
    programme_months,
    trained_specialty_thresholds,
)
from pipeline_sim.engines.compiled_careers import CareerTables, career_tables
from pipeline_sim.engines.compiled_layout import Ints, Records, blank, records, small_records, whole
from pipeline_sim.engines.compiled_needs import (
    NeedTables,
    PoolNumbers,
    entries_from,
    era_count,
    moves_count,
    placements_from,
    posts_alone_from,
    returns_from,
)
from pipeline_sim.engines.compiled_people import Everyone
from pipeline_sim.engines.compiled_records import BITS, FLEX, PERSON, QUEUES, ROW, STAGES, Calendar
from pipeline_sim.prefetching import AHEAD
from pipeline_sim.rules.credentials import TRAINEE
from pipeline_sim.scenario.blueprint import (
    AFTER_F2_DESTINATIONS,
    EXPERIENCE_RULE,
    OUTSIDE_STATES,
    PORTFOLIO_APPLICANTS,
    STEP_OUT_RULES,
    TRAINED_GROUPS,
    TRANSFER_RULE,
    Blueprint,
)
from pipeline_sim.vocabulary import PoolKind, State

SETTINGS = (
    "start_month", "months", "foundation_reserve_reapplies", "foundation_extension_months",
    "foundation_assistantship_effect", "foundation_practice_share", "off_cycle_share",
    "withdraw_before_start", "february_reapplies", "higher_first", "stock_sas_first_tier", "retire_age",
    "reduce_hours_age", "reduced_percent", "sas_applies", "supervision_soft",
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
    widening: Ints  # [Y, Q] by training year of entry
    transitions: Records  # [X] before, need, seat: see compiled_needs
    taken: Records  # [X, M] after, held


class TrainingTables(NamedTuple):
    """Foundation and specialty training."""

    setting: Records
    routes: Records
    programmes: Records  # [P]
    levels: Records  # [T]
    foundation_years: Records  # [2]
    ltft_stock: Ints  # [P, 2] thresholds by sex
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


class FlexibleTables(NamedTuple):
    """Stepping out and back in, and less than full time. K kinds of step-out."""

    setting: Records
    kinds: Records  # [Y, K]
    lengths: Records  # [K, L]
    length_edges: Ints  # [K, L] cumulative thresholds
    stock: Ints  # [P, 2, B, K] cumulative thresholds of being away at the start
    ages: Ints  # [B]
    away: Ints  # [Y, P, 2, B, K] running sums of yearly thresholds
    leave: Ints  # [Y, P, 2, B] all kinds together
    gap_months: Ints  # [G]
    gaps: Records  # [G]
    support: Records  # [Y]
    support_places: Ints  # [Y, R]
    requests: Records  # [Y, T, 2] yearly thresholds
    reasons: Ints  # [Y, P, C] cumulative thresholds
    reason_open: Ints  # [Y, P, C]
    reason_always: Ints  # [Y, P, C]
    rules: Records  # [Y]
    cover: Ints  # [Y, K] thresholds


class OutsideTables(NamedTuple):
    setting: Records
    rates: Ints  # [3, State, Y, B, 5] thresholds of moves
    leaving: Ints  # [3, Y, B, 5] the same of portfolio applicants
    service: Ints  # [B] months of service from which a band holds
    straight_sas: Ints  # [Y, 2] threshold, months of service asked for
    own_sas: Ints  # [P] specialty of a SAS post after training, -1 drawn, -2 none
    destinations: Records  # [6]
    after_f2: Ints  # [6] cumulative thresholds
    resign: Ints  # [6] cumulative thresholds
    attraction: Ints  # [R]
    sas_specialties: Ints  # [P] cumulative thresholds
    group_of: Ints  # [P] supervision group
    careers: CareerTables


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
    stay: Ints  # [Y, P, R] thresholds
    reduce: Ints  # [3, 2, Y]
    careers: CareerTables


class ArrivalTables(NamedTuple):
    setting: Records
    identity: Ints  # [N]
    cells: Records  # [C]
    streams: Records  # [S]
    stream_ready: Ints  # [S, K]
    age_from: Ints  # [3, B]
    age_cumulative: Ints  # [3, B]
    trained_specialty: Ints  # [3, P]
    initiative: Ints  # [Y, 3] months, thresholds to leave and apply


class SupplyTables(NamedTuple):
    """Capacities by training year."""

    setting: Records
    programmes: Records
    posts: Ints  # [Y, P, R]
    posts_shared: Ints  # [Y, P]
    placement_units: Ints  # [Y, 5, R]
    practice_units: Ints  # [Y, R]
    units_per_wte: Ints  # [Y, G, 3]
    fixed_units: Ints  # [Y, G, R]
    foundation_share: Ints  # [G]
    support_places: Ints  # [Y, R]
    portfolio: Records  # [3, G, Y]


class CredentialTables(NamedTuple):
    setting: Records
    programmes: Records
    units: Ints  # [credentials] of supervision
    group: Ints  # [credentials] of supervisors
    chance: Ints  # [Y, 4, P, credentials]
    open_to: Ints  # [Y, 4, P] 1 = some credential
    from_level: Ints  # [Y, P, credentials]
    months: Ints  # [credentials]


class Tables(NamedTuple):
    school: SchoolTables
    training: TrainingTables
    flexible: FlexibleTables
    outside: OutsideTables
    practice: PracticeTables
    arrivals: ArrivalTables
    supply: SupplyTables
    credentials: CredentialTables
    cell_of_month: Ints


class Run(NamedTuple):
    """The buffers of a run. N people, W words of a bit a person."""

    people: Records  # [N]
    flex: Records  # [N]
    calendar: Calendar
    bits: NDArray[np.uint64]  # [BITS, W] of people, by what the bit says of them
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
    posts_moved: Ints  # [P, R] posts won from other regions since the start, less those lost
    part_timers: Ints  # [P, R] trainees in post
    part_time_full: Ints  # [P, R] 1 where, as the month began, there were as many as may be
    applicants: Ints  # [3, G, R] portfolio applications under way, by PORTFOLIO_APPLICANTS
    cover_wanted: Ints  # [R] held posts to be covered
    cover_until: Ints  # [R, months + 1] covers by the month in which they end
    found: NDArray[np.int32]  # [N] scratch


class Queue(NamedTuple):
    """Who waits for what."""

    needs: Records  # [D]
    bundles: Ints  # [D, M] bundles of each need, best first
    waiting: Records  # [QUEUES, N], in the order in which they are served
    waiting_count: Ints  # [QUEUES]
    granted: Records  # [N]


POOL = np.dtype(
    [(name, np.int64) for name in ("kind", "unlimited", "target", "used", "closed", "spared", "shared")]
)  # spared: hundredths of posts that part-timers leave; shared: 1 = it adds up to posts for others
NEED = np.dtype(
    [
        (name, np.int64)
        for name in (
            "count", "september_only", "cause", "cause_before", "touched", "blocked", "tell_all"
        )
    ]
)  # fmt: skip
HAZARD = np.dtype([(name, np.int64) for name in ("resign", "development", "extra_time", "release")])
WAITING = np.dtype([(name, np.int32) for name in ("person", "need", "since", "spared")])
GRANTED = np.dtype([("person", np.int32), ("bundle", np.int32)])


def _credit(bp: Blueprint) -> tuple[Records, Records, Records]:
    """Rules of credit, of recognised experience, and of trying for another programme."""
    rules, experience = np.moveaxis(bp.credit_rules, -1, 0), np.moveaxis(bp.experience_rules, -1, 0)
    return (
        records(**dict(zip(TRANSFER_RULE, rules, strict=True))),
        records(**dict(zip(EXPERIENCE_RULE, experience, strict=True))),
        records(applies=bp.transfer_applies, enhance_credit=bp.enhance_credit),
    )


def make_tables(
    blueprint: Blueprint, numbers: PoolNumbers, needs: NeedTables, people: Everyone, era: int, eras: int
) -> Tables:
    """The tables of a scenario in one era, number ``era`` of the ``eras`` that differ in what is asked."""
    bp = blueprint
    setting = _settings(bp, numbers, era, eras)
    transitions = small_records(before=needs.before, need=needs.need, seat=needs.seat)
    taken = small_records(after=needs.after, held=needs.result)
    routes, programmes, careers = _routes(bp), _programmes(bp), career_tables(bp)
    cells = _cells(people)
    return Tables(
        school=SchoolTables(setting, routes, _courses(bp), whole(bp.route_widening), transitions, taken),
        training=TrainingTables(
            setting,
            routes,
            programmes,
            records(wte_hundredths=bp.level_wte_hundredths),
            records(extend=bp.foundation_extend, release=bp.foundation_release),
            whole(bp.programme_ltft_stock),
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
        flexible=_flexible(bp, setting),
        outside=OutsideTables(
            setting,
            _outside_rates(bp),
            whole(bp.applicant_rates),
            whole(bp.outside_service),
            whole(bp.sas_after_training),
            whole(own_sas_specialty(bp)),
            _destinations(bp),
            whole(bp.after_f2_cumulative),
            whole(bp.resign_cumulative),
            whole(bp.attraction),
            whole(bp.sas_programme_cumulative),
            whole(bp.programme_group),
            careers,
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
            whole(bp.stay_after_training),
            whole(bp.reduce_hours_by_year),
            careers,
        ),
        arrivals=ArrivalTables(
            setting,
            people.identity,
            cells,
            _streams(bp),
            whole(bp.stream_ready),
            whole(bp.age_from),
            whole(bp.age_cumulative),
            whole(trained_specialty_thresholds(bp)),
            whole(bp.initiative),
        ),
        supply=SupplyTables(
            setting,
            programmes,
            whole(bp.posts),
            whole(bp.posts_shared),
            whole(bp.placement_units),
            whole(bp.practice_units),
            whole(bp.supervisor_units_per_wte),
            whole(bp.supervisor_fixed_units),
            whole(bp.foundation_share),
            whole(bp.support_places),
            careers.portfolio,
        ),
        credentials=CredentialTables(
            setting,
            programmes,
            whole(bp.credential_units),
            whole(bp.credential_group),
            whole(bp.credential_chance),
            whole(bp.credential_chance.any(axis=3)),
            whole(bp.credential_from_level),
            whole(bp.credential_month),
        ),
        cell_of_month=whole(people.cell_of_month),
    )


def _settings(bp: Blueprint, numbers: PoolNumbers, era: int, eras: int) -> Records:
    here = era * era_count(bp)
    values = {name: int(getattr(bp, name)) for name in SETTINGS}
    derived = {
        "year_offset": (bp.start_month - clock.TRAINING_YEAR_MONTH) % clock.MONTHS_PER_YEAR,
        "last_year": clock.training_year(bp.start_month, bp.months),
        "regions": len(bp.regions),
        "programmes": len(bp.programmes),
        "groups": len(bp.supervision_groups),
        "posts_from": numbers.post(0, 0),
        "supervisors_from": numbers.supervisor(0, 0),
        "need_eras": eras,
        "transitions": era_count(bp),
        "other_eras_from": eras * era_count(bp) + era * moves_count(bp),
        "other_eras": eras * moves_count(bp),
        "levels_from": here,
        "enter": here + entries_from(bp),
        "practice_from": numbers.practice(0),
        "support_from": numbers.support(0),
        "placements_from": here + placements_from(bp),
        "returns_from": here + returns_from(bp),
        "posts_alone_from": here + posts_alone_from(bp),
        "kinds": len(bp.step_outs),
        "asked": int(bp.ltft_asked),
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
        studied_by=bp.credential_chance.any(axis=(0, 3)).T @ (1 << np.arange(TRAINEE + 1)),
    )


def _flexible(bp: Blueprint, setting: Records) -> FlexibleTables:
    names = "min_months uptake months weeks_a_year weeks_cap uplift extra_time_percent supervision".split()
    return FlexibleTables(
        setting=setting,
        kinds=records(**{name: bp.step_out_rules[..., k] for k, name in enumerate(STEP_OUT_RULES)}),
        lengths=records(
            months=bp.step_out_lengths[..., 0],
            returns=bp.step_out_lengths[..., 2],
            extension=bp.step_out_lengths[..., 3],
        ),
        length_edges=whole(bp.step_out_lengths[..., 1]),
        stock=whole(bp.step_out_stock),
        ages=whole(bp.step_out_ages),
        away=whole(bp.step_out_yearly),
        leave=whole(bp.step_out_yearly.max(axis=-1, initial=0)),
        gap_months=whole(bp.return_gaps[:, 0]),
        gaps=records(extra_months=bp.return_gaps[:, 1], restart=bp.return_gaps[:, 2]),
        support=records(**dict(zip(names, bp.return_support.T, strict=True))),
        support_places=whole(bp.support_places),
        requests=records(
            **{name: bp.ltft_requests[..., k] for k, name in enumerate(("start", "ask", "back", "change"))}
        ),
        reasons=whole(bp.ltft_reasons[..., 0]),
        reason_open=whole(bp.ltft_reasons[..., 1]),
        reason_always=whole(bp.ltft_reasons[..., 2]),
        rules=records(
            **{name: bp.ltft_rules[:, k] for k, name in enumerate(("capacity", "persists", "boost_months"))}
        ),
        cover=whole(bp.post_cover),
    )


def _openings(bp: Blueprint) -> Records:
    """By calendar month: whether its rounds have entry programmes, and which competences they ask for."""
    of_month = [bp.round_programmes[bp.round_month == month + 1].any(axis=0) for month in range(12)]
    parents = [bp.programme_parents[chosen] for chosen in of_month]
    return records(
        entry=[int((masks == 0).any()) for masks in parents],
        parents=[np.bitwise_or.reduce(masks, initial=0) for masks in parents],
    )


def _outside_rates(bp: Blueprint) -> Ints:
    kinds, _, *rest = bp.outside_rates.shape
    rates = np.zeros((kinds, max(State) + 1, *rest), np.int64)
    rates[:, [State[name.upper()] for name in OUTSIDE_STATES]] = bp.outside_rates
    return whole(rates)


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
        calendar=Calendar.room_for(int(setting["months"]), people),
        bits=np.zeros((BITS, words), np.uint64),
        inbox=np.zeros((STAGES, people + AHEAD), np.int32),
        inbox_count=np.zeros(STAGES, np.int64),
        log=blank((4, 4 * people + 4), ROW),
        counts=np.zeros(5, np.int64),
        pools=pools,
        items=small_records(pool=needs.pools, units=needs.units),
        crowding=np.zeros((groups, regions), np.int64),
        hazards=blank((programmes, regions), HAZARD),
        workforce=np.zeros((3, programmes, regions), np.int64),
        committed=np.zeros((programmes, regions), np.int64),
        posts_moved=np.zeros((programmes, regions), np.int64),
        part_timers=np.zeros((programmes, regions), np.int64),
        part_time_full=np.zeros((programmes, regions), np.int64),
        applicants=np.zeros((len(PORTFOLIO_APPLICANTS), groups, regions), np.int64),
        cover_wanted=np.zeros(regions, np.int64),
        cover_until=np.zeros((regions, int(setting["months"]) + 1), np.int64),
        found=np.zeros(people + AHEAD, np.int32),
    )


def make_queue(needs: NeedTables, people: int) -> Queue:
    """Empty queues for as many people."""
    table = blank(len(needs.need_count), NEED)
    table["count"], table["september_only"] = needs.need_count, needs.september_only
    return Queue(
        needs=table,
        bundles=whole(needs.need_bundles),
        waiting=blank((QUEUES, people + 1), WAITING),
        waiting_count=np.zeros(QUEUES, np.int64),
        granted=blank(people + AHEAD, GRANTED),
    )


def clear(run: Run, queue: Queue) -> None:
    """Make the buffers ready for another run; the rest is written before it is read."""
    for array in (
        run.bits, run.inbox_count, run.counts, run.crowding, run.workforce, run.committed,
        run.posts_moved, run.part_timers, run.part_time_full, run.applicants, run.cover_wanted,
        run.cover_until, queue.waiting_count,
    ):  # fmt: skip
        array[...] = 0
    run.calendar.clear()
    run.pools["target"] = run.pools["used"] = queue.needs["cause"] = 0
    run.pools["spared"] = run.pools["shared"] = 0
    run.pools["closed"] = queue.needs["touched"] = queue.needs["blocked"] = -1
