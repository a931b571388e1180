"""Medical school intake, students at the start, placements, and foundation places.

*Intake.* The 2025 target is split over routes (graduate entry and gateway shares as published, a third of the
rest intercalate) and over regions by the approximate intake of each school; it stays constant.

*Students on 31 July 2025.* Yearly entrants since 2018, split the same way, are moved through each route with
the yearly chances of leaving and repeating in ``route_years.csv``.

*Placements.* Net student-years by setting and region are set so that the clinical and final-year students of
2025 use 95% of them under the first mix; other professions use 60% of all placements. Capacity then grows by
the published limit of sustained growth.

*Foundation places.* The England share of the UK programme (posts in 2024 over the two UK intakes they hold)
times the 2025 UK allocation; spread by foundation school; priority places go to the less popular regions.
"""

from __future__ import annotations

from functools import cache

from .derive_common import REGIONS, apportion, areas_to_regions, by_year, figures, read, table, value, write
from .derive_posts import entry_posts, regional_weights

START = 2025
UTILISATION = 0.95  # of net placements at the start
BACKGROUND = 0.60  # share of all placements used by other professions
GROWTH_TO = 2030
SETTINGS = ("hospital", "primary_care", "private", "voluntary", "technology")


@cache
def route_shares() -> dict[str, float]:
    """Share of entrants by route."""
    graduate = value("medical_school", "graduate_entry_share_of_admissions", "england") / 100
    gateway = value("medical_school", "gateway_year_share", "england") / 100
    intercalating = value("medical_school", "intercalation_share", "england") / 100
    rest = 1 - graduate - gateway
    return {
        "standard": rest * (1 - intercalating),
        "intercalated": rest * intercalating,
        "graduate_entry": graduate,
        "gateway": gateway,
    }


@cache
def school_weights() -> dict[str, float]:
    """Students by region of the medical school."""
    result = dict.fromkeys(REGIONS, 0.0)
    for row in read("medical_school"):
        if row["figure"] == "school_intake":
            result[row["geography"]] += float(row["value"])
    return result


def split_students(total: int, shares: dict[str, float]) -> dict[str, dict[str, int]]:
    """Whole students by route and region."""
    return {q: apportion(n, school_weights()) for q, n in apportion(total, shares).items()}


def write_intake() -> None:
    target = figures("medical_school", "intake_target", "2025")["england"]
    rows: list[list[object]] = []
    note = (
        "2025 target split over routes (published shares) and regions (approximate school intakes); constant"
    )
    for route, regions in split_students(int(target["value"]), route_shares()).items():
        for region, n in regions.items():
            rows.append([route, region, START, n, target["source"], "assumption", "", "", note])
    closed = figures("medical_school", "mdda_closed_to_new_entrants")["england"]
    for route in ("part_time", "apprenticeship", "accelerated"):
        source, status = (
            (closed["source"], closed["status"])
            if route == "apprenticeship"
            else ("model_judgement", "assumption")
        )
        note = "closed to new entrants" if route == "apprenticeship" else "no places; kept for policies"
        for region in REGIONS:
            rows.append([route, region, START, 0, source, status, "", "", note])
    write("intake", ["route", "region", "year", "students"], rows)


@cache
def students_in_year() -> dict[str, list[float]]:
    """Expected students by route and year of course on 31 July 2025, England."""
    entrants = by_year("medical_school", "entrants", "england")
    first = min(entrants)
    years: dict[str, list[dict[str, str]]] = {}
    for row in table("route_years"):
        years.setdefault(row["route"], []).append(row)
    result = {}
    for route, share in route_shares().items():
        course = years[route]
        before = [0.0] * len(course)
        for entry in range(2012, START):
            now = [share * entrants.get(entry, entrants[first])] + [0.0] * (len(course) - 1)
            for i, row in enumerate(course):
                now[i] += before[i] * float(row["repeat"])
                if i + 1 < len(course):
                    now[i + 1] += before[i] * (1 - float(row["repeat"]) - float(row["leave"]))
            before = now
        result[route] = before
    return result


def write_students() -> None:
    source = figures("medical_school", "entrants")["england"]["source"]
    rows: list[list[object]] = []
    for route, numbers in students_in_year().items():
        for i, n in enumerate(numbers):
            for region, count in apportion(round(n), school_weights()).items():
                note = "yearly entrants moved through the course with the chances of route_years"
                rows.append([route, i + 1, region, count, source, "assumption", "", "", note])
    started = figures("medical_school", "mdda_apprentices_started")["england"]
    rows.append(
        [
            "apprenticeship",
            1,
            "east_of_england",
            int(float(started["value"])),
            started["source"],
            started["status"],
        ]
        + ["", "", "started September 2024"]
    )
    write("student_stock", ["route", "year_of_course", "region", "students"], rows)


def placement_demand(region: str) -> float:
    """Students of a region who need a clinical or final-year placement in the academic year 2025."""
    stage = {(r["route"], int(r["year"])): r for r in table("route_years")}
    weights = school_weights()
    share = weights[region] / sum(weights.values())
    total = 0.0
    for route, numbers in students_in_year().items():
        for i, n in enumerate(numbers):
            row = stage[(route, i + 1)]
            up = stage.get((route, i + 2))
            if up and up["stage"] in ("clinical", "final"):
                total += n * (1 - float(row["repeat"]) - float(row["leave"]))
            if row["stage"] in ("clinical", "final"):
                total += n * float(row["repeat"])
    return total * share


