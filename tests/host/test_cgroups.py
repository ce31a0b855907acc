"""The container and the service of a process, by its control group."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.collect.host.cgroups import ContainerPlace, container_of, paths_of, unit_of
from tests.host.nodes import ONE, POD, TWO

STATIC = "0123456789abcdef0123456789abcdef"
SLICE = f"kubepods-burstable-pod{POD.replace('-', '_')}.slice"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        # containerd and the kubelet, with systemd, without, and one with and the other without
        (f"/kubepods.slice/kubepods-burstable.slice/{SLICE}/cri-containerd-{ONE}.scope", ContainerPlace(ONE, "containerd", POD)),
        (f"/kubepods.slice/kubepods-pod{STATIC}.slice/cri-containerd-{ONE}.scope", ContainerPlace(ONE, "containerd", STATIC)),
        (f"/kubepods/burstable/pod{POD}/{ONE}", ContainerPlace(ONE, "", POD)),
        (f"/kubepods/pod{POD}/{ONE}", ContainerPlace(ONE, "", POD)),
        (f"/kubepods/besteffort/pod{STATIC}/{ONE}", ContainerPlace(ONE, "", STATIC)),
        (f"/system.slice/containerd.service/{SLICE}:cri-containerd:{ONE}", ContainerPlace(ONE, "containerd", POD)),
        (f"/k8s.io/{ONE}", ContainerPlace(ONE, "containerd")),
        ("/default/my-task", ContainerPlace("my-task", "containerd")),
        (f"/default/{ONE}", ContainerPlace(ONE, "containerd")),
        (f"/system.slice/nerdctl-{ONE}.scope", ContainerPlace(ONE, "containerd")),
        # Docker
        (f"/docker/{ONE}", ContainerPlace(ONE, "docker")),
        (f"/system.slice/docker-{ONE}.scope", ContainerPlace(ONE, "docker")),
        (f"/kubepods.slice/{SLICE}/docker-{ONE}.scope", ContainerPlace(ONE, "docker", POD)),
        (f"/kubepods/burstable/pod{POD}/{ONE}/init.scope", ContainerPlace(ONE, "", POD)),
        # CRI-O
        (f"/kubepods.slice/{SLICE}/crio-{ONE}.scope", ContainerPlace(ONE, "cri-o", POD)),
        (f"/kubepods.slice/{SLICE}/crio-{ONE}.scope/container", ContainerPlace(ONE, "cri-o", POD)),
        (f"/kubepods/burstable/pod{POD}/crio-{ONE}", ContainerPlace(ONE, "cri-o", POD)),
        (f"/kubepods.slice/{SLICE}/crio-conmon-{ONE}.scope", ContainerPlace(ONE, "cri-o", POD, monitor=True)),
        # Podman
        (f"/machine.slice/libpod-{ONE}.scope/container", ContainerPlace(ONE, "podman")),
        (f"/machine.slice/libpod-conmon-{ONE}.scope", ContainerPlace(ONE, "podman", monitor=True)),
        (f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ONE}.scope", ContainerPlace(ONE, "podman")),
        (f"/machine.slice/machine-libpod_pod_{TWO}.slice/libpod-{ONE}.scope", ContainerPlace(ONE, "podman")),
        (f"/libpod_parent/{TWO}/libpod-{ONE}", ContainerPlace(ONE, "podman")),
        # a node that is a container itself, seen from around it, and a container with systemd in it
        (
            f"/docker/{TWO}/kubelet.slice/kubelet-{SLICE}/cri-containerd-{ONE}.scope",
            ContainerPlace(ONE, "containerd", POD, around=(TWO,)),
        ),
        (f"/system.slice/docker-{TWO}.scope/kubepods/burstable/pod{POD}/{ONE}", ContainerPlace(ONE, "", POD, around=(TWO,))),
        (f"/docker/{TWO}/docker/{ONE}", ContainerPlace(ONE, "docker", around=(TWO,))),
        (f"/docker/{ONE}/system.slice/nginx.service", ContainerPlace(ONE, "docker")),
        (f"/kubepods/pod{POD}/{TWO}/docker/{ONE}", ContainerPlace(ONE, "docker", around=(TWO,))),
        # seen from a control group namespace below the root, as from a container of rkedoc itself
        (f"/../../{SLICE}/cri-containerd-{ONE}.scope", ContainerPlace(ONE, "containerd", POD)),
        (f"/../{ONE}", ContainerPlace(ONE)),
        ("/../../../system.slice/rke2-server.service", None),
        # none
        ("/", None), ("", None), ("/init.scope", None), ("/system.slice/docker.service", None), ("/default", None),
        (f"/kubepods.slice/{SLICE}", None), (f"/libpod_parent/{TWO}", None), (f"/system.slice/docker-{ONE[:12]}.scope", None),
        (f"/system.slice/docker-{ONE}x.scope", None), ("/docker/short", None), ("/user.slice/default/x", None),
    ],
)  # fmt: skip
def test_the_innermost_container_is_that_of_a_process(path: str, place: ContainerPlace | None) -> None:
    assert container_of(path) == place


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("/system.slice/rke2-server.service", "rke2-server.service"),
        ("/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"),
        ("/init.scope", "init.scope"),
        ("/../../../system.slice/rke2-server.service", "rke2-server.service"),
        ("/user.slice/user-0.slice/session-3.scope", "session-3.scope"),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/a.service", "user@1000.service"),
        ("/openrc.k3s", "openrc.k3s"),
        ("/openrc_k3s", "openrc.k3s"),
        ("/rc/k3s", "openrc.k3s"),
        (f"/system.slice/containerd.service/{SLICE}:cri-containerd:{ONE}", "containerd.service"),
        (f"/system.slice/docker-{ONE}.scope", None),
        (f"/docker/{ONE}/system.slice/nginx.service", None),
        (f"/kubepods.slice/{SLICE}/cri-containerd-{ONE}.scope", None),
        ("/", None),
        ("/system.slice", None),
    ],
)
def test_a_service_is_the_one_that_the_node_started(path: str, unit: str | None) -> None:
    assert unit_of(path) == unit


def test_the_paths_of_a_process_are_told_once() -> None:
    text = "12:cpu,cpuacct:/a\n11:memory:/a\n1:name=systemd:/b:c\n0::/\n"
    assert paths_of(text) == ("/a", "/b:c", "/")
    assert paths_of("") == paths_of("nonsense") == ()


@given(st.text())
def test_any_text_is_a_path(text: str) -> None:
    container_of(text)
    unit_of(text)
    paths_of(text)
