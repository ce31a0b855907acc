"""The banner of every page, in every output: of which cluster, nodes and time it speaks, what could not be collected, and for whom it is.

The banner changes with every collection, the pages seldom do. So it stands between two comments in the written HTML,
and when nothing else has changed, only what lies between them is replaced. Other outputs have it as ordinary text below the title of each
document, and are written again when it changes.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from docutils import nodes

from rkedoc.explain.age import time_words
from rkedoc.explain.unseen import held_namespaces
from rkedoc.i18n import LANGUAGES, N_, _, between, in_brackets
from rkedoc.snapshot.record import BEYOND_FILES
from rkedoc.sphinxext.blocks import markdown
from rkedoc.sphinxext.blocks.docutils import Refer, ordinary
from rkedoc.sphinxext.blocks.html import escape, time_text
from rkedoc.sphinxext.blocks.sanitize import one_line
from rkedoc.sphinxext.blocks.view import Cell, Inline, Para, Ref, Strong, Time
from rkedoc.vocabulary import Result

if TYPE_CHECKING:
    from rkedoc.sphinxext.site import Site

START = "<!-- rkedoc-banner -->"
END = "<!-- /rkedoc-banner -->"
BANNER = "rkedoc-banner"
"""The attribute of the paragraph that is the banner, for builders that print it in a way of their own."""
SAME = frozenset({"cluster", "class"})
"""What the banner says in every collection."""
_BETWEEN = re.compile(re.escape(START).encode() + b".*?" + re.escape(END).encode(), re.DOTALL)
_MOST_NODES = 3
_MOST_SCOPES = 4


class Said(NamedTuple):
    """A piece of the banner: what it is (``cluster``, ``partial``, ``class``, or nothing in particular), and its words."""

    what: str
    words: Cell


def said(site: Site, classification: str) -> Iterator[Said]:
    """What the banner of a site says, in the language in use."""
    header = site.cluster.header
    engines = sorted({capture.node for capture in header.captures if capture.node and capture.source != "host"})
    hosts = sorted({capture.node for capture in header.captures if capture.node and capture.source == "host"})
    times = sorted({capture.time for capture in header.captures})
    lost = list(
        dict.fromkeys(
            (scope.path if scope.kind is None and capture.source == "files" else scope.name, scope.result)
            for capture in header.captures
            for scope in capture.scopes
            if scope.result not in (Result.COMPLETE, Result.ABSENT, Result.SKIPPED) and scope.reason not in BEYOND_FILES
        )
    )
    held = held_namespaces(site.cluster)
    yield Said("cluster", (one_line(str(header.cluster.get("name") or "?"), 100),))
    for names_of, of in ((engines, N_("engine of {nodes}")), (hosts, N_("host of {nodes}"))):
        if names_of:
            shown = between().join(one_line(node, 80) for node in names_of[:_MOST_NODES])
            more = len(names_of) - _MOST_NODES
            text = _("{nodes} and {count} more").format(nodes=shown, count=more) if more > 0 else shown
            yield Said("", (_(of).format(nodes=text),))
    if times:
        before, _field, after = _(time_words(header, times[0])).partition("{time}")
        yield Said("", (before, Time(times[0]), after))
    if held:
        names = between().join(one_line(name, 80) for name in held[:_MOST_NODES])
        if len(held) > _MOST_NODES:
            names = _("{names} and {count} more").format(names=names, count=len(held) - _MOST_NODES)
        yield Said("", (_("pods of these namespaces alone: {names}").format(names=names),))
    if lost:
        names = between().join(
            in_brackets(one_line(name, 80), result.label.translated) for name, result in lost[:_MOST_SCOPES]
        )
        if len(lost) > _MOST_SCOPES:
            names = _("{names} and {count} more").format(names=names, count=len(lost) - _MOST_SCOPES)
        yield Said("partial", (_("Incomplete: {names}").format(names=names),))
    if classification:
        yield Said("class", (one_line(classification, 200),))


def banner(site: Site, classification: str, report: str | None) -> str:
    """The banner as HTML, its marks included. ``report`` is the address of the collection report, if there is one."""
    parts = " ".join(_html(piece, report) for piece in said(site, classification))
    words = escape(_("What this page speaks of"))
    return f'{START}<aside class="rkedoc-banner" aria-label="{words}">{parts}</aside>{END}'


def _html(piece: Said, report: str | None) -> str:
    text = "".join(_moment(item) if isinstance(item, Time) else escape(str(item)) for item in piece.words)
    match piece.what:
        case "class":
            return f'<strong class="rkedoc-banner-class">{text}</strong>'
        case "partial":
            link = f'<a href="{escape(report)}">{text}</a>' if report else text
            return f'<span class="rkedoc-banner-partial">{link}</span>'
        case "cluster":
            return f'<span class="rkedoc-banner-cluster">{text}</span>'
        case _:
            return f"<span>{text}</span>"


def _moment(time: Time) -> str:
    stamp = escape(time.rfc3339)
    return f'<time datetime="{stamp}" data-rkedoc-time="" data-rkedoc-age="">{escape(time_text(time.rfc3339))}</time>'


class SiteBanner(nodes.General, nodes.Element):
    """The banner in a document that is printed as HTML: ``node["html"]``. It has no text, so that neither search nor contents know of it."""


def put_into(document: nodes.document, html: str) -> None:
    """Put the banner above all that a document says, for outputs that are HTML."""
    node = SiteBanner("")
    node["html"] = html
    document.insert(0, node)


def _paragraph(site: Site, classification: str) -> Cell:
    """The banner as one line of text."""
    cell: list[Inline] = []
    for piece in said(site, classification):
        words: Cell = piece.words
        if piece.what in SAME:
            words = (Strong("".join(map(str, words))),)
        elif piece.what == "partial":
            words = (Ref("page", "collection", "".join(map(str, words))),)
        cell += [" · ", *words] if cell else words
    return tuple(cell)


def as_markdown(site: Site, classification: str) -> str:
    """The banner as a line of Markdown, without links."""
    return markdown.cell(_paragraph(site, classification), lambda _ref: None)


def print_into(document: nodes.document, site: Site, classification: str, refer: Refer) -> None:
    """Put the banner below the title of a document, as ordinary text, for outputs that are not HTML."""
    found = ordinary((Para(_paragraph(site, classification)),), refer)
    for node in found:
        if isinstance(node, nodes.paragraph):
            node[BANNER] = True
    place = next((child for child in document.children if isinstance(child, nodes.section)), None)
    if place is None:
        document.insert(0, found)
    else:
        place.insert(sum(isinstance(child, nodes.title | nodes.subtitle) for child in place.children[:2]), found)


def digest(text: str) -> str:
    """A digest of a banner."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


