"""What applicants want: specialties and places, by a random-utility model.

A utility with independent Gumbel noise ranks alternatives exactly as drawing them one after another
without replacement, each time with probability in proportion to exp(utility). That is what happens
here, on whole-number weights, so that every engine decides alike. Specialty comes first, then place
within the specialty. Weights are prepared once a round, in floating point, by ``programme_weights``
and ``place_weights``.

A draw without replacement never has to rebuild its weights: applicants alike share one table of running
sums, and a draw steps over what the person has already chosen. Of the regions a person lists for a
specialty only the first is drawn here; the match draws the others if it gets that far down.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import int64
from numpy.typing import NDArray

from pipeline_sim.compiling import kernel, rule
from pipeline_sim.randomness import (
    APPLICATIONS,
    FOUNDATION_PREFERENCE,
    REGION,
    REGIONS_LISTED,
    SPECIALTY,
    draw,
)

Ints = NDArray[np.int64]
Small = NDArray[np.int32]
Tiny = NDArray[np.int8]

WEIGHT_SCALE = 1 << 16
MAX_APPLICATIONS = 6
PER_SEASON = 64  # occurrences a season: 8 rounds x 8 applications
PER_ROUND = 8
PER_APPLICATION = 16  # occurrences an application: one a region listed
CIRCUMSTANCES = 8  # what a region can be to a person: home + 2 x trained in + 4 x priority programme
KINDS = 256  # tables kept of applicants alike
SLICES = 256  # of a table, each with the programme its first weight belongs to
PLACES = 256  # tables kept of running weights of places


Empty = Callable[[int, Any], NDArray[Any]]  # an array of so many entries of a type, nothing in it yet


class Desk:
    """Room for the arrays of a round, used again by the next: fresh memory costs as much as the work."""

    def __init__(self) -> None:
        self._room = np.empty(0, np.uint8)
        self._used = 0

    def clear(self) -> None:
        """Begin anew; arrays handed out before will be written over."""
        if self._used > len(self._room):
            self._room = np.empty(2 * self._used, np.uint8)
        self._used = 0

    def empty(self, count: int, kind: Any) -> NDArray[Any]:
        """An array on the desk; elsewhere if there is no room left."""
        size = count * np.dtype(kind).itemsize
        begin, self._used = self._used, self._used + (size + 63) // 64 * 64
        if self._used > len(self._room):
            return np.empty(count, kind)
        return self._room[begin : begin + size].view(kind)


class Applicants(NamedTuple):
    """Everyone in a round, in the order of their identity. One entry a person."""

    person: Ints
    group: Tiny  # 0 UK graduate, 1 overseas
    profile: Tiny  # 2 x group + 1 on the higher track: row of the blueprint's applicant arrays
    tier: Tiny  # 1 = prioritised
    home: Tiny  # region, -1 none
    trained: Tiny  # region trained in last, -1 none
    priority: Tiny  # region of a foundation priority programme, -1 none
    competence: Ints  # bit mask of core programmes completed
    own: Tiny  # programme + 1 of the post they keep while trying for another, 0 none
    enhanced: Tiny  # 1 after a place of the Enhance programme

    @classmethod
    def room_for(cls, people: int) -> Applicants:
        """Room for ``people`` applicants."""
        group, profile, tier, home, trained, priority, own, enhanced = (
            np.empty(people, np.int8) for _ in range(8)
        )
        person, competence = np.empty(people, np.int64), np.empty(people, np.int64)
        return cls(person, group, profile, tier, home, trained, priority, competence, own, enhanced)

    def take(self, rows: Any) -> Applicants:
        """The applicants of an index, mask or slice."""
        return Applicants(*(column[rows] for column in self))


class Forms(NamedTuple):
    """Applications of a round, person by person, favourite specialty first."""

    of_person: Small  # [people + 1] first application of each person
    person: Small  # [forms] position among the applicants
    programme: Small  # [forms]
    order: Small  # [forms] 1 = favourite specialty
    region: Small  # [forms] favourite region
    listed: Small  # [forms] regions listed; only as the match gets down to them are the others drawn

    @classmethod
    def room_for(cls, people: int, cap: int, empty: Empty = np.empty) -> Forms:
        """Room for every person's ``cap`` applications; what is not written is never touched."""
        columns = (empty(people * cap, np.int32) for _ in range(5))
        return cls(empty(people + 1, np.int32), *columns)

    def cut(self, count: int) -> Forms:
        """The first ``count`` applications."""
        return Forms(self.of_person, *(column[:count] for column in self[1:]))


