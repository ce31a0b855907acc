"""The hosts themselves: processes in their classes, who listens where, units and files; and the page of each component that runs as a process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from rkedoc.cluster.fields import at, items, mapping, natural, number, text, words
from rkedoc.explain.commands import command_of
from rkedoc.explain.facts.fact import said
from rkedoc.explain.facts.flags import version_here
from rkedoc.explain.facts.settings import by_node
from rkedoc.explain.facts.supervisor import Part as PartOfNode
from rkedoc.explain.facts.supervisor import supervisor_parts
from rkedoc.explain.ledger.processes import ProcessLine, process_ledger, processes_by_component
from rkedoc.explain.ledger.sockets import OpenSocket, open_sockets
from rkedoc.i18n import _, counted
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Callout,
    Cell,
    Code,
    CodeBlock,
    Details,
    Facts,
    Para,
    Part,
    Ref,
    Row,
    Strong,
    Table,
    View,
)
from rkedoc.sphinxext.views.parts.cells import (
    DASH,
    badge,
    code,
    codes,
    joined,
    moment,
    ref_of,
    reservation,
    scalar,
    size,
    string,
)
from rkedoc.sphinxext.views.parts.concept_pictures import node_picture
from rkedoc.sphinxext.views.parts.node_account import no_processes
from rkedoc.sphinxext.views.parts.podspec import command_blocks
from rkedoc.sphinxext.views.parts.prose import about
from rkedoc.sphinxext.views.parts.related import page_ref
from rkedoc.sphinxext.views.parts.site_index import desk
from rkedoc.vocabulary import ProcessClass

if TYPE_CHECKING:
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.site import Site

_MOST = 2000
"""Processes that one page lists."""

_MINUS = "\u2212"


# The ledger's second half ---------------------------------------------------------------------------------------------


def ledger_processes(site: Site, key: str) -> View:
    """The sum of all processes, and those that nothing explains."""
    del key
    found = process_ledger(site.cluster)
    if not found.lines:
        return no_processes(found)
    out: list[Block] = [*_notes(site), *_sum(found.lines)]
    if not found.closes:
        out.append(
            Callout(
                "warn",
                _("The sum of the processes does not close"),
                (Para((_("Not every process that was counted is listed."),)),),
            )
        )
    nodes = sorted({line.node for line in found.lines}, key=natural)
    out.append(_classes(found.lines, nodes))
    out += _unexplained(site, found.unexplained)
    unread = [node.name for node in site.cluster.nodes() if node.name not in found.read]
    if unread:
        shown = joined((Ref("node", name),) for name in unread[:12])
        out.append(Para((_("Nodes whose hosts were not read:"), " ", *shown), "muted"))
    return tuple(out)


def processes_sum(site: Site) -> tuple[Block, ...]:
    """The sum of all processes as a sentence; none where no host was read."""
    lines = process_ledger(site.cluster).lines
    return _sum(lines) if lines else ()


def node_processes(site: Site, key: str) -> View:
    """The processes of a node: the sum, those of the platform, all others."""
    name = site.page(key).subject
    found = process_ledger(site.cluster, name)
    lines = found.lines
    if not lines:
        return no_processes(found)
    out: list[Block] = [*_notes(site), *_sum(lines), *node_picture(site, name)]
    own = tuple(line for line in lines if line.klass == ProcessClass.PLATFORM)
    columns = (_("Process"), _("What it is"), _("As, and since"))
    rows = tuple(_platform_row(site, line) for line in own)
    out.append(Part("processes-platform", _("Of the platform"), (Table(columns, rows, empty=_("None was found.")),)))
    out += _unexplained(site, tuple(line for line in lines if line.klass == ProcessClass.UNEXPLAINED))
    every = tuple(_row(site, line) for line in lines[:_MOST] if not _is_kernel(line))
    kernel = sum(map(_is_kernel, lines))
    more = Para(
        (
            counted(
                kernel,
                _("{count} thread of the kernel is not listed."),
                _("{count} threads of the kernel are not listed."),
            ),
        ),
        "muted",
    )
    listed = Table((_("Process"), _("Class"), _("What it is"), _("Why it is classed so")), every, filterable=True)
    out.append(Details((_("Every process"),), (listed, more)))
    return tuple(out)


def node_parts(site: Site, key: str) -> View:
    """Which parts of Kubernetes a node has, what runs each, and what that is known by."""
    node = site.page(key).subject
    return parts_table(site, node) or (Para((_("Nothing tells what this node is made of."),), "muted"),)


def parts_table(site: Site, node: str) -> tuple[Block, ...]:
    """The parts of Kubernetes on a node as a table; none where nothing tells."""
    rows = tuple(_part_row(site, part) for part in supervisor_parts(site.cluster, node))
    columns = (_("Part"), _("How it runs here"), _("Known by"))
    return (Table(columns, rows),) if rows else ()


def _part_row(site: Site, part: PartOfNode) -> Row:
    seen: Cell = (" ", Badge(_("not seen"), "warn")) if part.seen is False else ()
    where = part.where
    known: Cell = (part.evidence.label.translated,)
    if where is not None:
        target: Cell = (page_ref(site, where.record, said(where.named)),) if where.record else (said(where.named),)
        known = (*known, ": ", *target, *((", ", said(where.field)) if str(where.field) else ()))
    return Row(((part.name.label.translated,), (Badge(part.state.label.translated, part.state.tone), *seen), known))


def node_host(site: Site, key: str) -> View:
    """The machine, the services of the platform, and the files that make it a node of Kubernetes."""
    name = site.page(key).subject
    machine = site.cluster.snapshot.get(f"host/Host/{name}/host")
    if machine is None:
        return (Para((_("Not read: see its processes above."),), "muted"),)
    files = by_node(site.cluster, "HostFile").get(name, ())
    units = by_node(site.cluster, "HostUnit").get(name, ())
    out: list[Block] = [Facts(tuple(_machine(machine.body)))]
    if units:
        columns = (_("Unit"), _("What it says of itself"), _("Starts"), _("Enabled"))
        out.append(Part("host-units", _("Units of the platform"), (Table(columns, tuple(map(_unit_row, units))),)))
    certificates = [(record, one) for record in files for one in items(record.body, "certificates")]
    if certificates:
        columns = (_("File"), _("For"), _("Issued by"), _("Until"))
        shown = tuple(_certificate_row(record, one) for record, one in certificates)
        out.append(Part("host-certificates", _("Certificates"), (Table(columns, shown),)))
    by_part: dict[str, list[Record]] = {}
    for record in files:
        if not tuple(items(record.body, "certificates")):
            by_part.setdefault(text(record.body, "part"), []).append(record)
    for part, records in sorted(by_part.items()):
        out.append(Part(f"host-{part}", _part_title(part), tuple(_file_blocks(records))))
    return tuple(out)


# The page of a component ----------------------------------------------------------------------------------------------


def process_intro(site: Site, key: str) -> View:
    """What the component is, and where it runs."""
    page = site.page(key)
    entry = site.cluster.catalog.get(page.subject)
    lines = processes_by_component(site.cluster).get(page.subject, ())
    lead: list[Any] = [badge(entry.origin), " ", entry.summary] if entry is not None else []
    columns = (_("Node"), _("Process"), _("As, and since"), _("Why it is classed so"))
    by_node = Counter(line.node for line in lines)
    many = [line for line in lines if by_node[line.node] > _FEW]
    rows = [
        Row(((Ref("node", line.node),), _with_unit(line), _as_and_since(site, line), _why(line)))
        for line in lines
        if line not in many
    ]
    rows += [
        Row(((Ref("node", node),), (counted(count, _("{count} process"), _("{count} processes")),), DASH, DASH))
        for node, count in sorted(by_node.items(), key=lambda item: natural(item[0]))
        if count > _FEW
    ]
    return (Para(tuple(lead)), Table(columns, tuple(rows)))


_FEW = 6
"""So many processes of one component on one node are listed one by one; of shims there is one a pod."""


def components(site: Site, key: str) -> View:
    """Every component that runs as a process, and how often on how many nodes."""
    del key
    rows = []
    for component, lines in processes_by_component(site.cluster).items():
        entry = site.cluster.catalog.get(component)
        origin: Cell = (badge(entry.origin),) if entry is not None else DASH
        nodes = sorted({line.node for line in lines}, key=natural)
        where: Cell = (
            (Ref("node", nodes[0]),)
            if len(nodes) == 1
            else (counted(len(nodes), _("{count} node"), _("{count} nodes")),)
        )
        name = entry.name if entry is not None else component
        rows.append(
            Row(
                (
                    (Ref("component", component, name), " ", *origin),
                    (entry.summary if entry is not None else "–",),
                    (str(len(lines)),),
                    where,
                )
            )
        )
    columns = (_("Component"), _("What it is"), _("Processes"), _("Nodes"))
    return (Table(columns, tuple(rows), empty=_("None was found.")),)


def every_socket(site: Site, key: str) -> View:
    """Who really listens where, on all nodes whose hosts were read: what is the same on several nodes is one row."""
    del key
    found: dict[tuple[int, str, str, str, str], list[OpenSocket]] = {}
    for one in open_sockets(site.cluster):
        who = ", ".join(sorted({line.program for line in one.holders}))
        found.setdefault((one.socket.port, one.socket.protocol, one.socket.address, who, one.socket.unread), []).append(
            one
        )
    rows = []
    for _same, sockets in sorted(found.items()):
        nodes = joined((Ref("node", one.socket.node),) for one in sockets[:6])
        more: Cell = (_(" and {count} more").format(count=len(sockets) - 6),) if len(sockets) > 6 else ()
        port, where, who_, purpose = socket_row(site, sockets[0]).cells
        rows.append(Row((port, where, who_, purpose, (*nodes, *more))))
    columns = (_("Port"), _("Address"), _("Who"), _("What for"), _("Nodes"))
    return (
        *reservation(site, ("host/listeners",)),
        Table(columns, tuple(rows), empty=_("Nothing listens."), filterable=True),
    )


def process_about(site: Site, key: str) -> View:
    """The catalog's text."""
    entry = site.cluster.catalog.get(site.page(key).subject)
    return about(site, entry) if entry is not None else ()


