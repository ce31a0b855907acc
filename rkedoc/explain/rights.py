"""What roles allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rkedoc.cluster.fields import items, words

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster


def is_everything(body: Mapping[str, Any]) -> bool:
    """Whether a role allows everything with everything."""
    return any(
        "*" in words(rule, "verbs") and "*" in words(rule, "resources") and "*" in words(rule, "apiGroups")
        for rule in items(body, "rules")
    )


def all_powerful(cluster: Cluster) -> frozenset[str]:
    """The names of the ClusterRoles that allow everything; that of Kubernetes is one also where roles were not collected."""
    found = {record.name for record in cluster.snapshot.by_kind("ClusterRole") if is_everything(record.body)}
    return frozenset({"cluster-admin", *found})
