"""Cover of held posts in the England base: without effect until a kind of step-out holds the post."""

from __future__ import annotations

from .derive_common import write
from .derive_flexible import LENGTHS, YEAR


def write_cover() -> None:
    note = (
        "posts are freed (step_outs.post), so none is covered; how many held posts are covered by locally "
        "employed doctors is not published"
    )
    write(
        "post_cover", ["step_out", "year", "cover"],
        [[kind, YEAR, 0.5, "model_judgement", "assumption", "", "", note] for kind in LENGTHS],
    )  # fmt: skip
