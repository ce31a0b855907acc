"""Where the prose of an entry says one thing, and the object that stands beside it on the page another: the object is right.

What is compared: ports, probes, flags, numbers of replicas, images and their versions, and the names of containers. A sentence that an object does not speak of is not
contradicted by it. Only what is said of a cluster without a range is compared, since a range is what such a sentence lacks. A listing is an
object too: it shows names, images, commands and how many pods there are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from rkedoc.catalog.entry import Entry
from rkedoc.catalog.images import parse_image
from rkedoc.catalog.loader import Catalog
from rkedoc.catalog.ranges import IMAGE, Here, parsed_version
from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.fields import items, mapping, text, words
from rkedoc.cluster.model import Cluster, Workload
from rkedoc.cluster.podnames import possible_workloads
from rkedoc.explain.holding import here_of, row_here, said, tables
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.explain.listing.lines import distribution_of, explain_rows
from rkedoc.listing.row import POD, ListingRow
from rkedoc.snapshot.podnames import engine_name

_SECTIONS: Final = ("what", "why", "how", "if-it-stops", "versions")
"""The sections that speak of the component itself; the others speak of those around it, or of other distributions."""

_SENTENCE: Final = re.compile(r"(?<=[.;:!?])\s+(?=[A-Z`*-])|\n\s*\n")
_NUMBER: Final = re.compile(r"(?<![\w.:/%-])(\d{2,5})(?![\w%]|[.:]\d)")
_LISTENS: Final = re.compile(
    r"\b(?:listen(?:s|ing)?|answer(?:s|ed)?|serve[sd]?|offer(?:s|ed)?|metrics|ports?|health|ready|readiness|liveness)\b",
    re.IGNORECASE,
)
_ELSEWHERE: Final = re.compile(
    r"\b(?:of the|from the|to the|calls?|asks?|reach(?:es)?|connects?|until|since|before|up to|seconds|minutes|days|years|lines|MB|MiB|bytes|millicores|percent)\b",
    re.IGNORECASE,
)
_PROBES: Final = {"liveness": "livenessProbe", "readiness": "readinessProbe"}
_CLAUSE: Final = re.compile(r"[,;] ")
_PATH: Final = re.compile(r"`(/[a-z][\w/-]*)`")
_FLAG: Final = re.compile(r"`(--?[a-z][\w-]*)(?:[= ]([^`\s]+))?`")
_OF_ANOTHER: Final = re.compile(r"`[^`]*` (?:belongs? )?(?:to|of) the other\b")
_NO_COUNT: Final = re.compile(r"\b(?:by default|until)\b")
"""What a default is, and what has to come back, says nothing about how many there are."""

_IMAGE: Final = re.compile(r"\bimages? (?:is |are |called )?`[\w./-]+`|`[\w./-]+` image\b")
_IMAGE_NAME: Final = re.compile(r"`((?:[\w.-]+/)*[\w.-]+)`")
_TAGGED: Final = re.compile(r"`?((?:[\w-]+/)*[\w-]+):(v?\d+\.\d[\w.-]*)`?")
_CONTAINERS: Final = re.compile(
    r"\b[Cc]ontainers?(?: is| are| called)?((?:(?:,? and |, | )(?:\([^)]*\) ?)?`[a-z0-9-]+`(?: \([^)]*\))?)+)|((?:`[a-z0-9-]+`(?:, | and ))*`[a-z0-9-]+`) containers?\b"
)
_NAME: Final = re.compile(r"`([a-z0-9-]+)`")
_COUNTS: Final = {"one": 1, "two": 2, "three": 3}
_REPLICAS: Final = re.compile(r"\b(one|two|three) replicas?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A sentence of an entry, and what an object has instead."""

    entry: str
    object: str
    sentence: str
    why: str

    def __str__(self) -> str:
        return f"{self.entry} beside {self.object}: {self.why}: {self.sentence}"


