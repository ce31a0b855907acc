"""Whatever a node holds: each process is told once, what is secret is not, and what explains the node is."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rkedoc.collect.host.processes import Process
from rkedoc.collect.host.reading import read_host
from rkedoc.collect.host.root import HostRoot
from rkedoc.collect.host.things import programs
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.run import Outcome, collect
from rkedoc.redact import Redactor
from rkedoc.redact.audit import audit
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import HIDDEN, Record
from tests.host.nodes import FakeProcess, Node, table
from tests.support.collecting import Heard

FEW = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
FEWER = settings(FEW, max_examples=15)
CHECKOUT = Path(__file__).resolve().parents[2]


# Nodes ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A distribution in one of its roles: where its files are, and which programs make it up."""

    name: str
    config: str = ""
    registries: str = ""
    manifests: str = ""
    unit: str = ""
    engine: str = ""
    flags: str = ""
    programs: tuple[tuple[str, ...], ...] = ()
    in_containers: tuple[tuple[str, ...], ...] = ()


def _rancher(name: str, role: str) -> Kind:
    control = (("kube-apiserver", "--secure-port=6443"), ("etcd",)) if role == "server" and name == "rke2" else ()
    return Kind(
        f"{name}-{role}", f"/etc/rancher/{name}/config.yaml", f"/etc/rancher/{name}/registries.yaml",
        f"/var/lib/rancher/{name}/agent/pod-manifests/extra.yaml", f"{name}-{role}" if (name, role) != ("k3s", "server") else "k3s", "", "",
        ((f"/usr/local/bin/{name}", role), ("containerd", "-c", "/x/config.toml"), ("kubelet", "--node-ip=10.0.0.1")), control,
    )  # fmt: skip


def _rke1(role: str, *names: str) -> Kind:
    return Kind(f"rke1-{role}", engine="/etc/docker/daemon.json", unit="docker", programs=(("/usr/bin/dockerd",), ("docker-proxy",)),
                in_containers=tuple((name,) for name in names))  # fmt: skip


KINDS = (
    _rancher("rke2", "server"), _rancher("rke2", "agent"), _rancher("k3s", "server"), _rancher("k3s", "agent"),
    Kind("kubeadm-control-plane", manifests="/etc/kubernetes/manifests/extra.yaml", unit="kubelet", engine="/etc/containerd/config.toml",
         flags="/var/lib/kubelet/kubeadm-flags.env", programs=(("/usr/bin/kubelet",), ("/usr/bin/containerd",)),
         in_containers=(("kube-apiserver",), ("etcd",))),
    Kind("kubeadm-worker", unit="kubelet", engine="/etc/containerd/config.toml", flags="/var/lib/kubelet/kubeadm-flags.env",
         programs=(("/usr/bin/kubelet",), ("/usr/bin/containerd",))),
    _rke1("controlplane", "kube-apiserver", "kubelet"), _rke1("etcd", "etcd", "kubelet"), _rke1("worker", "kubelet", "kube-proxy"),
)  # fmt: skip

HARMLESS = {
    "cluster-cidr": "10.42.0.0/16", "service-cidr": "10.43.0.0/16", "tls-san": ["api.example.com", "10.0.0.9"], "cni": "canal",
    "disable": ["rke2-ingress-nginx", "rke2-metrics-server"], "node-label": ["example.com/room=7", "tier=edge"], "profile": "cis-1.23",
    "node-taint": ["CriticalAddonsOnly=true:NoExecute"], "write-kubeconfig-mode": "0640", "selinux": True, "server": "https://rke2.example.com:9345",
    "etcd-snapshot-schedule-cron": "0 */5 * * *", "system-default-registry": "registry.example.com", "kubelet-arg": ["max-pods=200"],
    "etcd-s3-bucket": "snapshots-of-shop", "etcd-s3-config-secret": "s3-config", "cloud-provider-name": "external",
}  # fmt: skip


