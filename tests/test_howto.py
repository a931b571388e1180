"""The guides of docs/howto, followed to the letter: all that they say to write is written, and run is run."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from conftest import CommandLine

from pipeline_sim.scenario.policies import bundled_policy_names

GUIDES = Path(__file__).parent.parent / "docs" / "howto"
BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[a-z ]+)(?:: (?P<file>\S+))? -->\n)?^```(?P<language>\w+)\n(?P<body>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
KPIS = dict[tuple[str, int], float]


class Reader:
    """Someone who follows a guide in the current folder."""

    def __init__(self, guide: str) -> None:
        self.run = CommandLine()
        self.text = (GUIDES / guide).read_text(encoding="utf-8")
        self.guide = guide
        self.printed = ""

    def follow(self, until: str = "", without: str = "") -> None:
        """Do all that the guide says, up to a heading, except write one table."""
        for block in BLOCK.finditer(self.text, 0, self.text.index(until) if until else len(self.text)):
            place = f"{self.guide}:{self.text[: block.start('body')].count(chr(10)) + 1}"
            mark, file, body = block["mark"] or "", block["file"] or "", block["body"]
            if without and Path(file).stem == without:
                continue
            if block["language"] == "console":
                for line in body.splitlines():
                    self.type(line.removeprefix("$ "), 2 if mark == "wrong" else 0, place)
            elif block["language"] == "python":
                exec(compile(body, place, "exec"), {})
            elif block["language"] == "text":
                for line in body.splitlines():
                    assert line in self.printed, f"{place}: {line}\n{self.printed}"
            elif mark == "file":
                Path(file).write_text(body, encoding="utf-8")
            elif mark == "replace in":
                replace_line(Path(file), body.strip())
            else:
                assert mark in ("rows", "rows if there"), f"{place}: a block that says not where it goes"
                append_rows(Path(file), body, place, create=mark == "rows")

    def type(self, line: str, expected: int, place: str) -> None:
        words = shlex.split(line)
        if words[0] == "cp":
            shutil.copy(words[1], words[2])
            return
        assert words[0] == "pipeline-sim", f"{place}: {line}"
        named = [value for option, value in pairwise(words) if option == "--policy"]
        if any(name not in bundled_policy_names() for name in named if not name.endswith(".toml")):
            return
        result = self.run(*words[1:])
        self.printed = result.output
        assert result.exit_code == expected, f"{place}: {line}\n{result.output}"


def append_rows(file: Path, body: str, place: str, create: bool) -> None:
    """Rows below the heading of a block, under those columns; a table that is not there becomes the block."""
    if not file.exists():
        if create:
            file.write_text(body, encoding="utf-8")
        return
    text = file.read_text(encoding="utf-8")
    heading, given = text.splitlines()[0].split(","), body.splitlines()[0].split(",")
    assert given == heading[: len(given)], f"{place}: {file.name} begins with {','.join(heading)}"
    assert not set(heading[len(given) :]) - {"low", "high", "note"}, place
    file.write_text(text + body.partition("\n")[2], encoding="utf-8")


def replace_line(file: Path, line: str) -> None:
    """The line of a key takes the place of the one that is commented out."""
    key = line.partition(" ")[0]
    lines = file.read_text(encoding="utf-8").splitlines()
    at = [n for n, old in enumerate(lines) if re.match(rf"#? ?{key} = ", old)]
    assert len(at) == 1, f"{file.name} has no line {key}"
    lines[at[0]] = line
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def kpis(folder: str) -> KPIS:
    table = pd.read_csv(f"results/{folder}/kpis.csv")
    return dict(zip(zip(table["kpi"], table["year"], strict=True), table["value"], strict=True))


def flows(folder: str, event: str, **where: str) -> int:
    table = pd.read_parquet(f"results/{folder}/flows.parquet")
    for column, value in {"event": event, **where}.items():
        table = table[table[column] == value]
    return int(table["count"].sum())


def the_policy_works() -> None:
    before, after = kpis("as-is"), kpis("more-gps")
    trainees = "trainees[programme=general_practice]"
    assert all(after[key] == value or value != value for key, value in before.items() if key[1] == 2025)
    assert after[trainees, 2030] > before[trainees, 2030] + 30
    assert after["ccts_gp", 2028] == before["ccts_gp", 2028]
    assert after["ccts_gp", 2029] > before["ccts_gp", 2029]
    assert all(after[name, 2030] < before[name, 2030] for name in ("unplaced", "locally_employed"))
    waiting = ("waits[cause=supervisor]", 2028)
    assert after[waiting] > before.get(waiting, 0)
    assert not any(name == "waits[cause=practice_place]" for name, _ in after)


def the_specialty_works() -> None:
    own, values = {"programme": "geriatric_medicine"}, kpis("geriatrics")
    assert flows("geriatrics", "started_level", level="ST3", **own) > 12
    assert flows("geriatrics", "started_practice", **own) > 12
    assert all(values["ccts[programme=geriatric_medicine]", year] > 0 for year in range(2025, 2030))
    assert values["trainees[programme=geriatric_medicine]", 2029] > 20


def the_region_works() -> None:
    values, unloved = kpis("two-regions"), kpis("unloved")
    for name in ("students", "trainees", "consultants", "gps", "foundation_doctors", "ccts", "graduates"):
        assert values[f"{name}[region=northshire]", 2028] > 0, name
    posts = "trainees[region=northshire]"
    assert 100 < values[posts, 2028] < 160
    assert unloved[posts, 2028] < values[posts, 2028]


def the_credential_works() -> None:
    values, twenty = kpis("heart-failure"), kpis("twenty")
    starts = "credential_starts[credential=heart_failure]"
    assert [values[starts, year] for year in range(2025, 2030)] == [6, 6, 6, 10, 10]
    assert 10 < twenty[starts, 2026] < 20
    assert values["credentials_awarded[credential=heart_failure]", 2026] > 0
    assert values["credential_holders[credential=heart_failure]", 2029] > 10


def the_step_out_works() -> None:
    values = kpis("leadership")
    assert sum(values["returns_after_waiting_percent", year] for year in range(2025, 2028)) == 0
    assert all(values["step_outs[kind=leadership]", year] > 0 for year in range(2025, 2030))
    assert values["returns_to_training", 2027] > 0


CHECKS: dict[str, Callable[[], None]] = {
    "policy.md": the_policy_works,
    "specialty.md": the_specialty_works,
    "region.md": the_region_works,
    "credential.md": the_credential_works,
    "step-out.md": the_step_out_works,
}


@pytest.mark.parametrize("guide", CHECKS)
@pytest.mark.usefixtures("pipeline")
def test_a_guide_does_what_it_says(guide: str) -> None:
    Reader(guide).follow()
    CHECKS[guide]()


@pytest.mark.parametrize(
    ("forgotten", "table"),
    [
        ("its levels", "levels"),
        ("its rounds", "round_programmes"),
        ("its taste", "specialty_taste"),
        ("its posts", "posts"),
        ("its consultants", "workforce_stock"),
    ],
)
def test_what_is_said_of_a_forgotten_table_of_a_specialty_is_true(
    forgotten: str, table: str, pipeline: CommandLine
) -> None:
    reader = Reader("specialty.md")
    reader.follow(until="## See that it works", without=table)
    says = re.search(rf"^\| {forgotten} \| (.*) \|$", reader.text, re.MULTILINE)
    assert says
    result = pipeline("validate", "my-country")
    if says[1].startswith("nothing"):
        assert result.exit_code == 0
    else:
        assert says[1].strip("`") in result.output


def test_every_guide_is_followed_and_listed() -> None:
    guides = {file.name for file in GUIDES.glob("*.md")} - {"README.md"}
    assert guides == set(CHECKS)
    listed = (GUIDES / "README.md").read_text(encoding="utf-8")
    assert all(f"({guide})" in listed for guide in guides)
