"""What would be hit if something stopped: transitive, bounded, and nothing that has something else to turn to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from rkedoc.cluster.model import Cluster, is_over
from rkedoc.explain.relations.graph import Edge, Relations, edges
from rkedoc.explain.relations.impact import MOST, Impact, Impacts
from rkedoc.snapshot.record import Record
from tests.explain.recorded import catalog, cluster_of, record, recorded, rke

NAMES = "abcdefgh"


def deployment(name: str, app: str) -> Record:
    template = {"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": "main", "image": "x"}]}}
    return record(f"apps/Deployment/shop/{name}", {"spec": {"template": template}})


def service(name: str, app: str) -> Record:
    return record(f"core/Service/shop/{name}", {"spec": {"selector": {"app": app}}})


def ingress(name: str, target: str) -> Record:
    paths = [{"path": "/", "backend": {"service": {"name": target}}}]
    return record(f"networking.k8s.io/Ingress/shop/{name}", {"spec": {"rules": [{"http": {"paths": paths}}]}})


def hit(records: Iterable[Record], stopped: str) -> dict[str, int]:
    """What is hit, each with its distance."""
    cluster = cluster_of(records)
    return {item.record_id: item.distance for item in Impacts(cluster, edges(cluster)).of(stopped).hits}


def test_a_loss_goes_on_from_the_pods_to_the_service_and_its_ingress() -> None:
    found = hit([deployment("web", "web"), service("web", "web"), ingress("main", "web")], "apps/Deployment/shop/web")
    assert found == {"core/Service/shop/web": 1, "networking.k8s.io/Ingress/shop/main": 2}


def test_a_service_with_other_pods_is_not_hit() -> None:
    records = [deployment("blue", "web"), deployment("green", "web"), service("web", "web"), ingress("main", "web")]
    assert hit(records, "apps/Deployment/shop/blue") == {}


def test_a_policy_and_an_autoscaler_lose_nothing_with_the_pods_that_they_are_for() -> None:
    policy = record(
        "networking.k8s.io/NetworkPolicy/shop/web", {"spec": {"podSelector": {"matchLabels": {"app": "web"}}}}
    )
    scaler = record(
        "autoscaling/HorizontalPodAutoscaler/shop/web",
        {"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}},
    )
    assert hit([deployment("web", "web"), policy, scaler], "apps/Deployment/shop/web") == {}


def test_a_webhook_and_a_part_of_the_api_are_hit_with_the_pods_that_answer_for_them() -> None:
    client = {"clientConfig": {"service": {"namespace": "shop", "name": "web"}}}
    webhook = record("admissionregistration.k8s.io/ValidatingWebhookConfiguration/-/check", {"webhooks": [client]})
    api = record(
        "apiregistration.k8s.io/APIService/-/v1.example", {"spec": {"service": {"namespace": "shop", "name": "web"}}}
    )
    found = hit([deployment("web", "web"), service("web", "web"), webhook, api], "apps/Deployment/shop/web")
    assert found == {"core/Service/shop/web": 1, webhook.id: 2, api.id: 2}


def test_a_container_in_the_network_of_another_is_hit_and_one_in_a_network_of_the_engine_is_not() -> None:
    first = rke("kubelet", networkMode="bridge", networks={"bridge": {}})
    second = rke("helper", networkMode="container:kubelet")
    found = hit([first, second], first.id)
    assert found == {second.id: 1}
    assert hit([first, second], "engine/EngineNetwork/n1/bridge") == {}


def test_what_can_turn_to_another_instance_of_a_component_is_hit_only_with_the_last() -> None:
    # The scheduler of node n2 has no API server of its own there: it can turn to any.
    servers = [rke("kube-apiserver", node=node) for node in ("n1", "n3")]
    scheduler = rke("kube-scheduler", node="n2")
    cluster = cluster_of([*servers, scheduler], engines=("n1", "n2", "n3"))
    assert any(edge.source == scheduler.id and edge.target == servers[0].id for edge in edges(cluster))
    assert scheduler.id not in hit([*servers, scheduler], servers[0].id)
    assert hit([servers[0], scheduler], servers[0].id)[scheduler.id] == 1


def test_a_job_that_has_done_its_work_is_hit_by_nothing_any_more(recording: Callable[[str], Path]) -> None:
    cluster = Cluster(recorded(recording("rke-single-node")), catalog())
    over = {workload.id for workload in cluster.workloads() if is_over(workload)}
    assert over
    found = Impacts(cluster, edges(cluster)).of("engine/EngineContainer/rancher01/etcd")
    assert not over & {item.record_id for item in found.hits}


def test_the_whole_control_plane_hangs_on_etcd(recording: Callable[[str], Path]) -> None:
    cluster = Cluster(recorded(recording("rke-single-node")), catalog())
    found = Impacts(cluster, edges(cluster)).of("engine/EngineContainer/rancher01/etcd")
    distances = {item.record_id.rpartition("/")[2]: item.distance for item in found.hits}
    assert distances["kube-apiserver"] == 1
    assert distances["kubelet"] == distances["kube-scheduler"] == distances["kube-controller-manager"] == 2


GRAPHS = st.lists(
    st.tuples(
        st.sampled_from(NAMES), st.sampled_from(("talks-to", "selects", "calls", "owns")), st.sampled_from(NAMES)
    ),
    max_size=40,
)


def made(found: Iterable[tuple[str, str, str]]) -> Relations:
    return Relations(
        Edge(f"core/Service/-/{source}", verb, f"core/Service/-/{target}", "") for source, verb, target in set(found)
    )


def impact_of(found: Iterable[tuple[str, str, str]], stopped: str = "a") -> Impact:
    return Impacts(cluster_of([]), made(found)).of(f"core/Service/-/{stopped}")


@given(GRAPHS)
def test_each_is_hit_once_by_something_one_step_nearer_and_circles_end(graph: list[tuple[str, str, str]]) -> None:
    hits = impact_of(graph).hits
    distances = {"core/Service/-/a": 0} | {item.record_id: item.distance for item in hits}
    assert len(distances) == len(hits) + 1
    assert [item.distance for item in hits] == sorted(item.distance for item in hits)
    for item in hits:
        assert item.edge.source == item.record_id
        assert distances[item.edge.target] == item.distance - 1


@given(GRAPHS)
def test_the_order_of_relations_changes_nothing(graph: list[tuple[str, str, str]]) -> None:
    assert impact_of(graph) == impact_of(graph[::-1])


def test_of_very_many_the_nearest_are_told_and_that_there_are_more() -> None:
    chain = [(f"n{at + 1:04}", "calls", f"n{at:04}") for at in range(2 * MOST)]
    found = impact_of(chain, "n0000")
    assert [item.distance for item in found.hits] == list(range(1, MOST + 1))
    assert not found.is_whole
    assert impact_of(chain[:MOST], "n0000").is_whole
