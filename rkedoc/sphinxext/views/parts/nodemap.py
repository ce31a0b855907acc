"""The map of a node: its namespaces, their pods, and in each the containers by role, origin and state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rkedoc.i18n import _, counted
from rkedoc.sphinxext.blocks.view import Cell, Code, Picture, Ref, Row, SvgPicture, Table
from rkedoc.sphinxext.pictures.tiles import Mark, Strip, tile
from rkedoc.sphinxext.views.parts.cells import badge, joined, ref_of
from rkedoc.sphinxext.views.parts.site_index import desk
from rkedoc.vocabulary import Origin, Role

if TYPE_CHECKING:
    from rkedoc.cluster.model import Workload
    from rkedoc.explain.ledger.ledger import LedgerLine
    from rkedoc.sphinxext.site import Site

_ROWS = 16
"""Rows of a tile; a namespace with more pods on the node shows a row a workload, and then a number."""
_TILES = 60
"""Tiles of a map; what is more is counted in a last one."""

_ROLE_ORDER = {"sandbox": 0, "init": 1, "sidecar": 2, "app": 3, "ephemeral": 4, "previous-attempt": 5, "standalone": 6}


def node_maps(site: Site, node: str | None = None) -> tuple[Picture, ...]:
    """A map for each node that has containers, or for the one that is named."""
    by_node = desk(site).lines_by_node
    return tuple(node_map(site, name, by_node[name]) for name in sorted(by_node) if node in (None, name))


def node_map(site: Site, node: str, lines: Iterable[LedgerLine]) -> Picture:
    """The map of one node: a tile for what runs outside pods, a tile for each namespace, and how to read them."""
    outside: list[LedgerLine] = []
    inside: dict[str, list[LedgerLine]] = {}
    for line in lines:
        if line.role == Role.STANDALONE or not line.namespace:
            outside.append(line)
        else:
            inside.setdefault(line.namespace, []).append(line)
    tiles: list[SvgPicture] = []
    if outside:
        tiles.append(_outside(site, outside))
    names = sorted(inside, key=lambda name: (-len(inside[name]), name))
    tiles.extend(_namespace(site, name, inside[name]) for name in names[:_TILES])
    if len(names) > _TILES:
        count = sum(len(inside[name]) for name in names[_TILES:])
        text = _("{namespaces} more namespaces with {count} containers").format(
            namespaces=len(names) - _TILES, count=count
        )
        tiles.append(tile(_("Further namespaces"), str(count), (), ref=Ref("page", "namespaces"), last=text))
    title = _("What runs on {node}").format(node=node) if node else _("What runs")
    first, *rest = [*tiles, _legend()]
    return Picture(first, title, _table(site, outside, inside), tuple(rest))


def mark_state(site: Site, line: LedgerLine) -> str:
    """How a container is drawn: running, stopped, or ill if something is not well with it or its pod's container."""
    if line.state in ("dead", "restarting"):
        return "ill"
    if line.record_id in desk(site).problems_by_record:
        return "ill"
    return "running" if line.state == "running" else "stopped"


def _mark(site: Site, line: LedgerLine) -> Mark:
    label = f"{line.name} · {line.role.label.translated} · {line.state}"
    goal = ref_of(line.record_id) if line.record_id.startswith("engine/") else None
    return Mark(line.role, line.origin, mark_state(site, line), label, goal)


def _outside(site: Site, lines: list[LedgerLine]) -> SvgPicture:
    order = {origin: origin.order for origin in Origin}
    ordered = sorted(lines, key=lambda line: (order.get(line.origin, 9), line.name))
    strips = [Strip(line.name, (_mark(site, line),), _mark(site, line).ref) for line in ordered[:_ROWS]]
    more = len(ordered) - len(strips)
    last = _("and {count} more").format(count=more) if more > 0 else ""
    return tile(_("Outside pods"), _containers(len(lines)), strips, ref=Ref("page", "containers"), last=last)


def _containers(count: int) -> str:
    return counted(count, _("{count} container"), _("{count} containers"))


def _namespace(site: Site, name: str, lines: list[LedgerLine]) -> SvgPicture:
    pods: dict[str, list[LedgerLine]] = {}
    for line in lines:
        pods.setdefault(line.pod.rpartition("/")[2] if line.pod else "", []).append(line)
    strips = list(_pod_strips(site, name, pods)) if len(pods) <= _ROWS else list(_workload_strips(site, name, pods))
    last = ""
    if len(strips) > _ROWS:
        last = _("and {count} more workloads").format(count=len(strips) - _ROWS)
        strips = strips[:_ROWS]
    return tile(name, _containers(len(lines)), strips, ref=Ref("namespace", name), last=last)


