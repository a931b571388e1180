"""One doctor's life as dated sentences, made from the event log.

It tells what the log says and decides nothing: every event of the vocabulary has its sentence here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from pipeline_sim.clock import date_of
from pipeline_sim.errors import PipelineError
from pipeline_sim.eventlog import NONE, EventLog
from pipeline_sim.identity import SYSTEM_PERSON, IdentityKind, describe, identity_kind
from pipeline_sim.results.labels import fellowship_names, step_out_titles
from pipeline_sim.scenario.blueprint import FOUNDATION_KINDS, Blueprint
from pipeline_sim.vocabulary import (
    COVERING,
    CREDIT_KIND,
    KIND_OF_PLACE,
    KINDS,
    RERUN,
    STATE_AFTER,
    STATE_IN_DETAIL,
    WIDENING,
    Credit,
    Event,
    FoundationKind,
    Leaving,
    Outcome,
    PoolKind,
    Scheme,
    State,
    Unplaced,
    lowest_part,
    round_of,
    state_entered,
)

SMALL_NUMBERS = 1_000_000  # below this, --person N means the N-th new medical student
KIND_WORDS = {
    IdentityKind.STUDENT_ENTRANT: "new medical student",
    IdentityKind.STARTING_UK: "UK student or graduate of the starting stock",
    IdentityKind.OVERSEAS: "doctor who qualified overseas",
    IdentityKind.STARTING_WORKFORCE: "doctor of the trained workforce at the start",
}
_OUT_OF_PROGRAMME = ("oopt", "oopr", "oope", "oopc", "oopp")
ACRONYMS = frozenset(
    {"accs", "ent", "gp", "gum", "imt", "omfs", "sas", "uk", "nhs", "ct", "cct", *_OUT_OF_PROGRAMME}
)


class UnknownPerson(PipelineError):
    """There is no such person in the run; the message lists the nearest numbers there are."""


@dataclass(frozen=True)
class Moment:
    """One event of a life, decoded: names instead of indices."""

    month: int
    event: Event
    programme: str
    level: str
    region: str
    wte: int
    detail: int
    rounds: tuple[str, ...]
    routes: tuple[str, ...]
    programmes: tuple[str, ...]
    step_outs: tuple[str, ...]
    fellowships: tuple[str, ...]
    credentials: tuple[str, ...] = ()
    returning: bool = False  # waits to step back in

    @property
    def in_region(self) -> str:
        return f" in {self.region}" if self.region else ""

    @property
    def hours(self) -> str:
        return f", working {self.wte} % of full time" if 0 < self.wte < 100 else ""

    @property
    def post(self) -> str:
        """Programme and level, as far as they are known."""
        known = [word for word in (self.programme, self.level) if word]
        return " ".join(known) or "a post"

    @property
    def specialty(self) -> str:
        return f" ({self.programme})" if self.programme else ""

    @property
    def rank(self) -> str:
        """The rank, order or preference that ``detail`` carries: "1st"."""
        return ordinal(lowest_part(self.detail))

    @property
    def round(self) -> str:
        """The name of the round that ``detail`` carries above other things."""
        return self.round_name(round_of(self.detail))

    def kind_among(self, names: tuple[str, ...]) -> str:
        """The name of the kind that ``detail`` carries, in brackets; nothing if it has none."""
        name = plain(_name(names, self.detail % KINDS))
        return f" ({name[:1].lower() + name[1:] if name[1:2].islower() else name})" if name else ""

    @property
    def credential(self) -> str:
        """The credential that ``detail`` carries below other things."""
        number = self.detail % KINDS
        return (
            f"the {self.credentials[number]} credential" if number < len(self.credentials) else "a credential"
        )

    def round_name(self, number: int) -> str:
        return plain(self.rounds[number]) if 0 <= number < len(self.rounds) else "a round"


def plain(name: str) -> str:
    """A table's key in words: ``north_west`` -> ``north west``, ``gp`` -> ``GP``."""
    words = name.replace("_", " ").split(" ")
    return " ".join(word.upper() if word in ACRONYMS else word for word in words)


def region_words(name: str) -> str:
    """A region as it stands after "in": ``north_west`` -> ``the North West``."""
    small = {"and", "of", "the"}
    words = [w if w in small else w[:1].upper() + w[1:] for w in plain(name).split(" ")]
    directions = ("North", "South", "East", "West")
    article = "the " if words[0] in directions and words[-1] in (*directions, "Midlands") else ""
    if words[0] in directions and "of" in words:
        article = "the "
    return article + " ".join(words)


