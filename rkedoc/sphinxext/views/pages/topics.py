"""Rancher, Fleet, the ingress and the network in this cluster: what each is, its parts here, and the facts that were read.

A topic has a page only where it is here (:func:`is_here`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING

from rkedoc.catalog.bound import Distribution
from rkedoc.explain.facts.ingress import controllers
from rkedoc.explain.facts.networks import Network, network, networks
from rkedoc.explain.holding import here_of, said
from rkedoc.i18n import N_, _
from rkedoc.sphinxext.blocks.view import (
    Block,
    Cell,
    Para,
    Prose,
    Ref,
    Row,
    Table,
    View,
    ViewFunction,
)
from rkedoc.sphinxext.views.pages.concepts import concept_picture, fact_blocks
from rkedoc.sphinxext.views.pages.namespace import workload_table
from rkedoc.sphinxext.views.parts.cells import badge, state
from rkedoc.sphinxext.views.parts.prose import about
from rkedoc.sphinxext.views.parts.related import page_ref
from rkedoc.vocabulary import Origin, Role

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.cluster.model import Workload
    from rkedoc.explain.ledger.ledger import LedgerLine
    from rkedoc.sphinxext.site import Site

CONCEPTS = {"rancher": "rancher-agents", "fleet": "fleet", "ingress": "ingress", "canal": "canal"}
"""The entries of the catalog that tell what a topic is, of those that have one."""

LEADS = {
    "rancher": N_(
        "Rancher manages clusters from a server. In a cluster that it manages it runs agents, which keep a connection to the "
        "server open; on the machine of the server itself it is one container outside pods."
    ),
    "fleet": N_(
        "Fleet brings what stands in Git repositories into clusters. Its manager runs where the Rancher server runs, and an "
        "agent in each cluster fetches what is meant for it: nothing has to reach into the cluster."
    ),
    "ingress": N_(
        "An ingress says which service answers for which host name and path. The ingress controller reads all of them and is "
        "the web server that requests from outside reach first."
    ),
    "canal": N_(
        "Canal is two programs in one pod on every node: flannel carries packets between nodes, Calico decides which packets "
        "may pass."
    ),
    "calico": N_(
        "Calico is the network of this cluster: on every node its agent, Felix, sets the routes to pods and decides which packets "
        "may pass, and packets for other nodes are routed or wrapped as its pools of addresses say."
    ),
    "flannel": N_(
        "flannel is the network of this cluster: every node has a slice of the pods' addresses, and flannel joins the slices. Which "
        "packets may pass is not its business."
    ),
    "cilium": N_(
        "Cilium is the network of this cluster: on every node its agent loads eBPF programs into the kernel, which carry packets "
        "between pods and decide which of them may pass."
    ),
    "weave": N_(
        "Weave Net is the network of this cluster: on every node a bridge joins the pods, and its router joins the bridges of all nodes."
    ),
}

NAMESPACES: Mapping[str, tuple[str, ...]] = {
    "rancher": ("cattle-system", "cattle-impersonation-system", "cattle-global-data", "cattle-ui-plugin-system",
                "cattle-provisioning-capi-system", "cattle-turtles-system"),
    "fleet": ("fleet-system", "cattle-fleet-system", "cattle-fleet-local-system", "fleet-default", "fleet-local"),
    "ingress": ("ingress-nginx",),
    "calico": ("calico-system", "tigera-operator", "calico-apiserver"),
}  # fmt: skip

WORKLOADS = {
    "rancher": ("cattle-", "rancher"),
    "fleet": ("fleet-", "gitjob"),
    "ingress": ("nginx-ingress-controller", "ingress-nginx", "rke2-ingress-nginx", "default-http-backend", "traefik"),
    "canal": ("canal", "rke2-canal", "calico", "kube-flannel", "flannel"),
    "calico": ("calico",),
    "flannel": ("kube-flannel", "flannel"),
    "cilium": ("cilium", "hubble"),
    "weave": ("weave",),
}

FACTS = {"rancher": ("rancher", "helm")}
"""Topics of facts by the topic of a page, where they are not the same."""

TOLD = {"canal": "a-packets-way", "ingress": "a-requests-way"}
"""The section of a concept that the page of a topic does not repeat: it tells the same with this cluster's own values."""

ORIGINS = {"rancher": (Origin.RANCHER_SERVER, Origin.RANCHER_AGENT)}


def concept(site: Site, topic: str) -> Entry | None:
    """The catalog's entry about a topic, if it is about clusters such as this."""
    found = site.cluster.catalog.get(CONCEPTS.get(topic, ""))
    if found is None or found.kind != "concept":
        return None
    # What is told of the ingress and of canal holds for the distributions that bring them; Rancher and Fleet are the same on all.
    elsewhere = topic in TOLD and site.cluster.distribution not in (*found.distributions, Distribution.UNKNOWN)
    return None if elsewhere else found


