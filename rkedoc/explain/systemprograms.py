"""What the operating system runs on a node for itself: data in ``listing/system_programs.yaml``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from rkedoc.catalog.entry import is_pattern
from rkedoc.i18n import language
from rkedoc.listing.kernel import COMM_LENGTH
from rkedoc.resources import load_yaml


@dataclass(frozen=True, slots=True)
class SystemProgram:
    """A program of an operating system, and one sentence that says what it does, in the language in use."""

    name: str
    summary: str


def system_program(name: str) -> SystemProgram | None:
    """The program of that name; a name of as many characters as the kernel keeps may be the beginning of one.

    ``None`` for what is not known to be of an operating system.

    >>> system_program("systemd-journal").name
    'systemd-journald'
    """
    known = _programs()
    full = name if name in known else full_name(name, known)
    return SystemProgram(full, _said(known[full])) if full is not None else None


def system_unit(unit: str) -> SystemProgram | None:
    """The program that a unit of systemd starts, where that is one of an operating system."""
    for name, found in _programs().items():
        if any(fnmatchcase(unit, pattern) for pattern in found.get("units", ())):
            return SystemProgram(name, _said(found))
    return None


def full_name(name: str, known: Iterable[str], length: int = COMM_LENGTH) -> str | None:
    """The one known name that begins with what was kept of it; ``None`` if there is none, or more than one.

    ``length`` is how many characters whoever printed the name keeps: a shorter one is whole.
    """
    if len(name) < length:
        return None
    found = [one for one in known if one.startswith(name) and not is_pattern(one)]
    return found[0] if len(found) == 1 else None


def _programs() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = load_yaml("explain", "listing", "system_programs.yaml")
    return found


def _said(words: Mapping[str, Any]) -> str:
    return str(words.get(language(), "") or words.get("en", ""))
