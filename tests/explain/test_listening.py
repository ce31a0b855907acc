"""Who listens where, as one list: what was measured counts, a default is called one, and no page contradicts itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rkedoc.cluster.model import Cluster
from rkedoc.explain.facts.ports import ANY
from rkedoc.explain.ledger.sockets import open_sockets
from rkedoc.explain.listening import Listening, listening
from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Record
from rkedoc.sphinxext.blocks.view import Code, ReadIn, Row, Table
from rkedoc.sphinxext.search.things import cell_text
from rkedoc.sphinxext.site import Site
from rkedoc.sphinxext.views.pages.network import listeners_view
from tests.explain.recorded import catalog, cluster_of, dumped, pod, record, recorded, rke

DEMOS = ("demo.ndjson.zst", "demo-rke2.ndjson.zst")
RECORDINGS = ("rke-single-node-idle", "rke-single-node-recreated", "rke-single-node-unhealthy")
DUMPS = ("rancher-v1.14", "rke-v1.14", "oneke-v1.24", "civo-v1.26")


def socket(port: int, address: str, node: str = "n1", protocol: str = "tcp") -> Record:
    body = {"port": port, "address": address, "protocol": protocol, "processes": []}
    return Record(f"host/HostListener/{node}/{protocol}-{address}-{port}", "HostListener", None, {}, body)


def host(node: str = "n1") -> Record:
    return Record(f"host/Host/{node}/host", "Host", None, {}, {})


def shown(cluster: Cluster) -> dict[int, list[tuple[str, str, bool]]]:
    """Of each port: address, node, and whether it was measured."""
    found: dict[int, list[tuple[str, str, bool]]] = {}
    for item in listening(cluster):
        found.setdefault(item.port, []).append((item.address, item.node, item.socket is not None))
    return found


def test_what_the_host_has_open_counts_more_than_what_a_flag_or_a_default_says() -> None:
    node = cluster_of([rke("kube-scheduler", "--port=0"), host(), socket(10259, "127.0.0.1")])
    assert shown(node) == {10259: [("127.0.0.1", "n1", True)]}
    told = cluster_of(
        [rke("kube-scheduler", "--port=0", "--bind-address=192.0.2.1"), host(), socket(10259, "127.0.0.1")]
    )
    (one,) = listening(told)
    assert one.address == "127.0.0.1"
    assert one.stated is not None
    assert "--secure-port" in str(one.stated.where)


def test_ports_that_the_host_alone_shows_are_listed() -> None:
    assert shown(cluster_of([host(), socket(22, ANY), socket(9345, "::")])) == {
        22: [(ANY, "n1", True)],
        9345: [("::", "n1", True)],
    }


def test_a_default_stands_where_nothing_was_measured_and_is_called_one() -> None:
    unread = cluster_of([rke("kube-scheduler", "--port=0"), rke("kube-proxy", "--metrics-bind-address=192.0.2.1")])
    defaults = {item.port: item.stated.default for item in listening(unread) if item.stated is not None}
    assert defaults == {10249: "", 10256: "kube-proxy", 10259: "kube-scheduler 1.20"}
    site = Site(unread)
    (row,) = (row for row in rows(site) if cell_text(row.cells[0]) == "10259/TCP")
    assert cell_text(row.cells[1]).startswith("the default of kube-scheduler 1.20: all addresses, not measured")


def test_a_flag_of_a_static_pod_is_read_there() -> None:
    command = ["kube-scheduler", "--bind-address=127.0.0.1", "--secure-port=10259", "--port=0"]
    spec = {"containers": [{"name": "kube-scheduler", "image": "x", "command": command}], "hostNetwork": True}
    (one,) = listening(cluster_of([pod("kube-scheduler-n1", namespace="kube-system", spec=spec)], server="v1.27.16"))
    assert (one.port, one.address) == (10259, "127.0.0.1")
    assert one.stated is not None
    assert one.stated.default == ""


def test_what_the_packet_filter_leads_on_needs_no_socket() -> None:
    ports = [{"containerPort": 80, "hostPort": 80}]
    web = pod("web", spec={"containers": [{"name": "main", "image": "x", "ports": ports}]})
    service = record("core/Service/shop/web", {"spec": {"ports": [{"port": 80, "nodePort": 30080}]}})
    node = cluster_of([web, service, host(), socket(80, "127.0.0.1"), socket(30080, ANY)])
    assert shown(node) == {
        80: [("127.0.0.1", "n1", True), (ANY, "n1", False)],
        30080: [("", "", False), (ANY, "n1", True)],
    }


def test_an_address_of_every_node_is_none_where_it_is_another_on_one_of_them() -> None:
    spec = {
        "hostNetwork": True,
        "containers": [{"name": "main", "image": "x", "ports": [{"containerPort": 9100, "hostIP": ANY}]}],
    }
    daemons = record("apps/DaemonSet/shop/exporter", {"spec": {"template": {"spec": spec}}})
    pods = [pod(f"exporter-{at}", owner=daemons.id, node=f"n{at}", spec=spec) for at in range(1, 6)]
    some = cluster_of([daemons, *pods, host(), socket(9100, "127.0.0.1")], engines=())
    assert shown(some) == {9100: [("", "", False), ("127.0.0.1", "n1", True)]}
    read = [one for at in range(1, 6) for one in (host(f"n{at}"), socket(9100, "127.0.0.1", f"n{at}"))]
    assert all(measured for _address, _node, measured in shown(cluster_of([daemons, *pods, *read], engines=()))[9100])


# -- real clusters ------------------------------------------------------------------------------------------------------


def rows(site: Site) -> Iterator[Row]:
    """The rows of the table on the page about the network."""
    for block in listeners_view(site, "network"):
        if isinstance(block, Table):
            yield from block.rows


def check(cluster: Cluster) -> None:
    """No port contradicts itself, none that the host has open is missing, and no address stands without where it is from."""
    found = listening(cluster)
    measured = {
        (one.socket.node, one.socket.port, one.socket.protocol.upper(), one.socket.address)
        for one in open_sockets(cluster)
    }
    assert {place(item) for item in found if item.socket is not None} == measured
    for item in found:
        stands_alone = item.socket is None and item.stated is not None and not item.stated.filtered
        if stands_alone:
            here = {one for one in measured if one[1:3] == (item.port, item.protocol) and item.node in ("", one[0])}
            assert not here or item.address == ""
    for row in rows(Site(cluster)):
        address = row.cells[1]
        assert not any(isinstance(part, Code) for part in address) or any(isinstance(part, ReadIn) for part in address)


def place(item: Listening) -> tuple[str, int, str, str]:
    return item.node, item.port, item.protocol, item.address


@pytest.mark.parametrize("name", DEMOS)
def test_the_demos_do_not_contradict_themselves(name: str) -> None:
    check(Cluster(load(resource("data", name)), catalog()))


def test_the_demo_whose_host_was_read_shows_its_sockets() -> None:
    ports = shown(Cluster(load(resource("data", DEMOS[1])), catalog()))
    assert {22, 2379, 2380, 9345, 10250} <= set(ports)
    assert {address for port in (10257, 10258, 10259) for address, _node, _measured in ports[port]} == {"127.0.0.1"}


@pytest.mark.parametrize("name", RECORDINGS)
def test_recordings_do_not_contradict_themselves(recording: Callable[[str], Path], name: str) -> None:
    check(Cluster(recorded(recording(name)), catalog()))


@pytest.mark.parametrize("name", DUMPS)
def test_dumps_do_not_contradict_themselves(dump: Callable[[str], Path], name: str) -> None:
    check(Cluster(dumped(dump(name)), catalog()))
