"""Requests and limits: what pods ask for and may use at most, by namespace and by node, beside what the nodes have to give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rkedoc.cluster.fields import natural
from rkedoc.explain.capacity import Capacity, Load, capacity, resources_of
from rkedoc.explain.quantities import ONE
from rkedoc.i18n import N_, _
from rkedoc.sphinxext.blocks.view import Badge, Block, Cell, Code, Para, Ref, Row, Table, View
from rkedoc.sphinxext.views.parts.cells import DASH, reservation, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rkedoc.sphinxext.site import Site

_FULL = 90
"""Per cent of what a node gives that are asked for, from which on there is little room for more."""


def intro(site: Site, key: str) -> View:
    """What is added up, and how."""
    del key
    text = _(
        "Requests are what the scheduler keeps free for a pod, limits what a pod may use at most. They are added up as the scheduler does "
        "it: an init container counts only where it needs more than the containers after it, the overhead of runtime classes is added, and "
        "pods that have ended are left out."
    )
    return (Para((text,)), *reservation(site, ("core/pods", "core/nodes")), *_unread(capacity(site.cluster)))


def _unread(found: Capacity) -> tuple[Block, ...]:
    if not found.unread:
        return ()
    text = _("Quantities that could not be read, and are missing in the sums: {count}.").format(count=found.unread)
    return (Para((Badge(_("not complete"), "warn"), " ", text), "warn"),)


def by_node(site: Site, key: str) -> View:
    """The sums of each node beside what it gives to pods."""
    del key
    found = capacity(site.cluster)
    names = sorted({*found.nodes, *found.allocatable}, key=natural)
    if not names:
        return ()
    resources = _shown([*found.nodes.values(), found.unplaced])
    rows = [_node_row(found, name, resources) for name in names]
    if found.unplaced.pods:
        cells = [cell for resource in resources for cell in _both(found.unplaced, resource, None)]
        rows.append(Row(((_("no node yet"),), (str(found.unplaced.pods),), *cells, (str(found.unplaced.unlimited),))))
    return (Table(_columns(_("Node"), resources), tuple(rows), filterable=True),)


def _node_row(found: Capacity, name: str, resources: Sequence[str]) -> Row:
    load = found.nodes.get(name, _NOTHING)
    given = found.allocatable.get(name, {})
    cells = [cell for resource in resources for cell in _both(load, resource, given.get(resource))]
    return Row(((Ref("node", name),), (str(load.pods),), *cells, (str(load.unlimited),)))


_NOTHING = Load(0, {}, {}, 0)


def by_namespace(site: Site, key: str) -> View:
    """The sums of each namespace that has pods."""
    del key
    found = capacity(site.cluster)
    resources = _shown(list(found.namespaces.values()))
    rows = tuple(
        Row(
            (
                (Ref("namespace", name),),
                (str(load.pods),),
                *(cell for resource in resources for cell in _both(load, resource, None)),
                (str(load.unlimited),),
            )
        )
        for name, load in found.namespaces.items()
    )
    return (Table(_columns(_("Namespace"), resources), rows, empty=_("No pod was collected."), filterable=True),)


def node_view(site: Site, key: str) -> View:
    """The sums of one node, resource by resource."""
    found = capacity(site.cluster)
    name = site.page(key).subject
    load, given = found.nodes.get(name, _NOTHING), found.allocatable.get(name, {})
    if not load.pods and not given:
        return ()
    rows = tuple(
        Row(
            (
                (Code(resource),),
                (amount(resource, given[resource]),) if resource in given else DASH,
                *_both(load, resource, given.get(resource)),
            )
        )
        for resource in resources_of([load])
    )
    more = Para(
        (_("How that is added up, and the other nodes:"), " ", Ref("page", "capacity", _("requests and limits")))
    )
    columns = (_("Resource"), _("Given to pods"), _("Requests"), _("Limits"))
    return (*reservation(site, ("core/pods",)), Table(columns, rows), more)


def _shown(loads: Sequence[Load]) -> tuple[str, ...]:
    return resources_of(loads)[:_MOST]


_MOST = 4
"""Resources that have columns of their own; all of them stand on the pages of nodes."""


def _columns(first: str, resources: Sequence[str]) -> tuple[str, ...]:
    pairs = (
        told.format(resource=_(_NAMES.get(resource, resource)))
        for resource in resources
        for told in (_("{resource} requests"), _("{resource} limits"))
    )
    return (first, _("Pods"), *pairs, _("Containers without limit of memory"))


_NAMES = {"cpu": N_("CPU"), "memory": N_("memory")}


def _both(load: Load, resource: str, given: int | None) -> tuple[Cell, Cell]:
    """What is asked for and what may be used of a resource, as amounts and as shares of what there is."""
    requests, limits = load.requests.get(resource), load.limits.get(resource)
    return _with_share(resource, requests, given, warn=True), _with_share(resource, limits, given, warn=False)


def _with_share(resource: str, value: int | None, given: int | None, *, warn: bool) -> Cell:
    if value is None:
        return DASH
    shown = amount(resource, value)
    if not given:
        return (shown,)
    share = round(100 * value / given)
    return (f"{shown} ", Badge(f"{share} %", "warn" if warn and share >= _FULL else "muted"))


def amount(resource: str, value: int) -> str:
    """An amount as people read it: processors with their thousandths, bytes in binary units, pieces of anything else.

    ``value`` is in billionths. What is less than a thousandth of a processor is rounded up, as the scheduler does.
    """
    if resource == "cpu":
        return f"{-(-value // (ONE // 1000)) / 1000:g}" if value < 1000 * ONE else f"{value / ONE:,.0f}"
    if resource in ("memory", "ephemeral-storage") or resource.startswith("hugepages-"):
        return size(-(-value // ONE))
    return f"{value / ONE:g}"
