"""The index of things: collected when a document is read, kept with its other data, and written as one file of a site.

What a document adds is made of what the document shows and of nothing else, so that a build after a change, and a build
with several processes, write the file that a clean build writes.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from docutils import nodes
from sphinx.util.osutil import relative_uri

from rkedoc.catalog.entry import WRITTEN_HEADINGS
from rkedoc.i18n import N_, _
from rkedoc.resources import resource
from rkedoc.sphinxext.blocks.nodes import view_blocks, view_group
from rkedoc.sphinxext.blocks.view import Part
from rkedoc.sphinxext.domain import K8sDomain
from rkedoc.sphinxext.kinds import KINDS
from rkedoc.sphinxext.pages import BINDINGS, LISTENERS, Heading
from rkedoc.sphinxext.search.things import LONGEST_OF_PART, Rank, Said, Thing, line, part, said, where_words
from rkedoc.sphinxext.views.parts.prose import TITLES

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders.html import StandaloneHTMLBuilder
    from sphinx.environment import BuildEnvironment

SCRIPT: Final = "rkedoc-search.js"
STYLE: Final = "rkedoc-search.css"
INDEX: Final = "rkedoc-search-index.js"
"""What the page of the search loads, from ``_static``."""

SEARCH: Final = "search"
"""The name of Sphinx's page."""

PAGE_KINDS: Final[Mapping[str, str]] = {
    "concept": N_("concept"),
    "container": N_("container outside pods"),
    "namespace": N_("namespace"),
    "node": N_("node"),
    "owner": N_("owner"),
    "process": N_("component"),
    "step": N_("changes"),
    "viewpoint": N_("viewpoint"),
    "workload": N_("workload"),
}
"""What a page about one subject is called in a result."""

SHORT_NAMES: Final[Mapping[str, str]] = {
    "cj": "CronJob", "cm": "ConfigMap", "crd": "CustomResourceDefinition", "deploy": "Deployment",
    "ds": "DaemonSet", "ep": "Endpoints", "hpa": "HorizontalPodAutoscaler", "ing": "Ingress", "limits": "LimitRange",
    "netpol": "NetworkPolicy", "no": "Node", "ns": "Namespace", "pdb": "PodDisruptionBudget",
    "po": "Pod", "pv": "PersistentVolume", "pvc": "PersistentVolumeClaim", "quota": "ResourceQuota", "rs": "ReplicaSet",
    "sa": "ServiceAccount", "sc": "StorageClass", "sts": "StatefulSet", "svc": "Service",
}  # fmt: skip
"""The short names of kinds that ``kubectl`` takes (kubernetes/website, content/en/docs/reference/kubectl/_index.md, "Resource
types"; in the API server the methods ShortNames, such as kubernetes/kubernetes, pkg/registry/policy/poddisruptionbudget/storage)."""


OTHER_WORDS: Final[Mapping[str, Heading]] = {
    N_("who listens on a port, listening ports, open ports"): LISTENERS,
    N_("permissions, who may do what"): BINDINGS,
}
"""Words, with commas between them, that readers type for what stands under a heading."""


def said_in(node: nodes.Element) -> Said:
    """What the nodes below a node say of it, and the things among them."""
    texts: list[str] = []
    things: list[Thing] = []
    for child in node.children:
        match child:
            case view_blocks():
                found = said(child["blocks"])
            case view_group() if isinstance(child["frame"], Part):
                found = Said((), (part(child["frame"], said_in(child)),))
            case nodes.section():
                found = Said((), (_heading(child, said_in(child)),))
            case nodes.title() | nodes.Invisible() | nodes.raw() | nodes.system_message():
                continue
            case nodes.Text() | nodes.TextElement():
                found = Said((" ".join(child.astext().split()),), ())
            case nodes.Element() if "no-search" not in child["classes"]:
                found = said_in(child)
            case _:
                continue
        texts += found.texts
        things += found.things
    return Said(tuple(texts), tuple(dict.fromkeys(things)))  # what is listed twice is one thing


def _heading(section: nodes.section, inside: Said) -> Thing:
    title = next((child.astext() for child in section.children if isinstance(child, nodes.title)), "")
    anchor = section["ids"][0] if section["ids"] else ""
    return Thing(Rank.HEADING, anchor, title, "", "", line(inside.texts, LONGEST_OF_PART), inside.things)


def page_of(env: BuildEnvironment, docname: str, texts: Iterable[str]) -> Thing:
    """A document as a thing: the subject that it is about, or itself."""
    domain = cast(K8sDomain, env.domains["k8s"])
    note = domain.pages.get(docname)
    if note is None:
        title = env.titles.get(docname)
        return Thing(Rank.PAGE, "", "" if title is None else title.astext(), _("page"), "", line(texts))
    kind = _(PAGE_KINDS.get(note.kind, note.kind))
    if note.kind == "workload":
        own = (item.kind for item in domain.data["described"].get(docname, ()) if item.anchor == note.anchor)
        kind = next((_(KINDS[name].label) for name in own if name != "workload"), kind)
    namespace = "" if note.kind == "namespace" else note.namespace
    node = note.nodes[0] if note.kind == "container" and note.nodes else ""
    return Thing(Rank.PAGE, "", note.name, kind, where_words(namespace, node), line(texts))