@dataclass(frozen=True)
class Thing:
    """An object of a component: its containers as the API, an engine or a listing tells them, how many replicas were asked for or are there,
    and the numbers in the ConfigMaps that its pods mount. ``names`` are those of all containers of its pod; none where it is in no pod."""

    name: str
    containers: tuple[Mapping[str, Any], ...]
    replicas: int | None
    configured: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    @cached_property
    def whole(self) -> bool:
        """Whether it tells more than what runs: an engine tells of no probes, and some dumps were cut down to names and images."""
        return any(set(container) - {"name", "image", "command", "args"} for container in self.containers)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Every number in its containers and in what configures them."""
        return _numbers(self.containers) | self.configured

    @cached_property
    def ports(self) -> frozenset[str]:
        """The ports that it declares."""
        return frozenset(
            str(port.get("containerPort")) for container in self.containers for port in container.get("ports") or ()
        )

    @cached_property
    def arguments(self) -> tuple[str, ...]:
        """Its command lines."""
        return tuple(word for one in self.containers for word in (*words(one, "command"), *words(one, "args")))

    @cached_property
    def flags(self) -> Mapping[str, str]:
        """Its flags with their values; what follows in an argument of its own counts as the value."""
        found: dict[str, str] = {}
        for at, word in enumerate(self.arguments):
            if word.startswith("-"):
                name, equals, value = word.partition("=")
                after = self.arguments[at + 1] if at + 1 < len(self.arguments) else ""
                found[name] = value if equals else "" if after.startswith("-") else after
        return found


def _numbers(of: object) -> frozenset[str]:
    return frozenset(re.findall(r"(?<!\d)\d{2,5}(?!\d)", json.dumps(of, default=str)))


def contradictions(cluster: Cluster) -> Iterator[Contradiction]:
    """Every sentence that an object of a cluster contradicts."""
    for entry, thing in _things(cluster):
        yield from _beside(entry, thing, here_of(cluster, entry))


def contradictions_of_rows(rows: Sequence[ListingRow], catalog: Catalog) -> Iterator[Contradiction]:
    """Every sentence that rows of a listing contradict."""
    on = distribution_of(rows)
    for entry, thing in _listed(rows, catalog):
        versions = tuple(
            version
            for one in thing.containers
            if (version := parsed_version(parse_image(text(one, "image")).tag or ""))
        )
        products = {IMAGE: tuple(sorted(set(versions)))} if versions else {}
        yield from _beside(entry, thing, Here(on, MappingProxyType(products)))


def _beside(entry: Entry, thing: Thing, known: Here) -> Iterator[Contradiction]:
    for sentence in _sentences(entry, known):
        for check in CHECKS:
            if why := check(sentence, thing):
                yield Contradiction(entry.id, thing.name, sentence, why)
    yield from _of_flags(entry, thing, known)


def _things(cluster: Cluster) -> Iterator[tuple[Entry, Thing]]:
    for workload in cluster.workloads():
        found: dict[str, tuple[Entry, list[Mapping[str, Any]]]] = {}
        for _role, container in containers_of(workload.pod_spec):
            match = cluster.container_match(workload, text(container, "name"))
            if match is not None:
                found.setdefault(match.entry.id, (match.entry, []))[1].append(container)
        record = workload.record
        replicas = mapping(record.body, "spec").get("replicas") if record is not None else None
        count = replicas if isinstance(replicas, int) else None
        names = frozenset(text(container, "name") for _role, container in containers_of(workload.pod_spec))
        for entry, containers in found.values():
            yield entry, Thing(workload.id, tuple(containers), count, _configured(cluster, workload), names)
    for line in build_ledger(cluster).lines:
        entry_of = cluster.catalog.get(line.component) if line.component and line.pod is None else None
        record = cluster.snapshot.get(line.record_id)
        if entry_of is not None and record is not None:
            body = record.body
            yield (
                entry_of,
                Thing(
                    line.record_id,
                    ({"image": text(body, "image"), "args": [*words(body, "entrypoint"), *words(body, "command")]},),
                    None,
                ),
            )


def _listed(rows: Sequence[ListingRow], catalog: Catalog) -> Iterator[tuple[Entry, Thing]]:
    """What a listing shows of components: the containers of each pod, and the pods of each component that are ready."""
    found = [
        (row, entry)
        for row, told in zip(rows, explain_rows(rows, catalog), strict=True)
        if told.component is not None and (entry := catalog.get(told.component)) is not None
    ]
    in_pods: dict[str, set[str]] = {}
    for row in rows:
        pod, container = _place(row)
        if pod and container:
            in_pods.setdefault(pod, set()).add(container)
    for row, entry in found:
        pod, container = _place(row)
        if row.what in ("engine", "cri"):
            shown = {"name": container, "image": row.image or "", "args": (row.command or "").strip('"').split()}
            if row.command and row.command.rstrip('"').endswith(("…", "...")):
                shown.pop("args")
            yield entry, Thing(row.name, (shown,), None, names=frozenset(in_pods.get(pod, ())))
    pods: dict[tuple[str, str], tuple[Entry, list[str]]] = {}
    for row, entry in found:
        if row.what == POD and _is_ready(row):
            workload = next(possible_workloads(row.bare), (row.bare, None))[0]
            pods.setdefault((entry.id, workload), (entry, []))[1].append(row.bare)
    for entry, names in pods.values():
        yield entry, Thing(", ".join(names), (), len(names))


def _place(row: ListingRow) -> tuple[str, str]:
    """The pod of a container of a listing, and its name there; empty where there is none, or the container only holds the pod."""
    if (parsed := engine_name(row.name)) is not None:
        return f"{parsed.namespace}/{parsed.pod}", "" if parsed.sandbox else parsed.container
    return (row.pod or row.pod_id or "", row.name) if row.what == "cri" else ("", "")


def _is_ready(row: ListingRow) -> bool:
    ready, _slash, of = (row.ready or "").partition("/")
    return bool(ready) and ready == of and row.status == "Running"


def _of_flags(entry: Entry, thing: Thing, known: Here) -> Iterator[Contradiction]:
    """Rows of tables of flags that give another value than the object does."""
    for table in tables(entry, known):
        row, value = row_here(table, known), thing.flags.get(table.of)
        if row is not None and value is not None and row.value != value:
            yield Contradiction(entry.id, thing.name, f"{table.of} {row.value}", f"{table.of} is {value!r}")


def _configured(cluster: Cluster, workload: Workload) -> frozenset[str]:
    names = (text(volume, "configMap", "name") for volume in items(workload.pod_spec, "volumes"))
    records = (cluster.snapshot.get(f"core/ConfigMap/{workload.namespace}/{name}") for name in names if name)
    return frozenset().union(*(_numbers(mapping(record.body, "data")) for record in records if record is not None))


def _sentences(entry: Entry, known: Here) -> Iterator[str]:
    for section in entry.sections:
        if section.id in _SECTIONS:
            for passage in said(section, known):
                if passage.bound is None:
                    for sentence in _SENTENCE.split(passage.markdown):
                        yield " ".join(sentence.split())


def _probe(sentence: str, thing: Thing) -> str:
    """What is said of a probe, up to the next comma: that there is one, at which port and path."""
    if not thing.whole:
        return ""
    for said_ in _CLAUSE.split(sentence):
        for word, probe in _PROBES.items():
            if not re.search(rf"\b{word}", said_, re.IGNORECASE):
                continue
            found = json.dumps([one[probe] for one in thing.containers if probe in one])
            if found == "[]":
                return f"there is no {probe}"
            for path in _PATH.findall(said_):
                if path not in found:
                    return f"{path} is not in its {probe}"
    return ""


def _port(sentence: str, thing: Thing) -> str:
    if not thing.ports or not _LISTENS.search(sentence) or _ELSEWHERE.search(sentence):
        return ""
    missing = [number for number in _NUMBER.findall(sentence) if number not in thing.numbers and int(number) > 52]
    return f"{', '.join(missing)} is none of its numbers" if missing else ""


def _flag(sentence: str, thing: Thing) -> str:
    if not thing.flags:
        return ""
    for name, value in _FLAG.findall(_OF_ANOTHER.sub("", sentence)):
        if name in thing.flags and value and thing.flags[name] != value:
            return f"{name} is {thing.flags[name]!r}"
        if name not in thing.flags and name.startswith("--"):
            return f"there is no {name}"
    return ""


def _replicas(sentence: str, thing: Thing) -> str:
    if thing.replicas is None or _NO_COUNT.search(sentence):
        return ""
    counts = {_COUNTS[word.lower()] for word in _REPLICAS.findall(sentence)}
    return f"there are {thing.replicas}" if counts and thing.replicas not in counts else ""


def _image(sentence: str, thing: Thing) -> str:
    """An image that a sentence calls that of the component, as a whole name or without its registry and owner."""
    images = [parse_image(text(one, "image")) for one in thing.containers]
    names = _IMAGE_NAME.findall(sentence) if _IMAGE.search(sentence) else []
    if not images or not all(image.identified for image in images) or not names:
        return ""
    wanted = {name.rpartition("/")[2] for name in names}
    if any(image.repository.rpartition("/")[2] in wanted for image in images):
        return ""
    return f"it runs {', '.join(sorted(image.repository for image in images))}"


def _version(sentence: str, thing: Thing) -> str:
    """A version of an image that a sentence names as the one that runs: with its tag, `name:tag`."""
    for name, tag in _TAGGED.findall(sentence):
        for image in (parse_image(text(one, "image")) for one in thing.containers):
            same = image.identified and image.repository.rpartition("/")[2] == name.rpartition("/")[2]
            if same and image.tag and image.tag.removeprefix("v") != tag.removeprefix("v"):
                return f"its image is of {image.tag}"
    return ""


def _container(sentence: str, thing: Thing) -> str:
    """Names of containers. Of a listing, which may be cut, and of a pod of which not all is known, one of them is enough."""
    wanted = [name for found in _CONTAINERS.finditer(sentence) for name in _NAME.findall(found[0])]
    missing = [name for name in wanted if name not in thing.names]
    if not thing.names or not missing or (not thing.whole and len(missing) < len(wanted)):
        return ""
    return f"no container is called {', '.join(missing)}: there are {', '.join(sorted(thing.names))}"


CHECKS: Final[tuple[Callable[[str, Thing], str], ...]] = (_probe, _port, _flag, _replicas, _image, _version, _container)
