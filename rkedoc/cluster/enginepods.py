"""Pods that no API told of, put together from what the containers of an engine say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rkedoc.cluster.fields import mapping, number, text
from rkedoc.cluster.podnames import possible_workloads
from rkedoc.snapshot.identity import record_id
from rkedoc.snapshot.kinds import CONFIG_SOURCE
from rkedoc.snapshot.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

Known = Callable[[str, str, str], bool]

_OWN_LABELS = ("io.kubernetes.", "annotation.", "io.cri-containerd.", "io.rancher.rke.", "io.cattle.")
_GROUPS = {"Deployment": "apps", "DaemonSet": "apps", "StatefulSet": "apps", "Job": "batch", "CronJob": "batch"}


def engine_pods(containers: Iterable[Record], known: Known) -> Iterator[Record]:
    """The pods of these containers, in the order of their ids, as records with what the engine knows: names, labels, images.

    Their owner is the workload that their labels tell of, or else their name. The name of a pod may leave open whether a
    DaemonSet or a Job made it, or nobody; ``known(namespace, name, kind)`` says whether such a workload is a known one.
    """
    found: dict[str, list[Record]] = {}
    for container in containers:
        pod = mapping(container.body, "pod")
        namespace, name = text(pod, "namespace"), text(pod, "name")
        if namespace and name:
            found.setdefault(record_id("", "Pod", namespace, name), []).append(container)
    for identifier in sorted(found):
        yield _pod(identifier, found[identifier], known)


def _pod(identifier: str, containers: list[Record], known: Known) -> Record:
    first = mapping(containers[0].body, "pod")
    namespace, name = text(first, "namespace"), text(first, "name")
    labels: dict[str, Any] = {}
    source = ""
    newest: dict[str, Record] = {}
    for container in containers:
        part = mapping(container.body, "pod")
        if text(part, "type") == "podsandbox":
            own = mapping(container.body, "labels")
            source = text(container.body, "sandbox", "source") or text(own, f"annotation.{CONFIG_SOURCE}") or source
            labels.update({key: value for key, value in own.items() if not key.startswith(_OWN_LABELS)})
            continue
        last = newest.get(text(part, "container"))
        if last is None or number(last.body, "pod", "attempt") <= number(part, "attempt"):
            newest[text(part, "container")] = container
    specs = [{"name": key, **_shown(container.body)} for key, container in sorted(newest.items())]
    # What the kubelet runs from a file of its own has no controller, however much its name looks like one's.
    static = source in ("file", "http")
    owner = None if static else _owner(namespace, name, labels, known)
    body = {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": text(first, "uid"),
            "labels": labels,
            "annotations": {CONFIG_SOURCE: source} if static else {},
        },
        "spec": {"nodeName": containers[0].namespace or "", "containers": specs},
    }
    return Record(identifier, "Pod", owner, {}, body)


def _shown(body: Mapping[str, Any]) -> dict[str, Any]:
    image = text(body, "image")
    return {} if not image or image.startswith("sha256:") else {"image": image}


def _owner(namespace: str, pod: str, labels: Mapping[str, Any], known: Known) -> str | None:
    digest = text(labels, "pod-template-hash")
    head = pod.rpartition("-")[0]
    if digest and head.endswith(f"-{digest}"):
        return record_id("apps", "Deployment", namespace, head[: -len(digest) - 1])
    if job := text(labels, "job-name"):
        return record_id("batch", "Job", namespace, job)
    if text(labels, "statefulset.kubernetes.io/pod-name"):
        return record_id("apps", "StatefulSet", namespace, head)
    if text(labels, "controller-revision-hash") and head:
        return record_id("apps", "DaemonSet", namespace, head)
    return owner_by_name(namespace, pod, known)


def owner_by_name(namespace: str, pod: str, known: Known, *, ended: bool = False) -> str | None:
    """The id of the workload that the name of a pod tells of; ``None`` if it looks like no workload's. ``ended`` tells that the pod has
    finished: those of a DaemonSet never do."""
    name, kind = next(possible_workloads(pod))
    kinds = (kind,) if kind is not None else ("Job",) if ended else ("DaemonSet", "Job")
    found = next((kind for kind in kinds if known(namespace, name, kind)), kind)
    return record_id(_GROUPS[found], found, namespace, name) if found is not None and name != pod else None
