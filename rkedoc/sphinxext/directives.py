"""The directives and roles of generated and hand-written pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, cast

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from rkedoc.errors import BuildError
from rkedoc.i18n import _
from rkedoc.sphinxext.blocks.fingerprint import digest
from rkedoc.sphinxext.blocks.marks import marked
from rkedoc.sphinxext.blocks.nodes import view_blocks, view_group
from rkedoc.sphinxext.blocks.sanitize import one_line
from rkedoc.sphinxext.blocks.targets import described, drop_anchors, references
from rkedoc.sphinxext.blocks.view import Block, Callout, Details, ListBlock, Part, Prose, View
from rkedoc.sphinxext.brought import nothing_from_outside, require_harmless
from rkedoc.sphinxext.config import Settings
from rkedoc.sphinxext.describe import describe
from rkedoc.sphinxext.domain import Described, K8sDomain, PageNote, combined
from rkedoc.sphinxext.headings import heading_mark, heading_parts, kind_badge, page_heading
from rkedoc.sphinxext.kinds import KINDS
from rkedoc.sphinxext.loading import site_of
from rkedoc.sphinxext.pages import PAGES
from rkedoc.sphinxext.query import QueryError, TableQuery, facts_view, table_view

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from rkedoc.sphinxext.layout import Page
    from rkedoc.sphinxext.site import Site

logger = logging.getLogger(__name__)

Computed = Callable[["Site", str], View]


class OwnView(StrEnum):
    """What a document shows beside the views of pages. The blank in a code keeps it apart from every name of a view."""

    OBJECT = " object"
    TABLE = " table"
    FACT = " fact"
    TITLE = " title"


def computed_views(site: Site) -> Mapping[str, Computed]:
    """Every view that a document of a site can show, by the name it is remembered under: those of its pages, and ours."""
    return {
        **site.declared.views,
        OwnView.OBJECT: _object_view,
        OwnView.TABLE: table_view,
        OwnView.FACT: facts_view,
        OwnView.TITLE: _title_view,
    }


def _object_view(site: Site, key: str) -> View:
    kind, _space, name = key.partition(" ")
    return describe(site, kind, name)


def _title_view(site: Site, key: str) -> View:
    page = site.pages.get(key)
    return (
        ()
        if page is None
        else (
            Part(page.kind, page_heading(site, page), ()),
            Part(page.docname, page.title, ()),
            ListBlock(tuple((name,) for name in site.aliases_of(page))),
        )
    )


def shown_digest(site: Site, views: Iterable[tuple[str, str]]) -> str:
    """The digest of the views of a document as they are now; empty if one cannot be computed any more."""
    functions = computed_views(site)
    found = ""
    for view, key in views:
        try:
            found = combined(found, digest(marked(functions[view](site, key), site.marks)))
        except (LookupError, QueryError, BuildError):
            return ""
    return found


class ViewDirective(SphinxDirective):
    """The base of everything that shows a view: remembers its digest, its objects and its references."""

    def domain(self) -> K8sDomain:
        """The domain."""
        return cast(K8sDomain, self.env.domains["k8s"])

    def site(self) -> Site | None:
        """The site of the project; a warning if it names no snapshot."""
        site = site_of(self.env.srcdir)
        if site is None:
            self.complain(
                "snapshot",
                "%s needs a snapshot: set rkedoc_snapshot in conf.py",
                self.name,
            )
        return site

    def complain(self, subtype: str, message: str, *values: str) -> None:
        """Warn about this place in the document."""
        logger.warning(
            message,
            *[one_line(v, 200) for v in values],
            location=self.get_location(),
            type="rkedoc",
            subtype=subtype,
        )

    def placeholder(self, text: str) -> list[nodes.Node]:
        """What stands on the page in place of what could not be shown."""
        return [
            nodes.paragraph(
                "",
                "",
                nodes.strong("", one_line(text, 200)),
                classes=["rkedoc-missing"],
            )
        ]

    def show(
        self,
        name: str,
        key: str,
        function: Computed,
        site: Site,
        *,
        generated: bool = True,
    ) -> list[nodes.Node]:
        """The nodes of a view."""
        view = marked(function(site, key), site.marks)
        docname = self.env.current_document.docname
        domain = self.domain()
        domain.note_shown(docname, name, key, digest(view))
        view = self._claim(view, docname, 0 if generated else 1)
        domain.note_references(docname, ((ref.kind, ref.name, "") for ref in references(view)))
        return self._nodes(view)

    def _claim(self, view: View, docname: str, rank: int) -> View:
        """Register anchors and objects. An anchor that the document has already is not given out twice."""
        document = self.state.document
        taken: set[str] = set()
        domain = self.domain()
        keep = "no-index" not in self.options
        for anchor, objects in described(view):
            if anchor in document.ids:
                taken.add(anchor)
                continue
            document.ids[anchor] = nodes.target(ids=[anchor])
            if keep:
                for item in objects:
                    domain.note_object(
                        docname, Described(item.kind, item.name, anchor, item.display, item.subject, rank)
                    )
        return drop_anchors(view, frozenset(taken)) if taken else view

    def _nodes(self, blocks: Iterable[Block]) -> list[nodes.Node]:
        out: list[nodes.Node] = []
        run: list[Block] = []

        def flush() -> None:
            if run:
                out.append(view_blocks.of(tuple(run)))
                run.clear()

        for block in blocks:
            if not _has_prose(block):
                run.append(block)
                continue
            flush()
            if isinstance(block, Prose):
                out += self._prose(block)
            elif isinstance(block, Callout | Details | Part):
                out.append(view_group.of(replace(block, body=()), self._nodes(block.body)))
        flush()
        return out

    def _prose(self, prose: Prose) -> list[nodes.Node]:
        """The nodes of a text. What people bring is looked at again, unless the configuration says that it is trusted."""
        if prose.origin == "rkedoc" or Settings.of(self.config).trust_annotations:
            return self.parse_text_to_nodes(prose.markdown)
        with nothing_from_outside(self.state.document):
            found = self.parse_text_to_nodes(prose.markdown)
        require_harmless(found, prose.origin)
        return found


def _has_prose(block: Block) -> bool:
    match block:
        case Prose():
            return True
        case Callout(body=body) | Details(body=body) | Part(body=body):
            return any(_has_prose(item) for item in body)
        case _:
            return False


class Named(ViewDirective):
    """``{rkedoc} view key``: a view by its name, for the page with this key."""

    required_arguments = 1
    optional_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {"no-index": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Show the view."""
        name = self.arguments[0]
        key = self.arguments[1] if len(self.arguments) > 1 else "overview"
        known = site_of(self.env.srcdir)
        function = (PAGES if known is None else known.declared).views.get(name)
        if function is None:
            self.complain("unknown_view", "there is no view %s", name)
            return self.placeholder(_("There is no view {name}.").format(name=name))
        site = self.site()
        if site is None:
            return []
        if key not in site.pages:
            self.complain("unknown_page", "the site has no page %s", key)
            self.domain().note_shown(self.env.current_document.docname, name, key, "")
            return self.placeholder(_("The snapshot has nothing of the name {name}.").format(name=key))
        return self.show(name, key, function, site, generated=self.is_generated())

    def is_generated(self) -> bool:
        """Whether the document is one of the generated pages."""
        folder: str = self.config.rkedoc_pages
        docname = self.env.current_document.docname
        return folder in (".", "") or docname.startswith(f"{folder.strip('/')}/")


