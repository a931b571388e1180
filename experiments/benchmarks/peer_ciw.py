"""The tandem on Ciw: a node a school year and region, as many servers as places, and a node for graduates.

Ciw is for queueing networks. It has no yearly matching of people with preferences, no spells that two
scarce things start together, and no capacity that follows from who has been through the network, so it
plays only the part of the ladder that is stages in series with capacities. Ciw keeps its own records; they
are turned into the rows of the common log at the end.
"""

from __future__ import annotations

from collections.abc import Iterator

import ciw
from ladder import SEPTEMBER, YEAR, Ladder, Row, Step

EXIT = -1


def network(ladder: Ladder) -> ciw.network.Network:
    """Nodes by year of course x regions + region; the last ``regions`` nodes hold nobody for any time."""
    regions, stages = ladder.regions, len(ladder.course_months)
    nodes = regions * (stages + 1)
    routing = [[0.0] * nodes for _ in range(nodes)]
    for node in range(regions * stages):
        routing[node][node + regions] = 1 - ladder.course_leave[node // regions]
    years = -(-ladder.months // YEAR)
    september = ciw.dists.Sequential([float(SEPTEMBER), *[float(YEAR)] * years])
    servers: list[float] = []
    for row in ladder.places:
        servers += [float("inf")] * regions if row is None else row
    return ciw.create_network(
        arrival_distributions=[september] * regions + [None] * (nodes - regions),
        batching_distributions=[ciw.dists.Deterministic(n) for n in ladder.intake]
        + [ciw.dists.Deterministic(1)] * (nodes - regions),
        service_distributions=[
            ciw.dists.Deterministic(months) for months in ladder.course_months for _ in range(regions)
        ]
        + [ciw.dists.Deterministic(0)] * regions,
        number_of_servers=[*servers, *[float("inf")] * regions],
        routing=routing,
    )


def run(ladder: Ladder, seed: int) -> list[Row]:
    """One run; the log, in order of month."""
    if ladder.people_at_start() or ladder.applies_for_foundation or any(ladder.course_repeat):
        raise ValueError("Ciw can express the tandem only")
    ciw.seed(seed)
    simulation = ciw.Simulation(network(ladder))
    simulation.simulate_until_max_time(ladder.months - 0.5)
    return sorted(rows(simulation, ladder), key=lambda row: row[0])


def rows(simulation: ciw.Simulation, ladder: Ladder) -> Iterator[Row]:
    """What Ciw recorded of services that ended and knows of those that did not, as steps."""
    regions, stages = ladder.regions, len(ladder.course_months)
    for record in simulation.get_all_records(only=["service"]):
        stage, region = divmod(record.node - 1, regions)
        if stage == stages:
            continue
        if stage == 0:
            yield int(record.arrival_date), Step.ENTERED, record.id_number, region
        yield int(record.service_start_date), Step.YEAR_STARTED, record.id_number, region
        month = int(record.service_end_date)
        if record.destination == EXIT:
            yield month, Step.LEFT_SCHOOL, record.id_number, region
            continue
        yield month, Step.YEAR_PASSED, record.id_number, region
        if stage == stages - 1:
            yield month, Step.GRADUATED, record.id_number, region
    for node in simulation.transitive_nodes:
        stage, region = divmod(node.id_number - 1, regions)
        for person in node.all_individuals:
            if stage == 0:
                yield int(person.arrival_date), Step.ENTERED, person.id_number, region
            if person.service_start_date is not False:
                yield int(person.service_start_date), Step.YEAR_STARTED, person.id_number, region