def level_words(name: str, programme: str) -> str:
    """A level without the programme's name in front of it."""
    for separator in (".", ":", "/", " ", "_"):
        prefix = f"{programme}{separator}"
        if programme and name.startswith(prefix):
            return name[len(prefix) :]
    return name


def ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def months_words(months: int) -> str:
    years, rest = divmod(months, 12)
    if years and not rest:
        return f"{years} year{'s' * (years > 1)}"
    return f"{months} month{'s' * (months != 1)}"


# what each event says -----------------------------------------------------------------------------
STATE_WORDS = {
    State.OUTSIDE: "no longer in the modelled workforce",
    State.STUDENT: "medical student",
    State.STUDENT_WAITING: "medical student waiting for a clinical placement",
    State.FOUNDATION_WAITING: "graduate waiting for a foundation place",
    State.FOUNDATION: "foundation doctor",
    State.LOCALLY_EMPLOYED: "locally employed doctor",
    State.UNPLACED: "locally employed doctor, still applying for training",
    State.ABROAD: "working or travelling abroad",
    State.BREAK: "on a break from medicine",
    State.TEACHING_RESEARCH: "in teaching or research",
    State.OVERSEAS_APPLICANT: "applying from overseas",
    State.TRAINING_WAITING: "waiting for a supervisor or a practice place",
    State.TRAINING: "in specialty training",
    State.SAS: "specialty or specialist (SAS) doctor",
    State.POST_CCT: "on the register, not yet in a consultant or GP post",
    State.CONSULTANT: "consultant",
    State.GP: "general practitioner",
    State.PRACTICE_BREAK: "trained doctor on a break",
    State.STEPPED_OUT: "stepped out of training, expected back",
    State.FELLOWSHIP: "in a fellowship after training",
    State.TRAINING_INITIATIVE: "on the Medical Training Initiative",
    State.RETURN_SCHEME: "coming back to practice by induction and refresher",
}
NAMED_BY_SPECIALTY = (
    *(State.SAS, State.POST_CCT, State.CONSULTANT, State.TRAINING_WAITING),
    *(State.STEPPED_OUT, State.FELLOWSHIP),
)
CAUSE_WORDS = {
    PoolKind.HOSPITAL_PLACEMENT: "no hospital placement is free",
    PoolKind.PRIMARY_CARE_PLACEMENT: "no primary care placement is free",
    PoolKind.PRIVATE_PLACEMENT: "no private-sector placement is free",
    PoolKind.VOLUNTARY_PLACEMENT: "no voluntary-sector placement is free",
    PoolKind.TECHNOLOGY_PLACEMENT: "no technology-enhanced placement is free",
    PoolKind.FOUNDATION_PLACE: "no foundation place is free",
    PoolKind.TRAINING_POST: "no training post is free",
    PoolKind.SUPERVISOR: "no supervisor is free",
    PoolKind.PRACTICE_PLACE: "no practice place is free",
    PoolKind.SUPPORT_PLACE: "no place of supported return is free",
    PoolKind.CREDENTIAL_SLOT: "no credential slot is free",
    PoolKind.ENHANCE_PLACE: "no Enhance place is free",
}
OUTCOME_WORDS = {
    Outcome.SATISFACTORY: "satisfactory progress",
    Outcome.DEVELOPMENT: "development needed, no extra time",
    Outcome.EXTRA_TIME: "extra training time needed",
    Outcome.RELEASE: "released from training",
    Outcome.COMPLETION: "training complete",
}
UNPLACED_WORDS = {
    Unplaced.NOT_INTERVIEWED: "not invited to interview",
    Unplaced.NOT_APPOINTABLE: "not found appointable",
    Unplaced.NO_POST: "appointable, but every post wanted went to others or was not advertised",
    Unplaced.DECLINED: "declined or did not answer the offers",
}
LEAVING_WORDS = {
    Leaving.AFTER_GRADUATION: "after graduating, without applying for foundation",
    Leaving.AFTER_FOUNDATION: "after foundation",
    Leaving.FROM_OUTSIDE_TRAINING: "without coming back to training",
    Leaving.NEVER_CAME: "gave up applying from overseas",
    Leaving.LEFT_MEDICINE: "left medicine",
    Leaving.NEVER_JOINED_PRACTICE: "never took up a trained post",
    Leaving.FROM_PRACTICE: "left practice",
}
CREDIT_WORDS = {
    Credit.STEP_OUT: "time out of programme",
    Credit.TRANSFER: "training in another programme",
    Credit.EXPERIENCE: "recognised experience",
    Credit.ENHANCE: "the Enhance programme",
}
SCHEME_WORDS = {
    Scheme.RETAINER: "the GP retention scheme",
    Scheme.INDUCTION_REFRESHER: "GP induction and refresher",
}