class Object(ViewDirective):
    """``{k8s:pod} ns/name``: what the snapshot says of an object, with the words of whoever wrote the page below."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"no-index": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Show the object."""
        kind, name = self.name.rpartition(":")[2], self.arguments[0].strip()
        site = self.site()
        if site is None:
            return []
        content = self.parse_content_to_nodes() if self.content else []
        key = f"{kind} {name}"
        if not describe(site, kind, name):
            self.complain("unknown_object", "no %s %s in the snapshot", _(KINDS[kind].label), name)
            self.domain().note_shown(self.env.current_document.docname, OwnView.OBJECT, key, digest(()))
            missing = _("The snapshot has no {kind} {name}.").format(kind=_(KINDS[kind].label), name=name)
            return [*self.placeholder(missing), *content]
        return [
            *self.show(OwnView.OBJECT, key, _object_view, site, generated=False),
            *content,
        ]


class CurrentNamespace(SphinxDirective):
    """``{k8s:currentnamespace} ns``: the namespace in which references of the rest of the document are looked up."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Set the namespace; ``None`` ends it."""
        name = self.arguments[0].strip()
        if name == "None":
            self.env.ref_context.pop("k8s:namespace", None)
        else:
            self.env.ref_context["k8s:namespace"] = name
        return []


class _Fixed(ViewDirective):
    """A part of the site by the name of one of its views."""

    option_spec: ClassVar[dict[str, Any]] = {"no-index": directives.flag}

    def show_page_view(self, name: str, key: str) -> list[nodes.Node]:
        """Show a view as a mention: the page that it belongs to stays the target of references."""
        site = self.site()
        if site is None:
            return []
        return self.show(name, key, site.declared.views[name], site, generated=False)


class LedgerDirective(_Fixed):
    """``{rkedoc-ledger}``: every container of the ledger, and why it is classed so."""

    def run(self) -> list[nodes.Node]:
        """Show the ledger."""
        return self.show_page_view("ledger-lines", "ledger")


