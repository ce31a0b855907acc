"""Rows without a header: lines that are known by the forms of all that stands in them.

A line of which one part has no form that its place asks for is no row: what somebody wrote about a container is not the container.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rkedoc.listing import columns as form
from rkedoc.listing.row import CRI, ENGINE, IMAGE, NAMESPACE, NODE, PLAIN, POD, RESOURCE, ListingRow
from rkedoc.snapshot.kinds import kind_named
from rkedoc.snapshot.podnames import engine_name

_LONGEST = 4000

_ID = re.compile(form.ID)
_IMAGE = re.compile(form.IMAGE)
_DNS = r"(?!(?:\d+[ydhms])+(?:\s|\Z)|\d+(?:\s|\Z))[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
_POD_NAME = r"(?:[a-z][a-z0-9.]*/)?(?!(?:\d+[ydhms])+(?:\s|\Z)|\d+(?:\s|\Z))[a-z0-9<{$][A-Za-z0-9.<>_{}*…-]*"
_SUFFIX = re.compile(r".+-(?:[bcdfghjklmnpqrstvwxz2456789]{5}|\d{1,3})")
_ADDRESS = r"(?:\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f:]+|<none>|<unknown>)"

_DOCKER = re.compile(
    rf"(?P<id>{form.ID})\s+(?P<image>{form.IMAGE})\s+(?P<command>{form.COMMAND})\s+{form.CREATED}\s+(?P<status>{form.STATUS})(?:\s+{form.PORTS})?"
    rf"\s+(?P<name>{form.ENGINE})(?:\s+{form.SIZE})?"
)
_CRI_CONTAINER = re.compile(
    rf"(?P<id>{form.ID})\s+(?P<image>{form.IMAGE})\s+{form.CREATED}\s+(?P<status>Running|Exited|Created|Unknown|CONTAINER_[A-Z]+)\s+(?P<name>{_DNS})"
    rf"\s+(?P<attempt>\d+)\s+(?P<pod_id>{form.ID})(?:\s+(?P<pod>\S+)(?:\s+(?P<namespace>{form.NAMESPACE}))?)?"
)
_WIDE = rf"(?:\s+{_ADDRESS}(?:\s+(?P<node>\S+)(?:\s+\S+(?:\s+\S+)?)?)?)?"
_IN_NAMESPACE = rf"(?:(?P<namespace>{form.NAMESPACE})\s+)?"
_KUBERNETES = (
    (POD, re.compile(
        rf"{_IN_NAMESPACE}(?P<name>{_POD_NAME})\s+(?P<ready>{form.READY})(?:\s+(?P<status>{form.POD_STATUS})(?:\s+{form.RESTARTS}(?:\s+{form.AGE}{_WIDE})?)?)"
    )),
    ("Deployment", re.compile(rf"{_IN_NAMESPACE}(?P<name>{_POD_NAME})\s+(?P<ready>{form.READY})\s+\d+\s+\d+\s+{form.AGE}(?:\s+\S+\s+\S+\s+\S+)?")),
    ("StatefulSet", re.compile(rf"{_IN_NAMESPACE}(?P<name>{_POD_NAME})\s+(?P<ready>{form.READY})\s+{form.AGE}(?:\s+\S+\s+(?P<image>\S+))?")),
    ("Job", re.compile(rf"{_IN_NAMESPACE}(?P<name>{_POD_NAME})\s+(?:(?:Complete|Running|Failed|Suspended)\s+)?(?P<ready>{form.READY})\s+(?:{form.AGE}|<none>)\s+{form.AGE}(?:\s+\S+\s+\S+\s+\S+)?")),
    ("DaemonSet", re.compile(rf"{_IN_NAMESPACE}(?P<name>{_POD_NAME})\s+\d+\s+\d+\s+\d+\s+\d+\s+\d+\s+\S+\s+{form.AGE}(?:\s+\S+\s+\S+\s+\S+)?")),
    ("ReplicaSet", re.compile(rf"{_IN_NAMESPACE}(?P<name>{_POD_NAME})\s+\d+\s+\d+\s+\d+\s+{form.AGE}(?:\s+(?P<containers>\S+)\s+(?P<image>\S+)\s+\S+=\S+)?")),
    ("Service", re.compile(rf"{_IN_NAMESPACE}(?P<name>{_POD_NAME})\s+(?:ClusterIP|NodePort|LoadBalancer|ExternalName)\s+\S+\s+\S+\s+\S+\s+{form.AGE}(?:\s+\S+)?")),
    (NODE, re.compile(rf"(?P<name>{_POD_NAME})\s+(?P<status>(?:Not)?Ready(?:,SchedulingDisabled)?)\s+\S+\s+{form.AGE}\s+(?P<version>v\d\S*)(?:\s.*)?")),
    (NAMESPACE, re.compile(rf"(?P<name>(?:namespaces?/)?{_DNS})\s+(?P<status>Active|Terminating)\s+{form.AGE}")),
    (NODE, re.compile(rf"(?P<name>{_DNS})\s+\d+m\s+\d+%\s+\d+[KMG]i\s+\d+%")),
)  # fmt: skip
"""What ``kubectl get`` and ``kubectl top`` print, the first reading that holds."""

_PARTLY_READY = re.compile(rf"{_IN_NAMESPACE}(?P<name>{_POD_NAME})\s+(?P<ready>{form.READY})\s*")
_TOP = re.compile(rf"(?P<names>{_POD_NAME}(?:\s+{_POD_NAME}){{0,2}})\s+\d+m\s+\d+(?:Ki|Mi|Gi)")
_STATS = re.compile(
    rf"(?P<id>{form.ID})\s+(?P<name>{form.ENGINE})\s+[\d.]+%\s+\S+ / \S+\s+[\d.]+%\s+\S+ / \S+\s+\S+ / \S+\s+\d+"
)
_COUNTED = re.compile(r"\s*\d+\s+(?P<image>[a-z0-9][\w./-]*[/:][\w./:@-]*\w)\s*")
"""What ``sort | uniq -c`` makes of images."""
_POD_AND_IMAGES = re.compile(
    rf"(?:(?P<namespace>{_DNS})\s+)?(?P<name>{_DNS})(?:\s+|:\t)(?P<image>\S+(?:(?:, ?|\s+)\S+)*?),?\s*"
)
_PIECES = re.compile(
    rf"(?P<command>{form.COMMAND})(?=\s|\Z)|(?P<status>{form.WHOLE_STATUS.pattern[:0]}{form.STATUS})(?=\s|\Z)|(?P<ago>{form.CREATED})(?=\s|\Z)"
    rf"|(?P<ports>{form.PORTS})(?=\s|\Z)|(?P<size>{form.SIZE})(?=\s|\Z)|(?P<id>{form.ID})(?=\s|\Z)|(?P<word>\S+)"
)
_NAME = re.compile(r"[A-Za-z0-9/][A-Za-z0-9_./:@-]*[A-Za-z0-9]|[a-z0-9]")
_HEX = re.compile(r"(?=.*\d)[0-9a-f]{9,}")
"""A part of an id or of a digest."""
_NO_NAME = re.compile(r"(?:\d+[ydhms]?)+|\d+/\d+|\w+://.*|[\d.:]+")
_SPOKEN = frozenset(
    ("exit", "logout", "quit", "yes", "no", "ok", "true", "false", "null", "none", "done", "eof", "y", "n")
)
"""Words that a terminal or somebody at it says alone on a line."""


@dataclass(frozen=True, slots=True)
class Shaped:
    """A row without a header; ``weak`` if it is one only among its like, since its words could be a sentence's as well."""

    row: ListingRow
    weak: bool = False


