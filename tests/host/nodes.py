"""Root folders of nodes, made of files: what a test needs of an RKE2 server, a K3s agent and a kubeadm worker."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BOOTED = 1_700_000_000
SECRET = "planted-secret-that-nothing-may-carry"
ONE = "1" * 64
TWO = "2" * 64
POD = "0a1b2c3d-0001-4002-8003-0123456789ab"


@dataclass(frozen=True)
class FakeProcess:
    """A process of a made-up ``/proc``."""

    pid: int
    comm: str
    argv: tuple[str, ...] = ()
    ppid: int = 1
    ticks: int = 100
    uid: int = 0
    exe: str | None = None
    cgroup: str = "0::/\n"
    network: str = "net:[4026531840]"
    sockets: tuple[int, ...] = ()
    flags: int = 0x00400000
    nspid: str = ""


class Node:
    """A root folder to which files are added."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(exist_ok=True)

    def file(self, path: str, content: str | bytes = "", mode: int = 0o644) -> Path:
        """A file below the root."""
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        place.chmod(mode)
        return place

    def link(self, path: str, target: str) -> None:
        """A symbolic link below the root."""
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)

    def process(self, one: FakeProcess) -> None:
        """The files of one process."""
        folder = f"/proc/{one.pid}"
        after = [str(one.ppid), "1", "1", "0", "-1", str(one.flags), *["0"] * 10, "3", "0", str(one.ticks), "0"]
        # Fields 4 to 23 of proc_pid_stat(5): ppid is the fourth, flags the ninth, threads the 20th, start the 22nd.
        self.file(f"{folder}/stat", f"{one.pid} ({one.comm}) S {' '.join(after)}\n")
        nspid = one.nspid or str(one.pid)
        self.file(f"{folder}/status", f"Name:\t{one.comm}\nUid:\t1\t{one.uid}\t{one.uid}\t{one.uid}\nNSpid:\t{nspid}\n")
        self.file(f"{folder}/cmdline", "".join(f"{word}\0" for word in one.argv))
        self.file(f"{folder}/cgroup", one.cgroup)
        self.file(f"{folder}/environ", f"TOKEN={SECRET}\0")
        if one.exe is not None:
            self.link(f"{folder}/exe", one.exe)
        self.link(f"{folder}/ns/net", one.network)
        (self.root / folder.lstrip("/") / "fd").mkdir()
        for number, inode in enumerate(one.sockets):
            self.link(f"{folder}/fd/{number}", f"socket:[{inode}]")

    def proc(self, processes: Iterable[FakeProcess], tables: Mapping[str, str] | None = None) -> None:
        """A ``/proc`` with these processes and process 1."""
        self.file("/proc/stat", f"cpu  1 2 3\ncpu0 1 2 3\ncpu1 1 2 3\nbtime {BOOTED}\n")
        self.file("/proc/meminfo", "MemTotal:       16384000 kB\nMemFree: 1 kB\n")
        self.file("/proc/modules", "overlay 1 0 - Live 0x0\nbr_netfilter 1 0 - Live 0x0\n")
        self.file("/proc/filesystems", "nodev\tsysfs\n\text4\n")
        self.file(
            "/proc/1/mounts",
            "/dev/sda1 / ext4 rw,relatime 0 0\n/dev/sdb1 /var/lib/rancher xfs rw 0 0\n"
            f"tmpfs /var/lib/kubelet/pods/{POD}/volumes/kubernetes.io~secret/x tmpfs rw 0 0\n"
            "/dev/sdc1 /srv/my\\040data ext4 rw 0 0\n",
        )
        self.process(
            FakeProcess(
                1, "systemd", ("/sbin/init",), ppid=0, exe="/usr/lib/systemd/systemd", cgroup="0::/init.scope\n"
            )
        )
        for one in processes:
            self.process(one)
        for name, content in (tables or {}).items():
            self.file(f"/proc/1/net/{name}", content)


def table(*rows: tuple[str, str, int, int]) -> str:
    """A table of sockets from address, state, uid and inode."""
    head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    lines = (
        f"   {at}: {address} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000  {uid}        0 {inode} 1 0 100\n"
        for at, (address, state, uid, inode) in enumerate(rows)
    )
    return head + "".join(lines)