class PictureDirective(_Fixed):
    """``{rkedoc-picture} name``: a picture (``map``, ``ledger``, ``relations`` …), for the page with the key given."""

    required_arguments = 1
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Show the picture."""
        name = self.arguments[0]
        key = self.arguments[1] if len(self.arguments) > 1 else "overview"
        for view in (f"picture-{name}", name):
            if view in PAGES.views:
                site = self.site()
                if site is None:
                    return []
                if key not in site.pages:
                    self.complain("unknown_page", "the site has no page %s", key)
                    return self.placeholder(_("The snapshot has nothing of the name {name}.").format(name=key))
                return self.show(view, key, PAGES.views[view], site, generated=False)
        known = ", ".join(sorted(view.removeprefix("picture-") for view in PAGES.views if view.startswith("picture-")))
        self.complain("unknown_picture", "there is no picture %s (there are: %s)", name, known)
        return self.placeholder(_("There is no picture {name}.").format(name=name))


def _words(argument: str) -> str:
    return " ".join(argument.split())


class TableDirective(ViewDirective):
    """``{rkedoc-table} kind``: the objects of a kind, filtered by namespace and conditions, with chosen columns."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {
        "namespace": _words,
        "columns": _words,
        "where": directives.unchanged,
        "caption": directives.unchanged,
        "no-index": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """Show the table."""
        site = self.site()
        if site is None:
            return []
        given = {name: _words(self.options.get(name, "")) for name in ("namespace", "columns", "where", "caption")}
        namespaces, columns = (tuple(given[name].replace(",", " ").split()) for name in ("namespace", "columns"))
        asked = TableQuery(_words(self.arguments[0]), namespaces, columns, given["where"], given["caption"])
        try:
            return self.show(OwnView.TABLE, asked.key, table_view, site, generated=False)
        except QueryError as error:
            self.complain("query", "%s", str(error))
            return self.placeholder(str(error))


class FactDirective(ViewDirective):
    """``{rkedoc-fact} name`` or ``{rkedoc-fact} topic/name``: one fact that was read out of the live configuration, and where it was read."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Show the fact."""
        site = self.site()
        if site is None:
            return []
        try:
            return self.show(OwnView.FACT, self.arguments[0], facts_view, site, generated=False)
        except QueryError as error:
            self.complain("unknown_fact", "%s", str(error))
            return self.placeholder(str(error))


class TitleRole(SphinxRole):
    """``{rkedoc-title}`key```: the title of a page; the page becomes the target of its subject."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The title."""
        site = site_of(self.env.srcdir)
        page = None if site is None else site.pages.get(self.text)
        if site is None or page is None:
            logger.warning(
                "the site has no page %s",
                self.text,
                location=self.get_location(),
                type="rkedoc",
                subtype="unknown_page",
            )
            return [nodes.Text(one_line(self.text, 100))], []
        docname = self.env.current_document.docname
        domain = cast(K8sDomain, self.env.domains["k8s"])
        domain.note_shown(docname, OwnView.TITLE, page.key, digest(_title_view(site, page.key)))
        _note_page(domain, docname, site, page)
        name, badge = heading_parts(site, page)
        shown: list[nodes.Node] = [nodes.Text(name), *([kind_badge.of(badge)] if badge else [])]
        return [heading_mark("", "", *shown, key=page.kind if page.kind != "fixed" else page.key)], []


def _note_page(domain: K8sDomain, docname: str, site: Site, page: Page) -> None:
    anchor = page.kind if page.kind != "fixed" else page.key
    domain.note_object(docname, Described("page", page.key, "", page.title, False, 0))
    for target in site.objects_of(page):
        domain.note_object(docname, Described(target.kind, target.name, anchor, target.display, target.subject, 0))
    if aliases := site.aliases_of(page):
        domain.data["aliases"][docname] = aliases
    if page.kind != "fixed":
        terms = site.terms_of(page)
        domain.note_page(
            docname,
            PageNote(
                page.title,
                page.kind,
                anchor,
                terms.namespace,
                terms.images,
                terms.nodes,
            ),
        )


class HeadingRole(SphinxRole):
    """``{rkedoc-heading}`id```: a heading in the language of the site, with the same anchor in every language."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The heading."""
        site = site_of(self.env.srcdir)
        words = (PAGES if site is None else site.declared).headings.get(self.text)
        if words is None:
            logger.warning(
                "there is no heading %s",
                self.text,
                location=self.get_location(),
                type="rkedoc",
                subtype="unknown_heading",
            )
            return [nodes.Text(one_line(self.text, 100))], []
        return [heading_mark("", _(words), key=self.text)], []


def object_directives() -> dict[str, type[SphinxDirective]]:
    """The directives of the domain."""
    return {**dict.fromkeys(KINDS, Object), "currentnamespace": CurrentNamespace}


def env_site(env: BuildEnvironment) -> Site | None:
    """The site of an environment's project."""
    return site_of(env.srcdir)


def register(app: Sphinx) -> None:
    """Add the directives and roles."""
    app.add_directive("rkedoc", Named)
    app.add_directive("rkedoc-ledger", LedgerDirective)
    app.add_directive("rkedoc-picture", PictureDirective)
    app.add_directive("rkedoc-table", TableDirective)
    app.add_directive("rkedoc-fact", FactDirective)
    app.add_role("rkedoc-title", TitleRole())
    app.add_role("rkedoc-heading", HeadingRole())
