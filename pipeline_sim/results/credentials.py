"""Credentials in the results: starts, awards and those who hold one, by credential, programme and region."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline_sim.results.completions import month_dates
from pipeline_sim.results.facts import Facts, Table
from pipeline_sim.results.labels import categories
from pipeline_sim.vocabulary import KINDS, Event

KIND = "credential"


def by_credential(facts: Facts, event: Event) -> Table:
    """How often an event of credentials happened: [year, credential, programme, region]."""
    number = len(facts.blueprint.credentials)
    return facts.tabulate_by(facts.rows(event), lambda detail: detail % KINDS, number)


def holders(facts: Facts) -> Table:
    """Who holds each credential as the year ends: awarded in the run, not retired or left since."""
    log, (years, programmes, regions) = facts.log, facts.shape
    rows = facts.rows(Event.CREDENTIAL_AWARDED)
    gone = np.concatenate([facts.rows(event) for event in (Event.RETIRED, Event.LEFT)])
    until = _year_of_leaving(facts, log.person[rows], gone)
    change = np.zeros((years + 1, len(facts.blueprint.credentials), programmes, regions))
    place = log.detail[rows] % KINDS, log.programme[rows] + 1, log.region[rows] + 1
    np.add.at(change, (facts.year_of[log.month[rows]], *place), 1)
    np.add.at(change, (until, *place), -1)
    return change[:years].cumsum(axis=0)


def _year_of_leaving(facts: Facts, person: NDArray, gone: NDArray) -> NDArray[np.int64]:
    """Year in which each person left for good; the number of years for those still there."""
    gone = gone[np.isin(facts.log.person[gone], person)]
    order = np.argsort(facts.log.person[gone], kind="stable")
    leaver, year = facts.log.person[gone][order], facts.year_of[facts.log.month[gone]][order]
    if not len(leaver):
        return np.full(len(person), facts.years)
    at = np.minimum(np.searchsorted(leaver, person), len(leaver) - 1)
    return np.where(leaver[at] == person, year[at], facts.years)


def with_credentials(facts: Facts) -> pd.DataFrame:
    """The completions with one row more for each credential awarded, in order of month and person.

    ``kind`` is then ``credential`` and the column ``credential`` names it; the columns about training are
    missing.
    """
    frame, log, blueprint = facts.completions, facts.log, facts.blueprint
    rows = facts.rows(Event.CREDENTIAL_AWARDED)
    empty = np.full(len(frame), -1)
    frame = frame.assign(credential=categories(empty, blueprint.credentials))
    if not len(rows):
        return frame
    month = log.month[rows]
    awarded = {
        "rep": np.zeros(len(rows), np.int32),
        "person": log.person[rows],
        "month": month,
        "date": month_dates(blueprint)[month],
        "kind": pd.Categorical.from_codes(
            np.full(len(rows), frame["kind"].cat.categories.get_loc(KIND)), dtype=frame["kind"].dtype
        ),
        "programme": categories(log.programme[rows], blueprint.programmes),
        "region": categories(log.region[rows], blueprint.regions),
        "credential": categories(log.detail[rows] % KINDS, blueprint.credentials),
    }
    more = pd.DataFrame(
        {name: awarded[name] if name in awarded else _missing(frame[name], len(rows)) for name in frame}
    )
    both = pd.concat([frame, more], ignore_index=True)
    return both.sort_values(["month", "person"], kind="stable", ignore_index=True)


def _missing(column: pd.Series, rows: int) -> pd.Series:
    return pd.Series(pd.NA if column.dtype != float else np.nan, index=range(rows), dtype=column.dtype)
