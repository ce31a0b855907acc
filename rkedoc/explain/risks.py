"""What lets harm spread further than it must: rights on nodes and in the cluster, open ports, what has no limit, images that change.

Every finding names its object, and whose that is. What the platform brings is listed too: that it comes with the platform is known, and
nothing here says that it could do with less. Containers that are done are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from posixpath import normpath
from typing import TYPE_CHECKING, Any, Final

from rkedoc.catalog.images import parse_image
from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import items, mapping, number, plain, text
from rkedoc.cluster.model import has_finished, is_over
from rkedoc.cluster.selectors import LabelIndex
from rkedoc.explain.facts.fact import Words, said
from rkedoc.explain.images import SANDBOX, image_users
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.explain.ledger.sockets import open_sockets
from rkedoc.explain.listening import listening
from rkedoc.explain.rights import all_powerful
from rkedoc.explain.unseen import unseen_containers
from rkedoc.i18n import N_, Message
from rkedoc.vocabulary import ProcessClass, RiskKind, Role, Whose

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.cluster.model import Cluster, Workload
    from rkedoc.explain.images import ImageUser
    from rkedoc.explain.ledger.line import LedgerLine
    from rkedoc.explain.ledger.sockets import OpenSocket
    from rkedoc.snapshot.record import Record

_RUNNING: Final = frozenset({"running", "restarting", "paused"})
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::", "*"})
_NAMESPACES: Final = ("hostNetwork", "hostPID", "hostIPC")

# Where runtimes listen unless they are told otherwise; below /run, which /var/run leads to (Filesystem Hierarchy Standard 3.0, section 5.13):
# moby/moby, containerd/containerd, k3s-io/k3s (pkg/agent/config/config.go), kubernetes/kubernetes v1.27
# (cmd/kubeadm/app/constants/constants_unix.go) and v1.20 (cmd/kubelet/app/options, dockershim), containers/podman (contrib/systemd).
_SOCKETS: Final = (
    "/run/docker.sock", "/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock", "/run/crio/crio.sock",
    "/run/cri-dockerd.sock", "/run/k3s/cri-dockerd/cri-dockerd.sock", "/run/dockershim.sock", "/run/podman/podman.sock",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Risk:
    """One finding: ``detail`` says what exactly, ``where`` the field that says so.

    ``subject`` is what people call the object, ``record_id`` its record (empty for an image, which is none), ``part`` the containers of a
    workload that it is about. ``component`` is the id of the catalog's entry, where one is known.
    """

    kind: RiskKind
    subject: str
    record_id: str
    part: str
    detail: Words
    where: Words
    whose: Whose
    component: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The finding for programs: the same in every language."""
        return {
            "kind": self.kind, "subject": self.subject, "id": self.record_id or None, "part": self.part, "detail": str(self.detail),
            "where": str(self.where), "whose": self.whose, "component": self.component,
        }  # fmt: skip

    @property
    def text(self) -> str:
        """What exactly, in the language in use."""
        return plain(said(self.detail))


@dataclass(frozen=True, slots=True)
class RiskReport:
    """All findings, by kind, whose they are, and name. ``unseen`` is what could hold more of a kind and was not collected."""

    findings: tuple[Risk, ...]
    unseen: tuple[tuple[RiskKind, tuple[Message, ...]], ...]

    def of(self, kind: RiskKind) -> tuple[Risk, ...]:
        """The findings of a kind."""
        return tuple(risk for risk in self.findings if risk.kind == kind)

    def unseen_of(self, kind: RiskKind) -> tuple[Message, ...]:
        """What was not collected that could hold more of a kind."""
        return dict(self.unseen).get(kind, ())

    def to_json(self) -> dict[str, Any]:
        """The report for programs: the same in every language."""
        unseen = {kind.value: [str(item) for item in told] for kind, told in self.unseen if told}
        return {"findings": [risk.to_json() for risk in self.findings], "unseen": unseen}


