"""The domain ``k8s``: which object is described where, and how references to objects are resolved.

An object may be described in more than one document; references lead to the one that ranks first (generated pages
before hand-written ones, then by document name), whatever the order in which documents were read. So a build with
several processes, and a build after a change, resolve every reference as a clean build does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from hashlib import blake2b
from sys import intern
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from docutils import nodes
from sphinx.domains import Domain, ObjType
from sphinx.roles import XRefRole
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

from rkedoc.i18n import _
from rkedoc.sphinxext.blocks.sanitize import plain_name, title
from rkedoc.sphinxext.indices import INDICES
from rkedoc.sphinxext.kinds import KINDS, RANKS

if TYPE_CHECKING:
    from docutils.nodes import Element
    from sphinx.addnodes import pending_xref
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)

_BY_DOCUMENT = ("shown", "references", "pages", "outline", "things", "aliases")
"""The parts of the data, beside the objects, that hold one value for each document."""

Key = tuple[str, str]
"""An object: its type and its qualified name."""


class DomainObject(NamedTuple):
    """Where an object is described. ``rank`` is 0 on generated pages and 1 on hand-written ones."""

    rank: int
    docname: str
    anchor: str
    display: str
    subject: bool


class PageNote(NamedTuple):
    """What the indices know of a page: its name, and the namespace, images and nodes it belongs to."""

    name: str
    kind: str
    anchor: str
    namespace: str
    images: tuple[str, ...]
    nodes: tuple[str, ...]


class Shown(NamedTuple):
    """The views that a document shows, as (name, key) pairs, and one digest of what all of them were when it was read."""

    views: tuple[tuple[str, str], ...]
    digest: str


class Described(NamedTuple):
    """An object that a document describes: an :class:`DomainObject` with its key, for storing. An empty ``display`` is the name."""

    kind: str
    name: str
    anchor: str
    display: str
    subject: bool
    rank: int


class ObjectRole(XRefRole):
    """A reference to an object. The namespace that ``{k8s:currentnamespace}`` set is tried first."""

    def process_link(
        self,
        env: BuildEnvironment,
        refnode: Element,
        has_explicit_title: bool,
        title: str,
        target: str,
    ) -> tuple[str, str]:
        """Keep the namespace, note the reference, and shorten the text of ``~ns/name`` to ``name``."""
        namespace = env.ref_context.get("k8s:namespace")
        if namespace is not None:
            refnode["k8s:namespace"] = namespace
        if not has_explicit_title and target.startswith("~"):
            target = target[1:]
            title = target.rpartition("/")[2]
        domain = env.domains["k8s"]
        if isinstance(domain, K8sDomain):
            domain.note_reference(refnode.get("reftype", "obj"), target, namespace)
        return title, target


class K8sDomain(Domain):
    """Objects of Kubernetes and of the container engine beneath it."""

    name = "k8s"
    label = "Kubernetes"
    object_types: ClassVar[dict[str, ObjType]] = {
        name: ObjType(kind.label, name, "obj") for name, kind in KINDS.items()
    }
    roles: ClassVar[dict[str, Any]] = {name: ObjectRole(warn_dangling=True) for name in (*KINDS, "obj")}
    indices: ClassVar[list[Any]] = list(INDICES)
    dangling_warnings: ClassVar[dict[str, str]] = {
        name: f"no {kind.label} %(target)s in the snapshot" for name, kind in KINDS.items()
    } | {"obj": "no object %(target)s in the snapshot"}
    initial_data: ClassVar[dict[str, Any]] = {
        "described": {},  # docname -> list of Described
        "shown": {},  # docname -> Shown
        "references": {},  # docname -> set of (kind, name, namespace or "")
        "pages": {},  # docname -> PageNote
        "outline": {},  # docname -> digest of what navigation elsewhere shows of it
        "aliases": {},  # docname -> other names of what it is about
        "things": {},  # docname -> what can be found in it (search/index.py)
    }
    data_version = 3

    # -- what documents say -------------------------------------------------------------------------------------------

    _objects: dict[Key, tuple[DomainObject, ...]] | None = None
    _short: dict[str, list[Key]] | None = None

    @property
    def objects(self) -> dict[Key, tuple[DomainObject, ...]]:
        """All objects and where they are described, the place that references lead to first.

        Made from what each document describes: stored by document it takes a third of the space on the environment.
        """
        if self._objects is None:
            self._objects = {}
            for docname, items in self.data["described"].items():
                for item in items:
                    self._add(docname, item)
        return self._objects

    def _add(self, docname: str, item: Described) -> None:
        objects = self.objects
        key = item.kind, item.name
        entry = DomainObject(item.rank, docname, item.anchor, item.display or item.name, item.subject)
        known = objects.get(key)
        objects[key] = tuple(sorted((*known, entry))) if known else (entry,)
        self._short = None

    @property
    def pages(self) -> dict[str, PageNote]:
        """The pages that are about one subject, by document."""
        pages: dict[str, PageNote] = self.data["pages"]
        return pages

    def note_object(self, docname: str, item: Described) -> bool:
        """Say that a document describes an object; False if it describes it already."""
        known = self.objects.get((item.kind, item.name), ())
        if any(other.docname == docname for other in known):
            return False
        if item.display == item.name:
            item = item._replace(display="")
        item = item._replace(kind=intern(item.kind), name=intern(item.name))
        self.data["described"].setdefault(docname, []).append(item)
        self._add(docname, item)
        return True

    def note_shown(self, docname: str, view: str, key: str, digest: str) -> None:
        """Remember a view that a document shows."""
        shown = self.data["shown"]
        before = shown.get(docname)
        pair = intern(str(view)), intern(str(key))
        if before is None:
            shown[docname] = Shown((pair,), combined("", digest))
        else:
            shown[docname] = Shown((*before.views, pair), combined(before.digest, digest))

    def note_reference(self, kind: str, name: str, namespace: str | None = None) -> None:
        """Remember that the current document refers to an object, so that it is written again when that one moves."""
        self.note_references(self.env.current_document.docname, ((kind, name, namespace or ""),))

    def note_references(self, docname: str, references: Iterable[tuple[str, str, str]]) -> None:
        """Remember references of a document, but for those to what it describes itself."""
        own = {(item.kind, item.name) for item in self.data["described"].get(docname, ())}
        found = self.data["references"].setdefault(docname, set())
        for kind, name, namespace in references:
            if (kind, name) not in own:
                found.add((intern(kind), intern(name), namespace))

    def note_page(self, docname: str, note: PageNote) -> None:
        """Remember for the indices what a document is about."""
        self.pages[docname] = note

    def clear_doc(self, docname: str) -> None:
        """Forget what a document said; takes time in proportion to what it said."""
        objects = self.objects
        for item in self.data["described"].pop(docname, ()):
            key = item.kind, item.name
            left = tuple(entry for entry in objects.get(key, ()) if entry.docname != docname)
            if left:
                objects[key] = left
            else:
                objects.pop(key, None)
            self._short = None
        for part in _BY_DOCUMENT:
            self.data[part].pop(docname, None)

    def merge_domaindata(self, docnames: AbstractSet[str], otherdata: dict[str, Any]) -> None:
        """Take over what another process read of its documents."""
        for docname in sorted(docnames):
            for item in otherdata["described"].get(docname, ()):
                self.note_object(docname, item)
            for part in _BY_DOCUMENT:
                if docname in otherdata[part]:
                    self.data[part][docname] = otherdata[part][docname]

    # -- what references find -----------------------------------------------------------------------------------------

    def _by_short_name(self) -> dict[str, list[Key]]:
        if self._short is None:
            short: dict[str, list[Key]] = {}
            for key in self.objects:
                if "/" in key[1]:
                    short.setdefault(key[1].rpartition("/")[2], []).append(key)
            self._short = short
        return self._short

    def entry(self, kind: str, name: str) -> DomainObject | None:
        """Where the object with this type and qualified name is described."""
        found = self.objects.get((kind, name))
        return found[0] if found else None

    def find(self, kind: str, target: str, namespace: str | None = None) -> list[tuple[Key, DomainObject]]:
        """The objects that a reference may mean, one for each place: by qualified name, within the current namespace,
        else by short name. ``kind`` is an object type or ``"obj"`` for any; of several types the one that people mean
        is taken (:data:`~rkedoc.sphinxext.kinds.RANKS`). More than one: the name is ambiguous."""
        kinds = tuple(KINDS) if kind == "obj" else (kind,)
        exact = self._named(kinds, target)
        if exact and kind != "obj":
            return _places(_meant(exact))
        # A name alone may be that of something in no namespace too: the account's rights have the name of what runs.
        within = self._named(kinds, f"{namespace}/{target}") if namespace else []
        short = sorted(key for key in self._by_short_name().get(target, ()) if key[0] in kinds)
        return _places(_meant([*exact, *(within or [(key, self.objects[key][0]) for key in short])]))

    def _named(self, kinds: tuple[str, ...], name: str) -> list[tuple[Key, DomainObject]]:
        """The objects of some types that have a qualified name."""
        return [((kind, name), self.objects[kind, name][0]) for kind in kinds if (kind, name) in self.objects]

    def resolve_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: pending_xref,
        contnode: Element,
    ) -> nodes.reference | None:
        """The link of a role. An ambiguous short name stays text, with a warning that lists what it may mean."""
        found = self.find(typ, target, node.get("k8s:namespace"))
        if not found:
            return None
        if len(found) > 1:
            meant = ", ".join(f"{kind} {name}" for (kind, name), _entry in found[:5])
            logger.warning(
                "%s is ambiguous: it may mean %s",
                target,
                meant,
                location=node,
                type="rkedoc",
                subtype="ambiguous",
            )
            return _unlinked(contnode)
        (kind, _name), entry = found[0]
        return make_refnode(
            builder,
            fromdocname,
            entry.docname,
            entry.anchor,
            contnode,
            f"{kind} {entry.display}",
        )

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: Element,
    ) -> list[tuple[str, nodes.reference]]:
        """The links that ``{any}`` and ``[](…)`` may mean."""
        return [
            (
                f"k8s:{kind}",
                make_refnode(
                    builder,
                    fromdocname,
                    entry.docname,
                    entry.anchor,
                    contnode,
                    f"{kind} {entry.display}",
                ),
            )
            for (kind, _name), entry in self.find("obj", target, node.get("k8s:namespace"))
        ]

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """The subjects, for the inventory and for search. Names that these could take for markup are left out."""
        for (kind, name), entries in sorted(self.objects.items()):
            entry = entries[0]
            if entry.subject and plain_name(name):
                # Search indices leave out an anchor that is the name, or the type and the name, and make it again of the name that is
                # shown (Sphinx 9.0.4, sphinx/search/__init__.py, get_objects).
                own = entry.anchor in (name, f"{kind}-{name}")
                shown = name if own else title(entry.display or name)
                yield name, shown, kind, entry.docname, entry.anchor, 1

    def get_type_name(self, type: ObjType, primary: bool = False) -> str:
        """The name of an object type, in the language of the site."""
        return _(type.lname)

    def get_full_qualified_name(self, node: Element) -> str | None:
        """The target of a reference with the namespace it stands in."""
        target = node.get("reftarget")
        namespace = node.get("k8s:namespace")
        return None if target is None else f"{namespace}/{target}" if namespace and "/" not in target else str(target)


def combined(before: str, digest: str) -> str:
    """One digest of two."""
    return blake2b(f"{before} {digest}".encode(), digest_size=12).hexdigest()


def _unlinked(contnode: Element) -> nodes.reference:
    # Sphinx takes None for "no such object" and would warn a second time.
    span = nodes.inline("", "", contnode, classes=["rkedoc-unresolved"])
    return span  # type: ignore[return-value]  # any element may stand in for the reference


def _meant(found: list[tuple[Key, DomainObject]]) -> list[tuple[Key, DomainObject]]:
    """Of what a name may mean, what is nearest; and rather what survives restarts than the pods and containers of the day."""
    nearest = min((RANKS[kind] for (kind, _name), _entry in found), default=0)
    near = [(key, entry) for key, entry in found if RANKS[key[0]] == nearest]
    return [item for item in near if item[1].subject] or near


def _places(found: list[tuple[Key, DomainObject]]) -> list[tuple[Key, DomainObject]]:
    """One for each place: the same object under two types (workload, deployment) is one, its own type first."""
    places: dict[tuple[str, str], tuple[Key, DomainObject]] = {}
    for key, entry in found:
        place = entry.docname, entry.anchor
        if place not in places or places[place][0][0] == "workload":
            places[place] = key, entry
    return list(places.values())
