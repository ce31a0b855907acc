"""What an API server serves: every group, each resource in one version, each object once.

A group may be served by another server behind this one (an *aggregated* group), which may be slow or gone; then its
discovery fails alone and is a failed scope.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from rkedoc.snapshot.identity import canonical_group
from rkedoc.snapshot.kinds import ObjectKind, kind_of
from rkedoc.snapshot.record import Scope
from rkedoc.vocabulary import Result

_WORD = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}")
_BUILT_IN = frozenset({"core", "apps", "autoscaling", "batch", "extensions", "policy"})
_AGGREGATED = re.compile(r"(?:[a-z]+\.)?metrics\.k8s\.io")


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind that can be listed, in the version that it will be listed in."""

    group: str
    """As it is served; ``"core"`` for ``v1``."""
    version: str
    name: str
    """The plural that paths use, such as ``"deployments"``."""
    kind: str
    namespaced: bool
    short_names: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """What the ``apiVersion`` of its objects says."""
        return self.version if self.group == "core" else f"{self.group}/{self.version}"

    @property
    def scope(self) -> str:
        """The name of its scope: the canonical group and the plural, such as ``"networking.k8s.io/ingresses"``."""
        return f"{canonical_group(self.group, self.kind)}/{self.name}"

    @property
    def record_kind(self) -> str:
        """The canonical group and the kind of its records, such as ``"networking.k8s.io/Ingress"``."""
        return f"{canonical_group(self.group, self.kind)}/{self.kind}"

    def path(self, namespace: str | None = None) -> str:
        """The path of its list, cluster-wide or in one namespace."""
        inside = f"/namespaces/{namespace}" if namespace is not None else ""
        return f"{group_path(self.group, self.version)}{inside}/{self.name}"

    def answers_to(self, name: str) -> bool:
        """Whether a person may mean it by ``name``: ``deployments``, ``Deployment``, ``deploy``, ``deployments.apps``,
        ``apps/deployments``, ``apps/Deployment``, in any case."""
        group = canonical_group(self.group, self.kind)
        known = kind_of(group, self.kind)
        served = ObjectKind(group, self.kind, self.name, (*self.short_names, *known.short), self.namespaced)
        return served.answers_to(name, (self.group,))


@dataclass(frozen=True, slots=True)
class GroupVersion:
    """One version of one group, as ``/apis`` lists them."""

    group: str
    version: str
    rank: int
    """0 for the version that the group prefers, then in the order in which the group names them."""

    @property
    def path(self) -> str:
        """The path of its discovery document."""
        return group_path(self.group, self.version)


def group_path(group: str, version: str) -> str:
    """The path below which a version of a group is served."""
    return f"/api/{version}" if group == "core" else f"/apis/{group}/{version}"


def may_be_aggregated(group: str) -> bool:
    """Whether another server may stand behind the group, as far as its name tells."""
    return group not in _BUILT_IN and (not group.endswith(".k8s.io") or bool(_AGGREGATED.fullmatch(group)))


def group_versions(core: Mapping[str, Any], groups: Mapping[str, Any]) -> tuple[GroupVersion, ...]:
    """The versions that ``/api`` and ``/apis`` list; entries that are no names are left out."""
    found = [GroupVersion("core", "v1", 0)] if "v1" in _texts(core.get("versions")) else []
    for group in _maps(groups.get("groups")):
        name = group.get("name")
        preferred = group.get("preferredVersion")
        first = preferred.get("version") if isinstance(preferred, dict) else None
        versions = [entry.get("version") for entry in _maps(group.get("versions"))]
        ordered = sorted(range(len(versions)), key=lambda at: (versions[at] != first, at))
        for rank, at in enumerate(ordered):
            version = versions[at]
            if _is_word(name) and _is_word(version):
                found.append(GroupVersion(str(name), str(version), rank))
    return tuple(found)


def resources_of(at: GroupVersion, document: Mapping[str, Any]) -> tuple[Resource, ...]:
    """The resources that one discovery document says can be listed. Subresources are left out."""
    found = []
    for entry in _maps(document.get("resources")):
        name, kind = entry.get("name"), entry.get("kind")
        if not _is_word(name) or "." in str(name) or not isinstance(kind, str) or not _KIND.fullmatch(kind):
            continue
        if "list" in _texts(entry.get("verbs")):
            short = tuple(word for word in _texts(entry.get("shortNames")) if _is_word(word))
            found.append(Resource(at.group, at.version, str(name), kind, entry.get("namespaced") is True, short))
    return tuple(found)


def choose(found: Iterable[tuple[GroupVersion, Sequence[Resource]]]) -> tuple[Resource, ...]:
    """One version of each resource, and of objects that several groups serve the one of the canonical group.

    Sorted by scope, so that the order of the server's answers does not matter.
    """
    best: dict[tuple[str, str], tuple[tuple[bool, str, int], Resource]] = {}
    for at, resources in found:
        for resource in resources:
            canonical = canonical_group(resource.group, resource.kind)
            # The canonical group wins over another that serves the same objects, then the preferred version.
            rank = (resource.group != canonical, resource.group, at.rank)
            key = (canonical, resource.name)
            if key not in best or rank < best[key][0]:
                best[key] = (rank, resource)
    return tuple(resource for _, (_, resource) in sorted(best.items()))


def read_document(body: bytes | bytearray) -> Mapping[str, Any] | None:
    """A discovery document, or ``None`` if the bytes are none."""
    try:
        document = orjson.loads(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def discovery_scope(at: GroupVersion, *, result: Result, status: int | None, reason: str) -> Scope:
    """The scope of a discovery document that could not be read."""
    return Scope(
        name=f"{at.group}/{at.version}", verb="get", path=at.path, status=status, result=result, reason=reason,
    )  # fmt: skip


def aggregated_groups(services: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The groups that another server answers for, from objects of kind ``APIService`` (those that name a service)."""
    found = set()
    for service in services:
        spec = service.get("spec")
        if isinstance(spec, dict) and isinstance(spec.get("service"), dict) and isinstance(spec.get("group"), str):
            found.add(spec["group"])
    return frozenset(found)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(_WORD.fullmatch(value)) and ".." not in value


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _maps(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
