"""Networks are recognised by the programs that make them, and each is read where it keeps its settings."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from rkedoc.cluster.model import Cluster
from rkedoc.explain.facts.networks import Network, network, networks
from rkedoc.explain.facts.packets import READERS, Mode, mode_of
from rkedoc.explain.facts.topics import Fact, FactKey, facts
from rkedoc.snapshot.record import Record
from tests.explain.recorded import catalog, cluster_of, dumped, record, recorded

Recording = Callable[[str], Path]

DUMPS: Final[Mapping[str, tuple[str, ...]]] = {
    "civo-v1.26": ("flannel",), "oneke-v1.24": ("canal",), "rancher-v1.14": ("canal",), "rke-v1.14": ("canal",),
    "aks-v1.26": (), "eks-v1.27": (), "gke-v1.24": (), "k0s-v1.20": ("calico",), "kamaji-v1.25": ("calico",),
    "ksyun-v1.15": ("flannel",), "kublr-v1.13": ("canal",), "mke-v1.12": ("calico",), "ncs-v1.17": (), "onekube-v1.23": ("canal",),
    "ovh-v1.11": ("canal",), "platform9-v1.12": (), "rancher-v1.11": ("canal",), "snaps-v1.11": ("flannel", "weave"),
    "talos-v1.25": ("flannel",), "vanillastack-v1.19": ("cilium",),
}  # fmt: skip
"""What the clusters of the dumps have, read in them by eye. AKS, EKS and GKE bring networks of their own."""


def dump_folder(dump: Recording, name: str) -> Path:
    """The folder of a dump: one of its own, or one among the others."""
    return dump(name) if name in ("civo-v1.26", "oneke-v1.24", "rancher-v1.14", "rke-v1.14") else dump("others") / name


def on_each_node(name: str, *containers: Mapping[str, Any], namespace: str = "kube-system") -> Record:
    """A DaemonSet."""
    spec = {"template": {"spec": {"hostNetwork": True, "containers": list(containers)}}}
    return record(f"apps/DaemonSet/{namespace}/{name}", {"spec": spec})


def config(name: str, **data: str) -> Record:
    """A ConfigMap of kube-system."""
    return record(
        f"core/ConfigMap/kube-system/{name}", {"data": {key.replace("_", "-"): value for key, value in data.items()}}
    )


def calico(*more: Record, **env: str) -> Cluster:
    """Calico as its manifest installs it, with these variables."""
    backend = {
        "name": "CALICO_NETWORKING_BACKEND",
        "valueFrom": {"configMapKeyRef": {"name": "calico-config", "key": "calico_backend"}},
    }
    variables = [backend, *({"name": name, "value": value} for name, value in env.items())]
    node = on_each_node(
        "calico-node", {"name": "calico-node", "image": "docker.io/calico/node:v3.27.0", "env": variables}
    )
    settings = record("core/ConfigMap/kube-system/calico-config", {"data": {"calico_backend": "bird", "veth_mtu": "0"}})
    return cluster_of([node, settings, *more])


def pool(name: str, **spec: Any) -> Record:
    """A pool of Calico."""
    return record(f"crd.projectcalico.org/IPPool/-/{name}", {"spec": spec})


def flannel(backend: Mapping[str, Any]) -> Cluster:
    """flannel as its manifest installs it."""
    conf = {"Network": "10.244.0.0/16", "Backend": backend}
    own = {
        "name": "kube-flannel",
        "image": "docker.io/flannel/flannel:v0.22.0",
        "command": ["/opt/bin/flanneld"],
        "args": ["--ip-masq", "--kube-subnet-mgr"],
    }
    settings = record("core/ConfigMap/kube-flannel/kube-flannel-cfg", {"data": {"net-conf.json": json.dumps(conf)}})
    return cluster_of([on_each_node("kube-flannel-ds", own, namespace="kube-flannel"), settings])


def cilium(**data: str) -> Cluster:
    """Cilium with these settings."""
    agent = {"name": "cilium-agent", "image": "quay.io/cilium/cilium:v1.15.6", "command": ["cilium-agent"]}
    return cluster_of([on_each_node("cilium", agent), config("cilium-config", **data)])


def weave(**env: str) -> Cluster:
    """Weave Net as its manifest installs it, with these variables."""
    variables = [{"name": name, "value": value} for name, value in env.items()]
    router = {
        "name": "weave",
        "image": "weaveworks/weave-kube:2.8.1",
        "command": ["/home/weave/launch.sh"],
        "env": variables,
    }
    return cluster_of([on_each_node("weave-net", router, {"name": "weave-npc", "image": "weaveworks/weave-npc:2.8.1"})])


def read(cluster: Cluster, topic: str) -> dict[FactKey, str]:
    """The facts of a topic that were read, with their places."""
    return {item.key: f"{item.value} | {item.where}" for item in facts(cluster)[topic] if isinstance(item, Fact)}


@pytest.mark.parametrize("name", sorted(DUMPS))
def test_the_network_of_each_dumped_cluster_is_known_or_is_none_that_is(dump: Recording, name: str) -> None:
    cluster = Cluster(dumped(dump_folder(dump, name)), catalog())
    assert tuple(one.network for one in networks(cluster)) == DUMPS[name]
    assert [topic for topic in Network if facts(cluster)[topic]] == ([DUMPS[name][0]] if len(DUMPS[name]) == 1 else [])


def test_the_recorded_node_has_canal(recording: Recording) -> None:
    cluster = Cluster(recorded(recording("rke-single-node")), catalog())
    assert [one.network for one in networks(cluster)] == ["canal"]


@pytest.mark.parametrize(
    ("cluster", "mode"),
    [
        (calico(CALICO_IPV4POOL_IPIP="Always", CALICO_IPV4POOL_VXLAN="Never"), Mode.IPIP),
        (calico(CALICO_IPV4POOL_IPIP="CrossSubnet"), Mode.IPIP_ACROSS),
        (calico(CALICO_IPV4POOL_IPIP="Never", CALICO_IPV4POOL_VXLAN="Always"), Mode.VXLAN),
        (calico(CALICO_IPV4POOL_IPIP="off", CALICO_IPV4POOL_VXLAN="Never"), Mode.BGP),
        (calico(pool("p", cidr="10.1.0.0/16", vxlanMode="CrossSubnet"), CALICO_IPV4POOL_IPIP="Always"), Mode.VXLAN_ACROSS),
        (calico(), None),
        (flannel({"Type": "vxlan"}), Mode.VXLAN),
        (flannel({"Type": "vxlan", "DirectRouting": True}), Mode.VXLAN_ACROSS),
        (flannel({"Type": "host-gw"}), Mode.HOST_GW),
        (flannel({"Type": "wireguard"}), Mode.WIREGUARD),
        (flannel({"Type": "alloc"}), None),
        (cilium(), Mode.VXLAN),
        (cilium(tunnel="geneve"), Mode.GENEVE),
        (cilium(tunnel="disabled"), Mode.NATIVE),
        (cilium(routing_mode="native"), Mode.NATIVE),
        (cilium(routing_mode="tunnel", tunnel_protocol="geneve"), Mode.GENEVE),
        (weave(), Mode.FAST_DATAPATH),
        (weave(WEAVE_NO_FASTDP="true"), None),
    ],
)  # fmt: skip
def test_the_way_between_nodes_is_what_the_configuration_says(cluster: Cluster, mode: Mode | None) -> None:
    one = network(cluster)
    assert one is not None
    assert mode_of(cluster, one) == mode


def test_calico_is_read_from_its_daemonset_and_the_configmap_behind_it() -> None:
    found = read(
        calico(CALICO_IPV4POOL_IPIP="Always", CALICO_IPV4POOL_VXLAN="Never", CALICO_IPV4POOL_CIDR="10.244.0.0/16"),
        "calico",
    )
    assert found[FactKey.BACKEND] == (
        "IP-in-IP (Always) | DaemonSet kube-system/calico-node, CALICO_IPV4POOL_IPIP, of which its first start made a pool; "
        "the pools themselves were not collected"
    )
    assert found[FactKey.POD_NETWORK].startswith(
        "10.244.0.0/16 | DaemonSet kube-system/calico-node, CALICO_IPV4POOL_CIDR, of which its first start"
    )
    assert found[FactKey.IPIP].startswith("Always")
    assert found[FactKey.VXLAN].startswith("Never")
    assert found[FactKey.CALICO_ROUTES] == (
        "on: the daemon BIRD tells the nodes' routes | ConfigMap kube-system/calico-config, calico_backend"
    )
    assert FactKey.MTU not in found
    assert found[FactKey.PORT].startswith("none: IP-in-IP")


def test_a_pool_that_is_there_wins_over_what_a_pool_would_be_made_of() -> None:
    made = pool("default-ipv4-ippool", cidr="10.9.0.0/16", vxlanMode="Always", ipipMode="Never", natOutgoing=True)
    found = read(calico(made, CALICO_IPV4POOL_CIDR="10.244.0.0/16", CALICO_IPV4POOL_IPIP="Always"), "calico")
    assert found[FactKey.POD_NETWORK].startswith("10.9.0.0/16")
    assert found[FactKey.BACKEND].startswith("VXLAN (Always)")
    assert found[FactKey.PORT].startswith("4789")


def test_calico_takes_no_addresses_from_the_slices_of_nodes() -> None:
    node = record("core/Node/-/n1", {"spec": {"podCIDR": "10.42.0.0/24"}})
    subnet = record(
        "core/ConfigMap/kube-system/kubeadm-config",
        {"data": {"ClusterConfiguration": "networking:\n  podSubnet: 10.6.0.0/16\n"}},
    )
    told = calico(node, subnet, CALICO_IPV4POOL_IPIP="Always")
    assert read(told, "calico")[FactKey.POD_NETWORK].startswith("10.6.0.0/16 | ConfigMap kube-system/kubeadm-config")
    assert FactKey.POD_NETWORK not in read(calico(node, CALICO_IPV4POOL_IPIP="Always"), "calico")
    assert read(calico(node, USE_POD_CIDR="true"), "calico")[FactKey.POD_NETWORK].startswith(
        "the nodes' slices 10.42.0.0/24"
    )


def test_canal_takes_no_addresses_from_a_pool_of_calico() -> None:
    both = on_each_node(
        "canal",
        {
            "name": "calico-node",
            "image": "rancher/calico-node:v3.4.0",
            "env": [{"name": "CALICO_IPV4POOL_CIDR", "value": "192.168.0.0/16"}],
        },
        {"name": "kube-flannel", "image": "rancher/coreos-flannel:v0.10.0"},
    )
    node = record("core/Node/-/n1", {"spec": {"podCIDR": "10.42.0.0/24"}})
    assert (
        read(cluster_of([both, node]), "canal")[FactKey.POD_NETWORK]
        == "the nodes' slices 10.42.0.0/24 | the nodes, spec.podCIDR"
    )


def test_weave_gives_addresses_of_its_own_range() -> None:
    node = record("core/Node/-/n1", {"spec": {"podCIDR": "10.42.0.0/24"}})
    found = read(cluster_of([*weave().snapshot.records, node]), "weave")
    assert found[FactKey.POD_NETWORK] == "10.32.0.0/12 | the default of Weave Net: IPALLOC_RANGE is not set"
    assert read(weave(IPALLOC_RANGE="10.5.0.0/16"), "weave")[FactKey.POD_NETWORK].startswith("10.5.0.0/16 | DaemonSet")


@pytest.mark.parametrize("mask", ["REDACTED", "<redacted>", "********", "[MASKED]"])
def test_a_mask_is_no_value(mask: str) -> None:
    data = {
        "canal_iface": mask,
        "masquerade": mask,
        "typha_service_name": mask,
        "veth_mtu": mask,
        "net-conf.json": mask,
    }
    cluster = cluster_of([record("core/ConfigMap/kube-system/canal-config", {"data": data})])
    assert mask not in repr(
        [item.value for found in facts(cluster).values() for item in found if isinstance(item, Fact)]
    )
    assert all("masked" in item.why for item in facts(cluster)["canal"] if item.key is FactKey.INTERFACE)


def test_the_defaults_of_k3s_are_told_where_its_servers_say_nothing_else() -> None:
    def k3s(*arguments: str) -> dict[FactKey, str]:
        notes = {"k3s.io/node-args": json.dumps(arguments), "flannel.alpha.coreos.com/backend-type": "vxlan"}
        body = {"metadata": {"annotations": notes}, "status": {"nodeInfo": {"kubeletVersion": "v1.26.4+k3s1"}}}
        return read(cluster_of([record("core/Node/-/n1", body)], server="v1.26.4+k3s1"), "network")

    found = k3s("server")
    where = "the default of K3s v1.26.4+k3s1: no server sets"
    assert found[FactKey.POD_NETWORK] == f"10.42.0.0/16 | {where} --cluster-cidr"
    assert found[FactKey.SERVICE_NETWORK] == f"10.43.0.0/16 | {where} --service-cidr"
    assert found[FactKey.NODE_PORTS].startswith(f"30000-32767 | {where}")
    assert found[FactKey.PROXY_MODE].startswith("iptables | ")
    assert k3s("server", "--cluster-cidr", "10.1.0.0/16")[FactKey.POD_NETWORK].startswith("10.1.0.0/16 | node n1")
    assert FactKey.POD_NETWORK not in k3s("agent")


def test_the_service_of_the_api_tells_what_the_network_of_services_contains() -> None:
    api = record("core/Service/default/kubernetes", {"spec": {"clusterIP": "10.96.0.1"}})
    found = read(cluster_of([api]), "network")[FactKey.SERVICE_NETWORK]
    assert found == "contains 10.96.0.1 | Service default/kubernetes, spec.clusterIP"


def test_each_network_has_a_reader() -> None:
    assert set(READERS) == set(Network)
