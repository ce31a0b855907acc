"""What packages of others can bring, by the entry points that they declare (PyPA, entry points specification).

Nothing of a package is loaded unless somebody names it, by an option or in ``conf.py``; ``--no-plugins`` refuses even that. What each
group's entry points have to give is a protocol here, and a section of a page of the documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from rkedoc.errors import UsageError
from rkedoc.nearby import unknown


@runtime_checkable
class Source(Protocol):
    """Gives the objects of a cluster, as the Kubernetes API or ``docker inspect`` would answer with them, in clear.

    They go the way of every dump: nothing of them is written before the rules of redaction have been applied. Objects of one kind in
    one ``List`` are complete for the namespaces that they lie in.
    """

    def __call__(self, argument: str) -> Iterable[Mapping[str, Any]]:
        """The documents; ``argument`` is what stands after the name of the source, empty if nothing does."""


@runtime_checkable
class Formats(Protocol):
    """Gives formats of dumps, each a :class:`rkedoc.collect.files.formats.format.Format`: how bundles are told, and how their members are read."""

    def __call__(self) -> Iterable[Any]:
        """The formats. They come before rkedoc's own."""


@runtime_checkable
class Folder(Protocol):
    """Gives the path of a folder, or a file, that lies in the package: entries of the catalog, or rules that hide more."""

    def __call__(self) -> Path:
        """The path."""


@runtime_checkable
class Pages(Protocol):
    """Gives pages about the whole, each a :class:`rkedoc.sphinxext.pages.PageKind`: its key, its title, and its sections with their views."""

    def __call__(self) -> Iterable[Any]:
        """The pages, in the order of the navigation."""


@dataclass(frozen=True, slots=True)
class Group:
    """One kind of thing that a package can bring: its entry points' group, the option that names one, and what it has to be."""

    name: str
    option: str
    word: str
    protocol: type


GROUPS: Final[Mapping[str, Group]] = {
    group.name: group
    for group in (
        Group("rkedoc.sources", "--source", "source", Source),
        Group("rkedoc.formats", "--format", "format of dumps", Formats),
        Group("rkedoc.catalogs", "--catalog", "catalog", Folder),
        Group("rkedoc.pages", "--page", "page", Pages),
        Group("rkedoc.redaction_rules", "--redact-rules", "set of rules", Folder),
    )
}
"""All groups, by their names."""

_refused = False


def refuse() -> None:
    """Load nothing from now on, whatever is named."""
    global _refused
    _refused = True


def allow() -> None:
    """Take :func:`refuse` back."""
    global _refused
    _refused = False


def is_installed(group: str, name: str) -> bool:
    """Whether a package brings a thing of this name. Nothing is loaded."""
    return any(point.name == name for point in _points(group))


def named(group: str, name: str) -> Any:
    """The thing of a group that somebody named, loaded from the package that brings it.

    Raises :class:`~rkedoc.errors.UsageError` if nobody brings it, if several packages do, if it cannot be loaded or is nothing of the
    kind, and if plug-ins are refused.
    """
    of = GROUPS[group]
    found = [point for point in _points(group) if point.name == name]
    if not found:
        raise UsageError(f"{of.option}: {unknown(of.word, name, (point.name for point in _points(group)))}")
    if _refused:
        raise UsageError(f"{of.option} {name}: it comes from another package, and --no-plugins refuses those")
    if len(found) > 1:
        packages = ", ".join(sorted(point.dist.name if point.dist else "?" for point in found))
        raise UsageError(f"{of.option} {name}: several packages bring it ({packages}): uninstall all but one")
    try:
        thing = found[0].load()
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in a foreign package is told, not shown as a mistake of ours
        raise UsageError(
            f"{of.option} {name}: {found[0].value} cannot be loaded ({type(error).__name__}: {error})"
        ) from None
    if not isinstance(thing, of.protocol):
        raise UsageError(
            f"{of.option} {name}: {found[0].value} is no {of.word}: it has to be callable; see docs/development/plugins.md"
        )
    return thing


def folder(group: str, name: str) -> Path:
    """The path that a package gives for the thing of this name. Raises :class:`~rkedoc.errors.UsageError`."""
    path = named(group, name)()
    if not isinstance(path, Path) or not path.exists():
        raise UsageError(f"{GROUPS[group].option} {name}: the package gives no path that exists")
    return path


def pages(names: Iterable[str]) -> tuple[Any, ...]:
    """The pages that packages bring under these names. Raises :class:`~rkedoc.errors.UsageError`."""
    return tuple(kind for name in names for kind in _called("rkedoc.pages", name))


def formats(names: Iterable[str]) -> tuple[Any, ...]:
    """The formats of dumps that packages bring under these names. Raises :class:`~rkedoc.errors.UsageError`."""
    return tuple(found for name in names for found in _called("rkedoc.formats", name))


def _called(group: str, name: str) -> tuple[Any, ...]:
    try:
        return tuple(named(group, name)())
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - a foreign package may do anything
        raise UsageError(
            f"{GROUPS[group].option} {name}: the package has failed ({type(error).__name__}: {error})"
        ) from None


def _points(group: str) -> tuple[EntryPoint, ...]:
    return tuple(sorted(entry_points(group=group), key=lambda point: point.name))
