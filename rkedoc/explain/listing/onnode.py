"""What each line of a listing of a node names: a process, an open port, a unit of systemd, a container of containerd."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rkedoc.catalog.bound import Distribution
from rkedoc.explain.facts.ports import NODE_PORTS, OF_K3S, defaults_of_port, purpose_of_port
from rkedoc.explain.listing.explained import Explained, common_origin, of_entry
from rkedoc.explain.listing.imagelines import image_line
from rkedoc.explain.listing.programs import HostPrograms, Said, kernel_thread
from rkedoc.i18n import N_, _, between, in_brackets
from rkedoc.listing.row import (
    CONTAINERD,
    CONTAINERD_NAMESPACE,
    PROCESS,
    RUNTIME_IMAGE,
    SOCKET,
    TASK,
    UNIT,
    ListingRow,
)
from rkedoc.vocabulary import Origin, Role

if TYPE_CHECKING:
    from rkedoc.catalog.bound import ClusterCatalog
    from rkedoc.explain.listing.known import KnownNames

_CRI_ID: Final = re.compile(r"[0-9a-f]{64}\Z")
"""How containerd names what it makes for a kubelet; people give names."""

_SHORT_ID: Final = re.compile(r"[0-9a-f]{12}\Z")
"""What nerdctl prints of such a name, and of those that it makes itself."""

_OPENS_NODE_PORTS: Final = frozenset(("kube-proxy", "k3s", "k3s-server", "k3s-agent"))
_NAMESPACES: Final = {
    "k8s.io": N_("containerd's namespace for the containers of pods: what the kubelet starts is here."),
    "moby": N_("containerd's namespace for the containers of Docker."),
    "plugins.moby": N_("containerd's namespace for the plugins of Docker."),
    "buildkit": N_("containerd's namespace for BuildKit, which builds images."),
    "default": N_("containerd's namespace for what somebody starts with ctr or nerdctl and names no other."),
}


class NodeLines:
    """The answers to the rows of a node: each by itself, and by what the other rows tell."""

    def __init__(self, catalog: ClusterCatalog, known: KnownNames | None, rows: Sequence[ListingRow]) -> None:
        self.catalog = catalog
        self.known = known
        self.programs = HostPrograms(catalog, frozenset(row.process for row in rows if row.process))
        self.images = {row.name: row.image for row in rows if row.what == CONTAINERD}

    def explain(self, row: ListingRow) -> Explained:
        """What a row is that tells of the node."""
        if row.what == PROCESS:
            return _answer(row, kernel_thread() if row.kernel else self._process(row))
        if row.what == UNIT:
            return _answer(row, self.programs.unit(row.name))
        if row.what == SOCKET:
            return _answer(row, self._socket(row))
        if row.what == CONTAINERD_NAMESPACE:
            sentence = _NAMESPACES.get(
                row.name, N_("A namespace of containerd that somebody made: not one of Kubernetes.")
            )
            return Explained(row.line, row.name, None, None, None, _(sentence))
        if row.what == RUNTIME_IMAGE:
            return self._image(row, row.image or row.name)
        return self._container(row, row.image or self.images.get(row.name))

    def _process(self, row: ListingRow) -> Said:
        name = row.process or row.name
        first = name.partition(":")[0] or name
        names = [self.programs.full(one, row.kept) for one in (row.script, name, first) if one]
        return self.programs.program(names, row.command)

    def _socket(self, row: ListingRow) -> Said:
        if row.process is None:
            return self._socket_alone(row)
        likely = [program for program, _default in self._defaults(row)]
        name = self.programs.full(row.process, row.kept, likely)
        said = self.programs.program([name])
        if row.port is None:
            return said
        if row.status != "LISTEN":
            text = _("One end of a connection, port {port}/{protocol}. {summary}")
            return Said(
                text.format(port=row.port, protocol=row.protocol, summary=said.summary), said.origin, said.entries
            )
        default = purpose_of_port(row.port, row.protocol, name)
        if default is not None:
            text = _("Port {port}/{protocol}: {purpose}. {summary}")
            purpose = _(default.purpose)
        elif row.port in NODE_PORTS and name in _OPENS_NODE_PORTS:
            text = _("Port {port}/{protocol}: {purpose}. {summary}")
            purpose = _("a service's NodePort")
        else:
            text, purpose = _("Port {port}/{protocol}. {summary}"), ""
        summary = text.format(port=row.port, protocol=row.protocol, purpose=purpose, summary=said.summary)
        return Said(summary, said.origin, said.entries)

    def _defaults(self, row: ListingRow) -> list[tuple[str, str]]:
        """The programs that open the row's port by default, and what for."""
        if not row.port:
            return []
        found = defaults_of_port(row.port, row.protocol, self.catalog.distribution)
        embedded = OF_K3S if self.catalog.distribution is Distribution.K3S else ()
        return [("k3s" if program in embedded else program, _(default.purpose)) for program, default in found]

    def _socket_alone(self, row: ListingRow) -> Said:
        """A port of which the listing shows no process: what opens it by default, said as no more than that."""
        if row.status != "LISTEN":
            return Said(_("One end of a connection; the listing shows no process."), None)
        found = self._defaults(row)
        if not found and row.port in NODE_PORTS:
            text = _("Port {port}/{protocol}, by its number a service's NodePort; the listing shows no process.")
            return Said(text.format(port=row.port, protocol=row.protocol), None)
        if not found:
            return Said(
                _("not known: the listing shows no process, and nothing opens this port by default"), Origin.UNEXPLAINED
            )
        by_purpose: dict[str, list[str]] = {}
        for program, purpose in found:
            by_purpose.setdefault(purpose, []).append(program)
        purposes = _("; or ").join(in_brackets(purpose, between().join(names)) for purpose, names in by_purpose.items())
        entries = {entry.id: entry for program, _purpose in found for entry in self.programs.program([program]).entries}
        text = _("Port {port}/{protocol}, by its number alone: {purposes}. The listing shows no process.")
        summary = text.format(port=row.port, protocol=row.protocol, purposes=purposes)
        return Said(summary, common_origin(entries.values()), tuple(entries.values()))

    def _container(self, row: ListingRow, image: str | None) -> Explained:
        """A container of containerd, or its task, by the container's image."""
        if image is None:
            if row.what == TASK:
                text = _("The running process of a container; `ctr containers ls` shows the container's image.")
            else:
                text = _("A container whose image is not shown.")
            return Explained(row.line, row.name, None, None, None, text)
        found = self._image(row, image)
        short = _SHORT_ID.match(row.name) is not None and found.components
        in_pod = bool(_CRI_ID.match(row.name) or short)
        pause = self.catalog.get("pause")
        if in_pod and pause is not None and found.component == pause.id:
            return of_entry(row, pause, Role.SANDBOX)
        entry = self.catalog.get(found.component) if found.component else None
        role = Role.STANDALONE if not in_pod else (entry.role if entry is not None else None) or Role.APP
        return Explained(row.line, row.name, role, found.origin, found.component, found.summary, found.several)

    def _image(self, row: ListingRow, image: str) -> Explained:
        """What runs from an image. What a kubelet's runtime holds are images of pods."""
        return image_line(replace(row, image=image), self.catalog, self.known, in_pods=True)


def _answer(row: ListingRow, said: Said) -> Explained:
    component = said.entries[0].id if len(said.entries) == 1 else None
    several = tuple(entry.id for entry in said.entries) if len(said.entries) > 1 else ()
    return Explained(row.line, row.name, None, said.origin, component, said.summary, several)
