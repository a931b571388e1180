"""A scenario with and without policies, paired replication by replication on common random numbers.

For each replication the base and every arm are run one after the other in one place; what is compared is made
there, and only that is kept. The statistics are in ``paired``, the words and figures in ``report``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd

from pipeline_sim.engines.choice import DEFAULT_ENGINE, release_buffers
from pipeline_sim.errors import PipelineError, Problem, ScenarioError
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.scenario.load import Scenario, as_scenario
from pipeline_sim.scenario.policies import Policy, as_policies
from pipeline_sim.studies import comparison_tables as tables
from pipeline_sim.studies.extra_costs import CostTables, cost_tables
from pipeline_sim.studies.pairing import PairedRuns, pair_runs
from pipeline_sim.studies.reducing import More, ReducedRun, reduce_run, whole_years
from pipeline_sim.studies.replicating import map_blueprints
from pipeline_sim.studies.runs import checked_seed, peak_memory_mib, simulate_next

TOGETHER = "together"
MOST_LAST_YEARS = 5  # of which the headline figures are means
SHARE_OF_RUN = 3  # but no more than one year in so many


@dataclass(frozen=True)
class Arm:
    """A form of the scenario, compared with the base.

    ``parts`` names the arms, each alone, of which this one is all together: it is told whether they add up.
    """

    name: str
    title: str
    scenario: Scenario = field(repr=False)
    parts: tuple[str, ...] = ()
    about: str = ""  # what it is and what to look at, in sentences


@dataclass(frozen=True)
class Comparison:
    """What every arm changes against the base; the frames are described in ``comparison_tables``."""

    base: Scenario
    arms: tuple[Arm, ...]
    reps: int
    seed: int
    years: int | None  # the scenario's own number if None
    engine: str
    first_year: int
    last_year: int
    window: tuple[int, int]  # first and last of the last years, of which the headline figures are means
    differences: pd.DataFrame  # every KPI and year
    lasting: pd.DataFrame  # every KPI, mean of the last years
    additivity: pd.DataFrame  # all together against the sum of each alone
    people: pd.DataFrame  # the same doctors
    waits: pd.DataFrame  # where waiting is
    events: int
    memory_mib: float | None  # the most that a process held
    money: CostTables | None = None  # None: the scenario has no costs

    def unchanged(self, arm: str) -> bool:
        """No KPI, no wait and nobody's certificate is any different in any replication."""
        of_kpis, of_waits, of_people = (
            frame[frame["arm"] == arm] for frame in (self.differences, self.waits, self.people)
        )
        moved = of_people[of_people["measure"].isin(("earlier", "later", "only_with", "only_without"))]
        return not (
            of_kpis["differs"].any() or of_waits["differs"].any() or (moved["mean"].to_numpy() != 0).any()
        )


def compare(
    scenario: Scenario | str | Path,
    policies: Sequence[Policy | str | Path],
    reps: int,
    seed: int | None = None,
    years: int | None = None,
    engine: str = DEFAULT_ENGINE,
    workers: int = 1,
) -> Comparison:
    """Compare a scenario with itself under policies: each alone and, if there are several, all together.

    Args:
        scenario: a scenario, or the name or path of one.
        policies: policies, or names or paths of them.
        reps: replications; from 2 on, differences have intervals.
        seed, years, engine, workers: as in ``multiple_replications``.

    Raises:
        ScenarioError: the scenario or a policy cannot be used.
        PipelineError: an argument is not possible.
    """
    chosen = as_scenario(scenario)
    return compare_arms(chosen, policy_arms(chosen, policies), reps, seed, years, engine, workers)


def policy_arms(scenario: Scenario, policies: Sequence[Policy | str | Path]) -> list[Arm]:
    """An arm for each policy alone and, if there are several, one for all together.

    Policies that contradict one another, such as two sizes of the same, are only compared alone.
    """
    if not policies:
        raise PipelineError("policies: found none, expected one or more")
    chosen = as_policies(policies)
    if len(chosen) > 1 and TOGETHER in chosen:
        expected = f"another name: {TOGETHER} is what all of them at once are called"
        raise ScenarioError([Problem(f"policy {TOGETHER}", "that name among several", expected)])
    alone = [
        Arm(policy.name, policy.title, scenario.with_policy(policy), about=_about(policy))
        for policy in chosen.values()
    ]
    if len(alone) == 1:
        return alone
    try:
        together = scenario.with_policy(*chosen.values())
    except ScenarioError:  # each alone is possible, so they contradict one another
        return alone
    return [*alone, Arm(TOGETHER, "All together", together, tuple(chosen))]


def contradictions(scenario: Scenario, policies: Sequence[Policy | str | Path]) -> list[Problem]:
    """Why policies that are possible alone cannot be in force together; nothing if they can."""
    try:
        scenario.with_policy(*policies)
    except ScenarioError as refused:
        return list(refused.problems)
    return []