def write_placements() -> None:
    mix = {
        r["setting"]: float(r["share"])
        for r in table("placement_mixes")
        if r["stage"] == "clinical" and r["mix"] == "1"
    }
    growth = value("medical_school", "placement_growth_limit", "england")
    source = figures("medical_school", "placement_growth_limit")["england"]["source"]
    rows: list[list[object]] = []
    for year in range(START, GROWTH_TO + 1):
        factor = (1 + growth) ** (year - START)
        for setting in SETTINGS:
            for region in REGIONS:
                net = placement_demand(region) * mix[setting] / UTILISATION
                gross = net / (1 - BACKGROUND) * factor
                background = round(gross * BACKGROUND)
                places = background + round(net * factor)
                note = f"students use {UTILISATION:.0%} of net places; others {BACKGROUND:.0%} of all"
                if year > START:
                    note = f"2025 grown by {growth:.0%} a year"
                rows.append(
                    [setting, region, year, places, background, source, "assumption", round(places * 0.85)]
                    + [round(places * 1.15), note]
                )
    write("placements", ["setting", "region", "year", "places", "background"], rows)


@cache
def foundation_region_weights() -> dict[str, float]:
    schools = figures("foundation", "programmes")
    return areas_to_regions({k: float(r["value"]) for k, r in schools.items()})


@cache
def foundation_demand() -> dict[str, float]:
    """First preferences by region: places times first preferences per place, over the schools of a region."""
    places = figures("foundation", "programmes")
    wanted = figures("foundation", "first_preference_per_place")
    return areas_to_regions({k: float(r["value"]) * float(wanted[k]["value"]) for k, r in places.items()})


def england_foundation_share() -> float:
    intakes = [value("foundation", "allocated", "uk", y) for y in ("2023", "2024")]
    return value("foundation", "in_post_f1_f2", "england", "2024") / sum(intakes)


def write_foundation_places() -> None:
    share = england_foundation_share()
    total = round(share * value("foundation", "allocated", "uk", "2025"))
    priority = round(share * value("foundation", "fpp_programmes_advertised", "uk"))
    specialised = round(share * value("foundation", "sfp_places", "uk"))
    places, wanted = foundation_region_weights(), foundation_demand()
    need = {k: max(0.0, 1.6 - wanted[k] / places[k]) * places[k] for k in REGIONS}
    by_kind = {
        "specialised": apportion(specialised, school_weights()),
        "priority": apportion(priority, need),
    }
    whole = apportion(total, places)
    by_kind = {"main": {k: whole[k] - sum(v[k] for v in by_kind.values()) for k in REGIONS}} | by_kind
    source = figures("foundation", "allocated")["uk"]["source"]
    stopped = {r["year"]: r for r in table("foundation_rules")}
    rows: list[list[object]] = []
    note = f"England share {share:.3f} of the UK programme, by foundation school"
    for kind, regions in by_kind.items():
        for k, n in regions.items():
            rows.append([kind, k, START, n, source, "assumption", round(n * 0.95), round(n * 1.05), note])
    for k in REGIONS:
        after = by_kind["main"][k] + by_kind["priority"][k]
        later = "separate priority process stopped: its places join the main allocation; total constant"
        rows.append(
            [
                "main",
                k,
                START + 1,
                after,
                source,
                "assumption",
                round(after * 0.95),
                round(after * 1.1),
                later,
            ]
        )
        rows.append(["priority", k, START + 1, 0, stopped["2026"]["source"], "assumption", "", "", later])
    write("foundation_places", ["kind", "region", "year", "places"], rows)


def write_regions() -> None:
    """``regions.csv``: people, and how each region draws foundation, training and trained doctors."""
    # How far doctors prefer a region beyond its share of posts; below 1 where posts stay empty.
    desirability = {"london": 1.15, "south_east": 1.0, "south_west": 1.0, "north_west": 1.0}
    desirability |= {"midlands": 0.92, "north_east_and_yorkshire": 0.92, "east_of_england": 0.94}
    posts = dict.fromkeys(REGIONS, 0.0)
    for name, count in entry_posts().items():
        weights = regional_weights(name)
        for k in REGIONS:
            posts[k] += count * weights[k] / sum(weights.values())
    demand = foundation_demand()
    population = figures("geography", "population")
    rows: list[list[object]] = []
    for k, title in REGIONS.items():
        people = int(population[k]["value"])
        consultants = value("geography", "consultants_per_100k", k) * people / 1e5
        note = "attraction = posts a year x judgement fitted to 2024 fill; foundation = first preferences "
        note += "by school; settle = consultants and people"
        rows.append(
            [
                k,
                title,
                people,
                round(posts[k] * desirability[k]),
                round(demand[k]),
                round(consultants / 10 + people / 1e5),
            ]
            + [population[k]["source"], "assumption", "", "", note]
        )
    write("regions", "region title population attraction foundation_attraction settle".split(), rows)
