"""A run ends with a whole file or none, says what is missing, and sends nothing but allowed reads."""

from __future__ import annotations

import functools
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rkedoc.collect.options import CollectOptions, collection_time
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import Outcome, collect, file_name
from rkedoc.errors import UsageError
from rkedoc.snapshot.reader import load
from tests.support.misbehave import (
    CONFIGMAPS,
    DEPLOYMENTS,
    NAMESPACES,
    PODS,
    SECRETS,
    Api,
    Kind,
    Reply,
    kubeconfig,
    paged,
    pod,
    running,
    status,
)  # fmt: skip

EVENTS = Kind("v1", "events", "Event")
HPAS = Kind("autoscaling/v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
LEASES = Kind("coordination.k8s.io/v1", "leases", "Lease")
TOKENS = Kind("management.cattle.io/v3", "clusterregistrationtokens", "ClusterRegistrationToken")
KUBE_SYSTEM = {"metadata": {"name": "kube-system", "uid": "11111111-2222-3333-4444-555555555555"}}

Collect = Callable[..., Outcome]


def table(*names: str) -> dict[str, Any]:
    columns = [{"name": name} for name in ("Name", "Type", "Data", "Age")]
    rows = [
        {
            "cells": [name, "Opaque", 1, "1d"],
            "object": {
                "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                "metadata": {"name": name, "namespace": "default", "annotations": {
                    "kubectl.kubernetes.io/last-applied-configuration": '{"stringData":{"p":"CANARY"}}'}},
            },
        }
        for name in names
    ]  # fmt: skip
    return {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "columnDefinitions": columns, "rows": rows}


@pytest.fixture
def api() -> Api:
    api = Api(PODS, SECRETS, NAMESPACES, CONFIGMAPS, DEPLOYMENTS, EVENTS, HPAS, LEASES)
    api.serve(NAMESPACES, [{"metadata": {"name": "default"}}, KUBE_SYSTEM])
    api.serve(PODS, [pod("web"), pod("db")])
    api.serve(CONFIGMAPS, [])
    api.serve(DEPLOYMENTS, [])
    api.serve(EVENTS, [])
    api.serve(HPAS, [])
    api.route(SECRETS.path, table("db-password"))
    return api


@pytest.fixture
def collected(api: Api, tmp_path: Path) -> Iterator[Collect]:
    with running(api) as url:
        config = kubeconfig(tmp_path, url, name="my-cluster")

        def run(**options: Any) -> Outcome:
            base = CollectOptions(
                output=tmp_path / "out.ndjson", engine="none", kubeconfig=config, collected_at="2026-11-23T10:00:00Z",
                spool_dir=tmp_path / "spool",
            )  # fmt: skip
            (tmp_path / "spool").mkdir(exist_ok=True)
            return collect(replace(base, **options), progress=QuietProgress())

        yield run


def scopes(outcome: Outcome) -> dict[str, str]:
    assert outcome.header is not None
    return {scope.name: scope.result for scope in outcome.header.scopes()}


def test_a_complete_run(api: Api, collected: Collect, tmp_path: Path) -> None:
    outcome = collected(strict=True)
    assert (outcome.exit_code, outcome.partial) == (0, ())
    snapshot = load(tmp_path / "out.ndjson")
    assert [record.id for record in snapshot.records] == [
        "core/Namespace/-/default", "core/Namespace/-/kube-system", "core/Pod/default/db", "core/Pod/default/web",
        "core/Secret/default/db-password",
    ]  # fmt: skip
    assert snapshot.header.cluster == {"name": "my-cluster", "uid": KUBE_SYSTEM["metadata"]["uid"]}
    assert snapshot.header.captures[0].time == "2026-11-23T10:00:00Z"
    assert scopes(outcome)["coordination.k8s.io/leases"] == "skipped"
    assert stat.S_IMODE((tmp_path / "out.ndjson").stat().st_mode) == 0o600
    assert list((tmp_path / "spool").iterdir()) == []
    assert b"CANARY" not in (tmp_path / "out.ndjson").read_bytes()


def test_only_allowed_reads_are_sent(api: Api, collected: Collect) -> None:
    collected()
    assert {request.method for request in api.requests} == {"GET"}
    assert {request.path for request in api.requests} <= set(api.routes)
    assert not api.sent(LEASES.path)
    runs = {request.headers["user-agent"] for request in api.requests}
    assert len(runs) == 1 and " run=" in runs.pop()


