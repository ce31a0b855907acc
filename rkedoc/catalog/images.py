"""References to container images: their parts, and the family that re-tagging does not change.

``192.168.1.121:5000/rancher/mirrored-coredns-coredns:1.8.0`` and ``rancher/coredns-coredns@sha256:…`` are the same
component from two places. What stays the same is the last element of the repository's path, once the prefixes that
Rancher's mirrors put there (``mirrored-``, ``hardened-``) and the suffix of an architecture are taken off: the
*family*, here ``coredns-coredns``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

_PREFIXES = ("mirrored-", "hardened-")
_ARCHITECTURE = re.compile(r"-(?:linux-)?(?:amd64|arm64|arm|s390x|ppc64le)\Z")
_ID = re.compile(r"(?:sha256:)?[0-9a-f]{12,64}\Z")
_TRANSPORT = re.compile(r"\A(?:docker-pullable|docker|containerd|cri-o)://")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")


@dataclass(frozen=True, slots=True)
class ImageReference:
    """The parts of a reference to an image.

    ``repository`` has no registry (``rancher/hyperkube``); ``registry`` is ``None`` where the reference names none,
    which means Docker Hub. A reference that is only an image id (``sha256:…``, or the twelve hexadecimal digits that
    ``docker ps`` prints) has an empty repository and ``identified`` is false.
    """

    registry: str | None
    repository: str
    tag: str | None
    digest: str | None

    @property
    def identified(self) -> bool:
        """Whether the reference names a repository at all."""
        return bool(self.repository)

    @property
    def family(self) -> str:
        """The last element of the repository without mirror prefixes and architecture: ``coredns-coredns``."""
        return image_family(self.repository.rpartition("/")[2])

    @property
    def path(self) -> str:
        """The repository with the family as its last element: ``rancher/coredns-coredns``."""
        head, slash, _ = self.repository.rpartition("/")
        return f"{head}{slash}{self.family}"

    def matches(self, pattern: str, *, loosely: bool = False) -> bool:
        """Whether a pattern of a match rule names this image.

        A pattern without a slash is compared with the family, one with a slash with as many of the last elements of the
        path. Rancher's mirrors have one level: ``rancher/mirrored-metallb-speaker`` is ``metallb/speaker`` as well.
        ``loosely`` also takes families that end with the pattern after a dash or an underscore
        (``rancher-hyperkube`` for ``hyperkube``): registries that allow no second level are filled with such names.
        It is for rules in which something else, the container's exact name, says the same.
        """
        if "/" in pattern:
            last = self.path.split("/")[-pattern.count("/") - 1 :]
            return _fits("/".join(last), pattern) or (self.mirrored and _fits(self.family, pattern.replace("/", "-")))
        return _fits(self.family, pattern) or (
            loosely and (_fits(self.family, f"*-{pattern}") or _fits(self.family, f"*_{pattern}"))
        )

    @property
    def mirrored(self) -> bool:
        """Whether its name is one of Rancher's mirrors, which put the owner's name before the image's."""
        return self.repository.rpartition("/")[2].startswith("mirrored-")


def _fits(text: str, pattern: str) -> bool:
    return text == pattern or fnmatchcase(text, pattern)


def image_family(name: str) -> str:
    """``name``, the last element of a repository, without mirror prefixes and architecture suffix."""
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return _ARCHITECTURE.sub("", name)


@lru_cache(maxsize=8192)
def parse_image(text: str) -> ImageReference:
    """Take a reference apart. Any text is accepted; what is no reference comes out with an empty repository.

    >>> parse_image("192.168.1.121:5000/rancher/mirrored-pause:3.6").path
    'rancher/pause'
    >>> parse_image("beef10c5f19a").identified
    False
    """
    text = _TRANSPORT.sub("", text.strip())
    if _ID.match(text):
        digest = text if text.startswith("sha256:") else None
        return ImageReference(None, "", None, digest)
    rest, at, digest_part = text.partition("@")
    head, slash, last = rest.rpartition("/")
    last, colon, tag = last.partition(":")
    if colon and not _TAG.match(tag):
        return ImageReference(None, "", None, None)
    registry, path = _split_registry(head) if slash else (None, "")
    repository = f"{path}/{last}" if path else last
    if registry in {"docker.io", "index.docker.io", "registry-1.docker.io"}:
        repository = repository.removeprefix("library/")
    if any(part.isspace() or not part for part in repository.split("/")) or " " in repository:
        return ImageReference(None, "", None, None)
    return ImageReference(registry, repository, tag or None, digest_part if at else None)


def _split_registry(head: str) -> tuple[str | None, str]:
    """The registry and the rest of a path: its first element is a registry if it looks like a host (docker's rule)."""
    first, slash, rest = head.partition("/")
    if "." in first or ":" in first or first == "localhost" or first != first.lower():
        return first, rest if slash else ""
    return None, head
