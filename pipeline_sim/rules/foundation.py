"""The yearly foundation allocation: priority, specialised and main places, withdrawals, oversubscription."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.compiling import kernel
from pipeline_sim.randomness import (
    ABILITY,
    FOUNDATION_RANK,
    FOUNDATION_WITHDRAWAL,
    PRIORITY_OPT_IN,
    PRIORITY_RANK,
    SPECIALISED_OPT_IN,
    bell,
    draw,
    happens,
)
from pipeline_sim.rules.allocation import PLACED_NOWHERE, first_preferences, serial_dictatorship
from pipeline_sim.rules.preferences import region_orders

Ints = NDArray[np.int64]
MERIT, PIA, PRIORITISED = 0, 1, 2
RESERVE_LIST, PLACEHOLDER = 0, 1
MAIN, PRIORITY, SPECIALISED = 0, 1, 2


@dataclass(frozen=True)
class FoundationResult:
    """One entry an applicant, in the order of their identity."""

    preference: Ints  # [people, regions] regions, best first
    kind: Ints  # kind of place; -1 = none within the funded places
    rank: Ints  # preference rank of the place, 0 = first; -1 none
    region: Ints  # region of the place; for a placeholder the first preference; -1 = reserve list
    withdrew: NDArray[np.bool_]  # gave the place back before the start
    placeholder: NDArray[np.bool_]  # guaranteed a place beyond the funded ones
    places_left: Ints  # [3, regions]


@kernel
def _ranks(key, season, people, merit, random, special):
    for i in range(people.shape[0]):
        merit[i] = bell(key, people[i], ABILITY, 0) + bell(key, people[i], FOUNDATION_RANK, 2 * season)
        random[i] = draw(key, people[i], FOUNDATION_RANK, 2 * season + 1)
        special[i] = draw(key, people[i], PRIORITY_RANK, season)


@kernel
def _options(key, season, people, priority, specialised, withdrawal, wants, scholar, withdraws):
    for i in range(people.shape[0]):
        wants[i] = happens(key, people[i], PRIORITY_OPT_IN, season, priority)
        scholar[i] = happens(key, people[i], SPECIALISED_OPT_IN, season, specialised)
        withdraws[i] = happens(key, people[i], FOUNDATION_WITHDRAWAL, season, withdrawal)


def allocate(blueprint: Any, key: int, year: int, people: Ints, homes: Ints, tier: Ints) -> FoundationResult:
    """Allocate the foundation places of a training year to ``people`` (sorted by identity).

    ``homes`` are regions of medical school (-1 for graduates from overseas), ``tier`` is 1 for UK
    graduates and priority groups. Priority programmes go first (own random rank), then specialised
    ones (by merit), both only in regions in the upper half of a person's list; then the main
    allocation by the year's rule. A first-tier applicant comes before all others only under
    ``prioritised``, and then only the first tier is guaranteed a place beyond the funded ones.
    """
    count = len(people)
    regions = len(blueprint.regions)
    preference = np.empty((count, regions), np.int64)
    region_orders(
        key, people, homes, blueprint.foundation_attraction, blueprint.foundation_home_weight, preference
    )
    merit, random, special = (np.empty(count, np.int64) for _ in range(3))
    _ranks(key, year, people, merit, random, special)
    wants, scholar, withdraws = (np.empty(count, np.bool_) for _ in range(3))
    _options(
        key,
        year,
        people,
        blueprint.foundation_priority_opt_in,
        blueprint.foundation_specialised_opt_in,
        blueprint.foundation_withdrawal,
        wants,
        scholar,
        withdraws,
    )
    rule = int(blueprint.foundation_rule[year])
    first_tier = tier if rule == PRIORITISED else np.zeros(count, np.int64)
    identity = np.arange(count)
    by_lottery = np.lexsort((identity, random, -first_tier))
    by_merit = np.lexsort((identity, -merit, -first_tier))
    by_special = np.lexsort((identity, special, -first_tier))
    main_order = by_merit if rule == MERIT else by_lottery

    places = blueprint.foundation_places[year].copy()
    rank = np.full(count, PLACED_NOWHERE, np.int64)
    kind = np.full(count, -1, np.int64)

    def settle(which: int) -> None:
        kind[(kind < 0) & (rank != PLACED_NOWHERE)] = which

    liked = np.ascontiguousarray(preference[:, : (regions + 1) // 2])
    for wanted_tier in (1, 0) if rule == PRIORITISED else (0,):
        its_turn = first_tier == wanted_tier
        serial_dictatorship(by_special[(wants & its_turn)[by_special]], liked, places[PRIORITY], rank)
        settle(PRIORITY)
        serial_dictatorship(by_merit[(scholar & its_turn)[by_merit]], liked, places[SPECIALISED], rank)
        settle(SPECIALISED)
        order = main_order[its_turn[main_order]]
        if rule != MERIT:
            first_preferences(order, preference, places[MAIN], rank)
        for which in (MAIN, PRIORITY, SPECIALISED):  # places of a kind nobody asked for pass down
            serial_dictatorship(order, preference, places[which], rank)
            settle(which)

    withdrew = withdraws & (kind >= 0)
    region_placed = np.where(kind >= 0, preference[np.arange(count), np.maximum(rank, 0)], -1)
    for which in (MAIN, PRIORITY, SPECIALISED):
        gone = withdrew & (kind == which)
        np.add.at(places[which], region_placed[gone], 1)
    late = np.full(count, PLACED_NOWHERE, np.int64)
    waiting = main_order[kind[main_order] < 0]
    # places given back pass down the reserve list, whatever their kind
    for which in (MAIN, PRIORITY, SPECIALISED):
        serial_dictatorship(waiting, preference, places[which], late)
        newly = (late != PLACED_NOWHERE) & (kind < 0)
        rank[newly] = late[newly]
        kind[newly] = which
    region_placed = np.where(kind >= 0, preference[np.arange(count), np.maximum(rank, 0)], -1)
    placeholder = np.zeros(count, np.bool_)
    if int(blueprint.foundation_oversubscription[year]) == PLACEHOLDER:
        guaranteed = tier == 1 if rule == PRIORITISED else np.ones(count, np.bool_)
        placeholder = (kind < 0) & guaranteed
        region_placed = np.where(placeholder, preference[:, 0], region_placed)
    return FoundationResult(preference, kind, rank, region_placed, withdrew, placeholder, places)
