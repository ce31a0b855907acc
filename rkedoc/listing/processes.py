"""Read what ``ps`` and ``top`` print of processes, with and without headers.

Columns are those of procps 3.3 and 4.0 and of BusyBox; a line is split at spaces, so that it does not matter how many there are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rkedoc.listing.kernel import COMM_LENGTH, is_kernel_thread
from rkedoc.listing.row import PROCESS, ListingRow

_COMMAND = frozenset(("COMMAND", "CMD", "ARGS"))
_COLUMNS = _COMMAND | frozenset((
    "USER", "UID", "PID", "PPID", "PGID", "PGRP", "SID", "SESS", "LWP", "SPID", "NLWP", "C", "%CPU", "%MEM", "%VSZ", "VSZ", "RSS", "SZ",
    "TTY", "TT", "STAT", "S", "START", "STIME", "STARTED", "TIME", "TIME+", "ELAPSED", "PR", "PRI", "NI", "VIRT", "RES", "SHR", "SWAP",
    "CODE", "DATA", "F", "ADDR", "WCHAN", "RUSER", "EUSER", "GROUP", "RGROUP", "CPU", "P", "PSR", "TPGID", "UNIT", "UUNIT", "SLICE", "CGROUP", "LABEL", "EUID", "CLS", "RTPRIO", "THCNT",
))  # fmt: skip
_LONG_START = re.compile(r"\b([A-Z][a-z]{2})\s+([A-Z][a-z]{2})\s+(\d{1,2})\s+(\d\d:\d\d:\d\d)\s+(\d{4})\b")
"""``lstart``, the one column that holds spaces."""

_SHAPES = (
    # ps aux
    re.compile(
        r"[\w.+$-]+\s+(?P<pid>\d{1,7})\s+\d+(?:\.\d+)?\s+\d+(?:\.\d+)?\s+\d+\s+\d+\s+\S+\s+[A-Z][A-Za-z<+]*\s+\S+\s+\d+:\d\d\s+(?P<args>\S.*)"
    ),
    # ps -ef, docker top
    re.compile(
        r"[\w.+$-]+\s+(?P<pid>\d{1,7})\s+(?P<ppid>\d{1,7})\s+\d+\s+\S+\s+\S+\s+(?:\d+-)?\d\d:\d\d:\d\d\s+(?P<args>\S.*)"
    ),
    # ps -e
    re.compile(r"(?P<pid>\d{1,7})\s+(?:\?|tty\S*|pts/\d+)\s+(?:\d+-)?\d\d:\d\d:\d\d\s+(?P<comm>\S.*)"),
    # ps ax
    re.compile(r"(?P<pid>\d{1,7})\s+(?:\?|tty\S*|pts/\d+)\s+[A-Z][A-Za-z<+]*\s+\d+:\d\d\s+(?P<args>\S.*)"),
    # top
    re.compile(
        r"(?P<pid>\d{1,7})\s+[\w.+-]+\s+(?:-?\d+|rt)\s+-?\d+\s+[\d.]+[kmgt]?\s+[\d.]+[kmgt]?\s+[\d.]+[kmgt]?\s+[A-Z]\s+[\d.]+\s+[\d.]+"
        r"\s+[\d:.h]+\s+(?P<comm>\S.*)"
    ),
    # ps of BusyBox
    re.compile(r"(?P<pid>\d{1,7})\s+\w[\w.-]*\s+(?:\d+:\d\d|\d+h\d\d|\d+d\d\d)\s+(?P<args>[\[{/\w-].*)"),
    # ps axo pid,ppid,user,args
    re.compile(r"(?P<pid>\d{1,7})\s+(?P<ppid>\d{1,7})\s+(?:[a-z_][\w.-]*|\d+(?=\s+[/\[]))\s+(?P<args>[\[{/\w(-].*)"),
    # pgrep -a, ps axo pid,args
    re.compile(r"(?P<pid>\d{1,7})\s+(?P<args>/\S.*|\[[^\]]+\]+)"),
    # systemctl status, what a control group holds
    re.compile(r"[│|\s]*(?:├─|└─|\|-|`-)\s*(?P<pid>\d{1,7})\s+(?P<args>\S.*)"),
)  # fmt: skip

_TREE = re.compile(r"[\s|`\\_+├└│─-]*(?:\\_|[├└]─)\s*")
_IN_BRACKETS = re.compile(r"\[(?P<name>.+?)\](?P<zombie>\s*<defunct>)?\s*\Z")
_BUSYBOX = re.compile(r"\{(?P<comm>[^}]+)\}\s+(?P<args>\S.*)")
_WORD = re.compile(r"[\w.+@:-]+")
_INTERPRETER = re.compile(
    r"(?:python[\d.]*|platform-python|perl|ruby|bash|sh|dash|ash|node|tini|dumb-init|catatonit|busybox)\Z"
)
_KTHREADD = 2
"""The process from which the kernel makes its threads."""


@dataclass(frozen=True, slots=True)
class ProcessHeader:
    """The columns that stand above processes."""

    columns: tuple[str, ...]

    def row(self, line: str, number: int) -> ListingRow | None:
        """The process of a line; ``None`` if the line is no row of this table."""
        line = _LONG_START.sub(r"\1-\2-\3-\4-\5", line)
        at = next(index for index, name in enumerate(self.columns) if name in _COMMAND)
        after = len(self.columns) - at - 1
        words = line.split(None, at)
        if len(words) <= at:
            return None
        command = words[at]
        if after:
            parts = command.rsplit(None, after)
            if len(parts) <= after:
                return None
            command = parts[0]
        cells = dict(zip(self.columns[:at], words[:at], strict=True))
        if any(not cells[name].isdecimal() for name in ("PID", "PPID") if name in cells):
            return None
        ppid = cells.get("PPID", "")
        return process_row(
            command,
            number,
            pid=int(cells["PID"]) if "PID" in cells else None,
            ppid=int(ppid) if ppid else None,
            # What `ps -e`, `ps -o comm` and `top` print is what the kernel keeps of the name; arguments tell them apart.
            comm=self.columns[at] == "CMD" and "PPID" not in cells or "TIME+" in self.columns,
        )


def process_header(line: str) -> ProcessHeader | None:
    """The header of a table of processes that a line is."""
    words = line.split()
    if not words or not _COLUMNS.issuperset(words) or len(set(words)) != len(words):
        return None
    commands = [word for word in words if word in _COMMAND]
    return ProcessHeader(tuple(words)) if len(commands) == 1 else None


def process_by_shape(line: str, number: int) -> ListingRow | None:
    """The process of a line that has no header."""
    text = line.strip()
    for shape in _SHAPES:
        if found := shape.fullmatch(text):
            groups = found.groupdict()
            ppid = groups.get("ppid")
            return process_row(
                groups.get("args") or groups["comm"],
                number,
                pid=int(groups["pid"]),
                ppid=int(ppid) if ppid else None,
                comm="comm" in groups,
            )
    return None


def process_row(
    command: str, number: int, *, pid: int | None = None, ppid: int | None = None, comm: bool = False
) -> ListingRow | None:
    """The row of a process, by its command line, or by the kernel's name of it (``comm``).

    Of a command line the name of the program is kept, and the script that an interpreter runs.
    """
    text = _TREE.sub("", command, count=1) if _TREE.match(command) else command.strip()
    if found := _IN_BRACKETS.fullmatch(text):
        name = found["name"]
        kernel = not found["zombie"] and (ppid is None or ppid in (0, _KTHREADD)) and (ppid != 0 or pid == _KTHREADD)
        return ListingRow(number, PROCESS, name, process=name, kept=COMM_LENGTH, kernel=kernel)
    if found := _BUSYBOX.fullmatch(text):
        text = found["args"]
    words = text.split()
    if not words:
        return None
    if words[1:] in ([], ["<defunct>"]) and (comm or is_kernel_thread(words[0])):
        shown = words[0]
        kept = len(shown) - 1 if shown.endswith("+") else COMM_LENGTH
        name = shown.removesuffix("+")
        # top cuts the names of kernel threads too, at whatever width the terminal had.
        kernel = kept < COMM_LENGTH and any(is_kernel_thread(name + more) for more in ("0", "/0"))
        return ListingRow(number, PROCESS, name, process=name, kept=kept, kernel=kernel) if name else None
    name = _program(words[0])
    if not name:
        return None
    script = _script(words) if _INTERPRETER.match(name) else None
    # A line that ends with the program itself may have been cut there.
    kept = len(name) if len(words) == 1 else 0
    return ListingRow(number, PROCESS, name, process=name, script=script, command=text, kept=kept)


def _program(word: str) -> str:
    """The base name of a first argument: ``/usr/sbin/sshd:`` is ``sshd``, ``-bash`` a shell that somebody logged in to.

    What follows a character that names of programs do not have, such as an equals sign, is left out: it may be anything.
    """
    found = _WORD.match(word.strip("\"'(),").rpartition("/")[2].lstrip("-"))
    return found[0].rstrip(":") if found else ""


def _script(words: list[str]) -> str | None:
    script = next((word for word in words[1:] if not word.startswith("-")), None)
    return (_program(script) or None) if script is not None else None
