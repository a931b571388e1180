"""The words of the event log: what can happen to a person, and the state that leaves them in.

Everything a person does is one of these events. Results are computed from the log alone, so this
enumeration, and nothing in an engine, is what the results rooms depend on.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TypeVar

from numpy.typing import NDArray

#: Parts of ``detail``: see the events that use them.
WIDENING = 100
KIND_OF_PLACE = 100
ROUND = 100
KINDS = 100  # a kind of step-out, credential, fellowship or scheme is the rest by it
COVERING = 100  # added to the state of a locally employed doctor who covers a post
RERUN = TIER = 10_000

Packed = TypeVar("Packed", int, NDArray)


def lowest_part(detail: Packed) -> Packed:
    """The rank, order or reason below the parts that are added to it."""
    return detail % ROUND


def round_of(detail: Packed) -> Packed:
    """The round of a ``detail`` that holds ``ROUND`` times it."""
    return detail % RERUN // ROUND


def state_entered(detail: Packed) -> Packed:
    """The state in a ``detail`` to which ``COVERING`` may be added."""
    return detail % COVERING


class State(IntEnum):
    """Where a person is. Everyone who has entered is in exactly one state at any month's end."""

    OUTSIDE = 0  # not yet entered, or left for good
    STUDENT = 1
    STUDENT_WAITING = 2  # a clinical year cannot start: no placement
    FOUNDATION_WAITING = 3  # graduated, no foundation place or no supervisor yet
    FOUNDATION = 4
    LOCALLY_EMPLOYED = 5  # trust grade or locally employed doctor
    UNPLACED = 6  # locally employed after an unsuccessful application, still trying
    ABROAD = 7  # UK-trained doctor working or travelling abroad
    BREAK = 8
    TEACHING_RESEARCH = 9
    OVERSEAS_APPLICANT = 10  # qualified abroad, applying from abroad
    TRAINING_WAITING = 11  # has a post, waits for a supervisor or a practice place
    TRAINING = 12
    SAS = 13
    POST_CCT = 14  # on the register, not yet in a consultant or NHS GP post
    CONSULTANT = 15
    GP = 16
    PRACTICE_BREAK = 17  # trained doctor away, expected back
    STEPPED_OUT = 18  # trainee away from a programme, expected back: see step_outs.csv for the kinds
    FELLOWSHIP = 19  # on the register, in a fellowship or an extra year before a substantive post
    TRAINING_INITIATIVE = 20  # overseas doctor on the Medical Training Initiative
    RETURN_SCHEME = 21  # trained doctor coming back to practice by induction and refresher