def _workload(site: Site, namespace: str, pod: str) -> Workload | None:
    return desk(site).workload_of_pod.get(f"core/Pod/{namespace}/{pod}")


def _goal(site: Site, workload: Workload | None, namespace: str, pod: str) -> Ref:
    if workload is not None and workload.id in site.page_of_record:
        return Ref("page", site.page_of_record[workload.id].key)
    return Ref("pod", f"{namespace}/{pod}")


def _pod_strips(site: Site, namespace: str, pods: dict[str, list[LedgerLine]]) -> Iterator[Strip]:
    for pod, lines in sorted(pods.items()):
        ordered = sorted(lines, key=lambda line: (_ROLE_ORDER.get(line.role, 9), line.name))
        marks = tuple(_mark(site, line) for line in ordered)
        yield Strip(pod, marks, _goal(site, _workload(site, namespace, pod), namespace, pod))


def _workload_strips(site: Site, namespace: str, pods: dict[str, list[LedgerLine]]) -> Iterator[Strip]:
    groups: dict[str, tuple[Workload | None, dict[str, list[LedgerLine]]]] = {}
    for pod, lines in sorted(pods.items()):
        workload = _workload(site, namespace, pod)
        groups.setdefault(workload.id if workload else pod, (workload, {}))[1][pod] = lines
    for _id, (workload, group) in sorted(groups.items()):
        first = next(iter(group))
        lines = [line for found in group.values() for line in found]
        lines.sort(key=lambda line: (mark_state(site, line) != "ill", _ROLE_ORDER.get(line.role, 9)))
        label = workload.name if workload is not None else first
        text = f"{label} ×{len(group)}" if len(group) > 1 else label
        yield Strip(text, tuple(_mark(site, line) for line in lines), _goal(site, workload, namespace, first))


def _legend() -> SvgPicture:
    shapes = (
        Strip(_("ring: a pod's sandbox"), (Mark(Role.SANDBOX, "neutral", "running", ""),)),
        Strip(_("diamond: an init container"), (Mark(Role.INIT, "neutral", "stopped", ""),)),
        Strip(_("square: a container"), (Mark(Role.APP, "neutral", "running", ""),)),
        Strip(_("filled: it runs"), (Mark(Role.APP, "neutral", "running", ""),)),
        Strip(_("hollow: it does not"), (Mark(Role.APP, "neutral", "stopped", ""),)),
        Strip(_("with a mark: it is not well"), (Mark(Role.APP, "neutral", "ill", ""),)),
    )
    colours = tuple(Strip(origin.label.translated, (Mark(Role.APP, origin, "running", ""),)) for origin in Origin)
    return tile(_("How to read it"), "", (*shapes, *colours))


def _table(site: Site, outside: list[LedgerLine], inside: dict[str, list[LedgerLine]]) -> Table:
    rows = [_row(site, (_("outside pods"),), line) for line in outside]
    for name, lines in sorted(inside.items()):
        rows.extend(_row(site, (Ref("namespace", name),), line) for line in lines)
    if len(rows) > 400:  # the ledger's page holds all of them; here a sum is more use
        rows = [_sum_row((_("outside pods"),), outside)] if outside else []
        rows += [_sum_row((Ref("namespace", name),), lines) for name, lines in sorted(inside.items())]
    return Table((_("Where"), _("Pod"), _("Container"), _("Role and origin"), _("State")), tuple(rows), filterable=True)


def _row(site: Site, where: Cell, line: LedgerLine) -> Row:
    goal = _mark(site, line).ref
    name: Cell = (Ref(goal.kind, goal.name, line.name),) if goal is not None else (Code(line.name),)
    ill: Cell = (" ", _("not well")) if mark_state(site, line) == "ill" else ()
    return Row(
        (where, (line.pod or "–",), name, (line.role.label.translated, ", ", badge(line.origin)), (line.state, *ill))
    )


def _sum_row(where: Cell, lines: list[LedgerLine]) -> Row:
    running = sum(1 for line in lines if line.state == "running")
    roles: dict[Role, int] = {}
    for line in lines:
        roles[line.role] = roles.get(line.role, 0) + 1
    kinds = joined((f"{role.label.translated} {count}",) for role, count in sorted(roles.items()))
    pods = len({line.pod for line in lines if line.pod})
    return Row((where, (str(pods),), (str(len(lines)),), kinds, (_("{count} running").format(count=running),)))
