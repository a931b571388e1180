"""Whether a scenario fits in a run: a person's number, the log's columns and memory have limits.

Checked on the blueprint, so after scaling. How many names there may be is in ``checks``.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline_sim.errors import Problem, ScenarioError
from pipeline_sim.identity import ORDINAL_SPAN
from pipeline_sim.scenario.blueprint import UNITS, Blueprint

MOST_PEOPLE = 20_000_000  # in a run; each takes a few kilobytes
MOST_PLACES = 5_000_000  # of one kind in a region; their units have to fit the log's 32 bits
#: Blueprint field -> table, region last.
PEOPLE = {
    "intake": "intake",
    "student_stock": "student_stock",
    "trainee_stock": "trainee_stock",
    "arrivals": "arrivals",
    "outside_stock": "outside_stock",
    "workforce": "workforce_stock",
}
PLACES = {
    "posts": ("posts", 1),
    "foundation_places": ("foundation_places", 1),
    "placement_units": ("placements", UNITS),
    "practice_units": ("practice_places", UNITS),
    "supervisor_fixed_units": ("supervisor_extra", UNITS),
    "support_places": ("support_places", 1),
    "credential_slots": ("credential_slots", 1),
    "enhance_places": ("enhance_places", 1),
}


def check_size(blueprint: Blueprint) -> None:
    """``ScenarioError`` with everything that is too large to be simulated."""
    problems = [*_too_many_people(blueprint), *_too_many_places(blueprint)]
    if problems:
        raise ScenarioError(problems)


def _too_many_people(blueprint: Blueprint) -> Iterator[Problem]:
    total = 0
    cells_fit = True
    for field, table in PEOPLE.items():
        people = getattr(blueprint, field)
        total += int(people.sum(dtype=float))
        largest = people.reshape(-1, people.shape[-1]).max(axis=0, initial=0)
        for region, most in zip(blueprint.regions, largest.tolist(), strict=True):
            if most > ORDINAL_SPAN:
                cells_fit = False
                yield Problem(
                    f"{table}.csv region {region}",
                    f"{most:,} people in one group, as scaled",
                    f"at most {ORDINAL_SPAN:,}",
                )
    if cells_fit and total > MOST_PEOPLE:
        yield Problem(
            ", ".join(f"{table}.csv" for table in PEOPLE.values()),
            f"{total:,} people in all, as scaled",
            f"at most {MOST_PEOPLE:,}",
        )


def _too_many_places(blueprint: Blueprint) -> Iterator[Problem]:
    for field, (table, unit) in PLACES.items():
        places = getattr(blueprint, field) // unit
        largest = places.reshape(-1, places.shape[-1]).max(axis=0, initial=0)
        for region, most in zip(blueprint.regions, largest.tolist(), strict=True):
            if most > MOST_PLACES:
                yield Problem(
                    f"{table}.csv region {region}", f"{most:,} places, as scaled", f"at most {MOST_PLACES:,}"
                )
