"""The report of the collection: what was asked, what was answered, and what was hidden."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rkedoc.cluster.fields import mapping
from rkedoc.i18n import _, counted
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Cell,
    Code,
    Facts,
    Para,
    Part,
    Row,
    Table,
    View,
)
from rkedoc.sphinxext.views.parts.cells import badge, code, codes, joined, moment, scalar
from rkedoc.vocabulary import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rkedoc.snapshot.record import Scope
    from rkedoc.sphinxext.site import Site


def intro(site: Site, key: str) -> View:
    """How the collection went, in one sentence, and how to read the lists of the site."""
    del key
    header = site.cluster.header
    counts = Counter(scope.result for scope in header.scopes())
    shown = joined(
        (Badge(f"{result.label.translated} {counts[result]}", result.tone),) for result in Result if counts[result]
    )
    text = _(
        "A list that was forbidden or failed is not empty: nothing is known of it, and every page that would show it says so."
    )
    cluster = mapping(header.cluster)
    return (
        Para((_("Requests by how they ended:"), " ", *shown)),
        Para((text,)),
        Facts(
            (
                (_("Cluster"), code(cluster.get("name"))),
                (_("Records"), (str(header.records),)),
                (_("Format of the snapshot"), (str(header.format),)),
            )
        ),
    )


def captures(site: Site, key: str) -> View:
    """Each source with its time and its versions."""
    del key
    rows = tuple(
        Row(
            (
                (capture.source,),
                code(capture.node),
                moment(capture.time),
                codes(f"{name} {scalar(value)}" for name, value in sorted(capture.tool.items())),
                (counted(len(capture.scopes), _("{count} request"), _("{count} requests")),),
            )
        )
        for capture in site.cluster.header.captures
    )
    return (Table((_("Source"), _("Node"), _("Time"), _("Versions"), _("Requests")), rows),)


def scopes(site: Site, key: str) -> View:
    """Every scope with verb, path and status: those that are not whole first."""
    del key
    grouped: dict[tuple[object, ...], list[Scope]] = {}
    for capture in site.cluster.header.captures:
        source = f"{capture.source} {capture.node or ''}".strip()
        for scope in capture.scopes:
            alike = (
                len(Result) - scope.result.order,
                scope.name,
                scope.result,
                scope.verb,
                scope.status,
                scope.reason,
                source,
            )
            grouped.setdefault(
                (*alike, "" if capture.source == "files" else f"{scope.namespace} {scope.path}"), []
            ).append(scope)
    columns = (_("List"), _("Ended"), _("Records"), _("Request"), _("Answer"), _("Source"))
    found = tuple(
        _row(scopes, str(key[6])) for key, scopes in sorted(grouped.items(), key=lambda item: tuple(map(str, item[0])))
    )
    return (Table(columns, found, empty=_("The snapshot says nothing about what was asked."), filterable=True),)


def _row(scopes: Sequence[Scope], source: str) -> Row:
    """Scopes that differ in nothing but the namespace and the file, as one row."""
    scope = scopes[0]
    places = [one.namespace for one in scopes if one.namespace]
    shown = joined((Code(place),) for place in places[:_MOST])
    more = (_(" and {count} more").format(count=len(places) - _MOST),) if len(places) > _MOST else ()
    paths = list(dict.fromkeys(one.path for one in scopes))
    request = f"{scope.verb} {paths[0]}".strip() if len(paths) == 1 else f"{scope.verb} {paths[0]} … ({len(paths)})"
    return Row(
        (
            (Code(scope.name), *((" ", *shown, *more) if places else ())),
            (badge(scope.result),),
            (str(sum(one.count for one in scopes)),),
            (Code(request),),
            (f"{'' if scope.status is None else scope.status} {scope.reason}".strip() or "–",),
            (source,),
        )
    )


_MOST = 12
"""Namespaces that one row names."""


def redaction(site: Site, key: str) -> View:
    """How often each rule hid something. No values, and no fingerprints."""
    del key
    report = mapping(site.cluster.header.redaction)
    rules = mapping(report, "rules")
    rows = tuple(Row(((Code(rule),), (scalar(count),))) for rule, count in sorted(rules.items()))
    out: list[Block] = [
        Para(
            (
                _(
                    "Values were hidden before anything was written. Names are always shown; what stood in their place is not kept."
                ),
            )
        ),
        Table((_("Rule"), _("Hidden")), rows, empty=_("No rule hid anything.")),
    ]
    key_id = report.get("key")
    masked = report.get("masked")
    facts: list[tuple[str, Cell]] = []
    if key_id:
        facts.append((_("Fingerprints"), (_("kept, so that two collections can be compared; never shown on a page"),)))
    if masked:
        facts.append((_("Masked"), codes(masked if isinstance(masked, list | tuple) else (masked,))))
    if facts:
        out.append(Part("masks", _("Fingerprints and masks"), (Facts(tuple(facts)),)))
    return tuple(out)
