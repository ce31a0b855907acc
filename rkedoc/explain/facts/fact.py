"""What facts share: reading a value together with its place, and saying why something could not be read.

A :class:`Read` is a value at a place; a :class:`Fact` is one that is known to be about something. Neither holds words in a language:
sentences are messages, which whoever prints translates (:func:`said`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

from rkedoc.cluster.fields import mapping, plain
from rkedoc.explain.facts.commandlines import command_lines
from rkedoc.explain.facts.keys import FactKey
from rkedoc.i18n import N_, Message, translated
from rkedoc.snapshot.identity import parse_id
from rkedoc.snapshot.kinds import SCOPES
from rkedoc.snapshot.record import HIDDEN_IN_BUNDLE, HIDDEN_RE, Record
from rkedoc.vocabulary import Result

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster, Workload

Words = str | Message
"""Words of the cluster, which are never translated, or a sentence of ours."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was read.

    ``named`` is what people call it (``ConfigMap kube-system/coredns``), ``field`` the field, flag or key in it, ``record`` the id of its
    record; empty where several records say it together, or none does.
    """

    named: Words
    field: Words = ""
    record: str = ""

    @property
    def words(self) -> Words:
        """The place as a whole, for whoever says it."""
        return Message("{place}, {field}", place=self.named, field=self.field) if self.field else self.named

    @property
    def text(self) -> str:
        """The place in the language in use."""
        return said(self.words)

    def __str__(self) -> str:
        return str(self.words)

    def at(self, field: Words) -> Place:
        """A field in the same record."""
        return Place(self.named, field, self.record)

    def below(self, field: str) -> Place:
        """A field within this one."""
        return self.at(Message("{place}, {field}", place=self.field, field=field) if self.field else field)


@dataclass(frozen=True, slots=True)
class Read:
    """A value, and where it was read."""

    value: Words
    where: Place


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a value could not be read. ``unset``: the command line or the ConfigMap was read, and does not set it."""

    why: Words
    unset: bool = False


Reading = Read | Missing


