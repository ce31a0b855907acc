"""What the extension does in the course of a build, in the order in which Sphinx calls it."""

from __future__ import annotations

import gc
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from docutils.nodes import SkipNode
from sphinx.builders.html import INVENTORY_FILENAME
from sphinx.errors import ConfigError
from sphinx.util import logging

from rkedoc import __version__
from rkedoc.errors import RkedocError
from rkedoc.garbage import rarely_collected, set_aside
from rkedoc.i18n import closest
from rkedoc.resources import resource
from rkedoc.sphinxext import banner as banners
from rkedoc.sphinxext import faster, twin
from rkedoc.sphinxext.blocks.nodes import prints_views, referring
from rkedoc.sphinxext.config import Settings
from rkedoc.sphinxext.domain import K8sDomain
from rkedoc.sphinxext.generate import generate
from rkedoc.sphinxext.incremental import (
    Before,
    before,
    changed_documents,
    read_state,
    write_state,
)
from rkedoc.sphinxext.inventory import put_in_order
from rkedoc.sphinxext.loading import basis_of, project_site, site_of
from rkedoc.sphinxext.navigation import REPLACED, TEMPLATE, Navigation
from rkedoc.sphinxext.pages import fixed_docname
from rkedoc.sphinxext.pydata import PageContents, spare_empty_checks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

    from rkedoc.sphinxext.layout import Page
    from rkedoc.sphinxext.site import Site

logger = logging.getLogger(__name__)

FILE_MODE = 0o640
FOLDER_MODE = 0o750
"""The pages say what a cluster holds: others on the machine that builds them need not read them."""
_NO_INDEX = '<meta name="robots" content="noindex, nofollow" />'
MARKDOWN = "markdown"
"""The name of the builder of Markdown, ours or that of sphinx-markdown-builder."""

_PAGE_BUILDERS = frozenset({"html", "dirhtml", "singlehtml"})
_ALLOCATIONS = 20_000
"""How many values more than were let go make the collector of garbage look in a build: those of some documents."""
_MANY = 50
"""From so many documents on it pays to compute for all processes what they share."""
_SPECIAL = ("genindex", "search", "k8s-namespaces", "k8s-images", "k8s-nodes")


class BuildRun:
    """What one build knows. Lives in this process only; nothing of it is pickled."""

    def __init__(self) -> None:
        self.before: Before | None = None
        self.read: list[str] = []
        self.removed: list[str] = []
        self.site: Site | None = None
        self.navigation: Navigation | None = None
        self.pages: dict[str, Page] = {}
        self.banners: banners.Banners | None = None
        self.templates: bool = False
        self.contents = PageContents()
        self.undo = ExitStack()


_runs: dict[int, BuildRun] = {}


def run_of(app: Sphinx) -> BuildRun:
    """What the build of this application knows."""
    return _runs.setdefault(id(app), BuildRun())


def is_page_builder(builder: Builder) -> bool:
    """Whether the builder writes HTML pages for a browser."""
    return builder.name in _PAGE_BUILDERS


def is_listed(app: Sphinx) -> bool:
    """Whether search engines may list the pages: of a published version whose address somebody has named, and of nothing else."""
    return bool(app.config.html_baseurl and Settings.of(app.config).version)


def prefix_of(settings: Settings) -> str:
    """What stands before the names of generated documents."""
    return "" if settings.pages in (".", "") else f"{PurePosixPath(settings.pages)}/"


def prepare(app: Sphinx) -> None:
    """Load the site and write the generated pages, before Sphinx looks for files; copy the assets."""
    _runs[id(app)] = run = BuildRun()
    with ExitStack() as undo:
        undo.enter_context(rarely_collected(_ALLOCATIONS))
        faster.prepare_reading(app, undo)
        _prepare(app, run)
        run.undo = undo.pop_all()


def _prepare(app: Sphinx, run: BuildRun) -> None:
    settings = Settings.of(app.config)
    try:
        site = project_site(app)
    except RkedocError as error:  # Sphinx takes an error that is none of its own for a mistake in a program
        raise ConfigError(str(error)) from error
    if site is not None and settings.pages:
        templates = Path(app.confdir, settings.templates) if settings.templates else None
        written = generate(site, Path(app.srcdir), settings.pages, templates)
        logger.debug(
            "rkedoc: %d pages, %d written, %d removed",
            written.pages,
            len(written.changed),
            len(written.removed),
        )
        prefix = prefix_of(settings)
        run.pages = {f"{prefix}{page.docname}": page for page in site.pages.values()}
    if app.builder.format == "html":
        _copy_assets(Path(app.outdir))
    if (
        site is not None and app.builder.format
    ):  # without a format nothing is written for readers: gettext, linkcheck, dummy
        run.site = site
        run.banners = _banners(app, site, settings)
    if is_page_builder(app.builder) and site is not None:
        run.navigation = Navigation(site)
        run.templates = _add_templates(app)


