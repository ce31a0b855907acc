"""What a field is, told by its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import IntEnum
from functools import lru_cache
from typing import Any, cast

from rkedoc.redact import persons, vocabulary
from rkedoc.redact.commandline import is_digest_name, is_public_digest_name
from rkedoc.redact.vocabulary import Verdict
from rkedoc.resources import load_yaml

_DATA: dict[str, Any] = cast("dict[str, Any]", load_yaml("redact", "fields.yaml"))


class FieldKind(IntEnum):
    """What kind of value a field holds."""

    PLAIN = 0
    IDENTITY = 1
    EXACT = 2
    SHORT = 3
    NAME = 4
    IMAGE = 5
    SECRET = 6
    DIGEST = 7
    COPY = 8
    SNIPPET = 9
    MESSAGE = 10
    REASON = 11
    BUNDLE = 12
    HELM = 13
    DROPPED = 14
    PERSON = 15
    ENV = 16
    ARGV = 17
    SHELL = 18
    HEADERS = 19
    SCHEMA = 20
    DATA = 21


#: The lists of the data file, the later ones winning over the earlier.
_SECTIONS = (
    (FieldKind.IDENTITY, "identity"),
    (FieldKind.NAME, "names"),
    (FieldKind.EXACT, "exact"),
    (FieldKind.SHORT, "short"),
    (FieldKind.MESSAGE, "messages"),
    (FieldKind.REASON, "reasons"),
    (FieldKind.BUNDLE, "bundles"),
    (FieldKind.HELM, "helm"),
    (FieldKind.DROPPED, "dropped"),
    (FieldKind.COPY, "copies"),
    (FieldKind.ENV, "env"),
    (FieldKind.ARGV, "argv"),
    (FieldKind.SHELL, "shell"),
    (FieldKind.HEADERS, "headers"),
    (FieldKind.SCHEMA, "schema"),
    (FieldKind.IMAGE, "images"),
    (FieldKind.DATA, "data"),
)
_SPECIAL: dict[str, FieldKind] = {name: kind for kind, section in _SECTIONS for name in _DATA[section]}
_SPECIAL.update(dict.fromkeys(persons.FIELDS | persons.ANNOTATIONS, FieldKind.PERSON))

_COPY_SUFFIXES: tuple[str, ...] = tuple(_DATA["copy_suffixes"])
_SNIPPET_SUFFIXES: tuple[str, ...] = tuple(_DATA["snippet_suffixes"])
_DIGEST_WORDS = frozenset({"hash", "checksum", "sha256"})

#: Shapes of what machines make up, which are no secrets where they are expected.
ID_SHAPE = re.compile(
    r"\d{1,20}|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|(?:sha256:)?[0-9a-f]{64}|[0-9a-f]{6,16}|[0-9a-f]{40}"
    r"|[a-z-]+://(?:[a-z0-9._/:-]+@)?(?:sha256:)?[0-9a-f]{64}|(?:pvc|csi|node|pod)-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    r"|[0-9A-Z]{4}(?::[0-9A-Z]{4}){11}|[a-z][a-z0-9-]*-[0-9a-z]{5,10}(?:-[a-z0-9]{5})?|[0-9a-f]{12}(?:-init)?"
)
EXACT_SHAPE = re.compile(r"\d{1,20}|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
SHORT_SHAPE = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
VOLUME_SHAPE = re.compile(r"[0-9a-f]{64}")
_IMAGE_ID = re.compile(r"(?:[a-z-]+://)?(?:[a-z0-9.-]+(?::\d+)?(?:/[a-z0-9._-]+)*@)?sha256:[0-9a-f]{64}|[0-9a-f]{12}")
_IMAGE_SHAPE = re.compile(
    r"(?:docker-pullable://|docker://)?(?:[a-zA-Z0-9.-]+(?::\d{1,5})?/)?[a-z0-9][a-z0-9._/-]{0,200}"
    r"(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)
_NAME_SHAPE = re.compile(r"[a-z0-9*](?:[a-z0-9.:_*-]{0,250}[a-z0-9*])?|node-csr-[A-Za-z0-9_-]{43}")
_HEX_RUN = re.compile(r"(?<=:)[0-9a-f]{40,64}$|@sha256:[0-9a-f]{64}")
_LONG_RUN = re.compile(r"[a-z0-9]{32,}")
REASON_SHAPE = re.compile(r"[A-Za-z][A-Za-z0-9_.:/-]{0,127}")


def is_name(text: str) -> bool:
    """Whether a string has the shape of a name that Kubernetes gives or allows, without a long run that could be a key."""
    return len(text) <= 253 and _NAME_SHAPE.fullmatch(text) is not None and not _LONG_RUN.search(text)


@lru_cache(maxsize=8192)
def is_image(text: str) -> bool:
    """Whether a string is a reference to an image, whose digest or tag may look random."""
    if _IMAGE_ID.fullmatch(text):
        return True
    return _IMAGE_SHAPE.fullmatch(text) is not None and not _LONG_RUN.search(_HEX_RUN.sub("", text))


class FieldInfo:
    """What is known of a key: the key as it may be shown (``None`` if a secret stands in it), the kind of its value, how secret
    its name is, and the name without its prefix."""

    __slots__ = ("kind", "level", "shown", "subject")

    def __init__(self, shown: str | None, kind: FieldKind, level: Verdict, subject: str) -> None:
        self.shown = shown
        self.kind = kind
        self.level = level
        self.subject = subject


def field_info(key: str, clean: Callable[[str, Callable[[str, str], str]], str]) -> FieldInfo:
    """Judge a key. ``clean`` applies the rules for strings to the key itself.

    Docker repeats a pod's annotations as labels with ``annotation.`` before them; they are judged as annotations. Of a label
    or an annotation only what follows the slash is judged: the part before it is somebody's domain.
    """
    whole = key.removeprefix("annotation.")
    subject = whole.rsplit("/", 1)[-1]
    level = vocabulary.verdict(subject)
    kind = _SPECIAL.get(whole, FieldKind.PLAIN)
    if kind is FieldKind.PLAIN:
        kind = _general(whole, subject, level)
    hit = False

    def probe(rule: str, secret: str) -> str:
        nonlocal hit
        hit = True
        return "‹hidden›"

    clean(key, probe)
    return FieldInfo(None if hit else key, kind, level, subject)


def _general(whole: str, subject: str, level: Verdict) -> FieldKind:
    if whole.endswith(_COPY_SUFFIXES):
        return FieldKind.COPY
    if whole.endswith(_SNIPPET_SUFFIXES):
        return FieldKind.SNIPPET
    if is_digest_name(whole):
        return FieldKind.DIGEST
    if is_public_digest_name(whole) and not _DIGEST_WORDS.isdisjoint(vocabulary.words_of(whole)):
        return FieldKind.IDENTITY
    if level is Verdict.SECRET or (level is Verdict.WEAK and subject.rsplit(".", 1)[-1].isupper()):
        return FieldKind.SECRET
    return FieldKind.PLAIN
