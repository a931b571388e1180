"""What the compiled engine keeps of a person and of a row of the log, and the words for where a person is.

A person is two records of 64 bytes, so that an event touches a cache line or two. Fields of people who cannot
be the same at once share a place: the names given here say whose.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numba import from_dtype, int32, int64, types, uint64, void
from numpy.typing import NDArray

from pipeline_sim import clock
from pipeline_sim.compiling import compiled_once, flow
from pipeline_sim.prefetching import prefetch
from pipeline_sim.rules.medical_school import FIRST_SCHOOL_QUEUE, SCHOOL_QUEUES
from pipeline_sim.vocabulary import Event, PoolKind

NEVER = 32767  # a month that never comes
NOBODY = -1  # the person of rows about posts and pools
NO_BUNDLE = 0  # the bundle of nothing at all
BLOCK = 256  # entries of the calendar kept together, less one

PERSON = np.dtype(
    [
        ("identity", np.int64),
        ("competence", np.int64),  # bit mask of core programmes completed
        ("progress", np.int32),  # WTE months x 100 in the level when the current spell ends
        ("required", np.int32),  # what the level needs, extensions included
        ("held", np.int32),  # bundle of pools held
        ("asks", np.int32),  # transition asked for, while waiting
        ("birth", np.int16),  # month of birth
        ("nhs_since", np.int16),  # first month of NHS service
        ("began", np.int16),  # month the programme began
        ("months", np.int16),  # spell outside: least stay; seated trainee: months since review
        ("level", np.int16),  # student: year of the course; trained doctor: group; going outside: state
        ("programme", np.int16),
        ("entries", np.int16),  # programmes entered since foundation
        ("choices", np.int16),  # spells outside training so far
        ("spell", np.int16),  # student: how often this year of the course was sat before
        ("extended", np.int16),  # student: whether this year is a repeat; trained doctor: hours cut
        ("region", np.int8),
        ("wte", np.uint8),  # percent of full time
        ("stage", np.int8),
        ("way", np.int8),  # how the current spell ends, decided when it began
        ("group", np.int8),  # 0 UK graduate, 1 overseas
        ("home", np.int8),  # region, -1 for none in England
        ("female", np.int8),
        ("tier", np.int8),  # 1 = prioritised whatever the service
        ("trained", np.int8),  # region trained in last, -1 none
        ("working", np.int8),  # 1 = in post as a consultant, GP or SAS doctor
        ("route", np.int8),  # of medical school, -1 none seen
        ("state", np.int8),  # state of the last spell outside training
    ]
)

#: What flexible training and later careers ask of a person: 64 bytes more. ``r.flex[i]`` goes with
#: ``r.people[i]``.
FLEX = np.dtype(
    [
        ("credit", np.int32),  # WTE months x 100 to be counted still
        ("assess", np.int32),  # the same, once a review has agreed
        ("done", np.int32),  # WTE months x 100 trained in the programme left last
        ("credited", np.int32),  # on starting the programme of now
        ("away_since", np.int16),
        ("away", np.int16),  # months of the last step-out until it was due to end
        ("returned", np.int16),  # month of the last return
        ("since_review", np.int16),  # months since the last review when stepping out
        ("steps", np.int16),  # step-outs so far
        ("before", np.int16),  # SAS doctor: month of becoming one; GP on the retainer: hours before
        ("portfolio_due", np.int16),  # month of the decision on a portfolio application, 0 without one
        ("more_hours", np.int16),  # percentage points of the first post, after a fellowship
        # credit and transfer: see compiled_credit
        ("last_programme", np.int16),  # -1 none
        ("left_programme", np.int16),  # month
        ("lives_so_since", np.int16),  # month in which the life outside training of now began
        ("experience_until", np.int16),  # month
        ("locally_employed", np.int16),  # months of experience in each of EXPERIENCE_STATES
        ("unplaced", np.int16),
        ("sas", np.int16),
        ("training_initiative", np.int16),
        ("kind", np.int8),  # of the last step-out, -1 none
        ("length", np.int8),  # row of the kind's lengths
        ("satisfactory", np.int8),  # whether the last review was
        ("supported", np.int8),  # whether a return with support has not been reviewed yet
        ("support", np.int8),  # whether a place of supported return is held
        ("promised", np.int8),  # whether a post is kept for someone waiting to return
        ("hours", np.uint8),  # percent of full time trained at last
        ("priority_region", np.int8),  # of a foundation priority programme, -1 none
        ("trained_here", np.int8),  # was in UK foundation or training
        ("specialist", np.int8),  # 1 for a SAS doctor in the specialist grade
        ("fellowship", np.int8),
        ("credit_kind", np.int8),
        ("left_well", np.int8),  # left the last programme without a release
        ("keeps", np.int8),  # programme + 1 of the post kept while trying for another, 0 none
        ("goes_on", np.int8),  # 1 if the level was done at that review
        ("enhanced", np.int8),  # took a place of the Enhance programme
    ]
)

ROW = np.dtype(
    [
        ("person", np.int32),  # position among all people, in the order of their identity
        ("detail", np.int32),
        ("programme", np.int16),
        ("level", np.int16),
        ("event", np.uint8),
        ("region", np.int8),
        ("wte", np.uint8),
        ("spare", np.uint8),
    ]
)


class Stage(IntEnum):
    """What a person's next entry in the calendar means, or which of the lists they are on."""

    SETTLED = 0  # nothing more before the horizon
    SCHOOL_YEAR = 1  # a year of medical school ends
    SCHOOL_BEGINS = 2  # a year of medical school is to begin
    FOUNDATION_APPLIES = 3  # applies to foundation this August
    FOUNDATION_YEAR = 4  # a spell of a foundation year ends
    TRAINING = 5  # a spell of a level ends
    LEVEL_BEGINS = 6
    OUTSIDE = 7  # a decision outside training
    OUTSIDE_BEGINS = 8
    APPLIES_AGAIN = 9  # an unplaced doctor's round later in the year
    JOINS = 10  # the first trained post
    PRACTICE = 11  # a change in practice
    PRACTICE_BEGINS = 12
    PRACTICE_GOES_ON = 13
    PRACTICE_APPLIES = 14  # a SAS doctor applies this August
    PRACTICE_BREAK = 15  # a break from practice ends
    FOUNDATION_BEGINS = 16  # a foundation year begins, all it needs in hand
    FOUNDATION_ENDS = 17  # a foundation year was signed off
    RESIGNED = 18  # left a programme unfinished
    SCHOOL_PLACED = 19  # a year of medical school begins, its placement in hand
    AWAY = 20  # due back from a step-out
    RETURNS = 21  # back from a step-out, all the level needs in hand


