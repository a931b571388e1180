"""Fixtures shared by the tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import settings

from pipeline_sim.cli import cli

settings.register_profile("rules are compiled on first use", deadline=None)
settings.load_profile("rules are compiled on first use")


class CommandLine:
    """Calls ``pipeline-sim`` inside the test process, in the test's own folder."""

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, list(arguments))


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """``pipeline("list")`` runs ``pipeline-sim list`` with an empty current folder."""
    monkeypatch.chdir(tmp_path)
    return CommandLine()
