"""With a snapshot at hand, names in a listing are looked up and not guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from rkedoc.catalog import Catalog, load_catalog
from rkedoc.explain.listing.lines import explain_lines, explain_name


@dataclass(frozen=True)
class Record:
    """As much of a snapshot's record as looking up a name takes."""

    id: str
    kind: str
    owner: str | None = None
    intent: Mapping[str, Any] = field(default_factory=dict)
    observed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def namespace(self) -> str:
        return self.id.split("/", 3)[2]

    @property
    def name(self) -> str:
        return self.id.split("/", 3)[3]

    @property
    def body(self) -> dict[str, Any]:
        return {**self.intent, **self.observed}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


class Known:
    """A cluster of which a snapshot is at hand."""

    def __init__(self, *records: Record) -> None:
        self.snapshot = self
        self._records = records

    def by_kind(self, kind: str) -> tuple[Record, ...]:
        return tuple(record for record in self._records if record.kind == kind)

    def get(self, identifier: str) -> Record | None:
        return next((record for record in self._records if record.id == identifier), None)


def cluster() -> Known:
    containers = {"containers": [{"name": "web", "image": "reg/shop/web:1"}], "initContainers": [{"name": "migrate"}]}
    return Known(
        Record("apps/Deployment/shop/webapp", "Deployment"),
        Record("apps/ReplicaSet/shop/webapp-645d6dcdd5", "ReplicaSet", "apps/Deployment/shop/webapp"),
        Record("core/Pod/shop/webapp-645d6dcdd5-7p4tm", "Pod", "apps/ReplicaSet/shop/webapp-645d6dcdd5", {}, {"spec": containers}),
        Record("apps/DaemonSet/kube-system/canal", "DaemonSet"),
        Record("core/Pod/kube-system/canal-nsttb", "Pod", "apps/DaemonSet/kube-system/canal"),
        Record("core/Pod/shop/coredns-6f85d5fb88-225kd", "Pod"),
        Record(
            "engine/EngineContainer/node1/keen_bell",
            "EngineContainer",
            None,
            {"image": "rancher/rancher-agent:v2.5.5", "args": ["--no-register", "--only-write-certs"], "labels": {}},
        ),
        Record(
            "engine/EngineContainer/node1/my-etcd",
            "EngineContainer",
            None,
            {"image": "own/etcd", "labels": {"io.rancher.rke.container.name": "etcd"}},
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "role", "origin", "component", "says"),
    [
        ("webapp", "app", "workload", None, "Deployment shop/webapp"),
        ("shop/webapp", "app", "workload", None, "Deployment shop/webapp"),
        ("webapp-645d6dcdd5-7p4tm", "app", "workload", None, "not a platform component: Deployment shop/webapp"),
        ("k8s_migrate_webapp-645d6dcdd5-7p4tm_shop_u_0", "init", "workload", None, "container migrate"),
        ("canal-nsttb", "app", "platform", "canal-calico-node", "NetworkPolicy"),
        ("coredns-6f85d5fb88-225kd", "app", "workload", None, "Pod shop/coredns-6f85d5fb88-225kd"),
        ("keen_bell", "standalone", "rancher-agent", "rancher-agent-certwriter", "certificates"),
        ("my-etcd", "standalone", "control-plane", "etcd", "database"),
    ],
)
def test_a_snapshot_says_more_than_a_name(
    name: str, role: str, origin: str, component: str | None, says: str, catalog: Catalog
) -> None:
    explained = explain_name(name, catalog, cluster())
    assert (explained.role, explained.origin, explained.component) == (role, origin, component)
    assert says in explained.summary
    assert "by its name" not in explained.summary
    (line,) = explain_lines([name], catalog, cluster()) if "/" not in name else (explained,)
    assert (line.role, line.origin, line.component) == (role, origin, component)
