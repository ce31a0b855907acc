"""One node behind ssh: which of the sockets that are known answer there, and what their runtimes hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from rkedoc.collect.cri.channel import NO_GRPC
from rkedoc.collect.cri.channel import Limits as CriLimits
from rkedoc.collect.cri.sockets import CRI_SOCKETS, DOCKER_SOCKETS, KnownSocket
from rkedoc.collect.cri.source import CriSource
from rkedoc.collect.cri.ways import SocketBehindSsh, advice
from rkedoc.collect.engine.address import SOURCE
from rkedoc.collect.engine.node import NodeMatch
from rkedoc.collect.engine.source import EngineSource
from rkedoc.collect.engine.transport import Limits as EngineLimits
from rkedoc.collect.intake import Intake
from rkedoc.collect.nodes.progress import NodeProgress
from rkedoc.collect.selection import Choice
from rkedoc.collect.source import PlannedRequest, Progress
from rkedoc.collect.ssh import Login, Tunnel
from rkedoc.errors import SourceUnavailable
from rkedoc.redact import Redactor
from rkedoc.snapshot.record import Capture

_SILENT: Final = "connection-failed"
"""The code of a socket at which nobody answers: sshd closes the connection, and does not say whether the socket is there."""

_BY_ADDRESS: Final = "engine"
"""The rule of a node that nothing names but the address, or the runtime's own word for its machine."""

_RULES: Final = ("option", "pods", "kubelet", "static pods", _BY_ADDRESS)
"""The rules by which a node is found, the surest first (:mod:`rkedoc.collect.engine.node`)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the runtimes of nodes are read: the same for all nodes of a run."""

    redactor: Redactor
    progress: Progress
    run_id: str
    choice: Choice = field(default_factory=Choice)
    docker: bool = True
    """Whether engines with Docker's API are looked for."""
    cri: bool = True
    """Whether runtimes that speak CRI are looked for."""
    cri_limits: CriLimits = field(default_factory=CriLimits)
    engine_limits: EngineLimits = field(default_factory=EngineLimits)

    @property
    def engines(self) -> tuple[KnownSocket, ...]:
        """The sockets at which Docker's API is looked for."""
        return DOCKER_SOCKETS if self.docker else ()

    @property
    def runtimes(self) -> tuple[KnownSocket, ...]:
        """The sockets at which CRI is looked for."""
        return CRI_SOCKETS if self.cri else ()

    @property
    def paths(self) -> tuple[str, ...]:
        """All sockets that are looked for, engines first: they tell most of the containers that both know."""
        return tuple(socket.path for socket in (*self.engines, *self.runtimes))


@dataclass(slots=True)
class NodeSocket(SocketBehindSsh):
    """A way to one of the sockets of a node whose tunnel is open; ``local`` is its end on this machine."""

    local: str

    def open(self) -> str:
        return self.local

    def close(self) -> None:
        """The tunnel is the node's, and other sockets go through it."""

    def advice(self, reason: str) -> str:
        return advice(reason, "the socket was there and does not answer any more")


