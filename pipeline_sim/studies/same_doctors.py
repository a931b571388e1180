"""The same doctors in two runs: whose certificate comes earlier, later, only with the policy or only without.

A doctor has the same number in every run of a seed, so nobody is matched by likeness. A doctor without a
certificate may only not have it yet: how many are still in training when the run ends is told.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.identity import IdentityKind, identity_kind
from pipeline_sim.studies.reducing import Certified, ReducedRun

ALL = "all"
WAYS_IN = {
    IdentityKind.STUDENT_ENTRANT: "uk_graduates",
    IdentityKind.STARTING_UK: "uk_graduates",
    IdentityKind.OVERSEAS: "overseas_graduates",
    IdentityKind.STARTING_WORKFORCE: "trained_at_start",
}
COUNTS = (
    "certified_without",  # has a CCT in the base
    "certified_with",
    "earlier",
    "later",
    "same_month",
    "only_with",
    "only_with_new",  # of these: not in the base at all
    "only_with_in_training",  # of these: in the base still in training at the end
    "only_without",
    "only_without_absent",
    "only_without_in_training",
    "other_programme",  # has a CCT in both, in another programme
    "other_region",
    "months",  # by which the CCT comes earlier, of those with one in both, in all
)
Counts = dict[tuple[str, str], NDArray[np.int64]]  # (by, group): in the order of COUNTS


def compare_people(base: ReducedRun, policy: ReducedRun) -> Counts:
    """How many doctors fared how, in all and by way in, programme and region.

    Who has a certificate in the base counts under its programme and region, anyone else under those of
    the policy.
    """
    without, with_it = base.certified, policy.certified
    people = np.union1d(without.person, with_it.person)
    month, had = _lay_out(people, without.person, without.month)
    month_with, has = _lay_out(people, with_it.person, with_it.month)
    both, gained, lost = had & has, has & ~had, had & ~has
    flags = np.stack(
        [
            had,
            has,
            both & (month_with < month),
            both & (month_with > month),
            both & (month_with == month),
            gained,
            gained & ~np.isin(people, base.everyone, assume_unique=True),
            gained & np.isin(people, base.in_training, assume_unique=True),
            lost,
            lost & ~np.isin(people, policy.everyone, assume_unique=True),
            lost & np.isin(people, policy.in_training, assume_unique=True),
            both & _differs(people, without, with_it, "programme"),
            both & _differs(people, without, with_it, "region"),
            np.where(both, month - month_with, 0),
        ]
    ).astype(np.int64)
    kinds = [WAYS_IN[IdentityKind(kind)] for kind in identity_kind(people)]
    groups = {
        "way_in": np.array(kinds, dtype=str),
        **{name: _first_known(people, without, with_it, name) for name in ("programme", "region")},
    }
    found: Counts = {(ALL, ALL): flags.sum(axis=1)}
    for by, of in groups.items():
        names, code = np.unique(of, return_inverse=True)
        sums = np.stack([np.bincount(code, row, len(names)) for row in flags])
        for at, name in enumerate(names):
            found[by, str(name)] = np.rint(sums[:, at]).astype(np.int64)
    return found


def _lay_out(people: NDArray, person: NDArray, values: NDArray) -> tuple[NDArray, NDArray[np.bool_]]:
    """The value of each of ``people``, and whether there is one."""
    laid = np.zeros(len(people), dtype=values.dtype)
    known = np.zeros(len(people), dtype=bool)
    at = np.searchsorted(people, person)
    laid[at], known[at] = values, True
    return laid, known


def _differs(people: NDArray, one: Certified, other: Certified, column: str) -> NDArray[np.bool_]:
    laid = (_lay_out(people, each.person, getattr(each, column))[0] for each in (one, other))
    return np.not_equal(*laid)


def _first_known(people: NDArray, one: Certified, other: Certified, column: str) -> NDArray[np.str_]:
    values, known = _lay_out(people, one.person, getattr(one, column))
    instead, _ = _lay_out(people, other.person, getattr(other, column))
    return np.where(known, values, instead)
