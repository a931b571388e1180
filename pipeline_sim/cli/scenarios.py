"""``pipeline-sim list``, ``validate``, ``new`` and ``explain``: everything that simulates nothing."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from pipeline_sim.scenario.load import list_scenarios, load_scenario
from pipeline_sim.scenario.policies import list_policies
from pipeline_sim.scenario.schema import KEPT

IN_FULL = 5  # more values than this are only listed
LISTED = 40


def show_catalogue() -> None:
    """Name and title of every bundled scenario, then of every bundled policy, by group."""
    groups: dict[str, list[tuple[str, str]]] = {"Scenarios": list_scenarios()}
    for policy in list_policies():
        groups.setdefault(f"Policies: {policy.group}", []).append((policy.name, policy.title))
    width = max(len(name) for rows in groups.values() for name, _ in rows)
    for number, (group, rows) in enumerate(groups.items()):
        click.echo(("\n" if number else "") + group)
        for name, title in rows:
            click.echo(f"  {name:{width}}  {title}")


def check_scenario(name_or_path: str) -> None:
    """Load a scenario and build what an engine reads; problems are raised, all at once, policies included."""
    scenario = load_scenario(name_or_path)
    blueprint = scenario.blueprint()
    click.echo(
        f"{scenario.name}: valid. {len(blueprint.programmes)} programmes, {len(blueprint.regions)} regions, "
        f"{scenario.years} years from {scenario.start}."
    )
    for note in scenario.policy_notes():
        click.echo(f"note: {note}")


def make_scenario(folder: Path, base: str) -> None:
    """Copy a bundled scenario into a new folder."""
    from pipeline_sim.scenario.new import new_scenario

    new_scenario(folder, base)
    typed = shlex.quote(f"./{folder}" if str(folder).startswith("-") else str(folder))
    click.echo(f"{folder} is a copy of {base}. Edit its tables, then: pipeline-sim validate {typed}")


def explain_parameter(parameter: str, scenario: str) -> None:
    """What a parameter is, its value here, and where it comes from; a short list if it names many."""
    from pipeline_sim.scenario.explain import explain

    values = explain(load_scenario(scenario), parameter)
    if len(values) > IN_FULL:
        click.echo(f"{parameter} names {len(values)} values; add keys or :column to see one in full.")
        click.echo(_list(values[:LISTED], meanings=len({value["description"] for value in values}) > 1))
        if len(values) > LISTED:
            click.echo(f"  and {len(values) - LISTED} more")
        click.echo(_in_common(values))
        return
    click.echo("\n\n".join(_in_full(value) for value in values))


def _list(values: list[dict[str, Any]], meanings: bool) -> str:
    """A line for each value, with its own meaning beside it where meanings differ."""
    left = [_heading(value) for value in values]
    if not meanings:
        return "\n".join(f"  {text}" for text in left)
    width = max(map(len, left))
    return "\n".join(
        f"  {text:{width}}  {value['description']}" for text, value in zip(left, values, strict=True)
    )


def _in_common(values: list[dict[str, Any]]) -> str:
    """Status, source and reader of many values, each different one once; their meaning if it is one."""

    def different(texts: Iterable[str]) -> str:
        return "; ".join(dict.fromkeys(text for text in texts if text))

    meanings = {value["description"] for value in values}
    shown = {
        "meaning": meanings.pop() if len(meanings) == 1 else "",
        "status": different(value["status"] for value in values),
        "source": different(f"{value['source']}: {value['citation']}" for value in values),
        "used by": different(value["reader"] for value in values if value["reader"] != KEPT) or KEPT,
    }
    return _lines(shown)


def _lines(shown: dict[str, Any]) -> str:
    width = max(len(name) for name in shown)
    return "\n".join(f"  {name:{width}}  {text}" for name, text in shown.items() if text)


def _in_full(value: dict[str, Any]) -> str:
    if value["low"] is not None or value["high"] is not None:
        value = {**value, "range": f"{_shown(value['low'])} to {_shown(value['high'])}"}
    cited = [text for text in (value["source"], value["citation"], value["url"]) if text]
    shown = {
        "meaning": value["description"],
        "range": value.get("range"),
        "status": value["status"],
        "source": ": ".join(cited[:2]) + "".join(f" <{url}>" for url in cited[2:]),
        "note": value["note"],
        "used by": value["reader"],
        "found in": value["place"],
    }
    return f"{_heading(value)}\n{_lines(shown)}"


def _heading(value: dict[str, Any]) -> str:
    return f"{value['path']} = {_shown(value['value'])} {value['unit']}".rstrip()


def _shown(value: object) -> str:
    return "(blank)" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
