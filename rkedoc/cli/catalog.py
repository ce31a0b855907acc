"""Commands about the catalog itself. They need no cluster."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rkedoc.cli.common import (
    CATALOGS,
    DATA,
    FALLS_SHORT,
    FILE,
    FORMAT,
    LANGUAGE,
    cli,
    folders,
    print_data,
    print_names,
    screen_of,
    speak,
)
from rkedoc.errors import UsageError
from rkedoc.i18n import LANGUAGES, _
from rkedoc.vocabulary import spoken

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry

_ANNOTATIONS = click.option(
    "--annotations", multiple=True, type=FILE, metavar="DIR", help="Entries of your own. Repeatable."
)


@cli.group()
def catalog() -> None:
    """List, show and check what rkedoc knows of the parts of a Rancher cluster."""


@catalog.command("list")
@click.option("--kind", type=click.Choice(["component", "namespace", "concept"]), help="This kind alone.")
@_ANNOTATIONS
@CATALOGS
@FORMAT
@LANGUAGE
def list_entries(
    kind: str | None, annotations: tuple[Path, ...], catalogs: tuple[str, ...], style: str, language: str | None
) -> None:
    """List the entries: what each is about, and where and since when it is found."""
    from rkedoc.catalog.loader import load_catalog

    entries = [
        e
        for e in load_catalog(speak(language, style), (*annotations, *folders(catalogs)), trusted=True).entries
        if kind in (None, e.kind)
    ]
    if style in DATA:
        print_data([_summary(entry) for entry in entries], style)
        return
    if style == "name":
        print_names(entry.id for entry in entries)
        return
    head = (_("ID"), _("KIND"), _("ORIGIN"), _("FOUND ON"), _("SINCE"), _("UNTIL"), _("WHAT IT IS"))
    rows = [
        (
            e.id,
            _(e.kind),
            spoken(e.origin),
            ", ".join(e.distributions) or "–",
            e.since or "–",
            e.until or "–",
            e.summary,
        )
        for e in entries
    ]
    click.echo("\n".join(screen_of(style).table(head, rows)))


@catalog.command()
@click.argument("entry_id", metavar="ID")
@_ANNOTATIONS
@CATALOGS
@FORMAT
@LANGUAGE
def show(
    entry_id: str, annotations: tuple[Path, ...], catalogs: tuple[str, ...], style: str, language: str | None
) -> None:
    """Show an entry: its text, its rules, its sources."""
    from rkedoc.catalog.loader import load_catalog
    from rkedoc.explain.text import entry_text

    known = load_catalog(speak(language, style), (*annotations, *folders(catalogs)), trusted=True)
    entry = known.get(entry_id)
    if entry is None:
        near = difflib.get_close_matches(entry_id, [e.id for e in known.entries], 4, 0.5)
        hint = f"; did you mean {', '.join(near)}?" if near else "; rkedoc catalog list has all of them"
        raise UsageError(f"the catalog has no entry {entry_id[:80]!r}{hint}")
    if style in DATA:
        print_data(_whole(entry), style)
    elif style == "name":
        print_names([entry.id])
    else:
        click.echo(entry_text(entry, screen_of(style)), nl=False)


@catalog.command("lint")
@click.argument("folder", type=FILE, metavar="[DIR]", required=False)
@FORMAT
def check(folder: Path | None, style: str) -> None:
    """Check entries: those of a folder of your own, or the built-in ones and their translations.

    Exits with 1 if anything is wrong.
    """
    from rkedoc.catalog.lint import lint, lint_own, lint_translation
    from rkedoc.catalog.loader import load_catalog, own_files

    if folder is not None:
        if not folder.exists():
            raise UsageError(f"{folder}: there is no such file or folder")
        findings, counted = lint_own(folder), [f"{sum(1 for _file in own_files(folder))} files"]
    else:
        findings, counted = lint(), [f"{len(load_catalog().entries)} entries"]
        for language in LANGUAGES:
            if language != "en":
                missing = lint_translation(language)
                without = sum(finding.key == "file" for finding in missing)
                counted.append(f"{language}: {without} without a translation")
                findings += missing
    if style in DATA:
        print_data([{"file": f.file, "key": f.key, "message": f.message} for f in findings], style)
    elif style == "name":
        print_names(finding.file for finding in findings)
    else:
        screen = screen_of(style)
        for finding in findings:
            click.echo(screen.said(str(finding)))
        told = f"{', '.join(counted)}; {len(findings)} findings"
        click.echo(screen.said(told, tone="bad" if findings else "good"))
    if findings:
        sys.exit(FALLS_SHORT)


def _summary(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id, "name": entry.name, "kind": entry.kind, "origin": entry.origin, "summary": entry.summary,
        "since": entry.since, "until": entry.until, "distributions": list(entry.distributions),
        "confidence": entry.confidence, "provenance": entry.provenance,
    }  # fmt: skip


def _whole(entry: Entry) -> dict[str, Any]:
    return {
        **_summary(entry),
        "match": [str(rule) for rule in entry.match],
        "talks_to": list(entry.talks_to),
        "verified": list(entry.read_at),
        "walked": _walked(entry),
        "tables": [
            {
                "of": t.of,
                "by": t.by,
                "holds": str(t.holds) if t.holds else None,
                "rows": [{"versions": [*map(str, r.spans)], "value": r.value} for r in t.rows],
            }
            for t in entry.tables
        ],
        "sections": [
            {
                "id": s.id,
                "title": s.title,
                "markdown": s.markdown,
                "provenance": s.provenance,
                "passages": [{"holds": str(p.holds) if p.holds else None, "markdown": p.markdown} for p in s.passages],
            }
            for s in entry.sections
        ],
        "notes": [{"key": n.key, "text": n.text, "provenance": n.provenance} for n in entry.notes],
        "sources": list(entry.sources),
    }


def _walked(entry: Entry) -> dict[str, Any] | None:
    """How the bounds of an entry are known; nothing where they are versions that somebody looked at."""
    walked = entry.walked
    if walked is None:
        return None
    return {
        "product": walked.product, "versions": [str(span) for span in walked.spans], "project": walked.project,
        "path": walked.path, "pattern": walked.pattern, "tags": walked.tags, "newest": walked.newest, "listed": walked.listed,
    }  # fmt: skip
