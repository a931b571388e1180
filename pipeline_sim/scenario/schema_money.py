"""The tables of money: what a unit of training costs whom, the grades of pay, price year and discount rate.

Nothing here changes an event. A scenario without ``costs`` has no budget and no KPIs of money.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline_sim.scenario.blueprint import PLACEMENT_SETTINGS, TRAINED_GROUPS
from pipeline_sim.scenario.schema import FIRST_YEAR, LAST_YEAR, Column, TableSpec

READER = "results/budget.py"
#: The kind of a cost that holds for every kind without a row of its own.
ANY = "any"
PAYERS = ("education_budget", "employers", "other_public")
#: Heads of the budget. Those of the pipeline are what a CCT costs; the others come beside or after it.
PIPELINE_HEADS = (
    "students",
    "placements",
    "foundation",
    "specialty_training",
    "supervision",
    "time_out",
    "supported_return",
    "incentives",
    "enhance",
)
HEADS = (
    *PIPELINE_HEADS,
    "locally_employed",
    "fellowships",
    "credentials",
    "return_and_retention",
    "trained_workforce",
)
OUTSIDE_STATES = ("locally_employed", "unplaced", "training_initiative", "teaching_research")


@dataclass(frozen=True)
class Item:
    """What one pound amount is for. ``kinds`` are names, or the column that defines them; none = any only."""

    head: str
    unit: str
    kinds: tuple[str, ...] | str = ()


#: What costs are given for. Items of training count as foundation for the programme foundation.
ITEMS = {
    "student_month": Item("students", "month of a student"),
    "placement_month": Item("placements", "month of a student placement in use", PLACEMENT_SETTINGS),
    "training_wte_month": Item("specialty_training", "whole-time month in post", "level_grades.grade"),
    "training_month": Item("specialty_training", "month in post, whatever the hours", "level_grades.grade"),
    "part_time_month": Item(
        "specialty_training", "month in post at less than full time", "level_grades.grade"
    ),
    "supervision_month": Item("supervision", "month of a supervisor slot", "supervision_groups.group"),
    "time_out_month": Item("time_out", "month away from a programme", "step_outs.step_out"),
    "supported_return": Item("supported_return", "return with a place of support"),
    "enhance_place": Item("enhance", "place taken"),
    "outside_month": Item("locally_employed", "month outside training", OUTSIDE_STATES),
    "fellowship_wte_month": Item("fellowships", "whole-time month of a fellow"),
    "credential": Item("credentials", "doctor who starts one", "credentials.credential"),
    "return_scheme_month": Item("return_and_retention", "month on induction and refresher"),
    "retainer_month": Item("return_and_retention", "month planned on the retainer"),
    "workforce_wte_month": Item("trained_workforce", "whole-time month in practice", TRAINED_GROUPS),
}
PRICE_YEAR, DISCOUNT_RATE = "price_year", "discount_rate"
LARGEST_POUNDS = 1e9

SPECS = (
    TableSpec(
        "costs",
        "What training costs: pounds for one unit of an item, by who pays. What is not listed costs nothing.",
        READER,
        (
            Column("item", "choice", "what is paid for", key=True, choices=tuple(ITEMS)),
            Column(
                "kind", "name",
                "grade, setting, supervision group, kind of step-out, state or credential; any = all others",
                key=True,
            ),
            Column("payer", "choice", "who pays", key=True, choices=PAYERS),
            Column("year", "year", "training year that starts in August of this year", "year", key=True),
            Column(
                "pounds", "number", "cost of one unit, in prices of the price year", "pounds",
                low=0, high=LARGEST_POUNDS,
            ),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "level_grades", "The grade of pay of each level; a level without a row costs what any grade does.",
        READER,
        (
            Column("programme", "reference", "programme", key=True, refers_to="programmes.programme"),
            Column("level", "name", "level of the programme", key=True),
            Column("grade", "name", "grade that costs are given for"),
        ),
        optional=True,
    ),
    TableSpec(
        "money", "The year whose prices costs are in, and the rate at which later years count less.",
        "results/money.py",
        (
            Column("item", "choice", "which number", key=True, choices=(PRICE_YEAR, DISCOUNT_RATE)),
            Column(
                "value", "number", "a year (2025 = 2025/26), or a rate such as 0.035", "year or rate",
                low=0, high=LAST_YEAR,
            ),
        ),
        optional=True,
    ),
)  # fmt: skip

EARLIEST_PRICES = FIRST_YEAR
