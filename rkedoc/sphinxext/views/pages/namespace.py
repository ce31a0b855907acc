"""The page of a namespace, and the list of namespaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rkedoc.cluster.fields import at, items, mapping
from rkedoc.explain.places import Place, places
from rkedoc.explain.scaling import readiness
from rkedoc.i18n import _
from rkedoc.snapshot.identity import record_id
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Cell,
    Code,
    Facts,
    Inline,
    ObjectTarget,
    Para,
    Part,
    Ref,
    Row,
    Table,
    View,
)
from rkedoc.sphinxext.kinds import kind_of, qualified_name
from rkedoc.sphinxext.views.parts.cells import (
    DASH,
    badge,
    code,
    codes,
    joined,
    listing,
    makers,
    missing,
    moment,
    ref,
    reservation,
    selector,
    state,
    string,
    words,
)
from rkedoc.sphinxext.views.parts.problems import amounts, problem_box, severity
from rkedoc.sphinxext.views.parts.prose import about, in_own_words, unknown
from rkedoc.sphinxext.views.parts.related import edges_from, sentence, users
from rkedoc.sphinxext.views.parts.rights import binding_row, rule_cells, who
from rkedoc.sphinxext.views.parts.site_index import MADE_BY_CONTROLLERS, desk
from rkedoc.vocabulary import Right

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.cluster.model import Workload
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.site import Site

_SHOWN = MADE_BY_CONTROLLERS | {
    "Deployment", "DaemonSet", "StatefulSet", "CronJob", "ReplicationController", "Service", "Ingress", "NetworkPolicy",
    "ConfigMap", "Secret", "ServiceAccount", "Role", "RoleBinding", "PersistentVolumeClaim",
}  # fmt: skip


_ILL = 25


def target(record: Record) -> tuple[ObjectTarget, ...]:
    """The row of a record is where references to it lead."""
    return (ObjectTarget(kind_of(record), qualified_name(record), record.name, subject=True),)


def row(record: Record, *cells: Cell) -> Row:
    """A row that begins with the record's name and is the target of references to it."""
    return Row(((Code(record.name),), *cells), objects=target(record))


def intro(site: Site, key: str) -> View:
    """Who made it and what for; what is not well in it."""
    name = site.page(key).subject
    place = places(site.cluster)[name]
    record = site.cluster.snapshot.get(f"core/Namespace/-/{name}")
    out: list[Block] = []
    out.extend(problem_box(desk(site).problems_in(name), _ILL))
    out.append(Para((badge(place.origin), " ", *_purpose(place))))
    facts: list[tuple[str, Cell]] = []
    if record is not None:
        body = record.body
        facts.append((_("State"), state(string(body, "status", "phase"))))
        facts.append((_("Made on"), moment(at(body, "metadata", "creationTimestamp"))))
        made_by = tuple(makers(body))
        if made_by:
            facts.append((_("Made by"), joined(made_by)))
        labels = mapping(body, "metadata", "labels")
        if labels:
            facts.append((_("Labels"), selector(labels)))
        annotations = mapping(body, "metadata", "annotations")
        project = string(annotations, "field.cattle.io/projectId")
        if project:
            facts.append((_("Rancher project"), code(project)))
    else:
        facts.append((_("State"), (missing(site, "core/namespaces") or _("known only from the objects in it"),)))
    counts = {kind: len(records) for kind, records in desk(site).by_namespace.get(name, {}).items()}
    if counts:
        shown = joined((f"{kind} {count}",) for kind, count in sorted(counts.items()) if kind != "Event")
        facts.append((_("Holds"), shown))
    out.append(Facts(tuple(facts)))
    return tuple(out)


def _purpose(place: Place) -> Cell:
    if place.entry is not None:
        return (place.entry.summary,)
    if place.add_ons:
        return (_("All that runs here belongs to"), " ", *_named(place.add_ons), ".")
    return (_("A namespace of somebody's own: the platform did not make it."),)


def _in_short(place: Place) -> Cell:
    if place.entry is not None:
        return (place.entry.summary,)
    return _named(place.add_ons) if place.add_ons else (_("somebody's own"),)


def _named(entries: Iterable[Entry]) -> Cell:
    return joined((Ref("component", entry.id, entry.name),) for entry in entries)


def about_view(site: Site, key: str) -> View:
    """The catalog's text about the namespace."""
    name = site.page(key).subject
    place = places(site.cluster)[name]
    told: View = about(site, place.entry) if place.entry is not None else unknown(name)
    if place.entry is None and place.add_ons:
        told = (Para((_("What runs here is explained where it is described:"), " ", *_named(place.add_ons), ".")),)
    return (*in_own_words(site.cluster.snapshot.get(record_id("", "Namespace", None, name))), *told)