def _word(words: dict, kind: Callable, value: int) -> str:
    try:
        return words[kind(value)]
    except (ValueError, KeyError):
        return f"code {value}"


def _role(state: int, m: Moment) -> str:
    """A state with the programme and level that belong to it: "in cardiology training at ST5"."""
    words = _word(STATE_WORDS, State, state)
    if state == State.TRAINING and m.programme:
        return f"in {m.programme} training" + (f" at {m.level}" if m.level else "")
    if state == State.FOUNDATION and m.level:
        return f"{words} ({m.level})"
    if state == State.TRAINING_WAITING and m.returning:
        words = "waiting to step back in to training"
    return words + (m.specialty if state in NAMED_BY_SPECIALTY else "")


def _rank_and_round(m: Moment) -> str:
    return f"{m.rank} choice, {m.round}"


def _entered(m: Moment) -> str:
    widening, number = divmod(m.detail, WIDENING)
    route = f", {plain(m.routes[number])} course" if 0 <= number < len(m.routes) else ""
    background = ", widening participation" if widening else ""
    return f"entered medical school{m.in_region}{route}{background}"


def _allocated(m: Moment) -> str:
    kind = m.detail // KIND_OF_PLACE
    kinds = f"{FOUNDATION_KINDS[kind]} " if FoundationKind.MAIN < kind < len(FOUNDATION_KINDS) else ""
    return f"allocated a {kinds}foundation place{m.in_region}, the {m.rank} preference"


def _foundation_started(m: Moment) -> str:
    practice = ", with a placement in general practice" if m.detail == 1 else ""
    return f"started {m.level or 'foundation'}{m.in_region}{practice}{m.hours}"


def _started_level(m: Moment) -> str:
    if m.detail == 1 and m.programme and m.level:
        return f"started {m.programme} training at {m.level}{m.in_region}{m.hours}"
    return f"started {m.post}{m.in_region}{m.hours}"


def _started_outside(m: Moment) -> str:
    if m.detail >= COVERING:
        return f"took a locally employed post{m.in_region}, covering for a trainee who was away"
    return f"now outside training: {_role(m.detail, m)}{m.in_region}"


def _offered(m: Moment) -> str:
    rerun = " in a re-run of offers" if m.detail // RERUN else ""
    return f"offered {m.post}{m.in_region}{rerun} ({_rank_and_round(m)})"


def _accepted(m: Moment) -> str:
    return f"accepted {m.post}{m.in_region} ({_rank_and_round(m)})"


def _blocked(m: Moment) -> str:
    what = "ready to return, but could not step back in to" if m.returning else "could not start"
    return f"{what} {m.post}{m.in_region}: {_word(CAUSE_WORDS, PoolKind, m.detail)}"


def _stepped_in(m: Moment) -> str:
    away = f"{months_words(m.detail // KINDS)} away{m.kind_among(m.step_outs)}"
    return f"stepped back in to {m.post}{m.in_region}{m.hours}, after {away}"


def _transferred(m: Moment) -> str:
    new = plain(_name(m.programmes, m.detail)) or "another programme"
    return f"left {m.programme or 'a'} training for a post won in {new}"


def _placement_blocked(m: Moment) -> str:
    return f"the clinical year{m.in_region} was put off: {_word(CAUSE_WORDS, PoolKind, m.detail)}"


def _pool(m: Moment) -> str:
    return f"{m.programme or 'pool'}{m.in_region}"


