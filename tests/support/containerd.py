"""A containerd of the tests' own, with images made of one static busybox, and what a kubelet would have it run.

It needs root, ``containerd``, ``/bin/busybox`` and the CNI plug-in for loopback (Debian: containerd, busybox-static,
containernetworking-plugins). No image is pulled. Where one of these is missing the tests are skipped.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import tarfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import grpc
from cri_api.v1 import api_pb2, api_pb2_grpc

from tests.support.daemon import BUSYBOX, add_busybox, end, go_on, hang, running

LOOPBACK = Path("/usr/lib/cni/loopback")
PAUSE = "docker.io/rancher/pause:3.6"
SLEEP = ("/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1000 & wait; done")
"""A command that ends as soon as it is told to."""

_CONFIG = """
version = 2
root = "{folder}/root"
state = "{folder}/state"
[grpc]
  address = "{folder}/c.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  max_concurrent_downloads = 1
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
"""


def missing() -> str:
    """What this machine lacks; empty if nothing."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "a container runtime can be started by root alone"
    if shutil.which("containerd") is None:
        return "containerd is not installed"
    if not BUSYBOX.exists():
        return "busybox is not installed"
    return "" if LOOPBACK.exists() else "the CNI plug-in for loopback is not installed"


class Containerd:
    """A running containerd, and what a test has it run. Everything lies below one short folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "c.sock"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Any = None

    def start(self) -> None:
        """Start it and wait until it answers to CRI."""
        (self.folder / "cni").mkdir(exist_ok=True)
        (self.folder / "cni" / "99-lo.conf").write_text('{"cniVersion": "0.3.1", "name": "lo", "type": "loopback"}')
        (self.folder / "config.toml").write_text(_CONFIG.format(folder=self.folder, pause=PAUSE))
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["containerd", "-c", f"{self.folder}/config.toml"], stdout=log, stderr=log, start_new_session=True
            )
        ends = time.monotonic() + 60
        while time.monotonic() < ends and self._process.poll() is None:
            with contextlib.suppress(grpc.RpcError):
                self.runtime.Version(api_pb2.VersionRequest(version="v1"), timeout=2)
                return
            time.sleep(0.2)
        tail = (self.folder / "log").read_text(errors="replace")[-2000:]
        self.stop()
        raise RuntimeError(f"containerd did not start:\n{tail}")

    @property
    def runtime(self) -> Any:
        """CRI with all its methods, for what the collector never does."""
        if self._channel is None:
            self._channel = grpc.insecure_channel(self.url, options=[("grpc.default_authority", "localhost")])
        return api_pb2_grpc.RuntimeServiceStub(self._channel)

    @contextlib.contextmanager
    def hanging(self) -> Iterator[None]:
        """For so long it does not answer, with its socket open."""
        assert self._process is not None
        hang(self._process)
        try:
            yield
        finally:
            go_on(self._process)

    def stop(self) -> None:
        """End everything that it runs, and itself."""
        if self._process is None:
            return
        with contextlib.suppress(grpc.RpcError):
            self.empty()
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        for shim in self._shims():
            with contextlib.suppress(ProcessLookupError):
                os.kill(shim, signal.SIGKILL)
        end(self._process, 30)
        self._process = None

    def _shims(self) -> list[int]:
        """The shims that this containerd has started: they outlive it, and name its socket."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if b"containerd-shim" in words[0] and str(self.socket).encode() in words:
                    found.append(int(entry.name))
        return found

    def empty(self) -> None:
        """Remove every sandbox with its containers, and what ctr has started."""
        for item in self.runtime.ListPodSandbox(api_pb2.ListPodSandboxRequest(), timeout=10).items:
            with contextlib.suppress(grpc.RpcError):
                self.runtime.StopPodSandbox(api_pb2.StopPodSandboxRequest(pod_sandbox_id=item.id), timeout=30)
                self.runtime.RemovePodSandbox(api_pb2.RemovePodSandboxRequest(pod_sandbox_id=item.id), timeout=30)
        for namespace in self.ctr("namespaces", "ls", "-q").split():
            for name in self.ctr("-n", namespace, "tasks", "ls", "-q").split():
                self.ctr("-n", namespace, "tasks", "rm", "-f", name)
            for name in self.ctr("-n", namespace, "containers", "ls", "-q").split():
                self.ctr("-n", namespace, "containers", "rm", name)

    def ctr(self, *words: str, stdin: bytes | None = None) -> str:
        """Run containerd's own tool."""
        done = subprocess.run(
            ["ctr", "--address", str(self.socket), *words], input=stdin, capture_output=True, check=False, timeout=60
        )
        return done.stdout.decode(errors="replace")

    def images(self, *names: str, namespace: str = "k8s.io") -> None:
        """Make images from busybox under these names."""
        archive = self.folder / f"images-{uuid.uuid4().hex[:8]}.tar"
        _write_images(archive, names)
        done = subprocess.run(
            ["ctr", "--address", str(self.socket), "-n", namespace, "images", "import", "--snapshotter", "native", str(archive)],
            capture_output=True, check=False, timeout=120,
        )  # fmt: skip
        archive.unlink()
        if done.returncode:
            raise RuntimeError(done.stderr.decode(errors="replace"))

    def sandbox(
        self, namespace: str, name: str, *, attempt: int = 0, labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None, uid: str = "", source: str = "api",
    ) -> tuple[Any, str]:  # fmt: skip
        """Run a sandbox in the host's network, with the labels and annotations that a kubelet gives it. Gives its configuration and id."""
        made = api_pb2.PodSandboxConfig()
        uid = uid or uid_of(namespace, name)
        made.metadata.name, made.metadata.namespace, made.metadata.uid, made.metadata.attempt = (
            name,
            namespace,
            uid,
            attempt,
        )
        made.labels.update(
            {
                "io.kubernetes.pod.name": name,
                "io.kubernetes.pod.namespace": namespace,
                "io.kubernetes.pod.uid": uid,
                **(labels or {}),
            }
        )
        made.annotations.update({"kubernetes.io/config.source": source, **(annotations or {})})
        made.log_directory = f"{self.folder}/logs/{uid}"
        made.linux.security_context.namespace_options.network = api_pb2.NODE
        made.linux.security_context.namespace_options.pid = api_pb2.CONTAINER
        made.linux.cgroup_parent = f"/rkedoc-tests/{self.folder.name}"
        answer = self.runtime.RunPodSandbox(api_pb2.RunPodSandboxRequest(config=made), timeout=60)
        return made, answer.pod_sandbox_id

    def container(
        self, sandbox: tuple[Any, str], name: str, image: str, *, command: Sequence[str] = SLEEP, args: Sequence[str] = (),
        env: Mapping[str, str] | None = None, attempt: int = 0, start: bool = True, wait: bool = False,
        labels: Mapping[str, str] | None = None, annotations: Mapping[str, str] | None = None,
    ) -> str:  # fmt: skip
        """Create a container in a sandbox, start it, and wait for its end. Gives its id."""
        config, sandbox_id = sandbox
        made = api_pb2.ContainerConfig()
        made.metadata.name, made.metadata.attempt = name, attempt
        made.image.image = image
        made.command.extend(command)
        made.args.extend(args)
        for key, value in (env or {}).items():
            made.envs.add(key=key, value=value)
        made.labels.update({"io.kubernetes.container.name": name, **_of_kubernetes(config.labels), **(labels or {})})
        made.annotations.update({"io.kubernetes.container.restartCount": str(attempt), **(annotations or {})})
        made.log_path = f"{name}-{attempt}.log"
        made.linux.security_context.namespace_options.network = api_pb2.NODE
        made.linux.security_context.namespace_options.pid = api_pb2.CONTAINER
        request = api_pb2.CreateContainerRequest(pod_sandbox_id=sandbox_id, config=made, sandbox_config=config)
        identifier = str(self.runtime.CreateContainer(request, timeout=60).container_id)
        if start:
            self.runtime.StartContainer(api_pb2.StartContainerRequest(container_id=identifier), timeout=60)
        while wait and self.state(identifier) != api_pb2.CONTAINER_EXITED:
            time.sleep(0.05)
        return identifier

    def state(self, container: str) -> int:
        """The state of a container, as CRI numbers it."""
        request = api_pb2.ContainerStatusRequest(container_id=container)
        return int(self.runtime.ContainerStatus(request, timeout=10).status.state)

    def stop_sandbox(self, sandbox: tuple[Any, str]) -> None:
        """Stop a sandbox: it stays, not ready."""
        self.runtime.StopPodSandbox(api_pb2.StopPodSandboxRequest(pod_sandbox_id=sandbox[1]), timeout=60)

    def remove(self, container: str) -> None:
        """Remove a container, running or not."""
        with contextlib.suppress(grpc.RpcError):
            self.runtime.StopContainer(api_pb2.StopContainerRequest(container_id=container, timeout=0), timeout=30)
        self.runtime.RemoveContainer(api_pb2.RemoveContainerRequest(container_id=container), timeout=30)

    def told(self) -> dict[str, tuple[str, int]]:
        """What CRI says: by id, whether it is a sandbox or a container, and its state as CRI numbers it."""
        runtime = self.runtime
        boxes = runtime.ListPodSandbox(api_pb2.ListPodSandboxRequest(), timeout=10).items
        found = runtime.ListContainers(api_pb2.ListContainersRequest(), timeout=10).containers
        return {one.id: ("sandbox", one.state) for one in boxes} | {one.id: ("container", one.state) for one in found}


