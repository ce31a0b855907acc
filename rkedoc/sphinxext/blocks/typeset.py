"""How pieces of a sentence follow one another: punctuation of full width has its blank within it (GB/T 15834-2011)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rkedoc.i18n import language
from rkedoc.sphinxext.blocks.view import Strong

if TYPE_CHECKING:
    from rkedoc.sphinxext.blocks.view import Cell, Inline

_FULL: Final = ("：", "，", "。", "；", "、", "（", "）")
_OPENS: Final = "（"
_WIDE: Final = {": ": "：", ", ": "，", "; ": "；", ".": "。", ". ": "。", " (": "（", "(": "（", ")": "）"}
"""What a page puts between the pieces of a sentence, and the mark of full width that stands for it."""


def typeset(cell: Cell) -> Cell:
    """The cell without blanks that stand alone beside punctuation of full width; words and data stay as they are.

    In Chinese a piece that is nothing but punctuation gets its full width.

    >>> typeset(("监听：", " ", "etcd", " ", "kubelet"))
    ('监听：', 'etcd', ' ', 'kubelet')
    """
    if language() == "zh_CN":
        cell = tuple(_WIDE.get(item, item) if isinstance(item, str) else item for item in cell)
    if not any(_ends(item) or (isinstance(item, str) and item.startswith(_OPENS)) for item in cell):
        return cell
    before, after = ("", *cell), (*cell[1:], "")
    return tuple(
        item
        for last, item, following in zip(before, cell, after, strict=False)
        if item != " " or not (_ends(last) or (isinstance(following, str) and following.startswith(_OPENS)))
    )


def _ends(item: Inline) -> bool:
    """Whether a piece ends with a mark of full width."""
    return (item.text if isinstance(item, Strong) else item if isinstance(item, str) else "").endswith(_FULL)
