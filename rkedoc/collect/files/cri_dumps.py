"""What runtimes behind CRI hold, from files: what ``crictl`` printed, made into the records of a live runtime by the same functions.

``crictl pods`` and ``crictl ps`` list, ``inspectp`` and ``inspect`` tell of one thing each. Files hold any of these: what was
inspected is told in full, what was only listed as its row says, and of what was not listed it is said that there may be more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from rkedoc.collect.cri import shape
from rkedoc.collect.cri.crictl import as_answered
from rkedoc.collect.cri.info import was_told
from rkedoc.collect.cri.lists import KINDS, beside_unseen, each_once, image_ids, states, static_suffix
from rkedoc.collect.engine.rows import ContainerRow
from rkedoc.collect.intake import ContainerList, EngineList, Intake, IntakeList
from rkedoc.collect.selection import Choice
from rkedoc.snapshot.identity import ENGINE
from rkedoc.snapshot.record import DETAILS_NOT_TOLD, NOT_INSPECTED, RUNNING_ONLY, SANDBOXES_NOT_LISTED, Scope
from rkedoc.vocabulary import Result

SHORT: Final = 12
"""Digits by which containers are the same: programs print as many of an id, and crictl's tables one more."""

UNNAMED: Final = "CRI"
"""What a runtime is called of which no file says the name."""

_SNAPSHOTS: Final = "io.containerd.snapshotter.v1"
"""How the folder of a snapshotter begins (containerd/containerd v1.7, pkg/cri/sbserver/service.go, imageFSPath)."""

_SANDBOX, _CONTAINER, _IMAGE = "cri-sandbox", "cri-container", "cri-image"

Answer = Mapping[str, Any]


class Detail(NamedTuple):
    """What was told of one thing: the plain part of the answer, and what the runtime adds."""

    status: Answer
    info: Answer

    @property
    def sandbox(self) -> str:
        """The id of a container's sandbox, which no plain answer holds."""
        return _text(_map(self.info, "info"), "sandboxID")


