"""Flexible training on SimPy: a place in a programme, hours asked for, time away and the return.

What a stage of training needs, step by step; training itself is in ``simpy_lives``.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from pipeline_sim.engines import rows
from pipeline_sim.engines.doctor import Doctor
from pipeline_sim.engines.logbook import place
from pipeline_sim.engines.simpy_credit import leave_programme
from pipeline_sim.engines.simpy_pools import SITTING, STARTING, Bundle
from pipeline_sim.rules import cover as cover_rules
from pipeline_sim.rules import hours as hours_rules
from pipeline_sim.rules import step_out as rules
from pipeline_sim.rules import training as training_rules
from pipeline_sim.rules.credentials import TRAINEE
from pipeline_sim.vocabulary import CREDIT_KIND, KINDS, Credit

if TYPE_CHECKING:
    from pipeline_sim.engines.simpy_engine import Simulation

FULL_TIME = hours_rules.FULL_TIME
CREDITED = CREDIT_KIND * int(Credit.STEP_OUT)
BACK, GAVE_UP, NEVER_DUE = 0, 1, 2


class Seat:
    """A trainee's place in a programme, and how far they have got in it."""

    __slots__ = (
        "assess",
        "began",
        "credit",
        "extended",
        "held",
        "kind",
        "level",
        "programme",
        "progress",
        "region",
        "required",
        "returned",
        "satisfactory",
        "since_review",
        "spell",
        "steps",
        "support",
        "supported",
        "where",
        "wte",
    )

    def __init__(self, programme: int, region: int, level: int, wte: int, held: Bundle, began: int) -> None:
        self.programme = programme
        self.region = region
        self.level = level
        self.wte = wte
        self.held = held
        self.began = began
        self.progress = 0  # WTE months x 100 in the level
        self.required = 0
        self.extended = 0  # WTE months of extension in the programme
        self.since_review = 0
        self.spell = 0
        self.credit = self.assess = 0  # WTE months x 100 to be counted; once a review has agreed
        self.satisfactory = True  # the last review
        self.support = self.supported = 0  # holds a place of supported return; not reviewed since
        self.turn()

    def turn(self) -> None:
        """Level or hours have changed: so has the place in the log."""
        self.where = place(self.programme, self.level, self.region, self.wte)

    def use_credit(self) -> None:
        """Count what is left of a credit towards the level in hand."""
        if self.credit:
            used = rules.credit_usable(self.required, self.progress, self.credit)
            self.credit -= used
            self.progress += used


def register(sim: Simulation, doctor: Doctor, seat: Seat) -> None:
    """Note the post for credentials: region, hours, and how far in the programme."""
    order = seat.level - sim.level_first[seat.programme] + 1
    sim.credentials.registers[TRAINEE][seat.programme].take(doctor.id, seat.region, seat.wte, order)


def take_post(sim: Simulation, doctor: Doctor, seat: Seat) -> None:
    """A trainee begins to fill a post."""
    register(sim, doctor, seat)
    if seat.wte != FULL_TIME:
        sim.part_timers[seat.programme][seat.region] += 1


def leave_post(sim: Simulation, doctor: Doctor, seat: Seat) -> None:
    """A trainee gives back the post and all else they hold."""
    sim.credentials.registers[TRAINEE][seat.programme].leave(doctor.id)
    if seat.wte != FULL_TIME:
        sim.part_timers[seat.programme][seat.region] -= 1
    sim.pools.release(seat.held, FULL_TIME - seat.wte)
    seat.held = ()


def end_support(sim: Simulation, seat: Seat) -> None:
    """Give back the place of supported return, if one is held."""
    if seat.support:
        seat.support = 0
        sim.pools.release(seat.held)
        seat.held = sim.training_bundle(seat.programme, seat.level, seat.region)
        sim.pools.hold(seat.held)


