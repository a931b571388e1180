"""What training costs, by year, head, payer, programme and region, from the log and the scenario's costs.

Two steps: how many units of each item a run used (person-months of the month-end census, placements in use,
starts, returns), then pounds for a unit. So the budget is a sum over items and linear in every cost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline_sim.results.census import sum_by_year
from pipeline_sim.results.credentials import by_credential
from pipeline_sim.results.facts import Facts, Table
from pipeline_sim.results.labels import categories, months_in_year, year_labels, year_of_month
from pipeline_sim.results.life_passes import FOUNDATION_PROGRAMME, FULL_TIME
from pipeline_sim.scenario.blueprint import PLACEMENT_SETTINGS, TRAINED_GROUPS, UNITS, Blueprint
from pipeline_sim.scenario.schema_money import HEADS, ITEMS, OUTSIDE_STATES, PAYERS
from pipeline_sim.vocabulary import KINDS, Event, PoolKind, Scheme, State

IN_POST = (State.FOUNDATION, State.TRAINING)
COLUMNS = ("rep", "year", "head", "payer", "programme", "region", "pounds")
_FOUNDATION, _SPECIALTY = HEADS.index("foundation"), HEADS.index("specialty_training")
_INCENTIVES, _EDUCATION = HEADS.index("incentives"), PAYERS.index("education_budget")


def has_costs(blueprint: Blueprint) -> bool:
    """Whether the scenario says what anything costs."""
    return bool(blueprint.costs)


def units_used(facts: Facts, item: str) -> Table:
    """Units of an item: [year, kind + 1, programme + 1, region + 1]; the last kind is one without a name."""
    return _USED[item](facts)


def budget_table(facts: Facts) -> Table:
    """Pounds by [year, head, payer, programme + 1, region + 1]; all 0 without costs."""
    blueprint, (years, *places) = facts.blueprint, facts.shape
    total = np.zeros((years, len(HEADS), len(PAYERS), *places))
    if not has_costs(blueprint):
        return total
    for item, pounds in blueprint.costs.items():
        if not pounds.any():
            continue
        cost = np.einsum("ykpr,yak->yapr", units_used(facts, item), pounds[:years])
        head = HEADS.index(ITEMS[item].head)
        if head == _SPECIALTY:
            of_foundation = cost[:, :, FOUNDATION_PROGRAMME + 1]
            total[:, _FOUNDATION, :, FOUNDATION_PROGRAMME + 1] += of_foundation
            cost[:, :, FOUNDATION_PROGRAMME + 1] = 0
        total[:, head] += cost
    paid = np.asarray(blueprint.incentive_pounds, float)[:years]
    total[:, _INCENTIVES, _EDUCATION, 1:, 1:] += facts.programme_starts[:, 1:, 1:] * paid
    return total


def budget_frame(table: Table, blueprint: Blueprint, rep: int = 0) -> pd.DataFrame:
    """The budget as rows with ``COLUMNS``, without empty ones; ``year`` is a training year as in the KPIs.

    ``programme`` and ``region`` are empty where a cost has none, as with the placements of students.
    """
    year, head, payer, programme, region = np.nonzero(table)
    return pd.DataFrame(
        {
            "rep": np.full(len(year), rep, dtype=np.int32),
            "year": year_labels(blueprint)[year].astype(np.int32),
            "head": categories(head, HEADS),
            "payer": categories(payer, PAYERS),
            "programme": categories(programme - 1, blueprint.programmes),
            "region": categories(region - 1, blueprint.regions),
            "pounds": table[year, head, payer, programme, region],
        },
        columns=list(COLUMNS),
    )


# units ------------------------------------------------------------------------------------------------


def _of_cells(
    facts: Facts, cells: NDArray[np.bool_], kind: NDArray[np.int64], kinds: int, amount: NDArray
) -> Table:
    """Amounts [cell, year] of marked cells of the census, by kind (-1 = none) and place."""
    census, (years, programmes, regions) = facts.census, facts.shape
    total = np.zeros(((kinds + 1) * programmes * regions, years))
    own = np.where(kind[cells] < 0, kinds, kind[cells])
    place = (own * programmes + census.programme[cells] + 1) * regions + census.region[cells] + 1
    np.add.at(total, place, amount[cells])
    return np.moveaxis(total.reshape(kinds + 1, programmes, regions, years), 3, 0)


def _any(table: Table) -> Table:
    """A table of [year, programme, region] as one of the only kind there is."""
    return table[:, None]


def _in_post(facts: Facts, item: str, amount: NDArray) -> Table:
    """Doctors in post by grade."""
    grade = np.append(np.asarray(facts.blueprint.level_grade, np.int64), -1)[facts.census.level]
    grades = facts.blueprint.costs[item].shape[2] - 1
    return _of_cells(facts, facts.census.in_states(IN_POST), grade, grades, amount)


def _by_state(facts: Facts, names: Sequence[str], amount: NDArray) -> Table:
    """Amounts of cells in each of some states, one a kind."""
    kind_of = np.full(max(State) + 1, -1)
    kind_of[[State[name.upper()] for name in names]] = np.arange(len(names))
    kind = kind_of[facts.census.state]
    return _of_cells(facts, kind >= 0, kind, len(names), amount)


def _months(facts: Facts, cells: NDArray[np.bool_], amount: NDArray) -> Table:
    return _of_cells(facts, cells, np.full(len(cells), -1), 0, amount)


def _supervision(facts: Facts) -> Table:
    """Slots that trainees in post use: by head, whatever their hours."""
    blueprint, census = facts.blueprint, facts.census
    group = np.append(np.asarray(blueprint.programme_group, np.int64), -1)[census.programme]
    cells = census.in_states(IN_POST)
    return _of_cells(facts, cells, group, len(blueprint.supervision_groups), _slot_months(facts))


def _slot_months(facts: Facts) -> NDArray[np.float64]:
    """Slots that the people of each cell use, summed over the months of each year: [cell, year].

    A load that a policy changes during the run counts from that month.
    """
    blueprint, level = facts.blueprint, facts.census.level
    loads = [
        np.append(np.asarray(each.level_supervisor_units, float) / UNITS, 0)[level]
        for each in (blueprint, *(era for _, era in blueprint.eras))
    ]
    total = facts.yearly_heads * loads[0][:, None]
    months = [month for month, _ in blueprint.eras]
    for month, before, after in zip(months, loads[:-1], loads[1:], strict=True):
        changed = np.flatnonzero(before != after)
        if len(changed):
            heads = facts.census.heads[changed].copy()
            heads[:, :month] = 0
            total[changed] += sum_by_year(heads, blueprint) * (after - before)[changed, None]
    return total


def _placements(facts: Facts) -> Table:
    """Placements in use at the yearly reading, for every month of the year.

    A year that ends before its reading has the use of the year before.
    """
    log, (years, programmes, regions) = facts.log, facts.shape
    settings = len(PLACEMENT_SETTINGS)
    rows = facts.rows(Event.POOL_IN_USE)
    rows = rows[log.level[rows] <= PoolKind.TECHNOLOGY_PLACEMENT]
    year, setting = facts.year_of[log.month[rows]], log.level[rows].astype(np.int64) - 1
    used = np.zeros((years, settings + 1, programmes, regions))
    np.add.at(used[:, :, 0], (year, setting, log.region[rows] + 1), log.detail[rows] / UNITS)
    read = np.zeros(years, dtype=bool)
    read[facts.year_of[log.month[facts.rows(Event.POOL_CAPACITY)]]] = True
    if read.any():
        latest = np.maximum.accumulate(np.where(read, np.arange(years), -1))
        used = used[np.where(latest < 0, np.argmax(read), latest)]
    return used * months_in_year(facts.blueprint)[:, None, None, None]


def _time_out(facts: Facts) -> Table:
    kinds = len(facts.blueprint.step_outs or ())
    return _of_cells(
        facts, facts.census.in_states([State.STEPPED_OUT]), facts.census.step_out, kinds, facts.yearly_heads
    )


def _credentials(facts: Facts) -> Table:
    started = by_credential(facts, Event.CREDENTIAL_STARTED)
    return np.concatenate((started, np.zeros((facts.years, 1, *facts.shape[1:]))), axis=1)


def _retainer(facts: Facts) -> Table:
    """Months planned on the retainer, in the years in which they fall."""
    log, horizon = facts.log, facts.blueprint.months
    rows = facts.rows(Event.SCHEME_STARTED)
    rows = rows[log.detail[rows] % KINDS == Scheme.RETAINER]
    begin = log.month[rows].astype(np.int64)
    end = np.minimum(begin + log.detail[rows] // KINDS, horizon)
    total = np.zeros(facts.shape)
    for year in range(facts.years):
        months = np.flatnonzero(year_of_month(facts.blueprint) == year)
        length = np.maximum(np.minimum(end, months[-1] + 1) - np.maximum(begin, months[0]), 0)
        np.add.at(total[year], (log.programme[rows] + 1, log.region[rows] + 1), length)
    return _any(total)


_USED: dict[str, Callable[[Facts], Table]] = {
    "student_month": lambda facts: _months(
        facts, facts.census.in_states([State.STUDENT, State.STUDENT_WAITING]), facts.yearly_heads
    ),
    "placement_month": _placements,
    "training_wte_month": lambda facts: _in_post(facts, "training_wte_month", facts.yearly_wte / FULL_TIME),
    "training_month": lambda facts: _in_post(facts, "training_month", facts.yearly_heads),
    "part_time_month": lambda facts: _in_post(facts, "part_time_month", facts.yearly_part_time),
    "supervision_month": _supervision,
    "time_out_month": _time_out,
    "supported_return": lambda facts: _any(facts.count(Event.SUPPORTED_RETURN)),
    "enhance_place": lambda facts: _any(facts.count(Event.ENHANCE_JOINED)),
    "outside_month": lambda facts: _by_state(facts, OUTSIDE_STATES, facts.yearly_heads),
    "fellowship_wte_month": lambda facts: _months(
        facts, facts.census.in_states([State.FELLOWSHIP]), facts.yearly_wte / FULL_TIME
    ),
    "credential": _credentials,
    "return_scheme_month": lambda facts: _months(
        facts, facts.census.in_states([State.RETURN_SCHEME]), facts.yearly_heads
    ),
    "retainer_month": _retainer,
    "workforce_wte_month": lambda facts: _by_state(facts, TRAINED_GROUPS, facts.yearly_wte / FULL_TIME),
}
