"""Checks that tie several rows or tables together: which there are, and the ones about shares and years.

A check runs only when every column it needs is sound, so that one mistake is reported once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline_sim.scenario.schema_tables import APPLY_COLUMNS, LIST_COLUMNS
from pipeline_sim.scenario.table import Table
from pipeline_sim.scenario.validate import Findings

SHARE_TOLERANCE = 1e-6
#: Kinds of programme that have posts and rounds, and how a message names them.
WITH_POSTS = ("core", "higher", "run_through", "gp")
A_PROGRAMME_WITH_POSTS = "a programme of core, higher, run-through or GP training"
Tables = Mapping[str, Table]


@dataclass(frozen=True)
class Check:
    """A check and the "table.column" names it relies on."""

    needs: tuple[str, ...]
    run: Callable[[Tables, Findings], None]


def run_checks(tables: Tables, first_year: int, findings: Findings) -> None:
    """Run every check whose columns are sound. ``first_year`` is the training year of month 0."""
    from pipeline_sim.scenario import (
        checks_careers,
        checks_credentials,
        checks_credit,
        checks_demand,
        checks_flexible,
        checks_money,
        checks_recruitment,
        checks_redistribution,
        checks_school,
        checks_training,
        checks_workforce,
    )

    for table in tables.values():
        check_years(table, first_year, findings)
        check_plausible_range(table, findings)
    for check in (
        *SHARE_CHECKS,
        *(at_most(table, most) for table, most in MOST_ROWS.items()),
        *checks_school.CHECKS,
        *checks_training.CHECKS,
        *checks_recruitment.CHECKS,
        *checks_workforce.CHECKS,
        *checks_flexible.CHECKS,
        *checks_credentials.CHECKS,
        *checks_careers.CHECKS,
        *checks_credit.CHECKS,
        *checks_redistribution.CHECKS,
        *checks_demand.CHECKS,
        *checks_money.CHECKS,
    ):
        present = all(name.partition(".")[0] in tables for name in check.needs)
        if present and findings.usable(*check.needs):
            check.run(tables, findings)


def check_years(table: Table, first_year: int, findings: Findings) -> None:
    """At most one row of a key may be dated before the start; a rule must hold from the start."""
    spec = table.spec
    if not spec.carry or not findings.usable(*(f"{spec.name}.{column.name}" for column in spec.keys)):
        return
    years = [column.name for column in spec.keys].index("year")
    rows_of: dict[tuple[object, ...], list[tuple[int, int]]] = defaultdict(list)
    for row, key in enumerate(table.keys):
        rows_of[key[:years] + key[years + 1 :]].append((key[years], row))
    for dated in rows_of.values():
        dated.sort()
        early = [(year, row) for year, row in dated if year < first_year]
        for year, row in early[:-1]:
            findings.add(
                table.place(row, "year"),
                f"{year}, before the start in {first_year}, and a later row also before the start",
                f"{first_year} or later, or one earlier row only",
            )
        if spec.carry == "rule" and dated[0][0] > first_year:
            year, row = dated[0]
            findings.add(
                table.place(row, "year"), f"{year} as the first year of a rule", f"{first_year} or earlier"
            )


def check_plausible_range(table: Table, findings: Findings) -> None:
    """``low`` is not above ``high``."""
    if not table.spec.provenance:
        return
    for row, (low, high) in enumerate(table.rows("low", "high")):
        if low is not None and high is not None and low > high:
            findings.add(table.place(row, "low"), f"{low:g}", f"at most high, {high:g}")


def shares_of(table: str, *group: str, column: str = "share", exactly: bool = True) -> Check:
    """The shares of each group add to 1, or to at most 1."""

    def run(tables: Tables, findings: Findings) -> None:
        rows_of: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for row, key in enumerate(tables[table].rows(*group) if group else [()] * len(tables[table])):
            rows_of[key].append(row)
        for key, rows in rows_of.items():
            total = sum(tables[table][column][row] for row in rows)
            if (abs(total - 1) if exactly else total - 1) > SHARE_TOLERANCE:
                of = f" of {', '.join(str(part) for part in key)}" if key else ""
                findings.add(
                    tables[table].place(rows[-1], column),
                    f"shares{of} adding to {total:.6g}",
                    "shares adding to 1" if exactly else "shares adding to 1 or less",
                )

    return Check(tuple(f"{table}.{name}" for name in (*group, column)), run)


def _row_shares(columns: tuple[str, ...]) -> Check:
    """The shares in these columns of an applicant group add to 1."""

    def run(tables: Tables, findings: Findings) -> None:
        table = tables["applicant_groups"]
        for row, shares in enumerate(table.rows(*columns)):
            if abs(sum(shares) - 1) > SHARE_TOLERANCE:
                findings.add(
                    table.place(row, f"{columns[0]} to {columns[-1]}"),
                    f"shares adding to {sum(shares):.6g}",
                    "shares adding to 1",
                )

    return Check(tuple(f"applicant_groups.{column}" for column in columns), run)


#: What the event log and the draws have room for.
MOST_ROWS = {
    "regions": 14,
    "rounds": 8,
    "programmes": 62,
    "levels": 400,
    "streams": 90,
    "routes": 99,
    "route_years": 99,
    "supervision_groups": 99,
    "credentials": 60,
    "fellowships": 99,
}


def at_most(table: str, most: int) -> Check:
    """A table has no more rows than the engines have room for."""

    def run(tables: Tables, findings: Findings) -> None:
        rows = len(tables[table].keys) if table in tables else 0
        if rows > most:
            findings.add(tables[table].file, f"{rows} rows", f"at most {most} rows")

    return Check((), run)


SHARE_CHECKS = (
    shares_of("placement_mixes", "stage", "mix"),
    shares_of("after_f2"),
    shares_of("resignation_destinations"),
    shares_of("age_profile", "group"),
    shares_of("practice_hours", "group", "sex"),
    shares_of("ltft_mix"),
    shares_of("stream_ready", "stream", exactly=False),
    shares_of("after_cct", "group", exactly=False),
    _row_shares(APPLY_COLUMNS),
    _row_shares(LIST_COLUMNS),
)


def programmes_of_kind(table: str, kinds: tuple[str, ...], expected: str) -> Check:
    """The table names only programmes of these kinds."""

    def run(tables: Tables, findings: Findings) -> None:
        kind_of = dict(tables["programmes"].rows("programme", "kind"))
        for row, programme in enumerate(tables[table]["programme"]):
            if kind_of[programme] not in kinds:
                where = tables[table].place(row, "programme")
                findings.add(where, f"{programme}, of kind {kind_of[programme]}", expected)

    return Check(("programmes.programme", "programmes.kind", f"{table}.programme"), run)


def require_values(table: str, column: str, wanted: tuple[str, ...]) -> Check:
    """Every one of the wanted values has a row."""

    def run(tables: Tables, findings: Findings) -> None:
        present = set(tables[table][column])
        for value in wanted:
            if value not in present:
                where = f"{tables[table].file} column {column}"
                findings.add(where, f"no row for {value}", f"a row for each of {', '.join(wanted)}")

    return Check((f"{table}.{column}",), run)
