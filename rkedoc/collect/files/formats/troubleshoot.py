"""Support bundles and preflight bundles of Troubleshoot, of all its versions.

replicatedhq/troubleshoot v0.133.0, pkg/constants/constants.go, pkg/collect/{cluster_resources,cluster_info,secret,configmap}.go and
pkg/supportbundle/supportbundle.go; the names of older files from v0.0.1 to v0.78.1. A kind's list is one file a namespace; what was not
allowed stands in a file of errors beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import orjson

from rkedoc.collect.files.formats.format import As, Bundle, Claim, Failure, Format, Index, Reading
from rkedoc.collect.files.formats.parts import (
    CREDENTIALS,
    NO_OBJECTS,
    STANDS_ELSEWHERE,
    below,
    head_of,
    is_access,
    named,
)
from rkedoc.collect.files.formats.questions import ended
from rkedoc.collect.files.formats.resources import Asked, asked
from rkedoc.collect.files.formats.stamps import in_name
from rkedoc.i18n import N_, Message

_VERSION, _SERVER, _NAMESPACES = "version.yaml", "cluster_version.json", "namespaces.json"
_BUNDLE = re.compile(rb"^kind:\s*[\"']?SupportBundle\b", re.MULTILINE)
_TOOL = re.compile(rb"^\s+versionNumber:\s*[\"']?([\w.+-]+)", re.MULTILINE)
_IN_NAME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d)_(\d\d)_(\d\d)")
_RESOURCES = re.compile(r"(?:(?P<root>.+)/)?cluster-resources/(?:nodes|namespaces|pods/[^/]+)\.json")

_WORDS: Mapping[str, str] = {
    "network-policy": "networkpolicies",
    "resource-quota": "resourcequotas",
    "resource-quotas": "resourcequotas",
    "pod-disruption-budgets": "poddisruptionbudgets",
    "pod-disruption-budgets-info": "poddisruptionbudgets",
    "pvs": "persistentvolumes",
    "pvcs": "persistentvolumeclaims",
    "statefulsets-errors.json": "replicasets",
    "storage": "storageclasses",
    "storage-classes": "storageclasses",
    "ingress-classes": "ingressclasses",
    "custom-resource-definitions": "customresourcedefinitions",
    "clusterRoleBindings": "clusterrolebindings",
    "validating-webhook-configurations": "validatingwebhookconfigurations",
    "mutating-webhook-configurations": "mutatingwebhookconfigurations",
}
"""What it calls the kinds whose name in the API is another one. ReplicaSets had a folder that was named by mistake (from v0.56.0 to v0.123.15,
pkg/collect/cluster_resources.go)."""

_MORE: Mapping[str, Asked] = {
    "priorityclasses": Asked("scheduling.k8s.io/v1", "PriorityClass", namespaced=False),
    "volumeattachments": Asked("storage.k8s.io/v1", "VolumeAttachment", namespaced=False),
    "certificatesigningrequests": Asked("certificates.k8s.io/v1", "CertificateSigningRequest", namespaced=False),
    "leases": Asked("coordination.k8s.io/v1", "Lease"),
    "endpointslices": Asked("discovery.k8s.io/v1", "EndpointSlice"),
    "limitranges": Asked("v1", "LimitRange"),
    "events": Asked("v1", "Event"),
}
"""Kinds of which no name of kubectl's is looked up."""

_NO_LISTS = frozenset({"auth-cani-list", "groups-resources", "groups", "resources", "image-pull-secrets", "license"})
"""What an account may, what an API serves, and who pulls images."""


def _find(index: Index) -> Iterable[Bundle]:
    roots = dict.fromkeys(root for root, head in named(index, _VERSION) if _BUNDLE.search(head))
    others = (found["root"] or "" for path in index.sizes if (found := _RESOURCES.fullmatch(path)))
    roots |= dict.fromkeys(root for root in others if not _inside(root, roots))
    for root in roots:
        stamp = in_name(root, _IN_NAME)
        tool = _TOOL.search(head_of(index, root, _VERSION))
        whole = b'"NamespaceList"' in head_of(index, root, f"cluster-resources/{_NAMESPACES}")
        yield Bundle(
            root,
            partial(_reading, root=root, index=index, all_namespaces=whole),
            time=stamp.time,
            local=stamp.local,
            tool=tool[1].decode() if tool is not None else "",
        )


def _inside(root: str, roots: Iterable[str]) -> bool:
    return any(root == other or not other or root.startswith(f"{other}/") for other in roots)


