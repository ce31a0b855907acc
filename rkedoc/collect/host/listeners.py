"""On which addresses and ports something listens, and which processes that are.

Sockets are those of the network that process 1 has, which is the node's; the sockets of containers with a network of their own
are not in it (proc_pid_net(5)).
"""

from __future__ import annotations

import ipaddress
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from rkedoc.collect.host.processes import Process, Processes
from rkedoc.collect.host.root import HostRoot, Reason, Unread

Table = Literal["tcp", "tcp6", "udp", "udp6"]

_TABLES: Final[tuple[Table, ...]] = ("tcp", "tcp6", "udp", "udp6")
_LISTEN = "0A"
_UNCONNECTED = "07"
"""States of sockets (Linux, include/net/tcp_states.h): TCP_LISTEN, and TCP_CLOSE, which a UDP socket without a peer has."""
_MOST_BYTES = 64 << 20
_SOCKET = re.compile(r"socket:\[([0-9]+)\]")


@dataclass(frozen=True, slots=True)
class Listener:
    """One socket. ``address`` is as people write it (``0.0.0.0``, ``::``; an IPv4 address in IPv6 is written as IPv4).

    ``owners`` are the processes that hold it. Where there is none, ``owner_unread`` tells why: ``forbidden`` if this account may
    not see what the processes hold, ``absent`` if none of them holds it (a socket of the kernel itself, or of a process that has
    ended meanwhile).
    """

    table: Table
    address: str
    port: int
    uid: int
    inode: int
    owners: tuple[int, ...]
    owner_unread: Reason | None


@dataclass(frozen=True, slots=True)
class Listeners:
    """All listening sockets, what could not be read, and how many lines of the tables were not understood.

    ``of_reader``: a table of process 1 could not be read, and that of the reading process stands in. It is that of the node
    unless rkedoc runs in a container with a network of its own.
    """

    listeners: tuple[Listener, ...]
    unread: tuple[Unread, ...]
    odd: int = 0
    of_reader: bool = False


@dataclass(frozen=True, slots=True)
class _Socket:
    table: Table
    address: str
    port: int
    uid: int
    inode: int


def read_listeners(root: HostRoot, processes: Processes) -> Listeners:
    """The sockets of the node on which something listens, with those of ``processes`` that hold them."""
    unread: list[Unread] = []
    sockets: list[_Socket] = []
    odd = 0
    of_reader = False
    for table in _TABLES:
        found = root.read(f"/proc/1/net/{table}", _MOST_BYTES)
        if isinstance(found, Unread) and found.reason in ("absent", "forbidden"):
            other = root.read(f"/proc/net/{table}", _MOST_BYTES)
            if not isinstance(other, Unread):
                found, of_reader = other, True
        if isinstance(found, Unread):
            # A kernel without IPv6 has no such table, and then nothing is missing.
            if found.reason != "absent" or table in ("tcp", "udp"):
                unread.append(found)
            continue
        for line in found.decode("ascii", "replace").splitlines()[1:]:
            try:
                socket = _socket(table, line)
            except (ValueError, IndexError):
                odd += 1
                continue
            if socket is not None:
                sockets.append(socket)
    holders, not_seen = _holders(root, processes.processes, frozenset(socket.inode for socket in sockets))
    # Of a process of which nothing may be read, the files may not be seen either.
    not_seen += [one for one in processes.unread if one.path.endswith("/stat") and one.reason == "forbidden"]
    refused = processes.hidden or any(one.reason == "forbidden" for one in not_seen)
    unknown: Reason = "forbidden" if refused else "absent"
    listeners = (
        Listener(
            socket.table,
            socket.address,
            socket.port,
            socket.uid,
            socket.inode,
            owners := tuple(holders.get(socket.inode, ())),
            None if owners else unknown,
        )
        for socket in sockets
    )
    ordered = sorted(listeners, key=lambda one: (one.table, one.port, one.address, one.inode))
    return Listeners(tuple(ordered), (*unread, *not_seen), odd, of_reader)


def _socket(table: Table, line: str) -> _Socket | None:
    """One line of a table; ``None`` if nothing listens there. Raises :class:`ValueError` or :class:`IndexError`."""
    words = line.split()
    digits, _colon, port = words[1].partition(":")
    if words[3] != (_LISTEN if table.startswith("tcp") else _UNCONNECTED):
        return None
    return _Socket(table, address_of(digits), int(port, 16), int(words[7]), int(words[9]))


def address_of(digits: str) -> str:
    """The address that the tables write as hexadecimal words of four bytes, each in the order of a little-endian machine.

    Raises :class:`ValueError` if it is none.
    """
    words = bytes.fromhex(digits)
    octets = b"".join(words[at : at + 4][::-1] for at in range(0, len(words), 4))
    address = ipaddress.ip_address(octets)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _holders(
    root: HostRoot, processes: Iterable[Process], inodes: frozenset[int]
) -> tuple[Mapping[int, Iterable[int]], list[Unread]]:
    """Which processes hold which of the sockets, and the processes of which that may not be seen."""
    holders: dict[int, dict[int, None]] = defaultdict(dict)
    unread: list[Unread] = []
    for process in _of_the_node(processes):
        folder = f"/proc/{process.pid}/fd"
        links = root.links(folder)
        if isinstance(links, Unread):
            if links.reason != "absent":
                unread.append(links)
            continue
        refused = False
        for target in links.values():
            if isinstance(target, Unread):
                refused = refused or target.reason == "forbidden"
            elif (matched := _SOCKET.fullmatch(target)) and (inode := int(matched[1])) in inodes:
                holders[inode][process.pid] = None  # a process may hold a socket more than once
        if refused:
            unread.append(Unread(folder, "forbidden", folder))
    return holders, unread


def _of_the_node(processes: Iterable[Process]) -> Iterator[Process]:
    """The processes that may hold a socket of the node: all but threads of the kernel and those with another network.

    A process of which the network may not be seen is asked: that its files may not be seen either is then told of it.
    """
    every = tuple(processes)
    network = next((one.network for one in every if one.pid == 1), None)
    for process in every:
        if not process.kernel and (network is None or process.network in (None, network)):
            yield process
