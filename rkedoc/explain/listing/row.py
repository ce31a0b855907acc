"""A line of a listing, as far as it was understood."""

from __future__ import annotations

import re
from dataclasses import dataclass

RESOURCE = re.compile(r"([a-z]+(?:\.[a-z0-9.-]+)?)/(\S+)\Z")
"""What ``kubectl get -o name`` prints: the resource and the name."""


@dataclass(frozen=True, slots=True)
class ListingRow:
    """One line that names something. ``what`` is ``engine`` (a container of Docker), ``cri``, ``image``, or a kind of
    Kubernetes (``Pod``, ``Deployment``, ``Namespace`` …); ``plain`` where a line holds nothing but a name."""

    line: int
    what: str
    name: str
    namespace: str | None = None
    image: str | None = None
    pod: str | None = None
    pod_id: str | None = None
    node: str | None = None
    command: str | None = None
    status: str | None = None
    attempt: int | None = None
    version: str | None = None

    @property
    def bare(self) -> str:
        """The name without what ``kubectl`` and ``docker`` put before it: ``pod/web`` and ``/web`` are ``web``."""
        found = RESOURCE.match(self.name)
        return found[2] if found and self.what not in ("engine", "image") else self.name.lstrip("/")
