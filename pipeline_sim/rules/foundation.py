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
from pipeline_sim.rules.matching import PERSON_BITS
from pipeline_sim.rules.preferences import region_orders

Ints = NDArray[np.int64]
BEST_MERIT = 1 << 20  # above the sum of two bells
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


@dataclass
class _Allocation:
    """Who holds what while an allocation is under way."""

    preference: Ints
    places: Ints  # [kind, region] left
    rank: Ints
    kind: Ints

    @classmethod
    def empty(cls, preference: Ints, places: Ints) -> _Allocation:
        people = len(preference)
        nowhere = np.full(people, PLACED_NOWHERE, np.int64)
        return cls(preference, places.copy(), nowhere, np.full(people, -1, np.int64))

    def offer(self, order: Ints, kind: int, preference: Ints, first_only: bool = False) -> None:
        """Places of a kind to those still without one, in order, by the preferences given."""
        give = first_preferences if first_only else serial_dictatorship
        give(order, preference, self.places[kind], self.rank)
        self.kind[(self.kind < 0) & (self.rank != PLACED_NOWHERE)] = kind

    def pass_down(self, order: Ints) -> None:
        """Places of every kind that are left, in order."""
        for kind in (MAIN, PRIORITY, SPECIALISED):
            self.offer(order, kind, self.preference)

    def region(self) -> Ints:
        """Region of each person's place; -1 without one."""
        chosen = self.preference[np.arange(len(self.rank)), np.maximum(self.rank, 0)]
        return np.where(self.kind >= 0, chosen, -1)

    def give_back(self, people: NDArray[np.bool_]) -> None:
        """Free the places of people who withdraw; they stay on record as having had one."""
        region = self.region()
        for kind in (MAIN, PRIORITY, SPECIALISED):
            np.add.at(self.places[kind], region[people & (self.kind == kind)], 1)


def _order(first_tier: Ints, value: Ints) -> Ints:
    """Everyone in order: first tier first, then the lowest 32-bit value, then the earlier identity."""
    lottery = ((1 - first_tier) << (32 + PERSON_BITS)) + (value << PERSON_BITS) + np.arange(len(value))
    return np.sort(lottery) & ((1 << PERSON_BITS) - 1)


def allocate(blueprint: Any, key: int, year: int, people: Ints, homes: Ints, tier: Ints) -> FoundationResult:
    """Allocate the foundation places of a training year to ``people`` (sorted by identity).

    ``homes`` are regions of medical school (-1 for graduates from overseas), ``tier`` is 1 for UK
    graduates and priority groups. Priority programmes go first (own random rank), then specialised
    ones (by merit), both only in regions in the upper half of a person's list; then the main
    allocation by the year's rule; then what is left of any kind. Only under ``prioritised`` does the
    first tier go through all of this before anyone else, and only it is then guaranteed a place beyond
    the funded ones. Places given back before the start pass down to those without one.
    """
    count, regions = len(people), len(blueprint.regions)
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
    by_merit = _order(first_tier, BEST_MERIT - merit)
    by_special = _order(first_tier, special)
    main_order = by_merit if rule == MERIT else _order(first_tier, random)

    held = _Allocation.empty(preference, blueprint.foundation_places[year])
    liked = np.ascontiguousarray(preference[:, : (regions + 1) // 2])
    for wanted_tier in (1, 0) if rule == PRIORITISED else (0,):
        its_turn = first_tier == wanted_tier
        held.offer(by_special[(wants & its_turn)[by_special]], PRIORITY, liked)
        held.offer(by_merit[(scholar & its_turn)[by_merit]], SPECIALISED, liked)
        order = main_order[its_turn[main_order]]
        if rule != MERIT:
            held.offer(order, MAIN, preference, first_only=True)
        held.pass_down(order)
    withdrew = withdraws & (held.kind >= 0)
    held.give_back(withdrew)
    held.pass_down(main_order)

    region = held.region()
    placeholder = np.zeros(count, np.bool_)
    if int(blueprint.foundation_oversubscription[year]) == PLACEHOLDER:
        placeholder = (held.kind < 0) & ((tier == 1) | (rule != PRIORITISED))
        region = np.where(placeholder, preference[:, 0], region)
    return FoundationResult(preference, held.kind, held.rank, region, withdrew, placeholder, held.places)
