"""What a KPI is: a name, a formula in words, a source and a function; and how its rows are made.

A KPI's function gives the numerator and, for a ratio, the denominator as arrays with named axes. The
rows are the total of each year and the breakdowns that the KPI asks for. A ratio with nothing below
the line has no value: it is written as missing, with its numerator and denominator beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline_sim.results.facts import Facts
from pipeline_sim.results.labels import year_labels

PLACES = ("programme", "region")
COLUMNS = ("rep", "year", "kpi", "value", "numerator", "denominator", "unit")


@dataclass(frozen=True)
class Measure:
    """Numerator and denominator with axes [year, ...]; ``axes`` names those after the year.

    ``names`` gives the labels of axes other than programme and region. ``value`` is for what is not a
    ratio, such as a median; its breakdowns are not sums and are given in ``breakdowns``.
    """

    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64] | None = None
    axes: tuple[str, ...] = PLACES
    names: dict[str, tuple[str, ...]] | None = None
    value: NDArray[np.float64] | None = None
    breakdowns: dict[tuple[str, ...], Measure] | None = None


@dataclass(frozen=True)
class Kpi:
    """One KPI as declared; ``by`` lists the breakdowns written besides the total."""

    name: str
    title: str
    unit: str
    formula: str
    source: str
    measure: Callable[[Facts], Measure]
    by: tuple[tuple[str, ...], ...] = ()
    scale: float = 1.0
    total: bool = True


def percent(
    name: str,
    title: str,
    formula: str,
    source: str,
    measure: Callable[[Facts], Measure],
    by: tuple[tuple[str, ...], ...] = (),
    total: bool = True,
) -> Kpi:
    """A ratio in percent."""
    return Kpi(name, title, "percent", formula, source, measure, by, 100.0, total)


def kpi_rows(kpi: Kpi, facts: Facts, rep: int) -> pd.DataFrame:
    """The rows of one KPI of one replication."""
    whole = kpi.measure(facts)
    years = year_labels(facts.blueprint)
    places = {"programme": ("", *facts.blueprint.programmes), "region": ("", *facts.blueprint.regions)}
    frames = []
    for kept in ((), *kpi.by) if kpi.total else kpi.by:
        measure = (whole.breakdowns or {}).get(kept, whole)
        names = {**places, **(whole.names or {}), **(measure.names or {})}
        numerator, denominator, value = (
            _sum_over(array, measure.axes, kept)
            for array in (measure.numerator, measure.denominator, measure.value)
        )
        assert numerator is not None
        if value is None:
            value = kpi.scale * (numerator if denominator is None else _ratio(numerator, denominator))
        if denominator is None:
            denominator = np.full(numerator.shape, np.nan)
        shown = np.ones(numerator.shape, dtype=bool)
        if kept:
            shown = (np.nan_to_num(numerator) != 0) | (np.nan_to_num(denominator) != 0)
            for axis, dimension in enumerate(kept, start=1):
                unnamed = [at for at, label in enumerate(names[dimension]) if not label]
                shown[(slice(None),) * axis + (unnamed,)] = False
        index = np.nonzero(shown)
        frames.append(
            pd.DataFrame(
                {
                    "rep": np.full(len(index[0]), rep, dtype=np.int32),
                    "year": years[index[0]].astype(np.int32),
                    "kpi": _row_names(kpi.name, kept, index[1:], names),
                    "value": value[index],
                    "numerator": numerator[index],
                    "denominator": denominator[index],
                    "unit": kpi.unit,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _sum_over(array: NDArray | None, axes: tuple[str, ...], kept: tuple[str, ...]) -> NDArray | None:
    if array is None:
        return None
    gone = tuple(at for at, axis in enumerate(axes, start=1) if axis not in kept)
    return array.sum(axis=gone)


def _ratio(numerator: NDArray, denominator: NDArray) -> NDArray:
    result = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result


def _row_names(
    kpi: str, kept: tuple[str, ...], index: tuple[NDArray, ...], names: dict[str, tuple[str, ...]]
) -> NDArray | str:
    if not kept:
        return kpi
    parts = zip(*([f"{d}={names[d][at]}" for at in i] for d, i in zip(kept, index, strict=True)), strict=True)
    return np.array([f"{kpi}[{','.join(part)}]" for part in parts], dtype=object)
