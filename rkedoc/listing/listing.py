"""A text as a listing: the rows that it holds, and the lines of it that could not be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rkedoc.listing.row import (
    CONTAINERD,
    CRI,
    ENGINE,
    IMAGE,
    NAMELESS,
    NODE,
    POD,
    RUNTIME_IMAGE,
    ListingRow,
    Unreadable,
)
from rkedoc.listing.tables import read_lines


@dataclass(frozen=True, slots=True)
class Unread:
    """Lines that follow one another and give no row for the same reason: the first and the last of them, counted from 1."""

    first: int
    last: int
    reason: Unreadable


@dataclass(frozen=True, slots=True)
class Listing:
    """What a text holds. Headers, blank lines, prompts and what tools say beside their tables are neither rows nor unread."""

    rows: tuple[ListingRow, ...]
    unread: tuple[Unread, ...]

    @property
    def containers(self) -> tuple[ListingRow, ...]:
        """The containers: of Docker and its like, of CRI, and of containerd itself."""
        return self._of(ENGINE, NAMELESS, CRI, CONTAINERD)

    @property
    def pods(self) -> tuple[ListingRow, ...]:
        """The pods, whether the API or a container runtime told of them."""
        return self._of(POD)

    @property
    def images(self) -> tuple[ListingRow, ...]:
        """The images that an engine or a runtime holds."""
        return self._of(IMAGE, RUNTIME_IMAGE)

    @property
    def nodes(self) -> tuple[ListingRow, ...]:
        """The nodes."""
        return self._of(NODE)

    def _of(self, *whats: str) -> tuple[ListingRow, ...]:
        return tuple(row for row in self.rows if row.what in whats)


def read(text: str | Iterable[str]) -> Listing:
    """The rows of a text, or of its lines, and what of it was not read. Any text is taken; nothing is raised."""
    lines = text.splitlines() if isinstance(text, str) else text
    rows: list[ListingRow] = []
    unread: list[Unread] = []
    for found in read_lines(lines):
        if isinstance(found, ListingRow):
            rows.append(found)
        elif unread and (unread[-1].last, unread[-1].reason) == (found.line - 1, found.reason):
            unread[-1] = Unread(unread[-1].first, found.line, found.reason)
        else:
            unread.append(Unread(found.line, found.line, found.reason))
    return Listing(tuple(rows), tuple(unread))
