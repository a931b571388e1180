"""The tables of a scenario, one declaration each."""

from __future__ import annotations

from dataclasses import replace

from pipeline_sim.scenario import (
    schema_careers,
    schema_credit,
    schema_demand,
    schema_flexible,
    schema_geography,
    schema_money,
    schema_outside,
    schema_redistribution,
)
from pipeline_sim.scenario.blueprint import (
    AFTER_F2_DESTINATIONS,
    APPLICANT_GROUPS,
    APPLICANT_TRACKS,
    FOUNDATION_KINDS,
    FOUNDATION_RULES,
    OUTSIDE_STATES,
    OVERSUBSCRIPTION_RULES,
    PLACEMENT_SETTINGS,
    ROUND_TRACKS,
    STAGES,
    TIER_STAGES,
    TRAINED_GROUPS,
)
from pipeline_sim.scenario.schema import KEPT, Column, Kind, TableSpec
from pipeline_sim.scenario.schema_credentials import SPECS as CREDENTIALS

PROGRAMME_KINDS = ("foundation", "core", "higher", "run_through", "gp", "workforce_only")
COMPLETES = ("cct", "core", "foundation", "none")
STREAM_STATES = (
    "locally_employed",
    "overseas_applicant",
    "abroad",
    "break",
    "foundation_waiting",
    "consultant",
    "gp",
    "sas",
    "training_initiative",
)
SEXES = schema_careers.SEXES
APPLY_COLUMNS = tuple(f"apply_{n}" for n in range(1, 7))
LIST_COLUMNS = ("list_1", "list_2", "list_3", "list_all")
LARGEST_WEIGHT = 1_000_000

# files that read them
BUILD = "scenario/build.py"
ARRIVALS = "engines/simpy_arrivals.py"
LIVES = "engines/simpy_lives.py"
POOLS = "engines/simpy_pools.py"
ROUNDS = "engines/simpy_rounds.py"
FOUNDATION = "rules/foundation.py"
MEDICAL_SCHOOL = "rules/medical_school.py"
OUTSIDE = "rules/outside.py"
PRACTICE = "rules/practice.py"
PREFERENCES = "rules/preferences.py"
RECRUITMENT = "rules/recruitment.py"
SUPERVISION = "rules/supervision.py"
TRAINING = "rules/training.py"


def _read_by(reader: str, *columns: Column) -> tuple[Column, ...]:
    """Columns that another file uses than the rest of their table."""
    return tuple(replace(column, reader=reader) for column in columns)


def _title(what: str, reader: str = KEPT) -> Column:
    return Column("title", "text", f"name of the {what} for people", may_be_blank=True, reader=reader)


def _defines(name: str, what: str) -> Column:
    return Column(name, "name", what, key=True)


def _key(name: str, refers_to: str, what: str) -> Column:
    return Column(name, "reference", what, key=True, refers_to=refers_to)


def _one_of(name: str, choices: tuple[str, ...], what: str, key: bool = True) -> Column:
    return Column(name, "choice", what, key=key, choices=choices)


def _probability(name: str, what: str, unit: str = "probability") -> Column:
    return Column(name, "probability", what, unit)


def _share(what: str) -> Column:
    return Column("share", "probability", what, "share")


def _weight(name: str, what: str) -> Column:
    return Column(name, "number", what, "weight", low=0, high=LARGEST_WEIGHT)


def _count(name: str, what: str, unit: str) -> Column:
    return Column(name, "count", what, unit)


def _whole(
    name: str, what: str, unit: str, low: float, high: float, key: bool = False, kind: Kind = "whole"
) -> Column:
    return Column(name, kind, what, unit, key=key, low=low, high=high)


REGION = _key("region", "regions.region", "region")
PROGRAMME = _key("programme", "programmes.programme", "programme")
ROUTE = _key("route", "routes.route", "route through medical school")
STREAM = _key("stream", "streams.stream", "way in from outside the pipeline")
SUPERVISION_GROUP = _key("group", "supervision_groups.group", "supervision group")
YEAR = Column("year", "year", "training year that starts in August of this year", "year", key=True)
TRAINED_GROUP = _one_of("group", TRAINED_GROUPS, "group of the trained workforce")
APPLICANT_GROUP = _one_of("group", APPLICANT_GROUPS, "group of applicants")
AGE_FROM = _whole("age_from", "first age of the band", "years", 18, 99, key=True)

