"""The match: stable, within capacity, applicant-optimal; replies recycle posts down the list."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_sim.rules.matching import (
    ACCEPTS,
    ACCEPTS_WITH_UPGRADES,
    DECLINES,
    NO_RESPONSE,
    deferred_acceptance,
    match_with_replies,
    merit_of,
)


@st.composite
def markets(draw, most_people=8, most_pools=4):
    """(lists of pools, scores by person and pool or None if not appointable, capacities)."""
    people = draw(st.integers(1, most_people))
    pools = draw(st.integers(1, most_pools))
    lists = [draw(st.lists(st.integers(0, pools - 1), unique=True, max_size=pools)) for _ in range(people)]
    scores = [[draw(st.one_of(st.none(), st.integers(-5, 5))) for _ in range(pools)] for _ in range(people)]
    capacity = [draw(st.integers(0, 3)) for _ in range(pools)]
    return lists, scores, capacity


def flatten(lists, scores, capacity):
    first = np.cumsum([0, *map(len, lists)]).astype(np.int64)
    pool = np.array([p for one in lists for p in one], np.int64)
    merit = np.array(
        [
            -1 if scores[i][p] is None else merit_of(0, scores[i][p], i)
            for i, one in enumerate(lists)
            for p in one
        ],
        np.int64,
    )
    return first, pool, merit, np.array(capacity, np.int64)


def stable_assignments(lists, scores, capacity):
    """Every stable assignment, by trying them all. Ties in score go to the earlier person."""

    def merit(i, p):
        return (scores[i][p], -i)

    def rank(i, p):
        return lists[i].index(p) if p is not None else len(lists[i])

    options = [[None, *(p for p in one if scores[i][p] is not None)] for i, one in enumerate(lists)]
    for assignment in product(*options):
        held = {p: [i for i, q in enumerate(assignment) if q == p] for p in range(len(capacity))}
        if any(len(held[p]) > capacity[p] for p in held):
            continue
        blocks = any(
            rank(i, p) < rank(i, assignment[i])
            and capacity[p] > 0
            and (len(held[p]) < capacity[p] or any(merit(i, p) > merit(j, p) for j in held[p]))
            for i, one in enumerate(lists)
            for p in one
            if scores[i][p] is not None
        )
        if not blocks:
            yield assignment


@settings(max_examples=150, deadline=None)
@given(markets(most_people=5, most_pools=3))
def test_the_match_is_the_best_stable_one_for_every_applicant(market):
    lists, scores, capacity = market
    first, pool, merit, places = flatten(*market)
    match = np.empty(len(lists), np.int64)
    deferred_acceptance(np.ones(len(lists), np.bool_), first, pool, merit, places, match)
    found = [None if c < 0 else int(pool[c]) for c in match]
    ranks = [
        [one.index(p) if p is not None else len(one) for one, p in zip(lists, stable, strict=True)]
        for stable in stable_assignments(lists, scores, capacity)
    ]
    best = [min(column) for column in zip(*ranks, strict=True)]
    assert [one.index(p) if p is not None else len(one) for one, p in zip(lists, found, strict=True)] == best


@settings(max_examples=300, deadline=None)
@given(
    markets(most_people=40, most_pools=6),
    st.lists(st.sampled_from([ACCEPTS_WITH_UPGRADES, DECLINES, NO_RESPONSE]), min_size=40, max_size=40),
)
def test_after_replies_no_post_is_over_filled_and_nobody_below_is_preferred(market, answers):
    lists, _, capacity = market
    first, pool, merit, places = flatten(*market)
    people = len(lists)
    reply = np.array(answers[:people], np.int64)
    accepted = np.empty(people, np.int64)
    offers = np.empty((2, people + len(pool)), np.int64)
    count = match_with_replies(first, pool, merit, places, reply, accepted, offers[0], offers[1])
    held = np.bincount(pool[accepted[accepted >= 0]], minlength=len(capacity))
    assert (held <= capacity).all()
    assert (places == capacity - held).all()
    had_offer = np.zeros(people, bool)
    person_of = np.repeat(np.arange(people), np.diff(first))
    had_offer[person_of[offers[0, :count]]] = True
    assert not (accepted[(reply == DECLINES) | (reply == NO_RESPONSE)] >= 0).any()
    assert (accepted[had_offer & (reply == ACCEPTS_WITH_UPGRADES)] >= 0).all()
    # stability among all who stayed: nobody envies a post held by someone of lower merit, or left empty
    for i in range(people):
        if reply[i] in (DECLINES, NO_RESPONSE) and had_offer[i]:
            continue
        mine = accepted[i] if accepted[i] >= 0 else first[i + 1]
        for c in range(first[i], mine):
            if merit[c] < 0 or capacity[pool[c]] == 0:
                continue
            assert places[pool[c]] == 0
            rivals = [accepted[j] for j in range(people) if accepted[j] >= 0 and pool[accepted[j]] == pool[c]]
            assert all(merit[r] > merit[c] for r in rivals)


#: Lists, scores and places of three doctors and two posts of one place each; 0 is best everywhere.
THREE_FOR_TWO = ([[0], [0, 1], [1]], [[3, 3], [2, 2], [1, 1]], [1, 1])


def test_a_declined_post_is_offered_down_the_list_and_frees_an_upgrade():
    first, pool, merit, places = flatten(*THREE_FOR_TWO)
    accepted = np.empty(3, np.int64)
    offers = np.empty((2, 10), np.int64)
    reply = np.array([DECLINES, ACCEPTS_WITH_UPGRADES, ACCEPTS], np.int64)
    count = match_with_replies(first, pool, merit, places, reply, accepted, offers[0], offers[1])
    assert pool[accepted[1]] == 0 and pool[accepted[2]] == 1 and accepted[0] == -1
    # offers: 0 gets post 0, 1 gets post 1; then 1 is moved up to post 0 and 2 gets post 1
    assert [(int(pool[c]), int(k)) for c, k in zip(*offers[:, :count], strict=True)] == [
        (0, 0),
        (1, 0),
        (0, 1),
        (1, 1),
    ]


def test_without_opting_in_a_doctor_keeps_the_first_accepted_post():
    first, pool, merit, places = flatten(*THREE_FOR_TWO)
    accepted = np.empty(3, np.int64)
    offers = np.empty((2, 10), np.int64)
    reply = np.array([NO_RESPONSE, ACCEPTS, ACCEPTS], np.int64)
    match_with_replies(first, pool, merit, places, reply, accepted, offers[0], offers[1])
    assert pool[accepted[1]] == 1 and accepted[2] == -1
    assert places.tolist() == [1, 0]


def test_the_first_tier_comes_before_any_score():
    assert merit_of(1, -200_000, 9) > merit_of(0, 500_000, 0)
    assert merit_of(0, 10, 5) > merit_of(0, 9, 0)
    assert merit_of(0, 10, 0) > merit_of(0, 10, 1)
