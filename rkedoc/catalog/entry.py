"""An entry of the catalog: one Markdown file with a YAML front matter, read strictly.

::

    ---
    id: kubelet
    name: kubelet
    kind: component
    origin: control-plane
    summary: The agent of Kubernetes on this node, which starts and watches the pods' containers.
    match:
      - label: {io.rancher.rke.container.name: kubelet}
      - {name: kubelet, image: hyperkube}
    talks_to: [kube-apiserver]
    since: RKE v0.1
    distributions: [rke1]
    verified: [RKE v1.2.4]
    sources:
      - rancher/rke v1.2.4, cluster/plan.go, BuildKubeletProcess
    ---
    ## What it is
    …

A file that says something that is not understood is an error that names the file and the key: an entry whose rule was
dropped because of a typing mistake would explain nothing, and nobody would notice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, Final

import yaml

from rkedoc.catalog.ranges import PRODUCTS, Range, Span, parse_range, parse_spans
from rkedoc.errors import CatalogError
from rkedoc.i18n import N_
from rkedoc.vocabulary import Origin, Role

# The same loader in C, which reads the whole catalog in a tenth of the time; not every platform has it.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

KINDS: Final = (N_("component"), N_("namespace"), N_("concept"))
VIEWPOINT: Final = "viewpoint"
OWN_KINDS: Final = (*KINDS, VIEWPOINT)
"""What a user's own file may be about: a viewpoint is a set of workloads under a name of its own, and the catalog itself has none."""

ORIGINS: Final = tuple(origin for origin in Origin if origin not in (Origin.WORKLOAD, Origin.UNEXPLAINED))
OWN_ORIGINS: Final = (*ORIGINS, Origin.WORKLOAD)
"""What a user's own entry may be of; the catalog itself knows nobody's workloads."""

ROLES: Final = tuple(role for role in Role if role != Role.PREVIOUS_ATTEMPT)
"""What an entry can say that its container is."""

CONFIDENCES: Final = ("verified", "partial", "unverified")

HEADINGS: Final[Mapping[str, str]] = {
    "what": N_("What it is"),
    "why": N_("Why it is here"),
    "how": N_("How it works"),
    "talks-to": N_("Talks to"),
    "if-it-stops": N_("If it stops"),
    "versions": N_("Versions"),
    "elsewhere": N_("Elsewhere"),
}
"""The sections of an entry, in their order, with their headings: in files, on pages and in the terminal. ``sources`` comes from the front
matter."""

_IN_CHINESE: Final = ("是什么", "为什么在这里", "工作原理", "通信对象", "停止后的影响", "版本", "其他发行版")
WRITTEN_HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    section: (title, chinese) for (section, title), chinese in zip(HEADINGS.items(), _IN_CHINESE, strict=True)
}
"""The headings of each section, in every language that entries are written in."""
_SECTION_OF: Final[Mapping[str, str]] = {
    title.casefold(): section for section, titles in WRITTEN_HEADINGS.items() for title in titles
}

REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "component": ("why", "how", "talks-to", "if-it-stops", "versions", "elsewhere"),
    "namespace": ("why", "how", "versions", "elsewhere"),
    "concept": ("what",),
    VIEWPOINT: (),
}
"""The sections that an entry of a kind must have, unless it is an add-on's. What a component or a namespace is, its summary says: a section
"What it is" is for what goes beyond that. A concept chooses the rest of its headings itself, a viewpoint all of them."""

_OF_ADD_ONS: Final = ("why", "if-it-stops")


def required_sections(kind: str, origin: Origin) -> tuple[str, ...]:
    """The sections that an entry must have. How an add-on works, its own documentation says."""
    return _OF_ADD_ONS if origin == Origin.ADD_ON else REQUIRED[kind]


ON_HOST: Final = ("process", "unit")
"""The conditions that are about the host alone: a program that runs on it, and the unit that starts it."""

ANCHORS: Final = (("label",), ("name", "workload", "pod"), ON_HOST, ("container",), ("image",))
"""The conditions that may carry a rule, strongest first. The first of these that a rule has is its anchor."""

CONDITIONS: Final = (
    "label", "name", "workload", "pod", "container", "image", "namespace", "kind", "command", "distribution", "in_pod",
    "process", "unit", "beside",
)  # fmt: skip
"""Every condition that a rule may hold."""

