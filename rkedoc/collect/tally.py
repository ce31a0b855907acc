"""What becomes of one list of a container runtime, on its way to a scope."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from rkedoc.collect.engine.address import SOURCE
from rkedoc.collect.intake import IntakeList
from rkedoc.collect.source import Progress
from rkedoc.snapshot.record import Scope
from rkedoc.vocabulary import Result

_ENDS = {"forbidden": Result.FORBIDDEN, "unauthorized": Result.FORBIDDEN, "not-found": Result.ABSENT}


@dataclass(slots=True)
class Tally:
    """A list while it is read. ``failed`` is the reason code for which there is no list; ``reasons`` count what single things lack."""

    path: str
    kind: str
    status: int | None = None
    failed: str = ""
    reasons: Counter[str] = field(default_factory=Counter)

    def scope(self, name: str, count: int) -> Scope:
        """The scope ``engine/<name>`` that it comes to with ``count`` records."""
        if self.failed:
            result = Result.PARTIAL if count else _ENDS.get(self.failed, Result.FAILED)
            reason = self.failed
        else:
            result = Result.PARTIAL if self.reasons else Result.COMPLETE
            reason = ", ".join(f"{word}:{times}" for word, times in sorted(self.reasons.items()))
        return Scope(f"{SOURCE}/{name}", "list", self.path, self.status, result, reason, count, kind=self.kind)


def end_list(progress: Progress, what: str, tally: Tally, taken: IntakeList, *, size: int) -> Scope:
    """Close a list of ``what``, say how it ended and how many bytes it cost, and give its scope."""
    taken.close()
    scope = tally.scope(what, taken.count)
    progress.advance(SOURCE, what, objects=0, size=size)
    progress.end(SOURCE, what, scope.result)
    return scope
