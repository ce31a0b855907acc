"""The map: of a node or of a cluster, its namespaces, their workloads, and in each the containers by role, origin and state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rkedoc.cluster.distribution import distribution
from rkedoc.cluster.fields import natural
from rkedoc.i18n import _, between, counted, of_what
from rkedoc.sphinxext.blocks.drawings import Mark, Strip, Tile, TileMap
from rkedoc.sphinxext.blocks.view import Cell, Code, Picture, Ref, Row, Table
from rkedoc.sphinxext.views.parts.cells import badge, joined, ref_of
from rkedoc.sphinxext.views.parts.site_index import desk
from rkedoc.vocabulary import Origin, Role

if TYPE_CHECKING:
    from rkedoc.cluster.model import Workload
    from rkedoc.explain.ledger.ledger import LedgerLine
    from rkedoc.sphinxext.site import Site

FEW = 3
"""Nodes that have a map each on a page of all; of more of them one map shows the cluster."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    """How much of a cluster a map draws; what is more is a number."""

    tiles: int
    rows: int
    nodes: int


_AT_ONCE = 300
"""Containers that the maps on a page of all nodes draw in full; of more of them each node's own page has its whole map."""
_OF_NODE, _OF_CLUSTER = _Bounds(60, 16, 0), _Bounds(24, 8, 360)

_ROLE_ORDER = {"sandbox": 0, "init": 1, "sidecar": 2, "app": 3, "ephemeral": 4, "previous-attempt": 5, "standalone": 6}


def node_maps(site: Site, node: str | None = None) -> tuple[Picture, ...]:
    """The map of a node; without its name a map of each while they are few, else one of the cluster.

    Several maps have one legend, on the first.
    """
    by_node = desk(site).lines_by_node
    if node is None and len(by_node) > FEW:
        return (cluster_map(site),)
    names = [name for name in sorted(by_node, key=natural) if node in (None, name)]
    whole = node is not None or sum(len(by_node[name]) for name in names) <= _AT_ONCE
    drawn = [(name, _tiles(site, by_node[name], _OF_NODE if whole else _OF_CLUSTER)) for name in names]
    legend = _legend(tile for _name, tiles in drawn for tile in tiles)
    maps = []
    for at, (name, tiles) in enumerate(drawn):
        title = _("What runs on {node}").format(node=name) if name else _("What runs")
        maps.append(Picture(TileMap(tiles, () if at else legend), title, _table(site, by_node[name])))
    return tuple(maps)


def map_of(site: Site, lines: Sequence[LedgerLine]) -> Picture:
    """The map of some containers, wherever they run."""
    tiles = _tiles(site, lines, _OF_NODE)
    return Picture(TileMap(tiles, _legend(tiles)), _("What runs"), _table(site, lines))


def cluster_map(site: Site) -> Picture:
    """The map of many nodes: the nodes by their roles, and what runs on all of them together."""
    tiles = (*_nodes(site), *_tiles(site, site.ledger.lines, _OF_CLUSTER))
    title = _("What runs on the nodes of this cluster")
    return Picture(TileMap(tiles, _legend(tiles)), title, _table(site, site.ledger.lines))


def _tiles(site: Site, lines: Iterable[LedgerLine], bounds: _Bounds) -> tuple[Tile, ...]:
    """A tile for what runs outside pods, and a tile for each namespace, those first in which something is not well."""
    outside, inside = _split(lines)
    tiles = [_outside(site, outside, bounds)] if outside else []
    ill = {name: any(mark_state(site, line) == "ill" for line in found) for name, found in inside.items()}
    names = sorted(inside, key=lambda name: (not ill[name], -len(inside[name]), natural(name)))
    tiles += [_namespace(site, name, inside[name], bounds) for name in names[: bounds.tiles]]
    if len(names) > bounds.tiles:
        count = sum(len(inside[name]) for name in names[bounds.tiles :])
        text = _("{namespaces} more namespaces with {count} containers").format(
            namespaces=len(names) - bounds.tiles, count=count
        )
        tiles.append(Tile(_("Further namespaces"), _containers(count), (), Ref("page", "namespaces"), text))
    return tuple(tiles)


def _split(lines: Iterable[LedgerLine]) -> tuple[list[LedgerLine], dict[str, list[LedgerLine]]]:
    """What runs outside pods, and what runs in each namespace."""
    outside: list[LedgerLine] = []
    inside: dict[str, list[LedgerLine]] = {}
    for line in lines:
        if line.role == Role.STANDALONE or not line.namespace:
            outside.append(line)
        else:
            inside.setdefault(line.namespace, []).append(line)
    return outside, inside


