"""Numbers of the log turned into the names and years that readers see.

Every result frame uses these names; an empty name means "none" (no programme, level or region).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline_sim.clock import MONTHS_PER_YEAR, TRAINING_YEAR_MONTH, training_year
from pipeline_sim.scenario.blueprint import STEP_OUT_RULES, Blueprint
from pipeline_sim.vocabulary import Event, PoolKind, State

NO_NAME = ""
UNKNOWN_CAUSE = "not_recorded"


def word(member: IntEnum) -> str:
    """The name of an event, state or pool kind as users read it."""
    return member.name.lower()


def _by_value(kind: type[IntEnum], at_zero: str = NO_NAME) -> tuple[str, ...]:
    names = [at_zero] + [NO_NAME] * max(kind)
    for member in kind:
        names[member] = word(member)
    return tuple(names)


EVENT_NAMES = _by_value(Event)
STATE_NAMES = _by_value(State)
CAUSE_NAMES = _by_value(PoolKind, at_zero=UNKNOWN_CAUSE)


def categories(codes: NDArray, names: Sequence[str]) -> pd.Categorical:
    """A column of names: ``codes`` index ``names``, and -1 becomes the empty name.

    Repeated names (ST3 of one programme and of another) become one category.
    """
    distinct = pd.Index(dict.fromkeys((NO_NAME, *names)), dtype="str")
    position = distinct.get_indexer(pd.Index((NO_NAME, *names), dtype="str"))
    smallest = np.int16 if len(distinct) > np.iinfo(np.int8).max else np.int8
    chosen = position.astype(smallest)[np.asarray(codes, dtype=np.intp) + 1]
    return pd.Categorical.from_codes(chosen, categories=distinct)


def step_out_names(blueprint: Blueprint) -> tuple[str, ...]:
    """Kinds of step-out from training, none if the scenario has none."""
    return tuple(getattr(blueprint, "step_outs", None) or ())


def post_is_held(blueprint: Blueprint) -> NDArray[np.bool_]:
    """[year, kind] whether the post of someone who steps out in a year is held meanwhile."""
    return np.asarray(blueprint.step_out_rules[..., STEP_OUT_RULES.index("held")] != 0)


def step_out_titles(blueprint: Blueprint) -> tuple[str, ...]:
    """Kinds of step-out as people write them, or their names where the scenario does not say."""
    names = step_out_names(blueprint)
    titles = getattr(blueprint, "step_out_titles", None) or (None,) * len(names)
    return tuple(title or name for title, name in zip(titles, names, strict=True))


def fellowship_names(blueprint: Blueprint) -> tuple[str, ...]:
    """Fellowships after training, none if the scenario has none."""
    return tuple(getattr(blueprint, "fellowships", None) or ())


def kinds_up_to(largest: int, named: tuple[str, ...]) -> tuple[str, ...]:
    """Names of kinds; a number without one is told by itself."""
    return (*named, *(f"kind_{number}" for number in range(len(named), largest + 1)))


def year_count(blueprint: Blueprint) -> int:
    """Training years that the horizon touches."""
    return training_year(blueprint.start_month, max(blueprint.months, 1) - 1) + 1


def first_year(blueprint: Blueprint) -> int:
    """Calendar year of the August that begins the training year of month 0."""
    return blueprint.start_year - (blueprint.start_month < TRAINING_YEAR_MONTH)


def year_labels(blueprint: Blueprint) -> NDArray[np.int64]:
    """The label of each training year: 2025 is August 2025 to July 2026."""
    return first_year(blueprint) + np.arange(year_count(blueprint))


def year_of_month(blueprint: Blueprint) -> NDArray[np.int64]:
    """Index of the training year of each month of the horizon."""
    offset = (blueprint.start_month - TRAINING_YEAR_MONTH) % MONTHS_PER_YEAR
    return (np.arange(blueprint.months) + offset) // MONTHS_PER_YEAR


def months_in_year(blueprint: Blueprint) -> NDArray[np.int64]:
    """Months of each training year that lie inside the horizon."""
    return np.bincount(year_of_month(blueprint), minlength=year_count(blueprint))
