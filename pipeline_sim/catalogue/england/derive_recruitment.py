"""How applicants choose between specialties, and the doctors outside training who apply.

*Taste.* Published applications by specialty (newest, the older ones scaled so that CT1/ST1 adds up to the
2025 total) are first shared between UK graduates and doctors qualified overseas. Where a share of accepted
offers was published or judged, UK graduates' share of the applications is that under which the model's runs
give it (``published/recruitment_fit.csv``, made by ``experiments/baseline_check/fit_recruitment.py``);
elsewhere their applications follow their accepted posts, times the square root of competition. Each group's
weights are then solved for, so that doctors who draw their choices one after another without replacement,
with the numbers of applications in ``applicant_groups.csv``, make the wanted applications.

*Stocks and arrivals* are judgements in ``published/outside.csv``, spread by region.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from .derive_common import REGIONS, apportion, catalogue, figures, read, table, value, write
from .derive_posts import cohorts, entry_posts, february_share, uk_share_of_accepts

CAP = 6
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(160)
TIMES = 4 * (1 + _NODES) / (1 - _NODES)  # of ringing clocks, from 0 to infinity, with what each counts for
STEPS = 8 * _WEIGHTS / (1 - _NODES) ** 2
GROUPS = ("uk_graduate", "overseas")


@cache
def application_shares(group: str, track: str) -> list[float]:
    """Shares of a group that make 1, 2, ... applications on a track (entry or higher)."""
    row = next(r for r in table("applicant_groups") if (r["group"], r["track"]) == (group, track))
    return [float(row[f"apply_{k}"]) for k in range(1, CAP + 1)]


def inclusion(weights: dict[str, float], shares: list[float]) -> dict[str, float]:
    """Expected applications to each specialty by one doctor.

    Drawing by weight without replacement is taking the first of independent exponential clocks: a
    specialty is among k drawn if fewer than k others ring before its own, integrated over its time.
    """
    names, count = list(weights), len(weights)
    rate = np.array([weights[n] for n in names]) / sum(weights.values())
    rung = -np.expm1(-rate[:, None] * TIMES)  # [specialty, time]
    fewer = np.zeros((CAP, count, len(TIMES)))  # [others that rang, specialty, time]
    fewer[0] = 1
    for other in range(count):
        after = fewer * (1 - rung[other])
        after[1:] += fewer[:-1] * rung[other]
        after[:, other] = fewer[:, other]
        fewer = after
    ringing = rate[:, None] * np.exp(-rate[:, None] * TIMES) * STEPS
    among = np.cumsum((fewer * ringing).sum(axis=2), axis=0)  # [k - 1, specialty]
    drawn = (np.array(shares)[:, None] * among).sum(axis=0)
    return dict(zip(names, (float(x) for x in drawn), strict=True))


def solve_weights(wanted: dict[str, float], shares: list[float]) -> dict[str, float]:
    """Weights under which one doctor's expected applications are in proportion to ``wanted``."""
    mean = sum(min(k, len(wanted)) * s for k, s in enumerate(shares, start=1))
    target = {k: mean * v / sum(wanted.values()) for k, v in wanted.items()}
    target = {k: min(v, 0.97) for k, v in target.items()}
    weights = dict(target)
    for _ in range(200):
        got = inclusion(weights, shares)
        weights = {k: w * (target[k] / got[k]) ** 0.8 for k, w in weights.items()}
        scale = sum(weights.values())
        weights = {k: w / scale for k, w in weights.items()}
    return weights


def august_posts(name: str) -> float:
    """Posts of the year advertised in August; February takes its share of half of those off the cycle."""
    on_cycle = cohorts()[name].on_cycle * (1 - value_of_setting("stock.off_cycle_share"))
    return entry_posts()[name] * (1 - february_share().get(name, 0.0) * (1 - on_cycle) / 2)


def value_of_setting(name: str) -> float:
    return next(float(r["value"]) for r in table("settings") if r["name"] == name)


@cache
def applications() -> dict[str, float]:
    """Applications by programme: published applications a post times England's posts of 2025."""
    counts = figures("applications", "applications")
    ratios = figures("applications", "applications_per_post")
    posts = figures("training_posts", "posts")
    newest: dict[str, float] = {}
    older: dict[str, float] = {}
    for r in catalogue():
        name = r["programme"]
        if r["entry"] != "ct1":
            continue
        row = counts.get(name) or ratios[name]
        if name in ratios and row["year"] != posts[name]["year"]:
            row = ratios[name]  # both of one year, where the counts of applications and posts are not
        uk = float(row["value"])
        if row["figure"] == "applications_per_post":
            uk *= float(posts[name]["value"])
        (newest if row["year"] == "2025" else older)[name] = uk
    whole = value("training_posts", "uk_total", "ct1_st1", "2025") * float(ratios["ct1_st1"]["value"])
    growth = (whole - sum(newest.values())) / sum(older.values())
    uk_total = newest | {k: v * growth for k, v in older.items()}
    result = {k: v / float(posts[k]["value"]) * august_posts(k) for k, v in uk_total.items()}
    for r in catalogue():  # higher posts: applications per post of the specialty or of its level
        name = r["programme"]
        if r["entry"] in ("st3", "st4"):
            row = ratios.get(name) or ratios[r["entry"]]
            per_post = float(row["value"]) if name != "acute_internal_medicine" else _acute_ratio()
            result[name] = per_post * august_posts(name)
    return result


