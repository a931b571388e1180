"""Checks of the tables of flexible training."""

from __future__ import annotations

from itertools import groupby

from pipeline_sim.scenario.checks import SHARE_TOLERANCE, Check, Tables, shares_of
from pipeline_sim.scenario.validate import Findings

MOST_KINDS = 60  # the detail of a row holds the kind below 100


def kinds_have_lengths(tables: Tables, findings: Findings) -> None:
    """Each kind of step-out has at least one length."""
    table, lengths = tables["step_outs"], tables["step_out_lengths"]
    known = set(lengths["step_out"])
    for row, kind in enumerate(table["step_out"]):
        if kind not in known:
            findings.add(
                table.place(row, "step_out"), f"{kind}, without a length", f"a row in {lengths.file}"
            )
    kinds = len(set(table["step_out"]))
    if kinds > MOST_KINDS:
        findings.add(table.file, f"{kinds} kinds of step-out", f"at most {MOST_KINDS}")


def goes_with(table: str, other: str) -> Check:
    """A table makes sense only beside another."""

    def run(tables: Tables, findings: Findings) -> None:
        if other not in tables:
            findings.add(tables[table].file, f"no {other}.csv beside it", f"{other}.csv with its rows")

    return Check((f"{table}.{'year' if table in ('support_places',) else 'step_out'}",), run)


def reasons_add_up(tables: Tables, findings: Findings) -> None:
    """In every year the shares of a family's reasons, each as in its latest row, add to 1."""
    table = tables["ltft_reasons"]
    rows = sorted(enumerate(table.rows("family", "year", "reason", "share")), key=lambda row: row[1][:2])
    held: dict[tuple[object, object], float] = {}
    for (family, year), of_year in groupby(rows, key=lambda row: row[1][:2]):
        numbered = list(of_year)
        held |= {(family, reason): share for _, (_, _, reason, share) in numbered}
        total = sum(share for (of_family, _), share in held.items() if of_family == family)
        if abs(total - 1) > SHARE_TOLERANCE:
            found = f"shares of {family} adding to {total:.6g} in {year}, with those of earlier years"
            findings.add(table.place(max(numbered)[0], "share"), found, "shares adding to 1")


def back_and_change_add_up(tables: Tables, findings: Findings) -> None:
    """Part-timers who go back or change in a year are at most all of them."""
    table = tables["ltft_requests"]
    for row, (back, change) in enumerate(table.rows("back", "change")):
        if back + change > 1:
            findings.add(
                table.place(row, "change"), f"{change:g} beside {back:g} who go back", "1 or less together"
            )


def foundation_has_no_posts(tables: Tables, findings: Findings) -> None:
    """Foundation has places, which are filled by heads."""
    table = tables["post_funding"]
    for row, family in enumerate(table["family"]):
        if family == "foundation":
            findings.add(table.place(row, "family"), family, "a family of specialty programmes")


CHECKS = (
    goes_with("step_outs", "step_out_lengths"),
    goes_with("step_out_lengths", "step_outs"),
    goes_with("step_out_rates", "step_outs"),
    goes_with("step_out_ages", "step_outs"),
    goes_with("post_cover", "step_outs"),
    goes_with("support_places", "return_support"),
    Check(("step_outs.step_out", "step_out_lengths.step_out"), kinds_have_lengths),
    shares_of("step_out_lengths", "step_out"),
    Check(
        ("ltft_reasons.reason", "ltft_reasons.family", "ltft_reasons.year", "ltft_reasons.share"),
        reasons_add_up,
    ),
    Check(("ltft_requests.back", "ltft_requests.change"), back_and_change_add_up),
    Check(("post_funding.family",), foundation_has_no_posts),
)
