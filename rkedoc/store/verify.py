"""Whether what lies in a store is what its keys say: whole snapshots, in which nothing should have been hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from rkedoc.errors import StoreError
from rkedoc.i18n import N_, _
from rkedoc.redact.audit import audit
from rkedoc.redact.redactor import Redactor
from rkedoc.snapshot.validate import validate
from rkedoc.store.store import Found

_FOREIGN: Final = N_("this is not a name that a snapshot has here")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one object; ``findings`` is empty if all is well. Nothing of its content is in them."""

    url: str
    findings: tuple[str, ...]


def verify(found: Found, room: Path) -> Iterator[Verdict]:
    """Look at what was found, one after the other; ``room`` is a private folder for the one that is looked at."""
    copy = room / "looked-at"
    for stored in found.snapshots:
        url = str(found.store.url_of(stored))
        findings: tuple[str, ...]
        try:
            found.store.get(stored, copy)
            findings = tuple(map(str, validate(copy, audit=partial(audit, words=Redactor())).findings))
        except StoreError as error:
            findings = (str(error).removeprefix(f"{url}: "),)
        finally:
            copy.unlink(missing_ok=True)
        yield Verdict(url, findings)
    for key in found.foreign:
        yield Verdict(str(found.store.url_of(key)), (_(_FOREIGN),))
