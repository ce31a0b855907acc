"""How wide a text is, and how it is broken into lines, without a browser.

The widths are the advances of DejaVu Sans 2.37 and its bold face, which are as wide as Verdana and wider than the other
faces that pages are set in: Arial, Helvetica, Segoe UI, Roboto, Noto Sans. So what has room here has room in all of them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import east_asian_width

from rkedoc.sphinxext.blocks.sanitize import one_line

SMALL, NORMAL = 12, 13
"""The sizes of text in pictures, in user units, of which one is a pixel: none is below 12, and none is ever scaled down."""
LINE = 16
"""From the baseline of a line to that of the next one."""

_LONGEST = 400
"""Characters of a name that a picture shows: names of Kubernetes have 253 at most, with a namespace 317."""

# Advance widths of U+0020 to U+007E in thousandths of the size.
_PLAIN = (
    318,
    401,
    460,
    838,
    636,
    950,
    780,
    275,
    390,
    390,
    500,
    838,
    318,
    361,
    318,
    337,
    636,
    636,
    636,
    636,
    636,
    636,
    636,
    636,
    636,
    636,
    337,
    337,
    838,
    838,
    838,
    531,
    1000,
    684,
    686,
    698,
    770,
    632,
    575,
    775,
    752,
    295,
    295,
    656,
    557,
    863,
    748,
    787,
    603,
    787,
    695,
    635,
    611,
    732,
    684,
    989,
    685,
    611,
    685,
    390,
    337,
    390,
    838,
    500,
    500,
    613,
    635,
    550,
    635,
    615,
    352,
    635,
    634,
    278,
    278,
    579,
    278,
    974,
    634,
    612,
    635,
    635,
    411,
    521,
    392,
    634,
    592,
    818,
    592,
    592,
    525,
    636,
    337,
    636,
    838,
)
_BOLD = (
    348,
    456,
    521,
    838,
    696,
    1002,
    872,
    306,
    457,
    457,
    523,
    838,
    380,
    415,
    380,
    365,
    696,
    696,
    696,
    696,
    696,
    696,
    696,
    696,
    696,
    696,
    400,
    400,
    838,
    838,
    838,
    580,
    1000,
    774,
    762,
    734,
    830,
    683,
    683,
    821,
    837,
    372,
    372,
    775,
    637,
    995,
    837,
    850,
    733,
    850,
    770,
    720,
    682,
    812,
    774,
    1103,
    771,
    724,
    725,
    457,
    365,
    457,
    838,
    500,
    500,
    675,
    716,
    593,
    716,
    678,
    435,
    716,
    712,
    343,
    343,
    665,
    343,
    1042,
    712,
    687,
    716,
    716,
    493,
    595,
    478,
    712,
    652,
    924,
    645,
    652,
    582,
    712,
    365,
    712,
    838,
)
_LATIN, _LATIN_BOLD = 1000, 1100
"""Other Latin, Greek and Cyrillic letters: the widest common ones."""
_OTHER, _WIDE = 1000, 1350
"""Any other sign; signs that take two columns of a terminal may come from a face of pictures, which is wider still."""
_IDEOGRAPH = 1030


def _units(char: str, bold: bool) -> int:
    code = ord(char)
    if 0x20 <= code < 0x7F:
        return (_BOLD if bold else _PLAIN)[code - 0x20]
    if code < 0x530:
        return _LATIN_BOLD if bold else _LATIN
    if 0x2E80 <= code < 0xA4D0 or 0xAC00 <= code < 0xD7A4 or 0xF900 <= code < 0xFB00 or 0xFF00 <= code < 0xFFE7:
        return _IDEOGRAPH
    return _WIDE if east_asian_width(char) in "WF" or code > 0xFFFF else _OTHER


@lru_cache(maxsize=16_384)
def width(text: str, size: int = NORMAL, *, bold: bool = False) -> float:
    """How wide a text is at most, in user units."""
    table = _BOLD if bold else _PLAIN
    if text.isascii():
        return sum([table[ord(char) - 0x20] if char >= " " else _OTHER for char in text]) * size / 1000
    return sum([_units(char, bold) for char in text]) * size / 1000


# A line may end after these signs, at a space, on either side of an ideograph, and between the words of a name in camel case.
_STOP, _ALONE = r"\s\-/.:_,;@=·—", r"\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uffe6"
_PIECES = re.compile(
    rf"[{_ALONE}][，。、；：？！）》」』】]*|(?:[A-Z][A-Z0-9]*(?![a-z])|[A-Z]?[^{_STOP}{_ALONE}A-Z]*)(?:[{_STOP}]+)?"
)


@lru_cache(maxsize=16_384)
def wrap(text: str, room: float, size: int = NORMAL, *, bold: bool = False) -> tuple[str, ...]:
    """The text in lines of at most ``room`` user units: all of it, broken inside of a word only where it has to be.

    A text without a sign to show gives one empty line.
    """
    text = one_line(text, _LONGEST)
    if width(text, size, bold=bold) <= room:
        return (text,)
    lines: list[str] = []
    line = ""
    for piece in _PIECES.findall(text):
        if width((line + piece).rstrip(), size, bold=bold) <= room:
            line += piece
            continue
        if line.strip():
            lines.append(line.strip())
        line = piece
        while line and width(line.rstrip(), size, bold=bold) > room:
            keep = _fitting(line, room, size, bold)
            lines.append(line[:keep])
            line = line[keep:]
    if line.strip():
        lines.append(line.strip())
    return tuple(lines) or ("",)


def _fitting(text: str, room: float, size: int, bold: bool) -> int:
    """How many characters of the text have room; one at least."""
    taken, units = 0, room * 1000 / size
    for char in text:
        units -= _units(char, bold)
        if units < 0:
            break
        taken += 1
    return max(taken, 1)


def widest(lines: tuple[str, ...], size: int = NORMAL, *, bold: bool = False) -> float:
    """The width of the longest of several lines."""
    return max([width(line, size, bold=bold) for line in lines], default=0)
