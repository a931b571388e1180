"""What the builders of a blueprint share: a scenario's tables, its years, and the positions of its names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from pipeline_sim.clock import MONTHS_PER_YEAR, training_year
from pipeline_sim.scenario.arrays import Years, index_of, scaled_counts
from pipeline_sim.scenario.blueprint import Ints
from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.table import Table


class Context:
    """A scenario's tables with the positions of its names, shared by the builders."""

    def __init__(self, scenario: Scenario, tables: Mapping[str, Table]) -> None:
        self.scenario = scenario
        self.tables = tables
        self.months = scenario.years * MONTHS_PER_YEAR
        touched = training_year(scenario.start_month, self.months - 1) + 1
        self.years = Years(scenario.first_training_year, touched)
        self.regions = index_of(tables["regions"]["region"])
        self.programmes = index_of(tables["programmes"]["programme"])
        self.routes = index_of(tables["routes"]["route"])
        self.streams = index_of(tables["streams"]["stream"])
        self.groups = index_of(tables["supervision_groups"]["group"])
        kinds = tables["programmes"].rows("programme", "kind")
        self.cores = index_of(name for name, kind in kinds if kind == "core")

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Value of every setting by name."""
        return dict(self.tables["settings"].rows("name", "value"))

    @cached_property
    def rounds(self) -> dict[Any, int]:
        """Rounds in the order they run."""
        in_order = sorted(self.tables["rounds"].rows("order", "round"))
        return index_of(name for _, name in in_order)

    @cached_property
    def courses(self) -> dict[Any, int]:
        """Position of each (route, year of course): route by route, year by year."""
        years = sorted(self.tables["route_years"].keys, key=lambda key: (self.routes[key[0]], key[1]))
        return index_of(years)

    @cached_property
    def levels(self) -> dict[Any, int]:
        """Position of each (programme, level): programme by programme, in order."""
        rows = self.tables["levels"].rows("programme", "order", "level")
        ordered = sorted(rows, key=lambda row: (self.programmes[row[0]], row[1]))
        return index_of((programme, level) for programme, _, level in ordered)

    def scaled(self, numbers: Ints, by_year: bool) -> Ints:
        """Counts times the scenario's scale; ``by_year``: the first axis is the year."""
        return scaled_counts(numbers, self.scenario.scale, by_year)

    def yearly(self, table: str, value: str, *indexes: dict[Any, int]) -> Ints:
        """[Y, ...] scaled counts of a table; nothing but zeros if the scenario does not have it."""
        shape = tuple(len(index) for index in indexes)
        if table not in self.tables:
            return np.zeros((self.years.count, *shape), np.int64)
        return self.scaled(self.years.dense(self.tables[table], value, shape, indexes), by_year=True)
