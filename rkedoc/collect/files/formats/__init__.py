"""The formats of other tools' dumps that are known, each in a module of its own.

Where two would take the same folder, the first one does.
"""

from __future__ import annotations

from typing import Final

from rkedoc.collect.files.formats.cluster_info import CLUSTER_INFO
from rkedoc.collect.files.formats.crust_gather import CRUST_GATHER
from rkedoc.collect.files.formats.format import Format
from rkedoc.collect.files.formats.k8shark import K8SHARK
from rkedoc.collect.files.formats.must_gather import MUST_GATHER
from rkedoc.collect.files.formats.output import OUTPUT
from rkedoc.collect.files.formats.rancher_logs import RANCHER_LOGS
from rkedoc.collect.files.formats.rancher_review import RANCHER_REVIEW
from rkedoc.collect.files.formats.sonobuoy import SONOBUOY
from rkedoc.collect.files.formats.sos import SOS
from rkedoc.collect.files.formats.support_bundle_kit import SUPPORT_BUNDLE_KIT
from rkedoc.collect.files.formats.troubleshoot import TROUBLESHOOT
from rkedoc.collect.files.formats.velero import VELERO

FORMATS: Final[tuple[Format, ...]] = (
    RANCHER_LOGS,
    RANCHER_REVIEW,
    SONOBUOY,
    SOS,
    VELERO,
    TROUBLESHOOT,
    SUPPORT_BUNDLE_KIT,
    CRUST_GATHER,
    MUST_GATHER,
    K8SHARK,
    CLUSTER_INFO,
)
"""All but the last: that takes what no other one does."""

OTHERWISE: Final[Format] = OUTPUT
"""The format of what lies in no other one's bundle."""
