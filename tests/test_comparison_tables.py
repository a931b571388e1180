"""The tables and the words of a comparison, from replications made by hand."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_sim.report.comparison_figures import _tick, costs, draw_comparison, effects
from pipeline_sim.report.comparison_numbers import Difference, listed, pounds, signed, spread, value_text
from pipeline_sim.report.comparison_words import summary
from pipeline_sim.results.directions import DIRECTIONS, HIGHER, LOWER, NEITHER, direction
from pipeline_sim.results.kpis import REGISTRY
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.studies.comparing import TOGETHER, Arm, Comparison, comparison_of, last_years
from pipeline_sim.studies.extra_costs import EFFECTS, ExtraCost
from pipeline_sim.studies.pairing import PairedRun, PairedRuns, Waits
from pipeline_sim.studies.reducing import KpiGrid
from pipeline_sim.studies.same_doctors import ALL, COUNTS, Counts

BASE = load_scenario("teaching")
YEARS = (2025, 2026, 2027)
Kpis = Mapping[str, Sequence[float]]
PLAIN = {"ccts": (10.0, 10.0, 10.0), "ltft_percent": (20.0, 20.0, 20.0), "waits": (50.0, 50.0, 50.0)}
POST, SUPERVISOR = "training_post", "supervisor"


def grid(kpis: Kpis) -> KpiGrid:
    values = np.array([list(row) for row in kpis.values()], dtype=float).reshape(len(kpis), len(YEARS))
    counts = frozenset(name for name in kpis if "percent" not in name and "rate" not in name)
    return KpiGrid(tuple(kpis), YEARS, values, counts)


def people(**changes: int) -> Counts:
    counts = dict.fromkeys(COUNTS, 0) | {"certified_without": 30, "certified_with": 30, "same_month": 30}
    row = np.array(list((counts | changes).values()), dtype=np.int64)
    return {(ALL, ALL): row, ("way_in", "uk_graduates"): row, ("programme", "cardiology"): row}


def waits(post: int, supervisor: int = 0) -> Waits:
    return {
        (year, cause, programme, "middleshire"): months
        for year in YEARS
        for cause, programme, months in ((POST, "", post), (SUPERVISOR, "cardiology", supervisor))
    }


def arm_run(kpis: Kpis, moved: Counts | None = None, waited: Waits | None = None) -> PairedRun:
    return PairedRun(grid(kpis), waited or waits(50), moved or people(), 7, None)


def compared(arms: Mapping[str, Sequence[PairedRun]], base: Sequence[Kpis] | None = None) -> Comparison:
    """Arms by name, a run a replication; the arm of all together is made of all before it."""
    reps = len(next(iter(arms.values())))
    found = []
    for rep in range(reps):
        paired = PairedRuns(grid((base or [PLAIN] * reps)[rep]), waits(50), YEARS, 5)
        paired.arms |= {name: runs[rep] for name, runs in arms.items()}
        found.append(paired)
    alone = tuple(name for name in arms if name != TOGETHER)
    made = [Arm(name, f"Policy {name}", BASE, alone if name == TOGETHER else ()) for name in arms]
    return comparison_of(BASE, made, found, seed=1)


def with_ccts(*differences: float) -> list[PairedRun]:
    return [arm_run({**PLAIN, "ccts": (10.0, 10.0, 10.0 + each)}) for each in differences]


# tables ----------------------------------------------------------------------------------------------
def test_a_difference_and_its_interval_are_those_worked_out_by_hand() -> None:
    found = compared({"one": with_ccts(1, 2, 0)}).differences.set_index(["kpi", "year"])
    half = 4.302653 / math.sqrt(3)
    row = found.loc["ccts", 2027]
    assert row[["base", "policy", "difference"]].tolist() == [10, 11, 1]
    assert (row["low"], row["high"]) == pytest.approx((1 - half, 1 + half))
    assert (row["better"], row["share_better"], row["reps"], row["unit"]) == (HIGHER, 2 / 3, 3, "people")
    assert (
        found.loc[
            "ccts",
            2026,
        ]["difference"]
        == 0
    )
    assert found.loc[("ltft_percent", 2027), "better"] == NEITHER
    assert math.isnan(found.loc[("ltft_percent", 2027), "share_better"])


def test_a_value_that_a_run_lacks_leaves_its_pair_out() -> None:
    lacking = [
        {**PLAIN, "fill_rate": (math.nan, 90.0, math.nan)},
        {**PLAIN, "fill_rate": (80.0, 90.0, math.nan)},
    ]
    has = [arm_run({**PLAIN, "fill_rate": (85.0, 91.0, 99.0)}) for _ in range(2)]
    rates = compared({"one": has}, lacking).differences.query("kpi == 'fill_rate'").set_index("year")
    assert rates.index.tolist() == [2025, 2026]
    assert rates.loc[2025, ["base", "difference", "reps"]].tolist() == [80, 5, 1]
    assert math.isnan(rates.loc[2025, "low"])
    assert rates.loc[2026, ["base", "difference", "reps"]].tolist() == [90, 1, 2]


def test_a_count_without_a_row_is_nothing_and_a_ratio_without_one_has_no_value() -> None:
    more = {
        **PLAIN,
        "ccts[region=middleshire]": (1.0, 2.0, 3.0),
        "fill_rate[region=middleshire]": (1.0, 1.0, 1.0),
    }
    found = compared({"one": [arm_run(more)] * 2}).differences
    assert found.query("kpi == 'ccts[region=middleshire]'")["difference"].tolist() == [1, 2, 3]
    assert found.query("kpi.str.startswith('fill_rate')").empty


def test_a_breakdown_that_never_differs_is_left_out_and_a_total_is_not() -> None:
    kpis = {**PLAIN, "ccts[region=middleshire]": (1.0, 2.0, 3.0)}
    found = compared({"one": [arm_run(kpis)] * 2}, [kpis] * 2)
    assert set(found.differences["kpi"]) == set(PLAIN)
    assert set(found.lasting["kpi"]) == set(PLAIN)


def test_the_lasting_difference_is_that_of_the_last_years() -> None:
    assert last_years(range(2025, 2045)) == (2040, 2044)
    assert last_years(range(2025, 2034)) == (2031, 2033)
    assert last_years([2025]) == (2025, 2025)
    row = compared({"one": with_ccts(3, 3)}).lasting.set_index("kpi").loc["ccts"]
    assert (row["from_year"], row["to_year"], row["difference"]) == (2027, 2027, 3)


def test_all_together_is_laid_beside_the_sum_of_each_alone() -> None:
    found = compared({"a": with_ccts(1, 2, 3), "b": with_ccts(2, 2, 2), TOGETHER: with_ccts(2, 3, 4)})
    row = found.additivity.set_index("kpi").loc["ccts"]
    assert row[["together", "sum", "beyond", "low", "high"]].tolist() == [3, 4, -1, -1, -1]
    assert compared({"a": with_ccts(1, 2)}).additivity.empty


def test_people_and_waits_are_means_with_intervals() -> None:
    runs = [
        arm_run(PLAIN, people(earlier=n, months=3 * n, same_month=30 - n), waits(50 - n, n)) for n in (10, 20)
    ]
    found = compared({"one": runs})
    row = found.people.query("by == 'all'").set_index("measure")["mean"]
    assert (row["earlier"], row["earlier_less_later"], row["months_gained"]) == (15, 15, 1.5)
    moved = found.waits.query("from_year == 2027").set_index(["blocked_by", "programme", "region"])
    assert moved.loc[(POST, ALL, ALL), "difference"].tolist() == [
        -15,
        -15,
    ]  # the last years and the year itself
    assert moved.loc[(SUPERVISOR, "cardiology", ALL), "difference"] == 15
    assert set(moved.loc[(ALL, ALL, ALL), "difference"]) == {0}


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.floats(-50, 50), st.floats(0, 90)), min_size=1, max_size=6),
    st.lists(st.integers(0, 40), min_size=6, max_size=6),
)
def test_exchanging_base_and_policy_turns_every_sign(
    values: list[tuple[float, float]], waited: list[int]
) -> None:
    def side(change: float, rate: float) -> Kpis:
        return {**PLAIN, "ccts": (10.0, 10.0, 60.0 + change), "fill_rate": (rate, rate, math.nan)}

    one, other = (
        [PLAIN | {"fill_rate": (50.0, math.nan, 50.0)}] * len(values),
        [side(*each) for each in values],
    )
    there, back = (
        compared({"arm": [arm_run(each) for each in policy]}, base)
        for base, policy in ((one, other), (other, one))
    )
    for name in ("differences", "lasting"):
        a, b = getattr(there, name), getattr(back, name)
        np.testing.assert_allclose(a["difference"], -b["difference"], atol=1e-12)
        np.testing.assert_allclose(a["low"], -b["high"], atol=1e-12)
        np.testing.assert_array_equal(a["base"], b["policy"])
        pd.testing.assert_series_equal(a["reps"], b["reps"])


def test_every_indicator_has_a_declared_direction() -> None:
    assert {kpi.name for kpi in REGISTRY} <= set(DIRECTIONS)
    assert direction("waits[cause=supervisor]") == LOWER
    assert direction("no_such_kpi") == NEITHER


# words -----------------------------------------------------------------------------------------------
def section(text: str, title: str = "Policy one") -> str:
    return re.split(r"^## ", text.partition(f"## {title}\n")[2], flags=re.MULTILINE)[0]


def test_a_policy_that_changes_nothing_says_so_and_no_more() -> None:
    found = compared({"one": [arm_run(PLAIN)] * 3})
    assert found.unchanged("one")
    text = section(summary(found))
    assert text.strip() == (
        "- Changes nothing: no indicator, no wait and no doctor's certificate is any different in any "
        "replication."
    )
    assert set(found.differences["difference"]) == {0}


@pytest.mark.parametrize(
    ("differences", "said", "never"),
    [
        (
            (4, 5, 6),
            "**Certificates of completion of training, better**: +5.0 (+2.5 to +7.5) people",
            "Undecided",
        ),
        (
            (-4, -5, -6),
            "**Certificates of completion of training, worse**: −5.0 (−7.5 to −2.5) people",
            "better**",
        ),
        ((-9, 1, 9), "Undecided**: Certificates of completion of training cannot be told apart", "better**"),
    ],
)
def test_a_sentence_follows_its_interval(differences: tuple[float, ...], said: str, never: str) -> None:
    text = section(summary(compared({"one": with_ccts(*differences)})))
    assert said in text
    assert never not in text


def test_what_moved_further_before_the_last_years_is_told() -> None:
    dips = [arm_run({**PLAIN, "ccts": (5.0 + 0.1 * each, 10.0, 10.5)}) for each in range(3)]
    text = section(summary(compared({"one": dips})))
    assert (
        "**On the way**, further than in the last years: Certificates of completion of training −4.9" in text
    )
    assert "in 2025/26." in text
    assert "On the way" not in summary(compared({"one": with_ccts(4, 5, 6)}))


def test_a_change_that_is_neither_better_nor_worse_is_called_a_change() -> None:
    runs = [arm_run({**PLAIN, "ltft_percent": (20.0, 20.0, 20.0 + each)}) for each in (1, 1.5)]
    text = section(summary(compared({"one": runs})))
    assert re.search(
        r"\*\*Doctors in training less than full time, changed\*\*: \+1.2 .* percentage points", text
    ) or ("Undecided" in text)
    assert "replications;" not in text


def test_where_the_wait_moved_is_named() -> None:
    runs = [arm_run(PLAIN, None, waits(50 - n, n)) for n in (20, 22, 24)]
    text = section(summary(compared({"one": runs})))
    assert (
        "**The wait moved**: less waiting for a training post by 22 (17 to 27) person-months a year" in text
    )
    assert (
        "more waiting for a supervisor by 22 (17 to 27) person-months a year, most in Cardiology (22)" in text
    )
    grew = section(summary(compared({"one": [arm_run(PLAIN, None, waits(50, n)) for n in (20, 22, 24)]})))
    assert "**Waiting grew**: more waiting for a supervisor" in grew
    fell = section(summary(compared({"one": [arm_run(PLAIN, None, waits(50 - n)) for n in (20, 22, 24)]})))
    assert "**Waiting fell**: less waiting for a training post" in fell
    unclear = section(summary(compared({"one": [arm_run(PLAIN, None, waits(50 + n)) for n in (-20, 0, 24)]})))
    assert "**Waiting** by cause cannot be told apart from no effect" in unclear


def test_who_gains_and_who_loses_is_told() -> None:
    runs = [arm_run(PLAIN, people(only_with=n, only_with_in_training=2, later=3)) for n in (10, 12, 14)]
    text = section(summary(compared({"one": runs})))
    assert (
        "0 doctors have their first CCT earlier and 3 later; 12 (7 to 17) have one only with the policy"
        in text
    )
    assert "2 are still in training at its end" in text
    assert "more with a CCT among UK graduates (12 (7 to 17) doctors)" in text
    assert "more with a CCT in Cardiology" in text


def test_one_of_anything_is_written_as_one() -> None:
    run = arm_run(PLAIN, people(earlier=1, later=1, only_with=1, only_with_in_training=1))
    text = section(summary(compared({"one": [run] * 3})))
    assert "1 doctor has their first CCT earlier and 1 later; 1 has one only with the policy" in text
    assert "(of them 0 are not in the model without it and 1 is still in training at its end)" in text
    alone = {**PLAIN, "graduates": (10.0, 10.0, 11.0)}
    assert "No other indicator moved at all." in section(summary(compared({"one": [arm_run(alone)] * 3})))


def test_one_replication_claims_nothing() -> None:
    text = summary(compared({"a": with_ccts(5), "b": with_ccts(1), TOGETHER: with_ccts(9)}))
    assert "With a single replication there is no interval" in text
    assert "In this one replication: Certificates of completion of training +5" in text
    assert "One replication cannot tell whether the effects add up." in text
    assert "better" not in section(text, "Policy a")
    assert "nan" not in text


def test_effects_that_add_up_and_effects_that_do_not_are_told_apart() -> None:
    apart = {"a": with_ccts(1, 2, 3), "b": with_ccts(2, 2, 2), TOGETHER: with_ccts(6, 8, 10)}
    text = summary(compared(apart))
    assert (
        "**Certificates of completion of training does not add up**: together +8.0, the sum of each alone "
        "+4.0" in text
    )
    whole = {"a": with_ccts(1, 2, 3), "b": with_ccts(2, 2, 2), TOGETHER: with_ccts(3, 4, 5)}
    assert "**Adds up, as far as 3 replications can tell**" in summary(compared(whole))


def costly(*effects: tuple[float, float]) -> list[PairedRun]:
    """Runs that cost so many pounds more and gain so many whole-time years."""
    heads = pd.DataFrame({"year": 2027, "head": ["placements"], "payer": "education_budget", "base": 1e6})
    return [
        PairedRun(
            grid(PLAIN), waits(50), people(earlier=1), 7,
            ExtraCost(heads.assign(policy=1e6 + cost), dict_of(cost, years), 0.035, 2024),
        )
        for cost, years in effects
    ]  # fmt: skip


def dict_of(cost: float, years: float) -> tuple[float, ...]:
    assert len(EFFECTS) == 4
    return cost, cost, years, years / 2


@pytest.mark.parametrize(
    ("effects", "said"),
    [
        (((2e6, 10), (4e6, 20), (3e6, 15)), "£200,000 for each extra whole-time year of a consultant or GP"),
        (((-2e6, 10), (-4e6, 20), (-3e6, 15)), "no such price, as the policy costs less and gains doctors"),
        (((2e6, -10), (4e6, -20), (3e6, -15)), "no such price, as the policy costs more and loses doctors"),
        (((-2e6, -10), (-4e6, -20), (-3e6, -15)), "£200,000 saved for each lost whole-time year"),
        (((2e6, 0), (4e6, 0), (3e6, 0)), "not given, as no whole-time year of a consultant or GP is gained"),
        (((2e6, -10), (4e6, 20), (3e6, 1)), "not given, as the gain cannot be told apart from none"),
        (((-2e6, 10), (4e6, 20), (1e6, 15)), "not given, as the cost cannot be told apart from none"),
    ],
)
def test_a_price_for_a_doctor_is_given_only_where_there_is_one(
    effects: tuple[tuple[float, float], ...], said: str
) -> None:
    found = compared({"one": costly(*effects)})
    assert said in section(summary(found))
    assert found.money is not None
    mean = np.mean([cost for cost, _ in effects])
    costs = found.money.costs.query("by == 'head' and from_year == 2027")
    assert costs["difference"].tolist() == pytest.approx([mean, mean])


def test_without_costs_nothing_is_said_of_them() -> None:
    found = compared({"one": with_ccts(1, 2)})
    assert found.money is None
    assert "cost" not in summary(found).lower()


# numbers ---------------------------------------------------------------------------------------------
def test_numbers_are_written_for_people() -> None:
    each = Difference(3.614, 2.2, 5.03, 4, True)
    assert (signed(each.difference, each), spread(each)) == ("+3.6", "+2.2 to +5.0")
    assert [value_text(x) for x in (0, 12345.6, 97.04, 0.5, -2, math.nan)] == [
        "0", "12,346", "97", "0.5", "−2", "no value",
    ]  # fmt: skip
    assert signed(-0.0001, each) == "0.0"
    assert [pounds(x) for x in (0, 45_612, 1_234_567, -2.5e9)] == [
        "£0",
        "£45,600",
        "£1.23 million",
        "−£2.5 billion",
    ]
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a, b", "c"]) == "a, b; and c"
    assert listed([]) == ""


# figures ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("reps", [1, 3])
def test_figures_can_be_drawn_of_anything(reps: int) -> None:
    nothing = compared({"one": [arm_run(PLAIN)] * reps})
    figures = draw_comparison(nothing)
    assert list(figures) == ["effects", "over_years", "waits", "who"]
    assert all(image.startswith(b"\x89PNG") for image in figures.values())
    several = compared(
        {"a": costly(*[(1e6, 1.0)] * reps), "b": with_ccts(*range(reps)), TOGETHER: with_ccts(*range(reps))}
    )
    assert {"costs", "who_a", "who_b", "who_together"} < set(draw_comparison(several))
    empty = compared(
        {"one": [PairedRun(grid({}), {}, {(ALL, ALL): np.zeros(len(COUNTS), int)}, 0, None)] * reps}
    )
    assert all(image.startswith(b"\x89PNG") for image in draw_comparison(empty).values())
    assert draw_comparison(nothing) == figures


def test_no_title_of_a_figure_leaves_it_and_no_tick_is_a_power_of_ten() -> None:
    several = compared({"a": costly((1e6, 1.0), (2e6, 1.0)), "b": with_ccts(1, 2), TOGETHER: with_ccts(3, 4)})
    for figure in (effects(several), costs(several, several.money)):
        ends = [text.get_window_extent().x1 for text in figure.texts]
        assert max(ends) < figure.bbox.width
    assert [_tick(value) for value in (8e-05, 0.0, -1500)] == ["+0.00008", "0", "−1,500"]
