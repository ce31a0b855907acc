"""The commands that look further at a workload than a snapshot can: its state now, its logs, its events. None of them changes anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rkedoc.cluster.fields import items, mapping, text, words
from rkedoc.explain.health.problem import kubectl
from rkedoc.i18n import N_, Message
from rkedoc.snapshot.identity import parse_id

if TYPE_CHECKING:
    from rkedoc.cluster.model import Workload

_WITH_LOGS: Final = frozenset({"Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Job"})
"""The kinds that kubectl finds pods of by itself (kubernetes/kubernetes at 0c7cf0e9, staging/src/k8s.io/kubectl/pkg/polymorphichelpers/helpers.go, SelectorsForObject)."""

_ROLLED_OUT: Final = frozenset({"Deployment", "DaemonSet", "StatefulSet"})
_BUILT_IN: Final = frozenset({"core", "apps", "batch"})
_OPERATORS: Final[Mapping[str, str]] = {"In": "in", "NotIn": "notin"}


@dataclass(frozen=True, slots=True)
class Look:
    """A command to type, and what it shows."""

    shows: Message
    command: str


def look_further(workload: Workload) -> tuple[Look, ...]:
    """The commands for a workload. A name that cannot be typed, or that might be taken for an option, has none."""
    return tuple(Look(Message(shows), command) for shows, command in _commands(workload) if command)


def _commands(workload: Workload) -> Iterator[tuple[str, str]]:
    group, kind, namespace, name = parse_id(workload.id)
    word = kind.lower() if group in _BUILT_IN else f"{kind.lower()}.{group}"
    yield N_("how it is now, with its events"), kubectl(namespace, "describe", word, name)
    yield N_("the object as it is now"), kubectl(namespace, "get", word, name, "-o", "yaml")
    if kind == "Pod":
        yield N_("its last lines of log"), kubectl(namespace, "logs", name, "--all-containers", "--tail=100")
        yield N_("what it uses now (needs a metrics server)"), kubectl(namespace, "top", "pod", name)
    elif labels := label_selector(_selector(workload)):
        yield (
            N_("its pods, with their nodes and addresses"),
            kubectl(namespace, "get", "pods", "-l", labels, "-o", "wide"),
        )
        yield N_("what its pods use now (needs a metrics server)"), kubectl(namespace, "top", "pods", "-l", labels)
    if kind in _WITH_LOGS:
        yield (
            N_("the last lines of log of one of its pods"),
            kubectl(namespace, "logs", f"{word}/{name}", "--all-containers", "--tail=100"),
        )
    if kind in _ROLLED_OUT:
        yield N_("whether its last change has come through"), kubectl(namespace, "rollout", "status", f"{word}/{name}")
        yield N_("its earlier versions"), kubectl(namespace, "rollout", "history", f"{word}/{name}")
    fields = f"involvedObject.kind={kind},involvedObject.name={name}"
    events = kubectl(namespace, "get", "events", "--field-selector", fields, "--sort-by=.lastTimestamp")
    yield N_("the events about it"), "" if set(name) & {",", "="} else events


def _selector(workload: Workload) -> Mapping[str, Any]:
    """The labels that it finds its pods by."""
    return mapping(workload.record.body, "spec", "selector") if workload.record is not None else {}


def label_selector(selector: Mapping[str, Any]) -> str:
    """A selector of labels as kubectl takes it after ``-l``; empty if it chooses by nothing, or by what cannot be written so.

    Source: kubernetes/apimachinery v0.27, pkg/labels/selector.go, Requirement.String.
    """
    matched = mapping(selector, "matchLabels")
    parts = [f"{name}={value}" for name, value in sorted(matched.items()) if isinstance(value, str)]
    if len(parts) < len(matched):
        return ""
    for term in items(selector, "matchExpressions"):
        key, operator = text(term, "key"), text(term, "operator")
        if operator in _OPERATORS:
            parts.append(f"{key} {_OPERATORS[operator]} ({','.join(words(term, 'values'))})")
        elif operator in ("Exists", "DoesNotExist"):
            parts.append(key if operator == "Exists" else f"!{key}")
        else:
            return ""
    return ",".join(parts)