class Wishes(NamedTuple):
    """What decides the applications of a round. Programmes P, regions R."""

    base: int  # first occurrence of the round's draws
    in_round: NDArray[np.bool_]  # [P]
    parents: Ints  # [P] bit mask of the core programmes that lead here, 0 = none needed
    core_bit: Ints  # [P] bit that completion gives, -1 none
    shortage: NDArray[np.bool_]  # [P]
    weights: Ints  # [group, P]
    shortage_percent: int  # multiplies the weight of shortage specialties after a priority programme
    enhance_percent: Ints  # [P] multiplies the weight of a programme after the Enhance programme
    applications: Ints  # [profile, 6] cumulative thresholds
    regions_listed: Ints  # [profile, R] cumulative thresholds
    cap: int  # most applications a person
    place: Ints  # [P, R, CIRCUMSTANCES] weights, 0 without posts


def programme_weights(taste, ratio_now, ratio_reference, elasticity):
    """Whole-number weights [group, programme] of a round.

    Taste, lowered where last year's applications a post rose above the reference year's:
    ``taste * (ratio_now / ratio_reference) ** elasticity``.
    """
    seen = (ratio_now > 0) & (ratio_reference > 0)
    change = np.where(seen, ratio_now / np.where(seen, ratio_reference, 1.0), 1.0)
    weights = taste * change**elasticity
    top = weights.max()
    if top <= 0:
        return np.zeros(weights.shape, np.int64)
    scaled = np.rint(weights * (WEIGHT_SCALE / top)).astype(np.int64)
    return np.where(weights > 0, np.maximum(scaled, 1), 0)


def place_weights(attraction, pounds, effect):
    """Whole-number weights [programme, region]: attraction times exp(effect x payment / 10,000 pounds)."""
    weights = attraction[None, :] * np.exp(effect * pounds / 10_000.0)
    top = weights.max()
    if top <= 0:
        return np.zeros(weights.shape, np.int64)
    scaled = np.rint(weights * (WEIGHT_SCALE / top)).astype(np.int64)
    return np.where(weights > 0, np.maximum(scaled, 1), 0)


@rule
def weight_here(base, region, home, home_percent, trained, trained_percent, priority, priority_percent):
    """Weight of a region for one person: home, region of training and priority programme count more."""
    weight = base * 100
    if region == home:
        weight = weight * home_percent // 100
    if region == trained:
        weight = weight * trained_percent // 100
    if region == priority:
        weight = weight * priority_percent // 100
    return weight


@kernel
def place_table(places, advertised, home_percent, trained_percent, priority_percent):
    """Weights [programme, region, circumstance] of the places that advertise posts."""
    programmes, regions = places.shape
    table = np.zeros((programmes, regions, CIRCUMSTANCES), np.int64)
    for p in range(programmes):
        for r in range(regions):
            if advertised[p, r] <= 0:
                continue
            for c in range(CIRCUMSTANCES):
                home = r if c & 1 else -1
                trained = r if c & 2 else -1
                priority = r if c & 4 else -1
                table[p, r, c] = weight_here(
                    places[p, r], r, home, home_percent, trained, trained_percent, priority, priority_percent
                )
    return table


@rule
def circumstance(region, home, trained, priority):
    """What a region is to a person: the last index of ``place_table``."""
    return (region == home) + 2 * (region == trained) + 4 * (region == priority)


@rule
def add_up_places(place, p, home, trained, priority, running):
    """Fill the running weights of a programme's regions for one person; returns how many have any."""
    total, count = 0, 0
    for r in range(running.shape[0]):
        weight = place[p, r, circumstance(r, home, trained, priority)]
        total += weight
        running[r] = total
        count += weight > 0
    return count


@rule
def take(weights, u):
    """Index drawn by weight from a 32-bit ``u``; its weight becomes 0. -1 when nothing is left."""
    total = 0
    for k in range(weights.shape[0]):
        total += weights[k]
    at = (u * total) >> 32
    chosen = 0
    running = 0
    for k in range(weights.shape[0]):  # no early way out: a loop without branches is faster
        running += weights[k]
        chosen += running <= at
    if chosen == weights.shape[0]:
        return -1
    weights[chosen] = 0
    return chosen


