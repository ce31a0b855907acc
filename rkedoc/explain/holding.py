"""What of the catalog holds in a cluster, and how its bounds read: the same for pages and for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rkedoc.catalog.bound import Distribution
from rkedoc.catalog.images import parse_image
from rkedoc.catalog.ranges import IMAGE, Here, OnDistributions, parsed_version
from rkedoc.cluster.distribution import distribution
from rkedoc.explain.images import image_users
from rkedoc.i18n import _, between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rkedoc.catalog.entry import Entry, Passage, Section, VersionRow, VersionTable
    from rkedoc.catalog.ranges import Numbers, OfProduct, Range, Span
    from rkedoc.cluster.model import Cluster

NOWHERE: Final = Here()
"""What is known where no cluster is: nothing, so that everything is said with its range."""

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "Kubernetes": ("Kubernetes", "kubelet"), "Rancher": ("Rancher server", "Rancher", "Rancher agent"), "Fleet": ("Fleet", "Fleet agent"),
    "Calico": ("Calico",),
}  # fmt: skip
"""What a product's versions are called in :class:`~rkedoc.cluster.distribution.ClusterIdentity`."""

_OF_KUBELET: Final[Mapping[str, Distribution]] = {"RKE2": Distribution.RKE2, "K3s": Distribution.K3S}
"""Products whose version is that of Kubernetes, where the cluster is theirs."""


@dataclass(frozen=True, slots=True)
class Said:
    """A passage that can hold: its Markdown, and the range that has to be said with it (``None``: it holds here)."""

    markdown: str
    bound: Range | None = None


@lru_cache(maxsize=4)
def here(cluster: Cluster) -> Here:
    """What is known of a cluster: its distribution, and the versions of the products that ranges are of."""
    identity = distribution(cluster)
    found: dict[str, tuple[Numbers, ...]] = {}
    for product, names in _NAMES.items():
        told = _numbers(value for name, value, _where in identity.versions if name in names)
        if product == "Kubernetes" and not told:
            told = _numbers(image.rpartition(":")[2] for image in image_users(cluster) if "/hyperkube:" in image)
        if told:
            found[product] = told
    if cluster.rancher is False:
        found["Rancher"] = ()
    if cluster.distribution:
        for product, owner in _OF_KUBELET.items():
            if cluster.distribution != owner:
                found[product] = ()
            elif "Kubernetes" in found:
                found[product] = found["Kubernetes"]
        if cluster.distribution != Distribution.RKE1:
            found["RKE"] = ()
    return Here(cluster.distribution, MappingProxyType(found))


def here_of(cluster: Cluster, entry: Entry) -> Here:
    """What is known of a cluster, and of the versions of a component's own images in it."""
    known = here(cluster)
    own = _images(cluster).get(entry.id)
    return replace(known, products=MappingProxyType({**known.products, IMAGE: own})) if own else known


@lru_cache(maxsize=4)
def _images(cluster: Cluster) -> Mapping[str, tuple[Numbers, ...]]:
    """The versions in the tags of the images that each component runs from, by the entry's id."""
    found: dict[str, list[str]] = {}
    for image, users in image_users(cluster).items():
        for user in users:
            if user.entry is not None:
                found.setdefault(user.entry.id, []).append(parse_image(image).tag or "")
    return MappingProxyType({name: told for name, tags in found.items() if (told := _numbers(iter(tags)))})


def _numbers(versions: Iterator[str]) -> tuple[Numbers, ...]:
    return tuple(sorted({numbers for version in versions if (numbers := parsed_version(version))}))


def said(section: Section, known: Here) -> Iterator[Said]:
    """What a section says that holds, or can hold, where so much is known."""
    for passage in section.passages:
        if (found := _said(passage, known)) is not None:
            yield found


def _said(passage: Passage, known: Here) -> Said | None:
    holds = passage.holds.holds(known) if passage.holds is not None else True
    return None if holds is False else Said(passage.markdown, passage.holds if holds is None else None)


def tables(entry: Entry, known: Here) -> Iterator[VersionTable]:
    """The tables of versions that can hold where so much is known."""
    return (table for table in entry.tables if table.holds is None or table.holds.holds(known) is not False)


def row_here(table: VersionTable, known: Here) -> VersionRow | None:
    """The row that holds in a cluster; ``None`` where its versions are not known, or stand in several rows or in none."""
    versions = known.versions(table.by) or ()
    rows = {row_of(table, version) for version in versions}
    return rows.pop() if len(rows) == 1 else None


def row_of(table: VersionTable, version: Numbers) -> VersionRow | None:
    """The row of a version."""
    return next((row for row in table.rows if any(span.holds(version) for span in row.spans)), None)


def markdown_of(section: Section) -> str:
    """All that a section says as Markdown, what is bound each with its range before it: for where no cluster is."""
    return "\n\n".join(
        passage.markdown if passage.bound is None else f"*{bound_words(passage.bound)}:*\n\n{passage.markdown}"
        for passage in said(section, NOWHERE)
    )


def lives(entry: Entry) -> Iterator[tuple[str, str, str]]:
    """Since when and until when there is something: what is known of it, the versions, and how that is known (empty: it was looked at).

    A version that somebody looked at is no first and no last one, and is not called one.
    """
    walked = entry.walked
    if walked is not None:
        how = (
            _("{tags} versions listed by {project}, the newest {newest}: {path}")
            if walked.listed
            else _("{tags} tags of {project} read one by one, the newest {newest}: {path}")
        )
        how = how.format(tags=walked.tags, project=walked.project, newest=walked.newest, path=walked.path)
        yield _("First seen in"), entry.since, how
        if entry.until:
            yield _("Last seen in"), entry.until, how
        return
    if entry.since:
        yield _("Since, at the latest"), entry.since, ""
    if entry.until:
        yield _("Until, at the earliest"), entry.until, ""


def bound_words(bound: Range) -> str:
    """A range as people read it, in the language in use."""
    return "; ".join(map(_condition, bound.conditions))


def spans_words(spans: Sequence[Span]) -> str:
    """Versions as people read them, in the language in use."""
    return between().join(map(_span, spans))


def _condition(condition: OfProduct | OnDistributions) -> str:
    if isinstance(condition, OnDistributions):
        return _("on {distributions}").format(distributions=str(condition).removeprefix("on "))
    if condition.product == IMAGE:
        return _("version {versions} of it").format(versions=spans_words(condition.spans))
    return f"{condition.product} {spans_words(condition.spans)}"


def read_words(entry: Entry) -> str:
    """The versions at which an entry was read, in the language in use."""
    return between().join(map(_from_to, entry.read_at))


def _from_to(versions: str) -> str:
    low, to, high = versions.partition(" to ")
    return _("{low} to {high}").format(low=low, high=high) if to else versions


def _span(span: Span) -> str:
    low, high = (".".join(map(str, numbers)) for numbers in (span.low, span.high))
    if low == high:
        return low
    if low and high:
        return _("{low} to {high}").format(low=low, high=high)
    return _("from {low}").format(low=low) if low else _("up to {high}").format(high=high)
