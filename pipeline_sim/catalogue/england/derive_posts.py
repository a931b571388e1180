"""Programmes, levels, the establishment of training posts and the trainees who hold them at the start.

*Entry posts.* Published posts a year, newest figure of each specialty, are brought to one total per level:
the England count of CT1/ST1 posts (2024, moved to 2025 by the UK trend) and the England share of ST3/ST4
posts less those that admit straight into a run-through programme. Rows that are England figures already are
kept; all others are scaled together. A specialty without a count gets posts in proportion to its consultants.

*Establishment.* A post is tied to one trainee from the August of entry to the August after they go, so a
programme that advertises N posts a year and fills a share f of them needs N x f x (years tied) + N x (1 - f)
posts. ``years_tied`` follows a cohort: full-timers finish on the August cycle, part-timers and people with an
extension between rounds, some resign or are released. Where a February round also fills posts they wait half
as long.

*Trainees at the start* are the same cohorts on 31 July, the day before the August changeover, so those who
then finish free about N posts, as many as were advertised for August 2025.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from .derive_common import (
    REGIONS,
    Row,
    apportion,
    areas_to_regions,
    catalogue,
    figures,
    read,
    table,
    value,
    write,
)

YEAR = 2025
DEVELOPMENT_IN_FOUNDATION = 0.03  # outcome 2 a year
FOUNDATION_UK_SHARE = 0.9  # the rest come through the eligibility office, or trained elsewhere in Europe


def rate(figure: str, key: str) -> float:
    return value("programme_rates", figure, key) if key else 0.0


def ltft_share(row: Row) -> float:
    """Part-time share of 2023 moved to 2025 by the all-specialty series."""
    if not row["ltft_of"]:
        return 0.0
    growth = value("programme_rates", "ltft_series", "all", "2025") / value(
        "programme_rates", "ltft_series", "all", "2023"
    )
    return round(min(0.9, rate("ltft_share", row["ltft_of"]) * growth), 3)


def uk_share_of_accepts(row: Row) -> float:
    """Share of a programme's accepted offers of 2023 that went to UK graduates; by family where unknown."""
    if row["kind"] == "foundation":
        return FOUNDATION_UK_SHARE
    published = figures("applications", "uk_graduate_share")
    overseas = figures("applications", "img_share")
    name = row["programme"]
    if name in published:
        return float(published[name]["value"]) / 100
    if name in overseas:
        return 1 - float(overseas[name]["value"]) / 100
    by_family = {
        "medicine": 0.5,
        "surgery": 0.7,
        "psychiatry": 0.5,
        "anaesthetics": 0.8,
        "public_health": 0.85,
    }
    return by_family.get(row["family"], 0.8)


def extension_rule(row: Row) -> tuple[int, int]:
    """Months of one extension and the most a programme allows (WTE months)."""
    cap = {"core": 6, "gp": 12, "foundation": 12}.get(row["kind"], 12)
    return 6, cap


@cache
def months_of(programme: str) -> int:
    lengths = figures("programme_lengths", "months")
    row = next(r for r in catalogue() if r["programme"] == programme)
    return int(float(lengths[programme]["value"])) if programme in lengths else int(row["default_months"])


