"""A recruitment round written the slow, obvious way: the oracle for ``rules.recruitment``.

Everyone's whole list is drawn from weights that are rebuilt for every draw; every pass of the match
starts from empty posts and takes the best of all who propose.
"""

from __future__ import annotations

import numpy as np

from pipeline_sim import randomness as chance
from pipeline_sim.rules import matching, preferences, recruitment
from pipeline_sim.rules.recruitment import RoundResult


def take(weights, u):
    """Index drawn by weight; its weight becomes 0. None when nothing is left."""
    left = (u * sum(weights)) >> 32
    for k, weight in enumerate(weights):
        left -= weight
        if left < 0:
            weights[k] = 0
            return k
    return None


def programme_tastes(blueprint, round_number, group, priority, competence, weights):
    """Weight of every programme for one person."""
    tastes = []
    for p in range(weights.shape[1]):
        allowed = bool(blueprint.round_programmes[round_number, p])
        if blueprint.programme_parents[p]:
            allowed &= bool(blueprint.programme_parents[p] & competence)
        if blueprint.programme_core_bit[p] >= 0:
            allowed &= not competence >> int(blueprint.programme_core_bit[p]) & 1
        taste = int(weights[group, p]) * 100 if allowed else 0
        if priority >= 0 and blueprint.programme_shortage[p]:
            taste = taste * blueprint.priority_shortage_weight // 100
        tastes.append(taste)
    return tastes