@lru_cache(maxsize=4)
def risks(cluster: Cluster) -> RiskReport:
    """Everything of the kinds of :class:`~rkedoc.vocabulary.RiskKind` that the snapshot shows."""
    found = {
        *(risk for workload in cluster.workloads() for risk in _of_workload(cluster, workload)),
        *(risk for line in build_ledger(cluster).lines for risk in _of_container(cluster, line)),
        *_bindings(cluster), *_ports(cluster), *_images(cluster),
    }  # fmt: skip
    unseen = tuple((kind, tuple(_unseen(cluster, kind))) for kind in RiskKind)
    return RiskReport(tuple(sorted(found, key=_order)), unseen)


def _order(risk: Risk) -> tuple[int, int, str, str, str]:
    return risk.kind.order, risk.whose.order, risk.subject, risk.part, str(risk.detail)


def _of_workload(cluster: Cluster, workload: Workload) -> Iterator[Risk]:
    spec = workload.pod_spec
    if is_over(workload) or _only_the_engine_knows(workload):
        return
    name = f"{workload.namespace}/{workload.name}"
    for role, container in containers_of(spec):
        part = text(container, "name")
        match = cluster.container_match(workload, part)
        known = _known(match.entry if match is not None else None)
        if mapping(container, "securityContext").get("privileged") is True:
            yield Risk(
                RiskKind.PRIVILEGED,
                name,
                workload.id,
                part,
                Message("all rights on the node"),
                "securityContext.privileged",
                *known,
            )
        if role in (Role.APP, Role.SIDECAR) and (detail := _without_limit(workload, part)):
            yield Risk(RiskKind.NO_LIMIT, name, workload.id, part, detail, "resources.limits", *known)
    known = _known(workload.entry)
    if shared := [field for field in _NAMESPACES if spec.get(field) is True]:
        yield Risk(RiskKind.HOST_NAMESPACE, name, workload.id, "", ", ".join(shared), "spec", *known)
    for path, (parts, writes) in _host_paths(spec).items():
        yield from _mounts(name, workload.id, ", ".join(parts), path, writes, "spec.volumes", known)


def _known(entry: Entry | None) -> tuple[Whose, str | None]:
    return (Whose.OWN, None) if entry is None else (Whose.of(entry.origin), entry.id)


def _only_the_engine_knows(workload: Workload) -> bool:
    """Whether nothing but an engine tells of a workload's pods: then what their specification asks for is not known."""
    return workload.record is None and not any(mapping(pod.body, "status") for pod in workload.pods)


def _host_paths(spec: Mapping[str, Any]) -> Mapping[str, tuple[list[str], bool]]:
    """The paths of the node that containers mount, with the names of these and whether one of them may write."""
    volumes = {text(volume, "name"): text(volume, "hostPath", "path") for volume in items(spec, "volumes")}
    found: dict[str, tuple[list[str], bool]] = {}
    for _role, container in containers_of(spec):
        for mount in items(container, "volumeMounts"):
            if not (path := volumes.get(text(mount, "name"), "")):
                continue
            whole = f"{path}/{inside}" if (inside := text(mount, "subPath")) else path
            parts, writes = found.get(whole, ([], False))
            name = text(container, "name")
            found[whole] = (parts if name in parts else [*parts, name], writes or mount.get("readOnly") is not True)
    return found


def _mounts(
    subject: str, record_id: str, part: str, path: str, writes: bool, where: str, known: tuple[Whose, str | None]
) -> Iterator[Risk]:
    """What a mount of the node's is: a runtime's socket, a folder, or both, where the folder holds such a socket."""
    sockets = sockets_in(path)
    if sockets == (_real(path),):
        yield Risk(RiskKind.RUNTIME_SOCKET, subject, record_id, part, path, where, *known)
        return
    if sockets:
        told = Message("{path}, where runtimes have their sockets", path=path)
        yield Risk(RiskKind.RUNTIME_SOCKET, subject, record_id, part, told, where, *known)
    detail = Message("{path}, read and write", path=path) if writes else Message("{path}, read only", path=path)
    yield Risk(RiskKind.HOST_MOUNT, subject, record_id, part, detail, where, *known)


