"""The least rights that the collector needs, as a ClusterRole: get and list only, every resource named."""

from __future__ import annotations

import re
from collections.abc import Iterable

import yaml

from rkedoc.collect import noise
from rkedoc.errors import UsageError
from rkedoc.redact import is_credential_kind
from rkedoc.snapshot.record import Header

ROLE = "rkedoc-collector"

_LIST = re.compile(r"/(?:api/[^/]+|apis/(?P<group>[^/]+)/[^/]+)(?:/namespaces/[^/]+)?/(?P<resource>[^/]+)")


def cluster_role(resources: Iterable[tuple[str, str]], *, with_secrets: bool = False) -> str:
    """A ClusterRole in YAML that lets its subject list ``resources``, pairs of API group (``"core"`` for ``v1``) and
    plural.

    Kinds that are not collected are left out. Core Secrets, and the other kinds whose objects are credentials, are left
    out unless ``with_secrets``: the collector asks for their metadata alone, but who may list them may read them.
    Namespaces may also be got one by one, which a run with ``--namespace`` does.
    """
    names: dict[str, set[str]] = {}
    left_out = []
    for group, resource in resources:
        if noise.reason_to_skip(group, resource):
            continue
        api_group = "" if group == "core" else group
        if with_secrets or not is_credential_kind(api_group, resource):
            names.setdefault(api_group, set()).add(resource)
        else:
            left_out.append(f"{resource}.{api_group}".rstrip("."))
    rules = []
    for group, found in sorted(names.items()):
        both = sorted(found & {"namespaces"}) if group == "" else []
        if both:
            rules.append({"apiGroups": [group], "resources": both, "verbs": ["get", "list"]})
        if found - set(both):
            rules.append({"apiGroups": [group], "resources": sorted(found - set(both)), "verbs": ["list"]})
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": ROLE},
        "rules": rules,
    }
    head = (
        "# The least rights that rkedoc collect needs: reading only, every resource named.\n"
        "# Discovery needs no rule: every authenticated account may discover (ClusterRole system:discovery).\n"
    )
    if not with_secrets:
        head += "# Without Secrets, and without the other kinds whose objects are credentials.\n"
        if left_out:
            head += "# Its report lists them as forbidden unless rkedoc collect is told to leave them out:\n"
            head += "".join(f"#   --skip {name}\n" for name in sorted(set(left_out)))
    else:
        head += (
            "# WARNING: who may list Secrets may read them. rkedoc asks for their metadata alone, others need not.\n"
        )
    return head + yaml.safe_dump(role, sort_keys=False, default_flow_style=False, width=120)


def resources_in(header: Header) -> tuple[tuple[str, str], ...]:
    """The resources that a snapshot's run met, asked for or not, as :func:`cluster_role` takes them.

    Raises :class:`~rkedoc.errors.UsageError` if the Kubernetes API was not asked.
    """
    found = set()
    for capture in header.captures:
        if capture.source == "kubernetes":
            matches = (_LIST.fullmatch(scope.path) for scope in capture.scopes if scope.verb == "list")
            found |= {(match["group"] or "core", match["resource"]) for match in matches if match}
            # A run with --namespace gets the namespaces that were named, and lists none.
            found |= {("core", "namespaces") for scope in capture.scopes if scope.kind == "core/Namespace"}
    if not found:
        raise UsageError(
            "this snapshot was made without the Kubernetes API: run rkedoc rbac against the cluster itself"
        )
    return tuple(sorted(found))
