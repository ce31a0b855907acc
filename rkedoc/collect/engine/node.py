"""Which Node of the cluster an engine belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol


class EngineRow(Protocol):
    """What is asked of a container here; :class:`rkedoc.collect.engine.rows.ContainerRow` is one."""

    @property
    def pod_uid(self) -> str | None:
        """The uid of the pod that it belongs to, if any."""

    @property
    def hostname_override(self) -> str | None:
        """The name that it gives to the node, if it is a kubelet that was told one."""


@dataclass(frozen=True, slots=True)
class NodeMatch:
    """A node, by which rule it was found, and what was seen."""

    name: str
    rule: str
    evidence: str


def named_node(name: str | None) -> NodeMatch | None:
    """The node that a person has named; ``None`` if none was."""
    return NodeMatch(name, "option", "--node-name") if name else None


def which_node(rows: Iterable[EngineRow], pod_nodes_by_uid: Mapping[str, str], engine_name: str) -> NodeMatch:
    """The Node whose engine holds ``rows``.

    The pods decide: the Node that most of the pods found in the engine are bound to (``pod_nodes_by_uid``: the node of a
    pod by its uid; for static pods by their configuration hash). Otherwise the kubelet's ``--hostname-override``, which
    becomes the Node's name (kubernetes/kubernetes v1.20, pkg/util/node/node.go, GetHostname). Otherwise the name that
    the engine has for its machine. A slash cannot be part of a Node's name and is replaced.
    """
    rows = tuple(rows)
    uids = {row.pod_uid for row in rows if row.pod_uid}
    votes = Counter(pod_nodes_by_uid[uid] for uid in uids if uid in pod_nodes_by_uid)
    if votes:
        # Pods that were moved leave containers behind for a while: the most win, and of equals the first by name.
        name, count = min(votes.items(), key=lambda vote: (-vote[1], vote[0]))
        return NodeMatch(_part(name), "pods", f"{count} of {len(uids)} pods in the engine are bound to it")
    overrides = sorted({row.hostname_override for row in rows if row.hostname_override})
    if len(overrides) == 1:
        return NodeMatch(_part(overrides[0]), "kubelet", f"--hostname-override={overrides[0]}")
    return NodeMatch(_part(engine_name), "engine", "the name that the engine has for its machine")


def _part(name: str) -> str:
    """A name that can be the third part of a record's id."""
    cleaned = name.replace("/", "_").strip()
    return cleaned if cleaned and cleaned != "-" else "node"
