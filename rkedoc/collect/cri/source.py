"""A container runtime that Kubernetes speaks to over CRI: its sandboxes, containers and images, and itself.

containerd, CRI-O and cri-dockerd answer the same questions. A sandbox is told as what it is: with a pause container's image where the
runtime has one, without where it has none. Where the runtime is containerd, its own API tells of the containers that CRI does not
show; of others it is said that nothing beside Kubernetes is visible. Whatever a runtime does, each container of its lists becomes a
record: where its status cannot be had the row of the list stands in.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from rkedoc.collect.cri import containerd, shape
from rkedoc.collect.cri.channel import Limits, RuntimeClient
from rkedoc.collect.cri.info import was_told
from rkedoc.collect.cri.lists import BESIDE, KINDS, beside_unseen, each_once, image_ids, states, static_suffix
from rkedoc.collect.cri.ways import Way
from rkedoc.collect.engine.address import SOURCE
from rkedoc.collect.engine.node import NodeMatch, named_node, which_node
from rkedoc.collect.engine.own_container import is_own, own_container_ids
from rkedoc.collect.engine.rows import ContainerRow
from rkedoc.collect.few import AT_ONCE, GRACE, MOST_HUNG, Done, few_at_a_time
from rkedoc.collect.intake import ContainerList, Intake, IntakeList
from rkedoc.collect.kubernetes.transport import NoAnswer
from rkedoc.collect.selection import Choice
from rkedoc.collect.source import PlannedRequest, Progress
from rkedoc.collect.tally import Tally, end_list
from rkedoc.errors import SourceUnavailable
from rkedoc.redact import Redactor
from rkedoc.snapshot.kinds import CONTAINERD_OF_DOCKER, CONTAINERD_OF_KUBERNETES
from rkedoc.snapshot.record import DETAILS_NOT_TOLD, Capture, Scope
from rkedoc.vocabulary import Result

_THROUGH_DOCKER: Final = "docker"
"""What cri-dockerd calls itself: its containers are those of a Docker engine (Mirantis/cri-dockerd, core/docker_service.go)."""

Asked = tuple[ContainerRow, Mapping[str, Any]]
"""A row, with the item of the list that it was made from."""


class CriSource:
    """One container runtime behind one socket. Used by one thread."""

    name = SOURCE
    kinds = None

    def __init__(
        self, way: Way, *, redactor: Redactor, progress: Progress, node_name: str | None = None,
        limits: Limits | None = None, choice: Choice | None = None,
    ) -> None:  # fmt: skip
        self._way = way
        self.belongs = named_node(node_name)
        """The node that it is known to belong to; ``None``: what it runs tells."""
        self._choice = choice or Choice()
        self._redactor = redactor
        self._progress = progress
        self._limits = limits or Limits()
        self._connected: RuntimeClient | None = None
        self._version: Mapping[str, Any] = {}
        self._sandboxes: tuple[Mapping[str, Any], ...] = ()
        self._containers: tuple[Mapping[str, Any], ...] = ()
        self._rows: tuple[tuple[Asked, ...], tuple[Asked, ...]] = ((), ())
        self._lists: dict[str, Tally] = {}
        self._namespaces: tuple[str, ...] | None = None
        self._received = 0
        self.cluster = ""
        """The name of the machine: the best name that there is for a cluster of which nothing else is known."""

    def connect(self) -> None:
        """Find the runtime and agree with it on a version. Raises :class:`~rkedoc.errors.SourceUnavailable`."""
        self._progress.note(self._redactor.text(f"{SOURCE}: {self._way.description}"))
        client = self._connected = RuntimeClient(self._way.open(), limits=self._limits)
        try:
            version = client.negotiate()
        except NoAnswer as error:
            raise self._unavailable(error) from None
        self._namespaces = self._containerd_namespaces()
        if version is None and self._namespaces is None:
            raise SourceUnavailable(
                SOURCE, self._where, "it answers, but neither as a container runtime's CRI nor as containerd does"
            )
        self._version = version or {"runtime_name": "containerd"}
        self.cluster = self._redactor.name(self._machine())

    def pods(self) -> frozenset[str]:
        """The uids of the pods that it runs. Raises :class:`~rkedoc.errors.SourceUnavailable` if it does not list its sandboxes."""
        if not self._client().version:
            return frozenset()
        try:
            self._sandboxes = self._list("ListPodSandbox")
            self._containers = self._list("ListContainers")
        except NoAnswer as error:
            raise self._unavailable(error) from None
        self._rows = self._listed()
        return frozenset(uid for row, _item in self._all_rows if (uid := row.pod_uid))

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the sandboxes and containers that :meth:`pods` has met: two runtimes that share one are the same."""
        return frozenset(row.id for row, _item in self._all_rows)

    def plan(self) -> tuple[PlannedRequest, ...]:
        """Every call that :meth:`connect`, :meth:`pods` and :meth:`collect` make."""
        version = self._client().version
        of_cri = (
            ("RuntimeService/Version", "1, sent now"),
            ("RuntimeService/Status", "1"),
            ("RuntimeService/RuntimeConfig", "1"),
            ("RuntimeService/ListPodSandbox", "2"),
            ("RuntimeService/ListContainers", "2"),
            ("RuntimeService/PodSandboxStatus", "1 for each sandbox"),
            ("RuntimeService/ContainerStatus", "1 for each container"),
            *(() if self._choice.engine_reason("images") else (("ImageService/ListImages", "1"),)),
            ("ImageService/ImageFsInfo", "1"),
        )
        of_containerd = (
            ("namespaces.v1.Namespaces/List", "1, sent now"),
            ("containers.v1.Containers/List", f"{len(self._namespaces or ())}, 1 for each namespace"),
            ("tasks.v1.Tasks/List", f"{len(self._namespaces or ())}, 1 for each namespace"),
        )
        planned = [(f"/runtime.{version}.{path}", count) for path, count in of_cri if version]
        planned += [
            (f"/containerd.services.{path}", count) for path, count in of_containerd if self._namespaces is not None
        ]
        return tuple(PlannedRequest(SOURCE, "CALL", path, count) for path, count in planned)

    def collect(self, intake: Intake) -> tuple[Capture, ...]:
        """Read everything. Which node it is that the runtime belongs to is told by the pods that were taken before.

        A container that vanished before its status was asked for is left out (``vanished``), one whose status failed is kept
        as its row says, and both make the scope partial.
        """
        try:
            scopes = self._scopes(intake, match := self.node(intake))
        finally:
            self._client().close()
            self._way.close()
        tool = {
            "runtime": self._runtime,
            "server": self._redactor.text(_text(self._version, "runtime_version")),
            "api": self._client().version,
            "endpoint": self._redactor.text(self._where),
        }
        return (intake.captures.live(SOURCE, scopes, node=match.name, tool=tool),)

    # Lists -----------------------------------------------------------------------------------------------------------

    def _scopes(self, intake: Intake, match: NodeMatch) -> tuple[Scope, ...]:
        node = match.name
        self._progress.note(self._redactor.text(f"{SOURCE}: belongs to the node {node} ({match.rule})"))
        if self._runtime == _THROUGH_DOCKER and not self.ids.isdisjoint(intake.learned.containers.get(node, ())):
            # The same containers, told by Docker itself with more than CRI knows.
            path = f"/runtime.{self._client().version}.RuntimeService/ListContainers"
            return (
                Scope(
                    f"{SOURCE}/containers",
                    "list",
                    path,
                    None,
                    Result.SKIPPED,
                    "read-from-docker",
                    kind=KINDS["containers"],
                ),
            )
        if not self._client().version:
            return (self._beside(intake, node, ()),)
        if self._lists:  # time has passed since the first lists, in which containers came and went
            self._again()
        images = self._image_items()
        taken = intake.containers(node, [row for row, _item in self._all_rows])
        counts = states(self._sandboxes, self._containers)
        scopes = [
            self._contained(taken, images),
            self._images(intake, node, images),
            self._itself(intake, node, counts, len(images)),
        ]
        known = [_text(item, "id") for item in (*self._sandboxes, *self._containers)]
        return (*scopes, self._beside(intake, node, known))

    def _contained(self, taken: ContainerList, images: Sequence[Mapping[str, Any]]) -> Scope:
        """Sandboxes and containers: one scope, since together they are what the runtime runs."""
        tally = self._lists["ListContainers"]
        tally.reasons.update(self._lists["ListPodSandbox"].reasons)
        self._progress.begin(SOURCE, "containers")
        own = own_container_ids() if self._way.is_local else ()
        ids = image_ids(images)
        boxes = {row.id: item for row, item in self._rows[0]}

        def sandbox(asked: Asked) -> tuple[dict[str, Any], bool]:
            row, _item = asked
            found = self._status("PodSandboxStatus", {"pod_sandbox_id": row.id})
            body = shape.sandbox(found["status"], found.get("info"), name=row.name, runtime=self._runtime)
            return body, was_told(found.get("info"))

        def container(asked: Asked) -> tuple[dict[str, Any], bool]:
            row, item = asked
            found = self._status("ContainerStatus", {"container_id": row.id})
            body = shape.container(
                found["status"], found.get("info"), shape.pod_of(item, boxes), name=row.name, runtime=self._runtime,
                image_ids=ids, sandbox_id=_text(item, "pod_sandbox_id"),
            )  # fmt: skip
            return body, was_told(found.get("info"))

        for done in self._few(sandbox, self._rows[0]):
            self._take(taken, done, tally, own)
        for done in self._few(container, self._rows[1]):
            self._take(taken, done, tally, own)
        return self._end("containers", tally, taken)

    def _take(
        self, taken: ContainerList, done: Done[Asked, tuple[dict[str, Any], bool]], tally: Tally, own: Iterable[str]
    ) -> None:
        row, _item = done.item
        if done.error is not None and done.error.reason == "not-found":
            tally.reasons["vanished"] += 1
            return
        body, told = done.result if done.result is not None else (None, False)
        whole = taken.take(row, body, collector=is_own(row.id, tuple(own)))
        if done.error is not None:
            tally.reasons[done.error.reason] += 1
        elif not whole:
            tally.reasons["not-understood"] += 1
        elif not told:
            tally.reasons[DETAILS_NOT_TOLD] += 1
        self._progress.advance(SOURCE, "containers", objects=1, size=0)

    def _images(self, intake: Intake, node: str, items: Sequence[Mapping[str, Any]]) -> Scope:
        tally = self._lists.get("ListImages") or Tally(self._path("ListImages"), KINDS["images"])
        if reason := self._choice.engine_reason("images"):
            return Scope(f"{SOURCE}/images", "list", tally.path, None, Result.SKIPPED, reason, kind=KINDS["images"])
        taken = intake.images(node)
        self._progress.begin(SOURCE, "images")
        for item in items:
            if taken.take(shape.image(item)):
                self._progress.advance(SOURCE, "images", objects=1, size=0)
            else:
                tally.reasons["not-understood"] += 1
        return self._end("images", tally, taken)

    def _itself(self, intake: Intake, node: str, counts: Mapping[str, int], images: int) -> Scope:
        tally = Tally(self._path("Status"), KINDS["engine"])
        taken = intake.engine(node)
        self._progress.begin(SOURCE, "engine")
        answers: dict[str, Mapping[str, Any]] = {}
        for method in ("Status", "ImageFsInfo", "RuntimeConfig"):
            answers[method] = {}
            try:
                answers[method] = self._client().call(method, {})
            except NoAnswer as error:
                if error.reason != "not-served":  # a part of CRI that came later than this runtime
                    tally.reasons[error.reason] += 1
        told = shape.runtime(
            self._version, answers["Status"], storage=answers["ImageFsInfo"], config=answers["RuntimeConfig"],
            api=self._client().version, machine=self._machine(), counts={**counts, "images": images},
        )  # fmt: skip
        if taken.take(told):
            self._progress.advance(SOURCE, "engine", objects=1, size=0)
        else:
            tally.reasons["not-understood"] += 1
        return self._end("engine", tally, taken)

    def _beside(self, intake: Intake, node: str, known: Iterable[str]) -> Scope:
        """What runs in the same containerd and is in no pod of Kubernetes; of other runtimes, that it cannot be seen."""
        if self._namespaces is None:
            return beside_unseen("/containerd.services.containers.v1.Containers/List")
        tally = Tally("/containerd.services.containers.v1.Containers/List", KINDS["containers"])
        self._progress.begin(SOURCE, BESIDE)
        of_namespace = {
            CONTAINERD_OF_KUBERNETES: frozenset(known),
            CONTAINERD_OF_DOCKER: frozenset(intake.learned.containers.get(node, ())),
        }
        found = []
        for position, namespace in enumerate(self._namespaces, 1):
            try:
                found += list(containerd.beside(self._client(), namespace, of_namespace.get(namespace, frozenset())))
            except NoAnswer as error:
                tally.reasons[error.reason] += 1
                if error.reason == "timeout" and position < len(self._namespaces):
                    # It hangs: each of the others would cost as long.
                    tally.reasons["engine-hangs"] += len(self._namespaces) - position
                    break
        taken = intake.containers(node, [one.row for one in found])
        for one in found:
            # Its row is all that there is of it: that it was taken is what counts.
            taken.take(one.row, one.row.raw)
            self._progress.advance(SOURCE, BESIDE, objects=1, size=0)
        if taken.refused:
            tally.reasons["not-understood"] = taken.refused.total()
        return self._end(BESIDE, tally, taken)

    # Asking ----------------------------------------------------------------------------------------------------------

    def _list(self, method: str) -> tuple[Mapping[str, Any], ...]:
        tally = self._lists[method] = Tally(self._path(method), KINDS[_OF[method]])
        try:
            answer = self._client().call(method, {}, seconds=self._limits.list)
        except NoAnswer as error:
            tally.failed = error.reason
            raise
        found = answer.get(_ITEMS[method]) or ()
        return tuple(item for item in found if isinstance(item, Mapping))

    def _again(self) -> None:
        """List once more what was listed before the API was read; what does not answer now stays as it was."""
        for method in ("ListPodSandbox", "ListContainers"):
            try:
                found = self._list(method)
            except NoAnswer as error:
                tally = self._lists[method]
                tally.failed = ""
                tally.reasons[error.reason] += 1
                continue
            if method == "ListPodSandbox":
                self._sandboxes = found
            else:
                self._containers = found
        self._rows = self._listed()

    def _image_items(self) -> tuple[Mapping[str, Any], ...]:
        if self._choice.engine_reason("images"):
            return ()
        try:
            return self._list("ListImages")
        except NoAnswer:
            return ()

    def _status(self, method: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The status of one sandbox or container, with what the runtime adds: its command, its environment and the like stand
        in no plain answer."""
        found = self._client().call(method, {**request, "verbose": True})
        status = found.get("status")
        if not isinstance(status, Mapping) or _text(status, "id") not in request.values():
            raise NoAnswer("not-understood")
        return found

    def _few(self, call: Callable[[Asked], Any], items: Iterable[Asked]) -> Iterable[Done[Asked, Any]]:
        return few_at_a_time(call, items, at_once=AT_ONCE, seconds=self._limits.one + GRACE, hung=MOST_HUNG)

    def _containerd_namespaces(self) -> tuple[str, ...] | None:
        try:
            return containerd.namespaces(self._client())
        except NoAnswer:
            return None

    # What is known ---------------------------------------------------------------------------------------------------

    def _listed(self) -> tuple[tuple[Asked, ...], tuple[Asked, ...]]:
        """Sandboxes and containers of the lists, each id once, in an order that is not that of the answers."""
        runtime = self._runtime
        sandboxes = each_once(self._sandboxes)
        boxes = {_text(item, "id"): item for item in sandboxes}
        containers = each_once(self._containers, boxes.keys())
        rows = [(shape.sandbox_row(item, runtime=runtime), item) for item in sandboxes]
        more = [(shape.container_row(item, boxes, runtime=runtime), item) for item in containers]
        of_sandboxes, of_containers = (
            tuple((row, item) for row, item in found if row is not None) for found in (rows, more)
        )
        return of_sandboxes, of_containers

    @property
    def _all_rows(self) -> tuple[Asked, ...]:
        return (*self._rows[0], *self._rows[1])

    def node(self, intake: Intake) -> NodeMatch:
        """The node that it belongs to, by the pods that were taken before."""
        if self.belongs is not None:
            return self.belongs
        rows = [row for row, _item in self._all_rows]
        match = which_node(rows, intake.learned.pod_nodes, self.cluster)
        static = static_suffix(self._sandboxes) if match.rule == "engine" else ""
        return NodeMatch(static, "static pods", "what the names of static pods end with") if static else match

    def _machine(self) -> str:
        return self._way.host or os.environ.get("NODE_NAME") or socket.gethostname()

    @property
    def _runtime(self) -> str:
        return self._redactor.text(_text(self._version, "runtime_name"))[:63] or "runtime"

    @property
    def _where(self) -> str:
        return self._way.url

    def _path(self, method: str) -> str:
        service = "ImageService" if method in ("ListImages", "ImageFsInfo") else "RuntimeService"
        return f"/runtime.{self._client().version}.{service}/{method}"

    def _end(self, what: str, tally: Tally, taken: IntakeList) -> Scope:
        before, self._received = self._received, self._client().received
        return end_list(self._progress, what, tally, taken, size=self._received - before)

    def _client(self) -> RuntimeClient:
        if self._connected is None:
            raise SourceUnavailable(SOURCE, self._where, "it has not been connected to")
        return self._connected

    def _unavailable(self, error: NoAnswer) -> SourceUnavailable:
        if self._connected is not None:
            self._connected.close()
        self._way.close()
        where = self._redactor.text(self._where)
        return SourceUnavailable(SOURCE, where, self._way.advice(error.reason), code=error.reason)


_OF: Final = {"ListPodSandbox": "containers", "ListContainers": "containers", "ListImages": "images"}
_ITEMS: Final = {"ListPodSandbox": "items", "ListContainers": "containers", "ListImages": "images"}


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""
