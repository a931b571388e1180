"""Checks of medical school and foundation tables."""

from __future__ import annotations

from collections import defaultdict

from pipeline_sim.scenario.checks import Check, Tables
from pipeline_sim.scenario.validate import Findings

PLACED_STAGES = ("clinical", "final")


def courses_are_whole(tables: Tables, findings: Findings) -> None:
    """Years run 1..n, the last is the final year, and the months lead from September to August."""
    table = tables["route_years"]
    rows_of: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row, (route, year) in enumerate(table.rows("route", "year")):
        rows_of[route].append((year, row))
    routes = tables["routes"]
    for row, route in enumerate(routes["route"]):
        if route not in rows_of:
            findings.add(routes.place(row, "route"), f"{route}, without years", f"its years in {table.file}")
    for route, years in rows_of.items():
        years.sort()
        for expected, (year, row) in enumerate(years, 1):
            if year != expected:
                findings.add(table.place(row, "year"), f"year {year} of {route}", f"year {expected}")
                break
        last = years[-1][1]
        months = sum(table["months"][row] for _, row in years)
        if months % 12 != 11:
            findings.add(
                table.place(last, "months"),
                f"{months} months in all for {route}",
                f"{max(months // 12, 1) * 12 - 1} or another whole number of years less one month",
            )


def students_are_in_a_year_of_their_course(tables: Tables, findings: Findings) -> None:
    last: dict[str, int] = defaultdict(int)
    for route, year in tables["route_years"].rows("route", "year"):
        last[route] = max(last[route], year)
    table = tables["student_stock"]
    for row, (route, year) in enumerate(table.rows("route", "year_of_course")):
        if year > last[route]:
            findings.add(table.place(row, "year_of_course"), f"{year}", f"1 to {last[route]} for {route}")


def stages_can_be_placed(tables: Tables, findings: Findings) -> None:
    """Clinical and final years have ways of being placed, numbered 1..n."""
    table = tables["placement_mixes"]
    mixes: dict[str, set[int]] = defaultdict(set)
    first_row: dict[tuple[str, int], int] = {}
    for row, (stage, mix) in enumerate(table.rows("stage", "mix")):
        mixes[stage].add(mix)
        first_row.setdefault((stage, mix), row)
    for stage in PLACED_STAGES:
        if stage not in mixes and stage in tables["route_years"]["stage"]:
            findings.add(f"{table.file} column stage", f"no rows for {stage}", f"a mix for {stage} years")
    for stage, numbers in mixes.items():
        for expected, mix in enumerate(sorted(numbers), 1):
            if mix != expected:
                findings.add(
                    table.place(first_row[stage, mix], "mix"), f"mix {mix} of {stage}", f"mix {expected}"
                )
                break


def background_fits_the_places(tables: Tables, findings: Findings) -> None:
    table = tables["placements"]
    for row, (places, background) in enumerate(table.rows("places", "background")):
        if background > places:
            findings.add(table.place(row, "background"), f"{background}", f"at most places, {places}")


CHECKS = (
    Check(("routes.route", "route_years.route", "route_years.year", "route_years.months"), courses_are_whole),
    Check(
        ("student_stock.route", "student_stock.year_of_course", "route_years.route", "route_years.year"),
        students_are_in_a_year_of_their_course,
    ),
    Check(("placement_mixes.stage", "placement_mixes.mix", "route_years.stage"), stages_can_be_placed),
    Check(("placements.places", "placements.background"), background_fits_the_places),
)
