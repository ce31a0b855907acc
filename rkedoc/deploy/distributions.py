"""Where the nodes of a distribution keep what the collector reads.

A path that is named here is on every node of its distribution. That matters: a mount of a path that is missing has containerd make
an empty folder of that name on the node (containerd v1.7.0, pkg/cri/opts/spec_linux_opts.go), which would be writing.
So each is mounted with the type that the kubelet checks first, and a pod that would miss one does not start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

DOCKER: Final = "docker.sock"
"""The name of the socket of an engine; every other is that of a runtime which speaks CRI."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """How the nodes of a distribution are made."""

    socket: str
    """The socket of what runs the containers."""
    folders: tuple[str, ...]
    """The folders that ``--host`` reads, beside those of every node."""
    files: tuple[str, ...] = ()
    """The files that ``--host`` reads, whose folders hold more than that."""


EVERY_NODE: Final = Distribution(
    socket="",
    # Of /usr nothing is secret: what is there has come in packages. RKE2's archive has its units in /usr/local/lib.
    folders=("/proc", "/etc/systemd/system", "/usr/lib/systemd/system", "/usr/local/lib"),
    files=("/etc/os-release",),
)
"""What is read of the nodes of each distribution."""


def _of_rancher(name: str) -> Distribution:
    """RKE2 and K3s, which are made alike.

    Not ``server``, which is on servers alone, and holds the cluster's keys and its database; and not ``agent`` as a whole, which
    holds the root file systems of all containers. Both make the folder of static pods on every node before the kubelet starts
    (k3s, pkg/daemons/agent), and write the certificates (k3s, pkg/agent/config/config.go).
    """
    agent = f"/var/lib/rancher/{name}/agent/"
    return Distribution(
        "/run/k3s/containerd/containerd.sock",
        ("/etc/rancher", f"{agent}etc", f"{agent}pod-manifests"),
        (f"{agent}client-kubelet.crt", f"{agent}serving-kubelet.crt"),
    )


DISTRIBUTIONS: Final[Mapping[str, Distribution]] = {
    "rke2": _of_rancher("rke2"),
    "k3s": _of_rancher("k3s"),
    # Not /var/lib/kubelet, which holds the Secrets that are mounted into pods.
    "kubeadm": Distribution(
        "/run/containerd/containerd.sock",
        ("/etc/cni/net.d", "/etc/kubernetes"),
        ("/var/lib/kubelet/config.yaml", "/var/lib/kubelet/kubeadm-flags.env"),
    ),
    "rke1": Distribution("/var/run/docker.sock", ("/etc/cni/net.d", "/etc/kubernetes")),
}


def is_docker(socket: str) -> bool:
    """Whether a socket is that of a Docker engine, by its name."""
    return socket.rpartition("/")[2] == DOCKER