_SPECS = (
    TableSpec(
        "regions", "The regions, in the order results show them.", BUILD,
        (
            _defines("region", "short name of the region"),
            _title("region"),
            *_read_by(KEPT, _count("population", "people who live there", "people")),
            *_read_by(PREFERENCES, _weight("attraction", "pull on applicants for training posts")),
            *_read_by(FOUNDATION, _weight("foundation_attraction", "pull on applicants for foundation")),
            *_read_by(PRACTICE, _weight("settle", "pull on trained doctors who move")),
        ),
    ),
    TableSpec(
        "routes", "Routes through medical school.", ARRIVALS,
        (
            _defines("route", "short name of the route"),
            _title("route"),
            _probability("widening_share", "entrants from under-represented groups", "share"),
            _probability("female_share", "entrants who are women", "share"),
            _whole("entry_age", "age at entry", "years", 16, 60),
            _probability("assistantship_share", "final-year students who do an assistantship", "share"),
            *_read_by(LIVES, _probability("applies_for_foundation", "a graduate applies for foundation")),
        ),
    ),
    TableSpec(
        "route_years", "The years of each route's course. Months add to a course from September to August.",
        MEDICAL_SCHOOL,
        (
            ROUTE,
            _whole("year", "year of the course, 1 to n", "year of course", 1, 12, key=True),
            *_read_by(
                LIVES,
                _whole("months", "length", "months", 1, 36),
                _one_of("stage", STAGES, "stage, which says what placements are needed", key=False),
            ),
            _probability("repeat", "repeats the year (once)"),
            _probability("leave", "leaves at the end of the year"),
        ),
    ),
    TableSpec(
        "intake", "Medical school entrants.", ARRIVALS,
        (ROUTE, REGION, YEAR, _count("students", "entrants in September", "students a year")),
        carry="count", scaled=True,
    ),
    TableSpec(
        "student_stock", "Students present on the day before the start.", ARRIVALS,
        (
            ROUTE,
            _whole("year_of_course", "year of the course they are in", "year of course", 1, 12, key=True),
            REGION,
            _count("students", "students present", "students"),
        ),
        scaled=True,
    ),
    TableSpec(
        "placement_mixes", "Ways to place a student of a stage, the preferred one first.", POOLS,
        (
            _one_of("stage", STAGES, "stage of the course"),
            _whole("mix", "order of preference, 1 to n", "rank", 1, 20, key=True),
            _one_of("setting", PLACEMENT_SETTINGS, "setting of the placement"),
            _share("part of the year spent there; a mix adds to 1"),
        ),
    ),
    TableSpec(
        "placements", "Student placements by setting.", POOLS,
        (
            _one_of("setting", PLACEMENT_SETTINGS, "setting of the placement"),
            REGION,
            YEAR,
            _count("places", "all places", "student-years"),
            _count("background", "places that other professions use", "student-years"),
        ),
        carry="count", scaled=True,
    ),
    TableSpec(
        "foundation_places", "Foundation places (F1 starts).", FOUNDATION,
        (
            _one_of("kind", FOUNDATION_KINDS, "kind of place"),
            REGION,
            YEAR,
            _count("places", "F1 starts", "places a year"),
        ),
        carry="count", scaled=True,
    ),
    TableSpec(
        "foundation_rules", "How foundation places are allocated.", FOUNDATION,
        (
            YEAR,
            _one_of("rule", FOUNDATION_RULES, "who chooses first", key=False),
            _one_of("oversubscription", OVERSUBSCRIPTION_RULES, "what happens beyond the places", key=False),
        ),
        carry="rule",
    ),
    TableSpec(
        "programmes", "Training programmes; the first row is foundation.", TRAINING,
        (
            _defines("programme", "short name of the programme"),
            _title("programme", "report/figures.py"),
            Column("family", "name", "family of related specialties", reader="rules/credit.py"),
            *_read_by(BUILD, _one_of("kind", PROGRAMME_KINDS, "what sort of programme", key=False)),
            Column(
                "supervision_group", "reference", "who supervises it",
                refers_to="supervision_groups.group", may_be_blank=True, reader=SUPERVISION,
            ),
            Column(
                "trained_group", "choice", "what a completed trainee becomes",
                choices=("consultant", "gp"), may_be_blank=True, reader=PRACTICE,
            ),
            Column(
                "parents", "references", "core programmes that lead to it; blank = from foundation",
                refers_to="programmes.programme", may_be_blank=True, reader=RECRUITMENT,
            ),
            *_read_by(LIVES, _one_of("completes", COMPLETES, "what its completion gives", key=False)),
            *_read_by(PREFERENCES, _whole("shortage", "1 for a shortage specialty", "0 or 1", 0, 1)),
            _probability("resignation", "resigns", "probability a year"),
            _probability("development", "review outcome 2: development, no extra time", "probability a year"),
            _probability("extra_time", "review outcome 3: extra training time", "probability a year"),
            _probability("release", "review outcome 4: released", "probability a year"),
            _whole("extension_months", "length of one extension", "WTE months", 0, 24),
            _whole("extension_cap_months", "most extension over the programme", "WTE months", 0, 60),
            _probability("ltft_share", "trainees in post who work less than full time", "share"),
            *_read_by(
                ARRIVALS,
                _probability("uk_share", "trainees of the starting stock who are UK graduates", "share"),
            ),
            Column(
                "appointable_z", "number", "score below which an applicant is not appointable",
                "standard deviations of ability", low=-10, high=10, reader=RECRUITMENT,
            ),
            Column(
                "interviews_per_post", "number", "applicants interviewed for each post; 0 = all",
                "applicants a post", low=0, high=1000, reader=RECRUITMENT,
            ),
        ),
    ),
    TableSpec(
        "levels", "The years of each programme.", TRAINING,
        (
            PROGRAMME,
            _defines("level", "name such as F1, CT1, ST4"),
            *_read_by(BUILD, _whole("order", "place in the programme, 1 to n", "rank", 1, 20)),
            Column("months", "number", "progress needed", "WTE months", low=1, high=60),
            *_read_by(POOLS, _probability("practice_share", "part spent in general practice", "share")),
            Column(
                "supervision_load", "number", "use of a supervisor", "supervisor slots",
                low=0, high=2, reader=POOLS,
            ),
        ),
    ),
    TableSpec(
        "posts", "Training posts: training numbers in being, filled or not.", ROUNDS,
        (PROGRAMME, REGION, YEAR, _count("posts", "establishment", "posts")),
        carry="count", scaled=True,
    ),
    TableSpec(
        "trainee_stock", "Trainees present on the day before the start, foundation included.",
        ARRIVALS,
        (
            PROGRAMME,
            Column("level", "name", "level they are in", key=True),
            REGION,
            _count("trainees", "trainees present", "trainees"),
        ),
        scaled=True,
    ),
    TableSpec(
        "practice_places", "Training places in general practices.", POOLS,
        (REGION, YEAR, _count("places", "whole places", "places")),
        carry="count", scaled=True,
    ),
    TableSpec(
        "rounds", "Recruitment rounds of a year.", ROUNDS,
        (
            _defines("round", "short name of the round"),
            *_read_by(BUILD, _whole("order", "order in which rounds run", "rank", 1, 100)),
            _whole("month", "calendar month in which its posts start", "month", 1, 12),
            _one_of("track", ROUND_TRACKS, "who may apply", key=False),
            Column(
                "repeats", "reference", "round it re-advertises, or blank",
                refers_to="rounds.round", may_be_blank=True,
            ),
        ),
    ),
    TableSpec(
        "round_programmes", "The programmes each round recruits to.", ROUNDS,
        (
            _key("round", "rounds.round", "round"),
            PROGRAMME,
            _probability("share", "part of the free posts that the round advertises", "share"),
        ),
    ),
    TableSpec(
        "recruitment_rules", "National rules of recruitment.", RECRUITMENT,
        (
            YEAR,
            _whole("application_cap", "most applications a person", "applications", 1, 6),
            _one_of("tier_stage", TIER_STAGES, "where the first tier comes first", key=False),
            *_read_by(
                ROUNDS,
                _whole(
                    "tier_nhs_months", "NHS service that reaches the first tier; 0 = never",
                    "months", 0, 600,
                ),
            ),
        ),
        carry="rule",
    ),
    TableSpec(
        "specialty_taste", "How much each group of applicants wants each programme.", PREFERENCES,
        (APPLICANT_GROUP, PROGRAMME, _weight("weight", "taste; 0 = never chosen")),
    ),
    TableSpec(
        "applicant_groups", "Scores and lists of each group of applicants.", PREFERENCES,
        (
            APPLICANT_GROUP,
            _one_of("track", APPLICANT_TRACKS, "applying for entry or for higher posts"),
            Column(
                "score_bonus", "number", "added to scores", "standard deviations of ability",
                low=-10, high=10, reader=RECRUITMENT,
            ),
            *(
                _probability(name, f"sends {n} application{'s' if n > 1 else ''}", "share")
                for n, name in enumerate(APPLY_COLUMNS, 1)
            ),
            *(
                _probability(name, f"lists {name[5:]} region{'' if name == 'list_1' else 's'}", "share")
                for name in LIST_COLUMNS
            ),
        ),
    ),
    TableSpec(
        "incentives", "Payments for taking a post.", PREFERENCES,
        (
            PROGRAMME, REGION, YEAR,
            _count("pounds", "payment", "pounds"),
            Column(
                "more_stay", "probability",
                "added to the chance that who completes here takes the first trained post here; blank = 0",
                "share", may_be_blank=True, may_be_absent=True, reader="rules/practice.py",
            ),
        ),
        optional=True, carry="count",
    ),
    TableSpec(
        "after_f2", "What doctors do after foundation.", OUTSIDE,
        (
            _one_of("destination", AFTER_F2_DESTINATIONS, "destination"),
            _share("doctors who do this; adds to 1"),
            _whole("min_months", "shortest stay", "months", 0, 600),
            _whole("max_months", "longest stay", "months", 0, 600),
        ),
    ),
    TableSpec(
        "resignation_destinations", "What doctors do after resigning from training.",
        OUTSIDE,
        (
            _one_of("destination", AFTER_F2_DESTINATIONS[1:], "destination; lengths are those of after_f2"),
            _share("doctors who do this; adds to 1"),
        ),
    ),
    TableSpec(
        "outside", "What doctors outside training do in a year.", OUTSIDE,
        (
            _one_of("state", OUTSIDE_STATES, "where they are"),
            APPLICANT_GROUP,
            _probability("apply", "applies for training", "probability a year"),
            _probability("leave", "leaves for good", "probability a year"),
            _probability("to_sas", "takes a SAS post", "probability a year"),
            _probability("to_locally_employed", "takes a locally employed post", "probability a year"),
        ),
    ),
    TableSpec(
        "streams", "Ways in from outside the English pipeline.", ARRIVALS,
        (
            _defines("stream", "short name of the stream"),
            _title("stream"),
            _one_of("state", STREAM_STATES, "state on arrival", key=False),
            _one_of("group", APPLICANT_GROUPS, "group of applicants they belong to", key=False),
            _probability("first_tier_share", "in the first tier whatever their service", "share"),
            _probability("female_share", "women", "share"),
            _whole("youngest", "youngest age", "years", 18, 90),
            _whole("oldest", "oldest age", "years", 18, 90),
            _whole("nhs_months_max", "longest NHS service of those present at the start", "months", 0, 600),
            _whole("month", "calendar month of arrival", "month", 1, 12),
        ),
    ),
    TableSpec(
        "stream_ready", "Arrivals who count as having completed a core programme.", ARRIVALS,
        (STREAM, PROGRAMME, _share("arrivals; a stream adds to 1 or less")),
    ),
    TableSpec(
        "arrivals", "Doctors who arrive from outside.", ARRIVALS,
        (STREAM, REGION, YEAR, _count("people", "arrivals", "people a year")),
        carry="count", scaled=True,
    ),
    TableSpec(
        "outside_stock", "Doctors outside training at the start.", ARRIVALS,
        (STREAM, REGION, _count("people", "doctors present", "people")),
        scaled=True,
    ),
    TableSpec(
        "workforce_stock", "Trained and SAS doctors at the start.", ARRIVALS,
        (TRAINED_GROUP, PROGRAMME, REGION, _count("doctors", "headcount", "doctors")),
        scaled=True,
    ),
    TableSpec(
        "age_profile", "Ages of the workforce at the start; the last band is five years wide.",
        ARRIVALS,
        (TRAINED_GROUP, AGE_FROM, _share("doctors in the band; a group adds to 1")),
    ),
    TableSpec(
        "exits", "Leaving and retiring by age.", PRACTICE,
        (TRAINED_GROUP, AGE_FROM, YEAR, _probability("leave", "leaves", "probability a year")),
        carry="rule",
    ),
    TableSpec(
        "practice_hours", "Working hours of trained doctors.", PRACTICE,
        (
            TRAINED_GROUP,
            _one_of("sex", SEXES, "sex"),
            _whole("wte_percent", "working hours", "percent of whole time", 1, 150, key=True),
            _share("doctors who work so; a group and sex add to 1"),
        ),
    ),
    TableSpec(
        "after_cct", "Delay between completion and a post; the rest never join.", PRACTICE,
        (
            _one_of("group", TRAINED_GROUPS[:2], "group joined"),
            _whole("months", "delay", "months", 0, 120, key=True),
            _share("doctors; a group adds to 1 or less"),
        ),
    ),
    TableSpec(
        "supervision_groups", "Who supervises; the first row is foundation.", SUPERVISION,
        (
            _defines("group", "short name of the supervision group"),
            _title("supervision group"),
            *(
                _whole(f"{g}_units", f"slots of one whole-time {w}", "slots x 100", 0, 100_000)
                for g, w in (("consultant", "consultant"), ("gp", "GP"), ("sas", "SAS doctor"))
            ),
            _probability("foundation_share", "part of the group's slots for foundation doctors", "share"),
        ),
    ),
    TableSpec(
        "supervisor_extra", "Supervision from other sources.", SUPERVISION,
        (SUPERVISION_GROUP, REGION, YEAR, _count("slots", "slots", "slots")),
        optional=True, carry="count", scaled=True,
    ),
    TableSpec(
        "ltft_mix", "Hours of those who train less than full time.", TRAINING,
        (
            _whole("wte_percent", "hours", "percent of whole time", 1, 99, key=True),
            _share("trainees; adds to 1"),
        ),
    ),
    TableSpec(
        "plans", "Planned figures that reports compare with.", "results/sources.py",
        (
            _defines("kpi", "name of the KPI"),
            YEAR,
            Column("plan", "number", "planned figure", "as the KPI", low=-1e12, high=1e12),
        ),
        optional=True,
    ),
    TableSpec(
        "settings", "Single numbers and rules; see the list of settings.", BUILD,
        (
            Column("name", "text", "name of the setting", key=True),
            Column("value", "text", "its value"),
            Column("unit", "text", "its unit", may_be_blank=True, may_be_absent=True),
            Column("description", "text", "what it is", may_be_blank=True, may_be_absent=True),
        ),
    ),
    TableSpec(
        "sources", "Where the rows come from.", BUILD,
        (
            _defines("source", "key that other tables use"),
            Column("citation", "text", "author, title, year, place"),
            Column("url", "text", "address", may_be_blank=True),
        ),
        provenance=False,
    ),
)  # fmt: skip

TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        *_SPECS,
        *schema_flexible.SPECS,
        *schema_outside.SPECS,
        *schema_careers.SPECS,
        *schema_credit.SPECS,
        *CREDENTIALS,
        *schema_geography.SPECS,
        *schema_redistribution.SPECS,
        *schema_demand.SPECS,
        *schema_money.SPECS,
    )
}
