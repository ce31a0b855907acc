"""Everything that people paste is read as rows that are right, or said to be unread."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from rkedoc.catalog import load_catalog
from rkedoc.explain.listing.lines import Explained, explain_lines, explain_rows
from rkedoc.listing import Unread, read

PASTED = Path(__file__).parents[1] / "data" / "pasted"
TEXTS = sorted(PASTED.glob("*.txt"))


@lru_cache
def expected() -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = yaml.safe_load((PASTED / "expected.yaml").read_text("utf-8"))
    return loaded


def judged(line: Explained) -> str:
    """An answer as ``expected.yaml`` writes it."""
    what = "|".join(line.components) or {"workload": "own", "unexplained": "unknown"}.get(line.origin or "", "told")
    return what if line.role in (None, "app", "standalone") else f"{what} ({line.role})"


def places(unread: Unread) -> str:
    lines = str(unread.first) if unread.first == unread.last else f"{unread.first}-{unread.last}"
    return f"{lines} {unread.reason}"


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.stem)
def test_every_row_is_said_what_it_is_and_nothing_else_is_a_row(file: Path) -> None:
    listing = read(file.read_text("utf-8"))
    wanted = expected()[file.stem]
    assert {f"{line.line} {line.name}": judged(line) for line in explain_rows(listing.rows, load_catalog())} == wanted[
        "rows"
    ]
    assert [places(one) for one in listing.unread] == wanted.get("unread", [])


def one(*lines: str) -> Explained:
    (line,) = explain_lines(lines, load_catalog())
    return line


@pytest.mark.parametrize(
    "image",
    [
        "rancher/rke2-runtime:v1.27.10-rke2r1", "rancher/mirrored-cilium-cilium:v1.14.4", "rancher/mirrored-cilium-hubble-relay:v1.14.4",
        "rancher/hardened-coredns:v1.10.1-build20230406", "docker.io/rancher/hardened-etcd:v3.5.13-k3s1-build20240531", "rancher/shell:v0.1.24",
        "registry.local/rancher/nginx-ingress-controller:v1.9.6-hardened1", "reg:5000/rancher/mirrored-jetstack-cert-manager-controller:v1.12.1",
        "rancher/klipper-lb:v0.4.7", "rancher/kubectl:v1.29.2", "rancher/mirrored-sig-storage-snapshot-controller:v6.2.1",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "listed",
    [
        lambda image: f"{image.rpartition(':')[0]}   {image.rpartition(':')[2]}   4950bb10b3f87   27.8MB",
        lambda image: f"{image.rpartition(':')[0]}   {image.rpartition(':')[2]}   4950bb10b3f8   3 weeks ago   27.8MB",
        lambda image: f"{'0c' * 32}   {image}   io.containerd.runc.v2",
        lambda image: f'4950bb10b3f8   {image}   "/entry"   3 weeks ago   Up 3 weeks   quiet_fox',
    ],
    ids=["crictl images", "docker images", "ctr c ls", "docker ps"],
)  # fmt: skip
def test_an_image_that_rancher_publishes_is_never_somebodys_own(listed: Any, image: str) -> None:
    found = one(listed(image))
    assert found.origin != "workload"
    assert "rancher-v1-infrastructure" not in found.components
    assert "not a platform component" not in found.summary


@pytest.mark.parametrize(
    ("lines", "components"),
    [
        (["coredns-7944c66d8d-8nqkr"], ("coredns-rke1", "k3s-coredns", "kubeadm-coredns")),
        (["coredns-7944c66d8d-8nqkr", "canal-4xk8d"], ("coredns-rke1",)),
        (["coredns-7944c66d8d-8nqkr", "traefik-6958cfcbf-5xk2p", "svclb-traefik-5xk2p"], ("k3s-coredns",)),
        (["coredns-7944c66d8d-8nqkr", "kube-proxy-5xk2p"], ("kubeadm-coredns",)),
        (["calico-node-j4t6l"], ("calico-node-rke1",)),
        (["weave-net-j4t6l"], ("weave-rke1",)),
    ],
)
def test_a_distribution_is_named_on_evidence_alone(lines: list[str], components: tuple[str, ...]) -> None:
    found = explain_lines([f"kube-system   {pod}   1/1   Running   0   5d" for pod in lines], load_catalog())[0]
    told = "cannot be told from this" in found.summary
    assert (found.components, found.component) == (components, None if told else components[0])
    assert told == (len(lines) == 1)
    assert found.origin == "platform"


@pytest.mark.parametrize(
    ("name", "component"),
    [
        ("kube-apiserverold", "kube-apiserver"), ("kubeletold", "kubelet"), ("kubelet.bak", "kubelet"), ("bak_kube-controller-manager", "kube-controller-manager"),
        ("kube-proxy_20240101", "kube-proxy"), ("shop", None),
    ],
)  # fmt: skip
def test_a_container_of_rke_that_somebody_renamed_is_still_known(name: str, component: str | None) -> None:
    found = one(
        f'860ece4f0d0f   rancher/hyperkube:v1.10.1-rancher2   "/opt/rke/entrypoi..."   26 hours ago   Exited (0) 2 minutes ago   {name}'
    )
    assert found.component == component
    assert found.origin == ("control-plane" if component else "unexplained")


def test_the_init_container_of_the_ingress_controller_is_one() -> None:
    found = one("k8s_sysctl_nginx-ingress-controller-5xk2p_ingress-nginx_df40cd5e-c15e-40e3-a28a-d36550b608e5_0")
    assert (found.role, found.component) == ("init", "nginx-ingress-controller-rke1")


@pytest.mark.parametrize(
    "text",
    [
        "exit", "logout", "Regards", "7378e65f3edc", "except:", "Execute:", "1024+0 records in", "{}", "[]", '{"a": 1}', "a: b: c", "Name:  x",
        "the kubelet is down", "kubelet is down", "hello world, this is a test", "apiVersion: v1\nkind: [", "kind: Pod\n  metadata: -", "Containers:",
        "http://example.org/etcd:2379", "2024-01-01 12:00:00 etcd started", "kubernetes.io/os=linux", "Up 2 hours", "5d", "1/1", "----", "| | |",
    ],
)  # fmt: skip
def test_what_is_no_listing_gives_no_row(text: str) -> None:
    listing = read(text)
    assert listing.rows == ()
    assert listing.unread or text in ("----", "| | |")


@pytest.mark.parametrize(
    "noise", ["", "   ", "```", "$ docker ps", "No resources found in default namespace.", "NAME   READY   STATUS"]
)
def test_what_stands_around_listings_is_not_called_unread(noise: str) -> None:
    listing = read(noise)
    assert (listing.rows, listing.unread) == ((), ())


def test_rows_are_typed_for_who_makes_records_of_them() -> None:
    listing = read(
        "NAMESPACE     NAME          READY   STATUS    RESTARTS   AGE   IP          NODE    NOMINATED NODE   READINESS GATES\n"
        "kube-system   canal-4xk8d   2/2     Running   0          5d    192.0.2.1   node1   <none>           <none>\n\n"
        "NAME    STATUS   ROLES               AGE   VERSION\n"
        "node1   Ready    controlplane,etcd   5d    v1.20.9\n\n"
        "CONTAINER ID   IMAGE                                COMMAND                  CREATED      STATUS      PORTS   NAMES\n"
        '92e31537a5b9   rancher/hyperkube:v1.20.9-rancher1   "/opt/rke-tools/entr…"   5 days ago   Up 5 days           kube-proxy\n\n'
        "REPOSITORY   TAG    IMAGE ID       CREATED       SIZE\n"
        "nginx        1.19   6e421b8753a2   7 weeks ago   132MB\n"
    )
    (pod,), (node,), (container,), (image,) = listing.pods, listing.nodes, listing.containers, listing.images
    assert (pod.namespace, pod.name, pod.ready, pod.status, pod.node) == (
        "kube-system",
        "canal-4xk8d",
        "2/2",
        "Running",
        "node1",
    )
    assert (node.name, node.status, node.version) == ("node1", "Ready", "v1.20.9")
    assert (container.id, container.name, container.status) == ("92e31537a5b9", "kube-proxy", "Up 5 days")
    assert (image.name, image.id) == ("nginx", "6e421b8753a2")
    assert listing.unread == ()
