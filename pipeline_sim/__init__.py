"""England's medical training pipeline, one doctor at a time.

The names below are imported when first used, so that ``import pipeline_sim`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline_sim.scenario.load import Scenario, list_scenarios, load_scenario
    from pipeline_sim.scenario.policies import Policy, list_policies, load_policy
    from pipeline_sim.studies.comparing import compare
    from pipeline_sim.studies.replicating import multiple_replications
    from pipeline_sim.studies.runs import single_run

__version__ = "0.1.0"

__all__ = [
    "Policy",
    "Scenario",
    "compare",
    "list_policies",
    "list_scenarios",
    "load_policy",
    "load_scenario",
    "multiple_replications",
    "single_run",
]

_HOMES = {
    "Policy": "pipeline_sim.scenario.policies",
    "list_policies": "pipeline_sim.scenario.policies",
    "load_policy": "pipeline_sim.scenario.policies",
    "Scenario": "pipeline_sim.scenario.load",
    "list_scenarios": "pipeline_sim.scenario.load",
    "load_scenario": "pipeline_sim.scenario.load",
    "compare": "pipeline_sim.studies.comparing",
    "multiple_replications": "pipeline_sim.studies.replicating",
    "single_run": "pipeline_sim.studies.runs",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
