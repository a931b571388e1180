"""Checks of the tables of flexible training."""

from __future__ import annotations

from pipeline_sim.scenario.checks import Check, Tables, shares_of
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
    if len(table) > MOST_KINDS:
        findings.add(table.file, f"{len(table)} rows", f"at most {MOST_KINDS} rows")


def goes_with(table: str, other: str) -> Check:
    """A table makes sense only beside another."""

    def run(tables: Tables, findings: Findings) -> None:
        if other not in tables:
            findings.add(tables[table].file, f"no {other}.csv beside it", f"{other}.csv with its rows")

    return Check((f"{table}.{'year' if table in ('support_places',) else 'step_out'}",), run)


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
    goes_with("support_places", "return_support"),
    Check(("step_outs.step_out", "step_out_lengths.step_out"), kinds_have_lengths),
    shares_of("step_out_lengths", "step_out"),
    shares_of("ltft_reasons", "family", "year"),
    Check(("ltft_requests.back", "ltft_requests.change"), back_and_change_add_up),
    Check(("post_funding.family",), foundation_has_no_posts),
)
