"""Postgraduate training: how fast a level goes, how it is reviewed, who resigns.

Progress is counted in WTE months x 100, so 60 % for 20 months is exactly a year and nothing is lost
to rounding. ``crowding`` is how far supervisors are over capacity, in percent (soft rule only).
"""

from __future__ import annotations

from pipeline_sim.compiling import inlined, rule
from pipeline_sim.randomness import FOUNDATION_REVIEW, HOURS, RESIGNATION, REVIEW, STEP_OUT, WTE, draw, pick
from pipeline_sim.rules.step_out import interruption_month

MONTHS_BETWEEN_REVIEWS = 12
FULL_TIME = 100
LEVELS = 512  # levels of all programmes together, at most
SPELLS_IN_LEVEL = 64
SATISFACTORY, DEVELOPMENT, EXTRA_TIME, RELEASE = 1, 2, 3, 4
SIGNED_OFF, EXTENDED, NOT_SIGNED_OFF = 0, 1, 2
RESIGNS = 7
STEPS_OUT, ASKS_FOR_HOURS, SUPPORT_ENDS = 5, 6, 0
NO_LIMIT = 1 << 20  # months
WAYS = 8  # the end of a spell is coded as months * WAYS + way
THRESHOLD_ONE = 1 << 32


@rule
def occurrence(entries, level, spell):
    """What makes a draw in training a new one: the how-manieth programme, the level, the spell in it.

    So a longer stay in one level changes nobody's luck in the next.
    """
    return (entries * LEVELS + level) * SPELLS_IN_LEVEL + spell


@rule
def starting_wte(key, person, programme, ltft, percents, cumulative):
    """Percent of full time a trainee works in a programme: 100, or one of the allowed fractions."""
    if draw(key, person, WTE, 2 * programme) >= ltft:
        return 100
    return percents[pick(cumulative, draw(key, person, WTE, 2 * programme + 1))]


@rule
def months_needed(remaining, wte_percent):
    """Whole months at ``wte_percent`` until ``remaining`` WTE months x 100 are done (at least 0)."""
    if remaining <= 0:
        return 0
    if wte_percent == FULL_TIME:  # dividing by a constant is far cheaper, and most are full-time
        return (remaining + FULL_TIME - 1) // FULL_TIME
    return -(-remaining // wte_percent)


@rule
def done_on_starting(progress, required):
    """What is done of a level that begins, WTE months x 100; the last bit of it is always left.

    More can be brought only where a level became shorter since it was counted.
    """
    return min(progress, required - 1)


@rule
def spell_months(remaining, wte_percent, months_since_review):
    """Months until the level is finished or the yearly review is due, whichever comes first."""
    return min(months_needed(remaining, wte_percent), MONTHS_BETWEEN_REVIEWS - months_since_review)


@rule
def worsened(threshold, crowding, effect_percent):
    """A yearly threshold raised by ``effect_percent`` percent for each percent of crowding."""
    return min(threshold * (100 + crowding * effect_percent // 100) // 100, THRESHOLD_ONE)


@rule
def resignation_month(key, person, occurrence, months, yearly):
    """Month of the spell (1..months) in which the trainee resigns, or 0 if they do not.

    The yearly threshold is spread evenly: a spell of n months carries n/12 of it.
    """
    threshold = yearly * months // 12
    u = draw(key, person, RESIGNATION, occurrence)
    if u >= threshold:
        return 0
    return 1 + u * months // threshold


@rule
def review_outcome(key, person, occurrence, months, development, extra_time, release):
    """ARCP outcome 1-4 after ``months`` months; thresholds are a year's and scale with the time reviewed."""
    u = draw(key, person, REVIEW, occurrence)
    edge = release * months // 12
    if u < edge:
        return RELEASE
    edge += extra_time * months // 12
    if u < edge:
        return EXTRA_TIME
    edge += development * months // 12
    if u < edge:
        return DEVELOPMENT
    return SATISFACTORY


@rule
def extension_granted(granted_before, one_extension, cap):
    """WTE months of further time after outcome 3; 0 means the cap is spent and the trainee is released."""
    return max(0, min(one_extension, cap - granted_before))


@rule
def foundation_result(key, person, occurrence, extend, release, already_extended):
    """SIGNED_OFF, EXTENDED or NOT_SIGNED_OFF at the end of a foundation year; one extension at most."""
    u = draw(key, person, FOUNDATION_REVIEW, occurrence)
    if u < release:
        return NOT_SIGNED_OFF
    if u < release + extend and not already_extended:
        return EXTENDED
    return SIGNED_OFF


@inlined
def spell_end(
    key,
    person,
    entries,
    level,
    spell,
    remaining,
    wte_percent,
    since_review,
    resign,
    development,
    extra_time,
    release,
    leave,
    ask,
    support,
):
    """How a spell in a training level ends, and after how many months: ``8 * months + way``.

    The way is the outcome of the review at its end, or RESIGNS, STEPS_OUT, ASKS_FOR_HOURS or, where
    supported return ends after ``support`` months, SUPPORT_ENDS. Thresholds are yearly.
    """
    luck = occurrence(entries, level, spell)
    to_review = spell_months(remaining, wte_percent, since_review)
    months = min(to_review, support)
    gone = resignation_month(key, person, luck, months, resign)
    out = interruption_month(key, person, STEP_OUT, luck, months, leave)
    asks = interruption_month(key, person, HOURS, luck, months, ask)
    if gone and (out == 0 or gone <= out) and (asks == 0 or gone <= asks):
        return gone * WAYS + RESIGNS
    if out and (asks == 0 or out <= asks):
        return out * WAYS + STEPS_OUT
    if asks:
        return asks * WAYS + ASKS_FOR_HOURS
    if months < to_review:
        return months * WAYS + SUPPORT_ENDS
    outcome = review_outcome(key, person, luck, since_review + months, development, extra_time, release)
    return months * WAYS + outcome


@rule
def foundation_extension(extend, year, assistantship, effect_percent):
    """Threshold of an extension in F1 (year 0) or F2; in F1 lower after a final-year assistantship."""
    if year == 0 and assistantship:
        return extend * effect_percent // 100
    return extend


@rule
def foundation_spell_end(
    key, person, entries, level, spell, remaining, wte_percent, resign, extend, release, already_extended, ask
):
    """How a spell in a foundation year ends: ``8 * months + way``.

    The way is a foundation result, RESIGNS or ASKS_FOR_HOURS.
    """
    luck = occurrence(entries, level, spell)
    months = months_needed(remaining, wte_percent)
    gone = resignation_month(key, person, luck, months, resign)
    asks = interruption_month(key, person, HOURS, luck, months, ask)
    if gone and (asks == 0 or gone <= asks):
        return gone * WAYS + RESIGNS
    if asks:
        return asks * WAYS + ASKS_FOR_HOURS
    return months * WAYS + foundation_result(key, person, luck, extend, release, already_extended)