_KEYS = (
    "id", "name", "kind", "origin", "role", "summary", "match", "images", "talks_to", "since", "until", "distributions",
    "verified", "confidence", "tables", "sources", "aliases", "owner", "team", "runbook", "links", "notes", "clusters", "namespaces", "shows", "picture",
)  # fmt: skip
_OWN_HEADINGS: Final = ("concept", VIEWPOINT)
"""Kinds whose files choose their headings themselves."""

_SINGLE_NOTES: Final = frozenset(("owner", "team", "runbook"))
"""Notes of which the newest takes the place of an older one; links and notes add up."""

_READ_AT = re.compile(
    r"(?:\A|[,;] )(?!docs )(?:[\w.-]+/)*(?P<project>[\w.-]+)[ /](?P<version>v?\d+\.\d[\w.+-]*\w)(?=[,; ]|\Z)"
)
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?\Z")
_SLUG = re.compile(r"[^a-z0-9]+")
_OWN_ID = re.compile(r"(?P<title>.*\S)\s*\{#(?P<id>[a-z0-9]+(?:-[a-z0-9]+)*)\}\Z")
_REPLACES = re.compile(r"(?P<title>.*\S)\s*\{replace\}\Z")
_FENCED = re.compile(r"(^(?:```|~~~).*?^(?:```|~~~)$)", re.MULTILINE | re.DOTALL)
_CHINESE_BREAK = re.compile(
    r"(?<=[\u4e00-\u9fff])\n(?=[\u4e00-\u9fff（“])|(?<=[，。；：、！？）”])\n(?=[\u4e00-\u9fffA-Za-z`（“])"
)
_FENCE = re.compile(r"\A(?:```|~~~)")
_HOLDS = re.compile(r"(?P<colons>:{3,})\s*\{holds\}(?P<range>.*)\Z")


def is_pattern(value: str) -> bool:
    """Whether a value of a condition stands for more than itself: ``*``, ``?`` and ``[…]``, as in a shell."""
    return any(mark in value for mark in "*?[")


@dataclass(frozen=True, slots=True)
class MatchRule:
    """One way to recognise what an entry is about: conditions that must all hold.

    ``conditions`` maps each condition to the values, or shell patterns, of which one must fit; ``labels`` the labels
    with theirs. How a rule is weighed is said in :mod:`rkedoc.catalog.matcher`.
    """

    conditions: tuple[tuple[str, tuple[str, ...]], ...]
    labels: tuple[tuple[str, str], ...] = ()
    in_pod: bool | None = None

    @property
    def anchor(self) -> tuple[str, ...]:
        """The names of the conditions that carry the rule; empty if it has nothing to stand on."""
        names = {name for name, _ in self.conditions} | ({"label"} if self.labels else set())
        for group in ANCHORS:
            if found := tuple(name for name in group if name in names):
                return found
        return ()

    def values(self, condition: str) -> tuple[str, ...]:
        """The values of a condition; empty if the rule does not have it."""
        return next((values for name, values in self.conditions if name == condition), ())

    def within(self, namespaces: tuple[str, ...]) -> MatchRule:
        """The same rule, held to these namespaces; one that names its own stays as it is."""
        if self.values("namespace"):
            return self
        return replace(self, conditions=tuple(sorted((*self.conditions, ("namespace", namespaces)))))

    def __str__(self) -> str:
        parts = [f"label {key}={value}" for key, value in self.labels]
        parts += [f"{name}={'|'.join(values)}" for name, values in self.conditions]
        if self.in_pod is not None:
            parts.append("in a pod" if self.in_pod else "in no pod")
        return ", ".join(parts)


SELECTOR: Final = ("namespace", "kind", "name", "label")
"""The conditions by which a viewpoint chooses workloads."""

PICTURES: Final = ("relations", "map", "ingress", "none")
"""The pictures that a viewpoint can have, the default first."""


@dataclass(frozen=True, slots=True)
class Selector:
    """A choice of workloads: each condition must hold that there is, by one of its values or shell patterns; of labels all."""

    namespaces: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()

    def fits(self, namespace: str, kind: str, name: str, labels: Mapping[str, Any]) -> bool:
        """Whether it chooses a workload. Kinds are compared without regard to capitals, as kubectl does."""
        return (
            _fits(self.namespaces, namespace)
            and _fits(tuple(kind.lower() for kind in self.kinds), kind.lower())
            and _fits(self.names, name)
            and all(
                isinstance(value := labels.get(key), str) and fnmatchcase(value, wanted) for key, wanted in self.labels
            )
        )

    def __str__(self) -> str:
        parts = [f"label {key}={value}" for key, value in self.labels]
        named = zip(SELECTOR, (self.namespaces, self.kinds, self.names), strict=False)
        return ", ".join([*(f"{name}={'|'.join(values)}" for name, values in named if values), *parts])


