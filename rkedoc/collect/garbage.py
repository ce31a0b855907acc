"""The garbage collector during a run.

Decoded pages are hundreds of thousands of plain values that point at no one who points back at them. Looking through
them for cycles again and again takes a third of a run and finds nothing.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

_ALLOCATIONS = 200_000
"""How many values more than were let go make the collector look: those of a page or so."""


@contextlib.contextmanager
def rarely_collected() -> Iterator[None]:
    """Let the garbage collector look rarely, and only at what is made within the block."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, 10, 10)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
