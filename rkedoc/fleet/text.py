"""Answers about many clusters for a terminal, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from rkedoc.explain.screen import PLAIN, Screen, Tone
from rkedoc.fleet.tables import HIDDEN, NO_DETAILS, NO_END, NO_IMAGE, NOT_ASKED, NOT_READ, NOTHING_BEFORE, phrase
from rkedoc.i18n import N_, Message, _, between, counted, in_brackets
from rkedoc.vocabulary import ChangeKind, Observation, Origin, ProblemKind, Result, Role, Severity, SupportState, Weight

if TYPE_CHECKING:
    from rkedoc.fleet.ask import Answer, NotKnown
    from rkedoc.fleet.snapshots import Kept

_HEADS: Final[Mapping[str, str]] = {
    "cluster": N_("CLUSTER"), "clusters": N_("CLUSTERS"), "image": N_("IMAGE"), "digests": N_("DIGESTS"), "users": N_("USERS"),
    "containers": N_("CONTAINERS"), "running": N_("RUNNING"), "namespace": N_("NAMESPACE"), "node": N_("NODE"), "kind": N_("KIND"),
    "name": N_("NAME"), "container": N_("CONTAINER"), "role": N_("ROLE"), "component": N_("COMPONENT"), "product": N_("OF WHAT"),
    "version": N_("VERSION"), "said_by": N_("READ IN"), "processes": N_("PROCESSES"), "severity": N_("SEVERITY"),
    "subject": N_("ABOUT"), "what": N_("SEEN"), "reason": N_("REASON"), "state": N_("STATE"), "line": N_("LINE"), "ends": N_("LAST DAY"),
    "owner": N_("OWNER"), "workloads": N_("WORKLOADS"), "owner_said_by": N_("READ IN"), "pods": N_("PODS"),
    "collected_at": N_("COLLECTED"), "since": N_("COMPARED WITH"), "weight": N_("WEIGHT"), "change": N_("CHANGE"), "old_version": N_("FROM"),
    "new_version": N_("TO"), "place": N_("PLACE"), "told": N_("SAYS"),
}  # fmt: skip

_SHOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "images": ("image", "clusters", "users", "containers", "running", "cluster", "namespace", "node", "kind", "name", "container", "digests"),
    "versions": ("product", "cluster", "version", "collected_at", "said_by"),
    "components": ("component", "version", "clusters", "cluster", "containers", "processes"),
    "problems": ("severity", "cluster", "collected_at", "subject", "reason", "what"),
    "support": ("state", "cluster", "product", "line", "version", "ends"),
    "owners": ("owner", "clusters", "workloads", "cluster", "namespace", "kind", "name", "owner_said_by"),
    "changes": ("cluster", "collected_at", "since", "weight", "change", "kind", "namespace", "name", "old_version", "new_version"),
    "where": ("kind", "cluster", "place", "name", "told"),
}  # fmt: skip
"""The columns that people are shown; of those an answer has some."""

_WORDS: Final[Mapping[str, type[Severity | SupportState | Weight | ChangeKind | Role | Origin]]] = {
    "severity": Severity, "state": SupportState, "weight": Weight, "change": ChangeKind, "role": Role, "origin": Origin,
}  # fmt: skip
"""The columns that hold words of a vocabulary."""

_TONES: Final[Mapping[str, Tone]] = {
    "critical": "bad", "error": "bad", "warning": "warning", "ended": "bad", "ends-soon": "warning", "supported": "good", "unknown": "faint",
}  # fmt: skip

_LISTS: Final[Mapping[str, str]] = {
    "core/pods": N_("pods"), "core/nodes": N_("nodes"), "core/events": N_("events"), "engine/containers": N_("containers of engines"),
    "engine/beside": N_("containers beside Kubernetes"), "engine/namespaces": N_("containers in other namespaces of containerd"),
    "old": N_("in the snapshot before"), "new": N_("in the newer snapshot"),
}  # fmt: skip

_CODES: Final[Mapping[str, str]] = {
    NO_DETAILS: N_("details of containers"), NO_IMAGE: N_("images of containers that nothing tells"),
    NOTHING_BEFORE: N_("there is no snapshot before"), HIDDEN: N_("hidden when it was collected"), NOT_READ: N_("nothing that was collected says it"),
    NO_END: N_("no end of support is known"), NOT_ASKED: N_("nobody asked for it"),
}  # fmt: skip

_NAMED: Final = 6
"""How many clusters a line names; the others are counted."""


def answer_text(answer: Answer, screen: Screen = PLAIN) -> str:
    """The rows as a table, then what is not known, then what could not be read."""
    places = [answer.columns.index(name) for name in _shown(answer)]
    heads = [
        _(_HEADS[answer.columns[place]]) if answer.columns[place] in _HEADS else answer.columns[place]
        for place in places
    ]
    rows = [[_cell(answer, row, place) for place in places] for row in answer.rows]
    lines = [screen.said(_sum(answer), tone="strong"), ""] if answer.question != "sql" else []
    if rows:
        tones = [_tone(answer, row) for row in answer.rows]
        lines += screen.table(heads, rows, tones)
    lines += list(beside(answer.not_known, answer.left_out, screen))
    return "\n".join(lines).rstrip("\n") + "\n"


def _shown(answer: Answer) -> tuple[str, ...]:
    wanted = _SHOWN.get(answer.question)
    return tuple(name for name in wanted if name in answer.columns) if wanted is not None else answer.columns


def _sum(answer: Answer) -> str:
    rows = counted(len(answer.rows), _("{count} row"), _("{count} rows"))
    asked = counted(answer.clusters, _("{count} cluster was asked"), _("{count} clusters were asked"))
    return f"{asked}{between(': ')}{rows}"


def _tone(answer: Answer, row: Sequence[Any]) -> Tone | None:
    for name in ("severity", "state"):
        if name in answer.columns:
            return _TONES.get(str(row[answer.columns.index(name)]))
    return None


def _cell(answer: Answer, row: Sequence[Any], place: int) -> str:
    name, value = answer.columns[place], row[place]
    if value is None or value == []:
        return "–"
    if answer.question == "problems" and name == "what":
        phrases = row[answer.columns.index("phrases")] or {}
        said = {key: phrase(text) for key, text in phrases.items()}
        values: dict[str, Any] = (row[answer.columns.index("values")] or {}) | said
        return Observation(ProblemKind(value), tuple(values.items())).text.translated
    if answer.question == "support" and name == "ends" and row[answer.columns.index("at_latest")]:
        return f"{value.isoformat()} {_('or before')}"
    if answer.question != "sql" and name in _WORDS:
        return _WORDS[name](value).label.translated
    if answer.question == "images" and name == "digests":
        return between().join(digest.removeprefix("sha256:")[:12] for digest in value)
    if answer.question == "versions" and name == "product":
        return _(value)
    return _plain(value)


def _plain(value: Any) -> str:
    match value:
        case datetime():
            return value.isoformat(" ", "minutes")
        case date():
            return value.isoformat()
        case list():
            return between().join(_plain(one) for one in value)
        case dict():
            return between().join(f"{key}={_plain(one)}" for key, one in value.items())
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def beside(not_known: Iterable[NotKnown], left_out: Iterable[Kept], screen: Screen = PLAIN) -> Iterator[str]:
    """What stands below the rows of an answer: what is not known, by its reason, and the snapshots that cannot be read."""
    reasons: dict[str, list[str]] = {}
    for one in not_known:
        reasons.setdefault(one.why, []).append(one.cluster)
    if reasons:
        yield ""
        yield screen.said(_("Not known, and more may be there:"), tone="warning")
        for why, clusters in sorted(reasons.items()):
            yield screen.said(in_brackets(why_words(why), named(list(dict.fromkeys(clusters)))), indent="  ")
    out = list(left_out)
    if out:
        yield ""
        yield screen.said(_("Left out, since they cannot be read:"), tone="bad")
        for kept in out:
            yield screen.said(f"{kept.path}{between(': ')}{kept.fault}", indent="  ")


def why_words(code: str) -> str:
    """What a code of the column ``not_known`` means, in the language in use."""
    if code in _CODES:
        return _(_CODES[code])
    what, _colon, how = code.partition(":")
    ended = _(_CODES[how]) if how in _CODES else Result(how).label.translated if how in list(Result) else how
    return f"{_(_LISTS[what]) if what in _LISTS else what}{between(': ')}{ended}"


def named(clusters: Sequence[str]) -> str:
    """Names of clusters one after the other; of many the first, and how many more there are."""
    shown = between().join(clusters[:_NAMED])
    if len(clusters) <= _NAMED:
        return shown
    return Message("{shown} and {count} more", shown=shown, count=len(clusters) - _NAMED).translated


def answer_names(answer: Answer) -> Iterator[str]:
    """What an answer is about, for the next command: its images, components, owners; else its clusters."""
    for name in {"images": ("image",), "components": ("component",), "owners": ("owner",)}.get(
        answer.question, ("cluster",)
    ):
        place = answer.columns.index(name) if name in answer.columns else 0
        yield from (str(row[place]) for row in answer.rows if row and row[place] is not None)


def rows_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV (RFC 4180) with the columns' names, the same in every language. Several values in a cell have blanks between them.

    A text that a spreadsheet would take for a formula has an apostrophe before it.
    """
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(columns)
    out.writerows([_csv(value) for value in row] for row in rows)
    return text.getvalue()


def _csv(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{value.isoformat()}Z"
        case list():
            return " ".join(_csv(one) for one in value)
        case str() if value[:1] in _FORMULAS:
            return f"'{value}"
        case _:
            return _plain(value)


_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that spreadsheets run (owasp.org, CSV Injection)."""
