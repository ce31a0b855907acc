"""What each snapshot could have shown: only what was asked for, and answered whole, can be missing."""

from __future__ import annotations

from collections.abc import Iterator

from rkedoc.diff.canonical import at
from rkedoc.i18n import Message
from rkedoc.snapshot.identity import ENGINE, ON_NODE, parse_id
from rkedoc.snapshot.record import Header, Record
from rkedoc.vocabulary import Result

_KNOWN = (Result.COMPLETE, Result.ABSENT)
_CRD = "apiextensions.k8s.io/CustomResourceDefinition"


class Scopes:
    """Of which kinds, in which places, a snapshot holds everything.

    While records are read, :meth:`learn` has to be told of each custom resource definition and each node.
    """

    def __init__(self, header: Header) -> None:
        self.header = header
        self._ended: dict[tuple[str, str | None], Result] = {}
        self._groups: set[str] = set()
        self._broken: set[str] = set()
        self.nodes = {capture.node for capture in header.captures if capture.source == "engine"}
        self._live = any(capture.source == "kubernetes" for capture in header.captures)
        self._custom: set[str] = set()
        self._node_names: set[str] = set()
        for capture in header.captures:
            of_engine: dict[tuple[str, str | None], Result] = {}
            for scope in capture.scopes:
                if scope.kind is None:
                    self._broken.add(scope.name.partition("/")[0])
                    continue
                self._groups.add(scope.kind.partition("/")[0])
                if scope.kind.partition("/")[0] not in ON_NODE:
                    place = (scope.kind, scope.namespace)
                    self._ended[place] = _better(self._ended.get(place), scope.result)
                elif scope.name != f"{ENGINE}/beside" or scope.result != Result.SKIPPED:
                    # A runtime's containers come in two lists, of pods and of others: one that is not whole leaves the kind open.
                    place = (scope.kind, capture.node)
                    of_engine[place] = max(of_engine.get(place, scope.result), scope.result, key=lambda one: one.order)
            for place, ended in of_engine.items():
                self._ended[place] = _better(self._ended.get(place), ended)

    def learn(self, record: Record) -> None:
        """Take note of what a record says about other records."""
        if record.kind == "CustomResourceDefinition":
            group, kind = at(record.body, ("spec", "group")), at(record.body, ("spec", "names", "kind"))
            self._custom.add(f"{group}/{kind}")
        elif record.kind == "Node":
            self._node_names.add(record.name)

    def lacks(self, identifier: str) -> str:
        """Why a record that is not there could be there all the same; empty if it is known not to be there.

        The answer is final when all records have been read.
        """
        group, kind, namespace, _name = parse_id(identifier)
        wanted = f"{group}/{kind}"
        if group in ON_NODE:
            return self._engine_lacks(wanted, namespace)
        found = self._ended.get((wanted, None))
        if found not in _KNOWN and namespace is not None:
            here = self._ended.get((wanted, namespace))
            found = found if here is None else _better(found, here)
        if found in _KNOWN:
            return ""
        if found is not None:
            return found
        if any(of == wanted for of, _place in self._ended):
            return "not-asked"
        return self._unserved(group, wanted)

    def _unserved(self, group: str, wanted: str) -> str:
        """Of a kind that was never asked for: an API server that serves a group says all its kinds."""
        if not self._live or group in self._broken or (group == "core" and "" in self._broken):
            return "not-asked"
        if wanted in self._custom:
            return "not-asked"
        if group in self._groups or self._ended.get((_CRD, None)) == Result.COMPLETE:
            return ""
        return "not-asked"

    def _engine_lacks(self, wanted: str, node: str | None) -> str:
        found = self._ended.get((wanted, node))
        if found in _KNOWN:
            return ""
        if found is not None:
            return found
        if node not in self._node_names and self._ended.get(("core/Node", None)) == Result.COMPLETE:
            return ""
        return "not-asked"

    def places(self) -> Iterator[tuple[str, str | None, Result]]:
        """Every kind and place that was asked for, with how that ended, sorted."""
        for (kind, place), ended in sorted(self._ended.items(), key=lambda item: (item[0][0], item[0][1] or "")):
            yield kind, place, ended

    def ended(self, kind: str, place: str | None) -> Result | None:
        """How the list of a kind in a place ended; ``None`` if it was not asked for."""
        return self._ended.get((kind, place))


def reason_word(reason: str) -> Message:
    """A reason in words: how a scope ended, or why there is none."""
    if reason in set(Result):
        return Result(reason).label
    return Message("not inspected") if reason == "not-inspected" else Message("not asked for")


def notes(old: Scopes, new: Scopes) -> tuple[Message, ...]:
    """Sentences on how differently the two snapshots were collected; the weightiest first."""
    return tuple(_notes(old, new))


def _notes(old: Scopes, new: Scopes) -> Iterator[Message]:
    one, other = old.header.cluster, new.header.cluster
    if one.get("uid") and other.get("uid") and one["uid"] != other["uid"]:
        yield Message(
            "These are two clusters: {one} and {other}.", one=one.get("name", ""), other=other.get("name", "")
        )
    masked = [set(side.header.redaction.get("masked", ())) for side in (old, new)]
    if masked[0] != masked[1]:
        yield Message("Names are masked in one of them only, or by different classes: what was masked looks changed.")
    for title, mine, theirs in (("OLD", old, new), ("NEW", new, old)):
        for node in sorted(filter(None, mine.nodes - theirs.nodes)):
            yield Message("Only {side} holds the engine of node {node}.", side=title, node=node)
        worse: dict[Message, list[str]] = {}
        for kind, place, ended in theirs.places():
            here = mine.ended(kind, place)
            if ended in _KNOWN and here not in _KNOWN and not (here is None and kind.startswith(f"{ENGINE}/")):
                if here is None and not mine._unserved(kind.partition("/")[0], kind):  # noqa: SLF001 - the same class of things
                    continue
                shown = kind if place is None else f"{kind} in {place}"
                worse.setdefault(reason_word(here or ""), []).append(shown)
        for reason, kinds in sorted(worse.items()):
            yield Message(
                "{side} lacks what was {reason} there: {kinds}.", side=title, reason=reason, kinds=", ".join(kinds)
            )


def _better(one: Result | None, other: Result) -> Result:
    return other if one is None else min(one, other, key=lambda result: result.order)