@dataclass
class Made:
    """A node below a root, with what was written into it."""

    node: Node
    kind: Kind
    processes: list[FakeProcess] = field(default_factory=list)

    def engine_config(self, secret: str) -> str:
        if self.kind.engine.endswith(".json"):
            return json.dumps({
                "log-driver": "json-file", "data-root": "/data/docker", "registry-mirrors": ["https://mirror.example.com"],
                "storage-driver": "overlay2", "insecure-registries": ["registry.example.com:5000"],
                "proxies": {"http-proxy": f"http://bob:{secret}@proxy.example.com:3128", "no-proxy": "10.0.0.0/8"},
                "log-opts": {"max-size": "10m", "splunk-token": secret},
            })  # fmt: skip
        return (
            'version = 2\nroot = "/data/containerd"\n[plugins."io.containerd.grpc.v1.cri"]\nsandbox_image = "registry.example.com/pause:3.9"\n'
            '[plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]\nendpoint = ["https://mirror.example.com"]\n'
            f'[plugins."io.containerd.grpc.v1.cri".registry.configs."registry.example.com".auth]\nusername = "bob"\npassword = "{secret}"\n'
            f'[plugins."io.containerd.grpc.v1.cri".registry.configs."other.example.com".auth]\nidentitytoken = "{secret}"\n'
        )  # fmt: skip


def config_of(secret: str) -> dict[str, Any]:
    return {
        **HARMLESS, "token": secret, "agent-token": secret, "datastore-endpoint": f"postgres://k3s:{secret}@db.example.com:5432/k3s",
        "etcd-s3": True, "etcd-s3-access-key": secret, "etcd-s3-secret-key": secret, "etcd-s3-endpoint": "s3.example.com",
        "kube-apiserver-arg": ["audit-log-maxage=30", f"etcd-servers=https://root:{secret}@etcd.example.com:2379"],
        "docker": False, "private-registry": "/etc/rancher/rke2/registries.yaml", "etcd-s3-session-token": secret,
    }  # fmt: skip


def registries_of(secret: str) -> dict[str, Any]:
    return {
        "mirrors": {"docker.io": {"endpoint": ["https://mirror.example.com", f"https://bob:{secret}@second.example.com"]}},
        "configs": {
            "registry.example.com:5000": {"auth": {"username": "bob", "password": secret}, "tls": {"ca_file": "/etc/ssl/ca.pem"}},
            "other.example.com": {"auth": {"auth": secret}}, "third.example.com": {"auth": {"identity_token": secret}},
        },
    }  # fmt: skip


def manifest_of(secret: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "extra", "namespace": "kube-system"},
        "spec": {"hostNetwork": True, "containers": [{
            "name": "extra", "image": "registry.example.com/extra:1", "command": ["/extra", "--mode=fast", f"--token={secret}", "--password", secret],
            "env": [{"name": "DB_PASSWORD", "value": secret}, {"name": "HTTPS_PROXY", "value": f"http://bob:{secret}@proxy.example.com:3128"},
                    {"name": "LEVEL", "value": "info"}],
        }]},
    }  # fmt: skip


def written(content: Any, form: str) -> str:
    """YAML in the ways in which people write it: as it is usual, as JSON, with an anchor, and with a mistake in it."""
    if form == "json":
        return json.dumps(content)
    text = yaml.safe_dump(content, width=10_000)
    return {"anchor": f"x-common: &common [a]\n{text}", "mistake": f"{text}\nx: [\n"}.get(form, text)


FORMS = st.sampled_from(["yaml", "json", "anchor", "mistake"])
FLAGS: tuple[Callable[[str], tuple[str, ...]], ...] = (
    lambda secret: ("--token", secret), lambda secret: (f"--token={secret}",), lambda secret: (f"--agent-token={secret}",),
    lambda secret: (f"--datastore-endpoint=mysql://k3s:{secret}@tcp(db.example.com:3306)/k3s",), lambda secret: ("-t", secret),
    lambda secret: (f"--etcd-s3-secret-key={secret}", "--etcd-s3-access-key", secret), lambda secret: (f"--http-proxy=http://bob:{secret}@p.example.com:3128",),
    lambda secret: ("--token", "K10" + "a1" * 32 + f"::server:{secret}"), lambda secret: (f"--etcd-servers=https://root:{secret}@e.example.com:2379",),
)  # fmt: skip


