"""Every error that rkedoc raises for the person who meets it.

::

    RkedocError
    ├── UsageError         an option or a combination of options makes no sense
    ├── SnapshotError      a file is not a snapshot that can be read (line, record and reason are named)
    ├── CollectError       nothing could be collected, or the collector refused to start
    │   └── SourceUnavailable   one source did not answer; the others may
    ├── ForbiddenRequest   a request that is not on the allowlist of reading requests was about to be sent
    ├── CatalogError       an entry of the catalog, or of the user's annotations, is malformed
    ├── ResourceError      a data file that belongs to the package is missing
    ├── BuildError         the site could not be built
    ├── StoreError         a store of snapshots could not be read or written, or holds what it should not
    └── FleetError         a question to many clusters could not be answered

A message says what happened, to which object, and what to do next, in one line. It never carries the text of a client
library's exception, which may hold a credential.
"""

from __future__ import annotations

import traceback
from pathlib import Path


class RkedocError(Exception):
    """The base of all errors that rkedoc raises on purpose. ``str()`` is one line, fit to be printed."""


class UsageError(RkedocError):
    """An option, or a combination of options, makes no sense."""


class SnapshotError(RkedocError):
    """A file is not a snapshot that this version can read."""


class CollectError(RkedocError):
    """Nothing could be collected, or the collector refused to start."""


class SourceUnavailable(CollectError):
    """One source did not answer; the others may.

    ``source`` is ``"engine"`` or ``"kubernetes"``; ``endpoint`` is its address without credentials. ``code`` is the reason as a word
    for programs (``"connection-failed"``), empty where there is none.
    """

    def __init__(self, source: str, endpoint: str, reason: str, *, code: str = "") -> None:
        super().__init__(f"{source} at {endpoint}: {reason}")
        self.source = source
        self.endpoint = endpoint
        self.reason = reason
        self.code = code


class ForbiddenRequest(RkedocError):
    """A request that is not on the allowlist of reading requests was about to be sent; it was not sent."""


class CatalogError(RkedocError):
    """An entry of the catalog, or of the user's annotations, is malformed."""


class ResourceError(RkedocError):
    """A data file that belongs to the package is missing: the installation is broken."""


class BuildError(RkedocError):
    """The site could not be built."""


class FleetError(RkedocError):
    """A question to many clusters could not be answered: the tables cannot be kept, or the question makes no sense."""


class StoreError(RkedocError):
    """A store of snapshots could not be read or written, or holds what it should not."""


def mistake(error: BaseException) -> str:
    """A sentence for an exception that nobody raised on purpose: what it was, and where, but not what it says."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"a mistake in rkedoc ({type(error).__name__} in {Path(where.filename).name}, line {where.lineno}): please report it; "
        "RKEDOC_DEBUG=1 shows more"
    )
