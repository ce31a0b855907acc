"""What the views share: reading bodies of any shape, naming records, and saying that a list is not complete."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rkedoc.cluster.fields import at, items, mapping, number
from rkedoc.cluster.runtimes import lacks_details_alone
from rkedoc.i18n import N_, _, between
from rkedoc.snapshot.record import is_hidden
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Cell,
    Code,
    Hidden,
    Inline,
    Para,
    ReadIn,
    Ref,
    Row,
    Table,
    Time,
)
from rkedoc.sphinxext.kinds import KIND_OF_RECORD, kind_of, qualified_name
from rkedoc.vocabulary import Origin, Result, Term

if TYPE_CHECKING:
    from rkedoc.cluster.model import Workload
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.site import Site

DASH: Cell = ("–",)
"""The cell of a value that there is none of."""

# -- reading what may have any shape --------------------------------------------------------------------------------


def words(value: Any, *path: str) -> tuple[str, ...]:
    """The list at a path as strings."""
    found = at(value, *path) if path else value
    return tuple(scalar(item) for item in found) if isinstance(found, list | tuple) else ()


def string(value: Any, *path: str) -> str:
    """The scalar at a path as a string; empty if there is none."""
    found = at(value, *path) if path else value
    return "" if found is None or isinstance(found, Mapping | list | tuple) else scalar(found)


def scalar(value: Any) -> str:
    """A JSON value as Kubernetes would print it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


# -- cells ----------------------------------------------------------------------------------------------------------


def code(value: Any) -> Cell:
    """A value as the machine has it; what was hidden says so, and a missing one is a dash."""
    if value is None or value == "":
        return DASH
    shown = scalar(value)
    return (Hidden.of(shown),) if is_hidden(shown) else (Code(shown),)


def codes(values: Iterable[Any], separator: str = ", ") -> Cell:
    """Several values as the machine has them."""
    return joined((code(value) for value in values), separator)


def joined(cells: Iterable[Cell], separator: str = ", ") -> Cell:
    """Cells one after the other, with a comma or semicolon of the language; a dash if there are none."""
    out: list[Inline] = []
    for cell in cells:
        if out:
            out.append(between(separator))
        out.extend(cell)
    return tuple(out) or DASH


def plain(text: str) -> Cell:
    """Text, or a dash if there is none."""
    return (text,) if text else DASH


def moment(value: Any) -> Cell:
    """A time stamp. The zero time that engines use for "never" is a dash."""
    shown = string(value)
    return DASH if not shown or shown.startswith("0001-") else (Time(shown),)


def read_in(value: Cell, place: Cell) -> Cell:
    """A value with the mark that says where it was read, if that is known."""
    return (*value, " ", ReadIn(place)) if any(place) and place != DASH else value


def exit_code_of(container: Mapping[str, Any]) -> str:
    """How a container of an engine ended, which a row in a list does not always say."""
    if container.get("exitCode") is None:
        return _("exit code not known")
    return _("exit code {code}").format(code=number(container, "exitCode"))


def yes_no(value: bool) -> Cell:
    """Yes or no, in words."""
    return (_("yes") if value else _("no"),)


def selector(labels: Mapping[str, Any], expressions: Iterable[Mapping[str, Any]] = ()) -> Cell:
    """A selector of labels as one types it."""
    cells = [code(f"{key}={scalar(value)}") for key, value in sorted(labels.items(), key=lambda pair: str(pair[0]))]
    for item in expressions:
        inside = ", ".join(words(item, "values"))
        cells.append(
            code(f"{string(item, 'key')} {string(item, 'operator')} {f'({inside})' if inside else ''}".strip())
        )
    return joined(cells)


def origin_of(workload: Workload | None) -> Origin:
    """Where a workload comes from: what no entry of the catalog is about is somebody's own."""
    return workload.entry.origin if workload is not None and workload.entry is not None else Origin.WORKLOAD


# -- states, origins and roles --------------------------------------------------------------------------------------

_TONES = {
    "running": "ok",
    "ready": "ok",
    "true": "ok",
    "active": "ok",
    "bound": "ok",
    "available": "ok",
    "succeeded": "muted",
    "completed": "muted",
    "exited": "muted",
    "created": "muted",
    "pending": "warn",
    "waiting": "warn",
    "paused": "warn",
    "restarting": "bad",
    "dead": "bad",
    "failed": "bad",
    "lost": "bad",
    "unknown": "warn",
    "terminating": "warn",
    "removing": "warn",
}


def state(value: str, tone: str | None = None) -> Cell:
    """A state as a badge."""
    if not value:
        return DASH
    return (
        Badge(
            value,
            _TONES.get(value.lower(), "bad" if value.endswith(("BackOff", "Error")) else "info")
            if tone is None
            else tone,
        ),
    )


GOOD_IF_TRUE = frozenset({"Ready", "EtcdIsVoter"})
"""Conditions of a node that say that something is well; all others say that something is amiss. ``EtcdIsVoter`` is of K3s and RKE2
(k3s-io/k3s, pkg/etcd/etcd.go, etcdStatusType)."""


def bad_conditions(body: Mapping[str, Any]) -> Iterator[Cell]:
    """The conditions of a node that are not as they should be."""
    for item in items(body, "status", "conditions"):
        kind, status, reason = string(item, "type"), string(item, "status"), string(item, "reason")
        if status != ("True" if kind in GOOD_IF_TRUE else "False"):
            yield (Badge(f"{kind} {status}", "bad"), *((" ", Code(reason)) if reason else ()))


def badge(term: Term) -> Badge:
    """A word of a closed vocabulary, in words and in its colour."""
    return Badge(term.label.translated, term.tone)


# -- who made it ----------------------------------------------------------------------------------------------------

