"""The root folder of the RKE2 demo's node, composed: processes that fit the recorded containers, and the files that RKE2 keeps.

The numbers of containers' processes and when they started are those of the recording; shims, RKE2's own processes, services of the
operating system, sockets, units, settings, certificates and snapshots are composed: programs, flags, ports and paths as RKE2
v1.27.12+rke2r1 has them on SUSE Linux Enterprise Server 15 SP5 (rancher/rke2, bundle/lib/systemd/system and pkg/podexecutor; k3s-io/k3s
release-1.27, pkg/daemons/agent/agent_linux.go, pkg/agent/containerd and pkg/daemons/control/deps/deps.go).
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from tests.host.nodes import FakeProcess, Node, table
from tests.support.demo_api import LEFT_OUT, MADE, objects

BOOTED = datetime.datetime(2026, 11, 20, 7, 8, 12, tzinfo=datetime.UTC)
RESTARTED = datetime.datetime(2026, 11, 26, 16, 43, 52, tzinfo=datetime.UTC)
"""When RKE2 was started for the last time, half a minute before the recorded containers."""
ADDRESS = "192.0.2.21"
_DATA = "/var/lib/rancher/rke2"
_BIN = f"{_DATA}/data/v1.27.12-rke2r1-7a0b9b4f2c61/bin"
_UNIT = "0::/system.slice/rke2-server.service\n"
_YEAR = datetime.timedelta(days=365)
_SET_UP = datetime.datetime.fromisoformat(MADE)

_INSIDE = {
    "calico-node": "calico-node", "kube-flannel": "flanneld", "coredns": "coredns", "autoscaler": "cluster-propor",
    "rke2-ingress-nginx-controller": "nginx-ingress-c", "metrics-server": "metrics-server", "rke2-snapshot-controller": "snapshot-contro",
    "cluster-register": "agent", "fleet-agent": "fleetagent", "fleet-agent-clusterstatus": "fleetagent", "web": "web", "envoy": "nginx",
    "redis": "redis-server",
}  # fmt: skip
"""What the program of a container is called; of those of the control plane it is the container's name."""

_KERNEL = ("kthreadd", "rcu_gp", "rcu_par_gp", "mm_percpu_wq", "ksoftirqd/0", "rcu_sched", "migration/0", "cpuhp/0", "ksoftirqd/1",
           "kdevtmpfs", "kauditd", "khungtaskd", "oom_reaper", "kcompactd0", "ksmd", "kswapd0", "scsi_eh_0", "jbd2/sda2-8", "kworker/u8:1")  # fmt: skip
_SYSTEM = (
    ("systemd-journal", "/usr/lib/systemd/systemd-journald", "systemd-journald.service", 0, ()),
    ("systemd-udevd", "/usr/lib/systemd/systemd-udevd", "systemd-udevd.service", 0, ()),
    ("auditd", "/sbin/auditd", "auditd.service", 0, ()),
    ("dbus-daemon", "/usr/bin/dbus-daemon", "dbus.service", 499, ()),
    ("systemd-logind", "/usr/lib/systemd/systemd-logind", "systemd-logind.service", 0, ()),
    ("wickedd", "/usr/sbin/wickedd", "wickedd.service", 0, ()),
    ("wickedd-nanny", "/usr/sbin/wickedd-nanny", "wickedd-nanny.service", 0, ()),
    ("chronyd", "/usr/sbin/chronyd", "chronyd.service", 474, (("udp", "127.0.0.1", 323),)),
    ("sshd", "/usr/sbin/sshd", "sshd.service", 0, (("tcp", "0.0.0.0", 22), ("tcp6", "::", 22))),
    ("cron", "/usr/sbin/cron", "cron.service", 0, ()),
    ("agetty", "/sbin/agetty", "getty@tty1.service", 0, ()),
    ("node_exporter", "/usr/local/bin/node_exporter", "node_exporter.service", 480, (("tcp6", "::", 9100),)),
)
"""Name, program, unit, account and sockets of what else runs on the node; the last one somebody installed."""

