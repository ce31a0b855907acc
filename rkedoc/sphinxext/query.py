"""Tables and facts that hand-written pages ask for: ``{rkedoc-table}`` and ``{rkedoc-fact}``.

A condition is ``path = value``, ``path != value``, ``path ~ part`` (contains), or ``path`` alone (is there at all);
several are separated by ``;`` and must all hold. A path leads into the object as Kubernetes writes it:
``status.phase``, ``spec.replicas``, ``metadata.labels[app.kubernetes.io/name]``. A path that meets a list goes on in
each of its items. ``name``, ``namespace`` and ``kind`` are short for the obvious.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from rkedoc.explain.facts.fact import said
from rkedoc.explain.facts.topics import Unread, facts
from rkedoc.i18n import _
from rkedoc.snapshot.record import is_hidden
from rkedoc.sphinxext.blocks.view import (
    Cell,
    Code,
    Facts,
    Hidden,
    Inline,
    Ref,
    Row,
    Table,
    Time,
    View,
)
from rkedoc.sphinxext.kinds import KINDS, kind_of, qualified_name

if TYPE_CHECKING:
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.site import Site

_STEP = re.compile(r"\[([^\]]+)\]|([^.\[\]]+)")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_COLUMNS = ("name", "namespace")
MOST = 50
"""Values of one path that are shown in one cell."""


class TableQuery(NamedTuple):
    """What a table is asked for: objects of a kind, in these namespaces (none: in any), that meet the conditions ``where``."""

    kind: str
    namespaces: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    where: str = ""
    caption: str = ""

    @property
    def key(self) -> str:
        """The request as the text by which a document remembers it."""
        return json.dumps(self, ensure_ascii=False)

    @classmethod
    def of(cls, key: str) -> TableQuery:
        """The request that was remembered by this text."""
        kind, namespaces, columns, where, caption = json.loads(key)
        return cls(kind, tuple(namespaces), tuple(columns), where, caption)


class QueryError(ValueError):
    """What a page asks for cannot be answered; the message says which part of it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on an object: a path, one of ``= != ~`` or nothing, and the value to compare with."""

    path: str
    operator: str
    value: str

    def holds(self, record: Record) -> bool:
        """Whether an object meets the condition. Lists meet ``=`` and ``~`` if any of their items does."""
        values = [_text(value) for value in reach(record, self.path)]
        match self.operator:
            case "=":
                return self.value in values
            case "!=":
                return self.value not in values
            case "~":
                return any(self.value in value for value in values)
            case _:
                return bool(values)


def parse_conditions(text: str) -> tuple[Condition, ...]:
    """The conditions of a ``:where:`` option. Raises :class:`QueryError` for one that is none."""
    conditions = []
    for piece in text.split(";"):
        if not piece.strip():
            continue
        match = re.fullmatch(r"\s*([^=!~\s]+)\s*(?:(!=|=|~)\s*(.*?))?\s*", piece, re.DOTALL)
        if match is None:
            raise QueryError(
                f"{piece.strip()!r} is no condition: write path = value, path != value, path ~ part or path"
            )
        conditions.append(Condition(match[1], match[2] or "", match[3] or ""))
    return tuple(conditions)


def reach(record: Record, path: str) -> Iterator[Any]:
    """The values that a path leads to in an object: none, one, or one for each item of a list on the way."""
    match path:
        case "name":
            yield record.name
            return
        case "namespace":
            if record.namespace is not None:
                yield record.namespace
            return
        case "kind":
            yield record.kind
            return
    steps = [match[1] or match[2] for match in _STEP.finditer(path)]
    yield from _descend(record.body, steps)


def _descend(value: Any, steps: list[str]) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _descend(item, steps)
    elif not steps:
        if value is not None:
            yield value
    elif isinstance(value, Mapping) and steps[0] in value:
        yield from _descend(value[steps[0]], steps[1:])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(sorted(map(str, value))) if isinstance(value, Mapping) else str(value)


def _cell(record: Record, path: str) -> Cell:
    if path == "name":
        return (Ref(kind_of(record), qualified_name(record), record.name),)
    if path == "namespace" and record.namespace is not None:
        return (Ref("namespace", record.namespace),)
    out: list[Inline] = []
    for value in _first(reach(record, path), MOST):
        text = _text(value)
        if out:
            out.append(", ")
        out.append(Hidden.of(value) if is_hidden(value) else Time(text) if _TIME.fullmatch(text) else Code(text))
    return tuple(out)


def _first(values: Iterable[Any], count: int) -> Iterator[Any]:
    for index, value in enumerate(values):
        if index == count:
            yield "…"
            return
        yield value


def _records(site: Site, kind: str) -> tuple[Record, ...]:
    snapshot = site.cluster.snapshot
    if kind == "workload":
        found = (snapshot.get(workload.id) for workload in site.cluster.workloads())
        return tuple(record for record in found if record is not None)
    if kind in KINDS and KINDS[kind].records:
        wanted = KINDS[kind].records
        names = {name for _group, name in wanted}
        return tuple(r for name in sorted(names) for r in snapshot.by_kind(name) if (r.group, r.kind) in wanted)
    if found_records := snapshot.by_kind(kind):
        return tuple(found_records)
    if kind in KINDS or any(scope.name.partition("/")[2].lower() == f"{kind.lower()}s" for scope in _scopes(site)):
        return ()
    raise QueryError(
        f"there are no objects of the kind {kind!r} in the snapshot: {', '.join(KINDS)}, or a Kind such as Addon"
    )


def _scopes(site: Site) -> Iterator[Any]:
    for capture in site.cluster.header.captures:
        yield from capture.scopes


def table_view(site: Site, key: str) -> View:
    """The table of a request, by the :attr:`TableQuery.key` of it. Raises :class:`QueryError` if the request makes no sense."""
    asked = TableQuery.of(key)
    conditions = parse_conditions(asked.where)
    columns = asked.columns
    records = _records(site, asked.kind)
    if not columns:
        columns = _COLUMNS if any(record.namespace is not None for record in records) else _COLUMNS[:1]
    chosen = [
        record
        for record in records
        if (not asked.namespaces or record.namespace in asked.namespaces)
        and all(condition.holds(record) for condition in conditions)
    ]
    rows = tuple(Row(tuple(_cell(record, path) for path in columns)) for record in chosen)
    return (
        Table(
            columns,
            rows,
            caption=asked.caption,
            empty=_("None."),
            filterable=True,
        ),
    )


def facts_view(site: Site, key: str) -> View:
    """One fact by its code or its English name, alone or behind its topic (``network/mtu``), and where it was read.

    Raises :class:`QueryError` if there is none of that name.
    """
    known = [(topic, fact) for topic, found in facts(site.cluster).items() for fact in found]
    wanted = [
        (topic, fact)
        for topic, fact in known
        for name in (fact.key, str(fact.name))
        if key in (name, f"{topic}/{name}")
    ]
    if not wanted:
        there = ", ".join(sorted({f"{topic}/{fact.key}" for topic, fact in known})) or "none"
        raise QueryError(f"there is no fact {key!r}; there are: {there}")
    _topic, fact = min(wanted, key=lambda item: (item[0], str(item[1].name)))
    name = said(fact.name)
    if isinstance(fact, Unread):
        return (Facts(((name, (_("not known: {why}").format(why=said(fact.why)),)),)),)
    value: Inline = Hidden.of(fact.value) if is_hidden(fact.value) else Code(_text(said(fact.value)))
    place = (" ", _("(read in {place})").format(place=fact.where.text)) if fact.where.text else ()
    return (Facts(((name, (value, *place)),)),)
