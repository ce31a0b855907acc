"""The Kubernetes API as a source: discovery, then every list, each object redacted as it comes.

The objects are never deserialised into a client's classes: a page is decoded once into plain values, redacted, split
into a record and spooled. Nothing of a list stays in memory but what later stages need: the targets of autoscalers,
the services' variables, the ConfigMaps that may be shown, and the pods of the node whose engine is read.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rkedoc import __version__
from rkedoc.collect import noise
from rkedoc.collect.events import WarningCounts
from rkedoc.collect.kubernetes import discovery
from rkedoc.collect.kubernetes.discovery import GroupVersion, Resource
from rkedoc.collect.kubernetes.guard import METADATA_ONLY, TABLE_ONLY
from rkedoc.collect.kubernetes.lists import (
    PAGE,
    PATIENT,
    SHORT,
    WAITING,
    End,
    ListRequest,
    Page,
    Waiting,
    ask,
    ended,
)
from rkedoc.collect.kubernetes.readers import Begun, Readers, Restarted, at_once
from rkedoc.collect.kubernetes.transport import JSON_ONLY, NoAnswer, Transport
from rkedoc.collect.selection import Choice
from rkedoc.collect.source import PlannedRequest, Progress, Sink, Spools
from rkedoc.errors import RkedocError, SourceUnavailable
from rkedoc.redact import Redactor, Shelter, is_credential_kind
from rkedoc.snapshot.identity import canonical_group
from rkedoc.snapshot.intent import object_record
from rkedoc.snapshot.kinds import CONFIG_HASH
from rkedoc.snapshot.record import Capture, Record, Scope

SOURCE = "kubernetes"

_UID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_FIRST = (
    "apiregistration.k8s.io/apiservices",
    "autoscaling/horizontalpodautoscalers",
    "core/services",
    "core/configmaps",
)
"""Lists that others depend on: which groups are slow, whose replicas are an autoscaler's, what may be shown of pods."""

