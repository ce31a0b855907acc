"""Where a statement holds: versions of products, and distributions. Pure data and pure functions.

A range is written in one line, the same in every language::

    Rancher 2.0.6 to 2.5.9
    RKE2 1.20.9 to 1.20, from 1.21.3; on RKE2
    Kubernetes to 1.20.14; Rancher from 2.5

``to 1.20`` takes in every 1.20.x, ``from 1.20`` begins with 1.20.0, ``1.20`` alone is all of 1.20. Commas join what holds as well, semicolons
what has to hold besides. ``image`` is the version in the tag of the component's own image.

Whether a range holds is answered with three values: ``True``, ``False``, and ``None`` where what is known of a cluster does not decide it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

IMAGE: Final = "image"
"""The product that stands for the component itself, by the tag of its image."""

PRODUCTS: Final = ("Kubernetes", "Rancher", "RKE", "RKE2", "K3s", "Fleet", "Calico", IMAGE)
"""What a range can be of."""

DISTRIBUTIONS: Final[Mapping[str, str]] = {"RKE1": "rke1", "RKE2": "rke2", "K3s": "k3s", "kubeadm": "kubeadm"}
"""What can follow ``on``, with the id of the distribution."""

_WIDTH: Final = 4
_ANY: Final = 1 << 31
"""Greater than every number of a version."""

_VERSION: Final = re.compile(r"\d{1,6}(?:\.\d{1,6}){0,3}\Z")
_NUMBER: Final = re.compile(r"\d{1,6}")
_INTERVAL: Final = re.compile(
    r"(?:from (?P<only_low>\S+)|to (?P<only_high>\S+)|(?P<low>\S+) to (?P<high>\S+)|(?P<line>\S+))\Z"
)

Numbers = tuple[int, ...]
"""A version as numbers, without what a maker adds: (1, 27, 12). Fewer numbers stand for every version that begins with them."""


def parsed_version(value: str) -> Numbers:
    """The numbers of a version that somebody's tag or API tells; empty if it is none.

    >>> parsed_version("v1.27.12+rke2r1"), parsed_version("1.20"), parsed_version("main")
    ((1, 27, 12), (1, 20), ())
    """
    core = value.removeprefix("v").partition("+")[0].partition("-")[0].split(".")
    return tuple(int(part) for part in core) if len(core) > 1 and all(_NUMBER.fullmatch(part) for part in core) else ()


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Versions from one to another, both included; none means that there is no bound on that side.

    A bound of few numbers takes in all versions that begin with them.
    """

    low: Numbers = ()
    high: Numbers = ()

    def holds(self, version: Numbers) -> bool | None:
        """Whether a version lies in it; ``None`` if some that begin with its numbers do and others do not."""
        least, greatest = _padded(version, 0), _padded(version, _ANY)
        low, high = _padded(self.low, 0), _padded(self.high, _ANY)
        if low <= least and greatest <= high:
            return True
        return None if low <= greatest and least <= high else False

    def meets(self, other: Span) -> bool:
        """Whether a version lies in both."""
        low, high = (
            max(_padded(self.low, 0), _padded(other.low, 0)),
            min(_padded(self.high, _ANY), _padded(other.high, _ANY)),
        )
        return low <= high

    def __str__(self) -> str:
        low, high = _written(self.low), _written(self.high)
        if self.low == self.high:
            return low
        if low and high:
            return f"{low} to {high}"
        return f"from {low}" if low else f"to {high}"


@dataclass(frozen=True, slots=True)
class OfProduct:
    """Versions of a product: those of any of the spans, in their order."""

    product: str
    spans: tuple[Span, ...]

    def holds(self, here: Here) -> bool | None:
        """Whether all versions of the product that a cluster has lie in it; what it does not have at all, does not."""
        versions = here.versions(self.product)
        if versions is None:
            return None
        answers = {_any(span.holds(version) for span in self.spans) for version in versions}
        return answers.pop() if len(answers) == 1 else None if answers else False

    def __str__(self) -> str:
        return f"{self.product} {', '.join(map(str, self.spans))}"


