"""A site whose subjects and views a test writes down, and Sphinx builds of it."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from rkedoc.catalog.loader import Catalog
from rkedoc.cluster.model import Cluster
from rkedoc.snapshot.reader import Snapshot
from rkedoc.snapshot.record import Capture, Header, Scope
from rkedoc.sphinxext import loading
from rkedoc.sphinxext.blocks.view import (
    Code,
    Facts,
    ObjectTarget,
    Para,
    Ref,
    Row,
    Table,
    View,
    ViewFunction,
)
from rkedoc.sphinxext.layout import SubjectPage, subject_key
from rkedoc.sphinxext.pages import PAGES, PageKind, PageTable
from rkedoc.sphinxext.site import Site
from rkedoc.sphinxext.terms import Terms
from rkedoc.vocabulary import Result as ScopeResult

TIME = "2026-01-02T03:04:05Z"


@dataclass(frozen=True, slots=True)
class Stub:
    """What a stub site holds. ``workloads`` are names in the form ``ns/name``; ``text`` is shown on their pages."""

    workloads: tuple[str, ...] = ("default/web", "default/api", "kube-system/dns")
    text: Mapping[str, str] = field(default_factory=dict)
    cluster: str = "test"
    time: str = TIME
    lost: tuple[tuple[str, str], ...] = ()


class StubSite(Site):
    """A site without a snapshot."""

    def __init__(self, stub: Stub, views: Mapping[str, ViewFunction] | None = None) -> None:
        lost = tuple(
            Scope(name, "list", "/", None, ScopeResult(result), kind="core/Thing") for name, result in stub.lost
        )
        whole = Scope("core/pods", "list", "/", 200, ScopeResult.COMPLETE, kind="core/Pod")
        capture = Capture("engine", "node-1", stub.time, {}, (whole, *lost))
        header = Header({"name": stub.cluster}, (capture,), {}, 0, "", "")
        super().__init__(Cluster(Snapshot(header, ()), Catalog(())), declared=shown(VIEWS if views is None else views))
        self.stub = stub

    def _subjects(self) -> Iterator[SubjectPage]:
        for namespace in sorted({name.partition("/")[0] for name in self.stub.workloads}):
            yield SubjectPage("namespace", (namespace,), namespace, namespace, "namespaces")
        for full in self.stub.workloads:
            namespace, _slash, name = full.partition("/")
            yield SubjectPage(
                "workload",
                ("deployment", namespace, name),
                full,
                name,
                subject_key("namespace", namespace),
                (),
                "Deployment",
            )

    def objects_of(self, page: Any) -> tuple[ObjectTarget, ...]:
        return () if page.kind == "fixed" else (ObjectTarget(page.kind, page.subject, page.title, True),)

    def terms_of(self, page: Any) -> Terms:
        namespace = page.subject.partition("/")[0]
        return Terms(namespace, (f"registry/{page.title}:1",), ("node-1",))


def workload_view(site: Site, key: str) -> View:
    """A text, a table of two pods that can be linked to, and a link to the pod of another workload."""
    assert isinstance(site, StubSite)
    page = site.page(key)
    rows = tuple(
        Row(
            (("pod ", Code(f"{page.title}-{n}")),),
            objects=(ObjectTarget("pod", f"{page.subject}-{n}", f"{page.title}-{n}"),),
        )
        for n in range(2)
    )
    text = site.stub.text.get(page.subject, "as ever")
    return (
        Para((text,)),
        Table(("Pods",), rows),
        Facts(
            (
                (
                    "Neighbour",
                    (Ref("pod", "default/web-0"), " ", Ref("workload", "default/api")),
                ),
            )
        ),
    )


def nothing(site: Site, key: str) -> View:
    """An empty view."""
    return ()


VIEWS: Mapping[str, ViewFunction] = {"workload-intro": workload_view}


def shown(views: Mapping[str, ViewFunction]) -> PageTable:
    """The pages as they are declared, with these views on them and nothing else."""

    def emptied(kinds: Iterable[PageKind]) -> Iterator[PageKind]:
        for kind in kinds:
            sections = (replace(each, shows=views.get(each.view, nothing)) for each in kind.sections)
            yield replace(kind, sections=tuple(sections))

    pictures = {name: views.get(name, nothing) for name in PAGES.pictures}
    return PageTable(emptied(PAGES.whole), emptied(PAGES.subjects), pictures)


@dataclass
class Result:
    """A finished build."""

    app: Sphinx
    warnings: str
    status: str
    out: Path

    def html(self, docname: str) -> str:
        return (self.out / f"{docname}.html").read_text("utf-8")

    @property
    def counts(self) -> str:
        """What Sphinx says about the documents it reads, such as ``0 added, 1 changed, 0 removed``."""
        line = next(line for line in self.status.splitlines() if "added," in line)
        return re.search(r"\d+ added, \d+ changed, \d+ removed", line)[0]  # type: ignore[index]


Build = Callable[..., Result]


class Builder:
    """Builds a stub in a folder; building again in the same folder is an incremental build."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._patch = monkeypatch

    def __call__(
        self,
        stub: Stub | None = None,
        *,
        views: Mapping[str, ViewFunction] | None = None,
        pages: Mapping[str, str] | None = None,
        builder: str = "html",
        jobs: int = 1,
        place: str = "a",
        language: str = "en",
        **config: Any,
    ) -> Result:
        stub = stub or Stub()
        site = StubSite(stub, views)
        source, out = self.folder / place / "source", self.folder / place / builder
        source.mkdir(parents=True, exist_ok=True)
        for name, text in (pages or {}).items():
            path = source / name
            if not path.exists() or path.read_text("utf-8") != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
        basis = hashlib.sha256(repr((stub, language)).encode("utf-8", "surrogatepass")).hexdigest()
        self._patch.setattr(
            loading,
            "inputs_of",
            lambda _config, _base: loading.Inputs(Path("s"), (), language, basis),
        )
        self._patch.setattr(loading, "load_site", lambda _inputs: site)
        status, warnings = io.StringIO(), io.StringIO()
        values: dict[str, Any] = {
            "extensions": ["myst_parser", "rkedoc.sphinxext"],
            "project": "test",
            "language": language,
            "html_theme": "basic",
            "html_theme_options": {},
            "templates_path": [],
            "html_copy_source": False,
            "rkedoc_pages": "." if pages is None else "cluster",
            "rkedoc_snapshot": "s",
            **config,
        }
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                source,
                None,
                out,
                self.folder / place / "doctrees",
                builder,
                values,
                status,
                warnings,
                parallel=jobs,
            )
            app.build()
        return Result(app, warnings.getvalue(), status.getvalue(), out)


def tree(folder: Path, *, without: tuple[str, ...] = (".buildinfo", ".doctrees")) -> dict[str, bytes]:
    """Every file below a folder by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in without
    }
