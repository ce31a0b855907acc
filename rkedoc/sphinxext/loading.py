"""The site of a project: loaded once a process, never stored on Sphinx's environment or in its configuration.

Sphinx pickles its environment once for every batch of documents that a worker process reads; a snapshot on it would
be copied each time. Workers are forked after the site was loaded and share it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging

from rkedoc import __version__, plugins
from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.diff.history import history, newest, snapshots_in
from rkedoc.errors import BuildError, UsageError
from rkedoc.i18n import closest
from rkedoc.snapshot.reader import load
from rkedoc.sphinxext.blocks.view import View, ViewFunction
from rkedoc.sphinxext.config import Settings
from rkedoc.sphinxext.pages import PAGES, PageKind, PageTable, Section
from rkedoc.sphinxext.site import Site

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

    from rkedoc.catalog.loader import Catalog
    from rkedoc.diff.history import History, HistoryStep
    from rkedoc.snapshot.reader import Snapshot

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a site is made from. Equal inputs give equal sites: ``basis`` is the digest of all of them."""

    snapshot: Path
    annotations: tuple[Path, ...]
    language: str
    basis: str
    history: tuple[Path, ...] = ()
    since: Path | None = None
    trusted: bool = False
    more_pages: tuple[str, ...] = ()
    note: str = ""


_loaded: dict[str, Site] = {}


def inputs_of(config: Config, base: Path) -> Inputs | None:
    """The inputs that a project names, or None if it names no snapshot. ``base`` is the folder of ``conf.py``.

    Raises :class:`~rkedoc.errors.BuildError` if the snapshot is not there.
    """
    settings = Settings.of(config)
    history = tuple(base / name for name in settings.history)
    snapshot = base / settings.snapshot if settings.snapshot else newest(history)
    if snapshot is None:
        return None
    annotations = (
        *(base / name for name in settings.annotations),
        *(plugins.folder("rkedoc.catalogs", name) for name in settings.catalogs),
    )
    since = base / settings.since if settings.since else None
    digest = hashlib.sha256(
        f"{__version__}\n{config.language}\n{settings.trust_annotations}\n{settings.more_pages}\n{settings.note}\n".encode()
    )
    try:
        with snapshot.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
        for path in _files(annotations):
            digest.update(path.name.encode("utf-8", "surrogatepass") + b"\0" + path.read_bytes() + b"\0")
        for mark, path in (
            *(("history", path) for path in snapshots_in(history)),
            *((("since", since),) if since else ()),
        ):
            with path.open("rb") as stream:
                digest.update(f"\0{mark}\0".encode() + hashlib.file_digest(stream, "sha256").digest())
    except OSError as error:
        where = Path(error.filename or snapshot).name
        raise BuildError(f"{where} cannot be read ({error.strerror}): check rkedoc_snapshot in conf.py") from None
    return Inputs(
        snapshot,
        annotations,
        config.language,
        digest.hexdigest(),
        history,
        since,
        settings.trust_annotations,
        tuple(settings.more_pages),
        settings.note,
    )


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*.md") if p.is_file())
        else:
            yield path


def load_site(inputs: Inputs) -> Site:
    """The site of these inputs, from memory if this process has made it before.

    Raises :class:`~rkedoc.errors.SnapshotError` and :class:`~rkedoc.errors.CatalogError`.
    """
    site = _loaded.get(inputs.basis)
    if site is None:
        snapshot = load(inputs.snapshot)
        name = str(snapshot.header.cluster.get("name") or "")
        catalog = load_catalog(closest(inputs.language), inputs.annotations, cluster=name, trusted=inputs.trusted)
        earlier = _earlier(inputs, snapshot, catalog)
        site = Site(Cluster(snapshot, catalog), *earlier, declared=_declared(inputs), note=inputs.note)
        _loaded.clear()
        _loaded[inputs.basis] = site
    return site


def _declared(inputs: Inputs) -> PageTable:
    """The pages that a site can have: ours, and those that packages bring. Raises :class:`~rkedoc.errors.UsageError`."""
    brought = plugins.pages(inputs.more_pages)
    odd = next((kind for kind in brought if not isinstance(kind, PageKind)), None)
    if odd is not None:
        raise UsageError(f"--page: a package gives {type(odd).__name__}, and not rkedoc.sphinxext.pages.PageKind")
    try:
        return PAGES.with_pages(map(_guarded, brought))
    except ValueError as error:
        raise UsageError(f"--page {', '.join(inputs.more_pages)}: {error}") from None


def _guarded(kind: PageKind) -> PageKind:
    """The page with views of which a failure is told as that of the package that brings it, and not as ours."""
    return replace(kind, sections=tuple(replace(each, shows=_told(kind, each)) for each in kind.sections))


def _told(kind: PageKind, section: Section) -> ViewFunction:
    @wraps(section.shows)
    def shows(site: Site, key: str) -> View:
        try:
            return tuple(section.shows(site, key))
        except Exception as error:  # noqa: BLE001 - a foreign package may do anything
            told = f"{type(error).__name__}: {error}"
            raise BuildError(
                f"page {kind.key}, view {section.view}: the package that brings it has failed ({told})"
            ) from None

    return shows


def _earlier(inputs: Inputs, snapshot: Snapshot, catalog: Catalog) -> tuple[History | None, HistoryStep | None]:
    """What is known of earlier days, and what has changed since the day that is compared with."""
    if not inputs.history and inputs.since is None:
        return None, None
    found = history((*inputs.history, *((inputs.since,) if inputs.since else ())), inputs.snapshot, snapshot, catalog)
    for item in found.left_out:
        if item.path != inputs.since:
            logger.warning(
                "%s is left out of the history: %s", item.path.name, item.reason, type="rkedoc", subtype="history"
            )
    return found, None if inputs.since is None else found.since(inputs.since, snapshot, catalog)


_current: dict[str, Inputs | None] = {}


def project_site(app: Sphinx) -> Site | None:
    """The site of a project, or None if it names no snapshot. Called once before documents are read."""
    inputs = inputs_of(app.config, Path(app.confdir))
    _current[str(app.srcdir)] = inputs
    return None if inputs is None else load_site(inputs)


def site_of(srcdir: Path | str) -> Site | None:
    """The site of the project whose documents are being read or written."""
    inputs = _current.get(str(srcdir))
    return None if inputs is None else load_site(inputs)


def basis_of(srcdir: Path | str) -> str:
    """The digest of the inputs of the project, empty if it names no snapshot."""
    inputs = _current.get(str(srcdir))
    return "" if inputs is None else inputs.basis
