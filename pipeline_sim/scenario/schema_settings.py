"""The settings of a scenario: one row of settings.csv and one blueprint field each."""

from __future__ import annotations

from pipeline_sim.scenario.schema import Setting, SettingKind, Transform

LARGEST_MULTIPLIER = 100


def _probability(
    name: str, description: str, reader: str, field: str, index: int | None = None, unit: str = "probability"
) -> Setting:
    return Setting(name, "probability", unit, description, reader, field, "threshold", index)


def _multiplier(
    name: str, description: str, reader: str, field: str, high: float = LARGEST_MULTIPLIER
) -> Setting:
    return Setting(name, "number", "multiplier", description, reader, field, "percent", low=0, high=high)


def _whole(
    name: str, unit: str, description: str, reader: str, field: str, low: int, high: int,
    index: int | None = None,
) -> Setting:  # fmt: skip
    return Setting(name, "whole", unit, description, reader, field, "whole", index, low, high)


def _number(
    name: str, unit: str, description: str, reader: str, field: str, low: float, high: float,
    transform: Transform = "float", kind: SettingKind = "number",
) -> Setting:  # fmt: skip
    return Setting(name, kind, unit, description, reader, field, transform, None, low, high)


_SUPERVISION = "rules/supervision.py"
_FOUNDATION = "rules/foundation.py"
_TRAINING = "rules/training.py"
_APPLYING = "engines/simpy_lives.py"
_ROUNDS = "engines/simpy_rounds.py"
_STOCK = "engines/simpy_arrivals.py"
_CHOICES = "rules/preferences.py"
_RECRUITMENT = "rules/recruitment.py"
_PRACTICE = "rules/practice.py"
_YEARLY = "probability a year"

