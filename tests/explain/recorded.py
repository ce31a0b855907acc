"""Clusters for tests: recorded ones, and small ones that a test writes down."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rkedoc.catalog.loader import Catalog, load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import collect
from rkedoc.snapshot.reader import Snapshot, load
from rkedoc.snapshot.record import Capture, Header, Record, Scope
from rkedoc.vocabulary import Result
from tests.support.player import playing

TIME = "2026-01-02T03:04:05Z"
LISTS = (
    "core/ConfigMap", "core/Event", "core/Namespace", "core/Node", "core/PersistentVolumeClaim", "core/Pod", "core/Secret",
    "core/Service", "core/ServiceAccount", "apps/DaemonSet", "apps/Deployment", "apps/ReplicaSet", "apps/StatefulSet",
    "batch/CronJob", "batch/Job", "management.cattle.io/Setting",
)  # fmt: skip


@cache
def catalog() -> Catalog:
    """The shipped catalog."""
    return load_catalog()


@cache
def recorded(folder: Path) -> Snapshot:
    """The snapshot that collecting from a recorded node gives."""
    with tempfile.TemporaryDirectory() as place:
        output = Path(place) / "snapshot.ndjson"
        with playing(folder, Path(place)) as node:
            collect(
                CollectOptions(
                    output=output, kubeconfig=node.kubeconfig, engine=node.engine, collected_at="2026-11-23T05:50:00Z"
                ),
                progress=QuietProgress(),
            )
        return load(output)


@cache
def dumped(folder: Path) -> Snapshot:
    """The snapshot that collecting from a folder of lists gives."""
    with tempfile.TemporaryDirectory() as place:
        output = Path(place) / "snapshot.ndjson"
        collect(
            CollectOptions(output=output, from_=(folder,), collected_at="2026-11-23T05:50:00Z"),
            progress=QuietProgress(),
        )
        return load(output)


def cluster_of(
    records: Iterable[Record],
    *,
    results: Mapping[str, str] | None = None,
    server: str = "v1.20.9",
    engines: tuple[str, ...] = ("n1",),
) -> Cluster:
    """The cluster of these records. ``results`` says how lists ended that were not complete, by group/Kind."""
    found = tuple(sorted(records, key=lambda item: item.id.encode()))

    def scope(kind: str) -> Scope:
        result = (results or {}).get(kind, "complete")
        group, _slash, name = kind.partition("/")
        return Scope(f"{group}/{name.lower()}s", "list", f"/{kind}", None, Result(result), "", 0, None, kind)

    captures = [Capture("kubernetes", None, TIME, {"server": server}, tuple(scope(kind) for kind in LISTS))]
    done = Scope("engine/containers", "list", "/containers/json", 200, Result.COMPLETE)
    captures += [Capture("engine", node, TIME, {"server": "20.10.24"}, (done,)) for node in engines]
    redaction = {"rules": {}, "key": None, "masked": []}
    header = Header({"name": "test", "uid": "u"}, tuple(captures), redaction, len(found), "0" * 64, "0" * 64)
    return Cluster(Snapshot(header, found), catalog())


def record(identifier: str, body: Mapping[str, Any] | None = None, owner: str | None = None) -> Record:
    """A record with all of its body as intent; its metadata need not say name and namespace."""
    namespace, name = identifier.split("/", 3)[2:]
    content = dict(body or {})
    own = {"name": name, **({} if namespace == "-" else {"namespace": namespace})}
    content["metadata"] = {**own, **content.get("metadata", {})}
    return Record(identifier, identifier.split("/", 3)[1], owner, content, {})


def pod(
    name: str, *, namespace: str = "shop", node: str = "n1", phase: str = "Running", owner: str | None = None,
    spec: Mapping[str, Any] | None = None, **status: Any,
) -> Record:  # fmt: skip
    """A pod with one container ``main``."""
    containers = [{"name": "main", "image": "nginx:1.19"}]
    body = {
        "metadata": {"labels": {"app": "web"}, "uid": f"uid-{name}", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"containers": containers, **({"nodeName": node} if node else {}), **(spec or {})},
        "status": {"phase": phase, **status},
    }
    return record(f"core/Pod/{namespace}/{name}", body, owner)


def container(name: str, *, node: str = "n1", **body: Any) -> Record:
    """A running container outside pods."""
    known = {
        "id": f"id-{name}",
        "state": "running",
        "exitCode": 0,
        "inspected": True,
        "labels": {},
        "image": "example/tool:1",
    }
    return Record(f"engine/EngineContainer/{node}/{name}", "EngineContainer", None, {}, {**known, **body})


def rke(name: str, *arguments: str, node: str = "n1", **body: Any) -> Record:
    """A container that RKE made."""
    label = {"io.rancher.rke.container.name": name}
    command = ["/opt/rke-tools/entrypoint.sh", name, *arguments]
    image = "rancher/hyperkube:v1.20.9-rancher1"
    known = {"labels": label, "image": image, "entrypoint": command, "restartPolicy": {"name": "always"}, **body}
    return container(name, node=node, **known)
