"""Velero's backups: one object a file, as the API server gave it.

vmware-tanzu/velero v1.17, site/content/docs/v1.17/output-file-format.md, pkg/archive/filesystem.go,
pkg/persistence/object_store_layout.go. Beside the archive lies ``velero-backup.json``, which says what was asked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from types import MappingProxyType
from typing import Any

import orjson

from rkedoc.collect.files.formats.format import Bundle, Claim, Format, Index, Reading
from rkedoc.collect.files.formats.parts import CREDENTIALS, NO_OBJECTS, STANDS_ELSEWHERE, below, is_access, named
from rkedoc.collect.files.formats.resources import asked
from rkedoc.collect.files.formats.stamps import Stamp, zoned
from rkedoc.i18n import N_, Message

_VERSION, _BACKUP = "version", "velero-backup.json"
_FORMAT = re.compile(rb"\s*\d+(?:\.\d+){0,2}\s*")
_RESOURCES = re.compile(r"(?:^|/)resources/[^/]+/(?:[^/]+/)?(?:cluster|namespaces)/")
_ARCHIVE = re.compile(r"\.(?:tar\.gz|tgz|tar|zip)$")
_SERVER = "velero.io/source-cluster-k8s-gitversion"
"""Annotation with the version of the API server (pkg/apis/velero/v1/labels_annotations.go, SourceClusterK8sGitVersionAnnotation)."""


@dataclass(frozen=True, slots=True)
class _Request:
    """What a backup was asked for. Nothing is known to be whole where labels were selected, or before it was done."""

    whole: bool = False
    namespaces: Collection[str] = ()
    not_namespaces: Collection[str] = ()
    resources: Collection[str] = ()
    not_resources: Collection[str] = ()
    with_cluster: bool | None = None
    """Whether it was to hold what has no namespace; if nobody said so, it does when it holds all namespaces."""

    def claim(self, resource: str, namespace: str | None) -> Claim:
        """What the objects of a resource are all of (pkg/util/collections/includes_excludes.go and pkg/backup/item_collector.go)."""
        if not self.whole or not self._asks_for(resource):
            return Claim.NOTHING
        if namespace is not None:
            return Claim.NAMESPACE if self._in(namespace) else Claim.NOTHING
        # Namespaces are those that it looked into, whatever was said of the cluster's resources.
        with_it = self._everywhere if self.with_cluster is None or resource == "namespaces" else self.with_cluster
        return Claim.CLUSTER if with_it else Claim.NOTHING

    @property
    def _all(self) -> bool:
        return not self.namespaces or "*" in self.namespaces

    @property
    def _everywhere(self) -> bool:
        return self._all and not self.not_namespaces

    def _in(self, namespace: str) -> bool:
        return (self._all or namespace in self.namespaces) and not any(
            fnmatchcase(namespace, pattern) for pattern in self.not_namespaces
        )

    def _asks_for(self, resource: str) -> bool:
        return not _names(self.not_resources, resource) and (
            not self.resources or "*" in self.resources or _names(self.resources, resource)
        )


def _names(words: Collection[str], resource: str) -> bool:
    """Whether any of the words, in any form that kubectl takes, is this resource."""
    kind = asked(resource)
    return any(word == resource or (kind is not None and asked(word) == kind) for word in words)


_UNKNOWN = _Request()


def _find(index: Index) -> Iterable[Bundle]:
    holds = {path[: objects.start()] for path in index.sizes if (objects := _RESOURCES.search(path))}
    roots = [root for root, head in named(index, _VERSION, "metadata") if root in holds and _FORMAT.fullmatch(head)]
    neighbours = Counter(_folder(root) for root in roots)
    for inner in roots:
        outer, backup = _beside(index, inner, alone=neighbours[_folder(inner)] == 1)
        stamp = _stamp(backup)
        yield Bundle(
            outer,
            partial(_reading, index=index, outer=outer, inner=inner, request=_request(backup)),
            time=stamp.time,
            facts=_facts(backup),
        )


def _folder(root: str) -> str:
    return root.rpartition("/")[0]


def _beside(index: Index, root: str, *, alone: bool) -> tuple[str, Mapping[str, Any]]:
    """The root with what the backup says of itself: that of the archive, or of the folder in which both lie."""
    for outer in dict.fromkeys((root, _folder(root))):
        backup = _json(index.heads.get(below(outer, _BACKUP), b""))
        if backup.get("kind") == "Backup":
            name = _ARCHIVE.sub("", root.rpartition("/")[2])
            if outer == root or alone or name == _mapping(backup, "metadata").get("name"):
                return outer, backup
    return root, {}


def _json(content: bytes) -> Mapping[str, Any]:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _mapping(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}


def _words(value: Mapping[str, Any], key: str) -> tuple[str, ...]:
    inner = value.get(key)
    return tuple(word for word in inner if isinstance(word, str)) if isinstance(inner, list) else ()


def _request(backup: Mapping[str, Any]) -> _Request:
    """What it was asked for (pkg/apis/velero/v1/backup_types.go, BackupSpec)."""
    spec = _mapping(backup, "spec")
    if not spec or _mapping(backup, "status").get("phase") != "Completed":
        return _UNKNOWN
    if any(spec.get(key) for key in ("labelSelector", "orLabelSelectors", "resourcePolicy")):
        return _UNKNOWN
    scoped = any(
        spec.get(f"{verb}{scope}ScopedResources")
        for verb in ("included", "excluded")
        for scope in ("Cluster", "Namespace")
    )
    if scoped:  # the newer way to ask, by which each list has a rule of its own
        return _UNKNOWN
    with_cluster = spec.get("includeClusterResources")
    return _Request(
        whole=True,
        namespaces=_words(spec, "includedNamespaces"),
        not_namespaces=_words(spec, "excludedNamespaces"),
        resources=_words(spec, "includedResources"),
        not_resources=_words(spec, "excludedResources"),
        with_cluster=with_cluster if isinstance(with_cluster, bool) else None,
    )


def _stamp(backup: Mapping[str, Any]) -> Stamp:
    times = (_mapping(backup, "status").get("startTimestamp"), _mapping(backup, "metadata").get("creationTimestamp"))
    return next((stamp for time in times if isinstance(time, str) and (stamp := zoned(time))), Stamp())


def _facts(backup: Mapping[str, Any]) -> Mapping[str, str]:
    server = _mapping(_mapping(backup, "metadata"), "annotations").get(_SERVER)
    return MappingProxyType({"server": server} if isinstance(server, str) else {})


def _reading(path: str, *, index: Index, outer: str, inner: str, request: _Request) -> Reading:
    """How a member is read. The same object stands once without the version that it was served with, and once for each."""
    if is_access(path):
        return CREDENTIALS
    whole_path = below(outer, path)
    prefix = below(inner, "resources/")
    if not whole_path.startswith(prefix) or not path.endswith(".json"):
        return NO_OBJECTS
    resource, *rest = whole_path[len(prefix) :].split("/")
    if len(rest) >= 3 and rest[1] in ("cluster", "namespaces"):
        if f"{prefix}{resource}/{'/'.join(rest[1:])}" in index.sizes:
            return STANDS_ELSEWHERE
        rest = rest[1:]
    match rest:
        case ["cluster", _]:
            return Reading(claim=request.claim(resource, None))
        case ["namespaces", namespace, _]:
            return Reading(namespace=namespace, claim=request.claim(resource, namespace))
    return NO_OBJECTS


VELERO = Format(
    name="velero-backup",
    title=Message(N_("Backups of Velero")),
    recognised=Message(
        N_("metadata/version that holds a version, beside resources/KIND/cluster or resources/KIND/namespaces")
    ),
    shows=Message(
        N_(
            "Objects whole, status included, of the namespaces and kinds that were asked for; with velero-backup.json beside the archive "
            "also what was asked for, when, and of which version of Kubernetes."
        )
    ),
    lacks=Message(
        N_(
            "Containers; what was left out by its label velero.io/exclude-from-backup or was being deleted; without velero-backup.json it "
            "is not known of which namespaces and kinds it is whole."
        )
    ),
    keys=frozenset({_VERSION, _BACKUP}),
    find=_find,
)
