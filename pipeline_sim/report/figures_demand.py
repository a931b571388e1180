"""The figure of demand: vacancies for trained doctors by programme, from the first year to the last."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pipeline_sim.report import figures_style as style
from pipeline_sim.report.figures_geography import dumbbells, key
from pipeline_sim.scenario.blueprint import Blueprint

ROW, TALL_ROW = 0.2, 0.3  # inches of a programme; the tall one for few
FEW = 12
MOST_LETTERS = 40
EVERYTHING = "All programmes"


def vacancies(kpis: pd.DataFrame, blueprint: Blueprint, source: str) -> Figure | None:
    """A row a programme, most vacancies at the top; None if the run asks for no trained doctors."""
    share, missing = (_by_programme(kpis, name) for name in ("vacancy_percent", "unmet_need_wte"))
    if share.empty:
        return None
    years = sorted(set(kpis["year"]))
    share = share.reindex(columns=years)
    order = share.iloc[:, -1].sort_values(kind="stable").index
    titles = dict(zip(blueprint.programmes, blueprint.programme_titles, strict=True))
    names = [EVERYTHING, *(_short(titles[name] or name) for name in order)]
    height = 2.1 + (TALL_ROW if len(names) <= FEW else ROW) * len(names)
    last = style.training_year_text(years[-1])
    subtitle = (
        f"Percent of the consultants and GPs wanted (WTE) that is missing; right: WTE missing in {last}"
    )
    figure = style.new_figure("Vacancies for trained doctors", subtitle, source, height)
    left = style.room_for(figure, names)
    axes = style.plot_area(figure, left=left, right=0.9, bottom=0.95, top=0.72)
    whole, whole_missing = (
        kpis[kpis["kpi"] == name].groupby("year")["value"].mean().reindex(years)
        for name in ("vacancy_percent", "unmet_need_wte")
    )
    rows = [whole.to_numpy(), *(share.loc[name].to_numpy() for name in order)]
    dumbbells(axes, rows, style.BLUE, least=0)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("Percent vacant", fontsize=style.NORMAL, color=style.INK)
    wte = [whole_missing.iloc[-1], *missing.reindex(index=order, columns=years).iloc[:, -1]]
    for at, amount in enumerate(wte):
        axes.text(
            1.08,
            at,
            f"{np.nan_to_num(amount):,.0f}",
            transform=axes.get_yaxis_transform(),
            fontsize=style.SMALL,
            ha="right",
            va="center",
        )
    key(figure, years, height, left, "all programmes")
    return figure


def _by_programme(kpis: pd.DataFrame, name: str) -> pd.DataFrame:
    """Mean over the replications, a row a programme and a column a year."""
    rows = kpis[kpis["kpi"].str.startswith(f"{name}[programme=")]
    programme = rows["kpi"].str.extract(r"\[programme=([^,]+)\]$")[0]
    rows = rows.assign(programme=programme).dropna(subset=["programme"])
    return rows.groupby(["programme", "year"])["value"].mean().unstack()


def _short(title: str) -> str:
    return title if len(title) <= MOST_LETTERS else f"{title[: MOST_LETTERS - 1]}…"
