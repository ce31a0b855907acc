"""How names are resolved in this cluster: the Corefile, plugin by plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rkedoc.cluster.fields import plain
from rkedoc.explain.facts.dns import blocks_of, corefile
from rkedoc.explain.facts.fact import Missing, said
from rkedoc.i18n import _
from rkedoc.sphinxext.blocks.view import Badge, Block, Code, Para, Row, Table, View
from rkedoc.sphinxext.views.parts.cells import DASH

if TYPE_CHECKING:
    from rkedoc.sphinxext.site import Site


def plugin_parts(site: Site, key: str) -> View:
    """A table for each server block, or why there is none."""
    del key
    reading = corefile(site.cluster)
    if isinstance(reading, Missing):
        return (Para((Badge(_("not read"), "warn"), " ", said(reading.why))),)
    out: list[Block] = [Para((_("Read in:"), " ", reading.where.text))]
    for block in blocks_of(reading.value):
        rows = tuple(
            Row((
                (Code(plugin.name),),
                (Code(plain(plugin.arguments)),) if plugin.arguments else DASH,
                (_(plugin.meaning) if plugin.meaning else _("a plugin that rkedoc does not know"),),
            ))
            for plugin in block.plugins
        )  # fmt: skip
        title = _("Names in {zones}").format(zones=block.zones)
        out.append(Table((_("Plugin"), _("Settings"), _("What it does")), rows, caption=title, below=True))
    return tuple(out)
