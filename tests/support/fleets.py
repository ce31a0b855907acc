"""Fleets that are made up: clusters with components in common, which have drifted apart, on several days.

``python -m tests.support.fleets FOLDER [CLUSTERS] [VERSIONS]`` writes one. A fleet is the same whenever it is made from the same
:class:`Fleet`. Names of images and the forms of versions are those of the projects; which version goes with which is made up.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from rkedoc.snapshot.intent import object_record
from rkedoc.snapshot.kinds import SCOPES
from rkedoc.snapshot.record import Capture, Record, Scope
from rkedoc.snapshot.writer import HeaderParts, write
from rkedoc.vocabulary import Result
from tests.support.nodes import PAUSE, Pod, container, image

Json = dict[str, Any]

NOW: Final = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)
"""When the newest snapshots of a fleet were taken."""

OLD_NEWS: Final = timedelta(days=9)
"""How much older the newest snapshot is of a cluster from which nothing has come for a while."""

ENVIRONMENTS: Final = ("prod", "staging", "dev")
REGIONS: Final = ("eu", "us", "ap")
OWNERS: Final = ("shop", "payments", "platform", "data")

REFUSED: Final = ("", "core/Pod", "core/ConfigMap", "", "core/Node", "", "engine", "")
"""What was not read of a cluster: a list that was refused, the container engines, or nothing. Clusters take turns."""


@dataclass(frozen=True, slots=True)
class Release:
    """A distribution in a version: the kubelet's version, the runtime's, and the images of the components by their names."""

    distribution: str
    version: str
    runtime: str
    images: Mapping[str, str]


def _rke1(version: str, etcd: str, coredns: str, calico: str, ingress: str, agent: str) -> Release:
    core = f"rancher/hyperkube:{version}-rancher1"
    outside = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")
    images = dict.fromkeys(outside, core) | {
        "etcd": f"rancher/mirrored-coreos-etcd:{etcd}",
        "coredns": f"rancher/mirrored-coredns-coredns:{coredns}",
        "canal": f"rancher/mirrored-calico-node:{calico}",
        "nginx-ingress-controller": f"rancher/nginx-ingress-controller:{ingress}",
        "cattle-cluster-agent": f"rancher/rancher-agent:{agent}",
    }
    return Release("rke1", version, "docker://20.10.24", images)


def _rke2(version: str, build: str, etcd: str, coredns: str, calico: str, ingress: str, agent: str) -> Release:
    core = f"rancher/hardened-kubernetes:{version.replace('+', '-')}-build{build}"
    images = dict.fromkeys(("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"), core) | {
        "etcd": f"rancher/hardened-etcd:{etcd}",
        "rke2-coredns-rke2-coredns": f"rancher/hardened-coredns:{coredns}",
        "rke2-canal": f"rancher/hardened-calico:{calico}",
        "rke2-ingress-nginx-controller": f"rancher/nginx-ingress-controller:{ingress}",
        "cattle-cluster-agent": f"rancher/rancher-agent:{agent}",
    }
    return Release("rke2", version, "containerd://1.7.27-k3s1", images)


def _k3s(version: str, runtime: str, coredns: str, traefik: str, metrics: str) -> Release:
    images = {
        "coredns": f"rancher/mirrored-coredns-coredns:{coredns}",
        "traefik": f"rancher/mirrored-library-traefik:{traefik}",
        "metrics-server": f"rancher/mirrored-metrics-server:{metrics}",
        "local-path-provisioner": "rancher/local-path-provisioner:v0.0.30",
    }
    return Release("k3s", version, runtime, images)


def _kubeadm(version: str, runtime: str, etcd: str, coredns: str) -> Release:
    parts = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
    images = {part: f"registry.k8s.io/{part}:{version}" for part in parts} | {
        "etcd": f"registry.k8s.io/etcd:{etcd}",
        "coredns": f"registry.k8s.io/coredns/coredns:{coredns}",
        "kube-flannel-ds": "docker.io/flannel/flannel:v0.28.1",
    }
    return Release("kubeadm", version, runtime, images)


RELEASES: Final = (
    (
        _rke1("v1.20.9", "v3.4.15-rancher1", "1.8.0", "v3.17.2", "nginx-0.35.0-rancher2", "v2.5.5"),
        _rke1("v1.24.17", "v3.5.6", "1.9.3", "v3.22.5", "nginx-1.7.0-rancher1", "v2.7.9"),
    ),
    (
        _rke2("v1.27.12+rke2r1", "20240315", "v3.5.9-k3s1-build20230802", "v1.11.1-build20240305", "v3.27.2-build20240308", "v1.9.6-hardened1", "v2.8.3"),
        _rke2("v1.31.9+rke2r1", "20250515", "v3.5.21-k3s1-build20250411", "v1.12.1-build20250401", "v3.29.3-build20250408", "v1.12.1-hardened7", "v2.11.2"),
        _rke2("v1.34.2+rke2r1", "20251112", "v3.6.5-k3s1-build20251017", "v1.13.1-build20251015", "v3.30.5-build20251015", "v1.13.4-hardened1", "v2.13.0"),
    ),
    (
        _k3s("v1.28.15+k3s1", "containerd://1.7.22-k3s1", "1.10.1", "2.10.7", "v0.6.3"),
        _k3s("v1.35.1+k3s1", "containerd://2.3.1-k3s1", "1.12.3", "3.6.7", "v0.8.0"),
    ),
    (
        _kubeadm("v1.29.10", "containerd://1.7.24", "3.5.15-0", "v1.11.1"),
        _kubeadm("v1.35.1", "containerd://2.3.1", "3.6.5-0", "v1.12.1"),
    ),
)  # fmt: skip
"""Releases by distribution, oldest first."""

_STATIC: Final = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
_DAEMONS: Final = frozenset({"canal", "rke2-canal", "kube-flannel-ds", "kube-proxy", "nginx-ingress-controller"})
_NAMESPACES: Final = {"nginx-ingress-controller": "ingress-nginx", "cattle-cluster-agent": "cattle-system",
                      "kube-flannel-ds": "kube-flannel"}  # fmt: skip

_ADD_ON: Final = ("cert-manager", "quay.io/jetstack/cert-manager-controller", ("v1.12.3", "v1.16.2", "v1.18.0"))

_APPS: Final = (
    ("shop", "web", "registry.example.com/shop/web", ("1.4.0", "1.5.2", "1.6.0")),
    ("shop", "cache", "docker.io/library/redis", ("6.2.14", "7.2.4")),
    ("payments", "ledger", "registry.example.com/payments/ledger", ("3.0.1", "3.1.0")),
    ("payments", "queue", "docker.io/library/rabbitmq", ("3.12.14", "3.13.7")),
    ("data", "collector", "registry.example.com/data/collector", ("2026.3", "2026.9")),
    ("data", "store", "docker.io/library/postgres", ("13.22", "16.4")),
)
"""What people run: namespace, name, repository and the versions that are met."""

_KINDS: Final = (
    "core/Namespace", "core/Node", "core/Pod", "core/Service", "core/ConfigMap", "core/Event", "apps/Deployment", "apps/DaemonSet",
    "apps/ReplicaSet", "apps/StatefulSet", "batch/Job", "batch/CronJob",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fleet:
    """So many clusters, each with so many workloads of people's and so many snapshots, a week apart."""

    clusters: int = 5
    versions: int = 1
    workloads: int = 6
    seed: int = 16


