"""The comparison of two clusters as lines of words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from rkedoc.diff.model import without_fingerprints
from rkedoc.diff.render.lines import ReportLine, change_lines, side_name, unknown_line, unknown_sums
from rkedoc.diff.render.words import heading
from rkedoc.i18n import _, counted, in_brackets, of_what
from rkedoc.vocabulary import ChangeKind

if TYPE_CHECKING:
    from rkedoc.diff.across import Across


def across_lines(across: Across) -> Iterator[ReportLine]:
    """The whole comparison: what people put there first, then the platform by role and by meaning, then the installers' in one line."""
    for line in _lines(across):
        yield ReportLine(line.kind, without_fingerprints(line.text), line.tone)


def _lines(across: Across) -> Iterator[ReportLine]:
    yield ReportLine("title", f"{side_name(across.old)} → {side_name(across.new)}")
    yield from (ReportLine("note", note.translated) for note in across.notes)
    total = counted(len(across.changes), _("{count} change"), _("{count} changes"))
    alike = counted(
        across.alike, _("{count} workload is the same on both"), _("{count} workloads are the same on both")
    )
    yield ReportLine("note", _("What people put there: {total}; {alike}.").format(total=total, alike=alike))
    yield from (ReportLine("note", text) for text in unknown_sums(across.unknown))
    said: set[str] = set()
    for where, changes in groupby(sorted(across.changes, key=lambda one: one.place), key=lambda one: one.place):
        yield ReportLine("group", heading(where))
        for change in changes:
            yield from change_lines(change, said)
    if across.unknown:
        yield ReportLine("group", _("Unknown"))
        yield from (ReportLine("note", unknown_line(one)) for one in across.unknown)
    if across.roles:
        yield ReportLine("group", _("Components by their role"))
        for role in across.roles:
            yield _step("", role.old, role.new, in_brackets("", role.how.translated) if role.how is not None else "")
    if across.settings:
        yield ReportLine("group", _("Settings by their meaning"))
        for setting in across.settings:
            yield _step(setting.name.translated, setting.old, setting.new)
    yield ReportLine("group", _("What the installers put there"))
    text = _(
        "{old} objects in OLD and {new} in NEW differ, as they must between two installations, and are not listed."
    )
    yield ReportLine("note", text.format(old=across.installed[0], new=across.installed[1]))


def _step(name: str, old: str, new: str, more: str = "") -> ReportLine:
    tone = ChangeKind.CHANGED if old and new else ChangeKind.REMOVED if old else ChangeKind.ADDED
    lead = of_what(name, "") if name else ""
    return ReportLine("change", f"{tone.sign} {lead}{old or '–'} → {new or '–'}{more}", tone)
