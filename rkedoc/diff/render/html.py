"""A comparison as one HTML page that needs nothing else, and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from rkedoc.diff.model import Diff
from rkedoc.diff.render.lines import ReportLine, lines
from rkedoc.i18n import _, language, of_what
from rkedoc.printable import printable

_STYLE = """
:root { color-scheme: light dark; --added: #1a7f37; --removed: #b3261e; --changed: #8a5a00; --moved: #0b6e8a; }
@media (prefers-color-scheme: dark) { :root { --added: #57d27a; --removed: #ff8f87; --changed: #e3b341; --moved: #6fd0ea; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; border-bottom: 1px solid; } h3 { font-size: 1rem; margin: 1rem 0 0; }
p { margin: .3rem 0; } p.field { font-family: ui-monospace, monospace; font-size: .9rem; margin-left: 1.5rem; }
p.meaning, p.more { margin-left: 1.5rem; opacity: .85; } pre { margin: .3rem 0 .3rem 1.5rem; white-space: pre-wrap; }
nav ul { padding: 0; margin: 1rem 0; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; }
.added { color: var(--added); } .removed { color: var(--removed); } .changed { color: var(--changed); } .moved { color: var(--moved); }
"""
_LINE = {"+": "added", "-": "removed", "@": "moved", "=": ""}


def diff_html(diff: Diff, *, summary: bool = False) -> str:
    """The comparison as a page. Every text of a cluster is escaped; the page may load and run nothing."""
    return lines_html(lines(diff, summary=summary), f"{diff.old.cluster} → {diff.new.cluster}")


def lines_html(found: Iterable[ReportLine], name: str) -> str:
    """Lines of a comparison as a page of this name."""
    title = escape(printable(name))
    body = "\n".join(_body(list(found)))
    return (
        '<!doctype html>\n<html lang="' + language().replace("_", "-") + '">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(of_what(_('Changes'), ''))}{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


_FEW = 3
"""So many groups are found without a list of them."""


def _contents(found: list[ReportLine]) -> str:
    """Where the groups begin, for a page of many."""
    groups = [line.text for line in found if line.kind == "group"]
    if len(groups) <= _FEW:
        return ""
    items = "".join(
        f'<li><a href="#group-{number}">{escape(printable(text))}</a></li>' for number, text in enumerate(groups, 1)
    )
    return f'<nav aria-label="{escape(_("Contents"))}"><ul>{items}</ul></nav>'


def _body(found: list[ReportLine]) -> Iterator[str]:
    inside, groups = False, 0
    for line in found:
        text = escape(printable(line.text))
        if inside and line.kind not in _LINE:
            yield "</pre>"
            inside = False
        if line.kind in _LINE:
            if not inside:
                yield "<pre>"
            inside = True
            sign = {"=": " ", "@": ""}.get(line.kind, line.kind)
            yield f'<span class="{_LINE[line.kind]}">{sign}{text}</span>'
        elif line.kind == "group":
            groups += 1
            if groups == 1:
                yield _contents(found)
            yield f'<h2 id="group-{groups}">{text}</h2>'
        elif line.kind in ("title", "change"):
            tag = {"title": "h1", "change": "h3"}[line.kind]
            yield f'<{tag} class="{line.tone}">{text}</{tag}>' if line.tone else f"<{tag}>{text}</{tag}>"
        else:
            yield f'<p class="{line.kind}">{text}</p>'
    if inside:
        yield "</pre>"
