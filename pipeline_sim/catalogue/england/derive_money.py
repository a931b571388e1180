"""Costs, grades of pay, price year and discount rate, in pounds of 2025/26.

Every amount is a figure of ``published/costs.csv`` or arithmetic on such figures. Who pays:

*Education budget.* Placements and bursaries of students (published totals over the students of the base); for
hospital trainees half of basic pay with on-costs, and the placement fee; for GP trainees in practice all of
it, and the trainer grant. Supervision is paid from the fee: the fee that is left goes with hours, supervision
with heads.

*Employers.* The rest of trainees' pay, earnings above basic pay included, which buys service; paid leave.
"""

from __future__ import annotations

import re
from functools import cache

from .derive_common import REGIONS, Row, figures, table, value, write
from .derive_school import SETTINGS, START, placement_demand

EDUCATION, EMPLOYERS = "education_budget", "employers"
PRACTICE = "gp_"  # grades of GP trainees, who are paid otherwise
PA_OF_A_CONSULTANT = 10
WEEKS = 52
JUDGED = "model_judgement"


def of(figure: str, item: str = "all") -> float:
    """One figure of money, as published."""
    return value("costs", figure, item)


def uprated(figure: str, item: str = "all") -> float:
    """One figure in prices of 2025/26."""
    year = int(figures("costs", figure)[item]["year"][:4])
    return of(figure, item) * (1 + of("uprating")) ** (START - year)


def grade_of(level: Row) -> str:
    """The grade of pay: by the year in the level's name; GP trainees apart."""
    name, number = level["level"], int(re.sub(r"\D", "", level["level"]))
    grade = (
        name.lower()
        if name in ("F1", "F2")
        else "st1_2"
        if number <= 2
        else "st3_5"
        if number <= 5
        else "st6_8"
    )
    return PRACTICE + grade if level["programme"] == "general_practice" else grade


@cache
def grades() -> dict[str, list[Row]]:
    """The levels of each grade."""
    found: dict[str, list[Row]] = {}
    for level in table("levels"):
        found.setdefault(grade_of(level), []).append(level)
    return found


def mean(grade: str, column: str) -> float:
    """Mean over the levels of a grade."""
    levels = grades()[grade]
    return sum(float(level[column]) for level in levels) / len(levels)


def in_practice(grade: str) -> float:
    """Part of the time of a grade that is paid as training in general practice."""
    return mean(grade, "practice_share") if grade.startswith(PRACTICE) else 0.0


def with_on_costs(basic: float) -> float:
    return basic * (1 + of("employer_on_cost"))


def above_basic(basic: float) -> float:
    """Earnings above basic pay, with national insurance."""
    return basic * (of("earnings_over_basic") - 1) * (1 + of("national_insurance"))


def hospital_slot() -> float:
    """A year of a supervisor slot: a consultant's time."""
    consultant = (of("basic_pay", "consultant_lowest") + of("basic_pay", "consultant_highest")) / 2
    return with_on_costs(consultant) / PA_OF_A_CONSULTANT * of("supervisor_time", "slot")


def practice_slot() -> float:
    """A year of a slot of general practice: trainer grant in practice, a consultant's time in hospital."""
    cost = load = 0.0
    for level in (one for one in table("levels") if grade_of(one).startswith(PRACTICE)):
        share, whole = float(level["practice_share"]), float(level["supervision_load"])
        hospital = (1 - share) * mean("st1_2", "supervision_load")
        cost += share * uprated("trainer_grant", "practice") + hospital * hospital_slot()
        load += whole
    return cost / load


def row(item: str, kind: str, payer: str, pounds: float, source: str, note: str) -> list[object]:
    """A row of ``costs.csv``, in whole pence."""
    return [item, kind, payer, START, round(pounds, 2), source, "assumption", "", "", note]


def pay_rows(grade: str) -> list[list[object]]:
    """What a whole-time month of a grade costs each payer."""
    basic = of("basic_pay", grade.removeprefix(PRACTICE))
    practice = in_practice(grade)
    share = practice * of("salary_share", "practice") + (1 - practice) * of("salary_share", "hospital")
    pay = with_on_costs(basic)
    supervision = mean(grade, "supervision_load") * hospital_slot()
    fee = (1 - practice) * max(uprated("postgraduate_placement_fee") - supervision, 0)
    source = figures("costs", "basic_pay")[grade.removeprefix(PRACTICE)]["source"]
    note = (
        "basic pay sourced; share of pay from the education budget and placement fee less supervision judged"
    )
    rest = "basic pay sourced; the rest of it, and earnings above basic pay, judged"
    of_employers = (1 - share) * pay + (1 - practice) * above_basic(basic)
    return [
        row("training_wte_month", grade, EDUCATION, (share * pay + fee) / 12, source, note),
        row("training_wte_month", grade, EMPLOYERS, of_employers / 12, source, rest),
    ]


