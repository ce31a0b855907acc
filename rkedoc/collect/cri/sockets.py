"""Where container runtimes listen on a node, and which of these sockets are there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class KnownSocket:
    """A socket at which a distribution has its runtime listen, and who does."""

    path: str
    whose: str
    wraps_docker: bool = False
    """Whether it passes on to a Docker engine what it is asked."""


CRI_SOCKETS: Final = (
    # k3s-io/k3s v1.27.12+k3s1, pkg/agent/config/config.go: filepath.Join(containerd.State, "containerd.sock"), State /run/k3s/containerd
    KnownSocket("/run/k3s/containerd/containerd.sock", "RKE2, K3s"),
    # kubernetes/kubernetes v1.27, cmd/kubeadm/app/constants/constants_unix.go: CRISocketContainerd, CRISocketCRIO, CRISocketDocker
    KnownSocket("/run/containerd/containerd.sock", "containerd (kubeadm)"),
    KnownSocket("/run/crio/crio.sock", "CRI-O"),
    KnownSocket("/run/cri-dockerd.sock", "cri-dockerd", wraps_docker=True),
    # k3s-io/k3s v1.27.12+k3s1, pkg/agent/config/config_linux.go: applyCRIDockerdOSSpecificConfig
    KnownSocket("/run/k3s/cri-dockerd/cri-dockerd.sock", "K3s with --docker", wraps_docker=True),
)
"""The sockets at which a CRI is looked for, in the order in which they are asked."""

DOCKER_SOCKETS: Final = (
    KnownSocket("/var/run/docker.sock", "Docker"),
    # containers/podman v4.9, pkg/systemd/contrib: podman.socket has ListenStream=%t/podman/podman.sock, and %t is /run for root
    KnownSocket("/run/podman/podman.sock", "podman"),
)
"""The sockets at which an engine with Docker's API is looked for."""


def present(known: Iterable[KnownSocket], root: Path = Path("/")) -> tuple[KnownSocket, ...]:
    """The sockets that are there below ``root``, each once however many names it has.

    One in a folder that this account may not look into counts as there: whoever asks it is told that.
    """
    found: dict[tuple[int, int] | str, KnownSocket] = {}
    for socket in known:
        try:
            status = os.stat(root / socket.path.lstrip("/"))
        except PermissionError:
            found.setdefault(socket.path, socket)
            continue
        except OSError:
            continue
        if stat.S_ISSOCK(status.st_mode):
            found.setdefault((status.st_dev, status.st_ino), socket)
    return tuple(found.values())