class Event(IntEnum):
    """What can happen. The value is stored in the log; names are what users read."""

    # month 0
    PRESENT_AT_START = 1  # in the starting stock; detail = state
    # medical school
    ENTERED_MEDICAL_SCHOOL = 2  # detail = route + WIDENING for a widening-participation entrant
    PLACEMENT_BLOCKED = 3  # clinical year deferred; detail = blocking cause
    MEDICAL_YEAR_STARTED = 4  # detail = year of course
    MEDICAL_YEAR_PASSED = 5  # detail = year of course
    MEDICAL_YEAR_REPEATED = 6  # detail = year of course
    LEFT_MEDICAL_SCHOOL = 7  # detail = year of course
    GRADUATED = 8  # detail = route + WIDENING for a widening-participation entrant
    # foundation
    ARRIVED_FOR_FOUNDATION = 9  # overseas graduate accepted by the eligibility office
    FOUNDATION_APPLIED = 10  # region = first preference
    FOUNDATION_ALLOCATED = 11  # detail = preference rank (1 = first) + 100 x kind of place
    FOUNDATION_PLACEHOLDER = 12  # guaranteed a place beyond the funded ones
    FOUNDATION_RESERVE = 13  # on the reserve list, waits for next year
    FOUNDATION_WITHDREW = 14  # gave back an allocated place before the start
    FOUNDATION_STARTED = 15  # level F1 or F2; detail = 1 with a practice placement
    FOUNDATION_EXTENDED = 16  # detail = extension months WTE
    FOUNDATION_SIGNED_OFF = 17
    FOUNDATION_RELEASED = 18
    FOUNDATION_RESIGNED = 19
    # outside training
    STARTED_OUTSIDE = 20  # detail = state entered, + 100 if to cover a post held for a trainee who is away
    ARRIVED_FROM_OVERSEAS = 21  # detail = state entered
    LEFT = 22  # left the modelled workforce for good; detail = reason (see Leaving)
    # recruitment
    APPLIED = 23  # one application; region = first choice; detail = order of preference + 100 x round
    OFFERED = 24  # detail = rank on own list + 100 x round + 10,000 if a re-run offer
    DECLINED = 25  # detail = round
    OFFER_LAPSED = 26  # no response in time; detail = round
    UPGRADED = 27  # moved to a preferred offer; detail = rank on own list + 100 x round
    ACCEPTED = 28  # detail = rank on own list + 100 x round + 10,000 x tier
    UNPLACED = 29  # once a season; detail = reason + 100 x first round tried (see Unplaced)
    WITHDREW = 30  # accepted, then withdrew before the start
    # training
    BLOCKED = 31  # cannot start: detail = blocking cause
    STARTED_LEVEL = 32  # detail = 1 if the first level of the programme for this person
    REVIEWED = 33  # ARCP; detail = outcome 1, 2, 3, 4 or 6
    EXTENDED = 34  # detail = extension months WTE
    RELEASED = 35
    RESIGNED = 36
    COMPLETED_CORE = 37
    COMPLETED_TRAINING = 38  # CCT; detail = months from first level start in this programme
    # practice
    STARTED_PRACTICE = 39  # consultant, GP or SAS post; detail = state entered
    CHANGED_HOURS = 40
    STARTED_BREAK = 41  # trained doctor steps away; detail = months planned
    RETURNED_TO_PRACTICE = 42
    RETIRED = 43
    PORTFOLIO_REGISTERED = 44  # specialist register without a CCT
    # flexible training
    STEPPED_OUT = 45  # detail = kind of step-out + 100 x months planned
    STEPPED_IN = 46  # back in the same programme; detail = kind of step-out + 100 x months away
    DID_NOT_RETURN = 47  # gave the programme up while away; detail = kind of step-out
    LTFT_REFUSED = 48  # asked for other hours in vain; detail = percent asked for
    SUPPORTED_RETURN = 49  # came back with a place of supported return; detail = supernumerary weeks
    CREDIT_GRANTED = 54  # detail = WTE months x 100 + CREDIT_KIND x why (see Credit)
    TRANSFERRED = 55  # left a programme for a post won in another; detail = that programme
    # careers
    PORTFOLIO_STARTED = 56  # detail = months until the decision
    PORTFOLIO_REFUSED = 57
    CREDENTIAL_STARTED = 58  # detail = credential
    CREDENTIAL_AWARDED = 59  # detail = credential + 100 x months taken
    FELLOWSHIP_STARTED = 60  # detail = fellowship + 100 x months
    SCHEME_STARTED = 61  # detail = see Scheme, + 100 x months
    SPECIALIST_GRADE = 62  # a SAS doctor takes a specialist post
    ENHANCE_JOINED = 63  # takes a place of the Enhance programme; detail = months
    # system rows: person 0
    POSTS_ADVERTISED = 50  # detail = posts (a whole number), level = round
    POSTS_UNFILLED = 51  # detail = posts left empty after the round
    POOL_CAPACITY = 52  # level = pool kind; detail = units
    POOL_IN_USE = 53  # level = pool kind; detail = units (training posts: whole ones that are not free)


#: In the detail of CREDIT_GRANTED, above the WTE months x 100.
CREDIT_KIND = 100_000


