"""Files that other tools wrote, read as the JSON documents in them; and what each document is.

``kubectl get -o json`` writes one document, scripts write several after one another or one a line, PowerShell writes
UTF-16. None of it is trusted: whatever cannot be read is :class:`Unreadable` with a reason code.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import orjson

from rkedoc.collect.files.runtimes import runtime_things
from rkedoc.errors import CollectError
from rkedoc.snapshot.identity import CORE
from rkedoc.snapshot.kinds import TABLE

MAX_BYTES = 4 << 30
"""The largest file that is read."""

_JSON_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson"})
_YAML_SUFFIXES = frozenset({".yaml", ".yml"})
_SNIFF = 512
_ARCHIVES = (b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"BZh")
"""How gzip, zip, zstd, xz and bzip2 begin."""
_TAR = slice(257, 262), b"ustar"
_YAML = re.compile(rb"(?:\A|\n)(?:---\s|apiVersion:\s|kind:\s|items:\s)")
_DOCUMENTS = 10_000_000

Object = dict[str, Any]

_VERSIONS = {
    CORE: "v1",
    "apps": "apps/v1",
    "batch": "batch/v1",
    "rbac.authorization.k8s.io": "rbac.authorization.k8s.io/v1",
}
_FILES = {
    kind.plural: (_VERSIONS[kind.group], kind.kind)
    for kind in TABLE
    if kind.group in _VERSIONS and kind.kind not in ("Event", "PodTemplate")
}
"""What the objects in a file are, by its name."""


class Unreadable(CollectError):
    """A file or a document is of no use. ``reason`` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Input:
    """One file, or standard input. ``name`` is its path below what was given, not redacted."""

    name: str
    path: Path | None
    content: bytes | None = None

    @property
    def folder(self) -> tuple[str, ...]:
        """The folders above it."""
        return Path(self.name).parts[:-1]

    def documents(self) -> list[Any]:
        """Everything that it holds. Raises :class:`Unreadable`.

        Objects that do not say of which kind they are have the one that the file is named after (``pods.json``,
        ``core_v1_pods.json``): a script that writes ``.items`` of an API's answer leaves the kinds out.
        """
        content = self.content if self.content is not None else self._read()
        try:
            found = parse(content)
        except Unreadable as error:
            what = _unread_reason(Path(self.name).suffix, content[:_SNIFF])
            raise Unreadable(error.reason if what == "not-json" or error.reason == "empty" else what) from None
        kind = _FILES.get(Path(self.name).stem.rpartition("_")[2].lower())
        return [_of_kind(document, *kind) for document in found] if kind is not None else found

    def size(self) -> int:
        """Bytes, as far as they can be known."""
        if self.path is None:
            return len(self.content or b"")
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def _read(self) -> bytes:
        assert self.path is not None
        try:
            status = self.path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise Unreadable("not-a-file")
            if status.st_size > MAX_BYTES:
                raise Unreadable("too-large")
            return self.path.read_bytes()
        except PermissionError:
            raise Unreadable("permission-denied") from None
        except OSError:
            raise Unreadable("cannot-be-read") from None


def find_inputs(paths: Sequence[Path | Literal["-"]]) -> tuple[list[Input], list[tuple[str, str]]]:
    """The inputs that ``paths`` name, sorted below each folder; and what is left out, with the reason.

    ``"-"`` reads standard input into memory, so that nothing raw touches a disk. In a folder, files of other names than
    JSON has are read if they begin as JSON does; hidden ones are not looked at. The reason of a file that is left out is
    what it is instead: ``yaml-not-read``, ``archive-not-read`` or ``not-json``; a folder without a file is ``empty-folder``.
    """
    found: list[Input] = []
    left: list[tuple[str, str]] = []
    for path in paths:
        if path == "-":
            found.append(Input("-", None, sys.stdin.buffer.read(MAX_BYTES)))
        elif path.is_dir():
            before = len(found) + len(left)
            for file in _walk(path, left):
                name = str(file.relative_to(path))
                head = _head(file)
                if file.suffix.lower() in _JSON_SUFFIXES or _begins_as_json(head):
                    found.append(Input(name, file))
                else:
                    left.append((name, _unread_reason(file.suffix, head)))
            if len(found) + len(left) == before:
                left.append((path.name or str(path), "empty-folder"))
        elif path.exists():
            found.append(Input(path.name, path))
        else:
            left.append((str(path), "no-such-file"))
    return found, left


