"""Where etcd keeps its data, how often it is saved and whereto, and when it was saved last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rkedoc.cluster.fields import at, items, mapping, number, text, words
from rkedoc.explain.facts.commandlines import flags_of
from rkedoc.explain.facts.fact import Fact, Place, Read, Reading, Unread, Words, first, flag, found, place_of, why_none
from rkedoc.explain.facts.keys import FactKey
from rkedoc.i18n import N_, Message
from rkedoc.snapshot.podnames import RKE_NAME
from rkedoc.snapshot.record import HIDDEN_RE

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.snapshot.record import Record

_ROLLING: Final = "etcd-rolling-snapshots"
_ANNOTATIONS: Final = ("rke2.io/node-args", "k3s.io/node-args")
# The kinds of objects that stand for a snapshot: Rancher's for RKE1, Rancher's for RKE2 and K3s, and K3s' own.
_KINDS: Final = (
    ("management.cattle.io", "EtcdBackup"), ("rke.cattle.io", "ETCDSnapshot"), ("k3s.cattle.io", "ETCDSnapshotFile"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Saved:
    """A snapshot of etcd that an object tells of: when it was made, whether it is whole, and which object that is."""

    time: str
    good: bool
    where: Place


def etcd_facts(cluster: Cluster) -> Iterator[Fact | Unread]:
    """Facts about etcd; none where nothing of it can be in the cluster's own hands (a hosted control plane)."""
    yield first(FactKey.ETCD_DATA, _data_directory(cluster))
    yield from _schedule(cluster)
    yield from _last(cluster)


def _data_directory(cluster: Cluster) -> Iterator[Reading | None]:
    reading = flag(cluster, "etcd", "data-dir")
    for record in cluster.snapshot.by_kind("EngineContainer"):
        if text(record.body, "labels", RKE_NAME) == "etcd" or record.name == "etcd":
            inside = reading.value.rstrip("/") if isinstance(reading, Read) else "/var/lib/rancher/etcd"
            for mount in items(record.body, "mounts"):
                if text(mount, "destination").rstrip("/") == inside:
                    yield found(text(mount, "source"), place_of(record, Message("mount at {path}", path=inside)))
    yield reading
    # docs.rke2.io, "Backup and Restore"; docs.k3s.io, "Cluster Datastore": below the data directory of the server.
    for node in cluster.snapshot.by_kind("Node"):
        for annotation, folder in zip(_ANNOTATIONS, ("/var/lib/rancher/rke2", "/var/lib/rancher/k3s"), strict=True):
            if text(node.body, "metadata", "annotations", annotation) and _is_server(node):
                given = _argument(node, "--data-dir") or folder
                yield Read(f"{given}/server/db/etcd", place_of(node, Message("annotation {name}", name=annotation)))


def _schedule(cluster: Cluster) -> Iterator[Fact | Unread]:
    rolling = [record for record in cluster.snapshot.by_kind("EngineContainer") if record.name == _ROLLING]
    for record in rolling:
        flags = flags_of((*words(record.body, "entrypoint"), *words(record.body, "args")))
        where = Place(
            Message("engine container {name} on {node}", name=record.name, node=record.namespace), record=record.id
        )
        for name, key in (("creation", FactKey.SNAPSHOT_EVERY), ("retention", FactKey.SNAPSHOT_AGE)):
            if value := _shown(flags.get(name, "")):
                yield Fact(key, value, where.at(f"--{name}"))
        yield _target(flags, record, where)
    if not rolling:
        for node in cluster.snapshot.by_kind("Node"):
            if any(text(node.body, "metadata", "annotations", name) for name in _ANNOTATIONS) and _is_server(node):
                yield from _of_server(node)
                return
        why = Message("no engine was read, and no annotation of a server node tells of them")
        if cluster.engine_nodes:
            told = N_(
                "no container {name} is on the nodes whose engine was read: RKE makes no recurring snapshots there"
            )
            why = Message(told, name=_ROLLING)
        yield Unread(FactKey.RECURRING_SNAPSHOTS, why)


def _target(flags: dict[str, str], record: Record, where: Place) -> Fact | Unread:
    if flags.get("s3-backup") == "true":
        endpoint, bucket = _shown(flags.get("s3-endpoint", "")), _shown(flags.get("s3-bucketName", ""))
        place = where.at("--s3-endpoint, --s3-bucketName")
        return Fact(FactKey.SNAPSHOT_TARGET, f"S3 {endpoint} {bucket}".strip(), place)
    for mount in items(record.body, "mounts"):
        if text(mount, "destination").rstrip("/") == "/backup":
            return Fact(FactKey.SNAPSHOT_TARGET, text(mount, "source"), where.at("mount at /backup"))
    return Unread(
        FactKey.SNAPSHOT_TARGET, Message("{where}: neither a bucket nor a mount at /backup", where=where.words)
    )