def made(
    root: Path,
    kind: Kind,
    secret: str,
    *,
    form: str = "yaml",
    flags: tuple[str, ...] = (),
    others: tuple[FakeProcess, ...] = (),
) -> Made:
    """A node of this kind with a secret wherever one may stand, and processes of others beside those of the platform."""
    node = Made(Node(root), kind)
    pid = 500
    for argv in kind.programs:
        node.processes.append(FakeProcess(pid, Path(argv[0]).name[:15], (*argv, *flags), exe=f"/usr/bin/{Path(argv[0]).name}",
                                          cgroup=f"0::/system.slice/{kind.unit}.service\n", ticks=pid))  # fmt: skip
        pid += 1
    for argv in kind.in_containers:
        node.processes.append(FakeProcess(pid, argv[0][:15], (*argv, f"--password={secret}", secret), ticks=pid,
                                          cgroup=f"0::/kubepods.slice/cri-containerd-{pid:064x}.scope\n"))  # fmt: skip
        pid += 1
    node.processes += others
    node.node.proc(node.processes, {"tcp": table(("00000000:192B", "0A", 0, 6443))})
    node.node.file("/etc/os-release", "ID=sles\n")
    words = " ".join((f"/usr/local/bin/{kind.unit}", "--debug", *flags))
    node.node.file(
        f"/etc/systemd/system/{kind.unit}.service",
        f"[Unit]\nDescription=The platform\n[Service]\nEnvironment=TOKEN={secret}\nExecStart={words}\n",
    )
    for path, content in (
        (kind.config, config_of(secret)),
        (kind.registries, registries_of(secret)),
        (kind.manifests, manifest_of(secret)),
    ):
        if path:
            node.node.file(path, written(content, form))
    if kind.engine:
        node.node.file(kind.engine, node.engine_config(secret) + ("" if form != "mistake" else "\n]{"))
    if kind.flags:
        node.node.file(kind.flags, f'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.1 --token={secret}"\n')
    return node


def run(root: Path, folder: Path, **options: Any) -> Outcome:
    given_options = {"engine": "none", "runtimes": ("none",), "node_name": "node-1", **options}
    asked = CollectOptions(
        output=folder / "node.ndjson",
        host=root,
        kubernetes=False,
        cluster="c",
        collected_at="2026-11-23T12:00:00Z",
        **given_options,
    )
    return collect(asked, progress=Heard())


def records(folder: Path, kind: str) -> tuple[Record, ...]:
    return load(folder / "node.ndjson").by_kind(kind)


def secret_of(seed: int, size: int) -> str:
    """A secret that is no word, with digits and letters."""
    rnd = random.Random(seed)
    return (
        "".join(rnd.choice("bcdfghjkmnpqrstvwxz") for _ in range(size - 4))
        + "".join(rnd.choice("23456789") for _ in range(2))
        + "qX"
    )


SECRETS = st.builds(secret_of, st.integers(0, 10**6), st.integers(9, 40))
NAMES = st.one_of(
    st.sampled_from(["bash", "java", "nginx", "sshd", "a) S 1", "(x)", "\u202e", "python3"]),
    st.text("abcxyz-_.0", min_size=1, max_size=15),
)
WORDS = st.sampled_from(["-jar", "run", "--listen=1", "--password=hunter2", "marker-of-somebody"])


@st.composite
def others(draw: st.DrawFn) -> tuple[FakeProcess, ...]:
    """Processes of others: none of them the platform's by its name, and each with arguments that are nobody's business."""
    pids = draw(st.lists(st.integers(1000, 1040), unique=True, max_size=8))
    found = []
    for pid in pids:
        name = draw(NAMES.filter(lambda text: text not in programs()))
        argv = (
            (f"/usr/bin/{name}", "marker-of-somebody", *draw(st.lists(WORDS, max_size=3)))
            if draw(st.booleans())
            else ()
        )
        found.append(FakeProcess(pid, name[:15], argv, ppid=draw(st.sampled_from([1, 500, 1000])), uid=draw(st.integers(0, 3)), ticks=pid,
                                 exe=draw(st.sampled_from([None, f"/usr/bin/{name}"])),
                                 flags=draw(st.sampled_from([0x00400000, 0x00208040])),
                                 cgroup=draw(st.sampled_from(["0::/\n", "0::/user.slice/session-3.scope\n", f"0::/docker/{'d' * 64}\n", "", "x"]))))  # fmt: skip
    return tuple(found)


