"""Scenarios made at random for the engine tests: not values only but regions, courses, programme chains,
rounds, streams and pools. Small in people, extreme in everything else, and always legal.

A scenario is made from one number, so that a failure names its scenario: ``random_scenario(20417)``.
Hypothesis draws the number only: drawing every value through it finds less in the same time.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TypeVar

from scenarios import CAREERS, Row, rows_of, with_tables

from pipeline_sim.scenario.blueprint import (
    AFTER_F2_DESTINATIONS,
    APPLICANT_GROUPS,
    APPLICANT_TRACKS,
    EXPERIENCE_STATES,
    FOUNDATION_KINDS,
    FOUNDATION_RULES,
    OUTSIDE_KINDS,
    OUTSIDE_STATES,
    OVERSUBSCRIPTION_RULES,
    PLACEMENT_SETTINGS,
    ROUND_TRACKS,
    TIER_STAGES,
    TRAINED_GROUPS,
)
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.scenario.schema import setting_specs
from pipeline_sim.scenario.schema_flexible import COUNTS, POST_WHILE_AWAY, RETURN_RULES, SEXES
from pipeline_sim.scenario.schema_tables import APPLY_COLUMNS, LIST_COLUMNS, STREAM_STATES

FIRST = 2025  # the training year of month 0, whatever the start
STARTS = ("2025-08", "2025-09", "2025-12", "2026-01", "2026-07")
AUGUST = 8
Value = TypeVar("Value")
#: Settings that stop all that follows when they are high.
STOPS = (
    "foundation.withdrawal", "foundation.f1_release", "foundation.f2_release", "rounds.decline",
    "rounds.no_response", "rounds.withdraw_before_start",
)  # fmt: skip


class _Maker:
    """Draws the tables of one scenario, each from the names that those before it define."""

    def __init__(self, number: int) -> None:
        self.luck = random.Random(number)
        self.tables: dict[str, list[Row]] = {}
        self.regions = [f"region_{k}" for k in self.times(1, 3)]
        self.groups = ["foundation", *(f"group_{k}" for k in self.times(1, 2))]

    def one_of(self, *values: Value) -> Value:
        return self.luck.choice(values)

    def yes(self) -> bool:
        return self.luck.random() < 0.5

    def times(self, low: int, high: int) -> range:
        return range(self.luck.randint(low, high))

    def people(self, most: int) -> int:
        return self.luck.randint(0, most)

    def chance(self) -> float:
        return self.one_of(0, 0.02, 0.1, 0.1, 0.3, 0.3, 0.7, 1)

    def shares(self, count: int) -> list[float]:
        """``count`` shares that add to 1, some of them 0."""
        parts = [self.people(4) for _ in range(count)]
        parts[self.luck.randrange(count)] += 1
        return [part / sum(parts) for part in parts]

    def everything(self) -> dict[str, list[Row]]:
        for make in (
            self.places_to_be, self.courses, self.foundation, self.programmes, self.rounds,
            self.applicants, self.outside, self.streams, self.practice, self.settings, self.credentials,
            self.careers, self.credit, self.time_away, self.hours, self.funding, self.geography,
        ):  # fmt: skip
            make()
        return self.tables

    def by_region(self, name: str, value: str, most: int, least: int = 0, **keys: object) -> None:
        """A row for every region, added to a table."""
        for region in self.regions:
            row = {**keys, "region": region, value: self.luck.randint(least, most)}
            self.tables.setdefault(name, []).append(row)

    def places_to_be(self) -> None:
        pulls = ("attraction", "foundation_attraction", "settle")
        self.tables["regions"] = [
            {"region": region, "population": 1, **{pull: k < 1 or self.people(2) for pull in pulls}}
            for k, region in enumerate(self.regions)
        ]
        units = ("consultant_units", "gp_units", "sas_units")
        self.tables["supervision_groups"] = [
            {
                "group": group,
                **{unit: self.one_of(0, 30, 90) if k else 0 for unit in units},
                "foundation_share": self.one_of(0, 0.3, 1) if k else 0,
            }
            for k, group in enumerate(self.groups)
        ]
        self.tables["supervisor_extra"] = []
        for group in self.groups:
            self.by_region("supervisor_extra", "slots", 15, group=group, year=FIRST)
        self.by_region("practice_places", "places", 10, year=FIRST)
        self.by_region("practice_places", "places", 10, year=FIRST + 2)

    # medical school ---------------------------------------------------------------------------------

    def courses(self) -> None:
        self.tables |= {"routes": [], "route_years": [], "student_stock": [], "placement_mixes": []}
        for k in self.times(1, 2):
            self.course(f"route_{k}")
        for stage in ("preclinical", "clinical", "final", "intercalated"):
            needed = stage in ("clinical", "final") or self.yes()
            for mix in self.times(1, 3) if needed else ():
                shares = self.shares(len(PLACEMENT_SETTINGS))
                self.tables["placement_mixes"] += [
                    {"stage": stage, "mix": mix + 1, "setting": setting, "share": share}
                    for setting, share in zip(PLACEMENT_SETTINGS, shares, strict=True)
                ]
        self.tables["placements"] = []
        for setting in PLACEMENT_SETTINGS:
            self.by_region("placements", "places", 20, setting=setting, year=FIRST, background=0)

    def course(self, route: str) -> None:
        self.tables["routes"].append(
            {
                "route": route,
                "entry_age": self.one_of(18, 25),
                **{
                    column: self.chance()
                    for column in ("widening_share", "female_share", "assistantship_share")
                },
                "applies_for_foundation": self.one_of(0.5, 1),
            }
        )
        months = [self.one_of(12, 12, 12, 6, 18) for _ in self.times(0, 4)]
        months.append(12 - (sum(months) + 1) % 12)
        for year, length in enumerate(months, 1):
            stage = self.one_of("preclinical", "clinical", "clinical", "intercalated")
            self.tables["route_years"].append(
                {
                    "route": route, "year": year, "months": length,
                    "stage": "final" if year == len(months) else stage,
                    "repeat": self.one_of(0, 0.2, 0.6), "leave": self.one_of(0, 0.05),
                }
            )  # fmt: skip
            self.by_region("student_stock", "students", 5, route=route, year_of_course=year)
        for year in (FIRST, FIRST + 2):
            self.by_region("intake", "students", 6, route=route, year=year)

    def foundation(self) -> None:
        for kind in FOUNDATION_KINDS:
            self.by_region("foundation_places", "places", 3, kind=kind, year=FIRST)
        self.tables["foundation_rules"] = [
            {
                "year": year,
                "rule": self.one_of(*FOUNDATION_RULES),
                "oversubscription": self.one_of(*OVERSUBSCRIPTION_RULES),
            }
            for year in (FIRST, FIRST + 1, FIRST + 3)
        ]

    # training ---------------------------------------------------------------------------------------

    def programmes(self) -> None:
        self.tables |= {"programmes": [], "levels": [], "posts": [], "trainee_stock": []}
        self.cores: list[str] = []
        self.trained: list[str] = []  # with posts
        self.programme("foundation", "foundation")
        for k in self.times(0, 2):
            self.programme(f"core_{k}", "core", self.cores[:] if self.luck.random() < 0.3 else [])
            self.cores.append(f"core_{k}")
        for k in self.times(1, 2):
            parents = self.cores[:1] if self.luck.random() < 0.3 else []
            self.programme(f"straight_{k}", self.one_of("run_through", "gp"), parents)
        for k in self.times(1, 2) if self.cores else ():
            wanted = self.luck.randint(1, len(self.cores)) if k else len(self.cores)
            self.programme(f"higher_{k}", "higher", self.cores[:wanted])
        if self.yes():
            self.programme("elsewhere", "workforce_only")

    def programme(self, name: str, kind: str, parents: list[str] = []) -> None:  # noqa: B006
        completes = {"foundation": "foundation", "core": "core", "workforce_only": "none"}.get(kind, "cct")
        group = "foundation" if kind == "foundation" else self.one_of(*self.groups)
        self.tables["programmes"].append(
            {
                "programme": name, "title": name, "family": "any", "kind": kind, "completes": completes,
                "supervision_group": None if kind == "workforce_only" else group,
                "trained_group": self.one_of("consultant", "gp") if completes in ("cct", "core") else None,
                "parents": "|".join(parents) or None,
                "shortage": self.one_of(0, 1),
                **{rate: self.one_of(0, 0.1, 0.4, 1) for rate in ("extra_time", "ltft_share")},
                "resignation": self.one_of(0, 0.05, 0.1, 0.1, 1),
                "development": self.chance(), "release": self.one_of(0, 0.02, 0.3),
                "extension_months": self.one_of(0, 3, 12), "extension_cap_months": self.one_of(0, 6, 24),
                "uk_share": self.chance(),
                "appointable_z": self.one_of(-10, -1, 0.5),
                "interviews_per_post": self.one_of(0, 1, 2.5),
            }
        )  # fmt: skip
        if kind == "workforce_only":
            return
        names = ("F1", "F2") if kind == "foundation" else [f"Y{k + 1}" for k in self.times(1, 3)]
        for order, level in enumerate(names, 1):
            self.tables["levels"].append(
                {
                    "programme": name, "level": level, "order": order,
                    "months": self.one_of(12, 12, 12, 1, 6, 7.5, 18),
                    "practice_share": self.one_of(0, 0.5, 1) if kind != "foundation" else 0,
                    "supervision_load": self.one_of(0, 0.5, 1, 2),
                }
            )  # fmt: skip
            self.by_region("trainee_stock", "trainees", 5, programme=name, level=level)
        if kind != "foundation":
            self.trained.append(name)
            least = int(len(self.trained) == 1)  # no region may be without posts
            self.by_region("posts", "posts", 12, least, programme=name, year=FIRST)
            self.by_region("posts", "posts", 12, least, programme=name, year=FIRST + 2)

    def rounds(self) -> None:
        names = [f"round_{k}" for k in self.times(1, 4)]
        self.tables["rounds"] = [
            {
                "round": name, "order": k + 1,
                "month": self.one_of(AUGUST, AUGUST, AUGUST, 2, 9, 11),
                "track": self.one_of(*ROUND_TRACKS),
                "repeats": self.one_of(None, names[k - 1]) if k else None,
            }
            for k, name in enumerate(names)
        ]  # fmt: skip
        self.tables["round_programmes"] = [
            {"round": name, "programme": programme, "share": self.one_of(0, 0.3, 1) if k else 1}
            for programme in self.trained
            for k, name in enumerate(names)
            if not k or self.yes()
        ]
        self.tables["recruitment_rules"] = [
            {
                "year": year, "application_cap": self.luck.randint(1, 6),
                "tier_stage": self.one_of(*TIER_STAGES), "tier_nhs_months": self.one_of(0, 12, 36),
            }
            for year in (FIRST, FIRST + 2)
        ]  # fmt: skip

    def applicants(self) -> None:
        self.tables["specialty_taste"] = [
            {"group": group, "programme": programme, "weight": not k or self.people(3)}
            for group in APPLICANT_GROUPS
            for k, programme in enumerate(self.trained)
        ]
        self.tables["applicant_groups"] = [
            {
                "group": group, "track": track, "score_bonus": self.one_of(0, 0.5),
                **dict(zip(APPLY_COLUMNS, self.shares(len(APPLY_COLUMNS)), strict=True)),
                **dict(zip(LIST_COLUMNS, self.shares(len(LIST_COLUMNS)), strict=True)),
            }
            for group in APPLICANT_GROUPS
            for track in APPLICANT_TRACKS
        ]  # fmt: skip
        self.tables["incentives"] = [
            {
                "programme": self.trained[0],
                "region": self.regions[-1],
                "year": FIRST,
                "pounds": 20_000,
                "more_stay": self.chance(),
            }
        ]

    # outside training and after it ------------------------------------------------------------------

    def outside(self) -> None:
        shares = self.shares(len(AFTER_F2_DESTINATIONS))
        self.tables["after_f2"] = [
            {
                "destination": destination, "share": share,
                "min_months": self.one_of(1, 1, 6), "max_months": self.one_of(6, 20),
            }
            for destination, share in zip(AFTER_F2_DESTINATIONS, shares, strict=True)
        ]  # fmt: skip
        others = AFTER_F2_DESTINATIONS[1:]
        self.tables["resignation_destinations"] = [
            {"destination": destination, "share": share}
            for destination, share in zip(others, self.shares(len(others)), strict=True)
        ]
        self.tables["outside"] = [
            {
                "state": state, "group": group, "apply": self.chance(), "leave": self.one_of(0, 0.05, 0.3),
                "to_sas": self.one_of(0, 0.1), "to_locally_employed": self.chance(),
            }
            for state in OUTSIDE_STATES
            for group in APPLICANT_GROUPS
        ]  # fmt: skip
        self.tables["outside_by_service"] = [
            {
                "state": state, "group": kind, "service_from": months, "year": FIRST + self.people(2),
                "apply": self.chance(), "leave": self.one_of(0, 0.05, 0.3), "to_sas": self.one_of(0, 0.2),
                "to_locally_employed": self.chance(),
            }
            for state in OUTSIDE_STATES
            for kind in OUTSIDE_KINDS
            for months in (0, 7, 36)
            if self.yes()
        ]  # fmt: skip
        self.tables["sas_after_training"] = [
            {"year": FIRST + k, "share": self.chance(), "min_nhs_months": self.one_of(0, 24)}
            for k in self.times(0, 2)
        ]
        self.tables["training_initiative"] = [
            {
                "year": FIRST + k, "months": self.one_of(1, 12, 24), "leave": self.one_of(0, 0.4, 0.5),
                "apply": self.one_of(0, 0.5),
            }
            for k in self.times(1, 2)
        ]  # fmt: skip

    def streams(self) -> None:
        self.tables |= {"streams": [], "stream_ready": [], "arrivals": [], "outside_stock": []}
        for k in self.times(1, 4):
            name = f"stream_{k}"
            self.tables["streams"].append(
                {
                    "stream": name, "state": self.one_of(*STREAM_STATES),
                    "group": self.one_of(*APPLICANT_GROUPS), "first_tier_share": self.chance(),
                    "female_share": self.chance(), "youngest": self.one_of(22, 40), "oldest": 64,
                    "nhs_months_max": self.one_of(0, 60), "month": self.one_of(AUGUST, 9, 1, 6),
                }
            )  # fmt: skip
            self.tables["stream_ready"] += [
                {"stream": name, "programme": core, "share": self.one_of(0, 0.5)} for core in self.cores
            ]
            self.by_region("outside_stock", "people", 12, stream=name)
            self.by_region("arrivals", "people", 8, stream=name, year=FIRST)

    def careers(self) -> None:
        for name, rows in CAREERS.items():
            if name not in ("portfolio", "fellowship_regions") and self.yes():
                self.tables[name] = [{**row} for row in rows]
        if self.yes():
            groups = self.tables["supervision_groups"][1:]
            self.tables["portfolio"] = [
                {**CAREERS["portfolio"][0], "group": row["group"], "start": self.chance()}
                for row in groups
                if self.yes()
            ]

    def practice(self) -> None:
        self.tables["workforce_stock"] = []
        for group in TRAINED_GROUPS:
            for row in self.tables["programmes"][1:]:
                if row["programme"] == self.trained[0] or self.yes():
                    name = row["programme"]
                    self.by_region("workforce_stock", "doctors", 8, least=1, group=group, programme=name)
        self.tables["after_cct"] = [
            {"group": group, "months": months, "share": share}
            for group in TRAINED_GROUPS[:2]
            for months, share in zip((0, 5, 12), self.shares(3), strict=True)
        ]
        self.tables["ltft_mix"] = [
            {"wte_percent": percent, "share": share}
            for percent, share in zip((80, 60, 35), self.shares(3), strict=True)
        ]
        self.tables["exits"] = [
            {**row, "leave": self.one_of(row["leave"], 0.4)}
            for row in rows_of(load_scenario("teaching"), "exits")
        ]

    def settings(self) -> None:
        """Every setting: chances from never to always, everything else near what the base has."""
        rows = rows_of(load_scenario("teaching"), "settings")
        for row in rows:
            setting = setting_specs()[str(row["name"])]
            if row["name"] in STOPS:
                row["value"] = self.one_of(0, 0.05, 0.2, 0.4)
            elif setting.kind == "probability":
                row["value"] = self.chance()
            elif setting.kind == "choice":
                row["value"] = self.one_of(*setting.choices)
            elif setting.unit == "multiplier":
                row["value"] = min(self.one_of(0, 0.5, 1, 2, 5), setting.high or 1)
            elif row["name"] == "practice.break_min_months":
                row["value"] = self.one_of(1, 6)
            elif row["name"] in ("foundation.extension_months", "foundation.practice_months"):
                row["value"] = self.one_of(0, 1, 6)
        self.tables["settings"] = [dict(row) for row in rows]

    def credentials(self) -> None:
        names = ["credential_0", "credential_1"]
        self.tables["credentials"] = [
            {
                "credential": name, "multi_professional": 0, "wte_months": self.one_of(1, 6, 12, 30),
                "supervision_load": self.one_of(0, 0.5, 1), "supervision_group": self.one_of(*self.groups),
                "month": self.one_of(AUGUST, AUGUST, 9, 11, 7),
                **{column: self.one_of(0, 1, 1) for column in ("after_cct", "sas_doctors", "late_trainees")},
            }
            for name in names
        ]  # fmt: skip
        self.tables["credential_eligibility"] = [
            {
                "credential": name, "programme": programme, "group": group, "year": year,
                "from_level": 1 if group == "trainee" else None, "apply": self.chance(),
            }
            for name in names
            for programme in self.trained
            for group in (*TRAINED_GROUPS, "trainee")
            for year in (FIRST, FIRST + 2)
        ]  # fmt: skip
        self.tables["credential_slots"] = []
        for name in names:
            self.by_region("credential_slots", "slots", 6, credential=name, year=FIRST + 1)

    # credit and transfer ----------------------------------------------------------------------------

    def credit(self) -> None:
        families = list(dict.fromkeys(row["family"] for row in self.tables["programmes"]))
        if self.yes():
            self.tables["credit_families"] = [
                {
                    "from_family": old, "to_family": new, "year": FIRST, "uptake": self.one_of(0.5, 1),
                    "cap_months": self.one_of(0, 6, 14.5, 60), "overlap": self.one_of(0, 0.15, 0.5, 1),
                    "min_months": self.people(12), "recency_months": self.people(60),
                    "satisfactory_exit": self.people(1),
                }
                for old in families
                for new in families
            ]  # fmt: skip
        if self.yes():
            self.tables["recognised_experience"] = [
                {
                    "state": state, "family": self.one_of(*families), "year": FIRST, "uptake": 0.7,
                    "cap_months": self.one_of(6, 20), "rate": self.one_of(0.2, 0.5, 1),
                    "min_months": self.people(12), "recency_months": self.people(60),
                }
                for state in EXPERIENCE_STATES
            ]  # fmt: skip
        if self.yes():
            self.tables["transfers"] = [
                {"programme": name, "year": FIRST, "applies": self.chance()} for name in self.trained
            ]
        if self.yes():
            self.by_region("enhance_places", "places", 30, year=FIRST, months=12)
            self.tables["enhance_effects"] = [
                {"programme": name, "year": FIRST + 1, "taste_weight": 3, "credit_months": self.people(6)}
                for name in self.trained[:1]
            ]

    # flexible training ------------------------------------------------------------------------------

    def time_away(self) -> None:
        """Kinds of step-out, who goes, how they come back; in some scenarios nobody may."""
        if not self.yes():
            return
        families = list(dict.fromkeys(row["family"] for row in self.tables["programmes"]))
        kinds = [f"kind_{k}" for k in self.times(1, 3)]
        self.tables |= {"step_outs": [], "step_out_lengths": [], "step_out_rates": []}
        for name in kinds:
            self.tables["step_outs"].append(
                {
                    "step_out": name, "year": FIRST, "counts": self.one_of(*COUNTS),
                    "credit_rate": self.one_of(0, 0.5, 1),
                    "credit_cap_months": self.one_of(0, 6, 12.5, 48), "no_credit_share": self.chance(),
                    "allowance_months": self.one_of(0, 0.46, 12), "post": self.one_of(*POST_WHILE_AWAY),
                    "return_rule": self.one_of(*RETURN_RULES), "min_months": self.one_of(0, 0, 6, 12),
                    "final_year": self.people(1), "satisfactory": self.one_of(0, 0, 1),
                    "notice_months": self.one_of(0, 0, 3, 24), "ltft_multiplier": self.one_of(0, 1, 100),
                }
            )  # fmt: skip
            self.tables["step_out_lengths"] += [
                {
                    "step_out": name, "months": months, "share": share, "returns": self.one_of(0, 0.7, 1, 1),
                    "extension": self.chance(),
                }
                for months, share in zip((1, 4, 13, 60), self.shares(4), strict=True)
            ]  # fmt: skip
            self.tables["step_out_rates"] += [
                {
                    "step_out": name, "family": family, "year": year, "female": self.chance(),
                    "male": self.chance(),
                }
                for family in families
                for year in (FIRST, FIRST + 2)
            ]  # fmt: skip
        if self.yes():
            self.tables["post_cover"] = [
                {"step_out": name, "year": FIRST + self.people(2), "cover": self.chance()} for name in kinds
            ]
        self.tables["step_out_ages"] = [
            {"step_out": self.one_of(*kinds), "age_from": 30, "multiplier": self.one_of(0, 0.5, 3)}
        ]
        if self.yes():
            self.tables["return_gaps"] = [
                {"months_from": self.one_of(1, 12), "extra_months": self.one_of(0, 3, 24), "restart": 0},
                {"months_from": 30, "extra_months": 0, "restart": self.people(1)},
            ]
        if self.yes():
            self.tables["return_support"] = [
                {
                    "year": FIRST + k, "min_months": self.one_of(1, 3), "uptake": self.one_of(0.5, 1),
                    "months": self.one_of(1, 3, 12), "weeks_a_year": self.one_of(0, 2), "weeks_cap": 6,
                    "return_uplift": self.one_of(0, 0.2), "extra_time_effect": self.one_of(0, 0.5, 2),
                    "supervision": self.one_of(0, 0.2, 2),
                }
                for k in self.times(1, 2)
            ]  # fmt: skip
            self.by_region("support_places", "places", 4, year=FIRST)
            self.by_region("support_places", "places", 4, year=FIRST + 1)

    def hours(self) -> None:
        """Requests to train less than full time, in half of the scenarios."""
        if not self.yes():
            return
        families = list(dict.fromkeys(row["family"] for row in self.tables["programmes"]))
        self.tables["ltft_requests"] = [
            {
                "family": family, "order_from": order, "year": FIRST + order - 1,
                **{f"{when}_{sex}": self.chance() for when in ("start", "ask") for sex in SEXES},
                "back": self.one_of(0, 0.2, 0.5), "change": self.one_of(0, 0.2, 0.5),
            }
            for family in families
            for order in (1, 2)
        ]  # fmt: skip
        if self.yes():
            self.tables["ltft_reasons"] = [
                {
                    "reason": reason, "family": family, "year": FIRST + later, "share": 0.5,
                    "open": self.people(1), "always": self.people(1),
                }
                for reason in ("caring", "choice")
                for family in families
                for later in (0, 1)
            ]  # fmt: skip
        if self.yes():
            self.tables["ltft_rules"] = [
                {
                    "year": FIRST + k, "capacity": self.one_of(0, 0.2, 1), "persists": self.chance(),
                    "boost_months": self.one_of(0, 12, 60),
                }
                for k in self.times(1, 2)
            ]  # fmt: skip

    def funding(self) -> None:
        families = list(dict.fromkeys(row["family"] for row in self.tables["programmes"][1:]))
        self.tables["post_funding"] = [
            {"family": family, "year": FIRST + self.people(2), "funding": self.one_of("headcount", "wte")}
            for family in families
        ]

    def geography(self) -> None:
        if self.yes():
            for programme in self.trained:
                self.by_region("redistribution_targets", "weight", 3, programme=programme, year=FIRST)
            self.tables["redistribution_pace"] = [
                {"programme": programme, "year": FIRST + self.people(1), "pace": self.chance()}
                for programme in self.trained
            ]
        if self.yes():
            self.tables["settlement"] = [
                {"region": region, "year": FIRST + self.people(2), "stay": self.chance()}
                for region in self.regions[:2]
            ]
            self.by_region("population", "people", 3, least=1, year=FIRST, need_weight=1)
            self.tables["contestable"] = [
                {
                    "year": FIRST, "share": self.chance(), "period_years": self.one_of(1, 2),
                    "criterion": self.one_of("under_doctored", "population"),
                }
            ]  # fmt: skip


def random_scenario(number: int) -> Scenario:
    """The scenario of a number: some hundred people for one to five years."""
    maker = _Maker(number)
    scenario = replace(load_scenario("teaching"), start=maker.one_of(*STARTS), name=f"random_{number}")
    needed = {name: table for name, table in scenario.tables.items() if not table.spec.optional}
    made = with_tables(replace(scenario, tables=needed), maker.everything())
    return made.with_years(maker.luck.randint(1, 5))
