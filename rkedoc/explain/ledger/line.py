"""A line of the ledger, and the reasons that put it where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rkedoc.cluster.fields import plain
from rkedoc.i18n import Message, translated
from rkedoc.vocabulary import Basis, Origin, Role


@dataclass(frozen=True, slots=True)
class Reason:
    """One of the reasons why a container is classed as it is.

    ``rule`` is a code: a rule of the catalog with its anchor (``label io.rancher.rke.container.name``), or how its pod was
    found (``pod uid``). ``evidence`` is what that rule found: words of the cluster, or a :class:`~rkedoc.i18n.Message`.
    ``said`` tells whether the evidence repeats the rule, so that a page needs the evidence alone.
    """

    rule: str
    evidence: str
    said: bool = True

    @property
    def text(self) -> str:
        """The evidence in the language in use."""
        return plain(str(translated(self.evidence)))


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One container, why it stands where it stands, and what pages call it.

    ``state`` is the engine's word (``running``, ``exited``, ``created`` …); ``role`` and ``origin`` are the two axes;
    ``component`` the id of the catalog's entry; ``reasons`` what put it there. ``pod`` and ``namespace`` are those of its
    pod. ``made_of`` says what it was read from, ``record_id`` which record that is; ``subject`` what survives restarts: the id of its workload, or
    ``<node>/<name>`` for a container outside pods.
    """

    id: str
    name: str
    node: str
    state: str
    role: Role
    origin: Origin
    component: str | None
    reasons: tuple[Reason, ...]
    made_of: Basis
    pod: str | None
    namespace: str | None
    record_id: str
    subject: str

    @property
    def rule(self) -> str:
        """The codes of the reasons, joined."""
        return " + ".join(reason.rule for reason in self.reasons)

    @property
    def evidence(self) -> str:
        """What the reasons found, joined, in English."""
        return plain("; ".join(reason.evidence for reason in self.reasons if reason.evidence))

    @property
    def told(self) -> Message:
        """What the reasons found, for whoever prints it in some language."""
        found = [reason.evidence for reason in self.reasons if reason.evidence]
        named = {f"reason{at}": evidence for at, evidence in enumerate(found)}
        return Message("; ".join(f"{{{name}}}" for name in named), **named)

    def to_json(self) -> dict[str, Any]:
        """The line as ``rkedoc ledger --format json`` prints it: the same in every language."""
        return {
            "id": self.id, "name": self.name, "node": self.node, "state": self.state, "role": self.role,
            "origin": self.origin, "component": self.component, "rule": self.rule, "evidence": self.evidence,
            "made_of": self.made_of, "pod": self.pod, "namespace": self.namespace,
        }  # fmt: skip