_EARLY = ("core/pods", "core/namespaces")
"""Long lists that should begin first among the rest."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """What the server serves, and which of it will be asked for."""

    version: str
    wanted: tuple[Resource, ...]
    scopes: tuple[Scope, ...]
    requests: tuple[PlannedRequest, ...]
    """The requests that discovery itself sent."""


@dataclass(slots=True, eq=False)
class _Job:
    """One list on its way into its sink."""

    resource: Resource
    namespace: str | None
    credential: bool
    accept: str
    sink: Sink
    path: str
    single: bool = False
    count: int = 0
    refused: int = 0
    warnings: WarningCounts | None = None


@dataclass(slots=True)
class Learned:
    """What the collected objects say that the run needs to know."""

    cluster_uid: str = ""
    pod_nodes: dict[str, str] = field(default_factory=dict)
    """The node of each pod that was wanted, by its uid (and a static pod's configuration hash)."""
    autoscaled: set[tuple[str, str, str, str]] = field(default_factory=set)
    """The targets of autoscalers: canonical group, kind, namespace, name."""
    aggregated: frozenset[str] = frozenset()


class KubernetesSource:
    """One API server, to be discovered and then collected from."""

    def __init__(
        self, transport: Transport, endpoint: str, *, choice: Choice, redactor: Redactor, progress: Progress,
        stop: threading.Event,
    ) -> None:  # fmt: skip
        self._transport = transport
        self._endpoint = endpoint
        self._choice = choice
        self._redactor = redactor
        self._progress = progress
        self._stop = stop
        self._groups: frozenset[str] = frozenset()
        self.learned = Learned()
        self.unmatched: tuple[str, ...] = ()
        """The names of kinds that a person gave and that mean nothing that the server serves."""
        self.served: tuple[str, ...] = ()

    def discover(self) -> Discovered:
        """Ask what the server serves. Raises :class:`~rkedoc.errors.SourceUnavailable` if it does not say."""
        waiting = Waiting(WAITING, self._stop)
        core = self._document("/api", waiting)
        groups = self._document("/apis", waiting)
        if "groups" not in groups or "versions" not in core:
            raise SourceUnavailable(SOURCE, self._endpoint, "it answers, but not as a Kubernetes API server does")
        skipped_groups = {name.strip().lower() for name in self._choice.skip}
        served = discovery.group_versions(core, groups)
        self._groups = frozenset(at.group for at in served)
        versions = [at for at in served if at.group not in skipped_groups]
        found: dict[GroupVersion, tuple[Resource, ...]] = {}
        failed: list[Scope] = []
        self._progress.begin(SOURCE, "discovery")
        at_once([functools.partial(self._discover_one, at, found, failed) for at in versions])
        self._progress.end(SOURCE, "discovery", "partial" if failed else "complete")
        self._unmatched(found.values())
        resources = discovery.choose(found.items())
        skipped = [(resource, self._choice.reason_to_skip(resource)) for resource in resources]
        scopes = [_skipped(resource, reason) for resource, reason in skipped if reason]
        scopes += failed
        paths = ["/version", "/api", "/apis", *sorted(at.path for at in versions)]
        return Discovered(
            version=self._version(waiting),
            wanted=tuple(resource for resource, reason in skipped if not reason),
            scopes=tuple(scopes),
            requests=tuple(PlannedRequest(SOURCE, "GET", path, "1, sent now") for path in paths),
        )

    def plan(self, discovered: Discovered) -> tuple[PlannedRequest, ...]:
        """Every request that :meth:`collect` would send after what :meth:`discover` has sent already."""
        planned = []
        for resource, namespace, single in self._lists(discovered.wanted):
            accept, query = self._asks(resource)
            path = _path(resource, namespace, single)
            if single:
                planned.append(PlannedRequest(SOURCE, "GET", path, "1"))
                continue
            asked = "&".join(f"{name}={value}" for name, value in query.items())
            note = {METADATA_ONLY: ", metadata alone", TABLE_ONLY: ", names and types alone"}.get(accept, "")
            planned.append(PlannedRequest(SOURCE, "GET", f"{path}?{asked}", f"1 for each {PAGE} objects{note}"))
        return (*discovered.requests, *planned)

    def collect(
        self, discovered: Discovered, *, shelter: Shelter, wanted: frozenset[str], spools: Spools, time: str
    ) -> Capture:
        """Read every list that is wanted; the capture says how each ended. Records go to ``spools``."""
        scopes = list(discovered.scopes)
        lists = self._lists(discovered.wanted)
        first = [entry for entry in lists if entry[0].scope in _FIRST]
        rest = sorted((entry for entry in lists if entry[0].scope not in _FIRST), key=_early)
        for batch in (first, rest):
            jobs = [self._job(resource, namespace, single, spools) for resource, namespace, single in batch]
            for job in jobs:
                if job.single:
                    scopes.append(self._read_one(job, shelter, wanted))
            requests = [(job, self._request(job)) for job in jobs if not job.single]
            readers: Readers[_Job] = Readers(self._transport.get, self._stop)
            for job, news in readers.read(requests):
                if isinstance(news, Begun):
                    self._progress.begin(SOURCE, _label(job))
                elif isinstance(news, Restarted):
                    job.sink.restart()
                    job.count = job.refused = 0
                    job.warnings = WarningCounts(self._redactor.name) if job.warnings is not None else None
                elif isinstance(news, Page):
                    self._take(job, news, shelter, wanted)
                else:
                    scopes.append(self._finish(job, news))
        return Capture(
            source=SOURCE,
            node=None,
            time=time,
            tool={
                "rkedoc": __version__,
                "server": self._redactor.text(discovered.version),
                **({"certificateUntil": until} if (until := self._transport.certificate_until) else {}),
            },
            scopes=tuple(sorted(scopes, key=lambda scope: (scope.name, scope.namespace or "", scope.path))),
        )

    # Discovery -------------------------------------------------------------------------------------------------------

    def _document(self, path: str, waiting: Waiting) -> Mapping[str, Any]:
        try:
            answer = ask(self._transport.get, path, timeouts=PATIENT, waiting=waiting)
        except NoAnswer as error:
            raise SourceUnavailable(SOURCE, self._endpoint, _unavailable(error.reason)) from None
        if answer.status != 200:
            raise SourceUnavailable(SOURCE, self._endpoint, _refused(answer.status, path))
        document = discovery.read_document(answer.body)
        if document is None:
            raise SourceUnavailable(SOURCE, self._endpoint, f"its answer to {path} is no JSON: is it a Kubernetes API?")
        return document

    def _version(self, waiting: Waiting) -> str:
        """What the server says that it is; empty if it does not say, which is no reason not to collect."""
        try:
            answer = ask(self._transport.get, "/version", timeouts=SHORT, waiting=waiting)
        except NoAnswer:
            return ""
        found = discovery.read_document(answer.body) or {}
        return str(found.get("gitVersion") or "")[:64]

    def _discover_one(
        self, at: GroupVersion, found: dict[GroupVersion, tuple[Resource, ...]], failed: list[Scope]
    ) -> None:
        short = discovery.may_be_aggregated(at.group)
        try:
            answer = ask(
                self._transport.get, at.path, timeouts=SHORT if short else PATIENT, waiting=Waiting(WAITING, self._stop)
            )
        except NoAnswer as error:
            failed.append(discovery.discovery_scope(at, result="failed", status=error.status, reason=error.reason))
            return
        document = discovery.read_document(answer.body) if answer.status == 200 else None
        if document is not None and isinstance(document.get("resources"), list | None):
            found[at] = discovery.resources_of(at, document)
            self._progress.advance(SOURCE, "discovery", objects=1, size=len(answer.body))
            return
        end = ended(answer.status, answer.reason, 0) if answer.status != 200 else End("failed", 200, "not-json")
        failed.append(discovery.discovery_scope(at, result=end.result, status=end.status, reason=end.reason))

    def _unmatched(self, found: Iterable[Sequence[Resource]]) -> None:
        resources = [resource for some in found for resource in some]
        self.served = tuple(resource.name for resource in resources)
        self.unmatched = tuple(
            name for name in self._choice.unmatched(resources) if name.strip().lower() not in self._groups
        )
        for name in self.unmatched:
            if name not in self._choice.only:
                self._progress.note(f"kubernetes: the server serves no kind {self._redactor.text(name)!r}")

    # Lists -----------------------------------------------------------------------------------------------------------

    def _lists(self, resources: Iterable[Resource]) -> list[tuple[Resource, str | None, bool]]:
        """Each list: a resource, its namespace (``None``: everywhere), and whether it is the namespace object
        itself."""
        if not self._choice.namespaces:
            return [(resource, None, False) for resource in resources]
        names = tuple(dict.fromkeys(self._choice.namespaces))
        return [(resource, name, resource.scope == "core/namespaces") for resource in resources for name in names]

    def _asks(self, resource: Resource) -> tuple[str, dict[str, str]]:
        """The ``Accept`` header and the parameters of a resource's list."""
        query = {"limit": str(PAGE)}
        if noise.is_events(resource.group, resource.name):
            query["fieldSelector"] = "type=Warning"
        if not _is_credential(resource):
            return JSON_ONLY, query
        return (TABLE_ONLY if resource.scope == "core/secrets" else METADATA_ONLY), query

    def _job(self, resource: Resource, namespace: str | None, single: bool, spools: Spools) -> _Job:
        accept, _ = self._asks(resource)
        return _Job(
            resource=resource,
            namespace=namespace,
            credential=_is_credential(resource),
            accept=accept,
            sink=spools.sink(resource.scope),
            path=_path(resource, namespace, single),
            single=single,
            warnings=WarningCounts(self._redactor.name) if noise.is_events(resource.group, resource.name) else None,
        )

    def _request(self, job: _Job) -> ListRequest:
        _, query = self._asks(job.resource)
        group = job.resource.group
        aggregated = self.learned.aggregated
        slow = group in aggregated if aggregated else discovery.may_be_aggregated(group) and group.endswith(".k8s.io")
        # Before Kubernetes 1.15 a server may know no such Table; its names alone are better than nothing.
        otherwise = METADATA_ONLY if job.accept == TABLE_ONLY else ""
        timeouts = SHORT if slow else PATIENT
        return ListRequest(job.path, accept=job.accept, otherwise=otherwise, query=query, timeouts=timeouts)

    def _read_one(self, job: _Job, shelter: Shelter, wanted: frozenset[str]) -> Scope:
        """The namespace object itself, which who may read only this namespace may still get."""
        self._progress.begin(SOURCE, _label(job))
        try:
            answer = ask(self._transport.get, job.path, timeouts=PATIENT, waiting=Waiting(WAITING, self._stop))
        except NoAnswer as error:
            return self._finish(job, End("failed", error.status, error.reason))
        if answer.status != 200:
            return self._finish(job, ended(answer.status, answer.reason, 0))
        found = discovery.read_document(answer.body)
        if found is None:
            return self._finish(job, End("failed", 200, "not-json"))
        self._take(job, Page((dict(found),), len(answer.body)), shelter, wanted)
        return self._finish(job, End("complete", 200, ""))

    def _take(self, job: _Job, page: Page, shelter: Shelter, wanted: frozenset[str]) -> None:
        self._progress.advance(SOURCE, _label(job), objects=len(page.items), size=page.size)
        resource = job.resource
        for item in page.items:
            if job.warnings is not None:
                job.warnings.add(item)
                continue
            try:
                record = self._record(
                    job, {**item, "apiVersion": resource.api_version, "kind": resource.kind}, shelter, wanted
                )
            except RkedocError:
                raise
            except Exception:  # noqa: BLE001 - an object of a shape that no rule foresaw is dropped, never kept as it came
                job.refused += 1
                continue
            job.sink.add(record)
            job.count += 1

    def _record(self, job: _Job, item: dict[str, Any], shelter: Shelter, wanted: frozenset[str]) -> Record:
        if job.credential:
            return object_record(self._redactor.credential(item))
        redacted = self._redactor.kubernetes(item)
        scope = job.resource.scope
        metadata = item["metadata"]
        if scope == "core/pods":
            self._learn_pod(item, redacted, shelter, wanted)
        elif scope == "core/services":
            shelter.learn_service(redacted)
        elif scope == "core/configmaps":
            shelter.learn_configmap(redacted)
        elif scope == "core/namespaces" and metadata.get("name") == "kube-system":
            uid = str(metadata.get("uid"))
            self.learned.cluster_uid = uid if _UID.fullmatch(uid) else ""
        elif scope == "autoscaling/horizontalpodautoscalers":
            self._learn_autoscaler(item)
        elif scope == "apiregistration.k8s.io/apiservices":
            self.learned.aggregated |= discovery.aggregated_groups([item])
        key = (
            canonical_group(job.resource.group, job.resource.kind),
            job.resource.kind,
            str(metadata.get("namespace") or ""),
            str(metadata.get("name")),
        )
        return object_record(redacted, autoscaled=key in self.learned.autoscaled)

    def _learn_pod(
        self, item: dict[str, Any], redacted: dict[str, Any], shelter: Shelter, wanted: frozenset[str]
    ) -> None:
        metadata = item["metadata"]
        hashed = (metadata.get("annotations") or {}).get(CONFIG_HASH)
        uids = {uid for uid in (metadata.get("uid"), hashed) if isinstance(uid, str)} & wanted
        if not uids:
            return
        shelter.learn_pod(item, redacted)
        node = item.get("spec", {}).get("nodeName")
        if isinstance(node, str) and node:
            self.learned.pod_nodes.update(dict.fromkeys(uids, node))

    def _learn_autoscaler(self, item: dict[str, Any]) -> None:
        target = item["spec"]["scaleTargetRef"]
        group = str(target.get("apiVersion") or "").rpartition("/")[0] or "core"
        kind = str(target.get("kind"))
        namespace = str(item["metadata"].get("namespace") or "")
        self.learned.autoscaled.add((canonical_group(group, kind), kind, namespace, str(target.get("name"))))

    def _finish(self, job: _Job, end: End) -> Scope:
        if job.warnings is not None:
            for record in job.warnings.records():
                job.sink.add(record)
                job.count += 1
            if job.warnings.overflow and end.result == "complete":
                end = End("partial", end.status, "too-many-warnings")
        if job.refused and end.result == "complete":
            end = End("partial", end.status, f"objects-not-understood:{job.refused}")
        job.sink.close()
        self._progress.end(SOURCE, _label(job), end.result)
        return Scope(
            name=job.resource.scope, verb="get" if job.single else "list", path=job.path, status=end.status,
            result=end.result, reason=end.reason, count=job.count, namespace=job.namespace,
            kind=job.resource.record_kind,
        )  # fmt: skip


def _is_credential(resource: Resource) -> bool:
    group = "" if resource.group == "core" else resource.group
    return is_credential_kind(group, resource.name) or is_credential_kind(group, resource.kind)


def _path(resource: Resource, namespace: str | None, single: bool) -> str:
    return f"{resource.path()}/{namespace}" if single else resource.path(namespace if resource.namespaced else None)


def _label(job: _Job) -> str:
    return f"{job.resource.scope} in {job.namespace}" if job.namespace else job.resource.scope


def _early(entry: tuple[Resource, str | None, bool]) -> tuple[int, str, str]:
    scope = entry[0].scope
    return (_EARLY.index(scope) if scope in _EARLY else len(_EARLY), scope, entry[1] or "")


def _skipped(resource: Resource, reason: str | None) -> Scope:
    return Scope(
        name=resource.scope, verb="list", path=resource.path(), status=None, result="skipped", reason=reason or "",
        kind=resource.record_kind,
    )  # fmt: skip


def _unavailable(reason: str) -> str:
    hints = {
        "connection-failed": "no connection: is the address right, and does it answer from this machine?",
        "timeout": "no answer in time: is it reachable from this machine, or behind a proxy?",
        "tls-failed": "its certificate was not accepted: does the kubeconfig name the right certificate authority?",
    }
    return hints.get(reason, f"no answer ({reason})")


def _refused(status: int, path: str) -> str:
    if status in (401, 403):
        return f"it answered {status} to {path}: these credentials are not accepted, or may not discover"
    return f"it answered {status} to {path}"
