"""Support bundles of Harvester and Longhorn, made by Rancher's support-bundle-kit.

rancher/support-bundle-kit v0.0.84, pkg/manager/{cluster,types}.go, pkg/manager/collectors/*.go and pkg/manager/client/discovery.go, and
v0.0.9, whose files are named alike. Each file is the whole answer of the API to one list. Before Longhorn 1.4 its manager made bundles
itself, with files of fewer kinds (longhorn/longhorn-manager v0.8, manager/misc.go).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import MappingProxyType
from typing import Any

from rkedoc.collect.files.formats.format import As, Bundle, Claim, Failure, Format, Index, Reading
from rkedoc.collect.files.formats.parts import CREDENTIALS, NO_OBJECTS, is_access, named
from rkedoc.collect.files.formats.questions import ended, list_path
from rkedoc.collect.files.formats.stamps import zoned
from rkedoc.i18n import N_, Message

_META, _ERRORS = "metadata.yaml", "bundleGenerationError.log"
_FIELD = re.compile(
    rb"^(bundlecreatedat|bundleversion|kubernetesversion|longhornversion):[ \t]*[\"']?([^\s\"']+)",
    re.IGNORECASE | re.MULTILINE,
)
"""What it says of itself: yaml.v2 writes the names of Go's fields in lower case."""

_LIST = re.compile(
    r"yamls/(?:cluster|namespaced/(?P<namespace>[^/]+))/(?P<group>[^/]+/)?v[a-z0-9]+/(?P<plural>[a-z0-9]+)\.yaml"
)
_OLD = re.compile(r"yamls/(?:kubernetes|longhorn)/[a-z]+\.yaml")
_FILTERED = frozenset({("harvesterhci.io/", "settings"), (None, "secrets")})
"""Lists of which it takes some objects out: settings with credentials, and Secrets that are no plan of a machine."""

_FAILED = re.compile(r"Failed to get (/apis?/\S+): (.*)")

_NO_TEXTS = frozenset(
    {
        "aggregationRule", "completionTime", "conditions", "creationTimestamp", "data", "deletionTimestamp", "eventTime", "firstTimestamp",
        "imagePullSecrets", "items", "lastProbeTime", "lastScheduleTime", "lastTimestamp", "lastTransitionTime", "managedFields",
        "ownerReferences", "renewTime", "roleRef", "rules", "secrets", "series", "spec", "startTime", "status", "storedVersions", "subjects",
        "subsets", "webhooks",
    }
)  # fmt: skip
"""Fields that never hold a text, so that ``null`` stands where nothing is."""


def _find(index: Index) -> Iterable[Bundle]:
    for root, head in named(index, _META):
        fields = {key.decode().lower(): value.decode("utf-8", "replace") for key, value in _FIELD.findall(head)}
        if "bundlecreatedat" in fields and "kubernetesversion" in fields:
            yield Bundle(
                root,
                _reading,
                time=zoned(fields["bundlecreatedat"]).time,
                tool=fields.get("bundleversion") or fields.get("longhornversion", ""),
                facts=MappingProxyType({"server": fields["kubernetesversion"]}),
            )


def _reading(path: str) -> Reading:
    if is_access(path):
        return CREDENTIALS
    if found := _LIST.fullmatch(path):
        namespace = found["namespace"]
        whole = (found["group"], found["plural"]) not in _FILTERED
        claim = Claim.NOTHING if not whole else Claim.CLUSTER if namespace is None else Claim.NAMESPACE
        return Reading(namespace=namespace, claim=claim, inside=as_answered)
    if _OLD.fullmatch(path):
        return Reading()
    return Reading(As.ERRORS, failures=_failures) if path == _ERRORS else NO_OBJECTS


def as_answered(document: Any) -> Any:
    """A list as the API answered. The tool writes ``"null"`` for each empty text and for most nulls, before YAML is made of the answer
    (pkg/manager/collectors/common.go, toObjCommon), which also puts ``null`` behind a text that ends in a quotation mark."""
    return _answered(document, "")


def _answered(value: Any, field: str) -> Any:
    if isinstance(value, dict):
        return {key: _answered(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_answered(inner, "") for inner in value]
    if value == "null":
        return None if field in _NO_TEXTS else ""
    return value.removesuffix("null") if isinstance(value, str) and value.endswith('"null') else value


def _failures(content: bytes) -> Iterable[Failure]:
    for line in content.decode("utf-8", "replace").splitlines():
        found = _FAILED.match(line)
        asked = list_path(found[1]) if found is not None else None
        if found is not None and asked is not None and "the server does not allow this method" not in found[2]:
            yield Failure(asked.kind, asked.namespace, *ended(found[2]))


SUPPORT_BUNDLE_KIT = Format(
    name="support-bundle-kit",
    title=Message(N_("Support bundles of Harvester and Longhorn (support-bundle-kit)")),
    recognised=Message(N_("metadata.yaml with bundlecreatedat and kubernetesversion")),
    shows=Message(
        N_(
            "Everything without a namespace; of the namespaces default, kube-system, cattle-system and those that were named every kind but "
            "Secrets, each list whole; what could not be listed; the server's version, and when it was made."
        )
    ),
    lacks=Message(
        N_(
            "Containers; other namespaces; empty lists, which are not written; Secrets. It does not tell an empty text from the word null. The logs and "
            "settings of nodes are not read."
        )
    ),
    keys=frozenset({_META}),
    find=_find,
)
