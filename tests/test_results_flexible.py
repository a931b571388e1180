"""KPIs, census, waits and completions of flexible training and later careers, worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from results_examples import (
    CARDIOLOGY,
    CORE,
    F2,
    FOUNDATION,
    GP,
    LEVEL_FIRST,
    log_of,
    overseas,
    row,
    small_blueprint,
    student,
)

from pipeline_sim.clock import Phase
from pipeline_sim.eventlog import EventLog
from pipeline_sim.results import kpis_flexible
from pipeline_sim.results.bundle import gather_facts, summarise
from pipeline_sim.results.census import census_frame, stock_and_flow, take_census
from pipeline_sim.results.lives import read_lives
from pipeline_sim.scenario.blueprint import STEP_OUT_RULES, Blueprint
from pipeline_sim.vocabulary import COVERING, CREDIT_KIND, Credit, Event, PoolKind, Scheme, State

ST1, ST2 = int(LEVEL_FIRST[GP]), int(LEVEL_FIRST[GP]) + 1
PARENTAL, RESEARCH = 0, 1
SOUTH = 1


def blueprint(months: int = 36, **names: object) -> Blueprint:
    made = small_blueprint(months)
    for name, value in names.items():
        object.__setattr__(made, name, value)
    return made


NAMED = blueprint(step_outs=("parental", "research"), fellowships=("post_cct_year", "primary_care"))


def kpis_of(log: EventLog, of: Blueprint = NAMED) -> pd.DataFrame:
    return summarise(log, of).kpis.set_index(["kpi", "year"])


def away_log() -> EventLog:
    """Dot steps out at month 4 for 8 months, is refused a post from month 12 and is back at month 15 with
    support, at 60%. Eve steps out at month 6 for research and gives up at month 20. Fay steps out at
    month 7, at the end of which a doctor waits to start; she is back at month 9.
    """
    dot, eve, fay, gil = (overseas(number) for number in range(1, 5))
    return log_of(
        row(0, dot, Event.PRESENT_AT_START, GP, ST1, SOUTH, 100, State.TRAINING),
        row(4, dot, Event.STEPPED_OUT, GP, ST1, SOUTH, 0, PARENTAL + 100 * 8),
        row(12, dot, Event.BLOCKED, GP, ST1, SOUTH, 60, PoolKind.TRAINING_POST),
        row(13, dot, Event.BLOCKED, GP, ST1, SOUTH, 60, PoolKind.SUPERVISOR),
        row(15, dot, Event.STEPPED_IN, GP, ST1, SOUTH, 60, PARENTAL + 100 * 11),
        row(15, dot, Event.SUPPORTED_RETURN, GP, ST1, SOUTH, 60, 4),
        row(0, eve, Event.PRESENT_AT_START, CARDIOLOGY, 7, 0, 100, State.TRAINING),
        row(6, eve, Event.STEPPED_OUT, CARDIOLOGY, 7, 0, 0, RESEARCH + 100 * 14),
        row(20, eve, Event.DID_NOT_RETURN, CARDIOLOGY, 7, 0, 0, RESEARCH),
        row(20, eve, Event.STARTED_OUTSIDE, detail=State.ABROAD),
        row(0, fay, Event.PRESENT_AT_START, GP, ST2, 0, 100, State.TRAINING),
        row(7, fay, Event.STEPPED_OUT, GP, ST2, 0, 0, PARENTAL + 100 * 2),
        row(9, fay, Event.STEPPED_IN, GP, ST2, 0, 80, PARENTAL + 100 * 2),
        row(7, gil, Event.BLOCKED, GP, ST1, 0, 100, PoolKind.SUPERVISOR),
        row(8, gil, Event.STARTED_LEVEL, GP, ST1, 0, 100, 1),
    )


@pytest.fixture(scope="module")
def away() -> pd.DataFrame:
    return kpis_of(away_log())


def test_a_trainee_away_is_in_the_census_without_hours_until_back() -> None:
    lives = read_lives(away_log(), NAMED)
    census = census_frame(take_census(lives, NAMED), NAMED)
    dot = census[(census["region"] == "south") & (census["programme"] == "gp")].set_index("month")
    assert (dot.loc[3, "state"], dot.loc[3, "wte"]) == ("training", 1.0)
    assert (dot.loc[4, "state"], dot.loc[4, "level"], dot.loc[4, "wte"]) == ("stepped_out", "ST1", 0.0)
    assert dot.loc[12, "state"] == dot.loc[14, "state"] == "training_waiting"
    assert (dot.loc[15, "state"], dot.loc[15, "wte"]) == ("training", 0.6)
    assert (stock_and_flow(census, lives)["difference"] == 0).all()


def test_hours_of_a_row_while_away_do_not_count() -> None:
    log = log_of(row(2, overseas(1), Event.STEPPED_OUT, GP, ST1, 0, 80, PARENTAL))
    assert set(summarise(log, NAMED).census["wte"]) == {0.0}


def test_new_hours_in_training_are_in_the_census() -> None:
    log = log_of(
        row(0, overseas(1), Event.PRESENT_AT_START, GP, ST1, 0, 100, State.TRAINING),
        row(3, overseas(1), Event.CHANGED_HOURS, GP, ST1, 0, 60),
    )
    results = summarise(log, blueprint(6))
    assert results.census["wte"].tolist() == [1.0] * 3 + [0.6] * 3
    kpis = results.kpis.set_index(["kpi", "year"])["value"]
    assert kpis[("wte_per_doctor_in_training", 2025)] == pytest.approx(0.8)
    assert kpis[("ltft_percent", 2025)] == 50
    assert kpis[("hours_changes_in_training", 2025)] == 1
    assert kpis[("hours_changes_in_training[programme=gp]", 2025)] == 1


def test_a_change_of_hours_in_practice_is_not_one_in_training() -> None:
    log = log_of(
        row(0, overseas(1), Event.PRESENT_AT_START, GP, detail=State.GP),
        row(3, overseas(1), Event.CHANGED_HOURS, GP, wte=60),
    )
    assert kpis_of(log).loc[("hours_changes_in_training", 2025), "value"] == 0


def test_a_wait_to_return_is_a_wait_and_can_be_told_from_one_to_start(away: pd.DataFrame) -> None:
    waits = summarise(away_log(), NAMED).waits.drop(columns="rep")
    assert sorted(waits.itertuples(index=False, name=None)) == [
        (2025, "supervisor", "gp", "north", 1),
        (2026, "supervisor", "gp", "south", 2),
        (2026, "training_post", "gp", "south", 1),
    ]
    assert away.loc[("waits", 2026), "value"] == 3
    assert away.loc[("waits_to_return", 2025), "value"] == 0
    assert away.loc[("waits_to_return[cause=training_post]", 2026), "value"] == 1
    assert away.loc[("waits_to_return[cause=supervisor]", 2026), "value"] == 2
    assert away.loc[("doctors_in_and_out_of_training[place=waiting_to_start]", 2025), "value"] == 1 / 12
    assert away.loc[("doctors_in_and_out_of_training[place=waiting_to_return]", 2026), "value"] == 3 / 12


def test_a_wait_in_another_programme_is_not_one_to_return() -> None:
    log = log_of(
        row(0, overseas(1), Event.STEPPED_OUT, GP, ST1, 0, 0, PARENTAL),
        row(12, overseas(1), Event.TRANSFERRED, GP, ST1, 0, 0, CORE),
        row(12, overseas(1), Event.BLOCKED, CORE, 5, 0, 100, PoolKind.SUPERVISOR),
        row(14, overseas(1), Event.STARTED_LEVEL, CORE, 5, 0, 100, 1),
    )
    kpis = kpis_of(log)["value"]
    assert (kpis[("waits", 2026)], kpis[("waits_to_return", 2026)]) == (2, 0)


@pytest.mark.parametrize(
    ("kpi", "year", "value"),
    [
        ("step_outs", 2025, 3),
        ("step_outs[kind=parental]", 2025, 2),
        ("step_outs[kind=research]", 2025, 1),
        ("step_outs[kind=parental,programme=gp]", 2025, 2),
        ("step_outs[region=south]", 2025, 1),
        ("stepped_out[kind=parental]", 2025, (8 + 2) / 12),
        ("stepped_out[kind=research]", 2025, 6 / 12),
        ("stepped_out[kind=research]", 2026, 8 / 12),
        ("stepped_out_at_year_end", 2025, 2),
        ("stepped_out_at_year_end[kind=research]", 2025, 1),
        ("stepped_out_at_year_end", 2026, 0),
        ("doctors_in_and_out_of_training[place=stepped_out]", 2025, 16 / 12),
        ("doctors_in_and_out_of_training[place=abroad]", 2027, 1),
        ("returns_to_training", 2025, 1),
        ("returns_to_training[kind=parental]", 2026, 1),
        ("supported_returns", 2025, 0),
        ("supported_returns", 2026, 1),
        ("supported_returns[programme=gp]", 2026, 1),
        ("supported_return_percent", 2025, 0),
        ("supported_return_percent", 2026, 100),
        ("did_not_return_percent", 2026, 50),
        ("did_not_return_percent[kind=research]", 2026, 100),
        ("back_within_12_months_percent", 2025, 200 / 3),
        ("back_within_12_months_percent[kind=parental]", 2025, 100),
        ("back_within_12_months_percent[kind=research]", 2025, 0),
        ("returns_after_waiting_percent", 2025, 0),
        ("returns_after_waiting_percent", 2026, 100),
        ("wait_to_return_months_median", 2026, 3),
        ("wait_to_return_months_median[programme=gp]", 2026, 3),
    ],
)
def test_step_outs_and_returns_are_counted(away: pd.DataFrame, kpi: str, year: int, value: float) -> None:
    assert away.loc[(kpi, year), "value"] == pytest.approx(value, rel=1e-12)


def test_posts_held_and_covers_begun_are_counted() -> None:
    """Posts are held during parental leave: Dot's for eight months and Fay's for two. Two doctors cover."""
    rules = np.zeros((3, 2, len(STEP_OUT_RULES)), np.int64)
    rules[0, PARENTAL, STEP_OUT_RULES.index("held")] = 1
    held = blueprint(step_outs=("parental", "research"), step_out_rules=rules)
    covers = State.LOCALLY_EMPLOYED + COVERING
    away, cover = (
        away_log(),
        log_of(
            row(6, overseas(7), Event.ARRIVED_FROM_OVERSEAS, region=SOUTH, detail=State.UNPLACED),
            row(8, overseas(7), Event.STARTED_OUTSIDE, region=SOUTH, detail=covers),
            row(20, overseas(7), Event.STARTED_OUTSIDE, region=SOUTH, detail=State.LOCALLY_EMPLOYED),
            row(24, overseas(7), Event.STARTED_OUTSIDE, region=SOUTH, detail=covers),
        ),
    )
    kpis = kpis_of(away, held)["value"]
    assert kpis[("posts_held_for_trainees_away", 2025)] == pytest.approx((8 + 2) / 12)
    assert kpis[("posts_held_for_trainees_away[region=south]", 2025)] == pytest.approx(8 / 12)
    assert kpis[("posts_held_for_trainees_away", 2026)] == 0
    assert kpis_of(away)["value"][("posts_held_for_trainees_away", 2025)] == 0
    results = summarise(cover, held)
    kpis = results.kpis.set_index(["kpi", "year"])["value"]
    assert [kpis[("held_posts_covered", year)] for year in (2025, 2026, 2027)] == [1, 0, 1]
    assert kpis[("held_posts_covered[region=south]", 2027)] == 1
    employed = results.census[results.census["state"] == "locally_employed"]
    assert employed["month"].tolist() == list(range(8, 36))


def test_the_stock_away_is_set_against_trainees() -> None:
    away = kpis_of(away_log()).loc[("stepped_out_percent", 2025)]
    trainees = kpis_of(away_log()).loc[("trainees", 2025), "value"]
    assert away["numerator"] == pytest.approx(16 / 12)
    assert away["denominator"] == pytest.approx(16 / 12 + trainees)


def test_a_step_out_that_the_run_does_not_follow_long_enough_is_not_judged() -> None:
    rows = [row(out, overseas(out), Event.STEPPED_OUT, GP, ST1, 0, 0, PARENTAL) for out in (11, 12, 23, 24)]
    rows += [row(23, overseas(11), Event.STEPPED_IN, GP, ST1, 0, 100, PARENTAL)]
    rows += [row(25, overseas(12), Event.STEPPED_IN, GP, ST1, 0, 100, PARENTAL)]
    kpis = kpis_of(log_of(*rows))
    assert kpis.loc[("back_within_12_months_percent", 2025), ["numerator", "denominator"]].tolist() == [1, 1]
    assert kpis.loc[("back_within_12_months_percent", 2026), ["numerator", "denominator"]].tolist() == [0, 2]
    assert kpis.loc[("back_within_12_months_percent", 2027), "denominator"] == 0
    assert kpis.loc[("back_within_24_months_percent", 2025), "value"] == 100
    assert np.isnan(kpis.loc[("back_within_60_months_percent", 2025), "value"])


def test_a_trainee_already_away_in_the_first_month_is_no_step_out_of_the_year() -> None:
    log = log_of(
        row(0, overseas(1), Event.PRESENT_AT_START, GP, ST1, 0, 100, State.TRAINING),
        row(0, overseas(1), Event.STEPPED_OUT, GP, ST1, 0, 0, RESEARCH + 500),
        row(5, overseas(1), Event.STEPPED_IN, GP, ST1, 0, 100, RESEARCH + 500),
    )
    kpis = kpis_of(log)
    assert kpis.loc[("step_outs", 2025), "value"] == 0
    assert kpis.loc[("back_within_12_months_percent", 2025), "denominator"] == 0
    assert kpis.loc[("stepped_out[kind=research]", 2025), "value"] == pytest.approx(5 / 12)
    assert kpis.loc[("returns_to_training[kind=research]", 2025), "value"] == 1


def test_stepping_out_again_before_coming_back_is_one_absence_with_one_return() -> None:
    log = log_of(
        row(0, overseas(1), Event.STEPPED_OUT, GP, ST1, 0, 0, PARENTAL),
        row(6, overseas(1), Event.STEPPED_OUT, GP, ST1, 0, 0, RESEARCH),
        row(9, overseas(1), Event.BLOCKED, GP, ST1, 0, 80, PoolKind.SUPERVISOR),
        row(11, overseas(1), Event.STEPPED_IN, GP, ST1, 0, 80, RESEARCH + 1100),
    )
    spells = gather_facts(log, NAMED).step_outs
    assert spells[["out", "back", "waited", "kind"]].tolist() == [(0, 11, 0, 0), (6, 11, 2, 1)]


def test_whoever_takes_another_programme_while_away_does_not_come_back_later() -> None:
    log = log_of(
        row(0, overseas(1), Event.STEPPED_OUT, GP, ST1, 0, 0, PARENTAL),
        row(6, overseas(1), Event.STARTED_LEVEL, CORE, 5, 0, 100, 1),
        row(8, overseas(1), Event.STEPPED_OUT, CORE, 5, 0, 0, RESEARCH),
        row(9, overseas(1), Event.STEPPED_IN, CORE, 5, 0, 80, RESEARCH),
    )
    spells = gather_facts(log, NAMED).step_outs
    assert spells[["out", "back"]].tolist() == [(0, -1), (8, 9)]


def test_a_trainee_away_at_the_start_has_a_return_but_no_kind_of_absence() -> None:
    log = log_of(
        row(0, overseas(1), Event.PRESENT_AT_START, GP, ST1, 0, 0, State.STEPPED_OUT),
        row(5, overseas(1), Event.STEPPED_IN, GP, ST1, 0, 100, RESEARCH + 500),
    )
    kpis = kpis_of(log)["value"]
    assert kpis[("stepped_out[kind=not_recorded]", 2025)] == pytest.approx(5 / 12)
    assert kpis[("returns_to_training[kind=research]", 2025)] == 1
    assert np.isnan(kpis[("back_within_12_months_percent", 2025)])


def test_a_kind_without_a_name_is_told_by_its_number() -> None:
    kpis = kpis_of(away_log(), blueprint())["value"]
    assert kpis[("step_outs[kind=kind_1]", 2025)] == 1


def test_a_kind_of_which_there_cannot_be_so_many_is_refused() -> None:
    log = log_of(row(0, overseas(1), Event.STEPPED_OUT, GP, ST1, detail=99))
    with pytest.raises(ValueError, match="no kind of step-out"):
        summarise(log, NAMED)


def test_credit_is_counted_by_reason() -> None:
    def credit(person: int, reason: Credit, hundredths: int, programme: int) -> tuple[int, ...]:
        detail = hundredths + CREDIT_KIND * reason
        return row(
            3, overseas(person), Event.CREDIT_GRANTED, programme, int(LEVEL_FIRST[programme]), 1, 100, detail
        )

    log = log_of(
        credit(1, Credit.EXPERIENCE, 600, GP),
        credit(2, Credit.EXPERIENCE, 450, CORE),
        credit(3, Credit.TRANSFER, 1200, GP),
        credit(4, Credit.STEP_OUT, 300, GP),
    )
    kpis = kpis_of(log)["value"]
    assert kpis[("credit_grants", 2025)] == 4
    assert kpis[("credit_grants[kind=experience]", 2025)] == 2
    assert kpis[("credit_months", 2025)] == 25.5
    assert kpis[("credit_months[kind=transfer]", 2025)] == 12
    assert kpis[("credit_months[kind=experience,programme=core_medicine]", 2025)] == 4.5
    assert kpis[("credit_months[region=south]", 2025)] == 25.5
    assert kpis[("experience_credit_months", 2025)] == 10.5


def test_a_transfer_is_counted_where_it_left_and_where_it_went() -> None:
    log = log_of(row(3, overseas(1), Event.TRANSFERRED, CORE, 5, 1, 100, GP))
    kpis = kpis_of(log)["value"]
    assert kpis[("transfers_out[programme=core_medicine]", 2025)] == 1
    assert kpis[("transfers_in[programme=gp]", 2025)] == 1
    assert ("transfers_in[programme=core_medicine]", 2025) not in kpis


def test_later_careers_are_counted() -> None:
    log = log_of(
        row(0, overseas(1), Event.PORTFOLIO_STARTED, CARDIOLOGY, detail=6),
        row(6, overseas(1), Event.PORTFOLIO_REFUSED, CARDIOLOGY),
        row(7, overseas(2), Event.PORTFOLIO_REGISTERED, CARDIOLOGY),
        row(0, overseas(9), Event.PRESENT_AT_START, detail=State.LOCALLY_EMPLOYED),
        row(3, overseas(9), Event.PORTFOLIO_REGISTERED, CARDIOLOGY, region=1),
        row(7, overseas(2), Event.FELLOWSHIP_STARTED, CARDIOLOGY, detail=1200),
        row(8, overseas(3), Event.FELLOWSHIP_STARTED, GP, detail=2401),
        row(8, overseas(4), Event.SPECIALIST_GRADE, CARDIOLOGY, region=1),
        row(8, overseas(5), Event.SCHEME_STARTED, GP, region=1, detail=Scheme.RETAINER + 6000),
        row(8, overseas(6), Event.SCHEME_STARTED, GP, detail=Scheme.INDUCTION_REFRESHER + 600),
        row(9, overseas(7), Event.SCHEME_STARTED, GP, detail=Scheme.INDUCTION_REFRESHER + 600),
        row(9, overseas(8), Event.ENHANCE_JOINED, GP, ST1, 1, detail=12),
        row(9, overseas(8), Event.LTFT_REFUSED, GP, ST1, 1, detail=60),
    )
    kpis = kpis_of(log)["value"]
    for kpi, value in {
        "portfolio_applications": 1,
        "portfolio_refusals": 1,
        "portfolio_registrations": 2,
        "portfolio_from_locally_employed": 1,
        "portfolio_from_locally_employed[region=south]": 1,
        "portfolio_success_percent": 200 / 3,
        "fellowship_starts": 2,
        "fellowship_starts[fellowship=post_cct_year]": 1,
        "fellowship_starts[fellowship=primary_care]": 1,
        "fellows": (5 + 4) / 12,
        "specialist_grade_moves[region=south]": 1,
        "gp_retainer_starts": 1,
        "induction_refresher_starts": 2,
        "enhance_joiners": 1,
        "ltft_refusals[programme=gp]": 1,
    }.items():
        assert kpis[(kpi, 2025)] == pytest.approx(value), kpi
        if "[" not in kpi:
            assert kpis[(kpi, 2027)] >= 0 or np.isnan(kpis[(kpi, 2027)])


def test_without_flexible_training_counts_are_nothing_and_shares_are_missing() -> None:
    kpis = kpis_of(log_of(), small_blueprint())
    for kpi in kpis_flexible.KPIS:
        if kpi.total:
            found = kpis.loc[(kpi.name, 2025)]
            ratio = not np.isnan(found["denominator"])
            assert np.isnan(found["value"]) if ratio else found["value"] == 0, kpi.name


def test_a_road_tells_of_time_away_of_other_hours_and_of_credit() -> None:
    doctor = student(1, 0)
    log = log_of(
        row(0, doctor, Event.FOUNDATION_STARTED, FOUNDATION, F2, wte=80),
        row(2, doctor, Event.FOUNDATION_SIGNED_OFF, FOUNDATION, F2, phase=Phase.ENDINGS),
        row(2, doctor, Event.STARTED_LEVEL, GP, ST1, detail=1),
        row(2, doctor, Event.CREDIT_GRANTED, GP, ST1, detail=550 + CREDIT_KIND * Credit.EXPERIENCE),
        row(8, doctor, Event.CHANGED_HOURS, GP, ST1, wte=60),
        row(10, doctor, Event.STEPPED_OUT, GP, ST1, wte=0, detail=PARENTAL + 900),
        row(19, doctor, Event.BLOCKED, GP, ST1, wte=60, detail=PoolKind.TRAINING_POST),
        row(21, doctor, Event.STEPPED_IN, GP, ST1, wte=60, detail=PARENTAL + 1100),
        row(21, doctor, Event.CREDIT_GRANTED, GP, ST1, detail=100 + CREDIT_KIND * Credit.STEP_OUT),
        row(24, doctor, Event.COMPLETED_TRAINING, GP, ST2),
    )
    (done,) = summarise(log, NAMED).completions.to_dict("records")
    assert (done["months_in_training"], done["months_waiting"], done["months_outside"]) == (11, 2, 0)
    assert (done["months_stepped_out"], done["step_outs"], done["months_ltft"]) == (9, 1, 5)
    assert done["credit_months"] == 6.5
    assert done["f2_to_cct_months"] == 22
    assert done["mean_wte"] == pytest.approx((6 * 100 + 5 * 60) / 11)
