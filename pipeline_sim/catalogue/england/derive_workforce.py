"""Consultants, GPs and SAS doctors at the start, places in general practice, and supervisors.

*Workforce.* Consultant whole-time equivalents by specialty (2023) are brought to the 2025 total and turned
into heads with the mean hours of ``practice_hours.csv``; specialties without a count take their share of the
remainder from their training posts. Regions follow published consultants per head; GPs follow population.

*Places in general practice.* Approved trainers times trainees each, grown at part of the recent pace.

*Supervisors.* One formula gives slots per whole-time consultant: share who supervise x trainees each x share
with time in their job plan x the part left by students, locally employed doctors and other professions. Where
that leaves a group beyond 95% used on day one (or below 60%), the group's own value puts it at 90% (or 75%)
instead. Regions still short get extra slots (SAS, retired and multi-professional supervisors).
"""

from __future__ import annotations

from functools import cache

from .derive_common import REGIONS, apportion, catalogue, figures, table, value, write
from .derive_posts import entry_posts
from .derive_school import START, foundation_region_weights

LEFT_FOR_TRAINEES = 0.70  # of supervisors' time, after students, locally employed doctors, other professions
GP_PLACES_PER_TRAINER = 1.4  # trainees each at once, with shared and hub supervision
PRACTICE_GROWTH = 0.03  # a year; places filled grew 5% a year from 2022 to 2024
FOUNDATION_USED = 0.84  # of the slots kept for foundation doctors; extensions and part-timers take the rest
TARGET, CEILING, FLOOR, FLOOR_TARGET, REGION_CEILING = 0.90, 0.95, 0.60, 0.75, 0.95


@cache
def mean_hours(group: str) -> float:
    """Mean whole-time equivalent of a head, men and women equally."""
    rows = [r for r in table("practice_hours") if r["group"] == group]
    return sum(int(r["wte_percent"]) * float(r["share"]) for r in rows) / 200


@cache
def consultant_heads() -> dict[str, int]:
    """Consultants by programme in 2025."""
    fte = {k: float(r["value"]) for k, r in figures("workforce", "consultant_fte", "2023").items()}
    last = value("workforce", "consultant_fte_total", "all", "2024")
    growth = last / value("workforce", "consultant_fte_total", "all", "2023")
    total = round(last * growth ** (10 / 12) / mean_hours("consultant"))
    heads = {k: v / sum(fte.values()) * total for k, v in fte.items()}
    result: dict[str, float] = {}
    ratio = value("training_posts", "posts_per_consultant", "medicine_and_psychiatry")
    for r in catalogue():
        source = r["consultants_of"]
        if source == "other" and r["programme"] != "other_specialties":
            result[r["programme"]] = entry_posts()[r["programme"]] / ratio
        elif source and source != "other":
            result[r["programme"]] = heads[source]
    result["other_specialties"] = total - sum(result.values())
    return apportion(total, result)


@cache
def sas_heads() -> dict[str, int]:
    """SAS doctors by programme: by family as portfolio registrations, then as consultants."""
    fte = sum(float(r["value"]) for r in figures("workforce", "sas_fte").values())
    heads = fte / mean_hours("sas") + sum(
        float(r["value"]) for r in figures("workforce", "sas_headcount").values()
    )
    family = {
        "psychiatry": ("psychiatry",),
        "emergency_medicine": ("emergency_medicine",),
        "medicine": ("medicine",),
        "anaesthetics/ICM": ("anaesthetics",),
        "surgery": ("surgery", "ophthalmology"),
        "paediatrics": ("paediatrics",),
        "O&G": ("obstetrics_gynaecology",),
        "radiology/pathology": ("diagnostics",),
    }
    share = {k: float(r["value"]) for k, r in figures("workforce", "portfolio_share").items()}
    consultants = consultant_heads()
    weights: dict[str, float] = {}
    for key, families in family.items():
        names = [
            r["programme"] for r in catalogue() if r["family"] in families and r["programme"] in consultants
        ]
        for n in names:
            weights[n] = share[key] * consultants[n] / sum(consultants[m] for m in names)
    return apportion(round(heads), weights)


