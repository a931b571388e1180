"""Checks of credit on starting a programme and of trying for another."""

from __future__ import annotations

from pipeline_sim.scenario.checks import A_PROGRAMME_WITH_POSTS, WITH_POSTS, Check, Tables, programmes_of_kind
from pipeline_sim.scenario.checks_training import parents_of
from pipeline_sim.scenario.validate import Findings


def pairs_are_of_training(tables: Tables, findings: Findings) -> None:
    """Credit goes from one training programme to another, never along a required route."""
    table = tables["credit_transfer"]
    kind_of = dict(tables["programmes"].rows("programme", "kind"))
    parents = dict(tables["programmes"].rows("programme", "parents"))
    for row, (old, new) in enumerate(table.rows("from_programme", "to_programme")):
        for column, programme in (("from_programme", old), ("to_programme", new)):
            if kind_of[programme] not in WITH_POSTS:
                where = table.place(row, column)
                findings.add(where, f"{programme}, of kind {kind_of[programme]}", A_PROGRAMME_WITH_POSTS)
        if old in parents_of(parents[new]):
            findings.add(
                table.place(row, "from_programme"),
                f"{old}, the required route into {new}",
                f"a programme that is not a parent of {new}",
            )


CHECKS = (
    Check(
        (
            "programmes.programme",
            "programmes.kind",
            "programmes.parents",
            "credit_transfer.from_programme",
            "credit_transfer.to_programme",
        ),
        pairs_are_of_training,
    ),
    programmes_of_kind("transfers", WITH_POSTS, A_PROGRAMME_WITH_POSTS),
    programmes_of_kind("enhance_effects", WITH_POSTS, A_PROGRAMME_WITH_POSTS),
)