@dataclass(slots=True)
class CriDump:
    """What files tell of one runtime, in the form of CRI's answers. Not redacted."""

    listed: defaultdict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    """The rows of ``crictl pods``, ``ps`` and ``images``, by their kind."""
    looked_into: defaultdict[str, list[Detail]] = field(default_factory=lambda: defaultdict(list))
    """What ``inspectp``, ``inspect`` and ``inspecti`` told, by the kind of the row that it belongs to."""
    itself: dict[str, Answer] = field(default_factory=dict)
    """What was told of the runtime itself, by the kind of document."""

    def __bool__(self) -> bool:
        return any((*self.listed.values(), *self.looked_into.values(), self.itself))

    def take(self, what: str, content: Answer) -> bool:
        """Add one of the things that :data:`rkedoc.collect.files.runtimes.CRI` names; false if no runtime answers like that."""
        row = what.removesuffix("-status")
        if row not in _MADE:
            itself = {**self.itself, what: content}
            if foreseen := _is_foreseen(lambda: _runtime(itself, name="", machine="", counts=_NONE)):
                self.itself = itself
        elif row == what:
            item = as_answered(content)
            if foreseen := _is_foreseen(lambda: _MADE[row](item, None)):
                self.listed[row].append(item)
        else:
            detail = Detail(as_answered(_map(content, "status")), {"info": content.get("info")})
            if foreseen := _is_foreseen(lambda: _MADE[row](*detail)):
                self.looked_into[row].append(detail)
        return foreseen

    def join(self, other: CriDump) -> None:
        """Add what other files tell of the same runtime."""
        for what, rows in other.listed.items():
            self.listed[what] += rows
        for what, details in other.looked_into.items():
            self.looked_into[what] += details
        self.itself |= other.itself

    def ids(self) -> set[str]:
        """The short ids of the sandboxes and containers that it names."""
        told = {_text(item, key) for item in self._all() for key in ("id", "pod_sandbox_id")}
        told |= {detail.sandbox for detail in self.looked_into[_CONTAINER]}
        return {identifier[:SHORT] for identifier in told if identifier}

    def pod_uids(self) -> set[str]:
        """The uids of the pods whose containers it names."""
        told = (_text(_map(item, "metadata"), "uid") or _text(_map(item, "labels"), _UID) for item in self._all())
        return {uid for uid in told if uid}

    def pod_names(self) -> set[tuple[str, str]]:
        """The pods of which it names sandboxes, by namespace and name."""
        boxes = [*self.listed[_SANDBOX], *(detail.status for detail in self.looked_into[_SANDBOX])]
        named = (tuple(_text(_map(box, "metadata"), key) for key in ("namespace", "name")) for box in boxes)
        return {(namespace, name) for namespace, name in named if name}

    def machine(self) -> str:
        """The name of the node, as static pods end with it, or what a container in the host's network calls the machine
        (containerd/containerd v2.0, internal/cri/server/container_create.go); empty if nothing says it."""
        boxes = [*self.listed[_SANDBOX], *(detail.status for detail in self.looked_into[_SANDBOX])]
        host = {
            _text(box, "id")
            for box in boxes
            if _map(_map(_map(box, "linux"), "namespaces"), "options").get("network") == "NODE"
        }
        names = Counter(
            name
            for detail in self.looked_into[_CONTAINER]
            if (detail.sandbox in host or _is_in_hosts_network(detail.info)) and (name := _host_name(detail.info))
        )
        suffix = static_suffix(boxes) or _suffix_of_rke2(self.pod_names())
        return suffix or (min(names.items(), key=lambda item: (-item[1], item[0]))[0] if names else "")

    @property
    def runtime(self) -> str:
        """What the runtime calls itself, or what its answers show that it is: their form is its own."""
        if name := _text(self.itself.get("cri-version", {}), "RuntimeName"):
            return name
        if "containerdRootDir" in _map(self.itself.get("cri-info", {}), "config"):
            return "containerd"
        for detail in (one for found in self.looked_into.values() for one in found):
            told = _map(detail.info, "info")
            if (
                "snapshotKey" in told
            ):  # containerd/containerd v1.7, pkg/cri/server/container_status.go and sandbox_status.go
                return "containerd"
            marks = _map(_map(told, "runtimeSpec"), "annotations")
            if any(
                key.startswith("io.kubernetes.cri-o.") for key in marks
            ):  # cri-o/cri-o v1.31, internal/lib/restore.go
                return "cri-o"
        return UNNAMED

    def _all(self) -> Iterator[Answer]:
        for what in (_SANDBOX, _CONTAINER):
            yield from self.listed[what]
            yield from (detail.status for detail in self.looked_into[what])


_OF_RKE2: Final = (
    "cloud-controller-manager-",
    "etcd-",
    "kube-apiserver-",
    "kube-controller-manager-",
    "kube-proxy-",
    "kube-scheduler-",
)
"""How the names of RKE2's static pods begin, and kubeadm's (rancher/rke2 at 231cf15, pkg/podtemplate/spec.go)."""


def _suffix_of_rke2(pods: Iterable[tuple[str, str]]) -> str:
    """The name of the node that static pods end with, by their names alone, as a table has them: two have to agree, since those of
    controllers end otherwise each."""
    ends = Counter(
        name.removeprefix(start)
        for namespace, name in pods
        if namespace == "kube-system"
        for start in _OF_RKE2
        if name.startswith(start)
    )
    end, count = ends.most_common(1)[0] if ends else ("", 0)
    return end if count > 1 else ""


_UID: Final = "io.kubernetes.pod.uid"


_NONE: Final = {"total": 0, "running": 0, "stopped": 0, "images": 0}

_MADE: Final[Mapping[str, Callable[[Answer, Answer | None], Any]]] = {
    _SANDBOX: lambda item, info: shape.sandbox(item, info, name="", runtime=""),
    _CONTAINER: lambda item, info: shape.container(item, info, {}, name="", runtime=""),
    _IMAGE: shape.image,
}
"""What is made of each kind of thing: a file can hold what no message of CRI can."""


def _is_foreseen(make: Callable[[], Any]) -> bool:
    try:
        make()
    except (TypeError, ValueError, AttributeError, LookupError):
        return False
    return True


def _is_in_hosts_network(info: Answer) -> bool:
    options = _map(_map(_map(_map(_map(info, "info"), "config"), "linux"), "security_context"), "namespace_options")
    return options.get("network") in (2, "NODE")


