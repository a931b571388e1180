"""Foundation allocation and recruitment seasons of the compiled engine.

The rules decide on arrays of applicants; here applicants are gathered from the people's records, the
rounds of a month run one after another, what happened becomes rows of the log, and answers go back.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline_sim import clock
from pipeline_sim import randomness as chance
from pipeline_sim.compiling import by_field, flow, kernel
from pipeline_sim.engines.compiled_outside import SAS, go_outside, live_as
from pipeline_sim.engines.compiled_records import (
    APPLICANTS,
    GRADUATES,
    NOBODY,
    ROW,
    STARTS,
    TOLD,
    Stage,
    calendar_month,
    next_august,
    note,
    people_marked,
    push,
    schedule,
)
from pipeline_sim.engines.compiled_tables import Run
from pipeline_sim.engines.compiled_training import opens, start_training
from pipeline_sim.rules import foundation as foundation_rules
from pipeline_sim.rules.matching import DECLINES, NO_RESPONSE
from pipeline_sim.rules.preferences import place_weights, programme_weights
from pipeline_sim.rules.recruitment import ELIGIBLE, NOT_APPOINTABLE, Applicants, RoundResult, run_round
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
PER_MONTH = 8  # rounds a month can hold
ENTRY, HIGHER, ANY = (ROUND_TRACKS.index(name) for name in ("entry", "higher", "any"))


# who applies ---------------------------------------------------------------------------------------


@flow
def gather_graduates(r: Any, count: Any, person: Any, home: Any, tier: Any):
    """Columns of the foundation applicants in ``found``."""
    for k in range(count):
        one = r.people[r.found[k]]
        person[k], home[k], tier[k] = one.identity, one.home, one.tier


@flow
def gather_applicants(setting: Any, r: Any, key: Any, month: Any, enough: Any, count: Any, c: Any):
    """Columns of the applicants in ``found``; ``enough`` months of service reach the first tier, 0 never."""
    august = next_august(setting, month) == month
    for k in range(count):
        one = r.people[r.found[k]]
        track = ENTRY
        if one.competence != 0:
            track = HIGHER
            if august and one.state != 0 and one.state != State.TRAINING:
                first = chance.happens(key, one.identity, chance.TRACK, month, setting.higher_first)
                track = HIGHER if first else ENTRY
        c.track[k] = track
        c.person[k] = one.identity
        c.group[k] = one.group
        c.profile[k] = 2 * one.group + int(track == HIGHER)
        c.tier[k] = int(one.tier != 0 or (enough > 0 and month - one.nhs_since >= enough))
        c.home[k] = one.home
        c.trained[k] = one.trained
        c.priority[k] = one.priority_region
        c.competence[k] = one.competence


class Gathered(NamedTuple):
    """Columns of ``Applicants`` and the track of each, to be filled."""

    track: Ints
    person: Ints
    group: Ints
    profile: Ints
    tier: Ints
    home: Ints
    trained: Ints
    priority: Ints
    competence: Ints


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


@kernel
def _rows_of_round(
    number: Any, rerun: Any, regions: Any, entrant: Any, tier: Any, forms: Any, offers: Any, answers: Any,
    rows: Any,
):  # fmt: skip
    """Rows of a round in the order of its steps; ``entrant`` says who each of its people is."""
    form_person, form_programme, form_order, form_region = forms
    offer_person, offer_pool, offer_rank, offer_pass, offer_is_first = offers
    reply, accepted_pool, accepted_rank, had_offer = answers
    people, round_part = entrant.shape[0], ROUND * number
    count = 0
    for a in range(form_person.shape[0]):
        who, detail = entrant[form_person[a]], form_order[a] + round_part
        note(rows[count], who, Event.APPLIED, form_programme[a], -1, form_region[a], 0, detail)
        count += 1
    first_pool = np.full(people, -1, np.int64)
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
            who = entrant[offer_person[o]]
            note(rows[count], who, event, pool // regions, -1, pool % regions, 0, detail)
            count += 1
    for i in range(people):
        if had_offer[i]:
            pool = first_pool[i]
            if reply[i] == DECLINES:
                note(rows[count], entrant[i], Event.DECLINED, pool // regions, -1, pool % regions, 0, number)
                count += 1
            elif reply[i] == NO_RESPONSE:
                note(
                    rows[count],
                    entrant[i],
                    Event.OFFER_LAPSED,
                    pool // regions,
                    -1,
                    pool % regions,
                    0,
                    number,
                )
                count += 1
        pool = accepted_pool[i]
        if pool >= 0:
            detail = accepted_rank[i] + round_part + TIER * tier[i]
            note(rows[count], entrant[i], Event.ACCEPTED, pool // regions, -1, pool % regions, 0, detail)
            count += 1
    return count


@kernel
def _reasons(entrant: Any, form_person: Any, form_standing: Any, had_offer: Any, reason: Any):
    """Why each applicant of a round has no post (it matters for those who have none)."""
    people = entrant.shape[0]
    standing = np.full(people, -1, np.int64)
    for a in range(form_person.shape[0]):
        strength = 1
        if form_standing[a] == ELIGIBLE:
            strength = 3
        elif form_standing[a] == NOT_APPOINTABLE:
            strength = 2
        standing[form_person[a]] = max(standing[form_person[a]], strength)
    for i in range(people):
        if had_offer[i]:
            reason[entrant[i]] = Unplaced.DECLINED
        elif standing[i] == 3:
            reason[entrant[i]] = Unplaced.NO_POST
        elif standing[i] == 2:
            reason[entrant[i]] = Unplaced.NOT_APPOINTABLE
        elif standing[i] == 1:
            reason[entrant[i]] = Unplaced.NOT_INTERVIEWED


@flow
def _rows_of_unplaced(applicants: Any, accepted: Any, reason: Any, first_round: Any, rows: Any):
    count = 0
    for k in range(applicants.shape[0]):
        if accepted[k] < 0:
            detail = reason[k] + ROUND * max(first_round[k], 0)
            note(rows[count], applicants[k], Event.UNPLACED, -1, -1, -1, 0, detail)
            count += 1
    return count


class RoundRows:
    """Rows of the rounds of a month; the room is used again and again."""

    def __init__(self) -> None:
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
    t: Any, attraction: Any, r: Any, key: Any, month: Any, applicants: Any, accepted: Any
):
    """Those with a post go to it or withdraw; the others go on outside and may try a later round."""
    setting, starts, started = t.setting[0], r.log[STARTS], r.counts[STARTS]
    for k in range(applicants.shape[0]):
        i = applicants[k]
        person = r.people[i]
        from_sas = person.state == State.SAS
        if accepted[k] >= 0:
            programme, region = accepted[k] // setting.regions, accepted[k] % setting.regions
            if chance.happens(key, person.identity, chance.WITHDRAWAL, month, setting.withdraw_before_start):
                r.committed[programme, region] -= 1
                note(starts[started], i, Event.WITHDREW, programme, -1, region, 0, 0)
                started += 1
                if from_sas:
                    push(r.inbox, r.inbox_count, Stage.PRACTICE_GOES_ON, i)
                else:
                    _goes_back(r, i)
                continue
            if from_sas:
                r.workforce[SAS, person.programme, person.region] -= person.wte
            start_training(t, r, key, month, i, programme, region)
        elif from_sas:
            push(r.inbox, r.inbox_count, Stage.PRACTICE_GOES_ON, i)
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
                live_as(person, state, key, month, attraction)
                note(starts[started], i, Event.STARTED_OUTSIDE, -1, -1, person.trained, 0, state)
                started += 1
            person.stage = Stage.APPLIES_AGAIN
            schedule(r.calendar, later, i)
    r.counts[STARTS] = started


# a run's rounds ------------------------------------------------------------------------------------------


class Rounds:
    """The allocations and recruitment seasons of one run; what happens is added to ``rows``."""

    def __init__(self, blueprint: Blueprint, tables: Any, run: Run, key: int, rows: RoundRows) -> None:
        self._bp, self._t, self._r, self._key, self._rows = blueprint, tables, run, key, rows
        programmes = len(blueprint.programmes)
        self._ratio_now, self._ratio_reference = np.zeros(programmes), np.zeros(programmes)

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
        gathered = Gathered(*(np.empty(count, np.int64) for _ in Gathered._fields))
        enough = int(bp.tier_nhs_months[year])
        gather_applicants(self._t.training.setting[0], run, self._key, month, enough, count, gathered)
        people = Applicants(*gathered[1:])
        out = np.zeros(count, np.bool_)  # accepted, declined or silent: no further round this month
        reason = np.full(count, int(Unplaced.NO_POST), np.int64)
        first_round = np.full(count, -1, np.int64)
        accepted = np.full(count, -1, np.int64)
        weights = programme_weights(
            bp.taste.astype(float), self._ratio_now, self._ratio_reference, bp.competition_elasticity
        )
        places = place_weights(
            bp.attraction.astype(float), bp.incentive_pounds[year].astype(float), bp.incentive_effect
        )
        applied, posts = np.zeros(len(bp.programmes)), np.zeros(len(bp.programmes))
        for n in np.flatnonzero(bp.round_month == month_of_year).tolist():
            entrant = np.flatnonzero(self._entitled(n, month, gathered, out))
            first_round[entrant] = np.where(first_round[entrant] < 0, n, first_round[entrant])
            advertised = self._advertised(n, free)
            result = run_round(
                bp, self._key, year, month, n, people.take(entrant), weights, places, advertised
            )
            self._write(n, applicants[entrant], people.tier[entrant], result, advertised)
            took = result.accepted_pool >= 0
            pools = result.accepted_pool[took]
            accepted[entrant[took]] = pools
            np.subtract.at(free.reshape(-1), pools, 1)
            np.add.at(run.committed.reshape(-1), pools, 1)
            out[entrant] |= result.had_offer
            _reasons(
                entrant, result.application_person, result.application_standing, result.had_offer, reason
            )
            if bp.round_repeats[n] < 0:
                applied += np.bincount(result.application_programme, minlength=len(applied))
                posts += advertised.sum(axis=1)
        rows.count += _rows_of_unplaced(applicants, accepted, reason, first_round, rows.room(count))
        if month_of_year == clock.TRAINING_YEAR_MONTH:
            self._remember(applied, posts)
        return applicants, accepted

    def _entitled(self, n: int, month: int, gathered: Gathered, done: NDArray[np.bool_]) -> NDArray[np.bool_]:
        bp = self._bp
        wanted = int(bp.round_track[n])
        entitled = ~done
        if wanted != ANY:
            entitled &= gathered.track == wanted
        if bp.round_repeats[n] >= 0:
            again = np.zeros(len(done), np.bool_)
            occurrence = month * PER_MONTH + n
            chance.happens_to_each(
                self._key, gathered.person, chance.READVERT, occurrence, bp.readvert_reapplies, again
            )
            entitled &= again
        return entitled

    def _advertised(self, n: int, free: Ints) -> Ints:
        """Posts that a round advertises: its share of those now free."""
        share = self._bp.round_share[n][:, None]
        running = np.cumsum(np.maximum(free, 0), axis=1)
        rounded = (running * share + 50) // 100  # rounded down the regions, so that none is lost
        return np.diff(rounded, axis=1, prepend=0)

    def _write(self, n: int, people: NDArray, tier: NDArray, result: RoundResult, posts: Ints) -> None:
        """Rows of a round."""
        rows, regions = self._rows, posts.shape[1]
        most = len(result.application_person) + len(result.offer_person) + 2 * len(people)
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
        rows.count += _rows_of_round(
            n, repeats, regions, people, tier, forms, offers, answers, rows.room(most)
        )
        open_posts = posts.reshape(-1)
        advertised = np.flatnonzero(open_posts)
        programme, region = advertised // regions, advertised % regions
        for event, held in (
            (Event.POSTS_ADVERTISED, open_posts),
            (Event.POSTS_UNFILLED, result.unfilled),
        ):
            rows.add(system_rows(event, programme, n, region, held[advertised]))

    def _remember(self, applied: NDArray, posts: NDArray) -> None:
        """What applicants will have seen next year: applications a post of the main rounds."""
        ratio = np.divide(applied, posts, out=np.zeros(len(posts)), where=posts > 0)
        self._ratio_now = np.where(ratio > 0, ratio, self._ratio_now)
        self._ratio_reference = np.where(self._ratio_reference > 0, self._ratio_reference, ratio)
