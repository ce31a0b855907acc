"""The columns of tables, each with the form of its values: a line is a row of a table only if every value has the form of its column.

So a line that was cut, that slipped, or that is no row at all is not taken for one. Forms are those of Docker 17 to 29, nerdctl, podman 2 to
5, kubectl 1.10 to 1.34 and crictl 1.0 to 1.31.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

_UNITS = r"(?:\s?(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|[smhdwy]))"
_LONG = rf"(?:(?:\d+|About an?|Less than an?){_UNITS})"
AGO = rf"(?:{_LONG} ago|just now|N/A)"
CREATED = rf"(?:{AGO}|\d{{4}}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\S*(?: [+-]\d{{4}})?(?: [A-Z]{{2,5}})?)"
STATUS = (
    rf"(?:Up(?: {_LONG}(?: ago)?)?(?: \((?:healthy|unhealthy|health: starting|Paused|paused|starting)\))*|Up \(\w+\)|Exited \(\d+\)(?: {AGO})?"
    rf"|Exit \d+|[Ee]xited(?: \(\d+\))?(?: {AGO})?|Restarting \(\d+\)(?: {AGO})?|Removal In Progress|Created|Dead|Paused|Initialized"
    r"|running(?:\(\d+\)| \((?:healthy|unhealthy|starting)\))?|created|restarting|paused|dead|configured|stopped)"
)
WHOLE_STATUS = re.compile(r"(?:Up (?:\d|About|Less)|Exited \(|Restarting \(|Removal In).*")
"""Those that no word of a sentence is."""
ID = r"(?:[0-9a-f]{12,13}|[0-9a-f]{64})"
COMMAND = r"""(?:"(?:[^"\\]|\\.)*"…?|“[^”]*”|"[^"]*…)"""
_PORT = r"(?:[^\s,\"]*(?:->|:))?\d+(?:-\d+)?(?:/(?:tcp|udp|sctp))"
PORTS = rf"(?:{_PORT}(?:, ?{_PORT})*)"
_BYTES = r"[\d.]+ ?(?:[kKMGTP]i?)?B"
SIZE = rf"(?:{_BYTES}(?: \(virtual {_BYTES}\))?)"
ENGINE = r"(?:(?!(?:Less|About|an?|ago|[\d.]+)(?:\s|\Z))/?[A-Za-z0-9][A-Za-z0-9_.\\-]*(?:,\S+)?|k8s://\S+)"
IMAGE = r"(?:[A-Za-z0-9](?:[^\s\",]*[^\s\",:/])?)"
IMAGES = rf"(?:{IMAGE}(?:, ?{IMAGE})*|<none>)"
NAMESPACE = r"(?:(?!(?:\d+[ydhms])+(?:\s|\Z)|\d+(?:\s|\Z))[a-z0-9][a-z0-9-]*|<[a-z-]+>)"
NAME = r"(?:[A-Za-z0-9<{$][^\s\",;!?'()]*[^\s\",;:!?'()]|[a-z0-9])"
AGE = r"(?:(?:\d+[ydhms])+|<unknown>|<invalid>)"
READY = r"\d+/\d+"
POD_STATUS = r"(?:[A-Z][A-Za-z:,-]*(?::\d+)?(?:/\d+)?(?:,[A-Z]\w+)*)"
RESTARTS = rf"(?:\d+(?: \({AGE} ago\))?)"
NUMBER = r"\d+"
CORES = r"(?:\d+[mnu]?|<unknown>)"
MEMORY = r"(?:\d+(?:[KMGT]i|[kMGT])?|<unknown>)"
PERCENT = r"(?:[\d.]+ ?%|<unknown>|--)"
_UNQUOTED = r"(?![\"“])\S(?:(?!\s\s|\t).)*"
"""How podman prints commands."""
_WORD = r"\S+"
_TEXT = r"\S(?:.*?\S)?"

_FORMS: Mapping[str, str] = {
    "CONTAINER ID": ID, "IMAGE ID": r"(?:(?:sha256:)?[0-9a-f]{12,64})", "COMMAND": rf"(?:{COMMAND}|{_UNQUOTED})", "CREATED": CREATED,
    "CREATED AT": CREATED, "RUNNING FOR": AGO, "PORTS": PORTS, "SIZE": SIZE, "NAMES": ENGINE, "IMAGE": IMAGES, "IMAGES": IMAGES, "POD ID": ID, "ATTEMPT": NUMBER,
    "REPOSITORY": rf"(?:{IMAGE}|<none>)", "TAG": r"(?:[\w.-]+|<none>)", "NAMESPACE": NAMESPACE, "NS": NAMESPACE, "NAME": NAME, "POD": NAME, "AGE": AGE,
    "RESTARTS": RESTARTS, "CPU(CORES)": CORES, "MEMORY(BYTES)": MEMORY, "CPU(%)": PERCENT, "MEMORY(%)": PERCENT, "CPU%": PERCENT, "MEMORY%": PERCENT,
    "CPU %": PERCENT, "MEM %": PERCENT, "MEM USAGE / LIMIT": rf"(?:{_BYTES} / {_BYTES}|--)", "NET I/O": rf"(?:{_BYTES} / {_BYTES}|--)",
    "BLOCK I/O": rf"(?:{_BYTES} / {_BYTES}|--)", "PIDS": r"(?:\d+|--)", "UP-TO-DATE": NUMBER, "AVAILABLE": NUMBER, "DESIRED": NUMBER, "CURRENT": NUMBER,
    "DISK USAGE": SIZE, "CONTENT SIZE": SIZE, "BLOB SIZE": SIZE, "NODE": NAME, "SERVICE": r"(?:[\w.-]+)", "OS-IMAGE": _TEXT, "MESSAGE": _TEXT, "REASON": _TEXT,
    "LAST SCHEDULE": rf"(?:{AGE}|<none>)", "SCHEDULE": _TEXT, "STATUS/READY": _TEXT, "DURATION": rf"(?:{AGE}|<none>)",
}  # fmt: skip
_EMPTY = frozenset((
    "PORTS", "NAMES", "SIZE", "COMMAND", "EXTRA", "LABELS", "STATUS", "STATE", "TAG", "DIGEST", "NODE", "IP", "AGE", "DURATION", "IMAGE", "IMAGES",
    "MESSAGE", "REASON", "LAST SCHEDULE", "PLATFORM", "SERVICE", "CREATED", "ROLES", "OS-IMAGE", "VOLUME", "ADDRESS", "HOSTS", "CLASS", "RESTARTS", "READY",
    "NOMINATED NODE", "READINESS GATES", "ACCESS MODES", "CAPACITY", "STORAGECLASS", "CONTAINERS", "SELECTOR",
))  # fmt: skip
"""Columns in which a row may hold nothing."""
_LACKING = frozenset(("PORTS", "NAMES", "SIZE", "COMMAND", "EXTRA", "LABELS"))
"""Those of them that are left out of a line where nothing keeps the columns under one another."""
KEYS = frozenset((
    "CONTAINER ID", "NAMES", "NAME", "NAMESPACE", "NS", "POD", "IMAGE", "IMAGES", "REPOSITORY", "CONTAINER", "POD ID", "REF", "NODE", "KIND",
))  # fmt: skip
"""Columns whose values say what a row is: nothing that may be cut is taken from these."""
_TELLING = frozenset((
    "CONTAINER ID", "IMAGE ID", "CREATED", "AGE", "READY", "RESTARTS", "CPU(CORES)", "MEMORY(BYTES)", "CPU %", "MEM %", "DISK USAGE", "SIZE", "POD ID",
    "UP-TO-DATE", "DESIRED", "COMPLETIONS",
))  # fmt: skip
"""Columns whose values no sentence holds."""

KNOWN = frozenset(
    (
        *_FORMS,
        *_EMPTY,
        *KEYS,
        *_TELLING,
        "COMPLETIONS",
        "UPTIME",
        "VERSION",
        "PORT(S)",
        "CLUSTER-IP",
        "EXTERNAL-IP",
        "ID",
    )
)
"""Headings that tools print."""

_HEADING = re.compile(r"[A-Z][A-Z()/%-]*(?: [A-Z(/%][A-Z()/%-]*)*")
_WORDS = frozenset(
    (
        "NAMES",
        "NAME",
        "NAMESPACE",
        "IMAGE",
        "CONTAINER",
        "STATUS",
        "READY",
        "REPOSITORY",
        "POD",
        "STATE",
        "REF",
        "POD_NAME",
    )
)
_SEVERAL_WORDS = (
    "MEM USAGE / LIMIT", "CONTAINER ID", "IMAGE ID", "POD ID", "NOMINATED NODE", "READINESS GATES", "NODE SELECTOR", "DISK USAGE", "CONTENT SIZE",
    "BLOB SIZE", "CPU %", "MEM %", "NET I/O", "BLOCK I/O", "CREATED AT", "RUNNING FOR", "LAST SCHEDULE", "POD RUNTIME", "ACCESS MODES", "RECLAIM POLICY",
    "LOCAL VOLUMES",
)  # fmt: skip
_COMPOSE = re.compile(r"\s*Name {2,}Command {2,}State {2,}Ports\s*")
_LONGEST = 4000
"""No row is longer, unless it is something else."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The values of a row by their headings. ``firm`` tells that none of them may have been cut."""

    of: Mapping[str, str]
    firm: bool = True

    def get(self, *names: str) -> str:
        """The value below the first of these headings that has one; what tools print for nothing is empty."""
        found = next((value for name in names if (value := self.of.get(name, "").strip())), "")
        return "" if found in ("<none>", "<unset>") else found


@dataclass(frozen=True)
class Header:
    """The headings of a table with the places where they begin."""

    columns: tuple[tuple[str, int], ...]

    @cached_property
    def names(self) -> frozenset[str]:
        """The headings."""
        return frozenset(name for name, _start in self.columns)

    @cached_property
    def engine(self) -> bool:
        """Whether rows are containers of Docker or its like."""
        names = self.names
        return bool(names & {"NAMES", "CONTAINER ID"}) or {"NAME", "COMMAND"} <= names

    @cached_property
    def cri(self) -> bool:
        """Whether rows are containers that a runtime tells over CRI."""
        names = self.names
        return ("POD ID" in names and bool(names & {"CONTAINER", "CONTAINER ID"})) or {"CONTAINER", "NAME"} <= names

    def read(self, line: str) -> Cells | None:
        """The values of a line, if it is a row: by their places, or else by their forms."""
        if len(line) > _LONGEST:
            return None
        return self._by_place(line) or self._by_form(line) or self._by_gaps(line)

    def _by_place(self, line: str) -> Cells | None:
        if line[:1].isspace() and not self.columns[0][1]:
            return None
        cells: dict[str, str] = {}
        last = ""
        for number, (name, start) in enumerate(self.columns):
            if start and start <= len(line) and not line[start - 1].isspace():
                return None
            end = self.columns[number + 1][1] if number + 1 < len(self.columns) else None
            cells[name] = line[start:end].strip()
            last = name if cells[name] else last
        if len(cells) > 1 and sum(map(bool, cells.values())) < 2:
            return None
        wrong = [name for name, value in cells.items() if not self._fits(name, value)]
        if not wrong:
            return Cells(cells)
        # The end of a line may have been cut, which matters only where it tells what the row is.
        ended = [name for name in wrong if cells[name]]
        cut = self._after(last)
        if (
            set(wrong) - {last} - cut
            or (set(ended) - {last})
            or len(self.columns) < 3
            or not self._tells(cells, but=last)
        ):
            return None
        kept = {name: value for name, value in cells.items() if name not in wrong}
        return Cells(kept, firm=False)

    def _after(self, last: str) -> set[str]:
        names = [name for name, _start in self.columns]
        return set(names[names.index(last) + 1 :]) if last in names else set()

    def _by_form(self, line: str) -> Cells | None:
        found = self._pattern.fullmatch(line.strip())
        if found is None:
            return None
        cells = {name: found[f"c{number}"] or "" for number, (name, _start) in enumerate(self.columns)}
        return Cells(cells) if self._tells(cells) else None

    def _by_gaps(self, line: str) -> Cells | None:
        parts = [part.strip() for part in re.split(r"\t+|\s{2,}", line.strip())]
        if len(parts) != len(self.columns):
            return None
        cells = {name: part for (name, _start), part in zip(self.columns, parts, strict=True)}
        return Cells(cells) if all(self._fits(name, value) for name, value in cells.items()) else None

    def _tells(self, cells: Mapping[str, str], but: str = "") -> bool:
        """Whether something in a row is nothing that a sentence would hold in that place."""
        telling = any(cells.get(name) for name in _TELLING - {but} if self._fits(name, cells.get(name, "")))
        return telling or any(
            "/" in cells.get(name, "") or ":" in cells.get(name, "") for name in ("IMAGE", "IMAGES") if name != but
        )

    def _fits(self, name: str, value: str) -> bool:
        if not value:
            return name in _EMPTY or name not in KEYS and name not in _TELLING
        return _form(self._form(name)).fullmatch(value) is not None

    def _form(self, name: str) -> str:
        if name in ("STATUS", "STATE") and self.cri:
            return r"(?:Running|Exited|Created|Unknown|CONTAINER_\w+)"
        if name in ("STATUS", "STATE") and self.engine:
            return STATUS
        if name == "NAME" and self.cri:
            return r"(?:[a-z0-9][a-z0-9.-]*)"
        if name == "NAME" and self.engine:
            return ENGINE
        if name == "READY":
            return READY if "STATUS" in self.names else r"(?:\d+/\d+|\d+|True|False|Unknown|<none>)"
        if name == "STATUS" and "RESTARTS" in self.names:
            return POD_STATUS
        if name == "STATUS":
            return _TEXT
        if name == "CONTAINER" and self.cri:
            return ID
        return _FORMS.get(name, _WORD)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """A row of one line whose columns slipped: the forms in their order, those that may be empty left out where they are."""
        parts: list[str] = []
        for number, (name, _start) in enumerate(self.columns):
            form = f"(?P<c{number}>{self._form(name)})"
            optional = name in _LACKING
            gap = r"\s+" if number else ""
            parts.append(f"(?:{gap}{form})?" if optional else f"{gap}{form}")
        return re.compile("".join(parts))


def header_of(line: str) -> Header | None:
    """The header that a line is: nothing but capitals, at least one of them a known heading."""
    if _COMPOSE.fullmatch(line):
        return Header(tuple((name.upper(), line.index(name)) for name in ("Name", "Command", "State", "Ports")))
    line = re.sub(r"\((?:cores|bytes)\)", lambda unit: unit[0].upper(), line)
    if line.upper() != line or any(character.isdigit() for character in line) or '"' in line:
        return None
    found = [
        (name, match.start() + offset)
        for match in re.finditer(r"\S+(?: \S+)*", line)
        for name, offset in _headings(match[0])
    ]
    names = [name for name, _start in found]
    if len(set(names)) != len(names) or not any(word in _WORDS for name in names for word in name.split()):
        return None
    return Header(tuple(found)) if all(_HEADING.fullmatch(name) for name in names) else None


def _headings(text: str) -> Iterator[tuple[str, int]]:
    """The headings in a text whose words are one space apart: those of several words are known, others stand alone."""
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        known = next((one for one in _SEVERAL_WORDS if re.match(rf"{re.escape(one)}(?:\s|\Z)", text[at:])), None)
        word = known or text[at:].split(None, 1)[0]
        yield word, at
        at += len(word)


@lru_cache(maxsize=256)
def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
