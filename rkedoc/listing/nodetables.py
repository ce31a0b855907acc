"""Read what the tools of a node print: processes, open ports, units of systemd, and what a container runtime holds.

These tables differ from those of pods in that each line is known by its own shape; a header is needed only for the columns that somebody
chose for ``ps``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rkedoc.listing.processes import ProcessHeader, process_by_shape, process_header
from rkedoc.listing.row import ListingRow
from rkedoc.listing.runtimes import containerd_namespace, cut_container, runtime_row
from rkedoc.listing.sockets import is_socket_header, socket_row
from rkedoc.listing.units import is_unit_header, unit_row

_NAMESPACES = ["NAME", "LABELS"]
_CONTAINERS = ["CONTAINER", "IMAGE", "RUNTIME"]
_PROMPT = re.compile(r"\S+:\S*\s[$#%>]\s.*|(?:\[[^\]]*@[^\]]*\]|\S+@\S+?)?\s*[$#%>]\s.*|\S+@\S+[$#%>]\s*")
_PROMPT_WIDTH = 300
"""Where a prompt has ended at the latest; a line may be as long as a file."""
_TYPED = re.compile(
    r"(?:[A-Z_]+=\S+\s+)*(?:sudo\s+(?:-\S+\s+)*)?(?:[\w./-]*/)?(?:(?:k3s|rke2)\s+)?"
    r"(?:ps\s+(?:-|a|e|f|x)|ps\Z|ss\s+-|netstat\s+-|lsof\s+-|pgrep\s|pstree|top\s+-|top\Z|systemctl\s+[a-z-]+|journalctl\s"
    r"|ctr\s+(?:-|[a-z])|(?:crictl|nerdctl|podman)\s+(?:-|[a-z]+)).*"
)
_NOISE = re.compile(
    r"top - |Tasks:|Threads:|%?Cpu\(?s?\)?|(?:[KMGT]iB\s+)?(?:Mem|Swap)\s?:|CPU:\s|Load average:"
    r"|\d+ (?:loaded units|unit files|namespaces) listed|(?:LOAD|ACTIVE|SUB|JOB)\s+(?:=|→)|To show all installed|Legend:"
    r"|Active (?:Internet|UNIX)|\(?(?:Not all processes|No info could be read)|will not be shown"
    r"|(?:Loaded|Active|Docs|Main PID|Process|Tasks|Memory|CPU|CGroup|Drop-In|Status|Triggers|TriggeredBy|Until|Invocation|IO|IP|Where|What"
    r"|Trigger|Since|Device|Listen|Accepted|FD Store|Error)(?: [A-Z]\w+)?:(?:\s|\Z)"
    r"|(?:└─|`-)\s*\S+\.conf\b|(?:[├└]─|[|`]-)\s*\S+\.(?:service|slice|scope)\Z"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ \S+?(?:\[\d+\])?: "
    r"|(?:u_str|u_dgr|u_seq|p_raw|p_dgr|nl|v_str|vsock)\s|unix\s+\d+\s|lines \d+-\d+"
)


@dataclass(frozen=True, slots=True)
class NodeHeader:
    """A header of a table of a node: the columns of processes, what else its lines do not tell themselves, or nothing."""

    processes: ProcessHeader | None = None
    namespaces: bool = False
    containers: bool = False


def node_header(line: str) -> NodeHeader | None:
    """The header of a table of a node that a line is."""
    if found := process_header(line):
        return NodeHeader(found)
    if line.split() in (_NAMESPACES, _CONTAINERS):
        return NodeHeader(namespaces=line.split() == _NAMESPACES, containers=line.split() == _CONTAINERS)
    return NodeHeader() if is_socket_header(line) or is_unit_header(line) else None


def node_row(header: NodeHeader | None, line: str, number: int) -> ListingRow | None:
    """What a line of a table of a node names; ``None`` if it is no line of one."""
    if is_prompt(line):
        return None
    if header is not None and header.processes is not None:
        return header.processes.row(line, number)
    if header is not None and header.namespaces and not _TYPED.fullmatch(line.strip()):
        return containerd_namespace(line, number)
    for read in (socket_row, unit_row, process_by_shape, runtime_row):
        if (row := read(line, number)) is not None:
            return row
    return cut_container(line, number) if header is not None and header.containers else None


def is_prompt(line: str) -> bool:
    """Whether a line is a shell's prompt, with what was typed after it."""
    return _PROMPT.fullmatch(line.strip()[:_PROMPT_WIDTH]) is not None


def says_nothing(line: str) -> bool:
    """Whether a line stands around tables of a node and names nothing: what was typed, what ``top`` counts, a unit's log."""
    text = line.strip()
    return _TYPED.fullmatch(text) is not None or _NOISE.match(text) is not None