def certificate(
    name: str, *, until: datetime.datetime, names: tuple[str, ...] = (), authority: bool = False
) -> tuple[bytes, bytes]:
    """A certificate that signs itself, and its key, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "system:nodes"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.UTC))
        .not_valid_after(until)
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False
        )
    if authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signed = builder.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return signed.public_bytes(serialization.Encoding.PEM), private


def rke2_server(root: Path) -> Node:
    """A server of RKE2: systemd, cgroup v2, static pods, certificates, snapshots, and secrets wherever they lie."""
    node = Node(root)
    scope = f"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{POD.replace('-', '_')}.slice/cri-containerd-{ONE}.scope\n"
    node.proc(
        [
            FakeProcess(2, "kthreadd", ppid=0, flags=0x00208040),
            FakeProcess(33, "kworker/0:1", ppid=2, flags=0x04208060),
            FakeProcess(
                700, "rke2", ("/usr/local/bin/rke2 server",), exe="/usr/local/bin/rke2", cgroup="0::/system.slice/rke2-server.service\n",
                sockets=(9345,), ticks=12345,
            ),
            FakeProcess(900, "kube-apiserver", ("kube-apiserver", "--secure-port=6443"), ppid=700, cgroup=scope, sockets=(6443, 6443)),
            FakeProcess(901, "pod", ("web",), cgroup=scope, network="net:[4026532999]", sockets=(8080,), nspid="901\t7"),
        ],
        {
            "tcp": table(("0100007F:2481", "0A", 0, 9345), ("0100007F:9C40", "01", 0, 5)),
            "tcp6": table(("00000000000000000000000000000000:192B", "0A", 0, 6443), ("0000000000000000FFFF00000100007F:0016", "0A", 0, 22)),
            "udp": table(("00000000:0044", "07", 100, 68)),
            "udp6": table(),
        },
    )  # fmt: skip
    node.file("/etc/os-release", 'ID=sles\nPRETTY_NAME="SUSE Linux Enterprise Server 15 SP6"\n')
    node.file(
        "/usr/local/lib/systemd/system/rke2-server.service",
        "[Unit]\nDescription=Rancher Kubernetes Engine v2 (server)\n[Service]\nEnvironmentFile=-/etc/default/%N\n"
        f"Environment=RKE2_TOKEN={SECRET}\nExecStart=/usr/local/bin/rke2 server\n",
    )
    node.file("/usr/local/lib/systemd/system/rke2-server.env", f"RKE2_TOKEN={SECRET}\n", 0o600)
    node.file("/etc/default/rke2-server", f"RKE2_TOKEN={SECRET}\n", 0o600)
    node.file(
        "/etc/systemd/system/rke2-server.service.d/10-proxy.conf",
        "[Service]\n# a comment\nEnvironment=HTTP_PROXY=http://p\nExecStart=\nExecStart=/usr/local/bin/rke2 \\\n  server --debug\n",
    )
    node.link(
        "/etc/systemd/system/multi-user.target.wants/rke2-server.service",
        "/usr/local/lib/systemd/system/rke2-server.service",
    )
    node.link("/etc/systemd/system/rke2-agent.service", "/dev/null")
    node.file("/etc/rancher/rke2/config.yaml", "write-kubeconfig-mode: '0640'\n")
    node.file("/etc/rancher/rke2/config.yaml.d/50-rancher.yaml", "node-label: [a=b]\n")
    node.file("/etc/rancher/rke2/config.yaml.d/notes.txt", "not read by RKE2")
    node.file("/etc/rancher/rke2/rke2.yaml", f"client-key-data: {SECRET}\n", 0o600)
    data = "/var/lib/rancher/rke2"
    for path in ("server/node-token", "server/token", "server/agent-token", "server/cred/passwd", "server/cred/admin.kubeconfig",
                 "server/cred/encryption-config.json", "agent/kubelet.kubeconfig", "server/db/etcd/member/snap/db",
                 "server/tls/dynamic-cert.json"):  # fmt: skip
        node.file(f"{data}/{path}", SECRET, 0o600)
    node.file(f"{data}/server/manifests/rke2-coredns.yaml", f"kind: Secret # {SECRET}\n", 0o600)
    node.file(f"{data}/server/manifests/rke2-ingress-nginx.yaml.skip")
    node.file(f"{data}/server/manifests/metrics-server/one.yaml", SECRET)
    node.file(f"{data}/agent/pod-manifests/etcd.yaml", "kind: Pod\n")
    node.file(f"{data}/agent/images/etcd-image.txt", "index.docker.io/rancher/hardened-etcd:v3\n")
    node.file(f"{data}/agent/images/all.tar.zst", b"\x28\xb5\x2f\xfd" * 10)
    node.file(f"{data}/agent/etc/containerd/config.toml", f'password = "{SECRET}"\n')
    node.file(f"{data}/server/db/snapshots/etcd-snapshot-node-1700000000.zip", SECRET * 3, 0o600)
    node.file("/etc/cni/net.d/10-canal.conflist", f'{{"token": "{SECRET}"}}')
    pem, key = certificate(
        "kube-apiserver",
        until=datetime.datetime(2031, 2, 3, 4, 5, 6, tzinfo=datetime.UTC),
        names=("kubernetes", "localhost"),
    )
    node.file(f"{data}/server/tls/serving-kube-apiserver.crt", pem)
    node.file(f"{data}/server/tls/serving-kube-apiserver.key", key, 0o600)
    for path, value in (
        ("net/ipv4/ip_forward", "1"),
        ("vm/overcommit_memory", "1"),
        ("net/bridge/bridge-nf-call-iptables", "1"),
    ):
        node.file(f"/proc/sys/{path}", f"{value}\n")
    return node


def k3s_agent(root: Path) -> Node:
    """An agent of K3s: cgroup v1, and a control group that the engine made without systemd."""
    node = Node(root)
    line = f"/system.slice/k3s-agent.service/kubepods-besteffort-pod{POD.replace('-', '_')}.slice:cri-containerd:{TWO}"
    node.proc(
        [
            FakeProcess(
                500,
                "k3s-agent",
                ("/usr/local/bin/k3s agent",),
                cgroup="1:name=systemd:/system.slice/k3s-agent.service\n",
            ),
            FakeProcess(501, "pause", ("/pause",), ppid=500, cgroup=f"11:memory:{line}\n1:name=systemd:{line}\n"),
        ],
        {"tcp": table(), "udp": table()},
    )
    node.file("/usr/lib/os-release", "ID=ubuntu\nVERSION_ID='24.04'\n")
    node.link("/etc/os-release", "../usr/lib/os-release")
    node.file(
        "/etc/systemd/system/k3s-agent.service",
        "[Service]\nEnvironmentFile=-/etc/systemd/system/k3s-agent.service.env\nExecStart=/usr/local/bin/k3s \\\n    agent \\\n\n",
    )
    node.file("/etc/systemd/system/k3s-agent.service.env", f"K3S_TOKEN={SECRET}\n", 0o600)
    node.file("/etc/rancher/k3s/registries.yaml", "mirrors: {}\n", 0o600)
    node.file("/etc/rancher/node/password", SECRET, 0o600)
    return node


def kubeadm_worker(root: Path) -> Node:
    """A worker of a cluster made with kubeadm."""
    node = Node(root)
    node.proc(
        [FakeProcess(600, "kubelet", ("/usr/bin/kubelet", "--config=x"), cgroup="0::/system.slice/kubelet.service\n")]
    )
    node.file("/etc/os-release", "ID=debian\n")
    (node.root / "usr/lib/systemd/system").mkdir(parents=True)
    node.link("/lib", "usr/lib")
    node.file(
        "/usr/lib/systemd/system/kubelet.service",
        "[Unit]\nDescription=kubelet\n[Service]\nExecStart=/usr/bin/kubelet\n",
    )
    node.file(
        "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
        '[Service]\nEnvironment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"\n'
        "EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\nExecStart=\nExecStart=/usr/bin/kubelet $KUBELET_CONFIG_ARGS\n",
    )
    node.file("/var/lib/kubelet/config.yaml", "kind: KubeletConfiguration\n")
    node.file("/var/lib/kubelet/kubeadm-flags.env", 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.1"\n')
    pem, key = certificate("ca", until=datetime.datetime(2050, 1, 1, tzinfo=datetime.UTC), authority=True)
    node.file("/etc/kubernetes/pki/ca.crt", pem)
    node.file("/var/lib/kubelet/pki/kubelet-client-2024.pem", pem + key, 0o600)
    node.link("/var/lib/kubelet/pki/kubelet-client-current.pem", "/var/lib/kubelet/pki/kubelet-client-2024.pem")
    node.file("/etc/kubernetes/kubelet.conf", SECRET, 0o600)
    node.file("/etc/kubernetes/admin.conf", SECRET, 0o600)
    node.file(f"/var/lib/kubelet/pods/{POD}/volumes/kubernetes.io~secret/x/token", SECRET)
    return node


def rke1_node(root: Path) -> Node:
    """A node of RKE1: certificates and keys side by side in one folder."""
    node = Node(root)
    node.proc([])
    node.file("/etc/os-release", "ID=rancheros\n")
    pem, key = certificate("kube-node", until=datetime.datetime(2034, 1, 1, tzinfo=datetime.UTC))
    node.file("/etc/kubernetes/ssl/kube-node.pem", pem)
    node.file("/etc/kubernetes/ssl/kube-node-key.pem", key, 0o600)
    node.file("/etc/kubernetes/ssl/kubecfg-kube-node.yaml", SECRET, 0o600)
    node.file("/etc/kubernetes/ssl/encryption.yaml", SECRET, 0o600)
    node.file("/opt/rke/etcd-snapshots/2024-01-01.zip", SECRET)
    return node


def as_nobody() -> None:
    """Become an account without rights, in a process made for it."""
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