class Credit(IntEnum):
    """Why earlier time counts towards a programme."""

    STEP_OUT = 1  # time away, assessed on return or agreed in advance
    TRANSFER = 2  # training in another programme
    EXPERIENCE = 3  # recognised experience outside training
    ENHANCE = 4  # the Enhance programme


class Scheme(IntEnum):
    """Ways of keeping or bringing back trained doctors."""

    RETAINER = 1  # GP retention scheme
    INDUCTION_REFRESHER = 2  # GP induction and refresher


class PoolKind(IntEnum):
    """Kinds of counted capacity; also the causes of waiting."""

    HOSPITAL_PLACEMENT = 1
    PRIMARY_CARE_PLACEMENT = 2
    PRIVATE_PLACEMENT = 3
    VOLUNTARY_PLACEMENT = 4
    TECHNOLOGY_PLACEMENT = 5
    FOUNDATION_PLACE = 6
    TRAINING_POST = 7
    SUPERVISOR = 8
    PRACTICE_PLACE = 9
    SUPPORT_PLACE = 10  # supported return to training
    CREDENTIAL_SLOT = 11
    ENHANCE_PLACE = 12


class FoundationKind(IntEnum):
    MAIN = 0
    PRIORITY = 1
    SPECIALISED = 2


class Unplaced(IntEnum):
    """Why an application season ended without a post."""

    NOT_INTERVIEWED = 1
    NOT_APPOINTABLE = 2
    NO_POST = 3  # appointable, but every listed post went to others
    DECLINED = 4  # declined or did not answer an offer


class Leaving(IntEnum):
    AFTER_GRADUATION = 1
    AFTER_FOUNDATION = 2
    FROM_OUTSIDE_TRAINING = 3
    NEVER_CAME = 4  # overseas applicant who stopped applying
    LEFT_MEDICINE = 5
    NEVER_JOINED_PRACTICE = 6
    FROM_PRACTICE = 7


class Outcome(IntEnum):
    """ARCP outcomes used by the model."""

    SATISFACTORY = 1
    DEVELOPMENT = 2
    EXTRA_TIME = 3
    RELEASE = 4
    COMPLETION = 6


#: State after an event. Events that are absent leave the state as it was; the events in
#: ``STATE_IN_DETAIL`` carry the new state in ``detail``.
STATE_AFTER: dict[Event, State] = {
    Event.ENTERED_MEDICAL_SCHOOL: State.STUDENT,
    Event.PLACEMENT_BLOCKED: State.STUDENT_WAITING,
    Event.MEDICAL_YEAR_STARTED: State.STUDENT,
    Event.LEFT_MEDICAL_SCHOOL: State.OUTSIDE,
    Event.GRADUATED: State.FOUNDATION_WAITING,
    Event.ARRIVED_FOR_FOUNDATION: State.FOUNDATION_WAITING,
    Event.FOUNDATION_STARTED: State.FOUNDATION,
    Event.FOUNDATION_RELEASED: State.OUTSIDE,
    Event.LEFT: State.OUTSIDE,
    Event.BLOCKED: State.TRAINING_WAITING,
    Event.STARTED_LEVEL: State.TRAINING,
    Event.COMPLETED_TRAINING: State.POST_CCT,
    Event.PORTFOLIO_REGISTERED: State.POST_CCT,
    Event.STARTED_BREAK: State.PRACTICE_BREAK,
    Event.RETIRED: State.OUTSIDE,
    Event.STEPPED_OUT: State.STEPPED_OUT,
    Event.STEPPED_IN: State.TRAINING,
    Event.FELLOWSHIP_STARTED: State.FELLOWSHIP,
}
STATE_IN_DETAIL = frozenset(
    {
        Event.PRESENT_AT_START,
        Event.STARTED_OUTSIDE,
        Event.ARRIVED_FROM_OVERSEAS,
        Event.STARTED_PRACTICE,
        Event.RETURNED_TO_PRACTICE,
    }
)
