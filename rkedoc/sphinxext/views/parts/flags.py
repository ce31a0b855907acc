"""The flags of the control plane's programs, each with what it decides and whether it differs from Kubernetes' default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rkedoc.catalog.ranges import Numbers
from rkedoc.cluster.fields import plain, text
from rkedoc.explain.facts.commandlines import command_lines
from rkedoc.explain.facts.flags import explained, read_at, version_here
from rkedoc.i18n import _
from rkedoc.sphinxext.blocks.view import Badge, Block, Cell, Code, Details, Para, Row, Table, View
from rkedoc.sphinxext.views.parts.cells import DASH, marked
from rkedoc.sphinxext.views.parts.related import page_ref

if TYPE_CHECKING:
    from rkedoc.sphinxext.site import Site


def flag_table(program: str, flags: Mapping[str, str], version: Numbers = ()) -> Table:
    """The flags of one command line of a program, with the defaults of its version."""
    rows = []
    for name, value in sorted(flags.items()):
        default, meaning = told(program, name, value, version)
        rows.append(Row(((Code(f"--{name}"),), (Code(plain(value)),) if value else DASH, default, meaning)))
    return Table((_("Flag"), _("Value"), *columns(program, version)), tuple(rows), filterable=True, below=True)


def columns(program: str, version: Numbers = ()) -> tuple[str, str]:
    """The headings of what :func:`told` gives: whose defaults they are, at which version, and what a flag decides."""
    default = _("Default of {program} {version}").format(program=program, version=read_at(program, version))
    return default, _("What it decides")


def told(program: str, name: str, value: str, version: Numbers = ()) -> tuple[Cell, Cell]:
    """The default of a flag, marked where the value is another one, and what the flag decides."""
    known = explained(program, name, version)
    if known is None:
        return DASH, (_("not explained in the catalog"),)
    default: Cell = (Code(known.default),) if known.default else (_("none"),)
    if known.default is None:
        default = (_("not known"),)
    elif known.differs(value):
        default = (*default, " ", Badge(_("differs"), "info"))
    meaning: Cell = (*marked(known.meaning), *((" ", *marked(known.note)) if known.note else ()))
    if known.removed:
        meaning = (*meaning, " ", _("Versions from {version} on do not know it.").format(version=known.removed))
    return default, meaning


def flag_parts(site: Site, key: str) -> View:
    """The flags of each program, once for each distinct command line."""
    del key
    out: list[Block] = []
    for program, lines in command_lines(site.cluster).items():
        nodes = {line.record_id: line.node for line in lines}
        seen: dict[tuple[tuple[str, str], ...], list[str]] = {}
        for line in lines:
            if line.flags:
                seen.setdefault(tuple(sorted(line.flags.items())), []).append(line.record_id)
        for flags, ids in list(seen.items())[:_MOST]:
            first = site.cluster.snapshot.get(ids[0])
            image = text(first.body, "image") if first is not None else ""
            version = version_here(site.cluster, program, nodes[ids[0]], image)
            count = _("{program}: {count} flags").format(program=program, count=len(flags))
            where: Cell = (_("Read in:"), " ", page_ref(site, ids[0], ids[0].rpartition("/")[2]))
            if len(ids) > 1:
                where = (*where, " ", _("and {count} more").format(count=len(ids) - 1))
            out.append(Details((count,), (Para(where), flag_table(program, dict(flags), version))))
    return tuple(out)


_MOST = 6
"""Command lines of a program that are shown; nodes of a role differ in little more than their names."""
