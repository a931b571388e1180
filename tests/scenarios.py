"""Scenarios the engine tests run: variants of ``teaching`` made by editing its values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product

from flexible_tables import flexible_tables

from pipeline_sim.errors import ScenarioError
from pipeline_sim.scenario.definition import Scenario, table_problems
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.scenario.schema import table_specs
from pipeline_sim.scenario.table import Table

Row = Mapping[str, object]

WITHOUT_CHANCE: dict[str, object] = {
    "route_years:repeat": 0,
    "route_years:leave": 0,
    "routes:applies_for_foundation": 1,
    "foundation.withdrawal": 0,
    "foundation.f1_extension": 0,
    "foundation.f2_extension": 0,
    "foundation.f1_release": 0,
    "foundation.f2_release": 0,
    "programmes:resignation": 0,
    "programmes:development": 0,
    "programmes:extra_time": 0,
    "programmes:release": 0,
    "programmes:ltft_share": 0,
    "programmes:appointable_z": -10,
    "programmes:interviews_per_post": 0,
    "after_f2.apply:share": 1,
    "after_f2.locally_employed:share": 0,
    "after_f2.abroad:share": 0,
    "after_f2.teaching_research:share": 0,
    "after_f2.break:share": 0,
    "after_f2.leave:share": 0,
    "outside:apply": 1,
    "outside:leave": 0,
    "outside:to_sas": 0,
    "outside:to_locally_employed": 0,
    "rounds.decline": 0,
    "rounds.no_response": 0,
    "rounds.withdraw_before_start": 0,
    "rounds.readvert_reapplies": 0,
    "rounds.february_reapplies": 0,
    "stock.off_cycle_share": 0,
    "programmes:uk_share": 1,
    "arrivals:people": 0,
    "outside_stock:people": 0,
    "exits:leave": 0,
    "practice.reduce_hours_gp": 0,
    "practice.reduce_hours_consultant": 0,
    "practice.reduce_hours_sas": 0,
    "practice.portfolio": 0,
    "practice.sas_applies": 0,
}


def teaching(**edits: object) -> Scenario:
    """The teaching base with values changed; ``__`` in a keyword stands for a dot."""
    return load_scenario("teaching").with_values({k.replace("__", "."): v for k, v in edits.items()})


def ladder(gp_posts: int, gp_stock: int) -> Scenario:
    """A hand-computable variant: no chance, one route of 100 students a year, everybody chooses GP.

    100 students in each year of a five-year course, 100 foundation doctors a year, ``gp_stock`` GP
    trainees in each of three levels, ``gp_posts`` posts, and everyone finishes each August.
    """
    return load_scenario("teaching").with_values(
        WITHOUT_CHANCE
        | {
            "intake.standard:students": 100,
            "intake.graduate_entry:students": 0,
            "student_stock.standard:students": 100,
            "student_stock.graduate_entry:students": 0,
            "foundation_places.main:places": 100,
            "foundation_places.priority:places": 0,
            "foundation_places.specialised:places": 0,
            "specialty_taste.uk_graduate.core_medicine:weight": 0,
            "trainee_stock.foundation:trainees": 100,
            "trainee_stock.general_practice:trainees": gp_stock,
            "trainee_stock.core_medicine:trainees": 0,
            "trainee_stock.cardiology:trainees": 0,
            "posts.general_practice:posts": gp_posts,
            "workforce_stock.gp:doctors": 4000,
        }
    )


def with_tables(scenario: Scenario, tables: Mapping[str, Iterable[Row]]) -> Scenario:
    """The scenario with whole tables replaced by rows, checked as a file would be.

    A row names its cells; provenance left out is filled in, anything else left out is blank.
    """
    together = {**scenario.tables, **{name: _table(name, rows) for name, rows in tables.items()}}
    problems = table_problems(together, scenario.first_training_year)
    if problems:
        raise ScenarioError(problems)
    return replace(scenario, tables=together)


def with_more_rows(scenario: Scenario, tables: Mapping[str, Iterable[Row]]) -> Scenario:
    """The scenario with rows added at the end of tables, optional tables included."""
    longer = {name: [*rows_of(scenario, name), *rows] for name, rows in tables.items()}
    return with_tables(scenario, longer)


def rows_of(scenario: Scenario, name: str) -> list[dict[str, object]]:
    """The rows of a table as dictionaries; none if the scenario does not have it."""
    if name not in scenario.tables:
        return []
    columns = scenario.tables[name].columns
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def _table(name: str, rows: Iterable[Row]) -> Table:
    spec = table_specs()[name]
    filled = [{"source": "teaching", "status": "assumption", **row} for row in rows]
    columns = {column.name: tuple(row.get(column.name) for row in filled) for column in spec.columns}
    return Table(spec, spec.file, columns, tuple(range(2, len(filled) + 2)))  # type: ignore[arg-type]


def with_second_region(scenario: Scenario) -> Scenario:
    """A one-region scenario with a second region of the same counts, that attracts less."""
    first = scenario.tables["regions"]["region"][0]
    doubled: dict[str, list[Row]] = {}
    for name, table in scenario.tables.items():
        if name != "regions" and "region" in table.columns:
            rows = rows_of(scenario, name)
            doubled[name] = [*rows, *({**row, "region": "northshire"} for row in rows)]
    regions = rows_of(scenario, "regions")
    pulls = {"attraction": 0.5, "foundation_attraction": 0.4, "settle": 0.3}
    doubled["regions"] = [*regions, {**regions[0], "region": "northshire", **pulls}]
    assert first != "northshire"
    return with_tables(scenario, doubled)


def credential_tables(regions: Iterable[str]) -> dict[str, list[Row]]:
    """Three credentials of the teaching base's programmes, for every group of doctors, dated and scarce."""
    credentials = (
        # credential, months, supervision load, supervision group, calendar month
        ("thrombectomy", 12, 1, "medicine", 8),
        ("rural_and_remote", 9, 0.5, "general_practice", 9),
        ("heart_failure", 6, 0, "medicine", 11),
    )
    eligible = (
        ("thrombectomy", "cardiology", "consultant", 2025, None, 0.2),
        ("thrombectomy", "cardiology", "sas", 2025, None, 0.2),
        ("thrombectomy", "cardiology", "trainee", 2026, 2, 0.5),
        ("rural_and_remote", "general_practice", "gp", 2025, None, 0.1),
        ("rural_and_remote", "general_practice", "gp", 2027, None, 0.05),
        ("heart_failure", "cardiology", "consultant", 2025, None, 0.2),
        ("heart_failure", "general_practice", "gp", 2025, None, 0.1),
    )
    return {
        "credentials": [
            {
                "credential": name, "title": name.replace("_", " "), "multi_professional": 0,
                "wte_months": months, "supervision_load": load, "supervision_group": group, "month": month,
                "after_cct": 1, "sas_doctors": 1, "late_trainees": 1,
            }
            for name, months, load, group, month in credentials
        ],
        "credential_eligibility": [
            dict(
                zip(("credential", "programme", "group", "year", "from_level", "apply"), row, strict=True)
            )
            for row in eligible
        ],
        "credential_slots": [
            {"credential": name, "region": region, "year": year, "slots": slots}
            for name, *_ in credentials
            for region in regions
            for year, slots in ((2025, 20), (2027, 40))
        ],
    }  # fmt: skip