def consultant_regions() -> dict[str, float]:
    return {
        k: value("geography", "consultants_per_100k", k) * value("geography", "population", k) / 1e5
        for k in REGIONS
    }


def write_workforce() -> None:
    people = {k: value("geography", "population", k) for k in REGIONS}
    gp = figures("workforce", "gp_heads")["all"]
    consultant = figures("workforce", "consultant_fte_total")["all"]
    sas = figures("workforce", "sas_fte")["specialty doctor"]
    rows: list[list[object]] = []

    def spread(group: str, heads: dict[str, int], weights: dict[str, float], source: str, note: str) -> None:
        taken = dict.fromkeys(REGIONS, 0.0)
        whole = sum(weights.values())
        for name, total in heads.items():  # keep each region's running total near its share
            for k in REGIONS:
                taken[k] += total * weights[k] / whole
            split = apportion(total, {k: max(taken[k], 1e-6) for k in REGIONS})
            for k, n in split.items():
                taken[k] -= n
                rows.append([group, name, k, n, source, "assumption", round(n * 0.9), round(n * 1.1), note])

    note = "2023 WTE by specialty moved to the 2025 total, as heads; regions by consultants per head"
    spread("consultant", consultant_heads(), consultant_regions(), consultant["source"], note)
    gps = {"general_practice": int(gp["value"])}
    spread("gp", gps, people, gp["source"], "September 2024 headcount; regions by population")
    note = (
        "specialty doctors, associate specialists and specialists; specialties judged; regions as consultants"
    )
    spread("sas", sas_heads(), consultant_regions(), sas["source"], note)
    write("workforce_stock", ["group", "programme", "region", "doctors"], rows)


# --- demand for practice places and supervisors -------------------------------------------------------------


@cache
def _levels() -> dict[tuple[str, str], dict[str, str]]:
    return {(r["programme"], r["level"]): r for r in table("levels")}


def practice_demand() -> dict[str, float]:
    """Places in general practice used by GP trainees and F2 doctors in 2025, by region."""
    settings = {
        r["name"]: float(r["value"]) for r in table("settings") if r["name"].startswith("foundation.practice")
    }
    f2 = settings["foundation.practice_share"] * settings["foundation.practice_months"] / 12
    used = dict.fromkeys(REGIONS, 0.0)
    for r in table("trainee_stock"):
        level = _levels()[(r["programme"], r["level"])]
        share = (
            f2 if r["level"] == "F1" else float(level["practice_share"])
        )  # the F1s of July are the next F2s
        used[r["region"]] += int(r["trainees"]) * share
    return used


def write_practice_places() -> None:
    trainers = figures("supervision", "headcount_model")["all"]
    total = float(trainers["value"]) * GP_PLACES_PER_TRAINER
    people = {k: value("geography", "population", k) for k in REGIONS}
    demand = practice_demand()
    weights = {
        k: 0.25 * people[k] / sum(people.values()) + 0.75 * demand[k] / sum(demand.values()) for k in REGIONS
    }
    rows: list[list[object]] = []
    for year in range(START, 2031):
        split = apportion(round(total * (1 + PRACTICE_GROWTH) ** (year - START)), weights)
        for k, n in split.items():
            note = (
                f"8,200 trainers x {GP_PLACES_PER_TRAINER}, growing {PRACTICE_GROWTH:.0%} a year; a quarter "
            )
            note += "by people, the rest by trainees; must double by 2028 for the published expansion"
            rows.append([k, year, n, trainers["source"], "assumption", round(n * 0.85), round(n * 1.2), note])
    write("practice_places", ["region", "year", "places"], rows)


