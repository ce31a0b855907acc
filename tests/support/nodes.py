"""Nodes that a test makes up: containers as an engine shows them, pods as the API does, and what the ledger has to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hypothesis import strategies as st

from rkedoc.catalog.loader import Catalog, load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.collect.engine.records import container_record
from rkedoc.snapshot.intent import object_record
from rkedoc.snapshot.reader import Snapshot
from rkedoc.snapshot.record import Capture, Header, Record, Scope
from rkedoc.vocabulary import Result

TIME = "2026-01-02T03:04:05Z"
PAUSE = "rancher/pause:3.2"
RUNNING = {"Status": "running"}
EXITED = {"Status": "exited", "ExitCode": 0}


@cache
def catalog() -> Catalog:
    """The shipped catalog."""
    return load_catalog()


def cluster_of(
    records: Iterable[Record],
    *,
    engines: Sequence[str] = ("n1",),
    pods: str | None = "complete",
    namespaces: Sequence[str | None] = (None,),
    counts: Mapping[str, int] | None = None,
) -> Cluster:
    """The cluster of these records. ``pods`` is how the list of pods ended, ``None`` if no API was asked."""
    found = tuple(sorted(records, key=lambda item: item.id.encode()))
    captures = []
    if pods is not None:
        ended = tuple(
            Scope(
                "core/pods",
                "list",
                "/api/v1/pods",
                200 if pods == "complete" else 403,
                Result(pods),
                namespace=namespace,
                kind="core/Pod",
            )
            for namespace in namespaces
        )
        captures.append(Capture("kubernetes", None, TIME, {"server": "v1.20.9"}, ended))
    for node in engines:
        count = sum(record.kind == "EngineContainer" and record.namespace == node for record in found)
        listed = (counts or {}).get(node, count)
        captures.append(
            Capture(
                "engine",
                node,
                TIME,
                {},
                (Scope("engine/containers", "list", "/containers/json", 200, Result.COMPLETE, "", listed),),
            )
        )
    header = Header(
        {"name": "test", "uid": "u"},
        tuple(captures),
        {"rules": {}, "key": None, "masked": []},
        len(found),
        "0" * 64,
        "0" * 64,
    )
    return Cluster(Snapshot(header, found), catalog())


def container(
    name: str,
    image: str = "example/tool:1",
    *,
    node: str = "n1",
    state: Mapping[str, Any] = RUNNING,
    labels: Mapping[str, str] | None = None,
    command: Sequence[str] = ("run",),
    image_id: str = "",
    collector: bool = False,
) -> Record:
    """A container as the engine of a node shows it."""
    inspect = {
        "Id": f"id-{node}-{name}", "Image": image_id, "State": dict(state),
        "Config": {"Image": image, "Labels": dict(labels or {}), "Cmd": list(command)},
    }  # fmt: skip
    return container_record(inspect, node=node, name=name, names={}, collector=collector)


def rke(
    name: str,
    *,
    node: str = "n1",
    state: Mapping[str, Any] = RUNNING,
    image: str = "rancher/hyperkube:v1.20.9-rancher1",
) -> Record:
    """A container that RKE made, with its label."""
    return container(name, image, node=node, state=state, labels={"io.rancher.rke.container.name": name})


def image(identifier: str, *, tags: Sequence[str] = (), digests: Sequence[str] = (), node: str = "n1") -> Record:
    """An image of a node's engine."""
    body = {"id": identifier, "tags": list(tags), "digests": list(digests)}
    return Record(f"engine/EngineImage/{node}/{identifier}", "EngineImage", None, {}, body)


