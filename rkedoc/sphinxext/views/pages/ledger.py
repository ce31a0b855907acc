"""The page of the ledger: every container once, and why it stands where it stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rkedoc.cluster.fields import natural
from rkedoc.explain.ledger.line import rule_words
from rkedoc.explain.ledger.stopped import why_stopped
from rkedoc.explain.ledger.text import made_of
from rkedoc.i18n import _, between, counted
from rkedoc.snapshot.identity import record_id
from rkedoc.snapshot.podnames import engine_name
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Callout,
    Cell,
    Code,
    ListBlock,
    Para,
    Ref,
    Row,
    Strong,
    Table,
    View,
)
from rkedoc.sphinxext.views.parts.cells import DASH, badge, joined, ref_of, reservation, state
from rkedoc.sphinxext.views.parts.ledger_sum import axis, picture, running_sentence, sentence
from rkedoc.sphinxext.views.parts.prose import about
from rkedoc.sphinxext.views.parts.related import page_ref
from rkedoc.sphinxext.views.parts.site_index import desk
from rkedoc.vocabulary import Origin, Role

if TYPE_CHECKING:
    from rkedoc.explain.ledger.ledger import Ledger, LedgerLine
    from rkedoc.explain.ledger.mismatch import Mismatch, NotCollected
    from rkedoc.sphinxext.site import Site


def source_note(site: Site) -> tuple[Block, ...]:
    """Where the lines come from, if not from both an engine and the API."""
    return reservation(site, ("engine/containers", "core/pods"))


def intro(site: Site, key: str) -> View:
    """The sum as a sentence and a picture."""
    del key
    ledger = site.ledger
    lines = tuple(ledger.lines)
    out: list[Block] = [*source_note(site), sentence(lines), running_sentence(lines)]
    if ledger.closes:
        beyond = between("; ").join(item.translated for item in ledger.unseen)
        told = _("Both ways of adding up give the total, and no container is unexplained.")
        limit = _("This holds for what was seen. Not seen: {beyond}.").format(beyond=beyond) if beyond else ""
        badge = Badge(_("closes for what was seen"), "info") if beyond else Badge(_("closes"), "ok")
        out.append(Para((badge, " ", told, *((" ", limit) if limit else ()))))
    else:
        out.append(Callout("warn", _("The ledger does not close"), (Para((_("What does not match stands below."),)),)))
    if made := made_of(ledger):
        out.append(Para((made,)))
    out += _runtimes(site.ledger)
    out.append(picture(lines, _("The containers, added up")))
    return tuple(out)


def axes(site: Site, key: str) -> View:
    """Both axes, and the nodes."""
    del key
    lines = tuple(site.ledger.lines)
    nodes: dict[str, int] = {}
    for line in lines:
        nodes[line.node] = nodes.get(line.node, 0) + 1
    by_node = Table(
        (_("Node"), _("Containers")),
        tuple(
            Row(((Ref("node", node) if node else _("unknown"),), (str(count),)))
            for node, count in sorted(nodes.items(), key=lambda item: natural(item[0]))
        ),
    )
    return (axis(lines, Role), axis(lines, Origin), *((by_node,) if len(nodes) > 1 else ()))


def _runtimes(ledger: Ledger) -> tuple[Block, ...]:
    """Which runtimes were asked, and how much of what each runs was to be seen."""
    rows = tuple(
        Row(((Ref("node", one.node),), (Code(one.title),), (Badge(one.view.label.translated, one.view.tone),)))
        for one in ledger.runtimes
    )
    return (Table((_("Node"), _("Container runtime"), _("What was to be seen")), rows),) if rows else ()


def about_view(site: Site, key: str) -> View:
    """How containers are accounted for, as the catalog tells it."""
    del key
    entry = site.cluster.catalog.get("accounting")
    return about(site, entry) if entry is not None else ()


def stopped(site: Site, key: str) -> View:
    """The containers that do not run, in groups, and why each group does not."""
    del key
    groups: dict[tuple[Role, str, str], list[LedgerLine]] = {}
    for line in site.ledger.lines:
        if line.state != "running":
            groups.setdefault((line.role, line.state, _why_stopped(site, line)), []).append(line)
    rows = tuple(
        Row(
            (
                (str(len(lines)),),
                (role.label.translated,),
                state(how),
                (reason,),
                joined(name_cell(line, short_name(line)) for line in lines[:_NAMED]),
            )
        )
        for (role, how, reason), lines in sorted(groups.items())
    )
    columns = (_("How many"), _("Role"), _("State"), _("Why they do not run"), _("Which"))
    return (Table(columns, rows, empty=_("Every container runs.")),)


_NAMED = 12


def _why_stopped(site: Site, line: LedgerLine) -> str:
    if found := desk(site).problems_by_record.get(line.record_id):
        return _("{severity}: see the first page").format(severity=found[0].severity.label.translated)
    return why_stopped(site.cluster, line)


def lines_view(site: Site, key: str) -> View:
    """Every container."""
    del key
    lines = tuple(site.ledger.lines)
    many = len({line.node for line in lines}) > 1
    if len(lines) <= _LINES:
        return (*source_note(site), lines_table(site, lines, node=many))
    special = tuple(x for x in lines if x.role == Role.STANDALONE or x.origin == Origin.UNEXPLAINED)
    text = _("They are too many for one page: here are those outside pods; the page of each node has all of its own.")
    return (
        *source_note(site),
        Para((text, " ", Ref("page", "nodes", _("Nodes")))),
        lines_table(site, special[:_LINES], node=many),
    )


_LINES = 5000
"""Lines that one page lists."""


def lines_table(site: Site, lines: tuple[LedgerLine, ...], *, node: bool = False) -> Table:
    """Lines of the ledger with the rule and the evidence that put each where it is."""
    columns = (_("Container"), _("Role, origin and state"), _("What it is"), _("Why it is classed so"))
    rows = []
    for line in lines:
        where: tuple[Cell, ...] = ((Ref("node", line.node) if line.node else "–",),) if node else ()
        rows.append(Row((name_cell(line, short_name(line)), *where, _class(line), what(site, line), why(line))))
    head = (columns[0], _("Node"), *columns[1:]) if node else columns
    return Table(head, tuple(rows), filterable=True)


def _class(line: LedgerLine) -> Cell:
    return (line.role.label.translated, " ", badge(line.origin), " ", *state(line.state))


def short_name(line: LedgerLine) -> str:
    """A container's name as people say it: of a pod's container the pod's and its own, without uids."""
    parsed = engine_name(line.name)
    if parsed is None:
        return line.name
    return f"{parsed.pod}/{_('sandbox') if parsed.sandbox else parsed.container}"