def process_runs(site: Site, key: str) -> View:
    """With which arguments each runs, and where it listens."""
    page = site.page(key)
    out: list[Block] = []
    seen: dict[tuple[str, ...], list[ProcessLine]] = {}
    runs = processes_by_component(site.cluster).get(page.subject, ())
    for line in runs:
        record = site.cluster.snapshot.get(line.id)
        args = tuple(words(record.body, "args")) if record is not None else ()
        if args and record is not None and not text(record.body, "shim", "id"):
            seen.setdefault(args, []).append(line)
    for number_, (args, lines) in enumerate(seen.items(), 1):
        run = command_of((), args, whole=True)
        program, tables = command_blocks(run, version_here(site.cluster, run.known, lines[0].node))
        where = joined((Ref("node", node),) for node in sorted({line.node for line in lines}, key=natural))
        facts = Facts(((_("Nodes"), where), (_("Command"), program or DASH)))
        out.append(Part(f"process-{number_}", PurePosixPath(args[0]).name, (facts, *tables)))
    ids = {line.id for line in runs}
    sockets = [one for one in open_sockets(site.cluster) if ids.intersection(one.socket.processes)]
    if sockets:
        rows = tuple(Row(((Ref("node", one.socket.node),), *socket_row(site, one).cells)) for one in sockets)
        columns = (_("Node"), _("Port"), _("Address"), _("Who"), _("What for"))
        out.append(Part("process-sockets", _("Where it listens"), (Table(columns, rows),)))
    return tuple(out) or (Para((_("Its command line was not read."),), "muted"),)


