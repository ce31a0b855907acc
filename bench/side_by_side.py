"""``python -m bench.side_by_side``: how many lines a reader has to read to see what changed, by several ways of comparing.

The same answers of a real API server are compared as text, object by object as ``kubectl diff`` shows them, by structure
as dyff reports them, and by ``rkedoc diff``. Prints a Markdown table.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from bench.structure import report_lines
from rkedoc.cli import cli
from tests.support.archives import DATA, Archives
from tests.support.player import playing

Json = dict[str, Any]
Objects = Mapping[tuple[str, str, str], Json]
"""API objects by kind, namespace and name, in the order of the answers."""

_BUSY = frozenset({"Event", "Lease", "ComponentStatus", "PodMetrics", "NodeMetrics"})
"""Kinds that nobody would compare."""
_BETA = ("alpha", "beta")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two recordings of one node, and what somebody changed between them: by kind and name, a function for each."""

    title: str
    old: str
    new: str
    edits: Mapping[tuple[str, str], Callable[[Json], object]]


def _container(item: Json) -> Json:
    found: Json = item["spec"]["template"]["spec"]["containers"][0]
    return found


def _corefile(item: Json) -> None:
    item["data"]["Corefile"] = item["data"]["Corefile"].replace("cache 30", "cache 60")


_SIX: Mapping[tuple[str, str], Callable[[Json], object]] = {
    ("Deployment", "coredns"): lambda o: _container(o).update(image="rancher/coredns-coredns:1.8.0"),
    ("ConfigMap", "coredns"): _corefile,
    ("DaemonSet", "nginx-ingress-controller"): lambda o: _container(o)["args"].append("--v=3"),
    ("ClusterRole", "system:coredns"): lambda o: o["rules"][0]["verbs"].append("delete"),
    ("Deployment", "metrics-server"): lambda o: o["spec"].update(replicas=2),
    ("Node", "rancher01"): lambda o: o["metadata"]["labels"].update(disk="ssd"),
}

PAIRS = (
    Pair("the same node a little later, nothing touched", "rke-single-node", "rke-single-node-idle", {}),
    Pair("pods made anew, containers restarted", "rke-single-node", "rke-single-node-recreated", {}),
    Pair("six changes, nothing else", "rke-single-node", "rke-single-node", _SIX),
    Pair("six changes among pods made anew", "rke-single-node", "rke-single-node-recreated", _SIX),
)


