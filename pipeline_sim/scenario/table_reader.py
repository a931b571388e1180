"""Reads CSV files into rows of text with their line numbers. What the text means is not decided here."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from pipeline_sim.errors import Problem


@dataclass(frozen=True)
class RawTable:
    """Header and rows as text, stripped of outer blanks; ``lines`` are line numbers in the file."""

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    complete: bool  # False if rows had to be left out because they were ragged


def read_text(path: Path, label: str, problems: list[Problem]) -> str | None:
    """Text of a UTF-8 file, with or without a byte-order mark. None, with a problem, if there is none."""
    if path.is_dir():
        problems.append(Problem(label, "a directory", "a file"))
        return None
    try:
        data = path.read_bytes()
    except OSError as error:
        problems.append(Problem(label, f"a file that cannot be read ({error.strerror})", "a readable file"))
        return None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        problems.append(Problem(f"{label}:1", "UTF-16 text", "UTF-8 text"))
        return None
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        problems.append(Problem(f"{label}:{line}", "a NUL byte", "UTF-8 text"))
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        found = f"byte 0x{data[error.start]:02x}"
        problems.append(Problem(f"{label}:{line}", found, "UTF-8 text"))
        return None


def expanded(path: str | Path) -> Path:
    """A path a user gave, with ``~`` for the home folder."""
    try:
        return Path(path).expanduser()
    except RuntimeError:  # no such user: a file may be called so
        return Path(path)


def read_table(path: Path, label: str, problems: list[Problem]) -> RawTable | None:
    """Read one CSV file; None if nothing in it can be used. Wholly blank lines are ignored."""
    text = read_text(path, label, problems)
    if text is None:
        return None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[tuple[int, list[str]]] = []
    line = 1
    while True:
        try:
            record = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            problems.append(Problem(f"{label}:{line}", f"broken CSV ({error})", "comma-separated values"))
            return None
        if any(cell.strip() for cell in record):
            records.append((line, [cell.strip() for cell in record]))
        line = reader.line_num + 1
    if not records:
        problems.append(Problem(label, "an empty file", "a header line and rows"))
        return None
    header = tuple(records[0][1])
    if not _header_is_usable(header, label, records[0][0], problems):
        return None
    rows, lines = [], []
    for line, record in records[1:]:
        if len(record) == len(header):
            rows.append(tuple(record))
            lines.append(line)
        else:
            problems.append(Problem(f"{label}:{line}", f"{len(record)} cells", f"{len(header)} cells"))
    complete = len(rows) == len(records) - 1
    return RawTable(label, header, tuple(rows), tuple(lines), complete)


def _header_is_usable(header: tuple[str, ...], label: str, line: int, problems: list[Problem]) -> bool:
    """Report column names that are blank or occur twice, and columns that are not parted by commas."""
    before = len(problems)
    for mark, name in (";", "semicolons"), ("\t", "tabs"):
        if len(header) == 1 and mark in header[0]:
            problems.append(
                Problem(f"{label}:{line}", f"columns parted by {name}", "columns parted by commas")
            )
            return False
    for position, name in enumerate(header):
        if not name:
            where = f"{label}:{line} column {position + 1}"
            problems.append(Problem(where, "a column without a name", "a name"))
        elif name in header[:position]:
            where = f"{label}:{line} column {name}"
            problems.append(Problem(where, f"the column name {name} twice", "each column name once"))
    return len(problems) == before
