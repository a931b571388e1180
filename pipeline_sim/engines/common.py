"""What both engines derive from a blueprint before the first month."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.scenario.blueprint import THRESHOLD_ONE, TRAINED_GROUPS, Blueprint
from pipeline_sim.vocabulary import State

# groups inside an identity, by what a person of the starting stock was (see pipeline_sim.identity)
COURSE_YEARS, LEVELS, STREAMS = 0, 100, 600
TRAINED_GROUP_SPAN = 100


def cumulative_thresholds(weights: NDArray) -> NDArray[np.int64]:
    """Cumulative thresholds of whole-number weights, the last 2**32 (all 0 for no weight at all)."""
    running = np.cumsum(np.asarray(weights, np.int64))
    if running[-1] == 0:
        return np.zeros(len(running), np.int64)
    return running * THRESHOLD_ONE // running[-1]


def is_uk_in_stock(ordinal: Any, uk_share: int) -> Any:
    """Whether the ``ordinal``-th trainee of a cell of the stock is a UK graduate: evenly spread."""
    return (ordinal + 1) * uk_share >> 32 > ordinal * uk_share >> 32


#: States of a stream whose months are NHS service, besides those who are locally employed.
IN_SERVICE = (State.LOCALLY_EMPLOYED, State.UNPLACED, State.SAS, State.TRAINING_INITIATIVE)


def trained_specialty_thresholds(blueprint: Blueprint) -> NDArray[np.int64]:
    """Cumulative thresholds [trained group, programme] in proportion to the starting workforce.

    A group that nobody is in at the start has every specialty that trains for it, or every one there is.
    SAS doctors get theirs as those do who take a SAS post from outside training.
    """
    heads = blueprint.workforce.sum(axis=2)
    ends_in_cct = (blueprint.programme_core_bit < 0) & (blueprint.level_count > 0)
    ends_in_cct[0] = False  # foundation
    for group, row in enumerate(heads):
        if not row.any():
            row[ends_in_cct & (blueprint.programme_trained == group)] = 1
        if not row.any():
            row[:] = 1
    thresholds = np.stack([cumulative_thresholds(row) for row in heads])
    thresholds[TRAINED_GROUPS.index("sas")] = blueprint.sas_programme_cumulative
    return thresholds


def own_sas_specialty(blueprint: Blueprint) -> NDArray[np.int64]:
    """[P] the specialty in which a trainee of a programme can take a SAS post, -1 for a drawn one.

    Foundation has -2: no SAS post is open to its doctors. Core programmes and general practice are no
    specialties of SAS doctors.
    """
    own = np.arange(len(blueprint.programmes))
    consultants = blueprint.programme_trained == TRAINED_GROUPS.index("consultant")
    own[(blueprint.programme_core_bit >= 0) | ~consultants] = -1
    own[0] = -2
    return own


def levels_before(blueprint: Blueprint) -> NDArray[np.int64]:
    """WTE months x 100 of the levels of its programme before each level."""
    needed = blueprint.level_wte_hundredths
    ends = np.cumsum(needed)
    starts = np.repeat(
        (ends - needed)[blueprint.level_first.clip(max=len(needed) - 1)], blueprint.level_count
    )
    return (ends - needed - starts).astype(np.int64)


def programme_months(blueprint: Blueprint) -> NDArray[np.int64]:
    """WTE months x 100 that each programme takes."""
    ends = np.concatenate(([0], np.cumsum(blueprint.level_wte_hundredths)))
    first = blueprint.level_first
    return (ends[first + blueprint.level_count] - ends[first]).astype(np.int64)
