"""What of a cluster no later Kubernetes knows: objects in versions of an API that were removed, and Docker behind the kubelet's own shim.

An object is met in the version in which it was read: a live API is asked for the version that it prefers, files hold the one that they were
written in. So an object in a removed version says that this cluster serves, or a manifest names, nothing newer. Data: ``removed.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from rkedoc.cluster.fields import mapping, text
from rkedoc.explain.facts.fact import Place, place_of
from rkedoc.explain.support import SupportSource
from rkedoc.resources import load_yaml

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.snapshot.record import Record

_OWN_MARK: Final = "apf.kubernetes.io/autoupdate-spec"
_DOCKER: Final = "docker://"
_MINOR: Final = re.compile(r"v?1\.(\d{1,3})\b")


@dataclass(frozen=True, slots=True)
class Removal:
    """Something that was met and that Kubernetes has no more since a release.

    ``name`` is a version of an API with the kind (``batch/v1beta1 CronJob``) or a part (``dockershim``). ``instead`` is the version of the API in
    which the kind is to be had, ``served`` the first release that serves it; both are empty where there is none.
    """

    name: str
    release: str
    day: date
    instead: str
    served: str
    where: tuple[Place, ...]
    source: SupportSource

    def to_json(self) -> dict[str, Any]:
        """It for programs: the same in every language."""
        return {
            "what": self.name, "gone_with": self.release, "day": self.day.isoformat(), "instead": self.instead or None,
            "served_since": self.served or None, "objects": [str(place) for place in self.where], "source": self.source.url,
        }  # fmt: skip


@lru_cache(maxsize=4)
def removals(cluster: Cluster) -> tuple[Removal, ...]:
    """What was met, by the release with which it is gone and by name. Objects that a controller or the API server makes are left out."""
    found = [*_apis(cluster), *_dockershim(cluster)]
    return tuple(sorted(found, key=lambda one: (int(one.release.split(".")[1]), one.name)))


def minor_of(version: str) -> int | None:
    """The minor version of a Kubernetes 1.x; ``None`` for what is no version of it."""
    found = _MINOR.match(version)
    return int(found[1]) if found else None


def _apis(cluster: Cluster) -> Iterator[Removal]:
    data = load_yaml("explain", "removed.yaml")
    source = SupportSource(data["source"], data["url"], data["read"])
    for release, said in data["releases"].items():
        for api in said["apis"]:
            for kind in api["kinds"]:
                records = [
                    record for record in cluster.snapshot.by_kind(kind)
                    if text(record.body, "apiVersion") == api["api"] and _is_somebodys(record, data["made_by_the_server"])
                ]  # fmt: skip
                if records:
                    where = tuple(place_of(record, f"apiVersion: {api['api']}") for record in records)
                    name = f"{api['api']} {kind}"
                    yield Removal(name, release, said["day"], api["instead"], api["served"], where, source)


def _is_somebodys(record: Record, made: Mapping[str, list[str]]) -> bool:
    if record.owner is not None or record.name in made.get(record.kind, ()):
        return False
    return text(mapping(record.body, "metadata", "annotations"), _OWN_MARK) != "true"


def _dockershim(cluster: Cluster) -> Iterator[Removal]:
    """Nodes whose kubelet speaks to Docker itself: one of 1.24 or later has cri-dockerd for that."""
    said = load_yaml("explain", "removed.yaml")["dockershim"]
    last = minor_of(said["release"])
    where = []
    for node in cluster.snapshot.by_kind("Node"):
        info = mapping(node.body, "status", "nodeInfo")
        minor = minor_of(text(info, "kubeletVersion"))
        if text(info, "containerRuntimeVersion").startswith(_DOCKER) and minor is not None and minor < (last or 0):
            where.append(place_of(node, "status.nodeInfo.containerRuntimeVersion"))
    if where:
        source = SupportSource(said["source"], said["url"], said["read"])
        yield Removal("dockershim", said["release"], said["day"], "", "", tuple(where), source)
