"""Read the tables that ``docker ps``, ``kubectl get`` and ``crictl ps`` print, as people paste them.

What tools of a node print, such as ``ps`` and ``ss``, reads :mod:`rkedoc.listing.nodetables`; JSON, YAML and ``kubectl describe``
:mod:`rkedoc.listing.documents`.

Columns differ from version to version, headers are cut off, spaces are squeezed, several tables follow one another, lines are cut or
wrapped, and text stands around: each line is read by the header above it (:mod:`rkedoc.listing.columns`) while it fits that, and by its own
shape otherwise (:mod:`rkedoc.listing.shapes`). What is neither is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from rkedoc.listing.columns import KNOWN, Cells, Header, header_of
from rkedoc.listing.documents import documents
from rkedoc.listing.dress import bare, quoted
from rkedoc.listing.nodetables import NodeHeader, is_prompt, node_header, node_row, says_nothing
from rkedoc.listing.row import (
    CONTAINERD,
    CRI,
    ENGINE,
    IMAGE,
    NAMELESS,
    NAMESPACE,
    NODE,
    ON_NODE,
    PLAIN,
    POD,
    RESOURCE,
    RUNTIME_IMAGE,
    ListingRow,
    Skipped,
    Unreadable,
)
from rkedoc.listing.shapes import by_shape, kind_of_resource
from rkedoc.snapshot.kinds import kind_named
from rkedoc.snapshot.podnames import engine_name

_PROMPT = re.compile(
    r"(?:sudo\s+)?(?:watch\s+)?(?:docker|kubectl|k|kg|kgp|k3s|crictl|nerdctl|podman|rke2|helm)\s+[a-z-]+|[\[($#>%~]|\S*[$#%>](?:\s|\Z)"
    r"|(?![0-9a-f]{12}\s)[^\"]*\s(?:docker|kubectl|crictl)\s+(?:ps|get|top|images|pods|logs|describe|exec|apply|delete|rm|stop|start|restart|-)"
)
_NAMING = re.compile(
    r"\b(?:docker|podman|nerdctl|crictl|kubectl|oc|k|ctr)\s.*?(?:ps|get|ls|list|pods|images|start|stop|restart|kill|rename|rm|rmi|container)\b"
)
"""Commands that print names, or repeat those that they were given."""
_COMMAND_NAMESPACE = re.compile(
    r"\b(?:kubectl|oc|k|k3s kubectl)\b.*?\s(?:-n\s*|--namespace[ =])([a-z0-9][a-z0-9-]*)(?=\s|\Z)"
)
_NOTHING = re.compile(
    r"(?:No resources found|Error from server|error:|Unable to connect|WARN|[WIEF]\d{4}\s|[-=+*.…]+\Z|[`~]{3}|#|Every \d|\[?sudo\]? password"
    r"|\\?\[sudo\\?\])"
)
_WITHOUT_NAMESPACE = ON_NODE | {ENGINE, NAMELESS, CRI, IMAGE, PLAIN, NAMESPACE, NODE}
_OF_PODS = frozenset((
    "NAMESPACE", "NAME", "NODE", "NODENAME", "HOST", "IP", "PODIP", "HOSTIP", "STATUS", "PHASE", "STATE", "IMAGE", "IMAGES",
    "CONTAINER", "CONTAINERS", "KIND", "OWNER", "LABELS", "QOS", "PRIORITY", "START", "CPU(CORES)", "MEMORY(BYTES)", "CPU",
    "MEMORY", "POD", "UID", "REASON", "REQUESTS", "LIMITS", "TIME", "CREATED", "NS", "TYPE", "POD_NAME",
))  # fmt: skip
"""Headings of tables that people make of pods with ``custom-columns``, and those of ``kubectl top``."""
_MOST_LINES = 8
"""Into how many lines a row is wrapped at the most."""
_ID = re.compile(r"[0-9a-f]{12,13}|[0-9a-f]{64}")
_WHOLE = re.compile(r".*-[bcdfghjklmnpqrstvwxz2456789]{5}")
"""A name that ends as Kubernetes ends those of pods."""


def read_rows(text: Iterable[str]) -> Iterator[ListingRow]:
    """The lines that name something, in their order."""
    return (found for found in read_lines(text) if isinstance(found, ListingRow))


def read_lines(text: Iterable[str]) -> Iterator[ListingRow | Skipped]:
    """The rows of a text, and the lines that could not be read, in their order.

    Rows without a namespace get that of the command above them, where it is there and names one.
    """
    found = _Reading([bare(line) for line in text]).found()
    return iter(sorted(found, key=lambda one: one.line))


def begins_with_header(text: Iterable[str]) -> bool:
    """Whether the first line of a text that is no prompt, and nothing that tools say beside their tables, is the header of a table."""
    for line in map(bare, text):
        if header_of(line) is not None:
            return True
        told = line.strip()
        if told and not (is_prompt(line) or says_nothing(line) or _NOTHING.match(told) or _PROMPT.match(told)):
            return False
    return False


@dataclass(slots=True)
class _Segment:
    """The lines between two commands: names alone are rows only where nothing else stands beside them."""

    names: bool = True
    weak: list[ListingRow] = field(default_factory=list)
    other: bool = False


class _Reading:
    """One text while it is read: what the lines so far say about the next."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = list(lines)
        self.rows: list[ListingRow | Skipped] = []
        self.header: Header | None = None
        self.node: NodeHeader | None = None
        self.namespace: str | None = None
        self.quote = ""
        self.heading = ""
        self.wrapped = False
        self.cut = self.same = False
        self.width = self.edge = self.edge_until = 0
        self.last_unread = -1
        self.segment = _Segment()

    def found(self) -> list[ListingRow | Skipped]:
        """The rows and what was not read, in no order."""
        read, taken, broken = documents(self.lines)
        at = 0
        while at < len(self.lines):
            if at in taken:
                self.header = self.node = None
                self.segment.other = True
                at += 1
            else:
                at += self._line(at, taken)
        self._close(_Segment())
        known = {(row.what, row.bare, row.namespace): row for row in self.rows if isinstance(row, ListingRow)}
        more = [row for row in read if (row.what, row.bare, row.namespace) not in known]
        shown = {(row.what, row.bare, row.namespace): row.image for row in read if row.image}
        kept = [
            replace(row, image=row.image or shown.get((row.what, row.bare, row.namespace)))
            if isinstance(row, ListingRow)
            else row
            for row in self.rows
        ]
        return [*kept, *more, *broken]

    def _line(self, at: int, taken: frozenset[int]) -> int:
        """Read the line at a place, with those that belong to it; how many these are."""
        number = at + 1
        line = self._undressed(self.lines[at])
        if not line.strip():
            self.node = None
            if self.header is not None and len(self.header.columns) == 1:
                self.header = None
            return 1
        if (node := node_header(line)) is not None:
            self.node, self.header = node, None
            self.segment.other = True
            return 1
        if (header := self._header(at)) is not None:
            return header
        row = node_row(self.node, line, number)
        if row is not None and self._by_header(line, number) is None and not self._is_half(at, row, taken):
            self._add(row)
            return 1
        if (
            is_prompt(line)
            or (_PROMPT.match(line.strip()) and by_shape(line, number) is None)
            or _NOTHING.match(line.strip())
        ):
            self._prompt(line)
            return 1
        if says_nothing(line):
            return 1
        if self.node is not None:
            self._unread(number)
            return 1
        return self._row(at, line, taken)

    def _undressed(self, line: str) -> str:
        """A line without the marks that stand before each line of its table."""
        if (found := quoted(line)) is not None:
            mark, rest = found
            kind = re.sub(r"\d+", "", mark).strip()
            if kind and kind == self.quote:
                return rest
            if header_of(line) is None and (header_of(rest) or node_header(rest)):
                self.quote = kind
                return rest
            shaped = by_shape(rest, 1) if node_row(None, line, 1) is None else None
            # After a sharp may stand what somebody typed as root.
            if kind and shaped is not None and (not shaped.weak or "#" not in kind):
                return rest
        placed = self.header is not None and "\t" not in self.heading
        return line.expandtabs(8) if placed and "\t" in line else line

    def _header(self, at: int) -> int | None:
        """Take the header that begins at a line, if one does; how many lines it was wrapped into."""
        line = self._undressed(self.lines[at])
        if header_of(line) is None and not line.isupper() and not line.lstrip()[:4].isupper():
            return None
        block = self._block(at)
        width = max((len(one) for one in block), default=0)
        alone = header_of(line)
        best, lines = alone, 1
        for count in range(2, min(_MOST_LINES, len(block)) + 1):
            joined = header_of(_joined(block[:count], width))
            if joined is not None and (best is None or _known(joined) > _known(best)):
                best, lines = joined, count
        if best is None:
            return None
        self._begin(best, width, wrapped=lines > 1)
        self.heading = line
        return lines

    def _begin(self, header: Header, width: int, *, wrapped: bool) -> None:
        self.header, self.node, self.wrapped, self.width = header, None, wrapped, width
        self.edge_until = 0
        self.segment.other = True

    def _block(self, at: int) -> list[str]:
        """The lines from a place on to the next blank one."""
        block = []
        for line in self.lines[at : at + 2000]:
            text = self._undressed(line)
            if not text.strip():
                break
            block.append(text)
        return block

    def _row(self, at: int, line: str, taken: frozenset[int]) -> int:
        number = at + 1
        self._edge(at)
        following = self._following(at, taken)
        if self.wrapped:
            for count in (*range(2, len(following) + 2), 1) if self._begins_row(line) else ():
                joined = self._by_header(_joined([line, *following[: count - 1]], self.width), number, firmly=True)
                rest = following[count - 1 :]
                if joined is not None and (not rest or self._begins_row(rest[0])):
                    self._add(joined)
                    return int(count)
            self._unread(number)
            return 1
        row = self._by_header(line, number) if self.header else None
        shaped = None
        if (
            row is None
            and (shaped := by_shape(line, number)) is not None
            and not shaped.weak
            and not _visibly_cut(shaped.row)
        ):
            row = shaped.row
        if row is not None:
            if self._goes_on_from(at):
                self._unread(number, Unreadable.CUT)
                return 1
            if self._goes_on(at, row, line, following):
                return self._mended(at, line, following)
            self._add(row)
            return 1
        if following and (count := self._wrapped_alone(number, line, following)):
            return count
        if shaped is not None and shaped.weak and not self._goes_on(at, shaped.row, line, ()):
            self.segment.weak.append(shaped.row)
            self.last_unread = number
        else:
            self._unread(number, Unreadable.TEXT if shaped is None else Unreadable.CUT)
        return 1

    def _following(self, at: int, taken: frozenset[int]) -> list[str]:
        """The lines after a place that may be the rest of its row: no blank ones, no prompts, no headers."""
        found: list[str] = []
        for place in range(at + 1, min(at + _MOST_LINES, len(self.lines))):
            line = self._undressed(self.lines[place])
            if (
                place in taken
                or not line.strip()
                or is_prompt(line)
                or header_of(line) is not None
                or node_header(line) is not None
            ):
                break
            found.append(line)
        return found

    def _is_half(self, at: int, row: ListingRow, taken: frozenset[int]) -> bool:
        """Whether a container without a name has the rest of its row in the next line."""
        following = self._following(at, taken) if row.what in (CONTAINERD, NAMELESS) and len(row.name) < 14 else []
        if not following or node_row(self.node, following[0], 1) is not None:
            return False
        return re.match(r"[0-9a-f]{12,13}\s", following[0]) is None

    def _goes_on_from(self, at: int) -> bool:
        """Whether a line seems to be the end of a row that a terminal has wrapped: the line before was not read, is as wide as it, and no sentence."""
        before = self.lines[at - 1].rstrip() if at else ""
        return self.last_unread == at > 0 and len(before) == self.edge and len(before.split()) < 3

    def _goes_on(self, at: int, row: ListingRow, line: str, following: Sequence[str]) -> bool:
        """Whether a row's name seems to be cut at the edge of a window, or to go on in the next line."""
        last = line.rsplit(maxsplit=1)[-1]
        if (
            last not in (row.name, row.image)
            or engine_name(last)
            or _ID.fullmatch(last)
            or len(line.rstrip()) < self._edge(at)
        ):
            return False
        if row.what == NAMELESS and ":" not in last.rpartition("/")[2]:
            return True
        if following and self._by_header(following[0], 1) is not None:
            following = ()
        return self.cut or (self.same and last == row.name) or (bool(following) and _is_fragment(following[0]))

    def _edge(self, at: int) -> int:
        """The width of the lines around a place; with it whether they seem to be cut there."""
        if at >= self.edge_until:
            block = self._block(at)
            self.edge_until = at + max(len(block), 1)
            self.edge = max((len(line.rstrip()) for line in block), default=0)
            ends = [line.split()[-1] for line in block if len(line.rstrip()) == self.edge]
            self.cut = not self.wrapped and _are_cut(ends)
            self.same = not self.wrapped and len(set(ends)) < len(ends)
        return self.edge

    def _begins_row(self, line: str) -> bool:
        """Whether a line may be the first of a wrapped row: where rows begin with an id, those that do."""
        assert self.header is not None
        return (
            self.header.columns[0][0] not in ("CONTAINER ID", "CONTAINER")
            or re.match(r"[0-9a-f]{12}", line) is not None
        )

    def _mended(self, at: int, line: str, following: Sequence[str]) -> int:
        """A row whose name goes on in the next line, or was cut: with the next line, or not read."""
        if following:
            text = line + following[0]
            shaped = by_shape(text, at + 1)
            joined = self._by_header(text, at + 1) if self.header else shaped.row if shaped is not None else None
            if joined is not None and engine_name(joined.name):
                self._add(joined)
                return 2
        self._unread(at + 1, Unreadable.CUT)
        return 1

    def _wrapped_alone(self, number: int, line: str, following: Sequence[str]) -> int:
        """How many lines a row is wrapped into that has no header, or is wrapped where its header is not; 0 if none is."""
        for count in range(1, len(following) + 1):
            if re.match(r"[0-9a-f]{12,13}\s", line) is None:
                return 0
            more = by_shape(following[count - 1], number)
            if more is not None and not more.weak:
                return 0
            # A line that reaches the edge may end in the midst of a word, any other at its end.
            pieces = [piece if len(piece) >= self.edge else f"{piece} " for piece in (line, *following[:count])]
            text = "".join(pieces).rstrip()
            row = self._by_header(text, number, firmly=True)
            if row is None and (shaped := by_shape(text, number)) is not None and not shaped.weak:
                row = shaped.row
            ended = count == len(following) or re.match(r"[0-9a-f]{12,13}\s", following[count]) is not None
            if row is not None and row.what in (ENGINE, CRI) and ended and not _visibly_cut(row):
                self._add(row)
                return count + 1
        return 0

    def _by_header(self, line: str, number: int, *, firmly: bool = False) -> ListingRow | None:
        header = self.header
        if header is None or (len(header.columns) == 1 and by_shape(line, number) is None):
            return None
        cells = header.read(line)
        if cells is None or (firmly and not cells.firm):
            return None
        row = _row_of(header, cells, number)
        return row if row is not None and not _visibly_cut(row) and row.name in line else None

    def _prompt(self, line: str) -> None:
        if "kubectl" in line or " get " in line:
            named = _COMMAND_NAMESPACE.search(line)
            self.namespace = named[1] if named else None
        self.node = None
        if is_prompt(line) or _PROMPT.match(line.strip()):
            self._close(_Segment(names=_NAMING.search(line) is not None or re.search(r"[a-z]", line.strip()) is None))
            self.header = None if is_prompt(line) else self.header

    def _add(self, row: ListingRow) -> None:
        if row.what != PLAIN and not RESOURCE.match(row.name):
            self.segment.other = True
        self.rows.append(_placed(row, self.namespace))

    def _unread(self, number: int, reason: Unreadable = Unreadable.TEXT) -> None:
        self.segment.other = True
        self.last_unread = number
        self.rows.append(Skipped(number, reason))

    def _close(self, following: _Segment) -> None:
        """End the lines after a command: what may have been names alone is so where nothing else stood among it."""
        alone = self.segment.names and not self.segment.other
        for row in self.segment.weak:
            self.rows.append(_placed(row, self.namespace) if alone else Skipped(row.line, Unreadable.WORD))
        self.segment = following


