"""Loading, editing, scaling and explaining scenarios, and making folders of one's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline_sim.errors import ScenarioError
from pipeline_sim.scenario.explain import explain
from pipeline_sim.scenario.load import CATALOGUE, Scenario, bundled_names, list_scenarios, load_scenario
from pipeline_sim.scenario.new import new_scenario
from pipeline_sim.scenario.reference import tables_page
from pipeline_sim.scenario.schema import KEPT, setting_specs, table_specs


@pytest.fixture(scope="module")
def teaching() -> Scenario:
    return load_scenario("teaching")


@pytest.fixture
def folder(tmp_path):
    return new_scenario(tmp_path / "mine", "teaching")


# loading -------------------------------------------------------------------------------------------
def test_bundled_scenarios_are_listed_with_their_titles():
    assert ("teaching", "One made-up region, for teaching") in list_scenarios()


@pytest.mark.parametrize("name", bundled_names())
def test_every_bundled_scenario_loads_and_builds(name):
    load_scenario(name).blueprint()


def test_an_unedited_copy_is_the_base(folder, teaching):
    copy = load_scenario(folder)
    assert (copy.name, copy.base, copy.digest) == ("mine", "teaching", teaching.digest)


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(folder, teaching):
    for file in [*folder.glob("*.csv"), folder / "scenario.toml"]:
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert load_scenario(folder).digest == teaching.digest


def test_blank_lines_and_blanks_around_cells_change_nothing(folder, teaching):
    text = (folder / "posts.csv").read_text()
    (folder / "posts.csv").write_text(text.replace("\n", "\n,,,,,\n").replace(",", " , "))
    assert load_scenario(folder).digest == teaching.digest


def test_the_spelling_of_a_number_changes_nothing(folder, teaching):
    text = (folder / "posts.csv").read_text()
    (folder / "posts.csv").write_text(text.replace(",340,", ",340.0,"))
    assert load_scenario(folder).digest == teaching.digest


def test_a_table_left_out_is_the_bases(folder, teaching):
    (folder / "levels.csv").unlink()
    assert load_scenario(folder).digest == teaching.digest


def test_a_lone_toml_file_is_a_scenario_and_other_csv_files_beside_it_are_ignored(tmp_path):
    (tmp_path / "kpis.csv").write_text("rep,year\n")
    file = tmp_path / "soft.toml"
    file.write_text('name = "soft"\nbase = "teaching"\nyears = 3\n[set]\nsupervision.rule = "soft"\n')
    scenario = load_scenario(file)
    assert (scenario.years, scenario.settings["supervision.rule"]) == (3, "soft")
    assert scenario.blueprint().supervision_soft


def test_a_users_sources_add_to_the_bases(folder):
    (folder / "sources.csv").write_text("source,citation,url\nmy_report,Me (2025),\n")
    posts = (folder / "posts.csv").read_text().replace("92,teaching", "92,my_report")
    (folder / "posts.csv").write_text(posts)
    assert load_scenario(folder).blueprint().sources == {
        "my_report": "Me (2025)",
        "teaching": "Made up, for teaching",
    }


def test_several_edits_in_the_header_are_checked_together(tmp_path):
    file = tmp_path / "mix.toml"
    head = 'name = "mix"\nbase = "teaching"\n[set]\n'
    file.write_text(head + '"ltft_mix.80" = 0.5\n"ltft_mix.60" = 0.5\n')
    assert load_scenario(file).tables["ltft_mix"]["share"] == (0.5, 0.5)


def test_importing_the_package_reads_no_heavy_library():
    code = "import sys, pipeline_sim, pipeline_sim.errors; print({'pandas', 'numpy'} & {*sys.modules})"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"


# editing -------------------------------------------------------------------------------------------
def test_an_edit_makes_a_new_scenario(teaching):
    edited = teaching.with_value("posts.cardiology.middleshire.2025", 30)
    assert edited.blueprint().posts[:, 3, 0].tolist() == [30] * 10
    assert teaching.blueprint().posts[0, 3, 0] == 92
    assert edited.digest != teaching.digest


def test_an_edit_that_changes_nothing_keeps_the_digest(teaching):
    assert teaching.with_value("posts.cardiology", "92").digest == teaching.digest


def test_trailing_keys_left_out_mean_every_matching_row(teaching):
    edited = teaching.with_value("trainee_stock.cardiology", 7)
    assert edited.blueprint().trainee_stock[-4:, 0].tolist() == [7] * 4
    assert edited.blueprint().trainee_stock[0, 0] == 190


def test_a_column_picks_one_of_several(teaching):
    edited = teaching.with_value("programmes.cardiology:resignation", 0.5)
    assert edited.blueprint().programme_resign.tolist()[-1] == 1 << 31


def test_a_table_and_a_column_name_the_whole_column(teaching):
    for name in ("levels.months", "posts.posts", "routes.entry_age", "outside_stock.people"):
        assert explain(teaching, name) == explain(teaching, name.replace(".", ":"))
    edited = teaching.with_value("levels.months", 6)
    assert set(edited.tables["levels"]["months"]) == {6}
    with pytest.raises(ScenarioError, match=r"nearest: levels.months"):
        teaching.with_value("levels.month", 6)


def test_a_key_wins_over_a_column_of_its_name(folder):
    for file in folder.glob("*.csv"):
        text = file.read_text()
        file.write_text(text.replace("middleshire", "settle"))
    scenario = load_scenario(folder)
    assert [row["path"] for row in explain(scenario, "regions.settle")][:2] == [
        "regions.settle:title",
        "regions.settle:population",
    ]
    assert [row["path"] for row in explain(scenario, "regions:settle")] == ["regions.settle:settle"]


def test_no_table_and_column_read_like_a_setting():
    named = {f"{name}.{column.name}" for name, spec in table_specs().items() for column in spec.values}
    assert named & set(setting_specs()) == set()


def test_an_edit_of_a_year_without_a_row_holds_from_then_on(teaching):
    edited = teaching.with_value("posts.cardiology.middleshire.2028", 100)
    assert edited.blueprint(5).posts[:, 3, 0].tolist() == [92, 92, 92, 100, 100]


def test_a_setting_is_named_by_itself(teaching):
    edited = teaching.with_value("supervision.rule", "soft")
    assert edited.settings["supervision.rule"] == "soft"


@pytest.mark.parametrize(
    ("path", "value", "found", "near"),
    [
        ("supervision.rul", "soft", "supervision.rul, which names no setting and no table",
         "supervision.rule"),
        ("post.cardiology", 3, "post.cardiology, which names no setting and no table", "posts.cardiology"),
        ("posts.cardiolgy", 3, "no programme cardiolgy in posts", "posts.cardiology"),
        ("posts.cardiology.middelshire", 3, "no region middelshire in posts.cardiology",
         "posts.cardiology.middleshire"),
        ("programmes.cardiology:resignatoin", 0.1, "the unknown column resignatoin",
         "programmes.cardiology:resignation"),
        ("programmes.cardiology", 0.1, "programmes.cardiology without a column",
         "programmes.cardiology:title"),
        ("posts.cardiology.middleshire.2025.1", 3, "4 keys in posts.cardiology.middleshire.2025.1", ""),
        ("posts.cardiology", -3, "-3", ""),
        ("posts.cardiology", float("nan"), "nan", ""),
        ("programmes.cardiology:resignation", 2, "2", ""),
        ("rounds.round_1:track", "entri", "entri", "entry"),
    ],
)  # fmt: skip
def test_an_edit_that_cannot_be_is_told(teaching, path, value, found, near):
    with pytest.raises(ScenarioError) as caught:
        teaching.with_value(path, value)
    (problem,) = caught.value.problems
    assert (problem.where, problem.found, problem.nearest) == (path, found, near)


def test_an_edit_that_breaks_the_sum_of_shares_is_told_with_its_path(teaching):
    with pytest.raises(ScenarioError, match=r"^after_f2.apply:share: after_f2.csv:7 .* adding to 1.4"):
        teaching.with_value("after_f2.apply:share", 0.9)


@pytest.mark.parametrize("factor", [0, -1, float("nan"), float("inf")])
def test_a_scale_that_is_no_positive_number_is_refused(teaching, factor):
    with pytest.raises(ScenarioError, match="a finite number above 0"):
        teaching.scaled(factor)


@pytest.mark.parametrize("years", [0, -1, 101, 2.5, True])
def test_a_horizon_that_is_no_whole_number_of_years_is_refused(teaching, years):
    with pytest.raises(ScenarioError, match="a whole number from 1 to 60"):
        teaching.with_years(years)


# explaining ----------------------------------------------------------------------------------------
def test_a_parameter_is_explained_with_its_source(teaching):
    (row,) = explain(teaching, "posts.cardiology")
    assert row["path"] == "posts.cardiology.middleshire.2025"
    assert (row["value"], row["unit"], row["status"]) == (92, "posts", "assumption")
    assert (row["source"], row["citation"]) == ("teaching", "Made up, for teaching")
    assert row["reader"] == "engines/simpy_rounds.py"
    assert row["place"] == "posts.csv:4 column posts"


def test_a_year_without_a_row_is_explained_as_it_is_set(teaching):
    path = "posts.cardiology.middleshire.2028"
    (row,) = explain(teaching, path)
    (earlier,) = explain(teaching, "posts.cardiology.middleshire.2025")
    assert row == {**earlier, "path": path}
    assert explain(teaching.with_value(path, 100), path)[0]["value"] == 100
    assert {each["path"] for each in explain(teaching, "posts.*.middleshire.2028")} == {
        each["path"].replace("2025", "2028") for each in explain(teaching, "posts.*.middleshire")
    }


def test_every_reader_named_by_the_schema_exists():
    readers = {spec.reader for spec in table_specs().values()}
    readers |= {column.reader for spec in table_specs().values() for column in spec.columns} - {"", KEPT}
    readers |= {setting.reader for setting in setting_specs().values()}
    assert [reader for reader in sorted(readers) if not (CATALOGUE.parent / reader).exists()] == []


@pytest.mark.parametrize(
    ("path", "reader"),
    [
        ("programmes.cardiology:resignation", "rules/training.py"),
        ("programmes.cardiology:interviews_per_post", "rules/recruitment.py"),
        ("programmes.cardiology:uk_share", "engines/simpy_arrivals.py"),
        ("levels.cardiology.ST3:practice_share", "engines/simpy_pools.py"),
        ("regions.middleshire:settle", "rules/practice.py"),
        ("regions.middleshire:population", KEPT),
    ],
)
def test_a_column_may_have_a_reader_of_its_own(teaching, path, reader):
    assert [row["reader"] for row in explain(teaching, path)] == [reader]


def test_every_setting_can_be_explained(teaching):
    for name in setting_specs():
        (row,) = explain(teaching, name)
        assert row["path"] == name
        assert row["description"]


def test_every_explained_path_names_the_same_value_again(teaching):
    for name, spec in table_specs().items():
        if spec.values and spec.provenance and name in teaching.tables and name != "settings":
            for row in explain(teaching, name):
                assert [again["value"] for again in explain(teaching, row["path"])] == [row["value"]]


def test_an_unknown_parameter_is_told_with_the_nearest(teaching):
    with pytest.raises(ScenarioError, match=r"nearest: rounds.decline"):
        explain(teaching, "rounds.declin")


# a folder of one's own -----------------------------------------------------------------------------
def test_a_new_folder_holds_the_tables_and_a_guide_to_them(folder):
    names = {file.name for file in folder.iterdir()}
    assert {"scenario.toml", "README.md", "posts.csv", "sources.csv"} <= names
    guide = (folder / "README.md").read_text()
    assert all(f"`{spec.file}`" in guide for spec in table_specs().values())


def test_an_empty_folder_may_be_filled_and_nothing_is_left_beside_it(tmp_path):
    (tmp_path / "mine").mkdir()
    new_scenario(tmp_path / "mine", "teaching")
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_a_folder_with_files_is_refused_and_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ScenarioError, match="a folder with files in it"):
        new_scenario(tmp_path, "teaching")
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_in_place_of_a_new_folder_is_refused(tmp_path):
    (tmp_path / "mine").write_text("")
    with pytest.raises(ScenarioError, match="a new or empty folder"):
        new_scenario(tmp_path / "mine", "teaching")
    with pytest.raises(ScenarioError, match="cannot be written"):
        new_scenario(tmp_path / "mine" / "deeper", "teaching")


def test_an_unknown_base_is_told_with_the_nearest(tmp_path):
    with pytest.raises(ScenarioError, match="nearest: teaching"):
        new_scenario(tmp_path / "mine", "teching")
    assert not (tmp_path / "mine").exists()


# the reference -------------------------------------------------------------------------------------
def test_the_reference_page_is_up_to_date():
    page = Path(__file__).resolve().parents[1] / "docs" / "tables.md"
    assert page.read_text(encoding="utf-8") == tables_page(), "run python -m pipeline_sim.scenario.reference"


def test_a_frame_of_a_table_has_its_columns(teaching):
    frame = teaching.tables["posts"].frame()
    assert frame["posts"].tolist() == [340, 115, 92]
    assert np.issubdtype(frame["posts"].dtype, np.integer)


def test_what_the_base_says_of_programmes_that_a_scenario_does_not_have_is_left_out(tmp_path: Path) -> None:
    """Optional tables of the base go with the base's programmes and regions; compulsory ones do not."""
    folder = tmp_path / "mine"
    new_scenario(folder, "teaching")
    keep = ("regions", "programmes", "foundation_places", "intake", "student_stock", "placements", "posts")
    for file in folder.glob("*.csv"):
        if file.stem not in keep:
            file.unlink()
    for name in keep:
        file = folder / f"{name}.csv"
        file.write_text(file.read_text().replace("middleshire", "elsewhere"))
    with pytest.raises(ScenarioError) as told:
        load_scenario(folder)
    named = {str(problem).partition(".csv")[0] for problem in told.value.problems}
    assert named and not {name for name in named if table_specs()[name.rpartition("/")[2]].optional}
