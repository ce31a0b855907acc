"""The kinds that other tools' file names speak of: ``pvc``, ``ingress``, ``deployments.apps``, ``apps_v1_deployments``.

A file's name is a hint for objects that do not say their kind, and tells what was asked for; an object's name is never
taken from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rkedoc.snapshot.identity import CORE, ON_NODE
from rkedoc.snapshot.kinds import TABLE, ObjectKind


@dataclass(frozen=True, slots=True)
class Asked:
    """A kind that a tool asked for. ``version`` is an apiVersion."""

    version: str
    kind: str
    namespaced: bool = True


_ODD_VERSIONS = {"PodSecurityPolicy": "policy/v1beta1", "Setting": "management.cattle.io/v3"}
"""Kinds of the table that no server serves as v1 of their group (kubernetes/kubernetes v1.20, pkg/apis/policy;
rancher/rancher v2.8, pkg/apis/management.cattle.io/v3)."""


@lru_cache(maxsize=1024)
def asked(word: str) -> Asked | None:
    """What ``kubectl get WORD`` asks for, in any form that kubectl takes; ``None`` if it is no kind of the table's.

    The version is the group's first stable one: a word does not tell which one was served.
    """
    found = next((one for one in TABLE if one.group not in ON_NODE and one.answers_to(word)), None)
    return Asked(_version(found), found.kind, found.namespaced) if found is not None else None


def _version(kind: ObjectKind) -> str:
    return _ODD_VERSIONS.get(kind.kind) or ("v1" if kind.group == CORE else f"{kind.group}/v1")
