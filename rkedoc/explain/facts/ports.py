"""The ports that the programs of a node open by default: the one table, which the listeners of a snapshot and pasted listings ask.

Defaults of Kubernetes' command lines are those of kubernetes.io (reference/command-line-tools-reference and
reference/networking/ports-and-protocols), those of etcd of etcd.io (docs/v3.4, op-guide/configuration). Others are told where they stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rkedoc.catalog.bound import Distribution
from rkedoc.i18n import N_

ANY: Final = "0.0.0.0"
LOCAL: Final = "127.0.0.1"
NODE_PORTS: Final = range(30000, 32768)
"""Where services get their NodePorts without the flag ``service-node-port-range`` (kubernetes.io, kube-apiserver)."""


@dataclass(frozen=True, slots=True)
class PortDefault:
    """A port that a program opens unless it is told otherwise.

    ``port`` 0 is one that is not opened by default. ``port_flag`` and ``address_flag`` set it; ``port_flag`` is empty for what is set
    otherwise. ``address`` is empty where it depends. ``before`` is the minor version of Kubernetes from which on the port is no
    longer opened. ``distributions`` are the only ones on which it is opened; empty: on all that run the program.
    """

    port_flag: str
    port: int
    address_flag: str
    address: str
    purpose: str
    before: int | None = None
    protocol: str = "TCP"
    distributions: tuple[Distribution, ...] = ()


def _fixed(
    port: int, purpose: str, address: str = ANY, protocol: str = "TCP", distributions: tuple[Distribution, ...] = ()
) -> PortDefault:
    """A port that no flag of the program's own command line sets, as far as it matters here."""
    return PortDefault("", port, "", address, purpose, None, protocol, distributions)


_RKE2 = (Distribution.RKE2,)
_K3S = (Distribution.K3S,)
_EMBEDDED = (Distribution.RKE2, Distribution.K3S)

BY_PROGRAM: Final[Mapping[str, tuple[PortDefault, ...]]] = {
    "kube-apiserver": (
        PortDefault("secure-port", 6443, "bind-address", ANY, N_("the Kubernetes API (HTTPS)")),
        PortDefault(
            "insecure-port", 0, "insecure-bind-address", LOCAL, N_("the Kubernetes API without authentication"), 24
        ),
    ),
    "kube-controller-manager": (
        PortDefault("secure-port", 10257, "bind-address", ANY, N_("health and metrics (HTTPS)")),
        PortDefault("port", 10252, "address", ANY, N_("health and metrics (HTTP)"), 22),
    ),
    "kube-scheduler": (
        PortDefault("secure-port", 10259, "bind-address", ANY, N_("health and metrics (HTTPS)")),
        PortDefault("port", 10251, "address", ANY, N_("health and metrics (HTTP)"), 23),
    ),
    "cloud-controller-manager": (
        PortDefault("secure-port", 10258, "bind-address", ANY, N_("health and metrics (HTTPS)")),
    ),
    "kubelet": (
        PortDefault("port", 10250, "address", ANY, N_("the kubelet's API: logs, exec, metrics (HTTPS)")),
        PortDefault("healthz-port", 10248, "healthz-bind-address", LOCAL, N_("health of the kubelet")),
    ),
    "kube-proxy": (
        PortDefault("metrics-port", 10249, "metrics-bind-address", LOCAL, N_("metrics of kube-proxy")),
        PortDefault(
            "healthz-port", 10256, "healthz-bind-address", ANY, N_("health of kube-proxy, asked by load balancers")
        ),
    ),
    "etcd": (
        PortDefault("listen-client-urls", 2379, "", "localhost", N_("etcd for its clients, the API servers")),
        PortDefault("listen-peer-urls", 2380, "", "localhost", N_("etcd for its peers")),
        # kubeadm (cmd/kubeadm/app/constants, EtcdMetricsPort) and RKE2 (docs.rke2.io, Requirements) open it; etcd alone does not.
        PortDefault("listen-metrics-urls", 2381, "", "", N_("health and metrics of etcd")),
    ),
    # Mirantis/cri-dockerd, and rancher/rke-tools v0.1.88, entrypoint.sh, which runs it beside the kubelet.
    "cri-dockerd": (
        _fixed(10010, N_("streams of cri-dockerd for exec and port-forward"), LOCAL, "TCP", (Distribution.RKE1,)),
    ),
    # k3s-io/k3s, pkg/agent/templates: stream_server_port.
    "containerd": (_fixed(10010, N_("streams of containerd for exec and port-forward"), LOCAL, "TCP", _EMBEDDED),),
    # docs.rke2.io, Requirements, and k3s-io/k3s, pkg/cli/cmds/agent.go (lb-server-port) and pkg/cli/server/server.go.
    "rke2": (
        _fixed(9345, N_("RKE2's supervisor, with which nodes join (HTTPS)"), ANY, "TCP", _RKE2),
        _fixed(6444, N_("this node's own way to the supervisors of the servers"), LOCAL, "TCP", _RKE2),
    ),
    "k3s": (
        _fixed(6443, N_("the Kubernetes API and K3s' supervisor (HTTPS)"), ANY, "TCP", _K3S),
        _fixed(
            6444,
            N_("the API server behind K3s' supervisor; on an agent its own way to the servers"),
            LOCAL,
            "TCP",
            _K3S,
        ),
    ),
    # docs.rke2.io, Requirements (ports of the network plugins). The kernel listens, so that no process is shown.
    "flanneld": (
        _fixed(8472, N_("packets between pods of different nodes (VXLAN)"), ANY, "UDP"),
        _fixed(51820, N_("packets between pods of different nodes (WireGuard)"), ANY, "UDP"),
        _fixed(51821, N_("packets between pods of different nodes (WireGuard, IPv6)"), ANY, "UDP"),
    ),
    # projectcalico/calico, felix/config/config_params.go; docs.rke2.io, Requirements.
    "calico-node": (
        _fixed(9099, N_("health of Calico on this node"), LOCAL),
        _fixed(9091, N_("metrics of Calico on this node")),
        _fixed(4789, N_("packets between pods of different nodes (VXLAN)"), ANY, "UDP"),
    ),
    "bird": (_fixed(179, N_("routes between nodes (BGP)")),),
    "calico-typha": (
        _fixed(5473, N_("Calico's data for its agents on the nodes (Typha)")),
        _fixed(9098, N_("health of Typha"), LOCAL),
    ),
    "cilium-agent": (
        _fixed(4240, N_("health of Cilium, asked by the other nodes")),
        _fixed(8472, N_("packets between pods of different nodes (VXLAN)"), ANY, "UDP"),
    ),
    # kubernetes/ingress-nginx, docs/user-guide/cli-arguments.md and charts/ingress-nginx/values.yaml.
    "nginx-ingress-controller": (
        _fixed(80, N_("HTTP requests from outside, for services in the cluster")),
        _fixed(443, N_("HTTPS requests from outside, for services in the cluster")),
        _fixed(8443, N_("checks of new Ingress objects, asked by the API servers")),
        _fixed(10254, N_("health and metrics of the ingress controller")),
        _fixed(10245, N_("profiles of the ingress controller"), LOCAL),
        _fixed(10246, N_("the ingress controller's own requests to its NGINX"), LOCAL),
        _fixed(10247, N_("the ingress controller's own requests to its NGINX"), LOCAL),
        _fixed(8181, N_("answers to requests that no Ingress is for")),
    ),
    "sshd": (_fixed(22, N_("logins over the network (SSH)")),),
    "systemd-resolved": (
        _fixed(53, N_("names, for the programs of this machine"), "127.0.0.53"),
        _fixed(53, N_("names, for the programs of this machine"), "127.0.0.53", "UDP"),
    ),
    "rpcbind": (
        _fixed(111, N_("on which ports services of RPC listen")),
        _fixed(111, N_("on which ports services of RPC listen"), ANY, "UDP"),
    ),
    "chronyd": (_fixed(323, N_("questions of chrony's own tool"), LOCAL, "UDP"),),
}
"""By the name of the program that opens the port."""

