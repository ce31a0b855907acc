"""The ledger's sum: the sentence, the picture, and the groups that both are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rkedoc.explain.ledger.ledger import steps
from rkedoc.i18n import N_, _, counted
from rkedoc.sphinxext.blocks.view import Cell, Inline, Para, Picture, Ref, Row, Strong, Table
from rkedoc.sphinxext.pictures.waterfall import Bar, waterfall
from rkedoc.sphinxext.views.parts.cells import ORIGINS, ROLES, origin_badge, role_word

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


# In pods the role says most, outside of pods the origin does: the article that began all this subtracted in that order.
_IN_PODS = {
    "sandbox": (N_("pod sandboxes (pause)"), "sandbox"),
    "app": (N_("containers of pods"), "workload"),
    "sidecar": (N_("sidecars"), "platform"),
    "init": (N_("init containers"), "init"),
    "ephemeral": (N_("debugging containers"), "init"),
    "previous-attempt": (N_("dead earlier attempts"), "helper"),
}
_OUTSIDE = {
    "control-plane": N_("Kubernetes itself, outside pods"),
    "helper": N_("helpers of the installer"),
    "rancher-server": N_("Rancher server"),
    "rancher-agent": N_("Rancher agents outside pods"),
    "platform": N_("known add-ons outside pods"),
    "workload": N_("somebody's own, outside pods"),
    "unexplained": N_("unexplained"),
}


def groups(lines: Iterable[LedgerLine]) -> tuple[Group, ...]:
    """The steps of the subtraction, in words. Each line is in exactly one of them, so that they add up to all lines."""
    out: list[Group] = []
    for step in steps(tuple(lines)):
        label, tone = _IN_PODS[step.name] if step.in_pods else (_OUTSIDE[step.name], step.name)
        out.append(Group(_(label), tone, step.count, step.running))
    return tuple(out)


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
    drawing = waterfall(
        _("All containers"),
        len(lines),
        [Bar(step.label, step.count, step.tone, Ref("page", "ledger")) for step in steps],
        _("Left over"),
    )
    rows = tuple(Row(((step.label,), (str(step.count),), (str(step.running),))) for step in steps)
    total = Row(((Strong(_("All")),), (Strong(str(len(lines))),), (str(sum(step.running for step in steps)),)))
    return Picture(drawing, title, Table((_("Group"), _("Containers"), _("Running")), (*rows, total)))


def axis(lines: tuple[LedgerLine, ...], attribute: str) -> Table:
    """One axis of the ledger as a table: ``role`` or ``origin``, with a row for the sum."""
    known = ROLES if attribute == "role" else ORIGINS
    counts: dict[str, list[int]] = {name: [0, 0] for name in known}
    for line in lines:
        found = counts.setdefault(getattr(line, attribute), [0, 0])
        found[0] += 1
        found[1] += line.state == "running"
    rows = []
    for name, (count, running) in counts.items():
        if count:
            label: Cell = (origin_badge(name),) if attribute == "origin" else (role_word(name),)
            rows.append(Row((label, (str(count),), (str(running),), (str(count - running),))))
    running = sum(found[1] for found in counts.values())
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
    head = _("Role") if attribute == "role" else _("Origin")
    return Table((head, _("Containers"), _("Running"), _("Not running")), tuple(rows))