def _joined(lines: Sequence[str], width: int) -> str:
    """Lines that a terminal of a width has wrapped, as one."""
    return "".join(line.ljust(width) for line in lines[:-1]) + lines[-1]


def _known(header: Header) -> int:
    names = [name for name, _start in header.columns]
    return sum(name in KNOWN for name in names) - sum(name not in KNOWN for name in names)


def _is_fragment(line: str) -> bool:
    """Whether a line may be the end of a name of which the line before has the beginning."""
    shaped = by_shape(line, 1)
    return re.fullmatch(r"[\w.:/-]+", line) is not None and (
        shaped.weak if shaped is not None else not line.isalpha() or len(line) < 3
    )


def _are_cut(ends: Sequence[str]) -> bool:
    """Whether the last words of lines that end at one place seem to be cut there: some in their midst, or they have nothing in common."""
    whole = [word for word in ends if engine_name(word) or _WHOLE.fullmatch(word) or _ID.fullmatch(word)]
    unlike = {re.sub(r"\d+", "", word) for word in ends if word not in whole}
    return len(ends) > 1 and (any(map(_cut_name, ends)) or (len(ends) > 2 and len(unlike) > 1))


def _cut_name(name: str) -> bool:
    return (name.startswith("k8s_") and engine_name(name.split(",", maxsplit=1)[0]) is None) or name.endswith(
        ("-", "_", ".", "…", "...", "/", ">")
    )


