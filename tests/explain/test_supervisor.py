"""What a node has of Kubernetes, and what runs each part: by flags, files, the node's own notes, and else by default."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from rkedoc.cluster.model import Cluster
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import collect
from rkedoc.explain.facts.settings import all_settings
from rkedoc.explain.facts.supervisor import Part, supervisor_parts
from rkedoc.explain.health.checks import problems
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Record
from rkedoc.vocabulary import Evidence, NodePart, PartState, ProblemKind
from tests.explain.recorded import catalog, cluster_of, dumped, record, rke
from tests.explain.test_robust import scrambled
from tests.host.nodes import SECRET, Node, k3s_agent, rke2_server

INSIDE, CHILD, STATIC, OUTSIDE, OFF = (
    PartState.INSIDE, PartState.CHILD, PartState.STATIC_POD, PartState.OUTSIDE, PartState.OFF,
)  # fmt: skip


def host(kind: str, name: str, intent: Mapping[str, Any], *, on: str = "n1", **observed: Any) -> Record:
    return Record(f"host/{kind}/{on}/{name}", kind, None, intent, observed)


def process(*args: str, on: str = "n1") -> Record:
    name = args[0].rpartition("/")[2]
    return host("HostProcess", name, {"args": list(args), "exe": args[0]}, on=on, pid=700, ppid=1, program=name)


def unit(
    *command: str,
    lines: int = 0,
    wanted: Sequence[str] = ("multi-user.target",),
    on: str = "n1",
    name: str = "k3s.service",
) -> Record:
    intent = {
        "commands": [list(command)],
        "environmentFiles": [],
        "environmentLines": lines,
        "wantedBy": list(wanted),
        "masked": False,
    }
    return host("HostUnit", name, intent, on=on)


def file(path: str, content: Mapping[str, Any], on: str = "n1") -> Record:
    return host("HostFile", path, {"part": "configuration", "of": ["k3s", "rke2"], "content": dict(content)}, on=on)


def noted(
    program: str,
    *words: str,
    environment: Mapping[str, str] | None = None,
    on: str = "n1",
    version: str = "v1.30.2",
    **labels: str,
) -> Record:
    annotations = {
        f"{program}.io/node-args": json.dumps(list(words)),
        f"{program}.io/node-env": json.dumps(dict(environment or {})),
    }
    body = {
        "metadata": {"annotations": annotations | labels},
        "status": {"nodeInfo": {"kubeletVersion": f"{version}+{program}1"}},
    }
    return record(f"core/Node/-/{on}", body)


def parts(*records: Record, on: str = "n1") -> dict[NodePart, Part]:
    return {part.name: part for part in supervisor_parts(cluster_of(records), on)}


def states(*records: Record, on: str = "n1") -> dict[str, str]:
    return {str(name): str(part.state) for name, part in parts(*records, on=on).items()}


K3S = "/usr/local/bin/k3s"
SERVER_STATES = {
    "api-server": "inside", "controller-manager": "inside", "scheduler": "inside", "cloud-controller-manager": "inside",
    "helm-controller": "inside", "service-load-balancer": "inside", "kubelet": "inside", "kube-proxy": "inside", "flannel": "inside",
    "network-policy-controller": "inside", "containerd": "child", "kine": "inside", "etcd": "off",
}  # fmt: skip


# -- K3s --------------------------------------------------------------------------------------------------------------


def test_a_server_of_k3s_without_settings_has_the_defaults_and_they_are_called_so() -> None:
    found = parts(noted("k3s", "server"))
    assert {str(name): str(part.state) for name, part in found.items()} == SERVER_STATES
    assert {part.evidence for part in found.values()} == {Evidence.DEFAULT}


@pytest.mark.parametrize(
    ("flags", "changed"),
    [
        (["--disable-kube-proxy"], {"kube-proxy": "off"}),
        (["--disable-kube-proxy=false"], {}),
        (["--flannel-backend", "none"], {"flannel": "off"}),
        (["--flannel-backend=wireguard-native"], {}),
        (["--disable-network-policy"], {"network-policy-controller": "off"}),
        (["--disable-helm-controller"], {"helm-controller": "off"}),
        (["--disable-cloud-controller"], {"cloud-controller-manager": "off"}),
        (["--disable-apiserver"], {"api-server": "off"}),
        (["--disable-controller-manager"], {"controller-manager": "off"}),
        (["--disable-scheduler"], {"scheduler": "off"}),
        (["--disable", "traefik,servicelb"], {"service-load-balancer": "off"}),
        (["--disable=traefik", "--disable=metrics-server"], {}),
        (["--disable-agent"], dict.fromkeys(("kubelet", "kube-proxy", "flannel", "network-policy-controller", "containerd"), "off")),
        (["--docker"], {"containerd": "off", "container-runtime": "outside", "cri-dockerd": "inside"}),
        (["--container-runtime-endpoint", "/run/crio.sock"], {"containerd": "off", "container-runtime": "outside"}),
        (["--cluster-init"], {"etcd": "inside", "kine": None}),
        (["--server", "https://a:6443", "--token", "********"], {"etcd": "inside", "kine": None}),
        (["--server", "https://a:6443", "--disable-etcd"], {"etcd": "outside", "kine": None}),
        (["--datastore-endpoint", "********"], {"etcd": "off", "database": "outside", "kine": "unknown"}),
        (["--datastore-endpoint", "mysql://‹hidden›"], {"etcd": "off", "database": "outside", "kine": "inside"}),
        (["--datastore-endpoint", "https://etcd:2379"], {"etcd": "off", "database": "outside", "kine": "off"}),
    ],
)  # fmt: skip
def test_a_flag_changes_what_it_is_about(flags: list[str], changed: dict[str, str | None]) -> None:
    expected = {name: state for name, state in {**SERVER_STATES, **changed}.items() if state is not None}
    assert states(noted("k3s", "server", *flags)) == expected
    assert states(process(K3S, "server", *flags), unit(K3S, "server")) == expected
    assert states(process(K3S, "server"), unit(K3S, "server", *flags)) == expected


def test_the_value_of_an_endpoint_is_never_told() -> None:
    found = supervisor_parts(
        cluster_of([noted("k3s", "server", "--datastore-endpoint", "mysql://user:pass@db/k3s")]), "n1"
    )
    assert "pass" not in json.dumps([part.to_json() for part in found])
    assert "user" not in repr(found)


def test_files_tell_and_arguments_win_over_them() -> None:
    base = "/etc/rancher/k3s/config.yaml"
    main = file(base, {"disable-kube-proxy": True, "flannel-backend": "none", "disable": ["traefik"]})
    added = file(f"{base}.d/10-more.yaml", {"disable+": ["servicelb"], "disable-helm-controller": True})
    replaced = file(f"{base}.d/20-more.yaml", {"disable-helm-controller": False})
    found = parts(process(K3S, "server"), unit(K3S, "server", "--flannel-backend", "vxlan"), main, added, replaced)
    assert found[NodePart.KUBE_PROXY].state == OFF
    assert found[NodePart.KUBE_PROXY].evidence == Evidence.FILE
    assert found[NodePart.KUBE_PROXY].where is not None
    assert found[NodePart.KUBE_PROXY].where.text == f"file {base}, disable-kube-proxy"
    assert (found[NodePart.FLANNEL].state, found[NodePart.FLANNEL].evidence) == (INSIDE, Evidence.FLAG)
    assert found[NodePart.SERVICE_BALANCER].state == OFF
    assert found[NodePart.HELM_CONTROLLER].state == INSIDE


def test_arguments_add_to_lists_of_files() -> None:
    cluster = cluster_of(
        [process(K3S, "server", "--disable", "servicelb"), file("/etc/rancher/k3s/config.yaml", {"disable": "traefik"})]
    )
    setting = all_settings(cluster)["n1"].get("disable")
    assert setting is not None
    assert setting.values == ("traefik", "servicelb")


def test_what_the_node_noted_counts_and_the_file_that_says_the_same_is_named() -> None:
    path = "/etc/rancher/k3s/config.yaml"
    found = parts(
        noted("k3s", "server", "--disable-kube-proxy", "true"),
        process(K3S, "server"),
        file(path, {"disable-kube-proxy": True, "disable-network-policy": True}),
    )
    assert found[NodePart.KUBE_PROXY].evidence == Evidence.FILE
    # Written since it was started: it does not hold yet.
    assert found[NodePart.NETWORK_POLICY].state == INSIDE


def test_a_variable_that_was_not_read_may_have_set_where_the_data_is() -> None:
    found = parts(process(K3S, "server"), unit(K3S, "server", lines=1))
    assert {found[name].state for name in (NodePart.ETCD, NodePart.KINE)} == {PartState.UNKNOWN}
    assert found[NodePart.API_SERVER].state == INSIDE
    assert states(noted("k3s", "server", environment={"K3S_CLUSTER_INIT": "true"}))["etcd"] == "inside"
    assert states(noted("k3s", "server", environment={"K3S_DATASTORE_ENDPOINT": "********"}))["database"] == "outside"


def test_an_etcd_that_is_seen_is_there_whatever_the_flags_say() -> None:
    listener = host("HostListener", "tcp:10.0.0.1:2380", {}, port=2380, processes=["k3s"])
    found = parts(process(K3S, "server"), listener)[NodePart.ETCD]
    assert (found.state, found.evidence, found.seen) == (INSIDE, Evidence.SEEN, True)
    annotated = noted("k3s", "server", **{"etcd.k3s.cattle.io/node-name": "n1-1234"})
    assert parts(annotated)[NodePart.ETCD].evidence == Evidence.NODE


def test_an_agent_has_what_its_server_says() -> None:
    server = noted("k3s", "server", "--flannel-backend=none", "--disable-kube-proxy")
    agent = noted("k3s", "agent", "--server", "https://n1:6443", on="n2")
    found = parts(server, agent, on="n2")
    assert {str(name): str(part.state) for name, part in found.items()} == {
        "kubelet": "inside", "containerd": "child", "kube-proxy": "off", "flannel": "off", "network-policy-controller": "inside",
    }  # fmt: skip
    assert found[NodePart.FLANNEL].evidence == Evidence.OTHER
    assert states(noted("k3s", "agent", "--no-flannel"))["flannel"] == "off"


def test_containerd_is_seen_as_a_child() -> None:
    child = host("HostProcess", "containerd", {"args": ["containerd"]}, pid=701, ppid=700, program="containerd")
    found = parts(process(K3S, "server"), child)[NodePart.CONTAINERD]
    assert (found.state, found.evidence, found.seen) == (CHILD, Evidence.SEEN, True)
    assert parts(process(K3S, "server"))[NodePart.CONTAINERD].seen is False


# -- RKE2 -------------------------------------------------------------------------------------------------------------


def test_a_recorded_server_of_rke2_has_its_static_pods(dump: Any) -> None:
    cluster = Cluster(dumped(dump("oneke-v1.24")), catalog())
    found = {part.name: part for part in supervisor_parts(cluster, "node-1")}
    static = (
        NodePart.API_SERVER,
        NodePart.CONTROLLER_MANAGER,
        NodePart.SCHEDULER,
        NodePart.CLOUD_CONTROLLER,
        NodePart.ETCD,
        NodePart.KUBE_PROXY,
    )
    assert {name for name, part in found.items() if part.state == STATIC} == set(static)
    assert all(found[name].seen for name in static)
    assert {name for name, part in found.items() if part.state == CHILD} == {NodePart.KUBELET, NodePart.CONTAINERD}
    assert found[NodePart.HELM_CONTROLLER].state == INSIDE
    assert found[NodePart.SERVICE_BALANCER].state == OFF
    agent = {part.name: part for part in supervisor_parts(cluster, "node-2")}
    assert set(agent) == {NodePart.KUBELET, NodePart.CONTAINERD, NodePart.KUBE_PROXY}


@pytest.mark.parametrize(
    ("flags", "changed"),
    [
        (["--disable-etcd", "--server", "https://a:9345"], {"etcd": "outside"}),
        (["--disable-etcd"], {"etcd": "off", "kine": "inside"}),
        (["--datastore-endpoint", "postgres://‹hidden›"], {"etcd": "off", "database": "outside", "kine": "inside"}),
        (["--disable-cloud-controller"], {"cloud-controller-manager": "off"}),
        (["--enable-servicelb"], {"service-load-balancer": "static-pod"}),
        (["--disable-kube-proxy"], {"kube-proxy": "off"}),
        (["--disable-scheduler", "--disable-controller-manager", "--disable-apiserver"], dict.fromkeys(("scheduler", "controller-manager", "api-server"), "off")),
    ],
)  # fmt: skip
def test_a_flag_of_rke2_changes_what_it_is_about(flags: list[str], changed: dict[str, str]) -> None:
    default = {
        "api-server": "static-pod", "controller-manager": "static-pod", "scheduler": "static-pod", "cloud-controller-manager": "static-pod",
        "etcd": "static-pod", "helm-controller": "inside", "service-load-balancer": "off", "kubelet": "child", "kube-proxy": "static-pod",
        "containerd": "child",
    }  # fmt: skip
    assert states(noted("rke2", "server", *flags)) == {**default, **changed}


def test_kube_proxy_was_a_chart_before_it_was_a_static_pod() -> None:
    assert states(noted("rke2", "agent", version="v1.20.8"))["kube-proxy"] == "pod"
    assert states(noted("rke2", "agent", version="v1.21.2"))["kube-proxy"] == "pod"
    assert states(noted("rke2", "agent", version="v1.20.9"))["kube-proxy"] == "static-pod"


def test_of_two_units_that_are_installed_the_enabled_one_counts() -> None:
    found = states(
        unit("/usr/local/bin/rke2", "agent", wanted=(), name="rke2-agent.service"),
        unit("/usr/local/bin/rke2", "server", name="rke2-server.service"),
    )
    assert found["api-server"] == "static-pod"


def test_a_unit_that_is_not_enabled_tells_the_arguments_of_a_process_that_runs() -> None:
    found = states(process(K3S, "server"), unit(K3S, "--debug", "server", "--disable-kube-proxy", wanted=()))
    assert found["kube-proxy"] == "off"
    assert states(unit(K3S, "server", wanted=())) == {}


# -- roots of nodes that are collected --------------------------------------------------------------------------------


def collected(node: Node, place: Path) -> Cluster:
    output = place / "snapshot.ndjson"
    options = CollectOptions(
        output=output,
        host=node.root,
        kubernetes=False,
        engine="none",
        runtimes=("none",),
        node_name="n1",
        collected_at="2026-11-23T05:50:00Z",
    )
    collect(options, progress=QuietProgress())
    assert SECRET not in output.read_text("utf-8")
    return Cluster(load(output), catalog())


def test_a_server_of_rke2_is_read_from_its_files_alone(tmp_path: Path) -> None:
    cluster = collected(rke2_server(tmp_path / "root"), tmp_path)
    found = {part.name: part for part in supervisor_parts(cluster, "n1")}
    assert found[NodePart.API_SERVER].state == STATIC
    etcd = found[NodePart.ETCD]
    assert (etcd.state, etcd.seen) == (STATIC, True)
    assert etcd.where is not None
    assert "pod-manifests/etcd.yaml" in etcd.where.text


def test_an_agent_of_k3s_is_read_from_its_files_alone(tmp_path: Path) -> None:
    cluster = collected(k3s_agent(tmp_path / "root"), tmp_path)
    assert {part.name for part in supervisor_parts(cluster, "n1")} == {
        NodePart.KUBELET, NodePart.CONTAINERD, NodePart.KUBE_PROXY, NodePart.FLANNEL, NodePart.NETWORK_POLICY,
    }  # fmt: skip


# -- RKE1 and kubeadm -------------------------------------------------------------------------------------------------


def test_of_rke1_what_its_roles_ask_for_is_there_or_missing() -> None:
    labels = {"node-role.kubernetes.io/controlplane": "true", "node-role.kubernetes.io/etcd": "true"}
    there = [rke(name) for name in ("kube-apiserver", "kube-controller-manager", "kubelet", "kube-proxy", "etcd")]
    found = states(record("core/Node/-/n1", {"metadata": {"labels": labels}}), *there)
    assert found == {
        "api-server": "container", "controller-manager": "container", "scheduler": "missing", "etcd": "container",
        "kubelet": "container", "kube-proxy": "container",
    }  # fmt: skip
    worker = record("core/Node/-/n1", {"metadata": {"labels": {"node-role.kubernetes.io/worker": "true"}}})
    assert states(worker, rke("kubelet"))["api-load-balancer"] == "missing"


@pytest.mark.parametrize("seed", range(40))
def test_whatever_the_records_of_a_node_hold_nothing_raises(tmp_path: Path, seed: int) -> None:
    cluster = collected(rke2_server(tmp_path / "root"), tmp_path)
    twins = [
        replace(one, id=one.id.replace("/n1/", f"/{name}/"))
        for one in cluster.snapshot.records
        for name in ("n1", "n2", "n3")
    ]
    nodes = [
        noted("rke2", "server", "--server", "https://n1:9345", "--kubelet-arg=max-pods=99", on=name)
        for name in ("n1", "n2", "n3")
    ]
    random = Random(seed)
    odd = cluster_of(scrambled(one, random) if random.random() < 0.7 else one for one in (*twins, *nodes))
    for name in ("n1", "n2", "n3"):
        for part in supervisor_parts(odd, name):
            json.dumps(part.to_json())
            assert part.name.label.translated
            assert part.state.label.translated
    for problem in problems(odd):
        assert problem.what.isprintable() or problem.seen.kind not in (
            ProblemKind.NODES_DIFFER,
            ProblemKind.NODES_SPLIT,
        )


def test_nodes_that_were_made_the_same_way_do_not_differ(tmp_path: Path) -> None:
    cluster = collected(rke2_server(tmp_path / "root"), tmp_path)
    names = ("n1", "n2", "n3")
    twins = [replace(one, id=one.id.replace("/n1/", f"/{name}/")) for one in cluster.snapshot.records for name in names]
    nodes = [noted("rke2", "server", on=name) for name in names]
    found = problems(cluster_of([*twins, *nodes], server="v1.30.2"))
    assert [problem for problem in found if problem.seen.kind.startswith("nodes-")] == []


def test_of_a_node_of_which_nothing_is_known_nothing_is_said() -> None:
    assert parts(record("core/Node/-/n1", {})) == {}
    assert parts() == {}