def _fits(wanted: tuple[str, ...], value: str) -> bool:
    return not wanted or any(fnmatchcase(value, pattern) for pattern in wanted)


@dataclass(frozen=True, slots=True)
class Passage:
    """Markdown that holds in one range of versions and distributions; without one it holds wherever its entry does."""

    markdown: str
    holds: Range | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an entry's text: its stable id, its passages, its heading as written, and whose words they are.

    ``replaces``: whether it stands in the place of what the entry that it extends says there, and not above it.
    """

    id: str
    passages: tuple[Passage, ...]
    title: str = ""
    provenance: str = "rkedoc"
    replaces: bool = False

    @property
    def markdown(self) -> str:
        """All that it says, wherever that holds."""
        return "\n\n".join(passage.markdown for passage in self.passages)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A value, and the versions that it comes with."""

    spans: tuple[Span, ...]
    value: str


@dataclass(frozen=True, slots=True)
class VersionTable:
    """What ``of`` (a component, a flag, a port's name) is at each version of the product ``by``. No two rows hold at once.

    ``holds`` is where the table holds, if not everywhere.
    """

    of: str
    by: str
    rows: tuple[VersionRow, ...]
    holds: Range | None = None


@dataclass(frozen=True, slots=True)
class Walked:
    """How the bounds of an entry are known: in which versions a pattern was found, of all tags of a project read one by one.

    ``spans`` are without an end where the newest tag, ``newest``, has it still. ``path`` and ``pattern`` say what was looked for. Where
    a project lists what each version has, in one file, ``listed``, these versions are counted instead of tags.
    """

    product: str
    spans: tuple[Span, ...]
    project: str
    path: str
    pattern: str
    tags: int
    newest: str
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A line of an operator's own: ``owner``, ``team``, ``runbook``, ``link`` or ``note``, and whose words it is."""

    key: str
    text: str
    provenance: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalog knows about one component, namespace or concept, or what a user's file says of a set of workloads (a viewpoint).

    ``summary`` is one plain sentence (or a few) without markup. ``talks_to`` holds ids of other entries, or free text. ``role`` is
    set where the container always plays the same part in its pod (``init`` for install-cni). ``provenance`` is
    ``"rkedoc"``, or the file of the user that the entry comes from. ``digest`` changes with the file's content. Several of the ``sections``
    may have one id, one after the other: the user's own words first.
    ``images`` are those that the component is run from, as an ``image`` of a rule names them; empty if no name of its rules is anybody's.
    ``aliases`` are other names by which people look for it; those of a translation and of a user's file add to the entry's own.
    """

    id: str
    name: str
    kind: str
    origin: Origin
    summary: str
    match: tuple[MatchRule, ...]
    talks_to: tuple[str, ...]
    since: str
    until: str
    distributions: tuple[str, ...]
    verified: tuple[str, ...]
    confidence: str
    sources: tuple[str, ...]
    sections: tuple[Section, ...]
    role: Role | None = None
    notes: tuple[Note, ...] = ()
    provenance: str = "rkedoc"
    digest: str = ""
    aliases: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    shows: tuple[Selector, ...] = ()
    """What a viewpoint chooses: any of these is enough."""
    picture: str = ""
    """The picture of a viewpoint, one of :data:`PICTURES`."""
    tables: tuple[VersionTable, ...] = ()
    """What is different from version to version."""
    walked: Walked | None = None
    """How ``since`` and ``until`` are known; without it they are versions that somebody looked at, and no first or last ones."""

    @property
    def read_at(self) -> tuple[str, ...]:
        """The versions at which it was read: those that it names, or else those of its sources."""
        found = (match for source in self.sources for match in _READ_AT.finditer(source))
        named = (f"{match['project']} {match['version']}" for match in found)
        return self.verified or tuple(dict.fromkeys(named))

    @property
    def is_of_host(self) -> bool:
        """Whether it is about processes of the host alone, and no container."""
        return bool(self.match) and all(set(rule.anchor) <= set(ON_HOST) for rule in self.match)

    @property
    def is_of_runtime(self) -> bool:
        """Whether a container runtime alone tells of it: the sandboxes of pods, and containers outside of pods."""
        return self.role is Role.SANDBOX or any(rule.in_pod is False for rule in self.match)

    def section(self, section_id: str) -> Section | None:
        """The section of that id, if the entry has it; of several the first."""
        return next((section for section in self.sections if section.id == section_id), None)


@dataclass(frozen=True, slots=True)
class EntryBounds:
    """Where a user's file holds: an id, and patterns of the clusters and namespaces (empty: everywhere)."""

    id: str
    clusters: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()