# Processes ------------------------------------------------------------------------------------------------------------


@FEW
@given(st.sampled_from(KINDS), others(), SECRETS)
def test_every_process_is_a_record_once_and_of_others_no_argument_is_kept(
    kind: Kind, beside: tuple[FakeProcess, ...], secret: str
) -> None:
    with tempfile.TemporaryDirectory() as at:
        folder = Path(at)
        node = made(folder / "root", kind, secret, others=beside)
        run(node.node.root, folder)
        pids = Counter(record.body["pid"] for record in records(folder, "HostProcess"))
        assert pids == Counter([1, *(one.pid for one in node.processes)])
        text = (folder / "node.ndjson").read_text("utf-8")
        assert "marker-of-somebody" not in text
        assert "hunter2" not in text
        for record in records(folder, "HostProcess"):
            assert record.name == str(record.body["pid"]) or record.body["program"] in programs()
            assert ("args" in record.body) <= (record.body["program"] in programs())
        names = {Path(argv[0]).name for argv in kind.programs}
        assert names <= {record.name for record in records(folder, "HostProcess")}


# What is secret, and what explains --------------------------------------------------------------------------------------


@FEW
@given(st.sampled_from(KINDS), SECRETS, FORMS, st.sampled_from(FLAGS))
def test_no_planted_secret_is_in_the_bytes_and_redacting_again_changes_nothing(
    kind: Kind, secret: str, form: str, flags: Callable[[str], tuple[str, ...]]
) -> None:
    with tempfile.TemporaryDirectory() as at:
        folder = Path(at)
        node = made(folder / "root", kind, secret, form=form, flags=flags(secret))
        run(node.node.root, folder)
        snapshot = load(folder / "node.ndjson")
        lines = [record.line().decode() for record in snapshot.records]
        around = [(line[:90], line[max(0, line.find(secret) - 60) :][:120]) for line in lines if secret in line]
        assert around == []
        assert secret not in (folder / "node.ndjson").read_text("utf-8")
        assert [(record.id, audit(record)) for record in snapshot.records if audit(record)] == []


@pytest.mark.parametrize("program", sorted(programs()))
@pytest.mark.parametrize("role", ["", "server", "agent"])
def test_the_word_after_the_short_option_for_a_token_is_hidden_of_every_program_that_is_kept(
    program: str, role: str
) -> None:
    args = [f"/usr/bin/{program}", *([role] if role else []), "-t", secret_of(1, 9)]
    shown = Redactor().host("HostProcess", program, {"intent": {"args": args}, "observed": {}})
    assert shown["intent"]["args"] == [*args[:-1], HIDDEN]


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one)
    else:
        yield value if isinstance(value, str) else json.dumps(value)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_explains_a_node_is_shown(kind: Kind, tmp_path: Path) -> None:
    node = made(tmp_path / "root", kind, secret_of(1, 20))
    run(node.node.root, tmp_path)
    by_path = {record.name: record.body for record in records(tmp_path, "HostFile")}
    if kind.config:
        content = by_path[kind.config]["content"]
        assert {name: content[name] for name in HARMLESS} == HARMLESS
        assert content["kube-apiserver-arg"][0] == "audit-log-maxage=30"
        assert (
            by_path[kind.registries]["content"]["mirrors"]["docker.io"]["endpoint"][0] == "https://mirror.example.com"
        )
        assert by_path[kind.registries]["content"]["configs"]["registry.example.com:5000"]["tls"] == {
            "ca_file": "/etc/ssl/ca.pem"
        }
    if kind.manifests:
        (container,) = by_path[kind.manifests]["content"]["spec"]["containers"]
        assert container["image"] == "registry.example.com/extra:1"
        assert container["command"][:2] == ["/extra", "--mode=fast"]
        assert {"name": "LEVEL", "value": "info"} in container["env"]
    if kind.engine:
        shown = set(leaves(by_path[kind.engine]["content"]))
        wanted = {"json-file", "/data/docker", "overlay2", "10m", "registry.example.com:5000"} if "docker" in kind.engine else {
            "/data/containerd", "registry.example.com/pause:3.9"}  # fmt: skip
        assert wanted | {"https://mirror.example.com"} <= shown
    if kind.flags:
        assert "--node-ip=10.0.0.1" in by_path[kind.flags]["lines"][0]


