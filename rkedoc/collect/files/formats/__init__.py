"""The formats of other tools' dumps that are known, each in a module of its own.

Where two would take the same folder, the first one does.
"""

from __future__ import annotations

from typing import Final

from rkedoc.collect.files.formats.cluster_info import CLUSTER_INFO
from rkedoc.collect.files.formats.format import Format
from rkedoc.collect.files.formats.output import OUTPUT
from rkedoc.collect.files.formats.rancher_logs import RANCHER_LOGS
from rkedoc.collect.files.formats.rancher_review import RANCHER_REVIEW
from rkedoc.collect.files.formats.sonobuoy import SONOBUOY
from rkedoc.collect.files.formats.sos import SOS
from rkedoc.collect.files.formats.velero import VELERO

FORMATS: Final[tuple[Format, ...]] = (
    RANCHER_LOGS,
    RANCHER_REVIEW,
    SONOBUOY,
    SOS,
    VELERO,
    CLUSTER_INFO,
)
"""All but the last: that takes what no other one does."""

OTHERWISE: Final[Format] = OUTPUT
"""The format of what lies in no other one's bundle."""