_PORTS: Mapping[str, tuple[tuple[str, str, int], ...]] = {
    "rke2": (("tcp6", "::", 9345),),
    "containerd": (("tcp", "127.0.0.1", 10010),),
    "kubelet": (("tcp6", "::", 10250), ("tcp", "127.0.0.1", 10248)),
    "etcd": (("tcp", "127.0.0.1", 2379), ("tcp", ADDRESS, 2379), ("tcp", "127.0.0.1", 2380), ("tcp", ADDRESS, 2380), ("tcp", "127.0.0.1", 2381)),
    "kube-apiserver": (("tcp6", "::", 6443),),
    "kube-controller-manager": (("tcp", "127.0.0.1", 10257),),
    "kube-scheduler": (("tcp", "127.0.0.1", 10259),),
    "cloud-controller-manager": (("tcp", "127.0.0.1", 10258),),
    "kube-proxy": (("tcp", "127.0.0.1", 10249), ("tcp", "127.0.0.1", 10256)),
    "calico-node": (("tcp", "127.0.0.1", 9099), ("tcp6", "::", 9091)),
}  # fmt: skip
"""Where the processes that have the node's network listen."""

_KUBELET = (
    "--address=0.0.0.0", "--anonymous-auth=false", "--authentication-token-webhook=true", "--authorization-mode=Webhook",
    "--cgroup-driver=systemd", f"--client-ca-file={_DATA}/agent/client-ca.crt", "--cloud-provider=external", "--cluster-dns=10.43.0.10",
    "--cluster-domain=cluster.local", "--container-runtime-endpoint=unix:///run/k3s/containerd/containerd.sock",
    "--eviction-hard=imagefs.available<5%,nodefs.available<5%", "--fail-swap-on=false", "--healthz-bind-address=127.0.0.1",
    "--hostname-override=rke2-01", f"--kubeconfig={_DATA}/agent/kubelet.kubeconfig", f"--node-ip={ADDRESS}", "--node-labels=",
    f"--pod-manifest-path={_DATA}/agent/pod-manifests", "--read-only-port=0", "--serialize-image-pulls=false",
    f"--tls-cert-file={_DATA}/agent/serving-kubelet.crt", f"--tls-private-key-file={_DATA}/agent/serving-kubelet.key",
)  # fmt: skip
_CONTAINERD = ("-c", f"{_DATA}/agent/etc/containerd/config.toml", "-a", "/run/k3s/containerd/containerd.sock",
               "--state", "/run/k3s/containerd", "--root", f"{_DATA}/agent/containerd")  # fmt: skip

_SYSCTLS = {
    "vm/overcommit_memory": "1", "vm/panic_on_oom": "0", "kernel/panic": "10", "kernel/panic_on_oops": "1", "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000", "net/ipv4/ip_forward": "1", "net/ipv4/conf/all/forwarding": "1", "net/ipv4/conf/default/forwarding": "1",
    "net/ipv6/conf/all/forwarding": "1", "net/ipv6/conf/default/forwarding": "1", "net/bridge/bridge-nf-call-iptables": "1",
    "net/bridge/bridge-nf-call-ip6tables": "1", "net/netfilter/nf_conntrack_max": "131072", "net/netfilter/nf_conntrack_count": "1204",
    "fs/inotify/max_user_instances": "8192", "fs/inotify/max_user_watches": "524288", "fs/file-max": "9223372036854775807",
    "fs/file-nr": "6112\t0\t9223372036854775807", "kernel/pid_max": "4194304",
}  # fmt: skip


def make_host(recording: Path, root: Path) -> None:
    """Make the root folder of the node. Every file of it has a time of its own, so that the demo is the same each time."""
    node = Node(root)
    _processes(node, recording)
    _machine(node)
    _units(node)
    _configuration(node)
    _manifests(node, recording)
    _certificates(node)
    times = _snapshots(node)
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            moment = times.get(path, _SET_UP).timestamp()
            os.utime(path, (moment, moment))


# Processes ------------------------------------------------------------------------------------------------------------


def _ticks(moment: datetime.datetime) -> int:
    """Hundredths of a second since the node started, as the kernel counts them."""
    return int((moment - BOOTED).total_seconds() * 100)


