"""What of a cluster was not seen, said wherever a claim would otherwise cover it too.

"Everything is as it should be" and "the ledger closes" speak of what was collected. What could change the answer and was
not collected belongs into the same breath.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rkedoc.cluster.runtimes import lacks_details_alone
from rkedoc.i18n import N_, Message
from rkedoc.snapshot.kinds import SCOPES, TABLE
from rkedoc.vocabulary import Result, RuntimeView

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster

_MOST_NAMES: Final = 6

_COUNTED: Final = (
    "Namespace", "Deployment", "DaemonSet", "StatefulSet", "Job", "CronJob", "Service", "Ingress", "NetworkPolicy", "ConfigMap", "Secret",
    "PersistentVolumeClaim", "PersistentVolume", "StorageClass", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding",
    "CustomResourceDefinition",
)  # fmt: skip
"""Kinds of which a reader takes it that there are none where none is shown, those that matter most first. Of pods, nodes and events :func:`unseen`
says it."""


def unseen_containers(cluster: Cluster) -> tuple[Message, ...]:
    """Which containers the ledger cannot know of."""
    found = []
    if not cluster.engine_nodes:
        found.append(
            Message("sandboxes, dead attempts and containers outside pods, which on RKE1 are the whole control plane")
            if cluster.distribution == "rke1"
            else Message("sandboxes, dead attempts and containers outside pods")
        )
    elif without := [place.name for place in cluster.nodes() if place.name not in cluster.engine_nodes]:
        found.append(Message("the containers of the nodes {names}, whose engines were not read", names=_named(without)))
    elif not cluster.whole("EngineContainer") and not lacks_details_alone(cluster.header):
        found.append(Message("containers that the engine did not tell of"))
    if any(record.body.get("inspected") is False for record in cluster.snapshot.by_kind("EngineContainer")):
        found.append(Message("the details of containers that were listed and not looked into"))
    if beside := [one.node for one in cluster.runtimes if one.view == RuntimeView.KUBERNETES]:
        found.append(
            Message(
                "what was started beside Kubernetes on {names}, which CRI does not show",
                names=_named(sorted(set(beside))),
            )
        )
    if part := [one.node for one in cluster.runtimes if one.view == RuntimeView.NAMESPACE]:
        found.append(
            Message("containers in other namespaces of containerd on {names}", names=_named(sorted(set(part))))
        )
    return (*found, *_unseen_pods(cluster))


def unseen(cluster: Cluster) -> tuple[Message, ...]:
    """What was not seen that could be ill: containers, pods, nodes, and events that would tell."""
    found = list(unseen_containers(cluster))
    for kind, word in (("Node", N_("nodes")), ("Event", N_("events"))):
        if not cluster.whole(kind):
            found.append(
                Message("more {kind} than those that are here", kind=Message(word))
                if cluster.collected(kind)
                else Message(word)
            )
    return tuple(found)


def kinds_in_no_file(cluster: Cluster) -> tuple[str, ...]:
    """The kinds, by their plural, that files tell nothing of: not that there is none, nor that they were refused. Empty where an API was asked."""
    sources = {capture.source for capture in cluster.header.captures}
    if "files" not in sources or "kubernetes" in sources:
        return ()
    told = {scope.name for scope in cluster.header.scopes()}
    plurals = {one.kind: one.plural for one in TABLE}
    return tuple(plurals[kind] for kind in _COUNTED if SCOPES[kind] not in told and not cluster.snapshot.by_kind(kind))


def _unseen_pods(cluster: Cluster) -> tuple[Message, ...]:
    if cluster.whole("Pod"):
        return ()
    if not cluster.collected("Pod"):
        return (Message("pods as the API knows them"),)
    held = held_namespaces(cluster)
    return (Message("pods of other namespaces than {names}", names=_named(held)) if held else Message("other pods"),)


def held_namespaces(cluster: Cluster) -> tuple[str, ...]:
    """The namespaces of which all pods are here, where those of the whole cluster are not; sorted."""
    if cluster.whole("Pod"):
        return ()
    scopes = (
        scope for scope in cluster.header.scopes() if scope.name == SCOPES["Pod"] and scope.result == Result.COMPLETE
    )
    return tuple(sorted({scope.namespace for scope in scopes if scope.namespace}))


def _named(names: list[str] | tuple[str, ...]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown}, … ({len(names)})"
