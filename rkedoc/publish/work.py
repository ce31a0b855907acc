"""One version's site as a piece of work: what goes in, a key that stands for all of it, and the function that builds it.

The function is pure: equal works give equal bytes, whoever does them, where and in which order. What the versions of a cluster know of each
other they know from snapshots alone, never from a site that was built before.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

from rkedoc import __version__
from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.distribution import ClusterIdentity, distribution
from rkedoc.cluster.model import Cluster
from rkedoc.diff.history import history
from rkedoc.errors import UsageError
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.publish.version import FILE, LATEST, PublishedVersion
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Header
from rkedoc.sphinxext.events import FILE_MODE
from rkedoc.sphinxext.project import THEME, build_site, languages_in
from rkedoc.vocabulary import Origin, Weight

_TELLING = frozenset({"Kubernetes", "container runtime", "container engine", "Rancher", "Rancher server"})
_RAISED = 6
"""Versions that rose, as many as the start page has room for; the rest stands on the page of changes."""


_PRINTERS = ("sphinx", "docutils", "myst-parser", "pydata-sphinx-theme", "jinja2", "pygments")
"""The packages whose versions decide how a page is written."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How the sites are built: what :func:`~rkedoc.sphinxext.project.build_site` is told beside the snapshots. ``jobs`` decides no
    byte of them."""

    language: str = "en"
    theme: str = THEME
    classification: str = ""
    note: str = ""
    annotations: tuple[Path | str, ...] = ()
    pages: tuple[str, ...] = ()
    trust_annotations: bool = False
    templates: Path | str | None = None
    twin_pages: bool = False
    jobs: int = 1
    base_url: str = ""
    """The address under which the folder of all sites is served; with it, search engines are told which page is the newest."""

    @property
    def digest(self) -> str:
        """A digest of all that decides what the pages show, with the contents of the files that are named.

        Raises :class:`~rkedoc.errors.UsageError` if one of them cannot be read.
        """
        printers = " ".join(metadata.version(name) for name in _PRINTERS)
        found = hashlib.sha256(f"{__version__} {load_catalog().digest} {printers}\n".encode())
        for item in fields(self):
            if item.name not in ("annotations", "templates", "jobs"):
                found.update(f"{item.name} {getattr(self, item.name)!r}\n".encode())
        named = (*(("annotations", name) for name in self.annotations), ("templates", self.templates))
        for kind, name in named:
            found.update(f"\0{kind}\0".encode())
            if name is None:
                continue
            for path in _files(Path(name)):
                found.update(path.relative_to(name).as_posix().encode("utf-8", "surrogatepass") + b"\0")
                found.update(hashlib.sha256(_content(path)).digest())
        return found.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    return iter(sorted(file for file in path.rglob("*") if file.is_file())) if path.is_dir() else iter((path,))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or type(error).__name__}") from None


@dataclass(frozen=True, slots=True)
class Given:
    """A snapshot of a cluster: the file, its header, and the name under which the cluster is published."""

    path: Path
    header: Header
    cluster: str

    @property
    def digest(self) -> str:
        """A digest of the content, equal for a packed file and one that is not."""
        return self.header.digest

    @property
    def time(self) -> str:
        """When it was collected (RFC 3339, UTC); empty if it does not say so."""
        return self.header.time

    @property
    def uid(self) -> str:
        """What tells its cluster from others of the same name; empty if it was not seen."""
        return str(self.header.cluster.get("uid") or "")

    @property
    def order(self) -> tuple[str, str]:
        """Its place among the snapshots of its cluster: by time, then by content."""
        return self.time, self.digest


@dataclass(frozen=True, slots=True)
class Earlier:
    """A version before: its label, its snapshot, and the digest of that."""

    label: str
    path: Path
    digest: str


@dataclass(frozen=True, slots=True)
class Work:
    """A version that is to be built. ``earlier`` are those of its cluster before it, the newest first."""

    given: Given
    label: str
    folder: str
    """The name of the cluster's folder."""
    earlier: tuple[Earlier, ...]
    manner: Manner
    key: str
    """A digest of everything that decides a byte of the site."""

    @property
    def name(self) -> str:
        """``<cluster>/<version>``, as it lies in the site."""
        return f"{self.folder}/{self.label}"


