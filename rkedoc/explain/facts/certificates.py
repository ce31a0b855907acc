"""Until when certificates hold, as far as that can be read without touching a key; else the command that would tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rkedoc.catalog.ranges import parse_range
from rkedoc.cluster.fields import at, items, mapping, text
from rkedoc.explain.facts.fact import Fact, Place, Unread, place_of
from rkedoc.explain.facts.keys import FactKey
from rkedoc.explain.facts.settings import by_node
from rkedoc.explain.holding import here
from rkedoc.i18n import Message
from rkedoc.snapshot.record import until_of

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster

_WEBHOOKS: Final = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
# Read-only, and no key is printed: what openssl reads here is the public part of a pair.
_COMMANDS: Final = tuple(
    (parse_range(where), command)
    for where, command in (
        ("on RKE1", "for f in /etc/kubernetes/ssl/kube-*.pem; do case $f in *-key.pem) ;; *) openssl x509 -noout -subject -enddate -in $f;; esac; done"),
        # rancher/rke2 pkg/cli/cmds/cert.go, tag by tag: its ``check`` is that of K3s in the same version.
        ("RKE2 1.27.13 to 1.27, 1.28.9 to 1.28, from 1.29.4; on RKE2", "rke2 certificate check"),
        ("on RKE2", "for f in /var/lib/rancher/rke2/server/tls/*.crt; do openssl x509 -noout -subject -enddate -in $f; done"),
        ("K3s 1.27.13 to 1.27, 1.28.9 to 1.28, from 1.29.4; on K3s", "k3s certificate check"),
        ("on K3s", "for f in /var/lib/rancher/k3s/server/tls/*.crt; do openssl x509 -noout -subject -enddate -in $f; done"),
        # kubernetes/kubernetes pull request 94938: ``kubeadm alpha certs`` before.
        ("Kubernetes from 1.20; on kubeadm", "kubeadm certs check-expiration"),
        ("on kubeadm", "for f in /etc/kubernetes/pki/*.crt; do openssl x509 -noout -subject -enddate -in $f; done"),
    )
)  # fmt: skip
"""What tells on a node when its certificates end, and where it is there; the first that is there is named."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate: what it is for, the time at which it ends (RFC 3339), and where that was read."""

    key: FactKey
    until: str
    where: Place
    of: str = ""


def certificates(cluster: Cluster) -> tuple[Certificate, ...]:
    """Every certificate of which the end was read, the one that ends first before the others."""
    return tuple(sorted(_found(cluster), key=lambda item: (item.until, item.key, item.of, str(item.where))))


def certificate_facts(cluster: Cluster) -> Iterator[Fact | Unread]:
    """The ends of certificates, and how to learn those that no API shows."""
    for item in certificates(cluster):
        yield Fact(item.key, item.until, item.where, item.of)
    nodes = tuple(_on_nodes(cluster))
    yield from nodes
    if not nodes:
        known = here(cluster)
        command = next((command for where, command in _COMMANDS if where.holds(known)), "")
        why = Message("no API shows the certificates in the files of a node")
        if command:
            why = Message("{why}; on the node `{command}` tells", why=why, command=command)
        yield Unread(FactKey.NODE_CERTIFICATES, why)
    if not any(capture.tool.get("certificateUntil") for capture in cluster.header.captures):
        yield Unread(
            FactKey.API_CERTIFICATE,
            Message("the API was not asked over verified TLS (a dump, or an address without it)"),
        )


def _on_nodes(cluster: Cluster) -> Iterator[Fact]:
    """The certificate of each node's files that ends first; the node's page lists all of them."""
    for node, files in sorted(by_node(cluster, "HostFile").items()):
        ends = [
            (until, record)
            for record in files
            for one in items(record.body, "certificates")
            if (until := text(one, "until"))
        ]
        if ends:
            until, record = min(ends, key=lambda end: (end[0], end[1].id))
            yield Fact(FactKey.FIRST_ON_NODE, until, place_of(record, "certificates"), node)


def _found(cluster: Cluster) -> Iterator[Certificate]:
    for capture in cluster.header.captures:
        if until := capture.tool.get("certificateUntil", ""):
            yield Certificate(FactKey.API_CERTIFICATE, until, Place(Message("the connection over which it was asked")))
    for kind in _WEBHOOKS:
        for record in cluster.snapshot.by_kind(kind):
            for webhook in items(record.body, "webhooks"):
                if until := until_of(at(webhook, "clientConfig", "caBundle")):
                    where = place_of(record, "caBundle")
                    yield Certificate(FactKey.WEBHOOK_AUTHORITY, until, where, text(webhook, "name"))
    for record in cluster.snapshot.by_kind("APIService"):
        if until := until_of(at(record.body, "spec", "caBundle")):
            yield Certificate(FactKey.API_AUTHORITY, until, place_of(record, "spec.caBundle"), record.name)
    for record in cluster.snapshot.by_kind("CustomResourceDefinition"):
        if until := until_of(at(record.body, "spec", "conversion", "webhook", "clientConfig", "caBundle")):
            yield Certificate(FactKey.CONVERSION_AUTHORITY, until, place_of(record, "caBundle"), record.name)
    for record in cluster.snapshot.by_kind("Certificate"):
        if record.group == "cert-manager.io" and (until := text(record.body, "status", "notAfter")):
            name = f"{record.namespace}/{record.name}"
            yield Certificate(FactKey.CERTIFICATE, until, place_of(record, "status.notAfter"), name)
    for record in cluster.snapshot.by_kind("Cluster"):
        # rancher/rancher v2.5.5, pkg/apis/management.cattle.io/v3/cluster_types.go: ClusterStatus.CertificatesExpiration.
        if record.group == "management.cattle.io":
            for name, value in sorted(mapping(record.body, "status", "certificatesExpiration").items()):
                if until := text(value, "expirationDate"):
                    yield Certificate(
                        FactKey.CERTIFICATE, until, place_of(record, "status.certificatesExpiration"), name
                    )
