"""One replication of every arm beside that of the base: all that a comparison takes from it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline_sim.studies.extra_costs import ExtraCost, extra_cost
from pipeline_sim.studies.reducing import KpiGrid, ReducedRun
from pipeline_sim.studies.same_doctors import Counts, compare_people

Waits = dict[tuple[int, str, str, str], int]


@dataclass(frozen=True)
class PairedRun:
    """An arm's replication."""

    kpis: KpiGrid
    waits: Waits
    people: Counts
    events: int
    cost: ExtraCost | None  # None: the scenario has no costs


@dataclass
class PairedRuns:
    """A replication: the base, and every arm in its order."""

    base_kpis: KpiGrid
    base_waits: Waits
    whole_years: tuple[int, ...]
    base_events: int
    arms: dict[str, PairedRun] = field(default_factory=dict)
    memory_mib: float | None = None

    @staticmethod
    def of_base(base: ReducedRun, whole_years: tuple[int, ...]) -> PairedRuns:
        return PairedRuns(base.kpis, base.waits, whole_years, base.events)

    @property
    def events(self) -> int:
        """Of all runs."""
        return self.base_events + sum(arm.events for arm in self.arms.values())


def pair_runs(base: ReducedRun, policy: ReducedRun) -> PairedRun:
    """What is kept of an arm's run beside that of the base."""
    people = compare_people(base, policy)
    return PairedRun(policy.kpis, policy.waits, people, policy.events, extra_cost(base, policy))
