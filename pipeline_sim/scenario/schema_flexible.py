"""The tables of flexible training: stepping out and back in, supported return, less than full time."""

from __future__ import annotations

from pipeline_sim.scenario.schema import Column, TableSpec

COUNTS = ("none", "prospective", "assessed", "reviewed")
POST_WHILE_AWAY = ("freed", "held")
RETURN_RULES = ("guaranteed", "priority", "compete")
SEXES = ("male", "female")
FUNDING = ("headcount", "wte")

STEP_OUT_RULES = "rules/step_out.py"
HOURS = "rules/hours.py"
YEARLY = "probability a year"


def _number(name: str, what: str, unit: str, low: float, high: float) -> Column:
    return Column(name, "number", what, unit, low=low, high=high)


def _whole(name: str, what: str, unit: str, low: int, high: int, key: bool = False) -> Column:
    return Column(name, "whole", what, unit, key=key, low=low, high=high)


def _share(name: str, what: str, unit: str = "share") -> Column:
    return Column(name, "probability", what, unit)


def _flag(name: str, what: str) -> Column:
    return _whole(name, what, "0 or 1", 0, 1)


YEAR = Column("year", "year", "training year that starts in August of this year", "year", key=True)
REGION = Column("region", "reference", "region", key=True, refers_to="regions.region")
FAMILY = Column("family", "reference", "family of programmes", key=True, refers_to="programmes.family")
STEP_OUT = Column("step_out", "reference", "kind of step-out", key=True, refers_to="step_outs.step_out")

