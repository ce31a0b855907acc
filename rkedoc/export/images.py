"""The images of a cluster: each once, with its digests and with everything that is made from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rkedoc.explain.screen import PLAIN, Screen
from rkedoc.fleet.schema import ImageRow
from rkedoc.fleet.tables import as_data, tables
from rkedoc.fleet.text import rows_csv, why_words
from rkedoc.i18n import _, between, counted
from rkedoc.snapshot.record import without_fingerprints

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster

COLUMNS: Final = (
    "image", "registry", "repository", "tag", "digests", "node", "namespace", "kind", "name", "container", "role", "origin",
    "component", "containers", "running",
)  # fmt: skip
"""The columns of a row of CSV: a user of an image."""

_USER: Final = (
    "node", "namespace", "kind", "name", "container", "role", "origin", "component", "containers", "running",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class UsedImage:
    """An image as its users name it. ``digests`` are all under which a registry has what they were made from, sorted; none where nothing
    tells. ``users`` are the rows of the table ``images`` of ``rkedoc fleet``, which count its containers."""

    image: str
    digests: tuple[str, ...]
    users: tuple[ImageRow, ...]

    @property
    def containers(self) -> int:
        """How many containers are made from it."""
        return sum(user.containers or 0 for user in self.users)

    @property
    def running(self) -> int:
        """How many of them run."""
        return sum(user.running or 0 for user in self.users)


@dataclass(frozen=True, slots=True)
class Images:
    """The images of a cluster by name. ``unnamed`` are containers of which nothing tells the image; ``not_known`` are codes of what nobody has
    looked at, and so of where more may be (``docs/reference/tables.md``)."""

    all: tuple[UsedImage, ...]
    unnamed: int
    not_known: tuple[str, ...]

    def to_json(self) -> Mapping[str, Any]:
        """As JSON has it: names of fields are those of the table ``images``."""
        return {
            "images": [
                {
                    "image": one.image,
                    **{name: getattr(one.users[0], name) for name in ("registry", "repository", "tag")},
                    "digests": list(one.digests),
                    "containers": one.containers,
                    "running": one.running,
                    "users": [_told(user, _USER) for user in one.users],
                }
                for one in self.all
            ],
            "containers_without_image": self.unnamed,
            "not_known": list(self.not_known),
        }


def images(cluster: Cluster) -> Images:
    """The images of a cluster. Their containers, and those without an image, are the containers of the ledger."""
    used: dict[str, list[ImageRow]] = {}
    unnamed, unseen = 0, dict[str, None]()
    for row in tables(cluster, None)["images"]:
        assert isinstance(row, ImageRow)
        if row.image is not None:
            used.setdefault(without_fingerprints(row.image), []).append(row)
        elif row.containers is not None:
            unnamed += row.containers
        else:
            unseen[row.not_known or ""] = None
    found = (
        UsedImage(image, tuple(sorted({digest for row in rows for digest in row.digests or ()})), tuple(rows))
        for image, rows in sorted(used.items())
    )
    return Images(tuple(found), unnamed, tuple(unseen))


def images_csv(found: Images) -> str:
    """A line for each user of each image."""
    rows = (list((_told(user, COLUMNS) | {"image": one.image}).values()) for one in found.all for user in one.users)
    return rows_csv(COLUMNS, rows)


def _told(user: ImageRow, names: Iterable[str]) -> dict[str, Any]:
    """Some columns of a user, in the order given."""
    told = as_data(user)
    return {name: told[name] for name in names}


def images_text(found: Images, screen: Screen = PLAIN) -> str:
    """A line for each image, the sums, and what is not known."""
    heads = (_("Image"), _("Digest"), _("Containers"), _("Running"), _("Used by"))
    rows = [
        (
            one.image,
            between().join(digest.removeprefix("sha256:")[:12] for digest in one.digests) or _("not known"),
            str(one.containers),
            str(one.running),
            between().join(_names(one.users)),
        )
        for one in found.all
    ]
    lines = screen.table(heads, rows) if rows else []
    total = counted(len(rows), _("{count} image"), _("{count} images"))
    made = sum(one.containers for one in found.all)
    lines += [
        "",
        screen.said(
            f"{total}{between()}{counted(made, _('{count} container'), _('{count} containers'))}", tone="strong"
        ),
    ]
    if found.unnamed:
        told = counted(
            found.unnamed,
            _("Of {count} container nothing tells the image."),
            _("Of {count} containers nothing tells the image."),
        )
        lines.append(screen.said(told, tone="warning"))
    lines += list(not_known_lines(found.not_known, screen))
    return "\n".join(lines).lstrip("\n") + "\n"


def not_known_lines(codes: Sequence[str], screen: Screen = PLAIN) -> Iterator[str]:
    """What nobody has looked at, in words."""
    if codes:
        yield ""
        yield screen.said(_("Not known, and more may be there:"), tone="warning")
        yield from (screen.said(why_words(code), indent="  ") for code in codes)


def _names(users: Iterable[ImageRow]) -> Iterator[str]:
    seen: dict[str, None] = {}
    for user in users:
        place = user.namespace or user.node
        seen[f"{place}/{user.name}" if place else str(user.name)] = None
    return iter(seen)