def mark_state(site: Site, line: LedgerLine) -> str:
    """How a container is drawn: running, stopped, or ill if something is not well with it or its pod's container."""
    if line.state in ("dead", "restarting"):
        return "ill"
    ill = desk(site).ill
    if line.record_id in ill:
        return "ill"
    if line.state == "running":
        return "running"
    # What has ended is ill where its pod is and where it is no step on the way, as an init container is.
    pod = f"core/Pod/{line.namespace}/{_short(line)}"
    return "ill" if line.role in (Role.APP, Role.SIDECAR) and pod in ill else "stopped"


def _short(line: LedgerLine) -> str:
    """The name of a container's pod, without its namespace."""
    return line.pod.rpartition("/")[2] if line.pod else ""


def _label(line: LedgerLine) -> str:
    return f"{line.name} · {line.role.label.translated} · {line.state}"


def _goal_of(line: LedgerLine) -> Ref | None:
    return ref_of(line.record_id) if line.record_id.startswith("engine/") else None


_APART = 6
"""Containers of a row that have a mark each; of more of them those that are alike share one, with their number."""


def _marks(site: Site, lines: Iterable[LedgerLine]) -> tuple[Mark, ...]:
    """The marks of the containers of a row, in the order in which a pod starts them."""
    ordered = sorted(lines, key=lambda line: (_ROLE_ORDER.get(line.role, 9), line.name))
    states = [mark_state(site, line) for line in ordered]
    if len(ordered) <= _APART:
        return tuple(
            Mark(str(line.role), str(line.origin), state, _label(line), _goal_of(line))
            for line, state in zip(ordered, states, strict=True)
        )
    alike: dict[tuple[Role, Origin, str], list[LedgerLine]] = {}
    for line, state in zip(ordered, states, strict=True):
        alike.setdefault((line.role, line.origin, state), []).append(line)
    return tuple(
        Mark(
            str(role),
            str(origin),
            state,
            f"{len(found)} × {role.label.translated} · {found[0].state}",
            None,
            len(found),
        )
        for (role, origin, state), found in alike.items()
    )


def _outside(site: Site, lines: list[LedgerLine], bounds: _Bounds) -> Tile:
    """What runs outside pods, a row a component, as people call it."""
    rows: dict[str, list[LedgerLine]] = {}
    for line in sorted(lines, key=lambda line: (line.origin.order, line.name)):
        rows.setdefault(_called(site, line), []).append(line)
    strips = [
        Strip(name, _marks(site, found), _goal_of(found[0]) if len(found) == 1 else Ref("page", "containers"))
        for name, found in rows.items()
    ]
    return _tile(_("Outside pods"), len(lines), strips, Ref("page", "containers"), bounds)


def _called(site: Site, line: LedgerLine) -> str:
    """The component's name, which says more than that of the container where the engine has made that up."""
    entry = site.cluster.catalog.get(line.component) if line.component else None
    return entry.name if entry is not None and "<" not in entry.name else line.name


def _tile(name: str, count: int, strips: list[Strip], ref: Ref, bounds: _Bounds) -> Tile:
    """A tile with as many rows as are drawn: those in which something is not well stay."""
    more = len(strips) - bounds.rows
    if more <= 1:
        return Tile(name, _containers(count), tuple(strips), ref)
    ill = {strip for strip in strips if any(mark.state == "ill" for mark in strip.marks)}
    kept = sorted(range(len(strips)), key=lambda at: (strips[at] not in ill, at))[: bounds.rows]
    last = _("and {count} more").format(count=more)
    return Tile(name, _containers(count), tuple(strips[at] for at in sorted(kept)), ref, last)


def _containers(count: int) -> str:
    return counted(count, _("{count} container"), _("{count} containers"))


