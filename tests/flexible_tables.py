"""Rows that make flexible training happen in the teaching base, often and with every rule in use."""

from __future__ import annotations

from pipeline_sim.scenario.definition import Scenario

Rows = list[dict[str, object]]

QUIET: dict[str, object] = {
    "counts": "none", "credit_rate": 0, "credit_cap_months": 0, "no_credit_share": 0, "allowance_months": 0,
    "post": "freed", "return_rule": "guaranteed", "min_months": 0, "final_year": 1, "satisfactory": 0,
    "notice_months": 0, "ltft_multiplier": 1,
}  # fmt: skip


def families(scenario: Scenario) -> list[str]:
    """The families that train specialists."""
    return [name for name in dict.fromkeys(scenario.tables["programmes"]["family"]) if name != "foundation"]


def regions(scenario: Scenario) -> list[str]:
    return list(scenario.tables["regions"]["region"])


def kind(name: str, **rules: object) -> dict[str, object]:
    """A row of step_outs.csv that does nothing special but what is said."""
    return {"step_out": name, "year": 2025, **QUIET, **rules}


def flexible_tables(scenario: Scenario) -> dict[str, Rows]:
    """Every table of flexible training, with rates high enough for a small run."""
    kinds: Rows = [
        kind("oopt", counts="prospective", credit_rate=1, credit_cap_months=12, return_rule="priority"),
        kind("oopp", counts="assessed", credit_rate=0.5, credit_cap_months=6, no_credit_share=0.3,
             min_months=12, final_year=0, satisfactory=1, notice_months=3),
        kind("oope", return_rule="compete"),
        kind("parental", counts="reviewed", allowance_months=0.46, post="held", ltft_multiplier=3),
        kind("career_break", return_rule="priority"),
    ]  # fmt: skip
    lengths: Rows = [
        {"step_out": row["step_out"], "months": months, "share": share, "returns": returns, "extension": 0.9}
        for row in kinds
        for months, share, returns in ((3, 0.2, 1), (12, 0.5, 0.9), (26, 0.2, 0.8), (60, 0.1, 0.7))
    ]
    of_family = families(scenario)
    rates: Rows = [
        {"step_out": row["step_out"], "family": family, "year": year, "female": rate, "male": rate / 2}
        for row in kinds
        for family in of_family
        for year, rate in ((2025, 0.08), (2027, 0.1))
    ]
    requests: Rows = [
        {"family": family, "order_from": order, "year": 2025, "start_female": 0.2, "start_male": 0.1,
         "ask_female": 0.2 * order, "ask_male": 0.1, "back": 0.2, "change": 0.2}
        for family in ["foundation", *of_family]
        for order in (1, 2)
    ]  # fmt: skip
    programmes: Rows = [
        {"programme": name, "year": 2025, "multiplier": 1 + 0.5 * (n % 2)}
        for n, name in enumerate(scenario.tables["programmes"]["programme"])
    ]
    reasons: Rows = [
        {"reason": reason, "family": family, "year": year, "share": share, "open": is_open, "always": always}
        for reason, share, always in (("caring", 0.4, 1), ("choice", 0.6, 0))
        for family in of_family
        for year, is_open in ((2025, int(reason == "caring")), (2026, 1))
    ]
    return {
        "step_outs": [*kinds, kind("oope", year=2028, return_rule="guaranteed", post="held", min_months=6)],
        "step_out_lengths": lengths,
        "step_out_rates": rates,
        "step_out_ages": [
            {"step_out": "parental", "age_from": 30, "multiplier": 1.5},
            {"step_out": "parental", "age_from": 45, "multiplier": 0},
        ],
        "post_cover": [
            {"step_out": "parental", "year": year, "cover": cover}
            for year, cover in ((2025, 0.6), (2027, 0.9))
        ],
        "return_gaps": [
            {"months_from": 24, "extra_months": 3, "restart": 0},
            {"months_from": 60, "extra_months": 0, "restart": 1},
        ],
        "return_support": [
            {"year": 2025, "min_months": 3, "uptake": 0.8, "months": 3, "weeks_a_year": 2, "weeks_cap": 6,
             "return_uplift": 0.05, "extra_time_effect": 0.5, "supervision": 0.2}
        ],
        "support_places": [
            {"region": region, "year": 2025, "places": 4} for region in regions(scenario)
        ],
        "ltft_requests": requests,
        "ltft_programmes": programmes,
        "ltft_reasons": reasons,
        "ltft_rules": [{"year": 2025, "capacity": 0.15, "persists": 0.5, "boost_months": 12}],
        "post_funding": [
            {"family": family, "year": year, "funding": funding}
            for family in of_family
            for year, funding in ((2025, "headcount"), (2026, "wte"))
        ],
    }  # fmt: skip