def credit_tables() -> dict[str, list[Row]]:
    """Credit, recognised experience, trying for another programme, and Enhance, for the teaching base."""
    transfer = {"uptake": 0.9, "overlap": 0.9, "min_months": 6, "recency_months": 20, "satisfactory_exit": 1}
    families = ("general_practice", "medicine")
    programmes = ("general_practice", "core_medicine", "cardiology")
    states = {"locally_employed": 12, "unplaced": 12, "sas": 24, "training_initiative": 6}
    return {
        "credit_families": [
            {"from_family": a, "to_family": b, "year": 2024, "cap_months": 14, **transfer}
            for a, b in product(reversed(families), families)
        ],
        "credit_transfer": [
            {
                "from_programme": "general_practice", "to_programme": "core_medicine", "year": 2026,
                "cap_months": 12, **transfer,
            }
        ],
        "recognised_experience": [
            {
                "state": state, "family": family, "year": 2025, "uptake": 1, "cap_months": 15,
                "rate": 0.7 if family == "general_practice" else 0.2,
                "min_months": least, "recency_months": 6,
            }
            for (state, least), family in product(states.items(), families)
        ],
        "transfers": [{"programme": p, "year": 2025, "applies": 0.3} for p in programmes],
        "enhance_places": [{"region": "middleshire", "year": 2025, "places": 120, "months": 12}],
        "enhance_effects": [
            {"programme": "general_practice", "year": 2025, "taste_weight": 3, "credit_months": 2}
        ],
    }  # fmt: skip


