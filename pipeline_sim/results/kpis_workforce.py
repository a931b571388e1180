"""KPIs of stocks, waits and capacity: who is where, what for, and how full every pool is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.results.census import person_months
from pipeline_sim.results.facts import Facts, Table
from pipeline_sim.results.labels import CAUSE_NAMES
from pipeline_sim.results.lives import WAITING_STATES
from pipeline_sim.results.registry import Kpi, Measure, percent
from pipeline_sim.results.sources import DEFINED_HERE
from pipeline_sim.vocabulary import Event, PoolKind, State

PROGRAMME, REGION, CAUSE, KIND = ("programme",), ("region",), ("cause",), ("kind",)
KINDS = max(PoolKind) + 1


def _stock(*states: State) -> Callable[[Facts], Measure]:
    return lambda facts: Measure(facts.headcount(*states))


def _stock_wte(*states: State) -> Callable[[Facts], Measure]:
    return lambda facts: Measure(facts.whole_time(*states))


def waits(facts: Facts) -> Measure:
    """Person-months by cause, programme and region."""
    census = facts.census
    tables = [
        person_months(
            census,
            facts.blueprint,
            census.in_states(WAITING_STATES) & (census.cause == cause),
            facts.yearly_heads,
        )
        for cause in range(len(CAUSE_NAMES))
    ]
    return Measure(
        np.stack(tables, axis=1), axes=("cause", "programme", "region"), names={"cause": CAUSE_NAMES}
    )


def _pools(facts: Facts, event: Event) -> Table:
    """Units by [year, kind, programme or supervision group, region], a mean over the year's readings."""
    rows = facts.rows(event)
    kind = facts.log.level[rows].astype(np.int64)
    groups = 1 + max(len(facts.blueprint.programmes), len(facts.blueprint.supervision_groups))
    regions = len(facts.blueprint.regions) + 1
    year = facts.year_of[facts.log.month[rows]]
    key = ((year * KINDS + kind) * groups + facts.log.programme[rows] + 1) * regions
    key += facts.log.region[rows] + 1
    shape = (facts.years, KINDS, groups, regions)
    units = np.bincount(key, facts.log.detail[rows], np.prod(shape)).reshape(shape)
    # not every kind is read in the same months
    readings = np.zeros((facts.years, KINDS, len(facts.year_of)), dtype=bool)
    readings[year, kind, facts.log.month[rows]] = True
    return units / np.maximum(readings.sum(axis=2), 1)[:, :, None, None]


def pool_utilisation(facts: Facts) -> Measure:
    used, room = _pools(facts, Event.POOL_IN_USE), _pools(facts, Event.POOL_CAPACITY)
    training = _groups_that_train(facts)
    groups = ("", *facts.blueprint.supervision_groups)
    supervisors = Measure(
        used[:, [PoolKind.SUPERVISOR], : len(groups)],
        room[:, [PoolKind.SUPERVISOR], : len(groups)],
        ("kind", "group", "region"),
    )
    names = {"kind": ("", *CAUSE_NAMES[1:]), "group": groups}
    by_group = ("kind", "group")
    supervisor = {"kind": ("supervisor",)}
    of_kind = used.copy(), room.copy()
    for units in of_kind:
        units[:, PoolKind.SUPERVISOR, : len(groups)] *= training[None, :, None]
    return Measure(
        *of_kind,
        ("kind", "group", "region"),
        names,
        breakdowns={
            by_group: Measure(supervisors.numerator, supervisors.denominator, supervisors.axes, supervisor)
        },
    )


def _groups_that_train(facts: Facts) -> NDArray[np.bool_]:
    """[supervision group + 1]: some programme with levels, foundation included, uses the group."""
    blueprint = facts.blueprint
    uses = np.asarray(blueprint.programme_group)[np.asarray(blueprint.level_count) > 0]
    return np.append(True, np.isin(np.arange(len(blueprint.supervision_groups)), uses))


def post_vacancy(facts: Facts) -> Measure:
    programmes = facts.shape[1]
    used, room = (
        _pools(facts, event)[:, PoolKind.TRAINING_POST, :programmes]
        for event in (Event.POOL_IN_USE, Event.POOL_CAPACITY)
    )
    return Measure(room - used, room)


_STOCKS: tuple[tuple[str, str, tuple[State, ...], tuple[tuple[str, ...], ...]], ...] = (
    ("foundation_doctors", "Foundation doctors", (State.FOUNDATION,), (REGION,)),
    ("locally_employed", "Locally employed doctors",
     (State.LOCALLY_EMPLOYED, State.UNPLACED), (REGION,)),
    ("sas", "SAS doctors", (State.SAS,), (PROGRAMME, REGION)),
    ("consultants", "Consultants", (State.CONSULTANT,), (PROGRAMME, REGION)),
    ("gps", "General practitioners", (State.GP,), (REGION,)),
    ("abroad", "UK-trained doctors abroad", (State.ABROAD,), ()),
    ("overseas_applicants", "Doctors applying from abroad", (State.OVERSEAS_APPLICANT,), ()),
)  # fmt: skip

_WTE = (
    ("sas_wte", "SAS doctors, whole-time equivalents", State.SAS, (PROGRAMME, REGION)),
    ("consultants_wte", "Consultants, whole-time equivalents", State.CONSULTANT, (PROGRAMME, REGION)),
    ("gps_wte", "General practitioners, whole-time equivalents", State.GP, (REGION,)),
)

KPIS = (
    *(
        Kpi(
            name,
            title,
            "people",
            "mean headcount over the months of the year"
            + (", those still trying for a post included" if State.UNPLACED in states else ""),
            DEFINED_HERE,
            _stock(*states),
            by,
        )
        for name, title, states, by in _STOCKS
    ),
    *(
        Kpi(name, title, "WTE", "mean WTE over the months of the year", DEFINED_HERE, _stock_wte(state), by)
        for name, title, state, by in _WTE
    ),
    Kpi(
        "waits",
        "Time spent waiting",
        "person-months",
        "months' ends at which a person waited, by what they waited for. Waiting for a training post are "
        "doctors in locally employed work after an unsuccessful application who still try (state "
        "`unplaced`), not applicants abroad or SAS doctors. Programmes are known only for those who wait "
        "for a supervisor or a practice place, or to return to a programme (see `waits_to_return`)",
        DEFINED_HERE,
        waits,
        (CAUSE, PROGRAMME, REGION, ("cause", "programme"), ("cause", "region")),
    ),
    percent(
        "pool_utilisation",
        "Use of capacity",
        "units in use / units of capacity at the yearly reading; supervisors also by supervision group "
        "(100 units are one place). Groups in which no programme trains are left out of all supervisors",
        DEFINED_HERE,
        pool_utilisation,
        (KIND, ("kind", "region"), ("kind", "group")),
        total=False,
    ),
    percent(
        "post_vacancy_percent",
        "Training posts without a trainee",
        "(training posts - training posts in use) / training posts at the yearly reading; a post held for "
        "someone away is in use. Funded by headcount, each trainee uses a post; by WTE, as many as all of "
        "them work, rounded up to whole posts. Below 0 where more train than there are posts",
        DEFINED_HERE,
        post_vacancy,
        (PROGRAMME, REGION),
    ),
)
