"""Sonobuoy's results: the objects of a cluster that its tests ran in.

vmware-tanzu/sonobuoy v0.8.0 to v0.57.5, pkg/discovery and site/content/docs/v0.57/snapshot.md. Version 0.8 kept what has no namespace in
``resources/non-ns``; up to 0.14.0 files are named after kinds and their items do not say any; since 0.14.3 names are
``group_version_plural``, and since 0.56 each file is a list. Old ones hold Secrets as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import orjson

from rkedoc.collect.files.formats.format import As, Bundle, Claim, Failure, Format, Index, Reading
from rkedoc.collect.files.formats.parts import CREDENTIALS, NO_OBJECTS, head_of, is_access, named
from rkedoc.collect.files.formats.resources import Asked, asked
from rkedoc.collect.files.formats.stamps import Stamp, in_name, zoned
from rkedoc.i18n import N_, Message
from rkedoc.vocabulary import Result

_CONFIG, _GROUPS, _VERSION, _QUERIES, _LOG = (
    "config.json", "servergroups.json", "serverversion.json", "query-time.json", "run.log",
)  # fmt: skip
_RESOURCES = re.compile(r"(?:^|/)resources/(?:cluster|non-ns|ns)/")
_IN_NAME = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)()_sonobuoy_")
_TIME = re.compile(rb'"time":\s*"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^"]{1,6})"')
_TOOL = re.compile(rb'"Version":\s*"(v[^"]{1,60})"')
_SELECTED = re.compile(rb'"Filters":\s*\{[^{}]*"LabelSelector":\s*"[^"]')

_OBJECTS = re.compile(r"[A-Za-z][A-Za-z0-9.-]*(?:_[a-z0-9]+_[a-z0-9.-]+)?\.json")
_OLD: Mapping[str, Asked] = MappingProxyType(
    {
        "ComponentStatuses": Asked("v1", "ComponentStatus", namespaced=False),
        "PodPresets": Asked("settings.k8s.io/v1alpha1", "PodPreset"),
        "ThirdPartyResources": Asked("extensions/v1beta1", "ThirdPartyResource", namespaced=False),
    }
)
"""Names of files up to 0.14.0 that are of no kind of today (v0.9.0, pkg/discovery/queries.go)."""
_NO_QUERIES = frozenset({"podlogs", "serverversion", "servergroups"})
"""Queries for something else than objects."""


def _find(index: Index) -> Iterable[Bundle]:
    roots: dict[str, int] = {}
    for path in index.sizes:
        if found := _RESOURCES.search(path):
            roots[path[: found.start()]] = 1
    for root in _roots_of_marks(index):
        roots[root] = roots.get(root, 0) + 1
    for root, marks in roots.items():
        if marks > 1:
            config = head_of(index, root, f"meta/{_CONFIG}", _CONFIG)
            stamp = _stamp(index, root)
            tool = _TOOL.search(config)
            yield Bundle(
                root,
                partial(_reading, whole=bool(config) and not _SELECTED.search(config)),
                time=stamp.time,
                local=stamp.local,
                tool=tool[1].decode(errors="replace") if tool is not None else "",
            )


def _roots_of_marks(index: Index) -> Iterable[str]:
    """The folder above each member that only Sonobuoy writes, once for each kind of mark."""
    for folder in ("meta", ""):
        yield from (root for root, head in named(index, _CONFIG, folder) if b'"UUID"' in head)
    yield from (root for root, head in named(index, _GROUPS) if b"APIGroupList" in head)
    yield from (root for root, head in named(index, _QUERIES, "meta") if b'"queryobj"' in head)
    for folder in ("serverversion", ""):
        yield from (root for root, head in named(index, _VERSION, folder) if b'"gitVersion"' in head)


def _stamp(index: Index, root: str) -> Stamp:
    """The last time in the beginning of its log, which is in UTC; else that of its start, in the archive's name."""
    times = _TIME.findall(head_of(index, root, f"meta/{_LOG}"))
    return zoned(times[-1].decode(errors="replace")) if times else in_name(root, _IN_NAME)


def _reading(path: str, *, whole: bool) -> Reading:
    """``whole`` tells that no selector of labels stood between what there is and what was asked for."""
    if is_access(path):  # plugins may bring anything
        return CREDENTIALS
    match path.split("/"):
        case ["serverversion.json"] | ["serverversion", "serverversion.json"]:
            return Reading()
        case ["meta", "query-time.json"] | ["resources", "non-ns", "results.json"]:
            return Reading(As.ERRORS, failures=_failures)
        case ["resources", "ns", namespace, "results.json"]:
            return Reading(As.ERRORS, namespace=namespace, failures=partial(_failures, namespace=namespace))
        case ["resources", "cluster" | "non-ns", name] if _OBJECTS.fullmatch(name):
            return _objects(name, None, Claim.CLUSTER if whole else Claim.NOTHING)
        case ["resources", "ns", namespace, name] if _OBJECTS.fullmatch(name):
            return _objects(name, namespace, Claim.NAMESPACE if whole else Claim.NOTHING)
    return NO_OBJECTS


def _objects(name: str, namespace: str | None, claim: Claim) -> Reading:
    stem = name.removesuffix(".json")
    group, _, rest = stem.partition("_")
    version, _, plural = rest.partition("_")
    if plural:  # the kind stands in each item, and what is known of it here is how it is called in an URL
        kind = asked(plural if group == "core" else f"{plural}.{group}")
        served = version if group == "core" else f"{group}/{version}"
        return Reading(version=served, kind=kind.kind if kind is not None else "", namespace=namespace, claim=claim)
    old = _OLD.get(stem) or asked(stem)
    if old is None:
        return NO_OBJECTS
    return Reading(version=old.version, kind=old.kind, namespace=namespace, claim=claim)


def _failures(content: bytes, namespace: str | None = None) -> Iterable[Failure]:
    """What was asked for without an answer. An error is whatever Go made of it: a status of the API, or nothing but that there is one."""
    try:
        queries = orjson.loads(content)
    except orjson.JSONDecodeError:
        return
    for query in queries if isinstance(queries, list) else ():
        if (
            isinstance(query, dict)
            and query.get("error") is not None
            and isinstance(kind := query.get("queryobj"), str)
        ) and kind.lower() not in _NO_QUERIES:
            place = query.get("namespace") or namespace
            yield Failure(kind, place if isinstance(place, str) else None, *_ended(query["error"]))


def _ended(error: Any) -> tuple[Result, str]:
    status = error.get("ErrStatus") if isinstance(error, dict) else None
    reason = status.get("reason") if isinstance(status, dict) else None
    result = {"Forbidden": Result.FORBIDDEN, "NotFound": Result.ABSENT}.get(str(reason), Result.FAILED)
    return result, reason if isinstance(reason, str) and reason.isalpha() else "query-failed"


SONOBUOY = Format(
    name="sonobuoy",
    title=Message(N_("Results of Sonobuoy, of all its versions")),
    recognised=Message(
        N_(
            "Two of these: resources/cluster, resources/non-ns or resources/ns; meta/config.json; servergroups.json; serverversion.json; "
            "meta/query-time.json"
        )
    ),
    shows=Message(
        N_(
            "All objects of all namespaces that the tool was to look at, of every kind but Secrets, which versions before 0.15 hold too; "
            "what it was forbidden to list; the server's version."
        )
    ),
    lacks=Message(
        N_(
            "Containers; how the kubelets are configured and what the plugins found is not read; namespaces of tests stand among the others."
        )
    ),
    keys=frozenset({_CONFIG, _GROUPS, _VERSION, _QUERIES, _LOG}),
    find=_find,
)
