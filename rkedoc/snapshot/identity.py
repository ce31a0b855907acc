"""The identity of what a snapshot holds: record ids, and the keys that file names and anchors are made from.

A record's id is ``<group>/<Kind>/<namespace>/<name>`` without the API version, ``-`` standing for the namespace of what
has none. The group of the core API is ``core``; what a container engine holds has the group ``engine``, what a host is made of
``host``, and both have, in place of the namespace, the name of their node. Only the last part may hold a slash.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256
from typing import NamedTuple

CORE = "core"
ENGINE = "engine"
HOST = "host"
ON_NODE = frozenset({ENGINE, HOST})
"""The groups of what lies on a node: what its container engines hold, and what it is itself. In place of the namespace its ids have the
node's name."""
CLUSTER_SCOPED = "-"

# An object that several groups serve has one identity. Kubernetes moved these out of "extensions" with 1.9 to 1.22
# (kubernetes/kubernetes, CHANGELOG-1.16 "Deprecations and Removals"), and events into a group of their own with 1.8.
_CANONICAL = {
    ("extensions", "Ingress"): "networking.k8s.io",
    ("extensions", "NetworkPolicy"): "networking.k8s.io",
    ("extensions", "Deployment"): "apps",
    ("extensions", "DaemonSet"): "apps",
    ("extensions", "ReplicaSet"): "apps",
    ("extensions", "PodSecurityPolicy"): "policy",
    ("events.k8s.io", "Event"): CORE,
    ("", "Event"): CORE,
}

KIND = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}\Z")
"""What the name of a kind looks like; API servers take no other."""

_KEY_LENGTH = 80
_DIGEST_LENGTH = 10
_NOT_KEY = re.compile(r"[^a-z0-9]+")
# Whoever may name a thing could otherwise name it after the key of another.
_LIKE_DIGEST = re.compile(rf"(?:^|-)[0-9a-f]{{{_DIGEST_LENGTH}}}\Z")
# moby/moby, pkg/namesgenerator: an adjective, an underscore, a surname, and one digit when the first try was taken.
_GENERATED_NAME = re.compile(r"[a-z]+_[a-z]+[0-9]?\Z")


class Identity(NamedTuple):
    """The parts of a record's id; ``namespace`` is ``None`` for what has none."""

    group: str
    kind: str
    namespace: str | None
    name: str


def canonical_group(group: str, kind: str) -> str:
    """The group under which an object of this kind is stored, whichever group answered with it.

    ``group`` is that of the API, empty for the core group.
    """
    return _CANONICAL.get((group, kind), group or CORE)


def record_id(group: str, kind: str, namespace: str | None, name: str) -> str:
    """The id of a record. ``group`` may be that of the API (then it is made canonical) or ``"engine"``."""
    return f"{canonical_group(group, kind)}/{kind}/{namespace or CLUSTER_SCOPED}/{name}"


def parse_id(identifier: str) -> Identity:
    """The parts of a record's id. Raises ``ValueError`` if it has fewer than four."""
    group, kind, namespace, name = identifier.split("/", 3)
    if not (group and kind and namespace and name):
        raise ValueError("an id has four parts, none of them empty")
    return Identity(group, kind, None if namespace == CLUSTER_SCOPED else namespace, name)


def page_key(*parts: str) -> str:
    """One key for file names and anchors: ``[a-z0-9-]``, at most 80 characters, never empty.

    ``page_key("deployment", "default", "web")`` is ``deployment-default-web``. Whenever the parts cannot be read back
    from the key (something was changed or cut, a part holds a hyphen that could be a border, or the end looks like such a
    digest), a digest of the parts follows, so that two subjects never share a file, not even where case is ignored.
    """
    lowered = [unicodedata.normalize("NFKD", part).encode("ascii", "ignore").decode().lower() for part in parts]
    slugs = [_NOT_KEY.sub("-", part).strip("-") for part in lowered]
    key = "-".join(slug for slug in slugs if slug)
    exact = (
        0 < len(key) <= _KEY_LENGTH
        and all(slug == part and slug for slug, part in zip(slugs, parts, strict=True))
        and not any("-" in slug for slug in slugs[:-1])
        and not _LIKE_DIGEST.search(key)
    )
    if exact:
        return key
    # Escaped, no part holds the border: ("a\0b",) and ("a", "b") stay two.
    whole = "\0".join(part.replace("\1", "\1\1").replace("\0", "\1\2") for part in parts)
    digest = sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_LENGTH]
    head = key[: _KEY_LENGTH - _DIGEST_LENGTH - 1].strip("-")
    return f"{head}-{digest}" if head else digest


def is_generated_name(name: str) -> bool:
    """Whether an engine may have made up the name of a container, as Docker does where nobody gives one.

    >>> is_generated_name("nostalgic_curie")
    True
    """
    return _GENERATED_NAME.match(name) is not None


def intent_id(identifier: str, image: str | None) -> str:
    """The id under which a record counts in the intent digest.

    It is the record's own, but for a container that an engine named by chance (``nostalgic_curie``): made anew it has
    another name, so that its image stands for it.
    """
    group, kind, namespace, name = identifier.split("/", 3)
    if kind == "EngineContainer" and image and is_generated_name(name):
        return f"{group}/{kind}/{namespace}/~{image}"
    return identifier
