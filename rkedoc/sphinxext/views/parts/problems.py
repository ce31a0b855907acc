"""What is not well, for whoever comes at night: why, since when, and the next command to type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rkedoc.i18n import _, between, counted, of_what
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Callout,
    Cell,
    Code,
    CodeBlock,
    Details,
    Inline,
    Para,
    Ref,
    Row,
    Table,
)
from rkedoc.sphinxext.views.parts.cells import DASH, code, joined, ref_of
from rkedoc.vocabulary import Severity

if TYPE_CHECKING:
    from rkedoc.explain.health.checks import Problem


def severity(problem: Problem) -> Badge:
    """How bad a problem is."""
    return Badge(problem.severity.label.translated, problem.severity.tone)


def tone(found: Iterable[Problem]) -> str:
    """The colour of several problems: that of the worst."""
    return min((problem.severity for problem in found), key=lambda one: one.order).tone


def amounts(found: Iterable[Problem]) -> Cell:
    """How many are not well, how many are to be watched, and how many are only noted; a dash if there are none."""
    counts = _by_gravity(found)
    forms = {
        Severity.ERROR: (_("{count} not well"), _("{count} not well")),
        Severity.WARNING: (_("{count} to watch"), _("{count} to watch")),
        Severity.INFO: (_("{count} noted"), _("{count} noted")),
    }
    return joined(((Badge(counted(count, *forms[how]), how.tone),) for how, count in counts), " ")


def told(found: Iterable[Problem]) -> str:
    """The same as a sentence."""
    forms = {
        Severity.ERROR: (_("{count} thing is not well"), _("{count} things are not well")),
        Severity.WARNING: (_("{count} thing is to be watched"), _("{count} things are to be watched")),
        Severity.INFO: (_("{count} thing is noted"), _("{count} things are noted")),
    }
    parts = between("; ").join(counted(count, *forms[how]) for how, count in _by_gravity(found))
    return _("{parts}.").format(parts=parts)


def _by_gravity(found: Iterable[Problem]) -> tuple[tuple[Severity, int], ...]:
    """How many problems there are of each gravity, the worst first: what does not work is one, whatever it is of."""
    counts = Counter(Severity.ERROR if problem.severity.is_grave else problem.severity for problem in found)
    return tuple(sorted(counts.items(), key=lambda pair: pair[0].order))


def problem_box(found: Sequence[Problem], most: int | None = None) -> tuple[Block, ...]:
    """Problems in one box that says how many and how bad they are; nothing if there are none."""
    return (Callout(tone(found), told(found), (problem_table(found[:most]),)),) if found else ()


def subject(problem: Problem) -> Inline:
    """A link to what a problem is about."""
    if not problem.record_id:
        return problem.subject
    found = ref_of(problem.record_id)
    return Ref(found.kind, found.name, problem.subject or None)


def reason(problem: Problem) -> Cell:
    """Why: the reason, the exit code, what the platform counted."""
    parts: list[Cell] = []
    if problem.reason:
        parts.append((Code(problem.reason),))
    if problem.exit_code is not None:
        parts.append((_("exit code {code}").format(code=problem.exit_code),))
    if problem.told:
        parts.append((problem.told,))
    return joined(parts, "; ")


def problem_table(found: Iterable[Problem]) -> Table:
    """Problems as a table, each with the next command to type."""
    rows = tuple(
        Row(
            (
                (severity(problem), " ", subject(problem)),
                joined([(problem.what,), *((why,) if (why := reason(problem)) != DASH else ())], ": "),
                joined(map(code, problem.commands), "\n"),
            )
        )
        for problem in found
    )
    return Table((_("What"), _("How it is, and why"), _("Next command")), rows)


def problem_callouts(found: Iterable[Problem]) -> tuple[Block, ...]:
    """Each problem in a box of its own, as the page of its subject begins with; of many the first, and a table."""
    known = tuple(found)
    out: list[Block] = []
    for problem in known[:_BOXES]:
        why = reason(problem)
        body: list[Block] = [Para(why)] if why != DASH else []
        events = tuple(Row(((name,), (str(count),))) for name, count in _events(problem))
        if events:
            body.append(Table((_("Warning events"), _("Count")), events))
        if problem.commands:
            body.append(CodeBlock("\n".join(problem.commands), "sh"))
        title = of_what(problem.subject, problem.what)
        out.append(Callout(problem.severity.tone, title, tuple(body)))
    if len(known) > _BOXES:
        more = counted(
            len(known) - _BOXES, _("{count} more thing that is not well"), _("{count} more things that are not well")
        )
        out.append(Details((more,), (problem_table(known[_BOXES : _BOXES + _ROWS]),)))
    return tuple(out)


_BOXES = 4
_ROWS = 200


def _events(problem: Problem) -> tuple[tuple[str, int], ...]:
    return tuple((str(name), int(count)) for name, count in problem.events)
