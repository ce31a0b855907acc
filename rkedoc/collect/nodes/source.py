"""Several nodes as one source: a few at a time over ssh, each costing nothing but itself when it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Final, TypeVar

from rkedoc.collect.engine.address import SOURCE
from rkedoc.collect.engine.node import NodeMatch, named_node
from rkedoc.collect.intake import Intake
from rkedoc.collect.nodes.node import Node, Reading, is_sure
from rkedoc.collect.report import UNAVAILABLE
from rkedoc.collect.source import PlannedRequest
from rkedoc.collect.ssh import Login, close_all
from rkedoc.errors import SourceUnavailable, UsageError
from rkedoc.snapshot.record import Capture, Scope
from rkedoc.vocabulary import Result

NODES_AT_ONCE: Final = 4
"""Nodes that are connected to, or read, at any moment."""

SAME_NODE: Final = "same-node"
"""The reason code of an address that leads to a node that another one has led to."""

_WHOLE: Final = f"{SOURCE}/*"
"""The scope of all that a runtime, or a node, would have told."""

_Result = TypeVar("_Result")


class NodesSource:
    """The container runtimes of several nodes.

    A node that cannot be read becomes a failed scope with its address, and is named at the end of the run; so :meth:`connect` and
    :meth:`pods` never raise for one. Captures come in the order in which the nodes were named.
    """

    name = SOURCE
    kinds = None

    def __init__(
        self, logins: Iterable[Login], reading: Reading, *, resources: ExitStack, node_name: str | None = None
    ) -> None:
        """``resources`` ends every ssh when the run ends. Raises :class:`~rkedoc.errors.UsageError` for one name for several nodes."""
        self._nodes = [Node(login, reading) for login in logins]
        self._named = named_node(node_name)
        if self._named is not None and len(self._nodes) > 1:
            raise UsageError(
                "--node-name names one node, and --node several: leave it out, the pods tell which is which"
            )
        self._reading = reading
        self._failed: dict[Node, SourceUnavailable] = {}
        resources.callback(self._close)

    @property
    def cluster(self) -> str:
        """What the first node that answers calls its machine."""
        return next((node.cluster for node in self._nodes if node.cluster), "")

    def connect(self) -> None:
        """Log in to all nodes, and find their runtimes."""
        self._reading.progress.note(f"{SOURCE}: {len(self._nodes)} nodes over ssh, {NODES_AT_ONCE} at a time")
        self._each(Node.connect)

    def plan(self) -> Iterator[PlannedRequest]:
        """Every request to every node that answers."""
        for node in self._answering():
            yield from node.plan()

    def pods(self) -> frozenset[str]:
        """The uids of the pods of all nodes."""
        return frozenset[str]().union(*(uids for _node, uids in self._each(Node.pods)))

    def collect(self, intake: Intake) -> tuple[Capture, ...]:
        """Read all nodes, each once however many addresses lead to it."""
        twins = self._tell_apart(intake)
        self._reading.progress.note(f"{SOURCE}: reads {len(self._answering()) - len(twins)} nodes")
        read = dict(self._each(lambda node: node.collect(intake), without=twins))
        captures: list[Capture] = []
        for node in self._nodes:
            lost = [*node.lost, *([self._failed[node]] if node in self._failed else [])]
            captures += read.get(node, ())
            captures += [self._lost(intake, error) for error in lost]
            if node in twins:
                scope = Scope(_WHOLE, "get", node.where, None, Result.SKIPPED, SAME_NODE)
                captures.append(intake.captures.live(SOURCE, (scope,), tool={"endpoint": node.where}))
        return tuple(captures)

    def _tell_apart(self, intake: Intake) -> set[Node]:
        """Find out which Node each is. Gives those that an address before them has led to."""
        twins: set[Node] = set()
        matches = {node: self._named or node.find_out(intake) for node in self._answering()}
        taken: dict[str, Node] = {}
        # Those that something names come first: a name that is but an address must not take theirs.
        for node in sorted(matches, key=lambda node: not is_sure(matches[node])):
            match, ids = matches[node], node.ids
            shares = (one for one in taken.values() if one.ids & ids)
            other = next(shares, taken.get(match.name) if is_sure(match) else None)
            if other is not None:
                self._note(f"{SOURCE}: {node.where} is the same node as {other.where}, and is read once")
                twins.add(node)
                node.tunnel.close()
                continue
            # Two of which nothing is known but the name of a machine are two: a jump host may forward several ports.
            node.match = replace(match, name=_free(match, taken))
            taken[node.match.name] = node
        return twins

    def _lost(self, intake: Intake, error: SourceUnavailable) -> Capture:
        """The failed scope of a node, or of one of its runtimes. It has no node: which one it is nobody knows, and its runtime was not read."""
        intake.unavailable.append(error)
        where = self._reading.redactor.text(error.endpoint)
        reason = f"{UNAVAILABLE}:{error.code}" if error.code else UNAVAILABLE
        scope = Scope(_WHOLE, "get", where, None, Result.FAILED, reason)
        return intake.captures.live(error.source, (scope,), tool={"endpoint": where})

    # Several at once -------------------------------------------------------------------------------------------------

    def _answering(self) -> list[Node]:
        return [node for node in self._nodes if node not in self._failed]

    def _each(self, call: Callable[[Node], _Result], *, without: Iterable[Node] = ()) -> list[tuple[Node, _Result]]:
        """Make a call for each node that has not failed, a few at a time. Gives the results in the order of the nodes; one that does
        not answer joins those that have failed. Whatever ends the run ends every ssh first, so that no thread waits for one.
        """
        left = set(without)
        nodes = [node for node in self._answering() if node not in left]
        pool = ThreadPoolExecutor(NODES_AT_ONCE, thread_name_prefix="rkedoc-node")
        try:
            pending = [(node, pool.submit(call, node)) for node in nodes]
            done = []
            for node, future in pending:
                try:
                    done.append((node, future.result()))
                except SourceUnavailable as error:
                    self._failed[node] = error
                    self._note(str(error))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            self._close()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return done

    def _note(self, text: str) -> None:
        self._reading.progress.note(self._reading.redactor.text(text))

    def _close(self) -> None:
        close_all(node.tunnel for node in self._nodes)


def _free(match: NodeMatch, taken: Iterable[str]) -> str:
    """The name of a node, with a number where another one has it."""
    names, number = set(taken), 1
    while (name := match.name if number == 1 else f"{match.name}~{number}") in names:
        number += 1
    return name
