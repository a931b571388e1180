"""What a KPI is: a name, a formula in words, a source and a function; and how its rows are made.

A KPI's function gives the numerator and, for a ratio, the denominator as arrays with named axes. The
rows are the total of each year and the breakdowns that the KPI asks for. A ratio with nothing below
the line has no value: it is written as missing, with its numerator and denominator beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline_sim.results.facts import Facts
from pipeline_sim.results.labels import year_labels
from pipeline_sim.scenario.blueprint import Blueprint

PLACES = ("programme", "region")
COLUMNS = ("rep", "year", "kpi", "value", "numerator", "denominator", "unit")


@dataclass(frozen=True)
class Measure:
    """Numerator and denominator with axes [year, ...]; ``axes`` names those after the year.

    ``names`` gives the labels of axes other than programme and region. ``value`` is for what is not a
    ratio, such as a median; its breakdowns are not sums and are given in ``breakdowns``,
    by the axes they keep.
    """

    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64] | None = None
    axes: tuple[str, ...] = PLACES
    names: Mapping[str, tuple[str, ...]] | None = None
    value: NDArray[np.float64] | None = None
    breakdowns: Mapping[Any, Measure] | None = None


@dataclass(frozen=True)
class Kpi:
    """One KPI as declared; ``by`` lists the breakdowns written besides the total.

    Without what ``given`` asks of a scenario the KPI has no rows at all.
    """

    name: str
    title: str
    unit: str
    formula: str
    source: str
    measure: Callable[[Facts], Measure]
    by: tuple[tuple[str, ...], ...] = ()
    scale: float = 1.0
    total: bool = True
    given: Callable[[Blueprint], bool] | None = None


def percent(
    name: str,
    title: str,
    formula: str,
    source: str,
    measure: Callable[[Facts], Measure],
    by: tuple[tuple[str, ...], ...] = (),
    total: bool = True,
    given: Callable[[Blueprint], bool] | None = None,
) -> Kpi:
    """A ratio in percent."""
    return Kpi(name, title, "percent", formula, source, measure, by, 100.0, total, given)


class _Part(NamedTuple):
    """Rows of one KPI at one level of detail."""

    year: NDArray[np.int32]
    names: pa.StringArray
    value: NDArray[np.float64]
    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64]
    unit: str


def kpi_table(kpis: Iterable[Kpi], facts: Facts, rep: int) -> pd.DataFrame:
    """The rows of the KPIs of one replication, with ``COLUMNS``."""
    given = [kpi for kpi in kpis if kpi.given is None or kpi.given(facts.blueprint)]
    parts = [part for kpi in given for part in _kpi_parts(kpi, facts)]
    year = np.concatenate([part.year for part in parts])
    units, lengths = [part.unit for part in parts], [len(part.year) for part in parts]
    columns = {
        "rep": np.full(len(year), rep, dtype=np.int32),
        "year": year,
        "kpi": pd.array(pa.chunked_array([part.names for part in parts], pa.string()), dtype="str"),
        "value": np.concatenate([part.value for part in parts]),
        "numerator": np.concatenate([part.numerator for part in parts]),
        "denominator": np.concatenate([part.denominator for part in parts]),
        "unit": pd.array(units, dtype="str").take(np.repeat(np.arange(len(parts)), lengths)),
    }
    return pd.DataFrame(columns, columns=list(COLUMNS))


def _kpi_parts(kpi: Kpi, facts: Facts) -> Iterator[_Part]:
    """The total and each breakdown of a KPI; a breakdown has no rows where there is nothing."""
    whole = kpi.measure(facts)
    years = year_labels(facts.blueprint)
    places = {"programme": ("", *facts.blueprint.programmes), "region": ("", *facts.blueprint.regions)}
    for kept in ((), *kpi.by) if kpi.total else kpi.by:
        measure = (whole.breakdowns or {}).get(kept, whole)
        names = {**places, **(whole.names or {}), **(measure.names or {})}
        numerator = _sum_over(measure.numerator, measure.axes, kept)
        denominator = np.full(numerator.shape, np.nan)
        value = kpi.scale * numerator
        if measure.denominator is not None:
            denominator = _sum_over(measure.denominator, measure.axes, kept)
            value = kpi.scale * _ratio(numerator, denominator)
        if measure.value is not None:
            value = measure.value
        shown = np.ones(numerator.shape, dtype=bool)
        if kept:
            shown = (np.nan_to_num(numerator) != 0) | (np.nan_to_num(denominator) != 0)
            for axis, dimension in enumerate(kept, start=1):
                unnamed = [at for at, label in enumerate(names[dimension]) if not label]
                shown[(slice(None),) * axis + (unnamed,)] = False
        index = np.nonzero(shown)
        yield _Part(
            years[index[0]].astype(np.int32),
            _row_names(kpi.name, kept, index, names),
            value[index],
            numerator[index],
            denominator[index],
            kpi.unit,
        )


def _sum_over(array: NDArray, axes: tuple[str, ...], kept: tuple[str, ...]) -> NDArray:
    gone = tuple(at for at, axis in enumerate(axes, start=1) if axis not in kept)
    return array.sum(axis=gone)


def _ratio(numerator: NDArray, denominator: NDArray) -> NDArray:
    result = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result


def _row_names(
    kpi: str, kept: tuple[str, ...], index: tuple[NDArray, ...], names: dict[str, tuple[str, ...]]
) -> pa.StringArray:
    """Names such as ``fill_rate[programme=cardiology,region=london]``."""
    if not kept:
        return pa.repeat(pa.scalar(kpi), len(index[0]))
    labels = [
        pa.array([f"{axis}={name}" for name in names[axis]], pa.string()).take(pa.array(at))
        for axis, at in zip(kept, index[1:], strict=True)
    ]
    inside = pc.binary_join_element_wise(*labels, ",")
    return pc.binary_join_element_wise(kpi + "[", inside, "]", "")
