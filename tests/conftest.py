"""Fixtures shared by the tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import settings

from pipeline_sim.cli import cli

# no deadlines: rules are compiled on first use
settings.register_profile("same every time", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "same every time")
EXPLORING = PROFILE == "explore"
settings.load_profile(PROFILE)


class CommandLine:
    """Calls ``pipeline-sim`` inside the test process, in the test's own folder."""

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, list(arguments))


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """``pipeline("list")`` runs ``pipeline-sim list`` with an empty current folder."""
    monkeypatch.chdir(tmp_path)
    return CommandLine()
