"""What programs of others may build on: read a snapshot, ask it, compare it, build its site.

Everything named here keeps its meaning from one version to the next, or is changed with a word in the changelog. What is not named here
may change at any time. Functions raise :class:`RkedocError` and its kinds, each with a sentence that says what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rkedoc.catalog.bound import ClusterCatalog, Distribution
from rkedoc.catalog.entry import Entry, MatchRule, Note, Passage, Section, Selector, VersionRow, VersionTable, Walked
from rkedoc.catalog.loader import Catalog, load_catalog
from rkedoc.catalog.matcher import Match
from rkedoc.cluster.model import Cluster, NamedRecord, Workload
from rkedoc.cluster.runtimes import Runtime
from rkedoc.diff.model import Change, Diff
from rkedoc.diff.run import CompareOptions
from rkedoc.diff.run import compare as _compare
from rkedoc.errors import CatalogError, CollectError, RkedocError, SnapshotError, UsageError
from rkedoc.explain.facts.fact import Fact, Place, Unread
from rkedoc.explain.facts.keys import FactKey
from rkedoc.explain.facts.topics import facts as _facts
from rkedoc.explain.ledger.ledger import Ledger, build_ledger
from rkedoc.explain.ledger.line import LedgerLine, Reason
from rkedoc.explain.ledger.mismatch import Mismatch, NotCollected
from rkedoc.explain.risks import Risk, RiskReport
from rkedoc.explain.risks import risks as _risks
from rkedoc.explain.support import Support, SupportSource
from rkedoc.explain.support import support as _support
from rkedoc.i18n import Message, named_language, set_language
from rkedoc.redact.check import require_redacted
from rkedoc.snapshot.reader import Snapshot, load
from rkedoc.snapshot.record import Capture, Header, Record, Scope
from rkedoc.vocabulary import (
    Absence,
    Basis,
    ChangeKind,
    MismatchKind,
    Origin,
    Result,
    RiskKind,
    Role,
    RuntimeView,
    SupportState,
    Term,
    Weight,
    Whose,
)

if TYPE_CHECKING:
    from rkedoc.sphinxext.project import Built

__all__ = [
    "Absence",
    "Basis",
    "Capture",
    "Catalog",
    "CatalogError",
    "Change",
    "ChangeKind",
    "Cluster",
    "ClusterCatalog",
    "CollectError",
    "CompareOptions",
    "Diff",
    "Distribution",
    "Entry",
    "Fact",
    "FactKey",
    "Header",
    "Ledger",
    "LedgerLine",
    "Match",
    "MatchRule",
    "Message",
    "Mismatch",
    "MismatchKind",
    "NamedRecord",
    "NotCollected",
    "Note",
    "Origin",
    "Passage",
    "Place",
    "Reason",
    "Record",
    "Result",
    "Risk",
    "RiskKind",
    "RiskReport",
    "RkedocError",
    "Role",
    "Runtime",
    "RuntimeView",
    "Scope",
    "Section",
    "Selector",
    "Snapshot",
    "SnapshotError",
    "Support",
    "SupportSource",
    "SupportState",
    "Term",
    "Unread",
    "UsageError",
    "VersionRow",
    "VersionTable",
    "Walked",
    "Weight",
    "Whose",
    "Workload",
    "build",
    "cluster",
    "compare",
    "facts",
    "ledger",
    "read",
    "risks",
    "speak",
    "support",
]


def speak(language: str) -> None:
    """Say everything in this language from now on: ``en`` or ``zh_CN``, or another name for one of them.

    Raises :class:`UsageError` for a language that rkedoc does not speak.
    """
    set_language(named_language(language))


def read(path: Path | str) -> Snapshot:
    """A snapshot, checked to its end: format, digests, order, and that nothing stands in it that should have been hidden.

    Raises :class:`SnapshotError`.
    """
    snapshot = load(path)
    require_redacted(path, iter(snapshot.records))
    return snapshot


def cluster(snapshot: Snapshot, *, language: str = "en", annotations: Sequence[Path] = ()) -> Cluster:
    """What a snapshot holds as nodes, namespaces, workloads and pods, joined with the catalog of a language.

    ``annotations`` are files and folders of entries of your own. Raises :class:`CatalogError` and :class:`UsageError`.
    """
    name = snapshot.header.cluster.get("name")
    return Cluster(snapshot, load_catalog(named_language(language), annotations, cluster=name))


def ledger(of: Cluster, node: str | None = None) -> Ledger:
    """Every container of a cluster, or of one of its nodes, once, with role, origin and the reasons for both.

    Raises :class:`UsageError` for a node that is not there.
    """
    return build_ledger(of, node)


def facts(of: Cluster) -> Mapping[str, tuple[Fact | Unread, ...]]:
    """What the pages tell of networks, names, etcd, certificates and so on, by topic: each with the place where it was read, or with the
    reason why it could not be."""
    return _facts(of)


def support(of: Cluster, on: date) -> tuple[Support, ...]:
    """How it stands on a day with the support of the distribution and of each version that the snapshot tells, as far as it is known."""
    return _support(of, on)


def risks(of: Cluster) -> RiskReport:
    """What lets harm spread further than it must, each with its object and whose it is, and what was not collected that could hold more."""
    return _risks(of)


def compare(old: Path | str, new: Path | str, options: CompareOptions | None = None, *, language: str = "en") -> Diff:
    """What somebody decided that is different in ``new``. Raises :class:`SnapshotError` and :class:`UsageError`."""
    return _compare(old, new, load_catalog(named_language(language)), options)


def build(
    snapshot: Path | str,
    out: Path | str,
    *,
    language: str = "en",
    annotations: Sequence[Path] = (),
    trust_annotations: bool = False,
    theme: str | None = None,
) -> Built:
    """Build the site of a snapshot into the folder ``out``, whole or not at all; gives its folder, pages and warnings.

    ``trust_annotations``: whether annotation files may hold what else is refused, such as raw HTML.
    Raises :class:`RkedocError` of the kind that fits.
    """
    from rkedoc.sphinxext.project import build_site  # who only reads need not wait for Sphinx

    read(snapshot)
    return build_site(
        snapshot,
        out,
        language=language,
        annotations=annotations,
        trust_annotations=trust_annotations,
        theme=theme,
    )
