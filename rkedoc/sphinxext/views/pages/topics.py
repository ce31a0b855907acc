"""Rancher and Fleet in this cluster: what each is, its parts here, and the facts that were read."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

from rkedoc.explain.holding import here_of, said
from rkedoc.i18n import N_, _
from rkedoc.sphinxext.blocks.view import (
    Badge,
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
from rkedoc.sphinxext.views.parts.cells import badge, missing, state
from rkedoc.sphinxext.views.parts.prose import about
from rkedoc.sphinxext.views.parts.related import page_ref
from rkedoc.vocabulary import Origin, Role

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.cluster.model import Workload
    from rkedoc.sphinxext.site import Site

CONCEPTS = {"rancher": "rancher-agents", "fleet": "fleet", "ingress": "ingress", "canal": "canal"}
"""The entries of the catalog that tell what a topic is."""

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
}

NAMESPACES = {
    "rancher": ("cattle-system", "cattle-impersonation-system", "cattle-global-data", "cattle-ui-plugin-system",
                "cattle-provisioning-capi-system", "cattle-turtles-system"),
    "fleet": ("fleet-system", "cattle-fleet-system", "cattle-fleet-local-system", "fleet-default", "fleet-local"),
    "ingress": ("ingress-nginx",),
    "canal": (),
}  # fmt: skip

WORKLOADS = {
    "rancher": ("cattle-", "rancher"),
    "fleet": ("fleet-", "gitjob"),
    "ingress": ("nginx-ingress-controller", "ingress-nginx", "rke2-ingress-nginx", "default-http-backend", "traefik"),
    "canal": ("canal", "rke2-canal", "calico", "kube-flannel", "flannel"),
}

FACTS = {"rancher": ("rancher", "helm")}
"""Topics of facts by the topic of a page, where they are not the same."""

ORIGINS = {"rancher": (Origin.RANCHER_SERVER, Origin.RANCHER_AGENT)}


def concept(site: Site, topic: str) -> Entry | None:
    """The catalog's entry about a topic."""
    found = site.cluster.catalog.get(CONCEPTS[topic])
    return found if found is not None and found.kind == "concept" else None


def workloads_of(site: Site, topic: str) -> tuple[Workload, ...]:
    """The workloads of a topic: those in its namespaces, and those of its names in the namespaces of the platform."""
    out = []
    for workload in site.cluster.workloads():
        named = workload.name.startswith(WORKLOADS[topic]) and workload.entry is not None
        if workload.namespace in NAMESPACES[topic] or named:
            out.append(workload)
    return tuple(out)


def intro(site: Site, topic: str) -> View:
    """What the topic is, and whether it is here."""
    entry = concept(site, topic)
    out: list[Block] = [Para((entry.summary if entry is not None else _(LEADS[topic]),))]
    if not workloads_of(site, topic) and not _outside(site, topic):
        reason = missing(site, "core/pods") or missing(site, "engine/containers")
        text = reason or _("Nothing of it was found in this cluster.")
        out.append(Para((Badge(_("not here") if not reason else _("unknown"), "muted"), " ", text)))
    out += concept_picture(site, CONCEPTS[topic])
    return tuple(out)


def about_view(site: Site, topic: str) -> View:
    """The catalog's text about the topic, then its parts in a sentence each."""
    entry = concept(site, topic)
    out: list[Block] = [*about(site, entry)] if entry is not None else []
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
    return tuple(out) or (Para((_("The catalog has nothing about what is here."),), "muted"),)


def _outside(site: Site, topic: str) -> tuple[Row, ...]:
    rows = []
    for line in site.ledger.lines:
        if line.role != Role.STANDALONE or line.origin not in ORIGINS.get(topic, ()):
            continue
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
    kinds: dict[tuple[str, str], int] = {}
    for record in site.cluster.snapshot.records:
        if (
            record.group.endswith("cattle.io")
            and (("fleet" in record.group) == (topic == "fleet"))
            and topic in ("rancher", "fleet")
        ):
            kinds[(record.group, record.kind)] = kinds.get((record.group, record.kind), 0) + 1
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
