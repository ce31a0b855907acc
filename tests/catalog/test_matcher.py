"""The strongest evidence decides, in the documented order, and what is unknown decides nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rkedoc.catalog import Catalog, Distribution, InPod, Match, OnHost, OutsidePods, load_catalog
from rkedoc.catalog.bound import Thing
from rkedoc.catalog.matcher import Candidate

LABEL = "io.rancher.rke.container.name"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def entry_id(match: Match | None) -> str | None:
    return match.entry.id if match else None


def test_a_label_beats_a_name(catalog: Catalog) -> None:
    match = catalog.match(Candidate(name="kubelet", image="own/thing", labels={LABEL: "etcd"}, in_pod=False))
    assert entry_id(match) == "etcd"
    assert match is not None
    assert (match.rule, match.evidence, match.order) == (f"label {LABEL}", f"{LABEL}=etcd", 0)


def test_a_name_needs_an_image_of_the_family_unless_the_image_is_unknown(catalog: Catalog) -> None:
    def find(image: str | None) -> str | None:
        return entry_id(catalog.match(Candidate(name="etcd", image=image, in_pod=False)))

    assert find("rancher/coreos-etcd:v3.4.13") == "etcd"
    assert find("sha256:" + "a" * 64) == "etcd"
    assert find(None) == "etcd"
    assert find("bitnami/etcd:3.5") is None


def test_an_image_alone_is_the_last_resort(catalog: Catalog) -> None:
    match = catalog.match(Candidate(name="keen_bell", image="rancher/rancher-agent:v2.5.5", in_pod=False))
    assert entry_id(match) == "rancher-agent-bootstrap"
    assert match is not None
    assert match.rule == "image"


def test_the_same_image_in_a_pod_is_another_component(catalog: Catalog) -> None:
    candidate = Candidate(
        container="agent", workload="cattle-node-agent", workload_kind="DaemonSet", pod="cattle-node-agent-5vhn9",
        namespace="cattle-system", image="rancher/rancher-agent:v2.5.5", labels={"io.cattle.agent": "true"},
    )  # fmt: skip
    assert entry_id(catalog.match(candidate)) == "cattle-node-agent"


def test_more_conditions_win(catalog: Catalog) -> None:
    def canal(container: str | None) -> str | None:
        return entry_id(catalog.match(Candidate(container=container, workload="canal", namespace="kube-system")))

    assert canal("kube-flannel") == "canal-kube-flannel"
    assert canal("install-cni") == "canal-install-cni"
    assert canal(None) == "canal-daemonset"


def test_old_containers_keep_their_label_and_are_told_by_their_name(catalog: Catalog) -> None:
    candidate = Candidate(name="old-kubelet", image="rancher/hyperkube:v1", labels={LABEL: "kubelet"}, in_pod=False)
    assert entry_id(catalog.match(candidate)) == "old-container"


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [("rke1", "coredns-rke1"), ("k3s", "k3s-coredns"), ("kubeadm", "kubeadm-coredns"), (None, "coredns-rke1")],
)
def test_the_distribution_tells_equal_names_apart(distribution: str | None, expected: str, catalog: Catalog) -> None:
    candidate = Candidate(workload="coredns", namespace="kube-system", distribution=distribution)
    assert entry_id(catalog.match(candidate)) == expected


def test_a_name_in_somebody_elses_namespace_is_not_the_platform(catalog: Catalog) -> None:
    for workload in ("coredns", "metrics-server", "traefik", "rancher", "canal", "cert-manager"):
        assert catalog.match(Candidate(workload=workload, namespace="shop")) is None


def test_a_containers_name_counts_only_where_nothing_else_is_known(catalog: Catalog) -> None:
    assert entry_id(catalog.match(Candidate(container="calico-typha"))) == "calico-typha"
    own = Candidate(container="calico-typha", pod="x-1", workload="x", namespace="calico-system")
    assert catalog.match(own) is None


def test_every_sandbox_is_the_pause_container(catalog: Catalog) -> None:
    for candidate in (
        Candidate(container="POD", pod="web-1", namespace="shop", image="reg/own-pause:1"),
        Candidate(labels={"io.kubernetes.docker.type": "podsandbox"}, image="x", pod="web-1", namespace="shop"),
        Candidate(labels={"io.cri-containerd.kind": "sandbox"}),
    ):
        assert entry_id(catalog.match(candidate)) == "pause"


def test_renamed_namespaces_are_one_entry(catalog: Catalog) -> None:
    old, new = catalog.namespace("fleet-system", None, None), catalog.namespace("cattle-fleet-system", None, None)
    assert old is not None
    assert old is new
    assert catalog.namespace("shop", None, None) is None


_NAMES = st.one_of(st.none(), st.sampled_from(["canal", "etcd", "kubelet", "coredns", "x", "POD", "rancher"]))


@settings(deadline=None)
@given(_NAMES, _NAMES, _NAMES, _NAMES, st.booleans(), st.text(max_size=20))
def test_any_candidate_has_one_answer(
    container: str | None, name: str | None, pod: str | None, workload: str | None, in_pod: bool, image: str
) -> None:
    catalog = load_catalog()
    candidate = Candidate(container=container, name=name, pod=pod, workload=workload, in_pod=in_pod, image=image)
    assert entry_id(catalog.match(candidate)) == entry_id(Catalog(catalog.entries[::-1]).match(candidate))


@pytest.mark.parametrize(
    ("distribution", "rancher", "namespace", "workload", "expected"),
    [
        ("kubeadm", False, "kube-system", "kube-proxy", "kubeadm-kube-proxy"),
        ("other", False, "kube-system", "kube-proxy", None),
        ("other", True, "kube-system", "coredns", None),
        ("rke2", True, "kube-system", "metrics-server", None),
        ("rke2", True, "kube-system", "kube-proxy", "rke2-kube-proxy"),
        ("rke2", False, "kube-system", "kube-flannel-ds", "rke2-flannel"),
        ("kubeadm", False, "kube-system", "kube-flannel-ds", None),
        ("k3s", False, "kube-system", "metrics-server", "k3s-metrics-server"),
        ("k3s", False, "kube-system", "canal", None),
        ("other", False, "cert-manager", "cert-manager", None),
        ("other", True, "cert-manager", "cert-manager", None),
        ("rke2", True, "cert-manager", "cert-manager", None),
        ("kubeadm", False, "calico-system", "calico-node", None),
        ("kubeadm", True, "calico-system", "calico-node", "calico-node"),
        ("rke2", False, "calico-system", "calico-node", "calico-node"),
        ("other", False, "gatekeeper-system", "gatekeeper-audit", None),
        ("other", True, "cattle-system", "cattle-cluster-agent", "cattle-cluster-agent"),
        ("other", True, "cattle-system", "rancher", "rancher"),
        ("other", False, "longhorn-system", "longhorn-manager", "longhorn-manager"),
    ],
)
def test_what_is_not_found_on_a_distribution_is_somebodys_own(
    distribution: str, rancher: bool, namespace: str, workload: str, expected: str | None, catalog: Catalog
) -> None:
    candidate = Candidate(workload=workload, namespace=namespace, distribution=distribution, rancher=rancher)
    assert entry_id(catalog.match(candidate)) == expected


def test_a_pods_own_container_may_run_pause(catalog: Catalog) -> None:
    image = "registry.k8s.io/pause:3.9"
    assert entry_id(catalog.match(Candidate(image=image))) == "pause"
    assert catalog.match(Candidate(container="reserve", pod="reserve-0", image=image)) is None


@pytest.mark.parametrize(
    ("distribution", "rancher", "name", "expected"),
    [
        ("rke1", True, "ingress-nginx", "ingress-nginx"),
        ("rke2", True, "ingress-nginx", None),
        ("other", False, "ingress-nginx", None),
        ("other", False, "kube-system", "kube-system"),
        ("other", False, "calico-system", None),
        ("other", True, "calico-system", "calico-system"),
        ("kubeadm", False, "cert-manager", "cert-manager-namespace"),
        ("k3s", True, "cert-manager", "cert-manager-namespace"),
        ("kubeadm", False, "local", None),
        ("rke2", True, "local", "rancher-ids"),
        (None, None, "ingress-nginx", "ingress-nginx"),
    ],
)
def test_a_namespace_of_another_vendors_cluster_is_somebodys_own(
    distribution: str | None, rancher: bool | None, name: str, expected: str | None, catalog: Catalog
) -> None:
    found = catalog.namespace(name, distribution, rancher)
    assert (found.id if found is not None else None) == expected


def test_a_rule_about_a_process_is_about_no_container_and_the_other_way_round(tmp_path: Path) -> None:
    (tmp_path / "vault.md").write_text(
        "---\nid: vault\nname: Vault\nsummary: Keeps secrets.\nmatch:\n  - {process: vault, command: server}\n  - {unit: vault.service}\n---\n"
    )
    bound = load_catalog(extra=[tmp_path]).of(Distribution.KUBEADM, None)

    def find(thing: Thing) -> str | None:
        return entry_id(bound.find(thing))

    assert find(OnHost("vault", command=("/usr/bin/vault", "server"))) == "vault"
    assert find(OnHost("vault", command=("/usr/bin/vault", "agent"))) is None
    assert find(OnHost("vault", unit="vault.service", command=("vault",))) == "vault"
    assert find(OutsidePods("vault", ("docker.io/library/vault:1",), command=("vault", "server"))) is None
    assert find(InPod("vault", "vault", "Pod", container="vault")) is None
    assert find(OnHost("kube-flannel")) is None