STAGES = len(Stage)

#: Rows of the log of a month, by the phase they carry; and the count of people alive beside theirs.
ARRIVALS, ENDINGS, GRANTS, STARTS, ALIVE = 0, 1, 2, 3, 4
#: Bits: who asks for something, those in a programme first, then those about to start one, then students by
#: years to go; who applies for foundation; who applies in this month's rounds; who is due;
#: and who is or was in a post in which credentials are open in some year.
SITTING, STARTING = 0, 1  # the queues come first, in the order in which they are served
QUEUES = FIRST_SCHOOL_QUEUE + SCHOOL_QUEUES
GRADUATES, APPLICANTS, DUE, MAY_STUDY = range(QUEUES, QUEUES + 4)
BITS = QUEUES + 4

#: How an outside spell begins (``way`` until it has).
SURE, TOLD, COVERS = 1, 2, 4


@compiled_once(void(from_dtype(ROW), int64, int64, int64, int64, int64, int64, int64))
def note(row: Any, person: Any, event: Any, programme: Any, level: Any, region: Any, wte: Any, detail: Any):
    """Fill a row of the log."""
    row.person = person
    row.event = event
    row.programme = programme
    row.level = level
    row.region = region
    row.wte = wte
    row.detail = detail


@compiled_once(void(uint64[::1], int64))
def mark(bits: Any, person: Any):
    """Set a person's bit."""
    bits[person >> 6] |= np.uint64(1) << np.uint64(person & 63)