SENTENCES: dict[Event, Callable[[Moment], str]] = {
    Event.PRESENT_AT_START: lambda m: f"already here{m.in_region}: {_role(m.detail, m)}{m.hours}",
    Event.ENTERED_MEDICAL_SCHOOL: _entered,
    Event.PLACEMENT_BLOCKED: _placement_blocked,
    Event.MEDICAL_YEAR_STARTED: lambda m: f"started year {m.detail} of medical school{m.in_region}",
    Event.MEDICAL_YEAR_PASSED: lambda m: f"passed year {m.detail}",
    Event.MEDICAL_YEAR_REPEATED: lambda m: f"has to repeat year {m.detail}",
    Event.LEFT_MEDICAL_SCHOOL: lambda m: f"left medical school in year {m.detail}",
    Event.GRADUATED: lambda m: f"graduated in medicine{m.in_region}",
    Event.ARRIVED_FOR_FOUNDATION: lambda m: "qualified overseas, accepted to apply for foundation",
    Event.FOUNDATION_APPLIED: lambda m: (
        "applied for foundation" + (f", first preference {m.region}" if m.region else "")
    ),
    Event.FOUNDATION_ALLOCATED: _allocated,
    Event.FOUNDATION_PLACEHOLDER: lambda m: f"given a guaranteed extra foundation place{m.in_region}",
    Event.FOUNDATION_RESERVE: lambda m: "no foundation place this year: on the reserve list",
    Event.FOUNDATION_WITHDREW: lambda m: f"gave back the foundation place{m.in_region} before the start",
    Event.FOUNDATION_STARTED: _foundation_started,
    Event.FOUNDATION_EXTENDED: lambda m: f"{m.level or 'foundation'} extended by {months_words(m.detail)}",
    Event.FOUNDATION_SIGNED_OFF: lambda m: f"signed off {m.level or 'foundation'}{m.in_region}",
    Event.FOUNDATION_RELEASED: lambda m: "released from foundation without sign-off",
    Event.FOUNDATION_RESIGNED: lambda m: "resigned from foundation",
    Event.STARTED_OUTSIDE: _started_outside,
    Event.ARRIVED_FROM_OVERSEAS: lambda m: f"came from overseas: {_role(m.detail, m)}{m.in_region}",
    Event.LEFT: lambda m: f"left the modelled workforce for good ({_word(LEAVING_WORDS, Leaving, m.detail)})",
    Event.APPLIED: lambda m: f"applied for {m.post}{m.in_region} ({m.rank} application, {m.round})",
    Event.OFFERED: _offered,
    Event.DECLINED: lambda m: f"declined {m.post}{m.in_region} ({m.round_name(m.detail)})",
    Event.OFFER_LAPSED: lambda m: (
        f"did not answer the offer of {m.post}{m.in_region} in time ({m.round_name(m.detail)})"
    ),
    Event.UPGRADED: lambda m: f"moved up to a preferred offer: {m.post}{m.in_region} ({_rank_and_round(m)})",
    Event.ACCEPTED: _accepted,
    Event.UNPLACED: lambda m: (
        f"no training post this season, first tried in {m.round}: "
        f"{_word(UNPLACED_WORDS, Unplaced, lowest_part(m.detail))}"
    ),
    Event.WITHDREW: lambda m: f"withdrew from {m.post}{m.in_region} before the start",
    Event.BLOCKED: _blocked,
    Event.STARTED_LEVEL: _started_level,
    Event.REVIEWED: lambda m: (
        f"yearly review (ARCP) of {m.post}: outcome {m.detail}, {_word(OUTCOME_WORDS, Outcome, m.detail)}"
    ),
    Event.EXTENDED: lambda m: f"training in {m.post} extended by {months_words(m.detail)} of whole-time work",
    Event.RELEASED: lambda m: f"released from {m.programme or 'the'} training",
    Event.RESIGNED: lambda m: f"resigned from {m.programme or 'the'} training{m.in_region}",
    Event.COMPLETED_CORE: lambda m: f"completed {m.programme or 'core'} training{m.in_region}",
    Event.COMPLETED_TRAINING: lambda m: (
        f"completed {m.programme or 'specialty'} training (CCT){m.in_region}, "
        f"{months_words(m.detail)} after starting it"
    ),
    Event.STARTED_PRACTICE: lambda m: f"took a post as {_role(m.detail, m)}{m.in_region}{m.hours}",
    Event.CHANGED_HOURS: lambda m: f"changed hours to {m.wte} % of full time",
    Event.STARTED_BREAK: lambda m: f"stepped away from practice for {months_words(m.detail)}",
    Event.RETURNED_TO_PRACTICE: lambda m: (
        f"came back to practice as {_role(m.detail, m)}{m.in_region}{m.hours}"
    ),
    Event.RETIRED: lambda m: f"retired{m.in_region}",
    Event.PORTFOLIO_REGISTERED: lambda m: (
        f"joined the specialist register by the portfolio route{m.specialty}{m.in_region}"
    ),
    Event.STEPPED_OUT: lambda m: (
        f"stepped out of {m.programme or 'the'} training for {months_words(m.detail // KINDS)}"
        f"{m.kind_among(m.step_outs)}"
    ),
    Event.STEPPED_IN: _stepped_in,
    Event.DID_NOT_RETURN: lambda m: (
        f"did not come back to {m.programme or 'the'} training{m.kind_among(m.step_outs)}"
    ),
    Event.LTFT_REFUSED: lambda m: f"asked to work {m.detail} % of full time, in vain",
    Event.SUPPORTED_RETURN: lambda m: f"came back with support, {m.detail} weeks supernumerary",
    Event.CREDIT_GRANTED: lambda m: (
        f"{m.detail % CREDIT_KIND / 100:g} months of whole-time training credited "
        f"({_word(CREDIT_WORDS, Credit, m.detail // CREDIT_KIND)})"
    ),
    Event.TRANSFERRED: _transferred,
    Event.PORTFOLIO_STARTED: lambda m: (
        f"began a portfolio application{m.specialty}, to be decided in {months_words(m.detail)}"
    ),
    Event.PORTFOLIO_REFUSED: lambda m: f"the portfolio application{m.specialty} did not succeed",
    Event.CREDENTIAL_STARTED: lambda m: f"started {m.credential}{m.in_region}",
    Event.CREDENTIAL_AWARDED: lambda m: (
        f"awarded {m.credential}{m.in_region}, {months_words(m.detail // KINDS)} after starting it"
    ),
    Event.FELLOWSHIP_STARTED: lambda m: (
        f"started a fellowship{m.kind_among(m.fellowships)}{m.in_region} of {months_words(m.detail // KINDS)}"
    ),
    Event.SCHEME_STARTED: lambda m: (
        f"joined {_word(SCHEME_WORDS, Scheme, m.detail % KINDS)} for {months_words(m.detail // KINDS)}"
    ),
    Event.SPECIALIST_GRADE: lambda m: f"took a specialist-grade post{m.specialty}{m.in_region}",
    Event.ENHANCE_JOINED: lambda m: f"joined the Enhance programme{m.in_region}",
    Event.POSTS_ADVERTISED: lambda m: f"{m.detail:,} posts advertised: {_pool(m)}",
    Event.POSTS_UNFILLED: lambda m: f"{m.detail:,} posts left empty: {_pool(m)}",
    Event.POOL_CAPACITY: lambda m: f"capacity {m.detail:,} units: {_pool(m)}",
    Event.POOL_IN_USE: lambda m: f"{m.detail:,} units in use: {_pool(m)}",
}
WAIT_BEGINS = frozenset({Event.PLACEMENT_BLOCKED, Event.BLOCKED})
WAIT_ENDS = frozenset(
    {
        Event.MEDICAL_YEAR_STARTED,
        Event.FOUNDATION_STARTED,
        Event.STARTED_LEVEL,
        Event.STEPPED_IN,
        Event.DID_NOT_RETURN,
        Event.TRANSFERRED,
        Event.RESIGNED,
        Event.LEFT_MEDICAL_SCHOOL,
        Event.LEFT,
        Event.STARTED_OUTSIDE,
    }
)


