"""Policies: named lists of dated edits, read from TOML files of their own.

A policy says what is changed and from when; ``dating`` says what then holds in each month of a run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pipeline_sim.clock import TRAINING_YEAR_MONTH
from pipeline_sim.errors import Problem, ScenarioError, described, nearest
from pipeline_sim.scenario.cells import shown
from pipeline_sim.scenario.header import Month, Name
from pipeline_sim.scenario.schema import FIRST_YEAR, LAST_YEAR, STATUSES
from pipeline_sim.scenario.table_reader import expanded
from pipeline_sim.scenario.toml_reader import key_place, read_toml

BUNDLED = Path(__file__).resolve().parent.parent / "catalogue" / "policies"
OPERATIONS = ("set", "multiply", "add")
Value = int | float | str | bool
Words = str | int | float | bool
Date = Month | Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]


@dataclass(frozen=True)
class Edit:
    """One change to the values that ``parameter`` and ``where`` name, while it is in force.

    ``begins`` and ``ends`` are months such as ``"2027-08"``; no ``begins`` = from the start of the run,
    no ``ends`` = to its end. ``place`` is where it is written, for messages.
    """

    parameter: str
    operation: str  # of OPERATIONS
    value: Value
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    begins: str | None = None
    ends: str | None = None
    ramp_months: int = 0
    in_total: bool = False
    note: str = ""
    status: str = "assumption"
    place: str = ""


@dataclass(frozen=True)
class Policy:
    """A named list of edits, where it comes from and what to look at."""

    name: str
    title: str
    edits: tuple[Edit, ...]
    group: str = ""
    source: tuple[str, ...] = ()
    description: str = ""
    look_at: str = ""

    @property
    def begins(self) -> str | None:
        """The month of its first edit; None if it holds from the start of the run."""
        months = [edit.begins for edit in self.edits]
        return None if None in months else min(month for month in months if month)

    def content(self) -> list[object]:
        """What it does, as plain data: equal for policies that do the same under the same name."""
        unread = ("note", "status", "place")
        edits = [asdict(edit) for edit in self.edits]
        return [self.name, [{k: v for k, v in edit.items() if k not in unread} for edit in edits]]


class EditEntry(BaseModel):
    """One ``[[edit]]`` of a policy file."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    parameter: Annotated[str, StringConstraints(min_length=1)]
    where: dict[str, Words | list[Words]] = Field(default_factory=dict)
    set: Value | None = None
    multiply: float | int | None = None
    add: float | int | None = None
    begins: Date | None = Field(default=None, alias="from")
    until: Date | None = None
    ramp_months: Annotated[int, Field(ge=0, le=1200)] = 0
    in_total: bool = False
    note: str = ""
    status: str = "assumption"