def sockets_in(path: str) -> tuple[str, ...]:
    """The sockets of runtimes that a path of the node is, or that lie below it.

    >>> sockets_in("/var/run/docker.sock"), sockets_in("/var/run/calico")
    (('/run/docker.sock',), ())
    """
    real = _real(path)
    return tuple(socket for socket in _SOCKETS if socket == real or socket.startswith(f"{real.rstrip('/')}/"))


def _real(path: str) -> str:
    clean = normpath(path.replace("\0", "")) if path.startswith("/") else path
    clean = f"/{clean.lstrip('/')}" if clean.startswith("//") else clean
    return clean.removeprefix("/var") if clean == "/var/run" or clean.startswith("/var/run/") else clean


def _without_limit(workload: Workload, name: str) -> Message | None:
    """What is not limited of a container: by its pods where it has some, since a LimitRange of the namespace may have added a limit."""
    pods = [mapping(pod.body, "spec") for pod in workload.pods if _is_running(pod)]
    missing = [
        limits for spec in pods or [workload.pod_spec] for limits in _limits(spec, name) if "memory" not in limits
    ]
    if not missing:
        return None
    return Message("a limit of processor time alone") if "cpu" in missing[0] else Message("no limits")


def _is_running(pod: Record) -> bool:
    """Whether a pod of the API has not ended; of a pod that only an engine knows, the limits are not known."""
    return bool(mapping(pod.body, "status")) and not has_finished(pod)