def parse_place(text: str, file: str) -> EntryBounds:
    """Where a user's file holds, before it is known what it extends. Raises :class:`~rkedoc.errors.CatalogError`."""
    front, _body = _split(text, file)
    if "id" not in front:
        raise CatalogError(f"{file}: the key 'id' is missing")
    return EntryBounds(_text(front, "id", file), _list(front, "clusters", file), _list(front, "namespaces", file))


def parse_entry(
    text: str, file: str, *, provenance: str = "rkedoc", base: Entry | None = None, translates: bool = False
) -> Entry:
    """Read an entry from the text of a file.

    ``file`` names it in errors. With ``base``, the text extends that entry: keys that it has replace those of the base, its sections stand
    above those of the base, or in their place if it says so or ``translates`` the base; everything else stays. A user's own entry (a ``provenance`` other than ``"rkedoc"``) needs ``id``,
    ``name`` and ``summary`` alone: it is a component and a workload unless it says otherwise, and may leave out sections
    and sources. Raises :class:`~rkedoc.errors.CatalogError`.
    """
    own = provenance != "rkedoc"
    front, body = _split(text, file)
    for key in front:
        if key not in _KEYS:
            raise CatalogError(f"{file}: unknown key {str(key)[:60]!r}; known are {', '.join(_KEYS)}")
    sections = _sections(body, file, str(front.get("kind", base.kind if base else "component")), provenance)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    if base is not None:
        own_sections = tuple(replace(section, replaces=True) for section in sections) if translates else sections
        return _extended(base, front, own_sections, text, file, provenance, digest)
    if own:
        front = {"kind": "component", "origin": Origin.WORKLOAD, **front}
    for key in ("id", "name", "summary") if own else ("id", "name", "kind", "origin", "summary", "sources"):
        if key not in front:
            raise CatalogError(f"{file}: the key {key!r} is missing")
    kind = _choice(front, "kind", OWN_KINDS if own else KINDS, file)
    origin = Origin(_choice(front, "origin", OWN_ORIGINS if own else ORIGINS, file))
    missing = [HEADINGS[s] for s in required_sections(kind, origin) if not any(section.id == s for section in sections)]
    if missing and not own:
        raise CatalogError(f"{file}: the section '## {missing[0]}' is missing or empty")
    entry_id = _text(front, "id", file)
    if not _ID.match(entry_id):
        raise CatalogError(f"{file}: id {entry_id[:90]!r} has to be of a-z, 0-9 and dashes, at most 80 characters")
    match = _rules(front.get("match", []), file)
    if kind == VIEWPOINT and (match or "shows" not in front):
        raise CatalogError(
            f"{_place(text, file, 'match')}: a viewpoint chooses workloads with 'shows', a list of selectors"
        )
    if kind == "concept" and match:
        raise CatalogError(f"{file}: match: a concept matches nothing; make it a component or take the rules out")
    if kind == "namespace" and any(rule.anchor or not rule.values("namespace") for rule in match):
        raise CatalogError(f"{file}: match: a namespace is matched by 'namespace' alone")
    told = kind == "namespace" or own or all(rule.labels or rule.values("image") for rule in match)
    if origin == Origin.ADD_ON and not told:
        raise CatalogError(f"{file}: match: an add-on is told by an image or a label; a name alone may be anybody's")
    if kind == "component" and any(not rule.anchor for rule in match):
        raise CatalogError(
            f"{file}: match: a rule needs one of label, name, workload, pod, container, image, process or unit to stand on"
        )
    return Entry(
        id=entry_id,
        name=_text(front, "name", file),
        kind=kind,
        origin=origin,
        summary=_text(front, "summary", file),
        match=match,
        talks_to=_list(front, "talks_to", file),
        since=_optional(front, "since", file),
        until=_optional(front, "until", file),
        distributions=_list(front, "distributions", file),
        verified=_list(front, "verified", file),
        confidence=_choice(front, "confidence", CONFIDENCES, file) if "confidence" in front else "verified",
        sources=_list(front, "sources", file),
        sections=sections,
        role=Role(_choice(front, "role", ROLES, file)) if "role" in front else None,
        notes=_notes(front, file, provenance),
        provenance=provenance,
        digest=digest,
        aliases=_list(front, "aliases", file),
        images=_list(front, "images", file),
        tables=parse_tables(front.get("tables", []), file),
        **_view(front, kind, text, file),
    )


