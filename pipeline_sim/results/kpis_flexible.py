"""KPIs of flexible training: who steps out and comes back, credit, other routes, and work beside training."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.results.census import person_months
from pipeline_sim.results.facts import Facts, Table
from pipeline_sim.results.kpis_training import DOCTORS_IN_TRAINING, percentile_of
from pipeline_sim.results.labels import (
    CAUSE_NAMES,
    fellowship_names,
    kinds_up_to,
    months_in_year,
    post_is_held,
    word,
)
from pipeline_sim.results.registry import Kpi, Measure, percent
from pipeline_sim.results.sources import DEFINED_HERE, business_plan
from pipeline_sim.vocabulary import COVERING, CREDIT_KIND, KINDS, Credit, Event, Scheme, State

PROGRAMME, REGION, KIND, CAUSE = ("programme",), ("region",), ("kind",), ("cause",)
KIND_PLACES = ("kind", "programme", "region")
BACK_WITHIN = (12, 24, 60)  # months
UNNAMED = "not_recorded"
#: Where doctors between medical school and a trained post are, beside those waiting to start or return.
_PLACES = (
    State.FOUNDATION_WAITING,
    State.FOUNDATION,
    State.TRAINING,
    State.STEPPED_OUT,
    State.LOCALLY_EMPLOYED,
    State.UNPLACED,
    State.ABROAD,
    State.BREAK,
    State.TEACHING_RESEARCH,
    State.TRAINING_INITIATIVE,
)
_START, _RETURN = "waiting_to_start", "waiting_to_return"


def _event(event: Event) -> Callable[[Facts], Measure]:
    return lambda facts: Measure(facts.count(event))


def _by_kind(facts: Facts, event: Event, names: tuple[str, ...], from_month: int = 0) -> Measure:
    """Events by the kind in their detail: [year, kind, programme, region]."""
    rows = facts.rows(event)
    rows = rows[facts.log.month[rows] >= from_month]
    table = facts.tabulate_by(rows, lambda detail: detail % KINDS, max(len(names), 1))
    return Measure(table, axes=KIND_PLACES, names={"kind": names or ("",)})


def step_outs(facts: Facts) -> Measure:
    return _by_kind(facts, Event.STEPPED_OUT, facts.step_out_kinds, from_month=1)


def returns(facts: Facts) -> Measure:
    return _by_kind(facts, Event.STEPPED_IN, facts.step_out_kinds)


def mean_wte(facts: Facts) -> Measure:
    return Measure(facts.whole_time(*DOCTORS_IN_TRAINING), facts.headcount(*DOCTORS_IN_TRAINING))


def _away(facts: Facts, of_cells: Callable[[NDArray[np.bool_]], Table]) -> Measure:
    """Trainees stepped out by kind, as ``of_cells`` counts the cells of one; unknown kinds come last."""
    names = facts.step_out_kinds
    away = facts.census.in_states([State.STEPPED_OUT])
    kinds = (*range(len(names)), -1)
    table = np.stack([of_cells(away & (facts.census.step_out == kind)) for kind in kinds], axis=1)
    return Measure(table, axes=KIND_PLACES, names={"kind": (*names, UNNAMED)})


def stepped_out(facts: Facts) -> Measure:
    return _away(facts, facts.heads_of)


def stepped_out_at_year_end(facts: Facts) -> Measure:
    last = np.append(np.flatnonzero(np.diff(facts.year_of)), len(facts.year_of) - 1)
    heads = facts.census.heads[:, last]
    return _away(facts, lambda cells: person_months(facts.census, facts.blueprint, cells, heads))


def stepped_out_percent(facts: Facts) -> Measure:
    away = facts.headcount(State.STEPPED_OUT)
    return Measure(away, away + facts.trainees)


def posts_held(facts: Facts) -> Measure:
    spells = facts.step_outs[facts.step_outs["out"] >= 0]
    spells = spells[post_is_held(facts.blueprint)[facts.year_of[spells["out"]], spells["kind"]]]
    where = spells["programme"] + 1, spells["region"] + 1
    until = np.where(spells["until"] < 0, facts.blueprint.months, spells["until"])
    change = np.zeros((facts.blueprint.months + 1, *facts.shape[1:]))
    np.add.at(change, (spells["out"], *where), 1)
    np.add.at(change, (until, *where), -1)
    total = np.zeros(facts.shape)
    np.add.at(total, facts.year_of[: facts.blueprint.months], change.cumsum(axis=0)[:-1])
    return Measure(total / months_in_year(facts.blueprint)[:, None, None])


def held_posts_covered(facts: Facts) -> Measure:
    rows = facts.rows(Event.STARTED_OUTSIDE)
    return Measure(facts.tabulate(rows, lambda detail: detail >= COVERING))


def _back_within(months: int) -> Callable[[Facts], Measure]:
    """Step-outs of each year followed by a return at most ``months`` later, of those followed as long."""

    def measure(facts: Facts) -> Measure:
        spells = facts.step_outs
        followed = spells[(spells["out"] > 0) & (spells["out"] + months < facts.blueprint.months)]
        back = followed[(followed["back"] >= 0) & (followed["back"] - followed["out"] <= months)]
        names = facts.step_out_kinds
        shape = facts.years, max(len(names), 1), *facts.shape[1:]

        def table(these: NDArray) -> Table:
            where = facts.year_of[these["out"]], these["kind"], these["programme"] + 1, these["region"] + 1
            key = np.ravel_multi_index(where, shape)
            return np.bincount(key, minlength=int(np.prod(shape))).astype(np.float64).reshape(shape)

        return Measure(table(back), table(followed), KIND_PLACES, {"kind": names or ("",)})

    return measure


def did_not_return_percent(facts: Facts) -> Measure:
    names = facts.step_out_kinds
    gone, back = (_by_kind(facts, event, names) for event in (Event.DID_NOT_RETURN, Event.STEPPED_IN))
    return dataclasses.replace(gone, denominator=gone.numerator + back.numerator)


def supported_return_percent(facts: Facts) -> Measure:
    return Measure(facts.count(Event.SUPPORTED_RETURN), facts.count(Event.STEPPED_IN))


def _returns_after_waiting(facts: Facts) -> NDArray:
    return facts.step_outs[facts.step_outs["waited"] > 0]


def returns_after_waiting_percent(facts: Facts) -> Measure:
    waited = _returns_after_waiting(facts)
    table = facts.table_of(waited["back"], waited["programme"], waited["region"])
    return Measure(table, facts.count(Event.STEPPED_IN))


def wait_to_return_median(facts: Facts) -> Measure:
    waited = _returns_after_waiting(facts)
    programmes, longest = facts.shape[1], int(waited["waited"].max(initial=0)) + 1
    shape = facts.years, programmes, longest
    where = facts.year_of[waited["back"]], waited["programme"] + 1, waited["waited"]
    counts = np.bincount(np.ravel_multi_index(where, shape), minlength=int(np.prod(shape))).reshape(shape)
    whole = _median(counts.sum(axis=1), ())
    return dataclasses.replace(whole, breakdowns={PROGRAMME: _median(counts, PROGRAMME)})


def _median(counts: NDArray, axes: tuple[str, ...]) -> Measure:
    number = counts.sum(axis=-1)
    value = np.where(number > 0, percentile_of(counts, 50), np.nan)
    return Measure(np.full(number.shape, np.nan), number.astype(np.float64), axes, value=value)


def waits_to_return(facts: Facts) -> Measure:
    census = facts.census
    tables = [
        person_months(census, facts.blueprint, census.returning & (census.cause == cause), facts.yearly_heads)
        for cause in range(len(CAUSE_NAMES))
    ]
    axes = ("cause", "programme", "region")
    return Measure(np.stack(tables, axis=1), axes=axes, names={"cause": CAUSE_NAMES})


def _credit(facts: Facts, in_months: bool) -> Measure:
    """Grants of credit, or the WTE months of them, by reason."""
    names = ["", *(word(reason) for reason in Credit)]
    log, rows = facts.log, facts.rows(Event.CREDIT_GRANTED)
    reason, hundredths = np.divmod(log.detail[rows], CREDIT_KIND)
    table = np.zeros((facts.years, len(names), *facts.shape[1:]))
    place = log.programme[rows] + 1, log.region[rows] + 1
    np.add.at(table, (facts.year_of[log.month[rows]], reason, *place), hundredths / 100 if in_months else 1.0)
    return Measure(table, axes=KIND_PLACES, names={"kind": tuple(names)})


def credit_grants(facts: Facts) -> Measure:
    return _credit(facts, in_months=False)


def credit_months(facts: Facts) -> Measure:
    return _credit(facts, in_months=True)


def experience_months(facts: Facts) -> Measure:
    months = _credit(facts, in_months=True).numerator
    return Measure(months[:, Credit.EXPERIENCE])


def transfers_in(facts: Facts) -> Measure:
    log, rows = facts.log, facts.rows(Event.TRANSFERRED)
    return Measure(facts.table_of(log.month[rows], log.detail[rows], log.region[rows]))


def portfolio_success_percent(facts: Facts) -> Measure:
    registered, refused = (
        facts.count(event) for event in (Event.PORTFOLIO_REGISTERED, Event.PORTFOLIO_REFUSED)
    )
    return Measure(registered, registered + refused)


def portfolio_from_locally_employed(facts: Facts) -> Measure:
    lives = facts.lives
    at = np.flatnonzero(lives.event == Event.PORTFOLIO_REGISTERED)
    at = at[~lives.first[at] & (lives.state[at - 1] == State.LOCALLY_EMPLOYED)]
    found = lives.rows[at]
    return Measure(facts.table_of(found["month"], found["programme"], found["region"]))


def fellowship_starts(facts: Facts) -> Measure:
    kind = facts.log.detail[facts.rows(Event.FELLOWSHIP_STARTED)] % KINDS
    names = kinds_up_to(int(kind.max(initial=-1)), fellowship_names(facts.blueprint))
    found = _by_kind(facts, Event.FELLOWSHIP_STARTED, names)
    axes = ("fellowship", "programme", "region")
    return dataclasses.replace(found, axes=axes, names={"fellowship": names or ("",)})


def fellows(facts: Facts) -> Measure:
    return Measure(facts.headcount(State.FELLOWSHIP))


def _scheme(scheme: Scheme) -> Callable[[Facts], Measure]:
    return lambda facts: Measure(
        facts.tabulate(facts.rows(Event.SCHEME_STARTED), lambda detail: detail % KINDS == scheme)
    )


def hours_changes(facts: Facts) -> Measure:
    """Changes of hours that name a level: those of practice do not."""
    flows = facts.flows
    chosen = (flows.event == Event.CHANGED_HOURS) & (flows.level >= 0)
    table = np.zeros(facts.shape)
    place = flows.year[chosen], flows.programme[chosen] + 1, flows.region[chosen] + 1
    np.add.at(table, place, flows.count[chosen])
    return Measure(table)


def in_and_out_of_training(facts: Facts) -> Measure:
    """Doctors between medical school and a trained post, by where they are."""
    census = facts.census
    waiting = census.in_states([State.TRAINING_WAITING])
    cells = {word(state): census.in_states([state]) for state in _PLACES}
    cells |= {_START: waiting & ~census.returning, _RETURN: waiting & census.returning}
    table = np.stack([facts.heads_of(each) for each in cells.values()], axis=1)
    return Measure(table, axes=("place", "programme", "region"), names={"place": tuple(cells)})


def _counted(
    name: str,
    title: str,
    formula: str,
    measure: Callable[[Facts], Measure],
    by: tuple[tuple[str, ...], ...] = (PROGRAMME, REGION),
    unit: str = "people",
    source: str = DEFINED_HERE,
) -> Kpi:
    return Kpi(name, title, unit, formula, source, measure, by)


KPIS = (
    Kpi(
        "wte_per_doctor_in_training",
        "Whole-time equivalents of a doctor in training",
        "WTE per person",
        "WTE of doctors in foundation and specialty training / doctors in foundation and specialty training, "
        "both as means over the months of the year",
        DEFINED_HERE,
        mean_wte,
        (PROGRAMME, REGION),
    ),
    _counted(
        "hours_changes_in_training",
        "Changes of hours in training",
        "trainees who go to other hours in the year, more or fewer",
        hours_changes,
    ),
    _counted(
        "ltft_refusals",
        "Requests for other hours that were refused",
        "requests to train less than full time, or on other hours, that were refused in the year",
        _event(Event.LTFT_REFUSED),
        unit="requests",
    ),
    Kpi(
        "doctors_in_and_out_of_training",
        "Doctors before their trained post, by where they are",
        "people",
        "mean headcount over the months of the year: waiting for foundation, in foundation, at work in a "
        "programme (`training`), with a post or a training number but waiting (to start a level, or to step "
        "back in), stepped out, and outside training. UK-trained doctors abroad count, applicants from "
        "overseas do not",
        DEFINED_HERE,
        in_and_out_of_training,
        (("place",), ("place", "region")),
        total=False,
    ),
    _counted(
        "stepped_out",
        "Trainees stepped out of their programme",
        "mean headcount over the months of the year of trainees away from a programme and expected back, by "
        "kind of step-out; those already ready to return and waiting are in `waits_to_return`",
        stepped_out,
        (KIND, PROGRAMME, REGION, ("kind", "programme")),
    ),
    _counted(
        "stepped_out_at_year_end",
        "Trainees stepped out at the end of the year",
        "headcount at the end of the last month of the year, by kind of step-out",
        stepped_out_at_year_end,
        (KIND, REGION),
    ),
    percent(
        "stepped_out_percent",
        "Share of trainees who are stepped out",
        "trainees stepped out / trainees stepped out and trainees, both as means over the months of the year",
        DEFINED_HERE,
        stepped_out_percent,
        (PROGRAMME, REGION),
    ),
    _counted(
        "step_outs",
        "Step-outs from training",
        "trainees who step out of a programme in the year, by kind of step-out; those already away in the "
        "first month of the run do not count",
        step_outs,
        (KIND, PROGRAMME, REGION, ("kind", "programme")),
    ),
    _counted(
        "posts_held_for_trainees_away",
        "Posts held for trainees who are away",
        "mean headcount over the months of the year of trainees stepped out by a kind of step-out during "
        "which the post is held",
        posts_held,
    ),
    _counted(
        "held_posts_covered",
        "Locally employed doctors who begin to cover a held post",
        "doctors without a training post who, in the year, take a locally employed post to cover one held "
        "for a trainee who is away; a doctor who goes on for another year counts again after each fruitless "
        "application",
        held_posts_covered,
        (REGION,),
    ),
    *(
        percent(
            f"back_within_{months}_months_percent",
            f"Trainees back in their programme within {months} months of stepping out",
            f"step-outs of the year followed by a return to the programme at most {months} months later, "
            "waiting to return included / step-outs of the year, of those the run follows for that long; the "
            "year is that of stepping out. Those already away in the first month of the run do not count",
            DEFINED_HERE,
            _back_within(months),
            (KIND, PROGRAMME, REGION),
        )
        for months in BACK_WITHIN
    ),
    _counted(
        "returns_to_training",
        "Returns to training",
        "trainees who step back in to their programme in the year, by kind of step-out",
        returns,
        (KIND, PROGRAMME, REGION),
    ),
    _counted(
        "supported_returns",
        "Returns to training with support",
        "trainees who step back in with a place of supported return in the year",
        _event(Event.SUPPORTED_RETURN),
        source=business_plan(
            "Education reform",
            2,
            "Number of trainees who have returned to training following SuppoRTT programme",
        ),
    ),
    percent(
        "supported_return_percent",
        "Share of returns to training that had support",
        "returns with support / returns to training",
        DEFINED_HERE,
        supported_return_percent,
        (PROGRAMME, REGION),
    ),
    percent(
        "did_not_return_percent",
        "Trainees who gave up their programme while away",
        "trainees who gave up their programme while stepped out / those and the returns to training of the "
        "year, by kind of step-out",
        DEFINED_HERE,
        did_not_return_percent,
        (KIND, PROGRAMME, REGION),
    ),
    percent(
        "returns_after_waiting_percent",
        "Returns to training that had to wait",
        "returns of the year at least a month after the trainee was ready to come back / returns to training",
        DEFINED_HERE,
        returns_after_waiting_percent,
        (PROGRAMME, REGION),
    ),
    Kpi(
        "wait_to_return_months_median",
        "Wait to return to training: median",
        "months",
        "median of the months from the first refusal (no post, supervisor or other place free) to the "
        "return, of the year's returns that had to wait; the denominator is their number",
        DEFINED_HERE,
        wait_to_return_median,
        (PROGRAMME,),
    ),
    _counted(
        "waits_to_return",
        "Time spent waiting to return to training",
        "months' ends at which a trainee who had stepped out was ready to come back and waited, by what they "
        "waited for; the part of `waits` that is not about starting",
        waits_to_return,
        (CAUSE, PROGRAMME, REGION),
        unit="person-months",
    ),
    _counted(
        "credit_grants",
        "Grants of credit",
        "times that earlier training or experience was counted towards a programme in the year, by reason "
        "(`kind`): step_out, transfer, experience outside training, enhance",
        credit_grants,
        (KIND, PROGRAMME, REGION),
        unit="grants",
    ),
    _counted(
        "credit_months",
        "Training time saved by credit",
        "whole-time months of earlier training or experience counted towards a programme in the year, by "
        "reason (`kind`)",
        credit_months,
        (KIND, PROGRAMME, REGION, ("kind", "programme")),
        unit="WTE months",
    ),
    _counted(
        "experience_credit_months",
        "Recognised experience credited",
        "whole-time months credited for experience outside training, a part of `credit_months`",
        experience_months,
        unit="WTE months",
    ),
    _counted(
        "transfers_out",
        "Trainees who left a programme for another",
        "trainees who left a programme for a post won in another in the year, by the programme they left",
        _event(Event.TRANSFERRED),
    ),
    _counted(
        "transfers_in",
        "Trainees who came from another programme",
        "the same trainees, by the programme they went to and the region they left",
        transfers_in,
    ),
    _counted(
        "portfolio_applications",
        "Applications to the specialist register without a CCT",
        "doctors who begin an application by the portfolio route in the year",
        _event(Event.PORTFOLIO_STARTED),
    ),
    _counted(
        "portfolio_refusals",
        "Portfolio applications that did not succeed",
        "applications by the portfolio route refused in the year; those that succeed are "
        "`portfolio_registrations`",
        _event(Event.PORTFOLIO_REFUSED),
    ),
    percent(
        "portfolio_success_percent",
        "Portfolio applications that succeed",
        "registrations by the portfolio route / registrations and refusals of the year",
        DEFINED_HERE,
        portfolio_success_percent,
        (PROGRAMME,),
    ),
    _counted(
        "portfolio_from_locally_employed",
        "Portfolio registrations from locally employed posts",
        "doctors who join the specialist register by the portfolio route from a locally employed post, a "
        "part of `portfolio_registrations`; the others were SAS doctors",
        portfolio_from_locally_employed,
    ),
    _counted(
        "specialist_grade_moves",
        "SAS doctors who take a specialist-grade post",
        "moves to the specialist grade in the year",
        _event(Event.SPECIALIST_GRADE),
    ),
    _counted(
        "fellowship_starts",
        "Fellowships started after training",
        "fellowships and extra years started on the register in the year",
        fellowship_starts,
        (("fellowship",), PROGRAMME, REGION),
    ),
    _counted(
        "fellows",
        "Doctors in a fellowship after training",
        "mean headcount over the months of the year",
        fellows,
    ),
    _counted(
        "gp_retainer_starts",
        "GPs who join the retention scheme",
        "starts of the GP retention scheme in the year",
        _scheme(Scheme.RETAINER),
        (REGION,),
    ),
    _counted(
        "induction_refresher_starts",
        "GPs who come back by induction and refresher",
        "starts of GP induction and refresher in the year",
        _scheme(Scheme.INDUCTION_REFRESHER),
        (REGION,),
    ),
    _counted(
        "enhance_joiners",
        "Doctors who join the Enhance programme",
        "places of the Enhance programme taken in the year",
        _event(Event.ENHANCE_JOINED),
    ),
)
