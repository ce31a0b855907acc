"""What a source and the run that drives it agree upon.

A source is asked four things, in this order, each of all sources before the next: to find what it reads and say that it answers; what
it would send, if that is all that a person wants to know; of which pods it holds containers; and then to give all that it was answered
to the :class:`~rkedoc.collect.intake.Intake`. It tells a :class:`Progress` what it does, and ends with captures that name every scope
it asked for and how that ended. Neither side knows more of the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from rkedoc.collect.intake import Intake
from rkedoc.snapshot.record import Capture
from rkedoc.vocabulary import Result


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One line of ``--plan``: a request that would be sent, and how often.

    ``count`` is a number where it is known beforehand, otherwise a word such as ``"a page of 500"``.
    """

    source: str
    method: str
    path: str
    count: str
    of_file: bool = False
    """Whether it is something that is done with files of a dump, and no request."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds of Kubernetes that a source has, as far as names that people type are concerned."""

    served: tuple[str, ...]
    unmatched: tuple[str, ...]
    """The names given with ``--skip`` and ``--only`` that mean nothing that it has."""


class Source(Protocol):
    """Somewhere that things are read from: a live endpoint, or dumps. Used by one thread."""

    @property
    def name(self) -> str:
        """What its captures are called: ``"kubernetes"``, ``"engine"``, ``"files"``."""

    @property
    def cluster(self) -> str:
        """What it calls the cluster, in clear; empty if it does not say, or not yet."""

    @property
    def kinds(self) -> Kinds | None:
        """Which kinds of Kubernetes it has, once :meth:`collect` is done; ``None`` if it has none by its nature."""

    def connect(self) -> None:
        """Find what is to be read, and what it has. Raises :class:`~rkedoc.errors.SourceUnavailable`."""

    def plan(self) -> Iterable[PlannedRequest]:
        """Every request that was sent already and that the calls to come would send. Sends none."""

    def pods(self) -> frozenset[str]:
        """The uids of the pods of which it holds containers. Raises :class:`~rkedoc.errors.SourceUnavailable`."""

    def collect(self, intake: Intake) -> Iterable[Capture]:
        """Give everything to ``intake``. What goes wrong is no error but the end of a scope."""


class Progress(Protocol):
    """Hears what a source does. Safe to call from several threads.

    ``source`` is that of the capture (``"kubernetes"``, ``"engine"``, ``"files"``), ``kind`` the name of the scope.
    Texts must have been redacted by the caller.
    """

    def begin(self, source: str, kind: str) -> None:
        """A list begins."""

    def advance(self, source: str, kind: str, *, objects: int, size: int) -> None:
        """``objects`` more objects came in ``size`` more bytes."""

    def end(self, source: str, kind: str, result: Result) -> None:
        """A list ended; ``result`` is that of its scope."""

    def note(self, text: str) -> None:
        """Something worth a line of its own: an endpoint in effect, a plugin that runs."""
