"""What is claimed of what a bundle holds: of which kinds, and in which namespaces, it holds all that there is.

That something is not in a bundle does not say that it is not there. A kind is complete where the bundle's format proves it, where a list of
it holds objects of a namespace and is no page of a longer one, or where the person who gave the bundle says so; what a tool was refused is
not complete, whatever stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from rkedoc.collect.files.formats.format import Claim, Failure, Reading
from rkedoc.collect.files.things import Listed
from rkedoc.collect.intake import ObjectList
from rkedoc.collect.kubernetes.discovery import Resource
from rkedoc.collect.selection import Choice, resource_in_file
from rkedoc.redact import Redactor
from rkedoc.snapshot.identity import ON_NODE, canonical_group
from rkedoc.snapshot.kinds import TABLE
from rkedoc.snapshot.record import EMPTY_LIST, MAY_BE_SOME, NOT_IN_FILES, SINGLE_OBJECTS, Scope
from rkedoc.vocabulary import Result

SOURCE = "files"

CLUSTER: str | None = None
"""Where the objects of a kind without namespaces lie."""

MOST_NAMED = 100
"""So many files with the same end have a scope of their own; of the others one says how many they are."""

Key = tuple[str, str]
"""Canonical group and kind."""


@dataclass(slots=True)
class Kind:
    """All objects of one kind in a bundle, with where they came from, by the namespace that they lie in."""

    resource: Resource
    taken: ObjectList | None = None
    """Where they go; ``None`` as long as none was met, and for a kind that is left out."""
    paths: dict[str | None, set[str]] = field(default_factory=dict)
    listed: set[str | None] = field(default_factory=set)
    """The namespaces of which the bundle holds all."""
    chosen: set[str | None] = field(default_factory=set)
    """The namespaces of which a list holds what may be a choice."""
    whole: bool = False
    """Whether it holds all in the cluster."""
    empty: str = ""
    """The file of a list that held nothing."""
    skipped: str = ""
    """The reason code for which it is left out."""
    together: dict[tuple[Claim, str | None], Reading] = field(default_factory=dict)
    """What objects of which each has a member of its own prove together: only where no member was lost."""

    _last: tuple[str, str | None] | None = None

    def note(self, path: str, place: str | None) -> None:
        """Take note of where an object came from, and where it lies."""
        if self._last != (path, place):
            self._last = path, place
            self.paths.setdefault(place, set()).add(path)

    def claim(self, reading: Reading, place: str | None = None, *, listed: Listed = Listed.ALL) -> None:
        """Take note of what a list proves. ``place`` is where an object of it lies, ``listed`` what the list says of itself."""
        if reading.claim is Claim.PRINTED and listed is not Listed.ALL:
            self.chosen.add(place)
            return
        if reading.claim is Claim.CLUSTER:
            self.whole = True
        elif reading.claim is Claim.NAMESPACE:
            self.listed.add(reading.namespace)
        elif reading.claim in (Claim.LISTED, Claim.PRINTED) and place is not None:
            self.listed.add(place)
            return
        if not self.resource.namespaced and reading.claim is not Claim.NOTHING:
            self.listed.add(CLUSTER)


@dataclass(slots=True)
class Lost:
    """The files that gave nothing, or not all, by how they ended and why."""

    redact: Callable[[str], str]
    missed: bool = False
    """Whether something that is there was not read."""
    _named: dict[tuple[Result, str], dict[str, None]] = field(default_factory=dict)
    _more: dict[tuple[Result, str], int] = field(default_factory=dict)

    def add(self, path: str, reason: str, result: Result = Result.FAILED) -> None:
        """Take note of a file."""
        self.missed |= result is not Result.SKIPPED
        named = self._named.setdefault((result, reason), {})
        if path in named:
            return
        if len(named) < MOST_NAMED:
            named[path] = None
        else:
            self._more[result, reason] = self._more.get((result, reason), 0) + 1

    def scopes(self) -> Iterator[Scope]:
        """A scope for each, but of what was left out on purpose and of too many to name one for all."""
        for (result, reason), named in self._named.items():
            more = self._more.get((result, reason), 0)
            if result is Result.SKIPPED and len(named) > 1:
                named, more = {}, len(named) + more
            for path in named:
                yield Scope(f"{SOURCE}/file", "list", self.redact(path), None, result, reason)
            if more:
                shown = f"{more} files" if not named else f"{more} more files"
                yield Scope(f"{SOURCE}/file", "list", shown, None, result, reason)


@dataclass(slots=True)
class Claims:
    """The kinds of one bundle."""

    choice: Choice
    complete: tuple[str, ...]
    """Names of kinds of which a person says that the files hold all."""
    kinds: dict[Key, Kind] = field(default_factory=dict)
    failures: dict[tuple[str, str | None], tuple[Failure, str]] = field(default_factory=dict)
    """With the file that tells each."""

    def kind(self, key: Key, *, namespaced: bool) -> Kind:
        """The kind of this key, which begins here if it was not met before."""
        if key not in self.kinds:
            resource = resource_in_file(*key, namespaced=namespaced)
            self.kinds[key] = Kind(resource, skipped=self.choice.reason_to_skip(resource) or "")
        return self.kinds[key]

    def fail(self, failure: Failure, path: str) -> None:
        """Take note of a question that had no answer. What was refused says more than what failed otherwise."""
        known = self.failures.get((failure.kind, failure.namespace))
        if known is None or failure.result is Result.FORBIDDEN:
            self.failures[failure.kind, failure.namespace] = failure, path

    def may_be_some(self) -> Iterator[str]:
        """The kinds of which a list may be what somebody chose, where nothing else says that it is all."""
        for kind in self.kinds.values():
            if kind.chosen & kind.paths.keys() - kind.listed and not self._is_whole(kind):
                yield kind.resource.name

    def _is_whole(self, kind: Kind) -> bool:
        return kind.whole or any(kind.resource.answers_to(name) for name in self.complete)

    def scopes(self, redactor: Redactor, *, damaged: bool = False) -> Iterable[Scope]:
        """All scopes: of what was there, and of what was asked for in vain. ``damaged`` says that not all of the bundle could be read."""
        found: dict[tuple[str, str | None], Scope] = {}
        for key, kind in sorted(self.kinds.items()):
            for reading in () if damaged else kind.together.values():
                kind.claim(reading)
            for place, scope in self._of_kind(key, kind, redactor):
                taken = (scope.name, place) in found  # by a kind whose name differs in case alone
                found[scope.kind or "" if taken else scope.name, place] = scope
        for failure, path in self.failures.values():
            _failed(failure, path, found, redactor)
        return found.values()

    def _of_kind(self, key: Key, kind: Kind, redactor: Redactor) -> Iterator[tuple[str | None, Scope]]:
        """What of one kind is known to be all that there is, by namespace: in each that was listed, and nowhere else."""
        resource, chosen = kind.resource, self.choice.namespaces
        whole = self._is_whole(kind)
        files = _told({name for names in kind.paths.values() for name in names}, kind.empty)
        counts = kind.taken.counts if kind.taken is not None else {}

        def scope(place: str | None, reason: str, path: str, result: Result = Result.PARTIAL) -> Scope:
            shown, namespace = redactor.text(path), None if place is None else redactor.name(place)
            end = result if reason else Result.COMPLETE
            return Scope(
                f"{key[0]}/{resource.name}",
                "list",
                shown,
                None,
                end,
                reason,
                counts.get(place, 0),
                namespace,
                kind="/".join(key),
            )

        if kind.skipped:
            yield CLUSTER, scope(CLUSTER, kind.skipped, files, Result.SKIPPED)
            return
        # Events are counted for what they are about, which may lie elsewhere than they do.
        places = {*kind.paths, *counts, *kind.listed, *chosen}
        if resource.namespaced and not chosen:
            places.discard(CLUSTER)
        for place in sorted(places, key=lambda name: name or ""):
            all_there = whole or place in kind.listed
            some = MAY_BE_SOME if place in kind.chosen else SINGLE_OBJECTS
            reason = "" if all_there else some if place in kind.paths else NOT_IN_FILES
            reason = (kind.taken.lacks(place) if kind.taken is not None else "") or reason
            yield place, scope(place, reason, _told(kind.paths.get(place, set()), files))
        if resource.namespaced and not chosen:
            nothing = EMPTY_LIST if not places else NOT_IN_FILES
            yield CLUSTER, scope(CLUSTER, "" if whole else nothing, files)
        elif not places:
            yield CLUSTER, scope(CLUSTER, "" if whole else EMPTY_LIST, files)


def _failed(failure: Failure, path: str, found: dict[tuple[str, str | None], Scope], redactor: Redactor) -> None:
    """Put the scope of a failure in its place."""
    name, kind = names_of(failure.kind)
    place = failure.namespace
    there = found.get((name, place))
    if there is not None and there.count:
        found[name, place] = replace(there, result=Result.PARTIAL, reason=failure.reason)
    else:
        found[name, place] = Scope(
            name,
            "list",
            redactor.text(path),
            None,
            failure.result,
            failure.reason,
            namespace=None if place is None else redactor.name(place),
            kind=kind,
        )
    cluster = found.get((name, None))
    if place is not None and cluster is not None and cluster.result is Result.COMPLETE:
        found[name, None] = replace(cluster, result=Result.PARTIAL, reason=NOT_IN_FILES)


def names_of(word: str) -> tuple[str, str | None]:
    """The names of the scope and of the kind that a tool asked for by ``word``: a plural or a kind, with its group behind a point.

    >>> names_of("deployments.apps"), names_of("pods"), names_of("widgets.example.org")
    (('apps/deployments', 'apps/Deployment'), ('core/pods', 'core/Pod'), ('example.org/widgets', None))
    """
    known = next((one for one in TABLE if one.group not in ON_NODE and one.answers_to(word)), None)
    bare, _, group = word.partition(".")
    if known is None and group:
        groups = {canonical_group(group, one.kind) for one in TABLE if one.answers_to(bare)}
        known = next((one for one in TABLE if one.group in groups and one.answers_to(bare)), None)
    if known is not None:
        return known.scope, f"{known.group}/{known.kind}"
    return f"{group or 'unknown'}/{bare.lower()}", None


def _told(names: set[str], otherwise: str = "") -> str:
    """Files in a scope: the one, or how many."""
    if not names and otherwise:
        return otherwise
    return next(iter(names)) if len(names) == 1 else f"{len(names)} files"
