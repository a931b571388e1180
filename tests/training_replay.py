"""Training lived again from the log alone: progress to the hundredth of a month, posts, credit.

What an engine knows of a trainee is not looked at. The rows of the log, the tables of the blueprint and
the rules as docs/flexible-training.md tells them give how far each trainee is; whoever finishes a level
short of it, too late, or with too much credit is found out, and so is a post held by somebody away.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.clock import calendar_month, training_year
from pipeline_sim.eventlog import EventLog
from pipeline_sim.rules.step_out import GUARANTEED, NOTHING, REVIEWED
from pipeline_sim.scenario.blueprint import STEP_OUT_RULES, Blueprint
from pipeline_sim.vocabulary import CREDIT_KIND, KINDS, Credit, Event, PoolKind, State

MONTH = 100  # progress counts in hundredths of WTE months
LEAST_LEFT = MONTH  # of a level, by credit
ALWAYS_TRAINED = 12 * MONTH  # of a programme, whatever is credited on starting
OF_TRAINEES = (
    Event.STEPPED_OUT,
    Event.STEPPED_IN,
    Event.DID_NOT_RETURN,
    Event.SUPPORTED_RETURN,
    Event.REVIEWED,
    Event.EXTENDED,
    Event.RESIGNED,
    Event.RELEASED,
    Event.TRANSFERRED,
)
GIVING_UP = (Event.RESIGNED, Event.RELEASED, Event.TRANSFERRED)
COMPLETING = (Event.COMPLETED_CORE, Event.COMPLETED_TRAINING)
RULE = {name: k for k, name in enumerate(STEP_OUT_RULES)}


@dataclass
class LevelEnd:
    """A level finished: by how much more than required, and what a month was worth at the time."""

    person: int
    month: int
    excess: int
    wte: int


@dataclass
class Replay:
    """What a log says of training."""

    ends: list[LevelEnd] = field(default_factory=list)
    in_post: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))  # [month, P, R]
    faults: list[str] = field(default_factory=list)


@dataclass
class Seat:
    """A trainee in a programme, as far as the log tells."""

    programme: int
    region: int
    level: int
    wte: int
    since: int  # month from which time has not been counted yet
    began: int
    required: int
    progress: int = 0
    known: bool = True  # false in the first level of those present at the start
    credit: int = 0
    to_assess: int = 0  # most that a review may grant for time away
    settles: bool = False  # credit is to be used once all rows of the month are read
    present: bool = False  # at the start
    away: int = -1  # kind of step-out
    due: int = -1
    returned: int = -1
    holds_since: int = -1


class _Life:
    """Reads the rows of one person."""

    def __init__(self, replay: Replay, blueprint: Blueprint, person: int, changes: NDArray[np.int64]) -> None:
        self.replay, self.bp, self.person, self.changes = replay, blueprint, person, changes
        self.seat: Seat | None = None
        self.entry = 0  # credit on starting
        self.left = -1  # programme left last
        self.done = 0  # most that was done in it

    def fault(self, month: int, what: str) -> None:
        self.replay.faults.append(f"person {self.person} in month {month}: {what}")

    # posts --------------------------------------------------------------------------------------------

    def hold(self, month: int) -> None:
        assert self.seat is not None
        if self.seat.holds_since >= 0:
            self.fault(month, "two posts")
        self.seat.holds_since = month
        if month < len(self.changes):
            self.changes[month, self.seat.programme, self.seat.region] += 1

    def give_back(self, month: int) -> None:
        seat = self.seat
        if seat is not None and seat.holds_since >= 0:
            self.changes[month, seat.programme, seat.region] -= 1
            seat.holds_since = -1

    # progress ------------------------------------------------------------------------------------------

    def count_until(self, month: int) -> None:
        """Time in post since it was counted last."""
        seat = self.seat
        assert seat is not None
        self.settle()
        if seat.away < 0:
            seat.progress += (month - seat.since) * seat.wte
        seat.since = month

    def settle(self) -> None:
        """Use what credit there is, once the rows of a review or a return are read."""
        seat = self.seat
        if seat is not None and seat.settles:
            used = max(0, min(seat.credit, seat.required - seat.progress - LEAST_LEFT))
            seat.credit -= used
            seat.progress += used
            seat.settles = False

    def finish_level(self, month: int) -> None:
        seat = self.seat
        assert seat is not None
        if seat.known:
            self.replay.ends.append(LevelEnd(self.person, month, seat.progress - seat.required, seat.wte))

    # rows ------------------------------------------------------------------------------------------------

    def read(
        self, month: int, event: int, programme: int, level: int, region: int, wte: int, detail: int
    ) -> None:
        seat, bp = self.seat, self.bp
        if event == Event.PRESENT_AT_START and detail == State.TRAINING:
            required = int(bp.level_wte_hundredths[level])
            self.seat = Seat(programme, region, level, wte, 0, 0, required, known=False, present=True)
            self.hold(0)
        elif event == Event.CREDIT_GRANTED:
            self.read_credit(month, programme, *divmod(detail, CREDIT_KIND))
        elif event == Event.STARTED_LEVEL and detail == 1:
            self.start(month, programme, level, region, wte)
        elif seat is None:
            if event in OF_TRAINEES:
                self.fault(month, f"{Event(event).name} of somebody out of training")
        elif event == Event.STARTED_LEVEL:
            self.settle()
            self.finish_level(seat.since)
            seat.progress = seat.progress - seat.required if seat.known else 0
            seat.level, seat.since = level, month
            seat.required = int(bp.level_wte_hundredths[level])
            seat.settles = True
            self.settle()
        elif event == Event.CHANGED_HOURS and level >= 0:
            self.count_until(month)
            seat.wte = wte
        elif event == Event.REVIEWED:
            self.count_until(month)
            seat.settles = True
        elif event == Event.EXTENDED:
            seat.required += MONTH * detail
        elif event == Event.STEPPED_OUT:
            self.step_out(month, detail % KINDS, detail // KINDS)
        elif event == Event.STEPPED_IN:
            self.step_in(month, level, detail)
        elif event == Event.DID_NOT_RETURN:
            if seat.away != detail or month != seat.due:
                self.fault(month, "gave up away in another way")
            self.leave(month)
        elif event in GIVING_UP:
            self.count_until(month)
            self.leave(month)
        elif event in COMPLETING:
            self.settle()
            self.finish_level(month)
            from_here = seat.known and not seat.present
            if event == Event.COMPLETED_TRAINING and from_here and detail != month - seat.began:
                self.fault(month, f"{detail} months to the certificate, not {month - seat.began}")
            self.leave(month)
        elif event == Event.BLOCKED and detail == PoolKind.TRAINING_POST and seat.away >= 0:
            if self.rule_of(seat.away, "claim", seat.due) == GUARANTEED:
                self.fault(month, "waits for a post that is guaranteed")
            if self.rule_of(seat.away, "held", seat.since):
                self.fault(month, "waits for the post that they hold")
        elif event == Event.SUPPORTED_RETURN and seat.returned != month:
            self.fault(month, "support without a return")

    def start(self, month: int, programme: int, level: int, region: int, wte: int) -> None:
        bp = self.bp
        if self.seat is not None:
            self.fault(month, "starts a programme within another")
            self.give_back(month)
        first = int(bp.level_first[programme])
        required = int(bp.level_wte_hundredths[level])
        progress = self.entry - int(bp.level_wte_hundredths[first:level].sum())
        if not 0 <= progress < required:
            self.fault(month, f"starts level {level} with credit of {self.entry}")
        self.entry = 0
        self.seat = Seat(programme, region, level, wte, month, month, required, progress)
        self.hold(month)

    def leave(self, month: int) -> None:
        seat = self.seat
        assert seat is not None
        self.give_back(month)
        first = int(self.bp.level_first[seat.programme])
        needed = int(self.bp.level_wte_hundredths[seat.level])
        self.left = seat.programme
        self.done = int(self.bp.level_wte_hundredths[first : seat.level].sum())
        self.done += min(seat.progress, needed) if seat.known else needed
        self.seat = None

    # away ------------------------------------------------------------------------------------------------

    def rule_of(self, kind: int, name: str, month: int) -> int:
        """What a rule of a kind of step-out says in a month; after the run, at its end."""
        year = training_year(self.bp.start_month, min(month, self.bp.months - 1))
        return int(self.bp.step_out_rules[year, kind, RULE[name]])

    def step_out(self, month: int, kind: int, planned: int) -> None:
        seat = self.seat
        assert seat is not None
        self.count_until(month)
        if seat.away >= 0:
            self.fault(month, "steps out while away")
        seat.away, seat.due = kind, month + planned
        if not self.rule_of(kind, "held", month):
            self.give_back(month)

    def due_with_a_post(self) -> None:
        """Back when a guaranteed post is due, whatever else is waited for."""
        seat = self.seat
        if seat is None or seat.away < 0 or seat.holds_since >= 0:
            return
        if self.rule_of(seat.away, "claim", seat.due) == GUARANTEED:
            self.hold(seat.due)

    def step_in(self, month: int, level: int, detail: int) -> None:
        seat, bp = self.seat, self.bp
        assert seat is not None
        kind, planned = seat.away, seat.due - seat.since
        if kind != detail % KINDS or month - seat.since != detail // KINDS or month < seat.due:
            self.fault(month, "comes back from where they were not")
        self.due_with_a_post()
        if seat.holds_since < 0:
            self.hold(month)
        gaps = [row for row in bp.return_gaps.tolist() if row[0] <= planned]
        if gaps and gaps[-1][2]:
            seat.level = int(bp.level_first[seat.programme])
            seat.required, seat.progress, seat.known = int(bp.level_wte_hundredths[seat.level]), 0, True
        if level != seat.level:
            self.fault(month, f"comes back in level {level}, not {seat.level}")
        counts, rate, cap = (self.rule_of(kind, name, month) for name in ("counts", "rate", "cap"))
        most = 0 if counts == NOTHING else min(cap, rate * planned)
        seat.to_assess += MONTH * planned if counts == REVIEWED else most
        seat.away, seat.since, seat.returned, seat.settles = -1, month, month, True

    # credit ----------------------------------------------------------------------------------------------

    def read_credit(self, month: int, programme: int, why: int, amount: int) -> None:
        seat, bp = self.seat, self.bp
        if amount <= 0:
            self.fault(month, "credit of nothing")
        if why == Credit.STEP_OUT:
            if seat is None or amount > seat.to_assess:
                self.fault(month, f"credit of {amount} for time away, at most {seat and seat.to_assess}")
            elif seat is not None:
                seat.to_assess -= amount
                seat.credit += amount
                seat.settles = True
            return
        self.entry = amount
        year = training_year(bp.start_month, month)
        first, levels = int(bp.level_first[programme]), int(bp.level_count[programme])
        most = int(bp.level_wte_hundredths[first : first + levels].sum()) - ALWAYS_TRAINED
        if why == Credit.TRANSFER:
            _, cap, overlap, *_ = bp.credit_rules[year, self.left, programme].tolist()
            most = min(most, cap, self.done * overlap // 100) if self.left >= 0 else 0
        elif why == Credit.EXPERIENCE:
            most = min(most, int(bp.experience_rules[year, :, programme, 1].max()))
        elif why == Credit.ENHANCE:
            most = min(most, int(bp.enhance_credit[year, programme]))
        if amount > most:
            self.fault(month, f"credit of {amount} on starting, at most {most}")


def replay_training(log: EventLog, blueprint: Blueprint) -> Replay:
    """Live all training again."""
    replay = Replay()
    shape = (blueprint.months, len(blueprint.programmes), len(blueprint.regions))
    changes = np.zeros(shape, np.int64)
    chosen = np.flatnonzero((log.person != 0) & (log.programme != 0))
    order = chosen[np.argsort(log.person[chosen], kind="stable")]
    columns = [
        getattr(log, name)[order].tolist()
        for name in ("person", "month", "event", "programme", "level", "region", "wte", "detail")
    ]
    life: _Life | None = None
    for person, *row in zip(*columns, strict=True):
        if life is None or life.person != person:
            if life is not None:
                life.due_with_a_post()
            life = _Life(replay, blueprint, person, changes)
        life.read(*row)
    if life is not None:
        life.due_with_a_post()
    replay.in_post = changes.cumsum(axis=0)
    return replay


def assert_training_adds_up(log: EventLog, blueprint: Blueprint) -> Replay:
    """No level is finished short or a month late, no credit is too large, and every post has its holder."""
    replay = replay_training(log, blueprint)
    assert not replay.faults, "\n".join(replay.faults[:5])
    wrong = [end for end in replay.ends if not 0 <= end.excess < end.wte]
    assert not wrong, wrong[:5]
    logged = np.zeros_like(replay.in_post)
    rows = (log.event == Event.POOL_IN_USE) & (log.level == PoolKind.TRAINING_POST)
    logged[log.month[rows], log.programme[rows], log.region[rows]] = log.detail[rows]
    novembers = [m for m in range(blueprint.months) if calendar_month(blueprint.start_month, m) == 11]
    difference = (replay.in_post - logged)[novembers]
    shared = getattr(blueprint, "posts_shared", None)
    if shared is not None:  # there the log counts whole posts
        years = [training_year(blueprint.start_month, m) for m in novembers]
        difference[shared[years].astype(bool)] = 0
    assert not difference.any(), [
        (novembers[m], blueprint.programmes[p], blueprint.regions[r], int(difference[m, p, r]))
        for m, p, r in np.argwhere(difference)[:5]
    ]
    return replay
