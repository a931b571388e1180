"""The TOML file that heads a base (base.toml) or a user's scenario (scenario.toml)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StringConstraints, ValidationError

from pipeline_sim.clock import MOST_YEARS, TRAINING_YEAR_MONTH
from pipeline_sim.errors import Problem, nearest
from pipeline_sim.scenario.cells import shown
from pipeline_sim.scenario.toml_reader import key_place, read_toml

BASE_FILE = "base.toml"
SCENARIO_FILE = "scenario.toml"

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")]
Month = Annotated[str, StringConstraints(pattern=r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$")]
Years = Annotated[int, Field(ge=1, le=MOST_YEARS)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]


class Header(BaseModel):
    """What both kinds of header share."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    name: Name
    title: str = ""
    description: str = ""

    _file: str = PrivateAttr("")
    _text: str = PrivateAttr("")

    def place(self, *keys: str) -> str:
        """``scenario.toml:7 key set.posts`` for a message about a key."""
        return key_place(self._file, self._text, keys)


class BaseHeader(Header):
    """base.toml."""

    start: Month
    years: Years = 20
    default_seed: Seed = 1


class ScenarioHeader(Header):
    """scenario.toml. What is left out is as in the base."""

    base: str
    start: Month | None = None
    years: Years | None = None
    default_seed: Seed | None = None
    policies: list[str] = Field(default_factory=list)
    set: dict[str, int | float | str | bool] = Field(default_factory=dict)


AnyHeader = TypeVar("AnyHeader", BaseHeader, ScenarioHeader)

EXPECTED = {
    "name": "a name of letters, digits, _ and -",
    "title": "text in quotes",
    "description": "text in quotes",
    "start": 'a month such as "2025-08"',
    "years": f"a whole number from 1 to {MOST_YEARS}",
    "default_seed": "a whole number, 0 or more",
    "policies": "a list of names of policies, or of .toml files beside this one, in quotes",
    "base": "the name of a bundled base in quotes",
    "set": 'a table of "path" = value lines',
}


def first_training_year(start: str) -> int:
    """Calendar year in which the training year that holds the month ``start`` began."""
    return int(start[:4]) - (int(start[5:]) < TRAINING_YEAR_MONTH)


def read_header(path: Path, label: str, kind: type[AnyHeader], problems: list[Problem]) -> AnyHeader | None:
    """Read a header; None, with problems, if it cannot be used."""
    if not path.exists():
        problems.append(Problem(label, "no such file", "a file"))
        return None
    read = read_toml(path, label, problems)
    if read is None:
        return None
    text, content = read
    if "edit" in content and "base" not in content:
        problems.append(
            Problem(label, "a policy, which has edits", f"a scenario; run one with --policy {label}")
        )
        return None
    if "set" in content and isinstance(content["set"], dict):
        try:
            content = {**content, "set": flattened(content["set"])}
        except RecursionError:
            place = key_place(label, text, ("set",))
            problems.append(Problem(place, "a path of too many parts", EXPECTED["set"]))
            return None
        misplaced = [key for key in content["set"] if key in kind.model_fields]
        if misplaced:
            problems += [
                Problem(
                    key_place(label, text, ("set", key)), f"{key} below [set]", f"{key} above the line [set]"
                )
                for key in misplaced
            ]
            return None
    try:
        header = kind.model_validate(content)
    except ValidationError as error:
        problems.extend(_problems(error, kind, label, text))
        return None
    header._file, header._text = label, text
    return header


def flattened(edits: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Unquoted dotted keys (``supervision.rule = ...``) as the one path they spell."""
    flat: dict[str, Any] = {}
    for key, value in edits.items():
        if isinstance(value, dict):
            flat.update(flattened(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = value
    return flat


def _problems(error: ValidationError, kind: type[Header], label: str, text: str) -> list[Problem]:
    found: dict[tuple[str, ...], Problem] = {}
    for item in error.errors(include_url=False):
        # A union puts the name of each member it tried after the key: keep the key only.
        keys = tuple(str(part) for part in item["loc"][: 2 if item["loc"][0] == "set" else 1])
        where = key_place(label, text, keys)
        if item["type"] == "extra_forbidden":
            near = nearest(keys[0], kind.model_fields)
            expected = "one of " + ", ".join(kind.model_fields)
            found[keys] = Problem(where, f"the unknown key {shown(keys[0])}", expected, near)
        elif item["type"] == "missing":
            near = ""
            found[keys] = Problem(label, f"no key {keys[0]}", EXPECTED[keys[0]], near)
        else:
            expected = EXPECTED[keys[0]] if len(keys) == 1 else "a number or text"
            found.setdefault(keys, Problem(where, shown(repr(item["input"])), expected))
    return list(found.values())
