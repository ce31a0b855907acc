"""The Kubernetes API as a source: discovery, then every list, each object redacted as it comes.

The objects are never deserialised into a client's classes: a page is decoded once into plain values, redacted, split
into a record and spooled. Nothing of a list stays in memory but what later stages need: the targets of autoscalers,
the services' variables, the ConfigMaps that may be shown, and the pods of the node whose engine is read.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rkedoc.collect import noise
from rkedoc.collect.intake import Intake, ObjectList, is_credential
from rkedoc.collect.kubernetes import discovery
from rkedoc.collect.kubernetes.discovery import GroupVersion, Resource
from rkedoc.collect.kubernetes.endpoint import Endpoint, connect
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
from rkedoc.collect.private_folder import PrivateFolder, runtime_folder
from rkedoc.collect.selection import Choice
from rkedoc.collect.source import Kinds, PlannedRequest, Progress
from rkedoc.errors import SourceUnavailable
from rkedoc.redact import Redactor
from rkedoc.snapshot.record import Capture, Scope
from rkedoc.vocabulary import Result

SOURCE = "kubernetes"

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
    """One list on its way into the intake."""

    resource: Resource
    namespace: str | None
    accept: str
    taken: ObjectList
    path: str
    single: bool = False


class KubernetesSource:
    """One API server, to be discovered and then collected from."""

    name = SOURCE

    def __init__(
        self,
        *,
        kubeconfig: Path | None = None,
        context: str | None = None,
        no_exec: bool = False,
        connected: Callable[[], Endpoint] | None = None,
        run_id: str,
        choice: Choice,
        redactor: Redactor,
        progress: Progress,
        resources: ExitStack,
    ) -> None:
        """``connected`` gives the endpoint where something other than a kubeconfig names it.

        ``resources`` closes, when the run ends, what :meth:`connect` opens: the connections, and the folder of key files.
        """
        self._connect = functools.partial(connect, kubeconfig=kubeconfig, context=context, no_exec=no_exec)
        self._elsewhere = connected
        self._run_id = run_id
        self._choice = choice
        self._redactor = redactor
        self._progress = progress
        self._resources = resources
        self._stop = threading.Event()
        resources.callback(self._stop.set)
        self._connected: Transport | None = None
        self._endpoint = ""
        self._configured = ""
        self._proxy = ""
        self._proxy_named_by = ""
        self._groups: frozenset[str] = frozenset()
        self._discovered: Discovered | None = None
        self.cluster = ""
        self.kinds: Kinds | None = None

    def connect(self) -> None:
        """Find the API server, and ask what it serves. Raises :class:`~rkedoc.errors.SourceUnavailable` if it does not say."""
        endpoint = self._found()
        self._announce(endpoint)
        self._connected = Transport(endpoint, run=self._run_id)
        self._resources.callback(self._connected.close)
        self._endpoint = self._redactor.text(endpoint.url)
        self._configured = endpoint.configured
        self._proxy, self._proxy_named_by = endpoint.proxy, endpoint.proxy_named_by
        self.cluster = endpoint.cluster
        self._discovered = self._discover()

    def _found(self) -> Endpoint:
        if self._elsewhere is not None:
            return self._elsewhere()
        keys = self._resources.enter_context(PrivateFolder(runtime_folder()))
        return self._connect(private=keys.path, announce=self._say)

    @property
    def wanted(self) -> tuple[Resource, ...]:
        """The resources that the options choose among those that the server serves, once it is connected to."""
        return self._known().wanted

    def _announce(self, endpoint: Endpoint) -> None:
        proxy = f"through the proxy {endpoint.proxy}" if endpoint.proxy else "no proxy"
        trust = "" if endpoint.verified else "; WARNING: its certificate is not verified"
        self._say(f"{SOURCE}: {endpoint.url} ({endpoint.origin}), as {endpoint.identity}, {proxy}{trust}")

    def _say(self, text: str) -> None:
        self._progress.note(self._redactor.text(text))

    def _known(self) -> Discovered:
        if self._discovered is None:
            raise SourceUnavailable(SOURCE, self._endpoint or "the default address", "it has not been connected to")
        return self._discovered

    @property
    def _transport(self) -> Transport:
        if self._connected is None:
            raise SourceUnavailable(SOURCE, self._endpoint or "the default address", "it has not been connected to")
        return self._connected

    def _discover(self) -> Discovered:
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
        self._progress.end(SOURCE, "discovery", Result.PARTIAL if failed else Result.COMPLETE)
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

    def plan(self) -> tuple[PlannedRequest, ...]:
        """Every request that :meth:`connect` has sent and :meth:`collect` would send."""
        planned = []
        discovered = self._known()
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

    def _unavailable(self, reason: str) -> str:
        """Why it did not answer, and what to look at: what names its address, or the proxy in between."""
        of = self._configured
        through = f" through the proxy {self._proxy}" if self._proxy else ""
        told = {
            "name-not-resolved": f"nothing here knows this name: is it right in {of}, and is it one that only another network's DNS knows?",
            "connection-refused": f"nothing listens there: is the port right in {of}, and does the API server run?",
            "unreachable": "no way leads there from this machine: is a route or a VPN missing?",
            "connection-failed": f"no connection{through}: is the address right in {of}, and does it answer from this machine?",
            "timeout": f"no answer in time{through}: is it reachable from this machine, or only through another proxy?",
            "proxy-failed": f"no way through the proxy {self._proxy}, which {self._proxy_named_by} names: does it run, and may it reach this address? NO_PROXY names what needs none",
            "tls-unknown-authority": f"its certificate is of an authority that {of} does not name: take certificate-authority-data from the cluster itself",
            "tls-other-name": f"its certificate is for other names than this one: use a name that it has in {of}, or tls-server-name",
            "tls-expired": "its certificate is not valid at this time: is it expired, or is a clock wrong?",
            "tls-not-spoken": f"it speaks no TLS: is the port right in {of}?",
            "tls-refused-by-server": f"it ended the TLS handshake: does it accept the client certificate of {of}?",
            "tls-failed": f"no TLS could be agreed upon with it: is it the API server that {of} means?",
        }  # fmt: skip
        return told.get(reason, f"no answer ({reason})")

    def pods(self) -> frozenset[str]:
        """None: an API server holds pods, and no container of any."""
        return frozenset()

    def collect(self, intake: Intake) -> tuple[Capture, ...]:
        """Read every list that is wanted; the capture says how each ended."""
        discovered = self._known()
        scopes = list(discovered.scopes)
        lists = self._lists(discovered.wanted)
        first = [entry for entry in lists if entry[0].scope in _FIRST]
        rest = sorted((entry for entry in lists if entry[0].scope not in _FIRST), key=_early)
        for batch in (first, rest):
            jobs = [self._job(resource, namespace, single, intake) for resource, namespace, single in batch]
            for job in jobs:
                if job.single:
                    scopes.append(self._read_one(job))
            requests = [(job, self._request(job, intake.learned.aggregated)) for job in jobs if not job.single]
            readers: Readers[_Job] = Readers(self._transport.get, self._stop)
            for job, news in readers.read(requests):
                if isinstance(news, Begun):
                    self._progress.begin(SOURCE, _label(job))
                elif isinstance(news, Restarted):
                    job.taken.restart()
                elif isinstance(news, Page):
                    self._take(job, news)
                else:
                    scopes.append(self._finish(job, news))
        tool = {
            "server": self._redactor.text(discovered.version),
            "certificateUntil": self._transport.certificate_until,
        }
        return (intake.captures.live(SOURCE, scopes, tool=tool),)

    # Discovery -------------------------------------------------------------------------------------------------------

    def _document(self, path: str, waiting: Waiting) -> Mapping[str, Any]:
        try:
            answer = ask(self._transport.get, path, timeouts=PATIENT, waiting=waiting)
        except NoAnswer as error:
            raise SourceUnavailable(SOURCE, self._endpoint, self._unavailable(error.reason)) from None
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
            failed.append(discovery.discovery_scope(at, result=Result.FAILED, status=error.status, reason=error.reason))
            return
        document = discovery.read_document(answer.body) if answer.status == 200 else None
        if document is not None and isinstance(document.get("resources"), list | None):
            found[at] = discovery.resources_of(at, document)
            self._progress.advance(SOURCE, "discovery", objects=1, size=len(answer.body))
            return
        end = ended(answer.status, answer.reason, 0) if answer.status != 200 else End(Result.FAILED, 200, "not-json")
        failed.append(discovery.discovery_scope(at, result=end.result, status=end.status, reason=end.reason))

    def _unmatched(self, found: Iterable[Sequence[Resource]]) -> None:
        resources = [resource for some in found for resource in some]
        unmatched = tuple(
            name for name in self._choice.unmatched(resources) if name.strip().lower() not in self._groups
        )
        self.kinds = Kinds(tuple(resource.name for resource in resources), unmatched)
        for name in unmatched:
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
        if not is_credential(resource):
            return JSON_ONLY, query
        return (TABLE_ONLY if resource.scope == "core/secrets" else METADATA_ONLY), query

    def _job(self, resource: Resource, namespace: str | None, single: bool, intake: Intake) -> _Job:
        accept, _ = self._asks(resource)
        path = _path(resource, namespace, single)
        return _Job(resource, namespace, accept, intake.objects(resource), path, single)

    def _request(self, job: _Job, aggregated: frozenset[str]) -> ListRequest:
        _, query = self._asks(job.resource)
        group = job.resource.group
        slow = group in aggregated if aggregated else discovery.may_be_aggregated(group) and group.endswith(".k8s.io")
        # Before Kubernetes 1.15 a server may know no such Table; its names alone are better than nothing.
        otherwise = METADATA_ONLY if job.accept == TABLE_ONLY else ""
        timeouts = SHORT if slow else PATIENT
        return ListRequest(job.path, accept=job.accept, otherwise=otherwise, query=query, timeouts=timeouts)

    def _read_one(self, job: _Job) -> Scope:
        """The namespace object itself, which who may read only this namespace may still get."""
        self._progress.begin(SOURCE, _label(job))
        try:
            answer = ask(self._transport.get, job.path, timeouts=PATIENT, waiting=Waiting(WAITING, self._stop))
        except NoAnswer as error:
            return self._finish(job, End(Result.FAILED, error.status, error.reason))
        if answer.status != 200:
            return self._finish(job, ended(answer.status, answer.reason, 0))
        found = discovery.read_document(answer.body)
        if found is None:
            return self._finish(job, End(Result.FAILED, 200, "not-json"))
        self._take(job, Page((dict(found),), len(answer.body)))
        return self._finish(job, End(Result.COMPLETE, 200, ""))

    def _take(self, job: _Job, page: Page) -> None:
        self._progress.advance(SOURCE, _label(job), objects=len(page.items), size=page.size)
        resource = job.resource
        for item in page.items:  # the objects of a list leave out what its head says
            job.taken.take({**item, "apiVersion": resource.api_version, "kind": resource.kind})

    def _finish(self, job: _Job, end: End) -> Scope:
        job.taken.close()
        if end.result == Result.COMPLETE and (lacks := job.taken.lacks()):
            end = End(Result.PARTIAL, end.status, lacks)
        self._progress.end(SOURCE, _label(job), end.result)
        return Scope(
            name=job.resource.scope, verb="get" if job.single else "list", path=job.path, status=end.status,
            result=end.result, reason=end.reason, count=job.taken.count, namespace=job.namespace,
            kind=job.resource.record_kind,
        )  # fmt: skip


def _path(resource: Resource, namespace: str | None, single: bool) -> str:
    return f"{resource.path()}/{namespace}" if single else resource.path(namespace if resource.namespaced else None)


def _label(job: _Job) -> str:
    return f"{job.resource.scope} in {job.namespace}" if job.namespace else job.resource.scope


def _early(entry: tuple[Resource, str | None, bool]) -> tuple[int, str, str]:
    scope = entry[0].scope
    return (_EARLY.index(scope) if scope in _EARLY else len(_EARLY), scope, entry[1] or "")


def _skipped(resource: Resource, reason: str | None) -> Scope:
    return Scope(
        name=resource.scope, verb="list", path=resource.path(), status=None, result=Result.SKIPPED, reason=reason or "",
        kind=resource.record_kind,
    )  # fmt: skip


def _refused(status: int, path: str) -> str:
    if status in (401, 403):
        return f"it answered {status} to {path}: these credentials are not accepted, or may not discover"
    return f"it answered {status} to {path}"
