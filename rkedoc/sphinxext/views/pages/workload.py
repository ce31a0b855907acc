"""The page of a workload: what it is, what it runs, its pods with their engine containers, and what it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import at, items, mapping, natural, number
from rkedoc.explain.looking import look_further
from rkedoc.explain.manifest import manifest
from rkedoc.explain.scaling import readiness
from rkedoc.i18n import N_, _, between, counted
from rkedoc.snapshot.identity import page_key
from rkedoc.sphinxext.blocks.sanitize import LONGEST
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Callout,
    Cell,
    Code,
    CodeBlock,
    Details,
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
from rkedoc.sphinxext.layout import subject_key
from rkedoc.sphinxext.views.pages.owners import owner_ref
from rkedoc.sphinxext.views.parts.cells import (
    DASH,
    bad_conditions,
    badge,
    code,
    exit_code_of,
    joined,
    makers,
    moment,
    read_in,
    reservation,
    scalar,
    selector,
    state,
    string,
)
from rkedoc.sphinxext.views.parts.impact import what_would_be_hit
from rkedoc.sphinxext.views.parts.podspec import container_blocks, scheduling_facts, volume_cell
from rkedoc.sphinxext.views.parts.problems import problem_callouts
from rkedoc.sphinxext.views.parts.prose import about, in_own_words, unknown
from rkedoc.sphinxext.views.parts.related import neighbours, related_tables
from rkedoc.sphinxext.views.parts.scaling import scaling
from rkedoc.sphinxext.views.parts.site_index import desk
from rkedoc.vocabulary import Role, Whose

if TYPE_CHECKING:
    from rkedoc.cluster.model import Workload
    from rkedoc.explain.ledger.ledger import LedgerLine
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.site import Site

KINDS: Mapping[str, str] = {
    "Deployment": N_("Deployment"),
    "DaemonSet": N_("DaemonSet: a pod on every node that fits"),
    "StatefulSet": N_("StatefulSet: pods with a name and storage of their own"),
    "CronJob": N_("CronJob: runs by the clock"),
    "Job": N_("Job: runs until it succeeds"),
    "ReplicaSet": N_("ReplicaSet"),
    "ReplicationController": N_("ReplicationController"),
    "Pod": N_("Pod without a controller: nobody makes it again on another node"),
}


def workload_of(site: Site, key: str) -> Workload:
    """The workload that a page is about."""
    workloads = desk(site).workload_by_id
    for record_id in site.page(key).record_ids:
        if record_id in workloads:
            return workloads[record_id]
    raise LookupError(key)


def intro(site: Site, key: str) -> View:
    """What is not well; then what kind of thing this is, where, how many, and who made it."""
    workload = workload_of(site, key)
    entry = workload.entry
    out: list[Block] = [*problem_callouts(desk(site).problems_with(workload))]
    out.extend(_bad_nodes(site, workload))
    lead: list[Inline] = []
    if entry is not None:
        lead = [badge(entry.origin), " ", entry.summary]
    else:
        images = sorted({string(c, "image") for c in items(workload.pod_spec, "containers")} - {""})
        lead = [badge(workload.origin), " ", _("Somebody's own. It runs"), " "]
        lead += [*joined((Ref("image", image),) for image in images), "."]
    out.append(Para(tuple(lead)))
    out.append(Facts(tuple(_facts(site, workload))))
    return tuple(out)


def _bad_nodes(site: Site, workload: Workload) -> Iterator[Block]:
    """What the nodes of pods that are not well report of themselves."""
    index = desk(site)
    ill = [pod for pod in workload.pods if pod.id in index.problems_by_record]
    for name in sorted({string(pod.body, "spec", "nodeName") for pod in ill} - {""}):
        node = site.cluster.snapshot.get(f"core/Node/-/{name}")
        bad = tuple(bad_conditions(node.body)) if node is not None else ()
        if bad:
            yield Callout("warn", _("Its node is not well either"), (Para((Ref("node", name), ": ", *joined(bad))),))
        elif node is not None:
            yield Para((_("Its node reports nothing wrong:"), " ", Ref("node", name), "."), "muted")


def _lines(site: Site, workload: Workload) -> Iterator[LedgerLine]:
    index = desk(site).lines_by_pod
    for pod in workload.pods:
        yield from index.get((pod.namespace or "", pod.name), ())


def _facts(site: Site, workload: Workload) -> Iterator[tuple[str, Cell]]:
    yield _("Namespace"), (Ref("namespace", workload.namespace),)
    yield from _owner(site, workload)
    if shown_in := desk(site).viewpoints_of.get(workload.id):
        yield _("Viewpoints"), joined((Ref("page", subject_key("viewpoint", one.id), one.name),) for one in shown_in)
    if workload.entry is not None:
        yield _("Component"), (Ref("component", workload.entry.id, workload.entry.name),)
    record = workload.record
    if record is not None:
        body = record.body
        replicas = _replicas(record)
        if replicas:
            yield _("Pods"), replicas
        yield from _kind_facts(workload.kind, body)
        made_by = tuple(makers(body))
        if made_by:
            yield _("Made by"), joined(made_by)
        created = string(body, "metadata", "creationTimestamp")
        if created:
            yield _("Made on"), moment(created)
    elif not workload.pods:
        yield _("Pods"), DASH
    spec = workload.pod_spec
    yield from scheduling_facts(spec)
    nodes = sorted({string(pod.body, "spec", "nodeName") for pod in workload.pods} - {""}, key=natural)
    if nodes:
        shown = nodes[:8]
        tail: Cell = (_(" and {count} more").format(count=len(nodes) - 8),) if len(nodes) > 8 else ()
        yield _("Runs on"), (*joined((Ref("node", name),) for name in shown), *tail)


def _owner(site: Site, workload: Workload) -> Iterator[tuple[str, Cell]]:
    """Who answers for it; that nobody says so where it is not the platform's."""
    owned = site.owners.by_record[workload.id]
    if owned.owner:
        yield _("Owner"), read_in((owner_ref(owned.owner),), (owned.where,))
    elif owned.whose != Whose.PLATFORM:
        yield _("Owner"), (Ref("page", "owners", _("nobody says whose"), anchor="unowned"),)


