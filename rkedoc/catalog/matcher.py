"""Find the entry of a container, a pod or a workload, or of a process of the host.

The order, strongest first:

1. **label**: a rule that stands on labels (``io.rancher.rke.container.name: etcd``);
2. **exact name**: of the engine's container, the workload, the pod, or the container inside its pod; of a process or its unit;
3. **pattern**: the same by a shell pattern (``helm-install-*``);
4. **image**: the reference without registry, ``mirrored-``, ``hardened-``, tag and digest.

Within one order the rule of which more conditions hold wins; among those, the one that leaves fewer conditions open.

A rule stands on its *anchor*, the strongest of label, name/workload/pod, container and image that it has: the anchor
must hold. The other conditions must hold as far as the thing is known: ``docker ps`` shows a pod's image as an id, and
``kubectl get pods`` shows no namespace. A condition on something unknown is left open and does not count. Four are
never left open: ``distribution``, ``command`` (a piece of text that the command line must hold), ``in_pod``, and ``beside`` (a
namespace that the cluster has to have, since the component comes with what lies in it); nor is the
namespace of a rule that says too little without it: where it is a pattern, or where the anchor begins with a wildcard; nor
an image that is written with its owner (``rancher/*``) in a rule about pods, since whose it is depends on it: the name is anybody's.

A rule that stands on a process or a unit is about the host's processes, and any other rule is about none of them: the kubelet in a
container and the kubelet as a process may be two entries.

The name of a container alone is trusted only where neither its pod nor its workload is known (an old ``crictl ps``);
``POD``, the kubelet's own name for sandboxes, always. The image alone is trusted in a pod only where the container's name
is not known: anybody may run ``pause`` as a container of a pod that does nothing.

Where the distribution is known, an entry that is not found on it is not looked for: a ``metrics-server`` on RKE2, whose
own is called ``rke2-metrics-server``, is somebody's. On a cluster that is none of Rancher's (``kubeadm``, ``other``) that
goes for all entries but those of ``any`` distribution and of that one, and where Rancher is there too, those of imported
and hosted clusters and of what Rancher installs everywhere. Where Rancher is known not to be there, what it brings to each
kind of cluster (``rke1``, ``rke2``, ``k3s`` and ``imported``) or has about itself (``management cluster``) is looked for on
none: somebody installed that ``istiod``.

**Add-ons** (``origin: add-on``) are told by what runs, not by what it is called: each rule of theirs has labels or an image,
and one of these must be known and hold. Their images count in pods too, whatever the container is called; a workload as a
whole is an add-on's by its main container alone, so that nobody's shop becomes Fluent Bit for a sidecar. Every other entry
that holds comes before an add-on's, in whatever order: first what the platform brings and what somebody's own files explain,
then add-ons, then nobody. Nothing of the platform becomes an add-on because it runs the same program.

The other way round an entry can name the ``images`` that its component is run from. Then no rule of it holds by a name in a
pod for a known image of another: a ``traefik`` in ``kube-system`` that runs ``bitnami/etcd`` is not K3s'. An image that is not known, or known
by an id alone, refutes nothing.

Two rules of different entries that hold equally are a mistake in the catalog (its tests say so); at run time the
user's own entry comes before the built-in one, then the order of the ids decides, so that the answer is always the
same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from rkedoc.catalog.entry import ON_HOST, Entry, MatchRule, is_pattern
from rkedoc.catalog.images import parse_image
from rkedoc.vocabulary import Origin

_WILDCARD = re.compile(r"[*?\[]")
_OURS = frozenset(("rke1", "rke2", "k3s"))
_FOREIGN = frozenset(("kubeadm", "other"))
_DISTRIBUTIONS = _OURS | _FOREIGN
_RANCHERS = _OURS | {"imported"}
_NAMES_IN_PODS = frozenset(("workload", "pod", "container"))
_NO_LABELS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of the thing that is looked for, as the rules see it. ``None`` means unknown, not absent.

    Made by :class:`~rkedoc.catalog.bound.ClusterCatalog` and by nobody else.

    ``container`` is the name inside the pod, ``name`` that of the engine's container. ``image`` is the image of a container, ``parts``
    are those of a workload as a whole, its main container's first. ``workload`` and
    ``workload_kind`` are the controller that somebody wrote (``Deployment``, not its ReplicaSet), or the pod itself.
    ``process`` is the name of a program on the host, ``unit`` the systemd unit that it belongs to.
    ``namespaces`` are those of the cluster, as far as they were seen.
    ``distribution`` is one of ``rke1``, ``rke2``, ``k3s``, ``kubeadm``, ``other``; ``rancher`` whether Rancher or one of its
    agents is in the cluster.
    """

    container: str | None = None
    name: str | None = None
    pod: str | None = None
    workload: str | None = None
    workload_kind: str | None = None
    namespace: str | None = None
    image: str | None = None
    labels: Mapping[str, str] = field(default_factory=lambda: _NO_LABELS)
    command: tuple[str, ...] = ()
    in_pod: bool = True
    distribution: str | None = None
    rancher: bool | None = None
    process: str | None = None
    unit: str | None = None
    parts: tuple[str, ...] = ()
    namespaces: frozenset[str] = frozenset()

    @property
    def on_host(self) -> bool:
        """Whether it is a process of the host, and no container."""
        return self.process is not None or self.unit is not None

    @property
    def images(self) -> tuple[str, ...]:
        """The images that it runs; empty where one of them is not known, or by no more than an id."""
        shown = self.parts or ((self.image,) if self.image else ())
        return shown if all(parse_image(text).identified for text in shown) else ()

    @property
    def main_image(self) -> str | None:
        """The image of its container, or of its main container; ``None`` where it is not known by more than an id."""
        shown = next(iter(self.parts), self.image)
        return shown if shown and parse_image(shown).identified else None


