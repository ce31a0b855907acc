"""What a published version says of itself, in a file of its own folder: all that pages about several versions need."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from rkedoc.errors import UsageError

FILE = "rkedoc-version.json"
LATEST = "latest"
"""The folder of the newest version, beside the versions."""

_FORMAT = 1
_RESERVED = frozenset((LATEST, "feed.xml", "index.html", "sitemap.xml", "versions.js"))
_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{kind}{number}" for kind in ("com", "lpt") for number in range(10)))
)
"""learn.microsoft.com, Naming Files, Paths, and Namespaces: also with an extension."""

_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,62}[A-Za-z0-9_+-])?")


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """One published version.

    ``snapshot`` is the digest of the snapshot that it shows, ``key`` that of everything it was built from (empty where an earlier
    release built it), ``base_url`` the address of the folder of all sites if that was known, ``time`` when it was collected, ``pages`` are the
    addresses of its pages from its own folder. ``containers`` counts the ledger's lines by origin, ``running`` those that
    run. ``since`` is the version before, as it was when this one was published, with the number of changes by weight
    and versions of components from and to; empty if there was none to compare with.
    """

    cluster: str
    uid: str
    label: str
    time: str
    snapshot: str
    key: str
    base_url: str
    languages: tuple[str, ...]
    pages: tuple[str, ...]
    distribution: str
    versions: tuple[tuple[str, str], ...]
    nodes: int
    namespaces: int
    workloads: int
    containers: Mapping[str, int]
    running: int
    since: str
    changes: Mapping[str, int]
    raised: tuple[tuple[str, str, str], ...]

    def to_json(self) -> str:
        """The text of the file."""
        content = {"rkedoc": "version", "format": _FORMAT, **asdict(self)}
        return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read_version(folder: Path) -> PublishedVersion | None:
    """What the version in a folder says of itself; ``None`` if the folder holds none that this program knows."""
    try:
        content = json.loads((folder / FILE).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or content.get("rkedoc") != "version" or content.get("format") != _FORMAT:
        return None
    content = {**_SINCE_FIRST, **content}
    if any(not _fits(content.get(name)) for name, _fits in _SHAPES.items()):
        return None
    return PublishedVersion(**{item.name: _frozen(content[item.name]) for item in fields(PublishedVersion)})


def _text(value: object) -> bool:
    return isinstance(value, str)


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _texts(value: object, size: int | None = None) -> bool:
    return isinstance(value, list) and size in (None, len(value)) and all(map(_text, value))


def _counts(value: object) -> bool:
    return isinstance(value, dict) and all(map(_number, value.values()))


_SINCE_FIRST: Mapping[str, object] = {"key": "", "base_url": ""}
"""What files of the first release lack, and what stands for it."""

_SHAPES: Mapping[str, Callable[[object], bool]] = {
    **dict.fromkeys(("cluster", "uid", "label", "time", "snapshot", "key", "base_url", "distribution", "since"), _text),
    **dict.fromkeys(("nodes", "namespaces", "workloads", "running"), _number),
    "languages": lambda value: bool(value) and _texts(value),
    "pages": _texts,
    **dict.fromkeys(("containers", "changes"), _counts),
    "versions": lambda value: isinstance(value, list) and all(_texts(item, 2) for item in value),
    "raised": lambda value: isinstance(value, list) and all(_texts(item, 3) for item in value),
}
"""What each part of the file has to be: whoever may write it must not be able to stop what others publish."""


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def require_label(label: str) -> str:
    """A label that can be the name of a folder on every host. Raises :class:`~rkedoc.errors.UsageError`."""
    if _LABEL.fullmatch(label) is None:
        raise UsageError(f"--version {label[:60]!r}: a version is called by at most 64 letters, digits and . _ + -")
    if label.lower() in _RESERVED:
        raise UsageError(
            f"--version {label!r}: this name is that of something else beside the versions: choose another one"
        )
    if label.partition(".")[0].lower() in _DEVICES:
        raise UsageError(
            f"--version {label!r}: Windows keeps this name for a device, and no folder can have it: choose another one"
        )
    return label
