"""The index of things: collected when a document is read, kept with its other data, and written as one file of a site.

What a document adds is made of what the document shows and of nothing else, so that a build after a change, and a build
with several processes, write the file that a clean build writes.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from docutils import nodes

from rkedoc.catalog.entry import HEADINGS, WRITTEN_HEADINGS
from rkedoc.i18n import N_, _
from rkedoc.resources import resource
from rkedoc.sphinxext.blocks.nodes import view_blocks, view_group
from rkedoc.sphinxext.blocks.view import Part
from rkedoc.sphinxext.config import Settings
from rkedoc.sphinxext.domain import K8sDomain
from rkedoc.sphinxext.events import prefix_of
from rkedoc.sphinxext.kinds import KINDS
from rkedoc.sphinxext.pages import (
    CHANGES,
    LISTENERS,
    MAY,
    PROBLEMS,
    ROOT,
    SOCKETS,
    VERSIONS,
    WHOLE,
    Heading,
    fixed_docname,
)
from rkedoc.sphinxext.search.things import LONGEST_OF_PART, Rank, Said, Thing, line, part, said, where_words
from rkedoc.vocabulary import Right, RiskKind

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders.html import StandaloneHTMLBuilder
    from sphinx.environment import BuildEnvironment

SCRIPT: Final = "rkedoc-search.js"
STYLE: Final = "rkedoc-search.css"
INDEX: Final = "rkedoc-search-index.js"
"""What pages load, from ``_static``."""

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


_KIND: Final = "kind:"
"""Stands before a word that means things of a kind (``rkedoc-search.js``); lines stand for the spaces in it."""
_PLACE: Final = "at:"
"""Stands before the address of a place: a document, and an anchor in it, which may be empty."""
_UNDER: Final = "under:"
"""Stands before an anchor that many pages have: words mean what stands there on the page that the other words lead to."""


@dataclass(frozen=True, slots=True)
class Place:
    """A page about the whole, and an anchor on it; without one its top."""

    page: str
    anchor: str = ""


_LISTENS: Final = N_("who listens on a port, listening ports, open ports, who listens on, listen on")
_CHANGED: Final = N_(
    "what changed, what has changed, what is new, what changed last week, what has changed last week, changelog, history, "
    "revision, revisions"
)

OTHER_WORDS: Final[tuple[tuple[str, Heading | Place | str], ...]] = (
    (_LISTENS, LISTENERS),
    (_LISTENS, SOCKETS),
    (N_("permissions, who may do what, who can do what, authorization"), Place("access", MAY.id)),
    (N_("horizontal pod autoscaler, horizontal autoscaling, horizontal scaling"), _KIND + "horizontalpodautoscaler"),
    (
        N_("who may read secrets, who can read secrets, who has access to secrets, access to secrets, read secrets"),
        Place("access", f"may-{Right.READ_SECRETS}"),
    ),
    (
        N_("who is cluster admin, who is admin, who can do everything, administrators"),
        Place("access", f"may-{Right.DO_EVERYTHING}"),
    ),
    (
        N_(
            "out of support, unsupported, not supported, no longer supported, end of life, end of support, eol, "
            "what is supported, supported versions, support, outdated, upgrade"
        ),
        Place(ROOT, VERSIONS.id),
    ),
    (_CHANGED, Place("changes")),
    (_CHANGED, Place(ROOT, CHANGES.id)),
    (N_("what is broken, what is wrong, what is not well, what is down, unhealthy, alerts"), Place(ROOT, PROBLEMS.id)),
    (N_("privileged, docker.sock, engine's socket, security, host network"), Place("risks")),
    (N_("host path, hostpath, host mounts, mounts of the host"), Place("risks", f"risk-{RiskKind.HOST_MOUNT}")),
    (N_("open to everybody, all addresses, exposed ports"), Place("risks", f"risk-{RiskKind.OPEN_PORT}")),
    (N_("node port, nodeport, node ports"), LISTENERS),
    (N_("problems, errors"), Place(ROOT, PROBLEMS.id)),
    (N_("latest tag, mutable tags, moving tags"), Place("risks", f"risk-{RiskKind.MOVING_IMAGE}")),
    (N_("pod security policy, psp, pod security standards"), Place("risks")),
    (N_("cordon, cordoned, drain, unschedulable, taints"), Place("nodes")),
    (N_("unused images, digests, image digest"), Place("images")),
    (N_("free memory, memory left, cpu left, resources"), Place("capacity")),
    (N_("who owns what, teams, contacts"), Place("owners")),
    (
        N_("what breaks without, what happens without, without it, impact"),
        f"{_UNDER}about-if-it-stops",
    ),
    (N_("what it talks to, connects to"), f"{_UNDER}about-talks-to"),
    (N_("on other distributions"), f"{_UNDER}about-elsewhere"),
)
"""Words, with commas between them, that readers type for what stands under a heading, at one place or below an anchor, or for all things of a kind."""


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


def other_words(docnames: Mapping[str, str]) -> dict[str, list[str]]:
    """What readers type in place of the words of the site, in small letters, each with those.

    A kind stands for all things of the kind; the headings of the catalog's entries stand for those under which pages show
    them. ``docnames`` are the documents of the pages that the site has, by their keys.
    """
    same: defaultdict[str, list[str]] = defaultdict(list)
    kinds = {
        record: _(kind.label) for kind in KINDS.values() for _group, record in kind.records if len(kind.records) < 3
    }
    for kind, word in kinds.items():
        same[kind.lower()] = [f"{_KIND}{word.lower().replace(' ', '_')}"]
    for short, kind in SHORT_NAMES.items():
        same[short] = same[kind.lower()] if kind in kinds else [f"{_KIND}{kind.lower()}"]
    for words, meant in OTHER_WORDS:
        if (shown := _shown(meant, docnames)) is not None:
            # Who reads another language types English all the same.
            for word in sorted({word.strip().lower() for word in re.split("[,，]", f"{words},{_(words)}")}):
                same[word].append(shown)
    for section, titles in WRITTEN_HEADINGS.items():
        shown = _(HEADINGS[section]).lower()
        for title in titles:
            if title.lower() != shown:
                same[title.lower()].append(shown)
    return dict(sorted(same.items()))


def _shown(meant: Heading | Place | str, docnames: Mapping[str, str]) -> str | None:
    """How the index says what words mean; ``None`` for a place that the site has not."""
    match meant:
        case Heading(words=words):
            return _(words).lower()
        case Place(page=page, anchor=anchor):
            return f"{_PLACE}{docnames[page]}#{anchor}" if page in docnames else None
        case str():
            return meant


def index_of(builder: StandaloneHTMLBuilder) -> bytes:
    """The whole file: a script, since a page that is opened from disk may load no other kind of file.

    Each document is a string, which the page takes apart when it needs it: most questions are about few documents.
    """
    env = builder.env
    domain = cast(K8sDomain, env.domains["k8s"])
    documents = [
        b"'" + _quoted(f"[{_json(docname)},{_json(builder.get_target_uri(docname))},") + things + b"'"
        for docname, things in sorted(domain.data["things"].items())
        if not _UNSEARCHED & set(env.metadata.get(docname, ()))
    ]
    words = {"more": _("Show more results")}
    prefix = prefix_of(Settings.of(builder.config))
    docnames = {kind.key: prefix + fixed_docname(kind.key) for kind in WHOLE}
    there = {key: docname for key, docname in docnames.items() if docname in domain.data["things"]}
    head = f"window.rkedocThings={{\nwords:{_json(words)},\nsame:{_json(other_words(there))},\ndocuments:[\n".encode()
    return head + b",\n".join(documents) + b"\n]};\n"


_UNSEARCHED: Final = frozenset({"no-search", "nosearch"})
"""Metadata by which a document stays out of Sphinx's index."""


