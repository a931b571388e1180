"""Writes the page of the bundled policies (docs/policies.md) from their files.

Run as ``python -m pipeline_sim.scenario.policy_document docs/policies.md``.
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

from pipeline_sim.clock import TRAINING_YEAR_MONTH
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.scenario.policies import Edit, Policy, list_policies
from pipeline_sim.scenario.table import Table

BASE = "england"
MOST_LISTED = 8  # values of a selector that are named
INTRODUCTION = f"""\
# The bundled policies

Made from `pipeline_sim/catalogue/policies/` by
`python -m pipeline_sim.scenario.policy_document docs/policies.md`.

Each action of the plans that the model has a lever for is a policy: a named list of dated edits to the base
`{BASE}`. A policy never rewrites what happened before its first date. Several can hold at once:

    pipeline-sim run {BASE} --policy gp-expansion --policy gp-training-estate

[Compare](compare.md) says how to read a policy against the base; [how to](howto/policy.md) how to write one.

**How to read an edit.** *What* is a setting or a column of a [table](tables.md); *where* says which rows.
Values are set, multiplied or added to: of several `set` the latest begun counts, then every factor, then
every sum. *In total* means the sum over those rows, shared out in proportion. *Over n years* means in equal
yearly steps, the first at the date given. A year begins in August. What holds besides is the base's.

**How to read a status.** *Sourced*: the source gives the number. *Seed*: so does the plan that is modelled.
*Secondary*: read second-hand. *Assumption*: the plan gives no number, and the note says what was judged. Most
are assumptions. To try other values copy the file under another name, and name the copy:
`--policy my-plan.toml`.

**What a direction is worth.** That each policy changes what it is meant to change, and in which direction, is
tested (`tests/test_policies_catalogue.py`). How far it changes it rests on the numbers below.
"""


def policies_page() -> str:
    """The whole of docs/policies.md."""
    sources = load_scenario(BASE).tables["sources"]
    policies = list_policies()
    lines = [INTRODUCTION]
    for group, members in groupby(policies, key=lambda policy: policy.group):
        named = ", ".join(f"[`{policy.name}`](#{policy.name})" for policy in members)
        lines.append(f"- **{group}**: {named}")
    for group, members in groupby(policies, key=lambda policy: policy.group):
        lines += ["", f"## {group}"]
        for policy in members:
            lines += ["", *_about(policy, sources)]
    return "\n".join(lines) + "\n"


def _about(policy: Policy, sources: Table) -> list[str]:
    cited = [f"{_cited(sources, name)} (`{name}`)" for name in policy.source]
    return [
        f"### {policy.name}",
        "",
        f"**{policy.title}.** {policy.description}",
        "",
        f"- Source: {'; '.join(cited)}",
        f"- Look at: {policy.look_at}",
        f"- Run: `pipeline-sim compare {BASE} --policy {policy.name} --reps 10`",
        "",
        "| what | where | change | from | status | note |",
        "|---|---|---|---|---|---|",
        *(_edit_line(edit) for edit in policy.edits),
    ]


def _cited(sources: Table, name: str) -> str:
    row = sources.row_of[(name,)]
    citation, url = str(sources["citation"][row]), sources["url"][row]
    return f"[{citation}]({url})" if url else citation


def _edit_line(edit: Edit) -> str:
    what, where, change = f"`{edit.parameter}`", where_in_words(edit), change_in_words(edit)
    cells = [what, where, change, _dates(edit), edit.status, edit.note]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def where_in_words(edit: Edit) -> str:
    """The rows that an edit selects."""
    parts = []
    for key, words in edit.where:
        shown = ", ".join(word.replace("_", " ") for word in words[:MOST_LISTED])
        more = len(words) - MOST_LISTED
        parts.append(f"{key.replace('_', ' ')}: {shown}" + (f" and {more} more" if more > 0 else ""))
    return "; ".join(parts) or "everywhere"


def change_in_words(edit: Edit) -> str:
    """What an edit does to a value."""
    value = f"{edit.value:,}" if isinstance(edit.value, int) else str(edit.value)
    text = {
        "set": value,
        "multiply": f"× {value}",
        "add": f"+ {value}" if not value.startswith("-") else f"− {value[1:]}",
    }[edit.operation]
    return text + (" in total" if edit.in_total else "")


def _dates(edit: Edit) -> str:
    text = "the start" if edit.begins is None else _date(edit.begins)
    if edit.ends:
        text += f" until {_date(edit.ends)}"
    years = edit.ramp_months // 12
    return text + (f", over {years} years" if years > 1 else "")


def _date(month: str) -> str:
    """August is named by its year, as training years are."""
    return month[:4] if int(month[5:]) == TRAINING_YEAR_MONTH else month


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(policies_page(), encoding="utf-8")
