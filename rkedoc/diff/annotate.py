"""What a change means: whose component it is, what it weighs, which version it brings, what the catalog says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from rkedoc.catalog.entry import Entry
from rkedoc.catalog.images import parse_image
from rkedoc.diff.canonical import Canonical
from rkedoc.diff.compare import ABSENT, Edit
from rkedoc.diff.identity import ClusterSide
from rkedoc.diff.kubernetes import taken_away
from rkedoc.diff.model import Change
from rkedoc.diff.rules import Route, Rules
from rkedoc.explain.holding import lives
from rkedoc.snapshot.record import Record
from rkedoc.vocabulary import ChangeKind, Weight

_MARKUP = re.compile(r"[`*]|\[([^\]]*)\]\([^)]*\)")
_LONGEST = 400


class Meaning:
    """Explains changes by the rules' weights and the catalog of the side that has them."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def explained(self, change: Change, view: Canonical, record: Record, side: ClusterSide) -> Change:
        """The change with its weight, component, version and meaning.

        ``record`` is that of the side that has it, the newer one where both have; ``view`` is what is compared of it.
        """
        kind = "/".join(change.id.split("/", 2)[:2])
        weights = tuple(self._rules.weight(kind, route(edit.path)) for edit in change.edits)
        weight = min(weights, key=lambda found: found.order) if weights else self._rules.weight(kind, ())
        entry = side.entry(record)
        return replace(
            change, edits=tuple(self._with_default(kind, edit) for edit in change.edits), weight=weight, weights=weights, component=entry.id if entry else None,
            component_name=entry.name if entry else "", version=_version(change),
            meaning=(*_said(change, entry, weight), *_upgraded(change)), summary=tuple(self._summary(kind, change)),
        )  # fmt: skip

    def _summary(self, kind: str, change: Change) -> Iterator[Edit]:
        """The fields that tell most of something that came or went."""
        if change.change in (ChangeKind.ADDED, ChangeKind.REMOVED):
            for path, value in self._telling(kind, change.new if change.new is not None else change.old or {}, ()):
                yield Edit(path, ABSENT, value) if change.change == ChangeKind.ADDED else Edit(path, value, ABSENT)

    def _telling(self, kind: str, view: Canonical, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
        for key, value in view.items():
            if self._rules.tells(kind, route((*path, key))):
                yield (*path, key), value
            elif isinstance(value, Mapping):
                yield from self._telling(kind, value, (*path, key))

    def _with_default(self, kind: str, edit: Edit) -> Edit:
        defaults = self._rules.field(kind, route(edit.path)).defaults if edit.change != ChangeKind.CHANGED else ()
        return replace(edit, default=defaults[0]) if defaults else edit


def route(path: tuple[str, ...]) -> Route:
    """The path of a view as rules write it: ``[]`` for any element of a list."""
    return tuple("[]" if key.startswith("[") and key.endswith("]") else key for key in path)


def image_versions(edit: Edit) -> tuple[str, str, str] | None:
    """Name, old and new version where an image got another tag."""
    if edit.path[-1:] != ("image",) or not isinstance(edit.old, str) or not isinstance(edit.new, str):
        return None
    old, new = parse_image(edit.old), parse_image(edit.new)
    if not old.identified or old.path != new.path:
        return None
    versions = tuple(image.tag or image.digest or "latest" for image in (old, new))
    return (old.path, versions[0], versions[1]) if versions[0] != versions[1] else None


def _version(change: Change) -> tuple[str, str] | None:
    for edit in change.edits:
        if found := image_versions(edit):
            return found[1], found[2]
        if (
            edit.path[:2] == ("status", "nodeInfo")
            and edit.path[-1] == "kubeletVersion"
            and edit.change == ChangeKind.CHANGED
        ):
            return str(edit.old), str(edit.new)
    return None


def _said(change: Change, entry: Entry | None, weight: Weight) -> list[str]:
    if entry is None:
        return []
    said = [f"{entry.name}: {entry.summary}"]
    if change.change in (ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.MOVED) or weight == Weight.VERSION:
        said += [f"{title}: {versions}." for title, versions, _how in lives(entry)]
        versions = [section for section in entry.sections if section.id == "versions"]
        said += [_plain(first.markdown) for section in versions if (first := section.passages[0]).holds is None]
    return said


def _upgraded(change: Change) -> Iterator[str]:
    """What another version of Kubernetes on a node took away."""
    for edit in change.edits:
        if edit.path == ("status", "nodeInfo", "kubeletVersion") and edit.change == ChangeKind.CHANGED:
            yield from taken_away(str(edit.old), str(edit.new))


def _plain(markdown: str) -> str:
    """The first sentences of a section as plain text."""
    text = " ".join(_MARKUP.sub(lambda found: found[1] or "", markdown.partition("\n\n")[0]).split())
    if len(text) <= _LONGEST:
        return text
    return text[:_LONGEST].rpartition(". ")[0] + "." if ". " in text[:_LONGEST] else text[: _LONGEST - 1] + "…"
