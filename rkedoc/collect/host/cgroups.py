"""Which container, and which service, a process belongs to, by its control group.

How engines name the control groups of containers:

- the kubelet makes one for each pod: ``pod<uid>`` with cgroupfs, ``…-pod<uid>.slice`` with systemd, where the hyphens of the
  uid are underscores (kubernetes/kubernetes at 00b39fcf, pkg/kubelet/cm/pod_container_manager_linux.go, and at 00ac878e,
  pkg/kubelet/cm/cgroup_manager_linux.go, ConvertCgroupNameToSystemd);
- containerd puts a container below it as ``<id>``, or asks for ``<slice>:cri-containerd:<id>``, of which systemd makes
  ``cri-containerd-<id>.scope`` and a runtime without systemd a folder with colons in its name (containerd/cri, getCgroupsPath);
- Docker has ``/docker/<id>``, or ``docker-<id>.scope`` (moby/moby, daemon/oci_linux.go, WithCgroups);
- CRI-O has ``crio-<id>``, with ``.scope`` where systemd makes it (cri-o/cri-o at 09a0030e, internal/config/cgmgr/cgmgr_linux.go);
- Podman has ``libpod-<id>.scope``; the monitor beside a container is in ``libpod-conmon-<id>.scope``, that of CRI-O in
  ``crio-conmon-<id>.scope``;
- what ctr starts is in ``/<namespace of containerd>/<name>``.

Services are ``<name>.service`` with systemd, and ``openrc.<name>``, ``openrc_<name>`` or ``rc/<name>`` with OpenRC
(OpenRC, sh/rc-cgroup.sh).

Where containers lie within one another (a node that is a container itself, as kind and k3d make them), the innermost one is
the container of a process, because it is the one that the engine on that node knows; those around it are named beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ID = r"[0-9a-f]{64}"
_CONTAINER = re.compile(
    rf"(?:.*\.slice:)?(?P<make>cri-containerd|docker|crio|libpod|nerdctl)(?P<monitor>-conmon)?[-:](?P<id>{_ID})(?:\.scope)?"
)
_BARE = re.compile(_ID)
_UID = r"[0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32}"
"""The uid of a pod; that of a static pod is 32 digits (the hash of its manifest)."""
_POD = re.compile(rf"(?:\A|-)pod({_UID})(?:\.slice)?(?:\Z|:)")
_MAKES = {
    "cri-containerd": "containerd",
    "nerdctl": "containerd",
    "docker": "docker",
    "crio": "cri-o",
    "libpod": "podman",
}
_NAMESPACES = frozenset({"default", "k8s.io"})
"""Namespaces of containerd: that of ctr and nerdctl, and that of the CRI."""
_PODMAN_PODS = "libpod_parent"

_UNIT = re.compile(r".+\.(?:service|scope)")
_OPENRC = re.compile(r"openrc[._].+")
_OPENRC_FOLDER = "rc"


@dataclass(frozen=True, slots=True)
class ContainerPlace:
    """The container that a control group is of.

    ``id`` has 64 digits, except for what ctr started, where it is a name. ``make`` is ``containerd``, ``docker``, ``cri-o``,
    ``podman``, or empty where the path does not tell. ``pod_uid`` is as the API writes it, or empty. ``monitor``: not the
    container itself but the process that watches over it. ``around`` are the containers that it lies in, the outermost first.
    """

    id: str
    make: str = ""
    pod_uid: str = ""
    monitor: bool = False
    around: tuple[str, ...] = ()


def paths_of(text: str) -> tuple[str, ...]:
    """The control groups in a ``/proc/<pid>/cgroup``, without repetition (cgroups(7): ``id:controllers:path``)."""
    lines = (line.split(":", 2) for line in text.splitlines())
    return tuple(dict.fromkeys(fields[2] for fields in lines if len(fields) == 3))


def container_of(cgroup: str) -> ContainerPlace | None:
    """The container that the control group with this path is of; ``None`` if it is of none."""
    found: ContainerPlace | None = None
    pod = ""
    before = ""
    for part in cgroup.strip("/").split("/"):
        if matched := _POD.search(part):
            pod = matched[1].replace("_", "-")
        if place := _container(part, before, pod, outermost=found is None):
            around = () if found is None else (*found.around, found.id)
            found = ContainerPlace(place.id, place.make, pod, place.monitor, around)
            pod, before = "", ""
        else:
            before = f"{before}/{part}" if before else part
    return found


def unit_of(cgroup: str) -> str | None:
    """The service or session that a control group belongs to, as the node's own service manager names it.

    ``rke2-server.service``, ``session-3.scope``, ``init.scope``, ``user@1000.service``; ``openrc.k3s`` for a service of OpenRC.
    ``None`` where there is none. A container's scope is no service, and what is within a container has none of the node's.
    """
    before = ""
    for part in cgroup.strip("/").split("/"):
        if _container(part, before, "", outermost=True) is not None:
            return None
        if _UNIT.fullmatch(part) or _OPENRC.fullmatch(part):
            return part.replace("openrc_", "openrc.", 1) if part.startswith("openrc_") else part
        if before == _OPENRC_FOLDER and part:
            return f"openrc.{part}"
        before = f"{before}/{part}" if before else part
    return None


def _container(part: str, before: str, pod: str, *, outermost: bool) -> ContainerPlace | None:
    """The container that one part of a path names. ``before`` is the path since the container around it, or the root."""
    if matched := _CONTAINER.fullmatch(part):
        return ContainerPlace(matched["id"], _MAKES[matched["make"]], monitor=matched["monitor"] is not None)
    parent = before.rpartition("/")[2]
    if _BARE.fullmatch(part):
        if parent == _PODMAN_PODS:
            return None
        make = "docker" if parent == "docker" else "containerd" if parent in _NAMESPACES else ""
        return ContainerPlace(part, make)
    # Anybody may call a folder `default`: only at the top of the tree is it a namespace of containerd.
    if before in _NAMESPACES and part and not pod and outermost:
        return ContainerPlace(part, "containerd")
    return None