def by_shape(line: str, number: int) -> Shaped | None:
    """The row that a line is by the forms of its parts."""
    text = line.strip()
    if not text or len(text) > _LONGEST:
        return None
    words = text.split()
    if len(words) == 1:
        return _alone(words[0], number)
    row = _of_tool(text, number)
    if row is not None:
        return Shaped(row)
    return _of_ones_own(line, words, number)


def _of_tool(text: str, number: int) -> ListingRow | None:
    if found := _DOCKER.fullmatch(text):
        return ListingRow(
            number, ENGINE, found["name"], image=found["image"], id=found["id"], command=found["command"].strip('"“”'), status=found["status"],
        )  # fmt: skip
    if found := _CRI_CONTAINER.fullmatch(text):
        return ListingRow(
            number, CRI, found["name"], image=found["image"], id=found["id"], status=found["status"], attempt=int(found["attempt"]),
            pod_id=found["pod_id"], pod=found["pod"], namespace=found["namespace"],
        )  # fmt: skip
    for kind, shape in _KUBERNETES:
        if found := shape.fullmatch(text):
            said = found.groupdict()
            if kind in (POD, "StatefulSet") and said.get("namespace") and _pod_first(said["namespace"], said["name"]):
                return None
            return ListingRow(
                number, kind_of_resource(found["name"]) or kind, found["name"], namespace=said.get("namespace"), ready=said.get("ready"),
                status=said.get("status"), node=said.get("node") if said.get("node") != "<none>" else None, version=said.get("version"),
                image=said.get("image"),
            )  # fmt: skip
    if found := _PARTLY_READY.fullmatch(text):
        return ListingRow(
            number,
            kind_of_resource(found["name"]) or POD,
            found["name"],
            namespace=found["namespace"],
            ready=found["ready"],
        )
    if found := _TOP.fullmatch(text):
        return _of_top(found["names"].split(), number)
    if found := _STATS.fullmatch(text):
        return ListingRow(number, ENGINE, found["name"], id=found["id"])
    if found := _COUNTED.fullmatch(text):
        return ListingRow(number, IMAGE, found["image"], image=found["image"])
    return None