# The same again -------------------------------------------------------------------------------------------------------


@FEWER
@given(st.sampled_from(KINDS), others(), SECRETS, FORMS)
def test_the_same_root_gives_the_same_bytes(
    kind: Kind, beside: tuple[FakeProcess, ...], secret: str, form: str
) -> None:
    with tempfile.TemporaryDirectory() as at:
        folder = Path(at)
        node = made(folder / "root", kind, secret, form=form, others=beside)
        found = []
        for _ in range(2):
            run(node.node.root, folder)
            lines = [json.loads(line) for line in (folder / "node.ndjson").read_text("utf-8").splitlines()]
            for line in lines:  # how full the file systems are changes by itself
                line.get("observed", {}).pop("space", None)
            lines[0].pop("sha256")  # the digest of all that follows
            found.append(lines)
        assert found[0] == found[1]


@FEW
@given(st.sampled_from(KINDS), st.integers(0, 10**6), st.floats(0.01, 0.5))
def test_a_root_that_changes_while_it_is_read_costs_no_more_than_what_has_changed(
    kind: Kind, seed: int, often: float
) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as at:
        folder = Path(at)
        node = made(folder / "root", kind, "x" * 20)
        pids = [one.pid for one in node.processes]
        listed: list[int] = []

        class Changing(HostRoot):
            """A root in which something happens between two looks."""

            def _resolve(self, path: str, *rest: Any, **more: Any) -> Any:
                if chance.random() < often and path != "/proc":
                    change(node.node.root, pids, chance)
                if path == "/proc":
                    listed[:] = [int(one.name) for one in (node.node.root / "proc").iterdir() if one.name.isdecimal()]
                return super()._resolve(path, *rest, **more)

        with Changing(node.node.root) as root:
            reading = read_host(root)
        part = reading.part("processes")
        assert len(listed) == part.count + part.vanished + sum(one.path.endswith("/stat") for one in part.unread)
        assert all(isinstance(one, Process) for one in reading.processes.processes)


def change(root: Path, pids: list[int], chance: random.Random) -> None:
    """Something ends, goes, becomes shorter, or becomes something else."""
    what = chance.choice(["end", "end", "remove", "shorten", "folder", "link"])
    if what == "end":
        shutil.rmtree(root / "proc" / str(chance.choice(pids)), ignore_errors=True)
        return
    files = [
        one for folder in ("etc", "var") for one in (root / folder).rglob("*") if one.is_file() and not one.is_symlink()
    ]
    if not files:
        return
    file = chance.choice(files)
    if what == "shorten":
        file.write_bytes(file.read_bytes()[: chance.randrange(20)])
        return
    file.unlink()
    if what == "folder":
        file.mkdir()
    elif what == "link":
        file.symlink_to(chance.choice(["/etc/shadow", file.name, "/proc/1/environ", "../../.."]))


# What goes wrong ------------------------------------------------------------------------------------------------------


def test_a_root_without_processes_is_said_to_be_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "root").mkdir()
    assert run(tmp_path / "root", tmp_path).exit_code == 2
    assert "there is no /proc below it" in capsys.readouterr().err


def test_a_root_that_is_a_file_is_said_to_be_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "root").write_text("x")
    assert run(tmp_path / "root", tmp_path).exit_code == 2
    assert "no folder that this account may enter" in capsys.readouterr().err


def test_without_tables_of_sockets_all_else_is_told(tmp_path: Path) -> None:
    node = made(tmp_path / "root", KINDS[0], "x" * 20)
    shutil.rmtree(node.node.root / "proc/1/net")
    outcome = run(node.node.root, tmp_path)
    assert outcome.header is not None
    ends = {scope.name: (scope.result, scope.count) for scope in outcome.header.scopes()}
    assert ends["host/listeners"][1] == 0
    assert ends["host/processes"] == ("complete", len(node.processes) + 1)
    assert records(tmp_path, "HostListener") == ()


