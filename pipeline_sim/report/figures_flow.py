"""The flow of one intake from medical school to CCT, drawn as bands as wide as the people in them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from pipeline_sim.report import figures_style as style
from pipeline_sim.results import cohort

HEADINGS = (
    "Entered",
    "Medical school",
    "Foundation starts",
    "Foundation ends",
    "Specialty training",
    "Outcome",
)
NODE_WIDTH = 0.10
NODE_GAP = 0.055  # of the height of the figure, between bands of one step
MOST_ROOM = 0.78  # of the height, for the people

#: From top to bottom, and their colours: onward, waiting or still on the way, gone.
ORDER = {
    cohort.ENTERED: (0, style.BLUE),
    cohort.GRADUATED: (0, style.BLUE),
    cohort.STARTED_F1: (0, style.BLUE),
    cohort.COMPLETED_F2: (0, style.BLUE),
    cohort.WITHIN_YEAR: (0, style.BLUE),
    cohort.CCT: (0, style.GREEN),
    cohort.LATER: (1, style.SKY),
    cohort.IN_TRAINING: (2, style.SKY),
    cohort.AWAY: (2, style.YELLOW),
    cohort.STILL_STUDYING: (3, style.ORANGE),
    cohort.NO_FOUNDATION: (3, style.ORANGE),
    cohort.IN_FOUNDATION: (3, style.ORANGE),
    cohort.RESIGNED: (3, style.ORANGE),
    cohort.NOT_YET: (3, style.ORANGE),
    cohort.OUTSIDE_TRAINING: (3, style.ORANGE),
    cohort.LEFT: (4, style.GREY),
}
UNKNOWN_PLACE = (5, style.GREY)
Node = tuple[int, str]


def cohort_flow(flow: pd.DataFrame, source: str, until: str) -> Figure:
    """The figure of a cohort frame (see ``results.cohort``), of its first replication, up to a month."""
    title = "From medical school to CCT: what became of one intake"
    if flow.empty:
        return style.note_nothing(style.new_figure(title, "", source), "intake to follow")
    flow = flow[flow["rep"] == flow["rep"].min()]
    intake = int(flow["intake"].iloc[0])
    subtitle = (
        f"Students who entered in {style.training_year_text(intake)}, by {until}; "
        "band widths are people, percentages are of entrants"
    )
    figure = style.new_figure(title, subtitle, source)
    height = figure.get_figheight()
    axes = figure.add_axes((0.02, 0.32 / height, 0.96, 1 - 0.95 / height))
    axes.set_axis_off()
    axes.set_xlim(-0.12, len(HEADINGS) - 0.22)
    axes.set_ylim(-0.03, 1.08)
    for step, heading in enumerate(HEADINGS):
        axes.text(step, 1.06, heading, fontsize=style.NORMAL, weight="bold", color=style.INK, va="bottom")
    people = _node_people(flow)
    bottoms, scale = _place(people)
    _draw_bands(axes, flow, bottoms, scale)
    whole = people[(0, cohort.ENTERED)]
    for node, count in people.items():
        _draw_node(axes, node, count, whole, bottoms[node], scale)
    return figure


def _node_people(flow: pd.DataFrame) -> dict[Node, int]:
    people: dict[Node, int] = {}
    first = flow[flow["step"] == 1]
    people[(0, cohort.ENTERED)] = int(first["people"].sum())
    for step, name, count in zip(flow["step"], flow["destination"], flow["people"], strict=True):
        node = (int(step), str(name))
        people[node] = people.get(node, 0) + int(count)
    return people


def _rank(node: Node) -> int:
    return ORDER.get(node[1], UNKNOWN_PLACE)[0]


def _place(people: dict[Node, int]) -> tuple[dict[Node, float], float]:
    """The lower edge of every node, and the height of one person."""
    scale = MOST_ROOM / max(people[(0, cohort.ENTERED)], 1)
    bottoms: dict[Node, float] = {}
    for step in range(len(HEADINGS)):
        top = 1.0
        for node in sorted((node for node in people if node[0] == step), key=_rank):
            tall = people[node] * scale
            bottoms[node] = top - tall
            top -= max(tall, 0.012) + NODE_GAP
    return bottoms, scale


def _draw_bands(axes: Axes, flow: pd.DataFrame, bottoms: dict[Node, float], scale: float) -> None:
    outgoing: dict[Node, float] = {}
    incoming: dict[Node, float] = {}
    rows = [
        ((int(step) - 1, str(origin)), (int(step), str(goal)), int(count))
        for step, origin, goal, count in zip(
            flow["step"], flow["origin"], flow["destination"], flow["people"], strict=True
        )
    ]
    total_out: dict[Node, int] = {}
    total_in: dict[Node, int] = {}
    for origin, goal, count in rows:
        total_out[origin] = total_out.get(origin, 0) + count
        total_in[goal] = total_in.get(goal, 0) + count
    for origin, goal, count in sorted(rows, key=lambda row: (row[1][0], _rank(row[0]), _rank(row[1]))):
        if origin not in bottoms:
            continue
        tall = count * scale
        y0 = outgoing.get(origin, bottoms[origin] + total_out[origin] * scale) - tall
        y1 = incoming.get(goal, bottoms[goal] + total_in[goal] * scale) - tall
        outgoing[origin], incoming[goal] = y0, y1
        left, right = origin[0] + NODE_WIDTH, goal[0]
        middle = (left + right) / 2
        vertices = [
            (left, y0 + tall), (middle, y0 + tall), (middle, y1 + tall), (right, y1 + tall),
            (right, y1), (middle, y1), (middle, y0), (left, y0), (left, y0 + tall),
        ]  # fmt: skip
        codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
        colour = ORDER.get(goal[1], UNKNOWN_PLACE)[1]
        axes.add_patch(PathPatch(Path(vertices, codes), facecolor=colour, alpha=0.32, linewidth=0))


def _draw_node(axes: Axes, node: Node, count: int, whole: int, bottom: float, scale: float) -> None:
    step, name = node
    tall = max(count * scale, 0.003)
    colour = ORDER.get(name, UNKNOWN_PLACE)[1]
    axes.add_patch(Rectangle((step, bottom), NODE_WIDTH, tall, facecolor=colour, linewidth=0))
    percent = 100 * count / whole
    share = "" if step == 0 else f" ({percent:.0f}%)" if percent >= 0.5 else " (<1%)"
    axes.text(
        step + NODE_WIDTH + 0.03,
        bottom + tall / 2 if np.isfinite(bottom) else 0,
        f"{name}\n{count:,}{share}",
        fontsize=style.SMALL,
        color=style.INK,
        va="center",
        linespacing=1.05,
    )
