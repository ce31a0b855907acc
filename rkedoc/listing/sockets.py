"""Read what ``ss``, ``netstat`` and ``lsof -i`` print of open ports, with and without headers.

Each line tells address and port, and to an administrator the process. Shapes are those of iproute2 4 to 6, net-tools 2 and lsof 4.
"""

from __future__ import annotations

import re

from rkedoc.listing.kernel import COMM_LENGTH
from rkedoc.listing.row import SOCKET, ListingRow

_STATES = (
    r"(?:LISTEN(?:ING)?|UNCONN|ESTAB(?:LISHED)?|TIME[-_]WAIT|CLOSE[-_]WAIT|SYN[-_]SENT|SYN[-_]RECV|FIN[-_]WAIT[-_]?[12]|LAST[-_]ACK"
    r"|CLOSING|CLOSED?|UNKNOWN)"
)
_PLACE = r"(?P<local>(?:\[[^\]\s]*\]|[^\s\[\]]*?)(?:%[\w.@-]+)?:(?P<port>\d{1,5}|[a-z][\w.+-]*|\*))"
_SS = re.compile(
    rf"(?:(?P<protocol>tcp|udp|sctp|raw|icmp6|dccp)6?\s+)?(?P<state>{_STATES})\s+\d+\s+\d+\s+{_PLACE}\s+(?P<peer>\S+:\S+)(?P<rest>.*)"
)
_NETSTAT = re.compile(
    rf"(?P<protocol>tcp|udp|sctp|raw)(?:6|lite)*\s+\d+\s+\d+\s+{_PLACE}\s+(?P<peer>\S+:\S+)(?:\s+(?P<state>{_STATES}))?(?P<rest>.*)"
)
_LSOF = re.compile(
    rf"(?P<process>\S+)\s+(?P<pid>\d{{1,7}})\s+(?:\d{{1,7}}\s+)?\S+\s+\d+[a-z]*\s+(?:IPv[46]|sock)\s+\S+\s+\S+\s+(?P<protocol>TCP|UDP)\s+"
    rf"{_PLACE}(?:->(?P<peer>\S+))?(?:\s+\((?P<state>\w+)\))?\s*"
)
_USERS = re.compile(r'users:\(\("(?P<process>[^"]+)"')
_PID_PROGRAM = re.compile(r"(?:\s|\A)(?P<shown>(?P<pid>\d{1,7})/(?P<process>[^\s:]+))")
_NETSTAT_WIDTH = 19
"""How many characters netstat prints of number and program together (net-tools, netstat.c, PROGNAME_WIDTH less one)."""
_LSOF_WIDTH = 9
"""How many characters lsof prints of a program unless it is told otherwise (lsof(8), +c)."""
_HEADERS = (
    re.compile(r"(?:Netid\s+)?State\s+Recv-Q\s+Send-Q\s+Local Address:?\s*Port\s+Peer Address:?\s*Port.*"),
    re.compile(r"Proto\s+Recv-Q\s+Send-Q\s+Local Address\s+Foreign Address\s+State.*"),
    re.compile(r"COMMAND\s+PID\s+(?:TID\s+)?(?:TASKCMD\s+)?USER\s+FD\s+TYPE\s+DEVICE\s+SIZE(?:/OFF)?\s+NODE\s+NAME"),
)


def is_socket_header(line: str) -> bool:
    """Whether a line is the header of a table of sockets."""
    text = " ".join(line.split())
    return any(header.fullmatch(text) for header in _HEADERS)


def socket_row(line: str, number: int) -> ListingRow | None:
    """The socket of a line, by its shape alone; ``None`` for what is none of TCP or UDP."""
    text = line.strip()
    if found := _SS.fullmatch(text):
        users = _USERS.search(found["rest"])
        protocol = found["protocol"] or ("udp" if found["state"] == "UNCONN" else "tcp")
        return _row(found, number, protocol, users["process"] if users else None, COMM_LENGTH)
    if found := _NETSTAT.fullmatch(text):
        shown = _PID_PROGRAM.search(found["rest"])
        process = shown["process"] if shown else None
        kept = len(process) if shown and process and len(shown["shown"]) >= _NETSTAT_WIDTH else 0
        return _row(found, number, found["protocol"], process, kept)
    if found := _LSOF.fullmatch(text):
        return _row(found, number, found["protocol"], found["process"], _LSOF_WIDTH)
    return None


def _row(found: re.Match[str], number: int, protocol: str, process: str | None, kept: int) -> ListingRow:
    port = found["port"]
    name = process.rpartition("/")[2].rstrip(":") if process else None
    return ListingRow(
        number, SOCKET, found["local"], status=_state(found["state"], found["peer"]), process=name or None, kept=kept,
        port=int(port) if port.isdecimal() else None, protocol=protocol.upper(),
    )  # fmt: skip


def _state(state: str | None, peer: str | None) -> str:
    """``LISTEN`` for a port that is open, ``ESTAB`` for one end of a connection."""
    if state in ("LISTEN", "LISTENING", "UNCONN"):
        return "LISTEN"
    if state is not None:
        return "ESTAB"
    return "LISTEN" if peer is None or peer.endswith(":*") else "ESTAB"
