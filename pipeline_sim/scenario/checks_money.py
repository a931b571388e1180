"""Checks of money: kinds of costs exist, grades are of levels that exist, and prices are of a year."""

from __future__ import annotations

from collections import defaultdict

from pipeline_sim.errors import nearest
from pipeline_sim.scenario.build_money import kinds_of
from pipeline_sim.scenario.checks import Check, Tables
from pipeline_sim.scenario.schema import LAST_YEAR
from pipeline_sim.scenario.schema_money import ANY, DISCOUNT_RATE, EARLIEST_PRICES, ITEMS, PRICE_YEAR
from pipeline_sim.scenario.validate import Findings

SHOWN = 8


def costs_are_of_known_kinds(tables: Tables, findings: Findings) -> None:
    table = tables["costs"]
    known: dict[str, tuple[str, ...]] = {}
    for row, (item, kind) in enumerate(table.rows("item", "kind")):
        if item not in known:
            source = ITEMS[item].kinds
            if isinstance(source, str) and not findings.usable(source):
                continue
            known[item] = kinds_of(item, tables)
        kinds = known[item]
        if kind != ANY and kind not in kinds:
            some = ", ".join((ANY, *kinds[:SHOWN])) + (", ..." if len(kinds) > SHOWN else "")
            expected = f"one of {some}" if kinds else ANY
            findings.add(
                table.place(row, "kind"), f"{kind} for {item}", expected, nearest(kind, (ANY, *kinds))
            )


def prices_have_a_year(tables: Tables, findings: Findings) -> None:
    """A scenario with costs says in which year's prices, and how later years are discounted."""
    if "costs" not in tables or not len(tables["costs"]):
        return
    if "money" not in tables:
        findings.add(tables["costs"].file, "no money.csv", "a price year and a discount rate")
        return
    if not findings.usable("money.item"):
        return
    present = set(tables["money"]["item"])
    for item in (PRICE_YEAR, DISCOUNT_RATE):
        if item not in present:
            findings.add(f"{tables['money'].file} column item", f"no row for {item}", f"a row for {item}")


def numbers_of_money_are_possible(tables: Tables, findings: Findings) -> None:
    table = tables["money"]
    for row, (item, value) in enumerate(table.rows("item", "value")):
        if item == PRICE_YEAR and not (value == int(value) and value >= EARLIEST_PRICES):
            expected = f"a year from {EARLIEST_PRICES} to {LAST_YEAR}"
            findings.add(table.place(row, "value"), f"{value:g}", expected)
        if item == DISCOUNT_RATE and value >= 1:
            findings.add(table.place(row, "value"), f"{value:g}", "a rate below 1, such as 0.035")


def grades_are_of_levels(tables: Tables, findings: Findings) -> None:
    names: dict[str, list[str]] = defaultdict(list)
    for programme, level in tables["levels"].rows("programme", "level"):
        names[programme].append(level)
    table = tables["level_grades"]
    for row, (programme, level, grade) in enumerate(table.rows("programme", "level", "grade")):
        if names[programme] and level not in names[programme]:
            expected = f"a level of {programme} in {tables['levels'].file}"
            findings.add(table.place(row, "level"), level, expected, nearest(level, names[programme]))
        if grade == ANY:
            findings.add(table.place(row, "grade"), ANY, "another name: any is the cost of every other grade")


CHECKS = (
    Check(("costs.item", "costs.kind"), costs_are_of_known_kinds),
    Check((), prices_have_a_year),
    Check(("money.item", "money.value"), numbers_of_money_are_possible),
    Check(
        (
            *(f"level_grades.{column}" for column in ("programme", "level", "grade")),
            "levels.programme",
            "levels.level",
        ),
        grades_are_of_levels,
    ),
)