def _walk(root: Path, left: list[tuple[str, str]]) -> Iterator[Path]:
    def lost(error: OSError) -> None:
        left.append((os.path.relpath(error.filename or root, root), "permission-denied"))

    for folder, folders, files in os.walk(root, onerror=lost):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(folder, name)


def _head(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return b""
        with path.open("rb") as stream:
            return stream.read(_SNIFF)
    except OSError:
        return b""


def _begins_as_json(head: bytes) -> bool:
    return head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1] in (b"{", b"[")


def _unread_reason(suffix: str, head: bytes) -> str:
    """What a text that is no JSON is instead, as a reason code."""
    if head.startswith(_ARCHIVES) or head[_TAR[0]] == _TAR[1]:
        return "archive-not-read"
    if suffix.lower() in _YAML_SUFFIXES or _YAML.search(head.replace(b"\r\n", b"\n")):
        return "yaml-not-read"
    return "not-json"


def parse(content: bytes) -> list[Any]:
    """All JSON documents of a text, one after another or one a line. Raises :class:`Unreadable`."""
    content = _as_utf8(content)
    if not content.strip():
        raise Unreadable("empty")
    try:
        return [orjson.loads(content)]
    except orjson.JSONDecodeError:
        pass
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise Unreadable("not-utf-8") from None
    return _several(text)


def _several(text: str) -> list[Any]:
    decoder = json.JSONDecoder()
    found: list[Any] = []
    at = 0
    try:
        while at < len(text) and len(found) < _DOCUMENTS:
            if text[at] in " \t\r\n,":
                at += 1
                continue
            document, at = decoder.raw_decode(text, at)
            found.append(document)
    except (ValueError, RecursionError):
        raise Unreadable("cut-off" if found else "not-json") from None
    if any(not isinstance(document, dict | list) for document in found):
        raise Unreadable("not-json")
    return found