_MAKERS = (
    ("meta.helm.sh/release-name", N_("Helm release")),
    ("objectset.rio.cattle.io/id", N_("Rancher's apply")),
    ("app.kubernetes.io/managed-by", N_("managed by")),
    ("addonmanager.kubernetes.io/mode", N_("add-on manager")),
    ("cattle.io/creator", N_("Rancher, creator")),
)
"""Labels and annotations by which tools mark what they made."""


def makers(body: Mapping[str, Any]) -> Iterator[Cell]:
    """The tools that say they made an object, by their marks on it."""
    for part in ("labels", "annotations"):
        values = mapping(body, "metadata", part)
        for name, words_ in _MAKERS:
            if name in values:
                yield (_(words_), " ", *code(values[name]))


def marked(text: str) -> Cell:
    """A sentence of our own in which code stands between backticks."""
    return tuple(Code(part) if index % 2 else part for index, part in enumerate(text.split("`")) if part)


def filled(sentence: str, values: Mapping[str, Cell]) -> Cell:
    """A sentence in the language in use with cells in the place of its fields, and code between backticks."""
    out: list[Inline] = []
    for index, part in enumerate(re.split(r"\{([a-z]+)\}", _(sentence))):
        out += values[part] if index % 2 else marked(part)
    return tuple(out)


# -- references -----------------------------------------------------------------------------------------------------


def ref(record: Record, text: str | None = None) -> Ref:
    """A link to where a record is described."""
    return Ref(kind_of(record), qualified_name(record), text)


def ref_of(record_id: str, text: str | None = None) -> Ref:
    """A link to where the record of this id is described, whether or not the snapshot has it."""
    group, kind, namespace, name = (*record_id.split("/", 3), "", "", "")[:4]
    object_type = KIND_OF_RECORD.get((group, kind), "customresource")
    if object_type == "customresource":
        return Ref(object_type, record_id, name if text is None else text)
    return Ref(object_type, name if namespace == "-" else f"{namespace}/{name}", text)


def kind_word(record_id: str) -> str:
    """The kind in the id of a record."""
    return (*record_id.split("/", 3), "", "")[1]


# -- lists that may be incomplete -----------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def scopes_of(site: Site) -> Mapping[str, tuple[tuple[Result, str | None], ...]]:
    """How each scope ended, with the namespace that it was asked for (``None``: all), by the scope's name.

    An object that several groups serve is looked up under its canonical group, whichever of them was asked.
    """
    found: dict[str, list[tuple[Result, str | None]]] = {}
    for scope in site.cluster.header.scopes():
        group, _slash, plural = scope.name.partition("/")
        group = scope.kind.partition("/")[0] if scope.kind else group
        found.setdefault(f"{group}/{plural}", []).append((scope.result, scope.namespace))
    return {name: tuple(results) for name, results in found.items()}


def collected(site: Site, scope: str, namespace: str | None = None) -> Result | None:
    """How the collection of a list ended; ``None`` if no capture has a scope of this name (such as ``"core/pods"``).

    Of several captures the best for a namespace counts: a list that one account may not read may be there from another.
    """
    best: Result | None = None
    for result, place in scopes_of(site).get(scope, ()):
        if namespace is not None and place is not None and namespace != place:
            continue
        ended = Result.PARTIAL if result == Result.COMPLETE and namespace is None and place is not None else result
        if best is None or ended.order < best.order:
            best = ended
    return best


def reservation(site: Site, scopes: Iterable[str], namespace: str | None = None) -> tuple[Block, ...]:
    """What to say about lists that are not whole, one sentence for all that ended alike: nobody shall take what is missing for what is not
    there."""
    alike: dict[str, list[str]] = {}
    for scope in scopes:
        if words := _not_whole(site, scope, namespace):
            alike.setdefault(words, []).append(_called(scope))
    return tuple(
        Para((Badge(_("not complete"), "warn"), " ", words.format(list=", ".join(names))), "warn")
        for words, names in alike.items()
    )


def missing(site: Site, scope: str, namespace: str | None = None) -> str:
    """What to say about a list that is not whole; empty if it is."""
    return _not_whole(site, scope, namespace).format(list=_called(scope))


def _called(scope: str) -> str:
    return scope.partition("/")[2] or scope


def _not_whole(site: Site, scope: str, namespace: str | None) -> str:
    """The sentence about lists that ended as this one did, with a field for their names; empty for a whole one."""
    match collected(site, scope, namespace):
        case Result.COMPLETE | Result.ABSENT:
            return ""
        case Result.FORBIDDEN:
            return _("{list}: forbidden. The account that collected may not list them, so nothing is known of them.")
        case Result.FAILED:
            return _("{list}: the collection failed, so nothing is known of them.")
        case Result.PARTIAL if scope == "engine/containers" and lacks_details_alone(site.cluster.header):
            return _("{list}: all of them were listed, some without their details.")
        case Result.PARTIAL:
            return _("{list}: collected in part; there may be more.")
        case Result.SKIPPED:
            return _("{list}: left out of the collection.")
        case _:
            return _("{list}: not collected.")


def listing(
    site: Site,
    scope: str,
    columns: tuple[str, ...],
    rows: Iterable[Row],
    *,
    none: str,
    namespace: str | None = None,
    caption: str = "",
    filterable: bool = False,
) -> tuple[Block, ...]:
    """A table with the reservation of its list. "None" is said only where the list is whole."""
    note = reservation(site, (scope,), namespace)
    found = tuple(rows)
    if not found and note:
        return note
    return (*note, Table(columns, found, caption=caption, empty=none, filterable=filterable))


_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def size(count: int) -> str:
    """A number of bytes as people read it."""
    value = float(count)
    for unit in _UNITS[:-1]:
        if abs(value) < 1024:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} {_UNITS[-1]}"
