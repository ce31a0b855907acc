"""Releases of Helm by name and revision: from the names and labels of what Helm keeps, never from what is in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from rkedoc.cluster.fields import at, plain, text
from rkedoc.explain.facts.fact import Fact, Place, Unread, Words, listed, why_none
from rkedoc.explain.facts.keys import FactKey
from rkedoc.i18n import Message

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.snapshot.record import Record

# helm/helm v3.5, pkg/storage/storage.go, makeKey; Helm 2 kept ConfigMaps "<release>.v<revision>" with OWNER=TILLER.
_KEY: Final = re.compile(r"sh\.helm\.release\.v1\.(?P<name>.+)\.v(?P<revision>\d+)\Z")
_TILLER: Final = re.compile(r"(?P<name>.+)\.v(?P<revision>\d+)\Z")


@dataclass(frozen=True, slots=True)
class Release:
    """A release at its newest revision. ``status`` and ``chart`` are empty where nothing tells."""

    namespace: str
    name: str
    revision: int
    status: str
    chart: str
    where: str


def releases(cluster: Cluster) -> tuple[Release, ...]:
    """The releases, by namespace and name."""
    found: dict[tuple[str, str], Release] = {}
    for release in _stored(cluster):
        key = (release.namespace, release.name)
        if key not in found or found[key].revision < release.revision:
            found[key] = release
    for record in cluster.snapshot.by_kind("App"):
        if record.group == "catalog.cattle.io":
            _add_app(found, record)
    for record in cluster.snapshot.by_kind("HelmChart"):
        if record.group == "helm.cattle.io":
            _add_chart(found, record)
    return tuple(found[key] for key in sorted(found))


def helm_facts(cluster: Cluster) -> Iterator[Fact | Unread]:
    """A fact for each release; the reason where there is none to be seen."""
    known = releases(cluster)
    for item in known:
        parts: list[Words] = [Message("revision {number}", number=item.revision)] if item.revision else []
        parts += [part for part in (item.status, item.chart) if part]
        value = listed(parts, len(parts)) if parts else "–"
        yield Fact(FactKey.HELM_RELEASE, value, Place(item.where), of=f"{item.namespace}/{item.name}")
    if not known:
        if cluster.snapshot.by_kind("Secret"):
            why = Message("none of the Secrets and ConfigMaps that were collected is one of Helm's")
        else:
            why = why_none(cluster, "core", "Secret")
        yield Unread(FactKey.HELM_RELEASES, Message("no release was found: {why}", why=why))


def _stored(cluster: Cluster) -> Iterator[Release]:
    for record in cluster.snapshot.by_kind("Secret"):
        match = _KEY.match(record.name)
        if match is not None:
            status = plain(text(record.body, "metadata", "labels", "status"))
            yield _release(record, match, status)
    for record in cluster.snapshot.by_kind("ConfigMap"):
        labels = at(record.body, "metadata", "labels")
        if text(labels, "OWNER") == "TILLER" and (match := _TILLER.match(record.name)) is not None:
            yield _release(record, match, plain(text(labels, "STATUS").lower()))
        elif match := _KEY.match(record.name):
            yield _release(record, match, plain(text(labels, "status")))


def _release(record: Record, match: re.Match[str], status: str) -> Release:
    where = f"{record.kind} {record.namespace}/{record.name}"
    return Release(record.namespace or "", match["name"], int(match["revision"][:9]), status, "", where)


def _add_app(found: dict[tuple[str, str], Release], record: Record) -> None:
    """An App of Rancher's catalog: it names chart and version of the release of its name."""
    chart = " ".join(
        filter(None, (plain(text(record.body, "spec", "chart", "metadata", key)) for key in ("name", "version")))
    )
    version = at(record.body, "spec", "version")
    revision = version if isinstance(version, int) and not isinstance(version, bool) else 0
    status = plain(text(record.body, "status", "summary", "state") or text(record.body, "spec", "info", "status"))
    place = (record.namespace or "", record.name)
    where = f"App {record.namespace}/{record.name}"
    known = found.get(place)
    if known is None:
        found[place] = Release(*place, revision, status, chart, where)
    else:
        found[place] = replace(known, chart=chart, where=f"{known.where}; {where}")


def _add_chart(found: dict[tuple[str, str], Release], record: Record) -> None:
    """A HelmChart of RKE2 and K3s: the release lies in its target namespace."""
    chart = " ".join(filter(None, (plain(text(record.body, "spec", key)) for key in ("chart", "version"))))
    place = (text(record.body, "spec", "targetNamespace") or record.namespace or "", record.name)
    where = f"HelmChart {record.namespace}/{record.name}"
    known = found.get(place)
    if known is None:
        found[place] = Release(*place, 0, "", chart, where)
    else:
        found[place] = replace(known, chart=known.chart or chart, where=f"{known.where}; {where}")