def _as_utf8(content: bytes) -> bytes:
    for mark, encoding in ((codecs.BOM_UTF8, ""), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if content.startswith(mark):
            if not encoding:
                return content[len(mark) :]
            try:
                return content.decode(encoding).encode()
            except UnicodeError:
                raise Unreadable("not-utf-8") from None
    return content


# What a document is ---------------------------------------------------------------------------------------------------


class FoundThing(NamedTuple):
    """One thing in a document.

    ``what`` is ``"object"`` (of the Kubernetes API, with apiVersion and kind), ``"list"`` (that a list of objects of one
    kind begins, which may be empty), ``"server"`` (the version of an API server), ``"inspect"``, ``"row"`` or ``"ps"`` (a container, in three forms), ``"image"``, ``"network"``, ``"volume"``,
    ``"info"`` or ``"version"`` (of an engine), one of :data:`~rkedoc.collect.files.runtimes.CRI`, ``"nothing"`` (known, and of no interest here), ``"empty"`` (a list of
    nothing that does not say of which kind) or ``"unknown"``. ``listed`` tells whether an object came in the list that
    something answered with, whole, and not alone.
    """

    what: str
    content: Object
    listed: bool = False


_NO_OBJECTS = frozenset(
    {
        "APIGroup", "APIGroupDiscoveryList", "APIGroupList", "APIResourceList", "APIVersions", "Config",
        "PartialObjectMetadata", "PartialObjectMetadataList", "Table",
    }
)  # fmt: skip
"""Answers of an API server (and kubeconfigs) that are no objects of a cluster."""


def things(document: Any, *, depth: int = 0, listed: bool = False) -> Iterator[FoundThing]:
    """What a document holds: the items of lists, the elements of arrays, or itself."""
    if isinstance(document, list) and depth < 4:
        if not document:
            yield FoundThing("empty", {})
        for element in document:
            yield from things(element, depth=depth + 1, listed=True)
    elif not isinstance(document, dict):
        yield FoundThing("unknown", {})
    elif isinstance(document.get("kind"), str) and (
        document["kind"] in _NO_OBJECTS or document.keys() & {"apiVersion", "metadata"}
    ):
        yield from _kubernetes(document, depth, listed=listed)
    elif isinstance(document.get("items"), list) and depth < 4:
        if not document["items"]:
            yield FoundThing("empty", {})
        for item in document["items"]:
            yield from things(item, depth=depth + 1, listed=_is_whole(document))
    else:
        yield from _without_kind(document)


def _is_whole(document: Object) -> bool:
    """Whether a list is all of what was asked for, and not a page of it (Kubernetes API, ListMeta)."""
    metadata = document.get("metadata")
    return not (isinstance(metadata, dict) and (metadata.get("continue") or metadata.get("remainingItemCount")))


def _kubernetes(document: Object, depth: int, *, listed: bool) -> Iterator[FoundThing]:
    kind = document["kind"]
    items = document.get("items")
    if kind in _NO_OBJECTS:
        yield FoundThing("nothing", document)
    elif kind.endswith("List") and (isinstance(items, list) or "items" in document) and depth < 4:
        single = kind.removesuffix("List")
        if single and isinstance(document.get("apiVersion"), str):
            yield FoundThing("list", {"apiVersion": document["apiVersion"], "kind": single})
        elif not items:
            yield FoundThing("empty", {})
        for item in items or ():
            if isinstance(item, dict) and single and "kind" not in item:
                item = {"apiVersion": document.get("apiVersion"), "kind": single, **item}
            elif isinstance(item, dict) and single and "apiVersion" not in item:
                item = {"apiVersion": document.get("apiVersion"), **item}
            yield from things(item, depth=depth + 1, listed=_is_whole(document))
    elif isinstance(document.get("apiVersion"), str) and _named(document):
        yield FoundThing("object", document, listed)
    else:
        yield FoundThing("unknown", document)


def _named(document: Object) -> bool:
    metadata = document.get("metadata")
    return isinstance(metadata, dict) and isinstance(metadata.get("name"), str) and bool(metadata["name"])


def _of_kind(document: Any, version: str, kind: str) -> Any:
    """A document with a kind in each of its objects that has none."""
    if isinstance(document, list):
        return [_of_kind(item, version, kind) for item in document]
    if not isinstance(document, dict):
        return document
    if isinstance(document.get("items"), list) and document.get("kind", "List") == "List":
        return {**document, "items": [_of_kind(item, version, kind) for item in document["items"]]}
    if "kind" in document or not _named(document):
        return document
    if "spec" not in document and "creationTimestamp" not in document["metadata"]:  # of crictl pods -o json
        return document
    return {"apiVersion": version, "kind": kind, **document}


def _without_kind(document: Object) -> Iterator[FoundThing]:
    """A document that does not say what it is: an engine's, or the version of a server."""
    keys = document.keys()
    if isinstance(document.get("serverVersion"), dict):  # kubectl version -o json
        yield FoundThing("server", document["serverVersion"])
    elif "gitVersion" in keys:
        yield FoundThing("server", document)
    elif "clientVersion" in keys or document.get("rkedoc") == "snapshot":
        yield FoundThing("nothing", document)
    elif found := runtime_things(document):
        yield from (FoundThing(what, content) for what, content in found)
    elif isinstance(document.get("Volumes"), list):
        for volume in document["Volumes"]:
            yield from things(volume, depth=3)
    elif isinstance(document.get("Server"), dict) and "Client" in keys:  # docker version --format '{{json .}}'
        yield FoundThing("version", document["Server"])
    else:
        yield FoundThing(_engine_kind(document), document)


def _engine_kind(document: Object) -> str:
    keys = document.keys()
    if isinstance(document.get("Id"), str):
        if isinstance(document.get("State"), dict) and isinstance(document.get("Config"), dict):
            return "inspect"
        if isinstance(document.get("Names"), list) and isinstance(document.get("State", ""), str):
            return "row"
        if keys >= {"Driver", "IPAM"}:
            return "network"
        return "image" if keys & {"RepoTags", "RootFS"} else "unknown"
    if isinstance(document.get("ID"), str) and isinstance(document.get("Names"), str) and "Image" in keys:
        return "ps"
    if keys >= {"Driver", "Mountpoint", "Name"}:
        return "volume"
    if "ServerVersion" in keys:
        return "info"
    return "version" if keys >= {"ApiVersion", "Version"} else "unknown"
