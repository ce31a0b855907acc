"""What ``kubectl cluster-info dump`` writes: a folder with ``--output-directory``, or everything into one text.

kubernetes/kubectl v0.31, pkg/cmd/clusterinfo/clusterinfo_dump.go: ``nodes`` is asked for in the whole cluster, seven kinds in each
namespace that was named; without ``--all-namespaces`` these are kube-system and the context's own. Lists are typed, and their items do
not say of which kind they are; up to kubectl 1.9 lists do not either. A text has each namespace's lists in the same order, with the
logs of containers between: it is read as the output of any command is, and told by its mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rkedoc.collect.files.formats.format import As, Bundle, Claim, Format, Index, Reading
from rkedoc.i18n import N_, Message

_KINDS = {
    "events": ("v1", "Event"),
    "replication-controllers": ("v1", "ReplicationController"),
    "services": ("v1", "Service"),
    "daemonsets": ("apps/v1", "DaemonSet"),
    "deployments": ("apps/v1", "Deployment"),
    "replicasets": ("apps/v1", "ReplicaSet"),
    "pods": ("v1", "Pod"),
}
_OF_NAMESPACE = re.compile(rf"(?P<namespace>[a-z0-9][a-z0-9-]*)/(?P<what>{'|'.join(_KINDS)})\.(?:json|yaml)")
_OF_CLUSTER = re.compile(r"nodes\.(?:json|yaml)")
_LOG = re.compile(r"[a-z0-9][a-z0-9-]*/[^/]+/logs\.txt")
_NODES = frozenset({"nodes.json", "nodes.yaml"})
_OWN = frozenset({"replication-controllers.json", "replication-controllers.yaml"})
"""In the folder of a namespace: the API calls the kind otherwise, and no other tool writes it so."""
_LISTS = _OWN | {"daemonsets.json", "daemonsets.yaml"}
"""In a folder beside ``nodes.json``: no other tool puts them so."""

_BETWEEN = b"==== START logs for container "
_LOGS = Reading(As.NOTHING, reason="no-objects")


def _find(index: Index) -> Iterable[Bundle]:
    with_nodes, namespaces, own = (
        {_folder(path) for path in index.heads if _name(path) in names} for names in (_NODES, _LISTS, _OWN)
    )
    certain = with_nodes | {_folder(folder) for folder in own if folder}
    for root in dict.fromkeys(_folder(folder) for folder in sorted(namespaces) if folder):
        if root in certain and root not in namespaces:
            yield Bundle(root, _reading)
    yield from (Bundle(path, _of_text) for path in index.marked.get(_BETWEEN, ()) if not path.endswith("logs.txt"))


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _of_text(_path: str) -> Reading:
    return Reading(claim=Claim.LISTED)


def _reading(path: str) -> Reading:
    if found := _OF_NAMESPACE.fullmatch(path):
        version, kind = _KINDS[found["what"]]
        return Reading(version=version, kind=kind, namespace=found["namespace"], claim=Claim.NAMESPACE)
    if _OF_CLUSTER.fullmatch(path):
        return Reading(version="v1", kind="Node", claim=Claim.CLUSTER)
    return _LOGS if _LOG.fullmatch(path) else Reading(claim=Claim.LISTED)


CLUSTER_INFO = Format(
    name="cluster-info-dump",
    title=Message(N_("kubectl cluster-info dump, as a folder or as one text")),
    recognised=Message(
        N_(
            "replication-controllers.json or .yaml in folders of namespaces, or nodes.json beside these; or logs of containers between documents"
        )
    ),
    shows=Message(
        N_(
            "All nodes; of the namespaces that were dumped all pods, services, Deployments, DaemonSets, ReplicaSets, ReplicationControllers and events."
        )
    ),
    lacks=Message(
        N_(
            "Other namespaces: only kube-system and the context's own are dumped unless all are asked for. StatefulSets, Jobs, CronJobs, "
            "ConfigMaps, Ingresses and Namespaces are never in it. It bears no time."
        )
    ),
    keys=_NODES | _LISTS,
    find=_find,
    marks=(_BETWEEN,),
)
