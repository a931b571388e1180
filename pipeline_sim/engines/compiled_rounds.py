"""Foundation allocation and recruitment seasons of the compiled engine.

The rules decide on arrays of applicants; here applicants are gathered from the people's records, the
rounds of a month run one after another, what happened becomes rows of the log, and answers go back.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import int64
from numpy.typing import NDArray

from pipeline_sim import clock
from pipeline_sim import randomness as chance
from pipeline_sim.compiling import by_field, flow
from pipeline_sim.engines.compiled_careers import SAS_APPLICANT, end_portfolio
from pipeline_sim.engines.compiled_credit import leave_programme, live_differently
from pipeline_sim.engines.compiled_outside import SAS, go_outside, live_as
from pipeline_sim.engines.compiled_records import (
    APPLICANTS,
    COVERS,
    GRADUATES,
    NOBODY,
    ROW,
    STARTS,
    TOLD,
    Stage,
    calendar_month,
    expect,
    next_august,
    note,
    people_marked,
    push,
    schedule,
)
from pipeline_sim.engines.compiled_spells import leave_post
from pipeline_sim.engines.compiled_tables import Run
from pipeline_sim.engines.compiled_training import goes_on, opens, start_training
from pipeline_sim.prefetching import AHEAD
from pipeline_sim.rules import cover as cover_rules
from pipeline_sim.rules import foundation as foundation_rules
from pipeline_sim.rules import outside as outside_rules
from pipeline_sim.rules.matching import DECLINES, NO_RESPONSE
from pipeline_sim.rules.preferences import Desk
from pipeline_sim.rules.recruitment import (
    ELIGIBLE,
    NOT_APPOINTABLE,
    NOT_INTERVIEWED,
    Applicants,
    RoundResult,
    run_round,
)
from pipeline_sim.rules.season import Competition, posts_advertised
from pipeline_sim.scenario.blueprint import ROUND_TRACKS, Blueprint
from pipeline_sim.vocabulary import (
    KIND_OF_PLACE,
    RERUN,
    ROUND,
    TIER,
    Event,
    FoundationKind,
    PoolKind,
    State,
    Unplaced,
)

Ints = NDArray[np.int64]
Tiny = NDArray[np.int8]
PER_MONTH = 8  # rounds a month can hold
#: How far an application got, by its standing; and why someone is without a post who got so far.
_STRENGTH, _REASON = np.zeros(3, np.int64), np.zeros(4, np.int64)
_STRENGTH[NOT_INTERVIEWED], _STRENGTH[NOT_APPOINTABLE], _STRENGTH[ELIGIBLE] = 1, 2, 3
_REASON[1:] = Unplaced.NOT_INTERVIEWED, Unplaced.NOT_APPOINTABLE, Unplaced.NO_POST
ENTRY, HIGHER, ANY = (ROUND_TRACKS.index(name) for name in ("entry", "higher", "any"))


# who applies ---------------------------------------------------------------------------------------


@flow
def gather_graduates(r: Any, count: Any, person: Any, home: Any, tier: Any):
    """Columns of the foundation applicants in ``found``."""
    for k in range(count):
        one = r.people[r.found[k]]
        person[k], home[k], tier[k] = one.identity, one.home, one.tier


@flow
def gather_applicants(setting: Any, r: Any, key: Any, month: Any, enough: Any, c: Any, season: Any):
    """Columns of the applicants in ``found``; ``enough`` months of service reach the first tier, 0 never."""
    for k in range(c.person.shape[0]):  # no branches: the next records are fetched meanwhile
        expect(r, r.found[k + AHEAD])
        one, more = r.people[r.found[k]], r.flex[r.found[k]]
        c.person[k] = one.identity
        c.group[k] = one.group
        c.tier[k] = (one.tier != 0) | ((enough > 0) & (month - one.nhs_since >= enough))
        c.home[k] = one.home
        c.trained[k] = one.trained
        c.priority[k] = more.priority_region
        c.competence[k] = one.competence
        c.own[k] = more.keeps
        c.enhanced[k] = more.enhanced
        season.track[k] = one.state
        season.out[k] = False
        season.reason[k] = Unplaced.NO_POST
        season.first_round[k] = -1
        season.accepted[k] = -1
    august = next_august(setting, month) == month
    for k in range(c.person.shape[0]):
        track = ENTRY
        if c.competence[k] != 0:
            state, track = season.track[k], HIGHER
            if august and state != 0 and state != State.TRAINING:
                first = chance.happens(key, c.person[k], chance.TRACK, month, setting.higher_first)
                track = HIGHER if first else ENTRY
        season.track[k] = track
        c.profile[k] = 2 * c.group[k] + int(track == HIGHER)


class Season(NamedTuple):
    """Where the applicants of a month's rounds stand. One entry a person."""

    track: Tiny
    out: NDArray[np.bool_]  # accepted, declined or silent: no further round this month
    reason: Tiny  # why without a post, for those who are
    first_round: Tiny  # -1 none yet
    accepted: Ints  # pool, -1 none

    @classmethod
    def room_for(cls, people: int) -> Season:
        """Room for ``people`` applicants."""
        track, reason, first_round = (np.empty(people, np.int8) for _ in range(3))
        return cls(track, np.empty(people, np.bool_), reason, first_round, np.empty(people, np.int64))


