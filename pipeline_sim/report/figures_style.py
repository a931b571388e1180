"""How every figure looks: size, colours, labels that do not collide, and where the numbers come from.

No pyplot: figures are made and drawn without a display or any global state.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator

WIDTH, HEIGHT, DPI = 8.0, 5.0, 150
INK, QUIET, FAINT = "#222222", "#666666", "#dddddd"

# Okabe and Ito, told apart with any colour vision
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, BROWN = "#999999", "#8c564b"

SMALL, NORMAL, TITLE = 7.5, 8.5, 11.0
LEFT_MARGIN = 0.1
ACRONYMS = frozenset(
    {"accs", "ent", "gp", "gum", "imt", "omfs", "sas", "uk", "nhs", "ct", "nhse"}
    | {"oopt", "oopr", "oope", "oopc", "oopp"}
)
SMALL_WORDS = frozenset({"and", "of", "the", "in"})


def plain(name: str) -> str:
    """A name of the tables as a label: ``general_practice`` -> ``General practice``."""
    words = [word.upper() if word in ACRONYMS else word for word in name.split("_")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def region_label(name: str) -> str:
    """A region in capitals where they belong: ``north_west`` -> ``North West``."""
    return " ".join(word if word in SMALL_WORDS else word.capitalize() for word in name.split("_"))


def new_figure(title: str, subtitle: str, source: str, height: float = HEIGHT) -> Figure:
    """An empty figure with its title above and its source line below."""
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    figure.text(0.02, 1 - 0.16 / height, title, fontsize=TITLE, weight="bold", color=INK, va="top")
    figure.text(0.02, 1 - 0.38 / height, subtitle, fontsize=NORMAL, color=QUIET, va="top")
    figure.text(0.02, 0.09 / height, source, fontsize=6.5, color=QUIET, va="bottom")
    return figure


def plot_area(
    figure: Figure, right: float = 0.97, left: float = LEFT_MARGIN, bottom: float = 0.62, top: float = 0.72
) -> Axes:
    """One set of axes between the title and the source line; ``bottom`` and ``top`` are inches kept free."""
    height = figure.get_figheight()
    axes = figure.add_axes((left, bottom / height, right - left, 1 - (bottom + top) / height))
    tidy(axes)
    return axes


def room_for(figure: Figure, labels: Sequence[str]) -> float:
    """The left margin, a part of the width, that holds the longest of these tick labels."""
    widest = 0.0
    for label in labels:
        text = figure.text(0, 0, label, fontsize=SMALL, parse_math=False)
        widest = max(widest, text.get_window_extent().width)
        text.remove()
    return widest / figure.bbox.width + 0.02


def tidy(axes: Axes) -> None:
    """Light frame, small ticks, thousands with commas, zero at the foot."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
    axes.tick_params(labelsize=SMALL, colors=INK, length=2.5, color=GREY)
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10], integer=True, min_n_ticks=2))


def note_nothing(figure: Figure, what: str) -> Figure:
    """Say in the middle of the figure that the run had none of it."""
    figure.text(0.5, 0.5, f"No {what} in this run", fontsize=TITLE, color=QUIET, ha="center", va="center")
    return figure


def spread(positions: Sequence[float], gap: float, lowest: float, highest: float) -> list[float]:
    """Positions moved as little as needed to lie ``gap`` apart, in the same order, within the limits."""
    if not len(positions):
        return []
    order = np.argsort(positions, kind="stable")
    placed = np.asarray(positions, dtype=float)[order]
    placed = np.clip(placed, lowest, highest)
    gap = min(gap, (highest - lowest) / max(len(placed) - 1, 1))
    for _ in range(200):
        push = np.maximum(gap - np.diff(placed), 0) / 2
        if push.max(initial=0) < gap * 1e-3:
            break
        placed[:-1] -= push
        placed[1:] += push
    steps = gap * np.arange(len(placed))
    placed = np.maximum.accumulate(np.maximum(placed, lowest) - steps) + steps
    placed = np.minimum.accumulate((np.minimum(placed, highest) - steps)[::-1])[::-1] + steps
    result = np.empty(len(placed))
    result[order] = placed
    return result.tolist()


def label_ends(axes: Axes, ends: Sequence[tuple[float, float, str, str]], x_text: float) -> None:
    """Write each line's name (x, y, name, colour) to the right of its last point, clear of the others."""
    low, high = axes.get_ylim()
    inches = axes.get_position().height * cast(Figure, axes.get_figure()).get_figheight()
    gap = (high - low) * 0.155 / inches
    heights = spread([y for _, y, _, _ in ends], gap, low + gap / 2, high)
    for (x, y, name, colour), place in zip(ends, heights, strict=True):
        axes.annotate(
            name,
            xy=(x, y),
            xytext=(x_text, place),
            fontsize=SMALL,
            color=INK,
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 1},
        )


def training_year_text(year: int) -> str:
    """2025 -> ``2025/26``."""
    return f"{year}/{(year + 1) % 100:02d}"


def to_png(figure: Figure) -> bytes:
    """The figure as PNG, the same bytes for the same figure; a $ in a title is a $, not mathematics."""
    for text in figure.findobj(Text):
        cast(Any, text).set_parse_math(False)
    buffer = io.BytesIO()
    metadata: dict[str, Any] = {"Software": None}
    figure.savefig(buffer, format="png", dpi=DPI, metadata=metadata, facecolor="white")
    return buffer.getvalue()
