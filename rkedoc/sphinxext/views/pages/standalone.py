"""Containers outside pods: their list, and the page of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rkedoc.cluster.fields import items, mapping
from rkedoc.explain.commands import command_of
from rkedoc.explain.facts.flags import version_of_image
from rkedoc.explain.unseen import unseen_containers
from rkedoc.i18n import _, between
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
    Strong,
    Table,
    View,
)
from rkedoc.sphinxext.views.pages.ledger import why
from rkedoc.sphinxext.views.parts.cells import (
    DASH,
    badge,
    code,
    codes,
    exit_code_of,
    joined,
    listing,
    moment,
    reservation,
    scalar,
    size,
    state,
    string,
    words,
)
from rkedoc.sphinxext.views.parts.impact import what_would_be_hit
from rkedoc.sphinxext.views.parts.podspec import command_blocks, given
from rkedoc.sphinxext.views.parts.problems import problem_callouts
from rkedoc.sphinxext.views.parts.prose import about, unknown
from rkedoc.sphinxext.views.parts.related import neighbours, page_ref, related_tables
from rkedoc.sphinxext.views.parts.site_index import desk
from rkedoc.vocabulary import Role

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry
    from rkedoc.explain.ledger.ledger import LedgerLine
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.site import Site


def records_of(site: Site, key: str) -> tuple[Record, ...]:
    """The engine's containers that a page is about."""
    snapshot = site.cluster.snapshot
    return tuple(record for record_id in site.page(key).record_ids if (record := snapshot.get(record_id)) is not None)


def line_of(site: Site, record: Record) -> LedgerLine | None:
    """The ledger's line of a container."""
    return desk(site).lines_by_record.get(record.id)


def entry_of(site: Site, record: Record) -> Entry | None:
    """The catalog's entry of a container."""
    line = line_of(site, record)
    return site.cluster.catalog.get(line.component) if line is not None and line.component else None


def intro(site: Site, key: str) -> View:
    """What is not well, what this is, and how it stands."""
    records = records_of(site, key)
    out: list[Block] = [*problem_callouts(desk(site).problems_of(record.id for record in records))]
    for record in records[:1]:
        entry, line = entry_of(site, record), line_of(site, record)
        lead: list[Inline] = [badge(line.origin)] if line is not None else []
        lead += [" ", entry.summary if entry is not None else _("A container that the engine runs outside of any pod.")]
        out.append(Para(tuple(lead)))
    rows = tuple(_state_row(site, record) for record in records)
    columns = (_("In the engine as"), _("Node"), _("State"), _("Last end"), _("Started"), _("Why it is classed so"))
    out.append(Table(columns, rows))
    return tuple(out)


def _state_row(site: Site, record: Record) -> Row:
    body = record.body
    line = line_of(site, record)
    collector: Cell = (" ", Badge(_("the collector itself"), "info")) if body.get("collector") is True else ()
    return Row(
        (
            (Code(record.name), *collector),
            (Ref("node", record.namespace or ""),),
            (*state(string(body, "state")), *_health(body)),
            ended(body),
            moment(body.get("startedAt")),
            why(line) if line is not None else DASH,
        ),
        objects=(ObjectTarget("enginecontainer", f"{record.namespace}/{record.name}", record.name),),
    )


def _health(body: Mapping[str, Any]) -> Cell:
    health = string(body, "health")
    return (" ", Badge(health, "ok" if health == "healthy" else "warn")) if health and health != "none" else ()


def ended(body: Mapping[str, Any]) -> Cell:
    """How a container ended, if it does not run."""
    if string(body, "state") in ("running", "created", "paused", ""):
        return DASH
    oom: Cell = (Badge("OOMKilled", "bad"), " ") if body.get("oomKilled") is True else ()
    return (*oom, exit_code_of(body), " ", *moment(body.get("finishedAt")))


def about_view(site: Site, key: str) -> View:
    """The catalog's text."""
    records = records_of(site, key)
    entry = entry_of(site, records[0]) if records else None
    if entry is None:
        return unknown(site.page(key).title)
    return about(site, entry)


def runs(site: Site, key: str) -> View:
    """How the engine runs it: command with flags, network, mounts, environment, rights."""
    records = records_of(site, key)
    if len(records) == 1:
        return run_blocks(records[0].body)
    return tuple(Part("", record.name, run_blocks(record.body)) for record in records[:12])