@flow
def enter(
    key: Any, number: Any, wanted: Any, repeats: Any, occurrence: Any, reapplies: Any,
    everyone: Any, season: Any, entrant: Any, entered: Any,
):  # fmt: skip
    """List those entitled to a round: who each ``entrant`` is, and their columns. Returns how many."""
    count = 0
    for k in range(season.out.shape[0]):
        entrant[count] = k
        count += (not season.out[k]) & ((wanted == ANY) | (season.track[k] == wanted))
    if repeats:
        again = 0
        for n in range(count):
            entrant[again] = entrant[n]
            person = everyone.person[entrant[n]]
            again += chance.happens(key, person, chance.READVERT, occurrence, reapplies)
        count = again
    for n in range(count):
        k = entrant[n]
        first = season.first_round[k]
        season.first_round[k] = number if first < 0 else first
        entered.person[n] = everyone.person[k]
        entered.group[n] = everyone.group[k]
        entered.profile[n] = everyone.profile[k]
        entered.tier[n] = everyone.tier[k]
        entered.home[n] = everyone.home[k]
        entered.trained[n] = everyone.trained[k]
        entered.priority[n] = everyone.priority[k]
        entered.competence[n] = everyone.competence[k]
        entered.own[n] = everyone.own[k]
        entered.enhanced[n] = everyone.enhanced[k]
    return count


# what becomes of it, as rows -------------------------------------------------------------------------


@flow
def _rows_of_foundation(applicants: Any, result: Any, rows: Any):
    preference, kind, rank, region, withdrew, placeholder = result
    count = 0
    for k in range(kind.shape[0]):
        i = applicants[k]
        note(rows[count], i, Event.FOUNDATION_APPLIED, -1, -1, preference[k, 0], 0, 0)
        count += 1
        if kind[k] >= 0:
            detail = rank[k] + 1 + KIND_OF_PLACE * kind[k]
            note(rows[count], i, Event.FOUNDATION_ALLOCATED, -1, -1, region[k], 0, detail)
            count += 1
        if withdrew[k]:
            note(rows[count], i, Event.FOUNDATION_WITHDREW, -1, -1, region[k], 0, 0)
            count += 1
        if placeholder[k]:
            note(rows[count], i, Event.FOUNDATION_PLACEHOLDER, -1, -1, region[k], 0, 0)
            count += 1
        elif kind[k] < 0:
            note(rows[count], i, Event.FOUNDATION_RESERVE, -1, -1, -1, 0, 0)
            count += 1
    return count


