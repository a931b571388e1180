"""Which way each KPI is better, for whoever compares runs.

A direction is given only where hardly anyone would quarrel with it: more certificates, shorter waits. What is
a means, a mix or a matter of policy (how many train less than full time, how many posts there are, what share
comes from where) has none, however it moves.
"""

from __future__ import annotations

import re

HIGHER, LOWER, NEITHER = "higher", "lower", ""
SIGNS = {HIGHER: 1, LOWER: -1, NEITHER: 0}

_HIGHER = """
    clinical_starts_against_plan graduates
    foundation_first_preference_percent foundation_starts f2_completers
    f2_direct_entry_percent f2_in_training_within_12_months_percent
    fill_rate gp_acceptances gp_acceptances_against_plan accepts first_choice_accepts_percent
    training_starts cancer_and_diagnostics_starts
    ccts ccts_gp ccts_specialist ccts_as_percent_of_trainees portfolio_registrations wte_per_cct
    back_within_12_months_percent back_within_24_months_percent back_within_60_months_percent
    supported_returns supported_return_percent portfolio_success_percent induction_refresher_starts
    consultants gps consultants_wte gps_wte
    credential_starts credential_starts_against_plan credentials_awarded credential_holders
    supply_wte trained_wte_per_100k
"""
_LOWER = """
    medical_school_attrition clinical_years_deferred foundation_oversubscription foundation_placeholders
    foundation_reserves foundation_extensions_percent
    offers_rerun_percent posts_unfilled offers_declined_percent withdrawn_before_start_percent unplaced
    f2_to_cct_months_median f2_to_cct_months_p90
    arcp_non_standard_percent extensions_percent resignations_percent releases_percent
    ltft_refusals did_not_return_percent returns_after_waiting_percent
    wait_to_return_months_median waits_to_return waits post_vacancy_percent
    cost_per_cct cost_of_own_training
    unmet_need_wte vacancy_percent year_supply_meets_demand
    trained_theil trained_theil_between_regions training_theil_between_regions
"""
_NEITHER = """
    students clinical_starts widening_participation_share widening_participation_share_of_graduates
    foundation_applicants foundation_places
    applications unique_applicants applications_per_post posts_advertised offers
    uk_graduate_share_of_accepts prioritised_share_of_accepts
    trainees trainees_in_post ltft_percent arcp_outcome_share wte_per_doctor_in_training
    hours_changes_in_training
    doctors_in_and_out_of_training stepped_out stepped_out_at_year_end stepped_out_percent step_outs
    posts_held_for_trainees_away held_posts_covered returns_to_training
    credit_grants credit_months experience_credit_months transfers_out transfers_in
    portfolio_applications portfolio_refusals portfolio_from_locally_employed specialist_grade_moves
    fellowship_starts fellows gp_retainer_starts enhance_joiners
    foundation_doctors locally_employed sas abroad overseas_applicants sas_wte pool_utilisation
    cost_total cost_pipeline
    posts_redistributed posts_won demand_wte beyond_demand_wte supply_of_demand_percent
    training_wte_per_100k trained_theil_within_regions
"""
DIRECTIONS: dict[str, str] = {
    name: direction
    for direction, names in ((HIGHER, _HIGHER), (LOWER, _LOWER), (NEITHER, _NEITHER))
    for name in names.split()
}


def direction(kpi: str) -> str:
    """``HIGHER`` or ``LOWER`` is better, or ``NEITHER``; a breakdown goes the way of its KPI."""
    return DIRECTIONS.get(re.sub(r"\[.*", "", kpi), NEITHER)