def workloads(site: Site, key: str) -> View:
    """The workloads of the namespace, each with its one sentence."""
    name = site.page(key).subject
    found = desk(site).workloads_in.get(name, ())
    notes = reservation(site, ("core/pods", "apps/deployments", "apps/daemonsets", "apps/statefulsets"), name)
    if not found:
        return notes or (Para((_("Nothing runs in this namespace."),), "muted"),)
    return (*notes, workload_table(site, found))


def workload_table(site: Site, found: Iterable[Workload], *, namespace: bool = False) -> Table:
    """Workloads as a table."""
    rows = []
    for workload in found:
        where: tuple[Cell, ...] = ((Ref("namespace", workload.namespace),),) if namespace else ()
        rows.append(
            Row(
                (
                    *where,
                    (Ref("page", site.page_of_record[workload.id].key, workload.name),)
                    if workload.id in site.page_of_record
                    else (workload.name,),
                    (workload.kind,),
                    _pods(site, workload),
                    (workload.entry.summary,) if workload.entry is not None else _own(site, workload),
                )
            )
        )
    columns = (_("Workload"), _("Kind"), _("Pods"), _("What it is"))
    return Table((_("Namespace"), *columns) if namespace else columns, tuple(rows), filterable=True)


def _own(site: Site, workload: Workload) -> Cell:
    images = sorted({string(c, "image") for c in items(workload.pod_spec, "containers")} - {""})
    return (Badge(_("own workload"), "workload"), " ", *joined((Ref("image", image),) for image in images))


def _pods(site: Site, workload: Workload) -> Cell:
    """How many pods it has, or how many of those that it wants are ready; with how bad what is not well with it is."""
    problems = desk(site).problems_with(workload)
    amount: Cell = (str(len(workload.pods)),)
    if workload.record is not None and (short := readiness(workload.record)) and short[0] < short[1]:
        amount = (_("{ready} of {wanted} ready").format(ready=short[0], wanted=short[1]),)
    return (*amount, " ", severity(problems[0])) if problems else amount


def network(site: Site, key: str) -> View:
    """Services, ingresses and network policies."""
    name = site.page(key).subject
    index = desk(site)
    return (
        Part(
            "services",
            _("Services"),
            listing(
                site,
                "core/services",
                (_("Service"), _("Type"), _("Address"), _("Ports"), _("Finds its pods by"), _("Answered by")),
                (service_row(site, record) for record in index.of_kind(name, "Service")),
                none=_("No service: nothing in this namespace is called by name."),
                namespace=name,
            ),
        ),
        Part(
            "ingresses",
            _("Ingresses"),
            listing(
                site,
                "networking.k8s.io/ingresses",
                (_("Ingress"), _("Class"), _("Routes"), _("TLS")),
                (ingress_row(record) for record in index.of_kind(name, "Ingress")),
                none=_("No ingress: nothing here is reached by a host name from outside."),
                namespace=name,
            ),
        ),
        Part(
            "network-policies",
            _("Network policies"),
            listing(
                site,
                "networking.k8s.io/networkpolicies",
                (_("Policy"), _("For pods with"), _("Lets in"), _("Lets out")),
                (policy_row(record) for record in index.of_kind(name, "NetworkPolicy")),
                none=_("No network policy: pods here may talk to every pod, and every pod to them."),
                namespace=name,
            ),
        ),
    )


def service_ports(body: Mapping[str, Any]) -> Cell:
    """The ports of a service, and where they lead."""
    cells: list[Cell] = []
    for port in items(body, "spec", "ports"):
        text = f"{string(port, 'port')}/{string(port, 'protocol') or 'TCP'}"
        goal = string(port, "targetPort")
        out: list[Inline] = [Code(text)]
        if goal and goal != string(port, "port"):
            out += [" → ", Code(goal)]
        node_port = string(port, "nodePort")
        if node_port and node_port != "0":
            out += [" ", _("on every node:"), " ", Code(node_port)]
        cells.append(tuple(out))
    return joined(cells)


def service_address(body: Mapping[str, Any]) -> Cell:
    """How a service is reached: its cluster address, or what stands in its place."""
    if string(body, "spec", "type") == "ExternalName":
        return (_("an alias of"), " ", *code(string(body, "spec", "externalName")))
    address = string(body, "spec", "clusterIP")
    if address == "None":
        return (_("none: DNS answers with the pods' own"),)
    outside = [
        string(item, "ip") or string(item, "hostname") for item in items(body, "status", "loadBalancer", "ingress")
    ]
    outside += words(body, "spec", "externalIPs")
    return (*code(address), *((", ", _("outside:"), " ", *codes(outside)) if outside else ()))


