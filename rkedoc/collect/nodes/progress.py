"""What is said of one node while several are read at once."""

from __future__ import annotations

from rkedoc.collect.source import Progress
from rkedoc.vocabulary import Result


class NodeProgress:
    """Says of which node it speaks, since lists of the same name are under way on others.

    Notes are held back until :meth:`release`: of a socket at which nobody answers nothing is to be said.
    """

    def __init__(self, progress: Progress, node: str) -> None:
        """``node`` must have been redacted."""
        self._progress = progress
        self._node = node
        self._held: list[str] | None = []

    def release(self) -> None:
        """Say what was held back, and everything from now on."""
        held, self._held = self._held or [], None
        for text in held:
            self._progress.note(text)

    def begin(self, source: str, kind: str) -> None:
        self._progress.begin(source, self._kind(kind))

    def advance(self, source: str, kind: str, *, objects: int, size: int) -> None:
        self._progress.advance(source, self._kind(kind), objects=objects, size=size)

    def end(self, source: str, kind: str, result: Result) -> None:
        self._progress.end(source, self._kind(kind), result)

    def note(self, text: str) -> None:
        if self._held is not None:
            self._held.append(text)
        else:
            self._progress.note(text)

    def _kind(self, kind: str) -> str:
        return f"{kind} at {self._node}"