def test_the_same_answers_give_the_same_bytes(collected: Collect, tmp_path: Path) -> None:
    collected(output=tmp_path / "a.ndjson")
    collected(output=tmp_path / "b.ndjson")
    assert (tmp_path / "a.ndjson").read_bytes() == (tmp_path / "b.ndjson").read_bytes()


def test_a_kind_that_is_refused_is_a_scope_and_the_run_goes_on(
    api: Api, collected: Collect, capsys: pytest.CaptureFixture[str]
) -> None:
    api.route(DEPLOYMENTS.path, status(403, "Forbidden", "User someone@example.com cannot list"))
    api.route(CONFIGMAPS.path, status(404, "NotFound"))
    api.route(HPAS.path, Reply(200, b"garbage"))
    outcome = collected()
    assert outcome.exit_code == 0
    found = scopes(outcome)
    assert found["apps/deployments"] == "forbidden"
    assert found["core/configmaps"] == "absent"
    assert found["autoscaling/horizontalpodautoscalers"] == "failed"
    assert found["core/pods"] == "complete"
    said = capsys.readouterr().err
    assert "apps/deployments: forbidden (Forbidden, status 403)" in said
    assert "someone@example.com" not in said
    assert b"someone@example.com" not in Path(outcome.path or "").read_bytes()
    assert collected(strict=True).exit_code == 3


def test_secrets_that_come_in_full_are_not_kept(
    api: Api, collected: Collect, capsys: pytest.CaptureFixture[str]
) -> None:
    api.serve(SECRETS, [{"metadata": {"name": "db", "namespace": "default"}, "data": {"password": "Q0FOQVJZ"}}])
    outcome = collected()
    assert "kubernetes: core/secrets: failed (contents-not-refused, status 200)" in capsys.readouterr().err
    assert scopes(outcome)["core/secrets"] == "failed"
    assert [(scope.reason, scope.status) for scope in outcome.partial] == [("contents-not-refused", 200)]
    assert b"Q0FOQVJZ" not in Path(outcome.path or "").read_bytes()


def partial_secrets(*names: str) -> dict[str, Any]:
    items = [
        {
            "kind": "PartialObjectMetadata",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": {"name": name, "namespace": "default"},
        }
        for name in names
    ]
    return {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "items": items}


def test_a_server_without_tables_is_asked_for_names_alone(api: Api, collected: Collect, tmp_path: Path) -> None:
    def answer(request: Any) -> Reply | dict[str, Any]:
        if "as=PartialObjectMetadataList" in request.headers["accept"]:
            return partial_secrets("db", "tls")
        return status(406, "NotAcceptable")

    api.route(SECRETS.path, answer)
    outcome = collected(strict=True)
    assert outcome.exit_code == 0
    assert [record.name for record in load(tmp_path / "out.ndjson").by_kind("Secret")] == ["db", "tls"]
    accepted = [request.headers["accept"] for request in api.sent(SECRETS.path)]
    assert ["as=Table;" in accept for accept in accepted] == [True, False]
    assert not [accept for accept in accepted if "," in accept or "as=" not in accept]


def test_a_server_that_only_gives_secrets_in_full_is_never_asked_for_them(api: Api, collected: Collect) -> None:
    api.route(SECRETS.path, status(406, "NotAcceptable"))
    outcome = collected()
    assert [(scope.name, scope.result, scope.status, scope.reason) for scope in outcome.partial] == [
        ("core/secrets", "failed", 406, "NotAcceptable")
    ]
    accepted = [request.headers["accept"] for request in api.sent(SECRETS.path)]
    assert len(accepted) == 2 and all("as=" in accept and "," not in accept for accept in accepted)


def test_an_aggregated_group_that_is_down_fails_alone(api: Api, collected: Collect) -> None:
    groups = {"groups": [{"name": "metrics.k8s.io", "versions": [{"version": "v1beta1"}]}]}
    api.route("/apis", groups)
    api.route("/apis/metrics.k8s.io/v1beta1", Reply(503, b"service unavailable", content_type="text/plain"))
    outcome = collected()
    assert outcome.exit_code == 0
    assert [(scope.name, scope.result, scope.status) for scope in outcome.partial] == [
        ("metrics.k8s.io/v1beta1", "failed", 503)
    ]


