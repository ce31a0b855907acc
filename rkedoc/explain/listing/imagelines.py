"""What a line of a listing that names an image says: the components that run from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rkedoc.catalog.images import parse_image
from rkedoc.explain.listing.explained import Explained, common_origin
from rkedoc.i18n import _, between
from rkedoc.vocabulary import Origin

if TYPE_CHECKING:
    from rkedoc.catalog.bound import ClusterCatalog
    from rkedoc.catalog.entry import Entry
    from rkedoc.explain.listing.known import KnownNames
    from rkedoc.listing.row import ListingRow


def image_line(row: ListingRow, catalog: ClusterCatalog, known: KnownNames | None) -> Explained:
    """What the containers are that run from an image; without a snapshot, those that the catalog says can."""
    name = row.image or row.name
    users = known.image(name) if known else ()
    used = {user.entry.id: user.entry for user in users if user.entry is not None}
    entries = tuple(used.values()) if users else catalog.of_image(name)
    if not entries:
        # A listing's own column may hold what nobody checked; a reference is shown without its user and password.
        summary = _("not a platform component: image {plain_image}").format(plain_image=plain_image(name))
        return Explained(row.line, row.name, None, Origin.WORKLOAD, None, summary)
    if len(entries) == 1:
        entry = entries[0]
        summary = _("Image of {name}. {summary}").format(name=entry.name, summary=entry.summary)
        return Explained(row.line, row.name, None, entry.origin, entry.id, summary)
    return several(row, entries, _("Image of several components: {names}."))


def several(row: ListingRow, entries: Sequence[Entry], sentence: str) -> Explained:
    """A line that names what several entries are: ``sentence`` says so, with their ``names``."""
    names = between().join(entry.name for entry in entries[:8]) + (_(" and others") if len(entries) > 8 else "")
    ids = tuple(entry.id for entry in entries)
    return Explained(row.line, row.name, None, common_origin(entries), None, sentence.format(names=names), ids)


def plain_image(image: str | None) -> str:
    """An image's name without what may hide in it: user and password before the registry, a digest."""
    reference = parse_image(image or "")
    registry = f"{reference.registry.rpartition('@')[2]}/" if reference.registry else ""
    return f"{registry}{reference.repository}" + (f":{reference.tag}" if reference.tag else "")
