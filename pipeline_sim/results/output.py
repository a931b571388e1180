"""The folder of results: complete or absent.

Everything is written into a hidden folder beside the target, which takes the target's name only when
nothing is left to write. Whatever goes wrong before that, an interruption included, leaves the target
as it was. The same results give the same bytes.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from pipeline_sim.errors import PipelineError
from pipeline_sim.eventlog import EventLog
from pipeline_sim.results.bundle import Results
from pipeline_sim.results.events import COMPRESSION, EventsWriter
from pipeline_sim.scenario.blueprint import Blueprint

MANIFEST = "manifest.json"
EVENTS = "events.parquet"
FIGURES = "figures"
TABLES = ("flows", "census", "waits", "completions")
PROGRAM = "pipeline_sim"  # value of the manifest's "program": marks a folder as ours


class OutputError(PipelineError):
    """Results cannot be written where the user wants them."""


class OutputFolder:
    """A result folder being written; use it in a ``with`` block that ends in ``write`` or ``finish``.

    Raises ``OutputError`` at once if the target is not a folder, or is a folder of something else.
    """

    def __init__(self, target: Path, blueprint: Blueprint) -> None:
        self.target = Path(target).expanduser().resolve()
        self._blueprint = blueprint
        self._events: EventsWriter | None = None
        self._complete = False
        _refuse_what_is_not_ours(self.target)
        mark = secrets.token_hex(4)
        self._partial = self.target.with_name(f".{self.target.name}.partial-{mark}")
        self._previous = self.target.with_name(f".{self.target.name}.previous-{mark}")

    def __enter__(self) -> OutputFolder:
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self._partial.mkdir()
        except OSError as failure:
            in_the_way = next((one for one in self.target.parents if one.exists() and not one.is_dir()), None)
            why = failure.strerror if in_the_way is None else f"{in_the_way} is a file"
            raise OutputError(f"cannot create {self.target}: {why}") from failure
        return self

    def append_events(self, log: EventLog, rep: int) -> None:
        """Add the log of one replication to ``events.parquet``; replications in ascending order."""
        if self._events is None:
            self._events = EventsWriter(self._partial / EVENTS, self._blueprint)
        self._events.append(log, rep)

    def write(
        self, results: Sequence[Results], manifest: Mapping[str, Any], figures: Mapping[str, bytes]
    ) -> None:
        """Write tables, figures (PNG bytes by name) and the manifest, which gets a list of the files."""
        if self._events is not None:
            self._events.close()
        kpis = pd.concat([result.kpis for result in results], ignore_index=True)
        kpis.to_csv(self._partial / "kpis.csv", index=False, lineterminator="\n")
        budget = pd.concat([result.budget for result in results], ignore_index=True)
        if len(budget):
            write_budget(self._partial / "budget.csv", budget)
        for name in TABLES:
            frames = [getattr(result, name) for result in results]
            write_table(self._partial / f"{name}.parquet", frames)
        self.finish(manifest, figures)

    def add(self, name: str, content: bytes) -> None:
        """Write one more file."""
        (self._partial / name).write_bytes(content)

    def finish(self, manifest: Mapping[str, Any], figures: Mapping[str, bytes]) -> None:
        """Write the figures and the manifest beside the files that were written: the folder is complete."""
        (self._partial / FIGURES).mkdir()
        for name, image in figures.items():
            (self._partial / FIGURES / f"{name}.png").write_bytes(image)
        files = sorted(p.relative_to(self._partial).as_posix() for p in self._partial.rglob("*.*"))
        record = {**manifest, "program": PROGRAM, "files": [*files, MANIFEST]}
        text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
        (self._partial / MANIFEST).write_text(text + "\n", encoding="utf-8")
        self._complete = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._events is not None:
                self._events.close()
            if kind is None and self._complete:
                self._put_in_place()
        finally:
            shutil.rmtree(self._partial, ignore_errors=True)

    def _put_in_place(self) -> None:
        _refuse_what_is_not_ours(self.target)
        replaces = self.target.exists()
        if replaces:
            os.rename(self.target, self._previous)
        try:
            os.rename(self._partial, self.target)
        except BaseException:
            if replaces:
                os.rename(self._previous, self.target)
            raise
        shutil.rmtree(self._previous, ignore_errors=True)


def write_outputs(
    folder: Path,
    results: Sequence[Results],
    blueprint: Blueprint,
    manifest: Mapping[str, Any],
    figures: Mapping[str, bytes] | None = None,
    logs: Iterable[tuple[int, EventLog]] | None = None,
) -> Path:
    """Write all results of a scenario into ``folder`` at once and return its full path.

    ``figures`` maps names to PNG bytes. ``logs`` gives replications and their logs, one at a time, for
    ``events.parquet``; without it that file is not written. Raises ``OutputError`` if ``folder`` holds
    anything but earlier results.
    """
    with OutputFolder(folder, blueprint) as output:
        for rep, log in logs or ():
            output.append_events(log, rep)
        output.write(results, manifest, figures or {})
    return output.target


def write_table(path: Path, frames: Sequence[pd.DataFrame]) -> None:
    """Frames one under the other as Parquet, without metadata that says who wrote it."""
    tables = [pa.Table.from_pandas(frame, preserve_index=False) for frame in frames]
    table = pa.concat_tables(table.replace_schema_metadata(None) for table in tables)
    pq.write_table(table.unify_dictionaries(), path, compression=COMPRESSION)


def write_budget(path: Path, budget: pd.DataFrame) -> None:
    """The budget as CSV, in whole pence. Names need no quotes."""
    table = pa.Table.from_pandas(budget.assign(pounds=budget["pounds"].round(2)), preserve_index=False)
    plain = [column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column for column in table]
    with path.open("wb") as file:
        file.write((",".join(table.column_names) + "\n").encode("ascii"))
        unquoted = pacsv.WriteOptions(include_header=False, quoting_style="none")
        pacsv.write_csv(pa.table(plain, names=table.column_names), file, unquoted)


def _refuse_what_is_not_ours(target: Path) -> None:
    """``OutputError`` unless ``target`` is absent, an empty folder, or earlier results and no more."""
    if not target.exists():
        return
    if not target.is_dir():
        raise OutputError(f"{target} is a file; results need a folder")
    held = {entry.name for entry in target.iterdir()}
    if not held:
        return
    try:
        record = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
        ours = record.get("program") == PROGRAM and isinstance(record.get("files"), list)
    except (OSError, ValueError, AttributeError):
        ours = False
    if not ours:
        raise OutputError(f"{target} exists and does not hold earlier results; nothing was changed")
    written = {str(name).split("/")[0] for name in record["files"]} | {FIGURES}
    if strange := sorted(held - written):
        raise OutputError(
            f"{target} holds earlier results and also {', '.join(strange)}, which would be lost; "
            "nothing was changed"
        )