_SAME_PROGRAM: Final[Mapping[str, str]] = {
    "nginx": "nginx-ingress-controller", "k3s-server": "k3s", "k3s-agent": "k3s", "bird6": "bird",
}  # fmt: skip
"""Names under which a program of the table shows itself too: NGINX is what the ingress controller starts."""

OF_K3S: Final = (
    "kube-apiserver", "kube-controller-manager", "kube-scheduler", "cloud-controller-manager", "kubelet", "kube-proxy", "etcd", "flanneld",
)  # fmt: skip
"""Programs that K3s runs inside its own process (docs.k3s.io, Architecture)."""


def port_default(program: str, port_flag: str) -> PortDefault:
    """The port that a flag of a program sets. Raises :class:`KeyError` if the table has none."""
    for default in BY_PROGRAM[program]:
        if default.port_flag == port_flag:
            return default
    raise KeyError(f"{program}: {port_flag}")


def defaults_of_port(port: int, protocol: str, distribution: Distribution) -> list[tuple[str, PortDefault]]:
    """The programs that open a port by default on a distribution, with what for, in the order of the table.

    What goes for that distribution alone comes before what goes for all.
    """
    found = [
        (program, default)
        for program, defaults in BY_PROGRAM.items()
        for default in defaults
        if (default.port, default.protocol) == (port, protocol)
        and (not default.distributions or not distribution or distribution in default.distributions)
    ]
    alone = [(program, default) for program, default in found if default.distributions]
    return alone if alone and distribution else found


def purpose_of_port(port: int, protocol: str, program: str) -> PortDefault | None:
    """What a program opens a port for by default; ``None`` if that is not known."""
    own = _SAME_PROGRAM.get(program, program)
    for name in (own, *(OF_K3S if own == "k3s" else ())):
        for default in BY_PROGRAM.get(name, ()):
            if (default.port, default.protocol) == (port, protocol):
                return default
    return None