# Parts ----------------------------------------------------------------------------------------------------------------


def _notes(site: Site) -> tuple[Block, ...]:
    return reservation(site, ("host/processes",))


def _sum(lines: tuple[ProcessLine, ...]) -> tuple[Block, ...]:
    counts = Counter(line.klass for line in lines)
    parts: list[Any] = [Strong(counted(len(lines), _("{count} process"), _("{count} processes")))]
    for klass in ProcessClass:
        if counts[klass]:
            parts += [f" {_MINUS} ", Strong(str(counts[klass])), f" {klass.together.translated}"]
    parts += [" = ", Strong(str(len(lines) - sum(counts.values())))]
    return (Para(tuple(parts)),)


def _classes(lines: tuple[ProcessLine, ...], nodes: list[str]) -> Table:
    counts = Counter((line.klass, line.node) for line in lines)
    shown = nodes[:8]
    rows = [
        Row(
            (
                (badge(klass),),
                *((str(counts[klass, node] or "–"),) for node in shown),
                (str(sum(counts[klass, node] for node in nodes)),),
            )
        )
        for klass in ProcessClass
        if any(counts[klass, node] for node in nodes)
    ]
    totals = [str(sum(counts[klass, node] for klass in ProcessClass)) for node in shown]
    rows.append(Row(((Strong(_("All")),), *((Strong(total),) for total in totals), (Strong(str(len(lines))),))))
    return Table((_("Class"), *shown, _("All")), tuple(rows))


