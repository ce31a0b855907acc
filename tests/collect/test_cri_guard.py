"""What may be asked of a container runtime: methods that only read, by name, and nothing that streams."""

from __future__ import annotations

import re
from pathlib import Path

import grpc
import pytest
from cri_api.v1 import api_pb2, api_pb2_grpc
from cri_api.v1alpha2 import api_pb2 as v1alpha2

from rkedoc.collect.cri.channel import ALLOWED, RuntimeClient, check, guarded
from rkedoc.collect.cri.channel import Limits as CriLimits
from rkedoc.errors import ForbiddenRequest
from tests.support import cri_player

CHANGING = re.compile(
    r"Run|Stop|Remove|Create|Start|Update|Reopen|Exec|Attach|Forward|Checkpoint|Pull|Events|Delete|Kill|Put|Write|Subscribe"
)

EVERY = [
    f"/{module.DESCRIPTOR.package}.{service.name}/{method.name}"
    for module in (api_pb2, v1alpha2)
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]


@pytest.mark.parametrize("method", EVERY)
def test_a_method_passes_only_if_it_is_on_the_list(method: str) -> None:
    if method in ALLOWED:
        check(method)
    else:
        with pytest.raises(ForbiddenRequest):
            check(method)


def test_nothing_on_the_list_changes_anything() -> None:
    assert not [
        method
        for method in ALLOWED
        if CHANGING.search(method.replace("RuntimeConfig", "").replace("RuntimeService", ""))
    ]
    assert {method for method in ALLOWED if method.startswith("/runtime.")} <= set(EVERY) | {
        "/runtime.v1alpha2.RuntimeService/RuntimeConfig"
    }


@pytest.mark.parametrize(
    "method",
    [
        "", "/", "/runtime.v1.RuntimeService/", "/runtime.v1.RuntimeService/listcontainers", "/runtime.v2.RuntimeService/ListContainers",
        "/runtime.v1.RuntimeService/ListContainers/", "//runtime.v1.RuntimeService/ListContainers", "/runtime.v1.RuntimeService/ListContainers\n",
        "/containerd.services.tasks.v1.Tasks/Kill", "/containerd.services.namespaces.v1.Namespaces/Delete",
        "/containerd.services.content.v1.Content/Read", "/containerd.services.events.v1.Events/Subscribe",
    ],
)  # fmt: skip
def test_other_names_do_not(method: str) -> None:
    with pytest.raises(ForbiddenRequest):
        check(method)


def test_the_guard_stands_below_the_generated_stubs() -> None:
    with cri_player.running({"Version": lambda _: {}}) as player, grpc.insecure_channel(player.url) as channel:
        behind = guarded(channel)
        with pytest.raises(ForbiddenRequest):
            api_pb2_grpc.RuntimeServiceStub(behind)  # it makes every call of the service beforehand
        for kind in (behind.unary_stream, behind.stream_unary, behind.stream_stream):
            with pytest.raises(ForbiddenRequest):
                kind("/runtime.v1.RuntimeService/ListContainers")
        assert player.requests == []


def test_a_client_sends_nothing_that_is_not_allowed() -> None:
    with cri_player.running(
        {"Version": lambda _: {"runtime_name": "containerd"}, "StopContainer": lambda _: {}}
    ) as player:
        client = RuntimeClient(str(player.path), limits=CriLimits())
        client.negotiate()
        for method, request in (
            ("StopContainer", {"container_id": "x"}),
            ("RemovePodSandbox", {"pod_sandbox_id": "x"}),
        ):
            with pytest.raises(ForbiddenRequest):
                client.call(method, request)
        client.close()
        assert player.methods() == ["Version"]


def test_the_documentation_lists_every_method() -> None:
    told = (Path(__file__).parents[2] / "docs" / "reference" / "requests.md").read_text(encoding="utf-8")
    names = {method.rpartition("/")[2] for method in ALLOWED if method.startswith("/runtime.")}
    assert [name for name in sorted(names) if f"`{name}`" not in told] == []
    services = {method[1:] for method in ALLOWED if method.startswith("/containerd.")}
    assert [name for name in sorted(services) if f"`{name}`" not in told] == []