def service_row(site: Site, record: Record) -> Row:
    """A service as a row of its namespace's page."""
    body = record.body
    return row(
        record,
        (string(body, "spec", "type") or "ClusterIP",),
        service_address(body),
        service_ports(body),
        selector(mapping(body, "spec", "selector")),
        answered_by(site, record),
    )


def answered_by(site: Site, record: Record) -> Cell:
    """The workloads behind a service."""
    goals = [
        edge.target for edge in site.relations.of(record.id) if edge.source == record.id and edge.verb == "selects"
    ]
    workloads = desk(site).workload_by_id
    owners = desk(site).workload_of_pod
    ids = dict.fromkeys(owners[goal].id if goal in owners else goal for goal in goals)
    reason = missing(site, "core/pods", record.namespace)
    if ids:
        named = joined((ref_or_name(workloads.get(i), i),) for i in ids)
        if not reason and all(i in workloads and not workloads[i].pods for i in ids):
            return (Badge(_("nobody"), "warn"), " ", _("it would be:"), " ", *named)
        only = sentence(site, next(iter(ids))) if len(ids) == 1 else ""
        return (*named, ": ", only) if only else named
    if not mapping(record.body, "spec", "selector"):
        return (
            (_("endpoints that something else keeps"),)
            if string(record.body, "spec", "type") != "ExternalName"
            else DASH
        )
    return (reason,) if reason else (Badge(_("nobody"), "warn"),)


def ref_or_name(workload: Workload | None, record_id: str) -> Ref:
    """A link to a workload, or to whatever record it is."""
    from rkedoc.sphinxext.views.parts.cells import ref_of

    return ref_of(workload.id if workload is not None else record_id)


def backend(item: Mapping[str, Any]) -> tuple[str, str]:
    """The service and the port of an ingress backend, in the shape of any API version."""
    name = string(item, "service", "name") or string(item, "serviceName")
    port = (
        string(item, "service", "port", "number")
        or string(item, "service", "port", "name")
        or string(item, "servicePort")
    )
    return name, port


