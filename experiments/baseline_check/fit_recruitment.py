"""Fit what nobody counted about applicants to what is published about applications and accepted offers.

    python experiments/baseline_check/fit_recruitment.py --rounds 8

runs England's first year again and again, each time correcting, and then writes the base's judged numbers:
UK graduates' share of the applications to each specialty (``published/recruitment_fit.csv``), the doctors
outside training who have completed a core programme (``stream_ready.csv``) and UK graduates' score bonus for
entry posts (``applicant_groups.csv``). It starts from the numbers in place; a second call refines them.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from baseline_measures import MAIN_ROUNDS, Run

from pipeline_sim.catalogue.england import derive, derive_common, derive_posts, derive_recruitment
from pipeline_sim.identity import is_uk_graduate
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.studies.replicating import map_replications
from pipeline_sim.studies.runs import RunResult
from pipeline_sim.vocabulary import Event

BASE = Path(derive_common.__file__).parent
FIT = "published/recruitment_fit.csv"
GROWTH_HIGHER = 1.15  # of applications a higher post, 2024 to 2025: 1.20 published, less what ST4 is above
UK_STREAMS = ("led_uk", "abroad_uk")
GROUPS = ("uk", "overseas")
STEP = 0.35  # of what is missing, made up in a round of fitting


def logit(share: pd.Series) -> pd.Series:
    kept = share.clip(0.02, 0.98)
    return np.log(kept / (1 - kept))


def expit(x: pd.Series) -> pd.Series:
    return 1 / (1 + np.exp(-x))


def counted(result: RunResult) -> pd.DataFrame:
    """Applications and acceptances by group, and posts, of each programme in the first year."""
    run, programmes = Run(result.log, result.blueprint), result.blueprint.programmes
    frame = pd.DataFrame(index=list(programmes))
    for name, event, rounds in (
        ("applied", Event.APPLIED, ("round_1", "round_2")),
        ("accepted", Event.ACCEPTED, MAIN_ROUNDS),
    ):
        rows = run.rows(event, rounds)
        uk = is_uk_graduate(run.log.person[rows])
        for group, of_group in zip(GROUPS, (uk, ~uk), strict=True):
            count = np.bincount(run.log.programme[rows][of_group], minlength=len(programmes))
            frame[f"{name}_{group}"] = count.astype(float)
    advertised = run.facts.advertised[0, run.rounds(("round_1", "round_2"))]
    frame["posts"] = [float(advertised[:, column].sum()) for column in range(1, len(programmes) + 1)]
    return frame


def simulated(base: Path, reps: int, seed: int, workers: int) -> pd.DataFrame:
    """Mean counts over replications."""
    scenario = load_scenario(str(base)).with_years(1)
    frames = list(map_replications(counted, scenario, reps, seed, workers=workers))
    return pd.DataFrame(sum(frames[1:], frames[0]) / reps)


class Fit:
    """A copy of the base, with the numbers that are fitted and what they are fitted to."""

    def __init__(self, base: Path) -> None:
        self.base = base
        derive_common.HERE, derive_common.PUBLISHED = base, base / "published"
        rows = [r for r in derive_common.catalogue() if r["programme"] in derive_recruitment.applications()]
        names = [r["programme"] for r in rows]
        self.parent = pd.Series([r["parents"].split("|")[0] for r in rows], names)
        self.wanted = pd.Series([derive_posts.uk_share_of_accepts(r) for r in rows], names)
        own = partial(derive_common.figures, "applications")
        self.fitted = [n for n in names if n in {**own("uk_graduate_share"), **own("img_share")}]
        self.per_post = pd.Series(
            {n: a / derive_recruitment.august_posts(n) for n, a in derive_recruitment.applications().items()}
        ).reindex(names)
        self.per_post[self.parent != ""] *= GROWTH_HIGHER
        uk = pd.Series(derive_recruitment.wanted_by_group()["uk_graduate"]).reindex(names)
        self.share = uk / pd.Series(derive_recruitment.applications()).reindex(names)
        self.ready = pd.read_csv(base / "stream_ready.csv", dtype=str, keep_default_na=False)
        self.ready_share = self.ready["share"].astype(float)
        self.groups = pd.read_csv(base / "applicant_groups.csv", dtype=str, keep_default_na=False)
        self.bonus = float(self.groups["score_bonus"][0])  # UK graduates, entry posts

    def correct(self, found: pd.DataFrame) -> float:
        """Move every fitted number towards its target; gives the mean error of the shares before."""
        found = found.loc[self.share.index]
        accepted = found["accepted_uk"] / (found["accepted_uk"] + found["accepted_overseas"])
        entry = self.parent == ""
        self._move_bonus(found[entry])
        missing = (logit(self.wanted) - logit(accepted))[self.fitted]
        self.share[self.fitted] = expit(logit(self.share[self.fitted]) + STEP * missing)
        made = found[["applied_uk", "applied_overseas"]].sum(axis=1)
        self._keep_entry_total(entry, found["applied_uk"][entry].sum() / made[entry].sum())
        self._move_ready(found)
        return float((accepted - self.wanted)[self.fitted].abs().mean())

    def _move_bonus(self, found: pd.DataFrame) -> None:
        """The bonus stands for the share of all entry posts that UK graduates get."""
        accepted = found[["accepted_uk", "accepted_overseas"]].sum()
        level = pd.Series([(self.wanted[found.index] * found["posts"]).sum() / found["posts"].sum()])
        got = pd.Series([accepted.iloc[0] / accepted.sum()])
        self.bonus += STEP * float((logit(level) - logit(got)).iloc[0])

    def _keep_entry_total(self, entry: pd.Series, part: float) -> None:
        """Shift all fitted shares of entry posts alike, so that they add up to UK graduates' applications."""
        made = pd.Series(derive_recruitment.applications()).reindex(self.share.index)[entry]
        names = [n for n in self.fitted if entry[n]]
        for _ in range(30):
            got = (self.share[entry] * made).sum() / made.sum()
            shift = np.log(part / (1 - part)) - np.log(got / (1 - got))
            self.share[names] = expit(logit(self.share[names]) + shift)

    def _move_ready(self, found: pd.DataFrame) -> None:
        """As many apply for the posts above each core programme as are wanted, by group."""
        wanted = self.per_post * found["posts"]
        for core in self.ready["programme"].unique():
            above = self.parent.index[(self.parent == core) & (self.parent.index != "intensive_care")]
            parts = (self.share, 1 - self.share)
            for group, part in zip(GROUPS, parts, strict=True):
                ratio = (part * wanted)[above].sum() / found[f"applied_{group}"][above].sum()
                uk = self.ready["stream"].isin(UK_STREAMS)
                rows = (self.ready["programme"] == core) & (uk if group == "uk" else ~uk)
                self.ready_share[rows] *= ratio**STEP

    def write(self) -> None:
        """The three tables, and what is derived from them."""
        published = {
            r["item"]: r for r in derive_common.read("applications") if r["figure"].endswith("_share")
        }
        with (self.base / FIT).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow("figure,item,year,value,unit,geography,source,status,note".split(","))
            for name in self.fitted:
                kind = "judged" if published[name]["status"] == "assumption" else "published"
                note = f"fitted by runs to {100 * self.wanted[name]:g} % of accepted offers ({kind} for 2023)"
                cells = [
                    2025,
                    f"{self.share[name]:.3f}",
                    "fraction",
                    "England",
                    "model_judgement",
                    "assumption",
                ]
                writer.writerow(["uk_share_of_applications", name, *cells, note])
        self.ready["share"] = [f"{share:.3g}" for share in self.ready_share]
        self.groups.loc[0, "score_bonus"] = f"{self.bonus:.2f}"
        self.ready.to_csv(self.base / "stream_ready.csv", index=False, lineterminator="\n")
        self.groups.to_csv(self.base / "applicant_groups.csv", index=False, lineterminator="\n")
        forget(derive_common, derive_posts, derive_recruitment)
        derive_recruitment.write_taste()


def forget(*modules: object) -> None:
    """Let the derive modules read changed tables."""
    for module in modules:
        for thing in vars(module).values():
            if hasattr(thing, "cache_clear"):
                thing.cache_clear()


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Fit judged numbers about applicants to published ones.")
    parser.add_argument("--rounds", type=int, default=8, help="rounds of fitting")
    parser.add_argument("--reps", type=int, default=10, help="replications a round")
    parser.add_argument("--seed", type=int, default=100, help="of the first round; each takes the next")
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "england"
        shutil.copytree(BASE, base, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        fit = Fit(base)
        for number in range(options.rounds):
            found = simulated(base, options.reps, options.seed + number, options.workers)
            error = fit.correct(found)
            print(f"round {number + 1}: mean error of the shares {100 * error:.2f} points", flush=True)
            fit.write()
        for name in (FIT, "stream_ready.csv", "applicant_groups.csv"):
            shutil.copy(base / name, BASE / name)
    derive_common.HERE, derive_common.PUBLISHED = BASE, BASE / "published"
    forget(derive_common, derive_posts, derive_recruitment)
    derive.main()


if __name__ == "__main__":
    main()
