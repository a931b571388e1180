"""Every command and snippet of the reader's pages runs as written.

A fence after ``<!-- slow -->`` (full size, a minute or more) is left to ``make verify``; one after
``<!-- not run -->`` is never run. The fences of a page share a folder and run in order.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline_sim.report.tables import number_text
from pipeline_sim.studies.runs import single_run

ROOT = Path(__file__).parent.parent
PAGES = ["README.md", "docs/getting-started.md", "docs/compare.md"]
FENCE = re.compile(
    r"(?:<!-- (?P<mark>slow|not run) -->\s*\n)?^```(?P<language>console|bash|python)\n(?P<body>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
#: Rows of the README's table of a run of England, and what they show.
FIGURES = {
    "F2 doctors who go straight into specialty training": "f2_direct_entry_percent",
    "Competition for specialty posts": "applications_per_post",
    "Acceptances of GP training posts": "gp_acceptances",
    "Certificates of completion of training": "ccts",
    "Consultants": "consultants_wte",
    "General practitioners": "gps_wte",
    "Vacancies for trained doctors": "vacancy_percent",
    "Public cost of training for each certificate": "cost_per_cct",
}
SECONDS = 300
SECONDS_SLOW = 3600


@dataclass(frozen=True)
class Snippet:
    line: int
    slow: bool
    arguments: list[str]


def snippets(page: str) -> Iterator[Snippet]:
    """What a page tells its reader to run, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for fence in FENCE.finditer(text):
        if fence["mark"] == "not run":
            continue
        line = text[: fence.start("body")].count("\n") + 1
        slow = fence["mark"] == "slow"
        if fence["language"] == "python":
            yield Snippet(line, slow, [sys.executable, "-c", fence["body"]])
            continue
        for offset, typed in enumerate(fence["body"].splitlines()):
            words = shlex.split(typed.removeprefix("$ "), comments=True)
            if words[:1] == ["pipeline-sim"]:
                yield Snippet(line + offset, slow, [sys.executable, "-m", "pipeline_sim", *words[1:]])


def run_in(folder: Path, page: str, snippet: Snippet, seconds: int) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
    done = subprocess.run(
        snippet.arguments, cwd=folder, env=environment, capture_output=True, text=True, timeout=seconds
    )
    shown = " ".join(snippet.arguments[1:])
    assert done.returncode == 0, f"{page}:{snippet.line}: {shown}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_tells_the_reader_to_run_works(page: str, tmp_path: Path) -> None:
    quick = [snippet for snippet in snippets(page) if not snippet.slow]
    assert quick, f"{page} has nothing to run"
    for snippet in quick:
        run_in(tmp_path, page, snippet, SECONDS)


@pytest.mark.verify
@pytest.mark.parametrize("page", PAGES)
def test_the_full_size_examples_of_a_page_work(page: str, tmp_path: Path) -> None:
    for snippet in snippets(page):
        if snippet.slow:
            run_in(tmp_path, page, snippet, SECONDS_SLOW)


@pytest.mark.parametrize("page", sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("docs/**/*.md")))
def test_the_links_of_a_page_lead_somewhere(page: str) -> None:
    check_links(ROOT / page)


def test_the_links_of_the_readme_lead_somewhere() -> None:
    check_links(ROOT / "README.md")


def check_links(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_readme_shows_what_a_run_of_england_prints() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"
    ]
    years = next(row[1:4] for row in rows if row[1:2] == ["2025"])
    kpis = single_run("england").kpis.set_index(["kpi", "year"])["value"]
    shown = {row[0].partition(",")[0]: row[1:4] for row in rows}
    for words, kpi in FIGURES.items():
        assert shown[words] == [number_text(kpis[kpi, int(year)]) for year in years], words
