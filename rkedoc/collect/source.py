"""What a source and the run that drives it agree upon.

A source turns what a live endpoint (or a dump) answers into redacted records. It puts them into *sinks*, one a list, so
that a list that has to begin again throws away only what it had put there. It tells a :class:`Progress` what it does,
and ends with a :class:`~rkedoc.snapshot.record.Capture` that names every scope it asked for and how that ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rkedoc.snapshot.record import Record


class Sink(Protocol):
    """Where the records of one list go. Used by one thread at a time.

    Order does not matter. The records are visible to the writer once the sink is closed; a sink that is not closed
    contributes nothing.
    """

    def add(self, record: Record) -> None:
        """Take one record. Raises :class:`~rkedoc.errors.CollectError` when the spool's ceiling is reached."""

    def restart(self) -> None:
        """Forget every record taken so far: the list begins again."""

    def close(self) -> None:
        """Nothing more comes; what was taken so far is part of the snapshot."""


class Spools(Protocol):
    """Makes sinks. Safe to call from several threads."""

    def sink(self, name: str) -> Sink:
        """A new sink for the list ``name`` (``"apps/deployments"``, ``"engine/containers"``)."""


class Progress(Protocol):
    """Hears what a source does. Safe to call from several threads.

    ``source`` is that of the capture (``"kubernetes"``, ``"engine"``, ``"files"``), ``kind`` the name of the scope.
    Texts must have been redacted by the caller.
    """

    def begin(self, source: str, kind: str) -> None:
        """A list begins."""

    def advance(self, source: str, kind: str, *, objects: int, size: int) -> None:
        """``objects`` more objects came in ``size`` more bytes."""

    def end(self, source: str, kind: str, result: str) -> None:
        """A list ended; ``result`` is that of its scope."""

    def note(self, text: str) -> None:
        """Something worth a line of its own: an endpoint in effect, a plugin that runs."""


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One line of ``--plan``: a request that would be sent, and how often.

    ``count`` is a number where it is known beforehand, otherwise a word such as ``"a page of 500"``.
    """

    source: str
    method: str
    path: str
    count: str