@dataclass(frozen=True)
class Pod:
    """A pod, and what API and engine show of it."""

    name: str
    namespace: str = "shop"
    uid: str = ""
    node: str = "n1"
    containers: tuple[str, ...] = ("web",)
    init: tuple[str, ...] = ()
    sidecars: tuple[str, ...] = ()
    ephemeral: tuple[str, ...] = ()
    owner: tuple[str, str] | None = None
    phase: str = "Running"
    static: bool = False
    host_network: bool = False
    image: str = "example/web:1"
    image_id: str = ""
    command: tuple[str, ...] = ()
    waiting: str = ""
    """Why its containers do not run: the reason that a kubelet gives (``CrashLoopBackOff``)."""

    @property
    def engine_uid(self) -> str:
        """The uid that the kubelet gives to the pod's containers: a static pod's is the hash of its file."""
        return f"hash-of-{self.name}" if self.static else self.uid or f"uid-of-{self.namespace}-{self.name}"

    @property
    def all(self) -> tuple[str, ...]:
        """All of its containers."""
        return (*self.init, *self.sidecars, *self.containers, *self.ephemeral)

    def record(self) -> Record:
        """The pod as the API shows it."""

        def listed(names: Iterable[str], **more: str) -> list[dict[str, str]]:
            command = {"command": list(self.command)} if self.command else {}
            return [{"name": name, "image": self.image, **command, **more} for name in names]

        metadata: dict[str, Any] = {
            "name": self.name,
            "namespace": self.namespace,
            "uid": self.uid or f"uid-of-{self.namespace}-{self.name}",
        }
        if self.static:
            metadata["annotations"] = {
                "kubernetes.io/config.hash": self.engine_uid,
                "kubernetes.io/config.mirror": self.engine_uid,
            }
            metadata["ownerReferences"] = [
                {"apiVersion": "v1", "kind": "Node", "name": self.node, "controller": True, "uid": "n"}
            ]
        elif self.owner:
            kind, name = self.owner
            group = "batch/v1" if kind == "Job" else "apps/v1"
            metadata["ownerReferences"] = [
                {"apiVersion": group, "kind": kind, "name": name, "controller": True, "uid": f"uid-of-{name}"}
            ]
        spec = {
            "nodeName": self.node, "hostNetwork": self.host_network, "containers": listed(self.containers),
            "initContainers": [*listed(self.init), *listed(self.sidecars, restartPolicy="Always")],
            "ephemeralContainers": listed(self.ephemeral),
        }  # fmt: skip

        def statuses(names: Iterable[str], state: str) -> list[dict[str, Any]]:
            told = {"imageID": self.image_id} if self.image_id else {}
            details = {"reason": self.waiting} if state == "waiting" else {}
            return [
                {
                    "name": name,
                    "image": self.image,
                    "containerID": f"docker://{name}",
                    "state": {state: details},
                    **told,
                }
                for name in names
            ]

        state = "terminated" if self.phase in ("Succeeded", "Failed") else "waiting" if self.waiting else "running"
        status = {
            "phase": self.phase, "containerStatuses": statuses(self.containers, state),
            "initContainerStatuses": [*statuses(self.init, "terminated"), *statuses(self.sidecars, state)],
            "ephemeralContainerStatuses": statuses(self.ephemeral, state),
        }  # fmt: skip
        return object_record({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status})

    def part(
        self,
        name: str = "POD",
        attempt: int = 0,
        *,
        state: Mapping[str, Any] = RUNNING,
        labelled: bool = True,
        seventh: str = "",
    ) -> Record:
        """One of its containers, or its sandbox, as the engine shows it."""
        labels = {
            "io.kubernetes.pod.name": self.name, "io.kubernetes.pod.namespace": self.namespace,
            "io.kubernetes.pod.uid": self.engine_uid, "io.kubernetes.container.name": name,
            "io.kubernetes.docker.type": "podsandbox" if name == "POD" else "container",
        }  # fmt: skip
        full = f"k8s_{name}_{self.name}_{self.namespace}_{self.engine_uid}_{attempt}{seventh and '_' + seventh}"
        shown = PAUSE if name == "POD" else "sha256:" + "0" * 64
        return container(full, shown, node=self.node, state=state, labels=labels if labelled else {})

    def parts(self, **options: Any) -> list[Record]:
        """Its sandbox and all of its containers, as a healthy node shows them."""
        done = self.phase in ("Succeeded", "Failed")
        return [
            self.part("POD", state=EXITED if done else RUNNING, **options),
            *(self.part(name, state=EXITED if done or name in self.init else RUNNING, **options) for name in self.all),
        ]


@dataclass
class Made:
    """A node that was made up. ``expected`` is role and origin by the container's name, ``None`` where either will do."""

    records: list[Record] = field(default_factory=list)
    expected: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    known: list[Pod] = field(default_factory=list)
    whole: bool = True

    def cluster(self, **options: Any) -> Cluster:
        """The cluster of this node alone."""
        return cluster_of(self.records, **options)

    def add(self, found: Record, role: str, origin: str | None) -> None:
        """A container, and what has to be said of it."""
        self.records.append(found)
        self.expected[found.name] = (role, origin)