def _processes(node: Node, recording: Path) -> None:
    processes: list[FakeProcess] = []
    sockets = _Sockets()
    for index, name in enumerate(_KERNEL):
        processes.append(FakeProcess(2 + index, name, ppid=2 if index else 0, flags=0x00208040, ticks=0))
    for index, (comm, program, unit, uid, ports) in enumerate(_SYSTEM):
        seconds = datetime.timedelta(seconds=4 + index)
        processes.append(
            FakeProcess(
                600 + 23 * index,
                comm,
                (program,),
                ticks=_ticks(BOOTED + seconds),
                uid=uid,
                exe=program,
                cgroup=f"0::/system.slice/{unit}\n",
                sockets=sockets.of(ports, uid),
            )
        )
    for pid, name, argv, exe in (
        (6512, "rke2", ("/usr/local/bin/rke2 server",), "/usr/local/bin/rke2"),
        (6534, "containerd", (f"{_BIN}/containerd", *_CONTAINERD), f"{_BIN}/containerd"),
        (6561, "kubelet", (f"{_BIN}/kubelet", *_KUBELET), f"{_BIN}/kubelet"),
    ):
        seconds = datetime.timedelta(seconds=(pid - 6512) / 4)
        processes.append(
            FakeProcess(
                pid,
                name,
                argv,
                ppid=1 if name == "rke2" else 6512,
                ticks=_ticks(RESTARTED + seconds),
                exe=exe,
                cgroup=_UNIT,
                sockets=sockets.of(_PORTS[name], 0),
            )
        )
    processes += _of_containers(recording, sockets)
    session = "0::/user.slice/user-1000.slice/session-41.scope\n"
    logged_in = _ticks(RESTARTED - datetime.timedelta(minutes=6))
    processes.append(FakeProcess(5870, "sshd", ("sshd: admin@pts/0",), 784, logged_in, 1000, "/usr/sbin/sshd", session))
    processes.append(FakeProcess(5871, "bash", ("-bash",), 5870, logged_in + 9, 1000, "/bin/bash", session))
    sockets.of((("udp", "0.0.0.0", 8472),), 0)  # VXLAN: the kernel's own socket, which no process holds
    node.proc(processes, sockets.tables())
    node.file(
        "/proc/stat",
        "cpu  1 2 3\n" + "".join(f"cpu{n} 1 2 3\n" for n in range(4)) + f"btime {int(BOOTED.timestamp())}\n",
    )


def _of_containers(recording: Path, sockets: _Sockets) -> Iterator[FakeProcess]:
    """The shim of each running sandbox, its pause, and what runs in its containers, by the numbers that the runtime told."""
    shims: dict[str, int] = {}
    for box in _answers(recording, "sandbox", "sandboxes", "items"):
        if not box.pid:
            continue
        shim = box.pid - 21
        shims[box.id] = shim
        binary = f"{_BIN}/containerd-shim-runc-v2"
        argv = (binary, "-namespace", "k8s.io", "-id", box.id, "-address", "/run/k3s/containerd/containerd.sock")
        yield FakeProcess(shim, "containerd-shim", argv, ticks=_ticks(box.started) - 4, exe=binary, cgroup=_UNIT)
        yield FakeProcess(box.pid, "pause", ("/pause",), ppid=shim, ticks=_ticks(box.started), uid=65535, exe="/pause",
                          cgroup=box.cgroup, nspid=f"{box.pid}\t1")  # fmt: skip
    for one in _answers(recording, "container", "containers", "containers"):
        if not one.pid:
            continue
        program = _INSIDE.get(one.name, one.name)
        yield FakeProcess(one.pid, program[:15], (program,), ppid=shims[one.sandbox], ticks=_ticks(one.started), exe=f"/usr/bin/{program}",
                          cgroup=one.cgroup, nspid=f"{one.pid}\t1", sockets=sockets.of(_PORTS.get(one.name, ()), 0))  # fmt: skip