def write_index(app: Sphinx) -> Iterator[Any]:
    """Write the index."""
    if has_search(app):
        (_static(app) / INDEX).write_bytes(index_of(cast("StandaloneHTMLBuilder", app.builder)))
    yield from ()


def bring(app: Sphinx) -> None:
    """Have every page load the script, which loads the index when somebody asks, and the style. They are there before the first page is
    written, so that it can name them by their contents; the index is the last to be written, and Sphinx's is named by nothing else too."""
    if has_search(app):
        for name in (SCRIPT, STYLE):
            (_static(app) / name).write_bytes(resource("sphinxext", "assets", "search", name).read_bytes())
        attributes: dict[str, Any] = {"data-rkedoc-index": INDEX}
        app.add_css_file(STYLE)
        app.add_js_file(SCRIPT, loading_method="defer", **attributes)


def _static(app: Sphinx) -> Path:
    folder = Path(app.outdir, "_static")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def has_search(app: Sphinx) -> bool:
    """Whether the builder writes a page of the search."""
    return app.builder.name in ("html", "dirhtml") and bool(getattr(app.builder, "search", False))


def register(app: Sphinx) -> None:
    """Connect to the events."""
    app.connect("doctree-read", note_things)
    app.connect("html-collect-pages", write_index)
    app.connect("builder-inited", bring)