def _replicas(record: Record) -> Cell:
    body = record.body
    if record.kind == "Job":
        done = number(body, "status", "succeeded")
        failed = number(body, "status", "failed")
        wanted = at(body, "spec", "completions")
        parts: list[Inline] = [
            _("{done} of {wanted} succeeded").format(done=done, wanted=1 if wanted is None else scalar(wanted))
        ]
        if failed:
            parts += [", ", Badge(_("{count} failed").format(count=failed), "bad")]
        return tuple(parts)
    found = readiness(record)
    if found is None:
        return ()
    ready, wanted = found
    text = _("{ready} of {wanted} ready").format(ready=ready, wanted=wanted)
    if wanted == 0:
        return (Badge(_("scaled to 0"), "muted"),)
    return (Badge(text, "ok" if ready >= wanted else "bad" if ready == 0 else "warn"),)


def _kind_facts(kind: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Cell]]:
    if kind == "CronJob":
        schedule = code(string(body, "spec", "schedule"))
        paused: Cell = (" ", Badge(_("suspended"), "warn")) if at(body, "spec", "suspend") is True else ()
        yield _("Schedule"), (*schedule, *paused)
        yield _("Last run"), moment(at(body, "status", "lastScheduleTime"))
    labels = mapping(body, "spec", "selector", "matchLabels")
    if labels:
        yield _("Selects pods by"), selector(labels, items(body, "spec", "selector", "matchExpressions"))
    strategy = string(body, "spec", "strategy", "type") or string(body, "spec", "updateStrategy", "type")
    if strategy:
        rolling = mapping(body, "spec", "strategy", "rollingUpdate") or mapping(
            body, "spec", "updateStrategy", "rollingUpdate"
        )
        details = ", ".join(f"{name} {scalar(value)}" for name, value in sorted(rolling.items()))
        yield _("Updates"), (strategy, f" ({details})" if details else "")


def about_view(site: Site, key: str) -> View:
    """The catalog's text; for somebody's own workload what the cluster itself tells about it."""
    workload = workload_of(site, key)
    entry = workload.entry
    record = workload.record or next(iter(workload.pods), None)
    told = about(site, entry) if entry is not None else unknown(workload.name)
    out: list[Block] = [*in_own_words(record, *_services(site, workload)), *told]
    return tuple(out)


def _services(site: Site, workload: Workload) -> Iterator[Record]:
    """The services that find their pods in this workload: people describe these more often than the workload."""
    for edge in site.relations.of(workload.id):
        if edge.target == workload.id and edge.verb == "selects":
            service = site.cluster.snapshot.get(edge.source)
            if service is not None and service.kind == "Service":
                yield service


