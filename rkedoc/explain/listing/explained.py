"""The answer to one line of a listing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rkedoc.vocabulary import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rkedoc.catalog.entry import Entry
    from rkedoc.listing.row import ListingRow
    from rkedoc.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Explained:
    """What one line names. ``line`` counts from 1; ``name`` is as printed; ``component`` is the id of an entry.

    ``role`` and ``origin`` are those of the ledger; ``role`` is ``None`` for what is no container and no pod. What several
    components are, such as an image that all of them run from, has no ``component``, but all of them in ``components``.
    """

    line: int
    name: str
    role: Role | None
    origin: Origin | None
    component: str | None
    summary: str
    several: tuple[str, ...] = ()

    @property
    def components(self) -> tuple[str, ...]:
        """The ids of all entries that it is."""
        return self.several or ((self.component,) if self.component is not None else ())

    def to_json(self) -> dict[str, int | str | list[str] | None]:
        """The object that ``--format json`` prints."""
        return {
            "line": self.line,
            "name": self.name,
            "role": self.role,
            "origin": self.origin,
            "component": self.component,
            "components": list(self.components),
            "summary": self.summary,
        }


def of_entry(row: ListingRow, entry: Entry, role: Role | None, summary: str | None = None) -> Explained:
    """What a line names, where it is one entry of the catalog: in the entry's own words, unless there are others."""
    return Explained(row.line, row.name, role, entry.origin, entry.id, summary or entry.summary)


def common_origin(entries: Iterable[Entry]) -> Origin | None:
    """Whose several components are; ``None`` where it depends on which of them it is whether the platform brings it."""
    origins = {entry.origin for entry in entries}
    if len(origins) == 1:
        return origins.pop()
    return None if not origins or origins & {Origin.ADD_ON, Origin.WORKLOAD} else Origin.PLATFORM
