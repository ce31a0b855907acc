"""A container engine as a source: every container, image, network and volume that it holds, and the engine itself.

An engine on a sick node may answer some things and hang on others. Whatever it does, each container of its list becomes
a record: where it cannot be inspected the row of the list stands in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rkedoc.collect.engine.address import SOURCE, EngineAddress, engine_address
from rkedoc.collect.engine.node import NodeMatch, named_node, which_node
from rkedoc.collect.engine.own_container import is_own, own_container_ids
from rkedoc.collect.engine.rows import ContainerRow, row_of_list
from rkedoc.collect.engine.transport import EngineClient, Limits
from rkedoc.collect.few import AT_ONCE, GRACE, MOST_HUNG, few_at_a_time, one
from rkedoc.collect.intake import EngineList, Intake, IntakeList
from rkedoc.collect.kubernetes.transport import NoAnswer
from rkedoc.collect.selection import Choice
from rkedoc.collect.source import PlannedRequest, Progress
from rkedoc.collect.tally import Tally, end_list
from rkedoc.errors import ForbiddenRequest, SourceUnavailable
from rkedoc.redact import Redactor
from rkedoc.snapshot.kinds import ENGINE_KINDS
from rkedoc.snapshot.record import Capture, Scope
from rkedoc.vocabulary import Result

_PODMAN: Final = "podman"

_RECORDS = {kind.plural: f"{kind.group}/{kind.kind}" for kind in ENGINE_KINDS}


class EngineSource:
    """One engine: to be connected to, listed, and then collected from. Used by one thread."""

    name = SOURCE
    kinds = None

    def __init__(
        self, url: str | None, *, redactor: Redactor, progress: Progress, run_id: str, limits: Limits | None = None,
        choice: Choice | None = None, node_name: str | None = None, shown: str = "",
    ) -> None:  # fmt: skip
        """``shown`` is where it is, in the words of a person, if ``url`` is but the end on this machine of a way to another one."""
        self._url = url
        self._shown = shown
        self.belongs = named_node(node_name)
        """The node that it is known to belong to; ``None``: what it runs tells."""
        self._choice = choice or Choice()
        self._redactor = redactor
        self._progress = progress
        self._run_id = run_id
        self._limits = limits or Limits()
        self._address: EngineAddress | None = None
        self._connected: EngineClient | None = None
        self._version: Mapping[str, Any] = {}
        self._info: Mapping[str, Any] = {}
        self._info_scope = Tally("/info", "engine/Engine", 200)
        self._rows: tuple[ContainerRow, ...] = ()
        self._received = 0
        self.cluster = ""
        """What the engine calls its machine: the best name that there is for a cluster of which nothing else is known."""

    def connect(self) -> None:
        """Find the engine and agree with it on a version. Raises :class:`~rkedoc.errors.SourceUnavailable`."""
        address = self._address = engine_address(self._url)
        limits = self._limits
        self._progress.note(self._redactor.text(f"{SOURCE}: {self._shown or address.description}"))
        try:
            client = one(
                lambda: EngineClient(address, run_id=self._run_id, limits=limits), seconds=limits.connect * 3 + GRACE
            )
            self._connected = client
            self._version = one(client.negotiate, seconds=limits.connect + limits.one + GRACE)
        except NoAnswer as error:
            raise self._unavailable(error) from None
        try:
            info = self._ask("/info")
            self._info = info if isinstance(info, dict) else {}
        except NoAnswer as error:
            self._info_scope.failed, self._info_scope.status = error.reason, error.status
        name = self._info.get("Name")
        self.cluster = self._redactor.name(name) if isinstance(name, str) else ""
        if told := self._choice.engine_note():
            self._progress.note(f"{SOURCE}: {told}; --engine none leaves the engine out")

    def pods(self) -> frozenset[str]:
        """The uids of the pods that it runs. Raises :class:`~rkedoc.errors.SourceUnavailable` if it does not list its containers."""
        try:
            self._rows = self._list_containers()
        except NoAnswer as error:
            raise self._unavailable(error) from None
        return frozenset(uid for row in self._rows if (uid := row.pod_uid))

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the containers that :meth:`pods` has met: two engines that share one are the same."""
        return frozenset(row.id for row in self._rows)

    def plan(self) -> tuple[PlannedRequest, ...]:
        """Every request that :meth:`connect`, :meth:`pods` and :meth:`collect` send."""
        client = self._client()
        counts = {key: self._info.get(key) for key in ("Containers", "Images")}
        return tuple(
            PlannedRequest(SOURCE, "GET", path, count)
            for path, count in (
                ("/version", "1, sent now"),
                (client.path("/info"), "1, sent now"),
                (client.path("/containers/json?all=1"), "2"),
                (client.path("/containers/{id}/json"), _planned(counts["Containers"], "container")),
                (client.path("/images/json"), "1"),
                (client.path("/images/{id}/json"), _planned(counts["Images"], "image")),
                (client.path("/networks"), "1"),
                (client.path("/volumes"), "1"),
            )
            if not any(f"/{what}" in path and self._choice.engine_reason(what) for what in _RECORDS)
        )

    def collect(self, intake: Intake) -> tuple[Capture, ...]:
        """Read everything. Which node it is that the engine belongs to is told by the pods that were taken before.

        What the engine does wrong is no error but a scope: a container that vanished before it was inspected is left out
        (``vanished``), one whose inspect failed is kept as its row says, and both make the scope partial.
        """
        match = self.node(intake)
        node = match.name
        self._progress.note(self._redactor.text(f"{SOURCE}: belongs to the node {node} ({match.rule})"))
        try:
            scopes = (
                self._engine(intake.engine(node)),
                self._containers(node, intake),
                self._chosen("images") or self._images(intake.images(node)),
                self._chosen("networks") or self._plain("networks", intake.networks(node)),
                self._chosen("volumes") or self._plain("volumes", intake.volumes(node)),
            )
        finally:
            self._client().close()
        version = self._version.get("Version")
        tool = {
            "server": self._redactor.text(version) if isinstance(version, str) else "",
            "api": self._client().api_version,
            "engine": _PODMAN if self._is_podman else "",
            "endpoint": self._redactor.text(self._shown),
        }
        return (intake.captures.live(SOURCE, scopes, node=node, tool=tool),)

    def node(self, intake: Intake) -> NodeMatch:
        """The node that it belongs to, by the pods that were taken before."""
        if self.belongs is not None:
            return self.belongs
        match = which_node(self._rows, intake.learned.pod_nodes, self.cluster)
        nodes = set(intake.learned.pod_nodes.values())
        here = self._address is not None and self._address.scheme == "unix" and not self._shown
        if match.rule == "engine" and len(nodes) == 1 and here:
            # Docker beside the runtime of Kubernetes: one machine, which has one name.
            return NodeMatch(
                nodes.pop(), "other runtime", "the pods of another runtime of this machine are bound to it"
            )
        return match

    @property
    def _is_podman(self) -> bool:
        """Whether it is podman, which speaks Docker's API (containers/podman v4.9, pkg/api/handlers/compat/version.go)."""
        parts = self._version.get("Components")
        found = parts if isinstance(parts, list) else ()
        return any(isinstance(part, dict) and "podman" in _text(part.get("Name")).lower() for part in found)

    # Lists -----------------------------------------------------------------------------------------------------------

    def _engine(self, taken: EngineList) -> Scope:
        self._progress.begin(SOURCE, "engine")
        tally = self._info_scope
        self._take(taken, {"version": self._version, "info": self._info}, tally, "engine")
        return self._end("engine", tally, taken)

    def _containers(self, node: str, intake: Intake) -> Scope:
        client = self._client()
        tally = Tally("/containers/json", "engine/EngineContainer", 200)
        self._progress.begin(SOURCE, "containers")
        rows = self._rows
        try:
            # Time has passed since the first list, in which containers came and went.
            rows = self._list_containers()
        except NoAnswer as error:
            tally.reasons[error.reason] += 1
        taken = intake.containers(node, rows)
        own = () if self._shown else own_container_ids()

        def inspect(row: ContainerRow) -> Any:
            found = _detail(client, f"/containers/{row.id}/json")
            if not isinstance(found, dict) or found.get("Id") != row.id:
                raise NoAnswer("not-understood", status=200)
            return found

        for done in self._few(inspect, rows):
            if done.error is not None and done.error.reason == "not-found":
                tally.reasons["vanished"] += 1
                continue
            inspected = taken.take(done.item, done.result, collector=is_own(done.item.id, own))
            if done.error is not None:
                tally.reasons[done.error.reason] += 1
            elif not inspected:
                tally.reasons["not-understood"] += 1
            self._progress.advance(SOURCE, "containers", objects=1, size=0)
        return self._end("containers", tally, taken)

    def _chosen(self, what: str) -> Scope | None:
        """The scope of a list that a person does not want; ``None`` if it is to be read."""
        reason = self._choice.engine_reason(what)
        if reason is None:
            return None
        path = "/images/json" if what == "images" else f"/{what}"
        return Scope(f"{SOURCE}/{what}", "list", path, None, Result.SKIPPED, reason, kind=_RECORDS[what])

    def _images(self, taken: EngineList) -> Scope:
        client = self._client()
        tally = Tally("/images/json", "engine/EngineImage", 200)
        self._progress.begin(SOURCE, "images")
        rows = self._objects("/images/json", tally)
        found = {identifier: row for row in rows if (identifier := _text(row.get("Id")))}
        for done in self._few(lambda identifier: _detail(client, f"/images/{identifier}/json"), sorted(found)):
            inspected = done.result if isinstance(done.result, dict) and done.result.get("Id") == done.item else None
            if inspected is None:
                reason = done.error.reason if done.error is not None else "not-understood"
                tally.reasons["vanished" if reason == "not-found" else reason] += 1
                if reason == "not-found":
                    continue
            self._take(taken, inspected or found[done.item], tally, "images")
        return self._end("images", tally, taken)

    def _plain(self, what: str, taken: EngineList) -> Scope:
        """A list whose rows say everything."""
        tally = Tally(f"/{what}", _RECORDS[what], 200)
        self._progress.begin(SOURCE, what)
        rows = self._objects(f"/{what}", tally)
        for raw in sorted(rows, key=lambda row: (_text(row.get("Name")), _text(row.get("Id")))):
            self._take(taken, raw, tally, what)
        return self._end(what, tally, taken)

    def _take(self, taken: EngineList, raw: Mapping[str, Any], tally: Tally, what: str) -> None:
        if taken.take(raw):
            self._progress.advance(SOURCE, what, objects=1, size=0)
        else:
            tally.reasons["not-understood"] += 1

    # Asking ----------------------------------------------------------------------------------------------------------

    def _few(self, call: Callable[[Any], Any], items: Any) -> Any:
        seconds = self._limits.connect + self._limits.one + GRACE
        return few_at_a_time(call, items, at_once=AT_ONCE, seconds=seconds, hung=MOST_HUNG)

    def _ask(self, path: str, *, query: Mapping[str, str] | None = None, listing: bool = False) -> Any:
        limits, client = self._limits, self._client()
        seconds = limits.connect + (limits.list if listing else limits.one) + GRACE
        return one(lambda: client.get(path, query=query, listing=listing), seconds=seconds)

    def _list_containers(self) -> tuple[ContainerRow, ...]:
        found = self._ask("/containers/json", query={"all": "1"}, listing=True)
        if not isinstance(found, list):
            raise NoAnswer("not-an-engine", status=200, retry=False)
        rows = [row_of_list(row) for row in found if isinstance(row, dict)]
        return tuple({row.id: row for row in rows if row is not None}.values())

    def _objects(self, path: str, tally: Tally) -> tuple[dict[str, Any], ...]:
        try:
            found = self._ask(path, listing=True)
        except NoAnswer as error:
            tally.failed, tally.status = error.reason, error.status
            return ()
        if path == "/volumes" and isinstance(found, dict):
            if found.get("Warnings"):  # a plugin for volumes did not answer; the texts are free and are not kept
                tally.reasons["plugin-warnings"] += 1
            found = found.get("Volumes") or []
        if not isinstance(found, list):
            tally.failed = "not-understood"
            return ()
        return tuple(row for row in found if isinstance(row, dict))

    def _end(self, what: str, tally: Tally, taken: IntakeList) -> Scope:
        before, self._received = self._received, self._client().received
        return end_list(self._progress, what, tally, taken, size=self._received - before)

    def _client(self) -> EngineClient:
        if self._connected is None:
            raise SourceUnavailable(SOURCE, self._url or "the default address", "it has not been connected to")
        return self._connected

    def _unavailable(self, error: NoAnswer) -> SourceUnavailable:
        where = self._shown or (self._address.url if self._address is not None else "?")
        return SourceUnavailable(SOURCE, self._redactor.text(where), _advice(error, where), code=error.reason)


