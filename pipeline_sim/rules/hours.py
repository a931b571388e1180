"""Training less than full time: who asks, what for, and who is let."""

from __future__ import annotations

from pipeline_sim.compiling import rule
from pipeline_sim.randomness import LTFT_PERSISTS, LTFT_REASON, LTFT_WISH, WTE, draw, happens, pick

FULL_TIME = 100
STARTING_OCCASION = 1 << 30  # requests on starting have occasions of their own


@rule
def yearly_wish(wte_percent, ask, back, change, boost_percent):
    """Yearly threshold of asking for other hours: to go part-time, or back to full time or another part."""
    if wte_percent == FULL_TIME:
        return min(ask * boost_percent // 100, 1 << 32)
    return min(back + change, 1 << 32)


@rule
def hours_wished(key, person, occurrence, wte_percent, ask, back, change, percents, cumulative):
    """Percent of full time that someone who asks would work; as before where nobody asks any more."""
    if yearly_wish(wte_percent, ask, back, change, FULL_TIME) == 0:
        return wte_percent
    if wte_percent != FULL_TIME:
        u = (draw(key, person, LTFT_WISH, 2 * occurrence) * (back + change)) >> 32
        if u < back:
            return FULL_TIME
    return percents[pick(cumulative, draw(key, person, LTFT_WISH, 2 * occurrence + 1))]


@rule
def starting_hours(key, person, programme, before, share, persists, percents, cumulative):
    """Percent wished on starting a programme: the part worked in the last one if it persists, or drawn."""
    if 0 < before < FULL_TIME and happens(key, person, LTFT_PERSISTS, programme, persists):
        return before
    if draw(key, person, WTE, 2 * programme) >= share:
        return FULL_TIME
    return percents[pick(cumulative, draw(key, person, WTE, 2 * programme + 1))]


@rule
def hours_approved(key, person, occurrence, reasons, are_open, always, full):
    """Whether a request is granted: its reason is accepted, and there is room unless it always is.

    ``reasons`` are cumulative thresholds of why people ask; ``full`` whether the programme has in this
    region as many part-timers as it may.
    """
    if reasons.shape[0] == 0:
        return not full
    reason = min(pick(reasons, draw(key, person, LTFT_REASON, occurrence)), reasons.shape[0] - 1)
    return are_open[reason] != 0 and (always[reason] != 0 or not full)


@rule
def too_many(heads, posts, capacity_percent):
    """Whether part-timers fill their share of the posts; a share of 100 or more is no limit."""
    return capacity_percent < 100 and heads * 100 >= posts * capacity_percent