@dataclass(frozen=True, slots=True)
class Match:
    """The entry that was found, the kind of rule that found it, and what it was found by, in words for a table.

    ``order`` is the place in the documented order: 0 label, 1 exact name, 2 pattern, 3 image.
    """

    entry: Entry
    rule: str
    evidence: str
    order: int = 1

    @property
    def rank(self) -> tuple[bool, int]:
        """How much it says beside others of the same thing, the most first."""
        return (self.entry.origin == Origin.ADD_ON, self.order)


@dataclass(frozen=True, slots=True)
class _Held:
    """How well a rule holds: smaller is better."""

    order: int
    held: int
    unknown: int
    anchor: str
    evidence: str

    @property
    def rank(self) -> tuple[int, int, int]:
        return (self.order, -self.held, self.unknown)


class Matcher:
    """The rules of a set of entries, indexed by what they stand on."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._exact: dict[tuple[str, str], list[tuple[Entry, MatchRule]]] = {}
        self._labels: dict[str, list[tuple[Entry, MatchRule]]] = {}
        self._patterns: dict[str, list[tuple[str, Entry, MatchRule]]] = {}
        for entry in entries:
            for rule in entry.match:
                self._index(entry, rule)

    def find(self, candidate: Candidate) -> Match | None:
        """The best match, or ``None`` where no rule holds."""
        if candidate.pod is None and candidate.workload_kind == "Pod":
            candidate = replace(candidate, pod=candidate.workload)
        best: tuple[tuple[bool, int, int, int, bool, str], Entry, _Held] | None = None
        for entry, rule in self._nearby(candidate):
            if is_foreign(entry, candidate.distribution, candidate.rancher):
                continue
            held = weigh(entry, rule, candidate)
            if held is None:
                continue
            key = (entry.origin == Origin.ADD_ON, *held.rank, entry.provenance == "rkedoc", entry.id)
            if best is None or key < best[0]:
                best = (key, entry, held)
        if best is None:
            return None
        _, entry, held = best
        return Match(entry, held.anchor, held.evidence, held.order)

    def _index(self, entry: Entry, rule: MatchRule) -> None:
        if rule.labels:
            self._labels.setdefault(rule.labels[0][0], []).append((entry, rule))
            return
        for name in rule.anchor:
            for value in rule.values(name):
                for key in _families(value) if name == "image" else (value,):
                    if is_pattern(key):
                        prefix = _WILDCARD.split(key, maxsplit=1)[0]
                        self._patterns.setdefault(name, []).append((prefix, entry, rule))
                    else:
                        self._exact.setdefault((name, key), []).append((entry, rule))

    def _nearby(self, candidate: Candidate) -> Iterator[tuple[Entry, MatchRule]]:
        """The rules whose anchor may hold: found by name, by the beginning of a pattern, or by a label."""
        named = [(name, getattr(candidate, name)) for name in ("name", "workload", "pod", "container", *ON_HOST)]
        named += [("image", parse_image(candidate.main_image).family)] if candidate.main_image else []
        for name, value in named:
            if value is not None:
                yield from self._exact.get((name, value), ())
                for prefix, entry, rule in self._patterns.get(name, ()):
                    if value.startswith(prefix):
                        yield entry, rule
        for label in candidate.labels:
            yield from self._labels.get(label, ())


def _families(pattern: str) -> Iterator[str]:
    """The families that a pattern of images can name: what stands after its last slash, and how a mirror of Rancher's writes all of it."""
    yield pattern.rpartition("/")[2]
    if "/" in pattern:
        yield pattern.replace("/", "-")


