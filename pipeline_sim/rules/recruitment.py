"""One recruitment round, from lists of choices to accepted posts.

Scores, shortlists and appointability; then the match and its replies. The arrays in and out are flat,
one entry a person, an application or a choice, and hold everything an engine needs to log the round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.compiling import kernel
from pipeline_sim.randomness import ABILITY, ASSESSMENT, RESPONSE, SHORTLIST, UPGRADE, bell, draw, happens
from pipeline_sim.rules.matching import (
    ACCEPTS,
    ACCEPTS_WITH_UPGRADES,
    DECLINES,
    NO_RESPONSE,
    match_with_replies,
    merit_of,
)
from pipeline_sim.rules.preferences import MAX_APPLICATIONS, PER_SEASON, list_choices

Ints = NDArray[np.int64]

ELIGIBLE, NOT_INTERVIEWED, NOT_APPOINTABLE = 0, 1, 2
TIER_AT_NONE, TIER_AT_OFFER, TIER_AT_INTERVIEW = 0, 1, 2


@dataclass(frozen=True)
class Applicants:
    """Everyone in a round, in the order of their identity. One entry a person."""

    person: Ints
    group: Ints  # 0 UK graduate, 1 overseas
    profile: Ints  # 2 x group + 1 on the higher track: row of the blueprint's applicant arrays
    tier: Ints  # 1 = prioritised
    home: Ints  # region, -1 none
    trained: Ints  # region trained in last, -1 none
    priority: Ints  # region of a foundation priority programme, -1 none
    competence: Ints  # bit mask of core programmes completed

    def take(self, rows: Any) -> Applicants:
        """The applicants of an index or mask."""
        return Applicants(
            self.person[rows],
            self.group[rows],
            self.profile[rows],
            self.tier[rows],
            self.home[rows],
            self.trained[rows],
            self.priority[rows],
            self.competence[rows],
        )


@dataclass(frozen=True)
class RoundResult:
    """What a round did. Persons, applications and choices are numbered from 0 in each array."""

    application_person: Ints  # [forms]
    application_programme: Ints  # [forms]
    application_order: Ints  # [forms] 1 = favourite specialty
    application_first_region: Ints  # [forms]
    application_standing: Ints  # [forms] ELIGIBLE, NOT_INTERVIEWED or NOT_APPOINTABLE
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


@kernel
def assess(
    key,
    season,
    people,
    profile,
    tier,
    application_person,
    application_programme,
    bonus,
    noise_percent,
    appointable,
    interview_limit,
    tier_stage,
    standing,
    score,
):
    """Fill the score and standing of every application.

    Score = ability + bonus of the group and track + the specialty's own assessment. Where a programme
    interviews only so many, the shortlist is by ability plus one test for the season (the MSRA), first
    tier first from the year in which prioritisation reaches interviews.
    """
    forms = application_person.shape[0]
    programmes = appointable.shape[0]
    short = np.empty(forms, np.int64)
    count = np.zeros(programmes, np.int64)
    for a in range(forms):
        i = application_person[a]
        p = application_programme[a]
        ability = bell(key, people[i], ABILITY, 0) + bonus[profile[i]]
        test = bell(key, people[i], SHORTLIST, season)
        short[a] = merit_of(
            tier[i] if tier_stage == TIER_AT_INTERVIEW else 0, ability + test * noise_percent // 100, i
        )
        own = bell(key, people[i], ASSESSMENT, season * 256 + p)
        score[a] = ability + own * noise_percent // 100
        standing[a] = ELIGIBLE if score[a] >= appointable[p] else NOT_APPOINTABLE
        count[p] += 1
    for p in range(programmes):
        if interview_limit[p] < 0 or count[p] <= interview_limit[p]:
            continue
        ranks = np.empty(count[p], np.int64)
        k = 0
        for a in range(forms):
            if application_programme[a] == p:
                ranks[k] = short[a]
                k += 1
        ranks.sort()
        if interview_limit[p] == 0:
            cut = ranks[count[p] - 1] + 1
        else:
            cut = ranks[count[p] - interview_limit[p]]
        for a in range(forms):
            if application_programme[a] == p and short[a] < cut:
                standing[a] = NOT_INTERVIEWED


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


@kernel
def _merits(tier, tier_stage, application_person, standing, score, choice_application, merit):
    for c in range(choice_application.shape[0]):
        a = choice_application[c]
        i = application_person[a]
        if standing[a] == ELIGIBLE:
            merit[c] = merit_of(tier[i] if tier_stage != TIER_AT_NONE else 0, score[a], i)
        else:
            merit[c] = -1


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
) -> RoundResult:
    """Run one round.

    ``season`` numbers the application seasons; ``weights`` [group, programme] and ``places``
    [programme, region] come from ``rules.preferences``; ``advertised`` [programme, region] are the
    posts of the round. Applicants must be sorted by person.
    """
    regions = len(blueprint.regions)
    people = len(applicants.person)
    cap = min(MAX_APPLICATIONS, int(blueprint.application_cap[year]))
    in_round = blueprint.round_programmes[round_number]
    most = people * cap * regions
    first = np.zeros(people + 1, np.int64)
    choice_pool = np.empty(most, np.int64)
    choice_application = np.empty(most, np.int64)
    form_person = np.empty(people * cap, np.int64)
    form_programme = np.empty(people * cap, np.int64)
    form_order = np.empty(people * cap, np.int64)
    choices, forms = list_choices(
        key,
        season,
        round_number,
        applicants.person,
        applicants.group,
        applicants.profile,
        applicants.home,
        applicants.trained,
        applicants.priority,
        applicants.competence,
        in_round,
        blueprint.programme_parents,
        blueprint.programme_core_bit,
        blueprint.programme_shortage,
        weights,
        blueprint.priority_shortage_weight,
        places,
        advertised,
        blueprint.applications,
        blueprint.regions_listed,
        cap,
        blueprint.home_weight,
        blueprint.trained_weight,
        blueprint.priority_region_weight,
        first,
        choice_pool,
        choice_application,
        form_person,
        form_programme,
        form_order,
    )
    choice_pool = choice_pool[:choices]
    choice_application = choice_application[:choices]
    form_person, form_programme, form_order = form_person[:forms], form_programme[:forms], form_order[:forms]

    posts = advertised.sum(axis=1)
    limit = np.where(blueprint.interviews_per_post > 0, -(-posts * blueprint.interviews_per_post // 100), -1)
    standing = np.empty(forms, np.int64)
    score = np.empty(forms, np.int64)
    tier_stage = int(blueprint.tier_stage[year])
    assess(
        key,
        season,
        applicants.person,
        applicants.profile,
        applicants.tier,
        form_person,
        form_programme,
        blueprint.score_bonus,
        blueprint.noise_percent,
        blueprint.appointable_score,
        limit,
        tier_stage,
        standing,
        score,
    )
    merit = np.empty(choices, np.int64)
    _merits(applicants.tier, tier_stage, form_person, standing, score, choice_application, merit)
    reply = np.empty(people, np.int64)
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
    accepted = np.empty(people, np.int64)
    offer_choice = np.empty(people + choices, np.int64)
    offer_pass = np.empty(people + choices, np.int64)
    unfilled = advertised.reshape(-1).copy()
    offers = match_with_replies(
        first, choice_pool, merit, unfilled, reply, accepted, offer_choice, offer_pass
    )
    offer_choice, offer_pass = offer_choice[:offers], offer_pass[:offers]

    choice_person = form_person[choice_application]
    offer_person = choice_person[offer_choice]
    offer_is_first = np.zeros(offers, np.bool_)
    had_offer, earliest = np.unique(offer_person, return_index=True)
    offer_is_first[earliest] = True
    received = np.zeros(people, np.bool_)
    received[had_offer] = True
    form_first_choice = np.searchsorted(choice_application, np.arange(forms))
    placed = accepted >= 0
    accepted_pool = np.full(people, -1, np.int64)
    accepted_pool[placed] = choice_pool[accepted[placed]]
    accepted_rank = np.zeros(people, np.int64)
    accepted_rank[placed] = accepted[placed] - first[:people][placed] + 1
    return RoundResult(
        application_person=form_person,
        application_programme=form_programme,
        application_order=form_order,
        application_first_region=choice_pool[form_first_choice] % regions,
        application_standing=standing,
        offer_person=offer_person,
        offer_pool=choice_pool[offer_choice],
        offer_rank=offer_choice - first[offer_person] + 1,
        offer_pass=offer_pass,
        offer_is_first=offer_is_first,
        reply=reply,
        accepted_pool=accepted_pool,
        accepted_rank=accepted_rank,
        had_offer=received,
        unfilled=unfilled,
    )
