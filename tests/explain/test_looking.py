"""The commands that look further: they can be typed as they stand, change nothing, and no name becomes a part of the command line."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.cluster.model import Cluster
from rkedoc.explain.looking import label_selector, look_further
from tests.explain.recorded import catalog, cluster_of, pod, record, recorded

READING = {("describe",), ("get",), ("logs",), ("top",), ("rollout", "status"), ("rollout", "history")}


def commands(identifier: str, body: dict[str, Any] | None = None) -> list[str]:
    cluster = cluster_of([record(identifier, body or {"spec": {"selector": {"matchLabels": {"app": "web"}}}})])
    (workload,) = cluster.workloads()
    return [look.command for look in look_further(workload)]


def test_a_deployment_is_looked_at_from_all_sides() -> None:
    assert commands("apps/Deployment/shop/web") == [
        "kubectl -n shop describe deployment web",
        "kubectl -n shop get deployment web -o yaml",
        "kubectl -n shop get pods -l app=web -o wide",
        "kubectl -n shop top pods -l app=web",
        "kubectl -n shop logs deployment/web --all-containers --tail=100",
        "kubectl -n shop rollout status deployment/web",
        "kubectl -n shop rollout history deployment/web",
        "kubectl -n shop get events --field-selector involvedObject.kind=Deployment,involvedObject.name=web --sort-by=.lastTimestamp",
    ]


def test_a_pod_and_somebodys_own_kind_are_looked_at_as_what_they_are() -> None:
    (workload,) = cluster_of([pod("alone")]).workloads()
    assert "kubectl -n shop logs alone --all-containers --tail=100" in [look.command for look in look_further(workload)]
    owner = record("argoproj.io/Rollout/shop/web", {})
    (rollout,) = cluster_of([owner, pod("web-1", owner=owner.id)]).workloads()
    assert look_further(rollout)[0].command == "kubectl -n shop describe rollout.argoproj.io web"


def test_every_command_for_the_recorded_workloads_reads(recording: Callable[[str], Path]) -> None:
    for workload in Cluster(recorded(recording("rke-single-node")), catalog()).workloads():
        for look in look_further(workload):
            program, option, namespace, *rest = shlex.split(look.command)
            assert (program, option, namespace) == ("kubectl", "-n", workload.namespace)
            assert (rest[0],) in READING or tuple(rest[:2]) in READING
            assert look.shows.translated


@given(st.text(min_size=1).filter(lambda name: "/" not in name))
def test_no_name_becomes_a_part_of_the_command_line(name: str) -> None:
    for command in commands(f"apps/Deployment/shop/{name}"):
        assert command.isprintable()
        words = shlex.split(command)
        assert words[:3] == ["kubectl", "-n", "shop"]
        if "--field-selector" not in words and "-l" not in words:
            assert name in {word.removeprefix("deployment/") for word in words}


@pytest.mark.parametrize("odd", ["-x", "--kubeconfig=/x", "a\nb", "\u202e", "‹hidden›"])
def test_a_name_that_cannot_be_typed_or_is_like_an_option_is_no_word_of_a_command(odd: str) -> None:
    for command in commands(f"apps/Deployment/shop/{odd}"):
        assert odd not in shlex.split(command)
        assert odd.isprintable() or odd not in command


@pytest.mark.parametrize(
    ("selector", "wanted"),
    [
        ({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2"),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, "a in (1,2)"),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}, {"key": "b", "operator": "Exists"}]}, "a notin (1),b"),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, "!a"), ({}, ""), ({"matchLabels": {"a": None}}, ""),
        ({"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]}, ""),
    ],
)  # fmt: skip
def test_selectors_are_written_as_kubectl_takes_them(selector: dict[str, Any], wanted: str) -> None:
    assert label_selector(selector) == wanted
