"""Policy files and what dated edits make of a scenario's tables. What policies do to runs is elsewhere."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenarios import Row, everything_happens, with_tables

from pipeline_sim.errors import ScenarioError
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.scenario.policies import Edit, Policy, load_policy

TEACHING = load_scenario("teaching")


def edit(parameter: str, operation: str, value: Any, **more: Any) -> Edit:
    more["where"] = tuple((key, tuple(words)) for key, words in more.get("where", {}).items())
    return Edit(parameter, operation, value, **more)


def policy(*edits: Edit, name: str = "test") -> Policy:
    return Policy(name, "A test", edits)


def held(scenario: Scenario, table: str, column: str, year: int, *key: str) -> Any:
    """The cell of a dated table that holds in a year."""
    rows = scenario.dated.tables[table]
    of_key = [(k[-1], row) for row, k in enumerate(rows.keys) if k[:-1] == key and k[-1] <= year]
    return rows[column][max(of_key)[1]]


def posts(scenario: Scenario, year: int) -> list[int]:
    names = dict.fromkeys(key[:-1] for key in scenario.tables["posts"].keys)
    return [held(scenario, "posts", "posts", year, *name) for name in names]


def problems_of(*policies: Policy, scenario: Scenario = TEACHING) -> list[str]:
    with pytest.raises(ScenarioError) as told:
        scenario.with_policy(*policies)
    return [str(problem) for problem in told.value.problems]


# tables by year -------------------------------------------------------------------------------------
def test_an_edit_of_a_table_by_year_holds_from_its_year_until_its_end() -> None:
    changed = TEACHING.with_policy(
        policy(
            edit(
                "posts",
                "set",
                70,
                where={"programme": ["general_practice"]},
                begins="2027-08",
                ends="2029-08",
            )
        )
    )
    before = held(TEACHING, "posts", "posts", 2026, "general_practice", *_place("general_practice"))
    seen = [
        held(changed, "posts", "posts", year, "general_practice", *_place("general_practice"))
        for year in range(2025, 2031)
    ]
    assert seen == [before, before, 70, 70, before, before]


def _place(programme: str) -> tuple[str, ...]:
    return next(key[1:-1] for key in TEACHING.tables["posts"].keys if key[0] == programme)


def test_a_ramp_takes_equal_yearly_steps_and_is_whole_when_its_months_are_over() -> None:
    start = held(TEACHING, "posts", "posts", 2025, "general_practice", *_place("general_practice"))
    ramp = edit(
        "posts", "add", 30, where={"programme": ["general_practice"]}, begins="2026-08", ramp_months=36
    )
    changed = TEACHING.with_policy(policy(ramp))
    seen = [
        held(changed, "posts", "posts", year, "general_practice", *_place("general_practice")) - start
        for year in range(2025, 2031)
    ]
    assert seen == [0, 10, 20, 30, 30, 30]


def test_rows_of_later_years_are_edited_too() -> None:
    base = TEACHING.with_value(f"posts.general_practice.{_place('general_practice')[0]}.2028", 100)
    changed = base.with_policy(policy(edit("posts.general_practice", "multiply", 1.5, begins="2027-08")))
    first = held(TEACHING, "posts", "posts", 2025, "general_practice", *_place("general_practice"))
    seen = [
        held(changed, "posts", "posts", year, "general_practice", *_place("general_practice"))
        for year in (2026, 2027, 2028, 2030)
    ]
    assert seen == [first, round(first * 1.5), 150, 150]


def test_a_selector_of_years_holds_in_those_years_alone() -> None:
    changed = TEACHING.with_policy(
        policy(edit("posts.general_practice", "add", 5, where={"year": ["2027", "2029"]}))
    )
    start = held(TEACHING, "posts", "posts", 2025, "general_practice", *_place("general_practice"))
    seen = [
        held(changed, "posts", "posts", year, "general_practice", *_place("general_practice")) - start
        for year in range(2026, 2031)
    ]
    assert seen == [0, 5, 0, 5, 0]


def test_sets_come_first_then_factors_then_sums_whatever_the_order_of_policies() -> None:
    parts = [
        policy(edit("posts.general_practice", "add", 7, begins="2026-08"), name="add"),
        policy(edit("posts.general_practice", "multiply", 2, begins="2027-08"), name="double"),
        policy(edit("posts.general_practice", "set", 50, begins="2026-08"), name="fifty"),
        policy(edit("posts.general_practice", "set", 60, begins="2028-08"), name="sixty"),
    ]
    tables = [TEACHING.with_policy(*order) for order in permutations(parts)]
    seen = [
        held(tables[0], "posts", "posts", year, "general_practice", *_place("general_practice"))
        for year in range(2026, 2030)
    ]
    assert seen == [50 + 7, 2 * 50 + 7, 2 * 60 + 7, 2 * 60 + 7]
    assert len({scenario.digest for scenario in tables}) == 1
    assert all(scenario.dated.tables == tables[0].dated.tables for scenario in tables)


def test_counts_that_are_shared_out_keep_their_sum() -> None:
    england = load_scenario("england")
    before = sum(posts(england, 2027))
    more = england.with_policy(policy(edit("posts", "add", 1000, in_total=True, begins="2027-08")))
    assert sum(posts(more, 2027)) == before + 1000
    assert sum(posts(more, 2026)) == before
    fewer = england.with_policy(policy(edit("posts", "multiply", 0.9, begins="2027-08")))
    assert sum(posts(fewer, 2027)) == int(0.9 * before + 0.5)
    gp = england.with_policy(
        policy(edit("posts.general_practice", "set", 5000, in_total=True, begins="2027-08"))
    )
    of_gp = [k for k in england.tables["posts"].keys if k[0] == "general_practice"]
    assert sum(held(gp, "posts", "posts", 2027, *k[:-1]) for k in dict.fromkeys(of_gp)) == 5000


@given(st.integers(0, 400), st.integers(1, 60), st.floats(0, 3, allow_nan=False))
def test_a_total_is_reached_whatever_it_is(total: int, ramp: int, factor: float) -> None:
    rows = edit("posts", "set", total, in_total=True, begins="2026-08", ramp_months=ramp)
    assert sum(posts(TEACHING.with_policy(policy(rows)), 2033)) == total
    changed = TEACHING.with_policy(policy(edit("posts", "multiply", factor, begins="2026-08")))
    assert sum(posts(changed, 2026)) == int(sum(posts(TEACHING, 2026)) * factor + 0.5)
    assert all(new >= 0 for new in posts(changed, 2026))


# everything else ------------------------------------------------------------------------------------
def test_a_setting_changes_in_its_month_and_back() -> None:
    before = TEACHING.settings["rounds.decline"]
    changed = TEACHING.with_policy(
        policy(edit("rounds.decline", "set", 0.5, begins="2027-02", ends="2028-05"))
    )
    assert [month for month, _ in changed.dated.eras] == [18, 33]
    values = [dict(era["settings"].rows("name", "value"))["rounds.decline"] for _, era in changed.dated.eras]
    assert values == [0.5, before]
    blueprint = changed.blueprint()
    assert blueprint.decline == TEACHING.blueprint().decline
    assert [(month, era.decline) for month, era in blueprint.eras] == [
        (18, round(0.5 * 2**32)),
        (33, blueprint.decline),
    ]


def test_eras_keep_what_earlier_ones_changed() -> None:
    changed = TEACHING.with_policy(
        policy(edit("rounds.decline", "set", 0.5, begins="2026-08")),
        policy(
            edit("programmes.general_practice:resignation", "multiply", 2, begins="2027-08"), name="other"
        ),
    )
    (_, first), (_, second) = changed.blueprint().eras
    assert first.decline == second.decline != TEACHING.blueprint().decline
    assert (first.programme_resign == TEACHING.blueprint().programme_resign).all()
    assert not (second.programme_resign == first.programme_resign).all()


def test_an_edit_before_the_start_holds_from_the_first_month() -> None:
    changed = TEACHING.with_policy(policy(edit("rounds.decline", "set", 0.5, begins="2020-08")))
    assert changed.dated.eras == ()
    assert changed.blueprint().decline == round(0.5 * 2**32)
    undated = TEACHING.with_policy(policy(edit("rounds.decline", "set", 0.5)))
    assert undated.dated.tables == changed.dated.tables


def test_a_selector_reaches_through_a_key_to_what_it_refers_to() -> None:
    england = load_scenario("england")
    family = england.tables["programmes"]["family"][england.tables["programmes"].row_of[("cardiology",)]]
    rows = edit("posts", "multiply", 2, where={"family": [family]}, begins="2027-08")
    changed = england.with_policy(policy(rows))
    table = england.tables["programmes"]
    of_family = {name for name, own in table.rows("programme", "family") if own == family}
    for key in dict.fromkeys(k[:-1] for k in england.tables["posts"].keys):
        before, after = (held(s, "posts", "posts", 2027, *key) for s in (england, changed))
        assert after == (2 * before if key[0] in of_family else before)


def test_every_key_in_a_place_is_a_star_in_a_path() -> None:
    region = _place("general_practice")[0]
    starred = TEACHING.with_value(f"posts.*.{region}.2027", 3)
    assert posts(starred, 2027) == [3] * len(posts(TEACHING, 2027))
    assert posts(starred, 2026) == posts(TEACHING, 2026)
    with pytest.raises(ScenarioError, match="no region"):
        TEACHING.with_value("posts.*.nowhere", 3)


# what is told ---------------------------------------------------------------------------------------
def test_a_policy_that_changes_nothing_or_comes_too_late_is_told() -> None:
    same = policy(edit("rounds.decline", "set", TEACHING.settings["rounds.decline"], begins="2026-08"))
    late = policy(edit("posts", "multiply", 2, begins="2090-08"), name="late")
    good = policy(edit("posts", "multiply", 2, begins="2026-08"), name="good")
    chosen = TEACHING.with_policy(same, late, good)
    notes = chosen.policy_notes()
    assert len(notes) == 2
    assert "late" in notes[0] and "after the run has ended" in notes[0]
    assert "test" in notes[1] and "already holds" in notes[1]
    assert "good" in chosen.policy_notes(1)[0]  # August 2026 is after a run of one year from August 2025


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (edit("pots", "set", 1), "nearest: posts"),
        (edit("posts", "set", 1, where={"programe": ["general_practice"]}), "nearest: programme"),
        (edit("posts", "set", 1, where={"programme": ["general_practise"]}), "nearest: general_practice"),
        (edit("posts", "set", 1.5), "found 1.5, expected a whole number"),
        (edit("posts", "set", "many"), "found many, expected a whole number"),
        (edit("posts", "multiply", -1), "found -1, expected a number, 0 or more"),
        (edit("posts", "multiply", float("nan")), "found nan, expected a finite number"),
        (edit("posts", "add", -10_000), "expected a whole number, 0 or more"),
        (edit("posts", "set", 1, begins="2027-02"), "expected August"),
        (edit("posts.general_practice.*.2027", "set", 1), "a year in posts"),
        (edit("rounds.decline", "set", 1.5), "expected a number from 0 to 1"),
        (edit("rounds.decline", "multiply", 100), "expected a number from 0 to 1"),
        (edit("rounds.decline", "add", 0.1, in_total=True), "in total"),
        (edit("supervision.rule", "multiply", 2), "which is no number"),
        (edit("supervision.rule", "set", "soft", begins="2027-08"), "its structure"),
        (edit("trainee_stock", "multiply", 2, begins="2027-08"), "describes the start of a run"),
        (edit("programmes.general_practice:title", "set", "General", begins="2027-08"), "its structure"),
        (edit("programmes", "set", 1), "expected programmes:COLUMN"),
        (edit("foundation_rules:rule", "set", "pia", begins="2027-08", ramp_months=36), "a ramp of rule"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.parameter,
)
def test_what_an_edit_cannot_be(wrong: Edit, said: str) -> None:
    told = problems_of(policy(wrong))
    assert said in told[0]
    assert "test edit 1" in told[0] or "policy test" in told[0]


@pytest.mark.parametrize(("operation", "ramp_months"), [("multiply", 0), ("add", 0), ("set", 36)])
def test_a_blank_cell_can_be_set_and_not_gone_on_from(operation: str, ramp_months: int) -> None:
    row: Row = {"programme": "cardiology", "region": "northshire", "year": 2025, "pounds": 5}
    scenario = with_tables(everything_happens(), {"incentives": [row]})
    change = edit("incentives:more_stay", operation, 0.2, begins="2026-08", ramp_months=ramp_months)
    (problem,) = problems_of(policy(change), scenario=scenario)
    assert "found incentives.cardiology.northshire.2025:more_stay is blank" in problem
    at_once = scenario.with_policy(policy(edit("incentives:more_stay", "set", 0.2, begins="2026-08")))
    assert held(at_once, "incentives", "more_stay", 2026, "cardiology", "northshire") == 0.2


def test_two_values_from_one_month_are_an_error_and_equal_ones_are_not() -> None:
    fifty = policy(edit("posts.general_practice", "set", 50, begins="2027-08"), name="fifty")
    sixty = policy(edit("posts", "set", 60, begins="2027-08"), name="sixty")
    told = problems_of(fifty, sixty)
    assert len(told) == 1 and "policy fifty edit 1" in told[0] and "policy sixty edit 1" in told[0]
    again = policy(edit("posts.general_practice", "set", 50, begins="2027-08"), name="again")
    TEACHING.with_policy(fifty, again)


def test_all_problems_are_told_at_once() -> None:
    assert len(problems_of(policy(edit("pots", "set", 1), edit("posts", "set", -1)))) == 2


def test_a_policy_may_not_break_a_check_of_the_scenario() -> None:
    told = problems_of(policy(edit("levels:months", "set", 0, begins="2027-08")))
    assert told


def test_two_policies_may_not_share_a_name_and_one_may_be_named_twice() -> None:
    one, other = policy(edit("posts", "multiply", 2)), policy(edit("posts", "multiply", 3))
    assert "two policies of that name" in problems_of(one, other)[0]
    assert TEACHING.with_policy(one, one).policies == (one,)


def test_values_set_under_a_policy_are_checked_with_it() -> None:
    scenario = TEACHING.with_policy(policy(edit("rounds.decline", "multiply", 4, begins="2027-08")))
    with pytest.raises(ScenarioError, match="from 0 to 1"):
        scenario.with_value("rounds.decline", 0.5)


# files ----------------------------------------------------------------------------------------------
FILE = """
name = "more-gps"
title = "More GPs"
source = ["plan"]
from = 2027