SPECS = (
    TableSpec(
        "step_outs", "Kinds of time away from a programme, with the rules of each.", STEP_OUT_RULES,
        (
            Column("step_out", "name", "short name of the kind", key=True),
            YEAR,
            Column("title", "text", "name of the kind", may_be_blank=True, reader="report/trace.py"),
            Column("counts", "choice", "whether time away counts towards the certificate", choices=COUNTS),
            _number("credit_rate", "part of the time away that counts", "WTE months a month", 0, 1),
            _number("credit_cap_months", "most that one step-out counts", "WTE months", 0, 48),
            _share("no_credit_share", "assessed on return, and nothing is found to count", "probability"),
            _number("allowance_months", "absence that a review lets pass", "months", 0, 12),
            Column("post", "choice", "the post meanwhile: freed or held", choices=POST_WHILE_AWAY),
            Column("return_rule", "choice", "claim to a post on return", choices=RETURN_RULES),
            _whole("min_months", "time in the programme before it", "months", 0, 120),
            _flag("final_year", "1 if it may begin in the last level"),
            _flag("satisfactory", "1 if the last review must have been satisfactory"),
            _whole("notice_months", "least time since the start or the last return", "months", 0, 24),
            _number("ltft_multiplier", "chance of asking for fewer hours after it", "multiplier", 0, 100),
        ),
        optional=True, carry="rule",
    ),
    TableSpec(
        "step_out_lengths", "How long each kind lasts, and who comes back.", STEP_OUT_RULES,
        (
            STEP_OUT,
            _whole("months", "planned length", "months", 1, 60, key=True),
            _share("share", "step-outs of this length; a kind adds to 1"),
            _share("returns", "comes back to the programme when due", "probability"),
            _share("extension", "a review adds the time away to training", "probability"),
        ),
        optional=True,
    ),
    TableSpec(
        "step_out_rates", "Who steps out.", STEP_OUT_RULES,
        (
            STEP_OUT,
            FAMILY,
            YEAR,
            _share("female", "a woman in the programme steps out", YEARLY),
            _share("male", "a man in the programme steps out", YEARLY),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "step_out_ages", "How the chance of a kind of step-out changes with age; 1 where there is no row.",
        STEP_OUT_RULES,
        (
            STEP_OUT,
            _whole("age_from", "first age of the band", "years", 18, 70, key=True),
            _number("multiplier", "chance against that of step_out_rates", "multiplier", 0, 20),
        ),
        optional=True,
    ),
    TableSpec(
        "post_cover", "How many posts held for someone away are to be covered by a locally employed doctor.",
        "rules/cover.py",
        (STEP_OUT, YEAR, _share("cover", "a post held during a step-out is to be covered", "probability")),
        optional=True, carry="count",
    ),
    TableSpec(
        "return_gaps", "Where training goes on after a long absence.", STEP_OUT_RULES,
        (
            _whole("months_from", "shortest absence the row is for", "months", 1, 600, key=True),
            _whole("extra_months", "training that is added and does not count", "WTE months", 0, 24),
            _flag("restart", "1 if the programme begins again"),
        ),
        optional=True,
    ),
    TableSpec(
        "return_support", "Supported return to training.", STEP_OUT_RULES,
        (
            YEAR,
            _whole("min_months", "absence from which a returner is eligible", "months", 1, 120),
            _share("uptake", "eligible returners who want it", "probability"),
            _whole("months", "how long a place is held", "months", 1, 12),
            _whole("weeks_a_year", "supernumerary time for each year begun away", "weeks", 0, 52),
            _whole("weeks_cap", "most supernumerary time", "weeks", 0, 52),
            _share("return_uplift", "added to the chance of coming back for those eligible", "probability"),
            _number("extra_time_effect", "chance of review outcome 3 left in the first year back",
                    "multiplier", 0, 10),
            _number("supervision", "use of a supervisor besides the level's", "supervisor slots", 0, 2),
        ),
        optional=True, carry="rule",
    ),
    TableSpec(
        "support_places", "Places of supported return, each held by one returner at a time.", STEP_OUT_RULES,
        (REGION, YEAR, Column("places", "count", "places", "places")),
        optional=True, carry="count", scaled=True,
    ),
    TableSpec(
        "ltft_requests", "Who asks to train less than full time, and to change.", HOURS,
        (
            FAMILY,
            _whole("order_from", "first level of the programme the row is for", "rank", 1, 20, key=True),
            YEAR,
            *(_share(f"start_{sex}", f"{who} starting a programme asks")
              for sex, who in (("female", "a woman"), ("male", "a man"))),
            *(_share(f"ask_{sex}", f"{who} training full time asks", YEARLY)
              for sex, who in (("female", "a woman"), ("male", "a man"))),
            _share("back", "goes back to full time", YEARLY),
            _share("change", "changes from one part of full time to another", YEARLY),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "ltft_programmes", "How much oftener trainees of a programme ask than the family; no row, as it.",
        HOURS,
        (
            Column("programme", "reference", "programme", key=True, refers_to="programmes.programme"),
            YEAR,
            _number("multiplier", "chance of asking, on starting and later, against the family's",
                    "multiplier", 0, 100),
        ),
        optional=True, carry="rule",
    ),
    TableSpec(
        "ltft_reasons", "Why trainees ask, and which reasons are accepted where and when.", HOURS,
        (
            Column("reason", "name", "category of reasons", key=True),
            FAMILY,
            YEAR,
            _share("share", "requests for this reason; a family and year add to 1"),
            _flag("open", "1 if the reason is accepted"),
            _flag("always", "1 if it is granted whatever the capacity"),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "ltft_rules", "National rules of training less than full time.", HOURS,
        (
            YEAR,
            _share("capacity", "most posts of a programme in a region with a part-timer; 1 = no limit"),
            _share("persists", "a part-timer keeps the hours in the next programme", "probability"),
            _whole("boost_months", "how long the chance of asking stays changed after a step-out",
                   "months", 0, 60),
        ),
        optional=True, carry="rule",
    ),
    TableSpec(
        "post_funding", "Whether what part-timers leave of their posts adds up to posts for others.",
        "rules/posts.py",
        (
            FAMILY,
            YEAR,
            Column("funding", "choice", "headcount: a trainee fills a post; wte: as much of it as they work",
                   choices=FUNDING),
        ),
        optional=True, carry="count",
    ),
)  # fmt: skip