def _of_server(node: Record) -> Iterator[Fact | Unread]:
    """What a server node of RKE2 or K3s was told; the defaults are those of docs.rke2.io, "Backup and Restore"."""
    where = place_of(node, "annotation node-args")
    if "--etcd-disable-snapshots" in _arguments(node):
        never = Message("never: they are switched off")
        yield Fact(FactKey.SNAPSHOT_EVERY, never, where.below("--etcd-disable-snapshots"))
        return
    given = _argument(node, "--etcd-snapshot-schedule-cron")
    default = where.at(Message("{field}: the default, no argument sets it", field=where.field))
    yield Fact(FactKey.SNAPSHOT_EVERY, given or "0 */12 * * *", where if given else default)
    kept = _argument(node, "--etcd-snapshot-retention")
    yield Fact(FactKey.SNAPSHOT_COUNT, kept or "5", where if kept else default)
    bucket = _argument(node, "--etcd-s3-bucket")
    folder = _argument(node, "--etcd-snapshot-dir")
    if bucket:
        endpoint = _argument(node, "--etcd-s3-endpoint") or "s3.amazonaws.com"
        yield Fact(FactKey.SNAPSHOT_TARGET, f"S3 {endpoint} {bucket}", where)
    else:
        below = Message("server/db/snapshots below the data directory")
        yield Fact(FactKey.SNAPSHOT_TARGET, folder or below, where)


def _last(cluster: Cluster) -> Iterator[Fact | Unread]:
    """The newest snapshot that an object calls whole, and the newest file: whether what lies in a file is whole is not known."""
    saved = [found for group, kind in _KINDS for record in cluster.snapshot.by_kind(kind)
             if record.group == group and (found := _saved(record)) is not None]  # fmt: skip
    files = tuple(_files(cluster))
    if good := [item for item in saved if item.good]:
        newest = max(good, key=lambda item: item.time)
        yield Fact(FactKey.LAST_SNAPSHOT, newest.time, newest.where)
    elif saved or not files:
        yield Unread(FactKey.LAST_SNAPSHOT, _why_no_snapshot(cluster, len(saved)))
    if files:
        time, where = max(files, key=lambda file: file[0])
        yield Fact(FactKey.LAST_SNAPSHOT_FILE, time, where)


def _why_no_snapshot(cluster: Cluster, count: int) -> Words:
    command = "ls -l /opt/rke/etcd-snapshots" if cluster.distribution == "rke1" else "rke2 etcd-snapshot ls"
    if cluster.distribution == "k3s":
        command = "k3s etcd-snapshot ls"
    if count:
        why: Words = Message("none of {count} snapshots that objects tell of is whole", count=count)
    else:
        why = why_none(cluster, *_KINDS[0])
    return Message("{why}; on the node `{command}` tells", why=why, command=command)


def _files(cluster: Cluster) -> Iterator[tuple[str, Place]]:
    """When the files of snapshots on hosts that were read were written, as far as they hold anything."""
    for record in cluster.snapshot.by_kind("HostFile"):
        if (
            text(record.body, "part") == "etcd-snapshots"
            and number(record.body, "size")
            and (time := text(record.body, "modified"))
        ):
            yield time, place_of(record)


def _saved(record: Record) -> Saved | None:
    body = record.body
    if record.kind == "EtcdBackup":
        done = {text(item, "type"): text(item, "status") for item in items(body, "status", "conditions")}
        good = done.get("Completed") == "True" and done.get("Failed") != "True"
        time = text(body, "metadata", "creationTimestamp")
    elif record.kind == "ETCDSnapshot":
        time, good = text(body, "snapshotFile", "createdAt"), text(body, "snapshotFile", "status") == "successful"
    else:
        time, good = text(body, "status", "creationTime"), at(body, "status", "readyToUse") is True
    return Saved(time, good, place_of(record)) if time and not HIDDEN_RE.search(time) else None


def _is_server(node: Record) -> bool:
    return (_arguments(node) or ("",))[0] == "server"


def _arguments(node: Record) -> tuple[str, ...]:
    """The arguments of the rke2 or k3s process, which it writes into an annotation of its node."""
    annotations = mapping(node.body, "metadata", "annotations")
    for name in _ANNOTATIONS:
        if value := text(annotations, name):
            try:
                listed = json.loads(value)
            except (ValueError, RecursionError):
                return ()
            return tuple(word for word in listed if isinstance(word, str)) if isinstance(listed, list) else ()
    return ()


def _argument(node: Record, name: str) -> str:
    return _shown(flags_of(_arguments(node)).get(name.removeprefix("--"), ""))


def _shown(value: str) -> str:
    return "" if HIDDEN_RE.search(value) else value