[[edit]]
parameter = "posts"
where = {programme = "general_practice"}
multiply = 1.2
ramp_months = 24

[[edit]]
parameter = "rounds.decline"
set = 0.1
from = "2028-02"
until = "2029-02"
status = "assumption"
note = "a guess"
"""


def test_a_file_says_what_is_changed_and_when(tmp_path: Path) -> None:
    file = tmp_path / "more-gps.toml"
    file.write_text(FILE, encoding="utf-8")
    read = load_policy(file)
    assert (read.name, read.title, read.source, read.begins) == ("more-gps", "More GPs", ("plan",), "2027-08")
    first, second = read.edits
    assert (first.parameter, first.operation, first.value) == ("posts", "multiply", 1.2)
    assert (first.where, first.begins, first.ramp_months) == (
        (("programme", ("general_practice",)),),
        "2027-08",
        24,
    )
    assert (second.begins, second.ends, second.note) == ("2028-02", "2029-02", "a guess")
    assert "more-gps.toml:7 edit 1" in first.place
    assert load_policy("more-gps.toml", tmp_path) == read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "found no key name"),
        ("name = 'a'\ntitle = ", "broken TOML"),
        (FILE.replace("multiply = 1.2", ""), "found none of set, multiply and add"),
        (FILE.replace("multiply = 1.2", "multiply = 1.2\nadd = 3"), "found multiply and add"),
        (FILE.replace("multiply = 1.2", "multiply = '1.2'"), "key multiply: found '1.2'"),
        (FILE.replace("ramp_months = 24", "ramp_months = -1"), "key ramp_months: found -1"),
        (FILE.replace("ramp_months", "ramp_month"), "nearest: ramp_months"),
        (FILE.replace("2029-02", "2028-02"), "expected a month after 2028-02"),
        (FILE.replace("2028-02", "2028-13"), "key from: found '2028-13'"),
        (FILE.replace('"assumption"', '"assumed"'), "nearest: assumption"),
        (FILE.replace("from = 2027", "from = 27"), "key from: found 27"),
        (FILE.replace("from = 2027\n", ""), "found no key from"),
        (FILE.replace("source", "sorce"), "nearest: source"),
        (FILE.partition("[[edit]]")[0], "found no key edit"),
        (FILE.partition("[[edit]]")[0] + "edit = []", "key edit"),
    ],
)  # fmt: skip
def test_what_a_file_cannot_say(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as told:
        load_policy(file)
    assert said in str(told.value)
    assert "policy.toml" in str(told.value)


@pytest.mark.parametrize("name", ["", "nothing-of-the-kind", "\0", "x" * 5000, "tests", "setup.cfg"])
def test_a_policy_that_is_not_there(name: str) -> None:
    with pytest.raises(ScenarioError, match="expected a bundled policy"):
        load_policy(name)


def test_a_scenario_file_names_its_policies(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(FILE, encoding="utf-8")
    (tmp_path / "scenario.toml").write_text(
        'name = "mine"\nbase = "teaching"\npolicies = ["own.toml"]\n', encoding="utf-8"
    )
    scenario = load_scenario(tmp_path)
    assert [each.name for each in scenario.policies] == ["more-gps"]
    (tmp_path / "scenario.toml").write_text(
        'name = "mine"\nbase = "teaching"\npolicies = ["owm.toml"]\n', encoding="utf-8"
    )
    with pytest.raises(ScenarioError, match="no policy of that name"):
        load_scenario(tmp_path)
