"""A real containerd: what the ledger says is what CRI says, container by container, whatever is done to the runtime meanwhile."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cri_api.v1 import api_pb2

from rkedoc.catalog import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.collect.cri.channel import Limits
from rkedoc.collect.cri.source import CriSource
from rkedoc.collect.cri.ways import LocalSocket
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.run import Outcome, collect
from rkedoc.collect.sources import runtimes_of
from rkedoc.errors import SourceUnavailable
from rkedoc.explain.ledger.ledger import Ledger, build_ledger
from rkedoc.redact import Redactor
from rkedoc.snapshot.reader import Snapshot, load
from rkedoc.vocabulary import Origin, Result, Role, RuntimeView
from tests.support import containerd, dockerd
from tests.support.collecting import Heard, MemorySpools, intake
from tests.support.containerd import Containerd, uid_of
from tests.support.dockerd import Dockerd

pytestmark = pytest.mark.containerd

ETCD = "docker.io/rancher/hardened-etcd:v3.5.9-k3s1-build20230802"
APP = "registry.example.org:5000/shop/web:2024.3"
BUSYBOX = "docker.io/library/busybox:1.36"
SECRETS = {
    place: f"Canary-{place}-k8Jw2LpQ9zTx"
    for place in ("environment", "argument", "pair", "annotation", "label", "url", "sandbox-annotation", "beside")
}


@pytest.fixture(scope="module")
def runtime() -> Iterator[Containerd]:
    yield from containerd.fixture()


@pytest.fixture(scope="module")
def node(runtime: Containerd) -> Containerd:
    """The runtime with everything that a node has, and oddities beside."""
    runtime.images(ETCD, APP, BUSYBOX)
    runtime.images(BUSYBOX, namespace="default")
    etcd = runtime.sandbox(
        "kube-system", "etcd-node-1", source="file", labels={"component": "etcd", "tier": "control-plane"}
    )
    runtime.container(etcd, "etcd", ETCD, args=["--name=node-1", f"--password={SECRETS['argument']}"])
    proxy = runtime.sandbox("kube-system", "kube-proxy-node-1", source="file")
    runtime.container(proxy, "kube-proxy", BUSYBOX)
    web = runtime.sandbox(
        "shop", "web-7c5ddbdf54-9xq2l", labels={"app": "web", "pod-template-hash": "7c5ddbdf54"},
        annotations={"example.org/note": f"rotated, password={SECRETS['sandbox-annotation']}"},
    )  # fmt: skip
    runtime.container(web, "migrate", APP, command=("/bin/true",), wait=True)
    runtime.container(
        web, "web", APP, args=["--requirepass", SECRETS["pair"]],
        env={"PASSWORD": SECRETS["environment"], "DATABASE_URL": f"postgres://shop:{SECRETS['url']}@db:5432/shop", "LOG_LEVEL": "info"},
        annotations={"example.org/bootstrap": json.dumps({"admin_token": SECRETS["annotation"]})},
        labels={"password": SECRETS["label"]},
    )  # fmt: skip
    old = runtime.sandbox("shop", "cache-0", labels={"statefulset.kubernetes.io/pod-name": "cache-0"})
    runtime.container(old, "redis", BUSYBOX, command=("/bin/true",), wait=True)
    runtime.stop_sandbox(old)
    new = runtime.sandbox("shop", "cache-0", attempt=1, labels={"statefulset.kubernetes.io/pod-name": "cache-0"})
    runtime.container(new, "redis", BUSYBOX, attempt=1)
    crasher = runtime.sandbox("shop", "crasher-5f4d6b7c8-zz1ab", labels={"pod-template-hash": "5f4d6b7c8"})
    for attempt in range(3):
        runtime.container(
            crasher, "crasher", BUSYBOX, command=("/bin/sh", "-c", f"exit {attempt + 1}"), attempt=attempt, wait=True
        )
    runtime.container(runtime.sandbox("shop", "waiting"), "waiting", BUSYBOX, start=False)
    odd = runtime.sandbox("odd-names", "a.b-c.d--e", labels={"app": "<b>odd</b>", "note": "\u202eevil"})
    runtime.container(odd, "x", BUSYBOX, env={"<script>alert(1)</script>": "${jndi:x}", "EMPTY": ""})
    runtime.ctr(
        "-n",
        "default",
        "run",
        "-d",
        "--snapshotter",
        "native",
        "--env",
        f"TOKEN={SECRETS['beside']}",
        BUSYBOX,
        "debug-shell",
        "/bin/sleep",
        "1000",
    )
    runtime.ctr("-n", "k8s.io", "run", "-d", "--snapshotter", "native", BUSYBOX, "by-hand", "/bin/sleep", "1000")
    return runtime


def run(url: str, folder: Path, **options: Any) -> Outcome:
    asked: dict[str, Any] = {"output": folder / "node.ndjson", "runtimes": (url,), "kubernetes": False, "cluster": "c"}
    return collect(CollectOptions(**(asked | options)), progress=Heard())


def seen(folder: Path) -> tuple[Snapshot, Ledger]:
    snapshot = load(folder / "node.ndjson")
    return snapshot, build_ledger(Cluster(snapshot, load_catalog()))


def test_the_ledger_is_what_cri_says_container_by_container(node: Containerd, tmp_path: Path) -> None:
    outcome = run(node.url, tmp_path)
    assert outcome.exit_code == 0
    assert outcome.partial == ()
    _snapshot, ledger = seen(tmp_path)
    words = {
        ("sandbox", api_pb2.SANDBOX_READY): "running",
        ("sandbox", api_pb2.SANDBOX_NOTREADY): "exited",
        ("container", api_pb2.CONTAINER_RUNNING): "running",
        ("container", api_pb2.CONTAINER_EXITED): "exited",
        ("container", api_pb2.CONTAINER_CREATED): "created",
    }
    of_pods = {line.id: line.state for line in ledger.lines if line.role != Role.STANDALONE}
    assert of_pods == {identifier: words[state] for identifier, state in node.told().items()}
    assert ledger.closes
    assert {line.node for line in ledger.lines} == {"node-1"}


def test_each_container_has_the_role_that_it_plays(node: Containerd, tmp_path: Path) -> None:
    run(node.url, tmp_path)
    _snapshot, ledger = seen(tmp_path)
    roles = Counter((line.pod, line.role) for line in ledger.lines if line.namespace == "shop")
    assert roles["cache-0", Role.PREVIOUS_ATTEMPT] == 2  # the sandbox that ended, and what ran in it
    assert roles["crasher-5f4d6b7c8-zz1ab", Role.PREVIOUS_ATTEMPT] == 2
    assert roles["crasher-5f4d6b7c8-zz1ab", Role.APP] == 1
    assert {line.component for line in ledger.lines if line.pod == "etcd-node-1"} >= {"pause"}


def test_what_runs_beside_kubernetes_is_told_with_its_namespace(node: Containerd, tmp_path: Path) -> None:
    run(node.url, tmp_path)
    snapshot, ledger = seen(tmp_path)
    beside = {line.name: (line.origin, line.state) for line in ledger.lines if line.role == Role.STANDALONE}
    assert beside == {"debug-shell": (Origin.WORKLOAD, "running"), "by-hand": (Origin.WORKLOAD, "running")}
    found = {
        record.name: record.body["runtimeNamespace"]
        for record in snapshot.by_kind("EngineContainer")
        if "runtimeNamespace" in record.body
    }
    assert found == {"debug-shell": "default", "by-hand": "k8s.io"}
    assert [runtime.view for runtime in ledger.runtimes] == [RuntimeView.ALL]
    assert "default/debug-shell" in next(line.evidence for line in ledger.lines if line.name == "debug-shell")


def test_no_planted_secret_is_shown(node: Containerd, tmp_path: Path) -> None:
    run(node.url, tmp_path)
    text = (tmp_path / "node.ndjson").read_text(encoding="utf-8")
    assert [place for place, secret in SECRETS.items() if secret in text] == []


def test_it_is_found_without_being_named(node: Containerd, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from rkedoc.collect.cri import sockets

    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    here = (
        sockets.KnownSocket(str(node.socket), "tests"),
        sockets.KnownSocket(str(tmp_path / "absent.sock"), "nobody"),
    )
    monkeypatch.setattr("rkedoc.collect.sources.CRI_SOCKETS", here)
    monkeypatch.setattr("rkedoc.collect.sources.DOCKER_SOCKETS", ())
    engines, ways = runtimes_of(CollectOptions(), dumps=False)
    assert engines == ()
    assert [way.url for way in ways] == [node.url]
    assert runtimes_of(CollectOptions(), dumps=True) == ((), ())
    assert runtimes_of(CollectOptions(engine="none"), dumps=False) == ((), ())


def test_containers_that_come_and_go_meanwhile_cost_themselves(node: Containerd, tmp_path: Path) -> None:
    box = node.sandbox("shop", "churn")
    gone = [node.container(box, f"c{number}", BUSYBOX, command=("/bin/true",), wait=True) for number in range(3)]
    source = CriSource(LocalSocket(str(node.socket), "test"), redactor=Redactor(), progress=Heard())
    source.connect()
    pods = source.pods()
    source._again = lambda: None  # type: ignore[method-assign]  # what came after the list is what this is about
    for identifier in gone:
        node.remove(identifier)
    spools = MemorySpools()
    (capture,) = source.collect(intake(spools, pods))
    scope = next(scope for scope in capture.scopes if scope.name == "engine/containers")
    assert (scope.result, scope.reason) == (Result.PARTIAL, "vanished:3")
    assert scope.count == len(node.told())
    node.stop_sandbox(box)
    node.runtime.RemovePodSandbox(api_pb2.RemovePodSandboxRequest(pod_sandbox_id=box[1]))


def test_a_runtime_that_hangs_is_told_from_one_that_is_stopped(node: Containerd) -> None:
    def fails() -> str:
        source = CriSource(
            LocalSocket(str(node.socket), "test"), redactor=Redactor(), progress=Heard(), limits=Limits(1, 1, 1)
        )
        with pytest.raises(SourceUnavailable) as caught:
            source.connect()
        return caught.value.reason

    with node.hanging():
        begun = time.monotonic()
        assert "no answer in time" in fails()
        assert time.monotonic() - begun < 8


def test_an_account_without_rights_is_told_so(node: Containerd) -> None:
    node.folder.chmod(0o755)  # the folder may be looked into, the socket is root's
    assert "this account may not use the socket: run as root" in _as_nobody(
        lambda: LocalSocket(str(node.socket), "test").open()
    )
    node.folder.chmod(0o700)
    assert "this account may not look there: run as root" in _as_nobody(
        lambda: LocalSocket(str(node.socket), "test").open()
    )


def _as_nobody(call: Callable[[], object]) -> str:
    """What a call raises in a process that has given up all rights."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        try:
            call()
            told = "nothing was raised"
        except SourceUnavailable as error:
            told = error.reason
        os.write(writing, told.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return told


@pytest.mark.engine
def test_docker_beside_it_is_told_apart_on_the_same_node(
    node: Containerd, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    for docker in dockerd.fixture(tmp_path_factory):
        _beside(node, docker, tmp_path)


def _beside(node: Containerd, docker: Dockerd, folder: Path) -> None:
    image = docker.image("example/registry:2")
    identifier = docker.create("registry", "example/registry:2", ["sleep", "1000"])
    assert image
    pods = {
        "apiVersion": "v1", "kind": "PodList",
        "items": [
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": space, "uid": uid_of(space, name)},
             "spec": {"nodeName": "node-1", "containers": []}, "status": {"phase": "Running"}}
            for space, name in (("kube-system", "etcd-node-1"), ("shop", "cache-0"))
        ],
    }  # fmt: skip
    (folder / "pods.json").write_text(json.dumps(pods))
    run(node.url, folder, engine=docker.url, from_=(folder / "pods.json",))
    snapshot, ledger = seen(folder)
    lines = {line.id: line for line in ledger.lines}
    assert lines[identifier].role == Role.STANDALONE
    assert set(node.told()) <= set(lines)
    assert {line.node for line in ledger.lines} == {"node-1"}
    assert ledger.closes
    assert ledger.counted == (("node-1", len(lines)),)
    assert {runtime.name for runtime in ledger.runtimes} == {"Docker", "containerd"}
    assert len(snapshot.by_kind("Engine")) == 2


def test_a_stopped_runtime_says_that_nobody_listens(tmp_path: Path) -> None:
    for runtime in containerd.fixture():
        runtime.stop()
        source = CriSource(
            LocalSocket(str(runtime.socket), "test"), redactor=Redactor(), progress=Heard(), limits=Limits(1, 1, 1)
        )
        with pytest.raises(SourceUnavailable) as caught:
            source.connect()
        assert "does the container runtime run" in caught.value.reason
