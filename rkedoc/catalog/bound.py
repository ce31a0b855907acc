"""The one way to the catalog: an object that is bound to a cluster, and answers which entry a thing is.

Whether a ``metrics-server`` is K3s' own or somebody's depends on the cluster. So nothing is asked of the catalog as such but
an entry by its id; every other question goes to a :class:`ClusterCatalog`, and what the cluster is has to be said when one
is made: :data:`Distribution.UNKNOWN` is a value that somebody gives, not one that stands in for a forgotten argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from rkedoc.catalog.images import parse_image
from rkedoc.catalog.matcher import Candidate, Match, is_foreign, weigh
from rkedoc.vocabulary import Origin

if TYPE_CHECKING:
    from rkedoc.catalog.entry import Entry, MatchRule
    from rkedoc.catalog.loader import Catalog

_NO_LABELS: Mapping[str, str] = MappingProxyType({})


class Distribution(StrEnum):
    """The distribution of Kubernetes that a cluster is, as entries name it."""

    RKE1 = "rke1"
    RKE2 = "rke2"
    K3S = "k3s"
    KUBEADM = "kubeadm"
    OTHER = "other"
    """Of another vendor, or somebody's own."""
    UNKNOWN = ""
    """Nothing tells. Entries of all distributions are then looked for."""


@dataclass(frozen=True, slots=True)
class InPod:
    """A pod, one of its containers, or the workload that makes it, as far as it is known; ``None`` means unknown.

    ``container`` is the name inside the pod; without it the question is about the pod or the workload as a whole.
    ``workload`` and ``kind`` are those of the controller that somebody wrote (``Deployment``, not its ReplicaSet), or of the
    pod itself. Then ``parts`` are the images of its containers, the main one's first, empty texts for those that are not known.
    """

    namespace: str | None
    workload: str | None
    kind: str | None
    pod: str | None = None
    container: str | None = None
    image: str | None = None
    labels: Mapping[str, str] = field(default_factory=lambda: _NO_LABELS)
    command: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutsidePods:
    """A container that an engine runs in no pod. ``images`` are the names of its image, the one that it was made from first."""

    name: str
    images: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=lambda: _NO_LABELS)
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OnHost:
    """A process that runs on a node and in no container, as far as it is known.

    ``process`` is the name of its program (``rke2``, ``containerd-shim-runc-v2``), ``unit`` the systemd unit that it belongs to;
    one of them is given. ``command`` is its command line.
    """

    process: str | None
    unit: str | None = None
    command: tuple[str, ...] = ()


Thing = InPod | OutsidePods | OnHost
"""What an entry can be looked for."""


class ClusterCatalog:
    """The catalog, bound to what a cluster is. Immutable.

    ``rancher`` says whether Rancher or one of its agents is in the cluster; ``None`` if that is not known. ``namespaces`` are
    those of the cluster, as far as they were seen.
    """

    def __init__(
        self, catalog: Catalog, distribution: Distribution, rancher: bool | None, namespaces: frozenset[str]
    ) -> None:
        self.catalog = catalog
        self.distribution = distribution
        self.rancher = rancher
        self.namespaces = namespaces

    def get(self, entry_id: str) -> Entry | None:
        """The entry of that id."""
        return self.catalog.get(entry_id)

    def of_kind(self, kind: str) -> tuple[Entry, ...]:
        """The entries of a kind: ``component``, ``namespace`` or ``concept``."""
        return self.catalog.of_kind(kind)

    def find(self, thing: Thing) -> Match | None:
        """The entry of a container, a pod or a workload; ``None`` for what the catalog does not know.

        Of a container outside pods whose image has several names, the name decides that says most.
        """
        found = [match for one in self._candidates(thing) if (match := self.catalog.match(one)) is not None]
        return min(found, key=lambda match: match.rank, default=None)

    def namespace(self, name: str) -> Entry | None:
        """The entry of a namespace."""
        return self.catalog.namespace(name, self.distribution or None, self.rancher)

    def of_image(self, image: str) -> tuple[Entry, ...]:
        """The components that can run from an image, by the images that their rules name, in the order of their ids.

        Which of them does is said by the container that runs it, where one is known.
        """
        reference = parse_image(image)
        if not reference.identified:
            return ()
        return tuple(
            entry
            for entry in self.catalog.of_kind("component")
            if any(reference.matches(value) for value in _images(entry))
            and not is_foreign(entry, self.distribution or None, self.rancher)
        )

    def naming(self, conditions: Iterable[str], values: Iterable[str]) -> tuple[Entry, ...]:
        """The components that can be here and have a rule of which one of these conditions names one of the values exactly."""
        asked, wanted = tuple(conditions), frozenset(values)
        return tuple(
            entry
            for entry in self.catalog.of_kind("component")
            if any(wanted.intersection(rule.values(condition)) for rule in entry.match for condition in asked)
            and not is_foreign(entry, self.distribution or None, self.rancher)
        )

    def fits(self, entry: Entry, rule: MatchRule, thing: Thing) -> bool:
        """Whether a rule of an entry holds for a thing, whatever other rules say."""
        return any(weigh(entry, rule, candidate) is not None for candidate in self._candidates(thing))

    def _candidates(self, thing: Thing) -> tuple[Candidate, ...]:
        if isinstance(thing, InPod):
            return (
                self._candidate(
                    container=thing.container, pod=thing.pod, workload=thing.workload, workload_kind=thing.kind,
                    namespace=thing.namespace, image=thing.image, labels=thing.labels, command=thing.command,
                    parts=thing.parts,
                ),
            )  # fmt: skip
        if isinstance(thing, OnHost):
            return (self._candidate(process=thing.process, unit=thing.unit, command=thing.command, in_pod=False),)
        return tuple(
            self._candidate(
                name=thing.name, image=image, labels=thing.labels, command=thing.command, in_pod=False
            )
            for image in thing.images or (None,)
        )  # fmt: skip

    def _candidate(
        self, *, container: str | None = None, name: str | None = None, pod: str | None = None, workload: str | None = None,
        workload_kind: str | None = None, namespace: str | None = None, image: str | None = None,
        labels: Mapping[str, str] = _NO_LABELS, command: tuple[str, ...] = (), in_pod: bool = True,
        process: str | None = None, unit: str | None = None, parts: tuple[str, ...] = (),
    ) -> Candidate:  # fmt: skip
        return Candidate(
            container, name, pod, workload, workload_kind, namespace, image, labels, command, in_pod,
            self.distribution or None, self.rancher, process, unit, parts, self.namespaces,
        )  # fmt: skip


def _images(entry: Entry) -> Iterator[str]:
    """The images that tell by themselves that a component may run: no owner's whole work, and of an add-on none that needs a label beside it."""
    for rule in entry.match:
        if not (entry.origin == Origin.ADD_ON and rule.labels):
            yield from (value for value in rule.values("image") if not value.endswith("/*"))