class Calendar(NamedTuple):
    """Who is due in each month: lists in blocks. The first place of a block names the block before it.

    Bits of a month and person would be as short, but each would be written far from the last.
    """

    blocks: NDArray[np.int32]  # [blocks, BLOCK]; the first one of each month's list bears its number
    last: NDArray[np.int64]  # [months + 1] place of the last entry of each list; then the first free block

    @classmethod
    def room_for(cls, months: int, people: int) -> Calendar:
        """Room for one entry a person."""
        blocks = np.zeros((months + people // (BLOCK - 1) + 1, BLOCK), np.int32)
        return cls(blocks, np.zeros(months + 1, np.int64))

    def clear(self) -> None:
        """Nobody is due any more."""
        self.blocks[:, 0] = np.arange(1, len(self.blocks) + 1)
        self.last[:] = np.arange(len(self.last)) * BLOCK
        self.last[-1] //= BLOCK


@compiled_once(void(types.NamedTuple((int32[:, ::1], int64[::1]), Calendar), int64, int64))
def schedule(calendar: Any, month: Any, person: Any):
    """Put a person down for a month; months beyond the horizon never come."""
    blocks, last = calendar.blocks, calendar.last
    if month >= last.shape[0] - 1:
        return
    at = last[month] + 1
    if at % BLOCK == 0:
        block = last[-1]
        last[-1] = blocks[block, 0]
        blocks[block, 0] = at // BLOCK - 1
        at = block * BLOCK + 1
    blocks[at // BLOCK, at % BLOCK] = person
    last[month] = at


@flow
def people_due(calendar: Any, month: Any, bits: Any, found: Any):
    """List the people due in a month, ascending, and take them off the calendar; returns how many."""
    blocks, last = calendar.blocks, calendar.last
    if last[month] == month * BLOCK:
        return 0
    block, end = last[month] // BLOCK, last[month] % BLOCK + 1
    while True:
        for k in range(1, end):
            mark(bits, blocks[block, k])
        if block == month:
            break
        before = blocks[block, 0]
        blocks[block, 0] = last[-1]
        last[-1] = block
        block, end = int64(before), BLOCK
    last[month] = month * BLOCK
    return people_marked(bits, found)


@flow
def may_study(t: Any, r: Any, i: Any, group: Any):
    """Someone comes to a post as a trainee or in a trained group: credentials may be open to them."""
    if (t.programmes[r.people[i].programme].studied_by >> group) & 1:
        mark(r.bits[MAY_STUDY], i)


@flow
def expect(r: Any, person: Any):
    """What is known of a person will soon be read."""
    prefetch(r.people, person)
    prefetch(r.flex, person)


@flow
def exchange(pools: Any, items: Any, bundle: Any, sign: Any):
    """Take (+1) or give back (-1) every unit of a bundle."""
    for k in range(items.shape[1]):
        item = items[bundle, k]
        if item.units == 0:
            break
        pools[item.pool].used += sign * item.units


@flow
def spare(pools: Any, items: Any, bundle: Any, hundredths: Any):
    """Someone leaves so much of the post in a bundle, if there is one."""
    for k in range(items.shape[1]):
        item = items[bundle, k]
        if item.units != 0 and pools[item.pool].kind == PoolKind.TRAINING_POST:
            pools[item.pool].spared += hundredths


@flow
def give_back(r: Any, person: Any):
    """Give back all that a person holds."""
    exchange(r.pools, r.items, person.held, -1)
    person.held = NO_BUNDLE


@flow
def leave(row: Any, counts: Any, person: Any, reason: Any):
    """Fill the row of someone who leaves the modelled workforce for good."""
    note(row, person, Event.LEFT, -1, -1, -1, 0, reason)
    counts[ALIVE] -= 1


@flow
def people_marked(bits: Any, found: Any):
    """List the people whose bit is set, ascending, and clear the bits; returns how many."""
    count = 0
    for word in range(bits.shape[0]):
        left = bits[word]
        if left == 0:
            continue
        bits[word] = 0
        base = word << 6
        while left != 0:
            lowest = left & (~left + np.uint64(1))
            found[count] = base + _POSITION[(lowest * _DE_BRUIJN) >> np.uint64(58)]
            count += 1
            left ^= lowest
    return count


calendar_month = flow(clock.calendar_month)


@flow
def training_year(setting: Any, month: Any):
    """Training years begun since the first."""
    return (month + setting.year_offset) // 12


@flow
def next_august(setting: Any, month: Any):
    """The first August in or after a month."""
    return month + (-(month + setting.year_offset)) % 12


@compiled_once(void(int32[:, ::1], int64[::1], int64, int64))
def push(inbox: Any, inbox_count: Any, stage: Any, person: Any):
    """Put a person on the list of a stage."""
    inbox[stage, inbox_count[stage]] = person
    inbox_count[stage] += 1


#: Multiplying a single bit by this brings its position to the top six bits (a de Bruijn sequence).
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_POSITION = np.zeros(64, np.int64)
for _bit in range(64):
    _POSITION[((int(_DE_BRUIJN) << _bit) & ((1 << 64) - 1)) >> 58] = _bit