def containers_view(site: Site, key: str) -> View:
    """Each container of the specification, the volumes, and in a line the sandbox that holds each pod together."""
    workload = workload_of(site, key)
    spec = workload.pod_spec
    out: list[Block] = []
    if not spec or _collected(site, workload) is None:
        out.append(Para((_("Its specification was not collected."),), "warn"))
    roles = [role for role, _container in containers_of(spec)]
    if roles:
        sentence = _("Each pod has {containers} and a sandbox that holds its network.").format(
            containers=joined_words(roles)
        )
        out.append(Para((sentence,)))
    out.append(_sandbox(site, workload, spec))
    said = {workload.entry.summary} if workload.entry is not None else set()
    for role, container in containers_of(spec):
        out.append(_container(site, workload, spec, role, container, said))
    volumes = tuple(
        Row((code(string(volume, "name")), volume_cell(volume, workload.namespace)))
        for volume in items(spec, "volumes")
    )
    if volumes:
        out.append(Part("volumes", _("Volumes"), (Table((_("Volume"), _("What")), volumes),)))
    return tuple(out)


def joined_words(roles: Iterable[Role]) -> str:
    """How many containers of each role, in words."""
    counts: dict[Role, int] = {}
    for role in roles:
        counts[role] = counts.get(role, 0) + 1
    forms = {
        Role.APP: (_("{count} container"), _("{count} containers")),
        Role.INIT: (_("{count} init container"), _("{count} init containers")),
        Role.SIDECAR: (_("{count} sidecar"), _("{count} sidecars")),
        Role.EPHEMERAL: (_("{count} debugging container"), _("{count} debugging containers")),
    }
    return between().join(counted(count, *forms[role]) for role, count in counts.items())


def _collected(site: Site, workload: Workload) -> Record | None:
    """Its object, or one of its pods; ``None`` for one that only an engine knows, whose specification nobody wrote so."""
    return site.cluster.snapshot.get((workload.record or next(iter(workload.pods), workload)).id)


def _container(
    site: Site, workload: Workload, spec: Mapping[str, Any], role: Role, container: Mapping[str, Any], said: set[str]
) -> Part:
    """A container. What it is, is ``said`` of the first one alone, if the page has not begun with it; of the others it is named."""
    name = string(container, "name")
    match = site.cluster.container_match(workload, name)
    entry = match.entry if match is not None else None
    lead: list[Inline] = [Badge(role.label.translated, "muted")]
    if entry is not None:
        what = Ref("component", entry.id, entry.name) if entry.summary in said else entry.summary
        lead += [" ", badge(entry.origin), " ", what]
        said.add(entry.summary)
    qualified = f"{workload.namespace}/{workload.name}/{name}"
    target = ObjectTarget("container", qualified, f"{workload.name}/{name}", subject=True)
    image = string(container, "image")
    told = (
        container_blocks(container, spec, workload.namespace, site.cluster)
        if _collected(site, workload) is not None
        else (Facts(((_("Image"), (Ref("image", image),) if image else DASH),)),)  # an engine knows no more of it
    )
    body = (Para(tuple(lead)), *told)
    return Part(f"container-{page_key(name)}", name, body, (target,))


def _sandbox(site: Site, workload: Workload, spec: Mapping[str, Any]) -> Para:
    """The sandbox of each of its pods in a line: what runs it, and what it shares with the node."""
    snapshot = site.cluster.snapshot
    lines = (line for line in _lines(site, workload) if line.role == Role.SANDBOX)
    records = [record for line in lines if line.record_id and (record := snapshot.get(line.record_id)) is not None]
    images = sorted({string(record.body, "image") for record in records} - {""})
    entry = site.cluster.catalog.get("pause")
    called = _("the sandbox of its pods (pause)")
    out: list[Inline] = [Badge(Role.SANDBOX.label.translated, "muted"), " "]
    out.append(Ref("component", entry.id, called) if entry is not None else called)
    if images:
        out += [" ", *joined((Ref("image", image),) for image in images)]
    fields = (("hostNetwork", _("network")), ("hostPID", _("processes")), ("hostIPC", "IPC"))
    if shared := [name for field, name in fields if spec.get(field) is True]:
        out += [" ", Badge(_("the node's own: {what}").format(what=between().join(shared)), "warn")]
    return Para(tuple(out))