CAREERS: dict[str, list[Row]] = {
    "portfolio": [
        {
            "group": "medicine", "year": 2025, "start": 0.25, "after_years": 1, "shortest": 4,
            "longest": 20, "success": 0.6, "supervision_load": 0.25, "in_progress": 0.3,
        },
    ],
    "portfolio_outside": [
        {
            "group": group, "year": year, "start": start, "min_nhs_months": months, "shortest": 3,
            "longest": 16, "success": 0.5, "supervision_load": load, "in_progress": 0.3,
        }
        for group, year, start, months, load in (
            ("uk_graduate", 2025, 0.2, 12, 0.5),
            ("overseas", 2025, 0.3, 20, 0.25),
            ("overseas", 2027, 0.2, 24, 1),
        )
    ],
    "specialist_grade": [
        {
            "year": 2025, "start": 0.2, "graduation_age": 24, "postgraduate_years": 12,
            "specialty_years": 6,
        },
    ],
    "fellowships": [
        {
            "fellowship": fellowship, "group": group, "year": 2025, "share": share, "months": months,
            "wte_percent": percent, "stay": stay, "hours_added": added,
        }
        for fellowship, group, share, months, percent, stay, added in (
            ("primary_care_fellowship", "gp", 0.3, 24, 80, 0.8, 0),
            ("extra_year", "gp", 0.2, 12, 100, 0.7, 15),
            ("post_cct_fellowship", "consultant", 0.4, 6, 100, 0.5, 10),
        )
    ],
    "fellowship_regions": [{"fellowship": "extra_year", "region": "northshire", "weight": 1}],
    "reduced_hours": [
        {"group": "gp", "sex": "female", "year": 2025, "cut": 0.1},
        {"group": "gp", "sex": "female", "year": 2027, "cut": 0.3},
    ],
    "schemes": [
        {
            "year": 2025, "retainer_share": 0.5, "retainer_percent": 40, "retainer_shortest": 3,
            "retainer_longest": 24, "retainer_stays": 0.5, "refresher_share": 0.8, "refresher_over": 10,
            "refresher_shortest": 2, "refresher_longest": 6,
        },
    ],
}  # fmt: skip


def geography_tables(regions: tuple[str, str]) -> dict[str, list[Row]]:
    """Posts that move to the second region, and school places awarded anew where need is."""
    first, second = regions
    return {
        "population": [
            {"region": region, "year": year, "people": people, "need_weight": need}
            for region, year, people, need in (
                (second, 2026, 700_000, 1.2), (first, 2028, 700_000, 1.3)
            )
        ],
        "redistribution_targets": [
            {"programme": programme, "region": region, "year": year, "weight": weight}
            for programme, year, region, weight in (
                ("core_medicine", 2025, first, 1), ("core_medicine", 2025, second, 1.5),
                ("cardiology", 2026, first, 1), ("cardiology", 2026, second, 2),
            )
        ],
        "redistribution_pace": [
            {"programme": "core_medicine", "year": 2025, "pace": 0.03},
            {"programme": "core_medicine", "year": 2027, "pace": 0.1},
            {"programme": "cardiology", "year": 2026, "pace": 0.2},
        ],
        "settlement": [{"region": first, "year": 2026, "stay": 0.3}],
        "contestable": [
            {"year": 2026, "share": 0.2, "period_years": 2, "criterion": "under_doctored"},
        ],
    }  # fmt: skip


