"""Where 15,000 student places jam, year by year, with and without what comes after them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from flagship import Study, run_study
from heat import Row, heat_map
from matplotlib.figure import Figure

from pipeline_sim.studies.comparing import Comparison

IN_USE = (  # a pool that is full jams
    Row("pool_utilisation[kind=hospital_placement]", "Hospital placements in use, %"),
    Row("pool_utilisation[kind=primary_care_placement]", "Primary care placements, %"),
    Row("foundation_oversubscription", "Applicants for 100 foundation places"),
    Row("pool_utilisation[kind=training_post]", "Training posts, %"),
    Row("pool_utilisation[kind=supervisor,group=foundation]", "Foundation supervisors, %"),
    Row("pool_utilisation[kind=supervisor]", "All supervisors, %"),
    Row("pool_utilisation[kind=practice_place]", "Practice places, %"),
)
QUEUES = (
    Row("clinical_years_deferred", "Student years deferred: no placement", 1),
    Row("waits[cause=foundation_place]", "Waiting for a foundation place", 12),
    Row("waits[cause=training_post]", "Waiting for a training post", 12),
    Row("waits[cause=supervisor]", "Waiting for a supervisor", 12),
    Row("waits[cause=practice_place]", "Waiting for a practice place", 12),
)


def bottlenecks(study: Study, comparison: Comparison) -> dict[str, Figure]:
    """How full each pool is, and how many people wait for it, by year, in every arm."""
    return {
        "in_use": heat_map(
            study,
            comparison,
            IN_USE,
            "How full each pool is, by training year",
            "Units in use, percent of capacity, at the yearly reading; foundation: applicants for 100 places",
            lowest=60,
            highest=110,
        ),
        "queues": heat_map(
            study,
            comparison,
            QUEUES,
            "Where people wait, by training year",
            "People waiting, mean over the year; students: years of the course put off",
            lowest=0,
            highest=None,
        ),
    }


if __name__ == "__main__":
    run_study(__file__, pictures=bottlenecks, drawn=[row.kpi for row in (*IN_USE, *QUEUES)])
