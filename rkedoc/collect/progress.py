"""What a run says while it works: to a person at a terminal, to a log, or nothing.

Everything goes to standard error, since standard output may be the snapshot. Texts are redacted by whoever says them;
control characters are taken out here, so that no server can move the cursor of a terminal.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TextIO

from rkedoc.collect.reasons import in_words
from rkedoc.collect.source import Progress
from rkedoc.printable import cut, printable
from rkedoc.snapshot.record import Scope
from rkedoc.vocabulary import Result

_REDRAW = 0.1
"""Seconds between two drawings of a terminal's status line."""


def make_progress(*, quiet: bool = False, stream: TextIO | None = None) -> Progress:
    """The progress that fits: none with ``quiet``, a living line on a terminal, plain lines elsewhere."""
    where = stream or sys.stderr
    if quiet:
        return QuietProgress()
    return TerminalProgress(where) if where.isatty() else PlainProgress(where)


class QuietProgress:
    """Says nothing."""

    def begin(self, source: str, kind: str) -> None: ...

    def advance(self, source: str, kind: str, *, objects: int, size: int) -> None: ...

    def end(self, source: str, kind: str, result: Result) -> None: ...

    def note(self, text: str) -> None: ...


@dataclass(slots=True)
class _Tally:
    objects: int = 0
    size: int = 0
    began: float = field(default_factory=time.monotonic)


class PlainProgress:
    """One line a list when it ends, with its count, bytes and seconds; and one a note."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.RLock()
        self._open: dict[tuple[str, str], _Tally] = {}

    def begin(self, source: str, kind: str) -> None:
        with self._lock:
            self._open[source, kind] = _Tally()

    def advance(self, source: str, kind: str, *, objects: int, size: int) -> None:
        with self._lock:
            tally = self._open.setdefault((source, kind), _Tally())
            tally.objects += objects
            tally.size += size

    def end(self, source: str, kind: str, result: Result) -> None:
        with self._lock:
            tally = self._open.pop((source, kind), None) or _Tally()
            seconds = time.monotonic() - tally.began
            outcome = "" if result == Result.COMPLETE else f" [{result}]"
            self._line(f"{source}: {kind}: {tally.objects} objects, {in_bytes(tally.size)}, {seconds:.1f} s{outcome}")

    def note(self, text: str) -> None:
        with self._lock:
            self._line(text)

    def _line(self, text: str) -> None:
        print(printable(text), file=self._stream, flush=True)


class TerminalProgress(PlainProgress):
    """As :class:`PlainProgress` for what is worth keeping, above one line that is drawn over and over again.

    Of the lists only those that did not end well, or took long, keep a line of their own.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._began = time.monotonic()
        self._drawn = 0.0
        self._done = _Tally()
        self._lists = 0
        self._last = ""

    def begin(self, source: str, kind: str) -> None:
        with self._lock:
            super().begin(source, kind)
            self._last = f"{source}: {kind}"
            self._draw()

    def advance(self, source: str, kind: str, *, objects: int, size: int) -> None:
        with self._lock:
            super().advance(source, kind, objects=objects, size=size)
            self._done.objects += objects
            self._done.size += size
            self._last = f"{source}: {kind}: {self._open[source, kind].objects}"
            self._draw()

    def end(self, source: str, kind: str, result: Result) -> None:
        with self._lock:
            self._lists += 1
            tally = self._open.get((source, kind))
            if result != Result.COMPLETE or (tally is not None and time.monotonic() - tally.began > 2.0):
                super().end(source, kind, result)
            else:
                self._open.pop((source, kind), None)
                self._draw()

    def _line(self, text: str) -> None:
        self._stream.write("\r\x1b[K")
        super()._line(text)
        self._drawn = 0.0

    def _draw(self) -> None:
        now = time.monotonic()
        if now - self._drawn < _REDRAW:
            return
        self._drawn = now
        done = self._done
        sums = f"{self._lists} lists, {done.objects} objects, {in_bytes(done.size)}, {now - self._began:.0f} s"
        width = shutil.get_terminal_size().columns - 1
        self._stream.write("\r\x1b[K" + cut(printable(f"{sums}  {self._last}"), width) + "\r")
        self._stream.flush()


def in_bytes(size: int) -> str:
    """A size for a person: ``"512 B"``, ``"3.4 MB"``."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError("the last unit always fits")


def scope_line(source: str, scope: Scope) -> str:
    """One scope that did not end well, for a person: what was asked, how it ended, and why."""
    where = f" in namespace {scope.namespace}" if scope.namespace else ""
    where += f" in {scope.path}" if source == "files" else ""
    status = f", status {scope.status}" if scope.status is not None else ""
    kept = f"; {scope.count} records kept" if scope.count else ""
    words = f": {told}" if (told := in_words(scope.reason)) else ""
    return printable(
        f"{source}: {scope.name}{where}: {scope.result} ({scope.reason or 'no reason given'}{status}){kept}{words}"
    )