# telling ------------------------------------------------------------------------------------------
def tell(history: EventLog, blueprint: Blueprint) -> list[str]:
    """A life as sentences: who, then every event with its month, then where they are at the horizon.

    ``history`` holds the rows of one person, in order (``EventLog.history``). An empty history gives
    an empty list.
    """
    if not len(history):
        return []
    lines = [who(int(history.person[0]), int(history.month[0]), blueprint)]
    state = State.OUTSIDE
    waiting_since: int | None = None
    returning = False
    place: Moment | None = None  # the row that last changed where they are
    for moment in _moments(history, blueprint):
        away = returning or state is State.STEPPED_OUT
        if moment.event is Event.BLOCKED and away and place and place.programme == moment.programme:
            moment, returning = replace(moment, returning=True), True
        elif moment.event in WAIT_ENDS:
            returning = False
        sentence = SENTENCES[moment.event](moment)
        if moment.event in WAIT_BEGINS:
            if waiting_since is None:
                waiting_since = moment.month
                sentence += "; waiting"
            else:
                sentence += f"; still waiting after {months_words(moment.month - waiting_since)}"
        elif moment.event in WAIT_ENDS and waiting_since is not None:
            sentence += f", after waiting {months_words(moment.month - waiting_since)}"
            waiting_since = None
        lines.append(f"{_date(moment.month, blueprint)}: {sentence}.")
        if moment.event in STATE_AFTER or moment.event in STATE_IN_DETAIL:
            state, place = _state_after(moment, state), moment
        elif moment.event is Event.CHANGED_HOURS and place is not None:
            place = replace(place, wte=moment.wte)
    lines.append(_closing(state, place, waiting_since, blueprint))
    return lines


