"""People, as opposed to components: who is one, and where they are named."""

from __future__ import annotations

import re
from typing import Any, cast

from rkedoc.resources import load_yaml
from rkedoc.snapshot.record import HIDDEN_RE

_DATA: dict[str, Any] = cast("dict[str, Any]", load_yaml("redact", "persons.yaml"))
_COMPONENTS = frozenset(_DATA["components"])
_PREFIXES: tuple[str, ...] = tuple(_DATA["prefixes"])
#: Pseudonyms that a mask gave.
_PSEUDONYM = re.compile(r"(?:local://)?person-(?:\d+|[0-9a-f]{8})")

FIELDS: frozenset[str] = frozenset(_DATA["fields"])
ANNOTATIONS: frozenset[str] = frozenset(_DATA["annotations"])
LIST_KINDS: frozenset[str] = frozenset(_DATA["list_kinds"])
LIST_FIELDS: frozenset[str] = frozenset(_DATA["list_fields"])
#: Kinds whose own name is that of a person.
KINDS: frozenset[str] = frozenset(_DATA["kinds"])
#: Rules whose hits are people.
RULES: frozenset[str] = frozenset({"person", "person-email", "person-home"})

_HOME = re.compile(_DATA["homes"])
_HOME_COMPONENTS = frozenset(_DATA["home_components"]) | _COMPONENTS


def is_pseudonym(name: str) -> bool:
    """Whether a name is one that a mask gave."""
    return _PSEUDONYM.fullmatch(name) is not None


def is_person(name: str) -> bool:
    """Whether the name of a user or a group is that of a person (or of a group of persons).

    Users and groups that begin with ``system:``, and the users that components log in as, are not.
    """
    return (
        bool(name)
        and name not in _COMPONENTS
        and not name.startswith(_PREFIXES)
        and not _PSEUDONYM.fullmatch(name)
        and not HIDDEN_RE.search(name)
    )


def home_owner(match: re.Match[str]) -> str | None:
    """The person in a match of :data:`HOME`; ``None`` if it is the folder of a program."""
    owner = match["p"]
    return (
        owner
        if owner not in _HOME_COMPONENTS
        and not _PSEUDONYM.fullmatch(owner)
        and not owner.startswith(("$", "{", "*", "person-"))
        else None
    )


HOME = _HOME