def run_blocks(body: Mapping[str, Any]) -> tuple[Block, ...]:
    """All that the engine says of a container's configuration."""
    out: list[Block] = []
    if body.get("inspected") is False:
        out.append(
            Para(
                (_("Only its row in a list is known: nobody looked into this container, or there was no answer."),),
                "warn",
            )
        )
    run = command_of(words(body, "entrypoint"), words(body, "args"), whole=True)
    program, tables = command_blocks(run, version_of_image(run.known, string(body, "image")))
    facts: list[tuple[str, Cell]] = [
        (_("Image"), (Ref("image", string(body, "image")),) if string(body, "image") else DASH),
        (_("Command"), program or DASH),
        (_("Network"), _network(body)),
        (_("Restarted"), _restart(body)),
        (_("Security"), _security(body)),
    ]
    for key, label in (("user", _("User")), ("workdir", _("Working directory")), ("hostname", _("Host name"))):
        if string(body, key):
            facts.append((label, code(string(body, key))))
    ports = joined(_port(port) for port in items(body, "ports"))
    if ports != DASH:
        facts.append((_("Ports"), ports))
    shared = words(body, "volumesFrom")
    if shared:
        facts.append((_("Mounts of"), codes(shared)))
    resources = _resources(body)
    if resources != DASH:
        facts.append((_("Resources"), resources))
    check = words(body, "healthcheck", "test")
    if check:
        facts.append((_("Health check"), codes(check, " ")))
    driver = string(body, "logDriver", "type")
    if driver:
        options = mapping(body, "logDriver", "options")
        facts.append(
            (
                _("Log"),
                (
                    Code(driver),
                    *((" ", *codes(f"{k}={scalar(v)}" for k, v in sorted(options.items()))) if options else ()),
                ),
            )
        )
    out.append(Facts(tuple(facts)))
    out.extend(tables)
    environment = tuple(Row((code(string(item, "name")), given(item.get("value", "")))) for item in items(body, "env"))
    if environment:
        out.append(Table((_("Environment"), _("Value")), environment))
    mounts = tuple(_mounts(body))
    if mounts:
        out.append(Table((_("Mounted at"), _("From the node"), _("How")), mounts))
    labels = mapping(body, "labels")
    if labels:
        rows = tuple(Row((code(name), code(value))) for name, value in sorted(labels.items()))
        out.append(Table((_("Label"), _("Value")), rows))
    return tuple(out)


def _network(body: Mapping[str, Any]) -> Cell:
    mode = string(body, "networkMode")
    if mode == "host":
        return (_("that of the node: its ports are the node's ports"),)
    if mode == "none":
        return (_("none"),)
    cells: list[Cell] = []
    for name, network in sorted(mapping(body, "networks").items()):
        cells.append((Code(name), " ", string(network, "ip")))
    return joined(cells) if cells else code(mode)


def _restart(body: Mapping[str, Any]) -> Cell:
    policy = string(body, "restartPolicy", "name")
    words_ = {
        "always": _("always, also after the engine starts"),
        "unless-stopped": _("unless somebody stopped it"),
        "on-failure": _("when it fails"),
        "no": _("never"),
        "": _("never"),
    }
    return (words_.get(policy, policy),)


def _security(body: Mapping[str, Any]) -> Cell:
    parts: list[Cell] = []
    if body.get("privileged") is True:
        parts.append((_("privileged: all rights on the node"),))
    for key, label in (("pidMode", _("processes")), ("ipcMode", _("IPC")), ("utsMode", _("host name"))):
        mode = string(body, key)
        if mode == "host":
            parts.append((_("the node's own {what}").format(what=label),))
        elif mode.startswith("container:"):
            parts.append((_("{what} of another container").format(what=label),))
    for key, label in (("capAdd", _("capabilities added:")), ("capDrop", _("capabilities dropped:"))):
        names = words(body, key)
        if names:
            parts.append((label, " ", *codes(names, " ")))
    if body.get("readOnlyRootfs") is True:
        parts.append((_("file system read-only"),))
    options = words(body, "securityOpt")
    if options:
        parts.append(codes(options))
    return joined(parts, "; ") if parts else (_("the defaults"),)


