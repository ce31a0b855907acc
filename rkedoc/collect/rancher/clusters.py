"""Rancher's list of clusters, and which of them a person wants.

The list has the same fields from Rancher 2.5 on (rancher/rancher v2.5.5 and v2.14.4, pkg/client/generated/management/v3/
zz_generated_cluster.go). Objects of it also hold how a cluster was made, with credentials of clouds in it: of each nothing is kept but
the fields of :class:`Cluster`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from rkedoc.collect.kubernetes.lists import PATIENT, SHORT, WAITING, Get, Waiting, ask
from rkedoc.collect.kubernetes.transport import NoAnswer
from rkedoc.collect.rancher.access import SOURCE
from rkedoc.collect.rancher.guard import CLUSTERS, VERSION
from rkedoc.errors import ForbiddenRequest, SourceUnavailable, UsageError
from rkedoc.nearby import unknown
from rkedoc.redact import Redactor

PAGE = 100
"""Clusters that are asked for at once: Rancher's own default is 1000 (rancher/norman, parse/collection.go), an object of one may have 100 kB."""

_MOST_PAGES = 1000
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_TEXT = 253
"""Characters of a value that are kept: as many as the longest name in Kubernetes has."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster, as Rancher's list has it. Texts are as Rancher gives them: nothing is redacted yet."""

    id: str
    """What stands in its address: ``local``, ``c-m-x5b2k7qp``."""
    name: str
    labels: Mapping[str, str]
    provider: str = ""
    driver: str = ""
    state: str = ""
    """What Rancher's pages say of it: ``active``, ``unavailable``, ``provisioning``; empty if that is not told."""

    @property
    def words(self) -> str:
        """Its name, with its id where that is another."""
        return self.name if self.name == self.id else f"{self.name} ({self.id})"

    def facts(self, redactor: Redactor, *, server: str, version: str) -> dict[str, Any]:
        """What the header of its snapshot says of it, redacted as an object of the API is."""
        status = {"provider": self.provider, "driver": self.driver, "state": self.state}
        raw = {"metadata": {"name": self.id, "labels": dict(self.labels)}, "status": status}
        told = redactor.body("management.cattle.io", "Cluster", "", self.id, raw)
        facts = {
            "server": redactor.text(server), "version": redactor.text(version), "id": self.id,
            "name": redactor.text(self.name),
            "labels": {str(key): str(value) for key, value in told["metadata"]["labels"].items()},
            **{name: str(told["status"][name]) for name in status},
        }  # fmt: skip
        return {name: value for name, value in facts.items() if value != ""}


def list_clusters(get: Get, address: str, stop: threading.Event) -> tuple[Cluster, ...]:
    """All clusters that the token may see, in the order of their names.

    The address of a next page is not followed: it is Rancher's, and may lead elsewhere. Its marker alone is taken.
    Raises :class:`~rkedoc.errors.SourceUnavailable`.
    """
    found: dict[str, Cluster] = {}
    markers = {""}
    marker, waiting = "", Waiting(WAITING, stop)
    for _ in range(_MOST_PAGES):
        query = {"limit": str(PAGE), **({"marker": marker} if marker else {})}
        try:
            answer = ask(get, CLUSTERS, query=query, timeouts=PATIENT, waiting=waiting)
        except NoAnswer as error:
            raise SourceUnavailable(SOURCE, address, _unanswered(error.reason), code=error.reason) from None
        except ForbiddenRequest:
            raise SourceUnavailable(
                SOURCE, address, "its list of clusters goes on with a marker that is none"
            ) from None
        if answer.status != 200:
            raise SourceUnavailable(SOURCE, address, _refused(answer.status), code=answer.reason)
        document = _document(answer.body)
        items = document.get("data")
        if not isinstance(items, list):
            raise SourceUnavailable(
                SOURCE, address, f"its answer to {CLUSTERS} is no list of clusters: is it a Rancher?"
            )
        found |= {cluster.id: cluster for item in items if (cluster := _cluster(item)) is not None}
        marker = _marker(document.get("pagination"))
        if (
            marker in markers
        ):  # the end; or the cluster that the page should begin with is gone, and it would begin again
            break
        markers.add(marker)
    return tuple(sorted(found.values(), key=lambda cluster: (cluster.name, cluster.id)))


