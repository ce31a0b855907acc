"""What was given, looked through once: whose bundles lie in it, how each member is read, and which ones have to be read first.

What comes out of an archive costs its unpacking each time that it is read. So the first look keeps what fits into :data:`KEPT` bytes, and
takes note of the members in which something stands that others depend on; only those are read before the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from rkedoc.collect.files.formats.format import HEAD, As, Bundle, Format, Index, Reading
from rkedoc.collect.files.members import Given, LeftOut, Member, members
from rkedoc.collect.files.tables import ANY, table_of, table_things, why_nothing
from rkedoc.collect.files.texts import may_hold_documents

KEPT: Final = 64 << 20
"""Bytes of members of archives that stay in memory."""

_AUTOSCALER: Final = b"HorizontalPodAutoscaler"
_OF_ENGINES: Final = (b'"Id"', b'"ID"', b"io.kubernetes.pod.uid")
"""What stands in members that decide about others: in those that tell what an autoscaler scales, and in those of engines' containers, whose
pods are looked for."""

_ENDS: Final = 1 << 15
"""Bytes at both ends of a member in which the name of an engine's thing is looked for. To look through all costs as much as to decode."""

_OF_ONE_KIND: Final = re.compile(
    rb'\s*\{\s*(?:"apiVersion"\s*:\s*"[^"]*",\s*)?"kind"\s*:\s*"(?!Node|HorizontalPodAutoscaler)\w+List"'
)
"""How a list begins that holds objects of one kind alone, on which nothing else depends. A list of nodes may be the first of many in a text."""

_BOLT: Final = b"\xed\xda\x0c\xed"
_BOLT_AT: Final = slice(16, 20)
"""The mark of a database of etcd in its first page (etcd-io/bbolt v1.3, db.go and page.go: magic, after a page's header of 16 bytes)."""

_REFUSED: Final = (
    (b"age-encryption.org/v1", "encrypted"),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", "encrypted"),
    (b"-----BEGIN PGP MESSAGE-----", "encrypted"),
)
"""How files begin that age (age-encryption.org/v1) and OpenPGP (RFC 9580) have encrypted."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member lies: in whose bundle, and how it is read."""

    format: Format
    bundle: Bundle
    inside: str
    """Its path below the bundle's root."""
    reading: Reading
    given: str
    """What is called what was given."""

    def shown(self, path: str) -> str:
        """The path of its member, from what was given on."""
        return path if path == self.given or path.startswith(f"{self.given}/") else f"{self.given}/{path}"


@dataclass(slots=True)
class Contents:
    """What was given. ``label`` is what it is called in messages."""

    given: Given
    formats: Sequence[Format]
    otherwise: Format
    left: list[LeftOut] = field(default_factory=list)
    bundles: list[tuple[Format, Bundle]] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    """Where each member lies, in their order."""
    sizes: dict[str, int] = field(default_factory=dict)
    decisive: set[str] = field(default_factory=set)
    mute: set[str] = field(default_factory=set)
    """The members in which no document begins; of a look that was asked for them, as is the next."""
    tables: dict[str, str] = field(default_factory=dict)
    """Those of them that are a table, with the reason code for which nothing comes of one, or none."""
    _kept: dict[str, bytes] = field(default_factory=dict)

    def look(self, *, closely: bool = False) -> None:
        """Look through everything, and find the bundles. ``closely``: also look for those in which no document begins."""
        keys = frozenset[str]().union(*(one.keys for one in self.formats))
        whole = frozenset[str]().union(*(one.whole for one in self.formats))
        marks = tuple({mark for one in self.formats for mark in one.marks})
        heads: dict[str, bytes] = {}
        marked: dict[bytes, list[str]] = {}
        refused: dict[str, str] = {}
        room = KEPT
        for member in members(self.given):
            if isinstance(member, LeftOut):
                self.left.append(member)
                continue
            path, content = member.path, member.content
            self.sizes[path] = len(content)
            name = path.rpartition("/")[2]
            if name in keys or name in whole:
                heads[path] = content if name in whole else content[:HEAD]
            if reason := refusal(content):
                refused[path] = reason
                continue
            if _OF_ONE_KIND.match(content) is None:
                for mark in marks:
                    if mark in content:
                        marked.setdefault(mark, []).append(path)
                if decides(content):
                    self.decisive.add(path)
            if closely and not may_hold_documents(content):
                self.mute.add(path)
                if (table := table_of(content)) is not None:
                    self.tables[path] = "" if any(table_things(table, ANY)) else why_nothing(table)
            if member.packed and len(content) <= room:
                room -= len(content)
                self._kept[path] = content
        self._find(Index(self.sizes, heads, marked), refused)

    def read(self, paths: Sequence[str]) -> Iterator[Member]:
        """These members, those that were kept first. A member may be forgotten as soon as it was given."""
        kept = [path for path in paths if path in self._kept]
        rest = frozenset(paths).difference(kept)
        for path in kept:
            yield Member(path, self._kept[path], packed=True)
        if rest:
            wanted = {above for path in rest for above in _with_those_above(path)}
            for member in members(self.given, wanted.__contains__):
                if isinstance(member, Member) and member.path in rest:
                    yield member

    def forget(self, path: str) -> None:
        """Let go of a member that is read no more."""
        self._kept.pop(path, None)

    def _find(self, index: Index, refused: dict[str, str]) -> None:
        roots: dict[str, tuple[Format, Bundle]] = {}
        for one in (*self.formats, self.otherwise):
            for bundle in one.find(index):
                roots.setdefault(bundle.root, (one, bundle))
        used: dict[str, tuple[Format, Bundle]] = {}
        for path in self.sizes:
            root = next(above for above in _with_those_above(path) if above in roots)
            found, bundle = used.setdefault(root, roots[root])
            inside = path[len(root) + 1 :] if root else path
            reading = Reading(As.REFUSED, reason=refused[path]) if path in refused else bundle.reading(inside)
            self.places[path] = Place(found, bundle, inside, reading, self.given.name)
        self.bundles = list(used.values())


def decides(content: bytes) -> bool:
    """Whether something may stand in a member that decides about others."""
    ends = (content,) if len(content) <= 2 * _ENDS else (content[:_ENDS], content[-_ENDS:])
    return any(word in end for word in _OF_ENGINES for end in ends) or _AUTOSCALER in content


def refusal(content: bytes) -> str:
    """The reason code for which a file is never read, whatever its name: it is encrypted, or holds everything in clear."""
    if content[_BOLT_AT] == _BOLT:
        return "etcd-snapshot"
    return next((reason for start, reason in _REFUSED if content.startswith(start)), "")


def _with_those_above(path: str) -> Iterator[str]:
    """A path and all folders above it, the nearest first; the top is empty."""
    while path:
        yield path
        path = path.rpartition("/")[0]
    yield ""