@flow
def _rows_of_round(
    number: Any, rerun: Any, regions: Any, applicants: Any, entrant: Any, tier: Any, forms: Any, offers: Any,
    answers: Any, first_pool: Any, rows: Any,
):  # fmt: skip
    """Rows of a round in the order of its steps.

    ``entrant`` says who of ``applicants`` each of its people is; ``first_pool`` is room for a number each.
    """
    form_person, form_programme, form_order, form_region = forms
    offer_person, offer_pool, offer_rank, offer_pass, offer_is_first = offers
    reply, accepted_pool, accepted_rank, had_offer = answers
    round_part = ROUND * number
    count = 0
    for a in range(form_person.shape[0]):
        who, detail = applicants[entrant[form_person[a]]], form_order[a] + round_part
        note(rows[count], who, Event.APPLIED, form_programme[a], -1, form_region[a], 0, detail)
        count += 1
    for upgrades in range(2):
        for o in range(offer_person.shape[0]):
            if offer_is_first[o] == (upgrades == 1):
                continue
            pool, event = offer_pool[o], Event.UPGRADED.value
            if offer_is_first[o]:
                first_pool[offer_person[o]] = pool
                event = Event.OFFERED.value
            detail = offer_rank[o] + round_part
            if rerun or offer_pass[o] > 0:
                detail += RERUN
            who = applicants[entrant[offer_person[o]]]
            note(rows[count], who, event, pool // regions, -1, pool % regions, 0, detail)
            count += 1
    for i in range(had_offer.shape[0]):
        if not had_offer[i]:
            continue
        who, pool = applicants[entrant[i]], first_pool[i]
        if reply[i] == DECLINES:
            note(rows[count], who, Event.DECLINED, pool // regions, -1, pool % regions, 0, number)
            count += 1
        elif reply[i] == NO_RESPONSE:
            note(rows[count], who, Event.OFFER_LAPSED, pool // regions, -1, pool % regions, 0, number)
            count += 1
        pool = accepted_pool[i]
        if pool >= 0:
            detail = accepted_rank[i] + round_part + TIER * int64(tier[i])
            note(rows[count], who, Event.ACCEPTED, pool // regions, -1, pool % regions, 0, detail)
            count += 1
    return count


@flow
def _settle(
    entrant: Any, form_person: Any, form_programme: Any, form_standing: Any, accepted_pool: Any,
    had_offer: Any, season: Any, free: Any, committed: Any, applied: Any,
):  # fmt: skip
    """What a round leaves behind: posts promised, applications a programme, and where its people stand."""
    a, forms = 0, form_person.shape[0]
    for i in range(entrant.shape[0]):
        k = entrant[i]
        best = 0
        while a < forms and form_person[a] == i:
            best = max(best, _STRENGTH[form_standing[a]])
            applied[form_programme[a]] += 1
            a += 1
        season.reason[k] = _REASON[best] if best > 0 else season.reason[k]
        if had_offer[i]:
            season.out[k] = True
            season.reason[k] = Unplaced.DECLINED
        pool = accepted_pool[i]
        if pool >= 0:
            season.accepted[k] = pool
            free[pool] -= 1
            committed[pool] += 1


@flow
def _rows_of_posts(event: Any, number: Any, regions: Any, advertised: Any, posts: Any, rows: Any):
    """A row for every pool that advertised."""
    count = 0
    for pool in range(posts.shape[0]):
        if advertised[pool] != 0:
            note(rows[count], NOBODY, event, pool // regions, number, pool % regions, 0, posts[pool])
            count += 1
    return count


@flow
def _rows_of_unplaced(applicants: Any, own: Any, season: Any, rows: Any):
    """A row for everyone without a post; who tried from within a programme goes on in it."""
    count = 0
    for k in range(applicants.shape[0]):
        if season.accepted[k] < 0 and own[k] == 0:
            detail = int64(season.reason[k]) + ROUND * int64(max(season.first_round[k], 0))
            note(rows[count], applicants[k], Event.UNPLACED, -1, -1, -1, 0, detail)
            count += 1
    return count


class RoundRows:
    """Rows of the rounds of a month, and the desk they are worked out on; both are used again and again."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.rows = by_field(np.empty(0, ROW))
        self.count = 0

    def room(self, more: int) -> NDArray:
        """Where the next rows go; there is room for as many."""
        if self.count + more > len(self.rows):
            larger = by_field(np.empty(2 * (self.count + more), ROW))
            larger[: self.count] = self.rows[: self.count]
            self.rows = larger
        return self.rows[self.count :]

    def add(self, rows: NDArray) -> None:
        self.room(len(rows))[: len(rows)] = rows
        self.count += len(rows)


def system_rows(event: Event, programme: Any, level: Any, region: Any, detail: NDArray) -> NDArray:
    """Rows about posts and pools."""
    rows = by_field(np.zeros(len(detail), ROW))
    rows["person"] = NOBODY
    rows["event"] = event
    rows["programme"], rows["level"], rows["region"], rows["detail"] = programme, level, region, detail
    return rows


# answers -----------------------------------------------------------------------------------------------


@flow
def next_side_round(t: Any, key: Any, month: Any, person: Any):
    """Month of a round before next August that an unplaced doctor will try, or -1."""
    setting = t.setting[0]
    this = calendar_month(setting.start_month, month)
    if this != clock.TRAINING_YEAR_MONTH:
        return -1
    for k in range(t.after_august.shape[0]):
        ahead = t.after_august[k]
        if opens(t, person.competence, (this - 1 + ahead) % 12 + 1):
            at = month + ahead
            if chance.happens(key, person.identity, chance.FEBRUARY, at, setting.february_reapplies):
                return at if at < setting.months else -1
    return -1


@flow
def _goes_back(r: Any, i: Any):
    """Withdrew from an accepted post before the start: back to the life of before."""
    person = r.people[i]
    state = person.state
    if (
        state == State.OVERSEAS_APPLICANT
        or state == State.ABROAD
        or state == State.BREAK
        or state == State.TEACHING_RESEARCH
        or state == State.LOCALLY_EMPLOYED
    ):
        go_outside(r, i, state, 1, TOLD)
    else:
        go_outside(r, i, State.LOCALLY_EMPLOYED, 1, 0)


@flow
def recruitment_answers(
    t: Any, f: Any, attraction: Any, r: Any, key: Any, month: Any, applicants: Any, accepted: Any, covers: Any
):  # fmt: skip
    """Those with a post go to it or withdraw; the others go on outside and may try a later round."""
    setting, starts, started = t.setting[0], r.log[STARTS], r.counts[STARTS]
    last = applicants.shape[0] - 1
    for k in range(last + 1):
        expect(r, applicants[min(k + AHEAD, last)])
        i = applicants[k]
        person = r.people[i]
        from_sas = person.state == State.SAS
        keeps = r.flex[i].keeps != 0
        if accepted[k] >= 0:
            programme, region = accepted[k] // setting.regions, accepted[k] % setting.regions
            if chance.happens(key, person.identity, chance.WITHDRAWAL, month, setting.withdraw_before_start):
                r.committed[programme, region] -= 1
                note(starts[started], i, Event.WITHDREW, programme, -1, region, 0, 0)
                started += 1
                if from_sas:
                    push(r.inbox, r.inbox_count, Stage.PRACTICE_GOES_ON, i)
                elif keeps:
                    goes_on(t, f, r, key, month, i)
                else:
                    _goes_back(r, i)
                continue
            if from_sas:
                r.workforce[SAS, person.programme, person.region] -= person.wte
                r.people[i].working = 0
                end_portfolio(r, i, SAS_APPLICANT, t.programmes[person.programme].group)
            if keeps:
                note(
                    starts[started], i, Event.TRANSFERRED, person.programme, person.level, person.region,
                    person.wte, programme,
                )  # fmt: skip
                started += 1
                leave_programme(t, r, month, i, 1)
                leave_post(r, person)
                r.flex[i].keeps = 0
            r.counts[STARTS] = started
            start_training(t, f, r, key, month, i, programme, region)
            started = r.counts[STARTS]
        elif from_sas:
            push(r.inbox, r.inbox_count, Stage.PRACTICE_GOES_ON, i)
        elif keeps:
            goes_on(t, f, r, key, month, i)
        elif covers[k]:
            go_outside(r, i, State.LOCALLY_EMPLOYED, 1, COVERS)
        else:
            state = State.UNPLACED.value
            if person.state == State.OVERSEAS_APPLICANT:
                state = State.OVERSEAS_APPLICANT.value
            told = person.state == state
            later = next_side_round(t, key, month, person)
            if later < 0:
                go_outside(r, i, state, 1, TOLD if told else 0)
                continue
            if not told:
                live_differently(r, month, i)
                live_as(person, state, key, month, attraction)
                note(starts[started], i, Event.STARTED_OUTSIDE, -1, -1, person.trained, 0, state)
                started += 1
            person.stage = Stage.APPLIES_AGAIN
            schedule(r.calendar, later, i)
    r.counts[STARTS] = started


@flow
def _would_be_unplaced(
    t: Any, attraction: Any, r: Any, key: Any, month: Any, applicants: Any, accepted: Any, person: Any,
    region: Any,
):  # fmt: skip
    """Fill in number and region of those who now go without a post till next August; else region -1."""
    for k in range(applicants.shape[0]):
        one = r.people[applicants[k]]
        person[k], region[k] = one.identity, -1
        if accepted[k] >= 0 or one.state == State.SAS or one.state == State.OVERSEAS_APPLICANT:
            continue
        if r.flex[applicants[k]].keeps != 0 or next_side_round(t, key, month, one) >= 0:
            continue
        region[k] = one.trained
        if one.trained < 0:
            region[k] = outside_rules.region_of_first_job(key, one.identity, attraction)


def cover_posts(
    t: Any, attraction: Ints, r: Run, key: int, month: int, applicants: NDArray, accepted: NDArray
) -> NDArray[np.bool_]:
    """Held posts to be covered go by lottery to those who would now be unplaced in their region."""
    person, region = (np.empty(len(applicants), np.int64) for _ in range(2))
    _would_be_unplaced(t, attraction, r, key, month, applicants, accepted, person, region)
    still_open = cover_rules.Covers(r.cover_wanted, r.cover_until).still_open(month)
    return cover_rules.win_covers(key, month, person, region, still_open)


# a run's rounds ------------------------------------------------------------------------------------------


class Rounds:
    """The allocations and recruitment seasons of one run; what happens is added to ``rows``."""

    def __init__(self, blueprint: Blueprint, tables: Any, run: Run, key: int, rows: RoundRows) -> None:
        self._r, self._key, self._rows = run, key, rows
        self.read(blueprint, tables)
        self._competition = Competition(len(blueprint.programmes))

    def read(self, blueprint: Blueprint, tables: Any) -> None:
        """From now on these tables hold."""
        self._bp, self._t = blueprint, tables

    def allocate_foundation(self, year: int) -> tuple[NDArray, tuple[NDArray, ...]]:
        """Run the yearly allocation: (applicants, (starts, kind, region) of each)."""
        bp, run, rows = self._bp, self._r, self._rows
        count = people_marked(run.bits[GRADUATES], run.found)
        applicants = run.found[:count].copy()
        person, home, tier = (np.empty(count, np.int64) for _ in range(3))
        gather_graduates(run, count, person, home, tier)
        result = foundation_rules.allocate(bp, self._key, year, person, home, tier)
        parts = (
            result.preference, result.kind, result.rank, result.region, result.withdrew, result.placeholder,
        )  # fmt: skip
        rows.count += _rows_of_foundation(applicants, parts, rows.room(3 * count))
        funded = bp.foundation_places[year].sum(axis=0)
        used = funded - result.places_left.sum(axis=0)
        regions, pool = np.arange(len(funded)), int(PoolKind.FOUNDATION_PLACE)
        rows.add(system_rows(Event.POOL_CAPACITY, -1, pool, regions, funded))
        rows.add(system_rows(Event.POOL_IN_USE, -1, pool, regions, used))
        starts = ((result.kind >= 0) & ~result.withdrew) | result.placeholder
        kind = np.where(result.kind >= 0, result.kind, int(FoundationKind.MAIN))
        return applicants, (starts, kind, result.region)

    def recruit(self, month: int, free: Ints) -> tuple[NDArray, Ints]:
        """Run the rounds of a month: (applicants, the pool each accepted or -1).

        ``free`` [programme, region] are posts free and not yet promised; accepted ones are taken off.
        """
        bp, run, rows = self._bp, self._r, self._rows
        year = clock.training_year(bp.start_month, month)
        month_of_year = clock.calendar_month(bp.start_month, month)
        count = people_marked(run.bits[APPLICANTS], run.found)
        applicants = run.found[:count].copy()
        people, season = Applicants.room_for(count), Season.room_for(count)
        enough = int(bp.tier_nhs_months[year])
        gather_applicants(self._t.training.setting[0], run, self._key, month, enough, people, season)
        entered, entrant = Applicants.room_for(count), np.empty(count, np.int32)
        weights, places = self._competition.weights(bp, year)
        applied, posts = np.zeros(len(bp.programmes), np.int64), np.zeros(len(bp.programmes), np.int64)
        for n in np.flatnonzero(bp.round_month == month_of_year).tolist():
            repeats = bool(bp.round_repeats[n] >= 0)
            came = enter(
                self._key, n, int(bp.round_track[n]), repeats, month * PER_MONTH + n,
                int(bp.readvert_reapplies), people, season, entrant, entered,
            )  # fmt: skip
            these, who = entered.take(slice(came)), entrant[:came]
            advertised = posts_advertised(free, bp.round_share[n])
            rows.desk.clear()
            result = run_round(
                bp, self._key, year, month, n, these, weights, places, advertised, rows.desk.empty
            )
            self._write(n, applicants, who, these.tier, result, advertised)
            seen = np.zeros(len(applied), np.int64)
            _settle(
                who, result.application_person, result.application_programme, result.application_standing,
                result.accepted_pool, result.had_offer, season, free.reshape(-1), run.committed.reshape(-1),
                seen,
            )  # fmt: skip
            if not repeats:
                applied += seen
                posts += advertised.sum(axis=1)
        rows.count += _rows_of_unplaced(applicants, people.own, season, rows.room(count))
        if month_of_year == clock.TRAINING_YEAR_MONTH:
            self._competition.remember(applied, posts)
        return applicants, season.accepted

    def _write(
        self, n: int, applicants: NDArray, entrant: NDArray, tier: NDArray, result: RoundResult, posts: Ints
    ) -> None:
        """Rows of a round."""
        rows, regions = self._rows, posts.shape[1]
        most = len(result.application_person) + len(result.offer_person) + 2 * len(entrant) + 2 * posts.size
        forms = (
            result.application_person, result.application_programme, result.application_order,
            result.application_first_region,
        )  # fmt: skip
        offers = (
            result.offer_person, result.offer_pool, result.offer_rank, result.offer_pass,
            result.offer_is_first,
        )  # fmt: skip
        answers = (result.reply, result.accepted_pool, result.accepted_rank, result.had_offer)
        repeats = bool(self._bp.round_repeats[n] >= 0)
        room, first_pool = rows.room(most), np.empty(len(entrant), np.int32)
        count = _rows_of_round(
            n, repeats, regions, applicants, entrant, tier, forms, offers, answers, first_pool, room
        )
        open_posts = posts.reshape(-1)
        for event, held in (
            (Event.POSTS_ADVERTISED, open_posts),
            (Event.POSTS_UNFILLED, result.unfilled),
        ):
            count += _rows_of_posts(int(event), n, regions, open_posts, held, room[count:])
        rows.count += count