def _extended(
    base: Entry,
    front: Mapping[str, Any],
    sections: tuple[Section, ...],
    text: str,
    file: str,
    provenance: str,
    digest: str,
) -> Entry:
    """``base`` with what a user's file says laid over it."""
    changes: dict[str, Any] = {}
    for key in ("name", "summary"):
        if key in front:
            changes[key] = _text(front, key, file)
    for key in ("since", "until"):
        if key in front:
            changes[key] = _optional(front, key, file)
    for key in ("talks_to", "distributions", "verified", "sources", "images"):
        if key in front:
            changes[key] = _list(front, key, file)
    if "tables" in front:
        changes["tables"] = parse_tables(front["tables"], file)
    if "aliases" in front:
        changes["aliases"] = tuple(dict.fromkeys((*base.aliases, *_list(front, "aliases", file))))
    if "confidence" in front:
        changes["confidence"] = _choice(front, "confidence", CONFIDENCES, file)
    if "origin" in front:
        changes["origin"] = Origin(_choice(front, "origin", OWN_ORIGINS, file))
    if "role" in front:
        changes["role"] = Role(_choice(front, "role", ROLES, file))
    if "kind" in front and front["kind"] != base.kind:
        raise CatalogError(f"{file}: kind: {base.id} is a {base.kind}; give the entry an id of its own")
    if "match" in front:
        changes["match"] = base.match + _rules(front["match"], file)
    merged = _laid_over(base.sections, sections)
    view = _view({"picture": base.picture, **front} if base.kind == VIEWPOINT else front, base.kind, text, file)
    changes |= {**view, "shows": base.shows + view["shows"]}
    own_notes = _notes(front, file, provenance)
    replaced = {note.key for note in own_notes} & _SINGLE_NOTES
    notes = (*(note for note in base.notes if note.key not in replaced), *own_notes)
    mixed = hashlib.sha256(f"{base.digest}{digest}".encode()).hexdigest()[:16]
    return replace(base, **changes, sections=merged, notes=notes, provenance=provenance, digest=mixed)


def _laid_over(below: tuple[Section, ...], own: tuple[Section, ...]) -> tuple[Section, ...]:
    """Sections with a file's own above those of their id, or in their place; what the others do not have comes last."""
    left = {section.id: section for section in own}
    replaced = {section.id for section in own if section.replaces}
    merged: list[Section] = []
    for section in below:
        if section.id in left:
            merged.append(left.pop(section.id))
        if section.id not in replaced:
            merged.append(section)
    return (*merged, *left.values())


