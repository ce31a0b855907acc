"""The processes of containers of a real engine are known to be theirs."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rkedoc.collect.host.reading import HostReading, read_host
from rkedoc.collect.host.root import HostRoot
from tests.host.nodes import POD
from tests.support import dockerd as support
from tests.support.dockerd import Dockerd

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def dockerd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dockerd]:
    yield from support.fixture(tmp_path_factory)


@pytest.fixture(scope="module")
def port() -> int:
    """A port of this machine that is free."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def containers(dockerd: Dockerd, port: int) -> dict[str, int]:
    """The main processes of containers by the ids of these: one alone, one of a pod, and one with the node's network."""
    dockerd.image("app:1")
    listen = ["/bin/busybox", "httpd", "-f", "-p", f"127.0.0.1:{port}"]
    identifiers = [
        dockerd.create("alone", "app:1", ["/bin/sleep", "1000000"], host={"network_mode": "none"}),
        dockerd.create(
            "of-a-pod", "app:1", ["/bin/sleep", "1000000"],
            host={"network_mode": "none", "cgroup_parent": f"/kubepods/burstable/pod{POD}"},
        ),
        dockerd.create("listens", "app:1", listen, host={"network_mode": "host"}),
    ]  # fmt: skip
    client = dockerd.client()
    return {one: client.inspect_container(one)["State"]["Pid"] for one in identifiers}


@pytest.fixture(scope="module")
def reading(containers: dict[str, int]) -> HostReading:
    time.sleep(1)  # until the last one listens
    with HostRoot(Path("/")) as root:
        return read_host(root)


def test_the_process_of_a_container_is_known_by_its_control_group(
    containers: dict[str, int], reading: HostReading
) -> None:
    found = {one.pid: one for one in reading.processes.processes}
    for identifier, pid in containers.items():
        process = found[pid]
        assert process.container is not None, process.cgroups
        assert process.container.id == identifier
        assert process.depth >= 2
    alone, of_a_pod, _listens = (found[pid].container for pid in containers.values())
    assert alone is not None
    assert alone.pod_uid == ""
    assert of_a_pod is not None
    assert of_a_pod.pod_uid == POD


def test_what_a_container_with_the_node_s_network_listens_on_is_its_own(
    containers: dict[str, int], reading: HostReading, port: int
) -> None:
    (listener,) = (one for one in reading.listeners.listeners if one.port == port)
    assert (listener.address, listener.owners) == ("127.0.0.1", (list(containers.values())[2],))


def test_the_engine_itself_is_no_container(dockerd: Dockerd, reading: HostReading) -> None:
    engines = [one for one in reading.processes.processes if one.comm == "dockerd"]
    assert engines
    assert [one.container for one in engines] == [None] * len(engines)