def _unexplained(site: Site, lines: tuple[ProcessLine, ...]) -> list[Block]:
    if not lines:
        return []
    columns = (_("Process"), _("Node"), _("As, and since"), _("Why it is classed so"))
    rows = tuple(
        Row((_name(line), (Ref("node", line.node),), _as_and_since(site, line), _why(line))) for line in lines[:_MOST]
    )
    return [Callout("warn", _("Processes that nothing explains"), (Table(columns, rows),))]


def _platform_row(site: Site, line: ProcessLine) -> Row:
    return Row((_with_unit(line), _what(site, line), _as_and_since(site, line)))


def _row(site: Site, line: ProcessLine) -> Row:
    return Row((_name(line), (badge(line.klass),), _what(site, line), _why(line)))


def _name(line: ProcessLine) -> Cell:
    return (Code(line.program), f" {line.pid}")


def _with_unit(line: ProcessLine) -> Cell:
    return (*_name(line), *((", ", Code(line.unit)) if line.unit else ()))


def _as_and_since(site: Site, line: ProcessLine) -> Cell:
    return (*_account(site, line), ", ", *_since(site, line))


def _what(site: Site, line: ProcessLine) -> Cell:
    entry = site.cluster.catalog.get(line.component) if line.component else None
    if line.container:
        return (_container(site, line.container), *((": ", entry.summary) if entry is not None else ()))
    if entry is None:
        return DASH
    own = line.reasons[0].rule != "parent"
    named: Cell = (Ref("component", entry.id, entry.name),)
    return (*named, ": ", entry.summary) if own else (_("started by"), " ", *named)


def _why(line: ProcessLine) -> Cell:
    return joined(((reason.text,) for reason in line.reasons), "; ")


def _account(site: Site, line: ProcessLine) -> Cell:
    record = site.cluster.snapshot.get(line.id)
    uid = at(record.body, "uid") if record is not None else None
    return (_("root"),) if uid == 0 else (f"uid {uid}",) if isinstance(uid, int) and uid > 0 else DASH


def _since(site: Site, line: ProcessLine) -> Cell:
    record = site.cluster.snapshot.get(line.id)
    return moment(text(record.body, "started")) if record is not None else DASH


def _is_kernel(line: ProcessLine) -> bool:
    return line.klass == ProcessClass.SYSTEM and line.reasons[0].rule == "kernel"


def socket_row(site: Site, one: OpenSocket) -> Row:
    """A listening socket of a host: its port, its address, who holds it, and what for."""
    socket = one.socket
    where: Cell = (
        (Code(socket.address), " ", Badge(_("every address"), "warn")) if one.everywhere else code(socket.address)
    )
    who = joined(_holder(site, line) for line in one.holders) if one.holders else _nobody(socket.unread)
    reasons = ((one.purpose.translated,),) if str(one.purpose) else tuple(_reasons(site, one)) or _whose(one)
    return Row(((Code(f"{socket.port}/{socket.protocol}"),), where, who, joined(reasons)))


def _holder(site: Site, line: ProcessLine) -> Cell:
    entry = site.cluster.catalog.get(line.component) if line.component else None
    if line.container:
        return (Code(line.program), " ", _("in"), " ", _container(site, line.container))
    return (Code(line.program), *((" (", Ref("component", entry.id, entry.name), ")") if entry is not None else ()))