def server_version(get: Get, stop: threading.Event) -> str:
    """Rancher's version; empty if it does not say, which is no reason not to collect."""
    try:
        answer = ask(get, VERSION, timeouts=SHORT, waiting=Waiting(WAITING, stop))
    except NoAnswer:
        return ""
    return _text(_document(answer.body).get("value")) if answer.status == 200 else ""


def chosen(clusters: Sequence[Cluster], filters: Sequence[str], redactor: Redactor) -> tuple[Cluster, ...]:
    """The clusters that any of the filters names: a pattern for name or id, or ``label=pattern``. Without filters: all.

    Raises :class:`~rkedoc.errors.UsageError` for a filter that names none: a name mistyped must not look like a cluster that is gone.
    """
    for pattern in filters:
        if not any(_matches(cluster, pattern) for cluster in clusters):
            known = unknown("cluster", pattern, (name for cluster in clusters for name in (cluster.name, cluster.id)))
            raise UsageError(redactor.text(f"--cluster-filter: {known}"))
    return tuple(
        cluster for cluster in clusters if not filters or any(_matches(cluster, pattern) for pattern in filters)
    )


def _matches(cluster: Cluster, pattern: str) -> bool:
    label, equals, value = pattern.partition("=")
    if equals:
        return label in cluster.labels and fnmatchcase(cluster.labels[label], value)
    return fnmatchcase(cluster.name, pattern) or fnmatchcase(cluster.id, pattern)


def _cluster(item: object) -> Cluster | None:
    """A cluster of the list; ``None`` for what is none. An id becomes part of an address, so it has to have the form of one."""
    if not isinstance(item, dict) or not isinstance(item.get("id"), str) or not _ID.fullmatch(item["id"]):
        return None
    labels = item.get("labels")
    return Cluster(
        id=item["id"], name=_text(item.get("name")) or item["id"],
        labels={
            str(key)[:_TEXT]: _text(value) for key, value in (labels if isinstance(labels, dict) else {}).items()
        },
        provider=_text(item.get("provider")), driver=_text(item.get("driver")), state=_text(item.get("state")),
    )  # fmt: skip


def _text(value: object) -> str:
    return value[:_TEXT] if isinstance(value, str) else ""


def _document(body: bytes | bytearray) -> Mapping[str, Any]:
    try:
        document = orjson.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _marker(pagination: object) -> str:
    """The marker of the next page; empty if there is none."""
    following = pagination.get("next") if isinstance(pagination, dict) else None
    if not isinstance(following, str):
        return ""
    try:
        return parse_qs(urlsplit(following).query).get("marker", [""])[0]
    except ValueError:
        return ""


def _unanswered(reason: str) -> str:
    told = {
        "name-not-resolved": "nothing here knows this name: is it right, and is it one that only another network's DNS knows?",
        "connection-refused": "nothing listens there: is the port right, and does Rancher run?",
        "unreachable": "no way leads there from this machine: is a route or a VPN missing?",
        "proxy-failed": "no way through the proxy that the environment names: does it run, and may it reach this address? NO_PROXY names what needs none",
        "tls-unknown-authority": "its certificate is of an authority that this machine does not know: SSL_CERT_FILE names a file with that authority's certificate",
        "tls-other-name": "its certificate is for other names than this one",
        "tls-expired": "its certificate is not valid at this time: is it expired, or is a clock wrong?",
        "timeout": "no answer in time: is it reachable from this machine, or only through a proxy?",
    }  # fmt: skip
    return told.get(reason, f"no answer ({reason})")


def _refused(status: int) -> str:
    if status in (401, 403):
        return (
            f"it answered {status} to {CLUSTERS}: the token is not accepted. Is it expired, or of one cluster alone? "
            "Make an API key with no scope"
        )
    if 300 <= status < 400:
        return f"it answered {status}: it sends elsewhere, where the token is not sent; give the address that it means"
    return f"it answered {status} to {CLUSTERS}: is it a Rancher?"