def _acute_ratio() -> float:
    return float(figures("applications", "applications")["acute_internal_medicine"]["value"]) / 85


@cache
def wanted_by_group() -> dict[str, dict[str, float]]:
    """Applications by group and programme. UK graduates' share: fitted where their accepted share is known,
    otherwise accepted posts x the square root of competition."""
    uk: dict[str, float] = {}
    for r in catalogue():
        name = r["programme"]
        if name in entry_posts():
            pressure = math.sqrt(applications()[name] / entry_posts()[name])
            uk[name] = uk_share_of_accepts(r) * entry_posts()[name] * pressure
    result: dict[str, dict[str, float]] = {g: {} for g in GROUPS}
    fitted = figures("recruitment_fit", "uk_share_of_applications")
    for track in ("ct1", "higher"):
        names = [
            r["programme"]
            for r in catalogue()
            if r["programme"] in uk and (r["entry"] == "ct1") == (track == "ct1")
        ]
        total = sum(applications()[n] for n in names)
        part = 0.23 if track == "ct1" else 0.45  # UK graduates' part of all applications
        factor = part * total / sum(uk[n] for n in names)
        for n in names:
            share = min(0.85, uk[n] * factor / applications()[n])
            if n in fitted:
                share = float(fitted[n]["value"])
            result["uk_graduate"][n] = share * applications()[n]
            result["overseas"][n] = (1 - share) * applications()[n]
    return result


def write_taste() -> None:
    counts = figures("applications", "applications")
    ratios = figures("applications", "applications_per_post")
    rows: list[list[object]] = []
    for group in GROUPS:
        wanted = wanted_by_group()[group]
        weights: dict[str, float] = {}
        for parent in ("", "internal_medicine", "core_surgery", "core_psychiatry", "core_anaesthetics"):
            names = [
                r["programme"]
                for r in catalogue()
                if r["programme"] in wanted and r["parents"].split("|")[0] == parent
            ]
            if parent == "core_anaesthetics":  # anaesthetics beside intensive care, listed under medicine
                weights["anaesthetics"] = (
                    weights["intensive_care"] * wanted["anaesthetics"] / wanted["intensive_care"] * 2
                )
                continue
            track = "higher" if parent else "entry"
            solved = solve_weights({n: wanted[n] for n in names}, application_shares(group, track))
            weights |= solved
        for r in catalogue():
            name = r["programme"]
            if name in weights:
                row = counts.get(name) or ratios.get(name)
                source = row["source"] if row else ratios["st3"]["source"]
                note = f"solved for about {wanted[name]:.0f} applications by this group in 2025"
                weight = max(1, round(weights[name] * 100_000))
                rows.append([group, name, weight, source, "assumption", "", "", note])
    write("specialty_taste", ["group", "programme", "weight"], rows)


def _stream_weights(stream: str) -> dict[str, float]:
    if stream in ("consultants_overseas", "gp_overseas"):
        return {k: value("geography", "population", k) for k in REGIONS}
    if stream == "foundation_eligibility":
        return {k: float(r["foundation_attraction"]) for r in table("regions") if (k := r["region"])}
    return {k: value("geography", "ct1_st1_posts", k) for k in REGIONS}


def write_outside() -> None:
    """``outside_stock.csv`` and ``arrivals.csv``."""
    stock: list[list[object]] = []
    arrivals: list[list[object]] = []
    for row in read("outside"):
        split = apportion(int(row["value"]), _stream_weights(row["item"]))
        for k, n in split.items():
            tail = [row["source"], row["status"]]
            if row["figure"] == "stock":
                note = row["note"] + "; split by region"
                stock.append([row["item"], k, n, *tail, round(n * 0.75), round(n * 1.3), note])
            else:
                note = row["note"] + "; split by region"
                arrivals.append(
                    [row["item"], k, int(row["year"]), n, *tail, round(n * 0.6), round(n * 1.4), note]
                )
    write("outside_stock", ["stream", "region", "people"], stock)
    write("arrivals", ["stream", "region", "year", "people"], arrivals)
