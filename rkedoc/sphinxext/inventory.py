"""The order of a site's inventory: of several objects with one name, what people mean stands first.

Sphinx sorts ``objects.inv`` by name (9.0.4, ``sphinx/util/inventory.py``), and whoever looks a name up without its type takes the first
type of the file that has it: MyST-Parser's ``inv:`` links do (5.2.0, ``myst_parser/inventory.py``). So the types of this domain come in
the order in which its own references understand a name.
"""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from rkedoc.sphinxext.kinds import KINDS

_ITEM = re.compile(rb"(.+?)\s+(\S+)\s+(-?\d+)\s+?(\S*)\s+(.*)")
"""A line of the second format, as Sphinx reads it: name, type, priority, address, text."""
_HEADER_LINES = 4
_ORDER = {f"k8s:{kind}".encode(): place for place, kind in enumerate(KINDS)}


def put_in_order(path: Path) -> None:
    """Put the lines of an inventory in order, those of other domains first; leaves alone what is not there."""
    try:
        *header, packed = path.read_bytes().split(b"\n", _HEADER_LINES)
    except OSError:
        return
    lines = zlib.decompress(packed).splitlines(keepends=True)
    ordered = sorted(lines, key=_place)  # lines of one type stay as Sphinx has sorted them
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(b"\n".join((*header, zlib.compress(b"".join(ordered), 9))))
    temporary.replace(path)


def _place(line: bytes) -> int:
    item = _ITEM.match(line)
    return _ORDER.get(item[2], -1) if item else -1
