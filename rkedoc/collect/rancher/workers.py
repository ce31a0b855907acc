"""Processes that collect clusters, each one after the other.

Processes and not threads: redaction works the processor, an interruption has to take back what each of them has begun, and one that
hangs or takes too much memory can be ended without the others. Nothing but messages goes from one to the other.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path
from typing import Any, Final, TypeAlias

from rkedoc.collect.options import CollectOptions
from rkedoc.collect.private_folder import private_parents, sweep
from rkedoc.collect.run import NOTHING, collect
from rkedoc.errors import RkedocError
from rkedoc.vocabulary import Result

_ORDERLY: Final = 5.0
"""Seconds in which a process that is to end takes back what it has begun."""
_NEWS: Final = 0.2
"""Seconds between two messages that say how far a process is."""
_LONGEST_FOLDER: Final = 64
"""Bytes of the path of the folder for temporary files that leave room for what multiprocessing puts below it."""
_LOADED: Final = ("rkedoc.collect.rancher.workers", "kubernetes.client.rest")
"""What every process needs, and what takes longest to begin with."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A cluster is being collected."""


@dataclass(frozen=True, slots=True)
class Advanced:
    """So many more objects came, in so many more bytes."""

    objects: int
    size: int


@dataclass(frozen=True, slots=True)
class Noted:
    """Something worth a line. ``told``: one that is shown even where only what went wrong is."""

    text: str
    told: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a cluster. ``reason`` says why there is no snapshot of it; ``plan`` is what a run would ask."""

    exit_code: int
    partial: int = 0
    reason: str = ""
    plan: str = ""


News: TypeAlias = Begun | Advanced | Noted | Ended


def collected(
    tasks: Iterable[tuple[str, CollectOptions]], *, at_once: int, longest: float
) -> Iterator[tuple[str, News]]:
    """Collect with each of the options, ``at_once`` at a time, and say of each what happens, by its name.

    One that takes longer than ``longest`` seconds is ended. Whatever ends the iteration ends the processes first, in order: what they
    have written whole stays, and nothing else does.
    """
    context = _context()
    waiting = iter(tasks)
    workers: list[_Worker] = []
    try:
        exhausted = False
        while True:
            while not exhausted and sum(worker.busy for worker in workers) < at_once:
                task = next(waiting, None)
                if task is None:
                    exhausted = True
                    break
                worker = next((worker for worker in workers if not worker.busy), None)
                if worker is None:
                    worker = _Worker(context)
                    workers.append(worker)
                worker.begin(*task, longest)
                yield task[0], Begun()
            busy = {worker.connection: worker for worker in workers if worker.busy}
            if not busy:
                return
            left = min(worker.ends for worker in busy.values()) - time.monotonic()
            for ready in wait(list(busy), timeout=max(left, 0.0)):
                worker = busy[ready]  # type: ignore[index]  # a wait for connections gives connections
                yield worker.name, worker.hear()
            for worker in busy.values():
                if worker.busy and time.monotonic() > worker.ends:
                    worker.end()
                    yield (
                        worker.name,
                        Ended(NOTHING, reason=f"it took longer than {longest:.0f} seconds, and was given up"),
                    )
            workers = [worker for worker in workers if not worker.gone]
    finally:
        _end_all(workers)


class _Worker:
    """One process, and what it does."""

    def __init__(self, context: ForkServerContext | SpawnContext) -> None:
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs,), name="rkedoc-cluster", daemon=True)
        with _interruptions_kept():
            self._process.start()
        theirs.close()
        self.name = ""
        self.busy = False
        self.gone = False
        self.ends = 0.0
        self._folders: set[Path] = set()

    def begin(self, name: str, options: CollectOptions, longest: float) -> None:
        self.name, self.busy, self.ends = name, True, time.monotonic() + longest
        self._folders |= private_parents(options.spool_dir)
        with suppress(OSError):  # a process that has ended meanwhile is heard of when it is listened to
            self.connection.send(options)

    def hear(self) -> News:
        """The next that it says, or that it is gone."""
        try:
            news: News = self.connection.recv()
        except (EOFError, OSError):
            self.end()
            return Ended(NOTHING, reason=f"its process ended ({_how(self._process.exitcode)})")
        self.busy = not isinstance(news, Ended)
        return news

    def ask_to_end(self) -> None:
        """Ask it to take back what it has begun, and to end."""
        if self._process.is_alive():
            self._process.terminate()

    def end(self) -> None:
        """End it, in order if it hears; what one that had to be killed has left in its private folders is removed."""
        self.busy, self.gone = False, True
        self.ask_to_end()
        self._process.join(_ORDERLY)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        if self._process.exitcode == -signal.SIGKILL:
            for folder in self._folders:
                sweep(folder)
        self.connection.close()


def _context() -> ForkServerContext | SpawnContext:
    """How processes begin: from one that has loaded what all of them need, where the system can do that; never from this one, whose
    threads and connections they would have.
    """
    # That one listens at a socket in a folder for temporary files, and the path of a socket may have 108 bytes (unix(7)).
    too_long = len(os.fsencode(tempfile.gettempdir())) > _LONGEST_FOLDER
    if too_long or "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_LOADED))
    return context


def _end_all(workers: Iterable[_Worker]) -> None:
    """End all of them at once: none waits for the other to take back what it has begun."""
    left = list(workers)
    for worker in left:
        worker.ask_to_end()
    for worker in left:
        worker.end()


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in {one.value for one in signal.Signals} else str(-code)
        return f"by the signal {name}; too little memory?" if name == "SIGKILL" else f"by the signal {name}"
    return f"with the code {code}"


@contextmanager
def _interruptions_kept() -> Iterator[None]:
    """Hold back Ctrl-C for this process, and for ever for one that is started meanwhile: this one tells its processes to end."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# In a process of its own ---------------------------------------------------------------------------------------------