def _of_top(names: list[str], number: int) -> ListingRow:
    """A row of ``kubectl top pods``: a pod, its namespace before it, its container after it."""
    if len(names) == 3 or (len(names) == 2 and _SUFFIX.fullmatch(names[0]) and not _SUFFIX.fullmatch(names[1])):
        return ListingRow(number, CRI, names[-1], pod=names[-2], namespace=names[0] if len(names) == 3 else None)
    return ListingRow(number, POD, names[-1], namespace=names[0] if len(names) == 2 else None)


def _of_ones_own(line: str, words: list[str], number: int) -> Shaped | None:
    """A line in a format that somebody chose: parts of which each has a form of its own, and one that is left as the name."""
    if (shaped := _engine(line, number)) is not None:
        return shaped
    if _HEX.fullmatch(words[0]):
        return None
    apart = re.search(r"\S(?:\t|\s{2,})\S", line.strip()) is not None
    if len(words) == 2 and all(re.fullmatch(_DNS, word) for word in words):
        first, second = words if not _pod_first(*words) else reversed(words)
        return Shaped(ListingRow(number, POD, second, namespace=first), weak=True)
    if (
        len(words) == 2
        and re.fullmatch(_DNS, words[0])
        and _names_image(words[1])
        and "\t" not in line
        and not _SUFFIX.fullmatch(words[0])
    ):
        return Shaped(ListingRow(number, ENGINE, words[0], image=words[1]), weak=True)
    found = _POD_AND_IMAGES.fullmatch(line.strip())
    if (
        found
        and (images := [one for one in re.split(r"[,\s]+", found["image"]) if one])
        and all(map(_names_image, images))
    ):
        row = ListingRow(number, POD, found["name"], namespace=found["namespace"], image=",".join(images))
        return Shaped(row, weak="\t" not in line and not apart)
    return None


