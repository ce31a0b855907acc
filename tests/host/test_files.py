"""What the files of a node say, each told as far as the allowlist lets it be."""

from __future__ import annotations

from pathlib import Path

from rkedoc.collect.host.files import (
    FILE_PARTS,
    Files,
    HostFile,
    Mount,
    read_files,
    read_kernel,
    read_machine,
    read_mounts,
    read_spaces,
)
from rkedoc.collect.host.root import HostRoot, Unread
from tests.host.nodes import SECRET, Node, k3s_agent, kubeadm_worker, rke1_node, rke2_server


def read(node: Node) -> dict[str, Files]:
    with HostRoot(node.root) as root:
        return {part: read_files(root, part) for part in FILE_PARTS}


def paths(files: Files) -> dict[str, HostFile]:
    return {file.path: file for file in files.files}


def test_the_files_of_a_server_of_rke2(tmp_path: Path) -> None:
    found = read(rke2_server(tmp_path / "root"))
    data = "/var/lib/rancher/rke2"
    assert all(files.unread == () for files in found.values())
    configuration = paths(found["configuration"])
    assert {path: file.text for path, file in configuration.items() if file.text is not None} == {
        "/etc/rancher/rke2/config.yaml": "write-kubeconfig-mode: '0640'\n",
        "/etc/rancher/rke2/config.yaml.d/50-rancher.yaml": "node-label: [a=b]\n",
    }
    assert configuration["/etc/cni/net.d"].names == ("10-canal.conflist",)
    engine = configuration[f"{data}/agent/etc/containerd/config.toml"]
    assert engine.text is None
    assert engine.facts is not None
    assert {path: file.text for path, file in paths(found["static-pods"]).items()} == {
        f"{data}/agent/pod-manifests/etcd.yaml": "kind: Pod\n"
    }
    assert sorted(paths(found["server-manifests"])) == [
        f"{data}/server/manifests/metrics-server",
        f"{data}/server/manifests/metrics-server/one.yaml",
        f"{data}/server/manifests/rke2-coredns.yaml",
        f"{data}/server/manifests/rke2-ingress-nginx.yaml.skip",
    ]
    images = paths(found["images"])
    assert images[f"{data}/agent/images/etcd-image.txt"].text == "index.docker.io/rancher/hardened-etcd:v3\n"
    assert images[f"{data}/agent/images/all.tar.zst"].text is None
    (snapshot,) = found["etcd-snapshots"].files
    assert snapshot.facts is not None
    assert (snapshot.facts.size, snapshot.facts.mode) == (3 * len(SECRET), "0600")
    assert sorted(paths(found["environment"])) == [
        "/etc/default/rke2-server", "/usr/local/lib/systemd/system/rke2-server.env",
    ]  # fmt: skip
    (certificate,) = found["certificates"].files
    assert certificate.path == f"{data}/server/tls/serving-kube-apiserver.crt"
    assert certificate.text is None
    assert [(one.until, one.names) for one in certificate.certificates] == [
        ("2031-02-03T04:05:06Z", ("kubernetes", "localhost"))
    ]
    assert SECRET not in str(found)
    assert "PRIVATE" not in str(found)


def test_the_kubelet_s_pair_is_told_and_not_read(tmp_path: Path) -> None:
    certificates = paths(read(kubeadm_worker(tmp_path / "root"))["certificates"])
    assert certificates["/etc/kubernetes/pki/ca.crt"].certificates[0].authority
    for name in ("kubelet-client-current.pem", "kubelet-client-2024.pem"):
        pair = certificates[f"/var/lib/kubelet/pki/{name}"]
        assert pair.certificates == ()
        assert pair.facts is not None


def test_keys_of_rke1_beside_its_certificates_are_counted_and_not_read(tmp_path: Path) -> None:
    found = read(rke1_node(tmp_path / "root"))
    assert [file.path for file in found["certificates"].files] == ["/etc/kubernetes/ssl/kube-node.pem"]
    assert found["certificates"].withheld == 1
    assert [file.path for file in found["etcd-snapshots"].files] == ["/opt/rke/etcd-snapshots/2024-01-01.zip"]


def test_a_file_of_certificates_that_holds_none_has_failed(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    path = "/etc/kubernetes/pki/ca.crt"
    node.file(path, "not a certificate")
    with HostRoot(node.root) as root:
        assert read_files(root, "certificates").unread == (Unread(path, "failed", path),)


def test_the_machine_and_its_kernel(tmp_path: Path) -> None:
    with HostRoot(rke2_server(tmp_path / "root").root) as root:
        machine, kernel = read_machine(root), read_kernel(root)
        mounts, spaces = read_mounts(root), read_spaces(root)
    assert machine.os_release == (("ID", "sles"), ("PRETTY_NAME", "SUSE Linux Enterprise Server 15 SP6"))
    assert (machine.booted, machine.processors, machine.memory) == ("2023-11-14T22:13:20Z", 2, 16384000 << 10)
    assert kernel.sysctls == (
        ("net.bridge.bridge-nf-call-iptables", "1"), ("net.ipv4.ip_forward", "1"), ("vm.overcommit_memory", "1"),
    )  # fmt: skip
    assert kernel.modules == ("br_netfilter", "overlay")
    assert kernel.filesystems == ("ext4", "sysfs")
    assert mounts.mounts == (
        Mount("/dev/sda1", "/", "ext4", ("rw", "relatime")), Mount("/dev/sdb1", "/var/lib/rancher", "xfs", ("rw",)),
    )  # fmt: skip
    assert mounts.others == 2
    assert [folder for folder, _space in spaces.spaces] == ["/var/lib/rancher", "/"]
    assert (machine.unread, kernel.unread, mounts.unread, spaces.unread) == ((), (), (), ())


def test_an_os_release_that_is_a_link_is_read(tmp_path: Path) -> None:
    with HostRoot(k3s_agent(tmp_path / "root").root) as root:
        assert dict(read_machine(root).os_release) == {"ID": "ubuntu", "VERSION_ID": "24.04"}