def main() -> None:
    """Measure all pairs, and print the table."""
    rows = ["| what happened | changes | `diff` of YAML | `kubectl diff`-style | dyff-style | `rkedoc diff` |"]
    rows.append("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(prefix="rkedoc-side-") as scratch:
        for number, pair in enumerate(PAIRS):
            room = Path(scratch) / str(number)
            room.mkdir()
            counts = measured(pair, room)
            shown = " | ".join(f"{count:,}" for count in counts)
            rows.append(f"| {pair.title} | {len(pair.edits)} | {shown} |")
    print("\n".join(rows))


def measured(pair: Pair, room: Path) -> tuple[int, int, int, int]:
    """The lines of each way of comparing a pair: as text, object by object, by structure, and ours."""
    archives = Archives(DATA / "recordings", room)
    old, new = archives(pair.old), room / "new"
    shutil.copytree(archives(pair.new), new)
    done = edit(new, pair.edits)
    if done != set(pair.edits):
        raise LookupError(f"not found in the recording: {set(pair.edits) - done}")
    one, other = objects(old), objects(new)
    return (
        as_text(one, other, room),
        by_object(one, other, room),
        report_lines(list(map(_plain, one.values())), list(map(_plain, other.values()))),
        ours(old, new, room),
    )


def edit(folder: Path, edits: Mapping[tuple[str, str], Callable[[Json], object]]) -> set[tuple[str, str]]:
    """Change objects in the answers of a recording, in every version in which they are served. Gives what was found."""
    done: set[tuple[str, str]] = set()
    for path in sorted((folder / "k8s").glob("*.json")):
        content = json.loads(path.read_bytes())
        if not isinstance(content, dict) or not str(content.get("kind", "")).endswith("List"):
            continue
        for item in content.get("items") or ():
            key = content["kind"].removesuffix("List"), item.get("metadata", {}).get("name", "")
            if key in edits:
                edits[key](item)
                done.add(key)
        path.write_text(json.dumps(content), "utf-8")
    return done


def objects(folder: Path) -> Objects:
    """The objects of a recording, each in one version."""
    found: dict[tuple[str, str, str], Json] = {}
    paths = sorted((folder / "k8s").glob("*.json"), key=lambda path: any(mark in path.name for mark in _BETA))
    for path in paths:
        content = json.loads(path.read_bytes())
        if not isinstance(content, dict) or not str(content.get("kind", "")).endswith("List"):
            continue
        kind = content["kind"].removesuffix("List")
        for item in content.get("items") or () if kind not in _BUSY else ():
            metadata = item.get("metadata", {})
            key = kind, metadata.get("namespace", ""), metadata.get("name", "")
            found.setdefault(key, {"apiVersion": content.get("apiVersion"), "kind": kind, **item})
    return found


def as_text(old: Objects, new: Objects, room: Path) -> int:
    """``kubectl get … -o yaml`` of everything on both days, and ``diff`` of the two files."""
    for name, side in (("old.yaml", old), ("new.yaml", new)):
        (room / name).write_text("---\n".join(map(_yaml, side.values())), "utf-8")
    return _lines(["diff", str(room / "old.yaml"), str(room / "new.yaml")])


def by_object(old: Objects, new: Objects, room: Path) -> int:
    """A file for each object without ``managedFields``, and ``diff -u -N`` of the two folders.

    As kubectl does it (kubernetes/kubectl 2aefe58, pkg/cmd/diff/diff.go; ``managedFields`` since kubernetes#111319), with the
    older day in the place of what lives and the newer one in the place of what would be.
    """
    for name, side in (("LIVE", old), ("MERGED", new)):
        folder = room / name
        folder.mkdir()
        for number, (key, item) in enumerate(side.items()):
            readable = ".".join(part.replace("/", "-").replace(":", "-") for part in key)
            # Names that only differ in what was replaced stay two: their place in the answers cannot tell them apart.
            path = folder / readable
            path = path if not path.exists() else folder / f"{readable}.{number}"
            path.write_text(_yaml(_plain(item)), "utf-8")
    return _lines(["diff", "-u", "-N", str(room / "LIVE"), str(room / "MERGED")])


def ours(old: Path, new: Path, room: Path) -> int:
    """``rkedoc diff`` of the snapshots of both days, containers outside pods included."""
    snapshots = [_collect(folder, room, f"{number}.ndjson.zst") for number, folder in enumerate((old, new))]
    result = CliRunner().invoke(cli, ["diff", *snapshots])
    if result.exit_code not in (0, 1):
        raise RuntimeError(result.output)
    # The head says which two snapshots these are, and that nothing was changed.
    return len(result.stdout.splitlines()) if result.exit_code else 0


def _collect(folder: Path, room: Path, name: str) -> str:
    with playing(folder, room) as node:
        arguments = [
            "collect",
            "-o",
            str(room / name),
            "--engine",
            node.engine,
            "--kubeconfig",
            str(node.kubeconfig),
            "-q",
        ]
        result = CliRunner().invoke(cli, arguments)
    if result.exit_code:
        raise RuntimeError(result.output)
    return str(room / name)


def _plain(item: Json) -> Json:
    metadata = {key: value for key, value in item.get("metadata", {}).items() if key != "managedFields"}
    return {**item, "metadata": metadata}


def _yaml(item: Json) -> str:
    return yaml.dump(item, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), allow_unicode=True, width=10**6)


def _lines(command: Sequence[str]) -> int:
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode > 1:
        raise RuntimeError(done.stderr.decode())
    return sum(1 for _line in _split(done.stdout))


def _split(text: bytes) -> Iterator[bytes]:
    yield from text.splitlines()


if __name__ == "__main__":
    main()
