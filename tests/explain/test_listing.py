"""Every line of a pasted listing is said what it is, whatever tool printed it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rkedoc.catalog import Catalog, load_catalog
from rkedoc.explain.listing.lines import Explained, distribution_of, explain_lines, explain_name, near_names
from rkedoc.listing.tables import read_rows

DATA = Path(__file__).parents[1] / "data" / "listings"
LISTINGS = sorted(path for path in DATA.glob("*.yaml") if path.name != "expected.yaml")
RECORDED = sorted((DATA / "recorded").glob("*.txt"))


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@lru_cache
def expected() -> dict[str, list[str | None]]:
    loaded: dict[str, list[str | None]] = yaml.safe_load((DATA / "expected.yaml").read_text(encoding="utf-8"))
    return loaded


def as_printed(file: Path, *, header: bool = True) -> list[str]:
    """The rows of a listing as its tool prints them."""
    listing: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    rows = listing["rows"]
    if listing["kind_id"] == "docker-ps":
        table = [["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"]]
        for row in rows:
            command = f'"{row["command"]}"'
            table.append(
                ["0123456789ab", row["image"], command, "2 hours ago", row["status"], row["ports"] or "", row["name"]]
            )
    elif listing["kind_id"] == "crictl-ps":
        table = [["CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID"]]
        for row in rows:
            table.append(
                ["0123456789abc", row["image"], "2 hours ago", row["status"], row["name"], "0", f"{len(table):013x}"]
            )
    else:
        wide = any(row["namespace"] for row in rows)
        table = [["NAMESPACE"] * wide + ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]]
        for row in rows:
            table.append(
                [row["namespace"]] * wide + [row["name"], row["ready"] or "0/1", row["status"] or "Running", "0", "3d"]
            )
    widths = [max(len(cells[column]) for cells in table) for column in range(len(table[0]))]
    lines = [
        "   ".join(f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in table
    ]
    return lines if header else lines[1:]


def components(lines: list[Explained]) -> list[str | None]:
    """The entries that lines are said to be; of what cannot be told all that it may be."""
    return ["|".join(line.components) or None for line in lines]


@pytest.mark.parametrize("file", LISTINGS, ids=lambda file: file.stem)
@pytest.mark.parametrize("header", [True, False], ids=["header", "no header"])
def test_every_row_of_a_public_listing_gets_its_entry(file: Path, header: bool, catalog: Catalog) -> None:
    explained = explain_lines(as_printed(file, header=header), catalog)
    rows = yaml.safe_load(file.read_text(encoding="utf-8"))["rows"]
    assert [line.name for line in explained] == [row["name"] for row in rows]
    assert components(explained) == expected()[file.stem]


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.name)
def test_every_row_of_the_recorded_node_gets_its_entry(file: Path, catalog: Catalog) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    explained = explain_lines(lines, catalog)
    assert len(explained) == len(lines) - 1
    assert all(line.name in lines[line.line - 1] for line in explained)
    assert components(explained) == expected()[file.name]


@pytest.mark.parametrize("gap", ["  ", " ", "\t"], ids=["two spaces", "one space", "tab"])
@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.name)
def test_columns_that_slipped_change_nothing(file: Path, gap: str, catalog: Catalog) -> None:
    lines = [re.sub(r" {2,}", gap, line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert components(explain_lines(lines, catalog)) == expected()[file.name]
    assert components(explain_lines(lines[1:], catalog)) == expected()[file.name]


@pytest.mark.parametrize("file", LISTINGS + RECORDED, ids=lambda file: file.name)
def test_what_has_no_entry_is_somebodys_own_and_what_has_one_is_not(file: Path, catalog: Catalog) -> None:
    lines = file.read_text(encoding="utf-8").splitlines() if file.suffix == ".txt" else as_printed(file)
    for line in explain_lines(lines, catalog):
        if line.several:
            assert line.origin == "platform"
            assert "cannot be told from this" in line.summary
        elif line.component is None:
            assert line.origin == "workload"
            assert line.summary.startswith("not a platform component: ")
        elif line.component != "pause":
            assert line.origin not in ("workload", "unexplained")


def test_the_recorded_node_adds_up(catalog: Catalog) -> None:
    text = (DATA / "recorded" / "rke-single-node.docker-ps-a.txt").read_text(encoding="utf-8")
    lines = explain_lines(text.splitlines(), catalog)
    roles = [line.role for line in lines]
    origins = [line.origin for line in lines if line.role == "standalone"]
    assert len(lines) == 50
    assert (roles.count("sandbox"), roles.count("init"), roles.count("standalone")) == (18, 2, 11)
    assert sorted(origins) == ["control-plane"] * 7 + ["helper"] * 2 + ["rancher-agent", "rancher-server"]


def one(line: str, catalog: Catalog) -> Explained:
    (explained,) = explain_lines([line], catalog)
    return explained


@pytest.mark.parametrize(
    ("line", "component"),
    [
        ('0ed7e3d09f88   quay.io/coreos/etcd:v3.5.0   "etcd"   5 minutes ago   Up 5 minutes   2379/tcp   etcd', None),
        ('0ed7e3d09f88   jwilder/nginx-proxy   "/app/x"   5 minutes ago   Up 5 minutes   80/tcp   nginx-proxy', None),
        ('0ed7e3d09f88   nginx:1.19   "/x"   5 minutes ago   Up 5 minutes   80/tcp   nginx', None),
        ('0ed7e3d09f88   acme/rancher:2.5   "/x"   5 minutes ago   Up 5 minutes   80/tcp   rancher', None),
        ("shop   etcd-0   1/1   Running   0   5d", None),
        ("shop   coredns-6f85d5fb88-225kd   1/1   Running   0   5d", None),
        ("local-path-storage   local-path-provisioner-684f458cdd-v82x5   1/1   Running   0   5d", None),
        ("kube-system   etcd-backup-684f458cdd-v82x5   1/1   Running   0   5d", None),
    ],
)
def test_look_alikes_are_not_taken_for_the_platform(line: str, component: str | None, catalog: Catalog) -> None:
    assert one(line, catalog).component == component


def test_an_addon_of_a_cluster_that_is_not_ranchers_is_somebodys_own(catalog: Catalog) -> None:
    lines = [
        "NAMESPACE            NAME                                         READY   STATUS    RESTARTS   AGE",
        "kube-system          coredns-565d847f94-4bqxl                     1/1     Running   0          5m",
        "kube-system          etcd-kind-control-plane                      1/1     Running   0          5m",
        "kube-system          kube-apiserver-kind-control-plane            1/1     Running   0          5m",
        "kube-system          kube-proxy-7xq2v                             1/1     Running   0          5m",
        "kube-system          metrics-server-8449844bf-fkwpk               1/1     Running   0          5m",
        "local-path-storage   local-path-provisioner-684f458cdd-v82x5      1/1     Running   0          5m",
    ]
    assert components(explain_lines(lines, catalog)) == [
        "kubeadm-coredns", "kubeadm-etcd", "kubeadm-kube-apiserver", "kubeadm-kube-proxy", None, None,
    ]  # fmt: skip


def test_a_k3s_cluster_that_rancher_manages_is_still_k3s(catalog: Catalog) -> None:
    lines = [
        "kube-system     pod/coredns-6c6bb68b64-f9s6r              1/1   Running   0   17m",
        "kube-system     pod/svclb-traefik-7fjsj                   2/2   Running   0   17m",
        "cattle-system   pod/cattle-node-agent-klzns               1/1   Running   0   13m",
    ]
    assert components(explain_lines(lines, catalog)) == ["k3s-coredns", "k3s-svclb", "cattle-node-agent"]


@pytest.mark.parametrize("name", ["etcd-server-1", "etcd-ip-172-31-30-17", "etcd-node.example.org"])
def test_a_static_pod_is_told_from_a_stateful_set(name: str, catalog: Catalog) -> None:
    assert one(f"kube-system   {name}   1/1   Running   0   5d", catalog).components == ("kubeadm-etcd", "rke2-etcd")
    assert one("kube-system   etcd-0   1/1   Running   0   5d", catalog).component is None


@pytest.mark.parametrize(
    ("image", "name", "component"),
    [
        ("192.168.1.121:5000/rancher/hyperkube:v1.20.9-rancher1", "kubelet", "kubelet"),
        ("harbor.local/library/rancher-hyperkube:v1.20.9", "kube-proxy", "kube-proxy"),
        ("registry.local/rancher/mirrored-coreos-etcd:v3.4.16-rancher1", "etcd", "etcd"),
        ("aa33dd2bf563", "etcd", "etcd"),
        ("reg:5000/rancher/rancher-agent@sha256:" + "5" * 64, "vibrant_moore", "rancher-agent-bootstrap"),
        ("rancher/rancher:stable", "keen_bell", "rancher-server"),
        ("rancher/rke-tools:v0.1.69", "old-kubelet", "old-container"),
        ("rancher/rke-tools:v0.1.69", "etcd-Serve-backup", "etcd-serve-backup"),
        ("rancher/hyperkube:v1.19.6-rancher1", "rke-log-linker-kubelet", "rke-log-linker-agent"),
    ],
)
def test_images_from_any_registry_are_recognised(image: str, name: str, component: str, catalog: Catalog) -> None:
    line = f'0ed7e3d09f88   {image}   "/usr/local/bin/etc…"   5 minutes ago   Up 5 minutes             {name}'
    assert one(line, catalog).component == component


def test_the_command_line_tells_the_two_agents_apart(catalog: Catalog) -> None:
    line = '0ed7e3d09f88   rancher/rancher-agent:v2.5.5   "run.sh --server https://r {}"   2 days ago   Up 2 days   keen_bell'
    assert one(line.format("--worker"), catalog).component == "rancher-agent-bootstrap"
    assert one(line.format("--no-register --only-write-certs"), catalog).component == "rancher-agent-certwriter"


def test_an_older_attempt_is_told_from_the_newest_one(catalog: Catalog) -> None:
    name = "k8s_coredns_coredns-6f85d5fb88-225kd_kube-system_df40cd5e-c15e-40e3-a28a-d36550b608e5_{}"
    lines = explain_lines([name.format(0), name.format(2), name.replace("_coredns_", "_POD_", 1).format(1)], catalog)
    assert [line.role for line in lines] == ["previous-attempt", "app", "sandbox"]


def test_a_sandbox_is_of_the_origin_of_its_pod(catalog: Catalog) -> None:
    lines = explain_lines(
        [
            "k8s_POD_webapp-645d6dcdd5-7p4tm_default_f4ca6812-45ec-4502-949f-c61beeb86de1_0",
            "k8s_POD_canal-nsttb_kube-system_61e688ec-b1b5-4393-a64f-4a5155a9b38e_0_1a2b3c4d",
        ],
        catalog,
    )
    assert [(line.role, line.origin, line.component) for line in lines] == [
        ("sandbox", "workload", "pause"),
        ("sandbox", "platform", "pause"),
    ]


def test_headers_blank_lines_prompts_and_messages_name_nothing(catalog: Catalog) -> None:
    noise = [
        "$ docker ps -a",
        "root@node:~# kubectl get pods -A",
        "CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES",
        "NAMESPACE   NAME   READY   STATUS   RESTARTS   AGE",
        "NAME   READY   UP-TO-DATE   AVAILABLE   AGE",
        "No resources found in default namespace.",
        "",
        "   ",
        "...",
        "```console",
        "# on the second node",
    ]
    assert explain_lines(noise, catalog) == []


def test_tables_of_some_columns_are_read(catalog: Catalog) -> None:
    lines = [
        "NAMES                     IMAGE",
        "kubelet                   rancher/hyperkube:v1.20.9-rancher1",
        "shop-db                   postgres:13",
        "",
        "IMAGE                                STATUS      NAMES",
        "rancher/hyperkube:v1.20.9-rancher1   Up 2 days   kube-proxy",
    ]
    assert [(line.name, line.component) for line in explain_lines(lines, catalog)] == [
        ("kubelet", "kubelet"),
        ("shop-db", None),
        ("kube-proxy", "kube-proxy"),
    ]


@pytest.mark.parametrize(
    ("line", "component"),
    [
        ("kubelet\tUp 5 minutes", "kubelet"),
        ("kubelet\trancher/hyperkube:v1.20.9-rancher1\tUp 5 minutes", "kubelet"),
        ("rancher/rke-tools:v0.1.69   service-sidekick   Created", "service-sidekick"),
        ("0ed7e3d09f88  nginx:1.19  kubelet  Up 2 hours", None),
        ("kubelet   running", "kubelet"),
        ("pod/canal-nsttb", "canal-daemonset"),
        ("kubelet rancher/hyperkube:v1.20.9-rancher1", "kubelet"),
        ("kube-system canal-nsttb", "canal-daemonset"),
    ],
)
def test_formats_of_ones_own_are_read(line: str, component: str | None, catalog: Catalog) -> None:
    assert one(line, catalog).component == component


def test_kubectl_get_of_workloads_and_namespaces_is_read(catalog: Catalog) -> None:
    lines = [
        "NAMESPACE     NAME             READY   UP-TO-DATE   AVAILABLE   AGE",
        "kube-system   coredns          1/1     1            1           5d",
        "shop          web              3/3     3            3           5d",
        "",
        "NAMESPACE     NAME                        DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR   AGE",
        "kube-system   daemonset.apps/canal        1         1         1       1            1           <none>          5d",
        "",
        "NAME              STATUS   AGE",
        "cattle-system     Active   5d",
        "shop              Active   5d",
    ]
    assert [(line.name, line.component, line.role) for line in explain_lines(lines, catalog)] == [
        ("coredns", "coredns-rke1", "app"),
        ("web", None, "app"),
        ("daemonset.apps/canal", "canal-daemonset", "app"),
        ("cattle-system", "cattle-system", None),
        ("shop", None, None),
    ]


def test_crictl_of_every_age_is_read(catalog: Catalog) -> None:
    lines = [
        "CONTAINER           IMAGE               CREATED             STATE      NAME          ATTEMPT   POD ID          POD                     NAMESPACE",
        "4a0430f895298       beef10c5f19aa       About an hour ago   Running    kube-flannel  0         dd66635128e4b   rke2-canal-9q452        kube-system",
        "5a0430f895298       beef10c5f19aa       2 days ago          Exited     web           1         ed66635128e4b   web-645d6dcdd5-7p4tm    shop",
        "6a0430f895298       beef10c5f19aa       2 days ago          Running    web           2         ed66635128e4b   web-645d6dcdd5-7p4tm    shop",
    ]
    assert [(line.name, line.component, line.role) for line in explain_lines(lines, catalog)] == [
        ("kube-flannel", "rke2-canal", "app"),
        ("web", None, "previous-attempt"),
        ("web", None, "app"),
    ]


def test_an_old_crictl_that_names_no_pods_tells_canal_from_calico(catalog: Catalog) -> None:
    header = "CONTAINER           IMAGE               CREATED             STATE      NAME                       ATTEMPT   POD ID"
    row = "4a0430f895298       beef10c5f19aa       2 hours ago         Running    {:25}  0         dd66635128e4b"
    canal = [row.format(name) for name in ("calico-node", "kube-flannel", "cloud-controller-manager", "etcd")]
    calico = [row.format(name) for name in ("calico-node", "calico-typha", "cloud-controller-manager", "etcd")]
    assert components(explain_lines([header, *canal], catalog))[:2] == ["rke2-canal", "rke2-canal"]
    assert components(explain_lines([header, *calico], catalog))[:2] == ["calico-node", "calico-typha"]


@pytest.mark.parametrize(
    ("name", "component", "role"),
    [
        ("kubelet", "kubelet", "standalone"),
        ("canal-nsttb", "canal-daemonset", "app"),
        ("kube-system/coredns-6f85d5fb88-225kd", "coredns-rke1", "app"),
        ("metrics-server", "metrics-server-rke1", "app"),
        ("cattle-fleet-system", "fleet-system", None),
        ("rancher/pause:3.2", "pause", None),
        ("install-cni", None, None),
        ("fleet", "fleet", None),
        ("k8s_POD_cache-0_default_75f036a8-95fd-4623-a35d-72b2b50cf226_0", "pause", "sandbox"),
    ],
)
def test_a_single_name_is_explained(name: str, component: str | None, role: str | None, catalog: Catalog) -> None:
    (explained,) = explain_name(name, catalog)
    assert (explained.name, explained.component, explained.role) == (name, component, role)
    assert explained.summary


_LINE = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            ["NAME", "NAMESPACE", "CONTAINER ID", "IMAGE", "NAMES", "POD ID", "1/1", "Running", "etcd", "k8s_POD_a_b_c_1",
             "0ed7e3d09f88", '"/pause"', "rancher/pause:3.2", "Up 2 days", "\t", "   ", "canal-nsttb", "{", "deployment.apps/x"]
        )
    ).map("  ".join),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(_LINE, max_size=8))
def test_any_text_is_taken_and_each_line_named_at_most_once(lines: list[str]) -> None:
    explained = explain_lines(lines, load_catalog())
    numbers = [line.line for line in explained]
    assert numbers == sorted(set(numbers))
    for line in explained:
        assert line.name
        assert line.name in lines[line.line - 1]
        assert line.summary
        assert line.origin is not None or line.role is None


def test_a_generated_name_alone_is_unexplained(catalog: Catalog) -> None:
    header = "CONTAINER ID   IMAGE          COMMAND   CREATED   STATUS   PORTS   NAMES"
    row = '0ed7e3d09f88   0ed7e3d09f87   "sh"      1h ago    Up 1h              nostalgic_galileo'
    assert [line.origin for line in explain_lines([header, row], catalog)] == ["unexplained"]


@pytest.mark.parametrize(
    "name", ["nosuchthing", "nostalgic_galileo", "shop/nosuchthing", "nosuchthing-0.1", "-", "x y"]
)
def test_of_a_name_that_says_nothing_nothing_is_said(name: str, catalog: Catalog) -> None:
    assert explain_name(name, catalog) == ()


@pytest.mark.parametrize(
    ("typo", "meant"), [("kubelt", "kubelet"), ("corednss", "coredns"), ("fleet-agnt", "fleet-agent")]
)
def test_the_nearest_names_are_offered(typo: str, meant: str, catalog: Catalog) -> None:
    assert meant in near_names(typo, catalog)


def test_no_command_line_is_repeated(catalog: Catalog) -> None:
    text = (DATA / "recorded" / "rke-single-node.docker-ps-a-no-trunc.txt").read_text(encoding="utf-8")
    assert "CANARY" in text
    assert not any("CANARY" in str(line.to_json()) for line in explain_lines(text.splitlines(), catalog))


def test_rows_without_a_namespace_have_that_of_the_command_above_them(catalog: Catalog) -> None:
    lines = [
        "host:/home/admin # kubectl --kubeconfig=/etc/k get pods --namespace=longhorn-system",
        "NAME                                READY   STATUS    RESTARTS   AGE",
        "csi-attacher-7bf4b7f996-mfbdn       1/1     Running   0          3d",
        "$ kubectl get po -n storage",
        "NAME                                READY   STATUS    RESTARTS   AGE",
        "csi-attacher-7bf4b7f996-mfbdn       1/1     Running   0          3d",
        "$ kubectl get po -n harvester-system",
        "NAME                                READY   STATUS    RESTARTS   AGE",
        "virt-api-86455cdb7d-2hzbt           1/1     Running   0          3d",
        "$ kubectl get po",
        "NAME                                READY   STATUS    RESTARTS   AGE",
        "virt-api-86455cdb7d-2hzbt           1/1     Running   0          3d",
    ]
    assert components(explain_lines(lines, catalog)) == ["longhorn-csi", None, "harvester", None]


def test_a_vague_rule_does_not_hold_where_the_namespace_is_unknown(catalog: Catalog) -> None:
    assert one("p-x7z2k-pipeline   minio-7fbff695b4-bdtcp   1/1   Running   0   5d", catalog).component
    assert one("minio-7fbff695b4-bdtcp   1/1   Running   0   5d", catalog).component is None
    assert one("db-backup-1612345600-x7z2k   0/1   Completed   0   5d", catalog).component is None


@pytest.mark.parametrize(
    "lines",
    [
        ["> NAMESPACE     NAME                     READY   STATUS", "> kube-system   svclb-traefik-8xmtq      2/2     Running"],
        ["| NAMESPACE | NAME | READY |", "|---|:---|---|", "| kube-system | `svclb-traefik-8xmtq` | 2/2 |"],
        ["NAMESPACE     NAME                  CPU(cores)   MEMORY(bytes)", "kube-system   svclb-traefik-8xmtq   1m           60Mi"],
    ],
    ids=["quotation", "markdown", "kubectl top"],
)  # fmt: skip
def test_tables_in_other_dress_are_read(lines: list[str], catalog: Catalog) -> None:
    (explained,) = explain_lines(lines, catalog)
    assert explained.component == "k3s-svclb"
    assert explained.line == len(lines)


def test_docker_compose_prints_its_own_columns(catalog: Catalog) -> None:
    lines = [
        "NAME               IMAGE                    COMMAND                  SERVICE   CREATED       STATUS",
        'rancher-server-1   rancher/rancher:v2.7.5   "entrypoint.sh"          rancher   2 hours ago   Up 2 hours',
        'app-db-1           postgres:13              "docker-entrypoint.s…"   db        2 hours ago   Up 2 hours',
    ]  # fmt: skip
    assert components(explain_lines(lines, catalog)) == ["rancher-server", None]


def test_what_is_no_pod_is_not_called_one(catalog: Catalog) -> None:
    lines = [
        "NAMESPACE     NAME                BUNDLEDEPLOYMENTS-READY   STATUS",
        "fleet-local   fleet-agent-local   1/1                       ",
    ]
    assert explain_lines(lines, catalog)[0].role is None


def test_jobs_of_kubernetes_1_22_have_an_index_in_the_names_of_their_pods(catalog: Catalog) -> None:
    assert (
        one("default   cattle-cleanup-job--1-mqdbt   0/1   Completed   0   5d", catalog).component
        == "cattle-cleanup-job"
    )


def test_one_engine_may_hold_containers_of_several_distributions(catalog: Catalog) -> None:
    lines = [
        "CONTAINER ID   IMAGE                                COMMAND                  CREATED       STATUS     NAMES",
        '4122bd57cd44   rancher/hyperkube:v1.26.7-rancher1   "/opt/rke-tools/entr…"   3 days ago    Up 3 days  kubelet',
        '4122bd57cd45   rancher/k3s:v1.21.1-k3s1             "/bin/k3s server --t…"   3 days ago    Up 3 days  k3d-a-server-0',
        '4122bd57cd46   rancher/agent:v1.2.11                "/run.sh run"            3 days ago    Up 3 days  rancher-agent',
    ]
    assert components(explain_lines(lines, catalog)) == ["kubelet", "k3s-control-plane", "rancher-v1-agent"]


def test_a_static_pod_without_its_nodes_name_is_known_by_its_container(catalog: Catalog) -> None:
    lines = [
        "CONTAINER       IMAGE           CREATED       STATE     NAME             ATTEMPT   POD ID          POD              NAMESPACE",
        "ecd8a6991c22a   138b1e685e151   11 days ago   Running   kube-apiserver   0         58e042fabe78c   kube-apiserver   kube-system",
        "f1e289d202ed0   11ad16872a9cf   2 hours ago   Running   etcd             0         7b56aab8204ea   etcd-cluster1    kube-system",
    ]
    assert components(explain_lines(lines, catalog)) == [
        "kubeadm-kube-apiserver|rke2-kube-apiserver",
        "kubeadm-etcd|rke2-etcd",
    ]


def test_pods_of_two_clusters_may_follow_one_another(catalog: Catalog) -> None:
    lines = [
        "kube-system   canal-5nlgt                             3/3   Running     0   5d",
        "kube-system   rke-coredns-addon-deploy-job-585bz      0/1   Completed   0   5d",
        "",
        "kube-system   rke2-canal-4x972                        2/2   Running     0   5d",
        "kube-system   helm-install-traefik-xg6tn              0/1   Completed   0   5d",
    ]
    assert components(explain_lines(lines, catalog)) == [
        "canal-daemonset", "rke-coredns-addon-job", "rke2-canal", "rke2-helm-install",
    ]  # fmt: skip


def test_rke_is_known_by_its_containers_where_no_image_is_shown(catalog: Catalog) -> None:
    lines = ["kubelet", "k8s_kube-flannel_canal-zr7nx_kube-system_886412c0-7fe4-44f5-8992-7326eb7404c2_15", "minio-0"]
    assert components(explain_lines(lines, catalog)) == ["kubelet", "canal-kube-flannel", None]


def test_the_first_rancher_2_was_a_deployment_of_another_name(catalog: Catalog) -> None:
    assert one("cattle-system   cattle-859b6cdc6b-frg92   1/1   Running   1   9m", catalog).component == "rancher"


@pytest.mark.parametrize(
    ("pods", "distribution"),
    [
        (["calico-node-2zlhn", "coredns-66f779496c-k7sqq", "kube-proxy-8m779"], "kubeadm"),
        (["calico-node-4q2nx", "coredns-5867d9544c-mz45n", "dns-autoscaler-59b8867c86-r6vtw", "nodelocaldns-x7z2k"], "other"),
        (["calico-node-gpb28", "calico-kube-controllers-6c99c8747f-fxqmb", "coredns-7745f9f87f-2hz92"], ""),
        (["calico-node-gpb28", "coredns-7745f9f87f-2hz92", "coredns-autoscaler-d765c8497-sz6pj"], ""),
        (["calico-node-gpb28", "calico-kube-controllers-6c99c8747f-fxqmb"], ""),
        (["coredns-autoscaler-569f6ff56-lq9xz", "cloud-node-manager-bn5dg", "coredns-fb6b9d95f-6kvxr"], "other"),
    ],
    ids=["kubeadm", "kubespray", "microk8s", "rke1", "a part", "aks"],
)  # fmt: skip
def test_a_network_of_calico_alone_does_not_make_a_cluster_ranchers(pods: list[str], distribution: str) -> None:
    lines = [f"kube-system   {pod}   1/1   Running   0   17m" for pod in pods]
    assert distribution_of(list(read_rows(lines))) == distribution


def test_a_snapshot_controller_is_harvesters_only_beside_harvester(catalog: Catalog) -> None:
    lines = [
        "kube-system        rke2-canal-4x972                       2/2   Running   0   5d",
        "kube-system        snapshot-controller-65d5f4658c-bzk7q   1/1   Running   0   5d",
        "harvester-system   harvester-d544ddb6f-h46h6              1/1   Running   0   5d",
    ]
    assert components(explain_lines(lines, catalog)) == ["rke2-canal", "harvester-snapshot-controller", "harvester"]
    assert components(explain_lines(lines[:2], catalog)) == ["rke2-canal", None]


def test_a_chart_that_rancher_has_too_is_not_ranchers_where_rancher_is_not(catalog: Catalog) -> None:
    lines = [
        "kube-system         etcd-kube01                                  1/1   Running   0   5d",
        "kube-system         kube-apiserver-kube01                        1/1   Running   0   5d",
        "gatekeeper-system   gatekeeper-audit-7c94b7c4d8-9bzv8            1/1   Running   0   5d",
        "cert-manager        cert-manager-7c94b7c4d8-9bzv8                1/1   Running   0   5d",
        "cattle-system       cattle-cluster-agent-7c94b7c4d8-9bzv8        1/1   Running   0   5d",
    ]
    assert components(explain_lines(lines[:4], catalog))[2:] == [None, None]
    assert components(explain_lines(lines, catalog))[2:] == [None, None, "cattle-cluster-agent"]
    assert one("cattle-7c94b7c4d8-9bzv8   1/1   Running   0   5d", catalog).component is None


def test_the_jobs_of_upstreams_ingress_are_not_those_of_rke(catalog: Catalog) -> None:
    lines = [
        "$ kubectl get pods -n ingress-nginx",
        "NAME                                        READY   STATUS      RESTARTS   AGE",
        "ingress-nginx-admission-create-vc2ph        0/1     Completed   0          10m",
        "ingress-nginx-controller-6cc5ccb977-klrb2   1/1     Running     0          10m",
    ]
    assert components(explain_lines(lines, catalog)) == [None, None]
    assert components(explain_lines(lines[:3], catalog)) == ["ingress-nginx-admission-create"]


@pytest.mark.parametrize(
    ("line", "component"),
    [
        ("r-ipsec-ipsec-1-9f647ff6", "rancher-v1-infrastructure"),
        ("r-wordpress-db-1-a1b2c3d4", None),
        (
            'aa11bb22cc34   rancher/etcd:v2.3.7-13   "/.r/r"   2 hours ago   Up 2 hours   r-kubernetes-etcd-1-a1b2c3d4',
            "rancher-v1-infrastructure",
        ),
        (
            'aa11bb22cc42   cnrancher/rancher:v2.3.5-ent   "entrypoint.sh"   2 hours ago   Up 2 hours   bell',
            "rancher-server",
        ),
    ],
)
def test_what_rancher_1_ran_is_told_from_what_it_ran_for_others(
    line: str, component: str | None, catalog: Catalog
) -> None:
    assert one(line, catalog).component == component


def test_images_of_rancher_speak_for_rke_where_nothing_else_does(catalog: Catalog) -> None:
    uid = "167eb98c-c4fc-4aa8-b2f1-bf17e3c112fe"
    lines = [
        f'6dda29dc631{n}   {image}   "/x"   2 hours ago   Up 2 hours   k8s_{name}_{name}-w6m59_kube-system_{uid}_0'
        for n, (image, name) in enumerate(
            (("rancher/mirrored-coredns-coredns", "coredns"), ("rancher/mirrored-calico-node", "calico-node"))
        )
    ]
    assert components(explain_lines(lines, catalog)) == ["coredns-rke1", "calico-node-rke1"]