def _port(port: Mapping[str, Any]) -> Cell:
    inner = f"{string(port, 'containerPort')}/{string(port, 'protocol') or 'tcp'}"
    outer = string(port, "hostPort")
    if not outer or outer == "0":
        return code(inner)
    return (Code(f"{string(port, 'hostIp') or '0.0.0.0'}:{outer}"), " → ", Code(inner))


def _resources(body: Mapping[str, Any]) -> Cell:
    cells: list[Cell] = []
    for key, value in sorted(mapping(body, "resources").items()):
        if value not in (0, None, "", [], {}):
            shown = (
                size(value)
                if key.lower().startswith("memory") and isinstance(value, int) and value > 0
                else scalar(value)
            )
            cells.append(code(f"{key} {shown}"))
    return joined(cells)


def _mounts(body: Mapping[str, Any]) -> Iterator[Row]:
    for mount in sorted(items(body, "mounts"), key=lambda item: string(item, "destination")):
        name = string(mount, "name")
        source: Cell = (_("volume"), " ", *code(name)) if name else code(string(mount, "source"))
        how = _("read only") if mount.get("readOnly") is True else _("read and write")
        spread = string(mount, "propagation")
        if spread and spread not in ("rprivate", "private"):
            how = f"{how}{between()}{spread}"
        yield Row((code(string(mount, "destination")), source, (how,)))


def impact_view(site: Site, key: str) -> View:
    """What needs it, directly and through others."""
    return tuple(block for record in records_of(site, key)[:1] for block in what_would_be_hit(site, record.id))


def relations_view(site: Site, key: str) -> View:
    """What it is connected with."""
    out: list[Block] = []
    for record in records_of(site, key)[:1]:
        line = line_of(site, record)
        out.extend(neighbours(site, record.id, _("container"), record.name, line.origin if line else ""))
        out.extend(related_tables(site, record.id, ""))
    return tuple(out)


def list_intro(site: Site, key: str) -> View:
    """What containers outside pods are."""
    del key
    sentence = _(
        "On a node that RKE made, Kubernetes itself runs in containers that the installer started: they belong to no pod and "
        "no sandbox, and kubectl does not show them. This page also has whatever somebody started by hand."
    )
    return (Para((sentence,)), *reservation(site, ("engine/containers",)))


def list_about(site: Site, key: str) -> View:
    """Why a control plane runs outside pods, as the catalog tells it."""
    del key
    entry = site.cluster.catalog.get("control-plane-outside-pods")
    page = site.page_of_concept("control-plane-outside-pods")
    if entry is None or page is None:
        return ()
    return (Para((entry.summary, " ", _("More:"), " ", Ref("page", page.key, entry.name))),)


def table(site: Site, key: str) -> View:
    """All containers outside pods, one row each."""
    del key
    lines = [line for line in site.ledger.lines if line.role == Role.STANDALONE]
    many = len({line.node for line in lines}) > 1
    rows = []
    for line in lines:
        record = site.cluster.snapshot.get(line.record_id)
        body: Mapping[str, Any] = record.body if record is not None else {}
        entry = site.cluster.catalog.get(line.component) if line.component else None
        where: tuple[Cell, ...] = ((Ref("node", line.node),),) if many else ()
        rows.append(
            Row(
                (
                    (page_ref(site, line.record_id, line.name),),
                    *where,
                    state(line.state),
                    (badge(line.origin),),
                    (Ref("image", string(body, "image")),) if string(body, "image") else DASH,
                    (entry.summary,) if entry is not None else (line.role.label.translated,),
                )
            )
        )
    columns = (_("Container"), *((_("Node"),) if many else ()), _("State"), _("Origin"), _("Image"), _("What it is"))
    hidden = unseen_containers(site.cluster)
    beyond = tuple(piece for item in hidden for piece in (between("; "), item.translated))[1:]
    notes = (
        (Para((Badge(_("not complete"), "warn"), " ", Strong(_("Not seen:")), " ", *beyond, "."), "warn"),)
        if hidden
        else ()
    )
    none = _("None among those that were seen.") if hidden else _("No container outside pods.")
    return (*notes, *listing(site, "engine/containers", columns, rows, none=none, filterable=True))
