"""By what the rows of a table are sorted where its columns hold more than words: amounts with units, addresses, durations.

Letters and whole numbers are left to the page, which compares them as a reader of its language does. A column gets values to sort by only if
all its cells are of one form, dashes and words in badges aside; what stands in a cell stays what it is.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from rkedoc.sphinxext.blocks.view import Badge, Cell, Code, ExtRef, ReadIn, Ref, Strong, Table

_BINARY = {name: 1024**power for power, name in enumerate(("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))}
_DECIMAL = {"n": "1e-9", "u": "1e-6", "m": "1e-3", "k": "1e3", "M": "1e6", "G": "1e9", "T": "1e12", "P": "1e15", "E": "1e18"}  # fmt: skip
_UNITS = {**{name: Decimal(value) for name, value in _BINARY.items()}, **{name: Decimal(value) for name, value in _DECIMAL.items()}}  # fmt: skip
"""Units of bytes as pages write them and of quantities as Kubernetes does (kubernetes/apimachinery v0.20, pkg/api/resource/quantity.go)."""
_AMOUNT = re.compile(r"(-?[0-9][0-9,]*(?:\.[0-9]+)?)(?: ?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE])?(B)?)?")
_TIMES = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600), "d": Decimal(86400)}
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|[smhd]))+")
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|[smhd])")


def sort_values(table: Table) -> tuple[tuple[str, ...], ...]:
    """For each column the values by which its rows are sorted, one a row; none for a column that its words sort."""
    return tuple(_of_column([row.cells[place] if place < len(row.cells) else () for row in table.rows])
                 for place in range(len(table.columns)))  # fmt: skip


def _of_column(cells: list[Cell]) -> tuple[str, ...]:
    texts = [_text(cell) for cell in cells]
    for value in _FORMS:
        found = [value(text) if text else None for text in texts]
        if any(found) and all(one is not None or not text for one, text in zip(found, texts, strict=True)):
            return tuple(one or "" for one in found)
    return ()


def _text(cell: Cell) -> str:
    """The words of a cell without badges and marks behind them; empty for a dash."""
    words = "".join(_words(cell)).strip()
    return "" if words == "–" else words


def _words(cell: Cell) -> Iterable[str]:
    for place, item in enumerate(cell):
        match item:
            case str(text) | Code(text) | Strong(text) | ExtRef(text=text):
                yield text
            case Ref(name=name, text=shown):
                yield name if shown is None else shown
            case Badge(text):
                yield text if place == 0 else ""
            case ReadIn():
                yield ""
            case _:
                yield "\0"  # a time or something hidden has no amount


def _amount(text: str) -> str | None:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    return _padded(Decimal(found[1].replace(",", "")) * _UNITS[found[2] or ""])


def _duration(text: str) -> str | None:
    if _DURATION.fullmatch(text) is None:
        return None
    return _padded(sum((Decimal(number) * _TIMES[unit] for number, unit in _PART.findall(text)), Decimal(0)))


def _address(text: str) -> str | None:
    """An address or a network: those of version 4 first, each by its number."""
    try:
        network = ipaddress.ip_network(text, strict=False)
        number = int(ipaddress.ip_interface(text).ip)
    except ValueError:
        return None
    return f"{network.version} {number:039d} {network.prefixlen:03d}"


def _padded(value: Decimal) -> str:
    """A number as the page reads numbers."""
    return f"{value.normalize():f}"


_FORMS: tuple[Callable[[str], str | None], ...] = (_amount, _address, _duration)