def work_for(
    given: Given, label: str, folder: str, earlier: tuple[Earlier, ...], manner: Manner, manner_digest: str
) -> Work:
    """The work of building a version. ``manner_digest`` is that of ``manner``, which many works share."""
    parts = (manner_digest, given.cluster, label, given.digest, *(one.digest for one in earlier))
    key = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return Work(given, label, folder, earlier, manner, key)


@dataclass(frozen=True, slots=True)
class Product:
    """What came of a work: the folder of the site, and the warnings that Sphinx gave."""

    folder: Path
    warnings: tuple[str, ...]


def build(work: Work, folder: Path, progress: Callable[[str], None] | None = None) -> Product:
    """Build the site of a work in ``folder``, which is not there yet, with the file that says what the version is.

    Raises :class:`~rkedoc.errors.RkedocError` with one line that says what is wrong.
    """
    before = tuple(one.path for one in work.earlier)
    manner = {item.name: getattr(work.manner, item.name) for item in fields(Manner) if item.name != "base_url"}
    address = served_at(work.manner.base_url, work.folder)
    built = build_site(
        work.given.path, folder, history=before, version=work.label, address=address, progress=progress, **manner
    )
    place = built.folder / FILE
    place.write_text(_described(work, built.folder).to_json(), "utf-8")
    place.chmod(FILE_MODE)
    return Product(built.folder, built.warnings)


def served_at(base_url: str, folder: str) -> str:
    """The address of the newest version of a cluster; empty without a base."""
    return f"{base_url.rstrip('/')}/{folder}/{LATEST}/" if base_url else ""


def require_base_url(text: str) -> str:
    """An address that the folder of all sites can be served at. Raises :class:`~rkedoc.errors.UsageError`."""
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    odd = parts.username is not None or parts.query or parts.fragment or re.search(r"[\s<>\"'\\]", text)
    if parts.scheme not in ("http", "https") or not parts.hostname or odd:
        raise UsageError(
            f"--base-url {text[:80]!r}: give the address of the folder of all sites, such as https://wiki.example.org/clusters"
        )
    return text


def _described(work: Work, built: Path) -> PublishedVersion:
    """What the version says of itself."""
    given = work.given
    snapshot = load(given.path)
    catalog = load_catalog()
    cluster = Cluster(snapshot, catalog)
    lines = build_ledger(cluster).lines
    found = distribution(cluster)
    origins = Counter(line.origin for line in lines)
    steps = history([one.path for one in work.earlier[:1]], given.path, snapshot, catalog).steps
    diff = steps[-1].diff if steps else None
    return PublishedVersion(
        cluster=given.cluster,
        uid=given.uid,
        label=work.label,
        time=given.time,
        snapshot=given.digest,
        key=work.key,
        base_url=work.manner.base_url,
        languages=languages_in(work.manner.language),
        pages=tuple(
            sorted(path.relative_to(built).as_posix() for path in built.rglob("*.html") if "_static" not in path.parts)
        ),
        distribution=found.name,
        versions=_versions(found),
        nodes=len(cluster.nodes()),
        namespaces=len(cluster.namespaces()),
        workloads=len(cluster.workloads()),
        containers={
            origin.value: origins[origin] for origin in Origin if origins[origin] or origin == Origin.UNEXPLAINED
        },
        running=sum(1 for line in lines if line.state == "running"),
        since=work.earlier[0].label if diff is not None else "",
        changes={weight.value: diff.counts[weight] for weight in Weight if weight in diff.counts}
        if diff is not None
        else {},
        raised=tuple((version.name, version.old, version.new) for version in diff.versions[:_RAISED]) if diff else (),
    )


def _versions(found: ClusterIdentity) -> tuple[tuple[str, str], ...]:
    """The versions that say most of a cluster."""
    return tuple((name, value) for name, value, _where in found.versions if name in _TELLING)
