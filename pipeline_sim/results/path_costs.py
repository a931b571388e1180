"""What the training of each CCT holder cost, from the start of F1 to the CCT, at their own hours and pace."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.compiling import by_field
from pipeline_sim.identity import is_uk_graduate
from pipeline_sim.results.cost_passes import PATH, cost_paths
from pipeline_sim.results.facts import Facts, Table
from pipeline_sim.results.life_passes import FOUNDATION_PROGRAMME
from pipeline_sim.scenario.blueprint import UNITS
from pipeline_sim.vocabulary import Event


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
