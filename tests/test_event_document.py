"""The page of events says what the vocabulary says."""

from __future__ import annotations

from pathlib import Path

from pipeline_sim.results.event_document import event_markdown

PAGE = Path(__file__).parents[1] / "docs" / "events.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == event_markdown()
