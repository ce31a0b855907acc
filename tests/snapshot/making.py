"""Small snapshots, made by hand or by hypothesis."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import zstandard
from hypothesis import strategies as st

from rkedoc.snapshot.identity import record_id
from rkedoc.snapshot.record import Capture, Record, Scope
from rkedoc.snapshot.writer import HeaderParts, write
from rkedoc.vocabulary import Result

TIME = "2026-11-23T05:37:31Z"
CLUSTER = {"name": "demo", "uid": "5c8f0e5e-6f0e-4f8b-8d5e-2c8b7f0a1b2c"}
PARTS = HeaderParts(CLUSTER, (Capture("kubernetes", None, TIME, {"rkedoc": "0.1.0"}),))
SECRET = "hunter2"
"""A value that no message may repeat."""

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(names, values, max_size=3)


@st.composite
def records(draw: st.DrawFn) -> Record:
    group, kind = draw(
        st.sampled_from([("", "Pod"), ("apps", "Deployment"), ("extensions", "Ingress"), ("engine", "EngineContainer")])
    )
    namespace = draw(st.none() | names.filter(lambda name: "/" not in name and name != "-"))
    identifier = record_id(group, kind, namespace, draw(names))
    owner = draw(st.none() | st.just("apps/ReplicaSet/shop/web-5d9"))
    return Record(identifier, kind, owner, draw(objects), draw(objects))


many = st.lists(records(), max_size=8, unique_by=lambda record: record.id)


def pod(name: str, namespace: str = "shop", **intent: Any) -> Record:
    return Record(record_id("", "Pod", namespace, name), "Pod", None, intent, {"status": {"phase": "Running"}})


def container(name: str, node: str = "node-a", **intent: Any) -> Record:
    return Record(
        record_id("engine", "EngineContainer", node, name), "EngineContainer", None, intent, {"state": "running"}
    )


def ordered(items: Iterable[Record]) -> list[Record]:
    return sorted(items, key=lambda record: record.id.encode())


def snapshot(path: Path, items: Iterable[Record] = (), parts: HeaderParts = PARTS) -> Path:
    write(path, parts, [ordered(items)])
    return path


def unpacked(path: Path) -> bytes:
    raw = path.read_bytes()
    if path.suffix != ".zst":
        return raw
    with path.open("rb") as stream:
        return zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True).read()


def scope(name: str, result: str, kind: str, namespace: str | None = None) -> Scope:
    status = {"complete": 200, "partial": 200, "forbidden": 403}.get(result)
    return Scope(
        name, "list", f"/{name}", status, Result(result), "" if result == "complete" else result, 0, namespace, kind
    )
