"""What would be done with dumps: what each is, what of it would be read, and what would be left out and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from rkedoc.collect.files.contents import Contents
from rkedoc.collect.files.formats.format import As
from rkedoc.collect.files.scopes import SOURCE
from rkedoc.collect.reasons import in_words
from rkedoc.collect.source import PlannedRequest
from rkedoc.redact import Redactor

_SHOWN = 3
"""So many files are named of those with the same end."""

_READ = {As.DOCUMENTS: "documents", As.TABLE: "tables", As.ERRORS: "what went wrong"}


def plan_of(contents: Contents, redactor: Redactor) -> Iterator[PlannedRequest]:
    """What would be done with one thing that was given, which was looked through closely."""
    read: dict[tuple[str, str], list[str]] = defaultdict(list)
    left: dict[tuple[str, str], list[str]] = defaultdict(list)
    formats: dict[str, str] = {}
    for path, place in contents.places.items():
        root, reading = place.bundle.root, place.reading
        formats[root] = place.format.name
        mute = reading.as_ is As.DOCUMENTS and path in contents.mute
        if mute and place.format is contents.otherwise and path in contents.tables:
            if reason := contents.tables[path]:
                left["leave out", reason].append(path)
            else:
                read[root, _READ[As.TABLE]].append(path)
        elif reading.as_ in _READ and not mute:
            read[root, _READ[reading.as_]].append(path)
        elif reading.as_ is As.REFUSED:
            left["refuse", reading.reason or "refused"].append(path)
        else:
            left["leave out", reading.reason or "not-json"].append(path)
    for found in contents.left:
        left["leave out", found.reason].append(found.path)
    for root, name in sorted(formats.items()):
        counts = [f"{_files(paths)} as {what}" for (above, what), paths in read.items() if above == root]
        where = redactor.text(root or contents.given.name)
        yield PlannedRequest(SOURCE, "read", f"{where}: {name}", ", ".join(counts) or "nothing", of_file=True)
    for (what, reason), paths in sorted(left.items()):
        words = f": {told}" if (told := in_words(reason)) else ""
        yield PlannedRequest(SOURCE, what, _some(paths, redactor), f"{_files(paths)}: {reason}{words}", of_file=True)


def _files(paths: list[str]) -> str:
    return f"{len(paths)} file{'s' if len(paths) > 1 else ''}"


def _some(paths: Iterable[str], redactor: Redactor) -> str:
    named = [redactor.text(path) for path in paths]
    return ", ".join(named[:_SHOWN]) + (" …" if len(named) > _SHOWN else "")