def test_one_version_of_a_resource_and_one_group_of_an_object(tmp_path: Path) -> None:
    kinds = [
        Kind("networking.k8s.io/v1", "ingresses", "Ingress"), Kind("networking.k8s.io/v1beta1", "ingresses", "Ingress"),
        Kind("extensions/v1beta1", "ingresses", "Ingress"), Kind("events.k8s.io/v1", "events", "Event"), EVENTS,
        Kind("batch/v1", "jobs", "Job"), Kind("batch/v1beta1", "cronjobs", "CronJob"),
    ]  # fmt: skip
    api = Api(*kinds)
    for kind in kinds:
        api.serve(kind, [pod("one")] if kind.name == "ingresses" else [])
    with running(api) as url:
        outcome = collect(
            CollectOptions(output=tmp_path / "o.ndjson", engine="none", kubeconfig=kubeconfig(tmp_path, url)),
            progress=QuietProgress(),
        )
    asked = sorted(request.path for request in api.requests if request.query)
    assert asked == [
        "/api/v1/events", "/apis/batch/v1/jobs", "/apis/batch/v1beta1/cronjobs", "/apis/networking.k8s.io/v1/ingresses",
    ]  # fmt: skip
    assert outcome.header is not None and outcome.header.records == 1


def test_warnings_are_counted_and_their_messages_forgotten(api: Api, collected: Collect, tmp_path: Path) -> None:
    def event(name: str, kind: str, count: int, last: str) -> dict[str, Any]:
        about = {"kind": "Pod", "namespace": "default", "name": "web"}
        return {
            "metadata": {"name": name, "namespace": "default"}, "type": kind, "reason": "BackOff", "message": "CANARY",
            "involvedObject": about, "count": count, "firstTimestamp": "2026-11-23T08:00:00Z", "lastTimestamp": last,
        }  # fmt: skip

    api.serve(EVENTS, [
        event("a", "Warning", 3, "2026-11-23T09:00:00Z"), event("b", "Warning", 4, "2026-11-23T09:30:00Z"),
        event("c", "Normal", 5, "2026-11-23T09:40:00Z"),
    ])  # fmt: skip
    collected()
    found = load(tmp_path / "out.ndjson").get("core/Event/default/Pod/web/BackOff")
    assert found is not None and found.intent == {}
    assert found.observed == {
        "involved": {"kind": "Pod", "namespace": "default", "name": "web"}, "reason": "BackOff", "type": "Warning",
        "count": 7, "first": "2026-11-23T08:00:00Z", "last": "2026-11-23T09:30:00Z",
    }  # fmt: skip
    assert b"CANARY" not in (tmp_path / "out.ndjson").read_bytes()
    assert api.sent(EVENTS.path)[0].query["fieldSelector"] == "type=Warning"


def test_replicas_that_an_autoscaler_owns_are_no_intent(api: Api, collected: Collect, tmp_path: Path) -> None:
    def deployment(name: str, replicas: int) -> dict[str, Any]:
        return {"metadata": {"name": name, "namespace": "default"}, "spec": {"replicas": replicas}}

    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "scaled"}
    api.serve(HPAS, [{"metadata": {"name": "h", "namespace": "default"}, "spec": {"scaleTargetRef": target}}])
    digests = []
    for replicas in (2, 5):
        api.serve(DEPLOYMENTS, [deployment("scaled", replicas), deployment("fixed", 1)])
        header = collected().header
        assert header is not None
        digests.append(header.intent_digest)
    assert digests[0] == digests[1]
    api.serve(DEPLOYMENTS, [deployment("scaled", 5), deployment("fixed", 2)])
    header = collected().header
    assert header is not None and header.intent_digest != digests[0]


def test_a_namespace_is_read_with_namespaced_calls_alone(api: Api, tmp_path: Path, collected: Collect) -> None:
    for kind in (PODS, CONFIGMAPS, DEPLOYMENTS, EVENTS, HPAS):
        api.route(f"{kind.base}/namespaces/shop/{kind.name}", lambda r, kind=kind: paged(kind, [], r))
    api.route("/api/v1/namespaces/shop/pods", lambda r: paged(PODS, [pod("till", "shop")], r))
    api.route("/api/v1/namespaces/shop/secrets", table())
    api.route("/api/v1/namespaces/shop", {"metadata": {"name": "shop"}})
    outcome = collected(namespaces=("shop",), strict=True)
    assert outcome.exit_code == 0
    lists = [request.path for request in api.requests if request.query]
    assert lists and all("/namespaces/shop/" in path for path in lists)
    assert [record.id for record in load(tmp_path / "out.ndjson").records] == [
        "core/Namespace/-/shop", "core/Pod/shop/till",
    ]  # fmt: skip
    assert outcome.header is not None
    assert {scope.namespace for scope in outcome.header.scopes() if scope.result == "complete"} == {"shop"}


