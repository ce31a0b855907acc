"""What may be sent to a Kubernetes API server: nothing but reads of discovery documents, lists and a namespace.

The guard stands before the socket, not beside the caller: a request that it does not know is never sent, whoever asks
for it and for whatever reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from rkedoc.errors import ForbiddenRequest
from rkedoc.printable import printable
from rkedoc.redact import is_credential_kind

METADATA_ONLY = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
"""The ``Accept`` header that asks for a list of objects' metadata alone, and for nothing else."""

TABLE_ONLY = "application/json;as=Table;v=v1;g=meta.k8s.io"
"""The ``Accept`` header that asks for the printed columns of a list, and for nothing else. Used for core Secrets alone,
whose columns (name, type, number of keys, age) are fixed; the columns of a custom resource may print a token."""

_NAME = r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?"
_VERSION = r"v[0-9][a-z0-9-]{0,62}|[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLURAL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"

_DISCOVERY = re.compile(rf"/version|/api|/api/v1|/apis|/apis/(?:{_NAME})/(?:{_VERSION})")
_LIST = re.compile(
    rf"(?:/api/v1|/apis/(?P<group>{_NAME})/(?:{_VERSION}))(?:/namespaces/{_NAME})?/(?P<resource>{_PLURAL})"
)
_NAMESPACE = re.compile(rf"/api/v1/namespaces/{_NAME}")
_REDIRECTING = frozenset({"proxy", "redirect", "watch"})
"""Old paths of the API server (``/api/v1/proxy/…``, ``/api/v1/watch/…``) that look like a resource but are not."""

_PARAMETERS = {
    "limit": re.compile(r"[1-9][0-9]{0,5}"),
    "continue": re.compile(r"[\x21-\x7e]{1,65536}"),
    "fieldSelector": re.compile(r"type=Warning"),
}


def check(method: str, path: str, query: Mapping[str, str], accept: str) -> None:
    """Let one request pass, or raise :class:`~rkedoc.errors.ForbiddenRequest`.

    ``path`` is what follows the address of the server, without its query. A list of credentials passes only if contents
    are not asked for.
    """
    if method != "GET":
        raise ForbiddenRequest(f"{_printable(method)} {_printable(path)} was not sent: only GET is")
    for name, value in query.items():
        pattern = _PARAMETERS.get(name)
        if pattern is None or not pattern.fullmatch(value):
            raise ForbiddenRequest(
                f"GET {_printable(path)} was not sent: the parameter {_printable(name)} is not allowed"
            )
    if ".." in path:
        raise ForbiddenRequest(f"GET {_printable(path)} was not sent: not a path that the collector reads")
    if not query and (_DISCOVERY.fullmatch(path) or _NAMESPACE.fullmatch(path)):
        return
    match = _LIST.fullmatch(path)
    if match is None or match["resource"] in _REDIRECTING:
        raise ForbiddenRequest(f"GET {_printable(path)} was not sent: not a path that the collector reads")
    group, resource = match["group"] or "", match["resource"]
    without_contents = accept == METADATA_ONLY or (accept == TABLE_ONLY and (group, resource) == ("", "secrets"))
    if is_credential_kind(group, resource) and not without_contents:
        raise ForbiddenRequest(
            f"GET {_printable(path)} was not sent: it would have asked for the contents of credentials"
        )


def _printable(text: str) -> str:
    """A request as a message may show it: short, and without control characters."""
    return printable(text[:200])
