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
    Line,
    Offers,
    Outcome,
    match_with_replies,
    merit_of,
)
from pipeline_sim.rules.preferences import Applicants, Wishes

KEY = 7


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


def in_line(first, pool, merit):
    """Those with a merit, in the order given; every pool is a programme with posts in one region."""
    entries = np.flatnonzero(merit >= 0)
    whose = np.repeat(np.arange(len(first) - 1), np.diff(first))[entries]
    person, begin = np.unique(whose, return_index=True)

    def small(values):
        return np.array(values, np.int32)

    return Line(
        person=small(person),
        first=small([*begin, len(entries)]),
        merit=merit[entries],
        programme=small(pool[entries]),
        order=small(entries * 0 + 1),
        above=small(entries - first[whose]),
        choice=small(range(len(entries) + 1)),
        region=np.zeros(len(entries), np.int8),
    )


def match(first, pool, merit, places, reply):
    """(accepted choice of each person or -1, [(choice, pass)] of every offer); ``places`` is used up."""
    people = len(reply)
    nobody = Applicants(*(np.zeros(people, np.int64) for _ in Applicants._fields))
    no_flags, no_table = np.zeros(0, np.bool_), np.zeros((1, 1), np.int64)
    wishes = Wishes(
        base=0, in_round=no_flags, parents=no_table[0], core_bit=no_table[0], shortage=no_flags,
        weights=no_table, shortage_percent=100, enhance_percent=no_table[0],
        applications=no_table, regions_listed=no_table, cap=1,
        place=np.zeros((len(places), 1, 8), np.int64),
    )  # fmt: skip
    offers, outcome = Offers.room_for(people + len(pool)), Outcome.room_for(people)
    line = in_line(first, pool, merit)
    offers = offers.cut(match_with_replies(KEY, line, nobody, wishes, reply, places, offers, outcome))
    accepted = np.where(outcome.pool >= 0, first[:-1] + outcome.rank - 1, -1)
    assert (pool[accepted[accepted >= 0]] == outcome.pool[accepted >= 0]).all()
    choices = first[offers.person] + offers.rank - 1
    assert (pool[choices] == offers.pool).all()
    return accepted, list(zip(choices.tolist(), offers.passes.tolist(), strict=True))


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
    held, _ = match(first, pool, merit, places, np.full(len(lists), ACCEPTS))
    found = [None if c < 0 else int(pool[c]) for c in held]
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
    accepted, offers = match(first, pool, merit, places, reply)
    held = np.bincount(pool[accepted[accepted >= 0]], minlength=len(capacity))
    assert (held <= capacity).all()
    assert (places == capacity - held).all()
    had_offer = np.zeros(people, bool)
    person_of = np.repeat(np.arange(people), np.diff(first))
    had_offer[person_of[[c for c, _ in offers]]] = True
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
    reply = np.array([DECLINES, ACCEPTS_WITH_UPGRADES, ACCEPTS], np.int64)
    accepted, offers = match(first, pool, merit, places, reply)
    assert pool[accepted[1]] == 0 and pool[accepted[2]] == 1 and accepted[0] == -1
    # offers: 0 gets post 0, 1 gets post 1; then 1 is moved up to post 0 and 2 gets post 1
    assert [(int(pool[c]), int(k)) for c, k in offers] == [
        (0, 0),
        (1, 0),
        (0, 1),
        (1, 1),
    ]


def test_without_opting_in_a_doctor_keeps_the_first_accepted_post():
    first, pool, merit, places = flatten(*THREE_FOR_TWO)
    reply = np.array([NO_RESPONSE, ACCEPTS, ACCEPTS], np.int64)
    accepted, _ = match(first, pool, merit, places, reply)
    assert pool[accepted[1]] == 1 and accepted[2] == -1
    assert places.tolist() == [1, 0]


def test_the_first_tier_comes_before_any_score():
    assert merit_of(1, -200_000, 9) > merit_of(0, 500_000, 0)
    assert merit_of(0, 10, 5) > merit_of(0, 9, 0)
    assert merit_of(0, 10, 0) > merit_of(0, 10, 1)
