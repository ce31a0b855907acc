"""The ledger's sum: the sentence, the picture, and the groups that both are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rkedoc.explain.ledger.ledger import steps
from rkedoc.i18n import _, counted
from rkedoc.sphinxext.blocks.drawings import Bar, Sum
from rkedoc.sphinxext.blocks.view import Cell, Inline, Para, Picture, Ref, Row, Strong, Table
from rkedoc.sphinxext.views.parts.cells import badge
from rkedoc.vocabulary import Origin, Role

if TYPE_CHECKING:
    from rkedoc.explain.ledger.ledger import LedgerLine

_MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Group:
    """Some lines of the ledger that are taken away in one step."""

    label: str
    tone: str
    count: int
    running: int


def groups(lines: Iterable[LedgerLine]) -> tuple[Group, ...]:
    """The steps of the subtraction, in words. Each line is in exactly one of them, so that they add up to all lines."""
    return tuple(
        Group(step.term.together.translated, step.term.tone, step.count, step.running) for step in steps(tuple(lines))
    )


def sentence(lines: tuple[LedgerLine, ...]) -> Para:
    """All containers, and what is taken away until none is left: ``50 − 18 pod sandboxes − … = 0``."""
    steps = groups(lines)
    parts: list[Inline] = [Strong(counted(len(lines), _("{count} container"), _("{count} containers")))]
    for step in steps:
        parts += [f" {_MINUS} ", Strong(str(step.count)), f" {step.label}"]
    parts += [" = ", Strong(str(len(lines) - sum(step.count for step in steps)))]
    return Para(tuple(parts))


def running_sentence(lines: tuple[LedgerLine, ...]) -> Para:
    """How many run, and how many do not."""
    running = sum(1 for line in lines if line.state == "running")
    return Para((_("{running} of them run, {stopped} do not.").format(running=running, stopped=len(lines) - running),))


def picture(lines: tuple[LedgerLine, ...], title: str) -> Picture:
    """The subtraction as a picture, with the same as a table."""
    steps = groups(lines)
    bars = tuple(Bar(step.label, step.count, step.tone, Ref("page", "ledger")) for step in steps)
    drawing = Sum(_("All containers"), len(lines), bars, _("Left over"))
    rows = tuple(Row(((step.label,), (str(step.count),), (str(step.running),))) for step in steps)
    total = Row(((Strong(_("All")),), (Strong(str(len(lines))),), (str(sum(step.running for step in steps)),)))
    return Picture(drawing, title, Table((_("Group"), _("Containers"), _("Running")), (*rows, total)))


def axis(lines: tuple[LedgerLine, ...], of: type[Role | Origin]) -> Table:
    """One axis of the ledger as a table, with a row for the sum."""
    rows = []
    for term in of:
        found = [line.state for line in lines if term in (line.role, line.origin)]
        if found:
            running = found.count("running")
            label: Cell = (badge(term),) if isinstance(term, Origin) else (term.label.translated,)
            rows.append(Row((label, (str(len(found)),), (str(running),), (str(len(found) - running),))))
    running = sum(line.state == "running" for line in lines)
    rows.append(
        Row(
            (
                (Strong(_("All")),),
                (Strong(str(len(lines))),),
                (Strong(str(running)),),
                (Strong(str(len(lines) - running)),),
            )
        )
    )
    head = _("Role") if of is Role else _("Origin")
    return Table((head, _("Containers"), _("Running"), _("Not running")), tuple(rows))
