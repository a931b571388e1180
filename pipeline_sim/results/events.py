"""The log with names and dates, as a table and as ``events.parquet``, and back again.

In a system row ``level`` names the round or the kind of pool, and for a supervisor pool ``programme``
names the supervision group. The rows keep the order of the log: month, phase, person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline_sim.eventlog import NONE, EventLog
from pipeline_sim.results.completions import month_dates
from pipeline_sim.results.labels import CAUSE_NAMES, EVENT_NAMES
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.vocabulary import Event, PoolKind

ROWS_AT_A_TIME = 1 << 20
COMPRESSION = "zstd"
_NAMED = ["event", "programme", "level", "region"]
#: How columns are written: people ascend within a month, so their differences are small, and months hardly
#: change; few distinct details and hours. Only what files are searched by has its range recorded.
_ENCODING = {
    "use_dictionary": [*_NAMED, "wte", "detail"],
    "column_encoding": dict.fromkeys(("rep", "month", "date", "person"), "DELTA_BINARY_PACKED"),
    "write_statistics": ["rep", "month"],
    "compression": COMPRESSION,
}
_POST_EVENTS = (Event.POSTS_ADVERTISED, Event.POSTS_UNFILLED)
_POOL_EVENTS = (Event.POOL_CAPACITY, Event.POOL_IN_USE)


class _Names:
    """The distinct names of a column, and where each meaning of a number is found among them."""

    def __init__(self, *meanings: Sequence[str]) -> None:
        self.names = list(dict.fromkeys(name for meaning in meanings for name in meaning))
        place = {name: at for at, name in enumerate(self.names)}
        places = ([*(place[name] for name in meaning), NONE] for meaning in meanings)
        self.places = [np.array(each, dtype=np.int16) for each in places]  # -1 finds NONE, the last

    def column(self, codes: NDArray, others: Sequence[NDArray[np.bool_]] = ()) -> pa.DictionaryArray:
        """Names of ``codes`` by the first meaning; ``others`` mark rows read by each further one. -1 is
        missing."""
        plain = codes.copy() if len(others) else codes
        for rows in others:
            plain[rows] = NONE
        position = self.places[0].take(plain)
        for places, rows in zip(self.places[1:], others, strict=True):
            position[rows] = places[codes[rows]]
        known = np.packbits(position != NONE, bitorder="little")
        buffers = [pa.py_buffer(known), pa.py_buffer(position)]
        indices = pa.Array.from_buffers(pa.int16(), len(position), buffers)
        return pa.DictionaryArray.from_arrays(indices, pa.array(self.names, pa.string()))


def _programme_names(blueprint: Blueprint) -> _Names:
    return _Names(blueprint.programmes, blueprint.supervision_groups)


def _level_names(blueprint: Blueprint) -> _Names:
    return _Names(blueprint.levels, blueprint.rounds, CAUSE_NAMES)


def event_batches(log: EventLog, blueprint: Blueprint, rep: int = 0) -> Iterator[pa.Table]:
    """The log as Arrow tables of up to a million rows with the columns of ``events.parquet``."""
    days = month_dates(blueprint).astype("datetime64[D]").astype(np.int32)
    programmes, levels = _programme_names(blueprint), _level_names(blueprint)
    events, regions = _Names(EVENT_NAMES), _Names(blueprint.regions)
    for at in range(0, max(len(log), 1), ROWS_AT_A_TIME):
        part = log.part(slice(at, at + ROWS_AT_A_TIME))
        pool = (part.event == Event.POOL_CAPACITY) | (part.event == Event.POOL_IN_USE)
        posts = (part.event == Event.POSTS_ADVERTISED) | (part.event == Event.POSTS_UNFILLED)
        yield pa.table(
            {
                "rep": pa.array(np.full(len(part), rep, dtype=np.int32)),
                "month": pa.array(part.month),
                "date": pa.array(days[part.month]).view(pa.date32()),
                "person": pa.array(part.person),
                "event": events.column(part.event),
                "programme": programmes.column(part.programme, [pool & (part.level == PoolKind.SUPERVISOR)]),
                "level": levels.column(part.level, [posts, pool]),
                "region": regions.column(part.region),
                "wte": pa.array(part.wte.astype(np.int16)),
                "detail": pa.array(part.detail),
            }
        )


def events_table(log: EventLog, blueprint: Blueprint, rep: int = 0) -> pd.DataFrame:
    """The log as a DataFrame with the columns of ``events.parquet``."""
    return pa.concat_tables(event_batches(log, blueprint, rep), promote_options="default").to_pandas()


class EventsWriter:
    """Writes ``events.parquet`` one replication after another, so that one log is held at a time."""

    def __init__(self, path: Path, blueprint: Blueprint) -> None:
        self._path, self._blueprint = path, blueprint
        self._writer: pq.ParquetWriter | None = None

    def append(self, log: EventLog, rep: int) -> None:
        """Add the events of a replication; the log must be in its final order."""
        for table in event_batches(log, self._blueprint, rep):
            if self._writer is None:
                self._writer = pq.ParquetWriter(self._path, table.schema, **_ENCODING)
            self._writer.write_table(table)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def __enter__(self) -> EventsWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_events(path: Path, blueprint: Blueprint, rep: int | None = None) -> EventLog:
    """The log of one replication, read back; the order of rows is kept, the phase is not known (0).

    ``rep`` may be left out if the file holds a single one. ``ValueError`` if the file holds several, or
    names that the blueprint does not have.
    """
    rows = pq.read_table(path, filters=None if rep is None else [("rep", "==", rep)])
    if rep is None and len(rows) and len(held := rows["rep"].unique()) > 1:
        raise ValueError(f"{path} holds {len(held)} replications: say which to read")
    event = _codes(rows["event"], EVENT_NAMES).astype(np.uint8)
    pool = np.isin(event, [int(one) for one in _POOL_EVENTS])
    posts = np.isin(event, [int(one) for one in _POST_EVENTS])
    level = np.full(len(rows), NONE, dtype=np.int16)
    for chosen, names in ((pool, CAUSE_NAMES), (posts, blueprint.rounds)):
        level[chosen] = _codes(rows["level"].filter(pa.array(chosen)), names)
    people = ~(pool | posts)
    supervisors = pool & (level == PoolKind.SUPERVISOR)
    programme = np.full(len(rows), NONE, dtype=np.int16)
    for chosen, names in ((supervisors, blueprint.supervision_groups), (~supervisors, blueprint.programmes)):
        programme[chosen] = _codes(rows["programme"].filter(pa.array(chosen)), names)
    level[people] = _level_codes(rows["level"].filter(pa.array(people)), programme[people], blueprint)
    return EventLog(
        month=rows["month"].to_numpy().astype(np.int16),
        phase=np.zeros(len(rows), dtype=np.int8),
        person=rows["person"].to_numpy(),
        event=event,
        programme=programme,
        level=level,
        region=_codes(rows["region"], blueprint.regions).astype(np.int8),
        wte=rows["wte"].to_numpy().astype(np.uint8),
        detail=rows["detail"].to_numpy(),
    )


def _dictionary(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    """Each row's position in the list of names, -1 where missing."""
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], column.type)
    return whole.indices.fill_null(NONE).to_numpy().astype(np.int64), whole.dictionary.to_pylist()