def _limits(spec: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    """The limits of a container, with those of its pod as a whole (Kubernetes 1.32, KEP-2837)."""
    for _role, container in containers_of(spec):
        if text(container, "name") == name:
            yield {**mapping(spec, "resources", "limits"), **mapping(container, "resources", "limits")}


# -- containers outside pods ------------------------------------------------------------------------------------------


def _of_container(cluster: Cluster, line: LedgerLine) -> Iterator[Risk]:
    record = cluster.snapshot.get(line.record_id) if line.role == Role.STANDALONE else None
    if record is None or line.state not in _RUNNING or record.body.get("inspected") is False:
        return
    name, known, body = f"{line.node}/{record.name}", (Whose.of(line.origin), line.component), record.body
    if body.get("privileged") is True:
        yield Risk(
            RiskKind.PRIVILEGED, name, record.id, "", Message("all rights on the node"), "HostConfig.Privileged", *known
        )
    fields = (("networkMode", "NetworkMode"), ("pidMode", "PidMode"), ("ipcMode", "IpcMode"))
    if shared := [f"{shown}=host" for field, shown in fields if text(body, field) == "host"]:
        yield Risk(RiskKind.HOST_NAMESPACE, name, record.id, "", ", ".join(shared), "HostConfig", *known)
    for mount in items(body, "mounts"):
        if text(mount, "type") == "bind" and text(mount, "source"):
            writes = mount.get("readOnly") is not True
            yield from _mounts(name, record.id, "", text(mount, "source"), writes, "Mounts", known)
    if not number(body, "resources", "memory"):
        yield Risk(RiskKind.NO_LIMIT, name, record.id, "", Message("no limits"), "HostConfig.Memory", *known)


# -- rights in the cluster --------------------------------------------------------------------------------------------


def _bindings(cluster: Cluster) -> Iterator[Risk]:
    powerful = all_powerful(cluster)
    accounts: dict[tuple[str, str], list[Workload]] = {}
    for workload in cluster.workloads():
        account = text(workload.pod_spec, "serviceAccountName") or "default"
        accounts.setdefault((workload.namespace, account), []).append(workload)
    for record in (*cluster.snapshot.by_kind("ClusterRoleBinding"), *cluster.snapshot.by_kind("RoleBinding")):
        role = mapping(record.body, "roleRef")
        if text(role, "kind") != "ClusterRole" or text(role, "name") not in powerful:
            continue
        for subject in items(record.body, "subjects"):
            yield _given(record, subject, accounts)


def _given(record: Record, subject: Mapping[str, Any], accounts: Mapping[tuple[str, str], list[Workload]]) -> Risk:
    kind, who = text(subject, "kind"), text(subject, "name")
    known: tuple[Whose, str | None] = (Whose.OWN, None)
    if kind == "ServiceAccount":
        place = text(subject, "namespace") or record.namespace or ""
        users = [_known(workload.entry) for workload in accounts.get((place, who), ())]
        known, who = min(users, key=lambda one: one[0].order, default=(Whose.UNKNOWN, None)), f"{place}/{who}"
    elif record.name == "cluster-admin" and who == "system:masters":
        # kubernetes/kubernetes v1.20, plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go, ClusterRoleBindings
        known = (Whose.PLATFORM, None)
    told = (
        Message("{kind} {who}: everything in namespace {namespace}", kind=kind, who=who, namespace=record.namespace)
        if record.namespace is not None
        else Message("{kind} {who}: everything in the whole cluster", kind=kind, who=who)
    )
    name = f"{record.namespace}/{record.name}" if record.namespace is not None else record.name
    return Risk(RiskKind.CLUSTER_ADMIN, name, record.id, "", told, "roleRef, subjects", *known)


# -- ports ------------------------------------------------------------------------------------------------------------


def _ports(cluster: Cluster) -> Iterator[Risk]:
    """What listens at every address: the sockets that are open, and what is stated and was not measured, also where no address is."""
    yield from _sockets(cluster)
    lines = {line.record_id: line for line in build_ledger(cluster).lines if line.role == Role.STANDALONE}
    index = LabelIndex(cluster.workloads())
    for listener in (one.stated for one in listening(cluster) if one.socket is None and one.stated is not None):
        workload = cluster.workload_of(listener.record_id)
        service = cluster.snapshot.get(listener.record_id) if "/Service/" in listener.record_id else None
        if service is not None and listener.where != "spec.externalIPs":
            # kubernetes.io, kube-proxy, --nodeport-addresses: all addresses of the node unless it is set
            detail = Message(
                "{port}/{protocol} of every node, by its NodePort", port=listener.port, protocol=listener.protocol
            )
            yield Risk(
                RiskKind.OPEN_PORT,
                listener.name,
                service.id,
                "",
                detail,
                listener.where,
                *_behind(index, service),
            )
        elif listener.address in _EVERYWHERE or not listener.address:
            line = lines.get(listener.record_id)
            known = (
                _known(workload.entry) if workload is not None
                else (Whose.of(line.origin), line.component) if line is not None
                else (Whose.PLATFORM, None)  # a kubelet, by what its node says of it
            )  # fmt: skip
            told = (
                N_("{port}/{protocol} of {node}")
                if listener.address
                else N_("{port}/{protocol} of {node}, at an address that nothing states")
            )
            detail = Message(told, port=listener.port, protocol=listener.protocol, node=listener.node or "*")
            yield Risk(RiskKind.OPEN_PORT, listener.name, listener.record_id, "", detail, listener.where, *known)


def _behind(index: LabelIndex, service: Record) -> tuple[Whose, str | None]:
    """Whose the pods behind a Service are."""
    found = index.equal(service.namespace or "", mapping(service.body, "spec", "selector"))
    return min(
        (_known(workload.entry) for workload in found), key=lambda one: one[0].order, default=(Whose.UNKNOWN, None)
    )


def _sockets(cluster: Cluster) -> Iterator[Risk]:
    """The sockets at every address, those of one port for both versions of IP as one."""
    found: dict[tuple[str, int, str, str], list[OpenSocket]] = {}
    for one in open_sockets(cluster):
        programs = ", ".join(dict.fromkeys(line.program for line in one.holders))
        if one.everywhere and not any(line.klass == ProcessClass.COLLECTOR for line in one.holders):
            found.setdefault((one.socket.node, one.socket.port, one.socket.protocol.upper(), programs), []).append(one)
    for (node, port, protocol, programs), sockets in found.items():
        known = [_held(cluster, line.klass, line.component) for one in sockets for line in one.holders]
        by_kernel = (Whose.PLATFORM if any(str(one.purpose) for one in sockets) else Whose.UNKNOWN, None)
        whose = min(known, key=lambda item: item[0].order, default=by_kernel)
        detail = Message("{port}/{protocol} of {node}", port=port, protocol=protocol, node=node)
        where = ", ".join(sorted(one.socket.address for one in sockets))
        yield Risk(RiskKind.OPEN_PORT, programs or str(port), sockets[0].socket.id, "", detail, where, *whose)


def _held(cluster: Cluster, klass: ProcessClass, component: str | None) -> tuple[Whose, str | None]:
    match klass:
        case ProcessClass.IN_CONTAINER:
            return _known(cluster.catalog.get(component) if component else None)
        case ProcessClass.SYSTEM:
            return Whose.SYSTEM, component
        case ProcessClass.UNEXPLAINED:
            return Whose.UNKNOWN, component
        case _:
            return Whose.PLATFORM, component


# -- images -----------------------------------------------------------------------------------------------------------

_NAMED: Final = 3


def _images(cluster: Cluster) -> Iterator[Risk]:
    for image, users in image_users(cluster).items():
        reference = parse_image(image)
        if not reference.identified or reference.digest:
            continue
        # Without a tag the name means "latest" (distribution/reference v0.5, TagNameOnly).
        kind = RiskKind.MOVING_IMAGE if reference.tag in (None, "latest") else RiskKind.NO_DIGEST
        known = min((_user(user) for user in users), key=lambda one: one[0].order)
        yield Risk(kind, image, "", "", _used_by(users), "image", *known)


def _user(user: ImageUser) -> tuple[Whose, str | None]:
    """Whose an image is that is used so: that of a pod's sandbox is the platform's, whosever the pod is."""
    component = user.entry.id if user.entry is not None else None
    return (Whose.PLATFORM if user.container == SANDBOX else Whose.of(user.origin)), component


def _used_by(users: Sequence[ImageUser]) -> Message:
    names = sorted({user.name for user in users if user.container != SANDBOX})
    sandboxes = sum(user.container == SANDBOX for user in users)
    if not names:
        return Message("used by the sandboxes of {count} pods", count=sandboxes)
    shown, more = ", ".join(names[:_NAMED]), len(names) - _NAMED
    if more > 0:
        return Message("used by {names} and {count} more", names=shown, count=more)
    return Message("used by {names}", names=shown)


# -- what was not seen ------------------------------------------------------------------------------------------------


def _unseen(cluster: Cluster, kind: RiskKind) -> Iterator[Message]:
    match kind:
        case RiskKind.CLUSTER_ADMIN:
            if not cluster.whole("ClusterRoleBinding"):
                yield Message("bindings for the whole cluster")
            if not cluster.whole("RoleBinding"):
                yield Message("bindings in namespaces")
            if not cluster.whole("ClusterRole"):
                yield Message("roles other than cluster-admin that allow everything")
        case RiskKind.OPEN_PORT:
            if any(node.name not in cluster.hosts for node in cluster.nodes()):
                yield Message("what listens on nodes whose hosts were not read, unless an object states it")
            if not cluster.whole("Service"):
                yield Message("services and their ports")
        case _:
            yield from unseen_containers(cluster)