class Banners:
    """The banners of a site's pages. They differ only in the address of the collection report."""

    def __init__(
        self, site: Site, classification: str, report: str | None, language: str = "", others: Sequence[str] = (),
        version: str = "",
    ) -> None:  # fmt: skip
        """``report`` is the address of the collection report from the root of the site.

        ``others`` are the languages that the same site is there in, each in a folder of its name beside this one, which
        is that of ``language``. ``version`` is the label of the site among the versions that lie beside it.
        """
        self._site, self._classification, self._report = site, classification, report
        self._language, self._others, self._version = language, others, version
        self._made: dict[str, str] = {}

    def __call__(self, address: str) -> str:
        """The banner of the page at this address (from the root of the site)."""
        up = "../" * address.count("/")
        if up not in self._made:
            report = None if self._report is None else f"{up}{self._report}"
            self._made[up] = banner(self._site, self._classification, report)
        switch = "".join(_to_language(name, f"{up}../{name}/{address}") for name in self._others)
        if self._version:
            # Of several languages each has a folder within that of the version.
            inner = f"{self._language}/" if self._others else ""
            switch = _to_version(self._version, f"{up}{'../' if self._others else ''}", f"{inner}{address}") + switch
        return self._made[up].replace(f"</aside>{END}", f"{switch}</aside>{END}") if switch else self._made[up]


def _to_language(name: str, address: str) -> str:
    """The link to the same page in another language. The script adds the place in the page where the reader is."""
    code = name.replace("_", "-")
    return (
        f'<a class="rkedoc-banner-language" href="{escape(address)}" hreflang="{code}" lang="{code}" '
        f'data-rkedoc-language="">{escape(LANGUAGES[name])}</a>'
    )


def _to_version(label: str, root: str, page: str) -> str:
    """The label of the version, which the script beside all versions turns into a switch; without it, a link to all of
    them. ``root`` leads from the page to the folder of the version, ``page`` from there back to the page.

    What stands here is read by scripts that are younger than the page: it must stay as it is.
    """
    return (
        f'<span class="rkedoc-banner-version" data-rkedoc-version="{escape(label)}" data-rkedoc-root="{escape(root)}" '
        f'data-rkedoc-page="{escape(page)}"><a href="{escape(root)}../../index.html">'
        f"{escape(_('Version {label}').format(label=label))}</a></span>"
        f'<script src="{escape(root)}../versions.js" defer="defer"></script>'
    )


def replace_in_files(folder: Path, names: Iterable[str], make: Banners) -> int:
    """Put the banner of now into written pages; ``names`` are their addresses in the folder. Gives the number changed."""
    changed = 0
    for name in names:
        path = folder / name
        try:
            content = path.read_bytes()
        except OSError:
            continue
        fresh = make(name).encode("utf-8", "replace")
        replaced = _BETWEEN.sub(lambda _match, text=fresh: text, content, count=1)  # type: ignore[misc]
        if replaced != content:
            _replace(path, replaced)
            changed += 1
    return changed


def insert_in_files(folder: Path, names: Iterable[str], make: Banners) -> None:
    """Put the banner before the first heading of pages that have none: those that Sphinx makes without a document."""
    for name in names:
        path = folder / name
        try:
            content = path.read_bytes()
        except OSError:
            continue
        if START.encode() not in content:
            fresh = make(name).encode("utf-8", "replace")
            _replace(path, content.replace(b"<h1", fresh + b"<h1", 1))


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    temporary.write_bytes(content)
    temporary.replace(path)