def _host_name(info: Answer) -> str:
    entries = _map(_map(_map(info, "info"), "runtimeSpec"), "process").get("env")
    found = (entry for entry in entries if isinstance(entry, str)) if isinstance(entries, list) else ()
    return next((entry.removeprefix("HOSTNAME=") for entry in found if entry.startswith("HOSTNAME=")), "")


# Records --------------------------------------------------------------------------------------------------------------


class _Seen(NamedTuple):
    """A sandbox or a container: its row, or what stands for it, and what was told of it where it was looked into."""

    item: Answer
    detail: Detail | None


def give(
    node: str, dump: CriDump, shown: str, intake: Intake, choice: Choice, *, told_of: Collection[str]
) -> tuple[Mapping[str, str], tuple[Scope, ...]]:
    """Give everything of one runtime to the intake; what its capture says of it, and the scopes, which say what came of it.

    ``told_of`` are the short ids of the containers that Docker's own commands have told of, with more than CRI knows.
    """
    runtime = intake.redactor.text(dump.runtime)[:63]
    version = dump.itself.get("cri-version", {})
    tool = {
        "runtime": runtime,
        "server": intake.redactor.text(_text(version, "RuntimeVersion")),
        "api": intake.redactor.text(_text(version, "RuntimeApiVersion")),
    }
    if not dump.ids().isdisjoint(told_of):
        return tool, (
            Scope(
                f"{ENGINE}/containers",
                "list",
                shown,
                None,
                Result.SKIPPED,
                "read-from-docker",
                kind=KINDS["containers"],
            ),
        )
    images = _images_told(dump)
    scopes = []
    if dump.ids():
        found = image_ids(status for status, _info in images)
        scopes += [_containers(node, dump, shown, intake, runtime, found), beside_unseen(shown)]
    if images and (reason := choice.engine_reason("images")):
        scopes.append(Scope(f"{ENGINE}/images", "list", shown, None, Result.SKIPPED, reason, kind=KINDS["images"]))
    elif images:
        scopes.append(_images(images, dump, shown, intake.images(node)))
    if dump.itself:
        scopes.append(_itself(node, dump, shown, intake, len(images)))
    return tool, tuple(scopes)


def _containers(node: str, dump: CriDump, shown: str, intake: Intake, runtime: str, images: Mapping[str, str]) -> Scope:
    """Sandboxes and containers: one scope, since together they are what the runtime runs."""
    sandboxes = _seen(dump.listed[_SANDBOX], dump.looked_into[_SANDBOX])
    containers = _seen(dump.listed[_CONTAINER], dump.looked_into[_CONTAINER], sandboxes.keys())
    boxes = {_text(seen.item, "id"): seen.item for seen in sandboxes.values()}
    rows = [(shape.sandbox_row(seen.item, runtime=runtime), seen) for seen in sandboxes.values()]
    more = [(shape.container_row(seen.item, boxes, runtime=runtime), seen) for seen in containers.values()]
    taken = intake.containers(node, [row for row, _seen in (*rows, *more) if row is not None])
    reasons: Counter[str] = Counter()
    for row, seen in rows:
        if row is not None:
            body = shape.sandbox(*seen.detail, name=row.name, runtime=runtime) if seen.detail is not None else None
            _take(taken, row, body, seen.detail, reasons)
    for row, seen in more:
        if row is not None:
            pod = shape.pod_of(seen.item, boxes)
            box = _text(seen.item, "pod_sandbox_id")
            body = (
                shape.container(*seen.detail, pod, name=row.name, runtime=runtime, image_ids=images, sandbox_id=box)
                if seen.detail is not None
                else None
            )
            _take(taken, row, body, seen.detail, reasons)
    return _end("containers", shown, taken, reasons, _not_listed(dump))


def _take(
    taken: ContainerList, row: ContainerRow, body: dict[str, Any] | None, detail: Detail | None, reasons: Counter[str]
) -> None:
    whole = taken.take(row, body)
    if detail is None:
        reasons[NOT_INSPECTED] += 1
    elif not whole:
        reasons["not-understood"] += 1
    elif not was_told(detail.info):
        reasons[DETAILS_NOT_TOLD] += 1


