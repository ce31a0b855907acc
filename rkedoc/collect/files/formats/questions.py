"""What tools asked the Kubernetes API for, and how that ended, as they note it.

Kubernetes API, "API Concepts": ``/api/v1/namespaces/NS/RESOURCE`` and ``/apis/GROUP/VERSION/RESOURCE`` are lists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rkedoc.vocabulary import Result

_FORBIDDEN = re.compile(r"\bforbidden\b", re.IGNORECASE)
_ABSENT = re.compile(
    r"could not find the requested resource|doesn't have a resource type|no matches for kind|\bnot found\b"
)
_LIST = re.compile(
    r"/(?:api|apis/(?P<group>[a-z0-9.-]+))/(?P<version>v[a-z0-9]+)/(?:namespaces/(?P<namespace>[a-z0-9-]+)/)?(?P<plural>[a-z0-9]+)"
)


@dataclass(frozen=True, slots=True)
class ListPath:
    """A list that was asked for. ``group`` is empty for the core's; ``namespace`` is ``None`` for a list of the whole cluster."""

    group: str
    version: str
    plural: str
    namespace: str | None = None

    @property
    def kind(self) -> str:
        """The plural, with its group behind a point."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


def list_path(path: str) -> ListPath | None:
    """The list that a path asks for; ``None`` if it asks for one object, or for something else.

    >>> list_path("/apis/apps/v1/namespaces/shop/deployments")
    ListPath(group='apps', version='v1', plural='deployments', namespace='shop')
    >>> list_path("/api/v1/namespaces/shop"), list_path("/apis/apps/v1"), list_path("/api/v1/pods?as=Table")
    (None, None, None)
    """
    found = _LIST.fullmatch(path)
    if found is None:
        return None
    return ListPath(found["group"] or "", found["version"], found["plural"], found["namespace"])


def ended(message: str) -> tuple[Result, str]:
    """How a question ended that client-go has given an error for, with the reason code.

    kubernetes/apimachinery v0.31, pkg/api/errors/errors.go (NewForbidden, NewGenericServerResponse).
    """
    if _FORBIDDEN.search(message):
        return Result.FORBIDDEN, "Forbidden"
    if _ABSENT.search(message):
        return Result.ABSENT, "NotFound"
    return Result.FAILED, "Unauthorized" if "Unauthorized" in message else "query-failed"
