"""Who takes the posts when NHS service puts overseas graduates in the first tier."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from flagship import counted, run_study

from pipeline_sim.identity import is_uk_graduate
from pipeline_sim.results.facts import Facts
from pipeline_sim.vocabulary import Event

GROUPS = ("uk_graduate", "overseas")
KINDS = ("gp", "entry", "higher")


def by_group(facts: Facts) -> pd.DataFrame:
    """Acceptances, doctors without a post and CCTs of UK and of overseas graduates, by training year."""
    return pd.concat(_counts(facts), ignore_index=True)


def _counts(facts: Facts) -> Iterator[pd.DataFrame]:
    taken, taken_year, programme = _rows(facts, Event.ACCEPTED)
    kind = _kinds(facts)[programme]
    for group, chosen in _groups(taken):
        yield counted(facts, f"accepts[group={group}]", taken_year[chosen])
    overseas = ~is_uk_graduate(taken)
    for name in KINDS:
        yield counted(facts, f"overseas_accepts[kind={name}]", taken_year[overseas & (kind == name)])
    failed, year, _ = _rows(facts, Event.UNPLACED)
    seasons = pd.DataFrame({"person": failed, "year": year}).drop_duplicates()
    placed = pd.MultiIndex.from_arrays([taken, taken_year])
    seasons = seasons[~pd.MultiIndex.from_frame(seasons).isin(placed)]
    for group, chosen in _groups(seasons["person"].to_numpy()):
        yield counted(facts, f"unplaced[group={group}]", seasons["year"].to_numpy()[chosen])
    ccts = facts.completions[facts.completions["kind"] == "cct"]
    for group, chosen in _groups(ccts["person"].to_numpy()):
        yield counted(facts, f"ccts[group={group}]", facts.year_of[ccts["month"].to_numpy()[chosen]])


def _rows(facts: Facts, event: Event) -> tuple[NDArray, NDArray, NDArray]:
    """Person, training year and programme of each row of an event."""
    log, rows = facts.log, facts.rows(event)
    return log.person[rows], facts.year_of[log.month[rows]], log.programme[rows]


def _groups(person: NDArray) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    uk = is_uk_graduate(person)
    return zip(GROUPS, (uk, ~uk), strict=True)


def _kinds(facts: Facts) -> NDArray[np.str_]:
    """Of each programme: general practice, another first post, or a higher one, after core training."""
    needs_core = np.asarray(facts.blueprint.programme_parents) > 0
    return np.where(needs_core, "higher", np.where(facts.general_practice[1:], "gp", "entry"))


if __name__ == "__main__":
    run_study(__file__, by_group)
