"""Funding of training posts in the England base: by heads, so that a part-timer fills a post."""

from __future__ import annotations

from .derive_common import write
from .derive_flexible import YEAR, families


def write_funding() -> None:
    note = (
        "two trainees at half to four fifths of full time may share a post; how much of England's funding "
        "follows hours is not published"
    )
    write(
        "post_funding", ["family", "year", "funding"],
        [[family, YEAR, "headcount", "model_judgement", "assumption", "", "", note]
         for family in families()],
    )  # fmt: skip
