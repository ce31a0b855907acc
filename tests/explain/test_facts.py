"""Facts are read where they are written, and what could not be read says why."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rkedoc.cluster.model import Cluster, whole
from rkedoc.explain.facts.certificates import certificate_facts
from rkedoc.explain.facts.commandlines import flags_of
from rkedoc.explain.facts.networks import Network
from rkedoc.explain.facts.topics import Fact, FactKey, Listener, Place, Unread, facts, listeners
from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import HIDDEN, Record
from tests.explain.recorded import catalog, cluster_of, container, dumped, pod, record, recorded, rke

Recording = Callable[[str], Path]

CANAL = "core/ConfigMap/kube-system/canal-config"
NEEDED = ("between nodes", "pod network", "service network", "MTU of pods", "port between nodes")


def fact(cluster: Cluster, topic: str, name: str) -> Fact | Unread:
    return next(item for item in facts(cluster)[topic] if item.name == name)


def value(cluster: Cluster, topic: str, name: str) -> str:
    found = fact(cluster, topic, name)
    assert isinstance(found, Fact), found
    return found.value


def why(cluster: Cluster, topic: str, name: str) -> str:
    found = fact(cluster, topic, name)
    assert isinstance(found, Unread), found
    return found.why


def canal(backend: Any = None, mtu: str = "1450", **data: str) -> Record:
    conf = {"Network": "10.42.0.0/16", "Backend": backend if backend is not None else {"Type": "vxlan"}}
    return record(CANAL, {"data": {"net-conf.json": json.dumps(conf), "veth_mtu": mtu, **data}})


def daemons(name: str, **images: str) -> Record:
    """A DaemonSet of kube-system with a container for each image."""
    containers = [{"name": part, "image": image} for part, image in images.items()]
    return record(f"apps/DaemonSet/kube-system/{name}", {"spec": {"template": {"spec": {"containers": containers}}}})


# -- recordings -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def node(recording: Recording) -> Cluster:
    return Cluster(recorded(recording("rke-single-node")), catalog())


def test_the_networks_of_the_recorded_node(node: Cluster) -> None:
    found = {item.name: item for item in facts(node)["network"]}
    assert {name: getattr(found[name], "value", None) for name in found} == {
        "network plugin": "canal", "network policies": "enforced by canal", "between nodes": "vxlan", "pod network": "10.42.0.0/16", "service network": "10.43.0.0/16",
        "MTU of pods": "1450", "port between nodes": "8472", "node ports": "30000-32767", "proxy mode": "iptables", "DNS address": "10.43.0.10",
        "DNS domain": "cluster.local", "names outside the cluster": "/etc/resolv.conf",
    }  # fmt: skip
    assert fact(node, "network", "MTU of pods") == Fact(
        FactKey.MTU, "1450", Place("ConfigMap kube-system/canal-config", "veth_mtu", CANAL)
    )


def test_rancher_fleet_and_ingress_of_the_recorded_node(node: Cluster) -> None:
    assert value(node, "rancher", "server URL") == "https://rancher.example.com"
    assert value(node, "rancher", "server version") == "v2.5.5"
    assert value(node, "rancher", "agents and server") == "of one version"
    assert value(node, "fleet", "version of fleet-agent") == "v0.3.3"
    assert value(node, "ingress", "controller") == "ingress-nginx/nginx-ingress-controller"
    assert value(node, "ingress", "ports on the nodes") == "80/TCP, 443/TCP"
    assert value(node, "ingress", "default backend") == "ingress-nginx/default-http-backend"
    assert value(node, "canal", "version of calico-node") == "v3.16.5"


def test_nothing_of_a_secret_stands_in_a_fact(node: Cluster) -> None:
    assert all("CANARY" not in repr(item) for found in facts(node).values() for item in found)


@pytest.mark.parametrize("name", ["civo-v1.26", "oneke-v1.24", "rancher-v1.14", "rke-v1.14"])
def test_every_cluster_has_the_needed_facts_or_reasons(dump: Recording, name: str) -> None:
    found = {item.name: item for item in facts(Cluster(dumped(dump(name)), catalog()))["network"]}
    assert set(NEEDED) <= set(found)
    assert all(item.why for item in found.values() if isinstance(item, Unread))


def test_other_distributions_write_their_networks_elsewhere(dump: Recording) -> None:
    oneke, civo = (Cluster(dumped(dump(name)), catalog()) for name in ("oneke-v1.24", "civo-v1.26"))
    assert value(oneke, "network", "service network") == "10.43.0.0/16"
    assert value(civo, "network", "between nodes") == "host-gw"


# -- networks ---------------------------------------------------------------------------------------------------------


def test_every_needed_fact_is_there_although_nothing_was_collected() -> None:
    empty = cluster_of([], results={"core/ConfigMap": "forbidden"})
    assert {name: bool(why(empty, "network", name)) for name in NEEDED} == dict.fromkeys(NEEDED, True)
    assert "network plugin" in why(empty, "network", "MTU of pods")
    assert {topic: found for topic, found in facts(empty).items() if topic in ("rancher", "fleet", *Network)} == {
        "rancher": (), "fleet": (), "canal": (), "calico": (), "flannel": (), "cilium": (), "weave": (),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("result", "words"),
    [("complete", "there is no ConfigMap kube-system/canal-config"), ("forbidden", "may not list"), ("failed", "failed"),
     ("skipped", "left out"), ("partial", "only in part")],
)  # fmt: skip
def test_why_a_config_map_was_not_read(result: str, words: str) -> None:
    cluster = cluster_of(
        [daemons("canal", calico="calico/node:v3.16.5", flannel="flannel:v0.13.0")], results={"core/ConfigMap": result}
    )
    assert words in why(cluster, "network", "between nodes")


@pytest.mark.parametrize(
    ("backend", "port"),
    [
        ({"Type": "vxlan"}, "8472"),
        ({"Type": "vxlan", "Port": 4789}, "4789"),
        ({"Type": "udp"}, "8285"),
        ({"Type": "wireguard"}, "51820"),
    ],
)
def test_the_port_between_nodes_follows_the_backend(backend: dict[str, Any], port: str) -> None:
    assert value(cluster_of([canal(backend)]), "network", "port between nodes") == port


def test_a_backend_without_a_tunnel_has_no_port() -> None:
    none = value(cluster_of([canal({"Type": "host-gw"})]), "network", "port between nodes")
    assert none == "none: the backend host-gw listens on no port of its own"


@pytest.mark.parametrize("mtu", ["", "0"])
def test_an_mtu_that_is_left_to_calico_is_not_invented(mtu: str) -> None:
    assert "sets none" in why(cluster_of([canal(mtu=mtu)]), "network", "MTU of pods")


@pytest.mark.parametrize("conf", ["", "{", "[]", "null", "1", HIDDEN, "[" * 5000])
def test_a_configuration_that_cannot_be_understood_says_so(conf: str) -> None:
    broken = cluster_of([record(CANAL, {"data": {"net-conf.json": conf, "veth_mtu": "1450"}})])
    assert "net-conf.json" in why(broken, "network", "between nodes")
    assert value(broken, "network", "MTU of pods") == "1450"


def test_arguments_stand_in_for_a_config_map() -> None:
    parts = cluster_of(
        [rke("kube-controller-manager", "--cluster-cidr=10.9.0.0/16", "--service-cluster-ip-range", "10.8.0.0/16")]
    )
    assert value(parts, "network", "pod network") == "10.9.0.0/16"
    assert value(parts, "network", "service network") == "10.8.0.0/16"
    assert fact(parts, "network", "pod network") == Fact(
        FactKey.POD_NETWORK,
        "10.9.0.0/16",
        Place(
            "engine container kube-controller-manager",
            "--cluster-cidr",
            "engine/EngineContainer/n1/kube-controller-manager",
        ),
    )


def test_a_hidden_argument_is_no_fact() -> None:
    assert "hidden" in why(
        cluster_of([rke("kube-apiserver", f"--service-cluster-ip-range={HIDDEN}")]), "network", "service network"
    )


def test_static_pods_have_command_lines_too() -> None:
    command = ["kube-apiserver", "--service-cluster-ip-range=10.96.0.0/12"]
    api = pod(
        "kube-apiserver-cp",
        namespace="kube-system",
        spec={"containers": [{"name": "kube-apiserver", "image": "x", "command": command}]},
    )
    assert value(cluster_of([api]), "network", "service network") == "10.96.0.0/12"


@pytest.mark.parametrize(
    ("arguments", "flags"),
    [
        (["--a=b", "--c", "d", "-x", "--e"], {"a": "b", "c": "d", "e": "true"}),
        (["--a=1", "--a=2"], {"a": "2"}),
        (["--a=b=c", "plain"], {"a": "b=c"}),
        ([], {}),
    ],
)
def test_flags_are_read_in_both_forms(arguments: list[str], flags: dict[str, str]) -> None:
    assert flags_of(arguments) == flags


# -- listeners --------------------------------------------------------------------------------------------------------


def ports(cluster: Cluster) -> set[tuple[int, str, str, str]]:
    return {(item.port, item.protocol, item.address, item.name) for item in listeners(cluster)}


def test_who_listens_on_the_recorded_node(node: Cluster) -> None:
    assert ports(node) == {
        (80, "TCP", "", "nginx-ingress-controller"), (443, "TCP", "", "nginx-ingress-controller"),
        (10254, "TCP", "", "nginx-ingress-controller"), (2379, "TCP", "0.0.0.0", "etcd"), (2380, "TCP", "0.0.0.0", "etcd"),
        (6443, "TCP", "0.0.0.0", "kube-apiserver"), (8081, "TCP", "127.0.0.1", "rancher"), (8444, "TCP", "127.0.0.1", "rancher"),
        (8472, "UDP", "", "canal"), (9099, "TCP", "localhost", "canal"), (10248, "TCP", "127.0.0.1", "kubelet"),
        (10249, "TCP", "127.0.0.1", "kube-proxy"), (10250, "TCP", "0.0.0.0", "kubelet"), (10251, "TCP", "0.0.0.0", "kube-scheduler"),
        (10252, "TCP", "0.0.0.0", "kube-controller-manager"), (10256, "TCP", "127.0.0.1", "kube-proxy"),
        (10257, "TCP", "0.0.0.0", "kube-controller-manager"), (10259, "TCP", "0.0.0.0", "kube-scheduler"),
        (30080, "TCP", "", "default/webapp-nodeport"),
    }  # fmt: skip
    assert all(item.where for item in listeners(node))


def test_ports_that_newer_versions_have_closed_are_not_claimed() -> None:
    new = cluster_of([rke("kube-scheduler"), rke("kube-controller-manager")], server="v1.24.1")
    assert {port for port, *_rest in ports(new)} == {10257, 10259}
    off = cluster_of([rke("kube-scheduler", "--port=0")])
    assert {port for port, *_rest in ports(off)} == {10259}


def test_what_does_not_run_does_not_listen() -> None:
    stopped = container("web", state="exited", ports=[{"containerPort": 80, "hostPort": "8080", "protocol": "tcp"}])
    assert listeners(cluster_of([rke("kube-apiserver", state="exited"), stopped])) == ()


@pytest.mark.parametrize("published", ["8080", 8080])
def test_published_ports_and_host_ports_are_found(published: str | int) -> None:
    outside = container(
        "web", ports=[{"containerPort": 80, "hostPort": published, "protocol": "tcp", "hostIp": "192.0.2.1"}]
    )
    ported = [{"containerPort": 53, "hostPort": 5353, "protocol": "UDP"}, {"containerPort": 8080}]
    dns = pod("dns", spec={"containers": [{"name": "main", "image": "x", "ports": ported}]})
    assert ports(cluster_of([outside, dns])) == {(8080, "TCP", "192.0.2.1", "web"), (5353, "UDP", "0.0.0.0", "dns")}


def test_a_workload_on_all_of_many_nodes_is_listed_once() -> None:
    spec = {"hostNetwork": True, "containers": [{"name": "main", "image": "x", "ports": [{"containerPort": 9100}]}]}
    daemons = record("apps/DaemonSet/shop/exporter", {"spec": {"template": {"spec": spec}}})
    pods = [pod(f"exporter-{number}", owner=daemons.id, node=f"n{number}", spec=spec) for number in range(5)]
    found = [item for item in listeners(cluster_of([daemons, *pods], engines=())) if item.port == 9100]
    assert [(item.node, item.record_id) for item in found] == [("", daemons.id)]
    fewer = [
        item
        for item in listeners(cluster_of([daemons, *pods, record("core/Node/-/n9")], engines=()))
        if item.port == 9100
    ]
    assert [item.node for item in fewer] == ["n0", "n1", "n2", "n3", "n4"]


def test_node_ports_are_open_on_every_node() -> None:
    spec = {"ports": [{"port": 80, "nodePort": 30080}], "externalTrafficPolicy": "Local", "healthCheckNodePort": 31000}
    service = record("core/Service/shop/web", {"spec": spec})
    found = listeners(cluster_of([service]))
    assert [(item.port, item.node, item.name) for item in found] == [(30080, "", "shop/web"), (31000, "", "shop/web")]
    assert "only on nodes" in found[0].purpose


@pytest.mark.parametrize("port", [0, -1, 65536, "x", None, True, 10**12])
def test_ports_that_are_none_are_left_out(port: Any) -> None:
    odd = container("web", ports=[{"hostPort": port}])
    service = record("core/Service/shop/web", {"spec": {"ports": [{"nodePort": port}]}})
    assert listeners(cluster_of([odd, service])) == ()


def test_listeners_stand_in_one_order() -> None:
    found = listeners(cluster_of([rke("kube-proxy"), rke("etcd"), rke("kubelet")]))
    assert list(found) == sorted(found, key=lambda item: (item.port, item.protocol, item.node, item.name, item.address))
    assert all(isinstance(item, Listener) for item in found)


@pytest.mark.parametrize(
    ("flags", "where"),
    [
        ((), "the default of --healthz-bind-address"),
        (("--healthz-bind-address=127.0.0.1",), "--healthz-bind-address; the port is the default"),
        (("--healthz-bind-address=127.0.0.1:10300",), "--healthz-bind-address"),
    ],
)
def test_only_what_is_not_given_is_a_default(flags: tuple[str, ...], where: str) -> None:
    found = [item for item in listeners(cluster_of([rke("kube-proxy", *flags)])) if "health" in item.purpose]
    assert [str(item.where).removeprefix("engine container kube-proxy, ") for item in found] == [where]


@pytest.mark.parametrize("name", ["demo", "demo-rke2"])
def test_a_workload_of_several_programs_is_introduced_as_a_whole(name: str) -> None:
    """Its entry is one that is about the workload, where its containers have entries of their own."""
    cluster = Cluster(load(resource("data", f"{name}.ndjson.zst")), catalog())
    several = 0
    for workload in cluster.workloads():
        names = [one["name"] for one in workload.pod_spec.get("containers", ())]
        entries = {match.entry.id for one in names if (match := cluster.container_match(workload, one)) is not None}
        if len(entries) > 1:
            several += 1
            found = cluster.catalog.find(whole(workload))
            assert found is not None, workload.name
            assert workload.entry == found.entry
    assert several


@pytest.mark.parametrize(
    ("kubelet", "marks", "command"),
    [
        ("v1.27.12+rke2r1", {}, "/var/lib/rancher/rke2/server/tls/*.crt"),
        ("v1.27.13+rke2r1", {}, "`rke2 certificate check`"),
        ("v1.28.8+rke2r1", {}, "/var/lib/rancher/rke2/server/tls/*.crt"),
        ("v1.33.1+rke2r1", {}, "`rke2 certificate check`"),
        ("v1.28.9+k3s1", {}, "`k3s certificate check`"),
        ("v1.26.15+k3s1", {}, "/var/lib/rancher/k3s/server/tls/*.crt"),
        ("v1.19.16", {"kubeadm-config": {}}, "/etc/kubernetes/pki/*.crt"),
        ("v1.20.0", {"kubeadm-config": {}}, "`kubeadm certs check-expiration`"),
    ],
)
def test_the_command_for_certificates_is_one_that_the_version_has(
    kubelet: str, marks: Mapping[str, Any], command: str
) -> None:
    records = [record("core/Node/-/n1", {"status": {"nodeInfo": {"kubeletVersion": kubelet}}})]
    records += [record(f"core/ConfigMap/kube-system/{name}", body) for name, body in marks.items()]
    (told,) = (
        str(one.why)
        for one in certificate_facts(cluster_of(records, server=kubelet))
        if isinstance(one, Unread) and one.key == FactKey.NODE_CERTIFICATES
    )
    assert command in told