def spell_of(sim: Simulation, doctor: Doctor, seat: Seat) -> tuple[int, int]:
    """(months, way) of the spell that begins."""
    resign, development, extra_time, release = sim.hazards[seat.programme][seat.region]
    leave, support = 0, training_rules.NO_LIMIT
    if sim.kinds:
        leave = _chances(sim, doctor, seat)[-1]
        if seat.supported:
            extra_time = extra_time * int(sim.bp.return_support[sim.year, 6]) // 100
        if seat.support:
            support = int(sim.bp.return_support[sim.year, 2])
    boost = FULL_TIME
    if doctor.step_out >= 0 and sim.month - doctor.returned < sim.ltft_rules[sim.year][2]:
        boost = sim.step_out_rules[sim.year]["ltft_percent"][doctor.step_out]
    ask = yearly_request(sim, doctor, seat.level, seat.wte, boost)
    seat.spell += 1
    end = training_rules.spell_end(
        sim.key, doctor.id, doctor.entries, seat.level, seat.spell, seat.required - seat.progress, seat.wte,
        seat.since_review, resign, development, extra_time, release, leave, ask, support,
    )  # fmt: skip
    return divmod(int(end), training_rules.WAYS)


def _chances(sim: Simulation, doctor: Doctor, seat: Seat) -> Any:
    """Running sums of the yearly thresholds of every kind of step-out."""
    band = rules.age_band(sim.bp.step_out_ages, (sim.month - doctor.birth) // 12)
    return sim.step_out_yearly[sim.year][seat.programme][doctor.female][band]


# hours --------------------------------------------------------------------------------------------------


def _approved(sim: Simulation, doctor: Doctor, programme: int, region: int, occurrence: int) -> bool:
    reasons, are_open, always = sim.ltft_reasons[sim.year][programme]
    full = sim.part_time_full[programme][region]
    return bool(hours_rules.hours_approved(sim.key, doctor.id, occurrence, reasons, are_open, always, full))


def hours_on_starting(sim: Simulation, doctor: Doctor, programme: int, region: int) -> int:
    """Percent of full time in a programme that a doctor goes to; a refusal is logged."""
    bp = sim.bp
    if not bp.ltft_asked:
        share = int(bp.programme_ltft[programme])
        wished = training_rules.starting_wte(
            sim.key, doctor.id, programme, share, bp.ltft_percent, bp.ltft_cumulative
        )
        doctor.hours = int(wished)
        return doctor.hours
    level = sim.level_first[programme]
    wished = hours_rules.starting_hours(
        sim.key, doctor.id, programme, doctor.hours, sim.ltft_requests[sim.year][level][doctor.female][0],
        sim.ltft_rules[sim.year][1], bp.ltft_percent, bp.ltft_cumulative,
    )  # fmt: skip
    doctor.hours = int(wished)
    occasion = hours_rules.STARTING_OCCASION + doctor.entries
    if wished != FULL_TIME and not _approved(sim, doctor, programme, region, occasion):
        where = place(programme, level, region, FULL_TIME)
        sim.log.write(rows.LTFT_REFUSED_ON_STARTING, doctor.id, where, doctor.hours)
        doctor.hours = FULL_TIME
    return doctor.hours


def yearly_request(sim: Simulation, doctor: Doctor, level: int, wte: int, boost: int = FULL_TIME) -> int:
    """Yearly threshold of a trainee's asking for other hours; ``boost`` is in percent."""
    if not sim.bp.ltft_asked:
        return 0
    _, asks, back, change = sim.ltft_requests[sim.year][level][doctor.female]
    return int(hours_rules.yearly_wish(wte, asks, back, change, boost))


def hours_after_asking(
    sim: Simulation, doctor: Doctor, programme: int, level: int, region: int, spell: int, wte: int
) -> int:
    """Percent of full time of someone who asks for other hours: granted, refused, or the same as before."""
    bp = sim.bp
    luck = training_rules.occurrence(doctor.entries, level, spell)
    _, *chances = sim.ltft_requests[sim.year][level][doctor.female]
    wished = int(
        hours_rules.hours_wished(sim.key, doctor.id, luck, wte, *chances, bp.ltft_percent, bp.ltft_cumulative)
    )
    if wished == wte:
        return wte
    if wte == FULL_TIME and not _approved(sim, doctor, programme, region, luck):
        sim.log.write(rows.LTFT_REFUSED, doctor.id, place(programme, level, region, wte), wished)
        return wte
    sim.log.write(rows.CHANGED_HOURS, doctor.id, place(programme, level, region, wished))
    doctor.hours = wished
    return wished


def ask_for_hours(sim: Simulation, doctor: Doctor, seat: Seat) -> None:
    """A trainee asks for other hours: granted, refused, or the same as before."""
    wished = hours_after_asking(sim, doctor, seat.programme, seat.level, seat.region, seat.spell, seat.wte)
    if wished == seat.wte:
        return
    sim.pools.spare(seat.held, seat.wte - wished)
    change_in_heads = int(wished != FULL_TIME) - int(seat.wte != FULL_TIME)
    sim.part_timers[seat.programme][seat.region] += change_in_heads
    seat.wte = wished
    seat.turn()
    register(sim, doctor, seat)


# time away ----------------------------------------------------------------------------------------------


def kind_allowed(sim: Simulation, doctor: Doctor, seat: Seat) -> int:
    """The kind of step-out that was drawn for this month, or -1 where its gates are shut."""
    luck = training_rules.occurrence(doctor.entries, seat.level, seat.spell)
    band = rules.age_band(sim.bp.step_out_ages, (sim.month - doctor.birth) // 12)
    chances = sim.bp.step_out_yearly[sim.year, seat.programme, doctor.female, band]
    kind = int(rules.kind_of_step_out(sim.key, doctor.id, luck, chances))
    return kind if kind < sim.kinds and _may_go(sim, doctor, seat, kind, sim.month) else -1


def kind_at_start(sim: Simulation, doctor: Doctor, seat: Seat) -> int:
    """The kind of step-out on which a trainee of the starting stock is, or -1."""
    if not sim.kinds:
        return -1
    band = rules.age_band(sim.bp.step_out_ages, -doctor.birth // 12)
    chances = sim.bp.step_out_stock[seat.programme, doctor.female, band]
    kind = int(rules.away_at_start(sim.key, doctor.id, chances))
    return kind if kind < sim.kinds and _may_go(sim, doctor, seat, kind, rules.LEFT_BEFORE) else -1


def _may_go(sim: Simulation, doctor: Doctor, seat: Seat, kind: int, month: int) -> bool:
    gate = sim.step_out_rules[sim.year]
    final = seat.level == sim.level_first[seat.programme] + sim.level_count[seat.programme] - 1
    allowed = rules.may_step_out(
        month - seat.began, final, seat.satisfactory, month - max(doctor.returned, seat.began),
        gate["min_months"][kind], gate["final_year"][kind] != 0, gate["satisfactory"][kind] != 0,
        gate["notice"][kind],
    )  # fmt: skip
    return bool(allowed)


def step_out(
    sim: Simulation, doctor: Doctor, seat: Seat, kind: int, at_start: bool = False
) -> Generator[Any, Any, int]:
    """Time away from a programme, to the return: BACK in it, GAVE_UP, or NEVER_DUE before the horizon."""
    write, person = sim.log.write, doctor.id
    doctor.step_outs += 1
    doctor.step_out = kind
    edges = sim.bp.step_out_lengths[kind, :, 1]
    length = int(rules.length_of_step_out(sim.key, person, doctor.step_outs, edges))
    planned = sim.step_out_lengths[kind][length][0]
    if at_start:
        planned = int(rules.months_still_away(sim.key, person, planned))
        seat.progress = rules.done_when_left(seat.progress)
        seat.since_review = rules.done_when_left(seat.since_review)
    leave_post(sim, doctor, seat)
    post: Bundle = ((sim.post_pool[seat.programme][seat.region], 1),)
    if sim.step_out_rules[sim.year]["held"][kind]:
        _hold(sim, seat, post)
    share = sim.post_cover[sim.year][kind]
    covered = bool(cover_rules.wants_cover(sim.key, person, doctor.step_outs, share))
    sim.covers.wanted[seat.region] += covered
    write(rows.STEPPED_OUT, person, seat.where, kind + KINDS * planned)
    since = sim.month
    if since + planned >= sim.horizon:
        return NEVER_DUE
    yield sim.endings[since + planned]
    sim.covers.wanted[seat.region] -= covered
    months = sim.month - since
    least, uptake, held_for, _, _, more_return = sim.return_support[sim.year][:6]
    offered = held_for > 0 and sim.bp.support_places[sim.year, seat.region] > 0
    supported = offered and bool(
        rules.wants_support(sim.key, person, doctor.step_outs, months, least, uptake)
    )
    uplift = more_return if supported else 0
    returns = sim.step_out_lengths[kind][length][2]
    if not rules.comes_back(sim.key, person, doctor.step_outs, returns, uplift):
        sim.pools.release(seat.held, FULL_TIME - seat.wte)
        write(rows.DID_NOT_RETURN, person, seat.where, kind)
        leave_programme(sim, doctor, seat.programme, seat.level, seat.progress)
        return GAVE_UP
    _enter_after_gap(sim, doctor, seat, months)
    claim = sim.step_out_rules[sim.year]["claim"][kind]
    yield from _wait_to_return(sim, doctor, seat, claim, post, supported)
    take_post(sim, doctor, seat)
    write(rows.STEPPED_IN, person, seat.where, kind + KINDS * (sim.month - since))
    doctor.returned = sim.month
    seat.supported = seat.support
    if seat.support:
        _, _, _, weeks_a_year, weeks_cap, *_ = sim.return_support[sim.year]
        weeks = rules.supernumerary_weeks(sim.month - since, weeks_a_year, weeks_cap)
        write(rows.SUPPORTED_RETURN, person, seat.where, int(weeks))
    _count_time_away(sim, doctor, seat, kind, months, sim.step_out_lengths[kind][length][3])
    return BACK


def _hold(sim: Simulation, seat: Seat, post: Bundle) -> None:
    seat.held = post
    sim.pools.hold(post, spared=FULL_TIME - seat.wte)


def _enter_after_gap(sim: Simulation, doctor: Doctor, seat: Seat, months: int) -> None:
    """After a long absence, time that does not count is added, or the programme begins again."""
    row = rules.gap_row(sim.gap_months, months)
    if row < 0:
        return
    _, extra, restart = sim.bp.return_gaps[row].tolist()
    if restart:
        doctor.entries += 1
        seat.level = sim.level_first[seat.programme]
        seat.required = sim.level_wte[seat.level]
        seat.progress = seat.since_review = 0
        doctor.credited = 0
        seat.turn()
    elif extra:
        seat.required += 100 * extra
        sim.log.write(rows.EXTENDED, doctor.id, seat.where, extra)


def _wait_to_return(
    sim: Simulation, doctor: Doctor, seat: Seat, claim: int, post: Bundle, supported: bool
) -> Generator[Any, Any, None]:
    """Until there is a post, unless one is guaranteed or held, and all else the level needs."""
    if claim == rules.GUARANTEED and not seat.held:
        _hold(sim, seat, post)
    promised = not seat.held and claim == rules.PRIORITY
    committed = sim.recruitment.committed[seat.programme]
    committed[seat.region] += promised
    plain = sim.training_bundle(seat.programme, seat.level, seat.region)
    wanted = (sim.supported_bundle(seat.programme, seat.level, seat.region), plain) if supported else (plain,)
    move = sim.pools.move(seat.held, wanted)
    sim.pools.release(move.freed)
    taken = 0
    if move.need is not None:
        priority = STARTING if claim == rules.COMPETE else SITTING
        spared = FULL_TIME - seat.wte
        request = sim.pools.ask(move.need, priority, sim.month, doctor, seat.where, spared)
        yield request
        taken = request.granted
        sim.pools.release(move.surplus[taken])
    seat.held = wanted[taken]
    seat.support = int(supported and taken == 0)
    committed[seat.region] -= promised


def _count_time_away(
    sim: Simulation, doctor: Doctor, seat: Seat, kind: int, months: int, extension: int
) -> None:
    gate = sim.step_out_rules[sim.year]
    counts = gate["counts"][kind]
    credit = int(
        rules.step_out_credit(
            sim.key, doctor.id, doctor.step_outs, counts, months, gate["rate"][kind], gate["cap"][kind],
            gate["no_credit"][kind], gate["allowance"][kind], extension,
        )
    )  # fmt: skip
    if counts != rules.PROSPECTIVE:
        seat.assess += credit
    elif credit:
        sim.log.write(rows.CREDIT_GRANTED_ON_RETURN, doctor.id, seat.where, CREDITED + credit)
        seat.credit += credit
    seat.use_credit()


def assess_time_away(sim: Simulation, doctor: Doctor, seat: Seat) -> None:
    """At the first review after a return, what the time away counts for is granted."""
    if seat.assess:
        sim.log.write(rows.CREDIT_GRANTED, doctor.id, seat.where, CREDITED + seat.assess)
        seat.credit += seat.assess
        seat.assess = 0
