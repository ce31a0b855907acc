"""A line of the ledger, and the reasons that put it where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

from rkedoc.cluster.fields import plain
from rkedoc.i18n import N_, Message, translated
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


_RULES: Final = {
    "label": N_("label"), "name": N_("name"), "workload": N_("workload"), "pod": N_("pod"), "container": N_("container"),
    "image": N_("image"), "process": N_("process"), "unit": N_("unit"), "owner": N_("owned by"), "pod uid": N_("pod uid"),
    "pod status": N_("pod status"), "pod name": N_("pod name"), "static pod": N_("static pod"), "runtime": N_("runtime"),
    "attempt": N_("attempt"), "engine labels": N_("engine labels"), "engine name": N_("engine name"), "none": N_("none"),
}  # fmt: skip
"""What the codes of rules are called. That of a label has the label's name behind it."""


def rule_words(rule: str) -> Message:
    """What a rule is called, in whatever language; in English as its code."""
    if rule in _RULES:
        return Message(_RULES[rule])
    what, _blank, name = rule.partition(" ")
    return Message("label {name}", name=name) if what == "label" else Message("{rule}", rule=rule)


def matched(rule: str, evidence: str) -> Reason:
    """That a rule of the catalog held, and what it found."""
    return Reason(rule, Message("{rule} {found}", rule=rule_words(rule), found=evidence))


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
        found = [Message("{reason}", reason=reason.evidence) for reason in self.reasons if reason.evidence]
        return reduce(
            lambda before, after: Message("{before}; {after}", before=before, after=after), found or [Message("")]
        )

    def to_json(self) -> dict[str, Any]:
        """The line as ``rkedoc ledger --format json`` prints it: the same in every language."""
        return {
            "id": self.id, "name": self.name, "node": self.node, "state": self.state, "role": self.role,
            "origin": self.origin, "component": self.component, "rule": self.rule, "evidence": self.evidence,
            "made_of": self.made_of, "pod": self.pod, "namespace": self.namespace,
        }  # fmt: skip