def written(text: str, file: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The Markdown of a file as pages show it, cut where an entry is, each with the number of every line in the file.

    Raises :class:`~rkedoc.errors.CatalogError` if the file has no front matter.
    """
    _front, body = _split(text, file)
    before = len(text.lstrip("\ufeff").splitlines()) - len(body.split("\n"))
    for _title, first, lines in _cut(body):
        for _range, at, passage in _passages(lines, file):
            raw = "\n".join(passage)
            blank = raw[: len(raw) - len(raw.lstrip())].count("\n")
            shown = _unbroken(raw.strip())
            yield shown, _numbers(raw.strip(), shown, before + first + at + blank)


def _numbers(raw: str, shown: str, first: int) -> tuple[int, ...]:
    """The number of each line of ``shown``, which is ``raw`` without some of its line breaks."""
    out, at, number = [first], 0, first
    for character in shown:
        while raw[at] != character:  # a break that was taken out
            number += raw[at] == "\n"
            at += 1
        at += 1
        if character == "\n":
            number += 1
            out.append(number)
    return tuple(out)


def _split(text: str, file: str) -> tuple[dict[str, Any], str]:
    """The front matter and the body of a file."""
    lines = text.lstrip("\ufeff").splitlines()
    if not lines or lines[0].strip() != "---":
        raise CatalogError(f"{file}: the first line has to be '---', where the front matter begins")
    try:
        end = next(number for number, line in enumerate(lines[1:], 1) if line.strip() == "---")
    except StopIteration:
        raise CatalogError(f"{file}: the front matter has no end; close it with a line '---'") from None
    try:
        front = yaml.load("\n".join(lines[1:end]), _Loader)  # noqa: S506 - both loaders are the safe one
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 2}" if mark is not None else ""
        raise CatalogError(f"{file}: the front matter is not YAML{where}") from None
    if not isinstance(front, dict):
        raise CatalogError(f"{file}: the front matter has to be a mapping of keys to values")
    return front, "\n".join(lines[end + 1 :])


def _sections(body: str, file: str, kind: str, provenance: str) -> tuple[Section, ...]:
    """The sections of the body, in the order of :data:`HEADINGS` (a concept's own ones stay where they stand).

    A concept's heading may name its id, ``## 请求的路径 {#a-request-s-way}``: a translation keeps those of the original. ``{replace}`` at the
    end of a heading says that the section stands in the place of the one that it extends.
    """
    found: dict[str, tuple[str, list[str]]] = {}
    replaces: set[str] = set()
    for title, _first, lines in _cut(body):
        if title is None:
            if any(line.strip() for line in lines):
                raise CatalogError(f"{file}: text before the first section; begin with '## {HEADINGS['what']}'")
            continue
        marked = _REPLACES.match(title)
        title = marked["title"] if marked else title
        named = _OWN_ID.match(title) if kind in _OWN_HEADINGS else None
        title = named["title"] if named else title
        section_id = named["id"] if named else _SECTION_OF.get(title.casefold(), "")
        if not section_id and kind in _OWN_HEADINGS:
            section_id = _slug(title)
        if not section_id:
            raise CatalogError(f"{file}: unknown section '## {title[:60]}'; known are {', '.join(HEADINGS.values())}")
        if section_id in found:
            raise CatalogError(f"{file}: the section '## {title[:60]}' stands there twice")
        found[section_id] = (title, lines)
        if marked:
            replaces.add(section_id)
    order = list(found) if kind in _OWN_HEADINGS else [key for key in HEADINGS if key in found]
    sections = (
        Section(key, tuple(_told(found[key][1], file)), found[key][0], provenance, key in replaces) for key in order
    )
    return tuple(section for section in sections if section.passages)


def _told(lines: list[str], file: str) -> Iterator[Passage]:
    """The passages of a section that say something."""
    for bound, at, passage in _passages(lines, file):
        if markdown := _unbroken("\n".join(passage).strip()):
            try:
                yield Passage(markdown, parse_range(bound) if bound is not None else None)
            except ValueError as error:
                raise CatalogError(f"{file}: {lines[at - 1].strip()[:80]!r}: {error}") from None


def _passages(lines: list[str], file: str) -> Iterator[tuple[str | None, int, list[str]]]:
    """The parts of a section: the range that one is bound to (``None``: none), the place of its first line, and its lines.

    ``:::{holds} RANGE`` begins a bound one, a line of as many colons ends it.
    """
    bound: str | None = None
    closes = ""
    first = 0
    part: list[str] = []
    fenced = False
    for at, line in enumerate(lines):
        fenced ^= bool(_FENCE.match(line.lstrip()))
        opens = _HOLDS.match(line.lstrip()) if not fenced else None
        if opens is not None and line != line.lstrip():
            raise CatalogError(
                f"{file}: {line.strip()[:80]!r} is indented; what is bound begins at the start of a line"
            )
        if opens is not None and closes:
            raise CatalogError(
                f"{file}: {line.strip()[:80]!r} stands inside of another; join the ranges with a semicolon"
            )
        if opens is not None or (closes and not fenced and line.strip() == closes):
            yield bound, first, part
            bound, closes = (opens["range"], opens["colons"]) if opens is not None else (None, "")
            first, part = at + 1, []
        else:
            part.append(line)
    if closes:
        raise CatalogError(
            f"{file}: {{holds}} {(bound or '').strip()[:80]} has no end; close it with a line {closes!r}"
        )
    yield bound, first, part


def _cut(body: str) -> Iterator[tuple[str | None, int, list[str]]]:
    """The parts of a body: the heading, the number of the line after it in the body, and the lines up to the next.

    What stands before the first heading has none.
    """
    title: str | None = None
    first = 1
    lines: list[str] = []
    fenced = False
    for number, line in enumerate(body.splitlines(), 1):
        fenced ^= bool(_FENCE.match(line.lstrip()))
        if line.startswith("## ") and not fenced:
            yield title, first, lines
            title, first, lines = line[3:].strip(), number + 1, []
        else:
            lines.append(line)
    yield title, first, lines


def _unbroken(text: str) -> str:
    """The text without line breaks inside of Chinese, where a break would become a space that nobody wrote."""
    parts = _FENCED.split(text)
    return "".join(part if index % 2 else _CHINESE_BREAK.sub("", part) for index, part in enumerate(parts))


def _slug(title: str) -> str:
    """A section's id from its own heading; a title without Latin letters gets one from its characters."""
    return (
        _SLUG.sub("-", title.casefold().replace("'", "")).strip("-")
        or f"s{hashlib.sha256(title.encode()).hexdigest()[:8]}"
    )


def parse_tables(value: Any, file: str) -> tuple[VersionTable, ...]:
    """The tables of versions: each a mapping with ``of``, ``by``, and ``rows``, a text of lines ``versions: value``; perhaps ``holds``.

    Raises :class:`~rkedoc.errors.CatalogError` with ``file``, where they stand.
    """
    if not isinstance(value, list):
        raise CatalogError(f"{file}: tables has to be a list")
    return tuple(_table(item, file) for item in value)


def _table(value: Any, file: str) -> VersionTable:
    if not isinstance(value, dict) or set(value) - {"holds"} != {"of", "by", "rows"}:
        raise CatalogError(f"{file}: tables: a table has the keys of, by and rows, perhaps holds, and no others")
    of, by = _text(value, "of", file), _choice(value, "by", PRODUCTS, file)
    if not isinstance(value["rows"], str) or not value["rows"].strip():
        raise CatalogError(f"{file}: tables: {of}: rows has to be a text with a line for each row (rows: |)")
    rows: list[VersionRow] = []
    for line in value["rows"].strip().splitlines():
        versions, colon, said = line.partition(":")
        if not colon or not said.strip():
            raise CatalogError(f"{file}: tables: {of}: {line.strip()[:60]!r} has to be versions, a colon and a value")
        try:
            row = VersionRow(parse_spans(versions), said.strip())
        except ValueError as error:
            raise CatalogError(f"{file}: tables: {of}: {error}") from None
        if twice := next((one for one in rows for a in one.spans for b in row.spans if a.meets(b)), None):
            raise CatalogError(f"{file}: tables: {of}: the rows of {twice.value} and {row.value} hold at once")
        rows.append(row)
    try:
        holds = parse_range(_text(value, "holds", file)) if "holds" in value else None
    except ValueError as error:
        raise CatalogError(f"{file}: tables: {of}: {error}") from None
    return VersionTable(of, by, tuple(rows), holds)


def _view(front: Mapping[str, Any], kind: str, text: str, file: str) -> dict[str, Any]:
    """What a viewpoint chooses, and its picture; empty for everything else, which may say neither."""
    if kind != VIEWPOINT:
        for key in ("shows", "picture"):
            if key in front:
                raise CatalogError(f"{_place(text, file, key)}: {key} is for files with 'kind: {VIEWPOINT}'")
        return {"shows": (), "picture": ""}
    value = front.get("shows", [])
    if not isinstance(value, list) or not (value or "shows" not in front):
        raise CatalogError(
            f"{_place(text, file, 'shows')}: shows has to be a list of selectors, such as {{namespace: shop}}"
        )
    picture = front.get("picture", PICTURES[0])
    if picture not in PICTURES:
        raise CatalogError(
            f"{_place(text, file, 'picture')}: picture is {str(picture)[:60]!r}; it has to be one of {', '.join(PICTURES)}"
        )
    return {"shows": tuple(_selector(item, text, file, at) for at, item in enumerate(value)), "picture": str(picture)}


def _selector(value: Any, text: str, file: str, at: int) -> Selector:
    if not isinstance(value, dict) or not value:
        raise CatalogError(
            f"{_place(text, file, 'shows', at)}: a selector is a mapping of conditions, such as {{namespace: shop, kind: Deployment}}"
        )
    found: dict[str, tuple[str, ...]] = {}
    labels: tuple[tuple[str, str], ...] = ()
    for key, wanted in value.items():
        place = _place(text, file, "shows", at, key)
        if key not in SELECTOR:
            raise CatalogError(f"{place}: unknown condition {str(key)[:60]!r}; known are {', '.join(SELECTOR)}")
        if key == "label":
            if (
                not isinstance(wanted, dict)
                or not wanted
                or any(isinstance(item, dict | list) for item in wanted.values())
            ):
                raise CatalogError(f"{place}: label has to be a mapping of labels to their values")
            labels = tuple(sorted((str(name), _scalar(content)) for name, content in wanted.items()))
        else:
            items = wanted if isinstance(wanted, list) else [wanted]
            if not items or not all(isinstance(item, str | int | float) and str(item) for item in items):
                raise CatalogError(f"{place}: {key} has to be a text or a list of texts")
            found[key] = tuple(_scalar(item) for item in items)
    return Selector(found.get("namespace", ()), found.get("kind", ()), found.get("name", ()), labels)


def _place(text: str, file: str, *path: Any) -> str:
    """A file with the line at which a path of keys and places leads into its front matter, as far as it leads."""
    lines = text.lstrip("\ufeff").splitlines()
    end = next(number for number, line in enumerate(lines[1:], 1) if line.strip() == "---")
    node = yaml.compose("\n".join(lines[1:end]), _Loader)
    line = 0
    for step in path:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, inner) for key, inner in node.value if key.value == str(step)), None)
        else:
            pair = (node.value[step],) * 2 if isinstance(node, yaml.SequenceNode) and isinstance(step, int) else None
        if pair is None:
            break
        line, node = pair[0].start_mark.line, pair[1]
    return f"{file}, line {line + 2}"