def _not_listed(dump: CriDump) -> Iterator[str]:
    """Why there may be more than what is known. ``crictl ps`` prints what runs, unless it is asked for all."""
    if not dump.listed[_SANDBOX]:
        yield SANDBOXES_NOT_LISTED
    if not dump.listed[_CONTAINER]:
        yield "containers-not-listed"
    elif all(item.get("state") == "CONTAINER_RUNNING" for item in dump.listed[_CONTAINER]):
        yield RUNNING_ONLY


def _seen(rows: Iterable[Answer], details: Iterable[Detail], others: Collection[str] = ()) -> dict[str, _Seen]:
    """Each sandbox or container once, by its short id: joined of its row and of what was told when it was looked into."""
    listed = {item["id"][:SHORT]: item for item in each_once(rows)}
    told = {
        item["id"][:SHORT]: item
        for item in each_once({"id": _text(status, "id"), "of": (status, info)} for status, info in details)
    }
    found = {}
    for key in sorted((listed.keys() | told.keys()) - set(others)):
        detail = Detail(*told[key]["of"]) if key in told else None
        row = listed.get(key, {})
        found[key] = _Seen(
            {"pod_sandbox_id": detail.sandbox, **row, **detail.status} if detail is not None else row, detail
        )
    return found


def _images_told(dump: CriDump) -> list[Detail]:
    """Each image once, with what was told of it where it was looked into."""
    told = {_text(detail.status, "id"): detail for detail in dump.looked_into[_IMAGE]}
    listed = each_once([*dump.listed[_IMAGE], *(detail.status for detail in told.values())])
    return [told.get(item["id"]) or Detail(item, {}) for item in listed]


def _images(images: Iterable[Detail], dump: CriDump, shown: str, taken: EngineList) -> Scope:
    for status, info in images:
        taken.take(shape.image(status, info))
    return _end(
        "images",
        shown,
        taken,
        {"not-understood": taken.refused.total()},
        () if dump.listed[_IMAGE] else ("images-not-listed",),
    )


def _itself(node: str, dump: CriDump, shown: str, intake: Intake, images: int) -> Scope:
    counts = states(each_once(dump.listed[_SANDBOX]), each_once(dump.listed[_CONTAINER]))
    taken = intake.engine(node)
    taken.take(_runtime(dump.itself, name=dump.runtime, machine=dump.machine(), counts={**counts, "images": images}))
    return _end("engine", shown, taken, {"not-understood": taken.refused.total()})


def _runtime(itself: Mapping[str, Answer], *, name: str, machine: str, counts: Mapping[str, int]) -> dict[str, Any]:
    """The runtime itself, from what ``info``, ``imagefsinfo`` and ``version`` printed."""
    version, told, storage = (itself.get(what, {}) for what in ("cri-version", "cri-info", "cri-storage"))
    return shape.runtime(
        {"runtime_name": name, "runtime_version": version.get("RuntimeVersion")},
        as_answered({"status": told.get("status")}),
        storage=as_answered(_map(storage, "status")) or _storage(_map(told, "config")),
        config={}, api=_text(version, "RuntimeApiVersion"), machine=machine, counts=counts,
    )  # fmt: skip


def _storage(config: Answer) -> dict[str, Any]:
    """Where images lie, as containerd's configuration says it. Nothing else of that is looked at: it holds passwords of registries."""
    root, snapshotter = _text(config, "containerdRootDir"), _text(_map(config, "containerd"), "snapshotter")
    folder = f"{root}/{_SNAPSHOTS}.{snapshotter}"
    return {"image_filesystems": [{"fs_id": {"mountpoint": folder}}]} if root and snapshotter else {}


def _end(what: str, path: str, taken: IntakeList, counted: Mapping[str, int], lacks: Iterable[str] = ()) -> Scope:
    """The scope that a list comes to: ``counted`` says of how many things what is missing, ``lacks`` what of the list is."""
    taken.close()
    reason = ", ".join((*lacks, *(f"{word}:{times}" for word, times in sorted(counted.items()) if times)))
    result = Result.PARTIAL if reason else Result.COMPLETE
    return Scope(f"{ENGINE}/{what}", "list", path, None, result, reason, taken.count, kind=KINDS[what])


def _text(value: Answer, key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _map(value: Answer, key: str) -> Answer:
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}