def routes(body: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Host, path, service and port of each route of an ingress; an empty host stands for every one."""
    default = mapping(body, "spec", "defaultBackend") or mapping(body, "spec", "backend")
    if default:
        yield ("", "/", *backend(default))
    for rule in items(body, "spec", "rules"):
        for path in items(rule, "http", "paths"):
            yield (string(rule, "host"), string(path, "path") or "/", *backend(mapping(path, "backend")))


def ingress_row(record: Record) -> Row:
    """An ingress as a row of its namespace's page."""
    body = record.body
    annotated = string(body, "metadata", "annotations", "kubernetes.io/ingress.class")
    cells = [
        (Code(f"{host or '*'}{path}"), " → ", Ref("service", f"{record.namespace}/{name}", name), ":" + port)
        for host, path, name, port in routes(body)
    ]
    tls = joined(
        (
            *codes(words(item, "hosts")),
            " ",
            _("with"),
            " ",
            Ref("secret", f"{record.namespace}/{string(item, 'secretName')}"),
        )
        for item in items(body, "spec", "tls")
    )
    return row(record, code(string(body, "spec", "ingressClassName") or annotated), joined(cells, "; "), tls)


def policy_row(record: Record) -> Row:
    """A network policy as a row of its namespace's page."""
    body = record.body
    chosen = mapping(body, "spec", "podSelector")
    who = selector(mapping(chosen, "matchLabels"), items(chosen, "matchExpressions"))
    kinds = words(body, "spec", "policyTypes") or ("Ingress",)
    return row(
        record,
        (_("all pods"),) if who == DASH else who,
        _directions(body, "ingress", "from", "Ingress" in kinds),
        _directions(body, "egress", "to", "Egress" in kinds),
    )


def _directions(body: Mapping[str, Any], key: str, peers: str, limited: bool) -> Cell:
    if not limited:
        return (_("not limited"),)
    rules = tuple(items(body, "spec", key))
    if not rules:
        return (Badge(_("nothing"), "warn"),)
    return joined((_peers(rule, peers) for rule in rules), "; ")


def _peers(rule: Mapping[str, Any], key: str) -> Cell:
    cells: list[Cell] = []
    for peer in items(rule, key):
        if mapping(peer, "ipBlock"):
            cells.append(code(string(peer, "ipBlock", "cidr")))
            continue
        parts: list[Inline] = []
        if "namespaceSelector" in peer:
            found = selector(mapping(peer, "namespaceSelector", "matchLabels"))
            parts += [
                _("every namespace") if found == DASH else _("namespaces with"),
                *((" ", *found) if found != DASH else ()),
            ]
        if "podSelector" in peer:
            found = selector(mapping(peer, "podSelector", "matchLabels"))
            parts += [
                ", " if parts else "",
                _("all pods") if found == DASH else _("pods with"),
                *((" ", *found) if found != DASH else ()),
            ]
        cells.append(tuple(parts))
    who = joined(cells, _(" or ")) if cells else (_("everybody"),)
    ports = codes(f"{string(port, 'port')}/{string(port, 'protocol') or 'TCP'}" for port in items(rule, "ports"))
    return (*who, " ", _("at"), " ", *ports) if ports != DASH else who


def configuration(site: Site, key: str) -> View:
    """Config maps, secrets and claims, each with what uses it."""
    name = site.page(key).subject
    index = desk(site)
    return (
        Part(
            "config-maps",
            _("Config maps"),
            listing(
                site,
                "core/configmaps",
                (_("Config map"), _("Keys"), _("Used by")),
                (
                    row(
                        record,
                        codes(sorted({*mapping(record.body, "data"), *mapping(record.body, "binaryData")})),
                        users(site, record.id),
                    )
                    for record in index.of_kind(name, "ConfigMap")
                ),
                none=_("No config map."),
                namespace=name,
                filterable=True,
            ),
        ),
        Part(
            "secrets",
            _("Secrets"),
            (
                *listing(
                    site,
                    "core/secrets",
                    (_("Secret"), _("Type"), _("Entries"), _("Used by")),
                    (
                        row(
                            record,
                            code(string(record.body, "type")),
                            (str(record.body["dataCount"]),) if isinstance(record.body.get("dataCount"), int) else DASH,
                            users(site, record.id),
                        )
                        for record in index.of_kind(name, "Secret")
                    ),
                    none=_("No secret."),
                    namespace=name,
                    filterable=True,
                ),
                *mentioned(site, name, "Secret"),
            ),
        ),
        Part(
            "claims",
            _("Claims to storage"),
            listing(
                site,
                "core/persistentvolumeclaims",
                (_("Claim"), _("State"), _("Size"), _("Class"), _("Volume"), _("Used by")),
                (claim_row(site, record) for record in index.of_kind(name, "PersistentVolumeClaim")),
                none=_("No claim: nothing here keeps data in a volume of the cluster."),
                namespace=name,
            ),
        ),
    )


def mentioned(site: Site, namespace: str, kind: str) -> tuple[Block, ...]:
    """Objects that pods name although their list could not be collected: known by name alone."""
    if not missing(site, f"core/{kind.lower()}s", namespace):
        return ()
    names: dict[str, None] = {}
    prefix = f"core/{kind}/{namespace}/"
    for workload in desk(site).workloads_in.get(namespace, ()):
        for edge in site.relations.of(workload.id):
            if edge.target.startswith(prefix) and site.cluster.snapshot.get(edge.target) is None:
                names[edge.target] = None
    rows = tuple(
        Row(
            ((Code(record_id.rpartition("/")[2]),), users(site, record_id)),
            objects=(ObjectTarget(kind.lower(), f"{namespace}/{record_id.rpartition('/')[2]}", subject=True),),
        )
        for record_id in sorted(names)
    )
    return (Table((_("Known by name alone"), _("Used by")), rows),) if rows else ()


def claim_row(site: Site, record: Record, *, namespace: bool = False) -> Row:
    """A claim as a row."""
    body = record.body
    volume = string(body, "spec", "volumeName")
    storage = string(body, "spec", "storageClassName")
    cells: tuple[Cell, ...] = (
        state(string(body, "status", "phase")),
        code(string(body, "status", "capacity", "storage") or string(body, "spec", "resources", "requests", "storage")),
        (Ref("storageclass", storage),) if storage else DASH,
        (Ref("pv", volume),) if volume else DASH,
        users(site, record.id),
    )
    if namespace:
        return Row(((Ref("namespace", record.namespace or ""),), (ref(record, record.name),), *cells))
    return row(record, *cells)


def access(site: Site, key: str) -> View:
    """Accounts, who may do what here, and the roles of the namespace."""
    name = site.page(key).subject
    index = desk(site)
    return (
        Part(
            "accounts",
            _("Service accounts"),
            listing(
                site,
                "core/serviceaccounts",
                (_("Account"), _("Used by"), _("Token in pods")),
                (
                    row(
                        record,
                        users(site, record.id),
                        (_("not mounted"),)
                        if record.body.get("automountServiceAccountToken") is False
                        else (_("mounted"),),
                    )
                    for record in index.of_kind(name, "ServiceAccount")
                ),
                none=_("No account."),
                namespace=name,
                filterable=True,
            ),
        ),
        Part("may", _("Who may do what here"), _may(site, name)),
        Part(
            "bindings",
            _("Bindings"),
            listing(
                site,
                "rbac.authorization.k8s.io/rolebindings",
                (_("Binding"), _("Role"), _("Given to")),
                (binding_row(record) for record in index.of_kind(name, "RoleBinding")),
                none=_("No binding in this namespace."),
                namespace=name,
            ),
        ),
        Part(
            "roles",
            _("Roles"),
            listing(
                site,
                "rbac.authorization.k8s.io/roles",
                (_("Role"), _("Rights")),
                (row(record, rule_cells(record.body)) for record in index.of_kind(name, "Role")),
                none=_("No role of its own."),
                namespace=name,
            ),
        ),
    )


def _may(site: Site, namespace: str) -> tuple[Block, ...]:
    """One line for each question about rights: who has it by a binding here, and how many have it everywhere."""
    grants = desk(site).grants_by_namespace
    notes = reservation(site, _RIGHTS_ELSEWHERE)
    rows = []
    for right in Right:
        own = tuple(dict.fromkeys(grant.subject for grant in grants.get(namespace, ()) if grant.right == right))
        others = {grant.subject for grant in grants.get(None, ()) if grant.right == right}
        named = [who(subject) for subject in own[:_MOST_NAMED]]
        if len(own) > _MOST_NAMED:
            named.append((_("and {count} more").format(count=len(own) - _MOST_NAMED),))
        question = Ref("page", "access", right.label.translated, anchor=f"may-{right}")
        rows.append(Row(((question,), joined(named), (str(len(others)),) if others or not notes else DASH)))
    columns = (_("Question"), _("By a binding here"), _("By one for the whole cluster"))
    return (*notes, Table(columns, tuple(rows)))


_RIGHTS_ELSEWHERE = tuple(f"rbac.authorization.k8s.io/{plural}" for plural in ("clusterrolebindings", "clusterroles"))
_MOST_NAMED = 6


def others(site: Site, key: str) -> View:
    """Every other object in the namespace, by kind."""
    name = site.page(key).subject
    rows = tuple(
        _other(site, record)
        for kind, records in sorted(desk(site).by_namespace.get(name, {}).items())
        if kind not in _SHOWN
        for record in records
    )
    if not rows:
        return (Para((_("Nothing else."),), "muted"),)
    return (Table((_("Kind"), _("Group"), _("Name"), _("Made on")), rows, filterable=True),)


def _other(site: Site, record: Record) -> Row:
    """An object as a row. What scales or protects a workload is described on the workload's page, with its numbers."""
    elsewhere = any(
        desk(site).workload_by_id.get(edge.target) for edge in edges_from(site, record.id, "scales", "protects")
    )
    return Row(
        (
            (record.kind,),
            (record.group,),
            (ref(record, record.name),) if elsewhere else (Code(record.name),),
            moment(at(record.body, "metadata", "creationTimestamp")),
        ),
        objects=() if elsewhere else target(record),
    )


def table(site: Site, key: str) -> View:
    """All namespaces with their one-line purpose."""
    del key
    return (*reservation(site, ("core/namespaces",)), namespaces_table(site))


def namespaces_table(site: Site) -> Table:
    """All namespaces: what each is for, and how much runs in it."""
    rows = []
    for namespace in site.cluster.namespaces():
        name = namespace.name
        place = places(site.cluster)[name]
        found = desk(site).workloads_in.get(name, ())
        ill = desk(site).problems_in(name)
        pods = sum(len(workload.pods) for workload in found)
        cells: tuple[Cell, ...] = (
            (Ref("namespace", name),),
            (badge(place.origin),),
            _in_short(place),
            (str(len(found)),),
            (
                str(pods),
                *((" ", *amounts(ill)) if ill else ()),
            ),
        )
        rows.append(Row(cells))
    return Table(
        (_("Namespace"), _("Whose"), _("What it is for"), _("Workloads"), _("Pods")), tuple(rows), filterable=True
    )
