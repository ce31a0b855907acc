"""Read the tables that ``docker ps``, ``kubectl get`` and ``crictl ps`` print, as people paste them.

What tools of a node print, such as ``ps`` and ``ss``, reads :mod:`rkedoc.listing.nodetables`.

Columns differ from version to version, headers are cut off, spaces are squeezed, several tables follow one another:
each line is read by the header above it while it fits that, and by its own shape otherwise. The order of the columns
in each tool's output is that of Docker 17 to 27, kubectl 1.10 to 1.31 and crictl 1.0 to 1.31.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rkedoc.listing.nodetables import NodeHeader, is_prompt, node_header, node_row, says_nothing
from rkedoc.listing.row import ON_NODE, RESOURCE, ListingRow
from rkedoc.snapshot.kinds import kind_named
from rkedoc.snapshot.podnames import engine_name

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_PROMPT = re.compile(
    r"(?:sudo\s+)?(?:watch\s+)?(?:docker|kubectl|k|kg|kgp|k3s|crictl|nerdctl|podman|rke2)\s+[a-z-]+|[\[($#>%~]|\S*[$#%>](?:\s|\Z)"
    r"|(?![0-9a-f]{12}\s)[^\"]*\s(?:docker|kubectl|crictl)\s+(?:ps|get|top|images|pods|logs|describe|exec|apply|delete|-)"
)
_HEADING = re.compile(r"[A-Z][A-Z()/%-]*(?: [A-Z(][A-Z()/%-]*)*")
_WORDS = frozenset(
    ("NAMES", "NAME", "NAMESPACE", "IMAGE", "CONTAINER", "STATUS", "READY", "REPOSITORY", "POD", "STATE")
)
_NAMESPACE = re.compile(r"\b(?:kubectl|oc|k|k3s kubectl)\b.*?\s(?:-n\s*|--namespace[ =])([a-z0-9][a-z0-9-]*)(?=\s|\Z)")
_QUOTE = re.compile(r"\s*(?:>|&gt;|[.*#-]) ")
"""What stands before each line of a table that was quoted, or made a list."""
_CELL = 80
"""How wide a cell of a Markdown table is made, so that its columns stand under one another."""
_CONTAINER_ID = re.compile(r"[0-9a-f]{12,13}\Z|[0-9a-f]{64}\Z")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+\Z")
_READY = re.compile(r"\d+/\d+\Z")
_NOTHING = re.compile(
    r"(?:No resources found|Error from server|error:|Unable to connect|WARN|W\d{4}|[-=+*.…]+\Z|[`~]{3}|#)"
)
_NAME = re.compile(r"[A-Za-z0-9/][A-Za-z0-9_./:@-]*\Z")
_STATUS = re.compile(
    r"(?:Up (?:\d|About|Less)|Exited \(|Created\Z|Restarting \(|Removal|Dead\Z|\(?Paused)|(?:running|exited|created)\Z"
)

_WITHOUT_NAMESPACE = ON_NODE | {"engine", "cri", "image", "plain", "Namespace", "Node"}
_OF_PODS = frozenset((
    "NAMESPACE", "NAME", "NODE", "NODENAME", "HOST", "IP", "PODIP", "HOSTIP", "STATUS", "PHASE", "STATE", "IMAGE", "IMAGES",
    "CONTAINER", "CONTAINERS", "KIND", "OWNER", "LABELS", "QOS", "PRIORITY", "START", "CPU(CORES)", "MEMORY(BYTES)", "CPU",
    "MEMORY", "POD", "UID", "REASON", "REQUESTS", "LIMITS", "TIME", "CREATED", "NS", "TYPE",
))  # fmt: skip
"""Headings of tables that people make of pods with ``custom-columns``, and those of ``kubectl top``."""


@dataclass(frozen=True, slots=True)
class _Header:
    columns: tuple[tuple[str, int], ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.columns)

    def cut(self, line: str) -> dict[str, str] | None:
        """The cells of a line under this header; ``None`` if the line does not keep to its columns."""
        cells: dict[str, str] = {}
        for number, (name, start) in enumerate(self.columns):
            if start and start <= len(line) and not line[start - 1].isspace():
                return None
            end = self.columns[number + 1][1] if number + 1 < len(self.columns) else None
            cells[name] = line[start:end].strip()
        return cells

    def split(self, line: str) -> dict[str, str]:
        """The cells of a line whose columns slipped: by runs of spaces, or else word by word from the left."""
        parts = [part.strip() for part in re.split(r"\t+|\s{2,}", line.strip())]
        if len(parts) != len(self.columns):
            parts = line.split()
        return {name: part for (name, _), part in zip(self.columns, parts, strict=False)}


def read_rows(text: Iterable[str]) -> Iterator[ListingRow]:
    """The lines that name something, in their order."""
    return (found for found in read_lines(text) if isinstance(found, ListingRow))


def read_lines(text: Iterable[str]) -> Iterator[ListingRow | int]:
    """The rows of a text in their order, and the number of each line that could not be read. Lines count from 1.

    Rows without a namespace get that of the command above them, where it is there and names one.
    """
    header: _Header | None = None
    node: NodeHeader | None = None
    namespace: str | None = None
    quote: str | None = None
    for number, raw in enumerate(text, 1):
        line = _ANSI.sub("", raw).rstrip("\r\n").expandtabs(8) if "\t" not in raw else _ANSI.sub("", raw).rstrip("\r\n")
        line = _out_of_markdown(line)
        if (found_quote := _QUOTE.match(line)) and (
            found_quote[0] == quote or _header(line[found_quote.end() :]) or node_header(line[found_quote.end() :])
        ):
            quote = found_quote[0]
            line = line[found_quote.end() :]
        if not line.strip():
            node = None
            header = None if header is None or not _looks_like_rows(header) else header
            continue
        if found_node := node_header(line):
            node, header = found_node, None
            continue
        if found := _header(line):
            node, header = None, found
            continue
        if (on_node := node_row(node, line, number)) is not None:
            yield _placed(on_node, namespace)
            continue
        if _PROMPT.match(line.strip()) or _NOTHING.match(line.strip()) or is_prompt(line):
            if "kubectl" in line or " get " in line:
                named = _NAMESPACE.search(line)
                namespace = named[1] if named else None
            node = None
            continue
        if says_nothing(line):
            continue
        if node is not None:
            yield number
            continue
        row = _by_header(header, line, number) if header else None
        row = row or _by_shape(line, number)
        yield _placed(row, namespace) if row is not None else number


def _placed(row: ListingRow, namespace: str | None) -> ListingRow:
    """A row of ``kubectl`` with the namespace that the command was given."""
    if namespace is None or row.namespace or row.what in _WITHOUT_NAMESPACE:
        return row
    return replace(row, namespace=namespace)


def _out_of_markdown(line: str) -> str:
    """A line of a Markdown table without its marks, the cells far enough apart."""
    text = line.strip()
    if text.startswith("|") and text.endswith("|") and len(text) > 2 and max(map(len, text.split("|"))) < _CELL:
        cells = [cell.strip(" `*") for cell in text.strip("|").split("|")]
        return "" if all(set(cell) <= set("-:") for cell in cells) else "".join(f"{cell:{_CELL}}" for cell in cells)
    return line


def _looks_like_rows(header: _Header) -> bool:
    """Whether a header still holds after a blank line: those of whole tables do."""
    return len(header.columns) > 1


def _header(line: str) -> _Header | None:
    """The header that a line is: nothing but capitals, at least one of them a known heading."""
    line = re.sub(r"\((?:cores|bytes)\)", lambda unit: unit[0].upper(), line)
    if line.upper() != line or any(character.isdigit() for character in line) or '"' in line:
        return None
    found = []
    for match in re.finditer(r"\S+(?: \S+)*", line):
        text, start = match[0], match.start()
        for name, offset in _headings(text):
            found.append((name, start + offset))
    if not any(word in _WORDS for name, _ in found for word in name.split()):
        return None
    if not all(_HEADING.fullmatch(name) for name, _ in found):
        return None
    return _Header(tuple(found))


_TWO_WORDS = ("CONTAINER ID", "IMAGE ID", "POD ID", "NOMINATED NODE", "READINESS GATES", "NODE SELECTOR")


def _headings(text: str) -> Iterator[tuple[str, int]]:
    """The headings in a text whose words are one space apart: those of two words are known, others stand alone."""
    words = [(match[0], match.start()) for match in re.finditer(r"\S+", text)]
    index = 0
    while index < len(words):
        pair = " ".join(word for word, _ in words[index : index + 2])
        if pair in _TWO_WORDS:
            yield pair, words[index][1]
            index += 2
        else:
            yield words[index]
            index += 1


def _by_header(header: _Header, line: str, number: int) -> ListingRow | None:
    """A line read by the header above it, or ``None`` if it does not look like a row of it."""
    names = header.names
    if "NAMES" in names or ("CONTAINER ID" in names and "NAME" not in names) or {"NAME", "IMAGE", "COMMAND"} <= names:
        return _docker(header, line, number)
    if "REPOSITORY" in names:
        cells = header.cut(line) or header.split(line)
        return (
            ListingRow(number, "image", cells["REPOSITORY"], image=cells["REPOSITORY"]) if cells["REPOSITORY"] else None
        )
    if "POD ID" in names and ("CONTAINER" in names or "CONTAINER ID" in names):
        return _cri(header.cut(line) or {}, line, number)
    if "NAME" not in names:
        return None
    words = line.split()
    if _CONTAINER_ID.match(words[0]) and not {"Ready", "NotReady"} & set(words):
        return None
    cells = header.cut(line) or header.split(line)
    name = cells.get("NAME", "")
    if not name or " " in name:
        cells = header.split(line)
        name = cells.get("NAME", "")
    if name.endswith(":") or not all(cell[:1].isalnum() for cell in (name, cells.get("NAMESPACE") or name)):
        return None
    return _kubernetes(names, cells, name, number)


def _kubernetes(names: frozenset[str], cells: dict[str, str], name: str, number: int) -> ListingRow:
    kind = _kind_of_resource(name) or ("other" if RESOURCE.match(name) else _kind_of(names))
    kind = kind_named(cells.get("KIND", "")) or kind
    namespace = cells.get("NAMESPACE") or None
    node = cells.get("NODE") if cells.get("NODE") not in ("", "<none>") else None
    image = cells.get("IMAGES") or cells.get("IMAGE") or None
    return ListingRow(
        number, kind, name, namespace=namespace, node=node, status=cells.get("STATUS"), version=cells.get("VERSION"),
        image=image if image != "<none>" else None, ready=cells.get("READY") or None,
    )  # fmt: skip


def _kind_of_resource(name: str) -> str | None:
    """The kind that stands before a name, as in ``daemonset.apps/canal``."""
    found = RESOURCE.match(name)
    if found is None:
        return None
    return kind_named(found[1])


def _kind_of(names: frozenset[str]) -> str:
    """The kind of object that kubectl's columns belong to."""
    for columns, kind in (
        ({"RESTARTS"}, "Pod"), ({"POD ID"}, "Pod"), ({"ROLES"}, "Node"), ({"UP-TO-DATE", "DESIRED", "NODE"}, "DaemonSet"),
        ({"NODE SELECTOR"}, "DaemonSet"), ({"SCHEDULE"}, "CronJob"), ({"COMPLETIONS"}, "Job"),
        ({"UP-TO-DATE"}, "Deployment"), ({"DESIRED"}, "ReplicaSet"), ({"CLUSTER-IP"}, "Service"),
    ):  # fmt: skip
        if columns <= names:
            return kind
    if "READY" in names:
        return "Pod" if "STATUS" in names or "IP" in names else "StatefulSet"
    if names == {"NAME", "STATUS", "AGE"}:
        return "Namespace"
    return "Pod" if names <= _OF_PODS else "other"


