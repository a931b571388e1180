"""docs/model.md says what the code and the base say: its tables, parameters and addresses."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from pipeline_sim.scenario.load import Scenario, load_scenario
from pipeline_sim.scenario.model_tables import BASE, PAGE, PageError, filled, is_parameter
from pipeline_sim.scenario.schema import setting_specs, table_specs

PACKAGE = Path(__file__).parent.parent / "pipeline_sim"
TEXT = PAGE.read_text(encoding="utf-8")
FLOWING = " ".join(TEXT.split())
QUOTED = re.findall(r"`([^`]+)`", FLOWING)
MARKERS = re.findall(r"<!-- (?:parameters|rows of \w+): (.*?) -->", FLOWING)
NOT_A_PATH = (".py", ".md", ".csv", ".toml")


@pytest.fixture(scope="module")
def england() -> Scenario:
    return load_scenario(BASE)


@cache
def defined_in(file: str) -> frozenset[str]:
    """Functions, classes, methods and module values of a file, as ``name`` or ``Class.name``."""
    names: set[str] = set()
    for node in ast.parse((PACKAGE / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
        if isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(names)


def paths_named() -> list[str]:
    """What looks like a parameter path on the page, in code type or in a marker."""
    found = [text for text in QUOTED if re.fullmatch(r"[a-z]\w*\.[a-z]\w*", text)]
    found += [path for items in MARKERS for path in re.findall(r"\w+\.\w+", items)]
    return sorted({path for path in found if not path.endswith(NOT_A_PATH)})


def addresses() -> list[tuple[str, str]]:
    """Every ``file.py: name`` on the page."""
    found = [re.fullmatch(r"([\w/]+\.py): (\S+)", text) for text in QUOTED]
    return sorted({(match[1], match[2]) for match in found if match})


def test_the_tables_of_the_page_are_up_to_date(england: Scenario) -> None:
    assert filled(TEXT, england) == TEXT, "run python -m pipeline_sim.scenario.model_tables"


def test_the_page_has_no_parameter_table_written_by_hand() -> None:
    made = re.sub(r"<!-- (?:parameters|rows of).*?<!-- end -->", "", TEXT, flags=re.S)
    assert "| status |" not in made


@pytest.mark.parametrize("name", setting_specs())
def test_every_setting_is_on_the_page(name: str) -> None:
    assert name in QUOTED


@pytest.mark.parametrize("name", sorted(set(table_specs()) - {"settings", "sources"}))
def test_every_table_is_on_the_page(name: str) -> None:
    assert any(text == name or text.startswith(f"{name}.") for text in QUOTED)


@pytest.mark.parametrize("path", paths_named())
def test_every_parameter_named_exists(path: str) -> None:
    assert is_parameter(path)


def test_every_file_with_code_is_named_with_what_it_holds() -> None:
    assert len(addresses()) > 40
    for text in QUOTED:
        assert not re.search(r"\.py:", text) or re.fullmatch(r"[\w/]+\.py: \S+", text), text


@pytest.mark.parametrize(("file", "name"), addresses())
def test_every_address_leads_to_code(file: str, name: str) -> None:
    assert name in defined_in(file)


@pytest.mark.parametrize("file", sorted((PACKAGE / "rules").glob("*.py")), ids=lambda file: file.name)
def test_every_file_of_rules_is_on_the_page(file: Path) -> None:
    assert file.name == "__init__.py" or any(name == f"rules/{file.name}" for name, _ in addresses())


def block(marker: str) -> str:
    return f"# Page\n\n<!-- {marker} -->\nold\n<!-- end -->\n"


def test_only_what_stands_between_markers_is_rewritten(england: Scenario) -> None:
    page = "before\n\n" + block("parameters: scores.noise") + "\nafter `scores.noise`\n"
    made = filled(page, england)
    assert made.startswith("before\n\n# Page\n") and made.endswith("\nafter `scores.noise`\n")
    assert "| `scores.noise` | 0.7 | ratio | assumption | `model_judgement` |" in made
    assert "old" not in made
    assert filled(made, england) == made


def test_counts_of_a_dated_table_are_totals_of_what_is_in_force(england: Scenario) -> None:
    places = england.tables["foundation_places"]
    of_2026 = {key[:2]: n for key, n in zip(places.keys, places["places"], strict=True) if key[2] <= 2026}
    made = filled(block("parameters: foundation_places.places"), england)
    assert f"{sum(of_2026.values()):,} (2026)" in made


@pytest.mark.parametrize(
    ("marker", "told"),
    [
        ("parameters: rounds.declin", "rounds.decline"),
        ("parameters: programmes.ltft_shar", "programmes.ltft_share"),
        ("parameters: programmes.ltft_share by kinds", "kind"),
        ("parameters: programmes.ltft_share where kind=cores", "no such rows"),
        ("parameters: nonsense", "'nonsense'"),
        ("rows of rout: entry_age", "rout"),
        ("rows of routes: entry", "entry_age"),
    ],
)
def test_a_marker_that_names_nothing_is_told_with_the_nearest_name(
    england: Scenario, marker: str, told: str
) -> None:
    with pytest.raises(PageError, match=told):
        filled(block(marker), england)


@pytest.mark.parametrize(
    "page",
    [
        block("parameters: scores.noise").replace("<!-- end -->", ""),
        block("parameters: scores.noise").replace("<!-- end -->", "") + block("rows of routes: entry_age"),
        block("parameters: scores.noise") + "<!-- end -->\n",
        block("parameters:"),
    ],
)
def test_a_block_that_is_not_closed_once_is_an_error(england: Scenario, page: str) -> None:
    with pytest.raises(PageError):
        filled(page, england)