@dataclass(frozen=True, slots=True)
class OnDistributions:
    """Distributions by their ids, in the order of :data:`DISTRIBUTIONS`."""

    ids: tuple[str, ...]

    def holds(self, here: Here) -> bool | None:
        """Whether the cluster is one of them."""
        return here.distribution in self.ids if here.distribution else None

    def __str__(self) -> str:
        return f"on {', '.join(name for name, identifier in DISTRIBUTIONS.items() if identifier in self.ids)}"


@dataclass(frozen=True, slots=True)
class Range:
    """Where a statement holds: all of its conditions have to."""

    conditions: tuple[OfProduct | OnDistributions, ...]

    def holds(self, here: Here) -> bool | None:
        """Whether it holds for what is known of a cluster."""
        answers = {condition.holds(here) for condition in self.conditions}
        if False in answers:
            return False
        return None if None in answers else True

    def __str__(self) -> str:
        return "; ".join(map(str, self.conditions))


@dataclass(frozen=True, slots=True)
class Here:
    """What is known of a cluster: its distribution (empty: unknown), and the versions that it has of products.

    ``products`` maps a product to its versions, empty where the cluster has nothing of it; what is not in it is not known.
    """

    distribution: str = ""
    products: Mapping[str, tuple[Numbers, ...]] = field(default_factory=dict)

    def versions(self, product: str) -> tuple[Numbers, ...] | None:
        """The versions of a product that the cluster has; ``None`` if that is not known."""
        return self.products.get(product)


def parse_range(text: str) -> Range:
    """Read a range. Raises :class:`ValueError` that says what is not understood.

    >>> str(parse_range("RKE2 1.20.9 to 1.20, from 1.21.3; on RKE2, K3s"))
    'RKE2 1.20.9 to 1.20, from 1.21.3; on RKE2, K3s'
    """
    conditions = tuple(_condition(" ".join(part.split())) for part in text.split(";"))
    told = [condition.product if isinstance(condition, OfProduct) else "on" for condition in conditions]
    if len(set(told)) != len(told):
        raise ValueError(f"{text.strip()!r} names one product twice: join its versions with commas")
    return Range(conditions)


def parse_spans(text: str) -> tuple[Span, ...]:
    """Read versions, such as ``1.20.9 to 1.20, from 1.21.3``, in rising order. Raises :class:`ValueError`."""
    spans = tuple(_span(" ".join(part.split())) for part in text.split(","))
    for before, after in pairwise(spans):
        if before.meets(after) or before > after:
            raise ValueError(f"{text.strip()!r}: {before} and {after} overlap, or do not rise")
    return spans


def _condition(text: str) -> OfProduct | OnDistributions:
    if text.startswith("on "):
        names = [name.strip() for name in text.removeprefix("on ").split(",")]
        if unknown := [name for name in names if name not in DISTRIBUTIONS]:
            raise ValueError(f"{unknown[0]!r} is no distribution; known are {', '.join(DISTRIBUTIONS)}")
        return OnDistributions(tuple(identifier for name, identifier in DISTRIBUTIONS.items() if name in names))
    product, _space, versions = text.partition(" ")
    if product not in PRODUCTS:
        raise ValueError(f"{product!r} is nothing that a range can be of; known are {', '.join(PRODUCTS)}, and on")
    return OfProduct(product, parse_spans(versions))


def _span(text: str) -> Span:
    match = _INTERVAL.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no range of versions; write 1.2 to 1.5.9, from 1.2, to 1.5.9, or 1.2")
    if match["line"]:
        return Span(_numbers(match["line"]), _numbers(match["line"]))
    span = Span(_numbers(match["only_low"] or match["low"]), _numbers(match["only_high"] or match["high"]))
    if _padded(span.low, 0) > _padded(span.high, _ANY):
        raise ValueError(f"{text!r} ends before it begins")
    return span


def _numbers(text: str | None) -> Numbers:
    if text is None:
        return ()
    if not _VERSION.match(text):
        raise ValueError(f"{text!r} is no version; write its numbers, such as 1.20.9")
    return tuple(int(part) for part in text.split("."))


def _written(version: Numbers) -> str:
    return ".".join(map(str, version))


def _padded(version: Numbers, rest: int) -> Numbers:
    return (*version[:_WIDTH], *(rest,) * (_WIDTH - len(version)))


def _any(answers: Iterable[bool | None]) -> bool | None:
    found: Iterator[bool | None] = iter(answers)
    told = set(found)
    if True in told:
        return True
    return None if None in told else False
