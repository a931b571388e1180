"""Chance without state: every draw is a hash of (key, person, purpose, occurrence).

The same person meets the same luck under every policy, and adding a person disturbs nobody else's
draws. Draws are 32-bit integers compared with thresholds, so every engine decides alike.
"""

from __future__ import annotations

from numba import boolean, int64, uint64

from pipeline_sim.compiling import compiled_once, rule

# purposes: what a draw decides -------------------------------------------------------------------
SEX = 1
WIDENING_PARTICIPATION = 2
ASSISTANTSHIP = 3
ENTRY_AGE = 4
MEDICAL_YEAR = 5
GRADUATE_APPLIES = 6
FOUNDATION_PREFERENCE = 7
FOUNDATION_RANK = 8
PRIORITY_RANK = 9
PRIORITY_OPT_IN = 10
SPECIALISED_OPT_IN = 11
FOUNDATION_WITHDRAWAL = 12
FOUNDATION_REAPPLIES = 13
FOUNDATION_REVIEW = 14
PRACTICE_PLACEMENT = 15
AFTER_F2 = 16
AFTER_F2_LENGTH = 17
OUTSIDE = 18
APPLICATIONS = 19
SPECIALTY = 20
REGIONS_LISTED = 21
REGION = 22
ABILITY = 23
ASSESSMENT = 24
SHORTLIST = 25
RESPONSE = 26
UPGRADE = 27
WITHDRAWAL = 28
READVERT = 29
FEBRUARY = 30
TRACK = 31
WTE = 32
RESIGNATION = 33
REVIEW = 34
RESIGNATION_DESTINATION = 35
STREAM_TIER = 36
STREAM_AGE = 37
STREAM_SERVICE = 38
STREAM_READY = 39
STOCK_PROGRESS = 40
STOCK_AGE = 41
PRACTICE_HOURS = 42
PRACTICE_EXIT = 43
PRACTICE_TIMING = 44
PRACTICE_RETURN = 45
JOINING = 46
SETTLING = 47
REDUCED_HOURS = 48
PORTFOLIO = 49
SAS_APPLIES = 50
SAS_SPECIALTY = 51
OVERSEAS_REGION = 52
STEP_OUT = 53
STEP_OUT_KIND = 54
STEP_OUT_LENGTH = 55
STEP_OUT_RETURN = 56
STEP_OUT_CREDIT = 57
STEP_OUT_STOCK = 58
SUPPORT = 59
HOURS = 100
LTFT_WISH = 101
LTFT_REASON = 102
LTFT_PERSISTS = 103
COVER = 104
SAS_AFTER_TRAINING = 60
INITIATIVE_ENDS = 61
CREDENTIAL_APPLIES = 90
CREDENTIAL_LOTTERY = 91
PORTFOLIO_LENGTH = 80
PORTFOLIO_DECISION = 81
PORTFOLIO_STOCK = 82
SAS_SERVICE = 83
SPECIALIST_GRADE = 84
FELLOWSHIP = 85
FELLOWSHIP_REGION = 86
RETAINER = 87
REFRESHER = 88
TRANSFER = 70
ENHANCE_LOTTERY = 71
ASKS_FOR_CREDIT = 72

_GOLDEN = uint64(0x9E3779B97F4A7C15)
_MIX_A = uint64(0xBF58476D1CE4E5B9)
_MIX_B = uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S32 = uint64(30), uint64(27), uint64(31), uint64(32)
_MASK = (1 << 64) - 1


@compiled_once(uint64(int64, int64, int64, int64))
def draw64(key, person, purpose, occurrence):
    """A 64-bit hash of the four numbers (two rounds of the splitmix64 finaliser)."""
    z = uint64(key) + uint64(person) * _GOLDEN
    z = (z ^ (z >> _S30)) * _MIX_A
    z = (z ^ (z >> _S27)) * _MIX_B
    z = z ^ (z >> _S31)
    z = z + ((uint64(purpose) << _S32) | uint64(occurrence)) * _GOLDEN
    z = (z ^ (z >> _S30)) * _MIX_A
    z = (z ^ (z >> _S27)) * _MIX_B
    return z ^ (z >> _S31)


@compiled_once(int64(int64, int64, int64, int64))
def draw(key, person, purpose, occurrence):
    """A whole number in [0, 2**32)."""
    return int64(draw64(key, person, purpose, occurrence) >> _S32)


@compiled_once(boolean(int64, int64, int64, int64, int64))
def happens(key, person, purpose, occurrence, threshold):
    """Whether something of probability ``threshold / 2**32`` happens."""
    return draw(key, person, purpose, occurrence) < threshold


@compiled_once(int64(int64, int64, int64, int64, int64, int64))
def draw_between(key, person, purpose, occurrence, low, high):
    """A whole number in [low, high], each as likely."""
    return low + ((draw(key, person, purpose, occurrence) * (high - low + 1)) >> 32)


@rule
def pick(cumulative, u):
    """Index of the first cumulative threshold above ``u``; the length if none is."""
    index = 0
    while index < cumulative.shape[0] and u >= cumulative[index]:
        index += 1
    return index


@rule
def pick_by_weight(weights, u):
    """Index drawn in proportion to whole-number weights from a 32-bit ``u``; -1 if all are 0."""
    total = 0
    for k in range(weights.shape[0]):
        total += weights[k]
    left = (u * total) >> 32
    for k in range(weights.shape[0]):
        left -= weights[k]
        if left < 0:
            return k
    return -1


@compiled_once(int64(int64, int64, int64, int64))
def bell(key, person, purpose, occurrence):
    """A roughly normal whole number with mean 0 and standard deviation 37,837: four 16-bit draws summed."""
    z = draw64(key, person, purpose, occurrence)
    total = int64(z & uint64(0xFFFF)) + int64((z >> uint64(16)) & uint64(0xFFFF))
    total += int64((z >> _S32) & uint64(0xFFFF)) + int64(z >> uint64(48))
    return total - 2 * 65535


def _scramble(z: int) -> int:
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z = ((z ^ (z >> shift)) * factor) & _MASK
    return z ^ (z >> 31)


def run_key(seed: int, replication: int) -> int:
    """The key of one run: 63 bits from the seed (any whole number) and the replication."""
    first = _scramble((seed * 0xD1342543DE82EF95 + 0x632BE59BD9B4E019) & _MASK)
    return _scramble((first + (replication + 1) * 0x9E3779B97F4A7C15) & _MASK) >> 1


@rule
def bells(key, people, purpose, occurrence, answer):
    """Fill ``answer[i]`` with the bell of ``people[i]``. The processor draws several at once."""
    for i in range(people.shape[0]):
        answer[i] = bell(key, people[i], purpose, occurrence)


@rule
def happens_to_each(key, people, purpose, occurrence, threshold, answer):
    """Fill ``answer[i]`` with whether something happens to ``people[i]``."""
    for i in range(people.shape[0]):
        answer[i] = happens(key, people[i], purpose, occurrence, threshold)