def _rules(value: Any, file: str) -> tuple[MatchRule, ...]:
    if not isinstance(value, list):
        raise CatalogError(f"{file}: match has to be a list of rules")
    return tuple(_rule(item, file) for item in value)


def _rule(value: Any, file: str) -> MatchRule:
    if not isinstance(value, dict) or not value:
        raise CatalogError(f"{file}: match: a rule is a mapping of conditions, such as {{name: etcd}}")
    conditions: list[tuple[str, tuple[str, ...]]] = []
    labels: tuple[tuple[str, str], ...] = ()
    in_pod: bool | None = None
    for key, wanted in value.items():
        if key not in CONDITIONS:
            raise CatalogError(f"{file}: match: unknown condition {str(key)[:60]!r}; known are {', '.join(CONDITIONS)}")
        if key == "label":
            if not isinstance(wanted, dict) or not wanted:
                raise CatalogError(f"{file}: match: label has to be a mapping of labels to their values")
            labels = tuple(sorted((str(name), _scalar(content)) for name, content in wanted.items()))
        elif key == "in_pod":
            if not isinstance(wanted, bool):
                raise CatalogError(f"{file}: match: in_pod has to be true or false")
            in_pod = wanted
        else:
            items = wanted if isinstance(wanted, list) else [wanted]
            if not items or not all(isinstance(item, str | int | float) and str(item) for item in items):
                raise CatalogError(f"{file}: match: {key} has to be a text or a list of texts")
            conditions.append((key, tuple(_scalar(item) for item in items)))
    return MatchRule(tuple(sorted(conditions)), labels, in_pod)


