"""Network and ports: who listens where, services, policies, and the engine's networks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rkedoc.cluster.fields import items, mapping
from rkedoc.explain.facts.fact import Missing, said
from rkedoc.explain.facts.networks import network, others, plugin
from rkedoc.explain.facts.ports import ANY
from rkedoc.explain.listening import Listening, listening
from rkedoc.i18n import _, between
from rkedoc.sphinxext.blocks.view import Badge, Cell, Code, Para, Ref, Row, Table, View
from rkedoc.sphinxext.views.pages.concepts import fact_blocks
from rkedoc.sphinxext.views.pages.host import socket_row
from rkedoc.sphinxext.views.pages.namespace import (
    answered_by,
    policy_row,
    service_address,
    service_ports,
)
from rkedoc.sphinxext.views.parts.cells import (
    DASH,
    code,
    codes,
    joined,
    listing,
    missing,
    read_in,
    ref,
    ref_of,
    reservation,
    selector,
    string,
)
from rkedoc.sphinxext.views.parts.related import page_ref, sentence

if TYPE_CHECKING:
    from rkedoc.explain.facts.topics import Listener
    from rkedoc.sphinxext.site import Site


def intro(site: Site, key: str) -> View:
    """The networks of pods and services as they were read, and the ways to the pages about them."""
    del key
    return (*_ways(site), *fact_blocks(site, ("network",)))


def _ways(site: Site) -> Iterator[Para]:
    """Where the ways of packets and requests are told; of a network that is not known here, what was found of it."""
    one = network(site.cluster)
    if one is not None:
        yield Para(
            (
                _("How packets travel between pods:"),
                " ",
                Ref("page", str(one.network), _(one.network.label.message)),
                ".",
            )
        )
    else:
        unknown = plugin(site.cluster)
        why = said(unknown.why) if isinstance(unknown, Missing) else ""
        yield Para(
            (Badge(_("not known"), "warn"), " ", _("How packets travel between pods is not told here:"), " ", why, ".")
        )
        if found := [
            (page_ref(site, workload.id, f"{workload.namespace}/{workload.name}"),) for workload in others(site.cluster)
        ]:
            yield Para((_("What was found puts a network plugin onto the nodes:"), " ", *joined(found), "."))
    if "ingress" in site.pages:
        yield Para((_("How requests come in from outside:"), " ", Ref("page", "ingress", _("ingress")), "."))


def listeners_view(site: Site, key: str) -> View:
    """Every port that is open on a node."""
    del key
    notes = reservation(site, ("core/pods", "core/services", "engine/containers"))
    if site.cluster.hosts:
        text = _(
            "Of nodes whose hosts were read, the sockets that they have open; of others, and of what rules of the packet filter lead on, "
            "what specifications, command lines and the engine state. Nothing was probed."
        )
    else:
        text = _("Ports as specifications, command lines and the engine state them; nothing was probed.")
    return (Para((text,), "muted"), *notes, *listening_table(site, listening(site.cluster)))


def listening_table(site: Site, found: Iterable[Listening], *, nodes: bool = True) -> View:
    """Who listens where as a table; what is the same on several nodes is one row."""
    alike: dict[tuple[Cell, ...], list[str]] = {}
    for item in found:
        alike.setdefault(_listening_cells(site, item), []).append(item.node)
    rows = tuple(
        Row((port, address, *((_on(names),) if nodes else ()), who, purpose))
        for (port, address, who, purpose), names in alike.items()
    )
    columns = (_("Port"), _("Address"), *((_("Node"),) if nodes else ()), _("Who"), _("What for"))
    none = "" if missing(site, "core/pods") else _("No port is stated anywhere.")
    return (Table(columns, rows, empty=none, filterable=True),)


_MOST_NODES = 6


def _on(names: list[str]) -> Cell:
    if "" in names:
        return (_("every node"),)
    more: Cell = (_(" and {count} more").format(count=len(names) - _MOST_NODES),) if len(names) > _MOST_NODES else ()
    return (*joined((Ref("node", name),) for name in names[:_MOST_NODES]), *more)


def _listening_cells(site: Site, item: Listening) -> tuple[Cell, ...]:
    """Port, address with the mark that says where it was read, who, and what for."""
    stated = item.stated
    port: Cell = (Code(f"{item.port}/{item.protocol}"),)
    told = said(stated.where) if stated is not None else ""
    purpose = (said(stated.purpose) or sentence(site, stated.record_id)) if stated is not None else ""
    if item.socket is not None:
        _port, address, who, for_what = socket_row(site, item.socket).cells
        place = between("; ").join(filter(None, (_("the open sockets of the node"), told)))
        return port, read_in(address, (place,)), who, for_what if for_what != DASH or not purpose else (purpose,)
    if stated is None:
        return port, code(item.address), DASH, DASH
    who = (page_ref(site, stated.record_id, stated.name),) if stated.record_id else (stated.name,)
    return port, read_in(_address(stated), (told,)), who, (purpose or "–",)


def _address(stated: Listener) -> Cell:
    """The address that something states, or what holds where nothing states it."""
    if not stated.default:
        return code(stated.address) if stated.address else (_("not stated"),)
    words = _("the default of {program}: {address}, not measured")
    address = _("all addresses") if stated.address == ANY else stated.address
    return (words.format(program=stated.default, address=address),)


def services(site: Site, key: str) -> View:
    """All services."""
    del key
    columns = (
        _("Namespace"),
        _("Service"),
        _("Type"),
        _("Address"),
        _("Ports"),
        _("Finds its pods by"),
        _("Answered by"),
    )
    rows = (
        Row(
            (
                (Ref("namespace", record.namespace or ""),),
                (ref(record, record.name),),
                (string(record.body, "spec", "type") or "ClusterIP",),
                service_address(record.body),
                service_ports(record.body),
                selector(mapping(record.body, "spec", "selector")),
                answered_by(site, record),
            )
        )
        for record in site.cluster.snapshot.by_kind("Service")
    )
    return listing(site, "core/services", columns, rows, none=_("No service."), filterable=True)


def policies(site: Site, key: str) -> View:
    """All network policies."""
    del key
    columns = (_("Namespace"), _("Policy"), _("For pods with"), _("Lets in"), _("Lets out"))
    rows = (
        Row(((Ref("namespace", record.namespace or ""),), (ref(record, record.name),), *policy_row(record).cells[1:]))
        for record in site.cluster.snapshot.by_kind("NetworkPolicy")
    )
    return listing(
        site,
        "networking.k8s.io/networkpolicies",
        columns,
        rows,
        none=_("No network policy: every pod may talk to every other."),
        filterable=True,
    )


def engine_networks(site: Site, key: str) -> View:
    """The networks of the engines, with who is in them."""
    del key
    members: dict[tuple[str, str], list[str]] = {}
    for record in site.cluster.snapshot.by_kind("EngineContainer"):
        for name in mapping(record.body, "networks"):
            members.setdefault((record.namespace or "", name), []).append(record.id)
    rows = []
    for record in site.cluster.snapshot.by_kind("EngineNetwork"):
        body = record.body
        name = string(body, "name") or record.name
        inside = members.get((record.namespace or "", name), [])
        subnets = [string(item, "subnet") for item in items(body, "subnets")] or [
            string(s) for s in body.get("subnets") or ()
        ]
        flags: Cell = (Badge(_("internal"), "info"),) if body.get("internal") is True else ()
        rows.append(
            Row(
                (
                    (Code(name), " ", *flags),
                    (Ref("node", record.namespace or ""),),
                    code(string(body, "driver")),
                    codes(item for item in subnets if item),
                    joined((ref_of(i),) for i in inside[:10]) if inside else DASH,
                )
            )
        )
    columns = (_("Network"), _("Node"), _("Driver"), _("Addresses"), _("Containers outside pods' networks"))
    return listing(site, "engine/networks", columns, rows, none=_("The engine has no network."))
