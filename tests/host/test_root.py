"""The root folder: links stay inside it, only regular files are read, and trouble is told for what it is."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from pathlib import Path

import pytest

from rkedoc.collect.host.allowlist import ForbiddenPath
from rkedoc.collect.host.root import Facts, HostRoot, Text, Unread, shown
from rkedoc.errors import CollectError
from tests.host.nodes import SECRET, Node

CONFIG = "/etc/rancher/rke2/config.yaml"
PART = "/etc/rancher/rke2/config.yaml.d/a.yaml"


@pytest.fixture
def node(tmp_path: Path) -> Node:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text(SECRET)
    return Node(tmp_path / "root")


def test_a_file_is_read_whole_or_not_at_all(node: Node) -> None:
    node.file(CONFIG, "token: x\n")
    with HostRoot(node.root) as root:
        assert root.read(CONFIG) == b"token: x\n"
        assert root.read(CONFIG, 9) == b"token: x\n"
        assert root.read(CONFIG, 8) == Unread(CONFIG, "too-large", CONFIG)
        assert root.head(CONFIG, 5) == Text(b"token", cut=True)
        assert root.head(CONFIG, 9) == Text(b"token: x\n")


def test_a_path_that_is_not_allowed_is_refused_before_anything_is_opened(node: Node) -> None:
    root = HostRoot(node.root)
    root.close()  # a closed root cannot open anything
    for touch in (root.read, root.names, root.links, root.link, root.facts, root.space, root.certificates):
        with pytest.raises(ForbiddenPath):
            touch("/etc/shadow")


def test_the_root_has_to_be_a_folder(node: Node, tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path / "outside" / "secret"):
        with pytest.raises(CollectError):
            HostRoot(path)


@pytest.mark.parametrize(
    "target",
    ["../../../../../../outside/secret", "/../outside/secret", "/etc/shadow", "/etc/rancher/rke2/rke2.yaml", "rke2.yaml", "/", "..",
     "/var/lib/rancher/rke2/server/node-token", "/proc/1/environ", "/etc/systemd/../shadow", "\n", "/dev/null"],
)  # fmt: skip
def test_a_link_to_what_is_not_allowed_is_not_followed(node: Node, target: str, tmp_path: Path) -> None:
    for path in (
        "/etc/shadow",
        "/etc/rancher/rke2/rke2.yaml",
        "/var/lib/rancher/rke2/server/node-token",
        "/proc/1/environ",
    ):
        node.file(path, SECRET)
    node.link(CONFIG, target)
    with HostRoot(node.root) as root:
        assert root.read(CONFIG) == Unread(CONFIG, "leads-elsewhere", CONFIG)
        assert root.facts(CONFIG) == Unread(CONFIG, "leads-elsewhere", CONFIG)
        assert root.head(CONFIG, 10) == Unread(CONFIG, "leads-elsewhere", CONFIG)


def test_a_link_to_a_folder_outside_of_the_root_stays_inside(node: Node, tmp_path: Path) -> None:
    outside = tmp_path / "outside" / "rke2"
    outside.mkdir()
    (outside / "config.yaml").write_text(SECRET)
    (node.root / "etc/rancher").mkdir(parents=True)
    node.link("/etc/rancher/rke2", str(outside))
    with HostRoot(node.root) as root:
        assert root.read(CONFIG) == Unread(CONFIG, "leads-elsewhere", "/etc/rancher/rke2")


@pytest.mark.parametrize(
    "target",
    [
        "/etc/rancher/k3s/config.yaml",
        "../k3s/config.yaml",
        "../../../../../../etc/rancher/k3s/config.yaml",
        ".././k3s//config.yaml",
    ],
)
def test_a_link_to_what_is_allowed_is_followed_inside_the_root(node: Node, target: str) -> None:
    node.file("/etc/rancher/k3s/config.yaml", "inside")
    node.link(CONFIG, target)
    with HostRoot(node.root) as root:
        assert root.read(CONFIG) == b"inside"
        assert root.link("/proc/1/exe") == Unread("/proc/1/exe", "absent", "/proc/1/exe")


def test_a_folder_that_is_a_link_is_gone_through(node: Node) -> None:
    node.file("/usr/lib/systemd/system/kubelet.service", "unit")
    node.link("/lib", "usr/lib")
    with HostRoot(node.root) as root:
        assert root.read("/lib/systemd/system/kubelet.service") == b"unit"
        assert root.names("/lib/systemd/system") == ("kubelet.service",)


def test_what_dots_after_another_link_mean_is_not_guessed(node: Node) -> None:
    node.file("/etc/rancher/k3s/config.yaml", "inside")
    node.link("/etc/rancher/rke2/config.yaml", "/etc/rancher/k3s/config.yaml.d/../config.yaml")
    with HostRoot(node.root) as root:
        assert root.read(CONFIG) == Unread(CONFIG, "leads-elsewhere", CONFIG)


def test_links_in_a_circle_fail(node: Node) -> None:
    node.link(CONFIG, "/etc/rancher/k3s/config.yaml")
    node.link("/etc/rancher/k3s/config.yaml", CONFIG)
    node.link("/etc/rancher/rke2/registries.yaml", "registries.yaml")
    with HostRoot(node.root) as root:
        for path in (CONFIG, "/etc/rancher/rke2/registries.yaml"):
            found = root.read(path)
            assert isinstance(found, Unread)
            assert found.reason == "failed"


def test_only_regular_files_are_opened(node: Node) -> None:
    folder = node.file(PART).parent
    os.mkfifo(folder / "pipe.yaml")
    (folder / "folder.yaml").mkdir()
    listening = socket.socket(socket.AF_UNIX)
    here = os.open(folder, os.O_RDONLY)
    try:
        os.fchdir(here)  # the name of a socket may be no longer than 107 bytes
        listening.bind("socket.yaml")
    finally:
        os.chdir("/")
        os.close(here)
        listening.close()
    names = ["folder.yaml", "pipe.yaml", "socket.yaml"]
    with contextlib.suppress(PermissionError):  # not every account may make a device
        os.mknod(folder / "device.yaml", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
        names.append("device.yaml")
    with HostRoot(node.root) as root:
        for name in names:
            path = f"/etc/rancher/rke2/config.yaml.d/{name}"
            assert root.read(path) == Unread(path, "not-a-file", path)
            facts = root.facts(path)
            assert isinstance(facts, Facts)
            assert facts.kind == ("folder" if name == "folder.yaml" else "other")


def test_what_is_not_there_is_absent_and_a_file_is_no_folder(node: Node) -> None:
    node.file("/etc/rancher/k3s", "a file where a folder should be")
    node.file("/etc/cni/net.d", "another")
    with HostRoot(node.root) as root:
        assert root.read(CONFIG) == Unread(CONFIG, "absent", CONFIG)
        assert root.read("/etc/rancher/k3s/config.yaml") == Unread(
            "/etc/rancher/k3s/config.yaml", "absent", "/etc/rancher/k3s"
        )
        assert root.names("/etc/cni/net.d") == Unread("/etc/cni/net.d", "not-a-file", "/etc/cni/net.d")
        assert root.link("/etc/systemd/system/k3s.service") == Unread(
            "/etc/systemd/system/k3s.service", "absent", "/etc/systemd/system/k3s.service"
        )


def test_a_folder_tells_names_sizes_and_space(node: Node) -> None:
    node.file("/var/lib/rancher/k3s/server/manifests/b.yaml", SECRET, 0o600)
    node.file("/var/lib/rancher/k3s/server/manifests/a.yaml.skip")
    path = "/var/lib/rancher/k3s/server/manifests"
    os.utime(node.root / path.lstrip("/") / "b.yaml", (0, 1_600_000_000))
    with HostRoot(node.root) as root:
        assert root.names(path) == ("a.yaml.skip", "b.yaml")
        facts = root.facts(f"{path}/b.yaml")
        assert facts == Facts(len(SECRET), "2020-09-13T12:26:40Z", "0600", os.geteuid(), "file")
        with pytest.raises(ForbiddenPath):
            root.read(f"{path}/b.yaml")
        space = root.space("/var/lib/rancher")
        assert not isinstance(space, Unread)
        assert 0 < space.free <= space.size
        assert space.device == os.stat(node.root).st_dev


def test_hostile_names_are_names(node: Node) -> None:
    folder = node.file(PART, "plain").parent
    hostile = [
        "a\nb.yaml",
        " .yaml",
        "..yaml",
        "-rf.yaml",
        "\x1b[31m.yaml",
        "\u202e.yaml",
        "*.yaml",
        os.fsdecode(b"\xff\xfe.yaml"),
        "…" * 80 + ".yaml",
    ]
    for name in hostile:
        (folder / name).write_text("x")
    with HostRoot(node.root) as root:
        found = [path for path in root.find("/etc/rancher/rke2/config.yaml.d/*.yaml", "text") if isinstance(path, str)]
        assert sorted(path.rpartition("/")[2] for path in found) == sorted([*hostile, "a.yaml"])
        assert all(root.read(path) == (b"plain" if path == PART else b"x") for path in found)
        for path in found:
            shown(path).encode()


def test_a_name_that_leads_up_is_refused(node: Node) -> None:
    with HostRoot(node.root) as root, pytest.raises(ForbiddenPath):
        root.read("/etc/rancher/rke2/config.yaml.d/../../../shadow")


def test_reading_opens_nothing_for_good(node: Node) -> None:
    node.file(CONFIG, "x")
    node.link(PART, CONFIG)
    before = len(os.listdir("/proc/self/fd"))
    with HostRoot(node.root) as root:
        for _ in range(50):
            root.read(CONFIG)
            root.read(PART)
            root.read("/etc/os-release")
            root.names("/etc/rancher/rke2/config.yaml.d")
        assert len(os.listdir("/proc/self/fd")) == before + 1
    assert len(os.listdir("/proc/self/fd")) == before
