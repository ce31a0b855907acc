"""The page of a step from one snapshot to the next: every change with its meaning, and what could not be compared."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rkedoc.diff.model import Change
from rkedoc.diff.render.words import bundle_words, bundled, heading
from rkedoc.diff.scopes import reason_word
from rkedoc.i18n import _, between
from rkedoc.snapshot.identity import page_key, parse_id
from rkedoc.sphinxext.blocks.marks import change_badge
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Callout,
    Cell,
    Code,
    Details,
    Facts,
    Inline,
    ListBlock,
    Para,
    Part,
    Ref,
    Row,
    Strong,
    Table,
    View,
)
from rkedoc.sphinxext.views.pages.timeline import history_of
from rkedoc.sphinxext.views.parts.cells import badge, moment, ref_of
from rkedoc.sphinxext.views.parts.change_rows import caveats, change_anchor, change_blocks, id_words, sum_cell, was
from rkedoc.vocabulary import ChangeKind

if TYPE_CHECKING:
    from rkedoc.diff.history import HistoryStep
    from rkedoc.diff.model import Unknown
    from rkedoc.sphinxext.site import Site


def step_intro(site: Site, key: str) -> View:
    """From when to when; how differently the two were collected; how much changed, and which versions."""
    step = step_of(site, key)
    diff = step.diff
    items = caveats(diff)
    out: list[Block] = [Callout("info", _("What was not compared"), (ListBlock(items),))] if items else []
    if diff.same:
        out.append(Para((Badge(_("no change"), "ok"), " ", _("Nothing that somebody decided has changed."))))
    else:
        out.append(Para((*sum_cell(diff), ".")))
    out.append(
        Facts(
            (
                (_("From"), (step.old.label, " · ", *moment(step.old.time))),
                (_("To"), (step.new.label, " · ", *moment(step.new.time))),
            )
        )
    )
    if diff.versions:
        rows = tuple(
            Row(((version.name,), (Code(version.old),), (Code(version.new),), (str(version.places),)))
            for version in diff.versions
        )
        out.append(
            Part(
                "step-versions",
                _("Versions"),
                (Table((_("What"), _("Before"), _("After"), _("Places")), rows),),
            )
        )
    return tuple(out)


def step_changes(site: Site, key: str) -> View:
    """Every change, by namespace and component, what means most first."""
    said: set[str] = set()
    out: list[Block] = []
    for (kind, name), changes in groupby(step_of(site, key).diff.changes, key=lambda change: change.place):
        body = tuple(_together(together, said) for together in bundled(changes))
        anchor = f"in-{kind.lower()}-{page_key(name)}" if name else "in-cluster"
        out.append(Part(anchor, heading((kind, name)), body))
    return tuple(out)


def _together(together: Sequence[Change], said: set[str]) -> Block:
    if len(together) == 1:
        return _change_part(together[0], said)
    names = tuple(
        (id_words(change.id, namespace=False),)
        if change.change == ChangeKind.REMOVED
        else (ref_of(change.id, id_words(change.id, namespace=False)),)
        for change in together
    )
    return Details((bundle_words(together),), (ListBlock(names),))


def _change_part(change: Change, said: set[str]) -> Part:
    """A change with all its fields. What the catalog says of a component is said once on a page."""
    lead: list[Inline] = [change_badge(change.change), " ", badge(change.weight)]
    if change.version is not None:
        lead += [" ", Strong(f"{change.version[0]} → {change.version[1]}")]
    if change.component is not None:
        lead += [" ", Ref("component", change.component, change.component_name)]
    if change.change != ChangeKind.REMOVED:
        lead += [" ", ref_of(change.id, _("as it is now"))]
    body: list[Block] = [Para(tuple(lead))]
    if change.old_id is not None:
        body.append(Para(was(change)))
    body += change_blocks(change)
    body += [Para((text,), "muted") for text in change.meaning if text not in said]
    said.update(change.meaning)
    return Part(change_anchor(change), id_words(change.id, namespace=False), tuple(body))


def step_unknown(site: Site, key: str) -> View:
    """What could not be compared, because one of the two could not have shown it."""
    unknown = step_of(site, key).diff.unknown
    if not unknown:
        return ()
    rows = tuple(_unknown_row(group) for group in unknown)
    return (Table((_("Kind"), _("Where"), _("Missing in"), _("Why"), _("Which")), rows),)


def _unknown_row(group: Unknown) -> Row:
    names = [parse_id(identifier).name for identifier in group.ids[:12]]
    more: Cell = (_(" and {count} more").format(count=len(group.ids) - 12),) if len(group.ids) > 12 else ()
    side = _("the older one") if group.missing_in == "old" else _("the newer one")
    return Row(
        (
            (group.kind,),
            (group.namespace or "–",),
            (side,),
            (reason_word(group.reason).translated,),
            (between().join(names), *more),
        )
    )


def step_of(site: Site, key: str) -> HistoryStep:
    subject = site.page(key).subject
    return next(step for step in history_of(site).steps if step.key == subject)
