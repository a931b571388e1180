"""A scenario as dense, validated arrays: the only thing an engine reads.

Counts are whole people or posts. Probabilities are *thresholds*: ``round(p * 2**32)``, compared with
32-bit draws. Shares of capacity are *units*: hundredths of one place, so that a third of a year in
practice is 33 units. ``Y`` counts training years (August to July) from the one that holds month 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Reals = NDArray[np.float64]

UNITS = 100  # units in one whole place
THRESHOLD_ONE = 1 << 32  # a probability of one

STAGES = ("preclinical", "clinical", "final", "intercalated")
PLACEMENT_SETTINGS = ("hospital", "primary_care", "private", "voluntary", "technology")
FOUNDATION_KINDS = ("main", "priority", "specialised")
FOUNDATION_RULES = ("merit", "pia", "prioritised")
OVERSUBSCRIPTION_RULES = ("reserve_list", "placeholder")
TIER_STAGES = ("none", "offer", "interview")
ROUND_TRACKS = ("entry", "higher", "any")
APPLICANT_TRACKS = ("entry", "higher")
APPLICANT_GROUPS = ("uk_graduate", "overseas")
#: Whose chances outside training differ: a former trainee is an overseas doctor who trained here.
OUTSIDE_KINDS = (*APPLICANT_GROUPS, "former_trainee")
TRAINED_GROUPS = ("consultant", "gp", "sas")
AFTER_F2_DESTINATIONS = (
    "apply",
    "locally_employed",
    "abroad",
    "teaching_research",
    "break",
    "leave",
)
OUTSIDE_STATES = (
    "locally_employed",
    "unplaced",
    "abroad",
    "break",
    "teaching_research",
    "overseas_applicant",
)
OUTSIDE_MOVES = ("apply", "leave", "to_sas", "to_locally_employed")
#: Who may apply to the specialist register without a CCT: SAS doctors and locally employed ones.
PORTFOLIO_APPLICANTS = ("sas", *APPLICANT_GROUPS)
SCHEMES = (
    "retainer_share", "retainer_percent", "retainer_shortest", "retainer_longest", "retainer_stays",
    "refresher_share", "refresher_over", "refresher_shortest", "refresher_longest",
)  # fmt: skip
MAX_AGE = 100
#: Columns of ``Blueprint.step_out_rules``; see ``rules.step_out`` for what they mean.
STEP_OUT_RULES = (
    "counts",
    "rate",
    "cap",
    "no_credit",
    "allowance",
    "held",
    "claim",
    "min_months",
    "final_year",
    "satisfactory",
    "notice",
    "ltft_percent",
)
#: States outside training in which experience may be recognised.
EXPERIENCE_STATES = ("locally_employed", "unplaced", "sas", "training_initiative")
#: What a rule of credit says, as the last index of its array: threshold, hundredths of a month, percent,
#: hundredths of a month (experience: months), months, and whether a release spoils it.
TRANSFER_RULE = ("uptake", "cap", "overlap", "least", "recency", "satisfactory")
EXPERIENCE_RULE = ("uptake", "cap", "rate", "least", "recency")


@dataclass(frozen=True)
class Blueprint:
    """Arrays and scalars of one scenario. Shapes are given beside each field; see the module text."""

    # names --------------------------------------------------------------------------------------
    name: str
    title: str
    start_year: int
    start_month: int  # calendar month of month 0
    months: int  # horizon
    regions: tuple[str, ...]  # R
    programmes: tuple[str, ...]  # P, programme 0 is "foundation"
    programme_titles: tuple[str, ...]  # P, as people write them
    levels: tuple[str, ...]  # T, every programme's levels one after another
    routes: tuple[str, ...]  # Q
    streams: tuple[str, ...]  # S, ways in from outside the English pipeline
    rounds: tuple[str, ...]  # N, in the order they run
    supervision_groups: tuple[str, ...]  # G, group 0 is "foundation"

    # medical school -----------------------------------------------------------------------------
    route_first: Ints  # [Q] index of year 1 in the course_* arrays
    route_years: Ints  # [Q] years in the course
    route_widening: Ints  # [Y, Q] threshold by year of entry: widening-participation entrant
    route_female: Ints  # [Q] threshold
    route_assistantship: Ints  # [Q] threshold: does the six-month final-year assistantship
    route_applies: Ints  # [Q] threshold: a graduate applies for foundation
    route_entry_age: Ints  # [Q] years
    course_months: Ints  # [V]
    course_stage: Ints  # [V] index into STAGES
    course_repeat: Ints  # [V] threshold
    course_leave: Ints  # [V] threshold
    intake: Ints  # [Y, Q, R] students a year
    student_stock: Ints  # [V, R] students in each year of course at the start
    mix_first: Ints  # [len(STAGES)] first row of mix_units of a stage
    mix_count: Ints  # [len(STAGES)] ways of placing a student of that stage, best first; 0 = none needed
    mix_units: Ints  # [M, 5] units by placement setting
    placement_units: Ints  # [Y, 5, R] units left for medical students after the background load

    # foundation ---------------------------------------------------------------------------------
    foundation_places: Ints  # [Y, 3, R] F1 starts by kind
    foundation_rule: Ints  # [Y] index into FOUNDATION_RULES
    foundation_oversubscription: Ints  # [Y] index into OVERSUBSCRIPTION_RULES
    foundation_attraction: Ints  # [R] weights
    foundation_home_weight: int  # percent: multiplies the weight of the region of the medical school
    foundation_priority_opt_in: int  # threshold
    foundation_specialised_opt_in: int  # threshold
    foundation_withdrawal: int  # threshold
    foundation_reserve_reapplies: int  # threshold: a reserve-list doctor tries again next year
    foundation_extension_months: int  # months WTE
    foundation_extend: Ints  # [2] threshold for F1, F2
    foundation_release: Ints  # [2] threshold
    foundation_assistantship_effect: int  # percent of the extension threshold left after one
    foundation_practice_share: int  # threshold: F2 includes a general practice placement
    foundation_practice_units: int  # units of a practice place such an F2 year takes
    priority_region_weight: int  # percent: multiplies the weight of the priority programme's region
    priority_shortage_weight: int  # percent: multiplies the taste for shortage specialties

    # programmes and levels ----------------------------------------------------------------------
    level_first: Ints  # [P] first level of each programme
    level_count: Ints  # [P] 0 for a specialty that has a workforce but no training here
    level_wte_hundredths: Ints  # [T] required progress, WTE months x 100
    level_practice_units: Ints  # [T] units of a practice place
    level_supervisor_units: Ints  # [T] units of a supervisor slot
    programme_group: Ints  # [P] supervision group
    programme_trained: Ints  # [P] index into TRAINED_GROUPS
    programme_parents: Ints  # [P] bit mask over core_bit; 0 = entry from foundation
    programme_core_bit: Ints  # [P] bit this programme gives on completion, -1 if it ends in a CCT
    programme_shortage: Bools  # [P] shortage specialty (foundation priority exposure)
    programme_resign: Ints  # [P] threshold a year
    programme_review: Ints  # [P, 3] thresholds a year for outcomes 2, 3 and 4
    programme_extension: Ints  # [P] WTE months of one extension
    programme_extension_cap: Ints  # [P] WTE months over the programme
    programme_ltft: Ints  # [P] threshold: a starter works less than full time
    programme_ltft_stock: Ints  # [P, 2] threshold: a man, a woman already in post does
    ltft_percent: Ints  # [W] allowed WTE percents below 100
    ltft_cumulative: Ints  # [W] cumulative thresholds of the mix
    posts: Ints  # [Y, P, R] establishment (headcount); row 0 (foundation) is not used
    trainee_stock: Ints  # [T, R]
    stock_uk_share: Ints  # [P] threshold: a trainee of the starting stock is a UK graduate
    stock_trainee_age: Ints  # [2] youngest and oldest age in the first level of a programme, years
    off_cycle_share: int  # threshold: a full-time trainee in the stock is not on the August cycle
    practice_units: Ints  # [Y, R] units of practice places
    core_names: tuple[str, ...]  # K programmes by core bit

    # recruitment --------------------------------------------------------------------------------
    round_month: Ints  # [N] calendar month in which posts of the round start
    round_track: Ints  # [N] index into ROUND_TRACKS
    round_repeats: Ints  # [N] round it re-advertises, -1 if none
    round_programmes: Bools  # [N, P]
    round_share: Ints  # [N, P] percent of the free posts that the round advertises
    application_cap: Ints  # [Y] applications a person
    tier_stage: Ints  # [Y] index into TIER_STAGES
    tier_nhs_months: Ints  # [Y] months of NHS service that reach the first tier; 0 = service never does
    taste: Ints  # [A, P] weights, 0 = never chosen
    applications: Ints  # [2 A, 6] by 2 x group + higher track: cumulative thresholds of 1..6 applications
    regions_listed: Ints  # [2 A, R] likewise: cumulative thresholds of 1..R regions listed
    score_bonus: Ints  # [2 A] likewise: score units
    attraction: Ints  # [R] weights for training posts
    home_weight: int  # percent: multiplies the weight of the home region
    trained_weight: int  # percent: multiplies the weight of the region trained in last
    incentive_pounds: Ints  # [Y, P, R]
    incentive_effect: float  # log utility per 10,000 pounds
    competition_elasticity: float  # d log taste / d log (applications per post last year)
    appointable_score: Ints  # [P] score units
    interviews_per_post: Ints  # [P] percent; 0 = everyone is interviewed
    noise_percent: int  # spread of a specialty's own assessment against general ability
    decline: int  # threshold
    no_response: int  # threshold
    upgrade_opt_in: int  # threshold
    withdraw_before_start: int  # threshold
    readvert_reapplies: int  # threshold
    february_reapplies: int  # threshold
    higher_first: int  # threshold: an outside doctor who could enter higher training tries there first

    # outside training ---------------------------------------------------------------------------
    after_f2_cumulative: Ints  # [6] cumulative thresholds over AFTER_F2_DESTINATIONS
    after_f2_min_months: Ints  # [6]
    after_f2_max_months: Ints  # [6]
    outside_service: Ints  # [B] months of NHS service from which chances differ, the first 0
    outside_rates: Ints  # [3, 6, Y, B, 5] by OUTSIDE_KINDS, OUTSIDE_STATES: thresholds of OUTSIDE_MOVES
    # and of beginning a portfolio application
    applicant_rates: Ints  # [3, Y, B, 5] the same while one is under way: only to leave
    sas_after_training: Ints  # [Y, 2] threshold of a straight SAS post, months of NHS service it asks for
    initiative: Ints  # [Y, 3] Medical Training Initiative: months, thresholds to leave and apply after it
    resign_cumulative: Ints  # [6] cumulative thresholds over AFTER_F2_DESTINATIONS ("apply" unused)

    # streams from outside the pipeline ------------------------------------------------------------
    stream_state: Ints  # [S] State
    stream_group: Ints  # [S] index into APPLICANT_GROUPS
    stream_tier: Ints  # [S] threshold: in the first tier whatever the service
    stream_female: Ints  # [S] threshold
    stream_age: Ints  # [S, 2] youngest and oldest age, years
    stream_nhs_months: Ints  # [S] longest NHS service at the start, months
    stream_ready: Ints  # [S, K] cumulative thresholds: counts as having completed core bit k
    arrivals: Ints  # [Y, S, R] people a year
    stream_month: Ints  # [S] calendar month of arrival
    outside_stock: Ints  # [S, R]

    # trained workforce --------------------------------------------------------------------------
    workforce: Ints  # [3, P, R] heads by TRAINED_GROUPS at the start
    stock_sas_first_tier: int  # threshold: a SAS doctor of the stock is in the first tier of applicants
    workforce_female: Ints  # [3] threshold: a doctor of the starting workforce is a woman
    age_from: Ints  # [3, B] first age of each band
    age_cumulative: Ints  # [3, B] cumulative thresholds
    exit: Ints  # [Y, 3, MAX_AGE] threshold a year, by age
    retire_age: int  # leaving from this age on is retirement
    practice_return: Ints  # [3] threshold: a younger leaver comes back
    practice_break_months: Ints  # [2] shortest and longest break
    reduce_hours: Ints  # [3] threshold a year from reduce_hours_age on, where no year has its own
    reduce_hours_by_year: Ints  # [3, 2, Y] threshold by group and sex (0 male, 1 female)
    reduce_hours_age: int
    reduced_percent: int  # percentage points taken off
    portfolio: int  # threshold a year for a SAS doctor of a group without a process
    portfolio_process: Ints  # [G] 1 where an application takes time and may fail; else it succeeds at once
    portfolio_start: Ints  # [G, Y, 2] threshold a year for a SAS doctor, months as one that it takes
    portfolio_terms: Ints  # [3, G, Y, 4] by PORTFOLIO_APPLICANTS: months, success, supervision units
    portfolio_stock: Ints  # [3, G] threshold: one of the stock has an application under way
    portfolio_service: Ints  # [2] by APPLICANT_GROUPS: months of NHS service that takes
    specialist_grade: Ints  # [Y, 3] threshold a year, months of age, months in the specialty
    sas_applies: int  # threshold a year
    practice_wte_percent: Ints  # [3, 2, W2] percents by group and sex (0 male, 1 female)
    practice_wte_cumulative: Ints  # [3, 2, W2] cumulative thresholds
    join_months: Ints  # [2, J] delay before a consultant or GP post
    join_cumulative: Ints  # [2, J] cumulative thresholds; beyond the last = never joins
    stay_in_region: int  # threshold: first trained post in the region of training
    settle_weight: Ints  # [R] weights for those who move
    sas_programme_cumulative: Ints  # [P] cumulative thresholds for a new SAS doctor's specialty
    fellowships: tuple[str, ...]  # F
    fellowship_cumulative: Ints  # [Y, 2, F] cumulative thresholds by group trained for; the rest take none
    fellowship_terms: Ints  # [Y, 2, F, 4] months, percent of full time, stay threshold, points added
    fellowship_weight: Ints  # [F, R] weights of the regions; all 0 = the region of training
    schemes: Ints  # [Y, 9] by SCHEMES: shares are thresholds

    # supervision --------------------------------------------------------------------------------
    supervision_soft: bool
    supervisor_units_per_wte: Ints  # [Y, G, 3] units one whole-time doctor of each trained group gives
    supervisor_fixed_units: Ints  # [Y, G, R] units from other sources
    foundation_share: Ints  # [G] percent of a group's units that go to foundation doctors
    crowding_review_percent: int  # percent added to outcome 3 per percent over capacity (soft rule)
    crowding_resign_percent: int  # percent added to resignation per percent over capacity (soft rule)

    # flexible training ----------------------------------------------------------------------------
    step_outs: tuple[str, ...]  # K kinds of time away from a programme
    step_out_titles: tuple[str | None, ...]  # K, as people write them
    step_out_rules: Ints  # [Y, K, len(STEP_OUT_RULES)]
    step_out_lengths: Ints  # [K, L, 4] months, cumulative threshold, thresholds of return and extension
    step_out_ages: Ints  # [B] first age of each band
    step_out_yearly: Ints  # [Y, P, 2, B, K] running sums of yearly thresholds, by sex (0 male, 1 female)
    step_out_stock: Ints  # [P, 2, B, K] cumulative thresholds of being away at the start
    post_cover: Ints  # [Y, K] threshold: the post is held during a step-out of the kind, and covered
    return_gaps: Ints  # [G, 3] months from, WTE months added, 1 if the programme begins again
    return_support: Ints  # [Y, 8] see build_flexible
    support_places: Ints  # [Y, R] held at one time
    ltft_asked: bool  # whether requests are modelled; otherwise only starters are part-timers
    ltft_requests: Ints  # [Y, T, 2, 4] thresholds: on starting, a year to ask, to go back, to change
    ltft_reasons: Ints  # [Y, P, C, 3] cumulative threshold, 1 if accepted, 1 if always granted
    ltft_rules: Ints  # [Y, 3] percent of posts with part-timers, threshold of keeping hours, boost months
    posts_shared: Ints  # [Y, P] 1 where what part-timers leave of their posts adds up to posts for others
    # credentials --------------------------------------------------------------------------------
    credentials: tuple[str, ...]  # C, in the order of the file
    credential_titles: tuple[str, ...]  # C, as people write them
    credential_month: Ints  # [C] calendar month of the starts
    credential_wte_months: Ints  # [C] months of whole-time work
    credential_units: Ints  # [C] units of supervision held while it lasts
    credential_group: Ints  # [C] supervision group that gives them
    credential_chance: Ints  # [Y, 4, P, C] threshold: applies this year; the trained groups, then trainees
    credential_from_level: Ints  # [Y, P, C] first level (1 = first of the programme) of a trainee
    credential_slots: Ints  # [Y, C, R] starts a year
    # credit and transfer ------------------------------------------------------------------------
    credit_rules: (
        Ints  # [Y, P from, P to, 5] by TRANSFER_RULE: hundredths, percent, hundredths, months, 0 or 1
    )
    experience_rules: (
        Ints  # [Y, X, P to, 4] by EXPERIENCE_STATES and _RULE: hundredths, percent, months, months
    )
    transfer_applies: Ints  # [Y, P] threshold: tries for another programme after a satisfactory review
    enhance_places: Ints  # [Y, R]
    enhance_months: Ints  # [Y, R] length
    enhance_taste: Ints  # [Y, P] percent: multiplies the taste of those who took a place
    enhance_credit: Ints  # [Y, P] hundredths towards the programme
    # geography ----------------------------------------------------------------------------------
    redistribution_weight: Ints  # [Y, P, R] wanted spread of the posts of a programme; all 0 = as it is
    stay_after_training: Ints  # [Y, P, R] threshold: first trained post in the region of training
    redistribution_pace: Ints  # [Y, P] threshold: part of a region's posts that may leave it in an August

    # for reports --------------------------------------------------------------------------------
    demand: Reals  # [Y, P, R] WTE of consultants and GPs wanted as the year begins; 0 = none told
    population: Reals  # [Y, R] people
    need_weight: Reals  # [Y, R] need of a person there, 1 = average
    price_year: int  # of the costs: 2025 = 2025/26; 0 = not said
    discount_rate: float  # a year
    level_grade: Ints  # [T] kind of the costs of training, -1 = any
    costs: dict[str, NDArray[np.float64]]  # by item: [Y, payer, kind + 1] pounds a unit, the last kind any
    plan: dict[str, dict[int, float]]  # plan figures by KPI and year
    sources: dict[str, str]  # source key -> citation, of every parameter used
    digest: str  # hash of all inputs

    # eras ---------------------------------------------------------------------------------------
    #: Month and blueprint that takes over from it, ascending: what policies change of values without a
    #: year. Values by year, who comes and who is there at the start are the same in all.
    eras: tuple[tuple[int, Blueprint], ...] = ()
