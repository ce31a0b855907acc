"""What the ledger cannot bring together, and what it cannot speak of, as values; words are made by whoever prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rkedoc.i18n import N_, Message, in_brackets, of_what, translated
from rkedoc.vocabulary import Absence, MismatchKind


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One disagreement between an engine and the API.

    ``pod`` is ``<namespace>/<name>``; ``container`` the engine's name of the sandbox, empty for a pod without one; ``why`` a
    sentence.
    """

    kind: MismatchKind
    node: str
    pod: str
    why: Message
    container: str = ""

    @property
    def text(self) -> str:
        """The mismatch in the language in use, in one line."""
        where = [("node", self.node), ("container", self.container), ("pod", self.pod)]
        return _sentence(self.kind.label, where, self.why)

    def to_json(self) -> dict[str, Any]:
        """The mismatch as JSON has it, the same in every language."""
        found = {"what": self.kind.value, "node": self.node, "container": self.container, "pod": self.pod}
        return {**{key: value for key, value in found.items() if value}, "why": str(self.why)}


@dataclass(frozen=True, slots=True)
class NotCollected:
    """What no line can speak of: an engine, pods, or the engine of one node with the number of pods bound to it."""

    what: Absence
    why: Message
    node: str = ""
    pods: int | None = None

    @property
    def text(self) -> str:
        """It in the language in use, in one line."""
        where = [("node", self.node), ("pods", "" if self.pods is None else str(self.pods))]
        return _sentence(self.what.label, where, self.why)

    def to_json(self) -> dict[str, Any]:
        """It as JSON has it, the same in every language."""
        found = {"what": self.what.value, "node": self.node or None, "pods": self.pods, "why": str(self.why)}
        return {key: value for key, value in found.items() if value is not None}


def _sentence(label: Message, where: list[tuple[str, str]], why: Message) -> str:
    words = {"node": N_("node"), "container": N_("container"), "pod": N_("pod"), "pods": N_("pods")}
    told = ", ".join(f"{translated(Message(words[key]))} {value}" for key, value in where if value)
    return of_what(in_brackets(label.translated, told) if told else label.translated, why.translated)
