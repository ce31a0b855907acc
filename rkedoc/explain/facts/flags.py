"""What the flags of programs decide, and their own defaults: data in ``flags.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rkedoc.catalog.images import parse_image
from rkedoc.catalog.ranges import Numbers, parsed_version
from rkedoc.explain.facts.settings import version_of
from rkedoc.i18n import language
from rkedoc.resources import load_yaml

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag at one version of its program: what it decides, the default (``None``: not known, empty: nothing), what is to be said of
    that, and the version that no longer knows it, empty if none is known."""

    meaning: str
    default: str | None
    note: str
    removed: str = ""

    def differs(self, value: str) -> bool:
        """Whether a value is another one than the default. Lists are compared without their order."""
        if self.default is None:
            return False
        return _normal(value) != _normal(self.default)


def programs() -> frozenset[str]:
    """The programs whose flags the data explains."""
    return frozenset(load_yaml("explain", "flags.yaml"))


@dataclass(frozen=True, slots=True)
class _Known:
    """The versions of a program whose defaults the data has: the first, the one that stands for an unknown one, and the last."""

    first: str
    usual: str
    last: str


_KUBERNETES: Final = _Known("1.8", "1.19", "1.36")
_KNOWN: Final = {
    "etcd": _Known("3.3", "3.4", "3.6"),
    "metrics-server": _Known("0.6.4", "0.6.4", "0.6.4"),
    "flanneld": _Known("0.22.0", "0.22.0", "0.22.0"),
    "coredns": _Known("1.8.6", "1.8.6", "1.8.6"),
    "nginx-ingress-controller": _Known("1.9.4", "1.9.4", "1.9.4"),
}
"""What ``flags.yaml`` says at its head, for programs that are not of Kubernetes."""


def read_at(program: str, version: Numbers = ()) -> str:
    """The version of a program whose defaults stand for those of ``version``: its own minor version, or the nearest one that was read.

    >>> read_at("kubelet", (1, 27, 12)), read_at("kubelet", (1, 40)), read_at("kubelet"), read_at("etcd", (3, 5, 9))
    ('1.27', '1.36', '1.19', '3.5')
    """
    known = _KNOWN.get(program, _KUBERNETES)
    if not version:
        return known.usual
    own = version[:2]
    if own < parsed_version(known.first)[:2]:
        return known.first
    if own > parsed_version(known.last)[:2] or known.first == known.last:
        return known.last
    return ".".join(map(str, own))


def version_of_image(program: str, image: str) -> Numbers:
    """The version of a program that an image is built for, by its tag; empty where the image is not of the program.

    >>> version_of_image("kubelet", "rancher/hyperkube:v1.20.9-rancher1"), version_of_image("kubelet", "example/kubelet-helper:2.1")
    ((1, 20, 9), ())
    """
    reference = parse_image(image)
    name = reference.repository.rpartition("/")[2]
    built = program not in _KNOWN and name.endswith(("hyperkube", "hardened-kubernetes"))
    return parsed_version(reference.tag or "") if built or name == program or name.endswith(f"-{program}") else ()


def _normal(value: str) -> object:
    lowered = value.strip().lower()
    return frozenset(part.strip() for part in lowered.split(",")) if "," in lowered else lowered


def version_here(cluster: Cluster, program: str, node: str, image: str = "") -> Numbers:
    """The version of a program that runs on a node: that of its image, or that of the node's kubelet where Kubernetes brings it."""
    return version_of_image(program, image) or (version_of(cluster, node) if program not in _KNOWN else ())


def explained(program: str, name: str, version: Numbers = ()) -> Flag | None:
    """What a program's flag decides, in the language in use, and its default at a version; ``None`` for a flag that is not in the data."""
    flags: Mapping[str, Any] = load_yaml("explain", "flags.yaml").get(program, {})
    found = flags.get(name)
    if found is None:
        return None
    at = parsed_version(read_at(program, version))
    default = found["default"]
    for since, changed in (found.get("changed") or {}).items():  # the oldest first
        if parsed_version(since) <= at:
            default = changed
    return Flag(_said(found), default, _said(found.get("default_note") or {}), found.get("removed", ""))


def _said(words: Mapping[str, str]) -> str:
    return words.get(language(), "") or words.get("en", "")