def uid_of(namespace: str, name: str) -> str:
    """The uid that a test's pod has."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.{namespace}"))


def _of_kubernetes(labels: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in labels.items() if key.startswith("io.kubernetes.pod.")}


def _write_images(archive: Path, names: Sequence[str]) -> None:
    """An archive as ``docker save`` writes it: one layer, and for each name a configuration of its own."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        add_busybox(tar)
        pause = tarfile.TarInfo("pause")
        text = b"#!/bin/sh\nexec sleep 1000000\n"
        pause.size, pause.mode = len(text), 0o755
        tar.addfile(pause, io.BytesIO(text))
    content = layer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    manifest, files = [], {f"{digest}/layer.tar": content}
    for name in names:
        config = json.dumps(
            {
                "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, "amd64"),
                "os": "linux",
                "config": {
                    "Env": ["PATH=/bin"],
                    "Cmd": ["/pause"] if "pause" in name else ["/bin/sh"],
                    "Labels": {"name": name},
                },
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
                "history": [{"created_by": name}],
            }
        ).encode()
        file = f"{hashlib.sha256(config).hexdigest()}.json"
        files[file] = config
        manifest.append({"Config": file, "RepoTags": [name], "Layers": [f"{digest}/layer.tar"]})
    files["manifest.json"] = json.dumps(manifest).encode()
    with tarfile.open(archive, "w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def fixture() -> Iterator[Containerd]:
    """The body of a fixture that gives a :class:`Containerd` with the image of the pause container."""
    with running(Containerd, prefix="rkc-", lacking=missing()) as runtime:
        runtime.images(PAUSE)
        yield runtime
