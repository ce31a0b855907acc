"""Which entry explains a process of the host: by its name and its arguments as a process list shows them, or by its unit."""

from __future__ import annotations

import pytest

from rkedoc.catalog import Catalog, Distribution, OnHost, load_catalog

RKE2_BIN = "/var/lib/rancher/rke2/data/v1.34.1-rke2r1-0123456789ab/bin"
RKE2, K3S, KUBEADM, OTHER = Distribution.RKE2, Distribution.K3S, Distribution.KUBEADM, Distribution.OTHER


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def explained(catalog: Catalog, distribution: Distribution, thing: OnHost) -> str | None:
    """The id of the entry that explains a process."""
    match = catalog.of(distribution, None).find(thing)
    return match.entry.id if match is not None else None


@pytest.mark.parametrize(
    ("distribution", "command", "expected"),
    [
        (RKE2, "/usr/local/bin/rke2 server", "rke2-server"),
        (RKE2, "/opt/rke2/bin/rke2 agent --server https://rke2.example:9345", "rke2-agent"),
        (RKE2, "containerd -c /var/lib/rancher/rke2/agent/etc/containerd/config.toml -a /run/k3s/containerd/containerd.sock", "k3s-containerd"),
        (RKE2, "kubelet --kubeconfig=/var/lib/rancher/rke2/agent/kubelet.kubeconfig", "rke2-kubelet"),
        (RKE2, f"{RKE2_BIN}/containerd-shim-runc-v2 -namespace k8s.io -address /run/k3s/containerd/containerd.sock", "containerd-shim"),
        (RKE2, "/usr/local/bin/rancher-system-agent sentinel", "rancher-system-agent"),
        (K3S, "/usr/local/bin/k3s server", "k3s-server"),
        (K3S, "/usr/local/bin/k3s agent", "k3s-agent"),
        (K3S, "/usr/local/bin/rke2 server", None),
        (KUBEADM, "/usr/bin/kubelet --kubeconfig=/etc/kubernetes/kubelet.conf", "kubeadm-kubelet"),
        (KUBEADM, "/usr/bin/containerd", "containerd"),
        (KUBEADM, "/usr/bin/kube-apiserver --etcd-servers=https://127.0.0.1:2379", None),
        (OTHER, "/usr/local/bin/kube-apiserver --etcd-servers=http://127.0.0.1:2379", "hand-made-control-plane"),
        (OTHER, "/usr/local/bin/etcd --data-dir=/var/lib/etcd", "etcd-host"),
        (Distribution.RKE1, "/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock", "dockerd"),
        (Distribution.RKE1, "/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 443", "docker-proxy"),
        (KUBEADM, "/usr/sbin/sshd -D", None),
    ],
)  # fmt: skip
def test_a_process_is_explained_by_its_name_and_arguments(
    catalog: Catalog, distribution: Distribution, command: str, expected: str | None
) -> None:
    words = command.split()
    assert explained(catalog, distribution, OnHost(words[0].rpartition("/")[2], command=tuple(words))) == expected


@pytest.mark.parametrize(
    ("name", "title", "expected"),
    [
        ("rke2 server", "/usr/local/bin/rke2 server", "rke2-server"),
        ("k3s", "/usr/local/bin/k3s server", "k3s-server"),
        ("k3s agent", "/usr/local/bin/k3s agent", "k3s-agent"),
    ],
)
def test_a_title_in_place_of_arguments_is_one_word_with_a_space(
    catalog: Catalog, name: str, title: str, expected: str
) -> None:
    """RKE2 and K3s overwrite their arguments: the kernel then has one argument only."""
    assert explained(catalog, Distribution.UNKNOWN, OnHost(name, command=(title,))) == expected


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("rke2-server.service", "rke2-server"),
        ("rke2-agent.service", "rke2-agent"),
        ("k3s.service", "k3s-server"),
        ("k3s-agent.service", "k3s-agent"),
        ("containerd.service", "containerd"),
        ("docker.service", "dockerd"),
        ("crio.service", "crio"),
        ("rancher-system-agent.service", "rancher-system-agent"),
        ("etcd.service", "etcd-host"),
    ],
)
def test_a_unit_alone_is_explained(catalog: Catalog, unit: str, expected: str) -> None:
    assert explained(catalog, Distribution.UNKNOWN, OnHost(None, unit=unit)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kubelet", "rke2-kubelet"),
        ("containerd", "k3s-containerd"),
        ("containerd-shim-runc-v2", "containerd-shim"),
        ("runc", "runc"),
    ],
)
def test_what_a_supervisor_started_is_not_taken_for_the_supervisor(catalog: Catalog, name: str, expected: str) -> None:
    assert explained(catalog, RKE2, OnHost(name, unit="rke2-server.service")) == expected


def test_the_dockers_containerd_on_an_rke2_node_is_that_of_the_system(catalog: Catalog) -> None:
    thing = OnHost("containerd", unit="containerd.service", command=("/usr/bin/containerd",))
    assert explained(catalog, RKE2, thing) == "containerd"


def test_a_name_that_does_not_say_which_of_two_it_is_is_not_guessed(catalog: Catalog) -> None:
    assert explained(catalog, RKE2, OnHost("rke2")) is None
