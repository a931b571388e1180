"""KPIs of specialty recruitment: applications, offers, posts and who fills them."""

from __future__ import annotations

from numpy.typing import NDArray

from pipeline_sim.identity import is_uk_graduate
from pipeline_sim.results.facts import Facts, Table
from pipeline_sim.results.registry import Kpi, Measure, percent
from pipeline_sim.results.sources import DEFINED_HERE, business_plan, plan_figures
from pipeline_sim.vocabulary import RERUN, TIER, Event, Unplaced, lowest_part, round_of

ROUND_AXES = ("round", "programme", "region")
PROGRAMME, REGION, ROUND = ("programme",), ("region",), ("round",)
BOTH = ("programme", "region")
SEASONS = (ROUND, ("reason",), ("round", "reason"))
PRIORITISED_TIER = 1


def _rounds(facts: Facts) -> dict[str, tuple[str, ...]]:
    return {"round": tuple(facts.blueprint.rounds)}


def _of_rounds(facts: Facts, numerator: Table, denominator: Table | None = None) -> Measure:
    return Measure(numerator, denominator, ROUND_AXES, _rounds(facts))


def applications(facts: Facts) -> Measure:
    return _of_rounds(facts, facts.applied)


def unique_applicants(facts: Facts) -> Measure:
    total, by_round = facts.applicants()
    rounds = Measure(by_round, axes=ROUND, names=_rounds(facts))
    return Measure(total, axes=(), names=_rounds(facts), breakdowns={ROUND: rounds})


def applications_per_post(facts: Facts) -> Measure:
    main = facts.main_rounds
    breakdown = _of_rounds(facts, facts.applied, facts.advertised)
    return Measure(
        facts.applied[:, main].sum(axis=1),
        facts.advertised[:, main].sum(axis=1),
        names=_rounds(facts),
        breakdowns={ROUND: breakdown},
    )


def posts_advertised(facts: Facts) -> Measure:
    breakdown = _of_rounds(facts, facts.advertised)
    return Measure(facts.posts[0], names=_rounds(facts), breakdowns={ROUND: breakdown})


def posts_unfilled(facts: Facts) -> Measure:
    breakdown = _of_rounds(facts, facts.unfilled)
    return Measure(facts.posts[1], names=_rounds(facts), breakdowns={ROUND: breakdown})


def fill_rate(facts: Facts) -> Measure:
    posts, unfilled = facts.posts
    of_round = _of_rounds(facts, facts.advertised - facts.unfilled, facts.advertised)
    breakdowns = dict.fromkeys((ROUND, ("round", "programme"), ("round", "region")), of_round)
    return Measure(posts - unfilled, posts, names=_rounds(facts), breakdowns=breakdowns)


def offers(facts: Facts) -> Measure:
    return _of_rounds(facts, facts.offered)


def offers_rerun(facts: Facts) -> Measure:
    again = facts.tabulate(facts.rows(Event.OFFERED), lambda detail: detail >= RERUN)
    return Measure(again, facts.count(Event.OFFERED))


def accepts(facts: Facts) -> Measure:
    return _of_rounds(facts, facts.accepted)


def declined(facts: Facts) -> Measure:
    refused = facts.by_round(Event.DECLINED) + facts.by_round(Event.OFFER_LAPSED)
    return _of_rounds(facts, refused, facts.offered)


def withdrawn(facts: Facts) -> Measure:
    return Measure(facts.count(Event.WITHDREW), facts.count(Event.ACCEPTED))


def unplaced(facts: Facts) -> Measure:
    reasons = ("", *(known.name.lower() for known in Unplaced))

    def season(detail: NDArray) -> NDArray:
        return round_of(detail) * len(reasons) + lowest_part(detail)

    rows = facts.rows(Event.UNPLACED)
    table = facts.tabulate_by(rows, season, len(facts.blueprint.rounds) * len(reasons))
    table = table.sum(axis=(2, 3)).reshape(facts.years, -1, len(reasons))
    seasons = Measure(table, axes=("round", "reason"), names={**_rounds(facts), "reason": reasons})
    total = facts.people_without_success()
    return Measure(total, axes=(), breakdowns=dict.fromkeys(SEASONS, seasons))


def uk_graduate_accepts(facts: Facts) -> Measure:
    rows = facts.rows(Event.ACCEPTED)
    uk = rows[is_uk_graduate(facts.log.person[rows])]
    return Measure(facts.tabulate(uk), facts.count(Event.ACCEPTED))


