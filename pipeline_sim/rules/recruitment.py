"""One recruitment round, from lists of choices to accepted posts.

Scores, shortlists and appointability; then the match and its replies. The arrays in and out are flat,
one entry a person, an application or an offer, and hold everything an engine needs to log the round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import int64
from numpy.typing import NDArray

from pipeline_sim.compiling import kernel
from pipeline_sim.randomness import (
    ABILITY,
    ASSESSMENT,
    RESPONSE,
    SHORTLIST,
    UPGRADE,
    bell,
    bells,
    draw,
    happens,
)
from pipeline_sim.rules.matching import (
    ACCEPTS,
    ACCEPTS_WITH_UPGRADES,
    DECLINES,
    NO_RESPONSE,
    NOT_DRAWN,
    Line,
    Offers,
    Outcome,
    match_with_replies,
    merit_of,
    position_of,
)
from pipeline_sim.rules.preferences import (
    MAX_APPLICATIONS,
    PER_ROUND,
    PER_SEASON,
    Applicants,
    Empty,
    Forms,
    Wishes,
    apply,
    place_table,
)

Ints = NDArray[np.int64]
Small = NDArray[np.int32]

ELIGIBLE, NOT_INTERVIEWED, NOT_APPOINTABLE = 0, 1, 2
NOBODY = (1 << 63) - 1  # rank key above everyone's
TIER_AT_NONE, TIER_AT_OFFER, TIER_AT_INTERVIEW = 0, 1, 2


@dataclass(frozen=True)
class RoundResult:
    """What a round did. Persons, applications and choices are numbered from 0 in each array."""

    application_person: Small  # [forms]
    application_programme: Small  # [forms]
    application_order: Small  # [forms] 1 = favourite specialty
    application_first_region: Small  # [forms]
    application_standing: Small  # [forms] ELIGIBLE, NOT_INTERVIEWED or NOT_APPOINTABLE
    offer_person: Ints  # [offers]
    offer_pool: Ints  # [offers] programme x regions + region
    offer_rank: Ints  # [offers] 1 = top of the person's list
    offer_pass: Ints  # [offers] 0 = first run of the match, later = a re-run offer
    offer_is_first: NDArray[np.bool_]  # [offers] False = an upgrade
    reply: Ints  # [people] reply to a first offer, meaningful for those who had one
    accepted_pool: Ints  # [people] -1 = none
    accepted_rank: Ints  # [people]
    had_offer: NDArray[np.bool_]  # [people]
    unfilled: Ints  # [pools]


class Assessment(NamedTuple):
    """How a round judges its applicants."""

    season: int
    bonus: Ints  # [profile] score units
    noise_percent: int  # spread of a specialty's own assessment against general ability
    appointable: Ints  # [programme] lowest score
    interviews: Ints  # [programme] most interviews, -1 = everyone's
    tier_stage: int  # TIER_AT_...


@kernel
def judge(key, applicants, assessment, ability, shortlist):
    """Fill everyone's ability, bonus included, and rank key for shortlists.

    Shortlists are by ability plus one test for the season (the MSRA), first tier first from the year in
    which prioritisation reaches interviews.
    """
    tiers = 1 if assessment.tier_stage == TIER_AT_INTERVIEW else 0
    season, noise_percent = assessment.season, assessment.noise_percent
    people, profile, tier, bonus = applicants.person, applicants.profile, applicants.tier, assessment.bonus
    bells(key, people, ABILITY, 0, ability)
    bells(key, people, SHORTLIST, season, shortlist)
    for i in range(ability.shape[0]):
        ability[i] += bonus[profile[i]]
        score = ability[i] + shortlist[i] * noise_percent // 100
        shortlist[i] = merit_of(tiers * int64(tier[i]), score, i)


@kernel
def lowest_interviewed(forms, shortlist, left, cut):
    """Fill the rank key from which each programme interviews; ``shortlist`` is sorted, lowest first.

    ``left`` are the interviews each can hold, -1 for all, and is used up.
    """
    of_person, programme_of = forms.of_person, forms.programme
    limits = 0  # programmes that have not reached theirs
    for p in range(cut.shape[0]):
        cut[p] = NOBODY if left[p] == 0 else 0
        limits += left[p] > 0
    for place in range(shortlist.shape[0] - 1, -1, -1):
        if limits == 0:
            break
        i = position_of(shortlist[place])
        for f in range(of_person[i], of_person[i + 1]):
            p = programme_of[f]
            left[p] -= 1
            if left[p] == 0:
                cut[p] = shortlist[place]
                limits -= 1


@kernel
def assess(key, applicants, assessment, forms, ability, shortlist, cut, standing, eligible, first_of, best):
    """Fill every application's standing, and the columns of ``eligible`` in the order of the forms.

    Score = ability + bonus of the group and track + the specialty's own assessment. ``shortlist`` has
    everyone's rank key and ``cut`` the lowest that each programme interviews. ``best`` becomes the best
    merit of each person with an eligible application, and ``first_of`` where a person's applications begin
    among the eligible. Returns how many applications are eligible, how many choices they have between them,
    and how many people they belong to.
    """
    season, noise_percent = assessment.season, assessment.noise_percent
    appointable = assessment.appointable
    tiers = 0 if assessment.tier_stage == TIER_AT_NONE else 1
    people, tier = applicants.person, applicants.tier
    of_person, person_of, programme_of, order_of, region_of, listed = forms
    merit, row = eligible
    entries = 0
    choices = 0
    waiting = 0
    ahead = 0
    top = -1
    for f in range(standing.shape[0]):
        i = int64(person_of[f])
        p = int64(programme_of[f])
        own = bell(key, people[i], ASSESSMENT, season * 256 + p)
        score = ability[i] + own * noise_percent // 100
        interviewed = shortlist[i] >= cut[p]
        good = score >= appointable[p]
        standing[f] = (ELIGIBLE if good else NOT_APPOINTABLE) if interviewed else NOT_INTERVIEWED
        again = f > of_person[i]  # no branches: how many applications a person made is hard to foresee
        ahead = ahead if again else 0
        waiting += (not again) & (top >= 0)
        top = top if again else -1
        first_of[i] = first_of[i] if again else entries
        rank = merit_of(tiers * int64(tier[i]), score, i)
        merit[entries] = rank
        row[entries, 0] = i
        row[entries, 1] = p
        row[entries, 2] = order_of[f]
        row[entries, 3] = ahead
        row[entries, 4] = region_of[f]
        row[entries, 5] = listed[f]
        ahead += listed[f]
        top = max(top, rank if interviewed and good else -1)
        best[waiting] = top
        choices += listed[f] * (interviewed and good)
        entries += interviewed and good
    return entries, choices, waiting + (top >= 0)


@kernel
def line_up(best, eligible, entries, first_of, line):
    """Fill the line: those with eligible applications, the likeliest to succeed first.

    ``best`` is the best merit of each of them, lowest first; see ``assess`` for the rest.
    """
    merit, row = eligible
    person, first, merit_of_entry, programme, order, above, choice, region = line
    region[:] = NOT_DRAWN
    at = 0
    choices = 0
    for k in range(best.shape[0]):
        i = position_of(best[best.shape[0] - 1 - k])
        person[k] = i
        first[k] = at
        n = int64(first_of[i])
        while n < entries and row[n, 0] == i:
            merit_of_entry[at] = merit[n]
            programme[at] = row[n, 1]
            order[at] = row[n, 2]
            above[at] = row[n, 3]
            choice[at] = choices
            region[choices] = row[n, 4]
            choices += row[n, 5]
            at += 1
            n += 1
    first[best.shape[0]] = at
    choice[at] = choices


@kernel
def replies(key, season, round_number, people, decline, no_response, upgrade, reply):
    """Fill how each person will answer a first offer in this round."""
    for i in range(people.shape[0]):
        occurrence = season * PER_SEASON + round_number
        u = draw(key, people[i], RESPONSE, occurrence)
        if u < decline:
            reply[i] = DECLINES
        elif u < decline + no_response:
            reply[i] = NO_RESPONSE
        elif happens(key, people[i], UPGRADE, occurrence, upgrade):
            reply[i] = ACCEPTS_WITH_UPGRADES
        else:
            reply[i] = ACCEPTS


def _wishes(
    blueprint: Any, year: int, season: int, round_number: int, weights: Ints, places: Ints, advertised: Ints
) -> Wishes:
    return Wishes(
        base=season * PER_SEASON + round_number * PER_ROUND,
        in_round=np.ascontiguousarray(blueprint.round_programmes[round_number]),
        parents=blueprint.programme_parents,
        core_bit=blueprint.programme_core_bit,
        shortage=blueprint.programme_shortage,
        weights=weights,
        shortage_percent=int(blueprint.priority_shortage_weight),
        enhance_percent=np.ascontiguousarray(blueprint.enhance_taste[year]),
        applications=blueprint.applications,
        regions_listed=blueprint.regions_listed,
        cap=min(MAX_APPLICATIONS, int(blueprint.application_cap[year])),
        place=place_table(
            places,
            advertised,
            blueprint.home_weight,
            blueprint.trained_weight,
            blueprint.priority_region_weight,
        ),
    )


def _assessment(blueprint: Any, year: int, season: int, advertised: Ints) -> Assessment:
    posts = advertised.sum(axis=1)
    limit = np.where(blueprint.interviews_per_post > 0, -(-posts * blueprint.interviews_per_post // 100), -1)
    return Assessment(
        season=season,
        bonus=blueprint.score_bonus,
        noise_percent=int(blueprint.noise_percent),
        appointable=blueprint.appointable_score,
        interviews=limit,
        tier_stage=int(blueprint.tier_stage[year]),
    )


def _line(
    key: int, applicants: Applicants, assessment: Assessment, forms: Forms, standing: Small, empty: Empty
) -> Line:
    """Fill every application's standing; the people who may be offered posts, in line."""
    people, count = len(applicants.person), len(standing)
    if count == 0:
        line = Line.room_for(0, 0, 0)
        line.first[:] = 0
        return line
    ability, shortlist = empty(people, np.int64), empty(people, np.int64)
    judge(key, applicants, assessment, ability, shortlist)
    lowest_first = empty(people, np.int64)
    lowest_first[:] = shortlist
    lowest_first.sort()
    cut = np.empty(len(assessment.interviews), np.int64)
    lowest_interviewed(forms, lowest_first, assessment.interviews.copy(), cut)
    eligible = empty(count + 1, np.int64), empty(6 * (count + 1), np.int32).reshape(-1, 6)
    first_of, best = empty(people, np.int32), empty(people, np.int64)
    entries, choices, waiting = assess(
        key, applicants, assessment, forms, ability, shortlist, cut, standing, eligible, first_of, best
    )
    best = best[:waiting]
    best.sort()
    line = Line.room_for(waiting, entries, choices, empty)
    line_up(best, eligible, entries, first_of, line)
    return line


