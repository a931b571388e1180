"""All results of one run, computed from its log."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pipeline_sim.eventlog import EventLog
from pipeline_sim.results.budget import budget_frame
from pipeline_sim.results.census import census_frame, take_census
from pipeline_sim.results.cohort import cohort_frame
from pipeline_sim.results.credentials import with_credentials
from pipeline_sim.results.facts import Facts
from pipeline_sim.results.flows import count_flows, flows_frame
from pipeline_sim.results.kpis import kpi_frame
from pipeline_sim.results.lives import read_lives
from pipeline_sim.results.people import find_people
from pipeline_sim.results.waits import waits_frame
from pipeline_sim.scenario.blueprint import Blueprint


@dataclass(frozen=True)
class Results:
    """Tidy tables of one replication; the columns are described where each is made."""

    rep: int
    flows: pd.DataFrame
    census: pd.DataFrame
    waits: pd.DataFrame
    completions: pd.DataFrame
    kpis: pd.DataFrame
    cohort: pd.DataFrame  # what became of the first intake
    budget: pd.DataFrame  # pounds; no rows if the scenario has no costs


def gather_facts(log: EventLog, blueprint: Blueprint) -> Facts:
    """Read the log once: lives, flows and census, from which everything else follows."""
    people = find_people(log, blueprint)
    lives = read_lives(log, blueprint, people)
    flows = count_flows(log, people, blueprint)
    return Facts(log, blueprint, people, lives, flows, take_census(lives, blueprint))


def summarise(log: EventLog, blueprint: Blueprint, rep: int = 0) -> Results:
    """Every result of one run."""
    facts = gather_facts(log, blueprint)
    return Results(
        rep=rep,
        flows=flows_frame(facts.flows, blueprint, rep),
        census=census_frame(facts.census, blueprint, rep),
        waits=waits_frame(facts.census, blueprint, rep),
        completions=with_credentials(facts).assign(rep=lambda frame: frame["rep"] + rep),
        kpis=kpi_frame(facts, rep),
        cohort=cohort_frame(facts, rep),
        budget=budget_frame(facts.budget, blueprint, rep),
    )