def list_choices(blueprint, key, year, season, round_number, applicants, weights, places, advertised):
    """[(person, programme, order, regions)], one entry an application."""
    forms = []
    base = season * 64 + round_number * 8
    cap = min(preferences.MAX_APPLICATIONS, int(blueprint.application_cap[year]))
    for i, person in enumerate(applicants.person.tolist()):
        group, profile, _, home, trained, priority, competence, own, enhanced = (
            int(c[i]) for c in applicants[1:]
        )
        tastes = programme_tastes(blueprint, round_number, group, priority, competence, weights)
        if enhanced:
            tastes = [t * int(blueprint.enhance_taste[year, p]) // 100 for p, t in enumerate(tastes)]
        u = chance.draw(key, person, chance.APPLICATIONS, base)
        wanted = 1 + int((u >= blueprint.applications[profile]).sum())
        for j in range(min(wanted, cap)):
            p = take(tastes, chance.draw(key, person, chance.SPECIALTY, base + j))
            if p is None:
                break
            if p + 1 == own:
                continue
            here = [
                preferences.weight_here(
                    int(places[p, r]), r, home, blueprint.home_weight, trained, blueprint.trained_weight,
                    priority, blueprint.priority_region_weight,
                )
                if advertised[p, r] > 0 else 0
                for r in range(places.shape[1])
            ]  # fmt: skip
            u = chance.draw(key, person, chance.REGIONS_LISTED, base + j)
            count = 1 + int((u >= blueprint.regions_listed[profile]).sum())
            regions = [
                take(here, chance.draw(key, person, chance.REGION, (base + j) * 16 + k)) for k in range(count)
            ]
            regions = [r for r in regions if r is not None]
            if regions:
                forms.append((i, p, j + 1, regions))
    return forms


def assess(blueprint, key, year, season, applicants, forms, advertised):
    """(standing, merit) of every application."""
    stage = blueprint.tier_stage[year]
    noise = blueprint.noise_percent

    def tier(i, reached):
        return int(applicants.tier[i]) if reached else 0

    ability, short = [], []
    for i, person in enumerate(applicants.person.tolist()):
        bonus = int(blueprint.score_bonus[applicants.profile[i]])
        ability.append(chance.bell(key, person, chance.ABILITY, 0) + bonus)
        test = chance.bell(key, person, chance.SHORTLIST, season)
        at_interview = stage == recruitment.TIER_AT_INTERVIEW
        short.append(matching.merit_of(tier(i, at_interview), ability[i] + test * noise // 100, i))
    results = []
    for i, p, _, _ in forms:
        own = chance.bell(key, int(applicants.person[i]), chance.ASSESSMENT, season * 256 + p)
        score = ability[i] + own * noise // 100
        good = score >= blueprint.appointable_score[p]
        standing = recruitment.ELIGIBLE if good else recruitment.NOT_APPOINTABLE
        per_post = int(blueprint.interviews_per_post[p])
        above = sum(1 for j, q, _, _ in forms if q == p and short[j] > short[i])
        if per_post > 0 and above >= -(-int(advertised[p].sum()) * per_post // 100):
            standing = recruitment.NOT_INTERVIEWED
        results.append((standing, matching.merit_of(tier(i, stage != recruitment.TIER_AT_NONE), score, i)))
    return results


def stable_match(active, lists, capacity):
    """{person: index in the list} by deferred acceptance; ``lists[i]`` holds (pool, merit or None)."""
    upto = dict.fromkeys(active, 0)
    holds = {pool: [] for pool in range(len(capacity))}
    match = {}
    waiting = list(active)
    while waiting:
        i = waiting.pop()
        if upto[i] == len(lists[i]):
            continue
        pool, merit = lists[i][upto[i]]
        match[i] = upto[i]
        upto[i] += 1
        out = i
        if merit is not None:
            holds[pool] = sorted([*holds[pool], (merit, i)], reverse=True)
            out = holds[pool].pop()[1] if len(holds[pool]) > capacity[pool] else None
        if out is not None:
            del match[out]
            waiting.append(out)
    return match


def match_with_replies(lists, reply, capacity):
    """(offers [(person, index, pass)], {person: accepted index}); ``capacity`` ends as the posts left."""
    active = set(range(len(lists)))
    offers, accepted = [], {}
    passes = 0
    somebody_left = True
    while somebody_left:
        somebody_left = False
        match = stable_match(active, lists, capacity)
        for i in sorted(match):
            if match[i] == accepted.get(i):
                continue
            offers.append((i, match[i], passes))
            if i in accepted or reply[i] == matching.ACCEPTS_WITH_UPGRADES:
                accepted[i] = match[i]
            elif reply[i] == matching.ACCEPTS:
                accepted[i] = match[i]
                active.remove(i)
                capacity[lists[i][match[i]][0]] -= 1
            else:
                active.remove(i)
                somebody_left = True
        passes += 1
    for i in active & accepted.keys():
        capacity[lists[i][accepted[i]][0]] -= 1
    return offers, accepted


def run_round(blueprint, key, year, season, round_number, applicants, weights, places, advertised):
    """What ``recruitment.run_round`` has to return."""
    people, regions = len(applicants.person), places.shape[1]
    forms = list_choices(blueprint, key, year, season, round_number, applicants, weights, places, advertised)
    assessed = assess(blueprint, key, year, season, applicants, forms, advertised)
    lists = [[] for _ in range(people)]
    for (i, p, _, wanted), (standing, merit) in zip(forms, assessed, strict=True):
        eligible = standing == recruitment.ELIGIBLE
        lists[i] += [(p * regions + r, merit if eligible else None) for r in wanted]
    reply = np.empty(people, np.int64)
    thresholds = blueprint.decline, blueprint.no_response, blueprint.upgrade_opt_in
    recruitment.replies(key, season, round_number, applicants.person, *thresholds, reply)
    unfilled = advertised.reshape(-1).tolist()
    offers, accepted = match_with_replies(lists, reply, unfilled)
    seen = set()
    firsts = [i not in seen and not seen.add(i) for i, _, _ in offers]
    return RoundResult(
        application_person=np.array([i for i, _, _, _ in forms], np.int64),
        application_programme=np.array([p for _, p, _, _ in forms], np.int64),
        application_order=np.array([order for _, _, order, _ in forms], np.int64),
        application_first_region=np.array([wanted[0] for _, _, _, wanted in forms], np.int64),
        application_standing=np.array([standing for standing, _ in assessed], np.int64),
        offer_person=np.array([i for i, _, _ in offers], np.int64),
        offer_pool=np.array([lists[i][c][0] for i, c, _ in offers], np.int64),
        offer_rank=np.array([c + 1 for _, c, _ in offers], np.int64),
        offer_pass=np.array([passes for _, _, passes in offers], np.int64),
        offer_is_first=np.array(firsts, bool),
        reply=reply,
        accepted_pool=np.array([lists[i][accepted[i]][0] if i in accepted else -1 for i in range(people)]),
        accepted_rank=np.array([accepted[i] + 1 if i in accepted else 0 for i in range(people)]),
        had_offer=np.array([i in seen for i in range(people)], bool),
        unfilled=np.array(unfilled, np.int64),
    )