@rule
def listed_before(order, count, region):
    """Whether a region is among the first ``count`` of an order."""
    found = False
    for j in range(count):
        found |= order[j] == region
    return found


@kernel
def region_orders(key, people, homes, attraction, home_percent, orders):
    """Fill ``orders[i]`` with each person's full order of regions for foundation."""
    regions = attraction.shape[0]
    weights = np.empty(regions, np.int64)
    for i in range(people.shape[0]):
        left = 0
        for r in range(regions):
            weights[r] = weight_here(attraction[r], r, homes[i], home_percent, -1, 100, -1, 100)
            left += weights[r]
        drawn = 0
        while left > 0:
            at = (draw(key, people[i], FOUNDATION_PREFERENCE, drawn) * left) >> 32
            chosen = 0
            running = 0
            for r in range(regions):
                running += weights[r]
                chosen += running <= at
            orders[i, drawn] = chosen
            left -= weights[chosen]
            weights[chosen] = 0
            drawn += 1
        rest = 0  # regions without weight come last, in the order of the table
        while drawn < regions:
            while listed_before(orders[i], drawn, rest):
                rest += 1
            orders[i, drawn] = rest
            drawn += 1


@kernel
def tabulate(wishes, group, after_priority, enhanced, competence, programme, before, slices, row):
    """Fill a row of the tables for applicants alike: what such people may enter and have not completed.

    ``programme[row]`` lists those programmes, ``before[row, n]`` the weight of all before the n-th, and
    ``slices[row, s]`` the number n to which the first weight of slice s belongs. Returns the weight of
    all together and how far a weight is shifted to find its slice.
    """
    total = 0
    count = 0
    for p in range(wishes.in_round.shape[0]):
        allowed = wishes.in_round[p]
        if wishes.parents[p] != 0:
            allowed = allowed and (wishes.parents[p] & competence) != 0
        if wishes.core_bit[p] >= 0:
            allowed = allowed and (competence >> wishes.core_bit[p]) & 1 == 0
        weight = wishes.weights[group, p] * 100 if allowed else 0
        if after_priority and wishes.shortage[p]:
            weight = weight * wishes.shortage_percent // 100
        if enhanced:
            weight = weight * wishes.enhance_percent[p] // 100
        if weight > 0:
            programme[row, count] = p
            before[row, count] = total
            total += weight
            count += 1
    before[row, count] = total
    shift = 0
    while total >> shift >= SLICES:
        shift += 1
    n = 0
    for s in range(SLICES):
        while n + 1 < count and before[row, n + 1] <= s << shift:
            n += 1
        slices[row, s] = n
    return total, shift


@kernel
def decisive_cores(wishes):
    """Bit mask of the core programmes that open or close anything in this round."""
    decisive = 0
    for p in range(wishes.in_round.shape[0]):
        if wishes.in_round[p]:
            decisive |= wishes.parents[p]
            decisive |= 1 << wishes.core_bit[p] if wishes.core_bit[p] >= 0 else 0
    return decisive


@rule
def how_many(cumulative, row, u):
    """A number from 1 on, drawn from a row of cumulative thresholds."""
    number = 1
    for s in range(cumulative.shape[1]):
        number += u >= cumulative[row, s]
    return number


@rule
def sort_in_last(values, last):
    """Move the last value down to its place among the sorted ones before it."""
    for k in range(last, 0, -1):
        low, high = min(values[k - 1], values[k]), max(values[k - 1], values[k])
        values[k - 1], values[k] = low, high


