"""The rules of the account that reads the API, taken from what ``rkedoc rbac`` prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from rkedoc.errors import UsageError
from rkedoc.redact import is_credential_kind

_SKIP = re.compile(r"^#   --skip (\S+)$", re.MULTILINE)
_GROUP = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)?")
_RESOURCE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,251}[a-z0-9])?")
_VERBS = frozenset({"get", "list"})


@dataclass(frozen=True, slots=True)
class Rights:
    """What the account may do, and what the collector must then not ask for."""

    role: Mapping[str, Any]
    """A ClusterRole."""
    skip: tuple[str, ...]
    """The kinds that are served, and that the role leaves out since their objects are credentials."""


def read_rights(text: str, *, with_secrets: bool = False) -> Rights:
    """The rights that :func:`rkedoc.collect.kubernetes.rbac.cluster_role` has printed.

    The names in them come from a server or from a snapshot. Raises :class:`~rkedoc.errors.UsageError` for rights that are
    more than reading what is named, and for names that are none in Kubernetes.
    """
    role = yaml.safe_load(text)
    skip = tuple(_SKIP.findall(text))
    for rule in role["rules"]:
        if not set(rule["verbs"]) <= _VERBS:
            raise UsageError("the rights are more than to get and to list: nothing is printed")
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                _check_resource(group, resource, with_secrets=with_secrets)
    for name in skip:
        resource, _dot, group = name.partition(".")
        _check_resource(group, resource, with_secrets=True)
    return Rights({key: role[key] for key in ("apiVersion", "kind", "metadata", "rules")}, skip)


def _check_resource(group: object, resource: object, *, with_secrets: bool) -> None:
    named = isinstance(group, str) and isinstance(resource, str)
    if not (named and _GROUP.fullmatch(str(group)) and _RESOURCE.fullmatch(str(resource))):
        raise UsageError("a kind that is served has a name that Kubernetes allows for none: nothing is printed")
    if not with_secrets and is_credential_kind(str(group), str(resource)):
        raise UsageError(f"the rights hold {resource}, which are credentials: give --with-secrets if that is meant")