def who(person: int, month: int, blueprint: Blueprint) -> str:
    """The identity in words: how they came, in which month, and where."""
    try:
        decoded = describe(person)
    except ValueError:
        return f"Person {person}."
    region = (
        f", {region_words(blueprint.regions[decoded.region])}"
        if 0 <= decoded.region < len(blueprint.regions)
        else ""
    )
    return (
        f"Person {person}: {KIND_WORDS[decoded.kind]}, {_date(month, blueprint)}{region}, "
        f"number {decoded.ordinal + 1}."
    )


def find_person(log: EventLog, number: int) -> int:
    """The identity that ``number`` means: itself, or below a million the N-th new medical student.

    Raises:
        UnknownPerson: when the run has no such person.
    """
    people = np.unique(log.person[log.person != SYSTEM_PERSON])
    if number < SMALL_NUMBERS:
        students = people[identity_kind(people) == IdentityKind.STUDENT_ENTRANT]
        if not 1 <= number <= len(students):
            raise UnknownPerson(
                f"there is no new medical student number {number}: "
                f"the run has {len(students):,}, counted from 1"
            )
        return int(students[number - 1])
    place = int(np.searchsorted(people, number))
    if place < len(people) and people[place] == number:
        return number
    nearest = ", ".join(str(person) for person in people[max(0, place - 2) : place + 2])
    raise UnknownPerson(f"there is no person {number} in this run; the nearest are {nearest or 'none'}")


def _moments(history: EventLog, blueprint: Blueprint) -> Iterator[Moment]:
    step_outs, fellowships = step_out_titles(blueprint), fellowship_names(blueprint)
    credentials = tuple(
        title or plain(name)
        for title, name in zip(blueprint.credential_titles, blueprint.credentials, strict=True)
    )
    for row in range(len(history)):
        programme = _name(blueprint.programmes, history.programme[row])
        event = Event(int(history.event[row]))
        level = _name(blueprint.levels, history.level[row])
        region = _name(blueprint.regions, history.region[row])
        yield Moment(
            month=int(history.month[row]),
            event=event,
            programme=plain(programme),
            level=level_words(level, programme),
            region=region_words(region) if region else "",
            wte=int(history.wte[row]),
            detail=int(history.detail[row]),
            rounds=blueprint.rounds,
            routes=blueprint.routes,
            programmes=blueprint.programmes,
            step_outs=step_outs,
            fellowships=fellowships,
            credentials=credentials,
        )


def _name(names: tuple[str, ...], index: int) -> str:
    return names[index] if NONE < index < len(names) else ""


def _state_after(moment: Moment, before: State) -> State:
    if moment.event in STATE_IN_DETAIL:
        return State(state_entered(moment.detail))
    return STATE_AFTER.get(moment.event, before)


def _closing(state: State, place: Moment | None, waiting_since: int | None, blueprint: Blueprint) -> str:
    horizon = blueprint.months - 1
    role, where = STATE_WORDS[state], ""
    if place is not None and state is not State.OUTSIDE:
        hours = "" if state is State.STEPPED_OUT else place.hours
        role, where = _role(state, place), f"{place.in_region}{hours}"
    wait = (
        f", waiting for {months_words(horizon - waiting_since)} so far" if waiting_since is not None else ""
    )
    return f"At the end of the run, {_date(horizon, blueprint)}: {role}{where}{wait}."


def _date(month: int, blueprint: Blueprint) -> str:
    return f"{date_of(blueprint.start_year, blueprint.start_month, month):%B %Y}"
