"""A line of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One container, why it stands where it stands, and what pages call it.

    ``state`` is the engine's word (``running``, ``exited``, ``created`` …); ``role`` and ``origin`` are the two axes;
    ``component`` the id of the catalog's entry; ``rule`` and ``evidence`` what put it there. ``pod`` and ``namespace`` are
    those of its pod. ``record_id`` is the record it was read from; ``subject`` what survives restarts: the id of its
    workload, or ``<node>/<name>`` for a container outside pods.
    """

    id: str
    name: str
    node: str
    state: str
    role: str
    origin: str
    component: str | None
    rule: str
    evidence: str
    pod: str | None
    namespace: str | None
    record_id: str
    subject: str

    def to_json(self) -> dict[str, Any]:
        """The line as ``rkedoc ledger --format json`` prints it."""
        return {
            "id": self.id, "name": self.name, "node": self.node, "state": self.state, "role": self.role,
            "origin": self.origin, "component": self.component, "rule": self.rule, "evidence": self.evidence,
            "pod": self.pod, "namespace": self.namespace,
        }  # fmt: skip
