"""What autoscalers and disruption budgets say, in every version of their APIs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rkedoc.explain.relations.graph import edges
from rkedoc.explain.scaling import Metric, autoscaler, autoscalers, budget, budgets
from rkedoc.snapshot.intent import object_record
from tests.explain.recorded import cluster_of, record, recorded

VERSIONS = ("v1", "v2beta1", "v2beta2")


def test_one_autoscaler_says_the_same_in_every_version_of_its_api(recording: Callable[[str], Path]) -> None:
    told = []
    for version in VERSIONS:
        file = recording("rke-single-node") / "k8s" / f"apis_autoscaling_{version}_horizontalpodautoscalers.json"
        (item,) = json.loads(file.read_text("utf-8"))["items"]
        found = object_record({"apiVersion": f"autoscaling/{version}", "kind": "HorizontalPodAutoscaler", **item})
        told.append(replace(autoscaler(found), record=record("autoscaling/HorizontalPodAutoscaler/default/webapp")))
    assert told[0] == told[1] == told[2]
    assert (told[0].least, told[0].most, told[0].current, told[0].is_blind) == (2, 4, 2, True)
    assert told[0].metrics == (Metric("cpu", "", "90%", ""),)
    assert [(item.type, item.status) for item in told[0].conditions] == [("AbleToScale", "True"), ("ScalingActive", "False")]  # fmt: skip


OLD: list[dict[str, Any]] = [
    {"type": "Pods", "pods": {"metricName": "hits", "targetAverageValue": "10"}},
    {"type": "Object", "object": {"target": {"kind": "Ingress", "name": "main"}, "metricName": "rps", "targetValue": "2k"}},
    {"type": "External", "external": {"metricName": "queue", "targetAverageValue": "30"}},
    {"type": "ContainerResource", "containerResource": {"name": "memory", "container": "app", "targetAverageUtilization": 70}},
]  # fmt: skip
OLD_NOW: list[dict[str, Any]] = [
    {"type": "Pods", "pods": {"metricName": "hits", "currentAverageValue": "7500m"}},
    {"type": "Object", "object": {"target": {"kind": "Ingress", "name": "main"}, "metricName": "rps", "currentValue": "1k"}},
    {"type": "External", "external": {"metricName": "queue", "currentValue": "0", "currentAverageValue": "31"}},
]  # fmt: skip
NEW: list[dict[str, Any]] = [
    {"type": "Pods", "pods": {"metric": {"name": "hits"}, "target": {"type": "AverageValue", "averageValue": "10"}}},
    {"type": "Object", "object": {"describedObject": {"kind": "Ingress", "name": "main"}, "metric": {"name": "rps"},
                                  "target": {"type": "Value", "value": "2k"}}},
    {"type": "External", "external": {"metric": {"name": "queue"}, "target": {"type": "AverageValue", "averageValue": "30"}}},
    {"type": "ContainerResource", "containerResource": {"name": "memory", "container": "app",
                                                        "target": {"type": "Utilization", "averageUtilization": 70}}},
]  # fmt: skip
NEW_NOW: list[dict[str, Any]] = [
    {"type": "Pods", "pods": {"metric": {"name": "hits"}, "current": {"averageValue": "7500m"}}},
    {"type": "Object", "object": {"describedObject": {"kind": "Ingress", "name": "main"}, "metric": {"name": "rps"},
                                  "current": {"value": "1k"}}},
    {"type": "External", "external": {"metric": {"name": "queue"}, "current": {"averageValue": "31", "value": "0"}}},
]  # fmt: skip
ALL = (
    Metric("hits", "", "10", "7500m"), Metric("rps", "Ingress main", "2k", "1k"), Metric("queue", "", "30", "31"),
    Metric("memory", "app", "70%", ""),
)  # fmt: skip


def scaler(version: str, wanted: list[dict[str, Any]], now: list[dict[str, Any]]) -> dict[str, Any]:
    """The body of an autoscaler with these metrics, where its version keeps them."""
    if version == "v1":
        notes = {"metrics": json.dumps(wanted), "current-metrics": json.dumps(now)}
        annotations = {f"autoscaling.alpha.kubernetes.io/{name}": value for name, value in notes.items()}
        return {"metadata": {"annotations": annotations}, "spec": {"maxReplicas": 3}}
    return {"spec": {"maxReplicas": 3, "metrics": wanted}, "status": {"currentMetrics": now}}


@pytest.mark.parametrize(
    ("version", "wanted", "now"),
    [("v1", OLD, OLD_NOW), ("v2beta1", OLD, OLD_NOW), ("v2beta2", NEW, NEW_NOW), ("v2", NEW, NEW_NOW)],
)
def test_every_kind_of_metric_is_read(version: str, wanted: list[dict[str, Any]], now: list[dict[str, Any]]) -> None:
    found = autoscaler(record("autoscaling/HorizontalPodAutoscaler/shop/web", scaler(version, wanted, now)))
    assert found.metrics == ALL
    assert (found.least, found.most) == (1, 3)


@pytest.mark.parametrize("odd", [None, 7, "x", [], {}, [[]], {"spec": 3}, True, "[" * 100_000])
def test_autoscalers_and_budgets_of_any_shape_are_read(odd: Any) -> None:
    body = {
        "metadata": {"annotations": {"autoscaling.alpha.kubernetes.io/metrics": odd}},
        "spec": {"minReplicas": odd, "maxReplicas": odd, "metrics": odd, "minAvailable": odd, "maxUnavailable": odd},
        "status": {"conditions": odd, "currentMetrics": odd, "disruptionsAllowed": odd},
    }
    assert autoscaler(record("autoscaling/HorizontalPodAutoscaler/shop/web", body)).least in (1, 7)
    assert budget(record("policy/PodDisruptionBudget/shop/web", body)).allowed in (None, 7)
    assert autoscaler(record("autoscaling/HorizontalPodAutoscaler/shop/web", {"spec": odd})).most is None


def test_the_recorded_workload_has_its_autoscaler_and_its_budget(recording: Callable[[str], Path]) -> None:
    snapshot = recorded(recording("rke-single-node"))
    cluster = cluster_of(snapshot.records)
    relations = edges(cluster)
    (scaled,) = autoscalers(cluster, relations, "apps/Deployment/default/webapp")
    (kept,) = budgets(cluster, relations, "apps/Deployment/default/webapp")
    assert (scaled.least, scaled.most) == (2, 4)
    assert (kept.at_least, kept.allowed, kept.healthy, kept.needed, kept.expected) == ("1", 1, 2, 1, 2)
    assert not kept.blocks_for_good


@pytest.mark.parametrize(
    ("allowed", "healthy", "expected", "for_good"),
    [(0, 2, 2, True), (0, 1, 2, False), (1, 2, 2, False), (0, 0, 0, False)],
)
def test_a_budget_that_no_waiting_helps_is_told_from_one_whose_pods_are_not_ready(
    allowed: int, healthy: int, expected: int, for_good: bool
) -> None:
    status = {"disruptionsAllowed": allowed, "currentHealthy": healthy, "expectedPods": expected}
    assert budget(record("policy/PodDisruptionBudget/shop/web", {"status": status})).blocks_for_good is for_good
