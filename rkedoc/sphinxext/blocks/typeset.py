"""How pieces of a sentence follow one another: punctuation of full width has its blank within it (GB/T 15834-2011)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rkedoc.sphinxext.blocks.view import Cell

_FULL: Final = ("：", "，", "。", "；", "、", "（", "）")


def typeset(cell: Cell) -> Cell:
    """The cell without blanks that stand alone after punctuation of full width; words and data stay as they are.

    >>> typeset(("监听：", " ", "etcd", " ", "kubelet"))
    ('监听：', 'etcd', ' ', 'kubelet')
    """
    if not any(isinstance(item, str) and item.endswith(_FULL) for item in cell):
        return cell
    before = ("", *cell)
    return tuple(
        item
        for last, item in zip(before, cell, strict=False)
        if not (item == " " and isinstance(last, str) and last.endswith(_FULL))
    )
