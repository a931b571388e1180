"""Trained doctors wanted, how their number may grow, and the people of each region with their need.

*Demand* in 2025 is the starting workforce over the part of posts that are filled: psychiatry and general
practice have rates of their own, and all other consultants the rate at which consultants together have the
published one. Specialties without training in the model can only shrink there, so nothing is asked of them.

*Growth* has four paths. None holds demand. For consultants the others are the judged range; anaesthetics
and intensive care have their own high one. For GPs low follows the number of people, and high leads to the
need published for 2032.

*People* grow in every region as between the censuses of 2011 and 2021. Need is judged.
"""

from __future__ import annotations

from .derive_common import REGIONS, Row, apportion, by_year, catalogue, figures, table, value, write
from .derive_school import START

LAST = 2045
GP, PSYCHIATRY, CONSULTANT = "general_practice", "psychiatry", "consultant"
#: Census regions of each NHS region.
CENSUS = {
    "north_east_and_yorkshire": ("North East", "Yorkshire and the Humber"),
    "north_west": ("North West",),
    "midlands": ("East Midlands", "West Midlands"),
    "east_of_england": ("East of England",),
    "london": ("London",),
    "south_east": ("South East",),
    "south_west": ("South West",),
}


def wte_of_a_head(group: str) -> float:
    """Mean whole-time equivalent of a doctor of the starting workforce, by its share of women."""
    women = next(float(r["value"]) for r in table("settings") if r["name"] == f"stock.female_{group}")
    share = {"female": women, "male": 1 - women}
    rows = [r for r in table("practice_hours") if r["group"] == group]
    return sum(int(r["wte_percent"]) * float(r["share"]) * share[r["sex"]] for r in rows) / 100


def stock_wte() -> dict[str, dict[str, float]]:
    """Whole-time consultants or GPs at the start, by programme that trains them and region."""
    trained = {r["programme"]: r["family"] for r in catalogue() if r["kind"] != "workforce_only"}
    wte: dict[str, dict[str, float]] = {}
    for r in table("workforce_stock"):
        if r["group"] in (CONSULTANT, "gp") and r["programme"] in trained:
            cell = wte.setdefault(r["programme"], dict.fromkeys(REGIONS, 0.0))
            cell[r["region"]] += int(r["doctors"]) * wte_of_a_head(r["group"])
    return wte


def family_of() -> dict[str, str]:
    return {r["programme"]: r["family"] for r in catalogue()}


def vacancy_rates() -> dict[str, tuple[float, Row]]:
    """Part of the posts of each programme that is not filled, with the figure it comes from."""
    known, families, stock = figures("demand", "vacancy_rate"), family_of(), stock_wte()
    filled = {name: sum(cells.values()) for name, cells in stock.items()}
    special = (GP, PSYCHIATRY)
    specialists = sum(wte for name, wte in filled.items() if families[name] != GP)
    of_others = sum(wte for name, wte in filled.items() if families[name] not in special)
    posts = specialists / (1 - float(known[CONSULTANT]["value"]))
    of_psychiatry = (specialists - of_others) / (1 - float(known[PSYCHIATRY]["value"]))
    others = 1 - of_others / (posts - of_psychiatry)
    rates = {}
    for name in stock:
        own = families[name] in special
        figure = known[families[name] if own else CONSULTANT]
        rates[name] = (float(figure["value"]) if own else others, figure)
    return rates


def write_demand() -> None:
    unmet = {k: float(r["value"]) for k, r in figures("demand", "unmet_need").items()}
    rows: list[list[object]] = []
    for name, (rate, figure) in vacancy_rates().items():
        cells = stock_wte()[name]
        filled = sum(cells.values())
        highest = max(2 * rate, unmet.get(name, 0.0))
        note = f"starting workforce in WTE / (1 - {rate:.3f} vacant)"
        if figure["item"] == CONSULTANT:
            note += "; psychiatry apart, so that all consultants have the published rate"
        for region, wte in apportion(round(filled / (1 - rate)), cells).items():
            low, high = round(cells[region]), round(cells[region] / (1 - highest))
            cited = [figure["source"], "assumption", min(low, wte), max(high, wte), note]
            rows.append([name, region, START, wte, *cited])
    write("demand", ["programme", "region", "year", "wte"], rows)


def growth_rates() -> dict[str, dict[str, tuple[float, str, str, str]]]:
    """Rate, source, status and note by path of growth, for consultants, GPs and families of their own."""
    judged = {path: figures("demand", f"demand_growth_{path}") for path in ("low", "central", "high")}
    paths: dict[str, dict[str, tuple[float, str, str, str]]] = {
        path: {k: (float(r["value"]), r["source"], r["status"], r["note"]) for k, r in known.items()}
        for path, known in judged.items()
    }
    people = [sum(census(k)[year] for k in REGIONS) for year in (2011, 2021)]
    note = "the pace of the population from 2011 to 2021"
    paths["low"][GP] = (round((people[1] / people[0]) ** 0.1 - 1, 4), census_source(), "assumption", note)
    need, now = figures("demand", "gp_fte_need")["all"], figures("demand", "gp_fte")["all"]
    wanted_now = float(now["value"]) / (1 - value("demand", "vacancy_rate", GP))
    rate = (float(need["value"]) / wanted_now) ** (1 / (int(need["year"]) - int(now["year"]))) - 1
    note = f"leads to the {float(need['value']):,.0f} WTE published for {need['year']}"
    paths["high"][GP] = (round(rate, 4), need["source"], "assumption", note)
    return paths


def write_growth() -> None:
    families = list(dict.fromkeys(family_of()[name] for name in stock_wte()))
    rows: list[list[object]] = [
        ["none", family, START, 0.0, "model_judgement", "assumption", "", "", "demand stays as it is"]
        for family in families
    ]
    paths = growth_rates()
    for path, rates in paths.items():
        for family in families:
            rate, source, status, note = rates[family] if family in rates else rates[CONSULTANT]
            rows.append([path, family, START, rate, source, status, "", "", note])
    write("demand_growth", ["growth", "family", "year", "rate"], rows)
    cited = ["model_judgement", "assumption", "", "", "the middle path; low, high and none are the others"]
    write("demand_rules", ["year", "growth"], [[START, "central", *cited]])


def census(region: str) -> dict[int, float]:
    """People of a region at each census."""
    series = [by_year("demand", "census_population", part) for part in CENSUS[region]]
    return {year: sum(of_part[year] for of_part in series) for year in (2011, 2021)}


def census_source() -> str:
    return figures("demand", "census_population")["London"]["source"]


def write_population() -> None:
    rows: list[list[object]] = []
    need = figures("demand", "need_weight")
    for region in REGIONS:
        people = figures("geography", "population")[region]
        growth = (census(region)[2021] / census(region)[2011]) ** 0.1
        for year in range(START, LAST + 1):
            heads = round(float(people["value"]) * growth ** (year - int(people["year"])))
            note = f"2021 grown {growth - 1:.2%} a year as from 2011 to 2021; {need[region]['note']}"
            weight = float(need[region]["value"])
            rows.append([region, year, heads, weight, people["source"], "assumption", "", "", note])
    write("population", ["region", "year", "people", "need_weight"], rows)
