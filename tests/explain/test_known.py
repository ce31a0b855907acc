"""With a snapshot at hand, names in a listing are looked up and not guessed."""

from __future__ import annotations

import pytest

from rkedoc.catalog import Catalog, load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.explain.listing.lines import explain_lines, explain_name
from rkedoc.snapshot.record import Record
from tests.explain.recorded import cluster_of


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def cluster() -> Cluster:
    spec = {"containers": [{"name": "web", "image": "reg/shop/web:1"}], "initContainers": [{"name": "migrate"}]}
    return cluster_of(
        [
            Record("apps/Deployment/shop/webapp", "Deployment", None, {}, {}),
            Record("apps/ReplicaSet/shop/webapp-645d6dcdd5", "ReplicaSet", "apps/Deployment/shop/webapp", {}, {}),
            Record(
                "core/Pod/shop/webapp-645d6dcdd5-7p4tm",
                "Pod",
                "apps/ReplicaSet/shop/webapp-645d6dcdd5",
                {},
                {"spec": spec},
            ),
            Record("apps/DaemonSet/kube-system/canal", "DaemonSet", None, {}, {}),
            Record("core/Pod/kube-system/canal-nsttb", "Pod", "apps/DaemonSet/kube-system/canal", {}, {}),
            Record("core/Pod/shop/coredns-6f85d5fb88-225kd", "Pod", None, {}, {}),
            Record(
                "engine/EngineContainer/node1/keen_bell",
                "EngineContainer",
                None,
                {
                    "image": "rancher/rancher-agent:v2.5.5",
                    "args": ["--no-register", "--only-write-certs"],
                    "labels": {},
                },
                {},
            ),
            Record(
                "engine/EngineContainer/node1/my-etcd",
                "EngineContainer",
                None,
                {"image": "own/etcd", "labels": {"io.rancher.rke.container.name": "etcd"}},
                {},
            ),
        ]
    )


@pytest.mark.parametrize(
    ("name", "role", "origin", "component", "says"),
    [
        ("webapp", "app", "workload", None, "Deployment shop/webapp"),
        ("shop/webapp", "app", "workload", None, "Deployment shop/webapp"),
        ("webapp-645d6dcdd5-7p4tm", "app", "workload", None, "not a platform component: Deployment shop/webapp"),
        ("k8s_migrate_webapp-645d6dcdd5-7p4tm_shop_u_0", "init", "workload", None, "container migrate"),
        ("canal-nsttb", "app", "platform", "canal-daemonset", "two programs"),
        ("coredns-6f85d5fb88-225kd", "app", "workload", None, "Pod shop/coredns-6f85d5fb88-225kd"),
        ("keen_bell", "standalone", "rancher-agent", "rancher-agent-certwriter", "certificates"),
        ("my-etcd", "standalone", "control-plane", "etcd", "database"),
    ],
)
def test_a_snapshot_says_more_than_a_name(
    name: str, role: str, origin: str, component: str | None, says: str, catalog: Catalog
) -> None:
    (explained,) = explain_name(name, catalog, cluster())
    assert (explained.role, explained.origin, explained.component) == (role, origin, component)
    assert says in explained.summary
    assert "by its name" not in explained.summary
    (line,) = explain_lines([name], catalog, cluster()) if "/" not in name else (explained,)
    assert (line.role, line.origin, line.component) == (role, origin, component)