AS_NOBODY = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from tests.host.test_host_properties import run
from tests.host.nodes import as_nobody
from rkedoc.collect.host.allowlist import entries
entries()
as_nobody()
print(run(Path(sys.argv[1]), Path(sys.argv[2])).exit_code)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up rights that it has")
@pytest.mark.parametrize("seed", range(4))
def test_where_half_of_the_files_may_not_be_read_the_rest_is_told_and_the_lack_said(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as at:
        folder = Path(at)
        folder.chmod(0o777)
        node = made(folder / "root", KINDS[seed], secret_of(seed, 20))
        closed = {
            f"/{path.relative_to(node.node.root)}"
            for path in sorted(node.node.root.rglob("*"))
            if path.is_file() and not path.is_symlink() and chance.random() < 0.5
        }
        for path in closed:
            (node.node.root / path.lstrip("/")).chmod(0)
        command = [sys.executable, "-c", AS_NOBODY, str(node.node.root), str(folder), str(CHECKOUT)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        assert ended.stdout.strip() == "0", ended.stderr
        snapshot = load(folder / "node.ndjson")
        ends = {scope.name: scope for scope in snapshot.header.scopes()}
        files = {record.name for record in snapshot.by_kind("HostFile")}
        kind = node.kind
        for part, path in (
            ("configuration", kind.config),
            ("configuration", kind.registries),
            ("static-pods", kind.manifests),
        ):
            assert (path in files) == (path not in closed)
            if path in closed:
                assert ends[f"host/{part}"].result in ("partial", "forbidden")
                assert "forbidden" in ends[f"host/{part}"].reason
        unread = {
            int(path.split("/")[2])
            for path in closed
            if path.startswith("/proc/") and path.endswith("/stat") and path.count("/") == 3
        }
        told = {record.body["pid"] for record in snapshot.by_kind("HostProcess")}
        assert told == {1, *(one.pid for one in node.processes)} - unread
        if unread:
            assert ends["host/processes"].result == ("partial" if told else "forbidden")


# With the runtime of the same node --------------------------------------------------------------------------------------


def test_processes_of_containers_join_the_containers_that_the_runtime_tells_of(tmp_path: Path) -> None:
    grpc = pytest.importorskip("grpc")
    assert grpc
    from tests.support import cri_player

    node = made(tmp_path / "root", KINDS[0], "x" * 20)
    inside = [one for one in node.processes if "cri-containerd" in one.cgroup]
    ids = {one.pid: one.cgroup.rpartition("cri-containerd-")[2][:64] for one in inside}
    listed = [
        {"id": identifier, "pod_sandbox_id": "b" * 64, "metadata": {"name": f"c{pid}"}, "state": "CONTAINER_RUNNING"}
        for pid, identifier in ids.items()
    ]  # fmt: skip
    box = {
        "id": "b" * 64,
        "metadata": {"name": "web-1", "namespace": "shop", "uid": "0a1b2c3d-0001-4002-8003-000000000001"},
    }
    answers = {
        "Version": lambda _request: {"runtime_name": "containerd", "runtime_version": "1.7.0"},
        "Status": lambda _request: {}, "ImageFsInfo": lambda _request: {}, "ListImages": lambda _request: {},
        "ListPodSandbox": lambda _request: {"items": [box]}, "ListContainers": lambda _request: {"containers": listed},
        "PodSandboxStatus": lambda _request: {"status": box},
        "ContainerStatus": lambda request: {"status": next(one for one in listed if one["id"] == request["container_id"])},
    }  # fmt: skip
    with cri_player.running(answers) as player:
        run(node.node.root, tmp_path, runtimes=(player.url,), engine=None, node_name=None)
    snapshot = load(tmp_path / "node.ndjson")
    containers = {record.body["id"]: record for record in snapshot.by_kind("EngineContainer")}
    joined = {
        record.body["pid"]: containers[record.body["container"]["id"]]
        for record in snapshot.by_kind("HostProcess")
        if "container" in record.body
    }
    assert joined.keys() == ids.keys()
    nodes = {capture.node for capture in snapshot.header.captures}
    assert len(nodes) == 1