def _docker(header: _Header, line: str, number: int) -> ListingRow | None:
    cells = header.cut(line)
    if cells is not None and "NAME" in cells:  # docker compose
        cells["NAMES"] = cells["NAME"]
    shaped = _engine_line(line, number)
    if cells is None or not cells.get("NAMES", "x") or " " in cells.get("NAMES", "").strip(", "):
        return shaped
    name = cells.get("NAMES", "") or (shaped.name if shaped else "")
    if not name:
        return None
    return ListingRow(
        number, "engine", name, image=cells.get("IMAGE") or None, command=cells.get("COMMAND", "").strip('"') or None,
        status=cells.get("STATUS") or None, id=cells.get("CONTAINER ID") or None,
    )  # fmt: skip


def _cri(cells: dict[str, str], line: str, number: int) -> ListingRow | None:
    """A line of ``crictl ps``: the words after the state are name, attempt, pod id, and later pod and namespace."""
    words = line.split()
    if len(words) < 5 or not _CONTAINER_ID.match(words[0]):
        return None
    for index, word in enumerate(words[2:], 2):
        if word in ("Running", "Exited", "Created", "Unknown") and index + 1 < len(words):
            rest = words[index + 1 :]
            attempt = int(rest[1]) if len(rest) > 1 and rest[1].isdigit() else None
            return ListingRow(
                number, "cri", rest[0], image=cells.get("IMAGE") or words[1], id=words[0], status=word, attempt=attempt,
                pod_id=rest[2] if len(rest) > 2 else None, pod=rest[3] if len(rest) > 3 else None,
                namespace=rest[4] if len(rest) > 4 else None,
            )  # fmt: skip
    return None


