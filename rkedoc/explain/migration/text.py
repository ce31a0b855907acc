"""What a move means, for a terminal and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from rkedoc.cluster.distribution import NAMES
from rkedoc.explain.facts.fact import said
from rkedoc.explain.migration.rules import Finding, Migration, beyond, evidence_text, order, told
from rkedoc.explain.screen import PLAIN, Screen, Tone
from rkedoc.i18n import _, between, counted, in_brackets, of_what
from rkedoc.printable import printable
from rkedoc.vocabulary import MoveTopic, MoveWeight

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster

_SHOWN: Final = 6
"""Places that a finding names at a terminal; the others are counted. ``wide`` and Markdown name all that were kept."""

_TONES: Final[dict[MoveWeight, Tone | None]] = {
    MoveWeight.BLOCKS: "bad", MoveWeight.DECIDE: "warning", MoveWeight.CHANGES: "other", MoveWeight.SAME: "good",
}  # fmt: skip

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>|#~])")


def nothing_to_move(found: Migration) -> str:
    """That a cluster is not RKE1, and so there is nothing to move from."""
    name = found.cluster or _("the cluster")
    if not found.distribution:
        return _("{cluster}: nothing in the snapshot says that this is RKE1: there is nothing to move from").format(
            cluster=name
        )
    kind = NAMES.get(found.distribution, found.distribution)
    return _("{cluster} is a cluster of kind {kind}, not RKE1: there is nothing to move from").format(
        cluster=name, kind=kind
    )


def summary(found: Migration) -> str:
    """How much there is of each weight, as a sentence."""
    numbers = [
        of_what(weight.label.translated, str(len(found.of(weight)))) for weight in MoveWeight if found.of(weight)
    ]
    return _("{cluster}, from RKE1 to RKE2. {numbers}").format(
        cluster=found.cluster or _("the cluster"), numbers=between("; ").join(numbers)
    )


def migration_text(found: Migration, cluster: Cluster, screen: Screen = PLAIN) -> str:
    """What was found, the gravest first, then what becomes of each component, what could not be judged, and the order of the work."""
    if not found.applies:
        return screen.said(nothing_to_move(found)) + "\n"
    parts = [screen.said(summary(found), tone="strong")]
    for weight in MoveWeight:
        if ours := found.of(weight):
            parts += ["", screen.said(in_brackets(weight.label.translated, str(len(ours))), tone=_TONES[weight])]
            for one in ours:
                parts += ["", *_finding(one, screen)]
    head = (_("HERE"), _("ON RKE2"), _("HOW IT CHANGES"))
    rows = [
        (one.name, entry.name if (entry := cluster.catalog.get(one.successor)) else "–", one.how.translated)
        for one in found.components
    ]
    parts += ["", *screen.table(head, rows)]
    if found.unjudged:
        parts += ["", screen.said(_("Could not be judged, since it was not read:"), tone="strong")]
        parts += [screen.said(line, indent="  ") for line in _unjudged(found)]
    parts += ["", screen.said(_("What no snapshot tells:"), tone="strong")]
    parts += [screen.said(told(words), indent="  ") for words in beyond()]
    parts += ["", screen.said(_("The order of the work:"), tone="strong")]
    parts += [screen.said(f"{place}. {told(words)}", indent="  ") for place, words in enumerate(order(), 1)]
    return "\n".join(parts) + "\n"


def _finding(one: Finding, screen: Screen) -> Iterator[str]:
    most = len(one.evidence) if screen.whole else _SHOWN
    yield screen.said(f"{one.rule.title} [{one.rule.id}]", indent="  ", tone="strong")
    yield screen.said(one.rule.becomes, indent="    ")
    for read in one.evidence[:most]:
        yield screen.said(f"- {evidence_text(read)}", indent="    ")
    more = len(one.evidence) - most if len(one.evidence) > most else 0
    if more + one.more > 0:
        yield screen.said(_more(more + one.more), indent="    ", tone="faint")
    yield screen.said(f"$ {one.rule.look}", indent="    ", tone="other")
    for source in one.rule.sources:
        yield screen.said(of_what(source.text, source.url), indent="    ", tone="faint")


def _more(count: int) -> str:
    return counted(count, _("and {count} more"), _("and {count} more"))


def _unjudged(found: Migration) -> Iterator[str]:
    missing: dict[str, list[str]] = {}
    for one in found.unjudged:
        missing.setdefault(said(one.missing), []).append(one.rule.title)
    for what, titles in missing.items():
        yield of_what(what, between("; ").join(titles))


def migration_markdown(found: Migration, cluster: Cluster) -> str:
    """The same as a document: a list to tick for each weight, by topic."""
    if not found.applies:
        return f"{_escaped(nothing_to_move(found))}\n"
    name = found.cluster or _("the cluster")
    title = _("{cluster}: from RKE1 to RKE2").format(cluster=name)
    parts = [f"# {_escaped(title)}", _escaped(summary(found))]
    for weight in MoveWeight:
        ours = found.of(weight)
        if ours:
            parts.append(f"## {_escaped(weight.label.translated)}")
        for topic in MoveTopic:
            about = [one for one in ours if one.rule.topic == topic]
            if about:
                parts += [f"### {_escaped(topic.label.translated)}", *map(_ticked, about)]
    parts.append(f"## {_('What becomes of each component')}")
    rows = [
        f"| {_cell(one.name)} | {_cell('; '.join(place.text for place in one.where))} "
        f"| {_cell(entry.name if (entry := cluster.catalog.get(one.successor)) else '–')} | {_cell(one.how.translated)} |"
        for one in found.components
    ]
    head = f"| {_('Here')} | {_('Where')} | {_('On RKE2')} | {_('How it changes')} |"
    parts.append("\n".join([head, "| --- | --- | --- | --- |", *rows]))
    if found.unjudged:
        parts.append(f"## {_('What could not be judged')}")
        parts.append("\n".join(f"- {_escaped(line)}" for line in _unjudged(found)))
    parts.append(f"## {_('What no snapshot tells')}")
    parts.append("\n".join(f"- {told(words)}" for words in beyond()))
    parts.append(f"## {_('The order of the work')}")
    parts.append("\n".join(f"{place}. {told(words)}" for place, words in enumerate(order(), 1)))
    return "\n\n".join(parts) + "\n"


def _ticked(one: Finding) -> str:
    lines = [f"- [ ] **{_escaped(one.rule.title)}**", f"  {one.rule.becomes}", ""]
    lines += [f"  - {_escaped(evidence_text(read))}" for read in one.evidence]
    if one.more:
        lines.append(f"  - {_more(one.more)}")
    lines += ["", "  ```console", f"  $ {one.rule.look}", "  ```", ""]
    sources = between("; ").join(f"[{_escaped(source.text)}]({source.url})" for source in one.rule.sources)
    return "\n".join([*lines, f"  {of_what(_('Source'), sources)}"])


def _escaped(text: str) -> str:
    """Words of the cluster as Markdown that means nothing but themselves."""
    return _SPECIAL.sub(r"\\\1", printable(text))


def _cell(text: str) -> str:
    return _escaped(text)
