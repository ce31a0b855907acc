"""What facts are, and how to say why one could not be read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rkedoc.cluster.fields import mapping
from rkedoc.explain.facts.commandlines import command_lines
from rkedoc.i18n import N_, _
from rkedoc.snapshot.identity import parse_id
from rkedoc.snapshot.kinds import SCOPES
from rkedoc.snapshot.record import HIDDEN_RE
from rkedoc.vocabulary import Result

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster


@dataclass(frozen=True, slots=True)
class Fact:
    """Something read in the cluster: its name, its value, and where it was read (object and field)."""

    name: str
    value: str
    where: str


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be read, and why not. ``unset``: a command line was read, and does not set it."""

    name: str
    why: str
    unset: bool = False


Reading = Fact | Unread

HIDDEN_WHY: Final = N_("its value was hidden when it was collected")
_WORDS: Final = {
    Result.FORBIDDEN: N_("the account that collected may not list {list}"),
    Result.FAILED: N_("the collection of {list} failed"),
    Result.SKIPPED: N_("{list} were left out of the collection"),
    Result.PARTIAL: N_("{list} were collected only in part, and it is not among them"),
    Result.ABSENT: N_("this cluster serves no {list}"),
}


def first(name: str, readings: Iterable[Reading | None]) -> Reading:
    """The first fact among several ways to read it; if none leads anywhere, the reason of the first that was tried."""
    why: Unread | None = None
    for reading in readings:
        if isinstance(reading, Fact):
            return Fact(name, reading.value, reading.where)
        if reading is not None and why is None:
            why = Unread(name, reading.why, reading.unset)
    return why or Unread(name, _("nothing that was collected says it"))


def found(value: str, where: str) -> Reading | None:
    """A value read somewhere: nothing if it is empty, the reason if it was hidden."""
    if not value:
        return None
    return Unread("", _(HIDDEN_WHY)) if HIDDEN_RE.search(value) else Fact("", value, where)


def why_not_there(cluster: Cluster, identifier: str) -> str:
    """Why the snapshot has no record of this id: it was not allowed, not asked for, or there is none."""
    group, kind, namespace, name = parse_id(identifier)
    return _why(cluster, group, kind, namespace, f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}")


def why_none(cluster: Cluster, group: str, kind: str) -> str:
    """Why the snapshot has no record of a kind at all."""
    return _why(cluster, group, kind, None, kind)


def _why(cluster: Cluster, group: str, kind: str, namespace: str | None, label: str) -> str:
    results = []
    for scope in cluster.header.scopes():
        of_kind = scope.kind == f"{group}/{kind}" or scope.name == SCOPES.get(kind)
        if of_kind and scope.namespace in (None, namespace):
            results.append((scope.result, scope.name))
    if any(result == Result.COMPLETE for result, _name in results):
        return _("there is no {label}").format(label=label)
    for result, scope_name in results:
        if result in _WORDS:
            return _(_WORDS[result]).format(list=scope_name.partition("/")[2])
    return _("{label} was not collected").format(label=label)


def data_of(cluster: Cluster, namespace: str, name: str, key: str) -> Reading:
    """One key of a ConfigMap."""
    identifier = f"core/ConfigMap/{namespace}/{name}"
    record = cluster.get(identifier)
    if record is None:
        return Unread("", why_not_there(cluster, identifier))
    value = mapping(record.body, "data").get(key)
    where = f"ConfigMap {namespace}/{name}, {key}"
    if not isinstance(value, str):
        return Unread("", _("{where}: there is no such key").format(where=where))
    if HIDDEN_RE.fullmatch(value):
        return Unread("", f"{where}: {_(HIDDEN_WHY)}")
    return Fact("", value, where)


def parsed(reading: Reading) -> tuple[Any, Unread | None]:
    """The JSON in a fact, or the reason why there is none."""
    if isinstance(reading, Unread):
        return None, reading
    try:
        return json.loads(reading.value), None
    except (ValueError, RecursionError):
        return None, Unread("", f"{reading.where}: not JSON")


def flag(cluster: Cluster, component: str, *names: str) -> Reading:
    """A flag of a component's command line; of several instances the first that has it."""
    lines = command_lines(cluster)[component]
    for line in lines:
        for name in names:
            if value := line.flags.get(name, ""):
                if HIDDEN_RE.search(value):
                    return Unread("", f"{line.where}, --{name}: {_(HIDDEN_WHY)}")
                return Fact("", value, f"{line.where}, --{name}")
    if lines:
        return Unread(
            "",
            _("{where} has no flag {flags}").format(
                where=lines[0].where, flags=_(" or ").join(f"--{name}" for name in names)
            ),
            unset=True,
        )
    return Unread(
        "",
        _("the command line of {component} was not found: no container of that name was collected").format(
            component=component
        ),
    )
