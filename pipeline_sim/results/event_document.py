"""``docs/events.md``: the event vocabulary as a page, read from the source that defines it.

``python -m pipeline_sim.results.event_document docs/events.md`` rewrites the page.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from pipeline_sim import vocabulary
from pipeline_sim.vocabulary import (
    STATE_AFTER,
    STATE_IN_DETAIL,
    Credit,
    Event,
    Leaving,
    Outcome,
    PoolKind,
    Scheme,
    State,
    Unplaced,
)

_MEMBER = re.compile(r"^    ([A-Z_0-9]+) = (\d+)(?:  # (.*))?$")
_INTRODUCTION = """# Events and states

Everything that happens to a person is one row of the event log, and every result is computed from that log
alone. `events.parquet` has the columns `rep, month, date, person, event, programme, level, region, wte,
detail`, ordered by month, phase and person. Rows of person 0 are about posts and pools. This page is made
from `pipeline_sim/vocabulary.py`.
"""


def _comments() -> dict[str, dict[str, str]]:
    """What the source says beside each member, by enumeration."""
    found: dict[str, dict[str, str]] = {}
    current = ""
    for line in Path(vocabulary.__file__).read_text(encoding="utf-8").splitlines():
        if line.startswith("class "):
            current = line.split()[1].split("(")[0]
        member = _MEMBER.match(line)
        if current and member:
            found.setdefault(current, {})[member[1]] = member[3] or ""
    return found


def _state_after(event: Event) -> str:
    if event in STATE_IN_DETAIL:
        return "the state in `detail`"
    return f"`{STATE_AFTER[event].name.lower()}`" if event in STATE_AFTER else ""


def event_markdown() -> str:
    """The whole page."""
    comments = _comments()
    lines = [_INTRODUCTION, "## Events", "", "| event | detail and meaning | state after |", "|---|---|---|"]
    lines += [
        f"| `{event.name.lower()}` | {comments['Event'][event.name]} | {_state_after(event)} |"
        for event in Event
    ]
    for title, kind in (
        ("States", State),
        ("Kinds of pool, and causes of waiting", PoolKind),
        ("Why an application season ended without a post", Unplaced),
        ("Why someone left", Leaving),
        ("ARCP outcomes", Outcome),
        ("Why earlier time counts towards a programme", Credit),
        ("Ways of keeping or bringing back trained doctors", Scheme),
    ):
        lines += ["", f"## {title}", "", "| number | name | |", "|---|---|---|"]
        lines += [
            f"| {member.value} | `{member.name.lower()}` | {comments[kind.__name__][member.name]} |"
            for member in kind
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(event_markdown(), encoding="utf-8")