def everything_happens() -> Scenario:
    """Two regions in which every table has rows, every mechanism acts, and everything is a little scarce."""
    scenario = with_second_region(load_scenario("teaching"))
    streams = {
        "uk_on_a_break": ("break", "uk_graduate", 3),
        "uk_abroad": ("abroad", "uk_graduate", 8),
        "overseas_graduates": ("foundation_waiting", "overseas", 8),
        "overseas_consultants": ("consultant", "overseas", 5),
        "overseas_gps": ("gp", "overseas", 8),
        "overseas_sas": ("sas", "overseas", 9),
        "initiative": ("training_initiative", "overseas", 9),
    }
    people = [
        {"stream": stream, "region": region, "year": 2025, "people": 25}
        for stream in streams
        for region in ("middleshire", "northshire")
    ]
    scenario = with_more_rows(
        scenario,
        {
            "streams": [
                {
                    "stream": stream, "state": state, "group": group, "first_tier_share": 0.3,
                    "female_share": 0.5, "youngest": 27, "oldest": 50, "nhs_months_max": 40, "month": month,
                }
                for stream, (state, group, month) in streams.items()
            ],
            "arrivals": people,
            "outside_stock": people,
            "incentives": [
                {
                    "programme": "cardiology", "region": "northshire", "year": 2025, "pounds": 20_000,
                    "more_stay": 0.2,
                }
            ],
            "supervisor_extra": [
                {"group": group, "region": "northshire", "year": 2026, "slots": 30}
                for group in ("foundation", "general_practice")
            ],
            "foundation_rules": [
                {"year": 2026, "rule": "prioritised", "oversubscription": "reserve_list"},
                {"year": 2027, "rule": "merit", "oversubscription": "placeholder"},
            ],
            "recruitment_rules": [
                {"year": 2027, "application_cap": 3, "tier_stage": "interview", "tier_nhs_months": 12}
            ],
            "exits": [{"group": "gp", "age_from": 25, "year": 2026, "leave": 0.08}],
            "outside_by_service": [
                {
                    "state": state, "group": group, "service_from": months, "year": year, "apply": apply,
                    "leave": 0.1, "to_sas": 0.1, "to_locally_employed": 0.1,
                }
                for state, group, months, year, apply in (
                    ("locally_employed", "overseas", 12, 2025, 0.4),
                    ("locally_employed", "overseas", 36, 2026, 0.2),
                    ("unplaced", "former_trainee", 0, 2025, 0.3),
                )
            ],
            "sas_after_training": [
                {"year": 2025, "share": 0.4, "min_nhs_months": 24},
                {"year": 2027, "share": 0.8, "min_nhs_months": 30},
            ],
            "training_initiative": [
                {"year": 2025, "months": 24, "leave": 0.5, "apply": 0.3},
                {"year": 2026, "months": 11, "leave": 0.3, "apply": 0.3},
            ],
            **credential_tables(("middleshire", "northshire")),
            "workforce_stock": [
                {"group": "sas", "programme": "general_practice", "region": "northshire", "doctors": 0}
            ],
            **CAREERS,
            **credit_tables(),
            **geography_tables(("middleshire", "northshire")),
        },
    )  # fmt: skip
    wanted = [row for row in rows_of(scenario, "demand") if row["programme"] != "cardiology"]  # may be a core
    scenario = with_tables(scenario, flexible_tables(scenario) | {"demand": wanted})
    lists = {"list_1": 0.4, "list_2": 0.3, "list_3": 0.2, "list_all": 0.1}
    sends = {"apply_1": 0.3, "apply_2": 0.2, "apply_3": 0.2, "apply_4": 0.1, "apply_5": 0.1, "apply_6": 0.1}
    return scenario.with_values(
        {f"applicant_groups:{column}": share for column, share in (lists | sends).items()}
        | {
            "programmes.core_medicine:shortage": 1,
            "foundation.priority_shortage_weight": 10,
            "foundation_places.priority:places": 60,
            "posts.general_practice:posts": 500,
            "supervision_groups.general_practice:gp_units": 45,
            "supervision_groups.medicine:consultant_units": 110,
            "programmes:extension_cap_months": 9,
            "foundation_places.main:places": 90,
            "placements.hospital:places": 700,
            "practice_places:places": 160,
            "workforce_stock.sas:doctors": 300,
            "rounds.decline": 0.25,
            "foundation.f1_release": 0.03,
            "foundation.f2_release": 0.03,
            "practice.portfolio": 0.1,
            "practice.sas_applies": 0.15,
            "recruitment_rules.2025:tier_stage": "offer",
            "recruitment_rules.2025:tier_nhs_months": 36,
            "recruitment_rules.2026:tier_nhs_months": 0,
        }
    )
