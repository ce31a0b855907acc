"""Hands works to Dask distributed: workers on this machine, or a scheduler that others run.

Dask repeats the works of a worker that died, keeps a worker within its memory, and knows nothing of what a site is. Its workers and this
process see the folder of the sites under the same path. Nothing of Dask is imported before it is asked for.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rkedoc.errors import BuildError, UsageError
from rkedoc.publish.engine import Engine, Failure, Outcome, attempt
from rkedoc.publish.work import Work

if TYPE_CHECKING:
    from distributed import Client

LOCAL = "local"
_LOGS = ("distributed", "tornado", "asyncio")
_REACHED_WITHIN = "20s"
_GIVEN_UP_AFTER = 3
"""Workers that may die over a work before it is taken to be the one that kills them."""


def engine(scheduler: str, workers: int = 1, memory: str = "auto") -> Engine:
    """An engine that has a scheduler do the works.

    ``scheduler`` is ``local`` for processes of this machine, of which there are ``workers`` with at most ``memory`` each (as ``2GiB``;
    ``auto`` for their share of the machine), or else the address of a scheduler (``tcp://HOST:8786``), or the file in which one
    has written its address. Raises :class:`~rkedoc.errors.UsageError` if Dask is not installed.
    """
    try:
        import cryptography  # noqa: F401 - makes the certificates of a local one
        import distributed  # noqa: F401 - asked for before anything is planned
    except ImportError:
        raise UsageError("--scheduler needs Dask: install it with pip install 'rkedoc[fleet]'") from None
    return partial(_run, scheduler, workers, memory)


def _run(
    scheduler: str,
    workers: int,
    memory: str,
    works: Sequence[Work],
    room: Path,
    progress: Callable[[str], None] | None,
) -> Iterator[tuple[Work, Outcome]]:
    from distributed import as_completed

    if not works:
        return
    with ExitStack() as stack:
        client = _client(stack, scheduler, min(workers, len(works)), memory)
        futures = {
            client.submit(attempt, work, room, key=f"rkedoc-{work.key}", pure=False, retries=0): work for work in works
        }
        try:
            for number, future in enumerate(as_completed(futures), 1):
                work = futures.pop(future)
                error = future.exception()
                outcome = future.result() if error is None else Failure(_why(error))
                future.release()
                if progress is not None:
                    progress(f"{work.name}... [{number * 100 // len(works):3d}%]")
                yield work, outcome
        finally:
            client.cancel(list(futures))


def _client(stack: ExitStack, scheduler: str, workers: int, memory: str) -> Client:
    """A client of the scheduler. What this process has started for it ends with ``stack``."""
    import dask
    from distributed import Client, LocalCluster, Security

    stack.enter_context(
        dask.config.set(
            {
                "distributed.scheduler.allowed-failures": _GIVEN_UP_AFTER,
                "distributed.comm.timeouts.connect": _REACHED_WITHIN,
                # A site is one task of seconds: nothing of it is worth being moved or looked at while it runs.
                "distributed.worker.profile.enabled": False,
                # What its parts tell each other about connections that end is not about any work.
                "logging": dict.fromkeys(_LOGS, "critical"),
            }
        )
    )
    for name in _LOGS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        if scheduler == LOCAL:
            # One work a process: what Sphinx, docutils and gettext remember belongs to a process, not to a thread. Who reaches a scheduler
            # runs what he likes, and loopback is for everybody on the machine: so its parts know each other by certificates of this run.
            cluster = stack.enter_context(
                LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    memory_limit=memory,
                    dashboard_address=None,
                    host="127.0.0.1",
                    security=Security.temporary(),
                    silence_logs=logging.CRITICAL,
                )
            )
            return stack.enter_context(Client(cluster))
        if os.path.exists(scheduler):
            return stack.enter_context(Client(scheduler_file=scheduler, timeout=_REACHED_WITHIN))
        return stack.enter_context(Client(scheduler, timeout=_REACHED_WITHIN))
    except (OSError, ValueError, TimeoutError) as error:
        raise BuildError(
            f"--scheduler {scheduler}: no scheduler of Dask answers ({type(error).__name__}): give local, its address as tcp://HOST:PORT, "
            "or the file that it writes"
        ) from None


def _why(error: BaseException) -> str:
    """Why a work has no outcome, in a sentence: Dask's own words are about its insides."""
    from distributed.scheduler import KilledWorker

    if isinstance(error, KilledWorker):
        return f"{_GIVEN_UP_AFTER} workers died over it, as those do that have too little memory: give them more, or build this one by itself"
    return f"the worker could not do it ({type(error).__name__}): has it the same rkedoc, and does it see the same folders?"
