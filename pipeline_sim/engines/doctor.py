"""One student or doctor, as the SimPy engine keeps them."""

from __future__ import annotations

from pipeline_sim.rules.step_out import LONG_AGO

NEVER = 1 << 30  # a month that never comes


class Doctor:
    """A person's lasting traits and what they carry from stage to stage. Months count from the start."""

    __slots__ = (
        "answer",
        "birth",
        "choices",
        "competence",
        "covers",
        "credit_kind",
        "credited",
        "done",
        "enhanced",
        "entries",
        "experience",
        "experience_until",
        "female",
        "group",
        "home",
        "hours",
        "id",
        "keeps",
        "last_programme",
        "left_programme",
        "left_well",
        "lives_so_since",
        "nhs_since",
        "portfolio_due",
        "priority_region",
        "programme",
        "results",
        "returned",
        "route",
        "sas_since",
        "school_detail",
        "specialist",
        "state",
        "step_out",
        "step_outs",
        "tier",
        "trained",
        "trained_here",
        "tries_again",
    )

    def __init__(self, identity: int, group: int, home: int, birth: int, female: int) -> None:
        self.id = identity
        self.group = group  # 0 UK graduate, 1 overseas
        self.home = home  # region, -1 for none in England
        self.birth = birth  # month of birth
        self.female = female
        self.tier = 1 - group  # prioritised whatever the service
        self.trained = -1  # region trained in last
        self.priority_region = -1  # of a foundation priority programme
        self.competence = 0  # bit mask of core programmes completed
        self.nhs_since = NEVER  # first month of NHS service
        self.trained_here = 0  # was in UK foundation or training
        self.programme = 0  # of the last training
        self.entries = 0  # programmes entered since foundation
        self.choices = 0  # spells outside training so far
        self.route = -1  # through medical school
        self.hours = 0  # percent of full time trained at last
        self.step_out, self.step_outs = -1, 0  # kind of the last step-out; how many so far
        self.returned = LONG_AGO  # month of the last return from one
        self.credited = self.credit_kind = 0  # WTE months x 100 in the programme of now, and why
        self.last_programme = -1  # left or completed last
        self.done = self.left_programme = 0  # WTE months x 100 trained there; month it was left
        self.left_well = False  # left without a release
        self.keeps = 0  # programme + 1 of the post kept while trying for another, 0 none
        self.experience = [0, 0, 0, 0]  # months by EXPERIENCE_STATES
        self.experience_until = self.lives_so_since = 0  # month of the last; month in which this life began
        self.enhanced = False  # took a place of the Enhance programme
        self.state = 0  # state of the last spell outside training
        self.answer: tuple[int, int] | None = None  # (programme or kind, region) of a place won
        self.covers = False  # won a held post to cover, not yet taken up
        self.tries_again = -1  # month of a later round that someone without a post will try, or -1

    def enter_school(self, route: int, results: int, detail: int) -> None:
        """What a medical student has besides: route, how each year will end, what the log says of them."""
        self.route = route
        self.results = results
        self.school_detail = detail

    def enter_grade(self, since: int, portfolio_due: int) -> None:
        """What a SAS doctor has besides: month of becoming one, month of the decision on a portfolio
        application (0 without one), 1 in the specialist grade."""
        self.sas_since = since
        self.portfolio_due = portfolio_due
        self.specialist = 0
