"""Checks of recruitment rounds and of what applicants choose."""

from __future__ import annotations

from collections import defaultdict

from pipeline_sim.scenario.blueprint import APPLICANT_GROUPS, APPLICANT_TRACKS
from pipeline_sim.scenario.checks import A_PROGRAMME_WITH_POSTS, WITH_POSTS, Check, Tables, programmes_of_kind
from pipeline_sim.scenario.table import Table
from pipeline_sim.scenario.validate import Findings

#: Place weights are compared as 31-bit integers, which leaves this much for the product of multipliers.
LARGEST_REGION_MULTIPLIER = 250
REGION_MULTIPLIERS = ("choices.home_weight", "choices.trained_weight", "foundation.priority_region_weight")


def rounds_run_in_order(tables: Tables, findings: Findings) -> None:
    """Orders differ, and a re-advert comes after the round it repeats."""
    table = tables["rounds"]
    order_of = dict(table.rows("round", "order"))
    first: dict[int, str] = {}
    for row, (name, order, repeats) in enumerate(table.rows("round", "order", "repeats")):
        if order in first:
            findings.add(table.place(row, "order"), f"{order}, as for {first[order]}", "a number of its own")
        first.setdefault(order, name)
        if repeats and (repeats == name or order_of[repeats] > order):
            findings.add(table.place(row, "repeats"), f"{repeats}, which runs later", "an earlier round")


def posts_are_recruited_to(tables: Tables, findings: Findings) -> None:
    """Every training programme with posts is in a round."""
    table = tables["round_programmes"]
    _posts_are_named_in(table, "no round", f"a round of its own in {table.file}", tables, findings)


def recruited_programmes_have_a_taste(tables: Tables, findings: Findings) -> None:
    """Nobody would apply to a programme that no group of applicants has a row for."""
    table = tables["specialty_taste"]
    expected = f"its rows in {table.file} (weight 0 = never chosen)"
    _posts_are_named_in(table, "no taste", expected, tables, findings)


def _posts_are_named_in(
    table: Table, lacking: str, expected: str, tables: Tables, findings: Findings
) -> None:
    """Report training programmes with posts that have no row in a table."""
    programmes, named = tables["programmes"], set(table["programme"])
    with_posts = {programme for programme, posts in tables["posts"].rows("programme", "posts") if posts}
    for row, (programme, kind) in enumerate(programmes.rows("programme", "kind")):
        if programme in with_posts - named and kind in WITH_POSTS:
            findings.add(
                programmes.place(row, "programme"), f"{programme}, with posts and {lacking}", expected
            )


def groups_want_something(tables: Tables, findings: Findings) -> None:
    table = tables["specialty_taste"]
    total: dict[str, float] = defaultdict(float)
    for group, weight in table.rows("group", "weight"):
        total[group] += weight
    for group in APPLICANT_GROUPS:
        if not total[group]:
            findings.add(f"{table.file} column weight", f"no weight above 0 for {group}", "at least one")


def every_group_and_track(tables: Tables, findings: Findings) -> None:
    """Each group of applicants says how it applies on each track."""
    table = tables["applicant_groups"]
    for group in APPLICANT_GROUPS:
        for track in APPLICANT_TRACKS:
            if (group, track) not in table.row_of:
                findings.add(table.file, f"no row for {group}, {track}", "a row for every group and track")


def regions_attract_someone(tables: Tables, findings: Findings) -> None:
    table = tables["regions"]
    for column in ("attraction", "foundation_attraction", "settle"):
        if not any(table[column]):
            findings.add(f"{table.file} column {column}", "only zeros", "a weight above 0")


def multipliers_stay_in_bounds(tables: Tables, findings: Findings) -> None:
    table = tables["settings"]
    row_of = {name: row for row, name in enumerate(table["name"])}
    product = 1.0
    for name in REGION_MULTIPLIERS:
        product *= max(1.0, table["value"][row_of[name]])
    if product > LARGEST_REGION_MULTIPLIER:
        findings.add(
            table.place(row_of[REGION_MULTIPLIERS[0]], "value"),
            f"{' x '.join(REGION_MULTIPLIERS)} = {product:g}",
            f"a product of at most {LARGEST_REGION_MULTIPLIER}",
        )


CHECKS = (
    Check(("rounds.round", "rounds.order", "rounds.repeats"), rounds_run_in_order),
    programmes_of_kind("round_programmes", WITH_POSTS, A_PROGRAMME_WITH_POSTS),
    Check(
        (
            "programmes.programme",
            "programmes.kind",
            "round_programmes.programme",
            "posts.programme",
            "posts.posts",
        ),
        posts_are_recruited_to,
    ),
    Check(
        (
            "programmes.programme",
            "programmes.kind",
            "specialty_taste.programme",
            "posts.programme",
            "posts.posts",
        ),
        recruited_programmes_have_a_taste,
    ),
    Check(("specialty_taste.group", "specialty_taste.weight"), groups_want_something),
    Check(("regions.attraction", "regions.foundation_attraction", "regions.settle"), regions_attract_someone),
    Check(
        ("settings.name", *(f"settings.{name}" for name in REGION_MULTIPLIERS)), multipliers_stay_in_bounds
    ),
    Check(("applicant_groups.group", "applicant_groups.track"), every_group_and_track),
)
