"""Which workloads a selector of labels chooses, without comparing every selector with every workload."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rkedoc.cluster.fields import items, mapping, text, words

if TYPE_CHECKING:
    from rkedoc.cluster.model import Workload


class LabelIndex:
    """Workloads by the labels of their pods. A label counts only within its namespace."""

    def __init__(self, workloads: Iterable[Workload]) -> None:
        self._all: dict[str, list[Workload]] = {}
        self._having: dict[tuple[str, str], list[Workload]] = {}
        self._with: dict[tuple[str, str, str], list[Workload]] = {}
        self._labels: dict[str, Mapping[str, Any]] = {}
        for workload in workloads:
            labels = workload.pod_labels
            self._labels[workload.id] = labels
            self._all.setdefault(workload.namespace, []).append(workload)
            for name, value in labels.items():
                self._having.setdefault((workload.namespace, name), []).append(workload)
                if isinstance(value, str):
                    self._with.setdefault((workload.namespace, name, value), []).append(workload)

    def namespace(self, namespace: str) -> list[Workload]:
        """All workloads of a namespace."""
        return self._all.get(namespace, [])

    def equal(self, namespace: str, labels: Mapping[str, Any]) -> list[Workload]:
        """The workloads of which the pods have all of these labels; none for no labels, as with a Service."""
        return self.matching(namespace, {"matchLabels": labels}) if labels else []

    def matching(self, namespace: str, selector: Mapping[str, Any]) -> list[Workload]:
        """The workloads that a label selector chooses; all of the namespace for an empty one.

        Source: kubernetes/apimachinery v0.20, pkg/apis/meta/v1/helpers.go, LabelSelectorAsSelector.
        """
        wanted = mapping(selector, "matchLabels")
        terms = items(selector, "matchExpressions")
        sets = [self._with.get((namespace, name, value), []) if isinstance(value, str) else []
                for name, value in wanted.items()]  # fmt: skip
        sets += [
            self._having.get((namespace, text(term, "key")), [])
            for term in terms
            if text(term, "operator") in ("In", "Exists")
        ]
        candidates = min(sets, key=len) if sets else self.namespace(namespace)
        return [workload for workload in candidates if self._fits(workload, wanted, terms)]

    def _fits(self, workload: Workload, wanted: Mapping[str, Any], terms: Iterable[Mapping[str, Any]]) -> bool:
        return _fits(self._labels[workload.id], wanted, terms)


def chooses(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Whether a label selector chooses an object with these labels; an empty one chooses every object."""
    return _fits(labels, mapping(selector, "matchLabels"), items(selector, "matchExpressions"))


def _fits(labels: Mapping[str, Any], wanted: Mapping[str, Any], terms: Iterable[Mapping[str, Any]]) -> bool:
    return all(labels.get(name) == value for name, value in wanted.items()) and all(
        _holds(labels, term) for term in terms
    )


def _holds(labels: Mapping[str, Any], term: Mapping[str, Any]) -> bool:
    key = text(term, "key")
    match text(term, "operator"):
        case "In":
            return labels.get(key) in words(term, "values")
        case "NotIn":
            return labels.get(key) not in words(term, "values")
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return False