def workloads_of(site: Site, topic: str) -> tuple[Workload, ...]:
    """The workloads of a topic: those that show that it is here, those in its namespaces, and those of its names that the catalog knows."""
    shown = {one.workload.id for one in networks(site.cluster) if one.network == topic and one.workload is not None}
    if topic == "ingress":
        shown |= {workload.id for workload in controllers(site.cluster)}
    out = []
    for workload in site.cluster.workloads():
        named = workload.name.startswith(WORKLOADS[topic]) and workload.entry is not None
        if workload.id in shown or workload.namespace in NAMESPACES.get(topic, ()) or named:
            out.append(workload)
    return tuple(out)


def is_here(site: Site, topic: str) -> bool:
    """Whether the cluster has something of a topic, so that there is a page about it."""
    if topic in tuple(Network):
        one = network(site.cluster)
        return one is not None and one.network == topic
    if topic == "ingress" and site.cluster.snapshot.by_kind("Ingress"):
        return True
    return bool(workloads_of(site, topic) or _lines(site, topic) or _objects(site, topic))


def _lines(site: Site, topic: str) -> tuple[LedgerLine, ...]:
    """Its containers outside pods."""
    origins = ORIGINS.get(topic, ())
    return tuple(line for line in site.ledger.lines if line.role == Role.STANDALONE and line.origin in origins)


def _objects(site: Site, topic: str) -> Mapping[tuple[str, str], int]:
    """How many custom resources of a topic there are, by group and kind."""
    kinds: dict[tuple[str, str], int] = {}
    if topic not in ("rancher", "fleet"):
        return kinds
    for record in site.cluster.snapshot.records:
        if record.group.endswith(_GROUPS[topic]) and (topic == "fleet") == ("fleet" in record.group):
            kinds[record.group, record.kind] = kinds.get((record.group, record.kind), 0) + 1
    return kinds


_GROUPS = {"rancher": "management.cattle.io", "fleet": "fleet.cattle.io"}


def intro(site: Site, topic: str) -> View:
    """What the topic is, with the picture of it."""
    entry = concept(site, topic)
    out: list[Block] = [Para((entry.summary if entry is not None else _(LEADS[topic]),))]
    out += concept_picture(site, CONCEPTS.get(topic, ""))
    return tuple(out)


def about_view(site: Site, topic: str) -> View:
    """The catalog's text about the topic, then its parts in a sentence each."""
    entry = concept(site, topic)
    out: list[Block] = [*about(site, _untold(entry, topic))] if entry is not None else []
    seen: dict[str, Entry] = {}
    for workload in workloads_of(site, topic):
        if workload.entry is not None:
            seen[workload.entry.id] = workload.entry
    for line in site.ledger.lines:
        if line.component and line.origin in ORIGINS.get(topic, ()):
            found = site.cluster.catalog.get(line.component)
            if found is not None:
                seen[found.id] = found
    for part in sorted(seen.values(), key=lambda item: item.name):
        out.append(Para((Ref("component", part.id, part.name), ": ", part.summary)))
        if entry is None:
            known = here_of(site.cluster, part)
            out += [
                Prose(passage.markdown, what.provenance)
                for what in part.sections
                if what.id == "what"
                for passage in said(what, known)
                if passage.bound is None
            ]
    return tuple(out)


def _untold(entry: Entry, topic: str) -> Entry:
    """An entry without what the page tells by itself."""
    return replace(entry, sections=tuple(section for section in entry.sections if section.id != TOLD.get(topic)))


def _outside(site: Site, topic: str) -> tuple[Row, ...]:
    rows = []
    for line in _lines(site, topic):
        entry = site.cluster.catalog.get(line.component) if line.component else None
        cells: tuple[Cell, ...] = (
            (page_ref(site, line.record_id, line.name),),
            (badge(line.origin),),
            state(line.state),
            (entry.summary,) if entry is not None else (line.evidence,),
        )
        rows.append(Row(cells))
    return tuple(rows)


def here(site: Site, topic: str) -> View:
    """What of it is in this cluster: facts, workloads, containers outside pods, custom resources."""
    out: list[Block] = [*fact_blocks(site, FACTS.get(topic, (topic,)))]
    found = workloads_of(site, topic)
    if found:
        out.append(workload_table(site, found, namespace=True))
    outside = _outside(site, topic)
    if outside:
        out.append(Table((_("Outside pods"), _("Origin"), _("State"), _("What it is")), outside))
    kinds = _objects(site, topic)
    if kinds:
        rows = tuple(Row(((kind,), (group,), (str(count),))) for (group, kind), count in sorted(kinds.items()))
        out.append(Table((_("Kind of object"), _("Group"), _("Here")), rows))
    return tuple(out) or (Para((_("Nothing was found."),), "muted"),)


def of(topic: str, view: Callable[[Site, str], View]) -> ViewFunction:
    """A view of a topic, as a view of the one page that the topic has."""

    @wraps(view)
    def bound(site: Site, key: str) -> View:
        del key  # a topic has one page, whatever its key
        return view(site, topic)

    return bound
