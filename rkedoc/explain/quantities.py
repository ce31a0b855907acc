"""Quantities of Kubernetes, read exactly: ``100m`` of a processor, ``1.5Gi`` of memory.

Source: kubernetes/apimachinery v0.27, pkg/api/resource/quantity.go (grammar, rounding, ceiling) and suffix.go.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

ONE: Final = 10**9
"""One of anything (a processor, a byte) in the unit of :func:`parse_quantity`: Kubernetes keeps no smaller part than a billionth."""

_FORM: Final = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>[0-9]*)(?:\.(?P<part>[0-9]*))?(?:(?P<binary>[KMGTPE]i)|(?P<decimal>[numkMGTPE])|[eE](?P<exponent>[+-]?[0-9]+))?"
)
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_LONGEST: Final = 40
_MOST: Final = (2**63 - 1) * ONE


@lru_cache(maxsize=4096)
def parse_quantity(written: str) -> int | None:
    """A quantity in billionths; ``None`` for what is none. What is smaller than a billionth is rounded away from zero, as Kubernetes does.

    >>> parse_quantity("100m") / ONE, parse_quantity("1.5Ki") // ONE, parse_quantity("1e3") // ONE, parse_quantity("many")
    (0.1, 1536, 1000, None)
    """
    found = _FORM.fullmatch(written) if len(written) <= _LONGEST else None
    if found is None or not (found["whole"] or found["part"]):
        return None
    part = found["part"] or ""
    number = int(f"{found['whole']}{part}" or "0")
    exponent = int(found["exponent"]) if found["exponent"] else _DECIMAL[found["decimal"]] if found["decimal"] else 0
    if abs(exponent) > _LONGEST:
        return None
    number <<= _BINARY[found["binary"]] if found["binary"] else 0
    scale = exponent + 9 - len(part)
    power: int = 10 ** abs(scale)
    exact = number * power if scale >= 0 else -(-number // power)
    if found["binary"]:
        exact = min(exact, _MOST)
    return -exact if found["sign"] == "-" else exact
