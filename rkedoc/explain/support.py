"""Until when those who make what runs here support its version: data in ``support.yaml``, which names the source of each day.

Nothing here asks what day it is: a page that is made again later must come out the same. Whoever asks names the day, and the days themselves
stand beside what follows from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from rkedoc.cluster.distribution import distribution
from rkedoc.i18n import language
from rkedoc.resources import load_yaml
from rkedoc.vocabulary import SupportState

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster
    from rkedoc.snapshot.record import Header

SOON: Final = timedelta(days=90)
"""How long before its end support is said to end soon."""

WHOLE: Final = "all"
"""The line of a product that ends as a whole, whatever its version."""

_PRODUCTS: Final[Mapping[str, str]] = {
    "kubelet": "Kubernetes", "kube-proxy": "Kubernetes", "Rancher agent": "Rancher", "Rancher server": "Rancher",
    "docker": "Docker Engine",
}  # fmt: skip
"""The product behind the name of a version, or behind that of a container runtime, where the two have different names."""

_VERSION: Final = re.compile(
    r"(?:(?P<runtime>[a-z-]+)://)?(?:v|nginx-)?(?P<numbers>\d{1,4}\.\d{1,4}\.\d{1,4})(?!\d|-?(?:alpha|beta|rc))"
)
"""A released version as images (``v3.4.13-rancher1``, ``nginx-0.35.0-rancher2``) and kubelets (``docker://20.10.24``) give it."""


@dataclass(frozen=True, slots=True)
class SupportSource:
    """Where a day was read: project, file and version; the address of it; and the day of the reading."""

    text: str
    url: str
    read: date


@dataclass(frozen=True, slots=True)
class Support:
    """How it stands with the support of a version on a day.

    ``version`` is empty where a distribution ends as a whole; ``line`` is the one that the version belongs to (``1.20``; empty if the product
    ends as a whole, or if nothing is known of the version). ``ends`` is the last day of support, or, if ``at_latest``, a day by which support
    had ended. Both it and ``source`` are ``None`` where the state is not known.
    """

    product: str
    version: str
    line: str
    state: SupportState
    ends: date | None = None
    at_latest: bool = False
    source: SupportSource | None = None

    @property
    def name(self) -> str:
        """What people call what is supported or not: the product with its line."""
        return f"{self.product} {self.line}".rstrip()

    def to_json(self) -> dict[str, Any]:
        """It for programs: the same in every language."""
        return {
            "of": self.product, "version": self.version, "line": self.line, "state": self.state,
            "ends": self.ends.isoformat() if self.ends else None, "at_latest": self.at_latest,
            "source": self.source.url if self.source else None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A line of versions in the data: the first ``numbers`` of its versions (none: all), and what a source says of its end."""

    name: str
    numbers: tuple[int, ...]
    ends: date
    at_latest: bool
    source: SupportSource

    def covers(self, numbers: tuple[int, ...]) -> bool:
        """Whether a version of these numbers belongs to it. Docker's 19.03 is told by kubelets as 19.3."""
        return numbers[: len(self.numbers)] == self.numbers

    def state(self, on: date) -> SupportState:
        """How it stands with it on a day."""
        return state_on(self.ends, self.at_latest, on)


def state_on(ends: date, at_latest: bool, on: date) -> SupportState:
    """How it stands on a day with what was supported until ``ends``, or, if ``at_latest``, had ended by then."""
    if at_latest:
        return SupportState.ENDED if on >= ends else SupportState.UNKNOWN
    if on > ends:
        return SupportState.ENDED
    return SupportState.ENDS_SOON if ends - on <= SOON else SupportState.SUPPORTED


@cache
def lines() -> Mapping[str, tuple[Line, ...]]:
    """What the data says, by product."""
    data: Mapping[str, Any] = load_yaml("explain", "support.yaml")
    return {product: tuple(_lines(statements)) for product, statements in data.items()}


def _lines(statements: list[Mapping[str, Any]]) -> Iterator[Line]:
    for said in statements:
        source = SupportSource(said["source"], said["url"], said["read"])
        for key, at_latest in (("ends", False), ("ended_by", True)):
            for name, day in said.get(key, {}).items():
                whole = name == WHOLE
                numbers = () if whole else tuple(int(number) for number in name.split("."))
                yield Line("" if whole else name, numbers, day, at_latest, source)


def support(cluster: Cluster, on: date) -> tuple[Support, ...]:
    """How it stands on a day with the distribution, where it ends as a whole, and with each version that the snapshot tells of a product in
    the data. Each product and version once, in the order in which the versions are told."""
    found = distribution(cluster)
    kubelets = [version for name, version, _where in found.versions if name == "kubelet"]
    own = [supported(found.name, version, on) for version in ("", *kubelets)]
    told = [supported(name, version, on) for name, version, _where in found.versions]
    known: dict[str, Support] = {}
    for one in own:
        if one is not None and one.source is not None:
            known.setdefault(one.name, one)
    return tuple(dict.fromkeys([*known.values(), *(one for one in told if one is not None)]))


def support_lines(cluster: Cluster, on: date) -> tuple[Support, ...]:
    """How it stands on a day with what runs here: each line of a product once, whichever of its versions run."""
    unlike: dict[str, Support] = {}
    for one in support(cluster, on):
        unlike.setdefault(one.name, one)
    return tuple(unlike.values())


def collected_on(header: Header) -> date | None:
    """The day of the newest collection; ``None`` where the snapshot does not tell it."""
    try:
        return date.fromisoformat(max((capture.time for capture in header.captures), default="")[:10])
    except ValueError:
        return None


def follows(product: str) -> str:
    """What follows for whoever runs a line that is no longer supported, in the language in use; empty for what is no product in the data."""
    words: Mapping[str, str] = load_yaml("explain", "follows.yaml").get(product, {})
    return words.get(language(), "") or words.get("en", "")


def data_read_on() -> date:
    """The newest day on which a source of the data was read."""
    return max(line.source.read for found in lines().values() for line in found)


def judged_on(header: Header) -> date:
    """The day for which a page judges support: the newest that it can know of. That is the day on which the data was read, or that of the
    collection if it is younger. A dump of years ago is not judged by what was supported then."""
    collected = collected_on(header)
    return max(data_read_on(), collected) if collected is not None else data_read_on()


def supported(name: str, version: str, on: date) -> Support | None:
    """How it stands on a day with a version, by the name that :class:`~rkedoc.cluster.distribution.ClusterIdentity` has for it.

    ``None`` for what is no product in the data.
    """
    match = _VERSION.match(version)
    named = match["runtime"] if match and match["runtime"] else name
    product = _PRODUCTS.get(named, named)
    if product not in lines():
        return None
    numbers = tuple(int(number) for number in match["numbers"].split(".")) if match else ()
    line = next((line for line in lines()[product] if line.covers(numbers)), None)
    state = line.state(on) if line is not None else SupportState.UNKNOWN
    if line is None or state == SupportState.UNKNOWN:
        return Support(product, version, line.name if line is not None else "", state)
    return Support(product, version, line.name, state, line.ends, line.at_latest, line.source)