def credential_cost(credential: Row) -> float:
    """Supervision and study budget over the length of a credential."""
    years = float(credential["wte_months"]) / 12
    return years * (float(credential["supervision_load"]) * hospital_slot() + uprated("study_budget"))


def cost_rows() -> list[list[object]]:
    written = figures("costs", "medical_student_placements")["england"]["source"]
    students = sum(int(each["students"]) for each in table("student_stock"))
    placed = sum(placement_demand(region) for region in REGIONS)
    resident = with_on_costs(of("basic_pay", "mean_resident"))
    worked = resident + above_basic(of("basic_pay", "mean_resident"))
    local = with_on_costs(of("basic_pay", "st1_2")) + above_basic(of("basic_pay", "st1_2"))
    retainer = (
        of("retainer_session", "practice") * of("retainer_sessions") * WEEKS + of("retainer_bursary", "gp")
    ) / 12
    secondary, remembered = "pay_dhsc_via_factually", "pay_circular_remembered_2025"
    hcsa = "resident_doctor_pay_hcsa_2025"
    rows = [
        row("student_month", "any", EDUCATION,
            of("medical_student_bursaries", "england") / students / 12, written,
            "published spend of 2025/26 on bursaries over the students of the base"),
        *(
            row("placement_month", setting, EDUCATION,
                of("medical_student_placements", "england") / placed / 12, written,
                "published forecast of 2025/26 over the student-years placed; one tariff for all settings")
            for setting in SETTINGS
        ),
    ]  # fmt: skip
    for grade in grades():
        rows += pay_rows(grade)
    rows += [
        row("training_month", "any", EDUCATION, uprated("study_budget") / 12, JUDGED, "study budget"),
        row("part_time_month", "any", EMPLOYERS, of("ltft_allowance") / 12, remembered,
            "allowance for training less than full time"),
        row("supervision_month", "any", EDUCATION, hospital_slot() / 12, remembered,
            "a quarter of a programmed activity of a consultant at mid-scale, with on-costs"),
        row("supervision_month", "general_practice", EDUCATION, practice_slot() / 12, JUDGED,
            "trainer grant for time in practice, a consultant's time for time in hospital"),
        row("time_out_month", "parental_leave", EMPLOYERS,
            resident * of("parental_pay", "full_pay_months") / 144, secondary,
            "mean basic pay with on-costs"),
        row("time_out_month", "sickness", EMPLOYERS,
            resident * of("sick_pay", "full_pay_months") / 144, secondary,
            "mean basic pay with on-costs"),
        *(
            row("time_out_month", kind, EMPLOYERS, worked / 12, secondary,
                "paid as at work; research, experience elsewhere and career breaks are paid by others or not")
            for kind in ("oopt", "oopp")
        ),
        row("supported_return", "any", EDUCATION, uprated("supported_return"), JUDGED, "range 1500 to 4000"),
        row("enhance_place", "any", EDUCATION, uprated("study_budget"), JUDGED,
            "as one year of study budget"),
        row("outside_month", "any", EMPLOYERS, local / 12, hcsa,
            "pay of ST1-2; no figure for locally employed doctors was found"),
        row("outside_month", "teaching_research", EMPLOYERS, 0.0, JUDGED, "paid by universities"),
        row("fellowship_wte_month", "any", EMPLOYERS,
            with_on_costs(of("basic_pay", "salaried_gp_lowest")) / 12, remembered,
            "lowest pay of a salaried GP with on-costs"),
        *(
            row("credential", each["credential"], EDUCATION, credential_cost(each), JUDGED,
                "supervision and study budget over its length")
            for each in table("credentials")
        ),
        row("return_scheme_month", "any", EDUCATION, of("refresher_bursary"), "national_gp_ir_scheme",
            "monthly bursary at the rate of 2018"),
        row("retainer_month", "any", EDUCATION, retainer, "retainer_payments_pulse_2016",
            "four sessions a week and the bursary, at the rates of 2016"),
    ]  # fmt: skip
    return rows


def write_money() -> None:
    """``costs.csv``, ``level_grades.csv`` and ``money.csv``."""
    write("costs", ["item", "kind", "payer", "year", "pounds"], cost_rows())
    note = "by the year in the level's name"
    write(
        "level_grades", ["programme", "level", "grade"],
        [
            [level["programme"], level["level"], grade_of(level), JUDGED, "assumption", "", "", note]
            for level in table("levels")
        ],
    )  # fmt: skip
    rate = figures("costs", "discount_rate")["all"]
    numbers: list[list[object]] = [
        ["price_year", START, JUDGED, "assumption", "", "", "2025/26"],
        ["discount_rate", float(rate["value"]), rate["source"], rate["status"], "", "", "constant prices"],
    ]
    write("money", ["item", "value"], numbers)
