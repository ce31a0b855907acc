"""How the services of the platform are started."""

from __future__ import annotations

from pathlib import Path

import pytest

from rkedoc.collect.host.root import HostRoot, Unread
from rkedoc.collect.host.units import Unit, Units, read_units, settings_of
from tests.host.nodes import SECRET, Node, k3s_agent, kubeadm_worker, rke2_server


def read(node: Node) -> Units:
    with HostRoot(node.root) as root:
        return read_units(root)


def test_a_drop_in_changes_a_unit_and_its_environment_is_counted_and_not_kept(tmp_path: Path) -> None:
    found = read(rke2_server(tmp_path / "root"))
    assert found.unread == ()
    assert found.units == (
        Unit("rke2-agent.service", "", "", (), (), 0, (), (), masked=True),
        Unit(
            name="rke2-server.service",
            path="/usr/local/lib/systemd/system/rke2-server.service",
            description="Rancher Kubernetes Engine v2 (server)",
            commands=("/usr/local/bin/rke2 server --debug",),
            environment_files=("-/etc/default/%N",),
            environment_lines=2,
            drop_ins=("/etc/systemd/system/rke2-server.service.d/10-proxy.conf",),
            wanted_by=("multi-user.target",),
            masked=False,
        ),
    )
    assert found.units[1].enabled
    assert SECRET not in str(found)


def test_a_unit_is_found_once_though_its_folder_has_two_names(tmp_path: Path) -> None:
    (unit,) = read(kubeadm_worker(tmp_path / "root")).units
    assert unit.commands == ("/usr/bin/kubelet $KUBELET_CONFIG_ARGS",)
    assert unit.environment_files == ("-/var/lib/kubelet/kubeadm-flags.env",)
    assert unit.path == "/usr/lib/systemd/system/kubelet.service"
    assert not unit.enabled


def test_a_command_goes_on_over_lines(tmp_path: Path) -> None:
    (unit,) = read(k3s_agent(tmp_path / "root")).units
    assert unit.commands == ("/usr/local/bin/k3s agent",)


def test_the_folder_that_wins_is_read(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    for folder in ("/etc", "/usr/lib"):
        node.file(f"{folder}/systemd/system/docker.service", f"[Service]\nExecStart=from {folder}\n")
        node.file(f"{folder}/systemd/system/docker.service.d/10.conf", f"[Service]\nExecStart=10 {folder}\n")
    node.file("/usr/lib/systemd/system/docker.service.d/05.conf", "[Service]\nExecStart=05\n")
    (unit,) = read(node).units
    assert unit.commands == ("from /etc", "05", "10 /etc")


def test_units_of_others_are_not_read(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.file("/etc/systemd/system/my-app.service", SECRET)
    node.file("/etc/systemd/system/k3s.service", "[Service]\n")
    assert [unit.name for unit in read(node).units] == ["k3s.service"]


def test_a_file_whose_name_is_that_of_a_kubeconfig_is_counted_and_not_read(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.file("/etc/systemd/system/k3s-kubeconfig.service", SECRET)
    node.file("/etc/systemd/system/k3s.service.d/10-kubeconfig.conf", SECRET)
    assert read(node) == Units((), (), 2)


def test_a_unit_that_is_started_is_told_though_its_file_was_not_found(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.link("/etc/systemd/system/multi-user.target.wants/k3s.service", "/opt/k3s.service")
    (unit,) = read(node).units
    assert (unit.name, unit.path, unit.wanted_by) == ("k3s.service", "", ("multi-user.target",))


def test_a_unit_that_lies_elsewhere_is_told(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.file("/opt/k3s.service", "[Service]\n")
    node.link("/etc/systemd/system/k3s.service", "/opt/k3s.service")
    found = read(node)
    path = "/etc/systemd/system/k3s.service"
    assert found == Units((), (Unread(path, "leads-elsewhere", path),))


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("[A]\nb=c\n", [("A", "b", "c")]),
        ("b=c", [("", "b", "c")]),
        ("[A]\n b = c = d \n;x=y\n#x=y\n\n", [("A", "b", "c = d")]),
        ("[A]\nb=c \\\n# between\n  d \\\ne\nf=g\n", [("A", "b", "c d e"), ("A", "f", "g")]),
        ("[A]\nb=c\\", [("A", "b", "c")]),
        ("[A]\nnothing\n[B]\nb=\n", [("B", "b", "")]),
    ],
)
def test_settings_are_read_as_systemd_reads_them(text: str, settings: list[tuple[str, str, str]]) -> None:
    assert list(settings_of(text)) == settings
