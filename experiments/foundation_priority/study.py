"""Where doctors of foundation priority programmes go, against the same doctors without the programmes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from flagship import Options, Study, counted, run_study, shared

from pipeline_sim.engines.choice import DEFAULT_ENGINE, release_buffers
from pipeline_sim.report.comparison_numbers import value_text
from pipeline_sim.results.bundle import gather_facts
from pipeline_sim.results.facts import Facts
from pipeline_sim.results.life_passes import FOUNDATION_PROGRAMME
from pipeline_sim.scenario.blueprint import Blueprint
from pipeline_sim.studies.paired import mean_interval
from pipeline_sim.studies.replicating import map_blueprints
from pipeline_sim.studies.runs import checked_seed, simulate_next
from pipeline_sim.vocabulary import KINDS, Event, FoundationKind

FIRST_MONTH = 24  # August 2027
LAST_ALLOCATED_BEFORE_END = 5  # years: whoever is allocated later is not followed to a first post
TOLD = {
    "doctors": "Doctors allocated a priority place, in all",
    "placed": "have a specialty post by the end of the run, %",
    "region": "first post in the region of the priority programme, % of those with one",
    "foundation": "foundation in that region, %",
    "shortage": "first post in a shortage specialty other than general practice, %",
    "gp": "first post in general practice, %",
    "months": "months from F1 to the first post",
}


def later_choices(facts: Facts) -> pd.DataFrame:
    """Doctors in priority places, who stays in the region of foundation, and shortage specialties."""
    return pd.concat(_counts(facts), ignore_index=True)


def _counts(facts: Facts) -> Iterator[pd.DataFrame]:
    log = facts.log
    priority = _priority_rows(facts)
    yield counted(facts, "priority_doctors", facts.year_of[log.month[priority]])
    shortage = _shortage(facts)
    first = _first_posts(facts)
    yield counted(facts, "shortage_starts", facts.year_of[first["month"][shortage[first["programme"]]]])
    posts, empty = (table[:, 1:][:, shortage].sum(axis=(1, 2)) for table in facts.posts)
    yield shared(facts, "shortage_fill_rate", *_spelt_out(posts, posts - empty))
    trained = first[first["home"] >= 0]
    yield shared(
        facts,
        "stay_in_foundation_region",
        facts.year_of[trained["month"]],
        trained["home"] == trained["region"],
    )


def _spelt_out(whole: NDArray, part: NDArray) -> tuple[NDArray, NDArray]:
    """Counts by year as a row for each of them: its year, and whether it is of the part."""
    whole, part = (np.rint(each).astype(np.int64) for each in (whole, part))
    year = np.repeat(np.arange(len(whole)), whole)
    chosen = [np.arange(all_) < some for all_, some in zip(whole, part, strict=True)]
    return year, np.concatenate(chosen) if len(year) else np.zeros(0, dtype=bool)


def _priority_rows(facts: Facts) -> NDArray:
    rows = facts.rows(Event.FOUNDATION_ALLOCATED)
    return rows[facts.log.detail[rows] // KINDS == FoundationKind.PRIORITY]


def _shortage(facts: Facts) -> NDArray[np.bool_]:
    """[programme]: a shortage specialty other than general practice."""
    return np.asarray(facts.blueprint.programme_shortage, dtype=bool) & ~facts.general_practice[1:]


def _first_posts(facts: Facts) -> pd.DataFrame:
    """The first specialty post of each doctor, and the region of their foundation (-1: not seen)."""
    log = facts.log
    rows = facts.rows(Event.STARTED_LEVEL)
    rows = rows[(log.detail[rows] == 1) & (log.programme[rows] != FOUNDATION_PROGRAMME)]
    first = pd.DataFrame(
        {name: getattr(log, name)[rows] for name in ("person", "month", "programme", "region")}
    ).drop_duplicates("person")
    return first.assign(home=first["person"].map(_foundation(facts)["region"]).fillna(-1).astype(int))


def _foundation(facts: Facts) -> pd.DataFrame:
    """Region and month in which each doctor started foundation, by person."""
    log, rows = facts.log, facts.rows(Event.FOUNDATION_STARTED)
    frame = pd.DataFrame({name: getattr(log, name)[rows] for name in ("person", "month", "region")})
    return frame.drop_duplicates("person").set_index("person")


# the same doctors -------------------------------------------------------------------------------------
def same_doctors(study: Study, options: Options) -> list[str]:
    """The doctors who take a priority place, in each arm, against the same doctors in the base."""
    base, arms = study.scenarios(options.scale)
    seed = checked_seed(base, options.seed, DEFAULT_ENGINE)
    scenarios = [base, *(arm.scenario for arm in arms)]
    reps = max(2, options.reps // 2)
    make = partial(_followed, seed)
    with closing(map_blueprints(make, scenarios, reps, options.years, workers=options.workers)) as stream:
        found = list(stream)  # [replication][arm]: one row, or none
    lines = [
        f"Doctors allocated a priority place {LAST_ALLOCATED_BEFORE_END} years or more before the end, and "
        f"the same doctors without the programmes ({reps} replications):",
        "",
        f"| | {study.base_title} | " + " | ".join(arm.title for arm in arms) + " |",
        "|---|---:|" + "---:|" * len(arms),
    ]
    for measure, words in TOLD.items():
        cells = []
        for at in range(len(arms)):
            without = np.array([each[at][0].get(measure, np.nan) for each in found])
            with_it = np.array([each[at][1].get(measure, np.nan) for each in found])
            mean, low, high = mean_interval(with_it - without)
            interval = "" if measure == "doctors" else f" ({_sign(mean)}, {_sign(low)} to {_sign(high)})"
            cells += (
                [value_text(without.mean())] if not at else []
            )  # the same doctors in every arm, but a few
            cells.append(value_text(with_it.mean()) + interval)
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return lines


def _sign(value: float) -> str:
    return f"{value:+.1f}".replace("-", "\N{MINUS SIGN}")


Fate = dict[str, float]


def _followed(seed: int, blueprints: Sequence[Blueprint], rep: int) -> list[tuple[Fate, Fate]]:
    """Of each arm: what became of its priority doctors without it, and with it."""
    base = _careers(blueprints[0], seed, rep)[0]
    found = []
    for blueprint in blueprints[1:]:
        careers, priority = _careers(blueprint, seed, rep)
        found.append((_fate(priority, base), _fate(priority, careers)))
    return found


def _careers(blueprint: Blueprint, seed: int, rep: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """First posts by person, and who took a priority place from 2027 on with its region and month."""
    facts = gather_facts(simulate_next(blueprint, seed, rep, DEFAULT_ENGINE), blueprint)
    release_buffers(DEFAULT_ENGINE)
    log, rows = facts.log, _priority_rows(facts)
    until = blueprint.months - 12 * LAST_ALLOCATED_BEFORE_END
    rows = rows[(log.month[rows] >= FIRST_MONTH) & (log.month[rows] < until)]
    priority = pd.DataFrame({"person": log.person[rows], "region": log.region[rows]})
    first = _first_posts(facts).set_index("person")
    foundation = _foundation(facts)
    shortage = _shortage(facts)
    careers = foundation.rename(columns={"region": "foundation", "month": "f1"}).join(first, how="left")
    known = careers["programme"].notna()
    programme = careers["programme"].fillna(0).astype(int).to_numpy()
    careers["shortage"] = np.where(known, shortage[programme], False)
    careers["gp"] = np.where(known, facts.general_practice[1:][programme], False)
    return careers, priority.drop_duplicates("person").set_index("person")


def _fate(priority: pd.DataFrame, careers: pd.DataFrame) -> Fate:
    """What became of them: shares in percent, by the measures of ``TOLD``."""
    both = priority.rename(columns={"region": "of_priority"}).join(careers, how="left")
    placed = both[both["programme"].notna()]
    if not len(placed):
        return {"doctors": float(len(both))}
    return {
        "doctors": float(len(both)),
        "placed": 100 * len(placed) / len(both),
        "region": 100 * float((placed["region"] == placed["of_priority"]).mean()),
        "foundation": 100 * float((both["foundation"] == both["of_priority"]).mean()),
        "shortage": 100 * float(placed["shortage"].mean()),
        "gp": 100 * float(placed["gp"].mean()),
        "months": float((placed["month"] - placed["f1"]).mean()),
    }


if __name__ == "__main__":
    run_study(__file__, later_choices, also=same_doctors)
