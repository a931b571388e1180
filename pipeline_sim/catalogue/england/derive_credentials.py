"""Credentials: what they are, who may apply and how many start.

Slots are the yearly starts judged for the UK, England's part by population, spread over the regions by
population. The chance of applying gives twice as many applicants as slots from the doctors there are at the
start; where there are no slots it is that of the least sought credential.
"""

from __future__ import annotations

from .derive_common import REGIONS, apportion, figures, table, write
from .derive_school import START

ENGLAND_SHARE = 0.84  # of the UK's people
APPLICANTS_PER_SLOT = 2.0
NO_SLOTS_CHANCE = 0.0005  # a year, where nothing tells
LATE_LEVELS = 2  # a late trainee is in one of the last two levels of a programme

PSYCHIATRY = (
    "general_psychiatry", "child_adolescent_psychiatry", "old_age_psychiatry", "forensic_psychiatry",
    "learning_disability_psychiatry",
)  # fmt: skip
THROMBECTOMY = ("clinical_radiology", "neurology", "neurosurgery", "cardiology")
ACUTE = ("emergency_medicine", "acute_internal_medicine")
GP = ("general_practice",)

#: credential: (title, multi-professional, supervision load, supervision group, programmes by group)
CREDENTIALS: dict[str, tuple[str, int, float, str, dict[str, tuple[str, ...]]]] = {
    "mechanical_thrombectomy": (
        "Mechanical thrombectomy", 0, 1, "diagnostics",
        {"consultant": THROMBECTOMY, "trainee": THROMBECTOMY},
    ),
    "rural_and_remote": (
        "Rural and remote health", 0, 0.5, "general_practice",
        {"gp": GP, "consultant": ACUTE, "sas": ACUTE},
    ),
    "pain_medicine": (
        "Pain medicine", 0, 0.5, "anaesthetics_critical_care",
        dict.fromkeys(("consultant", "sas", "trainee"), ("anaesthetics",)),
    ),
    "liaison_psychiatry": (
        "Liaison psychiatry", 0, 0.5, "psychiatry", {"consultant": PSYCHIATRY, "trainee": PSYCHIATRY}
    ),
    "mental_health": ("Mental health", 1, 0.25, "psychiatry", {"gp": GP, "sas": PSYCHIATRY}),
    "cardiovascular": (
        "Cardiovascular disease", 1, 0.25, "medicine",
        {"gp": GP, "sas": ("cardiology", "acute_internal_medicine")},
    ),
    "older_people": (
        "Older people", 1, 0.25, "medicine",
        {"gp": GP, "sas": ("geriatric_medicine", "old_age_psychiatry")},
    ),
}  # fmt: skip


def slots(credential: str) -> int:
    """Starts a year in England."""
    row = figures("credentials", "starts")[credential]
    share = 1.0 if row["geography"] == "England" else ENGLAND_SHARE
    return round(float(row["value"]) * share)


def from_level(programme: str) -> int:
    """The first of the last two levels of a programme."""
    return sum(row["programme"] == programme for row in table("levels")) - LATE_LEVELS + 1


def eligible(programme: str, group: str) -> int:
    """Doctors of a programme and group at the start."""
    if group != "trainee":
        rows = [r for r in table("workforce_stock") if r["group"] == group and r["programme"] == programme]
        return sum(int(r["doctors"]) for r in rows)
    names = [r["level"] for r in table("levels") if r["programme"] == programme]
    late = names[from_level(programme) - 1 :]
    rows = [r for r in table("trainee_stock") if r["programme"] == programme and r["level"] in late]
    return sum(int(r["trainees"]) for r in rows)


def chance(credential: str) -> float:
    """Yearly chance of applying, the same for everyone eligible."""
    groups = CREDENTIALS[credential][4]
    doctors = sum(eligible(programme, group) for group, names in groups.items() for programme in names)
    rounded = float(f"{APPLICANTS_PER_SLOT * slots(credential) / doctors:.3g}")
    return rounded or NO_SLOTS_CHANCE


def approval(credential: str) -> str:
    """What the GMC decided, for the note of a credential; nothing for those that it does not regulate."""
    decided = figures("credentials", "curriculum_approved")
    if credential not in decided:
        return ""
    approved = decided[credential]["value"] == "1"
    return "curriculum approved by the GMC in 2023; " if approved else "no curriculum approved by the GMC; "


def write_credentials() -> None:
    """The three tables of credentials."""
    judged = ("model_judgement", "assumption", "", "")
    lengths, starts = figures("credentials", "wte_months"), figures("credentials", "starts")
    write(
        "credentials",
        (
            "credential", "title", "multi_professional", "wte_months", "supervision_load",
            "supervision_group", "month", "after_cct", "sas_doctors", "late_trainees",
        ),
        (
            (
                name, title, multi, lengths[name]["value"], float(load), group, 8, 1, int("sas" in who),
                int("trainee" in who), lengths[name]["source"], lengths[name]["status"], "", "",
                f"{approval(name)}{lengths[name]['note']}; supervision and month judged",
            )
            for name, (title, multi, load, group, who) in CREDENTIALS.items()
        ),
    )  # fmt: skip
    write(
        "credential_eligibility",
        ("credential", "programme", "group", "year", "from_level", "apply"),
        (
            (
                name, programme, group, START, from_level(programme) if group == "trainee" else "",
                chance(name), *judged, "who may apply: remembered; two applicants a slot",
            )
            for name, (*_, who) in CREDENTIALS.items()
            for group, programmes in who.items()
            for programme in programmes
        ),
    )  # fmt: skip
    people = {row["region"]: float(row["population"]) for row in table("regions")}
    write(
        "credential_slots",
        ("credential", "region", "year", "slots"),
        (
            (
                name, region, START, share, starts[name]["source"], starts[name]["status"], "", "",
                f"{slots(name)} a year by population",
            )
            for name in CREDENTIALS
            for region, share in apportion(slots(name), {k: people[k] for k in REGIONS}).items()
        ),
    )  # fmt: skip
