"""Later careers on SimPy: the portfolio route, the specialist grade, fellowships, schemes for GPs."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from pipeline_sim.engines import rows
from pipeline_sim.engines.doctor import Doctor
from pipeline_sim.engines.logbook import place
from pipeline_sim.rules import careers as rules
from pipeline_sim.scenario.blueprint import PORTFOLIO_APPLICANTS, SCHEMES, TRAINED_GROUPS
from pipeline_sim.vocabulary import KINDS, Scheme, State

if TYPE_CHECKING:
    from pipeline_sim.engines.simpy_engine import Simulation

Stage = Generator[Any, Any, Any]

SAS_APPLICANT = PORTFOLIO_APPLICANTS.index("sas")
SAS = TRAINED_GROUPS.index("sas")
RETURN_SCHEME = int(State.RETURN_SCHEME)
SHORTEST, LONGEST, SUCCESS, SUPERVISION = range(4)
MONTHS, PERCENT, STAY, ADDED = range(4)


class Careers:
    """What a run knows of later careers."""

    def __init__(self, sim: Simulation) -> None:
        bp = sim.bp
        self._sim = sim
        self.read_tables()
        self.applicants = [
            [[0 for _ in bp.regions] for _ in bp.supervision_groups] for _ in PORTFOLIO_APPLICANTS
        ]  # portfolio, under way

    def read_tables(self) -> None:
        """As plain lists."""
        bp = self._sim.bp
        self._process = bp.portfolio_process.tolist()
        self._start = list(bp.portfolio_start)
        self._terms = bp.portfolio_terms.tolist()
        self._stock = bp.portfolio_stock.tolist()
        self._youngest_sas = int(bp.age_from[SAS, 0])
        self._fellowship = bp.fellowship_terms.tolist()
        self._schemes = [dict(zip(SCHEMES, row, strict=True)) for row in bp.schemes.tolist()]
        self._group = bp.programme_group.tolist()
        self._service = bp.portfolio_service.tolist()

    # SAS doctors ----------------------------------------------------------------------------------------

    def enter_grade(self, doctor: Doctor) -> None:
        """Someone becomes a SAS doctor this month."""
        doctor.enter_grade(self._sim.month, 0)

    def present_in_grade(self, doctor: Doctor, programme: int, region: int) -> None:
        """A SAS doctor of the starting stock, perhaps with an application under way."""
        key, group = self._sim.key, self._group[programme]
        since = rules.sas_since(key, doctor.id, doctor.birth, self._youngest_sas)
        due = self._under_way(doctor, SAS_APPLICANT, group, region)
        doctor.enter_grade(since, due)

    def next_change(self, doctor: Doctor, programme: int, chances: tuple[Any, ...], end: int) -> int:
        """The next change of a SAS doctor after this month, coded as the rule returns it."""
        sim = self._sim
        change: int = rules.next_sas_change(
            sim.key, doctor.id, SAS, sim.month, end, doctor.birth, *chances, sim.bp.sas_applies,
            doctor.sas_since, doctor.portfolio_due, doctor.specialist, self._start[self._group[programme]],
            sim.bp.specialist_grade,
        )  # fmt: skip
        return change

    def takes_time(self, programme: int) -> bool:
        """Whether an application in a specialty takes time and may fail."""
        return bool(self._process[self._group[programme]])

    # the portfolio route ----------------------------------------------------------------------------------

    def begin_portfolio(
        self, doctor: Doctor, programme: int, region: int, where: int, applicant: int = SAS_APPLICANT
    ) -> None:
        """Start to gather the evidence for the specialist register; ``applicant`` is which of
        PORTFOLIO_APPLICANTS this is, here and below."""
        sim, group = self._sim, self._group[programme]
        shortest, longest = self._terms[applicant][group][sim.year][:2]
        months = rules.portfolio_months(sim.key, doctor.id, sim.month, shortest, longest)
        doctor.portfolio_due = sim.month + months
        self.applicants[applicant][group][region] += 1
        sim.log.write(rows.PORTFOLIO_STARTED, doctor.id, where, months)

    def _under_way(self, doctor: Doctor, applicant: int, group: int, region: int) -> int:
        """Months until the decision on an application of the starting stock; 0 without one."""
        share = self._stock[applicant][group]
        shortest, longest = self._terms[applicant][group][0][:2]
        due = int(rules.portfolio_in_stock(self._sim.key, doctor.id, share, shortest, longest))
        if due:
            self.applicants[applicant][group][region] += 1
        return due

    def applies_at_start(self, doctor: Doctor, programme: int) -> bool:
        """Whether a locally employed doctor of the starting stock has an application under way."""
        doctor.portfolio_due = 0
        if -doctor.nhs_since >= self._service[doctor.group]:
            group = self._group[programme]
            doctor.portfolio_due = self._under_way(doctor, 1 + doctor.group, group, doctor.trained)
        return doctor.portfolio_due > 0

    def portfolio_granted(
        self, doctor: Doctor, programme: int, region: int, applicant: int = SAS_APPLICANT
    ) -> bool:
        """The decision on an application; whether it is granted."""
        sim = self._sim
        self.end_portfolio(doctor, programme, region, applicant)
        success = self._terms[applicant][self._group[programme]][sim.year][SUCCESS]
        return bool(rules.portfolio_succeeds(sim.key, doctor.id, sim.month, success))

    def end_portfolio(
        self, doctor: Doctor, programme: int, region: int, applicant: int = SAS_APPLICANT
    ) -> None:
        """No application is under way any more, if one was."""
        if doctor.portfolio_due:
            doctor.portfolio_due = 0
            self.applicants[applicant][self._group[programme]][region] -= 1

    def supervision_left(self, units: int, group: int, region: int) -> int:
        """Units of supervision of a group left after support for portfolio applicants."""
        year = self._sim.year
        support = sum(
            applicants[group][region] * terms[group][year][SUPERVISION]
            for applicants, terms in zip(self.applicants, self._terms, strict=True)
        )
        return int(rules.supervision_left(units, support))

    # after training ---------------------------------------------------------------------------------------

    def fellowship(self, doctor: Doctor, group: int) -> tuple[int, list[int]] | None:
        """The fellowship taken on completing training, with its terms, or None."""
        sim = self._sim
        cumulative = sim.bp.fellowship_cumulative[sim.year, group]
        taken = int(rules.fellowship_taken(sim.key, doctor.id, cumulative))
        return None if taken == len(cumulative) else (taken, self._fellowship[sim.year][group][taken])

    def start_fellowship(
        self, doctor: Doctor, programme: int, trained_in: int, taken: int, terms: list[int]
    ) -> int:
        """Take up a fellowship; returns its region."""
        sim = self._sim
        region = int(rules.fellowship_region(sim.key, doctor.id, trained_in, sim.bp.fellowship_weight[taken]))
        where = place(programme, region=region, wte=terms[PERCENT])
        sim.log.write(rows.FELLOWSHIP_STARTED, doctor.id, where, taken + KINDS * terms[MONTHS])
        return region

    # schemes for GPs --------------------------------------------------------------------------------------

    def retained_for(self, doctor: Doctor, age: int) -> tuple[int, int]:
        """Months on the retainer of a GP about to leave (0 = leaves) and hours there."""
        terms = self._schemes[self._sim.year]
        months = rules.retainer_months(
            self._sim.key, doctor.id, age, terms["retainer_share"], terms["retainer_shortest"],
            terms["retainer_longest"],
        )  # fmt: skip
        return int(months), terms["retainer_percent"]

    def stays_after_retainer(self, doctor: Doctor, age: int) -> bool:
        """Whether a GP goes back to the hours of before when the retainer ends."""
        stays = self._schemes[self._sim.year]["retainer_stays"]
        return bool(rules.stays_after_retainer(self._sim.key, doctor.id, age, stays))

    def refresher(self, doctor: Doctor, away: int, working: int) -> int:
        """Months of induction and refresher that a GP back from a break begins now; 0 = none."""
        sim = self._sim
        terms = self._schemes[sim.year]
        age = (sim.month - doctor.birth) // 12
        months = rules.refresher_months(
            sim.key, doctor.id, age, away, terms["refresher_share"], terms["refresher_over"],
            terms["refresher_shortest"], terms["refresher_longest"],
        )  # fmt: skip
        if months:
            detail = Scheme.INDUCTION_REFRESHER + KINDS * months
            sim.log.write(rows.RETURNED_TO_PRACTICE, doctor.id, working, RETURN_SCHEME)
            sim.log.write(rows.RETURN_SCHEME_STARTED, doctor.id, working, detail)
        return int(months)