@dataclass(frozen=True, slots=True)
class Fact:
    """Something read in the cluster: what it is about, its value, and where it was read (record and field).

    ``of`` is the name of the thing that it is about, where several have such a fact.
    """

    key: FactKey
    value: Words
    where: Place
    of: str = ""

    @property
    def name(self) -> Message:
        """What people call it."""
        return _named(self.key, self.of)


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be read, and why not."""

    key: FactKey
    why: Words
    of: str = ""

    @property
    def name(self) -> Message:
        """What people call it."""
        return _named(self.key, self.of)


HIDDEN_WHY: Final = N_("its value was hidden when it was collected")
MASKED_WHY: Final = N_("something masked its value before it was collected")
_MASK_RE: Final = re.compile(r"\W*(?:redacted|removed|masked|hidden|omitted)\W*|\*{3,}|x{5,}", re.IGNORECASE)
"""What other tools write in the place of a value: ``REDACTED``, ``<masked>``, ``********``."""

_WORDS: Final = {
    Result.FORBIDDEN: N_("the account that collected may not list {list}"),
    Result.FAILED: N_("the collection of {list} failed"),
    Result.SKIPPED: N_("{list} were left out of the collection"),
    Result.PARTIAL: N_("{list} were collected only in part, and it is not among them"),
    Result.ABSENT: N_("this cluster serves no {list}"),
}


def said(words: Words) -> str:
    """Words in the language in use, in one line that a page and a terminal can show."""
    return plain(str(translated(words)))


def listed(values: Sequence[Words], most: int) -> Words:
    """Values one after the other, at most so many of them; the others are counted."""
    if len(values) <= most:
        return together(values)
    shown = listed(values[:most], most)
    return Message("{shown} and {count} more", shown=shown, count=len(values) - most)


_JOINED: Final = {", ": N_("{before}, {after}"), "; ": N_("{before}; {after}")}


def together(values: Sequence[Words], separator: str = ", ") -> Words:
    """Values one after the other, with a comma or a semicolon of the language in use between words of ours."""
    if not any(isinstance(value, Message) for value in values):
        return separator.join(values)
    return reduce(lambda before, after: Message(_JOINED[separator], before=before, after=after), values)


def _named(key: FactKey, of: str) -> Message:
    return Message(key.label.message, name=of) if of else key.label


def place_of(record: Record, field: Words = "") -> Place:
    """A field of a record."""
    named = f"{record.namespace}/{record.name}" if record.namespace else record.name
    if record.kind == "EngineContainer":
        return Place(Message("engine container {name}", name=record.name), field, record.id)
    if record.kind == "Node":
        return Place(Message("node {name}", name=named), field, record.id)
    return Place(f"{record.kind} {named}", field, record.id)


def place_in(workload: Workload, field: Words = "") -> Place:
    """A field of a workload."""
    return Place(f"{workload.kind} {workload.namespace}/{workload.name}", field, workload.id)


def first(key: FactKey, readings: Iterable[Reading | None], of: str = "") -> Fact | Unread:
    """The first value among several ways to read it; if none leads anywhere, the reason of the first that was tried."""
    why: Words | None = None
    for reading in readings:
        if isinstance(reading, Read):
            return Fact(key, reading.value, reading.where, of)
        if reading is not None and why is None:
            why = reading.why
    return Unread(key, Message("nothing that was collected says it") if why is None else why, of)


def found(value: str, where: Place) -> Reading | None:
    """A value read somewhere: nothing if it is empty, the reason if it was hidden or masked."""
    if not value:
        return None
    if _is_masked(value):
        return Missing(Message("{where}: {why}", where=where.words, why=Message(MASKED_WHY)))
    return Missing(Message(HIDDEN_WHY)) if HIDDEN_RE.search(value) else Read(value, where)


def _is_masked(value: str) -> bool:
    return HIDDEN_IN_BUNDLE in value or _MASK_RE.fullmatch(value) is not None


def hidden_at(where: Place) -> Missing:
    """That a value is there, and was hidden."""
    return Missing(Message("{where}: {why}", where=where.words, why=Message(HIDDEN_WHY)))


def why_not_there(cluster: Cluster, identifier: str) -> Message:
    """Why the snapshot has no record of this id: it was not allowed, not asked for, or there is none."""
    group, kind, namespace, name = parse_id(identifier)
    return _why(cluster, group, kind, namespace, f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}")


def why_none(cluster: Cluster, group: str, kind: str) -> Message:
    """Why the snapshot has no record of a kind at all."""
    return _why(cluster, group, kind, None, kind)


def _why(cluster: Cluster, group: str, kind: str, namespace: str | None, label: str) -> Message:
    results = []
    for scope in cluster.header.scopes():
        of_kind = scope.kind == f"{group}/{kind}" or scope.name == SCOPES.get(kind)
        if of_kind and scope.namespace in (None, namespace):
            results.append((scope.result, scope.name))
    if any(result == Result.COMPLETE for result, _name in results):
        return Message("there is no {label}", label=label)
    for result, scope_name in results:
        if result in _WORDS:
            return Message(_WORDS[result], list=scope_name.partition("/")[2])
    return Message("{label} was not collected", label=label)


def data_of(cluster: Cluster, namespace: str, name: str, key: str) -> Reading:
    """One key of a ConfigMap."""
    identifier = f"core/ConfigMap/{namespace}/{name}"
    record = cluster.get(identifier)
    if record is None:
        return Missing(why_not_there(cluster, identifier))
    value = mapping(record.body, "data").get(key)
    where = place_of(record, key)
    if not isinstance(value, str):
        return Missing(Message("{where}: there is no such key", where=where.words), unset=True)
    if _is_masked(value):
        return Missing(Message("{where}: {why}", where=where.words, why=Message(MASKED_WHY)))
    return hidden_at(where) if HIDDEN_RE.fullmatch(value) else Read(value, where)


def parsed(reading: Reading) -> tuple[Any, Missing | None]:
    """The JSON in a reading, or the reason why there is none."""
    if isinstance(reading, Missing):
        return None, reading
    try:
        return json.loads(reading.value), None
    except (ValueError, RecursionError):
        return None, Missing(Message("{where}: not JSON", where=reading.where.words))


def flag(cluster: Cluster, component: str, *names: str) -> Reading:
    """A flag of a component's command line; of several instances the first that has it."""
    lines = command_lines(cluster)[component]
    for line in lines:
        for name in names:
            if value := line.flags.get(name, ""):
                where = Place(line.where, f"--{name}", line.record_id)
                return hidden_at(where) if HIDDEN_RE.search(value) else Read(value, where)
    if lines:
        flags = " / ".join(f"--{name}" for name in names)
        return Missing(Message("{where} has no flag {flags}", where=lines[0].where, flags=flags), unset=True)
    if cluster.distribution == "k3s":
        # k3s-io/k3s, pkg/daemons/executor/embed.go: it runs all of them itself, and tells their arguments in its log alone.
        return Missing(
            Message("{component} runs inside the k3s process, and no object tells its arguments", component=component)
        )
    return Missing(
        Message(
            "the command line of {component} was not found: no container of that name was collected",
            component=component,
        )
    )