def note_things(app: Sphinx, doctree: nodes.document) -> None:
    """Remember what can be found in a document that was read."""
    env = app.env
    docname = env.current_document.docname
    root = next((child for child in doctree.children if isinstance(child, nodes.section)), doctree)
    found = said_in(root)
    page = page_of(env, docname, found.texts)
    domain = cast(K8sDomain, env.domains["k8s"])
    subject = docname in domain.pages and domain.pages[docname].kind != "concept"
    # The headings of a page about a subject are those of every page of its kind.
    things = [_values(thing, Rank.PART if subject else Rank.HEADING, page.where) for thing in found.things]
    names = [name.lower() for name in domain.data["aliases"].get(docname, ())]
    document = [int(subject), page.title, page.kind, page.where, page.text, things, names]
    domain.data["things"][docname] = _quoted(_json(document)[1:])


def _values(thing: Thing, heading: Rank, here: str) -> list[Any]:
    rank = heading if thing.rank == Rank.HEADING else thing.rank
    where = "" if thing.where == here else thing.where
    below = [[_values(each, heading, here) for each in thing.things]] if thing.things else []
    return [int(rank), thing.anchor, thing.title, thing.kind, where, thing.text, *below]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _quoted(text: str) -> bytes:
    """What stands between the quotes of a string of a script."""
    return text.replace("\\", "\\\\").replace("'", "\\'").encode("utf-8", "replace")


def other_words() -> dict[str, str]:
    """What readers type in place of the words of the site, in small letters, each with those.

    A kind stands for all things of the kind; the headings of the catalog's entries stand for those under which pages show
    them.
    """
    kinds = {
        record: _(kind.label) for kind in KINDS.values() for _group, record in kind.records if len(kind.records) < 3
    }
    same = {kind.lower(): f"{_KIND}{word.lower()}" for kind, word in kinds.items()}
    same |= {short: same.get(kind.lower(), f"{_KIND}{kind.lower()}") for short, kind in SHORT_NAMES.items()}
    for words, heading in OTHER_WORDS.items():
        same |= {word.strip().lower(): _(heading.words).lower() for word in re.split("[,，]", _(words))}
    for section, titles in WRITTEN_HEADINGS.items():
        shown = _(TITLES[section]).lower()
        same |= {title.lower(): shown for title in titles if title.lower() != shown}
    return dict(sorted(same.items()))


_KIND: Final = "kind:"
"""Stands before a word that means things of a kind (``rkedoc-search.js``)."""


def index_of(builder: StandaloneHTMLBuilder) -> bytes:
    """The whole file: a script, since a page that is opened from disk may load no other kind of file.

    Each document is a string, which the page takes apart when it needs it: most questions are about few documents.
    """
    env = builder.env
    domain = cast(K8sDomain, env.domains["k8s"])
    here = builder.get_target_uri(SEARCH)
    documents = [
        b"'"
        + _quoted(f"[{_json(docname)},{_json(relative_uri(here, builder.get_target_uri(docname)))},")
        + things
        + b"'"
        for docname, things in sorted(domain.data["things"].items())
        if not _UNSEARCHED & set(env.metadata.get(docname, ()))
    ]
    words = {"more": _("Show more results")}
    head = f"window.rkedocThings={{\nwords:{_json(words)},\nsame:{_json(other_words())},\ndocuments:[\n".encode()
    return head + b",\n".join(documents) + b"\n]};\n"


_UNSEARCHED: Final = frozenset({"no-search", "nosearch"})
"""Metadata by which a document stays out of Sphinx's index."""


def write_index(app: Sphinx) -> Iterator[Any]:
    """Write the index, and the script and the style of the page of the search."""
    if has_search(app):
        static = Path(app.outdir, "_static")
        static.mkdir(parents=True, exist_ok=True)
        (static / INDEX).write_bytes(index_of(cast("StandaloneHTMLBuilder", app.builder)))
        for name in (SCRIPT, STYLE):
            (static / name).write_bytes(resource("sphinxext", "assets", "search", name).read_bytes())
    yield from ()


def has_search(app: Sphinx) -> bool:
    """Whether the builder writes a page of the search."""
    return app.builder.name in ("html", "dirhtml") and bool(getattr(app.builder, "search", False))


def search_page(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    """Have the page of the search load the script, which loads the index, and the style."""
    if pagename == SEARCH and has_search(app):
        checksum = zlib.crc32(Path(app.outdir, "_static", INDEX).read_bytes())
        attributes: dict[str, Any] = {"data-rkedoc-index": f"{INDEX}?v={checksum:08x}"}
        app.add_css_file(STYLE)
        app.add_js_file(SCRIPT, loading_method="defer", **attributes)


def register(app: Sphinx) -> None:
    """Connect to the events."""
    app.connect("doctree-read", note_things)
    app.connect("html-collect-pages", write_index)
    app.connect("html-page-context", search_page)