_OUTSIDE: tuple[tuple[Record, str], ...] = (
    *(
        (rke(name), "control-plane")
        for name in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")
    ),
    (rke("service-sidekick", state={"Status": "created"}, image="rancher/rke-tools:v0.1.69"), "helper"),
    (rke("share-mnt", state=EXITED, image="rancher/rancher-agent:v2.5.5"), "helper"),
    (container("rancher", "rancher/rancher:v2.5.5"), "rancher-server"),
    (container("nostalgic_galileo", "rancher/rancher-agent:v2.5.5"), "rancher-agent"),
    (container("brave_hopper", "registry.example/mirror/rancher/rancher-agent:v2.5.5"), "rancher-agent"),
    (container("blog", "nginx:1.19"), "workload"),
    (container("happy_curie", "postgres:13"), "workload"),
    (container("etcd-of-ours", "quay.example/team/etcdlike:1"), "workload"),
    (container("gitlab_web_1", "gitlab:1", labels={"com.docker.compose.project": "gitlab"}), "workload"),
    (container("jolly_wing", "sha256:" + "9" * 64, labels={"com.docker.compose.project": "x"}), "workload"),
    (container("sad_kilby", "sha256:" + "8" * 64), "unexplained"),
)

_names = st.sampled_from(("a", "b", "istio-proxy", "web", "calico-node", "install-cni", "etcd", "main", "rancher"))


@st.composite
def nodes(draw: st.DrawFn, *, odd: bool = True) -> Made:
    """A node with pods of all sorts and containers outside pods; with ``odd``, things that do not match as well."""
    made = Made()
    for index in range(draw(st.integers(0, 5))):
        _pod(draw, made, index, odd=odd)
    for found, origin in draw(st.lists(st.sampled_from(_OUTSIDE), unique_by=lambda item: item[0].id)):
        if origin != "unexplained" or odd:
            made.add(found, "standalone", origin)
            made.whole = made.whole and origin != "unexplained"
    return made


def _pod(draw: st.DrawFn, made: Made, index: int, *, odd: bool) -> None:
    names = draw(st.lists(_names, unique=True, min_size=1, max_size=5))
    first, second, third = (draw(st.integers(0, len(names) - 1)) for _ in range(3))
    one, two, three = sorted((first, second, third))
    pod = Pod(
        name=f"p{index}", namespace=draw(st.sampled_from(("shop", "kube-system", "team-a"))), init=tuple(names[:one]),
        sidecars=tuple(names[one:two]), ephemeral=tuple(names[two:three]), containers=tuple(names[three:]),
        static=draw(st.booleans()), host_network=draw(st.booleans()),
        phase=draw(st.sampled_from(("Running", "Running", "Succeeded", "Failed"))),
    )  # fmt: skip
    unknown = odd and draw(st.integers(0, 5)) == 0
    elsewhere = odd and draw(st.integers(0, 5)) == 0
    if not unknown:
        made.known.append(pod)
        made.records.append(pod.record())
    if elsewhere:
        return  # the API knows it, or nobody does, and the engine does not
    labelled = draw(st.booleans()) or unknown
    roles = {
        "POD": "sandbox", **dict.fromkeys(pod.init, "init"), **dict.fromkeys(pod.sidecars, "sidecar"),
        **dict.fromkeys(pod.containers, "app"), **dict.fromkeys(pod.ephemeral, "ephemeral"),
    }  # fmt: skip
    over = pod.phase != "Running"
    for name, role in roles.items():
        attempts = draw(st.integers(0, 3))
        kept = sorted(draw(st.sets(st.integers(0, attempts)))) if attempts else []
        for attempt in sorted({*kept, attempts}):
            previous = attempt != attempts
            ended = previous or over or name in pod.init
            found = pod.part(name, attempt, state=EXITED if ended else RUNNING, labelled=labelled)
            made.add(found, "previous-attempt" if previous else "" if unknown and name != "POD" else role, None)


def user_names() -> st.SearchStrategy[str]:
    """Names of containers that no installer gives."""
    return st.from_regex(r"my[a-z0-9.-]{0,30}", fullmatch=True)
