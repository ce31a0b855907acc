"""The pages of a site, each declared in one place: its key, its title, and its sections with what they show.

Everything else that has to know of a page is derived from here: the order of the navigation, the names of views, the anchors of headings, the
folders of pages about one subject each. A declaration that contradicts another is an error when this module is imported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from rkedoc.catalog.bound import Distribution
from rkedoc.catalog.entry import VIEWPOINT
from rkedoc.explain.facts.networks import Network
from rkedoc.i18n import N_
from rkedoc.snapshot.identity import page_key
from rkedoc.sphinxext.blocks.view import ViewFunction
from rkedoc.sphinxext.layout import DETAIL, Page, SubjectPage
from rkedoc.sphinxext.views.pages import (
    access,
    capacity,
    collection,
    concepts,
    glossary,
    host,
    images,
    ledger,
    migration,
    namespace,
    network,
    node,
    overview,
    owners,
    risks,
    standalone,
    step,
    storage,
    timeline,
    topics,
    viewpoints,
    workload,
)
from rkedoc.sphinxext.views.parts import history, packets, rke2_migration, ways

if TYPE_CHECKING:
    from rkedoc.sphinxext.site import Site

EARLIER = "earlier"
"""The site knows earlier snapshots."""

HOSTS_READ = "hosts"
"""Hosts of nodes were read, and their processes are known."""

RKE1 = "rke1"
"""The cluster is RKE1: there is something to move from."""

VIEWPOINTS = "viewpoints"
"""Somebody has declared viewpoints."""

NEEDS: Mapping[str, Callable[[Site], bool]] = MappingProxyType(
    {
        EARLIER: lambda site: site.history is not None,
        HOSTS_READ: lambda site: bool(site.cluster.hosts),
        RKE1: lambda site: site.cluster.distribution == Distribution.RKE1,
        VIEWPOINTS: lambda site: bool(site.cluster.catalog.of_kind(VIEWPOINT)),
        **{topic: partial(topics.is_here, topic=topic) for topic in topics.LEADS},
    }
)
"""What a page can need, each with whether a site has it; of a topic, whether it is in the cluster."""

ROOT = "overview"
"""The key of the root of the site."""

_KEY = re.compile(r"[a-z][a-z0-9-]{0,62}")
_NONE: Mapping[str, ViewFunction] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its id, which is its anchor in every language, and its words as a message."""

    id: str
    words: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: the name by which templates and hand-written pages ask for its view, the view, and the heading above it."""

    view: str
    shows: ViewFunction
    heading: Heading | None = None


@dataclass(frozen=True, slots=True)
class PageKind:
    """A page about the whole, or the pages about one subject each.

    ``title`` is a message; those of subjects have the fields ``{name}`` and, in ``detailed``, ``{detail}``, which tells it from others of its name. ``badge`` stands behind the name and says what it is the name of: a message, or :data:`~rkedoc.sphinxext.layout.DETAIL`.
    ``folder`` is where the pages about subjects lie, empty for a page about the whole. ``tells`` is the concept of the catalog that the
    page tells with what this cluster has of it.
    """

    key: str
    title: str
    sections: tuple[Section, ...]
    folder: str = ""
    detailed: str = ""
    badge: str = ""
    tells: str = ""
    needs: str = ""
    """What a site must have for this page to be there, one of :data:`NEEDS`; empty for nothing."""


ABOUT = Heading("about", N_("About it"))
ACCESS = Heading("access", N_("Access"))
ACCOUNTING = Heading("accounting", N_("How the accounts are kept"))
ACCOUNTS = Heading("accounts", N_("Service accounts"))
AXES = Heading("axes", N_("Two ways to add it up"))
BINDINGS = Heading("bindings", N_("Bindings"))
BY_NAMESPACE = Heading("by-namespace", N_("By namespace"))
BY_NODE = Heading("by-node", N_("By node"))
CAPTURES = Heading("captures", N_("What was asked, and when"))
CHANGES = Heading("changes", N_("Changes"))
CLAIMS = Heading("claims", N_("Claims"))
CLASSES = Heading("classes", N_("Storage classes"))
COMPONENTS = Heading("components", N_("Components"))
CONDITIONS = Heading("conditions", N_("Conditions"))
CONFIGURATION = Heading("configuration", N_("Configuration"))
CONTAINERS = Heading("containers", N_("Containers"))
ENGINE = Heading("engine", N_("Container engines"))
ENGINE_NETWORKS = Heading("engine-networks", N_("Networks of the container engine"))
ENGINE_VOLUMES = Heading("engine-volumes", N_("Volumes of the container engine"))
HERE = Heading("here", N_("In this cluster"))
HISTORY = Heading("history", N_("What has changed here"))
HOST_PATHS = Heading("host-paths", N_("Folders of the node that containers mount"))
HOST = Heading("host", N_("The node itself"))
HOSTS = Heading("hosts", N_("A request's way, host by host"))
IMPACT = Heading("impact", N_("What would be hit if it stopped"))
LINES = Heading("lines", N_("Every container"))
LISTENERS = Heading("listeners", N_("Who listens where"))
LOOK = Heading("look", N_("Look further"))
MAP = Heading("map", N_("Map"))
MAY = Heading("may", N_("Who may do what"))
MISMATCHES = Heading("mismatches", N_("What does not match"))
MOVE_BEYOND = Heading("beyond-the-snapshot", N_("What no snapshot tells"))
MOVE_COMPONENTS = Heading("becomes", N_("What becomes of each component"))
MOVE_FINDINGS = Heading("findings", N_("What stands in the way, and what changes"))
MOVE_ORDER = Heading("order", N_("The order of the work"))
NAMESPACES = Heading("namespaces", N_("Namespaces"))
NETWORK = Heading("network", N_("Network"))
NOT_COLLECTED = Heading("not-collected", N_("What could not be collected"))
OTHERS = Heading("others", N_("Everything else here"))
OWNED = Heading("owned", N_("What is theirs"))
PACKET = Heading("packet", N_("A packet's way"))
PARTS = Heading("parts", N_("What makes it a node"))
PICTURE = Heading("picture", N_("Picture"))
PODS = Heading("pods", N_("Pods"))
POLICIES = Heading("policies", N_("Network policies"))
PROBLEMS = Heading("problems", N_("Not well right now"))
PROCESSES = Heading("processes", N_("Processes"))
REDACTION = Heading("redaction", N_("What was hidden"))
RELATIONS = Heading("relations", N_("Relations"))
REQUESTS = Heading("requests", N_("Requests and limits"))
ROLES = Heading("roles", N_("Roles"))
RUNS = Heading("runs", N_("How it runs"))
SAID = Heading("said", N_("Where that is said"))
SCALING = Heading("scaling", N_("How it scales"))
SCOPES = Heading("scopes", N_("Every request"))
SERVICES = Heading("services", N_("Services"))
SOCKETS = Heading("sockets", N_("Open sockets"))
STEPS = Heading("steps", N_("From snapshot to snapshot"))
STOPPED = Heading("stopped", N_("Those that do not run"))
SUM = Heading("sum", N_("The containers, added up"))
UNKNOWN = Heading("unknown", N_("What could not be compared"))
UNOWNED = Heading("unowned", N_("What nobody names an owner of"))
VERSIONS = Heading("versions", N_("Versions"))
VOLUMES = Heading("volumes", N_("Volumes"))
WORKLOADS = Heading("workloads", N_("Workloads"))

_SINCE = Section("subject-since", history.subject_since)
_HISTORY = Section("subject-history", history.subject_history, HISTORY)


def _network_page(network: Network) -> PageKind:
    """The page of a network of pods: the same sections for each."""
    topic = str(network)
    return PageKind(
        topic,
        _NAMES.get(network, network.label.message),
        (
            Section(f"{topic}-intro", topics.of(topic, topics.intro)),
            Section(f"{topic}-packet", topics.of(topic, packets.packet), PACKET),
            Section(f"{topic}-about", topics.of(topic, topics.about_view), ABOUT),
            Section(f"{topic}-here", topics.of(topic, topics.here), HERE),
        ),
        tells=topics.CONCEPTS.get(topic, ""),
        needs=topic,
    )


_NAMES: Mapping[Network, str] = MappingProxyType({Network.CANAL: N_("Canal"), Network.FLANNEL: N_("Flannel")})
"""The names of networks that begin with a small letter elsewhere."""

WHOLE: tuple[PageKind, ...] = (
    PageKind(
        "overview",
        N_("Overview"),
        (
            Section("overview-intro", overview.intro),
            _SINCE,
            Section("overview-problems", overview.problems_view, PROBLEMS),
            Section("overview-changes", timeline.overview_changes, CHANGES),
            Section("overview-ledger", overview.ledger_view, SUM),
            Section("overview-map", overview.map_view, MAP),
            Section("overview-namespaces", overview.namespaces, NAMESPACES),
            Section("overview-versions", overview.versions, VERSIONS),
            Section("overview-missing", overview.missing_view, NOT_COLLECTED),
        ),
    ),
    PageKind(
        "ledger",
        N_("Ledger"),
        (
            Section("ledger-intro", ledger.intro),
            Section("ledger-axes", ledger.axes, AXES),
            Section("ledger-stopped", ledger.stopped, STOPPED),
            Section("ledger-lines", ledger.lines_view, LINES),
            Section("ledger-mismatches", ledger.mismatches, MISMATCHES),
            Section("ledger-processes", host.ledger_processes, PROCESSES),
            Section("ledger-about", ledger.about_view, ACCOUNTING),
        ),
        tells="accounting",
    ),
    PageKind(
        "namespaces",
        N_("Namespaces"),
        (Section("namespaces-table", namespace.table),),
    ),
    PageKind(
        "owners",
        N_("Owners"),
        (
            Section("owners-table", owners.table),
            Section("owners-unowned", owners.unowned, UNOWNED),
        ),
    ),
    PageKind(
        "viewpoints",
        N_("Viewpoints"),
        (Section("viewpoints-table", viewpoints.table),),
        needs=VIEWPOINTS,
    ),
    PageKind(
        "containers",
        N_("Containers outside pods"),
        (
            Section("containers-intro", standalone.list_intro),
            Section("containers-table", standalone.table, LINES),
            Section("containers-about", standalone.list_about, ABOUT),
        ),
    ),
    PageKind(
        "images",
        N_("Images"),
        (Section("images-table", images.table),),
    ),
    PageKind(
        "nodes",
        N_("Nodes"),
        (
            Section("nodes-table", node.table),
            Section("nodes-map", node.maps, MAP),
            Section("nodes-engines", node.engines, ENGINE),
        ),
    ),
    PageKind(
        "capacity",
        N_("Requests and limits"),
        (
            Section("capacity-intro", capacity.intro),
            Section("capacity-nodes", capacity.by_node, BY_NODE),
            Section("capacity-namespaces", capacity.by_namespace, BY_NAMESPACE),
        ),
    ),
    PageKind(
        "processes",
        N_("Processes of the nodes"),
        (
            Section("processes-sum", host.ledger_processes),
            Section("processes-components", host.components, COMPONENTS),
            Section("processes-sockets", host.every_socket, SOCKETS),
        ),
        needs=HOSTS_READ,
    ),
    PageKind(
        "network",
        N_("Network and ports"),
        (
            Section("network-intro", network.intro),
            Section("network-listeners", network.listeners_view, LISTENERS),
            Section("network-services", network.services, SERVICES),
            Section("network-policies", network.policies, POLICIES),
            Section("network-engine", network.engine_networks, ENGINE_NETWORKS),
        ),
    ),
    PageKind(
        "storage",
        N_("Storage"),
        (
            Section("storage-intro", storage.intro),
            Section("storage-claims", storage.claims, CLAIMS),
            Section("storage-volumes", storage.volumes, VOLUMES),
            Section("storage-classes", storage.classes, CLASSES),
            Section("storage-host", storage.host, HOST_PATHS),
            Section("storage-engine", storage.engine_volumes, ENGINE_VOLUMES),
        ),
    ),
    PageKind(
        "access",
        N_("Access"),
        (
            Section("access-intro", access.intro),
            Section("access-may", access.may, MAY),
            Section("access-about", access.about_view, ABOUT),
            Section("access-bindings", access.bindings, BINDINGS),
            Section("access-accounts", access.accounts, ACCOUNTS),
            Section("access-roles", access.roles, ROLES),
        ),
        tells="accounts-and-rights",
    ),
    PageKind(
        "risks",
        N_("Risks"),
        (
            Section("risks-intro", risks.intro),
            Section("risks-findings", risks.findings),
        ),
    ),
    PageKind(
        "rancher",
        N_("Rancher"),
        (
            Section("rancher-intro", topics.of("rancher", topics.intro)),
            Section("rancher-about", topics.of("rancher", topics.about_view), ABOUT),
            Section("rancher-here", topics.of("rancher", topics.here), HERE),
        ),
        tells="rancher-agents",
        needs="rancher",
    ),
    PageKind(
        "fleet",
        N_("Fleet"),
        (
            Section("fleet-intro", topics.of("fleet", topics.intro)),
            Section("fleet-about", topics.of("fleet", topics.about_view), ABOUT),
            Section("fleet-here", topics.of("fleet", topics.here), HERE),
        ),
        tells="fleet",
        needs="fleet",
    ),
    PageKind(
        "ingress",
        N_("Ingress"),
        (
            Section("ingress-intro", topics.of("ingress", topics.intro)),
            Section("ingress-hosts", ways.ingress_hosts, HOSTS),
            Section("ingress-about", topics.of("ingress", topics.about_view), ABOUT),
            Section("ingress-here", topics.of("ingress", topics.here), HERE),
        ),
        tells="ingress",
        needs="ingress",
    ),
    *map(_network_page, Network),
    PageKind(
        "migration",
        N_("Moving to RKE2"),
        (
            Section("migration-intro", migration.intro),
            Section("migration-findings", migration.findings, MOVE_FINDINGS),
            Section("migration-components", rke2_migration.moving, MOVE_COMPONENTS),
            Section("migration-beyond", migration.beyond_view, MOVE_BEYOND),
            Section("migration-order", migration.order_view, MOVE_ORDER),
        ),
        needs=RKE1,
    ),
    PageKind(
        "concepts",
        N_("Concepts"),
        (Section("concepts-table", concepts.all_concepts),),
    ),
    PageKind(
        "glossary",
        N_("Glossary"),
        (
            Section("glossary-terms", glossary.terms),
            Section("glossary-components", glossary.components, COMPONENTS),
        ),
    ),
    PageKind(
        "changes",
        N_("Changes"),
        (
            Section("changes-timeline", timeline.timeline_view),
            Section("changes-steps", timeline.steps_view, STEPS),
        ),
        needs=EARLIER,
    ),
    PageKind(
        "collection",
        N_("Collection report"),
        (
            Section("collection-intro", collection.intro),
            Section("collection-captures", collection.captures, CAPTURES),
            Section("collection-scopes", collection.scopes, SCOPES),
            Section("collection-redaction", collection.redaction, REDACTION),
        ),
    ),
)
"""The pages about the whole, in the order of the navigation."""

SUBJECTS: tuple[PageKind, ...] = (
    PageKind(
        "namespace",
        "{name}",
        (
            _SINCE,
            Section("namespace-intro", namespace.intro),
            Section("namespace-workloads", namespace.workloads, WORKLOADS),
            Section("namespace-about", namespace.about_view, ABOUT),
            Section("namespace-network", namespace.network, NETWORK),
            Section("namespace-configuration", namespace.configuration, CONFIGURATION),
            Section("namespace-access", namespace.access, ACCESS),
            Section("namespace-others", namespace.others, OTHERS),
            _HISTORY,
        ),
        folder="namespaces",
        badge=N_("Namespace"),
    ),
    PageKind(
        "workload",
        "{name}",
        (
            _SINCE,
            Section("workload-intro", workload.intro),
            Section("workload-about", workload.about_view, ABOUT),
            Section("workload-containers", workload.containers_view, CONTAINERS),
            Section("workload-pods", workload.pods_view, PODS),
            Section("workload-impact", workload.impact_view, IMPACT),
            Section("workload-scaling", workload.scaling_view, SCALING),
            Section("workload-relations", workload.relations_view, RELATIONS),
            _HISTORY,
            Section("workload-look", workload.look_view, LOOK),
        ),
        folder="workloads",
        badge=DETAIL,
    ),
    PageKind(
        "container",
        "{name}",
        (
            _SINCE,
            Section("container-intro", standalone.intro),
            Section("container-about", standalone.about_view, ABOUT),
            Section("container-runs", standalone.runs, RUNS),
            Section("container-impact", standalone.impact_view, IMPACT),
            Section("container-relations", standalone.relations_view, RELATIONS),
            _HISTORY,
        ),
        folder="containers",
        badge=N_("Container outside pods"),
    ),
    PageKind(
        "node",
        "{name}",
        (
            _SINCE,
            Section("node-intro", node.intro),
            Section("node-map", node.map_view, MAP),
            Section("node-conditions", node.conditions, CONDITIONS),
            Section("node-requests", capacity.node_view, REQUESTS),
            Section("node-lines", node.lines, LINES),
            Section("node-parts", host.node_parts, PARTS),
            Section("node-processes", host.node_processes, PROCESSES),
            Section("node-listeners", node.listeners_view, LISTENERS),
            Section("node-host", host.node_host, HOST),
            _HISTORY,
        ),
        folder="nodes",
        badge=N_("Node"),
    ),
    PageKind(
        "process",
        "{name}",
        (
            Section("process-intro", host.process_intro),
            Section("process-about", host.process_about, ABOUT),
            Section("process-runs", host.process_runs, RUNS),
        ),
        folder="processes",
        badge=N_("Process of the nodes"),
    ),
    PageKind(
        "owner",
        "{name}",
        (
            Section("owner-intro", owners.owner_intro),
            Section("owner-owned", owners.owner_things, OWNED),
            Section("owner-said", owners.owner_said, SAID),
        ),
        folder="owners",
        badge=N_("Owner"),
    ),
    PageKind(
        "viewpoint",
        "{name}",
        (
            Section("viewpoint-intro", viewpoints.intro),
            Section("viewpoint-text", viewpoints.text),
            Section("viewpoint-picture", viewpoints.picture, PICTURE),
            Section("viewpoint-workloads", viewpoints.workloads, WORKLOADS),
        ),
        folder="viewpoints",
    ),
    PageKind(
        "concept",
        "{name}",
        (
            Section("concept-intro", concepts.intro),
            Section("concept-here", concepts.here, HERE),
            Section("concept-about", concepts.about_view, ABOUT),
        ),
        folder="concepts",
        badge=N_("Concept"),
    ),
    PageKind(
        "step",
        "{name}",
        (
            Section("step-intro", step.step_intro),
            Section("step-changes", step.step_changes, CHANGES),
            Section("step-unknown", step.step_unknown, UNKNOWN),
        ),
        folder="changes",
        detailed=N_("{detail} to {name}"),
    ),
)
"""The pages about one subject each."""

PICTURES: Mapping[str, ViewFunction] = MappingProxyType(
    {
        "picture-ingress": ways.ingress_pictures,
        "picture-ledger": ledger.picture_view,
        "picture-map": overview.map_view,
        "picture-relations": workload.relations_picture,
    }
)
"""Views that only hand-written pages ask for."""


class PageTable:
    """Declared pages, checked against one another.

    Raises ``ValueError`` if two declarations contradict one another.
    """

    def __init__(
        self, whole: Iterable[PageKind], subjects: Iterable[PageKind] = (), pictures: Mapping[str, ViewFunction] = _NONE
    ) -> None:
        self.whole = tuple(whole)
        self.subjects = tuple(subjects)
        self.pictures = pictures
        kinds: dict[str, PageKind] = {}
        views: dict[str, ViewFunction] = dict(pictures)
        headings: dict[str, str] = {}
        for kind in (*self.whole, *self.subjects):
            if kinds.setdefault(kind.key, kind) is not kind:
                raise ValueError(f"two pages have one key, {kind.key}")
            if bool(kind.folder) is not (kind in self.subjects):
                raise ValueError(f"page {kind.key}: pages about one subject each lie in a folder, and no others")
            _check_sections(kind, views, headings)
        self.kinds: Mapping[str, PageKind] = MappingProxyType(kinds)
        """All kinds of pages by their keys."""
        self.views: Mapping[str, ViewFunction] = MappingProxyType(dict(sorted(views.items())))
        """Every view by the name that templates and hand-written pages use."""
        self.headings: Mapping[str, str] = MappingProxyType(headings)
        """The words of headings by their ids, as messages: they are looked up in the language of the site when a page is read."""
        self.told_at: Mapping[str, str] = MappingProxyType({kind.tells: kind.key for kind in self.whole if kind.tells})
        """Concepts of the catalog that a page about the whole tells. Each other one has its own page."""

    def with_pages(self, more: Iterable[PageKind]) -> PageTable:
        """The same with more pages about the whole, at the end of the navigation."""
        return PageTable((*self.whole, *more), self.subjects, self.pictures)

    def kind_of(self, page: Page) -> PageKind:
        """The declaration of a page."""
        return self.kinds[page.key if page.kind == "fixed" else page.kind]

    def lay_out(self, subjects: Iterable[SubjectPage], *, has: Collection[str] = ()) -> tuple[Page, ...]:
        """All pages of a site: those about the whole first, then those of the subjects, sorted by kind and key.

        ``has`` is what the site has of that which pages can need. Two subjects with one key are one page (the first by name wins, and the
        records of both belong to it).
        """
        pages: dict[str, Page] = {
            kind.key: Page(kind.key, "fixed", "", fixed_docname(kind.key), "", "" if kind.key == ROOT else ROOT)
            for kind in self.whole
            if not kind.needs or kind.needs in has
        }
        for subject in sorted(subjects, key=lambda s: (s.kind, s.identity, s.record_ids)):
            part = page_key(*subject.identity)
            key = f"{subject.kind}-{part}"
            known = pages.get(key)
            ids = subject.record_ids if known is None else tuple(sorted({*known.record_ids, *subject.record_ids}))
            first = known or subject
            pages[key] = Page(
                key=key,
                kind=subject.kind,
                subject=subject.name if known is None else known.subject,
                docname=f"{self.kinds[subject.kind].folder}/{part}",
                title=first.title,
                parent=first.parent,
                record_ids=ids,
                detail=first.detail,
            )
        return tuple(pages.values())


def _check_sections(kind: PageKind, views: dict[str, ViewFunction], headings: dict[str, str]) -> None:
    if not _KEY.fullmatch(kind.key):
        raise ValueError(f"page {kind.key}: a key is of small letters, digits and hyphens")
    above = [section.heading for section in kind.sections if section.heading is not None]
    if len({heading.id for heading in above}) != len(above):
        raise ValueError(f"page {kind.key}: two of its headings have one anchor")
    for section in kind.sections:
        if not _KEY.fullmatch(section.view) or (section.heading and not _KEY.fullmatch(section.heading.id)):
            raise ValueError(
                f"page {kind.key}: names of views and ids of headings are of small letters, digits and hyphens"
            )
        if views.setdefault(section.view, section.shows) is not section.shows:
            raise ValueError(f"page {kind.key}: two views are called {section.view}")
        if section.heading and headings.setdefault(section.heading.id, section.heading.words) != section.heading.words:
            raise ValueError(f"page {kind.key}: the heading {section.heading.id} has other words elsewhere")


def fixed_docname(key: str) -> str:
    """The document of a page about the whole; the root is the index."""
    return "index" if key == ROOT else key


PAGES = PageTable(WHOLE, SUBJECTS, PICTURES)
"""The pages that rkedoc itself declares."""
