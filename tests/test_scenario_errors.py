"""What is wrong with a scenario is told with its place, the finding, the expectation, the nearest name."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipeline_sim.errors import PipelineError, Problem, ScenarioError, nearest
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.scenario.new import new_scenario


@pytest.fixture
def folder(tmp_path):
    return new_scenario(tmp_path / "mine", "teaching")


MIDDLESHIRE = ["middleshire", "Middleshire", "1000", "1", "1", "1", "teaching", "seed"]


def read(folder: Path, table: str) -> list[list[str]]:
    with open(folder / f"{table}.csv", newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def write(folder: Path, table: str, rows: list[list[str]]) -> None:
    with open(folder / f"{table}.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def put(folder: Path, table: str, line: int, column: str, value: str) -> None:
    """Write ``value`` in a cell; the header is line 1."""
    rows = read(folder, table)
    rows[line - 1][rows[0].index(column)] = value
    write(folder, table, rows)


def problems(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(folder)
    return caught.value.problems


def the_problem(folder: Path) -> Problem:
    found = problems(folder)
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]


# one wrong cell: (table, line, column, value) -> (found, expected, nearest) ------------------------
WRONG_CELLS = {
    "programme": ("posts", 4, "programme", "cardiolgy", "cardiolgy", "a programme of programmes.csv",
                  "cardiology"),
    "region": ("intake", 2, "region", "middelshire", "middelshire", "a region of regions.csv", "middleshire"),
    "route": ("student_stock", 3, "route", "standrd", "standrd", "a route of routes.csv", "standard"),
    "route without a row": ("intake", 3, "route", "gateway", "gateway", "a route of routes.csv", ""),
    "stream": ("arrivals", 3, "stream", "overseas_aplicants", "overseas_aplicants", "a stream of streams.csv",
               "overseas_applicants"),
    "state": ("outside", 2, "state", "locally_employd", "locally_employd",
                "one of locally_employed, unplaced, abroad, break, teaching_research, overseas_applicant",
                "locally_employed"),
    "text for a count": ("posts", 2, "posts", "many", "many", "a whole number, 0 or more", ""),
    "comma in a count": ("posts", 2, "posts", "1,300", "1,300", "a whole number, 0 or more", ""),
    "fraction for a count": ("posts", 2, "posts", "3.5", "3.5", "a whole number, 0 or more", ""),
    "negative": ("posts", 2, "posts", "-1", "-1", "a whole number, 0 or more", ""),
    "not a number": ("levels", 4, "months", "nan", "nan", "a number from 1 to 60 (finite)", ""),
    "infinite": ("levels", 4, "months", "inf", "inf", "a number from 1 to 60 (finite)", ""),
    "too large to be finite": ("regions", 2, "attraction", "1e999", "1e999",
                               "a number from 0 to 1e+06 (finite)", ""),
    "probability": ("programmes", 3, "resignation", "1.2", "1.2", "a number from 0 to 1", ""),
    "no months": ("levels", 4, "months", "0", "0", "a number from 1 to 60", ""),
    "blank": ("levels", 4, "months", "", "blank", "a number from 1 to 60", ""),
    "source": ("posts", 2, "source", "teching", "teching", "a source of sources.csv", "teaching"),
    "status": ("posts", 2, "status", "assumed", "assumed",
               "one of sourced, secondary, background, seed, assumption", "assumption"),
    "supervision rule": ("settings", 2, "value", "softly", "softly", "one of hard, soft", "soft"),
    "settings value": ("settings", 3, "value", "x", "x", "a number from 0 to 1000", ""),
    "parent": ("programmes", 5, "parents", "core_medecine", "core_medecine",
               "names of programmes.csv joined by |, or blank", "core_medicine"),
    "not a core parent": ("programmes", 5, "parents", "general_practice", "general_practice, of kind gp",
                          "a core programme", ""),
    "its own parent": ("programmes", 4, "parents", "core_medicine", "core_medicine <- core_medicine",
                       "a chain without a cycle", ""),
    "level": ("trainee_stock", 4, "level", "ST9", "ST9", "a level of general_practice in levels.csv", "ST3"),
    "year of course": ("student_stock", 6, "year_of_course", "6", "6", "1 to 5 for standard", ""),
    "late rule": ("foundation_rules", 2, "year", "2027", "2027 as the first year of a rule",
                  "2025 or earlier", ""),
    "background": ("placements", 2, "background", "900", "900", "at most places, 800", ""),
    "youngest": ("streams", 2, "youngest", "40", "40", "at most oldest, 32", ""),
    "repeats": ("rounds", 3, "repeats", "round_2", "round_2, which runs later", "an earlier round", ""),
    "order": ("rounds", 3, "order", "1", "1, as for round_1", "a number of its own", ""),
    "foundation in the posts": ("posts", 4, "programme", "foundation", "foundation, of kind foundation",
                                "a programme of core, higher, run-through or GP training", ""),
    "completion": ("programmes", 5, "completes", "core", "core", "cct for kind higher", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_CELLS)
def test_a_wrong_cell_is_told_with_its_place(folder, case):
    table, line, column, value, found, expected, near = WRONG_CELLS[case]
    put(folder, table, line, column, value)
    assert the_problem(folder) == Problem(f"{table}.csv:{line} column {column}", found, expected, near)


def test_the_text_of_an_error_reads_as_a_sentence(folder):
    put(folder, "posts", 4, "programme", "cardiolgy")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(folder)
    assert str(caught.value) == (
        "posts.csv:4 column programme: found cardiolgy, expected a programme of programmes.csv "
        "(nearest: cardiology)"
    )


def test_an_error_survives_being_raised_again_from_its_arguments():
    error = ScenarioError([Problem("posts.csv:4", "a", "b")])
    again = type(error)(*error.args)
    assert isinstance(again, PipelineError)
    assert (again.problems, str(again)) == (error.problems, str(error))


def test_nearest_ignores_case_and_gives_nothing_for_the_unlike():
    assert nearest("Cardiolgy", ["cardiology", "histopathology"]) == "cardiology"
    assert nearest("zzz", ["cardiology"]) == ""


def test_several_mistakes_are_told_at_once(folder):
    put(folder, "posts", 2, "posts", "-1")
    put(folder, "posts", 4, "programme", "cardiolgy")
    put(folder, "ltft_mix", 2, "share", "0.9")
    put(folder, "intake", 2, "region", "mars")
    (folder / "rounds.csv").write_bytes(b"round\xff\n")
    (folder / "scenario.toml").write_text('name = "mine"\nbase = "teaching"\nyaers = 3\n')
    places = [problem.where for problem in problems(folder)]
    assert "scenario.toml:3 key yaers" in places
    assert "rounds.csv:1" in places
    assert "posts.csv:2 column posts" in places


def test_mistakes_in_different_tables_are_all_told(folder):
    put(folder, "posts", 2, "posts", "-1")
    put(folder, "levels", 4, "months", "0")
    put(folder, "ltft_mix", 2, "share", "0.9")
    put(folder, "intake", 2, "region", "mars")
    assert {problem.where for problem in problems(folder)} == {
        "posts.csv:2 column posts",
        "levels.csv:4 column months",
        "ltft_mix.csv:3 column share",
        "intake.csv:2 column region",
    }


# columns and rows ----------------------------------------------------------------------------------
def test_an_unknown_column_is_named_with_the_nearest(folder):
    rows = read(folder, "posts")
    rows[0].append("notes")
    write(folder, "posts", [rows[0], *[[*row, ""] for row in rows[1:]]])
    expected = "one of programme, region, year, posts, source, status, low, high, note"
    assert the_problem(folder) == Problem(
        "posts.csv:1 column notes", "the unknown column notes", expected, "note"
    )


def test_a_misspelt_column_is_told_as_missing_and_unknown(folder):
    rows = read(folder, "posts")
    rows[0][3] = "post"
    write(folder, "posts", rows)
    unknown, missing = problems(folder)
    assert (unknown.where, unknown.found, unknown.nearest) == (
        "posts.csv:1 column post",
        "the unknown column post",
        "posts",
    )
    assert missing == Problem("posts.csv:1 column posts", "no such column", "posts", "post")


def test_a_column_name_twice_is_refused(folder):
    rows = read(folder, "posts")
    rows[0][2] = "region"
    write(folder, "posts", rows)
    assert the_problem(folder) == Problem(
        "posts.csv:1 column region", "the column name region twice", "each column name once"
    )


@pytest.mark.parametrize(("mark", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_a_table_parted_by_something_else_is_told_once(folder, mark, name):
    path = folder / "posts.csv"
    path.write_text(path.read_text().replace(",", mark))
    assert the_problem(folder) == Problem(
        "posts.csv:1", f"columns parted by {name}", "columns parted by commas"
    )


def test_a_ragged_row_is_told_with_its_line(folder):
    rows = read(folder, "posts")
    rows[2].append("x")
    write(folder, "posts", rows)
    assert the_problem(folder) == Problem("posts.csv:3", "7 cells", "6 cells")


def test_a_key_twice_is_told_with_both_lines(folder):
    rows = read(folder, "posts")
    write(folder, "posts", [*rows, rows[1]])
    assert the_problem(folder) == Problem(
        "posts.csv:5 column programme+region+year",
        "the key general_practice, middleshire, 2025 again (first in line 2)",
        "each key once",
    )


def test_a_line_number_counts_lines_inside_quotes(folder):
    rows = read(folder, "regions")
    rows[1][1] = "Middle\nshire"
    rows[1][2] = "-5"
    write(folder, "regions", rows)
    assert the_problem(folder).where == "regions.csv:2 column population"
    rows = read(folder, "routes")
    rows[1][1] = "Five\nyears"
    rows[2][2] = "2"
    write(
        folder,
        "regions",
        read(folder, "regions")[:1] + [MIDDLESHIRE],
    )
    write(folder, "routes", rows)
    assert the_problem(folder).where == "routes.csv:4 column widening_share"


def test_an_unfinished_quote_is_told(folder):
    text = (folder / "posts.csv").read_text()
    (folder / "posts.csv").write_text(text + '"cardiology')
    problem = the_problem(folder)
    assert problem.where == "posts.csv:5"
    assert problem.found.startswith("broken CSV")


# files ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "where", "found", "expected"),
    [
        (b"", "posts.csv", "an empty file", "a header line and rows"),
        (b"programme,region,year,posts,source,status\n", "posts.csv", "no rows", "at least one row"),
        (b"programme\nS\xe3o\n", "posts.csv:2", "byte 0xe3", "UTF-8 text"),
        ("programme".encode("utf-16"), "posts.csv:1", "UTF-16 text", "UTF-8 text"),
        (b"programme\n\0\n", "posts.csv:2", "a NUL byte", "UTF-8 text"),
    ],
)
def test_a_file_that_is_no_table_is_told(folder, content, where, found, expected):
    (folder / "posts.csv").write_bytes(content)
    assert the_problem(folder) == Problem(where, found, expected)


def test_a_directory_in_place_of_a_table_is_told(folder):
    (folder / "posts.csv").unlink()
    (folder / "posts.csv").mkdir()
    assert the_problem(folder) == Problem("posts.csv", "a directory", "a file")


def test_a_misspelt_table_is_named_with_the_nearest(folder):
    (folder / "posts.csv").rename(folder / "post.csv")
    problem = the_problem(folder)
    assert (problem.where, problem.found, problem.nearest) == ("post.csv", "an unknown table", "posts.csv")


def test_a_base_without_one_of_its_tables_is_told(folder):
    (folder / "scenario.toml").unlink()
    (folder / "base.toml").write_text('name = "mine"\nstart = "2025-08"\n')
    (folder / "ltft_mix.csv").unlink()
    problem = the_problem(folder)
    assert (problem.where, problem.found) == ("ltft_mix.csv", "no such file")


@pytest.mark.parametrize("path", ["/no/such/place", "teachng", "a\0b", "x" * 5000, ""])
def test_a_path_with_nothing_there_is_told(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScenarioError, match="expected"):
        load_scenario(path)


def test_a_misspelt_bundled_name_gets_the_nearest():
    with pytest.raises(ScenarioError) as caught:
        load_scenario("teachng")
    assert caught.value.problems[0].nearest == "teaching"


# what rows and tables say together -----------------------------------------------------------------
def test_shares_that_do_not_add_to_one_are_told(folder):
    put(folder, "after_f2", 2, "share", "0.6")
    assert the_problem(folder) == Problem(
        "after_f2.csv:7 column share", "shares adding to 1.1", "shares adding to 1"
    )


def test_shares_in_a_row_that_do_not_add_to_one_are_told(folder):
    put(folder, "applicant_groups", 4, "apply_1", "0.5")
    assert the_problem(folder) == Problem(
        "applicant_groups.csv:4 column apply_1 to apply_6", "shares adding to 1.1", "shares adding to 1"
    )


def test_shares_that_may_stay_below_one_may_not_pass_it(folder):
    put(folder, "after_cct", 2, "share", "0.9")
    assert the_problem(folder).expected == "shares adding to 1 or less"


def test_shares_within_the_tolerance_pass(folder):
    put(folder, "ltft_mix", 2, "share", "0.6000005")
    load_scenario(folder)


def test_a_chain_of_programmes_that_turns_back_is_told_once(folder):
    rows = read(folder, "programmes")
    second = list(rows[3])
    second[0], second[6] = "second_core", "core_medicine"
    write(folder, "programmes", [*rows, second])
    put(folder, "programmes", 4, "parents", "second_core")
    levels = read(folder, "levels")
    write(folder, "levels", [*levels, ["second_core", "CT3", "1", "12", "0", "1", "teaching", "assumption"]])
    assert the_problem(folder) == Problem(
        "programmes.csv:4 column parents",
        "core_medicine <- second_core <- core_medicine",
        "a chain without a cycle",
    )


def test_no_foundation_programme_is_told(folder):
    put(folder, "programmes", 2, "kind", "core")
    put(folder, "programmes", 2, "completes", "core")
    assert Problem(
        "programmes.csv column kind", "no foundation programme", "a first row of kind foundation"
    ) in problems(folder)


def test_foundation_must_be_the_first_row(folder):
    rows = read(folder, "programmes")
    write(folder, "programmes", [rows[0], rows[2], rows[1], *rows[3:]])
    found = problems(folder)
    assert found[0].where == "programmes.csv:2 column programme"
    assert found[0].expected == "the programme foundation of kind foundation"


def test_a_region_without_posts_is_told(folder):
    rows = read(folder, "regions")
    write(folder, "regions", [*rows, ["farshire", *MIDDLESHIRE[1:]]])
    assert the_problem(folder) == Problem(
        "regions.csv:3 column region", "farshire, a region without posts", "at least one post in posts.csv"
    )


def test_a_programme_without_levels_is_told(folder):
    write(folder, "levels", [row for row in read(folder, "levels") if row[0] != "cardiology"])
    write(folder, "trainee_stock", [row for row in read(folder, "trainee_stock") if row[0] != "cardiology"])
    assert the_problem(folder) == Problem(
        "programmes.csv:5 column programme", "cardiology, without levels", "its levels in levels.csv"
    )


def test_a_programme_that_no_round_recruits_to_is_told(folder):
    rows = [row for row in read(folder, "round_programmes") if row[1] != "cardiology"]
    write(folder, "round_programmes", rows)
    assert the_problem(folder).found == "cardiology, with posts and no round"


def test_a_programme_that_nobody_would_choose_is_told(folder):
    rows = [row for row in read(folder, "specialty_taste") if row[1] != "cardiology"]
    write(folder, "specialty_taste", rows)
    assert the_problem(folder) == Problem(
        "programmes.csv:5 column programme",
        "cardiology, with posts and no taste",
        "its rows in specialty_taste.csv (weight 0 = never chosen)",
    )


def test_one_row_before_the_start_is_the_first_value_and_two_are_refused(folder):
    put(folder, "posts", 4, "year", "2020")
    assert load_scenario(folder).blueprint().posts[0, 3, 0] == 92
    rows = read(folder, "posts")
    later = [*rows[3]]
    later[2] = "2023"
    write(folder, "posts", [*rows, later])
    problem = the_problem(folder)
    assert problem.where == "posts.csv:4 column year"
    assert problem.found.startswith("2020, before the start in 2025")


def test_a_course_that_does_not_end_in_august_is_told(folder):
    put(folder, "route_years", 6, "months", "12")
    problem = the_problem(folder)
    assert (problem.where, problem.found) == (
        "route_years.csv:6 column months",
        "60 months in all for standard",
    )


def test_a_gap_in_the_years_of_a_course_is_told(folder):
    put(folder, "route_years", 6, "year", "7")
    assert any(p.found == "year 7 of standard" and p.expected == "year 5" for p in problems(folder))


def test_an_unknown_and_a_missing_setting_are_told(folder):
    put(folder, "settings", 2, "name", "supervision.rul")
    unknown, missing = problems(folder)
    assert (unknown.where, unknown.nearest) == ("settings.csv:2 column name", "supervision.rule")
    assert (missing.where, missing.found, missing.nearest) == (
        "settings.csv",
        "no row for the setting supervision.rule",
        "supervision.rul",
    )


def test_a_longest_break_below_the_shortest_is_told(folder):
    with pytest.raises(ScenarioError, match=r"practice.break_min_months 99"):
        load_scenario(folder).with_value("practice.break_min_months", 99)


# the TOML header -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "where", "found", "expected", "near"),
    [
        ('name = "m"\nbase = "teachin"\n', "scenario.toml:2 key base", "teachin", "one of ", "teaching"),
        ('name = "m"\n', "scenario.toml", "no key base", "the name of a bundled base", ""),
        ('name = "m"\nbase = "teaching"\nyear = 3\n', "scenario.toml:3 key year", "the unknown key year",
         "one of name", "years"),
        ('name = "m"\nbase = "teaching"\nyears = "3"\n', "scenario.toml:3 key years", "'3'",
         "a whole number from 1 to 60", ""),
        ('name = "m"\nbase = "teaching"\nstart = "2025-13"\n', "scenario.toml:3 key start", "'2025-13'",
         'a month such as "2025-08"', ""),
        ('name = "m"\nbase = "teaching"\n[set]\n"posts.cardiology" = [1]\n',
         "scenario.toml:4 key set.posts.cardiology", "[1]", "a number or text", ""),
        ('name = "m"\nbase = "teaching"\n[set]\n"posts.cardiolgy" = 1\n',
         "scenario.toml:4 key set.posts.cardiolgy", "no programme cardiolgy in posts", "one of ",
         "posts.cardiology"),
        ('name = "m"\nbase = "teaching"\n[set]\nsupervision.rule = "sof"\n',
         "scenario.toml:4 key set.supervision.rule", "sof", "one of hard, soft", "soft"),
        ('name = "m"\nbase = "teaching"\n[set]\npolicies = ["own.toml"]\n',
         "scenario.toml:4 key set.policies", "policies below [set]", "policies above the line [set]", ""),
        ('name = "m"\nbase = \n', "scenario.toml:2", "broken TOML", "valid TOML", ""),
    ],
)  # fmt: skip
def test_a_wrong_header_is_told_with_its_key_and_line(folder, text, where, found, expected, near):
    (folder / "scenario.toml").write_text(text)
    problem = the_problem(folder)
    assert (problem.where, problem.nearest) == (where, near)
    assert problem.found.startswith(found)
    assert problem.expected.startswith(expected)


def test_more_regions_than_there_is_room_for(folder):
    rows = read(folder, "regions")
    rows += [[f"shire_{k}", *rows[1][1:]] for k in range(14)]
    write(folder, "regions", rows)
    told = [problem for problem in problems(folder) if problem.where == "regions.csv"]
    assert [(p.found, p.expected) for p in told] == [("15 rows", "at most 14 rows")]
