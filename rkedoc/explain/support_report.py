"""What of a cluster is out of support, judged on two days, for a terminal and for pipelines."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from rkedoc.explain.facts.fact import said
from rkedoc.explain.removals import Removal, removals
from rkedoc.explain.screen import PLAIN, Screen, Tone
from rkedoc.explain.support import Support, collected_on, data_read_on, follows, judged_on, support_lines
from rkedoc.i18n import Message, _, between, counted, of_what
from rkedoc.vocabulary import SupportState

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster

REMOVED = "removed"
"""The code of what Kubernetes has removed, beside the states of support."""

_NAMED = 4
"""How many objects a line names; the others are counted."""

_TONES: dict[SupportState, Tone | None] = {
    SupportState.ENDED: "bad", SupportState.ENDS_SOON: "warning", SupportState.SUPPORTED: "good", SupportState.UNKNOWN: "faint",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """A line of a product that runs here: how it stands with it ``now``, and how it stood when it was seen (``None``: the day is not known)."""

    now: Support
    then: Support | None

    def to_json(self) -> dict[str, Any]:
        """It for programs: the same in every language."""
        return self.now.to_json() | {"state_collected": self.then.state if self.then is not None else None}

    @property
    def follows(self) -> str:
        """What follows from it, in the language in use; empty while it is supported."""
        ended = self.now.state in (SupportState.ENDED, SupportState.ENDS_SOON)
        return follows(self.now.product) if ended else ""


@dataclass(frozen=True, slots=True)
class SupportReport:
    """What runs in a cluster and until when it is supported, as of ``today``; ``collected`` is the day on which the cluster was seen."""

    cluster: str
    today: date
    collected: date | None
    lines: tuple[Judged, ...]
    removed: tuple[Removal, ...]

    def of(self, state: SupportState) -> tuple[Judged, ...]:
        """The lines of a state."""
        return tuple(line for line in self.lines if line.now.state == state)

    @property
    def kinds(self) -> frozenset[str]:
        """The codes of what there is: states of support, and :data:`REMOVED`."""
        return frozenset({*(line.now.state.value for line in self.lines), *([REMOVED] if self.removed else [])})

    def to_json(self) -> dict[str, Any]:
        """The report for programs; what follows is told in the language in use."""
        return {
            "cluster": self.cluster,
            "today": self.today.isoformat(),
            "collected": self.collected.isoformat() if self.collected else None,
            "data_read": data_read_on().isoformat(),
            "support": [line.to_json() | {"follows": line.follows} for line in self.lines],
            "removed": [one.to_json() for one in self.removed],
        }


def support_report(cluster: Cluster, today: date) -> SupportReport:
    """What runs in a cluster, and until when it is supported: the worst first, then in the order in which versions are told."""
    lines = sorted(judged(cluster, today), key=lambda line: line.now.state.order)
    name = str(cluster.header.cluster.get("name") or "")
    return SupportReport(name, today, collected_on(cluster.header), tuple(lines), removals(cluster))


def judged(cluster: Cluster, on: date) -> tuple[Judged, ...]:
    """How it stands on a day with each line of a product that runs here, in the order in which versions are told, and how it stood when
    that was seen."""
    collected = collected_on(cluster.header)
    then = {one.name: one for one in support_lines(cluster, collected)} if collected is not None else {}
    return tuple(Judged(one, then.get(one.name) or then.get(one.product)) for one in support_lines(cluster, on))


def support_as_known(cluster: Cluster) -> dict[str, Any]:
    """How it stands with the support of what runs here as far as the data goes, for answers about other things: the same whenever they are
    asked."""
    on = judged_on(cluster.header)
    return {
        "support_on": on.isoformat(),
        "support": [one.to_json() for one in judged(cluster, on)],
        "removed": [one.to_json() for one in removals(cluster)],
    }


def support_text(report: SupportReport, screen: Screen = PLAIN) -> str:
    """What is out of support and what follows, then what later Kubernetes has no more, then on what that rests."""
    parts = [screen.said(_sum(report), tone="bad" if report.of(SupportState.ENDED) else "good"), ""]
    rows = [
        (
            line.now.name,
            line.now.state.label.translated,
            _until(line.now),
            line.then.state.label.translated if line.then is not None else "–",
            line.follows or "–",
        )
        for line in report.lines
    ]
    head = (_("WHAT"), _("TODAY"), _("LAST DAY"), _("WHEN COLLECTED"), _("WHAT FOLLOWS"))
    parts += screen.table(head, rows, [_TONES[line.now.state] for line in report.lines])
    if report.removed:
        parts += ["", screen.said(_("What later Kubernetes has no more:"), tone="strong")]
        parts += [screen.said(_removed(one), indent="  ") for one in report.removed]
    return "\n".join([*parts, "", *_sources(report, screen)]) + "\n"


def _sum(report: SupportReport) -> str:
    ended = Counter(line.now.state for line in report.lines)[SupportState.ENDED]
    name = report.cluster or _("the cluster")
    if not report.lines:
        return _("{cluster}: the snapshot tells no version of a product whose support is known").format(cluster=name)
    told = _("{cluster}: {ended} of {total} are out of support today, {today}").format(
        cluster=name, ended=ended, total=len(report.lines), today=report.today.isoformat()
    )
    if report.collected is None:
        return told
    before = sum(line.then is not None and line.then.state == SupportState.ENDED for line in report.lines)
    return told + _("; {ended} were when it was collected, {day}").format(
        ended=before, day=report.collected.isoformat()
    )


def _until(one: Support) -> str:
    if one.ends is None:
        return "–"
    return f"{one.ends.isoformat()} {_('or before')}" if one.at_latest else one.ends.isoformat()


def _removed(one: Removal) -> str:
    if one.name == "dockershim":
        told = Message(
            "dockershim, through which the kubelets of {where} speak to Docker: gone with Kubernetes {release} ({day}); then Docker needs cri-dockerd, or containerd takes its place",
            where=_objects(one), release=one.release, day=one.day.isoformat(),
        )  # fmt: skip
    elif one.instead:
        told = Message(
            "{name} ({where}): not served from Kubernetes {release} ({day}) on; {instead} is, from {served} on",
            name=one.name, where=_objects(one), release=one.release, day=one.day.isoformat(), instead=one.instead, served=one.served,
        )  # fmt: skip
    else:
        told = Message(
            "{name} ({where}): gone with Kubernetes {release} ({day}), and nothing of the same kind took its place",
            name=one.name, where=_objects(one), release=one.release, day=one.day.isoformat(),
        )  # fmt: skip
    return said(told)


def _objects(one: Removal) -> str:
    names = [said(place.named).split(" ", 1)[-1] for place in one.where]
    more = len(names) - _NAMED
    shown = between().join(names[:_NAMED])
    return shown if more <= 0 else shown + counted(more, _(" and {count} more"), _(" and {count} more"))


def _sources(report: SupportReport, screen: Screen) -> list[str]:
    told = _("The data is of {day}; days to come are plans, and vendors may support a version for longer.")
    sources = [*(line.now.source for line in report.lines), *(one.source for one in report.removed)]
    found = {source.text: source.url for source in sources if source is not None}
    lines = [screen.said(told.format(day=data_read_on().isoformat()), tone="faint")]
    return lines + [screen.said(of_what(text, url), indent="  ", tone="faint") for text, url in found.items()]