def level_names(row: Row) -> list[str]:
    first = row["first_level"]
    if not first:
        return []
    prefix = first.rstrip("0123456789")
    start = int(first[len(prefix) :])
    return [f"{prefix}{start + i}" for i in range(months_of(row["programme"]) // 12)]


def practice_share(row: Row, index: int) -> float:
    """Share of a level in general practice: 24 of 36 months, the last year wholly so."""
    if row["programme"] not in ("general_practice", "gp_public_health"):
        return 0.0
    return (0.5, 0.5, 1.0, 0.0, 0.0, 0.0)[index]


def supervision_load(row: Row, name: str, share: float) -> float:
    """Load of a trainee relative to one slot, from the published weights by level."""
    load = {r: value("supervision", "load", r) for r in figures("supervision", "load")}
    if name in ("F1", "F2"):
        return load[name]
    number = int(name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    hospital = load["CT/ST1-2"] if number <= 2 else load["ST3-5"] if number <= 5 else load["ST6+"]
    return round(share * load["GPST in practice"] + (1 - share) * hospital, 3)


def development_rate(row: Row) -> float:
    """Outcome 2 a year: what outcomes 2 to 4 leave where their sum is published, otherwise the mean."""
    if row["kind"] == "foundation":
        return DEVELOPMENT_IN_FOUNDATION
    if not row["review_of"]:
        return 0.0
    if row["programme"] in figures("programme_rates", "non_standard"):
        published = value("programme_rates", "non_standard", row["programme"])
        others = rate("extra_time", row["review_of"]) + rate("release", row["review_of"])
        return round(published - others, 3)
    return round(value("programme_rates", "development", "all"), 3)


def write_programmes() -> None:
    """``programmes.csv`` and ``levels.csv`` from the catalogue, the published rates and the lengths."""
    rows, levels = [], []
    for r in catalogue():
        ext, cap = extension_rule(r)
        rows.append(
            [r["programme"], r["title"], r["family"], r["kind"], r["supervision_group"]]
            + ["gp" if r["kind"] == "gp" else "consultant", r["parents"], r["completes"], r["shortage"]]
            + [rate("resignation", r["resignation_of"]), development_rate(r)]
            + [rate("extra_time", r["review_of"]), rate("release", r["review_of"]), ext, cap, ltft_share(r)]
            + [uk_share_of_accepts(r)]
            + [float(r["appointable_z"]), float(r["interviews_per_post"])]
            + [figures("programme_rates", "extra_time")["gp"]["source"], "assumption", "", ""]
            + ["rates by family; LTFT share of 2023 moved to 2025; UK share of 2023 accepts; rest judged"]
        )
        lengths = figures("programme_lengths", "months")
        for i, name in enumerate(level_names(r)):
            share = practice_share(r, i)
            known = lengths.get(r["programme"])
            source = known["source"] if known else "model_judgement"
            status = known["status"] if known else "assumption"
            note = "source and status are of the length; supervision load is an assumption by level"
            levels.append(
                [
                    r["programme"],
                    name,
                    i + 1,
                    12,
                    share,
                    supervision_load(r, name, share),
                    source,
                    status,
                    "",
                    "",
                    note,
                ]
            )
    columns = (
        "programme title family kind supervision_group trained_group parents completes shortage resignation "
        "development extra_time release extension_months extension_cap_months ltft_share uk_share "
        "appointable_z interviews_per_post"
    ).split()
    write("programmes", columns, rows)
    write("levels", ["programme", "level", "order", "months", "practice_share", "supervision_load"], levels)


# --- entry posts ------------------------------------------------------------------------------------------


def _total(entry: str) -> float:
    """England posts a year at CT1/ST1, ST3 or ST4 that the model's rounds advertise."""
    if entry == "ct1":
        uk = {y: value("training_posts", "uk_total", "ct1_st1", y) for y in ("2024", "2025")}
        return value("training_posts", "england_total", "ct1_st1") * uk["2025"] / uk["2024"]
    level = {e: value("training_posts", "uk_total", e) for e in ("st3", "st4")}
    share = value("training_posts", "england_share_r2", "all")
    total = value("training_posts", "uk_total", "st3_st4") * share * level[entry] / sum(level.values())
    if entry == "st3":  # posts that admit into the third year of a run-through programme
        total -= value("training_posts", "direct_entry_st3_st4", "paediatrics")
        total -= value("training_posts", "direct_entry_st3_st4", "emergency_medicine")
        obstetrics = sum(
            value("training_posts", f"direct_st3_{who}", "obstetrics_gynaecology") for who in ("uk", "im")
        )
        total -= share * obstetrics
    return total


def england_share() -> float:
    """England's part of the CT1/ST1 posts recruited to in 2024."""
    whole = value("training_posts", "uk_total", "ct1_st1", "2024")
    return value("training_posts", "england_total", "ct1_st1", "2024") / whole


@cache
def entry_posts() -> dict[str, int]:
    """Posts to fill in the year from August 2025, by programme.

    Posts published for England alone are kept, others scaled to the total of their level. General
    practice recruits in February too: of its posts only England's share of the United Kingdom's total
    counts towards the August total, and the rest start in February.
    """
    published = figures("training_posts", "posts")
    stock = figures("workforce", "consultant_fte", "2023")
    ratio = figures("training_posts", "posts_per_consultant")
    result: dict[str, int] = {}
    for entry in ("ct1", "st3", "st4"):
        fixed: dict[str, float] = {}
        scaled: dict[str, float] = {}
        for r in catalogue():
            if r["entry"] != entry:
                continue
            name = r["programme"]
            if name in published:
                row = published[name]
                own = row["geography"] == "England" or name == "general_practice"
                (fixed if own else scaled)[name] = float(row["value"])
            elif name in figures("training_posts", "accepts_uk"):
                scaled[name] = sum(value("training_posts", f"accepts_{w}", name) for w in ("uk", "im"))
            else:
                kind = name if name in ratio else r["family"]
                kind = kind if kind in ratio else "medicine_and_psychiatry"
                scaled[name] = float(stock[r["consultants_of"]]["value"]) * float(ratio[kind]["value"])
        total = round(_total(entry))
        if entry == "ct1":
            total += round((1 - england_share()) * fixed["general_practice"])
        rest = apportion(total - round(sum(fixed.values())), scaled)
        for r in catalogue():
            name = r["programme"]
            if name in fixed or name in scaled:
                result[name] = round(fixed[name]) if name in fixed else rest[name]
    return {r["programme"]: result[r["programme"]] for r in catalogue() if r["programme"] in result}


@cache
def fill_share() -> dict[str, float]:
    """Share of advertised posts filled, shifted so that each level has its published mean."""
    own = figures("training_posts", "fill")
    posts = entry_posts()
    result: dict[str, float] = {}
    for entry, key in {"ct1": "ct1_st1", "st3": "st3", "st4": "st4"}.items():
        mean = float(own[key]["value"]) / 100
        names = [r["programme"] for r in catalogue() if r["entry"] == entry]
        empty = {n: 1 - (float(own[n]["value"]) / 100 if n in own else mean) for n in names}
        wanted = (1 - mean) * sum(posts[n] for n in names)
        low, high = -1.0, 1.0
        for _ in range(60):  # one shift for the whole level, within bounds
            shift = (low + high) / 2
            if sum(min(0.5, max(0.002, empty[n] + shift)) * posts[n] for n in names) < wanted:
                low = shift
            else:
                high = shift
        result |= {n: round(1 - min(0.5, max(0.002, empty[n] + high)), 4) for n in names}
    return result


# --- cohorts ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cohort:
    """One entrant's expected life in a programme, in years and by level."""

    years_tied: float  # from entry to the next round after the post falls free
    stock: tuple[float, ...]  # people present on a 31 July per yearly entrant, by level
    on_cycle: float  # share of full-timers in that stock who finish in August


def cohort(
    months: int,
    ltft: float,
    mix: dict[int, float],
    extra_time: float,
    extension: tuple[int, int],
    leave: float,
    february: bool,
) -> Cohort:
    """Follow one entrant of each kind: WTE, number of extensions, yearly chance of leaving."""
    levels = months // 12
    step = 6 if february else 12
    monthly = (1 - leave) ** (1 / 12)
    tied = full = on_cycle = 0.0
    stock = [0.0] * levels
    most = extension[1] // extension[0]
    hours = sum(w * s for w, s in mix.items()) / 100
    ltft = ltft * hours / (1 - ltft + ltft * hours)  # part-timers stay longer: fewer starters than in post
    kinds = {100: 1 - ltft} | {w: ltft * s for w, s in mix.items()}
    for wte, share in kinds.items():
        reviews = math.ceil(months * 100 / wte / 12)
        chances = [
            math.comb(reviews, k) * extra_time**k * (1 - extra_time) ** (reviews - k) for k in range(most)
        ]
        chances.append(1 - sum(chances))
        for k, chance in enumerate(chances):
            weight = share * chance
            length = math.ceil((months + k * extension[0]) * 100 / wte)
            tied += weight * sum(monthly**m for m in range(0, length, step)) * step / 12
            for m in range(12, length + 1, 12):
                here = weight * monthly**m
                stock[min(levels - 1, (m - 1) * levels // length)] += here
                if wte == 100:
                    full += here
                    on_cycle += here * (length % 12 == 0)
    return Cohort(tied, tuple(stock), on_cycle / full)


@cache
def february_share() -> dict[str, float]:
    """Part of its free posts that a programme advertises in a round starting in February."""
    months = {r["round"]: r["month"] for r in table("rounds")}
    return {
        r["programme"]: float(r["share"])
        for r in table("round_programmes")
        if months[r["round"]] == "2" and float(r["share"]) > 0
    }


@cache
def cohorts() -> dict[str, Cohort]:
    mix = {
        round(float(k) * 100): float(r["value"]) for k, r in figures("programme_rates", "ltft_mix").items()
    }
    return {
        r["programme"]: cohort(
            months_of(r["programme"]),
            ltft_share(r),
            mix,
            rate("extra_time", r["review_of"]),
            extension_rule(r),
            rate("resignation", r["resignation_of"]) + rate("release", r["review_of"]),
            r["programme"] in february_share(),
        )
        for r in catalogue()
        if r["programme"] in entry_posts()
    }


# --- regions ----------------------------------------------------------------------------------------------


@cache
def regional_weights(programme: str) -> dict[str, float]:
    """How a programme's posts are spread: its own regional counts, or its level's."""
    entry = next(r["entry"] for r in catalogue() if r["programme"] == programme)
    for name in ("paediatrics", "trauma_orthopaedics"):
        if programme == name:
            rows = figures("geography", f"{name}_posts")
            return areas_to_regions({k: float(r["value"]) for k, r in rows.items()})
    if entry == "ct1":
        return {k: value("geography", "ct1_st1_posts", k) for k in REGIONS}
    people = {k: value("geography", "population", k) for k in REGIONS}
    level = value("training_posts", "uk_total", entry) * value("training_posts", "england_share_r2", "all")
    london = value("geography", f"posts_{entry}", "london") / level
    rest = sum(v for k, v in people.items() if k != "london")
    return {k: london if k == "london" else (1 - london) * v / rest for k, v in people.items()}


def regional_empty() -> dict[str, float]:
    """Relative chance that a post of a region stays empty (2024 fill; the English mean where unknown)."""
    fill = figures("geography", "fill_all", "2024")
    known = {
        "london": "London",
        "north_east_and_yorkshire": "Yorkshire and the Humber",
        "midlands": "West Midlands",
    }
    return {k: 100 - (float(fill[known[k]]["value"]) if k in known else 96.0) for k in REGIONS}


def _empty_by_region(empty: int, posts: dict[str, int]) -> dict[str, int]:
    weights = {k: posts[k] * regional_empty()[k] for k in REGIONS}
    given = apportion(empty, weights)
    spare = sum(max(0, given[k] - posts[k]) for k in REGIONS)
    given = {k: min(given[k], posts[k]) for k in REGIONS}
    for k in sorted(REGIONS, key=lambda r: given[r] - posts[r]):
        take = min(spare, posts[k] - given[k])
        given[k] += take
        spare -= take
    return given


def split_stock(levels: list[int], regions: dict[str, int]) -> list[dict[str, int]]:
    """A table of whole numbers with the given row and column sums (cumulative rounding)."""
    total = sum(levels)
    cumulative = [0]
    for n in levels:
        cumulative.append(cumulative[-1] + n)
    taken = dict.fromkeys(regions, 0)
    result = []
    for before, after in pairwise(cumulative):
        wanted = {k: regions[k] * after / total - taken[k] + 1e-9 for k in regions}
        row = apportion(after - before, {k: max(w, 1e-9) for k, w in wanted.items()})
        row = {k: min(v, regions[k] - taken[k]) for k, v in row.items()}
        short = (after - before) - sum(row.values())
        for k in sorted(regions, key=lambda r: taken[r] + row[r] - regions[r]):
            give = min(short, regions[k] - taken[k] - row[k])
            row[k] += give
            short -= give
        for k in regions:
            taken[k] += row[k]
        result.append(row)
    return result


def write_posts() -> None:
    """``posts.csv`` and ``trainee_stock.csv``."""
    posts_rows, stock_rows = [], []
    published = figures("training_posts", "posts")
    for r in catalogue():
        name = r["programme"]
        if name == "foundation":
            stock_rows += _foundation_stock()
        if name not in entry_posts():
            continue
        n, f, c = entry_posts()[name], fill_share()[name], cohorts()[name]
        in_post = [round(n * f * s) for s in c.stock]
        establishment = max(round(n * f * c.years_tied + n * (1 - f)), sum(in_post))
        split = apportion(establishment, regional_weights(name))
        source = published[name]["source"] if name in published else "derived"
        note = f"{n} entry posts, {f:.1%} filled, {c.years_tied:.2f} years tied; split by region"
        low, high = 0.85, 1.15
        for k in REGIONS:
            posts_rows.append(
                [
                    name,
                    k,
                    YEAR,
                    split[k],
                    source,
                    "assumption",
                    round(split[k] * low),
                    round(split[k] * high),
                    note,
                ]
            )
        empty = _empty_by_region(establishment - sum(in_post), split)
        here = {k: split[k] - empty[k] for k in REGIONS}
        for level, row in zip(level_names(r), split_stock(in_post, here), strict=True):
            for k in REGIONS:
                stock_rows.append(
                    [
                        name,
                        level,
                        k,
                        row[k],
                        source,
                        "assumption",
                        "",
                        "",
                        "cohorts of the entry posts on 31 July",
                    ]
                )
    write("posts", ["programme", "region", "year", "posts"], posts_rows)
    write("trainee_stock", ["programme", "level", "region", "trainees"], stock_rows)


def foundation_in_post() -> dict[str, int]:
    """F1 and F2 doctors of July 2025: the 2024 count shared by the two UK intakes it is made of."""
    both = value("foundation", "in_post_f1_f2", "england", "2024")
    intake = {
        "F2": value("foundation", "allocated", "uk", "2023"),
        "F1": value("foundation", "allocated", "uk", "2024"),
    }
    return {k: round(both * intake[k] / sum(intake.values())) for k in ("F1", "F2")}


def _foundation_stock() -> list[list[object]]:
    from .derive_school import foundation_region_weights

    source = figures("foundation", "in_post_f1_f2")["england"]["source"]
    note = "England F1+F2 of 2024 split by the UK intakes of 2024 and 2023; regions as foundation schools"
    rows: list[list[object]] = []
    for level, people in foundation_in_post().items():
        for k, n in apportion(people, foundation_region_weights()).items():
            rows.append(
                ["foundation", level, k, n, source, "assumption", round(n * 0.95), round(n * 1.05), note]
            )
    return rows


def total_check() -> list[tuple[str, int, float]]:
    """Trainees of the derived stock against published or judged counts, for the printed check."""
    groups = {
        "General Practice": ["general_practice"],
        "Internal Medicine Training": ["internal_medicine"],
        "Medical higher specialties": [
            r["programme"] for r in catalogue() if r["family"] == "medicine" and r["kind"] == "higher"
        ],
        "Anaesthetics/ICM": ["core_anaesthetics", "anaesthetics", "intensive_care"],
        "Emergency Medicine": ["emergency_medicine"],
        "Paediatrics": ["paediatrics"],
        "Obstetrics and Gynaecology": ["obstetrics_gynaecology"],
        "Psychiatry": [r["programme"] for r in catalogue() if r["family"] == "psychiatry"],
        "Core Surgical Training": ["core_surgery"],
        "Surgical higher specialties": [
            r["programme"] for r in catalogue() if r["family"] == "surgery" and r["kind"] != "core"
        ],
        "Clinical Radiology": ["clinical_radiology"],
        "Ophthalmology": ["ophthalmology"],
        "Public Health": ["public_health"],
        "Clinical/Medical Oncology": ["clinical_oncology", "medical_oncology"],
    }
    stock = table("trainee_stock")
    return [
        (
            title,
            sum(int(r["trainees"]) for r in stock if r["programme"] in names),
            float(next(r["value"] for r in read("programme_rates") if r["item"] == title)),
        )
        for title, names in groups.items()
    ]
