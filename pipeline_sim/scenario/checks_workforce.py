"""Checks of doctors outside training, arrivals, and the trained workforce."""

from __future__ import annotations

from pipeline_sim.scenario.blueprint import (
    AFTER_F2_DESTINATIONS,
    APPLICANT_GROUPS,
    OUTSIDE_STATES,
    TRAINED_GROUPS,
)
from pipeline_sim.scenario.checks import (
    SHARE_TOLERANCE,
    Check,
    Tables,
    programmes_of_kind,
    require_values,
)
from pipeline_sim.scenario.schema_tables import SEXES
from pipeline_sim.scenario.validate import Findings


def ordered(table: str, low: str, high: str) -> Check:
    """One column is not above another."""

    def run(tables: Tables, findings: Findings) -> None:
        for row, (lowest, highest) in enumerate(tables[table].rows(low, high)):
            if lowest > highest:
                findings.add(tables[table].place(row, low), f"{lowest}", f"at most {high}, {highest}")

    return Check((f"{table}.{low}", f"{table}.{high}"), run)


def everyone_outside_has_a_way_on(tables: Tables, findings: Findings) -> None:
    """Every state outside training has rates for each group that can be in it."""
    table = tables["outside"]
    for state in OUTSIDE_STATES:
        for group in APPLICANT_GROUPS:
            if (state, group) != ("overseas_applicant", "uk_graduate") and (state, group) not in table.row_of:
                findings.add(f"{table.file} column state", f"no row for {state}, {group}", "its rates")


def hours_are_given_for_both_sexes(tables: Tables, findings: Findings) -> None:
    table = tables["practice_hours"]
    present = set(table.rows("group", "sex"))
    for group in TRAINED_GROUPS:
        for sex in SEXES:
            if (group, sex) not in present:
                findings.add(f"{table.file} column sex", f"no row for {group}, {sex}", "their hours")


def _settings_ordered(low: str, high: str) -> Check:
    """One setting is not above another."""

    def run(tables: Tables, findings: Findings) -> None:
        table = tables["settings"]
        row_of = {name: row for row, name in enumerate(table["name"])}
        lowest, highest = table["value"][row_of[low]], table["value"][row_of[high]]
        if lowest > highest:
            where = table.place(row_of[low], "value")
            findings.add(where, f"{low} {lowest}", f"at most {high}, {highest}")

    return Check(("settings.name", f"settings.{low}", f"settings.{high}"), run)


def initiative_ends_in_one_way(tables: Tables, findings: Findings) -> None:
    """Nobody both leaves and applies."""
    table = tables["training_initiative"]
    for row, (leave, apply) in enumerate(table.rows("leave", "apply")):
        if leave + apply > 1 + SHARE_TOLERANCE:
            left = f"at most {1 - leave:.6g}, what is left"
            findings.add(table.place(row, "apply"), f"{apply:g}", left)


def initiative_has_a_length(tables: Tables, findings: Findings) -> None:
    """A stream of the initiative needs its table."""
    streams, table = tables["streams"], tables.get("training_initiative")
    for row, state in enumerate(streams["state"]):
        if state == "training_initiative" and not (table and len(table)):
            where = streams.place(row, "state")
            findings.add(where, f"{state}, and no training_initiative.csv", "how long they stay")


CHECKS = (
    Check(("training_initiative.leave", "training_initiative.apply"), initiative_ends_in_one_way),
    Check(("streams.state",), initiative_has_a_length),
    ordered("streams", "youngest", "oldest"),
    ordered("after_f2", "min_months", "max_months"),
    require_values("after_f2", "destination", AFTER_F2_DESTINATIONS),
    require_values("age_profile", "group", TRAINED_GROUPS),
    require_values("exits", "group", TRAINED_GROUPS),
    require_values("after_cct", "group", TRAINED_GROUPS[:2]),
    Check(("practice_hours.group", "practice_hours.sex"), hours_are_given_for_both_sexes),
    Check(("outside.state", "outside.group"), everyone_outside_has_a_way_on),
    programmes_of_kind("stream_ready", ("core",), "a core programme"),
    _settings_ordered("practice.break_min_months", "practice.break_max_months"),
    _settings_ordered("stock.trainee_youngest", "stock.trainee_oldest"),
)