def wte_by_group() -> dict[str, dict[str, dict[str, float]]]:
    """Whole-time doctors by supervision group, trained group and region."""
    group = {r["programme"]: r["supervision_group"] for r in catalogue()}
    result: dict[str, dict[str, dict[str, float]]] = {}
    for r in table("workforce_stock"):
        cell = result.setdefault(group[r["programme"]], {}).setdefault(
            r["group"], dict.fromkeys(REGIONS, 0.0)
        )
        cell[r["region"]] += int(r["doctors"]) * mean_hours(r["group"])
    return result


def slots_needed() -> dict[str, dict[str, float]]:
    """Supervisor slots the trainees of the start use, by group and region.

    Specialty trainees are those of a full establishment; foundation doctors those of the funded places.
    """
    group = {r["programme"]: r["supervision_group"] for r in catalogue()}
    used: dict[str, dict[str, float]] = {}
    for r in table("trainee_stock"):
        cell = used.setdefault(group[r["programme"]], dict.fromkeys(REGIONS, 0.0))
        cell[r["region"]] += int(r["trainees"]) * float(
            _levels()[(r["programme"], r["level"])]["supervision_load"]
        )
    full: dict[str, float] = {}
    stock: dict[str, float] = {}
    for r in table("posts"):
        full[r["programme"]] = full.get(r["programme"], 0) + int(r["posts"])
    for r in table("trainee_stock"):
        stock[r["programme"]] = stock.get(r["programme"], 0) + int(r["trainees"])
    for name, cell in used.items():
        if name != "foundation":
            programmes = [p for p, g in group.items() if g == name and p in full]
            factor = sum(full[p] for p in programmes) / sum(stock[p] for p in programmes)
            used[name] = {k: v * factor for k, v in cell.items()}
    places = [r for r in table("foundation_places") if r["year"] == str(START)]
    load = {n: float(_levels()[("foundation", n)]["supervision_load"]) for n in ("F1", "F2")}
    weights = foundation_region_weights()
    f2 = sum(int(r["trainees"]) for r in table("trainee_stock") if r["level"] == "F1")
    used["foundation"] = {
        k: sum(int(r["places"]) for r in places if r["region"] == k) * load["F1"]
        + f2 * weights[k] / sum(weights.values()) * load["F2"]
        for k in REGIONS
    }
    return used


#: How foundation doctors' placements fall on supervision groups (share of their supervision).
FOUNDATION_GROUPS = {
    "medicine": 0.37,
    "surgery": 0.25,
    "anaesthetics_critical_care": 0.06,
    "emergency_medicine": 0.09,
    "psychiatry": 0.07,
    "paediatrics": 0.05,
    "obstetrics_gynaecology": 0.05,
    "general_practice": 0.06,
}


def nominal_units() -> float:
    """Slots x 100 a whole-time consultant offers doctors in training, by the national formula."""
    share = value("supervision", "share_acting_as_named_supervisor", "all")
    trainees = value("supervision", "typical_trainees", "all")
    time = 1 - value("supervision", "not_enough_time_in_job_plan", "all")
    return 100 * share * trainees * time * LEFT_FOR_TRAINEES / mean_hours("consultant")


