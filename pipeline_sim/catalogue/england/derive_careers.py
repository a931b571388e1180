"""Later careers: portfolio route, specialist grade, fellowships, and schemes for GPs.

Every cell is a figure of ``published/careers.csv``; a row carries the source of the figure it rests on most.
"""

from __future__ import annotations

from .derive_common import figures, table, value, write
from .derive_school import START

GP_FELLOWSHIPS = ("primary_care_fellowship", "extra_year_hard_to_recruit")
FELLOWSHIPS = (*(("gp", name) for name in GP_FELLOWSHIPS), ("consultant", "post_cct_fellowship"))
HARD_TO_RECRUIT = "extra_year_hard_to_recruit"


def of(figure: str, item: str) -> float:
    """One number of later careers."""
    return value("careers", figure, item)


def whole(figure: str, item: str) -> int:
    return round(of(figure, item))


def write_portfolio() -> None:
    """One pace for every supervision group: SAS doctors are spread as registrations are."""
    processing = whole("portfolio", "processing_months")
    with_sas = {
        row["supervision_group"]
        for row in table("programmes")
        if any(r["programme"] == row["programme"] for r in table("workforce_stock") if r["group"] == "sas")
    }
    rows = [
        [
            row["group"], START, of("portfolio", "start"), whole("portfolio", "after_years"),
            whole("portfolio", "evidence_months_shortest") + processing,
            whole("portfolio", "evidence_months_longest") + processing,
            of("portfolio", "success"), of("portfolio", "supervision_load"), of("portfolio", "in_progress"),
            "model_judgement", "assumption", "", "", "evidence and processing; start fitted to registrations",
        ]
        for row in table("supervision_groups")
        if row["group"] in with_sas
    ]  # fmt: skip
    columns = "group year start after_years shortest longest success supervision_load in_progress".split()
    write("portfolio", columns, rows)


def write_portfolio_outside() -> None:
    """Locally employed doctors take as long as SAS doctors and succeed a little less often."""
    processing = whole("portfolio", "processing_months")
    rows = [
        [
            group, START, of("portfolio_outside", f"start_{group}"),
            whole("portfolio_outside", "min_nhs_months"),
            whole("portfolio_outside", "evidence_months_shortest") + processing,
            whole("portfolio_outside", "evidence_months_longest") + processing,
            of("portfolio_outside", "success"), of("portfolio_outside", "supervision_load"),
            of("portfolio_outside", "in_progress"),
            "model_judgement", "assumption", "", "", "start fitted to one in eight registrations",
        ]
        for group in ("uk_graduate", "overseas")
    ]  # fmt: skip
    columns = "group year start min_nhs_months shortest longest success supervision_load in_progress".split()
    write("portfolio_outside", columns, rows)


def write_specialist_grade() -> None:
    columns = "start graduation_age postgraduate_years specialty_years".split()
    row = [START, of("specialist_grade", "start"), *(whole("specialist_grade", c) for c in columns[1:])]
    source = figures("careers", "specialist_grade")["start"]
    note = "twelve postgraduate years and six in the specialty are published"
    write("specialist_grade", ["year", *columns], [[*row, source["source"], source["status"], "", "", note]])


def write_fellowships() -> None:
    rows = []
    for group, name in FELLOWSHIPS:
        shown = figures("careers", "fellowship_share")[name]
        rows.append(
            [
                name, group, START, of("fellowship_share", name), whole("fellowship_months", name), 100,
                of("fellowship_stay", name), 0, shown["source"], shown["status"], "", "", shown["note"],
            ]
        )  # fmt: skip
    columns = "fellowship group year share months wte_percent stay hours_added".split()
    write("fellowships", columns, rows)
    regions = figures("careers", "hard_to_recruit")
    write(
        "fellowship_regions",
        ["fellowship", "region", "weight"],
        [
            [HARD_TO_RECRUIT, k, round(float(r["value"])), r["source"], r["status"]]
            for k, r in regions.items()
        ],
    )


def write_schemes() -> None:
    retainer = [whole("retainer", item) for item in ("wte_percent", "shortest", "longest")]
    refresher = [whole("refresher", item) for item in ("over", "shortest", "longest")]
    row = [
        START, of("retainer", "share"), *retainer, of("retainer", "stays"),
        of("refresher", "share"), *refresher,
        "gp_retention_scheme_nhs_england", "assumption", "", "",
        "five years, four sessions, 24 and 6 months are published; shares fitted to people on the schemes",
    ]  # fmt: skip
    columns = (
        "year retainer_share retainer_percent retainer_shortest retainer_longest retainer_stays "
        "refresher_share refresher_over refresher_shortest refresher_longest"
    )
    write("schemes", columns.split(), [row])


def write_careers() -> None:
    write_portfolio()
    write_portfolio_outside()
    write_specialist_grade()
    write_fellowships()
    write_schemes()