def _work(connection: Connection[News, CollectOptions]) -> None:
    """Collect one cluster after the other, until nobody asks for more."""
    said = _Said(connection)
    with suppress(EOFError, OSError):  # whoever started this process is gone: nobody is left to tell
        while True:
            options = connection.recv()
            ended = _collected(options, said)
            said.flush()
            connection.send(ended)


def _collected(options: CollectOptions, said: _Said) -> Ended:
    plan = io.StringIO()
    with redirect_stdout(plan), redirect_stderr(_Lines(said)):
        try:
            outcome = collect(options, progress=said)
        except RkedocError as error:
            return Ended(NOTHING, reason=str(error))
    return Ended(outcome.exit_code, len(outcome.partial), outcome.unavailable, plan.getvalue())


class _Said:
    """A progress that says how far a process is, and hands its notes over. Safe to use from several threads."""

    def __init__(self, connection: Connection[News, Any]) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._objects = self._size = 0
        self._last = 0.0

    def begin(self, source: str, kind: str) -> None: ...

    def advance(self, source: str, kind: str, *, objects: int, size: int) -> None:
        with self._lock:
            self._objects += objects
            self._size += size
            if time.monotonic() - self._last > _NEWS:
                self._tell()

    def end(self, source: str, kind: str, result: Result) -> None: ...

    def note(self, text: str) -> None:
        self.line(text, told=False)

    def line(self, text: str, *, told: bool) -> None:
        with self._lock:
            self._connection.send(Noted(text, told))

    def flush(self) -> None:
        """Say what has not been said yet."""
        with self._lock:
            self._tell()

    def _tell(self) -> None:
        if self._objects or self._size:
            self._connection.send(Advanced(self._objects, self._size))
        self._objects = self._size = 0
        self._last = time.monotonic()


class _Lines(io.TextIOBase):
    """Standard error of a process: each line is handed over."""

    def __init__(self, said: _Said) -> None:
        self._said = said
        self._begun = ""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            if line:
                self._said.line(line, told=True)
        return len(text)