def pods_view(site: Site, key: str) -> View:
    """Its pods, and what the engine runs for each of them."""
    workload = workload_of(site, key)
    note = reservation(site, ("core/pods",), workload.namespace)
    if not workload.pods:
        return note or (Para((_("It has no pods at the moment."),), "muted"),)
    rows = tuple(_pod_row(pod, workload) for pod in workload.pods)
    columns = (_("Pod"), _("State"), _("Ready"), _("Restarts"), _("Node"), _("Address"), _("Started"))
    out: list[Block] = [*note, Table(columns, rows, filterable=True)]
    engine = tuple(_engine_rows(site, workload))
    if engine:
        names = (
            _("Container"),
            _("Role"),
            _("State"),
            _("Restarts"),
            _("Last end"),
            _("In the engine as"),
            _("Started"),
        )
        out.append(Part("pod-containers", _("Their containers"), (Table(names, engine, filterable=True),)))
    out.extend(_engine_note(site, workload))
    return tuple(out)


def _engine_note(site: Site, workload: Workload) -> Iterator[Block]:
    seen = desk(site).engine_nodes
    unseen = sorted({string(pod.body, "spec", "nodeName") for pod in workload.pods} - {""} - seen)
    if unseen and seen:
        yield Para(
            (_("The engines of these nodes were not collected:"), " ", *joined((Ref("node", n),) for n in unseen[:8])),
            "muted",
        )


def pod_state(body: Mapping[str, Any]) -> Cell:
    """The state of a pod as ``kubectl get pods`` gives it: a container's reason before the pod's phase."""
    status = mapping(body, "status")
    if at(body, "metadata", "deletionTimestamp"):
        return state("Terminating")
    shown = string(status, "reason") or string(status, "phase")
    for prefix, part in (("Init:", "initContainerStatuses"), ("", "containerStatuses")):
        for item in items(status, part):
            reason = string(item, "state", "waiting", "reason") or string(item, "state", "terminated", "reason")
            waiting = bool(mapping(item, "state", "waiting"))
            if reason and reason not in ("PodInitializing", "ContainerCreating") and (waiting or reason != "Completed"):
                return (Badge(f"{prefix}{reason}", "bad"),)
            if reason == "ContainerCreating":
                shown = reason
    if shown == "Succeeded":
        return state("Completed")
    return state(shown)


def _pod_row(pod: Record, workload: Workload) -> Row:
    body = pod.body
    statuses = tuple(items(body, "status", "containerStatuses"))
    total = len(tuple(items(body, "spec", "containers"))) or len(statuses)
    ready = sum(1 for item in statuses if item.get("ready") is True)
    restarts = sum(number(item, "restartCount") for item in statuses)
    done = string(body, "status", "phase") == "Succeeded"
    node = string(body, "spec", "nodeName")
    targets = () if workload.kind == "Pod" else (ObjectTarget("pod", f"{pod.namespace}/{pod.name}", pod.name),)
    return Row(
        (
            (Code(pod.name),),
            pod_state(body),
            (Badge(f"{ready}/{total}", "ok" if ready >= total else "muted" if done else "bad"),),
            (Badge(str(restarts), "warn"),) if restarts else ("0",),
            (Ref("node", node),) if node else (_("not placed"),),
            code(string(body, "status", "podIP")),
            moment(at(body, "status", "startTime")),
        ),
        objects=targets,
    )


def _engine_rows(site: Site, workload: Workload) -> Iterator[Row]:
    lines = desk(site).lines_by_pod
    snapshot = site.cluster.snapshot
    template_names = {(string(c, "name")) for _r, c in containers_of(workload.pod_spec)}
    bare = workload.kind == "Pod"
    for pod in workload.pods:
        status: dict[str, Mapping[str, Any]] = {}
        for part in ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"):
            for item in items(pod.body, "status", part):
                status[string(item, "name")] = item
        seen: set[str] = set()
        for line in lines.get((pod.namespace or "", pod.name), ()):
            record = snapshot.get(line.record_id) if line.record_id.startswith("engine/") else None
            name = _container_name(line, record)
            previous = line.role == Role.PREVIOUS_ATTEMPT
            item = {} if previous or line.role == Role.SANDBOX else status.get(name, {})
            targets: list[ObjectTarget] = []
            if record is not None:
                targets.append(ObjectTarget("enginecontainer", f"{record.namespace}/{record.name}", record.name))
            if name and line.role not in (Role.SANDBOX, Role.PREVIOUS_ATTEMPT) and name not in seen:
                seen.add(name)
                if not (bare and name in template_names):
                    qualified = f"{pod.namespace}/{pod.name}/{name}"
                    targets.append(ObjectTarget("container", qualified, f"{pod.name}/{name}"))
            yield _engine_row(pod, line, record, item, name, tuple(targets))


