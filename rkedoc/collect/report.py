"""What is told at the end of a run: what the snapshot lacks, and why a run has nothing to write."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rkedoc.collect import noise
from rkedoc.collect.kubernetes.discovery import may_be_aggregated
from rkedoc.collect.progress import scope_line
from rkedoc.collect.source import PlannedRequest
from rkedoc.errors import SourceUnavailable
from rkedoc.i18n import counted
from rkedoc.printable import printable
from rkedoc.redact import Redactor
from rkedoc.snapshot.record import BEYOND_FILES, Capture, Scope
from rkedoc.vocabulary import Result

UNAVAILABLE = "unavailable"
"""The reason code of a source that did not answer at all; a colon and why may follow."""

_NOISE = "noise"
_FILE = "files/file"
_INCOMPLETE = frozenset({Result.PARTIAL, Result.FORBIDDEN, Result.ABSENT, Result.FAILED})


def is_missed(scope: Scope) -> bool:
    """Whether something that is there is missing from the snapshot, which ``strict`` is about.

    A scheduled run has to fail when somebody should look, and not otherwise. So these scopes are named at the end of a
    run, but do not count: a group of nothing but noise whose server is down (metrics), of which nothing would have been
    kept; a custom kind that was there at discovery and is not any more; a container or image that vanished before it was
    inspected; what a dump does not tell of, though all of it was read. A kind of Kubernetes itself that is not there, and a
    namespace that was named and does not exist, do count, and so does a file that was not read.
    """
    if scope.result not in _INCOMPLETE or scope.reason in BEYOND_FILES:
        return False
    group = scope.name.rpartition("/")[0]
    if scope.result == Result.ABSENT:
        return not may_be_aggregated(group)
    if scope.result == Result.FAILED and scope.verb == "get" and noise.reason_to_skip(group, "*"):
        return False
    return not (scope.result == Result.PARTIAL and re.fullmatch(r"vanished:\d+", scope.reason))


def plan_text(plan: tuple[PlannedRequest, ...]) -> str:
    """A plan as lines: source, method, path, how often. Files are read, and nothing is sent for them."""
    lines = [f"{request.source}  {request.method} {request.path}  ({request.count})" for request in plan]
    sent = sum(not request.of_file for request in plan)
    return "\n".join([*lines, f"{sent} kinds of requests; nothing else would be sent"]) + "\n"


@dataclass(frozen=True, slots=True)
class Report:
    """What a run has come to, for whoever reads standard error. Names pass ``redactor`` before they are told."""

    captures: Sequence[Capture]
    unavailable: Sequence[SourceUnavailable]
    redactor: Redactor

    @property
    def partial(self) -> tuple[Scope, ...]:
        """The scopes that did not end well."""
        return tuple(
            scope
            for capture in self.captures
            for scope in capture.scopes
            if scope.result in _INCOMPLETE and scope.reason not in BEYOND_FILES and not _not_on_this_node(scope)
        )

    def tell_partial(self) -> None:
        """Name the scopes that did not end well, those that matter last."""
        scopes = self.partial
        missed = [scope for scope in scopes if is_missed(scope)]
        if len(missed) < len(scopes):
            one = "{count} scope had nothing to give, and nothing is missing because of it:"
            many = "{count} scopes had nothing to give, and nothing is missing because of them:"
            tell(counted(len(scopes) - len(missed), one, many))
            self._tell_scopes([scope for scope in scopes if not is_missed(scope)])
        if missed:
            tell(counted(len(missed), "{count} scope is not complete:", "{count} scopes are not complete:"))
            for error in self.unavailable:
                tell(f"  {self.redactor.text(str(error))}")
            self._tell_scopes(missed)

    def tell_left_out(self) -> None:
        """Name the files that were left out on purpose, which nothing is missing because of."""
        left = [scope for capture in self.captures for scope in _left_out(capture) if scope.name == _FILE]
        if left:
            tell("left out of the dumps:")
            self._tell_scopes(left)

    def tell_nothing(self, *, narrowed: bool) -> None:
        """Why nothing was written, with the reason of each scope that gave nothing. ``narrowed``: only some namespaces were asked for."""
        tell("nothing was collected, and no file was written")
        self.tell_partial()
        empty = [scope for capture in self.captures for scope in capture.scopes if scope.reason in BEYOND_FILES]
        left = [scope for capture in self.captures for scope in _left_out(capture)]
        for found, one, many in (
            (empty, "{count} list holds nothing:", "{count} lists hold nothing:"),
            (left, "{count} list was left out:", "{count} lists were left out:"),
        ):
            if found:
                tell(counted(len(found), one, many))
                self._tell_scopes(found)
        asked = [(c.source, s.name) for c in self.captures for s in c.scopes if s.result == Result.COMPLETE]
        if asked:
            names = ", ".join(sorted({f"{source}: {self.redactor.text(name)}" for source, name in asked}))
            tell(f"these lists were read, and are empty: {names}")
        if any(scope.result == Result.FORBIDDEN and scope.status for scope in self.partial) and not narrowed:
            tell(
                "this account may not list anything in all namespaces: --namespace NAME asks for those of one alone; "
                "rkedoc rbac prints the rights that a whole run needs"
            )
        if not self.captures:
            tell("no source was asked: give --from, or leave out --engine none and --kubernetes none")

    def _tell_scopes(self, scopes: Sequence[Scope]) -> None:
        several = len({capture.node for capture in self.captures if capture.node}) > 1
        for capture in self.captures:
            node = f" (node {self.redactor.text(capture.node)})" if several and capture.node else ""
            for scope in capture.scopes:
                if scope in scopes and scope.reason.partition(":")[0] != UNAVAILABLE:
                    shown = replace(scope, name=self.redactor.text(scope.name))  # the rest are words of ours
                    tell(f"  {scope_line(capture.source, shown)}{node}")


def _not_on_this_node(scope: Scope) -> bool:
    """Whether it is a part of a host that this node does not have: no node has the files of all distributions."""
    return scope.result == Result.ABSENT and scope.name.startswith("host/")


def _left_out(capture: Capture) -> Iterable[Scope]:
    """The lists that were not read; noise is named only where it is all that there was."""
    skipped = [scope for scope in capture.scopes if scope.result == Result.SKIPPED]
    named = [scope for scope in skipped if scope.reason != _NOISE]
    return named if named or len(skipped) < len(capture.scopes) else skipped


def tell(text: str) -> None:
    """A line that is shown even under ``quiet``, on standard error."""
    print(printable(text), file=sys.stderr, flush=True)
