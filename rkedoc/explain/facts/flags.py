"""What the flags of programs decide, and their own defaults: data in ``flags.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rkedoc.i18n import language
from rkedoc.resources import load_yaml


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag: what it decides, the default (``None``: not known, empty: nothing), and what is to be said of that."""

    meaning: str
    default: str | None
    note: str

    def differs(self, value: str) -> bool:
        """Whether a value is another one than the default. Lists are compared without their order."""
        if self.default is None:
            return False
        return _normal(value) != _normal(self.default)


def programs() -> frozenset[str]:
    """The programs whose flags the data explains."""
    return frozenset(load_yaml("explain", "flags.yaml"))


def read_at(program: str) -> str:
    """The version of a program whose defaults the data has; a flag's note says what has changed since."""
    return _READ_AT.get(program, "1.19")


_READ_AT: Final = {
    "etcd": "3.4.13", "metrics-server": "0.6.4", "flanneld": "0.22.0", "coredns": "1.8.6", "nginx-ingress-controller": "1.9.4",
}  # fmt: skip
"""What ``flags.yaml`` says at its head, for programs that are not of Kubernetes 1.19."""


def _normal(value: str) -> object:
    lowered = value.strip().lower()
    return frozenset(part.strip() for part in lowered.split(",")) if "," in lowered else lowered


def explained(program: str, name: str) -> Flag | None:
    """What a program's flag decides, in the language in use; ``None`` for a flag that is not in the data."""
    flags: Mapping[str, Any] = load_yaml("explain", "flags.yaml").get(program, {})
    found = flags.get(name)
    if found is None:
        return None
    note = found.get("default_note") or {}
    return Flag(_said(found), found["default"], _said(note))


def _said(words: Mapping[str, str]) -> str:
    return words.get(language(), "") or words.get("en", "")