def _pod_first(first: str, second: str) -> bool:
    """Whether of a namespace and a pod the pod stands first: the other way round than ``kubectl`` has it."""
    if _SUFFIX.fullmatch(first) and not _SUFFIX.fullmatch(second) and not first[-1].isdigit():
        return True
    return second.endswith("-system") and not first.endswith("-system")


def _engine(line: str, number: int) -> Shaped | None:
    """A container of an engine, whatever columns are shown in whatever order."""
    parts: dict[str, list[str]] = {}
    for kind, value in _pieces(line.strip()):
        parts.setdefault(kind, []).append(value)
    if any(len(values) > 1 for kind, values in parts.items() if kind != "ago") or "other" in parts:
        return None
    names, status = parts.get("name", []), parts.get("status", [""])[0]
    engine = bool(names) and engine_name(names[0].split(",")[0]) is not None
    apart = re.search(r"\S(?:\t|\s{2,})\S", line.strip()) is not None
    firm = bool(form.WHOLE_STATUS.fullmatch(status)) or (bool(status) and apart)
    if "command" in parts and "ago" in parts and not status:
        return None  # what docker prints between the age and the name was cut off
    if not names or status == "Up" or not (engine or firm or ("id" in parts and ("command" in parts or apart))):
        return None
    image = parts.get(
        "image", parts.get("id", [""]) if "image" not in parts and len(parts.get("id", [])) > 1 else [""]
    )[0]
    command = parts.get("command", [""])[0].strip('"“”')
    row = ListingRow(
        number,
        ENGINE,
        names[0],
        image=image or None,
        id=parts.get("id", [""])[0] or None,
        command=command or None,
        status=status or None,
    )
    return Shaped(row)


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """The parts of a line with what each is by its form."""
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = _PIECES.match(text, at)
        assert found is not None, "any word is one"
        kind, value = found.lastgroup or "word", found[0]
        at = found.end()
        if kind != "word":
            yield kind, value
        elif engine_name(value.split(",")[0]):
            yield "name", value
        elif _names_image(value):
            yield "image", value
        elif re.fullmatch(form.ENGINE, value) and not _HEX.fullmatch(value):
            yield "name", value
        else:
            yield "other", value


def _names_image(word: str) -> bool:
    """Whether a word can only be the name of an image: with a folder, a tag or a digest, and with what these may hold."""
    if not re.search(r"[/:@]", word) or _IMAGE.fullmatch(word) is None or "=" in word or word.startswith("http"):
        return False
    last = word.rpartition("/")[2]
    return re.fullmatch(
        r"[A-Za-z0-9][\w.-]*(?::\d+)?(?:/[\w.-]+)*/?[\w.-]*(?::[\w.-]+)?(?:@sha256:[0-9a-f]{6,64})?", word
    ) is not None and (
        "/" in word
        or (":" in last and re.search(r":[\w]*\d|:(?:latest|stable|alpine|master|main|edge|nightly)", last) is not None)
    )


def _alone(word: str, number: int) -> Shaped | None:
    """A line of one word: a resource and a name, a name that a kubelet gave, or a name."""
    if (kind := kind_of_resource(word)) is not None:
        return Shaped(ListingRow(number, kind, word))
    if engine_name(word):
        return Shaped(ListingRow(number, PLAIN, word))
    if not _NAME.fullmatch(word) or _ID.fullmatch(word) or word.lower() in _SPOKEN or _NO_NAME.fullmatch(word):
        return None
    if re.fullmatch(r"[A-Z][a-z]+", word):
        return None  # the end of a sentence, a greeting
    return Shaped(ListingRow(number, PLAIN, word), weak=True)


def kind_of_resource(name: str) -> str | None:
    """The kind that stands before a name, as in ``daemonset.apps/canal``."""
    found = RESOURCE.match(name)
    return kind_named(found[1]) if found is not None else None