def _banners(app: Sphinx, site: Site, settings: Settings) -> banners.Banners:
    builder = app.builder
    report = None
    if settings.pages and is_page_builder(builder) and builder.name != "singlehtml":
        report = builder.get_target_uri(f"{prefix_of(settings)}{fixed_docname('collection')}")
    if not is_page_builder(builder):
        return banners.Banners(site, settings.classification, report)
    own = closest(app.config.language)
    others = tuple(name for name in settings.languages if name != own)
    return banners.Banners(site, settings.classification, report, own, others, settings.version)


def print_banner(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the banner into a document that is about to be written; documents that are joined to one have it once."""
    run = run_of(app)
    if run.banners is None or run.site is None:
        return
    if app.builder.format == "html":
        address = app.builder.get_target_uri(docname) if is_page_builder(app.builder) else ""
        banners.put_into(doctree, run.banners(address.partition("#")[0]))
    else:
        banners.print_into(doctree, run.site, Settings.of(app.config).classification, referring(app, docname))


def _copy_assets(outdir: Path) -> None:
    for path in sorted(resource("sphinxext", "assets", "static").iterdir()):
        target = outdir / "_static" / path.name
        content = path.read_bytes()
        if not target.exists() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def _add_templates(app: Sphinx) -> bool:
    # The path is not put into the configuration: it would make the output depend on where the package is installed.
    from sphinx.jinja2glue import SphinxFileSystemLoader

    templates = getattr(app.builder, "templates", None)
    loaders = getattr(templates, "loaders", None)
    if not isinstance(loaders, list):
        return False
    loaders.append(SphinxFileSystemLoader(str(resource("sphinxext", "assets", "templates"))))
    return True


def outdated(
    app: Sphinx,
    env: BuildEnvironment,
    added: set[str],
    changed: set[str],
    removed: set[str],
) -> Iterable[str]:
    """The documents whose views have changed since they were read."""
    run = run_of(app)
    run.before = before(env)
    run.removed = sorted(removed)
    domain = cast(K8sDomain, env.domains["k8s"])
    if not domain.data["shown"] or read_state(Path(app.doctreedir)).get("basis") == basis_of(app.srcdir):
        return []
    fresh = added | changed | removed
    return list(changed_documents(domain, site_of(app.srcdir), skip=fresh))


def reading(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Remember which documents are read; compute once what all processes need that read them."""
    run_of(app).read = list(docnames)
    site = site_of(app.srcdir)
    if app.parallel > 1 and len(docnames) > _MANY and site is not None:
        site.warm_up()
    set_aside()


def writing(app: Sphinx, builder: Builder) -> None:
    """Begin to write: what pages are made from is complete."""
    faster.prepare_writing(builder, run_of(app).undo)
    gc.collect()  # the last documents that were read: what is set aside is not let go until the end
    set_aside()


def updated(app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    """The documents that are written again though they were not read again."""
    run = run_of(app)
    if run.before is None:
        return []
    if run.banners is not None and not is_page_builder(app.builder) and _banner_is_new(app, run.banners):
        return sorted(env.all_docs)
    again = run.before.moved(run.read)
    if run.before.renamed(run.read) and run.before.documents:
        again |= set(env.all_docs) - set(run.read)
    return sorted(again)


def _banner_is_new(app: Sphinx, made: banners.Banners) -> bool:
    """Whether what this builder wrote has another banner than what it writes now."""
    return read_state(Path(app.doctreedir)).get(_banner_key(app)) != banners.digest(made(""))


def _banner_key(app: Sphinx) -> str:
    return f"banner-{app.builder.name}"


def page_context(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """The sidebar of generated pages, and the wish not to be found by search engines."""
    if not is_page_builder(app.builder):
        return
    run = run_of(app)
    # pydata-sphinx-theme 0.24 logs an error in the browser unless told a mode; no other theme reads it.
    context["default_mode"] = context.get("default_mode") or "auto"
    if not is_listed(app):
        context["metatags"] = f"{context.get('metatags', '')}\n{_NO_INDEX}"
    page = run.pages.get(pagename)
    sidebars = context.get("sidebars")
    if page is not None and sidebars and run.navigation is not None and run.templates and REPLACED & set(sidebars):
        prefix = prefix_of(Settings.of(app.config))
        pathto = context["pathto"]
        context["sidebars"] = [TEMPLATE if name in REPLACED else name for name in sidebars]
        folder = app.builder.get_target_uri(pagename).rpartition("/")[0]
        context["rkedoc_navigation"] = run.navigation.html(
            page, lambda docname: str(pathto(f"{prefix}{docname}")), folder
        )
        if not app.config.templates_path:
            # Templates of somebody's own may be called as the theme's are.
            spare_empty_checks(context, TEMPLATE, is_root=pagename == app.config.root_doc)
        run.contents.into(context)


def finished(app: Sphinx, exception: Exception | None) -> None:
    """Put the banner of now into pages that were not written again; close the files to others; remember what was built."""
    run = _runs.pop(id(app), None)
    if run is None:
        return
    run.undo.close()
    if exception is not None:
        return
    state = {"basis": basis_of(app.srcdir), "version": __version__}
    builder = app.builder
    if is_page_builder(builder):
        outdir = Path(app.outdir)
        if run.banners is not None:
            if _banner_is_new(app, run.banners):
                banners.replace_in_files(outdir, _paths(app, sorted(app.env.all_docs)), run.banners)
            banners.insert_in_files(outdir, _paths(app, _SPECIAL), run.banners)
        put_in_order(outdir / INVENTORY_FILENAME)
    if is_page_builder(builder) or prints_views(builder):
        _remove_pages(app, run.removed)
    if is_page_builder(builder) or builder.name == MARKDOWN:
        state |= _write_twin(app, run)
        for path in (Path(app.outdir), *Path(app.outdir).rglob("*")):
            if not path.is_symlink():
                path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)
    if run.banners is not None:
        state[_banner_key(app)] = banners.digest(run.banners(""))
    old = read_state(Path(app.doctreedir))
    write_state(
        Path(app.doctreedir),
        {**{k: v for k, v in old.items() if k.startswith(("banner-", "twin-"))}, **state},
    )


def _write_twin(app: Sphinx, run: BuildRun) -> dict[str, str]:
    """Write what the site says for programs, unless the file is of the same inputs. Gives what to remember of it."""
    settings = Settings.of(app.config)
    if run.site is None or not settings.pages:
        return {}
    path, key = Path(app.outdir) / twin.NAME, f"twin-{app.builder.name}"
    made_of = banners.digest(f"{__version__} {basis_of(app.srcdir)} {settings.classification} {settings.pages}")
    if not path.exists() or read_state(Path(app.doctreedir)).get(key) != made_of:
        prefix = prefix_of(settings)

        def address(docname: str) -> str:
            return app.builder.get_target_uri(f"{prefix}{docname}")

        twin.write(path, twin.content(run.site, app.config.language, settings.classification, address))
    if app.builder.name == MARKDOWN:
        titles = [(app.builder.get_target_uri(name), app.env.titles[name].astext()) for name in _in_order(app.env)]
        text = twin.index(app.config.project, banners.as_markdown(run.site, settings.classification), titles)
        twin.write_text(Path(app.outdir) / twin.INDEX, text)
    return {key: made_of}


def _in_order(env: BuildEnvironment) -> Iterator[str]:
    """The documents as a reader meets them: by the trees of contents, then those that stand in none."""
    seen: dict[str, None] = {}
    waiting = [*sorted(env.titles, reverse=True), env.config.root_doc]
    while waiting:
        name = waiting.pop()
        if name not in seen and name in env.titles:
            seen[name] = None
            waiting.extend(reversed(env.toctree_includes.get(name, [])))
    return iter(seen)


def tidy_index(app: Sphinx) -> Iterable[Any]:
    """Take terms that no page has any more out of the search index; Sphinx keeps them with an empty list of pages."""
    indexer = getattr(app.builder, "indexer", None)
    for name in ("_mapping", "_title_mapping"):
        terms = getattr(indexer, name, None)
        if isinstance(terms, dict):
            for term in [term for term, documents in terms.items() if not documents]:
                del terms[term]
    return ()


def _remove_pages(app: Sphinx, docnames: Iterable[str]) -> None:
    """Take away what was written for generated pages that are gone; Sphinx leaves it."""
    outdir = Path(app.outdir)
    prefix = prefix_of(Settings.of(app.config))
    gone = [name for name in docnames if name.startswith(prefix) and name not in app.env.all_docs]
    indices = {index[0] for index in getattr(app.builder, "domain_indices", ())}
    gone += [name for name in _SPECIAL if name.startswith("k8s-") and name not in indices]
    for name in _paths(app, gone):
        path = outdir / name
        path.unlink(missing_ok=True)
        if path.parent != outdir and path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()


def _paths(app: Sphinx, names: Iterable[str]) -> list[str]:
    """Where pages of these names are written, from the root of the site."""
    outdir = Path(app.outdir)
    builder: Any = app.builder
    where = getattr(builder, "get_output_path", None) or builder.get_outfilename
    return [Path(where(name)).relative_to(outdir).as_posix() for name in names]


def _visit_banner(translator: HTML5Translator, node: nodes.Element) -> None:
    translator.body.append(node["html"])
    raise SkipNode


def register(app: Sphinx) -> None:
    """Connect to the events."""
    app.connect("builder-inited", prepare)
    app.connect("env-get-outdated", outdated)
    app.connect("env-before-read-docs", reading)
    app.connect("env-updated", updated)
    app.add_node(banners.SiteBanner, html=(_visit_banner, None))
    app.connect("doctree-resolved", print_banner)
    app.connect("write-started", writing)
    app.connect("doctree-resolved", faster.forget_document)
    app.connect("html-page-context", page_context)
    app.connect("html-collect-pages", tidy_index)
    app.connect("build-finished", finished)
    for path in sorted(resource("sphinxext", "assets", "static").iterdir()):
        if path.suffix == ".css":
            app.add_css_file(path.name)
        elif path.suffix == ".js":
            app.add_js_file(path.name, loading_method="defer")
