"""Does works one after another, or hands them to an engine that does many at once.

Whoever does a work builds into a folder of its own below the one that all share, and tells where. So nothing but names and sentences passes
between processes, and a work that was given up halfway and begun again by another leaves nothing that anybody reads.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rkedoc.errors import RkedocError, mistake
from rkedoc.publish.work import Product, Work, build


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a work came to nothing, as a sentence."""

    reason: str


Outcome = Product | Failure

Engine = Callable[[Sequence[Work], Path, Callable[[str], None] | None], Iterator[tuple[Work, Outcome]]]
"""Does works in a folder that it shares with whoever asked, and gives each with its outcome as soon as it is done, in any order.
The last argument hears how far it is, in lines as Sphinx writes them."""


def attempt(work: Work, room: Path, progress: Callable[[str], None] | None = None) -> Outcome:
    """Do a work in a new folder below ``room``. Whatever goes wrong costs this work alone."""
    folder = Path(tempfile.mkdtemp(prefix="built-", dir=room)) / "site"
    try:
        return build(work, folder, progress)
    except RkedocError as error:
        return Failure(str(error))
    except Exception as error:  # noqa: BLE001 - of a hundred clusters, one whose pages cannot be made does not stop the others
        return Failure(mistake(error))


def one_by_one(
    works: Sequence[Work], room: Path, progress: Callable[[str], None] | None
) -> Iterator[tuple[Work, Outcome]]:
    """Do the works one after another in this process."""
    for number, work in enumerate(works, 1):
        yield work, attempt(work, room, _naming(work, number, len(works), progress))


def _naming(
    work: Work, number: int, total: int, progress: Callable[[str], None] | None
) -> Callable[[str], None] | None:
    """What says of which work a line of Sphinx's speaks."""
    if progress is None:
        return None
    place = f" ({number} of {total})" if total > 1 else ""
    return lambda line: progress(f"{work.name}{place}: {line}")