def _container_name(line: LedgerLine, record: Record | None) -> str:
    if record is not None:
        return string(record.body, "pod", "container")
    return line.name.rpartition("/")[2]


def _engine_row(
    pod: Record,
    line: LedgerLine,
    record: Record | None,
    item: Mapping[str, Any],
    name: str,
    targets: tuple[ObjectTarget, ...],
) -> Row:
    body: Mapping[str, Any] = record.body if record is not None else {}
    waiting = string(item, "state", "waiting", "reason")
    shown: Cell = (Badge(waiting, "bad"),) if waiting else state(line.state)
    started = at(body, "startedAt") or at(item, "state", "running", "startedAt")
    label = name if line.role != Role.SANDBOX else "pause"
    return Row(
        (
            (Code(f"{pod.name}/{label or line.name}"),),
            (line.role.label.translated,),
            shown,
            (str(number(item, "restartCount")),) if item else DASH,
            _last_end(body, item),
            code(record.name) if record is not None else DASH,
            moment(started),
        ),
        objects=targets,
    )


def _last_end(body: Mapping[str, Any], item: Mapping[str, Any]) -> Cell:
    ended = mapping(item, "lastState", "terminated") or mapping(item, "state", "terminated")
    if ended:
        exit_code = number(ended, "exitCode")
        return (
            Code(string(ended, "reason") or _("ended")),
            " ",
            _("exit code {code}").format(code=exit_code),
            " ",
            *moment(ended.get("finishedAt")),
        )
    if string(body, "state") in ("exited", "dead") and not mapping(body, "sandbox"):  # which ends without an exit code
        oom: Cell = (Badge("OOMKilled", "bad"), " ") if body.get("oomKilled") is True else ()
        return (*oom, exit_code_of(body), " ", *moment(body.get("finishedAt")))
    return DASH


def impact_view(site: Site, key: str) -> View:
    """What needs it, directly and through others."""
    workload = workload_of(site, key)
    return what_would_be_hit(site, workload.id, workload.namespace)


def scaling_view(site: Site, key: str) -> View:
    """How many pods it has and who changes that, and how many of them may be taken away while nodes are drained."""
    return scaling(site, workload_of(site, key))


def look_view(site: Site, key: str) -> View:
    """The object itself as it was collected, and the commands that show how it is now."""
    workload = workload_of(site, key)
    out: list[Block] = []
    if looks := look_further(workload):
        lines = (line for look in looks for line in (f"# {look.shows.translated}", look.command))
        out.append(CodeBlock("\n".join(lines), "sh"))
    record = _collected(site, workload)
    if record is not None:
        text = manifest(record)
        lines_ = counted(text.count("\n"), _("{count} line"), _("{count} lines"))
        summary = (
            _("The object as it was collected, without what was hidden:"),
            " ",
            Code(record.id),
            " (",
            lines_,
            ")",
        )
        out.append(Details(summary, tuple(CodeBlock(part, "yaml") for part in _in_parts(text))))
    return tuple(out)


def _in_parts(text: str) -> Iterator[str]:
    """A long text in parts of whole lines, each of which is shown whole."""
    part: list[str] = []
    size = 0
    for line in text.splitlines():
        if part and size + len(line) > LONGEST:
            yield "\n".join(part)
            part, size = [], 0
        part.append(line)
        size += len(line) + 1
    yield "\n".join(part)


def relations_view(site: Site, key: str) -> View:
    """Who owns it, who sends it requests, what it reads and mounts, as which account, with which rights."""
    workload = workload_of(site, key)
    return (
        *neighbours(site, workload.id, workload.kind, workload.name, workload.origin),
        *related_tables(site, workload.id, workload.namespace),
    )


def relations_picture(site: Site, key: str) -> View:
    """The picture alone, for hand-written pages."""
    workload = workload_of(site, key)
    return neighbours(site, workload.id, workload.kind, workload.name, workload.origin)
