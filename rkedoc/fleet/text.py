"""Answers about many clusters for a terminal, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from rkedoc.explain.screen import PLAIN, Screen, Tone
from rkedoc.fleet.schema import (
    HIDDEN,
    NO_DETAILS,
    NO_END,
    NO_IMAGE,
    NO_REFERENCE,
    NOT_ASKED,
    NOT_READ,
    NOTHING_BEFORE,
    phrase,
)
from rkedoc.i18n import N_, Message, _, between, counted, in_brackets
from rkedoc.vocabulary import (
    ChangeKind,
    Likeness,
    Observation,
    Origin,
    ProblemKind,
    Result,
    Role,
    Severity,
    SupportState,
    Weight,
)

if TYPE_CHECKING:
    from rkedoc.fleet.ask import Answer, NotKnown
    from rkedoc.fleet.drift import Cell, Compared, Drift, Group
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
    NO_REFERENCE: N_("what the reference has is not known"),
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
    text = cell_text(value)
    return f"'{text}" if isinstance(value, str | list | dict) and text[:1] in _FORMULAS else text


def cell_text(value: Any) -> str:
    """A value as a cell of a spreadsheet has it; several values have blanks between them."""
    match value:
        case None:
            return ""
        case datetime():
            return f"{value.isoformat()}Z"
        case list():
            return " ".join(map(cell_text, value))
        case _:
            return _plain(value)


_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
"""What a cell begins with that spreadsheets run (owasp.org, CSV Injection; ASVS 1.2.10), or may take for it: signs of full width too."""


# -- drift ------------------------------------------------------------------------------------------------------------


def drift_text(drift: Drift, screen: Screen = PLAIN) -> str:
    """What differs in each group and what is not known, a line for each thing and cluster; then what was accepted, and the sums."""
    lines: list[str] = []
    for group in drift.groups:
        lines += [*_group_lines(group, drift, screen), ""]
    if drift.unused:
        lines += [screen.said(_("Accepted, and there is no such difference:"), tone="warning")]
        lines += [screen.said(f"{one.what} {one.cluster} ({one.owner})", indent="  ") for one in drift.unused] + [""]
    lines += [line for line in beside((), drift.left_out, screen) if line]
    return "\n".join([*lines, screen.said(_drift_sum(drift), tone="strong")]) + "\n"


def _group_lines(group: Group, drift: Drift, screen: Screen) -> Iterator[str]:
    times = sorted(time for time in group.clusters.values() if time is not None)
    seen = (
        Message("collected between {first} and {last}", first=_plain(times[0]), last=_plain(times[-1]))
        if times
        else Message("")
    )
    count = counted(len(group.clusters), _("{count} cluster"), _("{count} clusters"))
    yield screen.said(f"{in_brackets(_group_name(group), count)}{between('; ')}{seen.translated}", tone="strong")
    rows = [
        (thing.what, _usual(thing, drift), cluster, cell.state.label.translated, _how(thing.what, cell, drift))
        for thing in group.things
        for cluster, cell in _told(thing)
    ]
    if not rows:
        yield screen.said(_("All of them are the same in everything that is compared."), tone="good")
        return
    tones = [_drift_tone(cell) for thing in group.things for _cluster, cell in _told(thing)]
    yield from screen.table((_("WHAT"), _("USUAL"), _("CLUSTER"), _("STATE"), _("HERE")), rows, tones)


def _group_name(group: Group) -> str:
    if group.name.endswith("="):
        return Message("No label {label} was seen", label=group.name[:-1]).translated
    return group.name or _("All clusters")


def _told(thing: Compared) -> Iterator[tuple[str, Cell]]:
    """The cells of a thing that are not the same, each with the name of the cluster; one for all, where none of them knows it for one reason."""
    cells = [cell for cell in thing.cells if cell.state != Likeness.SAME]
    alike = {(cell.state, cell.values, cell.why, cell.last_known) for cell in cells}
    if len(alike) == 1 and len(cells) == len(thing.cells) > 1 and cells[0].state == Likeness.NOT_KNOWN:
        yield _("all of them"), cells[0]
    else:
        yield from ((cell.cluster, cell) for cell in cells)


def _drift_tone(cell: Cell) -> Tone:
    return "bad" if cell.counts else "faint" if cell.state == Likeness.DIFFERS else "warning"


def _usual(thing: Compared, drift: Drift) -> str:
    if thing.usual is not None:
        return _values(thing.what, thing.usual, drift)
    return _("not known") if drift.reference or not thing.of(Likeness.DIFFERS) else _("no value is")


_NOTHING: Final[Mapping[str, str]] = {"component": N_("not there"), "flag": N_("not set")}
_NO_VERSION: Final = N_("there, in a version that nothing tells")


def _values(what: str, values: Sequence[str], drift: Drift) -> str:
    aspect = what.partition("/")[0]
    if not values:
        return _(_NOTHING[aspect]) if aspect in _NOTHING else "–"
    said = [phrase(drift.phrases[value]).translated if value in drift.phrases else value for value in values]
    return between().join(one or (_(_NO_VERSION) if aspect == "component" else "–") for one in said)


def _how(what: str, cell: Cell, drift: Drift) -> str:
    if cell.why == NO_REFERENCE:
        return why_words(cell.why)
    if cell.state == Likeness.NOT_KNOWN:
        known = (
            Message("known last on {day}", day=_plain(cell.last_known))
            if cell.last_known is not None
            else Message("never known")
        )
        return in_brackets(known.translated, why_words(cell.why))
    here = _values(what, cell.values, drift)
    if cell.accepted is None:
        return here
    one = cell.accepted
    told = (
        Message(
            "accepted until {day}, which is over: {reason} ({owner})", day=one.until, reason=one.reason, owner=one.owner
        )
        if cell.expired
        else Message("accepted until {day}: {reason} ({owner})", day=one.until, reason=one.reason, owner=one.owner)
    )
    return f"{here}{between('; ')}{told.translated}"


def _drift_sum(drift: Drift) -> str:
    counts = drift.counts
    return _(
        "{differs} differ, of which {accepted} are accepted and {expired} were until a day that is over; {unknown} not known; {same} the same"
    ).format(
        differs=counts["differs"], accepted=counts["accepted"], expired=counts["expired"], unknown=counts["not-known"], same=counts["same"]
    )  # fmt: skip


DRIFT_COLUMNS: Final = (
    "group",
    "what",
    "usual",
    "cluster",
    "state",
    "values",
    "why",
    "last_known",
    "accepted",
    "reason",
    "owner",
    "until",
)
"""The columns of a comparison as CSV."""


def drift_rows(drift: Drift) -> Iterator[tuple[Any, ...]]:
    """Every cell of the matrix as a row of :data:`DRIFT_COLUMNS`."""
    for group in drift.groups:
        for thing in group.things:
            for cell in thing.cells:
                usual = list(thing.usual) if thing.usual is not None else None
                one = cell.accepted
                yield (
                    group.name, thing.what, usual, cell.cluster, cell.state.value, list(cell.values), cell.why or None, cell.last_known,
                    *((not cell.expired, one.reason, one.owner, one.until) if one is not None else (None, None, None, None)),
                )  # fmt: skip