def _about(policy: Policy) -> str:
    look_at = f"Look at: {policy.look_at.strip()}" if policy.look_at.strip() else ""
    return " ".join(filter(None, (policy.description.strip(), look_at)))


def compare_arms(
    base: Scenario,
    arms: Sequence[Arm],
    reps: int,
    seed: int | None = None,
    years: int | None = None,
    engine: str = DEFAULT_ENGINE,
    workers: int = 1,
    progress: Callable[[int], None] | None = None,
    more: More | None = None,
) -> Comparison:
    """Compare any forms of a scenario with it; ``progress`` is given the events of each replication done.

    ``more`` makes rows of a study's own from each run, which are compared as the KPIs are.

    Raises:
        ScenarioError: a scenario cannot be used.
        PipelineError: an argument is not possible, or the arms cannot be laid side by side.
    """
    _check(base, arms, years)
    seed = checked_seed(base, seed, engine)
    names = [arm.name for arm in arms]
    make = partial(_one_replication, names, seed, engine, more)
    scenarios = [base, *(arm.scenario for arm in arms)]
    found: list[PairedRuns] = []
    with closing(map_blueprints(make, scenarios, reps, years, engine, workers)) as stream:
        for paired in stream:
            found.append(paired)
            if progress is not None:
                progress(paired.events)
    return comparison_of(base, arms, found, seed, years, engine)


def comparison_of(
    base: Scenario,
    arms: Sequence[Arm],
    replications: Sequence[PairedRuns],
    seed: int,
    years: int | None = None,
    engine: str = DEFAULT_ENGINE,
) -> Comparison:
    """The tables of paired replications."""
    names = [arm.name for arm in arms]
    window = last_years(replications[0].whole_years)
    cube = tables.kpi_cube(names, replications)
    parts = {arm.name: arm.parts for arm in arms if arm.parts}
    spent = [[each.arms[name].cost for each in replications] for name in names]
    return Comparison(
        base=base,
        arms=tuple(arms),
        reps=len(replications),
        seed=seed,
        years=years,
        engine=engine,
        first_year=cube.years[0],
        last_year=cube.years[-1],
        window=window,
        differences=tables.yearly_differences(cube),
        lasting=tables.lasting_differences(cube, window),
        additivity=tables.additivity(cube, window, parts),
        people=tables.people_table(names, replications),
        waits=tables.waits_table(names, replications, cube.years, window),
        events=sum(paired.events for paired in replications),
        memory_mib=max((paired.memory_mib for paired in replications if paired.memory_mib), default=None),
        money=cost_tables(names, spent, window),
    )


def last_years(whole: Sequence[int]) -> tuple[int, int]:
    """First and last of the last whole years: five of fifteen or more, else one in three."""
    number = max(1, min(MOST_LAST_YEARS, len(whole) // SHARE_OF_RUN))
    return whole[-number], whole[-1]


def _check(base: Scenario, arms: Sequence[Arm], years: int | None) -> None:
    if not arms:
        raise PipelineError("arms: found none, expected one or more")
    names = [arm.name for arm in arms]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise PipelineError(f"arms: found {', '.join(twice)} more than once, expected different names")
    for arm in arms:
        if arm.scenario.start != base.start:
            raise PipelineError(
                f"arm {arm.name}: found the start {arm.scenario.start}, expected the base's, {base.start}"
            )
        if years is None and arm.scenario.years != base.years:
            raise PipelineError(
                f"arm {arm.name}: found {arm.scenario.years} years, expected the base's, {base.years}"
            )
        if missing := sorted(set(arm.parts) - set(names)):
            raise PipelineError(
                f"arm {arm.name}: its part {missing[0]} is no arm; there are {', '.join(names)}"
            )


def _one_replication(
    names: Sequence[str],
    seed: int,
    engine: str,
    more: More | None,
    blueprints: Sequence[Blueprint],
    rep: int,
) -> PairedRuns:
    """The base and every arm, run one after the other and compared; one log at a time."""
    base = _reduced(blueprints[0], seed, rep, engine, more)
    paired = PairedRuns.of_base(base, whole_years(blueprints[0]))
    for name, blueprint in zip(names, blueprints[1:], strict=True):
        paired.arms[name] = pair_runs(base, _reduced(blueprint, seed, rep, engine, more))
    paired.memory_mib = peak_memory_mib()
    return paired


def _reduced(blueprint: Blueprint, seed: int, rep: int, engine: str, more: More | None) -> ReducedRun:
    log = simulate_next(blueprint, seed, rep, engine)
    release_buffers(engine)  # the next run is of another blueprint
    return reduce_run(log, blueprint, more)