def is_foreign(entry: Entry, distribution: str | None, rancher: bool | None) -> bool:
    """Whether an entry is about what cannot be in a cluster of this distribution, with or without Rancher."""
    if distribution not in _DISTRIBUTIONS:
        return False
    found = set(entry.distributions)
    if rancher is False and (found >= _RANCHERS or ("management cluster" in found and "any" not in found)):
        return True
    if not found or "any" in found or distribution in found:
        return False
    if distribution in _OURS:
        return found <= _DISTRIBUTIONS
    return found < _OURS or found <= _FOREIGN or rancher is False


def weigh(entry: Entry, rule: MatchRule, candidate: Candidate) -> _Held | None:
    """How well a rule of an entry holds for a candidate, or ``None`` if it does not."""
    anchor = rule.anchor
    if (not set(ON_HOST).isdisjoint(anchor)) != candidate.on_host:
        return None
    if not _NAMES_IN_PODS.isdisjoint(anchor) and _runs_another(entry.images, candidate.images):
        return None
    alone = anchor == ("image",)
    if alone and candidate.in_pod and not _image_counts(entry, candidate):
        return None
    held = unknown = 0
    order = 3
    found = evidence = ""
    for key, wanted in rule.labels:
        actual = candidate.labels.get(key)
        if actual is None or not fnmatchcase(actual, wanted):
            return None
        held += 1
        order, found, evidence = 0, f"label {key}", f"{key}={actual}"
    if rule.in_pod is not None:
        if rule.in_pod != candidate.in_pod:
            return None
        held += 1
    for name, values in rule.conditions:
        verdict, shown = _holds(name, values, candidate, alone=alone)
        if verdict is None:
            if name in ("distribution", "command") or (name == "namespace" and _says_little(rule)):
                return None
            if name == "image" and _needs_image(entry, rule):
                return None
            unknown += 1
            continue
        if not verdict:
            return None
        held += 1
        if anchor == ("container",) and shown != "POD" and (candidate.pod or candidate.workload):
            return None
        if name in anchor:
            exact = name != "image" and shown in values
            level = 3 if name == "image" else 1 if exact else 2
            if not found or level < order:
                order, found, evidence = level, name, shown
    if not found:
        return None
    return _Held(order, held, unknown, found, evidence)


def _needs_image(entry: Entry, rule: MatchRule) -> bool:
    """Whether a rule must not hold where the image is unknown: an add-on's, and one about pods that says whose image it has to be."""
    if entry.origin == Origin.ADD_ON:
        return not rule.labels
    return not _NAMES_IN_PODS.isdisjoint(rule.anchor) and any("/" in value for value in rule.values("image"))


def _runs_another(images: tuple[str, ...], known: tuple[str, ...]) -> bool:
    """Whether images are known, and none of them is one of those that a component is run from."""
    return bool(images and known) and not any(_fits(shown, images, loosely=True) for shown in known)


def _fits(shown: str, patterns: tuple[str, ...], *, loosely: bool) -> bool:
    return any(parse_image(shown).matches(pattern, loosely=loosely) for pattern in patterns)


def _image_counts(entry: Entry, candidate: Candidate) -> bool:
    """Whether an image alone tells what something in a pod is."""
    return entry.origin == Origin.ADD_ON or not (candidate.container or candidate.parts)


def _says_little(rule: MatchRule) -> bool:
    """Whether a rule must not hold where the namespace is unknown: ``*minio`` names half of the world."""
    return any(is_pattern(value) for value in rule.values("namespace")) or any(
        value.startswith(("*", "?", "[")) for name in rule.anchor for value in rule.values(name)
    )


def _holds(name: str, values: tuple[str, ...], candidate: Candidate, *, alone: bool) -> tuple[bool | None, str]:
    """Whether one condition holds (``None``: unknown), and the value that it was compared with."""
    if name == "image":
        main = (candidate.main_image,) if candidate.main_image else ()
        known = main if alone else candidate.images
        if not known:
            return None, ""
        fitting = next((shown for shown in known if _fits(shown, values, loosely=not alone)), None)
        return fitting is not None, fitting or known[0]
    if name == "beside":
        there = sorted(place for place in candidate.namespaces if any(fnmatchcase(place, value) for value in values))
        return bool(there), there[0] if there else ""
    if name == "command":
        line = " ".join(candidate.command)
        return (any(value in line for value in values) if line else None), line
    actual = {
        "name": candidate.name,
        "workload": candidate.workload,
        "pod": candidate.pod,
        "container": candidate.container,
        "namespace": candidate.namespace,
        "kind": candidate.workload_kind,
        "distribution": candidate.distribution,
        "process": candidate.process,
        "unit": candidate.unit,
    }[name]
    if actual is None:
        return None, ""
    return any(fnmatchcase(actual, value) for value in values), actual