def _visibly_cut(row: ListingRow) -> bool:
    return _cut_name(row.name) and not row.name.endswith(">") or row.name.endswith("…>")


def _placed(row: ListingRow, namespace: str | None) -> ListingRow:
    """A row of ``kubectl`` with the namespace that the command was given."""
    if namespace is None or row.namespace or row.what in _WITHOUT_NAMESPACE:
        return row
    return replace(row, namespace=namespace)


def _row_of(header: Header, cells: Cells, number: int) -> ListingRow | None:
    """What the values of a row say, by the headings above them."""
    names = header.names
    if header.cri:
        attempt = cells.get("ATTEMPT")
        name = cells.get("NAME")
        return ListingRow(
            number, CRI, name, image=cells.get("IMAGE") or None, id=cells.get("CONTAINER", "CONTAINER ID") or None,
            status=cells.get("STATE", "STATUS") or None, attempt=int(attempt) if attempt.isdecimal() else None,
            pod_id=cells.get("POD ID") or None, pod=cells.get("POD") or None, namespace=cells.get("NAMESPACE") or None,
        ) if name else None  # fmt: skip
    if header.engine:
        return _engine_row(cells, number, named="NAMES" in names and cells.firm)
    if (
        "REPOSITORY" in names
        or {"IMAGE", "IMAGE ID"} <= names
        or {"IMAGE", "ID", "DISK USAGE"} <= names
        or {"REF", "DIGEST"} <= names
    ):
        name = cells.get("REPOSITORY", "IMAGE", "REF")
        what = IMAGE if "REPOSITORY" in names or "DISK USAGE" in names else RUNTIME_IMAGE
        return ListingRow(number, what, name, image=name, id=cells.get("IMAGE ID", "ID") or None) if name else None
    if {"POD", "NAME", "CPU(CORES)"} <= names or ({"POD", "CONTAINER"} <= names and "NAME" not in names):
        name = cells.get("NAME", "CONTAINER")
        return ListingRow(
            number, CRI, name, pod=cells.get("POD") or None, namespace=cells.get("NAMESPACE", "NS") or None, image=cells.get("IMAGE", "IMAGES") or None
        ) if name and "," not in name else None  # fmt: skip
    return _kubernetes(names, cells, number)