class _Answer:
    """What the runtime told of one container or sandbox in a verbose answer."""

    def __init__(self, listed: Mapping[str, Any], verbose: Mapping[str, Any]) -> None:
        info, status = json.loads(verbose["info"]["info"]), verbose["status"]
        labels = listed["labels"]
        self.id: str = listed["id"]
        self.name: str = listed["metadata"]["name"]
        self.pid: int = info["pid"]
        self.sandbox: str = listed.get("pod_sandbox_id", self.id)
        self.namespace: str = labels["io.kubernetes.pod.namespace"]
        nanoseconds = int(status.get("started_at") or status["created_at"])
        self.started = datetime.datetime.fromtimestamp(nanoseconds / 1e9, datetime.UTC)
        slices = f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{labels['io.kubernetes.pod.uid'].replace('-', '_')}.slice"
        self.cgroup = f"0::{slices}/cri-containerd-{self.id}.scope\n"


def _answers(recording: Path, prefix: str, listing: str, key: str) -> Iterator[_Answer]:
    for listed in json.loads((recording / f"{listing}.json").read_text(encoding="utf-8"))[key]:
        verbose = json.loads((recording / f"{prefix}-{listed['id'][:13]}-verbose.json").read_text(encoding="utf-8"))
        found = _Answer(listed, verbose)
        if found.namespace not in LEFT_OUT:
            yield found


class _Sockets:
    """The node's sockets on which something listens, numbered as they are asked for."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[str, str, int, int]]] = {"tcp": [], "tcp6": [], "udp": [], "udp6": []}
        self._next = 31000

    def of(self, ports: tuple[tuple[str, str, int], ...], uid: int) -> tuple[int, ...]:
        """The numbers of new sockets at these addresses and ports."""
        found = []
        for kind, address, port in ports:
            self._next += 7
            place = (
                "0" * 32 if kind.endswith("6") else "".join(f"{int(part):02X}" for part in reversed(address.split(".")))
            )
            self._rows[kind].append((f"{place}:{port:04X}", "0A" if kind.startswith("tcp") else "07", uid, self._next))
            found.append(self._next)
        return tuple(found)

    def tables(self) -> dict[str, str]:
        """The tables as the kernel shows them."""
        return {kind: table(*rows) for kind, rows in self._rows.items()}


# Files ----------------------------------------------------------------------------------------------------------------


def _machine(node: Node) -> None:
    node.file("/proc/modules", "".join(f"{name} 1 0 - Live 0x0\n" for name in ("overlay", "br_netfilter", "nf_conntrack", "vxlan", "veth", "xt_comment", "ip_set", "bridge")))  # fmt: skip
    node.file(
        "/proc/filesystems", "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tcgroup2\nnodev\toverlay\n\text4\n\txfs\n"
    )
    node.file(
        "/proc/1/mounts",
        "/dev/sda2 / ext4 rw,relatime 0 0\n/dev/sdb1 /var/lib/rancher xfs rw,noatime 0 0\ntmpfs /run tmpfs rw 0 0\n",
    )
    for name, value in _SYSCTLS.items():
        node.file(f"/proc/sys/{name}", f"{value}\n")
    node.file(
        "/etc/os-release",
        'NAME="SLES"\nVERSION="15-SP5"\nVERSION_ID="15.5"\nPRETTY_NAME="SUSE Linux Enterprise Server 15 SP5"\nID="sles"\n',
    )


def _units(node: Node) -> None:
    place = "/usr/local/lib/systemd/system"
    node.file(f"{place}/rke2-server.service", _SERVER)
    node.file(f"{place}/rke2-server.env", "HOME=/root\n", 0o600)
    node.file(
        f"{place}/rke2-agent.service",
        _SERVER.replace("server", "agent").replace("Conflicts=rke2-agent", "Conflicts=rke2-server"),
    )
    node.file(f"{place}/rke2-agent.env", "HOME=/root\n", 0o600)
    node.link("/etc/systemd/system/multi-user.target.wants/rke2-server.service", f"{place}/rke2-server.service")


_SERVER = """[Unit]
Description=Rancher Kubernetes Engine v2 (server)
Wants=network-online.target
After=network-online.target
Conflicts=rke2-agent.service

[Install]
WantedBy=multi-user.target

