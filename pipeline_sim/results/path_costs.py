"""What the training of each CCT holder cost, from the start of F1 to the CCT, at their own hours and pace."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.compiling import by_field, kernel
from pipeline_sim.identity import is_uk_graduate
from pipeline_sim.results.facts import Facts, Table
from pipeline_sim.results.life_passes import FOUNDATION_PROGRAMME
from pipeline_sim.scenario.blueprint import UNITS
from pipeline_sim.vocabulary import Event, State

#: A CCT; ``cost`` is below 0 if the run did not see F1 begin.
PATH = np.dtype(
    [("cost", np.float64), ("person", np.int32), ("month", np.int16), ("programme", np.int16)], align=True
)
_FOUNDATION_STARTED, _CERTIFIED = int(Event.FOUNDATION_STARTED), int(Event.COMPLETED_TRAINING)
_FOUNDATION, _TRAINING, _AWAY = int(State.FOUNDATION), int(State.TRAINING), int(State.STEPPED_OUT)


def path_costs(facts: Facts) -> tuple[Table, Table, Table]:
    """By [year, programme + 1]: pounds of the CCT holders followed from F1, their number, and all to follow.

    Those to follow are UK graduates and whoever else began F1 in the run. Costs are of all payers: pay and
    fee, study budget, supervision and time out; not of medical school.
    """
    lives = facts.lives
    found = by_field(np.empty(lives.happened[Event.COMPLETED_TRAINING], dtype=PATH))
    first_level = int(facts.blueprint.level_first[FOUNDATION_PROGRAMME])
    cost_paths(lives.rows, lives.begin, first_level, *_running_costs(facts), found)
    year, programme = facts.year_of[found["month"]], found["programme"].astype(np.int64) + 1
    followed = found["cost"] >= 0
    wanted = followed | is_uk_graduate(facts.people.number[found["person"]])
    shape = facts.shape[:2]
    key = year * shape[1] + programme

    def table(rows: NDArray[np.bool_], weight: NDArray | None = None) -> Table:
        weights = None if weight is None else weight[rows]
        return np.bincount(key[rows], weights, shape[0] * shape[1]).reshape(shape).astype(np.float64)

    return table(followed, found["cost"]), table(followed), table(wanted)


def _running_costs(facts: Facts) -> tuple[Table, Table, Table, Table]:
    """Pounds of all payers up to each month: whole-time, by head and part-time by level, away by kind."""
    blueprint, year = facts.blueprint, facts.year_of
    grade = np.append(np.asarray(blueprint.level_grade, np.int64), -1)
    levels = len(grade)

    def monthly(item: str, kinds: int) -> Table:
        """[kind + 1, month]"""
        if item not in blueprint.costs:
            return np.zeros((kinds + 1, len(year)))
        return blueprint.costs[item].sum(axis=1)[year].T

    grades = int(grade.max()) + 1
    head = monthly("training_month", grades)[grade]
    slot = monthly("supervision_month", len(blueprint.supervision_groups))
    first, count = np.asarray(blueprint.level_first), np.asarray(blueprint.level_count)
    group = np.full(levels, -1)
    for programme, of_programme in enumerate(np.asarray(blueprint.programme_group)):
        group[first[programme] : first[programme] + count[programme]] = of_programme
    eras = [(0, blueprint), *blueprint.eras]
    for (month, era), (until, _) in zip(eras, [*eras[1:], (len(year), blueprint)], strict=True):
        load = np.append(np.asarray(era.level_supervisor_units, float) / UNITS, 0)
        head[:, month:until] += load[:, None] * slot[group, month:until]
    parts = (
        monthly("training_wte_month", grades)[grade],
        head,
        monthly("part_time_month", grades)[grade],
        monthly("time_out_month", len(blueprint.step_outs or ())),
    )
    whole, by_head, part_time, away = (np.pad(part.cumsum(axis=1), ((0, 0), (1, 0))) for part in parts)
    return whole, by_head, part_time, away


@kernel
def cost_paths(
    lives: NDArray,
    begin: NDArray,
    first_level: int,
    whole: NDArray,
    head: NDArray,
    part_time: NDArray,
    away: NDArray,
    found: NDArray,
) -> None:
    """Fill ``found`` with every CCT; the costs are sums up to each month, of which the last row is "none"."""
    number = 0
    for person in range(len(begin) - 1):
        cost = -1.0
        for at in range(begin[person], begin[person + 1]):
            event = lives[at].event
            if cost >= 0:
                before = lives[at - 1]
                since, until, level = before.month, lives[at].month, before.level
                if before.state == _FOUNDATION or before.state == _TRAINING:
                    cost += (whole[level, until] - whole[level, since]) * before.wte / 100
                    cost += head[level, until] - head[level, since]
                    if before.wte < 100:
                        cost += part_time[level, until] - part_time[level, since]
                elif before.state == _AWAY:
                    kind = before.cause - 1
                    cost += away[kind, until] - away[kind, since]
            elif event == _FOUNDATION_STARTED and lives[at].own_level == first_level:
                cost = 0.0
            if event == _CERTIFIED:
                path = found[number]
                number += 1
                path.cost = cost
                path.person = person
                path.month = lives[at].month
                path.programme = lives[at].programme
