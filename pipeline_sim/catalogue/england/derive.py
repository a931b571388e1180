"""Rewrite every derived table of the England base from ``published/`` and the hand-kept tables.

Run with ``python -m pipeline_sim.catalogue.england.derive``. The result is the same to the byte each time.

Order matters: programmes and levels, then regions and medical school, foundation, posts and trainees,
then the workforce, and what is sized to the stock (practice places, supervisors), then recruitment, then
credentials, then demand. Tables
kept by hand (``settings``, ``routes``, ``route_years``, ``rounds``, ``outside``, ``exits`` ...) are only
read.
"""

from __future__ import annotations

from . import (
    derive_careers,
    derive_cover,
    derive_credentials,
    derive_credit,
    derive_demand,
    derive_flexible,
    derive_funding,
    derive_money,
    derive_posts,
    derive_recruitment,
    derive_redistribution,
    derive_school,
    derive_workforce,
)
from .derive_common import REGIONS, catalogue, table


def total(name: str, column: str, **where: str) -> int:
    """Sum of a column over the rows that match."""
    return sum(int(r[column]) for r in table(name) if all(r[k] == v for k, v in where.items()))


def report() -> None:
    """Print the totals a reader would check first."""
    print(
        "intake 2025",
        total("intake", "students", year="2025"),
        " students",
        total("student_stock", "students"),
    )
    for level in ("F1", "F2"):
        print(
            level,
            "in post",
            total("trainee_stock", "trainees", programme="foundation", level=level),
            end="  ",
        )
    print("places 2025", total("foundation_places", "places", year="2025"))
    demand = sum(derive_school.placement_demand(k) for k in REGIONS)
    net = total("placements", "places", year="2025") - total("placements", "background", year="2025")
    print(f"placements: {demand:.0f} students, {net} net places")
    print("\nprogramme, entry posts, filled, establishment, trainees, trainees/establishment")
    whole = [0, 0, 0]
    for r in catalogue():
        name = r["programme"]
        if name not in derive_posts.entry_posts():
            continue
        entry = derive_posts.entry_posts()[name]
        posts, stock = (
            total("posts", "posts", programme=name),
            total("trainee_stock", "trainees", programme=name),
        )
        whole = [whole[0] + entry, whole[1] + posts, whole[2] + stock]
        filled = derive_posts.fill_share()[name]
        print(f"  {name:32}{entry:6}{filled:8.3f}{posts:7}{stock:7}{stock / posts:7.3f}")
    print(f"  {'all':32}{whole[0]:6}{'':8}{whole[1]:7}{whole[2]:7}")
    print("\ntrainees against judged counts (+/-20%)")
    for title, got, judged in derive_posts.total_check():
        print(f"  {title:32}{got:7}{judged:8.0f}{got / judged:7.2f}")
    print(
        "\nworkforce", {g: total("workforce_stock", "doctors", group=g) for g in ("consultant", "gp", "sas")}
    )
    used, places = derive_workforce.practice_demand(), {}
    for r in table("practice_places"):
        if r["year"] == "2025":
            places[r["region"]] = int(r["places"])
    print(f"practice places {sum(used.values()):.0f} used of {sum(places.values())}", end="; ")
    print({k: round(used[k] / places[k], 2) for k in REGIONS})
    print(f"supervision, slots per WTE consultant by formula {derive_workforce.nominal_units():.0f}/100")
    extra: dict[tuple[str, str], int] = {}
    for r in table("supervisor_extra"):
        extra[(r["group"], r["region"])] = int(r["slots"])
    for name, by_region in derive_workforce.supervisor_balance().items():
        need, have = (sum(v[i] for v in by_region.values()) for i in (0, 1))
        if have:
            plan = derive_workforce.group_plan().get(name, {})
            regional = [round(u / max(s, 1e-9), 2) for u, s in by_region.values()]
            added = sum(v for k, v in extra.items() if k[0] == name)
            print(
                f"  {name:28}{need:8.0f}{have:8.0f}{need / have:6.2f}",
                regional,
                "extra",
                added,
                plan.get("units", ""),
            )
    outside = {
        r["stream"]: total("outside_stock", "people", stream=r["stream"]) for r in table("outside_stock")
    }
    print("\noutside", outside)
    wanted = derive_recruitment.wanted_by_group()
    for track in ("ct1", "higher"):
        names = [
            r["programme"]
            for r in catalogue()
            if r["entry"] != "none" and (r["entry"] == "ct1") == (track == "ct1")
        ]
        print(track, "applications", {g: round(sum(wanted[g][n] for n in names)) for g in wanted})


def main() -> None:
    derive_posts.write_programmes()
    derive_school.write_regions()
    derive_school.write_intake()
    derive_school.write_students()
    derive_school.write_placements()
    derive_school.write_foundation_places()
    derive_posts.write_posts()
    derive_flexible.write_step_outs()
    derive_flexible.write_returns()
    derive_flexible.write_hours()
    derive_funding.write_funding()
    derive_cover.write_cover()
    derive_workforce.write_workforce()
    derive_workforce.write_practice_places()
    derive_workforce.write_supervision()
    derive_recruitment.write_taste()
    derive_recruitment.write_outside()
    derive_credentials.write_credentials()
    derive_careers.write_careers()
    derive_credit.write_all()
    derive_demand.write_demand()
    derive_demand.write_growth()
    derive_demand.write_population()
    derive_redistribution.write_all()
    derive_money.write_money()
    report()
    derive_flexible.raise_stock()


if __name__ == "__main__":
    main()