def _namespace(site: Site, name: str, lines: list[LedgerLine], bounds: _Bounds) -> Tile:
    """A namespace: a row a workload, with the number of its pods where there are several."""
    groups: dict[tuple[str, str], dict[str, list[LedgerLine]]] = {}
    for line in lines:
        pod = _short(line)
        workload = _workload(site, name, pod)
        # A static pod is called after its program and its node: without the node it is the same on all of them.
        bare = workload is None or workload.kind == "Pod"
        key = ("", pod.removesuffix(f"-{line.node}")) if bare or workload is None else (workload.id, workload.name)
        groups.setdefault(key, {}).setdefault(pod, []).append(line)
    strips = []
    for (_id, label), pods in sorted(groups.items()):
        first = min(pods)
        workload = _workload(site, name, first)
        shown = f"{label} ×{len(pods)}" if len(pods) > 1 else label
        found = [line for group in pods.values() for line in group]
        strips.append(Strip(shown, _marks(site, found), _goal(site, workload, name, first)))
    return _tile(name, len(lines), strips, Ref("namespace", name), bounds)


def _workload(site: Site, namespace: str, pod: str) -> Workload | None:
    return desk(site).workload_of_pod.get(f"core/Pod/{namespace}/{pod}")


def _goal(site: Site, workload: Workload | None, namespace: str, pod: str) -> Ref:
    if workload is not None and workload.id in site.page_of_record:
        return Ref("page", site.page_of_record[workload.id].key)
    return Ref("pod", f"{namespace}/{pod}")


def _nodes(site: Site) -> Iterator[Tile]:
    """The nodes by their roles, each as a mark: those that are not well first."""
    roles = {name: between().join(parts) for name, parts, _where, _labelled in distribution(site.cluster).roles}
    groups: dict[str, list[Mark]] = {}
    for node in site.cluster.nodes():
        problems = desk(site).problems_by_record.get(node.id, ())
        told = between("; ").join(problem.what for problem in problems)
        label = of_what(node.name, told) if told else node.name
        mark = Mark(_NODE, "sandbox", "ill" if node.id in desk(site).ill else "running", label, Ref("node", node.name))
        groups.setdefault(roles.get(node.name, ""), []).append(mark)
    for role, marks in sorted(groups.items(), key=lambda item: (len(item[1]), item[0])):
        marks.sort(key=lambda mark: mark.state != "ill")
        count = counted(len(marks), _("{count} node"), _("{count} nodes"))
        more = len(marks) - _OF_CLUSTER.nodes
        last = _("and {count} more").format(count=more) if more > 0 else ""
        strip = Strip(role or _("nodes"), tuple(marks[: _OF_CLUSTER.nodes]))
        yield Tile(_("Nodes"), count, (strip,), Ref("page", "nodes"), last)


_NODE = "node"
"""Nodes are drawn as containers are, and say what they are."""


def _legend(tiles: Iterable[Tile]) -> tuple[Mark, ...]:
    """How to read the marks of these tiles: their shapes, fillings and colours, those that occur alone."""
    marks = [mark for tile in tiles for strip in tile.strips for mark in strip.marks if mark.role != _NODE]
    shapes = {mark.role if mark.role in (Role.SANDBOX, Role.INIT) else Role.APP for mark in marks}
    states = {mark.state for mark in marks}
    tones = {mark.tone for mark in marks}
    told = [
        Mark(str(role), "sandbox", "running", words)
        for role, words in (
            (Role.SANDBOX, _("ring: a pod's sandbox")),
            (Role.INIT, _("diamond: an init container")),
            (Role.APP, _("square: a container")),
        )
        if role in shapes
    ]
    told += [
        Mark(str(Role.APP), "sandbox", state, words)
        for state, words in (
            ("running", _("filled: it runs")),
            ("stopped", _("hollow: it does not")),
            ("ill", _("crossed: it is not well")),
        )
        if state in states
    ]
    told += [
        Mark(str(Role.APP), str(origin), "running", origin.label.translated) for origin in Origin if origin in tones
    ]
    return tuple(told)


def _table(site: Site, lines: Iterable[LedgerLine]) -> Table:
    outside, inside = _split(lines)
    rows = [_row(site, (_("outside pods"),), line) for line in outside]
    for name, lines in sorted(inside.items(), key=lambda item: natural(item[0])):
        rows.extend(_row(site, (Ref("namespace", name),), line) for line in lines)
    if len(rows) > 400:  # the ledger's page holds all of them; here a sum is more use
        rows = [_sum_row((_("outside pods"),), outside)] if outside else []
        rows += [
            _sum_row((Ref("namespace", name),), lines)
            for name, lines in sorted(inside.items(), key=lambda item: natural(item[0]))
        ]
    return Table((_("Where"), _("Pod"), _("Container"), _("Role and origin"), _("State")), tuple(rows), filterable=True)


def _row(site: Site, where: Cell, line: LedgerLine) -> Row:
    goal = _goal_of(line)
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
