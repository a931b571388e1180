"""Who a person is: one whole number that never changes, whatever the policy.

The number is made of where and when someone came in, never of a running counter, so the same doctor
has the same number in every run of a scenario.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

SYSTEM_PERSON = 0  # rows of the log that are about posts and pools, not people

ORDINAL_SPAN = 10**5  # people of one kind, month, group and region
REGION_SPAN = 10**2
GROUP_SPAN = 10**3
MONTH_SPAN = 10**4

_REGION_UNIT = ORDINAL_SPAN
_GROUP_UNIT = _REGION_UNIT * REGION_SPAN
MONTH_UNIT = _GROUP_UNIT * GROUP_SPAN
KIND_UNIT = MONTH_UNIT * MONTH_SPAN


class IdentityKind(IntEnum):
    """How a person came into the simulation."""

    STUDENT_ENTRANT = 1  # entered an English medical school during the run
    STARTING_UK = 2  # UK student or graduate in the starting stock
    OVERSEAS = 3  # qualified overseas: in the starting stock or arriving later
    STARTING_WORKFORCE = 4  # consultant, GP or SAS doctor in the starting stock


@dataclass(frozen=True)
class Identity:
    """The parts of a person's number. ``group`` is a route, level, stream or trained group, by kind."""

    kind: IdentityKind
    month: int
    group: int
    region: int
    ordinal: int


def person_identity(kind: Any, month: Any, group: Any, region: Any, ordinal: Any) -> Any:
    """The person's number; integers give an integer, int64 arrays an array."""
    return kind * KIND_UNIT + month * MONTH_UNIT + group * _GROUP_UNIT + region * _REGION_UNIT + ordinal


def describe(person: int) -> Identity:
    """The parts of one person's number; ``ValueError`` if no person has it."""
    kind, rest = divmod(int(person), KIND_UNIT)
    if kind not in set(IdentityKind):
        raise ValueError(f"{person} is not a person's number: its kind is {kind}, expected 1 to 4")
    month, rest = divmod(rest, MONTH_UNIT)
    group, rest = divmod(rest, _GROUP_UNIT)
    region, ordinal = divmod(rest, _REGION_UNIT)
    return Identity(IdentityKind(kind), month, group, region, ordinal)


def identity_kind(person: NDArray[np.int64]) -> NDArray[np.int64]:
    """The kind of each person's number; 0 for system rows."""
    return np.asarray(person, dtype=np.int64) // KIND_UNIT


def is_uk_graduate(person: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each person studied at a UK medical school (people of the trained stock are not asked)."""
    kind = identity_kind(person)
    return (kind == IdentityKind.STUDENT_ENTRANT) | (kind == IdentityKind.STARTING_UK)