class Node:
    """One node. Used by one thread at a time; :attr:`tunnel` may be closed by another."""

    def __init__(self, login: Login, reading: Reading) -> None:
        self.login = login
        self.tunnel = Tunnel(login, reading.paths, source=SOURCE)
        self.lost: list[SourceUnavailable] = []
        """The runtimes that are there and could not be read."""
        self.match: NodeMatch | None = None
        """Which Node of the cluster it is, once :meth:`find_out` has been asked."""
        self._reading = reading
        self._found: list[EngineSource | CriSource] = []

    @property
    def where(self) -> str:
        """Its address, as it may be shown."""
        return self._reading.redactor.text(self.login.url)

    @property
    def cluster(self) -> str:
        """What a runtime of it calls its machine, in clear; empty before it is connected to."""
        return next((source.cluster for source in self._found if source.cluster), "")

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all containers that were met on it."""
        return frozenset[str]().union(*(source.ids for source in self._found))

    def connect(self) -> None:
        """Log in, and find the runtimes that answer. Raises :class:`~rkedoc.errors.SourceUnavailable` if there is none."""
        reading = self._reading
        ends = dict(zip(reading.paths, map(str, self.tunnel.open()), strict=True))
        for socket in reading.engines:
            self._try(self._engine, socket, ends[socket.path])
        docker = bool(self._found)
        for socket in reading.runtimes:
            if not (docker and socket.wraps_docker):  # Docker itself tells more of the same containers
                self._try(self._runtime, socket, ends[socket.path])
        if self._found:
            self.lost = [error for error in self.lost if error.code != NO_GRPC]
            return
        self.tunnel.close()
        if self.lost:
            raise self.lost.pop(0)
        raise SourceUnavailable(SOURCE, self.where, self._nothing_answers(), code="no-socket-answers")

    def plan(self) -> Iterator[PlannedRequest]:
        """Every request to it."""
        for source in self._found:
            for request in source.plan():
                yield PlannedRequest(f"{SOURCE} at {self.where}", request.method, request.path, request.count)

    def pods(self) -> frozenset[str]:
        """The uids of the pods that its runtimes hold. A runtime that does not list its containers is lost, and so is the second of two
        that hold the same ones: one socket may have several names. Raises :class:`~rkedoc.errors.SourceUnavailable` if none is left.
        """
        uids: set[str] = set()
        kept: list[EngineSource | CriSource] = []
        met: set[str] = set()
        for source in self._found:
            try:
                found = source.pods()
            except SourceUnavailable as error:
                self.lost.append(error)
                continue
            if source.ids & met:
                continue
            met |= source.ids
            uids |= found
            kept.append(source)
        self._found = kept
        if not kept:
            self.tunnel.close()
            raise self.lost.pop()
        return frozenset(uids)

    def find_out(self, intake: Intake) -> NodeMatch:
        """Which Node it is: what the surest of its runtimes says."""
        matches = [source.node(intake) for source in self._found]
        return min(matches, key=lambda match: _RULES.index(match.rule))

    def collect(self, intake: Intake) -> tuple[Capture, ...]:
        """Read everything as that of :attr:`match`, and close the tunnel."""
        captures: list[Capture] = []
        try:
            for source in self._found:
                source.belongs = self.match
                captures += source.collect(intake)
        finally:
            self.tunnel.close()
        return tuple(captures)

    def _try(
        self, make: Callable[[KnownSocket, str, Progress], EngineSource | CriSource], socket: KnownSocket, end: str
    ) -> None:
        """Connect to a runtime. That nobody answers is no news: no node has the sockets of all distributions."""
        progress = NodeProgress(self._reading.progress, self.where)
        source = make(socket, end, progress)
        try:
            source.connect()
        except SourceUnavailable as error:
            if error.code != _SILENT and all(error.reason != other.reason for other in self.lost):
                self.lost.append(error)
            return
        progress.release()
        self._found.append(source)

    def _engine(self, socket: KnownSocket, end: str, progress: Progress) -> EngineSource:
        reading = self._reading
        return EngineSource(
            f"unix://{end}", redactor=reading.redactor, progress=progress, run_id=reading.run_id,
            choice=reading.choice, limits=reading.engine_limits, shown=f"{self.login.url}{socket.path}",
        )  # fmt: skip

    def _runtime(self, socket: KnownSocket, end: str, progress: Progress) -> CriSource:
        reading = self._reading
        return CriSource(
            NodeSocket(self.login, socket.path, "found", end), redactor=reading.redactor, progress=progress,
            choice=reading.choice, limits=reading.cri_limits,
        )  # fmt: skip

    def _nothing_answers(self) -> str:
        tried = ", ".join(self._reading.paths)
        return (
            f"ssh has logged in, and no container runtime answers (tried: {tried}): does one run there, may {self.login.who} "
            "open its socket (mostly root alone), and does sshd allow AllowStreamLocalForwarding?"
        )


def is_sure(match: NodeMatch) -> bool:
    """Whether something says which Node it is, so that two of the same name are the same."""
    return match.rule != _BY_ADDRESS
