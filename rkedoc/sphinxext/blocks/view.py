"""What a page shows, as plain values: the language between the views and Sphinx.

A *view* is a tuple of blocks. Views are computed by pure functions from a :class:`~rkedoc.sphinxext.site.Site` and know
nothing of docutils; the nodes that print them know nothing of Kubernetes. All types are frozen, hashable and compare by
value, so that a page can tell whether anything that it shows has changed.

Strings are data or finished words, never markup: whatever they hold is printed as text. The one exception is
:class:`Prose` (Markdown of the catalog, which is trusted).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, get_args

from rkedoc.i18n import _
from rkedoc.snapshot.record import HIDDEN_IN_BUNDLE
from rkedoc.sphinxext.blocks.drawings import PARTS, Drawing

if TYPE_CHECKING:
    from rkedoc.sphinxext.site import Site

TONES = ("", "ok", "warn", "bad", "info", "muted")
"""Tones of badges, paragraphs and callouts. A badge may also carry an origin of the ledger as its tone."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A link to an object of the ``k8s`` domain; plain text if the site has no such object.

    ``kind`` is an object type (``"workload"``, ``"pod"``, …) or ``"page"``; ``name`` its qualified name (``"ns/name"``,
    ``"name"``, ``"ns/pod/container"``, ``"node/container"``), for ``"page"`` the key of a page. ``text`` is what is
    shown instead of the name. ``anchor`` is a place on the page of ``"page"``.
    """

    kind: str
    name: str
    text: str | None = None
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class ExtRef:
    """A link to an address outside the site, for sources and documentation. Only ``https`` addresses become links."""

    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """A name, flag, path or value as the machine has it."""

    text: str


@dataclass(frozen=True, slots=True)
class Badge:
    """A short state or class, with the tone that colours it."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Time:
    """A moment, in RFC 3339 and UTC, which the page also gives in the reader's time; or a day, of which the page also says how far it is from
    the reader's, and ``past`` as soon as it lies behind the reader."""

    rfc3339: str
    past: str = ""


@dataclass(frozen=True, slots=True)
class Strong:
    """Words that carry the sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class Hidden:
    """A value that was redacted before anything was written: by us, or ``in_bundle`` by the tool that made a bundle."""

    in_bundle: bool = False

    @property
    def text(self) -> str:
        """What stands in its place."""
        return _("‹hidden by the tool that made the bundle›") if self.in_bundle else _("‹hidden›")

    @classmethod
    def of(cls, placeholder: str) -> Hidden:
        """What a placeholder stands for."""
        return cls(placeholder == HIDDEN_IN_BUNDLE)


@dataclass(frozen=True, slots=True)
class ReadIn:
    """Where what stands before it was read, for whoever doubts it: a small mark that opens, and a note on paper."""

    place: tuple[Inline, ...]


Inline = str | Ref | ExtRef | Code | Badge | Time | Strong | Hidden | ReadIn
Cell = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class ObjectTarget:
    """An object of the domain that is described where this stands.

    ``display`` is its name in search results and indices; ``subject`` says whether it survives restarts (a workload
    does, its pods do not): only subjects are exported in the inventory.
    """

    kind: str
    name: str
    display: str = ""
    subject: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; with an anchor it can be linked to, and it is the target of ``objects``."""

    cells: tuple[Cell, ...]
    anchor: str | None = None
    objects: tuple[ObjectTarget, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a heading row. ``empty`` is said instead of a table without rows; ``filterable`` adds a field
    that narrows the rows in the page. In a table of things that are explained, ``below``, the last cell of a row is
    the explanation: it stands under the others and has the whole width."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    empty: str = ""
    filterable: bool = False
    below: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values, one pair a row."""

    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph."""

    inlines: Cell
    tone: str = ""


@dataclass(frozen=True, slots=True)
class ListBlock:
    """A bulleted list."""

    items: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Lines as the machine has them, or to be typed."""

    text: str
    language: str = "text"


@dataclass(frozen=True, slots=True)
class Callout:
    """A box that stands out from the text."""

    tone: str
    title: str
    body: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """Blocks that are folded away until the reader asks."""

    summary: Cell
    body: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A titled group inside a view. Its heading is one level below the section that the view stands in."""

    anchor: str
    title: str
    body: tuple[Block, ...]
    objects: tuple[ObjectTarget, ...] = ()


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown of the catalog or of the user's annotations; ``origin`` names the file for error messages."""

    markdown: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with its title and the table that says the same in text."""

    drawing: Drawing
    title: str
    table: Table


@dataclass(frozen=True, slots=True)
class Image:
    """A picture as a file beside the page, with its title; its size is in pixels. No view has one: formats that show no
    drawings get it in the place of a :class:`Picture`."""

    file: str
    title: str
    width: int
    height: int


Block = Table | Facts | Para | ListBlock | CodeBlock | Callout | Details | Part | Prose | Picture | Image
View = tuple[Block, ...]
ViewFunction = Callable[["Site", str], View]
"""``view(site, key)``: ``key`` is the key of the page that the view belongs to (:class:`~rkedoc.sphinxext.site.Page`)."""


def _pickle_as_call(kind: type) -> None:
    # What dataclasses with slots do by themselves asks for the fields of each object again: it takes five times as long,
    # and a page of tables has thousands of these.
    names = tuple(item.name for item in fields(kind))

    def reduce(self: object) -> tuple[type, tuple[object, ...]]:
        return kind, tuple([getattr(self, name) for name in names])

    kind.__reduce__ = reduce  # type: ignore[method-assign,assignment]


for _kind in (*get_args(Block), *get_args(Inline), ObjectTarget, Row, *PARTS):
    if _kind is not str:
        _pickle_as_call(_kind)
