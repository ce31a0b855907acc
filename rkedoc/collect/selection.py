"""What a person wants to be read: ``--namespace``, ``--skip`` and ``--only``, for every source alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rkedoc.collect import noise
from rkedoc.collect.kubernetes.discovery import Resource
from rkedoc.snapshot.identity import canonical_group
from rkedoc.snapshot.kinds import ENGINE_KINDS, kind_of

_ALWAYS = frozenset({"engine", "containers"})
"""Without these an engine's part of a snapshot says nothing: whoever does not want them leaves the engine out."""

NAMESPACES = "core/namespaces"


def resource_in_file(group: str, kind: str, *, namespaced: bool) -> Resource:
    """A kind of which a file holds objects. ``group`` is the canonical one."""
    known = kind_of(group, kind)
    return Resource(group, "", known.plural, kind, namespaced, known.short)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person wants to be read. Empty: everything."""

    namespaces: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    def reason_to_skip(self, resource: Resource) -> str | None:
        """The reason code for which a resource is not read; ``None`` if it is."""
        if any(resource.answers_to(name) or resource.group == name.strip().lower() for name in self.skip):
            return "option-skip"
        if self.only and not any(resource.answers_to(name) for name in self.only):
            return "option-only"
        group = canonical_group(resource.group, resource.kind)
        if noise.reason_to_skip(group, resource.name) or noise.reason_to_skip(resource.group, resource.name):
            return "noise"
        if self.namespaces and not resource.namespaced and resource.scope != NAMESPACES:
            return "not-namespaced"
        return None

    def engine_reason(self, what: str) -> str | None:
        """The reason code for which an engine's list (``images``, ``networks``, ``volumes``) is not read.

        ``containers`` and the engine itself are always read: the ledger is made of them.
        """
        if what in _ALWAYS:
            return None
        if any(answers_to(what, name) for name in self.skip):
            return "option-skip"
        if self.only and not any(answers_to(what, name) for name in self.only):
            return "option-only"
        return None

    def engine_note(self) -> str:
        """What a person has to be told who narrows kinds while an engine is read; empty if nothing."""
        if any(answers_to(what, name) for name in self.skip for what in _ALWAYS):
            return "an engine's containers cannot be skipped, since the ledger is made of them"
        if self.only and not any(answers_to(what, name) for name in self.only for what in _ALWAYS):
            return "an engine's containers are read in spite of --only, since the ledger is made of them"
        return ""

    def unmatched(self, served: Sequence[Resource]) -> tuple[str, ...]:
        """The names given with ``--skip`` and ``--only`` that mean nothing that a server serves or an engine holds."""
        return tuple(
            name
            for name in (*self.skip, *self.only)
            if not any(resource.answers_to(name) for resource in served)
            and not any(one.answers_to(name) for one in ENGINE_KINDS)
            and not any(resource.group == name.strip().lower() for resource in served)
        )


def answers_to(what: str, name: str) -> bool:
    """Whether a person may mean an engine's list by ``name``: ``images``, ``image``, ``EngineImage``, ``engine/images``."""
    return any(one.plural == what and one.answers_to(name) for one in ENGINE_KINDS)