@kernel
def apply(key, applicants, wishes, forms):
    """Fill in every applicant's forms, favourite specialty first; returns how many.

    People draw among the programmes of the round that they may enter and have not completed, and apply
    for those of them that advertise posts, in regions that do: a re-advert draws only those who want
    what it offers.
    """
    programmes, regions, _ = wishes.place.shape
    base, place, cap = wishes.base, wishes.place, wishes.cap
    thresholds, listed = wishes.applications, wishes.regions_listed
    of_person, form_person, form_programme = forms.of_person, forms.person, forms.programme
    form_order, form_region, form_listed = forms.order, forms.region, forms.listed
    people, group, profile = applicants.person, applicants.group, applicants.profile
    home, trained = applicants.home, applicants.trained
    priority, completed = applicants.priority, applicants.competence
    own, enhanced = applicants.own, applicants.enhanced
    decisive = decisive_cores(wishes)
    has_posts = place[:, :, 0].sum(axis=1) > 0
    if not has_posts.any():
        of_person[:] = 0
        return 0
    competence_of_row = np.zeros(KINDS, np.int64)
    other_of_row = np.full(KINDS, -1, np.int64)
    shift = np.zeros(KINDS, np.int64)
    weight_of_row = np.zeros(KINDS, np.int64)
    programme = np.empty((KINDS, programmes), np.uint8)
    before = np.empty((KINDS, programmes + 1), np.int64)
    slices = np.empty((KINDS, SLICES), np.uint8)
    taken = np.empty(MAX_APPLICATIONS + 1, np.int64)
    circumstances_of = np.full(PLACES, -1, np.int64)
    open_regions = np.empty((PLACES, programmes), np.int64)  # -1 = not added up yet
    running = np.empty((PLACES, programmes, regions), np.int64)
    forms_made = 0
    for i in range(people.shape[0]):
        of_person[i] = forms_made
        person = people[i]
        circumstances = ((int64(home[i]) + 1) * 256 + trained[i] + 1) * 256 + priority[i] + 1
        places = (circumstances + (circumstances >> 11) + (circumstances >> 5)) % PLACES
        if circumstances_of[places] != circumstances:
            circumstances_of[places] = circumstances
            open_regions[places] = -1
        competence = completed[i] & decisive
        other = 4 * group[i] + 2 * (priority[i] >= 0) + enhanced[i]
        row = (8 * (competence ^ (competence >> 6)) + other) % KINDS
        if competence_of_row[row] != competence or other_of_row[row] != other:  # not or no longer theirs
            competence_of_row[row], other_of_row[row] = competence, other
            weight_of_row[row], shift[row] = tabulate(
                wishes,
                group[i],
                priority[i] >= 0,
                enhanced[i] != 0,
                competence,
                programme,
                before,
                slices,
                row,
            )
        wanted = how_many(thresholds, profile[i], draw(key, person, APPLICATIONS, base))
        left = weight_of_row[row]
        for j in range(min(wanted, cap)):
            if left == 0:
                break
            at = (draw(key, person, SPECIALTY, base + j) * left) >> 32
            for k in range(j):  # step over what is chosen already, from the lowest
                lower = before[row, taken[k]]
                at += before[row, taken[k] + 1] - lower if at >= lower else 0
            n = int64(slices[row, at >> shift[row]])
            while before[row, n + 1] <= at:
                n += 1
            left -= before[row, n + 1] - before[row, n]
            taken[j] = n
            sort_in_last(taken, j)
            p = int64(programme[row, n])
            if not has_posts[p] or p + 1 == own[i]:
                continue
            if open_regions[places, p] < 0:
                open_regions[places, p] = add_up_places(
                    place, p, home[i], trained[i], priority[i], running[places, p]
                )
            if open_regions[places, p] == 0:
                continue
            total = running[places, p, regions - 1]
            at = (draw(key, person, REGION, (base + j) * PER_APPLICATION) * total) >> 32
            favourite = 0
            for r in range(regions):
                favourite += running[places, p, r] <= at
            count = how_many(listed, profile[i], draw(key, person, REGIONS_LISTED, base + j))
            form_person[forms_made] = i
            form_programme[forms_made] = p
            form_order[forms_made] = j + 1
            form_region[forms_made] = favourite
            form_listed[forms_made] = min(count, open_regions[places, p])
            forms_made += 1
    of_person[people.shape[0]] = forms_made
    return forms_made


@rule
def next_region(place, p, regions_drawn, first, drawn, here, home, trained, priority, u):
    """The region an application lists after the ``drawn`` ones it begins with, drawn with ``u``.

    ``regions_drawn[first:]`` holds those; ``here`` is room for a weight a region.
    """
    for r in range(here.shape[0]):
        here[r] = place[p, r, circumstance(r, home, trained, priority)]
    for k in range(first, first + drawn):
        here[regions_drawn[k]] = 0
    return take(here, u)