def prioritised_accepts(facts: Facts) -> Measure:
    first = facts.tabulate(facts.rows(Event.ACCEPTED), lambda detail: detail // TIER == PRIORITISED_TIER)
    return Measure(first, facts.count(Event.ACCEPTED))


def first_choice_accepts(facts: Facts) -> Measure:
    first = facts.tabulate(facts.rows(Event.ACCEPTED), lambda detail: lowest_part(detail) == 1)
    return Measure(first, facts.count(Event.ACCEPTED))


def _gp_accepts(facts: Facts) -> Table:
    return facts.count(Event.ACCEPTED) * facts.general_practice[None, :, None]


def gp_acceptances(facts: Facts) -> Measure:
    return Measure(_gp_accepts(facts))


def gp_acceptances_against_plan(facts: Facts) -> Measure:
    accepted = _gp_accepts(facts).sum(axis=(1, 2))
    return Measure(accepted, plan_figures(facts, "gp_acceptances"), axes=())


KPIS = (
    percent(
        "offers_rerun_percent",
        "Offers that had to be re-run",
        "re-run offers / offers made",
        business_plan("Postgraduate", 1, "% of postgraduate offers that need to be rerun"),
        offers_rerun,
        (PROGRAMME, REGION),
    ),
    percent(
        "fill_rate",
        "Fill rate of advertised posts",
        "posts filled / posts advertised, both as in `posts_advertised` and `posts_unfilled`: a post that "
        "stayed empty and is advertised again in any later round of the year counts once; for a round, "
        "posts filled in it / posts advertised in it",
        business_plan("Postgraduate", 5, "Fill rate of advertised posts"),
        fill_rate,
        (PROGRAMME, REGION, BOTH, ROUND, ("round", "programme"), ("round", "region")),
    ),
    Kpi(
        "gp_acceptances",
        "Acceptances of GP training posts",
        "people",
        "posts accepted in programmes that train GPs",
        business_plan("Primary and Integrated Care", 1, "GP trainee acceptances against plan"),
        gp_acceptances,
        (REGION,),
    ),
    percent(
        "gp_acceptances_against_plan",
        "Acceptances of GP training posts against plan",
        "GP acceptances / the scenario's planned number (4,000 in the business plan)",
        business_plan("Primary and Integrated Care", 1, "GP trainee acceptances against plan"),
        gp_acceptances_against_plan,
    ),
    Kpi(
        "applications",
        "Applications for specialty posts",
        "applications",
        "applications made; one person may make several",
        DEFINED_HERE,
        applications,
        (PROGRAMME, ROUND),
    ),
    Kpi(
        "unique_applicants",
        "Doctors who applied for specialty posts",
        "people",
        "people with at least one application in the year, or in the round",
        DEFINED_HERE,
        unique_applicants,
        (ROUND,),
    ),
    Kpi(
        "applications_per_post",
        "Competition for specialty posts",
        "applications per post",
        "as published: applications made in August's own rounds (rounds 1 and 2 in England) / posts that "
        "these advertise; rounds that advertise another's posts again and rounds of other months are left "
        "out. For a round, any round, applications made in it / posts in it",
        DEFINED_HERE,
        applications_per_post,
        (PROGRAMME, ROUND),
    ),
    Kpi(
        "posts_advertised",
        "Specialty posts advertised",
        "posts",
        "by programme and region, posts in the first round of the year, and in each later round those "
        "beyond the posts that the round before it left empty: a post that stayed empty counts once a "
        "year; for a round, all posts in it",
        DEFINED_HERE,
        posts_advertised,
        (PROGRAMME, REGION, ROUND),
    ),
    Kpi(
        "posts_unfilled",
        "Specialty posts left empty",
        "posts",
        "by programme and region, posts still empty after the last round of the year that advertised any; "
        "for a round, those empty after it",
        DEFINED_HERE,
        posts_unfilled,
        (PROGRAMME, REGION, ROUND),
    ),
    Kpi(
        "offers",
        "Offers of specialty posts",
        "offers",
        "offers made, re-run offers included",
        DEFINED_HERE,
        offers,
        (PROGRAMME, ROUND),
    ),
    Kpi(
        "accepts",
        "Acceptances of specialty posts",
        "people",
        "offers accepted",
        DEFINED_HERE,
        accepts,
        (PROGRAMME, REGION, ROUND),
    ),
    percent(
        "offers_declined_percent",
        "Offers declined or not answered",
        "(offers declined + offers lapsed) / offers made",
        DEFINED_HERE,
        declined,
        (PROGRAMME, ROUND),
    ),
    percent(
        "withdrawn_before_start_percent",
        "Accepted posts given back before the start",
        "withdrawals before the start / offers accepted",
        DEFINED_HERE,
        withdrawn,
        (PROGRAMME,),
    ),
    percent(
        "first_choice_accepts_percent",
        "Acceptances that were the doctor's first choice",
        "offers accepted that were first on the doctor's list / offers accepted",
        DEFINED_HERE,
        first_choice_accepts,
        (PROGRAMME, REGION),
    ),
    Kpi(
        "unplaced",
        "Doctors who applied and got no post in the year",
        "people",
        "doctors who applied without success and accepted no post in the training year, each once. The "
        "breakdowns count seasons, not people: a doctor's applications of one month that all failed, by "
        "the first round tried and by reason; a doctor may fail in August and again in February, or be "
        "placed then. Trainees who try for another programme keep their post and are not counted",
        DEFINED_HERE,
        unplaced,
        SEASONS,
    ),
    percent(
        "uk_graduate_share_of_accepts",
        "UK graduates among those who accepted",
        "acceptances by UK medical graduates / acceptances",
        DEFINED_HERE,
        uk_graduate_accepts,
        (PROGRAMME, REGION),
    ),
    percent(
        "prioritised_share_of_accepts",
        "Prioritised doctors among those who accepted",
        "acceptances by doctors in the first tier / acceptances",
        DEFINED_HERE,
        prioritised_accepts,
        (PROGRAMME, REGION),
    ),
)
