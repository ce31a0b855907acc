"""The rules of a move from RKE1 to RKE2, and what they find in a cluster. The rules themselves are data: ``rules.yaml``, which explains its form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from rkedoc.catalog.bound import Distribution
from rkedoc.cluster.distribution import distribution
from rkedoc.explain.facts.fact import Place, Read, Words, place_in, place_of, said
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.explain.migration.finders import FINDERS, Said, unread
from rkedoc.explain.migration.successors import SUCCESSORS
from rkedoc.i18n import Message, language, of_what
from rkedoc.resources import load_yaml
from rkedoc.vocabulary import MoveTopic, MoveWeight, Role

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster

_MOST: Final = 200
"""Evidence that one finding keeps; what is more is counted."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where what a rule says was read: project, version and file or page, and its address."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What is looked for, and what it means. ``when`` are finders with what is said to them: any of them is enough.

    Of the rules that are ``one_of`` the same a cluster fits one at the most.
    """

    id: str
    topic: MoveTopic
    weight: MoveWeight
    when: tuple[tuple[str, Said], ...]
    words: Mapping[str, Mapping[str, str]]
    sources: tuple[Source, ...]
    look: str
    one_of: str = ""

    @property
    def title(self) -> str:
        """What stands here, in the language in use."""
        return told(self.words["title"])

    @property
    def becomes(self) -> str:
        """What becomes of it, and what is to be done, in the language in use; a sentence or several with code spans."""
        return told(self.words["becomes"])


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that holds in a cluster: ``evidence`` says where, ``more`` how many places there are besides."""

    rule: Rule
    evidence: tuple[Read, ...]
    more: int = 0

    def to_json(self) -> dict[str, Any]:
        """It for programs: the same in every language."""
        rule = self.rule
        return {
            "id": rule.id, "topic": rule.topic, "weight": rule.weight, "title": rule.words["title"]["en"], "becomes": rule.words["becomes"]["en"],
            "evidence": [
                {"value": str(one.value), "where": str(one.where), "id": one.where.record or None} for one in self.evidence
            ],
            "more": self.more, "look": rule.look, "sources": [{"text": one.text, "url": one.url} for one in rule.sources],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Successor:
    """A component of RKE1 that is here, where, and what does its work on RKE2: an entry's id, or empty, and how."""

    component: str
    name: str
    where: tuple[Place, ...]
    successor: str
    how: Message

    def to_json(self) -> dict[str, Any]:
        """It for programs: the same in every language."""
        return {
            "component": self.component, "where": [str(place) for place in self.where], "successor": self.successor or None, "how": str(self.how),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A rule that could not be judged, and what would have had to be read for it."""

    rule: Rule
    missing: Words


@dataclass(frozen=True, slots=True)
class Migration:
    """What moving a cluster to RKE2 means. ``applies`` is false for a cluster that is not RKE1: then there is nothing in it."""

    cluster: str
    distribution: str
    applies: bool
    findings: tuple[Finding, ...] = ()
    components: tuple[Successor, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()

    def of(self, weight: MoveWeight) -> tuple[Finding, ...]:
        """The findings of a weight."""
        return tuple(one for one in self.findings if one.rule.weight == weight)

    def to_json(self) -> dict[str, Any]:
        """The answer for programs: the same in every language."""
        return {
            "cluster": self.cluster, "distribution": self.distribution, "applies": self.applies,
            "findings": [one.to_json() for one in self.findings],
            "components": [one.to_json() for one in self.components],
            "not_judged": [{"id": one.rule.id, "missing": str(one.missing)} for one in self.unjudged],
            "not_in_a_snapshot": [one["en"] for one in beyond()] if self.applies else [],
            "order": [one["en"] for one in order()] if self.applies else [],
        }  # fmt: skip


@lru_cache(maxsize=4)
def migration(cluster: Cluster) -> Migration:
    """What stands in a cluster that a move to RKE2 has to do with: by topic, in the order of the rules."""
    kind = distribution(cluster)
    name = str(cluster.header.cluster.get("name") or "")
    if kind.id != Distribution.RKE1:
        return Migration(name, kind.id, applies=False)
    findings, unjudged = [], []
    for rule in rules():
        found = list(_found(cluster, rule.when))
        if found:
            evidence = sorted(dict.fromkeys(found), key=lambda one: (str(one.where), str(one.value)))
            findings.append(Finding(rule, tuple(evidence[:_MOST]), max(0, len(evidence) - _MOST)))
        elif missing := _missing(cluster, rule.when):
            unjudged.append(Unjudged(rule, missing))
    settled = {one.rule.one_of for one in findings if one.rule.one_of}
    open_ones = tuple(one for one in unjudged if one.rule.one_of not in settled)
    return Migration(
        name, kind.id, applies=True, findings=tuple(findings), components=_components(cluster), unjudged=open_ones
    )


def _found(cluster: Cluster, asked: Sequence[tuple[str, Said]]) -> Iterator[Read]:
    for finder, words in asked:
        yield from FINDERS[finder](cluster, words)


def _missing(cluster: Cluster, asked: Sequence[tuple[str, Said]]) -> Words | None:
    return next((missing for finder, words in asked if (missing := unread(cluster, finder, words))), None)


def _components(cluster: Cluster) -> tuple[Successor, ...]:
    places: dict[str, dict[Place, None]] = {}
    for workload in cluster.workloads():
        if workload.entry is not None:
            places.setdefault(workload.entry.id, {})[place_in(workload)] = None
    for line in build_ledger(cluster).lines:
        record = cluster.snapshot.get(line.record_id)
        if not line.component or record is None:
            continue
        if line.role == Role.STANDALONE:
            places.setdefault(line.component, {})[place_of(record)] = None
        elif line.pod:
            workload_here = cluster.workload_of(f"core/Pod/{line.namespace}/{line.pod.rpartition('/')[2]}")
            where = place_in(workload_here) if workload_here is not None else place_of(record)
            places.setdefault(line.component, {})[where] = None
    found = []
    for component, (successor, how) in SUCCESSORS.items():
        entry = cluster.catalog.get(component)
        if entry is not None and component in places:
            found.append(Successor(component, entry.name, tuple(places[component]), successor, Message(how)))
    return tuple(found)


# -- the data ---------------------------------------------------------------------------------------------------------


@cache
def rules() -> tuple[Rule, ...]:
    """The rules, by topic, and within one in the order of the data."""
    data = _data()
    sources = {key: Source(said["text"], said["url"]) for key, said in data["sources"].items()}
    found = [
        Rule(
            said["id"], MoveTopic(said["topic"]), MoveWeight(said["weight"]), _asked(said["when"], data["lists"]),
            {"title": said["title"], "becomes": said["becomes"]},
            tuple(sources[key] for key in said["sources"]), said["look"], said.get("one_of", ""),
        )
        for said in data["rules"]
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda rule: rule.topic.order))


def _asked(said: list[Mapping[str, Said]], lists: Mapping[str, list[Any]]) -> tuple[tuple[str, Said], ...]:
    """Finders with what is said to them; a word of the form ``$name`` stands for a list that several rules share."""
    return tuple((finder, _filled(words, lists)) for one in said for finder, words in one.items())


def _filled(words: Said | None, lists: Mapping[str, list[Any]]) -> Said:
    return {
        key: lists[value[1:]] if isinstance(value, str) and value.startswith("$") else value
        for key, value in (words or {}).items()
    }


def beyond() -> tuple[Mapping[str, str], ...]:
    """What no snapshot holds and a move has to do with, each in every language."""
    return tuple(_data()["beyond"])


def order() -> tuple[Mapping[str, str], ...]:
    """The steps of a move, in their order, each in every language."""
    return tuple(_data()["order"])


def _data() -> Mapping[str, Any]:
    found: Mapping[str, Any] = load_yaml("explain", "migration", "rules.yaml")
    return found


def told(words: Mapping[str, str]) -> str:
    """Words of the data in the language in use."""
    return words.get(language(), "") or words.get("en", "")


def evidence_text(one: Read) -> str:
    """A piece of evidence in one line: where, and the value that stands there."""
    where, value = one.where.text, said(one.value)
    return of_what(where, value) if value else where
