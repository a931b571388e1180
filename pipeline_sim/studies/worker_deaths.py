"""Deaths of worker processes of which joblib's executor ("loky") does not tell by itself.

An executor waits for the rest of a result whose worker died while handing it over, and starts another
worker in silence for one that died with nothing to do. What is used of loky here is not public; were it
ever missing, only the other deaths would be told.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from typing import Any

SECONDS_TO_TELL = 1  # that an executor has, before a death is told in its place


def current_executor() -> Any:
    """The one that joblib uses in this process; ``None`` before the first."""
    from joblib.externals.loky import reusable_executor

    return getattr(reusable_executor, "_executor", None)


def lost_a_worker(executor: Any) -> bool:
    """Whether it noticed that a worker died; one that ends because it is idle or too large does not count."""
    return getattr(getattr(executor, "_flags", None), "broken", None) is not None


@contextmanager
def deaths_told() -> Iterator[None]:
    """In this block an executor that waits for a dead worker fails, within seconds."""
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=[over], name="WorkerDeaths", daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()


def _watch(over: threading.Event) -> None:
    untold: set[int] = set()
    while not over.wait(SECONDS_TO_TELL):
        executor, before, untold = current_executor(), untold, set()
        with suppress(AttributeError):  # the executor was closed meanwhile
            untold = _dead(executor)
            if untold & before:
                _fail(executor, untold)


def _dead(executor: Any) -> set[int]:
    """Process numbers of dead workers that are still counted on; one that takes its leave is not."""
    workers = list(executor._processes.values())
    ended = wait([worker.sentinel for worker in workers], timeout=0) if workers else []
    return {worker.pid for worker in workers if worker.sentinel in ended}


def _fail(executor: Any, dead: set[int]) -> None:
    """Close every end that writes results, here and in workers: the executor reads to the end and fails."""
    results = executor._result_queue
    for worker in list(executor._processes.values()):
        if worker.pid not in dead:
            with suppress(ProcessLookupError):
                os.kill(worker.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    results._writer.close()