def name_cell(line: LedgerLine, name: str | None = None) -> Cell:
    """A container by its name, linked to where it is described."""
    if line.record_id.startswith("engine/"):
        found = ref_of(line.record_id)
        return (Ref(found.kind, found.name, name or line.name),)
    return (Code(name or line.name),)


def what(site: Site, line: LedgerLine) -> Cell:
    """What a container is: the page of its subject, its component's sentence."""
    parts: list[Cell] = []
    if line.pod and line.namespace:
        workload = next(
            (
                w
                for w in (desk(site).workload_of_pod.get(f"core/Pod/{line.namespace}/{line.pod.rpartition('/')[2]}"),)
                if w
            ),
            None,
        )
        if workload is not None:
            parts.append((page_ref(site, workload.id, f"{workload.namespace}/{workload.name}"),))
        else:
            parts.append((f"{line.namespace}/{line.pod}",))
    entry = site.cluster.catalog.get(line.component) if line.component and line.role != Role.SANDBOX else None
    if entry is not None:
        parts.append((entry.summary,))
    return joined(parts, ": ")


_LONG_ID = re.compile(r"\b([0-9a-f]{8})(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
"""A uid; its beginning tells it from others, and the whole of it stands in the container's own name."""


def why(line: LedgerLine) -> Cell:
    """The rules and their evidence; a rule that its evidence repeats is left out."""
    pieces: list[Cell] = []
    for reason in line.reasons:
        if not reason.said:
            pieces.append((rule_words(reason.rule).translated,))
        if reason.evidence:
            pieces.append((_LONG_ID.sub(r"\1…", reason.text),))
    return joined(pieces, "; ") if pieces else DASH


def mismatches(site: Site, key: str) -> View:
    """What is unexplained, what does not match, and which nodes were not collected."""
    del key
    ledger = site.ledger
    out: list[Block] = []
    unexplained = tuple(line for line in ledger.lines if line.origin == Origin.UNEXPLAINED)
    if unexplained:
        out.append(Callout("warn", _("Unexplained"), (lines_table(site, unexplained),)))
    if ledger.mismatches:
        found = tuple(_mismatch(site, item) for item in ledger.mismatches)
        out.append(Callout("warn", _("Engine and API do not agree"), (ListBlock(found),)))
    if ledger.not_collected:
        absent = tuple(_not_collected(item) for item in ledger.not_collected)
        out.append(Callout("info", _("Not collected"), (ListBlock(absent),)))
    return tuple(out) or (
        Para((_("Nothing: every sandbox has its pod, every pod its sandbox, every container its reason."),), "ok"),
    )


def _mismatch(site: Site, item: Mismatch) -> Cell:
    """A sentence with links: what it is, of which pod, in which container, on which node, and why."""
    namespace, _slash, name = item.pod.partition("/")
    workload = desk(site).workload_of_pod.get(record_id("", "Pod", namespace, name or "-"))
    pod: Cell = (page_ref(site, workload.id, item.pod),) if workload is not None else (Code(item.pod),)
    where: list[Cell] = [(_("pod"), " ", *pod)]
    if item.container:
        found = ref_of(record_id("engine", "EngineContainer", item.node, item.container))
        shown = engine_name(item.container)
        label = item.container if shown is None else f"{shown.pod}/{_('sandbox')}"
        where.append((_("container"), " ", Ref(found.kind, found.name, label)))
    where.append((_("node"), " ", Ref("node", item.node)))
    return (Strong(item.kind.label.translated), " (", *joined(where), "): ", item.why.translated)


def _not_collected(item: NotCollected) -> Cell:
    node: Cell = (" ", Ref("node", item.node)) if item.node else ()
    pods = "" if item.pods is None else f" ({counted(item.pods, _('{count} pod'), _('{count} pods'))})"
    return (Strong(item.what.label.translated), *node, pods, ": ", item.why.translated)


def picture_view(site: Site, key: str) -> View:
    """The picture of the sum, for hand-written pages."""
    del key
    return (picture(tuple(site.ledger.lines), _("The containers, added up")),)
