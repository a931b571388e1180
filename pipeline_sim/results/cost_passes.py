"""The compiled pass over lives that adds up what the training of each CCT holder cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.compiling import kernel
from pipeline_sim.vocabulary import Event, State

#: A CCT; ``cost`` is below 0 if the run did not see F1 begin.
PATH = np.dtype(
    [("cost", np.float64), ("person", np.int32), ("month", np.int16), ("programme", np.int16)], align=True
)
_FOUNDATION_STARTED, _CERTIFIED = int(Event.FOUNDATION_STARTED), int(Event.COMPLETED_TRAINING)
_FOUNDATION, _TRAINING, _AWAY = int(State.FOUNDATION), int(State.TRAINING), int(State.STEPPED_OUT)


@kernel
def cost_paths(
    lives: NDArray,
    begin: NDArray,
    first_level: int,
    whole: NDArray,
    head: NDArray,
    part_time: NDArray,
    away: NDArray,
    found: NDArray,
) -> None:
    """Fill ``found`` with every CCT; the costs are sums up to each month, of which the last row is "none"."""
    number = 0
    for person in range(len(begin) - 1):
        cost = -1.0
        for at in range(begin[person], begin[person + 1]):
            event = lives[at].event
            if cost >= 0:
                before = lives[at - 1]
                since, until, level = before.month, lives[at].month, before.level
                if before.state == _FOUNDATION or before.state == _TRAINING:
                    cost += (whole[level, until] - whole[level, since]) * before.wte / 100
                    cost += head[level, until] - head[level, since]
                    if before.wte < 100:
                        cost += part_time[level, until] - part_time[level, since]
                elif before.state == _AWAY:
                    kind = before.cause - 1
                    cost += away[kind, until] - away[kind, since]
            elif event == _FOUNDATION_STARTED and lives[at].own_level == first_level:
                cost = 0.0
            if event == _CERTIFIED:
                path = found[number]
                number += 1
                path.cost = cost
                path.person = person
                path.month = lives[at].month
                path.programme = lives[at].programme