@pytest.mark.parametrize("name", ["secrets", "Secret", "core/secrets", "SECRETS", "secrets.core"])
def test_a_kind_can_be_left_out(api: Api, collected: Collect, name: str) -> None:
    outcome = collected(skip=(name,))
    assert not api.sent(SECRETS.path)
    assert scopes(outcome)["core/secrets"] == "skipped"


def test_a_run_can_be_narrowed_to_kinds(api: Api, collected: Collect) -> None:
    collected(only=("pods", "apps/Deployment"))
    assert {request.path for request in api.requests if request.query} == {PODS.path, DEPLOYMENTS.path}


def test_a_plan_sends_discovery_alone(
    api: Api, collected: Collect, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = collected(plan=True)
    assert not [request for request in api.requests if request.query]
    planned = capsys.readouterr().out
    assert "GET /api/v1/pods?limit=500  (1 for each 500 objects)" in planned
    assert "/version" in planned and LEASES.path not in planned
    assert (outcome.exit_code, outcome.path) == (0, None)
    assert not (tmp_path / "out.ndjson").exists()
    sent = {request.path for request in api.requests}
    collected()
    assert sent | {request.path for request in outcome.plan} >= sent
    assert {request.path for request in api.requests} == {request.path.partition("?")[0] for request in outcome.plan}


def test_nobody_there_says_what_was_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running(Api()) as url:
        config = kubeconfig(tmp_path, url.replace("http://", "http://user:hunter2@"))
    outcome = collect(
        CollectOptions(output=tmp_path / "o.ndjson", engine="none", kubeconfig=config), progress=QuietProgress()
    )
    assert outcome.exit_code == 2
    assert not (tmp_path / "o.ndjson").exists()
    said = capsys.readouterr().err
    assert url in said and "nothing listens there" in said
    assert "hunter2" not in said and "hidden" not in said


@pytest.mark.parametrize("code", [401, 403, 404, 500])
def test_a_server_that_refuses_everything_is_nothing(
    api: Api, collected: Collect, tmp_path: Path, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in list(api.routes):
        api.route(path, status(code, "Forbidden"))
    assert collected().exit_code == 2
    assert str(code) in capsys.readouterr().err
    assert not (tmp_path / "out.ndjson").exists()


def test_an_account_without_any_list_collects_nothing(api: Api, collected: Collect, tmp_path: Path) -> None:
    for kind in (PODS, SECRETS, NAMESPACES, CONFIGMAPS, DEPLOYMENTS, EVENTS, HPAS):
        api.route(kind.path, status(403, "Forbidden"))
    assert collected().exit_code == 2
    assert not (tmp_path / "out.ndjson").exists()


def test_standard_output_is_the_snapshot_alone(collected: Collect, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    collected(output="-")
    lines = capfdbinary.readouterr().out.splitlines()
    assert json.loads(lines[0])["records"] == len(lines) - 1 == 5


SIGNALLED = """
import sys
from pathlib import Path
from rkedoc.collect.progress import PlainProgress
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.run import collect
output, config, spool = map(Path, sys.argv[1:])
options = CollectOptions(output=output, kubeconfig=config, engine="none", spool_dir=spool)
sys.exit(collect(options, progress=PlainProgress(sys.stderr)).exit_code)
"""


@pytest.mark.parametrize(("number", "name"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")])
def test_an_interruption_leaves_nothing_and_says_so(api: Api, tmp_path: Path, number: int, name: str) -> None:
    spool, out, temporary = (tmp_path / part for part in ("spool", "out", "tmp"))
    for folder in (spool, out, temporary):
        folder.mkdir()
    child: list[subprocess.Popen[str]] = []

    def endless() -> Iterator[bytes]:
        os.kill(child[0].pid, number)
        while True:
            yield b" " * 1000

    api.route(PODS.path, lambda _: Reply(200, endless(), pause=0.05))
    with running(api) as url:
        command = [sys.executable, "-c", SIGNALLED, out / "x.ndjson", kubeconfig(tmp_path, url), spool]
        environment = {**os.environ, "TMPDIR": str(temporary), "XDG_RUNTIME_DIR": ""}
        heard = functools.partial(signal.signal, number, signal.SIG_DFL)  # a run in the background hears no Ctrl-C
        child.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, preexec_fn=heard))
        _, said = child[0].communicate(timeout=60)
    assert child[0].returncode == 128 + number
    assert said.splitlines()[-1] == f"interrupted by {name}: nothing was left behind"
    assert [list(folder.iterdir()) for folder in (spool, out, temporary)] == [[], [], []]


MEASURED = """
import resource, sys
from pathlib import Path
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.run import collect
output, config, spool = map(Path, sys.argv[1:])
options = CollectOptions(output=output, kubeconfig=config, engine="none", spool_dir=spool, only=("pods",))
outcome = collect(options, progress=QuietProgress())
print(outcome.header.records, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_a_long_list_takes_no_more_memory_than_a_short_one(api: Api, tmp_path: Path) -> None:
    filler = [{"name": f"part-{n}", "text": "a short text"} for n in range(40)]

    def peak(url: str, count: int) -> int:
        def page(request: Any) -> dict[str, Any]:
            start = int(request.query.get("continue", "0"))
            items = [pod(f"p{n:06}", filler=filler) for n in range(start, min(start + 500, count))]
            more = {"continue": str(start + 500)} if start + 500 < count else {}
            return {"kind": "PodList", "apiVersion": "v1", "metadata": more, "items": items}

        api.route(PODS.path, page)
        command = [sys.executable, "-c", MEASURED, tmp_path / "x.ndjson", kubeconfig(tmp_path, url), tmp_path]
        records, kilobytes = map(
            int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        )
        assert records == count
        return kilobytes

    with running(api) as url:
        # 16,000 pods more are 200 MB more when decoded; the memory of strings that need no redaction is bounded.
        assert peak(url, 20_000) < peak(url, 4_000) + 25_000


def test_the_time_is_the_one_that_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    assert collection_time("2026-11-23T10:00:00+02:00") == "2026-11-23T08:00:00Z"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert collection_time(None) == "1970-01-01T00:00:00Z"
    for wrong in ("yesterday", "2026-11-23", "2026-13-23T10:00:00Z", "2026-11-23T10:00:00"):
        with pytest.raises(UsageError):
            collection_time(wrong)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    with pytest.raises(UsageError):
        collection_time(None)


@pytest.mark.parametrize(
    ("cluster", "name"),
    [
        ("prod", "prod-20261123T100000Z.ndjson.zst"),
        ("../../Etc/x", "etc-x-20261123T100000Z.ndjson.zst"),
        ("‹hidden›", "hidden-20261123T100000Z.ndjson.zst"),
        ("生产", "cluster-20261123T100000Z.ndjson.zst"),
    ],
)
def test_the_name_of_the_file_comes_from_the_cluster_and_the_time(cluster: str, name: str) -> None:
    assert file_name(cluster, "2026-11-23T10:00:00Z") == name


def test_the_default_file_lies_in_the_working_directory(
    collected: Collect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = collected(output=None)
    assert outcome.path == Path("my-cluster-20261123T100000Z.ndjson.zst")
    assert load(tmp_path / outcome.path).header.records == 5


@pytest.mark.parametrize(
    "options",
    [
        {"kubernetes": False, "engine": "none", "kubeconfig": None},
        {"kubernetes": False},
        {"namespaces": ("Not A Name",)},
        {"from_": ("-", "-")},
    ],
)
def test_options_that_make_no_sense_are_refused(collected: Collect, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        collected(**options)


def test_nothing_of_a_run_is_left_in_the_folder_for_temporary_files(
    collected: Collect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    collected(spool_dir=None)
    assert list(folder.iterdir()) == []


def test_what_a_person_is_told_to_do_is_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    options = CollectOptions(output=tmp_path / "o.ndjson", engine=f"unix://{tmp_path}/none.sock")
    assert collect(options, progress=QuietProgress()).exit_code == 2
    said = capsys.readouterr().err
    assert "kubernetes at no address: no kubeconfig was found" in said
    assert "none.sock" in said
    assert "hidden" not in said