def _engine_row(cells: Cells, number: int, *, named: bool) -> ListingRow | None:
    """A container; ``named`` tells that its name would be there if it had one, which nerdctl does not give to all."""
    name, own = cells.get("NAMES", "NAME"), cells.get("CONTAINER ID")
    image = cells.get("IMAGE")
    if not name and not (own and image):
        return None
    return ListingRow(
        number, ENGINE if name else CONTAINERD if named else NAMELESS, name or own, image=image or None, id=own or None,
        command=cells.get("COMMAND").strip('"“”') or None, status=cells.get("STATUS", "STATE") or None,
    )  # fmt: skip


def _kubernetes(names: frozenset[str], cells: Cells, number: int) -> ListingRow | None:
    name = cells.get("NAME", "POD", "POD_NAME")
    if not name:
        return None
    kind = kind_of_resource(name) or ("other" if RESOURCE.match(name) else _kind_of(names))
    kind = kind_named(cells.get("KIND")) or kind
    node = cells.get("NODE", "NODENAME")
    image = cells.get("IMAGES", "IMAGE")
    return ListingRow(
        number, kind, name, namespace=cells.get("NAMESPACE", "NS") or None, node=node or None, status=cells.get("STATUS", "STATE") or None,
        version=cells.get("VERSION") or None, image=re.sub(r"[,\s]+", ",", image) or None, ready=cells.get("READY") or None,
        id=cells.get("POD ID") or None,
    )  # fmt: skip


def _kind_of(names: frozenset[str]) -> str:
    """The kind of object that kubectl's columns belong to."""
    for columns, kind in (
        ({"RESTARTS"}, POD), ({"POD ID"}, POD), ({"ROLES"}, NODE), ({"CPU(%)"}, NODE), ({"CPU%"}, NODE), ({"UP-TO-DATE", "DESIRED", "NODE"}, "DaemonSet"),
        ({"NODE SELECTOR"}, "DaemonSet"), ({"SCHEDULE"}, "CronJob"), ({"COMPLETIONS"}, "Job"),
        ({"UP-TO-DATE"}, "Deployment"), ({"DESIRED"}, "ReplicaSet"), ({"CLUSTER-IP"}, "Service"),
    ):  # fmt: skip
        if columns <= names:
            return kind
    if "READY" in names:
        return POD if "STATUS" in names or "IP" in names else "StatefulSet"
    if names == {"NAME", "STATUS", "AGE"}:
        return NAMESPACE
    return POD if names <= _OF_PODS else "other"