def run_round(
    blueprint: Any,
    key: int,
    year: int,
    season: int,
    round_number: int,
    applicants: Applicants,
    weights: Ints,
    places: Ints,
    advertised: Ints,
    empty: Empty = np.empty,
) -> RoundResult:
    """Run one round.

    ``season`` numbers the application seasons; ``weights`` [group, programme] and ``places``
    [programme, region] come from ``rules.preferences``; ``advertised`` [programme, region] are the
    posts of the round. Applicants must be sorted by person. The result's arrays come from ``empty``.
    """
    people = len(applicants.person)
    wishes = _wishes(blueprint, year, season, round_number, weights, places, advertised)
    forms = Forms.room_for(people, wishes.cap, empty)
    forms = forms.cut(apply(key, applicants, wishes, forms))
    standing = empty(len(forms.person), np.int32)
    line = _line(key, applicants, _assessment(blueprint, year, season, advertised), forms, standing, empty)
    reply = empty(people, np.int64)
    replies(
        key,
        season,
        round_number,
        applicants.person,
        blueprint.decline,
        blueprint.no_response,
        blueprint.upgrade_opt_in,
        reply,
    )
    unfilled = advertised.reshape(-1).copy()
    offers = Offers.room_for(len(line.person) + len(line.region), empty)
    outcome = Outcome.room_for(people, empty)
    offers = offers.cut(match_with_replies(key, line, applicants, wishes, reply, unfilled, offers, outcome))
    return RoundResult(
        application_person=forms.person,
        application_programme=forms.programme,
        application_order=forms.order,
        application_first_region=forms.region,
        application_standing=standing,
        offer_person=offers.person,
        offer_pool=offers.pool,
        offer_rank=offers.rank,
        offer_pass=offers.passes,
        offer_is_first=offers.is_first,
        reply=reply,
        accepted_pool=outcome.pool,
        accepted_rank=outcome.rank,
        had_offer=outcome.had_offer,
        unfilled=unfilled,
    )
