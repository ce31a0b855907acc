"""The captures of a run: every one is made here, so that all have their time from one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rkedoc import __version__
from rkedoc.snapshot.record import CLOCK_WITHOUT_ZONE, NEWEST_IN_OBJECTS, TIME, TIME_OF_READING, Capture, Scope

_NO_TOOL: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Captures:
    """Makes captures.

    ``time`` is the time of the run, RFC 3339 in UTC to the second. ``given`` says that a person has set it: then it is that of dumps
    too, whose time is otherwise the newest moment that their objects speak of.
    """

    time: str
    given: bool = False

    def live(
        self, source: str, scopes: Iterable[Scope], *, node: str | None = None, tool: Mapping[str, str] = _NO_TOOL
    ) -> Capture:
        """What a live endpoint answered just now. ``tool`` holds the versions of the other side; what is empty is left out."""
        told = {"rkedoc": __version__, **{name: text for name, text in tool.items() if text}}
        return Capture(source, node, self.time, told, tuple(sorted(scopes, key=_by_name)))

    def dump(
        self, source: str, scopes: Iterable[Scope], *, newest: str, stamp: str = "", local: bool = False, node: str | None = None,
        tool: Mapping[str, str] = _NO_TOOL,
    ) -> Capture:  # fmt: skip
        """What stood in files, of which ``newest`` is the newest moment that they speak of, empty if they speak of none.

        ``stamp`` is the time that the tool which wrote them has noted, empty if none; ``local`` says that its clock named no zone. Such a
        clock is not believed where something has happened after it.
        """
        if self.given:
            return self.live(source, scopes, node=node, tool=tool)
        if stamp and not (local and stamp < newest):
            made = Captures(stamp)
            return made.live(source, scopes, node=node, tool={**tool, TIME: CLOCK_WITHOUT_ZONE if local else ""})
        how = NEWEST_IN_OBJECTS if newest else TIME_OF_READING
        made = Captures(newest or self.time)
        return made.live(source, scopes, node=node, tool={**tool, TIME: how})


def _by_name(scope: Scope) -> tuple[str, str, str]:
    return scope.name, scope.namespace or "", scope.path