[Service]
Type=notify
EnvironmentFile=-/etc/default/%N
EnvironmentFile=-/etc/sysconfig/%N
EnvironmentFile=-/usr/local/lib/systemd/system/%N.env
KillMode=process
Delegate=yes
Restart=always
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
ExecStart=/usr/local/bin/rke2 server
"""


def _configuration(node: Node) -> None:
    node.file(
        "/etc/rancher/rke2/config.yaml",
        "write-kubeconfig-mode: '0640'\ntls-san:\n  - api.rke2.example.org\ncni: canal\ntoken: CANARY-demo-token\n"
        "etcd-snapshot-schedule-cron: '0 */12 * * *'\netcd-snapshot-retention: 5\n",
        0o600,
    )
    node.file(
        "/etc/rancher/rke2/registries.yaml",
        "mirrors:\n  docker.io:\n    endpoint:\n      - https://registry.example.org:5000\nconfigs:\n  registry.example.org:5000:\n"
        "    auth:\n      username: puller\n      password: CANARY-demo-registry\n",
        0o600,
    )
    node.file(
        "/etc/rancher/rke2/rke2-pss.yaml",
        "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n- name: PodSecurity\n  configuration:\n"
        "    apiVersion: pod-security.admission.config.k8s.io/v1beta1\n    kind: PodSecurityConfiguration\n    defaults:\n"
        "      enforce: privileged\n      enforce-version: latest\n    exemptions:\n      usernames: []\n      runtimeClasses: []\n      namespaces: []\n",
        0o600,
    )
    node.file(
        "/etc/rancher/rke2/audit-policy.yaml",
        "apiVersion: audit.k8s.io/v1\nkind: Policy\nmetadata: {}\nrules:\n- level: None\n",
        0o600,
    )
    node.file("/etc/rancher/rke2/rke2.yaml", "client-key-data: CANARY-demo-kubeconfig\n", 0o640)
    for name in ("10-canal.conflist", "calico-kubeconfig"):
        node.file(f"/etc/cni/net.d/{name}", "CANARY-demo-cni\n", 0o600)
    node.file(f"{_DATA}/agent/etc/containerd/config.toml", "# made by rke2 at each start\n" + "x" * 1400, 0o600)
    for name in ("token", "node-token", "agent-token", "cred/passwd"):
        node.file(f"{_DATA}/server/{name}", "CANARY-demo-token\n", 0o600)


def _manifests(node: Node, recording: Path) -> None:
    found = list(objects(recording))
    for pod in found:
        if pod["kind"] == "Pod" and pod["metadata"].get("ownerReferences", [{}])[0].get("kind") == "Node":
            name = pod["spec"]["containers"][0]["name"]
            manifest = {
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": name, "namespace": "kube-system", "labels": pod["metadata"]["labels"]},
                "spec": {key: value for key, value in pod["spec"].items() if key not in ("nodeName", "restartPolicy", "tolerations")},
            }  # fmt: skip
            node.file(f"{_DATA}/agent/pod-manifests/{name}.yaml", yaml.safe_dump(manifest, sort_keys=True), 0o600)
    for chart in (one for one in found if one["kind"] == "HelmChart"):
        node.file(f"{_DATA}/server/manifests/{chart['metadata']['name']}.yaml", "x" * 41312, 0o600)
    node.file(f"{_DATA}/agent/images/runtime-image.txt", "index.docker.io/rancher/rke2-runtime:v1.27.12-rke2r1\n")
    for name, image in (
        ("etcd", "hardened-etcd:v3.5.9-k3s1-build20230802"),
        ("kube-apiserver", "hardened-kubernetes:v1.27.12-rke2r1-build20240315"),
        ("cloud-controller-manager", "rke2-cloud-provider:v1.29.3-build20240412"),
    ):
        node.file(f"{_DATA}/agent/images/{name}-image.txt", f"index.docker.io/rancher/{image}\n")


def _snapshots(node: Node) -> dict[Path, datetime.datetime]:
    """Snapshots of etcd, two a day, of which five are kept, and one that somebody asked for."""
    times: dict[Path, datetime.datetime] = {}
    newest = datetime.datetime(2026, 11, 26, 12, 0, 3, tzinfo=datetime.UTC)
    moments = [("etcd-snapshot", newest - datetime.timedelta(hours=12 * back)) for back in range(5)]
    moments.append(("before-upgrade", datetime.datetime(2026, 11, 23, 9, 14, 40, tzinfo=datetime.UTC)))
    for name, moment in moments:
        content = b"\0" * (18_403_360 + 40_960 * (moment.day - 20))
        path = node.file(f"{_DATA}/server/db/snapshots/{name}-rke2-01-{int(moment.timestamp())}", content, 0o600)
        times[path] = moment
    return times


# Certificates ---------------------------------------------------------------------------------------------------------

_LEAVES = (
    ("server/tls/client-admin", "rke2-client-ca", "system:admin", "system:masters", ()),
    ("server/tls/client-auth-proxy", "rke2-request-header-ca", "system:auth-proxy", "", ()),
    ("server/tls/client-controller", "rke2-client-ca", "system:kube-controller-manager", "", ()),
    ("server/tls/client-kube-apiserver", "rke2-client-ca", "system:apiserver", "system:masters", ()),
    ("server/tls/client-kube-proxy", "rke2-client-ca", "system:kube-proxy", "", ()),
    ("server/tls/client-rke2-cloud-controller", "rke2-client-ca", "rke2-cloud-controller-manager", "", ()),
    ("server/tls/client-rke2-controller", "rke2-client-ca", "system:rke2-controller", "", ()),
    ("server/tls/client-scheduler", "rke2-client-ca", "system:kube-scheduler", "", ()),
    ("server/tls/client-supervisor", "rke2-client-ca", "system:rke2-supervisor", "system:masters", ()),
    ("server/tls/serving-kube-apiserver", "rke2-server-ca", "kube-apiserver", "",
     ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "localhost", "rke2-01", "api.rke2.example.org")),
    ("server/tls/etcd/client", "etcd-server-ca", "etcd-client", "", ()),
    ("server/tls/etcd/peer-server-client", "etcd-peer-ca", "etcd-peer", "", ("localhost", "rke2-01")),
    ("server/tls/etcd/server-client", "etcd-server-ca", "etcd-server", "", ("kine.sock", "localhost", "rke2-01")),
    ("agent/client-kubelet", "rke2-client-ca", "system:node:rke2-01", "system:nodes", ()),
    ("agent/client-kube-proxy", "rke2-client-ca", "system:kube-proxy", "", ()),
    ("agent/client-rke2-controller", "rke2-client-ca", "system:rke2-controller", "", ()),
    ("agent/serving-kubelet", "rke2-server-ca", "rke2-01", "", ("rke2-01", "localhost")),
)  # fmt: skip
_AUTHORITIES = (
    ("rke2-client-ca", ("server/tls/client-ca", "agent/client-ca")),
    ("rke2-server-ca", ("server/tls/server-ca", "agent/server-ca")),
    ("rke2-request-header-ca", ("server/tls/request-header-ca",)),
    ("etcd-server-ca", ("server/tls/etcd/server-ca",)),
    ("etcd-peer-ca", ("server/tls/etcd/peer-ca",)),
)


def _certificates(node: Node) -> None:
    since = _SET_UP - datetime.timedelta(seconds=50)
    stamp = int(since.timestamp())
    for name, places in _AUTHORITIES:
        authority = f"{name}@{stamp}"
        content = _certificate(authority, authority, "", since, since + 10 * _YEAR, (), authority=True)
        for place in places:
            node.file(f"{_DATA}/{place}.crt", content)
    for place, name, subject, organization, names in _LEAVES:
        node.file(
            f"{_DATA}/{place}.crt", _certificate(subject, f"{name}@{stamp}", organization, since, since + _YEAR, names)
        )
        node.file(f"{_DATA}/{place}.key", "CANARY-demo-key\n", 0o600)


def _certificate(
    subject: str,
    issuer: str,
    organization: str,
    since: datetime.datetime,
    until: datetime.datetime,
    names: tuple[str, ...],
    *,
    authority: bool = False,
) -> bytes:
    """A certificate. RKE2 signs with ECDSA, whose signatures differ in length each time; this kind is always the same."""
    key = Ed25519PrivateKey.from_private_bytes(b"rkedoc demo, no key of anything.")

    def named(name: str, group: str) -> x509.Name:
        parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)] if group else []
        return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, name)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(named(subject, organization))
        .issuer_name(named(issuer, ""))
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(since)
        .not_valid_after(until)
    )
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
        builder = builder.add_extension(alternatives, critical=False)
    if authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(key, None).public_bytes(serialization.Encoding.PEM)
