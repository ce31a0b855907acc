"""The ledger as plain text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rkedoc.explain.ledger.ledger import Ledger, steps
from rkedoc.explain.ledger.line import rule_words
from rkedoc.explain.ledger.stopped import why_stopped
from rkedoc.explain.screen import PLAIN, Screen, Tone
from rkedoc.i18n import _, between, of_what
from rkedoc.snapshot.podnames import engine_name
from rkedoc.vocabulary import Basis, Origin, ProcessClass, spoken

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.cluster.runtimes import Runtime
    from rkedoc.explain.ledger.ledger import LedgerLine
    from rkedoc.explain.ledger.mismatch import Mismatch, NotCollected
    from rkedoc.explain.ledger.processes import ProcessLedger
    from rkedoc.explain.ledger.sockets import OpenSocket


def ledger_text(ledger: Ledger, cluster: Cluster, screen: Screen = PLAIN) -> str:
    """The ledger as a table with the sum as a sentence above it, and what does not match below."""
    rows = [
        (
            _short(line),
            line.node,
            line.state,
            spoken(line.role),
            spoken(line.origin),
            line.component or "–",
            _why(line, cluster),
        )
        for line in ledger.lines
    ]
    head = (_("CONTAINER"), _("NODE"), _("STATE"), _("ROLE"), _("ORIGIN"), _("COMPONENT"), _("WHY"))
    closing = screen.said(sentence(ledger), tone="good" if ledger.closes else "bad")
    parts = [
        closing,
        *([screen.said(made)] if (made := made_of(ledger)) else []),
        "",
        *screen.table(head, rows, [_tone(line) for line in ledger.lines]),
    ]
    below: tuple[tuple[str, Sequence[Mismatch | NotCollected]], ...] = (
        (_("Do not match"), ledger.mismatches), (_("Not collected"), ledger.not_collected),
    )  # fmt: skip
    for title, found in below:
        if found:
            parts += ["", screen.said(of_what(title, "").rstrip(), tone="strong")]
            parts += [screen.said(item.text, indent="  ") for item in found]
    if ledger.runtimes:
        parts += ["", screen.said(of_what(_("What was asked"), "").rstrip(), tone="strong")]
        parts += [
            screen.said(
                between(": ").join((one.node, _asked(one), one.view.label.translated)),
                indent="  ",
            )
            for one in ledger.runtimes
        ]
    return "\n".join(parts) + "\n"


def _asked(one: Runtime) -> str:
    return _("{runtime} at {endpoint}").format(runtime=one.title, endpoint=one.endpoint) if one.endpoint else one.title


def _tone(line: LedgerLine) -> Tone | None:
    """What nothing explains is what one looks for; what does not run is less than the rest."""
    return "bad" if line.origin == Origin.UNEXPLAINED else None if line.state == "running" else "faint"


def processes_text(ledger: ProcessLedger, sockets: tuple[OpenSocket, ...], screen: Screen = PLAIN) -> str:
    """The second half: the sum of all processes, those that are not the system's as a table, and who listens where."""
    counts = Counter(line.klass for line in ledger.lines)
    words = [_("{total} processes").format(total=len(ledger.lines))]
    words += [f"{counts[klass]} {klass.together.translated}" for klass in ProcessClass if counts[klass]]
    closing = (
        _("The sum closes.")
        if ledger.closes
        else _("The sum does not close: not every process that was counted is listed.")
    )
    shown = [line for line in ledger.lines if line.klass not in (ProcessClass.SYSTEM, ProcessClass.IN_CONTAINER)]
    rows = [
        (f"{line.program} ({line.pid})", line.node, spoken(line.klass), line.component or "–", line.reasons[0].text)
        for line in shown
    ]
    if ledger.lines:
        left = len(ledger.lines) - counts.total()
        told = _("{sum} = {left}. {told}").format(sum=" − ".join(words), left=left, told=closing)
        tones: list[Tone | None] = ["bad" if line.klass == ProcessClass.UNEXPLAINED else None for line in shown]
        parts = [screen.said(told, tone="good" if ledger.closes else "bad"), ""]
        parts += screen.table((_("PROCESS"), _("NODE"), _("CLASS"), _("COMPONENT"), _("WHY")), rows, tones)
    else:
        parts = [screen.said(ledger.nothing.translated)]
    if sockets:
        listening = [
            (f"{one.socket.address}:{one.socket.port}/{one.socket.protocol}", one.socket.node,
             ", ".join(f"{line.program} ({line.pid})" for line in one.holders) or _nobody(one), _what_for(one))
            for one in sockets
        ]  # fmt: skip
        parts += ["", *screen.table((_("LISTENS AT"), _("NODE"), _("WHO"), _("WHAT FOR")), listening)]
    return "\n".join(parts) + "\n"


def _nobody(one: OpenSocket) -> str:
    return _("not to be seen for this account") if one.socket.unread == "forbidden" else "–"


def _what_for(one: OpenSocket) -> str:
    """What a socket is open for, or at least whose it is."""
    components = sorted({line.component for line in one.holders if line.component})
    return one.purpose.translated or ", ".join(components) or "–"


def sentence(ledger: Ledger) -> str:
    """The sum: all containers, and what is taken away until none is left; and what the sum cannot know of."""
    total = len(ledger.lines)
    running = sum(line.state == "running" for line in ledger.lines)
    words = [
        _("{total} containers ({running} running, {stopped} not)").format(
            total=total, running=running, stopped=total - running
        )
    ]
    words += [f"{step.count} {step.term.together.translated}" for step in steps(ledger.lines)]
    left = total - sum(step.count for step in steps(ledger.lines))
    return _("{sum} = {left}. {told}").format(sum=" − ".join(words), left=left, told=_closing(ledger))


def made_of(ledger: Ledger) -> str:
    """What the lines were made of, as one sentence; empty where every container was inspected, which is all that one can do."""
    if ledger.made_of.keys() <= {Basis.INSPECTED}:
        return ""
    parts = (
        _("{what}: {count}").format(what=basis.together.translated, count=count)
        for basis, count in ledger.made_of.items()
    )
    return _("Made of {parts}.").format(parts="; ".join(parts))


def _closing(ledger: Ledger) -> str:
    if ledger.closes:
        beyond = between("; ").join(item.translated for item in ledger.unseen)
        if beyond:
            return _("The ledger closes for what was seen. Not seen: {beyond}.").format(beyond=beyond)
        return _("The ledger closes.")
    if ledger.unexplained:
        return _("The ledger does not close: nothing explains {names}.").format(
            names=between().join(line.name for line in ledger.unexplained)
        )
    return _("The ledger does not close: the engine counted another number of containers than it told of.")


def _short(line: LedgerLine) -> str:
    parsed = engine_name(line.name)
    return line.name if parsed is None else f"{parsed.pod}/{'(sandbox)' if parsed.sandbox else parsed.container}"


def _why(line: LedgerLine, cluster: Cluster) -> str:
    reason = why_stopped(cluster, line)
    told = [item.text for item in line.reasons if item.evidence]
    rules = " + ".join(rule_words(reason.rule).translated for reason in line.reasons)
    why = of_what(rules, told[-1]) if told else rules
    return _("{why}. Not running: {reason}").format(why=why, reason=reason) if reason else why