def _advice(error: NoAnswer, where: str) -> str:
    """What a reason code means for whoever reads it, and what to do."""
    reason, _, kind = error.reason.partition(":")
    if reason == "no-connection" and where.startswith("ssh://"):
        hint = "is its key in ~/.ssh/known_hosts, and does `ssh` reach it without a password?"
        return f"no ssh connection ({kind}): {hint}"
    advice = {
        "timeout": "no answer in time: does `docker version` answer there?",
        "connection-failed": "no connection: does an engine listen there, and does `docker version` reach it?",
        "tls-failed": "its certificate was not accepted: see DOCKER_CERT_PATH and DOCKER_TLS_VERIFY",
        "no-connection": f"no connection can be prepared ({kind}): is the address right, and are its TLS files there?",
        "not-an-engine": "it answers, but not as a Docker Engine does",
        "not-json": "it answers, but not as a Docker Engine does",
        "api-too-old": "it speaks a version of the API before 1.24 (Docker 1.12): too old to be read",
        "forbidden": "it, or a proxy before it, does not allow reading: the allowlist needs /version and /containers/json",
        "unauthorized": "it asks for credentials: give them in the address or as TLS certificates",
        "redirected": "it sends the collector elsewhere, which the collector does not follow",
    }
    return advice.get(reason, f"it answered in a way that is of no use ({error.reason})")


def _detail(client: EngineClient, path: str) -> Any:
    """Ask about one thing of a list. An id from a list that is no id makes a path that the guard does not let through."""
    try:
        return client.get(path)
    except ForbiddenRequest:
        raise NoAnswer("not-an-id", retry=False) from None


def _planned(count: object, what: str) -> str:
    return f"1 for each {what}" + (f", {count} now" if isinstance(count, int) else "")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
