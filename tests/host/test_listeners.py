"""On which addresses something listens, and who that is."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from rkedoc.collect.host.listeners import Listener, address_of, read_listeners
from rkedoc.collect.host.processes import Processes, read_processes
from rkedoc.collect.host.root import HostRoot, Unread
from tests.host.nodes import FakeProcess, Node, kubeadm_worker, rke2_server, table

NOBODY = Processes((), 0, ())


@pytest.mark.parametrize(
    ("digits", "address"),
    [
        ("0100007F", "127.0.0.1"),
        ("00000000", "0.0.0.0"),
        ("0100A8C0", "192.168.0.1"),
        ("00000000000000000000000000000000", "::"),
        ("00000000000000000000000001000000", "::1"),
        ("0000000000000000FFFF00000100007F", "127.0.0.1"),
        ("B80D01200000000067452301EFCDAB89", "2001:db8::123:4567:89ab:cdef"),
    ],
)
def test_addresses_are_decoded(digits: str, address: str) -> None:
    assert address_of(digits) == address


def test_listening_sockets_are_joined_with_their_processes(tmp_path: Path) -> None:
    with HostRoot(rke2_server(tmp_path / "root").root) as root:
        found = read_listeners(root, read_processes(root))
    assert (found.unread, found.odd) == ((), 0)
    assert found.listeners == (
        Listener("tcp", "127.0.0.1", 9345, 0, 9345, (700,), None),
        Listener("tcp6", "127.0.0.1", 22, 0, 22, (), "absent"),
        Listener("tcp6", "::", 6443, 0, 6443, (900,), None),
        Listener("udp", "0.0.0.0", 68, 100, 68, (), "absent"),
    )


def test_a_process_with_another_network_holds_none_of_the_node_s_sockets(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.proc(
        [FakeProcess(7, "x", network="net:[1]", sockets=(5,))],
        {"tcp": table(("0100007F:0050", "0A", 0, 5)), "udp": table()},
    )
    with HostRoot(node.root) as root:
        (found,) = read_listeners(root, read_processes(root)).listeners
    assert found.owners == ()


def test_where_processes_are_hidden_nobody_knows_that_a_socket_has_no_owner(tmp_path: Path) -> None:
    node = rke2_server(tmp_path / "root")
    with HostRoot(node.root) as root:
        found = read_listeners(root, Processes((), 0, (), hidden=True))
    assert {one.owner_unread for one in found.listeners} == {"forbidden"}


def test_a_socket_may_have_several_owners(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.proc(
        [FakeProcess(7, "x", sockets=(5,)), FakeProcess(8, "x", sockets=(4, 5))],
        {"tcp": table(("0100007F:0050", "0A", 0, 5)), "udp": table()},
    )
    with HostRoot(node.root) as root:
        (found,) = read_listeners(root, read_processes(root)).listeners
    assert found.owners == (7, 8)


def test_a_missing_table_is_told_and_one_of_ipv6_is_not_missed(tmp_path: Path) -> None:
    with HostRoot(kubeadm_worker(tmp_path / "root").root) as root:
        found = read_listeners(root, read_processes(root))
    assert found.unread == tuple(
        Unread(f"/proc/1/net/{name}", "absent", f"/proc/1/net/{name}") for name in ("tcp", "udp")
    )


def test_where_process_1_has_no_tables_those_of_the_reader_are_read(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.proc([])
    node.link("/proc/net", "self/net")
    node.link("/proc/self", "7")
    node.file("/proc/7/net/tcp", table(("0100007F:0050", "0A", 0, 5)))
    node.file("/proc/7/net/udp", table())
    with HostRoot(node.root) as root:
        found = read_listeners(root, NOBODY)
    assert [one.port for one in found.listeners] == [80]
    assert found.unread == ()
    assert found.of_reader


def test_lines_that_are_not_understood_are_counted(tmp_path: Path) -> None:
    node = Node(tmp_path / "root")
    node.proc([], {"tcp": "head\n0: nonsense\n0: ZZ:0050 x 0A\n", "udp": table(("00000000:0044", "07", 0, 6))})
    with HostRoot(node.root) as root:
        found = read_listeners(root, NOBODY)
    assert found.odd == 2
    assert [one.port for one in found.listeners] == [68]


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_socket_of_this_process_is_found_on_this_machine(
    family: socket.AddressFamily, host: str, kind: socket.SocketKind
) -> None:
    with socket.socket(family, kind) as one:
        try:
            one.bind((host, 0))
        except OSError:
            pytest.skip("this machine has no such address")
        if kind == socket.SOCK_STREAM:
            one.listen()
        port = one.getsockname()[1]
        with HostRoot(Path("/")) as root:
            found = read_listeners(root, read_processes(root))
    mine = [each for each in found.listeners if each.port == port and os.getpid() in each.owners]
    assert [(each.address, each.owner_unread) for each in mine] == [(host, None)]