def _scalar(value: Any) -> str:
    """A label's value as Kubernetes writes it: YAML's ``true`` is the text ``"true"`` there."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _text(front: Mapping[str, Any], key: str, file: str) -> str:
    value = front[key]
    if not isinstance(value, str) or not value.strip():
        raise CatalogError(f"{file}: {key} has to be a text that is not empty")
    return " ".join(value.split())


def _optional(front: Mapping[str, Any], key: str, file: str) -> str:
    value = front.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise CatalogError(f"{file}: {key} has to be a text, such as 'Rancher 2.5.0'")
    return str(value).strip()


def _list(front: Mapping[str, Any], key: str, file: str) -> tuple[str, ...]:
    value = front.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str | int | float) for item in value):
        raise CatalogError(f"{file}: {key} has to be a list of texts")
    return tuple(" ".join(str(item).split()) for item in value)


def _choice(front: Mapping[str, Any], key: str, allowed: tuple[str, ...], file: str) -> str:
    value = front[key]
    if value not in allowed:
        raise CatalogError(f"{file}: {key} is {str(value)[:60]!r}; it has to be one of {', '.join(allowed)}")
    return str(value)


def _notes(front: Mapping[str, Any], file: str, provenance: str) -> tuple[Note, ...]:
    """Who answers for a component, where its runbook lies, and what else an operator's own files say of it."""
    found = [(key, _text(front, key, file)) for key in ("owner", "team", "runbook") if key in front]
    found += [("link", link) for link in _list(front, "links", file)]
    found += [("note", note) for note in _list(front, "notes", file)]
    return tuple(Note(key, text, provenance) for key, text in found)
