"""Objects as kubectl up to 1.9 dumped them: in Go's internal form, without kind, and with the names of Go's fields.

``kubectl cluster-info dump`` printed what the client had converted for itself (kubernetes/kubernetes v1.9,
pkg/kubectl/cmd/clusterinfo_dump.go, which prints internal lists): a list has ``Items``, an object ``Spec`` and ``Status``, and its metadata
stands beside them. Which kind it is, its link tells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rkedoc.snapshot.kinds import TABLE

_METADATA = frozenset(
    {
        "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers", "clusterName", "initializers",
    }
)  # fmt: skip
"""What an object's metadata holds (kubernetes/kubernetes v1.9, staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go, ObjectMeta)."""

_TEXT_BY_NAME = frozenset(
    {"labels", "annotations", "matchLabels", "nodeSelector", "limits", "requests", "capacity", "allocatable", "data", "hard", "used"}
)  # fmt: skip
"""Fields whose keys are somebody's own words."""

_HOST = ("hostNetwork", "hostPID", "hostIPC")
"""What the internal form has in a pod's security context, and the API in its specification (pkg/apis/core/types.go, PodSecurityContext)."""

_LINK = re.compile(
    r"/apis?/(?:(?P<group>[a-z0-9.-]+)/)?(?P<version>v\d\w*)/(?:namespaces/(?P<namespace>[^/]+)/)?(?P<plural>[a-z]+)(?:/|\Z)"
)
_FIELD = re.compile(r"[A-Z][A-Za-z0-9]*\Z")
_ACRONYM = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]+(?=s?\Z|\d)|[A-Z]")

Object = dict[str, Any]


def is_internal(document: Mapping[str, Any]) -> bool:
    """Whether a document is a list, or an object, in the internal form."""
    return "kind" not in document and (
        isinstance(document.get("Items"), list) or ("Spec" in document and "name" in document)
    )


def kind_of_link(link: object) -> tuple[str, str] | None:
    """The apiVersion and the kind of what a link leads to; ``None`` if it leads to nothing that is known.

    >>> kind_of_link("/apis/extensions/v1beta1/namespaces/kube-system/daemonsets")
    ('extensions/v1beta1', 'DaemonSet')
    """
    found = _LINK.match(link) if isinstance(link, str) else None
    kind = next((one.kind for one in TABLE if found is not None and one.plural == found["plural"]), None)
    if found is None or kind is None:
        return None
    return f"{found['group']}/{found['version']}" if found["group"] else found["version"], kind


def as_served(item: Mapping[str, Any], version: str, kind: str) -> Object:
    """An object as the API would have served it."""
    told = kind_of_link(item.get("selfLink"))
    version, kind = told if told is not None else (version, kind)
    found = _with_metadata(item)
    return {"apiVersion": version, "kind": kind, **found} if version and kind else found


def _with_metadata(item: Mapping[str, Any]) -> Object:
    metadata = {key: value for key, value in item.items() if key in _METADATA and value is not None}
    rest = _served({key: value for key, value in item.items() if key not in _METADATA})
    return {"metadata": metadata, **rest}


def _served(value: Any, field: str = "") -> Any:
    if isinstance(value, list):
        return [_served(inner, field) for inner in value]
    if not isinstance(value, dict):
        return value
    if field in _TEXT_BY_NAME:
        return value
    if "Spec" in value and value.keys() & {"labels", "creationTimestamp"}:  # the template of pods
        return _with_metadata(value)
    found = {}
    for key, inner in value.items():
        if inner is not None:
            name = field_name(key)
            found[name] = _served(inner, name)
    context = found.get("securityContext")
    if "containers" in found and isinstance(context, dict):
        found |= {name: context.pop(name) for name in _HOST if name in context}
    return found


def field_name(name: str) -> str:
    """The name that a field of Go has in JSON.

    >>> [field_name(name) for name in ("NodeName", "HTTPGet", "PodCIDR", "HostIP", "UID", "AWSElasticBlockStore", "cpu", "ExternalIPs")]
    ['nodeName', 'httpGet', 'podCIDR', 'hostIP', 'uid', 'awsElasticBlockStore', 'cpu', 'externalIPs']
    """
    if _FIELD.match(name) is None:
        return name
    start = _ACRONYM.match(name)
    return name[: start.end()].lower() + name[start.end() :] if start is not None else name