def _container(site: Site, record_id: str) -> Ref:
    """A container by its pod, which is what people call it by; by its own name outside pods."""
    line = desk(site).lines_by_record.get(record_id)
    return ref_of(record_id, f"{line.namespace}/{line.pod}" if line is not None and line.pod else None)


def _whose(one: OpenSocket) -> tuple[Cell, ...]:
    """Whose the processes are, where nothing says what they listen for."""
    return tuple((badge(klass),) for klass in sorted({line.klass for line in one.holders}))


def _reasons(site: Site, one: OpenSocket) -> Iterator[Cell]:
    for component in sorted({line.component for line in one.holders if line.component}):
        entry = site.cluster.catalog.get(component)
        if entry is not None:
            yield (entry.summary,)


def _nobody(unread: str) -> Cell:
    if unread == "forbidden":
        return (Badge(_("not to be seen for this account"), "warn"),)
    return (_("no process: the kernel itself, or one that has ended"),)


def _machine(body: Mapping[str, Any]) -> Iterator[tuple[str, Cell]]:
    yield _("System"), code(text(body, "os", "name"))
    yield _("Started"), moment(text(body, "booted"))
    memory = number(body, "memory")
    yield (
        _("Size"),
        joined([(_("{count} CPUs").format(count=number(body, "processors")),), (size(memory) if memory else "–",)]),
    )
    sysctls = mapping(body, "sysctls")
    if sysctls:
        yield _("Settings of the kernel"), codes(f"{name}={scalar(value)}" for name, value in sorted(sysctls.items()))
    if modules := words(body, "modules"):
        yield _("Modules of the kernel"), codes(modules)
    spaces = [
        (
            Code(string(one, "path")),
            " ",
            _("{free} of {size} free").format(free=size(number(one, "free")), size=size(number(one, "size"))),
        )
        for one in items(body, "space")
    ]
    if spaces:
        yield _("Data folders"), joined(spaces)


def _unit_row(record: Record) -> Row:
    body = record.body
    commands = [" ".join(str(word) for word in command) for command in body.get("commands") or ()]
    enabled: Cell = (
        (Badge(_("masked"), "warn"),)
        if body.get("masked") is True
        else (_("yes") if words(body, "wantedBy") else _("no"),)
    )
    return Row(
        (
            (Code(record.name),),
            (text(body, "description") or "–",),
            codes(commands[:2], "; ") if commands else DASH,
            enabled,
        )
    )


def _certificate_row(record: Record, one: Mapping[str, Any]) -> Row:
    return Row(
        (
            (Code(record.name),),
            (string(one, "subject") or "–",),
            (string(one, "issuer") or "–",),
            moment(string(one, "until")),
        )
    )


def _file_blocks(records: Iterable[Record]) -> Iterator[Block]:
    plain: list[Row] = []
    for record in records:
        body = record.body
        shown = _shown(body)
        if shown:
            yield Details((Code(record.name),), (CodeBlock(shown, "yaml"),))
        else:
            names = words(body, "names")
            told: Cell = codes(names[:40]) if names else (size(number(body, "size")),) if number(body, "size") else DASH
            plain.append(Row(((Code(record.name),), told, moment(text(body, "modified")))))
    if plain:
        yield Table((_("File"), _("Size, or what is in it"), _("Written")), tuple(plain))


def _shown(body: Mapping[str, Any]) -> str:
    """What a file says, as text: with what was hidden in it hidden."""
    import yaml

    content = body.get("content")
    if content is not None:
        documents = content if isinstance(content, list) else [content]
        return "---\n".join(
            yaml.safe_dump(_dumpable(one), sort_keys=False, allow_unicode=True, width=100) for one in documents
        ).rstrip()
    return "\n".join(words(body, "lines"))


def _dumpable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _dumpable(item) for key, item in value.items()}
    return [_dumpable(item) for item in value] if isinstance(value, list | tuple) else value


def _part_title(part: str) -> str:
    titles = {
        "configuration": _("Configuration"),
        "environment": _("Variables of services, not read"),
        "static-pods": _("Manifests of static pods"),
        "server-manifests": _("Manifests that the server applies"),
        "images": _("Lists of images"),
        "etcd-snapshots": _("Snapshots of etcd"),
        "certificates": _("Certificates"),
    }
    return titles.get(part, part)
