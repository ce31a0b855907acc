"""What makes a scheduled run fail, and what does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.report import is_missed
from rkedoc.collect.run import Outcome, collect
from rkedoc.snapshot.record import Scope
from rkedoc.vocabulary import Result
from tests.support import fake_engine
from tests.support.misbehave import NAMESPACES, PODS, Api, Kind, Reply, kubeconfig, paged, pod, running, status

METRICS = Kind("metrics.k8s.io/v1beta1", "pods", "PodMetrics")
CLUSTERS = Kind("management.cattle.io/v3", "clusters", "Cluster", namespaced=False)
GONE = Reply(404, b"404 page not found\n", content_type="text/plain")


def served(*kinds: Kind) -> Api:
    api = Api(PODS, NAMESPACES, *kinds)
    api.serve(PODS, [pod("web")])
    api.serve(NAMESPACES, [{"metadata": {"name": "default"}}])
    return api


def strictly(api: Api, tmp_path: Path, *, namespaces: tuple[str, ...] = ()) -> Outcome:
    with running(api) as url:
        settings = CollectOptions(
            output=tmp_path / "s.ndjson", engine="none", kubeconfig=kubeconfig(tmp_path, url), strict=True
        )
        return collect(replace(settings, namespaces=namespaces), progress=QuietProgress())


def test_a_metrics_server_that_is_down_is_told_and_fails_no_job(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api = served(METRICS)
    api.route("/apis/metrics.k8s.io/v1beta1", Reply(503, b"service unavailable", content_type="text/plain"))
    outcome = strictly(api, tmp_path)
    assert outcome.exit_code == 0
    assert [(scope.name, scope.result, scope.status) for scope in outcome.partial] == [
        ("metrics.k8s.io/v1beta1", "failed", 503)
    ]
    said = capsys.readouterr().err
    assert "nothing is missing because of it" in said and "metrics.k8s.io/v1beta1: failed" in said


def test_another_group_that_is_down_fails_the_job(tmp_path: Path) -> None:
    api = served(CLUSTERS)
    api.route("/apis/management.cattle.io/v3", Reply(503, b"service unavailable", content_type="text/plain"))
    assert strictly(api, tmp_path).exit_code == 3


def test_a_custom_kind_that_went_away_meanwhile_fails_no_job(tmp_path: Path) -> None:
    api = served(CLUSTERS)
    api.route(CLUSTERS.path, GONE)
    outcome = strictly(api, tmp_path)
    assert [(scope.name, scope.result) for scope in outcome.partial] == [("management.cattle.io/clusters", "absent")]
    assert outcome.exit_code == 0


def test_a_kind_of_kubernetes_that_is_not_there_fails_the_job(tmp_path: Path) -> None:
    api = served()
    api.route(PODS.path, GONE)
    assert strictly(api, tmp_path).exit_code == 3


def test_a_namespace_that_does_not_exist_fails_the_job(tmp_path: Path) -> None:
    api = served()
    for name in ("default", "typo"):
        items = [pod("web")] if name == "default" else []
        api.route(f"/api/v1/namespaces/{name}/pods", lambda request, items=items: paged(PODS, items, request))
    api.route("/api/v1/namespaces/default", {"metadata": {"name": "default"}})
    api.route("/api/v1/namespaces/typo", status(404, "NotFound"))
    assert strictly(api, tmp_path, namespaces=("default",)).exit_code == 0
    assert strictly(api, tmp_path, namespaces=("default", "typo")).exit_code == 3


def test_a_container_that_vanished_fails_no_job_and_one_that_hides_does(tmp_path: Path) -> None:
    here, away = fake_engine.container(1, "here"), fake_engine.container(2, "away")
    detail = f"/containers/{away['Id']}/json"
    for reply, code in ((fake_engine.Reply(404), 0), (fake_engine.Reply(500), 3)):
        with fake_engine.running(fake_engine.answers(here, away) | {detail: reply}) as engine:
            options = CollectOptions(output=tmp_path / "s.ndjson", engine=engine.url, kubernetes=False, strict=True)
            outcome = collect(options, progress=QuietProgress())
        assert [scope.result for scope in outcome.partial] == ["partial"]
        assert outcome.exit_code == code


@pytest.mark.parametrize(
    ("scope", "missed"),
    [
        (Scope("core/pods", "list", "/", 200, Result.COMPLETE), False),
        (Scope("core/pods", "list", "/", None, Result.SKIPPED, "noise"), False),
        (Scope("core/pods", "list", "/", 403, Result.FORBIDDEN, "Forbidden"), True),
        (Scope("engine/*", "get", "/", None, Result.FAILED, "unavailable"), True),
        (Scope("engine/containers", "list", "/", 200, Result.PARTIAL, "timeout:1, vanished:1"), True),
        (Scope("files/file", "list", "x.json", None, Result.FAILED, "empty"), True),
    ],
)
def test_what_is_missing(scope: Scope, missed: bool) -> None:
    assert is_missed(scope) is missed