@dataclass(frozen=True, slots=True)
class Planned:
    """What a cluster of a fleet is. ``refused`` is what was not read of it (see :data:`REFUSED`), ``ill`` whether one of its workloads fails."""

    number: int
    name: str
    environment: str
    region: str
    owner: str
    release: Release
    refused: str
    ill: bool
    seen: datetime
    seed: str

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names of its nodes: the first is the control plane."""
        return tuple(f"{self.name}-{place}" for place in range(1 + self.number % 3))

    def chance(self, what: str) -> random.Random:
        """Chance that is the same each time, for one purpose."""
        return random.Random(f"{self.seed}/{self.name}/{what}")


def plan(fleet: Fleet) -> tuple[Planned, ...]:
    """What each cluster of a fleet is, by its number."""
    return tuple(_planned(fleet, number) for number in range(fleet.clusters))


def _planned(fleet: Fleet, number: int) -> Planned:
    chance = random.Random(f"{fleet.seed}/{number}")
    environment, region = ENVIRONMENTS[number % len(ENVIRONMENTS)], chance.choice(REGIONS)
    return Planned(
        number=number,
        name=f"{environment}-{region}-{number:03}",
        environment=environment,
        region=region,
        owner=chance.choice(OWNERS),
        release=chance.choice(RELEASES[number % len(RELEASES)]),
        refused=REFUSED[number % len(REFUSED)],
        ill=number % 4 == 3,
        seen=NOW - (OLD_NEWS if number % 7 == 6 else timedelta()) + timedelta(minutes=number % 60),
        seed=str(fleet.seed),
    )


def write_fleet(folder: Path, fleet: Fleet = Fleet()) -> tuple[Path, ...]:
    """Write the snapshots of a fleet as ``FOLDER/CLUSTER/TIME.ndjson.zst``, and give them by cluster, oldest first."""
    return tuple(
        write_version(folder / planned.name, planned, version, fleet)
        for planned in plan(fleet)
        for version in range(fleet.versions)
    )


def write_version(folder: Path, planned: Planned, version: int, fleet: Fleet) -> Path:
    """Write the snapshot of one cluster on one of its days; 0 is the first of ``fleet.versions``."""
    time = planned.seen - timedelta(weeks=fleet.versions - 1 - version)
    made = _World(planned, version, fleet.workloads).records()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{time:%Y-%m-%dT%H%M%SZ}.ndjson.zst"
    uid = f"00000000-0000-4000-8000-{planned.number:012d}"
    parts = HeaderParts({"name": planned.name, "uid": uid}, _captures(planned, f"{time:%Y-%m-%dT%H:%M:%SZ}", made))
    write(path, parts, [sorted(made, key=lambda one: one.id.encode())])
    return path


def _captures(planned: Planned, time: str, made: list[Record]) -> tuple[Capture, ...]:
    counts = Counter(f"{record.group}/{record.kind}" for record in made)
    scopes = []
    for kind in _KINDS:
        refused = kind == planned.refused
        result = Result.FORBIDDEN if refused else Result.COMPLETE
        name = SCOPES[kind.partition("/")[2]]
        scopes.append(
            Scope(name, "list", f"/{name}", 403 if refused else 200, result, "Forbidden" if refused else "", counts[kind], kind=kind)
        )  # fmt: skip
    captures = [Capture("kubernetes", None, time, {"server": planned.release.version}, tuple(scopes))]
    for node in planned.nodes if planned.refused != "engine" else ():
        count = sum(one.kind == "EngineContainer" and one.namespace == node for one in made)
        tool = {"server": planned.release.runtime.partition("://")[2]}
        listed = Scope("engine/containers", "list", "/containers/json", 200, Result.COMPLETE, "", count)
        captures.append(Capture("engine", node, time, tool, (listed,)))
    return tuple(captures)


def digest_of(reference: str) -> str:
    """The digest that an image of a fleet has wherever it is met."""
    return f"sha256:{sha256(reference.encode()).hexdigest()}"


@dataclass(slots=True)
class _World:
    """A cluster on one of its days."""

    planned: Planned
    version: int
    workloads: int
    objects: list[Json] = field(default_factory=list)
    pods: list[Pod] = field(default_factory=list)

    def records(self) -> list[Record]:
        """All that was read of it."""
        self._places()
        self._platform()
        self._add_on()
        for number in range(self.workloads):
            self._app(number)
        found = [object_record(one) for one in self.objects] + [pod.record() for pod in self.pods]
        found = [one for one in found if f"{one.group}/{one.kind}" != self.planned.refused]
        return found if self.planned.refused == "engine" else found + list(self._engine())

    def _places(self) -> None:
        planned = self.planned
        for name in ("kube-system", "default", "ingress-nginx", "cattle-system", "kube-flannel", "cert-manager"):
            self._object("v1", "Namespace", None, name, status={"phase": "Active"})
        for name in dict.fromkeys(app[0] for app in _APPS):
            self._object("v1", "Namespace", None, name, labels={"team": planned.owner if name == "shop" else name})
        for place, name in enumerate(planned.nodes):
            labels = {"topology.kubernetes.io/region": planned.region, "environment": planned.environment}
            if place == 0:
                role = "controlplane" if planned.release.distribution == "rke1" else "control-plane"
                labels |= {f"node-role.kubernetes.io/{role}": "true", "node-role.kubernetes.io/etcd": "true"}
            ready = "False" if planned.ill and place == 2 else "True"
            status = {
                "conditions": [{"type": "Ready", "status": ready, "reason": "KubeletReady"}],
                "addresses": [{"type": "InternalIP", "address": f"192.0.2.{place + 1}"}],
                "nodeInfo": {
                    "kubeletVersion": planned.release.version, "kubeProxyVersion": planned.release.version,
                    "containerRuntimeVersion": planned.release.runtime,
                    "osImage": planned.chance("system").choice(("Ubuntu 22.04.5 LTS", "SUSE Linux Enterprise Server 15 SP5")),
                },
            }  # fmt: skip
            marks = {"kubeadm.alpha.kubernetes.io/cri-socket": "unix:///run/containerd/containerd.sock"}
            annotations = marks if planned.release.distribution == "kubeadm" else {}
            self._object("v1", "Node", None, name, labels=labels, annotations=annotations, spec={}, status=status)

    def _platform(self) -> None:
        images = self.planned.release.images
        static = self.planned.release.distribution in ("rke2", "kubeadm")
        for name, reference in images.items():
            if name in _STATIC or (
                name == "kubelet" or (name == "kube-proxy" and self.planned.release.distribution == "rke1")
            ):
                if static and name in _STATIC:
                    node = self.planned.nodes[0]
                    self._pod(
                        f"{name}-{node}",
                        "kube-system",
                        name,
                        reference,
                        static=True,
                        command=(name, *self._flags(name)),
                    )
                continue
            kind = "DaemonSet" if name in _DAEMONS else "Deployment"
            self._workload(kind, _NAMESPACES.get(name, "kube-system"), name, reference)
        data = {"Corefile": ".:53 {\n    errors\n    forward . /etc/resolv.conf\n    cache 30\n}\n"}
        self._object("v1", "ConfigMap", "kube-system", "coredns", data=data)

    def _add_on(self) -> None:
        name, repository, tags = _ADD_ON
        chance = self.planned.chance(name)
        if chance.random() < 0.8:
            self._workload("Deployment", name, name, f"{repository}:{chance.choice(tags)}")

    def _app(self, number: int) -> None:
        namespace, name, repository, tags = _APPS[number % len(_APPS)]
        turn = number // len(_APPS)
        name = f"{name}-{turn}" if turn else name
        chance = self.planned.chance(f"{namespace}/{name}")
        start = chance.randrange(len(tags))
        # An upgrade now and then: what ran on the first day may be a version behind what runs on the last.
        later = sum(chance.random() < 0.2 for _ in range(self.version))
        tag = tags[min(start + later, len(tags) - 1)]
        failing = self.planned.ill and number == 1
        self._workload("Deployment", namespace, name, f"{repository}:{tag}", init=number % 3 == 0, failing=failing)

    def _flags(self, program: str) -> tuple[str, ...]:
        """A command line: the same for all but a few, which have drifted."""
        chance = self.planned.chance(f"flags/{program}")
        match program:
            case "kube-apiserver":
                audit = (
                    ("--audit-log-path=/var/log/audit.log", "--audit-log-maxage=30") if chance.random() < 0.7 else ()
                )
                return (
                    "--service-cluster-ip-range=10.43.0.0/16",
                    f"--profiling={chance.choice(('false', 'false', 'true'))}",
                    *audit,
                )
            case "kubelet":
                return ("--cluster-dns=10.43.0.10", f"--max-pods={chance.choice((110, 110, 250))}")
            case "kube-controller-manager":
                return ("--cluster-cidr=10.42.0.0/16", "--service-cluster-ip-range=10.43.0.0/16")
            case "etcd":
                return ("--data-dir=/var/lib/etcd",)
            case _:
                return ()

    def _workload(
        self, kind: str, namespace: str, name: str, reference: str, *, init: bool = False, failing: bool = False
    ) -> None:
        labels = {"app": name}
        listed = [{"name": name, "image": reference}]
        spec = {"containers": listed, "initContainers": [{"name": "prepare", "image": reference}] if init else []}
        wanted = len(self.planned.nodes) if kind == "DaemonSet" else 1
        ready = 0 if failing else wanted
        status: Json = {
            "replicas": wanted,
            "readyReplicas": ready,
            "availableReplicas": ready,
            "updatedReplicas": wanted,
        }
        if kind == "DaemonSet":
            status = {"desiredNumberScheduled": wanted, "currentNumberScheduled": wanted, "numberReady": ready}
        template = {"metadata": {"labels": labels}, "spec": spec}
        replicas = {} if kind == "DaemonSet" else {"replicas": wanted}
        self._object(
            "apps/v1",
            kind,
            namespace,
            name,
            spec={"selector": {"matchLabels": labels}, "template": template, **replicas},
            status=status,
        )
        maker = name
        if kind == "Deployment":
            maker = f"{name}-{sha256(reference.encode()).hexdigest()[:9]}"
            owner = {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": f"uid-of-{name}", "controller": True}
            self._object(
                "apps/v1",
                "ReplicaSet",
                namespace,
                maker,
                owner=owner,
                spec={"replicas": wanted},
                status={"replicas": wanted},
            )
        for place in range(wanted):
            self._pod(
                f"{maker}-{place:05}", namespace, name, reference, node=place, init=init, failing=failing,
                owner=("ReplicaSet" if kind == "Deployment" else kind, maker),
            )  # fmt: skip

    def _pod(
        self, name: str, namespace: str, part: str, reference: str, *, node: int = 0, static: bool = False, init: bool = False,
        failing: bool = False, owner: tuple[str, str] | None = None, command: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        scheme = "docker-pullable://" if self.planned.release.distribution == "rke1" else ""
        repository = reference.rpartition(":")[0]
        self.pods.append(
            Pod(
                name=name, namespace=namespace, node=self.planned.nodes[node], containers=(part,), init=("prepare",) if init else (),
                static=static, owner=owner, image=reference, image_id=f"{scheme}{repository}@{digest_of(reference)}", command=command,
                waiting="CrashLoopBackOff" if failing else "",
            )
        )  # fmt: skip

    def _object(
        self, version: str, kind: str, namespace: str | None, name: str, *, labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None, owner: Json | None = None, **more: Any,
    ) -> None:  # fmt: skip
        metadata: Json = {"name": name, "uid": f"uid-of-{kind}-{namespace}-{name}", "labels": dict(labels or {})}
        metadata |= {"namespace": namespace} if namespace else {}
        metadata |= {"annotations": dict(annotations)} if annotations else {}
        metadata |= {"ownerReferences": [owner]} if owner else {}
        self.objects.append({"apiVersion": version, "kind": kind, "metadata": metadata, **more})

    def _engine(self) -> Iterator[Record]:
        """The containers of the nodes' engines, with RKE1 the control plane too, and the images that they were made from."""
        used: dict[str, set[str]] = {node: {PAUSE} for node in self.planned.nodes}
        for pod in self.pods:
            yield from pod.parts()
            used[pod.node].add(pod.image)
        if self.planned.release.distribution == "rke1":
            for place, node in enumerate(self.planned.nodes):
                for name in (*_STATIC, "kubelet", "kube-proxy") if place == 0 else ("kubelet", "kube-proxy"):
                    reference = self.planned.release.images[name]
                    used[node].add(reference)
                    yield _rke(name, node, reference, self._flags(name))
        for node, references in used.items():
            for reference in sorted(references):
                repository = reference.rpartition(":")[0]
                yield image(
                    digest_of(f"config of {reference}"),
                    tags=[reference],
                    digests=[f"{repository}@{digest_of(reference)}"],
                    node=node,
                )


def _rke(name: str, node: str, reference: str, flags: tuple[str, ...]) -> Record:
    labels = {"io.rancher.rke.container.name": name}
    return container(
        name, reference, node=node, labels=labels, command=(name, *flags), image_id=digest_of(f"config of {reference}")
    )


def main(arguments: list[str]) -> None:
    """Write a fleet into a folder."""
    numbers = [int(word) for word in arguments[1:]]
    write_fleet(Path(arguments[0]), Fleet(*numbers))


if __name__ == "__main__":
    main(sys.argv[1:])