def _by_shape(line: str, number: int) -> ListingRow | None:
    """A line without a header that fits it, by what its words look like."""
    words = line.split()
    if _CONTAINER_ID.match(words[0]) and len(words) > 3:
        shaped = _engine_line(line, number) or _cri({}, line, number)
        if shaped is not None:
            return shaped
    for index in (1, 2):
        if len(words) > index and _READY.match(words[index]):
            namespace = words[0] if index == 2 else None
            kind = "Pod" if len(words) > index + 1 and not words[index + 1].isdigit() else "Deployment"
            after = (words[at + 1] for at in range(len(words) - 1) if _ADDRESS.match(words[at]))
            named = _kind_of_resource(words[index - 1]) or kind
            return ListingRow(
                number, named, words[index - 1], namespace=namespace, ready=words[index], node=next(after, None)
            )
    if len(words) == 1:
        return ListingRow(number, _kind_of_resource(words[0]) or "plain", words[0]) if _NAME.match(words[0]) else None
    cells = [cell.strip() for cell in re.split(r"\t|\s{2,}", line.strip())]
    if any(_STATUS.match(cell) for cell in cells):
        names = [
            cell for cell in cells if _NAME.match(cell) and not _CONTAINER_ID.match(cell) and not _STATUS.match(cell)
        ]
        images = [cell for cell in names if re.search(r"[/:@]", cell) and not engine_name(cell)]
        own = [cell for cell in names if cell not in images]
        return ListingRow(number, "engine", own[0], image=images[0] if images else None) if own else None
    name = next((word for word in words if engine_name(word)), words[0])
    image = next(
        (word for word in words if word != name and ("/" in word or ":" in word) and not word.startswith('"')), None
    )
    if len(words) <= 3 and (image or engine_name(name)):
        return ListingRow(number, "engine", name, image=image)
    if len(words) == 2 and all(re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", word) for word in words):
        return ListingRow(number, "Pod", words[1], namespace=words[0])
    if engine_name(name):
        return ListingRow(number, "engine", name, image=image)
    return None


def _engine_line(line: str, number: int) -> ListingRow | None:
    """A line of ``docker ps`` without its columns: id, image, quoted command, …, name as the last word."""
    words = line.split()
    if len(words) < 4 or not _CONTAINER_ID.match(words[0]):
        return None
    quoted = re.search(r'\s(["“][^"”]*["”…]?)\s{2,}|\s(["“][^"”]*["”])\s', line)
    if not quoted:
        return None
    command = (quoted[1] or quoted[2]).strip('"“”')
    status = next(
        (line[m.start() :] for m in re.finditer(r"\b(?:Up|Exited|Created|Restarting|Dead|Paused)\b", line)), None
    )
    return ListingRow(number, "engine", words[-1], image=words[1], id=words[0], command=command, status=status)
