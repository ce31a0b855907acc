"""A bundle of a large cluster, and the floor of reading it: ``python -m bench.bundle plain|ours FILE`` reads one and does nothing with it.

``plain`` unpacks each member and decodes it, as little as any reader must do; ``ours`` goes the whole way of ``rkedoc collect --from`` up to
the intake, which takes nothing.
"""

from __future__ import annotations

import gc
import io
import sys
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import yaml

from rkedoc.collect.captures import Captures
from rkedoc.collect.files.source import FilesSource
from rkedoc.collect.intake import Learned
from rkedoc.collect.progress import QuietProgress
from rkedoc.redact import Redactor

_PODS_EACH = 100


def write_bundle(path: Path, pods: int, *, as_yaml: bool) -> None:
    """A support bundle of so many pods, a list a namespace, in a ``.tar.gz``."""
    with tarfile.open(path, "w:gz", compresslevel=6) as archive:
        for number in range(0, pods, _PODS_EACH):
            items = [_pod(f"shop-{number:05}", index) for index in range(_PODS_EACH)]
            listed = {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "7"}, "items": items}
            content = yaml.dump(listed).encode() if as_yaml else orjson.dumps(listed, option=orjson.OPT_INDENT_2)
            member = tarfile.TarInfo(f"bundle/pods/shop-{number:05}.{'yaml' if as_yaml else 'json'}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def _pod(namespace: str, index: int) -> dict[str, Any]:
    name, time = f"web-{index:03}", f"2026-01-31T12:{index % 60:02}:00Z"
    variables = [{"name": f"SETTING_{key}", "value": f"value {key} of {name}"} for key in range(12)]
    conditions = [
        {"type": word, "status": "True", "lastTransitionTime": time}
        for word in ("Initialized", "Ready", "PodScheduled")
    ]
    labels = {"app": "web", "pod-template-hash": "7d9f8c6b5", "tier": "front"}
    mounts = [{"mountPath": f"/data/{key}", "name": f"volume-{key}"} for key in range(4)]
    return {
        "metadata": {
            "name": name, "namespace": namespace, "uid": f"{namespace}-{index}", "resourceVersion": str(1000 + index),
            "creationTimestamp": time, "labels": labels, "annotations": {"example.com/note": "a line of text that says little " * 4},
        },
        "spec": {
            "nodeName": f"node-{index % 7}",
            "containers": [{"name": part, "image": "nginx:1.25", "env": variables, "volumeMounts": mounts} for part in ("web", "side")],
            "volumes": [{"name": f"volume-{key}", "configMap": {"name": f"settings-{key}"}} for key in range(4)],
        },
        "status": {"phase": "Running", "conditions": conditions, "podIP": f"10.42.0.{index}", "startTime": time},
    }  # fmt: skip


def plain(path: Path) -> int:
    """Unpack and decode, and count the objects."""
    count = 0
    with tarfile.open(path, "r|gz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            content = file.read() if file is not None else b""
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            decoded = orjson.loads(content) if member.name.endswith(".json") else yaml.load(content, loader)  # noqa: S506 - a safe one
            count += len(decoded["items"])
    return count


class _List:
    """A list that takes everything and keeps nothing."""

    def __init__(self) -> None:
        self.counts: Counter[str | None] = Counter()

    def take(self, _item: object, place: str | None, *, newer: bool) -> None:
        self.counts[place] += not newer

    def again(self, place: str | None) -> None:
        self.counts[place] += 1

    def lacks(self, _place: str | None) -> str:
        return ""

    def close(self) -> None:
        """Nothing was kept."""


class _Nowhere:
    """An intake that makes no records."""

    def __init__(self) -> None:
        self.captures = Captures("2026-01-31T12:00:00Z")
        self.learned = Learned()
        self.lists: list[_List] = []

    def objects(self, _resource: object) -> _List:
        self.lists.append(_List())
        return self.lists[-1]

    def learn(self, *_of: object) -> None:
        """Nothing is learned."""


def ours(path: Path) -> int:
    """Read as ``rkedoc collect --from`` does, and count the objects."""
    source, nowhere = FilesSource([path], redactor=Redactor(), progress=QuietProgress(), now="2027"), _Nowhere()
    source.pods()
    source.collect(nowhere)  # type: ignore[arg-type]
    return sum(one.counts.total() for one in nowhere.lists)


def main() -> None:
    """Read a bundle, and say how many objects were in it."""
    gc.disable()  # as a run of the collector has it, and no reader of one bundle needs it
    read = plain if sys.argv[1] == "plain" else ours
    print(read(Path(sys.argv[2])))


if __name__ == "__main__":
    main()