_SETTINGS = (
    # supervision
    Setting(
        "supervision.rule", "choice", "", "hard: no supervisor, no start; soft: start, and crowding tells",
        _SUPERVISION, "supervision_soft", "is_soft", choices=("hard", "soft"),
    ),
    _number("supervision.crowding_review", "ratio", "added to review outcome 3 per part over capacity (soft)",
            _TRAINING, "crowding_review_percent", 0, 1000, "percent"),
    _number("supervision.crowding_resignation", "ratio", "added to resignation per part over capacity (soft)",
            _TRAINING, "crowding_resign_percent", 0, 1000, "percent"),
    # foundation
    _multiplier("foundation.home_weight", "pull of the region of the medical school",
                _FOUNDATION, "foundation_home_weight"),
    _probability("foundation.priority_opt_in", "applies for priority programmes",
                 _FOUNDATION, "foundation_priority_opt_in"),
    _probability("foundation.specialised_opt_in", "applies for specialised programmes",
                 _FOUNDATION, "foundation_specialised_opt_in"),
    _probability("foundation.withdrawal", "gives back an allocated place",
                 _FOUNDATION, "foundation_withdrawal"),
    _probability("foundation.reserve_reapplies", "a reserve-list doctor tries again next year",
                 _FOUNDATION, "foundation_reserve_reapplies"),
    _whole("foundation.extension_months", "WTE months", "length of an extension",
           _TRAINING, "foundation_extension_months", 0, 24),
    _probability("foundation.f1_extension", "F1 is extended", _TRAINING, "foundation_extend", 0),
    _probability("foundation.f2_extension", "F2 is extended", _TRAINING, "foundation_extend", 1),
    _probability("foundation.f1_release", "released after F1", _TRAINING, "foundation_release", 0),
    _probability("foundation.f2_release", "released after F2", _TRAINING, "foundation_release", 1),
    _multiplier("foundation.assistantship_effect", "part of the chance of extension left by an assistantship",
                _TRAINING, "foundation_assistantship_effect", 1),
    _probability("foundation.practice_share", "F2 includes a general practice placement",
                 _TRAINING, "foundation_practice_share", unit="share"),
    _number("foundation.practice_months", "months", "length of that placement",
            _TRAINING, "foundation_practice_units", 0, 12, "months_of_year"),
    _multiplier("foundation.priority_region_weight", "later pull of the region of a priority programme",
                _CHOICES, "priority_region_weight"),
    _multiplier("foundation.priority_shortage_weight", "later taste for shortage specialties after one",
                _CHOICES, "priority_shortage_weight"),
    # choices and scores
    _multiplier("choices.home_weight", "pull of the home region", _CHOICES, "home_weight"),
    _multiplier("choices.trained_weight", "pull of the region trained in last", _CHOICES, "trained_weight"),
    _number("choices.incentive_effect", "log utility per 10,000 pounds", "pull of a payment",
            _CHOICES, "incentive_effect", 0, 100),
    _number("choices.competition_elasticity", "elasticity", "response of taste to last year's competition",
            _CHOICES, "competition_elasticity", -10, 0),
    _number("scores.noise", "ratio", "spread of a specialty's own assessment against general ability",
            _RECRUITMENT, "noise_percent", 0, 10, "percent"),
    # rounds
    _probability("rounds.decline", "declines an offer", _RECRUITMENT, "decline"),
    _probability("rounds.no_response", "does not answer an offer", _RECRUITMENT, "no_response"),
    _probability("rounds.upgrade_opt_in", "asks for upgrades when accepting",
                 _RECRUITMENT, "upgrade_opt_in"),
    _probability("rounds.withdraw_before_start", "withdraws after accepting",
                 _APPLYING, "withdraw_before_start"),
    _probability("rounds.readvert_reapplies", "an unplaced applicant applies to the re-advert",
                 _ROUNDS, "readvert_reapplies"),
    _probability("rounds.february_reapplies", "an unplaced applicant applies for February",
                 "engines/simpy_engine.py", "february_reapplies"),
    _probability("rounds.higher_first", "an outside doctor ready for higher training tries there first",
                 _ROUNDS, "higher_first"),
    # starting stock
    _whole("stock.trainee_youngest", "years", "youngest age in the first level of a programme",
           _STOCK, "stock_trainee_age", 18, 70, 0),
    _whole("stock.trainee_oldest", "years", "oldest age in the first level of a programme",
           _STOCK, "stock_trainee_age", 18, 70, 1),
    _probability("stock.female_consultant", "a consultant of the starting workforce is a woman",
                 _STOCK, "workforce_female", 0, "share"),
    _probability("stock.female_gp", "a GP of the starting workforce is a woman",
                 _STOCK, "workforce_female", 1, "share"),
    _probability("stock.female_sas", "a SAS doctor of the starting workforce is a woman",
                 _STOCK, "workforce_female", 2, "share"),
    _probability("stock.sas_first_tier", "a SAS doctor of the stock, if applying, is in the first tier",
                 _STOCK, "stock_sas_first_tier", unit="share"),
    _probability("stock.off_cycle_share", "a full-time trainee in the stock is not on the August cycle",
                 _STOCK, "off_cycle_share", unit="share"),
    # practice
    _whole("practice.retire_age", "years", "leaving from this age on is retirement",
           _PRACTICE, "retire_age", 40, 99),
    _probability("practice.return_consultant", "a younger leaver comes back",
                 _PRACTICE, "practice_return", 0),
    _probability("practice.return_gp", "a younger leaver comes back", _PRACTICE, "practice_return", 1),
    _probability("practice.return_sas", "a younger leaver comes back", _PRACTICE, "practice_return", 2),
    _whole("practice.break_min_months", "months", "shortest break",
           _PRACTICE, "practice_break_months", 1, 600, 0),
    _whole("practice.break_max_months", "months", "longest break",
           _PRACTICE, "practice_break_months", 1, 600, 1),
    _probability("practice.reduce_hours_consultant", "works less from the age below",
                 _PRACTICE, "reduce_hours", 0, _YEARLY),
    _probability("practice.reduce_hours_gp", "works less from the age below",
                 _PRACTICE, "reduce_hours", 1, _YEARLY),
    _probability("practice.reduce_hours_sas", "works less from the age below",
                 _PRACTICE, "reduce_hours", 2, _YEARLY),
    _whole("practice.reduce_hours_age", "years", "age from which hours are reduced",
           _PRACTICE, "reduce_hours_age", 18, 99),
    _whole("practice.reduced_percent", "percentage points of whole time", "hours taken off",
           _PRACTICE, "reduced_percent", 0, 100),
    _probability("practice.portfolio", "a SAS doctor reaches the specialist register",
                 _PRACTICE, "portfolio", unit=_YEARLY),
    _probability("practice.sas_applies", "a SAS doctor applies for training",
                 _PRACTICE, "sas_applies", unit=_YEARLY),
    _probability("practice.stay_in_region", "first trained post is in the region of training",
                 _PRACTICE, "stay_in_region"),
)  # fmt: skip

SETTINGS: dict[str, Setting] = {setting.name: setting for setting in _SETTINGS}