@cache
def group_plan() -> dict[str, dict[str, float]]:
    """Units per whole-time doctor and the foundation share, by group."""
    wte, need = wte_by_group(), slots_needed()
    foundation = sum(need["foundation"].values())
    plan: dict[str, dict[str, float]] = {}
    for name in dict.fromkeys(r["supervision_group"] for r in catalogue()):
        if name == "foundation":
            continue
        senior = "gp" if name == "general_practice" else "consultant"
        heads = sum(wte.get(name, {}).get(senior, {}).values())
        sas = sum(wte.get(name, {}).get("sas", {}).values())
        own = sum(need.get(name, dict.fromkeys(REGIONS, 0.0)).values())
        kept = FOUNDATION_GROUPS.get(name, 0.0) * foundation / FOUNDATION_USED
        units = nominal_units()
        if senior == "gp":
            trainers = value("supervision", "headcount_model", "all")
            units = 100 * trainers * value("supervision", "typical_trainees_per_trainer", "all") / heads
        sas_units = round(0.15 * units)
        supply = (units * heads + sas_units * sas) / 100
        used = (own + kept) / supply
        changed = used > CEILING or used < FLOOR
        if changed and own + kept > 0:
            goal = TARGET if used > CEILING else FLOOR_TARGET
            units *= (own / goal + kept) / supply
            sas_units = round(0.15 * units)
            supply = (units * heads + sas_units * sas) / 100
        plan[name] = {
            "units": round(units),
            "sas": 0 if senior == "gp" else sas_units,
            "share": round(kept / supply, 2) if supply else 0.0,
            "changed": float(changed),
            "formula": used,
        }
    return plan


def write_supervision() -> None:
    """``supervision_groups.csv`` and ``supervisor_extra.csv``."""
    titles = {
        "foundation": "Foundation",
        "general_practice": "General practice",
        "medicine": "Medicine",
        "surgery": "Surgery",
        "psychiatry": "Psychiatry",
        "anaesthetics_critical_care": "Anaesthetics and critical care",
        "emergency_medicine": "Emergency medicine",
        "paediatrics": "Paediatrics",
        "obstetrics_gynaecology": "Obstetrics and gynaecology",
        "diagnostics": "Radiology and pathology",
        "ophthalmology": "Ophthalmology",
        "public_health": "Public health",
        "other": "Other specialties",
    }
    source = figures("supervision", "share_acting_as_named_supervisor")["all"]["source"]
    rows: list[list[object]] = [
        [
            "foundation",
            titles["foundation"],
            0,
            0,
            0,
            0.0,
            source,
            "assumption",
            "",
            "",
            "uses the shares kept below",
        ]
    ]
    for name, p in group_plan().items():
        gp = name == "general_practice"
        note = (
            "national formula"
            if not p["changed"]
            else f"formula gives {p['formula']:.0%} use; own value set instead"
        )
        units = int(p["units"])
        rows.append(
            [name, titles[name], 0 if gp else units, units if gp else 0, int(p["sas"]), p["share"]]
            + [source, "assumption", round(units * 0.8), round(units * 1.25), note]
        )
    write(
        "supervision_groups", "group title consultant_units gp_units sas_units foundation_share".split(), rows
    )
    extra: list[list[object]] = []
    for name, by_region in supervisor_balance().items():
        for k, (used, supply) in by_region.items():
            short = used / REGION_CEILING - supply
            if short > 0.5:
                note = f"{used:.0f} slots used, {supply:.0f} from its seniors; others give the rest"
                slots = round(short + 0.5)
                extra.append([name, k, START, slots, source, "assumption", 0, round(slots * 1.5), note])
    write("supervisor_extra", ["group", "region", "year", "slots"], extra)


def supervisor_balance() -> dict[str, dict[str, tuple[float, float]]]:
    """Slots used and offered by group and region, before extra slots; foundation is one pool."""
    wte, need = wte_by_group(), slots_needed()
    result: dict[str, dict[str, tuple[float, float]]] = {}
    pool = dict.fromkeys(REGIONS, 0.0)
    for name, p in group_plan().items():
        result[name] = {}
        for k in REGIONS:
            cells = wte.get(name, {})
            senior = cells.get("gp" if name == "general_practice" else "consultant", {}).get(k, 0.0)
            supply = (p["units"] * senior + p["sas"] * cells.get("sas", {}).get(k, 0.0)) / 100
            pool[k] += supply * p["share"]
            result[name][k] = (need.get(name, {}).get(k, 0.0), supply * (1 - p["share"]))
    result["foundation"] = {k: (need["foundation"][k], pool[k]) for k in REGIONS}
    return result
