"""What a format of other tools' dumps is: how it is told from others, and how each of its members is read.

A format knows the paths in a bundle and what they prove. It reads no document and makes no record: that is the same for
all formats, and done by the source that drives them. What it says is data, so that the reference of all formats is made
from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

from rkedoc.i18n import Message
from rkedoc.vocabulary import Result

HEAD = 1 << 16
"""Bytes of a key member that formats may look at."""


@dataclass(frozen=True, slots=True)
class Index:
    """All members of what was given: their sizes in bytes by their paths, and the first :data:`HEAD` bytes of those whose
    names are the keys of a format. Paths are POSIX, without ``./``, and archives are folders in them (``a.tar.gz/dir/x.json``); what is
    compressed alone keeps its name (``index.json.zst``), and size and head are those of what is in it."""

    sizes: Mapping[str, int]
    heads: Mapping[str, bytes]
    marked: Mapping[bytes, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))
    """The members in which a format's mark stands, wherever that is."""


class As(Enum):
    """What a member is read as."""

    DOCUMENTS = "documents"
    """JSON or YAML, each document told by its shape."""
    TABLE = "table"
    """What a command printed for people: rows without details."""
    ERRORS = "errors"
    """How the tool's own questions ended; :attr:`Reading.failures` reads it."""
    NOTHING = "nothing"
    """Left out: no object, or an object that stands elsewhere."""
    REFUSED = "refused"
    """Never read, for the reason that is given: it holds keys, or is encrypted."""


class Claim(Enum):
    """What the objects of a member are known to be all of."""

    NOTHING = "nothing"
    NAMESPACE = "namespace"
    """All of their kind in :attr:`Reading.namespace`."""
    CLUSTER = "cluster"
    """All of their kind in the cluster."""
    LISTED = "listed"
    """What a list says of itself: all of its kind in the namespaces that it holds objects of, unless it is a page of a longer one."""
    PRINTED = "printed"
    """The same, where somebody may have asked for some objects alone: of a list that may be what they named or selected, nothing."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A question of the tool that made the bundle which had no answer. ``kind`` is the plural or the kind that was asked
    for, with its group behind a point where that is known; ``namespace`` is ``None`` for the cluster; ``reason`` is a code."""

    kind: str
    namespace: str | None
    result: Result
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How one member is read. ``version`` and ``kind`` are the apiVersion and kind of objects that do not say them;
    ``namespace`` is the one that it was dumped for; ``reason`` is the code of what is left out or refused."""

    as_: As = As.DOCUMENTS
    version: str = ""
    kind: str = ""
    namespace: str | None = None
    claim: Claim = Claim.NOTHING
    reason: str = ""
    failures: Callable[[bytes], Iterable[Failure]] | None = None
    """What the member says of questions without an answer; what says such a thing holds no objects."""
    inside: Callable[[Any], Any] | None = None
    """The document that a document of the member holds, or that it was before the tool wrote it."""


def _nothing_is_made_up(_path: str, _item: Mapping[str, Any]) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Bundle:
    """One bundle, as one tool wrote it.

    ``root`` is the folder that it lies in, empty for the top; a member belongs to the bundle with the longest root above it.
    ``time`` is its own stamp (RFC 3339, UTC, to the second), empty if it has none; ``local`` says that the stamp is a clock's without a
    zone. ``tool`` is the version of the tool. ``cluster`` and ``node`` are what it calls them. ``reading`` is asked with the path below the
    root. ``made_up`` tells objects that the tool wrote and no cluster holds, by path and object.
    """

    root: str
    reading: Callable[[str], Reading]
    time: str = ""
    local: bool = False
    tool: str = ""
    cluster: str = ""
    node: str = ""
    made_up: Callable[[str, Mapping[str, Any]], bool] = _nothing_is_made_up
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What else it says of itself and the header keeps: the distribution that it found, for one."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format. ``name`` stands in the header (``rancher-logs-collector``); ``keys`` are the names of members (the last part of their
    path) at whose beginning ``find`` looks. The four messages are its row in the reference: what it is, how it is recognised, what it
    can show, and what it cannot."""

    name: str
    title: Message
    recognised: Message
    shows: Message
    lacks: Message
    keys: frozenset[str]
    find: Callable[[Index], Iterable[Bundle]]
    marks: tuple[bytes, ...] = ()
    """Texts that tell a member which no name tells."""
    whole: frozenset[str] = frozenset()
    """Names of members that ``find`` needs whole, and not only from their beginning."""
