"""One run of one implementation in a process of its own: prints its time, memory and results as JSON.

``benchmark.py`` starts it. The clock runs from parameters in memory to the finished log: not over imports,
reading tables, compiling, or working out results from the log. It counts processor time, so that what else
the machine is doing matters less; no implementation uses more than one core.
"""

from __future__ import annotations

import gc
import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ladder import Ladder, results

OWN = {"pipeline_sim, compiled": "compiled", "pipeline_sim, SimPy": "simpy"}
PEERS = {
    "NumPy, monthly steps": ("peer_numpy", "numpy"),
    "Mesa": ("peer_mesa", "mesa"),
    "SimPy": ("peer_simpy", "simpy"),
    "salabim": ("peer_salabim", "salabim"),
    "Ciw": ("peer_ciw", "ciw"),
}
SMALL, SHORT = 0.02, 1  # scale and years of the run that compiles
MIB = 1024


def memory(field: str) -> float:
    """MiB in use (``VmRSS``) or at most so far (``VmHWM``); elsewhere than on Linux always the latter."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith(field))
        return int(line.split()[1]) / MIB
    per_mib = MIB * MIB if sys.platform == "darwin" else MIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / per_mib


def timed(run: Callable[[], Any], started: float) -> tuple[Any, dict[str, float]]:
    """What a run returns, and what it took. ``started`` is when this process was, by the wall clock."""
    before = memory("VmRSS")
    start_up = time.time() - started
    begin, begin_cpu = time.perf_counter(), time.process_time()
    outcome = run()
    wall_seconds, seconds = time.perf_counter() - begin, time.process_time() - begin_cpu
    return outcome, {
        "seconds": seconds,
        "wall_seconds": wall_seconds,
        "start_up": start_up,
        "memory_before": before,
        "memory_peak": memory("VmHWM"),
    }


def own_run(engine: str, request: dict[str, Any]) -> dict[str, Any]:
    """A run of this project, from the scenario folder; compiled before the clock starts."""
    import pipeline

    run = pipeline.engine(engine)
    run(pipeline.scenario(request["scenario"], SMALL, SHORT).blueprint(), request["seed"])
    blueprint = pipeline.scenario(request["scenario"], request["scale"], request["years"]).blueprint()
    log, took = timed(lambda: run(blueprint, request["seed"]), request["started"])
    rows = pipeline.rows_of(log, len(blueprint.regions))
    found = results(rows, Ladder.read(Path(request["ladder"])))
    return took | {
        "events": len(rows),
        "rows": len(log),
        "hash": pipeline.fingerprint(log),
        "results": found,
    }


def peer_run(module: str, request: dict[str, Any]) -> dict[str, Any]:
    """A run of a peer, from the parameters; its own random numbers."""
    run = importlib.import_module(module).run
    ladder = Ladder.read(Path(request["ladder"]))
    if request["frozen"]:
        gc.collect()
        gc.freeze()
        gc.disable()
    rows, took = timed(lambda: run(ladder, request["seed"]), request["started"])
    return took | {"events": len(rows), "rows": len(rows), "hash": "", "results": results(rows, ladder)}


def main() -> None:
    """Run what the request, one JSON argument, asks for."""
    request = json.loads(sys.argv[1])
    name = request["implementation"]
    if name in OWN:
        answer = own_run(OWN[name], request)
    else:
        answer = peer_run(PEERS[name][0], request)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
