"""What applicants want: specialties and places, by a random-utility model.

A utility with independent Gumbel noise ranks alternatives exactly as drawing them one after another
without replacement, each time with probability in proportion to exp(utility). That is what happens
here, on whole-number weights, so that every engine decides alike. Specialty comes first, then place
within the specialty. Weights are prepared once a round, in floating point, by ``programme_weights``
and ``place_weights``.
"""

from __future__ import annotations

import numpy as np

from pipeline_sim.compiling import kernel, rule
from pipeline_sim.randomness import (
    APPLICATIONS,
    FOUNDATION_PREFERENCE,
    REGION,
    REGIONS_LISTED,
    SPECIALTY,
    draw,
    pick,
    pick_by_weight,
)

WEIGHT_SCALE = 1 << 16
MAX_APPLICATIONS = 6
PER_SEASON = 64  # occurrences a season: 8 rounds x 8 applications
PER_APPLICATION = 16  # occurrences an application: one a region listed


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


@rule
def take(weights, u):
    """Index drawn by weight from a 32-bit ``u``; its weight becomes 0. -1 when nothing is left."""
    chosen = pick_by_weight(weights, u)
    if chosen >= 0:
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
        for r in range(regions):
            weights[r] = weight_here(attraction[r], r, homes[i], home_percent, -1, 100, -1, 100)
        for j in range(regions):
            u = draw(key, people[i], FOUNDATION_PREFERENCE, j)
            orders[i, j] = take(weights, u)
        rest = 0  # regions without weight come last, in the order of the table
        for j in range(regions):
            if orders[i, j] < 0:
                while listed_before(orders[i], j, rest):
                    rest += 1
                orders[i, j] = rest


@kernel
def list_choices(
    key,
    season,
    round_number,
    people,
    group,
    profile,
    home,
    trained,
    priority,
    competence,
    in_round,
    parents,
    core_bit,
    shortage,
    weights,
    shortage_percent,
    places,
    advertised,
    applications,
    listed,
    cap,
    home_percent,
    trained_percent,
    priority_percent,
    first,
    choice_pool,
    choice_application,
    application_person,
    application_programme,
    application_order,
):
    """Every applicant's list of (programme, region) pools, best first; returns (choices, applications).

    ``profile[i]`` is the row of ``applications`` and ``listed``; ``first[i]`` is where person i's
    choices begin; ``choice_pool`` is programme x regions + region.
    People draw among the programmes of the round that they may enter and have not completed, and apply
    for those of them that advertise posts, in regions that do: a re-advert draws only those who want
    what it offers. Output arrays must hold ``people x cap x regions`` choices.
    """
    programmes = weights.shape[1]
    regions = places.shape[1]
    taste = np.empty(programmes, np.int64)
    here = np.empty(regions, np.int64)
    has_posts = np.zeros(programmes, np.bool_)
    for p in range(programmes):
        for r in range(regions):
            has_posts[p] |= advertised[p, r] > 0
    choices = 0
    forms = 0
    for i in range(people.shape[0]):
        first[i] = choices
        person = people[i]
        base = season * PER_SEASON + round_number * 8
        for p in range(programmes):
            allowed = in_round[p]
            if parents[p] != 0:
                allowed = allowed and (parents[p] & competence[i]) != 0
            if core_bit[p] >= 0:
                allowed = allowed and (competence[i] >> core_bit[p]) & 1 == 0
            taste[p] = weights[group[i], p] * 100 if allowed else 0
            if priority[i] >= 0 and shortage[p]:
                taste[p] = taste[p] * shortage_percent // 100
        wanted = 1 + pick(applications[profile[i]], draw(key, person, APPLICATIONS, base))
        for j in range(min(wanted, cap)):
            p = take(taste, draw(key, person, SPECIALTY, base + j))
            if p < 0:
                break
            if not has_posts[p]:
                continue
            for r in range(regions):
                here[r] = 0
                if advertised[p, r] > 0:
                    here[r] = weight_here(
                        places[p, r],
                        r,
                        home[i],
                        home_percent,
                        trained[i],
                        trained_percent,
                        priority[i],
                        priority_percent,
                    )
            here_listed = False
            count = 1 + pick(listed[profile[i]], draw(key, person, REGIONS_LISTED, base + j))
            for k in range(count):
                r = take(here, draw(key, person, REGION, (base + j) * PER_APPLICATION + k))
                if r < 0:
                    break
                choice_pool[choices] = p * regions + r
                choice_application[choices] = forms
                choices += 1
                here_listed = True
            if here_listed:
                application_person[forms] = i
                application_programme[forms] = p
                application_order[forms] = j + 1
                forms += 1
    first[people.shape[0]] = choices
    return choices, forms
