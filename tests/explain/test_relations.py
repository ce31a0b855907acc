"""How objects hang together, each relation with the field that says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.cluster.model import Cluster
from rkedoc.explain.relations.graph import VERBS, Edge, Relations, edges
from rkedoc.snapshot.record import Record
from tests.explain.recorded import catalog, cluster_of, container, dumped, pod, record, recorded, rke

Recording = Callable[[str], Path]
RBAC = "rbac.authorization.k8s.io"


def found(*records: Record, **options: Any) -> set[tuple[str, str, str]]:
    return {(edge.source, edge.verb, edge.target) for edge in edges(cluster_of(records, **options))}


def deployment(name: str = "web", namespace: str = "shop", labels: dict[str, str] | None = None, **spec: Any) -> Record:
    template = {
        "metadata": {"labels": labels or {"app": name}},
        "spec": {"containers": [{"name": "main", "image": "x:1"}], **spec},
    }
    return record(f"apps/Deployment/{namespace}/{name}", {"spec": {"template": template}})


WEB = "apps/Deployment/shop/web"


# -- recordings -------------------------------------------------------------------------------------------------------


def test_the_recorded_node_hangs_together(recording: Recording) -> None:
    relations = edges(Cluster(recorded(recording("rke-single-node")), catalog()))
    known = {(edge.source, edge.verb, edge.target): edge.evidence for edge in relations}
    webapp, node = "apps/Deployment/default/webapp", "engine/EngineContainer/rancher01"
    expected = {
        ("networking.k8s.io/Ingress/default/webapp", "routes-to", "core/Service/default/webapp"): "spec.rules, shop.example.com/",
        ("core/Service/default/webapp", "selects", webapp): "spec.selector",
        (webapp, "mounts", "core/ConfigMap/default/webapp-config"): "volume conf",
        (webapp, "reads-env", "core/Secret/default/webapp-db"): "env DB_PASSWORD of web",
        (webapp, "pulls-with", "core/Secret/default/registry-cred"): "spec.imagePullSecrets",
        (webapp, "runs-as", "core/ServiceAccount/default/webapp"): "spec.serviceAccountName",
        ("autoscaling/HorizontalPodAutoscaler/default/webapp", "scales", webapp): "spec.scaleTargetRef",
        ("policy/PodDisruptionBudget/default/webapp", "protects", webapp): "spec.selector",
        ("apps/StatefulSet/default/cache", "mounts", "core/PersistentVolumeClaim/default/cache-data"): "volume data",
        ("core/PersistentVolumeClaim/default/cache-data", "binds", "core/PersistentVolume/-/data-local"): "spec.volumeName",
        ("apiregistration.k8s.io/APIService/-/v1beta1.metrics.k8s.io", "served-by", "core/Service/kube-system/metrics-server"): "spec.service",
        (f"{node}/kube-apiserver", "talks-to", f"{node}/etcd"): "catalog: kube-apiserver",
        ("apps/Deployment/kube-system/metrics-server", "talks-to", f"{node}/kubelet"): "catalog: metrics-server-rke1",
        (f"{node}/kubelet", "mounts", f"{node}/service-sidekick"): "volumes from",
        ("apps/DaemonSet/ingress-nginx/nginx-ingress-controller", "reads", "core/ConfigMap/ingress-nginx/tcp-services"):
            "argument --tcp-services-configmap of nginx-ingress-controller",
        ("apps/Deployment/kube-system/coredns-autoscaler", "reads", "core/ConfigMap/kube-system/coredns-autoscaler"):
            "argument --configmap of autoscaler",
    }  # fmt: skip
    assert {key: known.get(key) for key in expected} == expected


def test_pods_hang_on_the_workload_that_made_them(recording: Recording) -> None:
    relations = edges(Cluster(recorded(recording("rke-single-node")), catalog()))
    above = [edge.source for edge in relations.of("core/Pod/default/cache-0") if edge.verb == "owns"]
    assert above == ["apps/StatefulSet/default/cache"]


@pytest.mark.parametrize("name", ["oneke-v1.24", "civo-v1.26", "rke-v1.14"])
def test_dumps_give_relations_that_are_all_of_known_verbs(dump: Recording, name: str) -> None:
    relations = edges(Cluster(dumped(dump(name)), catalog()))
    assert len(relations) > 20
    assert {edge.verb for edge in relations} <= set(VERBS)
    assert len({(edge.source, edge.verb, edge.target) for edge in relations}) == len(relations)


# -- services, policies, ingresses -----------------------------------------------------------------------------------


def test_a_selector_chooses_in_its_namespace_alone() -> None:
    service = record("core/Service/shop/web", {"spec": {"selector": {"app": "web", "tier": "front"}}})
    both = {"app": "web", "tier": "front", "more": "x"}
    chosen = found(service, deployment(labels=both), deployment("other"), deployment(namespace="test", labels=both))
    assert {edge for edge in chosen if edge[1] == "selects"} == {(service.id, "selects", WEB)}


@pytest.mark.parametrize("selector", [None, {}, {"app": None}, {"app": ["web"]}, ["app"]])
def test_a_service_without_a_selector_chooses_nothing(selector: Any) -> None:
    service = record("core/Service/shop/web", {"spec": {"selector": selector}})
    assert not [edge for edge in found(service, deployment()) if edge[1] == "selects"]


@pytest.mark.parametrize(
    ("term", "chosen"),
    [
        ({"key": "app", "operator": "In", "values": ["web", "x"]}, True),
        ({"key": "app", "operator": "NotIn", "values": ["web"]}, False),
        ({"key": "tier", "operator": "NotIn", "values": ["web"]}, True),
        ({"key": "app", "operator": "Exists"}, True),
        ({"key": "tier", "operator": "Exists"}, False),
        ({"key": "tier", "operator": "DoesNotExist"}, True),
        ({"key": "app", "operator": "Sometimes"}, False),
    ],
)
def test_expressions_choose_as_kubernetes_does(term: dict[str, Any], chosen: bool) -> None:
    policy = record("networking.k8s.io/NetworkPolicy/shop/p", {"spec": {"podSelector": {"matchExpressions": [term]}}})
    assert ((policy.id, "selects", WEB) in found(policy, deployment())) is chosen


def test_a_policy_for_all_pods_names_each_workload_of_few_and_the_namespace_of_many() -> None:
    policy = record("networking.k8s.io/NetworkPolicy/shop/p", {"spec": {"podSelector": {}}})
    assert (policy.id, "selects", WEB) in found(policy, deployment())
    many = [deployment(f"w{number}") for number in range(201)]
    assert [edge[2] for edge in found(policy, *many) if edge[1] == "selects"] == ["core/Namespace/-/shop"]


@pytest.mark.parametrize(
    "backend", [{"service": {"name": "web", "port": {"number": 80}}}, {"serviceName": "web", "servicePort": 80}]
)
def test_ingresses_of_both_versions_lead_to_services(backend: dict[str, Any]) -> None:
    spec = {"rules": [{"host": "shop.example", "http": {"paths": [{"path": "/a", "backend": backend}, {"path": "/b", "backend": backend}]}}],
            "tls": [{"secretName": "cert"}], "ingressClassName": "nginx"}  # fmt: skip
    ingress = record("networking.k8s.io/Ingress/shop/web", {"spec": spec})
    relations = edges(cluster_of([ingress])).of(ingress.id)
    assert [(edge.verb, edge.target) for edge in relations] == [
        ("routes-to", "core/Service/shop/web"),
        ("handled-by", "networking.k8s.io/IngressClass/-/nginx"),
        ("reads", "core/Secret/shop/cert"),
    ]
    assert relations[0].evidence == "spec.rules, shop.example/a, spec.rules, shop.example/b"


@pytest.mark.parametrize("field", ["defaultBackend", "backend"])
def test_a_default_backend_is_a_way_too(field: str) -> None:
    ingress = record(
        "networking.k8s.io/Ingress/shop/web", {"spec": {field: {"service": {"name": "web"}, "serviceName": "web"}}}
    )
    assert (ingress.id, "routes-to", "core/Service/shop/web") in found(ingress)


# -- what pods need ---------------------------------------------------------------------------------------------------


def test_everything_that_a_pod_reads_is_found() -> None:
    container_ = {
        "name": "main", "image": "x:1",
        "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s-env"}}}, {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "c-env"}}}],
        "envFrom": [{"secretRef": {"name": "s-all"}}, {"configMapRef": {"name": "c-all"}}],
    }  # fmt: skip
    volumes = [
        {"name": "a", "configMap": {"name": "c-vol"}}, {"name": "b", "secret": {"secretName": "s-vol"}},
        {"name": "c", "persistentVolumeClaim": {"claimName": "claim"}},
        {"name": "d", "projected": {"sources": [{"configMap": {"name": "c-proj"}}, {"secret": {"name": "s-proj"}}]}},
        {"name": "e", "csi": {"nodePublishSecretRef": {"name": "s-csi"}}},
    ]  # fmt: skip
    workload = deployment(
        initContainers=[container_], volumes=volumes, imagePullSecrets=[{"name": "s-pull"}], serviceAccountName="runner"
    )
    chosen = {(verb, target.split("/", 1)[1]) for source, verb, target in found(workload) if source == WEB}
    assert chosen == {
        ("mounts", "ConfigMap/shop/c-vol"), ("mounts", "Secret/shop/s-vol"), ("mounts", "PersistentVolumeClaim/shop/claim"),
        ("mounts", "ConfigMap/shop/c-proj"), ("mounts", "Secret/shop/s-proj"), ("mounts", "Secret/shop/s-csi"),
        ("reads-env", "Secret/shop/s-env"), ("reads-env", "ConfigMap/shop/c-env"), ("reads-env", "Secret/shop/s-all"),
        ("reads-env", "ConfigMap/shop/c-all"), ("pulls-with", "Secret/shop/s-pull"), ("runs-as", "ServiceAccount/shop/runner"),
    }  # fmt: skip


def test_claims_of_a_stateful_set_are_found_through_its_pods() -> None:
    template = {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "main", "image": "x"}]}}
    db = record(
        "apps/StatefulSet/shop/db",
        {"spec": {"template": template, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]}},
    )
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}}
    first = pod("db-0", owner=db.id, spec={"volumes": [volume]})
    assert (db.id, "mounts", "core/PersistentVolumeClaim/shop/data-db-0") in found(db, first)
    assert (db.id, "scheduled-on", "core/Node/-/n1") in found(db, first)


def test_many_fields_that_say_the_same_are_one_relation() -> None:
    env = [{"name": f"V{number}", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}} for number in range(9)]
    relations = edges(cluster_of([deployment(containers=[{"name": "main", "image": "x", "env": env}])])).of(
        "core/Secret/shop/s"
    )
    assert [edge.evidence for edge in relations] == [
        "env V0 of main, env V1 of main, env V2 of main, env V3 of main and 5 more"
    ]


# -- rights -----------------------------------------------------------------------------------------------------------


def test_bindings_grant_roles_to_accounts() -> None:
    body = {"roleRef": {"kind": "ClusterRole", "name": "view"},
            "subjects": [{"kind": "ServiceAccount", "name": "a"}, {"kind": "ServiceAccount", "name": "b", "namespace": "other"}, {"kind": "User", "name": "u"}]}  # fmt: skip
    binding = record(f"{RBAC}/RoleBinding/shop/x", body)
    assert found(binding) == {
        (binding.id, "grants", f"{RBAC}/ClusterRole/-/view"),
        (binding.id, "grants", "core/ServiceAccount/shop/a"),
        (binding.id, "grants", "core/ServiceAccount/other/b"),
    }


def test_a_hidden_name_is_no_relation() -> None:
    assert not [edge for edge in found(deployment(serviceAccountName="‹hidden›")) if edge[1] == "runs-as"]


def test_webhooks_call_services() -> None:
    hook = {"name": "h", "clientConfig": {"service": {"namespace": "shop", "name": "admit"}}}
    webhook = record("admissionregistration.k8s.io/ValidatingWebhookConfiguration/-/w", {"webhooks": [hook]})
    assert found(webhook) == {(webhook.id, "calls", "core/Service/shop/admit")}


# -- the catalog's knowledge -----------------------------------------------------------------------------------------


def test_a_container_talks_to_the_one_on_its_own_node_if_there_is_one() -> None:
    parts = [rke(name, node=node) for node in ("n1", "n2") for name in ("kubelet", "kube-apiserver")] + [
        rke("kubelet", node="n3")
    ]
    chosen = found(*parts, engines=("n1", "n2", "n3"))
    reached = {source: sorted(t for s, verb, t in chosen if s == source and verb == "talks-to" and t.endswith("kube-apiserver"))
               for source in (part.id for part in parts) if source.endswith("kubelet")}  # fmt: skip
    assert reached == {
        f"engine/EngineContainer/{node}/kubelet": [
            f"engine/EngineContainer/{target}/kube-apiserver" for target in targets
        ]
        for node, targets in {"n1": ["n1"], "n2": ["n2"], "n3": ["n1", "n2"]}.items()
    }


def test_what_is_not_here_is_not_talked_to() -> None:
    assert not [edge for edge in found(rke("kube-scheduler")) if edge[1] == "talks-to"]


def test_containers_outside_pods_lean_on_each_other() -> None:
    other = container(
        "cache", networkMode="container:db", mounts=[{"type": "volume", "name": "vol", "destination": "/d"}]
    )
    assert {(verb, target) for source, verb, target in found(other, container("db")) if source == other.id} == {
        ("joins", "engine/EngineContainer/n1/db"), ("mounts", "engine/EngineVolume/n1/vol"), ("scheduled-on", "core/Node/-/n1"),
    }  # fmt: skip


# -- the index --------------------------------------------------------------------------------------------------------

_IDS = st.sampled_from([f"core/Pod/a/{name}" for name in "abcdef"])


@given(st.lists(st.builds(Edge, _IDS, st.sampled_from(VERBS), _IDS, st.just("e")), unique=True))
def test_each_relation_is_found_from_both_ends_in_one_order(listed: list[Edge]) -> None:
    relations, turned = Relations(listed), Relations(reversed(listed))
    for identifier in {end for edge in listed for end in (edge.source, edge.target)}:
        ends = relations.of(identifier)
        assert set(ends) == {edge for edge in listed if identifier in (edge.source, edge.target)}
        assert ends == turned.of(identifier)
    assert relations.of("core/Pod/a/unknown") == ()


def large(count: int) -> Cluster:
    records = []
    for number in range(count):
        name, namespace = f"w{number}", f"ns{number % 10}"
        records.append(deployment(name, namespace, volumes=[{"name": "v", "configMap": {"name": "all"}}]))
        records.append(record(f"core/Service/{namespace}/{name}", {"spec": {"selector": {"app": name}}}))
        for replica in range(3):
            owned = pod(
                f"{name}-{replica}",
                namespace=namespace,
                owner=f"apps/Deployment/{namespace}/{name}",
                node=f"n{number % 7}",
            )
            records.append(owned)
    return cluster_of(records, engines=())


def test_the_number_of_relations_grows_with_the_cluster_and_not_with_its_square() -> None:
    small, double = len(edges(large(100))), len(edges(large(200)))
    assert double <= 2 * small + 100
