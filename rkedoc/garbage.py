"""The garbage collector while much is made that stays.

Decoded pages, records and document trees are hundreds of thousands of values, hardly any of which points at one that
points back at it. Looking through them for cycles again and again takes a third of a collection's time, and a sixth of
a build's, and finds next to nothing.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

ALLOCATIONS = 200_000
"""How many values more than were let go make the collector look: those of a page of the API or so."""


@contextlib.contextmanager
def rarely_collected(allocations: int = ALLOCATIONS) -> Iterator[None]:
    """Let the garbage collector look rarely, and only at what is made within the block, after the last :func:`set_aside`.

    What such a block leaves behind, Python's own rule would not let go for hundreds of blocks: it does not count what was set aside. So
    a block begins with a look at everything, if there is twice as much as after the last one.
    """
    before = gc.get_threshold()
    _let_go()
    gc.freeze()
    gc.set_threshold(allocations, 10, 10)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


_stayed = 0
"""How many values there were after the last look at everything, or when the first block began; 0 before."""


def _let_go() -> None:
    global _stayed
    if 0 < 2 * _stayed < _count():
        gc.collect()
        _stayed = _count()
    _stayed = _stayed or _count()


def _count() -> int:
    """How many values the collector knows of. To count them in any other way takes a list of all."""
    gc.freeze()
    try:
        return gc.get_freeze_count()
    finally:
        gc.unfreeze()


def set_aside() -> None:
    """Within such a block: let the collector look at nothing any more that there is now, since all of it stays.

    A large cluster, and what was noted of its documents, need not be looked through each time that the documents of a
    while have been let go. Processes that are forked share it then: the collector's marks would make each of them copy it.
    """
    gc.freeze()