def _codes(column: pa.ChunkedArray, names: Sequence[str]) -> NDArray[np.int64]:
    position, held = _dictionary(column)
    known = {name: at for at, name in reversed(list(enumerate(names)))}
    lookup = np.array([*(known.get(name, -2) for name in held), NONE], dtype=np.int64)
    codes = lookup[position]
    if (codes == -2).any():
        strange = held[int(position[np.flatnonzero(codes == -2)[0]])]
        raise ValueError(f"{strange!r} is not a name of this scenario")
    return codes


def _level_codes(column: pa.ChunkedArray, programme: NDArray, blueprint: Blueprint) -> NDArray[np.int64]:
    """Flattened levels: the same name may be a level of several programmes."""
    position, held = _dictionary(column)
    place = {name: at for at, name in enumerate(held)}
    lookup = np.full((len(blueprint.programmes) + 1, len(held) + 1), -2, dtype=np.int64)
    for number, name in reversed(list(enumerate(blueprint.levels))):
        if name in place:
            lookup[0, place[name]] = number  # no programme: the first level of that name
    lookup[1:] = lookup[0]
    for number, (first, count) in enumerate(
        zip(blueprint.level_first, blueprint.level_count, strict=True), start=1
    ):
        for level in range(int(first), int(first) + int(count)):
            if blueprint.levels[level] in place:
                lookup[number, place[blueprint.levels[level]]] = level
    lookup[:, -1] = NONE
    codes = lookup[programme.astype(np.int64) + 1, position]
    if (codes == -2).any():
        strange = held[int(position[np.flatnonzero(codes == -2)[0]])]
        raise ValueError(f"{strange!r} is not a level of this scenario")
    return codes