def _reading(path: str, *, root: str, index: Index, all_namespaces: bool) -> Reading:
    """``all_namespaces`` tells that namespaces.json is the cluster's own list, and not what was asked for by name."""
    if is_access(path):
        return CREDENTIALS
    match path.split("/"):
        case ["cluster-info", name] if name == _SERVER:
            return Reading(inside=_server)
        case ["secrets" | "configmaps", *_]:  # one key each, and its value if somebody wanted it
            return CREDENTIALS
        case ["cluster-resources", "custom-resources", *rest]:
            return _custom(path, rest, index.sizes.keys(), root)
        case ["cluster-resources", name] if name.endswith("-errors.json"):
            return _errors(name.removesuffix("-errors.json"))
        case ["cluster-resources", name] if name.endswith(".json"):
            kind = _kind(name.removesuffix(".json"))
            if kind is None or kind.namespaced:
                return NO_OBJECTS
            claim = Claim.CLUSTER if name != _NAMESPACES or all_namespaces else Claim.NOTHING
            return Reading(version=kind.version, kind=kind.kind, claim=claim)
        case ["cluster-resources", folder, name] if name.endswith(".json"):
            kind, namespace = _kind(folder), name.removesuffix(".json")
            if kind is None or not kind.namespaced or not namespace:
                return NO_OBJECTS
            return Reading(version=kind.version, kind=kind.kind, namespace=namespace, claim=Claim.NAMESPACE)
    return NO_OBJECTS


def _kind(word: str) -> Asked | None:
    if word in _NO_LISTS:
        return None
    plural = _WORDS.get(word, word)
    return _MORE.get(plural) or asked(plural)


def _custom(path: str, rest: list[str], there: Iterable[str], root: str) -> Reading:
    """Objects of custom kinds: all of the cluster, or of a namespace, as JSON and once more as YAML."""
    if rest[-1] == "custom-resources-errors.json":
        return Reading(As.ERRORS, failures=_custom_failures)
    if rest[-1].endswith(".yaml"):
        return STANDS_ELSEWHERE if below(root, path.removesuffix(".yaml") + ".json") in there else _of_custom(rest)
    return _of_custom(rest) if rest[-1].endswith(".json") else NO_OBJECTS


def _of_custom(rest: list[str]) -> Reading:
    if len(rest) == 2 and rest[1].rpartition(".")[0]:
        return Reading(namespace=rest[1].rpartition(".")[0], claim=Claim.NAMESPACE)
    return Reading(claim=Claim.CLUSTER) if len(rest) == 1 else NO_OBJECTS


def _server(document: Any) -> Any:
    """The server's version stands one level deeper than where kubectl puts it."""
    return document.get("info", document) if isinstance(document, dict) else document


def _errors(word: str) -> Reading:
    kind = _kind(word)
    if kind is None:
        return NO_OBJECTS
    group = kind.version.rpartition("/")[0]
    return Reading(As.ERRORS, failures=partial(_failures, kind=f"{kind.kind}.{group}" if group else kind.kind))


def _failures(content: bytes, kind: str) -> Iterable[Failure]:
    """What was not answered: a message, several, or one a namespace."""
    for place, message in _messages(content):
        yield Failure(kind, place or None, *ended(message))


def _custom_failures(content: bytes) -> Iterable[Failure]:
    """The same of custom kinds, by their names, which have a point; a namespace may stand behind."""
    for name, message in _messages(content):
        kind, _, place = name.partition("/")
        if "." in kind and " " not in kind:
            yield Failure(kind, place or None, *ended(message))


def _messages(content: bytes) -> Iterable[tuple[str, str]]:
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return
    if isinstance(found, dict):
        yield from ((key, message) for key, message in found.items() if isinstance(message, str))
    elif isinstance(found, list):
        yield from (("", message) for message in found if isinstance(message, str))


TROUBLESHOOT = Format(
    name="troubleshoot",
    title=Message(N_("Support bundles of Troubleshoot (Replicated), of all its versions")),
    recognised=Message(
        N_(
            "version.yaml of kind SupportBundle; or cluster-resources with nodes.json, namespaces.json or pods/NAMESPACE.json"
        )
    ),
    shows=Message(
        N_(
            "Most kinds, and all custom ones, of every namespace that the account may list pods in, or of those that were named; what it was "
            "forbidden to list; the server's version."
        )
    ),
    lacks=Message(
        N_(
            "Containers; Secrets; namespaces that were left out. What it hid with ***HIDDEN*** is no value, and may break a file. "
            "Values of Secrets and ConfigMaps that somebody had collected in clear are refused."
        )
    ),
    keys=frozenset({_VERSION, _NAMESPACES}),
    find=_find,
)
