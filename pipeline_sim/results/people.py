"""Everyone in a log and everywhere they are, found in one look: small positions for numbers and places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.eventlog import EventLog
from pipeline_sim.identity import SYSTEM_PERSON
from pipeline_sim.results.log_passes import mark_places, positions, runs_of_families
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import PoolKind

NOBODY = -1


@dataclass(frozen=True)
class People:
    """Positions of people, ascending by number, and of the places that their rows name.

    Those who came in together are numbered one after another (see ``identity``), so a position is that
    of the first of them plus the ordinal, and nobody is searched for; a position may be nobody's. The
    log is a row of stretches about people who came in together: a position in a stretch is the person's
    number less ``shift``. A place is programme, level and region in one number (see ``place_of``).
    """

    number: NDArray[np.int64]  # by position; what nobody has included
    ends: NDArray[np.int64]  # the row after each stretch
    shift: NDArray[np.int64]
    system: NDArray[np.bool_]  # stretches of system rows
    shape: tuple[int, int, int]  # programmes, levels and regions, none included
    places: NDArray[np.int64]  # those named, ascending
    slot: NDArray[np.int32]  # position of each place among them

    def __len__(self) -> int:
        return len(self.number)

    def at(self, rows: NDArray, log: EventLog) -> NDArray[np.int32]:
        """Position of the person of each of some ascending rows."""
        return positions(rows, log.person, self.ends, self.shift)


def find_people(log: EventLog, blueprint: Blueprint) -> People:
    """Find everyone in the log. Raises ``ValueError`` if it is not a log of this scenario."""
    _check(log, blueprint)
    ends, lowest, largest = runs_of_families(log.person)
    families, family = np.unique(lowest, return_inverse=True)
    size = np.zeros(len(families), dtype=np.int64)
    np.maximum.at(size, family, largest + 1)
    nobody = families == SYSTEM_PERSON
    size[nobody] = 0
    before = np.where(nobody, NOBODY, np.cumsum(size) - size)
    shift = families - before
    number = np.arange(size.sum()) + np.repeat(shift, size)
    shape = (len(blueprint.programmes) + 1, len(blueprint.levels) + 1, len(blueprint.regions) + 1)
    named = np.zeros(np.prod(shape), dtype=bool)
    system = nobody[family]
    mark_places(ends, system, log.programme, log.level, log.region, shape, named)
    slot = np.cumsum(named, dtype=np.int32) - 1
    return People(number, ends, shift[family], system, shape, np.flatnonzero(named), slot)


def _check(log: EventLog, blueprint: Blueprint) -> None:
    """Compiled loops trust what they are given."""
    bounds = {
        "month": blueprint.months,
        "programme": max(len(blueprint.programmes), len(blueprint.supervision_groups)),
        "level": max(len(blueprint.levels), len(blueprint.rounds), max(PoolKind) + 1),
        "region": len(blueprint.regions),
    }
    for column, bound in bounds.items():
        values = getattr(log, column)
        if values.max(initial=0) >= bound or values.min(initial=0) < -(column != "month"):
            raise ValueError(f"the log has a {column} that the scenario does not have")