class PolicyFile(BaseModel):
    """A policy file."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    name: Name
    title: Annotated[str, StringConstraints(min_length=1)]
    group: str = "Own"
    source: str | list[str] = Field(default_factory=list)
    description: str = ""
    look_at: str = ""
    begins: Date | None = Field(default=None, alias="from")
    edit: Annotated[list[EditEntry], Field(min_length=1)]


EXPECTED = {
    "name": "a name of letters, digits, _ and -",
    "title": "text in quotes",
    "group": "text in quotes",
    "source": "a source in quotes, or a list of them",
    "description": "text in quotes",
    "look_at": "text in quotes",
    "from": 'a month such as "2027-08", or a year',
    "until": 'a month such as "2027-08", or a year',
    "edit": "one [[edit]] or more",
    "parameter": 'a path such as "posts" or "programmes:resignation"',
    "where": 'a table such as {programme = "gp", region = ["london", "south_west"]}',
    "set": "a number or text",
    "multiply": "a number",
    "add": "a number",
    "ramp_months": "a whole number of months, 0 to 1200",
    "in_total": "true or false",
    "note": "text in quotes",
    "status": "one of " + ", ".join(STATUSES),
}


def list_policies() -> list[Policy]:
    """Every bundled policy, by group and name."""
    policies = [load_policy(file) for file in sorted(BUNDLED.glob("*.toml"))]
    return sorted(policies, key=lambda policy: (policy.group, policy.name))


def bundled_policy_names() -> list[str]:
    """Names of the bundled policies."""
    return sorted(file.stem for file in BUNDLED.glob("*.toml"))


def as_policies(given: Iterable[Policy | str | Path]) -> dict[str, Policy]:
    """Policies by name, each given as a ``Policy``, a name or a path; the same one may be given twice.

    Raises ``ScenarioError`` for two different ones of a name.
    """
    if isinstance(given, str | Path | Policy) or not isinstance(given, Iterable):
        raise ScenarioError([Problem("policies", described(given), "a list of policies")])
    named: dict[str, Policy] = {}
    for each in given:
        policy = each if isinstance(each, Policy) else load_policy(each)
        if (other := named.setdefault(policy.name, policy)) != policy:
            places = [each.edits[0].place for each in (other, policy) if each.edits and each.edits[0].place]
            written = f" ({places[0]} and {places[1]})" if len(set(places)) == 2 else ""
            found = f"two policies of that name{written}"
            raise ScenarioError([Problem(f"policy {policy.name}", found, "a name for each")])
    return named


def load_policy(name_or_path: str | Path, beside: Path | None = None) -> Policy:
    """A bundled policy by name, or the one in a TOML file.

    ``beside`` is the folder from which a path that is not absolute starts. Raises ``ScenarioError`` with
    everything that is wrong with the file; what its edits name is looked up when a scenario takes it in.
    """
    if not isinstance(name_or_path, str | Path):
        raise ScenarioError([Problem("policy", described(name_or_path), "a name, a path or a Policy")])
    text = str(name_or_path)
    names = bundled_policy_names()
    if text in names:
        return _read(BUNDLED / f"{text}.toml", f"{text}.toml")
    path = Path(beside or ".", expanded(name_or_path))
    try:
        is_file, is_folder = path.is_file(), path.is_dir() and text
    except (OSError, ValueError):  # too long for a file name, or a NUL in it
        is_file = is_folder = False
    if is_file and path.suffix.lower() == ".toml":
        return _read(path, path.name)
    found = "a file that is not TOML" if is_file else "a folder" if is_folder else "no policy of that name"
    expected = "a bundled policy (see pipeline-sim list) or a .toml file"
    raise ScenarioError([Problem(f"policy {shown(text)}", found, expected, nearest(text, names))])


def _read(path: Path, label: str) -> Policy:
    problems: list[Problem] = []
    read = read_toml(path, label, problems)
    if read is None:
        raise ScenarioError(problems)
    text, content = read
    try:
        file = PolicyFile.model_validate(content)
    except ValidationError as error:
        raise ScenarioError(_problems(error, label, text)) from None
    edits = [_edit(entry, file, _edit_place(label, text, k), problems) for k, entry in enumerate(file.edit)]
    if problems:
        raise ScenarioError(problems)
    source = (file.source,) if isinstance(file.source, str) else tuple(file.source)
    return Policy(
        file.name, file.title, tuple(edit for edit in edits if edit), file.group, source,
        " ".join(file.description.split()), " ".join(file.look_at.split()),
    )  # fmt: skip


def _edit(entry: EditEntry, file: PolicyFile, place: str, problems: list[Problem]) -> Edit | None:
    given = [name for name in OPERATIONS if getattr(entry, name) is not None]
    before = len(problems)
    if len(given) != 1:
        found = " and ".join(given) or "none of set, multiply and add"
        problems.append(Problem(place, found, "one of set, multiply and add"))
    begins, ends = _month(entry.begins if entry.begins is not None else file.begins), _month(entry.until)
    if begins and ends and ends <= begins:
        problems.append(Problem(f"{place} key until", ends, f"a month after {begins}, when the edit begins"))
    if entry.ramp_months and begins is None:
        problems.append(Problem(f"{place} key ramp_months", "no key from", "from: when the ramp begins"))
    if entry.status not in STATUSES:
        near = nearest(entry.status, STATUSES)
        problems.append(Problem(f"{place} key status", shown(entry.status), EXPECTED["status"], near))
    if len(problems) > before:
        return None
    where = tuple((key, _words(value)) for key, value in sorted(entry.where.items()))
    return Edit(
        entry.parameter, given[0], getattr(entry, given[0]), where, begins, ends, entry.ramp_months,
        entry.in_total, entry.note, entry.status, place,
    )  # fmt: skip


def _words(value: Words | list[Words]) -> tuple[str, ...]:
    """The values of a selector as cells spell them."""
    values: Iterable[Words] = value if isinstance(value, list) else [value]
    return tuple(str(int(each)) if isinstance(each, bool) else str(each) for each in values)


def _month(date: str | int | None) -> str | None:
    """A date as a month; a year begins in August."""
    return f"{date}-{TRAINING_YEAR_MONTH:02d}" if isinstance(date, int) else date


def _problems(error: ValidationError, label: str, text: str) -> list[Problem]:
    found: dict[tuple[Any, ...], Problem] = {}
    for item in error.errors(include_url=False):
        loc = item["loc"]
        in_edit = len(loc) > 2 and loc[0] == "edit" and isinstance(loc[1], int)
        key = str(loc[2] if in_edit else loc[0])
        model: type[BaseModel] = EditEntry if in_edit else PolicyFile
        home = _edit_place(label, text, int(loc[1])) if in_edit else label
        where = f"{home} key {key}" if in_edit else key_place(label, text, (key,))
        fields = [field.alias or name for name, field in model.model_fields.items()]
        if item["type"] == "extra_forbidden":
            expected = "one of " + ", ".join(fields)
            found[loc] = Problem(where, f"the unknown key {shown(key)}", expected, nearest(key, fields))
        elif item["type"] == "missing":
            found[loc] = Problem(home, f"no key {key}", EXPECTED[key])
        else:
            found.setdefault((home, key), Problem(where, shown(repr(item["input"])), EXPECTED[key]))
    return list(found.values())


def _edit_place(label: str, text: str, number: int) -> str:
    """``policy.toml:12 edit 2`` for a message about an edit (from 0)."""
    lines = [n for n, line in enumerate(text.splitlines(), 1) if re.match(r"\s*\[\[\s*edit\s*\]\]", line)]
    line = f":{lines[number]}" if number < len(lines) else ""
    return f"{label}{line} edit {number + 1}"
