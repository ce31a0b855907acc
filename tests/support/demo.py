"""Make the demos' snapshots: ``rkedoc collect`` against recorded nodes that are played back.

``python -m tests.support.demo`` writes those of ``rkedoc/data`` anew, after a change of what is collected; with a name (``rke1``,
``rke2``) that one alone.

The first node was recorded whole. Of the second the answers of its container runtime were recorded; the objects of the API and the
files of the node are composed so that they fit (``tests.support.demo_api``, ``tests.support.demo_host``).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

from click.testing import CliRunner

from rkedoc.cli import cli
from rkedoc.collect.cri.ways import LocalSocket
from rkedoc.collect.host.root import Facts, HostRoot, Space, Unread
from rkedoc.resources import resource
from tests.support import cri_player
from tests.support.archives import DATA, Archives
from tests.support.demo_api import LEFT_OUT, write_objects
from tests.support.demo_host import make_host
from tests.support.player import playing

GB = 1 << 30


@dataclass(frozen=True)
class Demo:
    """One demo: its snapshot's file, and the recording that it is made of. ``collect`` writes a snapshot of an unpacked recording."""

    file: str
    archives: Path
    recording: str
    collect: Callable[[Path, Path], None]


def collect_rke1(folder: Path, output: Path) -> None:
    """Collect the recording in ``folder`` into ``output``, as a person would, at the time at which the node was recorded."""
    with playing(folder, output.parent) as node:
        _collect(
            output,
            "rancher-demo",
            "2026-11-23T05:37:40Z",
            "--engine",
            node.engine,
            "--kubeconfig",
            str(node.kubeconfig),
        )
        assert node.methods() == {"GET"}


def collect_rke2(folder: Path, output: Path) -> None:
    """Collect the recorded runtime in ``folder`` with what is composed around it, a moment after the last recorded container."""
    with tempfile.TemporaryDirectory() as scratch:
        dumps = Path(scratch) / "objects"
        make_host(folder, Path(scratch) / "host")
        complete = [word for kind in write_objects(folder, dumps) for word in ("--complete", kind)]
        with cri_player.running(_without_odd_names(folder)) as player, chdir(scratch), _same_everywhere():
            _collect(
                output, "rke2-demo", "2026-11-26T16:45:00Z", "--engine", "none", "--kubernetes", "none", "--runtime", player.url,
                "--host", "host", "--node-name", "rke2-01", "--from", str(dumps), *complete,
            )  # fmt: skip


def _collect(output: Path, cluster: str, time: str, *arguments: str) -> None:
    words = [
        "collect",
        "-o",
        str(output),
        "--cluster",
        cluster,
        *arguments,
        "--collected-at",
        time,
        "--strict",
        "--quiet",
    ]
    result = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output


def _without_odd_names(folder: Path) -> dict[str, cri_player.Answer]:
    """The recorded answers without the pods that are there to test odd names."""
    answers = cri_player.recorded(folder)

    def listed(method: str, key: str) -> cri_player.Answer:
        def answer(request: Mapping[str, Any]) -> dict[str, Any]:
            found = answers[method](request)
            return {key: [one for one in found[key] if one["labels"]["io.kubernetes.pod.namespace"] not in LEFT_OUT]}

        return answer

    return answers | {
        "ListPodSandbox": listed("ListPodSandbox", "items"),
        "ListContainers": listed("ListContainers", "containers"),
    }


@contextmanager
def _same_everywhere() -> Iterator[None]:
    """What differs from run to run is fixed: the socket's path, the owner of a file, and how large and how full its file system is."""
    facts, spaces = HostRoot.facts, {"/": Space(40 * GB, 22 * GB, 2_621_440, 2_410_233, 1)}
    of_rancher = Space(200 * GB, 151 * GB, 104_857_600, 104_600_120, 2)

    def owned(self: HostRoot, path: str) -> Facts | Unread:
        found = facts(self, path)
        return found if isinstance(found, Unread) else replace(found, uid=0)

    def space(self: HostRoot, path: str) -> Space | Unread:
        del self
        return (
            of_rancher
            if path == "/var/lib/rancher"
            else spaces["/"]
            if path in ("/", "/var/log", "/var/lib/kubelet")
            else Unread(path, "absent", path)
        )

    socket = mock.PropertyMock(return_value="unix:///run/k3s/containerd/containerd.sock")
    with (
        mock.patch.object(HostRoot, "facts", owned),
        mock.patch.object(HostRoot, "space", space),
        mock.patch.object(LocalSocket, "url", socket),
    ):
        yield


DEMOS = {
    "rke1": Demo("demo.ndjson.zst", DATA / "recordings", "rke-single-node", collect_rke1),
    "rke2": Demo("demo-rke2.ndjson.zst", DATA / "cri", "cri-containerd", collect_rke2),
}


def main(names: list[str]) -> None:
    """Write the package's demos anew."""
    for name in names or list(DEMOS):
        demo = DEMOS[name]
        with tempfile.TemporaryDirectory() as scratch:
            fresh = Path(scratch) / demo.file
            demo.collect(Archives(demo.archives, Path(scratch))(demo.recording), fresh)
            (resource() / "data" / demo.file).write_bytes(fresh.read_bytes())


if __name__ == "__main__":
    main(sys.argv[1:])
