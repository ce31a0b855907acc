"""What a published version says of itself, in a file of its own folder: all that pages about several versions need."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from rkedoc.errors import UsageError

FILE = "rkedoc-version.json"
LATEST = "latest"
"""The folder of the newest version, beside the versions."""

_FORMAT = 1
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,62}[A-Za-z0-9_+-])?")


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """One published version.

    ``snapshot`` is the digest of the snapshot that it shows, ``time`` when that was collected, ``pages`` are the
    addresses of its pages from its own folder. ``containers`` counts the ledger's lines by origin, ``running`` those that
    run. ``since`` is the version before, as it was when this one was published, with the number of changes by weight
    and versions of components from and to; empty if there was none to compare with.
    """

    cluster: str
    uid: str
    label: str
    time: str
    snapshot: str
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
        if content["rkedoc"] != "version" or content["format"] != _FORMAT:
            return None
        return PublishedVersion(**{item.name: _frozen(content[item.name]) for item in fields(PublishedVersion)})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def require_label(label: str) -> str:
    """A label that can be the name of a folder on every host. Raises :class:`~rkedoc.errors.UsageError`."""
    if _LABEL.fullmatch(label) is None or label.lower() == LATEST:
        raise UsageError(
            f"--version {label[:60]!r}: a version is called by at most 64 letters, digits and . _ + -, and not 'latest'"
        )
    return label
