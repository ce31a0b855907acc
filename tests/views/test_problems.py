"""A problem stands on every page of the thing that it is about, and once on each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rkedoc.cluster.model import Cluster
from rkedoc.snapshot.identity import parse_id
from rkedoc.sphinxext.site import Site
from rkedoc.sphinxext.views.parts.site_index import desk
from tests.explain.recorded import catalog, dumped, recorded
from tests.views.cluster import TIME, node, record, site_of, web
from tests.views.read import shown, text

SCALER = record(
    "autoscaling/HorizontalPodAutoscaler/shop/web",
    {
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "minReplicas": 1, "maxReplicas": 3},
        "status": {"conditions": [{"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric", "message": "", "lastTransitionTime": TIME}]},
    },
)  # fmt: skip
WAITING = {"phase": "Running", "containerStatuses": [{"name": "main", "ready": False, "restartCount": 9, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}  # fmt: skip


def bare() -> Site:
    pod = record(
        "core/Pod/shop/alone",
        {"spec": {"containers": [{"name": "main", "image": "x"}], "nodeName": "n1"}, "status": WAITING},
    )
    return site_of([*web(), node(), pod, SCALER])


def page(site: Site, kind: str, title: str) -> str:
    return next(key for key, found in site.pages.items() if found.kind == kind and title in found.title)


def test_an_autoscaler_that_cannot_scale_is_told_where_its_workload_is_described() -> None:
    site = bare()
    for view, key in (
        ("overview-problems", "overview"),
        ("namespace-intro", page(site, "namespace", "shop")),
        ("workload-intro", page(site, "workload", "web")),
    ):
        assert text(shown(site, view, key)).count("does not scale, since it has nothing to go by") == 1, view


def test_a_pod_without_a_controller_is_told_of_once() -> None:
    site = bare()
    assert text(shown(site, "namespace-intro", page(site, "namespace", "shop"))).count("CrashLoopBackOff") == 1
    assert text(shown(site, "overview-problems", "overview")).count("CrashLoopBackOff") == 1


def sites(recording: Callable[[str], Path], dump: Callable[[str], Path], name: str) -> Site:
    snapshot = recorded(recording(name)) if name.startswith("rke-single") else dumped(dump(name))
    return Site(Cluster(snapshot, catalog()))


@pytest.mark.parametrize(
    "name", ["rke-single-node", "rke-single-node-unhealthy", "oneke-v1.24", "rke-v1.14", "rancher-v1.14"]
)
def test_every_problem_of_real_clusters_stands_on_the_page_of_its_namespace_once(
    recording: Callable[[str], Path], dump: Callable[[str], Path], name: str
) -> None:
    site = sites(recording, dump, name)
    index = desk(site)
    for problem in index.problems:
        if not problem.record_id or problem.record_id.startswith("engine/"):
            continue
        place = parse_id(problem.record_id).namespace
        if place is not None:
            assert index.problems_in(place).count(problem) == 1
    for namespace in site.cluster.namespaces():
        found = index.problems_in(namespace.name)
        assert len(found) == len(set(found))
    for workload in site.cluster.workloads():
        told = index.problems_with(workload)
        assert len(told) == len(set(told))
        assert set(told) <= set(index.problems)
