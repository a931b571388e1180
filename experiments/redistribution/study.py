"""Where posts and doctors go when training posts are moved towards need."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

sys.path.insert(0, str(Path(__file__).parents[1]))

from flagship import Study, counted, legend, run_study, source_line, valued

from pipeline_sim.report import figures_style as style
from pipeline_sim.report.comparison_figures import window_text
from pipeline_sim.results.facts import Facts
from pipeline_sim.results.kpis_redistribution import posts_redistributed
from pipeline_sim.scenario.load import load_scenario
from pipeline_sim.studies.comparing import Comparison
from pipeline_sim.vocabulary import Event

THREE = ("cardiology", "haematology", "obstetrics_gynaecology")
PANELS = (
    ("trainees_of_three", "Trainees in cardiology, haematology,\nobstetrics and gynaecology"),
    ("training_wte_per_100k", "Doctors in training, WTE for\n100,000 people weighted by need"),
    ("trained_wte_per_100k", "Consultants and GPs, WTE for\n100,000 people weighted by need"),
)


def of_three(facts: Facts) -> pd.DataFrame:
    """Trainees and CCTs of the specialties that were moved first, by region."""
    return pd.concat(_counts(facts), ignore_index=True)


def _counts(facts: Facts) -> Iterator[pd.DataFrame]:
    chosen = facts.named(*THREE)
    trainees, ccts = (
        table[:, chosen].sum(axis=1) for table in (facts.trainees, facts.count(Event.COMPLETED_TRAINING))
    )
    moved = posts_redistributed(facts).numerator.sum(axis=(1, 2))
    yield valued(facts, "posts_moved_so_far", np.cumsum(moved))
    for at, region in enumerate(facts.blueprint.regions, start=1):
        yield valued(facts, f"trainees_of_three[region={region}]", trainees[:, at])
        yield counted(
            facts,
            f"ccts_of_three[region={region}]",
            np.repeat(np.arange(facts.years), ccts[:, at].astype(np.int64)),
        )


def list_regions() -> list[str]:
    return list(load_scenario("england").tables["regions"]["region"])


def by_region(study: Study, comparison: Comparison) -> dict[str, Figure]:
    """Each region without and with the arms, means of the last years."""
    table = comparison.lasting
    regions = list_regions()
    row, height = 0.3, 1.75 + 0.3 * len(regions)
    subtitle = f"By region, mean of {window_text(comparison)}"
    figure = style.new_figure(study.title, subtitle, source_line(study, comparison), height)
    left, gap = 0.2, 0.035
    width = (0.98 - left - gap * (len(PANELS) - 1)) / len(PANELS)
    for at, (kpi, title) in enumerate(PANELS):
        axes = figure.add_axes((left + at * (width + gap), 0.85 / height, width, row * len(regions) / height))
        style.tidy(axes)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", color=style.FAINT, linewidth=0.6)
        for y, region in enumerate(regions):
            of = table[table["kpi"] == f"{kpi}[region={region}]"].set_index("arm")
            if not len(of):
                continue
            axes.plot(of["base"].iloc[0], y, "o", color=style.GREY, markersize=6, zorder=3)
            for shift, (name, colour) in enumerate(study.colours().items(), start=-1):
                if name in of.index:
                    low, high = of["base"][name] + of["low"][name], of["base"][name] + of["high"][name]
                    axes.plot([low, high], [y + 0.16 * shift] * 2, color=colour, linewidth=1.2, zorder=4)
                    axes.plot(of["policy"][name], y + 0.16 * shift, "D", color=colour, markersize=4, zorder=5)
        axes.set_ylim(len(regions) - 0.4, -0.6)
        names = [style.region_label(region) for region in regions] if at == 0 else []
        axes.set_yticks(range(len(regions)), names or [""] * len(regions), fontsize=style.SMALL)
        axes.set_title(title, fontsize=style.SMALL, color=style.INK, loc="left", pad=4)
        axes.tick_params(axis="x", labelsize=6.5)
        axes.locator_params(axis="x", nbins=4)
    base = Line2D([], [], marker="o", linestyle="", color=style.GREY, label=study.base_title)
    legend(figure, study, height, [base], marker="D")
    return {"by_region": figure}


if __name__ == "__main__":
    regions = list_regions()
    run_study(
        __file__,
        of_three,
        by_region,
        drawn=[f"{kpi}[region={name}]" for kpi, _ in PANELS for name in regions],
    )
