"""What may be sent to a Rancher itself: nothing but reads of its list of clusters and of its version.

What goes through its proxy to a cluster has the guard of :mod:`rkedoc.collect.kubernetes.guard`, as every Kubernetes API.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from rkedoc.collect.kubernetes.transport import JSON_ONLY
from rkedoc.errors import ForbiddenRequest
from rkedoc.printable import printable

CLUSTERS: Final = "/v3/clusters"
"""The list of clusters: those that the token may see (rancher/rancher v2.5.5 and v2.14.4, pkg/multiclustermanager/routes.go)."""

VERSION: Final = "/v3/settings/server-version"
"""Rancher's version, as a setting (rancher/rancher, pkg/settings/setting.go)."""

_LIMIT = re.compile(r"[1-9][0-9]{0,3}")
_MARKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,252}")


def check(method: str, path: str, query: Mapping[str, str], accept: str) -> None:
    """Let one request to Rancher itself pass, or raise :class:`~rkedoc.errors.ForbiddenRequest`."""
    pages = query.keys() <= {"limit", "marker"} and all(
        (_LIMIT if name == "limit" else _MARKER).fullmatch(value) for name, value in query.items()
    )
    allowed = path == VERSION and not query or path == CLUSTERS and pages
    if method != "GET" or accept != JSON_ONLY or not allowed:
        raise ForbiddenRequest(
            f"{printable(method)[:10]} {printable(path)[:80]} was not sent: not a request that is made to Rancher"
        )
