"""Differences that somebody has accepted: each with a reason, an owner, and a day on which it counts again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import yaml

from rkedoc.errors import FleetError

_KEYS: Final = ("what", "cluster", "reason", "owner", "until")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A difference that may be: ``what`` and ``cluster`` are patterns (``flag/kubelet/*``, ``dev-*``), ``until`` is the last day."""

    what: str
    cluster: str
    reason: str
    owner: str
    until: date

    def covers(self, what: str, cluster: str) -> bool:
        """Whether it is about this."""
        return fnmatchcase(what, self.what) and fnmatchcase(cluster, self.cluster)

    def to_json(self) -> dict[str, Any]:
        """It for programs."""
        return {
            "what": self.what, "cluster": self.cluster, "reason": self.reason, "owner": self.owner, "until": self.until.isoformat(),
        }  # fmt: skip


def read_accepted(path: Path) -> tuple[Accepted, ...]:
    """What a file accepts: a list under ``accepted``, of which each has ``what``, ``cluster``, ``reason``, ``owner`` and ``until``.

    Raises :class:`~rkedoc.errors.FleetError` that names what is wrong.
    """
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise FleetError(f"{path}: cannot be read: {error.strerror or type(error).__name__}") from None
    except (yaml.YAMLError, UnicodeError):
        raise FleetError(f"{path}: this is no YAML") from None
    listed = content.get("accepted") if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise FleetError(f"{path}: there is no list under accepted")
    return tuple(_one(item, f"{path}: number {number}") for number, item in enumerate(listed, 1))


def _one(item: object, where: str) -> Accepted:
    if not isinstance(item, dict) or set(item) != set(_KEYS):
        raise FleetError(f"{where}: it needs {', '.join(_KEYS)}, and nothing else")
    for key in _KEYS[:-1]:
        if not isinstance(item[key], str) or not item[key].strip():
            raise FleetError(f"{where}: {key} has to be a text")
    if type(item["until"]) is not date:
        raise FleetError(f"{where}: until has to be a day, such as 2027-01-31")
    return Accepted(**item)
